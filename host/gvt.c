// SPDX-License-Identifier: MIT

#include "host/gvt.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/scheduler.h"
#include "host/vgpu.h"

#define DEFAULT_SYMBOL_CLOCK_HZ 270000000u // DisplayPort at 2.7 Gbit/s a lane

// clang-format off
const struct gvt_incident_info gvt_incidents[GVT_INCIDENT_COUNT] = {
	[GVT_INCIDENT_DESCRIPTOR_INVALID] = { "descriptor_invalid", "submission dropped" },
	[GVT_INCIDENT_CONTEXT_UNMAPPED] = { "context_unmapped", "submission dropped" },
	[GVT_INCIDENT_RING_RANGE] = { "ring_range", "submission dropped" },
	[GVT_INCIDENT_RING_HEAD_TAIL] = { "ring_head_tail", "submission dropped" },
	[GVT_INCIDENT_BATCH_ADDRESS] = { "batch_address", "workload dropped" },
	[GVT_INCIDENT_COMMAND_UNKNOWN] = { "command_unknown", "workload dropped" },
	[GVT_INCIDENT_COMMAND_LENGTH] = { "command_length", "workload dropped" },
	[GVT_INCIDENT_COMMAND_ADDRESS] = { "command_address", "workload dropped" },
	[GVT_INCIDENT_COMMAND_REGISTER] = { "command_register", "workload dropped" },
	[GVT_INCIDENT_EXECLIST_OVERRUN] = { "execlist_overrun", "engine's queue dropped" },
	[GVT_INCIDENT_WORKLOAD_FLOOD] = { "workload_flood", "submission dropped" },
	[GVT_INCIDENT_PVINFO_UNREAD] = { "pvinfo_unread", "failsafe mode" },
	[GVT_INCIDENT_PVINFO_WRITE] = { "pvinfo_write", "write dropped" },
	[GVT_INCIDENT_HWS_PGA_RANGE] = { "hws_pga_range", "write dropped" },
	[GVT_INCIDENT_FENCE_RANGE] = { "fence_range", "access dropped" },
	[GVT_INCIDENT_REGISTER_ACCESS] = { "register_access", "access dropped" },
	[GVT_INCIDENT_PVMMIO_PAGE] = { "pvmmio_page", "pvmmio refused" },
	[GVT_INCIDENT_PVMMIO_LEVELS] = { "pvmmio_levels", "levels stay off" },
	[GVT_INCIDENT_PVMMIO_NOTIFY] = { "pvmmio_notify", "notification refused" },
	[GVT_INCIDENT_PVMMIO_SUBMISSION] = { "pvmmio_submission", "write dropped" },
	[GVT_INCIDENT_PPGTT_RECORD] = { "ppgtt_record", "update refused, nothing changed" },
	[GVT_INCIDENT_PPGTT_UNKNOWN_ROOT] = { "ppgtt_unknown_root", "update refused" },
	[GVT_INCIDENT_GGTT_RECORD] = { "ggtt_record", "update refused, nothing changed" },
	[GVT_INCIDENT_DISPLAY_RECORD] = { "display_record", "update refused, nothing changed" },
	[GVT_INCIDENT_READ_PORT] = { "read_port", "reads as 0" },
	[GVT_INCIDENT_PIPE_MODE] = { "pipe_mode", "vblanks at 60 Hz" },
	[GVT_INCIDENT_GGTT_BACKING] = { "ggtt_backing", "scratch page mapped" },
	[GVT_INCIDENT_PPGTT_ROOT] = { "ppgtt_root", "address space refused" },
	[GVT_INCIDENT_PPGTT_BACKING] = { "ppgtt_backing", "scratch mapped" },
	[GVT_INCIDENT_PPGTT_TABLE] = { "ppgtt_table", "scratch mapped" },
	[GVT_INCIDENT_PPGTT_LIMIT] = { "ppgtt_limit", "scratch mapped, or address space refused" },
	[GVT_INCIDENT_PPGTT_MEMORY] = { "ppgtt_memory",
		"scratch mapped until memory is there; workload dropped" },
	[GVT_INCIDENT_HOST_MEMORY] = { "host_memory", "workload dropped" },
	[GVT_INCIDENT_WORKLOAD_HANG] = { "workload_hang", "engine reset, its queue dropped" },
	[GVT_INCIDENT_FAILSAFE] = { "failsafe", "device is storage from now on" },
};
// clang-format on

const char *const gvt_workload_ends[GVT_WORKLOAD_END_COUNT] = {
	[GVT_WORKLOAD_COMPLETED] = "completed", [GVT_WORKLOAD_AUDIT] = "audit",
	[GVT_WORKLOAD_NO_MEMORY] = "no_memory", [GVT_WORKLOAD_HANG] = "hang",
	[GVT_WORKLOAD_QUEUE] = "queue",         [GVT_WORKLOAD_RESET] = "reset",
	[GVT_WORKLOAD_DESTROYED] = "destroyed",
};

// Linux 4.19 intel_hangcheck.c, intel_ringbuffer.h.
static struct hw_hang hang_times(const struct gvt_hang_config *config)
{
	return (struct hw_hang){
		.period_ps = config->period_ps ? config->period_ps : 1500 * PS_PER_MS,
		.engine_dead_ps = config->engine_dead_ps ? config->engine_dead_ps : 4 * PS_PER_S,
		.request_dead_ps = config->request_dead_ps ? config->request_dead_ps
							   : 12 * PS_PER_S,
	};
}

int gvt_create(struct gvt **out, const struct gvt_config *config)
{
	struct gvt *gvt = calloc(1, sizeof(*gvt));
	int ret;

	if (!gvt)
		return -ENOMEM;
	gvt->m = config->m;
	gvt->pvmmio_offered = config->pvmmio_offered;
	gvt->display.fixed_ps = config->vblank == GVT_VBLANK_16MS ? 16 * PS_PER_MS : 0;
	gvt->display.symbol_clock_hz = config->symbol_clock_hz ? config->symbol_clock_hz
							       : DEFAULT_SYMBOL_CLOCK_HZ;
	ret = mmio_table_init(&gvt->mmio);
	if (ret)
		goto free_gvt;
	ret = hw_init(&gvt->hw, config->m, config->gpu_bar0);
	if (ret)
		goto fini_mmio;
	gvt->hw.hang = hang_times(&config->hang);
	sched_init(gvt, &config->sched);
	ppgtt_lru_init(&gvt->ppgtt_lru);
	oos_pool_init(&gvt->oos_pool, config->oos_pool_pages);
	*out = gvt;
	return 0;
fini_mmio:
	mmio_table_fini(&gvt->mmio);
free_gvt:
	free(gvt);
	return ret;
}

int gvt_start(struct gvt *gvt)
{
	uint64_t now_ps = exec_now(gvt->m->ex);
	struct exec_context *irq;
	char name[32];
	int ret;

	ret = machine_spawn_thread(gvt->m, "i915-irq", now_ps, hw_interrupt_thread, &gvt->hw, &irq);
	if (ret)
		return ret;
	exec_context_use_cpu(irq, EXEC_CPU_INTERRUPT);
	ret = machine_spawn_thread(gvt->m, "gvt-service", now_ps, sched_service_thread, gvt, NULL);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT && !ret; id++) {
		snprintf(name, sizeof(name), "gvt-workload-%s", gen9_engines[id].name);
		ret = machine_spawn_thread(gvt->m, name, now_ps, dispatch_thread,
					   &gvt->sched.engines[id], NULL);
	}
	return ret;
}

void gvt_destroy(struct gvt *gvt)
{
	if (!gvt)
		return;
	for (unsigned id = 1; id <= GVT_VGPU_LIMIT; id++)
		assert(!gvt->vgpus[id]);
	oos_pool_fini(&gvt->oos_pool);
	hw_fini(&gvt->hw);
	mmio_table_fini(&gvt->mmio);
	free(gvt);
}

struct msi_target gvt_msi_target(struct gvt *gvt)
{
	return hw_msi_target(&gvt->hw);
}
