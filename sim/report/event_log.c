// SPDX-License-Identifier: MIT
#include "sim/report/event_log.h"

#include <inttypes.h>
#include <string.h>

#include "sim/machine/container.h"
#include "sim/machine/exit.h"

static void write_argument(FILE *out, const char *name, uint64_t value)
{
	static const char *const hexadecimal[] = { "address",  "data",   "descriptor", "element0",
						   "element1", "header", "status" };

	if (strcmp(name, "reason") == 0 && value < EXIT_REASON_COUNT) {
		fprintf(out, " %s=%s", name, exit_reason_name((enum exit_reason)value));
		return;
	}
	if (strcmp(name, "op") == 0 && value < GUEST_OP_COUNT) {
		fprintf(out, " %s=%s", name, guest_op_name((enum guest_op)value));
		return;
	}
	for (size_t i = 0; i < sizeof(hexadecimal) / sizeof(hexadecimal[0]); i++) {
		if (strcmp(name, hexadecimal[i]) == 0) {
			fprintf(out, " %s=0x%" PRIx64, name, value);
			return;
		}
	}
	fprintf(out, " %s=%" PRId64, name, (int64_t)value);
}

static void log_event(struct trace_sink *sink, enum trace_event event, uint64_t time_ps,
		      unsigned context_id, const char *context_name, const uint64_t args[4])
{
	FILE *out = container_of(sink, struct event_log, sink)->out;
	const struct trace_event_info *info = &trace_events[event];

	fprintf(out, "%" PRIu64 " %u %s %s", time_ps, context_id, context_name, info->name);
	for (unsigned i = 0; i < 4 && info->arg_names[i]; i++)
		write_argument(out, info->arg_names[i], args[i]);
	fputc('\n', out);
}

void event_log_init(struct event_log *log, FILE *out)
{
	*log = (struct event_log){ .sink = { .event = log_event }, .out = out };
}
