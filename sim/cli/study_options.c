// SPDX-License-Identifier: MIT
#include "sim/cli/study_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/scenario/units.h"
#include "sim/study/pool.h"

#define WORKER_LIMIT 1024

static const struct argp_option option_table[] = {
	{"set",									     STUDY_OPTION_SET, "KEY=VALUE", 0,
         "Set a key of the scenario in all variants, after their own settings; repeatable", 0 },
	{ "variant",								      STUDY_OPTION_VARIANT, "NAME", 0, "Look at this variant only; repeatable", 0 },
	{ "workers", STUDY_OPTION_WORKERS, "N", 0,
         "Simulations at once (default: one for each processor). Results do not depend on it", 0 },
	{ "progress",										STUDY_OPTION_PROGRESS, "WHEN", 0,
         "auto (default: when standard error is a terminal), always, never", 0 },
	{ 0},
};

static unsigned read_workers(struct argp_state *state, const char *text)
{
	uint64_t workers;

	if (units_parse_integer(text, &workers) || workers < 1 || workers > WORKER_LIMIT)
		argp_error(state, "--workers is 1 to %d, not '%s'", WORKER_LIMIT, text);
	return (unsigned)workers;
}

static bool read_when(struct argp_state *state, const char *when)
{
	if (strcmp(when, "auto") == 0)
		return isatty(STDERR_FILENO);
	if (strcmp(when, "always") != 0 && strcmp(when, "never") != 0)
		argp_error(state, "--progress is auto, always or never, not '%s'", when);
	return when[0] == 'a';
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct study_options *options = state->input;

	switch (key) {
	case STUDY_OPTION_SET:
		cli_list_append_setting(state, &options->settings, "--set", arg);
		return 0;
	case STUDY_OPTION_VARIANT:
		cli_list_append(state, &options->variants, arg);
		return 0;
	case STUDY_OPTION_WORKERS:
		options->workers = read_workers(state, arg);
		return 0;
	case STUDY_OPTION_PROGRESS:
		options->progress = read_when(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (options->file)
			argp_error(state, "one scenario at a time, not '%s' as well", arg);
		options->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->file)
			argp_error(state, "no scenario file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp study_argp = { .options = option_table, .parser = read_option };

const struct argp_child study_argp_children[] = {
	{&study_argp, 0, NULL, 0 },
	{ 0      },
};

void study_options_init(struct study_options *options)
{
	*options = (struct study_options){
		.workers = study_pool_default_workers(),
		.progress = isatty(STDERR_FILENO),
	};
}

void study_options_free(struct study_options *options)
{
	free(options->settings.items);
	free(options->variants.items);
}

int study_status_of(const struct study_options *options, int ret, int stopped)
{
	if (ret == -EINTR)
		return stopped;
	if (ret != -EINVAL)
		cli_complain("cannot read '%s': %s", options->file, strerror(-ret));
	return ret == -ENOMEM || ret == -EAGAIN ? CLI_NO_MEANS : CLI_MISUSED;
}

struct study_subject study_options_subject(const struct study_options *options)
{
	return (struct study_subject){
		.path = options->file,
		.settings = options->settings.items,
		.setting_count = options->settings.count,
		.variants = options->variants.items,
		.variant_count = options->variants.count,
	};
}
