// SPDX-License-Identifier: MIT
/*
 * Watermarks of a plane. This version of Linux writes the buffer's share twice.
 *
 * Source: Linux 4.19 intel_pm.c (skl_write_plane_wm, skl_compute_linetime_wm); sim/abi/pvmmio.h.
 */
#include "guest/i915_internal.h"

/* WM_LINETIME counts eighths of a microsecond. */
#define LINETIME_PER_US 8u

bool i915_watermarks_valid(const struct i915_watermarks *watermarks)
{
	return watermarks->max_level < GEN9_WM_LEVELS &&
	       watermarks->buffer_start < watermarks->buffer_end &&
	       watermarks->buffer_end <= GEN9_DDB_BLOCKS;
}

static uint32_t buffer_config(const struct i915_watermarks *watermarks)
{
	return (watermarks->buffer_end - 1u) << 16 | watermarks->buffer_start;
}

static int update_direct(struct i915_pipe *pipe, unsigned plane,
			 const struct i915_watermarks *watermarks)
{
	struct i915 *i915 = pipe->i915;

	for (unsigned i = 0; i <= watermarks->max_level; i++)
		i915_write(i915, PLANE_WM(pipe->index, plane, i), watermarks->level[i]);
	i915_write(i915, PLANE_WM_TRANS(pipe->index, plane), watermarks->transition);
	i915_write(i915, PLANE_BUF_CFG(pipe->index, plane), buffer_config(watermarks));
	i915_write(i915, PLANE_BUF_CFG(pipe->index, plane), buffer_config(watermarks));
	i915_write(i915, PLANE_NV12_BUF_CFG(pipe->index, plane), 0);
	return 0;
}

static int update_pvmmio(struct i915_pipe *pipe, unsigned plane,
			 const struct i915_watermarks *watermarks)
{
	struct pvmmio_watermark_record record = {
		.max_level = watermarks->max_level,
		.trans = watermarks->transition,
		.buf_cfg = buffer_config(watermarks),
	};

	for (unsigned i = 0; i < GEN9_WM_LEVELS; i++)
		record.level[i] = watermarks->level[i];
	return i915_pvmmio_watermarks(pipe->i915, &record, PLANE_NV12_BUF_CFG(pipe->index, plane),
				      0);
}

const struct i915_watermark_ops i915_watermark_direct = { .update = update_direct };
const struct i915_watermark_ops i915_watermark_pvmmio = { .update = update_pvmmio };

int i915_watermarks_write(struct i915_pipe *pipe, unsigned plane,
			  const struct i915_watermarks *watermarks)
{
	struct i915 *i915 = pipe->i915;
	int err;

	plat_op_begin(i915->plat, PLAT_OP_WATERMARK);
	err = i915->watermark_ops->update(pipe, plane, watermarks);
	plat_op_end(i915->plat, PLAT_OP_WATERMARK);
	pipe->watermark_updates++;
	pipe->records_refused += err != 0;
	return err;
}

void i915_linetime_write(struct i915_pipe *pipe)
{
	const struct i915_mode *mode = &pipe->mode;
	uint64_t eighths = ((uint64_t)LINETIME_PER_US * mode->htotal * 1000 + mode->clock_khz - 1) /
			   mode->clock_khz;

	i915_write(pipe->i915, WM_LINETIME(pipe->index), (uint32_t)eighths);
}

int i915_watermarks_update(struct i915 *i915, unsigned index, unsigned plane,
			   const struct i915_watermarks *watermarks)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);
	int err;

	if (!pipe || plane < 1 || plane > GEN9_PLANE_COUNT || !i915_watermarks_valid(watermarks))
		return -I915_EINVAL;
	i915_mutex_lock(i915->plat, &pipe->mutex);
	err = pipe->enabled ? i915_watermarks_write(pipe, plane, watermarks) : -I915_EINVAL;
	i915_mutex_unlock(i915->plat, &pipe->mutex);
	return err;
}
