// SPDX-License-Identifier: MIT

#include "host/scheduler.h"

#include <assert.h>

#include "host/vgpu.h"
#include "host/workload.h"

#define SLICE_PS PS_PER_MS // gvt/sched_policy.c, GVT_DEFAULT_TIME_SLICE

void sched_init(struct gvt *gvt)
{
	sim_mutex_init(&gvt->sched.lock, "sched_lock");
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		gvt->sched.engines[id].gvt = gvt;
		gvt->sched.engines[id].hw = &gvt->hw.engines[id];
	}
}

static bool has_work(const struct vgpu *vgpu)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (vgpu->engines[id].first)
			return true;
	return false;
}

static void kick_engine(struct gvt *gvt, struct sched_engine *engine)
{
	engine->kicked = true;
	exec_wake_all(gvt->m->ex, &engine->waiters, exec_now(gvt->m->ex));
}

static void kick_all_engines(struct gvt *gvt)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		kick_engine(gvt, &gvt->sched.engines[id]);
}

// Ask for a scheduling pass, on behalf of whoever does what asks for it.
static void kick_service(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;

	sched->event = true;
	sched->event_origin = work_origin(gvt->m);
	exec_wake_all(gvt->m->ex, &sched->service_waiters, exec_now(gvt->m->ex));
}

static void run_queue_remove(struct scheduler *sched, struct vgpu *vgpu)
{
	struct vgpu **link = &sched->run_queue;

	while (*link != vgpu)
		link = &(*link)->sched_next;
	*link = vgpu->sched_next;
	vgpu->sched_next = NULL;
}

static void run_queue_append(struct scheduler *sched, struct vgpu *vgpu)
{
	struct vgpu **link = &sched->run_queue;

	while (*link)
		link = &(*link)->sched_next;
	vgpu->sched_next = NULL;
	*link = vgpu;
}

static bool engines_are_busy(const struct scheduler *sched)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (sched->engines[id].current)
			return true;
	return false;
}

// The vGPU that waits longest, other than the owner.
static struct vgpu *find_candidate(const struct scheduler *sched)
{
	struct vgpu *vgpu = sched->run_queue;

	while (vgpu && (vgpu == sched->current || !has_work(vgpu)))
		vgpu = vgpu->sched_next;
	return vgpu;
}

static void switch_to_next(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;

	sched->current = sched->next;
	sched->next = NULL;
	sched->slice_end_ps = exec_now(gvt->m->ex) + SLICE_PS;
	run_queue_remove(sched, sched->current);
	run_queue_append(sched, sched->current);
	kick_all_engines(gvt);
}

static void schedule(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;
	struct vgpu *candidate;

	sim_mutex_lock(gvt->m, &sched->lock);
	candidate = find_candidate(sched);
	if (!sched->next && candidate &&
	    (!sched->current || !has_work(sched->current) ||
	     exec_now(gvt->m->ex) >= sched->slice_end_ps))
		sched->next = candidate;
	if (sched->next && !engines_are_busy(sched))
		switch_to_next(gvt);
	sched->contended = !sched->next && find_candidate(sched);
	sim_mutex_unlock(gvt->m, &sched->lock);
}

static bool slice_is_over(struct gvt *gvt)
{
	return gvt->sched.contended && exec_now(gvt->m->ex) >= gvt->sched.slice_end_ps;
}

void sched_service_thread(void *arg)
{
	struct gvt *gvt = arg;
	struct scheduler *sched = &gvt->sched;

	hw_wait_ready(&gvt->hw);
	for (;;) {
		struct work_origin origin = { .vm_id = -1 };

		while (!sched->event && !slice_is_over(gvt))
			exec_wait(gvt->m->ex, &sched->service_waiters,
				  sched->contended ? sched->slice_end_ps : EXEC_NEVER);
		if (sched->event)
			origin = sched->event_origin;
		sched->event = false;
		work_set_origin(gvt->m, origin);
		work_spend(gvt->m, WORK_THREAD_WAKE, 1);
		schedule(gvt);
	}
}

void sched_queue(struct workload *workload)
{
	struct gvt *gvt = workload->vgpu->gvt;

	gvt_workload_append(workload);
	kick_service(gvt);
	kick_engine(gvt, &gvt->sched.engines[workload->engine]);
}

void sched_start(struct vgpu *vgpu)
{
	struct gvt *gvt = vgpu->gvt;

	sim_mutex_lock(gvt->m, &gvt->sched.lock);
	if (!vgpu->scheduled) {
		vgpu->scheduled = true;
		run_queue_append(&gvt->sched, vgpu);
		kick_service(gvt);
	}
	sim_mutex_unlock(gvt->m, &gvt->sched.lock);
}

// Also outside of contexts, where nobody else can hold the lock in earnest.
void sched_stop(struct vgpu *vgpu)
{
	struct gvt *gvt = vgpu->gvt;
	struct scheduler *sched = &gvt->sched;
	bool in_context = gvt->m->ex->current;

	if (in_context)
		sim_mutex_lock(gvt->m, &sched->lock);
	if (vgpu->scheduled) {
		vgpu->scheduled = false;
		run_queue_remove(sched, vgpu);
	}
	if (sched->current == vgpu)
		sched->current = NULL;
	if (sched->next == vgpu) {
		sched->next = NULL;
		// Engines that the owner left idle in favour of this one may have work.
		kick_all_engines(gvt);
	}
	if (in_context) {
		kick_service(gvt);
		sim_mutex_unlock(gvt->m, &sched->lock);
	}
}

void sched_wait_idle(struct vgpu *vgpu)
{
	while (vgpu->running_count)
		exec_wait(vgpu->m->ex, &vgpu->idle_waiters, EXEC_NEVER);
}

static struct workload *pick(struct sched_engine *engine)
{
	struct gvt *gvt = engine->gvt;
	struct scheduler *sched = &gvt->sched;
	struct workload *workload = NULL;

	sim_mutex_lock(gvt->m, &sched->lock);
	assert(!engine->current);
	if (sched->current && !sched->next)
		workload = sched->current->engines[engine->hw->id].first;
	if (workload) {
		workload->running = true;
		engine->current = workload;
		workload->vgpu->running_count++;
	}
	sim_mutex_unlock(gvt->m, &sched->lock);
	return workload;
}

struct workload *sched_next_workload(struct sched_engine *engine)
{
	struct machine *m = engine->gvt->m;
	struct workload *workload;
	bool slept = false;

	while (!(workload = pick(engine))) {
		while (!engine->kicked) {
			exec_wait(m->ex, &engine->waiters, EXEC_NEVER);
			slept = true;
		}
		engine->kicked = false;
	}
	work_set_origin(m, workload->origin);
	if (slept)
		work_spend(m, WORK_THREAD_WAKE, 1);
	return workload;
}

void sched_finished(struct sched_engine *engine, struct vgpu *vgpu)
{
	struct gvt *gvt = engine->gvt;

	sim_mutex_lock(gvt->m, &gvt->sched.lock);
	engine->current = NULL;
	vgpu->running_count--;
	if (!vgpu->running_count)
		exec_wake_all(gvt->m->ex, &vgpu->idle_waiters, exec_now(gvt->m->ex));
	if (gvt->sched.next || find_candidate(&gvt->sched))
		kick_service(gvt);
	sim_mutex_unlock(gvt->m, &gvt->sched.lock);
}
