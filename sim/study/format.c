// SPDX-License-Identifier: MIT
#include "sim/study/format.h"

#include <inttypes.h>
#include <stdio.h>

#include "sim/report/human.h"

__extension__ typedef __int128 s128;

#define MILLION 1000000

const char *study_format_value(const struct study_value *value, bool is_time, char *buf)
{
	uint64_t ps = value->number < 0 ? 0 : (uint64_t)value->number;

	if (value->kind == STUDY_VALUE_NONE || value->kind == STUDY_VALUE_TEXT) {
		snprintf(buf, STUDY_FORMAT_BYTES, "-");
	} else if (is_time && value->number >= 0) {
		if (value->kind == STUDY_VALUE_MILLIONTHS)
			ps = (ps + MILLION / 2) / MILLION;
		human_time(buf, STUDY_FORMAT_BYTES, ps);
	} else {
		study_value_format(value, buf);
	}
	return buf;
}

const char *study_format_percent(int64_t millionths, bool signed_, char *buf)
{
	uint64_t size = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
	uint64_t hundredths = (size + 50) / 100;
	const char *sign = millionths < 0 ? "-" : signed_ ? "+" : "";

	snprintf(buf, STUDY_FORMAT_BYTES, "%s%" PRIu64 ".%02" PRIu64 " %%",
		 hundredths || !signed_ ? sign : "", hundredths / 100, hundredths % 100);
	return buf;
}

const char *study_format_change(const struct study_value *from, const struct study_value *to,
				char *buf)
{
	int64_t left, right;
	s128 change;

	snprintf(buf, STUDY_FORMAT_BYTES, "-");
	if (!study_value_millionths(from, &left) || !study_value_millionths(to, &right) ||
	    left <= 0)
		return buf;
	change = ((s128)right - left) * MILLION;
	change = (change + (change < 0 ? -left / 2 : left / 2)) / left;
	if (change > INT64_MAX || change < INT64_MIN)
		return buf;
	return study_format_percent((int64_t)change, true, buf);
}

json_t *study_value_json(const struct study_value *value)
{
	switch (value->kind) {
	case STUDY_VALUE_INTEGER:
		return json_integer(value->number);
	case STUDY_VALUE_MILLIONTHS:
		return value->number % MILLION ? json_real((double)value->number / MILLION)
					       : json_integer(value->number / MILLION);
	default:
		return json_null();
	}
}
