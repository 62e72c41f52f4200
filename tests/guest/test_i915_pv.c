// SPDX-License-Identifier: MIT
/*
 * Levels ppgtt_update and ggtt_update, and the GGTT without them: which notifications go out, what
 * the host finds in the shared page then, and what becomes of an operation that it refuses.
 */
#include "tests/guest/space.h"

#define PAGES(n)  ((uint64_t)(n)*PLAT_PAGE_SIZE)
#define GIB       UINT64_C(0x40000000)
#define PV(field) (PVINFO_BASE + (field))
#define NOTIFY    PV(PVINFO_G2V_NOTIFY)

static const struct fake_notice *last_notice(const struct platform *plat)
{
	assert_true(plat->host.notice_count > 0);
	return &plat->host.notices[plat->host.notice_count - 1];
}

/* ---- level ppgtt_update ---- */

static void check_ppgtt_notice(const struct fake_notice *notice, uint32_t code,
			       const struct space *space, uint64_t start, uint64_t length_bytes)
{
	assert_int_equal(notice->code, code);
	assert_int_equal(notice->ppgtt.pdp, space->roots[0]);
	assert_int_equal(notice->ppgtt.start, start);
	assert_int_equal(notice->ppgtt.length_bytes, length_bytes);
	assert_int_equal(notice->ppgtt.cache_level, 1);
	assert_true(notice->locked);
}

/* Two exits for a bind, one for an unbind, whatever the tables need; the tables are edited. */
static void ppgtt_operations_are_one_notification_each(void **state)
{
	static const struct {
		uint64_t gma;
		unsigned pages;
	} binds[] = {
		{GIB,               512},
                { GIB - PAGES(1),   1  },
                { GIB + PAGES(600), 700},
		{ 5 * GIB,          1  },
                { GIB - PAGES(2),   1  },
	};
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
	const unsigned count = sizeof(binds) / sizeof(binds[0]);
	struct i915_vma *vma[5];
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	for (unsigned i = 0; i < count; i++) {
		const struct fake_notice *n = &f.plat->host.notices[f.plat->host.notice_count];
		size_t mark = f.plat->store_count;
		struct fake_cursor cursor;

		fake_log_clear(f.plat);
		vma[i] = fixture_bind_at(f.i915, i915_context_vm(f.ctx[0]), PAGES(binds[i].pages),
					 binds[i].gma);
		cursor = fake_cursor(f.plat);
		next_write(&cursor, NOTIFY, G2V_PPGTT_L4_ALLOC);
		next_write(&cursor, NOTIFY, G2V_PPGTT_L4_INSERT);
		next_end(&cursor);
		check_ppgtt_notice(&n[0], G2V_PPGTT_L4_ALLOC, &space, binds[i].gma,
				   PAGES(binds[i].pages));
		check_ppgtt_notice(&n[1], G2V_PPGTT_L4_INSERT, &space, binds[i].gma,
				   PAGES(binds[i].pages));
		/* The host finds each operation's stores done. */
		assert_int_equal(n[0].store_count - mark,
				 space_stores(f.plat, mark, PLAT_OP_PPGTT_ALLOC));
		assert_int_equal(n[1].store_count, f.plat->store_count);
		space_expect(&space, vma[i]);
		space_check(&space);
	}
	for (unsigned i = count; i--;) {
		struct fake_cursor cursor;

		fake_log_clear(f.plat);
		space_forget(&space, vma[i]);
		fixture_drop(vma[i]);
		cursor = fake_cursor(f.plat);
		next_write(&cursor, NOTIFY, G2V_PPGTT_L4_CLEAR);
		next_end(&cursor);
		check_ppgtt_notice(last_notice(f.plat), G2V_PPGTT_L4_CLEAR, &space, binds[i].gma,
				   PAGES(binds[i].pages));
		space_check(&space);
	}
	assert_int_equal(f.plat->op_accesses[PLAT_OP_PPGTT_ALLOC], count);
	assert_int_equal(f.plat->op_accesses[PLAT_OP_PPGTT_INSERT], count);
	assert_int_equal(f.plat->op_accesses[PLAT_OP_PPGTT_CLEAR], count);
	fixture_end(&f);
}

static const struct {
	enum pvmmio_status status;
	int err;
} refusals[] = {
	{PVMMIO_STATUS_REFUSED,        -I915_EIO   },
        { PVMMIO_STATUS_UNKNOWN_ROOT,  -I915_EIO   },
	{ PVMMIO_STATUS_RANGE,         -I915_EINVAL},
        { PVMMIO_STATUS_NOT_ALLOCATED, -I915_EIO   },
	{ PVMMIO_STATUS_UNBACKED,      -I915_EIO   },
        { PVMMIO_STATUS_NO_MEMORY,     -I915_ENOMEM},
	{ (enum pvmmio_status)77,      -I915_EIO   },
};

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

/* Nothing is bound, nothing is left over, and the next bind finds everything as it was. */
static void check_refused_bind(struct fixture *f, struct space *space, uint32_t code, int err)
{
	struct i915_object *obj = i915_object_create(f->i915, PAGES(700));
	struct i915_vma *vma = NULL;
	size_t pages = f->plat->pages_in_use;
	size_t heap_pages = f->i915->heap.page_count;
	size_t notices = f->plat->host.notice_count;

	assert_int_equal(i915_vma_bind(i915_context_vm(f->ctx[0]), obj, NULL, &vma), err);
	assert_null(vma);
	assert_int_equal(f->plat->pages_in_use - pages, f->i915->heap.page_count - heap_pages);
	space_check(space);
	/* What the host has allocated it clears; what it has refused it is not told of again. */
	if (code == G2V_PPGTT_L4_INSERT)
		assert_int_equal(last_notice(f->plat)->code, G2V_PPGTT_L4_CLEAR);
	assert_int_equal(f->plat->host.notice_count - notices, code == G2V_PPGTT_L4_INSERT ? 3 : 1);
	i915_object_destroy(obj);
}

static void refused_ppgtt_binds_are_undone(void **state)
{
	static const uint32_t codes[] = { G2V_PPGTT_L4_ALLOC, G2V_PPGTT_L4_INSERT };

	for (unsigned i = 0; i < 2 * REFUSALS; i++) {
		struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
		uint32_t code = codes[i % 2];
		struct i915_vma *old, *vma;
		struct space space;

		space_open(&space, f.plat, f.ctx[0]);
		old = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(3));
		space_expect(&space, old);
		f.plat->host.answers[code] = refusals[i / 2].status;
		check_refused_bind(&f, &space, code, refusals[i / 2].err);
		f.plat->host.answers[code] = PVMMIO_STATUS_OK;
		vma = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(700));
		assert_int_equal(i915_vma_gma(vma), PAGES(4)); /* the address is free again */
		fixture_end(&f);
	}
}

/* A host that does not answer has not done it. */
static void silence_is_refusal(void **state)
{
	struct fixture f =
		fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE);
	struct i915_object *obj = i915_object_create(f.i915, PAGES(1));
	struct i915_vma *vma;

	f.plat->host.silent = true;
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, NULL, &vma), -I915_EIO);
	assert_int_equal(i915_vma_bind(i915_ggtt_vm(f.i915), obj, NULL, &vma), -I915_EIO);
	f.plat->host.silent = false;
	i915_object_destroy(obj);
	fixture_end(&f);
}

/* The host keeps its mapping: the guest's tables stay too, and the addresses are not used again. */
static void refused_clear_loses_the_addresses(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_vma *vma = fixture_bind_at(f.i915, vm, PAGES(2), PAGES(1)), *other;
	struct space space = { .plat = f.plat };
	struct i915_object *obj = i915_object_create(f.i915, PAGES(2));
	const struct i915_bind there = { .fixed_gma = PAGES(2), .flags = I915_BIND_FIXED };
	uint64_t gpa = vma->obj->pages.gpa;

	i915_ppgtt_roots(vm, space.roots);
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_NO_MEMORY;
	i915_vma_unbind(vma);
	assert_int_equal(fake_ppgtt_walk(f.plat, space.roots, 4, PAGES(1)).gpa, gpa);
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_OK;
	assert_int_equal(i915_vma_bind(vm, obj, &there, &vma), -I915_ENOSPC);
	assert_int_equal(i915_vma_bind(vm, obj, NULL, &vma), 0);
	assert_int_equal(i915_vma_gma(vma), PAGES(3));
	/* Nor is anything evicted for addresses that are not to be had. */
	i915_vma_unpin(vma);
	obj = i915_object_create(f.i915, PAGES(3));
	assert_int_equal(i915_vma_bind(vm, obj, &there, &other), -I915_ENOSPC);
	assert_int_equal(fake_ppgtt_walk(f.plat, space.roots, 4, PAGES(3)).gpa,
			 vma->obj->pages.gpa);
	fixture_end(&f); /* and nothing leaks with the address space */
}

/* Refused at inserting, and then at clearing what was allocated. */
static void refused_twice(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_object *obj = i915_object_create(f.i915, PAGES(2));
	struct i915_vma *vma = NULL;

	f.plat->host.answers[G2V_PPGTT_L4_INSERT] = PVMMIO_STATUS_UNBACKED;
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_REFUSED;
	assert_int_equal(i915_vma_bind(vm, obj, NULL, &vma), -I915_EIO);
	f.plat->host.answers[G2V_PPGTT_L4_INSERT] = PVMMIO_STATUS_OK;
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_OK;
	assert_int_equal(i915_vma_bind(vm, obj, NULL, &vma), 0);
	assert_int_equal(i915_vma_gma(vma), PAGES(3));
	fixture_end(&f);
}

/* The same on coming back from an eviction: there is no second try. */
static void refused_twice_after_eviction(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_vma *vma = fixture_bind(f.i915, vm, PAGES(2));

	i915_vma_unpin(vma);
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_true(i915_evict_one(vm));
	i915_mutex_unlock(f.plat, &vm->mutex);
	f.plat->host.answers[G2V_PPGTT_L4_INSERT] = PVMMIO_STATUS_UNBACKED;
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_REFUSED;
	assert_int_equal(i915_vma_pin(vma), -I915_EIO);
	f.plat->host.answers[G2V_PPGTT_L4_INSERT] = PVMMIO_STATUS_OK;
	assert_int_equal(i915_vma_pin(vma), -I915_EIO);
	fixture_drop(vma);
	fixture_end(&f);
}

static void ppgtt_level_is_for_four_levels_only(void **state)
{
	static const struct {
		enum i915_ppgtt_mode mode;
		uint32_t caps, levels;
	} cases[] = {
		{I915_PPGTT_48BIT,  VGT_CAPS_FULL_48BIT_PPGTT, 0x7f},
		{ I915_PPGTT_32BIT, VGT_CAPS_FULL_48BIT_PPGTT, 0x6f},
		{ I915_PPGTT_NONE,  VGT_CAPS_FULL_48BIT_PPGTT, 0x6f},
		{ I915_PPGTT_48BIT, 0,                         0x6f},
	};

	for (unsigned i = 0; i < 4; i++) {
		const struct i915_params params = { .pvmmio_levels = PVMMIO_ALL,
						    .ppgtt = cases[i].mode };
		struct platform *plat = fake_create_vgpu();
		struct fixture f;

		fake_set_pvinfo(plat, PVINFO_VGT_CAPS, VGT_CAPS_HWSP_EMULATION | cases[i].caps);
		f = fixture_with(plat, &params);
		assert_int_equal(fixture_stats(&f).pvmmio_levels, cases[i].levels);
		/* Without 48 bits at the host there are no address spaces of contexts at all. */
		assert_int_equal(i915_context_vm(f.ctx[0]) == i915_ggtt_vm(f.i915), i >= 2);
		fixture_end(&f);
	}
}

/* ---- the GGTT ---- */

static uint32_t window(uint64_t gma, unsigned page)
{
	return GEN9_GTT_WINDOW + (uint32_t)(gma / PLAT_PAGE_SIZE + page) * 8;
}

static void expect_entries(struct fake_cursor *cursor, uint64_t gma, uint64_t entry, uint64_t step)
{
	for (unsigned i = 0; i < 3; i++)
		next_write(cursor, window(gma, i), entry + i * step);
}

static void check_ggtt_notice(const struct platform *plat, uint32_t code, uint64_t gma)
{
	const struct fake_notice *notice = last_notice(plat);

	assert_int_equal(notice->code, code);
	assert_int_equal(notice->ggtt.start, gma);
	assert_int_equal(notice->ggtt.length_bytes, PAGES(3));
	assert_int_equal(notice->ggtt.cache_level, 1);
	assert_true(notice->locked);
}

/* Binding and unbinding three pages: the accesses, and what they count for. */
static void check_ggtt(enum i915_ppgtt_mode mode, uint32_t levels)
{
	struct fixture f = fixture_ppgtt(mode, levels);
	bool pv = levels & PVMMIO_GGTT_UPDATE;
	struct i915_object *obj = i915_object_create(f.i915, PAGES(3));
	unsigned inserts = f.plat->op_count[PLAT_OP_GGTT_INSERT];
	unsigned accesses = f.plat->op_accesses[PLAT_OP_GGTT_INSERT];
	struct fake_cursor cursor = fake_cursor(f.plat);
	struct i915_vma *vma;
	uint64_t gma;

	assert_int_equal(i915_vma_bind(i915_ggtt_vm(f.i915), obj, NULL, &vma), 0);
	gma = i915_vma_gma(vma);
	assert_true(i915_vma_is_ggtt(vma));
	expect_entries(&cursor, gma, obj->pages.gpa | 0x83, PLAT_PAGE_SIZE);
	if (pv) {
		next_write(&cursor, NOTIFY, G2V_GGTT_INSERT);
		check_ggtt_notice(f.plat, G2V_GGTT_INSERT, gma);
	} else {
		next_write(&cursor, GFX_FLSH_CNTL, 1);
	}
	next_end(&cursor);
	assert_int_equal(f.plat->op_count[PLAT_OP_GGTT_INSERT] - inserts, 1);
	assert_int_equal(f.plat->op_accesses[PLAT_OP_GGTT_INSERT] - accesses, 4);

	i915_vma_unbind(vma);
	if (mode == I915_PPGTT_NONE) {
		expect_entries(&cursor, gma, f.i915->ggtt.vm.scratch.gpa | 0x83, 0);
		if (pv) {
			next_write(&cursor, NOTIFY, G2V_GGTT_CLEAR);
			check_ggtt_notice(f.plat, G2V_GGTT_CLEAR, gma);
		}
	}
	next_end(&cursor);
	assert_int_equal(f.plat->op_count[PLAT_OP_GGTT_CLEAR], 1);
	i915_object_destroy(obj);
	fixture_end(&f);
}

static void ggtt_operations(void **state)
{
	check_ggtt(I915_PPGTT_48BIT, 0);
	check_ggtt(I915_PPGTT_48BIT, PVMMIO_GGTT_UPDATE);
	check_ggtt(I915_PPGTT_NONE, 0);
	check_ggtt(I915_PPGTT_NONE, PVMMIO_GGTT_UPDATE);
	check_ggtt(I915_PPGTT_32BIT, PVMMIO_GGTT_UPDATE);
}

static void refused_ggtt_binds_are_undone(void **state)
{
	for (unsigned i = 0; i < REFUSALS; i++) {
		struct fixture f = fixture_ppgtt(I915_PPGTT_NONE, PVMMIO_GGTT_UPDATE);
		struct i915_object *obj = i915_object_create(f.i915, PAGES(3));
		uint64_t scratch = f.i915->ggtt.vm.scratch.gpa | 0x83;
		size_t notices = f.plat->host.notice_count;
		struct i915_vma *vma;
		uint64_t gma;

		f.plat->host.answers[G2V_GGTT_INSERT] = refusals[i].status;
		assert_int_equal(i915_vma_bind(i915_ggtt_vm(f.i915), obj, NULL, &vma),
				 refusals[i].err);
		assert_int_equal(f.plat->host.notice_count - notices, 1);
		gma = last_notice(f.plat)->ggtt.start;
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(f.plat->ggtt[gma / PLAT_PAGE_SIZE + n], scratch);
		f.plat->host.answers[G2V_GGTT_INSERT] = PVMMIO_STATUS_OK;
		assert_int_equal(i915_vma_bind(i915_ggtt_vm(f.i915), obj, NULL, &vma), 0);
		assert_int_equal(i915_vma_gma(vma), gma);
		fixture_end(&f);
	}
}

/* The driver does without: an engine's status page cannot be bound. */
static void probe_fails_when_the_host_binds_nothing(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_GGTT_UPDATE };
	struct platform *plat = fake_create_vgpu();
	struct i915 *i915;

	plat->host.answers[G2V_GGTT_INSERT] = PVMMIO_STATUS_REFUSED;
	assert_int_equal(i915_create(&i915, plat, &params), -I915_EIO);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

static void ggtt_size_follows_ggms(void **state)
{
	assert_int_equal(i915_ggtt_size_bytes(0x0000), 0);
	assert_int_equal(i915_ggtt_size_bytes(0x0040), 1ull << 30);
	assert_int_equal(i915_ggtt_size_bytes(0x0080), 2ull << 30);
	assert_int_equal(i915_ggtt_size_bytes(0xffc0), 4ull << 30);
}

static void ggtt_refuses_impossible_shares(void **state)
{
	const uint64_t aperture = GEN9_APERTURE_BYTES;
	const struct {
		struct i915_slice low, high;
		int err;
	} cases[] = {
		{{ 0, aperture },             { aperture, 4ull << 30 },              0        },
		{ { 0, 0 },                   { aperture, aperture + PAGES(1) },     0        },
		{ { PAGES(8), PAGES(9) },     { 0, 0 },                              0        },
		{ { 0, aperture + PAGES(1) }, { 0, 0 },                              -I915_EIO},
		{ { 0, PAGES(1) },            { aperture - PAGES(1), aperture },     -I915_EIO},
		{ { 0, PAGES(1) },            { aperture, (4ull << 30) + PAGES(1) }, -I915_EIO},
		{ { 1, PAGES(1) },            { 0, 0 },                              -I915_EIO},
		{ { 0, 100 },                 { 0, 0 },                              -I915_EIO},
	};
	struct platform *plat = fake_create();

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct i915 i915 = { .plat = plat };

		assert_int_equal(i915_ggtt_init(&i915, 4ull << 30, cases[i].low, cases[i].high),
				 cases[i].err);
		i915_ggtt_fini(&i915);
	}
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

static void foreign_page_is_not_in_the_share(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct fixture native = fixture_native();

	assert_int_equal(i915_ggtt_foreign_page(&f.i915->ggtt), FAKE_LOW_BASE + FAKE_LOW_BYTES);
	assert_int_equal(i915_ggtt_foreign_page(&native.i915->ggtt), 0); /* own, never bound */
	fixture_end(&native);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ppgtt_operations_are_one_notification_each),
		cmocka_unit_test(refused_ppgtt_binds_are_undone),
		cmocka_unit_test(silence_is_refusal),
		cmocka_unit_test(refused_clear_loses_the_addresses),
		cmocka_unit_test(refused_twice),
		cmocka_unit_test(refused_twice_after_eviction),
		cmocka_unit_test(ppgtt_level_is_for_four_levels_only),
		cmocka_unit_test(ggtt_operations),
		cmocka_unit_test(refused_ggtt_binds_are_undone),
		cmocka_unit_test(probe_fails_when_the_host_binds_nothing),
		cmocka_unit_test(ggtt_size_follows_ggms),
		cmocka_unit_test(ggtt_refuses_impossible_shares),
		cmocka_unit_test(foreign_page_is_not_in_the_share),
	};

	return cmocka_run_group_tests_name("guest: page table notifications", tests, NULL, NULL);
}
