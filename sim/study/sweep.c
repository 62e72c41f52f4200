// SPDX-License-Identifier: MIT
#include "sim/study/sweep.h"

#include <errno.h>

#include "sim/study/pool.h"
#include "sim/study/sweep_impl.h"

/* One call of study_sweep_run(). */
struct progress {
	struct study_sweep *sweep;
	uint64_t first, count;
	bool begun; /* the head is written, and measures are known to lead somewhere */
	FILE *out;
	FILE *errors;
};

uint64_t study_sweep_size(const struct study_sweep *sweep)
{
	return study_shard_size(&sweep->shard, study_grid_point_count(&sweep->grid));
}

static void *work(void *ctx, uint64_t i)
{
	const struct progress *p = ctx;

	return study_rows_make(p->sweep, study_shard_point(&p->sweep->shard, p->first + i));
}

static void drop(void *result)
{
	study_rows_free(result);
}

/* Why a write just now did not work. */
static int write_error(void)
{
	return errno ? -errno : -EIO;
}

static int begin(struct progress *p)
{
	p->begun = true;
	if (p->first == 0)
		study_sheet_write_head(&p->sweep->sheet, p->sweep->head, p->out);
	return fflush(p->out) || ferror(p->out) ? write_error() : 0;
}

/* A misspelt measure would be empty in every row: better no sheet at all. */
static int refuse_measure(const struct progress *p, const struct study_rows *rows)
{
	fprintf(p->errors, "column %s\n", rows->missing);
	return -ENOENT;
}

static int deliver(void *ctx, uint64_t i, void *result)
{
	struct progress *p = ctx;
	struct study_rows *rows = result;
	int ret = 0;

	if (!p->begun)
		ret = rows->missing && p->first == 0 ? refuse_measure(p, rows) : begin(p);
	if (ret == 0) {
		p->sweep->error_rows += rows->error_rows;
		p->sweep->note_rows += rows->note_rows;
		if (fwrite(rows->text, 1, rows->len, p->out) != rows->len || fflush(p->out))
			ret = write_error();
	}
	study_rows_free(rows);
	return ret;
}

static bool tick(void *ctx, uint64_t done)
{
	const struct progress *p = ctx;

	return !p->sweep->tick || p->sweep->tick(p->sweep->ctx, done, p->count);
}

int study_sweep_run(struct study_sweep *sweep, uint64_t first, FILE *out, FILE *errors)
{
	struct progress progress = {
		.sweep = sweep,
		.first = first,
		.count = study_sweep_size(sweep) - first,
		.out = out,
		.errors = errors,
	};
	const struct study_pool_jobs jobs = {
		.count = progress.count,
		.workers = sweep->workers,
		.ctx = &progress,
		.work = work,
		.deliver = deliver,
		.drop = drop,
		.tick = tick,
	};
	int ret = study_pool_run(&jobs);

	/* A sheet without rows is one that can be gone on with. */
	if (!progress.begun && (ret == 0 || ret == -EINTR)) {
		int begun = begin(&progress);

		ret = ret ? ret : begun;
	}
	return ret;
}
