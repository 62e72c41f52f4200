/* SPDX-License-Identifier: MIT */
/*
 * Virtual execlists: what a guest's ELSP writes become, and the status that it sees.
 *
 * Four writes make a submission, counted per engine; nothing but a reset of the engine or run list
 * enable restarts the count. With pvmmio level elsp_submit every write at count 0 is a doorbell:
 * the other three dwords come from the shared page. A guest that keeps writing four dwords then
 * submits four times. With level pv_submission none of this is in force: see pv_submission.h.
 *
 * All functions need vgpu->lock. Source: gvt/execlist.c of Linux 5.1.
 */
#ifndef PVMMIO_HOST_EXECLIST_H
#define PVMMIO_HOST_EXECLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

struct vgpu;
struct workload;

/* Power-on state of one engine's submission, its registers included. */
void execlist_reset(struct vgpu *vgpu, enum gen9_engine_id engine);

/*
 * Are these descriptors something to submit: element 0 valid, each valid one with an addressing
 * mode that can be shadowed? 0; -EINVAL with an incident noted.
 */
int execlist_check_pair(struct vgpu *vgpu, const uint64_t pair[2]);

/* Is there room for two more workloads on the engine? */
bool execlist_queue_has_room(const struct vgpu *vgpu, enum gen9_engine_id engine);

/* A guest's ELSP write. -EINVAL and what gvt_workload_create() says; the guest never learns of it.
 */
int execlist_elsp_write(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t value);

/*
 * A workload goes to the hardware: if it stands for a submission, show that in the virtual engine.
 * -EINVAL when two submissions are there already.
 */
int execlist_schedule_in(struct workload *workload);

/* It is done, and the next workload of the engine is of another context. */
void execlist_schedule_out(struct workload *workload);

#endif
