/* SPDX-License-Identifier: MIT */
/*
 * Pool: independent jobs on threads, their results handed over in the order of the jobs. What is
 * handed over does not depend on the number of workers.
 */
#ifndef PVMMIO_SIM_STUDY_POOL_H
#define PVMMIO_SIM_STUDY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct study_pool_jobs {
	uint64_t count;
	unsigned workers; /* at least 1 */
	void *ctx;

	/* On a worker's thread, several at once. NULL: memory ran out. */
	void *(*work)(void *ctx, uint64_t i);

	/* On the caller's thread, i going up. Takes over result. An error ends all. */
	int (*deliver)(void *ctx, uint64_t i, void *result);

	/* Frees a result that is not delivered. */
	void (*drop)(void *result);

	/*
	 * On the caller's thread, some times a second; may be NULL. done: jobs finished so far, in
	 * any order. false: begin no further jobs; those begun are finished and delivered.
	 */
	bool (*tick)(void *ctx, uint64_t done);
};

/*
 * Run all jobs. 0; -EINTR when tick() ended it early; -ENOMEM, -EAGAIN (no thread), or what
 * deliver() returned. Whatever it returns, results were delivered without a gap.
 */
int study_pool_run(const struct study_pool_jobs *jobs);

/* Processors that this process may use. */
unsigned study_pool_default_workers(void);

#endif
