/* SPDX-License-Identifier: MIT */
/*
 * Event log: a trace sink that writes each event as one line of text.
 *
 *	TIME_PS CONTEXT_ID CONTEXT_NAME EVENT NAME=VALUE...
 *
 * Values are decimal, those of addresses, descriptors and registers hexadecimal; -1 is nobody.
 * Reasons, operations, kinds of work and engines are shown by name.
 */
#ifndef PVMMIO_SIM_REPORT_EVENT_LOG_H
#define PVMMIO_SIM_REPORT_EVENT_LOG_H

#include <stdio.h>

#include "sim/machine/trace.h"

struct event_log {
	struct trace_sink sink; /* give this to the machine */
	FILE *out;              /* the caller's; write errors stay in it (ferror()) */
};

void event_log_init(struct event_log *log, FILE *out);

#endif
