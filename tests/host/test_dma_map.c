// SPDX-License-Identifier: MIT
// Pins of guest pages, counted.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "rig.h"

#include <errno.h>

#include "host/dma_map.h"

#define GFNS (RIG_MEMORY_BYTES >> PAGE_SHIFT)

static struct rig rig;
static struct vgpu *vgpu;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ 0 });
	vgpu = rig.guests[0].vgpu;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(dma_pinned_pages(vgpu), 0);
	rig_destroy(&rig);
	return 0;
}

static void pin(uint64_t gfn, uint64_t times)
{
	uint64_t expected, mfn;

	assert_int_equal(guest_ram_translate(vgpu->vm->ram, gfn, &expected), 0);
	while (times--) {
		assert_int_equal(dma_map_gfn(vgpu, gfn, &mfn), 0);
		assert_int_equal(mfn, expected);
	}
}

static void unpin(uint64_t gfn, uint64_t times)
{
	while (times--)
		dma_unmap_gfn(vgpu, gfn);
}

static void pages_are_counted_once_and_pins_each(void **state)
{
	pin(0, 1);
	pin(GFNS - 1, 3);
	assert_int_equal(dma_pinned_pages(vgpu), 2);
	assert_int_equal(dma_pins_of(vgpu, 0), 1);
	assert_int_equal(dma_pins_of(vgpu, GFNS - 1), 3);
	assert_int_equal(dma_pins_of(vgpu, 1), 0);
	assert_int_equal(dma_pins_of(vgpu, GFNS), 0);
	assert_int_equal(dma_pins_of(vgpu, UINT64_MAX), 0);
	unpin(GFNS - 1, 2);
	assert_int_equal(dma_pinned_pages(vgpu), 2);
	unpin(GFNS - 1, 1);
	assert_int_equal(dma_pinned_pages(vgpu), 1);
	unpin(0, 1);
}

static void only_ram_can_be_pinned(void **state)
{
	static const uint64_t bad[] = { GFNS, GFNS + 1, RIG_GUEST_BAR0 >> PAGE_SHIFT,
					UINT64_C(0x3ffffffff), UINT64_MAX };
	uint64_t mfn;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dma_map_gfn(vgpu, bad[i], &mfn), -EFAULT);
}

static void frames_find_their_page(void **state)
{
	for (uint64_t gfn = 0; gfn < GFNS; gfn += 7) {
		uint64_t mfn;

		assert_int_equal(dma_map_gfn(vgpu, gfn, &mfn), 0);
		dma_unmap_mfn(vgpu, mfn);
		assert_int_equal(dma_pins_of(vgpu, gfn), 0);
	}
}

// Around what fits into a page's own count, there and back, with several such pages at once.
static void counts_beyond_two_bytes(void **state)
{
	static const uint64_t counts[] = { 65533, 65534, 65535, 65536, 65537, 200000 };
	const unsigned pages = sizeof(counts) / sizeof(counts[0]);

	for (unsigned i = 0; i < pages; i++)
		pin(i, counts[i]);
	for (unsigned i = 0; i < pages; i++)
		assert_int_equal(dma_pins_of(vgpu, i), counts[i]);
	assert_int_equal(dma_pinned_pages(vgpu), pages);
	for (unsigned i = 0; i < pages; i++) {
		for (uint64_t left = counts[i]; left--;) {
			unpin(i, 1);
			if (left % 1000 == 0 || left > 65530)
				assert_int_equal(dma_pins_of(vgpu, i), left);
		}
		assert_int_equal(dma_pinned_pages(vgpu), pages - 1 - i);
	}
	assert_null(vgpu->dma.many);
}

static void a_count_goes_up_again_after_it_came_back(void **state)
{
	pin(5, 70000);
	unpin(5, 69990);
	pin(5, 70000);
	assert_int_equal(dma_pins_of(vgpu, 5), 70010);
	unpin(5, 70010);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pages_are_counted_once_and_pins_each),
		TEST(only_ram_can_be_pinned),
		TEST(frames_find_their_page),
		TEST(counts_beyond_two_bytes),
		TEST(a_count_goes_up_again_after_it_came_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
