// SPDX-License-Identifier: MIT
#include "guest/i915_batch.h"

#include <string.h>

#include "guest/i915_errno.h"
#include "hw-model/regs/gen9_commands.h"

/* Kept free for batch_end(): the end command and a no-op that fills the qword. */
#define END_DWORDS 2u

#define BLT_PITCH_LIMIT      32764u
#define BLT_COORDINATE_LIMIT 32767u /* signed 16 bits */

#define PRIMITIVE_DWORDS       7u
#define TOPOLOGY_TRIANGLE_LIST 4u
#define COPY_TO_GGTT           (1u << 21)
#define COPY_FROM_GGTT         (1u << 22)
#define SEMAPHORE_POLL         (1u << 15)
#define SEMAPHORE_NOT_EQUAL    (5u << 12) /* memory's value and the command's */
#define GPGPU_WALKER_DWORDS    15u
#define BSD_OBJECT_DWORDS      6u
#define DI_IECP_DWORDS         20u
#define WALKER_ALL_CHANNELS    (~0u)
#define WALKER_GROUPS_X        7u
#define WALKER_GROUPS_Y        10u
#define WALKER_GROUPS_Z        12u
#define WALKER_RIGHT_MASK      13u
#define WALKER_BOTTOM_MASK     14u

void batch_begin(struct batch *batch, const struct i915_vma *vma)
{
	const struct i915_object *obj = i915_vma_object(vma);

	batch->dwords = i915_object_cpu(obj);
	batch->used = 0;
	batch->limit = i915_object_size(obj) / 4;
	batch->ggtt = i915_vma_is_ggtt(vma);
}

static int append(struct batch *batch, const uint32_t *dwords, size_t count)
{
	if (batch->limit - batch->used < count + END_DWORDS)
		return -I915_ENOSPC;
	memcpy(batch->dwords + batch->used, dwords, count * 4);
	batch->used += count;
	return 0;
}

int batch_end(struct batch *batch)
{
	if (batch->limit - batch->used < END_DWORDS)
		return -I915_ENOSPC;
	batch->dwords[batch->used++] = MI_BATCH_BUFFER_END;
	if (batch->used % 2)
		batch->dwords[batch->used++] = MI_NOOP;
	return 0;
}

int batch_store_dword(struct batch *batch, uint64_t gma, uint32_t value)
{
	const uint32_t cs[] = { MI_STORE_DATA_IMM | (batch->ggtt ? MI_USE_GGTT : 0), (uint32_t)gma,
				(uint32_t)(gma >> 32), value };

	return append(batch, cs, sizeof(cs) / 4);
}

int batch_copy_dword(struct batch *batch, uint64_t to_gma, uint64_t from_gma)
{
	const uint32_t ggtt = batch->ggtt ? COPY_TO_GGTT | COPY_FROM_GGTT : 0;
	const uint32_t cs[] = { MI_COPY_MEM_MEM | ggtt, (uint32_t)to_gma, (uint32_t)(to_gma >> 32),
				(uint32_t)from_gma, (uint32_t)(from_gma >> 32) };

	return append(batch, cs, sizeof(cs) / 4);
}

int batch_await_dword(struct batch *batch, uint64_t gma)
{
	const uint32_t cs[] = { MI_SEMAPHORE_WAIT | SEMAPHORE_POLL | SEMAPHORE_NOT_EQUAL |
					(batch->ggtt ? MI_USE_GGTT : 0),
				0, (uint32_t)gma, (uint32_t)(gma >> 32) };

	return append(batch, cs, sizeof(cs) / 4);
}

int batch_arbitrate(struct batch *batch)
{
	const uint32_t cs[] = { MI_ARB_CHECK };

	return append(batch, cs, 1);
}

static bool surface_ok(const struct blt_surface *surface, uint16_t width, uint16_t height)
{
	return surface->pitch_bytes % 4 == 0 && surface->pitch_bytes <= BLT_PITCH_LIMIT &&
	       (uint32_t)surface->x + width <= BLT_COORDINATE_LIMIT &&
	       (uint32_t)surface->y + height <= BLT_COORDINATE_LIMIT;
}

static uint32_t yx(uint32_t y, uint32_t x)
{
	return y << 16 | x;
}

int batch_fill(struct batch *batch, const struct blt_surface *dst, uint16_t width, uint16_t height,
	       uint32_t colour)
{
	const uint32_t cs[] = {
		XY_COLOR_BLT | XY_BLT_WRITE_RGBA,
		XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | dst->pitch_bytes,
		yx(dst->y, dst->x),
		yx(dst->y + height, dst->x + width),
		(uint32_t)dst->gma,
		(uint32_t)(dst->gma >> 32),
		colour,
	};

	if (!surface_ok(dst, width, height))
		return -I915_EINVAL;
	return append(batch, cs, sizeof(cs) / 4);
}

/* XY_SRC_COPY_BLT and XY_FAST_COPY_BLT have the same operands. */
static int append_copy(struct batch *batch, uint32_t header, uint32_t mode,
		       const struct blt_surface *dst, const struct blt_surface *src, uint16_t width,
		       uint16_t height)
{
	const uint32_t cs[] = {
		header,
		mode | dst->pitch_bytes,
		yx(dst->y, dst->x),
		yx(dst->y + height, dst->x + width),
		(uint32_t)dst->gma,
		(uint32_t)(dst->gma >> 32),
		yx(src->y, src->x),
		src->pitch_bytes,
		(uint32_t)src->gma,
		(uint32_t)(src->gma >> 32),
	};

	if (!surface_ok(dst, width, height) || !surface_ok(src, width, height))
		return -I915_EINVAL;
	return append(batch, cs, sizeof(cs) / 4);
}

int batch_copy(struct batch *batch, const struct blt_surface *dst, const struct blt_surface *src,
	       uint16_t width, uint16_t height)
{
	return append_copy(batch, XY_SRC_COPY_BLT | XY_BLT_WRITE_RGBA,
			   XY_BLT_DEPTH_32 | XY_BLT_ROP_SOURCE_COPY, dst, src, width, height);
}

int batch_fast_copy(struct batch *batch, const struct blt_surface *dst,
		    const struct blt_surface *src, uint16_t width, uint16_t height)
{
	return append_copy(batch, XY_FAST_COPY_BLT, XY_FAST_BLT_DEPTH_32, dst, src, width, height);
}

int batch_draw(struct batch *batch, uint32_t vertices, uint32_t instances)
{
	const uint32_t cs[PRIMITIVE_DWORDS] = {
		CMD_3DPRIMITIVE, TOPOLOGY_TRIANGLE_LIST, vertices, 0, instances, 0, 0
	};

	return append(batch, cs, PRIMITIVE_DWORDS);
}

int batch_dispatch(struct batch *batch, uint32_t groups_x, uint32_t groups_y, uint32_t groups_z)
{
	const uint32_t cs[GPGPU_WALKER_DWORDS] = {
		[0] = GPGPU_WALKER,
		[WALKER_GROUPS_X] = groups_x,
		[WALKER_GROUPS_Y] = groups_y,
		[WALKER_GROUPS_Z] = groups_z,
		[WALKER_RIGHT_MASK] = WALKER_ALL_CHANNELS,
		[WALKER_BOTTOM_MASK] = WALKER_ALL_CHANNELS,
	};

	return append(batch, cs, GPGPU_WALKER_DWORDS);
}

int batch_decode(struct batch *batch, uint32_t bitstream_bytes)
{
	const uint32_t cs[BSD_OBJECT_DWORDS] = { MFD_AVC_BSD_OBJECT, bitstream_bytes };

	return append(batch, cs, BSD_OBJECT_DWORDS);
}

int batch_enhance(struct batch *batch, uint32_t columns)
{
	const uint32_t cs[DI_IECP_DWORDS] = { VEB_DI_IECP, columns - 1 };

	if (columns == 0 || columns > BATCH_ENHANCE_COLUMNS)
		return -I915_EINVAL;
	return append(batch, cs, DI_IECP_DWORDS);
}
