// SPDX-License-Identifier: MIT
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/common.h"
#include "sim/report/report.h"
#include "sim/scenario/nearest.h"

static void print_version(FILE *out, struct argp_state *state)
{
	fprintf(out, "pvmmio-sim %s\n", report_version);
}

/* Was a command meant? Options, paths and files that exist are for `run`. */
static bool is_misspelt_command(const char *word)
{
	return word[0] != '-' && !strpbrk(word, "./") && access(word, F_OK) != 0;
}

static int complain_about_command(const char *word)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, word);
	for (size_t i = 0; i < command_count; i++)
		nearest_offer(&nearest, commands[i].name);
	cli_complain("no command and no file is called '%s'%s", word,
		     nearest_hint(&nearest, hint, sizeof(hint)));
	return CLI_MISUSED;
}

int main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
	char name[64];

	argp_program_version_hook = print_version;
	argp_err_exit_status = CLI_MISUSED;
	if (!command) {
		if (argc > 1 && is_misspelt_command(argv[1]))
			return complain_about_command(argv[1]);
		/* Messages of getopt begin with all of it, the others with the last part only. */
		if (argc > 0)
			argv[0] = program_invocation_short_name;
		return command_run(argc, argv);
	}
	snprintf(name, sizeof(name), "%s %s", program_invocation_short_name, command->name);
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}
