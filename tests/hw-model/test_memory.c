// SPDX-License-Identifier: MIT
/* Batches and address spaces: chaining and levels, GGTT and PPGTT, privilege, faults. */
#include "tests/hw-model/ppgtt.h"

#define STORE(gma, value)      MI_STORE_DATA_IMM | MI_USE_GGTT, (gma), 0, (value)
#define STORE_HERE(gma, value) MI_STORE_DATA_IMM, (uint32_t)(gma), (uint32_t)((gma) >> 32), (value)
#define BCS(offset)            (0x22000u + (offset))

static void run(struct rig_context *ctx)
{
	rig_submit(ctx, NULL);
	rig_wait_idle(ctx->rig, ctx->engine);
}

static const uint32_t fault_ids[GEN9_ENGINE_COUNT] = {
	[GEN9_RCS0] = 0, [GEN9_VCS0] = 1, [GEN9_VCS1] = 2, [GEN9_VECS0] = 3, [GEN9_BCS0] = 4,
};

static void expect_fault(struct rig_context *ctx, uint32_t fault, uint64_t gma)
{
	struct rig *rig = ctx->rig;

	rig_submit(ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, ctx->engine).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG),
		 fault | fault_ids[ctx->engine] << FAULT_ENGINE_SHIFT);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), (uint32_t)(gma >> 12));
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA1),
		 (uint32_t)(gma >> 44) | (fault & FAULT_GGTT ? 0x10 : 0));
}

/* ---- batches ---- */

static void test_batch_returns_to_the_ring(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 2), at = rig_alloc(rig, 1);
	struct rig_context a;

	/* Across a page boundary; pages are not neighbours in memory. */
	rig_put(rig, batch + 4096 - 8, STORE(at, 1), MI_BATCH_BUFFER_END, STORE(at + 8, 9));
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_BATCH_BUFFER_START, batch + 4096 - 8, 0, STORE(at + 4, 2));
	run(&a);
	CHECK_EQ(rig, rig_load64(rig, at), 0x200000001);
	CHECK_EQ(rig, rig_load(rig, at + 8), 0);
}

static void test_chained_batch_does_not_return(struct rig *rig)
{
	uint32_t first = rig_alloc(rig, 1), second = rig_alloc(rig, 1), at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_put(rig, first, STORE(at, 1), MI_BATCH_BUFFER_START, second, 0, STORE(at + 4, 9),
		MI_BATCH_BUFFER_END);
	rig_put(rig, second, STORE(at + 8, 3), MI_BATCH_BUFFER_END);
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_BATCH_BUFFER_START, first, 0, STORE(at + 12, 4));
	run(&a);
	CHECK_EQ(rig, rig_load64(rig, at), 1);
	CHECK_EQ(rig, rig_load64(rig, at + 8), 0x400000003);
}

static void test_second_level_returns_to_the_first(struct rig *rig)
{
	uint32_t first = rig_alloc(rig, 1), second = rig_alloc(rig, 1), third = rig_alloc(rig, 1);
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_put(rig, first, MI_BATCH_BUFFER_START | MI_BATCH_SECOND_LEVEL, second, 0,
		STORE(at + 8, 3), MI_BATCH_BUFFER_END);
	rig_put(rig, second, STORE(at, 1), MI_BATCH_BUFFER_START, third, 0, STORE(at, 9));
	rig_put(rig, third, STORE(at + 4, 2), MI_BATCH_BUFFER_END); /* chained within its level */
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_BATCH_BUFFER_START, first, 0, STORE(at + 12, 4));
	run(&a);
	CHECK_EQ(rig, rig_load64(rig, at), 0x200000001);
	CHECK_EQ(rig, rig_load64(rig, at + 8), 0x400000003);
}

static void test_no_third_level(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1);
	struct rig_context a;

	rig_put(rig, batch, MI_BATCH_BUFFER_START | MI_BATCH_SECOND_LEVEL, batch, 0);
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_BATCH_BUFFER_START, batch, 0);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_put(rig, batch, MI_BATCH_BUFFER_END);
	rig_emit(&a, MI_BATCH_BUFFER_START | MI_BATCH_SECOND_LEVEL, batch, 0);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_VCS0).hangs, 1);
}

static void test_endless_batch_lets_time_pass(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_put(rig, batch, MI_BATCH_BUFFER_START, batch, 0);
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_context_init(&b, rig, GEN9_BCS0, 2);
	rig_emit(&a, MI_BATCH_BUFFER_START, batch, 0);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	rig_submit(&b, NULL); /* and it can be preempted */
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x2, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 2));
}

static void test_free_commands_still_let_time_pass(void **state)
{
	struct hw_profile free_profile = { .value = { 0 } };

	rig_run_profile(test_endless_batch_lets_time_pass, &free_profile);
}

static void test_batch_without_end_faults(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_BATCH_BUFFER_START, batch, 0);
	expect_fault(&a, FAULT_VALID | FAULT_GGTT, batch + 4096);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_ACTHD), batch + 4096);
}

/* ---- faults in the GGTT ---- */

static void test_store_to_an_unmapped_page(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_VCS1, 1);
	rig_emit(&a, STORE(0x3000, 1));
	expect_fault(&a, FAULT_VALID | FAULT_GGTT, 0x3000);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS1, RING_IPEHR), MI_STORE_DATA_IMM | MI_USE_GGTT);
}

static void test_address_beyond_the_ggtt(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_emit(&a, MI_STORE_DATA_IMM, 0x5000, 0x1234, 1);
	expect_fault(&a, FAULT_VALID | FAULT_GGTT, 0x123400005000);
}

static void test_first_fault_stays(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_VCS1, 1);
	rig_emit(&a, STORE(0x3000, 1));
	expect_fault(&a, FAULT_VALID | FAULT_GGTT, 0x3000);
	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_emit(&a, STORE(0x4000, 1));
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_VCS0).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), 3);
	rig_write(rig, FAULT_REG, 0);
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, STORE(0x4000, 1));
	expect_fault(&a, FAULT_VALID | FAULT_GGTT, 0x4000);
}

/* ---- PPGTT ---- */

#define GMA UINT64_C(0x7f5612345000)

static void test_four_levels(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 3);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_map(&a, GMA, pages, 3);
	rig_put(rig, pages, STORE_HERE(GMA + 0x1010, 0xaaaa), STORE_HERE(GMA + 0x2020, 0xbbbb),
		MI_BATCH_BUFFER_END);
	ppgtt_start(&a, GMA);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, pages + 0x1010), 0xaaaa);
	CHECK_EQ(rig, rig_load(rig, pages + 0x2020), 0xbbbb);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
}

static void test_canonical_addresses(struct rig *rig)
{
	uint64_t high = UINT64_C(0xffff800000004000);
	uint32_t pages = rig_alloc(rig, 2);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_map(&a, high, pages, 2);
	rig_put(rig, pages, STORE_HERE(high + 0x1000, 0xaaaa), MI_BATCH_BUFFER_END);
	ppgtt_start(&a, high);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, pages + 0x1000), 0xaaaa);
}

static void test_three_levels(struct rig *rig)
{
	uint64_t gma = 0xc1234000; /* the fourth gigabyte: PDP3 */
	uint32_t pages = rig_alloc(rig, 2), pd = rig_alloc(rig, 1), pt = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_set_image(&a, CTX_PDP3_UDW + 2u, (uint32_t)(rig_mfn(rig, pd) << 12));
	ppgtt_set_entry(rig, pd, PPGTT_INDEX(gma, 1), ppgtt_entry(rig, pt));
	ppgtt_set_entry(rig, pt, PPGTT_INDEX(gma, 0), ppgtt_entry(rig, pages));
	ppgtt_set_entry(rig, pt, PPGTT_INDEX(gma, 0) + 1, ppgtt_entry(rig, pages + 4096));
	rig_put(rig, pages, STORE_HERE(gma + 0x1000, 0xaaaa), STORE_HERE(gma + (1ull << 32), 1),
		MI_BATCH_BUFFER_END);
	ppgtt_start(&a, gma);
	rig_set_image(&a, CTX_RING_TAIL, 16);
	rig_write_elsp(rig, GEN9_BCS0,
		       (rig_descriptor(&a) & ~(uint64_t)CTX_DESC_MODE_MASK) | 1u << 3, 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, pages + 0x1000), 0xaaaa);
	/* 4 GiB is all there is. */
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), 0x1c1234);
}

static void test_without_privilege_bit_ppgtt_is_the_ggtt(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_put(rig, batch, STORE_HERE((uint64_t)batch + 0x100, 5), MI_BATCH_BUFFER_END);
	ppgtt_start(&a, batch);
	rig_set_image(&a, CTX_RING_TAIL, 16);
	rig_write_elsp(rig, GEN9_BCS0, rig_descriptor(&a) & ~(uint64_t)CTX_DESC_PRIVILEGE, 0);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, batch + 0x100), 5);
}

/* ---- privilege ---- */

static void test_ppgtt_batch_cannot_reach_the_ggtt(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1), at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_map(&a, GMA, pages, 1);
	rig_put(rig, pages, STORE(at, 1), MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD,
		at | MI_FLUSH_DW_GGTT, 0, 2, MI_COPY_MEM_MEM | 1u << 21, at, 0, (uint32_t)GMA,
		(uint32_t)(GMA >> 32), MI_STORE_REGISTER_MEM | MI_USE_GGTT, BCS(RING_CTL), at, 0,
		STORE_HERE(GMA + 0x800, 3), MI_BATCH_BUFFER_END);
	ppgtt_start(&a, GMA);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	CHECK_EQ(rig, rig_load(rig, pages + 0x800), 3); /* they were no-ops, not errors */
}

static void test_ppgtt_batch_cannot_reach_the_global_status_page(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_map(&a, GMA, pages, 1);
	rig_put(rig, pages, MI_STORE_DATA_INDEX, 0xc0, 1, MI_STORE_DATA_INDEX | 1u << 21, 0xc4, 2,
		MI_BATCH_BUFFER_END);
	ppgtt_start(&a, GMA);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, rig->hwsp[GEN9_BCS0] + 0xc0), 0);
	CHECK_EQ(rig, rig_load(rig, a.lrca + 0xc4), 2); /* its own context's is in reach */
}

static void test_pipe_control_in_a_ppgtt_batch(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1), at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	ppgtt_map(&a, GMA, pages, 1);
	rig_put(rig, pages, PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT, at, 0, 1, 2,
		PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD, (uint32_t)GMA + 0x800,
		(uint32_t)(GMA >> 32), 3, 4, MI_BATCH_BUFFER_END);
	ppgtt_start(&a, GMA);
	run(&a);
	CHECK_EQ(rig, rig_load64(rig, at), 0);
	CHECK_EQ(rig, rig_load64(rig, pages + 0x800), 0x400000003);
}

static void test_ppgtt_batch_writes_listed_registers_only(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1);
	struct rig_context a;

	rig_write(rig, BCS(RING_FORCE_TO_NONPRIV(11)), BCS(0x604));
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_map(&a, GMA, pages, 1);
	rig_put(rig, pages, MI_LOAD_REGISTER_IMM(3), BCS(0x600), 1, BCS(0x604), 2, BCS(0x608), 3,
		MI_LOAD_REGISTER_REG, BCS(0x604), BCS(0x60c), MI_STORE_REGISTER_MEM, BCS(0x604),
		(uint32_t)GMA + 0x800, (uint32_t)(GMA >> 32), MI_BATCH_BUFFER_END);
	ppgtt_start(&a, GMA);
	run(&a);
	CHECK_EQ(rig, rig_read(rig, BCS(0x600)), 0);
	CHECK_EQ(rig, rig_read(rig, BCS(0x604)), 2);
	CHECK_EQ(rig, rig_read(rig, BCS(0x608)), 0);
	CHECK_EQ(rig, rig_read(rig, BCS(0x60c)), 0);
	CHECK_EQ(rig, rig_load(rig, pages + 0x800), 2); /* reads are not restricted */
}

static void test_ppgtt_batch_cannot_chain_to_the_ggtt(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1), batch = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_map(&a, GMA, pages, 1);
	rig_put(rig, pages, MI_BATCH_BUFFER_START, batch, 0);
	ppgtt_start(&a, GMA);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_ACTHD_UDW), (uint32_t)(GMA >> 32));
}

#define TESTS(T)                                                                                   \
	T(test_batch_returns_to_the_ring)                                                          \
	T(test_chained_batch_does_not_return)                                                      \
	T(test_second_level_returns_to_the_first)                                                  \
	T(test_no_third_level)                                                                     \
	T(test_endless_batch_lets_time_pass)                                                       \
	T(test_batch_without_end_faults)                                                           \
	T(test_store_to_an_unmapped_page)                                                          \
	T(test_address_beyond_the_ggtt)                                                            \
	T(test_first_fault_stays)                                                                  \
	T(test_four_levels)                                                                        \
	T(test_canonical_addresses)                                                                \
	T(test_three_levels)                                                                       \
	T(test_without_privilege_bit_ppgtt_is_the_ggtt)                                            \
	T(test_ppgtt_batch_cannot_reach_the_ggtt)                                                  \
	T(test_ppgtt_batch_cannot_reach_the_global_status_page)                                    \
	T(test_pipe_control_in_a_ppgtt_batch)                                                      \
	T(test_ppgtt_batch_writes_listed_registers_only)                                           \
	T(test_ppgtt_batch_cannot_chain_to_the_ggtt)

TESTS(RIG_TEST_WRAP)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(RIG_TEST_ROW) cmocka_unit_test(test_free_commands_still_let_time_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
