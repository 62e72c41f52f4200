// SPDX-License-Identifier: MIT
/* A scenario without a level and with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/nearest.h"
#include "sim/scenario/schema.h"
#include "sim/study/break_even_impl.h"
#include "sim/study/trial.h"

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

int break_even_begin(struct finder *f, FILE *errors)
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

static size_t count_keys(const char *keys)
{
	size_t count = 1;

	for (; *keys; keys++)
		count += *keys == ',';
	return count;
}

/* "KEY=VALUE", with len bytes of key. NULL when out of memory. */
static char *setting_of(const char *key, size_t len, const char *value)
{
	char *text = malloc(len + strlen(value) + 2);

	if (!text)
		return NULL;
	memcpy(text, key, len);
	text[len] = '=';
	strcpy(text + len + 1, value);
	return text;
}

static void free_settings(const struct finder *f, const char **settings, size_t count)
{
	for (size_t i = 0; settings && i + f->setting_count < count; i++)
		free((char *)settings[i]);
	free(settings);
}

/* Settings of one run: the key's, or keys', value, and the levels. NULL when out of memory. */
static const char **run_settings(const struct finder *f, uint64_t number, int side, size_t *count)
{
	const struct study_break_even *search = f->search;
	size_t key_count = count_keys(search->key);
	const char *key = search->key;
	char value[STUDY_NUMBER_TEXT_BYTES];
	const char **settings;

	*count = key_count + f->setting_count;
	settings = calloc(*count, sizeof(*settings));
	if (!settings)
		return NULL;
	study_number_format(search->range.unit, number, value);
	for (size_t i = 0; i < key_count; i++) {
		size_t len = strcspn(key, ",");

		settings[i] = setting_of(key, len, value);
		key += len + 1;
	}
	for (size_t i = 0; i < f->setting_count; i++)
		settings[key_count + i] = f->settings[side][i];
	for (size_t i = 0; i < key_count; i++) {
		if (settings[i])
			continue;
		free_settings(f, settings, *count);
		return NULL;
	}
	return settings;
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

int break_even_compare(const struct finder *f, struct study_comparison *comparisons, size_t count)
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

void break_even_free_comparison(struct study_comparison *c)
{
	study_value_free(&c->without);
	study_value_free(&c->with);
	free(c->error);
	*c = (struct study_comparison){ 0 };
}

void break_even_end(struct finder *f)
{
	for (int side = WITHOUT; side <= WITH; side++) {
		for (size_t i = 0; f->settings[side] && i < f->setting_count; i++)
			free(f->settings[side][i]);
		free(f->settings[side]);
	}
}
