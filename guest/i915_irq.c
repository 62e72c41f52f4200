// SPDX-License-Identifier: MIT
/*
 * Interrupts: reset and installation of the groups, the handler, its bottom half.
 *
 * Register accesses of one pass, of which the identity's read and write, two for each group, are
 * the same in all forms:
 *
 *   form                              one GT group   two groups   spurious
 *   4.14 (posting read at the end)    6              8            1
 *   4.19                              5              7            1
 *   5.0 (disables before it reads)    5              7            3
 *   level master_irq, 4.14 and 4.19   4              6            1
 *   level master_irq, 5.0             4              6            2
 *
 * With the level a word of the shared page stands for the master's enable bit, see
 * sim/abi/pvmmio.h: the write that disables becomes a store, the one that enables the one doorbell.
 * Installation and removal write the master register in any case.
 *
 * Where Linux hands over to a tasklet the bottom half runs at the end of the handler, after
 * interrupts of the device are enabled again.
 *
 * Not here yet: display, south and PM interrupts.
 *
 * Source: i915_irq.c of Linux 4.14, 4.19 and 5.0; the order with the level follows from the host
 * side of the 4.14 product kernel.
 */
#include "guest/i915_internal.h"

#define GT_GROUP_COUNT 4u

/* A group's registers lie at IMR - 4 .. IMR + 8: ISR, IMR, IIR, IER. */
#define GROUP_IMR 0x4u
#define GROUP_IIR 0x8u
#define GROUP_IER 0xcu

#define EVENTS (GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT)

struct irq_group {
	uint32_t base;        /* of its ISR */
	uint32_t enabled;     /* events wanted, for groups that are installed */
	uint32_t master_bits; /* any of them set: look at its IIR */
	bool installed;
};

/* The first GT_GROUP_COUNT rows are the GT groups, in order. */
static const struct irq_group irq_groups[] = {
	{GT_ISR(0),  EVENTS | EVENTS << 16, 1u << 0 | 1u << 1, true }, /* RCS, BCS */
	{ GT_ISR(1), EVENTS | EVENTS << 16, 1u << 2 | 1u << 3, true }, /* VCS0, VCS1 */
	{ GT_ISR(2), 0,                     1u << 4 | 1u << 5, true }, /* PM, GuC */
	{ GT_ISR(3), EVENTS,                1u << 6,           true }, /* VECS */
	{ 0x444e0,   0,                     0,                 false}, /* PCU */
};

#define IRQ_GROUP_COUNT (sizeof(irq_groups) / sizeof(irq_groups[0]))

/* IIR is double buffered: a second event may wait behind the first, so it is cleared twice. */
static void clear_iir(const struct i915 *i915, const struct irq_group *group)
{
	for (unsigned i = 0; i < 2; i++) {
		i915_write(i915, group->base + GROUP_IIR, ~0u);
		i915_read(i915, group->base + GROUP_IIR);
	}
}

static void reset_group(const struct i915 *i915, const struct irq_group *group)
{
	i915_write(i915, group->base + GROUP_IMR, ~0u);
	i915_read(i915, group->base + GROUP_IMR);
	i915_write(i915, group->base + GROUP_IER, 0);
	clear_iir(i915, group);
}

static void install_group(const struct i915 *i915, const struct irq_group *group)
{
	uint32_t iir = i915_read(i915, group->base + GROUP_IIR);

	if (iir) {
		plat_log(i915->plat, "i915: interrupt identity not zero after reset", iir);
		clear_iir(i915, group);
	}
	i915_write(i915, group->base + GROUP_IER, group->enabled);
	i915_write(i915, group->base + GROUP_IMR, ~group->enabled);
	i915_read(i915, group->base + GROUP_IMR);
}

static void engine_interrupt(struct i915_engine *engine, uint32_t events)
{
	struct platform *plat = engine->i915->plat;
	bool irq;

	if (!engine->started || !(events & EVENTS))
		return;
	irq = plat_lock(plat, &engine->lock);
	if (events & GT_USER_INTERRUPT) {
		i915_requests_note_progress(engine);
		if (engine->waiter_count)
			plat_wake(plat);
	}
	if (events & GT_CONTEXT_SWITCH_INTERRUPT)
		i915_execlists_run(engine);
	i915_engine_unlock(engine, irq);
}

static void bottom_half(struct i915 *i915, const uint32_t iir[GT_GROUP_COUNT])
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		const struct gen9_engine_info *info = &i915_engine_info[i];

		engine_interrupt(&i915->engines[i], iir[info->gt_group] >> info->gt_shift);
	}
}

/* ---- the handler ---- */

static void master_disable(struct i915 *i915)
{
	i915_write(i915, MASTER_IRQ, 0);
}

static void master_enable(struct i915 *i915, bool posting_read)
{
	i915_write(i915, MASTER_IRQ, MASTER_IRQ_ENABLE);
	if (posting_read)
		i915_read(i915, MASTER_IRQ);
}

const struct i915_irq_gate_ops i915_irq_gate_master = { master_disable, master_enable };

/* Seen late by the host it makes for a spurious interrupt, no more: no barrier. */
static void pvmmio_disable(struct i915 *i915)
{
	plat_store32(i915->plat, &i915->shared.page->disable_irq, 1);
}

/*
 * What came meanwhile has not been injected; the write makes the host look again. The flag must be
 * clear before the host does: otherwise each may miss the other. Nothing is posted here, the write
 * exits.
 */
static void pvmmio_enable(struct i915 *i915, bool posting_read)
{
	plat_store32(i915->plat, &i915->shared.page->disable_irq, 0);
	plat_mb(i915->plat);
	i915_write(i915, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 1);
}

const struct i915_irq_gate_ops i915_irq_gate_pvmmio = { pvmmio_disable, pvmmio_enable };

struct irq_form {
	bool disables_first; /* before the sources are read, so that a spurious one costs as much */
	bool posting_read;
};

static const struct irq_form irq_forms[I915_IRQ_HANDLER_COUNT] = {
	[I915_IRQ_4_19] = {.disables_first = false,  .posting_read = false},
	[I915_IRQ_4_14] = { .disables_first = false, .posting_read = true },
	[I915_IRQ_5_0] = { .disables_first = true,  .posting_read = false},
};

static void ack_groups(const struct i915 *i915, uint32_t master, uint32_t iir[GT_GROUP_COUNT])
{
	for (unsigned i = 0; i < GT_GROUP_COUNT; i++) {
		if (!(master & irq_groups[i].master_bits))
			continue;
		iir[i] = i915_read(i915, GT_IIR(i));
		if (iir[i])
			i915_write(i915, GT_IIR(i), iir[i]);
	}
}

static void irq_handler(void *opaque)
{
	struct i915 *i915 = opaque;
	const struct irq_form *form = &irq_forms[i915->irq_handler];
	const struct i915_irq_gate_ops *gate = i915->irq_gate_ops;
	uint32_t iir[GT_GROUP_COUNT] = { 0 };
	uint32_t master;

	if (form->disables_first)
		gate->disable(i915);
	master = i915_read(i915, MASTER_IRQ) & ~MASTER_IRQ_ENABLE;
	plat_work(i915->plat, PLAT_WORK_INTERRUPT);
	i915->interrupts++;
	if (!master) {
		i915->spurious_interrupts++;
		if (form->disables_first)
			gate->enable(i915, form->posting_read);
		return;
	}
	if (!form->disables_first)
		gate->disable(i915);
	ack_groups(i915, master, iir);
	gate->enable(i915, form->posting_read);
	bottom_half(i915, iir);
}

/* ---- installation ---- */

static bool has_flag(const struct i915 *i915)
{
	return i915->pvmmio_levels & PVMMIO_MASTER_IRQ;
}

static void reset_all(const struct i915 *i915)
{
	if (has_flag(i915))
		plat_store32(i915->plat, &i915->shared.page->disable_irq, 1);
	i915_write(i915, MASTER_IRQ, 0);
	i915_read(i915, MASTER_IRQ);
	for (unsigned i = 0; i < IRQ_GROUP_COUNT; i++)
		reset_group(i915, &irq_groups[i]);
}

void i915_irq_install(struct i915 *i915)
{
	reset_all(i915);
	plat_irq_register(i915->plat, irq_handler, i915);
	i915->irq_installed = true;
	for (unsigned i = 0; i < IRQ_GROUP_COUNT; i++) {
		if (irq_groups[i].installed)
			install_group(i915, &irq_groups[i]);
	}
	/* The host looks again at every write of the master register. */
	if (has_flag(i915)) {
		plat_store32(i915->plat, &i915->shared.page->disable_irq, 0);
		plat_mb(i915->plat);
	}
	i915_write(i915, MASTER_IRQ, MASTER_IRQ_ENABLE);
	i915_read(i915, MASTER_IRQ); /* posting read */
}

void i915_irq_uninstall(struct i915 *i915)
{
	if (!i915->irq_installed)
		return;
	reset_all(i915);
	plat_irq_register(i915->plat, NULL, NULL);
	i915->irq_installed = false;
}
