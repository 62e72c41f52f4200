// SPDX-License-Identifier: MIT
/*
 * PPGTT: roots, tables, scratch at every level, and how many stores each operation makes: each is
 * an exit where a host protects the tables.
 */
#include <string.h>

#include "tests/guest/space.h"

#define PAGES(n)  ((uint64_t)(n)*PLAT_PAGE_SIZE)
#define MIB       UINT64_C(0x100000)
#define GIB       UINT64_C(0x40000000)
#define TIB       UINT64_C(0x10000000000)
#define PV(field) (PVINFO_BASE + (field))

/* ---- roots ---- */

static const struct fake_notice *notice(const struct platform *plat, size_t i)
{
	assert_true(i < plat->host.notice_count);
	return &plat->host.notices[i];
}

static void root_of_four_levels(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_context *ctx;
	struct fake_cursor cursor;
	struct space space;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t code = i ? G2V_PPGTT_L4_DESTROY : G2V_PPGTT_L4_CREATE;
		size_t notices = f.plat->host.notice_count;

		fake_log_clear(f.plat);
		if (i)
			i915_context_destroy(ctx);
		else
			ctx = i915_context_create(f.i915);
		if (!i)
			space_open(&space, f.plat, ctx);
		cursor = fake_cursor(f.plat);
		next_write(&cursor, PV(PVINFO_PDP_LO(0)), (uint32_t)space.roots[0]);
		next_write(&cursor, PV(PVINFO_PDP_HI(0)), space.roots[0] >> 32);
		next_write(&cursor, PV(PVINFO_G2V_NOTIFY), code);
		next_end(&cursor);
		assert_int_equal(notice(f.plat, notices)->roots[0], space.roots[0]);
		assert_true(notice(f.plat, notices)->locked);
	}
	assert_int_equal(space.roots[0] & 0xfff, 0);
	assert_null(fake_cpu(f.plat, space.roots[0]));
	fixture_end(&f);
}

static void root_of_three_levels(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_32BIT, 0);
	struct i915_context *ctx;
	struct fake_cursor cursor;
	struct space space;

	for (unsigned i = 0; i < 2; i++) {
		fake_log_clear(f.plat);
		if (i)
			i915_context_destroy(ctx);
		else
			ctx = i915_context_create(f.i915);
		if (!i)
			space_open(&space, f.plat, ctx);
		cursor = fake_cursor(f.plat);
		for (unsigned n = 0; n < 4; n++) {
			next_write(&cursor, PV(PVINFO_PDP_LO(n)), (uint32_t)space.roots[n]);
			next_write(&cursor, PV(PVINFO_PDP_HI(n)), space.roots[n] >> 32);
		}
		next_write(&cursor, PV(PVINFO_G2V_NOTIFY),
			   i ? G2V_PPGTT_L3_DESTROY : G2V_PPGTT_L3_CREATE);
		next_end(&cursor);
	}
	fixture_end(&f);
}

/* The host finds a complete space when it is told of it, and tables until it is told of the end. */
static void check_at_notice(struct platform *plat, void *arg)
{
	struct space *space = arg;
	const struct fake_access *last;

	if (plat->log_count == 0 || plat->op_depth)
		return;
	last = &plat->log[plat->log_count - 1];
	if (last->write && last->offset == PV(PVINFO_PDP_HI(0)) && space->roots[0])
		space_check(space);
}

static void tables_are_there_when_the_host_is_told(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct space space = { 0 };

	space_open(&space, f.plat, f.ctx[0]);
	f.plat->hook = check_at_notice;
	f.plat->hook_arg = &space;
	i915_context_destroy(f.ctx[0]);
	f.ctx[0] = NULL;
	f.plat->hook = NULL;
	assert_null(fake_cpu(f.plat, space.roots[0]));
	fixture_end(&f);
}

static void native_driver_notifies_nobody(void **state)
{
	const struct i915_params params = { 0 };
	struct fixture f = fixture_with(fake_create(), &params);
	struct i915_context *ctx = i915_context_create(f.i915);
	struct space space;

	space_open(&space, f.plat, ctx);
	i915_context_destroy(ctx);
	assert_int_equal(fake_log_length(f.plat), 0);
	fixture_end(&f);
}

/* ---- stores ---- */

struct step {
	uint64_t gma;
	unsigned pages;
	size_t allocate, insert, clear; /* stores */
};

/*
 * Bind the rows in order, then unbind them in the reverse order: `clear` is what unbinding the row
 * costs while those above it are still bound.
 */
static void check_steps(enum i915_ppgtt_mode mode, const struct step *steps, unsigned count)
{
	struct fixture f = fixture_ppgtt(mode, 0);
	struct i915_vma *vma[8];
	struct space space;
	size_t mark;

	space_open(&space, f.plat, f.ctx[0]);
	for (unsigned i = 0; i < count; i++) {
		mark = f.plat->store_count;
		vma[i] = fixture_bind_at(f.i915, i915_context_vm(f.ctx[0]), PAGES(steps[i].pages),
					 steps[i].gma);
		space_expect(&space, vma[i]);
		space_check(&space);
		assert_int_equal(space_stores(f.plat, mark, PLAT_OP_PPGTT_ALLOC),
				 steps[i].allocate);
		assert_int_equal(space_stores(f.plat, mark, PLAT_OP_PPGTT_INSERT), steps[i].insert);
		assert_int_equal(f.plat->store_count - mark, steps[i].allocate + steps[i].insert);
	}
	fake_log_clear(f.plat);
	for (unsigned i = count; i--;) {
		mark = f.plat->store_count;
		space_forget(&space, vma[i]);
		fixture_drop(vma[i]);
		space_check(&space);
		assert_int_equal(space_stores(f.plat, mark, PLAT_OP_PPGTT_CLEAR), steps[i].clear);
		assert_int_equal(f.plat->store_count - mark, steps[i].clear);
	}
	assert_int_equal(fake_log_length(f.plat), 0); /* no register */
	assert_int_equal(f.plat->op_count[PLAT_OP_PPGTT_ALLOC], count);
	assert_int_equal(f.plat->op_count[PLAT_OP_PPGTT_INSERT], count);
	assert_int_equal(f.plat->op_count[PLAT_OP_PPGTT_CLEAR], count);
	fixture_end(&f);
}

static void stores_of_four_levels(void **state)
{
	static const struct step steps[] = {
  /* Everything is new: pointer page, directory, table. */
		{1 * MIB,               1,    3, 1,    3 },
 /* A table that is there. */
		{ 1 * MIB + PAGES(1),   1,    0, 1,    1 },
		{ 1 * MIB + PAGES(100), 16,   0, 16,   16},
 /* New tables in a directory that is there. */
		{ 2 * MIB,              512,  1, 512,  1 },
		{ 4 * MIB,              2048, 4, 2048, 4 },
 /* Ends in another directory. */
		{ GIB - PAGES(3),       6,    3, 6,    3 },
 /* Begins in a directory that is there, ends in a new one. */
		{ 2 * GIB - 2 * MIB,    1024, 3, 1024, 3 },
 /* Another pointer page. */
		{ TIB,                  1,    3, 1,    3 },
	};

	check_steps(I915_PPGTT_48BIT, steps, 8);
}

static void stores_of_three_levels(void **state)
{
	static const struct step steps[] = {
		{1 * MIB,             1,   1, 1,   1},
		{ 1 * MIB + PAGES(1), 1,   0, 1,   1},
		{ 2 * MIB,            512, 1, 512, 1},
		{ GIB - PAGES(3),     6,   2, 6,   2},
		{ 4 * GIB - PAGES(1), 1,   1, 1,   1},
	};

	check_steps(I915_PPGTT_32BIT, steps, 5);
}

/* Worked totals: allocate and insert in a directory that is there, all tables new. */
static void stores_of_whole_tables(void **state)
{
	static const struct step steps[] = {
		{GIB,            1,    3, 1,    3},
		{ GIB + 2 * MIB, 16,   1, 16,   1},
		{ GIB + 4 * MIB, 512,  1, 512,  1},
		{ GIB + 6 * MIB, 4096, 8, 4096, 8},
	};

	check_steps(I915_PPGTT_48BIT, steps, 4);
}

/* ---- order ---- */

struct order {
	struct space *space;
	size_t links;
};

/* How a table is reached from the root, as the entries are now. */
static bool reachable(const struct space *space, uint64_t table, uint64_t from, unsigned level)
{
	const uint64_t *entries = fake_cpu(space->plat, from);

	if (from == table)
		return true;
	for (unsigned i = 0; level > 0 && i < 512; i++) {
		if (entries[i] != space->scratch[level] &&
		    reachable(space, table, entries[i] & GEN8_PTE_ADDR_MASK, level - 1))
			return true;
	}
	return false;
}

static void check_link(const struct fake_store *store, void *arg)
{
	struct order *order = arg;
	const struct space *space = order->space;
	const uint64_t *child;
	unsigned level;

	assert_true(reachable(space, store->gpa & ~UINT64_C(0xfff), space->roots[0], 3));
	if (store->op != PLAT_OP_PPGTT_ALLOC)
		return;
	order->links++;
	level = order->links % 3; /* each of the binds makes three: 3, then 2, then 1 */
	level = level == 1 ? 3 : (level == 2 ? 2 : 1);
	child = fake_cpu(space->plat, store->value & GEN8_PTE_ADDR_MASK);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(child[i], space->scratch[level - 1]);
}

/* Each table is full of scratch when it is linked, and its parent is linked before. */
static void links_go_from_the_top_down(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct space space;
	struct order order = { &space, 0 };
	struct i915_vma *vma[2];

	space_open(&space, f.plat, f.ctx[0]);
	f.plat->store_hook = check_link;
	f.plat->store_hook_arg = &order;
	for (unsigned i = 0; i < 2; i++)
		vma[i] = fixture_bind_at(f.i915, i915_context_vm(f.ctx[0]), PAGES(3),
					 i ? 5 * TIB : GIB);
	f.plat->store_hook = NULL;
	assert_int_equal(order.links, 6);
	for (unsigned i = 0; i < 2; i++)
		fixture_drop(vma[i]);
	fixture_end(&f);
}

struct unlinking {
	struct platform *plat;
	uint64_t tables[3]; /* of levels 0 to 2 */
	unsigned count;
};

static void check_unlinked(const struct fake_store *store, void *arg)
{
	struct unlinking *unlinking = arg;

	assert_non_null(fake_cpu(unlinking->plat, unlinking->tables[unlinking->count++]));
}

/* A table's page is given back when nothing leads to it any more. */
static void unlinking_comes_before_freeing(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vma *vma = fixture_bind_at(f.i915, i915_context_vm(f.ctx[0]), PAGES(1), GIB);
	size_t mark = f.plat->store_count;
	struct space space = { .plat = f.plat };
	struct unlinking unlinking = { .plat = f.plat };
	uint64_t *tables = unlinking.tables;
	uint64_t at;

	i915_ppgtt_roots(i915_context_vm(f.ctx[0]), space.roots);
	at = space.roots[0];
	for (unsigned level = 3; level-- > 0;) {
		const uint64_t *entries = fake_cpu(f.plat, at);

		at = entries[GIB >> (21 + 9 * level) & 511] & GEN8_PTE_ADDR_MASK;
		tables[level] = at;
	}
	f.plat->store_hook = check_unlinked;
	f.plat->store_hook_arg = &unlinking;
	i915_vma_unbind(vma);
	f.plat->store_hook = NULL;
	assert_int_equal(f.plat->store_count - mark, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_null(fake_cpu(f.plat, tables[i]));
		/* From the table up: the entry that led to it. */
		if (i < 2)
			assert_int_equal(f.plat->stores[mark + i].gpa & ~UINT64_C(0xfff),
					 tables[i + 1]);
	}
	assert_int_equal(f.plat->stores[mark + 2].gpa & ~UINT64_C(0xfff), space.roots[0]);
	fixture_end(&f);
}

static void read_only_mappings(void **state)
{
	const struct i915_bind how = { .flags = I915_BIND_READ_ONLY };
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_object *obj = i915_object_create(f.i915, PAGES(2));
	struct i915_vma *vma[2];
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, &how, &vma[0]), 0);
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, NULL, &vma[1]), 0);
	space_expect(&space, vma[0]);
	space_expect(&space, vma[1]);
	space_check(&space);
	assert_int_equal(fake_ppgtt_walk(f.plat, space.roots, 4, i915_vma_gma(vma[0])).entry & 3,
			 1);
	i915_object_destroy(obj); /* unbinds both */
	space_forget(&space, vma[0]);
	space_forget(&space, vma[1]);
	space_check(&space);
	fixture_end(&f);
}

/* ---- large pages ---- */

static struct fixture huge_fixture(uint32_t caps, uint32_t pvmmio_levels)
{
	const struct i915_params params = { .pvmmio_levels = pvmmio_levels, .huge_pages = true };
	struct platform *plat = fake_create_vgpu();

	fake_set_pvinfo(plat, PVINFO_VGT_CAPS,
			VGT_CAPS_FULL_48BIT_PPGTT | VGT_CAPS_HWSP_EMULATION | caps);
	return fixture_with(plat, &params);
}

static void check_translation(const struct space *space, const struct i915_vma *vma,
			      uint64_t largest)
{
	for (uint64_t at = 0; at < i915_object_size(vma->obj); at += PLAT_PAGE_SIZE) {
		struct fake_mapping m =
			fake_ppgtt_walk(space->plat, space->roots, 4, i915_vma_gma(vma) + at);

		assert_int_equal(m.gpa, vma->obj->pages.gpa + at);
		assert_true(m.page_bytes <= largest);
	}
}

static void large_page_layouts(void **state)
{
	static const struct {
		unsigned pages;
		unsigned flags;
		size_t stores_insert, pages_2m, tables_64k;
		uint64_t node_bytes;
	} cases[] = {
		{1,     0,            1,     0, 0, PAGES(1)   },
		{ 15,   0,            15,    0, 0, PAGES(15)  },
		{ 16,   0,            1 + 1, 0, 1, PAGES(512) },
		{ 17,   0,            17,    0, 0, PAGES(17)  },
		{ 48,   0,            3 + 1, 0, 1, PAGES(512) },
		{ 512,  0,            1,     1, 0, PAGES(512) },
		{ 512,  I915_BIND_4K, 512,   0, 0, PAGES(512) },
		{ 1024, 0,            2,     2, 0, PAGES(1024)},
		{ 528,  0,            1 + 2, 1, 1, PAGES(1024)},
		{ 513,  0,            1 + 1, 1, 0, PAGES(513) },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = huge_fixture(VGT_CAPS_HUGE_GTT, 0);
		const struct i915_bind how = { .flags = cases[i].flags };
		struct i915_object *obj = i915_object_create(f.i915, PAGES(cases[i].pages));
		struct space space;
		struct i915_vma *vma;
		size_t mark;

		space_open(&space, f.plat, f.ctx[0]);
		mark = f.plat->store_count;
		assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, &how, &vma), 0);
		assert_int_equal(space_stores(f.plat, mark, PLAT_OP_PPGTT_INSERT),
				 cases[i].stores_insert);
		assert_int_equal(vma->node.size_bytes, cases[i].node_bytes);
		/* The lowest address, or the lowest where large pages start. */
		assert_int_equal(i915_vma_gma(vma),
				 cases[i].pages_2m + cases[i].tables_64k ? 2 * MIB : PAGES(1));
		space_expect(&space, vma);
		space_check(&space);
		assert_int_equal(space.pages_2m, cases[i].pages_2m);
		assert_int_equal(space.tables_64k, cases[i].tables_64k);
		check_translation(&space, vma,
				  cases[i].flags & I915_BIND_4K ? PLAT_PAGE_SIZE : 2 * MIB);
		mark = f.plat->store_count;
		i915_vma_unbind(vma);
		/* Every table becomes empty: pointer page, directory, tables. */
		assert_int_equal(f.plat->store_count - mark, 2 + space.tables[0] + space.pages_2m);
		space.bound_count = 0;
		space_check(&space);
		i915_object_destroy(obj);
		fixture_end(&f);
	}
}

/* A table of 64 KiB pages holds nothing else: its neighbour gets another. */
static void pages_of_64k_have_their_table_alone(void **state)
{
	struct fixture f = huge_fixture(VGT_CAPS_HUGE_GTT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_vma *vma[3];
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	for (unsigned i = 0; i < 3; i++) {
		vma[i] = fixture_bind(f.i915, vm, i == 1 ? PAGES(1) : PAGES(32));
		space_expect(&space, vma[i]);
		space_check(&space);
	}
	assert_int_equal(space.tables_64k, 2);
	assert_int_equal(space.tables[0], 3);
	/* At a fixed address nothing is kept free around it, so it cannot be sure. */
	space_expect(&space, fixture_bind_at(f.i915, vm, PAGES(32), GIB));
	space_check(&space);
	assert_int_equal(space.tables_64k, 2);
	for (unsigned i = 0; i < 3; i++)
		fixture_drop(vma[i]);
	fixture_end(&f);
}

/* Fixed addresses of the right alignment do get 2 MiB pages, others do not. */
static void fixed_addresses_of_large_pages(void **state)
{
	struct fixture f = huge_fixture(VGT_CAPS_HUGE_GTT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	space_expect(&space, fixture_bind_at(f.i915, vm, 4 * MIB, GIB));
	space_check(&space);
	assert_int_equal(space.pages_2m, 2);
	space_expect(&space, fixture_bind_at(f.i915, vm, 4 * MIB, GIB + 5 * MIB));
	space_check(&space);
	assert_int_equal(space.pages_2m, 2);
	/* In the middle of its range there is a table of its own, for 64 KiB pages. */
	assert_int_equal(space.tables_64k, 1);
	fixture_end(&f);
}

/* Memory that does not lie right is mapped by what fits. */
static void misaligned_memory_has_small_pages(void **state)
{
	struct fixture f = huge_fixture(VGT_CAPS_HUGE_GTT, 0);
	struct i915_object *obj;
	struct i915_vma *vma;
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	/* The aligned allocation fails, the plain one does not. */
	f.plat->fail_allocation = f.plat->allocation_count + 1;
	obj = i915_object_create(f.i915, 2 * MIB);
	assert_non_null(obj);
	assert_int_equal(obj->pages.block_pages, 512);
	assert_int_not_equal(obj->pages.gpa % (64 << 10), 0);
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, NULL, &vma), 0);
	assert_int_equal(i915_vma_gma(vma), PAGES(1));
	space_expect(&space, vma);
	space_check(&space);
	assert_int_equal(space.pages_2m + space.tables_64k, 0);
	fixture_end(&f);
}

static void large_pages_need_the_device(void **state)
{
	const struct i915_params of_32_bits = { .huge_pages = true, .ppgtt = I915_PPGTT_32BIT };
	struct fixture f[3] = {
		huge_fixture(0, 0),
		huge_fixture(VGT_CAPS_HUGE_GTT, PVMMIO_PPGTT_UPDATE),
		fixture_with(fake_create(), &of_32_bits),
	};

	for (unsigned i = 0; i < 3; i++) {
		struct i915_vma *vma =
			fixture_bind(f[i].i915, i915_context_vm(f[i].ctx[0]), 2 * MIB);
		struct space space;

		assert_int_equal(vma->obj->pages.block_pages, 512);
		assert_int_equal(vma->vm->scratch.page_count, 1);
		i915_vma_unbind(vma);
		space_open(&space, f[i].plat, f[i].ctx[0]);
		space_expect(&space,
			     fixture_bind(f[i].i915, i915_context_vm(f[i].ctx[0]), 2 * MIB));
		space_check(&space);
		assert_int_equal(space.pages_2m + space.tables_64k, 0);
		assert_int_equal(f[i].plat->regs[0x4080 / 4], 0);
		fixture_end(&f[i]);
	}
}

static void large_pages_natively(void **state)
{
	const struct i915_params params = { .huge_pages = true };
	struct platform *plat = fake_create();
	struct fixture f;

	plat->regs[0x4080 / 4] = 0x100; /* bits that are not the driver's */
	f = fixture_with(plat, &params);
	assert_int_equal(plat->regs[0x4080 / 4], 0x10f);
	/* Entries of 64 KiB tables that are not used lead to scratch memory of that size. */
	assert_int_equal(i915_context_vm(f.ctx[0])->scratch.page_count, 16);
	assert_int_equal(i915_context_vm(f.ctx[0])->scratch.gpa % 0x10000, 0);
	fixture_end(&f);
}

/* ---- anything ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bind and unbind at random, with everything checked after each. */
static void random_binds(struct fixture f, uint32_t seed, uint64_t limit)
{
	struct i915_vma *vma[12] = { 0 };
	size_t pages, heap_pages;
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	heap_pages = f.i915->heap.page_count;
	pages = f.plat->pages_in_use;
	for (unsigned round = 0; round < 150; round++) {
		struct i915_vma **at = &vma[next_random(&seed) % 12];
		unsigned count = 1 + next_random(&seed) % (next_random(&seed) % 4 ? 40 : 600);
		uint64_t gma = (uint64_t)(next_random(&seed) % 4) * limit / 4 +
			       PAGES(1 + next_random(&seed) % 3000);
		const struct i915_bind how = {
			.fixed_gma = gma,
			.align_bytes = round % 5 ? 0 : 64 << 10,
			.flags = round % 5 && next_random(&seed) % 2 ? I915_BIND_FIXED : 0,
		};
		struct i915_object *obj;

		if (*at) {
			space_forget(&space, *at);
			fixture_drop(*at);
			*at = NULL;
		} else {
			obj = i915_object_create(f.i915, PAGES(count));
			assert_non_null(obj);
			if (i915_vma_bind(i915_context_vm(f.ctx[0]), obj, &how, at) == 0) {
				if (how.align_bytes)
					assert_int_equal(i915_vma_gma(*at) % how.align_bytes, 0);
				space_expect(&space, *at);
			} else {
				i915_object_destroy(obj);
			}
		}
		space_check(&space);
	}
	for (unsigned i = 0; i < 12; i++) {
		if (vma[i])
			fixture_drop(vma[i]);
	}
	space.bound_count = 0;
	space_check(&space);
	assert_int_equal(f.plat->pages_in_use - pages, f.i915->heap.page_count - heap_pages);
	fixture_end(&f);
}

static void random_binds_in_every_mode(void **state)
{
	for (uint32_t seed = 1; seed <= 4; seed++) {
		random_binds(fixture_ppgtt(I915_PPGTT_48BIT, 0), seed, UINT64_C(1) << 48);
		random_binds(fixture_ppgtt(I915_PPGTT_32BIT, 0), seed, UINT64_C(1) << 32);
		random_binds(fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE), seed,
			     UINT64_C(1) << 32);
		random_binds(huge_fixture(VGT_CAPS_HUGE_GTT, 0), seed, UINT64_C(1) << 48);
	}
}

/* ---- lack of memory ---- */

/* Each allocation of a bind that makes tables of every level fails once. */
static void bind_with_failing_allocation(enum i915_ppgtt_mode mode, uint32_t levels)
{
	bool complete = false;

	for (unsigned n = 1; !complete; n++) {
		struct fixture f = fixture_ppgtt(mode, levels);
		struct i915_vm *vm = i915_context_vm(f.ctx[0]);
		struct i915_vma *old = fixture_bind_at(f.i915, vm, PAGES(8), GIB - PAGES(16));
		const struct i915_bind how = { .fixed_gma = GIB - PAGES(8),
					       .flags = I915_BIND_FIXED };
		struct i915_object *obj = i915_object_create(f.i915, 3 * MIB);
		struct i915_vma *vma = NULL;
		struct space space = { .plat = f.plat };
		size_t pages, heap_pages, notices, mark;
		int err;

		i915_context_destroy(f.ctx[1]);
		f.ctx[1] = NULL;
		space_open(&space, f.plat, f.ctx[2]);
		space.vm = vm;
		i915_ppgtt_roots(vm, space.roots);
		/* Its scratch is its own. */
		for (int level = mode == I915_PPGTT_48BIT ? 3 : 1; level >= 0; level--)
			space.scratch[level] =
				container_of(vm, struct i915_ppgtt, vm)->scratch_entry[level];
		space_expect(&space, old);
		space_check(&space);
		pages = f.plat->pages_in_use;
		heap_pages = f.i915->heap.page_count;
		notices = f.plat->host.notice_count;
		mark = f.plat->store_count;
		f.plat->fail_allocation = f.plat->allocation_count + n;
		err = i915_vma_bind(vm, obj, &how, &vma);
		complete = f.plat->allocation_count < f.plat->fail_allocation;
		f.plat->fail_allocation = 0;
		assert_int_equal(err, complete ? 0 : -I915_ENOMEM);
		if (complete) {
			space_expect(&space, vma);
			assert_true(n > 2);
		} else {
			assert_null(vma);
			assert_int_equal(f.plat->pages_in_use - pages,
					 f.i915->heap.page_count - heap_pages);
			assert_int_equal(f.plat->host.notice_count, notices);
			/* Where nothing was mapped yet, nothing needs clearing. */
			for (size_t i = mark; i < f.plat->store_count; i++)
				assert_int_not_equal(f.plat->stores[i].value, space.scratch[0]);
		}
		space_check(&space);
		fixture_end(&f);
	}
}

static void failed_allocations_are_undone(void **state)
{
	bind_with_failing_allocation(I915_PPGTT_48BIT, 0);
	bind_with_failing_allocation(I915_PPGTT_32BIT, 0);
	bind_with_failing_allocation(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
}

static void context_with_failing_allocation(enum i915_ppgtt_mode mode)
{
	struct i915_context *ctx = NULL;

	for (unsigned n = 1; !ctx; n++) {
		struct fixture f = fixture_ppgtt(mode, 0);
		size_t heap_pages = f.i915->heap.page_count;
		size_t pages = f.plat->pages_in_use;

		f.plat->fail_allocation = f.plat->allocation_count + n;
		ctx = i915_context_create(f.i915);
		if (!ctx) {
			assert_int_equal(f.plat->pages_in_use - pages,
					 f.i915->heap.page_count - heap_pages);
			assert_int_equal(fake_log_length(f.plat), 0);
		} else {
			assert_true(n > 4);
		}
		i915_context_destroy(ctx);
		fixture_end(&f);
	}
}

static void contexts_without_memory(void **state)
{
	context_with_failing_allocation(I915_PPGTT_48BIT);
	context_with_failing_allocation(I915_PPGTT_32BIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_of_four_levels),
		cmocka_unit_test(root_of_three_levels),
		cmocka_unit_test(tables_are_there_when_the_host_is_told),
		cmocka_unit_test(native_driver_notifies_nobody),
		cmocka_unit_test(stores_of_four_levels),
		cmocka_unit_test(stores_of_three_levels),
		cmocka_unit_test(stores_of_whole_tables),
		cmocka_unit_test(links_go_from_the_top_down),
		cmocka_unit_test(unlinking_comes_before_freeing),
		cmocka_unit_test(read_only_mappings),
		cmocka_unit_test(large_page_layouts),
		cmocka_unit_test(pages_of_64k_have_their_table_alone),
		cmocka_unit_test(fixed_addresses_of_large_pages),
		cmocka_unit_test(misaligned_memory_has_small_pages),
		cmocka_unit_test(large_pages_need_the_device),
		cmocka_unit_test(large_pages_natively),
		cmocka_unit_test(random_binds_in_every_mode),
		cmocka_unit_test(failed_allocations_are_undone),
		cmocka_unit_test(contexts_without_memory),
	};

	return cmocka_run_group_tests_name("guest: page tables", tests, NULL, NULL);
}
