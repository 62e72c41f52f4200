/* SPDX-License-Identifier: MIT */
/*
 * Grid: all combinations of the values of some axes. Points are numbered from 0; the last axis
 * changes fastest, as in nested loops. A grid without axes has one point.
 */
#ifndef PVMMIO_SIM_STUDY_GRID_H
#define PVMMIO_SIM_STUDY_GRID_H

#include "sim/study/axis.h"

#define STUDY_GRID_POINT_LIMIT 10000000u

/* Zero-initialise; end with study_grid_free(). */
struct study_grid {
	struct study_axis *axes;
	size_t axis_count;
};

/* Add an axis. 0; -EINVAL with a sentence in why, of STUDY_WHY_BYTES; -ENOMEM. */
int study_grid_add(struct study_grid *grid, const char *text, char *why);
void study_grid_free(struct study_grid *grid);

uint64_t study_grid_point_count(const struct study_grid *grid);

/* Which value axis takes at point. */
size_t study_grid_index(const struct study_grid *grid, uint64_t point, size_t axis);

/* Settings of all axes at one point. */
size_t study_grid_setting_count(const struct study_grid *grid);

/* Put them into settings, which has room for as many; the grid owns the texts. */
void study_grid_settings(const struct study_grid *grid, uint64_t point, const char **settings);

/* Part index of count of a grid's points: every count-th one. */
struct study_shard {
	uint64_t index; /* from 1 */
	uint64_t count; /* 1: the whole */
};

/* Read "I/N". 0 or -EINVAL with a sentence in why. */
int study_shard_read(struct study_shard *shard, const char *text, char *why);

/* How many of points are the shard's, and which is its i-th. */
uint64_t study_shard_size(const struct study_shard *shard, uint64_t points);
uint64_t study_shard_point(const struct study_shard *shard, uint64_t i);

#endif
