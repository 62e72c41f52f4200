// SPDX-License-Identifier: MIT
// Shadowed address spaces in strict mode: what traps, what the shadow says, what is given back.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdlib.h>
#include <string.h>

#include "host/dma_map.h"
#include "sim/machine/ledger.h"
#include "tables.h"

// One test at a time.
static struct rig rig;
static struct rig_guest *guest;
static struct tables tables;
static uint64_t *base_pins;
static uint64_t data; // eight pages of memory to map

static void begin(const struct rig_options *options)
{
	rig_create(&rig, options);
	guest = &rig.guests[0];
	rig_read32(guest, PVINFO_BASE + PVINFO_MAGIC);
	tables_create(&tables, guest);
	data = rig_alloc(guest, 8);
	base_pins = tables_pins(guest);
}

static int setup(void **state)
{
	begin(&(struct rig_options){ 0 });
	return 0;
}

static int teardown(void **state)
{
	free(base_pins);
	rig_destroy(&rig);
	return 0;
}

static void begin_again(const struct rig_options *options)
{
	teardown(NULL);
	begin(options);
}

static uint64_t faults(void)
{
	return tables_exits(guest, EXIT_WRITE_PROTECT);
}

static struct ppgtt_mm *create_space(void)
{
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	assert_non_null(tables_space(guest, tables.pml4));
	return tables_space(guest, tables.pml4);
}

// A table linked into the directory at index, filled before with count pages.
static uint64_t link_filled(unsigned index, unsigned count)
{
	uint64_t pt = tables_new(guest);

	tables_fill(guest, pt, 0, count, 0, PTE_RW);
	tables_store(guest, tables.pd + 8 * index, 8, pt | PTE_RW);
	return pt;
}

static void nothing_is_left(void)
{
	assert_int_equal(guest->vgpu->shadow.count, 0);
	assert_int_equal(guest->vgpu->track.count, 0);
	tables_check(guest, base_pins);
}

// ---- roots ----

static void root_takes_three_writes_and_is_shadowed(void **state)
{
	uint64_t writes = tables_exits(guest, EXIT_MMIO_WRITE);
	struct ppgtt_mm *mm = create_space();

	assert_int_equal(tables_exits(guest, EXIT_MMIO_WRITE) - writes, 3);
	assert_int_equal(faults(), 0);
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(mm->kind, PPGTT_SHADOW);
	assert_int_equal(physmem_owner(rig.m->pm, mm->hw_root[0] >> PAGE_SHIFT),
			 PHYSMEM_OWNER_HOST);
	assert_int_equal(tables_check(guest, base_pins), 0);
	writes = tables_exits(guest, EXIT_MMIO_WRITE);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_int_equal(tables_exits(guest, EXIT_MMIO_WRITE) - writes, 3);
	assert_null(guest->vgpu->spaces);
	assert_int_equal(bus_attr_of(guest->vm->bus, tables.pml4 >> PAGE_SHIFT), BUS_RAM);
	nothing_is_left();
}

static void references_of_a_root_are_counted(void **state)
{
	struct ppgtt_mm *mm = create_space();

	assert_ptr_equal(create_space(), mm);
	assert_int_equal(guest->vgpu->space_count, 1);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_ptr_equal(tables_space(guest, tables.pml4), mm);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_null(tables_space(guest, tables.pml4));
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 0);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 1);
	nothing_is_left();
}

static void unusable_roots_are_refused(void **state)
{
	const uint64_t bad[] = { 0, RIG_MEMORY_BYTES, RIG_GUEST_BAR0, UINT64_C(1) << 52,
				 UINT64_MAX & ~PAGE_MASK };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tables_notify4(guest, G2V_PPGTT_L4_CREATE, bad[i]);
		assert_null(guest->vgpu->spaces);
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), i + 1);
		assert_false(rig_stats(guest).failsafe);
	}
	nothing_is_left();
}

static void three_levels_have_four_directories(void **state)
{
	uint64_t roots[PPGTT_ROOTS];
	uint64_t pt = tables_new(guest);
	uint64_t writes = tables_exits(guest, EXIT_MMIO_WRITE);
	struct ppgtt_mm *mm;

	for (unsigned i = 0; i < PPGTT_ROOTS; i++)
		roots[i] = tables_new(guest);
	tables_fill(guest, pt, 5, 1, data, PTE_RW);
	tables_fill(guest, roots[3], 7, 1, pt, PTE_RW);
	tables_notify(guest, G2V_PPGTT_L3_CREATE, roots);
	assert_int_equal(tables_exits(guest, EXIT_MMIO_WRITE) - writes, 9);
	mm = tables_space(guest, roots[0]);
	assert_non_null(mm);
	assert_int_equal(guest->vgpu->shadow.count, 5);
	assert_true(tables_reach(&rig, mm, 3 * PD_SPAN + 7 * PT_SPAN + 5 * PAGE_SIZE, NULL) ==
		    tables_mpa(guest, data));
	assert_true(tables_reach(&rig, mm, 7 * PT_SPAN + 5 * PAGE_SIZE, NULL) == NO_ADDRESS);
	assert_int_equal(tables_check(guest, base_pins), 0);
	// The same pages as a four-level root are something else, and cannot be.
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, roots[0]);
	assert_int_equal(guest->vgpu->space_count, 1);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 1);
	tables_notify(guest, G2V_PPGTT_L3_DESTROY, roots);
	nothing_is_left();
}

// A root that fails takes those before it back; and what has four levels is not found with three.
static void spaces_of_other_levels_are_others(void **state)
{
	const uint64_t same[PPGTT_ROOTS] = { tables.pml4 };
	const uint64_t second_fails[PPGTT_ROOTS] = { tables_new(guest), tables.pml4 };
	struct ppgtt_mm *mm = create_space();

	tables_notify(guest, G2V_PPGTT_L3_CREATE, same);
	tables_notify(guest, G2V_PPGTT_L3_CREATE, second_fails);
	tables_notify(guest, G2V_PPGTT_L3_DESTROY, same);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 3);
	assert_ptr_equal(guest->vgpu->spaces, mm);
	assert_int_equal(mm->refs, 1);
	assert_int_equal(guest->vgpu->space_count, 1);
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void one_directory_in_all_four_places(void **state)
{
	const uint64_t roots[PPGTT_ROOTS] = { tables.pd, tables.pd, 0, tables.pd };
	struct ppgtt_mm *mm;

	tables_notify(guest, G2V_PPGTT_L3_CREATE, roots);
	mm = tables_space(guest, tables.pd);
	assert_non_null(mm);
	assert_int_equal(guest->vgpu->shadow.count, 1);
	assert_true(mm->hw_root[0] == mm->hw_root[3] && !mm->hw_root[2]);
	tables_notify(guest, G2V_PPGTT_L3_DESTROY, roots);
	nothing_is_left();
}

static void spaces_of_a_vgpu_are_limited(void **state)
{
	uint64_t roots[PPGTT_ROOTS] = { 0 };

	// Combinations of few pages, as empty directories cost next to nothing.
	for (unsigned i = 0; i < 9; i++)
		tables_new(guest);
	for (unsigned i = 0; i < PPGTT_MM_LIMIT + 5; i++) {
		for (unsigned k = 0; k < PPGTT_ROOTS; k++)
			roots[k] = tables.pd + (i >> 3 * k & 7) * PAGE_SIZE;
		roots[0] = tables.pd + 8 * PAGE_SIZE;
		if (i & 1)
			roots[0] += PAGE_SIZE;
		roots[1] = tables.pd + (i >> 1 & 7) * PAGE_SIZE;
		roots[2] = tables.pd + (i >> 4 & 7) * PAGE_SIZE;
		roots[3] = tables.pd + (i >> 7) * PAGE_SIZE;
		tables_notify(guest, G2V_PPGTT_L3_CREATE, roots);
	}
	assert_int_equal(guest->vgpu->space_count, PPGTT_MM_LIMIT);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_LIMIT), 5);
}

// ---- stores ----

static void every_store_of_an_entry_is_one_fault(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = tables_new(guest);

	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	assert_int_equal(faults(), 1);
	tables_store_pages(guest, pt, 0, 8, data, PTE_RW);
	assert_int_equal(faults(), 1 + 8);
	assert_int_equal(tables_check(guest, base_pins), 0);
	for (unsigned i = 0; i < 8; i++)
		assert_true(tables_reach(&rig, mm, i * PAGE_SIZE + 0x123, NULL) ==
			    tables_mpa(guest, data + i * PAGE_SIZE + 0x123));
	// Remapped, unmapped.
	tables_store(guest, pt, 8, (data + 5 * PAGE_SIZE) | PTE_RW);
	tables_store(guest, pt + 8, 8, 0);
	assert_int_equal(faults(), 1 + 8 + 2);
	assert_true(tables_reach(&rig, mm, 0, NULL) == tables_mpa(guest, data + 5 * PAGE_SIZE));
	assert_true(tables_reach(&rig, mm, PAGE_SIZE, NULL) == NO_ADDRESS);
	assert_int_equal(dma_pins_of(guest->vgpu, data >> PAGE_SHIFT),
			 base_pins[data >> PAGE_SHIFT]);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

static void a_page_that_nobody_walks_does_not_trap(void **state)
{
	uint64_t pt = tables_new(guest);

	create_space();
	tables_store_pages(guest, pt, 0, 512, 0, PTE_RW);
	assert_int_equal(faults(), 0);
	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	tables_store(guest, tables.pd, 8, 0);
	assert_int_equal(faults(), 2);
	tables_store_pages(guest, pt, 0, 512, data, PTE_RW);
	assert_int_equal(faults(), 2);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// Worked totals for allocate + insert, out-of-sync off: (new tables) + (pages).
static void totals_of_allocate_and_insert(void **state)
{
	static const unsigned pages[] = { 1, 16, 512, 2048, 4096 };
	unsigned next = 0;

	create_space();
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		unsigned new_tables = (pages[i] + 511) / 512;
		uint64_t before = faults();

		for (unsigned k = 0; k < new_tables; k++) {
			uint64_t pt = tables_new(guest);

			tables_store(guest, tables.pd + 8 * next++, 8, pt | PTE_RW);
			tables_store_pages(guest, pt, 0, pages[i] < 512 ? pages[i] : 512, data,
					   PTE_RW);
		}
		assert_int_equal(faults() - before, new_tables + pages[i]);
	}
	tables_check(guest, base_pins);
}

static struct cost_profile price(enum cost_param param)
{
	struct cost_profile costs = { 0 };

	costs.value[param] = 1;
	return costs;
}

// Time of all exits with reason, where only what param prices costs anything.
static uint64_t units(enum exit_reason reason)
{
	uint64_t ps = 0;

	for (int op = 0; op < GUEST_OP_COUNT; op++) {
		struct ledger_op totals;

		ledger_op_totals(rig.m->ledger, guest->vm->id, (enum guest_op)op, &totals);
		ps += totals.by_reason[reason].time_ps;
	}
	return ps;
}

// One fault, but the work of a whole table: one price at a time shows each kind's count.
static void linking_a_filled_table_costs_its_entries(void **state)
{
	static const struct {
		enum cost_param param;
		unsigned count;
	} work[] = {
		{COST_WORK_PTE_READ,       513},
                { COST_WORK_PTE_SHADOW,    100},
		{ COST_WORK_SHADOW_TABLE,  1  },
                { COST_WORK_TABLE_PROTECT, 1  },
		{ COST_WORK_TRACK_LOOKUP,  1  },
                { COST_WORK_SHADOW_LOOKUP, 1  },
		{ COST_WORK_LOCK,          1  },
                { COST_WORK_GUEST_READ,    0  },
	};

	for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++) {
		struct cost_profile costs = price(work[i].param);

		begin_again(&(struct rig_options){ .costs = &costs });
		create_space();
		assert_int_equal(units(EXIT_WRITE_PROTECT), 0);
		link_filled(3, 100);
		assert_int_equal(faults(), 1);
		assert_int_equal(units(EXIT_WRITE_PROTECT), work[i].count);
	}
}

static void halves_are_two_faults_and_count_before_submission(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = link_filled(0, 0);
	uint64_t before = faults();

	for (unsigned i = 0; i < 8; i++) {
		uint64_t entry = (data + i * PAGE_SIZE) | PTE_RW;
		unsigned first = i & 1 ? 4 : 0;

		tables_store(guest, pt + 8 * i + first, 4, entry >> 8 * first);
		assert_true(tables_reach(&rig, mm, i * PAGE_SIZE, NULL) == NO_ADDRESS);
		tables_store(guest, pt + 8 * i + (first ^ 4), 4, entry >> 8 * (first ^ 4));
		assert_true(tables_reach(&rig, mm, i * PAGE_SIZE, NULL) == NO_ADDRESS);
	}
	assert_int_equal(faults() - before, 16);
	assert_int_equal(tables_sync(guest), 0);
	for (unsigned i = 0; i < 8; i++)
		assert_true(tables_reach(&rig, mm, i * PAGE_SIZE, NULL) ==
			    tables_mpa(guest, data + i * PAGE_SIZE));
	assert_int_equal(tables_check(guest, base_pins), 0);
	// A whole store settles what a half began; the next half begins anew.
	tables_store(guest, pt, 4, 0);
	tables_store(guest, pt, 8, data | PTE_RW);
	assert_true(tables_reach(&rig, mm, 0, NULL) == tables_mpa(guest, data));
	// The old mapping is gone with the first half of a new one.
	tables_store(guest, pt, 4, 0);
	assert_true(tables_reach(&rig, mm, 0, NULL) == NO_ADDRESS);
	assert_int_equal(dma_pins_of(guest->vgpu, data >> PAGE_SHIFT),
			 base_pins[data >> PAGE_SHIFT]);
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void halves_of_directories_wait_too(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = tables_new(guest);

	tables_fill(guest, pt, 0, 1, data, PTE_RW);
	tables_store(guest, tables.pd + 8, 4, pt | PTE_RW);
	tables_store(guest, tables.pd + 12, 4, 0);
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(guest->vgpu->shadow.count, 4);
	assert_true(tables_reach(&rig, mm, PT_SPAN, NULL) == tables_mpa(guest, data));
	// A whole store in between settles it.
	tables_store(guest, tables.pd + 8, 4, 0);
	tables_store(guest, tables.pd + 8, 8, pt | PTE_RW);
	assert_true(tables_reach(&rig, mm, PT_SPAN, NULL) == tables_mpa(guest, data));
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void stores_of_other_sizes_leave_nothing_stale(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = link_filled(0, 0);
	uint64_t other = data + 2 * PAGE_SIZE;

	tables_store_pages(guest, pt, 0, 3, data, PTE_RW);
	tables_store(guest, pt + 1, 1, other >> 8 & 0xff);
	tables_store(guest, pt + 2, 2, other >> 16 & 0xffff);
	assert_true(tables_reach(&rig, mm, 0, NULL) == tables_mpa(guest, other));
	// Across two entries: upper half of the first, lower half of the second.
	tables_store(guest, pt + 4, 8, (other + PAGE_SIZE) << 32 | PTE_RW << 32);
	assert_true(tables_reach(&rig, mm, PAGE_SIZE, NULL) ==
		    tables_mpa(guest, other + PAGE_SIZE));
	tables_store(guest, pt + 14, 4, 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_store(guest, pt, 1, 0);
	assert_true(tables_reach(&rig, mm, 0, NULL) == NO_ADDRESS);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void rights_and_cache_bits_are_the_guests(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = link_filled(0, 0);
	bool writable;

	tables_store(guest, pt, 8, data | PTE_RO);
	tables_store(guest, pt + 8, 8, data | PTE_RW | 0x98);
	assert_true(tables_reach(&rig, mm, 0, &writable) == tables_mpa(guest, data));
	assert_false(writable);
	tables_reach(&rig, mm, PAGE_SIZE, &writable);
	assert_true(writable);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_store(guest, tables.pd, 8, pt | PTE_RO);
	tables_reach(&rig, mm, PAGE_SIZE, &writable);
	assert_false(writable);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// ---- shared tables, and tables that cannot be ----

static void shared_tables_are_shadowed_once(void **state)
{
	struct tables second;
	uint64_t pt, before;

	create_space();
	pt = link_filled(0, 4);
	tables_create(&second, guest);
	tables_fill(guest, second.pd, 9, 1, pt, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, second.pml4);
	assert_int_equal(guest->vgpu->shadow.count, 3 + 3 + 1);
	before = faults();
	tables_store(guest, pt, 8, data | PTE_RW);
	assert_int_equal(faults() - before, 1);
	assert_true(tables_reach(&rig, tables_space(guest, tables.pml4), 0, NULL) ==
		    tables_mpa(guest, data));
	assert_true(tables_reach(&rig, tables_space(guest, second.pml4), 9 * PT_SPAN, NULL) ==
		    tables_mpa(guest, data));
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_int_equal(guest->vgpu->shadow.count, 4);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, second.pml4);
	nothing_is_left();
}

// As Linux fills new tables: every entry leads to one and the same table of the next level.
static void a_table_in_all_entries_counts_them(void **state)
{
	uint64_t pt = tables_new(guest);
	uint64_t *pd = rig_at(guest, tables.pd);
	uint64_t *entries = rig_at(guest, pt);

	for (unsigned i = 0; i < 512; i++) {
		pd[i] = pt | PTE_RW;
		entries[i] = data | PTE_RW;
	}
	create_space();
	assert_int_equal(guest->vgpu->shadow.count, 4);
	assert_int_equal(dma_pins_of(guest->vgpu, data >> PAGE_SHIFT),
			 512 + base_pins[data >> PAGE_SHIFT]);
	for (unsigned i = 0; i < 512; i++) {
		assert_int_equal(guest->vgpu->shadow.count, 4);
		tables_store(guest, tables.pd + 8 * i, 8, 0);
	}
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void a_page_serves_at_one_level(void **state)
{
	uint64_t pt;

	create_space();
	pt = link_filled(0, 1);
	tables_store(guest, tables.pdp + 8, 8, pt | PTE_RW);       // a PT as PD
	tables_store(guest, tables.pd + 8, 8, tables.pd | PTE_RW); // itself
	tables_store(guest, tables.pml4 + 8, 8, tables.pml4 | PTE_RW);
	tables_store(guest, tables.pd + 16, 8, tables.pml4 | PTE_RW); // upwards
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_TABLE), 4);
	assert_int_equal(tables_check(guest, base_pins), 4);
	assert_int_equal(guest->vgpu->shadow.count, 4);
	tables_store(guest, tables.pd + 8, 8, 0);
	assert_int_equal(tables_check(guest, base_pins), 3);
	assert_false(rig_stats(guest).failsafe);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

static void what_is_no_memory_becomes_scratch(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = link_filled(0, 0);
	const uint64_t bad[] = { RIG_MEMORY_BYTES, RIG_GUEST_BAR0, UINT64_C(0x3ffffffff000) };
	const uint64_t scratch = guest->vgpu->shadow.scratch_mfn[SHADOW_PT] << PAGE_SHIFT;

	for (unsigned i = 0; i < 3; i++) {
		tables_store(guest, pt + 8 * i, 8, bad[i] | PTE_RW);
		tables_store(guest, tables.pd + 8 * (1 + i), 8, bad[i] | PTE_RW);
		tables_store(guest, tables.pdp + 8 * (1 + i), 8, bad[i] | PTE_RW);
		tables_store(guest, tables.pml4 + 8 * (1 + i), 8, bad[i] | PTE_RW);
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 4 * (i + 1));
		assert_true(tables_reach(&rig, mm, i * PAGE_SIZE, NULL) == scratch);
		assert_true(tables_reach(&rig, mm, (1 + i) * PT_SPAN + 17, NULL) == scratch + 17);
		assert_true(tables_reach(&rig, mm, (1 + i) * PD_SPAN, NULL) == scratch);
		assert_true(tables_reach(&rig, mm, (1 + i) * 512 * PD_SPAN, NULL) == scratch);
	}
	assert_int_equal(tables_check(guest, base_pins), 12);
	tables_store(guest, pt, 8, data | PTE_RW);
	assert_int_equal(tables_check(guest, base_pins), 11);
}

static void tables_of_a_vgpu_are_limited(void **state)
{
	uint64_t limit = guest->vgpu->shadow.limit;
	uint64_t first = rig_alloc(guest, (unsigned)limit + 8);

	create_space();
	memset(rig_at(guest, first), 0, (limit + 8) * PAGE_SIZE);
	for (unsigned i = 0; i < limit + 8; i++) {
		uint64_t pd = tables.pd;

		if (i >= 512 && i % 512 == 0) {
			pd = tables_new(guest);
			tables_store(guest, tables.pdp + 8 * (i / 512), 8, pd | PTE_RW);
		} else if (i >= 512) {
			pd = ((uint64_t *)rig_at(guest, tables.pdp))[i / 512] & ~PAGE_MASK;
		}
		tables_store(guest, pd + 8 * (i % 512), 8, (first + i * PAGE_SIZE) | PTE_RW);
	}
	assert_int_equal(guest->vgpu->shadow.count, limit);
	assert_in_range(rig_incidents(guest, GVT_INCIDENT_PPGTT_LIMIT), 8, 16);
	tables_check(guest, base_pins);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

// More tables than one exit may shadow; the rest follows before the submission.
static void one_exit_shadows_so_many_tables(void **state)
{
	unsigned count = SHADOW_TABLES_PER_EXIT + 100;
	uint64_t pdp, pts;

	begin_again(&(struct rig_options){ .guest_memory_bytes = 64 * MIB });
	pdp = tables_new(guest);
	pts = rig_alloc(guest, count);
	memset(rig_at(guest, pts), 0, count * PAGE_SIZE);
	for (unsigned i = 0; i < count; i++) {
		uint64_t *entries = rig_at(guest, pdp);

		if (!entries[i / 512])
			entries[i / 512] = tables_new(guest) | PTE_RW;
		tables_fill(guest, entries[i / 512] & ~PAGE_MASK, i % 512, 1, pts + i * PAGE_SIZE,
			    PTE_RW);
	}
	create_space();
	tables_store(guest, tables.pml4 + 8, 8, pdp | PTE_RW);
	assert_int_equal(guest->vgpu->shadow.count, 3 + SHADOW_TABLES_PER_EXIT);
	// Three tables of the second directory, and the third directory with all of its own.
	assert_int_equal(tables_check(guest, base_pins), 3 + 1);
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(guest->vgpu->shadow.count, 3 + 4 + count);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

// A guest that frees its tables unsaid and uses the pages for data.
static void garbage_in_tables_is_harmless(void **state)
{
	struct rng rng;

	create_space();
	link_filled(0, 512);
	rng_seed(&rng, 3);
	for (unsigned i = 0; i < 4000; i++) {
		const uint64_t pages[] = { tables.pml4, tables.pdp, tables.pd };
		uint64_t value = rng_next(&rng);
		unsigned size = 1u << rng_below(&rng, 4);
		uint64_t offset = rng_below(&rng, PAGE_SIZE - size + 1);

		if (rng_below(&rng, 2))
			value = (value & 0xfff) | rng_below(&rng, RIG_MEMORY_BYTES / PAGE_SIZE + 9)
							  << PAGE_SHIFT;
		tables_store(guest, pages[rng_below(&rng, 3)] + offset, size, value);
		if (i % 500 == 0) {
			assert_int_equal(tables_sync(guest), 0);
			tables_check(guest, base_pins);
		}
	}
	assert_int_equal(tables_sync(guest), 0);
	tables_check(guest, base_pins);
	assert_false(rig_stats(guest).failsafe);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

// ---- large pages ----

// First gfn of a 2 MiB page of the guest's memory, in one piece in the host or not.
static uint64_t large_page(bool in_one_piece)
{
	// Every fourth is in fragments (physmem.h).
	uint64_t gpa = in_one_piece ? 4 * MIB : 6 * MIB;
	bool is = true;

	for (unsigned i = 1; i < 512; i++)
		is &= tables_mpa(guest, gpa + i * PAGE_SIZE) ==
		      tables_mpa(guest, gpa) + i * PAGE_SIZE;
	assert_int_equal(is, in_one_piece);
	return gpa;
}

static void two_mib_in_one_piece_stay_one_entry(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t gpa = large_page(true);

	tables_store(guest, tables.pd + 8, 8, gpa | PDE_2M | PTE_RW);
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 512);
	assert_true(tables_reach(&rig, mm, PT_SPAN + 0x12345, NULL) ==
		    tables_mpa(guest, gpa + 0x12345));
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_store(guest, tables.pd + 8, 8, 0);
	assert_int_equal(dma_pinned_pages(guest->vgpu), 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void two_mib_in_pieces_are_split(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t gpa = large_page(false);
	bool writable;

	tables_store(guest, tables.pd + 8, 8, gpa | PDE_2M | PTE_RO);
	assert_int_equal(guest->vgpu->shadow.count, 4);
	assert_int_equal(guest->vgpu->track.count, 3);
	for (unsigned i = 0; i < 512; i++)
		assert_true(tables_reach(&rig, mm, PT_SPAN + i * PAGE_SIZE, &writable) ==
			    tables_mpa(guest, gpa + i * PAGE_SIZE));
	assert_false(writable);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_store(guest, tables.pd + 8, 8, large_page(true) | PDE_2M | PTE_RW);
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

// CVE-2022-3707: a 2 MiB page of which only a part can be mapped.
static void two_mib_beyond_memory_are_unwound(void **state)
{
	uint64_t end = 14 * MIB; // the last 2 MiB but one page
	struct ppgtt_mm *mm;

	create_space();
	tables_store(guest, tables.pd + 8, 8, RIG_MEMORY_BYTES | PDE_2M | PTE_RW);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 1);
	assert_int_equal(guest->vgpu->shadow.count, 3);
	assert_int_equal(tables_check(guest, base_pins), 1);
	// Guest RAM is a multiple of 2 MiB, so that only the bus can say no halfway: it does not,
	// as a frame that is tracked is memory like any other.
	tables_store(guest, tables.pd + 16, 8, end | PDE_2M | PTE_RW);
	assert_int_equal(tables_check(guest, base_pins), 1);
	mm = tables_space(guest, tables.pml4);
	assert_true(tables_reach(&rig, mm, 2 * PT_SPAN + 7 * PAGE_SIZE, NULL) ==
		    tables_mpa(guest, end + 7 * PAGE_SIZE));
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

static void large_page_and_table_take_turns(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = link_filled(1, 512);
	uint64_t gpa = large_page(false);

	for (unsigned i = 0; i < 3; i++) {
		tables_store(guest, tables.pd + 8, 8, gpa | PDE_2M | PTE_RW);
		assert_int_equal(tables_check(guest, base_pins), 0);
		tables_store(guest, tables.pd + 8, 8, pt | PTE_RW);
		assert_int_equal(tables_check(guest, base_pins), 0);
		assert_true(tables_reach(&rig, mm, PT_SPAN, NULL) == tables_mpa(guest, 0));
	}
}

static void one_gib_pages_are_refused(void **state)
{
	struct ppgtt_mm *mm = create_space();

	tables_store(guest, tables.pdp + 8, 8, PTE_RW | PDE_2M);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_TABLE), 1);
	assert_true(tables_reach(&rig, mm, PD_SPAN, NULL) ==
		    guest->vgpu->shadow.scratch_mfn[SHADOW_PT] << PAGE_SHIFT);
	assert_int_equal(tables_check(guest, base_pins), 1);
}

static void pages_of_64k_are_split(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = tables_new(guest);
	uint64_t gpa = 8 * MIB;
	uint64_t before;

	rig_write32(guest, GAMW_ECO, 0xf);
	tables_fill(guest, pt, 0, 1, gpa, PTE_RW);
	tables_fill(guest, pt, 1, 15, RIG_GUEST_BAR0, PTE_RW); // do not count
	tables_store(guest, tables.pd, 8, pt | PTE_RW | PDE_64K);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 0);
	for (unsigned i = 0; i < 16; i++)
		assert_true(tables_reach(&rig, mm, i * PAGE_SIZE, NULL) ==
			    tables_mpa(guest, gpa + i * PAGE_SIZE));
	assert_int_equal(tables_check(guest, base_pins), 0);
	before = faults();
	tables_store(guest, pt + 8 * 16, 8, (gpa + 0x30000) | PTE_RO);
	tables_store(guest, pt + 8 * 17, 8, data | PTE_RW);
	assert_int_equal(faults() - before, 2);
	assert_true(tables_reach(&rig, mm, 0x1f000, NULL) == tables_mpa(guest, gpa + 0x3f000));
	tables_store(guest, pt + 8 * 32, 8, (RIG_MEMORY_BYTES) | PTE_RW);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 1);
	assert_int_equal(tables_check(guest, base_pins), 16);
	tables_store(guest, pt, 4, 0);
	tables_store(guest, pt + 8 * 3 + 4, 4, 0);
	assert_true(tables_reach(&rig, mm, 0xf000, NULL) == NO_ADDRESS);
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(tables_check(guest, base_pins), 16);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	nothing_is_left();
}

// The same table, now of 4 KiB pages, now of 64 KiB pages.
static void page_size_of_a_table_changes(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = tables_new(guest);

	rig_write32(guest, GAMW_ECO, 0xf);
	for (unsigned i = 0; i < 512; i++)
		tables_fill(guest, pt, i, 1, 8 * MIB + (i % 16) * 0x10000, PTE_RW);
	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(tables_reach(&rig, mm, PAGE_SIZE, NULL) ==
			    tables_mpa(guest, 8 * MIB + 0x10000));
		assert_int_equal(tables_check(guest, base_pins), 0);
		tables_store(guest, tables.pd, 8, pt | PTE_RW | PDE_64K);
		assert_true(tables_reach(&rig, mm, PAGE_SIZE, NULL) ==
			    tables_mpa(guest, 8 * MIB + PAGE_SIZE));
		assert_int_equal(tables_check(guest, base_pins), 0);
		assert_int_equal(guest->vgpu->shadow.count, 4);
		tables_store(guest, tables.pd, 8, pt | PTE_RW);
	}
	// Without the register the bit means nothing.
	rig_write32(guest, GAMW_ECO, 0x7);
	tables_store(guest, tables.pd, 8, pt | PTE_RW | PDE_64K);
	assert_true(tables_reach(&rig, mm, PAGE_SIZE, NULL) ==
		    tables_mpa(guest, 8 * MIB + 0x10000));
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// What is remembered of a half entry does not survive its table's change of page size.
static void halves_are_forgotten_with_the_page_size(void **state)
{
	struct ppgtt_mm *mm = create_space();
	uint64_t pt = link_filled(0, 0);

	rig_write32(guest, GAMW_ECO, 0xf);
	tables_store(guest, pt + 8 * 3, 4, data | PTE_RW);
	tables_store(guest, tables.pd, 8, pt | PTE_RW | PDE_64K);
	assert_int_equal(tables_sync(guest), 0);
	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	assert_true(tables_reach(&rig, mm, 3 * PAGE_SIZE, NULL) == tables_mpa(guest, data));
	tables_store(guest, pt + 8 * 3, 4, (data + PAGE_SIZE) | PTE_RW);
	assert_true(tables_reach(&rig, mm, 3 * PAGE_SIZE, NULL) == NO_ADDRESS);
	assert_int_equal(tables_sync(guest), 0);
	assert_true(tables_reach(&rig, mm, 3 * PAGE_SIZE, NULL) ==
		    tables_mpa(guest, data + PAGE_SIZE));
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// ---- reset, failsafe ----

static void full_reset_gives_the_tables_up(void **state)
{
	struct ppgtt_mm *mm = create_space();

	link_filled(0, 8);
	rig_write32(guest, GDRST, 1);
	assert_ptr_equal(tables_space(guest, tables.pml4), mm);
	assert_false(mm->shadowed);
	nothing_is_left();
	// Back at the next pin; a notification finds the old space.
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_null(guest->vgpu->spaces);
	mm = create_space();
	assert_true(mm->shadowed);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void engine_reset_keeps_the_tables(void **state)
{
	struct ppgtt_mm *mm = create_space();

	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_RCS0].gdrst_bit);
	assert_true(mm->shadowed);
	assert_int_equal(guest->vgpu->shadow.count, 3);
}

static void failsafe_takes_the_protection_off(void **state)
{
	uint64_t pt;

	create_space();
	pt = link_filled(0, 0);
	rig_write32(guest, PVINFO_BASE + PVINFO_RSV5, 1);
	assert_true(rig_stats(guest).failsafe);
	tables_store_pages(guest, pt, 0, 5, data, PTE_RW);
	assert_int_equal(faults(), 1 + 1);
}

// ---- memory ----

// Shadowing 1 GiB of 4 KiB pages costs no more than 1.5 times the guest's own tables.
static void shadow_is_not_much_larger_than_the_tables(void **state)
{
	uint64_t frames, tables_bytes, bytes;
	uint64_t pages = PD_SPAN / PAGE_SIZE;

	begin_again(&(struct rig_options){ .guest_memory_bytes = 1040 * MIB });
	for (unsigned i = 0; i < 512; i++) {
		uint64_t pt = tables_new(guest);

		tables_fill(guest, pt, 0, 512, i * PT_SPAN, PTE_RW);
		tables_fill(guest, tables.pd, i, 1, pt, PTE_RW);
	}
	frames = physmem_host_pages(rig.m->pm);
	create_space();
	frames = physmem_host_pages(rig.m->pm) - frames;
	assert_int_equal(guest->vgpu->shadow.count, 515);
	assert_int_equal(dma_pinned_pages(guest->vgpu), pages);
	tables_bytes = 515 * PAGE_SIZE;
	bytes = frames * PAGE_SIZE + 515 * sizeof(struct shadow_page) + sizeof(struct ppgtt_mm) +
		sizeof(*guest->vgpu->dma.pins) * (1040 * MIB / PAGE_SIZE) +
		2 * 1024 * sizeof(struct cds_lfht_node);
	assert_true(2 * bytes <= 3 * tables_bytes);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(root_takes_three_writes_and_is_shadowed),
		TEST(references_of_a_root_are_counted),
		TEST(unusable_roots_are_refused),
		TEST(three_levels_have_four_directories),
		TEST(spaces_of_other_levels_are_others),
		TEST(one_directory_in_all_four_places),
		TEST(spaces_of_a_vgpu_are_limited),
		TEST(every_store_of_an_entry_is_one_fault),
		TEST(a_page_that_nobody_walks_does_not_trap),
		TEST(totals_of_allocate_and_insert),
		TEST(linking_a_filled_table_costs_its_entries),
		TEST(halves_are_two_faults_and_count_before_submission),
		TEST(halves_of_directories_wait_too),
		TEST(stores_of_other_sizes_leave_nothing_stale),
		TEST(rights_and_cache_bits_are_the_guests),
		TEST(shared_tables_are_shadowed_once),
		TEST(a_table_in_all_entries_counts_them),
		TEST(a_page_serves_at_one_level),
		TEST(what_is_no_memory_becomes_scratch),
		TEST(tables_of_a_vgpu_are_limited),
		TEST(one_exit_shadows_so_many_tables),
		TEST(garbage_in_tables_is_harmless),
		TEST(two_mib_in_one_piece_stay_one_entry),
		TEST(two_mib_in_pieces_are_split),
		TEST(two_mib_beyond_memory_are_unwound),
		TEST(large_page_and_table_take_turns),
		TEST(one_gib_pages_are_refused),
		TEST(pages_of_64k_are_split),
		TEST(page_size_of_a_table_changes),
		TEST(halves_are_forgotten_with_the_page_size),
		TEST(full_reset_gives_the_tables_up),
		TEST(engine_reset_keeps_the_tables),
		TEST(failsafe_takes_the_protection_off),
		TEST(shadow_is_not_much_larger_than_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
