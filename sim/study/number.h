/* SPDX-License-Identifier: MIT */
/*
 * Numbers that a study varies: what a scenario would write as "1.2us", "64MiB", "100" or
 * "1529cycles", as an integer of the base unit and back. And series of them, by integer arithmetic
 * only, so that a grid is the same on every machine.
 */
#ifndef PVMMIO_SIM_STUDY_NUMBER_H
#define PVMMIO_SIM_STUDY_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/scenario/units.h"

enum study_unit {
	STUDY_UNIT_COUNT, /* a plain number */
	STUDY_UNIT_PS,
	STUDY_UNIT_BYTES,
	STUDY_UNIT_HZ,
	STUDY_UNIT_CYCLES,
	STUDY_UNIT_TEXT, /* no number */
};

#define STUDY_NUMBER_MAX        ((uint64_t)INT64_MAX)
#define STUDY_NUMBER_TEXT_BYTES UNITS_TEXT_BYTES
#define STUDY_WHY_BYTES         512

/* "ps"; "" for plain numbers and texts. */
const char *study_unit_name(enum study_unit unit);

/*
 * Read text. 0; -ENOENT when it is no number, which is no error; -EINVAL, with a sentence in why of
 * STUDY_WHY_BYTES, when it is one that cannot be used.
 */
int study_number_read(const char *text, enum study_unit *unit, uint64_t *out, char *why);

/* As a scenario would write it. buf of STUDY_NUMBER_TEXT_BYTES; returns it. */
const char *study_number_format(enum study_unit unit, uint64_t value, char *buf);

/* Number i of count, evenly from first to last, rounded to the nearest; count > 1. */
uint64_t study_linear(uint64_t first, uint64_t last, uint64_t i, uint64_t count);

/*
 * Number i of count, from first to last, each the same multiple of the one before, rounded to the
 * nearest. first and last are not 0, count > 1. Relative error below 2^-50 before the rounding.
 */
uint64_t study_geometric(uint64_t first, uint64_t last, uint64_t i, uint64_t count);

/* value to four significant decimal digits. */
uint64_t study_round_decimal(uint64_t value);

#endif
