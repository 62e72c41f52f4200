// SPDX-License-Identifier: MIT

#include "host/pv_submission.h"

#include <assert.h>
#include <errno.h>

#include "host/execlist.h"
#include "host/interrupt.h"
#include "host/scheduler.h"
#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvmmio.h"

// Before the slot is read or answered: others may have to go first.
static struct pvmmio_submission *access_slot(struct vgpu *vgpu, enum gen9_engine_id engine,
					     enum work_kind kind)
{
	struct pvmmio_page *page;

	work_spend(vgpu->m, kind, 1);
	exec_sync(vgpu->m->ex);
	page = guest_ram_page(vgpu->vm->ram, vgpu->pvmmio_gfn);
	assert(page && "checked when the level was negotiated, and RAM does not go away");
	return &page->submission[gen9_engines[engine].hw_id];
}

// The order is what lets the guest use the slot again as soon as it reads submitted as 0.
static void answer(struct vgpu *vgpu, enum gen9_engine_id engine, enum pvmmio_status status)
{
	struct pvmmio_submission *slot = access_slot(vgpu, engine, WORK_GUEST_WRITE);

	__atomic_store_n(&slot->status, (uint32_t)status, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->submitted, 0, __ATOMIC_RELEASE);
}

void pv_submission_enable(struct vgpu *vgpu, struct pvmmio_page *page)
{
	work_spend(vgpu->m, WORK_GUEST_WRITE, PVMMIO_SUBMISSION_SLOTS);
	exec_sync(vgpu->m->ex);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct pvmmio_submission *slot = &page->submission[gen9_engines[id].hw_id];

		__atomic_store_n(&slot->status, PVMMIO_STATUS_OK, __ATOMIC_RELAXED);
		__atomic_store_n(&slot->failed, vgpu->engines[id].pv_failed, __ATOMIC_RELAXED);
		__atomic_store_n(&slot->ended, vgpu->engines[id].pv_ended, __ATOMIC_RELAXED);
		__atomic_store_n(&slot->submitted, 0, __ATOMIC_RELEASE);
	}
}

/* ---- taking a submission ---- */

static void queue(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;

	workload->pv = true;
	workload->flow = trace_new_flow(vgpu->m);
	trace_emit(vgpu->m, TRACE_WORKLOAD_QUEUE, vgpu->vm->id, workload->engine,
		   workload->descriptor, workload->flow);
	sched_queue(workload);
}

static enum pvmmio_status status_of(int error)
{
	return error == -ENOMEM ? PVMMIO_STATUS_NO_MEMORY : PVMMIO_STATUS_WORKLOAD;
}

/*
 * Both contexts or none. Where they come one after the other, the second one's ring is read as the
 * first one has left it, which the first has not done yet: equal ones are refused.
 */
static enum pvmmio_status take(struct vgpu *vgpu, enum gen9_engine_id engine,
			       const uint64_t pair[2])
{
	struct workload *workloads[2] = { NULL };
	int ret;

	if (!execlist_queue_has_room(vgpu, engine)) {
		vgpu_incident(vgpu, GVT_INCIDENT_WORKLOAD_FLOOD, pair[0]);
		return PVMMIO_STATUS_FULL;
	}
	if (execlist_check_pair(vgpu, pair))
		return PVMMIO_STATUS_VALUE;
	if (pair[1] & CTX_DESC_VALID && gvt_workload_same_context(pair[0], pair[1])) {
		vgpu_incident(vgpu, GVT_INCIDENT_DESCRIPTOR_INVALID, pair[1]);
		return PVMMIO_STATUS_VALUE;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!(pair[i] & CTX_DESC_VALID))
			continue;
		ret = gvt_workload_create(&workloads[i], vgpu, engine, pair[i]);
		if (ret) {
			gvt_workload_withdraw(workloads[0]);
			return status_of(ret);
		}
	}
	for (unsigned i = 0; i < 2; i++)
		if (workloads[i])
			queue(workloads[i]);
	return PVMMIO_STATUS_OK;
}

static enum pvmmio_status serve(struct vgpu *vgpu, enum gen9_engine_id engine)
{
	const struct pvmmio_submission *slot = access_slot(vgpu, engine, WORK_GUEST_READ);
	uint32_t submitted = __atomic_load_n(&slot->submitted, __ATOMIC_ACQUIRE);
	enum pvmmio_status status = PVMMIO_STATUS_EMPTY;
	uint64_t pair[2];

	if (submitted == 1) {
		for (unsigned i = 0; i < 2; i++)
			pair[i] = __atomic_load_n(&slot->descriptor[i], __ATOMIC_RELAXED);
		status = take(vgpu, engine, pair);
	} else {
		vgpu_incident(vgpu, GVT_INCIDENT_PVMMIO_SUBMISSION, submitted);
	}
	answer(vgpu, engine, status);
	return status;
}

void pv_submission_ring(struct vgpu *vgpu, enum gen9_engine_id engine)
{
	struct gvt *gvt = vgpu->gvt;

	vgpu->engines[engine].rung = true;
	vgpu->engines[engine].rung_by = work_origin(vgpu->m);
	exec_wake_all(gvt->m->ex, &gvt->doorbell.waiters, exec_now(gvt->m->ex));
}

int pv_submission_doorbell(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t value)
{
	assert(vgpu->pvmmio_levels & PVMMIO_PV_SUBMISSION);
	if (value != PVMMIO_SUBMISSION_DOORBELL) {
		vgpu_incident(vgpu, GVT_INCIDENT_PVMMIO_SUBMISSION, value);
		return -EINVAL;
	}
	if (!vgpu->deferred_doorbell)
		return serve(vgpu, engine) ? -EINVAL : 0;
	pv_submission_ring(vgpu, engine);
	return 0;
}

/* ---- deferred doorbells ---- */

// Whose turn it is: the next one in the order of ids and engines, so that none is left out.
static struct vgpu *find_rung(struct gvt *gvt, enum gen9_engine_id *engine)
{
	const unsigned count = (GVT_VGPU_LIMIT + 1) * GEN9_ENGINE_COUNT;

	for (unsigned i = 1; i <= count; i++) {
		unsigned at = (gvt->doorbell.last + i) % count;
		struct vgpu *vgpu = gvt->vgpus[at / GEN9_ENGINE_COUNT];

		*engine = at % GEN9_ENGINE_COUNT;
		if (!vgpu || !vgpu->engines[*engine].rung)
			continue;
		gvt->doorbell.last = at;
		return vgpu;
	}
	return NULL;
}

static void serve_later(struct vgpu *vgpu, enum gen9_engine_id engine)
{
	sim_mutex_lock(vgpu->m, &vgpu->lock);
	// A reset may have answered it meanwhile.
	if (vgpu->failsafe) {
		pv_submission_reset(vgpu, engine);
	} else if (vgpu->engines[engine].rung) {
		vgpu->engines[engine].rung = false;
		if (serve(vgpu, engine) && !vgpu->failsafe)
			interrupt_raise(vgpu, engine, GT_USER_INTERRUPT);
	}
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
}

static void doorbell_thread(void *arg)
{
	struct gvt *gvt = arg;
	bool slept = false;

	for (;;) {
		enum gen9_engine_id engine;
		struct vgpu *vgpu = find_rung(gvt, &engine);

		if (!vgpu) {
			exec_wait(gvt->m->ex, &gvt->doorbell.waiters, EXEC_NEVER);
			slept = true;
			continue;
		}
		work_set_origin(gvt->m, vgpu->engines[engine].rung_by);
		gvt->doorbell.serving = vgpu;
		if (slept)
			work_spend(gvt->m, WORK_THREAD_WAKE, 1);
		slept = false;
		serve_later(vgpu, engine);
		gvt->doorbell.serving = NULL;
		exec_wake_all(gvt->m->ex, &gvt->doorbell.idle_waiters, exec_now(gvt->m->ex));
	}
}

int pv_submission_start_thread(struct gvt *gvt)
{
	int ret;

	if (gvt->doorbell.started)
		return 0;
	ret = machine_spawn_thread(gvt->m, "gvt-doorbell", exec_now(gvt->m->ex), doorbell_thread,
				   gvt, NULL);
	gvt->doorbell.started = !ret;
	return ret;
}

void pv_submission_stop(struct vgpu *vgpu)
{
	struct gvt *gvt = vgpu->gvt;

	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		vgpu->engines[id].rung = false;
	while (gvt->m->ex->current && gvt->doorbell.serving == vgpu)
		exec_wait(gvt->m->ex, &gvt->doorbell.idle_waiters, EXEC_NEVER);
}

/* ---- ends ---- */

uint32_t pv_submission_ended(const struct workload *workload, bool good)
{
	struct vgpu *vgpu = workload->vgpu;
	struct vgpu_engine *engine = &vgpu->engines[workload->engine];
	struct pvmmio_submission *slot = access_slot(vgpu, workload->engine, WORK_GUEST_WRITE);

	// The host's own counts: what the guest stores there confuses nobody but the guest.
	engine->pv_ended++;
	engine->pv_failed += !good;
	__atomic_store_n(&slot->failed, engine->pv_failed, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->ended, engine->pv_ended, __ATOMIC_RELEASE);
	return good ? 0 : GT_USER_INTERRUPT;
}

void pv_submission_reset(struct vgpu *vgpu, enum gen9_engine_id engine)
{
	if (!vgpu->engines[engine].rung)
		return;
	vgpu->engines[engine].rung = false;
	answer(vgpu, engine, PVMMIO_STATUS_REFUSED);
}
