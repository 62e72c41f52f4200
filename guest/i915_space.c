// SPDX-License-Identifier: MIT
#include "guest/i915_space.h"

#include "guest/i915_errno.h"
#include "sim/platform.h"

static struct i915_slice without_page_0(struct i915_slice slice)
{
	if (slice.start == 0 && slice.end > 0)
		slice.start = PLAT_PAGE_SIZE;
	return slice;
}

void i915_space_init(struct i915_space *space, struct i915_slice first, struct i915_slice second)
{
	space->slices[0] = without_page_0(first);
	space->slices[1] = without_page_0(second);
	i915_list_init(&space->nodes);
}

bool i915_space_contains(const struct i915_space *space, uint64_t start, uint64_t size_bytes)
{
	for (unsigned i = 0; i < I915_SPACE_SLICES; i++) {
		struct i915_slice slice = space->slices[i];

		if (start >= slice.start && start < slice.end && slice.end - start >= size_bytes)
			return true;
	}
	return false;
}

static uint64_t align_up(uint64_t address, uint64_t align_bytes)
{
	return (address + align_bytes - 1) & ~(align_bytes - 1);
}

bool i915_space_has_room(const struct i915_space *space, uint64_t size_bytes, uint64_t align_bytes)
{
	for (unsigned i = 0; i < I915_SPACE_SLICES; i++) {
		if (i915_space_contains(space, align_up(space->slices[i].start, align_bytes),
					size_bytes))
			return true;
	}
	return false;
}

static struct i915_node *node_of(struct i915_list *link)
{
	return container_of(link, struct i915_node, link);
}

/* First fit from the bottom of slice. The link after which the range comes, NULL for no hole. */
static struct i915_list *find_low(struct i915_space *space, struct i915_slice slice,
				  uint64_t size_bytes, uint64_t align_bytes, uint64_t *start_out)
{
	uint64_t start = align_up(slice.start, align_bytes);
	struct i915_list *link;

	for (link = space->nodes.next; link != &space->nodes; link = link->next) {
		const struct i915_node *node = node_of(link);

		if (node->start + node->size_bytes <= start)
			continue;
		if (node->start >= slice.end ||
		    (node->start > start && node->start - start >= size_bytes))
			break;
		start = align_up(node->start + node->size_bytes, align_bytes);
	}
	*start_out = start;
	return start < slice.end && slice.end - start >= size_bytes ? link->prev : NULL;
}

/* The highest aligned start of a range that ends at end at the latest and begins at floor. */
static bool fits_below(uint64_t end, uint64_t floor, uint64_t size_bytes, uint64_t align_bytes,
		       uint64_t *start_out)
{
	if (end < size_bytes)
		return false;
	*start_out = (end - size_bytes) & ~(align_bytes - 1);
	return *start_out >= floor;
}

/* First fit from the top of slice. */
static struct i915_list *find_high(struct i915_space *space, struct i915_slice slice,
				   uint64_t size_bytes, uint64_t align_bytes, uint64_t *start_out)
{
	uint64_t end = slice.end;
	struct i915_list *link;

	for (link = space->nodes.prev; link != &space->nodes; link = link->prev) {
		const struct i915_node *node = node_of(link);
		uint64_t node_end = node->start + node->size_bytes;

		if (node->start >= end)
			continue;
		if (node_end <= slice.start)
			break;
		if (fits_below(end, node_end, size_bytes, align_bytes, start_out))
			return link;
		end = node->start;
	}
	return fits_below(end, slice.start, size_bytes, align_bytes, start_out) ? link : NULL;
}

static void insert(struct i915_node *node, uint64_t start, uint64_t size_bytes,
		   struct i915_list *after)
{
	node->start = start;
	node->size_bytes = size_bytes;
	i915_list_insert_after(&node->link, after);
}

int i915_space_take(struct i915_space *space, struct i915_node *node, uint64_t size_bytes,
		    uint64_t align_bytes, enum i915_place place)
{
	struct i915_list *after = NULL;
	uint64_t start = 0;

	for (unsigned i = 0; i < I915_SPACE_SLICES && !after; i++) {
		if (place == I915_PLACE_LOW)
			after = find_low(space, space->slices[i], size_bytes, align_bytes, &start);
		else
			after = find_high(space, space->slices[I915_SPACE_SLICES - 1 - i],
					  size_bytes, align_bytes, &start);
	}
	if (!after)
		return -I915_ENOSPC;
	insert(node, start, size_bytes, after);
	return 0;
}

int i915_space_take_at(struct i915_space *space, struct i915_node *node, uint64_t start,
		       uint64_t size_bytes)
{
	struct i915_list *link;

	for (link = space->nodes.prev; link != &space->nodes; link = link->prev) {
		if (i915_node_overlaps(node_of(link), start, start + size_bytes))
			return -I915_ENOSPC;
		if (node_of(link)->start < start)
			break;
	}
	insert(node, start, size_bytes, link);
	return 0;
}

void i915_space_give(struct i915_node *node)
{
	if (node->size_bytes == 0)
		return;
	i915_list_remove(&node->link);
	node->size_bytes = 0;
}
