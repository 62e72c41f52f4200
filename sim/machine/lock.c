// SPDX-License-Identifier: MIT

#include <assert.h>

#include "sim/machine/lock.h"
#include "sim/machine/machine.h"
#include "sim/machine/party.h"
#include "sim/machine/work.h"

void sim_mutex_init(struct sim_mutex *mutex, const char *name)
{
	*mutex = (struct sim_mutex){ .name = name };
}

// The exit's clock runs while it waits; only the part that the time belongs to is named here.
static void book_wait(struct machine *m, struct sim_mutex *mutex, uint64_t wait_ps)
{
	struct party *party = party_current(m->ex);

	mutex->wait_ps += wait_ps;
	if (party && party->open_exit)
		party->open_exit->part_ps[EXIT_PART_LOCK_WAIT] += wait_ps;
}

void sim_mutex_lock(struct machine *m, struct sim_mutex *mutex)
{
	struct executor *ex = m->ex;
	struct exec_context *self = ex->current;
	uint64_t asked_ps;
	uint64_t cpu_wait_ps;

	assert(self);
	assert(mutex->owner != self);
	exec_sync(ex);
	mutex->acquired_count++;
	if (!mutex->owner) {
		mutex->owner = self;
	} else {
		mutex->contended_count++;
		asked_ps = exec_now(ex);
		cpu_wait_ps = exec_cpu_wait_ps(ex);
		exec_wait(ex, &mutex->waiters, EXEC_NEVER);
		assert(mutex->owner == self);
		// The lock was there sooner than a CPU.
		cpu_wait_ps = exec_cpu_wait_ps(ex) - cpu_wait_ps;
		book_wait(m, mutex, exec_now(ex) - asked_ps - cpu_wait_ps);
	}
	work_spend(m, WORK_LOCK, 1);
}

bool sim_mutex_trylock(struct machine *m, struct sim_mutex *mutex)
{
	struct executor *ex = m->ex;

	assert(ex->current && mutex->owner != ex->current);
	exec_sync(ex);
	work_spend(m, WORK_LOCK, 1);
	if (mutex->owner)
		return false;
	mutex->acquired_count++;
	mutex->owner = ex->current;
	return true;
}

void sim_mutex_unlock(struct machine *m, struct sim_mutex *mutex)
{
	struct executor *ex = m->ex;

	assert(ex->current && mutex->owner == ex->current);
	// Whoever asked at an earlier time than now has to be in the queue before it is looked at.
	exec_sync(ex);
	// Handed over, not set free: nobody who asks later can overtake the first waiter.
	mutex->owner = mutex->waiters.first;
	exec_wake_one(ex, &mutex->waiters, exec_now(ex));
}

bool sim_mutex_held(const struct machine *m, const struct sim_mutex *mutex)
{
	return m->ex->current && mutex->owner == m->ex->current;
}
