// SPDX-License-Identifier: MIT
/* Address spaces: life, and their operations as they are accounted for. */
#include "guest/i915_internal.h"

int i915_vm_init(struct i915_vm *vm, struct i915 *i915, const struct i915_vm_ops *ops,
		 size_t scratch_align_pages)
{
	vm->i915 = i915;
	vm->ops = ops;
	vm->refs = 1;
	i915_list_init(&vm->link);
	i915_list_init(&vm->bound);
	i915_list_init(&vm->lost);
	if (i915_pages_alloc(i915->plat, &vm->scratch, scratch_align_pages, scratch_align_pages))
		return -I915_ENOMEM;
	vm->scratch_pte = i915_pte(vm->scratch.gpa, 0);
	return 0;
}

void i915_vm_fini(struct i915_vm *vm)
{
	while (vm->lost.next && !i915_list_empty(&vm->lost)) {
		struct i915_vma *vma = container_of(vm->lost.next, struct i915_vma, vm_link);

		i915_list_remove(&vma->vm_link);
		i915_heap_free(&vm->i915->heap, vma, sizeof(*vma));
	}
	if (vm->i915)
		i915_pages_free(vm->i915->plat, &vm->scratch);
}

void i915_vm_ref(struct i915_vm *vm)
{
	vm->refs++;
}

void i915_vm_unref(struct i915_vm *vm)
{
	struct i915 *i915 = vm->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);
	bool last = --vm->refs == 0;

	if (last)
		i915_list_remove(&vm->link);
	plat_unlock(i915->plat, &i915->lock, irq);
	if (last)
		vm->ops->destroy(vm);
}

void i915_vm_close(struct i915_vm *vm)
{
	i915_mutex_lock(vm->i915->plat, &vm->mutex);
	vm->closed = true;
	i915_mutex_unlock(vm->i915->plat, &vm->mutex);
	i915_vm_unref(vm);
}

/*
 * One operation, however often it is tried: what eviction clears in between is marked as its own.
 */
int i915_vm_allocate(struct i915_vm *vm, const struct i915_vma *vma)
{
	int err;

	if (!vm->ops->allocate_range)
		return 0;
	plat_op_begin(vm->i915->plat, PLAT_OP_PPGTT_ALLOC);
	do
		err = vm->ops->allocate_range(vm, vma->node.start, i915_vma_length(vma));
	while (err == -I915_ENOMEM && i915_evict_tables(vm));
	plat_op_end(vm->i915->plat, PLAT_OP_PPGTT_ALLOC);
	return err;
}

int i915_vm_insert(struct i915_vm *vm, const struct i915_vma *vma)
{
	enum plat_op op = vm->is_ggtt ? PLAT_OP_GGTT_INSERT : PLAT_OP_PPGTT_INSERT;
	int err;

	plat_op_begin(vm->i915->plat, op);
	err = vm->ops->insert_entries(vm, vma);
	plat_op_end(vm->i915->plat, op);
	return err;
}

int i915_vm_clear(struct i915_vm *vm, const struct i915_vma *vma)
{
	enum plat_op op = vm->is_ggtt ? PLAT_OP_GGTT_CLEAR : PLAT_OP_PPGTT_CLEAR;
	int err;

	plat_op_begin(vm->i915->plat, op);
	err = vm->ops->clear_range(vm, vma->node.start, i915_vma_length(vma));
	plat_op_end(vm->i915->plat, op);
	return err;
}

struct i915_vm *i915_ggtt_vm(struct i915 *i915)
{
	return &i915->ggtt.vm;
}

struct i915_vm *i915_context_vm(struct i915_context *ctx)
{
	return ctx->vm;
}
