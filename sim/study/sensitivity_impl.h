/* SPDX-License-Identifier: MIT */
/* What the parts of a sensitivity study share. Internal to sim/study. */
#ifndef PVMMIO_SIM_STUDY_SENSITIVITY_IMPL_H
#define PVMMIO_SIM_STUDY_SENSITIVITY_IMPL_H

#include "sim/study/sensitivity.h"
#include "sim/study/trial.h"

/* One study while it is done. Trials: the base, low and high of each factor, the samples. */
struct analysis {
	struct study_sensitivity *study;
	const char **variants; /* that are run: all that the measure looks at */
	size_t variant_count;
	struct study_trial *trials;
	size_t trial_count;
	uint64_t *sample_values; /* of each factor in turn, for each sample */
};

static inline size_t analysis_low_trial(size_t factor)
{
	return 1 + 2 * factor;
}

static inline size_t analysis_first_sample(const struct study_sensitivity *study)
{
	return 1 + 2 * study->factor_count;
}

/* From the trials' results to the study's. 0; -EINVAL after a message to errors; -ENOMEM. */
int analysis_evaluate(struct analysis *a, FILE *errors);

#endif
