// SPDX-License-Identifier: MIT
#include "sim/report/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/common.h"
#include "sim/cli/compare_side.h"
#include "sim/report/budget.h"
#include "sim/report/equivalent.h"
#include "sim/report/human.h"
#include "sim/report/report.h"
#include "sim/scenario/units.h"
#include "sim/simulation/simulation.h"

#define DEFAULT_TOP         20
#define PERCENT_FRACTION    4u /* decimals of --tolerance: its millionths are whole */
#define HEADING_BYTES       64
#define TOLERANCE_LIMIT_PCT 1000000u

enum option_key {
	OPTION_BUDGET = 'b',
	OPTION_TOLERANCE = 't',
	OPTION_TOP = 'n',
	OPTION_ALL = 'a',
	OPTION_JSON = 'j',
	OPTION_EQUIVALENT = 'e',
	OPTION_COLOR = 0x200,
};

static const struct argp_option option_table[] = {
	{"budget",							  OPTION_BUDGET, "PATH=VALUE", 0,
         "Fail when B does not keep it; also <=, <, >=, >, !=; repeatable", 0 },
	{ "tolerance",						     OPTION_TOLERANCE, "PERCENT", 0,
         "Fail when a number of B differs from A's by more, or anything else differs", 0 },
	{ "equivalent", OPTION_EQUIVALENT, NULL, 0,
         "Fail when the guests of B can tell it from A: memory, requests, flips, kinds of "
	  "interrupt. "
	  "Nothing else is shown", 0 },
	{ "top",								OPTION_TOP, "N", 0,
         "Show the N largest differences of each unit (default: 20); 0: all", 0 },
	{ "all",OPTION_ALL, NULL, 0, "Show everything, also what does not differ", 0 },
	{ "json",								OPTION_JSON, "FILE", 0,
         "Write everything as JSON; - is standard output, and nothing else goes there", 0 },
	{ "color",								OPTION_COLOR, "WHEN", 0, "auto (default), always, never", 0 },
	{ 0						    },
};

struct options {
	const char *sides[2];
	unsigned side_count;
	struct budget *budgets;
	size_t budget_count;
	bool gate; /* --tolerance was given */
	bool equivalent;
	uint64_t tolerance_millionths;
	const char *json;
	struct compare_view view;
};

/* ---- the command line ---- */

static void add_budget(struct argp_state *state, struct options *options, const char *text)
{
	char why[BUDGET_WHY_BYTES];
	struct budget *budgets = reallocarray(options->budgets, options->budget_count + 1,
					      sizeof(*options->budgets));
	int ret = -ENOMEM;

	if (budgets) {
		options->budgets = budgets;
		ret = budget_read(&budgets[options->budget_count], text, why);
	}
	if (ret == -ENOMEM)
		argp_failure(state, CLI_NO_MEANS, ENOMEM, "command line");
	if (ret)
		argp_error(state, "--budget: %s", why);
	options->budget_count++;
}

/* "1", "0.5%": digits, at most four of them behind a point; a percent sign or none. */
static uint64_t read_percent(struct argp_state *state, const char *text)
{
	uint64_t value = 0;
	unsigned decimals = 0, digits = 0;
	bool point = false;
	const char *c;

	for (c = text; (*c >= '0' && *c <= '9') || (*c == '.' && !point); c++) {
		if (*c == '.') {
			point = true;
			continue;
		}
		decimals += point;
		digits++;
		value = value * 10 + (uint64_t)(*c - '0');
		if (decimals > PERCENT_FRACTION || value > TOLERANCE_LIMIT_PCT * 10000ull)
			break;
	}
	if (*c == '%')
		c++;
	if (*c || digits == 0)
		argp_error(state, "--tolerance is a percentage of at most four decimals, not '%s'",
			   text);
	for (; decimals < PERCENT_FRACTION; decimals++)
		value *= 10;
	return value;
}

static void finish(struct argp_state *state, struct options *options)
{
	if (options->side_count != 2)
		argp_error(state, "two sides to compare, not %u", options->side_count);
	options->view.tolerance_millionths = options->tolerance_millionths;
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	uint64_t top;

	switch (key) {
	case OPTION_BUDGET:
		add_budget(state, options, arg);
		return 0;
	case OPTION_TOLERANCE:
		options->gate = true;
		options->tolerance_millionths = read_percent(state, arg);
		return 0;
	case OPTION_EQUIVALENT:
		options->equivalent = true;
		return 0;
	case OPTION_TOP:
		if (units_parse_integer(arg, &top))
			argp_error(state, "--top is a number, not '%s'", arg);
		options->view.limit = (size_t)top;
		return 0;
	case OPTION_ALL:
		options->view.limit = 0;
		options->view.equal = true;
		return 0;
	case OPTION_JSON:
		options->json = arg;
		return 0;
	case OPTION_COLOR:
		cli_choose_colour(state, &options->view.colour, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (options->side_count < 2)
			options->sides[options->side_count] = arg;
		options->side_count++;
		return 0;
	case ARGP_KEY_END:
		finish(state, options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp compare_argp = {
	.options = option_table,
	.parser = read_option,
	.args_doc = "A B",
	.doc = "Compare two reports, or two variants: every count and time, largest difference "
	       "first.\v"
	       "A and B are reports (--json of `run'), or scenarios, which are run first. "
	       "FILE:VARIANT is one variant of it; without, variants of the same name are "
	       "compared, and one alone with the variant of the other.\n"
	       "\n"
	       "Paths of --budget lead from B's variant, as in docs/report.md: "
	       "vm0.submit.exits_per_op=1, 'vm0.exits.time_ps<=3ms'.\n"
	       "\n"
	       "Exit status: 0; 1 a budget is not kept, --tolerance is exceeded, or guests can "
	       "tell B "
	       "from A; 2 the command "
	       "line, a report or a scenario is wrong; 3 memory or room for the output ran out.",
};

/* ---- comparing ---- */

struct run {
	const struct options *options;
	struct compare_side a, b;
	const char *incident_names[RESULT_INCIDENT_NAME_LIMIT + 1];
	json_t *comparisons;
	unsigned unpaired;
	bool ok;
	bool shown; /* a comparison, as text */
};

static const char *name_of(const json_t *variant)
{
	return json_string_value(json_object_get(variant, "name"));
}

static bool writes_text(const struct run *run)
{
	return !run->options->json || strcmp(run->options->json, "-") != 0;
}

/* A budget that is not kept. */
static void show_budget(const struct budget *budget, const json_t *verdict, FILE *out)
{
	const char *message = json_string_value(json_object_get(verdict, "message"));
	const json_t *measured = json_object_get(verdict, "measured");
	size_t len = strlen(budget->expect.left);
	char time[HUMAN_TEXT_BYTES];
	char *text;

	if (message) {
		fprintf(out, "budget not kept: %s: %s\n", budget->text, message);
		return;
	}
	text = json_dumps(measured, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	fprintf(out, "budget not kept: %s: it is %s", budget->text, text ? text : "?");
	if (len > 3 && strcmp(budget->expect.left + len - 3, "_ps") == 0) {
		human_time(time, sizeof(time), (uint64_t)json_integer_value(measured));
		fprintf(out, ", %s", time);
	}
	fputc('\n', out);
	free(text);
}

/* The verdicts on b; NULL when out of memory. */
static json_t *check_budgets(struct run *run, const json_t *b)
{
	const struct options *options = run->options;
	json_t *verdicts = json_array();
	size_t kept = 0;

	for (size_t i = 0; i < options->budget_count; i++) {
		json_t *verdict = budget_evaluate(&options->budgets[i], b, run->incident_names);

		if (json_array_append(verdicts, verdict)) {
			json_decref(verdict);
			json_decref(verdicts);
			return NULL;
		}
		if (json_is_true(json_object_get(verdict, "ok"))) {
			kept++;
		} else {
			run->ok = false;
			show_budget(&options->budgets[i], verdict,
				    writes_text(run) ? stdout : stderr);
		}
		json_decref(verdict);
	}
	if (writes_text(run) && options->budget_count)
		printf("budgets: %zu of %zu kept\n", kept, options->budget_count);
	return verdicts;
}

/* How a side is called in headings: by its variant, or by its file when both have the same. */
static void heading(char *buf, const struct compare_side *side, const json_t *variant, bool by_file)
{
	const char *slash = strrchr(side->path, '/');

	snprintf(buf, HEADING_BYTES, "%s",
		 by_file ? slash ? slash + 1 : side->path : name_of(variant));
}

static void write_text(struct run *run, const struct compare *compare, const json_t *a,
		       const json_t *b)
{
	struct compare_view view = run->options->view;
	bool same_name = strcmp(name_of(a), name_of(b)) == 0;
	char left[HEADING_BYTES], right[HEADING_BYTES];

	if (run->shown)
		putchar('\n');
	run->shown = true;
	if (same_name)
		printf("%s: ", name_of(a));
	heading(left, &run->a, a, same_name);
	heading(right, &run->b, b, same_name);
	view.a = strcmp(left, right) ? left : "A";
	view.b = strcmp(left, right) ? right : "B";
	compare_write_text(compare, &view, stdout);
}

/* Is the state that guests see the same? Says so. */
static bool check_state(struct run *run, const struct compare *compare, const json_t *a,
			const json_t *b)
{
	FILE *out = writes_text(run) ? stdout : stderr;
	char what[EQUIVALENT_WHAT_BYTES];
	size_t compared;
	bool same = equivalent_state(&compare->a, &compare->b, &compared, what);

	if (same)
		fprintf(out, "%s and %s left the same state: %zu values\n", name_of(a), name_of(b),
			compared);
	else
		fprintf(out, "%s and %s did not leave the same state: %s\n", name_of(a), name_of(b),
			what);
	run->ok &= same;
	return same;
}

static json_t *side_json(const struct compare_side *side, const json_t *variant)
{
	return json_pack("{s:s, s:O?, s:O?, s:s}", "file", side->path, "scenario",
			 json_object_get(side->report, "scenario"), "version",
			 json_object_get(side->report, "version"), "variant", name_of(variant));
}

/* Steals verdicts. */
static int keep(struct run *run, const struct compare *compare, const json_t *a, const json_t *b,
		json_t *verdicts, bool same, json_t *equivalent)
{
	json_t *object = compare_json(compare);
	json_t *head = json_pack("{s:o, s:o, s:b, s:o, s:o}", "a", side_json(&run->a, a), "b",
				 side_json(&run->b, b), "same", same, "equivalent", equivalent,
				 "budgets", verdicts);
	int ret = head && object ? json_object_update(head, object) : -1;

	json_decref(object);
	if (ret == 0)
		ret = json_array_append(run->comparisons, head);
	json_decref(head);
	if (ret)
		cli_complain("no memory for the comparison");
	return ret ? CLI_NO_MEANS : CLI_OK;
}

static int compare_pair(struct run *run, const json_t *a, const json_t *b)
{
	const struct options *options = run->options;
	char why[COMPARE_WHY_BYTES];
	struct compare compare;
	json_t *verdicts;
	int status = CLI_OK;
	int ret = compare_variants(&compare, a, b, why);
	json_t *equivalent = json_null(); /* not asked for */
	bool same;

	if (ret) {
		cli_complain("%s", ret == -EINVAL ? why : strerror(-ret));
		compare_free(&compare);
		return ret == -EINVAL ? CLI_MISUSED : CLI_NO_MEANS;
	}
	same = compare_same(&compare, options->tolerance_millionths);
	if (writes_text(run) && !options->equivalent)
		write_text(run, &compare, a, b);
	if (options->equivalent)
		equivalent = check_state(run, &compare, a, b) ? json_true() : json_false();
	verdicts = check_budgets(run, b);
	if (options->gate && !same) {
		run->ok = false;
		fputs("not the same within the tolerance\n", writes_text(run) ? stdout : stderr);
	}
	status = keep(run, &compare, a, b, verdicts, same, equivalent);
	compare_free(&compare);
	return status;
}

/* ---- which with which ---- */

static json_t *only_variant(const struct compare_side *side)
{
	const json_t *variants = json_object_get(side->report, "variants");

	return json_array_size(variants) == 1 ? json_array_get(variants, 0) : NULL;
}

/* The variant of side that is meant when the other side is the variant named; NULL: none is. */
static json_t *counterpart(const struct compare_side *side, const char *name)
{
	json_t *variant = compare_side_variant(side, side->variant ? side->variant : name);

	return variant ? variant : only_variant(side);
}

static int no_counterpart(const struct compare_side *side, const char *name)
{
	cli_complain("'%s' has several variants, none of them '%s'; say which: %s:VARIANT",
		     side->path, name, side->path);
	return CLI_MISUSED;
}

static void say_unpaired(struct run *run, const struct compare_side *side,
			 const struct compare_side *other)
{
	json_t *variant;
	size_t i;

	json_array_foreach(json_object_get(side->report, "variants"), i, variant)
	{
		if (compare_side_variant(other, name_of(variant)))
			continue;
		cli_complain("only '%s' has variant '%s'", side->path, name_of(variant));
		run->unpaired++;
	}
}

/* Variants of the same name. */
static int compare_all(struct run *run)
{
	int status = CLI_OK;
	size_t pairs = 0;
	json_t *a;
	size_t i;

	json_array_foreach(json_object_get(run->a.report, "variants"), i, a)
	{
		json_t *b = compare_side_variant(&run->b, name_of(a));

		if (!b)
			continue;
		pairs++;
		status = compare_pair(run, a, b);
		if (status)
			return status;
	}
	if (pairs == 0) {
		cli_complain("'%s' and '%s' have no variant in common; say which: FILE:VARIANT",
			     run->a.path, run->b.path);
		return CLI_MISUSED;
	}
	say_unpaired(run, &run->a, &run->b);
	say_unpaired(run, &run->b, &run->a);
	if (run->unpaired && run->options->gate)
		run->ok = false;
	return status;
}

static int compare_sides(struct run *run)
{
	const char *a_name = run->a.variant, *b_name = run->b.variant;
	json_t *a = only_variant(&run->a), *b = only_variant(&run->b);

	if (!a_name && !b_name && !(a && b))
		return compare_all(run);
	if (a_name)
		a = compare_side_variant(&run->a, a_name);
	if (b_name)
		b = compare_side_variant(&run->b, b_name);
	if (!a_name && b)
		a = counterpart(&run->a, name_of(b));
	if (!b_name && a)
		b = counterpart(&run->b, name_of(a));
	if (!a)
		return no_counterpart(&run->a, b_name);
	if (!b)
		return no_counterpart(&run->b, a_name);
	return compare_pair(run, a, b);
}

static int write_json(struct run *run)
{
	json_t *tree = json_pack("{s:s, s:s, s:b, s:O}", "schema", COMPARE_SCHEMA, "version",
				 report_version, "ok", run->ok, "comparisons", run->comparisons);

	return cli_write_json(tree, run->options->json);
}

static int run_compare(struct run *run)
{
	int status = compare_side_load(&run->a, run->options->sides[0]);
	const char *inputs[2];

	if (status == CLI_OK)
		status = compare_side_load(&run->b, run->options->sides[1]);
	if (status == CLI_OK) {
		inputs[0] = run->a.path;
		inputs[1] = run->b.path;
		status = cli_check_output(run->options->json, inputs, 2);
	}
	if (status == CLI_OK)
		status = compare_sides(run);
	if (status == CLI_OK && run->options->json)
		status = write_json(run);
	if (fflush(stdout) || ferror(stdout)) {
		cli_complain("cannot write to standard output: %s", strerror(errno));
		status = CLI_NO_MEANS;
	}
	return status == CLI_OK && !run->ok ? CLI_FAILED : status;
}

int command_compare(int argc, char **argv)
{
	struct options options = {
		.view = {.limit = DEFAULT_TOP, .colour = cli_terminal_has_colour()},
	};
	struct run run = { .options = &options, .ok = true };
	int status;

	argp_parse(&compare_argp, argc, argv, 0, NULL, &options);
	simulation_incident_names(run.incident_names);
	run.comparisons = json_array();
	status = run_compare(&run);
	json_decref(run.comparisons);
	compare_side_free(&run.a);
	compare_side_free(&run.b);
	for (size_t i = 0; i < options.budget_count; i++)
		budget_free(&options.budgets[i]);
	free(options.budgets);
	return status;
}
