// SPDX-License-Identifier: MIT
// Trapped accesses of a vCPU with everything on: page attributes, cost parts, the handler with its
// work, the ledger by VM, vCPU, reason, register and operation. Once straight on the bus, once
// through the platform as a driver makes them.

#include <stdlib.h>

#include "sim/machine/machine.h"
#include "sim/machine/platform_impl.h"
#include "sim/machine/vm.h"
#include "tests/bench/bench.h"

#define DEVICE_BASE (UINT64_C(1) << 32)

struct bench_vm {
	struct machine *m;
	struct vm *vm;
	struct platform *plat;
	struct bench_device device;
	struct bus_region region;
	bool through_platform;
	struct exec_waitq command; // the guest waits here for the next run
	const struct bench_stream *stream;
	uint64_t sum;
};

static int device_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	struct bench_vm *b = opaque;

	*value = bench_device_read(&b->device, offset);
	work_spend(b->m, WORK_HANDLER, 1);
	return 0;
}

static int device_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	struct bench_vm *b = opaque;

	bench_device_write(&b->device, offset, (uint32_t)value);
	work_spend(b->m, WORK_HANDLER, 1);
	return 0;
}

static const struct bus_region_ops device_ops = { .read = device_read, .write = device_write };

static uint64_t run_on_bus(struct bus *bus, const struct bench_stream *stream)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < stream->count; i++) {
		const struct bench_access *access = &stream->accesses[i];

		if (access->is_write)
			bus_write(bus, DEVICE_BASE + access->offset, 4, access->value);
		else
			sum = bench_checksum(sum, bus_read(bus, DEVICE_BASE + access->offset, 4));
	}
	return sum;
}

static uint64_t run_on_platform(struct platform *plat, const struct bench_stream *stream)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < stream->count; i++) {
		const struct bench_access *access = &stream->accesses[i];

		if (access->is_write)
			plat_write32(plat, DEVICE_BASE + access->offset, access->value);
		else
			sum = bench_checksum(sum, plat_read32(plat, DEVICE_BASE + access->offset));
	}
	return sum;
}

static void guest(void *arg)
{
	struct bench_vm *b = arg;

	for (;;) {
		exec_wait(b->m->ex, &b->command, EXEC_NEVER);
		b->sum = 0;
		for (uint64_t r = 0; r < b->stream->repeat; r++) {
			plat_op_begin(b->plat, PLAT_OP_SUBMIT);
			b->sum += b->through_platform ? run_on_platform(b->plat, b->stream)
						      : run_on_bus(b->vm->bus, b->stream);
			plat_op_end(b->plat, PLAT_OP_SUBMIT);
		}
	}
}

static void must(int ret)
{
	if (ret)
		abort();
}

static void *create(bool through_platform)
{
	struct bench_vm *b = calloc(1, sizeof(*b));
	struct vm_options options = {
		.name = "bench",
		.memory_bytes = GUEST_RAM_GRANULE,
		.vcpu_count = 1,
		.virtualized = true,
	};
	struct cost_profile costs;

	if (!b)
		abort();
	for (int i = 0; i < COST_PARAM_COUNT; i++)
		costs.value[i] = (uint64_t)(i + 1) * 10 * PS_PER_NS;
	must(machine_create(&b->m, &(struct machine_config){ .seed = 1, .costs = &costs }));
	must(vm_create(&b->vm, b->m, &options));
	must(platform_create(&b->plat, b->vm));
	b->region = (struct bus_region){
		.name = "registers",
		.base = DEVICE_BASE,
		.size_bytes = PAGE_SIZE,
		.ops = &device_ops,
		.opaque = b,
	};
	must(bus_map(b->vm->bus, &b->region, BUS_TRAP));
	b->through_platform = through_platform;
	must(vcpu_start(b->vm, 0, 0, guest, b));
	executor_run(b->m->ex);
	return b;
}

static void *create_on_bus(void)
{
	return create(false);
}

static void *create_on_platform(void)
{
	return create(true);
}

static void destroy(void *self)
{
	struct bench_vm *b = self;

	platform_destroy(b->plat);
	machine_destroy(b->m);
	free(b);
}

static uint64_t exits_booked(const struct bench_vm *b)
{
	struct ledger_op totals;

	ledger_op_totals(b->m->ledger, b->vm->id, GUEST_OP_SUBMIT, &totals);
	return totals.exits.count;
}

static uint64_t run(void *self, const struct bench_stream *stream)
{
	struct bench_vm *b = self;
	uint64_t booked = exits_booked(b);

	b->stream = stream;
	exec_wake_all(b->m->ex, &b->command, executor_time_ps(b->m->ex));
	executor_run(b->m->ex);
	// A number that the ledger does not know of would not be with everything on.
	if (exits_booked(b) - booked != stream->count * stream->repeat)
		abort();
	return b->sum;
}

const struct bench_competitor bench_bus = {
	.name = "trapped, VM bus",
	.create = create_on_bus,
	.destroy = destroy,
	.run = run,
};

const struct bench_competitor bench_platform = {
	.name = "trapped, driver's platform",
	.create = create_on_platform,
	.destroy = destroy,
	.run = run,
};
