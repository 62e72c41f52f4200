// SPDX-License-Identifier: MIT
#include "sim/study/break_even.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/study_options.h"

enum option_key {
	OPTION_VARY = 'y',
	OPTION_LEVEL = 'l',
	OPTION_MEASURE = 'm',
	OPTION_JSON = 'j',
	OPTION_VM = 0x200,
	OPTION_MORE,
};

static const struct argp_option option_table[] = {
	{"level",								OPTION_LEVEL, "NAME", 0,
         "The pvmmio level that is looked at; several with commas between them", 0 },
	{ "vary",								OPTION_VARY, "KEY=RANGE", 0, "The key and the values that are searched", 0 },
	{ "measure", OPTION_MEASURE, "PATH", 0,
         "What is compared: a path into the report or a quotient PATH/PATH (default: "
	  "workload.duration_ps of the first VM)", 0 },
	{ "more-is-better",								     OPTION_MORE, NULL, 0, "More of the measure is better, not less", 0 },
	{ "vm",OPTION_VM, "NAME", 0,
         "The level in this VM only (default: in all with `mode: gvt')", 0 },
	{ "json",								     OPTION_JSON, "FILE", 0,
         "Write the result as JSON; - is standard output, and nothing else goes there", 0 },
	{ 0								    },
};

struct options {
	struct study_options study;
	struct study_break_even *search;
	const char *json;
};

static void check(struct argp_state *state, int ret, const char *option, const char *why)
{
	if (ret)
		argp_error(state, "%s: %s", option, why);
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct study_break_even *search = options->search;
	char why[STUDY_WHY_BYTES];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->study;
		return 0;
	case OPTION_VARY:
		if (search->key)
			argp_error(state, "one key at a time");
		check(state, study_break_even_set_range(search, arg, why), "--vary", why);
		return 0;
	case OPTION_LEVEL:
		check(state, study_break_even_set_levels(search, arg, why), "--level", why);
		return 0;
	case OPTION_MEASURE:
		search->measure_text = arg;
		return 0;
	case OPTION_MORE:
		search->more_is_better = true;
		return 0;
	case OPTION_VM:
		search->vm = arg;
		return 0;
	case OPTION_JSON:
		options->json = arg;
		return 0;
	case ARGP_KEY_END:
		if (!search->levels || !search->key)
			argp_error(state, "--level and --vary must be given");
		if (options->study.variants.count > 1)
			argp_error(state, "one --variant at a time");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp break_even_argp = {
	.options = option_table,
	.parser = read_option,
	.children = study_argp_children,
	.args_doc = "FILE",
	.doc = "Find where a pvmmio level starts or stops paying.\v"
	       "RANGE of --vary:\n"
	       "  1us..1ms*9         nine values first, each the same multiple of the one before, "
	       "then between them\n"
	       "  1us..10us/10       ten, evenly spaced\n"
	       "  1..1000            whole numbers: at most 17 of them first\n"
	       "  1us..10us:1us      these only\n"
	       "Changes between two of the first values that cancel each other are not seen.\n"
	       "\n"
	       "Exit status: 0; 1 some values could not be compared; 2 the command line or the "
	       "scenario is wrong; 3 memory or room for the output ran out.",
};

static int write_result(const struct options *options)
{
	const struct study_break_even *search = options->search;
	int status = CLI_OK;

	if (options->json) {
		status = cli_write_json(study_break_even_json(search), options->json);
		if (status)
			return status;
	}
	if (!options->json || strcmp(options->json, "-") != 0)
		study_break_even_write(search, stdout);
	if (fflush(stdout) || ferror(stdout))
		return CLI_NO_MEANS;
	for (size_t i = 0; i < search->point_count; i++) {
		if (search->points[i].verdict == STUDY_UNKNOWN)
			return CLI_FAILED;
	}
	return CLI_OK;
}

static int run(const struct options *options)
{
	struct study_break_even *search = options->search;
	struct study_watch watch;
	int stopped, ret;

	if (cli_check_output(options->json, &options->study.file, 1))
		return CLI_MISUSED;
	if (study_watch_begin(&watch, options->study.progress, "simulations of this round"))
		return CLI_NO_MEANS;
	search->tick = study_watch_tick;
	search->ctx = &watch;
	ret = study_break_even_run(search, stderr);
	stopped = study_watch_end(&watch);
	return ret ? study_status_of(&options->study, ret, stopped) : write_result(options);
}

int command_break_even(int argc, char **argv)
{
	struct study_break_even search = { 0 };
	struct options options = { .search = &search };
	int status;

	study_options_init(&options.study);
	argp_parse(&break_even_argp, argc, argv, 0, NULL, &options);
	search.subject = study_options_subject(&options.study);
	search.workers = options.study.workers;
	status = run(&options);
	study_break_even_free(&search);
	study_options_free(&options.study);
	return status;
}
