// SPDX-License-Identifier: MIT
/* What a sensitivity study found, as text and as JSON. */
#include <inttypes.h>
#include <string.h>

#include "sim/report/report.h"
#include "sim/study/format.h"
#include "sim/study/sensitivity.h"

#define SHOWN_SHARE     (STUDY_SHARE_ONE / 1000) /* less is "others" */
#define LOW_PERCENTILE  5u
#define HIGH_PERCENTILE 95u

static struct study_value value_of(const struct study_sensitivity *study, int64_t number)
{
	return (struct study_value){
		.kind = study->in_millionths ? STUDY_VALUE_MILLIONTHS : STUDY_VALUE_INTEGER,
		.number = number,
	};
}

static const char *text_of(const struct study_sensitivity *study, int64_t number, char *buf)
{
	struct study_value value = value_of(study, number);

	return study_format_value(&value, *study_measure_unit(&study->measure) != '\0', buf);
}

/* How the result changes, in percent of that at the profiles' values. */
static const char *change_of(const struct study_sensitivity *study, int64_t effect, char *buf)
{
	struct study_value from = value_of(study, study->base);
	struct study_value to = value_of(study, study->base + effect);

	return study_format_change(&from, &to, buf);
}

static const char *name_of(const struct study_factor *factor, char *buf, size_t len)
{
	snprintf(buf, len, "%s.%s", param_kind_name(factor->param.kind), param_name(factor->param));
	return buf;
}

/* As --range takes it. */
static const char *range_end(const struct study_factor *factor, uint64_t value, char *buf)
{
	if (param_unit(factor->param) == COST_UNIT_PS)
		return study_number_format(STUDY_UNIT_PS, value, buf);
	return param_format(factor->param, value, buf);
}

static void write_factor(const struct study_sensitivity *study, const struct study_factor *factor,
			 FILE *out)
{
	char name[128], low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES], range[80];
	char at_low[STUDY_FORMAT_BYTES], at_high[STUDY_FORMAT_BYTES];
	char share[STUDY_FORMAT_BYTES], sample_share[STUDY_FORMAT_BYTES];

	snprintf(range, sizeof(range), "%s..%s", range_end(factor, factor->low, low),
		 range_end(factor, factor->high, high));
	fprintf(out, "  %-30s%-24s%10s%10s%10s%10s\n", name_of(factor, name, sizeof(name)), range,
		change_of(study, factor->swing.at_low, at_low),
		change_of(study, factor->swing.at_high, at_high),
		study_format_percent(factor->share, false, share),
		factor->sample_share
			? study_format_percent(factor->sample_share, false, sample_share)
			: "-");
}

static void write_factors(const struct study_sensitivity *study, FILE *out)
{
	size_t minor = 0, idle = 0;

	fprintf(out, "\n  %-30s%-24s%20s%10s%10s\n", "", "", "result at its", "share,", "share,");
	fprintf(out, "  %-30s%-24s%10s%10s%10s%10s\n", "parameter", "range", "low end", "high end",
		"alone", "samples");
	for (size_t i = 0; i < study->factor_count; i++) {
		const struct study_factor *factor = &study->factors[i];

		if (factor->share >= SHOWN_SHARE || factor->sample_share)
			write_factor(study, factor, out);
		else if (factor->swing.at_low || factor->swing.at_high)
			minor++;
		else
			idle++;
	}
	if (minor)
		fprintf(out, "  %zu others have less than 0.10 %%\n", minor);
	if (idle)
		fprintf(out, "  %zu others change nothing\n", idle);
}

static void write_samples(const struct study_sensitivity *study, FILE *out)
{
	char a[STUDY_FORMAT_BYTES], b[STUDY_FORMAT_BYTES];

	fprintf(out, "in %zu samples of all ranges: %s to %s\n", study->result_count,
		text_of(study, study->results[0], a),
		text_of(study, study->results[study->result_count - 1], b));
	fprintf(out, "  nine of ten between %s and %s,",
		text_of(study, study_sensitivity_percentile(study, LOW_PERCENTILE), a),
		text_of(study, study_sensitivity_percentile(study, HIGH_PERCENTILE), b));
	fprintf(out, " median %s\n", text_of(study, study_sensitivity_percentile(study, 50), a));
}

static void write_trust(const struct study_sensitivity *study, FILE *out)
{
	char percent[STUDY_FORMAT_BYTES];

	if (study->results[0] == study->results[study->result_count - 1])
		return;
	fprintf(out,
		"\nthe effects of single parameters, added up, explain %s of the samples' "
		"variance\n",
		study_format_percent(study->explained < 0 ? 0 : study->explained, false, percent));
	if (study->ranked_by_samples)
		fputs("that is little: parameters act together, or in jumps; ranked by the "
		      "samples\n",
		      out);
}

void study_sensitivity_write(const struct study_sensitivity *study, FILE *out)
{
	char text[STUDY_FORMAT_BYTES];

	fprintf(out, "%s of scenario %s, variant %s\npvmmio-sim %s", study->measure.text,
		study->scenario, study->variant, report_version);
	if (study->samples)
		fprintf(out, ", %" PRIu32 " samples drawn with seed %" PRIu64, study->samples,
			study->seed);
	fprintf(out, "\n\nat the profiles' values: %s\n", text_of(study, study->base, text));
	if (study->result_count)
		write_samples(study, out);
	write_factors(study, out);
	if (study->result_count)
		write_trust(study, out);
	if (study->failed)
		fprintf(out, "\nleft out: %" PRIu64 " runs, one of them because: %s\n",
			study->failed, study->trouble);
}

/* ---- JSON ---- */

static json_t *number_json(const struct study_sensitivity *study, int64_t number)
{
	struct study_value value = value_of(study, number);

	return study_value_json(&value);
}

static json_t *millionths_json(int64_t millionths)
{
	struct study_value value = { .kind = STUDY_VALUE_MILLIONTHS, .number = millionths };

	return study_value_json(&value);
}

static json_t *factor_json(const struct study_sensitivity *study, const struct study_factor *factor)
{
	char name[128];

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "parameter",
			 name_of(factor, name, sizeof(name)), "unit",
			 param_unit(factor->param) == COST_UNIT_PS   ? "ps"
			 : param_unit(factor->param) == COST_UNIT_HZ ? "Hz"
								     : "",
			 "value", (json_int_t)factor->value, "low", (json_int_t)factor->low, "high",
			 (json_int_t)factor->high, "at_low",
			 number_json(study, study->base + factor->swing.at_low), "at_high",
			 number_json(study, study->base + factor->swing.at_high), "share",
			 millionths_json(factor->share), "sample_share",
			 study->result_count ? millionths_json(factor->sample_share) : json_null());
}

static json_t *samples_json(const struct study_sensitivity *study)
{
	if (study->result_count == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "count",
			 (json_int_t)study->result_count, "seed", (json_int_t)study->seed, "lowest",
			 number_json(study, study->results[0]), "p5",
			 number_json(study, study_sensitivity_percentile(study, LOW_PERCENTILE)),
			 "median", number_json(study, study_sensitivity_percentile(study, 50)),
			 "p95",
			 number_json(study, study_sensitivity_percentile(study, HIGH_PERCENTILE)),
			 "highest", number_json(study, study->results[study->result_count - 1]),
			 "explained", millionths_json(study->explained));
}

json_t *study_sensitivity_json(const struct study_sensitivity *study)
{
	json_t *factors = json_array();

	for (size_t i = 0; factors && i < study->factor_count; i++)
		json_array_append_new(factors, factor_json(study, &study->factors[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:I, s:s?}", "schema",
			 "pvmmio-sim/sensitivity/1", "version", report_version, "scenario",
			 study->scenario, "variant", study->variant, "measure", study->measure.text,
			 "unit", study_measure_unit(&study->measure), "result",
			 number_json(study, study->base), "samples", samples_json(study),
			 "ranked_by", study->ranked_by_samples ? "sample_share" : "share",
			 "parameters", factors, "failed", (json_int_t)study->failed, "trouble",
			 study->trouble);
}
