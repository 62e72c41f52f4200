// SPDX-License-Identifier: MIT

#include "host/frame_table.h"

#include <assert.h>
#include <errno.h>

#include "sim/machine/container.h"

#define BUCKETS_MIN UINT64_C(64)
#define BUCKETS_MAX UINT64_C(65536)

// Fibonacci hashing; the upper half is the better mixed one.
static unsigned long hash_of(uint64_t frame)
{
	return (unsigned long)(frame * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static int is_frame(struct cds_lfht_node *node, const void *key)
{
	return container_of(node, struct frame_node, lfht)->frame == *(const uint64_t *)key;
}

int frame_table_init(struct frame_table *table, uint64_t expected)
{
	uint64_t buckets = BUCKETS_MIN;

	while (buckets < expected && buckets < BUCKETS_MAX)
		buckets *= 2;
	table->lfht = cds_lfht_new_flavor(buckets, buckets, buckets, 0, &urcu_bp_flavor, NULL);
	return table->lfht ? 0 : -ENOMEM;
}

void frame_table_fini(struct frame_table *table)
{
	if (!table->lfht)
		return;
	if (cds_lfht_destroy(table->lfht, NULL))
		assert(!"a frame table is destroyed with objects in it");
	table->lfht = NULL;
}

struct frame_node *frame_table_find(const struct frame_table *table, uint64_t frame)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *found;

	urcu_bp_read_lock();
	cds_lfht_lookup(table->lfht, hash_of(frame), is_frame, &frame, &iter);
	found = cds_lfht_iter_get_node(&iter);
	urcu_bp_read_unlock();
	return found ? container_of(found, struct frame_node, lfht) : NULL;
}

int frame_table_add(struct frame_table *table, struct frame_node *node, uint64_t frame)
{
	struct cds_lfht_node *there;

	node->frame = frame;
	cds_lfht_node_init(&node->lfht);
	urcu_bp_read_lock();
	there = cds_lfht_add_unique(table->lfht, hash_of(frame), is_frame, &frame, &node->lfht);
	urcu_bp_read_unlock();
	return there == &node->lfht ? 0 : -EEXIST;
}

void frame_table_remove(struct frame_table *table, struct frame_node *node)
{
	int ret;

	urcu_bp_read_lock();
	ret = cds_lfht_del(table->lfht, &node->lfht);
	urcu_bp_read_unlock();
	assert(!ret && "removed from a table that it is not in");
}

void frame_table_each(const struct frame_table *table,
		      void (*visit)(struct frame_node *node, void *arg), void *arg)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;

	urcu_bp_read_lock();
	cds_lfht_for_each(table->lfht, &iter, node)
		visit(container_of(node, struct frame_node, lfht), arg);
	urcu_bp_read_unlock();
}

void frame_table_wait(void)
{
	urcu_bp_synchronize_rcu();
}
