// SPDX-License-Identifier: MIT
/* The TLB by itself: sizes, tags, capacity, replacement, invalidation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above it. */
#include <cmocka.h>

#include "hw-model/gen9_tlb.h"

#define CAPACITY (GEN9_TLB_SETS * GEN9_TLB_WAYS)
#define KIB      UINT64_C(1024)
#define MIB      (1024 * KIB)

static const struct gen9_root ggtt = { 0 };
static const struct gen9_root four = { .table = 0x5000, .levels = 4 };

static int set_up(void **state)
{
	static struct gen9_tlb tlb;

	gen9_tlb_init(&tlb);
	*state = &tlb;
	return 0;
}

static void insert(struct gen9_tlb *tlb, const struct gen9_root *root, uint64_t gma,
		   enum gen9_page_size size, uint64_t frame)
{
	struct gen9_mapping mapping = { .frame = frame, .size = size, .writable = frame & 1u };

	gen9_tlb_insert(tlb, root, gma, &mapping);
}

/* The frame of gma's page, or 0: not there. */
static uint64_t lookup(const struct gen9_tlb *tlb, const struct gen9_root *root, uint64_t gma)
{
	struct gen9_mapping mapping;

	if (!gen9_tlb_lookup(tlb, root, gma, &mapping))
		return 0;
	assert_int_equal(mapping.writable, mapping.frame & 1u);
	return mapping.frame;
}

/* held[] says which sizes a lookup has to look for: it may not say less than there is, nor more. */
static void check_held(const struct gen9_tlb *tlb)
{
	unsigned held[GEN9_SPACE_COUNT][GEN9_PAGE_SIZE_COUNT] = { 0 };

	for (unsigned i = 0; i < CAPACITY; i++) {
		const struct gen9_tlb_entry *entry =
			&tlb->entries[i / GEN9_TLB_WAYS][i % GEN9_TLB_WAYS];
		enum gen9_space space = entry->tag ? GEN9_SPACE_PPGTT : GEN9_SPACE_GGTT;

		if (entry->generation == tlb->generation[space])
			held[space][entry->mapping.size]++;
	}
	assert_memory_equal(held, tlb->held, sizeof(held));
}

static void test_starts_empty(void **state)
{
	struct gen9_tlb *tlb = *state;

	assert_int_equal(lookup(tlb, &ggtt, 0), 0);
	assert_int_equal(lookup(tlb, &four, 0), 0);
}

static void test_a_page_covers_its_size(void **state)
{
	static const struct {
		enum gen9_page_size size;
		uint64_t bytes;
	} rows[] = {
		{GEN9_PAGE_4K,   4 * KIB },
                { GEN9_PAGE_64K, 64 * KIB},
                { GEN9_PAGE_2M,  2 * MIB }
	};

	for (unsigned i = 0; i < 3; i++) {
		uint64_t base = 0x7f0000000000 + 8 * MIB * i;

		assert_int_equal(1ull << gen9_page_shift(rows[i].size), rows[i].bytes);
		insert(*state, &four, base + rows[i].bytes / 2 + 8, rows[i].size, 100 + i);
		assert_int_equal(lookup(*state, &four, base), 100 + i);
		assert_int_equal(lookup(*state, &four, base + rows[i].bytes - 1), 100 + i);
		assert_int_equal(lookup(*state, &four, base - 1), 0);
		assert_int_equal(lookup(*state, &four, base + rows[i].bytes), 0);
	}
}

/* Page 1 of one size is not page 1 of another one. */
static void test_sizes_do_not_mix_up(void **state)
{
	insert(*state, &four, 2 * MIB, GEN9_PAGE_2M, 7);
	assert_int_equal(lookup(*state, &four, 4 * KIB), 0);
	assert_int_equal(lookup(*state, &four, 64 * KIB), 0);
	insert(*state, &four, 4 * KIB, GEN9_PAGE_4K, 8);
	insert(*state, &four, 64 * KIB, GEN9_PAGE_64K, 9);
	assert_int_equal(lookup(*state, &four, 4 * KIB), 8);
	assert_int_equal(lookup(*state, &four, 64 * KIB), 9);
	assert_int_equal(lookup(*state, &four, 2 * MIB), 7);
}

/* After software broke a large page up while the large one was still held. */
static void test_the_smaller_page_goes_first(void **state)
{
	insert(*state, &four, 0, GEN9_PAGE_2M, 7);
	insert(*state, &four, 64 * KIB, GEN9_PAGE_4K, 8);
	assert_int_equal(lookup(*state, &four, 64 * KIB), 8);
	assert_int_equal(lookup(*state, &four, 68 * KIB), 7);
}

static void test_tags(void **state)
{
	static const struct gen9_root other_table = { .table = 0x6000, .levels = 4 };
	static const struct gen9_root other_levels = { .table = 0x5000, .levels = 2 };
	static const struct gen9_root null_table = { .table = 0, .levels = 4 };

	insert(*state, &four, 0x1000, GEN9_PAGE_4K, 1);
	assert_int_equal(lookup(*state, &other_table, 0x1000), 0);
	assert_int_equal(lookup(*state, &other_levels, 0x1000), 0);
	assert_int_equal(lookup(*state, &ggtt, 0x1000), 0);
	insert(*state, &other_table, 0x1000, GEN9_PAGE_4K, 2);
	insert(*state, &other_levels, 0x1000, GEN9_PAGE_4K, 3);
	insert(*state, &ggtt, 0x1000, GEN9_PAGE_4K, 4);
	assert_int_equal(lookup(*state, &null_table, 0x1000), 0);
	assert_int_equal(lookup(*state, &four, 0x1000), 1);
	assert_int_equal(lookup(*state, &other_table, 0x1000), 2);
	assert_int_equal(lookup(*state, &other_levels, 0x1000), 3);
	assert_int_equal(lookup(*state, &ggtt, 0x1000), 4);
}

static void test_holds_as_many_neighbours_as_it_has_entries(void **state)
{
	for (enum gen9_page_size size = 0; size < GEN9_PAGE_SIZE_COUNT; size++) {
		unsigned shift = gen9_page_shift(size);

		gen9_tlb_init(*state);
		for (uint64_t i = 0; i < CAPACITY; i++)
			insert(*state, &four, (1000 + i) << shift, size, 1 + i);
		for (uint64_t i = 0; i < CAPACITY; i++)
			assert_int_equal(lookup(*state, &four, (1000 + i) << shift), 1 + i);
	}
}

static void test_one_more_replaces_the_oldest_of_its_set(void **state)
{
	for (uint64_t i = 0; i < CAPACITY; i++)
		insert(*state, &four, i << 12, GEN9_PAGE_4K, 1 + i);
	/* Page 256 is in the set of pages 0, 64, 128 and 192; looking at 0 does not keep it. */
	assert_int_equal(lookup(*state, &four, 0), 1);
	for (uint64_t n = 0; n < 2 * GEN9_TLB_WAYS; n++) {
		uint64_t page = CAPACITY + n * GEN9_TLB_SETS;

		insert(*state, &four, page << 12, GEN9_PAGE_4K, 9000 + n);
		for (uint64_t old = 0; old <= page; old += GEN9_TLB_SETS) {
			bool held = old + CAPACITY > page;
			uint64_t frame = old < CAPACITY ? 1 + old
							: 9000 + (old - CAPACITY) / GEN9_TLB_SETS;

			assert_int_equal(lookup(*state, &four, old << 12), held ? frame : 0);
		}
	}
	for (uint64_t i = 1; i < GEN9_TLB_SETS; i++)
		assert_int_equal(lookup(*state, &four, i << 12), 1 + i); /* other sets: untouched */
}

/* Pages of different size share the entries of a set; what is replaced is no longer counted. */
static void test_replacement_across_sizes(void **state)
{
	for (uint64_t n = 0; n < GEN9_TLB_WAYS; n++)
		insert(*state, &four, n * GEN9_TLB_SETS << 21, GEN9_PAGE_2M, 1 + n);
	for (uint64_t n = 0; n < GEN9_TLB_WAYS; n++)
		insert(*state, &ggtt, n * GEN9_TLB_SETS << 12, GEN9_PAGE_4K, 11 + n);
	for (uint64_t n = 0; n < GEN9_TLB_WAYS; n++) {
		assert_int_equal(lookup(*state, &four, n * GEN9_TLB_SETS << 21), 0);
		assert_int_equal(lookup(*state, &ggtt, n * GEN9_TLB_SETS << 12), 11 + n);
	}
	insert(*state, &four, 0, GEN9_PAGE_2M, 21);
	assert_int_equal(lookup(*state, &four, 0), 21);
	assert_int_equal(lookup(*state, &ggtt, 0), 0);
	check_held(*state);
}

static void test_invalidation_of_one_space(void **state)
{
	for (enum gen9_space space = 0; space < GEN9_SPACE_COUNT; space++) {
		gen9_tlb_init(*state);
		insert(*state, &ggtt, 0x1000, GEN9_PAGE_4K, 1);
		insert(*state, &four, 0x1000, GEN9_PAGE_4K, 2);
		insert(*state, &four, 64 * KIB, GEN9_PAGE_64K, 3);
		insert(*state, &four, 2 * MIB, GEN9_PAGE_2M, 4);
		gen9_tlb_invalidate(*state, space);
		assert_int_equal(lookup(*state, &ggtt, 0x1000), space == GEN9_SPACE_GGTT ? 0 : 1);
		assert_int_equal(lookup(*state, &four, 0x1000), space == GEN9_SPACE_GGTT ? 2 : 0);
		assert_int_equal(lookup(*state, &four, 64 * KIB), space == GEN9_SPACE_GGTT ? 3 : 0);
		assert_int_equal(lookup(*state, &four, 2 * MIB), space == GEN9_SPACE_GGTT ? 4 : 0);
		check_held(*state);
	}
}

/* An entry that is no longer valid is taken before a valid one is replaced. */
static void test_invalid_entries_are_filled_first(void **state)
{
	insert(*state, &ggtt, 0, GEN9_PAGE_4K, 1);
	for (uint64_t n = 1; n < GEN9_TLB_WAYS; n++)
		insert(*state, &four, n * GEN9_TLB_SETS << 12, GEN9_PAGE_4K, 1 + n);
	gen9_tlb_invalidate(*state, GEN9_SPACE_PPGTT);
	for (uint64_t n = 1; n < GEN9_TLB_WAYS; n++) {
		insert(*state, &four, n * GEN9_TLB_SETS << 12, GEN9_PAGE_4K, 11 + n);
		assert_int_equal(lookup(*state, &ggtt, 0), 1);
	}
	insert(*state, &four, 100 * GEN9_TLB_SETS << 12, GEN9_PAGE_4K, 31);
	assert_int_equal(lookup(*state, &ggtt, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_starts_empty),
		TEST(test_a_page_covers_its_size),
		TEST(test_sizes_do_not_mix_up),
		TEST(test_the_smaller_page_goes_first),
		TEST(test_tags),
		TEST(test_holds_as_many_neighbours_as_it_has_entries),
		TEST(test_one_more_replaces_the_oldest_of_its_set),
		TEST(test_replacement_across_sizes),
		TEST(test_invalidation_of_one_space),
		TEST(test_invalid_entries_are_filled_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
