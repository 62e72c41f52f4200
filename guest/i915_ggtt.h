/* SPDX-License-Identifier: MIT */
/*
 * The global GTT: which addresses are the guest's, which of them are taken, and the entries.
 *
 * A native driver owns the whole GGTT, a vGPU's two slices of it that PVINFO names ("ballooning":
 * everything else counts as taken). Address 0 is never handed out, so that a zero address is always
 * a mistake.
 *
 * Binding writes one 8-byte entry for each page, then the GGTT TLB invalidation register. Unbinding
 * writes nothing: with full PPGTT, i915's clear_range of the GGTT does nothing either. Stale
 * entries are overwritten by the range's next binding, and nothing of the driver's uses a range in
 * between.
 *
 *   function           exits on a vGPU
 *   i915_ggtt_bind     1 write for each page + 1
 *   everything else    none
 *
 * Source: Linux 4.19 i915_gem_gtt.c, i915_vgpu.c.
 */
#ifndef PVMMIO_GUEST_I915_GGTT_H
#define PVMMIO_GUEST_I915_GGTT_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_list.h"
#include "sim/platform.h"

struct i915_ggtt_slice {
	uint64_t start;
	uint64_t end; /* first byte after it */
};

enum i915_ggtt_place {
	I915_GGTT_LOW,  /* lowest free address, mappable slice first: objects */
	I915_GGTT_HIGH, /* highest free address, hidden slice first: contexts, rings, status pages
			 */
};

struct i915_ggtt {
	struct platform *plat;
	uint64_t bar0;
	uint64_t size_bytes;
	struct i915_ggtt_slice share[2]; /* mappable, hidden */
	struct plat_lock lock;
	struct i915_list nodes; /* taken ranges by address */
};

struct i915_ggtt_node {
	struct i915_list link;
	uint64_t start;
	uint64_t size_bytes; /* 0: not in the GGTT */
};

/*
 * Size of the GGTT from the GMCH control word of the configuration space. 0: none.
 */
uint64_t i915_ggtt_size_bytes(uint32_t gmch);

/*
 * mappable and hidden are the guest's share. -EIO when they are not pages in their parts of a GGTT
 * of size_bytes: what a host says is checked.
 */
int i915_ggtt_init(struct i915_ggtt *ggtt, struct platform *plat, uint64_t bar0,
		   uint64_t size_bytes, struct i915_ggtt_slice mappable,
		   struct i915_ggtt_slice hidden);

/* Take size_bytes (a multiple of pages). 0, -ENOSPC. */
int i915_ggtt_take(struct i915_ggtt *ggtt, struct i915_ggtt_node *node, uint64_t size_bytes,
		   enum i915_ggtt_place place);

/* Give it back. No effect on a node that is not in the GGTT. */
void i915_ggtt_give(struct i915_ggtt *ggtt, struct i915_ggtt_node *node);

/* Let the node's addresses mean the contiguous guest pages at gpa: a `ggtt_insert` operation. */
void i915_ggtt_bind(struct i915_ggtt *ggtt, const struct i915_ggtt_node *node, uint64_t gpa);

/* A page address outside of the guest's share, for tests of misbehaviour. */
uint64_t i915_ggtt_foreign_page(const struct i915_ggtt *ggtt);

#endif
