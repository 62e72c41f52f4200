/* SPDX-License-Identifier: MIT */
/*
 * Addresses of one address space: which may be handed out, and which of them are taken.
 *
 * A space is one or two slices of addresses: all of a PPGTT's, a vGPU's two slices of the GGTT
 * ("ballooning": everything else counts as taken). Address 0 is never handed out, so that a zero
 * address is always a mistake.
 *
 * The caller locks. Nothing here exits.
 */
#ifndef PVMMIO_GUEST_I915_SPACE_H
#define PVMMIO_GUEST_I915_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_list.h"

#define I915_SPACE_SLICES 2u

struct i915_slice {
	uint64_t start;
	uint64_t end; /* first byte after it */
};

enum i915_place {
	I915_PLACE_LOW,  /* lowest free address, first slice first */
	I915_PLACE_HIGH, /* highest free address, last slice first */
};

struct i915_space {
	struct i915_slice slices[I915_SPACE_SLICES];
	struct i915_list nodes; /* taken ranges by address */
};

struct i915_node {
	struct i915_list link;
	uint64_t start;
	uint64_t size_bytes; /* 0: not taken */
};

/* Slices are multiples of pages, in order, and do not overlap; empty ones are allowed. */
void i915_space_init(struct i915_space *space, struct i915_slice first, struct i915_slice second);

/* Does [start, start + size_bytes) lie in one slice? */
bool i915_space_contains(const struct i915_space *space, uint64_t start, uint64_t size_bytes);

/* Could an empty space hold so many bytes in one piece? */
bool i915_space_has_room(const struct i915_space *space, uint64_t size_bytes, uint64_t align_bytes);

/* Take size_bytes, a multiple of pages; align_bytes is a power of two, at least a page. -ENOSPC. */
int i915_space_take(struct i915_space *space, struct i915_node *node, uint64_t size_bytes,
		    uint64_t align_bytes, enum i915_place place);

/* Take this range, which the space contains. -ENOSPC: some of it is taken. */
int i915_space_take_at(struct i915_space *space, struct i915_node *node, uint64_t start,
		       uint64_t size_bytes);

/* Give it back. No effect on a node that is not taken. */
void i915_space_give(struct i915_node *node);

static inline bool i915_node_overlaps(const struct i915_node *node, uint64_t start, uint64_t end)
{
	return node->size_bytes && node->start < end && start < node->start + node->size_bytes;
}

#endif
