/* SPDX-License-Identifier: MIT */
/* Contiguous guest pages, aligned in guest physical addresses as large GPU pages need it. */
#ifndef PVMMIO_GUEST_I915_PAGES_H
#define PVMMIO_GUEST_I915_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/platform.h"

struct i915_pages {
	void *cpu; /* NULL: none */
	uint64_t gpa;
	size_t page_count;
	void *block; /* what the platform gave: cpu lies in it */
	size_t block_pages;
};

/*
 * page_count zeroed pages, gpa a multiple of align_pages (a power of two). The platform aligns to
 * one page only, so an alignment takes up to align_pages - 1 pages more. 0, -ENOMEM.
 */
int i915_pages_alloc(struct platform *plat, struct i915_pages *pages, size_t page_count,
		     size_t align_pages);

/* No effect if there are none. Outside of handlers and spin locks. */
void i915_pages_free(struct platform *plat, struct i915_pages *pages);

#endif
