// SPDX-License-Identifier: MIT
#include "guest/i915_heap.h"

#include <string.h>

#include "guest/i915_bug.h"

struct i915_heap_block {
	struct i915_heap_block *next;
};

/* At the start of each page, in the room of its first block. */
struct i915_heap_page {
	struct i915_heap_page *next;
};

static_assert(I915_HEAP_MIN_BYTES << (I915_HEAP_CLASS_COUNT - 1) == I915_HEAP_MAX_BYTES,
	      "one class for each power of two");
static_assert(sizeof(struct i915_heap_page) <= I915_HEAP_MIN_BYTES, "the header is one block");

void i915_heap_init(struct i915_heap *heap, struct platform *plat)
{
	memset(heap, 0, sizeof(*heap));
	heap->plat = plat;
}

void i915_heap_fini(struct i915_heap *heap)
{
	struct i915_heap_page *page = heap->pages;

	while (page) {
		struct i915_heap_page *next = page->next;

		plat_free_pages(heap->plat, page, 1);
		page = next;
	}
	i915_heap_init(heap, heap->plat);
}

static unsigned class_of(const struct i915_heap *heap, size_t size_bytes)
{
	unsigned class = 0;

	I915_BUG_ON(heap->plat, size_bytes > I915_HEAP_MAX_BYTES);
	while (((size_t)I915_HEAP_MIN_BYTES << class) < size_bytes)
		class ++;
	return class;
}

static void push(struct i915_heap *heap, unsigned class, void *p)
{
	struct i915_heap_block *block = p;

	block->next = heap->free[class];
	heap->free[class] = block;
}

static bool grow(struct i915_heap *heap, unsigned class)
{
	size_t size = (size_t)I915_HEAP_MIN_BYTES << class;
	uint64_t gpa;
	char *p = plat_alloc_pages(heap->plat, 1, &gpa);
	struct i915_heap_page *page = (struct i915_heap_page *)(void *)p;

	if (!p)
		return false;
	page->next = heap->pages;
	heap->pages = page;
	heap->page_count++;
	for (size_t at = PLAT_PAGE_SIZE - size; at >= size; at -= size)
		push(heap, class, p + at);
	return true;
}

void *i915_heap_alloc(struct i915_heap *heap, size_t size_bytes)
{
	unsigned class = class_of(heap, size_bytes);
	struct i915_heap_block *block = NULL;
	bool irq = plat_lock(heap->plat, &heap->lock);

	if (heap->free[class] || grow(heap, class)) {
		block = heap->free[class];
		heap->free[class] = block->next;
		heap->blocks_in_use++;
	}
	plat_unlock(heap->plat, &heap->lock, irq);
	if (block)
		memset(block, 0, size_bytes);
	return block;
}

void i915_heap_free(struct i915_heap *heap, void *block, size_t size_bytes)
{
	bool irq;

	if (!block)
		return;
	irq = plat_lock(heap->plat, &heap->lock);
	push(heap, class_of(heap, size_bytes), block);
	heap->blocks_in_use--;
	plat_unlock(heap->plat, &heap->lock, irq);
}
