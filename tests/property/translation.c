// SPDX-License-Identifier: MIT
#include "tests/property/translation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "hw-model/regs/gen9_context.h"

#define ENTRIES      512u
#define PAGES_OF_64K 16u
#define PAIR_SLOTS   8192u /* at first */

enum node_kind {
	NODE_NONE, /* nothing is mapped */
	NODE_TABLE,
	NODE_TABLE_64K, /* of which entries 0, 16, ... count */
	NODE_PAGES,     /* from a frame on, one after the other */
	NODE_OUTSIDE,   /* no memory is there */
};

/* What an entry leads to. Height: 0 is a page, 1 what a table of pages covers. */
struct node {
	uint64_t frame;
	uint8_t kind;
	uint8_t height;
	bool is_writable; /* by all entries on the way */
};

struct translation_pair {
	struct node guest;
	struct node hardware;
	bool is_used;
};

/* ---- descending one tree ---- */

static const uint64_t *table_at(const struct translation *t, bool is_guest, uint64_t frame)
{
	if (is_guest || !t->pm)
		return guest_ram_page(t->ram, frame);
	return physmem_at(t->pm, frame << PAGE_SHIFT, PAGE_SIZE);
}

static struct node table_node(const struct translation *t, bool is_guest, uint64_t address,
			      unsigned height)
{
	struct node node = {
		.frame = (address & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT,
		.kind = NODE_TABLE,
		.height = (uint8_t)height,
		.is_writable = true,
	};

	if (!table_at(t, is_guest, node.frame))
		node.kind = NODE_OUTSIDE;
	return node;
}

static struct node pages_node(uint64_t entry, unsigned height)
{
	uint64_t pages = height ? ENTRIES : 1;

	return (struct node){
		.frame = (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT & ~(pages - 1),
		.kind = NODE_PAGES,
		.height = (uint8_t)height,
	};
}

/* Where entry number index of a table leads. */
static struct node entry_node(const struct translation *t, bool is_guest, const struct node *table,
			      unsigned index)
{
	const uint64_t *entries = table_at(t, is_guest, table->frame);
	unsigned height = table->height - 1u;
	bool is_64k = table->kind == NODE_TABLE_64K;
	uint64_t entry = entries[is_64k ? index - index % PAGES_OF_64K : index];
	struct node node;

	if (!(entry & GEN8_PTE_PRESENT))
		return (struct node){ .kind = NODE_NONE, .height = (uint8_t)height };
	if (height == 0 || (height == 1 && entry & GEN8_PDE_PS_2M)) {
		node = pages_node(entry, height);
		if (is_64k)
			node.frame = node.frame - node.frame % PAGES_OF_64K + index % PAGES_OF_64K;
	} else {
		node = table_node(t, is_guest, entry, height);
		if (node.kind == NODE_TABLE && height == 1 && entry & GEN8_PDE_IPS_64K &&
		    t->holds_64k_pages)
			node.kind = NODE_TABLE_64K;
	}
	node.is_writable = table->is_writable && entry & GEN8_PTE_WRITABLE;
	return node;
}

static struct node child_of(const struct translation *t, bool is_guest, const struct node *node,
			    unsigned index)
{
	struct node child = *node;

	if (node->kind == NODE_TABLE || node->kind == NODE_TABLE_64K)
		return entry_node(t, is_guest, node, index);
	child.height--;
	if (node->kind == NODE_PAGES)
		child.frame += (uint64_t)index << 9 * child.height;
	return child;
}

/* ---- pairs ---- */

static size_t pair_hash(const struct node *guest, const struct node *hardware)
{
	uint64_t hash = guest->frame * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ hash >> 29) + hardware->frame;
	hash = hash * UINT64_C(0xbf58476d1ce4e5b9) + guest->kind * 5u + hardware->kind;
	return (size_t)(hash ^ hash >> 31);
}

static bool node_equals(const struct node *a, const struct node *b)
{
	return a->frame == b->frame && a->kind == b->kind && a->height == b->height &&
	       a->is_writable == b->is_writable;
}

static struct translation_pair *find_slot(const struct translation *t, const struct node *guest,
					  const struct node *hardware)
{
	size_t at = pair_hash(guest, hardware);

	for (;; at++) {
		struct translation_pair *pair = &t->pairs[at % t->pair_slots];

		if (!pair->is_used ||
		    (node_equals(&pair->guest, guest) && node_equals(&pair->hardware, hardware)))
			return pair;
	}
}

static int grow(struct translation *t)
{
	struct translation_pair *old = t->pairs;
	size_t old_slots = t->pair_slots;

	t->pair_slots = old_slots ? 2 * old_slots : PAIR_SLOTS;
	t->pairs = calloc(t->pair_slots, sizeof(*t->pairs));
	if (!t->pairs) {
		free(old);
		return -ENOMEM;
	}
	for (size_t i = 0; i < old_slots; i++)
		if (old[i].is_used)
			*find_slot(t, &old[i].guest, &old[i].hardware) = old[i];
	free(old);
	return 0;
}

/* 1: new; 0: compared before; -ENOMEM. */
static int note_pair(struct translation *t, const struct node *guest, const struct node *hardware)
{
	struct translation_pair *pair;

	if (2 * t->pair_count >= t->pair_slots && grow(t))
		return -ENOMEM;
	pair = find_slot(t, guest, hardware);
	if (pair->is_used)
		return 0;
	*pair = (struct translation_pair){ *guest, *hardware, true };
	t->pair_count++;
	return 1;
}

/* ---- comparing ---- */

static int differ(struct translation *t, uint64_t gma, const struct node *guest,
		  const struct node *hardware, const char *what)
{
	snprintf(t->why, sizeof(t->why),
		 "address %#llx, %s: the guest's tables say kind %d frame %#llx %s, the "
		 "hardware's kind %d frame %#llx %s",
		 (unsigned long long)gma, what, guest->kind, (unsigned long long)guest->frame,
		 guest->is_writable ? "rw" : "ro", hardware->kind,
		 (unsigned long long)hardware->frame, hardware->is_writable ? "rw" : "ro");
	return -EINVAL;
}

static bool is_guest_scratch(const struct translation *t, uint64_t gfn)
{
	return gfn >= t->guest_scratch_gfn && gfn - t->guest_scratch_gfn < t->guest_scratch_pages;
}

static int compare_page(struct translation *t, uint64_t gma, const struct node *guest,
			const struct node *hardware)
{
	bool is_scratch = guest->kind == NODE_PAGES && is_guest_scratch(t, guest->frame);
	uint64_t frame = guest->frame;

	t->pages += guest->kind == NODE_PAGES && !is_scratch;
	if (is_scratch && t->host_scratch_mfn) {
		if (hardware->kind == NODE_PAGES && hardware->frame == t->host_scratch_mfn)
			return 0;
		return differ(t, gma, guest, hardware, "which is scratch");
	}
	if (guest->kind != hardware->kind)
		return differ(t, gma, guest, hardware, "a page");
	if (guest->kind != NODE_PAGES)
		return 0;
	if (t->pm && guest_ram_translate(t->ram, guest->frame, &frame))
		return differ(t, gma, guest, hardware, "no RAM");
	if (frame != hardware->frame || guest->is_writable != hardware->is_writable)
		return differ(t, gma, guest, hardware, "a page");
	return 0;
}

static int compare(struct translation *t, uint64_t gma, const struct node *guest,
		   const struct node *hardware)
{
	int ret;

	if (guest->height == 0)
		return compare_page(t, gma, guest, hardware);
	if (guest->kind == NODE_OUTSIDE || hardware->kind == NODE_OUTSIDE)
		return guest->kind == hardware->kind ? 0
						     : differ(t, gma, guest, hardware, "a table");
	if (guest->kind == NODE_NONE && hardware->kind == NODE_NONE)
		return 0;
	ret = note_pair(t, guest, hardware);
	if (ret <= 0)
		return ret;
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct node below = child_of(t, true, guest, i);
		struct node beside = child_of(t, false, hardware, i);
		uint64_t at = gma + ((uint64_t)i << (PAGE_SHIFT + 9 * below.height));

		ret = compare(t, at, &below, &beside);
		if (ret)
			return ret;
	}
	return 0;
}

int translation_compare(struct translation *t, unsigned levels, const uint64_t *guest_roots,
			const uint64_t *hardware_roots)
{
	unsigned height = levels == 4 ? 4 : 2;
	int ret = 0;

	t->pairs = NULL;
	t->pair_slots = 0;
	t->pair_count = 0;
	t->pages = 0;
	for (unsigned i = 0; i < (levels == 4 ? 1u : 4u) && !ret; i++) {
		struct node guest = table_node(t, true, guest_roots[i], height);
		struct node hardware = table_node(t, false, hardware_roots[i], height);

		ret = compare(t, (uint64_t)i << 30, &guest, &hardware);
	}
	free(t->pairs);
	t->pairs = NULL;
	return ret;
}
