// SPDX-License-Identifier: MIT
#include "sim/simulation/spread.h"

#include <assert.h>
#include <stdbool.h>

#define PAGE_DWORDS 1024u

/* Counted over all pieces. */
static uint64_t position(const struct spread *s, uint32_t i)
{
	return i * (s->piece_dwords * s->piece_count) / s->count;
}

struct spread_place spread_place(const struct spread *spread, uint32_t i)
{
	uint64_t at = position(spread, i);

	return (struct spread_place){ at / spread->piece_dwords, at % spread->piece_dwords };
}

/* The page that dword i is in. */
static uint32_t *page_of(const struct spread *s, uint32_t i)
{
	struct spread_place place = spread_place(s, i);

	assert(s->piece_dwords % PAGE_DWORDS == 0);
	return s->pieces[place.piece] + (place.index & ~(uint64_t)(PAGE_DWORDS - 1));
}

/*
 * What belongs at `word` of the page that dword *next is in, *next being the first that is not
 * behind it: the dword itself, past which *next moves, or the filling.
 */
static uint32_t wanted(const struct spread *s, uint64_t page, uint32_t word, uint64_t key,
		       uint32_t *next, bool *inside)
{
	*inside = *next < s->count && position(s, *next) == page * PAGE_DWORDS + word;
	return *inside ? surface_word(key, (*next)++) : SURFACE_MARGIN_WORD;
}

void spread_poison(const struct spread *spread, uint64_t key)
{
	uint32_t next = 0;

	while (next < spread->count) {
		uint64_t page = position(spread, next) / PAGE_DWORDS;
		uint32_t *words = page_of(spread, next);
		bool inside;

		for (uint32_t word = 0; word < PAGE_DWORDS; word++) {
			uint32_t want = wanted(spread, page, word, key, &next, &inside);

			words[word] = inside ? ~want : want;
		}
	}
}

struct surface_verdict spread_verify(const struct spread *spread, uint64_t key)
{
	struct surface_verdict verdict = { 0 };
	uint32_t next = 0;

	while (next < spread->count) {
		uint64_t page = position(spread, next) / PAGE_DWORDS;
		const uint32_t *words = page_of(spread, next);
		bool inside;

		for (uint32_t word = 0; word < PAGE_DWORDS; word++) {
			uint32_t want = wanted(spread, page, word, key, &next, &inside);

			surface_judge(&verdict, words[word], want, inside);
		}
	}
	return verdict;
}

void spread_each_page(const struct spread *spread,
		      void (*fn)(void *opaque, const void *bytes, size_t len), void *opaque)
{
	uint64_t last = UINT64_MAX;

	for (uint32_t i = 0; i < spread->count; i++) {
		uint64_t page = position(spread, i) / PAGE_DWORDS;

		if (page != last)
			fn(opaque, page_of(spread, i), PAGE_DWORDS * sizeof(uint32_t));
		last = page;
	}
}
