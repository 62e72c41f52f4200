// SPDX-License-Identifier: MIT
#include "hw-model/gen9_tlb.h"

#include <string.h>

static const unsigned page_shift[GEN9_PAGE_SIZE_COUNT] = {
	[GEN9_PAGE_4K] = 12,
	[GEN9_PAGE_64K] = 16,
	[GEN9_PAGE_2M] = 21,
};

unsigned gen9_page_shift(enum gen9_page_size size)
{
	return page_shift[size];
}

static uint64_t tag_of(const struct gen9_root *root)
{
	return root->table | root->levels;
}

static enum gen9_space space_of(uint64_t tag)
{
	return tag ? GEN9_SPACE_PPGTT : GEN9_SPACE_GGTT;
}

static bool is_valid(const struct gen9_tlb *tlb, const struct gen9_tlb_entry *entry)
{
	return entry->generation == tlb->generation[space_of(entry->tag)];
}

void gen9_tlb_init(struct gen9_tlb *tlb)
{
	memset(tlb, 0, sizeof(*tlb));
	for (unsigned space = 0; space < GEN9_SPACE_COUNT; space++)
		tlb->generation[space] = 1;
}

bool gen9_tlb_lookup(const struct gen9_tlb *tlb, const struct gen9_root *root, uint64_t gma,
		     struct gen9_mapping *mapping)
{
	uint64_t tag = tag_of(root);
	enum gen9_space space = space_of(tag);

	for (unsigned size = 0; size < GEN9_PAGE_SIZE_COUNT; size++) {
		uint64_t page = gma >> page_shift[size];
		const struct gen9_tlb_entry *set = tlb->entries[page % GEN9_TLB_SETS];

		if (!tlb->held[space][size])
			continue;
		for (unsigned way = 0; way < GEN9_TLB_WAYS; way++) {
			const struct gen9_tlb_entry *entry = &set[way];

			if (entry->page == page && entry->tag == tag &&
			    entry->mapping.size == size &&
			    entry->generation == tlb->generation[space]) {
				*mapping = entry->mapping;
				return true;
			}
		}
	}
	return false;
}

/* A way that is free, else the one whose turn it is. */
static struct gen9_tlb_entry *choose_way(struct gen9_tlb *tlb, unsigned set)
{
	struct gen9_tlb_entry *entry;

	for (unsigned way = 0; way < GEN9_TLB_WAYS; way++)
		if (!is_valid(tlb, &tlb->entries[set][way]))
			return &tlb->entries[set][way];
	entry = &tlb->entries[set][tlb->next_way[set]];
	tlb->next_way[set] = (uint8_t)((tlb->next_way[set] + 1u) % GEN9_TLB_WAYS);
	tlb->held[space_of(entry->tag)][entry->mapping.size]--;
	return entry;
}

void gen9_tlb_insert(struct gen9_tlb *tlb, const struct gen9_root *root, uint64_t gma,
		     const struct gen9_mapping *mapping)
{
	uint64_t tag = tag_of(root);
	enum gen9_space space = space_of(tag);
	uint64_t page = gma >> page_shift[mapping->size];
	struct gen9_tlb_entry *entry = choose_way(tlb, page % GEN9_TLB_SETS);

	*entry = (struct gen9_tlb_entry){
		.tag = tag,
		.page = page,
		.generation = tlb->generation[space],
		.mapping = *mapping,
	};
	tlb->held[space][mapping->size]++;
}

void gen9_tlb_invalidate(struct gen9_tlb *tlb, enum gen9_space space)
{
	tlb->generation[space]++;
	memset(tlb->held[space], 0, sizeof(tlb->held[space]));
}
