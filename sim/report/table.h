/* SPDX-License-Identifier: MIT */
/*
 * A table of labelled rows, laid out side by side within a fixed width. Columns that do not fit go
 * to a further block below, with the labels repeated. Internal to sim/report.
 *
 * Running out of memory is remembered and reported by table_write(); adding rows then does nothing.
 */
#ifndef PVMMIO_SIM_REPORT_TABLE_H
#define PVMMIO_SIM_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_WIDTH       100 /* columns of text */
#define TABLE_CELL_BYTES  40
#define TABLE_LABEL_BYTES 48

struct table_row {
	char label[TABLE_LABEL_BYTES];
	unsigned indent; /* of the label, in steps of two blanks */
	bool strong;
	bool gap_before;
	char (*cells)[TABLE_CELL_BYTES]; /* as many as the table has columns; "" at first */
};

struct table {
	size_t column_count;
	struct table_row *rows;
	size_t row_count;
	size_t row_limit;
	bool no_memory;
};

void table_init(struct table *table, size_t column_count);
void table_free(struct table *table);

/* A new last row with empty cells, valid until the next call. NULL when out of memory. */
struct table_row *table_add_row(struct table *table, unsigned indent, const char *label);

/* Take the last row away again. */
void table_drop_row(struct table *table);

/* 0, -EIO or -ENOMEM. */
int table_write(const struct table *table, FILE *out, bool colour);

#endif
