// SPDX-License-Identifier: MIT
#include "guest/i915_ring.h"

#include <string.h>

/* Bytes to skip so that length_bytes from offset do not cross the end. */
static uint32_t padding(const struct i915_ring *ring, uint32_t offset, uint32_t length_bytes)
{
	uint32_t to_end = ring->size_bytes - offset;

	return to_end < length_bytes ? to_end : 0;
}

bool i915_ring_reserve(struct i915_ring *ring, uint32_t length_bytes)
{
	uint32_t free_bytes = i915_ring_wrap(ring, ring->head - ring->emit - I915_RING_GUARD_BYTES);
	uint32_t offset = ring->emit;
	uint32_t needed = 0;

	for (uint32_t i = 0; i <= ring->reserved_count; i++) {
		uint32_t step = padding(ring, offset, length_bytes) + length_bytes;

		needed += step;
		if (needed > free_bytes)
			return false;
		offset = i915_ring_wrap(ring, offset + step);
	}
	ring->reserved_count++;
	return true;
}

void i915_ring_cancel(struct i915_ring *ring)
{
	ring->reserved_count--;
}

uint32_t *i915_ring_begin(struct i915_ring *ring, uint32_t length_bytes)
{
	uint32_t skip = padding(ring, ring->emit, length_bytes);
	uint32_t start = i915_ring_wrap(ring, ring->emit + skip);

	memset(ring->dwords + ring->emit / 4, 0, skip); /* MI_NOOP */
	ring->emit = i915_ring_wrap(ring, start + length_bytes);
	ring->reserved_count--;
	return ring->dwords + start / 4;
}

void i915_ring_retire(struct i915_ring *ring, uint32_t head)
{
	ring->head = i915_ring_wrap(ring, head);
}
