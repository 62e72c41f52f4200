/* SPDX-License-Identifier: MIT */
/*
 * What commands have in common: messages, lists of words, the option --set.
 */
#ifndef PVMMIO_SIM_CLI_COMMON_H
#define PVMMIO_SIM_CLI_COMMON_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Words of argv or made from them, in the order given. End with free(items). */
struct cli_list {
	const char **items;
	size_t count;
};

/* "pvmmio-sim: message" to standard error. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Append item; what goes wrong ends the program, as argp does it. */
void cli_list_append(struct argp_state *state, struct cli_list *list, const char *item);

/* Append "KEY=VALUE" after a look at its form, which ends the program when it is wrong. */
void cli_list_append_setting(struct argp_state *state, struct cli_list *list, const char *option,
			     const char *setting);

/* --color WHEN into *colour: auto is whether standard output is a terminal that has some. */
void cli_choose_colour(struct argp_state *state, bool *colour, const char *when);
bool cli_terminal_has_colour(void);

/*
 * Write tree, which it takes over, to path, as reports are written; "-" is standard output. NULL:
 * there was no memory for it. An exit status, not CLI_OK after a message.
 */
int cli_write_json(json_t *tree, const char *path);

/* Are both names of one regular file? */
bool cli_is_same_file(const char *a, const char *b);

/*
 * Before anything long: can path be written, without destroying one of the inputs? NULL and "-"
 * can. Changes nothing. CLI_OK, or CLI_MISUSED after a message.
 */
int cli_check_output(const char *path, const char *const *inputs, size_t input_count);

#endif
