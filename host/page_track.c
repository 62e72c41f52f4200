// SPDX-License-Identifier: MIT

#include "host/page_track.h"

#include <assert.h>
#include <errno.h>

#include "host/vgpu.h"
#include "sim/machine/container.h"

/*
 * A store to a protected page, carried out already. Between it and the lock others may have taken
 * the page off the track, or its protection: the user is told in the second case.
 */
static int track_write(void *opaque, uint64_t gpa, unsigned size_bytes, uint64_t value)
{
	struct vgpu *vgpu = opaque;
	struct page_track_node *node;
	int ret = 0;

	work_spend(vgpu->m, WORK_TRACK_LOOKUP, 1);
	sim_mutex_lock(vgpu->m, &vgpu->lock);
	node = page_track_find(vgpu, gpa >> PAGE_SHIFT);
	if (node && vgpu->failsafe)
		page_track_unprotect(vgpu, node);
	else if (node)
		ret = vgpu->track.store(vgpu, node, gpa, size_bytes);
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
	return ret;
}

static const struct bus_region_ops track_ops = { .write = track_write };

int page_track_init(struct vgpu *vgpu, page_track_store_fn store)
{
	struct page_track *track = &vgpu->track;

	*track = (struct page_track){
		.region = {
			.name = "page tables",
			.ops = &track_ops,
			.opaque = vgpu,
			.one_ledger_key = true,
		},
		.store = store,
	};
	// What takes a page table each is 2 MiB of memory or more.
	return frame_table_init(&track->pages,
				guest_ram_size_bytes(vgpu->vm->ram) / GUEST_RAM_GRANULE);
}

void page_track_fini(struct vgpu *vgpu)
{
	struct page_track *track = &vgpu->track;

	assert(!track->count);
	if (track->region.id)
		bus_unmap(vgpu->vm->bus, &track->region);
	frame_table_fini(&track->pages);
}

struct page_track_node *page_track_find(const struct vgpu *vgpu, uint64_t gfn)
{
	struct frame_node *found = frame_table_find(&vgpu->track.pages, gfn);

	return found ? container_of(found, struct page_track_node, by_gfn) : NULL;
}

static int set_protection(struct vgpu *vgpu, struct page_track_node *node, bool protected)
{
	enum bus_attr attr = protected ? BUS_RAM_TRACKED : BUS_RAM;
	int ret;

	ret = bus_set_attr(vgpu->vm->bus, page_track_gfn(node), 1, attr,
			   protected ? &vgpu->track.region : NULL);
	if (ret)
		return ret;
	node->protected = protected;
	host_spend(vgpu, WORK_TABLE_PROTECT, 1);
	return 0;
}

int page_track_add(struct vgpu *vgpu, struct page_track_node *node, uint64_t gfn)
{
	int ret = frame_table_add(&vgpu->track.pages, &node->by_gfn, gfn);

	if (ret)
		return ret;
	ret = -EFAULT;
	if (bus_attr_of(vgpu->vm->bus, gfn) == BUS_RAM)
		ret = set_protection(vgpu, node, true);
	if (ret) {
		frame_table_remove(&vgpu->track.pages, &node->by_gfn);
		return ret;
	}
	vgpu->track.count++;
	return 0;
}

void page_track_remove(struct vgpu *vgpu, struct page_track_node *node)
{
	page_track_unprotect(vgpu, node);
	frame_table_remove(&vgpu->track.pages, &node->by_gfn);
	vgpu->track.count--;
}

void page_track_protect(struct vgpu *vgpu, struct page_track_node *node)
{
	if (node->protected)
		return;
	// The page was protected before, so nothing is left that could fail.
	if (set_protection(vgpu, node, true))
		assert(!"a tracked page cannot be protected again");
}

void page_track_unprotect(struct vgpu *vgpu, struct page_track_node *node)
{
	if (!node->protected)
		return;
	if (set_protection(vgpu, node, false))
		assert(!"a tracked page cannot be released");
}
