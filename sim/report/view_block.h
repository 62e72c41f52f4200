/* SPDX-License-Identifier: MIT */
/*
 * Block: the part of the text table that shows one VM, while it is made. Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_VIEW_BLOCK_H
#define PVMMIO_SIM_REPORT_VIEW_BLOCK_H

#include <stdint.h>

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

/* Rows of the VM's named objects. */
void block_add_objects(struct block *block);

#endif
