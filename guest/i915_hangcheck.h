/* SPDX-License-Identifier: MIT */
/*
 * Hang check and reset.
 *
 *   function                          exits
 *   i915_sleep, with a look due       3 for each engine that is in use and has completed nothing,
 *                                     one more if its head has not moved, two more on RCS0
 *   i915_reset_stalled, _all          see i915_reset.c
 *
 * Source: Linux 4.19 intel_hangcheck.c, i915_drv.c (i915_reset, i915_reset_engine).
 */
#ifndef PVMMIO_GUEST_I915_HANGCHECK_H
#define PVMMIO_GUEST_I915_HANGCHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_mutex.h"
#include "sim/platform.h"

struct i915;
struct i915_engine;

struct i915_hangcheck {
	struct i915_mutex mutex;
	uint64_t period_ns;    /* 0: no hang check */
	struct plat_lock lock; /* of what follows */
	bool active;           /* an engine is or was busy: look again at next_ns */
	uint64_t next_ns;
};

/* What the last look at an engine has seen. */
struct i915_engine_hangcheck {
	uint32_t seqno;
	uint64_t acthd;
	uint32_t instdone;
	uint64_t progress_ns; /* when it last did something */
};

/* engine->lock held: it becomes busy. */
void i915_hangcheck_begin(struct i915_engine *engine);

/*
 * plat_halt() for those who wait for requests: interrupts are disabled, the sleep enables them. A
 * look that is due is taken on the way. true: something may have changed.
 */
bool i915_sleep(struct i915 *i915, uint64_t deadline_ns);

/* ---- i915_reset.c; hangcheck.mutex held ---- */

/*
 * Engines are 1 << enum gen9_engine_id. On each of those in stalled the request fails that was
 * being executed at the last look, if it still is.
 */

/* Reset the stalled engines, each by itself. Those that do not answer; 0: all do. */
uint32_t i915_reset_stalled(struct i915 *i915, uint32_t stalled);

/* Reset all engines at once. -EIO: the device does not answer, everything was failed. */
int i915_reset_all(struct i915 *i915, uint32_t stalled);

#endif
