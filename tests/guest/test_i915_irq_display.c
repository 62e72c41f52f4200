// SPDX-License-Identifier: MIT
/* Display interrupts: what the handler reads and writes, in all its forms. */
#include "guest/i915_display.h"
#include "tests/guest/fixture.h"

#define CHECK_IRQ (PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ)

struct form {
	enum i915_irq_handler handler;
	uint32_t levels;
	bool disables_first;
	unsigned alone;       /* accesses with one display group that needs no more than an ack */
	unsigned exits_alone; /* of which leave a guest whose reads are let through */
};

static const struct form forms[] = {
	{I915_IRQ_4_14,  0,					   false, 6, 3},
	{ I915_IRQ_4_19, 0,					   false, 5, 3},
	{ I915_IRQ_5_0,  0,					   true,  5, 3},
	{ I915_IRQ_4_14, PVMMIO_MASTER_IRQ,                           false, 4, 2},
	{ I915_IRQ_4_19, PVMMIO_MASTER_IRQ,                           false, 4, 2},
	{ I915_IRQ_5_0,  PVMMIO_MASTER_IRQ,                           true,  4, 2},
	{ I915_IRQ_4_14, PVMMIO_READ_PASSTHROUGH,                     false, 6, 3},
	{ I915_IRQ_4_14, PVMMIO_READ_PASSTHROUGH | PVMMIO_MASTER_IRQ, false, 4, 2},
};

#define FORM_COUNT (sizeof(forms) / sizeof(forms[0]))

static const struct i915_mode hd60 = { 1920, 1080, 2200, 1125, 148500 };

static struct fixture fixture_form(const struct form *form)
{
	const struct i915_params params = { .pvmmio_levels = form->levels,
					    .ppgtt = I915_PPGTT_NONE,
					    .irq_handler = form->handler };
	struct fixture f = fixture_with(fake_create_vgpu(), &params);

	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++)
		f.plat->display.line[i] = 100;
	return f;
}

static void expect_begin(struct fake_cursor *cursor, const struct form *form)
{
	bool writes = !(form->levels & PVMMIO_MASTER_IRQ);

	if (form->disables_first && writes)
		next_write(cursor, MASTER_IRQ, 0);
	next_read(cursor, MASTER_IRQ);
	if (!form->disables_first && writes)
		next_write(cursor, MASTER_IRQ, 0);
}

static void expect_end(struct fake_cursor *cursor, const struct form *form)
{
	if (form->levels & PVMMIO_MASTER_IRQ) {
		next_write(cursor, CHECK_IRQ, 1);
	} else {
		next_write(cursor, MASTER_IRQ, MASTER_IRQ_ENABLE);
		if (form->handler == I915_IRQ_4_14)
			next_read(cursor, MASTER_IRQ);
	}
	next_end(cursor);
}

/* With a level that lets reads through all but the port's are loads of memory. */
static size_t exits(const struct fixture *f)
{
	size_t count = 0;

	for (size_t i = f->plat->log_start; i < f->plat->log_count; i++) {
		const struct fake_access *access = &f->plat->log[i];

		count += access->write || access->offset == PVINFO_BASE + PVINFO_PV_MMIO;
	}
	return count;
}

/* An event in one group: acknowledged, and that is all. */
static void groups_that_are_acknowledged(void **state)
{
	static const struct {
		uint32_t isr, bits;
	} events[] = {
		{DE_PORT_ISR,      DE_PORT_AUX_C         },
		{ DE_MISC_ISR,     DE_MISC_GSE           },
		{ SDE_ISR,         SDE_GMBUS             },
		{ DE_PIPE_ISR(1u), DE_PIPE_CDCLK_CRC_DONE},
	};

	for (unsigned i = 0; i < FORM_COUNT; i++) {
		for (unsigned n = 0; n < 4; n++) {
			struct fixture f = fixture_form(&forms[i]);
			struct fake_cursor cursor = fake_cursor(f.plat);

			fake_display_event(f.plat, events[n].isr, events[n].bits);
			fake_poll_interrupts(f.plat);
			expect_begin(&cursor, &forms[i]);
			next_read(&cursor, events[n].isr + IRQ_IIR);
			next_write(&cursor, events[n].isr + IRQ_IIR, events[n].bits);
			expect_end(&cursor, &forms[i]);
			assert_int_equal(fake_log_length(f.plat), forms[i].alone);
			assert_int_equal(exits(&f), forms[i].exits_alone);
			assert_int_equal(fixture_stats(&f).spurious_interrupts, 0);
			fixture_end(&f);
		}
	}
}

static void self_refresh_is_acknowledged_twice(void **state)
{
	struct fixture f = fixture_form(&forms[1]);
	struct fake_cursor cursor = fake_cursor(f.plat);

	f.plat->regs[EDP_PSR_IIR / 4] = 0x4;
	fake_display_event(f.plat, DE_MISC_ISR, DE_MISC_EDP_PSR);
	fake_poll_interrupts(f.plat);
	expect_begin(&cursor, &forms[1]);
	next_read(&cursor, DE_MISC_IIR);
	next_write(&cursor, DE_MISC_IIR, DE_MISC_EDP_PSR);
	next_read(&cursor, EDP_PSR_IIR);
	next_write(&cursor, EDP_PSR_IIR, 0x4);
	expect_end(&cursor, &forms[1]);
	fixture_end(&f);
}

static void expect_query(struct fake_cursor *cursor, const struct form *form, unsigned pipe)
{
	next_read(cursor, PIPE_FRMCOUNT(pipe));
	if (form->levels & PVMMIO_READ_PASSTHROUGH)
		next_read(cursor, PVINFO_BASE + PVINFO_PV_MMIO);
	else
		next_read(cursor, PIPEDSL(pipe));
	next_read(cursor, PIPE_FRMCOUNT(pipe));
}

/* All at once, with a GT group before them; the table of costs is in i915_irq.c. */
static void everything_in_one_pass(void **state)
{
	for (unsigned i = 0; i < FORM_COUNT; i++) {
		struct fixture f = fixture_form(&forms[i]);
		struct fake_cursor cursor;

		assert_int_equal(i915_display_enable(f.i915, 2, &hd60), 0);
		assert_int_equal(i915_vblank_get(f.i915, 2), 0);
		fake_log_clear(f.plat);
		cursor = fake_cursor(f.plat);
		f.plat->irq_enabled = false;
		fake_display_event(f.plat, SDE_ISR, SDE_GMBUS);
		fake_vblank(f.plat, 2);
		fake_display_event(f.plat, DE_PORT_ISR, DE_PORT_AUX_D);
		fake_display_event(f.plat, DE_MISC_ISR, DE_MISC_GSE);
		fake_gpu_event(f.plat, GEN9_VECS0, GT_CONTEXT_SWITCH_INTERRUPT);
		f.plat->irq_enabled = true;
		fake_poll_interrupts(f.plat);
		expect_begin(&cursor, &forms[i]);
		next_read(&cursor, GT_IIR(3));
		next_write(&cursor, GT_IIR(3), GT_CONTEXT_SWITCH_INTERRUPT);
		next_read(&cursor, DE_MISC_IIR);
		next_write(&cursor, DE_MISC_IIR, DE_MISC_GSE);
		next_read(&cursor, DE_PORT_IIR);
		next_write(&cursor, DE_PORT_IIR, DE_PORT_AUX_D);
		next_read(&cursor, DE_PIPE_IIR(2));
		next_write(&cursor, DE_PIPE_IIR(2), DE_PIPE_VBLANK);
		expect_query(&cursor, &forms[i], 2);
		next_read(&cursor, SDE_IIR);
		next_write(&cursor, SDE_IIR, SDE_GMBUS);
		expect_end(&cursor, &forms[i]);
		i915_vblank_put(f.i915, 2);
		fixture_end(&f);
	}
}

/* The published costs of one vblank, alone and with a GT group. */
static void cost_of_a_vblank(void **state)
{
	static const unsigned alone[FORM_COUNT] = { 9, 8, 8, 7, 7, 7, 9, 7 };
	static const unsigned exits_alone[FORM_COUNT] = { 3, 3, 3, 2, 2, 2, 4, 3 };

	for (unsigned i = 0; i < FORM_COUNT; i++) {
		for (unsigned gt = 0; gt < 2; gt++) {
			struct fixture f = fixture_form(&forms[i]);

			assert_int_equal(i915_display_enable(f.i915, 0, &hd60), 0);
			assert_int_equal(i915_vblank_get(f.i915, 0), 0);
			fake_log_clear(f.plat);
			f.plat->irq_enabled = false;
			fake_vblank(f.plat, 0);
			if (gt)
				fake_gpu_event(f.plat, GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
			f.plat->irq_enabled = true;
			fake_poll_interrupts(f.plat);
			assert_int_equal(fake_log_length(f.plat), alone[i] + 2 * gt);
			assert_int_equal(exits(&f), exits_alone[i] + gt);
			i915_vblank_put(f.i915, 0);
			fixture_end(&f);
		}
	}
}

/* The PCU's group is shown, but nothing of it was ever enabled: nobody looks. */
static void calm_power_controller(struct platform *plat, void *arg)
{
	if (fake_log_count(plat, false, MASTER_IRQ))
		plat->regs[PCU_IIR / 4] = 0; /* or it would interrupt for ever */
}

static void the_power_controller_is_not_asked(void **state)
{
	struct fixture f = fixture_form(&forms[1]);
	struct fake_cursor cursor = fake_cursor(f.plat);

	f.plat->regs[PCU_IER / 4] = PCU_PCODE;
	f.plat->regs[PCU_IMR / 4] = 0;
	fake_display_event(f.plat, PCU_ISR, PCU_PCODE);
	f.plat->hook = calm_power_controller;
	fake_poll_interrupts(f.plat);
	f.plat->hook = NULL;
	expect_begin(&cursor, &forms[1]);
	expect_end(&cursor, &forms[1]);
	fixture_end(&f);
}

/* The master register shows a group whose identity is zero by the time it is read. */
static void clear_identity(struct platform *plat, void *arg)
{
	if (fake_log_count(plat, false, MASTER_IRQ))
		plat->regs[DE_PIPE_IIR(0) / 4] = 0;
}

static void identity_that_is_gone(void **state)
{
	struct fixture f = fixture_form(&forms[1]);
	struct fake_cursor cursor = fake_cursor(f.plat);

	fake_display_event(f.plat, DE_PIPE_ISR(0), DE_PIPE_CDCLK_CRC_DONE);
	f.plat->hook = clear_identity;
	fake_poll_interrupts(f.plat);
	f.plat->hook = NULL;
	expect_begin(&cursor, &forms[1]);
	next_read(&cursor, DE_PIPE_IIR(0));
	expect_end(&cursor, &forms[1]);
	fixture_end(&f);
}

/* Of a pipe whose vblanks nobody wants, or that never ran. */
static void unwanted_vblanks(void **state)
{
	struct fixture f = fixture_form(&forms[1]);
	struct i915_display_stats stats;

	f.plat->regs[DE_PIPE_IMR(0) / 4] = 0;
	fake_display_event(f.plat, DE_PIPE_ISR(0), DE_PIPE_VBLANK);
	fake_poll_interrupts(f.plat);
	assert_int_equal(fake_log_length(f.plat), 5);
	i915_display_get_stats(f.i915, &stats);
	assert_int_equal(stats.vblank_interrupts, 0);
	fixture_end(&f);
}

static void faults_are_told(void **state)
{
	struct fixture f = fixture_form(&forms[1]);

	fake_display_event(f.plat, DE_PIPE_ISR(0), DE_PIPE_PLANE_FAULT(1));
	fake_poll_interrupts(f.plat);
	assert_int_equal(f.plat->log_messages, 1);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_that_are_acknowledged),
		cmocka_unit_test(self_refresh_is_acknowledged_twice),
		cmocka_unit_test(everything_in_one_pass),
		cmocka_unit_test(cost_of_a_vblank),
		cmocka_unit_test(the_power_controller_is_not_asked),
		cmocka_unit_test(identity_that_is_gone),
		cmocka_unit_test(unwanted_vblanks),
		cmocka_unit_test(faults_are_told),
	};

	return cmocka_run_group_tests_name("guest: display interrupts", tests, NULL, NULL);
}
