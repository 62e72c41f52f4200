/* SPDX-License-Identifier: MIT */
/* The wrapper around a VM's exits that emits TRACE_EXIT_BEGIN and TRACE_EXIT. */
#ifndef PVMMIO_SIM_MACHINE_TRACE_LAYER_H
#define PVMMIO_SIM_MACHINE_TRACE_LAYER_H

#include "sim/machine/bus.h"

struct machine;

struct trace_layer {
	struct bus_layer layer;
	struct machine *m;
};

/* Push it last: what is outside of it is in no TRACE_EXIT's duration. */
void trace_layer_init(struct trace_layer *trace, struct machine *m);

#endif
