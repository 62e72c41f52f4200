/* SPDX-License-Identifier: MIT */
/*
 * Spread: dwords at even distances over several pieces of memory, whose contents can be told right
 * from wrong. Internal to sim/simulation.
 *
 * As with surfaces, what is expected follows from a key. The rest of every page that has one of the
 * dwords must stay as it is; pages in between are neither written nor looked at.
 */
#ifndef PVMMIO_SIM_SIMULATION_SPREAD_H
#define PVMMIO_SIM_SIMULATION_SPREAD_H

#include <stddef.h>
#include <stdint.h>

#include "sim/simulation/surface.h"

struct spread {
	uint32_t *const *pieces; /* the CPU's view of each */
	size_t piece_count;
	uint64_t piece_dwords; /* of each: a multiple of a page's */
	uint32_t count;        /* dwords, at most as many as there are */
};

/* Where dword i is: piece, and index in it. */
struct spread_place {
	size_t piece;
	uint64_t index;
};

struct spread_place spread_place(const struct spread *spread, uint32_t i);

/* Fill the pages so that nothing is right yet. */
void spread_poison(const struct spread *spread, uint64_t key);

/* Hand out all pages that have one of the dwords, in order. */
void spread_each_page(const struct spread *spread,
		      void (*fn)(void *opaque, const void *bytes, size_t len), void *opaque);

/* Compare with surface_word(key, i) for dword i, and with what was there around. */
struct surface_verdict spread_verify(const struct spread *spread, uint64_t key);

#endif
