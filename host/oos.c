// SPDX-License-Identifier: MIT

#include "host/oos.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "host/gtt.h"
#include "host/shadow_page.h"
#include "host/vgpu.h"

#define STORES_UNTIL_OUT 2

_Static_assert(sizeof(((struct oos_page *)0)->entries) == PAGE_SIZE, "a copy of a page");

void oos_pool_init(struct oos_pool *pool, unsigned limit)
{
	*pool = (struct oos_pool){ .limit = limit ? limit : OOS_POOL_PAGES_DEFAULT };
	sim_mutex_init(&pool->lock, "oos_pool_lock");
	CDS_INIT_LIST_HEAD(&pool->in_use);
	CDS_INIT_LIST_HEAD(&pool->unused);
}

void oos_pool_fini(struct oos_pool *pool)
{
	struct oos_page *oos;

	assert(cds_list_empty(&pool->in_use));
	while ((oos = pool->all)) {
		pool->all = oos->next;
		free(oos);
	}
}

/* ---- in sync again ---- */

static void leave(struct oos_page *oos)
{
	cds_list_del(&oos->out);
	oos->is_out = false;
}

// Protected before it is read: what is stored from then on traps. Entries that wait for a
// submission go on waiting.
static int sync_page(struct oos_page *oos)
{
	struct vgpu *vgpu = oos->vgpu;
	struct shadow_page *page = oos->page;
	int error = 0;

	leave(oos);
	page->store_count = 0; // as from now, also when the page is taken away in between
	page_track_protect(vgpu, &page->guest);
	host_spend(vgpu, WORK_OOS_COMPARE, SHADOW_ENTRIES);
	exec_sync(vgpu->m->ex);
	for (unsigned i = 0; i < SHADOW_ENTRIES; i++) {
		uint64_t guest = shadow_page_guest_entry(vgpu, page, i);
		int ret = 0;

		if (guest != oos->entries[i])
			ret = shadow_page_apply(vgpu, page, i, guest);
		if (ret)
			error = ret;
	}
	return error;
}

int oos_sync(struct vgpu *vgpu)
{
	struct cds_list_head *out = &vgpu->shadow.out;
	int error = 0;

	while (!cds_list_empty(out)) {
		int ret = sync_page(cds_list_first_entry(out, struct oos_page, out));

		if (ret)
			error = ret;
	}
	vgpu->shadow.interval++;
	return error;
}

/* ---- the pool ---- */

static void pool_lock(struct vgpu *vgpu)
{
	if (vgpu->m->ex->current)
		sim_mutex_lock(vgpu->m, &vgpu->gvt->oos_pool.lock);
}

static void pool_unlock(struct vgpu *vgpu)
{
	if (vgpu->m->ex->current)
		sim_mutex_unlock(vgpu->m, &vgpu->gvt->oos_pool.lock);
}

void oos_detach(struct vgpu *vgpu, struct shadow_page *page)
{
	struct oos_page *oos = page->oos;

	if (oos->is_out)
		leave(oos);
	page->oos = NULL;
	pool_lock(vgpu);
	cds_list_move(&oos->in_use, &vgpu->gvt->oos_pool.unused);
	pool_unlock(vgpu);
}

static struct oos_page *take_unused(struct oos_pool *pool)
{
	struct oos_page *oos = NULL;

	if (!cds_list_empty(&pool->unused)) {
		oos = cds_list_first_entry(&pool->unused, struct oos_page, in_use);
		cds_list_del_init(&oos->in_use);
	} else if (pool->allocated < pool->limit) {
		oos = malloc(sizeof(*oos));
		if (!oos)
			return NULL;
		CDS_INIT_LIST_HEAD(&oos->in_use);
		oos->next = pool->all;
		pool->all = oos;
		pool->allocated++;
	}
	return oos;
}

/*
 * The page attached longest whose vGPU can be had, with that vGPU locked. The pool is locked; who
 * waits for it holds a vGPU's lock, so that nobody may wait for one of those here.
 */
static struct oos_page *choose_victim(struct vgpu *vgpu)
{
	struct oos_pool *pool = &vgpu->gvt->oos_pool;
	struct oos_page *oos;

	cds_list_for_each_entry(
		oos, &pool->in_use,
		in_use) if (oos->vgpu == vgpu ||
			    sim_mutex_trylock(vgpu->m, &oos->vgpu->lock)) return oos;
	return NULL;
}

static struct oos_page *take_page(struct vgpu *vgpu)
{
	struct oos_pool *pool = &vgpu->gvt->oos_pool;
	struct vgpu *owner = NULL;
	struct oos_page *oos;

	pool_lock(vgpu);
	oos = take_unused(pool);
	if (!oos) {
		oos = choose_victim(vgpu);
		if (oos) {
			owner = oos->vgpu;
			cds_list_del_init(&oos->in_use);
		}
	}
	pool_unlock(vgpu);
	if (!owner)
		return oos;
	if (oos->is_out)
		sync_page(oos); // an entry that fails is remembered
	oos->page->oos = NULL;
	if (owner != vgpu)
		sim_mutex_unlock(vgpu->m, &owner->lock);
	return oos;
}

static int attach(struct vgpu *vgpu, struct shadow_page *page)
{
	struct oos_page *oos = take_page(vgpu);

	if (!oos)
		return -ENOMEM;
	oos->vgpu = vgpu;
	oos->page = page;
	oos->is_out = false;
	page->oos = oos;
	pool_lock(vgpu);
	cds_list_add_tail(&oos->in_use, &vgpu->gvt->oos_pool.in_use);
	pool_unlock(vgpu);
	/*
	 * Last, so that nobody gets in between reading and taking the protection off. A store that
	 * is in memory already but still on its way here is in the copy and not in the shadow; it
	 * will be applied when it arrives.
	 */
	if (guest_read(vgpu, page_track_gfn(&page->guest) << PAGE_SHIFT, oos->entries,
		       sizeof(oos->entries)))
		assert(!"a tracked page is no RAM");
	return 0;
}

void oos_note_store(struct vgpu *vgpu, struct shadow_page *page)
{
	if (page->oos && page->oos->is_out)
		return;
	if (page->interval != vgpu->shadow.interval) {
		page->interval = vgpu->shadow.interval;
		page->store_count = 0;
	}
	if (page->store_count < STORES_UNTIL_OUT)
		page->store_count++;
	if (page->store_count < STORES_UNTIL_OUT)
		return;
	if (!page->oos && attach(vgpu, page))
		return;
	page_track_unprotect(vgpu, &page->guest);
	page->oos->is_out = true;
	cds_list_add_tail(&page->oos->out, &vgpu->shadow.out);
}
