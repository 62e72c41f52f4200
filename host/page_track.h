/* SPDX-License-Identifier: MIT */
/*
 * Page track: guest frames whose stores the mediator wants to see.
 *
 * A protected frame is BUS_RAM_TRACKED: the hypervisor carries out the store and then tells the
 * mediator where it was. Not what was stored: the mediator reads memory again, so that stores of
 * several vCPUs merge and none is lost. A frame has one user.
 *
 *   store to a protected page     one exit, WORK_TRACK_LOOKUP, vgpu->lock, then the user
 *   protect, unprotect            WORK_TABLE_PROTECT
 *
 * On KVM a page whose protection is gone stays read-only in the second-level tables until its next
 * store, which takes one plain fault that nobody emulates. It is not modelled and not counted.
 * Stores of devices and of the mediator itself are not seen, here as there.
 *
 * In failsafe mode a store takes the protection off, and nothing else.
 *
 * Source: gvt/page_track.c and kvmgt.c of Linux 4.19 to 5.10.
 */
#ifndef PVMMIO_HOST_PAGE_TRACK_H
#define PVMMIO_HOST_PAGE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "host/frame_table.h"
#include "sim/machine/bus.h"

struct page_track_node;
struct vgpu;

/* size_bytes bytes at gpa, within the page, were stored. vgpu->lock is held. */
typedef int (*page_track_store_fn)(struct vgpu *vgpu, struct page_track_node *node, uint64_t gpa,
				   unsigned size_bytes);

/* Embed it in the user's object. */
struct page_track_node {
	struct frame_node by_gfn;
	bool protected;
};

struct page_track {
	struct frame_table pages;
	struct bus_region region; /* what the VM's bus calls */
	page_track_store_fn store;
	uint64_t count;
};

/* Of one vGPU; store sees its stores. 0, -ENOMEM. */
int page_track_init(struct vgpu *vgpu, page_track_store_fn store);
void page_track_fini(struct vgpu *vgpu); /* nothing is tracked any more */

struct page_track_node *page_track_find(const struct vgpu *vgpu, uint64_t gfn);

/* Protect gfn from now on. 0; -EFAULT (not plain RAM), -EEXIST, -ENOMEM. */
int page_track_add(struct vgpu *vgpu, struct page_track_node *node, uint64_t gfn);
void page_track_remove(struct vgpu *vgpu, struct page_track_node *node);

/* Nothing when it is so already. */
void page_track_protect(struct vgpu *vgpu, struct page_track_node *node);
void page_track_unprotect(struct vgpu *vgpu, struct page_track_node *node);

static inline uint64_t page_track_gfn(const struct page_track_node *node)
{
	return node->by_gfn.frame;
}

#endif
