/* SPDX-License-Identifier: MIT */
/*
 * A display pipe, as the files of the driver see it: i915_display.c has modes and the cursor,
 * i915_flip.c updates, i915_plane.c and i915_watermark.c their registers, i915_vblank.c vblanks.
 */
#ifndef PVMMIO_GUEST_I915_PIPE_H
#define PVMMIO_GUEST_I915_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_display.h"
#include "guest/i915_mutex.h"
#include "hw-model/regs/gen9_display.h"
#include "sim/abi/pvmmio.h"
#include "sim/platform.h"

/* What a pipe's interrupt group reports at any time: CRC done, faults of planes and cursor. */
#define I915_PIPE_FAULTS     0xf80u
#define I915_PIPE_IRQ_ALWAYS (DE_PIPE_CDCLK_CRC_DONE | I915_PIPE_FAULTS)

struct i915_pipe {
	struct i915 *i915;
	unsigned index;

	struct i915_mutex mutex; /* down to cursor */
	bool enabled;
	struct i915_mode mode;
	unsigned planes_on;                       /* bit of each plane that shows something */
	unsigned scaler_plane[GEN9_SCALER_COUNT]; /* the plane that a scaler serves; 0: none */
	struct i915_cursor_regs {
		uint32_t control, base;
	} cursor;

	struct plat_lock lock; /* all below */
	bool running;          /* between the pipe's start and stop: it has vblanks */
	bool vblank_on;        /* its vblank interrupt is unmasked */
	unsigned vblank_users;
	unsigned waiters;
	uint32_t irq_mask;       /* DE_PIPE_IMR */
	uint32_t frame_register; /* PIPE_FRMCOUNT at the last look */
	uint64_t frame;          /* frames counted */
	uint64_t frame_begin_ns; /* when the first line of that frame was, or will be, shown */
	uint64_t vblanks_handled;
	struct i915_flip *pending;

	uint64_t flips, flips_done, flips_torn, evasions;
	uint64_t watermark_updates, records_refused;
};

/* ---- i915_vblank.c ---- */

/* The line being shown, 0 the first of the frame; reads PIPEDSL once or more often. */
unsigned i915_scan_line(struct i915_pipe *pipe);
void i915_vblank_start(struct i915_pipe *pipe); /* the pipe has started */
void i915_vblank_stop(struct i915_pipe *pipe);  /* it is about to stop */

/* pipe->lock held. */
void i915_vblank_get_locked(struct i915_pipe *pipe);
void i915_vblank_put_locked(struct i915_pipe *pipe);
uint64_t i915_vblank_count_now(struct i915_pipe *pipe); /* looks at the frame counter */

/*
 * Sleep until a condition, asked under pipe->lock, is met; every vblank that is handled wakes.
 * Interrupts are disabled, between each question and the sleep too. false: it is not, at the
 * deadline or because the pipe has stopped.
 */
typedef bool i915_vblank_condition(const struct i915_pipe *pipe, const void *arg);
bool i915_vblank_sleep(struct i915_pipe *pipe, i915_vblank_condition *met, const void *arg,
		       uint64_t deadline_ns);

uint64_t i915_vblanks_handled(struct i915_pipe *pipe);
bool i915_vblanks_reached(const struct i915_pipe *pipe, const void *count); /* of uint64_t */

void i915_vblank_interrupt(struct i915_pipe *pipe);

/* ---- i915_flip.c ---- */

/* pipe->lock held: the pending flip, if there is one and its time has come, or in any case. */
void i915_flip_complete(struct i915_pipe *pipe, bool in_any_case);

/* ---- i915_plane.c ---- */

/* Registers of an update, as a pvmmio record has them; flags likewise. */
struct i915_plane_regs {
	struct pvmmio_plane_record record;
	uint32_t surf;
};

/* 0, or -EIO: the host has refused it. */
struct i915_plane_ops {
	int (*update)(struct i915_pipe *pipe, unsigned plane, const struct i915_plane_regs *regs);
};

extern const struct i915_plane_ops i915_plane_direct;
extern const struct i915_plane_ops i915_plane_pvmmio; /* level plane_update */

#define I915_NO_SCALER GEN9_SCALER_COUNT

bool i915_plane_update_valid(const struct i915_plane_update *update);
void i915_plane_regs(const struct i915_plane_update *update, unsigned scaler,
		     struct i915_plane_regs *out);
void i915_plane_disable(struct i915_pipe *pipe, unsigned plane);

/* ---- i915_watermark.c ---- */
struct i915_watermark_ops {
	int (*update)(struct i915_pipe *pipe, unsigned plane,
		      const struct i915_watermarks *watermarks);
};

extern const struct i915_watermark_ops i915_watermark_direct;
extern const struct i915_watermark_ops i915_watermark_pvmmio; /* level plane_wm_update */

bool i915_watermarks_valid(const struct i915_watermarks *watermarks);
int i915_watermarks_write(struct i915_pipe *pipe, unsigned plane,
			  const struct i915_watermarks *watermarks);
void i915_linetime_write(struct i915_pipe *pipe);

/* ---- i915_display.c ---- */
void i915_display_init(struct i915 *i915);
void i915_display_fini(struct i915 *i915); /* all pipes off */

/* The pipe of that number, or NULL. */
struct i915_pipe *i915_pipe(struct i915 *i915, unsigned pipe);

/* ---- i915_irq_display.c ---- */
void i915_display_interrupt(struct i915 *i915, uint32_t master);

#endif
