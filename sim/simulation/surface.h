/* SPDX-License-Identifier: MIT */
/*
 * Surface: a buffer whose contents can be told right from wrong. Internal to sim/simulation.
 *
 * A rectangle of 32-bit words inside of a margin. What is expected in the rectangle follows from a
 * key; every key gives other contents.
 */
#ifndef PVMMIO_SIM_SIMULATION_SURFACE_H
#define PVMMIO_SIM_SIMULATION_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest pitch of the blitter's surfaces: a signed 16-bit number of bytes, multiple of 4. */
#define SURFACE_PITCH_LIMIT_BYTES 32764u

/* What stands where nothing is to be written. */
#define SURFACE_MARGIN_WORD 0x5ca1ab1eu

struct surface {
	uint32_t width, height; /* of the rectangle, in words */
	uint32_t x, y;          /* where it begins */
	uint32_t pitch_words;
	uint32_t lines; /* of the buffer */
};

/*
 * Lay out a rectangle of width x height words. The margin on its left and right is left out where
 * the pitch would exceed the blitter's.
 */
void surface_layout(struct surface *surface, uint32_t width, uint32_t height);

size_t surface_size_bytes(const struct surface *surface);

/* What key wants at word i of the rectangle, counted line by line. */
uint32_t surface_word(uint64_t key, uint32_t i);

/* Fill words, of surface_size_bytes(): the rectangle as key wants it. */
void surface_draw(const struct surface *surface, uint32_t *words, uint64_t key);

/*
 * Fill words so that nothing is right yet. flat: the whole rectangle is expected to become
 * surface_word(key, 0).
 */
void surface_poison(const struct surface *surface, uint32_t *words, uint64_t key, bool flat);

struct surface_verdict {
	uint64_t bytes_right; /* in the rectangle */
	uint64_t bytes_wrong; /* in the rectangle or in the margin */
};

/* Count the bytes of a word. inside: it was to be written. */
void surface_judge(struct surface_verdict *verdict, uint32_t word, uint32_t want, bool inside);

/* Compare words, poisoned before, with what key wants. */
struct surface_verdict surface_verify(const struct surface *surface, const uint32_t *words,
				      uint64_t key, bool flat);

#endif
