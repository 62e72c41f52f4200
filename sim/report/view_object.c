// SPDX-License-Identifier: MIT
/* What binding and unbinding named objects took: a view of the tree, nothing else. */
#include "sim/machine/exit.h"
#include "sim/report/view_block.h"

/* Its `bind` or `unbind`, NULL where the variant has no such object or never did it. */
static const json_t *object_sum_of(const struct block *block, size_t column, const char *object,
				   const char *what)
{
	const json_t *all = view_dig(block_vm(block, column), "objects");
	const json_t *sum = json_object_get(json_object_get(all, object), what);

	return block_uint(sum, "count") ? sum : NULL;
}

/* How many exits of this reason each time, in every column; no row without any. */
static void add_object_reason(struct block *block, const char *object, const char *what,
			      const char *reason)
{
	struct table_row *row = table_add_row(&block->table, 2, reason);
	bool any = false;

	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *sum = object_sum_of(block, i, object, what);
		const json_t *by_reason = json_object_get(sum, "by_reason");
		uint64_t count = block_uint(json_object_get(by_reason, reason), "count");

		any = any || count;
		if (sum)
			human_millionths(row->cells[i], TABLE_CELL_BYTES,
					 human_ratio_millionths(count, block_uint(sum, "count")));
		else
			snprintf(row->cells[i], TABLE_CELL_BYTES, ABSENT);
	}
	if (row && !any)
		table_drop_row(&block->table);
}

static void add_object_time(struct block *block, const char *object, const char *what)
{
	struct table_row *row = table_add_row(&block->table, 2, "virtual time");

	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *sum = object_sum_of(block, i, object, what);

		block_each_time(row->cells[i], sum, block_uint(sum, "time_ps"));
	}
}

/* The object as some variant has it: NULL when none ever did that with it. */
static const json_t *find_object(const struct block *block, const char *name, const char *what)
{
	for (size_t i = 0; i < block->table.column_count; i++) {
		if (object_sum_of(block, i, name, what))
			return json_object_get(view_dig(block_vm(block, i), "objects"), name);
	}
	return NULL;
}

static void add_object(struct block *block, const char *name, const char *what)
{
	const json_t *object = find_object(block, name, what);
	char label[TABLE_LABEL_BYTES * 2];
	struct table_row *row;
	uint64_t pages;

	if (!object)
		return;
	pages = block_uint(object, "pages");
	snprintf(label, sizeof(label), "%s %s, %llu page%s: exits", what, name,
		 (unsigned long long)pages, pages == 1 ? "" : "s");
	row = table_add_row(&block->table, 1, label);
	if (row)
		row->strong = true;
	for (size_t i = 0; row && i < block->table.column_count; i++)
		block_format(row->cells[i],
			     json_object_get(object_sum_of(block, i, name, what), "exits_per_op"),
			     FORMAT_NUMBER);
	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++)
		add_object_reason(block, name, what, exit_reason_name(i));
	add_object_time(block, name, what);
}

/* Has an earlier column an object of this name? */
static bool object_before(const struct block *block, size_t column, const char *name)
{
	for (size_t i = 0; i < column; i++) {
		if (json_object_get(view_dig(block_vm(block, i), "objects"), name))
			return true;
	}
	return false;
}

static void add_objects(struct block *block, const char *what, const char *heading)
{
	bool any = false;

	for (size_t i = 0; i < block->table.column_count; i++) {
		const json_t *objects = view_dig(block_vm(block, i), "objects");
		const char *name;
		json_t *object;

		json_object_foreach((json_t *)objects, name, object)
		{
			if (object_before(block, i, name) || !find_object(block, name, what))
				continue;
			if (!any)
				block_add_heading(block, 0, heading);
			any = true;
			add_object(block, name, what);
		}
	}
}

void block_add_objects(struct block *block)
{
	add_objects(block, "bind", "binding an object, each time");
	add_objects(block, "unbind", "unbinding it, each time");
}
