/* SPDX-License-Identifier: MIT */
/*
 * Executor: the simulated machine's sense of time and order.
 *
 * Every active party (a vCPU, a host worker thread, an engine's command streamer) is a context: a
 * stackful coroutine with its own clock, an integer count of picoseconds. Code in a context reads
 * top to bottom and may wait in the middle of a function.
 *
 * Order is total and repeatable: of all runnable contexts the one with the smallest (clock, id)
 * runs. A context keeps running while it only advances its own clock; others can get in at the
 * interleaving points and nowhere else: exec_sync(), exec_sleep_until(), exec_wait(), and what is
 * built on them (bus accesses, shared memory accessors, modelled locks). All of them ask one
 * function, executor_choose_next(), who goes next.
 *
 *   call                     interleaving point   effect on the caller's clock
 *   exec_advance()           no                   + given duration
 *   exec_sync()              yes                  none
 *   exec_sleep_until()       yes                  set to the given time (never back)
 *   exec_idle_until()        yes                  set to the given time (never back)
 *   exec_wait()              yes                  set to the wake-up or the deadline
 *   exec_wake_one/all()      no                   none (the woken gets: max(own, given))
 *
 * A deadline comes after everything else of its instant: a context that waits until t goes on,
 * timed out, once nobody can run at t or before, so that whatever happens at t may still wake it. A
 * context whose clock is EXEC_NEVER does not run.
 *
 * CPUs can be limited: executor_limit_cpus(). A context that is told to use one then runs only
 * while it has one. What it does between two interleaving points needs as much of a CPU's time as
 * its clock advances by; when its slice ends in between and others queue for a CPU, the rest of it
 * is done later, and its clock shows that. exec_wait() and exec_idle_until() give the CPU up,
 * exec_sleep_until() does not. The run queue is first in, first out; nobody who wakes takes a CPU
 * away from anybody, except for EXEC_CPU_INTERRUPT, which goes first and interrupts CPU 0 if none
 * is free. A stretch that ends in a wait is not interrupted, however long.
 *
 * An executor and its contexts belong to one host thread; any number of executors may exist in one
 * process. All functions that act "on the current context" must be called from inside a context;
 * outside, exec_sync() and exec_sleep_until() have nobody to let in and return, and exec_wait()
 * fails an assertion.
 *
 * Switching between contexts makes no system call on x86-64 and aarch64; elsewhere ucontext is
 * used.
 */
#ifndef PVMMIO_SIM_MACHINE_EXECUTOR_H
#define PVMMIO_SIM_MACHINE_EXECUTOR_H

#include <stddef.h>
#include <stdint.h>

/* Durations in picoseconds. */
#define PS_PER_NS UINT64_C(1000)
#define PS_PER_US UINT64_C(1000000)
#define PS_PER_MS UINT64_C(1000000000)
#define PS_PER_S  UINT64_C(1000000000000)

/* "Never": a deadline that does not come. */
#define EXEC_NEVER UINT64_MAX

struct exec_context;

/*
 * The public head of an executor. The fields are for the inline functions below; everybody else
 * reads them through those.
 */
struct executor {
	uint64_t now_ps;     /* clock of the current context; outside: executor_time_ps() */
	uint64_t horizon_ps; /* first clock at which another one goes first, or EXEC_NEVER */
	struct exec_context *current; /* NULL outside executor_run() */
	void *local;                  /* exec_context_local(current); NULL without one */
};

/* Contexts waiting for something, first in first out. Zero-initialise; embed anywhere. */
struct exec_waitq {
	struct exec_context *first;
	struct exec_context *last;
};

typedef void (*exec_entry_fn)(void *arg);

/* Create an executor. 0, or -ENOMEM. The caller owns *out and ends it with executor_destroy(). */
int executor_create(struct executor **out);

/*
 * Free an executor and every context, finished or not. The stacks of unfinished contexts are
 * discarded without unwinding: whatever such a context owns must be reachable from elsewhere and be
 * freed there. NULL is allowed. Not from inside a context.
 */
void executor_destroy(struct executor *ex);

/*
 * Add a context that starts at start_ps with entry(arg) and ends when entry returns. Ids are given
 * in the order of spawning and decide between equal clocks. name is copied (truncated to 31 bytes).
 * May be called inside or outside of a context. 0, -ENOMEM.
 */
int executor_spawn(struct executor *ex, const char *name, uint64_t start_ps, exec_entry_fn entry,
		   void *arg, struct exec_context **out);

/*
 * Run until no context is runnable or executor_stop() is called. Returns 0 when nothing is left
 * that could ever run (all finished, or waiting without a deadline), 1 when stopped. May be called
 * again to go on.
 */
int executor_run(struct executor *ex);

/*
 * Ask executor_run() to return at the current context's next interleaving point, or when it ends.
 * From inside a context. Nobody else runs before that.
 */
void executor_stop(struct executor *ex);

/*
 * Clock that the simulation has reached: the largest at which any context has run. A context that
 * sleeps has not run at the end of its sleep.
 */
uint64_t executor_time_ps(const struct executor *ex);

/* Clock of one context, whether or not it runs now. */
uint64_t exec_context_time_ps(const struct exec_context *ctx);

/* How often a context was switched to so far; for tests and benchmarks. */
uint64_t executor_switch_count(const struct executor *ex);

/* Name and id of a context, for messages and traces. */
const char *exec_context_name(const struct exec_context *ctx);
unsigned exec_context_id(const struct exec_context *ctx);

/* One pointer per context for the module that runs on it (the vCPU layer, the work meter). */
void exec_context_set_local(struct exec_context *ctx, void *local);
void *exec_context_local(const struct exec_context *ctx);

/* Does a context need a CPU? Not hardware. */
enum exec_cpu_use {
	EXEC_CPU_NONE,
	EXEC_CPU_THREAD,
	EXEC_CPU_INTERRUPT, /* an interrupt handler */
};

/* Told of the current wait when a context gets the CPU that it waited for. */
typedef void (*exec_cpu_wait_fn)(void *local, uint64_t waited_ps);

/*
 * There are count CPUs, and whoever runs lets those who queue go first after slice_ps. Before any
 * context is spawned. waited may be NULL. 0, -EINVAL (none of either), -ENOMEM.
 */
int executor_limit_cpus(struct executor *ex, unsigned count, uint64_t slice_ps,
			exec_cpu_wait_fn waited);

/* For a context that has not run yet; no effect on an executor without limit. */
void exec_context_use_cpu(struct exec_context *ctx, enum exec_cpu_use use);

struct exec_cpu_times {
	uint64_t run_ps;      /* it had a CPU */
	uint64_t wait_ps;     /* it could have run and had none */
	uint64_t taken_count; /* its CPU was taken away while it could go on */
};

/* So far; all zero without a limit. */
void exec_context_cpu_times(const struct exec_context *ctx, struct exec_cpu_times *out);

/* What the current context has waited for a CPU so far; 0 outside. */
uint64_t exec_cpu_wait_ps(const struct executor *ex);

/* The slow half of exec_sync(). Returns at once when the current context is still the first. */
void executor_yield(struct executor *ex);

static inline uint64_t exec_now(const struct executor *ex)
{
	return ex->now_ps;
}

/* Spend time on the current context without letting anybody in. */
static inline void exec_advance(struct executor *ex, uint64_t ps)
{
	ex->now_ps += ps;
}

/* Interleaving point: returns once the current context has the smallest (clock, id). */
static inline void exec_sync(struct executor *ex)
{
	if (__builtin_expect(ex->now_ps >= ex->horizon_ps, 0))
		executor_yield(ex);
}

/* Move the current context's clock to at_ps (no effect if that is past) and let others in. */
static inline void exec_sleep_until(struct executor *ex, uint64_t at_ps)
{
	if (at_ps > ex->now_ps)
		ex->now_ps = at_ps;
	exec_sync(ex);
}

/* The same, and give up the CPU meanwhile. */
void exec_idle_until(struct executor *ex, uint64_t at_ps);

/*
 * Wait on q until woken or until deadline_ps (EXEC_NEVER: no deadline). 0 when woken, -ETIMEDOUT at
 * the deadline; a wake-up and a deadline at the same instant count as woken. Test the condition
 * again after returning: others may have run between the wake-up and now.
 */
int exec_wait(struct executor *ex, struct exec_waitq *q, uint64_t deadline_ps);

/*
 * Make the first / every context waiting on q runnable, no earlier than at_ps. Returns how many.
 * May be called from inside any context. A waiter whose deadline comes before at_ps is not there
 * any more when the wake-up arrives: it is passed over.
 */
unsigned exec_wake_one(struct executor *ex, struct exec_waitq *q, uint64_t at_ps);
unsigned exec_wake_all(struct executor *ex, struct exec_waitq *q, uint64_t at_ps);

#endif
