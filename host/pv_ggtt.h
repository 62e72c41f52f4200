/* SPDX-License-Identifier: MIT */
/*
 * Paravirtual GGTT (pvmmio level ggtt_update): the guest stores entries of its own share without
 * exits and says by notification what of them shall take effect.
 *
 * On hardware the virtual GGTT would be memory that is mapped into the guest. Here that mapping is
 * BUS_PASSTHROUGH pages with no latency over the GTT window: accesses reach the view and nothing
 * else, do not exit and take no time, as stores to RAM. It covers the pages of the window that hold
 * any entry of the share; what is not of the share in them, as everywhere outside, reads 0 and
 * ignores stores, and outside still traps.
 *
 *   insert   the view's entries of the range are read, once, and written to the hardware: what is
 *            present translated and pinned, what is not as scratch
 *   clear    the hardware's entries of the range become scratch, not present; pins are given back
 *
 * Every operation is done whole or not at all: the range must lie in one slice of the share, and
 * each present entry must name guest RAM. (A trapped store of an entry without backing maps the
 * scratch page instead: it has nobody to tell.) One flush for each operation.
 *
 *   operation   work
 *   insert      WORK_PV_WALK_ENTRY and WORK_PV_MAP_ENTRY for each entry
 *   clear       WORK_PV_MAP_ENTRY for each entry
 *
 * All functions need vgpu->lock.
 *
 * Source: ACRN's 4.19 kernel, gvt/gtt.c (GGTT notifications), without what docs/protocol.md lists.
 */
#ifndef PVMMIO_HOST_PV_GGTT_H
#define PVMMIO_HOST_PV_GGTT_H

#include <stdint.h>

#include "sim/abi/pvmmio.h"

struct vgpu;

/*
 * Take the traps off the share: when the level is negotiated. Entries in effect stay in effect;
 * halves of entries that trapped before are storage. 0, -ENOMEM and nothing changed.
 */
int pv_ggtt_enable(struct vgpu *vgpu);

/* The window traps again. Nothing if it never did otherwise. */
void pv_ggtt_disable(struct vgpu *vgpu);

/* The window is off the bus: forget the view's region. Nothing if it was never there. */
void pv_ggtt_fini(struct vgpu *vgpu);

/*
 * G2V_GGTT_INSERT or _CLEAR as a copy of the guest's record says; its status word is not looked at.
 * Anything but PVMMIO_STATUS_OK: nothing has changed. Interleaving points.
 */
enum pvmmio_status pv_ggtt_update(struct vgpu *vgpu, uint32_t code,
				  const struct pvmmio_ggtt_record *record);

#endif
