// SPDX-License-Identifier: MIT
// Who has the GPU, for how long, and which registers go with it.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <string.h>

#include "host/engine_owner.h"
#include "host/host_client.h"
#include "rig.h"

#define SECOND PS_PER_S

static struct rig rig;

static void start(const struct rig_options *options)
{
	rig_create(&rig, options);
	for (unsigned i = 0; i < rig.guest_count; i++)
		rig_boot(&rig.guests[i]);
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

/* ---- a guest that always has something queued ---- */

struct load {
	struct rig_context context;
	uint32_t vertices; // of one batch, 1 ns each
	uint64_t from_ps;  // counted from its start
	uint64_t until_ps;
	uint64_t depth; // workloads in flight at most
	uint64_t submitted;
	uint64_t owned_ps; // between start and end
};

static void load_create(struct load *load, unsigned vm, uint32_t vertices, uint64_t until_ps)
{
	*load = (struct load){ .vertices = vertices, .until_ps = until_ps, .depth = 2 };
	rig_context_create(&load->context, &rig.guests[vm], GEN9_RCS0, vm + 1);
}

static void submit_draw(struct rig_guest *guest, struct load *load)
{
	const uint32_t draw[] = { CMD_3DPRIMITIVE, 0, load->vertices, 0, 1, 0, 0, MI_NOOP };
	uint32_t elsp = rig_reg(GEN9_RCS0, RING_ELSP);
	uint64_t descriptor;

	rig_emit(&load->context, draw, 8);
	descriptor = rig_descriptor(&load->context);
	guest_store(guest, elsp, 4, 0);
	guest_store(guest, elsp, 4, 0);
	guest_store(guest, elsp, 4, descriptor >> 32);
	guest_store(guest, elsp, 4, (uint32_t)descriptor);
	load->submitted++;
}

static uint64_t owned_ps(const struct rig_guest *guest)
{
	const struct scheduler *sched = &rig.gvt->sched;
	uint64_t since_ps = sched->current == guest->vgpu ? exec_now(rig.m->ex) - sched->charged_ps
							  : 0;

	return rig_stats(guest).owned_ps + since_ps;
}

static void keep_busy(struct rig_guest *guest, void *arg)
{
	struct load *load = arg;
	struct executor *ex = rig.m->ex;
	uint64_t start_ps = exec_now(ex);

	load->owned_ps = owned_ps(guest);
	while (exec_now(ex) < start_ps + load->until_ps) {
		struct vgpu_stats stats = rig_stats(guest);

		if (load->submitted - stats.workloads_completed < load->depth)
			submit_draw(guest, load);
		else
			exec_sleep_until(ex, exec_now(ex) + 20 * PS_PER_US);
	}
	exec_sync(ex);
	load->owned_ps = owned_ps(guest) - load->owned_ps;
}

static void run_loads(struct load *loads, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		rig.guests[i].program = keep_busy;
		rig.guests[i].arg = &loads[i];
		exec_wake_all(rig.m->ex, &rig.guests[i].waiting, executor_time_ps(rig.m->ex));
	}
	rig_settle(&rig);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* ---- shares ---- */

// Over a second, nobody is further from its share than one slice.
static void check_fairness(unsigned first, unsigned second)
{
	struct load loads[2];
	uint64_t shares = first + second;

	start(&(struct rig_options){
		.vm_count = 2, .weights = {first, second}
        });
	for (unsigned vm = 0; vm < 2; vm++)
		load_create(&loads[vm], vm, 300000, SECOND);
	run_loads(loads, 2);
	assert_true(distance(loads[0].owned_ps, SECOND * first / shares) < PS_PER_MS);
	assert_true(distance(loads[1].owned_ps, SECOND * second / shares) < PS_PER_MS);
	for (unsigned vm = 0; vm < 2; vm++)
		assert_int_equal(rig_stats(&rig.guests[vm]).workloads_completed,
				 loads[vm].submitted);
}

static void equal_weights(void **state)
{
	check_fairness(2, 2);
}

static void one_to_three(void **state)
{
	check_fairness(1, 3);
}

static void sixteen_to_two(void **state)
{
	check_fairness(16, 2);
}

// What a vGPU does not use is nobody else's: its neighbour gets its share and no more.
static void share_is_a_limit(void **state)
{
	struct load loads[2];

	start(&(struct rig_options){
		.vm_count = 2, .weights = {4, 4}
        });
	load_create(&loads[0], 0, 300000, SECOND);
	run_loads(loads, 1);
	assert_true(distance(loads[0].owned_ps, SECOND / 2) < 2 * PS_PER_MS);
}

static void alone_there_is_no_limit(void **state)
{
	struct load load;

	start(&(struct rig_options){ .vm_count = 1 });
	load_create(&load, 0, 300000, SECOND);
	run_loads(&load, 1);
	assert_true(load.owned_ps >= SECOND - PS_PER_MS);
	assert_int_equal(rig_stats(&rig.guests[0]).turns, 1);
	// Nobody has it when nobody wants it.
	assert_null(rig.gvt->sched.current);
}

// A batch of ten slices is finished, and what it took too much is missing later.
static void debts_are_paid(void **state)
{
	struct load loads[2];

	start(&(struct rig_options){ .vm_count = 2 });
	load_create(&loads[0], 0, 10000000, SECOND);
	load_create(&loads[1], 1, 300000, SECOND);
	run_loads(loads, 2);
	for (unsigned vm = 0; vm < 2; vm++)
		assert_true(distance(loads[vm].owned_ps, SECOND / 2) < 11 * PS_PER_MS);
}

// Boosted, whoever started last goes first, whatever its weight.
static void boost_overrides_shares(void **state)
{
	struct load loads[2];

	start(&(struct rig_options){
		.vm_count = 2, .weights = {16, 1 },
                     .sched = { .boost_ps = 2 * SECOND}
        });
	for (unsigned vm = 0; vm < 2; vm++)
		load_create(&loads[vm], vm, 300000, SECOND / 10);
	run_loads(loads, 2);
	assert_true(loads[1].owned_ps > SECOND / 10 * 9 / 10);
}

// A longer tick: the one that has only just started keeps the GPU until then.
static void ticks_are_configurable(void **state)
{
	struct load loads[2];
	uint64_t turns[2];

	for (unsigned i = 0; i < 2; i++) {
		if (i)
			rig_destroy(&rig);
		start(&(struct rig_options){
			.vm_count = 2,
			.sched = {.tick_ps = i ? 5 * PS_PER_MS : 0, .period_ps = SECOND}
                });
		for (unsigned vm = 0; vm < 2; vm++) {
			load_create(&loads[vm], vm, 100000, SECOND / 10);
			loads[vm].depth = 1;
		}
		run_loads(loads, 2);
		turns[i] = rig_stats(&rig.guests[0]).turns;
	}
	assert_true(turns[1] > 0);
	assert_true(turns[1] <= turns[0]);
}

static void same_run_same_turns(void **state)
{
	struct vgpu_stats stats[2];
	struct load loads[2];
	uint64_t ends_ps[2];

	for (unsigned i = 0; i < 2; i++) {
		if (i)
			rig_destroy(&rig);
		start(&(struct rig_options){
			.vm_count = 2, .weights = {3, 5}
                });
		for (unsigned vm = 0; vm < 2; vm++)
			load_create(&loads[vm], vm, 70000 + 1000 * vm, SECOND / 10);
		run_loads(loads, 2);
		stats[i] = rig_stats(&rig.guests[0]);
		ends_ps[i] = executor_time_ps(rig.m->ex);
	}
	assert_memory_equal(&stats[0], &stats[1], sizeof(stats[0]));
	assert_int_equal(ends_ps[0], ends_ps[1]);
}

/* ---- registers ---- */

static uint32_t host_read(uint32_t offset)
{
	return (uint32_t)bus_peek(rig.m->host_bus, RIG_HOST_BAR0 + offset, 4);
}

static void run_on(unsigned vm, enum gen9_engine_id engine)
{
	static const uint32_t noops[2];
	struct rig_context context;

	rig_context_create(&context, &rig.guests[vm], engine, 40 + vm);
	rig_emit(&context, noops, 2);
	rig_submit(&rig.guests[vm], engine, 0, rig_descriptor(&context));
}

// Bits that are neither masked away, read-only, nor reserved to the host.
static uint32_t pattern(const struct switch_row *row, unsigned vm)
{
	uint32_t bits = 0x20u << vm;

	return row->mask ? bits & row->mask : bits;
}

static bool is_nonpriv(uint32_t offset)
{
	return offset >= 0x24d0 && offset < 0x2500;
}

// Every row: each guest's value is in the hardware while the guest has the engine.
static void every_row_changes_hands(void **state)
{
	start(&(struct rig_options){ .vm_count = 2 });
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		size_t count;
		const struct switch_row *rows = engine_switch_rows(id, &count);

		assert_in_range(count, 2, ENGINE_SWITCH_LIMIT);
		for (unsigned vm = 0; vm < 2; vm++)
			for (size_t i = 0; i < count; i++) {
				// Preemption must stay off.
				if (rows[i].offset == 0x20d4 || is_nonpriv(rows[i].offset))
					continue;
				rig_write32(&rig.guests[vm], rows[i].offset,
					    rows[i].mask ? MASKED_ENABLE(pattern(&rows[i], vm))
							 : pattern(&rows[i], vm));
			}
		for (unsigned round = 0; round < 4; round++) {
			run_on(round % 2, id);
			assert_ptr_equal(rig.gvt->sched.engines[id].owner,
					 rig.guests[round % 2].vgpu);
			for (size_t i = 0; i < count; i++) {
				uint32_t bits = pattern(&rows[i], round % 2);

				if (rows[i].offset == 0x20d4 || is_nonpriv(rows[i].offset))
					continue;
				assert_int_equal(host_read(rows[i].offset) & 0x60, bits);
			}
		}
	}
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_completed, 2 * GEN9_ENGINE_COUNT);
}

static void host_gets_its_own_back(void **state)
{
	const uint32_t preempt = 0x2248;
	uint32_t before;

	start(&(struct rig_options){ .vm_count = 2 });
	bus_write(rig.m->host_bus, RIG_HOST_BAR0 + preempt, 4, 77);
	before = host_read(0x229c);
	rig_write32(&rig.guests[0], preempt, 5);
	rig_write32(&rig.guests[0], 0x229c, MASKED_ENABLE(1u << 5));
	run_on(0, GEN9_RCS0);
	assert_int_equal(host_read(preempt), 5);
	vgpu_destroy(rig.guests[0].vgpu);
	rig.guests[0].vgpu = NULL;
	assert_int_equal(host_read(preempt), 77);
	assert_int_equal(host_read(0x229c), before);
	assert_null(rig.gvt->sched.engines[GEN9_RCS0].owner);
}

// The guest cannot stop the host's engine, take it out of run list mode, or open registers.
static void host_keeps_control(void **state)
{
	struct rig_guest *guest;

	start(&(struct rig_options){ .vm_count = 2 });
	guest = &rig.guests[0];
	rig_write32(guest, rig_reg(GEN9_BCS0, RING_MI_MODE), MASKED_ENABLE(MI_MODE_STOP_RING));
	rig_write32(guest, 0x24d0, 0x2358);                          // privileged
	rig_write32(guest, 0x24d4, rig_reg(GEN9_RCS0, RING_INSTPM)); // commands may write it
	rig_write32(guest, 0x24d8, rig_reg(GEN9_BCS0, RING_INSTPM)); // those of the other engine
	run_on(0, GEN9_BCS0);
	run_on(0, GEN9_RCS0);
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
	assert_false(host_read(rig_reg(GEN9_BCS0, RING_MI_MODE)) & MI_MODE_STOP_RING);
	assert_true(host_read(rig_reg(GEN9_BCS0, RING_MODE)) & RING_MODE_RUN_LIST);
	assert_int_equal(host_read(0x24d0), rig_reg(GEN9_RCS0, RING_NOPID));
	assert_int_equal(host_read(0x24d4), rig_reg(GEN9_RCS0, RING_INSTPM));
	assert_int_equal(host_read(0x24d8), rig_reg(GEN9_RCS0, RING_NOPID));
	// What the guest wrote is what it reads.
	run_on(1, GEN9_RCS0);
	assert_int_equal(rig_read32(guest, 0x24d0), 0x2358);
}

static struct host_client *client;
static struct host_buffer *batch;

static void run_client(struct rig_guest *guest, void *arg)
{
	enum gen9_engine_id *engine = arg;
	uint32_t *dwords;

	if (!batch)
		batch = host_buffer_create(client, 4096);
	assert_non_null(batch);
	dwords = host_buffer_cpu(batch);
	dwords[0] = MI_STORE_DATA_IMM | MI_USE_GGTT | 2;
	dwords[1] = (uint32_t)host_buffer_gma(batch) + 256;
	dwords[2] = 0;
	dwords[3] = 4711;
	dwords[4] = MI_BATCH_BUFFER_END;
	dwords[64] = 0;
	assert_int_equal(host_client_run(client, *engine, batch), 0);
	assert_int_equal(dwords[64], 4711);
}

// An application of the host finds the host's registers, and a vGPU then its own.
static void applications_have_the_hosts_registers(void **state)
{
	enum gen9_engine_id engine = GEN9_RCS0;
	const uint32_t preempt = 0x2248;

	start(&(struct rig_options){ .vm_count = 2 });
	assert_int_equal(host_client_create(&client, rig.gvt, 7), 0);
	batch = NULL;
	bus_write(rig.m->host_bus, RIG_HOST_BAR0 + preempt, 4, 77);
	rig_write32(&rig.guests[0], preempt, 5);
	for (unsigned round = 0; round < 3; round++) {
		run_on(0, engine);
		assert_int_equal(host_read(preempt), 5);
		rig_run(&rig.guests[1], run_client, &engine);
		assert_int_equal(host_read(preempt), 77);
		assert_null(rig.gvt->sched.engines[engine].owner);
	}
	for (engine = 0; engine < GEN9_ENGINE_COUNT; engine++)
		rig_run(&rig.guests[1], run_client, &engine);
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_completed, 3);
	host_client_destroy(client);
}

static uint64_t switch_accesses(void)
{
	uint64_t count = 0;

	for (int vm = -1; vm < 2; vm++)
		for (unsigned op = 0; op < GUEST_OP_COUNT; op++) {
			struct ledger_op totals;

			ledger_op_totals(rig.m->ledger, vm < 0 ? LEDGER_NOBODY : (unsigned)vm, op,
					 &totals);
			count += totals.work_count[WORK_SWITCH_REGISTER];
		}
	return count;
}

// Each row is read once and written once; nothing without a change of owner; equal MOCS stay.
static void accesses_are_counted(void **state)
{
	uint64_t before;
	size_t rows;

	start(&(struct rig_options){ .vm_count = 2 });
	engine_switch_rows(GEN9_RCS0, &rows);
	assert_int_equal(rows, 27);
	run_on(0, GEN9_RCS0);
	assert_int_equal(switch_accesses(), 2 * rows);
	run_on(0, GEN9_RCS0);
	assert_int_equal(switch_accesses(), 2 * rows);
	engine_switch_rows(GEN9_VECS0, &rows);
	before = switch_accesses();
	run_on(0, GEN9_VECS0); // and the host's MOCS are read
	assert_int_equal(switch_accesses() - before, 2 * rows + ENGINE_MOCS_COUNT);
	rig_write32(&rig.guests[1], 0xcb08, 0x3b);
	before = switch_accesses();
	run_on(1, GEN9_VECS0); // one entry differs
	assert_int_equal(switch_accesses() - before, 2 * rows + 1);
	assert_int_equal(host_read(0xcb08), 0x3b);
	run_on(0, GEN9_VECS0);
	assert_int_equal(host_read(0xcb08), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(equal_weights, teardown),
		cmocka_unit_test_teardown(one_to_three, teardown),
		cmocka_unit_test_teardown(sixteen_to_two, teardown),
		cmocka_unit_test_teardown(share_is_a_limit, teardown),
		cmocka_unit_test_teardown(alone_there_is_no_limit, teardown),
		cmocka_unit_test_teardown(debts_are_paid, teardown),
		cmocka_unit_test_teardown(boost_overrides_shares, teardown),
		cmocka_unit_test_teardown(ticks_are_configurable, teardown),
		cmocka_unit_test_teardown(same_run_same_turns, teardown),
		cmocka_unit_test_teardown(every_row_changes_hands, teardown),
		cmocka_unit_test_teardown(host_gets_its_own_back, teardown),
		cmocka_unit_test_teardown(host_keeps_control, teardown),
		cmocka_unit_test_teardown(accesses_are_counted, teardown),
		cmocka_unit_test_teardown(applications_have_the_hosts_registers, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
