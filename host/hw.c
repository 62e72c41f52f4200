// SPDX-License-Identifier: MIT

#include <assert.h>
#include <errno.h>

#include "host/hw.h"
#include "hw-model/regs/gen9_context.h"

#define PTE_READ_WRITE (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)

uint32_t hw_read32(struct hw *hw, uint32_t offset)
{
	return (uint32_t)bus_read(hw->m->host_bus, hw->bar0 + offset, 4);
}

void hw_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	bus_write(hw->m->host_bus, hw->bar0 + offset, 4, value);
}

void hw_write_pte(struct hw *hw, uint64_t index, uint64_t pte)
{
	assert(index < GEN9_GGTT_ENTRIES);
	bus_write(hw->m->host_bus, hw->bar0 + GEN9_GTT_WINDOW + 8 * index, 8, pte);
}

void hw_flush_ggtt(struct hw *hw)
{
	hw_write32(hw, GFX_FLSH_CNTL, 1);
}

uint64_t hw_absent_pte(const struct hw *hw)
{
	return hw->empty_mfn << PAGE_SHIFT;
}

// First fit in the hidden part that the host keeps. Returns where to link the new node, or NULL.
static struct hw_pages **find_place(struct hw *hw, uint64_t bytes, uint64_t *gma_out)
{
	struct hw_pages **link = &hw->bound_pages;
	uint64_t gma = GGTT_HOST_HIGH_BASE;
	const uint64_t end = GGTT_HOST_HIGH_BASE + GGTT_HOST_HIGH_BYTES;

	for (; *link; link = &(*link)->next) {
		if ((*link)->gma - gma >= bytes)
			break;
		gma = (*link)->gma + ((*link)->page_count << PAGE_SHIFT);
	}
	if (bytes > end - gma)
		return NULL;
	*gma_out = gma;
	return link;
}

int hw_pages_alloc(struct hw *hw, struct hw_pages *pages, uint64_t page_count)
{
	struct hw_pages **link;
	uint64_t gma;
	uint64_t mfn;
	int ret;

	assert(page_count > 0);
	if (page_count > GGTT_HOST_HIGH_BYTES >> PAGE_SHIFT)
		return -ENOSPC;
	link = find_place(hw, page_count << PAGE_SHIFT, &gma);
	if (!link)
		return -ENOSPC;
	ret = physmem_alloc_pages(hw->m->pm, page_count, &mfn);
	if (ret)
		return ret;
	*pages = (struct hw_pages){
		.mfn = mfn,
		.page_count = page_count,
		.gma = gma,
		.cpu = physmem_at(hw->m->pm, mfn << PAGE_SHIFT, page_count << PAGE_SHIFT),
		.next = *link,
	};
	*link = pages;
	return 0;
}

void hw_pages_bind(struct hw *hw, struct hw_pages *pages)
{
	assert(pages->page_count);
	if (pages->bound)
		return;
	for (uint64_t i = 0; i < pages->page_count; i++)
		hw_write_pte(hw, (pages->gma >> PAGE_SHIFT) + i,
			     (pages->mfn + i) << PAGE_SHIFT | PTE_READ_WRITE);
	hw_flush_ggtt(hw);
	work_spend(hw->m, WORK_GGTT_ENTRY, pages->page_count);
	pages->bound = true;
}

void hw_pages_free(struct hw *hw, struct hw_pages *pages)
{
	struct hw_pages **link = &hw->bound_pages;

	if (!pages->page_count)
		return;
	if (pages->bound) {
		for (uint64_t i = 0; i < pages->page_count; i++)
			hw_write_pte(hw, (pages->gma >> PAGE_SHIFT) + i, hw_absent_pte(hw));
		hw_flush_ggtt(hw);
	}
	while (*link != pages)
		link = &(*link)->next;
	*link = pages->next;
	physmem_free_pages(hw->m->pm, pages->mfn, pages->page_count);
	*pages = (struct hw_pages){ 0 };
}

int hw_init(struct hw *hw, struct machine *m, uint64_t bar0)
{
	int ret;

	*hw = (struct hw){ .m = m, .bar0 = bar0, .irq_at_ps = EXEC_NEVER };
	ret = physmem_alloc_pages(m->pm, 1, &hw->empty_mfn);
	if (ret)
		return ret;
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct hw_engine *engine = &hw->engines[id];

		engine->hw = hw;
		engine->info = &gen9_engines[id];
		engine->id = (enum gen9_engine_id)id;
		engine->origin.vm_id = -1;
		ret = hw_pages_alloc(hw, &engine->hwsp, 1);
		if (ret) {
			hw_fini(hw);
			return ret;
		}
	}
	return 0;
}

void hw_fini(struct hw *hw)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		hw_pages_free(hw, &hw->engines[id].hwsp);
	assert(!hw->bound_pages);
	if (hw->empty_mfn)
		physmem_free_pages(hw->m->pm, hw->empty_mfn, 1);
	hw->empty_mfn = 0;
}

void hw_wait_ready(struct hw *hw)
{
	while (!hw->ready)
		exec_wait(hw->m->ex, &hw->ready_waiters, EXEC_NEVER);
}
