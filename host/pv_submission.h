/* SPDX-License-Identifier: MIT */
/*
 * Submission without execlists, level PVMMIO_PV_SUBMISSION: the slots of the shared page. Protocol:
 * sim/abi/pvmmio.h.
 *
 * The doorbell is served in the exit, or by a thread of the host's (struct vgpu_config,
 * deferred_doorbell), as an eventfd would have it. Either way the slot is read once, the copy is
 * checked, both contexts are queued or none, and the guest gets an answer.
 *
 *   function                  interleaves   lock
 *   pv_submission_doorbell    yes           vgpu->lock held
 *   pv_submission_ring        no            not needed
 *   pv_submission_ended       yes           vgpu->lock held
 *   pv_submission_reset       yes           vgpu->lock held
 *   pv_submission_stop        waits         vgpu->lock not held
 *
 * Semantics of execution follow v8 to v10 of the series of 2019 (intel-gvt-dev); what its records
 * lacked is named in sim/abi/pvmmio.h.
 */
#ifndef PVMMIO_HOST_PV_SUBMISSION_H
#define PVMMIO_HOST_PV_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

struct gvt;
struct pvmmio_page;
struct vgpu;
struct workload;

/* The thread of deferred doorbells, once for all vGPUs. 0, -ENOMEM. */
int pv_submission_start_thread(struct gvt *gvt);

/* The level comes into force: what the slots say from now on. */
void pv_submission_enable(struct vgpu *vgpu, struct pvmmio_page *page);

/* A write to ELSP that the mediator sees. The level must be in force. 0, or what is wrong: the
 * guest reads that. */
int pv_submission_doorbell(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t value);

/* The event of a deferred doorbell. The lock need not be held. */
void pv_submission_ring(struct vgpu *vgpu, enum gen9_engine_id engine);

/*
 * A workload that came this way is over, its context image written back if it is good. Returns the
 * interrupt bits that the guest is owed beside those of its commands.
 */
uint32_t pv_submission_ended(const struct workload *workload, bool good);

/*
 * Refuse what the engine's slot offers and nobody has looked at: the engine is being reset, or the
 * vGPU is in failsafe mode.
 */
void pv_submission_reset(struct vgpu *vgpu, enum gen9_engine_id engine);

/* Forget doorbells; wait until no thread serves one. Outside of contexts nobody does. */
void pv_submission_stop(struct vgpu *vgpu);

#endif
