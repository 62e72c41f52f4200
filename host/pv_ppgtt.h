/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of kind PPGTT_PV: host-owned tables, changed on the guest's notifications (pvmmio
 * level ppgtt_update). Nothing of the guest's tables is tracked or shadowed: the guest stores to
 * them as it likes, and what it wants the GPU to see it says by range.
 *
 *   alloc    the range has tables from now on and leads to scratch; again is no mistake
 *   insert   the guest's own tables are walked, once, and what they say of the range is mapped;
 *            all of the range must have been allocated
 *   clear    the range leads to scratch and is not allocated any more; what never was is no mistake
 *
 * Every operation is done whole or not at all. A walk fails closed: whatever is not present, is a
 * large page, or names no guest RAM ends it, and nothing is mapped. An entry is read from memory
 * once; the copy is checked and used. The guest may change its tables meanwhile: then the walk sees
 * some of both, all of it the guest's own memory. A page is writable if every entry on the way says
 * so. Scratch is the vGPU's own (shadow_page.h), present and writable, as in the host driver's own
 * spaces.
 *
 * What is allocated is known page by page, in a bitmap beside each leaf table, so that a table goes
 * when nothing of it is allocated any more, and not before.
 *
 * Bounds: a vGPU has at most one table for each PV_PPGTT_PAGES_PER_TABLE pages of its RAM (and 512
 * more); one insert maps no more pages than its RAM has (and 512 more). What one insert has read
 * is kept in one piece until it is mapped: 8 bytes for each page.
 *
 * Tables survive every reset that the guest's driver asks for, and are never taken back: the guest
 * would have to insert everything again and nothing tells it to.
 *
 *   operation   work
 *   alloc       WORK_SHADOW_TABLE for each new table
 *   insert      WORK_GUEST_READ (or WORK_GUEST_COPY_PAGE for a whole one) for each table that the
 *               range covers, WORK_PV_WALK_ENTRY for each entry of them, WORK_PV_MAP_ENTRY for each
 *               page
 *   clear       WORK_PV_MAP_ENTRY for each page that was mapped, WORK_SHADOW_TABLE for each table
 *               that is freed
 *
 * All functions need vgpu->lock; pv_ppgtt_destroy() may also be called outside of contexts.
 *
 * Source: ACRN's 4.19 kernel, gvt/gtt.c (ppgtt_l4 notifications), without what docs/protocol.md
 * lists.
 */
#ifndef PVMMIO_HOST_PV_PPGTT_H
#define PVMMIO_HOST_PV_PPGTT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/abi/pvmmio.h"

struct ppgtt_mm;
struct vgpu;

#define PV_PPGTT_PAGES_PER_TABLE 4u

/* Fill mm->hw_root with tables that map nothing. 0, -ENOMEM. Destroy also takes a half made one. */
int pv_ppgtt_create(struct ppgtt_mm *mm);
void pv_ppgtt_destroy(struct ppgtt_mm *mm);

/* Free tables that an alloc made and, discarded with its context, never linked. */
void pv_ppgtt_drop_spares(struct vgpu *vgpu);

/*
 * G2V_PPGTT_L4_ALLOC, _CLEAR or _INSERT as a copy of the guest's record says; its status word is
 * not looked at. Anything but PVMMIO_STATUS_OK: nothing has changed. Insert has interleaving
 * points before its effect.
 */
enum pvmmio_status pv_ppgtt_update(struct vgpu *vgpu, uint32_t code,
				   const struct pvmmio_ppgtt_record *record);

/* ---- for checks ---- */

/* Tables of the space. */
uint64_t pv_ppgtt_tables(const struct ppgtt_mm *mm);

/* Do the counts, the bitmaps and the entries of the space's tables agree? */
bool pv_ppgtt_is_sound(const struct ppgtt_mm *mm);

#endif
