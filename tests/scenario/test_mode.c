// SPDX-License-Identifier: MIT
/* Display modes: reading them, and the blanking that they get. */
#include "tests/scenario/fixture.h"

#include <errno.h>

#include "sim/scenario/mode.h"

/* Totals and clocks as CVT's reduced blanking gives them; clocks without its 250 kHz steps. */
static const struct {
	const char *text;
	struct display_mode mode;
	struct mode_timings timings;
} good[] = {
	{"1920x1080@60Hz",  { 1920, 1080, 60 }, { 2080, 1111, 138653 }},
	{ "1920x1200@60Hz", { 1920, 1200, 60 }, { 2080, 1235, 154128 }},
	{ "1280x1024@60Hz", { 1280, 1024, 60 }, { 1440, 1054, 91066 } },
	{ "1024x768@60Hz",  { 1024, 768, 60 },  { 1184, 790, 56122 }  },
	{ "3840x2160@60Hz", { 3840, 2160, 60 }, { 4000, 2222, 533280 }},
	{ "640x480@120Hz",  { 640, 480, 120 },  { 800, 509, 48864 }   },
	{ "64x64@24Hz",     { 64, 64, 24 },     { 224, 83, 446 }      },
};

static void reads_and_writes(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char why[MODE_WHY_BYTES] = "", text[MODE_TEXT_BYTES];
		struct mode_timings timings;
		struct display_mode mode;

		if (mode_parse(good[i].text, &mode, why))
			fail_msg("%s: %s", good[i].text, why);
		assert_memory_equal(&mode, &good[i].mode, sizeof(mode));
		assert_string_equal(mode_format(&mode, text), good[i].text);
		mode_timings(&mode, &timings);
		assert_int_equal(timings.htotal, good[i].timings.htotal);
		assert_int_equal(timings.vtotal, good[i].timings.vtotal);
		assert_int_equal(timings.clock_khz, good[i].timings.clock_khz);
	}
}

static const struct {
	const char *text;
	const char *expected;
} bad[] = {
	{"",			      "width, height and rate, such as 1920x1080@60Hz"            },
	{ "1920x1080",                    "width, height and rate, such as 1920x1080@60Hz"            },
	{ "1920x1080@60",                 "width, height and rate, such as 1920x1080@60Hz"            },
	{ "1920x1080@60hz",               "width, height and rate, such as 1920x1080@60Hz"            },
	{ "1920x1080@60Hzz",              "width, height and rate, such as 1920x1080@60Hz"            },
	{ " 1920x1080@60Hz",              "width, height and rate, such as 1920x1080@60Hz"            },
	{ "-64x64@60Hz",                  "width, height and rate, such as 1920x1080@60Hz"            },
	{ "65600x64@60Hz",                "width, height and rate, such as 1920x1080@60Hz"            },
	{ "18446744073709551680x64@60Hz", "width, height and rate, such as 1920x1080@60Hz"            },
	{ "48x64@60Hz",                   "64x64 to 4096x4096"                                        },
	{ "64x4097@60Hz",                 "64x64 to 4096x4096"                                        },
	{ "1000x600@60Hz",                "a width that is a multiple of 16"                          },
	{ "64x64@23Hz",                   "24Hz to 240Hz"					     },
	{ "64x64@241Hz",                  "24Hz to 240Hz"					     },
	{ "4096x2160@60Hz",               "a mode with a pixel clock below 540 MHz, blanking included"},
};

static void refuses(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct display_mode before = { 1, 2, 3 };
		struct display_mode mode = before;
		char why[MODE_WHY_BYTES], want[MODE_WHY_BYTES];

		snprintf(want, sizeof(want), "'%s' is no mode; expected %s", bad[i].text,
			 bad[i].expected);
		assert_int_equal(mode_parse(bad[i].text, &mode, why), -EINVAL);
		assert_string_equal(why, want);
		assert_memory_equal(&mode, &before, sizeof(mode));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
