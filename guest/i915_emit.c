// SPDX-License-Identifier: MIT
/*
 * A request's commands in the ring: invalidate caches, start the batch, flush, store the
 * breadcrumb, interrupt; then two dwords for a later lite restore.
 *
 * Arbitration is on while the batch runs and again at the end; otherwise the engine would never
 * switch contexts. The batch runs in the context's PPGTT if that is where it is bound (bit 8 of
 * its start command).
 *
 * Source: Linux 4.19 intel_lrc.c (gen8_emit_flush*, gen8_emit_bb_start, gen8_emit_breadcrumb*).
 */
#include "guest/i915_internal.h"
#include "hw-model/regs/gen9_commands.h"

/* PIPE_CONTROL flags that only the driver cares about. */
#define PC_DEPTH_FLUSH            (1u << 0)
#define PC_STATE_INVALIDATE       (1u << 2)
#define PC_CONSTANT_INVALIDATE    (1u << 3)
#define PC_VF_INVALIDATE          (1u << 4)
#define PC_TEXTURE_INVALIDATE     (1u << 10)
#define PC_INSTRUCTION_INVALIDATE (1u << 11)

#define PC_FLUSH                                                                                   \
	(PIPE_CONTROL_CS_STALL | PIPE_CONTROL_RT_FLUSH | PC_DEPTH_FLUSH | PIPE_CONTROL_DC_FLUSH |  \
	 PIPE_CONTROL_FLUSH_ENABLE)
#define PC_INVALIDATE                                                                              \
	(PIPE_CONTROL_CS_STALL | PIPE_CONTROL_TLB_INVALIDATE | PC_INSTRUCTION_INVALIDATE |         \
	 PC_TEXTURE_INVALIDATE | PC_VF_INVALIDATE | PC_CONSTANT_INVALIDATE | PC_STATE_INVALIDATE | \
	 PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT)
#define PC_BREADCRUMB (PIPE_CONTROL_CS_STALL | PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT)

#define FLUSH_DW_VIDEO_INVALIDATE (1u << 7)

#define SCRATCH_OFFSET 128u /* in the scratch page: two cache lines in */

#define PIPE_CONTROL_DWORDS 6u
#define PIPE_CONTROL_VALUE  4u /* dword of what is stored, as below */
#define FLUSH_DW_DWORDS     4u
#define FLUSH_DW_VALUE      3u
#define BATCH_START_DWORDS  6u
#define END_DWORDS          4u /* user interrupt, arbitration, and the two of a lite restore */

#define BREADCRUMB_DWORDS_RCS   (PIPE_CONTROL_DWORDS + END_DWORDS)
#define BREADCRUMB_DWORDS_OTHER (FLUSH_DW_DWORDS + END_DWORDS)

#define REQUEST_DWORDS_RCS   (4 * PIPE_CONTROL_DWORDS + BATCH_START_DWORDS + END_DWORDS)
#define REQUEST_DWORDS_OTHER (3 * FLUSH_DW_DWORDS + BATCH_START_DWORDS + END_DWORDS)

/* RING_TAIL has qword granularity, with and without the two last dwords. */
static_assert(REQUEST_DWORDS_RCS % 2 == 0, "the tail lies on a qword");
static_assert(REQUEST_DWORDS_OTHER % 2 == 0, "the tail lies on a qword");

size_t i915_request_dwords(enum gen9_engine_id engine)
{
	return engine == GEN9_RCS0 ? REQUEST_DWORDS_RCS : REQUEST_DWORDS_OTHER;
}

static uint32_t *emit_pipe_control(uint32_t *cs, uint32_t flags, uint64_t gma, uint32_t value)
{
	*cs++ = PIPE_CONTROL;
	*cs++ = flags;
	*cs++ = (uint32_t)gma;
	*cs++ = (uint32_t)(gma >> 32);
	*cs++ = value;
	*cs++ = 0;
	return cs;
}

static uint32_t *emit_flush_dw(uint32_t *cs, uint32_t flags, uint32_t address, uint32_t value)
{
	*cs++ = MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD | flags;
	*cs++ = address | MI_FLUSH_DW_GGTT;
	*cs++ = 0;
	*cs++ = value;
	return cs;
}

static uint32_t *emit_invalidate(uint32_t *cs, const struct i915_engine *engine)
{
	uint32_t flags = MI_FLUSH_DW_INDEX | MI_FLUSH_DW_TLB;

	if (engine->id == GEN9_RCS0) {
		/* Gen9 wants an empty one before the vertex fetch cache is invalidated. */
		cs = emit_pipe_control(cs, 0, 0, 0);
		return emit_pipe_control(cs, PC_INVALIDATE,
					 i915_buffer_gma(&engine->i915->scratch) + SCRATCH_OFFSET,
					 0);
	}
	if (engine->id == GEN9_VCS0 || engine->id == GEN9_VCS1)
		flags |= FLUSH_DW_VIDEO_INVALIDATE;
	return emit_flush_dw(cs, flags, HWSP_SCRATCH_BYTE, 0);
}

static uint32_t *emit_flush(uint32_t *cs, const struct i915_engine *engine)
{
	if (engine->id == GEN9_RCS0)
		return emit_pipe_control(
			cs, PC_FLUSH, i915_buffer_gma(&engine->i915->scratch) + SCRATCH_OFFSET, 0);
	return emit_flush_dw(cs, MI_FLUSH_DW_INDEX, HWSP_SCRATCH_BYTE, 0);
}

static uint32_t *emit_batch_start(uint32_t *cs, uint64_t gma, bool in_ppgtt)
{
	*cs++ = MI_ARB_ON_OFF | MI_ARB_ENABLE;
	*cs++ = MI_BATCH_BUFFER_START | (in_ppgtt ? MI_BATCH_PPGTT : 0);
	*cs++ = (uint32_t)gma;
	*cs++ = (uint32_t)(gma >> 32);
	*cs++ = MI_ARB_ON_OFF;
	*cs++ = MI_NOOP;
	return cs;
}

/* In the batch start's place, and as long. */
static uint32_t *emit_misuse(uint32_t *cs, const struct i915_request *rq)
{
	uint64_t foreign = i915_ggtt_foreign_page(&rq->engine->i915->ggtt);
	uint32_t *end = cs + BATCH_START_DWORDS;

	switch (rq->misuse) {
	case I915_MISUSE_COMMAND:
		*cs++ = MI_UPDATE_GTT;
		*cs++ = (uint32_t)foreign;
		*cs++ = 0;
		break;
	case I915_MISUSE_REGISTER:
		*cs++ = MI_LOAD_REGISTER_IMM(1);
		*cs++ = rq->engine->info->mmio_base + RING_HWS_PGA;
		*cs++ = (uint32_t)foreign;
		break;
	default:
		*cs++ = MI_STORE_DATA_IMM | MI_USE_GGTT;
		*cs++ = (uint32_t)foreign;
		*cs++ = (uint32_t)(foreign >> 32);
		*cs++ = rq->seqno;
		break;
	}
	while (cs < end)
		*cs++ = MI_NOOP;
	return cs;
}

static uint32_t *emit_payload(uint32_t *cs, const struct i915_request *rq)
{
	switch (rq->misuse) {
	case I915_MISUSE_COMMAND:
	case I915_MISUSE_REGISTER:
	case I915_MISUSE_STORE_ADDRESS:
		return emit_misuse(cs, rq);
	default:
		return emit_batch_start(cs, rq->batch_gma, rq->batch_in_ppgtt);
	}
}

static uint32_t *emit_breadcrumb(uint32_t *cs, const struct i915_request *rq, uint32_t **seqno_slot)
{
	uint64_t gma = i915_buffer_gma(&rq->engine->hwsp) + HWSP_SEQNO_DWORD * 4;

	if (rq->engine->id == GEN9_RCS0) {
		*seqno_slot = cs + PIPE_CONTROL_VALUE;
		cs = emit_pipe_control(cs, PC_BREADCRUMB, gma, 0);
	} else {
		*seqno_slot = cs + FLUSH_DW_VALUE;
		cs = emit_flush_dw(cs, 0, (uint32_t)gma, 0);
	}
	*cs++ = MI_USER_INTERRUPT;
	*cs++ = MI_ARB_ON_OFF | MI_ARB_ENABLE;
	*cs++ = MI_ARB_CHECK;
	*cs++ = MI_NOOP;
	return cs;
}

uint32_t *i915_request_emit(const struct i915_request *rq, uint32_t *cs)
{
	const uint32_t *start = cs;
	uint32_t *seqno_slot;

	cs = emit_invalidate(cs, rq->engine);
	cs = emit_payload(cs, rq);
	cs = emit_flush(cs, rq->engine);
	cs = emit_breadcrumb(cs, rq, &seqno_slot);
	I915_BUG_ON(rq->engine->i915->plat,
		    (size_t)(cs - start) != i915_request_dwords(rq->engine->id));
	return seqno_slot;
}

void i915_request_skip(const struct i915_request *rq)
{
	bool rcs = rq->engine->id == GEN9_RCS0;
	size_t breadcrumb = rcs ? BREADCRUMB_DWORDS_RCS : BREADCRUMB_DWORDS_OTHER;
	size_t count = i915_request_dwords(rq->engine->id) - breadcrumb;
	uint32_t *cs = rq->seqno_slot - (rcs ? PIPE_CONTROL_VALUE : FLUSH_DW_VALUE) - count;

	for (size_t i = 0; i < count; i++)
		cs[i] = MI_NOOP;
}
