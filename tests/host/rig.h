/* SPDX-License-Identifier: MIT */
/*
 * A machine with the real GPU model, the mediator, and VMs whose guests are these tests: small
 * programs on vCPU 0 that touch registers through the VM's bus and memory through the guest view.
 *
 * Everything is called from outside of the executor. An access or a program runs the machine until
 * nothing moves any more, so what a test reads afterwards has settled. With a display pipe on there
 * is always something to come: then until the program ends.
 */
#ifndef PVMMIO_TESTS_HOST_RIG_H
#define PVMMIO_TESTS_HOST_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "host/gvt.h"
#include "host/vgpu.h"
#include "hw-model/gen9_gpu.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvinfo.h"
#include "sim/abi/pvmmio.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"

#define RIG_HOST_BAR0      UINT64_C(0x1000000000)
#define RIG_GUEST_BAR0     UINT64_C(0xf00000000)
#define RIG_VM_LIMIT       8
#define RIG_MEMORY_BYTES   (16 * MIB)
#define RIG_APERTURE_BYTES (64 * MIB)
#define RIG_HIDDEN_BYTES   (384 * MIB)
#define RIG_FENCES         4u

struct rig;

struct rig_guest {
	struct rig *rig;
	struct vm *vm;
	struct vgpu *vgpu;
	void (*program)(struct rig_guest *guest, void *arg);
	void *arg;
	struct exec_waitq waiting;
	uint64_t next_gpa;
	uint64_t next_gma; /* in the hidden slice */
	unsigned interrupts;
};

struct rig {
	struct machine *m;
	struct gen9_gpu *gpu;
	struct bus_region registers;
	struct bus_region gtt_window;
	struct gvt *gvt;
	struct rig_guest guests[RIG_VM_LIMIT];
	unsigned guest_count;
	uint64_t host_pages; /* before the mediator was there */
};

struct rig_options {
	unsigned vm_count; /* 0: one */
	uint32_t pvmmio_offered;
	const struct cost_profile *costs;
	struct trace_sink *trace;
	uint64_t vertex_ps;          /* 3DPRIMITIVE, per vertex */
	uint64_t guest_memory_bytes; /* 0: RIG_MEMORY_BYTES */
	uint64_t aperture_bytes;     /* 0: RIG_APERTURE_BYTES */
	uint64_t hidden_bytes;       /* 0: RIG_HIDDEN_BYTES */
	unsigned fence_count;        /* of each, if aperture_bytes is set */
	enum vgpu_shadow shadow;
	unsigned oos_pool_pages;
	enum gvt_vblank vblank;
	bool deferred_doorbell;
	struct gvt_sched_config sched;
	unsigned weights[RIG_VM_LIMIT];
};

/* Fails the calling test when anything goes wrong. */
void rig_create(struct rig *rig, const struct rig_options *options);

/* Checks that the mediator gives all memory back. */
void rig_destroy(struct rig *rig);

/* Run program on the guest's vCPU 0, and the machine until it stands still. */
void rig_run(struct rig_guest *guest, void (*program)(struct rig_guest *guest, void *arg),
	     void *arg);

/* Run the machine until it stands still. */
void rig_settle(struct rig *rig);

/* ---- on the vCPU, in programs ---- */
uint64_t guest_load(struct rig_guest *guest, uint32_t offset, unsigned size_bytes);
void guest_store(struct rig_guest *guest, uint32_t offset, unsigned size_bytes, uint64_t value);

/* ---- from outside: one access each ---- */
uint32_t rig_read32(struct rig_guest *guest, uint32_t offset);
uint64_t rig_read(struct rig_guest *guest, uint32_t offset, unsigned size_bytes);
void rig_write32(struct rig_guest *guest, uint32_t offset, uint32_t value);
void rig_write(struct rig_guest *guest, uint32_t offset, unsigned size_bytes, uint64_t value);

/* A register of an engine. */
uint32_t rig_reg(enum gen9_engine_id engine, uint32_t reg);

/* ---- memory ---- */

/* page_count zeroed pages of guest RAM, and the guest's view of an address. */
uint64_t rig_alloc(struct rig_guest *guest, unsigned page_count);
void *rig_at(struct rig_guest *guest, uint64_t gpa);

/* Bind pages at gma, or at a free place of the hidden slice. */
void rig_bind_at(struct rig_guest *guest, uint64_t gma, uint64_t gpa, unsigned page_count);
uint64_t rig_bind(struct rig_guest *guest, uint64_t gpa, unsigned page_count);

/* The hardware's GGTT entry. */
uint64_t rig_host_pte(struct rig *rig, uint64_t gma);

/* ---- a driver's essentials ---- */

/* Read PVINFO, bind a status page, enable run lists and interrupts on every engine. */
void rig_boot(struct rig_guest *guest);

/* Set page and levels, return what was accepted. */
uint32_t rig_negotiate(struct rig_guest *guest, uint64_t gpa, uint32_t levels);

/* The guest's status page of engine, bound by rig_boot(). */
uint32_t *rig_hwsp(struct rig_guest *guest, enum gen9_engine_id engine);

struct rig_context {
	struct rig_guest *guest;
	enum gen9_engine_id engine;
	uint32_t id;
	uint64_t image_gpa;
	uint64_t image_gma;
	uint64_t ring_gpa;
	uint64_t ring_gma;
	unsigned ring_pages;
	uint32_t tail;
};

void rig_context_create(struct rig_context *context, struct rig_guest *guest,
			enum gen9_engine_id engine, uint32_t id);
uint32_t *rig_context_state(struct rig_context *context);
uint64_t rig_descriptor(const struct rig_context *context);

/* Append commands to the ring and update the tail in the image. */
void rig_emit(struct rig_context *context, const uint32_t *dwords, unsigned count);
void rig_emit_store(struct rig_context *context, uint64_t gma, uint32_t value);

/* Submit by four writes, or by record and one write. */
void rig_submit(struct rig_guest *guest, enum gen9_engine_id engine, uint64_t element1,
		uint64_t element0);
void rig_submit_pv(struct rig_guest *guest, enum gen9_engine_id engine, uint64_t page_gpa,
		   uint64_t element1, uint64_t element0);

/* How often the incident was noted. */
uint64_t rig_incidents(const struct rig_guest *guest, enum gvt_incident incident);
struct vgpu_stats rig_stats(const struct rig_guest *guest);

#endif
