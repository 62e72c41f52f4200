// SPDX-License-Identifier: MIT
/*
 * The GPU as an object: parameters, life cycle, what a bus and a PCI driver see of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw-model/gen9_private.h"

/* Widest row: 65535 pixels of 16 bytes. */
#define BLT_ROW_BYTES (65535u * 16u)

#define PCI_COMMAND      0x04u
#define PCI_COMMAND_ON   0x0006u /* memory, bus master */
#define PCI_CLASS        0x08u
#define PCI_CLASS_VGA    0x03000006u /* VGA controller; revision 6 */
#define PCI_BAR_64BIT    0x4u
#define PCI_BAR_PREFETCH 0x8u
#define PCI_SUBSYSTEM    0x2cu
#define GMCH_GGMS_8MIB   (3u << 6)

/* clang-format off */
#define PS(name, doc) { (name), (doc), COST_UNIT_PS }
#define HZ(name, doc) { (name), (doc), COST_UNIT_HZ }

const struct hw_param_info hw_params[HW_PARAM_COUNT] = {
	[HW_MMIO_READ] = PS("mmio.read", "CPU reads a register"),
	[HW_MMIO_WRITE] = PS("mmio.write", "CPU writes a register (posted)"),
	[HW_ELSP_LATENCY] = PS("elsp.latency", "fourth ELSP write until the engine acts on it"),
	[HW_CONTEXT_LOAD] = PS("context.load", "restore a context: fixed part"),
	[HW_CONTEXT_SAVE] = PS("context.save", "save a context: fixed part"),
	[HW_CONTEXT_PAGE] = PS("context.page", "restore or save one page of engine state"),
	[HW_LITE_RESTORE] = PS("context.lite_restore", "resubmission of the running context"),
	[HW_COMMAND] = PS("command.fetch", "fetch and decode one command; at least 1 ns"),
	[HW_TLB_WALK] = PS("tlb.walk", "read one level of page tables after a TLB miss"),
	[HW_MEMORY_WRITE] = PS("memory.write", "one store by a command until it is visible"),
	[HW_INTERRUPT_LATENCY] = PS("interrupt.latency", "event until the MSI arrives"),
	[HW_BLT_SETUP] = PS("blt.setup", "one blit: fixed part"),
	[HW_BLT_PS_PER_KIB] = PS("blt.per_kib", "one KiB of a blit's destination"),
	[HW_3DPRIMITIVE_VERTEX] = PS("work.vertex", "3DPRIMITIVE: one vertex of one instance"),
	[HW_GPGPU_GROUP] = PS("work.thread_group", "GPGPU_WALKER: one thread group"),
	[HW_BITSTREAM_BYTE] = PS("work.bitstream_byte",
				  "MFD_AVC_BSD_OBJECT: one byte of a slice's bitstream"),
	[HW_VEBOX_COLUMN] = PS("work.vebox_column", "VEB_DI_IECP: one column of pixels"),
	[HW_SYMBOL_CLOCK] = HZ("display.symbol_clock",
				"symbols a display link sends; times M / N it is the pixel clock"),
};
/* clang-format on */

static int create_engine(struct gen9_gpu *gpu, enum gen9_engine_id id)
{
	struct gen9_engine *engine = &gpu->engines[id];
	char name[32];

	engine->gpu = gpu;
	engine->id = id;
	engine->info = &gen9_engines[id];
	engine->busy_since_ps = EXEC_NEVER;
	engine->repeats_since_ps = EXEC_NEVER;
	gen9_tlb_init(&engine->tlb);
	gen9_execlists_reset(engine);
	if (id == GEN9_BCS0) {
		engine->blt_row = malloc(BLT_ROW_BYTES);
		if (!engine->blt_row)
			return -ENOMEM;
	}
	snprintf(name, sizeof(name), "gpu %s", engine->info->name);
	return executor_spawn(gen9_executor(gpu), name, 0, gen9_engine_main, engine,
			      &engine->context);
}

int gen9_gpu_create(struct gen9_gpu **out, const struct gen9_gpu_config *config)
{
	struct gen9_gpu *gpu = calloc(1, sizeof(*gpu));
	int rc = -ENOMEM;

	if (!gpu)
		return -ENOMEM;
	gpu->m = config->m;
	gpu->profile = *config->profile;
	gpu->dma = config->dma;
	gpu->msi = config->msi;
	gpu->regs = calloc(GEN9_MMIO_DWORDS, sizeof(*gpu->regs));
	gpu->reg_rules = calloc(GEN9_MMIO_DWORDS, sizeof(*gpu->reg_rules));
	gpu->ggtt = calloc(GEN9_GGTT_ENTRIES, sizeof(*gpu->ggtt));
	if (!gpu->regs || !gpu->reg_rules || !gpu->ggtt)
		goto fail;
	gen9_mmio_init(gpu);
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		rc = create_engine(gpu, (enum gen9_engine_id)id);
		if (rc)
			goto fail;
	}
	rc = gen9_pipes_init(gpu);
	if (rc)
		goto fail;
	*out = gpu;
	return 0;

fail:
	gen9_gpu_destroy(gpu);
	return rc;
}

void gen9_gpu_destroy(struct gen9_gpu *gpu)
{
	if (!gpu)
		return;
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		free(gpu->engines[id].blt_row);
	free(gpu->ggtt);
	free(gpu->reg_rules);
	free(gpu->regs);
	free(gpu);
}

void gen9_gpu_regions(struct gen9_gpu *gpu, uint64_t bar0_base, struct bus_region *registers,
		      struct bus_region *gtt_window)
{
	*registers = (struct bus_region){
		.name = "GPU registers",
		.base = bar0_base,
		.size_bytes = GEN9_MMIO_SIZE_BYTES,
		.ops = &gen9_register_ops,
		.opaque = gpu,
		.load_latency_ps = gpu->profile.value[HW_MMIO_READ],
		.store_latency_ps = gpu->profile.value[HW_MMIO_WRITE],
	};
	*gtt_window = (struct bus_region){
		.name = "GGTT window",
		.base = bar0_base + GEN9_GTT_WINDOW,
		.size_bytes = GEN9_GTT_WINDOW_BYTES,
		.ops = &gen9_gtt_window_ops,
		.opaque = gpu,
		.one_ledger_key = true,
		.load_latency_ps = gpu->profile.value[HW_MMIO_READ],
		.store_latency_ps = gpu->profile.value[HW_MMIO_WRITE],
	};
}

static void put(uint8_t *config, size_t len, unsigned offset, uint32_t value)
{
	for (unsigned i = 0; i < 4u && offset + i < len; i++)
		config[offset + i] = (uint8_t)(value >> 8u * i);
}

static void put_bar(uint8_t *config, size_t len, unsigned offset, uint64_t base, uint32_t flags)
{
	put(config, len, offset, (uint32_t)base | flags);
	put(config, len, offset + 4u, (uint32_t)(base >> 32));
}

/*
 * The aperture, BAR2, is placed at the first multiple of its size above BAR0. No stolen memory: a
 * driver on top of a vGPU has none either.
 */
void gen9_gpu_pci_config(const struct gen9_gpu *gpu, uint64_t bar0_base, uint8_t *config,
			 size_t len)
{
	uint64_t aperture = (bar0_base / GEN9_APERTURE_BYTES + 1u) * GEN9_APERTURE_BYTES;

	memset(config, 0, len);
	put(config, len, GEN9_PCI_ID, GEN9_PCI_DEVICE);
	put(config, len, PCI_COMMAND, PCI_COMMAND_ON);
	put(config, len, PCI_CLASS, PCI_CLASS_VGA);
	put_bar(config, len, GEN9_PCI_BAR0, bar0_base, PCI_BAR_64BIT);
	put_bar(config, len, GEN9_PCI_BAR2, aperture, PCI_BAR_64BIT | PCI_BAR_PREFETCH);
	put(config, len, PCI_SUBSYSTEM, GEN9_PCI_DEVICE);
	put(config, len, GEN9_PCI_GMCH, GMCH_GGMS_8MIB);
}

void gen9_gpu_engine_stats(const struct gen9_gpu *gpu, enum gen9_engine_id engine,
			   struct gen9_engine_stats *out)
{
	*out = gpu->engines[engine].stats;
}
