// SPDX-License-Identifier: MIT
#include "sim/simulation/frames.h"

#include <errno.h>
#include <stdlib.h>

int frame_times_add(struct frame_times *frames, uint64_t ps)
{
	if (frames->count == frames->capacity) {
		size_t capacity = frames->capacity ? 2 * frames->capacity : 64;
		uint64_t *grown = realloc(frames->ps, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		frames->ps = grown;
		frames->capacity = capacity;
	}
	frames->ps[frames->count++] = ps;
	return 0;
}
