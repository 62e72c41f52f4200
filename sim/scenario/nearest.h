/* SPDX-License-Identifier: MIT */
/*
 * Nearest name: what a misspelt name was probably meant to be.
 */
#ifndef PVMMIO_SIM_SCENARIO_NEAREST_H
#define PVMMIO_SIM_SCENARIO_NEAREST_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b. */
unsigned nearest_distance(const char *a, const char *b);

/* Candidates are offered one by one; the first of equally near ones wins. */
struct nearest {
	const char *wanted;
	const char *best; /* NULL: nothing was near */
	unsigned distance;
};

void nearest_begin(struct nearest *nearest, const char *wanted);

/* name must outlive nearest. Not near enough: more than a third of it would have to change. */
void nearest_offer(struct nearest *nearest, const char *name);

/* "; did you mean 'NAME'?" into buf, or "" when nothing was near. Returns buf. */
const char *nearest_hint(const struct nearest *nearest, char *buf, size_t len);

#define NEAREST_HINT_BYTES 96

#endif
