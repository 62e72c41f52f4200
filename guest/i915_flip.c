// SPDX-License-Identifier: MIT
/*
 * Flips: planes of a pipe that change together.
 *
 * All of a flip's registers must be written in the same frame: what a PLANE_SURF write has armed
 * takes effect at the next vblank. So the driver looks at the scan line first, lets a vblank that
 * is near go by, and writes with interrupts disabled. That a vblank came in between all the same is
 * seen in the frame counter, read before and after.
 *
 * The flip is done when the driver handles the next vblank interrupt, which it keeps on until then.
 *
 * Source: Linux 4.19 intel_sprite.c (intel_pipe_update_start, _end), intel_display.c
 * (intel_begin_crtc_commit, skl_detach_scalers), drm_vblank.c (drm_crtc_arm_vblank_event).
 */
#include "guest/i915_internal.h"

#include <string.h>

/* An update is expected to be through in this time; it waits that long at most. */
#define EVASION_US   100u
#define EVASION_WAIT 1000000u /* ns */

struct i915_flip {
	struct i915_pipe *pipe;
	unsigned refs; /* the caller's, and the pipe's while it is pending; pipe->lock */
	bool done;
	int err;
	uint64_t due_frame;
	struct i915_flip_times times;
};

/* ---- life ---- */

/* pipe->lock held. */
static void flip_unref(struct i915_flip *flip)
{
	if (--flip->refs == 0)
		i915_heap_free(&flip->pipe->i915->heap, flip, sizeof(*flip));
}

void i915_flip_complete(struct i915_pipe *pipe, bool in_any_case)
{
	struct i915_flip *flip = pipe->pending;

	if (!flip || (!in_any_case && pipe->frame < flip->due_frame))
		return;
	pipe->pending = NULL;
	pipe->flips_done++;
	flip->done = true;
	flip->times.done_ns = plat_time_ns(pipe->i915->plat);
	flip->times.frame = pipe->frame;
	i915_vblank_put_locked(pipe);
	flip_unref(flip);
}

void i915_flip_put(struct i915_flip *flip)
{
	struct i915_pipe *pipe;
	bool irq;

	if (!flip)
		return;
	pipe = flip->pipe;
	irq = plat_lock(pipe->i915->plat, &pipe->lock);
	flip_unref(flip);
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
}

/* ---- around the planes ---- */

static unsigned lines_in(const struct i915_mode *mode, unsigned us)
{
	uint64_t pixels_per_s = (uint64_t)us * mode->clock_khz;

	return (unsigned)((pixels_per_s + 1000u * mode->htotal - 1) / (1000u * mode->htotal));
}

/* Interrupts are disabled: until the last lines before the vblank are behind us. */
static void evade_vblank(struct i915_pipe *pipe)
{
	const struct i915_mode *mode = &pipe->mode;
	unsigned window = lines_in(mode, EVASION_US);
	struct platform *plat = pipe->i915->plat;
	uint64_t deadline_ns = 0;
	bool in_time = true;

	for (;;) {
		uint64_t next = i915_vblanks_handled(pipe) + 1; /* before the line is read */
		unsigned line = i915_scan_line(pipe);

		if (window >= mode->vdisplay || line < mode->vdisplay - window ||
		    line >= mode->vdisplay || !in_time)
			return;
		if (!deadline_ns) {
			deadline_ns = i915_deadline_after(plat, EVASION_WAIT);
			pipe->evasions++;
		}
		in_time = i915_vblank_sleep(pipe, i915_vblanks_reached, &next, deadline_ns);
	}
}

static void write_unused_scalers(struct i915_pipe *pipe)
{
	for (unsigned i = 0; i < gen9_pipe_scalers(pipe->index); i++) {
		if (pipe->scaler_plane[i])
			continue;
		i915_write(pipe->i915, PS_CTRL(pipe->index, i), 0);
		i915_write(pipe->i915, PS_WIN_POS(pipe->index, i), 0);
		i915_write(pipe->i915, PS_WIN_SZ(pipe->index, i), 0);
	}
}

static uint32_t read_frame(struct i915_pipe *pipe)
{
	return i915_read(pipe->i915, PIPE_FRMCOUNT(pipe->index));
}

static void hold_vblank(struct i915_pipe *pipe)
{
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);

	i915_vblank_get_locked(pipe);
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
}

static void release_vblank(struct i915_pipe *pipe)
{
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);

	i915_vblank_put_locked(pipe);
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
}

static void arm(struct i915_pipe *pipe, struct i915_flip *flip)
{
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);

	i915_vblank_get_locked(pipe);
	flip->due_frame = i915_vblank_count_now(pipe) + 1;
	flip->refs++;
	pipe->pending = flip;
	pipe->flips++;
	pipe->flips_torn += flip->times.torn;
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
}

/* ---- planes ---- */

static unsigned scaler_of(const struct i915_pipe *pipe, unsigned plane)
{
	unsigned i = 0;

	while (i < GEN9_SCALER_COUNT && pipe->scaler_plane[i] != plane)
		i++;
	return i; /* I915_NO_SCALER: none */
}

static int write_plane(struct i915_pipe *pipe, const struct i915_plane_update *update)
{
	struct platform *plat = pipe->i915->plat;
	struct i915_plane_regs regs;
	int err = 0;

	plat_op_begin(plat, PLAT_OP_FLIP);
	if (update->fb) {
		i915_plane_regs(update, scaler_of(pipe, update->plane), &regs);
		err = pipe->i915->plane_ops->update(pipe, update->plane, &regs);
		pipe->planes_on |= 1u << update->plane;
	} else {
		i915_plane_disable(pipe, update->plane);
		pipe->planes_on &= ~(1u << update->plane);
	}
	plat_op_end(plat, PLAT_OP_FLIP);
	pipe->records_refused += err != 0;
	return err;
}

/* The first error is the flip's; what was written stays. */
static int write_planes(struct i915_pipe *pipe, const struct i915_plane_update *planes,
			unsigned count)
{
	bool linetime = false;
	int err = 0;

	for (unsigned i = 0; i < count; i++) {
		int wm_err;

		if (!planes[i].watermarks)
			continue;
		if (!linetime)
			i915_linetime_write(pipe);
		linetime = true;
		wm_err = i915_watermarks_write(pipe, planes[i].plane, planes[i].watermarks);
		err = err ? err : wm_err;
	}
	for (unsigned i = 0; i < count; i++) {
		int plane_err = write_plane(pipe, &planes[i]);

		err = err ? err : plane_err;
	}
	return err;
}

/* pipe->mutex held, scalers assigned. */
static void flip_now(struct i915_pipe *pipe, const struct i915_plane_update *planes, unsigned count,
		     struct i915_flip *flip)
{
	struct platform *plat = pipe->i915->plat;
	uint32_t first_frame;
	bool irq;

	hold_vblank(pipe);
	irq = plat_irq_save(plat);
	evade_vblank(pipe);
	release_vblank(pipe);
	first_frame = read_frame(pipe);
	write_unused_scalers(pipe);
	flip->err = write_planes(pipe, planes, count);
	i915_scan_line(pipe); /* for Linux' tracepoint */
	flip->times.torn = read_frame(pipe) != first_frame;
	flip->times.armed_ns = plat_time_ns(plat);
	arm(pipe, flip);
	plat_irq_restore(plat, irq);
}

/* ---- admission ---- */

static bool updates_valid(const struct i915_plane_update *planes, unsigned count)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!i915_plane_update_valid(&planes[i]) || (seen & 1u << planes[i].plane))
			return false;
		seen |= 1u << planes[i].plane;
	}
	return count > 0;
}

static bool is_scaled(const struct i915_plane_update *update)
{
	return update->fb && update->dst_width;
}

/* Planes keep the scaler that they have. false: there are too few. */
static bool assign_scalers(const struct i915_pipe *pipe, const struct i915_plane_update *planes,
			   unsigned count, unsigned scaler_plane[GEN9_SCALER_COUNT])
{
	memcpy(scaler_plane, pipe->scaler_plane, sizeof(pipe->scaler_plane));
	for (unsigned n = 0; n < count; n++) {
		for (unsigned i = 0; i < GEN9_SCALER_COUNT; i++) {
			if (scaler_plane[i] == planes[n].plane && !is_scaled(&planes[n]))
				scaler_plane[i] = 0;
		}
	}
	for (unsigned n = 0; n < count; n++) {
		unsigned i = 0;

		if (!is_scaled(&planes[n]) || scaler_of(pipe, planes[n].plane) != I915_NO_SCALER)
			continue;
		while (i < gen9_pipe_scalers(pipe->index) && scaler_plane[i])
			i++;
		if (i == gen9_pipe_scalers(pipe->index))
			return false;
		scaler_plane[i] = planes[n].plane;
	}
	return true;
}

/* pipe->mutex held. */
static int admit(struct i915_pipe *pipe, const struct i915_plane_update *planes, unsigned count)
{
	unsigned scaler_plane[GEN9_SCALER_COUNT];
	bool irq, pending;

	if (!pipe->enabled || !assign_scalers(pipe, planes, count, scaler_plane))
		return -I915_EINVAL;
	irq = plat_lock(pipe->i915->plat, &pipe->lock);
	pending = pipe->pending;
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
	if (pending)
		return -I915_EBUSY;
	memcpy(pipe->scaler_plane, scaler_plane, sizeof(scaler_plane));
	return 0;
}

int i915_flip(struct i915 *i915, unsigned index, const struct i915_plane_update *planes,
	      unsigned count, struct i915_flip **out)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);
	struct i915_flip *flip;
	int err;

	if (!pipe || !updates_valid(planes, count))
		return -I915_EINVAL;
	flip = i915_heap_alloc(&i915->heap, sizeof(*flip));
	if (!flip)
		return -I915_ENOMEM;
	flip->pipe = pipe;
	flip->refs = 1;
	flip->times.begin_ns = plat_time_ns(i915->plat);
	i915_mutex_lock(i915->plat, &pipe->mutex);
	err = admit(pipe, planes, count);
	if (!err)
		flip_now(pipe, planes, count, flip);
	i915_mutex_unlock(i915->plat, &pipe->mutex);
	if (err || !out)
		i915_flip_put(flip);
	else
		*out = flip;
	return err;
}

/* ---- waiting ---- */

static bool is_done(const struct i915_pipe *pipe, const void *flip)
{
	return ((const struct i915_flip *)flip)->done;
}

bool i915_flip_done(const struct i915_flip *flip)
{
	struct i915_pipe *pipe = flip->pipe;
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);
	bool done = flip->done;

	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
	return done;
}

int i915_flip_wait(struct i915_flip *flip, uint64_t timeout_ns)
{
	struct platform *plat = flip->pipe->i915->plat;
	uint64_t deadline_ns = i915_deadline_after(plat, timeout_ns);
	bool irq = plat_irq_save(plat);
	bool done = i915_vblank_sleep(flip->pipe, is_done, flip, deadline_ns);

	plat_irq_restore(plat, irq);
	return done ? flip->err : -I915_ETIME;
}

void i915_flip_times(const struct i915_flip *flip, struct i915_flip_times *out)
{
	struct i915_pipe *pipe = flip->pipe;
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);

	*out = flip->times;
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
}
