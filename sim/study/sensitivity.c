// SPDX-License-Identifier: MIT
#include "sim/study/sensitivity_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/rng.h"
#include "sim/scenario/nearest.h"

/* ---- the scenario ---- */

static const char *first_mediated_vm(const struct sim_config *config)
{
	for (size_t i = 0; i < config->vm_count; i++) {
		if (config->vms[i].mode == VM_MODE_GVT)
			return config->vms[i].name;
	}
	return NULL;
}

static const struct scenario_variant *variant_called(const struct scenario *scenario,
						     const char *name, size_t len)
{
	for (size_t i = 0; i < scenario->variant_count; i++) {
		if (strlen(scenario->variants[i].name) == len &&
		    strncmp(scenario->variants[i].name, name, len) == 0)
			return &scenario->variants[i];
	}
	return NULL;
}

static const struct scenario_variant *choose_variant(const struct study_sensitivity *study,
						     const struct scenario *scenario, FILE *errors)
{
	const char *wanted = study->subject.variant_count ? study->subject.variants[0] : NULL;
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	if (wanted && variant_called(scenario, wanted, strlen(wanted)))
		return variant_called(scenario, wanted, strlen(wanted));
	if (wanted) {
		nearest_begin(&nearest, wanted);
		for (size_t i = 0; i < scenario->variant_count; i++)
			nearest_offer(&nearest, scenario->variants[i].name);
		fprintf(errors, "%s: no variant is called '%s'%s\n", scenario->path, wanted,
			nearest_hint(&nearest, hint, sizeof(hint)));
		return NULL;
	}
	for (size_t i = 0; i < scenario->variant_count; i++) {
		if (first_mediated_vm(&scenario->variants[i].config))
			return &scenario->variants[i];
	}
	return &scenario->variants[0];
}

static int make_measure(struct study_sensitivity *study, const struct sim_config *config,
			FILE *errors)
{
	const char *vm = first_mediated_vm(config);
	const char *text = study->measure_text;
	char path[CONFIG_NAME_BYTES + 64];
	char why[STUDY_WHY_BYTES];
	int ret;

	if (!text) {
		snprintf(path, sizeof(path), "%s.workload.duration_ps",
			 vm ? vm : config->vms[0].name);
		text = path;
	}
	ret = study_measure_read(&study->measure, text, why);
	if (ret == -EINVAL)
		fprintf(errors, "%s\n", why);
	return ret;
}

/* The variant that a path leads from: the one it names, or the one that is looked at. */
static const char *variant_of(const struct study_sensitivity *study,
			      const struct scenario *scenario, const char *path)
{
	const struct scenario_variant *named = variant_called(scenario, path, strcspn(path, "."));

	return named ? named->name : study->variant;
}

static int choose_variants(struct analysis *a, const struct scenario *scenario)
{
	const struct study_sensitivity *study = a->study;
	const char *paths[] = { study->measure.path, study->measure.divisor };

	a->variants = calloc(2, sizeof(*a->variants));
	if (!a->variants)
		return -ENOMEM;
	for (size_t i = 0; i < 2 && paths[i]; i++) {
		const char *name = variant_of(study, scenario, paths[i]);

		if (i == 1 && strcmp(name, a->variants[0]) == 0)
			continue;
		a->variants[a->variant_count] = strdup(name);
		if (!a->variants[a->variant_count++])
			return -ENOMEM;
	}
	return 0;
}

static int look_at_scenario(struct analysis *a, FILE *errors)
{
	struct study_sensitivity *study = a->study;
	const struct scenario_variant *variant;
	struct scenario *scenario;
	struct study_subject all = study->subject;
	int ret;

	all.variant_count = 0;
	ret = study_load(&scenario, &all, NULL, 0, errors);
	if (ret)
		return ret;
	variant = choose_variant(study, scenario, errors);
	if (variant) {
		study->scenario = strdup(scenario->name);
		study->variant = strdup(variant->name);
		ret = study->scenario && study->variant ? 0 : -ENOMEM;
		if (ret == 0)
			ret = make_measure(study, &variant->config, errors);
		if (ret == 0)
			ret = choose_variants(a, scenario);
		if (ret == 0)
			ret = study_factors_find(study, &variant->config, errors);
	} else {
		ret = -EINVAL;
	}
	scenario_free(scenario);
	return ret;
}

/* ---- trials ---- */

static char *setting_of(struct param_ref ref, uint64_t value)
{
	char text[UNITS_TEXT_BYTES];
	char *setting;

	if (asprintf(&setting, "platform.%s.%s=%s", param_kind_name(ref.kind), param_name(ref),
		     param_format(ref, value, text)) < 0)
		return NULL;
	return setting;
}

static int set_trial(struct study_trial *trial, size_t count)
{
	trial->settings = calloc(count + 1, sizeof(*trial->settings));
	return trial->settings ? 0 : -ENOMEM;
}

static int add_setting(struct study_trial *trial, const struct study_factor *factor, uint64_t value)
{
	char *setting = setting_of(factor->param, value);

	((const char **)trial->settings)[trial->setting_count] = setting;
	trial->setting_count += setting != NULL;
	return setting ? 0 : -ENOMEM;
}

/* A permutation of 0..n-1 (Fisher and Yates). */
static void shuffle(uint64_t *items, uint64_t n, struct rng *rng)
{
	for (uint64_t i = 0; i < n; i++)
		items[i] = i;
	for (uint64_t i = n; i > 1; i--) {
		uint64_t j = rng_below(rng, i);
		uint64_t item = items[i - 1];

		items[i - 1] = items[j];
		items[j] = item;
	}
}

static int draw_samples(struct analysis *a)
{
	const struct study_sensitivity *study = a->study;
	uint64_t n = study->samples;
	uint64_t *order = calloc(n + 1, sizeof(*order));
	struct rng rng;

	a->sample_values = calloc(n * study->factor_count + 1, sizeof(*a->sample_values));
	if (!order || !a->sample_values) {
		free(order);
		return -ENOMEM;
	}
	rng_seed(&rng, study->seed);
	for (size_t i = 0; i < study->factor_count; i++) {
		shuffle(order, n, &rng);
		for (uint64_t j = 0; j < n; j++)
			a->sample_values[j * study->factor_count + i] =
				study_stratum(&study->factors[i], order[j], n);
	}
	free(order);
	return 0;
}

static int make_sample(struct analysis *a, size_t i)
{
	const struct study_sensitivity *study = a->study;
	struct study_trial *trial = &a->trials[analysis_first_sample(study) + i];
	int ret = set_trial(trial, study->factor_count);

	for (size_t j = 0; j < study->factor_count && ret == 0; j++)
		ret = add_setting(trial, &study->factors[j],
				  a->sample_values[i * study->factor_count + j]);
	return ret;
}

static int make_trials(struct analysis *a)
{
	const struct study_sensitivity *study = a->study;
	int ret;

	a->trial_count = analysis_first_sample(study) + study->samples;
	a->trials = calloc(a->trial_count, sizeof(*a->trials));
	if (!a->trials)
		return -ENOMEM;
	ret = draw_samples(a);
	for (size_t i = 0; i < study->factor_count && ret == 0; i++) {
		const struct study_factor *factor = &study->factors[i];
		struct study_trial *pair = &a->trials[analysis_low_trial(i)];

		ret = set_trial(&pair[0], 1);
		if (ret == 0)
			ret = set_trial(&pair[1], 1);
		if (ret == 0)
			ret = add_setting(&pair[0], factor, factor->low);
		if (ret == 0)
			ret = add_setting(&pair[1], factor, factor->high);
	}
	for (size_t i = 0; i < study->samples && ret == 0; i++)
		ret = make_sample(a, i);
	return ret;
}

static int run_trials(struct analysis *a)
{
	const struct study_sensitivity *study = a->study;
	struct study_subject subject = study->subject;
	struct study_trials trials = {
		.subject = &subject,
		.variant = study->variant,
		.measure = &study->measure,
		.workers = study->workers,
	};
	int ret;

	subject.variants = a->variants;
	subject.variant_count = a->variant_count;
	/* Without the profiles' own values there is nothing to compare the others with. */
	ret = study_trials_run(&trials, a->trials, 1);
	if (ret || a->trials[0].error || a->trial_count == 1)
		return ret;
	trials.tick = study->tick;
	trials.ctx = study->ctx;
	return study_trials_run(&trials, a->trials + 1, a->trial_count - 1);
}

static int analyse(struct analysis *a, FILE *errors)
{
	int ret = look_at_scenario(a, errors);

	if (ret == 0)
		ret = make_trials(a);
	if (ret == 0)
		ret = run_trials(a);
	if (ret == 0)
		ret = analysis_evaluate(a, errors);
	return ret;
}

int study_sensitivity_run(struct study_sensitivity *study, FILE *errors)
{
	struct analysis a = { .study = study };
	int ret;

	assert(study->samples <= STUDY_SAMPLE_LIMIT && study->workers > 0);
	ret = analyse(&a, errors);
	for (size_t i = 0; a.trials && i < a.trial_count; i++) {
		for (size_t j = 0; j < a.trials[i].setting_count; j++)
			free((char *)a.trials[i].settings[j]);
		free((void *)a.trials[i].settings);
		study_trial_free(&a.trials[i]);
	}
	for (size_t i = 0; i < a.variant_count; i++)
		free((char *)a.variants[i]);
	free(a.trials);
	free(a.variants);
	free(a.sample_values);
	return ret;
}

void study_sensitivity_free(struct study_sensitivity *study)
{
	free(study->scenario);
	free(study->variant);
	free(study->factors);
	free(study->results);
	free(study->trouble);
	study_measure_free(&study->measure);
}

int64_t study_sensitivity_percentile(const struct study_sensitivity *study, unsigned percent)
{
	size_t rank = (study->result_count * percent + 99) / 100;

	assert(study->result_count > 0 && percent <= 100);
	return study->results[rank ? rank - 1 : 0];
}
