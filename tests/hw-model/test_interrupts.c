// SPDX-License-Identifier: MIT
/* From an engine's event to the MSI: masks, double buffering, the master register. */
#include "tests/hw-model/rig.h"

#define USER_BCS (GT_USER_INTERRUPT << 16)

/* Let engine raise `count` user interrupts and go idle, its context switch interrupt masked. */
static void raise(struct rig *rig, enum gen9_engine_id engine, unsigned count)
{
	struct rig_context ctx;

	rig_context_init(&ctx, rig, engine, 1);
	for (unsigned i = 0; i < count; i++)
		rig_emit(&ctx, MI_USER_INTERRUPT);
	rig_submit(&ctx, NULL);
	rig_wait_idle(rig, engine);
}

static void mask_context_switch(struct rig *rig)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		rig_write_engine(rig, (enum gen9_engine_id)i, RING_IMR,
				 GT_CONTEXT_SWITCH_INTERRUPT << gen9_engines[i].gt_shift);
}

static void test_every_engine_has_its_place(struct rig *rig)
{
	static const struct {
		enum gen9_engine_id engine;
		uint32_t iir, bit, master;
	} rows[] = {
		{GEN9_RCS0,   0x44308, 1u << 0,  1u << 0},
		{ GEN9_BCS0,  0x44308, 1u << 16, 1u << 1},
		{ GEN9_VCS0,  0x44318, 1u << 0,  1u << 2},
		{ GEN9_VCS1,  0x44318, 1u << 16, 1u << 3},
		{ GEN9_VECS0, 0x44338, 1u << 0,  1u << 6},
	};

	mask_context_switch(rig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE);
		raise(rig, rows[i].engine, 1);
		CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE | rows[i].master);
		CHECK_EQ(rig, rig_read(rig, rows[i].iir), rows[i].bit);
		CHECK_EQ(rig, rig_read(rig, rows[i].iir - 8), 0); /* ISR shows a pulse only */
		CHECK_EQ(rig, rig->msi_count, i + 1);
		rig_write(rig, rows[i].iir, rows[i].bit);
		CHECK_EQ(rig, rig_read(rig, rows[i].iir), 0);
	}
}

static void test_context_switch_bit(struct rig *rig)
{
	rig_write_engine(rig, GEN9_VCS1, RING_IMR, 0xffffffff & ~(1u << 24));
	raise(rig, GEN9_VCS1, 1);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(1)), 1u << 24);
}

static void test_engine_mask_loses_the_event(struct rig *rig)
{
	rig_write_engine(rig, GEN9_BCS0, RING_IMR, 0xffffffff & ~1u); /* RCS's bit is not BCS's */
	raise(rig, GEN9_BCS0, 1);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), 0);
	rig_write_engine(rig, GEN9_BCS0, RING_IMR, 0);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), 0);
	CHECK_EQ(rig, rig->msi_count, 0);
}

static void test_group_mask_loses_the_event(struct rig *rig)
{
	mask_context_switch(rig);
	rig_write(rig, GT_IMR(0), USER_BCS);
	raise(rig, GEN9_BCS0, 1);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), 0);
	rig_write(rig, GT_IMR(0), 0);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), 0);
	raise(rig, GEN9_BCS0, 1);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), USER_BCS);
}

static void test_enable_register_delays_the_event(struct rig *rig)
{
	mask_context_switch(rig);
	rig_write(rig, GT_IER(0), 0);
	raise(rig, GEN9_BCS0, 1);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), USER_BCS);
	CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE);
	CHECK_EQ(rig, rig->msi_count, 0);
	rig_write(rig, GT_IER(0), USER_BCS);
	CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE | 2);
	CHECK_EQ(rig, rig->msi_count, 1);
}

static void test_master_register(struct rig *rig)
{
	mask_context_switch(rig);
	rig_write(rig, MASTER_IRQ, 0);
	raise(rig, GEN9_BCS0, 1);
	CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), 2); /* the level shows, the enable bit does not */
	CHECK_EQ(rig, rig->msi_count, 0);
	rig_write(rig, MASTER_IRQ, 0x7fffffff); /* level bits are read only */
	CHECK_EQ(rig, rig->msi_count, 0);
	rig_write(rig, MASTER_IRQ, MASTER_IRQ_ENABLE);
	CHECK_EQ(rig, rig->msi_count, 1);
	rig_write(rig, MASTER_IRQ, MASTER_IRQ_ENABLE); /* no edge */
	CHECK_EQ(rig, rig->msi_count, 1);
	rig_write(rig, MASTER_IRQ, 0);
	rig_write(rig, MASTER_IRQ, MASTER_IRQ_ENABLE); /* not cleared: an edge again */
	CHECK_EQ(rig, rig->msi_count, 2);
}

static void test_latency_of_the_message(struct rig *rig)
{
	mask_context_switch(rig);
	rig_write(rig, MASTER_IRQ, 0);
	raise(rig, GEN9_BCS0, 1);
	rig_write(rig, MASTER_IRQ, MASTER_IRQ_ENABLE);
	CHECK_EQ(rig, rig->msi_ps,
		 rig_now(rig) - rig_profile.value[HW_MMIO_WRITE] +
			 rig_profile.value[HW_INTERRUPT_LATENCY]);
}

static void test_one_message_while_the_line_is_up(struct rig *rig)
{
	mask_context_switch(rig);
	raise(rig, GEN9_BCS0, 5);
	CHECK_EQ(rig, rig->msi_count, 1);
	raise(rig, GEN9_VECS0, 1);
	CHECK_EQ(rig, rig->msi_count, 1);
	rig_write(rig, GT_IIR(3), 1);
	CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE | 2);
}

static void test_second_event_before_the_clear(struct rig *rig)
{
	mask_context_switch(rig);
	raise(rig, GEN9_BCS0, 3); /* one in IIR, two merge in the second buffer */
	rig_write(rig, GT_IIR(0), USER_BCS);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), USER_BCS);
	rig_write(rig, GT_IIR(0), USER_BCS);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), 0);
	rig_write(rig, GT_IIR(0), USER_BCS);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), 0);
}

static void test_clear_of_other_bits_keeps_the_second_buffer(struct rig *rig)
{
	mask_context_switch(rig);
	raise(rig, GEN9_BCS0, 2);
	rig_write(rig, GT_IIR(0), ~USER_BCS);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), USER_BCS);
	rig_write(rig, GT_IIR(0), USER_BCS);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(0)), USER_BCS);
}

/* A handler as Linux 4.19 has it, against an engine that raises faster than it clears. */
static void test_handler_misses_nothing(struct rig *rig)
{
	struct rig_context ctx;
	uint32_t seqno = rig_alloc(rig, 1);
	unsigned handled = 0;

	mask_context_switch(rig);
	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	for (uint32_t i = 1; i <= 60; i++)
		rig_emit(&ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, seqno, 0, i, MI_USER_INTERRUPT);
	rig_submit(&ctx, NULL);
	/* Whoever sees no message outstanding must have seen the last seqno. */
	for (unsigned idle = 0; idle < 1000; idle++) {
		if (rig->msi_count == handled) {
			rig_sleep(rig, 100 * PS_PER_NS);
			continue;
		}
		idle = 0;
		handled = rig->msi_count;
		CHECK(rig, rig_read(rig, MASTER_IRQ) & 2);
		rig_write(rig, MASTER_IRQ, 0);
		rig_write(rig, GT_IIR(0), rig_read(rig, GT_IIR(0)));
		rig_write(rig, MASTER_IRQ, MASTER_IRQ_ENABLE);
		ctx.id = rig_load(rig, seqno); /* what the last handler saw */
	}
	CHECK_EQ(rig, ctx.id, 60);
	CHECK(rig, handled > 3);
}

static void test_display_groups_are_there(struct rig *rig)
{
	/* Reset as Linux does it, for a group no event reaches. */
	rig_write(rig, 0x44404, 0xffffffff);
	rig_write(rig, 0x4440c, 0);
	rig_write(rig, 0x44408, 0xffffffff);
	CHECK_EQ(rig, rig_read(rig, 0x44408), 0);
	rig_write(rig, 0x44404, 0x6ffff07e);
	rig_write(rig, 0x4440c, 0x90000f81);
	CHECK_EQ(rig, rig_read(rig, 0x44404), 0x6ffff07e);
	CHECK_EQ(rig, rig_read(rig, 0x4440c), 0x90000f81);
	CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE);
}

#define TESTS(T)                                                                                   \
	T(test_every_engine_has_its_place)                                                         \
	T(test_context_switch_bit)                                                                 \
	T(test_engine_mask_loses_the_event)                                                        \
	T(test_group_mask_loses_the_event)                                                         \
	T(test_enable_register_delays_the_event)                                                   \
	T(test_master_register)                                                                    \
	T(test_latency_of_the_message)                                                             \
	T(test_one_message_while_the_line_is_up)                                                   \
	T(test_second_event_before_the_clear)                                                      \
	T(test_clear_of_other_bits_keeps_the_second_buffer)                                        \
	T(test_handler_misses_nothing)                                                             \
	T(test_display_groups_are_there)

RIG_TEST_MAIN(TESTS)
