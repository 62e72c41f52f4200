// SPDX-License-Identifier: MIT

#include "host/check_tables.h"

#include <stdlib.h>

#define PLACES_MIN 64u

// Where mfn is, or the free place where it belongs. Linear probing after Fibonacci hashing.
static struct check_table *place_of(const struct check_tables *tables, uint64_t mfn)
{
	size_t i = (size_t)(mfn * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	for (;; i++) {
		struct check_table *place = &tables->places[i & (tables->place_count - 1)];

		if (!place->mfn || place->mfn == mfn)
			return place;
	}
}

static int grow(struct check_tables *tables)
{
	struct check_tables larger = {
		.place_count = tables->place_count ? 2 * tables->place_count : PLACES_MIN,
		.count = tables->count,
	};

	larger.places = calloc(larger.place_count, sizeof(*larger.places));
	if (!larger.places)
		return -1;
	for (size_t i = 0; i < tables->place_count; i++)
		if (tables->places[i].mfn)
			*place_of(&larger, tables->places[i].mfn) = tables->places[i];
	free(tables->places);
	*tables = larger;
	return 0;
}

struct check_table *check_table_at(struct check_tables *tables, uint64_t mfn)
{
	struct check_table *place;

	if (2 * (tables->count + 1) > tables->place_count && grow(tables))
		return NULL;
	place = place_of(tables, mfn);
	tables->count += !place->mfn;
	place->mfn = mfn;
	return place;
}

void check_tables_fini(struct check_tables *tables)
{
	free(tables->places);
	*tables = (struct check_tables){ 0 };
}
