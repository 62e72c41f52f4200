/* SPDX-License-Identifier: MIT */
/*
 * What the driver under test keeps to itself, for checks. Nothing here exits or takes time.
 */
#ifndef PVMMIO_TESTS_PROPERTY_PEEK_H
#define PVMMIO_TESTS_PROPERTY_PEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915.h"

/* Is it mapped at present? *start and *bytes: all addresses that it keeps others from. */
bool peek_vma_range(const struct i915_vma *vma, uint64_t *start, uint64_t *bytes);

/* Guest physical addresses of the objects' memory and of the space's scratch pages. */
uint64_t peek_object_gpa(const struct i915_object *obj);
uint64_t peek_scratch_gpa(const struct i915_vm *vm, uint64_t *pages);

/* Roots of the context's own space: 1 or 4 of them; 0 when it has none. */
unsigned peek_roots(const struct i915_context *ctx, uint64_t roots[4]);

/* The roots in the context's image for the engine; false when it has none there yet. */
bool peek_image_roots(const struct i915_context *ctx, enum gen9_engine_id engine,
		      uint64_t roots[4]);

#endif
