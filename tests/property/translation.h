/* SPDX-License-Identifier: MIT */
/*
 * Two trees of page tables, the guest's own and what the hardware walks instead: do they translate
 * every address of the space alike?
 *
 * Both trees are descended side by side. Each pair of tables is compared once, so that trees whose
 * unused parts all lead to the same few scratch tables are compared completely. Page sizes may
 * differ: a page of 2 MiB equals the 512 pages that it covers.
 */
#ifndef PVMMIO_TESTS_PROPERTY_TRANSLATION_H
#define PVMMIO_TESTS_PROPERTY_TRANSLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/machine/physmem.h"

struct translation_pair; /* tables that were compared */

struct translation {
	const struct guest_ram *ram;
	const struct physmem *pm; /* the hardware's tables name frames of it; NULL: guest frames */
	uint64_t guest_scratch_gfn;
	uint64_t guest_scratch_pages;
	/*
	 * Where the hardware's tables lead instead of to the guest's scratch pages; 0: they have
	 * to lead to the latter.
	 */
	uint64_t host_scratch_mfn;
	bool holds_64k_pages; /* the guest has enabled them */

	struct translation_pair *pairs;
	size_t pair_slots;
	size_t pair_count;
	uint64_t pages; /* that are mapped to other than scratch */
	char why[160];
};

/*
 * levels is 4 (one root) or 3 (four roots, of two levels each). Roots are addresses of tables. 0;
 * -EINVAL with a sentence in why; -ENOMEM.
 */
int translation_compare(struct translation *t, unsigned levels, const uint64_t *guest_roots,
			const uint64_t *hardware_roots);

#endif
