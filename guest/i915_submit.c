// SPDX-License-Identifier: MIT
/*
 * How a pair of descriptors reaches an engine. Both ways hand over the same four dwords in the same
 * order: element 1 upper, element 1 lower, element 0 upper, element 0 lower.
 *
 * Source: Linux 4.19 intel_lrc.c (write_desc), sim/abi/pvmmio.h.
 */
#include "guest/i915_internal.h"

static void submit_elsp(struct i915 *i915, const struct i915_engine *engine,
			const uint64_t desc[I915_PORT_COUNT])
{
	uint32_t elsp = engine->info->mmio_base + RING_ELSP;

	plat_wmb(i915->plat); /* rings and images before the engine is told of them */
	for (unsigned n = I915_PORT_COUNT; n--;) {
		i915_write(i915, elsp, (uint32_t)(desc[n] >> 32));
		i915_write(i915, elsp, (uint32_t)desc[n]);
	}
}

static void submit_pvmmio(struct i915 *i915, const struct i915_engine *engine,
			  const uint64_t desc[I915_PORT_COUNT])
{
	struct platform *plat = i915->plat;
	uint32_t *data = i915->shared.page->elsp_data;
	bool irq = plat_lock(plat, &i915->shared.lock);

	plat_store32(plat, &data[0], (uint32_t)(desc[1] >> 32));
	plat_store32(plat, &data[1], (uint32_t)desc[1]);
	plat_store32(plat, &data[2], (uint32_t)(desc[0] >> 32));
	plat_wmb(plat); /* record, rings and images before the doorbell */
	i915_write(i915, engine->info->mmio_base + RING_ELSP, (uint32_t)desc[0]);
	plat_unlock(plat, &i915->shared.lock, irq);
}

const struct i915_submission_ops i915_submission_elsp = {
	.submit = submit_elsp,
	.run = i915_execlists_run,
	.interrupts = GT_CONTEXT_SWITCH_INTERRUPT,
};

const struct i915_submission_ops i915_submission_pvmmio = {
	.submit = submit_pvmmio,
	.run = i915_execlists_run,
	.interrupts = GT_CONTEXT_SWITCH_INTERRUPT,
};
