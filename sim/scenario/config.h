/* SPDX-License-Identifier: MIT */
/*
 * A checked description of one simulation: what a scenario's variant says, with every default
 * filled in. Plain data; the scenario that it came from owns it.
 */
#ifndef PVMMIO_SIM_SCENARIO_CONFIG_H
#define PVMMIO_SIM_SCENARIO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw-model/gen9_gpu.h"
#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/cost.h"

#define CONFIG_NAME_BYTES    32
#define CONFIG_CONTEXT_LIMIT 32 /* contexts of one VM's workload */

enum vm_mode {
	VM_MODE_NATIVE, /* driver straight on the hardware */
	VM_MODE_GVT,    /* through the mediator */
};

enum step_kind {
	STEP_FILL,      /* blit: fill width x height pixels; destination verified */
	STEP_COPY,      /* blit: copy width x height pixels; destination verified */
	STEP_FAST_COPY, /* the same by XY_FAST_COPY_BLT */
	STEP_STORE,     /* store `count` dwords by MI_STORE_DATA_IMM; verified */
	STEP_DRAW,      /* 3DPRIMITIVE of `duration_ps` */
	STEP_DISPATCH,  /* GPGPU_WALKER of `duration_ps` */
	STEP_TOGETHER,  /* submissions inside go to the ports at once */
	STEP_WAIT,      /* for everything submitted so far, then verify */
	STEP_SLEEP,     /* `duration_ps` */
	STEP_KIND_COUNT,
};

enum misuse_kind {
	MISUSE_NONE,
	MISUSE_BATCH_ADDRESS,
	MISUSE_DESCRIPTOR_INVALID,
	MISUSE_RING_TAIL,
	MISUSE_COUNT,
};

struct step_config {
	enum step_kind kind;
	unsigned line; /* in the scenario file, for messages */
	enum gen9_engine_id engine;
	unsigned context;       /* index into workload_config.contexts */
	uint32_t width, height; /* pixels */
	uint32_t count;
	uint64_t duration_ps;
	enum misuse_kind misuse;
	struct step_config *steps; /* STEP_TOGETHER */
	size_t step_count;
};

struct workload_config {
	uint32_t repeat;
	uint64_t timeout_ps; /* of a wait; what has not completed then counts as lost */
	char contexts[CONFIG_CONTEXT_LIMIT][CONFIG_NAME_BYTES];
	unsigned context_count;
	struct step_config *steps;
	size_t step_count;
};

struct vm_config {
	char name[CONFIG_NAME_BYTES];
	enum vm_mode mode;
	uint64_t memory_bytes;
	uint32_t vcpus;
	uint32_t pvmmio_levels; /* wanted by the guest and allowed by the host */
	uint64_t aperture_bytes;
	uint64_t hidden_bytes;
	uint32_t fences;
	bool skip_pvinfo; /* the guest enables execlists without reading PVINFO */
	struct workload_config workload;
};

struct sim_config {
	uint64_t seed;
	char hardware_name[CONFIG_NAME_BYTES];
	struct hw_profile hardware;
	char costs_name[CONFIG_NAME_BYTES];
	struct cost_profile costs;
	struct vm_config *vms;
	size_t vm_count;
};

#endif
