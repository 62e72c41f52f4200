// SPDX-License-Identifier: MIT
/*
 * Interrupts: groups of ISR, IMR, IIR and IER under one master register, and the MSI.
 *
 * An event passes the engine's own mask, then the group's IMR, and sets a bit in IIR. IIR has two
 * buffers: an event that finds its bit set goes to the second and comes up when the first is
 * cleared. A level bit of the master register is (IIR & IER) of a part of a group. The line that
 * sends MSIs is (master enable and any level bit); a message goes out on each of its rising edges.
 * So a handler that clears the enable bit first and sets it last misses nothing: what came in
 * between makes a new edge.
 *
 * ISR shows events for an instant only, so it reads as 0; but for the vertical blank of a pipe,
 * which lasts (gen9_pipe.c). No event is level triggered.
 *
 * Source: Linux 4.19 i915_irq.c, i915_reg.h (layout); the order of gates and the edge are the
 * model's reading of them.
 */
#include <stddef.h>

#include "hw-model/gen9_private.h"

#define IMR(isr) ((isr) + IRQ_IMR)
#define IIR(isr) ((isr) + IRQ_IIR)
#define IER(isr) ((isr) + IRQ_IER)

/* ISR of each group. */
static const uint32_t groups[GEN9_IRQ_GROUP_COUNT] = {
	GT_ISR(0),       GT_ISR(1),   GT_ISR(2),   GT_ISR(3), DE_PIPE_ISR(0u), DE_PIPE_ISR(1u),
	DE_PIPE_ISR(2u), DE_PORT_ISR, DE_MISC_ISR, PCU_ISR,   SDE_ISR,
};

/* Level bits of the master register: any of these bits of a group. */
static const struct {
	uint8_t group;
	uint8_t master_bit;
	uint32_t bits;
} levels[] = {
	{0,   0,  0x0000ffffu},
        { 0,  1,  0xffff0000u},
        { 1,  2,  0x0000ffffu},
	{ 1,  3,  0xffff0000u},
        { 2,  4,  0x0000ffffu},
        { 2,  5,  0xffff0000u},
	{ 3,  6,  0x0000ffffu},
        { 4,  16, 0xffffffffu},
        { 5,  17, 0xffffffffu},
	{ 6,  18, 0xffffffffu},
        { 7,  20, 0xffffffffu},
        { 8,  22, 0xffffffffu},
	{ 9,  30, 0xffffffffu},
        { 10, 23, 0xffffffffu},
};

uint32_t gen9_irq_group_isr(unsigned n)
{
	return n < GEN9_IRQ_GROUP_COUNT ? groups[n] : 0;
}

static uint32_t level_bits(struct gen9_gpu *gpu)
{
	uint32_t result = 0;

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		uint32_t isr = groups[levels[i].group];

		if (*gen9_reg(gpu, IIR(isr)) & *gen9_reg(gpu, IER(isr)) & levels[i].bits)
			result |= 1u << levels[i].master_bit;
	}
	return result;
}

/* Work out the line anew after anything it depends on changed. */
static void update_output(struct gen9_gpu *gpu)
{
	bool output = (*gen9_reg(gpu, MASTER_IRQ) & MASTER_IRQ_ENABLE) && level_bits(gpu);
	bool rising = output && !gpu->irq_output;

	gpu->irq_output = output;
	if (rising)
		msi_send(&gpu->msi,
			 exec_now(gen9_executor(gpu)) + gpu->profile.value[HW_INTERRUPT_LATENCY]);
}

void gen9_irq_raise(struct gen9_gpu *gpu, unsigned group, uint32_t bits)
{
	uint32_t *iir = gen9_reg(gpu, IIR(groups[group]));

	bits &= ~*gen9_reg(gpu, IMR(groups[group]));
	gpu->irq_second[group] |= *iir & bits;
	*iir |= bits;
	update_output(gpu);
}

bool gen9_irq_takes(struct gen9_gpu *gpu, unsigned group, uint32_t bits)
{
	uint32_t full = *gen9_reg(gpu, IIR(groups[group])) & gpu->irq_second[group];

	return bits & ~*gen9_reg(gpu, IMR(groups[group])) & ~full;
}

void gen9_gpu_raise(struct gen9_gpu *gpu, enum gen9_irq_group group, uint32_t bits)
{
	gen9_irq_raise(gpu, group, bits);
}

void gen9_engine_interrupt(struct gen9_engine *engine, uint32_t bits)
{
	/* Engine masks have their bits where the GT group has them (intel_engine_cs.c). */
	uint32_t shifted = bits << engine->info->gt_shift;

	gen9_irq_raise(engine->gpu, engine->info->gt_group,
		       shifted & ~*gen9_engine_reg(engine, RING_IMR));
}

uint32_t gen9_master_read(struct gen9_gpu *gpu, uint32_t offset)
{
	return (*gen9_reg(gpu, MASTER_IRQ) & MASTER_IRQ_ENABLE) | level_bits(gpu);
}

void gen9_master_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	*gen9_reg(gpu, MASTER_IRQ) = value & MASTER_IRQ_ENABLE;
	update_output(gpu);
}

/* IMR, IIR and IER of every group. */
void gen9_irq_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	uint32_t *reg = gen9_reg(gpu, offset);
	unsigned group = 0;

	while (offset - groups[group] > 0xcu)
		group++;
	if (offset != IIR(groups[group])) {
		*reg = value;
	} else {
		uint32_t again = value & gpu->irq_second[group];

		*reg = (*reg & ~value) | again;
		gpu->irq_second[group] &= ~again;
	}
	update_output(gpu);
	if (group >= GEN9_IRQ_PIPE_A && group <= GEN9_IRQ_PIPE_C)
		gen9_pipe_wake(&gpu->pipes[group - GEN9_IRQ_PIPE_A]);
}
