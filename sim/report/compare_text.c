// SPDX-License-Identifier: MIT
/* A comparison as text. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/compare.h"
#include "sim/report/human.h"

#define MILLION       1000000
#define PATH_COLUMNS  50
#define CELL_COLUMNS  12
#define VALUE_BYTES   160 /* of what is no number; longer ones are cut */
#define CONFIG_LIMIT  20
#define RATIO_LARGEST ((compare_millionths)10000 * MILLION)

static const char *const section_titles[COMPARE_UNIT_COUNT] = {
	[COMPARE_TIME] = "times",
	[COMPARE_COUNT] = "counts",
	[COMPARE_BYTES] = "bytes",
};

static void write_strong(const struct compare_view *view, const char *text, FILE *out)
{
	fprintf(out, "%s%s%s", view->colour ? "\033[1m" : "", text, view->colour ? "\033[0m" : "");
}

/* ---- numbers ---- */

static void format_number(char *buf, size_t len, enum compare_unit unit, compare_millionths value)
{
	compare_millionths size = value < 0 ? -value : value;
	uint64_t whole = (uint64_t)(size / MILLION);

	if (unit == COMPARE_TIME)
		human_time(buf, len, whole);
	else if (size % MILLION && size <= UINT64_MAX)
		human_millionths(buf, len, (uint64_t)size);
	else
		snprintf(buf, len, "%" PRIu64, whole);
}

static void format_difference(char *buf, size_t len, const struct compare_number *number)
{
	compare_millionths difference = number->b - number->a;
	char text[HUMAN_TEXT_BYTES];

	format_number(text, sizeof(text), number->unit, difference);
	snprintf(buf, len, "%s%s", difference > 0 ? "+" : difference < 0 ? "-" : "", text);
}

static void format_ratio(char *buf, size_t len, const struct compare_number *number)
{
	compare_millionths ratio;
	uint64_t hundredths;

	if (!compare_ratio(number, &ratio) || ratio < 0) {
		snprintf(buf, len, "-");
		return;
	}
	hundredths = ratio < RATIO_LARGEST ? human_divide((uint64_t)ratio, MILLION / 100) : 0;
	if (ratio >= RATIO_LARGEST)
		snprintf(buf, len, ">9999x");
	else if (ratio && !hundredths)
		snprintf(buf, len, "<0.01x");
	else
		snprintf(buf, len, "%" PRIu64 ".%02" PRIu64 "x", hundredths / 100,
			 hundredths % 100);
}

static void write_number(const struct compare_number *number, FILE *out)
{
	char a[HUMAN_TEXT_BYTES], b[HUMAN_TEXT_BYTES];
	char difference[HUMAN_TEXT_BYTES + 1], ratio[HUMAN_TEXT_BYTES];

	format_number(a, sizeof(a), number->unit, number->a);
	format_number(b, sizeof(b), number->unit, number->b);
	format_difference(difference, sizeof(difference), number);
	format_ratio(ratio, sizeof(ratio), number);
	/* Values of long names stand below them, in their columns. */
	if (strlen(number->path) > PATH_COLUMNS)
		fprintf(out, "  %s\n  %-*s", number->path, PATH_COLUMNS, "");
	else
		fprintf(out, "  %-*s", PATH_COLUMNS, number->path);
	fprintf(out, "%*s%*s%*s%*s\n", CELL_COLUMNS, a, CELL_COLUMNS, b, CELL_COLUMNS, difference,
		CELL_COLUMNS, ratio);
}

static bool is_shown(const struct compare_number *number, const struct compare_view *view)
{
	return view->equal || !compare_within(number, view->tolerance_millionths);
}

/* The numbers of one unit, a heading before them. */
static void write_section(const struct compare *compare, const struct compare_view *view,
			  enum compare_unit unit, FILE *out)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < compare->number_count; i++) {
		const struct compare_number *number = &compare->numbers[i];

		if (number->unit != unit || !is_shown(number, view))
			continue;
		if (view->limit && shown == view->limit) {
			left++;
			continue;
		}
		if (shown++ == 0)
			fprintf(out, "\n%-*s%*.*s%*.*s%*s%*s\n", PATH_COLUMNS + 2,
				section_titles[unit], CELL_COLUMNS, CELL_COLUMNS - 1, view->a,
				CELL_COLUMNS, CELL_COLUMNS - 1, view->b, CELL_COLUMNS, "difference",
				CELL_COLUMNS, "ratio");
		write_number(number, out);
	}
	if (left)
		fprintf(out, "  and %zu more (--top 0 shows all)\n", left);
}

/* ---- the rest ---- */

/* Append a value as one reads it; buf holds VALUE_BYTES, and what does not fit is cut. */
static void append_value(char *buf, const json_t *value)
{
	size_t used = strlen(buf);
	char *text = NULL;

	if (!json_is_string(value))
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	snprintf(buf + used, VALUE_BYTES - used, "%s",
		 text                    ? text
		 : json_is_string(value) ? json_string_value(value)
					 : "?");
	free(text);
}

/* In one line. Nothing of it reaches a terminal as a command. */
static void format_value(char *buf, const json_t *value)
{
	json_t *element;
	size_t i;

	snprintf(buf, VALUE_BYTES, "%s",
		 !value                                                ? "-"
		 : json_is_array(value) && json_array_size(value) == 0 ? "none"
								       : "");
	json_array_foreach(value, i, element)
	{
		size_t used = strlen(buf);

		snprintf(buf + used, VALUE_BYTES - used, "%s", i ? "," : "");
		append_value(buf, element);
	}
	if (value && !json_is_array(value))
		append_value(buf, value);
	for (char *c = buf; *c; c++) {
		if (iscntrl((unsigned char)*c))
			*c = '?';
	}
}

static void write_others(const struct compare_other *others, size_t count, size_t limit,
			 const char *title, FILE *out)
{
	char a[VALUE_BYTES], b[VALUE_BYTES];

	if (count)
		fprintf(out, "\n%s\n", title);
	for (size_t i = 0; i < count && !(limit && i == limit); i++) {
		format_value(a, others[i].a);
		format_value(b, others[i].b);
		fprintf(out, "  %s: %s -> %s\n", others[i].path, a, b);
	}
	if (limit && count > limit)
		fprintf(out, "  and %zu more (--top 0 shows all)\n", count - limit);
}

static void write_missing(const struct compare *compare, const struct compare_view *view, FILE *out)
{
	for (size_t i = 0; i < compare->missing_count; i++) {
		const struct compare_missing *missing = &compare->missing[i];

		fprintf(out, "%s  only %s has %s\n", i ? "" : "\nnot comparable\n",
			missing->in_b ? view->b : view->a, missing->path);
	}
}

static void write_summary(const struct compare *compare, const struct compare_view *view, FILE *out)
{
	size_t near = 0;

	for (size_t i = 0; i < compare->number_count; i++)
		near += compare_within(&compare->numbers[i], view->tolerance_millionths);
	fprintf(out, "\n%zu numbers: %zu equal", compare->number_count, compare->equal);
	if (view->tolerance_millionths)
		fprintf(out, ", %zu within the tolerance", near - compare->equal);
	fprintf(out, ", %zu differ\n", compare->number_count - near);
}

int compare_write_text(const struct compare *compare, const struct compare_view *view, FILE *out)
{
	write_strong(view, view->a, out);
	fputs(" -> ", out);
	write_strong(view, view->b, out);
	fputc('\n', out);
	write_others(compare->config, compare->config_count, view->limit ? CONFIG_LIMIT : 0,
		     "configuration", out);
	for (unsigned unit = 0; unit < COMPARE_UNIT_COUNT; unit++)
		write_section(compare, view, unit, out);
	write_others(compare->others, compare->other_count, 0, "other", out);
	write_missing(compare, view, out);
	write_summary(compare, view, out);
	return ferror(out) ? -EIO : 0;
}
