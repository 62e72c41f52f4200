// SPDX-License-Identifier: MIT
// Tables of costs and of kinds of work, prices of exits, where work is booked.

#include <errno.h>
#include <string.h>

#include "tests/machine/vm_bed.h"

static void test_every_parameter_has_a_row(void **state)
{
	for (int i = 0; i < COST_PARAM_COUNT; i++) {
		assert_non_null(cost_params[i].name);
		assert_non_null(strchr(cost_params[i].name, '.'));
		assert_true(strlen(cost_params[i].doc) > 0);
		assert_int_equal(cost_param_find(cost_params[i].name), i); // so names are unique
	}
	assert_int_equal(cost_param_find("exit"), -ENOENT);
	assert_int_equal(cost_param_find(""), -ENOENT);
	assert_int_equal(cost_param_find("exit.transitions"), -ENOENT);
	assert_int_equal(cost_params[COST_INTERRUPT_POSTED].unit, COST_UNIT_BOOL);
	assert_string_equal(cost_params[COST_FORWARD_WRITE_PROTECT].name, "forward.write_protect");
}

static void test_every_kind_of_work_has_its_parameter(void **state)
{
	for (int i = 0; i < WORK_KIND_COUNT; i++) {
		const char *param = cost_params[work_kinds[i].price].name;

		assert_int_equal(work_kinds[i].price, COST_WORK_HANDLER + i);
		assert_int_equal(strncmp(param, "work.", 5), 0);
		assert_string_equal(param + 5, work_kinds[i].name);
		assert_true(work_kinds[i].part == EXIT_PART_EMULATION ||
			    work_kinds[i].part == EXIT_PART_GUEST_MEMORY);
	}
}

static void test_prices_are_made_of_their_parameters(void **state)
{
	struct cost_profile costs = bed_costs();
	struct exit_price prices[EXIT_REASON_COUNT];
	static const struct {
		enum cost_param dispatch;
		int forwarding; // -1: none
	} rows[EXIT_REASON_COUNT] = {
		[EXIT_MMIO_WRITE] = {COST_DISPATCH_MMIO,           COST_FORWARD_MMIO         },
		[EXIT_MMIO_READ] = { COST_DISPATCH_MMIO,          COST_FORWARD_MMIO         },
		[EXIT_WRITE_PROTECT] = { COST_DISPATCH_WRITE_PROTECT, COST_FORWARD_WRITE_PROTECT},
		[EXIT_HYPERCALL] = { COST_DISPATCH_HYPERCALL,     COST_FORWARD_HYPERCALL    },
		[EXIT_INTERRUPT] = { COST_DISPATCH_INTERRUPT,     -1                        },
		[EXIT_EOI] = { COST_DISPATCH_EOI,           -1                        },
	};

	cost_exit_prices(&costs, prices);
	for (int i = 0; i < EXIT_REASON_COUNT; i++) {
		uint64_t forwarding = rows[i].forwarding < 0 ? 0 : costs.value[rows[i].forwarding];
		const uint64_t *part = prices[i].part_ps;

		assert_int_equal(part[EXIT_PART_TRANSITION], costs.value[COST_EXIT_TRANSITION]);
		assert_int_equal(part[EXIT_PART_DISPATCH], costs.value[rows[i].dispatch]);
		assert_int_equal(part[EXIT_PART_FORWARDING], forwarding);
		assert_int_equal(part[EXIT_PART_EMULATION], 0);
		assert_int_equal(part[EXIT_PART_GUEST_MEMORY], 0);
		assert_int_equal(part[EXIT_PART_LOCK_WAIT], 0);
		assert_int_equal(part[EXIT_PART_REENTRY], costs.value[COST_EXIT_REENTRY]);
		assert_int_equal(prices[i].before_ps, part[EXIT_PART_TRANSITION] +
							      part[EXIT_PART_DISPATCH] +
							      forwarding);
	}
}

static void spend_in_a_handler(struct vm_bed *bed)
{
	struct work_origin origin = work_origin(bed->m);

	assert_int_equal(origin.vm_id, bed->vm->id);
	assert_int_equal(origin.op, GUEST_OP_SUBMIT);
	work_spend(bed->m, WORK_GUEST_READ, 3);
	work_spend(bed->m, WORK_SCAN_DWORD, 100);
}

static void submit(void *arg)
{
	struct vm_bed *bed = arg;

	plat_op_begin(bed->plat, PLAT_OP_SUBMIT);
	plat_write32(bed->plat, BED_DEVICE_BASE, 1);
	plat_op_end(bed->plat, PLAT_OP_SUBMIT);
}

static void test_work_in_an_exit_is_part_of_it(void **state)
{
	struct cost_profile costs = bed_costs();
	struct vm_bed bed;
	struct ledger_op totals;

	bed_create(&bed, &(struct bed_options){ .costs = &costs });
	bed.device.hook = spend_in_a_handler;
	bed_run(&bed, submit);
	totals = bed_totals(&bed, GUEST_OP_SUBMIT);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_GUEST_MEMORY],
			 3 * costs.value[COST_WORK_GUEST_READ]);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_EMULATION],
			 100 * costs.value[COST_WORK_SCAN_DWORD]);
	assert_int_equal(totals.work_ps, 0);
	assert_int_equal(totals.exit_work[WORK_GUEST_READ].count, 3);
	assert_int_equal(totals.exit_work[WORK_GUEST_READ].time_ps,
			 3 * costs.value[COST_WORK_GUEST_READ]);
	assert_int_equal(totals.exit_work[WORK_SCAN_DWORD].count, 100);
	assert_int_equal(totals.exit_work[WORK_CSB_EVENT].count, 0);
	assert_int_equal(totals.self_ps, totals.exits.time_ps);
	totals = bed_totals(&bed, GUEST_OP_NONE);
	assert_int_equal(totals.exit_work[WORK_GUEST_READ].count, 0);
	bed_destroy(&bed);
}

static void work_for_others(void *arg)
{
	struct vm_bed *bed = arg;
	struct work_origin origin = { .vm_id = (int)bed->vm->id, .op = GUEST_OP_SUBMIT };

	assert_int_equal(work_origin(bed->m).vm_id, -1);
	work_spend(bed->m, WORK_THREAD_WAKE, 1);
	work_set_origin(bed->m, origin);
	work_spend(bed->m, WORK_GUEST_COPY_PAGE, 20);
	work_spend(bed->m, WORK_GUEST_COPY_PAGE, 2);
	exec_sleep_until(bed->m->ex, PS_PER_S);
	assert_int_equal(work_origin(bed->m).vm_id, bed->vm->id);
	assert_int_equal(work_origin(bed->m).op, GUEST_OP_SUBMIT);
	work_spend(bed->m, WORK_CSB_EVENT, 1);
}

static void work_for_nobody(void *arg)
{
	struct vm_bed *bed = arg;

	assert_int_equal(work_origin(bed->m).vm_id, -1);
	exec_sleep_until(bed->m->ex, PS_PER_S / 2);
	work_spend(bed->m, WORK_HOST_INTERRUPT, 1);
}

static void set_origin_on_hardware(void *arg)
{
	struct vm_bed *bed = arg;

	work_set_origin(bed->m, (struct work_origin){ .vm_id = 0 });
}

static void set_origin_where_none_is(struct vm_bed *bed)
{
	executor_spawn(bed->m->ex, "hardware", 0, set_origin_on_hardware, bed, NULL);
	executor_run(bed->m->ex);
}

static void set_origin_of_no_vm(void *arg)
{
	struct vm_bed *bed = arg;

	work_set_origin(bed->m, (struct work_origin){ .vm_id = 1 });
}

static void set_wrong_origin(struct vm_bed *bed)
{
	machine_spawn_thread(bed->m, "worker", 0, set_origin_of_no_vm, bed, NULL);
	executor_run(bed->m->ex);
}

static void test_work_elsewhere_is_booked_to_its_origin(void **state)
{
	struct cost_profile costs = bed_costs();
	struct vm_bed bed;
	struct ledger_op totals;

	bed_create(&bed, &(struct bed_options){ .costs = &costs });
	assert_int_equal(machine_spawn_thread(bed.m, "worker", 0, work_for_others, &bed, NULL), 0);
	assert_int_equal(executor_spawn(bed.m->ex, "engine", 0, work_for_nobody, &bed, NULL), 0);
	executor_run(bed.m->ex);
	totals = bed_totals(&bed, GUEST_OP_SUBMIT);
	assert_int_equal(totals.exits.count, 0);
	assert_int_equal(totals.work_count[WORK_GUEST_COPY_PAGE], 22);
	assert_int_equal(totals.work_kind_ps[WORK_GUEST_COPY_PAGE],
			 22 * costs.value[COST_WORK_GUEST_COPY_PAGE]);
	assert_int_equal(totals.work_count[WORK_CSB_EVENT], 1);
	assert_int_equal(totals.work_ps, 22 * costs.value[COST_WORK_GUEST_COPY_PAGE] +
						 costs.value[COST_WORK_CSB_EVENT]);
	ledger_op_totals(bed.m->ledger, LEDGER_NOBODY, GUEST_OP_NONE, &totals);
	assert_int_equal(totals.work_ps, costs.value[COST_WORK_THREAD_WAKE] +
						 costs.value[COST_WORK_HOST_INTERRUPT]);
	assert_int_equal(executor_time_ps(bed.m->ex), PS_PER_S + costs.value[COST_WORK_CSB_EVENT]);
	assert_true(bed_stops(&bed, set_origin_where_none_is));
	assert_true(bed_stops(&bed, set_wrong_origin));
	bed_destroy(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_parameter_has_a_row),
		cmocka_unit_test(test_every_kind_of_work_has_its_parameter),
		cmocka_unit_test(test_prices_are_made_of_their_parameters),
		cmocka_unit_test(test_work_in_an_exit_is_part_of_it),
		cmocka_unit_test(test_work_elsewhere_is_booked_to_its_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
