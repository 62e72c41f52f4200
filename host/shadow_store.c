// SPDX-License-Identifier: MIT
//
// The guest's stores to its page tables, and entries that have to wait for the next submission.

#include <assert.h>

#include "host/oos.h"
#include "host/shadow_page_impl.h"
#include "host/vgpu.h"
#include "sim/machine/container.h"

void shadow_remember(struct vgpu *vgpu, struct shadow_page *page, unsigned index)
{
	page->pending_bits[index / 64] |= UINT64_C(1) << index % 64;
	if (cds_list_empty(&page->pending))
		cds_list_add_tail(&page->pending, &vgpu->shadow.pending);
}

uint64_t shadow_read_entry(struct vgpu *vgpu, const struct shadow_page *page, unsigned index)
{
	host_spend(vgpu, WORK_PTE_READ, 1);
	exec_sync(vgpu->m->ex);
	return shadow_page_guest_entry(vgpu, page, index);
}

// Half of an entry: the whole one counts when it is next needed.
static void half_stored(struct vgpu *vgpu, struct shadow_page *page, unsigned index)
{
	unsigned count = shadow_step(page);
	uint64_t entries[SHADOW_STEP_MAX];

	if (index % count || shadow_page_is_pending(page, index))
		return;
	shadow_fill(entries, count, shadow_scratch_entry(vgpu, page->level, false));
	shadow_replace(vgpu, page, index, count, entries);
	shadow_remember(vgpu, page, index);
}

int shadow_store(struct vgpu *vgpu, struct page_track_node *node, uint64_t gpa, unsigned size_bytes)
{
	struct shadow_page *page = container_of(node, struct shadow_page, guest);
	unsigned first = (unsigned)(gpa & PAGE_MASK) / 8;
	unsigned last = (unsigned)((gpa & PAGE_MASK) + size_bytes - 1) / 8;

	shadow_pages_allow(vgpu, SHADOW_TABLES_PER_EXIT);
	// Making room for a new table may take the space away to which this one belongs.
	page->refs++;
	if (size_bytes == 4 && gpa % 4 == 0)
		half_stored(vgpu, page, first);
	else
		for (unsigned i = first; i <= last; i++)
			if (i % shadow_step(page) == 0)
				shadow_page_apply(vgpu, page, i, shadow_read_entry(vgpu, page, i));
	if (vgpu->shadow_mode == VGPU_SHADOW_OOS && page->level == SHADOW_PT && !page->holds_64k)
		oos_note_store(vgpu, page);
	shadow_page_put(vgpu, page);
	return 0;
}

static void flush_page(struct vgpu *vgpu, struct shadow_page *page, int *error)
{
	page->refs++;
	cds_list_del_init(&page->pending);
	for (unsigned word = 0; word < SHADOW_ENTRIES / 64; word++) {
		uint64_t bits = page->pending_bits[word];

		page->pending_bits[word] = 0;
		for (; bits; bits &= bits - 1) {
			unsigned i = 64 * word + (unsigned)__builtin_ctzll(bits);
			int ret = 0;

			if (i % shadow_step(page) == 0)
				ret = shadow_page_apply(vgpu, page, i,
							shadow_read_entry(vgpu, page, i));
			if (ret)
				*error = ret;
		}
	}
	shadow_page_put(vgpu, page);
}

int shadow_pages_flush(struct vgpu *vgpu)
{
	struct cds_list_head *pages = &vgpu->shadow.flushing;
	int error = 0;

	// What fails again, and what is new, goes to the other list; this one gets empty.
	assert(cds_list_empty(pages));
	cds_list_splice(&vgpu->shadow.pending, pages);
	CDS_INIT_LIST_HEAD(&vgpu->shadow.pending);
	while (!cds_list_empty(pages))
		flush_page(vgpu, cds_list_first_entry(pages, struct shadow_page, pending), &error);
	return error;
}
