/* SPDX-License-Identifier: MIT */
/*
 * Test bed: a machine with one VM, its platform, and a device whose registers remember what was
 * done to them. Guest code is a function that runs on a vCPU.
 */
#ifndef PVMMIO_TESTS_MACHINE_VM_BED_H
#define PVMMIO_TESTS_MACHINE_VM_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/machine/machine.h"
#include "sim/machine/platform_impl.h"
#include "sim/machine/vm.h"

#define BED_DEVICE_BASE  (UINT64_C(1) << 32)
#define BED_DEVICE_BYTES (4 * PAGE_SIZE)
#define BED_VCPUS        4

struct vm_bed;

struct bed_device {
	unsigned reads;
	unsigned writes;
	uint64_t offset; /* of the last access */
	unsigned size_bytes;
	uint64_t value; /* of the last write; what reads give */
	int error;      /* what handlers return */
	/* Called by both handlers, for what else they shall do. */
	void (*hook)(struct vm_bed *bed);
};

struct vm_bed {
	struct machine *m;
	struct vm *vm;
	struct platform *plat;
	struct bed_device device;
	struct bus_region region; /* the device, mapped BUS_TRAP at BED_DEVICE_BASE */
	void *extra;              /* the test's own */
};

struct bed_options {
	const struct cost_profile *costs;
	struct trace_sink *trace;
	unsigned vcpu_count; /* 0: 1 */
	bool native;
};

/* Every part of an exit has a price of its own: part p of reason r is told apart from all others.
 */
struct cost_profile bed_costs(void);

void bed_create(struct vm_bed *bed, const struct bed_options *options);
void bed_destroy(struct vm_bed *bed);

/* Run guest(bed) on vCPU 0 until nothing can run any more. */
void bed_run(struct vm_bed *bed, void (*guest)(void *bed));

/* Ledger totals of everything that the VM did in one operation. */
struct ledger_op bed_totals(const struct vm_bed *bed, enum guest_op op);

/* Does fn(bed) stop the program, as a failed assertion does? */
bool bed_stops(struct vm_bed *bed, void (*fn)(struct vm_bed *bed));

extern const struct bus_region_ops bed_device_ops; /* opaque is the struct vm_bed */

#endif
