// SPDX-License-Identifier: MIT
// No interrupt is lost: events at random times against a handler at random speed, a million of them
// over all ways to hold interrupts back and to read registers.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/interrupt.h"
#include "pv.h"
#include "sim/machine/rng.h"

#define EVENTS        125000u // of each of the eight modes
#define BURST_LIMIT   40u
#define STEP_LIMIT_PS (2 * PS_PER_US) // of the handler, between two accesses
#define GAP_LIMIT_PS  (4 * PS_PER_US) // between two events
#define QUIET_PS      (500 * PS_PER_US)

enum order {
	ORDER_MASTER,           // the master register's enable bit
	ORDER_FLAG,             // level master_irq: clear the flag, ring
	ORDER_FLAG_NO_CHECK,    // wrong: clear the flag, tell nobody
	ORDER_FLAG_CHECK_FIRST, // wrong: ring, then clear the flag
};

struct group {
	uint32_t isr;
	uint32_t master_bits;
};

static const struct group groups[] = {
	{GT_ISR(0),        0x3               },
	{ GT_ISR(1),       0xc               },
	{ GT_ISR(2),       0x10              },
	{ GT_ISR(3),       0x40              },
	{ DE_PIPE_ISR(0u), MASTER_DE_PIPE(0u)},
	{ DE_PIPE_ISR(1u), MASTER_DE_PIPE(1u)},
	{ DE_PIPE_ISR(2u), MASTER_DE_PIPE(2u)},
	{ DE_PORT_ISR,     MASTER_DE_PORT    },
	{ DE_MISC_ISR,     MASTER_DE_MISC    },
	{ PCU_ISR,         MASTER_PCU        },
	{ SDE_ISR,         MASTER_PCH        },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

struct race {
	struct rig rig;
	struct rig_guest *guest;
	struct pvmmio_page *page;
	struct rng rng;
	enum order order;
	bool disables_first;      // handler of Linux 5.0; else of 4.19, that looks first
	uint32_t latched[GROUPS]; // in this burst
	uint32_t handled[GROUPS];
	unsigned rounds_lost;
	uint64_t injected;
	uint64_t handled_count;
	bool over;
};

/* ---- the guest's handler ---- */

static void pass_time(struct race *race, uint64_t limit_ps)
{
	exec_advance(race->rig.m->ex, rng_below(&race->rng, limit_ps));
	exec_sync(race->rig.m->ex);
}

static void store(struct race *race, uint32_t offset, uint32_t value)
{
	pass_time(race, STEP_LIMIT_PS);
	guest_store(race->guest, offset, 4, value);
}

static uint32_t load(struct race *race, uint32_t offset)
{
	pass_time(race, STEP_LIMIT_PS);
	return (uint32_t)guest_load(race->guest, offset, 4);
}

static void set_flag(struct race *race, uint32_t value)
{
	pass_time(race, STEP_LIMIT_PS);
	__atomic_store_n(&race->page->disable_irq, value, __ATOMIC_SEQ_CST);
}

static void disable(struct race *race)
{
	if (race->order == ORDER_MASTER)
		store(race, MASTER_IRQ, 0);
	else
		set_flag(race, 1);
}

static void enable(struct race *race)
{
	const uint32_t check = PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ;

	if (race->order == ORDER_MASTER)
		store(race, MASTER_IRQ, MASTER_IRQ_ENABLE);
	if (race->order == ORDER_FLAG_CHECK_FIRST)
		store(race, check, 1);
	if (race->order != ORDER_MASTER)
		set_flag(race, 0);
	if (race->order == ORDER_FLAG)
		store(race, check, 1);
}

static void handle_group(struct race *race, unsigned i)
{
	uint32_t iir = load(race, groups[i].isr + IRQ_IIR);

	if (!iir)
		return;
	store(race, groups[i].isr + IRQ_IIR, iir);
	race->handled[i] |= iir;
	race->handled_count++;
}

static void handler(void *opaque)
{
	struct race *race = opaque;
	uint32_t sources;

	if (race->disables_first)
		disable(race);
	sources = load(race, MASTER_IRQ) & ~MASTER_IRQ_ENABLE;
	if (!sources && !race->disables_first)
		return;
	if (!race->disables_first)
		disable(race);
	for (unsigned i = 0; i < GROUPS; i++)
		if (sources & groups[i].master_bits)
			handle_group(race, i);
	enable(race);
}

/* ---- what happens to it ---- */

// Whether it gets through is the mask's business; if so, where shows in an IIR that has changed.
static void raise_event(struct race *race)
{
	struct vgpu *vgpu = race->guest->vgpu;
	enum gvt_event event = (enum gvt_event)rng_below(&race->rng, GVT_EVENT_COUNT);
	uint32_t before[GROUPS];

	sim_mutex_lock(race->rig.m, &vgpu->lock);
	for (unsigned i = 0; i < GROUPS; i++)
		before[i] = vreg_read(vgpu, groups[i].isr + IRQ_IIR);
	interrupt_raise_event(vgpu, event);
	for (unsigned i = 0; i < GROUPS; i++)
		race->latched[i] |= vreg_read(vgpu, groups[i].isr + IRQ_IIR) & ~before[i];
	sim_mutex_unlock(race->rig.m, &vgpu->lock);
}

// Another vCPU's doing: vblanks on and off, engines' user interrupts.
static void change_masks(struct race *race)
{
	uint32_t isr = groups[rng_below(&race->rng, GROUPS)].isr;
	uint32_t bits = (uint32_t)rng_next(&race->rng);

	if (rng_below(&race->rng, 2))
		guest_store(race->guest, isr + IRQ_IMR, 4, bits & (uint32_t)rng_next(&race->rng));
	else
		guest_store(race->guest, isr + IRQ_IER, 4, bits | (uint32_t)rng_next(&race->rng));
}

// All has come to rest: what got through was handled, or waits where IER leaves it out.
static bool is_lost(const struct race *race)
{
	const struct vgpu *vgpu = race->guest->vgpu;

	for (unsigned i = 0; i < GROUPS; i++) {
		uint32_t iir = vreg_read(vgpu, groups[i].isr + IRQ_IIR);
		uint32_t ier = vreg_read(vgpu, groups[i].isr + IRQ_IER);

		if (iir & ier || race->latched[i] & ~(race->handled[i] | iir))
			return true;
	}
	return false;
}

// What is lost stays so until something else happens: start afresh.
static void clear(struct race *race)
{
	for (unsigned i = 0; i < GROUPS; i++) {
		guest_store(race->guest, groups[i].isr + IRQ_IIR, 4, UINT32_MAX);
		race->latched[i] = 0;
		race->handled[i] = 0;
	}
}

static void events(void *arg)
{
	struct race *race = arg;
	struct executor *ex = race->rig.m->ex;

	for (unsigned done = 0; done < EVENTS;) {
		unsigned burst = 1 + (unsigned)rng_below(&race->rng, BURST_LIMIT);

		for (unsigned i = 0; i < burst; i++) {
			pass_time(race, GAP_LIMIT_PS);
			if (rng_below(&race->rng, 8) == 0)
				change_masks(race);
			raise_event(race);
		}
		done += burst;
		exec_sleep_until(ex, exec_now(ex) + QUIET_PS);
		if (is_lost(race)) {
			race->rounds_lost++;
			clear(race);
		}
	}
	race->over = true;
	executor_stop(ex);
}

static void take_interrupts(struct rig_guest *g, void *arg)
{
	struct race *race = arg;

	while (!race->over)
		vcpu_halt(g->vm->vcpus[0], EXEC_NEVER);
}

static void run(struct race *race, uint32_t levels)
{
	struct rig_guest *g = &race->rig.guests[0];
	struct executor *ex;

	race->guest = g;
	pv_create(&race->rig, &(struct rig_options){ 0 }, levels);
	ex = race->rig.m->ex;
	race->page = pv_page(g);
	for (unsigned i = 0; i < GROUPS; i++) {
		rig_write32(g, groups[i].isr + IRQ_IMR, 0);
		rig_write32(g, groups[i].isr + IRQ_IER, UINT32_MAX);
	}
	rng_seed(&race->rng, 1);
	g->vm->irq_handler = handler;
	g->vm->irq_opaque = race;
	g->program = take_interrupts;
	g->arg = race;
	exec_wake_all(ex, &g->waiting, executor_time_ps(ex));
	assert_int_equal(vcpu_start(g->vm, 1, executor_time_ps(ex), events, race), 0);
	assert_int_equal(executor_run(ex), 1);
	assert_true(race->over);
	race->injected = rig_stats(g).msi_injected;
	rig_destroy(&race->rig);
}

static void expect_none_lost(enum order order, uint32_t levels)
{
	for (unsigned i = 0; i < 4; i++) {
		struct race race = { .order = order, .disables_first = i & 1 };

		run(&race, levels | (i & 2 ? PVMMIO_READ_PASSTHROUGH : 0));
		assert_int_equal(race.rounds_lost, 0);
		// most of them met a handler that was at work: many events, fewer passes
		assert_in_range(race.handled_count, EVENTS / 4, EVENTS);
		assert_true(race.injected > EVENTS / 10);
	}
}

static void none_is_lost_by_the_master_register(void **state)
{
	expect_none_lost(ORDER_MASTER, PVMMIO_ELSP_SUBMIT);
}

static void none_is_lost_by_the_flag(void **state)
{
	expect_none_lost(ORDER_FLAG, PVMMIO_MASTER_IRQ);
}

static void some_are_lost_in_a_wrong_order(void **state)
{
	static const enum order wrong[] = { ORDER_FLAG_NO_CHECK, ORDER_FLAG_CHECK_FIRST };

	for (unsigned i = 0; i < 4; i++) {
		struct race race = { .order = wrong[i / 2], .disables_first = i & 1 };

		run(&race, PVMMIO_MASTER_IRQ);
		assert_true(race.rounds_lost > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_lost_by_the_master_register),
		cmocka_unit_test(none_is_lost_by_the_flag),
		cmocka_unit_test(some_are_lost_in_a_wrong_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
