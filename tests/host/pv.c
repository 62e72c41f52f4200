// SPDX-License-Identifier: MIT
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "pv.h"

#include "host/check.h"

#define NOTIFY    (PVINFO_BASE + PVINFO_G2V_NOTIFY)
#define PTE_RIGHT (GEN8_PTE_PRESENT | GEN8_PTE_WRITABLE)

void pv_create(struct rig *rig, const struct rig_options *options, uint32_t levels)
{
	struct rig_options with_levels = *options;

	with_levels.pvmmio_offered = PVMMIO_ALL;
	rig_create(rig, &with_levels);
	for (unsigned i = 0; i < rig->guest_count; i++) {
		struct rig_guest *guest = &rig->guests[i];

		rig_boot(guest);
		assert_int_equal(rig_negotiate(guest, rig_alloc(guest, 1), levels), levels);
	}
}

void pv_check(const struct rig *rig)
{
	char why[256];

	if (gvt_check(rig->gvt, why, sizeof(why)))
		fail_msg("%s", why);
}

struct pvmmio_page *pv_page(struct rig_guest *guest)
{
	return rig_at(guest, guest->vgpu->pvmmio_gfn << PAGE_SHIFT);
}

uint32_t pv_ppgtt(struct rig_guest *guest, uint32_t code, uint64_t pdp, uint64_t start,
		  uint64_t length_bytes)
{
	struct pvmmio_page *page = pv_page(guest);

	page->ppgtt = (struct pvmmio_ppgtt_record){
		.pdp = pdp,
		.start = start,
		.length_bytes = length_bytes,
		.status = PV_NO_ANSWER,
	};
	rig_write32(guest, NOTIFY, code);
	return page->ppgtt.status;
}

uint32_t pv_ggtt(struct rig_guest *guest, uint32_t code, uint64_t start, uint64_t length_bytes)
{
	struct pvmmio_page *page = pv_page(guest);

	page->ggtt = (struct pvmmio_ggtt_record){
		.start = start,
		.length_bytes = length_bytes,
		.status = PV_NO_ANSWER,
	};
	rig_write32(guest, NOTIFY, code);
	return page->ggtt.status;
}

uint64_t pv_space(struct rig_guest *guest)
{
	uint64_t root = tables_new(guest);

	tables_notify4(guest, G2V_PPGTT_L4_CREATE, root);
	assert_non_null(tables_space(guest, root));
	return root;
}

uint64_t *pv_entry(struct rig_guest *guest, uint64_t root, uint64_t gma, unsigned level)
{
	uint64_t *entry;

	for (unsigned at = 3;; at--) {
		entry = (uint64_t *)rig_at(guest, root) + (gma >> (PAGE_SHIFT + 9 * at) & 511);
		if (at == level)
			return entry;
		if (!(*entry & GEN8_PTE_PRESENT))
			*entry = tables_new(guest) | PTE_RIGHT;
		root = *entry & GEN8_PTE_ADDR_MASK;
	}
}

void pv_fill(struct rig_guest *guest, uint64_t root, uint64_t gma, uint64_t gpa, unsigned count,
	     uint64_t flags)
{
	for (unsigned i = 0; i < count; i++)
		*pv_entry(guest, root, gma + i * PAGE_SIZE, 0) = (gpa + i * PAGE_SIZE) | flags;
}

void pv_map(struct rig_guest *guest, uint64_t root, uint64_t gma, uint64_t gpa, unsigned count)
{
	uint64_t bytes = count * PAGE_SIZE;

	pv_fill(guest, root, gma, gpa, count, PTE_RIGHT);
	assert_int_equal(pv_ppgtt(guest, G2V_PPGTT_L4_ALLOC, root, gma, bytes), PVMMIO_STATUS_OK);
	assert_int_equal(pv_ppgtt(guest, G2V_PPGTT_L4_INSERT, root, gma, bytes), PVMMIO_STATUS_OK);
}

uint64_t pv_reach(struct rig_guest *guest, uint64_t root, uint64_t gma, bool *writable)
{
	const struct ppgtt_mm *mm = tables_space(guest, root);
	uint64_t scratch = guest->vgpu->shadow.scratch_mfn[SHADOW_PT] << PAGE_SHIFT;
	uint64_t mpa;

	assert_non_null(mm);
	mpa = tables_reach(guest->rig, mm, gma, writable);
	return (mpa & ~PAGE_MASK) == scratch ? NO_ADDRESS : mpa;
}

bool pv_is_mapped(struct rig_guest *guest, uint64_t root, uint64_t gma, uint64_t gpa,
		  unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (pv_reach(guest, root, gma + i * PAGE_SIZE, NULL) !=
		    tables_mpa(guest, gpa + i * PAGE_SIZE))
			return false;
	return true;
}
