// SPDX-License-Identifier: MIT
// GGTT entries stored without exits: pvmmio level ggtt_update.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"

#include <errno.h>

#include "host/dma_map.h"
#include "host/gtt.h"
#include "sim/machine/ledger.h"

#define OK     PVMMIO_STATUS_OK
#define INSERT G2V_GGTT_INSERT
#define CLEAR  G2V_GGTT_CLEAR

#define FLAGS         (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define ADDRESS(e)    ((e)&GEN8_PTE_ADDR_MASK)
#define PAGES(n)      ((n)*PAGE_SIZE)
#define entry_at(gma) ((uint32_t)(GEN9_GTT_WINDOW + 8 * ((gma) >> PAGE_SHIFT)))

static struct rig rig;
static struct rig_guest *guest;
static uint64_t free_gma; // of the hidden slice, behind what boot has bound
static uint64_t base_pins;

static void create(const struct rig_options *options)
{
	pv_create(&rig, options, PVMMIO_GGTT_UPDATE);
	guest = &rig.guests[0];
	free_gma = guest->vgpu->ggtt.high.base + 64 * PAGE_SIZE;
	base_pins = dma_pinned_pages(guest->vgpu);
}

static int setup(void **state)
{
	create(&(struct rig_options){ .vm_count = 2 });
	return 0;
}

static int teardown(void **state)
{
	pv_check(&rig);
	rig_destroy(&rig);
	return 0;
}

static uint64_t exits(void)
{
	return tables_exits(guest, EXIT_MMIO_WRITE) + tables_exits(guest, EXIT_MMIO_READ);
}

static uint64_t pinned(void)
{
	return dma_pinned_pages(guest->vgpu) - base_pins;
}

static void insert_pages(uint64_t gma, uint64_t gpa, unsigned count)
{
	rig_bind_at(guest, gma, gpa, count);
	assert_int_equal(pv_ggtt(guest, INSERT, gma, PAGES(count)), OK);
}

static bool is_scratch(uint64_t gma)
{
	return rig_host_pte(&rig, gma) == guest->vgpu->gvt->hw.empty_mfn << PAGE_SHIFT;
}

static void entries_are_stored_without_exits(void **state)
{
	uint64_t gpa = rig_alloc(guest, 16);
	uint64_t before = exits();
	uint64_t time_ps = executor_time_ps(rig.m->ex);

	rig_bind_at(guest, free_gma, gpa, 16);
	assert_true(rig_read(guest, entry_at(free_gma + PAGES(15)), 8) ==
		    ((gpa + PAGES(15)) | FLAGS));
	assert_int_equal(exits(), before);
	assert_int_equal(executor_time_ps(rig.m->ex), time_ps);
}

// Until the doorbell rings the hardware and the mediator know nothing.
static void insert_takes_effect_and_nothing_before(void **state)
{
	uint64_t gpa = rig_alloc(guest, 4);
	uint64_t before = exits();
	uint64_t found;

	rig_bind_at(guest, free_gma, gpa, 4);
	assert_false(rig_host_pte(&rig, free_gma) & GEN8_PTE_PRESENT);
	assert_int_equal(gtt_gma_to_gpa(guest->vgpu, free_gma, &found), -EFAULT);
	assert_int_equal(pinned(), 0);
	assert_int_equal(pv_ggtt(guest, INSERT, free_gma, PAGES(4)), OK);
	assert_int_equal(exits(), before + 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(rig_host_pte(&rig, free_gma + PAGES(i)) ==
			    (tables_mpa(guest, gpa + PAGES(i)) | FLAGS));
		assert_int_equal(gtt_gma_to_gpa(guest->vgpu, free_gma + PAGES(i), &found), 0);
		assert_int_equal(found, gpa + PAGES(i));
	}
	assert_int_equal(pinned(), 4);
}

static void only_the_range_takes_effect(void **state)
{
	uint64_t gpa = rig_alloc(guest, 4);

	rig_bind_at(guest, free_gma, gpa, 4);
	assert_int_equal(pv_ggtt(guest, INSERT, free_gma + PAGES(1), PAGES(2)), OK);
	assert_false(rig_host_pte(&rig, free_gma) & GEN8_PTE_PRESENT);
	assert_true(rig_host_pte(&rig, free_gma + PAGES(1)) & GEN8_PTE_PRESENT);
	assert_true(rig_host_pte(&rig, free_gma + PAGES(2)) & GEN8_PTE_PRESENT);
	assert_false(rig_host_pte(&rig, free_gma + PAGES(3)) & GEN8_PTE_PRESENT);
}

static void what_is_not_present_becomes_scratch(void **state)
{
	uint64_t gpa = rig_alloc(guest, 3);

	insert_pages(free_gma, gpa, 3);
	// Present clear, an address that is no RAM: it is not looked at.
	rig_write(guest, entry_at(free_gma + PAGES(1)), 8, UINT64_C(0x3ffffffff000) | 2);
	assert_int_equal(pv_ggtt(guest, INSERT, free_gma, PAGES(3)), OK);
	assert_true(is_scratch(free_gma + PAGES(1)));
	assert_true(rig_host_pte(&rig, free_gma + PAGES(2)) & GEN8_PTE_PRESENT);
	assert_int_equal(pinned(), 2);
}

static void insert_again_replaces(void **state)
{
	uint64_t a = rig_alloc(guest, 2), b = rig_alloc(guest, 1);

	insert_pages(free_gma, a, 2);
	insert_pages(free_gma, b, 1);
	assert_int_equal(pinned(), 2);
	assert_int_equal(dma_pins_of(guest->vgpu, a >> PAGE_SHIFT), 0);
	assert_int_equal(dma_pins_of(guest->vgpu, b >> PAGE_SHIFT), 1);
	insert_pages(free_gma, b, 1);
	assert_int_equal(dma_pins_of(guest->vgpu, b >> PAGE_SHIFT), 1);
}

static void clear_gives_back(void **state)
{
	uint64_t gpa = rig_alloc(guest, 4);

	insert_pages(free_gma, gpa, 4);
	assert_int_equal(pv_ggtt(guest, CLEAR, free_gma + PAGES(1), PAGES(2)), OK);
	assert_true(is_scratch(free_gma + PAGES(1)) && is_scratch(free_gma + PAGES(2)));
	assert_true(rig_host_pte(&rig, free_gma) & GEN8_PTE_PRESENT);
	assert_true(rig_host_pte(&rig, free_gma + PAGES(3)) & GEN8_PTE_PRESENT);
	assert_int_equal(pinned(), 2);
	// Of what was never inserted, and again: no mistake.
	assert_int_equal(pv_ggtt(guest, CLEAR, free_gma, PAGES(8)), OK);
	assert_int_equal(pv_ggtt(guest, CLEAR, free_gma, PAGES(8)), OK);
	assert_int_equal(pinned(), 0);
	// What the guest has stored is the guest's.
	assert_true(rig_read(guest, entry_at(free_gma), 8) == (gpa | FLAGS));
}

static void ends_of_the_slices_can_be_used(void **state)
{
	const struct ggtt_slice *slices[] = { &guest->vgpu->ggtt.low, &guest->vgpu->ggtt.high };
	uint64_t gpa = rig_alloc(guest, 2);

	for (unsigned i = 0; i < 2; i++) {
		uint64_t last = slices[i]->base + slices[i]->bytes - PAGE_SIZE;
		uint64_t next = rig_host_pte(&rig, last + PAGE_SIZE);
		uint64_t before = exits();

		insert_pages(last, gpa, 1);
		assert_int_equal(exits(), before + 1);
		assert_int_equal(ADDRESS(rig_host_pte(&rig, last)), tables_mpa(guest, gpa));
		// The next entry is another's, or nobody's: stores exit and do nothing.
		rig_write(guest, entry_at(last + PAGE_SIZE), 8, gpa | FLAGS);
		assert_int_equal(exits(), before + 2);
		assert_int_equal(rig_read(guest, entry_at(last + PAGE_SIZE), 8), 0);
		assert_true(rig_host_pte(&rig, last + PAGE_SIZE) == next);
	}
	insert_pages(guest->vgpu->ggtt.low.base, gpa, 1);
	assert_int_equal(
		pv_ggtt(guest, CLEAR, guest->vgpu->ggtt.low.base, guest->vgpu->ggtt.low.bytes), OK);
}

// It is memory: any size, at any place, also across two entries.
static void accesses_of_any_size(void **state)
{
	static const unsigned sizes[] = { 1, 2, 4, 8 };
	uint8_t expected[32] = { 0 };
	uint64_t before = exits();

	for (unsigned offset = 0; offset < 24; offset++)
		for (unsigned i = 0; i < 4; i++) {
			uint64_t value = UINT64_C(0x0102030405060708) * (offset + 1) + i;
			uint64_t word = 0;

			rig_write(guest, entry_at(free_gma) + offset, sizes[i], value);
			for (unsigned k = 0; k < sizes[i]; k++) {
				expected[offset + k] = (uint8_t)(value >> 8 * k);
				word |= (uint64_t)expected[offset + k] << 8 * k;
			}
			assert_true(rig_read(guest, entry_at(free_gma) + offset, sizes[i]) == word);
		}
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(rig_read(guest, entry_at(free_gma) + i, 1), expected[i]);
	assert_int_equal(exits(), before);
}

static void what_was_bound_before_stays(void **state)
{
	uint64_t gma, gpa;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ALL });
	guest = &rig.guests[0];
	gpa = rig_alloc(guest, 2);
	gma = rig_bind(guest, gpa, 1);
	// Half an entry: it is storage from now on.
	rig_write32(guest, entry_at(gma + PAGE_SIZE), (uint32_t)(gpa | FLAGS));
	assert_int_equal(rig_negotiate(guest, rig_alloc(guest, 1), PVMMIO_GGTT_UPDATE),
			 PVMMIO_GGTT_UPDATE);
	assert_int_equal(ADDRESS(rig_host_pte(&rig, gma)), tables_mpa(guest, gpa));
	assert_true(rig_read(guest, entry_at(gma), 8) == (gpa | FLAGS));
	rig_write32(guest, entry_at(gma + PAGE_SIZE) + 4, 0);
	assert_false(rig_host_pte(&rig, gma + PAGE_SIZE) & GEN8_PTE_PRESENT);
	assert_int_equal(pv_ggtt(guest, INSERT, gma + PAGE_SIZE, PAGE_SIZE), OK);
	assert_int_equal(ADDRESS(rig_host_pte(&rig, gma + PAGE_SIZE)), tables_mpa(guest, gpa));
	assert_int_equal(pv_ggtt(guest, CLEAR, gma, PAGES(2)), OK);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
}

static void contexts_run_from_what_was_inserted(void **state)
{
	struct rig_context context;
	uint64_t gpa = rig_alloc(guest, 1);

	// The context binds image and ring as a native guest does: entries, and no doorbell.
	rig_context_create(&context, guest, GEN9_BCS0, 1);
	insert_pages(free_gma, gpa, 1);
	rig_emit_store(&context, free_gma, 0x1234);
	rig_submit(guest, GEN9_BCS0, 0, rig_descriptor(&context));
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_CONTEXT_UNMAPPED), 1);
	assert_int_equal(pv_ggtt(guest, INSERT, context.image_gma,
				 context.ring_gma + PAGE_SIZE - context.image_gma),
			 OK);
	rig_submit(guest, GEN9_BCS0, 0, rig_descriptor(&context));
	assert_int_equal(*(uint32_t *)rig_at(guest, gpa), 0x1234);
}

static void destruction_scrubs_and_unpins(void **state)
{
	uint64_t gma = guest->vgpu->ggtt.low.base;
	uint64_t scratch = guest->vgpu->gvt->hw.empty_mfn << PAGE_SHIFT;

	insert_pages(gma, rig_alloc(guest, 2), 2);
	vgpu_destroy(guest->vgpu);
	guest->vgpu = NULL;
	assert_true(rig_host_pte(&rig, gma) == scratch);
	assert_true(rig_host_pte(&rig, gma + PAGE_SIZE) == scratch);
	assert_int_equal(
		bus_attr_of(guest->vm->bus, (RIG_GUEST_BAR0 + entry_at(gma)) >> PAGE_SHIFT),
		BUS_NONE);
}

static void in_failsafe_mode_nothing_takes_effect(void **state)
{
	uint64_t gpa = rig_alloc(guest, 1);

	vgpu_enter_failsafe(guest->vgpu, GVT_FAILSAFE_WORKLOAD);
	rig_bind_at(guest, free_gma, gpa, 1);
	assert_int_equal(pv_ggtt(guest, INSERT, free_gma, PAGE_SIZE), PV_NO_ANSWER);
	assert_false(rig_host_pte(&rig, free_gma) & GEN8_PTE_PRESENT);
}

static uint64_t priced(uint32_t code, uint64_t pages)
{
	struct ledger_op before, after;

	ledger_op_totals(rig.m->ledger, 0, GUEST_OP_NONE, &before);
	assert_int_equal(pv_ggtt(guest, code, free_gma, PAGES(pages)), OK);
	ledger_op_totals(rig.m->ledger, 0, GUEST_OP_NONE, &after);
	return after.exits.time_ps - before.exits.time_ps;
}

// Each entry's work, each entry's store to the hardware, and one flush.
static void work_is_charged_per_entry(void **state)
{
	const uint64_t store_ps = 50 * PS_PER_NS;
	struct cost_profile costs = { 0 };

	rig_destroy(&rig);
	costs.value[COST_WORK_PV_WALK_ENTRY] = 1;
	costs.value[COST_WORK_PV_MAP_ENTRY] = UINT64_C(1000000000);
	create(&(struct rig_options){ .costs = &costs });
	rig_bind_at(guest, free_gma, rig_alloc(guest, 8), 8);
	assert_int_equal(priced(INSERT, 1), UINT64_C(1000000001) + 2 * store_ps);
	assert_int_equal(priced(INSERT, 8), 8 * UINT64_C(1000000001) + 9 * store_ps);
	assert_int_equal(priced(CLEAR, 8), 8 * UINT64_C(1000000000) + 9 * store_ps);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(entries_are_stored_without_exits),
		TEST(insert_takes_effect_and_nothing_before),
		TEST(only_the_range_takes_effect),
		TEST(what_is_not_present_becomes_scratch),
		TEST(insert_again_replaces),
		TEST(clear_gives_back),
		TEST(ends_of_the_slices_can_be_used),
		TEST(accesses_of_any_size),
		TEST(what_was_bound_before_stays),
		TEST(contexts_run_from_what_was_inserted),
		TEST(destruction_scrubs_and_unpins),
		TEST(in_failsafe_mode_nothing_takes_effect),
		TEST(work_is_charged_per_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
