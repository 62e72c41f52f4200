// SPDX-License-Identifier: MIT

#include "host/gtt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"

#define PTE_FLAGS     0xfffull
#define SCRATCH_FLAGS (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)
#define HALF_ONLY     (GGTT_LOW_HALF_ONLY | GGTT_HIGH_HALF_ONLY)

static bool slice_holds(const struct ggtt_slice *slice, uint64_t gma, uint64_t bytes)
{
	return gma >= slice->base && gma - slice->base < slice->bytes &&
	       bytes <= slice->bytes - (gma - slice->base);
}

bool gtt_in_share(const struct vgpu *vgpu, uint64_t gma, uint64_t bytes)
{
	return slice_holds(&vgpu->ggtt.low, gma, bytes) ||
	       slice_holds(&vgpu->ggtt.high, gma, bytes);
}

static uint64_t entry_count(const struct vgpu_ggtt *ggtt)
{
	return (ggtt->low.bytes + ggtt->high.bytes) >> PAGE_SHIFT;
}

// Where the entry of the page at gma is kept; gma is in the share.
static uint64_t slot_of(const struct vgpu_ggtt *ggtt, uint64_t gma)
{
	if (slice_holds(&ggtt->low, gma, 1))
		return (gma - ggtt->low.base) >> PAGE_SHIFT;
	return (gma - ggtt->high.base + ggtt->low.bytes) >> PAGE_SHIFT;
}

static uint64_t gma_of_slot(const struct vgpu_ggtt *ggtt, uint64_t slot)
{
	uint64_t offset = slot << PAGE_SHIFT;

	if (offset < ggtt->low.bytes)
		return ggtt->low.base + offset;
	return ggtt->high.base + offset - ggtt->low.bytes;
}

int gtt_init(struct vgpu *vgpu)
{
	struct vgpu_ggtt *ggtt = &vgpu->ggtt;

	ggtt->view = calloc(entry_count(ggtt), sizeof(*ggtt->view));
	ggtt->mapped = calloc(entry_count(ggtt), sizeof(*ggtt->mapped));
	ggtt->state = calloc(entry_count(ggtt), sizeof(*ggtt->state));
	if (ggtt->view && ggtt->mapped && ggtt->state &&
	    !physmem_alloc_pages(vgpu->m->pm, 1, &ggtt->scratch_mfn))
		return 0;
	gtt_fini(vgpu);
	return -ENOMEM;
}

static void scrub(struct vgpu *vgpu)
{
	struct vgpu_ggtt *ggtt = &vgpu->ggtt;
	struct hw *hw = &vgpu->gvt->hw;
	bool written = false;

	for (uint64_t i = 0; i < entry_count(ggtt); i++) {
		if (!(ggtt->state[i] & GGTT_HOST_WRITTEN))
			continue;
		hw_write_pte(hw, gma_of_slot(ggtt, i) >> PAGE_SHIFT, hw_absent_pte(hw));
		written = true;
	}
	if (written)
		hw_flush_ggtt(hw);
	gtt_release(vgpu, ggtt->entries, ggtt->entry_count);
	for (uint64_t i = 0; i < entry_count(ggtt); i++)
		if (ggtt->mapped[i])
			dma_unmap_gfn(vgpu, ggtt->mapped[i] - 1);
}

void gtt_reset(struct vgpu *vgpu)
{
	struct vgpu_ggtt *ggtt = &vgpu->ggtt;

	assert(!ggtt->entries && "an entry is on its way");
	scrub(vgpu);
	memset(ggtt->view, 0, entry_count(ggtt) * sizeof(*ggtt->view));
	memset(ggtt->mapped, 0, entry_count(ggtt) * sizeof(*ggtt->mapped));
	memset(ggtt->state, 0, entry_count(ggtt) * sizeof(*ggtt->state));
}

void gtt_fini(struct vgpu *vgpu)
{
	struct vgpu_ggtt *ggtt = &vgpu->ggtt;

	if (ggtt->state && ggtt->mapped)
		scrub(vgpu);
	if (ggtt->entries != &ggtt->trapped)
		free(ggtt->entries);
	ggtt->entries = NULL;
	if (ggtt->scratch_mfn)
		physmem_free_pages(vgpu->m->pm, ggtt->scratch_mfn, 1);
	ggtt->scratch_mfn = 0;
	free(ggtt->view);
	free(ggtt->mapped);
	free(ggtt->state);
	ggtt->view = NULL;
	ggtt->mapped = NULL;
	ggtt->state = NULL;
}

int gtt_gma_to_gpa(const struct vgpu *vgpu, uint64_t gma, uint64_t *gpa)
{
	uint32_t mapped;

	if (!gtt_in_share(vgpu, gma, 1))
		return -EFAULT;
	mapped = vgpu->ggtt.mapped[slot_of(&vgpu->ggtt, gma)];
	if (!mapped)
		return -EFAULT;
	*gpa = (uint64_t)(mapped - 1) << PAGE_SHIFT | (gma & PAGE_MASK);
	return 0;
}

// The guest entry at a byte offset in the window, or NULL outside of the share.
static uint64_t *view_at(const struct vgpu *vgpu, uint64_t offset)
{
	uint64_t gma = offset / 8 << PAGE_SHIFT;

	return gtt_in_share(vgpu, gma, 1) ? &vgpu->ggtt.view[slot_of(&vgpu->ggtt, gma)] : NULL;
}

static uint64_t bytes_mask(unsigned size_bytes)
{
	return UINT64_MAX >> (64 - 8 * size_bytes);
}

uint64_t gtt_view_read(const struct vgpu *vgpu, uint64_t offset, unsigned size_bytes)
{
	const uint64_t *view = view_at(vgpu, offset);

	return view ? *view >> 8 * (offset % 8) & bytes_mask(size_bytes) : 0;
}

void gtt_view_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	uint64_t *view = view_at(vgpu, offset);
	unsigned shift = 8 * (offset % 8);

	if (view)
		*view = (*view & ~(bytes_mask(size_bytes) << shift)) |
			(value & bytes_mask(size_bytes)) << shift;
}

void gtt_absent(const struct vgpu *vgpu, struct gtt_entry *out)
{
	*out = (struct gtt_entry){ .host = hw_absent_pte(&vgpu->gvt->hw) };
}

int gtt_resolve(struct vgpu *vgpu, uint64_t guest, struct gtt_entry *out)
{
	uint64_t gfn = (guest & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT;
	uint64_t mfn;
	int ret;

	gtt_absent(vgpu, out);
	if (!(guest & GEN8_PTE_PRESENT))
		return 0;
	ret = dma_map_gfn(vgpu, gfn, &mfn);
	if (ret)
		return ret;
	out->host = mfn << PAGE_SHIFT | (guest & PTE_FLAGS);
	out->mapped = (uint32_t)gfn + 1;
	return 0;
}

void gtt_release(struct vgpu *vgpu, const struct gtt_entry *entries, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (entries[i].mapped)
			dma_unmap_gfn(vgpu, entries[i].mapped - 1);
}

void gtt_replace(struct vgpu *vgpu, uint64_t gma, struct gtt_entry *entries, uint64_t count)
{
	struct vgpu_ggtt *ggtt = &vgpu->ggtt;
	uint64_t slot = slot_of(ggtt, gma);
	struct hw *hw = &vgpu->gvt->hw;

	assert(gtt_in_share(vgpu, gma, count << PAGE_SHIFT));
	ggtt->entries = entries;
	ggtt->entry_count = count;
	for (uint64_t i = 0; i < count; i++) {
		uint32_t old = ggtt->mapped[slot + i];

		ggtt->state[slot + i] = GGTT_HOST_WRITTEN;
		hw_write_pte(hw, (gma >> PAGE_SHIFT) + i, entries[i].host);
		ggtt->mapped[slot + i] = entries[i].mapped;
		entries[i].mapped = old;
	}
	hw_flush_ggtt(hw);
	gtt_release(vgpu, entries, count);
	ggtt->entries = NULL;
	ggtt->entry_count = 0;
}

// vgpu->ggtt.trapped is the new entry.
static void set_entry(struct vgpu *vgpu, uint64_t slot)
{
	gtt_replace(vgpu, gma_of_slot(&vgpu->ggtt, slot), &vgpu->ggtt.trapped, 1);
	work_spend(vgpu->m, WORK_GGTT_ENTRY, 1);
}

// A whole entry is in the view.
static void apply_view(struct vgpu *vgpu, uint64_t slot)
{
	uint64_t guest = vgpu->ggtt.view[slot];
	struct gtt_entry *entry = &vgpu->ggtt.trapped;

	if (gtt_resolve(vgpu, guest, entry)) {
		vgpu_incident(vgpu, GVT_INCIDENT_GGTT_BACKING, guest);
		entry->host = vgpu->ggtt.scratch_mfn << PAGE_SHIFT | SCRATCH_FLAGS;
	}
	set_entry(vgpu, slot);
}

// The first half of a new entry: the old one is gone for the hardware until the other half comes.
static void write_half(struct vgpu *vgpu, uint64_t slot, uint64_t offset, uint64_t value)
{
	uint8_t *state = &vgpu->ggtt.state[slot];
	uint8_t half = offset & 4 ? GGTT_HIGH_HALF_ONLY : GGTT_LOW_HALF_ONLY;

	if (*state & HALF_ONLY & ~half) {
		gtt_view_write(vgpu, offset, 4, value);
		apply_view(vgpu, slot);
		return;
	}
	if (*state & half) {
		gtt_view_write(vgpu, offset, 4, value);
		hw_flush_ggtt(&vgpu->gvt->hw);
		return;
	}
	vgpu->ggtt.view[slot] = 0;
	gtt_view_write(vgpu, offset, 4, value);
	gtt_absent(vgpu, &vgpu->ggtt.trapped);
	set_entry(vgpu, slot);
	*state |= half;
}

int gtt_write(struct vgpu *vgpu, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	uint64_t gma = offset / 8 << PAGE_SHIFT;
	uint64_t slot;

	if (!gtt_in_share(vgpu, gma, 1))
		return 0;
	slot = slot_of(&vgpu->ggtt, gma);
	if (size_bytes == 4) {
		write_half(vgpu, slot, offset, value);
		return 0;
	}
	vgpu->ggtt.view[slot] = value;
	apply_view(vgpu, slot);
	return 0;
}

int guest_read(struct vgpu *vgpu, uint64_t gpa, void *buf, size_t len)
{
	assert((gpa & PAGE_MASK) + len <= PAGE_SIZE);
	work_spend(vgpu->m, len == PAGE_SIZE ? WORK_GUEST_COPY_PAGE : WORK_GUEST_READ, 1);
	exec_sync(vgpu->m->ex);
	return guest_ram_read(vgpu->vm->ram, gpa, buf, len);
}

int guest_write(struct vgpu *vgpu, uint64_t gpa, const void *buf, size_t len)
{
	assert((gpa & PAGE_MASK) + len <= PAGE_SIZE);
	work_spend(vgpu->m, len == PAGE_SIZE ? WORK_GUEST_COPY_PAGE : WORK_GUEST_WRITE, 1);
	exec_sync(vgpu->m->ex);
	return guest_ram_write(vgpu->vm->ram, gpa, buf, len);
}

int guest_read_gma(struct vgpu *vgpu, uint64_t gma, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		size_t piece = PAGE_SIZE - (gma & PAGE_MASK);
		uint64_t gpa;
		int ret;

		if (piece > len)
			piece = len;
		ret = gtt_gma_to_gpa(vgpu, gma, &gpa);
		if (!ret)
			ret = guest_read(vgpu, gpa, to, piece);
		if (ret)
			return ret;
		gma += piece;
		to += piece;
		len -= piece;
	}
	return 0;
}
