/* SPDX-License-Identifier: MIT */
/*
 * The executor's queue of contexts by (clock, order): a binary heap in an array whose entries carry
 * their keys. Internal to executor.c.
 *
 * order is the context's id; a context that waits for a deadline comes after all that can run at
 * that instant, so that they may still wake it.
 *
 *   operation                     cost
 *   exec_queue_top()              O(1)
 *   exec_queue_replace_top()      O(log n), 1 step when the new one comes early
 *   the others                    O(log n)
 *
 * Room is made beforehand, by exec_queue_reserve(); nothing else can fail.
 */
#ifndef PVMMIO_SIM_MACHINE_EXECUTOR_QUEUE_H
#define PVMMIO_SIM_MACHINE_EXECUTOR_QUEUE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct exec_queue_key {
	uint64_t clock_ps;
	uint64_t order;
};

/* A place in the queue, embedded in what is queued: its index plus one, 0 when not queued. */
struct exec_queue_node {
	uint32_t place;
};

struct exec_queue_entry {
	struct exec_queue_key key;
	struct exec_queue_node *node;
};

struct exec_queue {
	struct exec_queue_entry *entries;
	uint32_t count;
	uint32_t capacity;
};

static inline bool exec_queue_key_before(struct exec_queue_key a, struct exec_queue_key b)
{
	return a.clock_ps != b.clock_ps ? a.clock_ps < b.clock_ps : a.order < b.order;
}

/*
 * The same as a number to add, without a branch: which of two children comes first is a coin toss
 * to a branch predictor. Elsewhere the outcome is mostly the same, and the branch is quicker.
 */
static inline uint32_t exec_queue_key_before_number(struct exec_queue_key a,
						    struct exec_queue_key b)
{
	return (uint32_t)((a.clock_ps < b.clock_ps) |
			  ((a.clock_ps == b.clock_ps) & (a.order < b.order)));
}

/* Make room for count entries in all. 0, -ENOMEM. */
static inline int exec_queue_reserve(struct exec_queue *queue, uint32_t count)
{
	uint32_t capacity = queue->capacity ? queue->capacity : 16;
	struct exec_queue_entry *entries;

	if (count <= queue->capacity)
		return 0;
	while (capacity < count)
		capacity *= 2;
	entries = realloc(queue->entries, capacity * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	queue->entries = entries;
	queue->capacity = capacity;
	return 0;
}

static inline void exec_queue_put(struct exec_queue *queue, uint32_t index,
				  struct exec_queue_entry entry)
{
	queue->entries[index] = entry;
	entry.node->place = index + 1;
}

/* Let entry find its place from the hole at index upwards to the top. */
static inline void exec_queue_rise(struct exec_queue *queue, uint32_t index,
				   struct exec_queue_entry entry)
{
	while (index > 0) {
		uint32_t parent = (index - 1) / 2;

		if (!exec_queue_key_before(entry.key, queue->entries[parent].key))
			break;
		exec_queue_put(queue, index, queue->entries[parent]);
		index = parent;
	}
	exec_queue_put(queue, index, entry);
}

/* Let entry find its place from the hole at index downwards. */
static inline void exec_queue_sink(struct exec_queue *queue, uint32_t index,
				   struct exec_queue_entry entry)
{
	for (;;) {
		uint32_t child = 2 * index + 1;

		if (child >= queue->count)
			break;
		if (child + 1 < queue->count)
			child += exec_queue_key_before_number(queue->entries[child + 1].key,
							      queue->entries[child].key);
		if (!exec_queue_key_before(queue->entries[child].key, entry.key))
			break;
		exec_queue_put(queue, index, queue->entries[child]);
		index = child;
	}
	exec_queue_put(queue, index, entry);
}

static inline const struct exec_queue_entry *exec_queue_top(const struct exec_queue *queue)
{
	return queue->count ? &queue->entries[0] : NULL;
}

static inline void exec_queue_insert(struct exec_queue *queue, struct exec_queue_key key,
				     struct exec_queue_node *node)
{
	exec_queue_rise(queue, queue->count++, (struct exec_queue_entry){ key, node });
}

/* Take the top out and put another in. The queue is not empty. */
static inline void exec_queue_replace_top(struct exec_queue *queue, struct exec_queue_key key,
					  struct exec_queue_node *node)
{
	queue->entries[0].node->place = 0;
	exec_queue_sink(queue, 0, (struct exec_queue_entry){ key, node });
}

static inline void exec_queue_remove(struct exec_queue *queue, struct exec_queue_node *node)
{
	uint32_t index = node->place - 1;
	struct exec_queue_entry last = queue->entries[--queue->count];

	node->place = 0;
	if (index == queue->count)
		return;
	if (index > 0 && exec_queue_key_before(last.key, queue->entries[(index - 1) / 2].key))
		exec_queue_rise(queue, index, last);
	else
		exec_queue_sink(queue, index, last);
}

#endif
