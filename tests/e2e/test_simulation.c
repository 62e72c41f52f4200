// SPDX-License-Identifier: MIT
/* The library's front door: run, refuse, repeat, several at once. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scenario/scenario.h"
#include "sim/simulation/simulation.h"

#define SUBMISSION SCENARIO_DIR "/submission.yaml"

enum { NATIVE, BASELINE, PVMMIO };

static int setup(void **state)
{
	const struct scenario_options options = { .errors = stderr };

	return scenario_load((struct scenario **)state, SUBMISSION, &options);
}

static int teardown(void **state)
{
	scenario_free(*state);
	return 0;
}

static uint64_t elsp_exits(const struct sim_result *result)
{
	uint64_t count = 0;

	for (size_t i = 0; i < result->vms[0].register_count; i++) {
		if (strcmp(result->vms[0].registers[i].name, "BCS0_ELSP") == 0)
			count += result->vms[0].registers[i].sum.count;
	}
	return count;
}

/* What the project is about, without the command line and the report. */
static void test_exits_of_a_submission(void **state)
{
	static const uint64_t per_submission[] = { [NATIVE] = 0, [BASELINE] = 4, [PVMMIO] = 1 };
	struct scenario *scenario = *state;

	for (unsigned i = NATIVE; i <= PVMMIO; i++) {
		const struct sim_config *config = &scenario->variants[i].config;
		struct sim_result *result;
		const struct vm_result *vm;

		assert_int_equal(simulation_run(&result, config, NULL), 0);
		vm = &result->vms[0];
		assert_int_equal(vm->init_error, 0);
		assert_false(vm->hung);
		assert_int_equal(vm->workload.completed, config->vms[0].workload.repeat);
		assert_int_equal(vm->workload.bytes_wrong, 0);
		assert_int_equal(elsp_exits(result),
				 per_submission[i] * vm->ops[GUEST_OP_SUBMIT].count);
		assert_int_equal(vm->pvmmio_levels, i == PVMMIO ? 1 : 0);
		sim_result_free(result);
	}
}

/* Sums are sums of what they are said to be sums of. */
static void test_sums(void **state)
{
	struct scenario *scenario = *state;
	struct sim_result *result;
	const struct vm_result *vm;
	uint64_t by_op = 0, by_reason = 0, parts = 0;

	assert_int_equal(simulation_run(&result, &scenario->variants[BASELINE].config, NULL), 0);
	vm = &result->vms[0];
	for (unsigned i = 0; i < GUEST_OP_COUNT; i++)
		by_op += vm->ops[i].exits.count;
	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++)
		by_reason += vm->by_reason[i].count;
	for (unsigned i = 0; i < EXIT_PART_COUNT; i++)
		parts += vm->exits.part_ps[i];
	assert_int_equal(by_op, vm->exits.count);
	assert_int_equal(by_reason, vm->exits.count);
	assert_int_equal(parts, vm->exits.time_ps);
	for (size_t i = 0; i < vm->register_count; i++) {
		const struct register_result *reg = &vm->registers[i];
		uint64_t count = 0, time_ps = 0;

		for (unsigned op = 0; op < GUEST_OP_COUNT; op++) {
			count += reg->op_count[op];
			time_ps += reg->op_time_ps[op];
		}
		assert_int_equal(count, reg->sum.count);
		assert_int_equal(time_ps, reg->sum.time_ps);
		assert_true(reg->offset < GEN9_BAR0_SIZE_BYTES);
		if (i > 0)
			assert_true(reg->offset > reg[-1].offset || reg->reason > reg[-1].reason);
	}
	sim_result_free(result);
}

static void assert_refused(const struct sim_config *config, const char *words)
{
	char why[SIMULATION_WHY_BYTES] = "";
	struct sim_result *result = NULL;

	assert_int_equal(simulation_check(config, why, sizeof(why)), -EINVAL);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
	assert_int_equal(simulation_run(&result, config, NULL), -EINVAL);
	assert_null(result);
}

static void test_refused(void **state)
{
	struct scenario *scenario = *state;
	struct vm_config vms[2];
	struct sim_config config = scenario->variants[BASELINE].config;
	char why[SIMULATION_WHY_BYTES];

	assert_int_equal(simulation_check(&config, why, sizeof(why)), 0);
	assert_true(simulation_same_room(&config, &scenario->variants[PVMMIO].config));
	vms[0] = config.vms[0];
	vms[1] = config.vms[0];
	config.vms = vms;
	vms[0].aperture_bytes += 4096;
	assert_false(simulation_same_room(&config, &scenario->variants[BASELINE].config));
	vms[0].aperture_bytes -= 4096;
	assert_true(simulation_same_room(&config, &scenario->variants[BASELINE].config));
	config.vm_count = 2;
	vms[1].mode = VM_MODE_NATIVE;
	assert_refused(&config, "native");
	vms[1].mode = VM_MODE_GVT;
	vms[1].aperture_bytes = GEN9_APERTURE_BYTES;
	assert_refused(&config, "no room");
	config.vm_count = 0;
	assert_refused(&config, "no VM");
}

/* A scenario's driver without anything to do comes up and goes away. */
static void test_no_workload(void **state)
{
	struct scenario *scenario = *state;
	struct sim_config config = scenario->variants[PVMMIO].config;
	struct vm_config vm = config.vms[0];
	struct sim_result *result;

	vm.workload.step_count = 0;
	vm.workload.context_count = 0;
	config.vms = &vm;
	assert_int_equal(simulation_run(&result, &config, NULL), 0);
	assert_int_equal(result->vms[0].init_error, 0);
	assert_int_equal(result->vms[0].workload.requests, 0);
	assert_int_equal(result->vms[0].ops[GUEST_OP_INIT].count, 1);
	sim_result_free(result);
}

/* config with a copy of its VM and its VM's first step, for changes. */
struct changed {
	struct sim_config config;
	struct vm_config vm;
	struct step_config steps[8];
};

static void change(struct changed *changed, const struct sim_config *config)
{
	changed->config = *config;
	changed->vm = config->vms[0];
	changed->config.vms = &changed->vm;
	assert_in_range(changed->vm.workload.step_count, 1, 8);
	memcpy(changed->steps, changed->vm.workload.steps,
	       changed->vm.workload.step_count * sizeof(changed->steps[0]));
	changed->vm.workload.steps = changed->steps;
	changed->vm.workload.repeat = 3;
}

/* What the driver has no room for ends the workload, not the simulation. */
static void test_request_refused(void **state)
{
	struct scenario *scenario = *state;

	for (unsigned i = NATIVE; i <= PVMMIO; i++) {
		struct sim_result *result;
		struct changed changed;

		change(&changed, &scenario->variants[i].config);
		changed.steps[0].width = 8000;
		changed.steps[0].height = 8000;
		assert_int_equal(simulation_run(&result, &changed.config, NULL), 0);
		assert_int_equal(result->vms[0].workload.error, -ENOMEM);
		assert_int_equal(result->vms[0].workload.requests, 0);
		assert_false(result->vms[0].hung);
		sim_result_free(result);
	}
}

/* A request that never completes is lost, and nothing of it counts. */
static void test_request_lost(void **state)
{
	struct scenario *scenario = *state;

	for (unsigned i = NATIVE; i <= PVMMIO; i++) {
		struct sim_result *result;
		struct changed changed;

		change(&changed, &scenario->variants[i].config);
		changed.steps[0].misuse = MISUSE_RING_TAIL;
		changed.vm.workload.timeout_ps = PS_PER_MS;
		assert_int_equal(simulation_run(&result, &changed.config, NULL), 0);
		assert_int_equal(result->vms[0].workload.requests, 3);
		assert_int_equal(result->vms[0].workload.completed, 0);
		assert_int_equal(result->vms[0].workload.lost, 3);
		assert_int_equal(result->vms[0].workload.bytes_verified, 0);
		assert_int_equal(result->vms[0].workload.bytes_wrong, 0);
		assert_in_range(result->vms[0].workload.duration_ps, 3 * PS_PER_MS, 4 * PS_PER_MS);
		assert_false(result->vms[0].hung);
		sim_result_free(result);
	}
}

/* More requests than a ring holds, without a wait between them: the client makes room itself. */
static void test_more_than_a_ring(void **state)
{
	struct scenario *scenario = *state;

	for (unsigned i = NATIVE; i <= PVMMIO; i++) {
		struct step_config steps[300];
		struct sim_result *result;
		struct changed changed;

		change(&changed, &scenario->variants[i].config);
		for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++)
			steps[j] = changed.steps[0];
		changed.vm.workload.steps = steps;
		changed.vm.workload.step_count = sizeof(steps) / sizeof(steps[0]);
		assert_int_equal(simulation_run(&result, &changed.config, NULL), 0);
		assert_int_equal(result->vms[0].workload.error, 0);
		assert_int_equal(result->vms[0].workload.completed, 900);
		assert_int_equal(result->vms[0].workload.bytes_wrong, 0);
		sim_result_free(result);
	}
}

/* Each frame in flight has bytes of its own, and none of them get lost. */
static void test_frames_in_flight(void **state)
{
	struct scenario *scenario = *state;

	for (unsigned i = NATIVE; i <= PVMMIO; i++) {
		uint64_t duration_ps[2];

		for (uint32_t deep = 0; deep < 2; deep++) {
			struct sim_result *result;
			struct changed changed;

			change(&changed, &scenario->variants[i].config);
			changed.vm.workload.step_count = 1; /* no wait */
			changed.vm.workload.repeat = 20;
			changed.vm.workload.depth = deep ? 3 : 1;
			assert_int_equal(simulation_run(&result, &changed.config, NULL), 0);
			assert_int_equal(result->vms[0].workload.error, 0);
			assert_int_equal(result->vms[0].workload.completed, 20);
			assert_int_equal(result->vms[0].workload.bytes_verified, 20 * 64 * 64 * 4);
			assert_int_equal(result->vms[0].workload.bytes_wrong, 0);
			assert_int_equal(result->vms[0].frames.late, 0);
			duration_ps[deep] = result->vms[0].workload.duration_ps;
			sim_result_free(result);
		}
		assert_true(duration_ps[1] < duration_ps[0]);
	}
}

/* On the clock's grid, whatever the frames before took. */
static void test_frames_with_a_period(void **state)
{
	struct scenario *scenario = *state;
	struct sim_result *result;
	struct changed changed;

	change(&changed, &scenario->variants[NATIVE].config);
	changed.vm.workload.repeat = 20;
	changed.vm.workload.period_ps = PS_PER_MS;
	assert_int_equal(simulation_run(&result, &changed.config, NULL), 0);
	assert_int_equal(result->vms[0].frames.late, 0);
	assert_in_range(result->vms[0].workload.duration_ps, 19 * PS_PER_MS, 20 * PS_PER_MS);
	assert_int_equal(result->vms[0].workload.duration_ps - 19 * PS_PER_MS,
			 result->vms[0].frames.ps[19]);
	sim_result_free(result);
	changed.vm.workload.period_ps = PS_PER_US;
	assert_int_equal(simulation_run(&result, &changed.config, NULL), 0);
	assert_int_equal(result->vms[0].frames.late, 19);
	assert_int_equal(result->vms[0].frames.ps[19],
			 result->vms[0].workload.duration_ps - 19 * PS_PER_US);
	sim_result_free(result);
}

struct job {
	const struct sim_config *config;
	struct sim_result *result;
};

static void *run_job(void *arg)
{
	struct job *job = arg;

	simulation_run(&job->result, job->config, NULL);
	return NULL;
}

/* Simulations share nothing: in threads at once they measure what they measure alone. */
static void test_several_at_once(void **state)
{
	struct scenario *scenario = *state;
	struct job jobs[6] = { 0 };
	pthread_t threads[6];

	for (unsigned i = 0; i < 6; i++) {
		jobs[i].config = &scenario->variants[i % 3].config;
		assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
	}
	for (unsigned i = 0; i < 6; i++) {
		pthread_join(threads[i], NULL);
		assert_non_null(jobs[i].result);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(jobs[i].result->virtual_time_ps,
				 jobs[i + 3].result->virtual_time_ps);
		assert_memory_equal(jobs[i].result->vms[0].ops, jobs[i + 3].result->vms[0].ops,
				    sizeof(jobs[i].result->vms[0].ops));
	}
	for (unsigned i = 0; i < 6; i++)
		sim_result_free(jobs[i].result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exits_of_a_submission, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sums, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_workload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_than_a_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames_in_flight, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames_with_a_period, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_at_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
