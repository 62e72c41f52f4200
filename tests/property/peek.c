// SPDX-License-Identifier: MIT
#include "tests/property/peek.h"

#include "guest/i915_internal.h"
#include "guest/i915_ppgtt.h"
#include "guest/i915_vm.h"

bool peek_vma_range(const struct i915_vma *vma, uint64_t *start, uint64_t *bytes)
{
	*start = vma->node.start;
	*bytes = vma->node.size_bytes;
	return vma->node.size_bytes != 0;
}

uint64_t peek_object_gpa(const struct i915_object *obj)
{
	return obj->pages.gpa;
}

uint64_t peek_scratch_gpa(const struct i915_vm *vm, uint64_t *pages)
{
	*pages = vm->scratch.page_count;
	return vm->scratch.gpa;
}

unsigned peek_roots(const struct i915_context *ctx, uint64_t roots[4])
{
	return ctx->vm->is_ggtt ? 0 : i915_ppgtt_roots(ctx->vm, roots);
}

bool peek_image_roots(const struct i915_context *ctx, enum gen9_engine_id engine, uint64_t roots[4])
{
	const uint32_t *state;

	if (!ctx->on[engine].image.cpu)
		return false;
	state = i915_context_state(ctx, engine);
	for (unsigned i = 0; i < 4; i++) {
		unsigned udw = CTX_PDP0_UDW - 4 * i;

		roots[i] = (uint64_t)state[udw + 1] << 32 | state[udw + 3];
	}
	return true;
}
