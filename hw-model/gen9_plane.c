// SPDX-License-Identifier: MIT
/*
 * Planes, cursor and scalers: double-buffered registers, and what latching them shows.
 *
 * The registers of a plane lie in a block of 0x100 bytes, those of the cursor in the block before
 * plane 1's, with the watermarks, the buffer allocation and the live surface at the same places. A
 * write to PLANE_SURF or CURBASE arms the block: all of it is taken at the next vertical blank, or
 * at once when the pipe is off, or when PLANE_CTL asks for an asynchronous flip. A write to any
 * other register of an armed block disarms it: on Gen9 that cancels the pending update (Linux 5.0,
 * "drm/i915: Move ddb/wm programming into plane update/disable hooks on skl+"). PS_WIN_SZ arms a
 * scaler, and nothing disarms it.
 *
 * An asynchronous flip takes the whole block, where hardware would take the surface alone (assumed
 * to make no difference: drivers change nothing else with it).
 *
 * Source: Linux 4.19 i915_reg.h, intel_sprite.c, intel_display.c.
 */
#include <string.h>

#include "hw-model/gen9_private.h"

#define BLOCK_BYTES      (GEN9_BLOCK_DWORDS * 4u)
#define PLANE_BLOCKS     0x80u /* of a pipe, from the cursor's on */
#define PLANE_BLOCKS_END (PLANE_BLOCKS + GEN9_PIPE_PLANES * BLOCK_BYTES)
#define SCALER_BLOCKS    0x68100u /* of pipe A */
#define SCALER_STRIDE    0x800u   /* to the next pipe's */

/* Places in a block. */
#define AT(offset)        (((offset)-PLANE_CTL(0u, 1u)) / 4u)
#define AT_CTL            AT(PLANE_CTL(0u, 1u))
#define AT_STRIDE         AT(PLANE_STRIDE(0u, 1u))
#define AT_POS            AT(PLANE_POS(0u, 1u))
#define AT_SIZE           AT(PLANE_SIZE(0u, 1u))
#define AT_SURF           AT(PLANE_SURF(0u, 1u))
#define AT_OFFSET         AT(PLANE_OFFSET(0u, 1u))
#define AT_SURFLIVE       AT(PLANE_SURFLIVE(0u, 1u))
#define AT_BUF_CFG        AT(PLANE_BUF_CFG(0u, 1u))
#define AT_CURBASE        ((CURBASE(0u) - CURCNTR(0u)) / 4u)
#define AT_CURPOS         ((CURPOS(0u) - CURCNTR(0u)) / 4u)
#define AT_SCALER(offset) (((offset)-SCALER_BLOCKS) / 4u)
#define AT_PS_CTRL        AT_SCALER(PS_CTRL(0u, 0u))
#define AT_PS_WIN_POS     AT_SCALER(PS_WIN_POS(0u, 0u))
#define AT_PS_WIN_SZ      AT_SCALER(PS_WIN_SZ(0u, 0u))

_Static_assert(AT_SURFLIVE == (CURSURFLIVE(0u) - CURCNTR(0u)) / 4u, "the cursor's block differs");
_Static_assert(AT_BUF_CFG == (CUR_BUF_CFG(0u) - CURCNTR(0u)) / 4u, "the cursor's block differs");
_Static_assert(PLANE_CTL(0u, 1u) - CURCNTR(0u) == BLOCK_BYTES, "the cursor's block is elsewhere");

static uint32_t plane_block(const struct gen9_pipe *pipe, unsigned plane)
{
	return CURCNTR(pipe->id) + BLOCK_BYTES * plane;
}

static uint32_t scaler_block(const struct gen9_pipe *pipe, unsigned scaler)
{
	return SCALER_BLOCKS + SCALER_STRIDE * pipe->id + BLOCK_BYTES * scaler;
}

static bool is_scaler(uint32_t offset)
{
	return offset >= SCALER_BLOCKS && offset < SCALER_BLOCKS + SCALER_STRIDE * GEN9_PIPE_COUNT;
}

bool gen9_plane_has(uint32_t offset)
{
	uint32_t in_pipe = offset % GEN9_PIPE_STRIDE;

	if (is_scaler(offset))
		return true;
	return offset >= PIPEDSL(0u) && offset < PIPEDSL(GEN9_PIPE_COUNT) &&
	       in_pipe >= PLANE_BLOCKS && in_pipe < PLANE_BLOCKS_END;
}

static bool is_enabled(const struct gen9_pipe *pipe, unsigned plane)
{
	uint32_t ctl = pipe->planes[plane].live[AT_CTL];

	return plane == GEN9_CURSOR ? ctl & CUR_MODE_MASK : ctl & PLANE_CTL_ENABLE;
}

/* ---- showing ---- */

/* Where the plane is on the screen: as its scaler says, or its own position and size. */
static void place(const struct gen9_pipe *pipe, struct gen9_latch *latch)
{
	const uint32_t *live = pipe->planes[latch->plane].live;

	latch->scaler = -1;
	latch->window_x = live[AT_POS] & 0x1fffu;
	latch->window_y = live[AT_POS] >> 16 & 0x1fffu;
	latch->window_width = (live[AT_SIZE] & 0x1fffu) + 1u;
	latch->window_height = (live[AT_SIZE] >> 16 & 0x1fffu) + 1u;
	for (unsigned i = 0; i < gen9_pipe_scalers(pipe->id); i++) {
		const uint32_t *scaler = pipe->scalers[i].live;

		if (!(scaler[AT_PS_CTRL] & PS_CTRL_ENABLE) ||
		    (scaler[AT_PS_CTRL] & PS_CTRL_PLANE_MASK) != PS_CTRL_PLANE(latch->plane))
			continue;
		latch->scaler = (int)i;
		latch->window_x = scaler[AT_PS_WIN_POS] >> 16;
		latch->window_y = scaler[AT_PS_WIN_POS] & 0xffffu;
		latch->window_width = scaler[AT_PS_WIN_SZ] >> 16;
		latch->window_height = scaler[AT_PS_WIN_SZ] & 0xffffu;
	}
}

/* Positions of the cursor have a sign and a magnitude; left of or above the screen is 0 here. */
static uint32_t cursor_coordinate(uint32_t half)
{
	return half & 0x8000u ? 0 : half & 0x1fffu;
}

static void describe(const struct gen9_pipe *pipe, unsigned plane, struct gen9_latch *latch)
{
	const uint32_t *live = pipe->planes[plane].live;

	latch->ctl = live[AT_CTL];
	latch->buffer = live[AT_BUF_CFG];
	latch->surface = live[AT_SURFLIVE];
	if (plane == GEN9_CURSOR) {
		latch->scaler = -1;
		latch->window_x = cursor_coordinate(live[AT_CURPOS] & 0xffffu);
		latch->window_y = cursor_coordinate(live[AT_CURPOS] >> 16);
		return;
	}
	latch->stride = live[AT_STRIDE];
	latch->offset = live[AT_OFFSET];
	latch->size = live[AT_SIZE];
	place(pipe, latch);
}

/* First and last block of the display buffer; never programmed, it has none. */
static bool buffers_overlap(uint32_t a, uint32_t b)
{
	return a && b && (a & 0x3ffu) <= (b >> 16 & 0x3ffu) && (b & 0x3ffu) <= (a >> 16 & 0x3ffu);
}

static bool overlaps_another(const struct gen9_pipe *pipe, unsigned plane)
{
	uint32_t buffer = pipe->planes[plane].live[AT_BUF_CFG];

	for (unsigned p = 0; p < GEN9_PIPE_COUNT; p++) {
		const struct gen9_pipe *other = &pipe->gpu->pipes[p];

		for (unsigned i = 0; i < GEN9_PIPE_PLANES && other->active; i++)
			if ((other != pipe || i != plane) && is_enabled(other, i) &&
			    buffers_overlap(buffer, other->planes[i].live[AT_BUF_CFG]))
				return true;
	}
	return false;
}

static uint32_t show(struct gen9_pipe *pipe, unsigned plane, bool async)
{
	struct gen9_gpu *gpu = pipe->gpu;
	struct gen9_latch *latch = &pipe->last[plane];

	*latch = (struct gen9_latch){
		.time_ps = exec_now(gen9_executor(gpu)),
		.pipe = pipe->id,
		.plane = plane,
		.frame = gen9_pipe_frame(pipe),
		.async = async,
		.enabled = is_enabled(pipe, plane),
	};
	describe(pipe, plane, latch);
	if (latch->enabled) {
		gen9_surface_fetch(gpu, latch);
		pipe->stats.unmapped_pages += latch->unmapped_pages;
		pipe->stats.buffer_overlaps += overlaps_another(pipe, plane);
	}
	trace_emit(gpu->m, TRACE_LATCH, pipe->id, plane, latch->surface, latch->frame);
	if (gpu->latch_fn)
		gpu->latch_fn(gpu->latch_opaque, latch);
	if (!latch->unmapped_pages)
		return 0;
	return plane == GEN9_CURSOR ? DE_PIPE_CURSOR_FAULT : DE_PIPE_PLANE_FAULT(plane);
}

uint32_t gen9_plane_show_all(struct gen9_pipe *pipe)
{
	uint32_t events = 0;

	for (unsigned plane = 0; plane < GEN9_PIPE_PLANES; plane++)
		if (is_enabled(pipe, plane))
			events |= show(pipe, plane, false);
	return events;
}

/* ---- latching ---- */

static void take(struct gen9_gpu *gpu, struct gen9_buffered *buffered, uint32_t block)
{
	memcpy(buffered->live, gen9_reg(gpu, block), sizeof(buffered->live));
	buffered->armed = false;
}

static uint32_t latch_plane(struct gen9_pipe *pipe, unsigned plane, bool async)
{
	uint32_t *block = gen9_reg(pipe->gpu, plane_block(pipe, plane));
	uint32_t surface = block[plane == GEN9_CURSOR ? AT_CURBASE : AT_SURF] & PLANE_SURF_MASK;

	block[AT_SURFLIVE] = surface;
	take(pipe->gpu, &pipe->planes[plane], plane_block(pipe, plane));
	if (!pipe->active)
		return 0;
	if (plane == GEN9_CURSOR) {
		pipe->stats.cursor_updates++;
		return show(pipe, plane, async);
	}
	if (async)
		pipe->stats.async_flips++;
	else
		pipe->stats.flips++;
	++*gen9_reg(pipe->gpu, PIPE_FLIPCOUNT(pipe->id));
	return show(pipe, plane, async) | DE_PIPE_FLIP_DONE(plane);
}

/* Scalers first: a plane's place on the screen may be theirs. */
uint32_t gen9_plane_latch_all(struct gen9_pipe *pipe)
{
	uint32_t events = 0;

	for (unsigned i = 0; i < GEN9_SCALER_COUNT; i++)
		if (pipe->scalers[i].armed)
			take(pipe->gpu, &pipe->scalers[i], scaler_block(pipe, i));
	for (unsigned plane = 0; plane < GEN9_PIPE_PLANES; plane++)
		if (pipe->planes[plane].armed)
			events |= latch_plane(pipe, plane, false);
	return events;
}

bool gen9_plane_pending(const struct gen9_pipe *pipe)
{
	bool pending = false;

	for (unsigned i = 0; i < GEN9_SCALER_COUNT; i++)
		pending |= pipe->scalers[i].armed;
	for (unsigned i = 0; i < GEN9_PIPE_PLANES; i++)
		pending |= pipe->planes[i].armed;
	return pending;
}

/* ---- writing ---- */

static void scaler_write(struct gen9_gpu *gpu, uint32_t offset)
{
	uint32_t in_blocks = offset - SCALER_BLOCKS;
	struct gen9_pipe *pipe = &gpu->pipes[in_blocks / SCALER_STRIDE];
	unsigned scaler = in_blocks % SCALER_STRIDE / BLOCK_BYTES;

	if (in_blocks % BLOCK_BYTES / 4u != AT_PS_WIN_SZ)
		return;
	if (pipe->active) {
		pipe->scalers[scaler].armed = true;
		gen9_pipe_wake(pipe);
	} else {
		take(gpu, &pipe->scalers[scaler], scaler_block(pipe, scaler));
	}
}

static void arm(struct gen9_pipe *pipe, unsigned plane)
{
	struct gen9_buffered *buffered = &pipe->planes[plane];
	uint32_t ctl = gen9_reg(pipe->gpu, plane_block(pipe, plane))[AT_CTL];
	bool async = plane != GEN9_CURSOR && (ctl & PLANE_CTL_ASYNC_FLIP);

	if (buffered->armed)
		pipe->stats.superseded++;
	buffered->armed = true;
	if (pipe->active && !async)
		gen9_pipe_wake(pipe);
	else
		gen9_irq_raise(pipe->gpu, GEN9_IRQ_PIPE(pipe->id), latch_plane(pipe, plane, async));
}

void gen9_plane_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	struct gen9_pipe *pipe;
	unsigned plane, place;

	*gen9_reg(gpu, offset) = value;
	if (is_scaler(offset)) {
		scaler_write(gpu, offset);
		return;
	}
	pipe = &gpu->pipes[(offset - PIPEDSL(0u)) / GEN9_PIPE_STRIDE];
	plane = (offset % GEN9_PIPE_STRIDE - PLANE_BLOCKS) / BLOCK_BYTES;
	place = (offset % GEN9_PIPE_STRIDE - PLANE_BLOCKS) % BLOCK_BYTES / 4u;
	if (place == (plane == GEN9_CURSOR ? AT_CURBASE : AT_SURF)) {
		arm(pipe, plane);
	} else if (pipe->planes[plane].armed) {
		pipe->planes[plane].armed = false;
		pipe->stats.cancelled++;
		gen9_pipe_wake(pipe);
	}
}
