/* SPDX-License-Identifier: MIT */
/* What sweep.c and its parts share. Internal to sim/study. */
#ifndef PVMMIO_SIM_STUDY_SWEEP_IMPL_H
#define PVMMIO_SIM_STUDY_SWEEP_IMPL_H

#include "sim/study/sweep.h"

/* Rows of one point. */
struct study_rows {
	char *text; /* lines */
	size_t len;
	uint64_t error_rows, note_rows;
	char *missing; /* a measure that leads nowhere in all variants, and why; NULL: none */
};

/* Run point and make its rows. NULL when out of memory. */
struct study_rows *study_rows_make(const struct study_sweep *sweep, uint64_t point);
void study_rows_free(struct study_rows *rows);

/* The beginning of a row's line that says which it is: malloc()ed, NULL when out of memory. */
char *study_row_prefix(const struct study_sweep *sweep, uint64_t point, const char *variant);

#endif
