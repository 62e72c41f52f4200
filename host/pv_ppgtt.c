// SPDX-License-Identifier: MIT

#include "host/pv_ppgtt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/ppgtt.h"
#include "host/pv_walk.h"
#include "host/shadow_page.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvinfo.h"

#define ENTRIES     SHADOW_ENTRIES
#define RIGHTS      (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define LIMIT_SPARE 512u

// One of the host's tables. A leaf table has the bitmap, a directory the children.
struct pv_table {
	struct pv_table *next; // while it is spare
	uint64_t *entries;     // host view
	uint64_t mfn;
	unsigned used; // pages allocated, or children
	uint64_t allocated[ENTRIES / 64];
	struct pv_table *child[];
};

struct pv_space {
	struct pv_table *root;
	uint64_t table_count;
};

// How many tables of this level it takes to map range.
static uint64_t tables_across(struct pv_range range, unsigned level)
{
	unsigned shift = pv_entry_shift(level + 1);

	return ((range.end - 1) >> shift) - (range.start >> shift) + 1;
}

/* ---- tables ---- */

static uint64_t scratch_entry(const struct vgpu *vgpu, unsigned level)
{
	return vgpu->shadow.scratch_mfn[level] << PAGE_SHIFT | RIGHTS;
}

static uint64_t table_limit(const struct vgpu *vgpu)
{
	return (guest_ram_size_bytes(vgpu->vm->ram) >> PAGE_SHIFT) / PV_PPGTT_PAGES_PER_TABLE +
	       LIMIT_SPARE;
}

static uint64_t insert_limit(const struct vgpu *vgpu)
{
	return (guest_ram_size_bytes(vgpu->vm->ram) >> PAGE_SHIFT) + LIMIT_SPARE;
}

static struct pv_table *make_table(struct vgpu *vgpu, unsigned level)
{
	size_t children = level == SHADOW_PT ? 0 : ENTRIES * sizeof(struct pv_table *);
	struct pv_table *table;
	uint64_t mfn;
	int ret;

	// Making room is an interleaving point, so nothing is owned before it.
	do
		ret = physmem_alloc_pages(vgpu->m->pm, 1, &mfn);
	while (ret && ppgtt_reclaim(vgpu));
	if (ret)
		return NULL;
	table = calloc(1, sizeof(*table) + children);
	if (!table) {
		physmem_free_pages(vgpu->m->pm, mfn, 1);
		return NULL;
	}
	table->mfn = mfn;
	table->entries = physmem_at(vgpu->m->pm, table->mfn << PAGE_SHIFT, PAGE_SIZE);
	for (unsigned i = 0; i < ENTRIES; i++)
		table->entries[i] = scratch_entry(vgpu, level);
	return table;
}

static void free_table(struct ppgtt_mm *mm, struct pv_table *table)
{
	struct pv_space *space = mm->pv;

	physmem_free_pages(mm->vgpu->m->pm, table->mfn, 1);
	free(table);
	space->table_count--;
	mm->vgpu->pv_tables--;
}

static void count_table(struct ppgtt_mm *mm)
{
	struct pv_space *space = mm->pv;

	space->table_count++;
	mm->vgpu->pv_tables++;
}

static bool is_allocated(const struct pv_table *leaf, unsigned index)
{
	return leaf->allocated[index / 64] >> index % 64 & 1;
}

static struct pv_table *root_of(const struct ppgtt_mm *mm)
{
	return ((struct pv_space *)mm->pv)->root;
}

/* ---- clear ---- */

static void unmap_page(struct vgpu *vgpu, struct pv_table *leaf, unsigned index)
{
	uint64_t entry = leaf->entries[index];

	if (entry == scratch_entry(vgpu, SHADOW_PT))
		return;
	leaf->entries[index] = scratch_entry(vgpu, SHADOW_PT);
	dma_unmap_mfn(vgpu, (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT);
	host_spend(vgpu, WORK_PV_MAP_ENTRY, 1);
}

static void clear_leaf(struct vgpu *vgpu, struct pv_table *leaf, struct pv_range range)
{
	for (; range.start < range.end; range.start += PAGE_SIZE) {
		unsigned index = pv_entry_index(range.start, SHADOW_PT);

		if (!is_allocated(leaf, index))
			continue;
		unmap_page(vgpu, leaf, index);
		leaf->allocated[index / 64] &= ~(UINT64_C(1) << index % 64);
		leaf->used--;
	}
}

static void clear_tables(struct ppgtt_mm *mm, struct pv_table *table, unsigned level,
			 struct pv_range range)
{
	struct pv_range piece;

	if (level == SHADOW_PT) {
		clear_leaf(mm->vgpu, table, range);
		return;
	}
	for (; range.start < range.end; range.start = piece.end) {
		unsigned index = pv_entry_index(range.start, level);
		struct pv_table *child = table->child[index];

		piece = pv_first_piece(range, level);
		if (!child)
			continue;
		clear_tables(mm, child, level - 1, piece);
		if (child->used)
			continue;
		table->entries[index] = scratch_entry(mm->vgpu, level);
		table->child[index] = NULL;
		table->used--;
		free_table(mm, child);
		host_spend(mm->vgpu, WORK_SHADOW_TABLE, 1);
	}
}

static enum pvmmio_status clear(struct ppgtt_mm *mm, struct pv_range range)
{
	clear_tables(mm, root_of(mm), SHADOW_PML4, range);
	return PVMMIO_STATUS_OK;
}

/* ---- alloc ---- */

// Add to missing[] the tables below this one that range needs and that are not there.
static void count_missing(const struct pv_table *table, unsigned level, struct pv_range range,
			  uint64_t missing[SHADOW_LEVELS])
{
	struct pv_range piece;

	for (; range.start < range.end; range.start = piece.end) {
		const struct pv_table *child = table->child[pv_entry_index(range.start, level)];

		piece = pv_first_piece(range, level);
		if (!child)
			for (unsigned below = SHADOW_PT; below < level; below++)
				missing[below] += tables_across(piece, below);
		else if (level - 1 > SHADOW_PT)
			count_missing(child, level - 1, piece, missing);
	}
}

void pv_ppgtt_drop_spares(struct vgpu *vgpu)
{
	for (unsigned level = SHADOW_PT; level < SHADOW_LEVELS; level++) {
		struct pv_table *table;

		while ((table = vgpu->pv_spares[level])) {
			vgpu->pv_spares[level] = table->next;
			physmem_free_pages(vgpu->m->pm, table->mfn, 1);
			free(table);
		}
	}
}

static int make_spares(struct vgpu *vgpu, const uint64_t missing[SHADOW_LEVELS])
{
	for (unsigned level = SHADOW_PT; level < SHADOW_PML4; level++) {
		for (uint64_t i = 0; i < missing[level]; i++) {
			struct pv_table *table = make_table(vgpu, level);

			if (!table) {
				pv_ppgtt_drop_spares(vgpu);
				return -ENOMEM;
			}
			table->next = vgpu->pv_spares[level];
			vgpu->pv_spares[level] = table;
		}
		work_spend(vgpu->m, WORK_SHADOW_TABLE, missing[level]);
	}
	return 0;
}

static void mark_allocated(struct pv_table *leaf, struct pv_range range)
{
	for (; range.start < range.end; range.start += PAGE_SIZE) {
		unsigned index = pv_entry_index(range.start, SHADOW_PT);

		leaf->used += !is_allocated(leaf, index);
		leaf->allocated[index / 64] |= UINT64_C(1) << index % 64;
	}
}

// Put the spare tables where they are missing. There are as many as it takes.
static void link_tables(struct ppgtt_mm *mm, struct pv_table *table, unsigned level,
			struct pv_range range)
{
	struct pv_table **spare = mm->vgpu->pv_spares;
	struct pv_range piece;

	if (level == SHADOW_PT) {
		mark_allocated(table, range);
		return;
	}
	for (; range.start < range.end; range.start = piece.end) {
		unsigned index = pv_entry_index(range.start, level);
		struct pv_table *child = table->child[index];

		piece = pv_first_piece(range, level);
		if (!child) {
			child = spare[level - 1];
			assert(child);
			spare[level - 1] = child->next;
			table->child[index] = child;
			table->used++;
			count_table(mm);
		}
		link_tables(mm, child, level - 1, piece);
		table->entries[index] = child->mfn << PAGE_SHIFT | RIGHTS;
	}
}

static enum pvmmio_status alloc(struct ppgtt_mm *mm, struct pv_range range)
{
	uint64_t missing[SHADOW_LEVELS] = { 0 };
	struct vgpu *vgpu = mm->vgpu;
	uint64_t total = 0;

	count_missing(root_of(mm), SHADOW_PML4, range, missing);
	for (unsigned level = SHADOW_PT; level < SHADOW_PML4; level++)
		total += missing[level];
	if (total > table_limit(vgpu) - vgpu->pv_tables)
		return PVMMIO_STATUS_NO_MEMORY;
	if (make_spares(vgpu, missing))
		return PVMMIO_STATUS_NO_MEMORY;
	link_tables(mm, root_of(mm), SHADOW_PML4, range);
	for (unsigned level = SHADOW_PT; level < SHADOW_LEVELS; level++)
		assert(!vgpu->pv_spares[level]);
	return PVMMIO_STATUS_OK;
}

/* ---- insert ---- */

static bool all_allocated(const struct pv_table *table, unsigned level, struct pv_range range)
{
	struct pv_range piece;

	if (level == SHADOW_PT) {
		for (; range.start < range.end; range.start += PAGE_SIZE)
			if (!is_allocated(table, pv_entry_index(range.start, SHADOW_PT)))
				return false;
		return true;
	}
	for (; range.start < range.end; range.start = piece.end) {
		const struct pv_table *child = table->child[pv_entry_index(range.start, level)];

		piece = pv_first_piece(range, level);
		if (!child || !all_allocated(child, level - 1, piece))
			return false;
	}
	return true;
}

static struct pv_table *leaf_at(const struct ppgtt_mm *mm, uint64_t address)
{
	struct pv_table *table = root_of(mm);

	for (unsigned level = SHADOW_PML4; level > SHADOW_PT; level--)
		table = table->child[pv_entry_index(address, level)];
	return table;
}

// The pins that the walk took pass to the tables; those of what was mapped before are given back.
static void map_found(struct ppgtt_mm *mm, struct pv_range range, const struct pv_walk *walk)
{
	const uint64_t *entry = walk->entries;

	while (range.start < range.end) {
		struct pv_table *leaf = leaf_at(mm, range.start);
		struct pv_range piece = pv_first_piece(range, SHADOW_PD);

		for (; piece.start < piece.end; piece.start += PAGE_SIZE) {
			uint64_t *to = &leaf->entries[pv_entry_index(piece.start, SHADOW_PT)];
			uint64_t old = *to;

			*to = *entry++;
			if (old != scratch_entry(mm->vgpu, SHADOW_PT))
				dma_unmap_mfn(mm->vgpu, (old & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT);
		}
		range.start = piece.end;
	}
	work_spend(mm->vgpu->m, WORK_PV_MAP_ENTRY, walk->found);
}

static enum pvmmio_status insert(struct ppgtt_mm *mm, struct pv_range range)
{
	enum pvmmio_status status;
	struct pv_walk *walk;

	if (!all_allocated(root_of(mm), SHADOW_PML4, range))
		return PVMMIO_STATUS_NOT_ALLOCATED;
	if (pv_page_count(range) > insert_limit(mm->vgpu))
		return PVMMIO_STATUS_NO_MEMORY;
	status = pv_walk(mm->vgpu, mm->guest_root[0], range, &walk);
	if (status)
		return status;
	map_found(mm, range, walk);
	pv_walk_free(mm->vgpu);
	return PVMMIO_STATUS_OK;
}

/* ---- the space ---- */

int pv_ppgtt_create(struct ppgtt_mm *mm)
{
	struct pv_space *space;

	if (mm->vgpu->pv_tables >= table_limit(mm->vgpu))
		return -ENOMEM;
	space = calloc(1, sizeof(*space));
	if (!space)
		return -ENOMEM;
	mm->pv = space;
	space->root = make_table(mm->vgpu, SHADOW_PML4);
	if (!space->root) {
		mm->pv = NULL;
		free(space);
		return -ENOMEM;
	}
	count_table(mm);
	host_spend(mm->vgpu, WORK_SHADOW_TABLE, 1);
	mm->hw_root[0] = space->root->mfn << PAGE_SHIFT;
	return 0;
}

void pv_ppgtt_destroy(struct ppgtt_mm *mm)
{
	struct pv_space *space = mm->pv;

	if (space->root) {
		clear(mm, (struct pv_range){ 0, UINT64_C(1) << PV_SPACE_BITS });
		assert(!space->root->used);
		free_table(mm, space->root);
		host_spend(mm->vgpu, WORK_SHADOW_TABLE, 1);
	}
	assert(!space->table_count);
	free(space);
	mm->pv = NULL;
	mm->hw_root[0] = 0;
}

static bool range_of(const struct pvmmio_ppgtt_record *record, struct pv_range *range)
{
	const uint64_t space_bytes = UINT64_C(1) << PV_SPACE_BITS;

	if ((record->start | record->length_bytes) & PAGE_MASK || !record->length_bytes)
		return false;
	if (record->length_bytes > space_bytes ||
	    record->start > space_bytes - record->length_bytes)
		return false;
	*range = (struct pv_range){ record->start, record->start + record->length_bytes };
	return true;
}

enum pvmmio_status pv_ppgtt_update(struct vgpu *vgpu, uint32_t code,
				   const struct pvmmio_ppgtt_record *record)
{
	const uint64_t roots[PPGTT_ROOTS] = { record->pdp };
	struct ppgtt_mm *mm = ppgtt_mm_find(vgpu, 4, roots);
	struct pv_range range;

	if (!mm || mm->kind != PPGTT_PV || mm->guest_root[0] != record->pdp)
		return PVMMIO_STATUS_UNKNOWN_ROOT;
	if (!range_of(record, &range))
		return PVMMIO_STATUS_RANGE;
	switch (code) {
	case G2V_PPGTT_L4_ALLOC:
		return alloc(mm, range);
	case G2V_PPGTT_L4_CLEAR:
		return clear(mm, range);
	default:
		assert(code == G2V_PPGTT_L4_INSERT);
		return insert(mm, range);
	}
}

/* ---- checks ---- */

uint64_t pv_ppgtt_tables(const struct ppgtt_mm *mm)
{
	return ((const struct pv_space *)mm->pv)->table_count;
}

static bool leaf_is_sound(const struct vgpu *vgpu, const struct pv_table *leaf)
{
	unsigned allocated = 0;

	for (unsigned i = 0; i < ENTRIES; i++) {
		allocated += is_allocated(leaf, i);
		if (!is_allocated(leaf, i) && leaf->entries[i] != scratch_entry(vgpu, SHADOW_PT))
			return false;
	}
	return allocated && allocated == leaf->used;
}

// tables counts those that are there.
static bool table_is_sound(const struct vgpu *vgpu, const struct pv_table *table, unsigned level,
			   uint64_t *tables)
{
	unsigned children = 0;

	++*tables;
	if (level == SHADOW_PT)
		return leaf_is_sound(vgpu, table);
	for (unsigned i = 0; i < ENTRIES; i++) {
		const struct pv_table *child = table->child[i];
		uint64_t entry = child ? child->mfn << PAGE_SHIFT | RIGHTS
				       : scratch_entry(vgpu, level);

		if (table->entries[i] != entry)
			return false;
		if (!child)
			continue;
		children++;
		if (!table_is_sound(vgpu, child, level - 1, tables))
			return false;
	}
	return children == table->used && (children || level == SHADOW_PML4);
}

bool pv_ppgtt_is_sound(const struct ppgtt_mm *mm)
{
	const struct pv_space *space = mm->pv;
	uint64_t tables = 0;

	return space && table_is_sound(mm->vgpu, space->root, SHADOW_PML4, &tables) &&
	       tables == space->table_count && mm->hw_root[0] == space->root->mfn << PAGE_SHIFT;
}
