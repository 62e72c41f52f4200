// SPDX-License-Identifier: MIT
// Page table updates by range: pvmmio level ppgtt_update.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"

#include <string.h>

#include "host/dma_map.h"
#include "host/pv_ppgtt.h"
#include "sim/machine/ledger.h"

#define LEVELS PVMMIO_PPGTT_UPDATE
#define OK     PVMMIO_STATUS_OK
#define ALLOC  G2V_PPGTT_L4_ALLOC
#define CLEAR  G2V_PPGTT_L4_CLEAR
#define INSERT G2V_PPGTT_L4_INSERT

#define PAGES(n)    ((n)*PAGE_SIZE)
#define PDP_SPAN    (UINT64_C(1) << 39)
#define SPACE_BYTES (UINT64_C(1) << 48)

static struct rig rig;
static struct rig_guest *guest;
static uint64_t root;
static uint64_t base_pins; // pages pinned by what boot has bound

static void create(const struct rig_options *options, uint32_t levels)
{
	pv_create(&rig, options, levels);
	guest = &rig.guests[0];
	root = pv_space(guest);
	base_pins = dma_pinned_pages(guest->vgpu);
}

static int setup(void **state)
{
	create(&(struct rig_options){ 0 }, LEVELS);
	return 0;
}

static int teardown(void **state)
{
	pv_check(&rig);
	rig_destroy(&rig);
	return 0;
}

static uint64_t pinned(void)
{
	return dma_pinned_pages(guest->vgpu) - base_pins;
}

static uint64_t tables(void)
{
	return pv_ppgtt_tables(tables_space(guest, root));
}

/* ---- what operations do ---- */

static void a_new_space_leads_to_scratch(void **state)
{
	const struct ppgtt_mm *mm = tables_space(guest, root);

	assert_int_equal(mm->kind, PPGTT_PV);
	assert_int_equal(tables(), 1);
	assert_int_equal(pv_reach(guest, root, 0, NULL), NO_ADDRESS);
	assert_int_equal(pv_reach(guest, root, SPACE_BYTES - PAGE_SIZE, NULL), NO_ADDRESS);
	// Nothing of the guest's is tracked.
	assert_int_equal(bus_attr_of(guest->vm->bus, root >> PAGE_SHIFT), BUS_RAM);
}

static void alloc_makes_tables_and_maps_nothing(void **state)
{
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, PT_SPAN - PAGE_SIZE, PAGES(2)), OK);
	assert_int_equal(tables(), 1 + 2 + 2);
	assert_int_equal(pv_reach(guest, root, PT_SPAN, NULL), NO_ADDRESS);
	assert_int_equal(pinned(), 0);
	// Again is no mistake, and makes nothing.
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, PT_SPAN - PAGE_SIZE, PAGES(2)), OK);
	assert_int_equal(tables(), 1 + 2 + 2);
	pv_check(&rig);
}

static void insert_maps_across_tables_of_every_level(void **state)
{
	static const uint64_t borders[] = { 16 * PT_SPAN, 3 * PD_SPAN, PDP_SPAN, 255 * PDP_SPAN };
	uint64_t gpa = rig_alloc(guest, 8);

	for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++) {
		uint64_t gma = borders[i] - PAGES(3);

		pv_map(guest, root, gma, gpa, 8);
		assert_true(pv_is_mapped(guest, root, gma, gpa, 8));
		assert_int_equal(pv_reach(guest, root, gma - PAGE_SIZE, NULL), NO_ADDRESS);
		assert_int_equal(pv_reach(guest, root, gma + PAGES(8), NULL), NO_ADDRESS);
		pv_check(&rig);
	}
	assert_int_equal(pinned(), 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(dma_pins_of(guest->vgpu, (gpa >> PAGE_SHIFT) + i), 4);
}

static void the_first_and_the_last_page_can_be_mapped(void **state)
{
	uint64_t gpa = rig_alloc(guest, 2);

	pv_map(guest, root, 0, gpa, 1);
	pv_map(guest, root, SPACE_BYTES - PAGE_SIZE, gpa + PAGE_SIZE, 1);
	assert_true(pv_is_mapped(guest, root, 0, gpa, 1));
	assert_true(pv_is_mapped(guest, root, SPACE_BYTES - PAGE_SIZE, gpa + PAGE_SIZE, 1));
}

// Of the guest's tables only what the range covers is looked at.
static void other_entries_do_not_matter(void **state)
{
	uint64_t gpa = rig_alloc(guest, 1);

	pv_fill(guest, root, PAGES(7), UINT64_C(1) << 40, 1, PTE_RW);
	*pv_entry(guest, root, PD_SPAN, 2) = (UINT64_C(1) << 40) | PTE_RW;
	pv_map(guest, root, PAGES(8), gpa, 1);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, PAGES(7), PAGES(1)), OK);
	assert_int_equal(pv_reach(guest, root, PAGES(7), NULL), NO_ADDRESS);
}

static void rights_and_caching_are_carried(void **state)
{
	static const uint64_t flags[] = { 0x1, 0x3, 0x19, 0x1b, 0x83, 0x9b, 0x13 };
	const unsigned count = sizeof(flags) / sizeof(flags[0]);
	uint64_t gpa = rig_alloc(guest, count);
	const uint64_t *leaf;
	struct ppgtt_mm *mm = tables_space(guest, root);
	uint64_t entry = mm->hw_root[0];

	// Bits that mean nothing to the hardware, and those above the address, do not pass.
	for (unsigned i = 0; i < count; i++)
		pv_fill(guest, root, PAGES(i), gpa + PAGES(i), 1,
			flags[i] | 0xe64 | UINT64_C(0xffffc00000000000));
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(count)), OK);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(count)), OK);
	for (unsigned level = 0; level < 3; level++)
		entry = *(uint64_t *)physmem_at(rig.m->pm, entry & GEN8_PTE_ADDR_MASK, PAGE_SIZE);
	leaf = physmem_at(rig.m->pm, entry & GEN8_PTE_ADDR_MASK, PAGE_SIZE);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(leaf[i], tables_mpa(guest, gpa + PAGES(i)) | flags[i]);
}

// Writable is what all entries on the way are.
static void read_only_counts_at_every_level(void **state)
{
	uint64_t gpa = rig_alloc(guest, 1);
	bool writable = true;

	for (unsigned level = 0; level < 4; level++) {
		uint64_t gma = level * PDP_SPAN;

		pv_fill(guest, root, gma, gpa, 1, PTE_RW);
		*pv_entry(guest, root, gma, level) &= ~GEN8_PTE_WRITABLE;
		assert_int_equal(pv_ppgtt(guest, ALLOC, root, gma, PAGES(1)), OK);
		assert_int_equal(pv_ppgtt(guest, INSERT, root, gma, PAGES(1)), OK);
		assert_int_equal(pv_reach(guest, root, gma, &writable), tables_mpa(guest, gpa));
		assert_false(writable);
	}
	pv_map(guest, root, 4 * PDP_SPAN, gpa, 1);
	pv_reach(guest, root, 4 * PDP_SPAN, &writable);
	assert_true(writable);
}

static void insert_over_a_mapping_replaces_it(void **state)
{
	uint64_t a = rig_alloc(guest, 4), b = rig_alloc(guest, 4);

	pv_map(guest, root, 0, a, 4);
	pv_map(guest, root, PAGES(2), b, 4);
	assert_true(pv_is_mapped(guest, root, 0, a, 2));
	assert_true(pv_is_mapped(guest, root, PAGES(2), b, 4));
	assert_int_equal(pinned(), 6);
	pv_check(&rig);
	// The same again: pins neither leak nor get lost.
	pv_map(guest, root, PAGES(2), b, 4);
	assert_int_equal(pinned(), 6);
	assert_int_equal(dma_pins_of(guest->vgpu, b >> PAGE_SHIFT), 1);
}

static void clear_gives_everything_back(void **state)
{
	uint64_t gpa = rig_alloc(guest, 8);
	uint64_t host_pages = physmem_host_pages(rig.m->pm);

	pv_map(guest, root, PDP_SPAN - PAGES(4), gpa, 8);
	assert_int_equal(tables(), 1 + 2 * 3);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, PDP_SPAN - PAGES(4), PAGES(8)), OK);
	assert_int_equal(tables(), 1);
	assert_int_equal(pinned(), 0);
	assert_int_equal(physmem_host_pages(rig.m->pm), host_pages);
	assert_int_equal(pv_reach(guest, root, PDP_SPAN, NULL), NO_ADDRESS);
}

static void clear_leaves_neighbours(void **state)
{
	uint64_t gpa = rig_alloc(guest, 8);

	pv_map(guest, root, 0, gpa, 8);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, PAGES(2), PAGES(3)), OK);
	assert_true(pv_is_mapped(guest, root, 0, gpa, 2));
	assert_true(pv_is_mapped(guest, root, PAGES(5), gpa + PAGES(5), 3));
	for (unsigned i = 2; i < 5; i++)
		assert_int_equal(pv_reach(guest, root, PAGES(i), NULL), NO_ADDRESS);
	assert_int_equal(pinned(), 5);
	assert_int_equal(tables(), 4);
}

static void clear_of_what_is_not_there_changes_nothing(void **state)
{
	uint64_t gpa = rig_alloc(guest, 1);

	assert_int_equal(pv_ppgtt(guest, CLEAR, root, 0, SPACE_BYTES), OK);
	pv_map(guest, root, PD_SPAN, gpa, 1);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, 0, PD_SPAN), OK);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, PD_SPAN + PAGE_SIZE, PD_SPAN), OK);
	assert_true(pv_is_mapped(guest, root, PD_SPAN, gpa, 1));
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, 0, SPACE_BYTES), OK);
	assert_int_equal(tables(), 1);
	assert_int_equal(pinned(), 0);
}

// A table shared by two allocations goes with the second of them.
static void a_table_stays_while_any_of_it_is_allocated(void **state)
{
	uint64_t gpa = rig_alloc(guest, 2);

	pv_fill(guest, root, PAGES(100), gpa, 1, PTE_RW);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, PAGES(100), PAGES(1)), OK);
	pv_map(guest, root, PAGES(200), gpa + PAGE_SIZE, 1);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, PAGES(200), PAGES(1)), OK);
	assert_int_equal(tables(), 4);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, PAGES(100), PAGES(1)), OK);
	assert_true(pv_is_mapped(guest, root, PAGES(100), gpa, 1));
	assert_int_equal(pv_ppgtt(guest, INSERT, root, PAGES(200), PAGES(1)),
			 PVMMIO_STATUS_NOT_ALLOCATED);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, PAGES(100), PAGES(1)), OK);
	assert_int_equal(tables(), 1);
}

static void a_page_mapped_many_times_is_pinned_as_often(void **state)
{
	const unsigned count = 4096;
	uint64_t gpa = rig_alloc(guest, 1);

	for (unsigned i = 0; i < count; i++)
		pv_fill(guest, root, PAGES(i), gpa, 1, PTE_RW);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(count)), OK);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(count)), OK);
	assert_int_equal(pinned(), 1);
	assert_int_equal(dma_pins_of(guest->vgpu, gpa >> PAGE_SHIFT), count);
	pv_check(&rig);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, 0, PAGES(count / 2)), OK);
	assert_int_equal(dma_pins_of(guest->vgpu, gpa >> PAGE_SHIFT), count / 2);
}

static void spaces_are_apart(void **state)
{
	uint64_t other = pv_space(guest);
	uint64_t a = rig_alloc(guest, 1), b = rig_alloc(guest, 1);

	pv_map(guest, root, 0, a, 1);
	pv_map(guest, other, 0, b, 1);
	assert_true(pv_is_mapped(guest, root, 0, a, 1));
	assert_true(pv_is_mapped(guest, other, 0, b, 1));
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, other);
	assert_null(tables_space(guest, other));
	assert_true(pv_is_mapped(guest, root, 0, a, 1));
	assert_int_equal(pinned(), 1);
}

static void destruction_gives_everything_back(void **state)
{
	uint64_t host_pages = physmem_host_pages(rig.m->pm);
	uint64_t other = pv_space(guest);

	pv_map(guest, other, PDP_SPAN - PAGES(5), rig_alloc(guest, 10), 10);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, other);
	assert_int_equal(pinned(), 0);
	assert_int_equal(guest->vgpu->pv_tables, 1);
	assert_int_equal(physmem_host_pages(rig.m->pm), host_pages);
	assert_int_equal(pv_ppgtt(guest, ALLOC, other, 0, PAGES(1)), PVMMIO_STATUS_UNKNOWN_ROOT);
}

static void a_hundred_thousand_pages(void **state)
{
	const unsigned count = 100000;
	const uint64_t gma = PD_SPAN - PAGES(50000);
	uint64_t gpa;

	rig_destroy(&rig);
	create(&(struct rig_options){ .guest_memory_bytes = 512 * MIB }, LEVELS);
	gpa = rig_alloc(guest, count);
	pv_map(guest, root, gma, gpa, count);
	assert_true(pv_is_mapped(guest, root, gma, gpa, count));
	assert_int_equal(pinned(), count);
	pv_check(&rig);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, gma, PAGES(count)), OK);
	assert_int_equal(pinned(), 0);
	assert_int_equal(tables(), 1);
}

/* ---- the GPU ---- */

// A batch in the space stores to a page of the space.
static void run_batch(uint64_t batch_gma, uint64_t batch_gpa, uint64_t word_gma, uint32_t value)
{
	const uint32_t start[] = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, (uint32_t)batch_gma,
				   (uint32_t)(batch_gma >> 32), MI_NOOP };
	const uint32_t batch[] = { MI_STORE_DATA_IMM, (uint32_t)word_gma,
				   (uint32_t)(word_gma >> 32), value, MI_BATCH_BUFFER_END };
	struct rig_context context;
	uint32_t *image;

	rig_context_create(&context, guest, GEN9_BCS0, 1);
	image = rig_context_state(&context);
	image[CTX_PDP0_LDW + 1] = (uint32_t)root;
	image[CTX_PDP0_UDW + 1] = (uint32_t)(root >> 32);
	memcpy(rig_at(guest, batch_gpa), batch, sizeof(batch));
	rig_emit(&context, start, 4);
	rig_submit(guest, GEN9_BCS0, 0, rig_descriptor(&context));
}

static void the_gpu_runs_in_the_space(void **state)
{
	uint64_t gpa = rig_alloc(guest, 2);
	uint32_t *word = rig_at(guest, gpa + PAGE_SIZE);

	pv_map(guest, root, PDP_SPAN - PAGE_SIZE, gpa, 2);
	run_batch(PDP_SPAN - PAGE_SIZE, gpa, PDP_SPAN + 8, 0xc0ffee);
	assert_int_equal(word[2], 0xc0ffee);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

static void the_gpu_does_not_see_what_was_not_inserted(void **state)
{
	uint64_t gpa = rig_alloc(guest, 3);
	uint32_t *word = rig_at(guest, gpa + PAGES(2));

	pv_map(guest, root, 0, gpa, 2);
	// The guest's own table says otherwise, and nobody was told.
	pv_fill(guest, root, PAGES(1), gpa + PAGES(2), 1, PTE_RW);
	run_batch(0, gpa, PAGES(1), 0xc0ffee);
	assert_int_equal(word[0], 0);
	assert_int_equal(*(uint32_t *)rig_at(guest, gpa + PAGES(1)), 0xc0ffee);
}

static void the_gpu_cannot_write_a_read_only_page(void **state)
{
	uint64_t gpa = rig_alloc(guest, 2);

	pv_map(guest, root, 0, gpa, 1);
	pv_fill(guest, root, PAGES(1), gpa + PAGES(1), 1, PTE_RO);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, PAGES(1), PAGES(1)), OK);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, PAGES(1), PAGES(1)), OK);
	run_batch(0, gpa, PAGES(1), 0xc0ffee);
	assert_int_equal(*(uint32_t *)rig_at(guest, gpa + PAGES(1)), 0);
}

/* ---- limits ---- */

static void too_many_tables_are_refused_whole(void **state)
{
	uint64_t limit = (RIG_MEMORY_BYTES >> PAGE_SHIFT) / PV_PPGTT_PAGES_PER_TABLE + 512;
	uint64_t host_pages = physmem_host_pages(rig.m->pm);
	const uint64_t lengths[] = { SPACE_BYTES, PDP_SPAN, limit * PT_SPAN,
				     (limit - 3) * PT_SPAN };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, lengths[i]),
				 PVMMIO_STATUS_NO_MEMORY);
	assert_int_equal(physmem_host_pages(rig.m->pm), host_pages);
	// Root, one PDP, so many PDs and PTs: as many as there may be.
	limit -= 2 + (limit + 511) / 512;
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, limit * PT_SPAN), OK);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, limit * PT_SPAN, PAGES(1)),
			 PVMMIO_STATUS_NO_MEMORY);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(1)), OK);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_RECORD), 5);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables_new(guest));
	assert_int_equal(guest->vgpu->space_count, 1);
	assert_int_equal(pv_ppgtt(guest, CLEAR, root, 0, limit * PT_SPAN), OK);
	pv_map(guest, root, 0, rig_alloc(guest, 1), 1);
}

static void too_long_an_insert_is_refused(void **state)
{
	uint64_t limit = (RIG_MEMORY_BYTES >> PAGE_SHIFT) + 512;
	uint64_t gpa = rig_alloc(guest, 1);

	for (uint64_t i = 0; i <= limit; i++)
		pv_fill(guest, root, PAGES(i), gpa, 1, PTE_RW);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(limit + 1)), OK);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(limit + 1)),
			 PVMMIO_STATUS_NO_MEMORY);
	assert_int_equal(pinned(), 0);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(limit)), OK);
	assert_int_equal(dma_pins_of(guest->vgpu, gpa >> PAGE_SHIFT), limit);
}

// The host has no page left, or too few.
static void a_host_without_memory_says_so(void **state)
{
	static uint64_t taken[2000000];
	uint64_t count = 0;

	while (!physmem_alloc_pages(rig.m->pm, 1, &taken[count]))
		count++;
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(1)), PVMMIO_STATUS_NO_MEMORY);
	physmem_free_pages(rig.m->pm, taken[--count], 1);
	physmem_free_pages(rig.m->pm, taken[--count], 1);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(1)), PVMMIO_STATUS_NO_MEMORY);
	assert_int_equal(tables(), 1);
	pv_check(&rig);
	physmem_free_pages(rig.m->pm, taken[--count], 1);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(1)), OK);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables_new(guest));
	assert_int_equal(guest->vgpu->space_count, 1);
	while (count)
		physmem_free_pages(rig.m->pm, taken[--count], 1);
}

/* ---- prices ---- */

static uint64_t exit_ps(void)
{
	struct ledger_op totals;

	ledger_op_totals(rig.m->ledger, 0, GUEST_OP_NONE, &totals);
	return totals.exits.time_ps;
}

static uint64_t priced(uint32_t code, uint64_t gma, uint64_t bytes)
{
	uint64_t before = exit_ps();

	assert_int_equal(pv_ppgtt(guest, code, root, gma, bytes), OK);
	return exit_ps() - before;
}

// Each kind of work at its own decimal place.
static void work_is_charged_per_entry(void **state)
{
	struct cost_profile costs = { 0 };
	uint64_t gpa;

	rig_destroy(&rig);
	costs.value[COST_WORK_PV_WALK_ENTRY] = 1;
	costs.value[COST_WORK_PV_MAP_ENTRY] = 10000;
	costs.value[COST_WORK_SHADOW_TABLE] = 100000000;
	costs.value[COST_WORK_GUEST_READ] = 10000000000;
	costs.value[COST_WORK_GUEST_COPY_PAGE] = 1000000000000;
	create(&(struct rig_options){ .costs = &costs }, LEVELS);
	gpa = rig_alloc(guest, 1026);
	pv_fill(guest, root, PT_SPAN - PAGE_SIZE, gpa, 1026, PTE_RW);
	// One guest read is the record. Tables: PDP, PD and four leaves.
	assert_int_equal(priced(ALLOC, PT_SPAN - PAGE_SIZE, PAGES(1026)), 106 * 100000000ull);
	assert_int_equal(priced(ALLOC, PT_SPAN - PAGE_SIZE, PAGES(1026)), 100 * 100000000ull);
	// Part of PML4, PDP, PD and of two leaves; two leaves whole.
	assert_int_equal(priced(INSERT, PT_SPAN - PAGE_SIZE, PAGES(1026)),
			 2060000000000ull + 1026 * 10000 + (1 + 1 + 4 + 1026));
	assert_int_equal(priced(INSERT, PT_SPAN, PAGES(1)), 50000000000ull + 10000 + 4);
	assert_int_equal(priced(CLEAR, PT_SPAN, PAGES(2)), 10000000000ull + 2 * 10000);
	assert_int_equal(priced(CLEAR, 0, SPACE_BYTES), 106 * 100000000ull + 1024 * 10000);
}

// As many exits as there are notifications, whatever the guest stores to its tables.
static void exits_are_notifications(void **state)
{
	uint64_t before, faults;
	uint64_t gpa = rig_alloc(guest, 600);

	pv_map(guest, root, 0, gpa, 1);
	before = tables_exits(guest, EXIT_MMIO_WRITE);
	faults = tables_exits(guest, EXIT_WRITE_PROTECT);
	tables_store_pages(guest, *pv_entry(guest, root, 0, 1) & GEN8_PTE_ADDR_MASK, 0, 512, gpa,
			   PTE_RW);
	assert_int_equal(pv_ppgtt(guest, ALLOC, root, 0, PAGES(512)), OK);
	assert_int_equal(pv_ppgtt(guest, INSERT, root, 0, PAGES(512)), OK);
	assert_int_equal(tables_exits(guest, EXIT_MMIO_WRITE) - before, 2);
	assert_int_equal(tables_exits(guest, EXIT_WRITE_PROTECT), faults);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_space_leads_to_scratch),
		TEST(alloc_makes_tables_and_maps_nothing),
		TEST(insert_maps_across_tables_of_every_level),
		TEST(the_first_and_the_last_page_can_be_mapped),
		TEST(other_entries_do_not_matter),
		TEST(rights_and_caching_are_carried),
		TEST(read_only_counts_at_every_level),
		TEST(insert_over_a_mapping_replaces_it),
		TEST(clear_gives_everything_back),
		TEST(clear_leaves_neighbours),
		TEST(clear_of_what_is_not_there_changes_nothing),
		TEST(a_table_stays_while_any_of_it_is_allocated),
		TEST(a_page_mapped_many_times_is_pinned_as_often),
		TEST(spaces_are_apart),
		TEST(destruction_gives_everything_back),
		TEST(a_hundred_thousand_pages),
		TEST(the_gpu_runs_in_the_space),
		TEST(the_gpu_does_not_see_what_was_not_inserted),
		TEST(the_gpu_cannot_write_a_read_only_page),
		TEST(too_many_tables_are_refused_whole),
		TEST(too_long_an_insert_is_refused),
		TEST(a_host_without_memory_says_so),
		TEST(work_is_charged_per_entry),
		TEST(exits_are_notifications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
