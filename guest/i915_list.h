/* SPDX-License-Identifier: MIT */
/*
 * Intrusive circular list, as kernels have it. The caller locks. A link is embedded in what is
 * listed and found again by container_of().
 */
#ifndef PVMMIO_GUEST_I915_LIST_H
#define PVMMIO_GUEST_I915_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct i915_list {
	struct i915_list *prev;
	struct i915_list *next;
};

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline void i915_list_init(struct i915_list *head)
{
	head->prev = head;
	head->next = head;
}

static inline bool i915_list_empty(const struct i915_list *head)
{
	return head->next == head;
}

/* Insert link right after at; after the head that is the front of the list. */
static inline void i915_list_insert_after(struct i915_list *link, struct i915_list *at)
{
	link->prev = at;
	link->next = at->next;
	at->next->prev = link;
	at->next = link;
}

static inline void i915_list_append(struct i915_list *link, struct i915_list *head)
{
	i915_list_insert_after(link, head->prev);
}

/* Unlink; the link then counts as an empty list. */
static inline void i915_list_remove(struct i915_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	i915_list_init(link);
}

#endif
