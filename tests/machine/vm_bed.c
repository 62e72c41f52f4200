// SPDX-License-Identifier: MIT

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/machine/vm_bed.h"

static int device_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	struct vm_bed *bed = opaque;

	bed->device.reads++;
	bed->device.offset = offset;
	bed->device.size_bytes = size_bytes;
	*value = bed->device.value;
	if (bed->device.hook)
		bed->device.hook(bed);
	return bed->device.error;
}

static int device_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	struct vm_bed *bed = opaque;

	bed->device.writes++;
	bed->device.offset = offset;
	bed->device.size_bytes = size_bytes;
	bed->device.value = value;
	if (bed->device.hook)
		bed->device.hook(bed);
	return bed->device.error;
}

const struct bus_region_ops bed_device_ops = { .read = device_read, .write = device_write };

struct cost_profile bed_costs(void)
{
	struct cost_profile costs;

	for (int i = 0; i < COST_PARAM_COUNT; i++)
		costs.value[i] = 1000 + (uint64_t)i * i * 7;
	costs.value[COST_INTERRUPT_POSTED] = 0;
	return costs;
}

void bed_create(struct vm_bed *bed, const struct bed_options *options)
{
	const struct machine_config config = {
		.seed = 1,
		.memory_bytes = 64 * GUEST_RAM_GRANULE,
		.costs = options->costs,
		.trace = options->trace,
	};
	const struct vm_options vm_options = {
		.name = "bed",
		.memory_bytes = 2 * GUEST_RAM_GRANULE,
		.vcpu_count = options->vcpu_count ? options->vcpu_count : 1,
		.virtualized = !options->native,
	};

	memset(bed, 0, sizeof(*bed));
	assert_int_equal(machine_create(&bed->m, &config), 0);
	assert_int_equal(vm_create(&bed->vm, bed->m, &vm_options), 0);
	assert_int_equal(platform_create(&bed->plat, bed->vm), 0);
	bed->region = (struct bus_region){
		.name = "device",
		.base = BED_DEVICE_BASE,
		.size_bytes = BED_DEVICE_BYTES,
		.ops = &bed_device_ops,
		.opaque = bed,
		.load_latency_ps = 70,
		.store_latency_ps = 30,
	};
	assert_int_equal(bus_map(bed->vm->bus, &bed->region, BUS_TRAP), 0);
}

void bed_destroy(struct vm_bed *bed)
{
	platform_destroy(bed->plat);
	machine_destroy(bed->m);
}

void bed_run(struct vm_bed *bed, void (*guest)(void *bed))
{
	assert_int_equal(vcpu_start(bed->vm, 0, 0, guest, bed), 0);
	assert_int_equal(executor_run(bed->m->ex), 0);
}

struct ledger_op bed_totals(const struct vm_bed *bed, enum guest_op op)
{
	struct ledger_op totals;

	ledger_op_totals(bed->m->ledger, bed->vm->id, op, &totals);
	return totals;
}

bool bed_stops(struct vm_bed *bed, void (*fn)(struct vm_bed *bed))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		fn(bed);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
