/* SPDX-License-Identifier: MIT */
/*
 * Sweep: a scenario at every point of a grid, a row of a sheet for each point and variant.
 *
 *	struct study_sweep sweep = { .subject = {...}, .shard = {1, 1}, .workers = 4 };
 *	study_grid_add(&sweep.grid, "platform.costs.exit.transition=1us..10us/10", why);
 *	study_sweep_prepare(&sweep, stderr);
 *	study_sweep_run(&sweep, 0, out);
 *	study_sweep_free(&sweep);
 *
 * Rows come in the grid's order, whatever the number of workers, and a row depends on nothing but
 * scenario, grid and version: the same sweep gives the same bytes. A file that was left in the
 * middle is gone on with (resume.h); files of shards become that of the whole (merge.h).
 *
 * A point that cannot be run has rows with a reason in column `error`. What guests did wrong is in
 * column `note`.
 */
#ifndef PVMMIO_SIM_STUDY_SWEEP_H
#define PVMMIO_SIM_STUDY_SWEEP_H

#include <stdio.h>

#include "sim/study/grid.h"
#include "sim/study/measure.h"
#include "sim/study/run.h"
#include "sim/study/sheet.h"

#define STUDY_SWEEP_SCHEMA "pvmmio-sim/sweep/1"

struct study_sweep {
	/* Asked for. */
	struct study_subject subject; /* its texts are the caller's */
	struct study_grid grid;
	struct study_measure *measures; /* none: a choice for each VM */
	size_t measure_count;
	struct study_shard shard;
	enum study_format format;
	unsigned workers;
	bool (*tick)(void *ctx, uint64_t done, uint64_t count); /* see study_sweep_run(); or NULL */
	void *ctx;

	/* Made by study_sweep_prepare(). */
	char **variants; /* names of those that are run */
	size_t variant_count;
	struct study_sheet sheet;
	char *head; /* the sheet's first line, this shard's */

	/* Counted by study_sweep_run(). */
	uint64_t error_rows, note_rows;
};

/* Add a measure. 0; -EINVAL with a sentence in why, of STUDY_WHY_BYTES; -ENOMEM. */
int study_sweep_add_measure(struct study_sweep *sweep, const char *text, char *why);

/*
 * Read the scenario, and see that every axis has a value that it takes. 0; -EINVAL after messages
 * to errors; -ENOMEM; or the error of reading the file, without a message.
 */
int study_sweep_prepare(struct study_sweep *sweep, FILE *errors);

/* Points of the shard. */
uint64_t study_sweep_size(const struct study_sweep *sweep);

/*
 * Run the shard's points from number `first` on and write their rows to out, the head before them
 * if first is 0. Rows are flushed as they come.
 *
 * tick() is called some times a second, with the number of points done of this call and how many
 * there are; false ends the sweep after the points that are running.
 *
 * 0; -EINTR; -ENOENT when a measure leads nowhere, after a message to errors and before anything is
 * written; -ENOMEM; or the error of writing.
 */
int study_sweep_run(struct study_sweep *sweep, uint64_t first, FILE *out, FILE *errors);

void study_sweep_free(struct study_sweep *sweep);

#endif
