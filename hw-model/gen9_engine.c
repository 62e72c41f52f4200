// SPDX-License-Identifier: MIT
/*
 * An engine's main loop: take an execlist, run its contexts, say so in the status buffer.
 *
 * At every command boundary with arbitration enabled the pending execlist is looked at. The same
 * context again is a lite restore, any other preempts. Hardware preempts at fewer points; what
 * drivers rely on is that it does at MI_ARB_CHECK, between batches, and while a semaphore waits.
 *
 * Status entries: Linux 4.19 intel_lrc.c and traces in public i915 bug reports.
 */
#include <errno.h>

#include "hw-model/gen9_execlists.h"
#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_context.h"

/* What makes two descriptors the same context: address and id. */
#define SAME_CONTEXT_MASK (UINT64_C(0x001fffff00000000) | CTX_DESC_LRCA_MASK)

/* Shorter work moves the clock only; nobody can tell, and it is much cheaper. */
#define SHORT_WORK_PS PS_PER_US
/* Longer work is cut: a hostile operand must not make the clock overflow. Thirteen days. */
#define LONGEST_WORK_PS (UINT64_C(1) << 60)

enum outcome {
	OUTCOME_COMPLETE,  /* ring executed up to its tail */
	OUTCOME_PREEMPTED, /* the pending execlist is another context's */
};

static int check_reset(const struct gen9_engine *engine)
{
	return engine->reset_count == engine->seen_reset_count ? 0 : -ECANCELED;
}

int gen9_engine_sync(struct gen9_engine *engine)
{
	exec_sync(gen9_executor(engine->gpu));
	return check_reset(engine);
}

int gen9_engine_wait(struct gen9_engine *engine, uint64_t deadline_ps)
{
	(void)exec_wait(gen9_executor(engine->gpu), &engine->wake, deadline_ps);
	return check_reset(engine);
}

int gen9_engine_spend(struct gen9_engine *engine, uint64_t ps)
{
	uint64_t end_ps;
	int rc = 0;

	if (ps < SHORT_WORK_PS) {
		exec_advance(gen9_executor(engine->gpu), ps);
		return 0;
	}
	end_ps = gen9_now(engine) + (ps < LONGEST_WORK_PS ? ps : LONGEST_WORK_PS);
	while (!rc && gen9_now(engine) < end_ps)
		rc = gen9_engine_wait(engine, end_ps);
	return rc;
}

int gen9_engine_run_batch(struct gen9_engine *engine, uint64_t start, uint64_t end)
{
	struct gen9_stream *stream = &engine->stream;
	struct gen9_stream resume = *stream;
	int rc = 0;

	*stream = (struct gen9_stream){ .level = 1, .batch = { start } };
	while (!rc && stream->level && (!end || stream->batch[0] < end)) {
		rc = gen9_engine_sync(engine);
		if (!rc)
			rc = gen9_command_step(engine);
		if (rc == -EAGAIN)
			rc = gen9_engine_wait(engine, engine->retry_ps);
	}
	if (!rc)
		*stream = resume;
	return rc;
}

/* Stay at a command boundary for as long as software wants the engine stopped. */
static int wait_unblocked(struct gen9_engine *engine)
{
	int rc = gen9_engine_sync(engine);

	while (!rc && gen9_engine_blocked(engine)) {
		engine->halted = true;
		rc = gen9_engine_wait(engine, EXEC_NEVER);
	}
	if (!rc)
		engine->halted = false;
	return rc;
}

static int wait_for_execlist(struct gen9_engine *engine)
{
	const struct gen9_execlist *list;
	int rc = gen9_engine_sync(engine);

	while (!rc) {
		list = gen9_engine_blocked(engine) ? NULL : gen9_execlist_pending(engine);
		if (list && list->ready_ps <= gen9_now(engine))
			return 0;
		rc = gen9_engine_wait(engine, list ? list->ready_ps : EXEC_NEVER);
	}
	return rc;
}

static bool is_lite_restore(const struct gen9_engine *engine)
{
	uint64_t next = gen9_execlist_pending(engine)->element[0];

	return !((next ^ engine->descriptor) & SAME_CONTEXT_MASK) &&
	       !(next & CTX_DESC_FORCE_RESTORE);
}

static int lite_restore(struct gen9_engine *engine)
{
	uint64_t descriptor;
	int rc;

	gen9_execlist_promote(engine);
	trace_emit(engine->gpu->m, TRACE_LITE_RESTORE, engine->id,
		   gen9_context_id(engine->descriptor));
	descriptor = gen9_execlist_element(engine, 0);
	rc = gen9_context_lite_restore(engine, descriptor & CTX_DESC_FORCE_PD_RESTORE);
	if (!rc)
		rc = gen9_csb_write(engine, CSB_LITE_RESTORE | CSB_PREEMPTED,
				    gen9_context_id(engine->descriptor));
	return rc;
}

/* Until the command is to be repeated, or an execlist that may preempt it is ready. */
static int wait_to_repeat(struct gen9_engine *engine)
{
	const struct gen9_execlist *list = gen9_execlist_pending(engine);
	uint64_t deadline_ps = engine->retry_ps;

	if (list && engine->arbitration && list->ready_ps < deadline_ps)
		deadline_ps = list->ready_ps;
	return gen9_engine_wait(engine, deadline_ps);
}

/*
 * Execute the loaded context. At the ring's end with arbitration disabled nothing more happens:
 * no switch, no interrupt.
 */
static int run_context(struct gen9_engine *engine, enum outcome *outcome)
{
	int rc;

	do {
		rc = wait_unblocked(engine);
		if (rc)
			return rc;
		if (engine->arbitration && gen9_execlist_pending_ready(engine)) {
			*outcome = OUTCOME_PREEMPTED;
			if (!is_lite_restore(engine))
				return 0;
			rc = lite_restore(engine);
		} else if (!gen9_stream_at_end(engine)) {
			rc = gen9_command_step(engine);
			if (rc == -EAGAIN)
				rc = wait_to_repeat(engine);
		} else if (engine->arbitration) {
			*outcome = OUTCOME_COMPLETE;
			return 0;
		} else {
			rc = gen9_engine_wait(engine, EXEC_NEVER);
		}
	} while (!rc);
	return rc;
}

/* Save the context that leaves, decide what follows, report it. */
static int leave_context(struct gen9_engine *engine, enum outcome outcome)
{
	uint32_t context_id = gen9_context_id(engine->descriptor);
	uint32_t status;
	bool idle = false;
	int rc;

	if (outcome == OUTCOME_PREEMPTED)
		status = CSB_PREEMPTED | (gen9_stream_at_end(engine) ? CSB_CONTEXT_COMPLETE : 0);
	else
		status = CSB_CONTEXT_COMPLETE;
	if (engine->semaphore_poll && (status & CSB_CONTEXT_COMPLETE))
		status |= CSB_SEMAPHORE_POLL;
	rc = gen9_context_save(engine);
	if (rc)
		return rc;
	if (outcome == OUTCOME_PREEMPTED) {
		gen9_execlist_promote(engine);
	} else if (engine->element == 0 && (gen9_execlist_element(engine, 1) & CTX_DESC_VALID)) {
		engine->element = 1;
		status |= CSB_ELEMENT_SWITCH;
	} else {
		/* Before the entry: whoever sees it may submit again. */
		gen9_execlist_retire(engine);
		status |= CSB_ACTIVE_TO_IDLE;
		idle = true;
	}
	rc = gen9_csb_write(engine, status, context_id);
	if (!rc && idle)
		engine->active = false;
	return rc;
}

/* From idle to active to idle. */
static int run_until_idle(struct gen9_engine *engine)
{
	enum outcome outcome;
	int rc = wait_for_execlist(engine);

	if (rc)
		return rc;
	gen9_execlist_promote(engine);
	engine->descriptor = gen9_execlist_element(engine, 0);
	engine->active = true;
	gen9_engine_set_busy(engine, true);
	trace_emit(engine->gpu->m, TRACE_ENGINE_ACTIVE, engine->id);
	rc = gen9_csb_write(engine, CSB_IDLE_TO_ACTIVE, 0);
	while (!rc && engine->active) {
		engine->descriptor = gen9_execlist_element(engine, engine->element);
		trace_emit(engine->gpu->m, TRACE_CONTEXT_START, engine->id,
			   gen9_context_id(engine->descriptor), engine->element);
		rc = gen9_context_load(engine);
		if (!rc)
			rc = run_context(engine, &outcome);
		if (!rc)
			rc = leave_context(engine, outcome);
		if (!rc)
			trace_emit(engine->gpu->m, TRACE_CONTEXT_END, engine->id);
	}
	if (!rc) {
		trace_emit(engine->gpu->m, TRACE_ENGINE_IDLE, engine->id);
		gen9_engine_set_busy(engine, false);
	}
	return rc;
}

void gen9_engine_main(void *arg)
{
	struct gen9_engine *engine = arg;
	int rc;

	for (;;) {
		engine->seen_reset_count = engine->reset_count;
		rc = run_until_idle(engine);
		while (rc == -EIO && !check_reset(engine))
			(void)gen9_engine_wait(engine, EXEC_NEVER);
	}
}
