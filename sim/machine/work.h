/* SPDX-License-Identifier: MIT */
/*
 * Work meter: the CPU time of simulated host software.
 *
 * The mediator is real code that runs in no simulated time by itself; it says what it does, as
 * (kind, count), and this module turns that into time by the cost profile and books it:
 *
 *   - inside an exit (on a vCPU's context, between the layers): to the part of that exit that the
 *     kind's table row names, and by kind to the vCPU's VM and operation;
 *   - elsewhere (a host thread, see machine_spawn_thread()): to the ledger as the mediator's other
 * work, under the origin, that is the VM and guest operation on whose behalf it is done. A worker
 * states it with work_set_origin(); code that hands work to a worker takes it with work_origin().
 */
#ifndef PVMMIO_SIM_MACHINE_WORK_H
#define PVMMIO_SIM_MACHINE_WORK_H

#include <stdint.h>

#include "sim/machine/cost.h"
#include "sim/machine/executor.h"
#include "sim/machine/exit.h"

enum work_kind {
	WORK_HANDLER,         /* look a register up and run its handler */
	WORK_LOCK,            /* take and release a lock that is free */
	WORK_GUEST_READ,      /* one read of guest memory of less than a page */
	WORK_GUEST_WRITE,     /* one write of guest memory of less than a page */
	WORK_GUEST_COPY_PAGE, /* one whole page in or out of guest memory */
	WORK_SCAN_DWORD,      /* audit one dword of commands */
	WORK_GGTT_ENTRY,      /* translate, map and write one GGTT entry, with its flush */
	WORK_WORKLOAD_CREATE,
	WORK_WORKLOAD_DISPATCH,
	WORK_WORKLOAD_COMPLETE,
	WORK_CSB_EVENT,        /* emulate one context status event */
	WORK_INTERRUPT_INJECT, /* inject one MSI */
	WORK_HOST_INTERRUPT,   /* host's own interrupt handler and bottom half */
	WORK_THREAD_WAKE,      /* a sleeping worker thread starts to run */
	WORK_OWNER_SWITCH,     /* an engine gets another owner, without its registers */
	WORK_SWITCH_REGISTER,  /* save or restore one of its registers, beside the device's time */
	WORK_TRACK_LOOKUP,     /* find who watches a page that a store faulted on */
	WORK_SHADOW_LOOKUP,    /* find a shadow table by its guest's or host's frame */
	WORK_SHADOW_TABLE,     /* allocate or free one shadow table */
	WORK_TABLE_PROTECT,    /* change the write protection of one guest page */
	WORK_PTE_READ,         /* read one entry of a guest's page table by itself */
	WORK_PTE_SHADOW,       /* translate, pin and write one leaf of a shadow table; give it up */
	WORK_OOS_COMPARE,      /* compare one entry of an out-of-sync page with its copy */
	WORK_PPGTT_LOOKUP,     /* find an address space by its root */
	WORK_PV_WALK_ENTRY,    /* one entry of a guest's page table, read in bulk */
	WORK_PV_MAP_ENTRY,     /* translate, pin and write one leaf, in bulk; give it up */
	WORK_KIND_COUNT,
};

/* Row of the table of kinds: report name, the exit part it is booked to, its price. */
struct work_kind_info {
	const char *name;
	enum exit_part part;
	enum cost_param price;
};

extern const struct work_kind_info work_kinds[WORK_KIND_COUNT];

struct work_sum {
	uint64_t count;
	uint64_t time_ps;
};

struct machine;

/* On whose behalf work is done. vm_id is -1 for nobody's. */
struct work_origin {
	int vm_id;
	enum guest_op op;
};

/*
 * work_spend(m, kind, count): spend count units of kind on the current context. Not an interleaving
 * point. It is in machine.h, inline: every exit's handler calls it.
 *
 * work_book() is its half outside of exits: books what has been spent.
 */
void work_book(struct machine *m, enum work_kind kind, uint64_t count, uint64_t ps);

/*
 * The current context's origin: on a vCPU its VM and operation, on a host thread what was set,
 * elsewhere nobody. Only host threads can set it.
 */
struct work_origin work_origin(struct machine *m);
void work_set_origin(struct machine *m, struct work_origin origin);

#endif
