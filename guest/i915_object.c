// SPDX-License-Identifier: MIT
/* Memory that the GPU sees. */
#include "guest/i915_internal.h"

/* ---- buffers of the driver's own ---- */

int i915_buffer_init(struct i915 *i915, struct i915_buffer *buffer, size_t page_count)
{
	const struct i915_bind how = { .flags = I915_BIND_HIGH };
	struct i915_object *obj = i915_object_create(i915, page_count * PLAT_PAGE_SIZE);
	int err;

	if (!obj)
		return -I915_ENOMEM;
	err = i915_vma_bind(&i915->ggtt.vm, obj, &how, &buffer->vma);
	if (err) {
		i915_object_destroy(obj);
		return err == -I915_ENOSPC ? -I915_ENOMEM : err;
	}
	buffer->cpu = obj->pages.cpu;
	return 0;
}

void i915_buffer_fini(struct i915_buffer *buffer)
{
	if (!buffer->cpu)
		return;
	i915_object_destroy(buffer->vma->obj);
	*buffer = (struct i915_buffer){ 0 };
}

/* ---- objects ---- */

/* So that the largest pages of the GPU that fit into it can map it. */
static size_t alignment_pages(const struct i915 *i915, size_t page_count)
{
	if (i915->huge_pages && page_count >= I915_PAGE_2M / PLAT_PAGE_SIZE)
		return I915_PAGE_2M / PLAT_PAGE_SIZE;
	if (i915->huge_pages && page_count >= I915_PAGE_64K / PLAT_PAGE_SIZE)
		return I915_PAGE_64K / PLAT_PAGE_SIZE;
	return 1;
}

static int alloc_pages(struct i915 *i915, struct i915_pages *pages, size_t page_count)
{
	size_t align_pages = alignment_pages(i915, page_count);

	if (i915_pages_alloc(i915->plat, pages, page_count, align_pages) == 0)
		return 0;
	return align_pages > 1 ? i915_pages_alloc(i915->plat, pages, page_count, 1) : -I915_ENOMEM;
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
	if (alloc_pages(i915, &obj->pages, page_count)) {
		i915_heap_free(&i915->heap, obj, sizeof(*obj));
		return NULL;
	}
	obj->i915 = i915;
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
	i915_pages_free(i915->plat, &obj->pages);
	i915_heap_free(&i915->heap, obj, sizeof(*obj));
}

void i915_objects_free(struct i915 *i915)
{
	while (!i915_list_empty(&i915->objects))
		i915_object_destroy(container_of(i915->objects.next, struct i915_object, link));
}

void *i915_object_cpu(const struct i915_object *obj)
{
	return obj->pages.cpu;
}

size_t i915_object_size(const struct i915_object *obj)
{
	return obj->pages.page_count * PLAT_PAGE_SIZE;
}
