// SPDX-License-Identifier: MIT
// The PVINFO page and the negotiation of pvmmio.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "rig.h"

#define REG(field) (PVINFO_BASE + (field))

static struct rig rig;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL });
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static void identifies_the_vgpu(void **state)
{
	struct rig_guest *g = &rig.guests[0];

	assert_true(rig_read(g, REG(PVINFO_MAGIC), 8) == PVINFO_MAGIC_VALUE);
	assert_int_equal(rig_read(g, REG(PVINFO_VERSION_MAJOR), 2), 1);
	assert_int_equal(rig_read(g, REG(PVINFO_VERSION_MINOR), 2), 0);
	assert_int_equal(rig_read32(g, REG(PVINFO_VGT_ID)), 1);
	assert_int_equal(rig_read32(g, REG(PVINFO_VGT_CAPS)), 0x1c);
	assert_int_equal(rig_read32(g, REG(PVINFO_LOW_GM_BASE)), 128 * MIB);
	assert_int_equal(rig_read32(g, REG(PVINFO_LOW_GM_SIZE)), RIG_APERTURE_BYTES);
	assert_int_equal(rig_read32(g, REG(PVINFO_HIGH_GM_BASE)), 640 * MIB);
	assert_int_equal(rig_read32(g, REG(PVINFO_HIGH_GM_SIZE)), RIG_HIDDEN_BYTES);
	assert_int_equal(rig_read32(g, REG(PVINFO_FENCE_NUM)), RIG_FENCES);
	assert_int_equal(rig_read32(g, REG(PVINFO_CURSOR_X_HOT)), UINT32_MAX);
	assert_int_equal(rig_read32(g, REG(PVINFO_CURSOR_Y_HOT)), UINT32_MAX);
}

static void any_read_makes_the_guest_known(void **state)
{
	struct rig_guest *g = &rig.guests[0];

	rig_write32(g, REG(PVINFO_DISPLAY_READY), 1);
	assert_false(g->vgpu->pv_notified);
	rig_read(g, REG(PVINFO_SIZE_BYTES - 1), 1);
	assert_true(g->vgpu->pv_notified);
}

static void guest_fields_are_stored(void **state)
{
	static const uint16_t fields[] = {
		PVINFO_DISPLAY_READY,   PVINFO_CURSOR_X_HOT, PVINFO_CURSOR_Y_HOT,
		PVINFO_PDP_LO(0),       PVINFO_PDP_HI(3),    PVINFO_CONTEXT_DESC_LO,
		PVINFO_CONTEXT_DESC_HI,
	};
	struct rig_guest *g = &rig.guests[0];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		rig_write32(g, REG(fields[i]), 0xabc00000 + (uint32_t)i);
		assert_int_equal(rig_read32(g, REG(fields[i])), 0xabc00000 + i);
	}
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVINFO_WRITE), 0);
}

static void other_fields_drop_writes(void **state)
{
	static const uint16_t fields[] = { PVINFO_MAGIC,
					   PVINFO_VERSION_MAJOR,
					   PVINFO_VGT_ID,
					   PVINFO_VGT_CAPS,
					   0x014,
					   PVINFO_LOW_GM_BASE,
					   PVINFO_HIGH_GM_SIZE,
					   PVINFO_FENCE_NUM,
					   0x054,
					   0x7fc,
					   0x800,
					   0x81c,
					   0x82c,
					   0x870,
					   0xffc };
	const size_t count = sizeof(fields) / sizeof(fields[0]);
	struct rig_guest *g = &rig.guests[0];

	for (size_t i = 0; i < count; i++) {
		uint32_t before = rig_read32(g, REG(fields[i]));

		rig_write32(g, REG(fields[i]), ~before);
		assert_int_equal(rig_read32(g, REG(fields[i])), before);
	}
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVINFO_WRITE), count);
	assert_false(rig_stats(g).failsafe);
}

static void every_resource_field_fails_the_guest(void **state)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct rig_guest *g = &rig.guests[0];

		assert_false(rig_stats(g).failsafe);
		rig_write32(g, REG(PVINFO_RSV5 + 4 * i), 1);
		assert_true(rig_stats(g).failsafe);
		assert_int_equal(rig_read32(g, REG(PVINFO_RSV5 + 4 * i)), 0);
		rig_destroy(&rig);
		rig_create(&rig, &(struct rig_options){ 0 });
	}
}

static void notifications_are_counted(void **state)
{
	struct rig_guest *g = &rig.guests[0];

	for (uint32_t code = 1; code <= G2V_CONTEXT_DESTROY; code++) {
		rig_write32(g, REG(PVINFO_G2V_NOTIFY), code);
		assert_int_equal(rig_read32(g, REG(PVINFO_G2V_NOTIFY)), code);
	}
	assert_int_equal(g->vgpu->g2v_notifications, 7);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVINFO_WRITE), 0);
	rig_write32(g, REG(PVINFO_G2V_NOTIFY), 0);
	rig_write32(g, REG(PVINFO_G2V_NOTIFY), G2V_GGTT_CLEAR + 1);
	rig_write32(g, REG(PVINFO_G2V_NOTIFY), UINT32_MAX);
	assert_int_equal(g->vgpu->g2v_notifications, 7);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVINFO_WRITE), 3);
}

/* ---- pvmmio ---- */

static void negotiation_writes_the_layout(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gpa = rig_alloc(g, 1);
	const struct pvmmio_page *page = rig_at(g, gpa);

	assert_int_equal(rig_negotiate(g, gpa, PVMMIO_ELSP_SUBMIT), PVMMIO_ELSP_SUBMIT);
	assert_int_equal(rig_read32(g, REG(PVINFO_SHARED_PAGE_GPA_LO)), gpa);
	assert_int_equal(page->version, PVMMIO_PAGE_VERSION);
	assert_int_equal(page->size_bytes, 4096);
	assert_int_equal(rig_stats(g).pvmmio_levels, PVMMIO_ELSP_SUBMIT);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_LEVELS), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_PAGE), 0);
}

static void what_does_not_exist_stays_off(void **state)
{
	struct rig_guest *g = &rig.guests[0];

	assert_int_equal(rig_negotiate(g, rig_alloc(g, 1), PVMMIO_ALL | 0x80000000), PVMMIO_ALL);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_LEVELS), 1);
}

static void what_is_not_offered_stays_off(void **state)
{
	struct rig_guest *g;
	uint64_t gpa;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_PLANE_UPDATE });
	g = &rig.guests[0];
	gpa = rig_alloc(g, 1);
	assert_int_equal(rig_negotiate(g, gpa, PVMMIO_ELSP_SUBMIT), 0);
	assert_int_equal(((struct pvmmio_page *)rig_at(g, gpa))->version, 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_LEVELS), 1);
}

static void page_must_be_usable(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	struct bus_region watcher = { .name = "watcher", .ops = g->vgpu->registers.ops };
	uint64_t gpa = rig_alloc(g, 1);
	const uint64_t bad[] = {
		0,
		gpa + 0xffc,
		gpa + 1,
		RIG_MEMORY_BYTES,
		RIG_GUEST_BAR0,
		UINT64_C(1) << 40,
		UINT64_C(0xfffffffffffff000),
		gpa | UINT64_C(1) << 60,
	};
	const size_t count = sizeof(bad) / sizeof(bad[0]);

	for (size_t i = 0; i < count; i++)
		assert_int_equal(rig_negotiate(g, bad[i], PVMMIO_ELSP_SUBMIT), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_PAGE), count);
	assert_int_equal(bus_set_attr(g->vm->bus, gpa >> PAGE_SHIFT, 1, BUS_RAM_TRACKED, &watcher),
			 0);
	assert_int_equal(rig_negotiate(g, gpa, PVMMIO_ELSP_SUBMIT), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_PAGE), count + 1);
	assert_int_equal(bus_set_attr(g->vm->bus, gpa >> PAGE_SHIFT, 1, BUS_RAM, NULL), 0);
	bus_unmap(g->vm->bus, &watcher);
	assert_int_equal(bus_attr_of(g->vm->bus, gpa >> PAGE_SHIFT), BUS_RAM);
	assert_int_equal(rig_negotiate(g, gpa, PVMMIO_ELSP_SUBMIT), PVMMIO_ELSP_SUBMIT);
}

static void levels_are_frozen(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gpa = rig_alloc(g, 2);

	assert_int_equal(rig_negotiate(g, gpa, 0), 0);
	assert_int_equal(rig_negotiate(g, gpa, PVMMIO_ELSP_SUBMIT), PVMMIO_ELSP_SUBMIT);
	rig_write32(g, REG(PVINFO_ENABLE_PVMMIO), 0);
	rig_write32(g, REG(PVINFO_ENABLE_PVMMIO), PVMMIO_ELSP_SUBMIT);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_LEVELS), 2);
	rig_write32(g, REG(PVINFO_SHARED_PAGE_GPA_LO), (uint32_t)(gpa + PAGE_SIZE));
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVMMIO_PAGE), 1);
	assert_int_equal(rig_read32(g, REG(PVINFO_SHARED_PAGE_GPA_LO)), gpa);
	assert_int_equal(rig_read32(g, REG(PVINFO_ENABLE_PVMMIO)), PVMMIO_ELSP_SUBMIT);
}

static void driver_resets_keep_the_levels(void **state)
{
	struct rig_guest *g = &rig.guests[0];
	uint64_t gpa = rig_alloc(g, 1);

	rig_negotiate(g, gpa, PVMMIO_ELSP_SUBMIT);
	rig_write32(g, GDRST, 1u << gen9_engines[GEN9_RCS0].gdrst_bit);
	rig_write32(g, GDRST, 1);
	assert_int_equal(rig_read32(g, REG(PVINFO_ENABLE_PVMMIO)), PVMMIO_ELSP_SUBMIT);
	assert_int_equal(rig_read32(g, REG(PVINFO_SHARED_PAGE_GPA_LO)), gpa);
	assert_int_equal(rig_stats(g).pvmmio_levels, PVMMIO_ELSP_SUBMIT);
	assert_true(rig_read(g, REG(PVINFO_MAGIC), 8) == PVINFO_MAGIC_VALUE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(identifies_the_vgpu),
		TEST(any_read_makes_the_guest_known),
		TEST(guest_fields_are_stored),
		TEST(other_fields_drop_writes),
		TEST(every_resource_field_fails_the_guest),
		TEST(notifications_are_counted),
		TEST(negotiation_writes_the_layout),
		TEST(what_does_not_exist_stays_off),
		TEST(what_is_not_offered_stays_off),
		TEST(page_must_be_usable),
		TEST(levels_are_frozen),
		TEST(driver_resets_keep_the_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
