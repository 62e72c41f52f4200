// SPDX-License-Identifier: MIT
/* The driver's parts that know of nobody else: heap, ring accounting, GGTT ranges. */
#include <errno.h>
#include <string.h>

#include "guest/i915_ggtt.h"
#include "guest/i915_heap.h"
#include "guest/i915_ring.h"
#include "tests/guest/fixture.h"

/* ---- error numbers ---- */

static void error_numbers_are_those_of_linux(void **state)
{
	assert_int_equal(I915_EIO, EIO);
	assert_int_equal(I915_ENOMEM, ENOMEM);
	assert_int_equal(I915_ENODEV, ENODEV);
	assert_int_equal(I915_EINVAL, EINVAL);
	assert_int_equal(I915_ENOSPC, ENOSPC);
	assert_int_equal(I915_ETIME, ETIME);
}

/* ---- heap ---- */

static void heap_blocks_are_zeroed_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 64, 65, 200, 512, 1000, 2048 };
	struct platform *plat = fake_create();
	struct i915_heap heap;
	uint8_t *blocks[300];

	i915_heap_init(&heap, plat);
	for (unsigned i = 0; i < 300; i++) {
		size_t size = sizes[i % 7];

		blocks[i] = i915_heap_alloc(&heap, size);
		assert_non_null(blocks[i]);
		for (size_t at = 0; at < size; at++)
			assert_int_equal(blocks[i][at], 0);
		memset(blocks[i], (int)(i % 251 + 1), size);
	}
	for (unsigned i = 0; i < 300; i++) {
		size_t size = sizes[i % 7];

		for (size_t at = 0; at < size; at++)
			assert_int_equal(blocks[i][at], i % 251 + 1);
		i915_heap_free(&heap, blocks[i], size);
	}
	assert_int_equal(heap.blocks_in_use, 0);
	assert_int_equal(plat->pages_in_use, heap.page_count);
	i915_heap_fini(&heap);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

static void heap_reuses_freed_blocks(void **state)
{
	struct platform *plat = fake_create();
	struct i915_heap heap;

	i915_heap_init(&heap, plat);
	for (unsigned i = 0; i < 1000; i++) {
		void *p = i915_heap_alloc(&heap, 100);

		memset(p, 0xff, 100);
		i915_heap_free(&heap, p, 100);
	}
	i915_heap_free(&heap, NULL, 100);
	assert_int_equal(heap.page_count, 1);
	i915_heap_fini(&heap);
	fake_destroy(plat);
}

static void heap_survives_lack_of_pages(void **state)
{
	struct platform *plat = fake_create();
	struct i915_heap heap;
	void *p;

	i915_heap_init(&heap, plat);
	plat->fail_allocation = 1;
	assert_null(i915_heap_alloc(&heap, 100));
	p = i915_heap_alloc(&heap, 100);
	assert_non_null(p);
	assert_int_equal(heap.blocks_in_use, 1);
	i915_heap_fini(&heap);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

/* ---- ring ---- */

#define RING_BYTES 1024u

static void ring_pads_at_the_end(void **state)
{
	uint32_t dwords[RING_BYTES / 4];
	struct i915_ring ring = { .dwords = dwords, .size_bytes = RING_BYTES };

	memset(dwords, 0xff, sizeof(dwords));
	ring.emit = RING_BYTES - 80;
	ring.head = RING_BYTES - 80;
	assert_true(i915_ring_reserve(&ring, 136));
	assert_ptr_equal(i915_ring_begin(&ring, 136), dwords);
	assert_int_equal(ring.emit, 136);
	assert_int_equal(ring.reserved_count, 0);
	for (unsigned i = RING_BYTES - 80; i < RING_BYTES; i += 4)
		assert_int_equal(dwords[i / 4], MI_NOOP);
	assert_int_equal(dwords[(RING_BYTES - 84) / 4], 0xffffffff);
	assert_int_equal(dwords[0], 0xffffffff);
}

static void ring_fits_exactly_without_padding(void **state)
{
	uint32_t dwords[RING_BYTES / 4] = { 0 };
	struct i915_ring ring = { .dwords = dwords, .size_bytes = RING_BYTES };

	ring.emit = ring.head = RING_BYTES - 136;
	assert_true(i915_ring_reserve(&ring, 136));
	assert_ptr_equal(i915_ring_begin(&ring, 136), dwords + (RING_BYTES - 136) / 4);
	assert_int_equal(ring.emit, 0);
}

/* Whatever is reserved can be used: the head is never reached, from any starting point. */
static void ring_reservations_hold(void **state)
{
	uint32_t dwords[RING_BYTES / 4] = { 0 };

	for (uint32_t start = 0; start < RING_BYTES; start += 8) {
		struct i915_ring ring = { .dwords = dwords, .size_bytes = RING_BYTES };
		uint32_t used = 0;
		unsigned count = 0;

		ring.emit = ring.head = start;
		while (i915_ring_reserve(&ring, 136))
			count++;
		assert_in_range(count, 6, 7);
		assert_int_equal(ring.reserved_count, count);
		while (count--) {
			uint32_t before = ring.emit;

			i915_ring_begin(&ring, 136);
			used += i915_ring_wrap(&ring, ring.emit - before);
		}
		assert_true(used + I915_RING_GUARD_BYTES <= RING_BYTES);
		i915_ring_retire(&ring, ring.emit);
		assert_true(i915_ring_reserve(&ring, 136));
	}
}

static void ring_cancel_gives_room_back(void **state)
{
	uint32_t dwords[RING_BYTES / 4] = { 0 };
	struct i915_ring ring = { .dwords = dwords, .size_bytes = RING_BYTES };

	while (i915_ring_reserve(&ring, 136))
		;
	i915_ring_cancel(&ring);
	assert_true(i915_ring_reserve(&ring, 136));
	assert_false(i915_ring_reserve(&ring, 136));
}

/* ---- GGTT ---- */

#define PAGES(n) ((uint64_t)(n)*PLAT_PAGE_SIZE)

static void ggtt_size_follows_ggms(void **state)
{
	assert_int_equal(i915_ggtt_size_bytes(0x0000), 0);
	assert_int_equal(i915_ggtt_size_bytes(0x0040), 1ull << 30);
	assert_int_equal(i915_ggtt_size_bytes(0x0080), 2ull << 30);
	assert_int_equal(i915_ggtt_size_bytes(0xffc0), 4ull << 30);
}

static void ggtt_refuses_impossible_shares(void **state)
{
	const uint64_t aperture = GEN9_APERTURE_BYTES;
	const struct {
		struct i915_ggtt_slice low, high;
		int err;
	} cases[] = {
		{{ 0, aperture },             { aperture, 4ull << 30 },              0        },
		{ { 0, 0 },                   { aperture, aperture + PAGES(1) },     0        },
		{ { PAGES(8), PAGES(9) },     { 0, 0 },                              0        },
		{ { 0, aperture + PAGES(1) }, { 0, 0 },                              -I915_EIO},
		{ { 0, PAGES(1) },            { aperture - PAGES(1), aperture },     -I915_EIO},
		{ { 0, PAGES(1) },            { aperture, (4ull << 30) + PAGES(1) }, -I915_EIO},
		{ { 1, PAGES(1) },            { 0, 0 },                              -I915_EIO},
		{ { 0, 100 },                 { 0, 0 },                              -I915_EIO},
	};
	struct platform *plat = fake_create();

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct i915_ggtt ggtt = { 0 };

		assert_int_equal(i915_ggtt_init(&ggtt, plat, FAKE_BAR0, 4ull << 30, cases[i].low,
						cases[i].high),
				 cases[i].err);
	}
	fake_destroy(plat);
}

static void small_ggtt(struct i915_ggtt *ggtt, struct platform *plat)
{
	const struct i915_ggtt_slice low = { 0, PAGES(8) };
	const struct i915_ggtt_slice high = { GEN9_APERTURE_BYTES, GEN9_APERTURE_BYTES + PAGES(8) };

	*ggtt = (struct i915_ggtt){ 0 };
	assert_int_equal(i915_ggtt_init(ggtt, plat, FAKE_BAR0, 4ull << 30, low, high), 0);
}

static void ggtt_places_low_and_high(void **state)
{
	struct platform *plat = fake_create();
	struct i915_ggtt_node node[8] = { 0 };
	struct i915_ggtt ggtt;

	small_ggtt(&ggtt, plat);
	assert_int_equal(i915_ggtt_take(&ggtt, &node[0], PAGES(2), I915_GGTT_LOW), 0);
	assert_int_equal(node[0].start, PAGES(1)); /* never address 0 */
	assert_int_equal(i915_ggtt_take(&ggtt, &node[1], PAGES(3), I915_GGTT_LOW), 0);
	assert_int_equal(node[1].start, PAGES(3));
	assert_int_equal(i915_ggtt_take(&ggtt, &node[2], PAGES(2), I915_GGTT_HIGH), 0);
	assert_int_equal(node[2].start, GEN9_APERTURE_BYTES + PAGES(6));
	assert_int_equal(i915_ggtt_take(&ggtt, &node[3], PAGES(5), I915_GGTT_HIGH), 0);
	assert_int_equal(node[3].start, GEN9_APERTURE_BYTES + PAGES(1));
	/* One slice is full: the other serves, from its own end. */
	assert_int_equal(i915_ggtt_take(&ggtt, &node[4], PAGES(2), I915_GGTT_HIGH), 0);
	assert_int_equal(node[4].start, PAGES(6));
	assert_int_equal(i915_ggtt_take(&ggtt, &node[5], PAGES(1), I915_GGTT_LOW), 0);
	assert_int_equal(node[5].start, GEN9_APERTURE_BYTES);
	assert_int_equal(i915_ggtt_take(&ggtt, &node[6], PAGES(1), I915_GGTT_LOW), -I915_ENOSPC);
	/* A hole in the middle is found from both sides. */
	i915_ggtt_give(&ggtt, &node[1]);
	i915_ggtt_give(&ggtt, &node[1]);
	assert_int_equal(i915_ggtt_take(&ggtt, &node[6], PAGES(1), I915_GGTT_HIGH), 0);
	assert_int_equal(node[6].start, PAGES(5));
	assert_int_equal(i915_ggtt_take(&ggtt, &node[7], PAGES(2), I915_GGTT_LOW), 0);
	assert_int_equal(node[7].start, PAGES(3));
	fake_destroy(plat);
}

/* Against a bitmap: no overlap, no range outside of the slices, and failure only without a hole. */
static void ggtt_random_ranges_never_overlap(void **state)
{
	enum { NODES = 24, SPAN = 16 };
	struct platform *plat = fake_create();
	struct i915_ggtt_node nodes[NODES] = { 0 };
	struct i915_ggtt ggtt;
	uint32_t seed = 12345;

	small_ggtt(&ggtt, plat);
	for (unsigned round = 0; round < 20000; round++) {
		bool used[SPAN] = { [0] = true };
		unsigned hole = 0, longest = 0;
		uint32_t pages;
		struct i915_ggtt_node *node;

		seed = seed * 1664525 + 1013904223;
		node = &nodes[(seed >> 16) % NODES];
		pages = 1 + (seed >> 8) % 4;
		if (node->size_bytes) {
			i915_ggtt_give(&ggtt, node);
			continue;
		}
		for (unsigned i = 0; i < NODES; i++) {
			uint64_t at = nodes[i].start / PLAT_PAGE_SIZE;

			if (at >= GEN9_APERTURE_BYTES / PLAT_PAGE_SIZE)
				at = at - GEN9_APERTURE_BYTES / PLAT_PAGE_SIZE + SPAN / 2;
			for (uint64_t n = 0; n < nodes[i].size_bytes / PLAT_PAGE_SIZE; n++) {
				assert_true(at + n < SPAN);
				assert_false(used[at + n]);
				used[at + n] = true;
			}
		}
		for (unsigned i = 0; i < SPAN; i++) {
			hole = i == SPAN / 2 ? 0 : hole;
			hole = used[i] ? 0 : hole + 1;
			longest = hole > longest ? hole : longest;
		}
		assert_int_equal(i915_ggtt_take(&ggtt, node, PAGES(pages),
						seed & 1 ? I915_GGTT_LOW : I915_GGTT_HIGH),
				 longest >= pages ? 0 : -I915_ENOSPC);
	}
	fake_destroy(plat);
}

static void ggtt_bind_writes_one_entry_a_page(void **state)
{
	const uint64_t flags = GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE | 0x80;
	struct platform *plat = fake_create();
	struct i915_ggtt_node node = { 0 };
	struct fake_cursor cursor;
	struct i915_ggtt ggtt;

	small_ggtt(&ggtt, plat);
	assert_int_equal(i915_ggtt_take(&ggtt, &node, PAGES(3), I915_GGTT_LOW), 0);
	i915_ggtt_bind(&ggtt, &node, 0x12345000);
	cursor = fake_cursor(plat);
	next_write(&cursor, GEN9_GTT_WINDOW + 8, 0x12345000 | flags);
	next_write(&cursor, GEN9_GTT_WINDOW + 16, 0x12346000 | flags);
	next_write(&cursor, GEN9_GTT_WINDOW + 24, 0x12347000 | flags);
	next_write(&cursor, GFX_FLSH_CNTL, 1);
	next_end(&cursor);
	assert_int_equal(plat->log[0].size, 8);
	assert_int_equal(plat->op_count[PLAT_OP_GGTT_INSERT], 1);
	assert_int_equal(plat->op_accesses[PLAT_OP_GGTT_INSERT], 4);
	i915_ggtt_give(&ggtt, &node);
	next_end(&cursor); /* unbinding writes nothing */
	fake_destroy(plat);
}

static void ggtt_foreign_page_is_not_in_the_share(void **state)
{
	const struct i915_ggtt_slice all[2] = {
		{0,                    GEN9_APERTURE_BYTES},
                { GEN9_APERTURE_BYTES, 4ull << 30         }
	};
	struct platform *plat = fake_create();
	struct i915_ggtt ggtt;

	small_ggtt(&ggtt, plat);
	assert_int_equal(i915_ggtt_foreign_page(&ggtt), PAGES(8));
	ggtt = (struct i915_ggtt){ 0 };
	i915_ggtt_init(&ggtt, plat, FAKE_BAR0, 4ull << 30, all[0], all[1]);
	assert_int_equal(i915_ggtt_foreign_page(&ggtt), 0); /* own, but never bound */
	fake_destroy(plat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_numbers_are_those_of_linux),
		cmocka_unit_test(heap_blocks_are_zeroed_and_apart),
		cmocka_unit_test(heap_reuses_freed_blocks),
		cmocka_unit_test(heap_survives_lack_of_pages),
		cmocka_unit_test(ring_pads_at_the_end),
		cmocka_unit_test(ring_fits_exactly_without_padding),
		cmocka_unit_test(ring_reservations_hold),
		cmocka_unit_test(ring_cancel_gives_room_back),
		cmocka_unit_test(ggtt_size_follows_ggms),
		cmocka_unit_test(ggtt_refuses_impossible_shares),
		cmocka_unit_test(ggtt_places_low_and_high),
		cmocka_unit_test(ggtt_random_ranges_never_overlap),
		cmocka_unit_test(ggtt_bind_writes_one_entry_a_page),
		cmocka_unit_test(ggtt_foreign_page_is_not_in_the_share),
	};

	return cmocka_run_group_tests_name("guest: heap, ring, ggtt", tests, NULL, NULL);
}
