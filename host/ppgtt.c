// SPDX-License-Identifier: MIT

#include "host/ppgtt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/oos.h"
#include "host/pv_ppgtt.h"
#include "host/pv_walk.h"
#include "host/shadow_page.h"
#include "host/vgpu.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvinfo.h"
#include "sim/abi/pvmmio.h"

static unsigned root_count(unsigned levels)
{
	return levels == 4 ? 1 : PPGTT_ROOTS;
}

static enum shadow_level root_level(unsigned levels)
{
	return levels == 4 ? SHADOW_PML4 : SHADOW_PD;
}

// The addresses of those that count: what roots are known by.
static void copy_roots(uint64_t to[PPGTT_ROOTS], unsigned levels, const uint64_t from[PPGTT_ROOTS])
{
	for (unsigned i = 0; i < PPGTT_ROOTS; i++)
		to[i] = i < root_count(levels) ? from[i] & GEN8_PTE_ADDR_MASK : 0;
}

/* ---- the list of those that could be taken away ---- */

void ppgtt_lru_init(struct ppgtt_lru *lru)
{
	sim_mutex_init(&lru->lock, "ppgtt_lru_lock");
	CDS_INIT_LIST_HEAD(&lru->spaces);
}

static void lru_lock(struct vgpu *vgpu)
{
	if (vgpu->m->ex->current)
		sim_mutex_lock(vgpu->m, &vgpu->gvt->ppgtt_lru.lock);
}

static void lru_unlock(struct vgpu *vgpu)
{
	if (vgpu->m->ex->current)
		sim_mutex_unlock(vgpu->m, &vgpu->gvt->ppgtt_lru.lock);
}

// The space is in use from now on: last in the list.
static void lru_touch(struct ppgtt_mm *mm)
{
	lru_lock(mm->vgpu);
	cds_list_del(&mm->lru);
	cds_list_add_tail(&mm->lru, &mm->vgpu->gvt->ppgtt_lru.spaces);
	lru_unlock(mm->vgpu);
}

static void lru_remove(struct ppgtt_mm *mm)
{
	lru_lock(mm->vgpu);
	cds_list_del_init(&mm->lru);
	lru_unlock(mm->vgpu);
}

/* ---- shadow tables ---- */

static void drop_roots(struct ppgtt_mm *mm)
{
	for (unsigned i = 0; i < PPGTT_ROOTS; i++) {
		struct shadow_page *root = mm->shadow_root[i];

		mm->shadow_root[i] = NULL;
		mm->hw_root[i] = 0;
		if (root)
			shadow_page_put(mm->vgpu, root);
	}
}

static int shadow_roots(struct ppgtt_mm *mm)
{
	for (unsigned i = 0; i < root_count(mm->levels); i++) {
		struct shadow_page *root;
		int ret;

		if (!mm->guest_root[i])
			continue;
		ret = shadow_page_get(mm->vgpu, mm->guest_root[i] >> PAGE_SHIFT,
				      root_level(mm->levels), &root);
		if (ret) {
			drop_roots(mm);
			return ret;
		}
		mm->shadow_root[i] = root;
		mm->hw_root[i] = shadow_page_mfn(root) << PAGE_SHIFT;
	}
	return 0;
}

static int shadow(struct ppgtt_mm *mm)
{
	int ret = shadow_roots(mm);

	if (ret)
		return ret;
	mm->shadowed = true;
	lru_touch(mm);
	return 0;
}

static void unshadow(struct ppgtt_mm *mm)
{
	if (!mm->shadowed)
		return;
	mm->shadowed = false;
	lru_remove(mm);
	drop_roots(mm);
}

// The first that nobody uses and whose vGPU can be had, out of the list and with that vGPU locked.
static struct ppgtt_mm *choose_victim(struct vgpu *vgpu)
{
	struct ppgtt_mm *mm, *found = NULL;

	lru_lock(vgpu);
	cds_list_for_each_entry(mm, &vgpu->gvt->ppgtt_lru.spaces, lru)
	{
		if (mm->pins)
			continue;
		if (mm->vgpu != vgpu && !sim_mutex_trylock(vgpu->m, &mm->vgpu->lock))
			continue;
		found = mm;
		break;
	}
	if (found)
		cds_list_del_init(&found->lru);
	lru_unlock(vgpu);
	return found;
}

bool ppgtt_reclaim(struct vgpu *vgpu)
{
	struct ppgtt_mm *mm;
	struct vgpu *owner;

	if (!vgpu->m->ex->current)
		return false;
	mm = choose_victim(vgpu);
	if (!mm)
		return false;
	owner = mm->vgpu;
	mm->shadowed = false;
	drop_roots(mm);
	owner->stats.ppgtt_reclaimed++;
	if (owner != vgpu)
		sim_mutex_unlock(vgpu->m, &owner->lock);
	return true;
}

/* ---- spaces ---- */

int ppgtt_init(struct vgpu *vgpu)
{
	vgpu->spaces = NULL;
	vgpu->space_count = 0;
	return shadow_pages_init(vgpu);
}

struct ppgtt_mm *ppgtt_mm_find(struct vgpu *vgpu, unsigned levels,
			       const uint64_t roots[PPGTT_ROOTS])
{
	uint64_t wanted[PPGTT_ROOTS];

	copy_roots(wanted, levels, roots);
	host_spend(vgpu, WORK_PPGTT_LOOKUP, 1);
	for (struct ppgtt_mm *mm = vgpu->spaces; mm; mm = mm->next)
		if (mm->levels == levels && !memcmp(mm->guest_root, wanted, sizeof(wanted)))
			return mm;
	return NULL;
}

static int refuse(struct vgpu *vgpu, enum gvt_incident incident, uint64_t value, int error)
{
	vgpu_incident(vgpu, incident, value);
	return error;
}

static int check_roots(struct vgpu *vgpu, unsigned levels, const uint64_t roots[PPGTT_ROOTS])
{
	uint64_t any = 0;

	for (unsigned i = 0; i < root_count(levels); i++) {
		uint64_t mfn;

		any |= roots[i] & GEN8_PTE_ADDR_MASK;
		if (roots[i] >> PAGE_SHIFT &&
		    guest_ram_translate(vgpu->vm->ram, roots[i] >> PAGE_SHIFT, &mfn))
			return refuse(vgpu, GVT_INCIDENT_PPGTT_ROOT, roots[i], -EINVAL);
	}
	if (!any)
		return refuse(vgpu, GVT_INCIDENT_PPGTT_ROOT, 0, -EINVAL);
	// Notifications that change a range name one root only.
	if (levels != 4 && vgpu->pvmmio_levels & PVMMIO_PPGTT_UPDATE)
		return refuse(vgpu, GVT_INCIDENT_PPGTT_ROOT, roots[0], -EINVAL);
	return 0;
}

static void unlink_space(struct ppgtt_mm *mm)
{
	struct ppgtt_mm **link = &mm->vgpu->spaces;

	while (*link != mm)
		link = &(*link)->next;
	*link = mm->next;
	mm->vgpu->space_count--;
}

static void destroy(struct ppgtt_mm *mm)
{
	assert(!mm->pins);
	if (mm->kind == PPGTT_PV)
		pv_ppgtt_destroy(mm);
	else
		unshadow(mm);
	unlink_space(mm);
	free(mm);
}

// Tables of the kind that the level says now. Shadow tables that find no memory can come later.
static int fill(struct ppgtt_mm *mm)
{
	int ret;

	if (mm->kind == PPGTT_PV)
		return pv_ppgtt_create(mm);
	ret = shadow(mm);
	if (ret == -ENOMEM || ret == -EAGAIN)
		return 0;
	if (ret)
		refuse(mm->vgpu, GVT_INCIDENT_PPGTT_ROOT, mm->guest_root[0], ret);
	return ret == -ENOSPC ? ret : ret ? -EINVAL : 0;
}

static int create(struct vgpu *vgpu, unsigned levels, const uint64_t roots[PPGTT_ROOTS],
		  struct ppgtt_mm **out)
{
	struct ppgtt_mm *mm;
	int ret;

	if (vgpu->space_count >= PPGTT_MM_LIMIT)
		return refuse(vgpu, GVT_INCIDENT_PPGTT_LIMIT, roots[0], -ENOSPC);
	mm = calloc(1, sizeof(*mm));
	if (!mm)
		return -ENOMEM;
	mm->vgpu = vgpu;
	mm->kind = vgpu->pvmmio_levels & PVMMIO_PPGTT_UPDATE ? PPGTT_PV : PPGTT_SHADOW;
	mm->levels = levels;
	mm->refs = 1;
	memcpy(mm->guest_root, roots, sizeof(mm->guest_root));
	CDS_INIT_LIST_HEAD(&mm->lru);
	mm->next = vgpu->spaces;
	vgpu->spaces = mm;
	vgpu->space_count++;
	ret = fill(mm);
	if (ret) {
		unlink_space(mm);
		free(mm);
		return ret;
	}
	*out = mm;
	return 0;
}

int ppgtt_mm_get(struct vgpu *vgpu, unsigned levels, const uint64_t roots[PPGTT_ROOTS],
		 struct ppgtt_mm **out)
{
	struct ppgtt_mm *mm = ppgtt_mm_find(vgpu, levels, roots);
	uint64_t wanted[PPGTT_ROOTS];
	int ret;

	if (mm) {
		mm->refs++;
		*out = mm;
		return 0;
	}
	ret = check_roots(vgpu, levels, roots);
	if (ret)
		return ret;
	copy_roots(wanted, levels, roots);
	shadow_pages_allow(vgpu, SHADOW_TABLES_PER_EXIT);
	return create(vgpu, levels, wanted, out);
}

void ppgtt_mm_put(struct ppgtt_mm *mm)
{
	if (mm && !--mm->refs)
		destroy(mm);
}

int ppgtt_mm_pin(struct ppgtt_mm *mm)
{
	int ret = 0;

	// First of all, so that making room does not take this one.
	mm->pins++;
	if (mm->kind != PPGTT_SHADOW)
		return 0;
	shadow_pages_allow(mm->vgpu, UINT32_MAX);
	if (mm->shadowed)
		lru_touch(mm);
	else
		ret = shadow(mm);
	if (!ret)
		return 0;
	mm->pins--;
	if (ret == -ENOMEM)
		return refuse(mm->vgpu, GVT_INCIDENT_PPGTT_MEMORY, mm->guest_root[0], ret);
	return refuse(mm->vgpu, GVT_INCIDENT_PPGTT_ROOT, mm->guest_root[0], -EINVAL);
}

void ppgtt_mm_unpin(struct ppgtt_mm *mm)
{
	assert(mm->pins);
	mm->pins--;
}

int ppgtt_sync(struct vgpu *vgpu)
{
	int synced, flushed;

	shadow_pages_allow(vgpu, UINT32_MAX);
	synced = oos_sync(vgpu);
	flushed = shadow_pages_flush(vgpu);
	// What a sync could not do is remembered, and the flush has tried it again.
	return synced && flushed ? synced : flushed;
}

void ppgtt_reset(struct vgpu *vgpu)
{
	for (struct ppgtt_mm *mm = vgpu->spaces; mm; mm = mm->next) {
		assert(!mm->pins && "a space is in use while its device is reset");
		unshadow(mm);
	}
	assert(!vgpu->shadow.count && "shadow tables outlive their spaces");
}

void ppgtt_abandon(struct vgpu *vgpu)
{
	struct ppgtt_mm *mm;

	assert(!vgpu->m->ex->current);
	pv_walk_abandon(vgpu);
	while ((mm = vgpu->spaces)) {
		cds_list_del_init(&mm->lru);
		if (mm->kind == PPGTT_PV && mm->pv)
			pv_ppgtt_destroy(mm);
		unlink_space(mm);
		free(mm);
	}
	shadow_pages_abandon(vgpu);
	pv_ppgtt_drop_spares(vgpu);
}

void ppgtt_forget(struct vgpu *vgpu, enum ppgtt_kind kind)
{
	struct ppgtt_mm *next;

	for (struct ppgtt_mm *mm = vgpu->spaces; mm; mm = next) {
		next = mm->next;
		assert(mm->refs == mm->guest_refs && "a workload is left");
		if (mm->kind == kind)
			destroy(mm);
	}
}

void ppgtt_fini(struct vgpu *vgpu)
{
	ppgtt_forget(vgpu, PPGTT_SHADOW);
	ppgtt_forget(vgpu, PPGTT_PV);
	shadow_pages_fini(vgpu);
}

/* ---- notifications ---- */

static int notify_create(struct vgpu *vgpu, unsigned levels, const uint64_t roots[PPGTT_ROOTS])
{
	struct ppgtt_mm *mm;
	int ret = ppgtt_mm_get(vgpu, levels, roots, &mm);

	if (!ret)
		mm->guest_refs++;
	return ret;
}

// What workloads hold is not the guest's to give back.
static int notify_destroy(struct vgpu *vgpu, unsigned levels, const uint64_t roots[PPGTT_ROOTS])
{
	struct ppgtt_mm *mm = ppgtt_mm_find(vgpu, levels, roots);

	if (!mm || !mm->guest_refs)
		return refuse(vgpu, GVT_INCIDENT_PPGTT_ROOT, roots[0], -EINVAL);
	mm->guest_refs--;
	ppgtt_mm_put(mm);
	return 0;
}

int ppgtt_notify(struct vgpu *vgpu, uint32_t code)
{
	unsigned levels = code == G2V_PPGTT_L4_CREATE || code == G2V_PPGTT_L4_DESTROY ? 4 : 3;
	uint64_t roots[PPGTT_ROOTS];

	for (unsigned i = 0; i < PPGTT_ROOTS; i++)
		roots[i] = (uint64_t)vreg_read(vgpu, PVINFO_BASE + PVINFO_PDP_HI(i)) << 32 |
			   vreg_read(vgpu, PVINFO_BASE + PVINFO_PDP_LO(i));
	if (code == G2V_PPGTT_L3_CREATE || code == G2V_PPGTT_L4_CREATE)
		return notify_create(vgpu, levels, roots);
	return notify_destroy(vgpu, levels, roots);
}
