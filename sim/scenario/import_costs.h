/* SPDX-License-Identifier: MIT */
/*
 * Import: a cost profile from what people have measured already.
 *
 *	perf kvm stat report		times of exits by reason, from the host's side (perf's
 *					builtin-kvm.c, the table of --event=vmexit, in its form up
 *					to Linux 6.3 and the one since)
 *	kvm-unit-tests x86/vmexit	cycles of one exit each, from the guest's side
 *
 * Which of them a text is, its content says. Parameters that it says nothing about are those of
 * another profile. What was used for what, and what could not be and why, is written in sentences.
 */
#ifndef PVMMIO_SIM_SCENARIO_IMPORT_COSTS_H
#define PVMMIO_SIM_SCENARIO_IMPORT_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/scenario/profile.h"

#define IMPORT_BYTES_LIMIT (4u << 20)
#define IMPORT_NAME_BYTES  48
#define IMPORT_WHY_BYTES   256
#define IMPORT_TEXT_BYTES  256

enum import_kind { IMPORT_PERF, IMPORT_VMEXIT };

/* One row of a listing: picoseconds of perf's, cycles of vmexit's. */
struct import_figure {
	char name[IMPORT_NAME_BYTES];
	unsigned line;
	uint64_t samples; /* 0: not told */
	uint64_t value, low, high;
	bool used;
};

struct import_listing {
	enum import_kind kind;
	struct import_figure *figures;
	size_t count, limit;
};

struct import_options {
	const struct profile *base;
	uint64_t cpu_hz; /* of the measured machine, which counts vmexit's cycles; 0: the base's */
	const char *name, *title;    /* of the new profile */
	bool keep[COST_PARAM_COUNT]; /* these are the base's in any case */
};

/* What a parameter became. Units as in figures. */
struct import_param {
	bool set;
	uint64_t value, low, high;
	char source[IMPORT_TEXT_BYTES];
};

/*
 * Read len bytes of text, which is terminated behind them. Rows that are damaged are left out, with
 * a sentence in notes for each. 0; -EINVAL with a sentence in why, of IMPORT_WHY_BYTES; -ENOMEM.
 * End *listing with import_free() in every case.
 */
int import_read(struct import_listing *listing, const char *text, size_t len, FILE *notes,
		char *why);
void import_free(struct import_listing *listing);

/*
 * Find what the listing says about each parameter. Sentences go to notes. 0; -EINVAL with a
 * sentence in why: it says nothing about any, or its cycles cannot be turned into time.
 */
int import_map(struct import_listing *listing, const struct import_options *options,
	       struct import_param params[COST_PARAM_COUNT], FILE *notes, char *why);

/* Write the profile. */
void import_write(const struct import_listing *listing, const struct import_options *options,
		  const struct import_param params[COST_PARAM_COUNT], FILE *out);

#endif
