// SPDX-License-Identifier: MIT

#include "host/execlist.h"

#include <assert.h>
#include <errno.h>

#include "host/gtt.h"
#include "host/interrupt.h"
#include "host/pv_submission.h"
#include "host/pvmmio.h"
#include "host/scheduler.h"
#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvmmio.h"

#define CSB_PTR_WRITE_MASK 7u

void execlist_reset(struct vgpu *vgpu, enum gen9_engine_id engine)
{
	struct vgpu_execlist *execlist = &vgpu->engines[engine].execlist;

	*execlist = (struct vgpu_execlist){
		.slots = {{ .index = 0 }, { .index = 1 }}
	};
	vreg_write(vgpu, engine_reg(engine, RING_EXECLIST_STATUS_LO), 0);
	vreg_write(vgpu, engine_reg(engine, RING_EXECLIST_STATUS_HI), 0);
	vreg_write(vgpu, engine_reg(engine, RING_CSB_PTR), GEN9_CSB_PTR_RESET);
}

/* ---- the guest's writes ---- */

static bool is_valid(uint64_t descriptor)
{
	return descriptor & CTX_DESC_VALID;
}

// The other addressing modes need tables in the guest that nobody could shadow.
static bool is_acceptable(uint64_t descriptor)
{
	unsigned mode = (descriptor & CTX_DESC_MODE_MASK) >> CTX_DESC_MODE_SHIFT;

	return descriptor & CTX_DESC_PRIVILEGE &&
	       (mode == CTX_DESC_MODE_LEGACY_32B || mode == CTX_DESC_MODE_LEGACY_64B);
}

/*
 * A driver has two execlists of two contexts in flight, and resubmits a running context now and
 * then. Upstream queues without limit; a guest that floods an engine fills its own queue only here.
 */
bool execlist_queue_has_room(const struct vgpu *vgpu, enum gen9_engine_id engine)
{
	unsigned queued = 0;

	for (const struct workload *w = vgpu->engines[engine].first; w; w = w->next)
		queued++;
	return queued + 2 <= WORKLOAD_QUEUE_LIMIT;
}

int execlist_check_pair(struct vgpu *vgpu, const uint64_t pair[2])
{
	for (unsigned i = 0; i < 2; i++) {
		if (is_valid(pair[i]) ? is_acceptable(pair[i]) : i == 1)
			continue;
		vgpu_incident(vgpu, GVT_INCIDENT_DESCRIPTOR_INVALID, pair[i]);
		return -EINVAL;
	}
	return 0;
}

static int submit(struct vgpu *vgpu, enum gen9_engine_id engine, const uint64_t pair[2])
{
	int ret;

	if (!execlist_queue_has_room(vgpu, engine)) {
		vgpu_incident(vgpu, GVT_INCIDENT_WORKLOAD_FLOOD, pair[0]);
		return -EBUSY;
	}
	ret = execlist_check_pair(vgpu, pair);
	if (ret)
		return ret;
	for (unsigned i = 0; i < 2; i++) {
		struct workload *workload;

		if (!is_valid(pair[i]))
			continue;
		ret = gvt_workload_create(&workload, vgpu, engine, pair[i]);
		if (ret)
			return ret;
		workload->schedule_in = i == 0;
		workload->pair[0] = pair[0];
		workload->pair[1] = pair[1];
		workload->flow = trace_new_flow(vgpu->m);
		trace_emit(vgpu->m, TRACE_WORKLOAD_QUEUE, vgpu->vm->id, engine, pair[i],
			   workload->flow);
		sched_queue(workload);
	}
	return 0;
}

static int submit_dwords(struct vgpu *vgpu, enum gen9_engine_id engine, const uint32_t dwords[4])
{
	const uint64_t pair[2] = {
		(uint64_t)dwords[1] << 32 | dwords[0],
		(uint64_t)dwords[3] << 32 | dwords[2],
	};

	return submit(vgpu, engine, pair);
}

// The record's dwords come in the order of the writes that they stand for.
static int pv_doorbell(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t value)
{
	uint32_t record[3];
	int ret = pvmmio_read_elsp(vgpu, record);

	if (ret) {
		vgpu_incident(vgpu, GVT_INCIDENT_PVMMIO_PAGE, vgpu->pvmmio_gfn << PAGE_SHIFT);
		return ret;
	}
	return submit_dwords(vgpu, engine,
			     (const uint32_t[4]){ value, record[2], record[1], record[0] });
}

int execlist_elsp_write(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t value)
{
	struct vgpu_execlist *execlist = &vgpu->engines[engine].execlist;

	if (vgpu->pvmmio_levels & PVMMIO_PV_SUBMISSION)
		return pv_submission_doorbell(vgpu, engine, value);
	if (vgpu->pvmmio_levels & PVMMIO_ELSP_SUBMIT && execlist->elsp_count == 0)
		return pv_doorbell(vgpu, engine, value);
	execlist->elsp[3 - execlist->elsp_count] = value;
	execlist->elsp_count = (execlist->elsp_count + 1) % 4;
	if (execlist->elsp_count)
		return 0;
	return submit_dwords(vgpu, engine, execlist->elsp);
}

/* ---- the virtual engine ---- */

// EXECLIST_STATUS follows from the slots.
static void update_status(struct vgpu *vgpu, enum gen9_engine_id engine)
{
	const struct vgpu_execlist *execlist = &vgpu->engines[engine].execlist;
	const struct execlist_slot *running = execlist->running;
	uint32_t reg = engine_reg(engine, RING_EXECLIST_STATUS_LO);
	uint32_t status = vreg_read(vgpu, reg);
	uint64_t context = running ? running->context[execlist->running_element] : 0;

	status &= ~(EL_STATUS_QUEUE_FULL | EL_STATUS_EL0_VALID | EL_STATUS_EL1_VALID |
		    EL_STATUS_EL0_ACTIVE | EL_STATUS_EL1_ACTIVE);
	if (running) {
		status &= ~(EL_STATUS_CURRENT_POINTER | EL_STATUS_WRITE_POINTER);
		status |= running->index ? EL_STATUS_CURRENT_POINTER | EL_STATUS_EL1_VALID |
						   EL_STATUS_EL1_ACTIVE
					 : EL_STATUS_WRITE_POINTER | EL_STATUS_EL0_VALID |
						   EL_STATUS_EL0_ACTIVE;
	}
	if (execlist->pending)
		status |= EL_STATUS_QUEUE_FULL;
	vreg_write(vgpu, reg, status);
	vreg_write(vgpu, engine_reg(engine, RING_EXECLIST_STATUS_HI),
		   (uint32_t)(context >> CTX_DESC_ID_SHIFT));
}

// The guest's status page gets what the register buffer gets: the entry first, then the pointer.
static void mirror_entry(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t index,
			 uint32_t status, uint32_t context_id)
{
	uint64_t hws_pga = vgpu->engines[engine].hws_pga;
	uint64_t gpa;
	uint32_t *page;

	if (!hws_pga || gtt_gma_to_gpa(vgpu, hws_pga, &gpa))
		return;
	page = guest_ram_page(vgpu->vm->ram, gpa >> PAGE_SHIFT);
	if (!page)
		return;
	work_spend(vgpu->m, WORK_GUEST_WRITE, 1);
	exec_sync(vgpu->m->ex);
	__atomic_store_n((uint64_t *)&page[GEN9_HWSP_CSB_DWORD + 2 * index],
			 (uint64_t)context_id << 32 | status, __ATOMIC_RELAXED);
	work_spend(vgpu->m, WORK_GUEST_WRITE, 1);
	exec_sync(vgpu->m->ex);
	__atomic_store_n(&page[GEN9_HWSP_CSB_WRITE_DWORD], index, __ATOMIC_RELEASE);
}

// Nobody checks for overflow: a guest that stops reading loses entries, as on hardware.
static void write_csb(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t status,
		      uint32_t context_id)
{
	uint32_t ptr_reg = engine_reg(engine, RING_CSB_PTR);
	uint32_t ptr = vreg_read(vgpu, ptr_reg);
	uint32_t index = ptr & CSB_PTR_WRITE_MASK;

	index = index == GEN9_CSB_PTR_RESET ? 0 : (index + 1) % GEN9_CSB_ENTRIES;
	work_spend(vgpu->m, WORK_CSB_EVENT, 1);
	trace_emit(vgpu->m, TRACE_VIRTUAL_CSB, vgpu->vm->id, engine, status, context_id);
	vreg_write(vgpu, engine_reg(engine, RING_CSB_LO(index)), status);
	vreg_write(vgpu, engine_reg(engine, RING_CSB_HI(index)), context_id);
	vreg_write(vgpu, ptr_reg, (ptr & ~CSB_PTR_WRITE_MASK) | index);
	mirror_entry(vgpu, engine, index, status, context_id);
}

static void csb_event(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t status,
		      uint32_t context_id)
{
	write_csb(vgpu, engine, status, context_id);
	interrupt_raise(vgpu, engine, GT_CONTEXT_SWITCH_INTERRUPT);
}

// Element 1 of a pair of equal contexts counts as the same as element 0.
static unsigned last_element(const struct execlist_slot *slot)
{
	return is_valid(slot->context[1]) &&
	       !gvt_workload_same_context(slot->context[0], slot->context[1]);
}

// Is what runs the last element, and the new submission of the same context?
static bool is_lite_restore(const struct vgpu_execlist *execlist, uint64_t first)
{
	const struct execlist_slot *running = execlist->running;
	unsigned last = last_element(running);

	return execlist->running_element == last &&
	       gvt_workload_same_context(running->context[last], first);
}

int execlist_schedule_in(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	enum gen9_engine_id engine = workload->engine;
	struct vgpu_execlist *execlist = &vgpu->engines[engine].execlist;
	uint32_t id = (uint32_t)(workload->pair[0] >> CTX_DESC_ID_SHIFT);
	struct execlist_slot *slot;

	if (!workload->schedule_in)
		return 0;
	if (execlist->pending) {
		vgpu_incident(vgpu, GVT_INCIDENT_EXECLIST_OVERRUN, workload->descriptor);
		return -EINVAL;
	}
	slot = &execlist->slots[execlist->running ? !execlist->running->index : 0];
	slot->context[0] = workload->pair[0];
	slot->context[1] = workload->pair[1];
	if (execlist->running && !is_lite_restore(execlist, slot->context[0])) {
		execlist->pending = slot;
		update_status(vgpu, engine);
		return 0;
	}
	if (!execlist->running) {
		execlist->running = slot;
		execlist->running_element = 0;
		update_status(vgpu, engine);
		csb_event(vgpu, engine, CSB_IDLE_TO_ACTIVE, 0);
		return 0;
	}
	execlist->running = slot;
	execlist->running_element = 0;
	update_status(vgpu, engine);
	csb_event(vgpu, engine, CSB_PREEMPTED | CSB_LITE_RESTORE, id);
	return 0;
}

// The last element is done: the pending submission, if there is one, takes over.
static void finish_slot(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t id)
{
	struct vgpu_execlist *execlist = &vgpu->engines[engine].execlist;
	struct execlist_slot *pending = execlist->pending;

	execlist->running = pending;
	execlist->pending = NULL;
	execlist->running_element = 0;
	update_status(vgpu, engine);
	if (!pending) {
		csb_event(vgpu, engine, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, id);
		return;
	}
	write_csb(vgpu, engine, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, id);
	csb_event(vgpu, engine, CSB_IDLE_TO_ACTIVE, 0);
}

/*
 * Upstream finds out which element is done by comparing contexts, and never gets past a pair of
 * equal ones; here the element that runs is known.
 */
void execlist_schedule_out(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	enum gen9_engine_id engine = workload->engine;
	struct vgpu_execlist *execlist = &vgpu->engines[engine].execlist;
	const struct execlist_slot *running = execlist->running;
	uint32_t id = (uint32_t)(workload->descriptor >> CTX_DESC_ID_SHIFT);

	if (!running || !gvt_workload_same_context(running->context[execlist->running_element],
						   workload->descriptor))
		return;
	if (execlist->running_element < last_element(running)) {
		execlist->running_element = 1;
		update_status(vgpu, engine);
		csb_event(vgpu, engine, CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH, id);
		return;
	}
	finish_slot(vgpu, engine, id);
}
