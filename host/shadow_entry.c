// SPDX-License-Identifier: MIT
//
// What shadow entries are made of, and how that is given back.

#include <assert.h>
#include <errno.h>

#include "host/dma_map.h"
#include "host/oos.h"
#include "host/shadow_page_impl.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"

#define PTE_PAT     (UINT64_C(1) << 7)
#define PDPE_IS_1G  GEN8_PDE_PS_2M // the same bit one level up
#define LARGE_PAT   (UINT64_C(1) << 12)
#define CACHE_BITS  UINT64_C(0x18)
#define RIGHTS      (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define TABLE_FLAGS (RIGHTS | CACHE_BITS)
#define PAGE_FLAGS  (TABLE_FLAGS | PTE_PAT)
#define LARGE_FLAGS (TABLE_FLAGS | GEN8_PDE_PS_2M | LARGE_PAT)
#define PAGES_OF_2M 512u

static uint64_t mfn_of(uint64_t entry)
{
	return (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT;
}

static uint64_t gfn_of(uint64_t guest, unsigned pages)
{
	return mfn_of(guest) & ~(uint64_t)(pages - 1);
}

uint64_t shadow_scratch_entry(const struct vgpu *vgpu, unsigned level, bool present)
{
	return vgpu->shadow.scratch_mfn[level] << PAGE_SHIFT | (present ? RIGHTS : 0);
}

void shadow_fill(uint64_t *entries, unsigned count, uint64_t entry)
{
	for (unsigned i = 0; i < count; i++)
		entries[i] = entry;
}

static unsigned unmap_frames(struct vgpu *vgpu, uint64_t mfn, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		dma_unmap_mfn(vgpu, mfn + i);
	return count;
}

static bool leads_somewhere(const struct vgpu *vgpu, unsigned level, uint64_t entry)
{
	return entry & GEN8_PTE_PRESENT && mfn_of(entry) != vgpu->shadow.scratch_mfn[level];
}

unsigned shadow_release_leaf(struct vgpu *vgpu, unsigned level, uint64_t entry)
{
	uint64_t mfn = mfn_of(entry);

	if (!leads_somewhere(vgpu, level, entry))
		return 0;
	if (level == SHADOW_PT)
		return unmap_frames(vgpu, mfn, 1);
	if (level == SHADOW_PD && entry & GEN8_PDE_PS_2M)
		return unmap_frames(vgpu, mfn & ~(uint64_t)(PAGES_OF_2M - 1), PAGES_OF_2M);
	return 0;
}

unsigned shadow_release_entry(struct vgpu *vgpu, unsigned level, uint64_t entry)
{
	unsigned pages = shadow_release_leaf(vgpu, level, entry);

	if (!pages && leads_somewhere(vgpu, level, entry))
		shadow_page_put(vgpu, shadow_page_of_mfn(vgpu, mfn_of(entry)));
	return pages;
}

/* ---- making entries ---- */

// All or nothing: pin count frames from gfn on and make entries of them.
static int map_pages(struct vgpu *vgpu, uint64_t gfn, unsigned count, uint64_t flags,
		     uint64_t *entries)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t mfn;
		int ret;

		host_spend(vgpu, WORK_PTE_SHADOW, 1);
		ret = dma_map_gfn(vgpu, gfn + i, &mfn);
		if (ret) {
			while (i--)
				dma_unmap_gfn(vgpu, gfn + i);
			return ret;
		}
		entries[i] = mfn << PAGE_SHIFT | flags;
	}
	return 0;
}

static bool is_in_one_piece(const struct vgpu *vgpu, uint64_t gfn)
{
	uint64_t first;

	if (guest_ram_translate(vgpu->vm->ram, gfn, &first) || first % PAGES_OF_2M)
		return false;
	for (uint64_t i = 1; i < PAGES_OF_2M; i++) {
		uint64_t mfn;

		if (guest_ram_translate(vgpu->vm->ram, gfn + i, &mfn) || mfn != first + i)
			return false;
	}
	return true;
}

/*
 * A table of 4 KiB entries for a 2 MiB page. When a frame cannot be had, what was pinned before is
 * given back once and the table freed once: CVE-2022-3707 was to do the latter twice.
 */
static int split_2m(struct vgpu *vgpu, uint64_t guest, uint64_t *entry)
{
	uint64_t flags = guest & TABLE_FLAGS;
	struct shadow_page *page;
	int ret = shadow_page_create(vgpu, SHADOW_PT, &page);

	if (ret)
		return ret;
	page->split = true;
	if (guest & LARGE_PAT)
		flags |= PTE_PAT;
	ret = map_pages(vgpu, gfn_of(guest, PAGES_OF_2M), PAGES_OF_2M, flags, page->entries);
	if (ret) {
		shadow_page_destroy(vgpu, page);
		return ret;
	}
	*entry = shadow_page_mfn(page) << PAGE_SHIFT | (guest & TABLE_FLAGS);
	return 0;
}

static int map_2m(struct vgpu *vgpu, uint64_t guest, uint64_t *entry)
{
	uint64_t gfn = gfn_of(guest, PAGES_OF_2M);
	uint64_t pages[PAGES_OF_2M];
	int ret;

	if (!is_in_one_piece(vgpu, gfn))
		return split_2m(vgpu, guest, entry);
	ret = map_pages(vgpu, gfn, PAGES_OF_2M, 0, pages);
	if (!ret)
		*entry = pages[0] | (guest & LARGE_FLAGS);
	return ret;
}

static bool uses_64k_pages(const struct vgpu *vgpu)
{
	return (vreg_read(vgpu, GAMW_ECO_DEV_RW_IA) & GAMW_ECO_64K_IPS) == GAMW_ECO_64K_IPS;
}

static int link_table(struct vgpu *vgpu, const struct shadow_page *parent, uint64_t guest,
		      uint64_t *entry)
{
	bool holds_64k = parent->level == SHADOW_PD && guest & GEN8_PDE_IPS_64K &&
			 uses_64k_pages(vgpu);
	struct shadow_page *page;
	int ret = shadow_table_get(vgpu, gfn_of(guest, 1), parent->level - 1u, holds_64k, &page);

	if (!ret)
		*entry = shadow_page_mfn(page) << PAGE_SHIFT | (guest & TABLE_FLAGS);
	return ret;
}

static void note_failure(struct vgpu *vgpu, int error, uint64_t guest)
{
	switch (error) {
	case -EFAULT:
		vgpu_incident(vgpu, GVT_INCIDENT_PPGTT_BACKING, guest);
		break;
	case -EINVAL:
		vgpu_incident(vgpu, GVT_INCIDENT_PPGTT_TABLE, guest);
		break;
	case -ENOMEM:
		vgpu_incident(vgpu, GVT_INCIDENT_PPGTT_MEMORY, guest);
		break;
	case -EAGAIN:
		break;
	default:
		vgpu_incident(vgpu, GVT_INCIDENT_PPGTT_LIMIT, guest);
	}
}

// What the shadow gets for guest: count entries. 0, -ENOMEM, -EAGAIN; they are good in any case.
static int make_entries(struct vgpu *vgpu, const struct shadow_page *page, uint64_t guest,
			unsigned count, uint64_t *entries)
{
	int ret;

	if (!(guest & GEN8_PTE_PRESENT)) {
		shadow_fill(entries, count, shadow_scratch_entry(vgpu, page->level, false));
		return 0;
	}
	if (page->level == SHADOW_PT)
		ret = map_pages(vgpu, gfn_of(guest, count), count, guest & PAGE_FLAGS, entries);
	else if (page->level == SHADOW_PD && guest & GEN8_PDE_PS_2M)
		ret = map_2m(vgpu, guest, entries);
	else if (page->level == SHADOW_PDP && guest & PDPE_IS_1G)
		ret = -EINVAL;
	else
		ret = link_table(vgpu, page, guest, entries);
	if (!ret)
		return 0;
	note_failure(vgpu, ret, guest);
	shadow_fill(entries, count, shadow_scratch_entry(vgpu, page->level, true));
	return ret == -ENOMEM || ret == -EAGAIN ? ret : 0;
}

// The new ones first, then what the old ones stood for.
void shadow_replace(struct vgpu *vgpu, struct shadow_page *page, unsigned index, unsigned count,
		    const uint64_t *entries)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t old = page->entries[index + i];

		__atomic_store_n(&page->entries[index + i], entries[i], __ATOMIC_RELEASE);
		shadow_release_entry(vgpu, page->level, old);
	}
}

int shadow_page_apply(struct vgpu *vgpu, struct shadow_page *page, unsigned index, uint64_t guest)
{
	unsigned count = shadow_step(page);
	uint64_t entries[SHADOW_STEP_MAX];
	int ret;

	assert(index < SHADOW_ENTRIES && index % count == 0);
	ret = make_entries(vgpu, page, guest, count, entries);
	shadow_replace(vgpu, page, index, count, entries);
	page->pending_bits[index / 64] &= ~(UINT64_C(1) << index % 64);
	if (ret)
		shadow_remember(vgpu, page, index);
	if (page->oos)
		page->oos->entries[index] = guest;
	return ret;
}
