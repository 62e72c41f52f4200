// SPDX-License-Identifier: MIT
/*
 * Submission without execlists, level pv_submission. Protocol: struct pvmmio_submission in
 * sim/abi/pvmmio.h. Everything here runs under the engine's lock.
 *
 *   - A submission carries new elements only, one or two; nothing is preempted or resubmitted while
 *     it runs. While one port is in use the other may be filled.
 *   - The slot is free when the host has answered. Nobody waits for that: with a deferred doorbell
 *     the answer is found at the next run, and a refusal brings an interrupt.
 *   - Elements end in order. A port is free when the host has counted its element: then the image
 *     is written back, which the breadcrumb alone would not say.
 *   - What the host refuses, or gives up, goes out once more without its batch, as after an engine
 *     reset in Linux (i915_request_skip()): seqnos stay in order, and its waiters get -EIO.
 *
 * The one interrupt is that of the breadcrumb; it is never masked. Linux does so for submission by
 * GuC, which has no status buffer either (i915_guc_submission.c, 4.19).
 *
 *   submission                exits
 *   one or two contexts       1: the doorbell
 *   answer, end               0
 *
 * Source of the order and of the rules of filling: the series of 2019, v8 to v10. There the answer
 * is polled for 1 ms with interrupts off, an engine whose answer fails to come stops for good, and
 * errors are not told.
 */
#include "guest/i915_internal.h"

static struct pvmmio_submission *slot_of(const struct i915_engine *engine)
{
	return &engine->i915->shared.page->submission[engine->info->hw_id];
}

/* ---- what the host says ---- */

/* All requests that the port stands for and that have not passed: they end without their batches.
 */
static void skip_port(struct i915_engine *engine, const struct i915_port *port)
{
	for (struct i915_list *link = engine->timeline.next; link != &engine->timeline;
	     link = link->next) {
		struct i915_request *rq = container_of(link, struct i915_request, timeline_link);

		if (rq->ctx != port->rq->ctx || i915_request_completed(rq))
			continue;
		i915_request_fail(rq);
	}
}

static unsigned ports_in_use(const struct i915_engine *engine)
{
	return (engine->ports[0].rq != NULL) + (engine->ports[1].rq != NULL);
}

static void note_answer(struct i915_engine *engine)
{
	struct platform *plat = engine->i915->plat;
	struct i915_pv_ports *pv = &engine->pv;
	uint32_t status;

	/* Acquire: status was stored before. */
	if (!pv->pending || plat_load_acquire32(plat, &slot_of(engine)->submitted))
		return;
	pv->pending = false;
	status = plat_load32(plat, &slot_of(engine)->status);
	if (status == PVMMIO_STATUS_OK) {
		pv->outstanding += pv->submitted;
		pv->refused = false;
		return;
	}
	plat_log(plat, "i915: host refuses a submission, status", status);
	if (pv->refused)
		pv->stopped = true;
	pv->refused = true;
	for (unsigned n = ports_in_use(engine) - pv->submitted; n < ports_in_use(engine); n++)
		skip_port(engine, &engine->ports[n]);
}

static void free_port_0(struct i915_engine *engine)
{
	engine->ports[0].rq->in_port = false;
	engine->ports[0] = engine->ports[1];
	engine->ports[1] = (struct i915_port){ 0 };
}

/* Behind one that failed the host has dropped all that it had taken. */
static void note_ends(struct i915_engine *engine)
{
	/* Acquire: images were written back before. */
	uint32_t ended = plat_load_acquire32(engine->i915->plat, &slot_of(engine)->ended);
	struct i915_pv_ports *pv = &engine->pv;

	while (pv->ended != ended && pv->outstanding) {
		pv->ended++;
		pv->outstanding--;
		if (i915_request_completed(engine->ports[0].rq)) {
			free_port_0(engine);
		} else if (!pv->hung) {
			pv->hung = true;
			skip_port(engine, &engine->ports[0]);
		}
	}
}

/* ---- submission ---- */

/* New elements, from the first free port on: each of another context than the one before. */
static void fill_ports(struct i915_engine *engine)
{
	unsigned n = ports_in_use(engine);
	struct i915_request *last = NULL;
	struct i915_request *rq;

	while ((rq = i915_queue_first(engine))) {
		if (last && (i915_request_submits_alone(last) || i915_request_submits_alone(rq)))
			break;
		if (last && last->ctx != rq->ctx && ++n == I915_PORT_COUNT)
			break;
		i915_port_assign(&engine->ports[n], rq);
		last = rq;
	}
}

static void submit(struct i915 *i915, const struct i915_engine *engine,
		   const uint64_t desc[I915_PORT_COUNT])
{
	struct pvmmio_submission *slot = slot_of(engine);
	struct platform *plat = i915->plat;

	for (unsigned n = 0; n < I915_PORT_COUNT; n++)
		plat_store64(plat, &slot->descriptor[n], desc[n]);
	/* Release: descriptors, rings and images before the host may look. */
	plat_store_release32(plat, &slot->submitted, 1);
	i915_write(i915, engine->info->mmio_base + RING_ELSP, PVMMIO_SUBMISSION_DOORBELL);
}

/* Ports from first on. */
static void submit_ports(struct i915_engine *engine, unsigned first)
{
	uint64_t desc[I915_PORT_COUNT] = { 0 };
	unsigned count = ports_in_use(engine) - first;

	for (unsigned n = 0; n < count; n++)
		desc[n] = i915_port_descriptor(engine, &engine->ports[first + n]);
	engine->pv.pending = true;
	engine->pv.submitted = count;
	engine->submissions++;
	engine->i915->submission_ops->submit(engine->i915, engine, desc);
}

/* A context that follows itself goes out again as one element: the second's tail is beyond both. */
static void merge_ports(struct i915_engine *engine)
{
	const struct i915_port *ports = engine->ports;

	if (ports[1].rq && ports[0].rq->ctx == ports[1].rq->ctx)
		free_port_0(engine);
}

/* What failed goes out again when the host has nothing left of this engine's; else what is new. */
static bool may_submit(const struct i915_engine *engine)
{
	const struct i915_pv_ports *pv = &engine->pv;

	if (pv->pending || pv->stopped || engine->hold_count || engine->resetting)
		return false;
	if (pv->refused || pv->hung)
		return !pv->outstanding && engine->ports[0].rq;
	return !engine->ports[1].rq && i915_queue_first(engine);
}

static void dequeue(struct i915_engine *engine)
{
	struct platform *plat = engine->i915->plat;
	bool again = engine->pv.refused || engine->pv.hung;
	unsigned first = again ? 0 : ports_in_use(engine);

	if (!may_submit(engine))
		return;
	plat_op_begin(plat, PLAT_OP_SUBMIT);
	plat_work(plat, PLAT_WORK_SUBMIT);
	engine->pv.hung = false;
	if (again)
		merge_ports(engine);
	else
		fill_ports(engine);
	submit_ports(engine, first);
	plat_op_end(plat, PLAT_OP_SUBMIT);
	note_answer(engine);
}

/* An answer within the doorbell may be a refusal, which goes out again at once. */
static void run(struct i915_engine *engine)
{
	uint64_t submissions;

	note_answer(engine);
	note_ends(engine);
	i915_requests_retire(engine);
	do {
		submissions = engine->submissions;
		dequeue(engine);
	} while (engine->submissions != submissions && !engine->pv.pending);
	i915_engine_update_busy(engine);
}

/* The host has answered what it had not taken, and counted all that it had. */
static void reset(struct i915_engine *engine)
{
	uint32_t ended = plat_load_acquire32(engine->i915->plat, &slot_of(engine)->ended);

	engine->pv = (struct i915_pv_ports){ .ended = ended };
}

const struct i915_submission_ops i915_submission_pv = {
	.submit = submit,
	.run = run,
	.reset = reset,
	.interrupts = GT_USER_INTERRUPT,
};
