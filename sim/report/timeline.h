/* SPDX-License-Identifier: MIT */
/*
 * Timeline: a trace sink that writes runs in the trace event format, which ui.perfetto.dev and
 * chrome://tracing show. What is in it: docs/trace.md.
 *
 *	timeline_create(&timeline, out);
 *	for each run:
 *		timeline_begin_run(timeline, "submission baseline");
 *		... the machine with timeline_sink(timeline) ...
 *		timeline_end_run(timeline, virtual_time_ps);
 *	timeline_destroy(timeline);
 *
 * Events are written as they come. What is kept does not grow with the length of a run: the tracks
 * with what is open on them, the latest unanswered doorbells and interrupt messages.
 */
#ifndef PVMMIO_SIM_REPORT_TIMELINE_H
#define PVMMIO_SIM_REPORT_TIMELINE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/machine/trace.h"

struct timeline;

/* out is the caller's; write errors stay in it (ferror()). 0, -ENOMEM. */
int timeline_create(struct timeline **out_timeline, FILE *out);

/* Ends the file's text; out is whole only now. NULL is allowed. */
void timeline_destroy(struct timeline *timeline);

/* Give this to the machine of the run. */
struct trace_sink *timeline_sink(struct timeline *timeline);

/* Runs follow each other. Each has processes of its own, named "title: ...". title is copied. */
void timeline_begin_run(struct timeline *timeline, const char *title);

/* The run has ended at time_ps: what is open ends there. 0, -ENOMEM: tracks are missing. */
int timeline_end_run(struct timeline *timeline, uint64_t time_ps);

#endif
