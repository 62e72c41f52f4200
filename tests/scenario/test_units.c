// SPDX-License-Identifier: MIT
#include "tests/scenario/fixture.h"

#include <errno.h>

#include "sim/scenario/units.h"

struct good {
	const char *text;
	enum quantity quantity;
	uint64_t value;
};

static const struct good good[] = {
	{"0ps",			  QUANTITY_TIME,      0                          },
	{ "1ps",			 QUANTITY_TIME,      1                          },
	{ "1.2us",		       QUANTITY_TIME,      1200000                    },
	{ "1.2 us",		      QUANTITY_TIME,      1200000                    },
	{ "0.001ns",		     QUANTITY_TIME,      1                          },
	{ "0.0010ns",                    QUANTITY_TIME,      1                          },
	{ "0.000000000001s",             QUANTITY_TIME,      1                          },
	{ "1.000000000000000000000000s", QUANTITY_TIME,      1000000000000              },
	{ "007ms",		       QUANTITY_TIME,      7000000000                 },
	{ "18446744073709551615ps",      QUANTITY_TIME,      UINT64_MAX                 },
	{ "18446744.073709551615s",      QUANTITY_TIME,      UINT64_MAX                 },
	{ "0B",			  QUANTITY_BYTES,     0                          },
	{ "64MiB",		       QUANTITY_BYTES,     67108864                   },
	{ "1.5KiB",		      QUANTITY_BYTES,     1536                       },
	{ "0.0009765625KiB",             QUANTITY_BYTES,     1                          },
	{ "17179869183GiB",              QUANTITY_BYTES,     UINT64_C(17179869183) << 30},
	{ "3.4GHz",		      QUANTITY_FREQUENCY, 3400000000                 },
	{ "24kHz",		       QUANTITY_FREQUENCY, 24000                      },
	{ "1Hz",			 QUANTITY_FREQUENCY, 1                          },
};

static void reads_whole_values(void **state)
{
	char why[UNITS_WHY_BYTES] = "";

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t value = ~good[i].value;

		if (units_parse(good[i].text, good[i].quantity, &value, why))
			fail_msg("%s: %s", good[i].text, why);
		if (value != good[i].value)
			fail_msg("%s is %llu", good[i].text, (unsigned long long)value);
	}
}

struct bad {
	const char *text;
	enum quantity quantity;
	const char *why;
};

static const struct bad bad[] = {
	{"",			    QUANTITY_TIME,  "'' is not a time; expected a number and a unit, such as 10us"  },
	{ "us",			 QUANTITY_TIME,  "'us' is not a time; expected a number and a unit, such as 10us"},
	{ "1.us",		       QUANTITY_TIME,
         "'1.us' is not a time; expected a number and a unit, such as 10us"                                             },
	{ ".5us",		       QUANTITY_TIME,
         "'.5us' is not a time; expected a number and a unit, such as 10us"                                             },
	{ "big",			QUANTITY_BYTES,
         "'big' is not a size; expected a number and a unit, such as 64MiB"                                             },
	{ "-1us",		       QUANTITY_TIME,  "'-1us' is negative; expected a time such as 10us"              },
	{ "10",			 QUANTITY_TIME,  "'10' has no unit; expected one of ps, ns, us, ms, s"           },
	{ "0",			  QUANTITY_BYTES, "'0' has no unit; expected one of B, KiB, MiB, GiB"             },
	{ "10min",		      QUANTITY_TIME,
         "'10min' has the unknown unit 'min'; expected one of ps, ns, us, ms, s"                                        },
	{ "1US",			QUANTITY_TIME,
         "'1US' has the unknown unit 'US'; expected one of ps, ns, us, ms, s"                                           },
	{ "1  us",		      QUANTITY_TIME,
         "'1  us' has the unknown unit ' us'; expected one of ps, ns, us, ms, s"                                        },
	{ "1e3us",		      QUANTITY_TIME,
         "'1e3us' has the unknown unit 'e3us'; expected one of ps, ns, us, ms, s"                                       },
	{ "64MB",		       QUANTITY_BYTES,
         "'64MB' has the unknown unit 'MB'; expected one of B, KiB, MiB, GiB"                                           },
	{ "5cycles",                    QUANTITY_TIME,
         "'5cycles' has the unknown unit 'cycles'; expected one of ps, ns, us, ms, s"                                   },
	{ "0.5ps",		      QUANTITY_TIME,  "'0.5ps' is not a whole number of picoseconds"                  },
	{ "1.0001ns",                   QUANTITY_TIME,  "'1.0001ns' is not a whole number of picoseconds"               },
	{ "0.0000000000000000000001s",  QUANTITY_TIME,
         "'0.0000000000000000000001s' is not a whole number of picoseconds"                                             },
	{ "0.1KiB",		     QUANTITY_BYTES, "'0.1KiB' is not a whole number of bytes"                       },
	{ "18446744073709551616ps",     QUANTITY_TIME,  "'18446744073709551616ps' is too large"                         },
	{ "18446744.073709551616s",     QUANTITY_TIME,  "'18446744.073709551616s' is too large"                         },
	{ "99999999999999999999999GiB", QUANTITY_BYTES,
         "'99999999999999999999999GiB' is too large"								    },
};

static void refuses_with_a_reason(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char why[UNITS_WHY_BYTES] = "";
		uint64_t value;

		assert_int_equal(units_parse(bad[i].text, bad[i].quantity, &value, why), -EINVAL);
		assert_string_equal(why, bad[i].why);
	}
}

static void turns_cycles_into_time(void **state)
{
	char why[UNITS_WHY_BYTES] = "";
	uint64_t ps;

	assert_int_equal(units_parse_cycles("1000cycles", 2500000000, &ps, why), 0);
	assert_int_equal(ps, 400000);
	assert_int_equal(units_parse_cycles("1 cycles", 3400000000, &ps, why), 0);
	assert_int_equal(ps, 294); /* 294.1 */
	assert_int_equal(units_parse_cycles("2cycles", 3000000000, &ps, why), 0);
	assert_int_equal(ps, 667); /* 666.7: to the nearest */
	assert_int_equal(units_parse_cycles("7ns", 3400000000, &ps, why), 0);
	assert_int_equal(ps, 7000);

	assert_int_equal(units_parse_cycles("1.5cycles", 1, &ps, why), -EINVAL);
	assert_string_equal(why, "'1.5cycles' is not a whole number of cycles");
	assert_int_equal(units_parse_cycles("18446745cycles", 1, &ps, why), -EINVAL);
	assert_string_equal(why, "'18446745cycles' is too large");
	assert_int_equal(units_parse_cycles("5cycles", 0, &ps, why), -EINVAL);
	assert_string_equal(why, "'5cycles' is in cycles of an unknown clock; expected one of ps, "
				 "ns, us, ms, s");
	assert_int_equal(units_parse_cycles("5cycle", 5, &ps, why), -EINVAL);
}

static void formats_without_fractions(void **state)
{
	char buf[UNITS_TEXT_BYTES];

	assert_string_equal(units_format(0, QUANTITY_TIME, buf), "0ps");
	assert_string_equal(units_format(1, QUANTITY_TIME, buf), "1ps");
	assert_string_equal(units_format(1200000, QUANTITY_TIME, buf), "1200ns");
	assert_string_equal(units_format(60000000000000, QUANTITY_TIME, buf), "60s");
	assert_string_equal(units_format(67108864, QUANTITY_BYTES, buf), "64MiB");
	assert_string_equal(units_format(1025, QUANTITY_BYTES, buf), "1025B");
	assert_string_equal(units_format(0, QUANTITY_BYTES, buf), "0B");
	assert_string_equal(units_format(UINT64_MAX, QUANTITY_TIME, buf), "18446744073709551615ps");
}

static void formatted_values_read_back(void **state)
{
	char buf[UNITS_TEXT_BYTES], why[UNITS_WHY_BYTES] = "";
	uint64_t value = 1, back;

	for (int i = 0; i < 200; i++) {
		value = value * UINT64_C(6364136223846793005) + 1442695040888963407u;
		for (int shift = 0; shift < 64; shift += 7) {
			units_format(value >> shift, QUANTITY_TIME, buf);
			assert_int_equal(units_parse(buf, QUANTITY_TIME, &back, why), 0);
			assert_true(back == value >> shift);
		}
	}
}

static void reads_integers(void **state)
{
	uint64_t value;

	assert_int_equal(units_parse_integer("0", &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(units_parse_integer("0x1F", &value), 0);
	assert_int_equal(value, 31);
	assert_int_equal(units_parse_integer("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(units_parse_integer("0xffffffffffffffff", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(units_parse_integer("18446744073709551616", &value), -ERANGE);
	assert_int_equal(units_parse_integer("0x10000000000000000", &value), -ERANGE);
	assert_int_equal(units_parse_integer("-1", &value), -ERANGE);
	assert_int_equal(units_parse_integer("", &value), -EINVAL);
	assert_int_equal(units_parse_integer("0x", &value), -EINVAL);
	assert_int_equal(units_parse_integer("0xg", &value), -EINVAL);
	assert_int_equal(units_parse_integer("1.0", &value), -EINVAL);
	assert_int_equal(units_parse_integer("1 ", &value), -EINVAL);
	assert_int_equal(units_parse_integer("12a", &value), -EINVAL);
}

static void tells_quantities_from_numbers(void **state)
{
	assert_true(units_looks_like("10us", QUANTITY_TIME));
	assert_true(units_looks_like("1.5 KiB", QUANTITY_BYTES));
	assert_false(units_looks_like("10", QUANTITY_TIME));
	assert_false(units_looks_like("10us", QUANTITY_BYTES));
	assert_false(units_looks_like("vm0.us", QUANTITY_TIME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_whole_values),
		cmocka_unit_test(refuses_with_a_reason),
		cmocka_unit_test(turns_cycles_into_time),
		cmocka_unit_test(formats_without_fractions),
		cmocka_unit_test(formatted_values_read_back),
		cmocka_unit_test(reads_integers),
		cmocka_unit_test(tells_quantities_from_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
