/* SPDX-License-Identifier: MIT */
/*
 * Block: the part of the text table that shows one VM, while it is made. Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_VIEW_BLOCK_H
#define PVMMIO_SIM_REPORT_VIEW_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine/exit.h"
#include "sim/report/human.h"
#include "sim/report/table.h"
#include "sim/report/view.h"

/* Shown in a cell for what the variant does not have. */
#define ABSENT "-"

/* One VM in all variants. */
struct block {
	const json_t *variants;
	const char *vm_name;
	struct table table;
};

enum format {
	FORMAT_NUMBER,
	FORMAT_TIME,
	FORMAT_STRING,
	FORMAT_NAMES, /* a list of names */
	FORMAT_YES_NO,
};

/* The number that path leads to; 0 when it leads nowhere. */
uint64_t block_uint(const json_t *node, const char *path);

/* The VM in variant number column; NULL when it has none. */
const json_t *block_vm(const struct block *block, size_t column);

/* value as a cell's text; buf of TABLE_CELL_BYTES. */
void block_format(char *buf, const json_t *value, enum format format);

/* time_ps divided by node's count; buf as above. */
void block_each_time(char *buf, const json_t *node, uint64_t time_ps);

/* A row with a gap before it. */
struct table_row *block_add_heading(struct block *block, unsigned indent, const char *label);

/* When a row is worth its line. */
enum presence {
	ALWAYS,
	IF_ANY,     /* there is something in some column */
	IF_DIFFERS, /* columns differ; what they have in common is in the heading */
};

/* A value of the VM, or of its variant, in each column. */
struct value_row {
	const char *label;
	const char *path;
	enum format format;
	enum presence presence;
	bool of_variant;
};

/* The row that spec describes. */
void block_add_value(struct block *block, const struct value_row *spec);

/* Does the operation occur in any column? */
bool block_has_operation(const struct block *block, const char *op);

/* An operation in detail: how many, what each cost. registers: exits by register, else by reason.
 */
void block_add_operation(struct block *block, const char *op, const char *how_many, bool registers);

/* Rows of the VM's display, if it has one in any column, and of its operations. */
void block_add_display(struct block *block);
bool block_has_display(const struct block *block);
bool block_is_display_operation(enum guest_op op);

/* Rows of the VM's named objects. */
void block_add_objects(struct block *block);

#endif
