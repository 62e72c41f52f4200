/* SPDX-License-Identifier: MIT */
/*
 * Scheduler: who has the GPU, and the threads that do the work.
 *
 * One vGPU owns all engines at a time. It gives way when it has nothing queued and nothing running,
 * or when others wait and its slice of 1 ms is over; what runs on the engines is finished first.
 * The vGPU that was served longest ago comes next. A pass takes place whenever a workload is queued
 * or completed, and at the end of a slice that somebody waits for. A vGPU without competition keeps
 * the GPU while it is idle, where upstream hands it to an idle vGPU until the next pass.
 *
 * A vGPU takes part from its first run list enable on.
 *
 * Source: gvt/sched_policy.c and gvt/scheduler.c of Linux 5.1, without weights.
 */
#ifndef PVMMIO_HOST_SCHEDULER_H
#define PVMMIO_HOST_SCHEDULER_H

#include "hw-model/regs/gen9_regs.h"

struct gvt;
struct sched_engine;
struct vgpu;
struct workload;

void sched_init(struct gvt *gvt);

/* Threads: the service thread (arg: struct gvt) and one per engine (arg: struct sched_engine). */
void sched_service_thread(void *arg);
void dispatch_thread(void *arg);

/* Queue a workload and wake who is needed. vgpu->lock is held. */
void sched_queue(struct workload *workload);

/* Let vgpu take part / no longer. Workloads already on an engine go on. */
void sched_start(struct vgpu *vgpu);
void sched_stop(struct vgpu *vgpu);

/* Wait until no engine works for vgpu. vgpu->lock is not held. */
void sched_wait_idle(struct vgpu *vgpu);

/*
 * For engine threads: wait for the next workload of the GPU's owner on this engine. It is marked
 * running, its origin is the thread's.
 */
struct workload *sched_next_workload(struct sched_engine *engine);

/* It is done with. Called with vgpu->lock held; the workload is out of its queue. */
void sched_finished(struct sched_engine *engine, struct vgpu *vgpu);

#endif
