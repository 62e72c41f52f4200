// SPDX-License-Identifier: MIT
/* From what a sweep was asked for to what it will do. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/report.h"
#include "sim/scenario/nearest.h"
#include "sim/study/digest.h"
#include "sim/study/sweep_impl.h"

/* Texts name things that a digest of the scenario alone does not cover, such as profiles. */
#define DIGESTED_VALUE_LIMIT 256

/* What is measured of each VM when nothing is asked for. */
static const char *const default_measures[] = {
	"workload.duration_ps", "workload.completed",  "exits.count",
	"exits.time_ps",        "submit.count",        "submit.exits_per_op",
	"submit.time_ps",       "submit.exit_time_ps", "interrupt.exits",
};

#define DEFAULT_MEASURE_COUNT (sizeof(default_measures) / sizeof(default_measures[0]))

int study_sweep_add_measure(struct study_sweep *sweep, const char *text, char *why)
{
	struct study_measure *measures =
		reallocarray(sweep->measures, sweep->measure_count + 1, sizeof(*measures));
	int ret;

	if (!measures)
		return -ENOMEM;
	sweep->measures = measures;
	ret = study_measure_read(&measures[sweep->measure_count], text, why);
	sweep->measure_count += ret == 0;
	return ret;
}

static int add_default_measures(struct study_sweep *sweep, const struct sim_config *config)
{
	char why[STUDY_WHY_BYTES];
	char path[CONFIG_NAME_BYTES + 64];
	int ret = study_sweep_add_measure(sweep, "virtual_time_ps", why);

	for (size_t i = 0; i < config->vm_count && ret == 0; i++) {
		for (size_t j = 0; j < DEFAULT_MEASURE_COUNT && ret == 0; j++) {
			snprintf(path, sizeof(path), "%s.%s", config->vms[i].name,
				 default_measures[j]);
			ret = study_sweep_add_measure(sweep, path, why);
		}
	}
	return ret;
}

/* ---- variants ---- */

static int unknown_variant(const struct scenario *scenario, const char *name, FILE *errors)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, name);
	for (size_t i = 0; i < scenario->variant_count; i++)
		nearest_offer(&nearest, scenario->variants[i].name);
	fprintf(errors, "%s: no variant is called '%s'%s\n", scenario->path, name,
		nearest_hint(&nearest, hint, sizeof(hint)));
	return -EINVAL;
}

static int choose_variants(struct study_sweep *sweep, const struct scenario *scenario, FILE *errors)
{
	sweep->variants = calloc(scenario->variant_count, sizeof(char *));
	if (!sweep->variants)
		return -ENOMEM;
	for (size_t i = 0; i < scenario->variant_count; i++) {
		const char *name = scenario->variants[i].name;

		if (!study_chooses(&sweep->subject, name))
			continue;
		sweep->variants[sweep->variant_count] = strdup(name);
		if (!sweep->variants[sweep->variant_count++])
			return -ENOMEM;
	}
	for (size_t i = 0; i < sweep->subject.variant_count; i++) {
		const char *name = sweep->subject.variants[i];
		size_t j = 0;

		while (j < scenario->variant_count && strcmp(scenario->variants[j].name, name))
			j++;
		if (j == scenario->variant_count)
			return unknown_variant(scenario, name, errors);
	}
	return 0;
}

/* ---- axes ---- */

static int load_value(const struct study_sweep *sweep, const struct study_axis *axis, size_t value,
		      struct scenario **out, FILE *errors)
{
	return study_load(out, &sweep->subject,
			  (const char *const *)axis->settings + value * axis->key_count,
			  axis->key_count, errors);
}

static int load_point(const struct study_sweep *sweep, uint64_t point)
{
	size_t count = study_grid_setting_count(&sweep->grid);
	const char **settings = calloc(count + 1, sizeof(*settings));
	struct scenario *scenario = NULL;
	int ret = settings ? 0 : -ENOMEM;

	if (settings) {
		study_grid_settings(&sweep->grid, point, settings);
		ret = study_load(&scenario, &sweep->subject, settings, count, NULL);
	}
	scenario_free(scenario);
	free(settings);
	return ret;
}

/*
 * An axis whose every value is refused is a mistake, and one message better than a row for each. A
 * value may need those of other axes, so whole points are tried as well.
 */
static int check_axis(const struct study_sweep *sweep, const struct study_axis *axis, FILE *errors)
{
	struct scenario *scenario = NULL;
	int ret = -EINVAL;

	for (size_t i = 0; i < axis->count && ret == -EINVAL; i++) {
		ret = load_value(sweep, axis, i, &scenario, NULL);
		scenario_free(scenario);
	}
	if (ret == -EINVAL)
		ret = load_point(sweep, 0);
	if (ret == -EINVAL)
		ret = load_point(sweep, study_grid_point_count(&sweep->grid) - 1);
	if (ret == -EINVAL) {
		load_value(sweep, axis, 0, &scenario, errors);
		scenario_free(scenario);
	}
	return ret;
}

/* ---- the digest ---- */

static int digest_scenario(const struct study_sweep *sweep, const struct scenario *scenario,
			   uint64_t *digest)
{
	for (size_t i = 0; i < scenario->variant_count; i++) {
		const struct scenario_variant *variant = &scenario->variants[i];
		json_t *config;
		char *text;

		if (!study_chooses(&sweep->subject, variant->name))
			continue;
		config = scenario_config_json(&variant->config);
		text = config ? json_dumps(config, JSON_COMPACT) : NULL;
		json_decref(config);
		if (!text)
			return -ENOMEM;
		*digest = study_digest_add(study_digest_add(*digest, variant->name), text);
		free(text);
	}
	return 0;
}

static int digest_axis(const struct study_sweep *sweep, const struct study_axis *axis,
		       uint64_t *digest)
{
	*digest = study_digest_add(*digest, axis->name);
	for (size_t i = 0; i < axis->count; i++) {
		struct scenario *scenario = NULL;
		int ret = 0;

		*digest = study_digest_add(*digest, axis->values[i]);
		if (axis->unit == STUDY_UNIT_TEXT && i < DIGESTED_VALUE_LIMIT)
			ret = load_value(sweep, axis, i, &scenario, NULL);
		if (ret == 0 && scenario)
			ret = digest_scenario(sweep, scenario, digest);
		scenario_free(scenario);
		if (ret == -ENOMEM)
			return ret;
	}
	return 0;
}

static int digest_all(const struct study_sweep *sweep, const struct scenario *scenario,
		      uint64_t *digest)
{
	int ret;

	*digest = study_digest_add(STUDY_DIGEST_BEGIN, STUDY_SWEEP_SCHEMA);
	*digest = study_digest_add(*digest, report_version);
	ret = digest_scenario(sweep, scenario, digest);
	for (size_t i = 0; i < sweep->grid.axis_count && ret == 0; i++)
		ret = digest_axis(sweep, &sweep->grid.axes[i], digest);
	for (size_t i = 0; i < sweep->measure_count; i++)
		*digest = study_digest_add(*digest, sweep->measures[i].text);
	return ret;
}

/* ---- the sheet ---- */

/* "NAME [UNIT]", or NAME where it needs no unit or has it already. */
static int add_column(struct study_sheet *sheet, const char *name, const char *unit)
{
	size_t len = strlen(name), unit_len = strlen(unit);
	bool has = *unit == '\0' ||
		   (len > unit_len && !strchr(name, '/') && name[len - unit_len - 1] == '_' &&
		    strcmp(name + len - unit_len, unit) == 0);
	char **column = &sheet->columns[sheet->column_count];

	if (asprintf(column, has ? "%s%.0s" : "%s [%s]", name, unit) < 0) {
		*column = NULL;
		return -ENOMEM;
	}
	sheet->column_count++;
	return 0;
}

static int make_columns(struct study_sweep *sweep)
{
	struct study_sheet *sheet = &sweep->sheet;
	int ret;

	sheet->format = sweep->format;
	sheet->columns =
		calloc(sweep->grid.axis_count + sweep->measure_count + 4, sizeof(*sheet->columns));
	if (!sheet->columns)
		return -ENOMEM;
	ret = add_column(sheet, "point", "");
	if (ret == 0)
		ret = add_column(sheet, "variant", "");
	for (size_t i = 0; i < sweep->grid.axis_count && ret == 0; i++)
		ret = add_column(sheet, sweep->grid.axes[i].name,
				 study_unit_name(sweep->grid.axes[i].unit));
	for (size_t i = 0; i < sweep->measure_count && ret == 0; i++)
		ret = add_column(sheet, sweep->measures[i].text,
				 study_measure_unit(&sweep->measures[i]));
	if (ret == 0)
		ret = add_column(sheet, "note", "");
	return ret ? ret : add_column(sheet, "error", "");
}

static json_t *texts(const char *const *items, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, json_string(items[i]));
	return array;
}

static json_t *axis_texts(const struct study_grid *grid)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < grid->axis_count; i++)
		json_array_append_new(array, json_string(grid->axes[i].text));
	return array;
}

static int make_head(struct study_sweep *sweep, const struct scenario *scenario)
{
	char digest_text[32], shard_text[64];
	uint64_t digest;
	json_t *head;
	int ret = digest_all(sweep, scenario, &digest);

	if (ret)
		return ret;
	snprintf(digest_text, sizeof(digest_text), "%016" PRIx64, digest);
	snprintf(shard_text, sizeof(shard_text), "%" PRIu64 "/%" PRIu64, sweep->shard.index,
		 sweep->shard.count);
	head = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:o, s:o, s:o}", "schema",
			 STUDY_SWEEP_SCHEMA, "version", report_version, "scenario", scenario->name,
			 "digest", digest_text, "points",
			 (json_int_t)study_grid_point_count(&sweep->grid), "shard", shard_text,
			 "vary", axis_texts(&sweep->grid), "set",
			 texts(sweep->subject.settings, sweep->subject.setting_count), "variants",
			 texts((const char *const *)sweep->variants, sweep->variant_count));
	sweep->head = head ? json_dumps(head, JSON_COMPACT) : NULL;
	json_decref(head);
	return sweep->head ? 0 : -ENOMEM;
}

int study_sweep_prepare(struct study_sweep *sweep, FILE *errors)
{
	struct scenario *scenario;
	int ret = study_load(&scenario, &sweep->subject, NULL, 0, errors);

	if (ret)
		return ret;
	ret = choose_variants(sweep, scenario, errors);
	for (size_t i = 0; i < sweep->grid.axis_count && ret == 0; i++)
		ret = check_axis(sweep, &sweep->grid.axes[i], errors);
	if (ret == 0 && sweep->measure_count == 0)
		ret = add_default_measures(sweep, &scenario->variants[0].config);
	if (ret == 0)
		ret = make_columns(sweep);
	if (ret == 0)
		ret = make_head(sweep, scenario);
	scenario_free(scenario);
	return ret;
}

void study_sweep_free(struct study_sweep *sweep)
{
	for (size_t i = 0; i < sweep->measure_count; i++)
		study_measure_free(&sweep->measures[i]);
	for (size_t i = 0; i < sweep->variant_count; i++)
		free(sweep->variants[i]);
	for (size_t i = 0; i < sweep->sheet.column_count; i++)
		free(sweep->sheet.columns[i]);
	free(sweep->measures);
	free(sweep->variants);
	free(sweep->sheet.columns);
	free(sweep->head);
	study_grid_free(&sweep->grid);
}
