/* SPDX-License-Identifier: MIT */
/*
 * Output: the file that a sweep writes, new or gone on with.
 *
 * A sweep that is stopped, or killed, leaves whole points in the file and at most a part of one
 * behind them. Going on with it cuts that part off and runs what is missing; the file is then the
 * same as if it had never stopped.
 */
#ifndef PVMMIO_SIM_STUDY_OUTPUT_H
#define PVMMIO_SIM_STUDY_OUTPUT_H

#include "sim/study/sweep.h"

enum study_output_mode {
	STUDY_OUTPUT_NEW,     /* a file that has something in it is left alone */
	STUDY_OUTPUT_RESUME,  /* go on with it, if there is one */
	STUDY_OUTPUT_REPLACE, /* overwrite it */
};

struct study_output {
	FILE *file;
	uint64_t first; /* points that are in it */
	bool was_empty;
};

/*
 * Open path for the prepared sweep. Nobody else can until study_output_close(). 0; -EINVAL with a
 * sentence in why, of STUDY_WHY_BYTES: it exists, is in use, or is of another sweep; -ENOMEM; or
 * the error of opening.
 */
int study_output_open(struct study_output *output, const struct study_sweep *sweep,
		      const char *path, enum study_output_mode mode, char *why);

/* 0 or the error of writing. */
int study_output_close(struct study_output *output);

#endif
