// SPDX-License-Identifier: MIT
/*
 * The tree as text. What contains a few plain values and nothing else stands on one line: a
 * register, a sum, an incident each are one, which keeps reports short and their differences
 * readable.
 */
#include <errno.h>
#include <stdbool.h>

#include "sim/report/report.h"

#define INDENT_COLUMNS   2
#define VALUES_ON_A_LINE 8

/* Digits of a real: millionths of counts print as they are, without binary leftovers. */
#define SCALAR_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

static bool is_container(const json_t *value)
{
	return json_is_object(value) || json_is_array(value);
}

static bool is_flat(const json_t *container)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)container, key, value) if (is_container(value)) return false;
	json_array_foreach(container, i, value) if (is_container(value)) return false;
	return true;
}

/* A new line at depth, or a blank where all is on one line. */
static void write_gap(FILE *out, unsigned depth, bool flat)
{
	if (flat)
		fputc(' ', out);
	else
		fprintf(out, "\n%*s", (int)(depth * INDENT_COLUMNS), "");
}

static int write_key(FILE *out, const char *key)
{
	json_t *string = json_string(key);
	int ret = json_dumpf(string, out, SCALAR_FLAGS);

	json_decref(string);
	fputs(": ", out);
	return ret;
}

static int write_value(FILE *out, const json_t *value, unsigned depth)
{
	bool is_object = json_is_object(value);
	bool flat, first = true;
	const char *key;
	json_t *member;
	int ret = 0;
	size_t i;

	if (!is_container(value))
		return json_dumpf(value, out, SCALAR_FLAGS);
	flat = is_flat(value);
	fputc(is_object ? '{' : '[', out);
	json_object_foreach((json_t *)value, key, member)
	{
		if (!first)
			fputc(',', out);
		if (!first || !flat)
			write_gap(out, depth + 1, flat);
		ret |= write_key(out, key);
		ret |= write_value(out, member, depth + 1);
		first = false;
	}
	json_array_foreach(value, i, member)
	{
		if (!first)
			fputc(',', out);
		if (!first || !flat)
			write_gap(out, depth + 1, flat);
		ret |= write_value(out, member, depth + 1);
		first = false;
	}
	if (!flat)
		write_gap(out, depth, false);
	fputc(is_object ? '}' : ']', out);
	return ret;
}

int report_write_json(const json_t *report, FILE *out)
{
	int ret = write_value(out, report, 0);

	fputc('\n', out);
	return ret || fflush(out) || ferror(out) ? -EIO : 0;
}
