// SPDX-License-Identifier: MIT
/*
 * Level ppgtt_update: the host does not watch the guest's tables, it is told of each operation and
 * then keeps tables of its own.
 *
 * Allocating is always told, even when no table was needed: so a single page bound into tables that
 * exist costs two exits, more than without the level.
 *
 * A range is cleared at the host first: if it refuses, nothing of the guest's has changed either.
 */
#include "guest/i915_internal.h"
#include "guest/i915_ppgtt.h"
#include "sim/abi/pvinfo.h"

static int tell(struct i915_vm *vm, enum g2v_code code, uint64_t start, uint64_t length_bytes)
{
	uint64_t roots[I915_PPGTT_ROOTS];

	i915_ppgtt_roots(vm, roots);
	return i915_pvmmio_ppgtt(vm->i915, code, roots[0], start, length_bytes);
}

static int allocate_pv(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	int err = i915_ppgtt_allocate(vm, start, length_bytes);

	if (err)
		return err;
	err = tell(vm, G2V_PPGTT_L4_ALLOC, start, length_bytes);
	if (err)
		i915_ppgtt_deallocate(vm, start, length_bytes);
	return err;
}

static int insert_pv(struct i915_vm *vm, const struct i915_vma *vma)
{
	i915_ppgtt_insert(vm, vma);
	return tell(vm, G2V_PPGTT_L4_INSERT, vma->node.start, i915_vma_length(vma));
}

static int clear_pv(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	int err = tell(vm, G2V_PPGTT_L4_CLEAR, start, length_bytes);

	if (!err)
		i915_ppgtt_clear(vm, start, length_bytes);
	return err;
}

const struct i915_vm_ops i915_ppgtt_pv = {
	.allocate_range = allocate_pv,
	.insert_entries = insert_pv,
	.clear_range = clear_pv,
	.destroy = i915_ppgtt_destroy,
};
