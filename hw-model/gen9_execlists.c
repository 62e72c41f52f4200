// SPDX-License-Identifier: MIT
/*
 * Execlists: the ELSP latch, the queue of two execlists, the context status buffer.
 *
 * A submission is four dwords: element 1 upper and lower, element 0 upper and lower. The fourth one
 * submits. There is room for the running execlist and one more; a submission that finds both taken
 * is dropped and counted. Without run list mode ELSP does nothing, and an execlist whose element 0
 * is not valid is dropped: both are assumptions, drivers do neither.
 *
 * Source: Linux 4.19 intel_lrc.c (order, status buffer), gvt/execlist.c and gvt/execlist.h (status
 * word, pointers).
 */
#include <string.h>

#include "hw-model/gen9_execlists.h"
#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_context.h"

#define ELSP_DWORDS     4u
#define CSB_ENTRY_BYTES 8u
#define REASON_MASK     0x1ffu

void gen9_execlists_reset(struct gen9_engine *engine)
{
	memset(engine->lists, 0, sizeof(engine->lists));
	engine->elsp_latched = 0;
	/* An engine that never ran shows a status of 1: the pointers differ. */
	engine->running_list = 1;
	engine->write_list = 0;
	engine->last_reason = 0;
	engine->active = false;
	engine->halted = false;
	engine->element = 0;
}

static void submit(struct gen9_engine *engine, uint64_t element0, uint64_t element1)
{
	struct gen9_execlist *list = &engine->lists[engine->write_list];
	uint64_t now_ps = gen9_now(engine);

	if (!(element0 & CTX_DESC_VALID))
		return;
	if (list->valid) {
		engine->stats.elsp_overruns++;
		return;
	}
	*list = (struct gen9_execlist){
		.element = {element0, element1},
		.ready_ps = now_ps + gen9_param(engine, HW_ELSP_LATENCY),
		.valid = true,
	};
	engine->write_list ^= 1u;
	engine->stats.elsp_submissions++;
	trace_emit(engine->gpu->m, TRACE_ELSP, engine->id, element0, element1);
	exec_wake_all(gen9_executor(engine->gpu), &engine->wake, now_ps);
}

void gen9_elsp_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	struct gen9_engine *engine = &gpu->engines[gen9_engine_at(offset)];
	const uint32_t *latch = engine->elsp_latch;

	if (!(*gen9_engine_reg(engine, RING_MODE) & RING_MODE_RUN_LIST))
		return;
	engine->elsp_latch[engine->elsp_latched++] = value;
	if (engine->elsp_latched < ELSP_DWORDS)
		return;
	engine->elsp_latched = 0;
	submit(engine, (uint64_t)latch[2] << 32 | latch[3], (uint64_t)latch[0] << 32 | latch[1]);
}

uint32_t gen9_execlist_status_read(struct gen9_gpu *gpu, uint32_t offset)
{
	struct gen9_engine *engine = &gpu->engines[gen9_engine_at(offset)];
	uint32_t status = 0;

	if (offset - engine->info->mmio_base == RING_EXECLIST_STATUS_HI)
		return engine->active ? gen9_context_id(engine->descriptor) : 0;
	status |= engine->running_list ? EL_STATUS_CURRENT_POINTER : 0;
	status |= engine->write_list ? EL_STATUS_WRITE_POINTER : 0;
	status |= engine->lists[0].valid ? EL_STATUS_EL0_VALID : 0;
	status |= engine->lists[1].valid ? EL_STATUS_EL1_VALID : 0;
	if (engine->lists[0].valid && engine->lists[1].valid)
		status |= EL_STATUS_QUEUE_FULL;
	status |= (engine->last_reason & REASON_MASK) << EL_STATUS_REASON_SHIFT;
	if (engine->active) {
		status |= (engine->element + 1u) << EL_STATUS_ELEMENT_SHIFT;
		status |= engine->arbitration ? EL_STATUS_ARB_ENABLE : 0;
		status |= engine->running_list ? EL_STATUS_EL1_ACTIVE : EL_STATUS_EL0_ACTIVE;
	}
	return status;
}

const struct gen9_execlist *gen9_execlist_pending(const struct gen9_engine *engine)
{
	const struct gen9_execlist *list = &engine->lists[engine->running_list ^ 1u];

	return list->valid ? list : NULL;
}

bool gen9_execlist_pending_ready(const struct gen9_engine *engine)
{
	const struct gen9_execlist *list = gen9_execlist_pending(engine);

	return list && list->ready_ps <= gen9_now(engine);
}

void gen9_execlist_promote(struct gen9_engine *engine)
{
	/* On an idle engine the other one may be the submission after the one that now runs. */
	if (engine->active)
		engine->lists[engine->running_list].valid = false;
	engine->running_list ^= 1u;
	engine->element = 0;
}

void gen9_execlist_retire(struct gen9_engine *engine)
{
	engine->lists[engine->running_list].valid = false;
}

uint64_t gen9_execlist_element(const struct gen9_engine *engine, unsigned element)
{
	return engine->lists[engine->running_list].element[element];
}

static int status_at(struct gen9_engine *engine, uint32_t byte, void **at)
{
	return gen9_status_page_at(engine, gen9_status_page_address(engine, true, byte), at);
}

static int spend_store(struct gen9_engine *engine)
{
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_MEMORY_WRITE));

	return rc ? rc : gen9_engine_sync(engine);
}

/* Entry first, then the pointer, then the interrupt: what a reader of the pointer sees is there. */
int gen9_csb_write(struct gen9_engine *engine, uint32_t status, uint32_t context_id)
{
	uint32_t entry[2] = { status, context_id };
	uint32_t *ptr = gen9_engine_reg(engine, RING_CSB_PTR);
	uint32_t index;
	void *at;
	int rc = spend_store(engine);

	if (rc)
		return rc;
	index = *ptr & 7u;
	index = index >= GEN9_CSB_ENTRIES - 1u ? 0 : index + 1u; /* 7, after reset, goes to 0 */
	rc = status_at(engine, GEN9_HWSP_CSB_DWORD * 4u + index * CSB_ENTRY_BYTES, &at);
	if (rc)
		return rc;
	*gen9_engine_reg(engine, RING_CSB_LO(index)) = status;
	*gen9_engine_reg(engine, RING_CSB_HI(index)) = context_id;
	if (at)
		memcpy(at, entry, sizeof(entry));
	engine->last_reason = status;
	trace_emit(engine->gpu->m, TRACE_CSB, engine->id, status, context_id);

	rc = spend_store(engine);
	if (!rc)
		rc = status_at(engine, GEN9_HWSP_CSB_WRITE_DWORD * 4u, &at);
	if (rc)
		return rc;
	*ptr = (*ptr & ~7u) | index;
	if (at)
		memcpy(at, &index, sizeof(index));
	gen9_engine_interrupt(engine, GT_CONTEXT_SWITCH_INTERRUPT);
	return 0;
}
