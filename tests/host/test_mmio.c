// SPDX-License-Identifier: MIT
// Trapped registers: how accesses arrive, what each class of register does with them.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>

#include "host/mmio.h"
#include "rig.h"
#include "sim/machine/ledger.h"

static int setup(void **state)
{
	static struct rig rig; // one test at a time

	rig_create(&rig, &(struct rig_options){ 0 });
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

static struct rig_guest *guest_of(void **state)
{
	return &((struct rig *)*state)->guests[0];
}

static void untracked_registers_are_storage(void **state)
{
	struct rig_guest *g = guest_of(state);

	assert_int_equal(rig_read32(g, 0x45000), 0);
	rig_write32(g, 0x45000, 0x12345678);
	assert_int_equal(rig_read32(g, 0x45000), 0x12345678);
	rig_write(g, 0x45001, 1, 0xaa);
	assert_int_equal(rig_read32(g, 0x45000), 0x1234aa78);
	rig_write(g, 0x45002, 2, 0xbeef);
	assert_int_equal(rig_read32(g, 0x45000), 0xbeefaa78);
	assert_int_equal(rig_read(g, 0x45003, 1), 0xbe);
	assert_int_equal(rig_read(g, 0x45000, 2), 0xaa78);
	rig_write(g, 0x1ffff8, 8, UINT64_C(0x1122334455667788));
	assert_true(rig_read(g, 0x1ffff8, 8) == UINT64_C(0x1122334455667788));
}

// An 8-byte access at an address that is only 4-aligned, and one that is not aligned at all.
static void misaligned_accesses_come_in_aligned_pieces(void **state)
{
	struct rig_guest *g = guest_of(state);

	rig_write(g, 0x45004, 8, UINT64_C(0x1122334455667788));
	assert_int_equal(rig_read32(g, 0x45004), 0x55667788);
	assert_int_equal(rig_read32(g, 0x45008), 0x11223344);
	rig_write(g, 0x45013, 4, 0xddccbbaa);
	assert_int_equal(rig_read32(g, 0x45010), 0xaa000000);
	assert_int_equal(rig_read32(g, 0x45014), 0x00ddccbb);
	assert_true(rig_read(g, 0x45013, 4) == 0xddccbbaa);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_REGISTER_ACCESS), 0);
}

static void masked_registers_take_selected_bits(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t reg = rig_reg(GEN9_BCS0, RING_INSTPM);

	rig_write32(g, reg, MASKED_ENABLE(0x0105));
	assert_int_equal(rig_read32(g, reg), 0x0105);
	rig_write32(g, reg, MASKED_DISABLE(0x0001));
	assert_int_equal(rig_read32(g, reg), 0x0104);
	rig_write32(g, reg, 0x0000ffff);
	assert_int_equal(rig_read32(g, reg), 0x0104);
	// The half without a mask selects nothing; the mask alone clears.
	rig_write(g, reg, 2, 0xffff);
	assert_int_equal(rig_read32(g, reg), 0x0104);
	rig_write(g, reg + 2, 2, 0x0100);
	assert_int_equal(rig_read32(g, reg), 0x0004);
}

static void read_only_registers_keep_their_values(void **state)
{
	struct rig_guest *g = guest_of(state);

	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		for (uint32_t reg = RING_CSB_LO(0); reg <= RING_CSB_HI(5); reg += 4) {
			rig_write32(g, rig_reg(id, reg), ~0u);
			assert_int_equal(rig_read32(g, rig_reg(id, reg)), 0);
		}
		rig_write32(g, rig_reg(id, RING_EXECLIST_STATUS_LO), ~0u);
		assert_int_equal(rig_read32(g, rig_reg(id, RING_EXECLIST_STATUS_LO)), 0);
		rig_write(g, rig_reg(id, RING_EXECLIST_STATUS_HI) + 1, 1, 0xff);
		assert_int_equal(rig_read32(g, rig_reg(id, RING_EXECLIST_STATUS_HI)), 0);
	}
}

// The write pointer is the device's, the read pointer the guest's.
static void csb_pointer_has_two_owners(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t reg = rig_reg(GEN9_VCS1, RING_CSB_PTR);

	assert_int_equal(rig_read32(g, reg), GEN9_CSB_PTR_RESET);
	rig_write32(g, reg, MASKED_ENABLE(0x0302));
	assert_int_equal(rig_read32(g, reg), 0x0300 | GEN9_CSB_PTR_RESET);
}

static void forcewake_is_acknowledged_at_once(void **state)
{
	static const uint32_t pairs[][2] = {
		{0xa278,  0xd84   },
                { 0xa188, 0x130044},
                { 0xa270, 0xd88   }
	};
	struct rig_guest *g = guest_of(state);

	for (size_t i = 0; i < 3; i++) {
		rig_write32(g, pairs[i][0], MASKED_ENABLE(1));
		assert_int_equal(rig_read32(g, pairs[i][1]), 1);
		rig_write32(g, pairs[i][1], 0x55);
		assert_int_equal(rig_read32(g, pairs[i][1]), 1);
		rig_write32(g, pairs[i][0], MASKED_DISABLE(1));
		assert_int_equal(rig_read32(g, pairs[i][1]), 0);
	}
}

static void reset_request_is_ready_at_once(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t reg = rig_reg(GEN9_VECS0, RING_RESET_CTL);

	rig_write32(g, reg, MASKED_ENABLE(1));
	assert_int_equal(rig_read32(g, reg), 3);
	rig_write32(g, reg, MASKED_DISABLE(1));
	assert_int_equal(rig_read32(g, reg), 0);
	rig_write32(g, reg, MASKED_ENABLE(2)); // ready is not the guest's to set
	assert_int_equal(rig_read32(g, reg), 0);
}

static void status_page_must_be_in_the_share(void **state)
{
	struct rig_guest *g = guest_of(state);
	const struct ggtt_slice *low = &g->vgpu->ggtt.low;
	uint32_t reg = rig_reg(GEN9_RCS0, RING_HWS_PGA);

	rig_write32(g, reg, (uint32_t)low->base);
	assert_int_equal(rig_read32(g, reg), low->base);
	rig_write32(g, reg, (uint32_t)(low->base - PAGE_SIZE));
	rig_write32(g, reg, (uint32_t)(low->base + low->bytes));
	rig_write32(g, reg, 0);
	assert_int_equal(rig_read32(g, reg), low->base);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_HWS_PGA_RANGE), 3);
	rig_write32(g, reg, (uint32_t)(low->base + low->bytes - PAGE_SIZE));
	assert_int_equal(rig_read32(g, reg), low->base + low->bytes - PAGE_SIZE);
}

static uint32_t host_read(struct rig_guest *g, uint32_t offset)
{
	return (uint32_t)bus_read(g->rig->m->host_bus, RIG_HOST_BAR0 + offset, 4);
}

static void fences_reach_the_hosts_own(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t start = (uint32_t)g->vgpu->ggtt.low.base;
	unsigned host = g->vgpu->fence_base + 1;

	assert_true(g->vgpu->fence_base >= HOST_FENCE_COUNT);
	rig_read32(g, PVINFO_BASE);
	rig_write32(g, FENCE_HI(1), start + 0x3000);
	assert_int_equal(host_read(g, FENCE_LO(host)), 0);
	rig_write32(g, FENCE_LO(1), start | 1);
	assert_int_equal(host_read(g, FENCE_LO(host)), start | 1);
	assert_int_equal(host_read(g, FENCE_HI(host)), start + 0x3000);
	assert_int_equal(rig_read32(g, FENCE_LO(1)), start | 1);

	// One page beyond the slice: stored, but the hardware's fence is off.
	rig_write32(g, FENCE_HI(1), start + (uint32_t)RIG_APERTURE_BYTES);
	assert_int_equal(host_read(g, FENCE_LO(host)), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_FENCE_RANGE), 1);
	rig_write32(g, FENCE_HI(1), start + (uint32_t)(RIG_APERTURE_BYTES - PAGE_SIZE));
	assert_int_equal(host_read(g, FENCE_LO(host)), start | 1);
	rig_write32(g, FENCE_LO(1), (start - 0x1000) | 1);
	assert_int_equal(host_read(g, FENCE_LO(host)), 0);
	assert_false(rig_stats(g).failsafe);
}

static void fence_beyond_the_share(void **state)
{
	struct rig_guest *g = guest_of(state);

	rig_read32(g, PVINFO_BASE);
	rig_write32(g, FENCE_LO(RIG_FENCES), 1);
	assert_int_equal(rig_read32(g, FENCE_LO(RIG_FENCES)), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_FENCE_RANGE), 2);
	assert_int_equal(host_read(g, FENCE_LO(g->vgpu->fence_base + RIG_FENCES)), 0);
	assert_false(rig_stats(g).failsafe);
}

// The same from a guest that never read PVINFO: it does not know where it is.
static void fence_beyond_the_share_of_an_unaware_guest(void **state)
{
	struct rig_guest *g = guest_of(state);

	rig_read32(g, FENCE_LO(RIG_FENCES - 1));
	assert_false(rig_stats(g).failsafe);
	rig_read32(g, FENCE_LO(RIG_FENCES));
	assert_true(rig_stats(g).failsafe);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVINFO_UNREAD), 1);
}

static void timestamp_is_the_hardwares(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t reg = rig_reg(GEN9_RCS0, RING_TIMESTAMP);
	uint32_t before = rig_read32(g, reg);

	rig_write32(g, reg, 0);
	for (unsigned i = 0; i < 20; i++)
		rig_read32(g, reg);
	assert_true(rig_read32(g, reg) > before);
}

static void hole_is_refused(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint64_t gpa = rig_alloc(g, 1);
	uint32_t *word = rig_at(g, gpa);

	*word = 0x600dcafe;
	rig_write32(g, GEN9_MMIO_SIZE_BYTES, 1);
	rig_write32(g, GEN9_GTT_WINDOW - 4, 1);
	assert_int_equal(rig_read32(g, GEN9_MMIO_SIZE_BYTES), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_REGISTER_ACCESS), 3);
	assert_int_equal(*word, 0x600dcafe);
}

static void gtt_window_takes_four_or_eight_bytes(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t entry = (uint32_t)(GEN9_GTT_WINDOW + 8 * (g->vgpu->ggtt.low.base >> PAGE_SHIFT));

	rig_write(g, entry, 1, 0xff);
	rig_write(g, entry + 2, 2, 0xffff);
	assert_int_equal(rig_read(g, entry, 2), 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_REGISTER_ACCESS), 3);
	assert_true(rig_read(g, entry, 8) == 0);
}

// What no transport of ours delivers is refused all the same.
static void mediator_refuses_what_is_not_aligned(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint64_t value;

	assert_int_equal(mmio_write(g->vgpu, 0x1ffffc, 8, 1), -EINVAL);
	assert_int_equal(mmio_read(g->vgpu, 0x1fffff, 2, &value), -EINVAL);
	assert_int_equal(mmio_write(g->vgpu, 0x45000, 16, 1), -EINVAL);
	assert_int_equal(mmio_write(g->vgpu, 0x45000, 3, 1), -EINVAL);
	assert_int_equal(mmio_write(g->vgpu, 0x45000, 0, 1), -EINVAL);
	assert_int_equal(mmio_write(g->vgpu, GEN9_GTT_WINDOW + 4, 8, 1), -EINVAL);
	assert_int_equal(mmio_write(g->vgpu, GEN9_BAR0_SIZE_BYTES, 4, 1), -EINVAL);
	assert_int_equal(mmio_write(g->vgpu, UINT64_MAX - 3, 4, 1), -EINVAL);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_REGISTER_ACCESS), 8);
}

static void doorbells_are_written_whole(void **state)
{
	struct rig_guest *g = guest_of(state);

	rig_write(g, rig_reg(GEN9_BCS0, RING_ELSP), 1, 0xff);
	rig_write(g, rig_reg(GEN9_BCS0, RING_ELSP) + 2, 2, 0xff);
	assert_int_equal(g->vgpu->engines[GEN9_BCS0].execlist.elsp_count, 0);
	rig_write(g, PVINFO_BASE + PVINFO_G2V_NOTIFY, 2, G2V_PPGTT_L4_CREATE);
	assert_int_equal(g->vgpu->g2v_notifications, 0);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_REGISTER_ACCESS), 3);
	assert_int_equal(rig_read32(g, rig_reg(GEN9_BCS0, RING_ELSP)), 0);
}

static void run_list_needs_pvinfo(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t reg = rig_reg(GEN9_RCS0, RING_MODE);

	// Disabling is no enabling, whatever the mask says.
	rig_write32(g, reg, MASKED_DISABLE(RING_MODE_RUN_LIST | RING_MODE_PPGTT | 1));
	assert_false(rig_stats(g).failsafe);
	rig_write32(g, reg, MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_true(rig_stats(g).failsafe);
	assert_false(g->vgpu->scheduled);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_PVINFO_UNREAD), 1);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_FAILSAFE), 1);
}

static void run_list_starts_scheduling(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint32_t reg = rig_reg(GEN9_RCS0, RING_MODE);

	rig_read(g, PVINFO_BASE + PVINFO_VERSION_MAJOR, 2);
	rig_write32(g, rig_reg(GEN9_RCS0, RING_ELSP), 1);
	assert_int_equal(g->vgpu->engines[GEN9_RCS0].execlist.elsp_count, 1);
	rig_write32(g, reg, MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_true(g->vgpu->scheduled);
	assert_int_equal(rig_read32(g, reg), RING_MODE_RUN_LIST);
	assert_int_equal(g->vgpu->engines[GEN9_RCS0].execlist.elsp_count, 0);
	rig_write32(g, reg, MASKED_ENABLE(1));
	assert_true(rig_stats(g).failsafe);
}

// Once in failsafe mode: registers and GGTT are storage, nothing has an effect, nothing gets out.
static void failsafe_is_sticky_storage(void **state)
{
	struct rig_guest *g = guest_of(state);
	uint64_t gma = g->vgpu->ggtt.high.base;
	uint32_t entry = (uint32_t)(GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT));

	rig_write32(g, PVINFO_BASE + PVINFO_RSV5, 1);
	assert_true(rig_stats(g).failsafe);
	rig_read32(g, PVINFO_BASE);
	rig_write32(g, rig_reg(GEN9_RCS0, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_int_equal(rig_read32(g, rig_reg(GEN9_RCS0, RING_MODE)),
			 MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_false(g->vgpu->scheduled);
	rig_write32(g, rig_reg(GEN9_RCS0, RING_ELSP), 7);
	assert_int_equal(rig_read32(g, rig_reg(GEN9_RCS0, RING_ELSP)), 7);
	rig_write32(g, GDRST, 1);
	assert_int_equal(rig_read32(g, GDRST), 1);
	rig_write(g, entry, 8, 0x100003);
	assert_true(rig_read(g, entry, 8) == 0x100003);
	assert_true(rig_host_pte(g->rig, gma) == 0);
	rig_write(g, 0x45001, 1, 0xaa);
	assert_int_equal(rig_read32(g, 0x45000), 0xaa00);
	assert_true(rig_stats(g).failsafe);
	assert_int_equal(rig_incidents(g, GVT_INCIDENT_FAILSAFE), 1);
}

static void every_register_can_be_touched(void **state)
{
	struct rig_guest *g = guest_of(state);
	const struct mmio_table *table = &g->vgpu->gvt->mmio;

	rig_read32(g, PVINFO_BASE);
	for (uint32_t offset = 0; offset < GEN9_MMIO_SIZE_BYTES; offset += 4) {
		if (!mmio_row_at(table, offset))
			continue;
		rig_read(g, offset, 1);
		rig_read32(g, offset);
		if (rig_stats(g).failsafe)
			fail_msg("failsafe after %x", offset);
	}
}

// One exit for each access of the guest; two calls for eight bytes, whatever the exit carries.
static void one_exit_two_calls(void **state)
{
	struct cost_profile costs = { 0 };
	struct ledger_op totals;
	struct rig rig;

	costs.value[COST_WORK_HANDLER] = 1000;
	rig_create(&rig, &(struct rig_options){ .costs = &costs });
	rig_write(&rig.guests[0], 0x45000, 8, 1);
	ledger_op_totals(rig.m->ledger, rig.guests[0].vm->id, GUEST_OP_NONE, &totals);
	assert_int_equal(totals.exits.count, 1);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_EMULATION], 2000);
	rig_write32(&rig.guests[0], 0x45000, 1);
	ledger_op_totals(rig.m->ledger, rig.guests[0].vm->id, GUEST_OP_NONE, &totals);
	assert_int_equal(totals.exits.count, 2);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_EMULATION], 3000);
	rig_destroy(&rig);
}

static void pci_configuration(void **state)
{
	const uint8_t *config = guest_of(state)->vm->pci_config;

	assert_int_equal(config[0] | config[1] << 8, 0x8086);
	assert_int_equal(config[GEN9_PCI_GMCH + 1], 0); // no stolen memory
	assert_int_equal(config[GEN9_PCI_GMCH] >> 6, 3);
	assert_int_equal(config[0x0b], 0x03);         // display controller,
	assert_int_equal(config[0x0a], 0x80);         // not VGA
	assert_int_equal(config[config[0x34]], 0x05); // MSI
}

static void register_names(void **state)
{
	const struct bus_region *region = &guest_of(state)->vgpu->registers;
	static const struct {
		uint32_t offset;
		const char *name;
	} expected[] = {
		{0x22230,				  "BCS0_ELSP"                },
		{ PVINFO_BASE,                             "PVINFO_MAGIC"             },
		{ PVINFO_BASE + PVINFO_ENABLE_PVMMIO,      "PVINFO_ENABLE_PVMMIO"     },
		{ PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_HI, "PVINFO_SHARED_PAGE_GPA_HI"},
		{ PVINFO_BASE + 0x900,                     ""                         },
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char name[64] = "?";

		region->ops->register_name(region->opaque, expected[i].offset, name, sizeof(name));
		assert_string_equal(name, expected[i].name);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(untracked_registers_are_storage),
		TEST(misaligned_accesses_come_in_aligned_pieces),
		TEST(masked_registers_take_selected_bits),
		TEST(read_only_registers_keep_their_values),
		TEST(csb_pointer_has_two_owners),
		TEST(forcewake_is_acknowledged_at_once),
		TEST(reset_request_is_ready_at_once),
		TEST(status_page_must_be_in_the_share),
		TEST(fences_reach_the_hosts_own),
		TEST(fence_beyond_the_share),
		TEST(fence_beyond_the_share_of_an_unaware_guest),
		TEST(timestamp_is_the_hardwares),
		TEST(hole_is_refused),
		TEST(gtt_window_takes_four_or_eight_bytes),
		TEST(mediator_refuses_what_is_not_aligned),
		TEST(doorbells_are_written_whole),
		TEST(run_list_needs_pvinfo),
		TEST(run_list_starts_scheduling),
		TEST(failsafe_is_sticky_storage),
		TEST(every_register_can_be_touched),
		TEST(pci_configuration),
		TEST(register_names),
		cmocka_unit_test(one_exit_two_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
