/* SPDX-License-Identifier: MIT */
/*
 * Sensitivity: how much of a result hangs on figures that are not known well.
 *
 * Parameters of the profiles have ranges. Two things are done with them:
 *
 * - One at a time, each parameter goes to the low and to the high end of its range while all others
 *   keep their values. Between the ends the effect is taken to be linear on either side of the
 *   value. If a parameter is anywhere in its range with equal chance, this makes a variance; a
 *   parameter's share is its part of the sum of all variances.
 * - All together, a Latin hypercube: with n samples each parameter's range is cut into n equal
 *   pieces, each of which is taken once, in an order drawn by a seeded generator. Their results are
 *   the range that the answer has, and tell how far adding up the effects of single parameters
 * goes: the part of the samples' variance that the sum explains. The rest is interaction between
 *   parameters, and what is not linear. A parameter's share of the samples' variance is its
 *   squared correlation with the result, where that is more than chance makes of nothing.
 *
 * Where the sum explains most of it, parameters are ranked by their effects one at a time, which
 * have no chance in them; otherwise by the samples, which do not hang on the one point from which
 * all parameters were moved.
 *
 * A measure that is a quotient is no sum even where both of its sides are: effects are added up on
 * each side, and the sums divided.
 *
 * All of it is integer arithmetic: the same study gives the same bytes on any machine.
 */
#ifndef PVMMIO_SIM_STUDY_SENSITIVITY_H
#define PVMMIO_SIM_STUDY_SENSITIVITY_H

#include <jansson.h>

#include "sim/scenario/params.h"
#include "sim/study/axis.h"
#include "sim/study/measure.h"
#include "sim/study/run.h"

#define STUDY_SAMPLE_LIMIT 10000u
#define STUDY_SHARE_ONE    1000000 /* shares and the explained part are millionths */

#define STUDY_TRUSTED         (STUDY_SHARE_ONE * 9 / 10) /* explained: effects do add up */
#define STUDY_RANKING_SAMPLES 20u                        /* fewer tell chance from nothing */

/* Changes at both ends of a range. */
struct study_swing {
	int64_t at_low, at_high;
};

struct study_factor {
	struct param_ref param;
	uint64_t value, low, high;   /* low < high; value is one of them or between */
	struct study_swing swing;    /* of the measure */
	struct study_swing parts[2]; /* of both sides of a quotient */
	int64_t share;               /* of the variance, by these two */
	int64_t sample_share;        /* of the samples' variance, by correlation */
};

struct study_sensitivity {
	/* Asked for. */
	struct study_subject subject; /* at most one variant: else the first with a mediated VM */
	const char *measure_text;     /* NULL: workload.duration_ps of that VM */
	const char *const *ranges;    /* "PARAMETER=LOW..HIGH", instead of the profiles' */
	size_t range_count;
	uint32_t samples; /* 0: one at a time only */
	uint64_t seed;    /* of the samples, not of the scenario */
	unsigned workers;
	bool (*tick)(void *ctx, uint64_t done, uint64_t count); /* or NULL */
	void *ctx;

	/* Found. Measures are integers, or, in_millionths, that many millionths. */
	char *scenario, *variant; /* names */
	struct study_measure measure;
	bool in_millionths;
	int64_t base;                 /* at all parameters' values */
	struct study_factor *factors; /* the largest share first */
	bool ranked_by_samples;       /* by sample_share; else by share */
	size_t factor_count;
	int64_t *results; /* of the samples, ascending */
	size_t result_count;
	int64_t explained; /* 0 when nothing varies; may be negative: worse than the mean */
	char *trouble;     /* what went wrong in one of the runs; NULL: nothing */
	uint64_t failed;   /* runs left out for such reasons */
};

/*
 * Run it. 0; -EINVAL after messages to errors; -EINTR; -ENOMEM; or the error of reading the file.
 * End with study_sensitivity_free() in every case.
 */
int study_sensitivity_run(struct study_sensitivity *study, FILE *errors);
void study_sensitivity_free(struct study_sensitivity *study);

/* The result that percent of 100 samples do not exceed (nearest rank); there are samples. */
int64_t study_sensitivity_percentile(const struct study_sensitivity *study, unsigned percent);

/* The result as text, and as a tree (new reference, NULL when out of memory). */
void study_sensitivity_write(const struct study_sensitivity *study, FILE *out);
json_t *study_sensitivity_json(const struct study_sensitivity *study);

/*
 * Part of it: the parameters that have a range in config's profiles, or in study->ranges. 0;
 * -EINVAL after a message to errors; -ENOMEM.
 */
int study_factors_find(struct study_sensitivity *study, const struct sim_config *config,
		       FILE *errors);

/* ---- the arithmetic by itself ---- */

/* Set every factor's share from its effects. */
void study_shares(struct study_factor *factors, size_t count);

/* What a factor's value adds to a number that it swings so. */
int64_t study_effect(const struct study_factor *factor, const struct study_swing *swing,
		     uint64_t value);

/* Which part of the variance of measured is explained by predicted, in millionths. */
int64_t study_explained(const int64_t *measured, const int64_t *predicted, size_t count);

/*
 * Squared correlation of values, between low and high of factor, with measured, in millionths. 0
 * when chance alone makes it as large for one in 1000 parameters. step: distance of two values in
 * the array.
 */
int64_t study_sample_share(const struct study_factor *factor, const uint64_t *values, size_t step,
			   const int64_t *measured, size_t count);

/* Value of piece i of n equal pieces of the factor's range: its middle. */
uint64_t study_stratum(const struct study_factor *factor, uint64_t i, uint64_t n);

#endif
