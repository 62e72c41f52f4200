// SPDX-License-Identifier: MIT
/*
 * Random page tables: after an invalidation, every access of an engine ends where a plain walk of
 * the tables, written down here a second time, says.
 *
 * All tables come from a pool and point at random to tables of the next level, to pages of each
 * size, or nowhere; several contexts share the pool. What is accessed are only addresses that the
 * tables were built for, so that most lead somewhere. Half of memory's words name themselves; a
 * load brings the name of where it ended, a store changes one word of the other half.
 */
#include <string.h>

#include "sim/machine/rng.h"
#include "tests/hw-model/ppgtt.h"

#define ROUNDS     10000u
#define ACCESSES   24u
#define TABLES     6u /* of each level */
#define PAGES      1024u
#define WORDS      (PAGES * 1024u)
#define FIXED      UINT64_C(0x8000)    /* of the batch, in PML4 slot 0 or PDP0 */
#define RESULTS    UINT64_C(0x9000)    /* after it */
#define ALWAYS     UINT64_C(0xa000)    /* maps memory, should nothing else */
#define STORED(i)  (0xabc00000u + (i)) /* no word's name */
#define INDEX_BITS 2u                  /* of each level, so many indices are in use */

struct random_space {
	struct rig_context ctx;
	bool long_mode;
	uint32_t root[4]; /* tables, by GGTT address; long mode: [0] */
};

struct world {
	struct rig *rig;
	struct rng rng;
	bool ips;
	uint32_t table[3][TABLES]; /* by level: page tables, page directories, PDPs */
	uint64_t first_mfn;        /* of PAGES pages, 2 MiB aligned */
	uint32_t *words;
	uint32_t batch;
	uint64_t drops; /* so far */
	bool seen[22];  /* by bits of the size: pages of it were accessed */
	struct random_space space[3];
	struct {
		uint64_t gma;
		bool store;
	} access[ACCESSES];
};

static uint32_t below(struct world *w, uint32_t n)
{
	return (uint32_t)rng_below(&w->rng, n);
}

/* ---- the tables ---- */

/* Caching bits mean nothing here; those of large pages do in a page directory only. */
static uint64_t random_bits(struct world *w, unsigned level)
{
	uint64_t bits = below(w, 4) << 3;

	if (level != 1)
		bits |= (below(w, 2) ? GEN8_PDE_PS_2M : 0) | (below(w, 2) ? GEN8_PDE_IPS_64K : 0);

	if (below(w, 8))
		bits |= GEN8_PTE_PRESENT;
	if (below(w, 5))
		bits |= GEN8_PTE_WRITABLE;
	return bits;
}

/* An entry for data at a random page: what a page's size makes of the lower bits is its business.
 */
static uint64_t random_page(struct world *w, unsigned level)
{
	return (w->first_mfn + below(w, PAGES)) << 12 | random_bits(w, level);
}

static uint64_t random_entry(struct world *w, unsigned level)
{
	uint64_t entry;

	if (level == 0)
		return random_page(w, 0);
	if (level == 1 && below(w, 4) == 0)
		return random_page(w, 1) | GEN8_PDE_PS_2M;
	entry = rig_mfn(w->rig, w->table[level - 1u][below(w, TABLES)]) << 12 |
		random_bits(w, level);
	if (level == 1 && below(w, 3) == 0)
		entry |= GEN8_PDE_IPS_64K;
	return entry;
}

/* The indices in use: the lowest and the highest, and some around a 64 KiB boundary. */
static uint32_t used_index(unsigned n)
{
	static const uint32_t indices[] = { 16, 19, 37, 511 };

	return indices[n % (1u << INDEX_BITS)];
}

static void fill_table(struct world *w, uint32_t table, unsigned level)
{
	for (unsigned n = 0; n < 1u << INDEX_BITS; n++) {
		ppgtt_set_entry(w->rig, table, used_index(n), random_entry(w, level));
		if (level == 0) /* where the entry of 64 KiB is that holds this one */
			ppgtt_set_entry(w->rig, table, used_index(n) & ~15u, random_entry(w, 0));
	}
}

/* Change some of the tables, and whether there are pages of 64 KiB. */
static void change_tables(struct world *w)
{
	for (unsigned level = 0; level < 3; level++)
		for (unsigned i = 0; i < TABLES; i++)
			if (below(w, 2))
				fill_table(w, w->table[level][i], level);
	for (unsigned n = 1; n < 1u << INDEX_BITS; n++)
		ppgtt_set_entry(w->rig, w->space[below(w, 2)].root[0], used_index(n),
				random_entry(w, 3));
	w->ips = below(w, 2);
	rig_write(w->rig, GAMW_ECO_DEV_RW_IA, w->ips ? 0xf : below(w, 15));
}

/* ---- the plain walk ---- */

static uint64_t entry_at(struct world *w, uint64_t mfn, uint32_t index)
{
	uint64_t entry;

	memcpy(&entry, (uint8_t *)physmem_at(w->rig->m->pm, mfn << 12, 4096) + index * 8u, 8);
	return entry;
}

/* Where an address leads. */
struct target {
	bool mapped;
	bool writable;
	unsigned page_shift;
	uint32_t word; /* its number */
};

static struct target plain_walk(struct world *w, const struct random_space *space, uint64_t gma)
{
	unsigned levels = space->long_mode ? 4 : 2;
	uint64_t mfn = rig_mfn(w->rig, space->root[space->long_mode ? 0 : gma >> 30]);
	struct target target = { .writable = true, .page_shift = 12 };
	uint64_t entry = 0, mask;

	while (levels-- && target.page_shift < 21) {
		uint32_t index = PPGTT_INDEX(gma, levels);

		if (levels == 0 && (entry & GEN8_PDE_IPS_64K) && w->ips) {
			target.page_shift = 16;
			index &= ~15u;
		}
		entry = entry_at(w, mfn, index);
		if (!(entry & GEN8_PTE_PRESENT))
			return target;
		if (!(entry & GEN8_PTE_WRITABLE))
			target.writable = false;
		mfn = (entry & GEN8_PTE_ADDR_MASK) >> 12;
		if (levels == 1 && (entry & GEN8_PDE_PS_2M))
			target.page_shift = 21;
	}
	mask = (UINT64_C(1) << target.page_shift) - 1u;
	target.mapped = true;
	target.word = (uint32_t)(((mfn << 12 & ~mask) + (gma & mask) - (w->first_mfn << 12)) / 4u);
	return target;
}

/* ---- accesses ---- */

/* Stores go to odd words, loads to even ones. */
static uint64_t random_gma(struct world *w, const struct random_space *space, bool store)
{
	uint64_t gma = below(w, 512) * 8u + (store ? 4u : 0);

	for (unsigned level = 0; level < 2; level++)
		gma |= (uint64_t)used_index(below(w, 4)) << (12 + 9 * level);
	if (!space->long_mode)
		return gma | (uint64_t)(1 + below(w, 3)) << 30;
	return gma | (uint64_t)used_index(below(w, 4)) << 30 |
	       (uint64_t)used_index(1 + below(w, 3)) << 39;
}

/* A mapped address; only a few of the random ones are not. */
static uint64_t mapped_gma(struct world *w, const struct random_space *space, bool store)
{
	for (unsigned tries = 0; tries < 1000; tries++) {
		uint64_t gma = random_gma(w, space, store);

		if (plain_walk(w, space, gma).mapped)
			return gma;
	}
	return ALWAYS + (store ? 4u : 0);
}

static uint32_t put_access(struct world *w, uint32_t at, unsigned i)
{
	uint64_t gma = w->access[i].gma, to = RESULTS + 4u * i;

	if (w->access[i].store)
		return rig_put(w->rig, at, MI_STORE_DATA_IMM, (uint32_t)gma, (uint32_t)(gma >> 32),
			       STORED(i));
	return rig_put(w->rig, at, MI_COPY_MEM_MEM, (uint32_t)to, (uint32_t)(to >> 32),
		       (uint32_t)gma, (uint32_t)(gma >> 32));
}

static void run_batch(struct world *w, struct random_space *space)
{
	uint32_t at = w->batch;

	for (unsigned i = 0; i < ACCESSES; i++) {
		w->access[i].store = below(w, 3) == 0;
		w->access[i].gma = mapped_gma(w, space, w->access[i].store);
		rig_store(w->rig, w->batch + 0x1000 + 4u * i, 0);
		at = put_access(w, at, i);
	}
	rig_put(w->rig, at, MI_BATCH_BUFFER_END);
	if (below(w, 2))
		rig_emit(&space->ctx, MI_FLUSH_DW | MI_FLUSH_DW_TLB, 0, 0, 0);
	else
		rig_write(w->rig, gen9_engines[GEN9_BCS0].tlb_ctl, TLB_CTL_INVALIDATE);
	ppgtt_start(&space->ctx, FIXED);
	ppgtt_submit(&space->ctx,
		     space->long_mode ? CTX_DESC_MODE_LEGACY_64B : CTX_DESC_MODE_LEGACY_32B, 0);
	rig_wait_idle(w->rig, GEN9_BCS0);
}

/* What the word holds after the batch: its name, or what the last store to it brought. */
static uint32_t expected_word(const struct world *w, const struct target *targets, uint32_t word)
{
	for (unsigned i = ACCESSES; i-- > 0;)
		if (w->access[i].store && targets[i].writable && targets[i].word == word)
			return STORED(i);
	return word;
}

static void check_access(struct world *w, unsigned i, const struct target *targets)
{
	uint32_t word = targets[i].word;

	w->seen[targets[i].page_shift] = true;
	if (w->access[i].store)
		CHECK_EQ(w->rig, w->words[word], expected_word(w, targets, word));
	else
		CHECK_EQ(w->rig, rig_load(w->rig, w->batch + 0x1000 + 4u * i), word);
}

static void check_batch(struct world *w, const struct random_space *space)
{
	uint64_t drops = rig_stats(w->rig, GEN9_BCS0).readonly_drops;
	struct target targets[ACCESSES];

	for (unsigned i = 0; i < ACCESSES; i++) {
		targets[i] = plain_walk(w, space, w->access[i].gma);
		w->drops += w->access[i].store && !targets[i].writable;
	}
	CHECK_EQ(w->rig, rig_stats(w->rig, GEN9_BCS0).hangs, 0);
	CHECK_EQ(w->rig, drops, w->drops);
	for (unsigned i = 0; i < ACCESSES; i++)
		check_access(w, i, targets);
	for (unsigned i = 0; i < ACCESSES; i++)
		w->words[targets[i].word] = targets[i].word;
}

/* ---- set-up ---- */

static void fixed_mapping(struct world *w, struct random_space *space)
{
	uint32_t table = rig_alloc(w->rig, 1), directory;

	ppgtt_set_entry(w->rig, table, PPGTT_INDEX(FIXED, 0), ppgtt_entry(w->rig, w->batch));
	ppgtt_set_entry(w->rig, table, PPGTT_INDEX(RESULTS, 0),
			ppgtt_entry(w->rig, w->batch + 0x1000));
	ppgtt_set_entry(w->rig, table, PPGTT_INDEX(ALWAYS, 0), w->first_mfn << 12 | PTE_RW);
	directory = space->long_mode ? rig_alloc(w->rig, 1) : space->root[0];
	ppgtt_set_entry(w->rig, directory, 0, ppgtt_entry(w->rig, table));
	if (space->long_mode) {
		uint32_t pdp = rig_alloc(w->rig, 1);

		ppgtt_set_entry(w->rig, pdp, 0, ppgtt_entry(w->rig, directory));
		ppgtt_set_entry(w->rig, space->root[0], 0, ppgtt_entry(w->rig, pdp));
	}
}

/* Two spaces of four levels, one of three; its directories are those of the pool. */
static void make_space(struct world *w, unsigned i)
{
	struct random_space *space = &w->space[i];

	space->long_mode = i < 2;
	rig_context_init(&space->ctx, w->rig, GEN9_BCS0, 1 + i);
	for (unsigned n = 0; n < (space->long_mode ? 1u : 4u); n++) {
		space->root[n] = n ? w->table[1][n] : rig_alloc(w->rig, 1);
		ppgtt_set_root(&space->ctx, n, space->root[n]);
	}
	fixed_mapping(w, space);
}

static void make_world(struct world *w, struct rig *rig)
{
	uint64_t mfn;

	*w = (struct world){ .rig = rig };
	rng_seed(&w->rng, 20);
	CHECK_EQ(rig, (uint64_t)physmem_alloc_pages(rig->m->pm, PAGES + 512, &mfn), 0);
	w->first_mfn = (mfn + 511) & ~UINT64_C(511);
	w->words = physmem_at(rig->m->pm, w->first_mfn << 12, WORDS * 4u);
	for (uint32_t i = 0; i < WORDS; i++)
		w->words[i] = i;
	w->batch = rig_alloc(rig, 2);
	for (unsigned level = 0; level < 3; level++)
		for (unsigned i = 0; i < TABLES; i++)
			w->table[level][i] = rig_alloc(rig, 1);
	for (unsigned i = 0; i < 3; i++)
		make_space(w, i);
}

static void test_translations_are_those_of_a_plain_walk(struct rig *rig)
{
	struct world w;

	make_world(&w, rig);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct random_space *space = &w.space[below(&w, 3)];

		change_tables(&w);
		run_batch(&w, space);
		check_batch(&w, space);
	}
	CHECK(rig, w.seen[12] && w.seen[16] && w.seen[21]);
	CHECK(rig, w.drops > ROUNDS);
}

#define TESTS(T) T(test_translations_are_those_of_a_plain_walk)

RIG_TEST_MAIN(TESTS)
