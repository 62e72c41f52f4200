// SPDX-License-Identifier: MIT
/*
 * The schema for people: on a terminal and in the manuals.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/scenario/params.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/units.h"

#define TEXT_BYTES   192
#define RANGE_BYTES  128
#define COLUMN_WIDTH 80u /* of the column behind the keys */

static const struct {
	enum schema_section section;
	const char *title;
} sections[] = {
	{SECTION_SCENARIO,       "Scenario"                                    },
	{ SECTION_PLATFORM,      "platform"                                    },
	{ SECTION_VM,            "An entry of vms"                             },
	{ SECTION_DISPLAY,       "display"				     },
	{ SECTION_WORKLOAD,      "workload"                                    },
	{ SECTION_SUBMISSION,    "Submissions"                                 },
	{ SECTION_BIND,          "bind"					},
	{ SECTION_SCREEN,        "flip, watermark and vblank"                  },
	{ SECTION_WORKLOAD_FILE, "A workload file, beside the keys of workload"},
	{ SECTION_VARIANT,       "An entry of variants"                        },
	{ SECTION_PROFILE,       "Profile"				     },
	{ SECTION_PARAMETER,     "An entry of parameters, and cpu_frequency"   },
};

static const char *format_number(const struct schema_row *row, uint64_t value, char *buf)
{
	switch (row->type) {
	case VALUE_BYTES:
		return units_format(value, QUANTITY_BYTES, buf);
	case VALUE_TIME:
		return units_format(value, QUANTITY_TIME, buf);
	case VALUE_FREQUENCY:
		return units_format(value, QUANTITY_FREQUENCY, buf);
	default:
		snprintf(buf, UNITS_TEXT_BYTES, "%" PRIu64, value);
		return buf;
	}
}

const char *schema_range(const struct schema_row *row, char *buf, size_t len)
{
	char low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES], step[UNITS_TEXT_BYTES];
	int used;

	buf[0] = '\0';
	if (row->max == 0)
		return buf;
	used = snprintf(buf, len, "%s to %s", format_number(row, row->min, low),
			format_number(row, row->max, high));
	if (row->multiple > 1 && used > 0 && (size_t)used < len)
		snprintf(buf + used, len - (size_t)used, ", a multiple of %s",
			 format_number(row, row->multiple, step));
	return buf;
}

static void list_choices(const struct schema_row *row, char *buf, size_t len)
{
	size_t used = 0;
	const char *name;

	for (unsigned i = 0; (name = row->choice(i)) && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s`%s`", i ? ", " : "", name);
}

static void list_flags(char *buf, size_t len)
{
	const struct misbehaviour *flag;
	size_t used = (size_t)snprintf(buf, len, "list of ");

	for (unsigned i = 0; (flag = schema_misbehaviour(i)) && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s`%s`", i ? ", " : "",
					 flag->name);
}

/* What is expected of a value. */
static void describe_value(const struct schema_row *row, char *buf, size_t len)
{
	char range[RANGE_BYTES];

	if (row->form) {
		snprintf(buf, len, "%s", row->form);
		return;
	}
	schema_range(row, range, sizeof(range));
	switch (row->type) {
	case VALUE_NAME:
		snprintf(buf, len, "name");
		break;
	case VALUE_TEXT:
		snprintf(buf, len, "text");
		break;
	case VALUE_INTEGER:
		snprintf(buf, len, "number, %s", range);
		break;
	case VALUE_BYTES:
		snprintf(buf, len, "size, %s", range);
		break;
	case VALUE_TIME:
		snprintf(buf, len, "time, %s", range);
		break;
	case VALUE_FREQUENCY:
		snprintf(buf, len, "frequency");
		break;
	case VALUE_BOOL:
		snprintf(buf, len, "`true`, `false`");
		break;
	case VALUE_CHOICE:
		list_choices(row, buf, len);
		break;
	case VALUE_FLAGS:
		list_flags(buf, len);
		break;
	case VALUE_MODE:
	case VALUE_LEVELS:
	case VALUE_OTHER:
		snprintf(buf, len, "value");
		break;
	}
}

static void describe_default(const struct schema_row *row, char *buf, size_t len)
{
	if (row->required)
		snprintf(buf, len, "must be given");
	else if (row->default_text && *row->default_text)
		snprintf(buf, len, "`%s`", row->default_text);
	else
		buf[0] = '\0';
}

static void strip_marks(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != '`')
			*to++ = *text;
	}
	*to = '\0';
}

/* text in the column behind the keys, on several lines where it is too long for one. */
static void write_column(FILE *out, const char *text)
{
	while (strlen(text) > COLUMN_WIDTH) {
		size_t len = COLUMN_WIDTH;

		while (len > 0 && text[len] != ' ')
			len--;
		if (len == 0)
			break;
		fprintf(out, "  %-14s %.*s\n", "", (int)len, text);
		text += len + 1;
	}
	fprintf(out, "  %-14s %s\n", "", text);
}

static void write_row(FILE *out, const struct schema_row *row, bool plain)
{
	char value[TEXT_BYTES], fallback[TEXT_BYTES], doc[TEXT_BYTES], column[3 * TEXT_BYTES];

	describe_value(row, value, sizeof(value));
	describe_default(row, fallback, sizeof(fallback));
	snprintf(doc, sizeof(doc), "%s", row->doc);
	if (!plain) {
		fprintf(out, "| `%s` | %s | %s | %s |\n", row->key, value, fallback, doc);
		return;
	}
	strip_marks(value);
	strip_marks(fallback);
	strip_marks(doc);
	fprintf(out, "  %-14s %s\n", row->key, doc);
	snprintf(column, sizeof(column), "%s%s%s", value,
		 !*fallback      ? ""
		 : row->required ? "; "
				 : "; default ",
		 fallback);
	write_column(out, column);
}

static void write_section(FILE *out, size_t index, bool plain)
{
	if (plain)
		fprintf(out, "%s%s\n", index ? "\n" : "", sections[index].title);
	else
		fprintf(out,
			"### %s\n\n| key | expected | default | meaning |\n|---|---|---|---|\n",
			sections[index].title);
	for (size_t i = 0; i < schema_row_count; i++) {
		if (schema_rows[i].section == sections[index].section)
			write_row(out, &schema_rows[i], plain);
	}
	if (!plain)
		fputc('\n', out);
}

/* The keys that a submission takes, or what stands behind the other words. */
static void describe_step(const struct step_info *info, bool plain, char *buf, size_t len)
{
	const char *mark = plain ? "" : "`";
	size_t used = 0;

	buf[0] = '\0';
	if (info->form == STEP_FORM_LIST)
		snprintf(buf, len, "list of submissions");
	else if (info->form == STEP_FORM_ALL)
		snprintf(buf, len, "%s%s%s", mark, info->engine, mark);
	else if (info->form == STEP_FORM_TIME)
		snprintf(buf, len, "time");
	for (size_t i = 0; i < STEP_KEY_LIMIT && info->keys[i] && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s%s%s", i ? ", " : "", mark,
					 info->keys[i], mark);
}

static const char *step_engine(const struct step_info *info)
{
	if (info->form != STEP_FORM_SUBMISSION)
		return "";
	return info->engine ? info->engine : "any";
}

static void write_steps(FILE *out, bool plain)
{
	char takes[TEXT_BYTES];

	if (plain)
		fprintf(out, "\nSteps\n");
	else
		fprintf(out,
			"### Steps\n\n| step | takes | engine | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
		const struct step_info *info = &step_infos[i];

		describe_step(info, plain, takes, sizeof(takes));
		if (plain)
			fprintf(out, "  %-14s %s\n  %-14s %s%s%s\n", info->name, info->doc, "",
				takes, *step_engine(info) ? "; engine " : "", step_engine(info));
		else
			fprintf(out, "| `%s` | %s | %s | %s |\n", info->name, takes,
				step_engine(info), info->doc);
	}
	if (!plain)
		fputc('\n', out);
}

static const char *unit_text(struct param_ref ref)
{
	static const char *const names[] = { [COST_UNIT_PS] = "time",
					     [COST_UNIT_COUNT] = "number",
					     [COST_UNIT_BOOL] = "true or false",
					     [COST_UNIT_HZ] = "frequency" };

	return names[param_unit(ref)];
}

static void write_params(FILE *out, enum profile_kind kind, bool plain)
{
	struct param_ref ref = { kind, 0 };

	if (plain)
		fprintf(out, "\nParameters of %s\n", param_kind_name(kind));
	else
		fprintf(out,
			"### Parameters of %s\n\n| parameter | unit | meaning |\n|---|---|---|\n",
			param_kind_name(kind));
	for (; ref.index < param_count(kind); ref.index++) {
		if (plain)
			fprintf(out, "  %s: %s\n      %s\n", param_name(ref), unit_text(ref),
				param_doc(ref));
		else
			fprintf(out, "| `%s` | %s | %s |\n", param_name(ref), unit_text(ref),
				param_doc(ref));
	}
	if (!plain)
		fputc('\n', out);
}

static bool is_profile_section(enum schema_section section)
{
	return section == SECTION_PROFILE || section == SECTION_PARAMETER;
}

void schema_write_text(FILE *out)
{
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		write_section(out, i, true);
		if (sections[i].section == SECTION_WORKLOAD)
			write_steps(out, true);
	}
	write_params(out, PROFILE_HARDWARE, true);
	write_params(out, PROFILE_COSTS, true);
}

void schema_write_scenario_markdown(FILE *out)
{
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (is_profile_section(sections[i].section))
			continue;
		write_section(out, i, false);
		if (sections[i].section == SECTION_WORKLOAD)
			write_steps(out, false);
	}
}

void schema_write_profile_markdown(FILE *out)
{
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (is_profile_section(sections[i].section))
			write_section(out, i, false);
	}
	write_params(out, PROFILE_HARDWARE, false);
	write_params(out, PROFILE_COSTS, false);
}
