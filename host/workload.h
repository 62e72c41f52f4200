/* SPDX-License-Identifier: MIT */
/*
 * Workload: one submitted context of a guest, from its ELSP write to its completion.
 *
 * It is created in the trap, from guest memory read once; audited there when its engine has nothing
 * else to do for this guest, else when its turn comes; executed from copies in host memory.
 *
 * All functions need vgpu->lock. Source: gvt/scheduler.c of Linux 5.3.
 */
#ifndef PVMMIO_HOST_WORKLOAD_H
#define PVMMIO_HOST_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/cmd_parser.h"
#include "host/gvt.h"
#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/work.h"

struct ppgtt_mm;
struct vgpu;

#define WORKLOAD_QUEUE_LIMIT 64u /* of one vGPU on one engine */

struct workload {
	struct vgpu *vgpu;
	enum gen9_engine_id engine;
	struct workload *next; /* in the vGPU's queue of the engine */
	struct workload *next_of_vgpu;
	uint64_t descriptor;
	bool pv;          /* came by level pv_submission: no execlist shows it */
	bool schedule_in; /* element 0 of its submission: announces the pair when dispatched */
	uint64_t pair[2];
	struct work_origin origin;
	uint64_t flow; /* its number in traces */

	struct ppgtt_mm *mm; /* its address space, with a reference; NULL: it has none */
	bool mm_pinned;
	uint64_t state_gpa; /* the guest's register state page */
	uint32_t ring_start;
	uint32_t ring_bytes;
	uint32_t head;        /* where new commands start, with the wrap count */
	uint32_t tail;        /* where they end */
	bool restore_inhibit; /* the guest's image holds no engine state yet */

	/* what RCS0 executes when it loads the context; addresses are the guest's */
	uint32_t indirect_gma;
	uint32_t indirect_bytes;  /* 0: none */
	uint32_t per_context_gma; /* 0: none */
	struct hw_pages indirect; /* audited copies */
	struct shadow_batch *per_context;

	bool scanned;
	bool running; /* an engine thread works on it */
	int status;
	uint32_t *commands; /* audited copy of [head, tail) */
	size_t command_dwords;
	struct shadow_batch *batches;
	unsigned batch_count;    /* of those that the last start in the ring led to */
	uint64_t batch_pages;    /* that all copies take */
	uint32_t pending_events; /* GT_*_INTERRUPT, to be raised at completion */
};

/*
 * Make a workload of a descriptor that was checked, and queue it: 0. Incidents are noted, failsafe
 * mode is entered where that is due: -EINVAL (context, ring), -EFAULT, -EBADRQC, -ENOMEM.
 */
int gvt_workload_create(struct workload **out, struct vgpu *vgpu, enum gen9_engine_id engine,
			uint64_t descriptor);

/* Give up one that was created and not queued. NULL is allowed. */
void gvt_workload_withdraw(struct workload *workload);

/* Free one that is in no queue. NULL is allowed. May be called again if it was cut short. */
void gvt_workload_destroy(struct workload *workload);

/*
 * The same outside of contexts, where one was discarded in the middle of something, for all of the
 * vGPU's. Address spaces are gone already.
 */
void gvt_workloads_abandon(struct vgpu *vgpu);

/* Keep the address space in place until the workload is destroyed. 0, or ppgtt_mm_pin()'s error. */
int gvt_workload_pin(struct workload *workload);

/*
 * Host pages for what is executed in a workload's place. Where none are free, shadow tables are
 * given up for them, so this interleaves: pages must be reachable from the vGPU. 0; -ENOMEM with an
 * incident noted.
 */
int gvt_workload_alloc_pages(struct vgpu *vgpu, struct hw_pages *pages, uint64_t page_count);

/* Audit it, unless that was done: 0 or the parser's error. */
int gvt_workload_scan(struct workload *workload);

/* Enter failsafe mode if that is what error calls for. */
void gvt_workload_judge(struct vgpu *vgpu, int error);

void gvt_workload_append(struct workload *workload);
void gvt_workload_remove(struct workload *workload);

/* Count how it ended, and free it. It was accepted, and is in no queue any more. */
void gvt_workload_end(struct workload *workload, enum gvt_workload_end how);

/* End what is queued on the engine and does not run; who was promised an answer gets it. */
void gvt_workload_drop_queued(struct vgpu *vgpu, enum gen9_engine_id engine,
			      enum gvt_workload_end how);

/* Do the descriptors name the same context? */
bool gvt_workload_same_context(uint64_t a, uint64_t b);

/* ---- shadow contexts (shadow_context.c, shadow_ring.c) ---- */

/* One context image and ring per engine of the vGPU. Memory only. 0, -ENOMEM. */
int shadow_context_init(struct vgpu *vgpu);
void shadow_context_fini(struct vgpu *vgpu);

/*
 * Fill the shadow image from the guest's, the shadow ring from the audited copy, bind everything.
 * Afterwards *descriptor is what to submit. 0, -EFAULT, -EINVAL, -EBADRQC, -ENOMEM.
 */
int shadow_context_populate(struct workload *workload, uint64_t *descriptor);

/*
 * The audited commands, and what the host adds, to the start of the shadow ring, which is bound.
 * *tail_bytes: where they end. 0, -EINVAL (more than a ring holds), -ENOMEM.
 */
int shadow_ring_fill(struct workload *workload, uint32_t *tail_bytes);

/* Write the guest's image back as the engine left it. -EFAULT when it is gone. */
int shadow_context_write_back(struct workload *workload);

#endif
