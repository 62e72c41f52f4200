// SPDX-License-Identifier: MIT
// Physical memory, guest RAM and DMA domains: two views of the same bytes, placement, ownership,
// allocation, ranges.

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/machine/dma.h"
#include "sim/machine/physmem.h"

#define MIB     (UINT64_C(1) << 20)
#define PM_SIZE (256 * MIB)

struct bed {
	struct physmem *pm;
	struct rng rng;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	if (!bed || physmem_create(&bed->pm, PM_SIZE))
		return -1;
	rng_seed(&bed->rng, 7);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	physmem_destroy(bed->pm);
	free(bed);
	return 0;
}

static struct guest_ram *make_ram(struct bed *bed, unsigned vm, uint64_t size_bytes)
{
	struct guest_ram *ram = NULL;

	assert_int_equal(
		guest_ram_create(&ram, bed->pm, PHYSMEM_OWNER_VM0 + vm, size_bytes, &bed->rng), 0);
	assert_non_null(ram);
	return ram;
}

static uint64_t translate(const struct guest_ram *ram, uint64_t gfn)
{
	uint64_t mfn = 0;

	assert_int_equal(guest_ram_translate(ram, gfn, &mfn), 0);
	return mfn;
}

// ---- physical memory ----

static void test_bad_sizes(void **state)
{
	struct bed *bed = *state;
	struct physmem *pm = NULL;
	struct guest_ram *ram = NULL;
	unsigned vm0 = PHYSMEM_OWNER_VM0;

	assert_int_equal(physmem_create(&pm, 0), -EINVAL);
	assert_int_equal(physmem_create(&pm, MIB), -EINVAL);
	assert_int_equal(physmem_create(&pm, GUEST_RAM_GRANULE + PAGE_SIZE), -EINVAL);
	assert_int_equal(physmem_create(&pm, UINT64_MAX - GUEST_RAM_GRANULE + 1), -EINVAL);
	assert_null(pm);
	assert_int_equal(guest_ram_create(&ram, bed->pm, vm0, 0, &bed->rng), -EINVAL);
	assert_int_equal(guest_ram_create(&ram, bed->pm, vm0, 3 * MIB, &bed->rng), -EINVAL);
	assert_int_equal(guest_ram_create(&ram, bed->pm, PHYSMEM_OWNER_HOST, 2 * MIB, &bed->rng),
			 -EINVAL);
	assert_int_equal(guest_ram_create(&ram, bed->pm, 1u << 16, 2 * MIB, &bed->rng), -EINVAL);
	assert_int_equal(guest_ram_create(&ram, bed->pm, vm0, 2 * PM_SIZE, &bed->rng), -ENOMEM);
	// One granule is missing: frame 0 is nobody's.
	assert_int_equal(guest_ram_create(&ram, bed->pm, vm0, PM_SIZE, &bed->rng), -ENOMEM);
	assert_null(ram);
	guest_ram_destroy(make_ram(bed, 0, PM_SIZE - GUEST_RAM_GRANULE));
}

static void test_host_view_range(void **state)
{
	struct bed *bed = *state;
	uint8_t *base = physmem_at(bed->pm, 0, PM_SIZE);

	assert_non_null(base);
	assert_int_equal(physmem_size_bytes(bed->pm), PM_SIZE);
	assert_ptr_equal(physmem_at(bed->pm, PM_SIZE - 1, 1), base + PM_SIZE - 1);
	assert_null(physmem_at(bed->pm, PM_SIZE - 1, 2));
	assert_null(physmem_at(bed->pm, PM_SIZE, 1));
	assert_null(physmem_at(bed->pm, 0, PM_SIZE + 1));
	assert_null(physmem_at(bed->pm, UINT64_MAX, 2));
	assert_null(physmem_at(bed->pm, 4096, UINT64_MAX));
}

static bool all_zero(const uint8_t *bytes, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

// Both ways of clearing: few pages, many pages.
static void check_zeroed_again(struct physmem *pm, uint64_t page_count)
{
	uint64_t first, second;

	assert_int_equal(physmem_alloc_pages(pm, page_count, &first), 0);
	memset(physmem_at(pm, first << PAGE_SHIFT, page_count << PAGE_SHIFT), 0xa5,
	       page_count << PAGE_SHIFT);
	physmem_free_pages(pm, first, page_count);
	assert_int_equal(physmem_alloc_pages(pm, page_count, &second), 0);
	assert_int_equal(first, second); // first fit
	assert_true(all_zero(physmem_at(pm, second << PAGE_SHIFT, page_count << PAGE_SHIFT),
			     page_count << PAGE_SHIFT));
	physmem_free_pages(pm, second, page_count);
}

static void test_pages_are_zeroed_every_time(void **state)
{
	struct bed *bed = *state;

	check_zeroed_again(bed->pm, 1);
	check_zeroed_again(bed->pm, 3);
	check_zeroed_again(bed->pm, 1000);
	assert_int_equal(physmem_host_pages(bed->pm), 0);
}

static void test_first_fit_fills_holes(void **state)
{
	struct bed *bed = *state;
	uint64_t mfn[4], one, three;

	for (int i = 0; i < 4; i++)
		assert_int_equal(physmem_alloc_pages(bed->pm, 2, &mfn[i]), 0);
	assert_int_not_equal(mfn[0], 0);
	physmem_free_pages(bed->pm, mfn[1], 2);
	assert_int_equal(physmem_alloc_pages(bed->pm, 3, &three), 0);
	assert_int_equal(three, mfn[3] + 2); // the hole is too small
	assert_int_equal(physmem_alloc_pages(bed->pm, 1, &one), 0);
	assert_int_equal(one, mfn[1]);
	assert_int_equal(physmem_host_pages(bed->pm), 10);
	physmem_free_pages(bed->pm, one, 1);
	physmem_free_pages(bed->pm, three, 3);
	for (int i = 0; i < 4; i++)
		if (i != 1)
			physmem_free_pages(bed->pm, mfn[i], 2);
	assert_int_equal(physmem_host_pages(bed->pm), 0);
}

static void test_memory_runs_out_and_comes_back(void **state)
{
	struct bed *bed = *state;
	uint64_t pages = PM_SIZE / PAGE_SIZE, mfn, rest;

	assert_int_equal(physmem_alloc_pages(bed->pm, pages, &mfn), -ENOMEM); // frame 0
	assert_int_equal(physmem_alloc_pages(bed->pm, UINT64_MAX, &mfn), -ENOMEM);
	assert_int_equal(physmem_alloc_pages(bed->pm, pages - 2, &mfn), 0);
	assert_int_equal(physmem_alloc_pages(bed->pm, 2, &rest), -ENOMEM);
	assert_int_equal(physmem_alloc_pages(bed->pm, 1, &rest), 0);
	assert_int_equal(rest, pages - 1);
	assert_int_equal(physmem_alloc_pages(bed->pm, 1, &rest), -ENOMEM);
	physmem_free_pages(bed->pm, mfn, pages - 2);
	physmem_free_pages(bed->pm, pages - 1, 1);
	assert_int_equal(physmem_host_pages(bed->pm), 0);
}

// Random allocations against a table of who owns each frame.
static void test_random_allocations_never_overlap(void **state)
{
	enum { SLOTS = 200 };
	struct bed *bed = *state;
	uint64_t pages = PM_SIZE / PAGE_SIZE, held = 0;
	struct {
		uint64_t mfn, count;
	} slots[SLOTS] = { 0 };
	uint8_t *taken = calloc(pages, 1);

	assert_non_null(taken);
	for (int round = 0; round < 5000; round++) {
		unsigned i = (unsigned)rng_below(&bed->rng, SLOTS);

		if (slots[i].count) {
			physmem_free_pages(bed->pm, slots[i].mfn, slots[i].count);
			memset(taken + slots[i].mfn, 0, slots[i].count);
			held -= slots[i].count;
			slots[i].count = 0;
			continue;
		}
		slots[i].count = 1 + rng_below(&bed->rng, round % 10 ? 4 : 100);
		assert_int_equal(physmem_alloc_pages(bed->pm, slots[i].count, &slots[i].mfn), 0);
		for (uint64_t j = 0; j < slots[i].count; j++) {
			assert_int_equal(taken[slots[i].mfn + j]++, 0);
			assert_int_equal(physmem_owner(bed->pm, slots[i].mfn + j),
					 PHYSMEM_OWNER_HOST);
		}
		held += slots[i].count;
		assert_int_equal(physmem_host_pages(bed->pm), held);
	}
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].count)
			physmem_free_pages(bed->pm, slots[i].mfn, slots[i].count);
	free(taken);
}

// ---- guest RAM ----

static void test_views_are_the_same_bytes(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 32 * MIB);
	uint64_t pages = guest_ram_size_bytes(ram) / PAGE_SIZE;
	uint64_t *guest = guest_ram_guest_view(ram);

	assert_int_equal(pages, 8192);
	for (uint64_t gfn = 0; gfn < pages; gfn++)
		guest[gfn * (PAGE_SIZE / 8) + gfn % 512] = gfn + 1;
	for (uint64_t gfn = 0; gfn < pages; gfn++) {
		uint64_t *host = physmem_at(bed->pm, translate(ram, gfn) << PAGE_SHIFT, PAGE_SIZE);

		assert_ptr_equal(host, guest_ram_page(ram, gfn));
		assert_ptr_not_equal(host, guest + gfn * (PAGE_SIZE / 8));
		assert_int_equal(host[gfn % 512], gfn + 1);
		host[(gfn + 1) % 512] = ~gfn;
		assert_int_equal(guest[gfn * (PAGE_SIZE / 8) + (gfn + 1) % 512], ~gfn);
	}
	guest_ram_destroy(ram);
}

// gfn != mfn, no frame in two places, the owner is told.
static void check_placement(struct bed *bed, const struct guest_ram *ram, unsigned vm,
			    uint8_t *taken)
{
	for (uint64_t gfn = 0; gfn < guest_ram_size_bytes(ram) / PAGE_SIZE; gfn++) {
		uint64_t mfn = translate(ram, gfn);

		assert_int_not_equal(gfn, mfn);
		assert_int_not_equal(mfn, 0);
		assert_int_equal(taken[mfn]++, 0);
		assert_int_equal(physmem_owner(bed->pm, mfn), PHYSMEM_OWNER_VM0 + vm);
	}
}

// Every frame of memory leads back to its page, or to none when it is somebody else's.
static void check_way_back(struct bed *bed, const struct guest_ram *ram, unsigned vm)
{
	for (uint64_t mfn = 0; mfn < PM_SIZE / PAGE_SIZE + 2; mfn++) {
		uint64_t gfn = UINT64_MAX;

		if (physmem_owner(bed->pm, mfn) != PHYSMEM_OWNER_VM0 + vm) {
			assert_int_equal(guest_ram_gfn_of(ram, mfn, &gfn), -EFAULT);
			continue;
		}
		assert_int_equal(guest_ram_gfn_of(ram, mfn, &gfn), 0);
		assert_int_equal(translate(ram, gfn), mfn);
	}
}

static void test_no_page_is_where_its_number_says(void **state)
{
	struct bed *bed = *state;

	for (uint64_t seed = 0; seed < 200; seed++) {
		// Almost all of memory, so that the ranges of gfns and mfns overlap.
		static const uint64_t sizes[] = { 2 * MIB, 4 * MIB, 122 * MIB, 62 * MIB, 64 * MIB };
		struct guest_ram *rams[5];
		uint8_t *taken = calloc(PM_SIZE / PAGE_SIZE, 1);
		unsigned order = (unsigned)(seed % 5);

		assert_non_null(taken);
		rng_seed(&bed->rng, seed);
		for (unsigned i = 0; i < 5; i++) {
			rams[i] = make_ram(bed, i, sizes[(i + order) % 5]);
			check_placement(bed, rams[i], i, taken);
		}
		for (unsigned i = 0; i < 5 && seed % 20 == 0; i++)
			check_way_back(bed, rams[i], i);
		for (unsigned i = 0; i < 5; i++)
			guest_ram_destroy(rams[i]);
		free(taken);
	}
	for (uint64_t mfn = 0; mfn < PM_SIZE / PAGE_SIZE; mfn++)
		assert_int_equal(physmem_owner(bed->pm, mfn), PHYSMEM_OWNER_NONE);
}

static unsigned count_breaks(const struct guest_ram *ram, uint64_t granule)
{
	uint64_t first = granule * (GUEST_RAM_GRANULE / PAGE_SIZE);
	unsigned breaks = 0;

	for (uint64_t i = 1; i < GUEST_RAM_GRANULE / PAGE_SIZE; i++)
		breaks += translate(ram, first + i) != translate(ram, first + i - 1) + 1;
	return breaks;
}

static void test_every_fourth_granule_is_in_fragments(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 128 * MIB);
	unsigned shuffled = 0;

	for (uint64_t granule = 0; granule < 64; granule++) {
		if (granule % 4 == 3)
			assert_in_range(count_breaks(ram, granule), 25, 31);
		else
			assert_int_equal(count_breaks(ram, granule), 0);
		if (granule)
			shuffled += translate(ram, granule * 512) !=
				    translate(ram, granule * 512 - 512) + 512;
	}
	assert_true(shuffled > 50);
	guest_ram_destroy(ram);
}

static void test_fragments_only_at_the_end_of_large_memory(void **state)
{
	struct physmem *pm;
	struct guest_ram *ram;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	assert_int_equal(physmem_create(&pm, 2048 * MIB), 0);
	assert_int_equal(guest_ram_create(&ram, pm, PHYSMEM_OWNER_VM0, 1024 * MIB, &rng), 0);
	assert_int_equal(count_breaks(ram, 383), 0);
	assert_in_range(count_breaks(ram, 387), 25, 31);
	assert_in_range(count_breaks(ram, 511), 25, 31);
	guest_ram_destroy(ram);
	physmem_destroy(pm);
}

static void test_same_seed_same_placement(void **state)
{
	struct bed *bed = *state;
	uint64_t mfns[16 * 512];
	struct guest_ram *ram;

	for (int round = 0; round < 2; round++) {
		rng_seed(&bed->rng, 99);
		ram = make_ram(bed, 0, 32 * MIB);
		for (uint64_t gfn = 0; gfn < 16 * 512; gfn++) {
			if (round)
				assert_int_equal(translate(ram, gfn), mfns[gfn]);
			mfns[gfn] = translate(ram, gfn);
		}
		guest_ram_destroy(ram);
	}
}

static void test_ram_is_zeroed_whoever_had_it(void **state)
{
	struct bed *bed = *state;
	uint64_t len = PM_SIZE - GUEST_RAM_GRANULE, mfn;
	struct guest_ram *ram = make_ram(bed, 0, 16 * MIB);

	memset(guest_ram_guest_view(ram), 0xee, 16 * MIB);
	guest_ram_destroy(ram);
	ram = make_ram(bed, 1, 16 * MIB);
	assert_true(all_zero(guest_ram_guest_view(ram), 16 * MIB));
	guest_ram_destroy(ram);

	assert_int_equal(physmem_alloc_pages(bed->pm, len >> PAGE_SHIFT, &mfn), 0);
	memset(physmem_at(bed->pm, mfn << PAGE_SHIFT, len), 0xee, len);
	physmem_free_pages(bed->pm, mfn, len >> PAGE_SHIFT);
	ram = make_ram(bed, 0, 16 * MIB);
	assert_true(all_zero(guest_ram_guest_view(ram), 16 * MIB));
	guest_ram_destroy(ram);
}

static void test_host_and_guests_share_memory_without_overlap(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 200 * MIB);
	uint64_t mfn, pages = 0;

	while (!physmem_alloc_pages(bed->pm, 1, &mfn)) {
		assert_int_equal(mfn, ++pages); // first fit, from frame 1 on
		assert_int_equal(physmem_owner(bed->pm, mfn), PHYSMEM_OWNER_HOST);
	}
	assert_int_equal(pages, 56 * MIB / PAGE_SIZE - 1);
	assert_int_equal(physmem_host_pages(bed->pm), pages);
	for (mfn = 1; mfn <= pages; mfn++)
		physmem_free_pages(bed->pm, mfn, 1);
	guest_ram_destroy(ram);
	assert_int_equal(physmem_owner(bed->pm, 0), PHYSMEM_OWNER_NONE);
	assert_int_equal(physmem_owner(bed->pm, PM_SIZE / PAGE_SIZE), PHYSMEM_OWNER_NONE);
	assert_int_equal(physmem_owner(bed->pm, UINT64_MAX), PHYSMEM_OWNER_NONE);
}

// ---- copies ----

static void test_copies_cross_pages(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 8 * MIB);
	uint8_t *guest = guest_ram_guest_view(ram);
	static const size_t lens[] = { 0, 1, 2, 3, 4, 7, 8, 9, 100, 4096, 5000, 200000 };
	uint8_t *in = malloc(200000), *out = malloc(200000);

	assert_true(in && out);
	for (int round = 0; round < 2000; round++) {
		size_t len = lens[rng_below(&bed->rng, 12)];
		uint64_t gpa = rng_below(&bed->rng, 8 * MIB - len);

		for (size_t i = 0; i < len; i++)
			in[i] = (uint8_t)rng_next(&bed->rng);
		assert_int_equal(guest_ram_write(ram, gpa, in, len), 0);
		assert_memory_equal(guest + gpa, in, len);
		assert_int_equal(guest_ram_read(ram, gpa, out, len), 0);
		assert_memory_equal(out, in, len);
	}
	free(in);
	free(out);
	guest_ram_destroy(ram);
}

static void test_ranges_are_all_or_nothing(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 2 * MIB);
	uint8_t *guest = guest_ram_guest_view(ram);
	uint8_t buf[8192], untouched[8192];

	memset(buf, 0x11, sizeof(buf));
	memset(untouched, 0x11, sizeof(untouched));
	memset(guest, 0x22, 2 * MIB);
	assert_int_equal(guest_ram_read(ram, 2 * MIB - 8191, buf, 8192), -EFAULT);
	assert_int_equal(guest_ram_read(ram, 2 * MIB, buf, 1), -EFAULT);
	assert_int_equal(guest_ram_read(ram, UINT64_MAX, buf, 2), -EFAULT);
	assert_int_equal(guest_ram_read(ram, 0, buf, SIZE_MAX), -EFAULT);
	assert_memory_equal(buf, untouched, sizeof(buf));
	assert_int_equal(guest_ram_write(ram, 2 * MIB - 8191, buf, 8192), -EFAULT);
	assert_int_equal(guest_ram_write(ram, UINT64_MAX - 4095, buf, 8192), -EFAULT);
	for (uint64_t i = 0; i < 2 * MIB; i++)
		assert_int_equal(guest[i], 0x22);
	assert_int_equal(guest_ram_read(ram, 2 * MIB - 8192, buf, 8192), 0);
	assert_int_equal(buf[8191], 0x22);
	assert_int_equal(guest_ram_read(ram, 2 * MIB, buf, 0), 0);
	guest_ram_destroy(ram);
}

static void test_translation_ends_with_ram(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 2 * MIB);
	uint64_t mfn = 77;

	assert_int_equal(guest_ram_translate(ram, 512, &mfn), -EFAULT);
	assert_int_equal(guest_ram_translate(ram, UINT64_MAX, &mfn), -EFAULT);
	assert_int_equal(guest_ram_translate(ram, UINT64_C(1) << 52, &mfn), -EFAULT);
	assert_int_equal(mfn, 77);
	assert_null(guest_ram_page(ram, 512));
	assert_null(guest_ram_page(ram, UINT64_C(1) << 52));
	assert_non_null(guest_ram_page(ram, 511));
	guest_ram_destroy(ram);
}

// ---- DMA domains ----

static void test_dma_domains(void **state)
{
	struct bed *bed = *state;
	struct guest_ram *ram = make_ram(bed, 0, 8 * MIB);
	struct dma_domain host = { .pm = bed->pm }, vm = { .pm = bed->pm, .ram = ram };
	uint64_t gfn = 1800;

	*((uint64_t *)guest_ram_guest_view(ram) + gfn * 512) = 0x1122334455667788;
	assert_int_equal(*(uint64_t *)dma_page(&vm, gfn), 0x1122334455667788);
	assert_int_equal(*(uint64_t *)dma_page(&host, translate(ram, gfn)), 0x1122334455667788);
	assert_ptr_not_equal(dma_page(&vm, gfn), dma_page(&host, gfn));
	assert_null(dma_page(&vm, 2048));
	assert_null(dma_page(&vm, UINT64_C(1) << 52));
	assert_non_null(dma_page(&host, PM_SIZE / PAGE_SIZE - 1));
	assert_null(dma_page(&host, PM_SIZE / PAGE_SIZE));
	assert_null(dma_page(&host, UINT64_C(1) << 52)); // shifted, it would be 0
	guest_ram_destroy(ram);
}

// ---- broken promises stop the program ----

static bool child_dies(void (*act)(struct bed *bed), struct bed *bed)
{
	struct rlimit no_core = { 0, 0 };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		fclose(stderr);
		act(bed);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void free_twice(struct bed *bed)
{
	uint64_t mfn;

	physmem_alloc_pages(bed->pm, 1, &mfn);
	physmem_free_pages(bed->pm, mfn, 1);
	physmem_free_pages(bed->pm, mfn, 1);
}

static void free_too_few(struct bed *bed)
{
	uint64_t mfn;

	physmem_alloc_pages(bed->pm, 3, &mfn);
	physmem_free_pages(bed->pm, mfn, 2);
}

static void free_too_many(struct bed *bed)
{
	uint64_t mfn, next;

	physmem_alloc_pages(bed->pm, 2, &mfn);
	physmem_alloc_pages(bed->pm, 2, &next);
	physmem_free_pages(bed->pm, mfn, 3);
}

static void free_two_as_one(struct bed *bed)
{
	uint64_t mfn, next;

	physmem_alloc_pages(bed->pm, 1, &mfn);
	physmem_alloc_pages(bed->pm, 1, &next);
	physmem_free_pages(bed->pm, mfn, 2);
}

static void free_the_middle(struct bed *bed)
{
	uint64_t mfn;

	physmem_alloc_pages(bed->pm, 3, &mfn);
	physmem_free_pages(bed->pm, mfn + 1, 2);
}

static void free_a_guests_page(struct bed *bed)
{
	physmem_free_pages(bed->pm, translate(make_ram(bed, 0, 2 * MIB), 0), 1);
}

static void destroy_under_a_guest(struct bed *bed)
{
	make_ram(bed, 0, 2 * MIB);
	physmem_destroy(bed->pm);
}

static void test_wrong_frees_are_caught(void **state)
{
	assert_true(child_dies(free_twice, *state));
	assert_true(child_dies(free_too_few, *state));
	assert_true(child_dies(free_too_many, *state));
	assert_true(child_dies(free_two_as_one, *state));
	assert_true(child_dies(free_the_middle, *state));
	assert_true(child_dies(free_a_guests_page, *state));
	assert_true(child_dies(destroy_under_a_guest, *state));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad_sizes),
		TEST(test_host_view_range),
		TEST(test_pages_are_zeroed_every_time),
		TEST(test_first_fit_fills_holes),
		TEST(test_memory_runs_out_and_comes_back),
		TEST(test_random_allocations_never_overlap),
		TEST(test_views_are_the_same_bytes),
		TEST(test_no_page_is_where_its_number_says),
		TEST(test_every_fourth_granule_is_in_fragments),
		TEST(test_fragments_only_at_the_end_of_large_memory),
		TEST(test_same_seed_same_placement),
		TEST(test_ram_is_zeroed_whoever_had_it),
		TEST(test_host_and_guests_share_memory_without_overlap),
		TEST(test_copies_cross_pages),
		TEST(test_ranges_are_all_or_nothing),
		TEST(test_translation_ends_with_ram),
		TEST(test_dma_domains),
		TEST(test_wrong_frees_are_caught),
	};

	return cmocka_run_group_tests_name("physmem", tests, NULL, NULL);
}
