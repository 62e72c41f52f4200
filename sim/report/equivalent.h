/* SPDX-License-Identifier: MIT */
/*
 * Equivalence: did two variants leave the same state behind, as guests see it? That is what they
 * read back from memory, what became of their requests and flips, which kinds of interrupt they
 * saw, and how they ended; not how many exits, interrupts or picoseconds that took.
 */
#ifndef PVMMIO_SIM_REPORT_EQUIVALENT_H
#define PVMMIO_SIM_REPORT_EQUIVALENT_H

#include "sim/report/flatten.h"

#define EQUIVALENT_WHAT_BYTES (FLATTEN_PATH_BYTES + 256)

/*
 * a and b as made by flat_variant(). true: they did, *compared values are alike. false: what says
 * what differs first, by path.
 */
bool equivalent_state(const struct flat_list *a, const struct flat_list *b, size_t *compared,
		      char *what);

#endif
