// SPDX-License-Identifier: MIT
#include "sim/study/merge.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* Where the merged rows go, and what becomes of it at the end. */
struct target {
	FILE *file;
	char *path;      /* of the file that is meant, behind links; NULL: standard output */
	char *temporary; /* takes its name at the end; NULL: written to at once */
};

static void target_free(struct target *target)
{
	free(target->path);
	free(target->temporary);
}

/*
 * A file is written under another name first: it may be one of those that are read, and is whole or
 * as it was. A device or a pipe is written to as it is.
 */
static int target_open(struct target *target, const char *path)
{
	struct stat stat_buf;
	const char *name;

	*target = (struct target){ .file = stdout };
	if (!path)
		return CLI_OK;
	target->path = realpath(path, NULL);
	if (!target->path)
		target->path = strdup(path);
	if (!target->path)
		return CLI_NO_MEANS;
	if (stat(path, &stat_buf) || S_ISREG(stat_buf.st_mode)) {
		if (asprintf(&target->temporary, "%s.part", target->path) < 0) {
			target->temporary = NULL;
			return CLI_NO_MEANS;
		}
	}
	name = target->temporary ? target->temporary : target->path;
	target->file = fopen(name, "we");
	if (target->file)
		return CLI_OK;
	cli_complain("cannot write '%s': %s", name, strerror(errno));
	return CLI_MISUSED;
}

/* ret: how writing went. 0 or a negative errno. */
static int target_close(struct target *target, int ret)
{
	if (!target->path)
		return ret;
	if (fclose(target->file) && ret == 0)
		ret = -errno;
	if (!target->temporary)
		return ret;
	if (ret == 0 && rename(target->temporary, target->path))
		ret = -errno;
	if (ret)
		remove(target->temporary);
	return ret;
}

static int write_merged(const struct study_merge *merge, const struct options *options)
{
	uint64_t error_rows = 0;
	struct target target;
	int status = target_open(&target, options->output);
	int ret;

	if (status) {
		target_free(&target);
		return status;
	}
	ret = target_close(&target, study_merge_write(merge, target.file, &error_rows));
	target_free(&target);
	if (ret) {
		cli_complain("cannot write '%s': %s",
			     options->output ? options->output : "standard output", strerror(-ret));
		return CLI_NO_MEANS;
	}
	if (error_rows == 0)
		return CLI_OK;
	cli_complain("%" PRIu64 " rows could not be run; column 'error' says why", error_rows);
	return CLI_FAILED;
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
