/* SPDX-License-Identifier: MIT */
/*
 * Assembly: the machine of one configuration, put together and not yet running. Internal to
 * sim/simulation.
 *
 * Two shapes:
 *
 *   gvt      guest -- VM's bus -- vGPU (traps) -- mediator -- host's bus -- GPU -- host's memory
 *   native   guest -- VM's bus -- GPU -- VM's memory
 */
#ifndef PVMMIO_SIM_SIMULATION_ASSEMBLY_H
#define PVMMIO_SIM_SIMULATION_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/gvt.h"
#include "host/host_client.h"
#include "hw-model/gen9_gpu.h"
#include "sim/machine/machine.h"
#include "sim/machine/platform_impl.h"
#include "sim/machine/vm.h"
#include "sim/scenario/config.h"
#include "sim/simulation/simulation.h"

/*
 * Where BAR0 is: on a VM's bus above all the RAM that a VM can have, on the host's bus above all of
 * physical memory. Both need the upper half of the 64-bit BAR.
 */
#define ASSEMBLY_GUEST_BAR0 (UINT64_C(1) << 36)
#define ASSEMBLY_HOST_BAR0  (UINT64_C(1) << 38)

/* One VM with what is behind its bus and what runs in it. */
struct assembly_vm {
	const struct vm_config *config;
	struct vm *vm; /* the machine's */
	struct platform *plat;
	struct vgpu *vgpu;          /* NULL in a native VM */
	struct host_client *client; /* NULL in a VM */
	struct gen9_gpu *gpu;
};

struct assembly {
	const struct sim_config *config;
	struct machine *m;
	struct gen9_gpu *gpu;
	struct bus *gpu_bus; /* where the regions are mapped; NULL while they are not */
	struct bus_region registers;
	struct bus_region gtt_window;
	struct gvt *gvt;         /* NULL in the native shape */
	struct assembly_vm *vms; /* config->vm_count */
	char why[SIMULATION_WHY_BYTES];
};

/*
 * Put config's machine together. 0, -EINVAL, -ENOMEM with a sentence in assembly->why. Whatever it
 * returns, the caller ends with assembly_destroy().
 */
int assembly_create(struct assembly *assembly, const struct sim_config *config,
		    struct trace_sink *trace);
void assembly_destroy(struct assembly *assembly);

#endif
