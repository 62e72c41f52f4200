// SPDX-License-Identifier: MIT
/* The raster by itself: exact instants, for ever; and what it refuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above it. */
#include <cmocka.h>

#include "hw-model/gen9_raster.h"
#include "sim/machine/executor.h"

#define HBR_HZ UINT64_C(270000000)

/* 1920x1080 at 60 Hz: 148.5 MHz. */
static struct gen9_raster full_hd(void)
{
	struct gen9_raster raster;

	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1080, HBR_HZ, 1485, 2700), 0);
	return raster;
}

static void test_sixty_frames_are_a_second(void **state)
{
	struct gen9_raster raster = full_hd();

	assert_int_equal(gen9_raster_vblank_ps(&raster, 0), 16 * PS_PER_MS);
	for (uint64_t seconds = 1; seconds < 100000; seconds += 1009)
		assert_int_equal(gen9_raster_vblank_ps(&raster, 60 * seconds),
				 16 * PS_PER_MS + seconds * PS_PER_S);
	assert_int_equal(gen9_raster_frame_ps(&raster), (PS_PER_S + 59) / 60);
}

/* The instant of a vertical blank is the first at which its line is displayed. */
static void check_instants(const struct gen9_raster *raster, uint64_t frame)
{
	uint64_t at_ps = gen9_raster_vblank_ps(raster, frame);
	uint64_t line = frame * raster->vtotal + raster->vactive;

	assert_int_equal(gen9_raster_line(raster, at_ps), line);
	assert_int_equal(gen9_raster_line(raster, at_ps - 1), line - 1);
	assert_int_equal(gen9_raster_vblanks(raster, at_ps), frame + 1);
	assert_int_equal(gen9_raster_vblanks(raster, at_ps - 1), frame);
}

static void test_line_and_instant_agree(void **state)
{
	struct gen9_raster hd = full_hd(), odd;

	/* Nothing divides anything: 1366x768 at 69.300 MHz or so, from a link of 162 MHz. */
	assert_int_equal(gen9_raster_init(&odd, 1481, 787, 768, 162000000, 3588611, 8388607), 0);
	for (uint64_t frame = 0; frame < 3000; frame += 7) {
		check_instants(&hd, frame);
		check_instants(&odd, frame);
	}
	check_instants(&odd, 1000000007); /* half a year on */
}

static void test_frames_do_not_drift(void **state)
{
	struct gen9_raster odd;
	uint64_t before_ps = 0;

	/* 1 / 1.0000003 of 270 MHz; a frame is no whole number of picoseconds. */
	assert_int_equal(gen9_raster_init(&odd, 2000, 1000, 900, HBR_HZ, 3333333, 3333334), 0);
	before_ps = gen9_raster_vblank_ps(&odd, 0);
	for (uint64_t frame = 1; frame < 1000; frame++) {
		uint64_t at_ps = gen9_raster_vblank_ps(&odd, frame);
		uint64_t period_ps = at_ps - before_ps;

		assert_in_range(period_ps, gen9_raster_frame_ps(&odd) - 1,
				gen9_raster_frame_ps(&odd));
		before_ps = at_ps;
	}
	/* 3333333 frames take as long as 3333334 of exactly 2e6 / 270e6 s, which is 1 / 135 s. */
	assert_int_equal(gen9_raster_vblank_ps(&odd, 3333333 * 135) -
				 gen9_raster_vblank_ps(&odd, 0),
			 3333334 * PS_PER_S);
}

static void test_beginning(void **state)
{
	struct gen9_raster raster = full_hd();

	assert_int_equal(gen9_raster_line(&raster, 0), 0);
	assert_int_equal(gen9_raster_vblanks(&raster, 0), 0);
}

static void test_end_of_time(void **state)
{
	struct gen9_raster slow, fast;

	assert_int_equal(gen9_raster_init(&slow, 8192, 8192, 8191, 1, 1, 0xffffff), 0);
	assert_int_equal(gen9_raster_vblank_ps(&slow, 0), EXEC_NEVER);
	assert_int_equal(gen9_raster_line(&slow, EXEC_NEVER - 1), 0);
	/* Just slow enough, as late as can be. */
	assert_int_equal(gen9_raster_init(&fast, 1, 8192, 1, 81920000, 0xffffff, 0xffffff), 0);
	check_instants(&fast, gen9_raster_vblanks(&fast, EXEC_NEVER - 1) - 1);
	assert_int_equal(gen9_raster_vblank_ps(&fast, gen9_raster_vblanks(&fast, EXEC_NEVER - 1)),
			 EXEC_NEVER);
}

static void test_what_does_not_display(void **state)
{
	struct gen9_raster raster;

	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1080, 0, 1, 1), -EINVAL);
	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1080, HBR_HZ, 0, 1), -EINVAL);
	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1080, HBR_HZ, 1, 0), -EINVAL);
	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1125, HBR_HZ, 1, 1), -EINVAL);
	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1126, HBR_HZ, 1, 1), -EINVAL);
	assert_int_equal(gen9_raster_init(&raster, 2200, 1125, 1080, PS_PER_S * 2, 0xffffff, 1),
			 -EINVAL);
	/* 100 us a frame: 27000 pixels at 270 MHz. */
	assert_int_equal(gen9_raster_init(&raster, 270, 100, 99, HBR_HZ, 1, 1), 0);
	assert_int_equal(gen9_raster_init(&raster, 270, 100, 99, HBR_HZ + 3000, 1, 1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sixty_frames_are_a_second),
		cmocka_unit_test(test_line_and_instant_agree),
		cmocka_unit_test(test_frames_do_not_drift),
		cmocka_unit_test(test_beginning),
		cmocka_unit_test(test_end_of_time),
		cmocka_unit_test(test_what_does_not_display),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
