// SPDX-License-Identifier: MIT
/*
 * Execlists: which requests go to an engine's two ports, and what the status buffer says about
 * them. Everything here runs under the engine's lock.
 *
 * Rules of the hardware, as Linux 4.19 intel_lrc.c keeps them:
 *
 *   - After a submission nothing more is written until the engine has answered it with
 *     idle-to-active or preempted ("HW ack").
 *   - Requests of one context that follow each other go out as one, with the last one's tail. The
 *     context of port 0 may be resubmitted with a new tail (lite restore); it then must not find
 *     HEAD == TAIL, so the old tail includes two more dwords.
 *   - A context is never in both ports.
 *   - Port 1 is used only after port 0, and once it is in use nothing more is written until an
 *     event frees port 0.
 *   - Each submission of a port is answered by one entry with complete or preempted set. The last
 *     one frees the port.
 *
 * The status buffer is read from the status page, never by MMIO.
 */
#include "guest/i915_internal.h"

#define CSB_PORT_EVENT (CSB_CONTEXT_COMPLETE | CSB_PREEMPTED)

/* Beyond the ring's end, yet unchanged by the mask of RING_TAIL. */
#define BAD_TAIL_BYTES 0x100u

struct i915_request *i915_queue_first(const struct i915_engine *engine)
{
	if (i915_list_empty(&engine->queue))
		return NULL;
	return container_of(engine->queue.next, struct i915_request, queue_link);
}

bool i915_request_submits_alone(const struct i915_request *rq)
{
	return rq->misuse == I915_MISUSE_DESCRIPTOR_INVALID || rq->misuse == I915_MISUSE_RING_TAIL;
}

void i915_engine_update_busy(struct i915_engine *engine)
{
	bool busy = engine->ports[0].rq || !i915_list_empty(&engine->queue) ||
		    engine->unready_count;

	if (busy == engine->busy)
		return;
	plat_store_release32(engine->i915->plat, &engine->busy, busy);
	if (busy)
		i915_hangcheck_begin(engine);
	if (!busy && engine->idle_waiter_count)
		plat_wake(engine->i915->plat);
}

/* ---- submission ---- */

/* Would i915_execlists_dequeue() submit something? */
static bool may_submit(const struct i915_engine *engine)
{
	const struct i915_request *rq = i915_queue_first(engine);
	const struct i915_port *ports = engine->ports;

	if (!rq || engine->hold_count || engine->resetting)
		return false;
	if (!ports[0].rq)
		return true;
	return engine->hw_ack && !ports[1].rq && !i915_request_submits_alone(ports[0].rq) &&
	       !i915_request_submits_alone(rq);
}

void i915_port_assign(struct i915_port *port, struct i915_request *rq)
{
	i915_list_remove(&rq->queue_link);
	i915_request_submitted(rq);
	if (port->rq)
		port->rq->in_port = false;
	rq->in_port = true;
	port->rq = rq;
}

static void fill_ports(struct i915_engine *engine)
{
	struct i915_request *last = engine->ports[0].rq;
	struct i915_request *rq;
	unsigned n = 0;

	if (last)
		last->tail = last->idle_tail;
	while ((rq = i915_queue_first(engine))) {
		if (last && (i915_request_submits_alone(last) || i915_request_submits_alone(rq)))
			break;
		if (last && last->ctx != rq->ctx && ++n == I915_PORT_COUNT)
			break;
		i915_port_assign(&engine->ports[n], rq);
		last = rq;
	}
}

uint64_t i915_port_descriptor(struct i915_engine *engine, struct i915_port *port)
{
	struct i915_request *rq = port->rq;
	uint32_t *state = i915_context_state(rq->ctx, engine->id);
	uint64_t desc = i915_context_descriptor(rq->ctx, engine->id);
	uint32_t tail = rq->tail;

	if (rq->misuse == I915_MISUSE_RING_TAIL)
		tail = rq->ctx->on[engine->id].ring.size_bytes + BAD_TAIL_BYTES;
	if (rq->misuse == I915_MISUSE_DESCRIPTOR_INVALID)
		desc &= ~(uint64_t)CTX_DESC_VALID;
	plat_store32(engine->i915->plat, &state[CTX_RING_TAIL + 1], tail);
	i915_context_update_roots(rq->ctx, engine->id);
	port->count++;
	port->context_id = (uint32_t)(desc >> CTX_DESC_ID_SHIFT);
	return desc;
}

void i915_execlists_dequeue(struct i915_engine *engine)
{
	struct platform *plat = engine->i915->plat;
	uint64_t desc[I915_PORT_COUNT] = { 0 };

	if (!may_submit(engine))
		return;
	plat_op_begin(plat, PLAT_OP_SUBMIT);
	plat_work(plat, PLAT_WORK_SUBMIT);
	fill_ports(engine);
	for (unsigned n = 0; n < I915_PORT_COUNT; n++) {
		if (engine->ports[n].rq)
			desc[n] = i915_port_descriptor(engine, &engine->ports[n]);
	}
	engine->hw_ack = false;
	engine->submissions++;
	engine->i915->submission_ops->submit(engine->i915, engine, desc);
	plat_op_end(plat, PLAT_OP_SUBMIT);
}

/* ---- status buffer ---- */

static void csb_error(struct i915_engine *engine, const char *message, uint32_t value)
{
	engine->csb_errors++;
	plat_log(engine->i915->plat, message, value);
}

static void free_port_0(struct i915_engine *engine, uint32_t status)
{
	struct i915_port *ports = engine->ports;
	uint32_t expected = ports[1].rq ? CSB_ELEMENT_SWITCH : CSB_ACTIVE_TO_IDLE;

	if ((status & CSB_PREEMPTED) || !(status & expected))
		csb_error(engine, "i915: port ends with unexpected status", status);
	if (!i915_request_completed(ports[0].rq))
		csb_error(engine, "i915: port ends before its breadcrumb", ports[0].rq->seqno);
	ports[0].rq->in_port = false;
	ports[0] = ports[1];
	ports[1] = (struct i915_port){ 0 };
}

static void process_event(struct i915_engine *engine, uint32_t status, uint32_t context_id)
{
	struct i915_port *port = &engine->ports[0];

	engine->csb_events++;
	if (status & (CSB_IDLE_TO_ACTIVE | CSB_PREEMPTED))
		engine->hw_ack = true;
	if (!(status & CSB_PORT_EVENT))
		return;
	if (!port->rq) {
		csb_error(engine, "i915: status for an empty port", status);
		return;
	}
	if (context_id != port->context_id)
		csb_error(engine, "i915: status for another context than submitted", context_id);
	if (--port->count == 0)
		free_port_0(engine, status);
}

void i915_execlists_process_csb(struct i915_engine *engine)
{
	struct platform *plat = engine->i915->plat;
	const uint32_t *hwsp = i915_engine_hwsp(engine);
	/* Acquire: the entries were stored before the pointer to the last of them. */
	uint32_t write = plat_load_acquire32(plat, &hwsp[GEN9_HWSP_CSB_WRITE_DWORD]);

	if (write >= GEN9_CSB_ENTRIES) {
		csb_error(engine, "i915: status buffer pointer out of range", write);
		return;
	}
	while (engine->csb_head != write) {
		const uint32_t *entry;

		if (++engine->csb_head == GEN9_CSB_ENTRIES)
			engine->csb_head = 0;
		entry = &hwsp[GEN9_HWSP_CSB_DWORD + 2 * engine->csb_head];
		process_event(engine, plat_load32(plat, &entry[0]), plat_load32(plat, &entry[1]));
	}
}

void i915_execlists_run(struct i915_engine *engine)
{
	i915_execlists_process_csb(engine);
	i915_requests_retire(engine);
	i915_execlists_dequeue(engine);
	i915_engine_update_busy(engine);
}

/* ---- holding back ---- */

void i915_submission_hold(struct i915 *i915)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		struct i915_engine *engine = &i915->engines[i];
		bool irq = plat_lock(i915->plat, &engine->lock);

		engine->hold_count++;
		plat_unlock(i915->plat, &engine->lock, irq);
	}
}

void i915_submission_release(struct i915 *i915)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		struct i915_engine *engine = &i915->engines[i];
		bool irq = plat_lock(i915->plat, &engine->lock);

		I915_BUG_ON(i915->plat, engine->hold_count == 0);
		engine->hold_count--;
		i915_engine_run(engine);
		i915_engine_unlock(engine, irq);
	}
}
