// SPDX-License-Identifier: MIT
//
// The ring of a shadow context: what the host executes before and behind a workload's commands.

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_commands.h"

#define RING_LIMIT_PAGES  512u /* what RING_CTL can say */
#define RING_OPEN_DWORDS  6u   /* what the host puts before any, at most */
#define RING_CLOSE_DWORDS 3u   /* and behind, with padding to a qword */

// The shadow ring grows to what a workload needs; upstream's is 2 MiB from the start.
static int reserve_ring(struct vgpu *vgpu, struct hw_pages *ring, size_t dwords)
{
	struct hw *hw = &vgpu->gvt->hw;
	uint64_t pages = 1;

	// Head must not meet tail, so one qword stays free.
	while (pages << PAGE_SHIFT < 4 * dwords + 8)
		pages *= 2;
	if (pages <= ring->page_count)
		return 0;
	if (pages > RING_LIMIT_PAGES) {
		vgpu_incident(vgpu, GVT_INCIDENT_RING_HEAD_TAIL, 4 * dwords);
		return -EINVAL;
	}
	hw_pages_free(hw, ring);
	return gvt_workload_alloc_pages(vgpu, ring, pages);
}

/*
 * Every request of the host begins so (Linux 4.19, i915_request_alloc()). Without it an engine
 * could still know translations of tables that are gone, and that another guest's have taken the
 * place of.
 */
static size_t invalidate_translations(enum gen9_engine_id id, uint32_t *to)
{
	size_t dwords = id == GEN9_RCS0 ? 6 : 4;

	memset(to, 0, 4 * dwords);
	to[0] = id == GEN9_RCS0 ? PIPE_CONTROL : MI_FLUSH_DW | MI_FLUSH_DW_TLB;
	if (id == GEN9_RCS0)
		to[1] = PIPE_CONTROL_TLB_INVALIDATE | PIPE_CONTROL_CS_STALL;
	return dwords;
}

/*
 * A context without saved state does not load the registers that an image holds: on RCS0 they would
 * be what the context before has left, of whatever guest. So commands load them from the virtual
 * registers, and the MOCS tables as well. Source: gvt/mmio_context.c of Linux 5.10, rows of the
 * Gen9 list that are in the context; Linux 5.1 does the same for its shorter list.
 */
static const struct {
	uint16_t reg; // in BAR0
	bool masked;
} context_registers[] = {
	{0x020c0,  true }, // INSTPM
	{ 0x07004, true }, // CACHE_MODE_1
	{ 0x07008, true }, // GT_MODE
	{ 0x07000, true }, // CACHE_MODE_0
	{ 0x07010, true }, // COMMON_SLICE_CHICKEN1
	{ 0x07300, true }, // HDC_CHICKEN0
	{ 0x083a4, true }, // VF_GUARDBAND
	{ 0x02580, true }, // CS_CHICKEN1
	{ 0x07014, true }, // COMMON_SLICE_CHICKEN2
	{ 0x0e100, true }, // HALF_SLICE_CHICKEN1
	{ 0x0e180, true }, // HALF_SLICE_CHICKEN2
	{ 0x0e184, true }, // HALF_SLICE_CHICKEN3
	{ 0x0e188, true }, // HALF_SLICE_CHICKEN5
	{ 0x0e194, true }, // HALF_SLICE_CHICKEN7
	{ 0x0e4f0, true }, // ROW_CHICKEN
	{ 0x04de0, false}, // TRVATTL3PTRDW0
	{ 0x04de4, false}, // TRVATTL3PTRDW1
	{ 0x04de8, false}, // TRNULLDETCT
	{ 0x04dec, false}, // TRINVTILEDETCT
	{ 0x04df0, false}, // TRVADR
	{ 0x04df4, false}, // TRTTE
	{ 0x04dfc, false},
        { 0x07304, true }, // HDC_CHICKEN1
	{ 0x020d8, true },
};

#define CONTEXT_REGISTERS (sizeof(context_registers) / sizeof(context_registers[0]))
#define MOCS_BASE         0xc800u
#define MOCS_COUNT        64u
#define L3_MOCS_BASE      0xb020u
#define L3_MOCS_COUNT     32u
#define FIRST_USE_DWORDS                                                                           \
	(2 + 1 + 2 * CONTEXT_REGISTERS + 1 + 2 * MOCS_COUNT + 1 + 2 * L3_MOCS_COUNT)

static uint32_t *load_table(const struct vgpu *vgpu, uint32_t *to, uint32_t base, unsigned count)
{
	*to++ = MI_LOAD_REGISTER_IMM(count);
	for (unsigned i = 0; i < count; i++) {
		*to++ = base + 4 * i;
		*to++ = vreg_read(vgpu, base + 4 * i);
	}
	return to;
}

static size_t load_context_registers(const struct workload *workload, uint32_t *to)
{
	const struct vgpu *vgpu = workload->vgpu;
	const uint32_t *start = to;

	if (!workload->restore_inhibit || workload->engine != GEN9_RCS0)
		return 0;
	*to++ = MI_ARB_ON_OFF;
	*to++ = MI_LOAD_REGISTER_IMM(CONTEXT_REGISTERS);
	for (size_t i = 0; i < CONTEXT_REGISTERS; i++) {
		uint32_t value = vreg_read(vgpu, context_registers[i].reg);

		*to++ = context_registers[i].reg;
		*to++ = context_registers[i].masked ? 0xffff0000u | (value & 0xffff) : value;
	}
	to = load_table(vgpu, to, MOCS_BASE, MOCS_COUNT);
	to = load_table(vgpu, to, L3_MOCS_BASE, L3_MOCS_COUNT);
	*to++ = MI_ARB_ON_OFF | MI_ARB_ENABLE;
	assert((size_t)(to - start) == FIRST_USE_DWORDS);
	return FIRST_USE_DWORDS;
}

/*
 * Commands go to the start of the ring. The host adds what its own breadcrumb would: arbitration
 * on, without which the engine would never switch away from a guest that turned it off.
 */
int shadow_ring_fill(struct workload *workload, uint32_t *tail_bytes)
{
	struct vgpu *vgpu = workload->vgpu;
	struct hw_pages *ring = &vgpu->engines[workload->engine].shadow_ring;
	size_t dwords = workload->command_dwords;
	uint32_t *to;
	int ret = reserve_ring(vgpu, ring,
			       RING_OPEN_DWORDS + FIRST_USE_DWORDS + dwords + RING_CLOSE_DWORDS);

	if (ret)
		return ret;
	to = (uint32_t *)ring->cpu;
	dwords = invalidate_translations(workload->engine, to);
	dwords += load_context_registers(workload, to + dwords);
	if (workload->command_dwords)
		memcpy(to + dwords, workload->commands, 4 * workload->command_dwords);
	dwords += workload->command_dwords;
	to[dwords++] = MI_ARB_ON_OFF | MI_ARB_ENABLE;
	to[dwords++] = MI_NOOP;
	if (dwords % 2)
		to[dwords++] = MI_NOOP;
	*tail_bytes = (uint32_t)(4 * dwords);
	hw_pages_bind(&vgpu->gvt->hw, ring);
	return 0;
}
