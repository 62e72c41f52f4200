/* SPDX-License-Identifier: MIT */
/*
 * A world: one profile's machine in one mode, with its VMs and the actors in them, from power-on to
 * the last page given back.
 */
#ifndef PVMMIO_TESTS_PROPERTY_WORLD_H
#define PVMMIO_TESTS_PROPERTY_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/simulation/assembly.h"
#include "tests/property/actor.h"
#include "tests/property/profile.h"

struct world_options {
	const struct profile *profile;
	const struct mode *mode;
	uint64_t seed;
	unsigned first_vm; /* a native machine has one VM only: which */
	unsigned vm_count;
	unsigned op_count;
	bool log;
};

struct vm_run {
	struct world *world;
	unsigned index; /* in the profile */
	struct assembly_vm *avm;
	struct i915 *i915;
	struct actor actors[ACTOR_LIMIT];
	unsigned ready; /* 1: the driver is there */
};

/* What is compared between modes. */
struct vm_outcome {
	uint64_t digests[ACTOR_LIMIT][DIGEST_LIMIT];
	unsigned digest_count[ACTOR_LIMIT];
	uint64_t protect_exits; /* stores to page tables that exited */
	uint64_t insert_exits;  /* those of allocating and inserting among them */
	uint64_t reclaimed;     /* address spaces taken down by the host */
};

struct world {
	const struct world_options *options;
	struct sim_config config;
	struct vm_config vm_configs[VM_LIMIT];
	struct assembly assembly;
	struct vm_run vms[VM_LIMIT];
	uint64_t ballast_mfn;
	uint64_t ballast_pages;
};

/* Ends the process with a message when a check fails. outcomes: by VM of the profile. */
void world_run(const struct world_options *options, struct vm_outcome outcomes[VM_LIMIT]);

static inline bool vm_is_native(const struct vm_run *vm)
{
	return vm->world->options->mode->is_native;
}

#endif
