// SPDX-License-Identifier: MIT
/* Engines: status page, start, and the mask of their user interrupt. */
#include "guest/i915_internal.h"

const struct gen9_engine_info i915_engine_info[GEN9_ENGINE_COUNT] = GEN9_ENGINE_TABLE;

/*
 * The driver starts as if entry 5 had been processed: the engine's first entry after reset lands
 * in slot 0.
 */
#define CSB_HEAD_RESET (GEN9_CSB_ENTRIES - 1)

static void write_imr(const struct i915_engine *engine, uint32_t unmasked)
{
	i915_write(engine->i915, engine->info->mmio_base + RING_IMR,
		   ~(unmasked << engine->info->gt_shift));
}

int i915_engine_init(struct i915 *i915, enum gen9_engine_id id)
{
	struct i915_engine *engine = &i915->engines[id];

	engine->i915 = i915;
	engine->id = id;
	engine->info = &i915_engine_info[id];
	i915_list_init(&engine->timeline);
	i915_list_init(&engine->queue);
	return i915_buffer_init(i915, &engine->hwsp, 1);
}

void i915_engine_start(struct i915_engine *engine)
{
	struct i915 *i915 = engine->i915;
	uint32_t base = engine->info->mmio_base;

	engine->csb_head = CSB_HEAD_RESET;
	plat_store32(i915->plat, i915_engine_hwsp(engine) + GEN9_HWSP_CSB_WRITE_DWORD,
		     CSB_HEAD_RESET);
	i915_mocs_init_engine(engine);
	write_imr(engine, i915->submission_ops->interrupts |
				  (engine->waiter_count ? GT_USER_INTERRUPT : 0));
	engine->started = true;
	i915_write(i915, base + RING_HWSTAM, ~0u);
	i915_write(i915, base + RING_MODE, MASKED_ENABLE(RING_MODE_RUN_LIST));
	i915_write(i915, base + RING_MI_MODE, MASKED_DISABLE(MI_MODE_STOP_RING));
	i915_write(i915, base + RING_HWS_PGA, (uint32_t)i915_buffer_gma(&engine->hwsp));
	i915_read(i915, base + RING_HWS_PGA); /* posting read */
}

void i915_engine_fini(struct i915_engine *engine)
{
	engine->started = false;
	i915_buffer_fini(&engine->hwsp);
}

void i915_engine_arm_user_interrupt(struct i915_engine *engine)
{
	uint32_t always = engine->i915->submission_ops->interrupts;

	if (engine->waiter_count++ || always & GT_USER_INTERRUPT)
		return;
	write_imr(engine, always | GT_USER_INTERRUPT);
	i915_read(engine->i915, engine->info->mmio_base + RING_IMR); /* posting read */
}

void i915_engine_disarm_user_interrupt(struct i915_engine *engine)
{
	uint32_t always = engine->i915->submission_ops->interrupts;

	if (--engine->waiter_count || always & GT_USER_INTERRUPT)
		return;
	write_imr(engine, always);
}
