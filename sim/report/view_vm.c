// SPDX-License-Identifier: MIT
/* One VM in all variants: a view of the tree, nothing else. */
#include <string.h>

#include "sim/machine/exit.h"
#include "sim/machine/work.h"
#include "sim/report/view_block.h"

/* ---- finding things in the tree ---- */

static const json_t *operation_of(const struct block *block, size_t column, const char *op)
{
	return json_object_get(view_dig(block_vm(block, column), "operations"), op);
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

/* ---- rows ---- */

/* Anything but nothing in a cell? */
static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_integer(value) && json_integer_value(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

void block_add_value(struct block *block, const struct value_row *spec)
{
	struct table_row *row = table_add_row(&block->table, 1, spec->label);
	bool keep = spec->presence == ALWAYS ||
		    (spec->presence == IF_DIFFERS && !view_is_common(block->variants, spec->path));

	if (!row)
		return;
	for (size_t i = 0; i < block->table.column_count; i++) {
		const json_t *root = spec->of_variant ? json_array_get(block->variants, i)
						      : block_vm(block, i);
		const json_t *value = view_dig(root, spec->path);

		keep = keep || (spec->presence == IF_ANY && !is_nothing(value));
		block_format(row->cells[i], value, spec->format);
	}
	if (!keep)
		table_drop_row(&block->table);
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
		uint64_t time_ps = block_uint(operation, path);

		any = any || time_ps;
		block_each_time(row->cells[i], operation, time_ps);
	}
	if (any)
		return row;
	table_drop_row(&block->table);
	return NULL;
}

/* The same for a count. */
static void add_each_number(struct block *block, const char *op, const char *label,
			    const char *path)
{
	struct table_row *row = table_add_row(&block->table, 2, label);
	bool any = false;

	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *operation = operation_of(block, i, op);
		uint64_t ops = block_uint(operation, "count");
		uint64_t number = block_uint(operation, path);

		any = any || number;
		if (ops)
			human_millionths(row->cells[i], TABLE_CELL_BYTES,
					 human_ratio_millionths(number, ops));
		else
			snprintf(row->cells[i], TABLE_CELL_BYTES, ABSENT);
	}
	if (row && !any)
		table_drop_row(&block->table);
}

static struct table_row *add_exits_each(struct block *block, const char *op, unsigned indent,
					const char *label)
{
	struct table_row *row = table_add_row(&block->table, indent, label);

	for (size_t i = 0; row && i < block->table.column_count; i++)
		block_format(row->cells[i],
			     json_object_get(operation_of(block, i, op), "exits_per_op"),
			     FORMAT_NUMBER);
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
		uint64_t ops = block_uint(operation, "count");
		const json_t *found = register_of(operation, name, reason);

		if (ops)
			human_millionths(row->cells[i], TABLE_CELL_BYTES,
					 human_ratio_millionths(block_uint(found, "count"), ops));
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

/* For operations on registers that differ from one to the next. */
static void add_reason_rows(struct block *block, const char *op)
{
	for (unsigned reason = 0; reason < EXIT_REASON_COUNT; reason++) {
		const char *name = exit_reason_name(reason);
		char path[TABLE_LABEL_BYTES], label[TABLE_LABEL_BYTES];

		snprintf(path, sizeof(path), "by_reason.%s.count", name);
		snprintf(label, sizeof(label), "%s", name);
		add_each_number(block, op, label, path);
	}
}

/*
 * What the vCPU spent in the operation and not in exits: the driver's own code and the bus. Nobody
 * knows where an operation has not ended: its exits count already, its time does not.
 */
static void add_guest_time(struct block *block, const char *op)
{
	struct table_row *row = table_add_row(&block->table, 2, "guest, outside of exits");

	for (size_t i = 0; row && i < block->table.column_count; i++) {
		const json_t *operation = operation_of(block, i, op);
		uint64_t time_ps = block_uint(operation, "time_ps");
		uint64_t exits_ps = block_uint(operation, "exit_time_ps");

		if (time_ps >= exits_ps)
			block_each_time(row->cells[i], operation, time_ps - exits_ps);
		else
			snprintf(row->cells[i], TABLE_CELL_BYTES, ABSENT);
	}
}

static const struct {
	const char *path;
	const char *label;
} part_rows[] = {
	{"by_part.transition",    "exits: transition"    },
	{ "by_part.dispatch",     "exits: dispatch"      },
	{ "by_part.forwarding",   "exits: forwarding"    },
	{ "by_part.emulation",    "exits: emulation"     },
	{ "by_part.guest_memory", "exits: guest memory"  },
	{ "by_part.lock_wait",    "exits: lock wait"     },
	{ "by_part.reentry",      "exits: re-entry"      },
	{ "by_part.cpu_wait",     "exits: wait for a CPU"},
};

/* A key as words: "scan dword". */
static void in_words(char *buf, size_t len, const char *key)
{
	snprintf(buf, len, "%s", key);
	for (; *buf; buf++) {
		if (*buf == '_')
			*buf = ' ';
	}
}

/*
 * The kinds of work that occur in any column, in the order of the tables they come from. where:
 * "mediator_work", or "exit_work" for that in exits.
 */
static void add_work_rows(struct block *block, const char *op, const char *where)
{
	for (size_t i = 0; i < WORK_KIND_COUNT; i++) {
		char path[96], label[TABLE_LABEL_BYTES];

		snprintf(path, sizeof(path), "%s.by_kind.%s.time_ps", where, work_kinds[i].name);
		in_words(label, sizeof(label), work_kinds[i].name);
		add_each_time(block, op, 2, label, path, true);
	}
}

bool block_has_operation(const struct block *block, const char *op)
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
						      FORMAT_NUMBER, ALWAYS, false };
	static const struct value_row outside = { "share of it in the mediator's cost",
						  "operations.submit.outside_exits_share",
						  FORMAT_NUMBER, IF_ANY, false };

	if (!block_has_operation(block, "submit"))
		return;
	block_add_heading(block, 0, "submission");
	block_add_value(block, &submissions);
	set_strong(add_exits_each(block, "submit", 1, "exits per submission"));
	add_register_rows(block, "submit");
	set_strong(
		add_each_time(block, "submit", 1, "virtual time per submission", "time_ps", false));
	add_guest_time(block, "submit");
	for (size_t i = 0; i < sizeof(part_rows) / sizeof(part_rows[0]); i++)
		add_each_time(block, "submit", 2, part_rows[i].label, part_rows[i].path, true);
	if (add_each_time(block, "submit", 1, "mediator's other work per submission",
			  "mediator_work.time_ps", true))
		add_work_rows(block, "submit", "mediator_work");
	block_add_value(block, &outside);
}

/* ---- page tables ---- */

static bool is_table_operation(enum guest_op op)
{
	return op >= GUEST_OP_PPGTT_ALLOC && op <= GUEST_OP_GGTT_CLEAR;
}

/* Is the workload about binding? Then what that costs deserves a closer look. */
static bool has_objects(const struct block *block)
{
	for (size_t i = 0; i < block->table.column_count; i++) {
		if (json_object_size(view_dig(block_vm(block, i), "objects")))
			return true;
	}
	return false;
}

void block_add_operation(struct block *block, const char *op, const char *how_many, bool registers)
{
	char label[TABLE_LABEL_BYTES], path[TABLE_LABEL_BYTES];
	const struct value_row count = { label, path, FORMAT_NUMBER, ALWAYS, false };

	block_add_heading(block, 0, op);
	snprintf(label, sizeof(label), "%s", how_many);
	snprintf(path, sizeof(path), "operations.%s.count", op);
	block_add_value(block, &count);
	set_strong(add_exits_each(block, op, 1, "exits each"));
	if (registers)
		add_register_rows(block, op);
	else
		add_reason_rows(block, op);
	set_strong(add_each_time(block, op, 1, "virtual time each", "time_ps", false));
	add_guest_time(block, op);
	if (add_each_time(block, op, 1, "mediator's work in exits each", "exit_work.time_ps", true))
		add_work_rows(block, op, "exit_work");
}

static void add_table_operations(struct block *block)
{
	if (!has_objects(block))
		return;
	for (unsigned op = GUEST_OP_PPGTT_ALLOC; op <= GUEST_OP_GGTT_CLEAR; op++) {
		if (block_has_operation(block, guest_op_name(op)))
			block_add_operation(block, guest_op_name(op),
					    "how many, the driver's own included", true);
	}
}

/* ---- all of them in short ---- */

static void add_operations(struct block *block)
{
	bool any = false;

	for (unsigned op = GUEST_OP_NONE + 1; op < GUEST_OP_COUNT; op++) {
		const char *name = guest_op_name(op);
		char label[TABLE_LABEL_BYTES];

		if (op == GUEST_OP_SUBMIT || !block_has_operation(block, name) ||
		    (is_table_operation(op) && has_objects(block)) ||
		    (block_is_display_operation(op) && block_has_display(block)))
			continue;
		if (!any)
			block_add_heading(block, 0, "other operations, each");
		any = true;
		snprintf(label, sizeof(label), "%s: exits", name);
		add_exits_each(block, name, 1, label);
		snprintf(label, sizeof(label), "%s: time", name);
		add_each_time(block, name, 1, label, "time_ps", false);
	}
}

/* ---- blocks ---- */

static const struct value_row head_rows[] = {
	{"mode",            "mode",                     FORMAT_STRING, ALWAYS,     false},
	{ "pvmmio",         "pvmmio",                   FORMAT_NAMES,  IF_ANY,     false},
	{ "hardware",       "config.platform.hardware", FORMAT_STRING, IF_DIFFERS, true },
	{ "costs",          "config.platform.costs",    FORMAT_STRING, IF_DIFFERS, true },
	{ "failsafe",       "failsafe",                 FORMAT_YES_NO, IF_ANY,     false},
	{ "because of",     "mediator.failsafe_cause",  FORMAT_STRING, IF_ANY,     false},
	{ "driver's error", "init_error",               FORMAT_STRING, IF_ANY,     false},
	{ "guest hung",     "hung",                     FORMAT_YES_NO, IF_ANY,     false},
};

static const struct value_row workload_rows[] = {
	{"requests",            "workload.requests",          FORMAT_NUMBER, ALWAYS, false},
	{ "completed",          "workload.completed",         FORMAT_NUMBER, ALWAYS, false},
	{ "lost",               "workload.lost",              FORMAT_NUMBER, IF_ANY, false},
	{ "failed",             "workload.failed",            FORMAT_NUMBER, IF_ANY, false},
	{ "replayed",           "workload.replayed",          FORMAT_NUMBER, IF_ANY, false},
	{ "hangs found",        "workload.hangs",             FORMAT_NUMBER, IF_ANY, false},
	{ "engine resets",      "workload.engine_resets",     FORMAT_NUMBER, IF_ANY, false},
	{ "full resets",        "workload.resets",            FORMAT_NUMBER, IF_ANY, false},
	{ "reboots",            "workload.reboots",           FORMAT_NUMBER, IF_ANY, false},
	{ "interrupts missed",  "workload.interrupts_missed", FORMAT_NUMBER, IF_ANY, false},
	{ "binds that failed",  "workload.bind_errors",       FORMAT_NUMBER, IF_ANY, false},
	{ "last of them with",  "workload.bind_error",        FORMAT_STRING, IF_ANY, false},
	{ "ended early by",     "workload.error",             FORMAT_STRING, IF_ANY, false},
	{ "GPU's bytes, right", "workload.bytes_verified",    FORMAT_NUMBER, ALWAYS, false},
	{ "GPU's bytes, wrong", "workload.bytes_wrong",       FORMAT_NUMBER, ALWAYS, false},
	{ "duration",           "workload.duration_ps",       FORMAT_TIME,   ALWAYS, false},
	{ "vCPUs busy, of it",  "workload.busy_share",        FORMAT_NUMBER, IF_ANY, false},
	{ "percent of native",  "percent_of_native",          FORMAT_NUMBER, IF_ANY, false},
};

static const struct value_row frame_rows[] = {
	{"repetitions",      "frames.count",       FORMAT_NUMBER, ALWAYS, false},
	{ "a second",        "frames.per_second",  FORMAT_NUMBER, ALWAYS, false},
	{ "each, median",    "frames.time.p50_ps", FORMAT_TIME,   ALWAYS, false},
	{ "each, 99 of 100", "frames.time.p99_ps", FORMAT_TIME,   ALWAYS, false},
	{ "began late",      "frames.late",        FORMAT_NUMBER, IF_ANY, false},
};

static const struct value_row run_rows[] = {
	{"exits",               "exits.count",     FORMAT_NUMBER, ALWAYS, false},
	{ "time in exits",      "exits.time_ps",   FORMAT_TIME,   ALWAYS, false},
	{ "of all vCPUs' time", "exits.share",     FORMAT_NUMBER, ALWAYS, false},
	{ "virtual time",       "virtual_time_ps", FORMAT_TIME,   ALWAYS, true },
};

/* Is the workload done more than once anywhere? */
static bool is_repeated(const struct block *block)
{
	for (size_t i = 0; i < block->table.column_count; i++) {
		if (block_uint(json_object_get(block_vm(block, i), "frames"), "count") > 1)
			return true;
	}
	return false;
}

static void add_value_rows(struct block *block, const struct value_row *specs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		block_add_value(block, &specs[i]);
}

/* Has an earlier column an incident of this name? */
static bool incident_before(const struct block *block, size_t column, const char *name)
{
	for (size_t i = 0; i < column; i++) {
		if (json_object_get(view_dig(block_vm(block, i), "incidents"), name))
			return true;
	}
	return false;
}

static void add_incidents(struct block *block)
{
	bool any = false;

	for (size_t i = 0; i < block->table.column_count; i++) {
		const json_t *incidents = view_dig(block_vm(block, i), "incidents");
		const char *name;
		json_t *incident;

		json_object_foreach((json_t *)incidents, name, incident)
		{
			struct table_row *row;

			if (incident_before(block, i, name))
				continue;
			if (!any)
				block_add_heading(block, 0, "incidents");
			any = true;
			row = table_add_row(&block->table, 1, name);
			for (size_t j = 0; row && j < block->table.column_count; j++) {
				const json_t *its = view_dig(block_vm(block, j), "incidents");

				snprintf(row->cells[j], TABLE_CELL_BYTES, "%llu",
					 (unsigned long long)block_uint(json_object_get(its, name),
									"count"));
			}
		}
	}
}

/* What each incident meant for the guest: sentences, which no column is wide enough for. */
static void write_effects(const struct block *block, FILE *out)
{
	for (size_t i = 0; i < json_array_size(block->variants); i++) {
		const char *name;
		json_t *incident;

		json_object_foreach((json_t *)view_dig(block_vm(block, i), "incidents"), name,
				    incident)
		{
			char text[256];

			if (incident_before(block, i, name))
				continue;
			snprintf(text, sizeof(text), "%s: %s", name,
				 json_string_value(json_object_get(incident, "effect")));
			view_write_wrapped(text, 2, out);
		}
	}
}

int view_write_vm(const json_t *variants, const char *vm_name, FILE *out, bool colour)
{
	struct block block = { .variants = variants, .vm_name = vm_name };
	struct table_row *head;
	int ret;

	table_init(&block.table, json_array_size(variants));
	head = table_add_row(&block.table, 0, vm_name);
	set_strong(head);
	for (size_t i = 0; head && i < block.table.column_count; i++)
		block_format(head->cells[i], json_object_get(json_array_get(variants, i), "name"),
			     FORMAT_STRING);
	add_value_rows(&block, head_rows, sizeof(head_rows) / sizeof(head_rows[0]));
	block_add_objects(&block);
	add_table_operations(&block);
	block_add_display(&block);
	add_submit(&block);
	add_operations(&block);
	block_add_heading(&block, 0, "workload");
	add_value_rows(&block, workload_rows, sizeof(workload_rows) / sizeof(workload_rows[0]));
	if (is_repeated(&block))
		add_value_rows(&block, frame_rows, sizeof(frame_rows) / sizeof(frame_rows[0]));
	block_add_heading(&block, 0, "whole run");
	add_value_rows(&block, run_rows, sizeof(run_rows) / sizeof(run_rows[0]));
	add_incidents(&block);
	ret = table_write(&block.table, out, colour);
	table_free(&block.table);
	write_effects(&block, out);
	return ret;
}
