// SPDX-License-Identifier: MIT
// Two contexts of an executor that take turns.

#include <stdbool.h>
#include <stdlib.h>

#include "sim/machine/executor.h"
#include "tests/bench/bench.h"

struct bench_switch {
	struct executor *ex;
	uint64_t stop_at;
};

static void take_turns(void *arg)
{
	struct bench_switch *b = arg;

	for (;;) {
		exec_advance(b->ex, 1);
		exec_sync(b->ex);
		if (executor_switch_count(b->ex) >= b->stop_at)
			executor_stop(b->ex);
	}
}

void *bench_switch_create(void)
{
	struct bench_switch *b = calloc(1, sizeof(*b));
	struct exec_context *context;

	if (!b || executor_create(&b->ex))
		abort();
	if (executor_spawn(b->ex, "one", 0, take_turns, b, &context) ||
	    executor_spawn(b->ex, "two", 0, take_turns, b, &context))
		abort();
	return b;
}

void bench_switch_destroy(void *self)
{
	struct bench_switch *b = self;

	executor_destroy(b->ex);
	free(b);
}

uint64_t bench_switch_run(void *self, uint64_t count)
{
	struct bench_switch *b = self;
	uint64_t before = executor_switch_count(b->ex);

	b->stop_at = before + count;
	executor_run(b->ex);
	return executor_switch_count(b->ex) - before;
}
