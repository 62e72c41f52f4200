// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/report/human.h"

static void test_time(void **state)
{
	static const struct {
		uint64_t ps;
		const char *text;
	} rows[] = {
		{0,		     "0"            },
		{ 1,                    "1 ps"         },
		{ 999,                  "999 ps"       },
		{ 1000,                 "1.00 ns"      },
		{ 1004,                 "1.00 ns"      },
		{ 1005,                 "1.01 ns"      },
		{ 999994,               "999.99 ns"    },
		{ 999995,               "1.00 us"      },
		{ 1234567,              "1.23 us"      },
		{ UINT64_C(999994999),  "999.99 us"    },
		{ UINT64_C(1500000000), "1.50 ms"      },
		{ UINT64_C(61) << 40,   "67.07 s"      },
		{ UINT64_MAX,           "18446744.07 s"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[HUMAN_TEXT_BYTES];

		human_time(buf, sizeof(buf), rows[i].ps);
		assert_string_equal(buf, rows[i].text);
	}
}

static void test_millionths(void **state)
{
	static const struct {
		uint64_t millionths;
		const char *text;
	} rows[] = {
		{0,        "0"   },
                { 4000000, "4"   },
                { 1333333, "1.33"},
                { 1999999, "2"   },
		{ 1995000, "2"   },
                { 1994999, "1.99"},
                { 10000,   "0.01"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[HUMAN_TEXT_BYTES];

		human_millionths(buf, sizeof(buf), rows[i].millionths);
		assert_string_equal(buf, rows[i].text);
	}
}

static void test_divide(void **state)
{
	assert_int_equal(human_divide(0, 3), 0);
	assert_int_equal(human_divide(4, 3), 1);
	assert_int_equal(human_divide(5, 3), 2);
	assert_int_equal(human_divide(1, 2), 1);
	assert_int_equal(human_divide(UINT64_MAX, UINT64_MAX), 1);
	assert_int_equal(human_divide(UINT64_MAX - 1, UINT64_MAX), 1);
	assert_int_equal(human_divide(1, UINT64_MAX), 0);
}

static void test_ratio(void **state)
{
	assert_int_equal(human_ratio_millionths(4, 3), 1333333);
	assert_int_equal(human_ratio_millionths(5, 3), 1666667);
	assert_int_equal(human_ratio_millionths(1, 2000000), 1);
	assert_int_equal(human_ratio_millionths(1, 2000001), 0);
	assert_int_equal(human_ratio_millionths(UINT64_C(12000000000000), 3),
			 UINT64_C(4000000000000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_millionths),
		cmocka_unit_test(test_divide),
		cmocka_unit_test(test_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
