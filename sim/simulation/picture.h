/* SPDX-License-Identifier: MIT */
/*
 * Picture: what the blitter draws into a surface that a plane will show, so that it can be told
 * whether the screen got it. Internal to sim/simulation.
 *
 * Bands of lines, each of a left and a right part that meet further to the right from band to band.
 * The words of all parts follow from a key; every key gives other contents.
 */
#ifndef PVMMIO_SIM_SIMULATION_PICTURE_H
#define PVMMIO_SIM_SIMULATION_PICTURE_H

#include <stdint.h>

#include "guest/i915_batch.h"

#define PICTURE_BATCH_BYTES 2048u /* at most, for one picture */

struct picture {
	uint32_t width, height; /* of the surface, in pixels of 32 bits */
	uint32_t stride_bytes;
	uint64_t key;
};

/* Append the fills that draw it at gma, for BCS0. As batch_fill(). */
int picture_emit(const struct picture *picture, struct batch *batch, uint64_t gma);

/* Of the pixels in the upper left part of that size, as gen9_surface_fetch() has it. */
uint64_t picture_digest(const struct picture *picture, uint32_t width, uint32_t height);

#endif
