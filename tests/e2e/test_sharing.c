// SPDX-License-Identifier: MIT
/* Many VMs, few CPUs, an application on the host: sharing costs time and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scenario/scenario.h"
#include "sim/simulation/simulation.h"

#define VM_COUNT 64

/* One row: what each VM of the scenario does, and on what machine. */
#define WORK                                                                                       \
	"    workload:\n"                                                                          \
	"      repeat: 4\n"                                                                        \
	"      steps:\n"                                                                           \
	"        - fill: {width: 16, height: 16}\n"                                                \
	"        - store: {engine: RCS0, count: 4}\n"                                              \
	"        - wait: all\n"

#define BYTES_RIGHT (4u * (16 * 16 + 4) * 4)

/* Run the first variant of text. */
static struct sim_result *run_text(const char *text)
{
	const struct scenario_options options = { .errors = stderr };
	char path[] = "/tmp/pvmmio-sharing-XXXXXX.yaml";
	struct scenario *scenario;
	struct sim_result *result;
	FILE *out;
	int fd = mkstemps(path, 5);

	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	fputs(text, out);
	fclose(out);
	assert_int_equal(scenario_load(&scenario, path, &options), 0);
	remove(path);
	assert_int_equal(simulation_run(&result, &scenario->variants[0].config, NULL), 0);
	scenario_free(scenario);
	return result;
}

static void expect_all_done(const struct vm_result *vm)
{
	assert_int_equal(vm->init_error, 0);
	assert_false(vm->hung);
	assert_int_equal(vm->workload.error, 0);
	assert_int_equal(vm->workload.completed, 8);
	assert_int_equal(vm->workload.lost, 0);
	assert_int_equal(vm->workload.bytes_verified, BYTES_RIGHT);
	assert_int_equal(vm->workload.bytes_wrong, 0);
	assert_int_equal(vm->incidents.count, 0);
}

static char *many_vms(const char *platform)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fprintf(out, "%svms:\n", platform);
	for (unsigned i = 0; i < VM_COUNT; i++)
		fprintf(out,
			"  - name: vm%u\n    memory: 16MiB\n    aperture: 2MiB\n"
			"    hidden: 54MiB\n    fences: 0\n    weight: %u\n" WORK,
			i, 1 + i % 3);
	fclose(out);
	return text;
}

static void sixty_four_vms(void **state)
{
	char *text = many_vms("");
	struct sim_result *result = run_text(text);
	struct sim_result *again = run_text(text);

	assert_int_equal(result->vm_count, VM_COUNT);
	assert_int_equal(result->virtual_time_ps, again->virtual_time_ps);
	for (unsigned i = 0; i < VM_COUNT; i++) {
		expect_all_done(&result->vms[i]);
		assert_true(result->vms[i].scheduling.turns > 0);
		assert_int_equal(result->vms[i].scheduling.owned_ps,
				 again->vms[i].scheduling.owned_ps);
		assert_int_equal(result->vms[i].exits.count, again->vms[i].exits.count);
		assert_int_equal(result->vms[i].exits.time_ps, again->vms[i].exits.time_ps);
	}
	sim_result_free(again);
	sim_result_free(result);
	free(text);
}

static void cpu_totals(const struct sim_result *result, uint64_t *run_ps, uint64_t *wait_ps)
{
	*run_ps = 0;
	*wait_ps = 0;
	for (size_t i = 0; i < result->thread_count; i++) {
		*run_ps += result->threads[i].run_ps;
		*wait_ps += result->threads[i].wait_ps;
	}
	for (size_t i = 0; i < result->vm_count; i++)
		for (size_t j = 0; j < result->vms[i].vcpu_count; j++) {
			*run_ps += result->vms[i].vcpus[j].run_ps;
			*wait_ps += result->vms[i].vcpus[j].wait_ps;
		}
}

/* Nobody works on more CPUs than there are; what everybody got out of it stays the same. */
static void few_cpus(void **state)
{
	static const unsigned cpu_counts[] = { 1, 2, 4, 128 };
	uint64_t end_ps[4];

	for (unsigned i = 0; i < 4; i++) {
		char platform[64];
		struct sim_result *result;
		uint64_t run_ps, wait_ps;
		char *text;

		snprintf(platform, sizeof(platform), "platform: {cpus: %u}\n", cpu_counts[i]);
		text = many_vms(platform);
		result = run_text(text);
		for (unsigned vm = 0; vm < VM_COUNT; vm++) {
			const struct vm_result *of = &result->vms[vm];

			expect_all_done(of);
			assert_int_equal(of->vcpu_count, 1);
			assert_true(of->vcpus[0].run_ps > 0);
			// What an exit waited for a CPU is a part of it.
			assert_true(of->exits.part_ps[EXIT_PART_CPU_WAIT] <= of->exits.time_ps);
		}
		cpu_totals(result, &run_ps, &wait_ps);
		assert_true(run_ps <= cpu_counts[i] * result->virtual_time_ps);
		assert_true(cpu_counts[i] < 128 ? wait_ps > 0 : wait_ps == 0);
		end_ps[i] = result->virtual_time_ps;
		sim_result_free(result);
		free(text);
	}
	assert_true(end_ps[0] > end_ps[1] && end_ps[0] > end_ps[3]);
}

#define BESIDE(neighbour)                                                                          \
	"vms:\n"                                                                                   \
	"  - name: one\n    memory: 16MiB\n    aperture: 16MiB\n" WORK neighbour

/* Whatever is beside it, a VM does and gets the same. */
static void neighbours_cost_time_only(void **state)
{
	static const char *const texts[] = {
		BESIDE(""),
		BESIDE("  - name: other\n    aperture: 16MiB\n    weight: 16\n    workload:\n"
		       "      repeat: 20\n      steps: [draw: {duration: 1ms}]\n"),
		BESIDE("  - name: other\n    aperture: 16MiB\n    pvmmio: all\n    workload:\n"
		       "      repeat: 50\n      steps: [fill: {width: 500, height: 500}]\n"),
		BESIDE("  - name: other\n    mode: host\n    workload:\n"
		       "      repeat: 50\n      steps: [draw: {duration: 100us}, fill: {}]\n"),
	};
	struct sim_result *alone = run_text(texts[0]);

	expect_all_done(&alone->vms[0]);
	for (unsigned i = 1; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sim_result *result = run_text(texts[i]);
		const struct vm_result *vm = &result->vms[0];

		expect_all_done(vm);
		assert_int_equal(result->vms[1].workload.lost, 0);
		assert_int_equal(vm->ops[GUEST_OP_SUBMIT].exits.count,
				 alone->vms[0].ops[GUEST_OP_SUBMIT].exits.count);
		assert_true(vm->workload.duration_ps > alone->vms[0].workload.duration_ps);
		sim_result_free(result);
	}
	sim_result_free(alone);
}

/* It runs on every engine, beside a VM on the same engines, and never exits. */
static void host_application(void **state)
{
	struct sim_result *result = run_text(BESIDE("  - name: app\n    mode: host\n    workload:\n"
						    "      repeat: 5\n"
						    "      steps:\n"
						    "        - store: {engine: RCS0, count: 16}\n"
						    "        - store: {engine: VCS0}\n"
						    "        - store: {engine: VCS1}\n"
						    "        - store: {engine: VECS0}\n"
						    "        - fill: {width: 33, height: 7}\n"
						    "        - copy: {width: 20, height: 20}\n"
						    "        - fast_copy: {width: 10, height: 3}\n"
						    "        - dispatch: {duration: 20us}\n"
						    "        - wait: all\n"
						    "        - sleep: 3us\n"));
	const struct vm_result *app = &result->vms[1];

	expect_all_done(&result->vms[0]);
	assert_int_equal(app->workload.error, 0);
	assert_int_equal(app->workload.completed, 5 * 8);
	assert_int_equal(app->workload.bytes_verified,
			 5 * 4 * (16 + 3 + 33 * 7 + 20 * 20 + 10 * 3));
	assert_int_equal(app->workload.bytes_wrong, 0);
	assert_int_equal(app->exits.count, 0);
	assert_int_equal(app->ops[GUEST_OP_SUBMIT].count, 5 * 8);
	assert_int_equal(app->scheduling.turns, 0);
	sim_result_free(result);
}

/* The whole GPU is the host's when no VM is there. */
static void host_application_alone(void **state)
{
	struct sim_result *result = run_text("vms:\n  - name: app\n    mode: host\n" WORK);

	expect_all_done(&result->vms[0]);
	sim_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_four_vms),
		cmocka_unit_test(few_cpus),
		cmocka_unit_test(neighbours_cost_time_only),
		cmocka_unit_test(host_application),
		cmocka_unit_test(host_application_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
