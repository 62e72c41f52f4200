/* SPDX-License-Identifier: MIT */
/*
 * Comparison of two variants, of one report or of two: every count and every time side by side,
 * what is no number, what only one of them has, and how their configurations differ.
 *
 * Reports come from files: what no report looks like is an error with a sentence.
 */
#ifndef PVMMIO_SIM_REPORT_COMPARE_H
#define PVMMIO_SIM_REPORT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "sim/report/flatten.h"

#define COMPARE_SCHEMA    "pvmmio-sim/compare/1"
#define COMPARE_WHY_BYTES (FLATTEN_WHY_BYTES + 128)

/* Means of a report are whole millionths; all numbers are held as these. */
__extension__ typedef __int128 compare_millionths;

enum compare_unit { COMPARE_TIME, COMPARE_COUNT, COMPARE_BYTES, COMPARE_UNIT_COUNT };

extern const char *const compare_unit_names[COMPARE_UNIT_COUNT]; /* "ps", "", "bytes" */

/* A number that both have. What did not occur on one side is zero there. */
struct compare_number {
	const char *path;
	enum compare_unit unit;
	compare_millionths a, b;
};

/* What is no number and differs. NULL: that side does not have it. */
struct compare_other {
	const char *path;
	const json_t *a, *b;
};

/* A path, or all below it, that one side does not have. */
struct compare_missing {
	char *path;
	bool in_b; /* it is in b only */
};

struct compare {
	struct flat_list a, b, config_a, config_b;
	struct compare_number *numbers; /* by unit; largest difference first, then by path */
	size_t number_count;
	size_t equal;                 /* of these: no difference */
	struct compare_other *others; /* by path */
	size_t other_count;
	struct compare_other *config; /* by path */
	size_t config_count;
	struct compare_missing *missing;
	size_t missing_count;
};

/*
 * Compare b with a, two variants of reports, which must outlive *compare. 0; -EINVAL with a
 * sentence in why, of COMPARE_WHY_BYTES; -ENOMEM. End *compare with compare_free() in every case.
 */
int compare_variants(struct compare *compare, const json_t *a, const json_t *b, char *why);
void compare_free(struct compare *compare);

/*
 * The variants of report, checked. 0; -EINVAL with a sentence in why: no report, or one of another
 * version.
 */
int compare_check_report(const json_t *report, char *why);

/*
 * Is everything the same, but for numbers that differ by at most tolerance millionths of a's? The
 * configuration is not looked at.
 */
bool compare_same(const struct compare *compare, uint64_t tolerance_millionths);
bool compare_within(const struct compare_number *number, uint64_t tolerance_millionths);

/* b / a in millionths, to the nearest. false: a is zero. */
bool compare_ratio(const struct compare_number *number, compare_millionths *ratio);

/* As an object of docs/report.md, without names. New reference; NULL when out of memory. */
json_t *compare_json(const struct compare *compare);

struct compare_view {
	const char *a, *b;             /* headings */
	size_t limit;                  /* of numbers of a unit; 0: all */
	bool equal;                    /* show what does not differ as well */
	uint64_t tolerance_millionths; /* what differs by no more counts as equal */
	bool colour;
};

/* As text of at most 100 columns, as far as names allow. 0 or -EIO. */
int compare_write_text(const struct compare *compare, const struct compare_view *view, FILE *out);

#endif
