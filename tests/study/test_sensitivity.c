// SPDX-License-Identifier: MIT
/* The arithmetic of sensitivity studies, against what can be worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine/rng.h"
#include "sim/study/sensitivity.h"

#define SAMPLES 100

static struct study_factor factor(uint64_t low, uint64_t value, uint64_t high, int64_t at_low,
				  int64_t at_high)
{
	return (struct study_factor){
		.low = low, .value = value, .high = high, .swing = {at_low, at_high}
	};
}

static void assert_near(int64_t value, int64_t expected, int64_t tolerance)
{
	if (value < expected - tolerance || value > expected + tolerance)
		fail_msg("%lld is not near %lld", (long long)value, (long long)expected);
}

static void test_effect(void **state)
{
	struct study_factor f = factor(100, 200, 600, -50, 1000);

	assert_int_equal(study_effect(&f, &f.swing, 100), -50);
	assert_int_equal(study_effect(&f, &f.swing, 150), -25);
	assert_int_equal(study_effect(&f, &f.swing, 200), 0);
	assert_int_equal(study_effect(&f, &f.swing, 300), 250);
	assert_int_equal(study_effect(&f, &f.swing, 600), 1000);
	/* Value at an end of the range: one side only. */
	f = factor(0, 0, 8, 0, -9);
	assert_int_equal(study_effect(&f, &f.swing, 0), 0);
	assert_int_equal(study_effect(&f, &f.swing, 4), -5);
	assert_int_equal(study_effect(&f, &f.swing, 8), -9);
	/* Far beyond what 64 bits of a product hold. */
	f = factor(0, INT64_MAX / 2, INT64_MAX, INT64_MIN / 2, INT64_MAX / 2);
	assert_int_equal(study_effect(&f, &f.swing, INT64_MAX), INT64_MAX / 2);
}

/* Variances of linear effects are as the squares of their swings. */
static void test_shares(void **state)
{
	struct study_factor f[3] = {
		factor(0, 50, 100, -10, 10),
		factor(0, 50, 100, 30, -30),
		factor(0, 50, 100, 0, 0),
	};

	study_shares(f, 3);
	assert_near(f[0].share, 100000, 2);
	assert_near(f[1].share, 900000, 2);
	assert_int_equal(f[2].share, 0);
	/* The same lines, the value elsewhere. */
	f[0] = factor(0, 25, 100, -5, 15);
	f[1] = factor(0, 0, 100, 0, -60);
	study_shares(f, 2);
	assert_near(f[0].share, 100000, 2);
	assert_near(f[1].share, 900000, 2);
	/* A tent of height h has variance h^2 / 12, a line of swing s has s^2 / 12. */
	f[0] = factor(0, 50, 100, -40, -40);
	f[1] = factor(0, 50, 100, -20, 20);
	study_shares(f, 2);
	assert_near(f[0].share, 500000, 2);
	/* Large numbers keep their proportions; nothing at all has none. */
	f[0] = factor(0, INT64_MAX / 2, INT64_MAX, -INT64_MAX / 4, INT64_MAX / 4);
	f[1] = factor(0, 1, 2, -INT64_MAX / 4 * 3, INT64_MAX / 4 * 3);
	study_shares(f, 2);
	assert_near(f[0].share, 100000, 2);
	f[0] = f[1] = factor(0, 1, 2, 0, 0);
	study_shares(f, 2);
	assert_int_equal(f[0].share, 0);
}

static void test_explained(void **state)
{
	const int64_t measured[] = { 10, 20, 30, 40 };
	const int64_t exact[] = { 10, 20, 30, 40 };
	const int64_t mean[] = { 25, 25, 25, 25 };
	const int64_t half[] = { 5, 15, 25, 35 }; /* errors 4 * 25 of 500 */
	const int64_t wild[] = { INT64_MAX / 4, 0, 0, 0 };
	const int64_t constant[] = { 7, 7, 7, 7 };

	assert_int_equal(study_explained(measured, exact, 4), STUDY_SHARE_ONE);
	assert_int_equal(study_explained(measured, mean, 4), 0);
	assert_int_equal(study_explained(measured, half, 4), 800000);
	assert_true(study_explained(measured, wild, 4) <= 0);
	assert_int_equal(study_explained(constant, constant, 4), 0);
}

/* Each piece of the range once, in equal distances, inside of it. */
static void test_strata(void **state)
{
	struct study_factor f = factor(100, 100, 200, 0, 0);

	assert_int_equal(study_stratum(&f, 0, 10), 105);
	assert_int_equal(study_stratum(&f, 9, 10), 195);
	f = factor(0, 0, 1, 0, 0); /* a truth value */
	assert_int_equal(study_stratum(&f, 0, 4), 0);
	assert_int_equal(study_stratum(&f, 1, 4), 0);
	assert_int_equal(study_stratum(&f, 2, 4), 1);
	assert_int_equal(study_stratum(&f, 3, 4), 1);
	f = factor(0, 0, INT64_MAX, 0, 0);
	assert_int_equal(study_stratum(&f, 0, 1), INT64_MAX / 2 + 1);
}

static void test_sample_shares(void **state)
{
	struct study_factor f = factor(0, 0, 1000000, 0, 0);
	uint64_t values[2 * SAMPLES];
	int64_t measured[SAMPLES];
	struct rng rng;
	int64_t share;

	rng_seed(&rng, 1);
	for (size_t i = 0; i < SAMPLES; i++) {
		values[2 * i] = study_stratum(&f, i, SAMPLES);
		values[2 * i + 1] = rng_below(&rng, 1000001);
		measured[i] = 5000000000000 - 3000000 * (int64_t)values[2 * i];
	}
	/* A line, falling: all of it. Something that has nothing to do with it: nothing. */
	assert_near(study_sample_share(&f, values, 2, measured, SAMPLES), STUDY_SHARE_ONE, 10);
	assert_int_equal(study_sample_share(&f, values + 1, 2, measured, SAMPLES), 0);
	/* Two parts of equal weight. */
	for (size_t i = 0; i < SAMPLES; i++)
		measured[i] = (int64_t)(values[2 * i] + values[2 * i + 1]);
	share = study_sample_share(&f, values, 2, measured, SAMPLES);
	assert_in_range(share, 350000, 650000);
	/* Nothing varies. */
	for (size_t i = 0; i < SAMPLES; i++)
		measured[i] = 1;
	assert_int_equal(study_sample_share(&f, values, 2, measured, SAMPLES), 0);
	assert_int_equal(study_sample_share(&f, values, 2, measured, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_effect),        cmocka_unit_test(test_shares),
		cmocka_unit_test(test_explained),     cmocka_unit_test(test_strata),
		cmocka_unit_test(test_sample_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
