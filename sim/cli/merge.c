// SPDX-License-Identifier: MIT
#include "sim/study/merge.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/common.h"

enum option_key {
	OPTION_OUTPUT = 'o',
};

static const struct argp_option option_table[] = {
	{"output", OPTION_OUTPUT, "FILE", 0, "Write to FILE (default: standard output)", 0 },
	{ 0 },
};

struct options {
	struct cli_list files;
	const char *output; /* NULL: standard output */
};

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_OUTPUT:
		options->output = strcmp(arg, "-") == 0 ? NULL : arg;
		return 0;
	case ARGP_KEY_ARG:
		cli_list_append(state, &options->files, arg);
		return 0;
	case ARGP_KEY_END:
		if (options->files.count == 0)
			argp_error(state, "no file of a shard");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp merge_argp = {
	.options = option_table,
	.parser = read_option,
	.args_doc = "FILE...",
	.doc = "Put the shards of a sweep together: the same bytes as a sweep without shards.\v"
	       "Refused when a shard is missing, is there twice or not to its end, or is of "
	       "another sweep.\n"
	       "\n"
	       "Exit status: 0; 1 some points could not be run, see column `error'; 2 the files "
	       "do not make up a whole; 3 memory or room for the output ran out.",
};

/* To a file of its own that then takes the name: FILE may be one of those that are read. */
static FILE *open_output(const char *path, char **temporary)
{
	FILE *out;

	*temporary = NULL;
	if (!path)
		return stdout;
	if (asprintf(temporary, "%s.part", path) < 0) {
		*temporary = NULL;
		return NULL;
	}
	out = fopen(*temporary, "we");
	if (!out)
		cli_complain("cannot write '%s': %s", *temporary, strerror(errno));
	return out;
}

static int write_merged(const struct study_merge *merge, const struct options *options)
{
	const char *name = options->output ? options->output : "standard output";
	uint64_t error_rows = 0;
	char *temporary;
	FILE *out = open_output(options->output, &temporary);
	int status = CLI_OK;
	int ret;

	if (!out) {
		free(temporary);
		return CLI_MISUSED;
	}
	ret = study_merge_write(merge, out, &error_rows);
	if (temporary) {
		ret = fclose(out) && ret == 0 ? -errno : ret;
		if (ret == 0 && rename(temporary, options->output))
			ret = -errno;
		if (ret)
			remove(temporary);
	}
	if (ret) {
		cli_complain("cannot write '%s': %s", name, strerror(-ret));
		status = CLI_NO_MEANS;
	} else if (error_rows) {
		cli_complain("%" PRIu64 " rows could not be run; column 'error' says why",
			     error_rows);
		status = CLI_FAILED;
	}
	free(temporary);
	return status;
}

int command_merge(int argc, char **argv)
{
	struct options options = { 0 };
	struct study_merge *merge;
	int status, ret;

	argp_parse(&merge_argp, argc, argv, 0, NULL, &options);
	ret = study_merge_open(&merge, options.files.items, options.files.count, stderr);
	if (ret)
		status = ret == -ENOMEM ? CLI_NO_MEANS : CLI_MISUSED;
	else
		status = write_merged(merge, &options);
	study_merge_close(merge);
	free(options.files.items);
	return status;
}
