// SPDX-License-Identifier: MIT
#include "tests/guest/space.h"

#include <string.h>

#define PDE_FLAGS 0x3u
#define PDE_2M    0x80u
#define PDE_64K   0x800u

static const uint64_t *table_at(const struct space *space, uint64_t gpa)
{
	const uint64_t *entries = fake_cpu(space->plat, gpa & GEN8_PTE_ADDR_MASK);

	assert_non_null(entries);
	return entries;
}

/* The last entry of a new space's top maps nothing, and so does all that it leads to. */
static void find_scratch(struct space *space)
{
	unsigned top = space->levels == 4 ? 3 : 1;
	uint64_t table = space->roots[space->levels == 4 ? 0 : 3];

	for (int level = (int)top; level >= 0; level--) {
		const uint64_t *entries = table_at(space, table);

		for (unsigned i = 0; i < 512; i++)
			assert_int_equal(entries[i], entries[511]);
		space->scratch[level] = entries[511];
		assert_int_equal(entries[511] & 0xfff, level ? PDE_FLAGS : 0x83);
		table = entries[511] & GEN8_PTE_ADDR_MASK;
	}
	assert_non_null(fake_cpu(space->plat, table));
}

void space_open(struct space *space, struct platform *plat, struct i915_context *ctx)
{
	*space = (struct space){ .plat = plat, .vm = i915_context_vm(ctx) };
	space->levels = i915_ppgtt_roots(space->vm, space->roots) == 1 ? 4 : 3;
	find_scratch(space);
	space_check(space);
}

void space_expect(struct space *space, const struct i915_vma *vma)
{
	assert_true(space->bound_count < SPACE_LIMIT);
	space->bound[space->bound_count].gma = i915_vma_gma(vma);
	space->bound[space->bound_count].gpa = vma->obj->pages.gpa;
	space->bound[space->bound_count].length_bytes = i915_object_size(vma->obj);
	space->bound[space->bound_count].read_only = vma->how.flags & I915_BIND_READ_ONLY;
	space->bound[space->bound_count].vma = vma;
	space->bound_count++;
}

void space_forget(struct space *space, const struct i915_vma *vma)
{
	for (size_t i = 0; i < space->bound_count; i++) {
		if (space->bound[i].vma != vma)
			continue;
		space->bound[i] = space->bound[--space->bound_count];
		return;
	}
	fail_msg("forgotten before it was expected");
}

/* The entry is what it ought to be for page_bytes from gma on. */
static void check_page(struct space *space, uint64_t gma, uint64_t page_bytes, uint64_t entry)
{
	for (size_t i = 0; i < space->bound_count; i++) {
		uint64_t offset = gma - space->bound[i].gma;
		uint64_t flags = space->bound[i].read_only ? 0x81 : 0x83;

		if (offset >= space->bound[i].length_bytes)
			continue;
		assert_true(offset + page_bytes <= space->bound[i].length_bytes);
		assert_int_equal(entry, (space->bound[i].gpa + offset) | flags);
		assert_int_equal((space->bound[i].gpa + offset) % page_bytes, 0);
		space->pages += page_bytes / PLAT_PAGE_SIZE;
		return;
	}
	fail_msg("%#llx is mapped, and should not be", (unsigned long long)gma);
}

/* Returns how many entries of the table are used. */
static unsigned check_leaf(struct space *space, uint64_t table, uint64_t gma, bool holds_64k)
{
	const uint64_t *entries = table_at(space, table);
	unsigned used = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (entries[i] == space->scratch[0])
			continue;
		assert_true(!holds_64k || i % 16 == 0);
		check_page(space, gma + (uint64_t)i * PLAT_PAGE_SIZE,
			   holds_64k ? 0x10000 : PLAT_PAGE_SIZE, entries[i]);
		used++;
	}
	return used;
}

static unsigned check_table(struct space *space, uint64_t table, unsigned level, uint64_t gma);

static void check_directory_entry(struct space *space, uint64_t entry, unsigned level, uint64_t gma)
{
	unsigned used;

	if (level == 1 && (entry & PDE_2M)) {
		space->pages_2m++;
		check_page(space, gma, 0x200000, entry);
		return;
	}
	assert_int_equal(entry & ~GEN8_PTE_ADDR_MASK & ~(uint64_t)PDE_64K, PDE_FLAGS);
	space->tables[level - 1]++;
	if (level == 1) {
		space->tables_64k += (entry & PDE_64K) != 0;
		used = check_leaf(space, entry, gma, entry & PDE_64K);
	} else {
		assert_false(entry & PDE_64K);
		used = check_table(space, entry, level - 1, gma);
	}
	assert_true(used > 0); /* an empty table is unlinked */
}

static unsigned check_table(struct space *space, uint64_t table, unsigned level, uint64_t gma)
{
	const uint64_t *entries = table_at(space, table);
	unsigned used = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (entries[i] == space->scratch[level])
			continue;
		check_directory_entry(space, entries[i], level,
				      gma + ((uint64_t)i << (12 + 9 * level)));
		used++;
	}
	return used;
}

static void check_scratch(struct space *space)
{
	for (unsigned level = space->levels == 4 ? 3 : 1; level > 0; level--) {
		const uint64_t *entries = table_at(space, space->scratch[level]);

		for (unsigned i = 0; i < 512; i++)
			assert_int_equal(entries[i], space->scratch[level - 1]);
	}
}

void space_check(struct space *space)
{
	uint64_t expected = 0;

	space->pages = 0;
	space->pages_2m = 0;
	space->tables_64k = 0;
	memset(space->tables, 0, sizeof(space->tables));
	check_scratch(space);
	if (space->levels == 4)
		check_table(space, space->roots[0], 3, 0);
	for (unsigned i = 0; i < 4 && space->levels == 3; i++)
		check_table(space, space->roots[i], 1, (uint64_t)i << 30);
	for (size_t i = 0; i < space->bound_count; i++)
		expected += space->bound[i].length_bytes / PLAT_PAGE_SIZE;
	assert_int_equal(space->pages, expected);
}

size_t space_stores(const struct platform *plat, size_t mark, enum plat_op op)
{
	size_t count = 0;

	for (size_t i = mark; i < plat->store_count; i++)
		count += plat->stores[i].op == op;
	return count;
}
