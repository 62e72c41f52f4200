// SPDX-License-Identifier: MIT
// Random generator: known sequences, bounds, no bias.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/machine/rng.h"

// First outputs for the state {1, 2, 3, 4}, as other implementations of xoshiro256** test them
// (Rust's rand_xoshiro, for one).
static void test_known_sequence(void **state)
{
	static const uint64_t expected[] = {
		UINT64_C(11520),
		UINT64_C(0),
		UINT64_C(1509978240),
		UINT64_C(1215971899390074240),
		UINT64_C(1216172134540287360),
		UINT64_C(607988272756665600),
		UINT64_C(16172922978634559625),
		UINT64_C(8476171486693032832),
		UINT64_C(10595114339597558777),
		UINT64_C(2904607092377533576),
	};
	struct rng rng = {
		.state = {1, 2, 3, 4}
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_int_equal(rng_next(&rng), expected[i]);
}

// The published first outputs of splitmix64 from seed 0.
static void test_seed_zero_gives_splitmix_state(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 0);
	assert_int_equal(rng.state[0], UINT64_C(0xe220a8397b1dcdaf));
	assert_int_equal(rng.state[1], UINT64_C(0x6e789e6aa1b965f4));
	assert_int_equal(rng.state[2], UINT64_C(0x06c45d188009454f));
	assert_int_equal(rng.state[3], UINT64_C(0xf88bb8a8724c81ec));
}

static void test_same_seed_same_sequence(void **state)
{
	struct rng a, b, c;
	unsigned same = 0;

	(void)state;
	rng_seed(&a, 42);
	rng_seed(&b, 42);
	rng_seed(&c, 43);
	for (int i = 0; i < 1000; i++) {
		uint64_t value = rng_next(&a);

		assert_int_equal(value, rng_next(&b));
		same += value == rng_next(&c);
	}
	assert_int_equal(same, 0);
}

static void test_below_stays_below_and_reaches_all(void **state)
{
	unsigned seen[7] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 70000; i++) {
		uint64_t value = rng_below(&rng, 7);

		assert_true(value < 7);
		seen[value]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 9500, 10500); // 10000 expected, 5 sigma is about 460
	for (int i = 0; i < 100; i++)
		assert_int_equal(rng_below(&rng, 1), 0);
}

// With 3/4 of 2^64 as bound, plain `next % bound` gives the lowest third twice as often.
static void test_below_is_unbiased_for_large_bounds(void **state)
{
	uint64_t bound = UINT64_C(3) << 62;
	unsigned low = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (int i = 0; i < 30000; i++)
		low += rng_below(&rng, bound) < bound / 3;
	assert_in_range(low, 9500, 10500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_sequence),
		cmocka_unit_test(test_seed_zero_gives_splitmix_state),
		cmocka_unit_test(test_same_seed_same_sequence),
		cmocka_unit_test(test_below_stays_below_and_reaches_all),
		cmocka_unit_test(test_below_is_unbiased_for_large_bounds),
	};

	return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
