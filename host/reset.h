/* SPDX-License-Identifier: MIT */
/*
 * Resets of a vGPU: which kind leaves what of it. One table, reset_rows[], is what the code goes
 * by, what docs/life-cycle.md shows and what tests/host/test_reset.c checks, cell by cell.
 *
 *   RESET_ENGINES   the guest writes engine bits of GDRST
 *   RESET_FULL      the guest writes bit 0 of GDRST
 *   RESET_DEVICE    the VMM resets the device: its VM reboots, or gets another user
 *   RESET_FROM_D3   the same as the device wakes up from D3: the guest restores registers and GGTT
 *                   and announces nothing again
 *
 * Every kind takes the vGPU out of scheduling, until its guest enables run lists again, and waits
 * for what runs on the engines: an engine is not taken away from a workload. What was queued on the
 * engines that are reset ends as GVT_WORKLOAD_RESET, as does what ran there: its guest sees no
 * completion of it.
 *
 * Source: gvt/vgpu.c, intel_gvt_reset_vgpu_locked(), of Linux 5.1; RESET_FROM_D3 of 5.10. There
 * pvmmio does not exist; its levels outlive what the guest asks for, as docs/protocol.md says why.
 */
#ifndef PVMMIO_HOST_RESET_H
#define PVMMIO_HOST_RESET_H

#include <stddef.h>
#include <stdint.h>

struct vgpu;

enum reset_kind {
	RESET_ENGINES,
	RESET_FULL,
	RESET_DEVICE,
	RESET_FROM_D3,
	RESET_KIND_COUNT,
};

enum reset_effect {
	RESET_KEEPS,
	RESET_CLEARS,         /* as a new vGPU has it */
	RESET_CLEARS_ENGINES, /* that of the engines which are reset */
	RESET_REBUILDS,       /* given up, and made again from guest memory at the next use */
};

struct reset_row {
	const char *what;
	enum reset_effect effect[RESET_KIND_COUNT];
	/* engines: 1 << enum gen9_engine_id. NULL: another row's does it as well */
	void (*reset)(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect);
};

extern const struct reset_row reset_rows[];
extern const size_t reset_row_count;

/*
 * Reset vgpu; engines counts for RESET_ENGINES only. Called in a context with the lock held, which
 * is dropped while the vGPU's workloads come to an end.
 */
void vgpu_reset(struct vgpu *vgpu, enum reset_kind kind, uint32_t engines);

#endif
