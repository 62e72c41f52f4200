// SPDX-License-Identifier: MIT
#include "sim/study/sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/study_options.h"
#include "sim/study/output.h"

enum option_key {
	OPTION_VARY = 'y',
	OPTION_COLUMN = 'c',
	OPTION_OUTPUT = 'o',
	OPTION_FORMAT = 'f',
	OPTION_RESUME = 0x200,
	OPTION_FORCE,
	OPTION_SHARD,
};

static const struct argp_option option_table[] = {
	{"vary",										  OPTION_VARY, "KEY=VALUES", 0,
         "Run the scenario with each of these values of a key; repeatable, for all combinations", 0 },
	{ "column",									   OPTION_COLUMN, "PATH", 0,
         "Show this of the report, or a quotient PATH/PATH; repeatable (default: times, exits and "
	  "submissions of each VM)", 0 },
	{ "output", OPTION_OUTPUT, "FILE", 0, "Write to FILE (default: standard output)", 0 },
	{ "format",										      OPTION_FORMAT, "csv|jsonl", 0,
         "Form of the output (default: by the end of FILE's name, else csv)", 0 },
	{ "resume",OPTION_RESUME, NULL, 0, "Go on with FILE where it stopped", 0 },
	{ "force",										      OPTION_FORCE, NULL, 0, "Overwrite FILE", 0 },
	{ "shard",										      OPTION_SHARD, "I/N", 0,
         "Only every N-th point, beginning with the I-th; `merge' puts the parts together", 0 },
	{ 0									      },
};

struct options {
	struct study_options study;
	struct study_sweep *sweep;
	const char *output;
	const char *format;
	bool resume, force;
};

/* What a reader of the library says of an argument. */
static void check(struct argp_state *state, int ret, const char *option, const char *why)
{
	if (ret == -ENOMEM)
		argp_failure(state, CLI_NO_MEANS, ENOMEM, "command line");
	if (ret)
		argp_error(state, "%s: %s", option, why);
}

static void finish(struct argp_state *state, struct options *options)
{
	if (!options->output && (options->resume || options->force))
		argp_error(state, "--%s needs --output", options->resume ? "resume" : "force");
	if (options->resume && options->force)
		argp_error(state, "--resume or --force, not both");
	options->sweep->format = options->output ? study_format_of(options->output)
						 : STUDY_FORMAT_CSV;
	if (!options->format)
		return;
	if (strcmp(options->format, "csv") != 0 && strcmp(options->format, "jsonl") != 0)
		argp_error(state, "--format is csv or jsonl, not '%s'", options->format);
	options->sweep->format = options->format[0] == 'c' ? STUDY_FORMAT_CSV : STUDY_FORMAT_JSONL;
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char why[STUDY_WHY_BYTES];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->study;
		return 0;
	case OPTION_VARY:
		check(state, study_grid_add(&options->sweep->grid, arg, why), "--vary", why);
		return 0;
	case OPTION_COLUMN:
		check(state, study_sweep_add_measure(options->sweep, arg, why), "--column", why);
		return 0;
	case OPTION_OUTPUT:
		options->output = strcmp(arg, "-") == 0 ? NULL : arg;
		return 0;
	case OPTION_FORMAT:
		options->format = arg;
		return 0;
	case OPTION_RESUME:
		options->resume = true;
		return 0;
	case OPTION_FORCE:
		options->force = true;
		return 0;
	case OPTION_SHARD:
		check(state, study_shard_read(&options->sweep->shard, arg, why), "--shard", why);
		return 0;
	case ARGP_KEY_END:
		finish(state, options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp sweep_argp = {
	.options = option_table,
	.parser = read_option,
	.children = study_argp_children,
	.args_doc = "FILE",
	.doc = "Run a scenario at every point of a grid; a row for each point and variant.\v"
	       "VALUES of --vary:\n"
	       "  a,b,c              these\n"
	       "  1..10              every whole number\n"
	       "  1us..10us/4        four, evenly spaced, both ends included\n"
	       "  1us..10us:3us      from the first on in steps of 3 us\n"
	       "  1us..1ms*4         four, each the same multiple of the one before\n"
	       "  0ns,1us..1ms*4     lists may contain ranges\n"
	       "  none,[a,b],all     a list as one value stands in brackets\n"
	       "KEY,KEY=VALUES gives several keys the same value. Keys are those of --set: "
	       "`pvmmio-sim --keys'.\n"
	       "\n"
	       "Exit status: 0 all points were run; 1 some could not be, see column `error'; 2 the "
	       "command line or the scenario is wrong, nothing was run; 3 memory or room for the "
	       "output ran out; 130, 143 stopped by a signal: --resume goes on.",
};

/* ---- running ---- */

static int open_output(const struct options *options, struct study_output *output)
{
	enum study_output_mode mode = options->resume  ? STUDY_OUTPUT_RESUME
				      : options->force ? STUDY_OUTPUT_REPLACE
						       : STUDY_OUTPUT_NEW;
	char why[STUDY_WHY_BYTES];
	int ret;

	*output = (struct study_output){ .file = stdout };
	if (!options->output)
		return CLI_OK;
	if (cli_check_output(options->output, &options->study.file, 1))
		return CLI_MISUSED;
	ret = study_output_open(output, options->sweep, options->output, mode, why);
	if (ret == 0)
		return CLI_OK;
	if (ret == -EINVAL)
		cli_complain("'%s': %s", options->output, why);
	else
		cli_complain("cannot write '%s': %s", options->output, strerror(-ret));
	return ret == -ENOMEM ? CLI_NO_MEANS : CLI_MISUSED;
}

static void say_what_was_odd(const struct options *options)
{
	const struct study_sweep *sweep = options->sweep;

	if (sweep->error_rows)
		cli_complain("%" PRIu64 " rows could not be run; column 'error' says why",
			     sweep->error_rows);
	if (sweep->note_rows)
		cli_complain("something is amiss in %" PRIu64 " rows; column 'note' says what",
			     sweep->note_rows);
}

static int status_of(const struct options *options, int ret)
{
	switch (ret) {
	case 0:
	case -EINTR: /* the watch knows by what */
		say_what_was_odd(options);
		return options->sweep->error_rows ? CLI_FAILED : CLI_OK;
	case -ENOENT:
		return CLI_MISUSED;
	case -ENOMEM:
		cli_complain("memory ran out; fewer --workers need less");
		return CLI_NO_MEANS;
	default:
		cli_complain("cannot write '%s': %s",
			     options->output ? options->output : "standard output", strerror(-ret));
		return CLI_NO_MEANS;
	}
}

static int run(const struct options *options)
{
	struct study_sweep *sweep = options->sweep;
	struct study_output output;
	struct study_watch watch;
	int status = open_output(options, &output);
	int stopped, ret;

	if (status)
		return status;
	if (study_watch_begin(&watch, options->study.progress, "points"))
		return CLI_NO_MEANS;
	sweep->tick = study_watch_tick;
	sweep->ctx = &watch;
	ret = study_sweep_run(sweep, output.first, output.file, stderr);
	stopped = study_watch_end(&watch);
	status = status_of(options, ret);
	if (ret == -ENOENT && options->output && output.was_empty)
		unlink(options->output);
	if (options->output && study_output_close(&output) && status != CLI_NO_MEANS)
		status = status_of(options, -EIO);
	return ret == -EINTR ? stopped : status;
}

int command_sweep(int argc, char **argv)
{
	struct study_sweep sweep = {
		.shard = {1, 1}
	};
	struct options options = { .sweep = &sweep };
	int status, ret;

	study_options_init(&options.study);
	argp_parse(&sweep_argp, argc, argv, 0, NULL, &options);
	sweep.subject = study_options_subject(&options.study);
	sweep.workers = options.study.workers;
	ret = study_sweep_prepare(&sweep, stderr);
	status = ret ? study_status_of(&options.study, ret, 0) : run(&options);
	study_sweep_free(&sweep);
	study_options_free(&options.study);
	return status;
}
