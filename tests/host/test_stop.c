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

#include "pv.h"

#define PAGES(n) ((n)*PAGE_SIZE)
#define NOTIFY   (PVINFO_BASE + PVINFO_G2V_NOTIFY)
#define COUNT    40u
#define STEP_PS  (37 * PS_PER_NS)

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
	uint32_t code;
};

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

// In steps through all of the job, each time with a machine of its own.
static void sweep(uint32_t levels, void (*prepare)(struct job *job))
{
	unsigned stops = 0;
	bool ended = false;

	for (stop_at_ps = 0; !ended; stop_at_ps += STEP_PS) {
		struct job job = { 0 };

		pv_create(&rig, &(struct rig_options){ .costs = costs() }, levels);
		guest = &rig.guests[0];
		job.gpa = rig_alloc(guest, COUNT);
		job.gma = guest->vgpu->ggtt.low.base;
		prepare(&job);
		ended = run(&job);
		stops += !ended;
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
	sweep(PVMMIO_ELSP_SUBMIT, prepare_stores);
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
	sweep(PVMMIO_GGTT_UPDATE, prepare_ggtt);
}

static void prepare_ggtt_clear(struct job *job)
{
	prepare_ggtt(job);
	job->code = G2V_GGTT_CLEAR;
}

static void ggtt_clears(void **state)
{
	sweep(PVMMIO_GGTT_UPDATE, prepare_ggtt_clear);
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
	sweep(PVMMIO_PPGTT_UPDATE, prepare_insert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trapped_entries),
		cmocka_unit_test(ggtt_inserts),
		cmocka_unit_test(ggtt_clears),
		cmocka_unit_test(ppgtt_inserts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
