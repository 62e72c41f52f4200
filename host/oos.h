/* SPDX-License-Identifier: MIT */
/*
 * Out-of-sync pages: leaf tables that guests may write without exits until the next submission.
 *
 * The second store that a leaf table takes in one interval between submissions is its last exit:
 * the table gets a page of the pool, which keeps what the shadow was made from, and loses its
 * protection. Before the next submission it is protected again, compared with the copy, entry by
 * entry, and what differs is shadowed anew. The copy stays attached, kept up to date by what still
 * traps, so that going out of sync again takes no copying.
 *
 * The pool is one for all vGPUs. When it is used up, the page that has been attached longest is
 * synced and detached, whoever's it is: then under that vGPU's lock, if it is free.
 *
 *   store number   1, 2      3 and later   first of the next interval
 *   exit           yes       no            yes
 *
 * Only tables of 4 KiB entries, and only in vGPUs of shadow mode VGPU_SHADOW_OOS. What traps, page
 * by page and submission by submission, is exactly min(2, stores).
 *
 * Source: gvt/gtt.c of Linux 4.19, where it is compiled in and switched off, without its defects:
 * there an entry that a sync finds not present leaves the old mapping in the shadow, mappings that
 * are replaced are never given back, the pool's lists are shared without a lock, failure to get a
 * page is ignored, and counters start anew only for pages that were out of sync.
 */
#ifndef PVMMIO_HOST_OOS_H
#define PVMMIO_HOST_OOS_H

#include <stdbool.h>
#include <stdint.h>

#include <urcu/list.h>

#include "sim/machine/lock.h"

#define OOS_POOL_PAGES_DEFAULT 8192u

struct gvt;
struct shadow_page;
struct vgpu;

struct oos_page {
	struct oos_page *next;       /* of all that the pool has */
	struct cds_list_head in_use; /* in the pool, attached longest first */
	struct cds_list_head out;    /* in the vGPU's, while out of sync */
	struct vgpu *vgpu;
	struct shadow_page *page;
	bool is_out;
	uint64_t entries[512]; /* guest entries that the shadow stands for */
};

struct oos_pool {
	struct sim_mutex lock; /* of the lists; inside of vgpu->lock */
	struct cds_list_head in_use;
	struct cds_list_head unused;
	struct oos_page *all; /* also those that are on their way from list to list */
	unsigned allocated;
	unsigned limit;
};

/* limit 0: the default. Pages are allocated when they are first needed. */
void oos_pool_init(struct oos_pool *pool, unsigned limit);
void oos_pool_fini(struct oos_pool *pool);

/* A store to page trapped and has been applied. */
void oos_note_store(struct vgpu *vgpu, struct shadow_page *page);

/* Bring all of the vGPU's pages in sync. 0, or the error of an entry that is still behind. */
int oos_sync(struct vgpu *vgpu);

/* Give page's copy back; it may be out of sync and stays unprotected then. */
void oos_detach(struct vgpu *vgpu, struct shadow_page *page);

#endif
