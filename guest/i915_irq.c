// SPDX-License-Identifier: MIT
/*
 * The interrupt handler and its bottom half.
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
 * A display group counts as a GT group does, and what it reports may read more: a vblank is three
 * reads (i915_vblank.c), a panel's self refresh a read and a write. With level
 * mmio_read_passthrough reads do not exit, but those of the scan line.
 *
 * With the level a word of the shared page stands for the master's enable bit, see
 * sim/abi/pvmmio.h: the write that disables becomes a store, the one that enables the one doorbell.
 *
 * Where Linux hands over to a tasklet the bottom half runs at the end of the handler, after
 * interrupts of the device are enabled again; display groups are handled before that.
 *
 * Source: i915_irq.c of Linux 4.14, 4.19 and 5.0; the order with the level follows from the host
 * side of the 4.14 product kernel.
 */
#include "guest/i915_internal.h"

#define GT_GROUP_COUNT 4u

#define EVENTS (GT_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT)

/* Any of them set: look at the group's identity. */
static const uint32_t gt_master_bits[GT_GROUP_COUNT] = {
	1u << 0 | 1u << 1, /* RCS, BCS */
	1u << 2 | 1u << 3, /* VCS0, VCS1 */
	1u << 4 | 1u << 5, /* PM, GuC */
	1u << 6,           /* VECS */
};

static void engine_interrupt(struct i915_engine *engine, uint32_t events)
{
	struct platform *plat = engine->i915->plat;
	bool irq;

	if (!engine->started || !(events & EVENTS))
		return;
	irq = plat_lock(plat, &engine->lock);
	if (events & GT_USER_INTERRUPT) {
		engine->user_interrupts++;
		i915_requests_note_progress(engine);
		if (engine->waiter_count)
			plat_wake(plat);
	}
	if (events & engine->i915->submission_ops->interrupts)
		i915_engine_run(engine);
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

static const struct i915_irq_gate_ops gate_master = { master_disable, master_enable };

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

static const struct i915_irq_gate_ops gate_pvmmio = { pvmmio_disable, pvmmio_enable };

/* Wrong: what came while the flag was set stays where it is. */
static void enable_without_check(struct i915 *i915, bool posting_read)
{
	plat_store32(i915->plat, &i915->shared.page->disable_irq, 0);
}

/* Wrong: what comes between the two is held back, and nobody looks again. */
static void enable_check_first(struct i915 *i915, bool posting_read)
{
	i915_write(i915, PVINFO_BASE + PVINFO_CHECK_PENDING_IRQ, 1);
	plat_store32(i915->plat, &i915->shared.page->disable_irq, 0);
}

static const struct i915_irq_gate_ops gate_no_check = { pvmmio_disable, enable_without_check };
static const struct i915_irq_gate_ops gate_check_first = { pvmmio_disable, enable_check_first };

const struct i915_irq_gate_ops *i915_irq_gate(uint32_t levels, uint32_t disorders)
{
	if (!(levels & PVMMIO_MASTER_IRQ))
		return &gate_master;
	if (disorders & I915_DISORDER_IRQ_NO_CHECK)
		return &gate_no_check;
	return disorders & I915_DISORDER_IRQ_CHECK_FIRST ? &gate_check_first : &gate_pvmmio;
}

struct irq_form {
	bool disables_first; /* before the sources are read, so that a spurious one costs as much */
	bool posting_read;
};

static const struct irq_form irq_forms[I915_IRQ_HANDLER_COUNT] = {
	[I915_IRQ_4_19] = {.disables_first = false,  .posting_read = false},
	[I915_IRQ_4_14] = { .disables_first = false, .posting_read = true },
	[I915_IRQ_5_0] = { .disables_first = true,  .posting_read = false},
};

static void ack_groups(struct i915 *i915, uint32_t master, uint32_t iir[GT_GROUP_COUNT])
{
	for (unsigned i = 0; i < GT_GROUP_COUNT; i++) {
		if (!(master & gt_master_bits[i]))
			continue;
		iir[i] = i915_read(i915, GT_IIR(i));
		if (iir[i])
			i915_write(i915, GT_IIR(i), iir[i]);
	}
}

void i915_irq_handler(void *opaque)
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
	if (master & MASTER_DISPLAY)
		i915_display_interrupt(i915, master);
	gate->enable(i915, form->posting_read);
	bottom_half(i915, iir);
}
