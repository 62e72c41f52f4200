// SPDX-License-Identifier: MIT
//
// Engine threads: take a workload, give it to the hardware, wait, complete it.

#include <assert.h>
#include <errno.h>

#include "host/execlist.h"
#include "host/interrupt.h"
#include "host/pv_submission.h"
#include "host/scheduler.h"
#include "host/vgpu.h"
#include "host/workload.h"

#define HEAD_WRAP_SHIFT 21
#define HEAD_WRAP_MAX   0x7ffu

/*
 * In failsafe mode nothing starts any more: the registers that the engine would get are what the
 * guest has stored there, and nobody has looked at them.
 */
static int prepare(struct workload *workload, uint64_t *descriptor)
{
	int ret = workload->vgpu->failsafe ? -ECANCELED : gvt_workload_scan(workload);

	if (!ret)
		ret = gvt_workload_pin(workload);
	if (!ret)
		ret = ppgtt_sync(workload->vgpu);
	if (!ret)
		ret = shadow_context_populate(workload, descriptor);
	if (!ret && !workload->pv)
		ret = execlist_schedule_in(workload);
	return ret;
}

// Where the host's own work is on the engine, the vGPU must not be blocked for as long.
static void acquire(struct sched_engine *engine, struct vgpu *vgpu)
{
	if (hw_engine_try_acquire(engine->hw))
		return;
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
	hw_engine_acquire(engine->hw);
	sim_mutex_lock(vgpu->m, &vgpu->lock);
}

// Everything up to the ELSP writes. The order is that of gvt/scheduler.c.
static int dispatch(struct sched_engine *engine, struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	uint64_t descriptor;
	int ret;

	sim_mutex_lock(vgpu->m, &vgpu->lock);
	work_spend(vgpu->m, WORK_WORKLOAD_DISPATCH, 1);
	ret = prepare(workload, &descriptor);
	if (ret) {
		gvt_workload_judge(vgpu, ret);
	} else {
		acquire(engine, vgpu);
		vreg_write(vgpu, engine_reg(workload->engine, RING_START), workload->ring_start);
		engine_take(engine, vgpu);
		trace_emit(vgpu->m, TRACE_WORKLOAD_START, vgpu->vm->id, workload->engine,
			   workload->descriptor);
		hw_engine_submit(engine->hw, descriptor);
	}
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
	return ret;
}

static void update_ring_registers(const struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	uint32_t wraps = workload->head >> HEAD_WRAP_SHIFT;

	if (workload->tail < (workload->head & RING_HEAD_MASK))
		wraps = wraps == HEAD_WRAP_MAX ? 0 : wraps + 1;
	vreg_write(vgpu, engine_reg(workload->engine, RING_TAIL), workload->tail);
	vreg_write(vgpu, engine_reg(workload->engine, RING_HEAD),
		   wraps << HEAD_WRAP_SHIFT | workload->tail);
}

// What the guest reads of the engine while it does not own it.
static void save_engine_state(struct sched_engine *engine, struct vgpu *vgpu)
{
	static const uint16_t saved[] = { RING_INSTDONE, RING_ACTHD, RING_ACTHD_UDW };

	for (size_t i = 0; i < sizeof(saved) / sizeof(saved[0]); i++) {
		uint32_t reg = engine_reg(engine->hw->id, saved[i]);

		vreg_write(vgpu, reg, hw_read32(engine->hw->hw, reg));
	}
}

static bool next_is_same_context(const struct workload *workload)
{
	const struct workload *next = workload->vgpu->engines[workload->engine].first;

	return next && gvt_workload_same_context(next->descriptor, workload->descriptor);
}

static enum gvt_workload_end end_of(const struct workload *workload)
{
	if (workload->vgpu->engines[workload->engine].resetting)
		return GVT_WORKLOAD_RESET;
	switch (workload->status) {
	case 0:
		return GVT_WORKLOAD_COMPLETED;
	case -EIO:
		return GVT_WORKLOAD_HANG;
	case -ENOMEM:
		return GVT_WORKLOAD_NO_MEMORY;
	case -ECANCELED:
		return GVT_WORKLOAD_QUEUE;
	default:
		return GVT_WORKLOAD_AUDIT;
	}
}

/*
 * What the guest sees, in this order: its context image, the events of its commands, the status
 * entry, the context switch event. Nothing of it when the workload failed or its engine is being
 * reset: the guest's own hang check has to find out, unless it submitted by level pv_submission.
 */
static void complete(struct sched_engine *engine, struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	struct vgpu_engine *virtual = &vgpu->engines[workload->engine];
	uint32_t events = 0;
	bool good;

	sim_mutex_lock(vgpu->m, &vgpu->lock);
	good = !workload->status && !virtual->resetting;
	work_spend(vgpu->m, WORK_WORKLOAD_COMPLETE, 1);
	if (good) {
		update_ring_registers(workload);
		shadow_context_write_back(workload);
		events = workload->pending_events;
	}
	if (workload->pv)
		events |= pv_submission_ended(workload, good);
	if (events)
		interrupt_raise(vgpu, workload->engine, events);
	gvt_workload_remove(workload);
	if (!good)
		gvt_workload_drop_queued(vgpu, workload->engine,
					 virtual->resetting ? GVT_WORKLOAD_RESET
							    : GVT_WORKLOAD_QUEUE);
	if (good && !workload->pv && !next_is_same_context(workload))
		execlist_schedule_out(workload);
	trace_emit(vgpu->m, TRACE_WORKLOAD_DONE, vgpu->vm->id, workload->engine,
		   workload->descriptor, (uint64_t)-workload->status);
	gvt_workload_end(workload, end_of(workload));
	sched_finished(engine, vgpu);
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
}

// The hardware hung: whoever's workload it was loses it, the engine is reset for the others.
static void recover(struct sched_engine *engine, struct workload *workload)
{
	vgpu_incident(workload->vgpu, GVT_INCIDENT_WORKLOAD_HANG, workload->descriptor);
	save_engine_state(engine, workload->vgpu);
	hw_engine_reset(engine->hw);
	engine_forget_owner(engine);
}

void dispatch_thread(void *arg)
{
	struct sched_engine *engine = arg;

	hw_wait_ready(&engine->gvt->hw);
	for (;;) {
		struct workload *workload = sched_next_workload(engine);

		trace_emit(engine->gvt->m, TRACE_WORKLOAD_TAKE, workload->vgpu->vm->id,
			   workload->engine, workload->descriptor, workload->flow);
		workload->status = dispatch(engine, workload);
		if (!workload->status) {
			workload->status = hw_engine_wait(engine->hw);
			if (workload->status)
				recover(engine, workload);
			else
				save_engine_state(engine, workload->vgpu);
			hw_engine_release(engine->hw);
		}
		complete(engine, workload);
	}
}
