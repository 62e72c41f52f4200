/* SPDX-License-Identifier: MIT */
/*
 * Party: who runs on a context of the executor. Every context that belongs to a vCPU or to a thread
 * of the simulated host has a struct party as its local pointer (exec_context_local()); contexts of
 * hardware have none.
 */
#ifndef PVMMIO_SIM_MACHINE_PARTY_H
#define PVMMIO_SIM_MACHINE_PARTY_H

#include "sim/machine/executor.h"

enum party_kind {
	PARTY_VCPU,        /* embedded in struct vcpu */
	PARTY_HOST_THREAD, /* embedded in struct host_thread */
};

struct exit_account;
struct work_sum;

struct party {
	enum party_kind kind;
	/* Of a vCPU; zero on host threads. */
	uint64_t exit_origin;           /* VM, vCPU and operation, see ledger_origin() */
	struct exit_account *open_exit; /* the exit being handled; NULL: in the guest */
	struct work_sum *exit_work;     /* by kind: where work in such an exit is counted */
	uint64_t exit_start_ps;         /* when it began */
	uint64_t reentry_ps; /* when the last one ended, since interrupts were enabled; or 0 */
};

/* The current context's party; NULL on hardware's contexts and outside of contexts. */
static inline struct party *party_current(const struct executor *ex)
{
	return ex->local;
}

#endif
