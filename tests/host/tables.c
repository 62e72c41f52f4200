// SPDX-License-Identifier: MIT
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "tables.h"

#include <stdlib.h>
#include <string.h>

#include "host/check.h"
#include "host/dma_map.h"
#include "sim/machine/ledger.h"

#define ADDRESS(entry) ((entry)&GEN8_PTE_ADDR_MASK)

uint64_t tables_new(struct rig_guest *guest)
{
	uint64_t table = rig_alloc(guest, 1);

	memset(rig_at(guest, table), 0, PAGE_SIZE);
	return table;
}

void tables_fill(struct rig_guest *guest, uint64_t table, unsigned first, unsigned count,
		 uint64_t gpa, uint64_t flags)
{
	uint64_t *entries = rig_at(guest, table);

	for (unsigned i = 0; i < count; i++)
		entries[first + i] = (gpa + i * PAGE_SIZE) | flags;
}

void tables_create(struct tables *tables, struct rig_guest *guest)
{
	tables->guest = guest;
	tables->pml4 = tables_new(guest);
	tables->pdp = tables_new(guest);
	tables->pd = tables_new(guest);
	tables_fill(guest, tables->pml4, 0, 1, tables->pdp, PTE_RW);
	tables_fill(guest, tables->pdp, 0, 1, tables->pd, PTE_RW);
}

struct stores {
	uint64_t gpa;
	unsigned count;
	unsigned size_bytes;
	uint64_t value;
	uint64_t step;
};

static void do_stores(struct rig_guest *guest, void *arg)
{
	const struct stores *stores = arg;

	for (unsigned i = 0; i < stores->count; i++)
		bus_write(guest->vm->bus, stores->gpa + i * stores->size_bytes, stores->size_bytes,
			  stores->value + i * stores->step);
}

void tables_store(struct rig_guest *guest, uint64_t gpa, unsigned size_bytes, uint64_t value)
{
	struct stores stores = { .gpa = gpa, .count = 1, .size_bytes = size_bytes, .value = value };

	rig_run(guest, do_stores, &stores);
}

void tables_store_pages(struct rig_guest *guest, uint64_t table, unsigned first, unsigned count,
			uint64_t gpa, uint64_t flags)
{
	struct stores stores = {
		.gpa = table + 8 * first,
		.count = count,
		.size_bytes = 8,
		.value = gpa | flags,
		.step = PAGE_SIZE,
	};

	rig_run(guest, do_stores, &stores);
}

uint64_t tables_exits(const struct rig_guest *guest, enum exit_reason reason)
{
	uint64_t count = 0;

	for (int op = 0; op < GUEST_OP_COUNT; op++) {
		struct ledger_op totals;

		ledger_op_totals(guest->rig->m->ledger, guest->vm->id, (enum guest_op)op, &totals);
		count += totals.by_reason[reason].count;
	}
	return count;
}

struct notification {
	uint32_t code;
	unsigned root_count;
	const uint64_t *roots;
};

static void do_notify(struct rig_guest *guest, void *arg)
{
	const struct notification *n = arg;

	for (unsigned i = 0; i < n->root_count; i++) {
		guest_store(guest, PVINFO_BASE + PVINFO_PDP_LO(i), 4, (uint32_t)n->roots[i]);
		guest_store(guest, PVINFO_BASE + PVINFO_PDP_HI(i), 4, n->roots[i] >> 32);
	}
	guest_store(guest, PVINFO_BASE + PVINFO_G2V_NOTIFY, 4, n->code);
}

void tables_notify(struct rig_guest *guest, uint32_t code, const uint64_t roots[PPGTT_ROOTS])
{
	bool four = code == G2V_PPGTT_L4_CREATE || code == G2V_PPGTT_L4_DESTROY;
	struct notification notification = { code, four ? 1 : PPGTT_ROOTS, roots };

	rig_run(guest, do_notify, &notification);
}

void tables_notify4(struct rig_guest *guest, uint32_t code, uint64_t root)
{
	tables_notify(guest, code, (const uint64_t[PPGTT_ROOTS]){ root });
}

struct ppgtt_mm *tables_space(const struct rig_guest *guest, uint64_t root)
{
	for (struct ppgtt_mm *mm = guest->vgpu->spaces; mm; mm = mm->next)
		if (mm->guest_root[0] == root)
			return mm;
	return NULL;
}

uint64_t tables_mpa(const struct rig_guest *guest, uint64_t gpa)
{
	uint64_t mfn;

	assert_int_equal(guest_ram_translate(guest->vm->ram, gpa >> PAGE_SHIFT, &mfn), 0);
	return mfn << PAGE_SHIFT | (gpa & PAGE_MASK);
}

static const uint64_t *host_table(const struct rig *rig, uint64_t entry)
{
	return physmem_at(rig->m->pm, ADDRESS(entry), PAGE_SIZE);
}

uint64_t tables_reach(const struct rig *rig, const struct ppgtt_mm *mm, uint64_t gma,
		      bool *writable)
{
	unsigned level = mm->levels == 4 ? SHADOW_PML4 : SHADOW_PD;
	uint64_t entry = mm->levels == 4 ? mm->hw_root[0] : mm->hw_root[gma >> 30 & 3];
	bool may_write = true;

	if (!entry)
		return NO_ADDRESS;
	for (;; level--) {
		unsigned shift = PAGE_SHIFT + 9 * level;

		entry = host_table(rig, entry)[gma >> shift & 511];
		may_write &= entry >> 1 & 1;
		if (!(entry & 1))
			return NO_ADDRESS;
		if (level == SHADOW_PT || (level == SHADOW_PD && entry & PDE_2M)) {
			uint64_t offset = gma & ((UINT64_C(1) << shift) - 1);

			if (writable)
				*writable = may_write;
			return (ADDRESS(entry) & ~((UINT64_C(1) << shift) - 1)) | offset;
		}
	}
}

/* ---- all of it ---- */

struct check {
	const struct rig_guest *guest;
	const struct vgpu *vgpu;
	uint64_t *pins; /* that entries stand for, by gfn */
	uint8_t *seen;  /* guest tables compared, by gfn */
	unsigned scratch;
	unsigned tables;
};

static uint64_t gfn_count(const struct rig_guest *guest)
{
	return guest_ram_size_bytes(guest->vm->ram) >> PAGE_SHIFT;
}

uint64_t *tables_pins(const struct rig_guest *guest)
{
	uint64_t *pins = calloc(gfn_count(guest), sizeof(*pins));

	assert_non_null(pins);
	for (uint64_t gfn = 0; gfn < gfn_count(guest); gfn++)
		pins[gfn] = dma_pins_of(guest->vgpu, gfn);
	return pins;
}

static bool is_scratch(const struct vgpu *vgpu, unsigned level, uint64_t entry)
{
	return ADDRESS(entry) >> PAGE_SHIFT == vgpu->shadow.scratch_mfn[level];
}

static void count_pin(struct check *check, uint64_t mfn)
{
	uint64_t gfn;

	assert_int_equal(guest_ram_gfn_of(check->guest->vm->ram, mfn, &gfn), 0);
	assert_int_equal(physmem_owner(check->guest->rig->m->pm, mfn),
			 PHYSMEM_OWNER_VM0 + check->guest->vm->id);
	check->pins[gfn]++;
}

static void check_page(const struct shadow_page *page, void *arg)
{
	struct check *check = arg;

	check->tables++;
	assert_true(page->refs > 0);
	if (!page->split)
		assert_ptr_equal(page_track_find(check->vgpu, page_track_gfn(&page->guest)),
				 &page->guest);
	if (!page->split && !page->oos)
		assert_int_equal(bus_attr_of(check->guest->vm->bus, page_track_gfn(&page->guest)),
				 BUS_RAM_TRACKED);
	for (unsigned i = 0; i < SHADOW_ENTRIES; i++) {
		uint64_t entry = page->entries[i];
		bool large = page->level == SHADOW_PD && entry & PDE_2M;

		if (!(entry & 1)) {
			assert_true(is_scratch(check->vgpu, page->level, entry) || page->split);
			continue;
		}
		if (is_scratch(check->vgpu, page->level, entry))
			continue;
		if (page->level == SHADOW_PT || large)
			for (unsigned k = 0; k < (large ? 512 : 1); k++)
				count_pin(check, (ADDRESS(entry) >> PAGE_SHIFT) + k);
		else
			assert_int_equal(physmem_owner(check->guest->rig->m->pm,
						       ADDRESS(entry) >> PAGE_SHIFT),
					 PHYSMEM_OWNER_HOST);
	}
}

static void compare_page(struct check *check, unsigned level, uint64_t gpa, uint64_t guest,
			 uint64_t shadow)
{
	assert_int_equal(shadow & 1, 1);
	if (is_scratch(check->vgpu, level, shadow)) {
		check->scratch++;
		return;
	}
	assert_int_equal(ADDRESS(shadow), tables_mpa(check->guest, gpa));
	assert_int_equal(shadow & 0x1b, guest & 0x1b);
}

static void compare_2m(struct check *check, uint64_t guest, uint64_t shadow)
{
	uint64_t gpa = ADDRESS(guest) & ~(PT_SPAN - 1);

	if (is_scratch(check->vgpu, SHADOW_PD, shadow)) {
		check->scratch++;
		return;
	}
	for (unsigned k = 0; k < 512; k++) {
		uint64_t offset = k * PAGE_SIZE;

		if (shadow & PDE_2M)
			assert_int_equal((ADDRESS(shadow) & ~(PT_SPAN - 1)) + offset,
					 tables_mpa(check->guest, gpa + offset));
		else
			compare_page(check, SHADOW_PT, gpa + offset, guest & 0x1b,
				     host_table(check->guest->rig, shadow)[k]);
	}
}

static bool uses_64k(const struct check *check, uint64_t guest)
{
	return guest & PDE_64K && (check->vgpu->vreg[GAMW_ECO / 4] & 0xf) == 0xf;
}

static void compare_pt(struct check *check, uint64_t table, const uint64_t *shadow, bool holds_64k)
{
	const uint64_t *guest = rig_at((struct rig_guest *)check->guest, table);

	for (unsigned i = 0; i < SHADOW_ENTRIES; i++) {
		uint64_t entry = guest[holds_64k ? i & ~15u : i];
		uint64_t gpa = ADDRESS(entry);

		if (holds_64k)
			gpa = (gpa & ~UINT64_C(0xffff)) + (i & 15) * PAGE_SIZE;
		if (entry & 1)
			compare_page(check, SHADOW_PT, gpa, entry, shadow[i]);
		else
			assert_int_equal(shadow[i] & 1, 0);
	}
}

static void compare_table(struct check *check, unsigned level, uint64_t table,
			  const uint64_t *shadow)
{
	const uint64_t *guest = rig_at((struct rig_guest *)check->guest, table);

	if (check->seen[table >> PAGE_SHIFT])
		return;
	check->seen[table >> PAGE_SHIFT] = 1;
	for (unsigned i = 0; i < SHADOW_ENTRIES; i++) {
		assert_int_equal(shadow[i] & 1, guest[i] & 1);
		if (!(guest[i] & 1))
			continue;
		if (is_scratch(check->vgpu, level, shadow[i])) {
			check->scratch++;
			continue;
		}
		assert_int_equal(shadow[i] & 0x1b, guest[i] & 0x1b);
		if (level == SHADOW_PD && guest[i] & PDE_2M)
			compare_2m(check, guest[i], shadow[i]);
		else if (level == SHADOW_PD)
			compare_pt(check, ADDRESS(guest[i]),
				   host_table(check->guest->rig, shadow[i]),
				   uses_64k(check, guest[i]));
		else
			compare_table(check, level - 1, ADDRESS(guest[i]),
				      host_table(check->guest->rig, shadow[i]));
	}
}

unsigned tables_check(const struct rig_guest *guest, const uint64_t *base_pins)
{
	struct check check = { .guest = guest, .vgpu = guest->vgpu };
	char why[200] = "";

	if (gvt_check(guest->rig->gvt, why, sizeof(why)))
		fail_msg("%s", why);
	check.pins = calloc(gfn_count(guest), sizeof(*check.pins));
	check.seen = calloc(gfn_count(guest), 1);
	assert_non_null(check.pins);
	assert_non_null(check.seen);
	shadow_pages_each(guest->vgpu, check_page, &check);
	assert_int_equal(check.tables, guest->vgpu->shadow.count);
	for (uint64_t gfn = 0; gfn < gfn_count(guest); gfn++)
		assert_int_equal(dma_pins_of(guest->vgpu, gfn), check.pins[gfn] + base_pins[gfn]);
	for (const struct ppgtt_mm *mm = guest->vgpu->spaces; mm; mm = mm->next)
		for (unsigned i = 0; i < PPGTT_ROOTS && mm->shadowed; i++)
			if (mm->guest_root[i])
				compare_table(&check, mm->levels == 4 ? SHADOW_PML4 : SHADOW_PD,
					      mm->guest_root[i],
					      host_table(guest->rig, mm->hw_root[i]));
	free(check.seen);
	free(check.pins);
	return check.scratch;
}

/* ---- on a thread of the host ---- */

struct sync {
	struct vgpu *vgpu;
	int ret;
};

static void do_sync(void *arg)
{
	struct sync *sync = arg;

	sim_mutex_lock(sync->vgpu->m, &sync->vgpu->lock);
	sync->ret = ppgtt_sync(sync->vgpu);
	sim_mutex_unlock(sync->vgpu->m, &sync->vgpu->lock);
}

int tables_sync(struct rig_guest *guest)
{
	struct machine *m = guest->rig->m;
	struct sync sync = { .vgpu = guest->vgpu };

	assert_int_equal(
		machine_spawn_thread(m, "sync", executor_time_ps(m->ex), do_sync, &sync, NULL), 0);
	rig_settle(guest->rig);
	return sync.ret;
}
