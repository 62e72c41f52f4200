/* SPDX-License-Identifier: MIT */
/*
 * A pipe's raster: which line a display is at, as a function of time. Nothing here happens line by
 * line or frame by frame: positions and instants are computed, exactly, whenever they are asked
 * for, so that a pipe that nobody looks at costs nothing and no number of frames makes it drift.
 *
 * Times are in picoseconds since the pipe began with the first active line of frame 0. Lines count
 * on for ever: line n is line n % vtotal of frame n / vtotal. The vertical blank of a frame comes
 * after its active lines, and has the frame's number.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_RASTER_H
#define PVMMIO_HW_MODEL_GEN9_RASTER_H

#include <stdint.h>

__extension__ typedef unsigned __int128 gen9_u128;

struct gen9_raster {
	uint32_t vactive; /* lines that are displayed; the vertical blank begins after them */
	uint32_t vtotal;  /* lines of a frame */
	/* A line takes line_ps / line_parts picoseconds. */
	gen9_u128 line_ps;
	uint64_t line_parts;
};

/*
 * A mode: totals in pixels and lines, and a pixel clock of symbol_hz * m / n. 0, or -EINVAL for
 * what does not display: no clock, no line of vertical blank, or a frame shorter than 100 us
 * (assumed; no display is as fast as that).
 */
int gen9_raster_init(struct gen9_raster *raster, uint32_t htotal, uint32_t vtotal, uint32_t vactive,
		     uint64_t symbol_hz, uint32_t m, uint32_t n);

/* Line that is displayed at ps. */
uint64_t gen9_raster_line(const struct gen9_raster *raster, uint64_t ps);

/* How many vertical blanks have begun by ps, one that begins at ps included. */
uint64_t gen9_raster_vblanks(const struct gen9_raster *raster, uint64_t ps);

/*
 * When the vertical blank of frame begins; EXEC_NEVER for beyond all time. frame is at most one
 * past what has begun by the end of it.
 */
uint64_t gen9_raster_vblank_ps(const struct gen9_raster *raster, uint64_t frame);

/* What a frame takes, rounded up. */
uint64_t gen9_raster_frame_ps(const struct gen9_raster *raster);

#endif
