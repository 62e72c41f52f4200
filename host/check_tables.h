/* SPDX-License-Identifier: MIT */
/*
 * What the invariant checker has seen of page tables: a map from a table's frame to how often it is
 * led to and at which level it serves. Its size goes with the tables there are, not with the
 * machine's memory.
 */
#ifndef PVMMIO_HOST_CHECK_TABLES_H
#define PVMMIO_HOST_CHECK_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct check_table {
	uint64_t mfn; /* 0: the place is free */
	uint32_t refs;
	uint8_t seen; /* level + 1; 0: not looked at */
};

struct check_tables {
	struct check_table *places; /* a power of two of them, at most half of them taken */
	size_t place_count;
	size_t count;
};

/* That of mfn, made if there is none; good until the next call. NULL: no memory. */
struct check_table *check_table_at(struct check_tables *tables, uint64_t mfn);

void check_tables_fini(struct check_tables *tables);

#endif
