// SPDX-License-Identifier: MIT
// Read pass-through: what is read from memory, what through the port, and that both are the same.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/interrupt.h"
#include "host/pvmmio.h"
#include "pv.h"
#include "sim/abi/pvmmio_reads.h"
#include "sim/machine/rng.h"

#define PORT  (PVINFO_BASE + PVINFO_PV_MMIO)
#define STEPS 20000u

#define RING_CSFE_CHICKEN1 0xd4u

static struct rig rig;
static struct rig_guest *guest;

static int setup(void **state)
{
	pv_create(&rig, &(struct rig_options){ 0 }, PVMMIO_READ_PASSTHROUGH);
	guest = &rig.guests[0];
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static uint64_t exits(enum exit_reason reason)
{
	struct ledger_op totals;

	ledger_op_totals(rig.m->ledger, guest->vm->id, GUEST_OP_NONE, &totals);
	return totals.by_reason[reason].count;
}

static uint32_t read_port(uint32_t offset)
{
	pv_page(guest)->reg_addr = offset;
	return rig_read32(guest, PORT);
}

static bool is_pvinfo(uint32_t offset)
{
	return offset - PVINFO_BASE < PVINFO_SIZE_BYTES;
}

static void reads_are_loads(void **state)
{
	uint64_t reads = exits(EXIT_MMIO_READ);
	uint64_t writes = exits(EXIT_MMIO_WRITE);

	for (unsigned i = 0; i < 3; i++) {
		rig_write32(guest, TRANS_HTOTAL(0), 0x11223344 + i);
		assert_int_equal(rig_read32(guest, TRANS_HTOTAL(0)), 0x11223344 + i);
		assert_int_equal(rig_read(guest, TRANS_HTOTAL(0), 8), 0x11223344 + i);
		assert_int_equal(rig_read(guest, TRANS_HTOTAL(0) + 1, 1), 0x33);
		assert_int_equal(rig_read(guest, TRANS_HTOTAL(0) + 2, 2), 0x1122);
	}
	// the last register, and those on both sides of PVINFO
	rig_read32(guest, GEN9_MMIO_SIZE_BYTES - 4);
	rig_read32(guest, PVINFO_BASE - 4);
	rig_read32(guest, PVINFO_BASE + PVINFO_SIZE_BYTES);
	assert_int_equal(exits(EXIT_MMIO_READ), reads);
	assert_int_equal(exits(EXIT_MMIO_WRITE), writes + 3);
	// beyond, and in, these trap
	rig_read32(guest, PVINFO_BASE + PVINFO_VGT_ID);
	rig_read32(guest, PVINFO_BASE + PVINFO_SIZE_BYTES - 4);
	rig_read32(guest, GEN9_MMIO_SIZE_BYTES);
	assert_int_equal(exits(EXIT_MMIO_READ), reads + 3);
}

static void without_the_level_reads_trap(void **state)
{
	uint64_t reads;

	rig_destroy(&rig);
	pv_create(&rig, &(struct rig_options){ 0 },
		  PVMMIO_ALL & ~(uint32_t)PVMMIO_READ_PASSTHROUGH);
	reads = exits(EXIT_MMIO_READ);
	rig_read32(guest, MASTER_IRQ);
	assert_int_equal(exits(EXIT_MMIO_READ), reads + 1);
	assert_int_equal(read_port(MASTER_IRQ), 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_READ_PORT), 0);
}

static void levels_taken_away_trap_again(void **state)
{
	uint64_t reads = exits(EXIT_MMIO_READ);

	rig_read32(guest, MASTER_IRQ);
	pvmmio_reset(guest->vgpu);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(exits(EXIT_MMIO_READ), reads + 1);
}

/* ---- the same, whichever way ---- */

static bool must_trap(uint32_t offset)
{
	return pvmmio_read_traps(offset) || is_pvinfo(offset);
}

/*
 * A handler that makes a value is only right in the list. Fence registers have one that refuses
 * those the guest does not have; the memory of these is 0, as what is refused.
 */
static void computed_reads_are_in_the_list(void **state)
{
	const struct mmio_table *table = &rig.gvt->mmio;

	for (uint32_t offset = 0; offset < GEN9_MMIO_SIZE_BYTES; offset += 4) {
		const struct mmio_row *row = mmio_row_at(table, offset);

		if (!row || !row->read || offset - FENCE_LO(0) < 8 * GEN9_FENCE_COUNT)
			continue;
		// of ELSP there is nothing to read
		if (gen9_engine_at(offset) >= 0 && (offset & 0xfff) == RING_ELSP)
			continue;
		if (!must_trap(offset))
			fail_msg("0x%x is computed, and not in the list", offset);
	}
}

static void compare_all(struct rig_guest *g, void *arg)
{
	sim_mutex_lock(rig.m, &g->vgpu->lock);
	for (uint32_t offset = 0; offset < GEN9_MMIO_SIZE_BYTES; offset += 4) {
		uint32_t trapped = 0;
		uint64_t loaded;

		if (must_trap(offset))
			continue;
		if (mmio_read_locked(g->vgpu, offset, &trapped))
			trapped = 0;
		loaded = bus_peek(g->vm->bus, RIG_GUEST_BAR0 + offset, 4);
		if (loaded != trapped)
			fail_msg("0x%x: %x in memory, %x if trapped", offset, (unsigned)loaded,
				 trapped);
	}
	sim_mutex_unlock(rig.m, &g->vgpu->lock);
}

// Those whose effects make this test something else: reset, failsafe mode, display timers.
static bool is_left_out(uint32_t offset)
{
	return is_pvinfo(offset) || offset == GDRST || (offset & 0xfff) == RING_MODE ||
	       (offset & 0xfff) == RING_CSFE_CHICKEN1 || (offset & 0xfff) == RING_ELSP ||
	       offset == PIPECONF(0) || offset == PIPECONF(1) || offset == PIPECONF(2);
}

static void write_at_random(struct rig_guest *g, void *arg)
{
	struct rng *rng = arg;

	for (unsigned i = 0; i < STEPS; i++) {
		uint32_t offset;

		if (rng_below(rng, 2))
			offset = gen9_global_regs[rng_below(rng, gen9_global_reg_count)].offset;
		else
			offset = rig_reg(
				(enum gen9_engine_id)rng_below(rng, GEN9_ENGINE_COUNT),
				gen9_engine_regs[rng_below(rng, gen9_engine_reg_count)].offset);
		if (!is_left_out(offset))
			guest_store(g, offset, 4, rng_next(rng));
		if (rng_below(rng, 4) == 0)
			interrupt_raise_event(g->vgpu,
					      (enum gvt_event)rng_below(rng, GVT_EVENT_COUNT));
	}
}

static void run_something(void)
{
	struct rig_context context;
	uint64_t target = rig_bind(guest, rig_alloc(guest, 1), 1);

	rig_context_create(&context, guest, GEN9_BCS0, 5);
	rig_emit_store(&context, target, 1);
	rig_submit(guest, GEN9_BCS0, 0, rig_descriptor(&context));
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

static void memory_is_what_a_trap_gives(void **state)
{
	struct rng rng;

	rig_run(guest, compare_all, NULL);
	run_something();
	rig_run(guest, compare_all, NULL);
	rng_seed(&rng, 4);
	for (unsigned i = 0; i < 5; i++) {
		rig_run(guest, write_at_random, &rng);
		rig_run(guest, compare_all, NULL);
	}
}

/* ---- the port ---- */

static void port_reads_what_a_trap_reads(void **state)
{
	static const struct pvmmio_trapped_read reads[] = { PVMMIO_TRAPPED_READS };
	uint64_t before;

	rig_write32(guest, 0x46010, 0x80000000);
	rig_write32(guest, 0xc6004, 0x1234);
	before = exits(EXIT_MMIO_READ);
	assert_int_equal(read_port(0x6c060), 1);
	assert_int_equal(read_port(0xc6004), 0x1234);
	assert_int_equal(read_port(MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(exits(EXIT_MMIO_READ), before + 3);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		for (uint32_t dword = 0; dword < reads[i].dwords; dword++)
			read_port(reads[i].offset + 4 * dword);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_READ_PORT), 0);
	// a timestamp, which memory does not have
	assert_int_not_equal(read_port(rig_reg(GEN9_RCS0, RING_TIMESTAMP)), 0);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_TIMESTAMP)), 0);
}

static void scan_line_comes_through_the_port(void **state)
{
	rig_write32(guest, TRANS_VTOTAL(0), TRANS_TIMING(1080, 1125));
	rig_write32(guest, PIPECONF(0), PIPECONF_ENABLE);
	assert_int_equal(rig_read32(guest, PIPEDSL(0)), 0);
	assert_int_equal(read_port(PIPEDSL(0)), 1124);
	rig_write32(guest, PIPECONF(0), 0);
}

static void port_reads_registers_only(void **state)
{
	static const uint32_t wrong[] = {
		1,
		MASTER_IRQ + 2,
		GEN9_MMIO_SIZE_BYTES,
		GEN9_GTT_WINDOW,
		0x80000000,
		UINT32_MAX - 3,
		UINT32_MAX,
		PVINFO_BASE,
		PORT,
		PVINFO_BASE + PVINFO_SIZE_BYTES - 4,
	};
	const size_t count = sizeof(wrong) / sizeof(wrong[0]);

	for (size_t i = 0; i < count; i++)
		assert_int_equal(read_port(wrong[i]), 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_READ_PORT), count);
	rig_write32(guest, GEN9_MMIO_SIZE_BYTES - 4, 77);
	assert_int_equal(read_port(GEN9_MMIO_SIZE_BYTES - 4), 77);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_READ_PORT), count);
	rig_write32(guest, PORT, 5); // nothing to write there
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PVINFO_WRITE), 1);
}

static void name_another_register(void *arg)
{
	exec_sleep_until(rig.m->ex, executor_time_ps(rig.m->ex) + 10 * PS_PER_NS);
	pv_page(guest)->reg_addr = TRANS_VTOTAL(0);
}

static void read_slowly(struct rig_guest *g, void *arg)
{
	pv_page(g)->reg_addr = TRANS_HTOTAL(0);
	exec_advance(rig.m->ex, 20 * PS_PER_NS);
	*(uint32_t *)arg = (uint32_t)guest_load(g, PORT, 4);
}

// Why from store to load is one critical section of the guest's: there is one word for all vCPUs.
static void port_is_shared_by_all_vcpus(void **state)
{
	uint32_t value = 0;

	rig_write32(guest, TRANS_HTOTAL(0), 1111);
	rig_write32(guest, TRANS_VTOTAL(0), 2222);
	assert_int_equal(
		vcpu_start(guest->vm, 1, executor_time_ps(rig.m->ex), name_another_register, NULL),
		0);
	rig_run(guest, read_slowly, &value);
	assert_int_equal(value, 2222);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(reads_are_loads),
		TEST(without_the_level_reads_trap),
		TEST(levels_taken_away_trap_again),
		TEST(computed_reads_are_in_the_list),
		TEST(memory_is_what_a_trap_gives),
		TEST(port_reads_what_a_trap_reads),
		TEST(scan_line_comes_through_the_port),
		TEST(port_reads_registers_only),
		TEST(port_is_shared_by_all_vcpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
