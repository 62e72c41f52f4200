// SPDX-License-Identifier: MIT
/* What the trials of a sensitivity study say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/sensitivity_impl.h"

/* All in one unit: integers as they are unless one of them is none. */
static bool take_number(const struct study_sensitivity *study, const struct study_trial *trial,
			int64_t *out)
{
	if (trial->error)
		return false;
	if (study->in_millionths)
		return study_value_millionths(&trial->value, out);
	*out = trial->value.number;
	return true;
}

static int note_trouble(struct study_sensitivity *study, const struct study_trial *trial)
{
	study->failed++;
	if (study->trouble)
		return 0;
	study->trouble = strdup(trial->error ? trial->error : "the measure is too large");
	return study->trouble ? 0 : -ENOMEM;
}

static int evaluate_base(struct analysis *a, FILE *errors)
{
	struct study_sensitivity *study = a->study;

	for (size_t i = 0; i < a->trial_count; i++)
		study->in_millionths |= !a->trials[i].error &&
					a->trials[i].value.kind == STUDY_VALUE_MILLIONTHS;
	if (take_number(study, &a->trials[0], &study->base))
		return 0;
	fprintf(errors, "%s: %s\n", study->measure.text,
		a->trials[0].error ? a->trials[0].error : "the measure is too large");
	return -EINVAL;
}

/* What a factor does at one of its ends, to the measure and to both of its parts. */
static void take_effects(struct analysis *a, struct study_factor *factor, bool high,
			 const struct study_trial *trial)
{
	const struct study_trial *base = &a->trials[0];
	struct study_swing *swings[] = { &factor->swing, &factor->parts[0], &factor->parts[1] };
	int64_t changes[3];

	take_number(a->study, trial, &changes[0]);
	changes[0] -= a->study->base;
	changes[1] = trial->parts[0].number - base->parts[0].number;
	changes[2] = trial->parts[1].number - base->parts[1].number;
	for (size_t i = 0; i < 3; i++)
		*(high ? &swings[i]->at_high : &swings[i]->at_low) = changes[i];
}

static int evaluate_factors(struct analysis *a)
{
	struct study_sensitivity *study = a->study;
	int64_t number;
	int ret = 0;

	for (size_t i = 0; i < 2 * study->factor_count && ret == 0; i++) {
		const struct study_trial *trial = &a->trials[analysis_low_trial(0) + i];

		if (take_number(study, trial, &number))
			take_effects(a, &study->factors[i / 2], i % 2, trial);
		else
			ret = note_trouble(study, trial);
	}
	study_shares(study->factors, study->factor_count);
	return ret;
}

/* Can the parts of all quotients be added up as they are? */
static bool has_integer_parts(const struct analysis *a)
{
	for (size_t i = 0; i < a->trial_count; i++) {
		const struct study_trial *trial = &a->trials[i];

		if (!trial->error && (trial->parts[0].kind != STUDY_VALUE_INTEGER ||
				      trial->parts[1].kind != STUDY_VALUE_INTEGER))
			return false;
	}
	return a->study->measure.divisor;
}

/* The measure at a sample by the effects of single factors. */
static int64_t predict(const struct analysis *a, const uint64_t *values, bool by_parts)
{
	const struct study_sensitivity *study = a->study;
	struct study_value parts[2] = { a->trials[0].parts[0], a->trials[0].parts[1] };
	char why[STUDY_WHY_BYTES];
	struct study_value quotient;
	int64_t sum = study->base;

	for (size_t i = 0; i < study->factor_count; i++) {
		const struct study_factor *factor = &study->factors[i];

		sum += study_effect(factor, &factor->swing, values[i]);
		for (size_t j = 0; j < 2 && by_parts; j++)
			parts[j].number += study_effect(factor, &factor->parts[j], values[i]);
	}
	if (!by_parts || parts[1].number <= 0 ||
	    study_measure_divide(&study->measure, parts, &quotient, why))
		return sum;
	return quotient.number;
}

static int compare_numbers(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* values: those of the samples that results are of, in their order. */
static void share_samples(struct analysis *a, const uint64_t *values)
{
	struct study_sensitivity *study = a->study;

	for (size_t i = 0; i < study->factor_count; i++)
		study->factors[i].sample_share =
			study_sample_share(&study->factors[i], values + i, study->factor_count,
					   study->results, study->result_count);
	study->ranked_by_samples = study->explained < STUDY_TRUSTED &&
				   study->result_count >= STUDY_RANKING_SAMPLES;
}

static int evaluate_samples(struct analysis *a)
{
	struct study_sensitivity *study = a->study;
	bool by_parts = has_integer_parts(a);
	int64_t *predicted = calloc(study->samples + 1, sizeof(*predicted));
	int ret = 0;

	study->results = calloc(study->samples + 1, sizeof(*study->results));
	if (!predicted || !study->results)
		ret = -ENOMEM;
	for (size_t i = 0; i < study->samples && ret == 0; i++) {
		const struct study_trial *trial = &a->trials[analysis_first_sample(study) + i];
		uint64_t *values = &a->sample_values[i * study->factor_count];
		size_t used = study->result_count;

		if (!take_number(study, trial, &study->results[used])) {
			ret = note_trouble(study, trial);
			continue;
		}
		predicted[used] = predict(a, values, by_parts);
		/* Close the gaps that samples without a result leave. */
		memmove(&a->sample_values[used * study->factor_count], values,
			study->factor_count * sizeof(*values));
		study->result_count++;
	}
	if (ret == 0 && study->result_count > 0) {
		study->explained = study_explained(study->results, predicted, study->result_count);
		share_samples(a, a->sample_values);
	}
	if (ret == 0)
		qsort(study->results, study->result_count, sizeof(*study->results),
		      compare_numbers);
	free(predicted);
	return ret;
}

static int by_share(const void *a, const void *b, void *ctx)
{
	const struct study_factor *left = a, *right = b;
	const struct study_sensitivity *study = ctx;

	if (study->ranked_by_samples && left->sample_share != right->sample_share)
		return left->sample_share < right->sample_share ? 1 : -1;
	if (left->share != right->share)
		return left->share < right->share ? 1 : -1;
	if (left->param.kind != right->param.kind)
		return left->param.kind == PROFILE_COSTS ? -1 : 1;
	return left->param.index < right->param.index ? -1 : 1;
}

int analysis_evaluate(struct analysis *a, FILE *errors)
{
	struct study_sensitivity *study = a->study;
	int ret = evaluate_base(a, errors);

	if (ret == 0)
		ret = evaluate_factors(a);
	if (ret == 0)
		ret = evaluate_samples(a);
	if (ret == 0)
		qsort_r(study->factors, study->factor_count, sizeof(*study->factors), by_share,
			study);
	return ret;
}
