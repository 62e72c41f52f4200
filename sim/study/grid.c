// SPDX-License-Identifier: MIT
#include "sim/study/grid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Would the same key be set by two axes? Then one of them would have no effect. */
static bool shares_key(const struct study_axis *a, const struct study_axis *b)
{
	for (size_t i = 0; i < a->key_count; i++) {
		for (size_t j = 0; j < b->key_count; j++) {
			size_t len = strcspn(a->settings[i], "=");

			if (strncmp(a->settings[i], b->settings[j], len + 1) == 0)
				return true;
		}
	}
	return false;
}

static int check_axis(const struct study_grid *grid, const struct study_axis *axis, char *why)
{
	for (size_t i = 0; i < grid->axis_count; i++) {
		if (!shares_key(&grid->axes[i], axis))
			continue;
		snprintf(why, STUDY_WHY_BYTES, "a key of '%.100s' is varied twice", axis->name);
		return -EINVAL;
	}
	if (study_grid_point_count(grid) * axis->count <= STUDY_GRID_POINT_LIMIT)
		return 0;
	snprintf(why, STUDY_WHY_BYTES, "more than %u points", STUDY_GRID_POINT_LIMIT);
	return -EINVAL;
}

int study_grid_add(struct study_grid *grid, const char *text, char *why)
{
	struct study_axis *axes =
		reallocarray(grid->axes, grid->axis_count + 1, sizeof(*grid->axes));
	struct study_axis axis;
	int ret;

	if (!axes)
		return -ENOMEM;
	grid->axes = axes;
	ret = study_axis_read(&axis, text, why);
	if (ret == 0)
		ret = check_axis(grid, &axis, why);
	if (ret)
		study_axis_free(&axis);
	else
		grid->axes[grid->axis_count++] = axis;
	return ret;
}

void study_grid_free(struct study_grid *grid)
{
	for (size_t i = 0; i < grid->axis_count; i++)
		study_axis_free(&grid->axes[i]);
	free(grid->axes);
	*grid = (struct study_grid){ 0 };
}

uint64_t study_grid_point_count(const struct study_grid *grid)
{
	uint64_t count = 1;

	for (size_t i = 0; i < grid->axis_count; i++)
		count *= grid->axes[i].count;
	return count;
}

size_t study_grid_index(const struct study_grid *grid, uint64_t point, size_t axis)
{
	for (size_t i = grid->axis_count - 1; i > axis; i--)
		point /= grid->axes[i].count;
	return (size_t)(point % grid->axes[axis].count);
}

size_t study_grid_setting_count(const struct study_grid *grid)
{
	size_t count = 0;

	for (size_t i = 0; i < grid->axis_count; i++)
		count += grid->axes[i].key_count;
	return count;
}

void study_grid_settings(const struct study_grid *grid, uint64_t point, const char **settings)
{
	for (size_t i = 0; i < grid->axis_count; i++) {
		const struct study_axis *axis = &grid->axes[i];
		size_t first = study_grid_index(grid, point, i) * axis->key_count;

		for (size_t j = 0; j < axis->key_count; j++)
			*settings++ = axis->settings[first + j];
	}
}

int study_shard_read(struct study_shard *shard, const char *text, char *why)
{
	const char *slash = strchr(text, '/');
	char index[24];

	if (slash && (size_t)(slash - text) < sizeof(index)) {
		memcpy(index, text, (size_t)(slash - text));
		index[slash - text] = '\0';
		if (units_parse_integer(index, &shard->index) == 0 &&
		    units_parse_integer(slash + 1, &shard->count) == 0 && shard->index >= 1 &&
		    shard->index <= shard->count && shard->count <= STUDY_GRID_POINT_LIMIT)
			return 0;
	}
	snprintf(why, STUDY_WHY_BYTES, "'%.40s' is no part of a whole; expected 1/N to N/N", text);
	return -EINVAL;
}

uint64_t study_shard_size(const struct study_shard *shard, uint64_t points)
{
	return points < shard->index ? 0 : (points - shard->index) / shard->count + 1;
}

uint64_t study_shard_point(const struct study_shard *shard, uint64_t i)
{
	return shard->index - 1 + i * shard->count;
}
