// SPDX-License-Identifier: MIT
/*
 * The guest's half of PVINFO and of the pvmmio negotiation.
 *
 * Source: Linux 4.19 i915_vgpu.c (detection, ballooning), 5.0 intel_lrc.c (refusal of hosts without
 * status buffer emulation), sim/abi/pvmmio.h (negotiation).
 */
#include "guest/i915_internal.h"
#include "sim/abi/pvinfo.h"

/* The levels that this driver can use. */
#define DRIVER_LEVELS PVMMIO_ELSP_SUBMIT

static uint32_t pvinfo_read(const struct i915 *i915, uint32_t offset)
{
	return i915_read(i915, PVINFO_BASE + offset);
}

static void pvinfo_write(const struct i915 *i915, uint32_t offset, uint32_t value)
{
	i915_write(i915, PVINFO_BASE + offset, value);
}

void i915_pvmmio_free_page(struct i915 *i915)
{
	if (i915->shared.page)
		plat_free_pages(i915->plat, i915->shared.page, 1);
	i915->shared.page = NULL;
}

/* Publish the page's address and see whether the host has taken it. */
static bool publish_page(struct i915 *i915)
{
	uint32_t lo = (uint32_t)i915->shared.gpa;
	uint32_t hi = (uint32_t)(i915->shared.gpa >> 32);
	uint32_t lo_back, hi_back;

	pvinfo_write(i915, PVINFO_SHARED_PAGE_GPA_LO, lo);
	pvinfo_write(i915, PVINFO_SHARED_PAGE_GPA_HI, hi);
	lo_back = pvinfo_read(i915, PVINFO_SHARED_PAGE_GPA_LO);
	hi_back = pvinfo_read(i915, PVINFO_SHARED_PAGE_GPA_HI);
	return lo_back == lo && hi_back == hi;
}

/* Did the host accept something that was asked for, and does it speak of the same page layout? */
static bool accepted_is_usable(struct i915 *i915, uint32_t wanted, uint32_t accepted)
{
	const struct pvmmio_page *page = i915->shared.page;

	return (accepted & ~wanted) == 0 &&
	       plat_load_acquire32(i915->plat, &page->version) == PVMMIO_PAGE_VERSION &&
	       plat_load_acquire32(i915->plat, &page->size_bytes) == sizeof(*page);
}

/*
 * 0 with or without levels; -EIO when the host has enabled what this driver cannot use and does not
 * take it back: from then on the four-write submission would be misread as four doorbells.
 */
static int negotiate_pvmmio(struct i915 *i915, uint32_t wanted)
{
	uint32_t accepted;
	int err = 0;

	i915->shared.page = plat_alloc_pages(i915->plat, 1, &i915->shared.gpa);
	if (!i915->shared.page)
		return -I915_ENOMEM;
	if (!publish_page(i915)) {
		plat_log(i915->plat, "i915: host refuses the shared page at", i915->shared.gpa);
		goto out_free;
	}
	pvinfo_write(i915, PVINFO_ENABLE_PVMMIO, wanted);
	accepted = pvinfo_read(i915, PVINFO_ENABLE_PVMMIO);
	if (accepted && accepted_is_usable(i915, wanted, accepted)) {
		i915->pvmmio_levels = accepted;
		return 0;
	}
	plat_log(i915->plat, "i915: running without pvmmio, host accepted levels", accepted);
	if (accepted) {
		pvinfo_write(i915, PVINFO_ENABLE_PVMMIO, 0);
		if (pvinfo_read(i915, PVINFO_ENABLE_PVMMIO)) {
			plat_log(i915->plat, "i915: host does not take back levels", accepted);
			err = -I915_EIO;
		}
	}
out_free:
	i915_pvmmio_free_page(i915);
	return err;
}

int i915_vgpu_detect(struct i915 *i915, const struct i915_params *params)
{
	uint64_t pvinfo = i915->bar0 + PVINFO_BASE;
	uint32_t wanted = params->pvmmio_levels & DRIVER_LEVELS;
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
	return wanted ? negotiate_pvmmio(i915, wanted) : 0;
}

unsigned i915_vgpu_fence_count(const struct i915 *i915)
{
	uint32_t count = pvinfo_read(i915, PVINFO_FENCE_NUM);

	return count < GEN9_FENCE_COUNT ? count : GEN9_FENCE_COUNT;
}

void i915_vgpu_share(const struct i915 *i915, struct i915_ggtt_slice *mappable,
		     struct i915_ggtt_slice *hidden)
{
	mappable->start = pvinfo_read(i915, PVINFO_LOW_GM_BASE);
	mappable->end = mappable->start + pvinfo_read(i915, PVINFO_LOW_GM_SIZE);
	hidden->start = pvinfo_read(i915, PVINFO_HIGH_GM_BASE);
	hidden->end = hidden->start + pvinfo_read(i915, PVINFO_HIGH_GM_SIZE);
}

void i915_vgpu_display_ready(const struct i915 *i915)
{
	pvinfo_write(i915, PVINFO_DISPLAY_READY, 1);
}
