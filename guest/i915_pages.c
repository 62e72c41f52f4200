// SPDX-License-Identifier: MIT
#include "guest/i915_pages.h"

#include "guest/i915_errno.h"

int i915_pages_alloc(struct platform *plat, struct i915_pages *pages, size_t page_count,
		     size_t align_pages)
{
	uint64_t align_bytes = (uint64_t)align_pages * PLAT_PAGE_SIZE;
	uint64_t gpa, skip;
	char *block;

	if (page_count > SIZE_MAX / PLAT_PAGE_SIZE - align_pages)
		return -I915_ENOMEM;
	block = plat_alloc_pages(plat, page_count + align_pages - 1, &gpa);
	if (!block)
		return -I915_ENOMEM;
	skip = -gpa & (align_bytes - 1);
	pages->block = block;
	pages->block_pages = page_count + align_pages - 1;
	pages->cpu = block + skip;
	pages->gpa = gpa + skip;
	pages->page_count = page_count;
	return 0;
}

void i915_pages_free(struct platform *plat, struct i915_pages *pages)
{
	if (pages->block)
		plat_free_pages(plat, pages->block, pages->block_pages);
	*pages = (struct i915_pages){ 0 };
}
