// SPDX-License-Identifier: MIT
/*
 * The registers of a plane update, and the two ways in which they reach the device.
 *
 * Source: Linux 4.19 intel_sprite.c (skl_update_plane, skl_disable_plane), intel_display.c
 * (skl_plane_ctl, skl_plane_stride, skl_scaler_calc_phase); sim/abi/pvmmio.h.
 */
#include "guest/i915_internal.h"

#define STRIDE_UNIT_BYTES 64u
#define MAX_COORDINATE    8192u

/* Half a pixel back, for both components of a colour plane: bits 15:0, Y above. */
#define SCALER_PHASE 0x2000u

#define SCALER_OF(flags) (((flags)&PVMMIO_PLANE_SCALER_ID_MASK) >> PVMMIO_PLANE_SCALER_ID_SHIFT)

/* ---- what the registers are to be ---- */

/* Of one step of PLANE_STRIDE; 0: tiles that this driver does not know. */
static uint32_t stride_unit(uint32_t format)
{
	switch (format & PLANE_CTL_TILED_MASK) {
	case PLANE_CTL_TILED_LINEAR:
		return STRIDE_UNIT_BYTES;
	case PLANE_CTL_TILED_X:
		return 512;
	case PLANE_CTL_TILED_Y:
		return 128;
	default:
		return 0;
	}
}

static bool extent_valid(unsigned start, unsigned length)
{
	return length > 0 && start + length <= MAX_COORDINATE;
}

bool i915_plane_update_valid(const struct i915_plane_update *update)
{
	uint32_t unit = stride_unit(update->format);
	bool scaled = update->dst_width || update->dst_height;

	if (update->plane < 1 || update->plane > GEN9_PLANE_COUNT)
		return false;
	if (update->watermarks && !i915_watermarks_valid(update->watermarks))
		return false;
	if (!update->fb)
		return true;
	if (update->format & ~(PLANE_CTL_FORMAT_MASK | PLANE_CTL_TILED_MASK))
		return false;
	return i915_vma_is_ggtt(update->fb) && unit && update->stride_bytes &&
	       update->stride_bytes % unit == 0 && update->stride_bytes / unit < 1024 &&
	       extent_valid(update->src_x, update->width) &&
	       extent_valid(update->src_y, update->height) &&
	       extent_valid(update->x, scaled ? update->dst_width : update->width) &&
	       extent_valid(update->y, scaled ? update->dst_height : update->height);
}

static uint32_t pair(uint32_t high, uint32_t low)
{
	return high << 16 | low;
}

static void key_regs(const struct i915_color_key *key, struct pvmmio_plane_record *record)
{
	record->flags |= PVMMIO_PLANE_KEY;
	record->keyval = key->value;
	record->keymax = key->max;
	record->keymsk = key->mask;
	record->ctl |= key->destination ? PLANE_CTL_KEY_DESTINATION : PLANE_CTL_KEY_SOURCE;
}

/* A scaler places the plane; the plane itself then starts at 0. */
static void scaler_regs(const struct i915_plane_update *update, unsigned scaler,
			struct pvmmio_plane_record *record)
{
	record->flags |= PVMMIO_PLANE_SCALER | scaler << PVMMIO_PLANE_SCALER_ID_SHIFT;
	record->ps_ctrl = PS_CTRL_ENABLE | PS_CTRL_PLANE(update->plane);
	record->ps_win_pos = pair(update->x, update->y);
	record->ps_win_sz = pair(update->dst_width, update->dst_height);
	record->pos = 0;
}

void i915_plane_regs(const struct i915_plane_update *update, unsigned scaler,
		     struct i915_plane_regs *out)
{
	struct pvmmio_plane_record *record = &out->record;

	*record = (struct pvmmio_plane_record){
		.offset = pair(update->src_y, update->src_x),
		.stride = update->stride_bytes / stride_unit(update->format),
		.size = pair(update->height - 1u, update->width - 1u),
		.pos = pair(update->y, update->x),
		.ctl = PLANE_CTL_ENABLE | PLANE_CTL_PIPE_GAMMA | PLANE_CTL_NO_PLANE_GAMMA |
		       update->format,
	};
	if (update->key)
		key_regs(update->key, record);
	if (scaler != I915_NO_SCALER)
		scaler_regs(update, scaler, record);
	out->surf = (uint32_t)i915_vma_gma(update->fb);
}

/* ---- one by one ---- */

static void write_key(struct i915_pipe *pipe, unsigned plane,
		      const struct pvmmio_plane_record *record)
{
	i915_write(pipe->i915, PLANE_KEYVAL(pipe->index, plane), record->keyval);
	i915_write(pipe->i915, PLANE_KEYMAX(pipe->index, plane), record->keymax);
	i915_write(pipe->i915, PLANE_KEYMSK(pipe->index, plane), record->keymsk);
}

static void write_scaler(struct i915_pipe *pipe, const struct pvmmio_plane_record *record)
{
	unsigned scaler = SCALER_OF(record->flags);
	struct i915 *i915 = pipe->i915;

	i915_write(i915, PS_CTRL(pipe->index, scaler), record->ps_ctrl);
	i915_write(i915, PS_PWR_GATE(pipe->index, scaler), record->ps_pwr_gate);
	i915_write(i915, PS_VPHASE(pipe->index, scaler), SCALER_PHASE);
	i915_write(i915, PS_HPHASE(pipe->index, scaler), SCALER_PHASE);
	i915_write(i915, PS_WIN_POS(pipe->index, scaler), record->ps_win_pos);
	i915_write(i915, PS_WIN_SZ(pipe->index, scaler), record->ps_win_sz);
}

static int update_direct(struct i915_pipe *pipe, unsigned plane, const struct i915_plane_regs *regs)
{
	const struct pvmmio_plane_record *record = &regs->record;
	struct i915 *i915 = pipe->i915;

	if (record->flags & PVMMIO_PLANE_KEY)
		write_key(pipe, plane, record);
	i915_write(i915, PLANE_OFFSET(pipe->index, plane), record->offset);
	i915_write(i915, PLANE_STRIDE(pipe->index, plane), record->stride);
	i915_write(i915, PLANE_SIZE(pipe->index, plane), record->size);
	i915_write(i915, PLANE_AUX_DIST(pipe->index, plane), record->aux_dist);
	i915_write(i915, PLANE_AUX_OFFSET(pipe->index, plane), record->aux_offset);
	if (record->flags & PVMMIO_PLANE_SCALER)
		write_scaler(pipe, record);
	i915_write(i915, PLANE_POS(pipe->index, plane), record->pos);
	i915_write(i915, PLANE_CTL(pipe->index, plane), record->ctl);
	i915_write(i915, PLANE_SURF(pipe->index, plane), regs->surf);
	i915_read(i915, PLANE_SURF(pipe->index, plane)); /* posting read */
	return 0;
}

/* ---- level plane_update: a record, and the write that arms ---- */

static int update_pvmmio(struct i915_pipe *pipe, unsigned plane, const struct i915_plane_regs *regs)
{
	/* PLANE_SURF = 0 switches a plane off and takes no record. */
	if (!regs->surf)
		return update_direct(pipe, plane, regs);
	return i915_pvmmio_plane(pipe->i915, &regs->record, PLANE_SURF(pipe->index, plane),
				 regs->surf);
}

const struct i915_plane_ops i915_plane_direct = { .update = update_direct };
const struct i915_plane_ops i915_plane_pvmmio = { .update = update_pvmmio };

void i915_plane_disable(struct i915_pipe *pipe, unsigned plane)
{
	struct i915 *i915 = pipe->i915;

	i915_write(i915, PLANE_CTL(pipe->index, plane), 0);
	i915_write(i915, PLANE_SURF(pipe->index, plane), 0);
	i915_read(i915, PLANE_SURF(pipe->index, plane)); /* posting read */
}
