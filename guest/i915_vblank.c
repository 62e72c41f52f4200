// SPDX-License-Identifier: MIT
/*
 * Vblanks: counting frames, and the interrupt that is on only while somebody wants it.
 *
 * Each look at the frame counter also takes the time of the frame: it reads the counter, the scan
 * line and the counter again. Two things make it read more: a counter that has moved meanwhile (all
 * three again, up to three times), and a scan line that took longer than 20 us to read (once more,
 * up to three times). A scan line of 0 is read again, up to 100 times, 1 us apart: the hardware
 * shows 0 for a moment when it restarts.
 *
 * The interrupt is switched off in the first vblank that finds no user, so one frame after the
 * last; what was counted while it was off is found out when it is switched on again. Linux then
 * also estimates it by time, since on devices with panel self refresh, as all these are, the
 * counter may stop; so six reads where one look would do.
 *
 * Source: Linux 4.19 drm_vblank.c (drm_update_vblank_count, drm_vblank_restore,
 * drm_handle_vblank, vblank_disable_and_save), i915_irq.c (i915_get_crtc_scanoutpos).
 */
#include "guest/i915_internal.h"

#define MAX_TRIES          3u
#define MAX_QUERY_NS       20000u
#define SCAN_LINE_RETRIES  100u
#define SCAN_LINE_RETRY_NS 1000u

/* The register is one behind: it starts to count when the first line has begun. */
#define SCAN_LINE_OFFSET 1u

unsigned i915_scan_line(struct i915_pipe *pipe)
{
	struct i915 *i915 = pipe->i915;
	uint32_t line = i915_read(i915, PIPEDSL(pipe->index)) & PIPEDSL_LINE_MASK;

	for (unsigned i = 0; i < SCAN_LINE_RETRIES && line == 0; i++) {
		plat_delay_ns(i915->plat, SCAN_LINE_RETRY_NS);
		line = i915_read(i915, PIPEDSL(pipe->index)) & PIPEDSL_LINE_MASK;
	}
	return (line + SCAN_LINE_OFFSET) % pipe->mode.vtotal;
}

static uint64_t lines_ns(const struct i915_mode *mode, uint64_t lines)
{
	return lines * mode->htotal * 1000000u / mode->clock_khz;
}

/* When the current frame's first line was shown; in its vblank, when the next one's will be. */
static uint64_t query_frame_begin(struct i915_pipe *pipe)
{
	const struct i915_mode *mode = &pipe->mode;
	struct platform *plat = pipe->i915->plat;
	uint64_t end_ns = 0;
	unsigned line = 0;

	for (unsigned i = 0; i < MAX_TRIES; i++) {
		uint64_t begin_ns = plat_time_ns(plat);

		line = i915_scan_line(pipe);
		end_ns = plat_time_ns(plat);
		if (end_ns - begin_ns <= MAX_QUERY_NS)
			break;
	}
	if (line >= mode->vdisplay)
		return end_ns + lines_ns(mode, mode->vtotal - line);
	return end_ns - lines_ns(mode, line);
}

/* The frame counter, and the time that belongs to it. */
static uint32_t query_frame(struct i915_pipe *pipe, uint64_t *begin_ns)
{
	struct i915 *i915 = pipe->i915;
	uint32_t offset = PIPE_FRMCOUNT(pipe->index);
	uint32_t frame = 0;

	for (unsigned i = 0; i < MAX_TRIES; i++) {
		frame = i915_read(i915, offset);
		*begin_ns = query_frame_begin(pipe);
		if (i915_read(i915, offset) == frame)
			break;
	}
	return frame;
}

uint64_t i915_vblank_count_now(struct i915_pipe *pipe)
{
	uint64_t begin_ns;
	uint32_t now = query_frame(pipe, &begin_ns);
	uint32_t passed = now - pipe->frame_register;

	if (passed) {
		pipe->frame += passed;
		pipe->frame_register = now;
		pipe->frame_begin_ns = begin_ns;
	}
	return pipe->frame;
}

/* ---- the interrupt's mask ---- */

static void write_mask(struct i915_pipe *pipe, bool vblank_on)
{
	struct i915 *i915 = pipe->i915;

	pipe->vblank_on = vblank_on;
	pipe->irq_mask = ~(I915_PIPE_IRQ_ALWAYS | (vblank_on ? DE_PIPE_VBLANK : 0));
	i915_write(i915, DE_PIPE_IMR(pipe->index), pipe->irq_mask);
	i915_read(i915, DE_PIPE_IMR(pipe->index)); /* posting read */
}

/* As if the counter had stopped meanwhile: by the time that has passed, rounded to frames. */
static void restore_count(struct i915_pipe *pipe)
{
	uint64_t frame_ns = lines_ns(&pipe->mode, pipe->mode.vtotal);
	uint64_t begin_ns = pipe->frame_begin_ns;
	uint32_t now = query_frame(pipe, &begin_ns);
	uint64_t passed_ns = begin_ns - pipe->frame_begin_ns;
	uint64_t frames = (int64_t)passed_ns < 0 ? 0 : (passed_ns + frame_ns / 2) / frame_ns;

	pipe->frame_register = now - (uint32_t)frames;
}

static void turn_on(struct i915_pipe *pipe)
{
	write_mask(pipe, true);
	restore_count(pipe);
	i915_vblank_count_now(pipe);
}

static void turn_off(struct i915_pipe *pipe)
{
	i915_vblank_count_now(pipe);
	write_mask(pipe, false);
}

void i915_vblank_get_locked(struct i915_pipe *pipe)
{
	pipe->vblank_users++;
	if (pipe->running && !pipe->vblank_on)
		turn_on(pipe);
}

/* The interrupt stays on until a vblank finds no user. */
void i915_vblank_put_locked(struct i915_pipe *pipe)
{
	I915_BUG_ON(pipe->i915->plat, pipe->vblank_users == 0);
	pipe->vblank_users--;
}

/* ---- start, stop, interrupt ---- */

void i915_vblank_start(struct i915_pipe *pipe)
{
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);

	pipe->frame_register = query_frame(pipe, &pipe->frame_begin_ns);
	pipe->frame++;
	pipe->running = true;
	if (pipe->vblank_users)
		turn_on(pipe);
	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
}

void i915_vblank_stop(struct i915_pipe *pipe)
{
	struct platform *plat = pipe->i915->plat;
	bool irq = plat_lock(plat, &pipe->lock);

	if (pipe->vblank_on)
		turn_off(pipe);
	pipe->running = false;
	i915_flip_complete(pipe, true);
	if (pipe->waiters)
		plat_wake(plat);
	plat_unlock(plat, &pipe->lock, irq);
}

void i915_vblank_interrupt(struct i915_pipe *pipe)
{
	struct platform *plat = pipe->i915->plat;
	bool irq = plat_lock(plat, &pipe->lock);
	bool unused;

	if (pipe->vblank_on) {
		unused = !pipe->vblank_users;
		i915_vblank_count_now(pipe);
		pipe->vblanks_handled++;
		i915_flip_complete(pipe, false);
		if (pipe->waiters)
			plat_wake(plat);
		if (unused)
			turn_off(pipe);
	}
	plat_unlock(plat, &pipe->lock, irq);
}

/* ---- waiting ---- */

bool i915_vblank_sleep(struct i915_pipe *pipe, i915_vblank_condition *met, const void *arg,
		       uint64_t deadline_ns)
{
	struct platform *plat = pipe->i915->plat;
	bool inner = plat_lock(plat, &pipe->lock);
	bool in_time = true;
	bool is_met;

	pipe->waiters++;
	while (!(is_met = met(pipe, arg)) && pipe->running && in_time) {
		plat_unlock(plat, &pipe->lock, inner);
		in_time = plat_halt(plat, deadline_ns);
		inner = plat_lock(plat, &pipe->lock);
	}
	pipe->waiters--;
	plat_unlock(plat, &pipe->lock, inner);
	return is_met;
}

uint64_t i915_vblanks_handled(struct i915_pipe *pipe)
{
	bool irq = plat_lock(pipe->i915->plat, &pipe->lock);
	uint64_t handled = pipe->vblanks_handled;

	plat_unlock(pipe->i915->plat, &pipe->lock, irq);
	return handled;
}

bool i915_vblanks_reached(const struct i915_pipe *pipe, const void *count)
{
	return pipe->vblanks_handled >= *(const uint64_t *)count;
}

int i915_vblank_get(struct i915 *i915, unsigned index)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);
	int err = 0;
	bool irq;

	if (!pipe)
		return -I915_EINVAL;
	irq = plat_lock(i915->plat, &pipe->lock);
	if (pipe->running)
		i915_vblank_get_locked(pipe);
	else
		err = -I915_EINVAL;
	plat_unlock(i915->plat, &pipe->lock, irq);
	return err;
}

void i915_vblank_put(struct i915 *i915, unsigned index)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);
	bool irq;

	if (!pipe)
		return;
	irq = plat_lock(i915->plat, &pipe->lock);
	i915_vblank_put_locked(pipe);
	plat_unlock(i915->plat, &pipe->lock, irq);
}

int i915_vblank_wait(struct i915 *i915, unsigned index, unsigned count, uint64_t timeout_ns)
{
	uint64_t deadline_ns = i915_deadline_after(i915->plat, timeout_ns);
	struct i915_pipe *pipe = i915_pipe(i915, index);
	uint64_t last;
	bool irq;
	int err;

	if (!pipe)
		return -I915_EINVAL;
	irq = plat_irq_save(i915->plat);
	err = i915_vblank_get(i915, index);
	if (!err) {
		last = i915_vblanks_handled(pipe) + count;
		if (!i915_vblank_sleep(pipe, i915_vblanks_reached, &last, deadline_ns))
			err = pipe->running ? -I915_ETIME : -I915_EINVAL;
		i915_vblank_put(i915, index);
	}
	plat_irq_restore(i915->plat, irq);
	return err;
}

uint64_t i915_vblank_count(const struct i915 *i915, unsigned index)
{
	return index < GEN9_PIPE_COUNT ? i915->pipes[index].frame : 0;
}
