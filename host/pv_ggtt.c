// SPDX-License-Identifier: MIT

#include "host/pv_ggtt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/gtt.h"
#include "host/vgpu.h"
#include "sim/abi/pvinfo.h"

#define ENTRY_BYTES 8u

// How much of an access lies in the entry of its first byte.
static unsigned bytes_in_entry(uint64_t offset, unsigned size_bytes)
{
	unsigned left = ENTRY_BYTES - (unsigned)(offset % ENTRY_BYTES);

	return size_bytes < left ? size_bytes : left;
}

static int view_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	unsigned first = bytes_in_entry(offset, size_bytes);

	*value = gtt_view_read(opaque, offset, first);
	if (first < size_bytes)
		*value |= gtt_view_read(opaque, offset + first, size_bytes - first) << 8 * first;
	return 0;
}

static int view_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	unsigned first = bytes_in_entry(offset, size_bytes);

	gtt_view_write(opaque, offset, first, value);
	if (first < size_bytes)
		gtt_view_write(opaque, offset + first, size_bytes - first, value >> 8 * first);
	return 0;
}

static const struct bus_region_ops view_ops = { .read = view_read, .write = view_write };

// Give the window's pages that hold entries of slice to handler, or back to the window.
static int set_pages(struct vgpu *vgpu, const struct ggtt_slice *slice, enum bus_attr attr,
		     struct bus_region *handler)
{
	uint64_t first = slice->base >> PAGE_SHIFT;
	uint64_t end = first + (slice->bytes >> PAGE_SHIFT);
	uint64_t first_pfn = (vgpu->gtt_window.base + ENTRY_BYTES * first) >> PAGE_SHIFT;
	uint64_t last_pfn = (vgpu->gtt_window.base + ENTRY_BYTES * end - 1) >> PAGE_SHIFT;

	return bus_set_attr(vgpu->vm->bus, first_pfn, last_pfn - first_pfn + 1, attr, handler);
}

int pv_ggtt_enable(struct vgpu *vgpu)
{
	int ret;

	vgpu->gtt_view = (struct bus_region){
		.name = "GGTT view",
		.base = vgpu->gtt_window.base,
		.size_bytes = vgpu->gtt_window.size_bytes,
		.ops = &view_ops,
		.opaque = vgpu,
		.one_ledger_key = true,
	};
	ret = set_pages(vgpu, &vgpu->ggtt.low, BUS_PASSTHROUGH, &vgpu->gtt_view);
	if (ret)
		return ret;
	ret = set_pages(vgpu, &vgpu->ggtt.high, BUS_PASSTHROUGH, &vgpu->gtt_view);
	if (ret) {
		set_pages(vgpu, &vgpu->ggtt.low, BUS_TRAP, &vgpu->gtt_window);
		bus_unmap(vgpu->vm->bus, &vgpu->gtt_view);
		return ret;
	}
	return 0;
}

void pv_ggtt_disable(struct vgpu *vgpu)
{
	int ret;

	if (!vgpu->gtt_view.id)
		return;
	ret = set_pages(vgpu, &vgpu->ggtt.low, BUS_TRAP, &vgpu->gtt_window);
	if (!ret)
		ret = set_pages(vgpu, &vgpu->ggtt.high, BUS_TRAP, &vgpu->gtt_window);
	assert(!ret && "pages that were the window's cannot be given back to it");
	bus_unmap(vgpu->vm->bus, &vgpu->gtt_view);
}

void pv_ggtt_fini(struct vgpu *vgpu)
{
	if (vgpu->gtt_view.id)
		bus_unmap(vgpu->vm->bus, &vgpu->gtt_view);
}

static bool range_is_valid(const struct vgpu *vgpu, const struct pvmmio_ggtt_record *record)
{
	return !((record->start | record->length_bytes) & PAGE_MASK) && record->length_bytes &&
	       gtt_in_share(vgpu, record->start, record->length_bytes);
}

// The view's entries, made ready for the hardware. On failure nothing of them is left.
static enum pvmmio_status resolve(struct vgpu *vgpu, uint64_t gma, struct gtt_entry *entries,
				  uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = ENTRY_BYTES * ((gma >> PAGE_SHIFT) + i);
		int ret = gtt_resolve(vgpu, gtt_view_read(vgpu, offset, ENTRY_BYTES), &entries[i]);

		if (!ret)
			continue;
		gtt_release(vgpu, entries, i);
		return ret == -ENOMEM ? PVMMIO_STATUS_NO_MEMORY : PVMMIO_STATUS_UNBACKED;
	}
	return PVMMIO_STATUS_OK;
}

// The hardware's new entries for the range. No interleaving point.
static enum pvmmio_status prepare(struct vgpu *vgpu, uint32_t code, uint64_t gma,
				  struct gtt_entry *entries, uint64_t count)
{
	if (code == G2V_GGTT_INSERT)
		return resolve(vgpu, gma, entries, count);
	for (uint64_t i = 0; i < count; i++)
		gtt_absent(vgpu, &entries[i]);
	return PVMMIO_STATUS_OK;
}

enum pvmmio_status pv_ggtt_update(struct vgpu *vgpu, uint32_t code,
				  const struct pvmmio_ggtt_record *record)
{
	uint64_t count = record->length_bytes >> PAGE_SHIFT;
	enum pvmmio_status status;
	struct gtt_entry *entries;

	if (!range_is_valid(vgpu, record))
		return PVMMIO_STATUS_RANGE;
	if (code == G2V_GGTT_INSERT)
		work_spend(vgpu->m, WORK_PV_WALK_ENTRY, count);
	exec_sync(vgpu->m->ex);
	entries = malloc(count * sizeof(*entries));
	if (!entries)
		return PVMMIO_STATUS_NO_MEMORY;
	status = prepare(vgpu, code, record->start, entries, count);
	if (!status) {
		gtt_replace(vgpu, record->start, entries, count);
		work_spend(vgpu->m, WORK_PV_MAP_ENTRY, count);
	}
	free(entries);
	return status;
}
