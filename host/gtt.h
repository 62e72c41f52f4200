/* SPDX-License-Identifier: MIT */
/*
 * GGTT emulation: the guest's view of its share, and the hardware entries that stand for it.
 *
 * Guest and host use the same graphics addresses. The guest writes entries that name guest frames;
 * the hardware gets entries that name the host frames behind them, and only for the guest's own
 * two slices. What is no guest RAM becomes a scratch page of the vGPU's own (upstream's is one
 * for all, through which guests can talk). A frame that an entry leads to is pinned; a new one
 * before the old one is given back.
 *
 * The view is what the guest has written, the hardware's entries are what has taken effect: they
 * differ while half of an entry is written, and with level ggtt_update (pv_ggtt.h) until the guest
 * rings its doorbell. The mediator itself translates by what has taken effect, so that it reads
 * what the GPU reads.
 *
 * Source: gvt/gtt.c of Linux 5.1 (list of pending halves, here a state per entry, so that a guest
 * writing only halves does not slow anything down; it translates by the view).
 */
#ifndef PVMMIO_HOST_GTT_H
#define PVMMIO_HOST_GTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gtt_entry;
struct vgpu;

/* 0, -ENOMEM. The slices are set. */
int gtt_init(struct vgpu *vgpu);

/* All entries not present, in the view and for the hardware; their pins are given back. */
void gtt_reset(struct vgpu *vgpu);

/* Points every entry that the guest has set at scratch, not present; frees. */
void gtt_fini(struct vgpu *vgpu);

/* Is [gma, gma + bytes) wholly in one of the guest's slices? */
bool gtt_in_share(const struct vgpu *vgpu, uint64_t gma, uint64_t bytes);

/* The guest physical address behind gma, by the entries in effect: 0, -EFAULT. */
int gtt_gma_to_gpa(const struct vgpu *vgpu, uint64_t gma, uint64_t *gpa);

/*
 * Guest view of the entries at a byte offset in the GTT window; 1, 2, 4 or 8 bytes, within one
 * entry. Outside of the share reads give 0 and writes are dropped. gtt_view_write() is storage
 * without effect.
 */
uint64_t gtt_view_read(const struct vgpu *vgpu, uint64_t offset, unsigned size_bytes);
void gtt_view_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value);

/*
 * A guest's write in the window. A new entry takes effect with its second half, in either order;
 * until then the hardware's is not present. 0 always.
 */
int gtt_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value);

/* ---- entries on their way to the hardware ---- */

/* An entry that is not present. */
void gtt_absent(const struct vgpu *vgpu, struct gtt_entry *out);

/* What the hardware gets for a guest's entry: 0, -EFAULT when it names no guest RAM, -ENOMEM. */
int gtt_resolve(struct vgpu *vgpu, uint64_t guest, struct gtt_entry *out);

/* Give back the pins of entries that are not used. */
void gtt_release(struct vgpu *vgpu, const struct gtt_entry *entries, uint64_t count);

/*
 * Write count entries from gma on, all in the share, and flush once; then give back the pins of
 * those that were there. Takes over the pins of entries[], whose content is lost. entries[] is the
 * caller's, from malloc(): if its context is discarded at one of the interleaving points in here,
 * gtt_fini() gives back what they hold and frees them. The caller charges the work.
 */
void gtt_replace(struct vgpu *vgpu, uint64_t gma, struct gtt_entry *entries, uint64_t count);

/* ---- guest memory, charged as the mediator's small reads, writes and page copies ---- */

/* len is at most what is left of the page at gpa. Interleaving points. 0, -EFAULT. */
int guest_read(struct vgpu *vgpu, uint64_t gpa, void *buf, size_t len);
int guest_write(struct vgpu *vgpu, uint64_t gpa, const void *buf, size_t len);

/* Read through the guest's GGTT view, page by page. 0, -EFAULT. */
int guest_read_gma(struct vgpu *vgpu, uint64_t gma, void *buf, size_t len);

#endif
