/* SPDX-License-Identifier: MIT */
/*
 * Modelled mutex of the simulated software: first come first served, costs virtual time when
 * contended, and counts that for the report.
 *
 * Waiting inside an exit is booked to the exit's lock_wait part; elsewhere it only passes time.
 * Not recursive. A context must not end while it holds one.
 */
#ifndef PVMMIO_SIM_MACHINE_LOCK_H
#define PVMMIO_SIM_MACHINE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine/executor.h"

struct machine;

struct sim_mutex {
	const char *name;
	struct exec_context *owner;
	struct exec_waitq waiters;
	uint64_t acquired_count;
	uint64_t contended_count;
	uint64_t wait_ps;
};

void sim_mutex_init(struct sim_mutex *mutex, const char *name);

/* Interleaving point; charges WORK_LOCK. Asserts that the caller does not hold it already. */
void sim_mutex_lock(struct machine *m, struct sim_mutex *mutex);

/* Take the lock if that needs no waiting: for whoever may not wait, as it holds another one. */
bool sim_mutex_trylock(struct machine *m, struct sim_mutex *mutex);

/*
 * Interleaving point, so that everybody who asked before now is queued; then hands over to the
 * first waiter, if any, at the current time. Asserts that the caller holds it.
 */
void sim_mutex_unlock(struct machine *m, struct sim_mutex *mutex);

/* For assertions in code that must run under the lock. */
bool sim_mutex_held(const struct machine *m, const struct sim_mutex *mutex);

#endif
