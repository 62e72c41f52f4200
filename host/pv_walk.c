// SPDX-License-Identifier: MIT

#include "host/pv_walk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/gtt.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"

#define PDPE_PS_1G   (1ull << 7)
#define LEAF_CACHING (1ull << 3 | 1ull << 4 | 1ull << 7) // PWT, PCD, PAT

// May this copy of a guest's entry be followed? Large pages are not part of the level.
static bool entry_is_usable(uint64_t entry, unsigned level)
{
	if (!(entry & GEN8_PTE_PRESENT))
		return false;
	if (level == SHADOW_PD)
		return !(entry & (GEN8_PDE_PS_2M | GEN8_PDE_IPS_64K));
	return level != SHADOW_PDP || !(entry & PDPE_PS_1G);
}

static enum pvmmio_status find_page(struct vgpu *vgpu, uint64_t entry, uint64_t rights)
{
	struct pv_walk *walk = vgpu->walk;
	uint64_t mfn;
	int ret = dma_map_gfn(vgpu, (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT, &mfn);

	if (ret)
		return ret == -ENOMEM ? PVMMIO_STATUS_NO_MEMORY : PVMMIO_STATUS_UNBACKED;
	walk->entries[walk->found++] = mfn << PAGE_SHIFT | GEN8_PTE_PRESENT |
				       (entry & (rights | LEAF_CACHING));
	return PVMMIO_STATUS_OK;
}

// Read what range needs of the guest's table at gpa.
static int read_table(struct vgpu *vgpu, uint64_t gpa, unsigned level, struct pv_range range)
{
	unsigned first = pv_entry_index(range.start, level);
	unsigned count = pv_entry_index(range.end - 1, level) - first + 1;
	int ret = guest_read(vgpu, gpa + 8 * first, &vgpu->walk->tables[level][first], 8 * count);

	work_spend(vgpu->m, WORK_PV_WALK_ENTRY, ret ? 0 : count);
	return ret;
}

// rights: GEN8_PTE_WRITABLE while all entries above have it.
static enum pvmmio_status walk_table(struct vgpu *vgpu, uint64_t gpa, unsigned level,
				     struct pv_range range, uint64_t rights)
{
	struct pv_range piece;

	if (read_table(vgpu, gpa, level, range))
		return PVMMIO_STATUS_UNBACKED;
	for (; range.start < range.end; range.start = piece.end) {
		uint64_t entry = vgpu->walk->tables[level][pv_entry_index(range.start, level)];
		enum pvmmio_status status;

		piece = pv_first_piece(range, level);
		if (!entry_is_usable(entry, level))
			return PVMMIO_STATUS_UNBACKED;
		if (level == SHADOW_PT)
			status = find_page(vgpu, entry, rights & entry);
		else
			status = walk_table(vgpu, entry & GEN8_PTE_ADDR_MASK, level - 1, piece,
					    rights & entry);
		if (status)
			return status;
	}
	return PVMMIO_STATUS_OK;
}

enum pvmmio_status pv_walk(struct vgpu *vgpu, uint64_t root, struct pv_range range,
			   struct pv_walk **out)
{
	enum pvmmio_status status;

	assert(!vgpu->walk && sim_mutex_held(vgpu->m, &vgpu->lock));
	vgpu->walk =
		malloc(sizeof(*vgpu->walk) + pv_page_count(range) * sizeof(vgpu->walk->entries[0]));
	if (!vgpu->walk)
		return PVMMIO_STATUS_NO_MEMORY;
	vgpu->walk->found = 0;
	status = walk_table(vgpu, root, SHADOW_PML4, range, GEN8_PTE_WRITABLE);
	if (status)
		pv_walk_abandon(vgpu);
	*out = vgpu->walk;
	return status;
}

void pv_walk_free(struct vgpu *vgpu)
{
	free(vgpu->walk);
	vgpu->walk = NULL;
}

void pv_walk_abandon(struct vgpu *vgpu)
{
	const struct pv_walk *walk = vgpu->walk;

	for (uint64_t i = 0; walk && i < walk->found; i++)
		dma_unmap_mfn(vgpu, (walk->entries[i] & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT);
	pv_walk_free(vgpu);
}
