// SPDX-License-Identifier: MIT
#include "guest/i915_fence.h"

#include "guest/i915_internal.h"

struct i915_fence {
	struct i915 *i915;
	struct i915_signal signal;
};

void i915_signal_init(struct i915_signal *signal)
{
	signal->happened = false;
	i915_list_init(&signal->waiters);
}

/* i915->fence_lock held. */
static void link_waiter(struct i915_signal *signal, struct i915_request *rq,
			struct i915_await_link *await)
{
	await->rq = rq;
	rq->held_back++;
	i915_list_append(&await->link, &signal->waiters);
}

int i915_signal_await(struct i915 *i915, struct i915_signal *signal, struct i915_request *rq)
{
	struct i915_await_link *await = i915_heap_alloc(&i915->heap, sizeof(*await));
	bool happened, irq;

	if (!await)
		return -I915_ENOMEM;
	irq = plat_lock(i915->plat, &i915->fence_lock);
	happened = signal->happened;
	if (!happened) {
		await->next = rq->awaits;
		rq->awaits = await;
		link_waiter(signal, rq, await);
	}
	plat_unlock(i915->plat, &i915->fence_lock, irq);
	if (happened)
		i915_heap_free(&i915->heap, await, sizeof(*await));
	return !happened;
}

void i915_signal_await_order(struct i915 *i915, struct i915_signal *signal, struct i915_request *rq)
{
	bool irq = plat_lock(i915->plat, &i915->fence_lock);

	link_waiter(signal, rq, &rq->order);
	plat_unlock(i915->plat, &i915->fence_lock, irq);
}

/* i915->fence_lock held. */
static void release_waiters(struct i915 *i915, struct i915_signal *signal)
{
	while (!i915_list_empty(&signal->waiters)) {
		struct i915_await_link *await =
			container_of(signal->waiters.next, struct i915_await_link, link);

		i915_list_remove(&await->link);
		if (--await->rq->held_back == 0)
			i915_list_append(&await->rq->ready_link, &i915->ready);
	}
}

void i915_signal_set(struct i915 *i915, struct i915_signal *signal)
{
	bool irq;

	signal->happened = true;
	if (i915_list_empty(&signal->waiters))
		return;
	irq = plat_lock(i915->plat, &i915->fence_lock);
	release_waiters(i915, signal);
	plat_unlock(i915->plat, &i915->fence_lock, irq);
}

void i915_awaits_drop(struct i915_request *rq)
{
	struct i915 *i915 = rq->engine->i915;
	bool irq;

	if (!rq->awaits)
		return;
	irq = plat_lock(i915->plat, &i915->fence_lock);
	while (rq->awaits) {
		struct i915_await_link *await = rq->awaits;

		rq->awaits = await->next;
		i915_list_remove(&await->link);
		i915_heap_free(&i915->heap, await, sizeof(*await));
	}
	plat_unlock(i915->plat, &i915->fence_lock, irq);
}

bool i915_request_release(struct i915_request *rq)
{
	struct i915 *i915 = rq->engine->i915;
	bool ready, irq;

	if (!rq->awaits && !rq->order.rq) {
		rq->held_back = 0;
		return true;
	}
	irq = plat_lock(i915->plat, &i915->fence_lock);
	ready = --rq->held_back == 0;
	plat_unlock(i915->plat, &i915->fence_lock, irq);
	return ready;
}

static struct i915_request *take_ready(struct i915 *i915)
{
	struct i915_request *rq = NULL;
	bool irq = plat_lock(i915->plat, &i915->fence_lock);

	if (!i915_list_empty(&i915->ready)) {
		rq = container_of(i915->ready.next, struct i915_request, ready_link);
		i915_list_remove(&rq->ready_link);
	}
	plat_unlock(i915->plat, &i915->fence_lock, irq);
	return rq;
}

void i915_ready_submit(struct i915 *i915)
{
	struct i915_request *rq;

	/* Most often there is none, and then this costs nothing. */
	if (i915_list_empty(&i915->ready))
		return;
	while ((rq = take_ready(i915)))
		i915_request_queue(rq);
}

struct i915_fence *i915_fence_create(struct i915 *i915)
{
	struct i915_fence *fence = i915_heap_alloc(&i915->heap, sizeof(*fence));

	if (!fence)
		return NULL;
	fence->i915 = i915;
	i915_signal_init(&fence->signal);
	return fence;
}

void i915_fence_signal(struct i915_fence *fence)
{
	struct i915 *i915 = fence->i915;
	bool irq = plat_lock(i915->plat, &i915->fence_lock);

	fence->signal.happened = true;
	release_waiters(i915, &fence->signal);
	plat_unlock(i915->plat, &i915->fence_lock, irq);
	i915_ready_submit(i915);
}

void i915_fence_put(struct i915_fence *fence)
{
	if (!fence)
		return;
	I915_BUG_ON(fence->i915->plat, !i915_list_empty(&fence->signal.waiters));
	i915_heap_free(&fence->i915->heap, fence, sizeof(*fence));
}

int i915_request_await_fence(struct i915_request *rq, struct i915_fence *fence)
{
	int ret = i915_signal_await(fence->i915, &fence->signal, rq);

	return ret < 0 ? ret : 0;
}
