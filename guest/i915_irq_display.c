// SPDX-License-Identifier: MIT
/*
 * Display interrupts: what the master register shows beside the GT groups, in Linux' order: misc,
 * port, pipes, south. Of each a read of the identity and, unless it is zero, a write; a panel's
 * self refresh adds a read and a write. The PCU has nothing enabled and is not looked at.
 *
 * Source: Linux 4.19 i915_irq.c, gen8_de_irq_handler().
 */
#include "guest/i915_internal.h"

static uint32_t ack(struct i915 *i915, uint32_t iir_offset)
{
	uint32_t iir = i915_read(i915, iir_offset);

	if (iir)
		i915_write(i915, iir_offset, iir);
	return iir;
}

/* The firmware's event (GSE) concerns a backlight, which there is none of. */
static void misc_interrupt(struct i915 *i915)
{
	uint32_t psr;

	if (!(ack(i915, DE_MISC_IIR) & DE_MISC_EDP_PSR))
		return;
	psr = i915_read(i915, EDP_PSR_IIR);
	i915_write(i915, EDP_PSR_IIR, psr);
}

static void pipe_interrupt(struct i915_pipe *pipe)
{
	struct i915 *i915 = pipe->i915;
	uint32_t iir = ack(i915, DE_PIPE_IIR(pipe->index));

	if (iir & DE_PIPE_VBLANK)
		i915_vblank_interrupt(pipe);
	if (iir & (DE_PIPE_FIFO_UNDERRUN | I915_PIPE_FAULTS))
		plat_log(i915->plat, "i915: pipe and its faults or underrun",
			 (uint64_t)pipe->index << 32 | iir);
}

void i915_display_interrupt(struct i915 *i915, uint32_t master)
{
	if (master & MASTER_DE_MISC)
		misc_interrupt(i915);
	if (master & MASTER_DE_PORT)
		ack(i915, DE_PORT_IIR); /* AUX channels: nobody waits for one */
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++) {
		if (master & MASTER_DE_PIPE(i))
			pipe_interrupt(&i915->pipes[i]);
	}
	if (master & MASTER_PCH)
		ack(i915, SDE_IIR); /* hot plug: monitors do not come and go */
}
