// SPDX-License-Identifier: MIT
/*
 * The forms of the interrupt handler, with and without level master_irq: access by access, and
 * against an event at every possible moment.
 */
#include "tests/guest/fixture.h"

#define CHECK_IRQ (PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ)

struct form {
	enum i915_irq_handler handler;
	uint32_t levels;
	bool disables_first;
	unsigned accesses[3]; /* spurious, one group, two */
	uint32_t disorders;
};

static const struct form forms[] = {
	{I915_IRQ_4_14,  0,                 false, { 1, 6, 8 }, 0},
	{ I915_IRQ_4_19, 0,                 false, { 1, 5, 7 }, 0},
	{ I915_IRQ_5_0,  0,                 true,  { 3, 5, 7 }, 0},
	{ I915_IRQ_4_14, PVMMIO_MASTER_IRQ, false, { 1, 4, 6 }, 0},
	{ I915_IRQ_4_19, PVMMIO_MASTER_IRQ, false, { 1, 4, 6 }, 0},
	{ I915_IRQ_5_0,  PVMMIO_MASTER_IRQ, true,  { 2, 4, 6 }, 0},
};

#define FORM_COUNT (sizeof(forms) / sizeof(forms[0]))

static struct fixture fixture_form(const struct form *form)
{
	const struct i915_params params = { .pvmmio_levels = form->levels,
					    .ppgtt = I915_PPGTT_NONE,
					    .irq_handler = form->handler,
					    .disorders = form->disorders };
	struct fixture f = fixture_with(fake_create_vgpu(), &params);

	assert_int_equal(fixture_stats(&f).pvmmio_levels, form->levels);
	return f;
}

static void expect_disable(struct fake_cursor *cursor, const struct form *form)
{
	if (!form->levels)
		next_write(cursor, MASTER_IRQ, 0);
}

static void expect_enable(struct fake_cursor *cursor, const struct form *form)
{
	if (form->levels) {
		next_write(cursor, CHECK_IRQ, 1);
		return;
	}
	next_write(cursor, MASTER_IRQ, MASTER_IRQ_ENABLE);
	if (form->handler == I915_IRQ_4_14)
		next_read(cursor, MASTER_IRQ);
}

/* Render in group 0, and with two groups video enhancement in group 3. */
static void expect_pass(const struct fixture *f, const struct form *form, unsigned group_count)
{
	struct fake_cursor cursor = fake_cursor(f->plat);

	if (form->disables_first)
		expect_disable(&cursor, form);
	next_read(&cursor, MASTER_IRQ);
	if (!form->disables_first && group_count)
		expect_disable(&cursor, form);
	for (unsigned i = 0; i < group_count; i++) {
		next_read(&cursor, GT_IIR(3 * i));
		next_write(&cursor, GT_IIR(3 * i), GT_CONTEXT_SWITCH_INTERRUPT);
	}
	if (form->disables_first || group_count)
		expect_enable(&cursor, form);
	next_end(&cursor);
	assert_int_equal(fake_log_length(f->plat), form->accesses[group_count]);
}

static void accesses_of_a_pass(void **state)
{
	for (unsigned i = 0; i < FORM_COUNT; i++) {
		for (unsigned groups = 0; groups <= 2; groups++) {
			struct fixture f = fixture_form(&forms[i]);

			if (groups >= 1)
				fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
			if (groups == 2)
				fake_gpu_event(f.plat, GEN9_VECS0, GT_CONTEXT_SWITCH_INTERRUPT);
			f.plat->irq_pending = true;
			fake_poll_interrupts(f.plat);
			expect_pass(&f, &forms[i], groups);
			assert_int_equal(fixture_stats(&f).interrupts, 1);
			assert_int_equal(fixture_stats(&f).spurious_interrupts, groups == 0);
			fixture_end(&f);
		}
	}
}

/* An event at the n-th point after the first one. */
struct late {
	uint64_t at;
	bool done;
};

static void raise_late(struct platform *plat, void *arg)
{
	struct late *late = arg;

	if (late->done || plat->points < late->at)
		return;
	late->done = true;
	fake_gpu_event(plat, GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
}

enum outcome { LOST, TAKEN, BEYOND };

/* spurious: the pass during which it comes is one without any source. */
static enum outcome event_at(const struct form *form, uint64_t n, bool spurious, bool host_looks)
{
	struct fixture f = fixture_form(form);
	struct late late = { .at = f.plat->points + n };
	enum outcome outcome;

	f.plat->host.ignores_check = !host_looks;
	if (!spurious)
		fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	f.plat->irq_pending = true;
	f.plat->hook = raise_late;
	f.plat->hook_arg = &late;
	fake_poll_interrupts(f.plat);
	f.plat->hook = NULL;
	fake_poll_interrupts(f.plat);
	if (!late.done)
		outcome = BEYOND;
	else
		outcome = f.plat->regs[GT_IIR(0) / 4] ? LOST : TAKEN;
	fixture_end(&f);
	return outcome;
}

static unsigned lost_at_any_moment(const struct form *form, bool spurious, bool host_looks)
{
	enum outcome outcome;
	unsigned lost = 0;
	uint64_t n = 0;

	while ((outcome = event_at(form, n, spurious, host_looks)) != BEYOND) {
		lost += outcome == LOST;
		n++;
	}
	assert_true(n > 0);
	return lost;
}

static void no_event_is_lost(void **state)
{
	for (unsigned i = 0; i < FORM_COUNT; i++) {
		assert_int_equal(lost_at_any_moment(&forms[i], false, true), 0);
		assert_int_equal(lost_at_any_moment(&forms[i], true, true), 0);
	}
}

/* What the doorbell is for: without its effect, what comes while the flag is set stays pending. */
static void without_the_second_look_events_are_lost(void **state)
{
	for (unsigned i = 0; i < FORM_COUNT; i++) {
		unsigned lost = lost_at_any_moment(&forms[i], false, false);

		if (forms[i].levels)
			assert_true(lost > 0);
		else
			assert_int_equal(lost, 0);
	}
}

/* Wrong orders by name: each loses what comes at some moments, and only that. */
static void wrong_orders_lose_events(void **state)
{
	static const uint32_t disorders[] = { I915_DISORDER_IRQ_NO_CHECK,
					      I915_DISORDER_IRQ_CHECK_FIRST };

	for (unsigned i = 0; i < FORM_COUNT; i++) {
		for (unsigned n = 0; n < 2; n++) {
			struct form wrong = forms[i];
			unsigned lost;

			wrong.disorders = disorders[n];
			lost = lost_at_any_moment(&wrong, false, true);
			assert_int_equal(lost > 0, forms[i].levels != 0);
		}
	}
}

static struct pvmmio_page *page_of(const struct platform *plat)
{
	return fake_cpu(plat, plat->regs[(PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO) / 4]);
}

/* Nothing may be enabled in a group while the flag lets interrupts through without a handler. */
static void watch_flag(struct platform *plat, void *arg)
{
	unsigned *held_back = arg;

	if (!plat->host.levels)
		return;
	if (page_of(plat)->disable_irq)
		++*held_back;
	else if (!plat->irq_handler)
		assert_int_equal(plat->regs[GT_IER(0) / 4], 0);
}

static void flag_follows_installation(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_MASTER_IRQ };
	struct platform *plat = fake_create_vgpu();
	unsigned held_back = 0;
	struct i915 *i915;

	plat->hook = watch_flag;
	plat->hook_arg = &held_back;
	assert_int_equal(i915_create(&i915, plat, &params), 0);
	assert_true(held_back > 0);
	assert_int_equal(page_of(plat)->disable_irq, 0);
	held_back = 0;
	i915_destroy(i915);
	assert_true(held_back > 0);
	plat->hook = NULL;
	fake_destroy(plat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_of_a_pass),
		cmocka_unit_test(no_event_is_lost),
		cmocka_unit_test(without_the_second_look_events_are_lost),
		cmocka_unit_test(wrong_orders_lose_events),
		cmocka_unit_test(flag_follows_installation),
	};

	return cmocka_run_group_tests_name("guest: forms of the interrupt handler", tests, NULL,
					   NULL);
}
