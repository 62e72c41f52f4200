// SPDX-License-Identifier: MIT
#include "guest/i915_ppgtt.h"

#include "guest/i915_internal.h"

/* Directory entries; PAT index 0, write back. */
#define PDE_FLAGS        (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define PDE_PAGE_SIZE_2M (UINT64_C(1) << 7)
#define PDE_HOLDS_64K    (UINT64_C(1) << 11)

#define PAGES_PER_64K (I915_PAGE_64K / PLAT_PAGE_SIZE)

static struct i915_ppgtt *ppgtt_of(const struct i915_vm *vm)
{
	return container_of(vm, struct i915_ppgtt, vm);
}

/* ---- geometry ---- */

/* What one entry of a level covers. */
static uint64_t span_bytes(unsigned level)
{
	return (uint64_t)PLAT_PAGE_SIZE << (9 * level);
}

static unsigned index_of(uint64_t address, unsigned level)
{
	return (unsigned)(address / span_bytes(level)) % I915_TABLE_ENTRIES;
}

/* Where the part of [at, end) ends that the entry at that address covers. */
static uint64_t part_end(uint64_t at, uint64_t end, unsigned level)
{
	uint64_t span = span_bytes(level);
	uint64_t next = at - at % span + span;

	return next < end ? next : end;
}

/* ---- tables ---- */

/* Nobody reads the table yet: plain stores. */
static void fill(uint64_t *entries, uint64_t value)
{
	for (unsigned i = 0; i < I915_TABLE_ENTRIES; i++)
		entries[i] = value;
}

static void table_free(struct i915 *i915, struct i915_table *table)
{
	if (table->entries)
		plat_free_pages(i915->plat, table->entries, 1);
	if (table->children)
		plat_free_pages(i915->plat, (void *)table->children, 1);
	i915_heap_free(&i915->heap, table, sizeof(*table));
}

static struct i915_table *table_create(struct i915_ppgtt *ppgtt, unsigned level)
{
	struct i915 *i915 = ppgtt->vm.i915;
	struct i915_table *table = i915_heap_alloc(&i915->heap, sizeof(*table));
	bool for_gpu = level != 2 || ppgtt->top_level != 2;
	uint64_t unused;

	static_assert(I915_TABLE_ENTRIES * sizeof(*table->children) <= PLAT_PAGE_SIZE,
		      "a page of pointers for a page of entries");
	if (!table)
		return NULL;
	if (for_gpu)
		table->entries = plat_alloc_pages(i915->plat, 1, &table->gpa);
	if (level > 0)
		table->children = plat_alloc_pages(i915->plat, 1, &unused);
	if ((for_gpu && !table->entries) || (level > 0 && !table->children)) {
		table_free(i915, table);
		return NULL;
	}
	if (for_gpu)
		fill(table->entries, ppgtt->scratch_entry[level]);
	return table;
}

static void tree_free(struct i915 *i915, struct i915_table *table)
{
	for (unsigned i = 0; table->children && i < I915_TABLE_ENTRIES; i++) {
		if (table->children[i])
			tree_free(i915, table->children[i]);
	}
	table_free(i915, table);
}

static struct i915_table *link_child(struct i915_ppgtt *ppgtt, struct i915_table *table,
				     unsigned level, unsigned index)
{
	struct platform *plat = ppgtt->vm.i915->plat;
	struct i915_table *child = table_create(ppgtt, level - 1);

	if (!child)
		return NULL;
	table->children[index] = child;
	table->used++;
	plat_wmb(plat); /* scratch in the table before anybody finds it */
	if (table->entries)
		plat_store64(plat, &table->entries[index], child->gpa | PDE_FLAGS);
	return child;
}

static void unlink_child(struct i915_ppgtt *ppgtt, struct i915_table *table, unsigned level,
			 unsigned index)
{
	struct i915 *i915 = ppgtt->vm.i915;

	plat_store64(i915->plat, &table->entries[index], ppgtt->scratch_entry[level]);
	table_free(i915, table->children[index]);
	table->children[index] = NULL;
	table->used--;
}

/* ---- allocate and clear, from the top down ---- */

static void clear_leaf(struct i915_ppgtt *ppgtt, struct i915_table *leaf, uint64_t start,
		       uint64_t end)
{
	struct platform *plat = ppgtt->vm.i915->plat;

	for (uint64_t at = start; at < end; at += PLAT_PAGE_SIZE)
		plat_store64(plat, &leaf->entries[index_of(at, 0)], ppgtt->scratch_entry[0]);
}

/* mapped: pages were inserted since they were allocated. */
static void clear_level(struct i915_ppgtt *ppgtt, struct i915_table *table, unsigned level,
			uint64_t start, uint64_t end, bool mapped)
{
	for (uint64_t at = start, next; at < end; at = next) {
		unsigned index = index_of(at, level);
		struct i915_table *child = table->children[index];

		next = part_end(at, end, level);
		if (level > 1) {
			clear_level(ppgtt, child, level - 1, at, next, mapped);
		} else {
			child->used -= (uint32_t)((next - at) / PLAT_PAGE_SIZE);
			if (child->used && mapped)
				clear_leaf(ppgtt, child, at, next);
		}
		if (child->used == 0)
			unlink_child(ppgtt, table, level, index);
	}
}

static int allocate_level(struct i915_ppgtt *ppgtt, struct i915_table *table, unsigned level,
			  uint64_t start, uint64_t end);

/* What one entry of table covers. */
static int allocate_part(struct i915_ppgtt *ppgtt, struct i915_table *table, unsigned level,
			 uint64_t start, uint64_t end)
{
	unsigned index = index_of(start, level);
	struct i915_table *child = table->children[index];
	int err;

	if (!child)
		child = link_child(ppgtt, table, level, index);
	if (!child)
		return -I915_ENOMEM;
	if (level == 1) {
		child->used += (uint32_t)((end - start) / PLAT_PAGE_SIZE);
		return 0;
	}
	err = allocate_level(ppgtt, child, level - 1, start, end);
	if (err && child->used == 0)
		unlink_child(ppgtt, table, level, index);
	return err;
}

static int allocate_level(struct i915_ppgtt *ppgtt, struct i915_table *table, unsigned level,
			  uint64_t start, uint64_t end)
{
	for (uint64_t at = start, next; at < end; at = next) {
		int err;

		next = part_end(at, end, level);
		err = allocate_part(ppgtt, table, level, at, next);
		if (err) {
			clear_level(ppgtt, table, level, start, at, false);
			return err;
		}
	}
	return 0;
}

int i915_ppgtt_allocate(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	struct i915_ppgtt *ppgtt = ppgtt_of(vm);

	return allocate_level(ppgtt, ppgtt->top, ppgtt->top_level, start, start + length_bytes);
}

void i915_ppgtt_deallocate(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	struct i915_ppgtt *ppgtt = ppgtt_of(vm);

	clear_level(ppgtt, ppgtt->top, ppgtt->top_level, start, start + length_bytes, false);
}

void i915_ppgtt_clear(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	struct i915_ppgtt *ppgtt = ppgtt_of(vm);

	clear_level(ppgtt, ppgtt->top, ppgtt->top_level, start, start + length_bytes, true);
}

/* ---- insert ---- */

bool i915_ppgtt_maps_large(uint64_t gpa, uint64_t length_bytes)
{
	return gpa % I915_PAGE_64K == 0 &&
	       (length_bytes >= I915_PAGE_2M || length_bytes % I915_PAGE_64K == 0);
}

/* The largest pages that may map [at, at + length), which one table covers, from gpa on. */
static uint64_t page_bytes(const struct i915_vma *vma, uint64_t at, uint64_t gpa,
			   uint64_t length_bytes)
{
	uint64_t table_start = at - at % I915_PAGE_2M;

	if (!vma->vm->large_pages || vma->how.flags & I915_BIND_4K)
		return PLAT_PAGE_SIZE;
	if ((at | gpa | length_bytes) % I915_PAGE_2M == 0)
		return I915_PAGE_2M;
	/* A table of 64 KiB pages holds nothing else. */
	if ((at | gpa | length_bytes) % I915_PAGE_64K || table_start < vma->node.start ||
	    table_start + I915_PAGE_2M > vma->node.start + vma->node.size_bytes)
		return PLAT_PAGE_SIZE;
	return I915_PAGE_64K;
}

static struct i915_table *directory_of(struct i915_ppgtt *ppgtt, uint64_t address)
{
	struct i915_table *table = ppgtt->top;

	for (unsigned level = ppgtt->top_level; level > 1; level--)
		table = table->children[index_of(address, level)];
	return table;
}

/* What one entry of a page directory covers. */
static void insert_part(struct i915_ppgtt *ppgtt, const struct i915_vma *vma, uint64_t at,
			uint64_t gpa, uint64_t length_bytes)
{
	struct platform *plat = ppgtt->vm.i915->plat;
	struct i915_table *directory = directory_of(ppgtt, at);
	uint64_t *pde = &directory->entries[index_of(at, 1)];
	struct i915_table *leaf = directory->children[index_of(at, 1)];
	uint64_t page = page_bytes(vma, at, gpa, length_bytes);
	uint64_t pte = i915_pte(gpa, vma->how.flags);

	if (page == I915_PAGE_2M) {
		plat_store64(plat, pde, pte | PDE_PAGE_SIZE_2M);
		return;
	}
	for (uint64_t done = 0; done < length_bytes; done += page)
		plat_store64(plat, &leaf->entries[index_of(at + done, 0)], pte + done);
	if (page == I915_PAGE_64K)
		plat_store64(plat, pde, leaf->gpa | PDE_FLAGS | PDE_HOLDS_64K);
}

void i915_ppgtt_insert(struct i915_vm *vm, const struct i915_vma *vma)
{
	uint64_t start = vma->node.start;
	uint64_t end = start + i915_vma_length(vma);

	for (uint64_t at = start, next; at < end; at = next) {
		next = part_end(at, end, 1);
		insert_part(ppgtt_of(vm), vma, at, vma->obj->pages.gpa + (at - start), next - at);
	}
}

/* ---- life ---- */

static int create_scratch(struct i915_ppgtt *ppgtt)
{
	ppgtt->scratch_entry[0] = ppgtt->vm.scratch_pte;
	for (unsigned level = 0; level + 1 < I915_PPGTT_LEVELS && level < ppgtt->top_level;
	     level++) {
		uint64_t gpa;
		uint64_t *table = plat_alloc_pages(ppgtt->vm.i915->plat, 1, &gpa);

		if (!table)
			return -I915_ENOMEM;
		fill(table, ppgtt->scratch_entry[level]);
		ppgtt->scratch_tables[level] = table;
		ppgtt->scratch_entry[level + 1] = gpa | PDE_FLAGS;
	}
	return 0;
}

/*
 * The page directories of three levels are there for good: on a vGPU the roots cannot be changed
 * later. One use keeps each of them.
 */
static int create_directories(struct i915_ppgtt *ppgtt)
{
	for (unsigned i = 0; i < I915_PPGTT_ROOTS; i++) {
		struct i915_table *directory = link_child(ppgtt, ppgtt->top, 2, i);

		if (!directory)
			return -I915_ENOMEM;
		directory->used = 1;
	}
	return 0;
}

static void ppgtt_free(struct i915_ppgtt *ppgtt)
{
	struct i915 *i915 = ppgtt->vm.i915;

	if (ppgtt->top)
		tree_free(i915, ppgtt->top);
	for (unsigned level = 0; level < I915_PPGTT_LEVELS - 1; level++) {
		if (ppgtt->scratch_tables[level])
			plat_free_pages(i915->plat, ppgtt->scratch_tables[level], 1);
	}
	i915_vm_fini(&ppgtt->vm);
	i915_heap_free(&i915->heap, ppgtt, sizeof(*ppgtt));
}

static int build(struct i915_ppgtt *ppgtt, struct i915 *i915)
{
	struct i915_vm *vm = &ppgtt->vm;
	bool large = i915->huge_pages;
	int err = i915_vm_init(vm, i915, i915->ppgtt_ops, large ? PAGES_PER_64K : 1);

	vm->large_pages = large;
	ppgtt->top_level = i915->ppgtt_mode == I915_PPGTT_48BIT ? 3 : 2;
	i915_space_init(&vm->space,
			(struct i915_slice){ 0, UINT64_C(1) << (ppgtt->top_level == 3 ? 48 : 32) },
			(struct i915_slice){ 0, 0 });
	if (!err)
		err = create_scratch(ppgtt);
	if (err)
		return err;
	ppgtt->top = table_create(ppgtt, ppgtt->top_level);
	if (!ppgtt->top)
		return -I915_ENOMEM;
	return ppgtt->top_level == 2 ? create_directories(ppgtt) : 0;
}

struct i915_vm *i915_ppgtt_create(struct i915 *i915)
{
	struct i915_ppgtt *ppgtt = i915_heap_alloc(&i915->heap, sizeof(*ppgtt));
	bool irq;

	static_assert(sizeof(*ppgtt) <= I915_HEAP_MAX_BYTES, "fits a heap block");
	if (!ppgtt)
		return NULL;
	if (build(ppgtt, i915)) {
		ppgtt_free(ppgtt);
		return NULL;
	}
	if (i915->vgpu_active)
		i915_vgpu_notify_roots(i915, &ppgtt->vm, true);
	irq = plat_lock(i915->plat, &i915->lock);
	i915_list_append(&ppgtt->vm.link, &i915->ppgtts);
	plat_unlock(i915->plat, &i915->lock, irq);
	return &ppgtt->vm;
}

void i915_ppgtt_destroy(struct i915_vm *vm)
{
	/* Before the tables are used for anything else. */
	if (vm->i915->vgpu_active)
		i915_vgpu_notify_roots(vm->i915, vm, false);
	ppgtt_free(ppgtt_of(vm));
}

unsigned i915_ppgtt_roots(const struct i915_vm *vm, uint64_t roots[I915_PPGTT_ROOTS])
{
	const struct i915_ppgtt *ppgtt = ppgtt_of(vm);

	if (ppgtt->top_level == 3) {
		roots[0] = ppgtt->top->gpa;
		return 1;
	}
	for (unsigned i = 0; i < I915_PPGTT_ROOTS; i++)
		roots[i] = ppgtt->top->children[i]->gpa;
	return I915_PPGTT_ROOTS;
}

static int insert_native(struct i915_vm *vm, const struct i915_vma *vma)
{
	i915_ppgtt_insert(vm, vma);
	return 0;
}

static int clear_native(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	i915_ppgtt_clear(vm, start, length_bytes);
	return 0;
}

const struct i915_vm_ops i915_ppgtt_native = {
	.allocate_range = i915_ppgtt_allocate,
	.insert_entries = insert_native,
	.clear_range = clear_native,
	.destroy = i915_ppgtt_destroy,
};
