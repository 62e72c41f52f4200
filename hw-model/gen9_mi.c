// SPDX-License-Identifier: MIT
/*
 * MI commands: flow of control, arbitration, stores, register moves, semaphores, interrupts.
 *
 * A semaphore that does not hold keeps the engine where it is (as with "inhibit synchronous context
 * switch", which Linux sets in every context): in poll mode it is read again after the poll
 * interval, in signal mode after MI_SEMAPHORE_SIGNAL. The unit of SEMA_WAIT_POLL is not known; it
 * is taken as microseconds, at least one.
 *
 * A PPGTT batch is not privileged: its register writes reach only what FORCE_TO_NONPRIV names, its
 * stores to the GGTT nothing; such commands are no-ops. Register reads are not restricted.
 *
 * Source: Linux 4.19 intel_gpu_commands.h, intel media-driver mhw_mi_hwcmd_g9_X.h.
 */
#include <errno.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_commands.h"

#define NOOP_ID_MASK       0x3fffffu
#define REGISTER_MASK      0x7ffffcu
#define NONPRIV_SLOTS      12u
#define NONPRIV_MASK       0x3fffffcu
#define STORE_QWORD        (1u << 21)
#define INDEX_PER_PROCESS  (1u << 21)
#define COPY_GGTT_DEST     (1u << 21)
#define COPY_GGTT_SOURCE   (1u << 22)
#define SEMAPHORE_POLL     (1u << 15)
#define SEMAPHORE_REGISTER (1u << 16)
#define SEMAPHORE_OP(dw)   ((dw) >> 12 & 7u)
#define SIGNAL_TARGET(dw)  ((dw) >> 15 & 7u)
#define INDEX_MASK         0xffcu
#define LONGEST_REPEAT_PS  PS_PER_MS

static int mi_noop(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc;

	if (!(dw[0] & MI_NOOP_WRITE_ID))
		return 0;
	rc = gen9_engine_sync(engine);
	if (!rc)
		*gen9_engine_reg(engine, RING_NOPID) = dw[0] & NOOP_ID_MASK;
	return rc;
}

static int mi_user_interrupt(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc = gen9_engine_sync(engine);

	if (!rc)
		gen9_engine_interrupt(engine, GT_USER_INTERRUPT);
	return rc;
}

/* The main loop looks for a pending execlist before the next command anyway. */
static int mi_arb_check(struct gen9_engine *engine, const uint32_t *dw)
{
	return 0;
}

static int mi_arb_on_off(struct gen9_engine *engine, const uint32_t *dw)
{
	engine->arbitration = dw[0] & MI_ARB_ENABLE;
	return 0;
}

/* ---- batches ---- */

/*
 * A command that jumps to itself goes on for ever, until somebody stores another one over it: that
 * is how programs hang an engine on purpose. It is repeated at growing intervals, as long again as
 * it has gone on but no more than a millisecond: so its end is noticed that much late, and a hang
 * of seconds costs nothing.
 */
static int repeat_jump(struct gen9_engine *engine)
{
	uint64_t now_ps = gen9_now(engine);
	uint64_t interval_ps;

	if (engine->repeats_since_ps == EXEC_NEVER)
		engine->repeats_since_ps = now_ps;
	interval_ps = now_ps - engine->repeats_since_ps;
	engine->retry_ps = now_ps +
			   (interval_ps < LONGEST_REPEAT_PS ? interval_ps : LONGEST_REPEAT_PS);
	return -EAGAIN;
}

/*
 * From the ring into the first level; from a batch on to another one of its level, or with the
 * second-level bit from the first level to the second, whose end returns. Out of a PPGTT batch no
 * way leads into the GGTT: taken as an error, as is a second-level bit anywhere else.
 */
static int mi_batch_buffer_start(struct gen9_engine *engine, const uint32_t *dw)
{
	struct gen9_stream *stream = &engine->stream;
	enum gen9_space space = dw[0] & MI_BATCH_PPGTT ? GEN9_SPACE_PPGTT : GEN9_SPACE_GGTT;
	bool second_level = dw[0] & MI_BATCH_SECOND_LEVEL;

	if (second_level && stream->level != 1)
		return gen9_engine_hang(engine, engine->command_address);
	if (stream->level && stream->space[stream->level - 1u] == GEN9_SPACE_PPGTT &&
	    space == GEN9_SPACE_GGTT)
		return gen9_engine_hang(engine, engine->command_address);
	if (stream->level == 0 || second_level)
		stream->level++;
	else if (stream->space[stream->level - 1u] == space &&
		 gen9_address(dw[1], dw[2], 4) == engine->command_address)
		return repeat_jump(engine);
	stream->batch[stream->level - 1u] = gen9_address(dw[1], dw[2], 4);
	stream->space[stream->level - 1u] = space;
	return 0;
}

static int mi_batch_buffer_end(struct gen9_engine *engine, const uint32_t *dw)
{
	if (engine->stream.level == 0)
		return gen9_engine_hang(engine, engine->command_address);
	engine->stream.level--;
	return 0;
}

/* ---- stores ---- */

static int mi_store_data_imm(struct gen9_engine *engine, const uint32_t *dw)
{
	bool qword = dw[0] & STORE_QWORD;
	enum gen9_space space;

	if (engine->command_dwords != (qword ? 5u : 4u))
		return gen9_engine_hang(engine, engine->command_address);
	if (!gen9_operand_space(engine, dw[0] & MI_USE_GGTT, &space))
		return 0;
	return gen9_engine_store(engine, space, gen9_address(dw[1], dw[2], 4),
				 qword ? (uint64_t)dw[4] << 32 | dw[3] : dw[3], qword ? 8 : 4);
}

static int mi_store_data_index(struct gen9_engine *engine, const uint32_t *dw)
{
	bool global = !(dw[0] & INDEX_PER_PROCESS);
	enum gen9_space space;
	uint64_t gma;

	if (!gen9_operand_space(engine, global, &space))
		return 0;
	gma = gen9_status_page_address(engine, global, dw[1] & INDEX_MASK);
	return gen9_engine_store(engine, GEN9_SPACE_GGTT, gma, dw[2], 4);
}

static int mi_copy_mem_mem(struct gen9_engine *engine, const uint32_t *dw)
{
	enum gen9_space to, from;
	uint32_t value;
	int rc;

	if (!gen9_operand_space(engine, dw[0] & COPY_GGTT_DEST, &to) ||
	    !gen9_operand_space(engine, dw[0] & COPY_GGTT_SOURCE, &from))
		return 0;
	rc = gen9_engine_sync(engine);
	if (!rc)
		rc = gen9_engine_read(engine, from, gen9_address(dw[3], dw[4], 4), &value,
				      sizeof(value));
	if (!rc)
		rc = gen9_engine_store(engine, to, gen9_address(dw[1], dw[2], 4), value, 4);
	return rc;
}

static int flush_post_sync(struct gen9_engine *engine, const uint32_t *dw)
{
	bool ggtt = dw[1] & MI_FLUSH_DW_GGTT;
	uint64_t gma = gen9_address(dw[1], dw[2], 8);
	enum gen9_space space;

	if (!gen9_operand_space(engine, ggtt, &space))
		return 0;
	if (dw[0] & MI_FLUSH_DW_INDEX) {
		gma = gen9_status_page_address(engine, ggtt, (uint32_t)gma);
		space = GEN9_SPACE_GGTT;
	}
	switch (POST_SYNC_OP(dw[0])) {
	case POST_SYNC_IMMEDIATE:
		if (engine->command_dwords == 5)
			return gen9_engine_store(engine, space, gma, (uint64_t)dw[4] << 32 | dw[3],
						 8);
		return gen9_engine_store(engine, space, gma, dw[3], 4);
	case POST_SYNC_TIMESTAMP:
		return gen9_engine_store(engine, space, gma, gen9_timestamp(engine->gpu), 8);
	default:
		return gen9_engine_hang(engine, engine->command_address);
	}
}

static int mi_flush_dw(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc = 0;

	if (dw[0] & MI_FLUSH_DW_TLB)
		gen9_tlb_invalidate(&engine->tlb, GEN9_SPACE_PPGTT);
	if (POST_SYNC_OP(dw[0]) != POST_SYNC_NONE)
		rc = flush_post_sync(engine, dw);
	if (!rc)
		rc = gen9_engine_sync(engine);
	if (!rc && (dw[0] & MI_FLUSH_DW_NOTIFY))
		gen9_engine_interrupt(engine, GT_FLUSH_NOTIFY_INTERRUPT);
	return rc;
}

/* ---- registers ---- */

static bool may_write_register(struct gen9_engine *engine, uint32_t offset)
{
	enum gen9_space space;

	if (offset >= GEN9_MMIO_SIZE_BYTES)
		return false;
	if (gen9_operand_space(engine, true, &space))
		return true;
	for (unsigned i = 0; i < NONPRIV_SLOTS; i++)
		if ((*gen9_engine_reg(engine, RING_FORCE_TO_NONPRIV(i)) & NONPRIV_MASK) == offset)
			return true;
	return false;
}

static void write_register(struct gen9_engine *engine, uint32_t offset, uint32_t value)
{
	offset &= REGISTER_MASK;
	if (may_write_register(engine, offset))
		gen9_mmio_write32(engine->gpu, offset, value);
}

static uint32_t read_register(struct gen9_engine *engine, uint32_t offset)
{
	offset &= REGISTER_MASK;
	return offset < GEN9_MMIO_SIZE_BYTES ? gen9_mmio_read32(engine->gpu, offset) : 0;
}

static int mi_load_register_imm(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc;

	if (engine->command_dwords % 2u == 0)
		return gen9_engine_hang(engine, engine->command_address);
	rc = gen9_engine_sync(engine);
	for (unsigned i = 1; !rc && i < engine->command_dwords; i += 2)
		write_register(engine, dw[i], dw[i + 1]);
	return rc;
}

static int mi_load_register_reg(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc = gen9_engine_sync(engine);

	if (!rc)
		write_register(engine, dw[2], read_register(engine, dw[1]));
	return rc;
}

static int mi_load_register_mem(struct gen9_engine *engine, const uint32_t *dw)
{
	enum gen9_space space;
	uint32_t value;
	int rc;

	if (!gen9_operand_space(engine, dw[0] & MI_USE_GGTT, &space))
		return 0;
	rc = gen9_engine_sync(engine);
	if (!rc)
		rc = gen9_engine_read(engine, space, gen9_address(dw[2], dw[3], 4), &value,
				      sizeof(value));
	if (!rc)
		write_register(engine, dw[1], value);
	return rc;
}

static int mi_store_register_mem(struct gen9_engine *engine, const uint32_t *dw)
{
	enum gen9_space space;
	int rc;

	if (!gen9_operand_space(engine, dw[0] & MI_USE_GGTT, &space))
		return 0;
	rc = gen9_engine_sync(engine);
	if (!rc)
		rc = gen9_engine_store(engine, space, gen9_address(dw[2], dw[3], 4),
				       read_register(engine, dw[1]), 4);
	return rc;
}

/* ---- semaphores ---- */

enum { SAD_GT_SDD, SAD_GE_SDD, SAD_LT_SDD, SAD_LE_SDD, SAD_EQ_SDD, SAD_NE_SDD };

/* sad: the value in memory or register; sdd: the one in the command. 1, 0, or -EINVAL. */
static int compare(unsigned op, uint32_t sad, uint32_t sdd)
{
	switch (op) {
	case SAD_GT_SDD:
		return sad > sdd;
	case SAD_GE_SDD:
		return sad >= sdd;
	case SAD_LT_SDD:
		return sad < sdd;
	case SAD_LE_SDD:
		return sad <= sdd;
	case SAD_EQ_SDD:
		return sad == sdd;
	case SAD_NE_SDD:
		return sad != sdd;
	default:
		return -EINVAL;
	}
}

static uint64_t poll_interval_ps(struct gen9_engine *engine)
{
	uint32_t us = *gen9_engine_reg(engine, RING_SEMA_WAIT_POLL) & 0x1fffffu;

	return (us ? us : 1u) * PS_PER_US;
}

static int read_semaphore(struct gen9_engine *engine, const uint32_t *dw, uint32_t *value)
{
	enum gen9_space space;

	if (dw[0] & SEMAPHORE_REGISTER) {
		*value = read_register(engine, dw[2]);
		return 0;
	}
	/* A wait cannot be made a no-op: without the privilege it is an error. */
	if (!gen9_operand_space(engine, dw[0] & MI_USE_GGTT, &space))
		return gen9_engine_hang(engine, engine->command_address);
	return gen9_engine_read(engine, space, gen9_address(dw[2], dw[3], 4), value,
				sizeof(*value));
}

static int mi_semaphore_wait(struct gen9_engine *engine, const uint32_t *dw)
{
	uint32_t value;
	int holds;
	int rc = gen9_engine_sync(engine);

	if (!rc)
		rc = read_semaphore(engine, dw, &value);
	if (rc)
		return rc;
	engine->semaphore_poll = dw[0] & SEMAPHORE_POLL;
	holds = compare(SEMAPHORE_OP(dw[0]), value, dw[1]);
	if (holds < 0)
		return gen9_engine_hang(engine, engine->command_address);
	if (holds)
		return 0;
	engine->retry_ps = engine->semaphore_poll ? gen9_now(engine) + poll_interval_ps(engine)
						  : EXEC_NEVER;
	return -EAGAIN;
}

static int mi_semaphore_signal(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc = gen9_engine_sync(engine);

	for (unsigned i = 0; !rc && i < GEN9_ENGINE_COUNT; i++) {
		struct gen9_engine *target = &engine->gpu->engines[i];

		if (target->info->hw_id != SIGNAL_TARGET(dw[0]))
			continue;
		exec_wake_all(gen9_executor(engine->gpu), &target->wake, gen9_now(engine));
	}
	return rc;
}

/* ---- the table ---- */

#define DO(name, engines, min, max, function)                                                      \
	{                                                                                          \
		name, engines, min, max, function                                                  \
	}
#define SKIP(name, engines)                                                                        \
	{                                                                                          \
		name, engines, 1, GEN9_COMMAND_DWORDS, NULL                                        \
	}

/* clang-format off */
const struct gen9_command_info gen9_mi_commands[64] = {
	[0x00] = DO("MI_NOOP", ON_EVERY, 1, 1, mi_noop),
	[0x01] = SKIP("MI_SET_PREDICATE", ON_RCS),
	[0x02] = DO("MI_USER_INTERRUPT", ON_EVERY, 1, 1, mi_user_interrupt),
	[0x03] = SKIP("MI_WAIT_FOR_EVENT", ON_RCS | ON_BCS),
	[0x05] = DO("MI_ARB_CHECK", ON_EVERY, 1, 1, mi_arb_check),
	[0x06] = SKIP("MI_RS_CONTROL", ON_RCS),
	[0x07] = SKIP("MI_REPORT_HEAD", ON_EVERY),
	[0x08] = DO("MI_ARB_ON_OFF", ON_EVERY, 1, 1, mi_arb_on_off),
	[0x0a] = DO("MI_BATCH_BUFFER_END", ON_EVERY, 1, 1, mi_batch_buffer_end),
	[0x0b] = SKIP("MI_SUSPEND_FLUSH", ON_EVERY),
	[0x0c] = SKIP("MI_PREDICATE", ON_RCS),
	[0x0d] = SKIP("MI_TOPOLOGY_FILTER", ON_RCS),
	[0x12] = SKIP("MI_LOAD_SCAN_LINES_INCL", ON_RCS | ON_BCS),
	[0x13] = SKIP("MI_LOAD_SCAN_LINES_EXCL", ON_RCS | ON_BCS),
	[0x14] = SKIP("MI_DISPLAY_FLIP", ON_RCS | ON_BCS),
	[0x1a] = SKIP("MI_MATH", ON_RCS),
	[0x1b] = DO("MI_SEMAPHORE_SIGNAL", ON_EVERY, 2, 2, mi_semaphore_signal),
	[0x1c] = DO("MI_SEMAPHORE_WAIT", ON_EVERY, 4, 4, mi_semaphore_wait),
	[0x20] = DO("MI_STORE_DATA_IMM", ON_EVERY, 4, 5, mi_store_data_imm),
	[0x21] = DO("MI_STORE_DATA_INDEX", ON_EVERY, 3, 3, mi_store_data_index),
	[0x22] = DO("MI_LOAD_REGISTER_IMM", ON_EVERY, 3, GEN9_COMMAND_DWORDS, mi_load_register_imm),
	[0x24] = DO("MI_STORE_REGISTER_MEM", ON_EVERY, 4, 4, mi_store_register_mem),
	[0x26] = DO("MI_FLUSH_DW", ON_BCS | ON_VCS | ON_VECS, 4, 5, mi_flush_dw),
	[0x27] = SKIP("MI_CLFLUSH", ON_RCS),
	[0x28] = SKIP("MI_REPORT_PERF_COUNT", ON_RCS),
	[0x29] = DO("MI_LOAD_REGISTER_MEM", ON_EVERY, 4, 4, mi_load_register_mem),
	[0x2a] = DO("MI_LOAD_REGISTER_REG", ON_EVERY, 3, 3, mi_load_register_reg),
	[0x2b] = SKIP("MI_RS_STORE_DATA_IMM", ON_RCS),
	[0x2c] = SKIP("MI_LOAD_URB_MEM", ON_RCS),
	[0x2d] = SKIP("MI_STORE_URB_MEM", ON_RCS),
	[0x2e] = DO("MI_COPY_MEM_MEM", ON_EVERY, 5, 5, mi_copy_mem_mem),
	[0x2f] = DO("MI_ATOMIC", ON_EVERY, 3, 11, gen9_mi_atomic),
	[0x31] = DO("MI_BATCH_BUFFER_START", ON_EVERY, 3, 3, mi_batch_buffer_start),
};
/* clang-format on */
