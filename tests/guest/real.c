// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/machine/platform_impl.h"
#include "tests/guest/real.h"

#define HOST_BAR0  UINT64_C(0x2000000000)
#define GUEST_BAR0 UINT64_C(0x100000000)
#define MIB        UINT64_C(0x100000)

static void create_gpu(struct real *real, struct bus *bus, uint64_t bar0, struct dma_domain dma,
		       struct msi_target msi)
{
	struct hw_profile profile;
	const struct gen9_gpu_config config = {
		.m = real->m, .profile = &profile, .dma = dma, .msi = msi
	};

	for (unsigned i = 0; i < HW_PARAM_COUNT; i++)
		profile.value[i] = 40 * PS_PER_NS + i;
	profile.value[HW_SYMBOL_CLOCK] = 270000000;
	assert_int_equal(gen9_gpu_create(&real->gpu, &config), 0);
	gen9_gpu_regions(real->gpu, bar0, &real->regions[0], &real->regions[1]);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(bus_map(bus, &real->regions[i], BUS_PASSTHROUGH), 0);
	real->gpu_bus = bus;
}

static void create_vgpu(struct real *real, const struct real_options *options)
{
	const struct gvt_config gvt = {
		.m = real->m,
		.gpu_bar0 = HOST_BAR0,
		.pvmmio_offered = options->levels,
	};
	const struct vgpu_config vgpu = {
		.vm = real->vm,
		.bar0 = GUEST_BAR0,
		.aperture_bytes = 64 * MIB,
		.hidden_bytes = 384 * MIB,
		.fence_count = 4,
		.pvmmio_allowed = options->levels,
		.shadow = options->shadow,
	};

	assert_int_equal(gvt_create(&real->gvt, &gvt), 0);
	create_gpu(real, real->m->host_bus, HOST_BAR0, (struct dma_domain){ .pm = real->m->pm },
		   gvt_msi_target(real->gvt));
	assert_int_equal(gvt_start(real->gvt), 0);
	assert_int_equal(vgpu_create(&real->vgpu, real->gvt, &vgpu), 0);
}

void real_create(struct real *real, const struct real_options *options)
{
	const struct vm_options vm = { .name = "real",
				       .memory_bytes = 64 * MIB,
				       .vcpu_count = options->vcpu_count,
				       .virtualized = options->gvt };
	struct cost_profile costs = { 0 };
	const struct machine_config config = { .seed = 1, .costs = &costs };

	*real = (struct real){ 0 };
	for (unsigned i = 0; i < COST_PARAM_COUNT; i++)
		costs.value[i] = 70 * PS_PER_NS + i;
	costs.value[COST_INTERRUPT_POSTED] = 0;
	assert_int_equal(machine_create(&real->m, &config), 0);
	assert_int_equal(vm_create(&real->vm, real->m, &vm), 0);
	assert_int_equal(platform_create(&real->plat, real->vm), 0);
	if (options->gvt) {
		create_vgpu(real, options);
		return;
	}
	create_gpu(real, real->vm->bus, GUEST_BAR0, real->vm->dma,
		   vcpu_msi_target(real->vm->vcpus[0]));
	gen9_gpu_pci_config(real->gpu, GUEST_BAR0, real->vm->pci_config,
			    sizeof(real->vm->pci_config));
}

void real_destroy(struct real *real)
{
	platform_destroy(real->plat);
	if (real->vgpu)
		vgpu_destroy(real->vgpu);
	if (real->gvt)
		gvt_destroy(real->gvt);
	for (unsigned i = 0; i < 2; i++)
		bus_unmap(real->gpu_bus, &real->regions[i]);
	gen9_gpu_destroy(real->gpu);
	machine_destroy(real->m);
}
