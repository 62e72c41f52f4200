// SPDX-License-Identifier: MIT
// Virtual interrupts: what is dropped, what stays, what is injected and how often.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/interrupt.h"
#include "rig.h"

static struct rig rig;
static struct rig_guest *guest;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ 0 });
	guest = &rig.guests[0];
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

struct event {
	enum gen9_engine_id engine;
	uint32_t bits;
};

static void raise_event(struct rig_guest *g, void *arg)
{
	const struct event *event = arg;

	interrupt_raise(g->vgpu, event->engine, event->bits);
}

static void raise(enum gen9_engine_id engine, uint32_t bits)
{
	struct event event = { engine, bits };

	rig_run(guest, raise_event, &event);
}

static void enable_all(void)
{
	for (unsigned n = 0; n < 4; n++) {
		rig_write32(guest, GT_IMR(n), 0);
		rig_write32(guest, GT_IER(n), UINT32_MAX);
	}
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
}

static uint64_t injected(void)
{
	return rig_stats(guest).msi_injected;
}

static void each_engine_has_its_bits(void **state)
{
	enable_all();
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		const struct gen9_engine_info *info = &gen9_engines[id];
		uint64_t before = injected();

		raise(id, GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT);
		assert_int_equal(rig_read32(guest, GT_IIR(info->gt_group)),
				 0x101u << info->gt_shift);
		assert_int_equal(rig_read32(guest, MASTER_IRQ),
				 MASTER_IRQ_ENABLE | 1u << info->master_bit);
		assert_int_equal(injected(), before + 1);
		rig_write32(guest, GT_IIR(info->gt_group), UINT32_MAX);
		assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
		assert_int_equal(injected(), before + 1);
	}
}

static void masked_events_are_lost(void **state)
{
	enable_all();
	rig_write32(guest, GT_IMR(0), GT_USER_INTERRUPT);
	raise(GEN9_RCS0, GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 0);
	rig_write32(guest, GT_IMR(0), 0);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 0);
	assert_int_equal(injected(), 0);
	raise(GEN9_RCS0, GT_USER_INTERRUPT);
	assert_int_equal(injected(), 1);
}

// What IER leaves out is in IIR all the same, and comes up when it is let in.
static void disabled_events_wait_in_iir(void **state)
{
	enable_all();
	rig_write32(guest, GT_IER(1), 0);
	raise(GEN9_VCS0, GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(1)), 1);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 0);
	rig_write32(guest, GT_IER(1), 1);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE | 1u << 2);
	assert_int_equal(injected(), 1);
	rig_write32(guest, GT_IER(1), 0);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
}

static void master_off_holds_back(void **state)
{
	enable_all();
	rig_write32(guest, MASTER_IRQ, 0);
	raise(GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	assert_int_equal(injected(), 0);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 1u << 24);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 1);
	// Still pending: each of these checks again and injects again.
	rig_write32(guest, GT_IMR(0), 0);
	rig_write32(guest, GT_IER(0), UINT32_MAX);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	rig_write32(guest, rig_reg(GEN9_RCS0, RING_IMR), 0);
	assert_int_equal(injected(), 5);
	rig_write32(guest, GT_IIR(0), 1u << 24);
	rig_write32(guest, MASTER_IRQ, MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 5);
}

static void only_the_enable_bit_is_the_guests(void **state)
{
	rig_write32(guest, MASTER_IRQ, 0x7fffffff);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), 0);
	rig_write32(guest, MASTER_IRQ, UINT32_MAX);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE);
	assert_int_equal(injected(), 0);
}

static void iir_clears_written_ones(void **state)
{
	enable_all();
	raise(GEN9_RCS0, GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT);
	rig_write32(guest, GT_IIR(0), GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), GT_CONTEXT_SWITCH_INTERRUPT);
	assert_int_equal(rig_read32(guest, MASTER_IRQ), MASTER_IRQ_ENABLE | 1);
	// One byte of it: the others are not written as what they read.
	rig_write(guest, GT_IIR(0), 1, 0xff);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), GT_CONTEXT_SWITCH_INTERRUPT);
	rig_write(guest, GT_IIR(0) + 1, 1, 0xff);
	assert_int_equal(rig_read32(guest, GT_IIR(0)), 0);
	rig_write32(guest, GT_ISR(0), UINT32_MAX);
	assert_int_equal(rig_read32(guest, GT_ISR(0)), 0);
}

// RING_IMR is stored and gates nothing.
static void ring_imr_masks_nothing(void **state)
{
	enable_all();
	rig_write32(guest, rig_reg(GEN9_VECS0, RING_IMR), UINT32_MAX);
	raise(GEN9_VECS0, GT_USER_INTERRUPT);
	assert_int_equal(rig_read32(guest, GT_IIR(3)), 1);
	assert_int_equal(injected(), 1);
}

static void enable_and_wait(struct rig_guest *g, void *arg)
{
	struct event event = { GEN9_RCS0, GT_USER_INTERRUPT };

	raise_event(g, &event);
	vcpu_halt(g->vm->vcpus[0], exec_now(g->rig->m->ex) + PS_PER_MS);
}

static void message_reaches_the_guests_handler(void **state)
{
	enable_all();
	rig_run(guest, enable_and_wait, NULL);
	assert_int_equal(guest->interrupts, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_engine_has_its_bits),
		TEST(masked_events_are_lost),
		TEST(disabled_events_wait_in_iir),
		TEST(master_off_holds_back),
		TEST(only_the_enable_bit_is_the_guests),
		TEST(iir_clears_written_ones),
		TEST(ring_imr_masks_nothing),
		TEST(message_reaches_the_guests_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
