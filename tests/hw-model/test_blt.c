// SPDX-License-Identifier: MIT
/* Blits against a reference that works byte by byte on a copy of memory. */
#include <stdlib.h>
#include <string.h>

#include "tests/hw-model/rig.h"

#define PAGES 8u
#define BYTES (PAGES * 4096u)

#define AT(x, y)    ((uint32_t)(uint16_t)(y) << 16 | (uint16_t)(x))
#define DEPTH(code) ((uint32_t)(code) << 24)

/* Memory of a test: pages in the GGTT, and what they should hold. */
struct canvas {
	struct rig *rig;
	uint32_t gma;
	uint8_t expected[BYTES];
};

static void canvas_init(struct canvas *canvas, struct rig *rig)
{
	canvas->rig = rig;
	canvas->gma = rig_alloc(rig, PAGES);
	for (uint32_t i = 0; i < BYTES; i++) {
		canvas->expected[i] = (uint8_t)(i * 7u + (i >> 8));
		*rig_at(rig, canvas->gma + i) = canvas->expected[i];
	}
}

static void canvas_check(struct canvas *canvas)
{
	for (uint32_t page = 0; page < PAGES; page++)
		for (uint32_t i = 0; i < 4096; i++) {
			uint32_t at = page * 4096 + i;
			uint8_t found = rig_at(canvas->rig, canvas->gma + page * 4096)[i];

			if (found != canvas->expected[at])
				print_error("at byte 0x%x of the canvas\n", at);
			CHECK_EQ(canvas->rig, found, canvas->expected[at]);
		}
}

static void expect_fill(struct canvas *canvas, uint32_t base, int pitch, int x1, int y1, int x2,
			int y2, unsigned pixel_bytes, uint32_t colour)
{
	for (int y = y1; y < y2; y++)
		for (int x = x1; x < x2; x++)
			memcpy(&canvas->expected[(int)base + y * pitch + x * (int)pixel_bytes],
			       &colour, pixel_bytes);
}

/* Row by row, each as a whole. */
static void expect_copy(struct canvas *canvas, uint32_t dst, int dst_pitch, int dx, int dy,
			uint32_t src, int src_pitch, int sx, int sy, int width, int height,
			unsigned pixel_bytes)
{
	for (int y = 0; y < height; y++)
		memmove(&canvas->expected[(int)dst + (dy + y) * dst_pitch + dx * (int)pixel_bytes],
			&canvas->expected[(int)src + (sy + y) * src_pitch + sx * (int)pixel_bytes],
			(size_t)width * pixel_bytes);
}

static void run_dwords(struct rig *rig, const uint32_t *dwords, size_t count)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_emit_dwords(&ctx, dwords, count);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
}
#define run(rig, ...)                                                                              \
	run_dwords((rig), (const uint32_t[]){ __VA_ARGS__ },                                       \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void hang_dwords(struct rig *rig, const uint32_t *dwords, size_t count)
{
	uint64_t hangs = rig_stats(rig, GEN9_BCS0).hangs;
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_emit_dwords(&ctx, dwords, count);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, hangs + 1);
	rig_write(rig, GDRST, GDRST_FULL);
	rig_write_engine(rig, GEN9_BCS0, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_write_engine(rig, GEN9_BCS0, RING_HWS_PGA, rig->hwsp[GEN9_BCS0]);
}
#define expect_hang(rig, ...)                                                                      \
	hang_dwords((rig), (const uint32_t[]){ __VA_ARGS__ },                                      \
		    sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void test_fill(struct rig *rig)
{
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	/* A part of a surface of 100 pixels a row that starts in the middle of a page. */
	run(rig, XY_COLOR_BLT | XY_BLT_WRITE_RGBA, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 400,
	    AT(3, 2), AT(90, 40), canvas->gma + 0x234, 0, 0x12345678);
	expect_fill(canvas, 0x234, 400, 3, 2, 90, 40, 4, 0x12345678);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).bytes_written, 87 * 38 * 4);
	run(rig, XY_COLOR_BLT, DEPTH(0) | XY_BLT_ROP_PATTERN_COPY | 100, AT(1, 0), AT(64, 5),
	    canvas->gma + 0x5003, 0, 0xfe); /* 8 bits */
	expect_fill(canvas, 0x5003, 100, 1, 0, 64, 5, 1, 0xfe);
	run(rig, XY_COLOR_BLT, DEPTH(1) | XY_BLT_ROP_PATTERN_COPY | 300, AT(0, 1), AT(64, 3),
	    canvas->gma + 0x6002, 0, 0xabcd); /* 565 */
	expect_fill(canvas, 0x6002, 300, 0, 1, 64, 3, 2, 0xabcd);
	run(rig, XY_COLOR_BLT, DEPTH(2) | XY_BLT_ROP_PATTERN_COPY | 300, AT(0, 4), AT(1, 5),
	    canvas->gma + 0x6002, 0, 0x1122); /* 1555 */
	expect_fill(canvas, 0x6002, 300, 0, 4, 1, 5, 2, 0x1122);
	canvas_check(canvas);
	free(canvas);
}

static void test_byte_enables(struct rig *rig)
{
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	run(rig, XY_COLOR_BLT | 1u << 20, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 0),
	    AT(8, 2), canvas->gma, 0, 0x12345678); /* colour only */
	run(rig, XY_COLOR_BLT | 1u << 21, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 4),
	    AT(8, 6), canvas->gma, 0, 0x12345678); /* alpha only */
	run(rig, XY_COLOR_BLT, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 8), AT(8, 9),
	    canvas->gma, 0, 0x12345678); /* neither */
	/* Pixels that lie across the end of a page; what is counted is what was written. */
	run(rig, XY_COLOR_BLT | 1u << 20, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 0),
	    AT(8, 1), canvas->gma + 4096 - 10, 0, 0x12345678);
	run(rig, XY_COLOR_BLT | 1u << 21, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 0),
	    AT(8, 1), canvas->gma + 8192 - 9, 0, 0x12345678);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).bytes_written, (16 + 8) * 3 + (16 + 8));
	for (int x = 0; x < 8; x++) {
		memcpy(&canvas->expected[4096 - 10 + x * 4], "\x78\x56\x34", 3);
		canvas->expected[8192 - 9 + x * 4 + 3] = 0x12;
	}
	for (int y = 0; y < 2; y++)
		for (int x = 0; x < 8; x++) {
			memcpy(&canvas->expected[y * 64 + x * 4], "\x78\x56\x34", 3);
			canvas->expected[(y + 4) * 64 + x * 4 + 3] = 0x12;
		}
	canvas_check(canvas);
	free(canvas);
}

static void test_copy(struct rig *rig)
{
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	run(rig, XY_SRC_COPY_BLT | XY_BLT_WRITE_RGBA,
	    XY_BLT_DEPTH_32 | XY_BLT_ROP_SOURCE_COPY | 256, AT(5, 3), AT(5 + 20, 3 + 30),
	    canvas->gma + 0x100, 0, AT(7, 1), 512, canvas->gma + 0x3ffc, 0);
	expect_copy(canvas, 0x100, 256, 5, 3, 0x3ffc, 512, 7, 1, 20, 30, 4);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).bytes_written, 20 * 30 * 4);
	canvas_check(canvas);
	free(canvas);
}

static void test_fast_copy_of_every_depth(struct rig *rig)
{
	static const struct {
		uint32_t code;
		unsigned pixel_bytes;
	} depths[] = {
		{0,  1 },
                { 1, 2 },
                { 3, 4 },
                { 4, 8 },
                { 5, 16}
	};
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		uint32_t to = (uint32_t)i * 0x600u;

		run(rig, XY_FAST_COPY_BLT, DEPTH(depths[i].code) | 160, AT(1, 1), AT(9, 4),
		    canvas->gma + to, 0, AT(0, 2), 192, canvas->gma + 0x4000, 0);
		expect_copy(canvas, to, 160, 1, 1, 0x4000, 192, 0, 2, 8, 3, depths[i].pixel_bytes);
	}
	canvas_check(canvas);
	free(canvas);
}

static void test_overlapping_copies(struct rig *rig)
{
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	/* Within its rows to the right: as if through a buffer. One row down: the first repeats. */
	run(rig, XY_FAST_COPY_BLT, XY_FAST_BLT_DEPTH_32 | 256, AT(3, 0), AT(35, 8), canvas->gma, 0,
	    AT(0, 0), 256, canvas->gma, 0);
	expect_copy(canvas, 0, 256, 3, 0, 0, 256, 0, 0, 32, 8, 4);
	run(rig, XY_FAST_COPY_BLT, XY_FAST_BLT_DEPTH_32 | 256, AT(0, 1), AT(32, 6),
	    canvas->gma + 0x2000, 0, AT(0, 0), 256, canvas->gma + 0x2000, 0);
	for (int y = 1; y < 6; y++)
		memcpy(&canvas->expected[0x2000 + y * 256], &canvas->expected[0x2000], 128);
	canvas_check(canvas);
	free(canvas);
}

static void test_negative_pitch_and_coordinates(struct rig *rig)
{
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	/* Upside down: the source's rows go back from its base. */
	run(rig, XY_FAST_COPY_BLT, XY_FAST_BLT_DEPTH_32 | 256, AT(0, 0), AT(16, 4), canvas->gma, 0,
	    AT(0, 0), (uint16_t)-256, canvas->gma + 0x4000, 0);
	expect_copy(canvas, 0, 256, 0, 0, 0x4000, -256, 0, 0, 16, 4, 4);
	run(rig, XY_FAST_COPY_BLT, XY_FAST_BLT_DEPTH_32 | 256, AT(-4, -2), AT(4, 1),
	    canvas->gma + 0x2000, 0, AT(0, 0), 256, canvas->gma + 0x5000, 0);
	expect_copy(canvas, 0x2000, 256, -4, -2, 0x5000, 256, 0, 0, 8, 3, 4);
	canvas_check(canvas);
	free(canvas);
}

static void test_empty_rectangles(struct rig *rig)
{
	struct canvas *canvas = malloc(sizeof(*canvas));

	canvas_init(canvas, rig);
	run(rig, XY_COLOR_BLT | XY_BLT_WRITE_RGBA, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 256,
	    AT(5, 0), AT(5, 9), canvas->gma, 0, 1, MI_NOOP);
	run(rig, XY_COLOR_BLT | XY_BLT_WRITE_RGBA, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 256,
	    AT(0, 9), AT(5, 3), canvas->gma, 0, 1, MI_NOOP);
	run(rig, XY_COLOR_BLT | XY_BLT_WRITE_RGBA, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 256,
	    AT(9, 0), AT(5, 3), canvas->gma, 0, 1, MI_NOOP);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).bytes_written, 0);
	canvas_check(canvas);
	free(canvas);
}

static void test_time_of_a_blit(struct rig *rig)
{
	uint32_t gma = rig_alloc(rig, 3);
	uint64_t empty_ps, before_ps;

	run(rig, MI_NOOP, MI_NOOP);
	before_ps = rig_stats(rig, GEN9_BCS0).busy_ps;
	empty_ps = before_ps;
	/* 33 rows of 60 bytes: 1980 bytes at 97 ns a KiB, rounded once, not 33 times. */
	run(rig, XY_COLOR_BLT | XY_BLT_WRITE_RGBA, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 256,
	    AT(0, 0), AT(15, 33), gma, 0, 1, MI_NOOP);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).busy_ps - before_ps - empty_ps,
		 500000 + 1980 * 97000 / 1024);
}

static void test_rows_appear_one_by_one(struct rig *rig)
{
	uint32_t gma = rig_alloc(rig, 4);
	struct rig_context ctx;
	unsigned partly = 0;

	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_emit(&ctx, XY_COLOR_BLT | XY_BLT_WRITE_RGBA,
		 XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 4096, AT(0, 0), AT(1024, 4), gma, 0,
		 0x77777777, MI_NOOP);
	rig_submit(&ctx, NULL);
	while (rig_load(rig, gma + 3 * 4096) == 0) {
		uint32_t first = rig_load(rig, gma);

		partly += first && !rig_load(rig, gma + 2 * 4096);
		/* A row is there as a whole or not at all. */
		CHECK_EQ(rig, rig_load(rig, gma + 4092), rig_load(rig, gma) ? 0x77777777 : 0);
		rig_sleep(rig, 50 * PS_PER_NS);
	}
	CHECK(rig, partly > 0);
}

static void test_what_is_not_modelled_hangs(struct rig *rig)
{
	uint32_t gma = rig_alloc(rig, 1);

	expect_hang(rig, XY_COLOR_BLT | 1u << 11, XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64,
		    AT(0, 0), AT(1, 1), gma, 0, 1); /* tiled */
	expect_hang(rig, XY_COLOR_BLT, XY_BLT_DEPTH_32 | 0x5au << 16 | 64, AT(0, 0), AT(1, 1), gma,
		    0, 1); /* raster operation */
	expect_hang(rig, XY_SRC_COPY_BLT | 1u << 15, XY_BLT_ROP_SOURCE_COPY | 64, AT(0, 0),
		    AT(1, 1), gma, 0, 0, 64, gma, 0);
	expect_hang(rig, XY_SRC_COPY_BLT, XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 0), AT(1, 1), gma, 0,
		    0, 64, gma, 0);
	expect_hang(rig, XY_FAST_COPY_BLT | 1u << 20, 64, AT(0, 0), AT(1, 1), gma, 0, 0, 64, gma,
		    0);
	expect_hang(rig, XY_FAST_COPY_BLT | 2u << 13, 64, AT(0, 0), AT(1, 1), gma, 0, 0, 64, gma,
		    0);
	expect_hang(rig, XY_FAST_COPY_BLT, DEPTH(2) | 64, AT(0, 0), AT(1, 1), gma, 0, 0, 64, gma,
		    0);
	expect_hang(rig, XY_COLOR_BLT + 1, XY_BLT_ROP_PATTERN_COPY | 64, AT(0, 0), AT(1, 1), gma, 0,
		    1, 0); /* length */
	CHECK_EQ(rig, rig_load(rig, gma), 0);
}

static void test_blit_off_the_surface_faults(struct rig *rig)
{
	uint32_t gma = rig_alloc(rig, 1); /* the next page is a hole */

	expect_hang(rig, XY_COLOR_BLT | XY_BLT_WRITE_RGBA,
		    XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 1024, AT(0, 0), AT(4, 5), gma, 0,
		    0x99);
	CHECK_EQ(rig, rig_load(rig, gma + 3 * 1024), 0x99); /* rows before it were done */
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), (gma >> 12) + 1);
}

#define TESTS(T)                                                                                   \
	T(test_fill)                                                                               \
	T(test_byte_enables)                                                                       \
	T(test_copy)                                                                               \
	T(test_fast_copy_of_every_depth)                                                           \
	T(test_overlapping_copies)                                                                 \
	T(test_negative_pitch_and_coordinates)                                                     \
	T(test_empty_rectangles)                                                                   \
	T(test_time_of_a_blit)                                                                     \
	T(test_rows_appear_one_by_one)                                                             \
	T(test_what_is_not_modelled_hangs)                                                         \
	T(test_blit_off_the_surface_faults)

RIG_TEST_MAIN(TESTS)
