// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report/exit_rate.h"

#define W EXIT_RATE_WINDOW_PS

static void write_change(void *opaque, uint64_t at_ps, uint64_t exits_per_second)
{
	char *text = opaque;

	snprintf(text + strlen(text), 1024 - strlen(text), "%llu:%llu ",
		 (unsigned long long)(at_ps / W), (unsigned long long)exits_per_second);
}

/* The exits that windows, each below EXIT_RATE_WINDOWS from one another, would make. */
static void test_counts_by_window(void **state)
{
	struct exit_rate rate = { 0 };
	char text[1024] = "";

	exit_rate_add(&rate, 2 * W, write_change, text);
	exit_rate_add(&rate, 3 * W - 1, write_change, text);
	exit_rate_add(&rate, 3 * W, write_change, text);
	exit_rate_add(&rate, 3 * W, write_change, text);
	exit_rate_add(&rate, 5 * W, write_change, text);
	assert_string_equal(text, "");
	exit_rate_flush(&rate, write_change, text);
	assert_string_equal(text, "2:20000 4:0 5:10000 6:0 ");
}

static void test_out_of_order(void **state)
{
	struct exit_rate rate = { 0 };
	char text[1024] = "";

	exit_rate_add(&rate, 9 * W, write_change, text);
	exit_rate_add(&rate, 7 * W, write_change, text);
	exit_rate_add(&rate, 9 * W, write_change, text);
	exit_rate_flush(&rate, write_change, text);
	assert_string_equal(text, "7:10000 8:0 9:20000 10:0 ");
}

/* A window that was given out takes no more: the exit counts in the oldest that is left. */
static void test_too_late(void **state)
{
	struct exit_rate rate = { 0 };
	char text[1024] = "";

	exit_rate_add(&rate, (EXIT_RATE_WINDOWS + 3) * W, write_change, text);
	exit_rate_add(&rate, 0, write_change, text);
	exit_rate_flush(&rate, write_change, text);
	assert_string_equal(text, "4:10000 5:0 67:10000 68:0 ");
}

/* As fast over a year as over a second. */
static void test_long_silence(void **state)
{
	struct exit_rate rate = { 0 };
	const uint64_t late = UINT64_C(1) << 36;
	char expected[64];
	char text[1024] = "";

	exit_rate_add(&rate, 0, write_change, text);
	exit_rate_add(&rate, late * W, write_change, text);
	assert_string_equal(text, "0:10000 1:0 ");
	text[0] = '\0';
	exit_rate_flush(&rate, write_change, text);
	snprintf(expected, sizeof(expected), "%llu:10000 %llu:0 ", (unsigned long long)late,
		 (unsigned long long)late + 1);
	assert_string_equal(text, expected);
}

static void test_begins_anew(void **state)
{
	struct exit_rate rate = { 0 };
	char text[1024] = "";

	exit_rate_add(&rate, 3 * W, write_change, text);
	exit_rate_flush(&rate, write_change, text);
	text[0] = '\0';
	exit_rate_add(&rate, 0, write_change, text);
	exit_rate_flush(&rate, write_change, text);
	assert_string_equal(text, "0:10000 1:0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_by_window), cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_too_late),         cmocka_unit_test(test_long_silence),
		cmocka_unit_test(test_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
