// SPDX-License-Identifier: MIT
/* Waiting: for a request, and for all that engines have. */
#include "guest/i915_internal.h"

/*
 * Interrupts stay disabled on this vCPU between each test and plat_halt(), which enables them: what
 * comes in between is taken there. The user interrupt is armed before the first test; one that was
 * masked off before that had its seqno stored before.
 */
static bool sleep_until_completed(const struct i915_request *rq, uint64_t deadline_ns)
{
	while (!i915_request_completed(rq)) {
		if (!i915_sleep(rq->engine->i915, deadline_ns))
			return i915_request_completed(rq);
	}
	return true;
}

int i915_request_wait(struct i915_request *rq, uint64_t timeout_ns)
{
	struct i915_engine *engine = rq->engine;
	struct platform *plat = engine->i915->plat;
	uint64_t deadline_ns;
	bool completed, irq, inner;

	if (i915_request_completed(rq))
		return rq->error;
	deadline_ns = i915_deadline_after(plat, timeout_ns);
	irq = plat_irq_save(plat);
	inner = plat_lock(plat, &engine->lock);
	i915_engine_arm_user_interrupt(engine);
	plat_unlock(plat, &engine->lock, inner);

	completed = sleep_until_completed(rq, deadline_ns);

	inner = plat_lock(plat, &engine->lock);
	i915_engine_disarm_user_interrupt(engine);
	i915_requests_retire(engine);
	i915_engine_unlock(engine, inner);
	plat_irq_restore(plat, irq);
	return completed ? rq->error : -I915_ETIME;
}

static int wait_engine_idle(struct i915_engine *engine, uint64_t deadline_ns)
{
	struct platform *plat = engine->i915->plat;
	bool irq = plat_irq_save(plat);
	bool inner = plat_lock(plat, &engine->lock);
	bool idle;

	engine->idle_waiter_count++;
	plat_unlock(plat, &engine->lock, inner);
	while (!(idle = !plat_load_acquire32(plat, &engine->busy))) {
		if (!i915_sleep(engine->i915, deadline_ns)) {
			idle = !plat_load_acquire32(plat, &engine->busy);
			break;
		}
	}
	inner = plat_lock(plat, &engine->lock);
	engine->idle_waiter_count--;
	i915_requests_retire(engine);
	i915_engine_unlock(engine, inner);
	plat_irq_restore(plat, irq);
	return idle ? 0 : -I915_ETIME;
}

int i915_wait_idle(struct i915 *i915, uint64_t timeout_ns)
{
	uint64_t deadline_ns = i915_deadline_after(i915->plat, timeout_ns);
	int err = 0;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		int engine_err = wait_engine_idle(&i915->engines[i], deadline_ns);

		err = err ? err : engine_err;
	}
	i915_contexts_reap(i915);
	return err;
}
