// SPDX-License-Identifier: MIT

#include "sim/machine/dma.h"

void *dma_page(const struct dma_domain *domain, uint64_t pfn)
{
	if (domain->ram)
		return guest_ram_page(domain->ram, pfn);
	// Compared before shifting: a device may present any 64-bit number.
	if (pfn >= physmem_size_bytes(domain->pm) >> PAGE_SHIFT)
		return NULL;
	return physmem_at(domain->pm, pfn << PAGE_SHIFT, PAGE_SIZE);
}
