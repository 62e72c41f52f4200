// SPDX-License-Identifier: MIT

#include "sim/machine/trace.h"
#include "sim/machine/machine.h"

// clang-format off
const struct trace_event_info trace_events[TRACE_EVENT_COUNT] = {
	[TRACE_EXIT] = { "exit", { "vm", "reason", "address", "duration_ps" } },
	[TRACE_OPERATION] = { "operation", { "vm", "op", "duration_ps" } },
	[TRACE_MSI] = { "msi", { "vm", "data" } },
	[TRACE_ELSP] = { "elsp", { "engine", "element0", "element1" } },
	[TRACE_CSB] = { "csb", { "engine", "status", "context_id" } },
	[TRACE_ENGINE_HANG] = { "engine_hang", { "engine", "header", "address" } },
	[TRACE_WORKLOAD_QUEUE] = { "workload_queue", { "vm", "engine", "descriptor" } },
	[TRACE_WORKLOAD_START] = { "workload_start", { "vm", "engine", "descriptor" } },
	[TRACE_WORKLOAD_DONE] = { "workload_done", { "vm", "engine", "descriptor", "status" } },
	[TRACE_VIRTUAL_CSB] = { "virtual_csb", { "vm", "engine", "status", "context_id" } },
	[TRACE_FAILSAFE] = { "failsafe", { "vm", "cause" } },
};
// clang-format on

void trace_emit_slow(struct machine *m, enum trace_event event, const uint64_t args[4])
{
	const struct exec_context *context = m->ex->current;

	if (context)
		m->trace.sink->event(m->trace.sink, event, exec_now(m->ex),
				     exec_context_id(context), exec_context_name(context), args);
	else
		m->trace.sink->event(m->trace.sink, event, executor_time_ps(m->ex), 0, "", args);
}
