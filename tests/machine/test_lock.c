// SPDX-License-Identifier: MIT
// Modelled mutex: order, hand-over, contention counts, where waiting is booked.

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

#include "sim/machine/lock.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"

#define LOCK_COST_PS 2

struct bed {
	struct machine m;
	struct sim_mutex mutex;
	char log[512];
	uint64_t held_ps;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	if (!bed || executor_create(&bed->m.ex) || ledger_create(&bed->m.ledger))
		return -1;
	bed->m.costs.value[COST_WORK_LOCK] = LOCK_COST_PS;
	sim_mutex_init(&bed->mutex, "vgpu");
	bed->held_ps = 100;
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	executor_destroy(bed->m.ex);
	ledger_destroy(bed->m.ledger);
	free(bed);
	return 0;
}

static void spawn(struct bed *bed, const char *name, uint64_t start_ps, exec_entry_fn entry)
{
	assert_int_equal(executor_spawn(bed->m.ex, name, start_ps, entry, bed, NULL), 0);
}

static void hold_once(void *arg);

// A context with an open exit, if account is not NULL, as a vCPU has them.
static void spawn_vcpu(struct bed *bed, uint64_t start_ps, struct host_thread *thread,
		       struct exit_account *account)
{
	struct exec_context *context;

	*thread = (struct host_thread){
		.party = {.kind = PARTY_HOST_THREAD,
                          .open_exit = account,
                          .exit_work = ledger_exit_work(bed->m.ledger, 0, GUEST_OP_NONE) },
		.origin = { .vm_id = -1},
	};
	assert_int_equal(executor_spawn(bed->m.ex, "vcpu", start_ps, hold_once, bed, &context), 0);
	exec_context_set_local(context, &thread->party);
}

static uint64_t locks_charged(const struct bed *bed)
{
	struct ledger_op totals;

	ledger_op_totals(bed->m.ledger, LEDGER_NOBODY, GUEST_OP_NONE, &totals);
	return totals.work_count[WORK_LOCK];
}

static void note(struct bed *bed)
{
	size_t used = strlen(bed->log);

	snprintf(bed->log + used, sizeof(bed->log) - used, "%s@%llu ",
		 exec_context_name(bed->m.ex->current), (unsigned long long)exec_now(bed->m.ex));
}

static void hold_once(void *arg)
{
	struct bed *bed = arg;

	sim_mutex_lock(&bed->m, &bed->mutex);
	note(bed);
	exec_sleep_until(bed->m.ex, exec_now(bed->m.ex) + bed->held_ps);
	sim_mutex_unlock(&bed->m, &bed->mutex);
}

static void test_free_lock_costs_only_itself(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 10, hold_once);
	spawn(bed, "b", 500, hold_once);
	executor_run(bed->m.ex);
	assert_string_equal(bed->log, "a@12 b@502 ");
	assert_int_equal(bed->mutex.acquired_count, 2);
	assert_int_equal(bed->mutex.contended_count, 0);
	assert_int_equal(bed->mutex.wait_ps, 0);
	assert_int_equal(locks_charged(bed), 2);
	assert_false(sim_mutex_held(&bed->m, &bed->mutex));
	assert_null(bed->mutex.owner);
}

static void test_first_come_first_served(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "d", 40, hold_once);
	spawn(bed, "c", 20, hold_once);
	spawn(bed, "b", 30, hold_once);
	spawn(bed, "a", 10, hold_once);
	executor_run(bed->m.ex);
	// a takes it at 10 and gives it up at 112; the others follow as they came, not by id
	assert_string_equal(bed->log, "a@12 c@114 b@216 d@318 ");
	assert_int_equal(bed->mutex.acquired_count, 4);
	assert_int_equal(bed->mutex.contended_count, 3);
	assert_int_equal(bed->mutex.wait_ps, (112 - 20) + (214 - 30) + (316 - 40));
	assert_null(bed->mutex.owner);
}

static void hold_without_points(void *arg)
{
	struct bed *bed = arg;

	sim_mutex_lock(&bed->m, &bed->mutex);
	note(bed);
	exec_advance(bed->m.ex, bed->held_ps);
	sim_mutex_unlock(&bed->m, &bed->mutex);
}

// A section that lets nobody in still excludes those who ask during its virtual time.
static void test_sections_without_interleaving_points_exclude(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 0, hold_without_points);
	spawn(bed, "b", 50, hold_without_points);
	executor_run(bed->m.ex);
	assert_string_equal(bed->log, "a@2 b@104 ");
	assert_int_equal(bed->mutex.wait_ps, 52);
}

static void take_again_at_once(void *arg)
{
	struct bed *bed = arg;

	for (int i = 0; i < 3; i++)
		hold_once(bed);
}

static void test_nobody_overtakes_the_queue(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "greedy", 0, take_again_at_once);
	spawn(bed, "meek", 1, take_again_at_once);
	executor_run(bed->m.ex);
	assert_string_equal(bed->log, "greedy@2 meek@104 greedy@206 meek@308 greedy@410 meek@512 ");
}

static void test_waiting_in_an_exit_is_booked(void **state)
{
	struct bed *bed = *state;
	struct exit_account account = { .run_count = 0 };
	struct host_thread thread;

	spawn(bed, "worker", 0, hold_once);
	spawn_vcpu(bed, 30, &thread, &account);
	spawn(bed, "late", 40, hold_once); // waits, but is no vCPU
	executor_run(bed->m.ex);
	assert_string_equal(bed->log, "worker@2 vcpu@104 late@206 ");
	for (int part = 0; part < EXIT_PART_COUNT; part++)
		assert_int_equal(account.part_ps[part], part == EXIT_PART_LOCK_WAIT   ? 72
							: part == EXIT_PART_EMULATION ? LOCK_COST_PS
										      : 0);
	assert_int_equal(bed->mutex.wait_ps, 72 + (204 - 40));
}

static void test_waiting_outside_of_an_exit_is_not_booked(void **state)
{
	struct bed *bed = *state;
	struct host_thread thread;

	spawn(bed, "worker", 0, hold_once);
	spawn_vcpu(bed, 30, &thread, NULL);
	executor_run(bed->m.ex);
	assert_int_equal(bed->mutex.wait_ps, 72);
}

static void ask_who_holds(void *arg)
{
	struct bed *bed = arg;

	bed->held_ps = sim_mutex_held(&bed->m, &bed->mutex);
	exec_sleep_until(bed->m.ex, 1000);
	sim_mutex_lock(&bed->m, &bed->mutex);
	bed->held_ps |= (uint64_t)sim_mutex_held(&bed->m, &bed->mutex) << 1;
	sim_mutex_unlock(&bed->m, &bed->mutex);
	bed->held_ps |= (uint64_t)sim_mutex_held(&bed->m, &bed->mutex) << 2;
}

static void test_held_means_by_me(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 0, hold_once);
	spawn(bed, "b", 50, ask_who_holds);
	executor_run(bed->m.ex);
	assert_int_equal(bed->held_ps, 2);
}

static void try_twice(void *arg)
{
	struct bed *bed = arg;
	bool first = sim_mutex_trylock(&bed->m, &bed->mutex);
	bool second;

	exec_sleep_until(bed->m.ex, 1000);
	second = sim_mutex_trylock(&bed->m, &bed->mutex);
	note(bed);
	bed->held_ps = (uint64_t)second << 1 | first;
	exec_sleep_until(bed->m.ex, 1100);
	sim_mutex_unlock(&bed->m, &bed->mutex);
}

static void test_trying_does_not_wait(void **state)
{
	struct bed *bed = *state;

	spawn(bed, "a", 0, hold_once);
	spawn(bed, "b", 50, try_twice);
	spawn(bed, "c", 1050, hold_once); // waits for whoever got it by trying
	executor_run(bed->m.ex);
	assert_string_equal(bed->log, "a@2 b@1002 c@1102 ");
	assert_int_equal(bed->mutex.acquired_count, 3);
	assert_int_equal(bed->mutex.contended_count, 1);
	assert_int_equal(locks_charged(bed), 4);
}

// ---- broken promises stop the program ----

static bool child_dies(exec_entry_fn entry, struct bed *bed)
{
	struct rlimit no_core = { 0, 0 };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		fclose(stderr);
		spawn(bed, "a", 0, hold_once);
		spawn(bed, "b", 50, entry);
		executor_run(bed->m.ex);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void lock_twice(void *arg)
{
	struct bed *bed = arg;

	sim_mutex_lock(&bed->m, &bed->mutex);
	sim_mutex_lock(&bed->m, &bed->mutex);
}

static void unlock_anothers(void *arg)
{
	struct bed *bed = arg;

	sim_mutex_unlock(&bed->m, &bed->mutex);
}

static void test_wrong_use_is_caught(void **state)
{
	assert_false(child_dies(hold_once, *state));
	assert_true(child_dies(lock_twice, *state));
	assert_true(child_dies(unlock_anothers, *state));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_free_lock_costs_only_itself),
		TEST(test_first_come_first_served),
		TEST(test_sections_without_interleaving_points_exclude),
		TEST(test_nobody_overtakes_the_queue),
		TEST(test_waiting_in_an_exit_is_booked),
		TEST(test_waiting_outside_of_an_exit_is_not_booked),
		TEST(test_held_means_by_me),
		TEST(test_trying_does_not_wait),
		TEST(test_wrong_use_is_caught),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
