/* SPDX-License-Identifier: MIT */
/*
 * One run of a study: a scenario with some settings more, loaded, simulated and reported.
 */
#ifndef PVMMIO_SIM_STUDY_RUN_H
#define PVMMIO_SIM_STUDY_RUN_H

#include <stdio.h>

#include <jansson.h>

#include "sim/report/result.h"
#include "sim/scenario/scenario.h"

/* What every run of a study has in common. */
struct study_subject {
	const char *path;            /* of the scenario */
	const char *const *settings; /* KEY=VALUE, for all variants */
	size_t setting_count;
	const char *const *variants; /* names; none: all */
	size_t variant_count;
};

struct study_run {
	char *error; /* the settings are wrong, and nothing was run; NULL: none */
	struct scenario *scenario;
	struct sim_result **results; /* by variant; NULL: not asked for, or not run */
	char **errors;               /* by variant: why it was not run; NULL: none */
	json_t *report;
};

/*
 * Run subject with settings more, applied last. What is wrong with the settings is in *run, not an
 * error. 0; -ENOMEM. End *run with study_run_free() in every case.
 */
int study_run(struct study_run *run, const struct study_subject *subject,
	      const char *const *settings, size_t setting_count);
void study_run_free(struct study_run *run);

/* Load only. As scenario_load(), with messages to errors. */
int study_load(struct scenario **out, const struct study_subject *subject,
	       const char *const *settings, size_t setting_count, FILE *errors);

/* Is the variant to be run? */
bool study_chooses(const struct study_subject *subject, const char *variant);

/*
 * What is amiss with what guests did in a variant: "vm0 hung", "vm0 lost 3 requests"; malloc()ed,
 * "" when all is well. NULL when out of memory.
 */
char *study_run_note(const struct study_run *run, size_t variant);

#endif
