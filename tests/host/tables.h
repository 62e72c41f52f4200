/* SPDX-License-Identifier: MIT */
/*
 * A guest that writes page tables by hand, and checks of what the mediator made of them.
 *
 * Stores that a test wants to count are made on the guest's vCPU, through the bus; tables that
 * nobody watches yet can be filled through rig_at().
 */
#ifndef PVMMIO_TESTS_HOST_TABLES_H
#define PVMMIO_TESTS_HOST_TABLES_H

#include "host/ppgtt.h"
#include "host/shadow_page.h"
#include "rig.h"

#define PTE_RW     UINT64_C(3)
#define PTE_RO     UINT64_C(1)
#define PDE_2M     GEN8_PDE_PS_2M
#define PDE_64K    GEN8_PDE_IPS_64K
#define PD_SPAN    (UINT64_C(1) << 30) /* what a page directory covers */
#define PT_SPAN    (UINT64_C(1) << 21)
#define GAMW_ECO   GAMW_ECO_DEV_RW_IA
#define NO_ADDRESS UINT64_MAX

/* An empty table. */
uint64_t tables_new(struct rig_guest *guest);

/* count pages of memory from gpa on into the table's entries from first on: no stores of a vCPU. */
void tables_fill(struct rig_guest *guest, uint64_t table, unsigned first, unsigned count,
		 uint64_t gpa, uint64_t flags);

/* A PML4 that leads to a PDP, that leads to a PD: their addresses. */
struct tables {
	struct rig_guest *guest;
	uint64_t pml4, pdp, pd;
};
void tables_create(struct tables *tables, struct rig_guest *guest);

/* One store of a vCPU; count stores of 8 bytes, entries as of tables_fill(). */
void tables_store(struct rig_guest *guest, uint64_t gpa, unsigned size_bytes, uint64_t value);
void tables_store_pages(struct rig_guest *guest, uint64_t table, unsigned first, unsigned count,
			uint64_t gpa, uint64_t flags);

/* Exits of the VM so far. */
uint64_t tables_exits(const struct rig_guest *guest, enum exit_reason reason);

/* The notification, as a guest makes it: stores of the roots, then the code. */
void tables_notify(struct rig_guest *guest, uint32_t code, const uint64_t roots[PPGTT_ROOTS]);
void tables_notify4(struct rig_guest *guest, uint32_t code, uint64_t root);

/* The space with this first root, or NULL. Nothing of the mediator moves. */
struct ppgtt_mm *tables_space(const struct rig_guest *guest, uint64_t root);

/* Host physical address that the GPU reaches, or NO_ADDRESS; *writable, if not NULL. */
uint64_t tables_reach(const struct rig *rig, const struct ppgtt_mm *mm, uint64_t gma,
		      bool *writable);

/* The machine address of a guest's. */
uint64_t tables_mpa(const struct rig_guest *guest, uint64_t gpa);

/*
 * Check every entry of every shadowed space against the guest's tables, that no entry leads to
 * memory that is neither the guest's nor scratch, that tables are tracked, and that pins are as
 * many as there are entries, beside those taken by others before (base_pins, by gfn, of
 * tables_pins()). Returns how many entries that the guest has present lead to scratch.
 */
unsigned tables_check(const struct rig_guest *guest, const uint64_t *base_pins);

/* Pins of each gfn now; the caller frees it. */
uint64_t *tables_pins(const struct rig_guest *guest);

/* ppgtt_sync() on a thread of the host. */
int tables_sync(struct rig_guest *guest);

#endif
