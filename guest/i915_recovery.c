// SPDX-License-Identifier: MIT
/*
 * What becomes of an engine's requests when it is reset. Everything here runs under its lock.
 *
 * Those that have not completed go back into the queue, in their order, and get new seqnos when
 * they are submitted again. The one that hung stays, but does nothing any more than to complete;
 * its context starts again from a fresh image.
 *
 * The engine has not saved the contexts that it held: their images say where each began, not where
 * it was. So the head of each is set to the first command that is to be executed. Linux 4.19 does
 * so for the context that hung only, later versions for all.
 *
 * Source: Linux 4.19 intel_lrc.c (execlists_reset, __unwind_incomplete_requests), i915_gem.c
 * (i915_gem_reset_request, context scores).
 */
#include "guest/i915_internal.h"

#define HANGS_UNTIL_BAN 4u /* 10 points each, at 40 */

struct i915_request *i915_first_incomplete(struct i915_engine *engine)
{
	i915_requests_note_progress(engine);
	for (struct i915_list *link = engine->timeline.next; link != &engine->timeline;
	     link = link->next) {
		struct i915_request *rq = container_of(link, struct i915_request, timeline_link);

		if (!rq->has_completed.happened)
			return rq;
	}
	return NULL;
}

/* Where the context's ring is to be executed from; a batch that was left halfway is not resumed. */
static void set_head(const struct i915_request *rq, uint32_t head)
{
	uint32_t *state = i915_context_state(rq->ctx, rq->engine->id);

	state[CTX_RING_HEAD + 1] = head;
	state[CTX_BB_ADDR_UDW + 1] = 0;
	state[CTX_BB_ADDR_LDW + 1] = 0;
}

static void blame(struct i915_request *guilty)
{
	struct i915_context *ctx = guilty->ctx;
	struct i915 *i915 = ctx->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	ctx->banned = ++ctx->hangs >= HANGS_UNTIL_BAN;
	plat_unlock(i915->plat, &i915->lock, irq);
	plat_log(i915->plat, "i915: a request hung, of context", ctx->id);
	i915_request_fail(guilty);
	i915_context_restore_image(ctx, guilty->engine->id);
}

static void empty_ports(struct i915_engine *engine)
{
	for (unsigned n = 0; n < I915_PORT_COUNT; n++) {
		struct i915_port *port = &engine->ports[n];

		if (!port->rq)
			continue;
		set_head(port->rq, port->rq->tail);
		port->rq->in_port = false;
		*port = (struct i915_port){ 0 };
	}
}

void i915_engine_unwind(struct i915_engine *engine, struct i915_request *guilty)
{
	struct i915_request *first = i915_first_incomplete(engine);
	struct i915_request *rq = NULL;

	empty_ports(engine);
	if (guilty)
		blame(guilty);
	while (first && rq != first) {
		rq = container_of(engine->timeline.prev, struct i915_request, timeline_link);
		i915_list_remove(&rq->timeline_link);
		i915_request_requeue(rq);
		set_head(rq, rq->head);
		engine->requests_replayed += rq != guilty && !engine->i915->wedged;
	}
	engine->last_seqno = engine->seen_seqno;
	if (engine->i915->submission_ops->reset)
		engine->i915->submission_ops->reset(engine);
	i915_requests_retire(engine);
}

void i915_engine_fail_all(struct i915_engine *engine)
{
	struct platform *plat = engine->i915->plat;
	uint32_t *hwsp = i915_engine_hwsp(engine);

	i915_engine_unwind(engine, NULL);
	while (!i915_list_empty(&engine->queue)) {
		struct i915_request *rq =
			container_of(engine->queue.next, struct i915_request, queue_link);

		i915_list_remove(&rq->queue_link);
		i915_request_submitted(rq);
		i915_request_fail(rq);
	}
	/* In the GPU's place. */
	plat_store_release32(plat, &hwsp[HWSP_SEQNO_DWORD], engine->last_seqno);
	i915_requests_retire(engine);
	i915_engine_update_busy(engine);
	if (engine->waiter_count)
		plat_wake(plat);
}
