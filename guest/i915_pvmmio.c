// SPDX-License-Identifier: MIT
#include "guest/i915_internal.h"

#include <string.h>

/* In a record's status word until the host has answered. */
#define STATUS_PENDING UINT32_MAX

/* What the host may be told about the cacheability of a mapping; the entries say it as well. */
#define CACHE_LEVEL_LLC 1u

/* ---- negotiation ---- */

static uint32_t pvinfo_read(struct i915 *i915, uint32_t offset)
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

int i915_pvmmio_negotiate(struct i915 *i915, uint32_t wanted)
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

/* ---- records ---- */

static int error_of(const struct i915 *i915, enum g2v_code code, uint32_t status)
{
	if (status == PVMMIO_STATUS_OK)
		return 0;
	plat_log(i915->plat, "i915: host refuses a notification, code and status",
		 (uint64_t)code << 32 | status);
	switch (status) {
	case PVMMIO_STATUS_RANGE:
		return -I915_EINVAL;
	case PVMMIO_STATUS_NO_MEMORY:
		return -I915_ENOMEM;
	default:
		return -I915_EIO;
	}
}

/* The record's lock is held. */
static int ring(struct i915 *i915, enum g2v_code code, uint32_t *status)
{
	plat_store32(i915->plat, status, STATUS_PENDING);
	plat_wmb(i915->plat); /* entries and record before the doorbell */
	pvinfo_write(i915, PVINFO_G2V_NOTIFY, code);
	/* Acquire: whatever the host did, it did before it answered. */
	return error_of(i915, code, plat_load_acquire32(i915->plat, status));
}

int i915_pvmmio_ppgtt(struct i915 *i915, enum g2v_code code, uint64_t root, uint64_t start,
		      uint64_t length_bytes)
{
	struct pvmmio_ppgtt_record *record = &i915->shared.page->ppgtt;
	struct platform *plat = i915->plat;
	bool irq = plat_lock(plat, &i915->shared.ppgtt_lock);
	int err;

	plat_store64(plat, &record->pdp, root);
	plat_store64(plat, &record->start, start);
	plat_store64(plat, &record->length_bytes, length_bytes);
	plat_store32(plat, &record->cache_level, CACHE_LEVEL_LLC);
	err = ring(i915, code, &record->status);
	plat_unlock(plat, &i915->shared.ppgtt_lock, irq);
	return err;
}

int i915_pvmmio_ggtt(struct i915 *i915, enum g2v_code code, uint64_t start, uint64_t length_bytes)
{
	struct pvmmio_ggtt_record *record = &i915->shared.page->ggtt;
	struct platform *plat = i915->plat;
	bool irq = plat_lock(plat, &i915->shared.ggtt_lock);
	int err;

	plat_store64(plat, &record->start, start);
	plat_store64(plat, &record->length_bytes, length_bytes);
	plat_store32(plat, &record->cache_level, CACHE_LEVEL_LLC);
	err = ring(i915, code, &record->status);
	plat_unlock(plat, &i915->shared.ggtt_lock, irq);
	return err;
}

/* ---- display records: words, the first of which the host looks for ---- */

static int ring_register(struct i915 *i915, uint32_t *words, const uint32_t *from, size_t count,
			 uint32_t *status, uint32_t doorbell, uint32_t value)
{
	struct platform *plat = i915->plat;
	uint32_t answer;

	for (size_t i = 1; i < count; i++)
		plat_store32(plat, &words[i], from[i]);
	plat_store32(plat, status, STATUS_PENDING);
	plat_store32(plat, &words[0], from[0] | PVMMIO_RECORD_FILLED);
	plat_wmb(plat); /* the record before the doorbell */
	i915_write(i915, doorbell, value);
	answer = plat_load_acquire32(plat, status);
	if (answer == PVMMIO_STATUS_OK)
		return 0;
	plat_log(plat, "i915: host refuses a display record, register and status",
		 (uint64_t)doorbell << 32 | answer);
	return -I915_EIO;
}

static int ring_locked(struct i915 *i915, uint32_t *words, const uint32_t *from, size_t count,
		       uint32_t *status, uint32_t doorbell, uint32_t value)
{
	bool irq;
	int err;

	if (i915->disorders & I915_DISORDER_PLANE_UNLOCKED)
		return ring_register(i915, words, from, count, status, doorbell, value);
	irq = plat_lock(i915->plat, &i915->shared.plane_lock);
	err = ring_register(i915, words, from, count, status, doorbell, value);
	plat_unlock(i915->plat, &i915->shared.plane_lock, irq);
	return err;
}

int i915_pvmmio_plane(struct i915 *i915, const struct pvmmio_plane_record *record,
		      uint32_t doorbell, uint32_t value)
{
	struct pvmmio_page *page = i915->shared.page;
	uint32_t words[sizeof(*record) / 4];

	memcpy(words, record, sizeof(*record));
	return ring_locked(i915, (uint32_t *)(void *)&page->plane, words, sizeof(words) / 4,
			   &page->plane_status, doorbell, value);
}

int i915_pvmmio_watermarks(struct i915 *i915, const struct pvmmio_watermark_record *record,
			   uint32_t doorbell, uint32_t value)
{
	struct pvmmio_page *page = i915->shared.page;
	uint32_t words[sizeof(*record) / 4];

	memcpy(words, record, sizeof(*record));
	return ring_locked(i915, (uint32_t *)(void *)&page->watermark, words, sizeof(words) / 4,
			   &page->watermark_status, doorbell, value);
}
