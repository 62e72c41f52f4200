// SPDX-License-Identifier: MIT

#include "host/shadow_page.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/dma_map.h"
#include "host/oos.h"
#include "host/ppgtt.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/machine/container.h"

#define PDE_IS_PAGE    (UINT64_C(1) << 7)
#define PDE_HOLDS_64K  (UINT64_C(1) << 11)
#define PTE_PAT        (UINT64_C(1) << 7)
#define LARGE_PAT      (UINT64_C(1) << 12)
#define CACHE_BITS     UINT64_C(0x18)
#define RIGHTS         (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define TABLE_FLAGS    (RIGHTS | CACHE_BITS)
#define PAGE_FLAGS     (TABLE_FLAGS | PTE_PAT)
#define LARGE_FLAGS    (TABLE_FLAGS | PDE_IS_PAGE | LARGE_PAT)
#define PAGES_OF_64K   16u
#define PAGES_OF_2M    512u
#define GAMW_ECO       0x4080u
#define GAMW_64K_PAGES 0xfu // all engines or none
#define RETIRED_MAX    64u

static uint64_t mfn_of(uint64_t entry)
{
	return (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT;
}

static uint64_t gfn_of(uint64_t guest, unsigned pages)
{
	return mfn_of(guest) & ~(uint64_t)(pages - 1);
}

static uint64_t scratch_entry(const struct vgpu *vgpu, unsigned level, bool present)
{
	return vgpu->shadow.scratch_mfn[level] << PAGE_SHIFT | (present ? RIGHTS : 0);
}

static struct shadow_page *find_by_mfn(struct vgpu *vgpu, uint64_t mfn)
{
	struct frame_node *found = frame_table_find(&vgpu->shadow.by_mfn, mfn);

	host_spend(vgpu, WORK_SHADOW_LOOKUP, 1);
	assert(found && "a shadow entry leads to no shadow table");
	return container_of(found, struct shadow_page, by_mfn);
}

static struct shadow_page *find_by_gfn(struct vgpu *vgpu, uint64_t gfn)
{
	struct page_track_node *found = page_track_find(vgpu, gfn);

	host_spend(vgpu, WORK_SHADOW_LOOKUP, 1);
	return found ? container_of(found, struct shadow_page, guest) : NULL;
}

/* ---- life of one ---- */

// Nobody looks at the pages any more after a grace period; one serves many of them.
static void free_retired(struct vgpu *vgpu)
{
	struct shadow_page *page;

	if (!vgpu->shadow.retired)
		return;
	frame_table_wait();
	while ((page = vgpu->shadow.retired)) {
		vgpu->shadow.retired = page->retired;
		free(page);
	}
	vgpu->shadow.retired_count = 0;
}

static void retire(struct vgpu *vgpu, struct shadow_page *page)
{
	page->retired = vgpu->shadow.retired;
	vgpu->shadow.retired = page;
	if (++vgpu->shadow.retired_count >= RETIRED_MAX)
		free_retired(vgpu);
}

static int alloc_frame(struct vgpu *vgpu, uint64_t *mfn)
{
	int ret;

	do
		ret = physmem_alloc_pages(vgpu->m->pm, 1, mfn);
	while (ret && ppgtt_reclaim(vgpu));
	return ret;
}

// A table without entries that stands for nothing yet.
static int create_page(struct vgpu *vgpu, unsigned level, struct shadow_page **out)
{
	struct shadow_pages *shadow = &vgpu->shadow;
	struct shadow_page *page;
	uint64_t mfn;
	int ret;

	if (shadow->count >= shadow->limit)
		return -ENOSPC;
	if (!shadow->budget)
		return -EAGAIN;
	page = calloc(1, sizeof(*page));
	if (!page)
		return -ENOMEM;
	ret = alloc_frame(vgpu, &mfn);
	if (ret) {
		free(page);
		return ret;
	}
	page->entries = physmem_at(vgpu->m->pm, mfn << PAGE_SHIFT, PAGE_SIZE);
	page->level = (uint8_t)level;
	page->refs = 1;
	CDS_INIT_LIST_HEAD(&page->pending);
	if (frame_table_add(&shadow->by_mfn, &page->by_mfn, mfn))
		assert(!"a fresh frame is a shadow table already");
	shadow->budget--;
	shadow->count++;
	host_spend(vgpu, WORK_SHADOW_TABLE, 1);
	*out = page;
	return 0;
}

// Its entries lead to nothing any more.
static void destroy_page(struct vgpu *vgpu, struct shadow_page *page)
{
	cds_list_del(&page->pending);
	frame_table_remove(&vgpu->shadow.by_mfn, &page->by_mfn);
	physmem_free_pages(vgpu->m->pm, shadow_page_mfn(page), 1);
	vgpu->shadow.count--;
	host_spend(vgpu, WORK_SHADOW_TABLE, 1);
	retire(vgpu, page);
}

/* ---- giving back what entries stand for ---- */

static void unmap_frames(struct vgpu *vgpu, uint64_t mfn, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		dma_unmap_mfn(vgpu, mfn + i);
}

static void release_entry(struct vgpu *vgpu, unsigned level, uint64_t entry)
{
	uint64_t mfn = mfn_of(entry);

	if (!(entry & GEN8_PTE_PRESENT) || mfn == vgpu->shadow.scratch_mfn[level])
		return;
	if (level == SHADOW_PT)
		unmap_frames(vgpu, mfn, 1);
	else if (level == SHADOW_PD && entry & PDE_IS_PAGE)
		unmap_frames(vgpu, mfn & ~(uint64_t)(PAGES_OF_2M - 1), PAGES_OF_2M);
	else
		shadow_page_put(vgpu, find_by_mfn(vgpu, mfn));
}

void shadow_page_put(struct vgpu *vgpu, struct shadow_page *page)
{
	assert(page->refs);
	if (--page->refs)
		return;
	for (unsigned i = 0; i < SHADOW_ENTRIES; i++)
		release_entry(vgpu, page->level, page->entries[i]);
	if (page->oos)
		oos_detach(vgpu, page);
	if (!page->split)
		page_track_remove(vgpu, &page->guest);
	destroy_page(vgpu, page);
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
	int ret = create_page(vgpu, SHADOW_PT, &page);

	if (ret)
		return ret;
	page->split = true;
	if (guest & LARGE_PAT)
		flags |= PTE_PAT;
	ret = map_pages(vgpu, gfn_of(guest, PAGES_OF_2M), PAGES_OF_2M, flags, page->entries);
	if (ret) {
		destroy_page(vgpu, page);
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
	return (vreg_read(vgpu, GAMW_ECO) & GAMW_64K_PAGES) == GAMW_64K_PAGES;
}

static uint64_t read_entry(struct vgpu *vgpu, const struct shadow_page *page, unsigned index)
{
	host_spend(vgpu, WORK_PTE_READ, 1);
	exec_sync(vgpu->m->ex);
	return shadow_page_guest_entry(vgpu, page, index);
}

// Entries that cannot be made are remembered or scratch: that is no failure of the table.
static void populate(struct vgpu *vgpu, struct shadow_page *page)
{
	unsigned step = page->holds_64k ? PAGES_OF_64K : 1;

	for (unsigned i = 0; i < SHADOW_ENTRIES; i += step)
		shadow_page_apply(vgpu, page, i, read_entry(vgpu, page, i));
}

/*
 * The size of the pages in a table is said by the entry that leads to it. If it changes, the
 * table's entries mean something else; where two entries disagree, the last one written counts.
 */
static void set_page_size(struct vgpu *vgpu, struct shadow_page *page, bool holds_64k)
{
	if (page->holds_64k == holds_64k)
		return;
	page_track_protect(vgpu, &page->guest);
	if (page->oos)
		oos_detach(vgpu, page);
	page->holds_64k = holds_64k;
	populate(vgpu, page);
}

static int get_table(struct vgpu *vgpu, uint64_t gfn, unsigned level, bool holds_64k,
		     struct shadow_page **out)
{
	struct shadow_page *page = find_by_gfn(vgpu, gfn);
	int ret;

	if (page && page->level != level)
		return -EINVAL;
	if (page) {
		page->refs++;
		set_page_size(vgpu, page, holds_64k);
		*out = page;
		return 0;
	}
	ret = create_page(vgpu, level, &page);
	if (ret)
		return ret;
	page->holds_64k = holds_64k;
	// Protected before it is read: no store can come in between unseen.
	ret = page_track_add(vgpu, &page->guest, gfn);
	if (ret) {
		destroy_page(vgpu, page);
		return ret;
	}
	populate(vgpu, page);
	*out = page;
	return 0;
}

int shadow_page_get(struct vgpu *vgpu, uint64_t gfn, enum shadow_level level,
		    struct shadow_page **out)
{
	return get_table(vgpu, gfn, level, false, out);
}

static int link_table(struct vgpu *vgpu, const struct shadow_page *parent, uint64_t guest,
		      uint64_t *entry)
{
	bool holds_64k = parent->level == SHADOW_PD && guest & PDE_HOLDS_64K &&
			 uses_64k_pages(vgpu);
	struct shadow_page *page;
	int ret = get_table(vgpu, gfn_of(guest, 1), parent->level - 1u, holds_64k, &page);

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

static void fill(uint64_t *entries, unsigned count, uint64_t entry)
{
	for (unsigned i = 0; i < count; i++)
		entries[i] = entry;
}

// What the shadow gets for guest: count entries. 0, -ENOMEM, -EAGAIN; they are good in any case.
static int make_entries(struct vgpu *vgpu, const struct shadow_page *page, uint64_t guest,
			unsigned count, uint64_t *entries)
{
	int ret;

	if (!(guest & GEN8_PTE_PRESENT)) {
		fill(entries, count, scratch_entry(vgpu, page->level, false));
		return 0;
	}
	if (page->level == SHADOW_PT)
		ret = map_pages(vgpu, gfn_of(guest, count), count, guest & PAGE_FLAGS, entries);
	else if (page->level == SHADOW_PD && guest & PDE_IS_PAGE)
		ret = map_2m(vgpu, guest, entries);
	else if (page->level == SHADOW_PDP && guest & PDE_IS_PAGE)
		ret = -EINVAL;
	else
		ret = link_table(vgpu, page, guest, entries);
	if (!ret)
		return 0;
	note_failure(vgpu, ret, guest);
	fill(entries, count, scratch_entry(vgpu, page->level, true));
	return ret == -ENOMEM || ret == -EAGAIN ? ret : 0;
}

// The new ones first, then what the old ones stood for.
static void replace(struct vgpu *vgpu, struct shadow_page *page, unsigned index, unsigned count,
		    const uint64_t *entries)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t old = page->entries[index + i];

		__atomic_store_n(&page->entries[index + i], entries[i], __ATOMIC_RELEASE);
		release_entry(vgpu, page->level, old);
	}
}

static void remember(struct vgpu *vgpu, struct shadow_page *page, unsigned index)
{
	page->pending_bits[index / 64] |= UINT64_C(1) << index % 64;
	if (cds_list_empty(&page->pending))
		cds_list_add_tail(&page->pending, &vgpu->shadow.pending);
}

static unsigned entries_each(const struct shadow_page *page)
{
	return page->holds_64k ? PAGES_OF_64K : 1;
}

int shadow_page_apply(struct vgpu *vgpu, struct shadow_page *page, unsigned index, uint64_t guest)
{
	unsigned count = entries_each(page);
	uint64_t entries[PAGES_OF_64K];
	int ret;

	assert(index < SHADOW_ENTRIES && index % count == 0);
	ret = make_entries(vgpu, page, guest, count, entries);
	replace(vgpu, page, index, count, entries);
	page->pending_bits[index / 64] &= ~(UINT64_C(1) << index % 64);
	if (ret)
		remember(vgpu, page, index);
	if (page->oos)
		page->oos->entries[index] = guest;
	return ret;
}

uint64_t shadow_page_guest_entry(const struct vgpu *vgpu, const struct shadow_page *page,
				 unsigned index)
{
	const uint64_t *entries = guest_ram_page(vgpu->vm->ram, page_track_gfn(&page->guest));

	return __atomic_load_n(&entries[index], __ATOMIC_ACQUIRE);
}

/* ---- the guest's stores ---- */

// Half of an entry: the whole one counts when it is next needed.
static void half_stored(struct vgpu *vgpu, struct shadow_page *page, unsigned index)
{
	unsigned count = entries_each(page);
	uint64_t entries[PAGES_OF_64K];

	if (index % count || shadow_page_is_pending(page, index))
		return;
	fill(entries, count, scratch_entry(vgpu, page->level, false));
	replace(vgpu, page, index, count, entries);
	remember(vgpu, page, index);
}

static int store(struct vgpu *vgpu, struct page_track_node *node, uint64_t gpa, unsigned size_bytes)
{
	struct shadow_page *page = container_of(node, struct shadow_page, guest);
	unsigned first = (unsigned)(gpa & PAGE_MASK) / 8;
	unsigned last = (unsigned)((gpa & PAGE_MASK) + size_bytes - 1) / 8;

	shadow_pages_allow(vgpu, SHADOW_TABLES_PER_EXIT);
	// Making room for a new table may take the space away to which this one belongs.
	page->refs++;
	if (size_bytes == 4 && gpa % 4 == 0)
		half_stored(vgpu, page, first);
	else
		for (unsigned i = first; i <= last; i++)
			if (i % entries_each(page) == 0)
				shadow_page_apply(vgpu, page, i, read_entry(vgpu, page, i));
	if (vgpu->shadow_mode == VGPU_SHADOW_OOS && page->level == SHADOW_PT && !page->holds_64k)
		oos_note_store(vgpu, page);
	shadow_page_put(vgpu, page);
	return 0;
}

static void flush_page(struct vgpu *vgpu, struct shadow_page *page, int *error)
{
	page->refs++;
	cds_list_del_init(&page->pending);
	for (unsigned word = 0; word < SHADOW_ENTRIES / 64; word++) {
		uint64_t bits = page->pending_bits[word];

		page->pending_bits[word] = 0;
		for (; bits; bits &= bits - 1) {
			unsigned i = 64 * word + (unsigned)__builtin_ctzll(bits);
			int ret = 0;

			if (i % entries_each(page) == 0)
				ret = shadow_page_apply(vgpu, page, i, read_entry(vgpu, page, i));
			if (ret)
				*error = ret;
		}
	}
	shadow_page_put(vgpu, page);
}

int shadow_pages_flush(struct vgpu *vgpu)
{
	struct cds_list_head pages;
	int error = 0;

	// What fails again, and what is new, goes to the vGPU's list; this one gets empty.
	CDS_INIT_LIST_HEAD(&pages);
	cds_list_splice(&vgpu->shadow.pending, &pages);
	CDS_INIT_LIST_HEAD(&vgpu->shadow.pending);
	while (!cds_list_empty(&pages))
		flush_page(vgpu, cds_list_first_entry(&pages, struct shadow_page, pending), &error);
	return error;
}

/* ---- all of a vGPU's ---- */

void shadow_pages_allow(struct vgpu *vgpu, unsigned tables)
{
	vgpu->shadow.budget = tables;
}

static void fill_scratch(struct vgpu *vgpu)
{
	for (unsigned level = SHADOW_PD; level < SHADOW_LEVELS; level++) {
		uint64_t mpa = vgpu->shadow.scratch_mfn[level] << PAGE_SHIFT;

		fill(physmem_at(vgpu->m->pm, mpa, PAGE_SIZE), SHADOW_ENTRIES,
		     scratch_entry(vgpu, level - 1, true));
	}
}

int shadow_pages_init(struct vgpu *vgpu)
{
	struct shadow_pages *shadow = &vgpu->shadow;
	uint64_t ram_bytes = guest_ram_size_bytes(vgpu->vm->ram);
	uint64_t mfn;
	int ret;

	*shadow = (struct shadow_pages){
		// No guest has more of its memory in page tables that it means.
		.limit = (ram_bytes >> PAGE_SHIFT) / 8 + 256,
	};
	CDS_INIT_LIST_HEAD(&shadow->pending);
	CDS_INIT_LIST_HEAD(&shadow->out);
	ret = physmem_alloc_pages(vgpu->m->pm, SHADOW_LEVELS, &mfn);
	if (ret)
		return ret;
	for (unsigned level = 0; level < SHADOW_LEVELS; level++)
		shadow->scratch_mfn[level] = mfn + level;
	fill_scratch(vgpu);
	ret = frame_table_init(&shadow->by_mfn, ram_bytes / GUEST_RAM_GRANULE);
	if (ret)
		goto free_scratch;
	ret = page_track_init(vgpu, store);
	if (!ret)
		return 0;
	frame_table_fini(&shadow->by_mfn);
free_scratch:
	physmem_free_pages(vgpu->m->pm, mfn, SHADOW_LEVELS);
	return ret;
}

void shadow_pages_fini(struct vgpu *vgpu)
{
	struct shadow_pages *shadow = &vgpu->shadow;

	assert(!shadow->count && "shadow tables are left");
	page_track_fini(vgpu);
	free_retired(vgpu);
	frame_table_fini(&shadow->by_mfn);
	physmem_free_pages(vgpu->m->pm, shadow->scratch_mfn[SHADOW_PT], SHADOW_LEVELS);
}

struct visit {
	void (*visit)(const struct shadow_page *page, void *arg);
	void *arg;
};

static void visit_node(struct frame_node *node, void *arg)
{
	const struct visit *visit = arg;

	visit->visit(container_of(node, struct shadow_page, by_mfn), visit->arg);
}

void shadow_pages_each(const struct vgpu *vgpu,
		       void (*visit)(const struct shadow_page *page, void *arg), void *arg)
{
	struct visit each = { visit, arg };

	frame_table_each(&vgpu->shadow.by_mfn, visit_node, &each);
}
