/* SPDX-License-Identifier: MIT */
/*
 * Commands: the first word of the command line says what is to be done; without one it is `run`.
 *
 * To add a command: write sim/cli/NAME.c with
 *
 *	int command_NAME(int argc, char **argv)
 *
 * which reads its arguments by an argp of its own (--help comes with that) and returns an exit
 * status; declare it below; add a row to the table in command.c and the file to meson.build.
 *argv[0] is "pvmmio-sim NAME", which argp puts in front of its messages; messages of the command's
 *own go through cli_complain(). tests/e2e/cli.py checks every row: --help, and what is wrong with
 *it.
 */
#ifndef PVMMIO_SIM_CLI_COMMAND_H
#define PVMMIO_SIM_CLI_COMMAND_H

#include <stddef.h>
#include <stdio.h>

/* Exit statuses, of all commands. */
#define CLI_OK       0
#define CLI_FAILED   1 /* it ran, and something does not hold: an expectation, a budget, a point */
#define CLI_MISUSED  2 /* a wrong command line or file; nothing was run */
#define CLI_NO_MEANS 3 /* memory or an output ran out on the way */

struct command {
	const char *name;
	const char *summary; /* half a line for the list of commands */
	int (*run)(int argc, char **argv);
};

extern const struct command commands[];
extern const size_t command_count;

/* The command called name, or NULL. */
const struct command *command_find(const char *name);

/* "NAME  summary" of all of them, malloc()ed; NULL when out of memory. */
char *command_list(void);

/* ---- the commands ---- */

int command_run(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_break_even(int argc, char **argv);
int command_sensitivity(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_import_costs(int argc, char **argv);

#endif
