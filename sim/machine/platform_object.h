/* SPDX-License-Identifier: MIT */
/* The platform's own state, for its source files. */
#ifndef PVMMIO_SIM_MACHINE_PLATFORM_OBJECT_H
#define PVMMIO_SIM_MACHINE_PLATFORM_OBJECT_H

#include "sim/machine/bus_impl.h"
#include "sim/machine/page_pool.h"
#include "sim/machine/platform_impl.h"

struct platform {
	struct vm *vm;
	struct executor *ex; /* the VM's */
	struct bus *bus;
	uint8_t *ram; /* guest view */
	uint64_t ram_bytes;
	struct page_pool pages;
	struct exec_waitq lock_waiters; /* of every plat_lock; all of them look again */
	uint64_t log_count;
	const char *last_log;
	uint64_t last_log_value;
};

/* The vCPU that calls. */
static inline struct vcpu *platform_vcpu(const struct platform *plat)
{
	return bus_current_vcpu(plat->bus);
}

/* Nanoseconds of the guest's in picoseconds; what is too long is never. */
static inline uint64_t platform_ps(uint64_t ns)
{
	return ns < EXEC_NEVER / PS_PER_NS ? ns * PS_PER_NS : EXEC_NEVER;
}

#endif
