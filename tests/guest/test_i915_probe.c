// SPDX-License-Identifier: MIT
/* Probe and removal: every register access of them, in order. */
#include "tests/guest/fixture.h"

#define PV(offset) (PVINFO_BASE + (offset))
#define PTE_FLAGS  0x83u

static void expect_detection(struct fake_cursor *cursor)
{
	next_read(cursor, PV(PVINFO_MAGIC));
	next_read(cursor, PV(PVINFO_VERSION_MAJOR));
	next_read(cursor, PV(PVINFO_VGT_CAPS));
}

static void expect_group_reset(struct fake_cursor *cursor, uint32_t base)
{
	next_write(cursor, base + 0x4, ~0u);
	next_read(cursor, base + 0x4);
	next_write(cursor, base + 0xc, 0);
	next_write(cursor, base + 0x8, ~0u);
	next_read(cursor, base + 0x8);
	next_write(cursor, base + 0x8, ~0u);
	next_read(cursor, base + 0x8);
}

static void expect_irq_reset(struct fake_cursor *cursor)
{
	next_write(cursor, MASTER_IRQ, 0);
	next_read(cursor, MASTER_IRQ);
	for (unsigned i = 0; i < 4; i++)
		expect_group_reset(cursor, GT_ISR(i));
	next_write(cursor, EDP_PSR_IMR, ~0u);
	next_write(cursor, EDP_PSR_IIR, ~0u);
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++)
		expect_group_reset(cursor, DE_PIPE_ISR(i));
	expect_group_reset(cursor, DE_PORT_ISR);
	expect_group_reset(cursor, DE_MISC_ISR);
	expect_group_reset(cursor, PCU_ISR);
	expect_group_reset(cursor, SDE_ISR);
}

static void expect_group_install(struct fake_cursor *cursor, uint32_t base, uint32_t enabled,
				 uint32_t unmasked)
{
	next_read(cursor, base + 0x8);
	next_write(cursor, base + 0xc, enabled);
	next_write(cursor, base + 0x4, ~unmasked);
	next_read(cursor, base + 0x4);
}

static void expect_display_irq_install(struct fake_cursor *cursor)
{
	next_read(cursor, EDP_PSR_IIR);
	next_write(cursor, EDP_PSR_IMR, ~0x04040404u);
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++)
		expect_group_install(cursor, DE_PIPE_ISR(i), 0x90000f81, 0x10000f80);
	expect_group_install(cursor, DE_PORT_ISR, 0x0e000001, 0x0e000001);
	expect_group_install(cursor, DE_MISC_ISR, 0x08080000, 0x08080000);
	next_read(cursor, SDE_IIR);
	next_write(cursor, SDE_IMR, ~(1u << 17));
	next_read(cursor, 0xc4030);
	next_write(cursor, 0xc4030, 0x10101010);
	next_read(cursor, 0xc403c);
	next_write(cursor, 0xc403c, 0x10);
}

static void expect_irq_install(struct fake_cursor *cursor)
{
	static const uint32_t enabled[4] = { 0x01010101, 0x01010101, 0, 0x00000101 };

	next_read(cursor, SDE_IER);
	next_write(cursor, SDE_IER, ~0u);
	next_read(cursor, SDE_IER);
	for (unsigned i = 0; i < 4; i++)
		expect_group_install(cursor, GT_ISR(i), enabled[i], enabled[i]);
	expect_display_irq_install(cursor);
	next_write(cursor, MASTER_IRQ, MASTER_IRQ_ENABLE);
	next_read(cursor, MASTER_IRQ);
}

static void expect_pat_fences_irq(struct fake_cursor *cursor, bool vgpu, unsigned fence_count)
{
	next_write(cursor, PAT_LO, 0x000a0907);
	next_write(cursor, PAT_HI, 0x3b2b1b0b);
	if (vgpu)
		next_read(cursor, PV(PVINFO_FENCE_NUM));
	for (unsigned i = 0; i < fence_count; i++) {
		next_write(cursor, FENCE_LO(i), 0);
		next_read(cursor, FENCE_LO(i));
		next_write(cursor, FENCE_HI(i), 0);
		next_write(cursor, FENCE_LO(i), 0);
		next_read(cursor, FENCE_LO(i));
	}
	expect_irq_reset(cursor);
	expect_irq_install(cursor);
}

/* One page at gma; which guest page is the platform's business. */
static void expect_bind(struct fake_cursor *cursor, uint64_t gma)
{
	uint32_t entry = GEN9_GTT_WINDOW + (uint32_t)(gma / PLAT_PAGE_SIZE * 8);

	next_write(cursor, entry, cursor->plat->ggtt[gma / PLAT_PAGE_SIZE]);
	assert_int_equal(cursor->plat->log[cursor->at - 1].value & 0xfff, PTE_FLAGS);
	next_write(cursor, GFX_FLSH_CNTL, 1);
}

static void expect_engines(struct fake_cursor *cursor, uint64_t top)
{
	static const uint32_t mocs[GEN9_ENGINE_COUNT] = { 0xc800, 0xcc00, 0xc900, 0xca00, 0xcb00 };
	static const uint32_t mocs_values[3] = { 0x09, 0x38, 0x3b };

	expect_bind(cursor, top - PLAT_PAGE_SIZE); /* scratch */
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		expect_bind(cursor, top - (i + 2) * PLAT_PAGE_SIZE);
	for (unsigned i = 0; i < 31; i++)
		next_write(cursor, 0xb020 + 4 * i,
			   i == 0 ? 0x00300010 : (i == 1 ? 0x00100030 : 0x00100010));
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		const struct gen9_engine_info *info = &fake_engine_info[i];
		uint32_t base = info->mmio_base;

		for (unsigned n = 0; n < 62; n++)
			next_write(cursor, mocs[i] + 4 * n, n < 3 ? mocs_values[n] : 0x09);
		next_write(cursor, base + RING_IMR,
			   ~((uint32_t)GT_CONTEXT_SWITCH_INTERRUPT << info->gt_shift));
		next_write(cursor, base + RING_HWSTAM, ~0u);
		next_write(cursor, base + RING_MODE, 0x80008000);
		next_write(cursor, base + RING_MI_MODE, 0x01000000);
		next_write(cursor, base + RING_HWS_PGA, top - (i + 2) * PLAT_PAGE_SIZE);
		next_read(cursor, base + RING_HWS_PGA);
	}
}

static void expect_balloon(struct fake_cursor *cursor)
{
	next_read(cursor, PV(PVINFO_LOW_GM_BASE));
	next_read(cursor, PV(PVINFO_LOW_GM_SIZE));
	next_read(cursor, PV(PVINFO_HIGH_GM_BASE));
	next_read(cursor, PV(PVINFO_HIGH_GM_SIZE));
}

static void expect_rest_of_vgpu_probe(struct fake_cursor *cursor)
{
	expect_pat_fences_irq(cursor, true, FAKE_FENCES);
	expect_balloon(cursor);
	expect_engines(cursor, FAKE_HIGH_BASE + FAKE_HIGH_BYTES);
	next_write(cursor, PV(PVINFO_DISPLAY_READY), 1);
	next_end(cursor);
}

static void destroy_and_check(struct platform *plat, struct i915 *i915)
{
	i915_destroy(i915);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

static void probe_native(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ALL };
	struct platform *plat = fake_create();
	struct fake_cursor cursor = fake_cursor(plat);
	struct i915_stats stats;
	struct i915 *i915;

	assert_int_equal(i915_create(&i915, plat, &params), 0);
	next_read(&cursor, PV(PVINFO_MAGIC));
	assert_int_equal(plat->log[0].size, 8);
	expect_pat_fences_irq(&cursor, false, GEN9_FENCE_COUNT);
	expect_engines(&cursor, 1ull << 32);
	next_end(&cursor);
	i915_get_stats(i915, &stats);
	assert_false(stats.vgpu_active);
	assert_int_equal(stats.pvmmio_levels, 0);
	assert_int_equal(plat->op_count[PLAT_OP_INIT], 1);
	assert_int_equal(plat->op_depth, 0);
	destroy_and_check(plat, i915);
}

static void probe_vgpu(void **state)
{
	const struct i915_params params = { 0 };
	struct platform *plat = fake_create_vgpu();
	struct fake_cursor cursor = fake_cursor(plat);
	struct i915_stats stats;
	struct i915 *i915;

	assert_int_equal(i915_create(&i915, plat, &params), 0);
	expect_detection(&cursor);
	assert_int_equal(plat->log[1].size, 2);
	expect_rest_of_vgpu_probe(&cursor);
	i915_get_stats(i915, &stats);
	assert_true(stats.vgpu_active);
	assert_int_equal(stats.pvmmio_levels, 0);
	destroy_and_check(plat, i915);
}

#define UNKNOWN_LEVEL (1u << 30)

/* The accesses of a negotiation whose page is at gpa, up to the levels that were read back. */
static void expect_negotiation(struct fake_cursor *cursor)
{
	uint64_t gpa = cursor->plat->log[cursor->at].value;

	assert_in_range(gpa, FAKE_RAM_GPA, FAKE_RAM_GPA + FAKE_RAM_PAGES * PLAT_PAGE_SIZE);
	assert_int_equal(gpa % PLAT_PAGE_SIZE, 0);
	next_write(cursor, PV(PVINFO_SHARED_PAGE_GPA_LO), gpa);
	next_write(cursor, PV(PVINFO_SHARED_PAGE_GPA_HI), 0);
	next_read(cursor, PV(PVINFO_SHARED_PAGE_GPA_LO));
	next_read(cursor, PV(PVINFO_SHARED_PAGE_GPA_HI));
}

static void expect_levels(struct fake_cursor *cursor)
{
	next_write(cursor, PV(PVINFO_ENABLE_PVMMIO), PVMMIO_ALL);
	next_read(cursor, PV(PVINFO_ENABLE_PVMMIO));
}

/* Probe with all levels wanted on plat; the levels in use, and how many pages they take. */
static uint32_t negotiated(struct platform *plat, struct i915 **i915_out, size_t *pages)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ALL };
	struct i915_stats stats;

	assert_int_equal(i915_create(i915_out, plat, &params), 0);
	i915_get_stats(*i915_out, &stats);
	*pages = plat->pages_in_use;
	return stats.pvmmio_levels;
}

static size_t pages_without_pvmmio(void)
{
	const struct i915_params params = { 0 };
	struct platform *plat = fake_create_vgpu();
	struct i915 *i915;
	size_t pages;

	assert_int_equal(i915_create(&i915, plat, &params), 0);
	pages = plat->pages_in_use;
	destroy_and_check(plat, i915);
	return pages;
}

static void negotiation_accepted(void **state)
{
	struct platform *plat = fake_create_vgpu();
	struct fake_cursor cursor = fake_cursor(plat);
	struct i915 *i915;
	size_t pages;

	plat->host.offered = PVMMIO_ELSP_SUBMIT | UNKNOWN_LEVEL;
	assert_int_equal(negotiated(plat, &i915, &pages), PVMMIO_ELSP_SUBMIT);
	assert_int_equal(pages, pages_without_pvmmio() + 1);
	expect_detection(&cursor);
	expect_negotiation(&cursor);
	expect_levels(&cursor);
	expect_rest_of_vgpu_probe(&cursor);
	/* Removal leaves the levels alone: they are frozen. */
	fake_log_clear(plat);
	i915_destroy(i915);
	assert_int_equal(fake_log_count(plat, true, PV(PVINFO_ENABLE_PVMMIO)), 0);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

static void negotiation_refused(void **state)
{
	struct platform *plat = fake_create_vgpu();
	struct fake_cursor cursor = fake_cursor(plat);
	struct i915 *i915;
	size_t pages;

	plat->host.offered = UNKNOWN_LEVEL; /* nothing that is wanted */
	assert_int_equal(negotiated(plat, &i915, &pages), 0);
	assert_int_equal(pages, pages_without_pvmmio());
	expect_detection(&cursor);
	expect_negotiation(&cursor);
	expect_levels(&cursor);
	expect_rest_of_vgpu_probe(&cursor);
	destroy_and_check(plat, i915);
}

static void check_page_refused(struct platform *plat)
{
	struct fake_cursor cursor = fake_cursor(plat);
	struct i915 *i915;
	size_t pages;

	assert_int_equal(negotiated(plat, &i915, &pages), 0);
	assert_int_equal(pages, pages_without_pvmmio());
	expect_detection(&cursor);
	expect_negotiation(&cursor);
	expect_rest_of_vgpu_probe(&cursor);
	destroy_and_check(plat, i915);
}

static void negotiation_page_refused(void **state)
{
	struct platform *plat = fake_create_vgpu();

	plat->host.refuses_page_lo = true;
	check_page_refused(plat);
	plat = fake_create_vgpu();
	plat->host.refuses_page_hi = true;
	check_page_refused(plat);
}

/* The host enables what the driver cannot use: it is asked to take it back. */
static void check_unusable(struct platform *plat)
{
	struct fake_cursor cursor = fake_cursor(plat);
	struct i915 *i915;
	size_t pages;

	assert_int_equal(negotiated(plat, &i915, &pages), 0);
	assert_int_equal(pages, pages_without_pvmmio());
	expect_detection(&cursor);
	expect_negotiation(&cursor);
	expect_levels(&cursor);
	next_write(&cursor, PV(PVINFO_ENABLE_PVMMIO), 0);
	next_read(&cursor, PV(PVINFO_ENABLE_PVMMIO));
	expect_rest_of_vgpu_probe(&cursor);
	destroy_and_check(plat, i915);
}

static void negotiation_other_version(void **state)
{
	struct platform *plat = fake_create_vgpu();

	plat->host.page_version = PVMMIO_PAGE_VERSION + 1;
	check_unusable(plat);
}

static void negotiation_other_size(void **state)
{
	struct platform *plat = fake_create_vgpu();

	plat->host.page_size_bytes = 64;
	check_unusable(plat);
}

static void negotiation_more_than_wanted(void **state)
{
	struct platform *plat = fake_create_vgpu();

	plat->host.extra = UNKNOWN_LEVEL;
	check_unusable(plat);
}

static void negotiation_frozen_and_unusable(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ELSP_SUBMIT,
					    .ppgtt = I915_PPGTT_NONE };
	struct platform *plat = fake_create_vgpu();
	struct i915 *i915 = NULL;

	plat->host.page_version = PVMMIO_PAGE_VERSION + 1;
	plat->host.frozen = true;
	assert_int_equal(i915_create(&i915, plat, &params), -I915_EIO);
	assert_null(i915);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

static int create_error(struct platform *plat)
{
	const struct i915_params params = { 0 };
	struct i915 *i915 = NULL;
	int err = i915_create(&i915, plat, &params);

	assert_null(i915);
	assert_int_equal(plat->pages_in_use, 0);
	assert_null(plat->irq_handler);
	assert_int_equal(plat->op_depth, 0);
	fake_destroy(plat);
	return err;
}

static void refuses_host_without_status_buffer(void **state)
{
	struct platform *plat = fake_create_vgpu();

	fake_set_pvinfo(plat, PVINFO_VGT_CAPS, VGT_CAPS_FULL_48BIT_PPGTT);
	assert_int_equal(create_error(plat), -I915_ENODEV);
}

static void refuses_impossible_share(void **state)
{
	struct platform *plat = fake_create_vgpu();

	fake_set_pvinfo(plat, PVINFO_HIGH_GM_SIZE, 0xf0000000);
	assert_int_equal(create_error(plat), -I915_EIO);
}

static void refuses_other_devices(void **state)
{
	struct platform *plat = fake_create();

	plat->pci[GEN9_PCI_ID / 4] = 0x12341022;
	assert_int_equal(create_error(plat), -I915_ENODEV);
	plat = fake_create();
	plat->pci[GEN9_PCI_GMCH / 4] = 0;
	assert_int_equal(create_error(plat), -I915_ENODEV);
	plat = fake_create();
	plat->pci[GEN9_PCI_BAR0 / 4] = 0x4;
	plat->pci[GEN9_PCI_BAR0 / 4 + 1] = 0;
	assert_int_equal(create_error(plat), -I915_ENODEV);
}

static void old_pvinfo_counts_as_native(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ALL };
	struct platform *plat = fake_create_vgpu();
	struct i915_stats stats;
	struct i915 *i915;

	fake_set_pvinfo(plat, PVINFO_VERSION_MAJOR, 0x00050000); /* 0.5 */
	assert_int_equal(i915_create(&i915, plat, &params), 0);
	i915_get_stats(i915, &stats);
	assert_false(stats.vgpu_active);
	destroy_and_check(plat, i915);
}

static void skip_pvinfo_never_touches_it(void **state)
{
	const struct i915_params params = { .skip_pvinfo = true,
					    .pvmmio_levels = PVMMIO_ELSP_SUBMIT };
	struct platform *plat = fake_create_vgpu();
	struct i915 *i915;

	assert_int_equal(i915_create(&i915, plat, &params), 0);
	for (size_t i = 0; i < plat->log_count; i++)
		assert_false(plat->log[i].offset >= PVINFO_BASE &&
			     plat->log[i].offset < PVINFO_BASE + PVINFO_SIZE_BYTES);
	assert_int_equal(fake_log_count(plat, true, fake_engine_info[0].mmio_base + RING_MODE), 1);
	destroy_and_check(plat, i915);
}

static void fence_count_of_the_host_is_bounded(void **state)
{
	const struct i915_params params = { 0 };
	struct platform *plat = fake_create_vgpu();
	struct i915 *i915;

	fake_set_pvinfo(plat, PVINFO_FENCE_NUM, 0x10000);
	assert_int_equal(i915_create(&i915, plat, &params), 0);
	assert_int_equal(fake_log_count(plat, true, FENCE_LO(GEN9_FENCE_COUNT - 1)), 2);
	assert_int_equal(fake_log_count(plat, true, FENCE_LO(GEN9_FENCE_COUNT)), 0);
	destroy_and_check(plat, i915);
}

static void stale_interrupt_identity_is_cleared(void **state)
{
	const struct i915_params params = { 0 };
	struct platform *plat = fake_create_vgpu();
	struct i915 *i915;

	plat->regs[GT_IIR(1) / 4] = 0x100;
	assert_int_equal(i915_create(&i915, plat, &params), 0);
	assert_int_equal(plat->regs[GT_IIR(1) / 4], 0);
	assert_int_equal(plat->interrupts_taken, 0);
	destroy_and_check(plat, i915);
}

static void removal_disables_interrupts(void **state)
{
	const struct i915_params params = { 0 };
	struct platform *plat = fake_create_vgpu();
	struct fake_cursor cursor;
	struct i915 *i915;

	assert_int_equal(i915_create(&i915, plat, &params), 0);
	fake_log_clear(plat);
	i915_destroy(i915);
	cursor = fake_cursor(plat);
	expect_irq_reset(&cursor);
	next_end(&cursor);
	assert_null(plat->irq_handler);
	assert_int_equal(plat->regs[MASTER_IRQ / 4], 0);
	i915_destroy(NULL);
	fake_destroy(plat);
}

/* Handles that the caller forgot go with the driver. */
static void removal_frees_what_is_left(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ELSP_SUBMIT,
					    .ppgtt = I915_PPGTT_NONE };
	struct platform *plat = fake_create_vgpu();
	struct i915_request *rq;
	struct i915_context *ctx;
	struct i915_vma *batch;
	struct i915 *i915;

	assert_int_equal(i915_create(&i915, plat, &params), 0);
	ctx = i915_context_create(i915);
	batch = fixture_bind(i915, i915_ggtt_vm(i915), 100000);
	assert_int_equal(i915_request_create(ctx, GEN9_RCS0, batch, I915_MISUSE_NONE, &rq), 0);
	i915_request_add(rq);
	assert_int_equal(i915_request_create(ctx, GEN9_VCS1, batch, I915_MISUSE_NONE, &rq), 0);
	destroy_and_check(plat, i915);
}

/* Fail the n-th allocation of a whole life, for every n: no leak, no crash, a plain error. */
static int whole_life(struct platform *plat)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ELSP_SUBMIT,
					    .ppgtt = I915_PPGTT_NONE };
	struct i915_context *ctx = NULL;
	struct i915_object *obj = NULL;
	struct i915_request *rq;
	struct i915_vma *vma;
	struct batch batch;
	struct i915 *i915;
	int err = i915_create(&i915, plat, &params);

	if (err)
		return err;
	err = -I915_ENOMEM;
	ctx = i915_context_create(i915);
	obj = i915_object_create(i915, 3 * PLAT_PAGE_SIZE);
	if (!ctx || !obj)
		goto out;
	err = i915_vma_bind(i915_ggtt_vm(i915), obj, NULL, &vma);
	if (err)
		goto out;
	batch_begin(&batch, vma);
	batch_end(&batch);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		err = i915_request_create(ctx, i, vma, I915_MISUSE_NONE, &rq);
		if (err)
			goto out;
		i915_request_add(rq);
		assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
		i915_request_put(rq);
	}
	assert_int_equal(i915_wait_idle(i915, PLAT_NEVER), 0);
out:
	i915_object_destroy(obj);
	i915_context_destroy(ctx);
	i915_destroy(i915);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	unsigned n = 1;
	int err;

	do {
		struct platform *plat = fake_create_vgpu();

		plat->fail_allocation = n;
		plat->gpu.automatic = true;
		err = whole_life(plat);
		assert_int_equal(err, plat->allocation_count >= n ? -I915_ENOMEM : 0);
		assert_int_equal(plat->pages_in_use, 0);
		assert_int_equal(plat->gpu.violations, 0);
		assert_null(plat->irq_handler);
		fake_destroy(plat);
		n++;
	} while (err);
	assert_in_range(n, 20, 40); /* it did get through the whole life */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_native),
		cmocka_unit_test(probe_vgpu),
		cmocka_unit_test(negotiation_accepted),
		cmocka_unit_test(negotiation_refused),
		cmocka_unit_test(negotiation_page_refused),
		cmocka_unit_test(negotiation_other_version),
		cmocka_unit_test(negotiation_other_size),
		cmocka_unit_test(negotiation_more_than_wanted),
		cmocka_unit_test(negotiation_frozen_and_unusable),
		cmocka_unit_test(refuses_host_without_status_buffer),
		cmocka_unit_test(refuses_impossible_share),
		cmocka_unit_test(refuses_other_devices),
		cmocka_unit_test(old_pvinfo_counts_as_native),
		cmocka_unit_test(skip_pvinfo_never_touches_it),
		cmocka_unit_test(fence_count_of_the_host_is_bounded),
		cmocka_unit_test(stale_interrupt_identity_is_cleared),
		cmocka_unit_test(removal_disables_interrupts),
		cmocka_unit_test(removal_frees_what_is_left),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("guest: probe", tests, NULL, NULL);
}
