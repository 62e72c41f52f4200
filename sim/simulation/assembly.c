// SPDX-License-Identifier: MIT
#include "sim/simulation/assembly.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/schema.h"

#define GIB UINT64_C(0x40000000)
#define MIB UINT64_C(0x100000)

/* Physical memory beside what the VMs have: the host's own, sparse. */
#define HOST_MEMORY_BYTES (16 * GIB)

static int __attribute__((format(printf, 3, 4)))
refuse(struct assembly *a, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(a->why, sizeof(a->why), format, args);
	va_end(args);
	return error;
}

/* One GPU: either a single VM has all of it, or the mediator shares it out. */
static int check_modes(struct assembly *a)
{
	const struct sim_config *config = a->config;

	if (config->vm_count == 0)
		return refuse(a, -EINVAL, "there is no VM");
	for (size_t i = 0; i < config->vm_count && config->vm_count > 1; i++) {
		if (config->vms[i].mode == VM_MODE_NATIVE)
			return refuse(a, -EINVAL,
				      "%s is native and so needs the whole GPU, but there are %zu "
				      "VMs",
				      config->vms[i].name, config->vm_count);
	}
	return 0;
}

static int create_machine(struct assembly *a, struct trace_sink *trace)
{
	struct machine_config config = {
		.seed = a->config->seed,
		.memory_bytes = HOST_MEMORY_BYTES,
		.costs = &a->config->costs,
		.trace = trace,
		.cpu_count = a->config->host.cpus,
		.cpu_slice_ps = a->config->host.cpu_slice_ps,
	};
	int ret;

	for (size_t i = 0; i < a->config->vm_count; i++)
		config.memory_bytes += a->config->vms[i].memory_bytes;
	ret = machine_create(&a->m, &config);
	return ret ? refuse(a, ret, "no machine with %llu MiB of memory: %s",
			    (unsigned long long)(config.memory_bytes / MIB), strerror(-ret))
		   : 0;
}

static int create_vm(struct assembly *a, struct assembly_vm *avm)
{
	const struct vm_options options = {
		.name = avm->config->name,
		.memory_bytes = avm->config->memory_bytes,
		.vcpu_count = avm->config->vcpus,
		.virtualized = avm->config->mode == VM_MODE_GVT,
	};
	int ret = vm_create(&avm->vm, a->m, &options);

	if (ret == 0)
		ret = platform_create(&avm->plat, avm->vm);
	return ret ? refuse(a, ret, "%s cannot be created: %s", options.name, strerror(-ret)) : 0;
}

/* The GPU as domain and msi see it, its BAR0 on bus at bar0. */
static int create_gpu(struct assembly *a, struct bus *bus, uint64_t bar0, struct dma_domain dma,
		      struct msi_target msi)
{
	const struct gen9_gpu_config config = {
		.m = a->m,
		.profile = &a->config->hardware,
		.dma = dma,
		.msi = msi,
	};
	int ret = gen9_gpu_create(&a->gpu, &config);

	if (ret)
		return refuse(a, ret, "no GPU: %s", strerror(-ret));
	for (size_t i = 0; i < a->config->vm_count; i++)
		a->vms[i].gpu = a->gpu;
	gen9_gpu_regions(a->gpu, bar0, &a->registers, &a->gtt_window);
	ret = bus_map(bus, &a->registers, BUS_PASSTHROUGH);
	if (ret)
		return refuse(a, ret, "no room for the GPU's registers: %s", strerror(-ret));
	ret = bus_map(bus, &a->gtt_window, BUS_PASSTHROUGH);
	if (ret) {
		bus_unmap(bus, &a->registers);
		return refuse(a, ret, "no room for the GPU's GTT window: %s", strerror(-ret));
	}
	a->gpu_bus = bus;
	return 0;
}

static int create_native(struct assembly *a)
{
	struct vm *vm = a->vms[0].vm;
	int ret =
		create_gpu(a, vm->bus, ASSEMBLY_GUEST_BAR0, vm->dma, vcpu_msi_target(vm->vcpus[0]));

	if (ret == 0)
		gen9_gpu_pci_config(a->gpu, ASSEMBLY_GUEST_BAR0, vm->pci_config,
				    sizeof(vm->pci_config));
	return ret;
}

static int create_vgpu(struct assembly *a, struct assembly_vm *avm)
{
	const struct vm_config *vm = avm->config;
	const struct vgpu_config config = {
		.vm = avm->vm,
		.bar0 = ASSEMBLY_GUEST_BAR0,
		.aperture_bytes = vm->aperture_bytes,
		.hidden_bytes = vm->hidden_bytes,
		.fence_count = vm->fences,
		.weight = vm->weight,
		.pvmmio_allowed = vm->pvmmio_levels,
		.deferred_doorbell = vm->doorbell == VM_DOORBELL_DEFERRED,
		.shadow = vm->shadow == VM_SHADOW_OOS ? VGPU_SHADOW_OOS : VGPU_SHADOW_STRICT,
	};
	int ret = vgpu_create(&avm->vgpu, a->gvt, &config);

	if (ret == -ENOMEM)
		return refuse(a, ret, "no memory for the vGPU of %s", vm->name);
	if (ret)
		return refuse(a, -EINVAL,
			      "the GPU has no room for %s: aperture %lluMiB, hidden %lluMiB, "
			      "%u fences beside those before it",
			      vm->name, (unsigned long long)(vm->aperture_bytes / MIB),
			      (unsigned long long)(vm->hidden_bytes / MIB), vm->fences);
	return 0;
}

static int create_client(struct assembly *a, struct assembly_vm *avm)
{
	int ret = host_client_create(&avm->client, a->gvt, avm->vm->id);

	return ret ? refuse(a, ret, "no memory for %s", avm->config->name) : 0;
}

static int create_mediated(struct assembly *a)
{
	const struct gvt_config config = {
		.m = a->m,
		.gpu_bar0 = ASSEMBLY_HOST_BAR0,
		.pvmmio_offered = schema_levels_implemented(),
		.oos_pool_pages = a->config->oos_pool_pages,
		.hang = {a->config->hang.period_ps, a->config->hang.engine_dead_ps,
                         a->config->hang.request_dead_ps},
		.vblank = a->config->vblank == VBLANK_16MS ? GVT_VBLANK_16MS : GVT_VBLANK_FROM_MODE,
		.symbol_clock_hz = a->config->hardware.value[HW_SYMBOL_CLOCK],
		.sched = {
			.tick_ps = a->config->host.sched_tick_ps,
			.period_ps = a->config->host.sched_period_ps,
			.boost_ps = a->config->host.sched_boost_ps,
		},
	};
	int ret = gvt_create(&a->gvt, &config);

	if (ret)
		return refuse(a, ret, "no mediator: %s", strerror(-ret));
	ret = create_gpu(a, a->m->host_bus, ASSEMBLY_HOST_BAR0,
			 (struct dma_domain){ .pm = a->m->pm }, gvt_msi_target(a->gvt));
	if (ret)
		return ret;
	ret = gvt_start(a->gvt);
	if (ret)
		return refuse(a, ret, "the mediator does not start: %s", strerror(-ret));
	for (size_t i = 0; i < a->config->vm_count && ret == 0; i++)
		ret = a->vms[i].config->mode == VM_MODE_HOST ? create_client(a, &a->vms[i])
							     : create_vgpu(a, &a->vms[i]);
	return ret;
}

int assembly_create(struct assembly *assembly, const struct sim_config *config,
		    struct trace_sink *trace)
{
	int ret;

	*assembly = (struct assembly){ .config = config };
	ret = check_modes(assembly);
	if (ret)
		return ret;
	assembly->vms = calloc(config->vm_count, sizeof(*assembly->vms));
	if (!assembly->vms)
		return refuse(assembly, -ENOMEM, "no memory");
	ret = create_machine(assembly, trace);
	for (size_t i = 0; i < config->vm_count && ret == 0; i++) {
		assembly->vms[i].config = &config->vms[i];
		ret = create_vm(assembly, &assembly->vms[i]);
	}
	if (ret)
		return ret;
	if (config->vms[0].mode == VM_MODE_NATIVE)
		return create_native(assembly);
	return create_mediated(assembly);
}

/* From the guest's side to the hardware's: nobody is left who could call what is gone. */
void assembly_destroy(struct assembly *assembly)
{
	for (size_t i = 0; assembly->vms && i < assembly->config->vm_count; i++) {
		platform_destroy(assembly->vms[i].plat);
		vgpu_destroy(assembly->vms[i].vgpu);
		host_client_destroy(assembly->vms[i].client);
	}
	gvt_destroy(assembly->gvt);
	if (assembly->gpu_bus) {
		bus_unmap(assembly->gpu_bus, &assembly->gtt_window);
		bus_unmap(assembly->gpu_bus, &assembly->registers);
	}
	gen9_gpu_destroy(assembly->gpu);
	machine_destroy(assembly->m);
	free(assembly->vms);
}
