// SPDX-License-Identifier: MIT
// Machines and VMs as a whole: creation and its errors, ends with everything half done, several in
// one process, traces.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/machine/vm_bed.h"

static void test_wrong_vms_are_refused(void **state)
{
	const struct vm_options good = { .name = "vm",
					 .memory_bytes = GUEST_RAM_GRANULE,
					 .vcpu_count = 1 };
	struct machine_config config = { .memory_bytes = 65 * GUEST_RAM_GRANULE };
	struct vm_options options;
	struct machine *m;
	struct vm *vm;

	assert_int_equal(machine_create(&m, &config), 0);
	options = good;
	options.vcpu_count = 0;
	assert_int_equal(vm_create(&vm, m, &options), -EINVAL);
	options.vcpu_count = VM_VCPU_LIMIT + 1;
	assert_int_equal(vm_create(&vm, m, &options), -EINVAL);
	options = good;
	options.memory_bytes = 0;
	assert_int_equal(vm_create(&vm, m, &options), -EINVAL);
	options.memory_bytes = GUEST_RAM_GRANULE + PAGE_SIZE;
	assert_int_equal(vm_create(&vm, m, &options), -EINVAL);
	options.memory_bytes = 66 * GUEST_RAM_GRANULE;
	assert_int_equal(vm_create(&vm, m, &options), -ENOMEM);
	assert_int_equal(m->vm_count, 0);
	for (unsigned i = 0; i < MACHINE_VM_LIMIT; i++) {
		assert_int_equal(vm_create(&vm, m, &good), 0);
		assert_int_equal(vm->id, i);
		assert_ptr_equal(m->vms[i], vm);
	}
	assert_int_equal(vm_create(&vm, m, &good), -ENOSPC);
	machine_destroy(m);
}

static void test_wrong_memory_is_refused(void **state)
{
	struct machine_config config = { .memory_bytes = PAGE_SIZE };
	struct machine *m;

	assert_int_equal(machine_create(&m, &config), -EINVAL);
	machine_destroy(NULL);
}

static void test_long_names_are_cut(void **state)
{
	const struct vm_options options = {
		.name = "a name that is longer than anybody would want to read in a report",
		.memory_bytes = GUEST_RAM_GRANULE,
		.vcpu_count = 1,
	};
	struct machine_config config = { .memory_bytes = 8 * GUEST_RAM_GRANULE };
	struct machine *m;
	struct vm *vm;

	assert_int_equal(machine_create(&m, &config), 0);
	assert_int_equal(vm_create(&vm, m, &options), 0);
	assert_int_equal(strlen(vm->name), sizeof(vm->name) - 1);
	machine_destroy(m);
}

static void wait_for_ever(void *arg)
{
	struct vm_bed *bed = arg;

	plat_op_begin(bed->plat, PLAT_OP_SUBMIT);
	plat_halt(bed->plat, PLAT_NEVER);
}

static void work_for_ever(void *arg)
{
	struct vm_bed *bed = arg;
	struct exec_waitq q = { .first = NULL };

	work_spend(bed->m, WORK_HANDLER, 1);
	exec_wait(bed->m->ex, &q, EXEC_NEVER);
}

// What is not freed, the leak checker finds.
static void test_a_machine_ends_with_contexts_unfinished(void **state)
{
	struct vm_bed bed;

	bed_create(&bed, &(struct bed_options){ .vcpu_count = 2 });
	assert_int_equal(machine_spawn_thread(bed.m, "worker", 0, work_for_ever, &bed, NULL), 0);
	bed_run(&bed, wait_for_ever);
	bed_destroy(&bed);
}

static void submit_once(void *arg)
{
	struct vm_bed *bed = arg;

	plat_op_begin(bed->plat, PLAT_OP_SUBMIT);
	plat_write32(bed->plat, BED_DEVICE_BASE + 0x230, 1);
	plat_write32(bed->plat, BED_DEVICE_BASE + 0x230, 1);
	plat_op_end(bed->plat, PLAT_OP_SUBMIT);
}

static void test_machines_do_not_know_each_other(void **state)
{
	struct cost_profile costs = bed_costs();
	struct vm_bed beds[2];

	for (int i = 0; i < 2; i++)
		bed_create(&beds[i], &(struct bed_options){ .costs = i ? &costs : NULL });
	for (int i = 0; i < 2; i++)
		bed_run(&beds[i], submit_once);
	for (int i = 0; i < 2; i++)
		assert_int_equal(bed_totals(&beds[i], GUEST_OP_SUBMIT).exits.count, 2);
	assert_int_equal(executor_time_ps(beds[0].m->ex), 0);
	assert_true(executor_time_ps(beds[1].m->ex) > 0);
	for (int i = 0; i < 2; i++)
		bed_destroy(&beds[i]);
}

struct writing_sink {
	struct trace_sink sink;
	char text[4096];
};

static void write_event(struct trace_sink *sink, const struct trace_record *record)
{
	const struct trace_event_info *info = &trace_events[record->event];
	struct writing_sink *writing = (struct writing_sink *)sink;
	size_t used = strlen(writing->text);

	used += (size_t)snprintf(writing->text + used, sizeof(writing->text) - used, "%llu %s %s",
				 (unsigned long long)record->time_ps, record->context_name,
				 info->name);
	for (int i = 0; info->arg_names[i]; i++)
		used += (size_t)snprintf(writing->text + used, sizeof(writing->text) - used,
					 " %s=%llx", info->arg_names[i],
					 (unsigned long long)record->args[i]);
	snprintf(writing->text + used, sizeof(writing->text) - used, "\n");
}

#define EXIT_PLACE " vm=0 reason=0 region=2 address=100000230"
#define EXIT_PARTS                                                                                 \
	" size_bytes=4 op=2 duration_ps=120 transition_ps=100 dispatch_ps=0 forwarding_ps=0"       \
	" emulation_ps=0 guest_memory_ps=0 lock_wait_ps=0 reentry_ps=20 cpu_wait_ps=0"

static void test_trace_tells_exits_and_operations(void **state)
{
	struct cost_profile costs = { { 0 } };
	struct writing_sink writing = { .sink.event = write_event };
	struct vm_bed bed;

	costs.value[COST_EXIT_TRANSITION] = 0x100;
	costs.value[COST_EXIT_REENTRY] = 0x20;
	bed_create(&bed, &(struct bed_options){ .costs = &costs, .trace = &writing.sink });
	bed_run(&bed, submit_once);
	trace_emit(bed.m, TRACE_FAILSAFE, 1, 2);
	assert_string_equal(writing.text, "0 bed/vcpu0 operation_begin vm=0 op=2\n"
					  "0 bed/vcpu0 exit_begin" EXIT_PLACE "\n"
					  "288 bed/vcpu0 exit" EXIT_PLACE " value=1" EXIT_PARTS "\n"
					  "288 bed/vcpu0 exit_begin" EXIT_PLACE "\n"
					  "576 bed/vcpu0 exit" EXIT_PLACE " value=1" EXIT_PARTS "\n"
					  "576 bed/vcpu0 operation vm=0 op=2 duration_ps=240\n"
					  "576  failsafe vm=1 cause=2\n");
	assert_int_equal(bed_totals(&bed, GUEST_OP_SUBMIT).exits.time_ps, 0x240);
	bed_destroy(&bed);
}

static void test_every_event_has_a_row(void **state)
{
	for (int i = 0; i < TRACE_EVENT_COUNT; i++) {
		assert_non_null(trace_events[i].name);
		assert_non_null(trace_events[i].arg_names[0]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(trace_events[i].name, trace_events[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_vms_are_refused),
		cmocka_unit_test(test_wrong_memory_is_refused),
		cmocka_unit_test(test_long_names_are_cut),
		cmocka_unit_test(test_a_machine_ends_with_contexts_unfinished),
		cmocka_unit_test(test_machines_do_not_know_each_other),
		cmocka_unit_test(test_trace_tells_exits_and_operations),
		cmocka_unit_test(test_every_event_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
