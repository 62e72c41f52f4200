// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/tree_object.h"

#define PS_PER_SECOND 1e12

static int compare_times(const void *a, const void *b)
{
	uint64_t l = *(const uint64_t *)a, r = *(const uint64_t *)b;

	return (l > r) - (l < r);
}

/* The smallest time that so many of a hundred do not exceed. */
static uint64_t percentile(const uint64_t *sorted, size_t count, unsigned percent)
{
	return count ? sorted[(count * percent + 99) / 100 - 1] : 0;
}

static json_t *tree_times(const uint64_t *sorted, size_t count)
{
	struct object obj = object_begin();
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += sorted[i];
	put_uint(&obj, "mean_ps", count ? sum / count : 0);
	put_uint(&obj, "p50_ps", percentile(sorted, count, 50));
	put_uint(&obj, "p90_ps", percentile(sorted, count, 90));
	put_uint(&obj, "p99_ps", percentile(sorted, count, 99));
	put_uint(&obj, "max_ps", count ? sorted[count - 1] : 0);
	return obj.json;
}

json_t *tree_frames(const struct frame_times *frames, uint64_t duration_ps)
{
	uint64_t *sorted = malloc((frames->count + 1) * sizeof(*sorted));
	struct object obj = object_begin();
	double per_second = 0;

	if (!sorted) {
		json_decref(obj.json);
		return NULL;
	}
	if (frames->count)
		memcpy(sorted, frames->ps, frames->count * sizeof(*sorted));
	qsort(sorted, frames->count, sizeof(*sorted), compare_times);
	if (duration_ps)
		per_second = (double)frames->count * PS_PER_SECOND / (double)duration_ps;
	put_uint(&obj, "count", frames->count);
	put_uint(&obj, "late", frames->late);
	put(&obj, "per_second", json_real(per_second));
	put(&obj, "time", tree_times(sorted, frames->count));
	free(sorted);
	return obj.json;
}

json_t *tree_clients(const struct vm_result *vm)
{
	struct object all = object_begin();
	char key[24];

	for (size_t i = 0; i < vm->client_count; i++) {
		const struct client_result *client = &vm->clients[i];
		struct object obj = object_begin();

		put(&obj, "frames", tree_frames(&client->frames, client->duration_ps));
		put_uint(&obj, "batches", client->batches);
		put_uint(&obj, "late_periods", client->late_periods);
		put_uint(&obj, "wait_ps", client->wait_ps);
		put_uint(&obj, "duration_ps", client->duration_ps);
		snprintf(key, sizeof(key), "%zu", i);
		put(&all, key, obj.json);
	}
	return all.json;
}
