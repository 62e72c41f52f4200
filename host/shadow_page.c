// SPDX-License-Identifier: MIT
//
// Shadow tables as objects: made, found, shared, freed.

#include "host/shadow_page.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/oos.h"
#include "host/ppgtt.h"
#include "host/shadow_page_impl.h"
#include "host/vgpu.h"
#include "sim/machine/container.h"

#define RETIRED_MAX 64u

struct shadow_page *shadow_page_of_mfn(struct vgpu *vgpu, uint64_t mfn)
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
int shadow_page_create(struct vgpu *vgpu, unsigned level, struct shadow_page **out)
{
	struct shadow_pages *shadow = &vgpu->shadow;
	struct shadow_page *page;
	uint64_t mfn;
	int ret;

	if (shadow->count >= shadow->limit)
		return -ENOSPC;
	if (!shadow->budget)
		return -EAGAIN;
	// Making room is an interleaving point, so nothing is owned before it.
	ret = alloc_frame(vgpu, &mfn);
	if (ret)
		return ret;
	page = calloc(1, sizeof(*page));
	if (!page) {
		physmem_free_pages(vgpu->m->pm, mfn, 1);
		return -ENOMEM;
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
void shadow_page_destroy(struct vgpu *vgpu, struct shadow_page *page)
{
	cds_list_del(&page->pending);
	frame_table_remove(&vgpu->shadow.by_mfn, &page->by_mfn);
	physmem_free_pages(vgpu->m->pm, shadow_page_mfn(page), 1);
	vgpu->shadow.count--;
	host_spend(vgpu, WORK_SHADOW_TABLE, 1);
	retire(vgpu, page);
}

// Page by page, which is charged as getting them was. (An entry that is replaced is charged once.)
static void release_entries(struct vgpu *vgpu, struct shadow_page *page)
{
	unsigned pages = 0;

	for (unsigned i = 0; i < SHADOW_ENTRIES; i++) {
		uint64_t entry = page->entries[i];

		page->entries[i] = 0;
		pages += shadow_release_entry(vgpu, page->level, entry);
	}
	if (pages)
		host_spend(vgpu, WORK_PTE_SHADOW, pages);
}

void shadow_page_put(struct vgpu *vgpu, struct shadow_page *page)
{
	assert(page->refs);
	if (--page->refs)
		return;
	release_entries(vgpu, page);
	if (page->oos)
		oos_detach(vgpu, page);
	if (!page->split)
		page_track_remove(vgpu, &page->guest);
	shadow_page_destroy(vgpu, page);
}

// Entries that cannot be made are remembered or scratch: that is no failure of the table.
static void populate(struct vgpu *vgpu, struct shadow_page *page)
{
	for (unsigned i = 0; i < SHADOW_ENTRIES; i += shadow_step(page))
		shadow_page_apply(vgpu, page, i, shadow_read_entry(vgpu, page, i));
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

int shadow_table_get(struct vgpu *vgpu, uint64_t gfn, unsigned level, bool holds_64k,
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
	ret = shadow_page_create(vgpu, level, &page);
	if (ret)
		return ret;
	page->holds_64k = holds_64k;
	// Protected before it is read: no store can come in between unseen.
	ret = page_track_add(vgpu, &page->guest, gfn);
	if (ret) {
		shadow_page_destroy(vgpu, page);
		return ret;
	}
	populate(vgpu, page);
	*out = page;
	return 0;
}

int shadow_page_get(struct vgpu *vgpu, uint64_t gfn, enum shadow_level level,
		    struct shadow_page **out)
{
	return shadow_table_get(vgpu, gfn, level, false, out);
}

uint64_t shadow_page_guest_entry(const struct vgpu *vgpu, const struct shadow_page *page,
				 unsigned index)
{
	const uint64_t *entries = guest_ram_page(vgpu->vm->ram, page_track_gfn(&page->guest));

	return __atomic_load_n(&entries[index], __ATOMIC_ACQUIRE);
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

		shadow_fill(physmem_at(vgpu->m->pm, mpa, PAGE_SIZE), SHADOW_ENTRIES,
			    shadow_scratch_entry(vgpu, level - 1, true));
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
	CDS_INIT_LIST_HEAD(&shadow->flushing);
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
	ret = page_track_init(vgpu, shadow_store);
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

static void collect(struct frame_node *node, void *arg)
{
	struct shadow_page *page = container_of(node, struct shadow_page, by_mfn);
	struct shadow_page **all = arg;

	page->retired = *all;
	*all = page;
}

void shadow_pages_abandon(struct vgpu *vgpu)
{
	struct shadow_page *all = NULL;

	assert(!vgpu->m->ex->current);
	frame_table_each(&vgpu->shadow.by_mfn, collect, &all);
	while (all) {
		struct shadow_page *page = all;

		all = page->retired;
		for (unsigned i = 0; i < SHADOW_ENTRIES; i++)
			shadow_release_leaf(vgpu, page->level, page->entries[i]);
		if (page->oos)
			oos_detach(vgpu, page);
		if (!page->split)
			page_track_remove(vgpu, &page->guest);
		shadow_page_destroy(vgpu, page);
	}
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
