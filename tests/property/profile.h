/* SPDX-License-Identifier: MIT */
/*
 * What a property test runs: a machine's shape (profile), and the ways in which its guests' page
 * tables are translated (modes). The same random operations run in every mode.
 */
#ifndef PVMMIO_TESTS_PROPERTY_PROFILE_H
#define PVMMIO_TESTS_PROPERTY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/scenario/config.h"

#define VM_LIMIT    2u
#define ACTOR_LIMIT 2u

struct profile {
	const char *name; /* as on the command line */
	unsigned vms;
	unsigned vcpus; /* each of them runs operations of its own */
	enum vm_ppgtt ppgtt;
	bool huge_pages;
	/* Nothing is ever short: what the driver answers depends on the operations only. */
	bool is_ample;
	bool squeezes;         /* now and then the guest has hardly a page left */
	unsigned flight_limit; /* requests on their way at a time */
	uint64_t memory_mib;
	uint64_t aperture_pages;
	uint64_t hidden_pages;
	uint64_t host_spare_pages; /* left for the mediator's tables; 0: plenty */
	unsigned ops;              /* of each vCPU */
	unsigned seeds;            /* in an ordinary run */
};

extern const struct profile profiles[];
extern const size_t profile_count;

struct mode_vm {
	enum vm_shadow shadow;
	uint32_t levels; /* pvmmio */
};

struct mode {
	const char *name; /* as on the command line */
	bool is_native;
	bool no_huge_pages; /* the reference for guests that give them up: level ppgtt_update */
	uint32_t oos_pool_pages;
	struct mode_vm vm[VM_LIMIT];
};

extern const struct mode modes[];
extern const size_t mode_count;

/* Is there any difference to other modes? */
bool mode_applies(const struct mode *mode, const struct profile *profile);

/* Does the VM's driver use large pages? */
bool mode_uses_huge_pages(const struct mode *mode, const struct profile *profile, unsigned vm);

/* The levels that its driver gets. */
uint32_t mode_levels(const struct mode *mode, const struct profile *profile, unsigned vm);

#endif
