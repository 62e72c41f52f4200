// SPDX-License-Identifier: MIT
/* Reset, stop, all five engines at once, the same twice. */
#include <string.h>

#include "tests/hw-model/rig.h"

#define STORE(gma, value) MI_STORE_DATA_IMM | MI_USE_GGTT, (gma), 0, (value)
#define DRAW_10US         CMD_3DPRIMITIVE, 0, 10000, 0, 1, 0, 0

static void enable(struct rig *rig, enum gen9_engine_id engine)
{
	rig_write_engine(rig, engine, RING_IMR, 0);
	rig_write_engine(rig, engine, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
	rig_write_engine(rig, engine, RING_HWS_PGA, rig->hwsp[engine]);
	rig_store(rig, rig->hwsp[engine] + 0x7c, 5);
	rig->csb_read[engine] = 5;
}

static void test_reset_of_a_hung_engine(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_context_init(&b, rig, GEN9_VCS0, 2);
	rig_emit(&a, 0xffffffff);
	rig_emit(&b, STORE(at, 1));
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	rig_submit(&b, NULL); /* pending: dropped by the reset */
	rig_sleep(rig, PS_PER_MS);
	rig_write_engine(rig, GEN9_VCS0, RING_RESET_CTL, MASKED_ENABLE(RESET_CTL_REQUEST));
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_RESET_CTL),
		 RESET_CTL_REQUEST | RESET_CTL_READY);
	rig_write(rig, GDRST, 1u << 2);
	CHECK_EQ(rig, rig_read(rig, GDRST), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_RESET_CTL), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_EXECLIST_STATUS_LO), 1);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_MI_MODE), MI_MODE_IDLE);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_MODE), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_CSB_PTR), 7);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_IPEHR), 0);

	rig_submit(&b, NULL); /* no run list mode */
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	enable(rig, GEN9_VCS0);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_VCS0);
	CHECK_EQ(rig, rig_load(rig, at), 1);
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x18, 2));
}

static void test_reset_leaves_other_engines_alone(struct rig *rig)
{
	struct rig_context a, b;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_VCS1, 2);
	rig_emit(&a, DRAW_10US);
	rig_emit(&b, MI_ARB_ON_OFF); /* never ends */
	rig_submit(&a, NULL);
	rig_submit(&b, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_write(rig, GDRST, 1u << 7 | 1u << 2 | 1u << 3 | 1u << 4); /* all but render */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS1, RING_MODE), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MODE), RING_MODE_RUN_LIST);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 1));
}

/* Work that is cut off does not hold the engine until it would have ended. */
static void test_reset_in_the_middle_of_work(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a, b;
	uint64_t start_ps;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_context_init(&b, rig, GEN9_RCS0, 2);
	rig_emit(&a, CMD_3DPRIMITIVE, 0, 1000000, 0, 1000, 0, 0, STORE(at, 1)); /* 1 s */
	rig_emit(&b, STORE(at + 4, 2));
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	rig_write(rig, GDRST, GDRST_FULL);
	rig_sleep(rig, 10 * PS_PER_MS);
	start_ps = rig_now(rig);
	enable(rig, GEN9_RCS0);
	rig_submit(&b, NULL);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK(rig, rig_now(rig) - start_ps < 20 * PS_PER_US);
	CHECK_EQ(rig, rig_load64(rig, at), 0x200000000);
	rig_sleep(rig, 2 * PS_PER_S);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	CHECK(rig, rig_stats(rig, GEN9_RCS0).busy_ps < 2 * PS_PER_MS);
}

/* At every point of a submission's life a reset must leave an engine that works. */
static void test_reset_at_any_time(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1), value = 0;
	struct rig_context a, b;

	for (uint64_t ps = 0; ps < 12 * PS_PER_US; ps += 100 * PS_PER_NS) {
		if (rig->next_page > RIG_GGTT_PAGES - 64)
			break;
		rig_context_init(&a, rig, GEN9_BCS0, 1);
		rig_context_init(&b, rig, GEN9_BCS0, 2);
		rig_emit(&a, XY_COLOR_BLT | XY_BLT_WRITE_RGBA,
			 XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 64, 0, 4u << 16 | 4u, at + 64,
			 0, 1);
		rig_submit(&a, &b);
		rig_sleep(rig, ps);
		rig_write(rig, GDRST, 1u << 3);
		enable(rig, GEN9_BCS0);
		rig_emit(&b, STORE(at, ++value), MI_USER_INTERRUPT);
		rig_set_image(&b, CTX_RING_HEAD, 0);
		rig_submit(&b, NULL);
		rig_wait_idle(rig, GEN9_BCS0);
		CHECK_EQ(rig, rig_load(rig, at), value);
		CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
		CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x18, 2));
		CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	}
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
	CHECK(rig, value > 100);
}

static void test_engine_resets_itself(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_LOAD_REGISTER_IMM(1), GDRST, 1u << 3, STORE(at, 1));
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_MI_MODE), MI_MODE_IDLE);
}

static void test_interrupt_and_ggtt_state_survive_a_reset(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_VECS0, 1);
	rig_emit(&a, MI_USER_INTERRUPT);
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_VECS0);
	rig_write(rig, PAT_LO, 0x1234);
	rig_write(rig, GDRST, GDRST_FULL);
	CHECK_EQ(rig, rig_read(rig, GT_IIR(3)), 0x101);
	CHECK_EQ(rig, rig_read(rig, GT_IER(3)), 0xffffffff);
	CHECK_EQ(rig, rig_read(rig, MASTER_IRQ), MASTER_IRQ_ENABLE | 1u << 6);
	CHECK_EQ(rig, rig_read(rig, PAT_LO), 0x1234);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VECS0, RING_IMR), 0xffffffff);
	enable(rig, GEN9_VECS0);
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_VECS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_VECS0), EVENT(0x1, 0));
}

static void test_stop_ring(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1);
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_emit(&a, DRAW_10US, STORE(at, 1));
	rig_submit(&a, NULL);
	rig_sleep(rig, 8 * PS_PER_US);
	rig_write_engine(rig, GEN9_RCS0, RING_MI_MODE, MASKED_ENABLE(MI_MODE_STOP_RING));
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MI_MODE), MI_MODE_STOP_RING);
	rig_sleep(rig, PS_PER_MS); /* the draw ends, nothing is fetched after it */
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MI_MODE),
		 MI_MODE_STOP_RING | MI_MODE_IDLE);
	CHECK_EQ(rig, rig_load(rig, at), 0);
	rig_write_engine(rig, GEN9_RCS0, RING_MI_MODE, MASKED_DISABLE(MI_MODE_STOP_RING));
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_load(rig, at), 1);
}

static void test_stopped_engine_starts_nothing(struct rig *rig)
{
	struct rig_context a;

	rig_write_engine(rig, GEN9_BCS0, RING_MI_MODE, MASKED_ENABLE(MI_MODE_STOP_RING));
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	rig_write_engine(rig, GEN9_BCS0, RING_MI_MODE, MASKED_DISABLE(MI_MODE_STOP_RING));
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
}

static void test_reset_of_a_stopped_engine(struct rig *rig)
{
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_RCS0, 1);
	rig_emit(&a, DRAW_10US);
	rig_submit(&a, NULL);
	rig_write_engine(rig, GEN9_RCS0, RING_ELSP, 0x1234); /* half a submission is lost as well */
	rig_sleep(rig, 8 * PS_PER_US);
	rig_write_engine(rig, GEN9_RCS0, RING_MI_MODE, MASKED_ENABLE(MI_MODE_STOP_RING));
	rig_sleep(rig, PS_PER_MS);
	rig_write(rig, GDRST, 1u << 1);
	enable(rig, GEN9_RCS0);
	rig_store(rig, rig->hwsp[GEN9_RCS0] + 0x40, 0);
	rig_submit(&a, NULL);
	/* It shows busy from the start, while it still loads the context. */
	while (!rig_load(rig, rig->hwsp[GEN9_RCS0] + 0x40))
		rig_sleep(rig, 50 * PS_PER_NS);
	rig_sleep(rig, 300 * PS_PER_NS);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MI_MODE), 0);
	rig_wait_idle(rig, GEN9_RCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_RCS0), EVENT(0x18, 1));
}

static void test_cancelled_reset_request(struct rig *rig)
{
	struct rig_context a;

	rig_write_engine(rig, GEN9_BCS0, RING_RESET_CTL, MASKED_ENABLE(RESET_CTL_REQUEST));
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), 0);
	rig_write_engine(rig, GEN9_BCS0, RING_RESET_CTL, MASKED_DISABLE(RESET_CTL_REQUEST));
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_RESET_CTL), 0);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_event(rig, GEN9_BCS0), EVENT(0x1, 0));
}

/* All engines increment their own words and time their work; ends in a digest of what was seen. */
static void submit_everywhere(struct rig *rig, struct rig_context contexts[2][GEN9_ENGINE_COUNT],
			      uint32_t at)
{
	for (uint32_t i = 0; i < GEN9_ENGINE_COUNT; i++) {
		for (uint32_t k = 0; k < 2; k++) {
			struct rig_context *ctx = &contexts[k][i];

			rig_context_init(ctx, rig, (enum gen9_engine_id)i, 10 * (k + 1) + i);
			for (uint32_t n = 1; n <= 50; n++)
				rig_emit(ctx, STORE(at + 64 * i + 4 * k, n), MI_USER_INTERRUPT,
					 MI_NOOP);
			rig_emit(ctx, MI_STORE_REGISTER_MEM | MI_USE_GGTT, 0x2358,
				 at + 64 * i + 16 + 4 * k, 0);
		}
		rig_submit(&contexts[0][i], &contexts[1][i]);
	}
}

static uint64_t mix(uint64_t digest, uint64_t value)
{
	return (digest ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t digests[2];
static unsigned digest_count;

/* A batch in the GGTT whose only command jumps to itself, and a store behind it. */
static uint32_t jump_to_itself(struct rig *rig, struct rig_context *ctx, uint32_t at)
{
	uint32_t batch = rig_alloc(rig, 1);

	rig_put(rig, batch, MI_BATCH_BUFFER_START, batch, 0, MI_STORE_DATA_IMM, at, 0, 1,
		MI_BATCH_BUFFER_END);
	rig_emit(ctx, MI_BATCH_BUFFER_START, batch, 0, MI_NOOP);
	return batch;
}

static void test_jump_to_itself_costs_nothing(struct rig *rig)
{
	uint64_t switches = executor_switch_count(rig->m->ex);
	struct rig_context ctx;
	uint32_t batch;

	rig_context_init(&ctx, rig, GEN9_RCS0, 1);
	batch = jump_to_itself(rig, &ctx, 0);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, 10 * PS_PER_S);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_ACTHD), batch);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MI_MODE), 0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_RCS0).hangs, 0);
	CHECK(rig, executor_switch_count(rig->m->ex) - switches < 25000);
	rig_write(rig, GDRST, 1u << 1);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_RCS0, RING_MI_MODE), MI_MODE_IDLE);
}

/* It can be ended by a store, is noticed soon, and by another submission. */
static void test_jump_to_itself_ends(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1), batch;
	struct rig_context a, b;

	for (uint64_t after_ps = PS_PER_US; after_ps <= PS_PER_S; after_ps *= 100) {
		uint64_t late_ps = after_ps < PS_PER_MS ? after_ps : PS_PER_MS;

		rig_context_init(&a, rig, GEN9_BCS0, 1);
		batch = jump_to_itself(rig, &a, at);
		rig_submit(&a, NULL);
		rig_sleep(rig, 10 * PS_PER_US + after_ps);
		rig_store(rig, at, 0);
		rig_store(rig, batch, MI_NOOP);
		rig_store(rig, batch + 4, MI_NOOP);
		rig_store(rig, batch + 8, MI_NOOP);
		rig_sleep(rig, 10 * PS_PER_US + late_ps);
		CHECK_EQ(rig, rig_load(rig, at), 1);
		rig_wait_idle(rig, GEN9_BCS0);
	}
	rig_context_init(&a, rig, GEN9_VCS0, 1);
	rig_context_init(&b, rig, GEN9_VCS0, 2);
	batch = jump_to_itself(rig, &a, at);
	rig_emit(&b, MI_STORE_DATA_IMM, at + 4, 0, 7);
	rig_submit(&a, NULL);
	rig_sleep(rig, PS_PER_S);
	rig_submit(&b, NULL);
	rig_sleep(rig, 20 * PS_PER_US);
	CHECK_EQ(rig, rig_load(rig, at + 4), 7);
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x1, 0));
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x2, 1));
	CHECK_EQ(rig, rig_event(rig, GEN9_VCS0), EVENT(0x18, 2));
	rig_submit(&a, NULL); /* and goes on where it was */
	rig_sleep(rig, 20 * PS_PER_US);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_VCS0, RING_ACTHD), batch);
}

/* How long the last one lasted is no matter for the next. */
static void test_second_jump_to_itself(struct rig *rig)
{
	uint32_t at = rig_alloc(rig, 1), first = rig_alloc(rig, 1), second = rig_alloc(rig, 1);
	struct rig_context ctx;

	rig_put(rig, first, MI_BATCH_BUFFER_START, first, 0);
	rig_put(rig, second, MI_BATCH_BUFFER_START, second, 0, MI_STORE_DATA_IMM, at, 0, 1,
		MI_BATCH_BUFFER_END);
	rig_context_init(&ctx, rig, GEN9_BCS0, 1);
	rig_emit(&ctx, MI_BATCH_BUFFER_START, first, 0, MI_NOOP);
	rig_submit(&ctx, NULL);
	rig_sleep(rig, PS_PER_S);
	rig_store(rig, first + 4, second);
	for (unsigned i = 0; i < 500 && rig_read_engine(rig, GEN9_BCS0, RING_ACTHD) != second; i++)
		rig_sleep(rig, 2 * PS_PER_US);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_ACTHD), second);
	rig_store(rig, second, MI_NOOP);
	rig_store(rig, second + 4, MI_NOOP);
	rig_store(rig, second + 8, MI_NOOP);
	rig_sleep(rig, 60 * PS_PER_US);
	CHECK_EQ(rig, rig_load(rig, at), 1);
}

static void test_five_engines_at_once(struct rig *rig)
{
	struct rig_context contexts[2][GEN9_ENGINE_COUNT];
	uint32_t at = rig_alloc(rig, 1);
	uint64_t digest = 0, start_ps, alone_ps;

	submit_everywhere(rig, contexts, at);
	start_ps = rig_now(rig);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		enum gen9_engine_id engine = (enum gen9_engine_id)i;

		rig_wait_idle(rig, engine);
		CHECK_EQ(rig, rig_load64(rig, at + 64 * i), 50ull << 32 | 50);
		CHECK_EQ(rig, rig_event(rig, engine), EVENT(0x1, 0));
		CHECK_EQ(rig, rig_event(rig, engine), EVENT(0x14, 10 + i));
		CHECK_EQ(rig, rig_event(rig, engine), EVENT(0x18, 20 + i));
		digest = mix(digest, rig_load64(rig, at + 64 * i + 16));
		digest = mix(digest, rig_stats(rig, engine).busy_ps);
	}
	/* They ran side by side: together about as long as the longest one. */
	alone_ps = rig_stats(rig, GEN9_RCS0).busy_ps;
	CHECK(rig, rig_now(rig) - start_ps < 2 * alone_ps);
	digest = mix(digest, rig->msi_count);
	digest = mix(digest, rig->msi_ps);
	digest = mix(digest, rig_now(rig));
	digests[digest_count++ % 2] = digest;
}

static void test_the_same_twice(void **state)
{
	rig_run(test_five_engines_at_once);
	rig_run(test_five_engines_at_once);
	assert_true(digests[0] == digests[1]);
}

#define TESTS(T)                                                                                   \
	T(test_reset_of_a_hung_engine)                                                             \
	T(test_reset_leaves_other_engines_alone)                                                   \
	T(test_reset_in_the_middle_of_work)                                                        \
	T(test_reset_at_any_time)                                                                  \
	T(test_engine_resets_itself)                                                               \
	T(test_interrupt_and_ggtt_state_survive_a_reset)                                           \
	T(test_stop_ring)                                                                          \
	T(test_stopped_engine_starts_nothing)                                                      \
	T(test_reset_of_a_stopped_engine)                                                          \
	T(test_cancelled_reset_request)                                                            \
	T(test_jump_to_itself_costs_nothing)                                                       \
	T(test_jump_to_itself_ends)                                                                \
	T(test_second_jump_to_itself)                                                              \
	T(test_five_engines_at_once)

TESTS(RIG_TEST_WRAP)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(RIG_TEST_ROW) cmocka_unit_test(test_the_same_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
