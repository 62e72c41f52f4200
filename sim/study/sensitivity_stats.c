// SPDX-License-Identifier: MIT
/* The arithmetic of a sensitivity study, in integers. */
#include <assert.h>
#include <stdlib.h>

#include "sim/study/sensitivity.h"

__extension__ typedef __int128 s128;
__extension__ typedef unsigned __int128 u128;

#define FRACTION 20 /* bits behind the point of parts of a range */
#define CHANCE   11 /* (n - 1) r^2 of two independent columns is above that once in 1000 times */
#define NARROW   34 /* bits of effects where they are squared: sums then stay below 2^127 */

static s128 divide_rounded(s128 numerator, s128 denominator)
{
	s128 half = denominator / 2;

	return (numerator + (numerator < 0 ? -half : half)) / denominator;
}

int64_t study_effect(const struct study_factor *factor, const struct study_swing *swing,
		     uint64_t value)
{
	uint64_t below = factor->value - factor->low, above = factor->high - factor->value;

	assert(factor->low <= value && value <= factor->high);
	if (value < factor->value)
		return (int64_t)divide_rounded((s128)swing->at_low * (factor->value - value),
					       below);
	if (value > factor->value)
		return (int64_t)divide_rounded((s128)swing->at_high * (value - factor->value),
					       above);
	return 0;
}

uint64_t study_stratum(const struct study_factor *factor, uint64_t i, uint64_t n)
{
	u128 width = factor->high - factor->low;

	assert(i < n);
	return factor->low + (uint64_t)((width * (2 * i + 1) + n) / (2 * (u128)n));
}

/* How many bits to drop so that all effects fit NARROW. */
static unsigned effect_shift(const struct study_factor *factors, size_t count)
{
	uint64_t largest = 0;
	unsigned shift = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t low = (uint64_t)llabs(factors[i].swing.at_low);
		uint64_t high = (uint64_t)llabs(factors[i].swing.at_high);

		largest = largest > low ? largest : low;
		largest = largest > high ? largest : high;
	}
	while (largest >> shift >> NARROW)
		shift++;
	return shift;
}

/*
 * Variance, times a constant, of the effect of a value that is anywhere in the range with equal
 * chance. With the parts p below and q above the value, p + q = 1, and the effects a and c at the
 * ends, the mean is (p a + q c) / 2 and the mean square (p a^2 + q c^2) / 3.
 */
static u128 variance(const struct study_factor *factor, unsigned shift)
{
	s128 width = (s128)(factor->high - factor->low);
	s128 p = ((s128)(factor->value - factor->low) << FRACTION) / width;
	s128 q = ((s128)1 << FRACTION) - p;
	s128 a = factor->swing.at_low / ((s128)1 << shift),
	     c = factor->swing.at_high / ((s128)1 << shift);
	s128 square = p * a * a + q * c * c;
	s128 mean = p * a + q * c;
	s128 result = 4 * (square << FRACTION) - 3 * mean * mean;

	return result > 0 ? (u128)result : 0;
}

void study_shares(struct study_factor *factors, size_t count)
{
	unsigned shift = effect_shift(factors, count);
	unsigned drop = 0;
	u128 sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += variance(&factors[i], shift);
	while (sum >> drop >> 100)
		drop++;
	for (size_t i = 0; i < count; i++) {
		u128 part = (variance(&factors[i], shift) >> drop) * STUDY_SHARE_ONE;

		factors[i].share = sum ? (int64_t)(part / (sum >> drop)) : 0;
	}
}

/* Bits to drop so that squares of count numbers can be added up. */
static unsigned square_shift(const int64_t *measured, const int64_t *predicted, size_t count)
{
	uint64_t largest = 0;
	unsigned shift = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t away = (uint64_t)llabs(measured[i] - measured[0]);
		uint64_t error = (uint64_t)llabs(measured[i] - predicted[i]);

		largest = largest > away ? largest : away;
		largest = largest > error ? largest : error;
	}
	while (largest >> shift >> NARROW)
		shift++;
	return shift;
}

/* Bits to drop so that numbers fit their products. */
static unsigned product_shift(s128 a, s128 b, s128 c)
{
	unsigned shift = 0;

	a = a < 0 ? -a : a;
	a = a > b ? a : b;
	a = a > c ? a : c;
	while (a >> shift >> 50)
		shift++;
	return shift;
}

int64_t study_sample_share(const struct study_factor *factor, const uint64_t *values, size_t step,
			   const int64_t *measured, size_t count)
{
	s128 unit = (s128)1 << square_shift(measured, measured, count);
	s128 width = (s128)(factor->high - factor->low);
	s128 x_sum = 0, y_sum = 0, xx = 0, yy = 0, xy = 0;
	s128 share;
	unsigned shift;

	for (size_t i = 0; i < count; i++) {
		s128 x = ((s128)(values[i * step] - factor->low) << FRACTION) / width;
		s128 y = (measured[i] - measured[0]) / unit;

		x_sum += x;
		y_sum += y;
		xx += x * x;
		yy += y * y;
		xy += x * y;
	}
	xx = (s128)count * xx - x_sum * x_sum;
	yy = (s128)count * yy - y_sum * y_sum;
	xy = (s128)count * xy - x_sum * y_sum;
	shift = product_shift(xy, xx, yy);
	xx >>= shift;
	yy >>= shift;
	xy /= (s128)1 << shift;
	if (xx == 0 || yy == 0)
		return 0;
	share = xy * xy * STUDY_SHARE_ONE / (xx * yy);
	return share * (s128)(count - 1) < CHANCE * STUDY_SHARE_ONE ? 0 : (int64_t)share;
}

int64_t study_explained(const int64_t *measured, const int64_t *predicted, size_t count)
{
	s128 unit = (s128)1 << square_shift(measured, predicted, count);
	s128 sum = 0, squares = 0, errors = 0;
	s128 total, unexplained;

	for (size_t i = 0; i < count; i++) {
		s128 away = (measured[i] - measured[0]) / unit;
		s128 error = (measured[i] - predicted[i]) / unit;

		sum += away;
		squares += away * away;
		errors += error * error;
	}
	/* count times the sum of squares around the mean */
	total = (s128)count * squares - sum * sum;
	if (total <= 0)
		return 0;
	unexplained = (s128)count * errors * STUDY_SHARE_ONE / total;
	return unexplained > INT64_MAX / 2 ? INT64_MIN / 2 : STUDY_SHARE_ONE - (int64_t)unexplained;
}
