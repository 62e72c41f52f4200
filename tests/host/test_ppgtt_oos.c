// SPDX-License-Identifier: MIT
// Out-of-sync leaf tables: what still traps, what a submission brings in sync, a pool too small.
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
#include "sim/machine/container.h"
#include "sim/machine/ledger.h"
#include "tables.h"

// One test at a time.
static struct rig rig;
static struct rig_guest *guest;
static struct tables tables;
static uint64_t *base_pins;
static uint64_t data;
static unsigned next_entry; // of tables.pd

static void begin(struct rig_options options)
{
	options.shadow = VGPU_SHADOW_OOS;
	rig_create(&rig, &options);
	guest = &rig.guests[0];
	rig_read32(guest, PVINFO_BASE + PVINFO_MAGIC);
	tables_create(&tables, guest);
	data = rig_alloc(guest, 512);
	base_pins = tables_pins(guest);
	next_entry = 0;
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
}

static int setup(void **state)
{
	begin((struct rig_options){ 0 });
	return 0;
}

static int teardown(void **state)
{
	free(base_pins);
	rig_destroy(&rig);
	return 0;
}

static void begin_again(struct rig_options options)
{
	teardown(NULL);
	begin(options);
}

static uint64_t faults(void)
{
	return tables_exits(guest, EXIT_WRITE_PROTECT);
}

static uint64_t new_table(void)
{
	uint64_t pt = tables_new(guest);

	tables_store(guest, tables.pd + 8 * next_entry++, 8, pt | PTE_RW);
	return pt;
}

// What count stores of 8 bytes cost from entry first on.
static uint64_t stores(uint64_t pt, unsigned first, unsigned count)
{
	uint64_t before = faults();

	tables_store_pages(guest, pt, first, count, data, PTE_RW);
	return faults() - before;
}

static void sync_all(void)
{
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static struct shadow_page *page_of(uint64_t pt)
{
	return container_of(page_track_find(guest->vgpu, pt >> PAGE_SHIFT), struct shadow_page,
			    guest);
}

static uint64_t reach(uint64_t gma)
{
	return tables_reach(&rig, tables_space(guest, tables.pml4), gma, NULL);
}

// min(2, n) of n stores in one interval, whatever happened in those before.
static void two_stores_of_an_interval_trap(void **state)
{
	static const unsigned counts[] = { 1, 1, 2, 3, 1, 16, 512, 0, 1, 2, 511, 1 };
	uint64_t pt = new_table();

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		assert_int_equal(stores(pt, 0, counts[i]), counts[i] < 2 ? counts[i] : 2);
		sync_all();
	}
	assert_int_equal(stores(pt, 0, 1), 1);
	assert_int_equal(stores(pt, 1, 1), 1);
	assert_int_equal(stores(pt, 2, 1), 0);
	assert_int_equal(stores(pt, 0, 512), 0);
	sync_all();
}

// Worked totals for allocate + insert with out-of-sync on: 2, 3, 3, 12, 24 for 1 to 4096 pages.
static void totals_of_allocate_and_insert(void **state)
{
	static const unsigned totals[][2] = {
		{1,     2 },
                { 16,   3 },
                { 512,  3 },
                { 2048, 12},
                { 4096, 24}
	};

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		unsigned pages = totals[i][0];
		uint64_t before = faults();

		for (unsigned k = 0; k < (pages + 511) / 512; k++)
			tables_store_pages(guest, new_table(), 0, pages < 512 ? pages : 512, data,
					   PTE_RW);
		assert_int_equal(faults() - before, totals[i][1]);
		sync_all();
	}
}

static void stores_out_of_sync_count_at_the_next_submission(void **state)
{
	uint64_t pt = new_table();

	stores(pt, 0, 4);
	assert_true(page_of(pt)->oos->is_out);
	assert_int_equal(bus_attr_of(guest->vm->bus, pt >> PAGE_SHIFT), BUS_RAM);
	for (unsigned i = 0; i < 4; i++)
		assert_true(reach(i * PAGE_SIZE) ==
			    (i < 2 ? tables_mpa(guest, data + i * PAGE_SIZE) : NO_ADDRESS));
	sync_all();
	assert_int_equal(bus_attr_of(guest->vm->bus, pt >> PAGE_SHIFT), BUS_RAM_TRACKED);
	for (unsigned i = 0; i < 4; i++)
		assert_true(reach(i * PAGE_SIZE) == tables_mpa(guest, data + i * PAGE_SIZE));
}

// Upstream leaves such entries, and their pins, in the shadow.
static void entries_that_go_are_given_back(void **state)
{
	uint64_t pt = new_table();
	uint64_t gfn = data >> PAGE_SHIFT;

	stores(pt, 0, 8);
	sync_all();
	assert_int_equal(dma_pins_of(guest->vgpu, gfn + 5), base_pins[gfn + 5] + 1);
	stores(pt, 8, 2); // out again
	tables_store(guest, pt + 8 * 5, 8, 0);
	tables_store(guest, pt + 8 * 6, 8, (data + 20 * PAGE_SIZE) | PTE_RO);
	tables_store(guest, pt + 8 * 7, 8, RIG_GUEST_BAR0 | PTE_RW);
	assert_true(reach(5 * PAGE_SIZE) == tables_mpa(guest, data + 5 * PAGE_SIZE));
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(tables_check(guest, base_pins), 1);
	assert_true(reach(5 * PAGE_SIZE) == NO_ADDRESS);
	assert_int_equal(dma_pins_of(guest->vgpu, gfn + 5), base_pins[gfn + 5]);
	assert_int_equal(dma_pins_of(guest->vgpu, gfn + 6), base_pins[gfn + 6]);
	assert_true(reach(6 * PAGE_SIZE) == tables_mpa(guest, data + 20 * PAGE_SIZE));
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_BACKING), 1);
}

static void only_leaf_tables_go_out_of_sync(void **state)
{
	uint64_t pt = tables_new(guest);
	uint64_t before;

	rig_write32(guest, GAMW_ECO, 0xf);
	for (unsigned i = 0; i < 8; i++)
		new_table();
	assert_int_equal(faults(), 8);
	assert_true(cds_list_empty(&guest->vgpu->shadow.out));
	tables_store(guest, tables.pd + 8 * 100, 8, pt | PTE_RW | PDE_64K);
	before = faults();
	for (unsigned i = 0; i < 6; i++)
		tables_store(guest, pt + 8 * 16 * i, 8, (8 * MIB + i * 0x10000) | PTE_RW);
	assert_int_equal(faults() - before, 6);
	sync_all();
}

// Two halves of the first entry are the two stores that trap.
static void halves_count_as_stores(void **state)
{
	uint64_t pt = new_table();
	uint64_t before = faults();

	for (unsigned i = 0; i < 64; i++)
		tables_store(guest, pt + 4 * i, 4, i & 1 ? 0 : (data + i / 2 * PAGE_SIZE) | PTE_RW);
	assert_int_equal(faults() - before, 2);
	assert_true(reach(0) == NO_ADDRESS);
	sync_all();
	assert_true(reach(0) == tables_mpa(guest, data));
	assert_true(reach(31 * PAGE_SIZE) == tables_mpa(guest, data + 31 * PAGE_SIZE));
	// One half, in sync with the copy, still has to be taken up.
	tables_store(guest, pt, 4, (data + 7 * PAGE_SIZE) | PTE_RW);
	assert_true(reach(0) == NO_ADDRESS);
	stores(pt, 100, 5);
	sync_all();
	assert_true(reach(0) == tables_mpa(guest, data + 7 * PAGE_SIZE));
}

static struct ledger_op work(void)
{
	struct ledger_op totals;

	ledger_op_totals(rig.m->ledger, LEDGER_NOBODY, GUEST_OP_NONE, &totals);
	return totals;
}

static void a_sync_compares_every_page_that_is_out(void **state)
{
	uint64_t pt[3];
	struct ledger_op before, after;

	for (unsigned i = 0; i < 3; i++)
		stores(pt[i] = new_table(), 0, i ? 10 : 1);
	before = work();
	sync_all();
	after = work();
	assert_int_equal(after.work_count[WORK_OOS_COMPARE] - before.work_count[WORK_OOS_COMPARE],
			 2 * 512);
	assert_int_equal(after.work_count[WORK_PTE_SHADOW] - before.work_count[WORK_PTE_SHADOW],
			 2 * 8);
	assert_int_equal(
		after.work_count[WORK_TABLE_PROTECT] - before.work_count[WORK_TABLE_PROTECT], 2);
	before = after;
	sync_all();
	after = work();
	assert_int_equal(after.work_count[WORK_OOS_COMPARE], before.work_count[WORK_OOS_COMPARE]);
}

static uint64_t copies(void)
{
	uint64_t ps = 0;

	for (int op = 0; op < GUEST_OP_COUNT; op++) {
		struct ledger_op totals;

		ledger_op_totals(rig.m->ledger, guest->vm->id, (enum guest_op)op, &totals);
		ps += totals.by_reason[EXIT_WRITE_PROTECT].time_ps;
	}
	return ps;
}

// Copies are priced alone here, so that their number is the time of the exits.
static void a_page_that_stays_attached_is_copied_once(void **state)
{
	struct cost_profile costs = { 0 };
	uint64_t pt;

	costs.value[COST_WORK_GUEST_COPY_PAGE] = 1;
	begin_again((struct rig_options){ .costs = &costs });
	pt = new_table();
	for (unsigned i = 0; i < 5; i++) {
		stores(pt, 0, 10);
		assert_int_equal(copies(), 1);
		sync_all();
		// One that traps in between is kept in the copy: nothing to shadow twice.
		tables_store(guest, pt + 8 * 300, 8, (data + i * PAGE_SIZE) | PTE_RW);
		tables_store(guest, pt + 8 * 301, 8, (data + i * PAGE_SIZE) | PTE_RW);
		assert_true(page_of(pt)->oos->is_out);
		sync_all();
	}
	assert_int_equal(copies(), 1);
}

static void tables_that_go_give_their_copy_back(void **state)
{
	uint64_t pt = new_table();

	stores(pt, 0, 10);
	assert_int_equal(rig.gvt->oos_pool.allocated, 1);
	tables_store(guest, tables.pd, 8, 0);
	assert_true(cds_list_empty(&guest->vgpu->shadow.out));
	assert_true(cds_list_empty(&rig.gvt->oos_pool.in_use));
	assert_int_equal(bus_attr_of(guest->vm->bus, pt >> PAGE_SHIFT), BUS_RAM);
	sync_all();
	stores(new_table(), 0, 10);
	assert_int_equal(rig.gvt->oos_pool.allocated, 1);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);
	assert_true(cds_list_empty(&rig.gvt->oos_pool.in_use));
	assert_int_equal(guest->vgpu->shadow.count, 0);
}

static void reset_forgets_pages_that_are_out(void **state)
{
	uint64_t pt = new_table();

	stores(pt, 0, 10);
	rig_write32(guest, GDRST, 1);
	assert_int_equal(guest->vgpu->shadow.count, 0);
	assert_true(cds_list_empty(&guest->vgpu->shadow.out));
	assert_true(cds_list_empty(&rig.gvt->oos_pool.in_use));
	sync_all();
}

// A table that is out of sync becomes one of 64 KiB pages.
static void page_size_changes_while_out(void **state)
{
	uint64_t pt = new_table();

	rig_write32(guest, GAMW_ECO, 0xf);
	stores(pt, 0, 10);
	tables_store(guest, pt, 8, 8 * MIB | PTE_RW);
	tables_store(guest, tables.pd, 8, pt | PTE_RW | PDE_64K);
	assert_int_equal(bus_attr_of(guest->vm->bus, pt >> PAGE_SHIFT), BUS_RAM_TRACKED);
	assert_null(page_of(pt)->oos);
	assert_true(reach(15 * PAGE_SIZE) == tables_mpa(guest, 8 * MIB + 15 * PAGE_SIZE));
	sync_all();
}

/* ---- the pool ---- */

// One page for two tables that take turns: each store that goes on after the other one's traps.
static void a_pool_too_small_syncs_the_oldest(void **state)
{
	uint64_t a, b;

	begin_again((struct rig_options){ .oos_pool_pages = 1 });
	a = new_table();
	b = new_table();
	assert_int_equal(stores(a, 0, 10), 2);
	assert_int_equal(stores(b, 0, 10), 2);
	assert_null(page_of(a)->oos);
	assert_true(page_of(b)->oos->is_out);
	assert_int_equal(bus_attr_of(guest->vm->bus, a >> PAGE_SHIFT), BUS_RAM_TRACKED);
	// What a had stored unseen came in with that.
	assert_true(reach(9 * PAGE_SIZE) == tables_mpa(guest, data + 9 * PAGE_SIZE));
	// Being synced, a counts anew, and takes the page back; so does b then.
	assert_int_equal(stores(a, 10, 10), 2);
	assert_int_equal(stores(b, 10, 10), 2);
	assert_int_equal(rig.gvt->oos_pool.allocated, 1);
	sync_all();
	assert_int_equal(stores(a, 0, 512), 2);
	assert_int_equal(stores(b, 0, 512), 2);
	sync_all();
}

static void the_oldest_is_the_one_attached_first(void **state)
{
	uint64_t pt[4];

	begin_again((struct rig_options){ .oos_pool_pages = 3 });
	for (unsigned i = 0; i < 3; i++)
		stores(pt[i] = new_table(), 0, 4);
	sync_all();
	stores(pt[0], 0, 4); // used last, attached first
	stores(pt[3] = new_table(), 0, 4);
	assert_null(page_of(pt[0])->oos);
	assert_non_null(page_of(pt[1])->oos);
	assert_non_null(page_of(pt[2])->oos);
	assert_non_null(page_of(pt[3])->oos);
	sync_all();
}

// The pool is everybody's: a page of another vGPU is taken with that vGPU's tables in order.
static void a_page_of_another_vgpu_is_taken(void **state)
{
	struct tables other;
	struct rig_guest *second;
	uint64_t *second_pins;
	uint64_t pt;

	begin_again((struct rig_options){ .vm_count = 2, .oos_pool_pages = 1 });
	second = &rig.guests[1];
	rig_read32(second, PVINFO_BASE + PVINFO_MAGIC);
	second_pins = tables_pins(second);
	tables_create(&other, second);
	tables_notify4(second, G2V_PPGTT_L4_CREATE, other.pml4);
	pt = tables_new(second);
	tables_store(second, other.pd, 8, pt | PTE_RW);
	tables_store_pages(second, pt, 0, 10, data, PTE_RW);
	assert_false(cds_list_empty(&second->vgpu->shadow.out));
	assert_int_equal(stores(new_table(), 0, 10), 2);
	assert_true(cds_list_empty(&second->vgpu->shadow.out));
	assert_int_equal(bus_attr_of(second->vm->bus, pt >> PAGE_SHIFT), BUS_RAM_TRACKED);
	assert_int_equal(tables_check(second, second_pins), 0);
	assert_true(tables_reach(&rig, tables_space(second, other.pml4), 9 * PAGE_SIZE, NULL) ==
		    tables_mpa(second, data + 9 * PAGE_SIZE));
	sync_all();
	free(second_pins);
}

static void hold_other_lock(void *arg)
{
	struct vgpu *vgpu = arg;

	sim_mutex_lock(vgpu->m, &vgpu->lock);
	exec_sleep_until(vgpu->m->ex, exec_now(vgpu->m->ex) + PS_PER_S);
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
}

static void keep_storing(struct rig_guest *g, void *arg)
{
	uint64_t pt = *(const uint64_t *)arg;

	exec_sleep_until(rig.m->ex, exec_now(rig.m->ex) + PS_PER_MS);
	for (unsigned i = 0; i < 10; i++)
		bus_write(g->vm->bus, pt + 8 * i, 8, (data + i * PAGE_SIZE) | PTE_RW);
}

// Nobody waits for another vGPU's lock: the table stays in sync, and every store traps.
static void a_page_in_use_elsewhere_is_left_alone(void **state)
{
	struct tables other;
	struct rig_guest *second;
	uint64_t pt, second_pt, before;

	begin_again((struct rig_options){ .vm_count = 2, .oos_pool_pages = 1 });
	second = &rig.guests[1];
	rig_read32(second, PVINFO_BASE + PVINFO_MAGIC);
	tables_create(&other, second);
	tables_notify4(second, G2V_PPGTT_L4_CREATE, other.pml4);
	second_pt = tables_new(second);
	tables_store(second, other.pd, 8, second_pt | PTE_RW);
	tables_store_pages(second, second_pt, 0, 10, data, PTE_RW);
	pt = new_table();
	assert_int_equal(machine_spawn_thread(rig.m, "holder", executor_time_ps(rig.m->ex),
					      hold_other_lock, second->vgpu, NULL),
			 0);
	before = faults();
	rig_run(guest, keep_storing, &pt);
	assert_int_equal(faults() - before, 10);
	assert_false(cds_list_empty(&second->vgpu->shadow.out));
	assert_int_equal(stores(pt, 0, 10), 1);
	sync_all();
}

/* ---- at random ---- */

static void random_store(struct rng *rng, uint64_t pt)
{
	unsigned size = rng_below(rng, 8) ? 8 : 1u << rng_below(rng, 4);
	uint64_t value = data + rng_below(rng, 512) * PAGE_SIZE;
	uint64_t offset = 8 * rng_below(rng, 512);

	value |= rng_below(rng, 4) ? PTE_RW : rng_below(rng, 4);
	if (size < 8)
		offset += rng_below(rng, 8 / size) * size;
	tables_store(guest, pt + offset, size, value >> 8 * (offset % 8));
}

static void random_stores_end_up_in_the_shadow(void **state)
{
	struct rng rng;

	for (unsigned seed = 1; seed <= 6; seed++) {
		uint64_t pt[6];

		begin_again((struct rig_options){ .oos_pool_pages = seed });
		rng_seed(&rng, seed);
		for (unsigned i = 0; i < 6; i++)
			pt[i] = new_table();
		for (unsigned i = 0; i < 3000; i++) {
			uint64_t dice = rng_below(&rng, 100);

			if (dice == 0)
				sync_all();
			else if (dice < 3) // a table moves, or goes
				tables_store(guest, tables.pd + 8 * rng_below(&rng, 6), 8,
					     dice == 1 ? 0 : pt[rng_below(&rng, 6)] | PTE_RW);
			else
				random_store(&rng, pt[rng_below(&rng, 6)]);
		}
		sync_all();
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_stores_of_an_interval_trap),
		TEST(totals_of_allocate_and_insert),
		TEST(stores_out_of_sync_count_at_the_next_submission),
		TEST(entries_that_go_are_given_back),
		TEST(only_leaf_tables_go_out_of_sync),
		TEST(halves_count_as_stores),
		TEST(a_sync_compares_every_page_that_is_out),
		TEST(a_page_that_stays_attached_is_copied_once),
		TEST(tables_that_go_give_their_copy_back),
		TEST(reset_forgets_pages_that_are_out),
		TEST(page_size_changes_while_out),
		TEST(a_pool_too_small_syncs_the_oldest),
		TEST(the_oldest_is_the_one_attached_first),
		TEST(a_page_of_another_vgpu_is_taken),
		TEST(a_page_in_use_elsewhere_is_left_alone),
		TEST(random_stores_end_up_in_the_shadow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
