// SPDX-License-Identifier: MIT
#include "sim/report/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INDENT_COLUMNS 2u
#define CELL_GAP       2u /* blanks between columns, at least */
#define CELL_MIN_WIDTH 10u

#define STRONG_ON  "\033[1m"
#define STRONG_OFF "\033[0m"

void table_init(struct table *table, size_t column_count)
{
	*table = (struct table){ .column_count = column_count };
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->row_count; i++)
		free(table->rows[i].cells);
	free(table->rows);
	*table = (struct table){ 0 };
}

static bool grow(struct table *table)
{
	size_t limit = table->row_limit ? table->row_limit * 2 : 32;
	struct table_row *rows;

	if (table->row_count < table->row_limit)
		return true;
	rows = reallocarray(table->rows, limit, sizeof(*rows));
	if (!rows)
		return false;
	table->rows = rows;
	table->row_limit = limit;
	return true;
}

struct table_row *table_add_row(struct table *table, unsigned indent, const char *label)
{
	struct table_row *row;

	if (table->no_memory || !grow(table)) {
		table->no_memory = true;
		return NULL;
	}
	row = &table->rows[table->row_count];
	*row = (struct table_row){ .indent = indent };
	row->cells = calloc(table->column_count + 1, sizeof(*row->cells));
	if (!row->cells) {
		table->no_memory = true;
		return NULL;
	}
	snprintf(row->label, sizeof(row->label), "%s", label);
	table->row_count++;
	return row;
}

void table_drop_row(struct table *table)
{
	free(table->rows[--table->row_count].cells);
}

static size_t label_width(const struct table *table)
{
	size_t width = 0;

	for (size_t i = 0; i < table->row_count; i++) {
		const struct table_row *row = &table->rows[i];
		size_t w = row->indent * INDENT_COLUMNS + strlen(row->label);

		width = w > width ? w : width;
	}
	return width;
}

/* One width for all columns, so that blocks line up. */
static size_t cell_width(const struct table *table)
{
	size_t width = CELL_MIN_WIDTH;

	for (size_t i = 0; i < table->row_count; i++) {
		for (size_t j = 0; j < table->column_count; j++) {
			size_t w = strlen(table->rows[i].cells[j]);

			width = w > width ? w : width;
		}
	}
	return width + CELL_GAP;
}

static void write_row(const struct table_row *row, size_t first, size_t end, size_t labels,
		      size_t cells, FILE *out, bool colour)
{
	bool strong = colour && row->strong;
	size_t last = end;

	/* No blanks at the end of a line. */
	while (last > first && row->cells[last - 1][0] == '\0')
		last--;
	fprintf(out, "%s%*s", strong ? STRONG_ON : "", (int)(row->indent * INDENT_COLUMNS), "");
	if (last == first)
		fputs(row->label, out);
	else
		fprintf(out, "%-*s", (int)(labels - row->indent * INDENT_COLUMNS), row->label);
	for (size_t j = first; j < last; j++)
		fprintf(out, "%*s", (int)cells, row->cells[j]);
	fprintf(out, "%s\n", strong ? STRONG_OFF : "");
}

int table_write(const struct table *table, FILE *out, bool colour)
{
	size_t labels = label_width(table), cells = cell_width(table);
	size_t per_block = labels + cells < TABLE_WIDTH ? (TABLE_WIDTH - labels) / cells : 1;

	if (table->no_memory)
		return -ENOMEM;
	for (size_t first = 0; first < table->column_count; first += per_block) {
		size_t end = first + per_block;

		if (end > table->column_count)
			end = table->column_count;
		if (first)
			fputc('\n', out);
		for (size_t i = 0; i < table->row_count; i++) {
			if (table->rows[i].gap_before)
				fputc('\n', out);
			write_row(&table->rows[i], first, end, labels, cells, out, colour);
		}
	}
	return ferror(out) ? -EIO : 0;
}
