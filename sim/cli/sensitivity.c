// SPDX-License-Identifier: MIT
#include "sim/study/sensitivity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/study_options.h"

#define DEFAULT_SAMPLES 200

enum option_key {
	OPTION_MEASURE = 'm',
	OPTION_RANGE = 'r',
	OPTION_SAMPLES = 'n',
	OPTION_JSON = 'j',
	OPTION_SAMPLE_SEED = 0x200,
};

static const struct argp_option option_table[] = {
	{"measure",					  OPTION_MEASURE, "PATH", 0,
         "What is looked at: a path into the report or a quotient PATH/PATH, also of two variants "
	  "(default: workload.duration_ps of the first VM)", 0 },
	{ "range",					    OPTION_RANGE, "PARAMETER=LOW..HIGH", 0,
         "Another range than the profile's; repeatable", 0 },
	{ "samples", OPTION_SAMPLES, "N", 0, "How many to draw (default: 200); 0: none", 0 },
	{ "sample-seed",						 OPTION_SAMPLE_SEED, "N", 0,
         "Seed of the samples (default: 1); the scenario's own is set by --set seed=N", 0 },
	{ "json",OPTION_JSON, "FILE", 0,
         "Write the result as JSON; - is standard output, and nothing else goes there", 0 },
	{ 0						},
};

struct options {
	struct study_options study;
	struct study_sensitivity *sensitivity;
	struct cli_list ranges;
	const char *json;
};

static uint64_t read_number(struct argp_state *state, const char *option, const char *text,
			    uint64_t limit)
{
	uint64_t number;

	if (units_parse_integer(text, &number) || number > limit)
		argp_error(state, "%s is a number from 0 to %llu, not '%s'", option,
			   (unsigned long long)limit, text);
	return number;
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->study;
		return 0;
	case OPTION_MEASURE:
		options->sensitivity->measure_text = arg;
		return 0;
	case OPTION_RANGE:
		cli_list_append(state, &options->ranges, arg);
		return 0;
	case OPTION_SAMPLES:
		options->sensitivity->samples =
			(uint32_t)read_number(state, "--samples", arg, STUDY_SAMPLE_LIMIT);
		return 0;
	case OPTION_SAMPLE_SEED:
		options->sensitivity->seed = read_number(state, "--sample-seed", arg, INT64_MAX);
		return 0;
	case OPTION_JSON:
		options->json = arg;
		return 0;
	case ARGP_KEY_END:
		if (options->study.variants.count > 1)
			argp_error(state, "one --variant at a time");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp sensitivity_argp = {
	.options = option_table,
	.parser = read_option,
	.children = study_argp_children,
	.args_doc = "FILE",
	.doc = "Find which of the figures that are not known well matter for a result.\v"
	       "Each parameter with a range in its profile goes to both ends of it, one at a time; "
	       "then all of them vary together, in a Latin hypercube of samples. A parameter that "
	       "the scenario or --set sets has no range any more.\n"
	       "\n"
	       "Exit status: 0; 1 some runs went wrong and were left out; 2 the command line or "
	       "the "
	       "scenario is wrong; 3 memory or room for the output ran out.",
};

static int write_result(const struct options *options)
{
	const struct study_sensitivity *sensitivity = options->sensitivity;
	int status = CLI_OK;

	if (options->json)
		status = cli_write_json(study_sensitivity_json(sensitivity), options->json);
	if (status)
		return status;
	if (!options->json || strcmp(options->json, "-") != 0)
		study_sensitivity_write(sensitivity, stdout);
	if (fflush(stdout) || ferror(stdout))
		return CLI_NO_MEANS;
	return sensitivity->failed ? CLI_FAILED : CLI_OK;
}

static int run(const struct options *options)
{
	struct study_sensitivity *sensitivity = options->sensitivity;
	struct study_watch watch;
	int stopped, ret;

	if (cli_check_output(options->json, &options->study.file, 1))
		return CLI_MISUSED;
	if (study_watch_begin(&watch, options->study.progress, "simulations"))
		return CLI_NO_MEANS;
	sensitivity->tick = study_watch_tick;
	sensitivity->ctx = &watch;
	ret = study_sensitivity_run(sensitivity, stderr);
	stopped = study_watch_end(&watch);
	return ret ? study_status_of(&options->study, ret, stopped) : write_result(options);
}

int command_sensitivity(int argc, char **argv)
{
	struct study_sensitivity sensitivity = { .samples = DEFAULT_SAMPLES, .seed = 1 };
	struct options options = { .sensitivity = &sensitivity };
	int status;

	study_options_init(&options.study);
	argp_parse(&sensitivity_argp, argc, argv, 0, NULL, &options);
	sensitivity.subject = study_options_subject(&options.study);
	sensitivity.ranges = options.ranges.items;
	sensitivity.range_count = options.ranges.count;
	sensitivity.workers = options.study.workers;
	status = run(&options);
	study_sensitivity_free(&sensitivity);
	study_options_free(&options.study);
	free(options.ranges.items);
	return status;
}
