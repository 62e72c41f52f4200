// SPDX-License-Identifier: MIT

#include "sim/machine/trace_layer.h"
#include "sim/machine/container.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"

static void trace_exit(struct bus_layer *layer, struct bus_access *access)
{
	struct machine *m = container_of(layer, struct trace_layer, layer)->m;

	bus_layer_next(layer, access);
	trace_emit(m, TRACE_EXIT, access->vcpu->vm->id, access->reason, access->addr,
		   exec_now(access->ex) - access->start_ps);
}

void trace_layer_init(struct trace_layer *trace, struct machine *m)
{
	*trace = (struct trace_layer){
		.layer = {.name = "trace", .exit = trace_exit},
		.m = m,
	};
}
