// SPDX-License-Identifier: MIT
#include "sim/study/break_even.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/nearest.h"
#include "sim/scenario/schema.h"
#include "sim/study/trial.h"

#define FIRST_ROUND_LIMIT 17    /* values of a range that does not say how many */
#define PRECISION         10000 /* crossings are told to one part in so many */

/*
 * Places of a range in the order of their values: numbers of its list, or, where it has all values
 * between its ends, the values themselves.
 */
struct places {
	const struct study_range *range;
	bool listed;
	bool falling;
};

struct finder {
	struct study_break_even *search;
	struct places places;
	char **settings[2]; /* of the VMs' levels: without, with */
	size_t setting_count;
};

enum { WITHOUT, WITH };

/* ---- what is asked for ---- */

int study_break_even_set_range(struct study_break_even *search, char *text, char *why)
{
	char *equals = strchr(text, '=');
	int ret;

	if (!equals || equals == text) {
		snprintf(why, STUDY_WHY_BYTES, "'%.60s': expected KEY=RANGE", text);
		return -EINVAL;
	}
	ret = study_range_read(&search->range, equals + 1, why);
	if (ret == -ENOENT) {
		snprintf(why, STUDY_WHY_BYTES,
			 "'%.60s' is no range; expected FIRST..LAST, FIRST..LAST/COUNT or "
			 "FIRST..LAST*COUNT",
			 equals + 1);
		return -EINVAL;
	}
	if (ret == 0 && search->range.first == search->range.last) {
		snprintf(why, STUDY_WHY_BYTES, "'%.60s' has one value only", equals + 1);
		return -EINVAL;
	}
	*equals = '\0';
	search->key = text;
	return ret;
}

static bool add_level(uint32_t *levels, const char *name, size_t len)
{
	const char *known;

	for (unsigned bit = 0; (known = schema_level_name(bit)); bit++) {
		if (strlen(known) == len && strncmp(known, name, len) == 0 &&
		    (schema_levels_implemented() >> bit & 1)) {
			*levels |= 1u << bit;
			return true;
		}
	}
	return false;
}

int study_break_even_set_levels(struct study_break_even *search, const char *names, char *why)
{
	char list[256];

	search->levels = 0;
	for (;;) {
		size_t len = strcspn(names, ",");

		if (!add_level(&search->levels, names, len)) {
			snprintf(why, STUDY_WHY_BYTES, "no level is called '%.*s'; there is: %s",
				 (int)(len < 40 ? len : 40), names,
				 schema_list_levels(list, sizeof(list)));
			return -EINVAL;
		}
		if (!names[len])
			return 0;
		names += len + 1;
	}
}

/* ---- the scenario ---- */

static bool has_mediated_vm(const struct sim_config *config, const char *vm)
{
	for (size_t i = 0; i < config->vm_count; i++) {
		if (config->vms[i].mode == VM_MODE_GVT &&
		    (!vm || strcmp(config->vms[i].name, vm) == 0))
			return true;
	}
	return false;
}

static const struct scenario_variant *find_variant(const struct study_break_even *search,
						   const struct scenario *scenario, FILE *errors)
{
	char hint[NEAREST_HINT_BYTES];
	const char *wanted = search->subject.variant_count ? search->subject.variants[0] : NULL;
	struct nearest nearest;

	nearest_begin(&nearest, wanted ? wanted : "");
	for (size_t i = 0; i < scenario->variant_count; i++) {
		const struct scenario_variant *variant = &scenario->variants[i];

		nearest_offer(&nearest, variant->name);
		if (wanted ? strcmp(wanted, variant->name) != 0
			   : !has_mediated_vm(&variant->config, search->vm))
			continue;
		if (has_mediated_vm(&variant->config, search->vm))
			return variant;
		fprintf(errors, "%s: variant %s has no %s with `mode: gvt`\n", scenario->path,
			wanted, search->vm ? search->vm : "VM");
		return NULL;
	}
	if (wanted)
		fprintf(errors, "%s: no variant is called '%s'%s\n", scenario->path, wanted,
			nearest_hint(&nearest, hint, sizeof(hint)));
	else
		fprintf(errors, "%s: no variant has %s%s with `mode: gvt`\n", scenario->path,
			search->vm ? "a VM called " : "a VM", search->vm ? search->vm : "");
	return NULL;
}

/* "vms.NAME.pvmmio=[a,b]" */
static char *level_setting(const char *vm, uint32_t levels)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *separator = "";
	const char *name;

	if (!out)
		return NULL;
	fprintf(out, "vms.%s.pvmmio=", vm);
	if (!levels)
		fputs("none", out);
	for (unsigned bit = 0; levels && (name = schema_level_name(bit)); bit++) {
		if (!(levels >> bit & 1))
			continue;
		fprintf(out, "%s%s", *separator ? separator : "[", name);
		separator = ",";
	}
	if (levels)
		fputc(']', out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int make_settings(struct finder *f, const struct sim_config *config)
{
	struct study_break_even *search = f->search;
	size_t len;
	FILE *names = open_memstream(&search->vms, &len);

	for (int side = WITHOUT; side <= WITH; side++)
		f->settings[side] = calloc(config->vm_count, sizeof(char *));
	for (size_t i = 0; names && i < config->vm_count; i++) {
		const struct vm_config *vm = &config->vms[i];

		if (vm->mode != VM_MODE_GVT || (search->vm && strcmp(search->vm, vm->name) != 0))
			continue;
		fprintf(names, "%s%s", f->setting_count ? ", " : "", vm->name);
		for (int side = WITHOUT; side <= WITH && f->settings[side]; side++)
			f->settings[side][f->setting_count] = level_setting(
				vm->name, side == WITH ? vm->pvmmio_levels | search->levels
						       : vm->pvmmio_levels & ~search->levels);
		f->setting_count++;
	}
	if (!names || fclose(names) || !f->settings[WITHOUT] || !f->settings[WITH])
		return -ENOMEM;
	for (size_t i = 0; i < f->setting_count; i++) {
		if (!f->settings[WITHOUT][i] || !f->settings[WITH][i])
			return -ENOMEM;
	}
	return 0;
}

static int make_measure(struct study_break_even *search, FILE *errors)
{
	char path[CONFIG_NAME_BYTES + 64];
	char why[STUDY_WHY_BYTES];
	const char *text = search->measure_text;
	int ret;

	if (!text) {
		snprintf(path, sizeof(path), "%.*s.workload.duration_ps",
			 (int)strcspn(search->vms, ","), search->vms);
		text = path;
	}
	ret = study_measure_read(&search->measure, text, why);
	if (ret == -EINVAL)
		fprintf(errors, "%s\n", why);
	return ret;
}

static int look_at_scenario(struct finder *f, FILE *errors)
{
	struct study_break_even *search = f->search;
	const struct scenario_variant *variant;
	struct scenario *scenario;
	int ret = study_load(&scenario, &search->subject, NULL, 0, errors);

	if (ret)
		return ret;
	variant = find_variant(search, scenario, errors);
	if (variant) {
		search->scenario = strdup(scenario->name);
		search->variant = strdup(variant->name);
		ret = search->scenario && search->variant ? make_settings(f, &variant->config)
							  : -ENOMEM;
		if (ret == 0)
			ret = make_measure(search, errors);
	} else {
		ret = -EINVAL;
	}
	scenario_free(scenario);
	return ret;
}

/* ---- comparing ---- */

/* Settings of one run: the key's, or keys', value, and the levels. NULL when out of memory. */
static const char **run_settings(const struct finder *f, uint64_t number, int side, size_t *count)
{
	const struct study_break_even *search = f->search;
	char value[STUDY_NUMBER_TEXT_BYTES];
	size_t key_count = 1;
	const char **settings;
	const char *key;

	for (key = search->key; (key = strchr(key, ',')); key++)
		key_count++;
	*count = key_count + f->setting_count;
	settings = calloc(*count, sizeof(*settings));
	if (!settings)
		return NULL;
	study_number_format(search->range.unit, number, value);
	key = search->key;
	for (size_t i = 0; i < key_count; i++) {
		char *text;

		if (asprintf(&text, "%.*s=%s", (int)strcspn(key, ","), key, value) < 0)
			text = NULL;
		settings[i] = text;
		key += strcspn(key, ",") + 1;
	}
	for (size_t i = 0; i < f->setting_count; i++)
		settings[key_count + i] = f->settings[side][i];
	return settings;
}

static void free_settings(const struct finder *f, const char **settings, size_t count)
{
	for (size_t i = 0; settings && i + f->setting_count < count; i++)
		free((char *)settings[i]);
	free(settings);
}

static enum study_verdict judge(const struct study_break_even *search,
				const struct study_comparison *c)
{
	int64_t without, with;

	if (c->error || !study_value_millionths(&c->without, &without) ||
	    !study_value_millionths(&c->with, &with))
		return STUDY_UNKNOWN;
	if (with == without)
		return STUDY_SAME;
	return (with < without) != search->more_is_better ? STUDY_PAYS : STUDY_COSTS;
}

static void take_results(struct study_break_even *search, struct study_comparison *c,
			 struct study_trial trials[2])
{
	int failed = trials[WITHOUT].error ? WITHOUT : WITH;

	c->without = trials[WITHOUT].value;
	c->with = trials[WITH].value;
	c->error = trials[failed].error;
	trials[WITHOUT].value = trials[WITH].value = (struct study_value){ 0 };
	trials[failed].error = NULL;
	c->verdict = judge(search, c);
	search->runs += 2;
}

/* Compare at comparisons[i].number, all at once. */
static int compare(const struct finder *f, struct study_comparison *comparisons, size_t count)
{
	struct study_break_even *search = f->search;
	const char *variants[] = { search->variant };
	struct study_subject subject = search->subject;
	const struct study_trials trials = {
		.subject = &subject,
		.variant = search->variant,
		.measure = &search->measure,
		.workers = search->workers,
		.tick = search->tick,
		.ctx = search->ctx,
	};
	struct study_trial *items = calloc(2 * count, sizeof(*items));
	int ret = items ? 0 : -ENOMEM;

	subject.variants = variants;
	subject.variant_count = 1;
	for (size_t i = 0; i < 2 * count && ret == 0; i++) {
		items[i].settings = run_settings(f, comparisons[i / 2].number, (int)(i % 2),
						 &items[i].setting_count);
		ret = items[i].settings ? 0 : -ENOMEM;
	}
	if (ret == 0)
		ret = study_trials_run(&trials, items, 2 * count);
	for (size_t i = 0; i < count && ret == 0; i++)
		take_results(search, &comparisons[i], &items[2 * i]);
	for (size_t i = 0; items && i < 2 * count; i++) {
		free_settings(f, (const char **)items[i].settings, items[i].setting_count);
		study_trial_free(&items[i]);
	}
	free(items);
	return ret;
}

static void comparison_free(struct study_comparison *c)
{
	study_value_free(&c->without);
	study_value_free(&c->with);
	free(c->error);
	*c = (struct study_comparison){ 0 };
}

/* ---- searching ---- */

static void set_places(struct places *places, const struct study_range *range)
{
	*places = (struct places){
		.range = range,
		.listed = range->form == STUDY_RANGE_EACH || range->form == STUDY_RANGE_STEP,
		.falling = range->first > range->last,
	};
}

/* The value at a place, which counts from the lowest value up. */
static uint64_t place_value(const struct places *places, uint64_t place)
{
	const struct study_range *range = places->range;

	if (!places->listed)
		return place;
	return study_range_value(range, places->falling ? range->count - 1 - place : place);
}

/* Places of the first round, from the lowest up, without equal ones. Returns how many. */
static size_t first_round(const struct places *places, uint64_t *out, size_t limit)
{
	const struct study_range *range = places->range;
	uint64_t count = range->count < limit ? range->count : limit;
	size_t used = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t place;

		if (places->listed)
			place = study_linear(0, range->count - 1, i, count);
		else
			place = study_range_value(range, places->falling ? count - 1 - i : i);
		if (used == 0 || out[used - 1] != place)
			out[used++] = place;
	}
	return used;
}

static int add_crossing(struct study_break_even *search, const struct study_comparison *below,
			const struct study_comparison *above)
{
	struct study_crossing *crossings =
		reallocarray(search->crossings, search->crossing_count + 1, sizeof(*crossings));

	if (!crossings)
		return -ENOMEM;
	search->crossings = crossings;
	crossings[search->crossing_count++] = (struct study_crossing){ *below, *above };
	return 0;
}

/* Are both near enough to say where it changes? */
static bool is_narrow(const struct places *places, uint64_t below, uint64_t above)
{
	return above - below <= 1 || (!places->listed && (above - below) <= above / PRECISION);
}

/*
 * The first change between below and above, whose verdicts differ. *next is the comparison above
 * it, at *next_place: there may be more changes from there on. Takes over below.
 */
static int narrow(struct finder *f, struct study_comparison below, uint64_t below_place,
		  struct study_comparison *next, uint64_t *next_place)
{
	struct study_comparison above = *next;
	int ret = 0;

	while (!is_narrow(&f->places, below_place, *next_place) && ret == 0) {
		uint64_t middle = below_place + (*next_place - below_place) / 2;
		struct study_comparison c = { .number = place_value(&f->places, middle) };

		ret = compare(f, &c, 1);
		if (ret == 0 && c.verdict == below.verdict) {
			comparison_free(&below);
			below = c;
			below_place = middle;
		} else {
			comparison_free(&above);
			above = c;
			*next_place = middle;
		}
	}
	if (ret == 0)
		ret = add_crossing(f->search, &below, &above);
	if (ret) {
		comparison_free(&below);
		comparison_free(&above);
	}
	*next = above;
	return ret;
}

/* A copy without the texts, for a place that is looked at twice. */
static struct study_comparison copy_of(const struct study_comparison *c)
{
	return (struct study_comparison){
		.number = c->number,
		.without = {.kind = c->without.kind, .number = c->without.number},
		.with = { .kind = c->with.kind,   .number = c->with.number   },
		.verdict = c->verdict,
	};
}

/* All changes between neighbours of the first round. */
static int search_between(struct finder *f, const struct study_comparison *left,
			  uint64_t left_place, const struct study_comparison *right,
			  uint64_t right_place)
{
	struct study_comparison from = copy_of(left);

	if (left->verdict == STUDY_UNKNOWN || right->verdict == STUDY_UNKNOWN)
		return 0;
	while (from.verdict != right->verdict) {
		struct study_comparison next = copy_of(right);
		uint64_t next_place = right_place;
		int ret = narrow(f, from, left_place, &next, &next_place);

		if (ret || next.verdict == STUDY_UNKNOWN)
			return ret;
		from = copy_of(&next);
		left_place = next_place;
	}
	return 0;
}

static int search_all(struct finder *f, const uint64_t *places)
{
	struct study_break_even *search = f->search;
	int ret = 0;

	for (size_t i = 0; i + 1 < search->point_count && ret == 0; i++)
		ret = search_between(f, &search->points[i], places[i], &search->points[i + 1],
				     places[i + 1]);
	return ret;
}

static int begin_first_round(struct finder *f, uint64_t **places)
{
	struct study_break_even *search = f->search;
	size_t limit = FIRST_ROUND_LIMIT;

	set_places(&f->places, &search->range);
	if (!f->places.listed)
		limit = (size_t)search->range.count;
	*places = calloc(limit, sizeof(**places));
	search->points = calloc(limit, sizeof(*search->points));
	if (!*places || !search->points)
		return -ENOMEM;
	search->point_count = first_round(&f->places, *places, limit);
	for (size_t i = 0; i < search->point_count; i++)
		search->points[i].number = place_value(&f->places, (*places)[i]);
	return 0;
}

/* A key or a measure that is wrong is wrong everywhere: one message is enough. */
static int check_first_round(const struct study_break_even *search, FILE *errors)
{
	for (size_t i = 0; i < search->point_count; i++) {
		if (search->points[i].verdict != STUDY_UNKNOWN)
			return 0;
	}
	fprintf(errors, "nothing to compare at any value: %s\n",
		search->points[0].error ? search->points[0].error : "no number");
	return -EINVAL;
}

int study_break_even_run(struct study_break_even *search, FILE *errors)
{
	struct finder f = { .search = search };
	uint64_t *places = NULL;
	int ret = 0;

	assert(search->key && search->levels && search->workers);
	if (search->range.count > STUDY_AXIS_VALUE_LIMIT &&
	    (search->range.form == STUDY_RANGE_LINEAR || search->range.form == STUDY_RANGE_LOG)) {
		fprintf(errors, "more than %u values\n", STUDY_AXIS_VALUE_LIMIT);
		ret = -EINVAL;
	}
	if (ret == 0)
		ret = look_at_scenario(&f, errors);
	if (ret == 0)
		ret = begin_first_round(&f, &places);
	if (ret == 0)
		ret = compare(&f, search->points, search->point_count);
	if (ret == 0)
		ret = check_first_round(search, errors);
	if (ret == 0)
		ret = search_all(&f, places);
	for (int side = WITHOUT; side <= WITH; side++) {
		for (size_t i = 0; f.settings[side] && i < f.setting_count; i++)
			free(f.settings[side][i]);
		free(f.settings[side]);
	}
	free(places);
	return ret;
}

void study_break_even_free(struct study_break_even *search)
{
	for (size_t i = 0; i < search->point_count; i++)
		comparison_free(&search->points[i]);
	for (size_t i = 0; i < search->crossing_count; i++) {
		comparison_free(&search->crossings[i].below);
		comparison_free(&search->crossings[i].above);
	}
	free(search->points);
	free(search->crossings);
	free(search->scenario);
	free(search->variant);
	free(search->vms);
	study_measure_free(&search->measure);
}
