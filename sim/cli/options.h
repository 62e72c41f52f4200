/* SPDX-License-Identifier: MIT */
/* The command line, read and checked. */
#ifndef PVMMIO_SIM_CLI_OPTIONS_H
#define PVMMIO_SIM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses. */
#define CLI_OK       0
#define CLI_FAILED   1 /* an expectation */
#define CLI_MISUSED  2 /* a wrong command line or scenario; nothing was run */
#define CLI_NO_MEANS 3 /* memory or an output ran out on the way */

/* Words of argv or made from them, in the order given. */
struct cli_list {
	const char **items;
	size_t count;
};

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
