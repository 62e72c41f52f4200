/* SPDX-License-Identifier: MIT */
/*
 * Reports. The JSON tree is the report; the text table is a view of it, and expectations are
 * evaluated on it, so that what is checked is what is shown. Shape and keys: docs/report.md.
 *
 * The tree depends on nothing but the scenario, the results, the seed and the version: the same run
 * gives the same bytes.
 */
#ifndef PVMMIO_SIM_REPORT_REPORT_H
#define PVMMIO_SIM_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "sim/report/result.h"
#include "sim/scenario/scenario.h"

#define REPORT_SCHEMA "pvmmio-sim/report/1"

/* The program's version, "0.1.0"; part of every report. */
extern const char report_version[];

/*
 * The report on scenario, whose variant i measured results[i]; NULL there means that the variant
 * was not run: it is left out, and expectations that name it are neither met nor failed (their "ok"
 * is null). Evaluates the expectations. New reference, NULL when out of memory.
 */
json_t *report_build(const struct scenario *scenario, struct sim_result *const *results);

/* Did every expectation that could be evaluated hold? */
bool report_ok(const json_t *report);

/*
 * Write the tree, or an array of trees: two-space indent, what holds at most eight plain values on
 * one line, keys in the documented order, newline at the end. 0 or -EIO.
 */
int report_write_json(const json_t *report, FILE *out);

/* Write the text table: at most 100 columns; colour if asked for. 0, -EIO or -ENOMEM. */
int report_write_text(const json_t *report, FILE *out, bool colour);

/* For each failed expectation a diff of expected and measured. */
void report_write_failures(const json_t *report, FILE *out, bool colour);

#endif
