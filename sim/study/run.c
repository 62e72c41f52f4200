// SPDX-License-Identifier: MIT
#include "sim/study/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/report.h"
#include "sim/simulation/simulation.h"

bool study_chooses(const struct study_subject *subject, const char *variant)
{
	for (size_t i = 0; i < subject->variant_count; i++) {
		if (strcmp(subject->variants[i], variant) == 0)
			return true;
	}
	return subject->variant_count == 0;
}

int study_load(struct scenario **out, const struct study_subject *subject,
	       const char *const *settings, size_t setting_count, FILE *errors)
{
	size_t count = subject->setting_count + setting_count;
	const char **all = calloc(count + 1, sizeof(*all));
	const struct scenario_options options = {
		.overrides = all,
		.override_count = count,
		.errors = errors,
	};
	int ret;

	*out = NULL;
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		all[i] = i < subject->setting_count ? subject->settings[i]
						    : settings[i - subject->setting_count];
	ret = scenario_load(out, subject->path, &options);
	free(all);
	return ret;
}

/* The first message of a load, in one line and without the place, or the error's own name. */
static char *first_message(const char *messages, int error)
{
	const char *start = strstr(messages, "error: ");
	const char *end;

	if (!start)
		return strdup(strerror(-error));
	start += strlen("error: ");
	end = strchrnul(start, '\n');
	return strndup(start, (size_t)(end - start));
}

static int load(struct study_run *run, const struct study_subject *subject,
		const char *const *settings, size_t setting_count)
{
	char *messages = NULL;
	size_t len;
	FILE *errors = open_memstream(&messages, &len);
	int ret;

	if (!errors)
		return -ENOMEM;
	ret = study_load(&run->scenario, subject, settings, setting_count, errors);
	if (fclose(errors))
		ret = -ENOMEM;
	if (ret && ret != -ENOMEM) {
		run->error = first_message(messages, ret);
		ret = run->error ? 0 : -ENOMEM;
	}
	free(messages);
	return ret;
}

static int run_variant(struct study_run *run, size_t i)
{
	const struct sim_config *config = &run->scenario->variants[i].config;
	char why[SIMULATION_WHY_BYTES];
	int ret = simulation_run(&run->results[i], config, NULL);

	if (ret != -EINVAL)
		return ret;
	/* Only putting a machine together is refused, and checking that says why. */
	simulation_check(config, why, sizeof(why));
	run->errors[i] = strdup(why);
	return run->errors[i] ? 0 : -ENOMEM;
}

int study_run(struct study_run *run, const struct study_subject *subject,
	      const char *const *settings, size_t setting_count)
{
	int ret;

	*run = (struct study_run){ 0 };
	ret = load(run, subject, settings, setting_count);
	if (ret || run->error)
		return ret;
	run->results = calloc(run->scenario->variant_count, sizeof(struct sim_result *));
	run->errors = calloc(run->scenario->variant_count, sizeof(char *));
	if (!run->results || !run->errors)
		return -ENOMEM;
	for (size_t i = 0; i < run->scenario->variant_count && ret == 0; i++) {
		if (study_chooses(subject, run->scenario->variants[i].name))
			ret = run_variant(run, i);
	}
	if (ret)
		return ret;
	run->report = report_build(run->scenario, run->results);
	return run->report ? 0 : -ENOMEM;
}

void study_run_free(struct study_run *run)
{
	size_t count = run->scenario ? run->scenario->variant_count : 0;

	for (size_t i = 0; i < count; i++) {
		if (run->results)
			sim_result_free(run->results[i]);
		if (run->errors)
			free(run->errors[i]);
	}
	free(run->results);
	free(run->errors);
	free(run->error);
	json_decref(run->report);
	scenario_free(run->scenario);
	*run = (struct study_run){ 0 };
}

static void note_vm(FILE *out, const char *name, const struct vm_result *vm)
{
	const struct workload_result *work = &vm->workload;
	const char *separator = ftell(out) > 0 ? "; " : "";

	if (vm->init_error)
		fprintf(out, "%s%s did not come up: %s", separator, name,
			strerrorname_np(-vm->init_error));
	else if (vm->hung)
		fprintf(out, "%s%s hung", separator, name);
	else if (vm->failsafe)
		fprintf(out, "%s%s in failsafe mode", separator, name);
	else if (work->error)
		fprintf(out, "%s%s ended early: %s", separator, name,
			strerrorname_np(-work->error));
	else if (work->lost)
		fprintf(out, "%s%s lost %" PRIu64 " requests", separator, name, work->lost);
	else if (work->bytes_wrong)
		fprintf(out, "%s%s has %" PRIu64 " wrong bytes", separator, name,
			work->bytes_wrong);
	else if (work->bind_errors)
		fprintf(out, "%s%s has %" PRIu64 " objects not bound", separator, name,
			work->bind_errors);
}

char *study_run_note(const struct study_run *run, size_t variant)
{
	const struct sim_result *result = run->results ? run->results[variant] : NULL;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (size_t i = 0; result && i < result->vm_count; i++)
		note_vm(out, run->scenario->variants[variant].config.vms[i].name, &result->vms[i]);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
