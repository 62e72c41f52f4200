/* SPDX-License-Identifier: MIT */
/*
 * What an executor is made of. Internal to executor.c and executor_cpu.c.
 */
#ifndef PVMMIO_SIM_MACHINE_EXECUTOR_IMPL_H
#define PVMMIO_SIM_MACHINE_EXECUTOR_IMPL_H

#include <stdbool.h>

#include "sim/machine/executor.h"
#include "sim/machine/executor_queue.h"
#include "sim/machine/fiber.h"

/* Added to a context's id while it waits for its deadline: see executor_queue.h. */
#define ORDER_DEADLINE (UINT64_C(1) << 32)

/* Added to a CPU's number: what happens to it comes after everything else of its instant. */
#define ORDER_CPU (UINT64_C(2) << 32)

struct exec_context {
	struct exec_queue_node node; // first: node_context()
	uint32_t id;
	uint64_t clock_ps;        // while it does not run: what it had when it stopped to
	struct exec_waitq *waitq; // what it waits on, or NULL
	struct exec_context *wait_prev;
	struct exec_context *wait_next;
	uint64_t deadline_ps;
	bool timed_out;
	void *local;
	struct fiber fiber;

	/* executor_cpu.c */
	enum exec_cpu_use cpu_use;
	struct exec_cpu *cpu; // NULL: it has none
	uint64_t cpu_run_ps;
	uint64_t cpu_wait_ps;
	uint64_t cpu_asked_ps; // while it is in the run queue: since when
	uint64_t cpu_left_ps;  // of what it was doing when its CPU was taken away
	uint64_t cpu_taken_count;
	struct exec_context *cpu_next; // in the run queue

	struct executor_impl *owner;
	exec_entry_fn entry;
	void *arg;
	struct exec_context *next;          // in executor_impl.contexts
	struct exec_context *next_finished; // in executor_impl.finished
	char name[32];
};

/* One CPU. Its node is queued while there is something to happen to it. */
struct exec_cpu {
	struct exec_queue_node node; // first: node_cpu()
	unsigned id;
	struct exec_context *holder; // NULL: free
	uint64_t since_ps;
	uint64_t slice_end_ps;
	bool giving_up; // the holder waits, from the node's time on
};

struct exec_cpus {
	unsigned count;
	uint64_t slice_ps;
	exec_cpu_wait_fn waited;
	struct exec_context *first; // run queue
	struct exec_context *last;
	struct exec_cpu cpus[];
};

struct executor_impl {
	struct executor pub;     // first: impl_of()
	struct exec_queue queue; // who can run or has a deadline, but for the current context
	uint64_t reached_ps;
	uint64_t switch_count;
	bool stop;
	struct exec_cpus *cpus; // NULL: as many as anybody wants
	struct fiber thread;    // what executor_run() was called on
	uint32_t next_id;
	uint32_t live_count; // spawned and not finished
	struct exec_context *contexts;
	struct exec_context *finished; // whose stacks are there to be taken
};

static inline struct executor_impl *impl_of(struct executor *ex)
{
	return (struct executor_impl *)ex;
}

static inline struct exec_context *node_context(struct exec_queue_node *node)
{
	return (struct exec_context *)node;
}

static inline void exec_waitq_remove(struct exec_context *ctx)
{
	struct exec_waitq *q = ctx->waitq;

	if (ctx->wait_prev)
		ctx->wait_prev->wait_next = ctx->wait_next;
	else
		q->first = ctx->wait_next;
	if (ctx->wait_next)
		ctx->wait_next->wait_prev = ctx->wait_prev;
	else
		q->last = ctx->wait_prev;
	ctx->waitq = NULL;
}

/* Its deadline has come: nobody woke it. */
static inline void exec_context_time_out(struct exec_context *ctx)
{
	exec_waitq_remove(ctx);
	ctx->timed_out = true;
	ctx->clock_ps = ctx->deadline_ps;
}

/* ---- executor_cpu.c, for an executor with a limited number of CPUs ---- */

/* executor_choose_next(), where whoever needs a CPU and has none gets one first. */
struct exec_context *exec_cpu_choose(struct executor_impl *x, struct exec_context *candidate);

/* ctx, which has a CPU, does not need it from at_ps on. */
void exec_cpu_give_up(struct executor_impl *x, struct exec_context *ctx, uint64_t at_ps);

#endif
