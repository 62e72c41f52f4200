/* SPDX-License-Identifier: MIT */
/*
 * Guests that use pvmmio's table levels by hand, for tests. Records are stored as a vCPU would,
 * except that it takes no time; the doorbell is a store of the guest's vCPU 0.
 */
#ifndef PVMMIO_TESTS_HOST_PV_H
#define PVMMIO_TESTS_HOST_PV_H

#include "host/ppgtt.h"
#include "rig.h"
#include "tables.h"

#define PV_NO_ANSWER 0xbad0u /* what the status word says before an operation */

/* A rig of options->vm_count guests, booted, each with a shared page and these levels. */
void pv_create(struct rig *rig, const struct rig_options *options, uint32_t levels);

/* Fails the calling test if gvt_check() finds anything. */
void pv_check(const struct rig *rig);

struct pvmmio_page *pv_page(struct rig_guest *guest);

/* Fill the record and ring the doorbell: what the status word says then. */
uint32_t pv_ppgtt(struct rig_guest *guest, uint32_t code, uint64_t pdp, uint64_t start,
		  uint64_t length_bytes);
uint32_t pv_ggtt(struct rig_guest *guest, uint32_t code, uint64_t start, uint64_t length_bytes);

/* An empty 4-level space that the host knows: its root. */
uint64_t pv_space(struct rig_guest *guest);

/*
 * The guest's own entry for gma at a level (0: page table .. 3: PML4); tables above it are made
 * where there are none.
 */
uint64_t *pv_entry(struct rig_guest *guest, uint64_t root, uint64_t gma, unsigned level);

/* Let the guest's tables map count pages from gpa on at gma. The host is told nothing. */
void pv_fill(struct rig_guest *guest, uint64_t root, uint64_t gma, uint64_t gpa, unsigned count,
	     uint64_t flags);

/* Fill, alloc and insert: all must succeed. */
void pv_map(struct rig_guest *guest, uint64_t root, uint64_t gma, uint64_t gpa, unsigned count);

/*
 * Host address that the GPU reaches at gma of the guest's space, as tables_reach(); NO_ADDRESS for
 * scratch too.
 */
uint64_t pv_reach(struct rig_guest *guest, uint64_t root, uint64_t gma, bool *writable);

/* Does every page at gma reach the one from gpa on? */
bool pv_is_mapped(struct rig_guest *guest, uint64_t root, uint64_t gma, uint64_t gpa,
		  unsigned count);

#endif
