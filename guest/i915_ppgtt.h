/* SPDX-License-Identifier: MIT */
/*
 * PPGTT: page tables of four levels (48 bits of address) or three (32 bits).
 *
 * An entry that maps nothing leads to scratch: to the address space's scratch table of the next
 * lower level, at the lowest level to its scratch page. So the GPU finds memory at every address.
 * New tables are filled with scratch before they are linked. Tables are linked from the top down,
 * each before its children are, and a table that becomes empty is unlinked, its own entries left
 * as they were.
 *
 * Stores of 8 bytes into linked tables; each is an exit where the host protects the table:
 *
 *   operation                                  stores
 *   allocate                                   1 for each new table
 *   insert, 4 KiB and 2 MiB pages              1 for each page
 *   insert, 64 KiB pages                       1 for each page, and 1 for each table (its IPS bit)
 *   clear, table becomes empty                 1, in its parent
 *   clear, table stays in use                  1 for each page
 *   create or destroy a root, on a vGPU        register writes: 3 (four levels), 9 (three)
 *
 * With level ppgtt_update the stores are the same, the host does not protect the tables, and each
 * of the three operations costs one notification.
 *
 * A 2 MiB page is mapped by the directory's entry; the table below stays allocated and is counted,
 * as in Linux 4.19.
 *
 * Source: Linux 4.19 i915_gem_gtt.c; for the level ACRN's 4.19 kernel.
 */
#ifndef PVMMIO_GUEST_I915_PPGTT_H
#define PVMMIO_GUEST_I915_PPGTT_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_vm.h"

#define I915_PAGE_64K UINT64_C(0x10000)
#define I915_PAGE_2M  UINT64_C(0x200000)

#define I915_PPGTT_LEVELS  4u /* tables: 0 maps pages, 3 is the top of four levels */
#define I915_TABLE_ENTRIES 512u
#define I915_PPGTT_ROOTS   4u

/* A page of entries. */
struct i915_table {
	uint64_t *entries; /* NULL: the top of three levels, which the GPU does not know */
	uint64_t gpa;
	struct i915_table **children; /* one for each entry, NULL: scratch; level 0 has none */
	uint32_t used;                /* level 0: pages allocated; above: children */
};

struct i915_ppgtt {
	struct i915_vm vm;
	unsigned top_level;
	struct i915_table *top;
	/* What an entry of each level holds that maps nothing, and the tables that those name. */
	uint64_t scratch_entry[I915_PPGTT_LEVELS];
	void *scratch_tables[I915_PPGTT_LEVELS - 1];
};

extern const struct i915_vm_ops i915_ppgtt_native;
extern const struct i915_vm_ops i915_ppgtt_pv; /* level ppgtt_update */

/* An address space of i915->ppgtt_mode. NULL: no memory. It ends with i915_vm_unref(). */
struct i915_vm *i915_ppgtt_create(struct i915 *i915);

/* Guest physical addresses of the roots: one, or four page directories. Returns how many. */
unsigned i915_ppgtt_roots(const struct i915_vm *vm, uint64_t roots[I915_PPGTT_ROOTS]);

/* Would an object at gpa have pages of more than 4 KiB, bound at a multiple of 2 MiB? */
bool i915_ppgtt_maps_large(uint64_t gpa, uint64_t length_bytes);

/* The native operations, on which the paravirtual ones are built. */
int i915_ppgtt_allocate(struct i915_vm *vm, uint64_t start, uint64_t length_bytes);
void i915_ppgtt_deallocate(struct i915_vm *vm, uint64_t start, uint64_t length_bytes);
void i915_ppgtt_insert(struct i915_vm *vm, const struct i915_vma *vma);
void i915_ppgtt_clear(struct i915_vm *vm, uint64_t start, uint64_t length_bytes);
void i915_ppgtt_destroy(struct i915_vm *vm);

#endif
