/* SPDX-License-Identifier: MIT */
/*
 * The global GTT as an address space.
 *
 * A native driver owns the whole GGTT, a vGPU's two slices of it that PVINFO names. Objects go to
 * the lowest free address, mappable slice first; contexts, rings and status pages to the highest.
 *
 * With full PPGTT clearing writes nothing, as in i915: stale entries are overwritten by the range's
 * next binding, and nothing of the driver's uses a range in between. Where batches run in the GGTT,
 * clearing lets the entries name the scratch page.
 *
 *   operation on N pages        exits on a vGPU    with level ggtt_update
 *   insert                      N writes + 1       1 notification
 *   clear, with full PPGTT      none               none
 *   clear, without              N writes           1 notification
 *
 * With the level the entries are stored all the same, but the host has the window mapped as memory.
 *
 * Source: Linux 4.19 i915_gem_gtt.c, i915_vgpu.c; for the level ACRN's 4.19 kernel.
 */
#ifndef PVMMIO_GUEST_I915_GGTT_H
#define PVMMIO_GUEST_I915_GGTT_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_vm.h"

struct i915_ggtt {
	struct i915_vm vm;
	uint64_t size_bytes;
};

/* [clears] [level ggtt_update] */
extern const struct i915_vm_ops i915_ggtt_ops[2][2];

/* Size of the GGTT from the GMCH control word of the configuration space. 0: none. */
uint64_t i915_ggtt_size_bytes(uint32_t gmch);

/*
 * mappable and hidden are the guest's share. -EIO when they are not pages in their parts of a GGTT
 * of size_bytes: what a host says is checked. -ENOMEM.
 */
int i915_ggtt_init(struct i915 *i915, uint64_t size_bytes, struct i915_slice mappable,
		   struct i915_slice hidden);
void i915_ggtt_fini(struct i915 *i915);

/* A page address outside of the guest's share, for tests of misbehaviour. */
uint64_t i915_ggtt_foreign_page(const struct i915_ggtt *ggtt);

#endif
