// SPDX-License-Identifier: MIT
// GGTT emulation: what the guest sees, what the hardware gets, and what it can never get.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>

#include "host/gtt.h"
#include "rig.h"

#define FLAGS        (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define ADDRESS(pte) ((pte)&GEN8_PTE_ADDR_MASK)

static struct rig rig;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .vm_count = 2 });
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static uint32_t entry_at(uint64_t gma)
{
	return (uint32_t)(GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT));
}

static uint64_t mfn_of(const struct rig_guest *g, uint64_t gpa)
{
	uint64_t mfn;

	assert_int_equal(guest_ram_translate(g->vm->ram, gpa >> PAGE_SHIFT, &mfn), 0);
	return mfn;
}

static void entries_are_translated(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gma = g->vgpu->ggtt.low.base;
	uint64_t gpa = rig_alloc(g, 3);

	rig_bind_at(g, gma, gpa, 3);
	for (uint64_t i = 0; i < 3; i++) {
		uint64_t host = rig_host_pte(&rig, gma + i * PAGE_SIZE);

		assert_true(rig_read(g, entry_at(gma + i * PAGE_SIZE), 8) ==
			    ((gpa + i * PAGE_SIZE) | FLAGS));
		assert_true(host == (mfn_of(g, gpa + i * PAGE_SIZE) << PAGE_SHIFT | FLAGS));
		assert_true(ADDRESS(host) != gpa + i * PAGE_SIZE);
	}
	rig_write(g, entry_at(gma), 8, 0);
	assert_false(rig_host_pte(&rig, gma) & GEN8_PTE_PRESENT);
}

// High half first or low half first: nothing is mapped in between, and the rest is untouched.
static void halves_meet_in_either_order(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gma = g->vgpu->ggtt.high.base + g->vgpu->ggtt.high.bytes - PAGE_SIZE;
	uint32_t entry = entry_at(gma);
	uint64_t first = rig_alloc(g, 1), second = rig_alloc(g, 1);
	uint64_t gpa;

	rig_write32(g, entry + 4, 0);
	assert_int_equal(gtt_gma_to_gpa(g->vgpu, gma, &gpa), -EFAULT);
	rig_write32(g, entry, (uint32_t)(first | FLAGS));
	assert_true(ADDRESS(rig_host_pte(&rig, gma)) == mfn_of(g, first) << PAGE_SHIFT);

	rig_write32(g, entry, (uint32_t)(second | FLAGS));
	assert_false(rig_host_pte(&rig, gma) & GEN8_PTE_PRESENT);
	assert_int_equal(gtt_gma_to_gpa(g->vgpu, gma, &gpa), -EFAULT);
	rig_write32(g, entry, (uint32_t)(first | FLAGS)); // the same half again replaces it
	assert_false(rig_host_pte(&rig, gma) & GEN8_PTE_PRESENT);
	rig_write32(g, entry + 4, 0);
	assert_true(ADDRESS(rig_host_pte(&rig, gma)) == mfn_of(g, first) << PAGE_SHIFT);
	assert_int_equal(gtt_gma_to_gpa(g->vgpu, gma + 5, &gpa), 0);
	assert_true(gpa == first + 5);
}

// Halves of two entries, interleaved.
static void pending_halves_do_not_mix(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gma = g->vgpu->ggtt.high.base;
	uint64_t a = rig_alloc(g, 1), b = rig_alloc(g, 1);

	rig_write32(g, entry_at(gma), (uint32_t)(a | FLAGS));
	rig_write32(g, entry_at(gma + PAGE_SIZE) + 4, 0);
	rig_write32(g, entry_at(gma) + 4, 0);
	rig_write32(g, entry_at(gma + PAGE_SIZE), (uint32_t)(b | FLAGS));
	assert_true(ADDRESS(rig_host_pte(&rig, gma)) == mfn_of(g, a) << PAGE_SHIFT);
	assert_true(ADDRESS(rig_host_pte(&rig, gma + PAGE_SIZE)) == mfn_of(g, b) << PAGE_SHIFT);
}

static void share_ends_are_exact(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	const struct ggtt_slice *low = &g->vgpu->ggtt.low;
	const struct ggtt_slice *high = &g->vgpu->ggtt.high;
	const uint64_t outside[] = {
		0,
		low->base - PAGE_SIZE,
		low->base + low->bytes,
		GGTT_HOST_HIGH_BASE,
		high->base - PAGE_SIZE,
		high->base + high->bytes,
		GGTT_BYTES - PAGE_SIZE,
	};
	uint64_t gpa = rig_alloc(g, 1);

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		uint64_t before = rig_host_pte(&rig, outside[i]);

		rig_write(g, entry_at(outside[i]), 8, gpa | FLAGS);
		assert_true(rig_read(g, entry_at(outside[i]), 8) == 0);
		assert_true(rig_host_pte(&rig, outside[i]) == before);
		assert_false(gtt_in_share(g->vgpu, outside[i], 0));
	}
	rig_bind_at(g, low->base, gpa, 1);
	rig_bind_at(g, low->base + low->bytes - PAGE_SIZE, gpa, 1);
	assert_true(rig_host_pte(&rig, low->base) & GEN8_PTE_PRESENT);
	assert_true(rig_host_pte(&rig, low->base + low->bytes - PAGE_SIZE) & GEN8_PTE_PRESENT);
}

static void intervals_stay_in_one_slice(void **state)
{
	const struct vgpu *vgpu = rig.guests[0].vgpu;
	const struct ggtt_slice *low = &vgpu->ggtt.low;
	const struct ggtt_slice *high = &vgpu->ggtt.high;

	assert_true(gtt_in_share(vgpu, low->base, low->bytes));
	assert_false(gtt_in_share(vgpu, low->base, low->bytes + 1));
	assert_false(gtt_in_share(vgpu, low->base - 1, 2));
	assert_true(gtt_in_share(vgpu, high->base + high->bytes - 1, 1));
	assert_false(gtt_in_share(vgpu, high->base + high->bytes - 1, 2));
	// From the aperture slice to the hidden one, over everybody else.
	assert_false(gtt_in_share(vgpu, low->base, high->base - low->base + 8));
	assert_false(gtt_in_share(vgpu, low->base + 8, UINT64_MAX - 8));
	assert_false(gtt_in_share(vgpu, UINT64_MAX, 1));
}

static void what_is_no_ram_is_scratch(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gma = g->vgpu->ggtt.high.base;
	uint64_t scratch = g->vgpu->ggtt.scratch_mfn << PAGE_SHIFT;
	const uint64_t bad[] = { RIG_MEMORY_BYTES, RIG_GUEST_BAR0, UINT64_C(0x3ffffffff000) };

	for (size_t i = 0; i < 3; i++) {
		rig_write(g, entry_at(gma), 8, bad[i] | FLAGS);
		assert_true(rig_host_pte(&rig, gma) == (scratch | FLAGS));
	}
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_GGTT_BACKING), 3);
	// Bits beyond the address and the flags never reach the hardware.
	rig_write(g, entry_at(gma), 8, UINT64_C(0xffffc00000000000) | rig_alloc(g, 1) | 0xfff);
	assert_true(rig_host_pte(&rig, gma) >> 46 == 0);
}

/*
 * What a guest's GPU writes to scratch no other guest can read, and it is no page table of the
 * host's.
 */
static void scratch_is_the_guests_own(void **state)
{
	struct rig_guest *a = &rig.guests[0], *b = &rig.guests[1];
	const uint64_t *empty =
		physmem_at(rig.m->pm, rig.gvt->hw.empty_mfn << PAGE_SHIFT, PAGE_SIZE);
	uint64_t gma = a->vgpu->ggtt.low.base;
	struct rig_context context;

	rig_boot(a);
	rig_write(a, entry_at(gma), 8, RIG_MEMORY_BYTES | FLAGS);
	rig_write(b, entry_at(b->vgpu->ggtt.low.base), 8, RIG_MEMORY_BYTES | FLAGS);
	assert_true(rig_host_pte(&rig, gma) != rig_host_pte(&rig, b->vgpu->ggtt.low.base));
	rig_context_create(&context, a, GEN9_BCS0, 1);
	rig_emit_store(&context, gma, 0xabcdef);
	rig_submit(a, GEN9_BCS0, 0, rig_descriptor(&context));
	assert_int_equal(rig_stats(a).workloads_completed, 1);
	assert_int_equal(*(uint32_t *)physmem_at(rig.m->pm, ADDRESS(rig_host_pte(&rig, gma)), 4),
			 0xabcdef);
	for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
		assert_int_equal(empty[i], 0);
}

// Whatever two guests write: the hardware's entries of a guest name its own frames or scratch.
static void no_entry_names_anothers_frame(void **state)
{
	struct rng rng;

	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 2000; i++) {
		struct rig_guest *g = &rig.guests[rng_below(&rng, 2)];
		uint64_t page = rng_below(&rng, GEN9_GGTT_ENTRIES);
		uint64_t value = rng_next(&rng);

		if (rng_below(&rng, 2))
			page = (g->vgpu->ggtt.high.base >> PAGE_SHIFT) + rng_below(&rng, 64);
		if (rng_below(&rng, 2))
			value = rng_below(&rng, 2 * RIG_MEMORY_BYTES) | 1;
		if (rng_below(&rng, 2))
			rig_write(g, entry_at(page << PAGE_SHIFT), 8, value);
		else
			rig_write32(g, entry_at(page << PAGE_SHIFT) + 4 * (i & 1), (uint32_t)value);
	}
	for (unsigned n = 0; n < 2; n++) {
		const struct vgpu *vgpu = rig.guests[n].vgpu;

		for (uint64_t i = 0; i < 64; i++) {
			uint64_t pte = rig_host_pte(&rig, vgpu->ggtt.high.base + i * PAGE_SIZE);
			uint64_t mfn = ADDRESS(pte) >> PAGE_SHIFT;

			if (pte & GEN8_PTE_PRESENT && mfn != vgpu->ggtt.scratch_mfn)
				assert_int_equal(physmem_owner(rig.m->pm, mfn),
						 PHYSMEM_OWNER_VM0 + vgpu->vm->id);
		}
	}
}

static void destruction_scrubs_the_share(void **state)
{
	struct rig_guest *g = &rig.guests[1];
	const struct ggtt_slice low = g->vgpu->ggtt.low;
	uint64_t scratch = g->vgpu->gvt->hw.empty_mfn << PAGE_SHIFT;

	rig_bind_at(g, low.base, rig_alloc(g, 2), 2);
	vgpu_destroy(g->vgpu);
	g->vgpu = NULL;
	assert_true(rig_host_pte(&rig, low.base) == scratch);
	assert_true(rig_host_pte(&rig, low.base + PAGE_SIZE) == scratch);
}

static void small_reads_go_through_the_guests_view(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t pages = rig_alloc(g, 2);
	uint64_t gma = g->vgpu->ggtt.high.base;
	uint8_t bytes[6];

	// The second page first: contiguous for the GPU, not in memory.
	rig_bind_at(g, gma, pages + PAGE_SIZE, 1);
	rig_bind_at(g, gma + PAGE_SIZE, pages, 1);
	for (uint8_t i = 0; i < 3; i++) {
		((uint8_t *)rig_at(g, pages + 2 * PAGE_SIZE - 3))[i] = i;
		((uint8_t *)rig_at(g, pages))[i] = (uint8_t)(3 + i);
	}
	assert_int_equal(guest_read_gma(g->vgpu, gma + PAGE_SIZE - 3, bytes, 6), 0);
	for (uint8_t i = 0; i < 6; i++)
		assert_int_equal(bytes[i], i);
	assert_int_equal(guest_read_gma(g->vgpu, gma + 2 * PAGE_SIZE - 3, bytes, 6), -EFAULT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(entries_are_translated),       TEST(halves_meet_in_either_order),
		TEST(pending_halves_do_not_mix),    TEST(share_ends_are_exact),
		TEST(intervals_stay_in_one_slice),  TEST(what_is_no_ram_is_scratch),
		TEST(scratch_is_the_guests_own),    TEST(no_entry_names_anothers_frame),
		TEST(destruction_scrubs_the_share), TEST(small_reads_go_through_the_guests_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
