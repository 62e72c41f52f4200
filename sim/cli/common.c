// SPDX-License-Identifier: MIT
#include "sim/cli/common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/report/report.h"

void cli_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("pvmmio-sim: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

void cli_list_append(struct argp_state *state, struct cli_list *list, const char *item)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		argp_failure(state, CLI_NO_MEANS, ENOMEM, "command line");
	list->items = items;
	list->items[list->count++] = item;
}

void cli_list_append_setting(struct argp_state *state, struct cli_list *list, const char *option,
			     const char *setting)
{
	if (!strchr(setting, '=') || setting[0] == '=')
		argp_error(state, "%s needs KEY=VALUE, not '%s'", option, setting);
	cli_list_append(state, list, setting);
}

/* As https://no-color.org wants it. */
bool cli_terminal_has_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

void cli_choose_colour(struct argp_state *state, bool *colour, const char *when)
{
	if (strcmp(when, "auto") == 0)
		*colour = cli_terminal_has_colour();
	else if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0)
		*colour = when[0] == 'a';
	else
		argp_error(state, "--color is auto, always or never, not '%s'", when);
}

int cli_write_json(json_t *tree, const char *path)
{
	bool to_stdout = strcmp(path, "-") == 0;
	FILE *out;
	int ret;

	if (!tree) {
		cli_complain("no memory for '%s'", path);
		return CLI_NO_MEANS;
	}
	out = to_stdout ? stdout : fopen(path, "we");
	if (!out) {
		cli_complain("cannot write '%s': %s", path, strerror(errno));
		json_decref(tree);
		return CLI_MISUSED;
	}
	ret = report_write_json(tree, out);
	ret |= to_stdout ? fflush(out) : fclose(out);
	json_decref(tree);
	if (ret)
		cli_complain("cannot write '%s': %s", path, strerror(errno));
	return ret ? CLI_NO_MEANS : CLI_OK;
}
