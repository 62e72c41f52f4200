// SPDX-License-Identifier: MIT
// The invariant checker: it has to find what is planted, and nothing where nothing is.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"

#include <errno.h>
#include <string.h>

#include "host/check.h"
#include "host/dma_map.h"
#include "host/pv_ppgtt.h"
#include "sim/machine/container.h"

static struct rig rig;
static struct rig_guest *pv;       // has a paravirtual space
static struct rig_guest *shadowed; // has a shadowed one
static uint64_t pv_root, shadow_root;

static int setup(void **state)
{
	struct tables tables;
	uint64_t leaf;

	rig_create(&rig, &(struct rig_options){ .vm_count = 2, .pvmmio_offered = PVMMIO_ALL });
	pv = &rig.guests[0];
	shadowed = &rig.guests[1];
	rig_boot(pv);
	rig_boot(shadowed);
	rig_negotiate(pv, rig_alloc(pv, 1), PVMMIO_PPGTT_UPDATE);
	pv_root = pv_space(pv);
	pv_map(pv, pv_root, PT_SPAN - PAGE_SIZE, rig_alloc(pv, 2), 2);
	tables_create(&tables, shadowed);
	leaf = tables_new(shadowed);
	tables_fill(shadowed, leaf, 0, 8, rig_alloc(shadowed, 8), PTE_RW);
	// The same table twice.
	tables_fill(shadowed, tables.pd, 0, 1, leaf, PTE_RW);
	tables_fill(shadowed, tables.pd, 7, 1, leaf, PTE_RW);
	shadow_root = tables.pml4;
	tables_notify4(shadowed, G2V_PPGTT_L4_CREATE, shadow_root);
	pv_check(&rig);
	return 0;
}

static int teardown(void **state)
{
	pv_check(&rig);
	rig_destroy(&rig);
	return 0;
}

// The checker must say something that contains word.
static void expect(const char *word)
{
	char why[256];

	assert_int_equal(gvt_check(rig.gvt, why, sizeof(why)), -EFAULT);
	if (!strstr(why, word))
		fail_msg("\"%s\" says nothing of \"%s\"", why, word);
}

/* ---- GGTT ---- */

static void set_hardware_entry(uint64_t gma, uint64_t entry)
{
	bus_write(rig.m->host_bus, RIG_HOST_BAR0 + GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT), 8,
		  entry);
}

static void plant_in_ggtt(uint64_t gma, uint64_t entry, const char *word)
{
	uint64_t good = rig_host_pte(&rig, gma);

	set_hardware_entry(gma, entry);
	expect(word);
	set_hardware_entry(gma, good);
	pv_check(&rig);
}

static void ggtt_entries(void **state)
{
	const struct ggtt_slice *high = &pv->vgpu->ggtt.high;
	uint64_t others = tables_mpa(shadowed, 0) | PTE_RW;
	uint64_t own = tables_mpa(pv, 0x200000) | PTE_RW;
	uint64_t hosts = rig.gvt->vgpus[1]->engines[0].shadow_context.mfn << PAGE_SHIFT | PTE_RW;

	// The first entry of the slice is bound, the last is not.
	plant_in_ggtt(high->base, others, "not the frame noted");
	plant_in_ggtt(high->base, own, "not the frame noted");
	plant_in_ggtt(high->base, 0, "not the frame noted");
	plant_in_ggtt(high->base + high->bytes - PAGE_SIZE, others, "noted nowhere");
	plant_in_ggtt(high->base + high->bytes - PAGE_SIZE, own, "noted nowhere");
	plant_in_ggtt(high->base + high->bytes - PAGE_SIZE, hosts, "noted nowhere");
	plant_in_ggtt(GGTT_HOST_HIGH_BASE, own, "outside of all shares");
	plant_in_ggtt(0, own, "outside of all shares");
	plant_in_ggtt(GGTT_BYTES - PAGE_SIZE, own, "outside of all shares");
	plant_in_ggtt(GGTT_BYTES - PAGE_SIZE, hosts, "outside of all shares");
}

/* ---- tables ---- */

// The entry of a level in the tables that the GPU walks.
static uint64_t *hardware_pte(struct rig_guest *guest, uint64_t root, uint64_t gma, unsigned level)
{
	uint64_t entry = tables_space(guest, root)->hw_root[0];

	for (unsigned at = 3;; at--) {
		uint64_t *table = physmem_at(rig.m->pm, entry & GEN8_PTE_ADDR_MASK, PAGE_SIZE);
		uint64_t *found = &table[gma >> (PAGE_SHIFT + 9 * at) & 511];

		if (at == level)
			return found;
		entry = *found;
	}
}

static void plant(uint64_t *entry, uint64_t value, const char *word)
{
	uint64_t good = *entry;

	*entry = value;
	expect(word);
	*entry = good;
	pv_check(&rig);
}

static void entries_of_both_kinds_of_tables(void **state)
{
	struct rig_guest *const guests[] = { pv, shadowed };
	const uint64_t roots[] = { pv_root, shadow_root };
	const uint64_t gma[] = { PT_SPAN - PAGE_SIZE, 0 };

	for (unsigned i = 0; i < 2; i++) {
		uint64_t others = tables_mpa(guests[!i], 0) | PTE_RW;
		uint64_t own = tables_mpa(guests[i], 0) | PTE_RW;
		uint64_t *leaf = hardware_pte(guests[i], roots[i], gma[i], 0);

		plant(leaf, others, "leads to frame");
		plant(leaf, tables_space(guests[i], roots[i])->hw_root[0] | PTE_RW,
		      "leads to frame");
		plant(leaf, own, "pins");
		plant(leaf, 0, "pins");
		plant(leaf, rig.guests[i].vgpu->shadow.scratch_mfn[0] << PAGE_SHIFT | PTE_RW,
		      "pins");
	}
	plant(hardware_pte(shadowed, shadow_root, 0, 1), tables_mpa(shadowed, 0) | PTE_RW,
	      "is of owner");
	plant(hardware_pte(pv, pv_root, 0, 1), tables_mpa(pv, 0) | PTE_RW, "do not agree");
	// A page of 2 MiB of which not all is the guest's.
	plant(hardware_pte(shadowed, shadow_root, 0, 1),
	      (tables_space(shadowed, shadow_root)->hw_root[0] & ~(PT_SPAN - 1)) | PTE_RW | PDE_2M,
	      "leads to frame");
}

static void tables_at_the_wrong_level(void **state)
{
	uint64_t root = tables_space(shadowed, shadow_root)->hw_root[0];

	plant(hardware_pte(shadowed, shadow_root, 0, 1), root | PTE_RW, "two levels");
	plant(hardware_pte(shadowed, shadow_root, 5 * PT_SPAN, 1),
	      *hardware_pte(shadowed, shadow_root, 0, 1), "references");
}

static void scratch_that_leads_elsewhere(void **state)
{
	uint64_t *scratch =
		physmem_at(rig.m->pm, pv->vgpu->shadow.scratch_mfn[1] << PAGE_SHIFT, PAGE_SIZE);

	plant(&scratch[511], tables_mpa(pv, 0) | PTE_RW, "scratch of level 1");
}

/* ---- counts ---- */

static void pins_without_entries(void **state)
{
	uint64_t mfn;

	assert_int_equal(dma_map_gfn(pv->vgpu, 4095, &mfn), 0);
	expect("which has 1 pins");
	dma_unmap_gfn(pv->vgpu, 4095);
	pv->vgpu->dma.pinned_pages++;
	expect("are counted");
	pv->vgpu->dma.pinned_pages--;
}

static void references_and_counts(void **state)
{
	struct ppgtt_mm *mm = tables_space(shadowed, shadow_root);

	mm->shadow_root[0]->refs++;
	expect("2 are noted");
	mm->shadow_root[0]->refs--;
	mm->guest_refs++;
	expect("references");
	mm->guest_refs--;
	mm->shadowed = false;
	expect("on the list");
	mm->shadowed = true;
	mm->hw_root[0] += PAGE_SIZE;
	expect("roots");
	mm->hw_root[0] -= PAGE_SIZE;
	shadowed->vgpu->space_count++;
	expect("not what is noted");
	shadowed->vgpu->space_count--;
	pv->vgpu->pv_tables++;
	expect("not what is noted");
	pv->vgpu->pv_tables--;
}

// What is wrong with one vGPU is no other's.
static void one_vgpu_alone(void **state)
{
	char why[128];

	assert_int_equal(gvt_check_vgpu(pv->vgpu, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	pv->vgpu->pv_tables++;
	assert_int_equal(gvt_check_vgpu(pv->vgpu, why, sizeof(why)), -EFAULT);
	assert_non_null(strstr(why, "not what is noted"));
	assert_int_equal(gvt_check_vgpu(shadowed->vgpu, why, sizeof(why)), 0);
	pv->vgpu->pv_tables--;
}

static void it_takes_no_time_and_changes_nothing(void **state)
{
	uint64_t before_ps = executor_time_ps(rig.m->ex);
	uint64_t switches = executor_switch_count(rig.m->ex);
	char why[4] = "xyz";

	assert_int_equal(gvt_check(rig.gvt, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_int_equal(gvt_check(rig.gvt, NULL, 0), 0);
	pv->vgpu->pv_tables++;
	assert_int_equal(gvt_check(rig.gvt, why, sizeof(why)), -EFAULT);
	assert_int_equal(strlen(why), 3);
	assert_int_equal(gvt_check(rig.gvt, NULL, 0), -EFAULT);
	pv->vgpu->pv_tables--;
	assert_int_equal(executor_time_ps(rig.m->ex), before_ps);
	assert_int_equal(executor_switch_count(rig.m->ex), switches);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ggtt_entries),
		TEST(entries_of_both_kinds_of_tables),
		TEST(tables_at_the_wrong_level),
		TEST(scratch_that_leads_elsewhere),
		TEST(pins_without_entries),
		TEST(references_and_counts),
		TEST(one_vgpu_alone),
		TEST(it_takes_no_time_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
