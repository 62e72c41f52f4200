/* SPDX-License-Identifier: MIT */
/*
 * Sheet: rows of cells under named columns, as CSV (RFC 4180, but lines end in a newline alone) or
 * as JSON Lines. A row is one line in both.
 *
 * In front stands one line about the whole, a JSON object: by itself in JSON Lines, behind "# " in
 * CSV, where readers can be told to skip it. CSV has the columns' names in the line after it, JSON
 * Lines has them in every row.
 */
#ifndef PVMMIO_SIM_STUDY_SHEET_H
#define PVMMIO_SIM_STUDY_SHEET_H

#include <stdio.h>

#include "sim/study/measure.h"

enum study_format {
	STUDY_FORMAT_CSV,
	STUDY_FORMAT_JSONL,
};

struct study_sheet {
	enum study_format format;
	char **columns;
	size_t column_count;
};

/* By the end of a file's name: .jsonl and .ndjson are JSON Lines. */
enum study_format study_format_of(const char *path);

/* head: JSON without a line break. Write errors are left to ferror(). */
void study_sheet_write_head(const struct study_sheet *sheet, const char *head, FILE *out);
void study_sheet_write_row(const struct study_sheet *sheet, const struct study_value *cells,
			   FILE *out);

#endif
