/* SPDX-License-Identifier: MIT */
/*
 * What shadow_page.c (the tables' life), shadow_entry.c (what entries are made of) and
 * shadow_store.c (the guest's stores, and what is left for later) share.
 */
#ifndef PVMMIO_HOST_SHADOW_PAGE_IMPL_H
#define PVMMIO_HOST_SHADOW_PAGE_IMPL_H

#include "host/shadow_page.h"

/* Entries of a table that one entry of the guest makes: 16 in a table of 64 KiB pages, else 1. */
#define SHADOW_STEP_MAX 16u

static inline unsigned shadow_step(const struct shadow_page *page)
{
	return page->holds_64k ? SHADOW_STEP_MAX : 1;
}

/*
 * A table without entries that stands for nothing yet, with one reference. 0, -ENOSPC, -EAGAIN,
 * -ENOMEM. The second frees one whose entries lead to nothing and whose page is not tracked.
 */
int shadow_page_create(struct vgpu *vgpu, unsigned level, struct shadow_page **out);
void shadow_page_destroy(struct vgpu *vgpu, struct shadow_page *page);

/* shadow_page_get(), for a table of 64 KiB pages or not. */
int shadow_table_get(struct vgpu *vgpu, uint64_t gfn, unsigned level, bool holds_64k,
		     struct shadow_page **out);

/* The table whose frame an entry has; there is one. */
struct shadow_page *shadow_page_of_mfn(struct vgpu *vgpu, uint64_t mfn);

/* What an entry of a table of level is that leads nowhere, or to scratch. */
uint64_t shadow_scratch_entry(const struct vgpu *vgpu, unsigned level, bool present);
void shadow_fill(uint64_t *entries, unsigned count, uint64_t entry);

/* Give back what an entry of a table of level stands for. Returns how many guest pages that was. */
unsigned shadow_release_entry(struct vgpu *vgpu, unsigned level, uint64_t entry);

/* The same if it stands for pages; nothing for one that leads to a table. */
unsigned shadow_release_leaf(struct vgpu *vgpu, unsigned level, uint64_t entry);

/* Put count new entries in the place of old ones, then release those. */
void shadow_replace(struct vgpu *vgpu, struct shadow_page *page, unsigned index, unsigned count,
		    const uint64_t *entries);

/* The entry is to be applied before the next submission. */
void shadow_remember(struct vgpu *vgpu, struct shadow_page *page, unsigned index);

/* Read the guest's entry: charged, an interleaving point. */
uint64_t shadow_read_entry(struct vgpu *vgpu, const struct shadow_page *page, unsigned index);

/* A store to a tracked page, for the page track. */
int shadow_store(struct vgpu *vgpu, struct page_track_node *node, uint64_t gpa,
		 unsigned size_bytes);

#endif
