// SPDX-License-Identifier: MIT
#include "tests/hw-model/rig.h"

#include <string.h>

/* clang-format off */
const struct hw_profile rig_profile = { .value = {
	[HW_MMIO_READ] = 300000,
	[HW_MMIO_WRITE] = 50000,
	[HW_ELSP_LATENCY] = 1100000,
	[HW_CONTEXT_LOAD] = 1300000,
	[HW_CONTEXT_SAVE] = 1700000,
	[HW_CONTEXT_PAGE] = 31000,
	[HW_LITE_RESTORE] = 900000,
	[HW_COMMAND] = 13000,
	[HW_TLB_WALK] = 0, /* those of test_walk.c are not free */
	[HW_MEMORY_WRITE] = 110000,
	[HW_INTERRUPT_LATENCY] = 700000,
	[HW_BLT_SETUP] = 500000,
	[HW_BLT_PS_PER_KIB] = 97000,
	[HW_3DPRIMITIVE_VERTEX] = 1000,
	[HW_GPGPU_GROUP] = 70000,
	[HW_BITSTREAM_BYTE] = 3000,
	[HW_VEBOX_COLUMN] = 90000,
	[HW_SYMBOL_CLOCK] = 270000000,
} };
/* clang-format on */

void rig_check(struct rig *rig, bool ok, const char *what, uint64_t actual, uint64_t expected,
	       const char *file, int line)
{
	if (ok)
		return;
	print_error("%s:%d: %s is 0x%llx, not 0x%llx\n", file, line, what,
		    (unsigned long long)actual, (unsigned long long)expected);
	executor_stop(rig->m->ex);
	for (;;)
		exec_sync(rig->m->ex);
}

static void count_msi(void *opaque, uint64_t at_ps)
{
	struct rig *rig = opaque;

	rig->msi_count++;
	rig->msi_ps = at_ps;
}

/* As a driver starts the engines and the interrupts. */
static void start_device(struct rig *rig)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		enum gen9_engine_id engine = (enum gen9_engine_id)i;

		rig->hwsp[i] = rig_alloc(rig, 1);
		rig_write_engine(rig, engine, RING_IMR, 0);
		rig_write_engine(rig, engine, RING_HWS_PGA, rig->hwsp[i]);
		rig_write_engine(rig, engine, RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
		rig_store(rig, rig->hwsp[i] + GEN9_HWSP_CSB_WRITE_DWORD * 4u,
			  GEN9_CSB_ENTRIES - 1u);
		rig->csb_read[i] = GEN9_CSB_ENTRIES - 1u;
	}
	for (unsigned n = 0; n < 4; n++) {
		rig_write(rig, GT_IMR(n), 0);
		rig_write(rig, GT_IER(n), 0xffffffff);
	}
	rig_write(rig, MASTER_IRQ, MASTER_IRQ_ENABLE);
}

static void run_body(void *arg)
{
	struct rig *rig = arg;

	start_device(rig);
	rig->body(rig);
	rig->finished = true;
	executor_stop(rig->m->ex);
}

void rig_run_profile(void (*body)(struct rig *rig), const struct hw_profile *profile)
{
	static const struct machine_config machine_config = { .memory_bytes = RIG_MEMORY_BYTES };
	struct rig rig = { .body = body, .next_page = 16 };
	struct gen9_gpu_config config = {
		.profile = profile, .msi = {.deliver = count_msi, .opaque = &rig}
	};

	assert_int_equal(machine_create(&rig.m, &machine_config), 0);
	config.m = rig.m;
	config.dma.pm = rig.m->pm;
	assert_int_equal(gen9_gpu_create(&rig.gpu, &config), 0);
	gen9_gpu_regions(rig.gpu, RIG_BAR0, &rig.registers, &rig.gtt_window);
	assert_int_equal(bus_map(rig.m->host_bus, &rig.registers, BUS_PASSTHROUGH), 0);
	assert_int_equal(bus_map(rig.m->host_bus, &rig.gtt_window, BUS_PASSTHROUGH), 0);
	assert_int_equal(executor_spawn(rig.m->ex, "cpu", 0, run_body, &rig, NULL), 0);

	(void)executor_run(rig.m->ex);
	machine_destroy(rig.m);
	gen9_gpu_destroy(rig.gpu);
	assert_true(rig.finished);
}

void rig_run(void (*body)(struct rig *rig))
{
	rig_run_profile(body, &rig_profile);
}

uint32_t rig_read(struct rig *rig, uint32_t offset)
{
	return (uint32_t)bus_read(rig->m->host_bus, RIG_BAR0 + offset, 4);
}

void rig_write(struct rig *rig, uint32_t offset, uint32_t value)
{
	bus_write(rig->m->host_bus, RIG_BAR0 + offset, 4, value);
}

uint32_t rig_read_engine(struct rig *rig, enum gen9_engine_id engine, uint32_t offset)
{
	return rig_read(rig, gen9_engines[engine].mmio_base + offset);
}

void rig_write_engine(struct rig *rig, enum gen9_engine_id engine, uint32_t offset, uint32_t value)
{
	rig_write(rig, gen9_engines[engine].mmio_base + offset, value);
}

uint64_t rig_now(const struct rig *rig)
{
	return exec_now(rig->m->ex);
}

void rig_sleep(struct rig *rig, uint64_t ps)
{
	exec_sleep_until(rig->m->ex, rig_now(rig) + ps);
}

/* ---- memory ---- */

void rig_set_pte(struct rig *rig, uint32_t gma, uint64_t pte)
{
	bus_write(rig->m->host_bus, RIG_BAR0 + GEN9_GTT_WINDOW + (gma >> PAGE_SHIFT) * 8u, 8, pte);
}

uint32_t rig_alloc(struct rig *rig, unsigned count)
{
	uint32_t first = rig->next_page;
	uint64_t mfn;

	CHECK(rig, first + count <= RIG_GGTT_PAGES);
	CHECK_EQ(rig, (uint64_t)physmem_alloc_pages(rig->m->pm, 2u * count, &mfn), 0);
	for (unsigned i = 0; i < count; i++) {
		uint64_t page_mfn = mfn + 2u * (count - 1u - i);

		rig->mfns[first + i] = page_mfn;
		rig->pages[first + i] = physmem_at(rig->m->pm, page_mfn << PAGE_SHIFT, PAGE_SIZE);
		rig_set_pte(rig, (first + i) << PAGE_SHIFT,
			    page_mfn << PAGE_SHIFT | GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE);
	}
	rig->next_page += count + 1u; /* a hole after each */
	return first << PAGE_SHIFT;
}

uint64_t rig_mfn(const struct rig *rig, uint32_t gma)
{
	return rig->mfns[gma >> PAGE_SHIFT];
}

uint8_t *rig_at(struct rig *rig, uint32_t gma)
{
	CHECK(rig, rig->pages[gma >> PAGE_SHIFT] != NULL);
	return rig->pages[gma >> PAGE_SHIFT] + (gma & PAGE_MASK);
}

uint32_t rig_load(struct rig *rig, uint32_t gma)
{
	uint32_t value;

	exec_sync(rig->m->ex);
	memcpy(&value, rig_at(rig, gma), sizeof(value));
	return value;
}

uint64_t rig_load64(struct rig *rig, uint32_t gma)
{
	return rig_load(rig, gma) | (uint64_t)rig_load(rig, gma + 4u) << 32;
}

void rig_store(struct rig *rig, uint32_t gma, uint32_t value)
{
	exec_sync(rig->m->ex);
	memcpy(rig_at(rig, gma), &value, sizeof(value));
}

uint32_t rig_store_dwords(struct rig *rig, uint32_t gma, const uint32_t *dwords, size_t count)
{
	for (size_t i = 0; i < count; i++, gma += 4u)
		rig_store(rig, gma, dwords[i]);
	return gma;
}

/* ---- contexts ---- */

void rig_set_image(struct rig_context *ctx, unsigned index, uint32_t value)
{
	rig_store(ctx->rig, ctx->lrca + (uint32_t)PAGE_SIZE + (index + 1u) * 4u, value);
}

uint32_t rig_image(const struct rig_context *ctx, unsigned index)
{
	return rig_load(ctx->rig, ctx->lrca + (uint32_t)PAGE_SIZE + (index + 1u) * 4u);
}

static void set_register(struct rig_context *ctx, unsigned index, uint32_t offset, uint32_t value)
{
	uint32_t base = gen9_engines[ctx->engine].mmio_base;

	rig_store(ctx->rig, ctx->lrca + (uint32_t)PAGE_SIZE + index * 4u, base + offset);
	rig_set_image(ctx, index, value);
}

/* The image as Linux 4.19 builds it for a first use. */
void rig_context_init(struct rig_context *ctx, struct rig *rig, enum gen9_engine_id engine,
		      uint32_t id)
{
	bool rcs = engine == GEN9_RCS0;
	uint32_t state;

	*ctx = (struct rig_context){ .rig = rig, .engine = engine, .id = id };
	ctx->lrca = rig_alloc(rig, gen9_engines[engine].context_pages);
	ctx->ring = rig_alloc(rig, RIG_RING_BYTES / PAGE_SIZE);
	state = ctx->lrca + (uint32_t)PAGE_SIZE;
	rig_store(rig, state + CTX_LRI_HEADER_0 * 4u,
		  rcs ? CTX_LRI_HEADER_0_RCS : CTX_LRI_HEADER_0_OTHER);
	set_register(ctx, CTX_CONTEXT_CONTROL, RING_CONTEXT_CONTROL, CTX_CTRL_FIRST_USE);
	set_register(ctx, CTX_RING_HEAD, RING_HEAD, 0);
	set_register(ctx, CTX_RING_TAIL, RING_TAIL, 0);
	set_register(ctx, CTX_RING_START, RING_START, ctx->ring);
	set_register(ctx, CTX_RING_CTL, RING_CTL, (RIG_RING_BYTES - 4096u) | RING_CTL_VALID);
	set_register(ctx, CTX_BB_ADDR_UDW, RING_BB_ADDR_UDW, 0);
	set_register(ctx, CTX_BB_ADDR_LDW, RING_BB_ADDR, 0);
	set_register(ctx, CTX_BB_STATE, RING_BB_STATE, RING_BB_PPGTT);
	set_register(ctx, CTX_SBB_ADDR_UDW, RING_SBB_ADDR_UDW, 0);
	set_register(ctx, CTX_SBB_ADDR_LDW, RING_SBB_ADDR, 0);
	set_register(ctx, CTX_SBB_STATE, RING_SBB_STATE, 0);
	if (rcs) {
		set_register(ctx, CTX_BB_PER_CTX_PTR, RING_BB_PER_CTX_PTR, 0);
		set_register(ctx, CTX_INDIRECT_CTX, RING_INDIRECT_CTX, 0);
		set_register(ctx, CTX_INDIRECT_CTX_OFFSET, RING_INDIRECT_OFFSET, 0);
	}
	rig_store(rig, state + CTX_LRI_HEADER_1 * 4u, CTX_LRI_HEADER_1_VALUE);
	set_register(ctx, CTX_TIMESTAMP, RING_CTX_TIMESTAMP, 0);
	for (unsigned n = 0; n < 4; n++) {
		set_register(ctx, CTX_PDP3_UDW + 4u * (3u - n), RING_PDP_UDW(n), 0);
		set_register(ctx, CTX_PDP3_UDW + 4u * (3u - n) + 2u, RING_PDP_LDW(n), 0);
	}
	if (rcs) {
		rig_store(rig, state + CTX_LRI_HEADER_2 * 4u, CTX_LRI_HEADER_2_VALUE);
		set_register(ctx, CTX_R_PWR_CLK_STATE, R_PWR_CLK_STATE - 0x2000u, 0x80000000u);
	}
}

uint64_t rig_descriptor(const struct rig_context *ctx)
{
	return (uint64_t)ctx->id << CTX_DESC_ID_SHIFT | ctx->lrca | CTX_DESC_PRIVILEGE |
	       CTX_DESC_MODE_LEGACY_64B << CTX_DESC_MODE_SHIFT | CTX_DESC_VALID;
}

void rig_emit_dwords(struct rig_context *ctx, const uint32_t *dwords, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rig_store(ctx->rig, ctx->ring + ctx->tail, dwords[i]);
		ctx->tail = (ctx->tail + 4u) % RIG_RING_BYTES;
	}
}

void rig_write_elsp(struct rig *rig, enum gen9_engine_id engine, uint64_t element0,
		    uint64_t element1)
{
	rig_write_engine(rig, engine, RING_ELSP, (uint32_t)(element1 >> 32));
	rig_write_engine(rig, engine, RING_ELSP, (uint32_t)element1);
	rig_write_engine(rig, engine, RING_ELSP, (uint32_t)(element0 >> 32));
	rig_write_engine(rig, engine, RING_ELSP, (uint32_t)element0);
}

/* Tails count in qwords. */
static void set_tail(struct rig_context *ctx)
{
	if (ctx->tail % 8u)
		rig_emit(ctx, MI_NOOP);
	rig_set_image(ctx, CTX_RING_TAIL, ctx->tail);
}

void rig_submit(struct rig_context *first, struct rig_context *second)
{
	set_tail(first);
	if (second)
		set_tail(second);
	rig_write_elsp(first->rig, first->engine, rig_descriptor(first),
		       second ? rig_descriptor(second) : 0);
}

void rig_wait_idle(struct rig *rig, enum gen9_engine_id engine)
{
	uint64_t deadline_ps = rig_now(rig) + PS_PER_S;
	uint32_t lists = EL_STATUS_EL0_VALID | EL_STATUS_EL1_VALID;

	while ((rig_read_engine(rig, engine, RING_EXECLIST_STATUS_LO) & lists) ||
	       !(rig_read_engine(rig, engine, RING_MI_MODE) & MI_MODE_IDLE)) {
		CHECK(rig, rig_now(rig) < deadline_ps);
		rig_sleep(rig, PS_PER_US);
	}
}

uint64_t rig_event(struct rig *rig, enum gen9_engine_id engine)
{
	uint32_t hwsp = rig->hwsp[engine];
	uint32_t entry;

	if (rig_load(rig, hwsp + GEN9_HWSP_CSB_WRITE_DWORD * 4u) == rig->csb_read[engine])
		return 0;
	rig->csb_read[engine] = (rig->csb_read[engine] + 1u) % GEN9_CSB_ENTRIES;
	entry = hwsp + (GEN9_HWSP_CSB_DWORD + 2u * rig->csb_read[engine]) * 4u;
	return EVENT(rig_load(rig, entry), rig_load(rig, entry + 4u));
}

struct gen9_engine_stats rig_stats(const struct rig *rig, enum gen9_engine_id engine)
{
	struct gen9_engine_stats stats;

	gen9_gpu_engine_stats(rig->gpu, engine, &stats);
	return stats;
}
