// SPDX-License-Identifier: MIT
// Two vGPUs on one GPU: shares, turns, hangs, resets, ends. What one does costs the other only
// time.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>
#include <string.h>

#include "host/gtt.h"
#include "host/workload.h"
#include "rig.h"

static struct rig rig;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .vm_count = 2 });
	rig_boot(&rig.guests[0]);
	rig_boot(&rig.guests[1]);
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

// A context, and a page that its commands write to.
struct job {
	struct rig_context context;
	uint32_t *word;
	uint64_t gma;
};

static void job_create(struct job *job, struct rig_guest *guest, enum gen9_engine_id engine,
		       uint32_t id)
{
	uint64_t gpa = rig_alloc(guest, 1);

	rig_context_create(&job->context, guest, engine, id);
	job->word = rig_at(guest, gpa);
	job->gma = rig_bind(guest, gpa, 1);
}

static void submit(struct job *job)
{
	rig_submit(job->context.guest, job->context.engine, 0, rig_descriptor(&job->context));
}

static void store_runs(struct job *job, uint32_t value)
{
	rig_emit_store(&job->context, job->gma, value);
	submit(job);
	assert_int_equal(*job->word, value);
}

static void emit_draw(struct job *job, uint32_t vertices)
{
	const uint32_t draw[] = { CMD_3DPRIMITIVE, 0, vertices, 0, 1, 0, 0, MI_NOOP };

	rig_emit(&job->context, draw, 8);
}

// Store the engine's clock.
static void emit_time(struct job *job, uint32_t index)
{
	const uint32_t srm[] = { MI_STORE_REGISTER_MEM | MI_USE_GGTT,
				 rig_reg(job->context.engine, RING_TIMESTAMP),
				 (uint32_t)job->gma + 4 * index, 0 };

	rig_emit(&job->context, srm, 4);
}

/* ---- shares ---- */

static void shares_do_not_meet(void **state)
{
	const struct vgpu *a = rig.guests[0].vgpu;
	const struct vgpu *b = rig.guests[1].vgpu;

	assert_int_equal(a->id, 1);
	assert_int_equal(b->id, 2);
	assert_true(a->ggtt.low.base + a->ggtt.low.bytes <= b->ggtt.low.base);
	assert_true(a->ggtt.high.base + a->ggtt.high.bytes <= b->ggtt.high.base);
	assert_true(b->ggtt.low.base + b->ggtt.low.bytes <= GGTT_MAPPABLE_BYTES);
	assert_true(a->fence_base + a->fence_count <= b->fence_base);
	assert_false(gtt_in_share(a, b->ggtt.low.base, 1));
	assert_false(gtt_in_share(b, a->ggtt.high.base, 1));
}

static int create(struct vgpu **out, uint64_t aperture, uint64_t hidden, unsigned fences,
		  uint64_t bar0)
{
	const struct vgpu_config config = {
		.vm = rig.guests[0].vm,
		.bar0 = bar0,
		.aperture_bytes = aperture,
		.hidden_bytes = hidden,
		.fence_count = fences,
	};

	return vgpu_create(out, rig.gvt, &config);
}

static void creation_fails_cleanly(void **state)
{
	const uint64_t other_bar0 = RIG_GUEST_BAR0 + GEN9_BAR0_SIZE_BYTES;
	uint64_t pages = physmem_host_pages(rig.m->pm);
	struct vgpu *vgpu;

	assert_int_equal(create(&vgpu, MIB + 1, MIB, 4, other_bar0), -EINVAL);
	assert_int_equal(create(&vgpu, MIB, 4095, 4, other_bar0), -EINVAL);
	assert_int_equal(create(&vgpu, 0, MIB, 4, other_bar0), -EINVAL);
	assert_int_equal(create(&vgpu, MIB, MIB, 4, other_bar0 + 4096), -EINVAL);
	assert_int_equal(create(&vgpu, MIB, MIB, 33, other_bar0), -EINVAL);
	assert_int_equal(create(&vgpu, UINT64_MAX << PAGE_SHIFT, MIB, 4, other_bar0), -EINVAL);
	// The aperture is full; the rest is not; 20 fences are left.
	assert_int_equal(create(&vgpu, 4096, MIB, 4, other_bar0), -ENOSPC);
	vgpu_destroy(rig.guests[1].vgpu);
	rig.guests[1].vgpu = NULL;
	pages = physmem_host_pages(rig.m->pm);
	assert_int_equal(create(&vgpu, MIB, 4096 * MIB, 4, other_bar0), -ENOSPC);
	assert_int_equal(create(&vgpu, MIB, MIB, 25, other_bar0), -ENOSPC);
	assert_int_equal(create(&vgpu, MIB, MIB, 4, RIG_GUEST_BAR0), -EEXIST);
	assert_int_equal(physmem_host_pages(rig.m->pm), pages);
	assert_int_equal(create(&vgpu, 64 * MIB, MIB, 24, other_bar0), 0);
	assert_int_equal(vgpu->id, 2);
	vgpu_destroy(vgpu);
	assert_int_equal(physmem_host_pages(rig.m->pm), pages);
}

// As many as there are ids, each with its part of what GVT-g leaves of the GGTT.
static void sixty_four_small_ones(void **state)
{
	struct vgpu *vgpus[GVT_VGPU_LIMIT + 1] = { 0 };
	unsigned count = 0;
	int ret;

	for (unsigned vm = 0; vm < 2; vm++) {
		vgpu_destroy(rig.guests[vm].vgpu);
		rig.guests[vm].vgpu = NULL;
	}
	do {
		ret = create(&vgpus[count], MIB, 54 * MIB, 0,
			     RIG_GUEST_BAR0 + count * GEN9_BAR0_SIZE_BYTES);
	} while (!ret && ++count <= GVT_VGPU_LIMIT);
	assert_int_equal(ret, -ENOSPC);
	assert_int_equal(count, 64);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(vgpus[i]->id, i + 1);
		assert_ptr_equal(rig.gvt->vgpus[i + 1], vgpus[i]);
		assert_true(i == 0 || vgpus[i]->ggtt.low.base == vgpus[i - 1]->ggtt.low.base + MIB);
	}
	while (count--)
		vgpu_destroy(vgpus[count]);
}

static void fences_go_with_their_owner(void **state)
{
	struct rig_guest *guest = &rig.guests[1];
	uint32_t start = (uint32_t)guest->vgpu->ggtt.low.base;
	uint64_t host = RIG_HOST_BAR0 + FENCE_LO(guest->vgpu->fence_base + 3);

	rig_write32(guest, FENCE_HI(3), start);
	rig_write32(guest, FENCE_LO(3), start | 1);
	assert_int_equal(bus_read(rig.m->host_bus, host, 4), start | 1);
	vgpu_destroy(guest->vgpu);
	guest->vgpu = NULL;
	assert_int_equal(bus_read(rig.m->host_bus, host, 4), 0);
}

/* ---- turns ---- */

static void both_get_what_they_submit(void **state)
{
	struct job jobs[2][GEN9_ENGINE_COUNT];

	for (unsigned vm = 0; vm < 2; vm++)
		for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
			job_create(&jobs[vm][id], &rig.guests[vm], id, 1);
	for (unsigned round = 1; round <= 3; round++)
		for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
			for (unsigned vm = 0; vm < 2; vm++)
				store_runs(&jobs[vm][id], 100 * vm + 10 * round + id);
	for (unsigned vm = 0; vm < 2; vm++)
		assert_int_equal(rig_stats(&rig.guests[vm]).workloads_completed,
				 3 * GEN9_ENGINE_COUNT);
}

static void submit_all(struct rig_guest *guest, void *arg)
{
	struct job *job = arg;

	for (unsigned i = 0; job[i].word; i++) {
		uint64_t descriptor = rig_descriptor(&job[i].context);
		uint32_t elsp = rig_reg(job[i].context.engine, RING_ELSP);

		guest_store(guest, elsp, 4, 0);
		guest_store(guest, elsp, 4, 0);
		guest_store(guest, elsp, 4, descriptor >> 32);
		guest_store(guest, elsp, 4, (uint32_t)descriptor);
	}
}

#define CROWD 8

// One has eight times 0.4 ms of work queued; the other comes with a little, and waits for a slice.
static void nobody_waits_for_the_others_whole_queue(void **state)
{
	struct job crowd[CROWD + 1] = { 0 };
	struct job one[2] = { 0 };
	struct cost_profile costs = { 0 };
	struct executor *ex;

	// Threads that take their time to wake: engine threads are sooner back than the service.
	costs.value[COST_WORK_THREAD_WAKE] = 5 * PS_PER_US;
	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .vm_count = 2, .costs = &costs });
	rig_boot(&rig.guests[0]);
	rig_boot(&rig.guests[1]);
	ex = rig.m->ex;
	for (unsigned i = 0; i < CROWD; i++) {
		job_create(&crowd[i], &rig.guests[0], GEN9_RCS0, i + 1);
		emit_draw(&crowd[i], 400000);
		emit_time(&crowd[i], 0);
	}
	job_create(&one[0], &rig.guests[1], GEN9_RCS0, 1);
	emit_time(&one[0], 0);
	for (unsigned vm = 0; vm < 2; vm++) {
		rig.guests[vm].program = submit_all;
		rig.guests[vm].arg = vm ? one : crowd;
		exec_wake_all(ex, &rig.guests[vm].waiting, executor_time_ps(ex));
	}
	rig_settle(&rig);
	for (unsigned i = 0; i < CROWD; i++)
		assert_int_not_equal(*crowd[i].word, 0);
	assert_true(*one[0].word > *crowd[0].word);
	assert_true(*one[0].word < *crowd[CROWD - 1].word);
}

// The GPU has one owner at a time: engines that are free do not serve anybody else.
static void engines_change_hands_together(void **state)
{
	struct job first[2] = { 0 };
	struct job second[2] = { 0 };
	struct executor *ex = rig.m->ex;

	job_create(&first[0], &rig.guests[0], GEN9_RCS0, 1);
	emit_draw(&first[0], 3000000); // 3 ms: three slices
	emit_time(&first[0], 0);
	job_create(&second[0], &rig.guests[1], GEN9_BCS0, 1);
	emit_time(&second[0], 0);
	for (unsigned vm = 0; vm < 2; vm++) {
		rig.guests[vm].program = submit_all;
		rig.guests[vm].arg = vm ? second : first;
		exec_wake_all(ex, &rig.guests[vm].waiting, executor_time_ps(ex));
	}
	rig_settle(&rig);
	assert_int_not_equal(*first[0].word, 0);
	assert_true(*second[0].word > *first[0].word);
}

// Submit arg's jobs at 0.5 ms; at 2 ms give up, by a reset of the whole virtual GPU.
static void submit_and_give_up(struct rig_guest *guest, void *arg)
{
	struct executor *ex = rig.m->ex;
	uint64_t start_ps = exec_now(ex);

	exec_sleep_until(ex, start_ps + 500 * PS_PER_US);
	submit_all(guest, arg);
	exec_sleep_until(ex, start_ps + 2000 * PS_PER_US);
	guest_store(guest, GDRST, 4, 1);
}

// Submit the first job now, the second at 1.5 ms, when the other's turn has been decided.
static void submit_one_by_one(struct rig_guest *guest, void *arg)
{
	struct job *job = arg;
	struct job now[2] = { job[0] };
	struct executor *ex = rig.m->ex;

	submit_all(guest, now);
	exec_sleep_until(ex, exec_now(ex) + 1500 * PS_PER_US);
	submit_all(guest, job + 1);
}

// An engine that has held back for the next owner goes on when that one does not come after all.
static void next_owner_does_not_come(void **state)
{
	struct job mine[3] = { 0 };
	struct job others[2] = { 0 };

	job_create(&mine[0], &rig.guests[0], GEN9_RCS0, 1);
	emit_draw(&mine[0], 3000000); // 3 ms: three slices
	emit_time(&mine[0], 0);
	job_create(&mine[1], &rig.guests[0], GEN9_BCS0, 2);
	emit_time(&mine[1], 0);
	job_create(&others[0], &rig.guests[1], GEN9_RCS0, 1);
	emit_time(&others[0], 0);
	rig.guests[1].program = submit_and_give_up;
	rig.guests[1].arg = others;
	exec_wake_all(rig.m->ex, &rig.guests[1].waiting, executor_time_ps(rig.m->ex));
	rig_run(&rig.guests[0], submit_one_by_one, mine);
	assert_int_equal(*others[0].word, 0);
	assert_int_not_equal(*mine[0].word, 0);
	assert_int_not_equal(*mine[1].word, 0);
	assert_true(*mine[1].word < *mine[0].word);
}

// A register that commands can write and no context holds changes hands with the engine.
static void switched_registers_follow_their_owner(void **state)
{
	struct job jobs[2];
	uint32_t nopid = rig_reg(GEN9_BCS0, RING_NOPID);

	for (unsigned vm = 0; vm < 2; vm++)
		job_create(&jobs[vm], &rig.guests[vm], GEN9_BCS0, 1);
	for (unsigned vm = 0; vm < 2; vm++) {
		const uint32_t lri[] = { MI_LOAD_REGISTER_IMM(1), nopid, 100 + vm, MI_NOOP };

		rig_emit(&jobs[vm].context, lri, 4);
		submit(&jobs[vm]);
	}
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned vm = 0; vm < 2; vm++) {
			const uint32_t srm[] = { MI_STORE_REGISTER_MEM | MI_USE_GGTT, nopid,
						 (uint32_t)jobs[vm].gma, 0 };

			rig_emit(&jobs[vm].context, srm, 4);
			submit(&jobs[vm]);
			assert_int_equal(*jobs[vm].word, 100 + vm);
		}
	}
}

static void engine_state_is_the_owners(void **state)
{
	struct job jobs[2];
	uint32_t acthd = rig_reg(GEN9_BCS0, RING_ACTHD);

	for (unsigned vm = 0; vm < 2; vm++)
		job_create(&jobs[vm], &rig.guests[vm], GEN9_BCS0, 1);
	store_runs(&jobs[0], 1);
	assert_int_not_equal(rig_read32(&rig.guests[0], acthd), 0);
	assert_int_equal(rig_read32(&rig.guests[1], acthd), 0);
}

/* ---- hangs ---- */

static void bad_blit(struct job *job)
{
	// A raster operation that the engine does not have.
	const uint32_t fill[] = {
		XY_COLOR_BLT, 3u << 24 | 0x550000 | 4, 0, 1u << 16 | 1, (uint32_t)job->gma, 0, 0,
		MI_NOOP
	};

	rig_emit(&job->context, fill, 8);
}

static void hang_costs_the_guilty_its_queue(void **state)
{
	struct job guilty[3] = { 0 };
	struct job other;

	for (unsigned i = 0; i < 2; i++)
		job_create(&guilty[i], &rig.guests[0], GEN9_BCS0, i + 1);
	job_create(&other, &rig.guests[1], GEN9_BCS0, 1);
	bad_blit(&guilty[0]);
	rig_emit_store(&guilty[1].context, guilty[1].gma, 1);
	rig_run(&rig.guests[0], submit_all, guilty);
	assert_int_equal(rig_incidents(&rig.guests[0], GVT_INCIDENT_WORKLOAD_HANG), 1);
	assert_int_equal(*guilty[1].word, 0);
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_failed, 2);
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_completed, 0);
	assert_false(rig_stats(&rig.guests[0]).failsafe);
	// The status buffer shows the start and no end, as on an engine that hangs.
	assert_int_equal(rig_read32(&rig.guests[0], rig_reg(GEN9_BCS0, RING_CSB_PTR)) & 7, 0);
	store_runs(&other, 5);
	assert_int_equal(rig_incidents(&rig.guests[1], GVT_INCIDENT_WORKLOAD_HANG), 0);
	// The guest's driver resets its engine and goes on.
	rig_write32(&rig.guests[0], GDRST, 1u << gen9_engines[GEN9_BCS0].gdrst_bit);
	rig_write32(&rig.guests[0], rig_reg(GEN9_BCS0, RING_MODE),
		    MASKED_ENABLE(RING_MODE_RUN_LIST));
	store_runs(&guilty[1], 6);
}

// No error interrupt: only the clock says that it takes too long.
static void endless_work_is_given_up(void **state)
{
	struct job forever;
	struct job other;
	uint64_t start_ps;

	job_create(&forever, &rig.guests[0], GEN9_RCS0, 1);
	job_create(&other, &rig.guests[1], GEN9_RCS0, 1);
	emit_draw(&forever, UINT32_MAX);
	emit_draw(&forever, UINT32_MAX);
	emit_draw(&forever, UINT32_MAX);
	emit_draw(&forever, UINT32_MAX);
	start_ps = executor_time_ps(rig.m->ex);
	submit(&forever);
	assert_int_equal(rig_incidents(&rig.guests[0], GVT_INCIDENT_WORKLOAD_HANG), 1);
	assert_true(executor_time_ps(rig.m->ex) - start_ps < 20 * PS_PER_S);
	store_runs(&other, 7);
}

static void long_work_is_left_alone(void **state)
{
	struct job job;

	job_create(&job, &rig.guests[0], GEN9_RCS0, 1);
	emit_draw(&job, 4200000000u); // 4.2 s
	store_runs(&job, 8);
	assert_int_equal(rig_incidents(&rig.guests[0], GVT_INCIDENT_WORKLOAD_HANG), 0);
}

/* ---- failsafe ---- */

static void failsafe_is_one_guests_affair(void **state)
{
	struct job bad;
	struct job good;
	const uint32_t update[] = { 0x11800000, 0, 0, MI_NOOP };

	job_create(&bad, &rig.guests[0], GEN9_VCS0, 1);
	job_create(&good, &rig.guests[1], GEN9_VCS0, 1);
	store_runs(&good, 1);
	rig_emit(&bad.context, update, 4);
	submit(&bad);
	assert_true(rig_stats(&rig.guests[0]).failsafe);
	assert_false(rig_stats(&rig.guests[1]).failsafe);
	store_runs(&good, 2);
	rig_emit_store(&bad.context, bad.gma, 1);
	submit(&bad);
	assert_int_equal(*bad.word, 0);
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_accepted, 0);
	assert_int_equal(rig_incidents(&rig.guests[1], GVT_INCIDENT_FAILSAFE), 0);
}

// Audited late: the second of a pair is looked at when its turn comes.
static void late_audit_fails_the_guest(void **state)
{
	struct job jobs[2];
	const uint32_t update[] = { 0x11800000, 0, 0, MI_NOOP };

	for (unsigned i = 0; i < 2; i++)
		job_create(&jobs[i], &rig.guests[0], GEN9_VCS0, i + 1);
	rig_emit_store(&jobs[0].context, jobs[0].gma, 1);
	rig_emit(&jobs[1].context, update, 4);
	rig_submit(&rig.guests[0], GEN9_VCS0, rig_descriptor(&jobs[1].context),
		   rig_descriptor(&jobs[0].context));
	assert_int_equal(*jobs[0].word, 1);
	assert_true(rig_stats(&rig.guests[0]).failsafe);
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_completed, 1);
	assert_int_equal(rig_stats(&rig.guests[0]).workloads_failed, 1);
}

/* ---- resets ---- */

struct reset {
	struct job *jobs;
	uint32_t gdrst;
};

static void submit_and_reset(struct rig_guest *guest, void *arg)
{
	const struct reset *reset = arg;

	submit_all(guest, reset->jobs);
	exec_sleep_until(rig.m->ex, exec_now(rig.m->ex) + 100 * PS_PER_US);
	guest_store(guest, GDRST, 4, reset->gdrst);
}

// What runs ends unseen, what is queued never runs.
static void reset_forgets_the_queue(void **state)
{
	struct job jobs[3] = { 0 };
	struct reset reset = { jobs, 1u << gen9_engines[GEN9_RCS0].gdrst_bit };
	struct rig_guest *guest = &rig.guests[0];

	for (unsigned i = 0; i < 2; i++) {
		job_create(&jobs[i], guest, GEN9_RCS0, i + 1);
		emit_draw(&jobs[i], 1000000); // 1 ms
		rig_emit_store(&jobs[i].context, jobs[i].gma, i + 1);
	}
	rig_run(guest, submit_and_reset, &reset);
	assert_int_equal(*jobs[0].word, 1);
	assert_int_equal(*jobs[1].word, 0);
	assert_int_equal(rig_context_state(&jobs[0].context)[CTX_RING_HEAD + 1], 0);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_CSB_PTR)), GEN9_CSB_PTR_RESET);
	assert_int_equal(rig_read32(guest, GDRST), 0);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_MODE)), RING_MODE_RUN_LIST);
	assert_int_equal(rig_stats(guest).workloads_completed, 0);
	assert_int_equal(rig_stats(guest).workloads_failed, 2);
	// Out of the run queue until a run list enable, on whatever engine.
	submit(&jobs[1]);
	assert_int_equal(*jobs[1].word, 0);
	rig_write32(guest, rig_reg(GEN9_VCS1, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_int_equal(*jobs[1].word, 2);
}

static void reset_forgets_what_never_started(void **state)
{
	struct rig_guest *guest = &rig.guests[0];
	struct job job;

	job_create(&job, guest, GEN9_RCS0, 1);
	rig_emit_store(&job.context, job.gma, 1);
	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_RCS0].gdrst_bit);
	submit(&job);
	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_RCS0].gdrst_bit);
	rig_write32(guest, rig_reg(GEN9_RCS0, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	assert_int_equal(rig_stats(guest).workloads_accepted, 1);
	assert_int_equal(*job.word, 0);
}

static void engine_reset_spares_other_engines(void **state)
{
	struct job jobs[2];
	struct rig_guest *guest = &rig.guests[0];

	job_create(&jobs[0], guest, GEN9_RCS0, 1);
	job_create(&jobs[1], guest, GEN9_VECS0, 2);
	store_runs(&jobs[0], 1);
	store_runs(&jobs[1], 1);
	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_RCS0].gdrst_bit);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_CSB_PTR)), GEN9_CSB_PTR_RESET);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_VECS0, RING_CSB_PTR)), 1);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_START)),
			 jobs[0].context.ring_gma);
}

static void full_reset_spares_what_is_above(void **state)
{
	struct rig_guest *guest = &rig.guests[0];

	rig_write32(guest, 0x44100, 5);
	rig_write32(guest, 0x45000, 6);
	rig_write32(guest, GDRST, 1);
	assert_int_equal(rig_read32(guest, 0x44100), 0);
	assert_int_equal(rig_read32(guest, 0x45000), 6);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(rig_read32(guest, GT_IER(0)), UINT32_MAX);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_MODE)), 0);
	assert_int_equal(rig_read32(guest, rig_reg(GEN9_RCS0, RING_HWS_PGA)), 0);
	assert_int_equal(guest->vgpu->engines[GEN9_RCS0].hws_pga, 0);
	assert_false(guest->vgpu->scheduled);
}

/* ---- ends ---- */

static void stop(struct rig_guest *guest, void *arg)
{
	submit_all(guest, arg);
	exec_sleep_until(rig.m->ex, exec_now(rig.m->ex) + 100 * PS_PER_US);
	executor_stop(rig.m->ex);
}

// The simulation ends in the middle of everything: teardown checks that nothing is lost.
static void end_in_the_middle(void **state)
{
	struct job jobs[4] = { 0 };
	struct rig_guest *guest = &rig.guests[0];

	for (unsigned i = 0; i < 3; i++) {
		job_create(&jobs[i], guest, i == 2 ? GEN9_BCS0 : GEN9_RCS0, i + 1);
		if (i < 2)
			emit_draw(&jobs[i], 1000000);
		rig_emit_store(&jobs[i].context, jobs[i].gma, 1);
	}
	guest->program = stop;
	guest->arg = jobs;
	exec_wake_all(rig.m->ex, &guest->waiting, executor_time_ps(rig.m->ex));
	assert_int_equal(executor_run(rig.m->ex), 1);
	assert_non_null(guest->vgpu->engines[GEN9_RCS0].first);
}

static void destroy_other(struct rig_guest *guest, void *arg)
{
	struct rig_guest *other = arg;

	exec_sleep_until(rig.m->ex, exec_now(rig.m->ex) + 100 * PS_PER_US);
	vgpu_destroy(other->vgpu);
	other->vgpu = NULL;
}

// A vGPU goes while an engine works for it: that is waited for, its memory is not touched after.
static void destroy_at_run_time(void **state)
{
	struct job doomed[3] = { 0 };
	struct job other;
	uint64_t pages;

	pages = physmem_host_pages(rig.m->pm);
	for (unsigned i = 0; i < 2; i++) {
		job_create(&doomed[i], &rig.guests[0], GEN9_RCS0, i + 1);
		emit_draw(&doomed[i], 1000000);
		rig_emit_store(&doomed[i].context, doomed[i].gma, i + 1);
	}
	job_create(&other, &rig.guests[1], GEN9_RCS0, 1);
	rig.guests[0].program = submit_all;
	rig.guests[0].arg = doomed;
	exec_wake_all(rig.m->ex, &rig.guests[0].waiting, executor_time_ps(rig.m->ex));
	rig_run(&rig.guests[1], destroy_other, &rig.guests[0]);
	assert_int_equal(*doomed[0].word, 1);
	assert_int_equal(*doomed[1].word, 0);
	assert_true(physmem_host_pages(rig.m->pm) < pages);
	store_runs(&other, 3);
	// Its BAR0 is gone.
	assert_int_equal(rig_read32(&rig.guests[0], PVINFO_BASE), UINT32_MAX);
}

/* ---- whatever a guest submits ---- */

static uint32_t checksum(const void *bytes, size_t len)
{
	const uint32_t *words = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i < len / 4; i++)
		sum = (sum << 5 | sum >> 27) ^ words[i];
	return sum;
}

// Where a hostile address may point: home, next door, to the host.
static uint64_t random_address(struct rng *rng, const struct job *job)
{
	const struct ggtt_slice *low = &job->context.guest->vgpu->ggtt.low;
	const struct vgpu *victim = rig.guests[1].vgpu;
	const uint64_t addresses[] = {
		job->gma,
		job->gma,
		job->gma,
		job->gma + PAGE_SIZE - 64,
		low->base + low->bytes - 64,
		victim->ggtt.low.base,
		victim->ggtt.high.base,
		victim->gvt->hw.engines[1].hwsp.gma,
	};

	return addresses[rng_below(rng, 8)] + 4 * rng_below(rng, 32) - 64 * rng_below(rng, 2);
}

/* Commands with the dwords of their addresses. */
static const struct {
	uint32_t header;
	uint8_t dwords;
	uint8_t addresses[2];
} hostile_commands[] = {
	{MI_STORE_DATA_IMM | MI_USE_GGTT,            4,  { 1 }   },
	{ MI_STORE_DATA_IMM,                         4,  { 1 }   },
	{ MI_STORE_DATA_IMM_QWORD,                   5,  { 1 }   },
	{ MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD,     4,  { 1 }   },
	{ (MI_FLUSH_DW | MI_FLUSH_DW_TIMESTAMP) + 1, 5,  { 1 }   },
	{ XY_COLOR_BLT | XY_BLT_WRITE_RGBA,          7,  { 4 }   },
	{ XY_SRC_COPY_BLT | XY_BLT_WRITE_RGBA,       10, { 4, 8 }},
	{ MI_STORE_REGISTER_MEM,                     4,  { 2 }   },
};

static unsigned random_command(struct rng *rng, const struct job *job, uint32_t *cmd)
{
	size_t row = rng_below(rng, sizeof(hostile_commands) / sizeof(hostile_commands[0]));
	bool copies = hostile_commands[row].addresses[1];

	cmd[0] = hostile_commands[row].header;
	for (unsigned i = 1; i < hostile_commands[row].dwords; i++)
		cmd[i] = (uint32_t)(rng_below(rng, 20) << 16 | rng_below(rng, 20));
	for (unsigned i = 0; i < 2 && hostile_commands[row].addresses[i]; i++) {
		uint64_t gma = random_address(rng, job);

		cmd[hostile_commands[row].addresses[i]] = (uint32_t)gma;
		cmd[hostile_commands[row].addresses[i] + 1] = rng_below(rng, 16) == 0;
	}
	if (cmd[0] == MI_STORE_REGISTER_MEM)
		cmd[1] = rig_reg(GEN9_BCS0, RING_NOPID);
	if (CMD_CLIENT(cmd[0]) == CMD_CLIENT_BLT)
		cmd[1] = (uint32_t)rng_below(rng, 4) << 24 | (copies ? 0xcc0000 : 0xf00000) |
			 (uint32_t)rng_below(rng, 256);
	if (copies)
		cmd[7] = (uint32_t)rng_below(rng, 256);
	if (rng_below(rng, 16) == 0)
		cmd[rng_below(rng, hostile_commands[row].dwords)] = (uint32_t)rng_next(rng);
	return hostile_commands[row].dwords;
}

// What a guest's driver does with an engine that hangs: reset it, skip what hung.
static void recover(struct job *job, uint64_t count)
{
	struct rig_guest *guest = job->context.guest;

	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_WORKLOAD_HANG), count);
	rig_write32(guest, GDRST, 1u << gen9_engines[GEN9_BCS0].gdrst_bit);
	rig_write32(guest, rig_reg(GEN9_BCS0, RING_MODE), MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_context_state(&job->context)[CTX_RING_HEAD + 1] = job->context.tail;
}

// Random commands that pass the audit run on the real engine, and leave everybody else's bytes
// alone.
static void random_rings_stay_inside(void **state)
{
	const size_t len = RIG_MEMORY_BYTES;
	uint64_t completed = 0;
	struct rng rng;

	rng_seed(&rng, 3);
	for (unsigned round = 0; round < 40; round++) {
		uint64_t hangs = 0;
		uint32_t before;
		struct job job;

		job_create(&job, &rig.guests[1], GEN9_BCS0, 1);
		store_runs(&job, 0x11111111);
		rig_bind_at(&rig.guests[1], rig.guests[1].vgpu->ggtt.low.base, 0x800000, 16);
		before = checksum(guest_ram_guest_view(rig.guests[1].vm->ram), len);
		job_create(&job, &rig.guests[0], GEN9_BCS0, 1);
		for (unsigned n = 0; n < 300 && !rig_stats(&rig.guests[0]).failsafe; n++) {
			struct workload workload = { .vgpu = rig.guests[0].vgpu,
						     .engine = GEN9_BCS0 };
			uint32_t cmd[10], copy[10];
			unsigned count = random_command(&rng, &job, cmd);

			memcpy(copy, cmd, sizeof(copy));
			// What is refused goes the long way only now and then: it ends the round.
			if (cmd_scan_ring(&workload, copy, count) && rng_below(&rng, 200))
				continue;
			rig_emit(&job.context, cmd, count);
			submit(&job);
			if (rig_incidents(&rig.guests[0], GVT_INCIDENT_WORKLOAD_HANG) > hangs)
				recover(&job, ++hangs);
		}
		completed += rig_stats(&rig.guests[0]).workloads_completed;
		assert_int_equal(checksum(guest_ram_guest_view(rig.guests[1].vm->ram), len),
				 before);
		assert_false(rig_stats(&rig.guests[1]).failsafe);
		teardown(NULL);
		setup(NULL);
	}
	assert_true(completed > 1000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(shares_do_not_meet),
		TEST(creation_fails_cleanly),
		TEST(sixty_four_small_ones),
		TEST(fences_go_with_their_owner),
		TEST(both_get_what_they_submit),
		TEST(nobody_waits_for_the_others_whole_queue),
		TEST(engines_change_hands_together),
		TEST(next_owner_does_not_come),
		TEST(switched_registers_follow_their_owner),
		TEST(engine_state_is_the_owners),
		TEST(hang_costs_the_guilty_its_queue),
		TEST(endless_work_is_given_up),
		TEST(long_work_is_left_alone),
		TEST(failsafe_is_one_guests_affair),
		TEST(late_audit_fails_the_guest),
		TEST(reset_forgets_the_queue),
		TEST(reset_forgets_what_never_started),
		TEST(engine_reset_spares_other_engines),
		TEST(full_reset_spares_what_is_above),
		TEST(end_in_the_middle),
		TEST(destroy_at_run_time),
		TEST(random_rings_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
