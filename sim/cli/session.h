/* SPDX-License-Identifier: MIT */
/*
 * Session: the scenarios of one command line, from loading to reports. Everything is loaded and
 * checked, and every output opened, before anything runs.
 */
#ifndef PVMMIO_SIM_CLI_SESSION_H
#define PVMMIO_SIM_CLI_SESSION_H

#include "sim/cli/options.h"

/* Returns the program's exit status. */
int session_run(const struct cli_options *options);

#endif
