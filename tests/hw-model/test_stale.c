// SPDX-License-Identifier: MIT
/*
 * When engines see that page tables changed: a batch stores through one address, the tables then
 * lead it elsewhere, and where the next store ends shows whether anything between them invalidated
 * the translation.
 */
#include "tests/hw-model/ppgtt.h"

#define GMA   UINT64_C(0x7f5612345000) /* the batch; the page after it changes */
#define AT    (GMA + 0x1000)
#define OTHER UINT64_C(0x200000) /* in a second PPGTT */

struct stale {
	struct rig *rig;
	struct rig_context ctx;
	struct ppgtt_tables tables;
	uint32_t batch, old, new; /* GGTT addresses */
};

static void run(struct rig_context *ctx)
{
	rig_submit(ctx, NULL);
	rig_wait_idle(ctx->rig, ctx->engine);
}

static void store_at(struct stale *s, uint32_t value)
{
	rig_put(s->rig, s->batch, MI_STORE_DATA_IMM, (uint32_t)AT, (uint32_t)(AT >> 32), value,
		MI_BATCH_BUFFER_END);
	ppgtt_start(&s->ctx, GMA);
}

/* The engine's TLB has the page that AT leads to; then AT leads to another one. */
static void stale_init(struct stale *s, struct rig *rig, enum gen9_engine_id engine)
{
	*s = (struct stale){ .rig = rig, .batch = rig_alloc(rig, 2), .new = rig_alloc(rig, 1) };
	s->old = s->batch + 0x1000;
	rig_context_init(&s->ctx, rig, engine, 1);
	s->tables = ppgtt_map(&s->ctx, GMA, s->batch, 2);
	store_at(s, 1);
	run(&s->ctx);
	CHECK_EQ(rig, rig_load(rig, s->old), 1);
	ppgtt_set_level(rig, &s->tables, AT, 0, ppgtt_entry(rig, s->new));
}

static void expect_at(struct stale *s, bool fresh, const char *after)
{
	uint32_t value = rig_load(s->rig, fresh ? s->new : s->old);

	if (value != 2)
		print_error("after %s\n", after);
	CHECK_EQ(s->rig, value, 2);
	CHECK_EQ(s->rig, rig_load(s->rig, fresh ? s->old : s->new), fresh ? 1 : 0);
}

static void store_and_expect(struct stale *s, bool fresh, const char *after)
{
	store_at(s, 2);
	run(&s->ctx);
	expect_at(s, fresh, after);
}

/* ---- PPGTT: commands ---- */

static void test_commands(struct rig *rig)
{
	static const struct {
		const char *name;
		enum gen9_engine_id engine;
		uint32_t dw[6];
		bool fresh;
	} rows[] = {
		{"nothing",                 GEN9_RCS0, { MI_NOOP },                             false},
		{ "PIPE_CONTROL, TLB",      GEN9_RCS0, { PIPE_CONTROL, 1u << 18 },              true },
		{ "PIPE_CONTROL, stall",
                 GEN9_RCS0,			    { PIPE_CONTROL, PIPE_CONTROL_CS_STALL },
                 false									       },
		{ "MI_FLUSH_DW, TLB",       GEN9_BCS0, { MI_FLUSH_DW | 1u << 18 },              true },
		{ "MI_FLUSH_DW, TLB",       GEN9_VCS1, { MI_FLUSH_DW | 1u << 18 },              true },
		{ "MI_FLUSH_DW",            GEN9_BCS0, { MI_FLUSH_DW },                         false},
		{ "LRI of its TLB control",
                 GEN9_BCS0,			    { MI_LOAD_REGISTER_IMM(1), 0x426c, 1 },
                 true										},
		{ "LRI of another's",       GEN9_BCS0, { MI_LOAD_REGISTER_IMM(1), 0x4260, 1 },  false},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stale s;

		stale_init(&s, rig, rows[i].engine);
		rig_emit_dwords(&s.ctx, rows[i].dw, 6); /* what is not used is MI_NOOP */
		store_and_expect(&s, rows[i].fresh, rows[i].name);
		rig_write(rig, GDRST, GDRST_FULL);
		for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
			rig_write_engine(rig, id, RING_HWS_PGA, rig->hwsp[id]);
			rig_write_engine(rig, id, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
		}
	}
}

/* From within a batch it takes effect at once. */
static void test_flush_within_a_batch(struct rig *rig)
{
	struct stale s;

	stale_init(&s, rig, GEN9_BCS0);
	rig_put(rig, s.batch, MI_STORE_DATA_IMM, (uint32_t)AT + 8, (uint32_t)(AT >> 32), 2,
		MI_FLUSH_DW | MI_FLUSH_DW_TLB, 0, 0, 0, MI_STORE_DATA_IMM, (uint32_t)AT + 8,
		(uint32_t)(AT >> 32), 3, MI_BATCH_BUFFER_END);
	ppgtt_start(&s.ctx, GMA);
	run(&s.ctx);
	CHECK_EQ(rig, rig_load(rig, s.old + 8), 2);
	CHECK_EQ(rig, rig_load(rig, s.new + 8), 3);
}

/* ---- PPGTT: registers ---- */

static void test_tlb_control_registers(struct rig *rig)
{
	static const uint32_t offsets[GEN9_ENGINE_COUNT] = {
		[GEN9_RCS0] = 0x4260, [GEN9_BCS0] = 0x426c,  [GEN9_VCS0] = 0x4264,
		[GEN9_VCS1] = 0x4268, [GEN9_VECS0] = 0x4270,
	};

	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct stale s;

		stale_init(&s, rig, id);
		for (unsigned other = 0; other < GEN9_ENGINE_COUNT; other++)
			if (other != id)
				rig_write(rig, offsets[other], 1);
		rig_write(rig, offsets[id], 2); /* bit 0 it is */
		rig_write(rig, 0x4274, 1);      /* GTCR: not for engines */
		rig_write(rig, GFX_FLSH_CNTL, 1);
		store_at(&s, 2);
		run(&s.ctx);
		expect_at(&s, false, "writes to all other registers");
		rig_write(rig, offsets[id], 1);
		CHECK_EQ(rig, rig_read(rig, offsets[id]), 0);
		store_at(&s, 3);
		run(&s.ctx);
		CHECK_EQ(rig, rig_load(rig, s.new), 3);
	}
}

/* ---- PPGTT: contexts ---- */

/* A context of the same engine with tables of its own and an empty batch. */
static void run_other_context(struct stale *s)
{
	uint32_t batch = rig_alloc(s->rig, 1);
	struct rig_context other;

	rig_context_init(&other, s->rig, s->ctx.engine, 2);
	ppgtt_map(&other, OTHER, batch, 1);
	rig_put(s->rig, batch, MI_BATCH_BUFFER_END);
	ppgtt_start(&other, OTHER);
	run(&other);
}

static void test_other_roots_in_between(struct rig *rig)
{
	struct stale s;

	stale_init(&s, rig, GEN9_VCS0);
	run_other_context(&s);
	store_and_expect(&s, true, "a context with other roots");
}

static void test_same_roots_in_between(struct rig *rig)
{
	struct rig_context other;
	struct stale s;

	stale_init(&s, rig, GEN9_VCS0);
	rig_context_init(&other, rig, GEN9_VCS0, 2);
	ppgtt_set_root(&other, 0, s.tables.table[3]);
	rig_emit(&other, MI_NOOP, MI_NOOP);
	run(&other);
	store_and_expect(&s, false, "a context with the same roots");
}

/* A root that is not used counts as well: the roots are loaded as a whole. */
static void test_other_unused_root(struct rig *rig)
{
	struct stale s;

	stale_init(&s, rig, GEN9_VCS0);
	rig_set_image(&s.ctx, CTX_PDP3_UDW, 1);
	store_and_expect(&s, true, "a load with another PDP3");
}

static void test_forced_restore_of_the_roots(struct rig *rig)
{
	struct stale s;

	stale_init(&s, rig, GEN9_VECS0);
	store_at(&s, 2);
	ppgtt_submit(&s.ctx, CTX_DESC_MODE_LEGACY_64B, 1u << 1);
	rig_wait_idle(rig, GEN9_VECS0);
	expect_at(&s, true, "a load with forced restore of the roots");
}

/* A semaphore in the ring holds the context until it is submitted again. */
static void wait_for_signal(struct stale *s, uint32_t flag)
{
	rig_emit(&s->ctx, MI_SEMAPHORE_WAIT | 1u << 22 | 1u << 15 | 4u << 12, 1, flag, 0);
	rig_submit(&s->ctx, NULL);
	rig_sleep(s->rig, 50 * PS_PER_US);
	CHECK(s->rig, rig_read_engine(s->rig, s->ctx.engine, RING_EXECLIST_STATUS_HI) != 0);
}

static void test_lite_restore(struct rig *rig)
{
	for (uint32_t force = 0; force < 2; force++) {
		enum gen9_engine_id engine = force ? GEN9_BCS0 : GEN9_VCS0;
		uint32_t flag = rig_alloc(rig, 1);
		struct stale s;

		stale_init(&s, rig, engine);
		wait_for_signal(&s, flag);
		store_at(&s, 2);
		ppgtt_submit(&s.ctx, CTX_DESC_MODE_LEGACY_64B, force << 1);
		rig_sleep(rig, 50 * PS_PER_US);
		rig_store(rig, flag, 1);
		rig_wait_idle(rig, engine);
		expect_at(&s, force, "a lite restore");
		CHECK_EQ(rig, rig_stats(rig, engine).contexts_run, 3);
	}
}

/* Forced, a lite restore takes new roots, too; else it goes on with those it has. */
static void test_lite_restore_with_new_roots(struct rig *rig)
{
	for (uint32_t force = 0; force < 2; force++) {
		enum gen9_engine_id engine = force ? GEN9_BCS0 : GEN9_VCS0;
		uint32_t flag = rig_alloc(rig, 1), page = rig_alloc(rig, 2);
		struct stale s;

		stale_init(&s, rig, engine);
		wait_for_signal(&s, flag);
		ppgtt_map(&s.ctx, GMA, page, 2);
		rig_put(rig, page, MI_STORE_DATA_IMM, (uint32_t)AT, (uint32_t)(AT >> 32), 7,
			MI_BATCH_BUFFER_END);
		store_at(&s, 2);
		ppgtt_submit(&s.ctx, CTX_DESC_MODE_LEGACY_64B, force << 1);
		rig_sleep(rig, 50 * PS_PER_US);
		rig_store(rig, flag, 1);
		rig_wait_idle(rig, engine);
		CHECK_EQ(rig, rig_load(rig, s.old), force ? 1 : 2);
		CHECK_EQ(rig, rig_load(rig, page + 0x1000), force ? 7 : 0);
	}
}

static void run_in_mode(struct rig_context *ctx, unsigned mode)
{
	ppgtt_submit(ctx, mode, 0);
	rig_wait_idle(ctx->rig, ctx->engine);
}

/*
 * In three-level mode the ring itself may load the roots. Translations through another root, or
 * from the same table in the other mode, are others.
 */
static void test_root_loaded_by_the_ring(struct rig *rig)
{
	uint32_t pages[2] = { rig_alloc(rig, 1), rig_alloc(rig, 1) }, pds[2];
	uint32_t batch = rig_alloc(rig, 1), low_pd = rig_alloc(rig, 1), pt = rig_alloc(rig, 1);
	uint64_t at = 0x40003000; /* PDP1 */
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t table = rig_alloc(rig, 1);

		pds[i] = rig_alloc(rig, 1);
		ppgtt_set_entry(rig, pds[i], 0, ppgtt_entry(rig, table));
		ppgtt_set_entry(rig, table, 3, ppgtt_entry(rig, pages[i]));
	}
	ppgtt_set_entry(rig, low_pd, 0, ppgtt_entry(rig, pt));
	ppgtt_set_entry(rig, pt, 0, ppgtt_entry(rig, batch));
	ppgtt_set_root(&a, 0, low_pd);
	ppgtt_set_root(&a, 1, pds[0]);
	rig_put(rig, batch, MI_STORE_DATA_IMM, (uint32_t)at, 0, 1, MI_BATCH_BUFFER_END);
	rig_put(rig, batch + 0x100, MI_STORE_DATA_IMM, (uint32_t)at, 0, 2, MI_BATCH_BUFFER_END);
	ppgtt_start(&a, 0);
	rig_emit(&a, MI_LOAD_REGISTER_IMM(1), 0x22000u + RING_PDP_LDW(1),
		 (uint32_t)(rig_mfn(rig, pds[1]) << 12));
	ppgtt_start(&a, 0x100);
	run_in_mode(&a, CTX_DESC_MODE_LEGACY_32B);
	CHECK_EQ(rig, rig_load(rig, pages[0]), 1);
	CHECK_EQ(rig, rig_load(rig, pages[1]), 2);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
}

/* ---- no leaks between address spaces ---- */

static void store_of(struct rig_context *ctx, uint32_t batch, uint32_t value)
{
	rig_put(ctx->rig, batch, MI_STORE_DATA_IMM, (uint32_t)AT, (uint32_t)(AT >> 32), value,
		MI_BATCH_BUFFER_END);
	ppgtt_start(ctx, GMA);
}

/* Two contexts, one address: alternating, in one execlist, and preempting each other. */
static void test_contexts_do_not_see_each_others_pages(struct rig *rig)
{
	uint32_t pages[2] = { rig_alloc(rig, 2), rig_alloc(rig, 2) };
	struct rig_context ctx[2];

	for (unsigned i = 0; i < 2; i++) {
		rig_context_init(&ctx[i], rig, GEN9_BCS0, 1 + i);
		ppgtt_map(&ctx[i], GMA, pages[i], 2);
	}
	for (uint32_t round = 1; round < 20; round++) {
		for (unsigned i = 0; i < 2; i++)
			store_of(&ctx[i], pages[i], 2u * round + i);
		if (round % 2u) {
			rig_submit(&ctx[0], &ctx[1]);
		} else {
			rig_submit(&ctx[1], NULL);
			rig_submit(&ctx[0], NULL); /* preempts it at some point */
			rig_wait_idle(rig, GEN9_BCS0);
			rig_submit(&ctx[1], NULL);
		}
		rig_wait_idle(rig, GEN9_BCS0);
		for (unsigned i = 0; i < 2; i++)
			CHECK_EQ(rig, rig_load(rig, pages[i] + 0x1000), 2u * round + i);
	}
}

/* An address that only the other context has mapped stays a fault. */
static void test_other_contexts_pages_stay_unmapped(struct rig *rig)
{
	uint32_t pages = rig_alloc(rig, 1);
	struct rig_context other;
	struct stale s;

	stale_init(&s, rig, GEN9_BCS0);
	rig_context_init(&other, rig, GEN9_BCS0, 2);
	ppgtt_map(&other, GMA, pages, 1);
	store_of(&other, pages, 9);
	rig_submit(&other, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), (uint32_t)(AT >> 12));
	CHECK_EQ(rig, rig_load(rig, s.old), 1);
	CHECK_EQ(rig, rig_load(rig, s.new), 0);
}

/* The same address in the GGTT and in a PPGTT, and on two engines. */
static void test_spaces_and_engines_are_apart(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 2), page = rig_alloc(rig, 2);
	struct rig_context a, b;

	for (unsigned i = 0; i < 2; i++) {
		struct rig_context *ctx = i ? &b : &a;

		rig_context_init(ctx, rig, i ? GEN9_VCS1 : GEN9_VCS0, 1);
		ppgtt_map(ctx, batch, page, 2); /* PPGTT addresses like GGTT ones */
		rig_put(rig, page + i * 0x100, MI_STORE_DATA_IMM, batch + 0x1000, 0, 10 + i,
			MI_BATCH_BUFFER_END);
		rig_put(rig, batch + i * 0x100, MI_STORE_DATA_IMM, batch + 0x1000, 0, 20 + i,
			MI_BATCH_BUFFER_END);
		ppgtt_start(ctx, batch + i * 0x100);
		rig_emit(ctx, MI_BATCH_BUFFER_START, batch + i * 0x100, 0);
		run(ctx);
		CHECK_EQ(rig, rig_load(rig, page + 0x1000), 10 + i);
		CHECK_EQ(rig, rig_load(rig, batch + 0x1000), 20 + i);
	}
}

/* ---- resets ---- */

static void restart(struct rig *rig, enum gen9_engine_id engine)
{
	rig_write_engine(rig, engine, RING_HWS_PGA, rig->hwsp[engine]);
	rig_write_engine(rig, engine, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
}

/* The roots are put back by hand, so that it is not their change that invalidates. */
static void reset_and_restart(struct stale *s, uint32_t gdrst)
{
	uint32_t low = rig_read_engine(s->rig, s->ctx.engine, RING_PDP_LDW(0));
	uint32_t high = rig_read_engine(s->rig, s->ctx.engine, RING_PDP_UDW(0));

	rig_write(s->rig, GDRST, gdrst);
	rig_write_engine(s->rig, s->ctx.engine, RING_PDP_LDW(0), low);
	rig_write_engine(s->rig, s->ctx.engine, RING_PDP_UDW(0), high);
	restart(s->rig, s->ctx.engine);
}

static void test_resets(struct rig *rig)
{
	static const struct {
		const char *name;
		uint32_t gdrst;
		bool fresh;
	} rows[] = {
		{"its reset",               1u << 2, true },
		{ "a full reset",           1u,      true },
		{ "another engine's reset", 1u << 7, false},
		{ "no reset",               0,       false}
	};

	for (unsigned i = 0; i < 4; i++) {
		struct stale s;

		stale_init(&s, rig, GEN9_VCS0);
		reset_and_restart(&s, rows[i].gdrst);
		store_and_expect(&s, rows[i].fresh, rows[i].name);
	}
}

/* ---- GGTT ---- */

struct global {
	struct rig *rig;
	struct rig_context ctx;
	uint32_t at, to; /* GGTT addresses; at leads to the page of to */
	uint8_t *old;    /* where it led before */
};

static void global_store(struct global *g, uint32_t value)
{
	rig_emit(&g->ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, g->at, 0, value);
	run(&g->ctx);
}

static uint32_t dword_at(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static void global_init(struct global *g, struct rig *rig, enum gen9_engine_id engine)
{
	*g = (struct global){ .rig = rig, .at = rig_alloc(rig, 1), .to = rig_alloc(rig, 1) };
	g->old = rig_at(rig, g->at);
	rig_context_init(&g->ctx, rig, engine, 1);
	global_store(g, 1);
	CHECK_EQ(rig, dword_at(g->old), 1);
	rig_set_pte(rig, g->at, ppgtt_entry(rig, g->to));
}

static void test_ggtt_flush_is_for_all_engines(struct rig *rig)
{
	struct global g[GEN9_ENGINE_COUNT];

	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		global_init(&g[id], rig, id);
	rig_write(rig, GFX_FLSH_CNTL, 2); /* bit 0 it is */
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		global_store(&g[id], 2);
		CHECK_EQ(rig, dword_at(g[id].old), 2);
		CHECK_EQ(rig, rig_load(rig, g[id].to), 0);
	}
	rig_write(rig, GFX_FLSH_CNTL, 1);
	CHECK_EQ(rig, rig_read(rig, GFX_FLSH_CNTL), 0);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		global_store(&g[id], 3);
		CHECK_EQ(rig, dword_at(g[id].old), 2);
		CHECK_EQ(rig, rig_load(rig, g[id].to), 3);
	}
}

/* What ends translations of a PPGTT leaves those of the GGTT alone. */
static void test_ggtt_keeps_stale_otherwise(struct rig *rig)
{
	struct rig_context other;
	struct global g;

	global_init(&g, rig, GEN9_BCS0);
	rig_write(rig, 0x426c, 1);
	rig_context_init(&other, rig, GEN9_BCS0, 2);
	ppgtt_set_root(&other, 0, g.to);
	rig_emit(&other, MI_FLUSH_DW | MI_FLUSH_DW_TLB, 0, 0, 0);
	run(&other);
	ppgtt_submit(&g.ctx, CTX_DESC_MODE_LEGACY_64B, CTX_DESC_FORCE_PD_RESTORE);
	rig_wait_idle(rig, GEN9_BCS0);
	global_store(&g, 2);
	CHECK_EQ(rig, dword_at(g.old), 2);
	CHECK_EQ(rig, rig_load(rig, g.to), 0);
	rig_write(rig, GDRST, 1u << 3); /* the reset of the engine does end them */
	restart(rig, GEN9_BCS0);
	global_store(&g, 3);
	CHECK_EQ(rig, dword_at(g.old), 2);
	CHECK_EQ(rig, rig_load(rig, g.to), 3);
}

/* An unmapped page goes on being used; one that was not mapped is looked up each time. */
static void test_what_is_not_mapped_is_not_kept(struct rig *rig)
{
	uint32_t hole;
	struct global g;

	global_init(&g, rig, GEN9_BCS0);
	rig_set_pte(rig, g.at, 0);
	global_store(&g, 2);
	CHECK_EQ(rig, dword_at(g.old), 2);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);

	hole = g.to + 0x1000;
	rig_emit(&g.ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, hole, 0, 1);
	rig_submit(&g.ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 1);
	rig_context_init(&g.ctx, rig, GEN9_VCS0, 1);
	rig_emit(&g.ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, hole, 0, 1);
	rig_submit(&g.ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, GEN9_VCS0).hangs, 1);
	rig_set_pte(rig, hole, ppgtt_entry(rig, g.to));
	rig_context_init(&g.ctx, rig, GEN9_VCS1, 1);
	rig_emit(&g.ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, hole, 0, 5);
	run(&g.ctx);
	CHECK_EQ(rig, rig_load(rig, g.to), 5);
}

/* The status page is memory like any other. */
static void test_status_page_is_translated_too(struct rig *rig)
{
	uint32_t page = rig_alloc(rig, 1), index = GEN9_HWSP_CSB_WRITE_DWORD * 4u;
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_NOOP, MI_NOOP);
	run(&a);
	rig_set_pte(rig, rig->hwsp[GEN9_BCS0], ppgtt_entry(rig, page));
	rig_emit(&a, MI_NOOP, MI_NOOP);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, page + index), 0);
	CHECK_EQ(rig, rig_load(rig, rig->hwsp[GEN9_BCS0] + index), 3);
	rig_write(rig, GFX_FLSH_CNTL, 1);
	rig_emit(&a, MI_NOOP, MI_NOOP);
	run(&a);
	CHECK_EQ(rig, rig_load(rig, page + index), 5);
	CHECK_EQ(rig, rig_load(rig, rig->hwsp[GEN9_BCS0] + index), 3);
}

/* More pages than the TLB holds: the first is looked up again, and is found where it moved. */
static void test_replaced_translations_are_looked_up(struct rig *rig)
{
	enum { PAGES = 4 }; /* of one set, with the one that moved one too many */
	uint32_t first = rig_alloc(rig, 64 * (PAGES + 1));
	struct global g;

	global_init(&g, rig, GEN9_VECS0);
	first += (g.at - first) % 0x40000u; /* same set */
	for (uint32_t i = 0; i < PAGES; i++)
		rig_emit(&g.ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, first + i * 0x40000u, 0, 1);
	run(&g.ctx);
	global_store(&g, 2);
	CHECK_EQ(rig, rig_load(rig, g.to), 2);
	CHECK_EQ(rig, dword_at(g.old), 1);
}

#define TESTS(T)                                                                                   \
	T(test_commands)                                                                           \
	T(test_flush_within_a_batch)                                                               \
	T(test_tlb_control_registers)                                                              \
	T(test_other_roots_in_between)                                                             \
	T(test_same_roots_in_between)                                                              \
	T(test_other_unused_root)                                                                  \
	T(test_forced_restore_of_the_roots)                                                        \
	T(test_lite_restore)                                                                       \
	T(test_lite_restore_with_new_roots)                                                        \
	T(test_root_loaded_by_the_ring)                                                            \
	T(test_contexts_do_not_see_each_others_pages)                                              \
	T(test_other_contexts_pages_stay_unmapped)                                                 \
	T(test_spaces_and_engines_are_apart)                                                       \
	T(test_resets)                                                                             \
	T(test_ggtt_flush_is_for_all_engines)                                                      \
	T(test_ggtt_keeps_stale_otherwise)                                                         \
	T(test_what_is_not_mapped_is_not_kept)                                                     \
	T(test_status_page_is_translated_too)                                                      \
	T(test_replaced_translations_are_looked_up)

RIG_TEST_MAIN(TESTS)
