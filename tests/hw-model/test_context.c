// SPDX-License-Identifier: MIT
/* The context image: what restore takes from it, what save puts there, what is refused. */
#include "tests/hw-model/rig.h"

#define STORE(gma, value) MI_STORE_DATA_IMM | MI_USE_GGTT, (gma), 0, (value)

static void expect_hang(struct rig *rig, struct rig_context *ctx)
{
	uint64_t hangs = rig_stats(rig, ctx->engine).hangs;

	rig_submit(ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, ctx->engine).hangs, hangs + 1);
}

static void run(struct rig_context *ctx)
{
	rig_submit(ctx, NULL);
	rig_wait_idle(ctx->rig, ctx->engine);
}

static void test_restore_and_save(struct rig *rig)
{
	struct rig_context a;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_emit(&a, MI_NOOP, MI_NOOP, STORE(target, 1));
	rig_set_image(&a, CTX_RING_HEAD, 7u << 21 | 8u); /* seven wraps, two dwords done */
	rig_set_image(&a, CTX_TIMESTAMP, 1000);
	rig_set_image(&a, CTX_PDP0_LDW, 0x12345000);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, target), 1);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), 7u << 21 | a.tail);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).commands, 1);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_START), a.ring);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_PDP_LDW(0)), 0x12345000);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_TAIL), a.tail);
	CHECK_EQ(rig, rig_image(&a, CTX_PDP0_LDW), 0x12345000);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_CTL), RING_CTL_VALID);
}

static void test_timestamp_counts_what_the_context_ran(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_set_image(&a, CTX_TIMESTAMP, 1000);
	rig_emit(&a, CMD_3DPRIMITIVE, 0, 100000, 0, 10, 0, 0, MI_NOOP); /* 1 ms */
	run(&a);
	CHECK_EQ(rig, rig_image(&a, CTX_TIMESTAMP), 1000 + 12000);
	rig_sleep(rig, PS_PER_S); /* idle does not count */
	run(&a);
	CHECK_EQ(rig, rig_image(&a, CTX_TIMESTAMP), 1000 + 12000);
}

static void test_restore_inhibit(struct rig *rig)
{
	struct rig_context a;
	uint64_t first_ps, second_ps;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	run(&a);
	first_ps = rig_stats(rig, GEN9_RCS0).busy_ps;
	CHECK_EQ(rig, rig_read(rig, R_PWR_CLK_STATE), 0); /* was not restored */
	/* From now on there is a state to restore. */
	CHECK_EQ(rig, rig_image(&a, CTX_CONTEXT_CONTROL), CTX_CTRL_ORDINARY);
	rig_set_image(&a, CTX_R_PWR_CLK_STATE, 0x80000000);
	run(&a);
	second_ps = rig_stats(rig, GEN9_RCS0).busy_ps - first_ps;
	CHECK_EQ(rig, rig_read(rig, R_PWR_CLK_STATE), 0x80000000);
	CHECK_EQ(rig, second_ps - first_ps, 20 * rig_profile.value[HW_CONTEXT_PAGE]);
}

static void test_costs_of_a_switch(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	run(&a);
	/* Load, save, and two status entries of two stores each. */
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).busy_ps, 1300000 + 1700000 + 4 * 110000);
	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_set_image(&a, CTX_CONTEXT_CONTROL, 0x000f000f); /* as Linux's preempt context */
	run(&a);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).busy_ps, 1300000 + 1700000 + 4 * 110000);
	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_set_image(&a, CTX_CONTEXT_CONTROL, CTX_CTRL_ORDINARY);
	run(&a); /* no engine state but the register page */
	CHECK_EQ(rig, rig_stats(rig, GEN9_VCS0).busy_ps, 1300000 + 1700000 + 4 * 110000);
}

static void test_engine_state_must_be_mapped(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_set_image(&a, CTX_CONTEXT_CONTROL, CTX_CTRL_ORDINARY);
	rig_set_pte(rig, a.lrca + 21 * 4096, 0);
	expect_hang(rig, &a);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG), FAULT_VALID | FAULT_GGTT);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), (a.lrca >> 12) + 21);
}

static void test_unmapped_image(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_set_image(&a, CTX_RING_TAIL, 0);
	rig_set_pte(rig, a.lrca + 4096, 0);
	rig_write_elsp(rig, GEN9_BCS0, rig_descriptor(&a), 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
}

/* The image's second page would be past the end of the GGTT. */
static void test_image_at_the_end_of_the_ggtt(struct rig *rig)
{
	rig_write_elsp(rig, GEN9_BCS0, 0xfffff000ull | 0x119, 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), 0x100000);
}

static void test_image_entry_that_names_no_memory(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_set_image(&a, CTX_RING_TAIL, 0);
	rig_set_pte(rig, a.lrca + 4096, GEN8_PTE_ADDR_MASK | GEN8_PTE_PRESENT);
	rig_write_elsp(rig, GEN9_BCS0, rig_descriptor(&a), 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
}

static void test_addressing_modes(struct rig *rig)
{
	struct rig_context a;

	for (uint64_t mode = 0; mode < 4; mode++) {
		bool legacy = mode == 1 || mode == 3;

		rig_context_init(&a, rig, (enum gen9_engine_id)mode, 1);
		rig_write_elsp(rig, a.engine,
			       (rig_descriptor(&a) & ~(uint64_t)CTX_DESC_MODE_MASK) | mode << 3, 0);
		rig_sleep(rig, PS_PER_MS);
		CHECK_EQ(rig, rig_stats(rig, a.engine).hangs, legacy ? 0 : 1);
	}
}

static void test_ring_out_of_range(struct rig *rig)
{
	static const struct {
		unsigned index;
		uint32_t value;
	} bad[] = {
		{CTX_RING_CTL,   0       }, /* not valid */
		{ CTX_RING_HEAD, 0x1000  }, /* beyond 4 KiB */
		{ CTX_RING_HEAD, 0x1ffffc},
	};
	struct rig_context a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rig_context_init(&a, rig, (enum gen9_engine_id)i, 1);
		rig_set_image(&a, bad[i].index, bad[i].value);
		expect_hang(rig, &a);
	}
	rig_context_init(&a, rig, GEN9_VECS0, 1);
	rig_set_image(&a, CTX_RING_TAIL, 0x1008);
	rig_write_elsp(rig, GEN9_VECS0, rig_descriptor(&a), 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_VECS0).hangs, 1);
	CHECK_EQ(rig, rig_stats(rig, GEN9_VECS0).commands, 0);
}

static void test_lite_restore_with_a_bad_tail(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_emit(&a, CMD_3DPRIMITIVE, 0, 10000, 0, 1, 0, 0, MI_NOOP);
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_set_image(&a, CTX_RING_TAIL, 0x1008);
	rig_write_elsp(rig, GEN9_RCS0, rig_descriptor(&a), 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).hangs, 1);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).commands, 1);
}

static void test_garbage_in_the_state_page(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_store(rig, a.lrca + 4096 + 4 * 0x20, MI_STORE_DATA_IMM);
	expect_hang(rig, &a);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_IPEHR), MI_STORE_DATA_IMM);
	/* A list that is longer than its place. */
	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_store(rig, a.lrca + 4096 + 4 * CTX_LRI_HEADER_1, MI_LOAD_REGISTER_IMM(10));
	expect_hang(rig, &a);
}

static void test_list_of_another_form(struct rig *rig)
{
	struct rig_context a;
	uint32_t state;

	/* What matters are the lists, not where they are: the same in one list, then the
	 * end. An offset beyond the registers is ignored. */
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	state = a.lrca + 4096;
	rig_put(rig, state, MI_LOAD_REGISTER_IMM(6), 0x7ffffc, 0xdead,
		0x22000 + RING_CONTEXT_CONTROL, CTX_CTRL_ORDINARY, 0x22000 + RING_CTL,
		RING_CTL_VALID, 0x22000 + RING_START, a.ring, 0x22000 + RING_HEAD, 0,
		0x22000 + RING_TAIL, 0, MI_BATCH_BUFFER_END, 0xffffffff);
	rig_write_elsp(rig, GEN9_BCS0, rig_descriptor(&a), 0);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_START), a.ring);
}

/* Software stores the next tail while the engine saves: it must still be there. */
static void test_save_keeps_the_tail(struct rig *rig)
{
	struct rig_context a;
	uint32_t target = rig_alloc(rig, 1);

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, STORE(target, 1));
	rig_submit(&a, NULL);
	while (!rig_load(rig, target))
		rig_sleep(rig, 20 * PS_PER_NS);
	rig_set_image(&a, CTX_RING_TAIL, 0x40);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_TAIL), 0x40);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), 0x10);
}

/* First the indirect one, up to its length; then the other, to its end; then the ring. */
static void test_batches_of_the_restore(struct rig *rig)
{
	uint32_t indirect = rig_alloc(rig, 1), per_context = rig_alloc(rig, 1),
		 at = rig_alloc(rig, 1);
	struct rig_context a;
	uint32_t end;

	end = rig_put(rig, indirect + 0x80, STORE(at, 1));
	CHECK_EQ(rig, end, indirect + 0x90); /* NOOPs follow to the end of the second line */
	rig_put(rig, indirect + 0x100, 0xffffffff);
	rig_put(rig, per_context, MI_COPY_MEM_MEM, at + 4, 0, at, 0, MI_BATCH_BUFFER_END,
		0xffffffff);
	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_set_image(&a, CTX_INDIRECT_CTX, (indirect + 0x80) | 2);
	rig_set_image(&a, CTX_BB_PER_CTX_PTR, per_context | 1);
	rig_emit(&a, MI_COPY_MEM_MEM, at + 8, 0, at + 4, 0, MI_NOOP);
	run(&a);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).hangs, 0);
	CHECK_EQ(rig, rig_load64(rig, at), 0x100000001);
	CHECK_EQ(rig, rig_load(rig, at + 8), 1);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).commands, 29 + 2 + 2);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), a.tail);
	CHECK_EQ(rig, rig_image(&a, CTX_BB_ADDR_LDW) & 1, 0);

	rig_set_image(&a, CTX_BB_PER_CTX_PTR, per_context); /* not valid */
	rig_emit(&a, STORE(at + 12, 2));
	run(&a);
	CHECK_EQ(rig, rig_load(rig, at + 12), 2);

	rig_set_image(&a, CTX_BB_PER_CTX_PTR, per_context | 1);
	rig_store(rig, per_context, 0xffffffff);
	rig_emit(&a, MI_NOOP, MI_NOOP);
	expect_hang(rig, &a);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_ACTHD), per_context);
}

/* Preempted in a second-level batch, a context goes on where it was, and returns from both. */
static void test_preempted_in_a_batch(struct rig *rig)
{
	uint32_t first = rig_alloc(rig, 1), second = rig_alloc(rig, 1), at = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_put(rig, first, MI_NOOP, MI_BATCH_BUFFER_START | MI_BATCH_SECOND_LEVEL, second, 0,
		STORE(at + 8, 3), MI_BATCH_BUFFER_END);
	rig_put(rig, second, CMD_3DPRIMITIVE, 0, 10000, 0, 1, 0, 0, STORE(at + 4, 2),
		MI_BATCH_BUFFER_END);
	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_emit(&a, MI_BATCH_BUFFER_START, first, 0, STORE(at + 12, 4));
	rig_emit(&b, STORE(at, 1));
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_load64(rig, at), 1);
	CHECK_EQ(rig, rig_image(&a, CTX_BB_ADDR_LDW), (first + 16) | 1);
	CHECK_EQ(rig, rig_image(&a, CTX_BB_STATE), 0);
	CHECK_EQ(rig, rig_image(&a, CTX_SBB_ADDR_LDW), (second + 28) | 1);
	CHECK_EQ(rig, rig_image(&a, CTX_RING_HEAD), 12);
	run(&a);
	CHECK_EQ(rig, rig_load64(rig, at), 0x200000001);
	CHECK_EQ(rig, rig_load64(rig, at + 8), 0x400000003);
	CHECK_EQ(rig, rig_image(&a, CTX_BB_ADDR_LDW) & 1, 0);
	CHECK_EQ(rig, rig_image(&a, CTX_SBB_ADDR_LDW) & 1, 0);
}

#define TESTS(T)                                                                                   \
	T(test_restore_and_save)                                                                   \
	T(test_timestamp_counts_what_the_context_ran)                                              \
	T(test_restore_inhibit)                                                                    \
	T(test_costs_of_a_switch)                                                                  \
	T(test_engine_state_must_be_mapped)                                                        \
	T(test_unmapped_image)                                                                     \
	T(test_image_at_the_end_of_the_ggtt)                                                       \
	T(test_image_entry_that_names_no_memory)                                                   \
	T(test_addressing_modes)                                                                   \
	T(test_ring_out_of_range)                                                                  \
	T(test_lite_restore_with_a_bad_tail)                                                       \
	T(test_garbage_in_the_state_page)                                                          \
	T(test_list_of_another_form)                                                               \
	T(test_save_keeps_the_tail)                                                                \
	T(test_batches_of_the_restore)                                                             \
	T(test_preempted_in_a_batch)

RIG_TEST_MAIN(TESTS)
