/* SPDX-License-Identifier: MIT */
/*
 * What one simulation measured: plain data between the simulation, which fills it in, and the
 * report, which shows it. Everything in it was counted where it happened.
 */
#ifndef PVMMIO_SIM_REPORT_RESULT_H
#define PVMMIO_SIM_REPORT_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw-model/gen9_gpu.h"
#include "sim/machine/incident.h"
#include "sim/machine/ledger.h"
#include "sim/scenario/config.h"

#define RESULT_REGISTER_NAME_BYTES 48
#define RESULT_INCIDENT_NAME_LIMIT INCIDENT_LIMIT
#define RESULT_END_LIMIT           8

/* Exits of one register and reason, summed over vCPUs and operations. */
struct register_result {
	char name[RESULT_REGISTER_NAME_BYTES];
	uint64_t offset; /* in BAR0 */
	enum exit_reason reason;
	struct ledger_sum sum;
	uint64_t op_count[GUEST_OP_COUNT]; /* of sum.count, by operation */
	uint64_t op_time_ps[GUEST_OP_COUNT];
};

struct object_exits {
	uint64_t count;
	uint64_t time_ps;
};

/* All times that a named object was bound, or unbound. */
struct object_sum {
	uint64_t count;
	uint64_t time_ps; /* of the vCPU, exits included, interrupts taken meanwhile not */
	struct object_exits by_reason[EXIT_REASON_COUNT]; /* in operations on page tables */
};

struct object_result {
	struct object_sum bind;
	uint64_t bind_errors; /* of bind.count */
	struct object_sum unbind;
};

/* How long each took, in the order in which they ended. */
struct frame_times {
	uint64_t *ps;
	size_t count, capacity;
	uint64_t late; /* with a period: began later than they were due */
};

/* One client of a workload descriptor. */
struct client_result {
	struct frame_times frames; /* iterations */
	uint64_t batches;          /* submitted */
	uint64_t late_periods;     /* the iteration had taken longer already */
	uint64_t wait_ps;          /* for batches */
	uint64_t duration_ps;      /* of all iterations */
};

struct workload_result {
	uint64_t requests;      /* added by the guest */
	uint64_t completed;     /* seen completed by the guest */
	uint64_t lost;          /* not completed within the workload's timeout, or at a reboot */
	uint64_t failed;        /* given up by the driver: they hung, or their context was banned */
	uint64_t replayed;      /* submitted again after a reset */
	uint64_t hangs;         /* engines that the driver's hang check found stuck */
	uint64_t engine_resets; /* of one engine, by the driver */
	uint64_t resets;        /* of all engines */
	uint64_t reboots;
	uint64_t interrupts_missed; /* waits that only the timeout ended, though the GPU was done */
	uint64_t bytes_verified;    /* written by the GPU, read back by the guest and right */
	uint64_t bytes_wrong;
	uint64_t duration_ps; /* from the start of the first step to the end of the last */
	uint64_t busy_ps;     /* of that, on all vCPUs that run it: neither halted nor sleeping */
	uint64_t vcpu_ps;     /* the time of those vCPUs together */
	uint64_t bind_errors; /* objects that could not be bound */
	int bind_error;       /* negative errno of the last of them */
	int error; /* negative errno that ended the workload early: the driver refused a request */
};

/* What was found in memory that the GPU wrote, each time that it was looked at. */
struct contents_result {
	uint64_t count;  /* submissions whose memory was looked at */
	uint64_t digest; /* of all bytes, in that order; 0: none */
};

/* Of a VM with a display. */
struct display_result {
	uint64_t flips;      /* asked of the driver */
	uint64_t flips_done; /* seen done by the guest */
	uint64_t flips_late; /* of those: done later than one and a half frames after they were
				asked for */
	uint64_t flips_torn; /* of those: a vblank came between their first and last register */
	uint64_t flips_lost; /* not done within the workload's timeout */
	uint64_t latency_ps; /* of those done, summed up: from the call to the vblank that showed
				them */
	uint64_t latency_min_ps;
	uint64_t latency_max_ps;
	uint64_t frames;            /* counted by the driver */
	uint64_t planes_right;      /* of flips with `drawn`: what was drawn was shown */
	uint64_t planes_wrong;      /* and those where it was not */
	uint64_t vblank_interrupts; /* handled by the driver */
	uint64_t evasions;          /* updates put off because a vblank was near */
	uint64_t vblanks_waited;    /* by steps */
	uint64_t vblanks_lost;      /* steps that waited in vain */
	uint64_t watermark_updates; /* of single planes */
	uint64_t errors;            /* steps that the driver or the host refused */
	int error;                  /* negative errno of the last of them */
};

/* What became of workloads in the mediator, since the vGPU was made. */
struct vgpu_result {
	uint64_t accepted;
	uint64_t refused;
	uint64_t ended[RESULT_END_LIMIT]; /* by how */
	const char *failsafe_cause;       /* a static string; NULL: none */
};

/* What the mediator's scheduler gave a vGPU; all zero where there is none. */
struct scheduling_result {
	uint32_t weight;
	uint64_t owned_ps; /* it owned the GPU */
	uint64_t turns;    /* how often it was given it */
};

/* Who shares the host's CPUs, where they are limited. */
struct cpu_result {
	char name[CONFIG_NAME_BYTES];
	uint64_t run_ps;      /* it had a CPU */
	uint64_t wait_ps;     /* it could have run and had none */
	uint64_t preemptions; /* its CPU was taken away while it could go on */
};

struct vm_result {
	struct ledger_op ops[GUEST_OP_COUNT];
	uint64_t op_exit_p50_ps[GUEST_OP_COUNT];
	uint64_t op_exit_p99_ps[GUEST_OP_COUNT];
	struct ledger_sum exits; /* all of the VM's */
	struct ledger_sum by_reason[EXIT_REASON_COUNT];
	struct register_result *registers; /* ordered by BAR0 offset, then reason */
	size_t register_count;
	uint32_t pvmmio_levels; /* negotiated */
	bool failsafe;
	struct vgpu_result vgpu;
	struct scheduling_result scheduling;
	struct cpu_result *vcpus; /* those that were started; none where CPUs are not limited */
	size_t vcpu_count;
	uint64_t interrupts_taken;
	uint64_t interrupts_merged;
	struct incident_list incidents;
	struct workload_result workload;
	struct display_result display; /* zeroes without one */
	struct frame_times frames;     /* repetitions of the workload, of all clients */
	struct client_result *clients; /* of a workload descriptor; else none */
	size_t client_count;
	struct object_result *objects; /* as many as the workload names, in its order */
	size_t object_count;
	struct contents_result *contents; /* by step that submits; of others one for all */
	size_t content_count;
	uint64_t user_interrupts; /* that the driver handled, of all engines */
	int init_error;           /* negative errno when the driver did not come up */
	bool hung;                /* the guest's software did not come to its end */
};

struct sim_result {
	uint64_t virtual_time_ps;
	struct vm_result *vms; /* as many as the configuration has, in its order */
	size_t vm_count;
	struct gen9_engine_stats engines[GEN9_ENGINE_COUNT];
	struct cpu_result *threads; /* the host's, in the order of their start; as above */
	size_t thread_count;
	/* The mediator's work on nobody's behalf: host interrupts, changes of owner. */
	uint64_t host_work_ps;
	uint64_t host_work_count[WORK_KIND_COUNT];
	uint64_t host_work_kind_ps[WORK_KIND_COUNT];
	/*
	 * Names that incidents can have, static strings, NULL after the last: tells an incident
	 * that did not happen from a misspelt one.
	 */
	const char *incident_names[RESULT_INCIDENT_NAME_LIMIT + 1];
	/* How workloads end in the mediator; NULL after the last. */
	const char *end_names[RESULT_END_LIMIT + 1];
};

/* Frees what result points to and result. NULL is allowed. */
void sim_result_free(struct sim_result *result);

#endif
