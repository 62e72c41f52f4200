// SPDX-License-Identifier: MIT
/* Batches and address spaces: chaining and levels, GGTT and PPGTT, privilege, faults. */
#include "tests/hw-model/rig.h"

#define STORE(gma, value)      MI_STORE_DATA_IMM | MI_USE_GGTT, (gma), 0, (value)
#define STORE_HERE(gma, value) MI_STORE_DATA_IMM, (uint32_t)(gma), (uint32_t)((gma) >> 32), (value)
#define RW_BITS                (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define BCS(offset)            (0x22000u + (offset))

/* Index of gma in a table of the given level, 0 the lowest. */
#define INDEX(gma, level) ((uint32_t)((gma) >> (12 + 9 * (level))) & 0x1ffu)

static void run(struct rig_context *ctx)
{
	rig_submit(ctx, NULL);
	rig_wait_idle(ctx->rig, ctx->engine);
}

static void expect_fault(struct rig_context *ctx, uint32_t fault, uint64_t gma)
{
	struct rig *rig = ctx->rig;

	rig_submit(ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, ctx->engine).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG),
		 fault | (uint32_t)gen9_engines[ctx->engine].hw_id << 12);
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
	struct hw_profile free_profile = { .value_ps = { 0 } };

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

struct tables {
	uint32_t pml4, pdp, pd, pt; /* GGTT addresses, for the CPU's stores */
};

static void set_entry(struct rig *rig, uint32_t table, uint32_t index, uint64_t value)
{
	rig_put(rig, table + index * 8u, (uint32_t)value, (uint32_t)(value >> 32));
}

static uint64_t entry_for(const struct rig *rig, uint32_t page)
{
	return rig_mfn(rig, page) << 12 | RW_BITS;
}

/* Map count pages, at `pages` in the GGTT, to gma in a fresh 4-level PPGTT of ctx. */
static struct tables map_ppgtt(struct rig_context *ctx, uint64_t gma, uint32_t pages,
			       unsigned count)
{
	struct rig *rig = ctx->rig;
	struct tables t = { rig_alloc(rig, 1), rig_alloc(rig, 1), rig_alloc(rig, 1),
			    rig_alloc(rig, 1) };

	set_entry(rig, t.pml4, INDEX(gma, 3), entry_for(rig, t.pdp));
	set_entry(rig, t.pdp, INDEX(gma, 2), entry_for(rig, t.pd));
	set_entry(rig, t.pd, INDEX(gma, 1), entry_for(rig, t.pt));
	for (unsigned i = 0; i < count; i++)
		set_entry(rig, t.pt, INDEX(gma, 0) + i, entry_for(rig, pages + i * 4096u));
	/* The root is an address only. */
	rig_set_image(ctx, CTX_PDP0_UDW, (uint32_t)(rig_mfn(rig, t.pml4) >> 20));
	rig_set_image(ctx, CTX_PDP0_LDW, (uint32_t)(rig_mfn(rig, t.pml4) << 12));
	return t;
}

/* A batch at gma whose first page is `page`; the ring of ctx starts it. */
static void start_ppgtt(struct rig_context *ctx, uint64_t gma)
{
	rig_emit(ctx, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, (uint32_t)gma, (uint32_t)(gma >> 32));
}

#define GMA UINT64_C(0x7f5612345000)

static void test_four_levels(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 3);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	map_ppgtt(&a, GMA, pages, 3);
	rig_put(rig, pages, STORE_HERE(GMA + 0x1010, 0xaaaa), STORE_HERE(GMA + 0x2020, 0xbbbb),
		MI_BATCH_BUFFER_END);
	start_ppgtt(&a, GMA);
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
	map_ppgtt(&a, high, pages, 2);
	rig_put(rig, pages, STORE_HERE(high + 0x1000, 0xaaaa), MI_BATCH_BUFFER_END);
	start_ppgtt(&a, high);
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
	set_entry(rig, pd, INDEX(gma, 1), entry_for(rig, pt));
	set_entry(rig, pt, INDEX(gma, 0), entry_for(rig, pages));
	set_entry(rig, pt, INDEX(gma, 0) + 1, entry_for(rig, pages + 4096));
	rig_put(rig, pages, STORE_HERE(gma + 0x1000, 0xaaaa), STORE_HERE(gma + (1ull << 32), 1),
		MI_BATCH_BUFFER_END);
	start_ppgtt(&a, gma);
	rig_set_image(&a, CTX_RING_TAIL, 16);
	rig_write_elsp(rig, GEN9_BCS0,
		       (rig_descriptor(&a) & ~(uint64_t)CTX_DESC_MODE_MASK) | 1u << 3, 0);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, pages + 0x1000), 0xaaaa);
	/* 4 GiB is all there is. */
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), 0x1c1234);
}

/* Take one entry of the walk away: each level's must fault. */
static void test_faults_of_each_level(struct rig *rig)
{
	for (unsigned level = 0; level < 4; level++) {
		uint32_t pages = rig_alloc(rig, 2);
		struct rig_context a;
		struct tables t;
		uint32_t table;

		rig_context_init(&a, rig, (enum gen9_engine_id)level, 1);
		t = map_ppgtt(&a, GMA, pages, 2);
		table = ((uint32_t[]){ t.pt, t.pd, t.pdp, t.pml4 })[level];
		set_entry(rig, table, INDEX(GMA, level), 0);
		start_ppgtt(&a, GMA);
		rig_write(rig, FAULT_REG, 0);
		expect_fault(&a, FAULT_VALID, GMA);
	}
}

static void test_write_to_a_read_only_page(struct rig *rig)
{
	for (unsigned level = 0; level < 4; level++) {
		uint32_t pages = rig_alloc(rig, 2);
		struct rig_context a;
		struct tables t;
		uint32_t table, at;

		rig_context_init(&a, rig, (enum gen9_engine_id)level, 1);
		t = map_ppgtt(&a, GMA, pages, 2);
		table = ((uint32_t[]){ t.pt, t.pd, t.pdp, t.pml4 })[level];
		at = table + INDEX(GMA + 0x1000, level) * 8u;
		rig_store(rig, at, rig_load(rig, at) & ~(uint32_t)GEN8_PTE_WRITABLE);
		/* Reading commands through it is fine. */
		rig_put(rig, pages, MI_NOOP, STORE_HERE(GMA + 0x1000, 1), MI_BATCH_BUFFER_END);
		start_ppgtt(&a, GMA);
		rig_write(rig, FAULT_REG, 0);
		expect_fault(&a, FAULT_VALID, GMA + 0x1000);
		CHECK_EQ(rig, rig_load(rig, pages + 0x1000), 0);
	}
}

static void test_large_pages_fault(struct rig *rig)
{
	for (unsigned bit = 7; bit <= 11; bit += 4) {
		uint32_t pages = rig_alloc(rig, 1);
		struct rig_context a;
		struct tables t;

		rig_context_init(&a, rig, bit == 7 ? GEN9_BCS0 : GEN9_VCS0, 1);
		t = map_ppgtt(&a, GMA, pages, 1);
		set_entry(rig, t.pd, INDEX(GMA, 1), entry_for(rig, t.pt) | 1u << bit);
		start_ppgtt(&a, GMA);
		rig_write(rig, FAULT_REG, 0);
		expect_fault(&a, FAULT_VALID, GMA);
	}
}

static void test_without_privilege_bit_ppgtt_is_the_ggtt(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_put(rig, batch, STORE_HERE((uint64_t)batch + 0x100, 5), MI_BATCH_BUFFER_END);
	start_ppgtt(&a, batch);
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
	map_ppgtt(&a, GMA, pages, 1);
	rig_put(rig, pages, STORE(at, 1), MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD,
		at | MI_FLUSH_DW_GGTT, 0, 2, MI_COPY_MEM_MEM | 1u << 21, at, 0, (uint32_t)GMA,
		(uint32_t)(GMA >> 32), MI_STORE_REGISTER_MEM | MI_USE_GGTT, BCS(RING_CTL), at, 0,
		STORE_HERE(GMA + 0x800, 3), MI_BATCH_BUFFER_END);
	start_ppgtt(&a, GMA);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	CHECK_EQ(rig, rig_load(rig, pages + 0x800), 3); /* they were no-ops, not errors */
}

static void test_pipe_control_in_a_ppgtt_batch(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1), at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	map_ppgtt(&a, GMA, pages, 1);
	rig_put(rig, pages, PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD | PIPE_CONTROL_GGTT, at, 0, 1, 2,
		PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD, (uint32_t)GMA + 0x800,
		(uint32_t)(GMA >> 32), 3, 4, MI_BATCH_BUFFER_END);
	start_ppgtt(&a, GMA);
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
	map_ppgtt(&a, GMA, pages, 1);
	rig_put(rig, pages, MI_LOAD_REGISTER_IMM(3), BCS(0x600), 1, BCS(0x604), 2, BCS(0x608), 3,
		MI_LOAD_REGISTER_REG, BCS(0x604), BCS(0x60c), MI_STORE_REGISTER_MEM, BCS(0x604),
		(uint32_t)GMA + 0x800, (uint32_t)(GMA >> 32), MI_BATCH_BUFFER_END);
	start_ppgtt(&a, GMA);
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
	map_ppgtt(&a, GMA, pages, 1);
	rig_put(rig, pages, MI_BATCH_BUFFER_START, batch, 0);
	start_ppgtt(&a, GMA);
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
	T(test_faults_of_each_level)                                                               \
	T(test_write_to_a_read_only_page)                                                          \
	T(test_large_pages_fault)                                                                  \
	T(test_without_privilege_bit_ppgtt_is_the_ggtt)                                            \
	T(test_ppgtt_batch_cannot_reach_the_ggtt)                                                  \
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
