/* SPDX-License-Identifier: MIT */
/*
 * View: what the parts of the text table share. Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_VIEW_H
#define PVMMIO_SIM_REPORT_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Follow keys separated by dots; NULL when one is missing. */
const json_t *view_dig(const json_t *node, const char *path);

/* Is what path leads to the same in all variants? */
bool view_is_common(const json_t *variants, const char *path);

/* The VM of this name in variant number column; NULL when it has none. */
const json_t *view_vm(const json_t *variants, size_t column, const char *name);

/* text, broken at blanks to fit the table's width; lines begin with indent blanks. */
void view_write_wrapped(const char *text, int indent, FILE *out);

/* One VM's block of the table, a column for each variant. 0, -EIO or -ENOMEM. */
int view_write_vm(const json_t *variants, const char *vm_name, FILE *out, bool colour);

#endif
