// SPDX-License-Identifier: MIT
#include "sim/cli/options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"

enum option_key {
	OPTION_JSON = 'j',
	OPTION_SET = 's',
	OPTION_VARIANT = 'v',
	OPTION_EVENTS = 0x100,
	OPTION_TRACE,
	OPTION_SEED,
	OPTION_COLOR,
	OPTION_KEYS,
};

static const struct argp_option option_table[] = {
	{"json",								      OPTION_JSON, "FILE", 0,
         "Write the report as JSON; - is standard output, and nothing else goes there. Several "
	  "scenarios make an array", 0 },
	{ "events",								     OPTION_EVENTS, "FILE", 0,
         "Write every event as a line of text; - as for --json", 0 },
	{ "trace",						  OPTION_TRACE, "FILE", 0,
         "Write a timeline for ui.perfetto.dev or chrome://tracing; - as for --json", 0 },
	{ "set",									  OPTION_SET, "KEY=VALUE", 0,
         "Set a key of the scenario in all variants, after their own settings; repeatable", 0 },
	{ "seed",OPTION_SEED, "N", 0, "The same as --set seed=N", 0 },
	{ "variant",									  OPTION_VARIANT, "NAME", 0,
         "Run this variant only; repeatable. Expectations on others are skipped", 0 },
	{ "color",									  OPTION_COLOR, "WHEN", 0, "auto (default: on a terminal), always, never", 0 },
	{ "colour",								    OPTION_COLOR, "WHEN", OPTION_ALIAS | OPTION_HIDDEN, NULL, 0 },
	{ "keys",								     OPTION_KEYS, NULL, 0, "List all keys of scenarios and leave", 0 },
	{ 0},
};

static void append_seed(struct argp_state *state, struct cli_options *options, const char *seed)
{
	char **owned = reallocarray(options->owned, options->owned_count + 1, sizeof(*owned));

	if (!owned)
		argp_failure(state, CLI_NO_MEANS, ENOMEM, "command line");
	options->owned = owned;
	if (asprintf(&owned[options->owned_count], "seed=%s", seed) < 0)
		argp_failure(state, CLI_NO_MEANS, ENOMEM, "command line");
	cli_list_append(state, &options->overrides, owned[options->owned_count++]);
}

static bool is_stdout(const char *file)
{
	return file && strcmp(file, "-") == 0;
}

static void check_options(struct argp_state *state, const struct cli_options *options)
{
	if (options->keys)
		return;
	if (options->files.count == 0)
		argp_error(state, "no scenario file");
	if (is_stdout(options->json) + is_stdout(options->events) + is_stdout(options->trace) > 1)
		argp_error(state, "standard output is for one of --json, --events and --trace");
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct cli_options *options = state->input;

	switch (key) {
	case OPTION_JSON:
		options->json = arg;
		return 0;
	case OPTION_EVENTS:
		options->events = arg;
		return 0;
	case OPTION_TRACE:
		options->trace = arg;
		return 0;
	case OPTION_SET:
		cli_list_append_setting(state, &options->overrides, "--set", arg);
		return 0;
	case OPTION_SEED:
		append_seed(state, options, arg);
		return 0;
	case OPTION_VARIANT:
		cli_list_append(state, &options->variants, arg);
		return 0;
	case OPTION_COLOR:
		cli_choose_colour(state, &options->colour, arg);
		return 0;
	case OPTION_KEYS:
		options->keys = true;
		return 0;
	case ARGP_KEY_ARG:
		cli_list_append(state, &options->files, arg);
		return 0;
	case ARGP_KEY_END:
		check_options(state, options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands stands in the help of the one that needs no word. */
static char *filter_help(int key, const char *text, void *input)
{
	char *list = NULL, *whole;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	list = command_list();
	if (!list || asprintf(&whole, "Commands, `pvmmio-sim COMMAND --help' for each:\n%s\n%s",
			      list, text) < 0)
		whole = (char *)text;
	free(list);
	return whole;
}

int cli_options_read(struct cli_options *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = read_option,
		.args_doc = "FILE...",
		.help_filter = filter_help,
		.doc = "Run scenarios of a paravirtualized Gen9 GPU and report what each VM exit "
		       "costs.\v"
		       "Exit status: 0 all expectations hold; 1 one failed; 2 the command line or "
		       "a scenario is wrong, nothing was run; 3 memory or room for an output ran "
		       "out.",
	};

	*options = (struct cli_options){ .colour = cli_terminal_has_colour() };
	return -argp_parse(&argp, argc, argv, 0, NULL, options);
}

void cli_options_free(struct cli_options *options)
{
	for (size_t i = 0; i < options->owned_count; i++)
		free(options->owned[i]);
	free(options->owned);
	free(options->files.items);
	free(options->overrides.items);
	free(options->variants.items);
}
