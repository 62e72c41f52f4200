// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "sim/cli/command.h"
#include "sim/cli/options.h"
#include "sim/cli/session.h"
#include "sim/scenario/schema.h"

static int print_keys(void)
{
	schema_write_text(stdout);
	return fflush(stdout) || ferror(stdout) ? CLI_NO_MEANS : CLI_OK;
}

int command_run(int argc, char **argv)
{
	struct cli_options options;
	int status = CLI_NO_MEANS;

	if (cli_options_read(&options, argc, argv) == 0)
		status = options.keys ? print_keys() : session_run(&options);
	cli_options_free(&options);
	return status;
}
