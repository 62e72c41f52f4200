// SPDX-License-Identifier: MIT

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/machine/page_pool.h"

#define BITS 64

int page_pool_init(struct page_pool *pool, uint64_t first_pfn, uint64_t end_pfn)
{
	assert(first_pfn <= end_pfn);
	*pool = (struct page_pool){
		.first_pfn = first_pfn,
		.end_pfn = end_pfn,
		.lowest_pfn = end_pfn,
		.used = calloc((end_pfn - first_pfn) / BITS + 1, sizeof(uint64_t)),
	};
	return pool->used ? 0 : -ENOMEM;
}

void page_pool_fini(struct page_pool *pool)
{
	free(pool->used);
}

static bool is_used(const struct page_pool *pool, uint64_t pfn)
{
	uint64_t bit = pfn - pool->first_pfn;

	return pool->used[bit / BITS] >> (bit % BITS) & 1;
}

static void flip(struct page_pool *pool, uint64_t pfn, uint64_t page_count, bool was_used)
{
	for (uint64_t i = pfn; i < pfn + page_count; i++) {
		uint64_t bit = i - pool->first_pfn;

		assert(is_used(pool, i) == was_used);
		pool->used[bit / BITS] ^= UINT64_C(1) << (bit % BITS);
	}
}

// First page of the highest free run of page_count among pages that were in use before, or that
// begins there and goes on below.
static bool find_run(const struct page_pool *pool, uint64_t page_count, uint64_t *pfn_out)
{
	uint64_t run_pages = 0;

	// Without a hole above, the answer lies right below.
	if (pool->end_pfn - pool->lowest_pfn == pool->in_use_pages) {
		*pfn_out = pool->lowest_pfn - page_count;
		return pool->lowest_pfn - pool->first_pfn >= page_count;
	}
	for (uint64_t pfn = pool->end_pfn; pfn-- > pool->first_pfn;) {
		run_pages = is_used(pool, pfn) ? 0 : run_pages + 1;
		if (run_pages == page_count) {
			*pfn_out = pfn;
			return true;
		}
	}
	return false;
}

int page_pool_alloc(struct page_pool *pool, uint64_t page_count, uint64_t *pfn_out)
{
	uint64_t pfn;

	if (page_count == 0 || page_count > pool->end_pfn - pool->first_pfn ||
	    !find_run(pool, page_count, &pfn))
		return -ENOMEM;
	flip(pool, pfn, page_count, false);
	pool->in_use_pages += page_count;
	if (pfn < pool->lowest_pfn)
		pool->lowest_pfn = pfn;
	*pfn_out = pfn;
	return 0;
}

void page_pool_free(struct page_pool *pool, uint64_t pfn, uint64_t page_count)
{
	assert(pfn >= pool->first_pfn && pfn <= pool->end_pfn);
	assert(page_count <= pool->end_pfn - pfn);
	flip(pool, pfn, page_count, true);
	pool->in_use_pages -= page_count;
}

void page_pool_free_all(struct page_pool *pool)
{
	for (uint64_t pfn = pool->lowest_pfn; pfn < pool->end_pfn && pool->in_use_pages; pfn++)
		if (is_used(pool, pfn))
			page_pool_free(pool, pfn, 1);
}
