// SPDX-License-Identifier: MIT
// The platform's life, and the guest's page allocator.

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/platform_object.h"

#define RESERVED_BYTES (UINT64_C(1) << 20) // never handed out

int platform_create(struct platform **out, struct vm *vm)
{
	struct platform *plat = calloc(1, sizeof(*plat));

	if (!plat)
		return -ENOMEM;
	plat->vm = vm;
	plat->ex = vm->m->ex;
	plat->bus = vm->bus;
	plat->ram = guest_ram_guest_view(vm->ram);
	plat->ram_bytes = guest_ram_size_bytes(vm->ram);
	if (page_pool_init(&plat->pages, RESERVED_BYTES >> PAGE_SHIFT,
			   plat->ram_bytes >> PAGE_SHIFT)) {
		free(plat);
		return -ENOMEM;
	}
	*out = plat;
	return 0;
}

void platform_destroy(struct platform *plat)
{
	if (!plat)
		return;
	page_pool_fini(&plat->pages);
	free(plat);
}

void platform_reboot(struct platform *plat)
{
	page_pool_free_all(&plat->pages);
	plat->vm->irq_handler = NULL;
	plat->vm->irq_opaque = NULL;
	for (unsigned i = 0; i < plat->vm->vcpu_count; i++)
		vcpu_reset_interrupts(plat->vm->vcpus[i]);
}

uint64_t platform_pages_in_use(const struct platform *plat)
{
	return plat->pages.in_use_pages;
}

void *plat_alloc_pages(struct platform *plat, size_t page_count, uint64_t *gpa_out)
{
	// Below, no page was ever handed out: still the zeroes of a new memfd, and not touched for
	// that reason, so that what a guest allocates and never uses takes no memory of the host.
	uint64_t fresh_end_pfn = plat->pages.lowest_pfn;
	uint64_t pfn, used_pfn;

	if (page_pool_alloc(&plat->pages, page_count, &pfn))
		return NULL;
	used_pfn = pfn > fresh_end_pfn ? pfn : fresh_end_pfn;
	if (used_pfn < pfn + page_count)
		memset(plat->ram + (used_pfn << PAGE_SHIFT), 0,
		       (pfn + page_count - used_pfn) << PAGE_SHIFT);
	*gpa_out = pfn << PAGE_SHIFT;
	return plat->ram + (pfn << PAGE_SHIFT);
}

void plat_free_pages(struct platform *plat, void *pages, size_t page_count)
{
	uint64_t gpa = (uint64_t)((uint8_t *)pages - plat->ram);

	assert(gpa % PLAT_PAGE_SIZE == 0 && gpa < plat->ram_bytes);
	page_pool_free(&plat->pages, gpa >> PAGE_SHIFT, page_count);
}
