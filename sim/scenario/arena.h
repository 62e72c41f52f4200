/* SPDX-License-Identifier: MIT */
/*
 * Arena: memory that is given back all at once. Document trees live in one, so that nothing in
 * them has an owner of its own.
 */
#ifndef PVMMIO_SIM_SCENARIO_ARENA_H
#define PVMMIO_SIM_SCENARIO_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Zero-initialise. */
struct arena {
	struct arena_chunk *chunks;
};

/* size zeroed bytes, aligned for anything. NULL when out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copy of text[0..len), terminated. NULL when out of memory. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* Free everything; the arena is empty and usable afterwards. */
void arena_free(struct arena *arena);

#endif
