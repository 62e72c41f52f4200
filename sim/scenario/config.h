/* SPDX-License-Identifier: MIT */
/*
 * A checked description of one simulation: what a scenario's variant says, with every default
 * filled in. Plain data; the scenario that it came from owns it.
 */
#ifndef PVMMIO_SIM_SCENARIO_CONFIG_H
#define PVMMIO_SIM_SCENARIO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw-model/gen9_gpu.h"
#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/cost.h"
#include "sim/scenario/mode.h"

#define CONFIG_NAME_BYTES    32
#define CONFIG_CONTEXT_LIMIT 32 /* contexts of one VM's workload */
#define CONFIG_OBJECT_LIMIT  64 /* named objects of one VM's workload */
#define CONFIG_NO_OBJECT     UINT32_MAX
#define CONFIG_PLANE_LIMIT   3 /* planes of a pipe that flips use */

enum vm_mode {
	VM_MODE_NATIVE, /* driver straight on the hardware */
	VM_MODE_GVT,    /* through the mediator */
	VM_MODE_HOST,   /* no VM: an application on the host, beside those of mode gvt */
};

/* When the host looks at what a doorbell of level pv_submission announces. */
enum vm_doorbell {
	VM_DOORBELL_SYNCHRONOUS, /* before the guest goes on */
	VM_DOORBELL_DEFERRED,    /* a thread of its own does, as behind an eventfd */
};

/* How the mediator keeps the shadow of page tables that are not paravirtual. */
enum vm_shadow {
	VM_SHADOW_STRICT, /* every store to a table faults */
	VM_SHADOW_OOS,    /* leaf tables may be out of sync until the next submission */
};

/* When virtual pipes have their vblanks. */
enum vblank_source {
	VBLANK_FROM_MODE, /* Linux 5.13 on */
	VBLANK_16MS,      /* before, whatever the mode */
};

/* Where a context's batches run. */
enum vm_ppgtt {
	VM_PPGTT_48BIT,
	VM_PPGTT_32BIT,
	VM_PPGTT_NONE, /* the global GTT */
};

/* The form of the guest's interrupt handler, by Linux version. */
enum vm_irq_handler {
	VM_IRQ_4_14,
	VM_IRQ_4_19,
	VM_IRQ_5_0,
};

/* Where an object is bound. */
enum bind_space {
	BIND_SPACE_PPGTT, /* its context's address space; the global GTT where that has none */
	BIND_SPACE_GGTT,
};

enum step_kind {
	STEP_FILL,      /* blit: fill width x height pixels; destination verified */
	STEP_COPY,      /* blit: copy width x height pixels; destination verified */
	STEP_FAST_COPY, /* the same by XY_FAST_COPY_BLT */
	STEP_STORE,     /* store `count` dwords by MI_STORE_DATA_IMM; verified */
	STEP_DRAW,      /* 3DPRIMITIVE of `duration_ps` */
	STEP_DISPATCH,  /* GPGPU_WALKER of `duration_ps` */
	STEP_DECODE,    /* MFD_AVC_BSD_OBJECT of `duration_ps` */
	STEP_ENHANCE,   /* VEB_DI_IECP of `duration_ps` */
	STEP_TOGETHER,  /* submissions inside go to the ports at once */
	STEP_WAIT,      /* for everything submitted so far, then verify */
	STEP_SLEEP,     /* `duration_ps` */
	STEP_COMPUTE,   /* the guest's CPU works for `duration_ps` */
	STEP_BIND,      /* make the object and bind it, `count` times over */
	STEP_UNBIND,    /* all of the object's */
	STEP_FLIP,      /* show other surfaces on `planes` planes */
	STEP_WATERMARK, /* change the watermarks of `planes` planes */
	STEP_VBLANK,    /* wait for `count` vblanks */
	STEP_RESET,     /* the driver resets all engines */
	STEP_REBOOT,    /* the VM is reset, and boots anew */
	STEP_KIND_COUNT,
};

enum misuse_kind {
	MISUSE_NONE,
	MISUSE_BATCH_ADDRESS,
	MISUSE_DESCRIPTOR_INVALID,
	MISUSE_RING_TAIL,
	MISUSE_COMMAND,
	MISUSE_REGISTER,
	MISUSE_STORE_ADDRESS,
	MISUSE_HANG,
	MISUSE_COUNT,
};

struct step_config {
	enum step_kind kind;
	unsigned line; /* in the scenario file, for messages */
	enum gen9_engine_id engine;
	unsigned context;       /* index into workload_config.contexts */
	uint32_t width, height; /* pixels */
	uint32_t count;
	uint64_t duration_ps;
	enum misuse_kind misuse;
	uint32_t object; /* index into workload_config.objects: bound, unbound, or, by STEP_STORE,
			    written; else CONFIG_NO_OBJECT */
	uint32_t planes; /* the pipe's first ones */
	bool scaler;     /* STEP_FLIP: the first plane is scaled */
	bool key;        /* STEP_FLIP: each plane has a colour key */
	bool drawn;      /* STEP_FLIP: the blitter draws its surfaces first; verified */
	bool wait;       /* STEP_FLIP: until it is done */
	struct step_config *steps; /* STEP_TOGETHER */
	size_t step_count;
};

/* What one `bind` step makes: memory of its own for each of `count` objects. */
struct object_config {
	char name[CONFIG_NAME_BYTES];
	enum bind_space space;
	unsigned context; /* index into workload_config.contexts */
	uint32_t pages;   /* of each */
	uint32_t count;
	uint64_t align_bytes;
	bool read_only; /* for the GPU */
};

struct wsim; /* wsim.h */

struct workload_config {
	uint32_t repeat;
	uint64_t duration_ps; /* no repetition begins later than this; 0: no limit */
	uint64_t period_ps;   /* frames begin so far apart; 0: when the last has ended */
	uint32_t depth;       /* frames that may be in flight */
	uint64_t timeout_ps;  /* of a wait; what has not completed then counts as lost */
	char contexts[CONFIG_CONTEXT_LIMIT][CONFIG_NAME_BYTES];
	unsigned context_count;
	struct object_config objects[CONFIG_OBJECT_LIMIT]; /* in the order of their `bind` steps */
	unsigned object_count;
	struct step_config *steps;
	size_t step_count;
	struct wsim *wsim; /* instead of steps; NULL: none */
	uint32_t clients;  /* that run it, each on a vCPU of its own */
};

enum display_pipe {
	DISPLAY_PIPE_A,
	DISPLAY_PIPE_B,
	DISPLAY_PIPE_C,
};

struct display_config {
	bool on; /* else the VM has none */
	struct display_mode mode;
	enum display_pipe pipe;
};

/* Of the host: its CPUs, and the mediator's scheduler (host/scheduler.h). */
struct host_config {
	uint32_t cpus; /* physical ones; 0: as many as there are vCPUs and threads */
	uint64_t cpu_slice_ps;
	uint64_t sched_tick_ps;
	uint64_t sched_period_ps;
	uint64_t sched_boost_ps;
};

struct vm_config {
	char name[CONFIG_NAME_BYTES];
	enum vm_mode mode;
	uint32_t type;   /* of the vGPU: index for vgpu_type_name() */
	uint32_t weight; /* in the mediator's scheduler */
	uint64_t memory_bytes;
	uint32_t vcpus;
	uint32_t pvmmio_levels; /* wanted by the guest and allowed by the host */
	uint64_t aperture_bytes;
	uint64_t hidden_bytes;
	uint32_t fences;
	enum vm_shadow shadow;
	enum vm_doorbell doorbell;
	enum vm_ppgtt ppgtt;
	enum vm_irq_handler irq_handler;
	uint64_t hangcheck_ps; /* period of the driver's hang check; 0: none */
	struct display_config display;
	bool work_arounds; /* contexts of the render engine come with an indirect batch */
	bool huge_pages;   /* the guest uses PPGTT pages of 64 KiB and 2 MiB where they fit */
	/* Ways to misbehave; see schema_misbehaviour(). */
	bool skip_pvinfo; /* the guest enables execlists without reading PVINFO */
	bool reg_addr_unlocked;
	bool irq_no_check;
	bool irq_check_first;
	bool plane_unlocked;
	struct workload_config workload;
};

/* What a parameter may be: its profile's range, or its value where a scenario sets it. */
struct config_range {
	uint64_t low, high;
};

/* The host's hang check. */
struct hang_config {
	uint64_t period_ps;
	uint64_t engine_dead_ps;
	uint64_t request_dead_ps;
};

struct sim_config {
	uint64_t seed;
	char hardware_name[CONFIG_NAME_BYTES];
	struct hw_profile hardware;
	char costs_name[CONFIG_NAME_BYTES];
	struct cost_profile costs;
	struct config_range hardware_ranges[HW_PARAM_COUNT];
	struct config_range cost_ranges[COST_PARAM_COUNT];
	uint32_t oos_pool_pages; /* of the mediator, for all VMs */
	enum vblank_source vblank;
	struct hang_config hang;
	struct host_config host;
	struct vm_config *vms;
	size_t vm_count;
};

#endif
