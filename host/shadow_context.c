// SPDX-License-Identifier: MIT
//
// The context that stands for a guest's: one per vGPU and engine. Guest contexts are multiplexed
// through it by copying their state in and out.
//
// What becomes of each register of the state page's header is a table, state_slots[]. The rest of
// the state page and the pages behind it are the guest's, copied in before and out after a
// workload: 20 pages each way on RCS0, whose image has 22, none elsewhere. A context that was never
// saved (restore inhibited) has none to copy in: its registers are loaded by commands in the ring.
//
// Shadow contexts and rings keep their pages and places in the GGTT as long as the vGPU is there:
// its pinned working set. Copies of batches have theirs as long as their workload.

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

/* ---- the header ---- */

// Where the value of a register of the shadow image comes from.
enum slot_source {
	SLOT_ZERO,    // the host's own: a context that starts at its ring's head, in no batch
	SLOT_TAIL,    // of the shadow ring
	SLOT_START,   // of the shadow ring
	SLOT_CTL,     // of the shadow ring
	SLOT_ROOT,    // of the address space that stands for the guest's, or an empty table
	SLOT_BATCH,   // the audited copy of a work-around batch
	SLOT_GUEST,   // the guest's image
	SLOT_CONTROL, // the same, with its mask
};

// What is stored in the guest's image when the workload is done. Everything else stays as it was.
enum slot_result {
	BACK_NOT,
	BACK_SHADOW, // as the engine saved it
	BACK_TAIL,   // the tail that was executed up to
};

struct state_slot {
	uint8_t index; // dword of the register's offset; its value follows
	uint8_t source;
	uint8_t result;
	bool rcs_only;
	uint16_t reg; // from the engine's base
};

#define ROOT_SLOTS(n)                                                                              \
	{ CTX_PDP0_UDW - 4 * (n), SLOT_ROOT, BACK_NOT, false, RING_PDP_UDW(n) },                   \
	{                                                                                          \
		CTX_PDP0_LDW - 4 * (n), SLOT_ROOT, BACK_NOT, false, RING_PDP_LDW(n)                \
	}

/*
 * gvt/scheduler.c of Linux 5.1, populate_shadow_context() and update_guest_context(); order of
 * writing back as there. Upstream reads the two work-around pointers from the guest again here, and
 * replaces them if there is an indirect batch.
 */
// clang-format off
static const struct state_slot state_slots[] = {
	{ CTX_RING_HEAD,           SLOT_ZERO,    BACK_TAIL,   false, RING_HEAD            },
	{ CTX_CONTEXT_CONTROL,     SLOT_CONTROL, BACK_SHADOW, false, RING_CONTEXT_CONTROL },
	{ CTX_TIMESTAMP,           SLOT_GUEST,   BACK_SHADOW, false, RING_CTX_TIMESTAMP   },
	{ CTX_RING_TAIL,           SLOT_TAIL,    BACK_NOT,    false, RING_TAIL            },
	{ CTX_RING_START,          SLOT_START,   BACK_NOT,    false, RING_START           },
	{ CTX_RING_CTL,            SLOT_CTL,     BACK_NOT,    false, RING_CTL             },
	{ CTX_BB_ADDR_UDW,         SLOT_ZERO,    BACK_NOT,    false, RING_BB_ADDR_UDW     },
	{ CTX_BB_ADDR_LDW,         SLOT_ZERO,    BACK_NOT,    false, RING_BB_ADDR         },
	{ CTX_BB_STATE,            SLOT_ZERO,    BACK_NOT,    false, RING_BB_STATE        },
	{ CTX_SBB_ADDR_UDW,        SLOT_ZERO,    BACK_NOT,    false, RING_SBB_ADDR_UDW    },
	{ CTX_SBB_ADDR_LDW,        SLOT_ZERO,    BACK_NOT,    false, RING_SBB_ADDR        },
	{ CTX_SBB_STATE,           SLOT_ZERO,    BACK_NOT,    false, RING_SBB_STATE       },
	{ CTX_BB_PER_CTX_PTR,      SLOT_BATCH,   BACK_NOT,    true,  RING_BB_PER_CTX_PTR  },
	{ CTX_INDIRECT_CTX,        SLOT_BATCH,   BACK_NOT,    true,  RING_INDIRECT_CTX    },
	{ CTX_INDIRECT_CTX_OFFSET, SLOT_GUEST,   BACK_NOT,    true,  RING_INDIRECT_OFFSET },
	ROOT_SLOTS(3), ROOT_SLOTS(2), ROOT_SLOTS(1), ROOT_SLOTS(0),
};
// clang-format on

#define SLOT_COUNT (sizeof(state_slots) / sizeof(state_slots[0]))

static bool has_slot(const struct workload *workload, const struct state_slot *slot)
{
	return !slot->rcs_only || workload->engine == GEN9_RCS0;
}

static uint32_t root_of(const struct workload *workload, uint32_t index)
{
	const struct ppgtt_mm *mm = workload->mm;
	unsigned n = (CTX_PDP0_LDW - index) / 4;
	uint64_t root = mm && mm->hw_root[n] ? mm->hw_root[n]
					     : workload->vgpu->gvt->hw.empty_mfn << PAGE_SHIFT;

	return index % 4 == CTX_PDP0_UDW % 4 ? (uint32_t)(root >> 32) : (uint32_t)root;
}

static uint32_t batch_of(const struct workload *workload, uint32_t index)
{
	const struct shadow_batch *per_context = workload->per_context;

	if (index == CTX_BB_PER_CTX_PTR)
		return per_context ? (uint32_t)per_context->pages.gma | CTX_PER_CTX_VALID : 0;
	return workload->indirect.page_count
		       ? (uint32_t)workload->indirect.gma |
				 workload->indirect_bytes / CTX_INDIRECT_LINE_BYTES
		       : 0;
}

// tail: of the shadow ring. guest: what the image says, for the sources that want it.
static uint32_t slot_value(const struct workload *workload, const struct state_slot *slot,
			   uint32_t tail, uint32_t guest)
{
	const struct hw_pages *ring = &workload->vgpu->engines[workload->engine].shadow_ring;

	switch ((enum slot_source)slot->source) {
	case SLOT_ZERO:
		return 0;
	case SLOT_TAIL:
		return tail;
	case SLOT_START:
		return (uint32_t)ring->gma;
	case SLOT_CTL:
		return (uint32_t)((ring->page_count - 1) << PAGE_SHIFT) | RING_CTL_VALID;
	case SLOT_ROOT:
		return root_of(workload, slot->index);
	case SLOT_BATCH:
		return batch_of(workload, slot->index);
	case SLOT_GUEST:
		return guest;
	case SLOT_CONTROL:
		return CONTROL_BITS << 16 | (guest & CONTROL_BITS);
	}
	return 0;
}

static int read_register(struct workload *workload, uint32_t index, uint32_t *value)
{
	return guest_read(workload->vgpu, workload->state_gpa + 4 * (index + 1), value, 4);
}

// What is taken from the guest's header, one small read each as upstream does it.
static int read_header(struct workload *workload, uint32_t guest[SLOT_COUNT])
{
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		const struct state_slot *slot = &state_slots[i];
		int ret;

		guest[i] = 0;
		if (!has_slot(workload, slot) ||
		    (slot->source != SLOT_GUEST && slot->source != SLOT_CONTROL))
			continue;
		ret = read_register(workload, slot->index, &guest[i]);
		if (ret)
			return ret;
		if (slot->source == SLOT_CONTROL)
			workload->restore_inhibit = guest[i] & CTX_CTRL_RESTORE_INHIBIT;
	}
	return 0;
}

static void fill_header(const struct workload *workload, uint32_t tail,
			const uint32_t guest[SLOT_COUNT])
{
	enum gen9_engine_id id = workload->engine;
	uint32_t *state = shadow_state(&workload->vgpu->engines[id]);

	state[CTX_LRI_HEADER_0] = id == GEN9_RCS0 ? CTX_LRI_HEADER_0_RCS : CTX_LRI_HEADER_0_OTHER;
	state[CTX_LRI_HEADER_1] = CTX_LRI_HEADER_1_VALUE;
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		const struct state_slot *slot = &state_slots[i];

		if (has_slot(workload, slot))
			set_register(state, slot->index, engine_reg(id, slot->reg),
				     slot_value(workload, slot, tail, guest[i]));
	}
}

/* ---- the rest of the image ---- */

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

static int copy_rest(struct workload *workload)
{
	uint32_t *state = shadow_state(&workload->vgpu->engines[workload->engine]);
	int ret = guest_read(workload->vgpu, workload->state_gpa + 4 * LRC_HEADER_DWORDS,
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

	// Nor may it be given what another context had there, or another user of the vGPU.
	if (workload->restore_inhibit) {
		memset(image + FIRST_ENGINE_PAGE * PAGE_SIZE, 0,
		       (pages - FIRST_ENGINE_PAGE) * PAGE_SIZE);
		return 0;
	}
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
	uint32_t guest[SLOT_COUNT];
	uint32_t tail;
	int ret = read_header(workload, guest);

	if (!ret)
		ret = copy_rest(workload);
	if (!ret)
		ret = copy_engine_pages(workload);
	if (!ret)
		ret = shadow_ring_fill(workload, &tail);
	if (ret)
		return ret;
	fill_header(workload, tail, guest);
	hw_pages_bind(&vgpu->gvt->hw, &engine->shadow_context);
	for (struct shadow_batch *batch = workload->batches; batch; batch = batch->next)
		hw_pages_bind(&vgpu->gvt->hw, &batch->pages);
	if (workload->indirect.page_count)
		hw_pages_bind(&vgpu->gvt->hw, &workload->indirect);
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
	ret = 0;
	for (size_t i = 0; i < SLOT_COUNT && !ret; i++) {
		const struct state_slot *slot = &state_slots[i];

		if (slot->result != BACK_NOT)
			ret = write_register(workload, slot->index,
					     slot->result == BACK_TAIL ? workload->tail
								       : state[slot->index + 1]);
	}
	if (!ret)
		ret = guest_write(vgpu, workload->state_gpa + 4 * LRC_HEADER_DWORDS,
				  &state[LRC_HEADER_DWORDS], REST_BYTES);
	return ret;
}
