// SPDX-License-Identifier: MIT
/* A comparison as JSON. */
#include "sim/report/compare.h"

#define MILLION 1000000

/* An integer where it is one. Differences of 64-bit numbers may need a bit more than they have. */
static json_t *number_json(compare_millionths value)
{
	compare_millionths whole = value / MILLION;

	if (value % MILLION == 0 && whole >= INT64_MIN && whole <= INT64_MAX)
		return json_integer((json_int_t)whole);
	return json_real((double)value / MILLION);
}

static json_t *number_row(const struct compare_number *number)
{
	compare_millionths ratio;
	json_t *quotient = compare_ratio(number, &ratio) ? number_json(ratio) : json_null();

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "path", number->path, "unit",
			 compare_unit_names[number->unit], "a", number_json(number->a), "b",
			 number_json(number->b), "difference", number_json(number->b - number->a),
			 "ratio", quotient);
}

static json_t *other_row(const struct compare_other *other)
{
	return json_pack("{s:s, s:O?, s:O?}", "path", other->path, "a", other->a, "b", other->b);
}

static json_t *numbers_json(const struct compare *compare)
{
	json_t *array = json_array();

	for (size_t i = 0; i < compare->number_count; i++) {
		if (json_array_append_new(array, number_row(&compare->numbers[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *others_json(const struct compare_other *others, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, other_row(&others[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *missing_json(const struct compare *compare, bool in_b)
{
	json_t *array = json_array();

	for (size_t i = 0; i < compare->missing_count; i++) {
		const struct compare_missing *missing = &compare->missing[i];

		if (missing->in_b == in_b &&
		    json_array_append_new(array, json_string(missing->path))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *compare_json(const struct compare *compare)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "configuration",
			 others_json(compare->config, compare->config_count), "numbers",
			 numbers_json(compare), "others",
			 others_json(compare->others, compare->other_count), "only_a",
			 missing_json(compare, false), "only_b", missing_json(compare, true));
}
