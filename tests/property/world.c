// SPDX-License-Identifier: MIT
#include "tests/property/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/check.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"

#define MIB           UINT64_C(0x100000)
#define FENCES        4u
#define COST_LIMIT_PS UINT64_C(400000)
#define HW_LIMIT_PS   UINT64_C(300000)
#define POLL_NS       UINT64_C(500)

static void __attribute__((noreturn, format(printf, 2, 3)))
world_fail(const struct world *world, const char *format, ...)
{
	const struct world_options *options = world->options;
	va_list args;

	fprintf(stderr, "FAILED: %s seed %llu %s: ", options->profile->name,
		(unsigned long long)options->seed, options->mode->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_Exit(EXIT_FAILURE);
}

/* ---- configuration ---- */

/* Prices decide who meets whom: they are the seed's, and the same in all modes. */
static void draw_prices(struct sim_config *config, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, ~seed);
	for (unsigned i = 0; i < COST_PARAM_COUNT; i++) {
		uint64_t limit = cost_params[i].unit == COST_UNIT_BOOL ? 2 : COST_LIMIT_PS;

		config->costs.value[i] = rng_below(&rng, limit);
	}
	for (unsigned i = 0; i < HW_PARAM_COUNT; i++)
		config->hardware.value[i] = rng_below(&rng, HW_LIMIT_PS);
}

static void configure(struct world *world)
{
	const struct world_options *options = world->options;
	const struct profile *profile = options->profile;

	world->config = (struct sim_config){
		.seed = options->seed,
		.oos_pool_pages = options->mode->oos_pool_pages,
		.vms = world->vm_configs,
		.vm_count = options->vm_count,
	};
	draw_prices(&world->config, options->seed);
	for (unsigned i = 0; i < options->vm_count; i++) {
		unsigned index = options->first_vm + i;
		struct vm_config *vm = &world->vm_configs[i];

		*vm = (struct vm_config){
			.mode = options->mode->is_native ? VM_MODE_NATIVE : VM_MODE_GVT,
			.memory_bytes = profile->memory_mib * MIB,
			.vcpus = profile->vcpus,
			.pvmmio_levels = options->mode->vm[index].levels,
			.aperture_bytes = profile->aperture_pages * PAGE_SIZE,
			.hidden_bytes = profile->hidden_pages * PAGE_SIZE,
			.fences = FENCES,
			.shadow = options->mode->vm[index].shadow,
			.ppgtt = profile->ppgtt,
			.huge_pages = profile->huge_pages && !options->mode->no_huge_pages,
		};
		snprintf(vm->name, sizeof(vm->name), "vm%u", index);
		world->vms[i].world = world;
		world->vms[i].index = index;
		world->vms[i].avm = NULL;
	}
}

/* Take what the profile does not leave to the mediator. */
static void take_ballast(struct world *world)
{
	struct physmem *pm = world->assembly.m->pm;
	uint64_t spare = world->options->profile->host_spare_pages;
	uint64_t free_pages = physmem_size_bytes(pm) >> PAGE_SHIFT;

	if (!spare || !world->assembly.gvt)
		return;
	while (physmem_alloc_pages(pm, free_pages, &world->ballast_mfn))
		free_pages -= 64;
	physmem_free_pages(pm, world->ballast_mfn, free_pages);
	world->ballast_pages = free_pages - spare;
	if (physmem_alloc_pages(pm, world->ballast_pages, &world->ballast_mfn))
		world_fail(world, "no ballast");
}

/* ---- running ---- */

static void run_actor(void *arg)
{
	struct actor *actor = arg;
	struct platform *plat = actor->vm->avm->plat;

	plat_irq_restore(plat, true);
	while (!actor->vm->ready)
		plat_delay_ns(plat, POLL_NS);
	actor_run(actor);
}

static void create_driver(struct vm_run *vm)
{
	const struct world_options *options = vm->world->options;
	const struct profile *profile = options->profile;
	const struct i915_params params = {
		.pvmmio_levels = options->mode->vm[vm->index].levels,
		.ppgtt = profile->ppgtt == VM_PPGTT_48BIT   ? I915_PPGTT_48BIT
			 : profile->ppgtt == VM_PPGTT_32BIT ? I915_PPGTT_32BIT
							    : I915_PPGTT_NONE,
		.huge_pages = profile->huge_pages && !options->mode->no_huge_pages,
	};
	struct i915_stats stats;
	int err = i915_create(&vm->i915, vm->avm->plat, &params);

	if (err)
		world_fail(vm->world, "VM %u: the driver does not start: %d", vm->index, err);
	i915_get_stats(vm->i915, &stats);
	if (stats.pvmmio_levels != mode_levels(options->mode, profile, vm->index))
		world_fail(vm->world, "VM %u: negotiated levels %#x", vm->index,
			   stats.pvmmio_levels);
}

static void destroy_driver(struct vm_run *vm)
{
	struct i915_stats stats;

	if (i915_wait_idle(vm->i915, PLAT_NEVER))
		world_fail(vm->world, "VM %u: the GPU does not become idle", vm->index);
	i915_get_stats(vm->i915, &stats);
	if (stats.csb_errors || stats.requests_completed != stats.requests_added)
		world_fail(vm->world, "VM %u: %llu wrong status events, %llu of %llu requests",
			   vm->index, (unsigned long long)stats.csb_errors,
			   (unsigned long long)stats.requests_completed,
			   (unsigned long long)stats.requests_added);
	i915_destroy(vm->i915);
	if (platform_pages_in_use(vm->avm->plat))
		world_fail(vm->world, "VM %u: the driver keeps %llu pages", vm->index,
			   (unsigned long long)platform_pages_in_use(vm->avm->plat));
}

/* On vCPU 0: the driver's life, and the first actor. */
static void run_vm(void *arg)
{
	struct vm_run *vm = arg;
	struct platform *plat = vm->avm->plat;

	plat_irq_restore(plat, true);
	create_driver(vm);
	vm->ready = 1;
	actor_run(&vm->actors[0]);
	for (unsigned i = 1; i < vm->world->options->profile->vcpus; i++)
		while (!vm->actors[i].ended)
			plat_delay_ns(plat, POLL_NS);
	destroy_driver(vm);
	vm->ready = 0;
}

static void start(struct world *world)
{
	const struct profile *profile = world->options->profile;

	for (unsigned i = 0; i < world->options->vm_count; i++) {
		struct vm_run *vm = &world->vms[i];

		vm->avm = &world->assembly.vms[i];
		vm->ready = 0;
		for (unsigned vcpu = 0; vcpu < profile->vcpus; vcpu++) {
			actor_init(&vm->actors[vcpu], vm, vcpu);
			if (vcpu_start(vm->avm->vm, vcpu, 0, vcpu ? run_actor : run_vm,
				       vcpu ? (void *)&vm->actors[vcpu] : vm))
				world_fail(world, "a vCPU does not start");
		}
	}
}

/* ---- afterwards ---- */

static void check_gpu(const struct world *world)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct gen9_engine_stats stats;

		gen9_gpu_engine_stats(world->assembly.gpu, id, &stats);
		if (stats.hangs || stats.elsp_overruns)
			world_fail(world, "%s: %llu hangs, %llu overruns", gen9_engines[id].name,
				   (unsigned long long)stats.hangs,
				   (unsigned long long)stats.elsp_overruns);
	}
}

/* A guest that does nothing wrong is accused of nothing. */
static void check_incidents(const struct world *world, const struct vm_run *vm)
{
	const struct incident_list *incidents = &vm->avm->vm->incidents;
	uint64_t lost = bus_unclaimed_count(vm->avm->vm->bus);

	if (incidents->count)
		world_fail(world, "VM %u: incident %s, value %#llx", vm->index,
			   incidents->items[0].name,
			   (unsigned long long)incidents->items[0].first_value);
	if (lost)
		world_fail(world, "VM %u: %llu accesses met nothing", vm->index,
			   (unsigned long long)lost);
}

static uint64_t protect_exits(const struct world *world, const struct vm_run *vm, uint32_t op_mask)
{
	struct ledger_sum sums[EXIT_REASON_COUNT];

	ledger_exits_by_reason(world->assembly.m->ledger, vm->avm->vm->id, op_mask, sums);
	return sums[EXIT_WRITE_PROTECT].count;
}

static uint64_t check_exits(const struct world *world, const struct vm_run *vm)
{
	const uint32_t table_ops = 1u << GUEST_OP_PPGTT_ALLOC | 1u << GUEST_OP_PPGTT_INSERT |
				   1u << GUEST_OP_PPGTT_CLEAR;
	const uint32_t all_ops = (1u << GUEST_OP_COUNT) - 1;
	uint64_t count = protect_exits(world, vm, all_ops);
	uint64_t elsewhere = protect_exits(world, vm, all_ops & ~table_ops);
	struct vgpu_stats stats = { 0 };

	if (vm->avm->vgpu)
		vgpu_get_stats(vm->avm->vgpu, &stats);
	if (elsewhere)
		world_fail(world, "VM %u: %llu stores to tables outside of their updates",
			   vm->index, (unsigned long long)elsewhere);
	if (count && (!vm->avm->vgpu || stats.pvmmio_levels & PVMMIO_PPGTT_UPDATE))
		world_fail(world, "VM %u: %llu stores to tables exited", vm->index,
			   (unsigned long long)count);
	if (stats.failsafe || stats.workloads_failed)
		world_fail(world, "VM %u: %llu workloads failed", vm->index,
			   (unsigned long long)stats.workloads_failed);
	return count;
}

/* What entries of the GGTT keep: the driver leaves them as they are when it has PPGTTs. */
static uint64_t pages_of_ggtt(const struct vgpu *vgpu)
{
	uint64_t pages = guest_ram_size_bytes(vgpu->vm->ram) >> PAGE_SHIFT;
	uint64_t entries = (vgpu->ggtt.low.bytes + vgpu->ggtt.high.bytes) >> PAGE_SHIFT;
	uint8_t *is_mapped = calloc(pages, 1);
	uint64_t count = 0;

	for (uint64_t i = 0; is_mapped && i < entries; i++) {
		uint32_t mapped = vgpu->ggtt.mapped[i];

		count += mapped && !is_mapped[mapped - 1];
		if (mapped)
			is_mapped[mapped - 1] = 1;
	}
	free(is_mapped);
	return count;
}

/* The driver is gone, and so is all that the mediator kept for its address spaces. */
static void check_vgpu_is_empty(const struct world *world, const struct vm_run *vm)
{
	const struct vgpu *vgpu = vm->avm->vgpu;

	if (vgpu->spaces || vgpu->space_count)
		world_fail(world, "VM %u: %u address spaces are left", vm->index,
			   vgpu->space_count);
	if (vgpu->shadow.count || vgpu->track.count || vgpu->pv_tables)
		world_fail(world, "VM %u: %llu shadow, %llu tracked, %llu pv tables are left",
			   vm->index, (unsigned long long)vgpu->shadow.count,
			   (unsigned long long)vgpu->track.count,
			   (unsigned long long)vgpu->pv_tables);
	if (dma_pinned_pages(vgpu) != pages_of_ggtt(vgpu))
		world_fail(world, "VM %u: %llu pages are pinned, the GGTT leads to %llu", vm->index,
			   (unsigned long long)dma_pinned_pages(vgpu),
			   (unsigned long long)pages_of_ggtt(vgpu));
}

static void check_mediator(struct world *world)
{
	struct assembly *assembly = &world->assembly;
	char why[256];

	if (gvt_check(assembly->gvt, why, sizeof(why)))
		world_fail(world, "at the end: %s", why);
	for (unsigned i = 0; i < world->options->vm_count; i++) {
		check_vgpu_is_empty(world, &world->vms[i]);
		vgpu_destroy(assembly->vms[i].vgpu);
		assembly->vms[i].vgpu = NULL;
	}
	gvt_destroy(assembly->gvt);
	assembly->gvt = NULL;
	if (world->ballast_pages)
		physmem_free_pages(assembly->m->pm, world->ballast_mfn, world->ballast_pages);
	if (physmem_host_pages(assembly->m->pm))
		world_fail(world, "%llu pages of the host are left",
			   (unsigned long long)physmem_host_pages(assembly->m->pm));
}

static void take_outcome(const struct world *world, struct vm_run *vm, struct vm_outcome *outcome)
{
	const uint32_t insert_ops = 1u << GUEST_OP_PPGTT_ALLOC | 1u << GUEST_OP_PPGTT_INSERT;
	const unsigned vcpus = world->options->profile->vcpus;
	struct vgpu_stats stats = { 0 };

	*outcome = (struct vm_outcome){
		.protect_exits = check_exits(world, vm),
		.insert_exits = protect_exits(world, vm, insert_ops),
	};
	if (vm->avm->vgpu)
		vgpu_get_stats(vm->avm->vgpu, &stats);
	outcome->reclaimed = stats.ppgtt_reclaimed;
	if (world->options->log && vm->avm->vgpu)
		fprintf(stderr, "VM %u: %llu stores to tables exited, %llu spaces reclaimed\n",
			vm->index, (unsigned long long)outcome->protect_exits,
			(unsigned long long)outcome->reclaimed);
	for (unsigned i = 0; i < vcpus; i++) {
		struct actor *actor = &vm->actors[i];

		memcpy(outcome->digests[i], actor->digests, sizeof(actor->digests));
		outcome->digest_count[i] = actor->digest_count;
		actor_fini(actor);
	}
}

void world_run(const struct world_options *options, struct vm_outcome outcomes[VM_LIMIT])
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		abort();
	world->options = options;
	configure(world);
	if (assembly_create(&world->assembly, &world->config, NULL))
		world_fail(world, "%s", world->assembly.why);
	take_ballast(world);
	start(world);
	executor_run(world->assembly.m->ex);
	for (unsigned i = 0; i < options->vm_count; i++) {
		struct vm_run *vm = &world->vms[i];

		for (unsigned vcpu = 0; vcpu < options->profile->vcpus; vcpu++)
			if (!vm->actors[vcpu].ended)
				actor_fail(&vm->actors[vcpu], "it never ends");
		check_incidents(world, vm);
		take_outcome(world, vm, &outcomes[vm->index]);
	}
	check_gpu(world);
	if (world->assembly.gvt)
		check_mediator(world);
	assembly_destroy(&world->assembly);
	free(world);
}
