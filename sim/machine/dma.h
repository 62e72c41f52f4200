/* SPDX-License-Identifier: MIT */
/*
 * DMA domain: the address space in which a device sees memory, as an IOMMU makes it.
 *
 *   - the host's domain is the machine's physical memory, one to one: what a mediator uses;
 *   - a VM's domain is its guest physical addresses: what a device passed through to it uses.
 */
#ifndef PVMMIO_SIM_MACHINE_DMA_H
#define PVMMIO_SIM_MACHINE_DMA_H

#include <stdint.h>

#include "sim/machine/physmem.h"

struct dma_domain {
	struct physmem *pm;
	const struct guest_ram *ram; /* NULL: the host's domain */
};

/* Host view of the page with the given device-visible frame number; NULL when nothing is there. */
void *dma_page(const struct dma_domain *domain, uint64_t pfn);

#endif
