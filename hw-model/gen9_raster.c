// SPDX-License-Identifier: MIT
#include "hw-model/gen9_raster.h"

#include <errno.h>

#include "sim/machine/executor.h"

#define SHORTEST_FRAME_PS (100u * PS_PER_US)

/* When a line begins: the first picosecond that is not before it. */
static uint64_t line_begin_ps(const struct gen9_raster *raster, uint64_t line)
{
	gen9_u128 parts = line * raster->line_ps;
	gen9_u128 ps = (parts + raster->line_parts - 1u) / raster->line_parts;

	return ps < EXEC_NEVER ? (uint64_t)ps : EXEC_NEVER;
}

int gen9_raster_init(struct gen9_raster *raster, uint32_t htotal, uint32_t vtotal, uint32_t vactive,
		     uint64_t symbol_hz, uint32_t m, uint32_t n)
{
	gen9_u128 hz = (gen9_u128)symbol_hz * m;

	/* Of 64 bits each, so that no product with a time or a line overflows: see the callers. */
	if (hz == 0 || hz > UINT64_MAX || n == 0 || vactive >= vtotal)
		return -EINVAL;
	*raster = (struct gen9_raster){
		.vactive = vactive,
		.vtotal = vtotal,
		.line_ps = (gen9_u128)PS_PER_S * n * htotal,
		.line_parts = (uint64_t)hz,
	};
	return line_begin_ps(raster, vtotal) < SHORTEST_FRAME_PS ? -EINVAL : 0;
}

uint64_t gen9_raster_line(const struct gen9_raster *raster, uint64_t ps)
{
	return (uint64_t)((gen9_u128)ps * raster->line_parts / raster->line_ps);
}

uint64_t gen9_raster_vblanks(const struct gen9_raster *raster, uint64_t ps)
{
	uint64_t line = gen9_raster_line(raster, ps);

	return (line + raster->vtotal - raster->vactive) / raster->vtotal;
}

uint64_t gen9_raster_vblank_ps(const struct gen9_raster *raster, uint64_t frame)
{
	return line_begin_ps(raster, frame * raster->vtotal + raster->vactive);
}

uint64_t gen9_raster_frame_ps(const struct gen9_raster *raster)
{
	return line_begin_ps(raster, raster->vtotal);
}
