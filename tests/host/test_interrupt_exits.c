// SPDX-License-Identifier: MIT
// Exits of one pass of an interrupt handler: its forms, its sources, the levels.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/interrupt.h"
#include "pv.h"

enum form {
	FORM_4_14, // as 4.19, and a posting read in the end
	FORM_4_19, // looks first
	FORM_5_0,  // disables first
	FORM_COUNT,
};

struct pass {
	struct rig rig;
	struct rig_guest *guest;
	enum form form;
	bool flag;
};

static void set_enabled(struct pass *pass, bool enabled)
{
	struct pvmmio_page *page = pv_page(pass->guest);

	if (!pass->flag) {
		guest_store(pass->guest, MASTER_IRQ, 4, enabled ? MASTER_IRQ_ENABLE : 0);
		if (enabled && pass->form == FORM_4_14)
			guest_load(pass->guest, MASTER_IRQ, 4);
		return;
	}
	__atomic_store_n(&page->disable_irq, !enabled, __ATOMIC_SEQ_CST);
	if (enabled)
		guest_store(pass->guest, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 4, 1);
}

static void acknowledge(struct rig_guest *g, uint32_t iir)
{
	guest_store(g, iir, 4, guest_load(g, iir, 4));
}

static void handle(struct rig_guest *g, void *arg)
{
	struct pass *pass = arg;
	uint32_t sources;

	if (pass->form == FORM_5_0)
		set_enabled(pass, false);
	sources = (uint32_t)guest_load(g, MASTER_IRQ, 4) & ~MASTER_IRQ_ENABLE;
	if (!sources && pass->form != FORM_5_0)
		return;
	if (pass->form != FORM_5_0)
		set_enabled(pass, false);
	if (sources & 0x3)
		acknowledge(g, GT_IIR(0));
	if (sources & MASTER_DE_PIPE(1))
		acknowledge(g, DE_PIPE_IIR(1));
	set_enabled(pass, true);
}

static void raise_sources(struct rig_guest *g, void *arg)
{
	unsigned sources = *(const unsigned *)arg;

	if (sources > 0)
		interrupt_raise(g->vgpu, GEN9_BCS0, GT_USER_INTERRUPT);
	if (sources > 1)
		interrupt_raise_event(g->vgpu, GVT_EVENT_VBLANK(1));
}

static struct ledger_op totals(const struct pass *pass)
{
	struct ledger_op out;

	ledger_op_totals(pass->rig.m->ledger, pass->guest->vm->id, GUEST_OP_NONE, &out);
	return out;
}

static void check_pass(enum form form, uint32_t levels, unsigned sources, unsigned writes,
		       unsigned reads)
{
	struct pass pass = { .form = form, .flag = levels & PVMMIO_MASTER_IRQ };
	struct ledger_op before;
	struct ledger_op after;

	pass.guest = &pass.rig.guests[0];
	pv_create(&pass.rig, &(struct rig_options){ 0 }, levels);
	rig_write32(pass.guest, DE_PIPE_IMR(1), 0);
	rig_write32(pass.guest, DE_PIPE_IER(1), UINT32_MAX);
	rig_run(pass.guest, raise_sources, &sources);
	before = totals(&pass);
	rig_run(pass.guest, handle, &pass);
	after = totals(&pass);
	assert_int_equal(after.by_reason[EXIT_MMIO_WRITE].count -
				 before.by_reason[EXIT_MMIO_WRITE].count,
			 writes);
	assert_int_equal(after.by_reason[EXIT_MMIO_READ].count -
				 before.by_reason[EXIT_MMIO_READ].count,
			 reads);
	assert_int_equal(after.exits.count - before.exits.count, writes + reads);
	assert_int_equal(vreg_read(pass.guest->vgpu, GT_IIR(0)), 0);
	assert_int_equal(vreg_read(pass.guest->vgpu, DE_PIPE_IIR(1)), 0);
	rig_destroy(&pass.rig);
}

#define PLAIN       PVMMIO_ELSP_SUBMIT
#define FLAG        PVMMIO_MASTER_IRQ
#define DIRECT      PVMMIO_READ_PASSTHROUGH
#define FLAG_DIRECT (FLAG | DIRECT)

static void passes_cost_what_they_cost(void **state)
{
	for (enum form form = FORM_4_14; form < FORM_COUNT; form++) {
		bool posts = form == FORM_4_14; // not where the flag is: nothing to post

		for (unsigned g = 1; g <= 2; g++) {
			check_pass(form, PLAIN, g, 2 + g, 1 + g + posts);
			check_pass(form, FLAG, g, 1 + g, 1 + g);
			check_pass(form, DIRECT, g, 2 + g, 0);
			check_pass(form, FLAG_DIRECT, g, 1 + g, 0);
		}
	}
}

static void spurious_passes_cost_less(void **state)
{
	for (enum form form = FORM_4_14; form < FORM_5_0; form++) {
		check_pass(form, PLAIN, 0, 0, 1);
		check_pass(form, FLAG, 0, 0, 1);
		check_pass(form, DIRECT, 0, 0, 0);
		check_pass(form, FLAG_DIRECT, 0, 0, 0);
	}
	check_pass(FORM_5_0, PLAIN, 0, 2, 1);
	check_pass(FORM_5_0, FLAG, 0, 1, 1);
	check_pass(FORM_5_0, DIRECT, 0, 2, 0);
	check_pass(FORM_5_0, FLAG_DIRECT, 0, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_cost_what_they_cost),
		cmocka_unit_test(spurious_passes_cost_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
