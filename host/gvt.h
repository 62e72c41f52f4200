/* SPDX-License-Identifier: MIT */
/*
 * The mediator: what GVT-g and the part of host i915 beneath it do.
 *
 * It drives the GPU on the host's bus (registers, memory, one MSI) and gives each VM a vGPU: a BAR0
 * that traps, a PVINFO page, an own share of the GGTT, virtual execlists, virtual interrupts.
 * Submissions become workloads: audited, copied to a shadow ring and shadow context, run on the
 * hardware by one worker thread per engine, completed with an emulated status buffer.
 *
 * It learns from a guest what a real mediator can: trapped accesses, guest memory, the shared page.
 * Everything a guest can write is hostile: copied once, the copy checked, the copy used. What a
 * guest does wrong is noted in vm->incidents by name (gvt_incidents[]) and costs no other VM more
 * than time.
 *
 * Behaviour follows Linux 5.1 to 5.3 gvt/ unless a comment says otherwise.
 */
#ifndef PVMMIO_HOST_GVT_H
#define PVMMIO_HOST_GVT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine/machine.h"
#include "sim/machine/msi.h"
#include "sim/machine/vm.h"

/* Upstream has 7, ids 1 to 7. Here GGTT and fences decide, which end before ids do. */
#define GVT_VGPU_LIMIT 64

struct gvt;
struct vgpu;

/* The scheduler's times (host/scheduler.h). 0 is upstream's, but for the boost: none. */
struct gvt_sched_config {
	uint64_t tick_ps;   /* 1 ms */
	uint64_t period_ps; /* 100 ms */
	uint64_t boost_ps;
};

/* The host's hang check. 0: Linux 4.19's, intel_hangcheck.c and intel_ringbuffer.h. */
struct gvt_hang_config {
	uint64_t period_ps;       /* from look to look: 1500 ms */
	uint64_t engine_dead_ps;  /* so long it may stand still: 4 s */
	uint64_t request_dead_ps; /* so long a request may take: 12 s */
};

#define GVT_WEIGHT_DEFAULT 2u /* of upstream's smallest type; weights are 16 / n */
#define GVT_WEIGHT_LIMIT   256u

/* When a virtual pipe has its vblanks. */
enum gvt_vblank {
	GVT_VBLANK_FROM_MODE, /* Linux 5.13 on */
	GVT_VBLANK_16MS,      /* before, whatever the mode */
};

struct gvt_config {
	struct machine *m;
	uint64_t gpu_bar0;       /* where the GPU's BAR0 is on the host's bus */
	uint32_t pvmmio_offered; /* level bits this host supports */
	unsigned oos_pool_pages; /* out-of-sync pages for all vGPUs; 0: 8192 */
	struct gvt_sched_config sched;
	struct gvt_hang_config hang;
	enum gvt_vblank vblank;
	uint64_t symbol_clock_hz; /* of a virtual display link, up to 1 THz; 0: 270 MHz */
};

/* What becomes of the page tables of a guest whose address spaces are shadowed. */
enum vgpu_shadow {
	VGPU_SHADOW_STRICT, /* every store to any of them exits: what upstream does */
	VGPU_SHADOW_OOS,    /* leaf tables go out of sync: what the product kernel does */
};

struct vgpu_config {
	struct vm *vm;
	uint64_t bar0;           /* guest physical address of the vGPU's BAR0, 16 MiB aligned */
	uint64_t aperture_bytes; /* share of the mappable GGTT, multiple of 4 KiB */
	uint64_t hidden_bytes;   /* share of the rest */
	unsigned fence_count;
	uint32_t pvmmio_allowed; /* level bits this vGPU may negotiate */
	bool deferred_doorbell;  /* level pv_submission: served by a thread, not in the exit */
	enum vgpu_shadow shadow;
	unsigned weight; /* in scheduling, at most GVT_WEIGHT_LIMIT; 0: GVT_WEIGHT_DEFAULT */
};

/* How a workload ends. Each that was accepted does so once, in one of these ways. */
enum gvt_workload_end {
	GVT_WORKLOAD_COMPLETED,
	GVT_WORKLOAD_AUDIT,     /* refused when its turn came: its commands, image or memory */
	GVT_WORKLOAD_NO_MEMORY, /* the host had none for its shadows */
	GVT_WORKLOAD_HANG,      /* the engine hung on it */
	GVT_WORKLOAD_QUEUE,     /* was queued behind one that failed, or as failsafe mode began */
	GVT_WORKLOAD_RESET,     /* its engine, or the device, was reset */
	GVT_WORKLOAD_DESTROYED, /* its vGPU was */
	GVT_WORKLOAD_END_COUNT,
};

extern const char *const gvt_workload_ends[GVT_WORKLOAD_END_COUNT]; /* report names */

/*
 * Why a vGPU is in failsafe mode: from then on its registers and GGTT are mere storage, nothing new
 * of it reaches the hardware, its VM goes on with a dead GPU. What engines work on comes to its
 * end; what is queued does not start, which upstream lets run. A reset by the VMM ends the mode,
 * one that the guest asks for cannot, as GDRST is storage like the rest. Source: gvt/handlers.c,
 * scheduler.c.
 */
enum gvt_failsafe_cause {
	GVT_FAILSAFE_NONE,
	GVT_FAILSAFE_FENCE,       /* one beyond the vGPU's, by a guest that never read PVINFO */
	GVT_FAILSAFE_LEGACY_MODE, /* RING_MODE bit 0 enabled */
	GVT_FAILSAFE_UNAWARE,     /* RING_MODE: run lists or PPGTT, PVINFO never read */
	GVT_FAILSAFE_PREEMPTION,  /* CSFE_CHICKEN1: a mode that is not emulated enabled */
	GVT_FAILSAFE_RESOURCE,    /* reserved word of PVINFO written: its share is too small */
	GVT_FAILSAFE_WORKLOAD,    /* -EBADRQC or -EFAULT: forbidden commands, memory out of reach */
	GVT_FAILSAFE_CAUSE_COUNT,
};

/* Row of the table of causes: report name, and what upstream calls it. */
struct gvt_failsafe_info {
	const char *name;
	const char *kind;
};

extern const struct gvt_failsafe_info gvt_failsafe_causes[GVT_FAILSAFE_CAUSE_COUNT];

/* What the mediator did for one vGPU. accepted = ended + those that are still queued or run. */
struct vgpu_stats {
	uint64_t workloads_accepted;
	uint64_t workloads_refused; /* submissions that never became one */
	uint64_t workloads_ended[GVT_WORKLOAD_END_COUNT];
	uint64_t workloads_completed; /* of those */
	uint64_t workloads_failed;    /* the rest of those, and the refused ones */
	uint64_t msi_injected;
	uint64_t owned_ps;          /* had the GPU */
	uint64_t turns;             /* was given it */
	uint64_t ppgtt_reclaimed;   /* address spaces whose shadow tables the host took back */
	uint64_t vblanks;           /* emulated, of all pipes */
	uint64_t flips;             /* of planes, that show */
	uint64_t plane_records;     /* applied */
	uint64_t watermark_records; /* applied */
	uint32_t pvmmio_levels;     /* negotiated */
	bool failsafe;
	enum gvt_failsafe_cause failsafe_cause;
};

/*
 * Start the mediator: takes over the GPU at gpu_bar0 (resets interrupts, enables execlists) and
 * spawns its threads. gvt_msi_target() must be given to the GPU as its MSI target. 0, -ENOMEM.
 *
 * Two steps, because device and mediator know each other's addresses: create, then start.
 */
int gvt_create(struct gvt **out, const struct gvt_config *config);
int gvt_start(struct gvt *gvt);
void gvt_destroy(struct gvt *gvt); /* after its vGPUs */
struct msi_target gvt_msi_target(struct gvt *gvt);

/*
 * Create a vGPU for config->vm and map its BAR0 there. Fills vm->pci_config. 0, -EINVAL (sizes),
 * -ENOSPC (no GGTT share, fences or id left), -ENOMEM.
 */
int vgpu_create(struct vgpu **out, struct gvt *gvt, const struct vgpu_config *config);

/*
 * Take the vGPU off its VM and give back what it has. Inside a context this waits for its workloads
 * that are on an engine. Outside, nobody can wait: the executor must not run again if there are
 * any. NULL is allowed.
 */
void vgpu_destroy(struct vgpu *vgpu);

/*
 * Reset of the device by the VMM, as at every boot of its VM: afterwards it is as a new one with
 * the same resources, statistics and incidents apart. from_d3: as it leaves a sleep from which the
 * guest's driver goes on with what it had announced. Waits for workloads that are on an engine, so
 * only in a context; the VM's vCPUs do not touch the device meanwhile. host/reset.h has the table.
 */
void vgpu_device_reset(struct vgpu *vgpu, bool from_d3);

/* What a vGPU has of the GPU, as its type says; units and limits as in struct vgpu_config. */
struct vgpu_share {
	uint64_t aperture_bytes;
	uint64_t hidden_bytes;
	unsigned fence_count;
	unsigned weight;
};

/*
 * Make a stopped vGPU one of another type: the device is reset, its share given back and another
 * one taken, which may overlap the old one. The VM's firmware and driver find it at their next
 * boot. Only in a context, as a reset. 0, -EINVAL (sizes), -EBUSY (its guest has enabled run lists
 * since the last reset, or workloads are left), both without effect; -ENOSPC, -ENOMEM: it is reset,
 * and keeps the share that it had.
 */
int vgpu_resize(struct vgpu *vgpu, const struct vgpu_share *share);
void vgpu_get_stats(const struct vgpu *vgpu, struct vgpu_stats *out);

/*
 * A plane (1 to 3) of a virtual pipe as whoever shows the VM's screen finds it: the surface that is
 * live, and how to read it from the GGTT. Only while no flip is armed do these belong together.
 * Source: gvt/fb_decoder.c, which has PLANE_SURF for the surface.
 */
struct vgpu_plane {
	bool enabled; /* and its pipe is on */
	uint32_t surface, ctl, stride, offset, size;
};
void vgpu_get_plane(const struct vgpu *vgpu, unsigned pipe, unsigned plane, struct vgpu_plane *out);

/* Row of the table of incidents: report name and what the guest gets. */
struct gvt_incident_info {
	const char *name;
	const char *effect;
};

enum gvt_incident {
	GVT_INCIDENT_DESCRIPTOR_INVALID, /* ELSP element 0 not valid, or no privilege bit */
	GVT_INCIDENT_CONTEXT_UNMAPPED,   /* LRCA does not translate */
	GVT_INCIDENT_RING_RANGE,         /* ring outside of the vGPU's GGTT share */
	GVT_INCIDENT_RING_HEAD_TAIL,     /* head or tail not below the ring's size */
	GVT_INCIDENT_BATCH_ADDRESS,      /* privileged batch outside of the share or unmapped */
	GVT_INCIDENT_COMMAND_UNKNOWN,
	GVT_INCIDENT_COMMAND_LENGTH,
	GVT_INCIDENT_COMMAND_ADDRESS,  /* GGTT operand outside of the share */
	GVT_INCIDENT_COMMAND_REGISTER, /* register not on the allow-list */
	GVT_INCIDENT_EXECLIST_OVERRUN, /* third execlist while two are queued */
	GVT_INCIDENT_WORKLOAD_FLOOD,   /* engine's queue is full */
	GVT_INCIDENT_PVINFO_UNREAD,    /* execlists or fences used before PVINFO was read */
	GVT_INCIDENT_PVINFO_WRITE,     /* reserved PVINFO field written */
	GVT_INCIDENT_HWS_PGA_RANGE,
	GVT_INCIDENT_FENCE_RANGE,
	GVT_INCIDENT_REGISTER_ACCESS, /* misaligned, oversized, in the hole, of part of a doorbell;
					 or a mode that is not emulated switched on */
	GVT_INCIDENT_PVMMIO_PAGE,     /* shared page address unusable */
	GVT_INCIDENT_PVMMIO_LEVELS,   /* levels not offered, or changed after negotiation */
	GVT_INCIDENT_PVMMIO_NOTIFY,   /* of a level that was not negotiated; its code */
	GVT_INCIDENT_PVMMIO_SUBMISSION,  /* native ELSP write, or doorbell without a submission */
	GVT_INCIDENT_PPGTT_RECORD,       /* range or tables of an update not usable; its start */
	GVT_INCIDENT_PPGTT_UNKNOWN_ROOT, /* update of no paravirtual space; the root */
	GVT_INCIDENT_GGTT_RECORD,        /* range or entries of an update not usable; its start */
	GVT_INCIDENT_DISPLAY_RECORD,     /* plane or watermark record not usable; the doorbell */
	GVT_INCIDENT_READ_PORT,          /* redirected read of what is no register; its offset */
	GVT_INCIDENT_PIPE_MODE,          /* frames shorter than 1 ms or longer than 1 s */
	GVT_INCIDENT_GGTT_BACKING,       /* present GGTT entry names what is not guest RAM */
	GVT_INCIDENT_PPGTT_ROOT,         /* root of an address space missing, unusable or unknown */
	GVT_INCIDENT_PPGTT_BACKING,      /* page table entry names what is not guest RAM */
	GVT_INCIDENT_PPGTT_TABLE,        /* page serves as tables of two levels, or is of 1 GiB */
	GVT_INCIDENT_PPGTT_LIMIT,        /* more tables or address spaces than a vGPU may have */
	GVT_INCIDENT_PPGTT_MEMORY,       /* the host is short of memory for shadow tables */
	GVT_INCIDENT_HOST_MEMORY,        /* or its GGTT, is short for a workload's copies; bytes */
	GVT_INCIDENT_WORKLOAD_HANG,      /* the hardware hung on a workload */
	GVT_INCIDENT_FAILSAFE,           /* its value: enum gvt_failsafe_cause */
	GVT_INCIDENT_COUNT,
};

extern const struct gvt_incident_info gvt_incidents[GVT_INCIDENT_COUNT];

#endif
