// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/study/axis.h"

#define PART_BYTES 64

static const char range_help[] =
	"expected FIRST..LAST/COUNT, FIRST..LAST:STEP or FIRST..LAST*COUNT";

/* Copy text[0..len) without the blanks around it. false: too long for any number. */
static bool copy_part(char part[PART_BYTES], const char *text, size_t len)
{
	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len >= PART_BYTES)
		return false;
	memcpy(part, text, len);
	part[len] = '\0';
	return true;
}

static int read_part(const char *text, size_t len, enum study_unit *unit, uint64_t *out, char *why)
{
	char part[PART_BYTES];
	int ret = -ENOENT;

	if (copy_part(part, text, len))
		ret = study_number_read(part, unit, out, why);
	if (ret != -ENOENT)
		return ret;
	snprintf(why, STUDY_WHY_BYTES, "'%.*s' is no number with a unit; %s",
		 (int)(len < 40 ? len : 40), text, range_help);
	return -EINVAL;
}

static int read_ends(struct study_range *range, const char *text, const char *dots, size_t last_len,
		     char *why)
{
	enum study_unit unit = STUDY_UNIT_COUNT;
	int ret = read_part(text, (size_t)(dots - text), &range->unit, &range->first, why);

	if (ret == 0)
		ret = read_part(dots + 2, last_len, &unit, &range->last, why);
	if (ret || unit == range->unit)
		return ret;
	snprintf(why, STUDY_WHY_BYTES, "'%.60s' has two kinds of unit", text);
	return -EINVAL;
}

/* FIRST..LAST alone: every whole number between. */
static int finish_each(struct study_range *range, const char *text, char *why)
{
	uint64_t distance = range->first < range->last ? range->last - range->first
						       : range->first - range->last;

	if (range->unit != STUDY_UNIT_COUNT) {
		snprintf(why, STUDY_WHY_BYTES, "'%.60s' does not say which values; %s", text,
			 range_help);
		return -EINVAL;
	}
	range->form = STUDY_RANGE_EACH;
	range->count = distance + 1;
	return 0;
}

static int finish_step(struct study_range *range, const char *step, char *why)
{
	uint64_t distance = range->first < range->last ? range->last - range->first
						       : range->first - range->last;
	enum study_unit unit;
	int ret = read_part(step, strlen(step), &unit, &range->step, why);

	if (ret)
		return ret;
	if (unit != range->unit || range->step == 0) {
		snprintf(why, STUDY_WHY_BYTES,
			 "'%.40s' is no step of that range; expected more than 0, in its unit",
			 step);
		return -EINVAL;
	}
	range->form = STUDY_RANGE_STEP;
	range->count = distance / range->step + 1;
	return 0;
}

static int finish_count(struct study_range *range, const char *text, const char *sign, char *why)
{
	enum study_unit unit;
	int ret = read_part(sign + 1, strlen(sign + 1), &unit, &range->count, why);

	if (ret)
		return ret;
	if (unit != STUDY_UNIT_COUNT || range->count < 2) {
		snprintf(why, STUDY_WHY_BYTES, "'%.40s' is no number of values; expected 2 or more",
			 sign + 1);
		return -EINVAL;
	}
	range->form = *sign == '*' ? STUDY_RANGE_LOG : STUDY_RANGE_LINEAR;
	if (range->form == STUDY_RANGE_LOG && (range->first == 0 || range->last == 0)) {
		snprintf(why, STUDY_WHY_BYTES,
			 "'%.60s' has an end at 0, from which no multiple leads on; write "
			 "0,FIRST..LAST*COUNT with a FIRST above it",
			 text);
		return -EINVAL;
	}
	return 0;
}

int study_range_read(struct study_range *range, const char *text, char *why)
{
	const char *dots = strstr(text, "..");
	size_t last_len;
	int ret;

	*range = (struct study_range){ 0 };
	if (text[0] < '0' || text[0] > '9' || !dots)
		return -ENOENT;
	last_len = strcspn(dots + 2, "/:*");
	ret = read_ends(range, text, dots, last_len, why);
	if (ret)
		return ret;
	switch (dots[2 + last_len]) {
	case '\0':
		return finish_each(range, text, why);
	case ':':
		return finish_step(range, dots + 2 + last_len + 1, why);
	default:
		return finish_count(range, text, dots + 2 + last_len, why);
	}
}

uint64_t study_range_value(const struct study_range *range, uint64_t i)
{
	uint64_t offset = i * (range->form == STUDY_RANGE_STEP ? range->step : 1);
	uint64_t value;

	switch (range->form) {
	case STUDY_RANGE_LINEAR:
		return study_linear(range->first, range->last, i, range->count);
	case STUDY_RANGE_LOG:
		value = study_geometric(range->first, range->last, i, range->count);
		/* The ends are what was asked for, whatever their digits. */
		if (range->unit != STUDY_UNIT_PS || i == 0 || i == range->count - 1)
			return value;
		return study_round_decimal(value);
	default:
		return range->first < range->last ? range->first + offset : range->first - offset;
	}
}
