/* SPDX-License-Identifier: MIT */
/*
 * Promises of the driver's own code. A broken one says where and stops the machine: a freestanding
 * driver has no assert().
 */
#ifndef PVMMIO_GUEST_I915_BUG_H
#define PVMMIO_GUEST_I915_BUG_H

#include <assert.h> /* static_assert only */

#include "sim/platform.h"

#define I915_BUG_ON(plat, condition)                                                               \
	do {                                                                                       \
		if (__builtin_expect(!!(condition), 0)) {                                          \
			plat_log((plat), "i915: BUG in " __FILE__ ": " #condition ", line",        \
				 __LINE__);                                                        \
			__builtin_trap();                                                          \
		}                                                                                  \
	} while (0)

#endif
