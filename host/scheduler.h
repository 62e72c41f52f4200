/* SPDX-License-Identifier: MIT */
/*
 * Scheduler: who has the GPU, and the threads that do the work.
 *
 * One vGPU owns all engines at a time, or nobody does: the idle vGPU. What runs on the engines is
 * finished before the owner changes; a batch is not preempted.
 *
 * Every 100 ms each vGPU is allotted its weight's share of that time. While it owns the GPU its
 * time is charged, whether or not the engines work. A pass takes the vGPU that was chosen longest
 * ago and has work and time left, or none: a vGPU that has used up its share waits for the next
 * balance even if nobody else has work. Debts and what was not used carry over; every tenth balance
 * forgets them. A pass takes place at once when a workload is queued and when the last one of an
 * owner that has to go is completed, and at ticks of 1 ms. There are ticks only while one could
 * change anything.
 *
 * A vGPU takes part from its first run list enable on. For as long as the boost lasts from then on,
 * it goes before all that came before it, whatever is left of its share. The boost is off unless
 * asked for: upstream's of 2 s is longer than most simulations.
 *
 * Source: gvt/sched_policy.c and gvt/scheduler.c of Linux 5.1.
 */
#ifndef PVMMIO_HOST_SCHEDULER_H
#define PVMMIO_HOST_SCHEDULER_H

#include "hw-model/regs/gen9_regs.h"

struct gvt;
struct gvt_sched_config;
struct sched_engine;
struct vgpu;
struct workload;

void sched_init(struct gvt *gvt, const struct gvt_sched_config *config);

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
