/* SPDX-License-Identifier: MIT */
/*
 * Measure: what is looked at in a run.
 *
 *	vm0.submit.exits_per_op                     a number or a text of the report
 *	vm0.submit.time_ps/vm0.submit.count         a quotient of two
 *	pvmmio.vm0.exits.count/baseline.vm0.exits.count
 *
 * Paths are those of expectations (docs/report.md). One that does not begin with a variant's name
 * leads from the variant that is looked at.
 */
#ifndef PVMMIO_SIM_STUDY_MEASURE_H
#define PVMMIO_SIM_STUDY_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/study/run.h"

struct study_measure {
	char *text; /* as given: heading of a column */
	char *path;
	char *divisor; /* path; NULL: none */
};

/* A cell of a table, or a point of a curve. */
struct study_value {
	enum {
		STUDY_VALUE_NONE,       /* there is none */
		STUDY_VALUE_INTEGER,    /* number */
		STUDY_VALUE_MILLIONTHS, /* number / 10^6 */
		STUDY_VALUE_TEXT,
	} kind;
	int64_t number;
	char *text; /* owned */
};

/* 0; -EINVAL with a sentence in why, of STUDY_WHY_BYTES; -ENOMEM. */
int study_measure_read(struct study_measure *measure, const char *text, char *why);
void study_measure_free(struct study_measure *measure);

/* "ps" for times, "" for others; a quotient of two times has none. */
const char *study_measure_unit(const struct study_measure *measure);

/*
 * Look at variant of run, by name. 0; -ENOENT with a sentence in why, of STUDY_WHY_BYTES, and a
 * value of kind NONE; -ENOMEM. End *value with study_value_free().
 */
int study_measure_take(const struct study_measure *measure, const struct study_run *run,
		       const char *variant, struct study_value *value, char *why);

/*
 * The same in parts: the path's value and the divisor's, before the one is divided by the other;
 * parts[1] is of kind NONE when there is no divisor.
 */
int study_measure_take_parts(const struct study_measure *measure, const struct study_run *run,
			     const char *variant, struct study_value parts[2], char *why);

/* parts[0] / parts[1] in millionths, rounded. 0 or -ENOENT with a sentence in why. */
int study_measure_divide(const struct study_measure *measure, const struct study_value parts[2],
			 struct study_value *value, char *why);

void study_value_free(struct study_value *value);

/* In millionths, to compare with others. false: no number, or too large a one. */
bool study_value_millionths(const struct study_value *value, int64_t *out);

/* As text: "12", "1.5", a time's picoseconds as they are. buf of STUDY_VALUE_TEXT_BYTES. */
#define STUDY_VALUE_TEXT_BYTES 32
const char *study_value_format(const struct study_value *value, char *buf);

#endif
