// SPDX-License-Identifier: MIT
// Executor: order, ties, deadlines, wake-ups, stopping, stacks. Contexts only record what they see;
// the assertions come after executor_run(), on the test's own stack.

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/machine/executor.h"

#define LOG_LIMIT 64

struct bed {
	struct executor *ex;
	struct exec_waitq q;
	char log[LOG_LIMIT * 16]; // "name@clock " per event
	int wait_result;
	unsigned count;
	struct exec_context *ctx;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	if (!bed || executor_create(&bed->ex))
		return -1;
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	executor_destroy(bed->ex);
	free(bed);
	return 0;
}

static void note(struct bed *bed, const char *what)
{
	size_t used = strlen(bed->log);

	snprintf(bed->log + used, sizeof(bed->log) - used, "%s@%llu ", what,
		 (unsigned long long)exec_now(bed->ex));
}

static void note_name(struct bed *bed)
{
	note(bed, exec_context_name(bed->ex->current));
}

static void spawn(struct bed *bed, const char *name, uint64_t start_ps, exec_entry_fn entry)
{
	assert_int_equal(executor_spawn(bed->ex, name, start_ps, entry, bed, NULL), 0);
}

// ---- order ----

static void three_steps(void *arg)
{
	struct bed *bed = arg;

	for (int i = 0; i < 3; i++) {
		note_name(bed);
		exec_advance(bed->ex, 10);
		exec_sync(bed->ex);
	}
}

static void test_order_by_clock(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "late", 15, three_steps);
	spawn(bed, "early", 0, three_steps);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "early@0 early@10 late@15 early@20 late@25 late@35 ");
	assert_int_equal(executor_time_ps(bed->ex), 45);
}

static void test_ties_go_to_the_smaller_id(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 0, three_steps);
	spawn(bed, "b", 0, three_steps);
	spawn(bed, "c", 0, three_steps);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "a@0 b@0 c@0 a@10 b@10 c@10 a@20 b@20 c@20 ");
}

static void advance_only(void *arg)
{
	struct bed *bed = arg;

	exec_advance(bed->ex, 1000);
	note_name(bed);
}

static void test_advance_lets_nobody_in(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 0, advance_only);
	spawn(bed, "b", 1, advance_only);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "a@1000 b@1001 ");
}

static void yield_often(void *arg)
{
	struct bed *bed = arg;
	uint64_t before = executor_switch_count(bed->ex);

	for (int i = 0; i < 10; i++)
		executor_yield(bed->ex);
	bed->count = (unsigned)(executor_switch_count(bed->ex) - before);
	note_name(bed);
}

static void test_the_smallest_keeps_running_at_a_tie(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 7, yield_often);
	spawn(bed, "b", 7, advance_only);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_int_equal(bed->count, 0);
	assert_string_equal(bed->log, "a@7 b@1007 ");
	assert_int_equal(executor_switch_count(bed->ex), 2);
}

static void sleeper(void *arg)
{
	struct bed *bed = arg;

	exec_sleep_until(bed->ex, 50);
	note_name(bed);
	exec_sleep_until(bed->ex, 20); // past: stays at 50
	note_name(bed);
}

static void test_sleep_never_goes_back(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "s", 0, sleeper);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "s@50 s@50 ");
}

static void sleep_for_ever(void *arg)
{
	struct bed *bed = arg;

	note_name(bed);
	exec_sleep_until(bed->ex, EXEC_NEVER);
	note_name(bed);
}

static void test_never_does_not_come(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "s", 5, sleep_for_ever);
	spawn(bed, "n", EXEC_NEVER, sleep_for_ever);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "s@5 ");
	assert_int_equal(executor_time_ps(bed->ex), 5);
}

// ---- spawning inside ----

static void spawner(void *arg)
{
	struct bed *bed = arg;

	exec_advance(bed->ex, 10);
	bed->wait_result = executor_spawn(bed->ex, "child", 4, three_steps, bed, NULL);
	note_name(bed);
	exec_sync(bed->ex);
	note_name(bed);
}

static void test_spawn_from_inside_moves_the_horizon(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "parent", 0, spawner);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_int_equal(bed->wait_result, 0);
	assert_string_equal(bed->log, "parent@10 child@4 parent@10 child@14 child@24 ");
}

// ---- waiting ----

static void wait_for_ever(void *arg)
{
	struct bed *bed = arg;

	bed->wait_result = exec_wait(bed->ex, &bed->q, EXEC_NEVER);
	note_name(bed);
}

static void wait_until_100(void *arg)
{
	struct bed *bed = arg;

	bed->wait_result = exec_wait(bed->ex, &bed->q, 100);
	note_name(bed);
}

static void test_waiting_without_end_ends_the_run(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "w", 3, wait_for_ever);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "");
	assert_non_null(bed->q.first);
	assert_int_equal(executor_time_ps(bed->ex), 3);
}

static void test_deadline_times_out_and_leaves_the_queue(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "w", 0, wait_until_100);
	spawn(bed, "past", 300, wait_until_100); // a deadline that is over: now
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "w@100 past@300 ");
	assert_int_equal(bed->wait_result, -ETIMEDOUT);
	assert_null(bed->q.first);
	assert_null(bed->q.last);
}

static void wake_at_100(void *arg)
{
	struct bed *bed = arg;

	exec_sleep_until(bed->ex, 100);
	bed->count = exec_wake_all(bed->ex, &bed->q, exec_now(bed->ex));
	note_name(bed);
}

static void test_wake_up_at_the_deadline_counts(void **state)
{
	struct bed *bed = *state;

	bed->wait_result = 1;
	spawn(bed, "w", 0, wait_until_100); // the smaller id
	spawn(bed, "waker", 0, wake_at_100);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "waker@100 w@100 ");
	assert_int_equal(bed->wait_result, 0);
	assert_int_equal(bed->count, 1);
}

static void test_wake_up_at_the_deadline_counts_for_the_larger_id(void **state)
{
	struct bed *bed = *state;

	bed->wait_result = 1;
	spawn(bed, "waker", 0, wake_at_100);
	spawn(bed, "w", 0, wait_until_100);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "waker@100 w@100 ");
	assert_int_equal(bed->wait_result, 0);
}

static void wake_for_101(void *arg)
{
	struct bed *bed = arg;

	exec_sleep_until(bed->ex, 50);
	bed->count = exec_wake_one(bed->ex, &bed->q, 101);
	note_name(bed);
}

static void test_wake_up_after_the_deadline_passes_over(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "short", 0, wait_until_100);
	spawn(bed, "long", 1, wait_for_ever);
	spawn(bed, "waker", 0, wake_for_101);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "waker@50 short@100 long@101 ");
	assert_int_equal(bed->count, 1);
	assert_int_equal(bed->wait_result, 0); // long's, the last
}

static void wake_one_by_one(void *arg)
{
	struct bed *bed = arg;

	exec_sleep_until(bed->ex, 10);
	while (exec_wake_one(bed->ex, &bed->q, exec_now(bed->ex) + 5)) {
		bed->count++;
		exec_sleep_until(bed->ex, exec_now(bed->ex) + 10);
	}
	note_name(bed);
}

static void test_wake_one_is_first_in_first_out(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "c", 3, wait_for_ever);
	spawn(bed, "a", 1, wait_for_ever);
	spawn(bed, "b", 2, wait_for_ever);
	spawn(bed, "waker", 0, wake_one_by_one);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "a@15 b@25 c@35 waker@40 ");
	assert_int_equal(bed->count, 3);
}

static void wake_into_the_past(void *arg)
{
	struct bed *bed = arg;

	exec_sync(bed->ex);
	exec_advance(bed->ex, 100);
	note_name(bed);
	bed->count = exec_wake_all(bed->ex, &bed->q, 2);
	exec_sync(bed->ex); // the woken ones are behind: they go first
	note_name(bed);
}

static void test_wake_up_moves_the_horizon_and_never_back_in_time(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "w0", 0, wait_for_ever);
	spawn(bed, "w5", 5, wait_for_ever);
	spawn(bed, "waker", 5, wake_into_the_past);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "waker@105 w0@2 w5@5 waker@105 ");
	assert_int_equal(bed->count, 2);
}

// ---- stopping ----

static void stop_then_sleep(void *arg)
{
	struct bed *bed = arg;

	exec_advance(bed->ex, 10);
	executor_stop(bed->ex);
	note_name(bed);
	exec_sleep_until(bed->ex, 1000);
	note_name(bed);
}

static void test_stop_returns_at_the_next_point_and_run_goes_on(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "s", 0, stop_then_sleep);
	spawn(bed, "other", 500, advance_only);
	assert_int_equal(executor_run(bed->ex), 1);
	assert_string_equal(bed->log, "s@10 ");
	assert_null(bed->ex->current);
	assert_int_equal(executor_time_ps(bed->ex), 10); // nobody has run at 1000
	assert_int_equal(exec_now(bed->ex), 10);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "s@10 other@1500 s@1000 ");
}

static void stop_then_end(void *arg)
{
	struct bed *bed = arg;

	executor_stop(bed->ex);
	note_name(bed);
}

static void stop_then_wait(void *arg)
{
	struct bed *bed = arg;

	executor_stop(bed->ex);
	bed->wait_result = exec_wait(bed->ex, &bed->q, 10);
	note_name(bed);
}

static void test_stop_at_the_end_and_in_a_wait(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "e", 0, stop_then_end);
	spawn(bed, "w", 1, stop_then_wait);
	assert_int_equal(executor_run(bed->ex), 1);
	assert_string_equal(bed->log, "e@0 ");
	assert_int_equal(executor_run(bed->ex), 1);
	assert_string_equal(bed->log, "e@0 ");
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "e@0 w@10 ");
	assert_int_equal(bed->wait_result, -ETIMEDOUT);
}

static void test_nothing_to_run(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(executor_run(bed->ex), 0);
	assert_int_equal(executor_time_ps(bed->ex), 0);
	exec_sync(bed->ex); // outside: nobody to let in
	exec_sleep_until(bed->ex, 5);
	executor_destroy(NULL);
}

// ---- contexts ----

static void read_local(void *arg)
{
	struct bed *bed = arg;

	bed->ctx = exec_context_local(bed->ex->current);
}

static void test_context_properties(void **state)
{
	struct bed *bed = *state;
	struct exec_context *first, *second;

	assert_int_equal(executor_spawn(bed->ex, "a name of more than thirty-one bytes", 0,
					read_local, bed, &first),
			 0);
	assert_int_equal(executor_spawn(bed->ex, "b", EXEC_NEVER, read_local, bed, &second), 0);
	assert_null(exec_context_local(first));
	exec_context_set_local(first, second);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_ptr_equal(bed->ctx, second);
	assert_int_equal(exec_context_id(first), 0);
	assert_int_equal(exec_context_id(second), 1);
	assert_string_equal(exec_context_name(first),
			    "a name of more than thirty-one "); // 31 bytes
}

static void check_local(void *arg)
{
	struct bed *bed = arg;
	struct exec_context *self = bed->ex->current;

	bed->count += bed->ex->local != NULL; // none yet
	exec_context_set_local(self, self);
	for (int i = 0; i < 5; i++) {
		bed->count += bed->ex->local != self || exec_context_local(self) != self;
		exec_sleep_until(bed->ex, exec_now(bed->ex) + 3);
	}
	exec_context_set_local(self, NULL);
	bed->count += bed->ex->local != NULL;
}

static void test_local_pointer_follows_the_context(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 0, check_local);
	spawn(bed, "b", 1, check_local);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_int_equal(bed->count, 0);
	assert_true(executor_switch_count(bed->ex) >= 10);
	assert_null(bed->ex->local);
}

// ---- stacks ----

struct tower {
	struct executor *ex;
	unsigned seed;
	uint64_t sum;
	double product;
	bool aligned;
};

// Values in callee-saved registers and in frames, alive across switches at every depth.
static uint64_t climb(struct tower *t, unsigned depth, uint64_t a, uint64_t b, double d)
{
	uint64_t c = a * 3 + b, e = a ^ b << 7;

	exec_sleep_until(t->ex, exec_now(t->ex) + a % 5);
	t->product += d * depth;
	if (depth)
		c += climb(t, depth - 1, c, e, d + 0.5) * 31;
	exec_sleep_until(t->ex, exec_now(t->ex) + b % 3);
	return c * 7 + e + a + b;
}

static void run_tower(void *arg)
{
	struct tower *t = arg;
	_Alignas(16) char block[16];

	t->aligned = (uintptr_t)__builtin_frame_address(0) % 16 == 0 && (uintptr_t)block % 16 == 0;
	t->sum = climb(t, 20, t->seed, t->seed * 77, 0.25);
}

static void test_registers_and_frames_survive(void **state)
{
	enum { COUNT = 40 };
	struct bed *bed = *state;
	struct tower together[COUNT] = { 0 };

	for (unsigned i = 0; i < COUNT; i++) {
		together[i].ex = bed->ex;
		together[i].seed = i + 1;
		assert_int_equal(executor_spawn(bed->ex, "tower", i, run_tower, &together[i], NULL),
				 0);
	}
	assert_int_equal(executor_run(bed->ex), 0);
	assert_true(executor_switch_count(bed->ex) > COUNT * 20);
	for (unsigned i = 0; i < COUNT; i++) {
		struct tower alone = { .ex = bed->ex, .seed = i + 1 };

		run_tower(&alone); // outside of contexts nothing switches
		assert_true(together[i].aligned);
		assert_int_equal(together[i].sum, alone.sum);
		assert_true(together[i].product == alone.product);
	}
}

static void count_one(void *arg)
{
	struct bed *bed = arg;

	bed->count++;
	exec_wake_all(bed->ex, &bed->q, exec_now(bed->ex));
}

static void spawn_many(void *arg)
{
	struct bed *bed = arg;

	for (int i = 0; i < 2000; i++) {
		bed->wait_result |= executor_spawn(bed->ex, "short", exec_now(bed->ex) + 1,
						   count_one, bed, NULL);
		exec_wait(bed->ex, &bed->q, EXEC_NEVER);
	}
}

static unsigned count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned lines = 0;
	int c;

	assert_non_null(maps);
	while ((c = getc(maps)) != EOF)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

static void test_stacks_are_used_again(void **state)
{
	struct bed *bed = *state;
	unsigned before = count_mappings();

	spawn(bed, "spawner", 0, spawn_many);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_int_equal(bed->wait_result, 0);
	assert_int_equal(bed->count, 2000);
	assert_true(count_mappings() < before + 500);
}

static void test_many_contexts_and_unfinished_ones(void **state)
{
	struct bed *bed = *state;

	for (uint64_t i = 0; i < 3000; i++)
		spawn(bed, "w", 3000 - i, i % 2 ? wait_until_100 : wait_for_ever);
	bed->log[0] = '\0';
	assert_int_equal(executor_run(bed->ex), 0);
	for (uint64_t i = 0; i < 1000; i++)
		spawn(bed, "never run", i, three_steps);
	// teardown destroys those that wait and those that never ran
}

static void test_two_executors_in_one_process(void **state)
{
	struct bed *bed = *state;
	struct bed *other = calloc(1, sizeof(*other));

	assert_non_null(other);
	assert_int_equal(executor_create(&other->ex), 0);
	spawn(bed, "a", 0, stop_then_sleep);
	spawn(other, "b", 7, three_steps);
	assert_int_equal(executor_run(bed->ex), 1);
	assert_int_equal(executor_run(other->ex), 0);
	assert_int_equal(executor_run(bed->ex), 0);
	assert_string_equal(bed->log, "a@10 a@1000 ");
	assert_string_equal(other->log, "b@7 b@17 b@27 ");
	executor_destroy(other->ex);
	free(other);
}

// ---- broken promises stop the program ----

static bool child_dies(void (*act)(struct bed *bed), struct bed *bed)
{
	struct rlimit no_core = { 0, 0 };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		fclose(stderr);
		act(bed);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

// Larger than any stack; the result keeps the frames from being folded into a loop.
static unsigned sink_deep(volatile unsigned *depth)
{
	volatile char block[1024];

	block[*depth % sizeof(block)] = 1;
	if (++*depth < 8192)
		return sink_deep(depth) + (unsigned)block[0];
	return 0;
}

static void overflow(void *arg)
{
	volatile unsigned depth = 0;

	((struct bed *)arg)->count = sink_deep(&depth);
	_exit(0); // nobody noticed
}

static void run_overflow(struct bed *bed)
{
	spawn(bed, "above", 0, overflow);
	for (int i = 0; i < 64; i++) // stacks below, for it to run into
		spawn(bed, "below", 1, three_steps);
	executor_run(bed->ex);
}

static void test_stack_overflow_is_caught(void **state)
{
	assert_true(child_dies(run_overflow, *state));
}

static void wait_outside(struct bed *bed)
{
	exec_wait(bed->ex, &bed->q, 10);
}

static void test_waiting_outside_of_a_context_is_caught(void **state)
{
	assert_true(child_dies(wait_outside, *state));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order_by_clock),
		TEST(test_ties_go_to_the_smaller_id),
		TEST(test_advance_lets_nobody_in),
		TEST(test_the_smallest_keeps_running_at_a_tie),
		TEST(test_sleep_never_goes_back),
		TEST(test_never_does_not_come),
		TEST(test_spawn_from_inside_moves_the_horizon),
		TEST(test_waiting_without_end_ends_the_run),
		TEST(test_deadline_times_out_and_leaves_the_queue),
		TEST(test_wake_up_at_the_deadline_counts),
		TEST(test_wake_up_at_the_deadline_counts_for_the_larger_id),
		TEST(test_wake_up_after_the_deadline_passes_over),
		TEST(test_wake_one_is_first_in_first_out),
		TEST(test_wake_up_moves_the_horizon_and_never_back_in_time),
		TEST(test_stop_returns_at_the_next_point_and_run_goes_on),
		TEST(test_stop_at_the_end_and_in_a_wait),
		TEST(test_nothing_to_run),
		TEST(test_context_properties),
		TEST(test_local_pointer_follows_the_context),
		TEST(test_registers_and_frames_survive),
		TEST(test_stacks_are_used_again),
		TEST(test_many_contexts_and_unfinished_ones),
		TEST(test_two_executors_in_one_process),
		TEST(test_stack_overflow_is_caught),
		TEST(test_waiting_outside_of_a_context_is_caught),
	};

	return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
