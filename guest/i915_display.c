// SPDX-License-Identifier: MIT
/*
 * Modes and the cursor.
 *
 * There are no clocks and encoders to set up: the pixel clock is what the link's M and N make of
 * its symbol clock. M and N are the two clocks themselves, so that the ratio is exact; Linux rounds
 * it to a power of two.
 *
 * Source: Linux 4.19 intel_display.c (haswell_crtc_enable, intel_set_pipe_timings,
 * intel_enable_pipe, intel_disable_pipe, i9xx_update_cursor).
 */
#include "guest/i915_internal.h"

#include <string.h>

#define LINK_SYMBOL_KHZ 270000u
#define MAX_TOTAL       8192u

#define PIPE_OFF_TIMEOUT_NS 100000000u
#define PIPE_OFF_POLL_NS    10000u /* at first; then twice that, and so on */
#define PIPE_OFF_POLL_MAX   1000000u

#define CURSOR_SIGN 0x8000u

void i915_display_init(struct i915 *i915)
{
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++) {
		i915->pipes[i].i915 = i915;
		i915->pipes[i].index = i;
		i915->pipes[i].irq_mask = ~I915_PIPE_IRQ_ALWAYS;
	}
}

struct i915_pipe *i915_pipe(struct i915 *i915, unsigned index)
{
	return index < GEN9_PIPE_COUNT ? &i915->pipes[index] : NULL;
}

/* ---- modes ---- */

static bool mode_valid(const struct i915_mode *mode)
{
	return mode->hdisplay && mode->vdisplay && mode->htotal > mode->hdisplay &&
	       mode->vtotal > mode->vdisplay && mode->htotal <= MAX_TOTAL &&
	       mode->vtotal <= MAX_TOTAL && mode->clock_khz && mode->clock_khz <= PIPE_LINK_MASK;
}

/* The sync lies in the middle third of the blanking: assumed, nothing here depends on it. */
static uint32_t sync(unsigned display, unsigned total)
{
	unsigned third = (total - display + 2) / 3;
	unsigned start = display + third;

	return TRANS_TIMING(start < total ? start : total - 1,
			    start + third < total ? start + third : total);
}

static void write_timings(struct i915_pipe *pipe)
{
	const struct i915_mode *mode = &pipe->mode;
	uint32_t horizontal = TRANS_TIMING(mode->hdisplay, mode->htotal);
	uint32_t vertical = TRANS_TIMING(mode->vdisplay, mode->vtotal);
	struct i915 *i915 = pipe->i915;
	unsigned n = pipe->index;

	i915_write(i915, PIPE_LINK_M1(n), mode->clock_khz);
	i915_write(i915, PIPE_LINK_N1(n), LINK_SYMBOL_KHZ);
	i915_write(i915, TRANS_VSYNCSHIFT(n), 0);
	i915_write(i915, TRANS_HTOTAL(n), horizontal);
	i915_write(i915, TRANS_HBLANK(n), horizontal);
	i915_write(i915, TRANS_HSYNC(n), sync(mode->hdisplay, mode->htotal));
	i915_write(i915, TRANS_VTOTAL(n), vertical);
	i915_write(i915, TRANS_VBLANK(n), vertical);
	i915_write(i915, TRANS_VSYNC(n), sync(mode->vdisplay, mode->vtotal));
	i915_write(i915, PIPESRC(n), (mode->hdisplay - 1u) << 16 | (mode->vdisplay - 1u));
}

static void start_pipe(struct i915_pipe *pipe)
{
	struct i915 *i915 = pipe->i915;
	unsigned n = pipe->index;
	uint32_t config;

	i915_write(i915, PIPECONF(n), 0); /* 8 bits per component, progressive */
	i915_read(i915, PIPECONF(n));     /* posting read */
	i915_write(i915, PIPEMISC(n), 0);
	i915_linetime_write(pipe);
	config = i915_read(i915, PIPECONF(n));
	i915_write(i915, PIPECONF(n), config | PIPECONF_ENABLE);
	i915_read(i915, PIPECONF(n)); /* posting read */
	pipe->enabled = true;
	i915_vblank_start(pipe);
}

static void wait_until_off(struct i915_pipe *pipe)
{
	struct platform *plat = pipe->i915->plat;
	uint64_t deadline_ns = i915_deadline_after(plat, PIPE_OFF_TIMEOUT_NS);
	uint64_t poll_ns = PIPE_OFF_POLL_NS;

	while (i915_read(pipe->i915, PIPECONF(pipe->index)) & PIPECONF_ACTIVE) {
		if (plat_time_ns(plat) >= deadline_ns) {
			plat_log(plat, "i915: pipe does not stop:", pipe->index);
			return;
		}
		plat_delay_ns(plat, poll_ns);
		if (poll_ns < PIPE_OFF_POLL_MAX)
			poll_ns *= 2;
	}
}

static void cursor_off(struct i915_pipe *pipe);

static void stop_pipe(struct i915_pipe *pipe)
{
	struct i915 *i915 = pipe->i915;
	unsigned n = pipe->index;
	uint32_t config;

	for (unsigned plane = 1; plane <= GEN9_PLANE_COUNT; plane++) {
		if (pipe->planes_on & 1u << plane)
			i915_plane_disable(pipe, plane);
	}
	cursor_off(pipe);
	i915_vblank_stop(pipe);
	config = i915_read(i915, PIPECONF(n));
	i915_write(i915, PIPECONF(n), config & ~PIPECONF_ENABLE);
	wait_until_off(pipe);
	pipe->enabled = false;
	pipe->planes_on = 0;
	memset(pipe->scaler_plane, 0, sizeof(pipe->scaler_plane));
}

int i915_display_enable(struct i915 *i915, unsigned index, const struct i915_mode *mode)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);

	if (!pipe || !mode_valid(mode))
		return -I915_EINVAL;
	i915_mutex_lock(i915->plat, &pipe->mutex);
	if (pipe->enabled)
		stop_pipe(pipe);
	pipe->mode = *mode;
	write_timings(pipe);
	start_pipe(pipe);
	i915_mutex_unlock(i915->plat, &pipe->mutex);
	return 0;
}

int i915_display_disable(struct i915 *i915, unsigned index)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);
	int err = 0;

	if (!pipe)
		return -I915_EINVAL;
	i915_mutex_lock(i915->plat, &pipe->mutex);
	if (pipe->enabled)
		stop_pipe(pipe);
	else
		err = -I915_EINVAL;
	i915_mutex_unlock(i915->plat, &pipe->mutex);
	return err;
}

void i915_display_fini(struct i915 *i915)
{
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++)
		i915_display_disable(i915, i);
}

/* ---- cursor ---- */

static uint32_t cursor_coordinate(int value)
{
	return value < 0 ? CURSOR_SIGN | (uint32_t)-value : (uint32_t)value;
}

static void write_cursor(struct i915_pipe *pipe, uint32_t control, uint32_t position, uint32_t base)
{
	struct i915 *i915 = pipe->i915;
	unsigned n = pipe->index;

	if (control != pipe->cursor.control || base != pipe->cursor.base) {
		i915_write(i915, CURCNTR(n), control);
		i915_write(i915, CUR_FBC_CTL(n), 0);
	}
	i915_write(i915, CURPOS(n), position);
	i915_write(i915, CURBASE(n), base);
	i915_read(i915, CURBASE(n)); /* posting read */
	pipe->cursor.control = control;
	pipe->cursor.base = base;
}

static void cursor_off(struct i915_pipe *pipe)
{
	if (pipe->cursor.control)
		write_cursor(pipe, 0, 0, 0);
}

int i915_cursor_update(struct i915 *i915, unsigned index, const struct i915_cursor *cursor)
{
	struct i915_pipe *pipe = i915_pipe(i915, index);
	uint32_t position = cursor_coordinate(cursor->y) << 16 | cursor_coordinate(cursor->x);
	int err = 0;

	if (!pipe || (cursor->image && (!i915_vma_is_ggtt(cursor->image) || !cursor->mode)))
		return -I915_EINVAL;
	i915_mutex_lock(i915->plat, &pipe->mutex);
	if (!pipe->enabled)
		err = -I915_EINVAL;
	else if (cursor->image)
		write_cursor(pipe, cursor->mode, position, (uint32_t)i915_vma_gma(cursor->image));
	else
		cursor_off(pipe);
	i915_mutex_unlock(i915->plat, &pipe->mutex);
	return err;
}

/* ---- statistics ---- */

void i915_display_get_stats(const struct i915 *i915, struct i915_display_stats *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++) {
		const struct i915_pipe *pipe = &i915->pipes[i];

		out->flips += pipe->flips;
		out->flips_done += pipe->flips_done;
		out->flips_torn += pipe->flips_torn;
		out->evasions += pipe->evasions;
		out->vblank_interrupts += pipe->vblanks_handled;
		out->watermark_updates += pipe->watermark_updates;
		out->records_refused += pipe->records_refused;
	}
}
