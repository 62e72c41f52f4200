/* SPDX-License-Identifier: MIT */
/* The real machine under the driver: the GPU model alone, or behind the mediator. */
#ifndef PVMMIO_TESTS_GUEST_REAL_H
#define PVMMIO_TESTS_GUEST_REAL_H

#include <stdbool.h>
#include <stdint.h>

#include "host/gvt.h"
#include "hw-model/gen9_gpu.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"

struct real_options {
	bool gvt;
	uint32_t levels; /* offered */
	enum vgpu_shadow shadow;
	unsigned vcpu_count;
};

struct real {
	struct machine *m;
	struct vm *vm;
	struct platform *plat;
	struct gen9_gpu *gpu;
	struct gvt *gvt;
	struct vgpu *vgpu;
	struct bus_region regions[2];
	struct bus *gpu_bus;
};

void real_create(struct real *real, const struct real_options *options);
void real_destroy(struct real *real);

#endif
