// SPDX-License-Identifier: MIT
/*
 * Page walks: from an address of the GGTT or of a PPGTT to the page behind it.
 *
 * PPGTT: 512 entries a table, nine bits of the address each. Four levels from the table in PDP0, or
 * two from one of the four PDP registers, which then take the place of the third level. The roots
 * hold an address only: Linux leaves their present bit clear. An entry of a page directory (level
 * 1) may itself be a page of 2 MiB, or say that its table holds pages of 64 KiB; the latter counts
 * only while GAMW_ECO_DEV_RW_IA enables it, and is a table of 4 KiB pages otherwise. There are no
 * pages of 1 GiB: the bit is not looked at.
 *
 * Every entry on the way has to be present; a page is writable if all of them are. The GGTT has no
 * read-only pages: its entries' bit is not looked at (Linux 4.19 i915_gem_gtt.c).
 *
 * No entry of an upper level is kept anywhere: each walk reads all levels.
 *
 * Source: Linux 4.19 i915_gem_gtt.c, i915_gem_gtt.h, i915_reg.h.
 */
#include <errno.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_context.h"

#define LEVEL_BITS         9u
#define LEVEL_PML4E        3u
#define ADDRESS_BITS_48    48u
#define ADDRESS_BITS_32    32u
#define PAGES_OF_64K       16u
#define TABLE_INDEX(a, lv) ((unsigned)((a) >> (PAGE_SHIFT + LEVEL_BITS * (lv))) & 0x1ffu)

static const uint64_t *table_at(const struct gen9_gpu *gpu, uint64_t entry)
{
	return dma_page(&gpu->dma, (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT);
}

/* The page of the size that an entry names; gma must lie in memory. */
static int map_page(const struct gen9_gpu *gpu, uint64_t entry, enum gen9_page_size size,
		    uint64_t gma, struct gen9_mapping *mapping)
{
	uint64_t pages = UINT64_C(1) << (gen9_page_shift(size) - PAGE_SHIFT);

	mapping->frame = ((entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT) & ~(pages - 1u);
	mapping->size = size;
	return dma_page(&gpu->dma, gen9_mapping_frame(mapping, gma)) ? 0 : -EFAULT;
}

static int walk_ggtt(const struct gen9_gpu *gpu, uint64_t gma, struct gen9_walk *walk)
{
	uint64_t entry;

	walk->fault_level = 0;
	if (gma >> PAGE_SHIFT >= GEN9_GGTT_ENTRIES)
		return -EFAULT;
	entry = gpu->ggtt[gma >> PAGE_SHIFT];
	walk->reads = 1;
	walk->mapping.writable = true;
	if (!(entry & GEN8_PTE_PRESENT))
		return -EFAULT;
	return map_page(gpu, entry, GEN9_PAGE_4K, gma, &walk->mapping);
}

static bool has_64k_pages(struct gen9_gpu *gpu, uint64_t directory_entry)
{
	return (directory_entry & GEN8_PDE_IPS_64K) &&
	       (*gen9_reg(gpu, GAMW_ECO_DEV_RW_IA) & GAMW_ECO_64K_IPS) == GAMW_ECO_64K_IPS;
}

static int walk_ppgtt(struct gen9_gpu *gpu, const struct gen9_root *root, uint64_t gma,
		      struct gen9_walk *walk)
{
	unsigned bits = root->levels == GEN9_LEVELS_48BIT ? ADDRESS_BITS_48 : ADDRESS_BITS_32;
	enum gen9_page_size size = GEN9_PAGE_4K;
	uint64_t entry = root->table;

	/* A root that names no table, or an address beyond its reach: what would name the table. */
	walk->fault_level = root->levels < LEVEL_PML4E ? root->levels : LEVEL_PML4E;
	if (gma >> bits)
		return -EFAULT;
	walk->mapping.writable = true;
	for (unsigned level = root->levels; level-- > 0;) {
		const uint64_t *table = table_at(gpu, entry);
		unsigned index = TABLE_INDEX(gma, level);

		if (!table)
			return -EFAULT;
		if (level == 0 && has_64k_pages(gpu, entry)) {
			size = GEN9_PAGE_64K;
			index -= index % PAGES_OF_64K;
		}
		entry = table[index];
		walk->reads++;
		walk->fault_level = level;
		if (!(entry & GEN8_PTE_PRESENT))
			return -EFAULT;
		walk->mapping.writable &= !!(entry & GEN8_PTE_WRITABLE);
		if (level == 1 && (entry & GEN8_PDE_PS_2M))
			return map_page(gpu, entry, GEN9_PAGE_2M, gma, &walk->mapping);
	}
	return map_page(gpu, entry, size, gma, &walk->mapping);
}

int gen9_walk(struct gen9_gpu *gpu, const struct gen9_root *root, uint64_t gma,
	      struct gen9_walk *walk)
{
	*walk = (struct gen9_walk){ .reads = 0 };
	return root->levels ? walk_ppgtt(gpu, root, gma, walk) : walk_ggtt(gpu, gma, walk);
}
