// SPDX-License-Identifier: MIT
//
// A machine that is stopped at any moment, and taken apart as it stands: whatever was half done is
// given back. The rig checks pages, the mediator that no pin is left.
//
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <string.h>

#include "pv.h"

#define PAGES(n)   ((n)*PAGE_SIZE)
#define NOTIFY     (PVINFO_BASE + PVINFO_G2V_NOTIFY)
#define HOG_PIECES 64u
#define COUNT      40u
#define STEP_PS    (37 * PS_PER_NS)
#define LONG_PS    (113 * PS_PER_NS)

static struct rig rig;
static struct rig_guest *guest;
static uint64_t stop_at_ps;

static void stop(void *arg)
{
	executor_stop(rig.m->ex);
}

// What takes the mediator some time, with interleaving points.
static const struct cost_profile *costs(void)
{
	static const struct cost_profile profile = {
		.value = {
			[COST_EXIT_TRANSITION] = 10 * PS_PER_NS,
			[COST_WORK_GUEST_READ] = 10 * PS_PER_NS,
			[COST_WORK_GUEST_WRITE] = 10 * PS_PER_NS,
			[COST_WORK_GUEST_COPY_PAGE] = 20 * PS_PER_NS,
			[COST_WORK_LOCK] = 10 * PS_PER_NS,
			[COST_WORK_SCAN_DWORD] = PS_PER_NS,
			[COST_WORK_OOS_COMPARE] = PS_PER_NS,
			[COST_WORK_PTE_READ] = PS_PER_NS,
			[COST_WORK_PTE_SHADOW] = PS_PER_NS,
			[COST_WORK_PV_WALK_ENTRY] = PS_PER_NS,
			[COST_WORK_PV_MAP_ENTRY] = PS_PER_NS,
		},
	};

	return &profile;
}

struct job {
	void (*run)(struct rig_guest *guest, void *arg);
	uint64_t root;
	uint64_t gma;
	uint64_t gpa;
	uint64_t other;
	uint32_t code;
	struct rig_context context;
};

static struct {
	uint64_t mfn[HOG_PIECES];
	uint64_t count[HOG_PIECES];
	unsigned pieces;
} hog;

static enum vgpu_shadow shadow_mode;
static unsigned oos_pool_pages;

static void store_entries(struct rig_guest *g, void *arg)
{
	const struct job *job = arg;

	for (unsigned i = 0; i < COUNT; i++)
		guest_store(g, (uint32_t)(GEN9_GTT_WINDOW + 8 * ((job->gma >> PAGE_SHIFT) + i / 2)),
			    8, (job->gpa + PAGES(i)) | PTE_RW);
}

static void ring(struct rig_guest *g, void *arg)
{
	guest_store(g, NOTIFY, 4, ((const struct job *)arg)->code);
}

// Run job until it ends, or until stop_at_ps after its start. true: it ended.
static bool run(struct job *job)
{
	struct executor *ex = rig.m->ex;
	uint64_t now_ps = executor_time_ps(ex);

	guest->program = job->run;
	guest->arg = job;
	assert_int_equal(executor_spawn(ex, "stop", now_ps + stop_at_ps, stop, NULL, NULL), 0);
	exec_wake_all(ex, &guest->waiting, now_ps);
	executor_run(ex);
	return !guest->program;
}

// All of the host's memory is gone, in pieces of any size.
static void take_memory(void)
{
	for (uint64_t count = UINT64_C(1) << 20; count;) {
		assert_true(hog.pieces < HOG_PIECES);
		if (physmem_alloc_pages(rig.m->pm, count, &hog.mfn[hog.pieces]))
			count /= 2;
		else
			hog.count[hog.pieces++] = count;
	}
}

static void give_memory_back(void)
{
	for (; hog.pieces; hog.pieces--)
		physmem_free_pages(rig.m->pm, hog.mfn[hog.pieces - 1], hog.count[hog.pieces - 1]);
}

// In steps through all of the job, each time with a machine of its own.
static void sweep(uint32_t levels, uint64_t step_ps, void (*prepare)(struct job *job))
{
	unsigned stops = 0;
	bool ended = false;

	for (stop_at_ps = 0; !ended; stop_at_ps += step_ps) {
		const struct rig_options options = {
			.costs = costs(),
			.shadow = shadow_mode,
			.oos_pool_pages = oos_pool_pages,
		};
		struct job job = { 0 };

		pv_create(&rig, &options, levels);
		guest = &rig.guests[0];
		job.gpa = rig_alloc(guest, COUNT);
		job.gma = guest->vgpu->ggtt.low.base;
		prepare(&job);
		ended = run(&job);
		stops += !ended;
		give_memory_back();
		rig_destroy(&rig);
	}
	assert_true(stops > 10);
}

static void prepare_stores(struct job *job)
{
	job->run = store_entries;
}

static void trapped_entries(void **state)
{
	sweep(PVMMIO_ELSP_SUBMIT, LONG_PS, prepare_stores);
}

// Over other entries, so that there are old pins to give back as well.
static void prepare_ggtt(struct job *job)
{
	uint64_t other = rig_alloc(guest, COUNT);

	rig_bind_at(guest, job->gma, other, COUNT);
	assert_int_equal(pv_ggtt(guest, G2V_GGTT_INSERT, job->gma, PAGES(COUNT)), PVMMIO_STATUS_OK);
	rig_bind_at(guest, job->gma, job->gpa, COUNT);
	job->run = ring;
	job->code = G2V_GGTT_INSERT;
}

static void ggtt_inserts(void **state)
{
	sweep(PVMMIO_GGTT_UPDATE, STEP_PS, prepare_ggtt);
}

static void prepare_ggtt_clear(struct job *job)
{
	prepare_ggtt(job);
	job->code = G2V_GGTT_CLEAR;
}

static void ggtt_clears(void **state)
{
	sweep(PVMMIO_GGTT_UPDATE, STEP_PS, prepare_ggtt_clear);
}

// Through many tables, so that the walk has many interleaving points.
static void prepare_insert(struct job *job)
{
	const uint64_t gma = PT_SPAN - PAGE_SIZE;

	job->root = pv_space(guest);
	for (unsigned i = 0; i < 8; i++)
		pv_fill(guest, job->root, gma + i * PT_SPAN, job->gpa + PAGES(2 * i), 2, PTE_RW);
	for (unsigned i = 0; i < 9 * 512; i++)
		if (!(*pv_entry(guest, job->root, PAGES(i), 0) & GEN8_PTE_PRESENT))
			pv_fill(guest, job->root, PAGES(i), job->gpa, 1, PTE_RW);
	assert_int_equal(pv_ppgtt(guest, G2V_PPGTT_L4_ALLOC, job->root, 0, 8 * PT_SPAN),
			 PVMMIO_STATUS_OK);
	pv_page(guest)->ppgtt.start = gma;
	pv_page(guest)->ppgtt.length_bytes = 7 * PT_SPAN;
	job->run = ring;
	job->code = G2V_PPGTT_L4_INSERT;
}

static void ppgtt_inserts(void **state)
{
	sweep(PVMMIO_PPGTT_UPDATE, LONG_PS, prepare_insert);
}

// The root is announced and its tables are read, entry by entry.
static void announce(struct rig_guest *g, void *arg)
{
	const struct job *job = arg;

	guest_store(g, PVINFO_BASE + PVINFO_PDP_LO(0), 4, (uint32_t)job->root);
	guest_store(g, PVINFO_BASE + PVINFO_PDP_HI(0), 4, job->root >> 32);
	guest_store(g, NOTIFY, 4, job->code);
}

static void prepare_shadow(struct job *job)
{
	job->root = tables_new(guest);
	pv_fill(guest, job->root, PT_SPAN - PAGES(4), job->gpa, 8, PTE_RW);
	job->run = announce;
	job->code = G2V_PPGTT_L4_CREATE;
}

static void shadowed_spaces(void **state)
{
	sweep(PVMMIO_ELSP_SUBMIT, STEP_PS, prepare_shadow);
}

// Tables that another space gave up take the place of its own, one after the other.
static void prepare_reclaim(struct job *job)
{
	uint64_t idle = tables_new(guest);

	pv_fill(guest, idle, PT_SPAN - PAGES(4), job->gpa, 8, PTE_RW);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, idle);
	prepare_shadow(job);
	take_memory();
}

static void reclaimed_spaces(void **state)
{
	sweep(PVMMIO_ELSP_SUBMIT, STEP_PS, prepare_reclaim);
}

// A table is linked into one that is tracked, in the place of another.
static void link_table(struct rig_guest *g, void *arg)
{
	const struct job *job = arg;

	bus_write(g->vm->bus, job->gma, 8, job->gpa | PTE_RW);
}

static void prepare_link(struct job *job)
{
	prepare_shadow(job);
	job->gma = *pv_entry(guest, job->root, 0, 2) & GEN8_PTE_ADDR_MASK;
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, job->root);
	job->gpa = tables_new(guest);
	tables_fill(guest, job->gpa, 0, 512, job->gpa, PTE_RW);
	job->run = link_table;
}

static void linked_tables(void **state)
{
	sweep(PVMMIO_ELSP_SUBMIT, STEP_PS, prepare_link);
}

// Two leaves go out of sync in turn, with one copy for both, and then away.
static void store_leaves(struct rig_guest *g, void *arg)
{
	const struct job *job = arg;
	for (unsigned i = 0; i < 8; i++)
		bus_write(g->vm->bus, job->gma + 8 * i, 8, (job->gpa + PAGES(i)) | PTE_RW);
	for (unsigned i = 0; i < 8; i++)
		bus_write(g->vm->bus, job->other + 8 * i, 8, (job->gpa + PAGES(i)) | PTE_RW);
	guest_store(g, NOTIFY, 4, G2V_PPGTT_L4_DESTROY);
}

static void prepare_leaves(struct job *job)
{
	prepare_shadow(job);
	tables_notify4(guest, G2V_PPGTT_L4_CREATE, job->root);
	job->gma = *pv_entry(guest, job->root, 0, 1) & GEN8_PTE_ADDR_MASK;
	job->other = *pv_entry(guest, job->root, PT_SPAN, 1) & GEN8_PTE_ADDR_MASK;
	job->run = store_leaves;
}

static void leaves_out_of_sync(void **state)
{
	shadow_mode = VGPU_SHADOW_OOS;
	oos_pool_pages = 1;
	sweep(PVMMIO_ELSP_SUBMIT, STEP_PS, prepare_leaves);
	shadow_mode = VGPU_SHADOW_STRICT;
	oos_pool_pages = 0;
}

// A submission in a space that nobody announced: created in the trap, run, completed.
static void submit(struct rig_guest *g, void *arg)
{
	const struct job *job = arg;
	const uint64_t descriptor = rig_descriptor(&job->context);
	struct executor *ex = g->rig->m->ex;

	pv_page(g)->elsp_data[2] = (uint32_t)(descriptor >> 32);
	guest_store(g, rig_reg(GEN9_RCS0, RING_ELSP), 4, (uint32_t)descriptor);
	while (!rig_stats(g).workloads_completed)
		exec_sleep_until(ex, exec_now(ex) + PS_PER_US);
}

static void prepare_submission(struct job *job)
{
	const uint32_t end[2] = { MI_BATCH_BUFFER_END, MI_NOOP };
	uint64_t batch_gpa = rig_alloc(guest, 1);
	uint64_t batch_gma = rig_bind(guest, batch_gpa, 1);
	uint32_t *state;

	rig_boot(guest);
	prepare_shadow(job);
	rig_context_create(&job->context, guest, GEN9_RCS0, 1);
	state = rig_context_state(&job->context);
	state[CTX_PDP0_UDW + 1] = (uint32_t)(job->root >> 32);
	state[CTX_PDP0_LDW + 1] = (uint32_t)job->root;
	memcpy(rig_at(guest, batch_gpa), end, sizeof(end));
	rig_emit(&job->context,
		 (const uint32_t[4]){ MI_BATCH_BUFFER_START | 1, (uint32_t)batch_gma,
				      (uint32_t)(batch_gma >> 32), MI_NOOP },
		 4);
	job->run = submit;
}

static void submissions(void **state)
{
	sweep(PVMMIO_ELSP_SUBMIT, LONG_PS, prepare_submission);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trapped_entries), cmocka_unit_test(ggtt_inserts),
		cmocka_unit_test(ggtt_clears),     cmocka_unit_test(ppgtt_inserts),
		cmocka_unit_test(shadowed_spaces), cmocka_unit_test(reclaimed_spaces),
		cmocka_unit_test(linked_tables),   cmocka_unit_test(leaves_out_of_sync),
		cmocka_unit_test(submissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
