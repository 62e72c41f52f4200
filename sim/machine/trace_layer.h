/* SPDX-License-Identifier: MIT */
/* The wrapper around a VM's exits that emits TRACE_EXIT when one is over. */
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
