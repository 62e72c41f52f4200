/* SPDX-License-Identifier: MIT */
/*
 * What guest_ram.c needs of physical memory: granules with an owner, and the file behind them.
 * Internal to sim/machine.
 */
#ifndef PVMMIO_SIM_MACHINE_PHYSMEM_IMPL_H
#define PVMMIO_SIM_MACHINE_PHYSMEM_IMPL_H

#include "sim/machine/physmem.h"

/* Unit of placement of a fragmented granule, and the unit in which VMs own memory. */
#define FRAGMENT_SIZE         (UINT64_C(64) << 10)
#define FRAGMENT_PAGES        (FRAGMENT_SIZE / PAGE_SIZE)
#define GRANULE_PAGES         (GUEST_RAM_GRANULE / PAGE_SIZE)
#define FRAGMENTS_PER_GRANULE (GUEST_RAM_GRANULE / FRAGMENT_SIZE)

/* The memfd; it stays physmem's. */
int physmem_fd(const struct physmem *pm);

/*
 * Take count free granules, from the end of memory downwards, for owner. Their indices (mpa /
 * GUEST_RAM_GRANULE) go to granules[]; their bytes are zero. 0, or -ENOMEM and nothing taken.
 */
int physmem_take_granules(struct physmem *pm, unsigned owner, uint32_t count, uint32_t *granules);

/* Give them back and their storage to the system. */
void physmem_release_granules(struct physmem *pm, uint32_t count, const uint32_t *granules);

/* Largest owner that frames can have. */
#define PHYSMEM_OWNER_LIMIT UINT16_MAX

#endif
