// SPDX-License-Identifier: MIT

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/machine/container.h"
#include "sim/machine/trace_layer.h"
#include "sim/machine/vm_impl.h"

// A VM with what nobody else needs to see of it.
struct vm_object {
	struct vm vm;
	struct bus_region ram_region;
	struct trace_layer trace;
};

static int map_ram(struct vm_object *object, const struct vm_options *options)
{
	struct vm *vm = &object->vm;
	int ret;

	ret = guest_ram_create(&vm->ram, vm->m->pm, PHYSMEM_OWNER_VM0 + vm->id,
			       options->memory_bytes, &vm->m->rng);
	if (ret)
		return ret;
	vm->dma = (struct dma_domain){ .pm = vm->m->pm, .ram = vm->ram };
	ret = bus_create(&vm->bus, vm->m->ex, vm->ram);
	if (ret)
		return ret;
	object->ram_region = (struct bus_region){
		.name = "RAM",
		.size_bytes = options->memory_bytes,
		.one_ledger_key = true,
	};
	return bus_map(vm->bus, &object->ram_region, BUS_RAM);
}

static void add_layers(struct vm_object *object)
{
	struct vm *vm = &object->vm;
	struct exit_price prices[EXIT_REASON_COUNT];

	cost_exit_prices(&vm->m->costs, prices);
	bus_set_prices(vm->bus, prices);
	bus_set_book(vm->bus, ledger_book(vm->m->ledger));
	if (vm->m->trace.sink) {
		trace_layer_init(&object->trace, vm->m);
		bus_push_layer(vm->bus, &object->trace.layer);
	}
}

int vm_create(struct vm **out, struct machine *m, const struct vm_options *options)
{
	struct vm_object *object;
	struct vm *vm;
	int ret;

	if (options->vcpu_count < 1 || options->vcpu_count > VM_VCPU_LIMIT)
		return -EINVAL;
	if (!options->memory_bytes || options->memory_bytes % GUEST_RAM_GRANULE)
		return -EINVAL;
	if (m->vm_count == MACHINE_VM_LIMIT)
		return -ENOSPC;
	object = calloc(1, sizeof(*object));
	if (!object)
		return -ENOMEM;
	vm = &object->vm;
	vm->m = m;
	vm->id = m->vm_count;
	vm->virtualized = options->virtualized;
	snprintf(vm->name, sizeof(vm->name), "%s", options->name);
	ret = map_ram(object, options);
	if (ret)
		goto fail;
	add_layers(object);
	for (; vm->vcpu_count < options->vcpu_count; vm->vcpu_count++) {
		ret = vcpu_create(&vm->vcpus[vm->vcpu_count], vm, vm->vcpu_count);
		if (ret)
			goto fail;
	}
	m->vms[m->vm_count++] = vm;
	*out = vm;
	return 0;
fail:
	vm_destroy(vm);
	return ret;
}

void vm_destroy(struct vm *vm)
{
	if (!vm)
		return;
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		vcpu_destroy(vm->vcpus[i]);
	bus_destroy(vm->bus);
	guest_ram_destroy(vm->ram);
	free(container_of(vm, struct vm_object, vm));
}
