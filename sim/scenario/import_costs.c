// SPDX-License-Identifier: MIT
/* Reading of listings. */
#include "sim/scenario/import_costs.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES     512u /* longer lines are no rows */
#define TOKEN_LIMIT    16u
#define WHOLE_LIMIT    UINT64_C(1000000000000)
#define PERCENT_DIGITS 2u

/* A row, cut at blanks. */
struct line {
	char text[LINE_BYTES];
	char *tokens[TOKEN_LIMIT];
	size_t count;
	unsigned number;
};

enum form {
	FORM_NONE,
	FORM_PERF_US, /* NAME SAMPLES % TIME% MIN MAX AVG ( +- % ), times with their unit */
	FORM_PERF_NS, /* NAME SAMPLES % TIME TIME% MAX MIN MEAN, times in ns */
};

struct reader {
	struct import_listing *listing;
	struct import_listing vmexit; /* what would be one */
	enum form form;               /* of the table that is being read */
	bool any_perf, any_known;
	FILE *notes;
};

/* ---- numbers ---- */

/*
 * Digits with at most `decimals` of them behind a point, as an integer of 10^-decimals; end is what
 * must follow. false: it is something else, or too large.
 */
static bool read_decimal(const char *text, unsigned decimals, const char *end, uint64_t *out)
{
	uint64_t value = 0;
	unsigned behind = 0;
	const char *c = text;

	for (; isdigit((unsigned char)*c); c++) {
		value = value * 10 + (uint64_t)(*c - '0');
		if (value > WHOLE_LIMIT)
			return false;
	}
	if (c == text)
		return false;
	if (*c == '.') {
		for (c++; isdigit((unsigned char)*c) && behind < decimals; c++, behind++)
			value = value * 10 + (uint64_t)(*c - '0');
	}
	for (; behind < decimals; behind++)
		value *= 10;
	*out = value;
	return strcmp(c, end) == 0;
}

/* ---- figures ---- */

static int add(struct import_listing *listing, const struct import_figure *figure)
{
	if (listing->count == listing->limit) {
		size_t limit = listing->limit ? 2 * listing->limit : 32;
		struct import_figure *figures =
			reallocarray(listing->figures, limit, sizeof(*figures));

		if (!figures)
			return -ENOMEM;
		listing->figures = figures;
		listing->limit = limit;
	}
	listing->figures[listing->count++] = *figure;
	return 0;
}

static struct import_figure figure_of(const struct line *line)
{
	struct import_figure figure = { .line = line->number };

	snprintf(figure.name, sizeof(figure.name), "%s", line->tokens[0]);
	return figure;
}

/* ---- perf ---- */

static bool has(const struct line *line, const char *word)
{
	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->tokens[i], word) == 0)
			return true;
	}
	return false;
}

/* Is it the head of a table of perf? Which? */
static bool is_perf_head(const struct line *line, enum form *form)
{
	if (!has(line, "Samples"))
		return false;
	*form = FORM_NONE;
	if (has(line, "VM-EXIT") && has(line, "Min") && has(line, "Max") && has(line, "Avg"))
		*form = FORM_PERF_US;
	else if (has(line, "Event") && has(line, "name") && has(line, "Mean") && has(line, "(ns)"))
		*form = FORM_PERF_NS;
	return *form != FORM_NONE;
}

/* ps of "1.23us", or of "1230" ns. */
static bool read_times(const struct line *line, enum form form, struct import_figure *figure)
{
	bool us = form == FORM_PERF_US;
	unsigned decimals = us ? 6 : 3;
	const char *unit = us ? "us" : "";
	const char *min = line->tokens[us ? 4 : 6];
	const char *max = line->tokens[5];
	const char *mean = line->tokens[us ? 6 : 7];

	return read_decimal(min, decimals, unit, &figure->low) &&
	       read_decimal(max, decimals, unit, &figure->high) &&
	       read_decimal(mean, decimals, unit, &figure->value);
}

/* What the mean may be off by, "( +- 1.23% )": the range's upper end, and not the slowest exit. */
static uint64_t upper_end(const struct line *line, const struct import_figure *figure)
{
	uint64_t percent = 0;

	for (size_t i = 7; i + 1 < line->count; i++) {
		if (strcmp(line->tokens[i], "+-") == 0)
			read_decimal(line->tokens[i + 1], PERCENT_DIGITS, "%", &percent);
	}
	percent = percent > 10000 ? 10000 : percent;
	return figure->value + figure->value / 10000 * percent;
}

static int read_perf_row(struct reader *r, const struct line *line)
{
	struct import_figure figure = figure_of(line);
	size_t columns = r->form == FORM_PERF_US ? 7 : 8;
	uint64_t percent;

	/* Between the rows stand messages such as "unknown kvm exit code". */
	if (line->count < columns || !read_decimal(line->tokens[1], 0, "", &figure.samples) ||
	    !read_decimal(line->tokens[2], PERCENT_DIGITS, "%", &percent))
		return 0;
	if (!read_times(line, r->form, &figure)) {
		fprintf(r->notes, "line %u: times that cannot be read; left out\n", line->number);
		return 0;
	}
	if (figure.samples == 0 || figure.value < figure.low || figure.value > figure.high) {
		fprintf(r->notes, "line %u: a mean that is no mean; left out\n", line->number);
		return 0;
	}
	figure.high = upper_end(line, &figure);
	return add(r->listing, &figure);
}

/* ---- vmexit ---- */

static const char *const known_tests[] = { "cpuid",           "vmcall",          "inl_from_qemu",
					   "inl_from_kernel", "outl_to_kernel",  "mov_from_cr8",
					   "mov_to_cr8",      "inl_from_pmtimer" };

static bool is_test_name(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("_+-:", *c))
			return false;
	}
	return islower((unsigned char)name[0]);
}

/* "NAME CYCLES", "NAME (skipped)" */
static int read_vmexit_row(struct reader *r, const struct line *line)
{
	struct import_figure figure = figure_of(line);

	if (line->count != 2 || !is_test_name(line->tokens[0]))
		return 0;
	if (strcmp(line->tokens[1], "(skipped)") == 0) {
		fprintf(r->notes, "line %u: %s was skipped\n", line->number, figure.name);
		return 0;
	}
	if (!read_decimal(line->tokens[1], 0, "", &figure.value))
		return 0;
	figure.low = figure.high = figure.value;
	for (size_t i = 0; i < sizeof(known_tests) / sizeof(known_tests[0]); i++)
		r->any_known |= strcmp(known_tests[i], figure.name) == 0;
	return add(&r->vmexit, &figure);
}

/* ---- the text ---- */

/* Cut the next line at blanks. Longer ones than rows are have no tokens. */
static const char *next_line(struct line *line, const char *text)
{
	size_t len = strcspn(text, "\n");
	char *rest = NULL;

	line->number++;
	line->count = 0;
	if (len < sizeof(line->text)) {
		memcpy(line->text, text, len);
		line->text[len] = '\0';
		for (char *token = strtok_r(line->text, " \t\r", &rest);
		     token && line->count < TOKEN_LIMIT; token = strtok_r(NULL, " \t\r", &rest))
			line->tokens[line->count++] = token;
	}
	return text[len] ? text + len + 1 : NULL;
}

static int read_line(struct reader *r, const struct line *line)
{
	if (line->count == 0)
		return 0;
	if (is_perf_head(line, &r->form)) {
		r->any_perf = true;
		return 0;
	}
	return r->form != FORM_NONE ? read_perf_row(r, line) : read_vmexit_row(r, line);
}

static int judge(struct reader *r, char *why)
{
	if (r->any_perf && r->any_known) {
		snprintf(why, IMPORT_WHY_BYTES,
			 "it holds both a table of perf kvm stat and results of vmexit; one at a "
			 "time");
		return -EINVAL;
	}
	if (!r->any_perf && !r->any_known) {
		snprintf(why, IMPORT_WHY_BYTES,
			 "it is neither a table of perf kvm stat report (VM-EXIT, Samples, ...) "
			 "nor the output of vmexit of kvm-unit-tests (cpuid CYCLES, ...)");
		return -EINVAL;
	}
	if (r->any_known) {
		*r->listing = r->vmexit;
		r->vmexit = (struct import_listing){ 0 };
	}
	r->listing->kind = r->any_known ? IMPORT_VMEXIT : IMPORT_PERF;
	if (r->listing->count)
		return 0;
	snprintf(why, IMPORT_WHY_BYTES, "its table has no row that can be read");
	return -EINVAL;
}

int import_read(struct import_listing *listing, const char *text, size_t len, FILE *notes,
		char *why)
{
	struct reader r = { .listing = listing, .notes = notes };
	struct line line = { .number = 0 };
	int ret = 0;

	*listing = (struct import_listing){ 0 };
	if (len > IMPORT_BYTES_LIMIT || strlen(text) != len) {
		snprintf(why, IMPORT_WHY_BYTES, "it is no text, or a very long one");
		return -EINVAL;
	}
	while (text && ret == 0) {
		text = next_line(&line, text);
		ret = read_line(&r, &line);
	}
	if (ret == 0)
		ret = judge(&r, why);
	import_free(&r.vmexit);
	return ret;
}

void import_free(struct import_listing *listing)
{
	free(listing->figures);
	*listing = (struct import_listing){ 0 };
}
