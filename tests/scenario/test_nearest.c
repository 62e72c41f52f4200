// SPDX-License-Identifier: MIT
#include "tests/scenario/fixture.h"

#include <limits.h>

#include "sim/scenario/nearest.h"

static void counts_edits(void **state)
{
	assert_int_equal(nearest_distance("", ""), 0);
	assert_int_equal(nearest_distance("memory", "memory"), 0);
	assert_int_equal(nearest_distance("", "abc"), 3);
	assert_int_equal(nearest_distance("abc", ""), 3);
	assert_int_equal(nearest_distance("memry", "memory"), 1);
	assert_int_equal(nearest_distance("memoory", "memory"), 1);
	assert_int_equal(nearest_distance("memary", "memory"), 1);
	assert_int_equal(nearest_distance("meomry", "memory"), 1); /* a swap */
	assert_int_equal(nearest_distance("emmoyr", "memory"), 2);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
}

static void refuses_endless_names(void **state)
{
	char text[200];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(nearest_distance(text, "a") == UINT_MAX);
	assert_true(nearest_distance("a", text) == UINT_MAX);
	text[64] = '\0';
	assert_int_equal(nearest_distance(text, text), 0);
}

static const char *best(const char *wanted, const char *const *names)
{
	struct nearest nearest;

	nearest_begin(&nearest, wanted);
	for (; *names; names++)
		nearest_offer(&nearest, *names);
	return nearest.best;
}

static void finds_the_nearest(void **state)
{
	static const char *const names[] = { "memory", "mode", "vcpus", "name", "set", NULL };

	assert_string_equal(best("memroy", names), "memory");
	assert_string_equal(best("MODE", names), "mode");
	assert_string_equal(best("Name", names), "name");
	assert_string_equal(best("sett", names), "set");
	assert_string_equal(best("vcpu", names), "vcpus");
	assert_null(best("workload", names));
	assert_null(best("", names));
	assert_null(best("mxxe", names)); /* half of it wrong: a guess would be noise */
}

static void first_of_equals_wins(void **state)
{
	static const char *const names[] = { "vm0", "vm1", NULL };

	assert_string_equal(best("vm9", names), "vm0");
}

static void hints_only_when_near(void **state)
{
	char buf[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, "moed");
	assert_string_equal(nearest_hint(&nearest, buf, sizeof(buf)), "");
	nearest_offer(&nearest, "mode");
	assert_string_equal(nearest_hint(&nearest, buf, sizeof(buf)), "; did you mean 'mode'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_edits),         cmocka_unit_test(refuses_endless_names),
		cmocka_unit_test(finds_the_nearest),    cmocka_unit_test(first_of_equals_wins),
		cmocka_unit_test(hints_only_when_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
