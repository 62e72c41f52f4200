// SPDX-License-Identifier: MIT
/* Planes, cursor and scalers: when registers are taken, and what is shown then. */
#include <string.h>

#include "tests/hw-model/display.h"

#define MANY 16u

/* All latches of a test, in order. */
struct latches {
	unsigned count;
	struct gen9_latch list[MANY];
};

static void note_latch(void *opaque, const struct gen9_latch *latch)
{
	struct latches *latches = opaque;

	if (latches->count < MANY)
		latches->list[latches->count] = *latch;
	latches->count++;
}

static void flip(struct rig *rig, unsigned pipe, unsigned plane, uint32_t surface)
{
	display_plane(rig, pipe, plane);
	rig_write(rig, PLANE_SURF(pipe, plane), surface);
}

static void test_flip_is_taken_at_the_vertical_blank(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0), vblank_ps;
	struct gen9_latch latch;

	display_sleep_until(rig, start_ps + 3 * MODE_FRAME_PS);
	vblank_ps = start_ps + 3 * MODE_FRAME_PS + MODE_ACTIVE_PS;
	flip(rig, 0, 1, surface | 0xfff); /* lower bits are no address */
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), 0);
	display_sleep_until(rig, vblank_ps - PS_PER_US);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), 0);
	CHECK_EQ(rig, rig_read(rig, PIPE_FLIPCOUNT(0)), 0);
	display_sleep_until(rig, vblank_ps + PS_PER_US);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), surface);
	CHECK_EQ(rig, rig_read(rig, PIPE_FLIPCOUNT(0)), 1);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURF(0, 1)), surface | 0xfff);
	latch = display_latch(rig, 0, 1);
	CHECK_EQ(rig, latch.time_ps, vblank_ps);
	CHECK_EQ(rig, latch.frame, 4);
	CHECK_EQ(rig, latch.plane, 1);
	CHECK_EQ(rig, latch.surface, surface);
	CHECK_EQ(rig, latch.enabled, true);
	CHECK_EQ(rig, latch.async, false);
	CHECK_EQ(rig, latch.bytes, DISPLAY_SURFACE_BYTES);
	CHECK_EQ(rig, latch.digest, display_digest(1));
	CHECK_EQ(rig, latch.unmapped_pages, 0);
	CHECK_EQ(rig, latch.window_width, MODE_WIDTH);
	CHECK_EQ(rig, latch.window_height, MODE_HEIGHT);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 1);
}

/* One armed in the very instant is in time. */
static void test_flip_at_the_instant_of_the_vertical_blank(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	display_plane(rig, 0, 1);
	display_sleep_until(rig, start_ps + MODE_ACTIVE_PS);
	rig_write(rig, PLANE_SURF(0, 1), surface);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), surface);
	CHECK_EQ(rig, display_latch(rig, 0, 1).time_ps, start_ps + MODE_ACTIVE_PS);
	CHECK_EQ(rig, display_latch(rig, 0, 1).frame, 1);
}

/* What memory holds at the vertical blank is what counts. */
static void test_digest_is_of_the_latch(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	flip(rig, 0, 1, surface);
	rig_store(rig, surface + 5 * DISPLAY_STRIDE_BYTES + 7 * 4, 0x12345678);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK(rig, display_latch(rig, 0, 1).digest != display_digest(1));
	rig_store(rig, surface + 5 * DISPLAY_STRIDE_BYTES + 7 * 4, 1u << 24 | 5u << 12 | 7u);
	rig_store(rig, surface + MODE_WIDTH * 4, 0xffffffff); /* beyond the row */
	rig_write(rig, PLANE_SURF(0, 1), surface);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_latch(rig, 0, 1).digest, display_digest(1));
}

static void test_flip_done_events(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps;

	display_unmask(rig, 1,
		       DE_PIPE_VBLANK | DE_PIPE_FLIP_DONE(1) | DE_PIPE_FLIP_DONE(2) |
			       DE_PIPE_FLIP_DONE(3));
	start_ps = display_start(rig, 1);
	flip(rig, 1, 1, surface);
	flip(rig, 1, 3, surface);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(1)), 0);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(1)),
		 DE_PIPE_VBLANK | DE_PIPE_FLIP_DONE(1) | DE_PIPE_FLIP_DONE(3));
	CHECK_EQ(rig, rig->msi_count, 1);
	CHECK_EQ(rig, rig_read(rig, PIPE_FLIPCOUNT(1)), 2);
	rig_write(rig, DE_PIPE_IIR(1), ~0u);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(1)), DE_PIPE_VBLANK);
}

static void test_registers_without_the_surface_wait(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	flip(rig, 0, 1, surface);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	rig_write(rig, PLANE_CTL(0, 1), 0);
	rig_write(rig, PLANE_BUF_CFG(0, 1), 99u << 16);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 1);
	CHECK_EQ(rig, display_latch(rig, 0, 1).enabled, true);
	rig_write(rig, PLANE_SURF(0, 1), 0);
	display_sleep_until(rig, start_ps + 3 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 2);
	CHECK_EQ(rig, display_latch(rig, 0, 1).enabled, false);
	CHECK_EQ(rig, display_latch(rig, 0, 1).bytes, 0);
	CHECK_EQ(rig, display_latch(rig, 0, 1).buffer, 99u << 16);
}

static void test_a_write_to_an_armed_plane_cancels(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	flip(rig, 0, 1, surface);
	flip(rig, 0, 2, surface);
	rig_write(rig, PLANE_WM(0, 1, 0), PLANE_WM_ENABLE | 10);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), 0);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 2)), surface);
	CHECK_EQ(rig, display_stats(rig, 0).cancelled, 1);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 1);
	rig_write(rig, PLANE_SURF(0, 1), surface);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), surface);
}

static void test_the_last_of_two_flips_is_shown(struct rig *rig)
{
	uint32_t first = display_surface(rig, 1), second = display_surface(rig, 2);
	uint64_t start_ps = display_start(rig, 0);
	struct latches latches = { 0 };

	gen9_gpu_watch_latches(rig->gpu, note_latch, &latches);
	flip(rig, 0, 1, first);
	rig_write(rig, PLANE_SURF(0, 1), second);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	rig_write(rig, PLANE_SURF(0, 1), first);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	gen9_gpu_watch_latches(rig->gpu, NULL, NULL);
	rig_write(rig, PLANE_SURF(0, 1), second);
	display_sleep_until(rig, start_ps + 3 * MODE_FRAME_PS);
	CHECK_EQ(rig, latches.count, 2);
	CHECK_EQ(rig, latches.list[0].digest, display_digest(2));
	CHECK_EQ(rig, latches.list[0].frame, 1);
	CHECK_EQ(rig, latches.list[1].digest, display_digest(1));
	CHECK_EQ(rig, latches.list[1].frame, 2);
	CHECK_EQ(rig, display_stats(rig, 0).superseded, 1);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 3);
}

static void test_asynchronous_flip(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 3);
	uint64_t start_ps;

	display_unmask(rig, 0, DE_PIPE_FLIP_DONE(2));
	start_ps = display_start(rig, 0);
	display_plane(rig, 0, 2);
	rig_write(rig, PLANE_CTL(0, 2),
		  PLANE_CTL_ENABLE | PLANE_CTL_FORMAT_8888 | PLANE_CTL_ASYNC_FLIP);
	rig_write(rig, PLANE_SURF(0, 2), surface);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 2)), surface);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), DE_PIPE_FLIP_DONE(2));
	CHECK_EQ(rig, rig->msi_count, 1);
	CHECK_EQ(rig, display_latch(rig, 0, 2).async, true);
	CHECK_EQ(rig, display_latch(rig, 0, 2).frame, 0);
	CHECK_EQ(rig, display_latch(rig, 0, 2).digest, display_digest(3));
	CHECK(rig, rig_now(rig) < start_ps + MODE_ACTIVE_PS);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, display_stats(rig, 0).async_flips, 1);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 0);
}

static void test_a_pipe_that_is_off_takes_at_once(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 4);

	display_unmask(rig, 0, DE_PIPE_FLIP_DONE(1));
	flip(rig, 0, 1, surface);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), surface);
	CHECK_EQ(rig, rig_read(rig, PIPE_FLIPCOUNT(0)), 0);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), 0);
	CHECK_EQ(rig, display_latch(rig, 0, 1).bytes, 0); /* nothing is shown */
	display_start(rig, 0);
	CHECK_EQ(rig, display_latch(rig, 0, 1).digest, display_digest(4));
	CHECK_EQ(rig, display_latch(rig, 0, 1).frame, 0);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 0);
}

static void test_flip_while_the_pipe_stops(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	rig_write(rig, PIPECONF(0), 0);
	flip(rig, 0, 1, surface);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PIPECONF(0)), 0);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 1);
	flip(rig, 0, 1, 0);
	CHECK_EQ(rig, display_stats(rig, 0).flips, 1);
}

static void test_unmapped_surface(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps;

	display_unmask(rig, 0, DE_PIPE_PLANE_FAULT(1) | DE_PIPE_PLANE_FAULT(3));
	start_ps = display_start(rig, 0);
	rig_set_pte(rig, surface + 0x1000, 0);
	rig_set_pte(rig, surface + 0x3000, UINT64_C(0x3ffffff000) | GEN8_PTE_PRESENT);
	flip(rig, 0, 3, surface);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(0)), DE_PIPE_PLANE_FAULT(3));
	CHECK_EQ(rig, display_latch(rig, 0, 3).unmapped_pages, 2);
	CHECK_EQ(rig, display_stats(rig, 0).unmapped_pages, 2);
	/* 16 rows of 240 bytes start in each page. */
	CHECK_EQ(rig, display_latch(rig, 0, 3).bytes, DISPLAY_SURFACE_BYTES - 2 * 16 * 240);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG), 0); /* that is for engines */
}

static void test_surface_beyond_the_ggtt(struct rig *rig)
{
	uint64_t start_ps = display_start(rig, 0);

	flip(rig, 0, 1, 0xfffff000); /* its last page, then no GGTT any more */
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, display_latch(rig, 0, 1).unmapped_pages, 5);
	CHECK_EQ(rig, display_latch(rig, 0, 1).bytes, 0);
}

static void test_offset_into_the_surface(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);
	uint32_t expected[2][3];

	display_plane(rig, 0, 1);
	rig_write(rig, PLANE_OFFSET(0, 1), 40u << 16 | 9);
	rig_write(rig, PLANE_SIZE(0, 1), 1u << 16 | 2);
	rig_write(rig, PLANE_SURF(0, 1), surface);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	for (uint32_t y = 0; y < 2; y++)
		for (uint32_t x = 0; x < 3; x++)
			expected[y][x] = 1u << 24 | (40 + y) << 12 | (9 + x);
	CHECK_EQ(rig, display_latch(rig, 0, 1).bytes, sizeof(expected));
	CHECK_EQ(rig, display_latch(rig, 0, 1).digest,
		 gen9_digest_bytes(expected, sizeof(expected)));
}

static void test_formats_and_tilings(struct rig *rig)
{
	static const struct {
		uint32_t ctl;
		uint64_t bytes;
	} rows[] = {
		{PLANE_CTL_FORMAT_YUV422,                        60 * 10 * 2 },
		{ PLANE_CTL_FORMAT_NV12,                         60 * 10     },
		{ PLANE_CTL_FORMAT_2101010,                      60 * 10 * 4 },
		{ PLANE_CTL_FORMAT_16F,                          60 * 10 * 8 },
		{ PLANE_CTL_FORMAT_AYUV,                         60 * 10 * 4 },
		{ PLANE_CTL_FORMAT_INDEXED,                      60 * 10     },
		{ PLANE_CTL_FORMAT_565,                          60 * 10 * 2 },
		{ 3u << 24,				      0           },
 /* Lines 60 to 69, two tiles wide: tiles of 8, 32, 32, 64, 16 lines. */
		{ PLANE_CTL_FORMAT_8888 | PLANE_CTL_TILED_X,     2 * 2 * 4096},
		{ PLANE_CTL_FORMAT_8888 | PLANE_CTL_TILED_Y,     2 * 2 * 4096},
		{ PLANE_CTL_FORMAT_565 | PLANE_CTL_TILED_YF,     2 * 2 * 4096},
		{ PLANE_CTL_FORMAT_INDEXED | PLANE_CTL_TILED_YF, 2 * 2 * 4096},
		{ PLANE_CTL_FORMAT_16F | PLANE_CTL_TILED_YF,     2 * 2 * 4096},
		{ 3u << 24 | PLANE_CTL_TILED_X,                  0           },
	};
	uint32_t surface = rig_alloc(rig, 32);
	uint64_t start_ps = display_start(rig, 0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool tiled = rows[i].ctl & PLANE_CTL_TILED_MASK;

		display_plane(rig, 0, 1);
		rig_write(rig, PLANE_CTL(0, 1), PLANE_CTL_ENABLE | rows[i].ctl);
		rig_write(rig, PLANE_STRIDE(0, 1), tiled ? 2 : 8);
		rig_write(rig, PLANE_OFFSET(0, 1), 60u << 16);
		rig_write(rig, PLANE_SIZE(0, 1), 9u << 16 | 59);
		rig_write(rig, PLANE_SURF(0, 1), surface);
		display_sleep_until(rig, start_ps + (i + 1) * MODE_FRAME_PS);
		CHECK_EQ(rig, display_latch(rig, 0, 1).bytes, rows[i].bytes);
		CHECK_EQ(rig, display_latch(rig, 0, 1).unmapped_pages, 0);
	}
}

static void test_cursor(struct rig *rig)
{
	uint32_t image = rig_alloc(rig, 4);
	uint64_t start_ps;

	display_unmask(rig, 2, DE_PIPE_CURSOR_FAULT);
	start_ps = display_start(rig, 2);
	rig_write(rig, CURCNTR(2), CUR_MODE_64_ARGB);
	rig_write(rig, CURPOS(2), 20u << 16 | 30);
	rig_write(rig, CURBASE(2), image);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, CURSURFLIVE(2)), image);
	CHECK_EQ(rig, display_stats(rig, 2).cursor_updates, 1);
	CHECK_EQ(rig, display_stats(rig, 2).flips, 0);
	CHECK_EQ(rig, rig_read(rig, PIPE_FLIPCOUNT(2)), 0);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).bytes, 64 * 64 * 4);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).window_x, 30);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).window_y, 20);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).window_width, 64);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(2)), 0);
	rig_write(rig, CURCNTR(2), CUR_MODE_128_ARGB);
	rig_write(rig, CURPOS(2), 0x8005u << 16 | 0x8003u);
	rig_write(rig, CURBASE(2), image);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).unmapped_pages, 12);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).window_x, 0);
	CHECK_EQ(rig, rig_read(rig, DE_PIPE_IIR(2)), DE_PIPE_CURSOR_FAULT);
	rig_write(rig, CURCNTR(2), 0);
	rig_write(rig, CURBASE(2), 0);
	display_sleep_until(rig, start_ps + 3 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_latch(rig, 2, GEN9_CURSOR).enabled, false);
}

static void scale(struct rig *rig, unsigned pipe, unsigned scaler, unsigned plane)
{
	rig_write(rig, PS_CTRL(pipe, scaler), PS_CTRL_ENABLE | PS_CTRL_PLANE(plane));
	rig_write(rig, PS_WIN_POS(pipe, scaler), 3u << 16 | 4);
	rig_write(rig, PS_WIN_SZ(pipe, scaler), 50u << 16 | 70);
}

static void test_scaler_places_the_plane(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	scale(rig, 0, 1, 2);
	flip(rig, 0, 2, surface);
	flip(rig, 0, 1, surface);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, (uint64_t)display_latch(rig, 0, 2).scaler, 1);
	CHECK_EQ(rig, display_latch(rig, 0, 2).window_x, 3);
	CHECK_EQ(rig, display_latch(rig, 0, 2).window_y, 4);
	CHECK_EQ(rig, display_latch(rig, 0, 2).window_width, 50);
	CHECK_EQ(rig, display_latch(rig, 0, 2).window_height, 70);
	CHECK_EQ(rig, display_latch(rig, 0, 1).scaler == -1, true);
	rig_write(rig, PS_CTRL(0, 1), 0); /* not armed: PS_WIN_SZ does that */
	rig_write(rig, PLANE_SURF(0, 2), surface);
	display_sleep_until(rig, start_ps + 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, (uint64_t)display_latch(rig, 0, 2).scaler, 1);
	rig_write(rig, PS_WIN_SZ(0, 1), 0);
	rig_write(rig, PLANE_SURF(0, 2), surface);
	display_sleep_until(rig, start_ps + 3 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_latch(rig, 0, 2).scaler == -1, true);
	CHECK_EQ(rig, display_latch(rig, 0, 2).window_width, MODE_WIDTH);
}

static void test_pipe_c_has_one_scaler(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);

	scale(rig, 2, 1, 1);
	flip(rig, 2, 1, surface);
	display_start(rig, 2);
	CHECK_EQ(rig, display_latch(rig, 2, 1).scaler == -1, true);
	scale(rig, 2, 0, 1);
	rig_sleep(rig, MODE_FRAME_PS);
	rig_write(rig, PLANE_SURF(2, 1), surface);
	rig_sleep(rig, MODE_FRAME_PS);
	CHECK_EQ(rig, (uint64_t)display_latch(rig, 2, 1).scaler, 0);
}

static void put_buffer(struct rig *rig, unsigned pipe, unsigned plane, uint32_t surface,
		       uint32_t first, uint32_t last)
{
	display_plane(rig, pipe, plane);
	rig_write(rig, PLANE_BUF_CFG(pipe, plane), last << 16 | first);
	rig_write(rig, PLANE_SURF(pipe, plane), surface);
}

static void test_display_buffer_overlaps(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);

	display_start(rig, 0);
	display_start(rig, 1);
	put_buffer(rig, 0, 1, surface, 0, 399);
	put_buffer(rig, 1, 1, surface, 400, 799);
	put_buffer(rig, 2, 1, surface, 0, 895); /* of a pipe that is off */
	rig_sleep(rig, 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_stats(rig, 0).buffer_overlaps, 0);
	CHECK_EQ(rig, display_stats(rig, 1).buffer_overlaps, 0);
	put_buffer(rig, 0, 2, surface, 350, 400);
	rig_sleep(rig, 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_stats(rig, 0).buffer_overlaps, 1);
	rig_write(rig, PLANE_CTL(0, 2), 0);
	rig_write(rig, PLANE_SURF(0, 2), 0);
	rig_sleep(rig, 2 * MODE_FRAME_PS);
	put_buffer(rig, 0, 1, surface, 0, 398);
	rig_sleep(rig, 2 * MODE_FRAME_PS);
	CHECK_EQ(rig, display_stats(rig, 0).buffer_overlaps, 1);
}

static void test_live_surface_is_read_only(struct rig *rig)
{
	rig_write(rig, PLANE_SURFLIVE(0, 1), 0x1000);
	rig_write(rig, PIPE_FLIPCOUNT(0), 5);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), 0);
	CHECK_EQ(rig, rig_read(rig, PIPE_FLIPCOUNT(0)), 0);
}

static void test_display_survives_a_reset_of_the_engines(struct rig *rig)
{
	uint32_t surface = display_surface(rig, 1);
	uint64_t start_ps = display_start(rig, 0);

	flip(rig, 0, 1, surface);
	rig_write(rig, GDRST, GDRST_FULL);
	display_sleep_until(rig, start_ps + MODE_FRAME_PS);
	CHECK_EQ(rig, rig_read(rig, PLANE_SURFLIVE(0, 1)), surface);
}

/* The digest by itself: pieces do not matter, anything else does. */
static void test_digest(struct rig *rig)
{
	uint8_t bytes[64];
	struct gen9_digest digest;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37u);
	for (size_t first = 0; first <= sizeof(bytes); first++) {
		for (size_t second = first; second <= sizeof(bytes); second++) {
			gen9_digest_init(&digest);
			gen9_digest_add(&digest, bytes, first);
			gen9_digest_add(&digest, bytes + first, second - first);
			gen9_digest_add(&digest, bytes + second, sizeof(bytes) - second);
			CHECK_EQ(rig, gen9_digest_value(&digest),
				 gen9_digest_bytes(bytes, sizeof(bytes)));
		}
	}
	CHECK_EQ(rig, gen9_digest_bytes(bytes, 29), UINT64_C(0x66d5badb1171f114));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		uint64_t before = gen9_digest_bytes(bytes, sizeof(bytes));

		CHECK(rig, gen9_digest_bytes(bytes, i) != gen9_digest_bytes(bytes, i + 1));
		bytes[i] ^= 0x80;
		CHECK(rig, gen9_digest_bytes(bytes, sizeof(bytes)) != before);
	}
	memset(bytes, 0, sizeof(bytes));
	CHECK(rig, gen9_digest_bytes(bytes, 3) != gen9_digest_bytes(bytes, 4));
}

#define TESTS(T)                                                                                   \
	T(test_flip_is_taken_at_the_vertical_blank)                                                \
	T(test_flip_at_the_instant_of_the_vertical_blank)                                          \
	T(test_digest_is_of_the_latch)                                                             \
	T(test_flip_done_events)                                                                   \
	T(test_registers_without_the_surface_wait)                                                 \
	T(test_a_write_to_an_armed_plane_cancels)                                                  \
	T(test_the_last_of_two_flips_is_shown)                                                     \
	T(test_asynchronous_flip)                                                                  \
	T(test_a_pipe_that_is_off_takes_at_once)                                                   \
	T(test_flip_while_the_pipe_stops)                                                          \
	T(test_unmapped_surface)                                                                   \
	T(test_surface_beyond_the_ggtt)                                                            \
	T(test_offset_into_the_surface)                                                            \
	T(test_formats_and_tilings)                                                                \
	T(test_cursor)                                                                             \
	T(test_scaler_places_the_plane)                                                            \
	T(test_pipe_c_has_one_scaler)                                                              \
	T(test_display_buffer_overlaps)                                                            \
	T(test_live_surface_is_read_only)                                                          \
	T(test_display_survives_a_reset_of_the_engines)                                            \
	T(test_digest)

RIG_TEST_MAIN(TESTS)
