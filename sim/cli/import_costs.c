// SPDX-License-Identifier: MIT
#include "sim/scenario/import_costs.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/common.h"
#include "sim/scenario/file.h"
#include "sim/scenario/units.h"

enum option_key {
	OPTION_OUTPUT = 'o',
	OPTION_BASE = 'b',
	OPTION_KEEP = 'k',
	OPTION_NAME = 'n',
	OPTION_CPU = 'c',
};

static const struct argp_option option_table[] = {
	{"output",				    OPTION_OUTPUT, "FILE", 0, "Write to FILE (default: standard output)", 0 },
	{ "base",				     OPTION_BASE, "PROFILE", 0,
         "Where what was not measured comes from (default: kvm-userspace)", 0 },
	{ "keep", OPTION_KEEP, "PARAMETER", 0, "Leave this as it is there; repeatable", 0 },
	{ "name",					  OPTION_NAME, "NAME", 0,
         "Name of the profile (default: that of the output, without .yaml, else `imported')", 0 },
	{ "cpu-frequency",OPTION_CPU, "FREQUENCY", 0,
         "Clock that vmexit's cycles count, the TSC's (default: the base's)", 0 },
	{ 0					 },
};

struct options {
	const char *file, *output, *base, *name;
	struct import_options import;
};

static void read_keep(struct argp_state *state, struct import_options *import, const char *name)
{
	int param = cost_param_find(name);

	if (param < 0)
		argp_error(state, "--keep: no parameter is called '%s'", name);
	import->keep[param] = true;
}

static void read_clock(struct argp_state *state, struct import_options *import, const char *text)
{
	char why[UNITS_WHY_BYTES];

	if (units_parse(text, QUANTITY_FREQUENCY, &import->cpu_hz, why))
		argp_error(state, "--cpu-frequency: %s", why);
	if (import->cpu_hz == 0 || import->cpu_hz > PARAM_FREQUENCY_MAX_HZ)
		argp_error(state, "--cpu-frequency: no clock runs at %s", text);
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_OUTPUT:
		options->output = strcmp(arg, "-") == 0 ? NULL : arg;
		return 0;
	case OPTION_BASE:
		options->base = arg;
		return 0;
	case OPTION_KEEP:
		read_keep(state, &options->import, arg);
		return 0;
	case OPTION_NAME:
		options->name = arg;
		return 0;
	case OPTION_CPU:
		read_clock(state, &options->import, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (options->file)
			argp_error(state, "one file at a time, not '%s' as well", arg);
		options->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->file)
			argp_error(state, "no file to import");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp import_argp = {
	.options = option_table,
	.parser = read_option,
	.args_doc = "FILE",
	.doc = "Make a cost profile from measurements.\v"
	       "FILE is what `perf kvm stat report --event=vmexit' has printed, or vmexit of "
	       "kvm-unit-tests; which of them, its content says. What is used for which "
	       "parameter, and what is not used and why, is said on standard error.\n"
	       "\n"
	       "Exit status: 0; 2 the command line or FILE is wrong; 3 memory or room for the "
	       "output ran out.",
};

static int complain_about(const struct options *options, int ret, const char *why)
{
	if (ret == -ENOMEM) {
		cli_complain("no memory for '%s'", options->file);
		return CLI_NO_MEANS;
	}
	cli_complain("cannot import '%s': %s", options->file, why);
	return CLI_MISUSED;
}

static bool is_name(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return len > 0 && name[len] == '\0' && len < CONFIG_NAME_BYTES;
}

static int write_profile(const struct options *options, const struct import_listing *listing,
			 const struct import_param *params)
{
	FILE *out = options->output ? fopen(options->output, "we") : stdout;
	int ret;

	if (!out) {
		cli_complain("cannot write '%s': %s", options->output, strerror(errno));
		return CLI_MISUSED;
	}
	import_write(listing, &options->import, params, out);
	ret = ferror(out);
	ret |= options->output ? fclose(out) : fflush(out);
	if (ret)
		cli_complain("cannot write '%s': %s",
			     options->output ? options->output : "standard output",
			     strerror(errno));
	return ret ? CLI_NO_MEANS : CLI_OK;
}

static int import(const struct options *options)
{
	struct import_listing listing = { 0 };
	struct import_param params[COST_PARAM_COUNT];
	char why[IMPORT_WHY_BYTES];
	char *text = NULL;
	size_t len;
	int status;
	int ret = file_read(options->file, IMPORT_BYTES_LIMIT, &text, &len);

	if (ret)
		return complain_about(options, ret, strerror(-ret));
	ret = import_read(&listing, text, len, stderr, why);
	if (ret == 0)
		ret = import_map(&listing, &options->import, params, stderr, why);
	status = ret ? complain_about(options, ret, why) : write_profile(options, &listing, params);
	import_free(&listing);
	free(text);
	return status;
}

/* The names and the base; then import. */
static int run(struct options *options, struct profile_store *store, struct diag *diag)
{
	char *name = options->output ? file_base_name(options->output, ".yaml")
				     : strdup("imported");
	char *title = NULL;
	int status = CLI_NO_MEANS;
	int ret;

	if (!name || asprintf(&title, "Imported from %s", options->file) < 0) {
		title = NULL;
		goto out;
	}
	options->import.name = options->name ? options->name : name;
	options->import.title = title;
	if (!is_name(options->import.name)) {
		cli_complain("'%s' is no name for a profile; say which: --name",
			     options->import.name);
		status = CLI_MISUSED;
		goto out;
	}
	ret = profile_find(store, diag, PROFILE_COSTS, "--base", options->base,
			   &options->import.base);
	diag_print(diag, stderr);
	if (ret)
		status = ret == -ENOMEM ? CLI_NO_MEANS : CLI_MISUSED;
	else
		status = import(options);
out:
	free(name);
	free(title);
	return status;
}

int command_import_costs(int argc, char **argv)
{
	struct options options = { .base = "kvm-userspace" };
	struct profile_store store = { 0 };
	struct diag diag = { 0 };
	int status;

	argp_parse(&import_argp, argc, argv, 0, NULL, &options);
	status = run(&options, &store, &diag);
	profile_store_free(&store);
	diag_free(&diag);
	return status;
}
