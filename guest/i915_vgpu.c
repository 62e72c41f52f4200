// SPDX-License-Identifier: MIT
/*
 * The guest's half of PVINFO.
 *
 * Source: Linux 4.19 i915_vgpu.c (detection, ballooning), i915_gem_gtt.c (notification of roots),
 * 5.0 intel_lrc.c (refusal of hosts without status buffer emulation).
 */
#include "guest/i915_internal.h"
#include "guest/i915_ppgtt.h"
#include "sim/abi/pvinfo.h"

/* The levels that this driver can use. */
#define DRIVER_LEVELS                                                                              \
	(PVMMIO_ELSP_SUBMIT | PVMMIO_PLANE_UPDATE | PVMMIO_PLANE_WATERMARK | PVMMIO_MASTER_IRQ |   \
	 PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE | PVMMIO_READ_PASSTHROUGH |                      \
	 PVMMIO_PV_SUBMISSION)

static uint32_t pvinfo_read(struct i915 *i915, uint32_t offset)
{
	return i915_read(i915, PVINFO_BASE + offset);
}

static void pvinfo_write(const struct i915 *i915, uint32_t offset, uint32_t value)
{
	i915_write(i915, PVINFO_BASE + offset, value);
}

/* What of the wanted address spaces the host can serve. */
static void apply_caps(struct i915 *i915, uint32_t caps)
{
	if (i915->ppgtt_mode == I915_PPGTT_48BIT && !(caps & VGT_CAPS_FULL_48BIT_PPGTT)) {
		plat_log(i915->plat, "i915: no PPGTT, the host has none of 48 bits, caps", caps);
		i915->ppgtt_mode = I915_PPGTT_NONE;
	}
	if (!(caps & VGT_CAPS_HUGE_GTT))
		i915->huge_pages = false;
}

/* Level ppgtt_update knows roots of four levels only, and no large pages. */
static int negotiate(struct i915 *i915, uint32_t wanted)
{
	int err;

	wanted &= DRIVER_LEVELS;
	if (i915->ppgtt_mode != I915_PPGTT_48BIT)
		wanted &= ~PVMMIO_PPGTT_UPDATE;
	err = wanted ? i915_pvmmio_negotiate(i915, wanted) : 0;
	if (i915->pvmmio_levels & PVMMIO_PPGTT_UPDATE)
		i915->huge_pages = false;
	return err;
}

int i915_vgpu_detect(struct i915 *i915, const struct i915_params *params)
{
	uint64_t pvinfo = i915->bar0 + PVINFO_BASE;
	uint16_t version;
	uint32_t caps;

	if (params->skip_pvinfo)
		return 0;
	if (plat_read64(i915->plat, pvinfo + PVINFO_MAGIC) != PVINFO_MAGIC_VALUE)
		return 0;
	version = plat_read16(i915->plat, pvinfo + PVINFO_VERSION_MAJOR);
	if (version < PVINFO_VERSION_MAJOR_NOW) {
		plat_log(i915->plat, "i915: PVINFO version too old", version);
		return 0;
	}
	caps = pvinfo_read(i915, PVINFO_VGT_CAPS);
	i915->vgpu_active = true;
	if (!(caps & VGT_CAPS_HWSP_EMULATION)) {
		plat_log(i915->plat, "i915: host does not emulate the status buffer, caps", caps);
		return -I915_ENODEV;
	}
	apply_caps(i915, caps);
	return negotiate(i915, params->pvmmio_levels);
}

unsigned i915_vgpu_fence_count(struct i915 *i915)
{
	uint32_t count = pvinfo_read(i915, PVINFO_FENCE_NUM);

	return count < GEN9_FENCE_COUNT ? count : GEN9_FENCE_COUNT;
}

void i915_vgpu_share(struct i915 *i915, struct i915_slice *mappable, struct i915_slice *hidden)
{
	mappable->start = pvinfo_read(i915, PVINFO_LOW_GM_BASE);
	mappable->end = mappable->start + pvinfo_read(i915, PVINFO_LOW_GM_SIZE);
	hidden->start = pvinfo_read(i915, PVINFO_HIGH_GM_BASE);
	hidden->end = hidden->start + pvinfo_read(i915, PVINFO_HIGH_GM_SIZE);
}

/* Three or nine writes that belong together: another vCPU must not write a root in between. */
void i915_vgpu_notify_roots(struct i915 *i915, const struct i915_vm *vm, bool create)
{
	uint64_t roots[I915_PPGTT_ROOTS];
	unsigned count = i915_ppgtt_roots(vm, roots);
	enum g2v_code code;
	bool irq;

	if (count == 1)
		code = create ? G2V_PPGTT_L4_CREATE : G2V_PPGTT_L4_DESTROY;
	else
		code = create ? G2V_PPGTT_L3_CREATE : G2V_PPGTT_L3_DESTROY;
	irq = plat_lock(i915->plat, &i915->root_lock);
	plat_wmb(i915->plat); /* tables before the host is told of them */
	for (unsigned i = 0; i < count; i++) {
		pvinfo_write(i915, PVINFO_PDP_LO(i), (uint32_t)roots[i]);
		pvinfo_write(i915, PVINFO_PDP_HI(i), (uint32_t)(roots[i] >> 32));
	}
	pvinfo_write(i915, PVINFO_G2V_NOTIFY, code);
	plat_unlock(i915->plat, &i915->root_lock, irq);
}

void i915_vgpu_display_ready(const struct i915 *i915)
{
	pvinfo_write(i915, PVINFO_DISPLAY_READY, 1);
}
