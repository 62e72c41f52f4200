/* SPDX-License-Identifier: MIT */
/*
 * An engine's translation lookaside buffer: what page walks found, kept until it is invalidated.
 * Whatever software stores to page tables or to the GGTT meanwhile does not show.
 *
 * It holds pages of all sizes in one array of GEN9_TLB_SETS sets. A page's set is the lower bits of
 * its number, in units of its own size; of a full set the ways are replaced in turn. Sizes and
 * replacement are assumed: for Gen9 neither is published.
 *
 * A translation is tagged by the table that its walk started at, so that two address spaces never
 * see each other's. A mapping that does not exist is not kept.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_TLB_H
#define PVMMIO_HW_MODEL_GEN9_TLB_H

#include <stdbool.h>
#include <stdint.h>

#define GEN9_TLB_SETS 64u
#define GEN9_TLB_WAYS 4u

enum gen9_space {
	GEN9_SPACE_GGTT,
	GEN9_SPACE_PPGTT, /* the running context's */
	GEN9_SPACE_COUNT,
};

enum gen9_page_size {
	GEN9_PAGE_4K,
	GEN9_PAGE_64K,
	GEN9_PAGE_2M,
	GEN9_PAGE_SIZE_COUNT,
};

/* Where a walk starts. */
struct gen9_root {
	uint64_t table;  /* its address, a multiple of 4096; GGTT: 0 */
	unsigned levels; /* tables to read one after the other: 4, 2 (three-level mode); GGTT: 0 */
};

/* A page that exists. */
struct gen9_mapping {
	uint64_t frame; /* number of its first 4 KiB in the device's view of memory */
	enum gen9_page_size size;
	bool writable;
};

struct gen9_tlb_entry {
	uint64_t tag;        /* the root: table | levels */
	uint64_t page;       /* address in units of the page's size */
	uint64_t generation; /* valid while it is that of the space */
	struct gen9_mapping mapping;
};

struct gen9_tlb {
	struct gen9_tlb_entry entries[GEN9_TLB_SETS][GEN9_TLB_WAYS];
	uint8_t next_way[GEN9_TLB_SETS]; /* to replace when the set is full */
	uint64_t generation[GEN9_SPACE_COUNT];
	unsigned held[GEN9_SPACE_COUNT][GEN9_PAGE_SIZE_COUNT]; /* valid entries */
};

/* Bits of an address within a page of the size. */
unsigned gen9_page_shift(enum gen9_page_size size);

/* Empty. A TLB that is all zeros is not. */
void gen9_tlb_init(struct gen9_tlb *tlb);

/* false: not in it. */
bool gen9_tlb_lookup(const struct gen9_tlb *tlb, const struct gen9_root *root, uint64_t gma,
		     struct gen9_mapping *mapping);

/* After a lookup of gma failed. */
void gen9_tlb_insert(struct gen9_tlb *tlb, const struct gen9_root *root, uint64_t gma,
		     const struct gen9_mapping *mapping);

/* Forget all of the GGTT, or of all PPGTTs. */
void gen9_tlb_invalidate(struct gen9_tlb *tlb, enum gen9_space space);

#endif
