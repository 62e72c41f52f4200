// SPDX-License-Identifier: MIT
// Shadow entries of which only a part can be had: everything taken until then is given back, once.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>
#include <stdlib.h>

#include "host/dma_map.h"
#include "tables.h"

// One test at a time.
static struct rig rig;
static struct rig_guest *guest;
static struct tables tables;
static uint64_t *base_pins;

// The linker puts this in the place of dma_map_gfn(): the call after the next `succeed` fails.
static int error;
static unsigned succeed;

int __real_dma_map_gfn(struct vgpu *vgpu, uint64_t gfn, uint64_t *mfn);
int __wrap_dma_map_gfn(struct vgpu *vgpu, uint64_t gfn, uint64_t *mfn);

int __wrap_dma_map_gfn(struct vgpu *vgpu, uint64_t gfn, uint64_t *mfn)
{
	if (error && !succeed--)
		return error;
	return __real_dma_map_gfn(vgpu, gfn, mfn);
}

static int setup(void **state)
{
	error = 0;
	rig_create(&rig, &(struct rig_options){ 0 });
	guest = &rig.guests[0];
	rig_read32(guest, PVINFO_BASE + PVINFO_MAGIC);
	rig_write32(guest, GAMW_ECO, GAMW_ECO_64K_IPS);
	tables_create(&tables, guest);
	base_pins = tables_pins(guest);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	return 0;
}

static int teardown(void **state)
{
	error = 0;
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_int_equal(guest->vgpu->shadow.count, 0);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
	free(base_pins);
	rig_destroy(&rig);
	return 0;
}

static void fail_after(int why, unsigned calls)
{
	error = why;
	succeed = calls;
}

// CVE-2022-3707, at the first, the last and some page between; in one piece and split.
static void two_mib(void **state)
{
	static const unsigned after[] = { 0, 1, 300, 511 };

	for (unsigned i = 0; i < 4; i++) {
		for (uint64_t gpa = 4 * MIB; gpa <= 6 * MIB; gpa += 2 * MIB) {
			fail_after(-EFAULT, after[i]);
			tables_store(guest, tables.pd, 8, gpa | PDE_2M | PTE_RW);
			assert_int_equal(guest->vgpu->shadow.count, 3);
			assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
			error = 0;
			assert_int_equal(tables_check(guest, base_pins), 1);
		}
	}
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 8);
	tables_store(guest, tables.pd, 8, 6 * MIB | PDE_2M | PTE_RW);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void sixteen_pages_of_64k(void **state)
{
	uint64_t pt = tables_new(guest);

	tables_store(guest, tables.pd, 8, pt | PDE_64K | PTE_RW);
	for (unsigned i = 0; i < 16; i++) {
		fail_after(-EFAULT, i);
		tables_store(guest, pt, 8, 8 * MIB | PTE_RW);
		error = 0;
		assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
		assert_int_equal(tables_check(guest, base_pins), 16);
	}
	// What was there before is gone as well: the guest's entry names something else now.
	tables_store(guest, pt, 8, 8 * MIB | PTE_RW);
	fail_after(-EFAULT, 7);
	tables_store(guest, pt, 8, 9 * MIB | PTE_RW);
	error = 0;
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
	assert_int_equal(tables_check(guest, base_pins), 16);
}

// Memory that is short is no mistake of the guest's: the entry is made up for.
static void short_of_memory(void **state)
{
	uint64_t pt = tables_new(guest);

	tables_fill(guest, pt, 0, 512, 0, PTE_RW);
	fail_after(-ENOMEM, 100);
	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	fail_after(-ENOMEM, 200);
	tables_store(guest, tables.pd + 8, 8, 6 * MIB | PDE_2M | PTE_RW);
	error = 0;
	assert_int_equal(tables_check(guest, base_pins), 2);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_MEMORY), 2);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 0);
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_mib),
		TEST(sixteen_pages_of_64k),
		TEST(short_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
