/* SPDX-License-Identifier: MIT */
/*
 * Page tables of a context, as a driver builds them: in memory that the CPU reaches through the
 * rig's GGTT addresses.
 */
#ifndef PVMMIO_TESTS_HW_MODEL_PPGTT_H
#define PVMMIO_TESTS_HW_MODEL_PPGTT_H

#include "tests/hw-model/rig.h"

#define PTE_RW (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)

/* Index of gma in a table of the given level, 0 the lowest. */
#define PPGTT_INDEX(gma, level) ((uint32_t)((gma) >> (12 + 9 * (level))) & 0x1ffu)

/* GGTT addresses of one table of each level, lowest first: page table to PML4. */
struct ppgtt_tables {
	uint32_t table[4];
};

void ppgtt_set_entry(struct rig *rig, uint32_t table, uint32_t index, uint64_t entry);

/* Change the entry of gma's walk at a level. */
void ppgtt_set_level(struct rig *rig, const struct ppgtt_tables *t, uint64_t gma, unsigned level,
		     uint64_t entry);

/* A present and writable entry for the rig's page. */
uint64_t ppgtt_entry(const struct rig *rig, uint32_t page);

/* Store the root in the context's image: an address only. */
void ppgtt_set_root(struct rig_context *ctx, unsigned n, uint32_t table);

/* Map count pages, at `pages` in the GGTT, to gma in a fresh 4-level PPGTT of ctx. */
struct ppgtt_tables ppgtt_map(struct rig_context *ctx, uint64_t gma, uint32_t pages,
			      unsigned count);

/* The ring of ctx starts a batch at gma. */
void ppgtt_start(struct rig_context *ctx, uint64_t gma);

/* As rig_submit(), with addressing mode CTX_DESC_MODE_*, and other bits of the descriptor set. */
void ppgtt_submit(struct rig_context *ctx, unsigned mode, uint32_t bits);

#endif
