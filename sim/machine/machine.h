/* SPDX-License-Identifier: MIT */
/*
 * Machine: everything that a simulation's parties share: the executor, physical memory, the cost
 * profile, the ledger, the trace sink, the seed, the host's bus, the VMs.
 *
 * A machine is one simulation. Any number of them live in one process; nothing is global.
 */
#ifndef PVMMIO_SIM_MACHINE_MACHINE_H
#define PVMMIO_SIM_MACHINE_MACHINE_H

#include <stdint.h>

#include "sim/machine/bus.h"
#include "sim/machine/cost.h"
#include "sim/machine/dma.h"
#include "sim/machine/executor.h"
#include "sim/machine/ledger.h"
#include "sim/machine/party.h"
#include "sim/machine/physmem.h"
#include "sim/machine/rng.h"
#include "sim/machine/trace.h"
#include "sim/machine/work.h"

#define MACHINE_VM_LIMIT 64

struct vm;

struct machine_config {
	uint64_t seed;
	uint64_t memory_bytes;            /* host physical memory, sparse; 0: 64 GiB */
	const struct cost_profile *costs; /* copied; NULL: nothing costs anything */
	struct trace_sink *trace;         /* NULL: none */
	unsigned cpu_count;    /* CPUs that vCPUs and host threads share; 0: one for each of them */
	uint64_t cpu_slice_ps; /* how long one of them runs while others queue; 0: 3 ms */
};

/* A thread of the simulated host's software: what its context's local pointer shows to. */
struct host_thread {
	struct party party;
	struct work_origin origin; /* see work_set_origin() */
	struct exec_context *context;
	struct host_thread *next; /* the one that was started before */
};

struct machine {
	struct trace_point trace; /* first: see trace.h */
	struct executor *ex;
	struct physmem *pm;
	struct bus *host_bus; /* devices at host physical addresses; no exits here */
	struct ledger *ledger;
	struct cost_profile costs;
	struct rng rng;
	uint64_t seed;
	struct vm *vms[MACHINE_VM_LIMIT];
	unsigned vm_count;
	struct host_thread *threads;
};

/* 0, -ENOMEM, or memfd's error. */
int machine_create(struct machine **out, const struct machine_config *config);

/*
 * Ends every context, finished or not, and destroys the VMs as well. Whoever has mapped regions or
 * pushed layers may free them before or after. NULL is allowed.
 */
void machine_destroy(struct machine *m);

/*
 * Start a thread of the host's software: a context that may spend work (work.h). Like
 * executor_spawn(), which is for hardware. Its origin is nobody. It needs a CPU; a handler of the
 * host's interrupts is told apart by exec_context_use_cpu(). 0, -ENOMEM.
 */
int machine_spawn_thread(struct machine *m, const char *name, uint64_t start_ps,
			 exec_entry_fn entry, void *arg, struct exec_context **out);

static inline void work_in_exit(const struct party *party, enum work_kind kind, uint64_t count,
				uint64_t ps)
{
	party->open_exit->part_ps[work_kinds[kind].part] += ps;
	party->exit_work[kind].count += count;
	party->exit_work[kind].time_ps += ps;
}

/* See work.h. */
static inline void work_spend(struct machine *m, enum work_kind kind, uint64_t count)
{
	uint64_t ps = count * m->costs.value[COST_WORK_HANDLER + kind];
	const struct party *party = party_current(m->ex);

	exec_advance(m->ex, ps);
	if (__builtin_expect(party && party->open_exit, 1))
		work_in_exit(party, kind, count, ps);
	else
		work_book(m, kind, count, ps);
}

#endif
