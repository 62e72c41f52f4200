// SPDX-License-Identifier: MIT
/*
 * The batch that RCS0 executes whenever it loads a context, after it has restored part of it:
 * lines of the L3 cache that other engines may not see are flushed at each switch.
 *
 * Source: Linux 4.19 intel_lrc.c, gen9_init_indirectctx_bb(), without its three registers that only
 * the render pipeline knows. Gen9 has no batch of the other kind, after the restore.
 */
#include "guest/i915_internal.h"
#include "hw-model/regs/gen9_commands.h"

#define L3SQCREG4             0xb118u
#define L3SQCREG4_FLUSH_LINES (0x40400000u | 1u << 21) /* also coherent ones */
#define SAVED_OFFSET          256u                     /* in the scratch page */

static uint32_t *emit_flush_coherent_l3(uint32_t *cs, uint64_t saved_gma)
{
	*cs++ = MI_STORE_REGISTER_MEM | MI_USE_GGTT;
	*cs++ = L3SQCREG4;
	*cs++ = (uint32_t)saved_gma;
	*cs++ = (uint32_t)(saved_gma >> 32);
	*cs++ = MI_LOAD_REGISTER_IMM(1);
	*cs++ = L3SQCREG4;
	*cs++ = L3SQCREG4_FLUSH_LINES;
	*cs++ = PIPE_CONTROL;
	*cs++ = PIPE_CONTROL_CS_STALL | PIPE_CONTROL_DC_FLUSH;
	for (unsigned i = 0; i < 4; i++)
		*cs++ = 0;
	*cs++ = MI_LOAD_REGISTER_MEM | MI_USE_GGTT;
	*cs++ = L3SQCREG4;
	*cs++ = (uint32_t)saved_gma;
	*cs++ = (uint32_t)(saved_gma >> 32);
	return cs;
}

int i915_work_arounds_init(struct i915 *i915)
{
	int err = i915_buffer_init(i915, &i915->work_arounds, 1);
	uint32_t *cs;

	if (err)
		return err;
	cs = i915->work_arounds.cpu;
	*cs++ = MI_ARB_ON_OFF;
	cs = emit_flush_coherent_l3(cs, i915_buffer_gma(&i915->scratch) + SAVED_OFFSET);
	*cs++ = MI_ARB_ON_OFF | MI_ARB_ENABLE;
	i915->work_around_lines = (uint32_t)(((char *)cs - (char *)i915->work_arounds.cpu +
					      CTX_INDIRECT_LINE_BYTES - 1) /
					     CTX_INDIRECT_LINE_BYTES);
	return 0;
}

void i915_work_arounds_apply(const struct i915 *i915, uint32_t *state)
{
	if (!i915->work_around_lines)
		return;
	state[CTX_INDIRECT_CTX + 1] = (uint32_t)i915_buffer_gma(&i915->work_arounds) |
				      i915->work_around_lines;
	state[CTX_INDIRECT_CTX_OFFSET + 1] = CTX_INDIRECT_OFFSET;
}
