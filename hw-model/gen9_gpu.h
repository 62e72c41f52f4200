/* SPDX-License-Identifier: MIT */
/*
 * The Gen9 GPU: BAR0 in, memory traffic and MSIs out.
 *
 * Five engines (RCS0, BCS0, VCS0, VCS1, VECS0), each a context of the executor that executes
 * submitted execlists: it loads the context image, fetches commands from the ring and from batches
 * through the GGTT and PPGTT, moves real bytes, saves the image, writes status entries, raises
 * interrupts. Registers have their real offsets (regs/gen9_regs.h).
 *
 * Three display pipes, each with three planes and a cursor, run on the same clock: see
 * gen9_display.h for what they show.
 *
 * The model knows nothing of VMs or mediators: whoever writes its registers is its driver. Its
 * memory accesses go through a DMA domain: host physical when a host drives it, guest physical
 * when it is passed through to one VM.
 *
 * What an engine cannot execute (an unknown command, a fetch or access that faults) hangs it as
 * hardware would: the command streamer stops, IPEHR holds the header, FAULT_REG the fault, the CS
 * error interrupt is raised, and nothing more completes there until it is reset.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_GPU_H
#define PVMMIO_HW_MODEL_GEN9_GPU_H

#include <stddef.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/bus.h"
#include "sim/machine/cost.h"
#include "sim/machine/dma.h"
#include "sim/machine/machine.h"
#include "sim/machine/msi.h"

/* What the hardware's actions take. Values come from a hardware profile. */
enum hw_param {
	HW_MMIO_READ,    /* CPU reads a register */
	HW_MMIO_WRITE,   /* CPU writes a register (posted) */
	HW_ELSP_LATENCY, /* fourth ELSP write until the engine acts on it */
	HW_CONTEXT_LOAD, /* restore a context: fixed part */
	HW_CONTEXT_SAVE,
	HW_CONTEXT_PAGE,       /* per page of engine state, restored or saved */
	HW_LITE_RESTORE,       /* resubmission of the running context */
	HW_COMMAND,            /* fetch and decode one command */
	HW_TLB_WALK,           /* one level of page tables read after a TLB miss */
	HW_MEMORY_WRITE,       /* one store by a command (post-sync, MI_STORE_*) until visible */
	HW_INTERRUPT_LATENCY,  /* event until the MSI arrives */
	HW_BLT_SETUP,          /* one blit: fixed part */
	HW_BLT_PS_PER_KIB,     /* bytes moved or filled by a blit, per KiB of destination */
	HW_3DPRIMITIVE_VERTEX, /* 3DPRIMITIVE: one vertex of one instance */
	HW_GPGPU_GROUP,        /* GPGPU_WALKER: one thread group */
	HW_BITSTREAM_BYTE,     /* MFD_AVC_BSD_OBJECT: one byte of a slice's bitstream */
	HW_VEBOX_COLUMN,       /* VEB_DI_IECP: one column of pixels */
	HW_SYMBOL_CLOCK,       /* link symbols per second, in Hz: what pixel clocks come from */
	HW_PARAM_COUNT,
};

struct hw_param_info {
	const char *name; /* "context.load": the key in YAML and reports */
	const char *doc;
	enum cost_unit unit;
};

extern const struct hw_param_info hw_params[HW_PARAM_COUNT];

/* By hw_params[].unit: picoseconds, but for clocks. */
struct hw_profile {
	uint64_t value[HW_PARAM_COUNT];
};

/* Groups of interrupt registers, in the order of their ISRs. */
enum gen9_irq_group {
	GEN9_IRQ_GT0,
	GEN9_IRQ_GT1,
	GEN9_IRQ_GT2,
	GEN9_IRQ_GT3,
	GEN9_IRQ_PIPE_A,
	GEN9_IRQ_PIPE_B,
	GEN9_IRQ_PIPE_C,
	GEN9_IRQ_PORT,
	GEN9_IRQ_MISC,
	GEN9_IRQ_PCU,
	GEN9_IRQ_PCH, /* south display: SDE_* */
	GEN9_IRQ_GROUP_COUNT,
};

#define GEN9_IRQ_PIPE(pipe) (GEN9_IRQ_PIPE_A + (pipe))

struct gen9_gpu;

struct gen9_gpu_config {
	struct machine *m;
	const struct hw_profile *profile; /* copied */
	struct dma_domain dma;
	struct msi_target msi;
};

/* What an engine did so far; counted where it happens. */
struct gen9_engine_stats {
	uint64_t elsp_submissions; /* complete four-dword submissions taken */
	uint64_t contexts_run;     /* context loads and lite restores */
	uint64_t commands;
	uint64_t bytes_written; /* by commands */
	uint64_t busy_ps;
	uint64_t hangs;
	uint64_t elsp_overruns; /* submissions with both execlists occupied: a driver error */
	/* Accesses to memory, those that cross into another 4 KiB once for each. */
	uint64_t tlb_hits;
	uint64_t tlb_misses;
	uint64_t walk_reads;     /* entries of page tables and of the GGTT, read after misses */
	uint64_t readonly_drops; /* writes without effect */
};

/*
 * Create the GPU and its engine contexts. Nothing is mapped yet: the caller puts gen9_gpu_regions()
 * on a bus. 0, -ENOMEM.
 */
int gen9_gpu_create(struct gen9_gpu **out, const struct gen9_gpu_config *config);

/* Once the executor will not run again. NULL is allowed. */
void gen9_gpu_destroy(struct gen9_gpu *gpu);

/*
 * BAR0 as two bus regions, registers and GTT window, with ops, names and latencies filled in. The
 * caller sets .base of a copy it keeps, and maps it BUS_PASSTHROUGH.
 */
void gen9_gpu_regions(struct gen9_gpu *gpu, uint64_t bar0_base, struct bus_region *registers,
		      struct bus_region *gtt_window);

/* The configuration space a driver sees, first VM_PCI_CONFIG_BYTES bytes. */
void gen9_gpu_pci_config(const struct gen9_gpu *gpu, uint64_t bar0_base, uint8_t *config,
			 size_t len);

/*
 * An event of a part that is not modelled (AUX channels, hot plug, thermal, PCODE): bits as in the
 * group's ISR. From any context; takes no time.
 */
void gen9_gpu_raise(struct gen9_gpu *gpu, enum gen9_irq_group group, uint32_t bits);

void gen9_gpu_engine_stats(const struct gen9_gpu *gpu, enum gen9_engine_id engine,
			   struct gen9_engine_stats *out);

#endif
