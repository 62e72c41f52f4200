/* SPDX-License-Identifier: MIT */
/*
 * GPU work of stated duration: commands whose price in the hardware profile, times their size,
 * makes the duration, rounded up to whole units of the command. Internal to sim/simulation.
 */
#ifndef PVMMIO_SIM_SIMULATION_GPU_WORK_H
#define PVMMIO_SIM_SIMULATION_GPU_WORK_H

#include <stdint.h>

#include "guest/i915_batch.h"
#include "hw-model/gen9_gpu.h"
#include "sim/scenario/config.h"

enum gpu_work {
	GPU_WORK_DRAW,     /* vertices; RCS0 */
	GPU_WORK_DISPATCH, /* thread groups; RCS0 */
	GPU_WORK_DECODE,   /* bytes of bitstream; VCS0, VCS1 */
	GPU_WORK_ENHANCE,  /* columns of pixels; VECS0 */
	GPU_WORK_COUNT,
};

/* The work of a step of that kind, which is one of them. */
enum gpu_work gpu_work_of(enum step_kind kind);

/* At least one unit, as many commands as it takes. 0, -ENOSPC: the batch is full. */
int gpu_work_emit(struct batch *batch, const struct hw_profile *hardware, enum gpu_work work,
		  uint64_t duration_ps);

#endif
