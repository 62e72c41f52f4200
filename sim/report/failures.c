// SPDX-License-Identifier: MIT
#include <string.h>

#include "sim/report/report.h"

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

/* A value as the JSON report has it. */
static void write_value(const json_t *value, FILE *out)
{
	json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

static void write_failure(const json_t *expectation, FILE *out, bool colour)
{
	const char *message = json_string_value(json_object_get(expectation, "message"));
	const char *op = json_string_value(json_object_get(expectation, "op"));

	fprintf(out, "line %" JSON_INTEGER_FORMAT ": expectation failed: %s\n",
		json_integer_value(json_object_get(expectation, "line")),
		json_string_value(json_object_get(expectation, "text")));
	if (!json_is_null(json_object_get(expectation, "expected"))) {
		fprintf(out, "%s-expected %s ", colour ? RED : "", op);
		write_value(json_object_get(expectation, "expected"), out);
		fprintf(out, "%s\n", colour ? PLAIN : "");
	}
	if (!json_is_null(json_object_get(expectation, "measured"))) {
		fprintf(out, "%s+measured %*s ", colour ? GREEN : "", (int)strlen(op), "");
		write_value(json_object_get(expectation, "measured"), out);
		fprintf(out, "%s\n", colour ? PLAIN : "");
	}
	if (message)
		fprintf(out, " %s\n", message);
}

void report_write_failures(const json_t *report, FILE *out, bool colour)
{
	json_t *expectation;
	size_t i;

	json_array_foreach(json_object_get(report, "expectations"), i, expectation)
	{
		if (json_is_false(json_object_get(expectation, "ok")))
			write_failure(expectation, out, colour);
	}
}
