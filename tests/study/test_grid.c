// SPDX-License-Identifier: MIT
/* Numbers, ranges, axes, grids, shards: what --vary and --shard say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/study/grid.h"

/* The values of KEY=VALUES, joined by blanks, into buf. */
static const char *values_of(const char *text, char *buf, size_t len)
{
	char why[STUDY_WHY_BYTES];
	struct study_axis axis;
	size_t used = 0;

	assert_int_equal(study_axis_read(&axis, text, why), 0);
	buf[0] = '\0';
	for (size_t i = 0; i < axis.count; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? " " : "",
					 axis.values[i]);
	study_axis_free(&axis);
	return buf;
}

static void check_values(const char *text, const char *expected)
{
	char buf[512];

	assert_string_equal(values_of(text, buf, sizeof(buf)), expected);
}

static void test_lists(void **state)
{
	check_values("k=a", "a");
	check_values("k=a, b ,c", "a b c");
	check_values("k=none,[a,b],all", "none [a,b] all");
	check_values("k=[a,[b,c]],'x,y',\"z,\",{p: 1, q: 2}",
		     "[a,[b,c]] 'x,y' \"z,\" {p: 1, q: 2}");
	check_values("k=1us,2 us", "1us 2 us");
	check_values("k=../profiles/x.yaml", "../profiles/x.yaml");
	check_values("k=a=b", "a=b");
}

static void test_every_number(void **state)
{
	check_values("k=1..5", "1 2 3 4 5");
	check_values("k=5..1", "5 4 3 2 1");
	check_values("k=7..7", "7");
	check_values("k=0x10..0x12", "16 17 18");
}

static void test_linear(void **state)
{
	check_values("k=1us..10us/4", "1us 4us 7us 10us");
	check_values("k=10us..1us/4", "10us 7us 4us 1us");
	check_values("k=0ns..1ns/3", "0ps 500ps 1ns");
	check_values("k=64MiB..1GiB/5", "64MiB 304MiB 544MiB 784MiB 1GiB");
	/* Rounded to the nearest whole number, halves up; what is equal is taken once. */
	check_values("k=0..5/3", "0 3 5");
	check_values("k=1..3/9", "1 2 3");
	check_values("k=0..9223372036854775807/3", "0 4611686018427387904 9223372036854775807");
	check_values("k=100cycles..200cycles/3", "100cycles 150cycles 200cycles");
}

static void test_steps(void **state)
{
	check_values("k=1us..10us:3us", "1us 4us 7us 10us");
	check_values("k=1us..9us:3us", "1us 4us 7us");
	check_values("k=9..1:4", "9 5 1");
	check_values("k=3..3:1", "3");
}

static void test_logarithmic(void **state)
{
	check_values("k=1us..1ms*4", "1us 10us 100us 1ms");
	check_values("k=1ms..1us*4", "1ms 100us 10us 1us");
	check_values("k=1us..100us*5", "1us 3.162us 10us 31.62us 100us");
	/* Ends keep their digits. */
	check_values("k=1.23456us..2us*2", "1.23456us 2us");
	check_values("k=4KiB..4GiB*11", "4KiB 16KiB 64KiB 256KiB 1MiB 4MiB 16MiB 64MiB 256MiB 1GiB "
					"4GiB");
	check_values("k=1..1048576*21", "1 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192 16384 "
					"32768 65536 131072 262144 524288 1048576");
	check_values("k=1..100*5", "1 3 10 32 100");
	check_values("k=1..4*8", "1 2 3 4");
	check_values("k=0ns,1us..1ms*2", "0ns 1us 1ms");
	check_values("k=1..9223372036854775807*2", "1 9223372036854775807");
}

/* Each is near first * (last / first)^(i / (count - 1)): its powers tell. */
static void test_logarithmic_is_geometric(void **state)
{
	const uint64_t first = 1000003, last = UINT64_C(999999999989);
	const uint64_t count = 13;

	for (uint64_t i = 1; i + 1 < count; i++) {
		long double before = (long double)study_geometric(first, last, i - 1, count);
		long double here = (long double)study_geometric(first, last, i, count);
		long double after = (long double)study_geometric(first, last, i + 1, count);
		long double error = here * here / (before * after) - 1;

		assert_true(error < 2e-6L && error > -2e-6L);
	}
}

static void test_units_of_axes(void **state)
{
	static const struct {
		const char *text;
		enum study_unit unit;
		uint64_t first;
	} rows[] = {
		{"k=1us,2ms",   STUDY_UNIT_PS,     1000000},
                { "k=1KiB",     STUDY_UNIT_BYTES,  1024   },
		{ "k=1kHz",     STUDY_UNIT_HZ,     1000   },
                { "k=5cycles",  STUDY_UNIT_CYCLES, 5      },
		{ "k=0x11,3",   STUDY_UNIT_COUNT,  17     },
                { "k=1us,1KiB", STUDY_UNIT_TEXT,   0      },
		{ "k=1us,none", STUDY_UNIT_TEXT,   0      },
                { "k=-5",       STUDY_UNIT_TEXT,   0      },
		{ "k=4.14,5.0", STUDY_UNIT_TEXT,   0      },
                { "k=true",     STUDY_UNIT_TEXT,   0      },
	};
	char why[STUDY_WHY_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct study_axis axis;

		assert_int_equal(study_axis_read(&axis, rows[i].text, why), 0);
		assert_int_equal(axis.unit, rows[i].unit);
		if (rows[i].unit != STUDY_UNIT_TEXT)
			assert_int_equal(axis.numbers[0], rows[i].first);
		study_axis_free(&axis);
	}
}

static void test_wrong_axes(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"",			"expected KEY=VALUES"      },
		{ "k",                      "expected KEY=VALUES"      },
		{ "=1",                     "expected KEY=VALUES"      },
		{ "k,=1",                   "a key is missing"         },
		{ ",k=1",                   "a key is missing"         },
		{ "k=",                     "a value is missing"       },
		{ "k=1,,2",                 "a value is missing"       },
		{ "k=1,",                   "a value is missing"       },
		{ "k=1us..2us",             "does not say which values"},
		{ "k=1us..2KiB/3",          "two kinds of unit"        },
		{ "k=1..2us/3",             "two kinds of unit"        },
		{ "k=1us..x/3",             "no number with a unit"    },
		{ "k=1us../3",              "no number with a unit"    },
		{ "k=1us..2us/1",           "expected 2 or more"       },
		{ "k=1us..2us/x",           "no number with a unit"    },
		{ "k=1us..2us/2us",         "expected 2 or more"       },
		{ "k=1us..2us:3",           "no step of that range"    },
		{ "k=1us..2us:0us",         "no step of that range"    },
		{ "k=0us..2us*3",           "end at 0"                 },
		{ "k=2us..0us*3",           "end at 0"                 },
		{ "k=1..1000000",           "more than 100000 values"  },
		{ "k=1..60000,1..60000",    "more than 100000 values"  },
		{ "k=1.23456789us",         "picosecond"               },
		{ "k=99999999999999999999", "too large"                },
		{ "k=9223372036854775808",  "too large"                },
		{ "k=1.5cycles",            "whole number of cycles"   },
		{ "k=1us..3us/2/3",         "no number with a unit"    },
	};
	char why[STUDY_WHY_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct study_axis axis;
		int ret = study_axis_read(&axis, rows[i].text, why);

		study_axis_free(&axis);
		assert_int_equal(ret, -EINVAL);
		if (!strstr(why, rows[i].says))
			fail_msg("%s: %s", rows[i].text, why);
	}
}

static void test_settings(void **state)
{
	struct study_grid grid = { 0 };
	char why[STUDY_WHY_BYTES];
	const char *settings[3];

	assert_int_equal(study_grid_point_count(&grid), 1);
	assert_int_equal(study_grid_add(&grid, "a,b=1,2", why), 0);
	assert_int_equal(study_grid_add(&grid, "c=x,y,z", why), 0);
	assert_int_equal(study_grid_point_count(&grid), 6);
	assert_int_equal(study_grid_setting_count(&grid), 3);
	/* The last axis changes fastest. */
	study_grid_settings(&grid, 0, settings);
	assert_string_equal(settings[0], "a=1");
	assert_string_equal(settings[1], "b=1");
	assert_string_equal(settings[2], "c=x");
	study_grid_settings(&grid, 2, settings);
	assert_string_equal(settings[0], "a=1");
	assert_string_equal(settings[2], "c=z");
	study_grid_settings(&grid, 3, settings);
	assert_string_equal(settings[1], "b=2");
	assert_string_equal(settings[2], "c=x");
	study_grid_free(&grid);
}

static void test_wrong_grids(void **state)
{
	struct study_grid grid = { 0 };
	char why[STUDY_WHY_BYTES];

	assert_int_equal(study_grid_add(&grid, "a,b=1..1000", why), 0);
	assert_int_equal(study_grid_add(&grid, "b=1", why), -EINVAL);
	assert_non_null(strstr(why, "varied twice"));
	assert_int_equal(study_grid_add(&grid, "bb=1..10000", why), 0);
	assert_int_equal(study_grid_add(&grid, "c=1,2", why), -EINVAL);
	assert_non_null(strstr(why, "more than 10000000 points"));
	assert_int_equal(study_grid_point_count(&grid), 10000000);
	study_grid_free(&grid);
}

static void test_shards(void **state)
{
	static const char *const wrong[] = { "",    "1",  "0/4", "5/4",  "1/0",   "a/4",
					     "1/b", "/4", "1/",  "-1/4", "1/4/2", "1/99999999999" };
	struct study_shard shard;
	char why[STUDY_WHY_BYTES];

	for (uint64_t points = 0; points < 9; points++) {
		uint64_t seen = 0;

		for (uint64_t i = 1; i <= 4; i++) {
			shard = (struct study_shard){ i, 4 };
			for (uint64_t j = 0; j < study_shard_size(&shard, points); j++) {
				uint64_t point = study_shard_point(&shard, j);

				assert_in_range(point, 0, points - 1);
				assert_int_equal(seen >> point & 1, 0);
				seen |= UINT64_C(1) << point;
			}
		}
		assert_int_equal(seen, (UINT64_C(1) << points) - 1);
	}
	assert_int_equal(study_shard_read(&shard, "4/4", why), 0);
	assert_int_equal(shard.index, 4);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(study_shard_read(&shard, wrong[i], why), -EINVAL);
}

static void test_round_decimal(void **state)
{
	assert_int_equal(study_round_decimal(0), 0);
	assert_int_equal(study_round_decimal(9999), 9999);
	assert_int_equal(study_round_decimal(12344), 12340);
	assert_int_equal(study_round_decimal(12345), 12350);
	assert_int_equal(study_round_decimal(99999), 100000);
	assert_int_equal(study_round_decimal(UINT64_C(9223372036854775807)),
			 UINT64_C(9223000000000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_logarithmic),
		cmocka_unit_test(test_logarithmic_is_geometric),
		cmocka_unit_test(test_units_of_axes),
		cmocka_unit_test(test_wrong_axes),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_wrong_grids),
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_round_decimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
