// SPDX-License-Identifier: MIT
//
// What resets that the guest asks for, and the end of the device, do to the state of pvmmio.
//
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

#include "host/dma_map.h"
#include "host/gtt.h"
#include "host/pv_ppgtt.h"

#define REG(field) (PVINFO_BASE + (field))
#define OK         PVMMIO_STATUS_OK
#define PAGES(n)   ((n)*PAGE_SIZE)
#define LEVELS     (PVMMIO_ELSP_SUBMIT | PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE)
#define GMA        (PD_SPAN - PAGE_SIZE)

static struct rig rig;
static struct rig_guest *guest;
static uint64_t page_gpa;      // the shared page
static uint64_t root;          // of a paravirtual space that maps two pages at GMA
static uint64_t shadowed_root; // of a space from before the level
static uint64_t gpa;           // the two pages
static uint64_t gma;           // and where the GGTT has them
static struct pvmmio_page content;

static int setup(void **state)
{
	struct tables tables;

	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL });
	guest = &rig.guests[0];
	rig_boot(guest);
	tables_create(&tables, guest);
	shadowed_root = tables.pml4;
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, shadowed_root);
	page_gpa = rig_alloc(guest, 1);
	assert_int_equal(rig_negotiate(guest, page_gpa, LEVELS), LEVELS);
	root = pv_space(guest);
	gpa = rig_alloc(guest, 2);
	pv_map(guest, root, GMA, gpa, 2);
	gma = guest->vgpu->ggtt.low.base;
	rig_bind_at(guest, gma, gpa, 2);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, gma, PAGES(2)), OK);
	content = *pv_page(guest);
	return 0;
}

static int teardown(void **state)
{
	pv_check(&rig);
	rig_destroy(&rig);
	return 0;
}

static enum bus_attr window_attr(void)
{
	return bus_attr_of(guest->vm->bus,
			   (RIG_GUEST_BAR0 + GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT)) >>
				   PAGE_SHIFT);
}

// Everything that the guest has set up by pvmmio is there, and goes on working.
static void expect_kept(void)
{
	uint64_t pinned = dma_pinned_pages(guest->vgpu);
	uint64_t found;

	assert_int_equal(rig_read32(guest, REG(PVINFO_ENABLE_PVMMIO)), LEVELS);
	assert_int_equal(rig_stats(guest).pvmmio_levels, LEVELS);
	assert_int_equal(rig_read32(guest, REG(PVINFO_SHARED_PAGE_GPA_LO)), page_gpa);
	assert_int_equal(rig_read32(guest, REG(PVINFO_SHARED_PAGE_GPA_HI)), 0);
	assert_memory_equal(pv_page(guest), &content, sizeof(content));
	assert_true(pv_is_mapped(guest, root, GMA, gpa, 2));
	assert_int_equal(window_attr(), BUS_PASSTHROUGH);
	assert_int_equal(rig_host_pte(&rig, gma), tables_mpa(guest, gpa) | PTE_RW);
	assert_int_equal(gtt_gma_to_gpa(guest->vgpu, gma, &found), 0);
	assert_true(rig_read(guest, (uint32_t)(GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT)), 8) ==
		    (gpa | PTE_RW));
	pv_check(&rig);
	pv_map(guest, root, 0, gpa, 2);
	assert_int_equal(pv_ppgtt(guest, G2V_PPGTT_L4_CLEAR, root, 0, PAGES(2)), OK);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, gma, PAGES(2)), OK);
	assert_int_equal(dma_pinned_pages(guest->vgpu), pinned);
}

static void engine_reset(void **state)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		rig_write32(guest, GDRST, 1u << gen9_engines[id].gdrst_bit);
	expect_kept();
	assert_true(tables_space(guest, shadowed_root)->shadowed);
}

static void full_reset(void **state)
{
	rig_write32(guest, GDRST, 1);
	expect_kept();
	// Shadow tables are given up; the next use builds them again.
	assert_non_null(tables_space(guest, shadowed_root));
	assert_false(tables_space(guest, shadowed_root)->shadowed);
	assert_int_equal(rig_read32(guest, REG(PVINFO_PDP_LO(0))), 0);
}

static void full_reset_twice(void **state)
{
	rig_write32(guest, GDRST, 1);
	rig_write32(guest, GDRST, 1);
	expect_kept();
}

// Levels are frozen after a reset as before.
static void no_reset_lets_levels_change(void **state)
{
	rig_write32(guest, GDRST, 1);
	rig_write32(guest, REG(PVINFO_ENABLE_PVMMIO), PVMMIO_ELSP_SUBMIT);
	rig_write32(guest, REG(PVINFO_SHARED_PAGE_GPA_LO), 0);
	expect_kept();
}

static void submissions_go_on_after_a_reset(void **state)
{
	struct rig_context context;
	uint32_t *word = rig_at(guest, gpa);

	rig_write32(guest, GDRST, 1);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		rig_write32(guest, rig_reg(id, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_context_create(&context, guest, GEN9_BCS0, 1);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, context.image_gma,
				 context.ring_gma + PAGE_SIZE - context.image_gma),
			 OK);
	rig_emit_store(&context, gma, 0x5678);
	rig_submit_pv(guest, GEN9_BCS0, page_gpa, 0, rig_descriptor(&context));
	assert_int_equal(*word, 0x5678);
}

static void create_again(void)
{
	const struct vgpu_config config = {
		.vm = guest->vm,
		.bar0 = RIG_GUEST_BAR0,
		.aperture_bytes = RIG_APERTURE_BYTES,
		.hidden_bytes = RIG_HIDDEN_BYTES,
		.fence_count = RIG_FENCES,
		.pvmmio_allowed = PVMMIO_ALL,
	};

	assert_int_equal(vgpu_create(&guest->vgpu, rig.gvt, &config), 0);
}

// A new device in the same VM knows nothing of the old one's levels, page, spaces or entries.
static void device_destroyed(void **state)
{
	uint64_t found;

	vgpu_destroy(guest->vgpu);
	guest->vgpu = NULL;
	assert_false(rig_host_pte(&rig, gma) & GEN8_PTE_PRESENT);
	assert_memory_equal(rig_at(guest, page_gpa), &content, sizeof(content));
	create_again();
	assert_int_equal(guest->vgpu->ggtt.low.base, gma);
	assert_int_equal(rig_read32(guest, REG(PVINFO_ENABLE_PVMMIO)), 0);
	assert_int_equal(rig_read32(guest, REG(PVINFO_SHARED_PAGE_GPA_LO)), 0);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
	assert_null(guest->vgpu->spaces);
	assert_int_equal(guest->vgpu->pv_tables, 0);
	assert_int_equal(window_attr(), BUS_TRAP);
	assert_int_equal(gtt_gma_to_gpa(guest->vgpu, gma, &found), -EFAULT);
	assert_true(rig_read(guest, (uint32_t)(GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT)), 8) == 0);
	rig_write32(guest, REG(PVINFO_G2V_NOTIFY), G2V_PPGTT_L4_ALLOC);
	assert_memory_equal(rig_at(guest, page_gpa), &content, sizeof(content));
	pv_check(&rig);
	// It can negotiate other levels.
	assert_int_equal(rig_negotiate(guest, page_gpa, PVMMIO_PPGTT_UPDATE), PVMMIO_PPGTT_UPDATE);
	assert_int_equal(pv_ppgtt(guest, G2V_PPGTT_L4_ALLOC, root, GMA, PAGE_SIZE),
			 PVMMIO_STATUS_UNKNOWN_ROOT);
	root = pv_space(guest);
	pv_map(guest, root, GMA, gpa, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(engine_reset),
		TEST(full_reset),
		TEST(full_reset_twice),
		TEST(no_reset_lets_levels_change),
		TEST(submissions_go_on_after_a_reset),
		TEST(device_destroyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
