/* SPDX-License-Identifier: MIT */
/* The bus layer that emits TRACE_EXIT when an exit is over. It goes outside of the cost layer. */
#ifndef PVMMIO_SIM_MACHINE_TRACE_LAYER_H
#define PVMMIO_SIM_MACHINE_TRACE_LAYER_H

#include "sim/machine/bus.h"

struct machine;

struct trace_layer {
	struct bus_layer layer;
	struct machine *m;
};

void trace_layer_init(struct trace_layer *trace, struct machine *m);

#endif
