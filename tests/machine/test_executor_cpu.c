// SPDX-License-Identifier: MIT
// Fewer CPUs than contexts: who runs when, and what that does to clocks.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <errno.h>
#include <string.h>

#include "sim/machine/executor.h"
#include "sim/machine/lock.h"
#include "sim/machine/machine.h"
#include "sim/machine/rng.h"

#define US PS_PER_US

static struct executor *ex;

// A context that computes in steps, and what it saw.
struct job {
	struct exec_context *context;
	uint64_t steps;
	uint64_t step_ps;
	uint64_t first_ps; // when it first ran
	uint64_t end_ps;
	uint64_t clocks[64]; // after each step
};

static void compute(void *arg)
{
	struct job *job = arg;

	exec_sync(ex);
	job->first_ps = exec_now(ex);
	for (uint64_t i = 0; i < job->steps; i++) {
		exec_advance(ex, job->step_ps);
		exec_sync(ex);
		if (i < 64)
			job->clocks[i] = exec_now(ex);
	}
	job->end_ps = exec_now(ex);
}

static void spawn(struct job *job, uint64_t start_ps, exec_entry_fn entry, enum exec_cpu_use use)
{
	assert_int_equal(executor_spawn(ex, "job", start_ps, entry, job, &job->context), 0);
	exec_context_use_cpu(job->context, use);
}

static struct exec_cpu_times times(const struct job *job)
{
	struct exec_cpu_times times;

	exec_context_cpu_times(job->context, &times);
	return times;
}

static int setup(void **state)
{
	return executor_create(&ex);
}

static int teardown(void **state)
{
	executor_destroy(ex);
	return 0;
}

static void limits_are_checked(void **state)
{
	assert_int_equal(executor_limit_cpus(ex, 0, US, NULL), -EINVAL);
	assert_int_equal(executor_limit_cpus(ex, 1, 0, NULL), -EINVAL);
	assert_int_equal(executor_limit_cpus(ex, 1, US, NULL), 0);
}

static void slices_go_round(void **state)
{
	struct job a = { .steps = 10, .step_ps = 10 * US };
	struct job b = a;

	executor_limit_cpus(ex, 1, 20 * US, NULL);
	spawn(&a, 0, compute, EXEC_CPU_THREAD);
	spawn(&b, 0, compute, EXEC_CPU_THREAD);
	assert_int_equal(executor_run(ex), 0);
	// a: 0..20, 40..60, ... b: 20..40, ...
	assert_int_equal(a.clocks[1], 20 * US);
	assert_int_equal(a.clocks[2], 50 * US);
	assert_int_equal(b.first_ps, 20 * US);
	assert_int_equal(b.clocks[0], 30 * US);
	assert_int_equal(a.end_ps, 180 * US);
	assert_int_equal(b.end_ps, 200 * US);
	assert_int_equal(times(&a).run_ps, 100 * US);
	assert_int_equal(times(&a).wait_ps, 80 * US);
	assert_int_equal(times(&a).taken_count, 4);
	assert_int_equal(times(&b).run_ps, 100 * US);
	assert_int_equal(times(&b).wait_ps, 100 * US);
}

// One long stretch: what is left of it is done when there is a CPU again.
static void a_stretch_is_cut(void **state)
{
	struct job a = { .steps = 1, .step_ps = 50 * US };
	struct job b = a;

	executor_limit_cpus(ex, 1, 20 * US, NULL);
	spawn(&a, 0, compute, EXEC_CPU_THREAD);
	spawn(&b, 10 * US, compute, EXEC_CPU_THREAD);
	executor_run(ex);
	// a 0-20, b 20-40, a 40-60, b 60-80, a 80-90, b 90-100
	assert_int_equal(a.end_ps, 90 * US);
	assert_int_equal(b.first_ps, 20 * US);
	assert_int_equal(b.end_ps, 100 * US);
	assert_int_equal(times(&b).wait_ps, 40 * US);
}

static void two_cpus_three_jobs(void **state)
{
	struct job jobs[3];
	uint64_t run_ps = 0;

	executor_limit_cpus(ex, 2, 10 * US, NULL);
	for (unsigned i = 0; i < 3; i++) {
		jobs[i] = (struct job){ .steps = 40, .step_ps = 3 * US };
		spawn(&jobs[i], 0, compute, EXEC_CPU_THREAD);
	}
	executor_run(ex);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(times(&jobs[i]).run_ps, 120 * US);
		assert_true(jobs[i].end_ps >= 160 * US);
		assert_true(jobs[i].end_ps <= 180 * US);
		run_ps += times(&jobs[i]).run_ps;
	}
	// No CPU idles while somebody wants one, but for the last one's end.
	assert_int_equal(run_ps, 360 * US);
	assert_true(executor_time_ps(ex) <= 185 * US);
}

static struct exec_waitq queue;

static void compute_and_wait(void *arg)
{
	struct job *job = arg;

	exec_advance(ex, job->step_ps);
	exec_wait(ex, &queue, EXEC_NEVER);
	job->first_ps = exec_now(ex);
	exec_advance(ex, job->step_ps);
	exec_sync(ex);
	job->end_ps = exec_now(ex);
}

// The first has run ahead when it waits: its CPU is free from then on, not before.
static void waiting_gives_the_cpu_up(void **state)
{
	struct job a = { .step_ps = 30 * US };
	struct job b = { .steps = 1, .step_ps = 5 * US };

	queue = (struct exec_waitq){ 0 };
	executor_limit_cpus(ex, 1, PS_PER_MS, NULL);
	spawn(&a, 0, compute_and_wait, EXEC_CPU_THREAD);
	spawn(&b, 10 * US, compute, EXEC_CPU_THREAD);
	executor_run(ex);
	assert_int_equal(b.first_ps, 30 * US);
	assert_int_equal(b.end_ps, 35 * US);
	assert_int_equal(times(&a).run_ps, 30 * US);
	assert_int_equal(times(&b).wait_ps, 20 * US);
}

static void wake_at(void *arg)
{
	struct job *job = arg;

	exec_sleep_until(ex, job->step_ps);
	exec_wake_all(ex, &queue, exec_now(ex));
}

// Woken while the CPU is taken: it waits for its turn, and its clock shows that.
static void woken_contexts_queue(void **state)
{
	struct job a = { .step_ps = 10 * US };
	struct job hog = { .steps = 10, .step_ps = 10 * US };
	struct job hardware = { .step_ps = 40 * US };

	queue = (struct exec_waitq){ 0 };
	executor_limit_cpus(ex, 1, 60 * US, NULL);
	spawn(&a, 0, compute_and_wait, EXEC_CPU_THREAD);
	spawn(&hog, 0, compute, EXEC_CPU_THREAD);
	spawn(&hardware, 0, wake_at, EXEC_CPU_NONE);
	executor_run(ex);
	assert_int_equal(hog.first_ps, 10 * US);
	assert_int_equal(a.first_ps, 70 * US); // the slice of the hog ends
	assert_int_equal(a.end_ps, 80 * US);
	assert_int_equal(hog.end_ps, 120 * US);
	assert_int_equal(times(&a).wait_ps, 30 * US);
}

static void wait_with_deadline(void *arg)
{
	struct job *job = arg;

	exec_advance(ex, job->step_ps);
	assert_int_equal(exec_wait(ex, &queue, exec_now(ex)), -ETIMEDOUT);
	job->first_ps = exec_now(ex);
	assert_int_equal(exec_wait(ex, &queue, exec_now(ex) + 10 * US), -ETIMEDOUT);
	job->end_ps = exec_now(ex);
}

// A wait of no length keeps the CPU; one with a length has to get it back.
static void deadlines_queue_too(void **state)
{
	struct job a = { .step_ps = 10 * US };
	struct job hog = { .steps = 1, .step_ps = 50 * US };

	queue = (struct exec_waitq){ 0 };
	executor_limit_cpus(ex, 1, 60 * US, NULL);
	spawn(&a, 0, wait_with_deadline, EXEC_CPU_THREAD);
	spawn(&hog, 0, compute, EXEC_CPU_THREAD);
	executor_run(ex);
	assert_int_equal(a.first_ps, 10 * US);
	assert_int_equal(hog.first_ps, 10 * US);
	assert_int_equal(a.end_ps, 60 * US);
	assert_int_equal(times(&a).taken_count, 0);
}

static void wait_for_nothing_and_compute(void *arg)
{
	struct job *job = arg;

	exec_advance(ex, 10 * US);
	exec_wait(ex, &queue, exec_now(ex));
	compute(job);
}

// Nor does it begin a new slice.
static void a_wait_of_no_length_wins_nothing(void **state)
{
	struct job a = { .steps = 10, .step_ps = 10 * US };
	struct job b = { .steps = 1, .step_ps = US };

	queue = (struct exec_waitq){ 0 };
	executor_limit_cpus(ex, 1, 40 * US, NULL);
	spawn(&a, 0, wait_for_nothing_and_compute, EXEC_CPU_THREAD);
	spawn(&b, 5 * US, compute, EXEC_CPU_THREAD);
	executor_run(ex);
	assert_int_equal(a.first_ps, 10 * US);
	assert_int_equal(b.first_ps, 40 * US);
}

static void sleep_or_idle(void *arg)
{
	struct job *job = arg;

	if (job->steps)
		exec_idle_until(ex, job->step_ps);
	else
		exec_sleep_until(ex, job->step_ps);
	job->end_ps = exec_now(ex);
}

static void idling_gives_the_cpu_up(void **state)
{
	for (unsigned idles = 0; idles < 2; idles++) {
		struct job a = { .steps = idles, .step_ps = 30 * US };
		struct job b = { .steps = 1, .step_ps = US };

		if (idles) {
			executor_destroy(ex);
			assert_int_equal(executor_create(&ex), 0);
		}
		executor_limit_cpus(ex, 1, PS_PER_MS, NULL);
		spawn(&a, 0, sleep_or_idle, EXEC_CPU_THREAD);
		spawn(&b, US, compute, EXEC_CPU_THREAD);
		executor_run(ex);
		assert_int_equal(a.end_ps, 30 * US);
		assert_int_equal(b.first_ps, idles ? US : 30 * US);
		assert_int_equal(times(&a).run_ps, idles ? 0 : 30 * US);
	}
}

// A handler goes first; whom it interrupts goes on before others that queue.
static void handlers_interrupt(void **state)
{
	struct job a = { .steps = 1, .step_ps = 50 * US };
	struct job b = { .steps = 1, .step_ps = 10 * US };
	struct job handler = { .steps = 1, .step_ps = 5 * US };

	executor_limit_cpus(ex, 1, 200 * US, NULL);
	spawn(&a, 0, compute, EXEC_CPU_THREAD);
	spawn(&b, 10 * US, compute, EXEC_CPU_THREAD);
	spawn(&handler, 20 * US, compute, EXEC_CPU_INTERRUPT);
	executor_run(ex);
	assert_int_equal(handler.first_ps, 20 * US);
	assert_int_equal(handler.end_ps, 25 * US);
	assert_int_equal(a.end_ps, 55 * US);
	assert_int_equal(b.first_ps, 55 * US);
	assert_int_equal(times(&handler).wait_ps, 0);
}

static void hardware_needs_no_cpu(void **state)
{
	struct job a = { .steps = 5, .step_ps = 10 * US };
	struct job hardware = a;

	executor_limit_cpus(ex, 1, US, NULL);
	spawn(&a, 0, compute, EXEC_CPU_THREAD);
	spawn(&hardware, 0, compute, EXEC_CPU_NONE);
	executor_run(ex);
	assert_int_equal(a.end_ps, 50 * US);
	assert_int_equal(hardware.end_ps, 50 * US);
	assert_int_equal(times(&hardware).run_ps, 0);
}

/* ---- at random ---- */

#define CROWD 12

struct actor {
	struct exec_context *context;
	struct rng rng;
	uint64_t computed_ps;
	uint64_t slept_ps; // at least
	uint64_t end_ps;
};

static void act(void *arg)
{
	struct actor *actor = arg;

	for (unsigned i = 0; i < 200; i++) {
		uint64_t ps = rng_below(&actor->rng, 20 * US);

		switch (rng_below(&actor->rng, 4)) {
		case 0:
			actor->slept_ps += ps;
			exec_wait(ex, &queue, exec_now(ex) + ps);
			break;
		case 1:
			exec_wake_one(ex, &queue, exec_now(ex) + ps);
			break;
		default:
			exec_advance(ex, ps);
			actor->computed_ps += ps;
			exec_sync(ex);
		}
	}
	actor->end_ps = exec_now(ex);
}

static uint64_t run_crowd(struct actor *actors, uint64_t seed, unsigned cpus)
{
	queue = (struct exec_waitq){ 0 };
	executor_destroy(ex);
	assert_int_equal(executor_create(&ex), 0);
	if (cpus)
		assert_int_equal(executor_limit_cpus(ex, cpus, 30 * US, NULL), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		actors[i] = (struct actor){ 0 };
		rng_seed(&actors[i].rng, seed * CROWD + i);
		assert_int_equal(
			executor_spawn(ex, "actor", 0, act, &actors[i], &actors[i].context), 0);
		exec_context_use_cpu(actors[i].context, EXEC_CPU_THREAD);
	}
	assert_int_equal(executor_run(ex), 0);
	return executor_time_ps(ex);
}

// Whatever they do: a context has had the CPU for just as long as it has computed, no CPU was given
// to two, and it all happens again.
static void time_adds_up(void **state)
{
	for (unsigned seed = 0; seed < 20; seed++) {
		struct actor actors[CROWD], again[CROWD];
		unsigned cpus = 1 + seed % 4;
		uint64_t end_ps = run_crowd(actors, seed, cpus);
		uint64_t run_ps = 0;

		for (unsigned i = 0; i < CROWD; i++) {
			struct exec_cpu_times t;

			exec_context_cpu_times(actors[i].context, &t);
			assert_int_equal(t.run_ps, actors[i].computed_ps);
			assert_true(actors[i].end_ps >= t.run_ps + t.wait_ps);
			assert_true(actors[i].end_ps <= t.run_ps + t.wait_ps + actors[i].slept_ps);
			run_ps += t.run_ps;
		}
		assert_true(run_ps <= cpus * end_ps);
		assert_int_equal(run_crowd(again, seed, cpus), end_ps);
		for (unsigned i = 0; i < CROWD; i++)
			assert_int_equal(again[i].end_ps, actors[i].end_ps);
	}
}

// With a CPU for everybody it is as without a limit.
static void enough_is_as_good_as_many(void **state)
{
	for (unsigned seed = 0; seed < 5; seed++) {
		struct actor limited[CROWD], free[CROWD];
		uint64_t end_ps = run_crowd(limited, seed, CROWD);

		assert_int_equal(run_crowd(free, seed, 0), end_ps);
		for (unsigned i = 0; i < CROWD; i++)
			assert_int_equal(limited[i].end_ps, free[i].end_ps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(limits_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(slices_go_round, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stretch_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(two_cpus_three_jobs, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_gives_the_cpu_up, setup, teardown),
		cmocka_unit_test_setup_teardown(woken_contexts_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(deadlines_queue_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wait_of_no_length_wins_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(idling_gives_the_cpu_up, setup, teardown),
		cmocka_unit_test_setup_teardown(handlers_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(hardware_needs_no_cpu, setup, teardown),
		cmocka_unit_test_setup_teardown(time_adds_up, setup, teardown),
		cmocka_unit_test_setup_teardown(enough_is_as_good_as_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
