/* SPDX-License-Identifier: MIT */
/*
 * A lock whose waiters sleep and take interrupts: for what lasts long and never happens in an
 * interrupt handler. Zero-initialise. Not recursive. Nothing here exits.
 */
#ifndef PVMMIO_GUEST_I915_MUTEX_H
#define PVMMIO_GUEST_I915_MUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/platform.h"

struct i915_mutex {
	struct plat_lock lock; /* the fields below */
	uint32_t waiters;
	bool held;
};

void i915_mutex_lock(struct platform *plat, struct i915_mutex *mutex);
bool i915_mutex_trylock(struct platform *plat, struct i915_mutex *mutex);
void i915_mutex_unlock(struct platform *plat, struct i915_mutex *mutex);

#endif
