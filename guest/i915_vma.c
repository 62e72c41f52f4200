// SPDX-License-Identifier: MIT
/* Objects bound into address spaces. */
#include "guest/i915_internal.h"

static int check_bind(const struct i915_bind *how)
{
	if (how->align_bytes & (how->align_bytes - 1))
		return -I915_EINVAL;
	return how->flags & I915_BIND_FIXED ? -I915_ENOSPC : 0;
}

int i915_vma_bind(struct i915_vm *vm, struct i915_object *obj, const struct i915_bind *how,
		  struct i915_vma **out)
{
	struct i915 *i915 = vm->i915;
	struct i915_vma *vma;
	int err = how ? check_bind(how) : 0;
	bool irq;

	if (err)
		return err;
	vma = i915_heap_alloc(&i915->heap, sizeof(*vma));
	if (!vma)
		return -I915_ENOMEM;
	vma->vm = vm;
	vma->obj = obj;
	err = i915_ggtt_take(&i915->ggtt, &vma->node, obj->page_count * PLAT_PAGE_SIZE,
			     I915_GGTT_LOW);
	if (err) {
		i915_heap_free(&i915->heap, vma, sizeof(*vma));
		return err;
	}
	i915_ggtt_bind(&i915->ggtt, &vma->node, obj->gpa);
	irq = plat_lock(i915->plat, &i915->lock);
	i915_list_append(&vma->obj_link, &obj->vmas);
	plat_unlock(i915->plat, &i915->lock, irq);
	*out = vma;
	return 0;
}

void i915_vma_unbind(struct i915_vma *vma)
{
	struct i915 *i915;
	bool irq;

	if (!vma)
		return;
	i915 = vma->vm->i915;
	irq = plat_lock(i915->plat, &i915->lock);
	i915_list_remove(&vma->obj_link);
	plat_unlock(i915->plat, &i915->lock, irq);
	i915_ggtt_give(&i915->ggtt, &vma->node);
	i915_heap_free(&i915->heap, vma, sizeof(*vma));
}

int i915_vma_pin(struct i915_vma *vma)
{
	return 0;
}

void i915_vma_unpin(struct i915_vma *vma)
{
}

uint64_t i915_vma_gma(const struct i915_vma *vma)
{
	return vma->node.start;
}

struct i915_object *i915_vma_object(const struct i915_vma *vma)
{
	return vma->obj;
}

bool i915_vma_is_ggtt(const struct i915_vma *vma)
{
	return vma->vm == &vma->vm->i915->ggtt_vm;
}

struct i915_vm *i915_ggtt_vm(struct i915 *i915)
{
	return &i915->ggtt_vm;
}

struct i915_vm *i915_context_vm(struct i915_context *ctx)
{
	return &ctx->i915->ggtt_vm;
}
