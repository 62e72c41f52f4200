/* SPDX-License-Identifier: MIT */
/*
 * Trace: named events with some numbers, and a sink. Without a sink an event costs one predictable
 * branch.
 *
 * Events are rows of a table (trace_events[]): name and the names of the arguments. Emitting
 * neither costs virtual time nor lets anybody in.
 *
 * What lasts has two events: one called ..._BEGIN, _ACTIVE, _TAKE or _START when it begins, one
 * when it is over. On one context they nest. Only the end of an engine's context may come from
 * elsewhere: TRACE_ENGINE_RESET ends whatever the engine does.
 */
#ifndef PVMMIO_SIM_MACHINE_TRACE_H
#define PVMMIO_SIM_MACHINE_TRACE_H

#include <stdint.h>

enum trace_event {
	/* vCPUs */
	TRACE_EXIT_BEGIN,      /* a vCPU leaves the guest; region 0: no access */
	TRACE_EXIT,            /* it is back; parts as in enum exit_part, they add up */
	TRACE_OPERATION_BEGIN, /* the driver begins a marked operation */
	TRACE_OPERATION,       /* it ends one */
	TRACE_MSI,             /* vm -1: to the host; arrives at at_ps */
	TRACE_INTERRUPT,       /* a vCPU takes so many messages as one interrupt */
	/* host threads */
	TRACE_WORK,                 /* the mediator has spent time outside of exits */
	TRACE_HOST_INTERRUPT_BEGIN, /* the host's handler runs for what arrived at at_ps */
	TRACE_HOST_INTERRUPT,       /* it ends; at_ps of the next one, or -1 */
	TRACE_WORKLOAD_QUEUE,       /* the mediator accepted a submission */
	TRACE_WORKLOAD_TAKE,        /* an engine thread begins with it */
	TRACE_WORKLOAD_START,       /* handed to the hardware */
	TRACE_WORKLOAD_DONE,        /* the engine thread has completed it; status: an errno */
	TRACE_WORKLOAD_DROP,        /* it ended in its queue, no engine thread ever took it */
	TRACE_VIRTUAL_CSB,          /* the mediator emulated a status entry */
	TRACE_FAILSAFE,
	/* display pipes; vm -1: the hardware's */
	TRACE_PIPE_VBLANK, /* one that its pipe's frame count has counted */
	TRACE_PIPE_FLIP,   /* a plane's update has taken effect */
	/* engines */
	TRACE_ELSP,          /* the hardware took an execlist */
	TRACE_ENGINE_ACTIVE, /* from idle to active */
	TRACE_CONTEXT_START, /* it loads a context; element 0 begins the oldest execlist */
	TRACE_LITE_RESTORE,  /* the running context goes on as element 0 of the oldest execlist */
	TRACE_CONTEXT_END,   /* saved, and the status entry written */
	TRACE_ENGINE_IDLE,   /* from active to idle */
	TRACE_CSB,           /* the hardware wrote a status entry */
	TRACE_ENGINE_HANG,
	TRACE_ENGINE_RESET,
	/* display pipes */
	TRACE_PIPE_ON,  /* it runs, and its frames take so long */
	TRACE_PIPE_OFF, /* at a vertical blank */
	TRACE_VBLANK,   /* one that something waited for; events as in the pipe's interrupts */
	TRACE_LATCH,    /* a plane's registers were taken; plane 0 is the cursor */
	TRACE_EVENT_COUNT,
};

#define TRACE_ARG_LIMIT 16

struct trace_event_info {
	const char *name;
	const char *arg_names[TRACE_ARG_LIMIT + 1]; /* NULL-terminated */
};

extern const struct trace_event_info trace_events[TRACE_EVENT_COUNT];

struct machine;
struct party;

/* One event as it happened. Valid during the call, as what it points to. */
struct trace_record {
	enum trace_event event;
	uint64_t time_ps;          /* on the emitter's clock */
	unsigned context_id;       /* the emitter's; 0 outside of contexts */
	const char *context_name;  /* "" outside of contexts */
	const struct party *party; /* who runs on the context (party.h); NULL: hardware, nobody */
	uint64_t args[TRACE_ARG_LIMIT]; /* in the order of arg_names; -1 is nobody */
};

/* Called in the order of emission, in which time grows on every context by itself. */
struct trace_sink {
	void (*event)(struct trace_sink *sink, const struct trace_record *record);
};

/* A sink that hands every event on to two others. */
struct trace_tee {
	struct trace_sink sink;
	struct trace_sink *first;
	struct trace_sink *second;
};

void trace_tee_init(struct trace_tee *tee, struct trace_sink *first, struct trace_sink *second);

void trace_emit_slow(struct machine *m, enum trace_event event,
		     const uint64_t args[TRACE_ARG_LIMIT]);

/* The machine's sink, NULL for none. Kept first in struct machine so that this needs no more. */
struct trace_point {
	struct trace_sink *sink;
	uint64_t flow_count;
};

#define trace_emit(m, event, ...)                                                                  \
	do {                                                                                       \
		if (__builtin_expect(((const struct trace_point *)(m))->sink != NULL, 0))          \
			trace_emit_slow((m), (event),                                              \
					(const uint64_t[TRACE_ARG_LIMIT]){ __VA_ARGS__ });         \
	} while (0)

/* A number, from 1, by which the events of one chain of cause and effect can be told. */
static inline uint64_t trace_new_flow(struct machine *m)
{
	return ++((struct trace_point *)(void *)m)->flow_count;
}

#endif
