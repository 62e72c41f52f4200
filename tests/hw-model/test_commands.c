// SPDX-License-Identifier: MIT
/* What each MI and render command stores, loads, raises and costs; what hangs. */
#include "tests/hw-model/rig.h"

#define BCS(offset) (0x22000u + (offset))
#define COMMAND_PS  13000 /* of the rig: fetch and decode */

/* Run dwords from the ring of a fresh context until idle. */
static void run_dwords(struct rig *rig, enum gen9_engine_id engine, const uint32_t *dwords,
		       size_t count)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, engine, 1);
	rig_emit_dwords(&ctx, dwords, count);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, engine);
}
#define run(rig, engine, ...)                                                                      \
	run_dwords((rig), (engine), (const uint32_t[]){ __VA_ARGS__ },                             \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* The same must hang, at the given dword of the ring. */
static void hang_dwords(struct rig *rig, enum gen9_engine_id engine, uint32_t at_dword,
			const uint32_t *dwords, size_t count)
{
	uint64_t hangs = rig_stats(rig, engine).hangs;
	struct rig_context ctx;

	rig_context_init(&ctx, rig, engine, 1);
	rig_emit_dwords(&ctx, dwords, count);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, engine).hangs, hangs + 1);
	CHECK_EQ(rig, rig_read_engine(rig, engine, RING_IPEHR), dwords[at_dword]);
	CHECK_EQ(rig, rig_read_engine(rig, engine, RING_ACTHD), ctx.ring + at_dword * 4u);
	CHECK_EQ(rig, rig_read_engine(rig, engine, RING_MI_MODE) & MI_MODE_IDLE, 0);
	rig_write(rig, GDRST, 1u << gen9_engines[engine].gdrst_bit);
	rig_write_engine(rig, engine, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_write_engine(rig, engine, RING_HWS_PGA, rig->hwsp[engine]);
	rig_write_engine(rig, engine, RING_IMR, 0);
}
#define expect_hang(rig, engine, at_dword, ...)                                                    \
	hang_dwords((rig), (engine), (at_dword), (const uint32_t[]){ __VA_ARGS__ },                \
		    sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void test_noop_writes_its_id(struct rig *rig)
{
	run(rig, GEN9_BCS0, MI_NOOP | 0x2345, MI_NOOP);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_NOPID), 0);
	run(rig, GEN9_BCS0, MI_NOOP | MI_NOOP_WRITE_ID | 0x312345, MI_NOOP);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_NOPID), 0x312345);
}

static void test_store_data_imm(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);

	run(rig, GEN9_RCS0, MI_STORE_DATA_IMM | MI_USE_GGTT, at + 4, 0, 0x11223344,
	    MI_STORE_DATA_IMM_QWORD | MI_USE_GGTT, at + 16, 0, 0x55667788, 0x99aabbcc,
	    MI_STORE_DATA_IMM_QWORD | MI_USE_GGTT, at + 0xffc - 8, 0, 1, 2);
	CHECK_EQ(rig, rig_load64(rig, at), 0x1122334400000000);
	CHECK_EQ(rig, rig_load64(rig, at + 8), 0);
	CHECK_EQ(rig, rig_load64(rig, at + 16), 0x99aabbcc55667788);
	CHECK_EQ(rig, rig_load64(rig, at + 24), 0);
	CHECK_EQ(rig, rig_load64(rig, at + 0xff4), 0x200000001);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).bytes_written, 4 + 8 + 8);
	/* In the ring, no GGTT bit means the GGTT as well. */
	run(rig, GEN9_RCS0, MI_STORE_DATA_IMM, at + 32, 0, 7);
	CHECK_EQ(rig, rig_load(rig, at + 32), 7);
}

static void test_store_data_imm_of_wrong_length(struct rig *rig)
{
	expect_hang(rig, GEN9_BCS0, 1, MI_NOOP, MI_STORE_DATA_IMM_QWORD - 1, 0x10000, 0, 0);
	expect_hang(rig, GEN9_BCS0, 0, MI_STORE_DATA_IMM + 1, 0x10000, 0, 0, 0);
	expect_hang(rig, GEN9_BCS0, 0, MI_STORE_DATA_IMM - 1, 0x10000, 0);
}

static void test_store_data_index(struct rig *rig)
{
	uint32_t hwsp = rig->hwsp[GEN9_VECS0];
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_VECS0, 1);
	rig_emit(&ctx, MI_STORE_DATA_INDEX, 0xc0, 0x1234, MI_STORE_DATA_INDEX | 1u << 21, 0xc4,
		 0x5678);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, GEN9_VECS0);
	CHECK_EQ(rig, rig_load(rig, hwsp + 0xc0), 0x1234);
	CHECK_EQ(rig, rig_load(rig, hwsp + 0xc4), 0);
	CHECK_EQ(rig, rig_load(rig, ctx.lrca + 0xc4), 0x5678);
	CHECK_EQ(rig, rig_load(rig, ctx.lrca + 0xc0), 0);
}

static void test_register_moves(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);

	rig_store(rig, at + 8, 0x77777777);
	run(rig, GEN9_BCS0, MI_LOAD_REGISTER_IMM(2), BCS(0x600), 0x1111, BCS(0x604), 0x2222,
	    MI_LOAD_REGISTER_REG, BCS(0x600), BCS(0x608), MI_LOAD_REGISTER_MEM | MI_USE_GGTT,
	    BCS(0x60c), at + 8, 0, MI_STORE_REGISTER_MEM | MI_USE_GGTT, BCS(0x604), at + 4, 0);
	CHECK_EQ(rig, rig_read(rig, BCS(0x600)), 0x1111);
	CHECK_EQ(rig, rig_read(rig, BCS(0x604)), 0x2222);
	CHECK_EQ(rig, rig_read(rig, BCS(0x608)), 0x1111);
	CHECK_EQ(rig, rig_read(rig, BCS(0x60c)), 0x77777777);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	CHECK_EQ(rig, rig_load(rig, at + 4), 0x2222);
}

static void test_registers_act_on_commands_as_on_the_cpu(struct rig *rig)
{
	run(rig, GEN9_BCS0, MI_LOAD_REGISTER_IMM(1), BCS(RING_INSTPM), MASKED_ENABLE(0x40),
	    MI_LOAD_REGISTER_IMM(1), BCS(RING_INSTPM), MASKED_ENABLE(0x2));
	CHECK_EQ(rig, rig_read(rig, BCS(RING_INSTPM)), 0x42);
	/* Beyond the register file nothing happens, and it reads as 0. */
	run(rig, GEN9_BCS0, MI_LOAD_REGISTER_IMM(1), 0x200000, 1, MI_LOAD_REGISTER_REG, 0x7ffffc,
	    BCS(0x610));
	CHECK_EQ(rig, rig_read(rig, BCS(0x610)), 0);
}

static void test_longest_load_register_imm(struct rig *rig)
{
	uint32_t dwords[257] = { MI_LOAD_REGISTER_IMM(128) };

	for (uint32_t i = 0; i < 128; i++) {
		dwords[1 + 2 * i] = BCS(0x800) + 4 * i;
		dwords[2 + 2 * i] = i + 1;
	}
	run_dwords(rig, GEN9_BCS0, dwords, 257);
	CHECK_EQ(rig, rig_read(rig, BCS(0x800)), 1);
	CHECK_EQ(rig, rig_read(rig, BCS(0x9fc)), 128);
	expect_hang(rig, GEN9_BCS0, 0, MI_LOAD_REGISTER_IMM(1) + 1, BCS(0x600), 1, BCS(0x604));
}

static void test_copy_mem_mem(struct rig *rig)
{
	uint32_t from = rig_alloc(rig, 1), to = rig_alloc(rig, 1);

	rig_put(rig, from, 1, 2, 3);
	run(rig, GEN9_VCS0, MI_COPY_MEM_MEM | 3u << 21, to + 12, 0, from + 4, 0);
	CHECK_EQ(rig, rig_load(rig, to + 12), 2);
	CHECK_EQ(rig, rig_load(rig, to + 8), 0);
	CHECK_EQ(rig, rig_load(rig, to + 16), 0);
}

#define ATOMIC(op)   (MI_ATOMIC | MI_USE_GGTT | MI_ATOMIC_RETURN | (op) << 8)
#define ATOMIC64(op) (ATOMIC(0x20u | (op)) | MI_ATOMIC_QWORD)
#define LONG_FORM    (MI_ATOMIC_INLINE + MI_ATOMIC_INLINE_DWORDS)

static void test_atomic(struct rig *rig)
{
	/* clang-format off */
	static const struct {
		uint32_t op;
		uint64_t memory, a, b, result, result32;
	} rows[] = {
		{ 1, 0xf0f0f0f0f0f0f0f0, 0x3333333344444444, 0, 0x3030303040404040, 0x40404040 },
		{ 2, 0xf0f0f0f0f0f0f0f0, 0x3333333344444444, 0, 0xf3f3f3f3f4f4f4f4, 0xf4f4f4f4 },
		{ 3, 0xf0f0f0f0f0f0f0f0, 0x3333333344444444, 0, 0xc3c3c3c3b4b4b4b4, 0xb4b4b4b4 },
		{ 4, 1, 0x3333333344444444, 0, 0x3333333344444444, 0x44444444 },
		{ 5, 0x1ffffffff, 7, 0, 0x200000000, 0 },
		{ 6, 0x200000000, 7, 0, 0x1ffffffff, 0xffffffff },
		{ 7, 0x1fffffffe, 3, 0, 0x200000001, 1 },
		{ 8, 0x200000001, 3, 0, 0x1fffffffe, 0xfffffffe },
		{ 9, 3, 0x200000001, 0, 0x1fffffffe, 0xfffffffe },
		{ 10, 5, 0xffffffffffffffff, 0, 5, 5 },
		{ 10, 0x80000000, 1, 0, 0x80000000, 1 },
		{ 11, 5, 0xffffffffffffffff, 0, 0xffffffffffffffff, 0xffffffff },
		{ 11, 0x80000000, 1, 0, 1, 0x80000000 },
		{ 12, 5, 0xffffffffffffffff, 0, 0xffffffffffffffff, 0xffffffff },
		{ 13, 5, 0xffffffffffffffff, 0, 5, 5 },
		{ 14, 5, 5, 9, 9, 9 },
		{ 14, 5, 0x100000005, 9, 5, 9 },
	};
	/* clang-format on */
	uint32_t at = rig_alloc(rig, 1);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t a = (uint32_t)rows[i].a, a_high = (uint32_t)(rows[i].a >> 32);
		uint32_t memory = (uint32_t)rows[i].memory;
		uint32_t memory_high = (uint32_t)(rows[i].memory >> 32);

		rig_put(rig, at, memory, memory_high);
		run(rig, GEN9_BCS0, ATOMIC64(rows[i].op) + LONG_FORM, at, 0, a, (uint32_t)rows[i].b,
		    a_high, 0, 0, 0, 0, 0);
		CHECK_EQ(rig, rig_load64(rig, at), rows[i].result);
		CHECK_EQ(rig, rig_read(rig, BCS(0x600)), memory);
		CHECK_EQ(rig, rig_read(rig, BCS(0x604)), memory_high);
		rig_put(rig, at, memory, 0x77777777);
		rig_write(rig, BCS(0x600), a);
		rig_write(rig, BCS(0x604), a_high);
		rig_write(rig, BCS(0x620), (uint32_t)rows[i].b);
		run(rig, GEN9_BCS0, ATOMIC(rows[i].op), at, 0, MI_NOOP);
		CHECK_EQ(rig, rig_load64(rig, at), UINT64_C(0x77777777) << 32 | rows[i].result32);
		CHECK_EQ(rig, rig_read(rig, BCS(0x600)), memory);
	}
}

static void test_atomics_that_do_not_exist(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);

	expect_hang(rig, GEN9_BCS0, 0, ATOMIC(0), at, 0, MI_NOOP);
	expect_hang(rig, GEN9_BCS0, 0, ATOMIC(15u), at, 0, MI_NOOP);
	expect_hang(rig, GEN9_BCS0, 0, ATOMIC(0x25u), at, 0, MI_NOOP);
	expect_hang(rig, GEN9_BCS0, 0, ATOMIC(5u) | MI_ATOMIC_QWORD, at, 0, MI_NOOP);
	expect_hang(rig, GEN9_BCS0, 0, ATOMIC(0x25u) | 2u << 19, at, 0, MI_NOOP);
	expect_hang(rig, GEN9_BCS0, 0, ATOMIC(5u) | MI_ATOMIC_INLINE, at, 0, MI_NOOP);
}

/* Two engines that count in one place lose nothing. */
static void test_atomics_of_two_engines(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_context_init(&b, rig, GEN9_VCS0, 2);
	for (unsigned i = 0; i < 50; i++) {
		rig_emit(&a, ATOMIC(5u), at, 0, MI_NOOP);
		rig_emit(&b, ATOMIC(5u), at, 0, MI_NOOP);
	}
	rig_submit(&a, NULL);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	rig_wait_idle(rig, GEN9_VCS0);
	CHECK_EQ(rig, rig_load(rig, at), 100);
}

static void test_flush_dw(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	uint32_t hwsp = rig->hwsp[GEN9_VCS1];

	run(rig, GEN9_VCS1, MI_FLUSH_DW | MI_FLUSH_DW_TLB, 0, 0, 0,                  /* nothing */
	    MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD, at | MI_FLUSH_DW_GGTT, 0, 0x1234, /* dword */
	    MI_FLUSH_DW + 1 + MI_FLUSH_DW_STORE_DWORD, (at + 8) | MI_FLUSH_DW_GGTT, 0, 5,
	    6, /* qword */
	    MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD | MI_FLUSH_DW_INDEX, 0xc8 | MI_FLUSH_DW_GGTT, 0,
	    0x99);
	CHECK_EQ(rig, rig_load64(rig, at), 0x1234);
	CHECK_EQ(rig, rig_load64(rig, at + 8), 0x600000005);
	CHECK_EQ(rig, rig_load64(rig, hwsp + 0xc8), 0x99);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(1)) & 0x100000, 0);
	run(rig, GEN9_VCS1, MI_FLUSH_DW | MI_FLUSH_DW_NOTIFY, 0, 0, 0);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(1)) & 0x100000, 0x100000);
}

static void test_flush_dw_timestamp(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	uint64_t ticks;

	rig_sleep(rig, PS_PER_S);
	run(rig, GEN9_BCS0, MI_FLUSH_DW | MI_FLUSH_DW_TIMESTAMP, at | MI_FLUSH_DW_GGTT, 0, 0);
	ticks = rig_load64(rig, at);
	CHECK(rig, ticks >= 12000000 && ticks < 12000000 + 1200);
}

static void test_flush_dw_index_of_the_context(struct rig *rig)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_emit(&ctx, MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD | MI_FLUSH_DW_INDEX, 0xd0, 0, 0x77);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, ctx.lrca + 0xd0), 0x77);
	CHECK_EQ(rig, rig_load(rig, rig->hwsp[GEN9_BCS0] + 0xd0), 0);
}

static void test_pipe_control(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	uint64_t ticks;

	rig_store(rig, at + 16, 0xffffffff);
	rig_sleep(rig, PS_PER_S);
	run(rig, GEN9_RCS0, PIPE_CONTROL, 0, 0, 0, 0, 0, PIPE_CONTROL,
	    PIPE_CONTROL_CS_STALL | PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT, at, 0, 0x1111,
	    0x2222, PIPE_CONTROL, PIPE_CONTROL_WRITE_TIMESTAMP | PIPE_CONTROL_GGTT, at + 8, 0, 0, 0,
	    PIPE_CONTROL, 2u << 14 | PIPE_CONTROL_GGTT, at + 16, 0, 9, 9, PIPE_CONTROL,
	    PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT | PIPE_CONTROL_STORE_INDEX, 0xc0, 0, 3, 4);
	CHECK_EQ(rig, rig_load64(rig, at), 0x222200001111);
	ticks = rig_load64(rig, at + 8);
	CHECK(rig, ticks >= 12000000 && ticks < 12000000 + 1200);
	CHECK_EQ(rig, rig_load64(rig, at + 16), 0);
	CHECK_EQ(rig, rig_load64(rig, rig->hwsp[GEN9_RCS0] + 0xc0), 0x400000003);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)) & 0x10, 0);
	run(rig, GEN9_RCS0, PIPE_CONTROL, PIPE_CONTROL_NOTIFY, 0, 0, 0, 0);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)) & 0x10, 0x10);
}

static void test_store_takes_its_time(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	uint64_t busy_ps;

	run(rig, GEN9_BCS0, MI_NOOP, MI_NOOP);
	busy_ps = rig_stats(rig, GEN9_BCS0).busy_ps;
	run(rig, GEN9_BCS0, MI_STORE_DATA_IMM | MI_USE_GGTT, at, 0, 1, MI_NOOP, MI_NOOP);
	/* Commands cost the same but for one more; the ring is padded with a NOOP for neither. */
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).busy_ps - 2 * busy_ps, 13000 + 110000);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).commands, 2 + 3);
}

static void test_work_takes_its_time(struct rig *rig)
{
	uint64_t empty_ps, before_ps;

	run(rig, GEN9_RCS0, MI_NOOP, MI_NOOP);
	empty_ps = rig_stats(rig, GEN9_RCS0).busy_ps;
	before_ps = empty_ps;
	run(rig, GEN9_RCS0, CMD_3DPRIMITIVE, 0, 3000, 0, 7, 0, 0, MI_NOOP);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).busy_ps - before_ps - empty_ps, 3000 * 7 * 1000);
	before_ps = rig_stats(rig, GEN9_RCS0).busy_ps;
	run(rig, GEN9_RCS0, GPGPU_WALKER, 0, 0, 0, 0, 0, 0, 5, 0, 0, 6, 0, 7, 0, 0, MI_NOOP);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).busy_ps - before_ps - empty_ps, 5 * 6 * 7 * 70000);
	before_ps = rig_stats(rig, GEN9_RCS0).busy_ps;
	run(rig, GEN9_RCS0, CMD_3DPRIMITIVE, 0, 3000, 0, 0, 0, 0, MI_NOOP);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).busy_ps - before_ps, empty_ps);
}

/* What one command takes beyond its fetch: compared with a ring of two empty ones. */
static uint64_t work_ps(struct rig *rig, enum gen9_engine_id engine, const uint32_t *command,
			size_t dwords)
{
	uint64_t start_ps = rig_stats(rig, engine).busy_ps;
	uint64_t empty_ps;

	run(rig, engine, MI_NOOP, MI_NOOP);
	empty_ps = rig_stats(rig, engine).busy_ps - start_ps;
	run_dwords(rig, engine, command, dwords);
	return rig_stats(rig, engine).busy_ps - start_ps - 2 * empty_ps + COMMAND_PS;
}

static void test_decoding_takes_its_time(struct rig *rig)
{
	const uint32_t slice[6] = { MFD_AVC_BSD_OBJECT, 5000 };

	CHECK_EQ(rig, work_ps(rig, GEN9_VCS0, slice, 6), 5000 * 3000);
	CHECK_EQ(rig, work_ps(rig, GEN9_VCS1, slice, 6), 5000 * 3000);
}

static void enhance_columns(struct rig *rig, uint32_t first, uint32_t last, uint64_t expected_ps)
{
	const uint32_t command[20] = { VEB_DI_IECP, first << VEB_FIRST_SHIFT | last };

	CHECK_EQ(rig, work_ps(rig, GEN9_VECS0, command, 20), expected_ps);
}

static void test_enhancing_takes_its_time(struct rig *rig)
{
	enhance_columns(rig, 16, 115, 100 * 90000);
	enhance_columns(rig, 16, 15, 0);
	enhance_columns(rig, 0, 0x3fff, UINT64_C(0x4000) * 90000);
}

/* 2^64 groups. */
static void test_endless_work_does_not_break_the_clock(struct rig *rig)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_RCS0, 1);
	rig_emit(&ctx, GPGPU_WALKER, 0, 0, 0, 0, 0, 0, 1u << 31, 0, 0, 1u << 31, 0, 4, 0, 0,
		 MI_NOOP);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_S);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), 0);
	rig_write(rig, GDRST, GDRST_FULL);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MI_MODE), MI_MODE_IDLE);
}

static void test_state_commands_are_stepped_over(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);

	/* A STATE_BASE_ADDRESS full of what would be commands. */
	run(rig, GEN9_RCS0, 0x61010011, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u,
	    ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x69040302, MI_STORE_DATA_IMM, at, 0, 1, 0x78050001, ~0u,
	    ~0u, MI_STORE_DATA_IMM, at + 4, 0, 2);
	CHECK_EQ(rig, rig_load64(rig, at), 0x200000001);
	run(rig, GEN9_VCS0, 0x70000002, ~0u, ~0u, ~0u, 0x68000000, MI_STORE_DATA_IMM, at + 8, 0, 3);
	run(rig, GEN9_VECS0, 0x74020001, ~0u, ~0u, MI_STORE_DATA_IMM, at + 12, 0, 4);
	CHECK_EQ(rig, rig_load64(rig, at + 8), 0x400000003);
}

static void test_engines_know_only_their_commands(struct rig *rig)
{
	expect_hang(rig, GEN9_RCS0, 0, XY_COLOR_BLT, 0, 0, 0, 0, 0, 0);
	expect_hang(rig, GEN9_BCS0, 2, MI_NOOP, MI_NOOP, PIPE_CONTROL, 0, 0, 0, 0, 0);
	expect_hang(rig, GEN9_VCS0, 0, CMD_3DPRIMITIVE, 0, 0, 0, 0, 0, 0);
	expect_hang(rig, GEN9_VECS0, 0, 0x70000002, 0, 0, 0);
	expect_hang(rig, GEN9_RCS0, 0, 0x74020001, 0, 0);
	expect_hang(rig, GEN9_RCS0, 0, MI_FLUSH_DW, 0, 0, 0);
}

static void test_unknown_commands_hang(struct rig *rig)
{
	expect_hang(rig, GEN9_BCS0, 0, 0x02000000); /* MI opcode 4 */
	expect_hang(rig, GEN9_BCS0, 0, 0x1f800000, 0);
	expect_hang(rig, GEN9_RCS0, 0, PIPE_CONTROL - 1, 0, 0, 0, 0); /* too short */
	expect_hang(rig, GEN9_RCS0, 0, PIPE_CONTROL, 1u << 23, 0, 0, 0,
		    0); /* post sync to register */
	expect_hang(rig, GEN9_BCS0, 0, 0x20000000);
	expect_hang(rig, GEN9_BCS0, 0, 0x50000000, 0); /* BLT opcode 0x40 */
	expect_hang(rig, GEN9_RCS0, 0, 0x7e000000, 0);
	expect_hang(rig, GEN9_RCS0, 0, 0xffffffff);
	expect_hang(rig, GEN9_BCS0, 0, MI_BATCH_BUFFER_END); /* not in a batch */
}

static void test_hang_is_interrupted_and_final(struct rig *rig)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_emit(&ctx, 0xffffffff);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)) & 8u << 16, 8u << 16);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(1, 0));
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
}

static void test_command_past_the_tail_hangs(struct rig *rig)
{
	expect_hang(rig, GEN9_BCS0, 0, MI_STORE_DATA_IMM, 0x10000);
}

static void test_ring_wraps(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_VECS0, 1);
	for (unsigned i = 0; i < 1022; i++)
		rig_emit(&ctx, MI_NOOP);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, GEN9_VECS0);
	CHECK_EQ(rig, rig_image(&ctx, CTX_RING_HEAD), 4088);
	/* Two dwords before the end, two after it. */
	rig_emit(&ctx, MI_STORE_DATA_IMM, at, 0, 0xfeed);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, GEN9_VECS0);
	CHECK_EQ(rig, rig_load(rig, at), 0xfeed);
	CHECK_EQ(rig, rig_image(&ctx, CTX_RING_HEAD), 1u << 21 | 8);
}

static void test_semaphore_poll(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 6);
	rig_emit(&ctx, MI_SEMAPHORE_WAIT | 1u << 15 | 1u << 12 | MI_USE_GGTT, 5, at, 0,
		 MI_STORE_DATA_IMM | MI_USE_GGTT, at + 8, 0, 1);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, at + 8), 0);
	rig_store(rig, at, 4);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, at + 8), 0);
	rig_store(rig, at, 5);
	rig_sleep(rig, 2 * PS_PER_US); /* poll interval and store */
	CHECK_EQ(rig, rig_load(rig, at + 8), 1);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x818, 6));
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).commands, 2);
}

static void test_semaphore_comparisons(struct rig *rig)
{
	/* Which of 4, 5, 6 in memory pass against 5, per operation. */
	static const uint8_t passes[6] = { 4, 6, 1, 3, 2, 5 };
	uint32_t at = rig_alloc(rig, 1);

	for (uint32_t op = 0; op < 6; op++)
		for (uint32_t value = 4; value <= 6; value++) {
			struct rig_context ctx;
			bool pass = passes[op] >> (value - 4) & 1;

			rig_store(rig, at, value);
			rig_context_init(&ctx, rig, GEN9_BCS0, 6);
			rig_emit(&ctx, MI_SEMAPHORE_WAIT | 1u << 15 | op << 12, 5, at, 0);
			rig_submit(&ctx, NULL);
			rig_sleep(rig, 10 * PS_PER_US);
			CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_MI_MODE),
				 pass ? MI_MODE_IDLE : 0);
			rig_write(rig, GDRST, GDRST_FULL);
			rig_write_engine(rig, GEN9_BCS0, RING_MODE,
					 MASKED_ENABLE(RING_MODE_RUN_LIST));
		}
	rig_write_engine(rig, GEN9_BCS0, RING_HWS_PGA, rig->hwsp[GEN9_BCS0]);
	expect_hang(rig, GEN9_BCS0, 0, MI_SEMAPHORE_WAIT | 6u << 12, 5, at, 0);
}

static void test_semaphore_signal(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 6);
	rig_emit(&ctx, MI_SEMAPHORE_WAIT | 1u << 12, 5, at, 0);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	rig_store(rig, at, 5);
	rig_sleep(rig, PS_PER_MS); /* nobody polls */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_MI_MODE), 0);
	run(rig, GEN9_RCS0, MI_SEMAPHORE_SIGNAL | 1u << 15, 0); /* VCS0: the wrong one */
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_MI_MODE), 0);
	run(rig, GEN9_RCS0, MI_SEMAPHORE_SIGNAL | 2u << 15, 0);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 6));
}

static void test_semaphore_in_a_batch(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1), at = rig_alloc(rig, 1);
	struct rig_context ctx;

	rig_put(rig, batch, MI_SEMAPHORE_WAIT | 1u << 15 | 4u << 12, 7, at, 0, MI_STORE_DATA_IMM,
		at + 8, 0, 1, MI_BATCH_BUFFER_END);
	rig_context_init(&ctx, rig, GEN9_BCS0, 6);
	rig_emit(&ctx, MI_BATCH_BUFFER_START, batch, 0, MI_NOOP);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, at + 8), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_ACTHD), batch);
	rig_store(rig, at, 7);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, at + 8), 1);
}

static void test_semaphore_poll_interval(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context ctx;

	rig_write_engine(rig, GEN9_BCS0, RING_SEMA_WAIT_POLL, 500);
	rig_context_init(&ctx, rig, GEN9_BCS0, 6);
	rig_emit(&ctx, MI_SEMAPHORE_WAIT | 1u << 15 | 4u << 12, 1, at, 0, MI_STORE_DATA_IMM, at + 8,
		 0, 1);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, 20 * PS_PER_US); /* it has looked once */
	rig_store(rig, at, 1);
	rig_sleep(rig, 400 * PS_PER_US);
	CHECK_EQ(rig, rig_load(rig, at + 8), 0);
	rig_sleep(rig, 200 * PS_PER_US);
	CHECK_EQ(rig, rig_load(rig, at + 8), 1);
}

static void test_semaphore_on_a_register(struct rig *rig)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, GEN9_BCS0, 6);
	rig_emit(&ctx, MI_SEMAPHORE_WAIT | 3u << 15 | 4u << 12, 0x42, BCS(0x600), 0);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_MI_MODE), 0);
	rig_write(rig, BCS(0x600), 0x42);
	rig_wait_idle(rig, GEN9_BCS0);
}

/* As soon as the execlist is ready, however long it would be until the next look. */
static void check_prompt_preemption(struct rig *rig, uint32_t wait)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_context_init(&b, rig, GEN9_BCS0, 2);
	rig_emit(&a, wait, 1, at, 0);
	rig_emit(&b, MI_STORE_DATA_IMM, at + 8, 0, 1);
	rig_submit(&a, NULL);
	rig_sleep(rig, 50 * PS_PER_US);
	rig_submit(&b, NULL);
	rig_sleep(rig, 10 * PS_PER_US);
	CHECK_EQ(rig, rig_load(rig, at + 8), 1);
	rig_wait_idle(rig, GEN9_BCS0);
}

static void test_waiting_semaphore_is_preempted_at_once(struct rig *rig)
{
	rig_write_engine(rig, GEN9_BCS0, RING_SEMA_WAIT_POLL, 1000);
	check_prompt_preemption(rig, MI_SEMAPHORE_WAIT | 1u << 15 | 4u << 12);
	check_prompt_preemption(rig, MI_SEMAPHORE_WAIT | 4u << 12); /* signal mode: no next look */
}

static void test_waiting_semaphore_can_be_preempted(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_context_init(&b, rig, GEN9_BCS0, 2);
	rig_emit(&a, MI_SEMAPHORE_WAIT | 1u << 15 | 4u << 12, 1, at, 0, MI_STORE_DATA_IMM, at + 8,
		 0, 1);
	rig_emit(&b, MI_STORE_DATA_IMM, at, 0, 1);
	rig_submit(&a, NULL);
	rig_sleep(rig, 20 * PS_PER_US);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x2, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 2));
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), 0); /* waits again when it comes back */
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, at + 8), 1);
}

#define TESTS(T)                                                                                   \
	T(test_noop_writes_its_id)                                                                 \
	T(test_store_data_imm)                                                                     \
	T(test_store_data_imm_of_wrong_length)                                                     \
	T(test_store_data_index)                                                                   \
	T(test_register_moves)                                                                     \
	T(test_registers_act_on_commands_as_on_the_cpu)                                            \
	T(test_longest_load_register_imm)                                                          \
	T(test_copy_mem_mem)                                                                       \
	T(test_atomic)                                                                             \
	T(test_atomics_that_do_not_exist)                                                          \
	T(test_atomics_of_two_engines)                                                             \
	T(test_flush_dw)                                                                           \
	T(test_flush_dw_timestamp)                                                                 \
	T(test_flush_dw_index_of_the_context)                                                      \
	T(test_pipe_control)                                                                       \
	T(test_store_takes_its_time)                                                               \
	T(test_work_takes_its_time)                                                                \
	T(test_decoding_takes_its_time)                                                            \
	T(test_enhancing_takes_its_time)                                                           \
	T(test_endless_work_does_not_break_the_clock)                                              \
	T(test_state_commands_are_stepped_over)                                                    \
	T(test_engines_know_only_their_commands)                                                   \
	T(test_unknown_commands_hang)                                                              \
	T(test_hang_is_interrupted_and_final)                                                      \
	T(test_command_past_the_tail_hangs)                                                        \
	T(test_ring_wraps)                                                                         \
	T(test_semaphore_poll)                                                                     \
	T(test_semaphore_comparisons)                                                              \
	T(test_semaphore_signal)                                                                   \
	T(test_semaphore_in_a_batch)                                                               \
	T(test_semaphore_poll_interval)                                                            \
	T(test_semaphore_on_a_register)                                                            \
	T(test_waiting_semaphore_is_preempted_at_once)                                             \
	T(test_waiting_semaphore_can_be_preempted)

RIG_TEST_MAIN(TESTS)
