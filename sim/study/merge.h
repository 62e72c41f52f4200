/* SPDX-License-Identifier: MIT */
/*
 * Merge: the files of a sweep's shards into that of the whole, byte for byte what a sweep without
 * shards would have written.
 */
#ifndef PVMMIO_SIM_STUDY_MERGE_H
#define PVMMIO_SIM_STUDY_MERGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct study_merge;

/*
 * Open and check files: all of one grid, each shard once and to its end. Messages go to errors. 0;
 * -EINVAL when they do not make up a whole; -ENOMEM. *out is NULL after an error.
 */
int study_merge_open(struct study_merge **out, const char *const *paths, size_t count,
		     FILE *errors);

/* Write the whole; *error_rows: rows that could not be run. 0, -ENOMEM or -EIO. */
int study_merge_write(const struct study_merge *merge, FILE *out, uint64_t *error_rows);

/* NULL is allowed. */
void study_merge_close(struct study_merge *merge);

#endif
