// SPDX-License-Identifier: MIT

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/executor_impl.h"

#define CACHE_LINE_BYTES 64

static void waitq_append(struct exec_waitq *q, struct exec_context *ctx)
{
	ctx->waitq = q;
	ctx->wait_prev = q->last;
	ctx->wait_next = NULL;
	if (q->last)
		q->last->wait_next = ctx;
	else
		q->first = ctx;
	q->last = ctx;
}

static void reach(struct executor_impl *x, uint64_t clock_ps)
{
	if (clock_ps > x->reached_ps)
		x->reached_ps = clock_ps;
}

/*
 * Who goes next? The one decision that every interleaving comes from. candidate is the running
 * context when it could go on, or NULL. Whoever is chosen is not in the queue afterwards, whoever
 * is not chosen is. NULL: nobody, executor_run() has to return.
 */
static struct exec_context *executor_choose_next(struct executor_impl *x,
						 struct exec_context *candidate)
{
	const struct exec_queue_entry *top = exec_queue_top(&x->queue);
	bool top_can_run = top && top->key.clock_ps != EXEC_NEVER && !x->stop;
	struct exec_context *next = top_can_run ? node_context(top->node) : NULL;
	struct exec_queue_key key;

	if (x->cpus)
		return exec_cpu_choose(x, candidate);
	if (!candidate) {
		if (next)
			exec_queue_remove(&x->queue, &next->node);
		return next;
	}
	key = (struct exec_queue_key){ candidate->clock_ps, candidate->id };
	if (!next) {
		if (!x->stop && key.clock_ps != EXEC_NEVER)
			return candidate;
		exec_queue_insert(&x->queue, key, &candidate->node);
		return NULL;
	}
	if (exec_queue_key_before(key, top->key))
		return candidate;
	exec_queue_replace_top(&x->queue, key, &candidate->node);
	return next;
}

// The first clock at which the current context has to let the top of the queue go first.
static void update_horizon(struct executor_impl *x)
{
	const struct exec_queue_entry *top = exec_queue_top(&x->queue);

	if (!x->pub.current)
		return;
	if (x->stop)
		x->pub.horizon_ps = 0;
	else if (!top || top->key.clock_ps == EXEC_NEVER)
		x->pub.horizon_ps = EXEC_NEVER;
	else
		x->pub.horizon_ps = top->key.clock_ps + (x->pub.current->id < top->key.order);
}

// Make next, or nobody, the current context, as far as data goes. Returns the fiber to switch to.
static struct fiber *make_current(struct executor_impl *x, struct exec_context *next)
{
	x->pub.current = next;
	x->pub.local = next ? next->local : NULL;
	if (!next) {
		x->pub.now_ps = x->reached_ps;
		x->pub.horizon_ps = EXEC_NEVER;
		return &x->thread;
	}
	if (next->waitq)
		exec_context_time_out(next);
	x->pub.now_ps = next->clock_ps;
	reach(x, next->clock_ps);
	update_horizon(x);
	return &next->fiber;
}

static void switch_from(struct executor_impl *x, struct exec_context *self,
			struct exec_context *next)
{
	struct fiber *fiber = make_current(x, next);

	if (next == self)
		return;
	x->switch_count += next != NULL;
	fiber_switch(&self->fiber, fiber);
}

void executor_yield(struct executor *ex)
{
	struct executor_impl *x = impl_of(ex);
	struct exec_context *self = ex->current;

	if (!self)
		return;
	self->clock_ps = ex->now_ps;
	switch_from(x, self, executor_choose_next(x, self));
}

void exec_idle_until(struct executor *ex, uint64_t at_ps)
{
	struct exec_context *self = ex->current;

	if (self && self->cpu && at_ps > ex->now_ps) {
		exec_cpu_give_up(impl_of(ex), self, ex->now_ps);
		update_horizon(impl_of(ex));
	}
	exec_sleep_until(ex, at_ps);
}

int exec_wait(struct executor *ex, struct exec_waitq *q, uint64_t deadline_ps)
{
	struct executor_impl *x = impl_of(ex);
	struct exec_context *self = ex->current;

	assert(self);
	reach(x, ex->now_ps);
	self->clock_ps = ex->now_ps;
	self->deadline_ps = deadline_ps > ex->now_ps ? deadline_ps : ex->now_ps;
	self->timed_out = false;
	waitq_append(q, self);
	if (self->cpu)
		exec_cpu_give_up(x, self, ex->now_ps);
	if (deadline_ps != EXEC_NEVER) {
		struct exec_queue_key key = { self->deadline_ps, ORDER_DEADLINE | self->id };

		exec_queue_insert(&x->queue, key, &self->node);
	}
	switch_from(x, self, executor_choose_next(x, NULL));
	return self->timed_out ? -ETIMEDOUT : 0;
}

/*
 * Wake the first limit contexts. One whose deadline comes before the wake-up will have left by
 * then: it is passed over and times out.
 */
static unsigned wake(struct executor *ex, struct exec_waitq *q, uint64_t at_ps, unsigned limit)
{
	struct executor_impl *x = impl_of(ex);
	struct exec_context *ctx, *next;
	unsigned count = 0;

	for (ctx = q->first; ctx && count < limit; ctx = next) {
		struct exec_queue_key key = { at_ps, ctx->id };

		next = ctx->wait_next;
		if (ctx->deadline_ps < at_ps)
			continue;
		exec_waitq_remove(ctx);
		if (ctx->node.place)
			exec_queue_remove(&x->queue, &ctx->node);
		if (ctx->clock_ps > at_ps)
			key.clock_ps = ctx->clock_ps;
		ctx->clock_ps = key.clock_ps;
		exec_queue_insert(&x->queue, key, &ctx->node);
		count++;
	}
	if (count)
		update_horizon(x);
	return count;
}

unsigned exec_wake_one(struct executor *ex, struct exec_waitq *q, uint64_t at_ps)
{
	return wake(ex, q, at_ps, 1);
}

unsigned exec_wake_all(struct executor *ex, struct exec_waitq *q, uint64_t at_ps)
{
	return wake(ex, q, at_ps, ~0u);
}

static void run_context(void *arg)
{
	struct exec_context *self = arg;
	struct executor_impl *x = self->owner;
	struct exec_context *next;
	struct fiber *fiber;

	fiber_started(&self->fiber);
	self->entry(self->arg);

	reach(x, x->pub.now_ps);
	self->clock_ps = x->pub.now_ps;
	x->live_count--;
	if (self->cpu)
		exec_cpu_give_up(x, self, self->clock_ps);
	// Whoever takes this stack does it in another context: after the switch away.
	self->next_finished = x->finished;
	x->finished = self;
	next = executor_choose_next(x, NULL);
	fiber = make_current(x, next);
	x->switch_count += next != NULL;
	fiber_switch_last(&self->fiber, fiber);
}

static int take_stack(struct executor_impl *x, struct exec_context *ctx)
{
	struct exec_context *finished = x->finished;

	if (!finished)
		return fiber_alloc_stack(&ctx->fiber);
	x->finished = finished->next_finished;
	fiber_move_stack(&ctx->fiber, &finished->fiber);
	return 0;
}

int executor_spawn(struct executor *ex, const char *name, uint64_t start_ps, exec_entry_fn entry,
		   void *arg, struct exec_context **out)
{
	struct executor_impl *x = impl_of(ex);
	size_t bytes = (sizeof(struct exec_context) + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES *
		       CACHE_LINE_BYTES;
	struct exec_context *ctx;

	// Room for everybody who lives: yielding, waiting and waking must not fail.
	if (x->next_id == UINT32_MAX ||
	    exec_queue_reserve(&x->queue, x->live_count + 1 + (x->cpus ? x->cpus->count : 0)))
		return -ENOMEM;
	ctx = aligned_alloc(CACHE_LINE_BYTES, bytes);
	if (!ctx)
		return -ENOMEM;
	memset(ctx, 0, bytes);
	if (take_stack(x, ctx)) {
		free(ctx);
		return -ENOMEM;
	}
	ctx->id = x->next_id++;
	x->live_count++;
	ctx->clock_ps = start_ps;
	ctx->owner = x;
	ctx->entry = entry;
	ctx->arg = arg;
	snprintf(ctx->name, sizeof(ctx->name), "%s", name);
	ctx->next = x->contexts;
	x->contexts = ctx;
	fiber_prepare(&ctx->fiber, run_context, ctx, ctx->id);
	exec_queue_insert(&x->queue, (struct exec_queue_key){ start_ps, ctx->id }, &ctx->node);
	update_horizon(x);
	if (out)
		*out = ctx;
	return 0;
}

int executor_run(struct executor *ex)
{
	struct executor_impl *x = impl_of(ex);
	struct exec_context *next;

	assert(!ex->current);
	x->stop = false;
	next = executor_choose_next(x, NULL);
	if (!next)
		return 0;
	fiber_init_thread(&x->thread);
	x->switch_count++;
	fiber_switch(&x->thread, make_current(x, next));
	return x->stop ? 1 : 0;
}

void executor_stop(struct executor *ex)
{
	struct executor_impl *x = impl_of(ex);

	assert(ex->current);
	reach(x, ex->now_ps);
	x->stop = true;
	update_horizon(x);
}

int executor_create(struct executor **out)
{
	struct executor_impl *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->pub.horizon_ps = EXEC_NEVER;
	*out = &x->pub;
	return 0;
}

void executor_destroy(struct executor *ex)
{
	struct executor_impl *x = impl_of(ex);
	struct exec_context *ctx;

	if (!ex)
		return;
	assert(!ex->current);
	while ((ctx = x->contexts)) {
		x->contexts = ctx->next;
		fiber_free_stack(&ctx->fiber);
		free(ctx);
	}
	free(x->queue.entries);
	free(x->cpus);
	free(x);
}

uint64_t executor_time_ps(const struct executor *ex)
{
	uint64_t reached_ps = ((const struct executor_impl *)ex)->reached_ps;

	return ex->current && ex->now_ps > reached_ps ? ex->now_ps : reached_ps;
}

uint64_t exec_context_time_ps(const struct exec_context *ctx)
{
	const struct executor *ex = &ctx->owner->pub;

	return ctx == ex->current ? ex->now_ps : ctx->clock_ps;
}

uint64_t executor_switch_count(const struct executor *ex)
{
	return ((const struct executor_impl *)ex)->switch_count;
}

const char *exec_context_name(const struct exec_context *ctx)
{
	return ctx->name;
}

unsigned exec_context_id(const struct exec_context *ctx)
{
	return ctx->id;
}

void exec_context_set_local(struct exec_context *ctx, void *local)
{
	ctx->local = local;
	if (ctx == ctx->owner->pub.current)
		ctx->owner->pub.local = local;
}

void *exec_context_local(const struct exec_context *ctx)
{
	return ctx->local;
}
