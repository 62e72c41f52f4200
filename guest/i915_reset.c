// SPDX-License-Identifier: MIT
/*
 * Reset of engines: what the device is told, and how it comes back.
 *
 * Register accesses, if the device does at once what it is asked (R read, W write):
 *
 *   stop an engine                                  6 W + 3 R
 *   reset one engine                                3 W + 2 R
 *   reset all engines                               11 W + 6 R
 *   then each engine: interrupts, start             2 W + 2 R, 67 W + 1 R
 *   and after a reset of all engines                31 W; with large pages of the PPGTT 1 W + 1 R
 *
 * Each wait for an answer reads once a microsecond. Display, interrupts and the GGTT survive, and
 * so do pvmmio's levels and page tables, see docs/protocol.md: nothing of them is set up again.
 *
 * Source: Linux 4.19 intel_uncore.c (gen3_stop_engine, gen8_reset_engines, gen6_reset_engines),
 * intel_lrc.c (clear_gtiir, gen8_init_common_ring), i915_drv.c.
 */
#include "guest/i915_internal.h"

#define ALL_ENGINES ((1u << GEN9_ENGINE_COUNT) - 1)

#define STOP_POLLS    1000u
#define REQUEST_POLLS 700u
#define RESET_POLLS   500u
#define POLL_NS       1000u

#define TRIES 3u

/* ---- what the device is told ---- */

static bool poll(struct i915 *i915, uint32_t offset, uint32_t mask, uint32_t value, unsigned polls)
{
	for (unsigned i = 0; i < polls; i++) {
		if ((i915_read(i915, offset) & mask) == value)
			return true;
		plat_delay_ns(i915->plat, POLL_NS);
	}
	return false;
}

/* Whether it stops or not: the reset comes all the same. */
static void stop_engine(struct i915_engine *engine)
{
	uint32_t base = engine->info->mmio_base;
	struct i915 *i915 = engine->i915;

	i915_write(i915, base + RING_MI_MODE, MASKED_ENABLE(MI_MODE_STOP_RING));
	if (!poll(i915, base + RING_MI_MODE, MI_MODE_IDLE, MI_MODE_IDLE, STOP_POLLS))
		plat_log(i915->plat, "i915: engine does not stop:", engine->id);
	i915_write(i915, base + RING_HEAD, i915_read(i915, base + RING_TAIL));
	i915_write(i915, base + RING_HEAD, 0);
	i915_write(i915, base + RING_TAIL, 0);
	i915_write(i915, base + RING_CTL, 0);
	i915_read(i915, base + RING_HEAD); /* posting read */
}

static bool request_reset(struct i915_engine *engine)
{
	uint32_t offset = engine->info->mmio_base + RING_RESET_CTL;

	i915_write(engine->i915, offset, MASKED_ENABLE(RESET_CTL_REQUEST));
	return poll(engine->i915, offset, RESET_CTL_READY, RESET_CTL_READY, REQUEST_POLLS);
}

static void cancel_request(struct i915_engine *engine)
{
	i915_write(engine->i915, engine->info->mmio_base + RING_RESET_CTL,
		   MASKED_DISABLE(RESET_CTL_REQUEST));
}

static uint32_t gdrst_bits(uint32_t engines)
{
	uint32_t bits = 0;

	if (engines == ALL_ENGINES)
		return GDRST_FULL;
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (engines & 1u << i)
			bits |= 1u << i915_engine_info[i].gdrst_bit;
	}
	return bits;
}

static bool try_reset(struct i915 *i915, uint32_t engines)
{
	uint32_t bits = gdrst_bits(engines);
	bool ready = true;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (engines & 1u << i)
			stop_engine(&i915->engines[i]);
	}
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT && ready; i++) {
		if (engines & 1u << i)
			ready = request_reset(&i915->engines[i]);
	}
	if (ready) {
		i915_write(i915, GDRST, bits);
		ready = poll(i915, GDRST, bits, 0, RESET_POLLS);
	}
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (engines & 1u << i)
			cancel_request(&i915->engines[i]);
	}
	return ready;
}

static bool reset_device(struct i915 *i915, uint32_t engines)
{
	for (unsigned i = 0; i < TRIES; i++) {
		if (try_reset(i915, engines))
			return true;
	}
	plat_log(i915->plat, "i915: reset fails, engines:", engines);
	return false;
}

/* ---- engines ---- */

/* What it has completed so far counts, and from now on nothing of it is listened to. */
static void begin(struct i915_engine *engine)
{
	bool irq = plat_lock(engine->i915->plat, &engine->lock);

	i915_requests_retire(engine);
	engine->resetting = true;
	i915_engine_unlock(engine, irq);
}

/* Events that were under way: the identity is double buffered. */
static void clear_interrupts(struct i915_engine *engine)
{
	uint32_t events = (GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT)
			  << engine->info->gt_shift;
	uint32_t iir = GT_IIR(engine->info->gt_group);

	for (unsigned i = 0; i < 2; i++) {
		i915_write(engine->i915, iir, events);
		i915_read(engine->i915, iir);
	}
}

/* What the engine was executing at the last look; NULL if it has come further since. */
static struct i915_request *guilty_of(struct i915_engine *engine)
{
	struct i915_request *rq = i915_first_incomplete(engine);

	return engine->seen_seqno == engine->hangcheck.seqno ? rq : NULL;
}

static void recover(struct i915_engine *engine, bool stalled)
{
	struct platform *plat = engine->i915->plat;
	bool irq = plat_lock(plat, &engine->lock);

	i915_engine_unwind(engine, stalled ? guilty_of(engine) : NULL);
	clear_interrupts(engine);
	i915_engine_start(engine);
	engine->resetting = false;
	engine->hangcheck.progress_ns = plat_time_ns(plat);
	i915_engine_run(engine);
	i915_engine_unlock(engine, irq);
}

static int reset_engine(struct i915 *i915, unsigned id)
{
	struct i915_engine *engine = &i915->engines[id];

	begin(engine);
	if (!reset_device(i915, 1u << id))
		return -I915_EIO; /* a reset of all engines, or giving up, comes next */
	i915->engine_resets++;
	recover(engine, true);
	return 0;
}

uint32_t i915_reset_stalled(struct i915 *i915, uint32_t stalled)
{
	uint32_t left = stalled;

	plat_op_begin(i915->plat, PLAT_OP_RESET);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (stalled & 1u << i && reset_engine(i915, i) == 0)
			left &= ~(1u << i);
	}
	plat_op_end(i915->plat, PLAT_OP_RESET);
	return left;
}

/* ---- all of them ---- */

static void give_up(struct i915 *i915)
{
	plat_log(i915->plat, "i915: the GPU is given up, tries:", TRIES);
	i915->wedged = true;
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		struct i915_engine *engine = &i915->engines[i];
		bool irq = plat_lock(i915->plat, &engine->lock);

		engine->resetting = false;
		i915_engine_run(engine);
		i915_engine_unlock(engine, irq);
	}
}

int i915_reset_all(struct i915 *i915, uint32_t stalled)
{
	bool ok;

	plat_op_begin(i915->plat, PLAT_OP_RESET);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		begin(&i915->engines[i]);
	ok = reset_device(i915, ALL_ENGINES);
	if (ok) {
		i915->resets++;
		i915_gt_init(i915);
		for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
			recover(&i915->engines[i], stalled & 1u << i);
	} else {
		give_up(i915);
	}
	plat_op_end(i915->plat, PLAT_OP_RESET);
	return ok ? 0 : -I915_EIO;
}

int i915_reset(struct i915 *i915)
{
	int err;

	i915_mutex_lock(i915->plat, &i915->hangcheck.mutex);
	err = i915->wedged ? -I915_EIO : i915_reset_all(i915, 0);
	i915_mutex_unlock(i915->plat, &i915->hangcheck.mutex);
	i915_contexts_reap(i915);
	return err;
}
