// SPDX-License-Identifier: MIT

#include "host/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/check_tables.h"
#include "host/dma_map.h"
#include "host/frame_table.h"
#include "host/gtt.h"
#include "host/ppgtt.h"
#include "host/pv_ppgtt.h"
#include "host/shadow_page.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"

#define LARGE_PAGES 512u // of 4 KiB in a page of 2 MiB

struct check {
	const struct gvt *gvt;
	const struct vgpu *vgpu; // whose share or tables are looked at
	char *why;
	size_t len;
	int ret;
	uint32_t *pins; // entries that lead to a page, by gfn
	struct check_tables tables;
};

static void __attribute__((format(printf, 2, 3))) fail(struct check *check, const char *format, ...)
{
	va_list args;
	int at;

	if (check->ret)
		return;
	check->ret = -EFAULT;
	if (!check->len)
		return;
	at = snprintf(check->why, check->len, "vGPU %u: ", check->vgpu ? check->vgpu->id : 0);
	if (at < 0 || (size_t)at >= check->len)
		return;
	va_start(args, format);
	vsnprintf(check->why + at, check->len - (size_t)at, format, args);
	va_end(args);
}

static uint64_t frame_of(uint64_t entry)
{
	return (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT;
}

static unsigned owner_of(const struct check *check, uint64_t mfn)
{
	return physmem_owner(check->gvt->m->pm, mfn);
}

// An entry of the vGPU leads to this frame, which has to be its VM's.
static void count_frame(struct check *check, const char *what, uint64_t at, uint64_t mfn)
{
	uint64_t gfn;

	if (owner_of(check, mfn) != PHYSMEM_OWNER_VM0 + check->vgpu->vm->id ||
	    guest_ram_gfn_of(check->vgpu->vm->ram, mfn, &gfn))
		fail(check, "%s %#llx leads to frame %#llx of owner %u", what,
		     (unsigned long long)at, (unsigned long long)mfn, owner_of(check, mfn));
	else
		check->pins[gfn]++;
}

/* ---- GGTT ---- */

static uint64_t hardware_entry(const struct gvt *gvt, uint64_t index)
{
	return bus_peek(gvt->m->host_bus, gvt->hw.bar0 + GEN9_GTT_WINDOW + 8 * index, 8);
}

static void check_slice(struct check *check, const struct ggtt_slice *slice)
{
	for (uint64_t gma = slice->base; gma < slice->base + slice->bytes; gma += PAGE_SIZE) {
		uint64_t entry = hardware_entry(check->gvt, gma >> PAGE_SHIFT);
		uint64_t noted = 0;
		uint64_t mfn = 0;

		if (!gtt_gma_to_gpa(check->vgpu, gma, &noted))
			guest_ram_translate(check->vgpu->vm->ram, noted >> PAGE_SHIFT, &mfn);
		if (mfn && (!(entry & GEN8_PTE_PRESENT) || frame_of(entry) != mfn))
			fail(check, "GGTT entry of %#llx is %#llx, not the frame noted, %#llx",
			     (unsigned long long)gma, (unsigned long long)entry,
			     (unsigned long long)mfn);
		if (!(entry & GEN8_PTE_PRESENT) || frame_of(entry) == check->vgpu->ggtt.scratch_mfn)
			continue;
		if (!mfn)
			fail(check, "GGTT entry of %#llx is %#llx and noted nowhere",
			     (unsigned long long)gma, (unsigned long long)entry);
		count_frame(check, "GGTT entry of", gma, frame_of(entry));
	}
}

static bool in_host_share(uint64_t gma)
{
	return gma < GGTT_HOST_LOW_BYTES ||
	       (gma >= GGTT_HOST_HIGH_BASE && gma < GGTT_HOST_HIGH_BASE + GGTT_HOST_HIGH_BYTES);
}

// What lies in no vGPU's share: check_slice() has seen that.
static void check_rest_of_ggtt(struct check *check)
{
	check->vgpu = NULL;
	for (uint64_t gma = 0; gma < GGTT_BYTES; gma += PAGE_SIZE) {
		uint64_t entry = hardware_entry(check->gvt, gma >> PAGE_SHIFT);
		bool shared_out = false;

		if (!(entry & GEN8_PTE_PRESENT))
			continue;
		for (unsigned id = 1; id <= GVT_VGPU_LIMIT; id++)
			shared_out |= check->gvt->vgpus[id] &&
				      gtt_in_share(check->gvt->vgpus[id], gma, PAGE_SIZE);
		if (shared_out)
			continue;
		if (!in_host_share(gma) || owner_of(check, frame_of(entry)) != PHYSMEM_OWNER_HOST)
			fail(check, "GGTT entry of %#llx outside of all shares is %#llx",
			     (unsigned long long)gma, (unsigned long long)entry);
	}
}

/* ---- page tables ---- */

static void check_leaf(struct check *check, uint64_t table, uint64_t entry, bool large)
{
	uint64_t pages = large ? LARGE_PAGES : 1;
	uint64_t first = frame_of(entry) & ~(pages - 1);

	for (uint64_t i = 0; i < pages; i++)
		count_frame(check, "entry of table", table, first + i);
}

static struct check_table *table_at(struct check *check, uint64_t mfn)
{
	struct check_table *table = check_table_at(&check->tables, mfn);

	if (!table)
		check->ret = -ENOMEM;
	return table;
}

// level: enum shadow_level. Tables are looked at once, references to them counted always.
static void check_table(struct check *check, uint64_t mfn, unsigned level)
{
	const struct vgpu *vgpu = check->vgpu;
	const uint64_t *entries;
	struct check_table *table;

	if (owner_of(check, mfn) != PHYSMEM_OWNER_HOST) {
		fail(check, "table %#llx is of owner %u", (unsigned long long)mfn,
		     owner_of(check, mfn));
		return;
	}
	table = table_at(check, mfn);
	if (!table)
		return;
	table->refs++;
	if (table->seen && table->seen != level + 1)
		fail(check, "table %#llx serves at two levels", (unsigned long long)mfn);
	if (table->seen)
		return;
	table->seen = (uint8_t)(level + 1);
	entries = physmem_at(check->gvt->m->pm, mfn << PAGE_SHIFT, PAGE_SIZE);
	for (unsigned i = 0; i < SHADOW_ENTRIES; i++) {
		bool large = level == SHADOW_PD && entries[i] & GEN8_PDE_PS_2M;

		if (!(entries[i] & GEN8_PTE_PRESENT) ||
		    frame_of(entries[i]) == vgpu->shadow.scratch_mfn[level])
			continue;
		if (level == SHADOW_PT || large)
			check_leaf(check, mfn, entries[i], large);
		else
			check_table(check, frame_of(entries[i]), level - 1);
	}
}

// The tree of scratch: each level's table leads to the next one's and at last to the page.
static void check_scratch(struct check *check)
{
	const struct vgpu *vgpu = check->vgpu;

	for (unsigned level = SHADOW_PT; level < SHADOW_LEVELS; level++) {
		uint64_t mfn = vgpu->shadow.scratch_mfn[level];
		const uint64_t *entries;

		if (owner_of(check, mfn) != PHYSMEM_OWNER_HOST)
			fail(check, "scratch %#llx is not the host's", (unsigned long long)mfn);
		if (level == SHADOW_PT)
			continue;
		entries = physmem_at(check->gvt->m->pm, mfn << PAGE_SHIFT, PAGE_SIZE);
		for (unsigned i = 0; i < SHADOW_ENTRIES; i++)
			if (frame_of(entries[i]) != vgpu->shadow.scratch_mfn[level - 1])
				fail(check, "scratch of level %u leads to %#llx", level,
				     (unsigned long long)entries[i]);
	}
}

// Tables that no root leads to: one that is referenced from another of them is counted once only.
static void check_shadow_page(const struct shadow_page *page, void *arg)
{
	struct check *check = arg;
	uint64_t mfn = shadow_page_mfn(page);

	struct check_table *table = table_at(check, mfn);

	if (!table || table->seen)
		return;
	check_table(check, mfn, page->level);
	table = table_at(check, mfn);
	if (table)
		table->refs--;
}

static void check_shadow_refs(const struct shadow_page *page, void *arg)
{
	struct check *check = arg;
	uint64_t mfn = shadow_page_mfn(page);

	const struct check_table *table = table_at(check, mfn);

	if (!table)
		return;
	if (table->refs != page->refs)
		fail(check, "shadow table %#llx has %u references and %u are noted",
		     (unsigned long long)mfn, table->refs, page->refs);
	if (table->seen != page->level + 1)
		fail(check, "shadow table %#llx serves at level %d, %u is noted",
		     (unsigned long long)mfn, table->seen - 1, page->level);
}

static bool roots_agree(const struct ppgtt_mm *mm)
{
	for (unsigned i = 0; i < PPGTT_ROOTS; i++) {
		const struct shadow_page *root = mm->shadow_root[i];
		uint64_t expected = root ? shadow_page_mfn(root) << PAGE_SHIFT : 0;

		if (mm->hw_root[i] != expected || (root && !mm->guest_root[i]))
			return false;
	}
	return true;
}

static void check_space(struct check *check, const struct ppgtt_mm *mm)
{
	unsigned long long root = mm->guest_root[0];
	bool listed = !cds_list_empty((struct cds_list_head *)&mm->lru);

	if (mm->vgpu != check->vgpu)
		fail(check, "space %#llx is another's", root);
	if (!mm->refs || mm->guest_refs > mm->refs)
		fail(check, "space %#llx has %u references, %u of them the guest's", root, mm->refs,
		     mm->guest_refs);
	if (mm->shadowed != listed)
		fail(check, "space %#llx is on the list and not shadowed, or the other way", root);
	if (mm->kind == PPGTT_PV && (mm->levels != 4 || mm->shadowed || !pv_ppgtt_is_sound(mm)))
		fail(check, "tables of paravirtual space %#llx do not agree", root);
	if (mm->kind == PPGTT_SHADOW && !roots_agree(mm))
		fail(check, "roots of shadowed space %#llx do not agree", root);
	for (unsigned i = 0; i < PPGTT_ROOTS; i++)
		if (mm->hw_root[i])
			check_table(check, mm->hw_root[i] >> PAGE_SHIFT,
				    mm->levels == 4 ? SHADOW_PML4 : SHADOW_PD);
}

static void check_spaces(struct check *check)
{
	const struct vgpu *vgpu = check->vgpu;
	uint64_t pv_tables = 0;
	unsigned count = 0;

	check_scratch(check);
	for (const struct ppgtt_mm *mm = vgpu->spaces; mm; mm = mm->next) {
		check_space(check, mm);
		if (mm->kind == PPGTT_PV)
			pv_tables += pv_ppgtt_tables(mm);
		count++;
	}
	if (count != vgpu->space_count || pv_tables != vgpu->pv_tables)
		fail(check, "%u spaces with %llu tables of their own are not what is noted", count,
		     (unsigned long long)pv_tables);
	shadow_pages_each(vgpu, check_shadow_page, check);
	shadow_pages_each(vgpu, check_shadow_refs, check);
}

/* ---- all of it ---- */

static void check_pins(struct check *check)
{
	const struct vgpu *vgpu = check->vgpu;
	uint64_t pages = guest_ram_size_bytes(vgpu->vm->ram) >> PAGE_SHIFT;
	uint64_t pinned = 0;

	for (uint64_t gfn = 0; gfn < pages; gfn++) {
		pinned += check->pins[gfn] > 0;
		if (check->pins[gfn] != dma_pins_of(vgpu, gfn))
			fail(check, "%u entries lead to guest page %#llx, which has %llu pins",
			     check->pins[gfn], (unsigned long long)gfn,
			     (unsigned long long)dma_pins_of(vgpu, gfn));
	}
	if (pinned != dma_pinned_pages(vgpu))
		fail(check, "%llu pages are pinned and %llu are counted",
		     (unsigned long long)pinned, (unsigned long long)dma_pinned_pages(vgpu));
}

static void check_vgpu(struct check *check)
{
	uint64_t pages = guest_ram_size_bytes(check->vgpu->vm->ram) >> PAGE_SHIFT;

	check->pins = calloc(pages, sizeof(*check->pins));
	if (!check->pins) {
		check->ret = -ENOMEM;
		return;
	}
	check_slice(check, &check->vgpu->ggtt.low);
	check_slice(check, &check->vgpu->ggtt.high);
	check_spaces(check);
	check_pins(check);
	free(check->pins);
}

static void begin(struct check *check, const struct gvt *gvt, char *why, size_t len)
{
	*check = (struct check){
		.gvt = gvt,
		.why = why,
		.len = len,
	};
	if (len)
		why[0] = '\0';
}

static int end(struct check *check)
{
	check_tables_fini(&check->tables);
	return check->ret;
}

int gvt_check(const struct gvt *gvt, char *why, size_t len)
{
	struct check check;

	begin(&check, gvt, why, len);
	for (unsigned id = 1; id <= GVT_VGPU_LIMIT && !check.ret; id++) {
		check.vgpu = gvt->vgpus[id];
		if (check.vgpu)
			check_vgpu(&check);
	}
	if (!check.ret)
		check_rest_of_ggtt(&check);
	return end(&check);
}

int gvt_check_vgpu(const struct vgpu *vgpu, char *why, size_t len)
{
	struct check check;

	begin(&check, vgpu->gvt, why, len);
	check.vgpu = vgpu;
	if (!check.ret)
		check_vgpu(&check);
	return end(&check);
}
