// SPDX-License-Identifier: MIT

#include "host/reset.h"

#include <assert.h>

#include "host/display.h"
#include "host/engine_owner.h"
#include "host/execlist.h"
#include "host/gtt.h"
#include "host/ppgtt.h"
#include "host/pv_submission.h"
#include "host/pvinfo.h"
#include "host/pvmmio.h"
#include "host/scheduler.h"
#include "host/vgpu.h"
#include "host/workload.h"

#define ALL_ENGINES ((1u << GEN9_ENGINE_COUNT) - 1)

// The master interrupt register and everything above survive a full reset: interrupts, display.
#define FULL_RESET_END 0x44200u

static void drop_queues(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (engines >> id & 1)
			gvt_workload_drop_queued(vgpu, id, GVT_WORKLOAD_RESET);
}

static void clear_execlists(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (engines >> id & 1)
			execlist_reset(vgpu, id);
}

static void clear_status_pages(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		vgpu->engines[id].hws_pga = 0;
}

static void refuse_doorbells(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (engines >> id & 1)
			pv_submission_reset(vgpu, id);
}

// The next workload loads an engine's registers anew.
static void clear_low_registers(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	engines_release(vgpu);
	vgpu_reset_registers(vgpu, 0, FULL_RESET_END);
}

static void clear_high_registers(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	vgpu_reset_registers(vgpu, FULL_RESET_END, GEN9_MMIO_SIZE_BYTES);
}

static void switch_pipes_off(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	vgpu_display_reset(vgpu);
}

static void clear_pvinfo(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	pvinfo_populate(vgpu);
}

static void clear_pv_notified(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	vgpu->pv_notified = false;
}

static void clear_shadowed(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	if (effect == RESET_REBUILDS)
		ppgtt_reset(vgpu);
	else
		ppgtt_forget(vgpu, PPGTT_SHADOW);
}

static void clear_paravirtual(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	ppgtt_forget(vgpu, PPGTT_PV);
}

static void clear_levels(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	pvmmio_reset(vgpu);
}

static void clear_pv_counts(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		vgpu->engines[id].pv_ended = vgpu->engines[id].pv_failed = 0;
}

static void clear_ggtt(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	gtt_reset(vgpu);
}

static void clear_fences(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	vgpu_clear_fences(vgpu);
}

static void clear_failsafe(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	vgpu->failsafe = GVT_FAILSAFE_NONE;
}

static void clear_pci(struct vgpu *vgpu, uint32_t engines, enum reset_effect effect)
{
	vgpu_reset_pci(vgpu);
}

#define KEEPS    RESET_KEEPS
#define CLEARS   RESET_CLEARS
#define ENGINES  RESET_CLEARS_ENGINES
#define REBUILDS RESET_REBUILDS

// clang-format off
// In this order: workloads hold spaces, spaces are a level's, registers are what levels are read in.
const struct reset_row reset_rows[] = {
	{ "queued workloads",            { ENGINES, CLEARS,   CLEARS, CLEARS },   drop_queues },
	{ "doorbells not served yet",    { ENGINES, CLEARS,   CLEARS, CLEARS },   refuse_doorbells },
	{ "virtual execlists",           { ENGINES, CLEARS,   CLEARS, CLEARS },   clear_execlists },
	{ "part in scheduling",          { CLEARS,  CLEARS,   CLEARS, CLEARS },   NULL },
	{ "status page addresses",       { KEEPS,   CLEARS,   CLEARS, CLEARS },   clear_status_pages },
	{ "shadowed address spaces",     { KEEPS,   REBUILDS, CLEARS, REBUILDS }, clear_shadowed },
	{ "paravirtual address spaces",  { KEEPS,   KEEPS,    CLEARS, KEEPS },    clear_paravirtual },
	{ "negotiated levels",           { KEEPS,   KEEPS,    CLEARS, KEEPS },    clear_levels },
	{ "shared page address",         { KEEPS,   KEEPS,    CLEARS, KEEPS },    NULL },
	{ "counts of paravirtual ends",  { KEEPS,   KEEPS,    CLEARS, KEEPS },    clear_pv_counts },
	{ "GTT window without exits",    { KEEPS,   KEEPS,    CLEARS, KEEPS },    NULL },
	{ "register reads without exits", { KEEPS,  KEEPS,    CLEARS, KEEPS },    NULL },
	{ "GGTT entries in effect",      { KEEPS,   KEEPS,    CLEARS, CLEARS },   clear_ggtt },
	{ "view of the GGTT entries",    { KEEPS,   KEEPS,    CLEARS, CLEARS },   NULL },
	{ "fences",                      { KEEPS,   KEEPS,    CLEARS, CLEARS },   clear_fences },
	{ "registers below 0x44200",     { KEEPS,   CLEARS,   CLEARS, CLEARS },   clear_low_registers },
	{ "registers from 0x44200 on",   { KEEPS,   KEEPS,    CLEARS, CLEARS },   clear_high_registers },
	{ "pipes and armed flips",       { KEEPS,   KEEPS,    CLEARS, CLEARS },   switch_pipes_off },
	{ "pending interrupts",          { KEEPS,   KEEPS,    CLEARS, CLEARS },   NULL },
	{ "words of PVINFO",             { KEEPS,   CLEARS,   CLEARS, CLEARS },   clear_pvinfo },
	{ "PVINFO was read",             { KEEPS,   KEEPS,    CLEARS, KEEPS },    clear_pv_notified },
	{ "failsafe mode",               { KEEPS,   KEEPS,    CLEARS, CLEARS },   clear_failsafe },
	{ "PCI configuration",           { KEEPS,   KEEPS,    CLEARS, CLEARS },   clear_pci },
};
// clang-format on

const size_t reset_row_count = sizeof(reset_rows) / sizeof(reset_rows[0]);

static void set_resetting(struct vgpu *vgpu, uint32_t engines, bool resetting)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (engines >> id & 1)
			vgpu->engines[id].resetting = resetting;
}

// While the lock is dropped, another vCPU of the guest may start scheduling again.
static void stop_and_wait(struct vgpu *vgpu)
{
	sched_stop(vgpu);
	while (vgpu->running_count) {
		sim_mutex_unlock(vgpu->m, &vgpu->lock);
		sched_wait_idle(vgpu);
		sim_mutex_lock(vgpu->m, &vgpu->lock);
		sched_stop(vgpu);
	}
}

void vgpu_reset(struct vgpu *vgpu, enum reset_kind kind, uint32_t engines)
{
	assert(sim_mutex_held(vgpu->m, &vgpu->lock));
	if (kind != RESET_ENGINES)
		engines = ALL_ENGINES;
	set_resetting(vgpu, engines, true);
	stop_and_wait(vgpu);
	for (size_t i = 0; i < reset_row_count; i++)
		if (reset_rows[i].reset && reset_rows[i].effect[kind] != RESET_KEEPS)
			reset_rows[i].reset(vgpu, engines, reset_rows[i].effect[kind]);
	set_resetting(vgpu, engines, false);
}

void vgpu_device_reset(struct vgpu *vgpu, bool from_d3)
{
	sim_mutex_lock(vgpu->m, &vgpu->lock);
	vgpu_reset(vgpu, from_d3 ? RESET_FROM_D3 : RESET_DEVICE, ALL_ENGINES);
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
}
