// SPDX-License-Identifier: MIT
#include "sim/cli/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

bool cli_is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && S_ISREG(of_a.st_mode) &&
	       of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* Does path open for writing? What this makes it also removes. */
static int try_to_open(const char *path)
{
	struct stat stat_buf;
	bool exists = stat(path, &stat_buf) == 0;
	int fd;

	/* Opening a pipe is something that its other end sees. */
	if (exists && !S_ISREG(stat_buf.st_mode) && !S_ISDIR(stat_buf.st_mode))
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	close(fd);
	if (!exists)
		unlink(path);
	return 0;
}

int cli_check_output(const char *path, const char *const *inputs, size_t input_count)
{
	int ret;

	if (!path || strcmp(path, "-") == 0)
		return CLI_OK;
	for (size_t i = 0; i < input_count; i++) {
		if (cli_is_same_file(path, inputs[i])) {
			cli_complain("'%s' is an input, and would be overwritten", path);
			return CLI_MISUSED;
		}
	}
	ret = try_to_open(path);
	if (ret)
		cli_complain("cannot write '%s': %s", path, strerror(-ret));
	return ret ? CLI_MISUSED : CLI_OK;
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
