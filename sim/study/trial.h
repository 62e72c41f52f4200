/* SPDX-License-Identifier: MIT */
/*
 * Trials: one measure under many settings, in parallel. What searches and samples are made of.
 */
#ifndef PVMMIO_SIM_STUDY_TRIAL_H
#define PVMMIO_SIM_STUDY_TRIAL_H

#include "sim/study/measure.h"
#include "sim/study/run.h"

struct study_trial {
	const char *const *settings; /* KEY=VALUE, after the subject's; the caller's */
	size_t setting_count;

	/* What came of it. */
	struct study_value value;
	struct study_value parts[2]; /* of a quotient; see study_measure_take_parts() */
	char *error; /* no value, or one that nobody should use: a guest hung; NULL: none */
};

struct study_trials {
	const struct study_subject *subject;
	const char *variant; /* that is looked at, for paths that name none */
	const struct study_measure *measure;
	unsigned workers;
	bool (*tick)(void *ctx, uint64_t done, uint64_t count); /* as in a sweep; or NULL */
	void *ctx;
};

/* Run them all. 0; -EINTR; -ENOMEM; -EAGAIN. End each with study_trial_free() in every case. */
int study_trials_run(const struct study_trials *trials, struct study_trial *items, size_t count);
void study_trial_free(struct study_trial *trial);

#endif
