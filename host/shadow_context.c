// SPDX-License-Identifier: MIT
//
// The context that stands for a guest's: one per vGPU and engine. Guest contexts are multiplexed
// through it by copying their state in and out.
//
// Registers of the state page's header are the host's own, but for what upstream takes over:
// context control and timestamp. Page directory pointers are those of the address space that stands
// for the guest's, or lead to an empty table.

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "host/gtt.h"
#include "host/vgpu.h"
#include "host/workload.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"

#define FIRST_ENGINE_PAGE 2u
#define STATE_DWORDS      ((uint32_t)PAGE_SIZE / 4)
#define REST_BYTES        (4 * (STATE_DWORDS - LRC_HEADER_DWORDS))
#define CONTROL_BITS      0xfu
#define RING_LIMIT_PAGES  512u /* what RING_CTL can say */
#define RING_OPEN_DWORDS  6u   /* what the host puts before, at most */
#define RING_CLOSE_DWORDS 3u   /* and behind, with padding to a qword */

int shadow_context_init(struct vgpu *vgpu)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		int ret = hw_pages_alloc(&vgpu->gvt->hw, &vgpu->engines[id].shadow_context,
					 gen9_engines[id].context_pages);

		if (ret) {
			shadow_context_fini(vgpu);
			return ret;
		}
	}
	return 0;
}

void shadow_context_fini(struct vgpu *vgpu)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		hw_pages_free(&vgpu->gvt->hw, &vgpu->engines[id].shadow_context);
		hw_pages_free(&vgpu->gvt->hw, &vgpu->engines[id].shadow_ring);
	}
}

static uint32_t *shadow_state(const struct vgpu_engine *engine)
{
	return (uint32_t *)(engine->shadow_context.cpu + LRC_STATE_PAGE * PAGE_SIZE);
}

static void set_register(uint32_t *state, uint32_t index, uint32_t offset, uint32_t value)
{
	state[index] = offset;
	state[index + 1] = value;
}

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
	return hw_pages_alloc(hw, ring, pages);
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
 * Commands go to the start of the ring. The host adds what its own breadcrumb would: arbitration
 * on, without which the engine would never switch away from a guest that turned it off.
 */
static int fill_ring(struct workload *workload, uint32_t *tail_bytes)
{
	struct vgpu *vgpu = workload->vgpu;
	struct hw_pages *ring = &vgpu->engines[workload->engine].shadow_ring;
	size_t dwords = workload->command_dwords;
	uint32_t *to;
	int ret = reserve_ring(vgpu, ring, RING_OPEN_DWORDS + dwords + RING_CLOSE_DWORDS);

	if (ret)
		return ret;
	to = (uint32_t *)ring->cpu;
	dwords = invalidate_translations(workload->engine, to);
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

static void fill_pdps(const struct workload *workload, uint32_t *state)
{
	uint64_t empty = workload->vgpu->gvt->hw.empty_mfn << PAGE_SHIFT;
	const struct ppgtt_mm *mm = workload->mm;
	enum gen9_engine_id id = workload->engine;

	state[CTX_LRI_HEADER_1] = CTX_LRI_HEADER_1_VALUE;
	for (unsigned n = 0; n < PPGTT_ROOTS; n++) {
		uint64_t root = mm && mm->hw_root[n] ? mm->hw_root[n] : empty;
		uint32_t index = CTX_PDP0_UDW - 4 * n;

		set_register(state, index, engine_reg(id, RING_PDP_UDW(n)), (uint32_t)(root >> 32));
		set_register(state, index + 2, engine_reg(id, RING_PDP_LDW(n)), (uint32_t)root);
	}
}

static void fill_header(const struct workload *workload, uint32_t tail)
{
	enum gen9_engine_id id = workload->engine;
	const struct vgpu_engine *engine = &workload->vgpu->engines[id];
	const struct hw_pages *ring = &engine->shadow_ring;
	uint32_t *state = shadow_state(engine);
	uint32_t ring_ctl = (uint32_t)((ring->page_count - 1) << PAGE_SHIFT) | RING_CTL_VALID;

	state[CTX_LRI_HEADER_0] = id == GEN9_RCS0 ? CTX_LRI_HEADER_0_RCS : CTX_LRI_HEADER_0_OTHER;
	set_register(state, CTX_RING_HEAD, engine_reg(id, RING_HEAD), 0);
	set_register(state, CTX_RING_TAIL, engine_reg(id, RING_TAIL), tail);
	set_register(state, CTX_RING_START, engine_reg(id, RING_START), (uint32_t)ring->gma);
	set_register(state, CTX_RING_CTL, engine_reg(id, RING_CTL), ring_ctl);
	set_register(state, CTX_BB_ADDR_UDW, engine_reg(id, RING_BB_ADDR_UDW), 0);
	set_register(state, CTX_BB_ADDR_LDW, engine_reg(id, RING_BB_ADDR), 0);
	set_register(state, CTX_BB_STATE, engine_reg(id, RING_BB_STATE), 0);
	set_register(state, CTX_SBB_ADDR_UDW, engine_reg(id, RING_SBB_ADDR_UDW), 0);
	set_register(state, CTX_SBB_ADDR_LDW, engine_reg(id, RING_SBB_ADDR), 0);
	set_register(state, CTX_SBB_STATE, engine_reg(id, RING_SBB_STATE), 0);
	if (id == GEN9_RCS0) {
		set_register(state, CTX_BB_PER_CTX_PTR, engine_reg(id, RING_BB_PER_CTX_PTR), 0);
		set_register(state, CTX_INDIRECT_CTX, engine_reg(id, RING_INDIRECT_CTX), 0);
		set_register(state, CTX_INDIRECT_CTX_OFFSET, engine_reg(id, RING_INDIRECT_OFFSET),
			     0);
	}
	fill_pdps(workload, state);
}

/*
 * What follows the header is executed by the engine when it loads the context, as commands: only
 * loads of registers that commands may write can be in it. Upstream checks this from Linux 5.12 on.
 */
static int audit_rest(struct workload *workload, const uint32_t *state)
{
	uint32_t i = LRC_HEADER_DWORDS;

	while (i < STATE_DWORDS && state[i] != MI_BATCH_BUFFER_END) {
		unsigned dwords = gen9_cmd_dwords(state[i]);

		if (state[i] == MI_NOOP) {
			i++;
			continue;
		}
		if (CMD_CLIENT(state[i]) != CMD_CLIENT_MI ||
		    MI_OPCODE(state[i]) != MI_OPCODE(MI_LOAD_REGISTER_IMM(1)) || dwords % 2 == 0 ||
		    dwords > STATE_DWORDS - i) {
			vgpu_incident(workload->vgpu, GVT_INCIDENT_COMMAND_UNKNOWN, state[i]);
			return -EBADRQC;
		}
		for (unsigned pair = 1; pair < dwords; pair += 2) {
			int ret = cmd_audit_register(workload->vgpu, workload->engine,
						     state[i + pair], true);

			if (ret)
				return ret;
		}
		i += dwords;
	}
	return 0;
}

static int read_register(struct workload *workload, uint32_t index, uint32_t *value)
{
	return guest_read(workload->vgpu, workload->state_gpa + 4 * (index + 1), value, 4);
}

// Context control, timestamp, work-around pointers (which must still be none), the rest of the
// page.
static int copy_state(struct workload *workload)
{
	enum gen9_engine_id id = workload->engine;
	uint32_t *state = shadow_state(&workload->vgpu->engines[id]);
	uint32_t wa[3] = { 0 };
	uint32_t control;
	uint32_t timestamp;
	int ret = read_register(workload, CTX_CONTEXT_CONTROL, &control);

	if (!ret)
		ret = read_register(workload, CTX_TIMESTAMP, &timestamp);
	for (uint32_t i = 0; i < 3 && id == GEN9_RCS0 && !ret; i++)
		ret = read_register(workload, CTX_BB_PER_CTX_PTR + 2 * i, &wa[i]);
	if (ret)
		return ret;
	if (wa[0] | wa[1]) {
		vgpu_incident(workload->vgpu, GVT_INCIDENT_BATCH_ADDRESS, wa[1] ? wa[1] : wa[0]);
		return -EINVAL;
	}
	set_register(state, CTX_CONTEXT_CONTROL, engine_reg(id, RING_CONTEXT_CONTROL),
		     CONTROL_BITS << 16 | (control & CONTROL_BITS));
	set_register(state, CTX_TIMESTAMP, engine_reg(id, RING_CTX_TIMESTAMP), timestamp);
	workload->restore_inhibit = control & CTX_CTRL_RESTORE_INHIBIT;
	ret = guest_read(workload->vgpu, workload->state_gpa + 4 * LRC_HEADER_DWORDS,
			 &state[LRC_HEADER_DWORDS], REST_BYTES);
	return ret ? ret : audit_rest(workload, state);
}

// Address of page n of the guest's image.
static int image_page(const struct workload *workload, unsigned n, uint64_t *gpa)
{
	uint64_t gma = (workload->descriptor & CTX_DESC_LRCA_MASK) + n * PAGE_SIZE;

	return gtt_gma_to_gpa(workload->vgpu, gma, gpa);
}

static int copy_engine_pages(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	uint8_t *image = vgpu->engines[workload->engine].shadow_context.cpu;
	unsigned pages = gen9_engines[workload->engine].context_pages;

	if (workload->restore_inhibit)
		return 0;
	for (unsigned n = FIRST_ENGINE_PAGE; n < pages; n++) {
		uint64_t gpa;

		if (!image_page(workload, n, &gpa) &&
		    !guest_read(vgpu, gpa, image + n * PAGE_SIZE, PAGE_SIZE))
			continue;
		vgpu_incident(vgpu, GVT_INCIDENT_CONTEXT_UNMAPPED, workload->descriptor);
		return -EFAULT;
	}
	return 0;
}

static uint64_t host_descriptor(const struct workload *workload)
{
	const struct vgpu *vgpu = workload->vgpu;
	const struct vgpu_engine *engine = &vgpu->engines[workload->engine];
	uint64_t context_id = vgpu->id * GEN9_ENGINE_COUNT + workload->engine;

	return context_id << CTX_DESC_ID_SHIFT | engine->shadow_context.gma |
	       (workload->descriptor & CTX_DESC_MODE_MASK) | CTX_DESC_PRIVILEGE | CTX_DESC_VALID;
}

int shadow_context_populate(struct workload *workload, uint64_t *descriptor)
{
	struct vgpu *vgpu = workload->vgpu;
	struct vgpu_engine *engine = &vgpu->engines[workload->engine];
	uint32_t tail;
	int ret = copy_state(workload);

	if (!ret)
		ret = copy_engine_pages(workload);
	if (!ret)
		ret = fill_ring(workload, &tail);
	if (ret)
		return ret;
	fill_header(workload, tail);
	hw_pages_bind(&vgpu->gvt->hw, &engine->shadow_context);
	for (struct shadow_batch *batch = workload->batches; batch; batch = batch->next)
		hw_pages_bind(&vgpu->gvt->hw, &batch->pages);
	*descriptor = host_descriptor(workload);
	return 0;
}

static int write_register(struct workload *workload, uint32_t index, uint32_t value)
{
	return guest_write(workload->vgpu, workload->state_gpa + 4 * (index + 1), &value, 4);
}

int shadow_context_write_back(struct workload *workload)
{
	struct vgpu *vgpu = workload->vgpu;
	const struct vgpu_engine *engine = &vgpu->engines[workload->engine];
	const uint32_t *state = shadow_state(engine);
	unsigned pages = gen9_engines[workload->engine].context_pages;
	int ret;

	for (unsigned n = FIRST_ENGINE_PAGE; n < pages; n++) {
		uint64_t gpa;

		ret = image_page(workload, n, &gpa);
		if (!ret)
			ret = guest_write(vgpu, gpa, engine->shadow_context.cpu + n * PAGE_SIZE,
					  PAGE_SIZE);
		if (ret) {
			vgpu_incident(vgpu, GVT_INCIDENT_CONTEXT_UNMAPPED, workload->descriptor);
			return ret;
		}
	}
	ret = write_register(workload, CTX_RING_HEAD, workload->tail);
	if (!ret)
		ret = write_register(workload, CTX_CONTEXT_CONTROL, state[CTX_CONTEXT_CONTROL + 1]);
	if (!ret)
		ret = write_register(workload, CTX_TIMESTAMP, state[CTX_TIMESTAMP + 1]);
	if (!ret)
		ret = guest_write(vgpu, workload->state_gpa + 4 * LRC_HEADER_DWORDS,
				  &state[LRC_HEADER_DWORDS], REST_BYTES);
	return ret;
}
