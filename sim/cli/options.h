/* SPDX-License-Identifier: MIT */
/* The command line of `run`, read and checked. */
#ifndef PVMMIO_SIM_CLI_OPTIONS_H
#define PVMMIO_SIM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/cli/common.h"

struct cli_options {
	struct cli_list files;
	struct cli_list overrides; /* "KEY=VALUE" */
	struct cli_list variants;  /* empty: all */
	const char *json;          /* where to; "-" is standard output; NULL: nowhere */
	const char *events;
	const char *trace;
	bool keys;    /* print the keys of scenarios, run nothing */
	bool colour;  /* for standard output */
	char **owned; /* words that were made */
	size_t owned_count;
};

/*
 * Read argv. What is wrong, --help and --version end the program here, as argp does it. Ended by
 * cli_options_free(). 0 or -ENOMEM.
 */
int cli_options_read(struct cli_options *options, int argc, char **argv);
void cli_options_free(struct cli_options *options);

#endif
