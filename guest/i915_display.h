/* SPDX-License-Identifier: MIT */
/*
 * Display: modes, plane updates ("flips"), watermarks, vblanks. Linux 4.19's driver: what it
 * reads and writes, in its order.
 *
 * Register accesses, of which each exits on a vGPU that traps all of them (R read, W write):
 *
 *   what                                         plain         with its pvmmio level
 *   vblank interrupts on, first user             1 W + 7 R
 *   a vblank interrupt, of one pipe              3 W + 5 R     i915_irq.c has the levels
 *   vblank interrupts off, a frame after the
 *   last user, in the interrupt                  1 W + 4 R
 *   plane, per update                            8 W + 1 R     plane_update: 1 W
 *     with a colour key                          + 3 W         + 0
 *     with a scaler                              + 6 W         + 0
 *     turned off                                 2 W + 1 R     the same
 *   around the planes of one flip                7 R           the same
 *   each scaler of the pipe that is not in use   3 W           the same
 *   watermarks of a plane                        12 W          plane_wm_update: 1 W
 *   line time, in a flip with watermarks         1 W           the same
 *   cursor; only moved                           4 W + 1 R; 2 W + 1 R     the same
 *
 * Scan line reads are repeated as Linux does, see i915_vblank.c.
 *
 * Pipes are numbered from 0 (A), planes of a pipe from 1, as the hardware counts. All functions may
 * be called by several vCPUs at once, outside of interrupt handlers; those that change a pipe take
 * turns and may sleep. Errors are negative: -EINVAL for a pipe, plane or value that does not exist,
 * or a pipe that is off.
 *
 * Source: Linux 4.19 intel_display.c, intel_sprite.c, intel_pm.c, i915_irq.c, drm_vblank.c.
 */
#ifndef PVMMIO_GUEST_I915_DISPLAY_H
#define PVMMIO_GUEST_I915_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915.h"
#include "hw-model/regs/gen9_display.h"

struct i915_flip;

/* Totals include the blanking. The refresh rate is clock / (htotal * vtotal). */
struct i915_mode {
	uint16_t hdisplay, vdisplay; /* pixels, lines */
	uint16_t htotal, vtotal;
	uint32_t clock_khz; /* pixels per millisecond */
};

/*
 * Set the mode and turn the pipe on, without any plane; off first if it is on. -EINVAL also for a
 * mode whose totals do not exceed what is displayed, or without a clock.
 */
int i915_display_enable(struct i915 *i915, unsigned pipe, const struct i915_mode *mode);

/* Planes, cursor and pipe off. What still waits for a vblank of the pipe ends: flips are done. */
int i915_display_disable(struct i915 *i915, unsigned pipe);

/* ---- watermarks ---- */

/* As the registers have them. */
struct i915_watermarks {
	unsigned max_level;             /* levels 0 .. max_level are written; at most 7 */
	uint32_t level[GEN9_WM_LEVELS]; /* bit 31 enable, 18:14 lines, 9:0 blocks */
	uint32_t transition;
	uint16_t buffer_start, buffer_end; /* blocks of the display buffer; end exclusive */
};

/*
 * The `watermark` operation. They take effect with the plane's next update. -EINVAL also for a
 * level that does not exist, or blocks that do not. -EIO: the host has refused the record.
 */
int i915_watermarks_update(struct i915 *i915, unsigned pipe, unsigned plane,
			   const struct i915_watermarks *watermarks);

/* ---- planes ---- */

struct i915_color_key {
	uint32_t value, max, mask;
	bool destination; /* of the plane, else of its source */
};

struct i915_plane_update {
	unsigned plane;
	/* Shown: bound in the GGTT, and pinned until a later flip of this plane is done. NULL: off.
	 */
	const struct i915_vma *fb;
	uint32_t format;       /* PLANE_CTL's format and tiling fields, in place; no Yf tiles */
	uint32_t stride_bytes; /* multiple of 64, or of a tile's width */
	uint16_t src_x, src_y; /* in the framebuffer */
	uint16_t width, height;
	uint16_t x, y;                            /* on the screen */
	uint16_t dst_width, dst_height;           /* on the screen if scaled; 0: not scaled */
	const struct i915_color_key *key;         /* NULL: none */
	const struct i915_watermarks *watermarks; /* NULL: unchanged */
};

/*
 * Update count planes of a pipe in the same frame; each one is a `flip` operation. The flip is the
 * caller's until i915_flip_put(). out may be NULL.
 *
 * -EBUSY: an earlier flip of the pipe is not done yet. -EINVAL also for a plane named twice, a
 * surface that is not in the GGTT, or more scaled planes than the pipe has scalers. -ENOMEM.
 * Nothing was changed then.
 */
int i915_flip(struct i915 *i915, unsigned pipe, const struct i915_plane_update *planes,
	      unsigned count, struct i915_flip **out);

/*
 * Sleep until the vblank after the update, with which it has taken effect, or timeout_ns passed: 0,
 * -ETIME, or -EIO if the host has refused a plane's record.
 */
int i915_flip_wait(struct i915_flip *flip, uint64_t timeout_ns);
bool i915_flip_done(const struct i915_flip *flip);
void i915_flip_put(struct i915_flip *flip);

struct i915_flip_times {
	uint64_t begin_ns; /* i915_flip() called */
	uint64_t armed_ns; /* all planes written */
	uint64_t done_ns;  /* its vblank handled; 0 before */
	uint64_t frame;    /* i915_vblank_count() when it was done */
	bool torn;         /* a vblank came between the first and the last plane */
};
void i915_flip_times(const struct i915_flip *flip, struct i915_flip_times *out);

/* ---- cursor ---- */

struct i915_cursor {
	const struct i915_vma *image; /* as a plane's fb; NULL: off */
	uint32_t mode;                /* CURCNTR's mode and enable bits, in place */
	int16_t x, y;
};

/* A mere move costs two writes less. Takes no part in flips. */
int i915_cursor_update(struct i915 *i915, unsigned pipe, const struct i915_cursor *cursor);

/* ---- vblanks ---- */

/* Keep the pipe's vblank interrupts on. */
int i915_vblank_get(struct i915 *i915, unsigned pipe);
void i915_vblank_put(struct i915 *i915, unsigned pipe);

/* Sleep until count more vblanks were handled: 0, -ETIME, -EINVAL also if the pipe is turned off.
 */
int i915_vblank_wait(struct i915 *i915, unsigned pipe, unsigned count, uint64_t timeout_ns);

/* Frames counted, as of the last look at the pipe's frame counter. 0 for a pipe never enabled. */
uint64_t i915_vblank_count(const struct i915 *i915, unsigned pipe);

/* What the driver counted, for all pipes. */
struct i915_display_stats {
	uint64_t flips, flips_done;
	uint64_t flips_torn;        /* missed the frame that they began in */
	uint64_t evasions;          /* updates that waited so as not to be torn */
	uint64_t vblank_interrupts; /* of a pipe whose vblanks had a user, or had one a frame ago */
	uint64_t watermark_updates;
	uint64_t records_refused; /* planes and watermarks, by the host */
};
void i915_display_get_stats(const struct i915 *i915, struct i915_display_stats *out);

#endif
