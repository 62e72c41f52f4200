// SPDX-License-Identifier: MIT
/*
 * Eviction: idle VMAs are unbound when addresses or memory for tables are short. Idle is what
 * nobody has pinned and no request uses that has not ended.
 *
 * A VM's own mutex is held; of other VMs only those are touched whose mutex is free at once, so two
 * that evict from each other do not wait for each other.
 *
 * Source: Linux 4.19 i915_gem_evict.c, i915_gem_shrinker.c.
 */
#include "guest/i915_internal.h"

/* Requests that have ended may not have been noticed yet. */
static void retire_all(struct i915 *i915)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		struct i915_engine *engine = &i915->engines[i];
		bool irq;

		if (!engine->started)
			continue;
		irq = plat_lock(i915->plat, &engine->lock);
		i915_requests_retire(engine);
		i915_engine_unlock(engine, irq);
	}
}

/* i915->lock held. */
static bool idle(const struct i915_vma *vma)
{
	return vma->pins == 0 && vma->uses == 0;
}

/* i915->lock held. */
static struct i915_vma *first_idle(struct i915_vm *vm)
{
	for (struct i915_list *link = vm->bound.next; link != &vm->bound; link = link->next) {
		struct i915_vma *vma = container_of(link, struct i915_vma, vm_link);

		if (idle(vma))
			return vma;
	}
	return NULL;
}

static struct i915_vma *find_idle(struct i915_vm *vm)
{
	struct i915 *i915 = vm->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);
	struct i915_vma *vma = first_idle(vm);

	plat_unlock(i915->plat, &i915->lock, irq);
	return vma;
}

bool i915_evict_one(struct i915_vm *vm)
{
	struct i915_vma *vma;

	retire_all(vm->i915);
	vma = find_idle(vm);
	return vma && i915_vma_evict(vma) == 0;
}

static bool range_is_idle(struct i915_vm *vm, uint64_t start, uint64_t end)
{
	struct i915 *i915 = vm->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);
	bool ok = true;

	for (struct i915_list *link = vm->bound.next; link != &vm->bound; link = link->next) {
		const struct i915_vma *vma = container_of(link, struct i915_vma, vm_link);

		ok &= idle(vma) || !i915_node_overlaps(&vma->node, start, end);
	}
	for (struct i915_list *link = vm->lost.next; link != &vm->lost; link = link->next) {
		const struct i915_vma *vma = container_of(link, struct i915_vma, vm_link);

		ok &= !i915_node_overlaps(&vma->node, start, end);
	}
	plat_unlock(i915->plat, &i915->lock, irq);
	return ok;
}

bool i915_evict_range(struct i915_vm *vm, uint64_t start, uint64_t end)
{
	struct i915_list *link, *next;

	retire_all(vm->i915);
	if (!range_is_idle(vm, start, end))
		return false;
	for (link = vm->bound.next; link != &vm->bound; link = next) {
		struct i915_vma *vma = container_of(link, struct i915_vma, vm_link);

		next = link->next;
		if (i915_node_overlaps(&vma->node, start, end) && i915_vma_evict(vma))
			return false;
	}
	return true;
}

/* Another PPGTT that has something idle: its mutex taken, referenced. */
static struct i915_vm *lock_other(struct i915_vm *own)
{
	struct i915 *i915 = own->i915;
	bool irq = plat_lock(i915->plat, &i915->lock);
	struct i915_vm *found = NULL;

	for (struct i915_list *link = i915->ppgtts.next; link != &i915->ppgtts && !found;
	     link = link->next) {
		struct i915_vm *vm = container_of(link, struct i915_vm, link);

		if (vm == own || !i915_mutex_trylock(i915->plat, &vm->mutex))
			continue;
		if (!vm->closed && first_idle(vm)) {
			i915_vm_ref(vm);
			found = vm;
		} else {
			i915_mutex_unlock(i915->plat, &vm->mutex);
		}
	}
	plat_unlock(i915->plat, &i915->lock, irq);
	return found;
}

bool i915_evict_tables(struct i915_vm *vm)
{
	struct i915_vm *other;
	bool evicted;

	if (i915_evict_one(vm))
		return true;
	other = lock_other(vm);
	if (!other)
		return false;
	evicted = i915_evict_one(other);
	i915_mutex_unlock(other->i915->plat, &other->mutex);
	i915_vm_unref(other);
	return evicted;
}
