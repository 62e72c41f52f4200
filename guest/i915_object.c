// SPDX-License-Identifier: MIT
/* Memory that the GPU sees. */
#include "guest/i915_internal.h"

int i915_buffer_init(struct i915 *i915, struct i915_buffer *buffer, size_t page_count,
		     enum i915_ggtt_place place)
{
	buffer->cpu = plat_alloc_pages(i915->plat, page_count, &buffer->gpa);
	if (!buffer->cpu)
		return -I915_ENOMEM;
	if (i915_ggtt_take(&i915->ggtt, &buffer->node, (uint64_t)page_count * PLAT_PAGE_SIZE,
			   place)) {
		plat_free_pages(i915->plat, buffer->cpu, page_count);
		buffer->cpu = NULL;
		return -I915_ENOMEM;
	}
	buffer->page_count = page_count;
	i915_ggtt_bind(&i915->ggtt, &buffer->node, buffer->gpa);
	return 0;
}

void i915_buffer_fini(struct i915 *i915, struct i915_buffer *buffer)
{
	if (!buffer->cpu)
		return;
	i915_ggtt_give(&i915->ggtt, &buffer->node);
	plat_free_pages(i915->plat, buffer->cpu, buffer->page_count);
	buffer->cpu = NULL;
	buffer->page_count = 0;
}

struct i915_object *i915_object_create(struct i915 *i915, size_t size_bytes)
{
	size_t page_count = size_bytes / PLAT_PAGE_SIZE + (size_bytes % PLAT_PAGE_SIZE != 0);
	struct i915_object *obj;
	bool irq;

	if (page_count == 0)
		return NULL;
	i915_contexts_reap(i915);
	obj = i915_heap_alloc(&i915->heap, sizeof(*obj));
	if (!obj)
		return NULL;
	obj->cpu = plat_alloc_pages(i915->plat, page_count, &obj->gpa);
	if (!obj->cpu) {
		i915_heap_free(&i915->heap, obj, sizeof(*obj));
		return NULL;
	}
	obj->i915 = i915;
	obj->page_count = page_count;
	i915_list_init(&obj->vmas);
	irq = plat_lock(i915->plat, &i915->lock);
	i915_list_append(&obj->link, &i915->objects);
	plat_unlock(i915->plat, &i915->lock, irq);
	return obj;
}

void i915_object_destroy(struct i915_object *obj)
{
	struct i915 *i915;
	bool irq;

	if (!obj)
		return;
	i915 = obj->i915;
	while (!i915_list_empty(&obj->vmas))
		i915_vma_unbind(container_of(obj->vmas.next, struct i915_vma, obj_link));
	irq = plat_lock(i915->plat, &i915->lock);
	i915_list_remove(&obj->link);
	plat_unlock(i915->plat, &i915->lock, irq);
	plat_free_pages(i915->plat, obj->cpu, obj->page_count);
	i915_heap_free(&i915->heap, obj, sizeof(*obj));
}

void i915_objects_free(struct i915 *i915)
{
	while (!i915_list_empty(&i915->objects))
		i915_object_destroy(container_of(i915->objects.next, struct i915_object, link));
}

void *i915_object_cpu(const struct i915_object *obj)
{
	return obj->cpu;
}

size_t i915_object_size(const struct i915_object *obj)
{
	return obj->page_count * PLAT_PAGE_SIZE;
}
