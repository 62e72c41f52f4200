/* SPDX-License-Identifier: MIT */
/*
 * Invariant checker: is everything that the GPU can reach where it should be?
 *
 *   - Every present GGTT entry of the hardware: in a vGPU's share it leads to a frame of that VM,
 *     the one that the mediator has noted, or to the share's scratch page; in the host's share to
 *     a frame of the host; elsewhere there is none.
 *   - Every table that an address space of a vGPU leads to is the host's; every leaf leads to a
 *     frame of that VM or to the vGPU's scratch page.
 *   - The entries that lead to a page of a guest are as many as its pins, for every page.
 *   - References to shadow tables are as many as the tables say; spaces, lists and counts agree.
 *
 * It reads only, takes no time and lets nobody in. To be called in a state in which no operation is
 * half done: when no vGPU's lock is held. Its time is some milliseconds for the GGTT and grows with
 * the guests' memory and tables; its memory with those, not with the machine's.
 */
#ifndef PVMMIO_HOST_CHECK_H
#define PVMMIO_HOST_CHECK_H

#include <stddef.h>

struct gvt;
struct vgpu;

/*
 * 0; or -EFAULT and in why[len], a string cut to fit, what is wrong: the first thing that was
 * found. -ENOMEM.
 */
int gvt_check(const struct gvt *gvt, char *why, size_t len);

/*
 * The same for one vGPU and its share of the GGTT: when its lock is not held. For tests that check
 * after every operation: its time grows with that share only.
 */
int gvt_check_vgpu(const struct vgpu *vgpu, char *why, size_t len);

#endif
