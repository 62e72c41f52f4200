// SPDX-License-Identifier: MIT
/* The interrupt handler's accesses, and waiting against every possible moment of completion. */
#include "tests/guest/fixture.h"

static void expect_handler(const struct fixture *f, unsigned group_mask, const uint32_t iir[4])
{
	struct fake_cursor cursor = fake_cursor(f->plat);

	next_read(&cursor, MASTER_IRQ);
	next_write(&cursor, MASTER_IRQ, 0);
	for (unsigned i = 0; i < 4; i++) {
		if (!(group_mask & 1u << i))
			continue;
		next_read(&cursor, GT_IIR(i));
		next_write(&cursor, GT_IIR(i), iir[i]);
	}
	next_write(&cursor, MASTER_IRQ, MASTER_IRQ_ENABLE);
	next_end(&cursor);
}

static void one_group_is_five_accesses(void **state)
{
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		const struct gen9_engine_info *info = &fake_engine_info[engine];
		struct fixture f = fixture_vgpu(0);
		uint32_t iir[4] = { 0 };

		iir[info->gt_group] = (uint32_t)GT_CONTEXT_SWITCH_INTERRUPT << info->gt_shift;
		fake_gpu_event(f.plat, engine, GT_CONTEXT_SWITCH_INTERRUPT);
		fake_poll_interrupts(f.plat);
		expect_handler(&f, 1u << info->gt_group, iir);
		assert_int_equal(fake_log_length(f.plat), 5);
		assert_int_equal(fixture_stats(&f).interrupts, 1);
		assert_int_equal(fixture_stats(&f).spurious_interrupts, 0);
		assert_int_equal(f.plat->work_count[PLAT_WORK_INTERRUPT], 1);
		fixture_end(&f);
	}
}

static void both_engines_of_a_group_are_five_accesses(void **state)
{
	const uint32_t iir[4] = { 0x01000100 };
	struct fixture f = fixture_vgpu(0);

	fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	fake_gpu_event(f.plat, GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	fake_poll_interrupts(f.plat);
	expect_handler(&f, 1, iir);
	fixture_end(&f);
}

static void two_groups_are_seven_accesses(void **state)
{
	const uint32_t iir[4] = { 0x0100, 0, 0, 0x0100 };
	struct fixture f = fixture_vgpu(0);

	fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	fake_gpu_event(f.plat, GEN9_VECS0, GT_CONTEXT_SWITCH_INTERRUPT);
	fake_poll_interrupts(f.plat);
	expect_handler(&f, 1 | 8, iir);
	assert_int_equal(fake_log_length(f.plat), 7);
	fixture_end(&f);
}

static void spurious_is_one_access(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct fake_cursor cursor = fake_cursor(f.plat);

	f.plat->irq_pending = true;
	fake_poll_interrupts(f.plat);
	next_read(&cursor, MASTER_IRQ);
	next_end(&cursor);
	assert_int_equal(fixture_stats(&f).interrupts, 1);
	assert_int_equal(fixture_stats(&f).spurious_interrupts, 1);
	fixture_end(&f);
}

/* The master register shows a group whose identity is zero: it is read, not written. */
static void clear_identity(struct platform *plat, void *arg)
{
	if (plat->regs[MASTER_IRQ / 4] == 0)
		plat->regs[GT_IIR(0) / 4] = 0;
}

static void vanished_identity_is_not_written(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct fake_cursor cursor = fake_cursor(f.plat);

	fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	f.plat->hook = clear_identity;
	fake_poll_interrupts(f.plat);
	f.plat->hook = NULL;
	next_read(&cursor, MASTER_IRQ);
	next_write(&cursor, MASTER_IRQ, 0);
	next_read(&cursor, GT_IIR(0));
	next_write(&cursor, MASTER_IRQ, MASTER_IRQ_ENABLE);
	next_end(&cursor);
	fixture_end(&f);
}

/* An event during the handler is not lost: the master enable raises it again. */
static void late_event(struct platform *plat, void *arg)
{
	unsigned *left = arg;

	if (*left && plat->regs[MASTER_IRQ / 4] == 0 && plat->regs[GT_IIR(0) / 4] == 0) {
		--*left;
		fake_gpu_event(plat, GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	}
}

static void event_during_the_handler_is_taken(void **state)
{
	struct fixture f = fixture_vgpu(0);
	unsigned left = 1;

	fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	f.plat->hook = late_event;
	f.plat->hook_arg = &left;
	fake_poll_interrupts(f.plat);
	f.plat->hook = NULL;
	assert_int_equal(left, 0);
	assert_int_equal(f.plat->interrupts_taken, 2);
	assert_int_equal(f.plat->regs[GT_IIR(0) / 4], 0);
	fixture_end(&f);
}

/* The bottom half submits what was queued: five accesses and four. */
static void completion_submits_the_next(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[3];

	for (unsigned i = 0; i < 3; i++)
		rq[i] = fixture_submit(&f, i, GEN9_BCS0);
	fake_poll_interrupts(f.plat);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	fake_log_clear(f.plat);
	fake_gpu_step(f.plat, GEN9_BCS0); /* element 0 ends: its port is free */
	fake_poll_interrupts(f.plat);
	assert_int_equal(f.plat->gpu.submission_count, 3);
	assert_int_equal(fake_log_count(f.plat, true, fixture_elsp(GEN9_BCS0)), 4);
	/* Completion, and then the lite restore that answers the new submission. */
	assert_int_equal(fake_log_length(f.plat), 5 + 4 + 5);
	while (fake_gpu_step(f.plat, GEN9_BCS0))
		fake_poll_interrupts(f.plat);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	fixture_end(&f);
}

/* ---- waiting ---- */

static void wait_arms_and_disarms(void **state)
{
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		uint32_t imr = fake_engine_info[engine].mmio_base + RING_IMR;
		unsigned shift = fake_engine_info[engine].gt_shift;
		struct fixture f = fixture_vgpu(0);
		struct i915_request *rq = fixture_submit(&f, 0, engine);
		struct fake_cursor cursor;

		fake_poll_interrupts(f.plat);
		fake_log_clear(f.plat);
		assert_int_equal(i915_request_wait(rq, 500), -I915_ETIME);
		assert_int_equal(f.plat->time_ns, 500);
		cursor = fake_cursor(f.plat);
		next_write(&cursor, imr, ~(0x101u << shift));
		next_read(&cursor, imr);
		next_write(&cursor, imr, ~(0x100u << shift));
		next_end(&cursor);
		f.plat->gpu.automatic = true;
		assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
		assert_int_equal(f.plat->halts, 2);
		/* One interrupt: user and context switch together. */
		assert_int_equal(fake_log_length(f.plat), 3 + 3 + 5);
		fake_log_clear(f.plat);
		assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
		assert_int_equal(fake_log_length(f.plat), 0); /* nothing to wait for */
		i915_request_put(rq);
		fixture_end(&f);
	}
}

static void timeout_of_zero_is_a_test(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);

	fake_poll_interrupts(f.plat);
	assert_int_equal(i915_request_wait(rq, 0), -I915_ETIME);
	assert_int_equal(f.plat->time_ns, 0);
	assert_true(f.plat->irq_enabled);
	i915_request_put(rq);
	fixture_end(&f);
}

/* Let the engine work at the n-th point, and never by itself. */
struct moment {
	uint64_t at;
	enum gen9_engine_id engine;
	bool separately; /* seqno and user interrupt first, the status entry later */
	unsigned stage;
};

static void complete_at(struct platform *plat, void *arg)
{
	struct moment *moment = arg;

	if (plat->points < moment->at)
		return;
	if (!moment->separately) {
		fake_gpu_step(plat, moment->engine);
		return;
	}
	if (moment->stage == 0) {
		fake_gpu_seqno(plat, moment->engine, 1);
		fake_gpu_event(plat, moment->engine, GT_USER_INTERRUPT);
	} else if (moment->stage == 3) {
		fake_gpu_step(plat, moment->engine);
	}
	moment->stage++;
}

/* Returns false when the moment lies behind the end of what is done. */
static bool wait_with_completion_at(uint64_t n, bool separately, bool idle)
{
	struct fixture f = fixture_vgpu(0);
	struct moment moment = { .at = f.plat->points + n,
				 .engine = GEN9_VCS1,
				 .separately = separately };
	struct i915_request *rq;
	bool during;

	f.plat->hook = complete_at;
	f.plat->hook_arg = &moment;
	f.plat->gpu.automatic = true; /* sleeping lets time pass, so the GPU goes on */
	rq = fixture_submit(&f, 0, GEN9_VCS1);
	if (idle)
		assert_int_equal(i915_wait_idle(f.i915, PLAT_NEVER), 0);
	assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
	during = f.plat->points >= moment.at;
	assert_int_equal(i915_wait_idle(f.i915, PLAT_NEVER), 0);
	assert_true(f.plat->irq_enabled);
	f.plat->hook = NULL;
	i915_request_put(rq);
	fixture_end(&f);
	return during;
}

static void no_wake_up_is_lost(void **state)
{
	for (unsigned variant = 0; variant < 4; variant++) {
		uint64_t n = 0;

		while (wait_with_completion_at(n, variant & 1, variant & 2))
			n++;
		assert_true(n > 60); /* the points from submission to the end of the wait */
	}
}

/* The vCPU that waits is not the one that takes the interrupt: it needs the wake-up. */
static void submit_and_wait_elsewhere(void *arg)
{
	struct fixture *f = arg;
	struct i915_request *rq = fixture_submit(f, 0, GEN9_RCS0);

	assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
	i915_request_put(rq);
}

static void submit_and_wait_idle_elsewhere(void *arg)
{
	struct fixture *f = arg;
	struct i915_request *rq = fixture_submit(f, 0, GEN9_RCS0);

	assert_int_equal(i915_wait_idle(f->i915, PLAT_NEVER), 0);
	assert_true(i915_request_completed(rq));
	i915_request_put(rq);
}

static void other_vcpu_waits(void **state)
{
	struct fixture f = fixture_vgpu(0);

	f.plat->gpu.automatic = true;
	fake_on_other_vcpu(f.plat, submit_and_wait_elsewhere, &f);
	assert_int_equal(i915_wait_idle(f.i915, PLAT_NEVER), 0);
	fake_on_other_vcpu(f.plat, submit_and_wait_idle_elsewhere, &f);
	fixture_end(&f);
}

/* The second waiter of an engine finds the interrupt armed, and leaves it so. */
struct second_waiter {
	struct i915_request *rq;
	uint32_t imr;
	unsigned waits;
};

static void wait_too(void *arg)
{
	struct second_waiter *waiter = arg;

	assert_int_equal(i915_request_wait(waiter->rq, 0), -I915_ETIME);
	waiter->waits++;
}

static void join_waiter(struct platform *plat, void *arg)
{
	struct second_waiter *waiter = arg;

	if (!waiter->waits && !plat->locks_held && !(plat->regs[waiter->imr / 4] & 1))
		fake_on_other_vcpu(plat, wait_too, waiter);
}

static void second_waiter_writes_nothing(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct second_waiter waiter = { .imr = fake_engine_info[GEN9_RCS0].mmio_base + RING_IMR };
	struct fake_cursor cursor;

	waiter.rq = fixture_submit(&f, 0, GEN9_RCS0);
	fake_poll_interrupts(f.plat);
	fake_log_clear(f.plat);
	f.plat->hook = join_waiter;
	f.plat->hook_arg = &waiter;
	assert_int_equal(i915_request_wait(waiter.rq, 100), -I915_ETIME);
	f.plat->hook = NULL;
	assert_int_equal(waiter.waits, 1);
	cursor = fake_cursor(f.plat);
	next_write(&cursor, waiter.imr, ~0x101u);
	next_read(&cursor, waiter.imr);
	next_write(&cursor, waiter.imr, ~0x100u);
	next_end(&cursor);
	i915_request_put(waiter.rq);
	fixture_end(&f);
}

/* Completed at the very deadline counts as completed, without any interrupt. */
static void completion_at_the_deadline(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);

	fake_poll_interrupts(f.plat);
	f.plat->gpu.step_at_deadline = true;
	assert_int_equal(i915_request_wait(rq, 100), 0);
	assert_int_equal(f.plat->halts, 1);
	i915_request_put(rq);
	fixture_end(&f);
}

static void timeouts_do_not_overflow(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);

	fake_poll_interrupts(f.plat);
	f.plat->time_ns = 1000;
	f.plat->gpu.automatic = true;
	assert_int_equal(i915_request_wait(rq, PLAT_NEVER - 10), 0);
	assert_true(f.plat->last_deadline_ns == PLAT_NEVER);
	i915_request_put(rq);
	fixture_end(&f);
}

/* The second vCPU adds a request of its own context at the n-th point of the first one's work. */
struct intruder {
	struct fixture *f;
	uint64_t at;
	struct i915_request *rq;
};

static void add_intruder(void *arg)
{
	struct intruder *intruder = arg;

	i915_request_add(intruder->rq);
}

static void intrude(struct platform *plat, void *arg)
{
	struct intruder *intruder = arg;

	if (plat->points < intruder->at || plat->locks_held || !intruder->rq ||
	    intruder->f->i915 == NULL)
		return;
	if (plat->irq_in_handler)
		return;
	fake_on_other_vcpu(plat, add_intruder, intruder);
	intruder->at = UINT64_MAX;
}

static bool two_vcpus_at(uint64_t n, uint32_t levels)
{
	struct fixture f = fixture_vgpu(levels);
	struct intruder intruder = { .f = &f };
	struct i915_request *rq[3];
	bool during;

	assert_int_equal(
		i915_request_create(f.ctx[3], GEN9_BCS0, f.batch, I915_MISUSE_NONE, &intruder.rq),
		0);
	intruder.at = f.plat->points + n;
	f.plat->hook = intrude;
	f.plat->hook_arg = &intruder;
	f.plat->gpu.automatic = true;
	for (unsigned i = 0; i < 3; i++)
		rq[i] = fixture_submit(&f, i % 2, GEN9_BCS0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(i915_request_wait(rq[i], PLAT_NEVER), 0);
		i915_request_put(rq[i]);
	}
	during = intruder.at == UINT64_MAX;
	f.plat->hook = NULL;
	if (!during)
		i915_request_add(intruder.rq);
	assert_int_equal(i915_request_wait(intruder.rq, PLAT_NEVER), 0);
	assert_int_equal(i915_wait_idle(f.i915, PLAT_NEVER), 0);
	i915_request_put(intruder.rq);
	assert_int_equal(fixture_stats(&f).requests_completed, 4);
	fixture_end(&f);
	return during;
}

static void two_vcpus_submit_at_any_moment(void **state)
{
	for (uint32_t levels = 0; levels <= PVMMIO_ELSP_SUBMIT; levels++) {
		uint64_t n = 0;

		while (two_vcpus_at(n, levels))
			n++;
		assert_true(n > 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_group_is_five_accesses),
		cmocka_unit_test(both_engines_of_a_group_are_five_accesses),
		cmocka_unit_test(two_groups_are_seven_accesses),
		cmocka_unit_test(spurious_is_one_access),
		cmocka_unit_test(vanished_identity_is_not_written),
		cmocka_unit_test(event_during_the_handler_is_taken),
		cmocka_unit_test(completion_submits_the_next),
		cmocka_unit_test(wait_arms_and_disarms),
		cmocka_unit_test(timeout_of_zero_is_a_test),
		cmocka_unit_test(no_wake_up_is_lost),
		cmocka_unit_test(other_vcpu_waits),
		cmocka_unit_test(second_waiter_writes_nothing),
		cmocka_unit_test(completion_at_the_deadline),
		cmocka_unit_test(timeouts_do_not_overflow),
		cmocka_unit_test(two_vcpus_submit_at_any_moment),
	};

	return cmocka_run_group_tests_name("guest: interrupts", tests, NULL, NULL);
}
