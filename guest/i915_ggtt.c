// SPDX-License-Identifier: MIT
#include "guest/i915_internal.h"
#include "sim/abi/pvinfo.h"

#define GMCH_GGMS_SHIFT 6
#define GMCH_GGMS_MASK  3u

uint64_t i915_ggtt_size_bytes(uint32_t gmch)
{
	unsigned ggms = (gmch >> GMCH_GGMS_SHIFT) & GMCH_GGMS_MASK;
	uint64_t entries_bytes = ggms ? (uint64_t)0x100000u << ggms : 0;

	return entries_bytes / 8 * PLAT_PAGE_SIZE;
}

/* ---- entries ---- */

static void write_entry(const struct i915 *i915, uint64_t gma, uint64_t pte)
{
	plat_write64(i915->plat, i915->bar0 + GEN9_GTT_WINDOW + gma / PLAT_PAGE_SIZE * 8, pte);
}

static void write_entries(struct i915_vm *vm, const struct i915_vma *vma)
{
	uint64_t pte = i915_pte(vma->obj->pages.gpa, 0);

	for (uint64_t at = 0; at < i915_vma_length(vma); at += PLAT_PAGE_SIZE)
		write_entry(vm->i915, vma->node.start + at, pte + at);
}

static void write_scratch(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	for (uint64_t at = 0; at < length_bytes; at += PLAT_PAGE_SIZE)
		write_entry(vm->i915, start + at, vm->scratch_pte);
}

/* ---- operations ---- */

static int insert_native(struct i915_vm *vm, const struct i915_vma *vma)
{
	write_entries(vm, vma);
	i915_write(vm->i915, GFX_FLSH_CNTL, 1);
	return 0;
}

static int insert_pv(struct i915_vm *vm, const struct i915_vma *vma)
{
	int err;

	write_entries(vm, vma);
	err = i915_pvmmio_ggtt(vm->i915, G2V_GGTT_INSERT, vma->node.start, i915_vma_length(vma));
	if (err)
		write_scratch(vm, vma->node.start, i915_vma_length(vma));
	return err;
}

static int clear_nothing(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	return 0;
}

static int clear_native(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	write_scratch(vm, start, length_bytes);
	return 0;
}

static int clear_pv(struct i915_vm *vm, uint64_t start, uint64_t length_bytes)
{
	write_scratch(vm, start, length_bytes);
	return i915_pvmmio_ggtt(vm->i915, G2V_GGTT_CLEAR, start, length_bytes);
}

const struct i915_vm_ops i915_ggtt_ops[2][2] = {
	{
         { .insert_entries = insert_native, .clear_range = clear_nothing },
         { .insert_entries = insert_pv, .clear_range = clear_nothing },
	 },
	{
         { .insert_entries = insert_native, .clear_range = clear_native },
         { .insert_entries = insert_pv, .clear_range = clear_pv },
	 },
};

/* ---- life ---- */

static bool slice_in(struct i915_slice slice, uint64_t start, uint64_t end)
{
	if (slice.start == slice.end)
		return true;
	return slice.start % PLAT_PAGE_SIZE == 0 && slice.end % PLAT_PAGE_SIZE == 0 &&
	       slice.start >= start && slice.start < slice.end && slice.end <= end;
}

int i915_ggtt_init(struct i915 *i915, uint64_t size_bytes, struct i915_slice mappable,
		   struct i915_slice hidden)
{
	uint64_t mappable_end = size_bytes < GEN9_APERTURE_BYTES ? size_bytes : GEN9_APERTURE_BYTES;
	bool clears = i915->ppgtt_mode == I915_PPGTT_NONE;
	bool pv = i915->pvmmio_levels & PVMMIO_GGTT_UPDATE;
	struct i915_ggtt *ggtt = &i915->ggtt;

	if (!slice_in(mappable, 0, mappable_end) || !slice_in(hidden, mappable_end, size_bytes))
		return -I915_EIO;
	ggtt->size_bytes = size_bytes;
	ggtt->vm.is_ggtt = true;
	i915_space_init(&ggtt->vm.space, mappable, hidden);
	return i915_vm_init(&ggtt->vm, i915, &i915_ggtt_ops[clears][pv], 1);
}

void i915_ggtt_fini(struct i915 *i915)
{
	i915_vm_fini(&i915->ggtt.vm);
}

uint64_t i915_ggtt_foreign_page(const struct i915_ggtt *ggtt)
{
	const struct i915_space *space = &ggtt->vm.space;
	const uint64_t candidates[] = { space->slices[0].end, space->slices[1].end, 0 };

	for (unsigned i = 0; i < 3; i++) {
		if (candidates[i] < ggtt->size_bytes &&
		    !i915_space_contains(space, candidates[i], PLAT_PAGE_SIZE))
			return candidates[i];
	}
	return ggtt->size_bytes;
}
