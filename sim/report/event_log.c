// SPDX-License-Identifier: MIT
#include "sim/report/event_log.h"

#include <inttypes.h>

#include "sim/machine/container.h"
#include "sim/report/event_argument.h"

static void write_argument(FILE *out, const char *name, uint64_t value)
{
	const char *word = event_argument_word(name, value);

	if (word)
		fprintf(out, " %s=%s", name, word);
	else if (event_argument_is_hexadecimal(name))
		fprintf(out, " %s=0x%" PRIx64, name, value);
	else
		fprintf(out, " %s=%" PRId64, name, (int64_t)value);
}

static void log_event(struct trace_sink *sink, const struct trace_record *record)
{
	FILE *out = container_of(sink, struct event_log, sink)->out;
	const struct trace_event_info *info = &trace_events[record->event];

	fprintf(out, "%" PRIu64 " %u %s %s", record->time_ps, record->context_id,
		record->context_name, info->name);
	for (unsigned i = 0; info->arg_names[i]; i++)
		write_argument(out, info->arg_names[i], record->args[i]);
	fputc('\n', out);
}

void event_log_init(struct event_log *log, FILE *out)
{
	*log = (struct event_log){ .sink = { .event = log_event }, .out = out };
}
