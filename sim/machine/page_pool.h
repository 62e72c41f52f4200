/* SPDX-License-Identifier: MIT */
/*
 * Pool of page frames that are handed out in contiguous runs, highest first. It knows numbers only:
 * the pages' contents are the caller's business.
 */
#ifndef PVMMIO_SIM_MACHINE_PAGE_POOL_H
#define PVMMIO_SIM_MACHINE_PAGE_POOL_H

#include <stdint.h>

struct page_pool {
	uint64_t first_pfn;
	uint64_t end_pfn;
	uint64_t lowest_pfn; /* no page below has ever been handed out */
	uint64_t in_use_pages;
	uint64_t *used; /* a bit per page, from first_pfn */
};

/* Pages [first_pfn, end_pfn). 0, -ENOMEM. */
int page_pool_init(struct page_pool *pool, uint64_t first_pfn, uint64_t end_pfn);
void page_pool_fini(struct page_pool *pool);

/* The highest run of page_count free pages. 0, -ENOMEM. */
int page_pool_alloc(struct page_pool *pool, uint64_t page_count, uint64_t *pfn_out);

/* Give back any run of pages that are in use; asserts that they are. */
void page_pool_free(struct page_pool *pool, uint64_t pfn, uint64_t page_count);

/* Give back all that are in use. lowest_pfn stays: they have been handed out. */
void page_pool_free_all(struct page_pool *pool);

#endif
