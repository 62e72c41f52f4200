// SPDX-License-Identifier: MIT
/* Page walks: pages of each size, permissions, faults at each level, and what they cost. */
#include <string.h>

#include "tests/hw-model/ppgtt.h"

#define GMA        UINT64_C(0x7f5612345000) /* of batches */
#define BIG        UINT64_C(0x7f5612400000) /* 2 MiB that the same page directory maps */
#define KIB        UINT64_C(1024)
#define MIB        (1024 * KIB)
#define BIG_PAGES  1024u /* 4 MiB, of which 2 MiB are aligned */
#define FREE_GMA   (RIG_GGTT_PAGES * 4096u)
#define NO_MEMORY  (UINT64_C(1) << 44 | PTE_RW) /* an entry that leads beyond memory */
#define IPS_ENABLE 0xfu

#define STORE_HERE(gma, value) MI_STORE_DATA_IMM, (uint32_t)(gma), (uint32_t)((gma) >> 32), (value)
#define LOAD_HERE(gma, reg)    MI_LOAD_REGISTER_MEM, (reg), (uint32_t)(gma), (uint32_t)((gma) >> 32)

/* An address space with a batch, and 2 MiB of memory aligned to that. */
struct space {
	struct rig *rig;
	struct rig_context ctx;
	struct ppgtt_tables tables;
	uint32_t batch;
	uint64_t big_mfn;
	uint8_t *big;
};

static void alloc_big(struct space *s)
{
	struct physmem *pm = s->rig->m->pm;
	uint64_t mfn;

	CHECK_EQ(s->rig, (uint64_t)physmem_alloc_pages(pm, BIG_PAGES, &mfn), 0);
	s->big_mfn = (mfn + 511u) & ~UINT64_C(511);
	s->big = physmem_at(pm, s->big_mfn << 12, 2 * MIB);
}

static void space_init(struct space *s, struct rig *rig, enum gen9_engine_id engine)
{
	*s = (struct space){ .rig = rig, .batch = rig_alloc(rig, 2) };
	rig_context_init(&s->ctx, rig, engine, 1);
	s->tables = ppgtt_map(&s->ctx, GMA, s->batch, 2);
	alloc_big(s);
}

static void run(struct space *s)
{
	ppgtt_start(&s->ctx, GMA);
	rig_submit(&s->ctx, NULL);
	rig_wait_idle(s->rig, s->ctx.engine);
	CHECK_EQ(s->rig, rig_stats(s->rig, s->ctx.engine).hangs, 0);
}

static void store(struct space *s, uint64_t gma, uint32_t value)
{
	rig_put(s->rig, s->batch, STORE_HERE(gma, value), MI_BATCH_BUFFER_END);
	run(s);
}

static void store_later(struct space *s, uint64_t gma, uint32_t value)
{
	rig_put(s->rig, s->batch, STORE_HERE(gma, value), MI_BATCH_BUFFER_END);
	ppgtt_start(&s->ctx, GMA);
	rig_submit(&s->ctx, NULL);
}

static uint32_t big_dword(const struct space *s, uint64_t at)
{
	uint32_t value;

	memcpy(&value, s->big + at, sizeof(value));
	return value;
}

static uint64_t big_entry(const struct space *s, uint64_t offset)
{
	return ((s->big_mfn << 12) + offset) | PTE_RW;
}

static void expect_fault(struct space *s, uint64_t gma, uint32_t fault)
{
	static const uint32_t fault_ids[GEN9_ENGINE_COUNT] = { 0, 4, 1, 2, 3 };
	struct rig *rig = s->rig;
	enum gen9_engine_id engine = s->ctx.engine;
	uint64_t hangs = rig_stats(rig, engine).hangs;

	rig_write(rig, FAULT_REG, 0);
	rig_submit(&s->ctx, NULL);
	rig_sleep(rig, PS_PER_MS);
	CHECK_EQ(rig, rig_stats(rig, engine).hangs, hangs + 1);
	CHECK_EQ(rig, rig_read(rig, FAULT_REG), FAULT_VALID | fault | fault_ids[engine] << 12);
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), (uint32_t)(gma >> 12));
	CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA1),
		 (uint32_t)(gma >> 44 & 0xf) | (fault & FAULT_GGTT ? 0x10 : 0));
}

/* Let the engine run again after it hung. */
static void restart(struct rig *rig, enum gen9_engine_id engine)
{
	rig_write(rig, GDRST, 1u << gen9_engines[engine].gdrst_bit);
	rig_write_engine(rig, engine, RING_HWS_PGA, rig->hwsp[engine]);
	rig_write_engine(rig, engine, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
}

/* ---- pages of 2 MiB ---- */

static void test_2m_page(struct rig *rig)
{
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	/* The lower bits of its address are none; bit 12 would select a PAT entry. */
	ppgtt_set_level(rig, &s.tables, BIG, 1, big_entry(&s, 0x1f5000) | GEN8_PDE_PS_2M);
	rig_put(rig, s.batch, STORE_HERE(BIG, 1), STORE_HERE(BIG + 0x12345c, 2),
		STORE_HERE(BIG + 2 * MIB - 4, 3), MI_BATCH_BUFFER_END);
	run(&s);
	CHECK_EQ(rig, big_dword(&s, 0), 1);
	CHECK_EQ(rig, big_dword(&s, 0x12345c), 2);
	CHECK_EQ(rig, big_dword(&s, 2 * MIB - 4), 3);
}

/* One translation serves all of it: it goes on where only the first part was looked at. */
static void test_2m_page_is_one_translation(struct rig *rig)
{
	struct gen9_engine_stats before, after;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	ppgtt_set_level(rig, &s.tables, BIG, 1, big_entry(&s, 0) | GEN8_PDE_PS_2M);
	store(&s, BIG, 1);
	before = rig_stats(rig, GEN9_BCS0);
	store(&s, BIG + 0x1ff000, 2);
	after = rig_stats(rig, GEN9_BCS0);
	CHECK_EQ(rig, after.tlb_misses - before.tlb_misses, 0);
	ppgtt_set_level(rig, &s.tables, BIG, 1, 0);
	store(&s, BIG + 0x34000, 3);
	CHECK_EQ(rig, big_dword(&s, 0x34000), 3);
}

static void test_2m_page_in_three_levels(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1), pd = rig_alloc(rig, 1), pt = rig_alloc(rig, 1);
	struct space s = { .rig = rig };

	alloc_big(&s);
	rig_context_init(&s.ctx, rig, GEN9_VCS0, 1);
	ppgtt_set_root(&s.ctx, 2, pd);
	ppgtt_set_entry(rig, pd, 0, ppgtt_entry(rig, pt));
	ppgtt_set_entry(rig, pd, 511, big_entry(&s, 0) | GEN8_PDE_PS_2M);
	ppgtt_set_entry(rig, pt, 0, ppgtt_entry(rig, batch));
	rig_put(rig, batch, STORE_HERE(UINT64_C(0xbffffffc), 5), MI_BATCH_BUFFER_END);
	ppgtt_start(&s.ctx, 0x80000000);
	ppgtt_submit(&s.ctx, CTX_DESC_MODE_LEGACY_32B, 0);
	rig_wait_idle(rig, GEN9_VCS0);
	CHECK_EQ(rig, big_dword(&s, 2 * MIB - 4), 5);
}

static void test_2m_page_beyond_memory(struct rig *rig)
{
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	ppgtt_set_level(rig, &s.tables, BIG, 1, RIG_MEMORY_BYTES | PTE_RW | GEN8_PDE_PS_2M);
	rig_put(rig, s.batch, STORE_HERE(BIG + 8, 1), MI_BATCH_BUFFER_END);
	ppgtt_start(&s.ctx, GMA);
	expect_fault(&s, BIG, FAULT_PDE);
}

/* ---- pages of 64 KiB ---- */

static uint32_t ips_table(struct space *s)
{
	uint32_t table = rig_alloc(s->rig, 1);

	ppgtt_set_level(s->rig, &s->tables, BIG, 1, ppgtt_entry(s->rig, table) | GEN8_PDE_IPS_64K);
	return table;
}

/* Only every sixteenth entry means something, and the lower bits of its address do not. */
static void test_64k_pages(struct rig *rig)
{
	uint32_t table;
	struct space s;

	rig_write(rig, GAMW_ECO_DEV_RW_IA, IPS_ENABLE);
	space_init(&s, rig, GEN9_BCS0);
	table = ips_table(&s);
	ppgtt_set_entry(rig, table, 0, big_entry(&s, 0x10000));
	ppgtt_set_entry(rig, table, 5, big_entry(&s, 0x180000)); /* not looked at */
	ppgtt_set_entry(rig, table, 16, big_entry(&s, 0xf5000));
	ppgtt_set_entry(rig, table, 496, big_entry(&s, 0));
	rig_put(rig, s.batch, STORE_HERE(BIG, 1), STORE_HERE(BIG + 0x5008, 2),
		STORE_HERE(BIG + 0xfffc, 3), STORE_HERE(BIG + 0x10004, 4),
		STORE_HERE(BIG + 0x1ffff8, 5), MI_BATCH_BUFFER_END);
	run(&s);
	CHECK_EQ(rig, big_dword(&s, 0x10000), 1);
	CHECK_EQ(rig, big_dword(&s, 0x15008), 2);
	CHECK_EQ(rig, big_dword(&s, 0x1fffc), 3);
	CHECK_EQ(rig, big_dword(&s, 0xf0004), 4);
	CHECK_EQ(rig, big_dword(&s, 0xfff8), 5);
	CHECK_EQ(rig, big_dword(&s, 0x180008), 0);
	rig_put(rig, s.batch, STORE_HERE(BIG + 0x20000, 1), MI_BATCH_BUFFER_END);
	ppgtt_start(&s.ctx, GMA);
	expect_fault(&s, BIG + 0x20000, FAULT_PTE); /* entry 32 */
}

/* Unless the register enables them, wholly, the same table is one of 4 KiB pages. */
static void test_64k_pages_off(struct rig *rig)
{
	for (uint32_t enable = 0; enable < 16; enable++) {
		enum gen9_engine_id engine = GEN9_BCS0;
		bool on = enable == IPS_ENABLE;
		uint32_t table;
		struct space s;

		rig_write(rig, GAMW_ECO_DEV_RW_IA, 0xfffffff0u | enable);
		space_init(&s, rig, engine);
		table = ips_table(&s);
		ppgtt_set_entry(rig, table, 16, big_entry(&s, 0x10000));
		ppgtt_set_entry(rig, table, 21, big_entry(&s, 0x83000));
		store(&s, BIG + 0x15008, enable + 1);
		CHECK_EQ(rig, big_dword(&s, on ? 0x15008 : 0x83008), enable + 1);
		CHECK_EQ(rig, big_dword(&s, on ? 0x83008 : 0x15008), 0);
	}
}

static void test_sizes_side_by_side(struct rig *rig)
{
	uint64_t at[] = { BIG, BIG + 2 * MIB, BIG + 4 * MIB };
	uint32_t table = rig_alloc(rig, 1);
	struct space s;

	rig_write(rig, GAMW_ECO_DEV_RW_IA, IPS_ENABLE);
	space_init(&s, rig, GEN9_BCS0);
	ppgtt_set_entry(rig, ips_table(&s), 16, big_entry(&s, 0x40000));
	ppgtt_set_level(rig, &s.tables, at[1], 1, big_entry(&s, 0) | GEN8_PDE_PS_2M);
	ppgtt_set_level(rig, &s.tables, at[2], 1, ppgtt_entry(rig, table));
	ppgtt_set_entry(rig, table, 16, big_entry(&s, 0x6000));
	rig_put(rig, s.batch, STORE_HERE(at[0] + 0x11008, 1), STORE_HERE(at[1] + 0x11008, 2),
		STORE_HERE(at[2] + 0x10008, 3), STORE_HERE(at[0] + 0x1100c, 4),
		STORE_HERE(at[1] + 0x1100c, 5), STORE_HERE(at[2] + 0x1000c, 6),
		MI_BATCH_BUFFER_END);
	run(&s);
	CHECK_EQ(rig, big_dword(&s, 0x41008), 1);
	CHECK_EQ(rig, big_dword(&s, 0x11008), 2);
	CHECK_EQ(rig, big_dword(&s, 0x6008), 3);
	CHECK_EQ(rig, big_dword(&s, 0x4100c), 4);
	CHECK_EQ(rig, big_dword(&s, 0x1100c), 5);
	CHECK_EQ(rig, big_dword(&s, 0x600c), 6);
}

/* ---- read-only pages ---- */

/* At whichever level the bit is missing: writes have no effect, reads do, nothing faults. */
static void test_read_only_at_each_level(struct rig *rig)
{
	for (unsigned level = 0; level < 4; level++) {
		static const uint64_t others[4] = { GMA + 0x1000, GMA + 4 * MIB,
						    GMA + 8 * (MIB << 10), UINT64_C(1) << 39 };
		uint64_t at = others[level];
		uint32_t page = rig_alloc(rig, 1);
		struct ppgtt_tables t;
		struct space s;

		space_init(&s, rig, GEN9_BCS0);
		t = s.tables;
		for (unsigned i = 0; i < level; i++)
			t.table[i] = rig_alloc(rig, 1);
		for (unsigned i = 0; i <= level; i++) {
			uint64_t to = ppgtt_entry(rig, i ? t.table[i - 1u] : page);

			ppgtt_set_level(rig, &t, at, i,
					i == level ? to & ~(uint64_t)GEN8_PTE_WRITABLE : to);
		}
		rig_store(rig, page + 8, 0x1234);
		rig_put(rig, s.batch, STORE_HERE(at, 1), LOAD_HERE(at + 8, 0x22600),
			STORE_HERE(at + 8, 2), MI_STORE_REGISTER_MEM, 0x22600,
			(uint32_t)GMA + 0x800, (uint32_t)(GMA >> 32), MI_BATCH_BUFFER_END);
		rig_write(rig, 0x22600, 0);
		rig_write(rig, 0x224d0, 0x22600); /* a batch may load it */
		run(&s);
		CHECK_EQ(rig, rig_load(rig, page), 0);
		CHECK_EQ(rig, rig_load(rig, page + 8), 0x1234);
		CHECK_EQ(rig, rig_load(rig, s.batch + 0x800), 0x1234);
		CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).readonly_drops, 2 * (level + 1));
		CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).bytes_written, 4 * (level + 1));
		CHECK_EQ(rig, rig_read(rig, FAULT_REG), 0);
	}
}

static void test_read_only_large_pages(struct rig *rig)
{
	uint64_t read_only = ~(uint64_t)GEN8_PTE_WRITABLE;
	struct space s;

	rig_write(rig, GAMW_ECO_DEV_RW_IA, IPS_ENABLE);
	space_init(&s, rig, GEN9_BCS0);
	ppgtt_set_entry(rig, ips_table(&s), 0, big_entry(&s, 0x10000) & read_only);
	ppgtt_set_level(rig, &s.tables, BIG + 2 * MIB, 1,
			(big_entry(&s, 0) | GEN8_PDE_PS_2M) & read_only);
	rig_put(rig, s.batch, STORE_HERE(BIG + 0x3000, 1), STORE_HERE(BIG + 2 * MIB + 0x9000, 2),
		MI_BATCH_BUFFER_END);
	run(&s);
	CHECK_EQ(rig, big_dword(&s, 0x13000), 0);
	CHECK_EQ(rig, big_dword(&s, 0x9000), 0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).readonly_drops, 2);
}

/* Every kind of store is dropped, not only the command streamer's plain one. */
static void test_read_only_for_all_stores(struct rig *rig)
{
	uint32_t at_low = (uint32_t)GMA + 0x1000, at_high = (uint32_t)(GMA >> 32);
	struct space s;

	for (unsigned i = 0; i < 2; i++) {
		bool rcs = i;

		space_init(&s, rig, rcs ? GEN9_RCS0 : GEN9_BCS0);
		ppgtt_set_entry(rig, s.tables.table[0], PPGTT_INDEX(GMA, 0) + 1,
				ppgtt_entry(rig, s.batch + 0x1000) & ~(uint64_t)GEN8_PTE_WRITABLE);
		rig_put(rig, s.batch + 0x100, 7);
		if (rcs)
			rig_put(rig, s.batch, PIPE_CONTROL, PIPE_CONTROL_WRITE_QWORD, at_low,
				at_high, 1, 2, MI_STORE_REGISTER_MEM, 0x20c8, at_low, at_high,
				MI_COPY_MEM_MEM, at_low, at_high, (uint32_t)GMA + 0x100, at_high,
				MI_BATCH_BUFFER_END);
		else
			rig_put(rig, s.batch, MI_FLUSH_DW | MI_FLUSH_DW_STORE_DWORD, at_low,
				at_high, 1, XY_COLOR_BLT | XY_BLT_WRITE_RGBA,
				XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 256, 0, 4u << 16 | 16,
				at_low, at_high, 0x55, MI_BATCH_BUFFER_END);
		run(&s);
		for (uint32_t at = 0; at < 4096; at += 4)
			CHECK_EQ(rig, rig_load(rig, s.batch + 0x1000 + at), 0);
		CHECK_EQ(rig, rig_stats(rig, s.ctx.engine).readonly_drops, rcs ? 3 : 1 + 4);
		CHECK_EQ(rig, rig_stats(rig, s.ctx.engine).bytes_written, 0);
	}
}

/* A blit over the edge of a read-only page does the rest. */
static void test_blit_into_a_read_only_page(struct rig *rig)
{
	uint32_t low = (uint32_t)GMA + 0xff0, page;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	page = s.batch + 0x1000;
	ppgtt_set_entry(rig, s.tables.table[0], PPGTT_INDEX(GMA, 0) + 1,
			ppgtt_entry(rig, page) & ~(uint64_t)GEN8_PTE_WRITABLE);
	rig_put(rig, s.batch, XY_COLOR_BLT | XY_BLT_WRITE_RGBA,
		XY_BLT_DEPTH_32 | XY_BLT_ROP_PATTERN_COPY | 256, 0, 1u << 16 | 8, low,
		(uint32_t)(GMA >> 32), 0x55, MI_BATCH_BUFFER_END);
	run(&s);
	CHECK_EQ(rig, rig_load(rig, s.batch + 0xff0), 0x55);
	CHECK_EQ(rig, rig_load(rig, s.batch + 0xffc), 0x55);
	CHECK_EQ(rig, rig_load(rig, page), 0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).readonly_drops, 1);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).bytes_written, 16);
}

/* The GGTT has no read-only pages. */
static void test_ggtt_ignores_the_writable_bit(struct rig *rig)
{
	uint32_t page = rig_alloc(rig, 1);
	struct rig_context a;

	rig_set_pte(rig, page, ppgtt_entry(rig, page) & ~(uint64_t)GEN8_PTE_WRITABLE);
	rig_context_init(&a, rig, GEN9_BCS0, 1);
	rig_emit(&a, MI_STORE_DATA_IMM | MI_USE_GGTT, page, 0, 5);
	rig_submit(&a, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, page), 5);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).readonly_drops, 0);
}

/* ---- faults ---- */

/* An entry that is not present, or that leads to no memory, for reading and for writing. */
static void test_faults_of_each_level(struct rig *rig)
{
	static const uint32_t types[4] = { 0 << 1, 1 << 1, 2 << 1, 3 << 1 };
	static const uint64_t bad[] = { 0, GEN8_PTE_WRITABLE, NO_MEMORY };
	uint64_t at = 0x123456789000; /* apart from the batch at all levels */

	for (unsigned i = 0; i < 24; i++) {
		enum gen9_engine_id engine = (enum gen9_engine_id)(i % GEN9_ENGINE_COUNT);
		unsigned level = i % 4u;
		uint32_t page = rig_alloc(rig, 1);
		struct ppgtt_tables t;
		struct space s;

		space_init(&s, rig, engine);
		t = ppgtt_map(&s.ctx, at, page, 1);
		ppgtt_set_root(&s.ctx, 0, s.tables.table[3]);
		ppgtt_set_level(rig, &s.tables, at, 3, ppgtt_entry(rig, t.table[2]));
		t.table[3] = s.tables.table[3];
		ppgtt_set_level(rig, &t, at, level, bad[i / 8u]);
		if (i / 4u % 2u)
			rig_put(rig, s.batch, STORE_HERE(at + 0x10, 1));
		else
			rig_put(rig, s.batch, LOAD_HERE(at + 0x10, 0x2600));
		ppgtt_start(&s.ctx, GMA);
		expect_fault(&s, at, types[level]);
		CHECK_EQ(rig, rig_stats(rig, engine).readonly_drops, 0);
		CHECK_EQ(rig, rig_load(rig, page + 0x10), 0);
		restart(rig, engine);
	}
}

static void test_faults_in_three_levels(struct rig *rig)
{
	static const uint32_t types[3] = { FAULT_PTE, FAULT_PDE, FAULT_PDPE };

	for (unsigned level = 0; level < 3; level++) {
		uint32_t pd = rig_alloc(rig, 1), pt = rig_alloc(rig, 1), page = rig_alloc(rig, 1);
		struct space s = { .rig = rig };
		uint64_t at = 0x40203000;

		rig_context_init(&s.ctx, rig, GEN9_VCS1, 1);
		ppgtt_set_root(&s.ctx, 1, pd);
		ppgtt_set_entry(rig, pd, 1, level == 1 ? 0 : ppgtt_entry(rig, pt));
		ppgtt_set_entry(rig, pt, 3, level == 0 ? 0 : ppgtt_entry(rig, page));
		if (level == 2)
			rig_set_image(&s.ctx, CTX_PDP0_UDW - 4, 0x3000); /* no memory there */
		ppgtt_start(&s.ctx, at);
		rig_write(rig, FAULT_REG, 0);
		ppgtt_submit(&s.ctx, CTX_DESC_MODE_LEGACY_32B, 0);
		rig_sleep(rig, PS_PER_MS);
		CHECK_EQ(rig, rig_read(rig, FAULT_REG), FAULT_VALID | types[level] | 2 << 12);
		CHECK_EQ(rig, rig_read(rig, FAULT_TLB_DATA0), (uint32_t)(at >> 12));
		restart(rig, GEN9_VCS1);
	}
}

/* A root beyond memory, and a batch that runs past the end of 48 bits. */
static void test_faults_of_the_root_and_the_end(struct rig *rig)
{
	uint64_t last = UINT64_C(0xfffffffff000);
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	rig_set_image(&s.ctx, CTX_PDP0_UDW, 0x3000);
	ppgtt_start(&s.ctx, GMA);
	expect_fault(&s, GMA, FAULT_PML4E);
	restart(rig, GEN9_BCS0);

	space_init(&s, rig, GEN9_BCS0);
	ppgtt_map(&s.ctx, last, s.batch, 1);
	rig_put(rig, s.batch + 0xffc, MI_NOOP);
	ppgtt_start(&s.ctx, last + 0xffc);
	expect_fault(&s, 0, FAULT_PML4E);
	CHECK_EQ(rig, rig_read_engine(rig, GEN9_BCS0, RING_ACTHD_UDW), 0x10000);
}

static void test_faults_of_the_ggtt(struct rig *rig)
{
	static const struct {
		uint64_t gma, pte;
	} rows[] = {
		{FREE_GMA,                  0                },
		{ FREE_GMA,                 GEN8_PTE_WRITABLE},
		{ FREE_GMA,                 NO_MEMORY        },
		{ UINT64_C(0x100000000),    PTE_RW           },
		{ UINT64_C(0x123400005000), PTE_RW           }
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct space s = { .rig = rig };

		rig_set_pte(rig, FREE_GMA, rows[i].pte);
		rig_context_init(&s.ctx, rig, GEN9_VECS0, 1);
		rig_emit(&s.ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, (uint32_t)rows[i].gma,
			 (uint32_t)(rows[i].gma >> 32), 1);
		expect_fault(&s, rows[i].gma, FAULT_PTE | FAULT_GGTT);
		restart(rig, GEN9_VECS0);
	}
}

/* ---- costs ---- */

#define WALK_PS 7000u

/* Time of a run of the batch, and what the TLB had to do for it. */
static uint64_t measure(struct space *s, struct gen9_engine_stats *delta)
{
	struct gen9_engine_stats before = rig_stats(s->rig, s->ctx.engine), after;

	run(s);
	after = rig_stats(s->rig, s->ctx.engine);
	*delta = (struct gen9_engine_stats){
		.tlb_hits = after.tlb_hits - before.tlb_hits,
		.tlb_misses = after.tlb_misses - before.tlb_misses,
		.walk_reads = after.walk_reads - before.walk_reads,
	};
	return after.busy_ps - before.busy_ps;
}

/* Reads after a full invalidation, for one store to gma, and that the time is theirs. */
static void check_walk(struct space *s, uint64_t gma, unsigned reads)
{
	struct gen9_engine_stats none, warm, cold;
	uint64_t warm_ps, cold_ps;

	rig_put(s->rig, s->batch, STORE_HERE(gma, 1), MI_BATCH_BUFFER_END);
	run(s);
	warm_ps = measure(s, &warm);
	CHECK_EQ(s->rig, warm.tlb_misses, 0);
	CHECK_EQ(s->rig, warm.walk_reads, 0);
	rig_write(s->rig, gen9_engines[s->ctx.engine].tlb_ctl, 1);
	rig_put(s->rig, s->batch, MI_BATCH_BUFFER_END);
	run(s); /* of the PPGTT, only the batch is held now */
	(void)measure(s, &none);
	rig_put(s->rig, s->batch, STORE_HERE(gma, 1), MI_BATCH_BUFFER_END);
	cold_ps = measure(s, &cold);
	CHECK_EQ(s->rig, cold.tlb_misses, 1);
	CHECK_EQ(s->rig, cold.walk_reads, reads);
	CHECK_EQ(s->rig, cold.tlb_hits, warm.tlb_hits - 1);
	CHECK_EQ(s->rig, cold_ps - warm_ps, (uint64_t)reads * WALK_PS);
}

static void cost_of_each_size(struct rig *rig)
{
	struct space s;

	rig_write(rig, GAMW_ECO_DEV_RW_IA, IPS_ENABLE);
	space_init(&s, rig, GEN9_BCS0);
	ppgtt_set_entry(rig, ips_table(&s), 0, big_entry(&s, 0));
	ppgtt_set_level(rig, &s.tables, BIG + 2 * MIB, 1, big_entry(&s, 0) | GEN8_PDE_PS_2M);
	check_walk(&s, GMA + 0x1000, 4);
	check_walk(&s, BIG + 0x3000, 4);
	check_walk(&s, BIG + 2 * MIB + 0x3000, 3);
}

/* The whole of a first run: every page once, in each of its spaces. */
static void cost_of_a_first_run(struct rig *rig)
{
	struct gen9_engine_stats cold, warm;
	uint64_t cold_ps, warm_ps;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	rig_put(rig, s.batch, STORE_HERE(GMA + 0x1000, 1), MI_BATCH_BUFFER_END);
	cold_ps = measure(&s, &cold);
	warm_ps = measure(&s, &warm);
	CHECK_EQ(rig, warm.tlb_misses, 0);
	/* GGTT: status page, image, ring. PPGTT: the batch, and what it stores to. */
	CHECK_EQ(rig, cold.tlb_misses, 3 + 2);
	CHECK_EQ(rig, cold.walk_reads, 3 * 1 + 2 * 4);
	CHECK_EQ(rig, cold.tlb_hits + cold.tlb_misses, warm.tlb_hits);
	CHECK_EQ(rig, cold_ps - warm_ps, (3 + 8) * (uint64_t)WALK_PS);
}

static void cost_in_three_levels(struct rig *rig)
{
	uint32_t batch = rig_alloc(rig, 1), pd = rig_alloc(rig, 1), pt = rig_alloc(rig, 1);
	struct gen9_engine_stats stats;
	struct rig_context a;

	rig_context_init(&a, rig, GEN9_BCS0, 1);
	ppgtt_set_root(&a, 0, pd);
	ppgtt_set_entry(rig, pd, 0, ppgtt_entry(rig, pt));
	ppgtt_set_entry(rig, pt, 0, ppgtt_entry(rig, batch));
	rig_put(rig, batch, MI_BATCH_BUFFER_END);
	ppgtt_start(&a, 0);
	ppgtt_submit(&a, CTX_DESC_MODE_LEGACY_32B, 0);
	rig_wait_idle(rig, GEN9_BCS0);
	stats = rig_stats(rig, GEN9_BCS0);
	CHECK_EQ(rig, stats.tlb_misses, 3 + 1);
	CHECK_EQ(rig, stats.walk_reads, 3 + 2);
}

/* A blit pays for each page that it comes to, once. */
static void cost_of_a_blit(struct rig *rig)
{
	uint64_t src = BIG, dst = BIG + 2 * MIB, busy_ps[2];
	struct gen9_engine_stats stats[2];
	uint32_t table = rig_alloc(rig, 1);
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	ppgtt_set_level(rig, &s.tables, src, 1, big_entry(&s, 0) | GEN8_PDE_PS_2M);
	ppgtt_set_level(rig, &s.tables, dst, 1, ppgtt_entry(rig, table));
	for (uint32_t i = 0; i < 512; i++)
		ppgtt_set_entry(rig, table, i, big_entry(&s, 4096ull * ((i * 5 + 256) % 512)));
	/* 16 rows of 6 KiB, 8 KiB apart, from 4 KiB into their pages: two pages each. */
	rig_put(rig, s.batch, XY_FAST_COPY_BLT, XY_FAST_BLT_DEPTH_32 | 8192, 0, 16u << 16 | 1536,
		(uint32_t)dst, (uint32_t)(dst >> 32), 0, 8192, (uint32_t)src, (uint32_t)(src >> 32),
		MI_BATCH_BUFFER_END);
	busy_ps[0] = measure(&s, &stats[0]);
	busy_ps[1] = measure(&s, &stats[1]);
	CHECK_EQ(rig, stats[1].tlb_misses, 0);
	CHECK_EQ(rig, stats[0].tlb_misses, 3 + 1 + 1 + 32);
	CHECK_EQ(rig, stats[0].walk_reads, 3 + 4 + 3 + 32 * 4);
	CHECK_EQ(rig, busy_ps[0] - busy_ps[1], stats[0].walk_reads * WALK_PS);
}

/* A walk that finds nothing takes its time, too, up to the entry that is not there. */
static void cost_of_a_fault(struct rig *rig)
{
	for (unsigned level = 0; level < 4; level++) {
		struct gen9_engine_stats before, after;
		uint64_t at = (uint64_t)1 << (12 + 9 * level);
		struct space s;

		space_init(&s, rig, GEN9_VCS0);
		(void)ppgtt_map(&s.ctx, 0, s.batch, 1);
		rig_put(rig, s.batch, MI_BATCH_BUFFER_END);
		ppgtt_start(&s.ctx, 0);
		rig_submit(&s.ctx, NULL);
		rig_wait_idle(rig, GEN9_VCS0);
		before = rig_stats(rig, GEN9_VCS0);
		rig_put(rig, s.batch, STORE_HERE(at, 1));
		ppgtt_start(&s.ctx, 0);
		expect_fault(&s, at, level << 1);
		after = rig_stats(rig, GEN9_VCS0);
		CHECK_EQ(rig, after.tlb_misses - before.tlb_misses, 1);
		CHECK_EQ(rig, after.walk_reads - before.walk_reads, 4 - level);
		restart(rig, GEN9_VCS0);
	}
}

/* While a walk takes its time, others go on: a reset in the middle of it stops the engine there. */
static void reset_within_a_walk(struct rig *rig)
{
	uint64_t start_ps;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	start_ps = rig_now(rig);
	store_later(&s, GMA + 0x1000, 1);
	/* 3 entries of the GGTT and 4 for the batch at 10 ms each; then the store's. */
	rig_sleep(rig, start_ps + 85 * PS_PER_MS - rig_now(rig));
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).tlb_misses, 5);
	restart(rig, GEN9_BCS0);
	rig_sleep(rig, 100 * PS_PER_MS);
	CHECK_EQ(rig, rig_load(rig, s.batch + 0x1000), 0);
	CHECK_EQ(rig, rig_stats(rig, GEN9_BCS0).hangs, 0);
	rig_context_init(&s.ctx, rig, GEN9_BCS0, 1);
	rig_emit(&s.ctx, MI_STORE_DATA_IMM | MI_USE_GGTT, s.batch + 0x1000, 0, 5);
	rig_submit(&s.ctx, NULL);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, s.batch + 0x1000), 5);
}

/* The store shows when its walk is done, not before. */
static void store_waits_for_its_walk(struct rig *rig)
{
	uint64_t start_ps;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	start_ps = rig_now(rig);
	store_later(&s, GMA + 0x1000, 1);
	rig_sleep(rig, start_ps + 109 * PS_PER_MS - rig_now(rig));
	CHECK_EQ(rig, rig_load(rig, s.batch + 0x1000), 0);
	rig_sleep(rig, start_ps + 111 * PS_PER_MS - rig_now(rig));
	CHECK_EQ(rig, rig_load(rig, s.batch + 0x1000), 1);
}

/* From now on to when the batch's store shows, in steps of 10 ns. */
static uint64_t time_of_store(struct space *s, uint32_t value)
{
	uint64_t start_ps = rig_now(s->rig);

	store_later(s, GMA + 0x1000, value);
	while (rig_load(s->rig, s->batch + 0x1000) != value) {
		CHECK(s->rig, rig_now(s->rig) < start_ps + PS_PER_MS);
		rig_sleep(s->rig, 10 * PS_PER_NS);
	}
	start_ps = rig_now(s->rig) - start_ps;
	rig_wait_idle(s->rig, s->ctx.engine);
	return start_ps;
}

/* So it is with a time that the engine need not wait for. */
static void store_waits_for_a_short_walk(struct rig *rig)
{
	uint64_t cold_ps, warm_ps;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	rig_put(rig, s.batch, MI_BATCH_BUFFER_END);
	run(&s); /* its page and those of the context are known from here on */
	cold_ps = time_of_store(&s, 1);
	warm_ps = time_of_store(&s, 2);
	CHECK_EQ(rig, cold_ps - warm_ps, 4 * 200 * PS_PER_NS);
}

/* An invalidation during a walk is for what it found, too. */
static void invalidation_within_a_walk(struct rig *rig)
{
	uint32_t other = rig_alloc(rig, 1);
	uint64_t start_ps;
	struct space s;

	space_init(&s, rig, GEN9_BCS0);
	rig_put(rig, s.batch, STORE_HERE(GMA + 0x1000, 1), STORE_HERE(GMA + 0x1004, 2),
		MI_BATCH_BUFFER_END);
	ppgtt_start(&s.ctx, GMA);
	start_ps = rig_now(rig);
	rig_submit(&s.ctx, NULL);
	rig_sleep(rig, start_ps + 85 * PS_PER_MS - rig_now(rig));
	ppgtt_set_entry(rig, s.tables.table[0], PPGTT_INDEX(GMA, 0) + 1, ppgtt_entry(rig, other));
	rig_write(rig, gen9_engines[GEN9_BCS0].tlb_ctl, 1);
	rig_wait_idle(rig, GEN9_BCS0);
	CHECK_EQ(rig, rig_load(rig, s.batch + 0x1000), 1); /* it had been read by then */
	CHECK_EQ(rig, rig_load(rig, s.batch + 0x1004), 0);
	CHECK_EQ(rig, rig_load(rig, other + 4), 2);
}

#define WITH_WALKS(body, ps)                                                                       \
	static void test_##body(void **state)                                                      \
	{                                                                                          \
		struct hw_profile profile = rig_profile;                                           \
                                                                                                   \
		profile.value[HW_TLB_WALK] = (ps);                                                 \
		rig_run_profile(body, &profile);                                                   \
	}

WITH_WALKS(cost_of_each_size, WALK_PS)
WITH_WALKS(cost_of_a_first_run, WALK_PS)
WITH_WALKS(cost_in_three_levels, WALK_PS)
WITH_WALKS(cost_of_a_blit, WALK_PS)
WITH_WALKS(cost_of_a_fault, WALK_PS)
WITH_WALKS(reset_within_a_walk, 10 * PS_PER_MS)
WITH_WALKS(store_waits_for_its_walk, 10 * PS_PER_MS)
WITH_WALKS(store_waits_for_a_short_walk, 200 * PS_PER_NS)
WITH_WALKS(invalidation_within_a_walk, 10 * PS_PER_MS)

#define TESTS(T)                                                                                   \
	T(test_2m_page)                                                                            \
	T(test_2m_page_is_one_translation)                                                         \
	T(test_2m_page_in_three_levels)                                                            \
	T(test_2m_page_beyond_memory)                                                              \
	T(test_64k_pages)                                                                          \
	T(test_64k_pages_off)                                                                      \
	T(test_sizes_side_by_side)                                                                 \
	T(test_read_only_at_each_level)                                                            \
	T(test_read_only_large_pages)                                                              \
	T(test_read_only_for_all_stores)                                                           \
	T(test_blit_into_a_read_only_page)                                                         \
	T(test_ggtt_ignores_the_writable_bit)                                                      \
	T(test_faults_of_each_level)                                                               \
	T(test_faults_in_three_levels)                                                             \
	T(test_faults_of_the_root_and_the_end)                                                     \
	T(test_faults_of_the_ggtt)

TESTS(RIG_TEST_WRAP)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(RIG_TEST_ROW) cmocka_unit_test(test_cost_of_each_size),
		cmocka_unit_test(test_cost_of_a_first_run),
		cmocka_unit_test(test_cost_in_three_levels),
		cmocka_unit_test(test_cost_of_a_blit),
		cmocka_unit_test(test_cost_of_a_fault),
		cmocka_unit_test(test_reset_within_a_walk),
		cmocka_unit_test(test_store_waits_for_its_walk),
		cmocka_unit_test(test_store_waits_for_a_short_walk),
		cmocka_unit_test(test_invalidation_within_a_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
