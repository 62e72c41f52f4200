// SPDX-License-Identifier: MIT
// vCPUs: interrupts in every state of the vCPU and of the VM, sleeping and waking, operations.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/machine/vm_bed.h"

#define NS PS_PER_NS

// What happened and when, and what shall happen.
struct story {
	uint64_t taken_ps[32]; // when the guest's handler ran
	unsigned taken;
	uint64_t woken_ps; // when the guest went on
	int halt_ret;
	uint64_t deadline_ps;
	uint64_t post_ps[8]; // interrupts posted by hardware at these times; 0: end
	uint64_t lead_ps;    // so much before they arrive
	uint64_t in_handler_ps;
	bool enabled;
	bool posted; // within the handler, one more
};

static struct vm_bed bed;
static struct story story;

static int setup_with(bool native, bool posted, bool with_costs)
{
	struct cost_profile costs = bed_costs();

	costs.value[COST_INTERRUPT_POSTED] = posted;
	bed_create(&bed, &(struct bed_options){ .costs = with_costs ? &costs : NULL,
						.native = native,
						.vcpu_count = BED_VCPUS });
	memset(&story, 0, sizeof(story));
	story.deadline_ps = EXEC_NEVER;
	story.enabled = true;
	bed.extra = &story;
	return 0;
}

static int setup(void **state)
{
	return setup_with(false, false, true);
}

static int setup_posted(void **state)
{
	return setup_with(false, true, true);
}

static int setup_native(void **state)
{
	return setup_with(true, false, true);
}

static int setup_free(void **state)
{
	return setup_with(false, false, false);
}

static int teardown(void **state)
{
	bed_destroy(&bed);
	return 0;
}

static uint64_t cost(enum cost_param param)
{
	return bed.m->costs.value[param];
}

static uint64_t exit_cost(enum cost_param dispatch)
{
	return cost(COST_EXIT_TRANSITION) + cost(dispatch) + cost(COST_EXIT_REENTRY);
}

static void handler(void *opaque)
{
	struct vcpu *vcpu = vcpu_current(bed.m);

	assert_ptr_equal(opaque, &story);
	assert_false(vcpu->irq_enabled);
	assert_int_equal(vcpu_op(vcpu), GUEST_OP_INTERRUPT);
	story.taken_ps[story.taken++] = exec_now(bed.m->ex);
	if (story.posted) {
		story.posted = false;
		vcpu_post_interrupt(vcpu, exec_now(bed.m->ex));
	}
	vcpu_poll_interrupts(vcpu); // nothing: one is in service
	exec_advance(bed.m->ex, story.in_handler_ps);
}

static void hardware(void *arg)
{
	struct msi_target target = vcpu_msi_target(bed.vm->vcpus[0]);

	for (int i = 0; story.post_ps[i]; i++) {
		exec_sleep_until(bed.m->ex, story.post_ps[i]);
		msi_send(&target, story.post_ps[i] + story.lead_ps);
	}
}

static void play(void (*guest)(void *bed))
{
	plat_irq_register(bed.plat, handler, &story);
	assert_int_equal(executor_spawn(bed.m->ex, "hardware", 0, hardware, NULL, NULL), 0);
	bed_run(&bed, guest);
}

static uint64_t exits(enum exit_reason reason)
{
	return bed_totals(&bed, GUEST_OP_INTERRUPT).by_reason[reason].count;
}

static void delay_long(void *arg)
{
	vcpu_set_irq_enabled(bed.vm->vcpus[0], story.enabled);
	plat_delay_ns(bed.plat, 1000 * 1000);
	story.woken_ps = exec_now(bed.m->ex);
}

static void test_running_vcpu_pays_two_exits(void **state)
{
	struct ledger_op totals;

	story.post_ps[0] = 300 * NS;
	story.in_handler_ps = 50 * NS;
	play(delay_long);
	assert_int_equal(story.taken, 1);
	assert_int_equal(story.taken_ps[0], 300 * NS + exit_cost(COST_DISPATCH_INTERRUPT) +
						    cost(COST_INTERRUPT_DELIVERY));
	assert_int_equal(story.woken_ps, 1000 * 1000 * NS); // its time is part of the delay
	assert_int_equal(exits(EXIT_INTERRUPT), 1);
	assert_int_equal(exits(EXIT_EOI), 1);
	totals = bed_totals(&bed, GUEST_OP_INTERRUPT);
	assert_int_equal(totals.count, 1);
	assert_int_equal(totals.self_ps, exit_cost(COST_DISPATCH_INTERRUPT) +
						 cost(COST_INTERRUPT_DELIVERY) + 50 * NS +
						 exit_cost(COST_DISPATCH_EOI));
	assert_int_equal(bed.vm->vcpus[0]->idle_ps, 1000 * 1000 * NS - totals.self_ps);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_taken, 1);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_merged, 0);
}

static void test_posted_interrupt_pays_delivery_only(void **state)
{
	story.post_ps[0] = 300 * NS;
	play(delay_long);
	assert_int_equal(story.taken_ps[0], 300 * NS + cost(COST_INTERRUPT_DELIVERY));
	assert_int_equal(bed_totals(&bed, GUEST_OP_INTERRUPT).exits.count, 0);
	assert_int_equal(bed_totals(&bed, GUEST_OP_INTERRUPT).self_ps,
			 cost(COST_INTERRUPT_DELIVERY));
}

static void test_arrival_counts_not_sending(void **state)
{
	story.post_ps[0] = 300 * NS;
	story.lead_ps = 200 * NS;
	play(delay_long);
	assert_int_equal(story.taken_ps[0], 500 * NS);
}

// Sent later, but arriving earlier than one that is on its way.
static void overtaking_hardware(void *arg)
{
	struct vcpu *vcpu = bed.vm->vcpus[0];

	exec_sleep_until(bed.m->ex, 100 * NS);
	vcpu_post_interrupt(vcpu, 900 * NS);
	exec_sleep_until(bed.m->ex, 200 * NS);
	vcpu_post_interrupt(vcpu, 400 * NS);
	vcpu_post_interrupt(vcpu, 600 * NS);
}

static void test_each_is_taken_at_its_own_arrival(void **state)
{
	assert_int_equal(executor_spawn(bed.m->ex, "device", 0, overtaking_hardware, NULL, NULL),
			 0);
	play(delay_long);
	assert_int_equal(story.taken, 3);
	assert_int_equal(story.taken_ps[0], 400 * NS);
	assert_int_equal(story.taken_ps[1], 600 * NS);
	assert_int_equal(story.taken_ps[2], 900 * NS);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_merged, 0);
}

static void flood(void *arg)
{
	struct vcpu *vcpu = bed.vm->vcpus[0];

	// latest first: every one finds its place before the others
	for (unsigned i = 3 * VCPU_IRQ_QUEUE; i > 0; i--)
		vcpu_post_interrupt(vcpu, i * 10 * NS);
}

static void rising_flood(void *arg)
{
	for (unsigned i = 1; i <= 3 * VCPU_IRQ_QUEUE; i++)
		vcpu_post_interrupt(bed.vm->vcpus[0], i * 10 * NS);
}

static void check_flood(exec_entry_fn device)
{
	uint64_t all;

	assert_int_equal(executor_spawn(bed.m->ex, "device", 0, device, NULL, NULL), 0);
	play(delay_long);
	all = bed.vm->vcpus[0]->interrupts_taken + bed.vm->vcpus[0]->interrupts_merged;
	assert_int_equal(all, 3 * VCPU_IRQ_QUEUE);
	assert_int_equal(story.taken, VCPU_IRQ_QUEUE);
	assert_int_equal(story.taken_ps[0], 10 * NS);
	assert_int_equal(story.taken_ps[story.taken - 1], 3 * VCPU_IRQ_QUEUE * 10 * NS);
}

static void test_a_flood_loses_no_last_interrupt(void **state)
{
	check_flood(flood);
}

static void test_a_rising_flood_loses_no_last_interrupt(void **state)
{
	check_flood(rising_flood);
}

static void test_arrivals_while_pending_merge(void **state)
{
	// the exit takes longer than the time between them
	for (int i = 0; i < 3; i++)
		story.post_ps[i] = 300 * NS + (uint64_t)i;
	play(delay_long);
	assert_int_equal(story.taken, 1);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_taken, 1);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_merged, 2);
}

static void test_arrival_in_service_is_taken_after_it(void **state)
{
	story.post_ps[0] = 300 * NS;
	story.posted = true;
	story.in_handler_ps = 70 * NS;
	play(delay_long);
	assert_int_equal(story.taken, 2);
	assert_int_equal(story.taken_ps[0], 300 * NS);
	assert_int_equal(story.taken_ps[1], 370 * NS);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_merged, 0);
}

static void disabled_for_a_while(void *arg)
{
	bool before = plat_irq_save(bed.plat);

	assert_false(before);
	plat_irq_restore(bed.plat, true);
	assert_true(plat_irq_save(bed.plat));
	plat_delay_ns(bed.plat, 700);
	assert_int_equal(exec_now(bed.m->ex), 700 * NS);
	assert_int_equal(story.taken, 0);
	plat_write32(bed.plat, BED_DEVICE_BASE, 1);
	plat_time_ns(bed.plat);
	assert_int_equal(story.taken, 0);
	plat_irq_restore(bed.plat, true);
	assert_int_equal(story.taken, 1);
	assert_int_equal(exec_now(bed.m->ex), 700 * NS);
}

static void test_disabled_interrupts_wait(void **state)
{
	story.post_ps[0] = 300 * NS;
	story.post_ps[1] = 301 * NS;
	play(disabled_for_a_while);
	assert_int_equal(story.taken, 1);
	assert_int_equal(story.taken_ps[0], 700 * NS);
	assert_int_equal(bed.vm->vcpus[0]->interrupts_merged, 1);
}

static void access_often(void *arg)
{
	uint64_t *page, gpa;

	plat_irq_restore(bed.plat, true);
	page = plat_alloc_pages(bed.plat, 1, &gpa);
	plat_read32(bed.plat, BED_DEVICE_BASE); // from now on these are known exits
	plat_write64(bed.plat, BED_DEVICE_BASE, 1);
	for (int i = 0; i < 10; i++) {
		exec_advance(bed.m->ex, 100 * NS);
		exec_sync(bed.m->ex); // what has been sent is pending now
		switch (i % 5) {
		case 0:
			plat_read32(bed.plat, BED_DEVICE_BASE);
			break;
		case 1:
			plat_write64(bed.plat, BED_DEVICE_BASE, 1);
			break;
		case 2:
			plat_load32(bed.plat, page);
			break;
		case 3:
			plat_store64(bed.plat, page, 1);
			break;
		default:
			plat_irq_restore(bed.plat, true);
			break;
		}
		assert_int_equal(story.taken, i / 2 + 1);
	}
}

static void test_every_access_takes_what_is_pending(void **state)
{
	for (int i = 0; i < 5; i++)
		story.post_ps[i] = (100 + 200 * (uint64_t)i) * NS;
	play(access_often);
	assert_int_equal(story.taken, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(story.taken_ps[i], (100 + 200 * (uint64_t)i) * NS);
}

static void post_in_exit(struct vm_bed *b)
{
	exec_advance(b->m->ex, 40 * NS);
	vcpu_post_interrupt(b->vm->vcpus[0], exec_now(b->m->ex));
	exec_advance(b->m->ex, 40 * NS);
}

// Twice: the second time the exit goes the short way.
static void accesses_that_bring_interrupts(void *arg)
{
	bed.device.hook = post_in_exit;
	plat_irq_restore(bed.plat, story.enabled);
	for (unsigned i = 1; i <= 3; i++) {
		plat_read32(bed.plat, BED_DEVICE_BASE);
		exec_advance(bed.m->ex, 500 * NS); // it was delivered long before it is seen here
		plat_irq_restore(bed.plat, true);
		assert_int_equal(story.taken, i);
		plat_irq_restore(bed.plat, story.enabled);
	}
}

static void test_arrival_in_an_exit_takes_none_of_its_own(void **state)
{
	play(accesses_that_bring_interrupts);
	assert_int_equal(exits(EXIT_INTERRUPT), 0);
	assert_int_equal(exits(EXIT_EOI), 3);
}

static void test_arrival_in_an_exit_while_disabled_takes_one_later(void **state)
{
	story.enabled = false;
	play(accesses_that_bring_interrupts);
	assert_int_equal(exits(EXIT_INTERRUPT), 3);
	assert_int_equal(exits(EXIT_EOI), 3);
}

static void access_then_compute(void *arg)
{
	plat_irq_restore(bed.plat, true);
	for (unsigned i = 1; i <= 3; i++) {
		plat_read32(bed.plat, BED_DEVICE_BASE);
		exec_advance(bed.m->ex, 500 * NS);
		vcpu_post_interrupt(bed.vm->vcpus[0], exec_now(bed.m->ex) - 200 * NS);
		exec_advance(bed.m->ex, 500 * NS);
		plat_write32(bed.plat, BED_DEVICE_BASE, 1);
		assert_int_equal(story.taken, i);
	}
}

static void test_arrival_after_an_exit_takes_one(void **state)
{
	play(access_then_compute);
	assert_int_equal(exits(EXIT_INTERRUPT), 3);
}

static void halt_once(void *arg)
{
	struct vcpu *vcpu = bed.vm->vcpus[0];

	story.halt_ret = vcpu_halt(vcpu, story.deadline_ps);
	story.woken_ps = exec_now(bed.m->ex);
	assert_false(vcpu->irq_enabled);
	assert_false(vcpu->halted);
}

static void test_halted_vcpu_pays_a_wake_up_and_no_delivery_exit(void **state)
{
	story.post_ps[0] = 300 * NS;
	play(halt_once);
	assert_int_equal(story.halt_ret, 0);
	assert_int_equal(story.taken_ps[0],
			 300 * NS + cost(COST_VCPU_WAKE) + cost(COST_INTERRUPT_DELIVERY));
	assert_int_equal(story.woken_ps, story.taken_ps[0] + exit_cost(COST_DISPATCH_EOI));
	assert_int_equal(exits(EXIT_INTERRUPT), 0);
	assert_int_equal(exits(EXIT_EOI), 1);
}

static void test_halted_vcpu_posted(void **state)
{
	story.post_ps[0] = 300 * NS;
	play(halt_once);
	assert_int_equal(story.woken_ps,
			 300 * NS + cost(COST_VCPU_WAKE) + cost(COST_INTERRUPT_DELIVERY));
	assert_int_equal(bed_totals(&bed, GUEST_OP_INTERRUPT).exits.count, 0);
}

static void test_native_pays_delivery_only(void **state)
{
	story.post_ps[0] = 300 * NS;
	play(halt_once);
	assert_int_equal(story.woken_ps, 300 * NS + cost(COST_INTERRUPT_DELIVERY));
	assert_int_equal(bed_totals(&bed, GUEST_OP_INTERRUPT).exits.count, 0);
	assert_int_equal(bed_totals(&bed, GUEST_OP_INTERRUPT).count, 1);
}

static void halt_late(void *arg)
{
	exec_advance(bed.m->ex, 500 * NS);
	halt_once(arg);
}

static void test_pending_interrupt_is_taken_without_sleeping(void **state)
{
	story.post_ps[0] = 300 * NS;
	play(halt_late);
	assert_int_equal(story.halt_ret, 0);
	assert_int_equal(story.taken_ps[0], 500 * NS + exit_cost(COST_DISPATCH_INTERRUPT) +
						    cost(COST_INTERRUPT_DELIVERY));
	assert_int_equal(exits(EXIT_INTERRUPT), 1);
}

static void test_halt_ends_at_its_deadline(void **state)
{
	story.deadline_ps = 250 * NS;
	story.post_ps[0] = 300 * NS;
	play(halt_once);
	assert_int_equal(story.halt_ret, -ETIMEDOUT);
	assert_int_equal(story.woken_ps, 250 * NS + cost(COST_VCPU_WAKE));
	assert_int_equal(bed.vm->vcpus[0]->idle_ps, 250 * NS);
	assert_int_equal(story.taken, 0); // disabled again when it came
}

static void test_interrupt_at_the_deadline_is_no_timeout(void **state)
{
	story.deadline_ps = 300 * NS;
	story.post_ps[0] = 300 * NS;
	play(halt_once);
	assert_int_equal(story.halt_ret, 0);
	assert_int_equal(story.taken, 1);
}

static void wake_vcpu_0(void *arg)
{
	exec_sleep_until(bed.m->ex, 400 * NS);
	vcpu_wake(bed.vm->vcpus[0], 450 * NS);
}

static void test_wake_ends_a_halt(void **state)
{
	assert_int_equal(executor_spawn(bed.m->ex, "waker", 0, wake_vcpu_0, NULL, NULL), 0);
	play(halt_once);
	assert_int_equal(story.halt_ret, 0);
	assert_int_equal(story.woken_ps, 450 * NS + cost(COST_VCPU_WAKE));
	assert_int_equal(story.taken, 0);
}

static void test_then_sleep(void *arg)
{
	bool irq_state = plat_irq_save(bed.plat);

	// between test and sleep: time passes, others run
	exec_sleep_until(bed.m->ex, 500 * NS);
	assert_true(plat_halt(bed.plat, 10000));
	story.woken_ps = exec_now(bed.m->ex);
	// the wake-up is used up
	assert_false(plat_halt(bed.plat, 10000));
	plat_irq_restore(bed.plat, irq_state);
}

static void test_wake_between_test_and_sleep_is_not_lost(void **state)
{
	assert_int_equal(executor_spawn(bed.m->ex, "waker", 0, wake_vcpu_0, NULL, NULL), 0);
	play(test_then_sleep);
	assert_int_equal(story.woken_ps, 500 * NS); // never slept
	assert_int_equal(executor_time_ps(bed.m->ex), 10000 * NS + cost(COST_VCPU_WAKE));
}

static void sleep_after_an_old_wake(void *arg)
{
	plat_irq_restore(bed.plat, true);
	plat_delay_ns(bed.plat, 600); // woken meanwhile, but it does not sleep
	plat_irq_save(bed.plat);
	assert_false(plat_halt(bed.plat, 10000));
}

static void test_wake_before_the_test_is_forgotten(void **state)
{
	assert_int_equal(executor_spawn(bed.m->ex, "waker", 0, wake_vcpu_0, NULL, NULL), 0);
	play(sleep_after_an_old_wake);
	assert_int_equal(executor_time_ps(bed.m->ex), 10000 * NS + cost(COST_VCPU_WAKE));
}

static void sleep_after_a_wake_in_another_section(void *arg)
{
	bool irq_state = plat_irq_save(bed.plat);

	plat_delay_ns(bed.plat, 600); // woken meanwhile
	plat_irq_restore(bed.plat, true);
	plat_irq_save(bed.plat);
	assert_false(plat_halt(bed.plat, 10000));
	plat_irq_restore(bed.plat, irq_state);
}

static void test_wake_before_the_section_is_forgotten(void **state)
{
	assert_int_equal(executor_spawn(bed.m->ex, "waker", 0, wake_vcpu_0, NULL, NULL), 0);
	play(sleep_after_a_wake_in_another_section);
	assert_int_equal(executor_time_ps(bed.m->ex), 10000 * NS + cost(COST_VCPU_WAKE));
}

static void sleep_enabled_after_an_old_wake(void *arg)
{
	struct vcpu *vcpu = bed.vm->vcpus[0];

	vcpu_set_irq_enabled(vcpu, true);
	vcpu_delay(vcpu, 600 * NS);
	assert_int_equal(vcpu_halt(vcpu, 10000 * NS), -ETIMEDOUT);
	assert_true(vcpu->irq_enabled);
}

static void test_wake_of_a_running_vcpu_is_nothing(void **state)
{
	assert_int_equal(executor_spawn(bed.m->ex, "waker", 0, wake_vcpu_0, NULL, NULL), 0);
	play(sleep_enabled_after_an_old_wake);
	assert_int_equal(executor_time_ps(bed.m->ex), 10000 * NS + cost(COST_VCPU_WAKE));
}

/* 2.5us of work, with what was handled meanwhile on top. */
static void compute(void *arg)
{
	struct vcpu *vcpu = bed.vm->vcpus[0];
	uint64_t start_ps, handled_ps;

	vcpu_set_irq_enabled(vcpu, true);
	start_ps = exec_now(bed.m->ex);
	handled_ps = vcpu->interrupts_ps;
	vcpu_post_interrupt(vcpu, start_ps + 1200 * NS);
	vcpu_compute(vcpu, 2500 * NS);
	assert_true(vcpu->interrupts_ps > handled_ps);
	assert_int_equal(exec_now(bed.m->ex) - start_ps,
			 2500 * NS + vcpu->interrupts_ps - handled_ps);
	assert_int_equal(vcpu->idle_ps, 0);
}

static void test_interrupts_do_not_do_the_work(void **state)
{
	play(compute);
}

static void nest_operations(void *arg)
{
	struct vcpu *vcpu = bed.vm->vcpus[0];

	assert_int_equal(vcpu_op(vcpu), GUEST_OP_NONE);
	vcpu_op_begin(vcpu, GUEST_OP_INIT);
	exec_advance(bed.m->ex, 100);
	vcpu_op_begin(vcpu, GUEST_OP_SUBMIT);
	exec_advance(bed.m->ex, 20);
	vcpu_op_begin(vcpu, GUEST_OP_SUBMIT);
	assert_int_equal(vcpu_op(vcpu), GUEST_OP_SUBMIT);
	exec_advance(bed.m->ex, 3);
	vcpu_op_end(vcpu, GUEST_OP_SUBMIT);
	vcpu_op_begin(vcpu, GUEST_OP_FLIP);
	vcpu_op_end(vcpu, GUEST_OP_FLIP);
	exec_advance(bed.m->ex, 20);
	vcpu_op_end(vcpu, GUEST_OP_SUBMIT);
	assert_int_equal(vcpu_op(vcpu), GUEST_OP_INIT);
	exec_advance(bed.m->ex, 100);
	vcpu_op_end(vcpu, GUEST_OP_INIT);
	assert_int_equal(vcpu_op(vcpu), GUEST_OP_NONE);
}

static void test_nested_operations_keep_their_own_time(void **state)
{
	bed_run(&bed, nest_operations);
	assert_int_equal(bed_totals(&bed, GUEST_OP_INIT).count, 1);
	assert_int_equal(bed_totals(&bed, GUEST_OP_INIT).self_ps, 200);
	assert_int_equal(bed_totals(&bed, GUEST_OP_SUBMIT).count, 2);
	assert_int_equal(bed_totals(&bed, GUEST_OP_SUBMIT).self_ps, 43);
	assert_int_equal(bed_totals(&bed, GUEST_OP_FLIP).count, 1);
	assert_int_equal(bed_totals(&bed, GUEST_OP_FLIP).self_ps, 0);
	assert_int_equal(executor_time_ps(bed.m->ex), 243);
}

static void nest_too_deep(void *arg)
{
	for (int i = 0; i <= VCPU_OP_DEPTH; i++)
		vcpu_op_begin(bed.vm->vcpus[0], GUEST_OP_FLIP);
}

static void end_another(void *arg)
{
	vcpu_op_begin(bed.vm->vcpus[0], GUEST_OP_FLIP);
	vcpu_op_end(bed.vm->vcpus[0], GUEST_OP_INIT);
}

static void never_end(void *arg)
{
	vcpu_op_begin(bed.vm->vcpus[0], GUEST_OP_FLIP);
}

static void run_nest_too_deep(struct vm_bed *b)
{
	bed_run(b, nest_too_deep);
}

static void run_end_another(struct vm_bed *b)
{
	bed_run(b, end_another);
}

static void run_never_end(struct vm_bed *b)
{
	bed_run(b, never_end);
}

static void test_unbalanced_operations_stop_the_program(void **state)
{
	assert_true(bed_stops(&bed, run_nest_too_deep));
	assert_true(bed_stops(&bed, run_end_another));
	assert_true(bed_stops(&bed, run_never_end));
}

static void look_around(void *arg)
{
	assert_ptr_equal(vcpu_current(bed.m), bed.vm->vcpus[2]);
	assert_string_equal(exec_context_name(bed.m->ex->current), "bed/vcpu2");
	story.taken++;
}

static void test_starting_vcpus(void **state)
{
	assert_null(vcpu_current(bed.m));
	assert_int_equal(vcpu_start(bed.vm, BED_VCPUS, 0, look_around, NULL), -EINVAL);
	assert_int_equal(vcpu_start(bed.vm, 2, 77, look_around, NULL), 0);
	assert_int_equal(vcpu_start(bed.vm, 2, 0, look_around, NULL), -EBUSY);
	executor_run(bed.m->ex);
	assert_int_equal(story.taken, 1);
	assert_int_equal(executor_time_ps(bed.m->ex), 77);
	// Nobody runs there any more.
	vcpu_post_interrupt(bed.vm->vcpus[2], 100);
	vcpu_wake(bed.vm->vcpus[2], 100);
	assert_int_equal(executor_run(bed.m->ex), 0);
}

#define STORY(test, with) cmocka_unit_test_setup_teardown(test, with, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(test_running_vcpu_pays_two_exits, setup),
		STORY(test_posted_interrupt_pays_delivery_only, setup_posted),
		STORY(test_arrival_counts_not_sending, setup_free),
		STORY(test_each_is_taken_at_its_own_arrival, setup_free),
		STORY(test_a_flood_loses_no_last_interrupt, setup_free),
		STORY(test_a_rising_flood_loses_no_last_interrupt, setup_free),
		STORY(test_arrivals_while_pending_merge, setup),
		STORY(test_arrival_in_service_is_taken_after_it, setup_free),
		STORY(test_disabled_interrupts_wait, setup_free),
		STORY(test_every_access_takes_what_is_pending, setup_free),
		STORY(test_arrival_in_an_exit_takes_none_of_its_own, setup),
		STORY(test_arrival_in_an_exit_while_disabled_takes_one_later, setup),
		STORY(test_arrival_after_an_exit_takes_one, setup),
		STORY(test_halted_vcpu_pays_a_wake_up_and_no_delivery_exit, setup),
		STORY(test_halted_vcpu_posted, setup_posted),
		STORY(test_native_pays_delivery_only, setup_native),
		STORY(test_pending_interrupt_is_taken_without_sleeping, setup),
		STORY(test_halt_ends_at_its_deadline, setup),
		STORY(test_interrupt_at_the_deadline_is_no_timeout, setup),
		STORY(test_wake_ends_a_halt, setup),
		STORY(test_wake_between_test_and_sleep_is_not_lost, setup),
		STORY(test_wake_before_the_test_is_forgotten, setup),
		STORY(test_wake_before_the_section_is_forgotten, setup),
		STORY(test_wake_of_a_running_vcpu_is_nothing, setup),
		STORY(test_interrupts_do_not_do_the_work, setup),
		STORY(test_nested_operations_keep_their_own_time, setup),
		STORY(test_unbalanced_operations_stop_the_program, setup),
		STORY(test_starting_vcpus, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
