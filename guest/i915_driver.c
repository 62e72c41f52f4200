// SPDX-License-Identifier: MIT
/*
 * Probe and removal.
 *
 * The order of accesses is that of Linux 4.19 as far as the parts exist: PVINFO and pvmmio, private
 * PAT, fences, interrupts, ballooning, L3 MOCS, engines, display ready. Missing: forcewake (a vGPU
 * guest has none, a native driver needs the GPU kept awake), fuses, modes, workarounds, the
 * recording of default contexts (so every context's first use inhibits its restore), and, without
 * full PPGTT, the sweep over the free GGTT.
 */
#include "guest/i915_internal.h"

#include <string.h>

#define PCI_VENDOR_INTEL 0x8086u
#define PCI_BAR_FLAGS    0xfu

/*
 * Cacheability of the eight PAT indices: WB in LLC, WC, WT, UC, and WB of ages 0 to 3. Source:
 * Linux 4.19 i915_gem_gtt.c, bdw_setup_private_ppat().
 */
#define PAT_LO_VALUE 0x000a0907u
#define PAT_HI_VALUE 0x3b2b1b0bu

#define GAMW_ECO_DEV_RW_IA  0x4080u
#define GAMW_ENABLE_64K_IPS 0xfu

static size_t self_pages(void)
{
	return (sizeof(struct i915) + PLAT_PAGE_SIZE - 1) / PLAT_PAGE_SIZE;
}

static int find_device(struct i915 *i915)
{
	struct platform *plat = i915->plat;
	uint64_t lo = plat_pci_read32(plat, GEN9_PCI_BAR0) & ~PCI_BAR_FLAGS;
	uint64_t hi = plat_pci_read32(plat, GEN9_PCI_BAR0 + 4);

	if ((plat_pci_read32(plat, GEN9_PCI_ID) & 0xffff) != PCI_VENDOR_INTEL)
		return -I915_ENODEV;
	i915->bar0 = hi << 32 | lo;
	return i915->bar0 ? 0 : -I915_ENODEV;
}

static void init_pat(const struct i915 *i915)
{
	i915_write(i915, PAT_LO, PAT_LO_VALUE);
	i915_write(i915, PAT_HI, PAT_HI_VALUE);
}

/* Linux 4.19 i915_gem_gtt.c, gtt_write_workarounds(). */
static void init_large_pages(struct i915 *i915)
{
	if (i915->huge_pages)
		i915_write(i915, GAMW_ECO_DEV_RW_IA,
			   i915_read(i915, GAMW_ECO_DEV_RW_IA) | GAMW_ENABLE_64K_IPS);
}

/* No fence is in use: each is written as i915 does it, invalid in between. */
static void init_fences(struct i915 *i915)
{
	i915->fence_count = i915->vgpu_active ? i915_vgpu_fence_count(i915) : GEN9_FENCE_COUNT;
	for (unsigned i = 0; i < i915->fence_count; i++) {
		i915_write(i915, FENCE_LO(i), 0);
		i915_read(i915, FENCE_LO(i));
		i915_write(i915, FENCE_HI(i), 0);
		i915_write(i915, FENCE_LO(i), 0);
		i915_read(i915, FENCE_LO(i));
	}
}

static int init_ggtt(struct i915 *i915, uint64_t size_bytes)
{
	struct i915_slice mappable = { 0, GEN9_APERTURE_BYTES };
	struct i915_slice hidden = { GEN9_APERTURE_BYTES, size_bytes };

	if (i915->vgpu_active)
		i915_vgpu_share(i915, &mappable, &hidden);
	return i915_ggtt_init(i915, size_bytes, mappable, hidden);
}

static int init_engines(struct i915 *i915, bool work_arounds)
{
	int err = i915_buffer_init(i915, &i915->scratch, 1);

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT && !err; i++)
		err = i915_engine_init(i915, i);
	if (!err && work_arounds)
		err = i915_work_arounds_init(i915);
	if (err)
		return err;
	i915_mocs_init_l3(i915);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		i915_engine_start(&i915->engines[i]);
	return 0;
}

static const struct i915_submission_ops *submission_ops(uint32_t levels)
{
	if (levels & PVMMIO_PV_SUBMISSION)
		return &i915_submission_pv;
	return levels & PVMMIO_ELSP_SUBMIT ? &i915_submission_pvmmio : &i915_submission_elsp;
}

/* What a level changes is chosen here, once. */
static void choose_ops(struct i915 *i915)
{
	uint32_t levels = i915->pvmmio_levels;

	i915->submission_ops = submission_ops(levels);
	i915->ppgtt_ops = levels & PVMMIO_PPGTT_UPDATE ? &i915_ppgtt_pv : &i915_ppgtt_native;
	i915->irq_gate_ops = i915_irq_gate(levels, i915->disorders);
	i915->read_ops = i915_choose_read_ops(levels, i915->disorders);
	i915->plane_ops = levels & PVMMIO_PLANE_UPDATE ? &i915_plane_pvmmio : &i915_plane_direct;
	i915->watermark_ops = levels & PVMMIO_PLANE_WATERMARK ? &i915_watermark_pvmmio
							      : &i915_watermark_direct;
}

void i915_gt_init(struct i915 *i915)
{
	init_large_pages(i915);
	i915_mocs_init_l3(i915);
}

static int probe(struct i915 *i915, const struct i915_params *params)
{
	uint64_t ggtt_bytes;
	int err = find_device(i915);

	i915->irq_handler = params->irq_handler;
	i915->ppgtt_mode = params->ppgtt;
	i915->huge_pages = params->huge_pages && params->ppgtt == I915_PPGTT_48BIT;

	if (!err)
		err = i915_vgpu_detect(i915, params);
	if (err)
		return err;
	choose_ops(i915);
	i915_display_init(i915);
	ggtt_bytes = i915_ggtt_size_bytes(plat_pci_read32(i915->plat, GEN9_PCI_GMCH));
	if (!ggtt_bytes)
		return -I915_ENODEV;
	init_pat(i915);
	init_large_pages(i915);
	init_fences(i915);
	i915_irq_install(i915);
	err = init_ggtt(i915, ggtt_bytes);
	if (!err)
		err = init_engines(i915, params->work_arounds);
	if (!err && i915->vgpu_active)
		i915_vgpu_display_ready(i915);
	return err;
}

/* From whatever state probing has reached: what was not made yet is zero. */
static void teardown(struct i915 *i915)
{
	struct platform *plat = i915->plat;

	i915_display_fini(i915);
	i915_irq_uninstall(i915);
	i915->ggtt.vm.closed = true; /* as Linux 4.19 does: no entry needs clearing any more */
	i915_contexts_free(i915);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		i915_engine_fini(&i915->engines[i]);
	i915_buffer_fini(&i915->work_arounds);
	i915_buffer_fini(&i915->scratch);
	i915_objects_free(i915);
	i915_ggtt_fini(i915);
	i915_pvmmio_free_page(i915);
	i915_heap_fini(&i915->heap);
	plat_free_pages(plat, i915, self_pages());
}

int i915_create(struct i915 **out, struct platform *plat, const struct i915_params *params)
{
	uint64_t gpa;
	struct i915 *i915 = plat_alloc_pages(plat, self_pages(), &gpa);
	int err;

	if (!i915)
		return -I915_ENOMEM;
	i915->plat = plat;
	i915->read_ops = &i915_read_plain;
	i915->disorders = params->disorders;
	i915->hangcheck.period_ns = params->hangcheck_ns;
	i915_heap_init(&i915->heap, plat);
	i915_list_init(&i915->ready);
	i915_list_init(&i915->contexts);
	i915_list_init(&i915->dead_contexts);
	i915_list_init(&i915->objects);
	i915_list_init(&i915->ppgtts);
	plat_op_begin(plat, PLAT_OP_INIT);
	err = probe(i915, params);
	plat_op_end(plat, PLAT_OP_INIT);
	if (err) {
		plat_log(plat, "i915: probe failed", (uint64_t)-err);
		teardown(i915);
		return err;
	}
	*out = i915;
	return 0;
}

void i915_destroy(struct i915 *i915)
{
	if (i915)
		teardown(i915);
}

void i915_get_stats(const struct i915 *i915, struct i915_stats *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		const struct i915_engine *engine = &i915->engines[i];

		out->requests_added += engine->requests_added;
		out->requests_completed += engine->requests_completed;
		out->submissions += engine->submissions;
		out->csb_events += engine->csb_events;
		out->csb_errors += engine->csb_errors;
		out->hangs += engine->hangs;
		out->requests_failed += engine->requests_failed;
		out->requests_replayed += engine->requests_replayed;
		out->user_interrupts += engine->user_interrupts;
	}
	out->engine_resets = i915->engine_resets;
	out->resets = i915->resets;
	out->interrupts = i915->interrupts;
	out->spurious_interrupts = i915->spurious_interrupts;
	out->pvmmio_levels = i915->pvmmio_levels;
	out->vgpu_active = i915->vgpu_active;
}
