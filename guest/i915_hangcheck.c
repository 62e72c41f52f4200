// SPDX-License-Identifier: MIT
/*
 * The hang check: once a period, is each engine still doing something?
 *
 * An engine that completes requests does. One whose head moves, or on RCS0 whose units do, gets
 * eight periods until its next breadcrumb; one that shows no life at all, 8/3 periods (12 s and 4 s
 * of Linux' 1.5 s).
 *
 * Linux samples in a work item. Here it is done by whoever sleeps in the driver when a look is due,
 * so that a hang which nobody waits for goes unnoticed until somebody does.
 *
 * Source: Linux 4.19 intel_hangcheck.c, intel_ringbuffer.h.
 */
#include "guest/i915_internal.h"

#define ACTIVE_PERIODS(period_ns) (8 * (period_ns))
#define DEAD_PERIODS(period_ns)   (8 * (period_ns) / 3)

enum sample {
	SAMPLE_IDLE,
	SAMPLE_PROGRESS, /* completed something, or began to be busy */
	SAMPLE_ACTIVE,   /* its head moves, or its units */
	SAMPLE_DEAD,
};

void i915_hangcheck_begin(struct i915_engine *engine)
{
	struct i915_hangcheck *hangcheck = &engine->i915->hangcheck;
	struct platform *plat = engine->i915->plat;
	bool irq;

	if (!hangcheck->period_ns)
		return;
	engine->hangcheck = (struct i915_engine_hangcheck){ .seqno = engine->seen_seqno,
							    .progress_ns = plat_time_ns(plat) };
	irq = plat_lock(plat, &hangcheck->lock);
	if (!hangcheck->active) {
		hangcheck->active = true;
		hangcheck->next_ns = i915_deadline_after(plat, hangcheck->period_ns);
	}
	plat_unlock(plat, &hangcheck->lock, irq);
}

/* ---- samples ---- */

static uint64_t read_acthd(struct i915_engine *engine)
{
	uint32_t base = engine->info->mmio_base;
	struct i915 *i915 = engine->i915;
	uint32_t upper = i915_read(i915, base + RING_ACTHD_UDW);
	uint32_t lower, before;
	unsigned tries = 0;

	do {
		before = upper;
		lower = i915_read(i915, base + RING_ACTHD);
		upper = i915_read(i915, base + RING_ACTHD_UDW);
	} while (upper != before && ++tries < 2);
	return (uint64_t)upper << 32 | lower;
}

static enum sample look_at_head(struct i915_engine *engine)
{
	struct i915_engine_hangcheck *last = &engine->hangcheck;
	uint64_t acthd = read_acthd(engine);
	uint32_t instdone;

	if (acthd != last->acthd) {
		last->acthd = acthd;
		last->instdone = 0;
		return SAMPLE_ACTIVE;
	}
	if (engine->id == GEN9_RCS0) {
		instdone = i915_read(engine->i915, engine->info->mmio_base + RING_INSTDONE);
		/* Units that come to rest are no sign of life, those that start again are. */
		if (instdone & ~last->instdone) {
			last->instdone |= instdone;
			return SAMPLE_ACTIVE;
		}
	}
	i915_read(engine->i915, engine->info->mmio_base + RING_CTL); /* waits for an event? */
	return SAMPLE_DEAD;
}

/* engine->lock held. */
static enum sample sample_engine(struct i915_engine *engine)
{
	struct i915_engine_hangcheck *last = &engine->hangcheck;

	i915_requests_note_progress(engine);
	if (!engine->ports[0].rq)
		return SAMPLE_IDLE;
	if (last->seqno != engine->seen_seqno) {
		*last = (struct i915_engine_hangcheck){ .seqno = engine->seen_seqno };
		return SAMPLE_PROGRESS;
	}
	return look_at_head(engine);
}

/* Has the engine been without progress for too long? */
static bool is_stuck(struct i915_engine *engine)
{
	uint64_t period_ns = engine->i915->hangcheck.period_ns;
	struct platform *plat = engine->i915->plat;
	bool irq = plat_lock(plat, &engine->lock);
	enum sample sample = sample_engine(engine);
	uint64_t now_ns = plat_time_ns(plat);
	uint64_t patience_ns = sample == SAMPLE_DEAD ? DEAD_PERIODS(period_ns)
						     : ACTIVE_PERIODS(period_ns);
	bool stuck = false;

	if (sample == SAMPLE_IDLE || sample == SAMPLE_PROGRESS)
		engine->hangcheck.progress_ns = now_ns;
	else
		stuck = now_ns - engine->hangcheck.progress_ns > patience_ns;
	engine->hangs += stuck;
	i915_engine_unlock(engine, irq);
	return stuck;
}

/* ---- one look at all engines ---- */

static void schedule_next(struct i915 *i915)
{
	struct i915_hangcheck *hangcheck = &i915->hangcheck;
	bool irq = plat_lock(i915->plat, &hangcheck->lock);
	bool busy = false;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		busy |= plat_load_acquire32(i915->plat, &i915->engines[i].busy);
	hangcheck->active = busy;
	hangcheck->next_ns = i915_deadline_after(i915->plat, hangcheck->period_ns);
	plat_unlock(i915->plat, &hangcheck->lock, irq);
}

/* hangcheck.mutex held. */
static void look(struct i915 *i915)
{
	uint32_t stuck = 0;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (is_stuck(&i915->engines[i]))
			stuck |= 1u << i;
	}
	if (!stuck)
		return;
	plat_log(i915->plat, "i915: engines hang:", stuck);
	stuck = i915_reset_stalled(i915, stuck);
	if (stuck)
		i915_reset_all(i915, stuck);
}

static uint64_t next_look_ns(struct i915 *i915)
{
	struct i915_hangcheck *hangcheck = &i915->hangcheck;
	uint64_t next_ns;
	bool irq;

	if (!hangcheck->period_ns || i915->wedged)
		return PLAT_NEVER;
	irq = plat_lock(i915->plat, &hangcheck->lock);
	next_ns = hangcheck->active ? hangcheck->next_ns : PLAT_NEVER;
	plat_unlock(i915->plat, &hangcheck->lock, irq);
	return next_ns;
}

bool i915_sleep(struct i915 *i915, uint64_t deadline_ns)
{
	uint64_t next_ns = next_look_ns(i915);
	struct platform *plat = i915->plat;

	if (deadline_ns < next_ns)
		return plat_halt(plat, deadline_ns);
	if (next_ns == PLAT_NEVER)
		return plat_halt(plat, PLAT_NEVER);
	if (plat_halt(plat, next_ns))
		return true;
	/* Somebody else may be looking, and takes its time if it has to reset. */
	plat_irq_restore(plat, true);
	i915_mutex_lock(plat, &i915->hangcheck.mutex);
	if (next_look_ns(i915) == next_ns) {
		look(i915);
		schedule_next(i915);
	}
	i915_mutex_unlock(plat, &i915->hangcheck.mutex);
	plat_irq_save(plat);
	return plat_time_ns(plat) < deadline_ns;
}
