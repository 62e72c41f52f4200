// SPDX-License-Identifier: MIT
/*
 * The blitter: fills and copies of rectangles of linear pixels.
 *
 * A rectangle is worked on row by row, from the top; a row is read as a whole before it is written.
 * That is what an overlapping copy shows. Coordinates and pitches are signed 16-bit numbers. Depths
 * are 8, 16 and 32 bits a pixel, for the fast copy 64 and 128 as well. Raster operations are
 * pattern copy (fill) and source copy; other ones, and tiled surfaces, are not modelled and hang
 * the engine.
 *
 * Operands are in the address space of the stream that the command is in (assumed).
 *
 * Source: Linux 4.19 intel_gpu_commands.h, IGT lib/intel_batchbuffer.c.
 */
#include <string.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_commands.h"

#define WRITE_ALPHA     (1u << 21)
#define WRITE_RGB       (1u << 20)
#define TILED           (1u << 11 | 1u << 15)
#define FAST_TILING     (3u << 20 | 3u << 13)
#define DEPTH(dw1)      ((dw1) >> 24 & 3u)
#define FAST_DEPTH(dw1) ((dw1) >> 24 & 7u)
#define ROP(dw1)        ((dw1)&0xff0000u)
#define ADDRESS_MASK    ((UINT64_C(1) << 48) - 1u)
#define RGB_BYTES       0x7u
#define ALPHA_BYTE      0x8u

struct surface {
	uint64_t base;
	int32_t pitch_bytes;
	int32_t x, y; /* upper left corner */
};

struct blit {
	struct surface dst, src;
	int32_t width, height;
	unsigned pixel_bytes;
	unsigned keep_bytes; /* 32-bit pixels: these bytes of each in the destination stay */
	bool is_copy;
	uint32_t colour;
};

static int32_t coordinate_x(uint32_t dw)
{
	return (int16_t)(dw & 0xffffu);
}

static int32_t coordinate_y(uint32_t dw)
{
	return (int16_t)(dw >> 16);
}

static uint64_t row_address(const struct blit *blit, const struct surface *surface, int32_t row)
{
	int64_t offset = (int64_t)(surface->y + row) * surface->pitch_bytes +
			 (int64_t)surface->x * blit->pixel_bytes;

	return (surface->base + (uint64_t)offset) & ADDRESS_MASK;
}

static void fill_row(const struct blit *blit, uint8_t *row)
{
	for (int32_t i = 0; i < blit->width; i++)
		memcpy(row + (size_t)i * blit->pixel_bytes, &blit->colour, blit->pixel_bytes);
}

static int blit_row(struct gen9_engine *engine, const struct blit *blit, enum gen9_space space,
		    int32_t number)
{
	size_t bytes = (size_t)blit->width * blit->pixel_bytes;
	uint64_t gma = row_address(blit, &blit->dst, number);
	int rc = 0;

	if (blit->is_copy)
		rc = gen9_engine_read(engine, space, row_address(blit, &blit->src, number),
				      engine->blt_row, bytes);
	if (rc)
		return rc;
	return gen9_command_write(engine, space, gma, engine->blt_row, bytes, blit->keep_bytes);
}

/* Time is a function of the bytes done so far, so that rounding does not add up over rows. */
static int run_blit(struct gen9_engine *engine, const struct blit *blit)
{
	uint64_t per_kib_ps = gen9_param(engine, HW_BLT_PS_PER_KIB);
	uint64_t row_bytes, spent_ps = 0;
	enum gen9_space space;
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_BLT_SETUP));

	(void)gen9_operand_space(engine, false, &space);
	if (blit->width <= 0 || blit->height <= 0)
		return rc;
	row_bytes = (uint64_t)blit->width * blit->pixel_bytes;
	if (!blit->is_copy)
		fill_row(blit, engine->blt_row);
	for (int32_t row = 0; !rc && row < blit->height; row++) {
		uint64_t until_ps = ((uint64_t)row + 1u) * row_bytes * per_kib_ps / 1024u;

		rc = gen9_engine_spend(engine, until_ps - spent_ps);
		spent_ps = until_ps;
		if (!rc)
			rc = gen9_engine_sync(engine);
		if (!rc)
			rc = blit_row(engine, blit, space, row);
	}
	return rc;
}

static void decode_destination(struct blit *blit, const uint32_t *dw)
{
	blit->dst = (struct surface){
		.base = gen9_address(dw[4], dw[5], 1),
		.pitch_bytes = (int16_t)(dw[1] & 0xffffu),
		.x = coordinate_x(dw[2]),
		.y = coordinate_y(dw[2]),
	};
	blit->width = coordinate_x(dw[3]) - blit->dst.x;
	blit->height = coordinate_y(dw[3]) - blit->dst.y;
}

static void decode_source(struct blit *blit, const uint32_t *dw)
{
	blit->is_copy = true;
	blit->src = (struct surface){
		.base = gen9_address(dw[8], dw[9], 1),
		.pitch_bytes = (int16_t)(dw[7] & 0xffffu),
		.x = coordinate_x(dw[6]),
		.y = coordinate_y(dw[6]),
	};
}

/* Depth and byte enables of XY_COLOR_BLT and XY_SRC_COPY_BLT. */
static void decode_pixels(struct blit *blit, const uint32_t *dw)
{
	static const uint8_t pixel_bytes[4] = { 1, 2, 2, 4 };

	blit->pixel_bytes = pixel_bytes[DEPTH(dw[1])];
	if (blit->pixel_bytes == 4) {
		blit->keep_bytes |= dw[0] & WRITE_ALPHA ? 0 : ALPHA_BYTE;
		blit->keep_bytes |= dw[0] & WRITE_RGB ? 0 : RGB_BYTES;
	}
}

static int xy_color_blt(struct gen9_engine *engine, const uint32_t *dw)
{
	struct blit blit = { .colour = dw[6] };

	if ((dw[0] & TILED) || ROP(dw[1]) != XY_BLT_ROP_PATTERN_COPY)
		return gen9_engine_hang(engine, engine->command_address);
	decode_pixels(&blit, dw);
	decode_destination(&blit, dw);
	return run_blit(engine, &blit);
}

static int xy_src_copy_blt(struct gen9_engine *engine, const uint32_t *dw)
{
	struct blit blit = { 0 };

	if ((dw[0] & TILED) || ROP(dw[1]) != XY_BLT_ROP_SOURCE_COPY)
		return gen9_engine_hang(engine, engine->command_address);
	decode_pixels(&blit, dw);
	decode_destination(&blit, dw);
	decode_source(&blit, dw);
	return run_blit(engine, &blit);
}

static int xy_fast_copy_blt(struct gen9_engine *engine, const uint32_t *dw)
{
	/* Depth code to bytes; 0: reserved. */
	static const uint8_t pixel_bytes[8] = { 1, 2, 0, 4, 8, 16, 0, 0 };
	struct blit blit = { .pixel_bytes = pixel_bytes[FAST_DEPTH(dw[1])] };

	if ((dw[0] & FAST_TILING) || !blit.pixel_bytes)
		return gen9_engine_hang(engine, engine->command_address);
	decode_destination(&blit, dw);
	decode_source(&blit, dw);
	return run_blit(engine, &blit);
}

const struct gen9_command_info gen9_blt_commands[128] = {
	[0x42] = {"XY_FAST_COPY_BLT", ON_BCS, 10, 10, xy_fast_copy_blt},
	[0x50] = { "XY_COLOR_BLT",    ON_BCS, 7,  7,  xy_color_blt    },
	[0x53] = { "XY_SRC_COPY_BLT", ON_BCS, 10, 10, xy_src_copy_blt },
};
