// SPDX-License-Identifier: MIT

#include <string.h>

#include "sim/machine/container.h"
#include "sim/machine/machine.h"
#include "sim/machine/trace.h"

// clang-format off
const struct trace_event_info trace_events[TRACE_EVENT_COUNT] = {
	[TRACE_EXIT_BEGIN] = { "exit_begin", { "vm", "reason", "region", "address" } },
	[TRACE_EXIT] = { "exit", { "vm", "reason", "region", "address", "value", "size_bytes", "op",
				   "duration_ps", "transition_ps", "dispatch_ps", "forwarding_ps",
				   "emulation_ps", "guest_memory_ps", "lock_wait_ps",
				   "reentry_ps", "cpu_wait_ps" } },
	[TRACE_OPERATION_BEGIN] = { "operation_begin", { "vm", "op" } },
	[TRACE_OPERATION] = { "operation", { "vm", "op", "duration_ps" } },
	[TRACE_MSI] = { "msi", { "vm", "vcpu", "at_ps" } },
	[TRACE_INTERRUPT] = { "interrupt", { "vm", "vcpu", "messages" } },
	[TRACE_WORK] = { "work", { "vm", "op", "kind", "count", "duration_ps" } },
	[TRACE_HOST_INTERRUPT_BEGIN] = { "host_interrupt_begin", { "at_ps" } },
	[TRACE_HOST_INTERRUPT] = { "host_interrupt", { "at_ps" } },
	[TRACE_WORKLOAD_QUEUE] = { "workload_queue", { "vm", "engine", "descriptor", "flow" } },
	[TRACE_WORKLOAD_TAKE] = { "workload_take", { "vm", "engine", "descriptor", "flow" } },
	[TRACE_WORKLOAD_START] = { "workload_start", { "vm", "engine", "descriptor" } },
	[TRACE_WORKLOAD_DONE] = { "workload_done", { "vm", "engine", "descriptor", "status" } },
	[TRACE_WORKLOAD_DROP] = { "workload_drop", { "vm", "engine", "descriptor", "flow" } },
	[TRACE_VIRTUAL_CSB] = { "virtual_csb", { "vm", "engine", "status", "context_id" } },
	[TRACE_FAILSAFE] = { "failsafe", { "vm", "cause" } },
	[TRACE_PIPE_VBLANK] = { "pipe_vblank", { "vm", "pipe", "frame" } },
	[TRACE_PIPE_FLIP] = { "pipe_flip", { "vm", "pipe", "plane", "surface" } },
	[TRACE_ELSP] = { "elsp", { "engine", "element0", "element1" } },
	[TRACE_ENGINE_ACTIVE] = { "engine_active", { "engine" } },
	[TRACE_CONTEXT_START] = { "context_start", { "engine", "context_id", "element" } },
	[TRACE_LITE_RESTORE] = { "lite_restore", { "engine", "context_id" } },
	[TRACE_CONTEXT_END] = { "context_end", { "engine" } },
	[TRACE_ENGINE_IDLE] = { "engine_idle", { "engine" } },
	[TRACE_CSB] = { "csb", { "engine", "status", "context_id" } },
	[TRACE_ENGINE_HANG] = { "engine_hang", { "engine", "header", "address" } },
	[TRACE_ENGINE_RESET] = { "engine_reset", { "engine" } },
	[TRACE_PIPE_ON] = { "pipe_on", { "pipe", "frame", "period_ps" } },
	[TRACE_PIPE_OFF] = { "pipe_off", { "pipe", "frame" } },
	[TRACE_VBLANK] = { "vblank", { "pipe", "frame", "events" } },
	[TRACE_LATCH] = { "latch", { "pipe", "plane", "surface", "frame" } },
};
// clang-format on

void trace_emit_slow(struct machine *m, enum trace_event event,
		     const uint64_t args[TRACE_ARG_LIMIT])
{
	const struct exec_context *context = m->ex->current;
	struct trace_record record = {
		.event = event,
		.time_ps = context ? exec_now(m->ex) : executor_time_ps(m->ex),
		.context_id = context ? exec_context_id(context) : 0,
		.context_name = context ? exec_context_name(context) : "",
		.party = party_current(m->ex),
	};

	memcpy(record.args, args, sizeof(record.args));
	m->trace.sink->event(m->trace.sink, &record);
}

static void tee_event(struct trace_sink *sink, const struct trace_record *record)
{
	struct trace_tee *tee = container_of(sink, struct trace_tee, sink);

	tee->first->event(tee->first, record);
	tee->second->event(tee->second, record);
}

void trace_tee_init(struct trace_tee *tee, struct trace_sink *first, struct trace_sink *second)
{
	*tee = (struct trace_tee){
		.sink = { .event = tee_event },
		.first = first,
		.second = second,
	};
}
