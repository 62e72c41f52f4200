// SPDX-License-Identifier: MIT
/*
 * The text table: a view of the tree, nothing else. One block per VM, one column per variant.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/report/human.h"
#include "sim/report/report.h"
#include "sim/report/table.h"

/* Shown in a cell for what the variant does not have. */
#define ABSENT "-"

/* A block under construction: one VM in all variants. */
struct block {
	const json_t *variants;
	const char *vm_name;
	struct table table;
};

/* ---- finding things in the tree ---- */

/* Follow keys separated by dots; NULL when one is missing. */
static const json_t *dig(const json_t *node, const char *path)
{
	char key[64];

	while (node && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		node = json_object_get(node, key);
		path += len + (path[len] == '.');
	}
	return node;
}

static uint64_t dig_uint(const json_t *node, const char *path)
{
	return (uint64_t)json_integer_value(dig(node, path));
}

static const json_t *vm_of(const struct block *block, size_t column)
{
	const json_t *vms = json_object_get(json_array_get(block->variants, column), "vms");
	json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm)
	{
		if (strcmp(json_string_value(json_object_get(vm, "name")), block->vm_name) == 0)
			return vm;
	}
	return NULL;
}

static const json_t *operation_of(const struct block *block, size_t column, const char *op)
{
	return json_object_get(dig(vm_of(block, column), "operations"), op);
}

/* The entry of the operation's by_register for this register and reason, or NULL. */
static const json_t *register_of(const json_t *operation, const char *name, const char *reason)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(operation, "by_register"), i, entry)
	{
		if (strcmp(json_string_value(json_object_get(entry, "register")), name) == 0 &&
		    strcmp(json_string_value(json_object_get(entry, "reason")), reason) == 0)
			return entry;
	}
	return NULL;
}

/* ---- cells ---- */

enum format {
	FORMAT_NUMBER,
	FORMAT_TIME,
	FORMAT_STRING,
	FORMAT_NAMES, /* a list of names */
	FORMAT_YES_NO,
};

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

static void format_value(char *buf, const json_t *value, enum format format)
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

/* ---- rows ---- */

static struct table_row *add_heading(struct block *block, unsigned indent, const char *label)
{
	struct table_row *row = table_add_row(&block->table, indent, label);

	if (row)
		row->gap_before = block->table.row_count > 1;
	return row;
}

/* Anything but nothing in a cell? */
static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_integer(value) && json_integer_value(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

/* A value of the VM in each column. if_any: leave the row out when there is nothing in any. */
struct value_row {
	const char *label;
	const char *path; /* in the VM */
	enum format format;
	bool if_any;
};

static void add_value_row(struct block *block, const struct value_row *spec)
{
	struct table_row *row = table_add_row(&block->table, 1, spec->label);
	bool any = !spec->if_any;

	if (!row)
		return;
	for (size_t i = 0; i < block->table.column_count; i++) {
		const json_t *value = dig(vm_of(block, i), spec->path);

		any = any || !is_nothing(value);
		format_value(row->cells[i], value, spec->format);
	}
	if (!any)
		table_drop_row(&block->table);
}

/* A time of the operation, divided by its count. */
static void each_time(char *buf, const json_t *operation, uint64_t time_ps)
{
	uint64_t count = dig_uint(operation, "count");

	if (count)
		human_time(buf, TABLE_CELL_BYTES, human_divide(time_ps, count));
	else
		snprintf(buf, TABLE_CELL_BYTES, ABSENT);
}

/* path is in the operation. if_any as above. */
static struct table_row *add_each_time(struct block *block, const char *op, unsigned indent,
				       const char *label, const char *path, bool if_any)
{
	struct table_row *row = table_add_row(&block->table, indent, label);
	bool any = !if_any;

	if (!row)
		return NULL;
	for (size_t i = 0; i < block->table.column_count; i++) {
		const json_t *operation = operation_of(block, i, op);
		uint64_t time_ps = dig_uint(operation, path);

		any = any || time_ps;
		each_time(row->cells[i], operation, time_ps);
	}
	if (any)
		return row;
	table_drop_row(&block->table);
	return NULL;
}

static struct table_row *add_exits_each(struct block *block, const char *op, unsigned indent,
					const char *label)
{
	struct table_row *row = table_add_row(&block->table, indent, label);

	for (size_t i = 0; row && i < block->table.column_count; i++)
		format_number(row->cells[i],
			      json_object_get(operation_of(block, i, op), "exits_per_op"));
	return row;
}

/* ---- one operation in detail ---- */

static void add_register_row(struct block *block, const char *op, const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "register"));
	const char *reason = json_string_value(json_object_get(entry, "reason"));
	char label[TABLE_LABEL_BYTES * 2];
	struct table_row *row;

	snprintf(label, sizeof(label), "%s %s", reason, name);
	row = table_add_row(&block->table, 2, label);
	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *operation = operation_of(block, i, op);
		uint64_t ops = dig_uint(operation, "count");
		const json_t *found = register_of(operation, name, reason);

		if (ops)
			human_millionths(row->cells[i], TABLE_CELL_BYTES,
					 human_ratio_millionths(dig_uint(found, "count"), ops));
		else
			snprintf(row->cells[i], TABLE_CELL_BYTES, ABSENT);
	}
}

/* Every register and reason that occurs in any column, in the order of the first such column. */
static void add_register_rows(struct block *block, const char *op)
{
	for (size_t i = 0; i < block->table.column_count; i++) {
		json_t *entry;
		size_t j, k;

		json_array_foreach(json_object_get(operation_of(block, i, op), "by_register"), j,
				   entry)
		{
			const char *name = json_string_value(json_object_get(entry, "register"));
			const char *reason = json_string_value(json_object_get(entry, "reason"));

			for (k = 0; k < i; k++) {
				if (register_of(operation_of(block, k, op), name, reason))
					break;
			}
			if (k == i)
				add_register_row(block, op, entry);
		}
	}
}

/* What the vCPU spent in the operation and not in exits: the driver's own code and the bus. */
static void add_guest_time(struct block *block, const char *op)
{
	struct table_row *row = table_add_row(&block->table, 2, "guest, outside of exits");

	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *operation = operation_of(block, i, op);
		uint64_t time_ps = dig_uint(operation, "time_ps");
		uint64_t exits_ps = dig_uint(operation, "exit_time_ps");

		each_time(row->cells[i], operation, time_ps > exits_ps ? time_ps - exits_ps : 0);
	}
}

static const struct {
	const char *path;
	const char *label;
} part_rows[] = {
	{"by_part.transition",    "exits: transition"  },
	{ "by_part.dispatch",     "exits: dispatch"    },
	{ "by_part.forwarding",   "exits: forwarding"  },
	{ "by_part.emulation",    "exits: emulation"   },
	{ "by_part.guest_memory", "exits: guest memory"},
	{ "by_part.lock_wait",    "exits: lock wait"   },
	{ "by_part.reentry",      "exits: re-entry"    },
};

/* The kinds of work that occur in any column, in the order of the tables they come from. */
static void add_work_rows(struct block *block, const char *op)
{
	for (size_t i = 0; i < WORK_KIND_COUNT; i++) {
		char path[96];

		snprintf(path, sizeof(path), "mediator_work.by_kind.%s.time_ps",
			 work_kinds[i].name);
		add_each_time(block, op, 2, work_kinds[i].name, path, true);
	}
}

static bool operation_occurs(const struct block *block, const char *op)
{
	for (size_t i = 0; i < block->table.column_count; i++) {
		if (operation_of(block, i, op))
			return true;
	}
	return false;
}

static void set_strong(struct table_row *row)
{
	if (row)
		row->strong = true;
}

static void add_submit(struct block *block)
{
	static const struct value_row submissions = { "submissions", "operations.submit.count",
						      FORMAT_NUMBER, false };

	if (!operation_occurs(block, "submit"))
		return;
	add_value_row(block, &submissions);
	set_strong(add_exits_each(block, "submit", 1, "exits per submission"));
	add_register_rows(block, "submit");
	set_strong(
		add_each_time(block, "submit", 1, "virtual time per submission", "time_ps", false));
	add_guest_time(block, "submit");
	for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++)
		add_each_time(block, "submit", 2, part_rows[i].label, part_rows[i].path, true);
	if (add_each_time(block, "submit", 1, "mediator's other work per submission",
			  "mediator_work.time_ps", true))
		add_work_rows(block, "submit");
}

/* ---- all of them in short ---- */

static void add_operations(struct block *block)
{
	bool any = false;

	for (unsigned op = GUEST_OP_NONE + 1; op < GUEST_OP_COUNT; op++) {
		const char *name = guest_op_name(op);
		char label[TABLE_LABEL_BYTES];
		struct table_row *row;

		if (op == GUEST_OP_SUBMIT || !operation_occurs(block, name))
			continue;
		if (!any)
			add_heading(block, 0, "other operations, each");
		any = true;
		snprintf(label, sizeof(label), "%s: exits", name);
		row = add_exits_each(block, name, 1, label);
		snprintf(label, sizeof(label), "%s: time", name);
		row = add_each_time(block, name, 1, label, "time_ps", false);
		(void)row;
	}
}

/* ---- blocks ---- */

static const struct value_row head_rows[] = {
	{"mode",            "mode",       FORMAT_STRING, false},
	{ "pvmmio",         "pvmmio",     FORMAT_NAMES,  true },
	{ "failsafe",       "failsafe",   FORMAT_YES_NO, true },
	{ "driver's error", "init_error", FORMAT_STRING, true },
	{ "guest hung",     "hung",       FORMAT_YES_NO, true },
};

static const struct value_row workload_rows[] = {
	{"requests",            "workload.requests",       FORMAT_NUMBER, false},
	{ "completed",          "workload.completed",      FORMAT_NUMBER, false},
	{ "lost",               "workload.lost",           FORMAT_NUMBER, true },
	{ "ended early by",     "workload.error",          FORMAT_STRING, true },
	{ "GPU's bytes, right", "workload.bytes_verified", FORMAT_NUMBER, false},
	{ "GPU's bytes, wrong", "workload.bytes_wrong",    FORMAT_NUMBER, false},
	{ "duration",           "workload.duration_ps",    FORMAT_TIME,   false},
	{ "exits in all",       "exits.count",             FORMAT_NUMBER, false},
	{ "time in exits",      "exits.time_ps",           FORMAT_TIME,   false},
};

static void add_value_rows(struct block *block, const struct value_row *specs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_value_row(block, &specs[i]);
}

/* Has an earlier column an incident of this name? */
static bool incident_before(const struct block *block, size_t column, const char *name)
{
	for (size_t i = 0; i < column; i++) {
		if (json_object_get(dig(vm_of(block, i), "incidents"), name))
			return true;
	}
	return false;
}

static void add_incidents(struct block *block)
{
	bool any = false;

	for (size_t i = 0; i < block->table.column_count; i++) {
		const json_t *incidents = dig(vm_of(block, i), "incidents");
		const char *name;
		json_t *incident;

		json_object_foreach((json_t *)incidents, name, incident)
		{
			struct table_row *row;

			if (incident_before(block, i, name))
				continue;
			if (!any)
				add_heading(block, 0, "incidents");
			any = true;
			row = table_add_row(&block->table, 1, name);
			for (size_t j = 0; row && j < block->table.column_count; j++) {
				const json_t *its = dig(vm_of(block, j), "incidents");

				snprintf(row->cells[j], TABLE_CELL_BYTES, "%llu",
					 (unsigned long long)dig_uint(json_object_get(its, name),
								      "count"));
			}
			table_add_row(&block->table, 2,
				      json_string_value(json_object_get(incident, "effect")));
		}
	}
}

static int write_block(const json_t *variants, const char *vm_name, FILE *out, bool colour)
{
	struct block block = { .variants = variants, .vm_name = vm_name };
	struct table_row *head;
	int ret;

	table_init(&block.table, json_array_size(variants));
	head = table_add_row(&block.table, 0, vm_name);
	set_strong(head);
	for (size_t i = 0; head && i < block.table.column_count; i++)
		format_value(head->cells[i], json_object_get(json_array_get(variants, i), "name"),
			     FORMAT_STRING);
	add_value_rows(&block, head_rows, sizeof(head_rows) / sizeof(head_rows[0]));
	add_heading(&block, 0, "submission");
	add_submit(&block);
	add_operations(&block);
	add_heading(&block, 0, "workload");
	add_value_rows(&block, workload_rows, sizeof(workload_rows) / sizeof(workload_rows[0]));
	add_incidents(&block);
	ret = table_write(&block.table, out, colour);
	table_free(&block.table);
	return ret;
}

/* ---- the whole ---- */

/* Is a VM of this name in a variant before this one? */
static bool vm_before(const json_t *variants, size_t column, const char *name)
{
	struct block block = { .variants = variants, .vm_name = name };

	for (size_t i = 0; i < column; i++) {
		if (vm_of(&block, i))
			return true;
	}
	return false;
}

static int write_blocks(const json_t *variants, FILE *out, bool colour)
{
	json_t *variant, *vm;
	size_t i, j;

	json_array_foreach(variants, i, variant)
	{
		json_array_foreach(json_object_get(variant, "vms"), j, vm)
		{
			const char *name = json_string_value(json_object_get(vm, "name"));
			int ret;

			if (vm_before(variants, i, name))
				continue;
			fputc('\n', out);
			ret = write_block(variants, name, out, colour);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static void write_heading(const json_t *report, FILE *out, bool colour)
{
	const char *title = json_string_value(json_object_get(report, "title"));

	fprintf(out, "%s%s%s%s%s\n", colour ? "\033[1m" : "",
		json_string_value(json_object_get(report, "scenario")), title[0] ? ": " : "", title,
		colour ? "\033[0m" : "");
	fprintf(out, "seed %" JSON_INTEGER_FORMAT ", pvmmio-sim %s\n",
		json_integer_value(json_object_get(report, "seed")),
		json_string_value(json_object_get(report, "version")));
}

static void write_summary(const json_t *report, FILE *out, bool colour)
{
	const json_t *expectations = json_object_get(report, "expectations");
	size_t held = 0, failed = 0, skipped = 0;
	json_t *expectation;
	size_t i;

	if (json_array_size(expectations) == 0)
		return;
	json_array_foreach(expectations, i, expectation)
	{
		const json_t *ok = json_object_get(expectation, "ok");

		held += json_is_true(ok);
		failed += json_is_false(ok);
		skipped += json_is_null(ok);
	}
	fprintf(out, "\nexpectations: %s%zu of %zu hold%s",
		!colour  ? ""
		: failed ? "\033[31m"
			 : "\033[32m",
		held, held + failed, colour ? "\033[0m" : "");
	if (skipped)
		fprintf(out, ", %zu skipped (variant not run)", skipped);
	fputc('\n', out);
}

int report_write_text(const json_t *report, FILE *out, bool colour)
{
	int ret;

	write_heading(report, out, colour);
	ret = write_blocks(json_object_get(report, "variants"), out, colour);
	if (ret)
		return ret;
	write_summary(report, out, colour);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
