// SPDX-License-Identifier: MIT
// A vGPU becomes one of another type: what it gives back, what it takes, when it may not.
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
#include "host/gtt.h"

#define REG(field) (PVINFO_BASE + (field))

static struct rig rig;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .vm_count = 2 });
	rig_boot(&rig.guests[0]);
	rig_boot(&rig.guests[1]);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

/* ---- what a VMM does, on the vCPU ---- */

struct request {
	struct vgpu_share share;
	int ret;
};

static void resize_program(struct rig_guest *guest, void *arg)
{
	struct request *request = arg;

	request->ret = vgpu_resize(guest->vgpu, &request->share);
}

static int resize(struct rig_guest *guest, struct vgpu_share share)
{
	struct request request = { .share = share };

	rig_run(guest, resize_program, &request);
	return request.ret;
}

static void reset_program(struct rig_guest *guest, void *arg)
{
	vgpu_device_reset(guest->vgpu, false);
}

static void stop(struct rig_guest *guest)
{
	rig_run(guest, reset_program, NULL);
}

static struct vgpu_share share(uint64_t aperture_bytes, uint64_t hidden_bytes, unsigned fence_count)
{
	return (struct vgpu_share){ aperture_bytes, hidden_bytes, fence_count, 0 };
}

static void expect_share(struct rig_guest *guest, uint64_t aperture_bytes, uint64_t hidden_bytes,
			 unsigned fence_count)
{
	const struct vgpu *vgpu = guest->vgpu;

	assert_int_equal(vgpu->ggtt.low.bytes, aperture_bytes);
	assert_int_equal(vgpu->ggtt.high.bytes, hidden_bytes);
	assert_int_equal(rig_read32(guest, REG(PVINFO_LOW_GM_BASE)), vgpu->ggtt.low.base);
	assert_int_equal(rig_read32(guest, REG(PVINFO_LOW_GM_SIZE)), aperture_bytes);
	assert_int_equal(rig_read32(guest, REG(PVINFO_HIGH_GM_BASE)), vgpu->ggtt.high.base);
	assert_int_equal(rig_read32(guest, REG(PVINFO_HIGH_GM_SIZE)), hidden_bytes);
	assert_int_equal(rig_read32(guest, REG(PVINFO_FENCE_NUM)), fence_count);
}

static bool overlap(const struct ggtt_slice *a, const struct ggtt_slice *b)
{
	return a->base < b->base + b->bytes && b->base < a->base + a->bytes;
}

static void expect_apart(void)
{
	const struct vgpu *a = rig.guests[0].vgpu;
	const struct vgpu *b = rig.guests[1].vgpu;

	assert_false(overlap(&a->ggtt.low, &b->ggtt.low));
	assert_false(overlap(&a->ggtt.high, &b->ggtt.high));
	assert_true(a->fence_base + a->fence_count <= b->fence_base ||
		    b->fence_base + b->fence_count <= a->fence_base);
}

// Boot, and a store to the last page of the aperture.
static void expect_works(struct rig_guest *guest, uint32_t value)
{
	const struct ggtt_slice *low = &guest->vgpu->ggtt.low;
	uint64_t gma = low->base + low->bytes - PAGE_SIZE;
	uint64_t gpa = rig_alloc(guest, 1);
	struct rig_context context;

	guest->next_gma = guest->vgpu->ggtt.high.base;
	rig_boot(guest);
	rig_context_create(&context, guest, GEN9_BCS0, 1);
	rig_bind_at(guest, gma, gpa, 1);
	rig_emit_store(&context, gma, value);
	rig_submit(guest, GEN9_BCS0, 0, rig_descriptor(&context));
	assert_int_equal(*(uint32_t *)rig_at(guest, gpa), value);
	assert_int_equal(guest->vm->incidents.count, 0);
}

/* ---- tests ---- */

static void shares_are_given_back_and_taken(void **state)
{
	struct rig_guest *a = &rig.guests[0], *b = &rig.guests[1];
	uint64_t old_base = b->vgpu->ggtt.low.base;

	stop(a);
	stop(b);
	// The whole aperture was theirs: one can only have more when the other has less.
	assert_int_equal(resize(b, share(96 * MIB, RIG_HIDDEN_BYTES, 4)), -ENOSPC);
	expect_share(b, RIG_APERTURE_BYTES, RIG_HIDDEN_BYTES, RIG_FENCES);
	assert_int_equal(resize(a, share(32 * MIB, 64 * MIB, 2)), 0);
	expect_share(a, 32 * MIB, 64 * MIB, 2);
	expect_apart();
	// Over a part of its own old slice.
	assert_int_equal(resize(b, share(96 * MIB, 512 * MIB, 8)), 0);
	expect_share(b, 96 * MIB, 512 * MIB, 8);
	assert_int_equal(b->vgpu->ggtt.low.base, old_base - 32 * MIB);
	expect_apart();
	expect_works(a, 5);
	expect_works(b, 6);
}

static void nothing_of_the_old_share_stays(void **state)
{
	struct rig_guest *guest = &rig.guests[1];
	struct ggtt_slice old = guest->vgpu->ggtt.low;
	uint32_t start = (uint32_t)old.base;
	uint64_t fence = RIG_HOST_BAR0 + FENCE_LO(guest->vgpu->fence_base + 3);

	stop(guest);
	rig_bind_at(guest, old.base, rig_alloc(guest, 1), 1);
	rig_write32(guest, FENCE_HI(3), start);
	rig_write32(guest, FENCE_LO(3), start | 1);
	assert_true(rig_host_pte(&rig, old.base) & GEN8_PTE_PRESENT);
	assert_int_equal(bus_read(rig.m->host_bus, fence, 4), start | 1);
	assert_int_equal(resize(guest, share(MIB, MIB, 0)), 0);
	assert_false(rig_host_pte(&rig, old.base) & GEN8_PTE_PRESENT);
	assert_int_equal(bus_read(rig.m->host_bus, fence, 4), 0);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
	assert_int_equal(rig_read(guest, (uint32_t)(GEN9_GTT_WINDOW + 8 * (old.base >> 12)), 8), 0);
	expect_share(guest, MIB, MIB, 0);
	// Behind the new end, the old share is nobody's.
	assert_false(gtt_in_share(guest->vgpu, old.base + MIB, 1));
	expect_works(guest, 7);
}

static void changing_back_and_forth_leaks_nothing(void **state)
{
	struct rig_guest *guest = &rig.guests[0];
	uint64_t pages;

	stop(guest);
	pages = physmem_host_pages(rig.m->pm);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(resize(guest, i % 2 ? share(RIG_APERTURE_BYTES, RIG_HIDDEN_BYTES,
							     RIG_FENCES)
						     : share(4 * MIB, 8 * MIB, 1)),
				 0);
	assert_int_equal(physmem_host_pages(rig.m->pm), pages);
	expect_share(guest, RIG_APERTURE_BYTES, RIG_HIDDEN_BYTES, RIG_FENCES);
	expect_works(guest, 8);
}

static void refused_while_running(void **state)
{
	struct rig_guest *guest = &rig.guests[0];
	struct rig_context context;

	assert_int_equal(resize(guest, share(MIB, MIB, 1)), -EBUSY);
	expect_share(guest, RIG_APERTURE_BYTES, RIG_HIDDEN_BYTES, RIG_FENCES);
	// Out of scheduling, by an engine reset, and with a workload that waits.
	rig_context_create(&context, guest, GEN9_BCS0, 1);
	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_VECS0].gdrst_bit);
	rig_submit(guest, GEN9_BCS0, 0, rig_descriptor(&context));
	assert_non_null(guest->vgpu->workloads);
	assert_int_equal(resize(guest, share(MIB, MIB, 1)), -EBUSY);
	assert_non_null(guest->vgpu->workloads);
	assert_true(rig_read32(guest, rig_reg(GEN9_BCS0, RING_HWS_PGA)));
	stop(guest);
	assert_int_equal(resize(guest, share(MIB, MIB, 1)), 0);
	expect_works(guest, 9);
}

static void refused_sizes(void **state)
{
	struct rig_guest *guest = &rig.guests[0];
	struct vgpu_share heavy = share(MIB, MIB, 1);

	heavy.weight = GVT_WEIGHT_LIMIT + 1;
	stop(guest);
	rig_bind_at(guest, guest->vgpu->ggtt.low.base, rig_alloc(guest, 1), 1);
	assert_int_equal(resize(guest, share(0, MIB, 1)), -EINVAL);
	assert_int_equal(resize(guest, share(MIB, 0, 1)), -EINVAL);
	assert_int_equal(resize(guest, share(MIB + 1, MIB, 1)), -EINVAL);
	assert_int_equal(resize(guest, share(MIB, UINT64_MAX << PAGE_SHIFT, 1)), -EINVAL);
	assert_int_equal(resize(guest, share(MIB, MIB, 33)), -EINVAL);
	assert_int_equal(resize(guest, heavy), -EINVAL);
	// Those have no effect; what there is no room for has reset the device.
	assert_true(rig_host_pte(&rig, guest->vgpu->ggtt.low.base) & GEN8_PTE_PRESENT);
	assert_int_equal(resize(guest, share(MIB, 4096 * MIB, 1)), -ENOSPC);
	assert_int_equal(resize(guest, share(MIB, MIB, 32)), -ENOSPC);
	assert_false(rig_host_pte(&rig, guest->vgpu->ggtt.low.base) & GEN8_PTE_PRESENT);
	expect_share(guest, RIG_APERTURE_BYTES, RIG_HIDDEN_BYTES, RIG_FENCES);
	expect_works(guest, 10);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(shares_are_given_back_and_taken),
		TEST(nothing_of_the_old_share_stays),
		TEST(changing_back_and_forth_leaks_nothing),
		TEST(refused_while_running),
		TEST(refused_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
