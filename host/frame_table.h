/* SPDX-License-Identifier: MIT */
/*
 * Frame table: objects by a page frame number, for the look-ups of every protected store.
 *
 * A hash table of liburcu (rculfhash) with the bulletproof flavour, which registers threads by
 * itself: nothing here depends on which thread of the process runs a simulation. The number of
 * buckets is fixed, so that liburcu starts no thread that resizes.
 *
 *   call                    needs
 *   frame_table_find        nothing of the table; whatever keeps the object alive
 *   frame_table_add/remove  whatever keeps two of them from adding the same frame
 *   freeing a removed node  a grace period first: frame_table_wait()
 */
#ifndef PVMMIO_HOST_FRAME_TABLE_H
#define PVMMIO_HOST_FRAME_TABLE_H

#include <stdint.h>

#include <urcu/urcu-bp.h>

#include <urcu/rculfhash.h>

/* Embed one for each table that the object is in. */
struct frame_node {
	struct cds_lfht_node lfht;
	uint64_t frame;
};

struct frame_table {
	struct cds_lfht *lfht;
};

/* Sized for expected objects; more only make look-ups slower. 0, -ENOMEM. */
int frame_table_init(struct frame_table *table, uint64_t expected);

/* It must be empty. Nothing for a table that was never there. */
void frame_table_fini(struct frame_table *table);

/* The node of frame, or NULL. */
struct frame_node *frame_table_find(const struct frame_table *table, uint64_t frame);

/* 0, or -EEXIST when frame is there. */
int frame_table_add(struct frame_table *table, struct frame_node *node, uint64_t frame);

/* The node must be in the table. */
void frame_table_remove(struct frame_table *table, struct frame_node *node);

/* Call visit for every node, in no order that anything may depend on. */
void frame_table_each(const struct frame_table *table,
		      void (*visit)(struct frame_node *node, void *arg), void *arg);

/* Returns when nobody can be looking at what was removed before. */
void frame_table_wait(void);

#endif
