/* SPDX-License-Identifier: MIT */
/*
 * Walk of a guest's own page tables over a range, for pv_ppgtt.c: what the guest wants mapped
 * there, as entries for the host's leaf tables, each with a pin of the page that it leads to.
 *
 * Each table is read once for each piece of the range that it covers, only the entries that the
 * piece covers, and in one go; what was read is checked and used. The walk fails closed: whatever
 * is not present, is a large page, or names no guest RAM ends it, and no pin is left. A page is
 * writable if every entry on the way is; caching bits are those of the last one; other bits are
 * dropped.
 *
 * Costs: WORK_GUEST_READ, or WORK_GUEST_COPY_PAGE for a whole table, for each reading;
 * WORK_PV_WALK_ENTRY for each entry read.
 */
#ifndef PVMMIO_HOST_PV_WALK_H
#define PVMMIO_HOST_PV_WALK_H

#include <stdint.h>

#include "host/shadow_page.h"
#include "sim/abi/pvmmio.h"
#include "sim/machine/physmem.h"

struct vgpu;

#define PV_SPACE_BITS 48u

/* Part of a space: not empty, page aligned, not beyond PV_SPACE_BITS. */
struct pv_range {
	uint64_t start;
	uint64_t end;
};

/* level: enum shadow_level, of the table that the entry is in. */
static inline unsigned pv_entry_shift(unsigned level)
{
	return PAGE_SHIFT + 9 * level;
}

static inline unsigned pv_entry_index(uint64_t address, unsigned level)
{
	return address >> pv_entry_shift(level) & (SHADOW_ENTRIES - 1);
}

/* The part of range that the entry of its start leads to. */
static inline struct pv_range pv_first_piece(struct pv_range range, unsigned level)
{
	uint64_t end = ((range.start >> pv_entry_shift(level)) + 1) << pv_entry_shift(level);

	return (struct pv_range){ range.start, end < range.end ? end : range.end };
}

static inline uint64_t pv_page_count(struct pv_range range)
{
	return (range.end - range.start) >> PAGE_SHIFT;
}

struct pv_walk {
	uint64_t tables[SHADOW_LEVELS][SHADOW_ENTRIES]; /* of each level the one read last */
	uint64_t found;                                 /* entries so far */
	uint64_t entries[];
};

/*
 * Walk from the table at root. PVMMIO_STATUS_OK: *out has an entry for each page of range, in
 * order, and the pins are the caller's, who frees *out with pv_walk_free() when it has passed them
 * on. UNBACKED, NO_MEMORY: there is nothing to free. Interleaving points: a walk that never goes on
 * is found through vgpu->walk.
 */
enum pvmmio_status pv_walk(struct vgpu *vgpu, uint64_t root, struct pv_range range,
			   struct pv_walk **out);
void pv_walk_free(struct vgpu *vgpu);

/* Give back a walk that its context did not end, pins and all. Nothing if there is none. */
void pv_walk_abandon(struct vgpu *vgpu);

#endif
