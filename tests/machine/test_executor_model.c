// SPDX-License-Identifier: MIT
// Random programs on the executor against a reference: the same programs interpreted by a loop that
// searches a table for the smallest key, without stacks, heap or horizon. Steps of a few
// picoseconds make equal clocks common.

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine/executor.h"
#include "sim/machine/rng.h"

#define PARTY_LIMIT 64
#define STEP_LIMIT  40
#define QUEUE_COUNT 3
#define EVENT_LIMIT (PARTY_LIMIT * (STEP_LIMIT + 1))

enum step_kind {
	STEP_ADVANCE,
	STEP_SYNC,
	STEP_SLEEP,
	STEP_WAIT,
	STEP_WAIT_DEADLINE,
	STEP_WAKE_ONE,
	STEP_WAKE_ALL,
	STEP_SPAWN,
	STEP_STOP,
	STEP_KIND_COUNT,
};

struct step {
	enum step_kind kind;
	unsigned queue;
	int64_t ps; // relative to now, may be negative where that means something
};

struct program {
	struct step steps[STEP_LIMIT];
	unsigned step_count;
	uint64_t start_ps;
};

// What a party saw when a step was over; step 0 is the start.
struct event {
	unsigned party;
	unsigned step;
	uint64_t clock_ps;
	int result;
};

struct run {
	const struct program *programs;
	unsigned party_count;
	unsigned spawned;
	struct event events[EVENT_LIMIT];
	unsigned event_count;
	unsigned stops; // how often the run was interrupted
	uint64_t reached_ps;
};

static void record(struct run *run, unsigned party, unsigned step, uint64_t clock_ps, int result)
{
	run->events[run->event_count++] = (struct event){ party, step, clock_ps, result };
}

static uint64_t offset_clock(uint64_t now_ps, int64_t ps)
{
	return ps < 0 && (uint64_t)-ps > now_ps ? 0 : now_ps + (uint64_t)ps;
}

// ---- on the executor ----

struct live_run;

struct live_party {
	struct live_run *live;
	unsigned id;
};

struct live_run {
	struct run run;
	struct executor *ex;
	struct exec_waitq queues[QUEUE_COUNT];
	struct live_party parties[PARTY_LIMIT];
};

static void live_entry(void *arg);

static int live_spawn(struct live_run *live, uint64_t start_ps)
{
	unsigned id = live->run.spawned;
	struct exec_context *ctx;
	int ret;

	if (id == live->run.party_count)
		return 1;
	live->run.spawned++;
	live->parties[id] = (struct live_party){ live, id };
	ret = executor_spawn(live->ex, "party", start_ps, live_entry, &live->parties[id], &ctx);
	if (!ret && exec_context_id(ctx) != id)
		ret = -EIO;
	return ret;
}

static int live_step(struct live_run *live, const struct step *step)
{
	struct executor *ex = live->ex;
	struct exec_waitq *q = &live->queues[step->queue];
	uint64_t at_ps = offset_clock(exec_now(ex), step->ps);

	switch (step->kind) {
	case STEP_ADVANCE:
		exec_advance(ex, (uint64_t)step->ps);
		return 0;
	case STEP_SYNC:
		exec_sync(ex);
		return 0;
	case STEP_SLEEP:
		exec_sleep_until(ex, at_ps);
		return 0;
	case STEP_WAIT:
		return exec_wait(ex, q, EXEC_NEVER);
	case STEP_WAIT_DEADLINE:
		return exec_wait(ex, q, at_ps);
	case STEP_WAKE_ONE:
		return (int)exec_wake_one(ex, q, at_ps);
	case STEP_WAKE_ALL:
		return (int)exec_wake_all(ex, q, at_ps);
	case STEP_SPAWN:
		return live_spawn(live, at_ps);
	default:
		executor_stop(ex);
		return 0;
	}
}

static void live_entry(void *arg)
{
	struct live_party *party = arg;
	struct live_run *live = party->live;
	const struct program *program = &live->run.programs[party->id];

	record(&live->run, party->id, 0, exec_now(live->ex), 0);
	for (unsigned i = 0; i < program->step_count; i++) {
		int result = live_step(live, &program->steps[i]);

		record(&live->run, party->id, i + 1, exec_now(live->ex), result);
	}
}

static void run_live(struct live_run *live, unsigned at_start)
{
	assert_int_equal(executor_create(&live->ex), 0);
	for (unsigned i = 0; i < at_start; i++)
		assert_int_equal(live_spawn(live, live->run.programs[i].start_ps), 0);
	while (executor_run(live->ex))
		live->run.stops++;
	live->run.reached_ps = executor_time_ps(live->ex);
	executor_destroy(live->ex);
}

// ---- the reference ----

enum model_state { MODEL_UNBORN, MODEL_READY, MODEL_WAITING, MODEL_ENDED };

struct model_party {
	enum model_state state;
	uint64_t clock_ps;
	uint64_t deadline_ps;
	unsigned queue;
	uint64_t arrival; // order of arrival in the queue
	unsigned next_step;
	bool in_step; // of the step before next_step, the result is not recorded yet
};

struct model {
	struct run run;
	struct model_party parties[PARTY_LIMIT];
	uint64_t arrivals;
	bool stop;
};

static uint64_t model_key_ps(const struct model_party *p)
{
	switch (p->state) {
	case MODEL_READY:
		return p->clock_ps;
	case MODEL_WAITING:
		return p->deadline_ps;
	default:
		return EXEC_NEVER;
	}
}

// Smallest (clock, deadlines last, id), or -1.
static int model_choose(const struct model *model)
{
	uint64_t best_ps = EXEC_NEVER;
	int best = -1;

	for (int waiting = 0; waiting < 2; waiting++)
		for (unsigned i = 0; i < model->run.spawned; i++) {
			const struct model_party *p = &model->parties[i];

			if ((p->state == MODEL_WAITING) == (waiting == 1) &&
			    model_key_ps(p) < best_ps) {
				best_ps = model_key_ps(p);
				best = (int)i;
			}
		}
	return best;
}

static int model_wake(struct model *model, unsigned queue, uint64_t at_ps, unsigned limit)
{
	unsigned count = 0;

	while (count < limit) {
		struct model_party *first = NULL;

		for (unsigned i = 0; i < model->run.spawned; i++) {
			struct model_party *p = &model->parties[i];

			if (p->state == MODEL_WAITING && p->queue == queue &&
			    p->deadline_ps >= at_ps && (!first || p->arrival < first->arrival))
				first = p;
		}
		if (!first)
			break;
		first->state = MODEL_READY;
		if (at_ps > first->clock_ps)
			first->clock_ps = at_ps;
		count++;
	}
	return (int)count;
}

static int model_spawn(struct model *model, uint64_t start_ps)
{
	struct model_party *p = &model->parties[model->run.spawned];

	if (model->run.spawned == model->run.party_count)
		return 1;
	model->run.spawned++;
	*p = (struct model_party){ .state = MODEL_READY, .clock_ps = start_ps, .in_step = true };
	return 0;
}

static void model_interleave(struct model *model)
{
	model->run.stops += model->stop;
	model->stop = false;
}

// One step up to where somebody else may get in. True when it is over, *result is then set.
static bool model_step(struct model *model, struct model_party *p, const struct step *step,
		       int *result)
{
	uint64_t at_ps = offset_clock(p->clock_ps, step->ps);

	*result = 0;
	switch (step->kind) {
	case STEP_ADVANCE:
		p->clock_ps += (uint64_t)step->ps;
		return true;
	case STEP_SLEEP:
		if (at_ps > p->clock_ps)
			p->clock_ps = at_ps;
		return false;
	case STEP_SYNC:
		return false;
	case STEP_WAIT:
	case STEP_WAIT_DEADLINE:
		p->state = MODEL_WAITING;
		p->queue = step->queue;
		p->arrival = model->arrivals++;
		p->deadline_ps = at_ps > p->clock_ps ? at_ps : p->clock_ps;
		if (step->kind == STEP_WAIT)
			p->deadline_ps = EXEC_NEVER;
		return false;
	case STEP_WAKE_ONE:
		*result = model_wake(model, step->queue, at_ps, 1);
		return true;
	case STEP_WAKE_ALL:
		*result = model_wake(model, step->queue, at_ps, PARTY_LIMIT);
		return true;
	case STEP_SPAWN:
		*result = model_spawn(model, at_ps);
		return true;
	default:
		model->stop = true;
		return true;
	}
}

static void model_go(struct model *model, unsigned id)
{
	struct model_party *p = &model->parties[id];
	const struct program *program = &model->run.programs[id];
	int result = 0;

	if (p->state == MODEL_WAITING) {
		p->state = MODEL_READY;
		p->clock_ps = p->deadline_ps;
		result = -ETIMEDOUT;
	}
	if (p->in_step)
		record(&model->run, id, p->next_step, p->clock_ps, result);
	p->in_step = false;
	while (p->next_step < program->step_count) {
		bool over = model_step(model, p, &program->steps[p->next_step++], &result);

		if (!over) {
			p->in_step = true;
			model_interleave(model);
			return;
		}
		record(&model->run, id, p->next_step, p->clock_ps, result);
	}
	p->state = MODEL_ENDED;
	model_interleave(model);
}

static void run_model(struct model *model, unsigned at_start)
{
	int next;

	for (unsigned i = 0; i < at_start; i++)
		model_spawn(model, model->run.programs[i].start_ps);
	while ((next = model_choose(model)) >= 0)
		model_go(model, (unsigned)next);
	for (unsigned i = 0; i < model->run.event_count; i++)
		if (model->run.events[i].clock_ps > model->run.reached_ps)
			model->run.reached_ps = model->run.events[i].clock_ps;
}

// ---- both ----

static void make_program(struct program *program, struct rng *rng)
{
	program->step_count = (unsigned)rng_below(rng, STEP_LIMIT + 1);
	program->start_ps = rng_below(rng, 8);
	for (unsigned i = 0; i < program->step_count; i++) {
		struct step *step = &program->steps[i];

		step->kind = (enum step_kind)rng_below(rng, STEP_KIND_COUNT);
		step->queue = (unsigned)rng_below(rng, QUEUE_COUNT);
		step->ps = (int64_t)rng_below(rng, 6);
		if (step->kind != STEP_ADVANCE)
			step->ps -= 1;
		if (step->kind == STEP_WAIT && rng_below(rng, 4))
			step->kind = STEP_WAIT_DEADLINE; // else most end up waiting for ever
		if (step->kind == STEP_WAIT_DEADLINE)
			step->ps += (int64_t)rng_below(rng, 12);
	}
}

static void compare(const struct run *live, const struct run *model, uint64_t seed)
{
	for (unsigned i = 0; i < model->event_count && i < live->event_count; i++) {
		const struct event *a = &live->events[i], *b = &model->events[i];

		if (a->party != b->party || a->step != b->step || a->clock_ps != b->clock_ps ||
		    a->result != b->result)
			fail_msg("seed %llu, event %u: party %u step %u clock %llu result %d, "
				 "expected party %u step %u clock %llu result %d",
				 (unsigned long long)seed, i, a->party, a->step,
				 (unsigned long long)a->clock_ps, a->result, b->party, b->step,
				 (unsigned long long)b->clock_ps, b->result);
	}
	assert_int_equal(live->event_count, model->event_count);
	assert_int_equal(live->spawned, model->spawned);
	assert_int_equal(live->reached_ps, model->reached_ps);
	assert_int_equal(live->stops, model->stops);
}

static void run_seed(uint64_t seed, uint64_t *events)
{
	struct program *programs = calloc(PARTY_LIMIT, sizeof(*programs));
	struct live_run *live = calloc(1, sizeof(*live));
	struct model *model = calloc(1, sizeof(*model));
	unsigned party_count, at_start;
	struct rng rng;

	assert_true(programs && live && model);
	rng_seed(&rng, seed);
	party_count = 1 + (unsigned)rng_below(&rng, PARTY_LIMIT);
	at_start = 1 + (unsigned)rng_below(&rng, party_count);
	for (unsigned i = 0; i < party_count; i++)
		make_program(&programs[i], &rng);
	live->run.programs = model->run.programs = programs;
	live->run.party_count = model->run.party_count = party_count;

	run_live(live, at_start);
	run_model(model, at_start);
	compare(&live->run, &model->run, seed);
	*events += model->run.event_count;

	free(model);
	free(live);
	free(programs);
}

static void test_random_programs_match_the_reference(void **state)
{
	uint64_t events = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 1500; seed++)
		run_seed(seed, &events);
	assert_true(events > 100000); // the programs do get somewhere
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_programs_match_the_reference),
	};

	return cmocka_run_group_tests_name("executor model", tests, NULL, NULL);
}
