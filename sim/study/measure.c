// SPDX-License-Identifier: MIT
#include "sim/study/measure.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/expect.h"
#include "sim/study/number.h"

__extension__ typedef __int128 s128;

#define MILLION 1000000

static char *trimmed(const char *text, size_t len)
{
	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return strndup(text, len);
}

int study_measure_read(struct study_measure *measure, const char *text, char *why)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	*measure = (struct study_measure){
		.text = trimmed(text, strlen(text)),
		.path = trimmed(text, len),
		.divisor = slash ? trimmed(slash + 1, strlen(slash + 1)) : NULL,
	};
	if (!measure->text || !measure->path || (slash && !measure->divisor)) {
		study_measure_free(measure);
		return -ENOMEM;
	}
	if (*measure->path && (!slash || (*measure->divisor && !strchr(measure->divisor, '/'))))
		return 0;
	snprintf(why, STUDY_WHY_BYTES,
		 "'%.100s' is no measure; expected a path into the report or a quotient of two, "
		 "such as vm0.submit.time_ps/vm0.submit.count",
		 text);
	study_measure_free(measure);
	return -EINVAL;
}

void study_measure_free(struct study_measure *measure)
{
	free(measure->text);
	free(measure->path);
	free(measure->divisor);
	*measure = (struct study_measure){ 0 };
}

static bool is_time(const char *path)
{
	size_t len = strlen(path);

	return len > 3 && strcmp(path + len - 3, "_ps") == 0;
}

const char *study_measure_unit(const struct study_measure *measure)
{
	bool over_time = measure->divisor && is_time(measure->divisor);

	return is_time(measure->path) && !over_time ? "ps" : "";
}

/* ---- taking it ---- */

static bool begins_with_variant(const char *path, const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->variant_count; i++) {
		const char *name = scenario->variants[i].name;
		size_t len = strlen(name);

		if (strncmp(path, name, len) == 0 && path[len] == '.')
			return true;
	}
	return false;
}

/* A list of names as the text that it compares as. */
static char *list_text(const json_t *array)
{
	char *text = NULL;
	size_t len, i;
	json_t *element;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	json_array_foreach(array, i, element)
	{
		if (json_is_string(element))
			fprintf(out, "%s%s", i ? "," : "", json_string_value(element));
	}
	if (i == 0)
		fputs("none", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int from_json(const json_t *json, struct study_value *value)
{
	switch (json_typeof(json)) {
	case JSON_INTEGER:
		value->kind = STUDY_VALUE_INTEGER;
		value->number = json_integer_value(json);
		return 0;
	case JSON_REAL:
		/* Reals of a report are whole millionths. */
		value->kind = STUDY_VALUE_MILLIONTHS;
		value->number = llround(json_real_value(json) * MILLION);
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		value->kind = STUDY_VALUE_INTEGER;
		value->number = json_is_true(json);
		return 0;
	case JSON_STRING:
		value->text = strdup(json_string_value(json));
		break;
	case JSON_ARRAY:
		value->text = list_text(json);
		break;
	case JSON_NULL:
		return 0;
	default:
		return -ENOENT;
	}
	value->kind = STUDY_VALUE_TEXT;
	return value->text ? 0 : -ENOMEM;
}

static int take_path(const char *path, const struct study_run *run, const char *variant,
		     struct study_value *value, char *why)
{
	struct expect_scope scope = {
		.variants = json_object_get(run->report, "variants"),
		.scenario = run->scenario,
	};
	struct expect_value found;
	char *full;
	int ret;

	for (size_t i = 0; i < run->scenario->variant_count && !scope.incident_names; i++) {
		if (run->results[i])
			scope.incident_names = run->results[i]->incident_names;
	}
	if (asprintf(&full, "%s%s%s", begins_with_variant(path, run->scenario) ? "" : variant,
		     begins_with_variant(path, run->scenario) ? "" : ".", path) < 0)
		return -ENOMEM;
	ret = expect_resolve(&scope, full, &found);
	if (ret == -ENOENT) {
		snprintf(why, STUDY_WHY_BYTES, "%s",
			 found.skipped ? "its variant is not run" : found.message);
	} else if (ret == 0) {
		ret = from_json(found.value, value);
		if (ret == -ENOENT)
			snprintf(why, STUDY_WHY_BYTES, "'%.100s' is no single value", full);
		json_decref(found.value);
	}
	free(full);
	return ret;
}

bool study_value_millionths(const struct study_value *value, int64_t *out)
{
	if (value->kind == STUDY_VALUE_MILLIONTHS) {
		*out = value->number;
		return true;
	}
	return value->kind == STUDY_VALUE_INTEGER &&
	       !__builtin_mul_overflow(value->number, MILLION, out);
}

/* left / right in millionths, rounded; both count in the same unit then. */
static int divide(const struct study_value *left, const struct study_value *right,
		  struct study_value *out, char *why)
{
	s128 numerator = (s128)left->number * MILLION;
	s128 denominator = right->number;
	s128 quotient;

	if (left->kind == STUDY_VALUE_MILLIONTHS)
		denominator *= MILLION;
	if (right->kind == STUDY_VALUE_MILLIONTHS)
		numerator *= MILLION;
	if (denominator == 0) {
		snprintf(why, STUDY_WHY_BYTES, "the divisor is 0");
		return -ENOENT;
	}
	quotient = (2 * numerator + denominator) / (2 * denominator);
	if (quotient > INT64_MAX || quotient < INT64_MIN) {
		snprintf(why, STUDY_WHY_BYTES, "the quotient is too large");
		return -ENOENT;
	}
	*out = (struct study_value){ .kind = STUDY_VALUE_MILLIONTHS, .number = (int64_t)quotient };
	return 0;
}

static bool is_number(const struct study_value *value)
{
	return value->kind == STUDY_VALUE_INTEGER || value->kind == STUDY_VALUE_MILLIONTHS;
}

int study_measure_take_parts(const struct study_measure *measure, const struct study_run *run,
			     const char *variant, struct study_value parts[2], char *why)
{
	int ret;

	parts[0] = parts[1] = (struct study_value){ 0 };
	ret = take_path(measure->path, run, variant, &parts[0], why);
	if (ret == 0 && measure->divisor)
		ret = take_path(measure->divisor, run, variant, &parts[1], why);
	if (ret) {
		study_value_free(&parts[0]);
		study_value_free(&parts[1]);
	}
	return ret;
}

int study_measure_divide(const struct study_measure *measure, const struct study_value parts[2],
			 struct study_value *value, char *why)
{
	*value = (struct study_value){ 0 };
	if (is_number(&parts[0]) && is_number(&parts[1]))
		return divide(&parts[0], &parts[1], value, why);
	snprintf(why, STUDY_WHY_BYTES, "'%.100s' is no quotient of two numbers", measure->text);
	return -ENOENT;
}

int study_measure_take(const struct study_measure *measure, const struct study_run *run,
		       const char *variant, struct study_value *value, char *why)
{
	struct study_value parts[2];
	int ret = study_measure_take_parts(measure, run, variant, parts, why);

	*value = parts[0];
	if (ret || !measure->divisor)
		return ret;
	ret = study_measure_divide(measure, parts, value, why);
	study_value_free(&parts[0]);
	study_value_free(&parts[1]);
	return ret;
}

void study_value_free(struct study_value *value)
{
	free(value->text);
	*value = (struct study_value){ 0 };
}

const char *study_value_format(const struct study_value *value, char *buf)
{
	uint64_t size = value->number < 0 ? -(uint64_t)value->number : (uint64_t)value->number;
	int len;

	if (value->kind == STUDY_VALUE_INTEGER) {
		snprintf(buf, STUDY_VALUE_TEXT_BYTES, "%" PRId64, value->number);
		return buf;
	}
	if (value->kind != STUDY_VALUE_MILLIONTHS) {
		buf[0] = '\0';
		return buf;
	}
	len = snprintf(buf, STUDY_VALUE_TEXT_BYTES, "%s%" PRIu64 ".%06" PRIu64,
		       value->number < 0 ? "-" : "", size / MILLION, size % MILLION);
	while (buf[len - 1] == '0')
		len--;
	if (buf[len - 1] == '.')
		len--;
	buf[len] = '\0';
	return buf;
}
