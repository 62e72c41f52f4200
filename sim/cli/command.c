// SPDX-License-Identifier: MIT
#include "sim/cli/command.h"

#include <stdlib.h>
#include <string.h>

const struct command commands[] = {
	{"run",           "run scenarios and report what each exit costs; the default",    command_run       },
	{ "sweep",        "run a scenario at every point of a grid; CSV or JSON Lines",    command_sweep     },
	{ "merge",        "put the shards of a sweep together",                            command_merge     },
	{ "break-even",   "find where a pvmmio level starts or stops paying",              command_break_even},
	{ "sensitivity",  "rank the figures not known well by what they matter",
         command_sensitivity										 },
	{ "compare",      "two reports or variants side by side; budgets",                 command_compare   },
	{ "import-costs", "make a cost profile of perf kvm stat or kvm-unit-tests output",
         command_import_costs										},
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

char *command_list(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (size_t i = 0; i < command_count; i++)
		fprintf(out, "  %-13s%s\n", commands[i].name, commands[i].summary);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
