// SPDX-License-Identifier: MIT
/*
 * Objects bound into address spaces: choosing the address, the entries, pins, and how long a VMA
 * lives.
 *
 * The VMA is its owner's until it is unbound. Requests may still count it among what they use: the
 * GPU has passed their breadcrumb, but the driver has not ended them. So it is freed with the last
 * use, which may end in the interrupt handler.
 */
#include "guest/i915_internal.h"

uint64_t i915_vma_length(const struct i915_vma *vma)
{
	return (uint64_t)vma->obj->pages.page_count * PLAT_PAGE_SIZE;
}

/* ---- choosing the address ---- */

struct placing {
	uint64_t size_bytes;
	uint64_t align_bytes;
};

/*
 * An object that large pages can map starts where they can; one that 64 KiB pages map at its end
 * has the last table for itself, because a table holds pages of one size.
 */
static struct placing placing_of(const struct i915_vma *vma)
{
	struct placing p = { i915_vma_length(vma), vma->how.align_bytes };
	uint64_t part_bytes = p.size_bytes % I915_PAGE_2M;

	if (p.align_bytes < PLAT_PAGE_SIZE)
		p.align_bytes = PLAT_PAGE_SIZE;
	if (!vma->vm->large_pages || vma->how.flags & (I915_BIND_4K | I915_BIND_FIXED))
		return p;
	if (!i915_ppgtt_maps_large(vma->obj->pages.gpa, p.size_bytes))
		return p;
	if (p.align_bytes < I915_PAGE_2M)
		p.align_bytes = I915_PAGE_2M;
	if (part_bytes && part_bytes % I915_PAGE_64K == 0)
		p.size_bytes += I915_PAGE_2M - part_bytes;
	return p;
}

static int place_at(struct i915_vma *vma, uint64_t start, uint64_t size_bytes)
{
	struct i915_vm *vm = vma->vm;
	int err;

	if (!i915_space_contains(&vm->space, start, size_bytes))
		return -I915_EINVAL;
	err = i915_space_take_at(&vm->space, &vma->node, start, size_bytes);
	if (err && i915_evict_range(vm, start, start + size_bytes))
		err = i915_space_take_at(&vm->space, &vma->node, start, size_bytes);
	return err;
}

/* vm->mutex held. */
static int place(struct i915_vma *vma)
{
	struct i915_vm *vm = vma->vm;
	struct placing p = placing_of(vma);
	enum i915_place from = vma->how.flags & I915_BIND_HIGH ? I915_PLACE_HIGH : I915_PLACE_LOW;
	int err;

	if (vma->how.flags & I915_BIND_FIXED)
		return place_at(vma, vma->how.fixed_gma, p.size_bytes);
	if (!i915_space_has_room(&vm->space, p.size_bytes, p.align_bytes))
		return -I915_ENOSPC;
	do
		err = i915_space_take(&vm->space, &vma->node, p.size_bytes, p.align_bytes, from);
	while (err && i915_evict_one(vm));
	return err;
}

/* ---- binding; vm->mutex held ---- */

/* The host would not clear what it may have inserted: the addresses are not used again. */
static void lose(struct i915_vma *vma)
{
	plat_log(vma->vm->i915->plat, "i915: host does not clear, lost addresses from",
		 vma->node.start);
	vma->lost = true;
	i915_list_append(&vma->vm_link, &vma->vm->lost);
}

static int map(struct i915_vma *vma)
{
	struct i915_vm *vm = vma->vm;
	int err = place(vma);

	if (err)
		return err;
	err = i915_vm_allocate(vm, vma);
	if (err)
		goto out_give;
	err = i915_vm_insert(vm, vma);
	if (!err)
		return 0;
	if (vm->ops->allocate_range && i915_vm_clear(vm, vma)) {
		lose(vma);
		return err;
	}
out_give:
	i915_space_give(&vma->node);
	return err;
}

int i915_vma_evict(struct i915_vma *vma)
{
	int err = vma->vm->closed ? 0 : i915_vm_clear(vma->vm, vma);

	if (err)
		return err;
	i915_list_remove(&vma->vm_link);
	i915_space_give(&vma->node);
	return 0;
}

static int pin(struct i915_vma *vma)
{
	struct i915_vm *vm = vma->vm;
	int err = 0;

	i915_mutex_lock(vm->i915->plat, &vm->mutex);
	if (vma->lost)
		err = -I915_EIO;
	else if (vma->node.size_bytes == 0)
		err = map(vma);
	if (!err) {
		vma->pins++;
		i915_list_remove(&vma->vm_link);
		i915_list_append(&vma->vm_link, &vm->bound);
	}
	i915_mutex_unlock(vm->i915->plat, &vm->mutex);
	return err;
}

int i915_vma_pin(struct i915_vma *vma)
{
	int err;

	/* What contexts without an owner have bound goes when they are reaped. */
	do
		err = pin(vma);
	while ((err == -I915_ENOSPC || err == -I915_ENOMEM) && i915_contexts_reap(vma->vm->i915));
	return err;
}

void i915_vma_unpin(struct i915_vma *vma)
{
	struct i915_vm *vm = vma->vm;

	i915_mutex_lock(vm->i915->plat, &vm->mutex);
	I915_BUG_ON(vm->i915->plat, vma->pins == 0);
	vma->pins--;
	i915_mutex_unlock(vm->i915->plat, &vm->mutex);
}

/* ---- life ---- */

/* i915->lock held. */
static void free_if_unused(struct i915 *i915, struct i915_vma *vma)
{
	if (vma->dead && !vma->lost && vma->uses == 0)
		i915_heap_free(&i915->heap, vma, sizeof(*vma));
}

void i915_vma_use(struct i915 *i915, struct i915_vma *vma)
{
	vma->uses++;
}

void i915_vma_end_use(struct i915 *i915, struct i915_vma *vma)
{
	vma->uses--;
	free_if_unused(i915, vma);
}

static void attach(struct i915_vma *vma)
{
	struct i915 *i915 = vma->vm->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	i915_vm_ref(vma->vm);
	i915_list_append(&vma->obj_link, &vma->obj->vmas);
	plat_unlock(i915->plat, &i915->lock, irq);
}

/* The owner's part ends: the handle is void. */
static void detach(struct i915_vma *vma)
{
	struct i915_vm *vm = vma->vm;
	struct i915 *i915 = vm->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);

	i915_list_remove(&vma->obj_link);
	vma->dead = true;
	free_if_unused(i915, vma);
	plat_unlock(i915->plat, &i915->lock, irq);
	i915_vm_unref(vm);
}

static bool bind_is_valid(const struct i915_bind *how)
{
	uint64_t align_bytes = how->align_bytes ? how->align_bytes : PLAT_PAGE_SIZE;

	if (align_bytes & (align_bytes - 1))
		return false;
	if (align_bytes < PLAT_PAGE_SIZE)
		align_bytes = PLAT_PAGE_SIZE;
	return !(how->flags & I915_BIND_FIXED) || how->fixed_gma % align_bytes == 0;
}

int i915_vma_bind(struct i915_vm *vm, struct i915_object *obj, const struct i915_bind *how,
		  struct i915_vma **out)
{
	struct i915 *i915 = vm->i915;
	struct i915_vma *vma;
	int err;

	static_assert(sizeof(*vma) <= I915_HEAP_MAX_BYTES, "fits a heap block");
	if (how && !bind_is_valid(how))
		return -I915_EINVAL;
	vma = i915_heap_alloc(&i915->heap, sizeof(*vma));
	if (!vma)
		return -I915_ENOMEM;
	vma->vm = vm;
	vma->obj = obj;
	vma->how = how ? *how : (struct i915_bind){ 0 };
	i915_list_init(&vma->vm_link);
	attach(vma);
	err = i915_vma_pin(vma);
	if (err) {
		detach(vma);
		return err;
	}
	*out = vma;
	return 0;
}

void i915_vma_unbind(struct i915_vma *vma)
{
	struct i915_vm *vm;

	if (!vma)
		return;
	vm = vma->vm;
	i915_mutex_lock(vm->i915->plat, &vm->mutex);
	if (vma->node.size_bytes && !vma->lost && i915_vma_evict(vma)) {
		i915_list_remove(&vma->vm_link);
		lose(vma);
	}
	i915_mutex_unlock(vm->i915->plat, &vm->mutex);
	detach(vma);
}

/* ---- what it is ---- */

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
	return vma->vm->is_ggtt;
}
