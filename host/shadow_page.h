/* SPDX-License-Identifier: MIT */
/*
 * Shadow pages: the tables that the hardware walks in place of a guest's.
 *
 * Every page of guest memory that serves as a page table has one shadow table, however many entries
 * lead to it, with a reference for each. The guest's page is write-tracked. Each store to it is
 * decoded and applied at once: the new entry's child or frame is taken first, the old one's given
 * back after, so that a running engine never sees a hole.
 *
 *   the guest's entry                         the shadow's
 *   not present                               not present, and names the level's scratch
 *   table                                     that table's shadow
 *   4 KiB page                                its frame, pinned
 *   64 KiB page (IPS in its directory's       16 x 4 KiB
 *     entry, GAMW_ECO_DEV_RW_IA all set)
 *   2 MiB page                                2 MiB, where the host's frames are in one piece and
 *                                             aligned, else a table of 512 x 4 KiB that stands for
 *                                             no page of the guest
 *   1 GiB page                                scratch, incident
 *   table or page that is no guest RAM,       scratch, incident
 *     a table that serves at another level
 *     (recursion is that too), too many
 *
 * Scratch is one page of the vGPU's own and one table for each level above it, all of whose entries
 * lead there. Access rights and cache bits are the guest's, at every level.
 *
 * Two stores of 4 bytes make one entry. At the first the shadow entry becomes scratch and the entry
 * is remembered; what it is by then is applied before the next submission (shadow_pages_flush()).
 * Entries for which the host had no memory, or that were too many for one exit, are remembered as
 * well. Stores of 1 or 2 bytes, and those that are not aligned, apply both entries that they touch;
 * upstream leaves the shadow as it was (gvt/gtt.c, sizes other than 4 and 8; the second entry of a
 * misaligned store).
 *
 * A guest entry is read from memory once (WORK_PTE_READ); what is checked is what is used. Its
 * content is trusted in nothing: garbage, such as data in a page that the guest freed and forgot to
 * unlink, at worst makes scratch entries, incidents, or mappings of the guest's own memory.
 *
 * An engine may go on using what its TLB holds of an entry that has changed, until the guest's own
 * invalidation at the start of its next request, which passes with the ring, or the host's before
 * it (shadow_context.c).
 *
 * Differences to upstream: there an entry that is not present leads to scratch as if present, so
 * that no access faults; here accesses fault where the guest's own tables say so. There an unusable
 * table fails the operation halfway; here it is scratch. There a 2 MiB page is one DMA mapping or
 * none; here each of its frames is pinned (and priced) by itself, as KVMGT does it.
 *
 * Memory: 4 KiB of host memory and some 200 bytes for each page table of the guest.
 *
 * All functions need vgpu->lock; those that free may also be called outside of contexts.
 * Source: gvt/gtt.c of Linux 5.1.
 */
#ifndef PVMMIO_HOST_SHADOW_PAGE_H
#define PVMMIO_HOST_SHADOW_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <urcu/list.h>

#include "host/frame_table.h"
#include "host/page_track.h"

struct oos_page;
struct vgpu;

#define SHADOW_ENTRIES 512u

/* Levels, named by what an entry of the table leads to next. */
enum shadow_level {
	SHADOW_PT,   /* entries are pages */
	SHADOW_PD,   /* entries are PTs, or pages of 2 MiB */
	SHADOW_PDP,  /* entries are PDs */
	SHADOW_PML4, /* entries are PDPs */
	SHADOW_LEVELS,
};

/* Page tables newly shadowed in one exit: what is beyond is done before the next submission. */
#define SHADOW_TABLES_PER_EXIT 1024u

struct shadow_page {
	struct page_track_node guest; /* not in the track when split */
	struct frame_node by_mfn;
	uint64_t *entries; /* host view */
	struct oos_page *oos;
	struct cds_list_head pending;               /* in the vGPU's, while any bit is set */
	uint64_t pending_bits[SHADOW_ENTRIES / 64]; /* entries to be applied before submission */
	uint32_t refs;
	uint32_t interval;   /* that store_count belongs to */
	uint8_t store_count; /* up to 2, see oos.h */
	uint8_t level;       /* enum shadow_level */
	bool holds_64k;      /* a PT of which every 16th entry counts */
	bool split;          /* stands for a 2 MiB page, not for a table of the guest */
	struct shadow_page *retired;
};

/* In struct vgpu. */
struct shadow_pages {
	struct frame_table by_mfn;
	uint64_t scratch_mfn[SHADOW_LEVELS]; /* what an entry of that level's table leads to */
	uint64_t count;
	uint64_t limit;
	unsigned budget;               /* tables that may still be made now */
	struct cds_list_head pending;  /* pages with entries to apply */
	struct cds_list_head flushing; /* those of them whose turn it is */
	struct cds_list_head out;      /* pages out of sync: struct oos_page */
	uint32_t interval;             /* counts syncs */
	struct shadow_page *retired;   /* out of the tables, not freed yet */
	unsigned retired_count;
};

/* 0, -ENOMEM. */
int shadow_pages_init(struct vgpu *vgpu);
void shadow_pages_fini(struct vgpu *vgpu); /* no shadow page is left */

/*
 * Free all tables and give back what their entries have pinned, whoever refers to them: outside of
 * contexts, when one was discarded in the middle of something. At every interleaving point the
 * tables known by their frames are all that there are, and the pages' pins are one for each leaf
 * entry in them.
 */
void shadow_pages_abandon(struct vgpu *vgpu);

/* Allow so many more tables: at the start of an exit. Threads have no limit. */
void shadow_pages_allow(struct vgpu *vgpu, unsigned tables);

/*
 * The shadow of the guest's page gfn as a table of level, made if need be, with a reference more.
 * 0; -EFAULT (no RAM), -EINVAL (serves at another level), -ENOSPC (too many), -ENOMEM, -EAGAIN
 * (beyond the budget). Entries that fail inside of a table are scratch, and no error.
 */
int shadow_page_get(struct vgpu *vgpu, uint64_t gfn, enum shadow_level level,
		    struct shadow_page **out);
void shadow_page_put(struct vgpu *vgpu, struct shadow_page *page);

static inline uint64_t shadow_page_mfn(const struct shadow_page *page)
{
	return page->by_mfn.frame;
}

/*
 * Make the shadow entry from guest, a copy of the guest's entry. 0; -ENOMEM, -EAGAIN: scratch for
 * now, remembered for shadow_pages_flush().
 */
int shadow_page_apply(struct vgpu *vgpu, struct shadow_page *page, unsigned index, uint64_t guest);

/* The guest's entry as it is in memory; the caller charges and synchronizes. */
uint64_t shadow_page_guest_entry(const struct vgpu *vgpu, const struct shadow_page *page,
				 unsigned index);

static inline bool shadow_page_is_pending(const struct shadow_page *page, unsigned index)
{
	return page->pending_bits[index / 64] >> index % 64 & 1;
}

/* Apply what is remembered. 0, or the error of an entry that still could not be. */
int shadow_pages_flush(struct vgpu *vgpu);

/* Call visit for every shadow table, split ones too: for checks. */
void shadow_pages_each(const struct vgpu *vgpu,
		       void (*visit)(const struct shadow_page *page, void *arg), void *arg);

#endif
