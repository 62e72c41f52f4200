// SPDX-License-Identifier: MIT
#include "guest/i915_ggtt.h"

#include "guest/i915_bug.h"
#include "guest/i915_errno.h"
#include "hw-model/regs/gen9_context.h"
#include "hw-model/regs/gen9_regs.h"

#define GMCH_GGMS_SHIFT 6
#define GMCH_GGMS_MASK  3u

/* PAT index 4: write back, as i915 maps everything cacheable. */
#define PTE_PAT_CACHED (1ull << 7)

uint64_t i915_ggtt_size_bytes(uint32_t gmch)
{
	unsigned ggms = (gmch >> GMCH_GGMS_SHIFT) & GMCH_GGMS_MASK;
	uint64_t entries_bytes = ggms ? (uint64_t)0x100000u << ggms : 0;

	return entries_bytes / 8 * PLAT_PAGE_SIZE;
}

static bool slice_in(struct i915_ggtt_slice slice, uint64_t start, uint64_t end)
{
	if (slice.start == slice.end)
		return true;
	return slice.start % PLAT_PAGE_SIZE == 0 && slice.end % PLAT_PAGE_SIZE == 0 &&
	       slice.start >= start && slice.start < slice.end && slice.end <= end;
}

int i915_ggtt_init(struct i915_ggtt *ggtt, struct platform *plat, uint64_t bar0,
		   uint64_t size_bytes, struct i915_ggtt_slice mappable,
		   struct i915_ggtt_slice hidden)
{
	uint64_t mappable_end = size_bytes < GEN9_APERTURE_BYTES ? size_bytes : GEN9_APERTURE_BYTES;

	ggtt->plat = plat;
	ggtt->bar0 = bar0;
	ggtt->size_bytes = size_bytes;
	ggtt->share[0] = mappable;
	ggtt->share[1] = hidden;
	i915_list_init(&ggtt->nodes);
	if (!slice_in(mappable, 0, mappable_end) || !slice_in(hidden, mappable_end, size_bytes))
		return -I915_EIO;
	return 0;
}

/* What may be handed out of a slice: all but address 0. */
static struct i915_ggtt_slice usable(struct i915_ggtt_slice slice)
{
	if (slice.start == 0 && slice.end > 0)
		slice.start = PLAT_PAGE_SIZE;
	return slice;
}

static struct i915_ggtt_node *node_of(struct i915_list *link)
{
	return container_of(link, struct i915_ggtt_node, link);
}

/* First fit from the bottom of slice. The node after which the hole lies, NULL for no hole. */
static struct i915_list *find_low(struct i915_ggtt *ggtt, struct i915_ggtt_slice slice,
				  uint64_t size_bytes, uint64_t *start_out)
{
	uint64_t start = slice.start;
	struct i915_list *link;

	for (link = ggtt->nodes.next; link != &ggtt->nodes; link = link->next) {
		const struct i915_ggtt_node *node = node_of(link);
		uint64_t end = node->start + node->size_bytes;

		if (end <= start)
			continue;
		if (node->start >= slice.end ||
		    (node->start > start && node->start - start >= size_bytes))
			break;
		start = end;
	}
	*start_out = start;
	return start < slice.end && slice.end - start >= size_bytes ? link->prev : NULL;
}

/* First fit from the top of slice. */
static struct i915_list *find_high(struct i915_ggtt *ggtt, struct i915_ggtt_slice slice,
				   uint64_t size_bytes, uint64_t *start_out)
{
	uint64_t end = slice.end;
	struct i915_list *link;

	for (link = ggtt->nodes.prev; link != &ggtt->nodes; link = link->prev) {
		const struct i915_ggtt_node *node = node_of(link);
		uint64_t node_end = node->start + node->size_bytes;

		if (node->start >= end)
			continue;
		if (node_end <= slice.start || (node_end < end && end - node_end >= size_bytes))
			break;
		end = node->start;
	}
	*start_out = end - size_bytes;
	return end > slice.start && end - slice.start >= size_bytes ? link : NULL;
}

int i915_ggtt_take(struct i915_ggtt *ggtt, struct i915_ggtt_node *node, uint64_t size_bytes,
		   enum i915_ggtt_place place)
{
	struct i915_list *after = NULL;
	uint64_t start = 0;
	bool irq = plat_lock(ggtt->plat, &ggtt->lock);

	I915_BUG_ON(ggtt->plat, size_bytes == 0 || size_bytes % PLAT_PAGE_SIZE);
	for (unsigned i = 0; i < 2 && !after; i++) {
		if (place == I915_GGTT_LOW)
			after = find_low(ggtt, usable(ggtt->share[i]), size_bytes, &start);
		else
			after = find_high(ggtt, usable(ggtt->share[1 - i]), size_bytes, &start);
	}
	if (after) {
		node->start = start;
		node->size_bytes = size_bytes;
		i915_list_insert_after(&node->link, after);
	}
	plat_unlock(ggtt->plat, &ggtt->lock, irq);
	return after ? 0 : -I915_ENOSPC;
}

void i915_ggtt_give(struct i915_ggtt *ggtt, struct i915_ggtt_node *node)
{
	bool irq;

	if (node->size_bytes == 0)
		return;
	irq = plat_lock(ggtt->plat, &ggtt->lock);
	i915_list_remove(&node->link);
	node->size_bytes = 0;
	plat_unlock(ggtt->plat, &ggtt->lock, irq);
}

void i915_ggtt_bind(struct i915_ggtt *ggtt, const struct i915_ggtt_node *node, uint64_t gpa)
{
	uint64_t window = ggtt->bar0 + GEN9_GTT_WINDOW;
	uint64_t flags = GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE | PTE_PAT_CACHED;

	plat_op_begin(ggtt->plat, PLAT_OP_GGTT_INSERT);
	for (uint64_t at = 0; at < node->size_bytes; at += PLAT_PAGE_SIZE)
		plat_write64(ggtt->plat, window + (node->start + at) / PLAT_PAGE_SIZE * 8,
			     ((gpa + at) & GEN8_PTE_ADDR_MASK) | flags);
	plat_write32(ggtt->plat, ggtt->bar0 + GFX_FLSH_CNTL, 1);
	plat_op_end(ggtt->plat, PLAT_OP_GGTT_INSERT);
}

uint64_t i915_ggtt_foreign_page(const struct i915_ggtt *ggtt)
{
	const uint64_t candidates[] = { ggtt->share[0].end, ggtt->share[1].end, 0 };

	for (unsigned i = 0; i < 3; i++) {
		uint64_t page = candidates[i];
		bool own = page >= ggtt->size_bytes;

		for (unsigned s = 0; s < 2; s++) {
			struct i915_ggtt_slice slice = usable(ggtt->share[s]);

			own |= page >= slice.start && page < slice.end;
		}
		if (!own)
			return page;
	}
	return ggtt->size_bytes;
}
