/* SPDX-License-Identifier: MIT */
/*
 * Trace: named events with up to four numbers, and a sink. Without a sink an event costs one
 * predictable branch.
 *
 * Events are rows of a table (trace_events[]): name and the names of the arguments. Emitting
 * neither costs virtual time nor lets anybody in.
 */
#ifndef PVMMIO_SIM_MACHINE_TRACE_H
#define PVMMIO_SIM_MACHINE_TRACE_H

#include <stdint.h>

enum trace_event {
	TRACE_EXIT,           /* vm, reason, address, duration_ps */
	TRACE_OPERATION,      /* vm, op, duration_ps */
	TRACE_MSI,            /* vm (-1 host), data */
	TRACE_ELSP,           /* engine, element0, element1: the hardware took an execlist */
	TRACE_CSB,            /* engine, status, context_id: the hardware wrote a status entry */
	TRACE_ENGINE_HANG,    /* engine, header, address */
	TRACE_WORKLOAD_QUEUE, /* vm, engine, descriptor: the mediator accepted a submission */
	TRACE_WORKLOAD_START, /* vm, engine, descriptor: handed to the hardware */
	TRACE_WORKLOAD_DONE,  /* vm, engine, descriptor, status */
	TRACE_VIRTUAL_CSB,    /* vm, engine, status, context_id: the mediator emulated an entry */
	TRACE_FAILSAFE,       /* vm, cause */
	TRACE_EVENT_COUNT,
};

struct trace_event_info {
	const char *name;
	const char *arg_names[4]; /* NULL-terminated when fewer */
};

extern const struct trace_event_info trace_events[TRACE_EVENT_COUNT];

/* Called in the order of emission; time_ps and the context's id and name are the emitter's. */
struct trace_sink {
	void (*event)(struct trace_sink *sink, enum trace_event event, uint64_t time_ps,
		      unsigned context_id, const char *context_name, const uint64_t args[4]);
};

struct machine;

void trace_emit_slow(struct machine *m, enum trace_event event, const uint64_t args[4]);

/* The machine's sink, NULL for none. Kept first in struct machine so that this needs no more. */
struct trace_point {
	struct trace_sink *sink;
};

#define trace_emit(m, event, ...)                                                                  \
	do {                                                                                       \
		if (__builtin_expect(((const struct trace_point *)(m))->sink != NULL, 0))          \
			trace_emit_slow((m), (event), (const uint64_t[4]){ __VA_ARGS__ });         \
	} while (0)

#endif
