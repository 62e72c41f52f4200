// SPDX-License-Identifier: MIT
// Address spaces in use: the GPU works through their shadows; pins, races, memory that is short.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/dma_map.h"
#include "sim/machine/ledger.h"
#include "tables.h"

#define ENGINE     GEN9_BCS0
#define BATCH_GMA  (5 * PT_SPAN)
#define TARGET_GMA (7 * PT_SPAN)

// One test at a time.
static struct rig rig;
static struct rig_guest *guest;
static struct tables tables;
static struct rig_context context;
static uint64_t *base_pins;
static uint64_t batch, target; // gpa
static uint64_t batch_pt, target_pt;

static void begin(const struct rig_options *options)
{
	rig_create(&rig, options);
	guest = &rig.guests[0];
	rig_boot(guest);
	rig_context_create(&context, guest, ENGINE, 1);
	tables_create(&tables, guest);
	batch = rig_alloc(guest, 1);
	target = rig_alloc(guest, 4);
	batch_pt = tables_new(guest);
	target_pt = tables_new(guest);
	tables_fill(guest, batch_pt, 0, 1, batch, PTE_RO);
	tables_fill(guest, tables.pd, BATCH_GMA / PT_SPAN, 1, batch_pt, PTE_RW);
	tables_fill(guest, tables.pd, TARGET_GMA / PT_SPAN, 1, target_pt, PTE_RW);
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

static void use_root(uint64_t root)
{
	rig_context_state(&context)[CTX_PDP0_UDW + 1] = (uint32_t)(root >> 32);
	rig_context_state(&context)[CTX_PDP0_LDW + 1] = (uint32_t)root;
}

// The GPU stores value at gma of the context's own space, by a batch there.
static void gpu_store(uint64_t gma, uint32_t value)
{
	const uint32_t commands[] = { MI_STORE_DATA_IMM, (uint32_t)gma, (uint32_t)(gma >> 32),
				      value, MI_BATCH_BUFFER_END };
	const uint32_t start[] = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, (uint32_t)BATCH_GMA,
				   (uint32_t)(BATCH_GMA >> 32), MI_NOOP };

	memcpy(rig_at(guest, batch), commands, sizeof(commands));
	rig_emit(&context, start, 4);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&context));
}

static uint32_t word(uint64_t gpa)
{
	return *(uint32_t *)rig_at(guest, gpa);
}

static void the_gpu_works_through_the_shadow(void **state)
{
	use_root(tables.pml4);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	tables_store(guest, target_pt + 8, 8, target | PTE_RW);
	gpu_store(TARGET_GMA + PAGE_SIZE + 0x20, 0x11111111);
	assert_int_equal(word(target + 0x20), 0x11111111);
	tables_store(guest, target_pt + 8, 8, (target + 2 * PAGE_SIZE) | PTE_RW);
	gpu_store(TARGET_GMA + PAGE_SIZE + 0x20, 0x22222222);
	assert_int_equal(word(target + 0x20), 0x11111111);
	assert_int_equal(word(target + 2 * PAGE_SIZE + 0x20), 0x22222222);
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
	assert_int_equal(tables_space(guest, tables.pml4)->pins, 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// As in the guest's own tables: no mapping is a fault, and a store to what is read-only is dropped.
static void what_is_not_mapped_faults(void **state)
{
	use_root(tables.pml4);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	tables_store(guest, target_pt, 8, target | PTE_RO);
	gpu_store(TARGET_GMA, 1);
	assert_int_equal(word(target), 0);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	gpu_store(TARGET_GMA + PAGE_SIZE, 1);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_WORKLOAD_HANG), 1);
	assert_int_equal(tables_space(guest, tables.pml4)->pins, 0);
}

// Out-of-sync pages and halves of entries are in order when the GPU starts.
static void a_submission_brings_everything_in_sync(void **state)
{
	begin_again(&(struct rig_options){ .shadow = VGPU_SHADOW_OOS });
	use_root(tables.pml4);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	for (unsigned i = 0; i < 20; i++)
		tables_store(guest, target_pt + 8 * i, 8, (target + i % 4 * PAGE_SIZE) | PTE_RW);
	gpu_store(TARGET_GMA + 19 * PAGE_SIZE, 0x33333333);
	assert_int_equal(word(target + 3 * PAGE_SIZE), 0x33333333);
	assert_int_equal(tables_check(guest, base_pins), 0);
	tables_store(guest, target_pt + 8 * 30, 4, target | PTE_RW);
	tables_store(guest, target_pt + 8 * 30 + 4, 4, target >> 32);
	gpu_store(TARGET_GMA + 30 * PAGE_SIZE + 4, 0x44444444);
	assert_int_equal(word(target + 4), 0x44444444);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// Never announced: there for as long as the workload.
static void a_root_of_a_submission_is_shadowed_on_demand(void **state)
{
	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	gpu_store(TARGET_GMA, 0x55555555);
	assert_int_equal(word(target), 0x55555555);
	assert_null(guest->vgpu->spaces);
	assert_int_equal(guest->vgpu->shadow.count, 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// Three levels, of which only the second gibibyte has a directory; nobody has announced it.
static void three_levels_with_one_directory(void **state)
{
	const uint64_t at = PD_SPAN + TARGET_GMA;
	const uint32_t commands[] = { MI_STORE_DATA_IMM, (uint32_t)at, 0, 0x3333,
				      MI_BATCH_BUFFER_END };
	const uint32_t start[] = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT,
				   (uint32_t)(PD_SPAN + BATCH_GMA), 0, MI_NOOP };
	uint64_t descriptor = rig_descriptor(&context) & ~(uint64_t)CTX_DESC_MODE_MASK;

	descriptor |= CTX_DESC_MODE_LEGACY_32B << CTX_DESC_MODE_SHIFT;
	rig_context_state(&context)[CTX_PDP0_LDW - 4 + 1] = (uint32_t)tables.pd;
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	memcpy(rig_at(guest, batch), commands, sizeof(commands));
	rig_emit(&context, start, 4);
	rig_submit(guest, ENGINE, 0, descriptor);
	assert_int_equal(word(target), 0x3333);
	// Where the guest has none the hardware gets an empty one of the host's.
	assert_int_equal(
		bus_read(rig.m->host_bus, RIG_HOST_BAR0 + rig_reg(ENGINE, RING_PDP_LDW(0)), 4),
		(uint32_t)(rig.gvt->hw.empty_mfn << PAGE_SHIFT));
	assert_null(guest->vgpu->spaces);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void an_unusable_root_loses_the_submission(void **state)
{
	const uint64_t bad[] = { RIG_MEMORY_BYTES, RIG_GUEST_BAR0, UINT64_C(1) << 60 };

	for (size_t i = 0; i < 3; i++) {
		use_root(bad[i]);
		gpu_store(TARGET_GMA, 1);
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), i + 1);
		assert_int_equal(rig_stats(guest).workloads_accepted, 0);
	}
	assert_false(rig_stats(guest).failsafe);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void destroy_while_in_use(struct rig_guest *g, void *arg)
{
	uint64_t descriptor = rig_descriptor(&context);

	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, 0);
	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, 0);
	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, descriptor >> 32);
	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, (uint32_t)descriptor);
	for (unsigned i = 0; i < 3; i++) {
		guest_store(g, PVINFO_BASE + PVINFO_PDP_LO(0), 4, (uint32_t)tables.pml4);
		guest_store(g, PVINFO_BASE + PVINFO_PDP_HI(0), 4, 0);
		guest_store(g, PVINFO_BASE + PVINFO_G2V_NOTIFY, 4, G2V_PPGTT_L4_DESTROY);
	}
}

// The workload's reference is not the guest's to give back, however often it tries.
static void a_space_in_use_outlives_its_destruction(void **state)
{
	const uint32_t commands[] = { MI_STORE_DATA_IMM, (uint32_t)TARGET_GMA, 0, 0x66666666,
				      MI_BATCH_BUFFER_END };
	const uint32_t start[] = { MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, (uint32_t)BATCH_GMA, 0,
				   MI_NOOP };

	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	memcpy(rig_at(guest, batch), commands, sizeof(commands));
	rig_emit(&context, start, 4);
	rig_run(guest, destroy_while_in_use, NULL);
	assert_int_equal(word(target), 0x66666666);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_ROOT), 2);
	assert_null(guest->vgpu->spaces);
	assert_int_equal(guest->vgpu->shadow.count, 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static void a_reset_is_followed_by_a_rebuild(void **state)
{
	struct ppgtt_mm *mm;

	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	mm = tables_space(guest, tables.pml4);
	rig_write32(guest, GDRST, 1);
	assert_false(mm->shadowed);
	// Stores meanwhile are seen by nobody, and count.
	tables_store(guest, target_pt, 8, (target + PAGE_SIZE) | PTE_RW);
	assert_int_equal(tables_exits(guest, EXIT_WRITE_PROTECT), 0);
	rig_write32(guest, rig_reg(ENGINE, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	gpu_store(TARGET_GMA, 0x77777777);
	assert_int_equal(word(target + PAGE_SIZE), 0x77777777);
	assert_true(mm->shadowed);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

// The shadow root of one guest where that of another was: the engine must not know the old one.
static void nothing_of_another_guest_is_translated(void **state)
{
	uint64_t first_root, first_target;
	uint32_t *first_word;

	begin_again(&(struct rig_options){ .vm_count = 2 });
	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	first_root = tables_space(guest, tables.pml4)->hw_root[0];
	gpu_store(TARGET_GMA, 0xaaaa);
	assert_int_equal(word(target), 0xaaaa);
	first_target = tables_mpa(guest, target);
	first_word = physmem_at(rig.m->pm, first_target, 4);
	tables_notify4(guest, G2V_PPGTT_L4_DESTROY, tables.pml4);

	guest = &rig.guests[1];
	rig_boot(guest);
	rig_context_create(&context, guest, ENGINE, 1);
	tables_create(&tables, guest);
	batch = rig_alloc(guest, 1);
	target = rig_alloc(guest, 1);
	batch_pt = tables_new(guest);
	target_pt = tables_new(guest);
	tables_fill(guest, batch_pt, 0, 1, batch, PTE_RO);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	tables_fill(guest, tables.pd, BATCH_GMA / PT_SPAN, 1, batch_pt, PTE_RW);
	tables_fill(guest, tables.pd, TARGET_GMA / PT_SPAN, 1, target_pt, PTE_RW);
	use_root(tables.pml4);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	assert_true(tables_space(guest, tables.pml4)->hw_root[0] == first_root);
	gpu_store(TARGET_GMA, 0xbbbb);
	assert_int_equal(word(target), 0xbbbb);
	assert_int_equal(*first_word, 0xaaaa);
}

/* ---- two vCPUs ---- */

struct racer {
	struct bus *bus;
	struct exec_waitq never;
	unsigned rounds;
	uint64_t seed;
};

static void race(struct bus *bus, uint64_t seed, unsigned rounds)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t entry = (target + rng_below(&rng, 4) * PAGE_SIZE) | rng_below(&rng, 4);

		if (rng_below(&rng, 40) == 0)
			bus_write(bus, tables.pd + TARGET_GMA / PT_SPAN * 8, 8,
				  rng_below(&rng, 3) ? target_pt | PTE_RW : 0);
		else
			bus_write(bus, target_pt + 8 * rng_below(&rng, 8), 8, entry);
	}
}

static void second_vcpu(void *arg)
{
	const struct racer *racer = arg;

	race(racer->bus, racer->seed, racer->rounds);
}

static void first_vcpu(struct rig_guest *g, void *arg)
{
	const struct racer *racer = arg;

	race(racer->bus, racer->seed + 1000, racer->rounds);
}

// The same few entries from two sides, in both modes: nothing is lost, whatever was on its way.
static void stores_of_two_vcpus_merge(void **state)
{
	for (unsigned seed = 0; seed < 20; seed++) {
		struct cost_profile costs = { 0 };
		struct racer racer;

		costs.value[COST_EXIT_TRANSITION] = 700;
		costs.value[COST_WORK_PTE_READ] = 131 + seed;
		costs.value[COST_WORK_PTE_SHADOW] = 57;
		costs.value[COST_WORK_GUEST_COPY_PAGE] = 1000;
		costs.value[COST_WORK_TABLE_PROTECT] = 300;
		begin_again(&(struct rig_options){ .costs = &costs,
						   .shadow = seed % 2 ? VGPU_SHADOW_OOS
								      : VGPU_SHADOW_STRICT });
		tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
		racer = (struct racer){ .bus = guest->vm->bus, .rounds = 300, .seed = seed };
		assert_int_equal(
			vcpu_start(guest->vm, 1, executor_time_ps(rig.m->ex), second_vcpu, &racer),
			0);
		rig_run(guest, first_vcpu, &racer);
		assert_true(guest->vgpu->lock.contended_count > 0);
		assert_int_equal(tables_sync(guest), 0);
		assert_int_equal(tables_check(guest, base_pins), 0);
	}
}

/* ---- memory that is short ---- */

// All of the host's memory but so many pages, page by page where that is needed.
struct hog {
	uint64_t mfn[64];
	uint64_t count[64];
	unsigned pieces;
};

static void take_memory(struct hog *hog, uint64_t leave)
{
	uint64_t chunk = UINT64_C(1) << 20;
	uint64_t kept[16];

	assert_true(leave <= 16);
	for (uint64_t i = 0; i < leave; i++)
		assert_int_equal(physmem_alloc_pages(rig.m->pm, 1, &kept[i]), 0);
	hog->pieces = 0;
	while (chunk) {
		assert_true(hog->pieces < 64);
		if (physmem_alloc_pages(rig.m->pm, chunk, &hog->mfn[hog->pieces])) {
			chunk /= 2;
			continue;
		}
		hog->count[hog->pieces++] = chunk;
	}
	for (uint64_t i = 0; i < leave; i++)
		physmem_free_pages(rig.m->pm, kept[i], 1);
}

static void give_memory_back(struct hog *hog)
{
	for (unsigned i = 0; i < hog->pieces; i++)
		physmem_free_pages(rig.m->pm, hog->mfn[i], hog->count[i]);
}

// As long as nobody has memory, the entry leads to scratch; then the submission takes it up.
static void entries_wait_for_memory(void **state)
{
	struct hog hog;
	uint64_t pt = tables_new(guest);
	struct ppgtt_mm *mm;

	use_root(tables.pml4);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	mm = tables_space(guest, tables.pml4);
	mm->pins++; // in use
	tables_fill(guest, pt, 0, 1, target, PTE_RW);
	take_memory(&hog, 0);
	tables_store(guest, tables.pd + 8 * 9, 8, pt | PTE_RW);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_MEMORY), 1);
	assert_int_equal(tables_check(guest, base_pins), 1);
	assert_int_equal(tables_sync(guest), -ENOMEM);
	gpu_store(9 * PT_SPAN, 0x1234); // loses its workload
	assert_int_equal(rig_stats(guest).workloads_failed, 1);
	assert_int_equal(word(target), 0);
	assert_false(rig_stats(guest).failsafe);
	give_memory_back(&hog);
	assert_int_equal(tables_sync(guest), 0);
	assert_int_equal(tables_check(guest, base_pins), 0);
	assert_true(tables_reach(&rig, mm, 9 * PT_SPAN, NULL) == tables_mpa(guest, target));
	mm->pins--;
}

static void a_root_waits_for_memory(void **state)
{
	struct hog hog;
	struct ppgtt_mm *mm;

	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	take_memory(&hog, 0);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	mm = tables_space(guest, tables.pml4);
	assert_non_null(mm);
	assert_false(mm->shadowed);
	gpu_store(TARGET_GMA, 0x54321);
	assert_int_equal(rig_stats(guest).workloads_failed, 1);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_MEMORY), 1);
	assert_int_equal(mm->pins, 0);
	give_memory_back(&hog);
	gpu_store(TARGET_GMA, 0x12345);
	assert_int_equal(word(target), 0x12345);
	assert_true(mm->shadowed);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

static struct ppgtt_mm *create_other(struct tables *other, struct rig_guest *g)
{
	tables_create(other, g);
	tables_notify4(g, G2V_PPGTT_L4_CREATE, other->pml4);
	return tables_space(g, other->pml4);
}

// A batch's copy finds no page: the first time one is made free, the second time there is none.
static void copies_take_memory_from_spaces_not_in_use(void **state)
{
	uint64_t gma = rig_bind(guest, batch, 1);
	uint64_t out = rig_bind(guest, target, 1);
	const uint32_t commands[] = { MI_STORE_DATA_IMM | MI_USE_GGTT, (uint32_t)out, 0, 0x77,
				      MI_BATCH_BUFFER_END };
	const uint32_t start[] = { MI_BATCH_BUFFER_START, (uint32_t)gma, 0, MI_NOOP };
	struct ppgtt_mm *mm;
	struct tables other;
	struct hog hogs[2];

	use_root(0);
	memcpy(rig_at(guest, batch), commands, sizeof(commands));
	rig_emit(&context, start, 4);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&context)); // the host has a ring from now on
	mm = create_other(&other, guest);
	take_memory(&hogs[0], 0);
	*(uint32_t *)rig_at(guest, target) = 0;
	rig_emit(&context, start, 4);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&context));
	assert_int_equal(word(target), 0x77);
	assert_false(mm->shadowed);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_HOST_MEMORY), 0);
	take_memory(&hogs[1], 0);
	rig_emit(&context, start, 4);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&context));
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_HOST_MEMORY), 1);
	assert_int_equal(rig_stats(guest).workloads_refused, 1);
	assert_false(rig_stats(guest).failsafe);
	give_memory_back(&hogs[0]);
	give_memory_back(&hogs[1]);
}

// Least recently pinned first, of whichever vGPU, and never one that is pinned.
static void memory_is_taken_from_spaces_not_in_use(void **state)
{
	struct tables own, others[2];
	struct rig_guest *second;
	struct ppgtt_mm *mm, *first_other, *second_other, *in_use;
	struct hog hog;

	begin_again(&(struct rig_options){ .vm_count = 2 });
	second = &rig.guests[1];
	rig_read32(second, PVINFO_BASE + PVINFO_MAGIC);
	first_other = create_other(&others[0], second);
	in_use = create_other(&own, guest);
	second_other = create_other(&others[1], second);
	in_use->pins++;
	take_memory(&hog, 0);
	// Five tables are needed, three and two are to be had.
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	mm = tables_space(guest, tables.pml4);
	assert_true(mm->shadowed);
	assert_true(in_use->shadowed);
	assert_false(first_other->shadowed);
	assert_false(second_other->shadowed);
	assert_int_equal(second->vgpu->shadow.count, 0);
	assert_int_equal(second->vgpu->track.count, 0);
	assert_int_equal(rig_stats(second).ppgtt_reclaimed, 2);
	assert_int_equal(tables_check(guest, base_pins), 0);
	in_use->pins--;
	// The victim's next pin takes it all back, from those unused by then.
	assert_int_equal(rig_stats(guest).ppgtt_reclaimed, 0);
	tables_notify4(second, G2V_PPGTT_L4_DESTROY, others[0].pml4);
	create_other(&others[0], second);
	assert_int_equal(rig_stats(guest).ppgtt_reclaimed, 1);
	assert_false(in_use->shadowed);
	give_memory_back(&hog);
}

// A workload moves its space to the end of the list.
static void spaces_used_last_are_taken_last(void **state)
{
	struct tables other;
	struct ppgtt_mm *used, *unused;
	struct hog hog;
	uint64_t pt = tables_new(guest);

	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	used = tables_space(guest, tables.pml4);
	unused = create_other(&other, guest);
	gpu_store(TARGET_GMA, 0x1111);
	assert_int_equal(word(target), 0x1111);
	take_memory(&hog, 0);
	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	assert_true(used->shadowed);
	assert_false(unused->shadowed);
	give_memory_back(&hog);
}

static void hold_lock(void *arg)
{
	struct vgpu *vgpu = arg;

	sim_mutex_lock(vgpu->m, &vgpu->lock);
	exec_sleep_until(vgpu->m->ex, exec_now(vgpu->m->ex) + PS_PER_S);
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
}

static void link_late(struct rig_guest *g, void *arg)
{
	exec_sleep_until(rig.m->ex, exec_now(rig.m->ex) + PS_PER_MS);
	bus_write(g->vm->bus, tables.pd, 8, *(uint64_t *)arg | PTE_RW);
}

// Whose vGPU is at work keeps its tables: nobody waits for the lock of another one.
static void spaces_of_a_busy_vgpu_are_left_alone(void **state)
{
	struct tables other;
	struct rig_guest *second;
	struct ppgtt_mm *mm, *there;
	struct hog hog;
	uint64_t pt;

	begin_again(&(struct rig_options){ .vm_count = 2 });
	second = &rig.guests[1];
	rig_read32(second, PVINFO_BASE + PVINFO_MAGIC);
	there = create_other(&other, second);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	mm = tables_space(guest, tables.pml4);
	mm->pins++;
	take_memory(&hog, 0);
	assert_int_equal(machine_spawn_thread(rig.m, "holder", executor_time_ps(rig.m->ex),
					      hold_lock, second->vgpu, NULL),
			 0);
	pt = tables_new(guest);
	rig_run(guest, link_late, &pt);
	assert_true(there->shadowed);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PPGTT_MEMORY), 1);
	assert_int_equal(tables_sync(guest), 0); // by now it can be had
	assert_false(there->shadowed);
	mm->pins--;
	give_memory_back(&hog);
}

// Making room for a table may take the very space that it is for.
static void a_space_can_make_room_for_itself(void **state)
{
	struct hog hog;
	uint64_t pt = tables_new(guest);
	struct ppgtt_mm *mm;

	use_root(tables.pml4);
	tables_fill(guest, target_pt, 0, 1, target, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, tables.pml4);
	mm = tables_space(guest, tables.pml4);
	take_memory(&hog, 0);
	tables_store(guest, tables.pd, 8, pt | PTE_RW);
	assert_false(mm->shadowed);
	assert_int_equal(guest->vgpu->shadow.count, 0);
	give_memory_back(&hog);
	gpu_store(TARGET_GMA, 0x999);
	assert_int_equal(word(target), 0x999);
	assert_int_equal(tables_check(guest, base_pins), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_gpu_works_through_the_shadow),
		TEST(what_is_not_mapped_faults),
		TEST(a_submission_brings_everything_in_sync),
		TEST(a_root_of_a_submission_is_shadowed_on_demand),
		TEST(three_levels_with_one_directory),
		TEST(an_unusable_root_loses_the_submission),
		TEST(a_space_in_use_outlives_its_destruction),
		TEST(a_reset_is_followed_by_a_rebuild),
		TEST(nothing_of_another_guest_is_translated),
		TEST(stores_of_two_vcpus_merge),
		TEST(entries_wait_for_memory),
		TEST(a_root_waits_for_memory),
		TEST(copies_take_memory_from_spaces_not_in_use),
		TEST(memory_is_taken_from_spaces_not_in_use),
		TEST(spaces_used_last_are_taken_last),
		TEST(spaces_of_a_busy_vgpu_are_left_alone),
		TEST(a_space_can_make_room_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
