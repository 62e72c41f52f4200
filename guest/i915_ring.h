/* SPDX-License-Identifier: MIT */
/*
 * Ring: room accounting of a context's ring buffer on one engine. Its size is a power of two.
 *
 * Room is reserved when a request is created and used when it is added, so adding cannot fail. A
 * request's commands are never split: what is left at the end of the ring is filled with MI_NOOP.
 * All requests of one engine have the same length, so the room for those reserved is known however
 * they are ordered.
 *
 * The caller holds the engine's lock. Nothing here exits.
 */
#ifndef PVMMIO_GUEST_I915_RING_H
#define PVMMIO_GUEST_I915_RING_H

#include <stdbool.h>
#include <stdint.h>

/* Head and tail never come closer than a cache line, as in i915. */
#define I915_RING_GUARD_BYTES 64u

struct i915_ring {
	uint32_t *dwords;
	uint32_t size_bytes;
	uint64_t gma;
	uint32_t head; /* the GPU has passed this byte offset */
	uint32_t emit; /* where the next request starts, if it fits before the end */
	uint32_t reserved_count;
};

/* Reserve room for one more request of length_bytes. false: full. */
bool i915_ring_reserve(struct i915_ring *ring, uint32_t length_bytes);
void i915_ring_cancel(struct i915_ring *ring);

/* Use a reservation: where to write length_bytes of commands; emit is behind them afterwards. */
uint32_t *i915_ring_begin(struct i915_ring *ring, uint32_t length_bytes);

/* Everything up to the byte offset has been executed. */
void i915_ring_retire(struct i915_ring *ring, uint32_t head);

static inline uint32_t i915_ring_wrap(const struct i915_ring *ring, uint32_t offset)
{
	return offset & (ring->size_bytes - 1);
}

#endif
