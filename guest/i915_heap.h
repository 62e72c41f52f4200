/* SPDX-License-Identifier: MIT */
/*
 * Heap for the driver's own structures: pages from the platform, cut into power-of-two size
 * classes, with a free list for each class.
 *
 * Pages go back to the platform only with i915_heap_fini(), all at once. Freeing is a few stores
 * under a lock, so it is allowed in the interrupt handler; so is allocating, as far as the
 * platform's page allocator is. Neither exits.
 */
#ifndef PVMMIO_GUEST_I915_HEAP_H
#define PVMMIO_GUEST_I915_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "sim/platform.h"

#define I915_HEAP_MIN_BYTES   64u
#define I915_HEAP_MAX_BYTES   2048u
#define I915_HEAP_CLASS_COUNT 6u

struct i915_heap_block;
struct i915_heap_page;

struct i915_heap {
	struct platform *plat;
	struct plat_lock lock;
	struct i915_heap_block *free[I915_HEAP_CLASS_COUNT];
	struct i915_heap_page *pages;
	size_t page_count;
	size_t blocks_in_use;
};

void i915_heap_init(struct i915_heap *heap, struct platform *plat);

/* Return all pages. What was allocated and not freed ends with them. */
void i915_heap_fini(struct i915_heap *heap);

/* Zeroed; size_bytes at most I915_HEAP_MAX_BYTES. NULL: no memory. */
void *i915_heap_alloc(struct i915_heap *heap, size_t size_bytes);

/* size_bytes as it was allocated. block may be NULL. */
void i915_heap_free(struct i915_heap *heap, void *block, size_t size_bytes);

#endif
