// SPDX-License-Identifier: MIT

#include "host/scheduler.h"

#include <assert.h>

#include "host/vgpu.h"
#include "host/workload.h"

// gvt/sched_policy.c of Linux 5.1: GVT_DEFAULT_TIME_SLICE, GVT_TS_BALANCE_PERIOD_MS,
// GVT_TS_BALANCE_STAGE_NUM.
#define DEFAULT_TICK_PS   PS_PER_MS
#define DEFAULT_PERIOD_PS (100 * PS_PER_MS)
#define BALANCE_STAGES    10u

void sched_init(struct gvt *gvt, const struct gvt_sched_config *config)
{
	struct scheduler *sched = &gvt->sched;

	sim_mutex_init(&sched->lock, "sched_lock");
	sched->tick_ps = config->tick_ps ? config->tick_ps : DEFAULT_TICK_PS;
	sched->period_ps = config->period_ps ? config->period_ps : DEFAULT_PERIOD_PS;
	sched->boost_ps = config->boost_ps;
	sched->balance_at_ps = EXEC_NEVER;
	sched->tick_at_ps = EXEC_NEVER;
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

static void run_queue_prepend(struct scheduler *sched, struct vgpu *vgpu)
{
	vgpu->sched_next = sched->run_queue;
	sched->run_queue = vgpu;
}

static bool engines_are_busy(const struct scheduler *sched)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (sched->engines[id].current)
			return true;
	return false;
}

/* ---- time ---- */

static void charge(struct scheduler *sched, uint64_t until_ps)
{
	if (sched->current) {
		uint64_t ps = until_ps - sched->charged_ps;

		sched->current->sched_left_ps -= (int64_t)ps;
		sched->current->stats.owned_ps += ps;
	}
	sched->charged_ps = until_ps;
}

static uint64_t total_weight(const struct scheduler *sched)
{
	uint64_t total = 0;

	for (const struct vgpu *vgpu = sched->run_queue; vgpu; vgpu = vgpu->sched_next)
		total += vgpu->sched_weight;
	return total;
}

static int64_t allotment(const struct scheduler *sched, const struct vgpu *vgpu, uint64_t total)
{
	return (int64_t)(sched->period_ps / total * vgpu->sched_weight);
}

// Every tenth balance forgets what was left or owed, the others add to it.
static void balance(struct scheduler *sched)
{
	bool forget = sched->stage == 0;
	uint64_t total = total_weight(sched);

	sched->stage = (sched->stage + 1) % BALANCE_STAGES;
	for (struct vgpu *vgpu = sched->run_queue; vgpu; vgpu = vgpu->sched_next)
		vgpu->sched_left_ps = allotment(sched, vgpu, total) +
				      (forget ? 0 : vgpu->sched_left_ps);
}

/*
 * Bring the books up to now. Balances that no pass took place for are caught up with: what is
 * charged before and after each is as if there had been one.
 */
static void account(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;
	uint64_t now_ps = exec_now(gvt->m->ex);

	while (sched->balance_at_ps <= now_ps) {
		charge(sched, sched->balance_at_ps);
		balance(sched);
		sched->balance_at_ps += sched->period_ps;
	}
	charge(sched, now_ps);
}

/* ---- policy ---- */

static bool is_boosted(const struct gvt *gvt, const struct vgpu *vgpu)
{
	return exec_now(gvt->m->ex) < vgpu->sched_boost_end_ps;
}

// A vGPU without company has nobody to leave time to.
static bool is_eligible(const struct gvt *gvt, const struct vgpu *vgpu)
{
	bool alone = gvt->sched.run_queue == vgpu && !vgpu->sched_next;

	return has_work(vgpu) && (alone || vgpu->sched_left_ps > 0 || is_boosted(gvt, vgpu));
}

// Whoever should have the GPU: NULL is the idle vGPU.
static struct vgpu *choose(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;
	struct vgpu *vgpu = sched->run_queue;

	while (vgpu && !is_eligible(gvt, vgpu))
		vgpu = vgpu->sched_next;
	if (vgpu && !is_boosted(gvt, vgpu)) {
		run_queue_remove(sched, vgpu);
		run_queue_append(sched, vgpu);
	}
	return vgpu;
}

static void switch_to_next(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;

	sched->current = sched->next;
	sched->next = NULL;
	sched->switching = false;
	if (!sched->current)
		return;
	sched->current->stats.turns++;
	kick_all_engines(gvt);
}

static uint64_t tick_from(const struct scheduler *sched, uint64_t at_ps)
{
	return (at_ps + sched->tick_ps - 1) / sched->tick_ps * sched->tick_ps;
}

// How long from now until the owner has used up what it has.
static uint64_t credit_ps(const struct vgpu *vgpu)
{
	return vgpu->sched_left_ps > 0 ? (uint64_t)vgpu->sched_left_ps : 0;
}

/*
 * The first tick at which a pass could find something else to do than now, if no event comes
 * before. Upstream's timer ticks on regardless.
 */
static uint64_t next_tick(const struct gvt *gvt)
{
	const struct scheduler *sched = &gvt->sched;
	uint64_t now_ps = exec_now(gvt->m->ex);
	uint64_t soon_ps = tick_from(sched, now_ps + 1);
	uint64_t at_ps = EXEC_NEVER;

	if (sched->switching)
		return EXEC_NEVER; // the last workload's completion asks for a pass
	for (const struct vgpu *vgpu = sched->run_queue; vgpu; vgpu = vgpu->sched_next) {
		uint64_t its_ps = EXEC_NEVER;

		if (vgpu == sched->current && !has_work(vgpu))
			its_ps = soon_ps;
		else if (vgpu == sched->current && sched->run_queue->sched_next)
			its_ps = tick_from(sched, now_ps + credit_ps(vgpu));
		else if (vgpu != sched->current && is_eligible(gvt, vgpu))
			its_ps = soon_ps;
		else if (vgpu != sched->current && has_work(vgpu))
			its_ps = tick_from(sched, sched->balance_at_ps);
		if (its_ps < at_ps)
			at_ps = its_ps;
	}
	return at_ps > now_ps ? at_ps : soon_ps;
}

static void schedule(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;

	sim_mutex_lock(gvt->m, &sched->lock);
	account(gvt);
	if (!sched->switching) {
		sched->next = choose(gvt);
		sched->switching = sched->next != sched->current;
	}
	if (sched->switching && !engines_are_busy(sched))
		switch_to_next(gvt);
	sched->tick_at_ps = next_tick(gvt);
	sim_mutex_unlock(gvt->m, &sched->lock);
}

/* ---- the service thread ---- */

void sched_service_thread(void *arg)
{
	struct gvt *gvt = arg;
	struct scheduler *sched = &gvt->sched;

	hw_wait_ready(&gvt->hw);
	for (;;) {
		struct work_origin origin = { .vm_id = -1 };

		while (!sched->event && exec_now(gvt->m->ex) < sched->tick_at_ps)
			exec_wait(gvt->m->ex, &sched->service_waiters, sched->tick_at_ps);
		if (sched->event)
			origin = sched->event_origin;
		sched->event = false;
		work_set_origin(gvt->m, origin);
		work_spend(gvt->m, WORK_THREAD_WAKE, 1);
		schedule(gvt);
	}
}

/* ---- taking part ---- */

void sched_queue(struct workload *workload)
{
	struct gvt *gvt = workload->vgpu->gvt;

	gvt_workload_append(workload);
	kick_service(gvt);
	kick_engine(gvt, &gvt->sched.engines[workload->engine]);
}

/*
 * With one more to share with, nobody keeps more than its new allotment, and the new one gets its
 * at once: upstream lets it live on the boost until the next balance. Leaving and joining again
 * wins nothing.
 */
static void join(struct gvt *gvt, struct vgpu *vgpu)
{
	struct scheduler *sched = &gvt->sched;
	uint64_t now_ps = exec_now(gvt->m->ex);
	uint64_t total;

	account(gvt);
	if (!sched->run_queue) {
		sched->balance_at_ps = now_ps + sched->period_ps;
		sched->stage = 1;
	}
	vgpu->scheduled = true;
	if (sched->boost_ps)
		run_queue_prepend(sched, vgpu);
	else
		run_queue_append(sched, vgpu);
	total = total_weight(sched);
	for (struct vgpu *v = sched->run_queue; v; v = v->sched_next)
		if (v->sched_left_ps > allotment(sched, v, total))
			v->sched_left_ps = allotment(sched, v, total);
	vgpu->sched_boost_end_ps = now_ps + sched->boost_ps;
}

static void leave(struct scheduler *sched, struct vgpu *vgpu)
{
	vgpu->scheduled = false;
	run_queue_remove(sched, vgpu);
	if (!sched->run_queue)
		sched->balance_at_ps = EXEC_NEVER;
}

void sched_start(struct vgpu *vgpu)
{
	struct gvt *gvt = vgpu->gvt;

	sim_mutex_lock(gvt->m, &gvt->sched.lock);
	if (!vgpu->scheduled) {
		join(gvt, vgpu);
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

	if (in_context) {
		sim_mutex_lock(gvt->m, &sched->lock);
		account(gvt);
	}
	if (vgpu->scheduled)
		leave(sched, vgpu);
	if (sched->current == vgpu)
		sched->current = NULL;
	if (sched->switching && sched->next == vgpu) {
		sched->next = NULL;
		sched->switching = false;
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

/* ---- engine threads ---- */

static struct workload *pick(struct sched_engine *engine)
{
	struct gvt *gvt = engine->gvt;
	struct scheduler *sched = &gvt->sched;
	struct workload *workload = NULL;

	sim_mutex_lock(gvt->m, &sched->lock);
	assert(!engine->current);
	if (sched->current && !sched->switching)
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

// With its queues empty the owner need not stay until its time is up: let the timer look sooner.
static void update_tick(struct gvt *gvt)
{
	struct scheduler *sched = &gvt->sched;
	uint64_t at_ps = next_tick(gvt);

	if (at_ps >= sched->tick_at_ps)
		return;
	sched->tick_at_ps = at_ps;
	exec_wake_all(gvt->m->ex, &sched->service_waiters, exec_now(gvt->m->ex));
}

void sched_finished(struct sched_engine *engine, struct vgpu *vgpu)
{
	struct gvt *gvt = engine->gvt;

	sim_mutex_lock(gvt->m, &gvt->sched.lock);
	engine->current = NULL;
	vgpu->running_count--;
	if (!vgpu->running_count)
		exec_wake_all(gvt->m->ex, &vgpu->idle_waiters, exec_now(gvt->m->ex));
	if (gvt->sched.switching)
		kick_service(gvt);
	else
		update_tick(gvt);
	sim_mutex_unlock(gvt->m, &gvt->sched.lock);
}
