/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of guests (PPGTTs), each known by its guest root: one PML4, or four page
 * directories. What the hardware walks instead is made in one of two ways, fixed when the space is
 * created:
 *
 *   PPGTT_SHADOW   shadow tables that follow the guest's write-tracked ones      shadow_page.h
 *   PPGTT_PV       the host's own tables, changed on the guest's notifications   pv_ppgtt.h
 *
 * A space is created by its notification (PVINFO, codes 2 and 4), or by a submission that names
 * roots nobody announced; then it lives as long as its workloads. References are counted; a guest
 * can give back by notification (3 and 5) only those that it took by notification.
 *
 * A workload pins its space from dispatch to completion. Spaces in nobody's use are in one list of
 * all vGPUs, least recently pinned first: when the host is short of memory their shadow tables are
 * given up from its head, and built again at the next pin. A full reset does the same to all of
 * its vGPU's. Spaces of kind PPGTT_PV are never taken down behind the guest's back: it would have
 * to insert everything again and does not know that.
 *
 * Locks: everything here needs vgpu->lock, on contexts. The list has a lock of its own, inside of
 * it. Who takes a space of another vGPU away takes that vGPU's lock too, but only if it is free,
 * as two could want each other's; upstream goes without that lock (and got the list's own in 2020).
 *
 * Source: gvt/gtt.c of Linux 5.1.
 */
#ifndef PVMMIO_HOST_PPGTT_H
#define PVMMIO_HOST_PPGTT_H

#include <stdbool.h>
#include <stdint.h>

#include <urcu/list.h>

#include "sim/machine/lock.h"

struct gvt;
struct shadow_page;
struct vgpu;

#define PPGTT_ROOTS 4

/* Spaces that one vGPU may have. A guest needs a page of its memory for each, but can combine four
 * of them in many ways. */
#define PPGTT_MM_LIMIT 4096u

enum ppgtt_kind {
	PPGTT_SHADOW,
	PPGTT_PV,
};

struct ppgtt_mm {
	struct vgpu *vgpu;
	enum ppgtt_kind kind;
	unsigned levels;                  /* 4: [0] is a PML4; 3: four page directories */
	uint64_t guest_root[PPGTT_ROOTS]; /* guest physical; 0: there is none */
	uint64_t hw_root[PPGTT_ROOTS];    /* host physical, for the context image; good while
					     pinned. 0: an empty table will do */
	unsigned refs;
	unsigned guest_refs; /* those of them that the guest took by notification */
	unsigned pins;
	struct ppgtt_mm *next; /* in the vGPU's list */

	/* PPGTT_SHADOW */
	bool shadowed; /* hw_root is there */
	struct shadow_page *shadow_root[PPGTT_ROOTS];
	struct cds_list_head lru; /* in struct ppgtt_lru while shadowed */

	/* PPGTT_PV: pv_ppgtt.c's */
	void *pv;
};

/* Shadowed spaces of all vGPUs, least recently pinned first. In struct gvt. */
struct ppgtt_lru {
	struct sim_mutex lock;
	struct cds_list_head spaces;
};

void ppgtt_lru_init(struct ppgtt_lru *lru);

/*
 * Of one vGPU. Init: 0, -ENOMEM. Fini also outside of contexts, when no workload is left.
 *
 * Abandon comes before fini, outside of contexts, where one was discarded in the middle of
 * something: it frees spaces and tables that are half made or half gone, whoever uses them.
 */
int ppgtt_init(struct vgpu *vgpu);
void ppgtt_abandon(struct vgpu *vgpu);
void ppgtt_fini(struct vgpu *vgpu);

/* The space with these roots, or NULL. Charges WORK_PPGTT_LOOKUP. */
struct ppgtt_mm *ppgtt_mm_find(struct vgpu *vgpu, unsigned levels,
			       const uint64_t roots[PPGTT_ROOTS]);

/*
 * Find or create it and take a reference. 0; -EINVAL (a root that is no RAM or serves as another
 * kind of table, no root at all, three levels while level ppgtt_update is on), -ENOSPC (the vGPU
 * has too many), -ENOMEM. Incidents are noted. Where memory is too short for shadow tables the
 * space is there without, and pinning it will try again.
 */
int ppgtt_mm_get(struct vgpu *vgpu, unsigned levels, const uint64_t roots[PPGTT_ROOTS],
		 struct ppgtt_mm **out);
void ppgtt_mm_put(struct ppgtt_mm *mm); /* NULL is allowed */

/* Keep its tables, building them if need be. 0, -ENOMEM, -EINVAL as above; not pinned then. */
int ppgtt_mm_pin(struct ppgtt_mm *mm);
void ppgtt_mm_unpin(struct ppgtt_mm *mm);

/*
 * Make all shadow tables of the vGPU say what the guest's say: before each dispatch. 0, or -ENOMEM
 * with some entries still behind (they lead to scratch).
 */
int ppgtt_sync(struct vgpu *vgpu);

/* Full reset of the device: give up all shadow tables. No space is pinned. */
void ppgtt_reset(struct vgpu *vgpu);

/* Reset of the device by the VMM: give up all spaces of a kind. No workload is left. */
void ppgtt_forget(struct vgpu *vgpu, enum ppgtt_kind kind);

/* PVINFO notifications G2V_PPGTT_L3_CREATE to _L4_DESTROY. 0, or the error the guest never sees. */
int ppgtt_notify(struct vgpu *vgpu, uint32_t code);

/*
 * Memory is short: give up the tables of the space that was used longest ago and can be had. false
 * when there is none.
 */
bool ppgtt_reclaim(struct vgpu *vgpu);

#endif
