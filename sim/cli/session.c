// SPDX-License-Identifier: MIT
#include "sim/cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/common.h"
#include "sim/report/event_log.h"
#include "sim/report/report.h"
#include "sim/report/timeline.h"
#include "sim/scenario/nearest.h"
#include "sim/scenario/scenario.h"
#include "sim/simulation/simulation.h"

struct session {
	const struct cli_options *options;
	struct scenario **scenarios; /* options->files.count */
	json_t *reports;             /* array */
	FILE *json;                  /* NULL: not asked for */
	FILE *events;
	FILE *trace;
	struct timeline *timeline; /* in trace */
};

/* ---- loading and checking ---- */

static int load_one(struct session *s, size_t i)
{
	const char *file = s->options->files.items[i];
	const struct scenario_options options = {
		.overrides = s->options->overrides.items,
		.override_count = s->options->overrides.count,
		.errors = stderr,
	};
	int ret = scenario_load(&s->scenarios[i], file, &options);

	/* Messages about what is in the file are written already. */
	if (ret && ret != -EINVAL)
		cli_complain("cannot read '%s': %s", file, strerror(-ret));
	if (ret == -ENOMEM)
		return CLI_NO_MEANS;
	return ret ? CLI_MISUSED : CLI_OK;
}

static bool is_chosen(const struct session *s, const struct scenario_variant *variant)
{
	const struct cli_list *chosen = &s->options->variants;

	for (size_t i = 0; i < chosen->count; i++) {
		if (strcmp(chosen->items[i], variant->name) == 0)
			return true;
	}
	return chosen->count == 0;
}

/* Whatever is asked for must be somewhere, and every file must have something to run. */
static int check_variant_name(const struct session *s, const char *name)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, name);
	for (size_t i = 0; i < s->options->files.count; i++) {
		for (size_t j = 0; j < s->scenarios[i]->variant_count; j++) {
			const char *known = s->scenarios[i]->variants[j].name;

			if (strcmp(known, name) == 0)
				return CLI_OK;
			nearest_offer(&nearest, known);
		}
	}
	cli_complain("no variant is called '%s'%s", name,
		     nearest_hint(&nearest, hint, sizeof(hint)));
	return CLI_MISUSED;
}

static int check_one(const struct session *s, const struct scenario *scenario)
{
	const struct sim_config *checked = NULL;
	char why[SIMULATION_WHY_BYTES];
	bool any = false;

	for (size_t i = 0; i < scenario->variant_count; i++) {
		const struct scenario_variant *variant = &scenario->variants[i];
		int ret;

		if (!is_chosen(s, variant))
			continue;
		any = true;
		/* Variants mostly differ in something else: no need to put each machine together.
		 */
		if (checked && simulation_same_room(checked, &variant->config))
			continue;
		checked = &variant->config;
		ret = simulation_check(&variant->config, why, sizeof(why));
		if (ret) {
			cli_complain("%s: variant %s: %s", scenario->path, variant->name, why);
			return ret == -EINVAL ? CLI_MISUSED : CLI_NO_MEANS;
		}
	}
	if (any)
		return CLI_OK;
	cli_complain("%s: none of the variants asked for", scenario->path);
	return CLI_MISUSED;
}

static int load_all(struct session *s)
{
	size_t count = s->options->files.count;
	int status = CLI_OK;

	s->scenarios = calloc(count, sizeof(struct scenario *));
	if (!s->scenarios)
		return CLI_NO_MEANS;
	/* Show what is wrong in all files, not only in the first. */
	for (size_t i = 0; i < count; i++) {
		int one = load_one(s, i);

		status = status ? status : one;
	}
	for (size_t i = 0; i < s->options->variants.count && status == CLI_OK; i++)
		status = check_variant_name(s, s->options->variants.items[i]);
	for (size_t i = 0; i < count && status == CLI_OK; i++)
		status = check_one(s, s->scenarios[i]);
	return status;
}

/* ---- outputs ---- */

/* Would writing to name destroy a scenario, or what goes to an output that is open already? */
static bool is_taken(const struct session *s, const char *name)
{
	const struct cli_options *options = s->options;
	const char *outputs[] = { s->json ? options->json : NULL,
				  s->events ? options->events : NULL };

	for (size_t i = 0; i < options->files.count; i++) {
		if (cli_is_same_file(name, options->files.items[i])) {
			cli_complain("'%s' is an input, and would be overwritten", name);
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (outputs[i] && cli_is_same_file(name, outputs[i])) {
			cli_complain("'%s' cannot take two outputs", name);
			return true;
		}
	}
	return false;
}

static int open_output(const struct session *s, const char *name, FILE **out)
{
	if (!name)
		return CLI_OK;
	if (is_taken(s, name))
		return CLI_MISUSED;
	*out = strcmp(name, "-") == 0 ? stdout : fopen(name, "w");
	if (*out)
		return CLI_OK;
	cli_complain("cannot write '%s': %s", name, strerror(errno));
	return CLI_MISUSED;
}

static int close_output(const char *name, FILE *out)
{
	int ret;

	if (!out)
		return CLI_OK;
	ret = ferror(out);
	ret |= out == stdout ? fflush(out) : fclose(out);
	if (ret == 0)
		return CLI_OK;
	cli_complain("cannot write '%s': %s", name, strerror(errno));
	return CLI_NO_MEANS;
}

/* ---- running and reporting ---- */

/* Everybody who looks on at a run. */
struct onlookers {
	struct event_log log;
	struct trace_tee both;
};

/* The sink for a run of variant, NULL when nobody looks on. */
static struct trace_sink *onlookers_begin(struct onlookers *onlookers, struct session *s,
					  const struct scenario *scenario,
					  const struct scenario_variant *variant)
{
	struct trace_sink *timeline = NULL;
	char title[128];

	if (s->timeline) {
		snprintf(title, sizeof(title), "%s %s", scenario->name, variant->name);
		timeline_begin_run(s->timeline, title);
		timeline = timeline_sink(s->timeline);
	}
	if (!s->events)
		return timeline;
	event_log_init(&onlookers->log, s->events);
	fprintf(s->events, "# scenario %s, variant %s\n", scenario->name, variant->name);
	if (!timeline)
		return &onlookers->log.sink;
	trace_tee_init(&onlookers->both, &onlookers->log.sink, timeline);
	return &onlookers->both.sink;
}

static int run_variant(struct session *s, const struct scenario *scenario, size_t i,
		       struct sim_result **result)
{
	const struct scenario_variant *variant = &scenario->variants[i];
	struct onlookers onlookers;
	const struct simulation_options options = {
		.trace = onlookers_begin(&onlookers, s, scenario, variant),
	};
	int ret = simulation_run(result, &variant->config, &options);

	if (s->timeline) {
		int ended = timeline_end_run(s->timeline, ret ? 0 : (*result)->virtual_time_ps);

		ret = ret ? ret : ended;
	}
	if (ret == 0)
		return CLI_OK;
	cli_complain("%s: variant %s: %s", scenario->path, variant->name, strerror(-ret));
	return CLI_NO_MEANS;
}

static int run_one(struct session *s, const struct scenario *scenario)
{
	struct sim_result **results = calloc(scenario->variant_count, sizeof(struct sim_result *));
	json_t *report = NULL;
	int status = results ? CLI_OK : CLI_NO_MEANS;

	for (size_t i = 0; i < scenario->variant_count && status == CLI_OK; i++) {
		if (is_chosen(s, &scenario->variants[i]))
			status = run_variant(s, scenario, i, &results[i]);
	}
	if (status == CLI_OK) {
		report = report_build(scenario, results);
		if (!report || json_array_append(s->reports, report)) {
			cli_complain("no memory for the report on %s", scenario->path);
			status = CLI_NO_MEANS;
		}
	}
	json_decref(report);
	for (size_t i = 0; results && i < scenario->variant_count; i++)
		sim_result_free(results[i]);
	free(results);
	return status;
}

static int run_all(struct session *s)
{
	int status = CLI_OK;

	s->reports = json_array();
	for (size_t i = 0; i < s->options->files.count && status == CLI_OK; i++)
		status = run_one(s, s->scenarios[i]);
	return status;
}

static bool stdout_is_taken(const struct session *s)
{
	return s->json == stdout || s->events == stdout || s->trace == stdout;
}

static int write_table(const struct session *s, const json_t *report, size_t i)
{
	int ret;

	if (i)
		fputc('\n', stdout);
	ret = report_write_text(report, stdout, s->options->colour);
	if (ret)
		cli_complain("cannot write the table: %s", strerror(-ret));
	return ret ? CLI_NO_MEANS : CLI_OK;
}

/* What failed follows the table, or goes to standard error if there is no table. */
static int write_reports(const struct session *s)
{
	bool taken = stdout_is_taken(s);
	int status = CLI_OK;
	json_t *report;
	size_t i;

	json_array_foreach(s->reports, i, report)
	{
		if (!taken && write_table(s, report, i))
			return CLI_NO_MEANS;
		if (report_ok(report))
			continue;
		status = CLI_FAILED;
		report_write_failures(report, taken ? stderr : stdout,
				      !taken && s->options->colour);
	}
	if (s->json &&
	    report_write_json(s->options->files.count == 1 ? json_array_get(s->reports, 0)
							   : s->reports,
			      s->json)) {
		cli_complain("cannot write '%s': %s", s->options->json, strerror(errno));
		return CLI_NO_MEANS;
	}
	return status;
}

static int open_outputs(struct session *s)
{
	int status = open_output(s, s->options->json, &s->json);

	if (status == CLI_OK)
		status = open_output(s, s->options->events, &s->events);
	if (status == CLI_OK)
		status = open_output(s, s->options->trace, &s->trace);
	if (status == CLI_OK && s->trace && timeline_create(&s->timeline, s->trace)) {
		cli_complain("no memory for the timeline");
		status = CLI_NO_MEANS;
	}
	return status;
}

/* What did not get out is worse than a failed expectation. */
static int close_outputs(struct session *s)
{
	int status = close_output(s->options->events, s->events);
	int closed;

	timeline_destroy(s->timeline);
	closed = close_output(s->options->trace, s->trace);
	status = status ? status : closed;
	closed = close_output(s->options->json, s->json);
	return status ? status : closed;
}

int session_run(const struct cli_options *options)
{
	struct session s = { .options = options };
	int status = load_all(&s);
	int closed;

	if (status == CLI_OK)
		status = open_outputs(&s);
	if (status == CLI_OK)
		status = run_all(&s);
	if (status == CLI_OK)
		status = write_reports(&s);
	closed = close_outputs(&s);
	if (status != CLI_NO_MEANS && closed)
		status = closed;
	json_decref(s.reports);
	for (size_t i = 0; s.scenarios && i < options->files.count; i++)
		scenario_free(s.scenarios[i]);
	free(s.scenarios);
	return status;
}
