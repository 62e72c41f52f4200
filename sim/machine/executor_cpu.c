// SPDX-License-Identifier: MIT
//
// A limited number of CPUs, which contexts hold while they run.
//
// A context that is due and has no CPU takes a free one or queues. Whatever happens to a CPU, that
// its holder gives it up or that the holder's slice is over, has a place in the executor's queue,
// so that all of it happens in the order of time, also where a holder's clock has run ahead.

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "sim/machine/executor_impl.h"

static bool is_cpu_event(struct exec_queue_key key)
{
	return key.order >= ORDER_CPU;
}

static struct exec_cpu *node_cpu(struct exec_queue_node *node)
{
	return (struct exec_cpu *)node;
}

static void schedule_event(struct executor_impl *x, struct exec_cpu *cpu, uint64_t at_ps)
{
	if (cpu->node.place)
		exec_queue_remove(&x->queue, &cpu->node);
	exec_queue_insert(&x->queue, (struct exec_queue_key){ at_ps, ORDER_CPU | cpu->id },
			  &cpu->node);
}

static void cancel_event(struct executor_impl *x, struct exec_cpu *cpu)
{
	if (cpu->node.place)
		exec_queue_remove(&x->queue, &cpu->node);
	cpu->giving_up = false;
}

// Somebody queues: the holder's slice counts.
static void watch_slice(struct executor_impl *x, struct exec_cpu *cpu, uint64_t now_ps)
{
	if (cpu->holder && !cpu->giving_up && cpu->holder->cpu_use != EXEC_CPU_INTERRUPT)
		schedule_event(x, cpu, cpu->slice_end_ps > now_ps ? cpu->slice_end_ps : now_ps);
}

static void run_queue_append(struct exec_cpus *cpus, struct exec_context *ctx)
{
	ctx->cpu_next = NULL;
	if (cpus->last)
		cpus->last->cpu_next = ctx;
	else
		cpus->first = ctx;
	cpus->last = ctx;
}

static void run_queue_prepend(struct exec_cpus *cpus, struct exec_context *ctx)
{
	ctx->cpu_next = cpus->first;
	cpus->first = ctx;
	if (!cpus->last)
		cpus->last = ctx;
}

static struct exec_context *run_queue_pop(struct exec_cpus *cpus)
{
	struct exec_context *ctx = cpus->first;

	if (!ctx)
		return NULL;
	cpus->first = ctx->cpu_next;
	if (!cpus->first)
		cpus->last = NULL;
	return ctx;
}

// ctx runs on cpu from now_ps on, and finishes first what it was doing.
static void give(struct executor_impl *x, struct exec_cpu *cpu, struct exec_context *ctx,
		 uint64_t now_ps)
{
	uint64_t waited_ps = now_ps - ctx->cpu_asked_ps;

	assert(!cpu->holder && !ctx->cpu);
	cpu->holder = ctx;
	cpu->since_ps = now_ps;
	cpu->slice_end_ps = now_ps + x->cpus->slice_ps;
	ctx->cpu = cpu;
	ctx->cpu_wait_ps += waited_ps;
	if (waited_ps && x->cpus->waited)
		x->cpus->waited(ctx->local, waited_ps);
	ctx->clock_ps = now_ps + ctx->cpu_left_ps;
	ctx->cpu_left_ps = 0;
	exec_queue_insert(&x->queue, (struct exec_queue_key){ ctx->clock_ps, ctx->id }, &ctx->node);
	if (x->cpus->first)
		watch_slice(x, cpu, now_ps);
}

static struct exec_context *take_away(struct exec_cpu *cpu, uint64_t now_ps)
{
	struct exec_context *ctx = cpu->holder;

	ctx->cpu_run_ps += now_ps - cpu->since_ps;
	ctx->cpu = NULL;
	cpu->holder = NULL;
	cpu->giving_up = false;
	return ctx;
}

// The holder, which is queued at a later time, does the rest of what it was doing later.
static struct exec_context *interrupt(struct executor_impl *x, struct exec_cpu *cpu,
				      uint64_t now_ps)
{
	struct exec_context *ctx;

	cancel_event(x, cpu);
	ctx = take_away(cpu, now_ps);
	assert(ctx->node.place && !ctx->waitq && ctx->clock_ps >= now_ps);
	exec_queue_remove(&x->queue, &ctx->node);
	ctx->cpu_left_ps = ctx->clock_ps - now_ps;
	ctx->cpu_asked_ps = now_ps;
	ctx->cpu_taken_count++;
	return ctx;
}

static struct exec_cpu *free_cpu(struct exec_cpus *cpus)
{
	for (unsigned i = 0; i < cpus->count; i++)
		if (!cpus->cpus[i].holder)
			return &cpus->cpus[i];
	return NULL;
}

// The CPU that takes interrupts: the first whose holder is not itself a handler, nor about to wait.
static struct exec_cpu *interruptible_cpu(struct exec_cpus *cpus)
{
	for (unsigned i = 0; i < cpus->count; i++) {
		const struct exec_cpu *cpu = &cpus->cpus[i];

		if (!cpu->giving_up && cpu->holder->cpu_use != EXEC_CPU_INTERRUPT)
			return &cpus->cpus[i];
	}
	return NULL;
}

// ctx is due at now_ps, has no CPU, and is not in the executor's queue any more.
static void ask(struct executor_impl *x, struct exec_context *ctx, uint64_t now_ps)
{
	struct exec_cpu *cpu = free_cpu(x->cpus);

	ctx->cpu_asked_ps = now_ps;
	if (!cpu && ctx->cpu_use == EXEC_CPU_INTERRUPT) {
		cpu = interruptible_cpu(x->cpus);
		if (cpu)
			run_queue_prepend(x->cpus, interrupt(x, cpu, now_ps));
	}
	if (cpu) {
		give(x, cpu, ctx, now_ps);
		return;
	}
	if (ctx->cpu_use == EXEC_CPU_INTERRUPT)
		run_queue_prepend(x->cpus, ctx);
	else
		run_queue_append(x->cpus, ctx);
	for (unsigned i = 0; i < x->cpus->count; i++)
		if (!x->cpus->cpus[i].node.place)
			watch_slice(x, &x->cpus->cpus[i], now_ps);
}

static void handle_event(struct executor_impl *x, struct exec_cpu *cpu, uint64_t now_ps)
{
	struct exec_context *next;

	exec_queue_remove(&x->queue, &cpu->node);
	if (cpu->giving_up)
		take_away(cpu, now_ps);
	else if (x->cpus->first)
		run_queue_append(x->cpus, interrupt(x, cpu, now_ps));
	else
		return; // whoever queued has been served elsewhere
	next = run_queue_pop(x->cpus);
	if (next)
		give(x, cpu, next, now_ps);
}

struct exec_context *exec_cpu_choose(struct executor_impl *x, struct exec_context *candidate)
{
	const struct exec_queue_entry *top;

	if (candidate)
		exec_queue_insert(&x->queue,
				  (struct exec_queue_key){ candidate->clock_ps, candidate->id },
				  &candidate->node);
	while ((top = exec_queue_top(&x->queue)) && top->key.clock_ps != EXEC_NEVER && !x->stop) {
		uint64_t now_ps = top->key.clock_ps;
		struct exec_context *ctx;

		if (is_cpu_event(top->key)) {
			handle_event(x, node_cpu(top->node), now_ps);
			continue;
		}
		ctx = node_context(top->node);
		exec_queue_remove(&x->queue, &ctx->node);
		if (ctx->cpu && ctx->cpu->giving_up)
			cancel_event(x, ctx->cpu);
		if (ctx->cpu && x->cpus->first)
			watch_slice(x, ctx->cpu, now_ps);
		if (ctx->cpu || ctx->cpu_use == EXEC_CPU_NONE)
			return ctx;
		if (ctx->waitq)
			exec_context_time_out(ctx);
		ask(x, ctx, now_ps);
	}
	return NULL;
}

void exec_cpu_give_up(struct executor_impl *x, struct exec_context *ctx, uint64_t at_ps)
{
	schedule_event(x, ctx->cpu, at_ps);
	ctx->cpu->giving_up = true;
}

int executor_limit_cpus(struct executor *ex, unsigned count, uint64_t slice_ps,
			exec_cpu_wait_fn waited)
{
	struct executor_impl *x = impl_of(ex);
	struct exec_cpus *cpus;

	if (!count || !slice_ps)
		return -EINVAL;
	assert(!x->cpus && !x->contexts);
	cpus = calloc(1, sizeof(*cpus) + count * sizeof(cpus->cpus[0]));
	if (!cpus)
		return -ENOMEM;
	cpus->count = count;
	cpus->slice_ps = slice_ps;
	cpus->waited = waited;
	for (unsigned i = 0; i < count; i++)
		cpus->cpus[i].id = i;
	x->cpus = cpus;
	return 0;
}

void exec_context_use_cpu(struct exec_context *ctx, enum exec_cpu_use use)
{
	assert(!ctx->cpu && ctx != ctx->owner->pub.current);
	if (ctx->owner->cpus)
		ctx->cpu_use = use;
}

static bool is_queued(const struct exec_context *ctx)
{
	const struct exec_cpus *cpus = ctx->owner->cpus;
	const struct exec_context *c = cpus ? cpus->first : NULL;

	while (c && c != ctx)
		c = c->cpu_next;
	return c;
}

void exec_context_cpu_times(const struct exec_context *ctx, struct exec_cpu_times *out)
{
	uint64_t now_ps = executor_time_ps(&ctx->owner->pub);

	*out = (struct exec_cpu_times){ ctx->cpu_run_ps, ctx->cpu_wait_ps, ctx->cpu_taken_count };
	if (ctx->cpu && now_ps > ctx->cpu->since_ps)
		out->run_ps += now_ps - ctx->cpu->since_ps;
	if (is_queued(ctx) && now_ps > ctx->cpu_asked_ps)
		out->wait_ps += now_ps - ctx->cpu_asked_ps;
}

uint64_t exec_cpu_wait_ps(const struct executor *ex)
{
	return ex->current ? ex->current->cpu_wait_ps : 0;
}
