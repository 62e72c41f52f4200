/* SPDX-License-Identifier: MIT */
/*
 * Writing the trace event format: one JSON object whose traceEvents are an array of small objects,
 * one to a line. Nothing is kept: what is written is in the FILE, and errors stay there (ferror()).
 *
 *	trace_json_event(&json, 'B', &place, "operation", "submit");
 *	trace_json_args(&json);
 *	trace_json_text(&json, "engine", "RCS0");
 *	trace_json_close(&json);
 *
 * Times are written exactly, as decimal fractions of microseconds (ts, dur) or nanoseconds.
 *
 * Source: "Trace Event Format", the document of the Chromium project.
 */
#ifndef PVMMIO_SIM_REPORT_TRACE_JSON_H
#define PVMMIO_SIM_REPORT_TRACE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct trace_json {
	FILE *out;
	bool any;     /* an event has been written */
	bool in_args; /* of the open event */
	bool any_arg;
};

/* A point in a track. */
struct trace_place {
	unsigned pid;
	unsigned tid; /* 0: the whole process */
	uint64_t time_ps;
};

/* The object around everything. generator is a word for people. */
void trace_json_begin(struct trace_json *json, FILE *out, const char *generator);
void trace_json_end(struct trace_json *json);

/* Open an event of a phase of the format; category may be NULL. */
void trace_json_event(struct trace_json *json, char phase, const struct trace_place *place,
		      const char *category, const char *name);

/* Fields of the open event; after trace_json_args(), its arguments. */
void trace_json_args(struct trace_json *json);
void trace_json_text(struct trace_json *json, const char *key, const char *text);
void trace_json_number(struct trace_json *json, const char *key, int64_t value);
void trace_json_hex(struct trace_json *json, const char *key, uint64_t value);
void trace_json_us(struct trace_json *json, const char *key, uint64_t ps);
void trace_json_ns(struct trace_json *json, const char *key, uint64_t ps);
void trace_json_true(struct trace_json *json, const char *key);

void trace_json_close(struct trace_json *json);

#endif
