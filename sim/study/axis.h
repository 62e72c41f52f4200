/* SPDX-License-Identifier: MIT */
/*
 * Axis: one option --vary KEY=VALUES, read: which keys of a scenario take which values in turn.
 *
 *	KEY=a,b,c          these values; a comma inside of [], {} or quotes separates nothing
 *	KEY=1..10          every whole number; for numbers without a unit only
 *	KEY=1us..10us/4    four values, evenly spaced, both ends included
 *	KEY=1us..10us:3us  from the first on in steps of 3 us, as far as the last
 *	KEY=1us..1ms*4     four values, each the same multiple of the one before
 *	KEY,KEY=...        several keys that take the same value at the same time
 *
 * Lists may contain ranges: 0ns,1us..1ms*4. Ranges may go down. Evenly spaced values are rounded to
 * the unit's smallest part, multiples of times to four digits; what is equal then is taken once.
 */
#ifndef PVMMIO_SIM_STUDY_AXIS_H
#define PVMMIO_SIM_STUDY_AXIS_H

#include "sim/study/number.h"

#define STUDY_AXIS_VALUE_LIMIT 100000u

struct study_axis {
	char *text;           /* as given */
	char *name;           /* what is before the '=': heading of a column */
	enum study_unit unit; /* STUDY_UNIT_TEXT when not all values are numbers of one unit */
	size_t key_count;
	size_t count;      /* values */
	char **values;     /* as a scenario would write them */
	uint64_t *numbers; /* in the base unit; NULL for texts */
	char **settings;   /* KEY=VALUE: key_count of each value in turn */
};

/*
 * Read text. 0; -EINVAL with a sentence in why, of STUDY_WHY_BYTES; -ENOMEM. End *axis with
 * study_axis_free() in every case.
 */
int study_axis_read(struct study_axis *axis, const char *text, char *why);
void study_axis_free(struct study_axis *axis);

/* A range by itself: what a search goes through. */
struct study_range {
	enum study_unit unit;
	uint64_t first, last;
	enum { STUDY_RANGE_EACH, STUDY_RANGE_LINEAR, STUDY_RANGE_STEP, STUDY_RANGE_LOG } form;
	uint64_t count; /* of values, those that become equal included */
	uint64_t step;  /* STUDY_RANGE_STEP */
};

/* 0; -ENOENT when text is no range; -EINVAL with a sentence in why. */
int study_range_read(struct study_range *range, const char *text, char *why);
uint64_t study_range_value(const struct study_range *range, uint64_t i);

#endif
