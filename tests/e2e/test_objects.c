// SPDX-License-Identifier: MIT
/* Named objects of workloads: every way of binding gives the same bytes; what fails is counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/scenario/scenario.h"
#include "sim/simulation/simulation.h"

/* Ways to bind; each a variant of whatever is run. */
static const char variants[] =
	"variants:\n"
	"  - {name: native, set: {vms.vm0.mode: native}}\n"
	"  - {name: strict}\n"
	"  - {name: oos, set: {vms.vm0.shadow: oos}}\n"
	"  - {name: oos-1, set: {vms.vm0.shadow: oos, platform.oos_pool: 1}}\n"
	"  - {name: pv, set: {vms.vm0.pvmmio: all}}\n"
	"  - {name: pv-ggtt, set: {vms.vm0.pvmmio: [ggtt_update], vms.vm0.shadow: oos}}\n"
	"  - {name: three-levels, set: {vms.vm0.ppgtt: 32bit}}\n"
	"  - {name: three-levels-oos, set: {vms.vm0.ppgtt: 32bit, vms.vm0.shadow: oos}}\n"
	"  - {name: none, set: {vms.vm0.ppgtt: none}}\n"
	"  - {name: huge, set: {vms.vm0.huge_pages: true}}\n"
	"  - {name: huge-oos, set: {vms.vm0.huge_pages: true, vms.vm0.shadow: oos}}\n"
	"  - {name: huge-native, set: {vms.vm0.huge_pages: true, vms.vm0.mode: native}}\n";

/* The scenario whose VM has these keys, in all variants. */
static struct scenario *load(const char *vm_keys)
{
	const struct scenario_options options = { .errors = stderr };
	char path[] = "/tmp/pvmmio-objects-XXXXXX";
	struct scenario *scenario = NULL;
	int fd = mkstemp(path);
	FILE *file;

	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	fprintf(file, "vms:\n  - name: vm0\n%s%s", vm_keys, variants);
	fclose(file);
	scenario_load(&scenario, path, &options);
	unlink(path);
	assert_non_null(scenario);
	return scenario;
}

static struct sim_result *run(const struct scenario_variant *variant)
{
	struct sim_result *result = NULL;

	assert_int_equal(simulation_run(&result, &variant->config, NULL), 0);
	assert_int_equal(result->vms[0].init_error, 0);
	assert_false(result->vms[0].hung);
	return result;
}

static void check_equal(const char *variant, const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		fail_msg("%s: %s is %llu, not %llu", variant, what, (unsigned long long)got,
			 (unsigned long long)want);
}

/*
 * Binding, using, unbinding, and new objects where others were: an entry that is stale anywhere,
 * in a shadow, a TLB or a host's table, leads to another object's memory.
 */
static void test_same_bytes(void **state)
{
	struct scenario *scenario =
		load("    memory: 128MiB\n"
		     "    workload:\n"
		     "      repeat: 3\n"
		     "      steps:\n"
		     "        - bind: {object: a, pages: 3, count: 7, context: x}\n"
		     "        - bind: {object: b, size: 4MiB, align: 2MiB, context: x}\n"
		     "        - bind: {object: g, pages: 20, space: ggtt}\n"
		     "        - store: {engine: BCS0, object: a, count: 21, context: x}\n"
		     "        - store: {engine: RCS0, object: b, count: 1500, context: x}\n"
		     "        - store: {engine: VECS0, object: g, count: 50, context: y}\n"
		     "        - copy: {context: x, width: 50, height: 40}\n"
		     "        - unbind: {object: a}\n"
		     "        - bind: {object: c, pages: 2, count: 9, context: x}\n"
		     "        - store: {engine: BCS0, object: c, count: 36, context: x}\n"
		     "        - unbind: {object: b}\n"
		     "        - bind: {object: d, pages: 700, context: x}\n"
		     "        - store: {engine: BCS0, object: d, count: 700, context: x}\n"
		     "        - fill: {context: y, width: 64, height: 64}\n"
		     "        - wait: all\n"
		     "        - unbind: {object: g}\n"
		     "        - bind: {object: h, pages: 18, space: ggtt}\n"
		     "        - store: {engine: BCS0, object: h, count: 100, context: x}\n"
		     "        - unbind: {object: d}\n"
		     "        - unbind: {object: c}\n"
		     "        - unbind: {object: h}\n");
	const uint64_t stored = 21 + 1500 + 50 + 50 * 40 + 36 + 700 + 64 * 64 + 100;

	for (size_t i = 0; i < scenario->variant_count; i++) {
		const char *name = scenario->variants[i].name;
		struct sim_result *result = run(&scenario->variants[i]);
		const struct vm_result *vm = &result->vms[0];

		check_equal(name, "requests completed", vm->workload.completed, 24);
		check_equal(name, "bytes right", vm->workload.bytes_verified, 3 * 4 * stored);
		check_equal(name, "bytes wrong", vm->workload.bytes_wrong, 0);
		check_equal(name, "binds that failed", vm->workload.bind_errors, 0);
		check_equal(name, "binds of a", vm->objects[0].bind.count, 21);
		check_equal(name, "unbinds of a", vm->objects[0].unbind.count, 21);
		check_equal(name, "binds of d", vm->objects[4].bind.count, 3);
		check_equal(name, "incidents", vm->incidents.count, 0);
		sim_result_free(result);
	}
	scenario_free(scenario);
}

/* Media batches, which run from the GGTT in one of the variants and are audited there. */
static void test_media(void **state)
{
	struct scenario *scenario = load("    workload:\n"
					 "      repeat: 2\n"
					 "      steps:\n"
					 "        - decode: {engine: VCS0, duration: 30us}\n"
					 "        - decode: {engine: VCS1, duration: 20us}\n"
					 "        - enhance: {engine: VECS0, duration: 10us}\n"
					 "        - wait: all\n");

	for (size_t i = 0; i < scenario->variant_count; i++) {
		const char *name = scenario->variants[i].name;
		struct sim_result *result = run(&scenario->variants[i]);
		const struct vm_result *vm = &result->vms[0];

		check_equal(name, "requests completed", vm->workload.completed, 6);
		check_equal(name, "requests lost", vm->workload.lost, 0);
		check_equal(name, "incidents", vm->incidents.count, 0);
		sim_result_free(result);
	}
	scenario_free(scenario);
}

/* Exits of an object are part of its operations' exits, and times are those of the vCPU. */
static void test_sums(void **state)
{
	struct scenario *scenario = load("    workload:\n"
					 "      repeat: 5\n"
					 "      steps:\n"
					 "        - bind: {object: a, pages: 10, count: 2}\n"
					 "        - unbind: {object: a}\n");
	struct sim_result *result = run(&scenario->variants[1]); /* strict */
	const struct object_sum *bind = &result->vms[0].objects[0].bind;
	const struct object_sum *unbind = &result->vms[0].objects[0].unbind;
	const struct ledger_op *ops = result->vms[0].ops;
	const struct object_exits *faults = &bind->by_reason[EXIT_WRITE_PROTECT];

	/* in each turn three levels of tables are made and, being empty again, dropped */
	assert_int_equal(faults->count, 5 * (3 + 20));
	assert_int_equal(unbind->by_reason[EXIT_WRITE_PROTECT].count, 5 * (10 + 3));
	assert_int_equal(faults->count, ops[GUEST_OP_PPGTT_ALLOC].exits.count +
						ops[GUEST_OP_PPGTT_INSERT].exits.count);
	assert_int_equal(faults->time_ps, ops[GUEST_OP_PPGTT_ALLOC].exits.time_ps +
						  ops[GUEST_OP_PPGTT_INSERT].exits.time_ps);
	assert_int_equal(unbind->by_reason[EXIT_WRITE_PROTECT].time_ps,
			 ops[GUEST_OP_PPGTT_CLEAR].exits.time_ps);
	assert_true(bind->time_ps >= faults->time_ps);
	assert_int_equal(bind->count, 10);
	assert_int_equal(bind->by_reason[EXIT_MMIO_WRITE].count, 0);
	sim_result_free(result);
	scenario_free(scenario);
}

/* No memory, no address space: counted, and the rest of the workload goes on. */
static void test_bind_fails(void **state)
{
	struct scenario *scenario =
		load("    memory: 32MiB\n"
		     "    aperture: 4MiB\n"
		     "    hidden: 4MiB\n"
		     "    workload:\n"
		     "      repeat: 2\n"
		     "      steps:\n"
		     "        - bind: {object: huge, size: 64MiB}\n"
		     "        - bind: {object: many, size: 1MiB, count: 40}\n"
		     "        - store: {engine: BCS0, object: huge, count: 100}\n"
		     "        - store: {engine: BCS0, object: many, count: 100}\n"
		     "        - unbind: {object: many}\n"
		     "        - unbind: {object: huge}\n"
		     "        - bind: {object: wide, size: 5MiB, space: ggtt}\n"
		     "        - bind: {object: small, pages: 4, space: ggtt}\n"
		     "        - store: {engine: BCS0, object: wide, count: 100}\n"
		     "        - store: {engine: BCS0, object: small, count: 100}\n"
		     "        - unbind: {object: small}\n"
		     "        - unbind: {object: wide}\n");

	for (size_t i = 1; i < scenario->variant_count; i++) {
		const char *name = scenario->variants[i].name;
		struct sim_result *result;
		const struct vm_result *vm;

		if (strstr(name, "native") || !strcmp(name, "none"))
			continue; /* has all of the GGTT; has no PPGTT */
		result = run(&scenario->variants[i]);
		vm = &result->vms[0];
		check_equal(name, "failed binds of huge", vm->objects[0].bind_errors, 2);
		assert_true(vm->objects[1].bind_errors > 0 && vm->objects[1].bind_errors < 40);
		check_equal(name, "binds of many", vm->objects[1].bind.count, 80);
		check_equal(name, "unbinds of many", vm->objects[1].unbind.count,
			    80 - vm->objects[1].bind_errors);
		check_equal(name, "failed binds of wide", vm->objects[2].bind_errors, 2);
		check_equal(name, "failed binds of small", vm->objects[3].bind_errors, 0);
		check_equal(name, "all", vm->workload.bind_errors, 4 + vm->objects[1].bind_errors);
		check_equal(name, "error", (uint64_t)-vm->workload.bind_error, ENOSPC);
		check_equal(name, "requests", vm->workload.requests, 2);
		check_equal(name, "bytes right", vm->workload.bytes_verified, 800);
		check_equal(name, "bytes wrong", vm->workload.bytes_wrong, 0);
		check_equal(name, "workload's error", (uint64_t)-vm->workload.error, 0);
		sim_result_free(result);
	}
	scenario_free(scenario);
}

/* The GPU may still write to what a lost request uses: that stays bound, and is no more used. */
static void test_lost_with_object(void **state)
{
	struct scenario *scenario =
		load("    workload:\n"
		     "      repeat: 2\n"
		     "      timeout: 1ms\n"
		     "      steps:\n"
		     "        - bind: {object: a, pages: 4}\n"
		     "        - store: {engine: BCS0, object: a, count: 8, misuse: ring_tail}\n"
		     "        - unbind: {object: a}\n");

	for (size_t i = 0; i < scenario->variant_count; i++) {
		const char *name = scenario->variants[i].name;
		struct sim_result *result = run(&scenario->variants[i]);
		const struct vm_result *vm = &result->vms[0];

		check_equal(name, "lost", vm->workload.lost, 2);
		check_equal(name, "binds", vm->objects[0].bind.count, 2);
		check_equal(name, "unbinds", vm->objects[0].unbind.count, 0);
		check_equal(name, "bytes right", vm->workload.bytes_verified, 0);
		check_equal(name, "bytes wrong", vm->workload.bytes_wrong, 0);
		sim_result_free(result);
	}
	scenario_free(scenario);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_media),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_bind_fails),
		cmocka_unit_test(test_lost_with_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
