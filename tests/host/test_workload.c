// SPDX-License-Identifier: MIT
// Workloads from hostile guests: contexts, rings and batches that are not what they should be.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>
#include <string.h>

#include "host/cmd_parser.h"
#include "host/workload.h"
#include "rig.h"

#define ENGINE GEN9_BCS0

static struct rig rig;
static struct rig_guest *guest;
static struct rig_context context;
static uint32_t *word; /* what good commands write to */
static uint64_t word_gma;

static int setup(void **state)
{
	uint64_t gpa;

	rig_create(&rig, &(struct rig_options){ 0 });
	guest = &rig.guests[0];
	rig_boot(guest);
	rig_context_create(&context, guest, ENGINE, 1);
	gpa = rig_alloc(guest, 1);
	word = rig_at(guest, gpa);
	word_gma = rig_bind(guest, gpa, 1);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static void submit(void)
{
	rig_submit(guest, context.engine, 0, rig_descriptor(&context));
}

// Dropped in the trap, without anything in the status buffer; the guest goes on.
static void expect_dropped(enum gvt_incident incident, uint64_t count)
{
	assert_int_equal(rig_incidents(guest, incident), count);
	assert_int_equal(rig_stats(guest).workloads_completed, 0);
	assert_int_equal(rig_read32(guest, rig_reg(context.engine, RING_CSB_PTR)) & 7,
			 GEN9_CSB_PTR_RESET);
	assert_false(rig_stats(guest).failsafe);
}

static void expect_failsafe(enum gvt_incident incident)
{
	assert_int_equal(rig_incidents(guest, incident), 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 0);
	assert_true(rig_stats(guest).failsafe);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_FAILSAFE), 1);
	assert_int_equal(*word, 0);
}

static void set_state(uint32_t index, uint32_t value)
{
	rig_context_state(&context)[index + 1] = value;
}

static void unmapped_contexts(void **state)
{
	const struct ggtt_slice *high = &guest->vgpu->ggtt.high;
	const uint64_t lrca[] = {
		0,
		guest->vgpu->ggtt.low.base - 2 * PAGE_SIZE,
		guest->next_gma + 16 * PAGE_SIZE,     // in the share, not bound
		high->base + high->bytes - PAGE_SIZE, // its state page is outside
		0xfffff000,
	};
	const size_t count = sizeof(lrca) / sizeof(lrca[0]);

	for (size_t i = 0; i < count; i++)
		rig_submit(guest, ENGINE, 0,
			   (rig_descriptor(&context) & ~(uint64_t)CTX_DESC_LRCA_MASK) | lrca[i]);
	expect_dropped(GVT_INCIDENT_CONTEXT_UNMAPPED, count);
	// Bound, but to what is no RAM.
	rig_bind_at(guest, context.image_gma + PAGE_SIZE, RIG_MEMORY_BYTES, 1);
	submit();
	expect_dropped(GVT_INCIDENT_CONTEXT_UNMAPPED, count + 1);
}

static void ring_outside_of_the_share(void **state)
{
	const struct ggtt_slice *low = &guest->vgpu->ggtt.low;
	const uint32_t starts[] = {
		0,
		(uint32_t)(low->base - PAGE_SIZE),
		(uint32_t)(low->base + low->bytes),
		(uint32_t)GGTT_HOST_HIGH_BASE,
		(uint32_t)context.ring_gma + 8,
	};
	const size_t count = sizeof(starts) / sizeof(starts[0]);

	for (size_t i = 0; i < count; i++) {
		set_state(CTX_RING_START, starts[i]);
		submit();
	}
	expect_dropped(GVT_INCIDENT_RING_RANGE, count);
	// One page is in the share, two are not.
	set_state(CTX_RING_START, (uint32_t)(low->base + low->bytes - PAGE_SIZE));
	set_state(CTX_RING_CTL, (uint32_t)PAGE_SIZE | RING_CTL_VALID);
	submit();
	expect_dropped(GVT_INCIDENT_RING_RANGE, count + 1);
}

static void head_and_tail_beyond_the_ring(void **state)
{
	const uint32_t tails[] = { 4096, 4, 4100, 0x1ffff8, 0xfffff000, 12 };
	const uint32_t heads[] = { 4096, 2, 0x1ffffc };

	rig_emit_store(&context, word_gma, 1);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		set_state(CTX_RING_TAIL, tails[i]);
		submit();
		expect_dropped(GVT_INCIDENT_RING_HEAD_TAIL, i + 1);
	}
	set_state(CTX_RING_TAIL, context.tail);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		set_state(CTX_RING_HEAD, heads[i]);
		submit();
		expect_dropped(GVT_INCIDENT_RING_HEAD_TAIL, 7 + i);
	}
	// The wrap count is no part of the offset.
	set_state(CTX_RING_HEAD, 0xffe00000);
	submit();
	assert_int_equal(*word, 1);
	assert_int_equal(rig_read32(guest, rig_reg(ENGINE, RING_HEAD)), 0xffe00000 | context.tail);
}

static void empty_ring_completes(void **state)
{
	submit();
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	assert_int_equal(rig_read32(guest, rig_reg(ENGINE, RING_CSB_PTR)) & 7, 1);
}

static void ring_wraps(void **state)
{
	const uint32_t noops[4] = { 0 };

	for (unsigned i = 0; i < 255; i++)
		rig_emit(&context, noops, 4);
	submit();
	rig_emit_store(&context, word_gma, 2); // to the end
	rig_emit_store(&context, word_gma + 4, 3);
	assert_int_equal(context.tail, 16);
	submit();
	assert_int_equal(word[0], 2);
	assert_int_equal(word[1], 3);
	assert_int_equal(rig_read32(guest, rig_reg(ENGINE, RING_HEAD)), 1u << 21 | 16);
}

// A command across the ring's end is in two pieces in memory, and in one in the copy.
static void command_around_the_rings_end(void **state)
{
	const uint32_t noops[2] = { 0 };

	for (unsigned i = 0; i < 511; i++)
		rig_emit(&context, noops, 2);
	submit();
	rig_emit_store(&context, word_gma, 4);
	assert_int_equal(context.tail, 8);
	submit();
	assert_int_equal(word[0], 4);
}

static void ring_larger_than_the_first_shadow(void **state)
{
	const uint32_t noops[4] = { 0 };

	context.ring_pages = 8;
	context.ring_gpa = rig_alloc(guest, 8);
	context.ring_gma = rig_bind(guest, context.ring_gpa, 8);
	set_state(CTX_RING_START, (uint32_t)context.ring_gma);
	set_state(CTX_RING_CTL, (uint32_t)(7 * PAGE_SIZE) | RING_CTL_VALID);
	for (unsigned i = 0; i < 2046; i++)
		rig_emit(&context, noops, 4);
	rig_emit_store(&context, word_gma, 5);
	submit();
	assert_int_equal(*word, 5);
}

static void ring_page_taken_away(void **state)
{
	rig_emit_store(&context, word_gma, 1);
	rig_write(guest, (uint32_t)(GEN9_GTT_WINDOW + 8 * (context.ring_gma >> PAGE_SHIFT)), 8, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_RING_RANGE);
}

static void command_across_the_tail(void **state)
{
	rig_emit_store(&context, word_gma, 1);
	set_state(CTX_RING_TAIL, 8);
	submit();
	expect_failsafe(GVT_INCIDENT_COMMAND_LENGTH);
}

// The engine executes what follows the header when it loads a context.
static void image_loads_only_harmless_registers(void **state)
{
	uint32_t *image;

	rig_context_create(&context, guest, GEN9_RCS0, 2);
	image = rig_context_state(&context);
	image[CTX_LRI_HEADER_2] = CTX_LRI_HEADER_2_VALUE;
	image[CTX_R_PWR_CLK_STATE] = 0x20c8;
	image[CTX_R_PWR_CLK_STATE + 1] = 0x80000000;
	submit();
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	image[CTX_R_PWR_CLK_STATE] = 0x2000 + RING_PDP_LDW(0);
	submit();
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_COMMAND_REGISTER), 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	assert_true(rig_stats(guest).failsafe);
}

static void image_holds_no_other_commands(void **state)
{
	rig_context_create(&context, guest, GEN9_RCS0, 2);
	rig_context_state(&context)[1000] = MI_STORE_DATA_IMM;
	submit();
	expect_failsafe(GVT_INCIDENT_COMMAND_UNKNOWN);
}

static void engine_pages_must_be_there(void **state)
{
	rig_context_create(&context, guest, GEN9_RCS0, 2);
	rig_write(guest, (uint32_t)(GEN9_GTT_WINDOW + 8 * ((context.image_gma >> PAGE_SHIFT) + 21)),
		  8, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_CONTEXT_UNMAPPED);
}

// Not yet initialized: not read, written back afterwards, without what was there before.
static void engine_pages_are_copied_back(void **state)
{
	uint8_t *page;

	rig_context_create(&context, guest, GEN9_RCS0, 2);
	page = rig_at(guest, context.image_gpa + 21 * PAGE_SIZE);
	memset(page, 0x5a, PAGE_SIZE);
	submit();
	assert_int_equal(page[0], 0x5a);
	assert_int_equal(page[PAGE_SIZE - 1], 0x5a);
	memset(page, 0xa5, PAGE_SIZE);
	set_state(CTX_CONTEXT_CONTROL, CTX_CTRL_FIRST_USE);
	submit();
	assert_int_equal(page[0], 0);
	assert_int_equal(rig_context_state(&context)[CTX_CONTEXT_CONTROL + 1], CTX_CTRL_ORDINARY);
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
}

/* ---- batches ---- */

static uint32_t *batch; /* two pages */
static uint64_t batch_gma;

static void create_batch(void)
{
	uint64_t gpa = rig_alloc(guest, 2);

	batch = rig_at(guest, gpa);
	batch_gma = rig_bind(guest, gpa, 2);
}

static void emit_start(uint64_t gma, uint32_t bits)
{
	const uint32_t start[] = { MI_BATCH_BUFFER_START | bits, (uint32_t)gma,
				   (uint32_t)(gma >> 32), MI_NOOP };

	rig_emit(&context, start, 4);
}

static unsigned put_store(unsigned at, uint64_t gma, uint32_t value)
{
	batch[at++] = MI_STORE_DATA_IMM | MI_USE_GGTT;
	batch[at++] = (uint32_t)gma;
	batch[at++] = (uint32_t)(gma >> 32);
	batch[at++] = value;
	return at;
}

static unsigned put_start(unsigned at, uint64_t gma, uint32_t bits)
{
	batch[at++] = MI_BATCH_BUFFER_START | bits;
	batch[at++] = (uint32_t)gma;
	batch[at++] = (uint32_t)(gma >> 32);
	return at;
}

static void privileged_batch_runs_from_a_copy(void **state)
{
	create_batch();
	batch[put_store(1020, word_gma, 7)] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, 0);
	submit();
	assert_int_equal(*word, 7);
	// The guest's ring is as it was.
	assert_int_equal(((uint32_t *)rig_at(guest, context.ring_gpa))[1], batch_gma);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

// The host's own entries: whatever is present names a frame of the host.
static void copies_leave_no_entries_behind(void **state)
{
	create_batch();
	batch[put_store(1020, word_gma, 7)] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, 0);
	submit();
	assert_int_equal(*word, 7);
	for (uint64_t gma = GGTT_HOST_HIGH_BASE; gma < GGTT_HOST_HIGH_BASE + 4 * MIB;
	     gma += PAGE_SIZE) {
		uint64_t pte = rig_host_pte(&rig, gma);

		if (pte & GEN8_PTE_PRESENT)
			assert_int_equal(
				physmem_owner(rig.m->pm, (pte & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT),
				PHYSMEM_OWNER_HOST);
	}
}

static void chained_and_second_level_batches(void **state)
{
	unsigned at;

	create_batch();
	at = put_start(0, batch_gma + 0x400, MI_BATCH_SECOND_LEVEL);
	at = put_store(at, word_gma + 4, 2);
	put_start(at, batch_gma + 0x800, 0);
	batch[put_store(0x100, word_gma, 1)] = MI_BATCH_BUFFER_END;
	batch[put_store(0x200, word_gma + 8, 3)] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, 0);
	rig_emit_store(&context, word_gma + 12, 4);
	submit();
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(word[i], i + 1);
}

static void second_level_from_the_ring(void **state)
{
	create_batch();
	batch[0] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, MI_BATCH_SECOND_LEVEL);
	submit();
	expect_failsafe(GVT_INCIDENT_COMMAND_LENGTH);
}

static void start_in_a_second_level_batch(void **state)
{
	create_batch();
	batch[put_start(0, batch_gma + 0x400, MI_BATCH_SECOND_LEVEL)] = MI_BATCH_BUFFER_END;
	put_start(0x100, batch_gma, 0);
	emit_start(batch_gma, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_COMMAND_LENGTH);
}

static void batch_outside_of_the_share(void **state)
{
	emit_start(guest->vgpu->ggtt.low.base - PAGE_SIZE, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_BATCH_ADDRESS);
}

static void batch_address_beyond_the_ggtt(void **state)
{
	create_batch();
	batch[0] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma | UINT64_C(1) << 32, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_BATCH_ADDRESS);
}

static void batch_runs_off_its_pages(void **state)
{
	create_batch(); // all zeroes: no end
	guest->next_gma += 16 * PAGE_SIZE;
	emit_start(batch_gma, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_BATCH_ADDRESS);
}

static void batch_without_end_in_sight(void **state)
{
	create_batch();
	// The same page again and again, up to the limit.
	for (unsigned i = 0; i <= CMD_BATCH_LIMIT_BYTES / PAGE_SIZE; i += 2)
		rig_bind_at(guest, guest->vgpu->ggtt.low.base + i * PAGE_SIZE,
			    guest->next_gpa - 2 * PAGE_SIZE, 2);
	emit_start(guest->vgpu->ggtt.low.base, 0);
	submit();
	expect_dropped(GVT_INCIDENT_BATCH_ADDRESS, 1);
}

static void batch_chained_to_itself(void **state)
{
	create_batch();
	put_start(put_store(0, word_gma, 1), batch_gma, 0);
	emit_start(batch_gma, 0);
	submit();
	expect_dropped(GVT_INCIDENT_BATCH_ADDRESS, 1);
	assert_int_equal(*word, 0);
}

// As many requests as a driver had before the engine got to them.
static void starts_are_as_many_as_the_ring_holds(void **state)
{
	const unsigned count = 240;

	create_batch();
	for (unsigned i = 0; i < count; i++) {
		batch[put_store(8 * i, word_gma + 4 * i, i + 1)] = MI_BATCH_BUFFER_END;
		emit_start(batch_gma + 32 * i, 0);
	}
	submit();
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(word[i], i + 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

// A start may lead to 64 batches, the next one to as many again; to no more.
static void batches_of_one_start_are_limited(void **state)
{
	unsigned at = 0;

	create_batch();
	batch[put_store(1024, word_gma, 1)] = MI_BATCH_BUFFER_END;
	for (unsigned i = 1; i < CMD_BATCH_LIMIT; i++)
		at = put_start(at, batch_gma + 4096, MI_BATCH_SECOND_LEVEL);
	batch[at] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, 0);
	emit_start(batch_gma, 0);
	submit();
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	assert_int_equal(*word, 1);
	batch[put_start(at, batch_gma + 4096, MI_BATCH_SECOND_LEVEL)] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, 0);
	submit();
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_BATCH_ADDRESS), 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	assert_false(rig_stats(guest).failsafe);
}

// The copies of one workload cannot use up the host's part of the GGTT.
static void copies_are_bounded_together(void **state)
{
	const unsigned pages = CMD_BATCH_LIMIT_BYTES / PAGE_SIZE;
	const unsigned fit = CMD_BATCHES_LIMIT_BYTES / CMD_BATCH_LIMIT_BYTES;
	uint64_t gma = guest->vgpu->ggtt.low.base;

	create_batch();
	batch[2 * PAGE_SIZE / 4 - 1] = MI_BATCH_BUFFER_END;
	for (unsigned i = 0; i < pages - 2; i++)
		rig_bind_at(guest, gma + i * PAGE_SIZE, guest->next_gpa - 2 * PAGE_SIZE, 1);
	rig_bind_at(guest, gma + (pages - 2) * PAGE_SIZE, guest->next_gpa - 2 * PAGE_SIZE, 2);
	for (unsigned i = 0; i < fit; i++)
		emit_start(gma, 0);
	submit();
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	for (unsigned i = 0; i <= fit; i++)
		emit_start(gma, 0);
	submit();
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_BATCH_ADDRESS), 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
	assert_false(rig_stats(guest).failsafe);
}

// Nor can those of workloads that wait, whatever their number: the rest is audited in its turn.
static void copies_ahead_of_their_turn_are_bounded(void **state)
{
	const unsigned pages = CMD_BATCH_LIMIT_BYTES / PAGE_SIZE;
	const unsigned fit = CMD_BATCHES_LIMIT_BYTES / CMD_BATCH_LIMIT_BYTES;
	uint64_t gma = guest->vgpu->ggtt.low.base;
	uint64_t ahead = 0;

	create_batch();
	batch[2 * PAGE_SIZE / 4 - 1] = MI_BATCH_BUFFER_END;
	for (unsigned i = 0; i < pages - 2; i++)
		rig_bind_at(guest, gma + i * PAGE_SIZE, guest->next_gpa - 2 * PAGE_SIZE, 1);
	rig_bind_at(guest, gma + (pages - 2) * PAGE_SIZE, guest->next_gpa - 2 * PAGE_SIZE, 2);
	rig_write32(guest, GDRST,
		    1u << gen9_engines[ENGINE].gdrst_bit); // until it is enabled again
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		rig_context_create(&context, guest, id, 10 + id);
		for (unsigned i = 0; i < (id ? fit : 1); i++)
			emit_start(gma, 0);
		submit();
	}
	for (const struct workload *w = guest->vgpu->workloads; w; w = w->next_of_vgpu)
		ahead += w->batch_pages;
	assert_int_equal(ahead, pages);
	assert_int_equal(rig_stats(guest).workloads_accepted, GEN9_ENGINE_COUNT);
	rig_write32(guest, rig_reg(ENGINE, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_int_equal(rig_stats(guest).workloads_completed, GEN9_ENGINE_COUNT);
}

static void bad_command_in_a_batch(void **state)
{
	create_batch();
	put_store(0, word_gma, 1);
	put_store(4, word_gma, 1);
	batch[8] = XY_FAST_COPY_BLT;
	batch[18] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, 0);
	submit();
	expect_failsafe(GVT_INCIDENT_COMMAND_UNKNOWN);
}

// A vCPU that rewrites the batch's end while the mediator works on it.
struct race {
	uint32_t *end;
	bool stop;
	unsigned flips;
};

static void flip_end(void *arg)
{
	struct race *race = arg;
	struct executor *ex = rig.m->ex;

	while (!race->stop) {
		*race->end = race->flips++ % 2 ? MI_BATCH_BUFFER_END : MI_NOOP;
		exec_sleep_until(ex, exec_now(ex) + 997 * PS_PER_NS);
	}
}

static void submit_and_stop(struct rig_guest *g, void *arg)
{
	struct race *race = arg;
	uint64_t descriptor = rig_descriptor(&context);

	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, 0);
	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, 0);
	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, descriptor >> 32);
	guest_store(g, rig_reg(ENGINE, RING_ELSP), 4, (uint32_t)descriptor);
	race->stop = true;
}

/*
 * Behind the first end is a store that must never run unaudited: to a host page. Whatever the race
 * ends in, nothing of it is executed, and every outcome is one that the rules know.
 */
static void moving_end_is_noticed(void **state)
{
	struct cost_profile costs = { 0 };
	unsigned outcomes[2] = { 0 };

	for (unsigned round = 0; round < 24; round++) {
		struct race race = { 0 };
		uint64_t host_gma;

		rig_destroy(&rig);
		costs.value[COST_WORK_GUEST_READ] = (100 + 37 * round) * PS_PER_NS;
		rig_create(&rig, &(struct rig_options){ .costs = &costs });
		guest = &rig.guests[0];
		rig_boot(guest);
		rig_context_create(&context, guest, ENGINE, 1);
		create_batch();
		host_gma = guest->vgpu->gvt->hw.engines[0].hwsp.gma;
		batch[20] = MI_BATCH_BUFFER_END;
		batch[put_store(21, host_gma + 0x800, 0xbad)] = MI_BATCH_BUFFER_END;
		race.end = &batch[20];
		emit_start(batch_gma, 0);
		assert_int_equal(
			vcpu_start(guest->vm, 1, executor_time_ps(rig.m->ex), flip_end, &race), 0);
		rig_run(guest, submit_and_stop, &race);
		assert_int_equal(((uint32_t *)guest->vgpu->gvt->hw.engines[0].hwsp.cpu)[0x200], 0);
		outcomes[rig_stats(guest).failsafe]++;
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_WORKLOAD_HANG), 0);
		assert_int_equal(rig_stats(guest).workloads_completed,
				 rig_stats(guest).failsafe ? 0 : 1);
	}
	assert_true(outcomes[0] > 0);
	assert_true(outcomes[1] > 0);
}

// Batches in the guest's own address space pass the audit; nothing resolves there yet.
static void unprivileged_batch_finds_nothing(void **state)
{
	create_batch();
	batch[0] = MI_BATCH_BUFFER_END;
	emit_start(batch_gma, MI_BATCH_PPGTT);
	submit();
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_WORKLOAD_HANG), 1);
	assert_false(rig_stats(guest).failsafe);
}

// The page table pointers of the image are guest physical: they must not get near the hardware.
static void page_table_pointers_do_not_pass(void **state)
{
	uint64_t root = rig_alloc(guest, 1);
	uint64_t hw_root;

	rig_write32(guest, PVINFO_BASE + PVINFO_PDP_LO(0), (uint32_t)root);
	rig_write32(guest, PVINFO_BASE + PVINFO_G2V_NOTIFY, G2V_PPGTT_L4_CREATE);
	hw_root = guest->vgpu->spaces->hw_root[0];
	assert_int_equal(physmem_owner(rig.m->pm, hw_root >> PAGE_SHIFT), PHYSMEM_OWNER_HOST);
	set_state(CTX_PDP0_LDW, (uint32_t)root);
	rig_emit_store(&context, word_gma, 1);
	submit();
	assert_int_equal(*word, 1);
	assert_int_equal(
		bus_read(rig.m->host_bus, RIG_HOST_BAR0 + rig_reg(ENGINE, RING_PDP_LDW(0)), 4),
		(uint32_t)hw_root);
}

static void user_interrupt_becomes_a_virtual_event(void **state)
{
	const uint32_t commands[] = { MI_USER_INTERRUPT, MI_NOOP };

	rig_write32(guest, MASTER_IRQ, 0);
	rig_emit(&context, commands, 2);
	submit();
	assert_int_equal(rig_read32(guest, GT_IIR(0)),
			 (uint32_t)(GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT) << 16);
	assert_int_equal(((uint32_t *)rig_at(guest, context.ring_gpa))[0], MI_USER_INTERRUPT);
}

// Arbitration that a guest turns off comes back with the host's own closing commands.
static void arbitration_left_off(void **state)
{
	const uint32_t off[] = { MI_ARB_ON_OFF, MI_NOOP };

	rig_emit(&context, off, 2);
	rig_emit_store(&context, word_gma, 9);
	submit();
	assert_int_equal(*word, 9);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

static void guest_reads_are_charged_one_by_one(void **state)
{
	struct cost_profile costs = { 0 };
	struct ledger_op before, after;

	rig_destroy(&rig);
	costs.value[COST_WORK_GUEST_READ] = 1000;
	rig_create(&rig, &(struct rig_options){ .costs = &costs });
	guest = &rig.guests[0];
	rig_boot(guest);
	rig_context_create(&context, guest, ENGINE, 1);
	ledger_op_totals(rig.m->ledger, 0, GUEST_OP_NONE, &before);
	submit();
	ledger_op_totals(rig.m->ledger, 0, GUEST_OP_NONE, &after);
	// Five ring values and eight page directory pointers, all in the fourth exit.
	assert_int_equal(after.exits.count - before.exits.count, 4);
	assert_int_equal(after.exits.part_ps[EXIT_PART_GUEST_MEMORY] -
				 before.exits.part_ps[EXIT_PART_GUEST_MEMORY],
			 13 * 1000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(unmapped_contexts),
		TEST(ring_outside_of_the_share),
		TEST(head_and_tail_beyond_the_ring),
		TEST(empty_ring_completes),
		TEST(ring_wraps),
		TEST(command_around_the_rings_end),
		TEST(ring_larger_than_the_first_shadow),
		TEST(ring_page_taken_away),
		TEST(command_across_the_tail),
		TEST(image_loads_only_harmless_registers),
		TEST(image_holds_no_other_commands),
		TEST(engine_pages_must_be_there),
		TEST(engine_pages_are_copied_back),
		TEST(privileged_batch_runs_from_a_copy),
		TEST(copies_leave_no_entries_behind),
		TEST(chained_and_second_level_batches),
		TEST(second_level_from_the_ring),
		TEST(start_in_a_second_level_batch),
		TEST(batch_outside_of_the_share),
		TEST(batch_address_beyond_the_ggtt),
		TEST(batch_runs_off_its_pages),
		TEST(batch_without_end_in_sight),
		TEST(batch_chained_to_itself),
		TEST(starts_are_as_many_as_the_ring_holds),
		TEST(batches_of_one_start_are_limited),
		TEST(copies_are_bounded_together),
		TEST(copies_ahead_of_their_turn_are_bounded),
		TEST(bad_command_in_a_batch),
		TEST(moving_end_is_noticed),
		TEST(unprivileged_batch_finds_nothing),
		TEST(page_table_pointers_do_not_pass),
		TEST(user_interrupt_becomes_a_virtual_event),
		TEST(arbitration_left_off),
		TEST(guest_reads_are_charged_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
