// SPDX-License-Identifier: MIT
/* The pool: order, ends, errors, with any number of workers. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/study/pool.h"

#define NEVER UINT64_MAX

struct rig {
	uint64_t expected;   /* next to be delivered */
	uint64_t fail_at;    /* deliver() fails there */
	uint64_t starve_at;  /* work() has no memory there */
	uint64_t stop_after; /* tick() ends it when as many were delivered */
	atomic_uint_fast64_t made, freed;
	uint64_t most_done;
};

static void *work(void *ctx, uint64_t i)
{
	struct rig *rig = ctx;
	uint64_t *result;

	/* Early jobs take longer: results then come out of order. */
	for (uint64_t spin = 0; spin < 40 - i % 40; spin++)
		sched_yield();
	if (i == rig->starve_at)
		return NULL;
	result = malloc(sizeof(*result));
	assert_non_null(result);
	*result = i * i;
	atomic_fetch_add(&rig->made, 1);
	return result;
}

static struct rig *the_rig; /* drop() knows nothing but the result */

static void drop(void *result)
{
	atomic_fetch_add(&the_rig->freed, 1);
	free(result);
}

static int deliver(void *ctx, uint64_t i, void *result)
{
	struct rig *rig = ctx;

	assert_int_equal(i, rig->expected);
	assert_int_equal(*(uint64_t *)result, i * i);
	drop(result);
	rig->expected++;
	return i == rig->fail_at ? -EIO : 0;
}

static bool tick(void *ctx, uint64_t done)
{
	struct rig *rig = ctx;

	assert_true(done >= rig->most_done);
	rig->most_done = done;
	return rig->expected < rig->stop_after;
}

static int run(struct rig *rig, uint64_t count, unsigned workers)
{
	const struct study_pool_jobs jobs = {
		.count = count,
		.workers = workers,
		.ctx = rig,
		.work = work,
		.deliver = deliver,
		.drop = drop,
		.tick = tick,
	};

	the_rig = rig;
	return study_pool_run(&jobs);
}

static const unsigned worker_counts[] = { 1, 2, 7, 32 };

#define WORKER_COUNTS (sizeof(worker_counts) / sizeof(worker_counts[0]))

static void test_in_order(void **state)
{
	for (size_t i = 0; i < WORKER_COUNTS; i++) {
		struct rig rig = { .fail_at = NEVER, .starve_at = NEVER, .stop_after = NEVER };

		assert_int_equal(run(&rig, 1000, worker_counts[i]), 0);
		assert_int_equal(rig.expected, 1000);
		assert_int_equal(rig.freed, 1000);
		assert_int_equal(rig.made, 1000);
	}
}

static void test_nothing_to_do(void **state)
{
	struct rig rig = { .fail_at = NEVER, .starve_at = NEVER, .stop_after = NEVER };

	assert_int_equal(run(&rig, 0, 3), 0);
	assert_int_equal(run(&rig, 1, 3), 0);
	assert_int_equal(rig.expected, 1);
}

/* What was begun is delivered, without a gap, and nothing else is begun. */
static void test_stop(void **state)
{
	for (size_t i = 0; i < WORKER_COUNTS; i++) {
		struct rig rig = { .fail_at = NEVER, .starve_at = NEVER, .stop_after = 50 };

		assert_int_equal(run(&rig, 100000, worker_counts[i]), -EINTR);
		assert_true(rig.expected >= 50);
		assert_true(rig.expected < 100000);
		assert_int_equal(rig.made, rig.expected);
		assert_int_equal(rig.freed, rig.made);
	}
}

static void test_failing_delivery(void **state)
{
	for (size_t i = 0; i < WORKER_COUNTS; i++) {
		struct rig rig = { .fail_at = 20, .starve_at = NEVER, .stop_after = NEVER };

		assert_int_equal(run(&rig, 100000, worker_counts[i]), -EIO);
		assert_int_equal(rig.expected, 21);
		assert_int_equal(rig.freed, rig.made);
	}
}

static void test_no_memory(void **state)
{
	for (size_t i = 0; i < WORKER_COUNTS; i++) {
		struct rig rig = { .fail_at = NEVER, .starve_at = 30, .stop_after = NEVER };

		assert_int_equal(run(&rig, 100000, worker_counts[i]), -ENOMEM);
		assert_int_equal(rig.expected, 30);
		assert_int_equal(rig.freed, rig.made);
	}
}

static void test_processors(void **state)
{
	assert_in_range(study_pool_default_workers(), 1, 1 << 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),  cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_stop),      cmocka_unit_test(test_failing_delivery),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
