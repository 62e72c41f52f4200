// SPDX-License-Identifier: MIT
#include "sim/report/view_block.h"

#include <math.h>
#include <string.h>

uint64_t block_uint(const json_t *node, const char *path)
{
	return (uint64_t)json_integer_value(view_dig(node, path));
}

const json_t *block_vm(const struct block *block, size_t column)
{
	return view_vm(block->variants, column, block->vm_name);
}

static void format_number(char *buf, const json_t *value)
{
	if (json_is_integer(value))
		snprintf(buf, TABLE_CELL_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		human_millionths(buf, TABLE_CELL_BYTES,
				 (uint64_t)llround(json_real_value(value) * 1e6));
	else
		snprintf(buf, TABLE_CELL_BYTES, ABSENT);
}

/* The names below each other would need rows; more than one is shown as how many. */
static void format_names(char *buf, const json_t *names)
{
	size_t count = json_array_size(names);

	if (count == 0)
		snprintf(buf, TABLE_CELL_BYTES, "none");
	else if (count == 1)
		snprintf(buf, TABLE_CELL_BYTES, "%s", json_string_value(json_array_get(names, 0)));
	else
		snprintf(buf, TABLE_CELL_BYTES, "%zu levels", count);
}

void block_format(char *buf, const json_t *value, enum format format)
{
	const char *text;

	switch (format) {
	case FORMAT_NUMBER:
		format_number(buf, value);
		return;
	case FORMAT_TIME:
		if (value)
			human_time(buf, TABLE_CELL_BYTES, (uint64_t)json_integer_value(value));
		else
			snprintf(buf, TABLE_CELL_BYTES, ABSENT);
		return;
	case FORMAT_STRING:
		text = json_string_value(value);
		snprintf(buf, TABLE_CELL_BYTES, "%s", text ? text : ABSENT);
		return;
	case FORMAT_NAMES:
		format_names(buf, value);
		return;
	case FORMAT_YES_NO:
		snprintf(buf, TABLE_CELL_BYTES, "%s", json_is_true(value) ? "yes" : "no");
		return;
	}
}

/* A time of the operation, divided by its count. */
void block_each_time(char *buf, const json_t *operation, uint64_t time_ps)
{
	uint64_t count = block_uint(operation, "count");

	if (count)
		human_time(buf, TABLE_CELL_BYTES, human_divide(time_ps, count));
	else
		snprintf(buf, TABLE_CELL_BYTES, ABSENT);
}

struct table_row *block_add_heading(struct block *block, unsigned indent, const char *label)
{
	struct table_row *row = table_add_row(&block->table, indent, label);

	if (row)
		row->gap_before = block->table.row_count > 1;
	return row;
}
