// SPDX-License-Identifier: MIT
/* What a search for a break-even found, as text and as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/report.h"
#include "sim/scenario/schema.h"
#include "sim/study/break_even.h"
#include "sim/study/format.h"

const char *study_verdict_name(enum study_verdict verdict)
{
	static const char *const names[] = {
		[STUDY_PAYS] = "pays",
		[STUDY_COSTS] = "costs",
		[STUDY_SAME] = "same",
		[STUDY_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

static bool is_time(const struct study_break_even *search)
{
	return *study_measure_unit(&search->measure) != '\0';
}

static void write_levels(const struct study_break_even *search, FILE *out)
{
	const char *separator = "";
	const char *name;

	for (unsigned bit = 0; (name = schema_level_name(bit)); bit++) {
		if (search->levels >> bit & 1) {
			fprintf(out, "%s%s", separator, name);
			separator = ", ";
		}
	}
}

static void write_number(const struct study_break_even *search, uint64_t number, FILE *out)
{
	char text[STUDY_NUMBER_TEXT_BYTES];

	fputs(study_number_format(search->range.unit, number, text), out);
}

static void write_point(const struct study_break_even *search, const struct study_comparison *c,
			FILE *out)
{
	char number[STUDY_NUMBER_TEXT_BYTES];
	char without[STUDY_FORMAT_BYTES], with[STUDY_FORMAT_BYTES], change[STUDY_FORMAT_BYTES];

	study_number_format(search->range.unit, c->number, number);
	fprintf(out, "  %-16s%16s%16s%12s  %s%s%s\n", number,
		study_format_value(&c->without, is_time(search), without),
		study_format_value(&c->with, is_time(search), with),
		study_format_change(&c->without, &c->with, change), study_verdict_name(c->verdict),
		c->error ? ": " : "", c->error ? c->error : "");
}

static const char *const everywhere[] = {
	[STUDY_PAYS] = "pays at every value tried",
	[STUDY_COSTS] = "pays at no value tried",
	[STUDY_SAME] = "makes no difference at any value tried",
};

static void write_crossing(const struct study_break_even *search, const struct study_crossing *c,
			   FILE *out)
{
	static const char *const changes[] = {
		[STUDY_PAYS] = "pays",
		[STUDY_COSTS] = "costs more than it saves",
		[STUDY_SAME] = "makes no difference",
		[STUDY_UNKNOWN] = "cannot be told",
	};

	fprintf(out, "up to ");
	write_number(search, c->below.number, out);
	fprintf(out, " it %s, from ", changes[c->below.verdict]);
	write_number(search, c->above.number, out);
	fprintf(out, " on it %s", changes[c->above.verdict]);
	fprintf(out, "%s%s\n", c->above.error ? ": " : "", c->above.error ? c->above.error : "");
}

/* The verdict of all points that have one; UNKNOWN when they differ. */
static enum study_verdict common_verdict(const struct study_break_even *search)
{
	enum study_verdict verdict = STUDY_UNKNOWN;

	for (size_t i = 0; i < search->point_count; i++) {
		enum study_verdict one = search->points[i].verdict;

		if (one == STUDY_UNKNOWN)
			continue;
		if (verdict != STUDY_UNKNOWN && verdict != one)
			return STUDY_UNKNOWN;
		verdict = one;
	}
	return verdict;
}

void study_break_even_write(const struct study_break_even *search, FILE *out)
{
	enum study_verdict verdict = common_verdict(search);

	fputs("level ", out);
	write_levels(search, out);
	fprintf(out, " in %s of scenario %s, variant %s\n", search->vms, search->scenario,
		search->variant);
	fprintf(out, "measure %s, %s is better; pvmmio-sim %s\n\n", search->measure.text,
		search->more_is_better ? "more" : "less", report_version);
	fprintf(out, "%s\n  %-16s%16s%16s%12s\n", search->key, "", "without", "with", "change");
	for (size_t i = 0; i < search->point_count; i++)
		write_point(search, &search->points[i], out);
	fputc('\n', out);
	if (search->crossing_count == 0 && verdict != STUDY_UNKNOWN)
		fprintf(out, "it %s\n", everywhere[verdict]);
	for (size_t i = 0; i < search->crossing_count; i++)
		write_crossing(search, &search->crossings[i], out);
	if (search->crossing_count > 1)
		fprintf(out, "%zu changes: there is no single break-even\n",
			search->crossing_count);
	fprintf(out, "%" PRIu64 " simulations\n", search->runs);
}

/* ---- JSON ---- */

static json_t *comparison_json(const struct study_break_even *search,
			       const struct study_comparison *c)
{
	return json_pack("{s:I, s:o?, s:o?, s:s, s:s?}", "value", (json_int_t)c->number, "without",
			 study_value_json(&c->without), "with", study_value_json(&c->with),
			 "verdict", study_verdict_name(c->verdict), "error", c->error);
}

static json_t *levels_json(const struct study_break_even *search)
{
	json_t *array = json_array();
	const char *name;

	for (unsigned bit = 0; array && (name = schema_level_name(bit)); bit++) {
		if (search->levels >> bit & 1)
			json_array_append_new(array, json_string(name));
	}
	return array;
}

json_t *study_break_even_json(const struct study_break_even *search)
{
	json_t *points = json_array(), *crossings = json_array();

	for (size_t i = 0; i < search->point_count; i++)
		json_array_append_new(points, comparison_json(search, &search->points[i]));
	for (size_t i = 0; i < search->crossing_count; i++) {
		const struct study_crossing *c = &search->crossings[i];

		json_array_append_new(crossings,
				      json_pack("{s:o, s:o}", "below",
						comparison_json(search, &c->below), "above",
						comparison_json(search, &c->above)));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I}",
			 "schema", "pvmmio-sim/break-even/1", "version", report_version, "scenario",
			 search->scenario, "variant", search->variant, "levels",
			 levels_json(search), "vms", search->vms, "measure", search->measure.text,
			 "better", search->more_is_better ? "more" : "less", "key", search->key,
			 "unit", study_unit_name(search->range.unit), "points", points, "crossings",
			 crossings, "runs", (json_int_t)search->runs);
}
