// SPDX-License-Identifier: MIT
#include "sim/simulation/gpu_work.h"

static int emit_draw(struct batch *batch, uint32_t units)
{
	return batch_draw(batch, units, 1);
}

static int emit_dispatch(struct batch *batch, uint32_t units)
{
	return batch_dispatch(batch, units, 1, 1);
}

static const struct {
	enum hw_param price; /* of a unit */
	uint32_t unit_limit; /* of one command */
	int (*emit)(struct batch *batch, uint32_t units);
} works[GPU_WORK_COUNT] = {
	[GPU_WORK_DRAW] = {HW_3DPRIMITIVE_VERTEX, UINT32_MAX,            emit_draw    },
	[GPU_WORK_DISPATCH] = { HW_GPGPU_GROUP,       UINT32_MAX,            emit_dispatch},
	[GPU_WORK_DECODE] = { HW_BITSTREAM_BYTE,    UINT32_MAX,            batch_decode },
	[GPU_WORK_ENHANCE] = { HW_VEBOX_COLUMN,      BATCH_ENHANCE_COLUMNS, batch_enhance},
};

enum gpu_work gpu_work_of(enum step_kind kind)
{
	static const enum gpu_work of_step[STEP_KIND_COUNT] = {
		[STEP_DRAW] = GPU_WORK_DRAW,
		[STEP_DISPATCH] = GPU_WORK_DISPATCH,
		[STEP_DECODE] = GPU_WORK_DECODE,
		[STEP_ENHANCE] = GPU_WORK_ENHANCE,
	};

	return of_step[kind];
}

int gpu_work_emit(struct batch *batch, const struct hw_profile *hardware, enum gpu_work work,
		  uint64_t duration_ps)
{
	uint64_t unit_ps = hardware->value[works[work].price];
	uint64_t units = unit_ps ? duration_ps / unit_ps + (duration_ps % unit_ps != 0) : 1;
	int ret = 0;

	if (units == 0)
		units = 1;
	while (units && ret == 0) {
		uint32_t some = units < works[work].unit_limit ? (uint32_t)units
							       : works[work].unit_limit;

		ret = works[work].emit(batch, some);
		units -= some;
	}
	return ret;
}
