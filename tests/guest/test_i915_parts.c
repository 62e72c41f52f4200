// SPDX-License-Identifier: MIT
/* The driver's parts that know of nobody else: heap, ring accounting, addresses, pages. */
#include <errno.h>
#include <string.h>

#include "guest/i915_heap.h"
#include "guest/i915_mutex.h"
#include "guest/i915_pages.h"
#include "guest/i915_ring.h"
#include "guest/i915_space.h"
#include "tests/guest/fixture.h"

#define PAGES(n) ((uint64_t)(n)*PLAT_PAGE_SIZE)

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

/* ---- addresses ---- */

#define HIGH_START GEN9_APERTURE_BYTES

static void small_space(struct i915_space *space)
{
	i915_space_init(space, (struct i915_slice){ 0, PAGES(8) },
			(struct i915_slice){ HIGH_START, HIGH_START + PAGES(8) });
}

static int take(struct i915_space *space, struct i915_node *node, unsigned pages,
		enum i915_place place)
{
	return i915_space_take(space, node, PAGES(pages), PAGES(1), place);
}

static void space_places_low_and_high(void **state)
{
	struct i915_node node[8] = { 0 };
	struct i915_space space;

	small_space(&space);
	assert_int_equal(take(&space, &node[0], 2, I915_PLACE_LOW), 0);
	assert_int_equal(node[0].start, PAGES(1)); /* never address 0 */
	assert_int_equal(take(&space, &node[1], 3, I915_PLACE_LOW), 0);
	assert_int_equal(node[1].start, PAGES(3));
	assert_int_equal(take(&space, &node[2], 2, I915_PLACE_HIGH), 0);
	assert_int_equal(node[2].start, HIGH_START + PAGES(6));
	assert_int_equal(take(&space, &node[3], 5, I915_PLACE_HIGH), 0);
	assert_int_equal(node[3].start, HIGH_START + PAGES(1));
	/* One slice is full: the other serves, from its own end. */
	assert_int_equal(take(&space, &node[4], 2, I915_PLACE_HIGH), 0);
	assert_int_equal(node[4].start, PAGES(6));
	assert_int_equal(take(&space, &node[5], 1, I915_PLACE_LOW), 0);
	assert_int_equal(node[5].start, HIGH_START);
	assert_int_equal(take(&space, &node[6], 1, I915_PLACE_LOW), -I915_ENOSPC);
	/* A hole in the middle is found from both sides. */
	i915_space_give(&node[1]);
	i915_space_give(&node[1]);
	assert_int_equal(take(&space, &node[6], 1, I915_PLACE_HIGH), 0);
	assert_int_equal(node[6].start, PAGES(5));
	assert_int_equal(take(&space, &node[7], 2, I915_PLACE_LOW), 0);
	assert_int_equal(node[7].start, PAGES(3));
}

#define NODES 24u
#define SPAN  16u /* pages: the first slice, then the second */

static uint64_t page_of(uint64_t address)
{
	return address < HIGH_START ? address / PLAT_PAGE_SIZE
				    : (address - HIGH_START) / PLAT_PAGE_SIZE + SPAN / 2;
}

/* A bitmap of what is taken; fails the test on an overlap. */
static void map_nodes(const struct i915_node *nodes, bool used[SPAN])
{
	for (unsigned i = 0; i < NODES; i++) {
		for (uint64_t n = 0; n < nodes[i].size_bytes / PLAT_PAGE_SIZE; n++) {
			uint64_t page = page_of(nodes[i].start) + n;

			assert_true(page < SPAN);
			assert_false(used[page]);
			used[page] = true;
		}
	}
}

static bool is_free(const bool used[SPAN], uint64_t first, uint32_t pages)
{
	for (uint64_t page = first; page < first + pages; page++) {
		if (page >= SPAN || used[page] || (page > first && page == SPAN / 2))
			return false;
	}
	return true;
}

/* The bitmap's own answer: where the range has to go, or SPAN. */
static uint64_t expected_page(const bool used[SPAN], uint32_t pages, uint32_t align,
			      enum i915_place place)
{
	for (uint64_t i = 0; i < SPAN; i++) {
		uint64_t page = place == I915_PLACE_LOW ? i : SPAN - 1 - i;

		if (page % (SPAN / 2) % align == 0 && is_free(used, page, pages))
			return page;
	}
	return SPAN;
}

static void space_random_ranges(void **state)
{
	struct i915_space space;
	struct i915_node nodes[NODES] = { 0 };
	uint32_t seed = 12345;
	unsigned refused = 0;

	small_space(&space);
	for (unsigned round = 0; round < 20000; round++) {
		bool used[SPAN] = { [0] = true };
		enum i915_place place;
		uint32_t pages, align;
		struct i915_node *node;
		uint64_t page;

		seed = seed * 1664525 + 1013904223;
		node = &nodes[(seed >> 16) % NODES];
		pages = 1 + (seed >> 8) % 4;
		align = 1u << (seed >> 24) % 3;
		place = seed >> 31 ? I915_PLACE_LOW : I915_PLACE_HIGH;
		if (node->size_bytes) {
			i915_space_give(node);
			continue;
		}
		map_nodes(nodes, used);
		page = expected_page(used, pages, align, place);
		refused += page == SPAN;
		assert_int_equal(i915_space_take(&space, node, PAGES(pages), PAGES(align), place),
				 page == SPAN ? -I915_ENOSPC : 0);
		if (page != SPAN)
			assert_int_equal(page_of(node->start), page);
	}
	assert_in_range(refused, 1000, 15000);
}

static void space_takes_fixed_ranges(void **state)
{
	struct i915_node node[4] = { 0 };
	struct i915_space space;

	i915_space_init(&space, (struct i915_slice){ 0, PAGES(8) }, (struct i915_slice){ 0, 0 });
	assert_int_equal(i915_space_take_at(&space, &node[0], PAGES(3), PAGES(2)), 0);
	assert_int_equal(i915_space_take_at(&space, &node[1], PAGES(4), PAGES(1)), -I915_ENOSPC);
	assert_int_equal(i915_space_take_at(&space, &node[1], PAGES(2), PAGES(2)), -I915_ENOSPC);
	assert_int_equal(i915_space_take_at(&space, &node[1], PAGES(2), PAGES(4)), -I915_ENOSPC);
	assert_int_equal(i915_space_take_at(&space, &node[1], PAGES(5), PAGES(3)), 0);
	assert_int_equal(i915_space_take_at(&space, &node[2], PAGES(1), PAGES(2)), 0);
	assert_int_equal(take(&space, &node[3], 1, I915_PLACE_LOW), -I915_ENOSPC);
	i915_space_give(&node[0]);
	assert_int_equal(take(&space, &node[3], 2, I915_PLACE_HIGH), 0);
	assert_int_equal(node[3].start, PAGES(3));
}

static void space_knows_its_bounds(void **state)
{
	struct i915_space space;

	small_space(&space);
	assert_false(i915_space_contains(&space, 0, PAGES(1)));
	assert_true(i915_space_contains(&space, PAGES(1), PAGES(7)));
	assert_false(i915_space_contains(&space, PAGES(1), PAGES(8)));
	assert_false(i915_space_contains(&space, PAGES(1), UINT64_MAX - PAGES(1)));
	assert_false(i915_space_contains(&space, PAGES(8), PAGES(1)));
	assert_true(i915_space_contains(&space, HIGH_START, PAGES(8)));
	assert_true(i915_space_has_room(&space, PAGES(8), PAGES(1))); /* the second slice */
	assert_false(i915_space_has_room(&space, PAGES(9), PAGES(1)));
	assert_true(i915_space_has_room(&space, PAGES(1), HIGH_START));
	assert_false(i915_space_has_room(&space, PAGES(1), HIGH_START * 2));
}

/* ---- pages ---- */

static void pages_are_aligned(void **state)
{
	struct platform *plat = fake_create();
	struct i915_pages first = { 0 }, pages = { 0 };

	assert_int_equal(i915_pages_alloc(plat, &first, 1, 1), 0);
	assert_int_equal(first.block_pages, 1);
	assert_int_equal(i915_pages_alloc(plat, &pages, 20, 16), 0);
	assert_int_equal(pages.gpa % PAGES(16), 0);
	assert_int_equal((char *)pages.cpu - (char *)pages.block,
			 pages.gpa - (first.gpa + PAGES(1)));
	assert_int_equal(plat->pages_in_use, 1 + 35);
	assert_int_equal(i915_pages_alloc(plat, &first, SIZE_MAX / PLAT_PAGE_SIZE, 2),
			 -I915_ENOMEM);
	i915_pages_free(plat, &pages);
	i915_pages_free(plat, &pages);
	i915_pages_free(plat, &first);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

/* ---- mutex ---- */

static void mutex_is_held_once(void **state)
{
	struct platform *plat = fake_create();
	struct i915_mutex mutex = { 0 };

	i915_mutex_lock(plat, &mutex);
	assert_true(plat->irq_enabled);
	assert_int_equal(plat->locks_held, 0);
	assert_false(i915_mutex_trylock(plat, &mutex));
	i915_mutex_unlock(plat, &mutex);
	assert_true(i915_mutex_trylock(plat, &mutex));
	i915_mutex_unlock(plat, &mutex);
	assert_false(plat->woken); /* nobody waited */
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
		cmocka_unit_test(space_places_low_and_high),
		cmocka_unit_test(space_random_ranges),
		cmocka_unit_test(space_takes_fixed_ranges),
		cmocka_unit_test(space_knows_its_bounds),
		cmocka_unit_test(pages_are_aligned),
		cmocka_unit_test(mutex_is_held_once),
	};

	return cmocka_run_group_tests_name("guest: heap, ring, addresses", tests, NULL, NULL);
}
