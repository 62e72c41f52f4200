// SPDX-License-Identifier: MIT
/*
 * The logical ring context image.
 *
 * Restore executes the MI_LOAD_REGISTER_IMM lists of the register state page. The ring and page
 * table registers are restored always, the rest (RCS: R_PWR_CLK_STATE) and the engine's opaque
 * pages only without restore inhibit. The opaque pages hold nothing the model needs; they must be
 * mapped and they cost time.
 *
 * Page table roots that differ from those before end all translations of the engine's PPGTT, and so
 * does the descriptor's bit that forces their restore. With that bit a lite restore, which takes
 * but the new tail otherwise, takes the roots as well.
 *
 * Two batches may belong to a restore, both in the GGTT (Linux uses them on RCS for workarounds):
 * INDIRECT_CTX, so many cache lines of commands, and after it BB_PER_CTX_PTR. When in the course of
 * the restore the first one runs (INDIRECT_CTX_OFFSET) makes no difference here.
 *
 * Save writes back what an engine changes: head, batch positions, timestamp, power state, and a
 * CONTEXT_CONTROL without restore inhibit, because there is a state to restore from then on. It
 * does not write the tail or the page table roots: Linux 4.19 (intel_lrc.c) stores new ones into
 * the image of a running context before it submits again, which could not work otherwise.
 *
 * A context whose ring is not valid, or whose head or tail lies outside of it, hangs the engine
 * (assumed; hardware would run through stale commands).
 */
#include <errno.h>
#include <string.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"

#define RING_LISTS_DWORDS   0x34u /* end of the second list */
#define STATE_DWORDS        0x44u /* end of the third */
#define FIRST_OPAQUE_PAGE   2u
#define CONTROL_BITS        0xfu
#define CTRL_SAVE_INHIBIT   (1u << 2)
#define BATCH_ADDR_VALID    1u
#define LRI_OPCODE          0x22u
#define BATCH_END_OPCODE    0x0au
#define LRI_PAIRS(header)   (((header & 0xffu) + 1u) / 2u)
#define REGISTER_MASK       0x7ffffcu
#define INDIRECT_LINES_MASK 0x3fu
#define CACHE_LINE_BYTES    64u
#define PER_CTX_VALID       1u
#define ROOT_DWORDS         8u /* four PDP registers of 64 bits */

/* Rows: dword index of the value in the state page, register. RCS rows come last. */
static const struct {
	uint8_t index;
	bool rcs_only;
	uint32_t offset; /* from the engine's base */
} saved[] = {
	{CTX_RING_HEAD + 1,        false, RING_HEAD                },
	{ CTX_BB_ADDR_UDW + 1,     false, RING_BB_ADDR_UDW         },
	{ CTX_BB_ADDR_LDW + 1,     false, RING_BB_ADDR             },
	{ CTX_BB_STATE + 1,        false, RING_BB_STATE            },
	{ CTX_SBB_ADDR_UDW + 1,    false, RING_SBB_ADDR_UDW        },
	{ CTX_SBB_ADDR_LDW + 1,    false, RING_SBB_ADDR            },
	{ CTX_SBB_STATE + 1,       false, RING_SBB_STATE           },
	{ CTX_TIMESTAMP + 1,       false, RING_CTX_TIMESTAMP       },
	{ CTX_R_PWR_CLK_STATE + 1, true,  R_PWR_CLK_STATE - 0x2000u},
};

static uint64_t image_address(const struct gen9_engine *engine, unsigned page)
{
	return (engine->descriptor & CTX_DESC_LRCA_MASK) + page * PAGE_SIZE;
}

static bool is_inhibited(struct gen9_engine *engine, uint32_t bit)
{
	return *gen9_engine_reg(engine, RING_CONTEXT_CONTROL) & bit;
}

/* Execute the lists in [from, to) of the state page. */
static int load_registers(struct gen9_engine *engine, const uint32_t *state, unsigned from,
			  unsigned to)
{
	uint64_t page = image_address(engine, LRC_STATE_PAGE);

	for (unsigned i = from; i < to;) {
		uint32_t header = state[i];
		unsigned end = i + 1u + 2u * LRI_PAIRS(header);

		if (header == MI_NOOP) {
			i++;
			continue;
		}
		if (CMD_CLIENT(header) == CMD_CLIENT_MI && MI_OPCODE(header) == BATCH_END_OPCODE)
			return 0;
		*gen9_engine_reg(engine, RING_IPEHR) = header;
		if (CMD_CLIENT(header) != CMD_CLIENT_MI || MI_OPCODE(header) != LRI_OPCODE ||
		    end > to)
			return gen9_engine_hang(engine, page + i * 4u);
		for (i++; i < end; i += 2u) {
			uint32_t offset = state[i] & REGISTER_MASK;

			if (offset < GEN9_MMIO_SIZE_BYTES)
				gen9_mmio_write32(engine->gpu, offset, state[i + 1u]);
		}
	}
	return 0;
}

static int spend_opaque_pages(struct gen9_engine *engine)
{
	unsigned pages = engine->info->context_pages;
	int rc = gen9_engine_spend(engine, (pages - FIRST_OPAQUE_PAGE) *
						   gen9_param(engine, HW_CONTEXT_PAGE));

	if (!rc)
		rc = gen9_engine_sync(engine);
	for (unsigned page = FIRST_OPAQUE_PAGE; !rc && page < pages; page++) {
		uint8_t probe;

		rc = gen9_engine_read(engine, GEN9_SPACE_GGTT, image_address(engine, page), &probe,
				      sizeof(probe));
	}
	return rc;
}

static int check_ring(struct gen9_engine *engine)
{
	uint32_t ctl = *gen9_engine_reg(engine, RING_CTL);
	uint32_t size = (ctl & RING_CTL_SIZE_MASK) + (uint32_t)PAGE_SIZE;

	if ((ctl & RING_CTL_VALID) &&
	    (*gen9_engine_reg(engine, RING_HEAD) & RING_HEAD_MASK) < size &&
	    (*gen9_engine_reg(engine, RING_TAIL) & RING_TAIL_MASK) < size)
		return 0;
	return gen9_engine_hang(engine, image_address(engine, LRC_STATE_PAGE));
}

static uint64_t batch_position(struct gen9_engine *engine, uint32_t low, uint32_t high)
{
	return (uint64_t)*gen9_engine_reg(engine, high) << 32 |
	       (*gen9_engine_reg(engine, low) & ~3u);
}

static enum gen9_space batch_space(struct gen9_engine *engine, uint32_t state)
{
	return *gen9_engine_reg(engine, state) & RING_BB_PPGTT ? GEN9_SPACE_PPGTT : GEN9_SPACE_GGTT;
}

/* Go on in the batch that the context was preempted in. */
static void restore_stream(struct gen9_engine *engine)
{
	bool first = *gen9_engine_reg(engine, RING_BB_ADDR) & BATCH_ADDR_VALID;
	bool second = first && (*gen9_engine_reg(engine, RING_SBB_ADDR) & BATCH_ADDR_VALID);

	engine->stream = (struct gen9_stream){
		.level = (unsigned)first + (unsigned)second,
		.batch = {batch_position(engine, RING_BB_ADDR, RING_BB_ADDR_UDW),
                          batch_position(engine,                                        RING_SBB_ADDR, RING_SBB_ADDR_UDW) },
		.space = { batch_space(engine,   RING_BB_STATE),
                          batch_space(engine,             RING_SBB_STATE)},
	};
}

static void save_stream(struct gen9_engine *engine)
{
	static const struct {
		uint32_t low, high, state;
	} regs[2] = {
		{RING_BB_ADDR,   RING_BB_ADDR_UDW,  RING_BB_STATE },
		{ RING_SBB_ADDR, RING_SBB_ADDR_UDW, RING_SBB_STATE},
	};

	for (unsigned i = 0; i < 2u; i++) {
		uint64_t at = engine->stream.batch[i];
		bool inside = engine->stream.level > i;

		*gen9_engine_reg(engine, regs[i].low) = (uint32_t)at |
							(inside ? BATCH_ADDR_VALID : 0);
		*gen9_engine_reg(engine, regs[i].high) = (uint32_t)(at >> 32);
		if (inside)
			*gen9_engine_reg(engine, regs[i].state) =
				engine->stream.space[i] == GEN9_SPACE_PPGTT ? RING_BB_PPGTT : 0;
	}
}

static int run_restore_batches(struct gen9_engine *engine)
{
	uint32_t indirect = *gen9_engine_reg(engine, RING_INDIRECT_CTX);
	uint32_t per_context = *gen9_engine_reg(engine, RING_BB_PER_CTX_PTR);
	uint64_t start = indirect & ~INDIRECT_LINES_MASK;
	uint64_t bytes = (indirect & INDIRECT_LINES_MASK) * (uint64_t)CACHE_LINE_BYTES;
	int rc = 0;

	if (bytes)
		rc = gen9_engine_run_batch(engine, start, start + bytes);
	if (!rc && (per_context & PER_CTX_VALID))
		rc = gen9_engine_run_batch(engine, per_context & ~(uint32_t)PAGE_MASK, 0);
	return rc;
}

static int check_descriptor(struct gen9_engine *engine)
{
	uint64_t mode = (engine->descriptor & CTX_DESC_MODE_MASK) >> CTX_DESC_MODE_SHIFT;

	if (mode == CTX_DESC_MODE_LEGACY_32B || mode == CTX_DESC_MODE_LEGACY_64B)
		return 0;
	return gen9_engine_hang(engine, image_address(engine, 0));
}

static void get_roots(struct gen9_engine *engine, uint32_t roots[ROOT_DWORDS])
{
	for (unsigned i = 0; i < ROOT_DWORDS; i++)
		roots[i] = *gen9_engine_reg(engine, RING_PDP_LDW(0) + 4u * i);
}

/* The first two lists: what every load takes. */
static int load_ring_and_roots(struct gen9_engine *engine, const uint32_t *state)
{
	uint32_t before[ROOT_DWORDS], now[ROOT_DWORDS];
	int rc;

	get_roots(engine, before);
	rc = load_registers(engine, state, 0, RING_LISTS_DWORDS);
	get_roots(engine, now);
	if ((engine->descriptor & CTX_DESC_FORCE_PD_RESTORE) || memcmp(before, now, sizeof(now)))
		gen9_tlb_invalidate(&engine->tlb, GEN9_SPACE_PPGTT);
	return rc;
}

int gen9_context_load(struct gen9_engine *engine)
{
	uint32_t state[STATE_DWORDS];
	unsigned to = engine->id == GEN9_RCS0 ? STATE_DWORDS : RING_LISTS_DWORDS;
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_CONTEXT_LOAD));

	*gen9_engine_reg(engine, RING_IPEHR) = 0;
	if (!rc)
		rc = gen9_engine_sync(engine);
	if (!rc)
		rc = check_descriptor(engine);
	if (!rc)
		rc = gen9_engine_read(engine, GEN9_SPACE_GGTT,
				      image_address(engine, LRC_STATE_PAGE), state, to * 4u);
	if (!rc)
		rc = load_ring_and_roots(engine, state);
	if (!rc && !is_inhibited(engine, CTX_CTRL_RESTORE_INHIBIT)) {
		rc = load_registers(engine, state, RING_LISTS_DWORDS, to);
		if (!rc)
			rc = spend_opaque_pages(engine);
	}
	if (!rc)
		rc = check_ring(engine);
	if (rc)
		return rc;
	restore_stream(engine);
	rc = run_restore_batches(engine);
	engine->arbitration = true;
	engine->semaphore_poll = false;
	engine->repeats_since_ps = EXEC_NEVER;
	engine->loaded_ps = gen9_now(engine);
	engine->stats.contexts_run++;
	return rc;
}

static int store_image(struct gen9_engine *engine, unsigned index, uint32_t value)
{
	return gen9_engine_write(engine, GEN9_SPACE_GGTT,
				 image_address(engine, LRC_STATE_PAGE) + index * 4u, &value,
				 sizeof(value));
}

int gen9_context_save(struct gen9_engine *engine)
{
	uint64_t ran_ps = gen9_now(engine) - engine->loaded_ps;
	uint32_t control;
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_CONTEXT_SAVE));

	if (!rc && !is_inhibited(engine, CTRL_SAVE_INHIBIT))
		rc = spend_opaque_pages(engine);
	if (!rc)
		rc = gen9_engine_sync(engine);
	if (rc)
		return rc;
	*gen9_engine_reg(engine, RING_CTX_TIMESTAMP) += (uint32_t)gen9_ticks(ran_ps);
	save_stream(engine);
	control = *gen9_engine_reg(engine, RING_CONTEXT_CONTROL) & CONTROL_BITS &
		  ~CTX_CTRL_RESTORE_INHIBIT;
	rc = store_image(engine, CTX_CONTEXT_CONTROL + 1u, CONTROL_BITS << 16 | control);
	for (size_t i = 0; !rc && i < sizeof(saved) / sizeof(saved[0]); i++)
		if (!saved[i].rcs_only || engine->id == GEN9_RCS0)
			rc = store_image(engine, saved[i].index,
					 *gen9_engine_reg(engine, saved[i].offset));
	return rc;
}

static int restore_roots(struct gen9_engine *engine)
{
	uint32_t list[2u * ROOT_DWORDS]; /* offset, value */
	int rc = gen9_engine_read(engine, GEN9_SPACE_GGTT,
				  image_address(engine, LRC_STATE_PAGE) + CTX_PDP3_UDW * 4u, list,
				  sizeof(list));

	if (rc)
		return rc;
	for (unsigned n = 0; n < ROOT_DWORDS / 2u; n++) {
		unsigned udw = CTX_PDP0_UDW - CTX_PDP3_UDW - 4u * n + 1u;

		*gen9_engine_reg(engine, RING_PDP_UDW(n)) = list[udw];
		*gen9_engine_reg(engine, RING_PDP_LDW(n)) = list[udw + 2u];
	}
	gen9_tlb_invalidate(&engine->tlb, GEN9_SPACE_PPGTT);
	return 0;
}

int gen9_context_lite_restore(struct gen9_engine *engine, bool with_roots)
{
	uint32_t tail;
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_LITE_RESTORE));

	if (!rc)
		rc = gen9_engine_sync(engine);
	if (!rc && with_roots)
		rc = restore_roots(engine);
	if (!rc)
		rc = gen9_engine_read(engine, GEN9_SPACE_GGTT,
				      image_address(engine, LRC_STATE_PAGE) +
					      (CTX_RING_TAIL + 1u) * 4u,
				      &tail, sizeof(tail));
	if (rc)
		return rc;
	*gen9_engine_reg(engine, RING_TAIL) = tail;
	engine->stats.contexts_run++;
	return check_ring(engine);
}
