// SPDX-License-Identifier: MIT
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "rig.h"

#include <string.h>

#define FIRST_GPA UINT64_C(0x100000)

static const struct hw_profile hardware = {
	.value = {
		[HW_MMIO_READ] = 100 * PS_PER_NS,
		[HW_MMIO_WRITE] = 50 * PS_PER_NS,
		[HW_ELSP_LATENCY] = 200 * PS_PER_NS,
		[HW_CONTEXT_LOAD] = 300 * PS_PER_NS,
		[HW_CONTEXT_SAVE] = 300 * PS_PER_NS,
		[HW_CONTEXT_PAGE] = 10 * PS_PER_NS,
		[HW_LITE_RESTORE] = 100 * PS_PER_NS,
		[HW_COMMAND] = 20 * PS_PER_NS,
		[HW_MEMORY_WRITE] = 50 * PS_PER_NS,
		[HW_INTERRUPT_LATENCY] = 500 * PS_PER_NS,
		[HW_BLT_SETUP] = 100 * PS_PER_NS,
		[HW_BLT_PS_PER_KIB] = 50 * PS_PER_NS,
		[HW_3DPRIMITIVE_VERTEX] = PS_PER_NS,
		[HW_GPGPU_GROUP] = PS_PER_NS,
		[HW_BITSTREAM_BYTE] = 3000,
		[HW_VEBOX_COLUMN] = 90000,
	},
};

static void guest_main(void *arg)
{
	struct rig_guest *guest = arg;

	for (;;) {
		while (!guest->program)
			exec_wait(guest->rig->m->ex, &guest->waiting, EXEC_NEVER);
		guest->program(guest, guest->arg);
		guest->program = NULL;
		if (guest->rig->gvt->display.first)
			executor_stop(guest->rig->m->ex);
	}
}

static void count_interrupt(void *opaque)
{
	struct rig_guest *guest = opaque;

	guest->interrupts++;
}

static void create_guest(struct rig *rig, const struct rig_options *rig_options, unsigned index)
{
	struct rig_guest *guest = &rig->guests[index];
	const char name[] = { 'v', 'm', (char)('0' + index), '\0' };
	const struct vm_options options = {
		.name = name,
		.memory_bytes = rig_options->guest_memory_bytes ? rig_options->guest_memory_bytes
								: RIG_MEMORY_BYTES,
		.vcpu_count = 2,
		.virtualized = true,
	};
	const struct vgpu_config config = {
		.bar0 = RIG_GUEST_BAR0,
		.aperture_bytes = rig_options->aperture_bytes ? rig_options->aperture_bytes
							      : RIG_APERTURE_BYTES,
		.hidden_bytes = rig_options->hidden_bytes ? rig_options->hidden_bytes
							  : RIG_HIDDEN_BYTES,
		.fence_count = rig_options->aperture_bytes ? rig_options->fence_count : RIG_FENCES,
		.pvmmio_allowed = PVMMIO_ALL | PVMMIO_PV_SUBMISSION,
		.deferred_doorbell = rig_options->deferred_doorbell,
		.shadow = rig_options->shadow,
		.weight = rig_options->weights[index],
	};
	struct vgpu_config with_vm = config;

	guest->rig = rig;
	assert_int_equal(vm_create(&guest->vm, rig->m, &options), 0);
	guest->vm->irq_handler = count_interrupt;
	guest->vm->irq_opaque = guest;
	with_vm.vm = guest->vm;
	assert_int_equal(vgpu_create(&guest->vgpu, rig->gvt, &with_vm), 0);
	guest->next_gpa = FIRST_GPA;
	guest->next_gma = guest->vgpu->ggtt.high.base;
	assert_int_equal(vcpu_start(guest->vm, 0, 0, guest_main, guest), 0);
}

void rig_create(struct rig *rig, const struct rig_options *options)
{
	const struct machine_config machine = {
		.seed = 1,
		.memory_bytes = 1024 * MIB + 2 * options->guest_memory_bytes,
		.costs = options->costs,
		.trace = options->trace,
	};
	struct gvt_config gvt = { .gpu_bar0 = RIG_HOST_BAR0,
				  .pvmmio_offered = options->pvmmio_offered,
				  .oos_pool_pages = options->oos_pool_pages,
				  .sched = options->sched,
				  .vblank = options->vblank };
	struct hw_profile profile = hardware;
	struct gen9_gpu_config gpu = { .profile = &profile };

	memset(rig, 0, sizeof(*rig));
	if (options->vertex_ps)
		profile.value[HW_3DPRIMITIVE_VERTEX] = options->vertex_ps;
	assert_int_equal(machine_create(&rig->m, &machine), 0);
	rig->host_pages = physmem_host_pages(rig->m->pm);
	gvt.m = rig->m;
	assert_int_equal(gvt_create(&rig->gvt, &gvt), 0);
	gpu.m = rig->m;
	gpu.dma.pm = rig->m->pm;
	gpu.msi = gvt_msi_target(rig->gvt);
	assert_int_equal(gen9_gpu_create(&rig->gpu, &gpu), 0);
	gen9_gpu_regions(rig->gpu, RIG_HOST_BAR0, &rig->registers, &rig->gtt_window);
	assert_int_equal(bus_map(rig->m->host_bus, &rig->registers, BUS_PASSTHROUGH), 0);
	assert_int_equal(bus_map(rig->m->host_bus, &rig->gtt_window, BUS_PASSTHROUGH), 0);
	assert_int_equal(gvt_start(rig->gvt), 0);
	rig->guest_count = options->vm_count ? options->vm_count : 1;
	for (unsigned i = 0; i < rig->guest_count; i++)
		create_guest(rig, options, i);
	rig_settle(rig);
}

void rig_destroy(struct rig *rig)
{
	for (unsigned i = 0; i < rig->guest_count; i++)
		vgpu_destroy(rig->guests[i].vgpu);
	gvt_destroy(rig->gvt);
	assert_int_equal(physmem_host_pages(rig->m->pm), rig->host_pages);
	bus_unmap(rig->m->host_bus, &rig->gtt_window);
	bus_unmap(rig->m->host_bus, &rig->registers);
	gen9_gpu_destroy(rig->gpu);
	machine_destroy(rig->m);
}

void rig_settle(struct rig *rig)
{
	bool stopped = executor_run(rig->m->ex);

	assert_true(!stopped || rig->gvt->display.first);
}

void rig_run(struct rig_guest *guest, void (*program)(struct rig_guest *guest, void *arg),
	     void *arg)
{
	struct executor *ex = guest->rig->m->ex;

	guest->program = program;
	guest->arg = arg;
	exec_wake_all(ex, &guest->waiting, executor_time_ps(ex));
	rig_settle(guest->rig);
	assert_null(guest->program);
}

uint64_t guest_load(struct rig_guest *guest, uint32_t offset, unsigned size_bytes)
{
	return bus_read(guest->vm->bus, RIG_GUEST_BAR0 + offset, size_bytes);
}

void guest_store(struct rig_guest *guest, uint32_t offset, unsigned size_bytes, uint64_t value)
{
	bus_write(guest->vm->bus, RIG_GUEST_BAR0 + offset, size_bytes, value);
}

struct access {
	uint32_t offset;
	unsigned size_bytes;
	uint64_t value;
};

static void do_load(struct rig_guest *guest, void *arg)
{
	struct access *access = arg;

	access->value = guest_load(guest, access->offset, access->size_bytes);
}

static void do_store(struct rig_guest *guest, void *arg)
{
	struct access *access = arg;

	guest_store(guest, access->offset, access->size_bytes, access->value);
}

uint64_t rig_read(struct rig_guest *guest, uint32_t offset, unsigned size_bytes)
{
	struct access access = { .offset = offset, .size_bytes = size_bytes };

	rig_run(guest, do_load, &access);
	return access.value;
}

void rig_write(struct rig_guest *guest, uint32_t offset, unsigned size_bytes, uint64_t value)
{
	struct access access = { .offset = offset, .size_bytes = size_bytes, .value = value };

	rig_run(guest, do_store, &access);
}

uint32_t rig_read32(struct rig_guest *guest, uint32_t offset)
{
	return (uint32_t)rig_read(guest, offset, 4);
}

void rig_write32(struct rig_guest *guest, uint32_t offset, uint32_t value)
{
	rig_write(guest, offset, 4, value);
}

uint32_t rig_reg(enum gen9_engine_id engine, uint32_t reg)
{
	return gen9_engines[engine].mmio_base + reg;
}

uint64_t rig_alloc(struct rig_guest *guest, unsigned page_count)
{
	uint64_t gpa = guest->next_gpa;

	guest->next_gpa += page_count * PAGE_SIZE;
	assert_true(guest->next_gpa <= guest_ram_size_bytes(guest->vm->ram));
	return gpa;
}

void *rig_at(struct rig_guest *guest, uint64_t gpa)
{
	return (uint8_t *)guest_ram_guest_view(guest->vm->ram) + gpa;
}

struct binding {
	uint64_t gma;
	uint64_t gpa;
	unsigned page_count;
};

static void do_bind(struct rig_guest *guest, void *arg)
{
	const struct binding *binding = arg;

	for (unsigned i = 0; i < binding->page_count; i++)
		guest_store(guest,
			    (uint32_t)(GEN9_GTT_WINDOW + 8 * ((binding->gma >> PAGE_SHIFT) + i)), 8,
			    (binding->gpa + i * PAGE_SIZE) | GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE);
}

void rig_bind_at(struct rig_guest *guest, uint64_t gma, uint64_t gpa, unsigned page_count)
{
	struct binding binding = { gma, gpa, page_count };

	rig_run(guest, do_bind, &binding);
}

uint64_t rig_bind(struct rig_guest *guest, uint64_t gpa, unsigned page_count)
{
	uint64_t gma = guest->next_gma;

	guest->next_gma += page_count * PAGE_SIZE;
	rig_bind_at(guest, gma, gpa, page_count);
	return gma;
}

uint64_t rig_host_pte(struct rig *rig, uint64_t gma)
{
	return bus_read(rig->m->host_bus, RIG_HOST_BAR0 + GEN9_GTT_WINDOW + 8 * (gma >> PAGE_SHIFT),
			8);
}

static void do_boot(struct rig_guest *guest, void *arg)
{
	uint64_t status_gma = *(const uint64_t *)arg;

	guest_load(guest, PVINFO_BASE + PVINFO_MAGIC, 8);
	for (unsigned n = 0; n < 4; n++) {
		guest_store(guest, GT_IMR(n), 4, 0);
		guest_store(guest, GT_IER(n), 4, UINT32_MAX);
	}
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		guest_store(guest, rig_reg(id, RING_MODE), 4, MASKED_ENABLE(RING_MODE_RUN_LIST));
		guest_store(guest, rig_reg(id, RING_HWS_PGA), 4, status_gma + id * PAGE_SIZE);
	}
	guest_store(guest, MASTER_IRQ, 4, MASTER_IRQ_ENABLE);
}

void rig_boot(struct rig_guest *guest)
{
	uint64_t gma = rig_bind(guest, rig_alloc(guest, GEN9_ENGINE_COUNT), GEN9_ENGINE_COUNT);

	rig_run(guest, do_boot, &gma);
}

uint32_t *rig_hwsp(struct rig_guest *guest, enum gen9_engine_id engine)
{
	return rig_at(guest, FIRST_GPA + engine * PAGE_SIZE);
}

uint32_t rig_negotiate(struct rig_guest *guest, uint64_t gpa, uint32_t levels)
{
	rig_write32(guest, PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO, (uint32_t)gpa);
	rig_write32(guest, PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_HI, (uint32_t)(gpa >> 32));
	rig_write32(guest, PVINFO_BASE + PVINFO_ENABLE_PVMMIO, levels);
	return rig_read32(guest, PVINFO_BASE + PVINFO_ENABLE_PVMMIO);
}

uint32_t *rig_context_state(struct rig_context *context)
{
	return rig_at(context->guest, context->image_gpa + LRC_STATE_PAGE * PAGE_SIZE);
}

void rig_context_create(struct rig_context *context, struct rig_guest *guest,
			enum gen9_engine_id engine, uint32_t id)
{
	unsigned pages = gen9_engines[engine].context_pages;
	uint32_t *state;

	*context = (struct rig_context){ .guest = guest, .engine = engine, .id = id };
	context->ring_pages = 1;
	context->image_gpa = rig_alloc(guest, pages);
	context->image_gma = rig_bind(guest, context->image_gpa, pages);
	context->ring_gpa = rig_alloc(guest, context->ring_pages);
	context->ring_gma = rig_bind(guest, context->ring_gpa, context->ring_pages);
	state = rig_context_state(context);
	state[CTX_CONTEXT_CONTROL + 1] = CTX_CTRL_ORDINARY;
	state[CTX_RING_START + 1] = (uint32_t)context->ring_gma;
	state[CTX_RING_CTL + 1] = (uint32_t)((context->ring_pages - 1) * PAGE_SIZE) |
				  RING_CTL_VALID;
}

uint64_t rig_descriptor(const struct rig_context *context)
{
	return (uint64_t)context->id << CTX_DESC_ID_SHIFT | context->image_gma |
	       CTX_DESC_MODE_LEGACY_64B << CTX_DESC_MODE_SHIFT | CTX_DESC_PRIVILEGE |
	       CTX_DESC_VALID;
}

void rig_emit(struct rig_context *context, const uint32_t *dwords, unsigned count)
{
	uint32_t *ring = rig_at(context->guest, context->ring_gpa);
	uint32_t bytes = (uint32_t)(context->ring_pages * PAGE_SIZE);

	for (unsigned i = 0; i < count + count % 2; i++) {
		ring[context->tail / 4] = i < count ? dwords[i] : MI_NOOP;
		context->tail = (context->tail + 4) % bytes;
	}
	rig_context_state(context)[CTX_RING_TAIL + 1] = context->tail;
}

void rig_emit_store(struct rig_context *context, uint64_t gma, uint32_t value)
{
	const uint32_t store[] = { MI_STORE_DATA_IMM | MI_USE_GGTT, (uint32_t)gma,
				   (uint32_t)(gma >> 32), value };

	rig_emit(context, store, 4);
}

struct submission {
	enum gen9_engine_id engine;
	uint32_t dwords[4]; /* in order of writing */
};

static void do_submit(struct rig_guest *guest, void *arg)
{
	const struct submission *submission = arg;

	for (unsigned i = 0; i < 4; i++)
		guest_store(guest, rig_reg(submission->engine, RING_ELSP), 4,
			    submission->dwords[i]);
}

void rig_submit(struct rig_guest *guest, enum gen9_engine_id engine, uint64_t element1,
		uint64_t element0)
{
	struct submission submission = {
		engine,
		{(uint32_t)(element1 >> 32), (uint32_t)element1, (uint32_t)(element0 >> 32),
		  (uint32_t)element0}
	};

	rig_run(guest, do_submit, &submission);
}

void rig_submit_pv(struct rig_guest *guest, enum gen9_engine_id engine, uint64_t page_gpa,
		   uint64_t element1, uint64_t element0)
{
	struct pvmmio_page *page = rig_at(guest, page_gpa);

	page->elsp_data[0] = (uint32_t)(element1 >> 32);
	page->elsp_data[1] = (uint32_t)element1;
	page->elsp_data[2] = (uint32_t)(element0 >> 32);
	rig_write32(guest, rig_reg(engine, RING_ELSP), (uint32_t)element0);
}

uint64_t rig_incidents(const struct rig_guest *guest, enum gvt_incident incident)
{
	const struct incident *found =
		incident_find(&guest->vm->incidents, gvt_incidents[incident].name);

	return found ? found->count : 0;
}

struct vgpu_stats rig_stats(const struct rig_guest *guest)
{
	struct vgpu_stats stats;

	vgpu_get_stats(guest->vgpu, &stats);
	return stats;
}
