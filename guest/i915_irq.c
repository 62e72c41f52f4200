// SPDX-License-Identifier: MIT
/*
 * Interrupts: reset and installation of the groups, the handler, its bottom half.
 *
 * The handler has the form of Linux 4.19 (read the master register first): 5 accesses for one GT
 * group, 7 for two, 1 when it was spurious. Where Linux hands over to a tasklet the bottom half
 * runs at the end of the handler, after interrupts are enabled at the master register.
 *
 * Not here yet: display, south and PM interrupts.
 *
 * Source: Linux 4.19 i915_irq.c.
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
	plat_unlock(plat, &engine->lock, irq);
}

static void bottom_half(struct i915 *i915, const uint32_t iir[GT_GROUP_COUNT])
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		const struct gen9_engine_info *info = &i915_engine_info[i];

		engine_interrupt(&i915->engines[i], iir[info->gt_group] >> info->gt_shift);
	}
}

static void irq_handler(void *opaque)
{
	struct i915 *i915 = opaque;
	uint32_t iir[GT_GROUP_COUNT] = { 0 };
	uint32_t master = i915_read(i915, MASTER_IRQ) & ~MASTER_IRQ_ENABLE;

	plat_work(i915->plat, PLAT_WORK_INTERRUPT);
	i915->interrupts++;
	if (!master) {
		i915->spurious_interrupts++;
		return;
	}
	i915_write(i915, MASTER_IRQ, 0);
	for (unsigned i = 0; i < GT_GROUP_COUNT; i++) {
		if (!(master & irq_groups[i].master_bits))
			continue;
		iir[i] = i915_read(i915, GT_IIR(i));
		if (iir[i])
			i915_write(i915, GT_IIR(i), iir[i]);
	}
	i915_write(i915, MASTER_IRQ, MASTER_IRQ_ENABLE);
	bottom_half(i915, iir);
}

static void reset_all(const struct i915 *i915)
{
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
