// SPDX-License-Identifier: MIT

#include "host/workload.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/gtt.h"
#include "host/pv_submission.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"

static int refuse(struct vgpu *vgpu, enum gvt_incident incident, uint64_t value, int error)
{
	vgpu_incident(vgpu, incident, value);
	return error;
}

bool gvt_workload_same_context(uint64_t a, uint64_t b)
{
	const uint64_t mask = (uint64_t)UINT32_MAX << CTX_DESC_ID_SHIFT | CTX_DESC_LRCA_MASK;

	return (a & mask) == (b & mask);
}

void gvt_workload_judge(struct vgpu *vgpu, int error)
{
	if (vgpu_error_is_fatal(error))
		vgpu_enter_failsafe(vgpu, GVT_FAILSAFE_WORKLOAD);
}

void gvt_workload_append(struct workload *workload)
{
	struct vgpu_engine *engine = &workload->vgpu->engines[workload->engine];

	workload->next = NULL;
	if (engine->last)
		engine->last->next = workload;
	else
		engine->first = workload;
	engine->last = workload;
}

void gvt_workload_remove(struct workload *workload)
{
	struct vgpu_engine *engine = &workload->vgpu->engines[workload->engine];
	struct workload *previous = NULL;

	for (struct workload *w = engine->first; w != workload; w = w->next)
		previous = w;
	if (previous)
		previous->next = workload->next;
	else
		engine->first = workload->next;
	if (engine->last == workload)
		engine->last = previous;
	workload->next = NULL;
}

void gvt_workload_end(struct workload *workload, enum gvt_workload_end how)
{
	struct vgpu_stats *stats = &workload->vgpu->stats;

	stats->workloads_ended[how]++;
	if (how == GVT_WORKLOAD_COMPLETED)
		stats->workloads_completed++;
	else
		stats->workloads_failed++;
	if (!workload->running)
		trace_emit(workload->vgpu->m, TRACE_WORKLOAD_DROP, workload->vgpu->vm->id,
			   workload->engine, workload->descriptor, workload->flow);
	gvt_workload_destroy(workload);
}

void gvt_workload_drop_queued(struct vgpu *vgpu, enum gen9_engine_id engine,
			      enum gvt_workload_end how)
{
	struct workload *next;

	for (struct workload *w = vgpu->engines[engine].first; w; w = next) {
		next = w->next;
		if (w->running)
			continue;
		gvt_workload_remove(w);
		if (w->pv)
			pv_submission_ended(w, false);
		gvt_workload_end(w, how);
	}
}

void gvt_workload_withdraw(struct workload *workload)
{
	if (!workload)
		return;
	workload->vgpu->stats.workloads_accepted--;
	workload->vgpu->stats.workloads_refused++;
	workload->vgpu->stats.workloads_failed++;
	gvt_workload_destroy(workload);
}

static void unlink_workload(struct workload *workload)
{
	struct workload **link = &workload->vgpu->workloads;

	while (*link != workload)
		link = &(*link)->next_of_vgpu;
	*link = workload->next_of_vgpu;
}

static void free_copies(struct workload *workload)
{
	struct shadow_batch *batch;

	hw_pages_free(&workload->vgpu->gvt->hw, &workload->indirect);
	while ((batch = workload->batches)) {
		hw_pages_free(&workload->vgpu->gvt->hw, &batch->pages);
		workload->batches = batch->next;
		free(batch);
	}
	free(workload->commands);
	workload->commands = NULL;
}

void gvt_workload_destroy(struct workload *workload)
{
	if (!workload)
		return;
	free_copies(workload);
	if (workload->mm_pinned)
		ppgtt_mm_unpin(workload->mm);
	workload->mm_pinned = false;
	ppgtt_mm_put(workload->mm);
	unlink_workload(workload);
	free(workload);
}

void gvt_workloads_abandon(struct vgpu *vgpu)
{
	assert(!vgpu->m->ex->current && !vgpu->spaces);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		vgpu->engines[id].first = vgpu->engines[id].last = NULL;
	while (vgpu->workloads) {
		vgpu->workloads->mm = NULL;
		vgpu->workloads->mm_pinned = false;
		gvt_workload_destroy(vgpu->workloads);
	}
}

// A register's value in the guest's state page: one small read each, as upstream does it.
static int read_state(struct workload *workload, uint32_t index, uint32_t *value)
{
	return guest_read(workload->vgpu, workload->state_gpa + 4 * (index + 1), value, 4);
}

/*
 * The image's page directory pointers name the address space, which need not have been announced. A
 * context without any has none: nothing in it resolves.
 */
static int find_space(struct workload *workload)
{
	uint64_t mode = (workload->descriptor & CTX_DESC_MODE_MASK) >> CTX_DESC_MODE_SHIFT;
	unsigned levels = mode == CTX_DESC_MODE_LEGACY_64B ? 4 : 3;
	uint64_t roots[PPGTT_ROOTS] = { 0 };
	uint64_t any = 0;

	for (unsigned i = 0; i < PPGTT_ROOTS; i++) {
		uint32_t index = CTX_PDP0_UDW - 4 * i;
		uint32_t upper, lower;
		int ret = read_state(workload, index, &upper);

		if (!ret)
			ret = read_state(workload, index + 2, &lower);
		if (ret)
			return ret;
		roots[i] = (uint64_t)upper << 32 | lower;
		if (i == 0 || levels == 3)
			any |= roots[i];
	}
	return any ? ppgtt_mm_get(workload->vgpu, levels, roots, &workload->mm) : 0;
}

/*
 * Work-around batches (RCS0) are read here once; the audit copies them. The indirect one must begin
 * a page, as upstream has it, so that it ends in that page; the other's pointer names a page.
 */
static int read_work_arounds(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	uint32_t per_context = 0;
	uint32_t indirect = 0;
	int ret;

	if (workload->engine != GEN9_RCS0)
		return 0;
	ret = read_state(workload, CTX_BB_PER_CTX_PTR, &per_context);
	if (!ret)
		ret = read_state(workload, CTX_INDIRECT_CTX, &indirect);
	if (ret)
		return ret;
	workload->indirect_bytes = (indirect & CTX_INDIRECT_LINES_MASK) * CTX_INDIRECT_LINE_BYTES;
	workload->indirect_gma = indirect & ~CTX_INDIRECT_LINES_MASK;
	if (workload->indirect_bytes &&
	    (workload->indirect_gma & PAGE_MASK ||
	     !gtt_in_share(vgpu, workload->indirect_gma, workload->indirect_bytes)))
		return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, indirect, -EINVAL);
	if (!(per_context & CTX_PER_CTX_VALID))
		return 0;
	workload->per_context_gma = per_context & ~(uint32_t)PAGE_MASK;
	if (!workload->per_context_gma || !gtt_in_share(vgpu, workload->per_context_gma, PAGE_SIZE))
		return refuse(vgpu, GVT_INCIDENT_BATCH_ADDRESS, per_context, -EINVAL);
	return 0;
}

static int check_ring(struct workload *workload, uint32_t head, uint32_t tail)
{
	struct vgpu *vgpu = workload->vgpu;

	if (workload->ring_start & PAGE_MASK ||
	    !gtt_in_share(vgpu, workload->ring_start, workload->ring_bytes))
		return refuse(vgpu, GVT_INCIDENT_RING_RANGE, workload->ring_start, -EINVAL);
	if (tail & ~RING_TAIL_MASK || tail >= workload->ring_bytes)
		return refuse(vgpu, GVT_INCIDENT_RING_HEAD_TAIL, tail, -EINVAL);
	if (head & 3 || (head & RING_HEAD_MASK) >= workload->ring_bytes)
		return refuse(vgpu, GVT_INCIDENT_RING_HEAD_TAIL, head, -EINVAL);
	return 0;
}

/*
 * Head, tail, start, size and context control. Where the same context is queued already, its tail
 * is the head: the one in memory is old.
 */
static int read_ring(struct workload *workload)
{
	const struct vgpu_engine *engine = &workload->vgpu->engines[workload->engine];
	uint32_t ring_ctl;
	uint32_t control;
	int ret = read_state(workload, CTX_RING_HEAD, &workload->head);

	if (!ret)
		ret = read_state(workload, CTX_RING_TAIL, &workload->tail);
	if (!ret)
		ret = read_state(workload, CTX_RING_START, &workload->ring_start);
	if (!ret)
		ret = read_state(workload, CTX_RING_CTL, &ring_ctl);
	if (!ret)
		ret = read_state(workload, CTX_CONTEXT_CONTROL, &control);
	if (ret)
		return ret;
	workload->ring_bytes = (ring_ctl & RING_CTL_SIZE_MASK) + (uint32_t)PAGE_SIZE;
	workload->restore_inhibit = control & CTX_CTRL_RESTORE_INHIBIT;
	for (const struct workload *w = engine->first; w; w = w->next)
		if (gvt_workload_same_context(w->descriptor, workload->descriptor))
			workload->head = (workload->head & ~RING_HEAD_MASK) | w->tail;
	return check_ring(workload, workload->head, workload->tail);
}

static int find_state_page(struct workload *workload)
{
	uint64_t gma = (workload->descriptor & CTX_DESC_LRCA_MASK) + LRC_STATE_PAGE * PAGE_SIZE;
	uint64_t mfn;

	if (!gtt_gma_to_gpa(workload->vgpu, gma, &workload->state_gpa) &&
	    !guest_ram_translate(workload->vgpu->vm->ram, workload->state_gpa >> PAGE_SHIFT, &mfn))
		return 0;
	return refuse(workload->vgpu, GVT_INCIDENT_CONTEXT_UNMAPPED, gma, -EINVAL);
}

// What would take too much of the host's for so long is left for its turn.
static int scan_ahead(struct workload *workload)
{
	int ret = gvt_workload_scan(workload);

	if (ret != -EDQUOT)
		return ret;
	free_copies(workload);
	workload->per_context = NULL;
	workload->batch_count = 0;
	workload->batch_pages = 0;
	workload->pending_events = 0;
	workload->scanned = false;
	return 0;
}

static int build(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	int ret = find_state_page(workload);

	if (!ret)
		ret = read_ring(workload);
	if (!ret)
		ret = read_work_arounds(workload);
	if (!ret)
		ret = find_space(workload);
	if (ret)
		return ret;
	work_spend(vgpu->m, WORK_WORKLOAD_CREATE, 1);
	if (vgpu->engines[workload->engine].first)
		return 0;
	return scan_ahead(workload);
}

int gvt_workload_create(struct workload **out, struct vgpu *vgpu, enum gen9_engine_id engine,
			uint64_t descriptor)
{
	struct workload *workload = calloc(1, sizeof(*workload));
	int ret;

	if (!workload)
		return -ENOMEM;
	workload->vgpu = vgpu;
	workload->engine = engine;
	workload->descriptor = descriptor;
	workload->origin = work_origin(vgpu->m);
	workload->next_of_vgpu = vgpu->workloads;
	vgpu->workloads = workload;
	ret = build(workload);
	if (ret) {
		vgpu->stats.workloads_refused++;
		vgpu->stats.workloads_failed++;
		gvt_workload_destroy(workload);
		gvt_workload_judge(vgpu, ret);
		return ret;
	}
	vgpu->stats.workloads_accepted++;
	*out = workload;
	return 0;
}

// The new part of the ring, one piece or two.
static int copy_commands(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	uint32_t head = workload->head & RING_HEAD_MASK;
	uint32_t bytes = (workload->tail + workload->ring_bytes - head) % workload->ring_bytes;
	uint32_t first = workload->ring_bytes - head;
	uint8_t *to;

	if (first > bytes)
		first = bytes;
	workload->command_dwords = bytes / 4;
	if (!bytes)
		return 0;
	workload->commands = malloc(bytes);
	if (!workload->commands)
		return -ENOMEM;
	to = (uint8_t *)workload->commands;
	if (guest_read_gma(vgpu, (uint64_t)workload->ring_start + head, to, first) ||
	    guest_read_gma(vgpu, workload->ring_start, to + first, bytes - first))
		return refuse(vgpu, GVT_INCIDENT_RING_RANGE, workload->ring_start, -EFAULT);
	return 0;
}

int gvt_workload_pin(struct workload *workload)
{
	int ret;

	if (!workload->mm)
		return 0;
	ret = ppgtt_mm_pin(workload->mm);
	workload->mm_pinned = !ret;
	return ret;
}

int gvt_workload_alloc_pages(struct vgpu *vgpu, struct hw_pages *pages, uint64_t page_count)
{
	int ret;

	do
		ret = hw_pages_alloc(&vgpu->gvt->hw, pages, page_count);
	while (ret == -ENOMEM && ppgtt_reclaim(vgpu));
	return ret ? refuse(vgpu, GVT_INCIDENT_HOST_MEMORY, page_count << PAGE_SHIFT, -ENOMEM) : 0;
}

int gvt_workload_scan(struct workload *workload)
{
	int ret;

	assert(sim_mutex_held(workload->vgpu->m, &workload->vgpu->lock));
	if (workload->scanned)
		return 0;
	ret = copy_commands(workload);
	if (!ret)
		ret = cmd_scan_ring(workload, workload->commands, workload->command_dwords);
	if (!ret)
		ret = cmd_scan_work_arounds(workload);
	workload->scanned = true;
	return ret;
}
