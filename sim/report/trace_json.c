// SPDX-License-Identifier: MIT
#include "sim/report/trace_json.h"

#include <inttypes.h>

#include "sim/machine/executor.h"

static void write_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

void trace_json_begin(struct trace_json *json, FILE *out, const char *generator)
{
	*json = (struct trace_json){ .out = out };
	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"generator\":", out);
	write_string(out, generator);
	fputs("},\n\"traceEvents\":[", out);
}

void trace_json_end(struct trace_json *json)
{
	fputs("\n]}\n", json->out);
}

static void write_key(struct trace_json *json, const char *key)
{
	if (!json->in_args || json->any_arg)
		fputc(',', json->out);
	json->any_arg = json->in_args;
	write_string(json->out, key);
	fputc(':', json->out);
}

void trace_json_event(struct trace_json *json, char phase, const struct trace_place *place,
		      const char *category, const char *name)
{
	fprintf(json->out, "%s\n{\"ph\":\"%c\",\"pid\":%u", json->any ? "," : "", phase,
		place->pid);
	json->any = true;
	json->in_args = false;
	json->any_arg = false;
	if (place->tid)
		trace_json_number(json, "tid", place->tid);
	if (phase != 'M')
		trace_json_us(json, "ts", place->time_ps);
	if (category)
		trace_json_text(json, "cat", category);
	trace_json_text(json, "name", name);
}

void trace_json_args(struct trace_json *json)
{
	write_key(json, "args");
	fputc('{', json->out);
	json->in_args = true;
}

void trace_json_text(struct trace_json *json, const char *key, const char *text)
{
	write_key(json, key);
	write_string(json->out, text);
}

void trace_json_number(struct trace_json *json, const char *key, int64_t value)
{
	write_key(json, key);
	fprintf(json->out, "%" PRId64, value);
}

/* As text: a viewer's numbers hold 53 bits. */
void trace_json_hex(struct trace_json *json, const char *key, uint64_t value)
{
	write_key(json, key);
	fprintf(json->out, "\"0x%" PRIx64 "\"", value);
}

void trace_json_us(struct trace_json *json, const char *key, uint64_t ps)
{
	write_key(json, key);
	fprintf(json->out, "%" PRIu64 ".%06" PRIu64, ps / PS_PER_US, ps % PS_PER_US);
}

void trace_json_ns(struct trace_json *json, const char *key, uint64_t ps)
{
	write_key(json, key);
	fprintf(json->out, "%" PRIu64 ".%03" PRIu64, ps / PS_PER_NS, ps % PS_PER_NS);
}

void trace_json_true(struct trace_json *json, const char *key)
{
	write_key(json, key);
	fputs("true", json->out);
}

void trace_json_close(struct trace_json *json)
{
	fputs(json->in_args ? "}}" : "}", json->out);
}
