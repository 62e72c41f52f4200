// SPDX-License-Identifier: MIT
/*
 * How an engine stops: hang, STOP_RING, the reset handshake, GDRST.
 *
 * GDRST acts at once: its bits read as 0. It takes the engine's registers to their reset values and
 * empties its queue and its TLB, whatever the engine does; the handshake through RESET_CTL is
 * accepted (ready follows request immediately) but not demanded. Interrupt, display, MOCS, PAT,
 * fence and GGTT state survives, as drivers count on (Linux 4.19 intel_uncore.c, gvt/handlers.c).
 */
#include <errno.h>

#include "hw-model/gen9_private.h"

void gen9_engine_set_busy(struct gen9_engine *engine, bool busy)
{
	if (engine->busy_since_ps != EXEC_NEVER)
		engine->stats.busy_ps += gen9_now(engine) - engine->busy_since_ps;
	engine->busy_since_ps = busy ? gen9_now(engine) : EXEC_NEVER;
}

int gen9_engine_hang(struct gen9_engine *engine, uint64_t address)
{
	uint32_t header = *gen9_engine_reg(engine, RING_IPEHR);

	engine->stats.hangs++;
	gen9_engine_set_busy(engine, false);
	trace_emit(engine->gpu->m, TRACE_ENGINE_HANG, engine->id, header, address);
	gen9_engine_interrupt(engine, GT_CS_ERROR_INTERRUPT);
	return -EIO;
}

bool gen9_engine_blocked(struct gen9_engine *engine)
{
	return (*gen9_engine_reg(engine, RING_MI_MODE) & MI_MODE_STOP_RING) ||
	       (*gen9_engine_reg(engine, RING_RESET_CTL) & RESET_CTL_REQUEST);
}

static void wake(struct gen9_engine *engine)
{
	exec_wake_all(gen9_executor(engine->gpu), &engine->wake, gen9_now(engine));
}

static void reset_engine(struct gen9_engine *engine)
{
	for (size_t i = 0; i < gen9_engine_reg_count; i++)
		*gen9_engine_reg(engine, gen9_engine_regs[i].offset) = gen9_engine_regs[i].reset;
	gen9_execlists_reset(engine);
	gen9_tlb_invalidate(&engine->tlb, GEN9_SPACE_GGTT);
	gen9_tlb_invalidate(&engine->tlb, GEN9_SPACE_PPGTT);
	gen9_engine_set_busy(engine, false);
	trace_emit(engine->gpu->m, TRACE_ENGINE_RESET, engine->id);
	engine->reset_count++;
	wake(engine);
}

void gen9_gdrst_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	for (size_t i = 0; i < GEN9_ENGINE_COUNT; i++)
		if (value & (GDRST_FULL | 1u << gen9_engines[i].gdrst_bit))
			reset_engine(&gpu->engines[i]);
}

void gen9_reset_ctl_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	struct gen9_engine *engine = &gpu->engines[gen9_engine_at(offset)];
	uint32_t *reg = gen9_reg(gpu, offset);
	bool request = gen9_masked(*reg, value) & RESET_CTL_REQUEST;

	*reg = request ? RESET_CTL_REQUEST | RESET_CTL_READY : 0;
	wake(engine);
}

uint32_t gen9_mi_mode_read(struct gen9_gpu *gpu, uint32_t offset)
{
	const struct gen9_engine *engine = &gpu->engines[gen9_engine_at(offset)];
	bool idle = !engine->active || engine->halted;

	return (*gen9_reg(gpu, offset) & ~MI_MODE_IDLE) | (idle ? MI_MODE_IDLE : 0);
}

void gen9_mi_mode_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	*gen9_reg(gpu, offset) = gen9_masked(*gen9_reg(gpu, offset), value);
	wake(&gpu->engines[gen9_engine_at(offset)]);
}
