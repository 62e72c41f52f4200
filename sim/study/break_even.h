/* SPDX-License-Identifier: MIT */
/*
 * Break-even: where, along the values of a key, a pvmmio level starts or stops paying.
 *
 * At each value the scenario runs twice, without the level and with it; everything else is the
 * same. The level pays where the measure is better with it. First some values over the whole range
 * are tried, then every place where the verdict changes is narrowed down by bisection. The
 * simulation is deterministic, so what is found is exact; changes between two of the first values
 * that cancel each other are not seen.
 */
#ifndef PVMMIO_SIM_STUDY_BREAK_EVEN_H
#define PVMMIO_SIM_STUDY_BREAK_EVEN_H

#include <jansson.h>

#include "sim/study/axis.h"
#include "sim/study/measure.h"
#include "sim/study/run.h"

enum study_verdict {
	STUDY_PAYS,
	STUDY_COSTS,
	STUDY_SAME,
	STUDY_UNKNOWN, /* one of both could not be run, or ended badly */
};

struct study_comparison {
	uint64_t number; /* the key's value, in the range's unit */
	struct study_value without, with;
	enum study_verdict verdict;
	char *error; /* why it is unknown */
};

/* Neighbours as near as can be told apart, or as need be: 4 digits of the value. */
struct study_crossing {
	struct study_comparison below, above;
};

struct study_break_even {
	/* Asked for. */
	struct study_subject subject; /* at most one variant: else the first with a mediated VM */
	const char *key;              /* or several with commas between them */
	struct study_range range;
	uint32_t levels;          /* bits */
	const char *vm;           /* whose; NULL: of all mediated ones */
	const char *measure_text; /* NULL: the first such VM's workload.duration_ps */
	bool more_is_better;
	unsigned workers;
	bool (*tick)(void *ctx, uint64_t done, uint64_t count); /* of each round; or NULL */
	void *ctx;

	/* Found. */
	char *scenario, *variant; /* names */
	char *vms;                /* "vm0, vm1" */
	struct study_measure measure;
	struct study_comparison *points; /* the first round, by value */
	size_t point_count;
	struct study_crossing *crossings;
	size_t crossing_count;
	uint64_t runs; /* simulations, all in all */
};

/* KEY=RANGE. 0; -EINVAL with a sentence in why, of STUDY_WHY_BYTES. The key points into text. */
int study_break_even_set_range(struct study_break_even *search, char *text, char *why);

/* Names of levels, commas between them. 0; -EINVAL with a sentence in why. */
int study_break_even_set_levels(struct study_break_even *search, const char *names, char *why);

/*
 * Search. 0; -EINVAL after messages to errors; -EINTR; -ENOMEM; or the error of reading the file.
 * End with study_break_even_free() in every case.
 */
int study_break_even_run(struct study_break_even *search, FILE *errors);
void study_break_even_free(struct study_break_even *search);

/* The result as text, and as a tree (new reference, NULL when out of memory). */
void study_break_even_write(const struct study_break_even *search, FILE *out);
json_t *study_break_even_json(const struct study_break_even *search);

const char *study_verdict_name(enum study_verdict verdict);

#endif
