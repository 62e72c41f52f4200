// SPDX-License-Identifier: MIT
/*
 * Requests: from creation over the queue to the breadcrumb, and retirement.
 *
 * A request that is added and awaits nothing is ready, and queued by priority. A seqno is given
 * when it goes to a port, for each engine in order, so a request has completed when the engine's
 * status page holds its seqno or a later one. 0 is never given.
 */
#include "guest/i915_internal.h"

#include <limits.h>

/* What follows the tail: the two dwords of a lite restore. */
#define LITE_RESTORE_BYTES 8u

static uint32_t request_bytes(const struct i915_engine *engine)
{
	return (uint32_t)(i915_request_dwords(engine->id) * 4);
}

static bool passed(uint32_t now, uint32_t seqno)
{
	return (int32_t)(now - seqno) >= 0;
}

static uint32_t hwsp_seqno(const struct i915_engine *engine)
{
	return plat_load_acquire32(engine->i915->plat, i915_engine_hwsp(engine) + HWSP_SEQNO_DWORD);
}

static struct i915_ring *ring_of(const struct i915_request *rq)
{
	return &rq->ctx->on[rq->engine->id].ring;
}

/* What a request uses beside its batch. */
struct i915_request_use {
	struct i915_request_use *next;
	struct i915_vma *vma;
};

/* i915->lock held: what the GPU executes or is told of in any case. */
static void for_own_vmas(const struct i915_request *rq,
			 void (*act)(struct i915 *i915, struct i915_vma *vma))
{
	const struct i915_engine_context *on = &rq->ctx->on[rq->engine->id];
	struct i915 *i915 = rq->engine->i915;

	act(i915, on->image.vma);
	act(i915, on->ring_buffer.vma);
	act(i915, rq->batch);
}

static void begin_uses(const struct i915_request *rq)
{
	struct i915 *i915 = rq->engine->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	for_own_vmas(rq, i915_vma_use);
	plat_unlock(i915->plat, &i915->lock, irq);
}

static void end_uses(struct i915_request *rq)
{
	struct i915 *i915 = rq->engine->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	for_own_vmas(rq, i915_vma_end_use);
	while (rq->uses) {
		struct i915_request_use *use = rq->uses;

		rq->uses = use->next;
		i915_vma_end_use(i915, use->vma);
		i915_heap_free(&i915->heap, use, sizeof(*use));
	}
	plat_unlock(i915->plat, &i915->lock, irq);
}

/* engine->lock held, which guards refs. */
static void request_unref(struct i915_request *rq)
{
	if (--rq->refs == 0)
		i915_heap_free(&rq->engine->i915->heap, rq, sizeof(*rq));
}

/* Release those that await what has completed. */
static void signal_completed(struct i915_engine *engine)
{
	for (struct i915_list *link = engine->timeline.next; link != &engine->timeline;
	     link = link->next) {
		struct i915_request *rq = container_of(link, struct i915_request, timeline_link);

		if (!passed(engine->seen_seqno, rq->seqno))
			break;
		if (rq->has_completed.happened)
			continue;
		i915_signal_set(engine->i915, &rq->has_completed);
		if (rq->interrupt_armed)
			i915_engine_disarm_user_interrupt(engine);
		rq->interrupt_armed = false;
		engine->requests_completed++;
		engine->requests_failed += rq->error != 0;
	}
}

void i915_requests_note_progress(struct i915_engine *engine)
{
	uint32_t now = hwsp_seqno(engine);

	if (!passed(now, engine->seen_seqno) || !passed(engine->last_seqno, now))
		return;
	engine->seen_seqno = now;
	signal_completed(engine);
}

void i915_requests_retire(struct i915_engine *engine)
{
	i915_requests_note_progress(engine);
	while (!i915_list_empty(&engine->timeline)) {
		struct i915_request *rq =
			container_of(engine->timeline.next, struct i915_request, timeline_link);

		if (rq->in_port || !passed(engine->seen_seqno, rq->seqno))
			break;
		i915_list_remove(&rq->timeline_link);
		i915_ring_retire(ring_of(rq), rq->tail);
		if (rq->ctx->on[engine->id].last == rq)
			rq->ctx->on[engine->id].last = NULL;
		end_uses(rq);
		i915_context_unref(rq->ctx);
		request_unref(rq);
	}
}

static bool reserve(struct i915_context *ctx, struct i915_engine *engine)
{
	struct i915_ring *ring = &ctx->on[engine->id].ring;
	struct platform *plat = engine->i915->plat;
	bool irq = plat_lock(plat, &engine->lock);
	bool ok;

	i915_requests_retire(engine);
	ok = i915_ring_reserve(ring, request_bytes(engine));
	i915_engine_unlock(engine, irq);
	return ok;
}

static void set_batch(struct i915_request *rq, struct i915_vma *batch, enum i915_misuse misuse)
{
	rq->batch = batch;
	rq->misuse = misuse;
	rq->batch_gma = i915_vma_gma(batch);
	rq->batch_in_ppgtt = !batch->vm->is_ggtt;
	if (misuse == I915_MISUSE_BATCH_ADDRESS) {
		rq->batch_gma = i915_ggtt_foreign_page(&rq->engine->i915->ggtt);
		rq->batch_in_ppgtt = false;
	}
}

/* ctx is pinned on engine. */
static int create_pinned(struct i915_context *ctx, struct i915_engine *engine,
			 struct i915_vma *batch, enum i915_misuse misuse, struct i915_request **out)
{
	struct i915 *i915 = ctx->i915;
	struct i915_request *rq = i915_heap_alloc(&i915->heap, sizeof(*rq));

	if (!rq)
		return -I915_ENOMEM;
	if (!reserve(ctx, engine)) {
		i915_heap_free(&i915->heap, rq, sizeof(*rq));
		return -I915_ENOMEM;
	}
	i915_context_ref(ctx);
	rq->ctx = ctx;
	rq->engine = engine;
	rq->refs = 1;
	rq->priority = ctx->priority;
	rq->held_back = 1;
	i915_list_init(&rq->queue_link);
	i915_signal_init(&rq->has_queued);
	i915_signal_init(&rq->has_submitted);
	i915_signal_init(&rq->has_completed);
	set_batch(rq, batch, misuse);
	begin_uses(rq);
	*out = rq;
	return 0;
}

static bool reaches(const struct i915_context *ctx, const struct i915_vma *vma)
{
	return vma->vm == ctx->vm || vma->vm->is_ggtt;
}

int i915_request_create(struct i915_context *ctx, enum gen9_engine_id engine_id,
			struct i915_vma *batch, enum i915_misuse misuse, struct i915_request **out)
{
	struct i915_engine *engine;
	int err;

	if ((unsigned)engine_id >= GEN9_ENGINE_COUNT)
		return -I915_ENODEV;
	if (!reaches(ctx, batch))
		return -I915_EINVAL;
	if (ctx->i915->wedged || i915_context_banned(ctx))
		return -I915_EIO;
	engine = &ctx->i915->engines[engine_id];
	err = i915_context_pin(ctx, engine);
	if (err)
		return err;
	err = create_pinned(ctx, engine, batch, misuse, out);
	i915_context_unpin(ctx, engine);
	return err;
}

int i915_request_use(struct i915_request *rq, struct i915_vma *vma)
{
	struct i915 *i915 = rq->engine->i915;
	struct i915_request_use *use;
	bool irq;

	if (!reaches(rq->ctx, vma))
		return -I915_EINVAL;
	use = i915_heap_alloc(&i915->heap, sizeof(*use));
	if (!use)
		return -I915_ENOMEM;
	use->vma = vma;
	irq = plat_lock(i915->plat, &i915->lock);
	use->next = rq->uses;
	rq->uses = use;
	i915_vma_use(i915, vma);
	plat_unlock(i915->plat, &i915->lock, irq);
	return 0;
}

/* ---- adding ---- */

/* engine->lock held. */
static void emit(struct i915_request *rq)
{
	struct i915_ring *ring = ring_of(rq);
	uint32_t *cs = i915_ring_begin(ring, request_bytes(rq->engine));

	rq->head = (uint32_t)(cs - ring->dwords) * sizeof(*cs);
	rq->seqno_slot = i915_request_emit(rq, cs);
	rq->idle_tail = ring->emit;
	rq->tail = i915_ring_wrap(ring, ring->emit - LITE_RESTORE_BYTES);
}

void i915_request_submitted(struct i915_request *rq)
{
	struct i915_engine *engine = rq->engine;

	if (++engine->last_seqno == 0)
		engine->last_seqno = 1;
	rq->seqno = engine->last_seqno;
	if (i915_context_banned(rq->ctx))
		i915_request_fail(rq);
	*rq->seqno_slot = rq->seqno;
	i915_list_append(&rq->timeline_link, &engine->timeline);
	i915_signal_set(engine->i915, &rq->has_submitted);
}

static struct i915_request *queued_request(struct i915_list *link)
{
	return container_of(link, struct i915_request, queue_link);
}

/* Behind everything that is as urgent. */
static void insert_by_priority(struct i915_engine *engine, struct i915_request *rq)
{
	struct i915_list *at = engine->queue.prev;

	while (at != &engine->queue && queued_request(at)->priority < rq->priority)
		at = at->prev;
	i915_list_insert_after(&rq->queue_link, at);
}

void i915_request_requeue(struct i915_request *rq)
{
	struct i915_engine *engine = rq->engine;
	struct i915_list *at;

	/* Those that awaited it here may be in the queue already, and nothing holds them back. */
	if (rq->leads)
		rq->priority = INT_MAX;
	/* What follows it in its context may have become more urgent meanwhile. */
	for (at = engine->queue.next; at != &engine->queue; at = at->next) {
		if (queued_request(at)->ctx == rq->ctx &&
		    queued_request(at)->priority > rq->priority)
			rq->priority = queued_request(at)->priority;
	}
	at = &engine->queue;
	while (at->next != &engine->queue && queued_request(at->next)->priority > rq->priority)
		at = at->next;
	i915_list_insert_after(&rq->queue_link, at);
	rq->seqno = 0;
	rq->tail = i915_ring_wrap(ring_of(rq), rq->idle_tail - LITE_RESTORE_BYTES);
}

void i915_request_fail(struct i915_request *rq)
{
	if (rq->error)
		return;
	rq->error = -I915_EIO;
	rq->misuse = I915_MISUSE_NONE;
	i915_request_skip(rq);
}

/* What rq must follow becomes as urgent as rq. */
static void raise_context(struct i915_engine *engine, const struct i915_request *rq)
{
	struct i915_list *next;

	for (struct i915_list *link = engine->queue.next; link != &engine->queue; link = next) {
		struct i915_request *before = queued_request(link);

		next = link->next;
		if (before->ctx != rq->ctx || before->priority >= rq->priority)
			continue;
		i915_list_remove(link);
		before->priority = rq->priority;
		insert_by_priority(engine, before);
	}
}

/* engine->lock held. */
static void queue_ready(struct i915_request *rq)
{
	struct i915_engine *engine = rq->engine;

	i915_awaits_drop(rq);
	engine->unready_count--;
	raise_context(engine, rq);
	insert_by_priority(engine, rq);
	i915_signal_set(engine->i915, &rq->has_queued);
	i915_engine_run(engine);
}

void i915_request_queue(struct i915_request *rq)
{
	struct i915_engine *engine = rq->engine;
	bool irq = plat_lock(engine->i915->plat, &engine->lock);

	queue_ready(rq);
	plat_unlock(engine->i915->plat, &engine->lock, irq);
}

/* engine->lock held. The ring has the order of adding: what of the context waits goes first. */
static void follow_context(struct i915_request *rq)
{
	struct i915_engine_context *on = &rq->ctx->on[rq->engine->id];

	if (on->last && !on->last->has_queued.happened)
		i915_signal_await_order(rq->engine->i915, &on->last->has_queued, rq);
	on->last = rq;
}

void i915_request_add(struct i915_request *rq)
{
	struct i915_engine *engine = rq->engine;
	struct platform *plat = engine->i915->plat;
	bool irq;

	I915_BUG_ON(plat, rq->added);
	plat_work(plat, PLAT_WORK_REQUEST);
	irq = plat_lock(plat, &engine->lock);
	emit(rq);
	engine->requests_added++;
	engine->unready_count++;
	rq->added = true;
	rq->refs++;
	follow_context(rq);
	if (i915_request_release(rq))
		queue_ready(rq);
	else
		i915_engine_run(engine);
	i915_engine_unlock(engine, irq);
}

uint64_t i915_engine_depth(struct i915 *i915, enum gen9_engine_id engine_id)
{
	struct i915_engine *engine = &i915->engines[engine_id];
	bool irq = plat_lock(i915->plat, &engine->lock);
	uint64_t depth;

	i915_requests_note_progress(engine);
	depth = engine->requests_added - engine->requests_completed;
	i915_engine_unlock(engine, irq);
	return depth;
}

int i915_request_await(struct i915_request *rq, struct i915_request *other, enum i915_await what)
{
	struct i915_engine *engine = other->engine;
	struct i915 *i915 = engine->i915;
	bool irq = plat_lock(i915->plat, &engine->lock);
	bool submitted = what == I915_AWAIT_SUBMITTED || rq->engine == engine;
	int ret;

	I915_BUG_ON(i915->plat, rq->added || !other->added);
	ret = i915_signal_await(i915, submitted ? &other->has_submitted : &other->has_completed,
				rq);
	other->leads |= rq->engine == engine;
	if (ret == 1 && !submitted && !other->interrupt_armed) {
		other->interrupt_armed = true;
		i915_engine_arm_user_interrupt(engine);
		/* It may have completed before there was an interrupt to say so. */
		i915_requests_note_progress(engine);
	}
	i915_engine_unlock(engine, irq);
	return ret < 0 ? ret : 0;
}

/*
 * Without a lock: a reset may take the seqno away meanwhile, and give it to another request. What
 * has once completed stays so, whatever a GPU that was given up still stores.
 */
bool i915_request_completed(const struct i915_request *rq)
{
	uint32_t seqno = rq->seqno;

	if (rq->has_completed.happened)
		return true;
	return seqno && passed(hwsp_seqno(rq->engine), seqno) && rq->seqno == seqno;
}

int i915_request_status(const struct i915_request *rq)
{
	return i915_request_completed(rq) ? rq->error : -I915_EINPROGRESS;
}

void i915_request_put(struct i915_request *rq)
{
	struct i915_engine *engine;
	struct i915 *i915;
	bool irq;

	if (!rq)
		return;
	engine = rq->engine;
	i915 = engine->i915;
	irq = plat_lock(i915->plat, &engine->lock);
	if (!rq->added) {
		i915_awaits_drop(rq);
		i915_ring_cancel(ring_of(rq));
		end_uses(rq);
		i915_context_unref(rq->ctx);
	}
	request_unref(rq);
	plat_unlock(i915->plat, &engine->lock, irq);
	i915_contexts_reap(i915);
}
