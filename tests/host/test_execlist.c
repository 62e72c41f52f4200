// SPDX-License-Identifier: MIT
// Submission: the four writes, the shared page, descriptors, the virtual engine's status.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/execlist.h"
#include "host/workload.h"
#include "rig.h"

#define ENGINE GEN9_BCS0

static struct rig rig;
static struct rig_guest *guest;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .pvmmio_offered = PVMMIO_ELSP_SUBMIT });
	guest = &rig.guests[0];
	rig_boot(guest);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

static uint32_t reg(uint32_t offset)
{
	return rig_reg(ENGINE, offset);
}

// A context that stores value at the start of a page, and that page.
struct job {
	struct rig_context context;
	uint32_t *word;
	uint64_t gma;
};

static void job_create(struct job *job, uint32_t id)
{
	uint64_t gpa = rig_alloc(guest, 1);

	rig_context_create(&job->context, guest, ENGINE, id);
	job->word = rig_at(guest, gpa);
	job->gma = rig_bind(guest, gpa, 1);
}

static void csb_is(unsigned index, uint32_t status, uint32_t id)
{
	const uint32_t *hwsp = rig_hwsp(guest, ENGINE);

	assert_int_equal(rig_read32(guest, reg(RING_CSB_LO(index))), status);
	assert_int_equal(rig_read32(guest, reg(RING_CSB_HI(index))), id);
	assert_int_equal(hwsp[GEN9_HWSP_CSB_DWORD + 2 * index], status);
	assert_int_equal(hwsp[GEN9_HWSP_CSB_DWORD + 2 * index + 1], id);
}

static void csb_pointer_is(unsigned index)
{
	assert_int_equal(rig_read32(guest, reg(RING_CSB_PTR)) & 7, index);
	assert_int_equal(rig_hwsp(guest, ENGINE)[GEN9_HWSP_CSB_WRITE_DWORD], index);
}

static void one_context_runs(void **state)
{
	struct job job;

	job_create(&job, 0x42);
	rig_emit_store(&job.context, job.gma, 0x600dcafe);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(*job.word, 0x600dcafe);
	csb_is(0, CSB_IDLE_TO_ACTIVE, 0);
	csb_is(1, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 0x42);
	csb_pointer_is(1);
	assert_int_equal(rig_context_state(&job.context)[CTX_RING_HEAD + 1], job.context.tail);
	assert_int_equal(rig_read32(guest, reg(RING_TAIL)), job.context.tail);
	assert_int_equal(rig_read32(guest, reg(RING_HEAD)), job.context.tail);
	assert_int_equal(rig_read32(guest, reg(RING_START)), job.context.ring_gma);
	assert_int_equal(rig_stats(guest).workloads_accepted, 1);
	assert_int_equal(rig_stats(guest).workloads_completed, 1);
}

static void two_contexts_switch_elements(void **state)
{
	struct job a, b;

	job_create(&a, 1);
	job_create(&b, 2);
	rig_emit_store(&a.context, a.gma, 10);
	rig_emit_store(&b.context, b.gma, 20);
	rig_submit(guest, ENGINE, rig_descriptor(&b.context), rig_descriptor(&a.context));
	assert_int_equal(*a.word, 10);
	assert_int_equal(*b.word, 20);
	csb_is(0, CSB_IDLE_TO_ACTIVE, 0);
	csb_is(1, CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH, 1);
	csb_is(2, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 2);
	csb_pointer_is(2);
}

static void status_buffer_wraps(void **state)
{
	struct job job;

	job_create(&job, 3);
	for (unsigned i = 1; i <= 8; i++) {
		rig_emit_store(&job.context, job.gma, i);
		rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
		assert_int_equal(*job.word, i);
		csb_is((2 * i - 2) % 6, CSB_IDLE_TO_ACTIVE, 0);
		csb_is((2 * i - 1) % 6, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 3);
		csb_pointer_is((2 * i - 1) % 6);
	}
}

struct twice {
	struct job *job;
	uint32_t first_tail;
};

static void submit_twice(struct rig_guest *g, void *arg)
{
	struct twice *twice = arg;
	struct rig_context *context = &twice->job->context;
	uint64_t descriptor = rig_descriptor(context);

	rig_context_state(context)[CTX_RING_TAIL + 1] = twice->first_tail;
	for (unsigned n = 0; n < 2; n++) {
		guest_store(g, reg(RING_ELSP), 4, 0);
		guest_store(g, reg(RING_ELSP), 4, 0);
		guest_store(g, reg(RING_ELSP), 4, descriptor >> 32);
		guest_store(g, reg(RING_ELSP), 4, (uint32_t)descriptor);
		rig_context_state(context)[CTX_RING_TAIL + 1] = context->tail;
	}
}

// The same context again while it is there: its first completion is swallowed, its commands are run
// once, from where the first submission ends.
static void resubmission_is_a_lite_restore(void **state)
{
	struct job job;
	struct twice twice = { .job = &job };
	struct gen9_engine_stats stats;
	uint64_t counter = rig_alloc(guest, 1);
	uint64_t counter_gma = rig_bind(guest, counter, 1);

	job_create(&job, 4);
	rig_emit_store(&job.context, job.gma, 1);
	twice.first_tail = job.context.tail;
	rig_emit_store(&job.context, counter_gma, 2);
	rig_run(guest, submit_twice, &twice);
	gen9_gpu_engine_stats(rig.gpu, ENGINE, &stats);
	assert_int_equal(stats.bytes_written, 8);
	assert_int_equal(*job.word, 1);
	assert_int_equal(*(uint32_t *)rig_at(guest, counter), 2);
	assert_int_equal(rig_stats(guest).workloads_completed, 2);
	csb_is(0, CSB_IDLE_TO_ACTIVE, 0);
	csb_is(1, CSB_PREEMPTED | CSB_LITE_RESTORE, 4);
	csb_is(2, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 4);
	csb_pointer_is(2);
}

static void invalid_descriptors_are_dropped(void **state)
{
	struct job job;
	uint64_t good;
	uint64_t page = rig_alloc(guest, 1);

	job_create(&job, 5);
	rig_emit_store(&job.context, job.gma, 1);
	good = rig_descriptor(&job.context);
	const uint64_t bad[][2] = {
  // element 0, element 1
		{good & ~(uint64_t)CTX_DESC_VALID,                                    0                                   },
		{ 0,								  0				   },
		{ 0,								  good				},
		{ good & ~(uint64_t)CTX_DESC_PRIVILEGE,                               0                                   },
		{ good,							       good & ~(uint64_t)CTX_DESC_PRIVILEGE},
		{ good & ~(uint64_t)CTX_DESC_MODE_MASK,                               0                                   },
		{ (good & ~(uint64_t)CTX_DESC_MODE_MASK) | 2u << CTX_DESC_MODE_SHIFT, 0                                   },
	};
	const size_t count = sizeof(bad) / sizeof(bad[0]);

	for (size_t i = 0; i < count; i++)
		rig_submit(guest, ENGINE, bad[i][1], bad[i][0]);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DESCRIPTOR_INVALID), count);
	assert_int_equal(rig_negotiate(guest, page, PVMMIO_ELSP_SUBMIT), PVMMIO_ELSP_SUBMIT);
	for (size_t i = 0; i < count; i++)
		rig_submit_pv(guest, ENGINE, page, bad[i][1], bad[i][0]);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DESCRIPTOR_INVALID), 2 * count);
	assert_int_equal(rig_stats(guest).workloads_accepted, 0);
	assert_int_equal(rig_read32(guest, reg(RING_CSB_PTR)), GEN9_CSB_PTR_RESET);
	assert_false(rig_stats(guest).failsafe);
	rig_submit_pv(guest, ENGINE, page, 0, good);
	assert_int_equal(*job.word, 1);
}

static void one_write_submits_with_pvmmio(void **state)
{
	uint64_t page = rig_alloc(guest, 1);
	struct job a, b;

	job_create(&a, 6);
	job_create(&b, 7);
	rig_emit_store(&a.context, a.gma, 1);
	rig_emit_store(&b.context, b.gma, 2);
	rig_negotiate(guest, page, PVMMIO_ELSP_SUBMIT);
	rig_submit_pv(guest, ENGINE, page, rig_descriptor(&b.context), rig_descriptor(&a.context));
	assert_int_equal(*a.word, 1);
	assert_int_equal(*b.word, 2);
	csb_is(2, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 7);
}

// While the level is on, each of four native writes is a doorbell.
static void native_writes_submit_four_times_with_pvmmio(void **state)
{
	uint64_t page = rig_alloc(guest, 1);
	struct job job;

	job_create(&job, 8);
	rig_emit_store(&job.context, job.gma, 1);
	rig_negotiate(guest, page, PVMMIO_ELSP_SUBMIT);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	// 0, 0 and the id are no valid element 0; the last one is, with a stale record.
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DESCRIPTOR_INVALID), 3);
	assert_int_equal(rig_stats(guest).workloads_accepted, 1);
}

// A guest that stops in the middle keeps its skew, until the engine is reset.
static void collector_keeps_its_position(void **state)
{
	struct job job;

	job_create(&job, 9);
	rig_emit_store(&job.context, job.gma, 1);
	rig_write32(guest, reg(RING_ELSP), 0);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_DESCRIPTOR_INVALID), 1);
	assert_int_equal(guest->vgpu->engines[ENGINE].execlist.elsp_count, 1);
	rig_write32(guest, GDRST, 1u << gen9_engines[ENGINE].gdrst_bit);
	rig_write32(guest, reg(RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(*job.word, 1);
}

static void engines_collect_apart(void **state)
{
	struct job job;

	job_create(&job, 10);
	rig_emit_store(&job.context, job.gma, 1);
	rig_write32(guest, rig_reg(GEN9_VCS0, RING_ELSP), 1);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(*job.word, 1);
	assert_int_equal(guest->vgpu->engines[GEN9_VCS0].execlist.elsp_count, 1);
}

// Submissions before run lists are on are queued, and run once they are.
static void submission_waits_for_run_list(void **state)
{
	struct job job;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ 0 });
	guest = &rig.guests[0];
	rig_read32(guest, PVINFO_BASE);
	job_create(&job, 11);
	rig_emit_store(&job.context, job.gma, 1);
	rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(*job.word, 0);
	assert_int_equal(rig_stats(guest).workloads_accepted, 1);
	rig_write32(guest, rig_reg(GEN9_RCS0, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_int_equal(*job.word, 1);
}

static void flood_fills_its_own_queue_only(void **state)
{
	struct job job;

	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ 0 });
	guest = &rig.guests[0];
	rig_read32(guest, PVINFO_BASE);
	job_create(&job, 11);
	rig_emit_store(&job.context, job.gma, 1);
	for (unsigned i = 0; i < WORKLOAD_QUEUE_LIMIT + 3; i++)
		rig_submit(guest, ENGINE, 0, rig_descriptor(&job.context));
	assert_int_equal(rig_stats(guest).workloads_accepted, WORKLOAD_QUEUE_LIMIT - 1);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_WORKLOAD_FLOOD), 4);
	assert_false(rig_stats(guest).failsafe);
}

/* ---- the virtual engine by itself, driven as the engine thread does ---- */

static uint64_t descriptor(uint32_t id)
{
	return id ? (uint64_t)id << 32 | id << 12 | 0x119 : 0;
}

static int in(uint32_t first, uint32_t second)
{
	struct workload workload = {
		.vgpu = guest->vgpu,
		.engine = ENGINE,
		.schedule_in = true,
		.descriptor = descriptor(first),
		.pair = {descriptor(first), descriptor(second)},
	};

	return execlist_schedule_in(&workload);
}

static void out(uint32_t id)
{
	struct workload workload = { .vgpu = guest->vgpu,
				     .engine = ENGINE,
				     .descriptor = descriptor(id) };

	execlist_schedule_out(&workload);
}

static uint32_t status(void)
{
	return rig_read32(guest, reg(RING_EXECLIST_STATUS_LO));
}

static void another_context_is_pending(void **state)
{
	assert_int_equal(in(1, 0), 0);
	assert_int_equal(status(),
			 EL_STATUS_WRITE_POINTER | EL_STATUS_EL0_VALID | EL_STATUS_EL0_ACTIVE);
	assert_int_equal(rig_read32(guest, reg(RING_EXECLIST_STATUS_HI)), 1);
	assert_int_equal(in(2, 3), 0);
	assert_true(status() & EL_STATUS_QUEUE_FULL);
	csb_pointer_is(0);
	out(1);
	csb_is(1, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 1);
	csb_is(2, CSB_IDLE_TO_ACTIVE, 0);
	assert_int_equal(status(),
			 EL_STATUS_CURRENT_POINTER | EL_STATUS_EL1_VALID | EL_STATUS_EL1_ACTIVE);
	out(2);
	csb_is(3, CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH, 2);
	assert_int_equal(rig_read32(guest, reg(RING_EXECLIST_STATUS_HI)), 3);
	out(3);
	csb_is(4, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 3);
	assert_int_equal(status() & (EL_STATUS_EL0_VALID | EL_STATUS_EL1_VALID), 0);
}

static void third_submission_overruns(void **state)
{
	assert_int_equal(in(1, 0), 0);
	assert_int_equal(in(2, 0), 0);
	assert_true(in(3, 0) < 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_EXECLIST_OVERRUN), 1);
	out(1);
	out(2);
	csb_is(3, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 2);
}

static void lite_restore_is_of_the_last_element(void **state)
{
	assert_int_equal(in(1, 2), 0);
	assert_int_equal(in(1, 0), 0); // element 0, while element 1 is still to come
	assert_true(status() & EL_STATUS_QUEUE_FULL);
	out(1);
	out(2);
	out(1);
	csb_is(4, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 1);
	csb_pointer_is(4);
	assert_int_equal(in(5, 6), 0); // entry 5
	out(5);                        // entry 0
	assert_int_equal(in(6, 7), 0); // entry 1: the last element again, with another behind it
	csb_is(1, CSB_PREEMPTED | CSB_LITE_RESTORE, 6);
	out(6);
	csb_is(2, CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH, 6);
	out(7);
	csb_is(3, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 7);
}

// Element 1 has not started: nothing of it can be restored.
static void context_of_a_later_element_is_pending(void **state)
{
	assert_int_equal(in(1, 2), 0);
	assert_int_equal(in(2, 0), 0);
	assert_true(status() & EL_STATUS_QUEUE_FULL);
	csb_pointer_is(0);
}

static void pair_of_equal_contexts_ends(void **state)
{
	assert_int_equal(in(1, 1), 0);
	out(1); // the first completion is swallowed by whoever has the queue
	csb_is(1, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 1);
	out(1);
	csb_pointer_is(1);
	out(9); // never announced
	csb_pointer_is(1);
}

static void no_status_page_no_mirror(void **state)
{
	uint32_t *hwsp = rig_hwsp(guest, ENGINE);
	uint32_t entry = (uint32_t)(GEN9_GTT_WINDOW +
				    8 * (guest->vgpu->engines[ENGINE].hws_pga >> PAGE_SHIFT));

	hwsp[GEN9_HWSP_CSB_WRITE_DWORD] = 5;
	rig_write(guest, entry, 8, 0);
	assert_int_equal(in(1, 0), 0);
	assert_int_equal(hwsp[GEN9_HWSP_CSB_WRITE_DWORD], 5);
	assert_int_equal(rig_read32(guest, reg(RING_CSB_PTR)) & 7, 0);
	out(1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_context_runs),
		TEST(two_contexts_switch_elements),
		TEST(status_buffer_wraps),
		TEST(resubmission_is_a_lite_restore),
		TEST(invalid_descriptors_are_dropped),
		TEST(one_write_submits_with_pvmmio),
		TEST(native_writes_submit_four_times_with_pvmmio),
		TEST(collector_keeps_its_position),
		TEST(engines_collect_apart),
		TEST(submission_waits_for_run_list),
		TEST(flood_fills_its_own_queue_only),
		TEST(another_context_is_pending),
		TEST(third_submission_overruns),
		TEST(lite_restore_is_of_the_last_element),
		TEST(context_of_a_later_element_is_pending),
		TEST(pair_of_equal_contexts_ends),
		TEST(no_status_page_no_mirror),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
