// SPDX-License-Identifier: MIT
/*
 * The fake GPU: executes rings, keeps the two-execlist rules of the hardware, and notes what a
 * driver must not do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvinfo.h"
#include "tests/guest/fake.h"

static void violation(struct platform *plat, const char *rule)
{
	plat->gpu.violations++;
	plat->gpu.violation = rule;
	print_message("GPU: %s\n", rule);
}

uint32_t *fake_gpu_hwsp(const struct platform *plat, enum gen9_engine_id engine)
{
	uint32_t gma = plat->regs[(fake_engine_info[engine].mmio_base + RING_HWS_PGA) / 4];
	uint32_t *hwsp = fake_ggtt_cpu(plat, gma);

	assert_non_null(hwsp);
	return hwsp;
}

void fake_gpu_seqno(struct platform *plat, enum gen9_engine_id engine, uint32_t seqno)
{
	fake_gpu_hwsp(plat, engine)[0x30] = seqno;
}

void fake_gpu_csb(struct platform *plat, enum gen9_engine_id engine, uint32_t status,
		  uint32_t context_id)
{
	struct fake_engine *e = &plat->gpu.engines[engine];
	uint32_t *hwsp = fake_gpu_hwsp(plat, engine);

	e->csb_write = e->csb_write >= GEN9_CSB_ENTRIES - 1 ? 0 : e->csb_write + 1;
	hwsp[GEN9_HWSP_CSB_DWORD + 2 * e->csb_write] = status;
	hwsp[GEN9_HWSP_CSB_DWORD + 2 * e->csb_write + 1] = context_id;
	hwsp[GEN9_HWSP_CSB_WRITE_DWORD] = e->csb_write;
	fake_gpu_event(plat, engine, GT_CONTEXT_SWITCH_INTERRUPT);
}

static uint32_t *state_of(const struct platform *plat, uint64_t desc)
{
	return fake_ggtt_cpu(plat, ((uint32_t)desc & CTX_DESC_LRCA_MASK) +
					   LRC_STATE_PAGE * PLAT_PAGE_SIZE);
}

/* ---- submission ---- */

static void take_submission(struct platform *plat, enum gen9_engine_id engine, uint64_t desc0,
			    uint64_t desc1)
{
	struct fake_engine *e = &plat->gpu.engines[engine];
	struct fake_submission *seen = &plat->gpu.submissions[plat->gpu.submission_count++];
	struct fake_execlist list = {
		.valid = true, .desc = {desc0, desc1}
	};
	uint64_t current = e->running.desc[e->element];

	assert_true(plat->gpu.submission_count < FAKE_SUBMISSION_LIMIT);
	for (unsigned n = 0; n < 2; n++) {
		if (list.desc[n] & CTX_DESC_VALID)
			list.tail[n] = state_of(plat, list.desc[n])[CTX_RING_TAIL + 1];
	}
	*seen = (struct fake_submission){
		engine, {desc0,         desc1       },
                 { list.tail[0], list.tail[1]}
	};
	if (!(desc0 & CTX_DESC_VALID) || list.tail[0] >= 0x4000)
		return; /* the mediator drops these */
	if (desc0 == desc1)
		violation(plat, "one context in both ports");
	if (e->pending.valid)
		violation(plat, "submission while both execlists are in use");
	if (!e->running.valid) {
		e->running = list;
		e->element = 0;
		fake_gpu_csb(plat, engine, CSB_IDLE_TO_ACTIVE, 0);
	} else if (desc0 == current &&
		   (e->element == 1 || !(e->running.desc[1] & CTX_DESC_VALID))) {
		if (state_of(plat, desc0)[CTX_RING_HEAD + 1] == list.tail[0])
			violation(plat, "lite restore with HEAD == TAIL");
		e->running = list;
		e->element = 0;
		fake_gpu_csb(plat, engine, CSB_LITE_RESTORE | CSB_PREEMPTED,
			     (uint32_t)(desc0 >> 32));
	} else {
		e->pending = list;
	}
}

/* ---- level pv_submission: what the mediator does ---- */

static struct pvmmio_submission *slot_of(struct platform *plat, enum gen9_engine_id engine)
{
	uint64_t gpa = plat->regs[(PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO) / 4];
	struct pvmmio_page *page = (void *)(plat->ram + (gpa - FAKE_RAM_GPA));

	return &page->submission[fake_engine_info[engine].hw_id];
}

static bool is_bad(const struct platform *plat, uint64_t desc)
{
	return !(desc & CTX_DESC_VALID) || state_of(plat, desc)[CTX_RING_TAIL + 1] >= 0x4000;
}

static void take_slot(struct platform *plat, enum gen9_engine_id engine)
{
	struct fake_engine *e = &plat->gpu.engines[engine];
	struct pvmmio_submission *slot = slot_of(plat, engine);
	struct fake_submission *seen = &plat->gpu.submissions[plat->gpu.submission_count++];

	assert_true(plat->gpu.submission_count < FAKE_SUBMISSION_LIMIT);
	*seen = (struct fake_submission){
		engine, {slot->descriptor[0], slot->descriptor[1]},
                 { 0,                  0                  }
	};
	if (slot->submitted != 1)
		violation(plat, "doorbell without a submission");
	slot->submitted = 0;
	slot->status = PVMMIO_STATUS_WORKLOAD;
	if (is_bad(plat, seen->desc[0]) || (seen->desc[1] && is_bad(plat, seen->desc[1])))
		return;
	if (plat->host.refuse) {
		plat->host.refuse--;
		return;
	}
	if (seen->desc[0] == seen->desc[1])
		violation(plat, "one context twice");
	for (unsigned n = 0; n < 2 && seen->desc[n]; n++) {
		seen->tail[n] = state_of(plat, seen->desc[n])[CTX_RING_TAIL + 1];
		if (e->pv_count == 2)
			violation(plat, "more than two contexts");
		assert_true(e->pv_count < FAKE_PV_LIMIT);
		e->pv[e->pv_count++] = (struct fake_workload){ seen->desc[n], seen->tail[n] };
	}
	slot->status = PVMMIO_STATUS_OK;
}

static void pv_doorbell(struct platform *plat, enum gen9_engine_id engine, uint32_t value)
{
	if (value != PVMMIO_SUBMISSION_DOORBELL)
		violation(plat, "native submission with level pv_submission");
	if (plat->gpu.engines[engine].pv_rung)
		violation(plat, "doorbell before the last one was answered");
	if (plat->host.defers_doorbell)
		plat->gpu.engines[engine].pv_rung = true;
	else
		take_slot(plat, engine);
}

void fake_gpu_elsp_write(struct platform *plat, enum gen9_engine_id engine, uint32_t value)
{
	struct fake_engine *e = &plat->gpu.engines[engine];

	if (plat->op_depth == 0 || plat->ops[plat->op_depth - 1] != PLAT_OP_SUBMIT)
		violation(plat, "ELSP written outside of a submit operation");
	if (plat->irq_enabled || !plat->locks_held)
		violation(plat, "ELSP written without a lock");
	if (plat->host.levels & PVMMIO_PV_SUBMISSION) {
		pv_doorbell(plat, engine, value);
		return;
	}
	e->elsp[e->elsp_count++] = value;
	if (plat->host.levels & PVMMIO_ELSP_SUBMIT) {
		uint64_t gpa = plat->regs[(PVINFO_BASE + PVINFO_SHARED_PAGE_GPA_LO) / 4];
		const struct pvmmio_page *page = (void *)(plat->ram + (gpa - FAKE_RAM_GPA));

		for (unsigned i = 0; i < 3; i++)
			e->elsp[i] = page->elsp_data[i];
		e->elsp[3] = value;
		e->elsp_count = 4;
	}
	if (e->elsp_count < 4)
		return;
	e->elsp_count = 0;
	take_submission(plat, engine, (uint64_t)e->elsp[2] << 32 | e->elsp[3],
			(uint64_t)e->elsp[0] << 32 | e->elsp[1]);
}

/* ---- execution ---- */

static void store(struct platform *plat, uint64_t gma, uint32_t value)
{
	uint32_t *p = fake_ggtt_cpu(plat, gma);

	if (!p)
		violation(plat, "store to an unmapped address");
	else
		*p = value;
}

static unsigned command_dwords(uint32_t header)
{
	if (CMD_CLIENT(header) == CMD_CLIENT_MI)
		return MI_OPCODE(header) < 0x10 ? 1 : (header & 0x3f) + 2;
	return (header & 0xff) + 2;
}

/* Memory behind an address of the context's PPGTT, by the roots in its image. */
static void *ppgtt_cpu(const struct platform *plat, uint64_t desc, uint64_t gma)
{
	const uint32_t *state = state_of(plat, desc);
	unsigned mode = ((uint32_t)desc & CTX_DESC_MODE_MASK) >> CTX_DESC_MODE_SHIFT;
	uint64_t roots[4];

	for (unsigned i = 0; i < 4; i++)
		roots[i] = (uint64_t)state[CTX_PDP0_UDW - 4 * i + 1] << 32 |
			   state[CTX_PDP0_LDW - 4 * i + 1];
	return fake_cpu(
		plat,
		fake_ppgtt_walk(plat, roots, mode == CTX_DESC_MODE_LEGACY_64B ? 4 : 3, gma).gpa);
}

/* Only what the tests' batches hold, within a page. */
static void run_batch(struct platform *plat, enum gen9_engine_id engine, uint64_t desc,
		      uint64_t gma, bool ppgtt)
{
	const uint32_t *cs = ppgtt ? ppgtt_cpu(plat, desc, gma) : fake_ggtt_cpu(plat, gma);

	if (!cs) {
		violation(plat, "batch at an unmapped address");
		return;
	}
	for (; *cs != MI_BATCH_BUFFER_END; cs += command_dwords(*cs)) {
		if (*cs == FAKE_HANG) {
			plat->gpu.engines[engine].stuck = true;
			return;
		}

		uint64_t to = cs[1] | (uint64_t)cs[2] << 32;
		uint32_t *p;

		if (*cs == (MI_STORE_DATA_IMM | MI_USE_GGTT)) {
			store(plat, to, cs[3]);
		} else if (*cs == MI_STORE_DATA_IMM) {
			p = ppgtt_cpu(plat, desc, to);
			if (!p)
				violation(plat, "store to an unmapped PPGTT address");
			else
				*p = cs[3];
		}
	}
}

static void run_command(struct platform *plat, enum gen9_engine_id engine, uint64_t desc,
			const uint32_t *cs)
{
	uint32_t hwsp = plat->regs[(fake_engine_info[engine].mmio_base + RING_HWS_PGA) / 4];

	switch (*cs & 0xff800000) {
	case MI_USER_INTERRUPT:
		fake_gpu_event(plat, engine, GT_USER_INTERRUPT);
		return;
	case MI_BATCH_BUFFER_START & 0xff800000:
		run_batch(plat, engine, desc, cs[1] | (uint64_t)cs[2] << 32, *cs & MI_BATCH_PPGTT);
		return;
	case MI_FLUSH_DW & 0xff800000:
		if ((*cs & MI_FLUSH_DW_POST_SYNC) == MI_FLUSH_DW_STORE_DWORD)
			store(plat, (cs[1] & ~7u) + (*cs & MI_FLUSH_DW_INDEX ? hwsp : 0), cs[3]);
		return;
	case PIPE_CONTROL & 0xff800000:
		if (engine != GEN9_RCS0)
			violation(plat, "PIPE_CONTROL outside of the render engine");
		if (cs[1] & PIPE_CONTROL_WRITE_QWORD) {
			store(plat, cs[2], cs[4]);
			store(plat, cs[2] + 4, cs[5]);
		}
		return;
	default:
		return;
	}
}

static void run_ring(struct platform *plat, enum gen9_engine_id engine, uint64_t desc,
		     uint32_t tail)
{
	uint32_t *state = state_of(plat, desc);
	uint32_t size = (state[CTX_RING_CTL + 1] & RING_CTL_SIZE_MASK) + PLAT_PAGE_SIZE;
	uint32_t head = state[CTX_RING_HEAD + 1];
	uint32_t start = state[CTX_RING_START + 1];

	while (head != tail) {
		uint32_t cs[8];
		unsigned count = command_dwords(*(uint32_t *)fake_ggtt_cpu(plat, start + head));

		assert_in_range(count, 1, 8);
		for (unsigned i = 0; i < count; i++) {
			if (head + 4 * i >= size)
				violation(plat, "a command crosses the end of the ring");
			cs[i] = *(uint32_t *)fake_ggtt_cpu(plat, start + (head + 4 * i) % size);
		}
		run_command(plat, engine, desc, cs);
		if (plat->gpu.engines[engine].stuck)
			return; /* and the context is not saved */
		head = (head + 4 * count) % size;
	}
	state[CTX_RING_HEAD + 1] = head;
}

/* Answer a doorbell, or end one workload. */
static bool pv_step(struct platform *plat, enum gen9_engine_id engine)
{
	struct fake_engine *e = &plat->gpu.engines[engine];
	struct pvmmio_submission *slot = slot_of(plat, engine);

	if (e->pv_rung) {
		e->pv_rung = false;
		take_slot(plat, engine);
		if (slot->status)
			fake_gpu_event(plat, engine, GT_USER_INTERRUPT);
		return true;
	}
	if (!e->pv_count)
		return false;
	if (plat->host.hang) {
		plat->host.hang--;
		slot->ended += e->pv_count;
		slot->failed += e->pv_count;
		e->pv_count = 0;
		fake_gpu_event(plat, engine, GT_USER_INTERRUPT);
		return true;
	}
	run_ring(plat, engine, e->pv[0].desc, e->pv[0].tail);
	e->pv[0] = e->pv[1];
	e->pv_count--;
	slot->ended++;
	return true;
}

bool fake_gpu_step(struct platform *plat, enum gen9_engine_id engine)
{
	struct fake_engine *e = &plat->gpu.engines[engine];
	uint64_t desc = e->running.desc[e->element];
	uint32_t id = (uint32_t)(desc >> 32);

	if (e->stuck)
		return false;
	if (plat->host.levels & PVMMIO_PV_SUBMISSION)
		return pv_step(plat, engine);
	if (!e->running.valid)
		return false;
	run_ring(plat, engine, desc, e->running.tail[e->element]);
	if (e->stuck)
		return true;
	if (e->element == 0 && (e->running.desc[1] & CTX_DESC_VALID)) {
		e->element = 1;
		fake_gpu_csb(plat, engine, CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH, id);
		return true;
	}
	e->running = e->pending;
	e->pending.valid = false;
	e->element = 0;
	fake_gpu_csb(plat, engine, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, id);
	if (e->running.valid)
		fake_gpu_csb(plat, engine, CSB_IDLE_TO_ACTIVE, 0);
	return true;
}

bool fake_gpu_step_all(struct platform *plat)
{
	bool any = false;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		any |= fake_gpu_step(plat, i);
	return any;
}

/* ---- reset ---- */

static void reset_engine(struct platform *plat, enum gen9_engine_id engine)
{
	struct fake_engine *e = &plat->gpu.engines[engine];
	uint32_t base = fake_engine_info[engine].mmio_base;
	unsigned resets = e->resets;

	*e = (struct fake_engine){ .csb_write = GEN9_CSB_PTR_RESET, .resets = resets + 1 };
	plat->regs[(base + RING_MODE) / 4] = 0;
	plat->regs[(base + RING_HWS_PGA) / 4] = 0;
	plat->regs[(base + RING_IMR) / 4] = ~0u;
}

static void gdrst_write(struct platform *plat, uint32_t value)
{
	plat->regs[GDRST / 4] = plat->gpu.never_resets ? value : 0;
	if (plat->gpu.never_resets)
		return;
	plat->gpu.resets += value & GDRST_FULL;
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (value & (GDRST_FULL | 1u << fake_engine_info[i].gdrst_bit))
			reset_engine(plat, i);
	}
}

bool fake_gpu_write(struct platform *plat, uint32_t offset, uint32_t value)
{
	if (offset == GDRST) {
		gdrst_write(plat, value);
		return true;
	}
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (offset != fake_engine_info[i].mmio_base + RING_ELSP)
			continue;
		if (plat->regs[(fake_engine_info[i].mmio_base + RING_MODE) / 4] != 0x80008000)
			violation(plat, "ELSP written without run lists enabled");
		fake_gpu_elsp_write(plat, i, value);
		return true;
	}
	return false;
}

/* Masked registers hold what was written: both halves. */
bool fake_gpu_read(const struct platform *plat, uint32_t offset, uint32_t *value)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		uint32_t base = fake_engine_info[i].mmio_base;

		if (offset == base + RING_MI_MODE) {
			*value = plat->gpu.never_stops ? 0 : MI_MODE_IDLE;
			return true;
		}
		if (offset == base + RING_RESET_CTL) {
			*value = plat->gpu.never_ready ? 0 : plat->regs[offset / 4] << 1 & 2;
			return true;
		}
	}
	return false;
}
