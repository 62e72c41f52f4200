// SPDX-License-Identifier: MIT
/*
 * What is bound where and for how long: pins, eviction, requests that use it, and address spaces
 * that outlive their context.
 */
#include <string.h>

#include "tests/guest/space.h"

#define PAGES(n) ((uint64_t)(n)*PLAT_PAGE_SIZE)
#define GIB      UINT64_C(0x40000000)

static bool is_bound(const struct i915_vma *vma)
{
	return vma->node.size_bytes != 0;
}

static struct i915_vma *bind_unpinned(struct fixture *f, struct i915_vm *vm, uint64_t pages)
{
	struct i915_vma *vma = fixture_bind(f->i915, vm, PAGES(pages));

	i915_vma_unpin(vma);
	return vma;
}

static int try_bind(struct fixture *f, struct i915_vm *vm, uint64_t pages,
		    const struct i915_bind *how, struct i915_vma **out)
{
	struct i915_object *obj = i915_object_create(f->i915, PAGES(pages));
	int err;

	assert_non_null(obj);
	err = i915_vma_bind(vm, obj, how, out);
	if (err)
		i915_object_destroy(obj);
	return err;
}

static void run_gpu(struct fixture *f)
{
	while (fake_gpu_step_all(f->plat))
		fake_poll_interrupts(f->plat);
	fake_poll_interrupts(f->plat);
}

/* ---- binding ---- */

static void bind_checks_what_is_asked_for(void **state)
{
	const struct {
		struct i915_bind how;
		int err;
	} cases[] = {
		{{ .align_bytes = 3 * PLAT_PAGE_SIZE },                                         -I915_EINVAL},
		{ { .flags = I915_BIND_FIXED, .fixed_gma = 100 },                               -I915_EINVAL},
		{ { .flags = I915_BIND_FIXED, .fixed_gma = 0 },                                 -I915_EINVAL},
		{ { .flags = I915_BIND_FIXED, .fixed_gma = 1ull << 48 },                        -I915_EINVAL},
		{ { .flags = I915_BIND_FIXED, .fixed_gma = (1ull << 48) - PAGES(1) },
                 -I915_EINVAL									       },
		{ { .flags = I915_BIND_FIXED, .fixed_gma = -PAGES(2) },                         -I915_EINVAL},
		{ { .flags = I915_BIND_FIXED, .fixed_gma = PAGES(1), .align_bytes = PAGES(2) },
                 -I915_EINVAL									       },
		{ { .align_bytes = 1ull << 63 },                                                -I915_ENOSPC},
		{ { .flags = I915_BIND_FIXED, .fixed_gma = (1ull << 48) - PAGES(2) },           0           },
		{ { .align_bytes = 512 },						       0           },
		{ { .align_bytes = 1ull << 40 },                                                0           },
	};
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct i915_vma *vma = NULL;

		assert_int_equal(try_bind(&f, i915_context_vm(f.ctx[0]), 2, &cases[i].how, &vma),
				 cases[i].err);
		if (cases[i].err == 0) {
			assert_int_equal(i915_vma_gma(vma) & (cases[i].how.align_bytes - 1) &
						 (cases[i].how.align_bytes ? ~0ull : 0),
					 0);
			fixture_drop(vma);
		}
	}
	fixture_end(&f);
}

/* Fixed addresses of the GGTT are those of the share. */
static void fixed_addresses_of_the_ggtt(void **state)
{
	struct i915_bind how = { .fixed_gma = FAKE_LOW_BASE, .flags = I915_BIND_FIXED };
	struct fixture f = fixture_vgpu(0);
	struct i915_vma *vma;

	assert_int_equal(try_bind(&f, i915_ggtt_vm(f.i915), 1, &how, &vma), -I915_ENOSPC);
	how.fixed_gma = FAKE_LOW_BASE + FAKE_LOW_BYTES;
	assert_int_equal(try_bind(&f, i915_ggtt_vm(f.i915), 1, &how, &vma), -I915_EINVAL);
	how.fixed_gma = FAKE_HIGH_BASE + PAGES(7);
	assert_int_equal(try_bind(&f, i915_ggtt_vm(f.i915), 1, &how, &vma), 0);
	assert_int_equal(i915_vma_gma(vma), how.fixed_gma);
	fixture_end(&f);
}

/* One object in many spaces; destroying it unbinds it everywhere. */
static void object_in_several_spaces(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_object *obj = i915_object_create(f.i915, PAGES(3));
	struct space space[2];
	struct i915_vma *vma;

	for (unsigned i = 0; i < 2; i++) {
		space_open(&space[i], f.plat, f.ctx[i]);
		assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[i]), obj, NULL, &vma), 0);
		space_expect(&space[i], vma);
		assert_ptr_equal(i915_vma_object(vma), obj);
		assert_false(i915_vma_is_ggtt(vma));
	}
	assert_int_not_equal(space[0].roots[0], space[1].roots[0]);
	assert_int_not_equal(space[0].scratch[0], space[1].scratch[0]);
	for (unsigned i = 0; i < 2; i++)
		space_check(&space[i]);
	i915_object_destroy(obj);
	for (unsigned i = 0; i < 2; i++) {
		space[i].bound_count = 0;
		space_check(&space[i]);
	}
	fixture_end(&f);
}

/* ---- requests ---- */

static struct i915_request *store_request(struct fixture *f, unsigned ctx, struct i915_vma *batch,
					  uint64_t gma, uint32_t value)
{
	struct i915_request *rq;
	struct batch b;

	batch_begin(&b, batch);
	assert_int_equal(batch_store_dword(&b, gma, value), 0);
	assert_int_equal(batch_end(&b), 0);
	assert_int_equal(i915_request_create(f->ctx[ctx], GEN9_BCS0, batch, I915_MISUSE_NONE, &rq),
			 0);
	i915_request_add(rq);
	return rq;
}

/* Batches of two contexts at the same address store to the same address, each into its own. */
static void check_own_spaces(enum i915_ppgtt_mode mode, uint32_t levels)
{
	struct fixture f = fixture_ppgtt(mode, levels);
	struct i915_vma *target[2], *batch[2];
	struct i915_request *rq[2];

	for (unsigned i = 0; i < 2; i++) {
		target[i] = fixture_bind(f.i915, i915_context_vm(f.ctx[i]), PAGES(1));
		batch[i] = fixture_bind(f.i915, i915_context_vm(f.ctx[i]), PAGES(1));
		rq[i] = store_request(&f, i, batch[i], i915_vma_gma(target[i]) + 8, 100 + i);
	}
	assert_int_equal(i915_vma_gma(target[0]), i915_vma_gma(target[1]));
	assert_int_equal(i915_vma_gma(batch[0]), i915_vma_gma(batch[1]));
	run_gpu(&f);
	for (unsigned i = 0; i < 2; i++) {
		const uint32_t *words = i915_object_cpu(target[i]->obj);

		assert_int_equal(words[2], 100 + i);
		i915_request_put(rq[i]);
	}
	fixture_end(&f);
}

static void batches_run_in_their_contexts_space(void **state)
{
	check_own_spaces(I915_PPGTT_48BIT, 0);
	check_own_spaces(I915_PPGTT_32BIT, 0);
	check_own_spaces(I915_PPGTT_48BIT, PVMMIO_ALL);
}

static void contexts_without_ppgtt_share_the_ggtt(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_NONE, 0);

	assert_ptr_equal(i915_context_vm(f.ctx[0]), i915_ggtt_vm(f.i915));
	assert_ptr_equal(i915_context_vm(f.ctx[1]), i915_ggtt_vm(f.i915));
	assert_int_equal(f.plat->host.notice_count, 0);
	fixture_end(&f);
}

static const uint32_t *state_page(const struct fixture *f, size_t submission)
{
	uint32_t lrca = (uint32_t)f->plat->gpu.submissions[submission].desc[0] & ~0xfffu;

	return fake_ggtt_cpu(f->plat, lrca + PLAT_PAGE_SIZE);
}

static void check_image(enum i915_ppgtt_mode mode, unsigned roots, uint32_t descriptor_mode)
{
	struct fixture f = fixture_ppgtt(mode, 0);
	struct i915_vma *batch = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(1));
	struct i915_request *rq = store_request(&f, 0, batch, i915_vma_gma(batch) + 2048, 1);
	const uint32_t *page = state_page(&f, 0);
	struct space space = { 0 };

	i915_ppgtt_roots(i915_context_vm(f.ctx[0]), space.roots);
	for (unsigned i = 0; i < 4; i++) {
		const uint32_t *pair = &page[0x24 + 4 * (3 - i)];

		assert_int_equal(pair[0], fake_engine_info[GEN9_BCS0].mmio_base + 0x274 + 8 * i);
		assert_int_equal(pair[1], 0);
		assert_int_equal(pair[2], fake_engine_info[GEN9_BCS0].mmio_base + 0x270 + 8 * i);
		assert_int_equal(pair[3], i < roots ? (uint32_t)space.roots[i] : 0);
	}
	assert_int_equal((f.plat->gpu.submissions[0].desc[0] >> 3) & 3, descriptor_mode);
	run_gpu(&f);
	i915_request_put(rq);
	fixture_end(&f);
}

static void roots_are_in_the_context_image(void **state)
{
	check_image(I915_PPGTT_48BIT, 1, 3);
	check_image(I915_PPGTT_32BIT, 4, 1);
}

/* Three levels: the roots are written again at every submission, one root is not. */
static void roots_of_three_levels_are_refreshed(void **state)
{
	for (unsigned three = 0; three < 2; three++) {
		struct fixture f = fixture_ppgtt(three ? I915_PPGTT_32BIT : I915_PPGTT_48BIT, 0);
		struct i915_vma *batch = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(1));
		struct i915_request *rq = store_request(&f, 0, batch, i915_vma_gma(batch) + 64, 1);
		uint32_t *ldw, before;

		run_gpu(&f);
		i915_request_put(rq);
		ldw = i915_context_state(f.ctx[0], GEN9_BCS0) + CTX_PDP0_LDW + 1;
		before = *ldw;
		*ldw = 0xbad000;
		f.plat->hook = NULL;
		rq = store_request(&f, 0, batch, i915_vma_gma(batch) + 64, 2);
		assert_int_equal(*ldw, three ? before : 0xbad000);
		*ldw = before;
		run_gpu(&f);
		i915_request_put(rq);
		fixture_end(&f);
	}
}

/* A batch in the GGTT runs in any context; one of another context's space in none but that. */
static void requests_need_a_batch_they_can_see(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vma *batch = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(1));
	struct i915_request *rq;

	assert_int_equal(i915_request_create(f.ctx[1], GEN9_BCS0, batch, I915_MISUSE_NONE, &rq),
			 -I915_EINVAL);
	rq = fixture_submit(&f, 1, GEN9_BCS0); /* in the GGTT */
	run_gpu(&f);
	assert_true(i915_request_completed(rq));
	i915_request_put(rq);
	assert_int_equal(i915_request_create(f.ctx[1], GEN9_BCS0, f.batch, I915_MISUSE_NONE, &rq),
			 0);
	assert_int_equal(i915_request_use(rq, batch), -I915_EINVAL);
	i915_request_put(rq);
	fixture_end(&f);
}

/* ---- eviction: addresses ---- */

/* Fill what is free of vm with unpinned bindings, least recently pinned first. */
static unsigned fill(struct fixture *f, struct i915_vm *vm, struct i915_vma **vma, unsigned limit,
		     uint64_t pages)
{
	unsigned n = 0;

	while (n < limit) {
		struct i915_node probe = { 0 };

		if (i915_space_take(&vm->space, &probe, PAGES(pages), PAGES(1), I915_PLACE_LOW))
			return n;
		i915_space_give(&probe);
		vma[n++] = bind_unpinned(f, vm, pages);
	}
	fail_msg("there is more room than expected");
	return 0;
}

static void least_recently_pinned_goes_first(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vm *vm = i915_ggtt_vm(f.i915);
	struct i915_vma *vma[40], *extra;
	unsigned count = fill(&f, vm, vma, 40, 128);
	uint64_t place;

	assert_true(count > 15);
	assert_int_equal(i915_vma_pin(vma[0]), 0); /* the first is the latest now */
	i915_vma_unpin(vma[0]);
	assert_int_equal(i915_vma_pin(vma[1]), 0); /* and this one stays */
	place = i915_vma_gma(vma[2]);
	assert_int_equal(try_bind(&f, vm, 128, NULL, &extra), 0);
	assert_false(is_bound(vma[2]));
	assert_int_equal(i915_vma_gma(extra), place);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(is_bound(vma[i]), i != 2);
	/* What was evicted comes back in the place of the next. */
	assert_int_equal(i915_vma_pin(vma[2]), 0);
	assert_true(is_bound(vma[2]));
	assert_false(is_bound(vma[3]));
	assert_memory_equal(fake_ggtt_cpu(f.plat, i915_vma_gma(vma[2])),
			    i915_object_cpu(vma[2]->obj), PLAT_PAGE_SIZE);
	assert_ptr_equal(fake_ggtt_cpu(f.plat, i915_vma_gma(vma[2])), i915_object_cpu(vma[2]->obj));
	fixture_end(&f);
}

static void eviction_ends_with_what_is_idle(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vm *vm = i915_ggtt_vm(f.i915);
	struct i915_vma *vma[40], *extra;
	unsigned count = fill(&f, vm, vma, 40, 128);

	/* Larger than the space: nothing is evicted for that. */
	assert_int_equal(try_bind(&f, vm, FAKE_HIGH_BYTES / PLAT_PAGE_SIZE + 1, NULL, &extra),
			 -I915_ENOSPC);
	for (unsigned i = 0; i < count; i++)
		assert_true(is_bound(vma[i]));
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(i915_vma_pin(vma[i]), 0);
	assert_int_equal(try_bind(&f, vm, 128, NULL, &extra), -I915_ENOSPC);
	i915_vma_unpin(vma[count - 1]);
	assert_int_equal(try_bind(&f, vm, 128, NULL, &extra), 0);
	assert_false(is_bound(vma[count - 1]));
	/* Unbinding works for what is not bound as well. */
	fixture_drop(vma[count - 1]);
	fixture_end(&f);
}

static void fixed_address_evicts_what_overlaps(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	const struct i915_bind how = { .fixed_gma = PAGES(6), .flags = I915_BIND_FIXED };
	struct i915_vma *vma[4], *fixed;
	struct space space;

	space_open(&space, f.plat, f.ctx[0]);
	for (unsigned i = 0; i < 4; i++)
		vma[i] = bind_unpinned(&f, vm, 4); /* at 1, 5, 9, 13 */
	assert_int_equal(i915_vma_pin(vma[2]), 0);
	assert_int_equal(try_bind(&f, vm, 4, &how, &fixed), -I915_ENOSPC);
	for (unsigned i = 0; i < 4; i++)
		assert_true(is_bound(vma[i]));
	i915_vma_unpin(vma[2]);
	assert_int_equal(try_bind(&f, vm, 4, &how, &fixed), 0);
	assert_true(is_bound(vma[0]));
	assert_false(is_bound(vma[1]));
	assert_false(is_bound(vma[2]));
	assert_true(is_bound(vma[3]));
	space_expect(&space, vma[0]);
	space_expect(&space, vma[3]);
	space_expect(&space, fixed);
	space_check(&space);
	fixture_end(&f);
}

/* The host does not clear: the binding stays, and so does who wanted its place without. */
static void refused_eviction(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, PVMMIO_PPGTT_UPDATE);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	const struct i915_bind how = { .fixed_gma = PAGES(1), .flags = I915_BIND_FIXED };
	struct i915_vma *vma = bind_unpinned(&f, vm, 4), *fixed;
	struct space space = { .plat = f.plat };

	i915_ppgtt_roots(vm, space.roots);
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_REFUSED;
	assert_int_equal(try_bind(&f, vm, 4, &how, &fixed), -I915_ENOSPC);
	assert_true(is_bound(vma));
	assert_int_equal(fake_ppgtt_walk(f.plat, space.roots, 4, PAGES(1)).gpa,
			 vma->obj->pages.gpa);
	f.plat->host.answers[G2V_PPGTT_L4_CLEAR] = PVMMIO_STATUS_OK;
	assert_int_equal(try_bind(&f, vm, 4, &how, &fixed), 0);
	fixture_end(&f);
}

/* ---- eviction: what requests use ---- */

static void requests_keep_what_they_use(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_vma *batch = fixture_bind(f.i915, vm, PAGES(1));
	struct i915_vma *target = bind_unpinned(&f, vm, 1);
	struct i915_request *rq;

	memset(i915_object_cpu(batch->obj), 0, PLAT_PAGE_SIZE);
	*(uint32_t *)i915_object_cpu(batch->obj) = MI_BATCH_BUFFER_END;
	assert_int_equal(i915_request_create(f.ctx[0], GEN9_BCS0, batch, I915_MISUSE_NONE, &rq), 0);
	i915_vma_unpin(batch);
	assert_int_equal(i915_vma_pin(target), 0);
	assert_int_equal(i915_request_use(rq, target), 0);
	assert_int_equal(i915_request_use(rq, target), 0); /* twice does no harm */
	i915_vma_unpin(target);
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_false(i915_evict_one(vm)); /* not added yet */
	i915_mutex_unlock(f.plat, &vm->mutex);
	i915_request_add(rq);
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_false(i915_evict_one(vm)); /* running */
	i915_mutex_unlock(f.plat, &vm->mutex);
	run_gpu(&f);
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_true(i915_evict_one(vm));
	assert_true(i915_evict_one(vm));
	assert_false(i915_evict_one(vm));
	i915_mutex_unlock(f.plat, &vm->mutex);
	i915_request_put(rq);
	fixture_end(&f);
}

/*
 * Two requests of a context go out as one. The GPU has passed both, the driver has processed no
 * status event: the first has ended all the same, and eviction finds that out.
 */
static void eviction_notices_what_has_ended(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_request *rq[2];
	struct i915_vma *batch[2];

	i915_submission_hold(f.i915);
	for (unsigned i = 0; i < 2; i++) {
		batch[i] = fixture_bind(f.i915, vm, PAGES(1));
		rq[i] = store_request(&f, 0, batch[i], i915_vma_gma(batch[i]) + 64, 1);
		i915_vma_unpin(batch[i]);
	}
	i915_submission_release(f.i915);
	plat_irq_save(f.plat);
	while (fake_gpu_step_all(f.plat))
		;
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_true(i915_evict_one(vm));
	assert_false(i915_evict_one(vm)); /* the second is in the port still */
	i915_mutex_unlock(f.plat, &vm->mutex);
	assert_false(is_bound(batch[0]));
	plat_irq_restore(f.plat, true);
	for (unsigned i = 0; i < 2; i++)
		i915_request_put(rq[i]);
	fixture_end(&f);
}

static void cancelled_requests_use_nothing(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_vma *batch = fixture_bind(f.i915, vm, PAGES(1));
	size_t blocks;
	struct i915_request *rq;

	assert_int_equal(i915_request_create(f.ctx[0], GEN9_BCS0, batch, I915_MISUSE_NONE, &rq), 0);
	i915_request_put(rq);
	blocks = f.i915->heap.blocks_in_use;
	assert_int_equal(i915_request_create(f.ctx[0], GEN9_BCS0, batch, I915_MISUSE_NONE, &rq), 0);
	assert_int_equal(i915_request_use(rq, batch), 0);
	i915_request_put(rq);
	assert_int_equal(f.i915->heap.blocks_in_use, blocks);
	i915_vma_unpin(batch);
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_true(i915_evict_one(vm));
	i915_mutex_unlock(f.plat, &vm->mutex);
	fixture_end(&f);
}

/*
 * Completed, but the driver has not noticed: the batch may go, the driver's note of its use stays
 * until the request has ended. What takes the batch's place in memory is not touched by that.
 */
static void batch_goes_before_its_request_has_ended(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vm *vm = i915_context_vm(f.ctx[0]);
	struct i915_vma *batch = fixture_bind(f.i915, vm, PAGES(1)), *next;
	struct i915_request *rq;
	size_t blocks;

	*(uint32_t *)i915_object_cpu(batch->obj) = MI_BATCH_BUFFER_END;
	assert_int_equal(i915_request_create(f.ctx[0], GEN9_BCS0, batch, I915_MISUSE_NONE, &rq), 0);
	i915_request_add(rq);
	plat_irq_save(f.plat);
	while (fake_gpu_step_all(f.plat))
		;
	assert_true(i915_request_completed(rq));
	blocks = f.i915->heap.blocks_in_use;
	fixture_drop(batch);
	assert_int_equal(blocks - f.i915->heap.blocks_in_use, 4); /* the object, three tables */
	next = bind_unpinned(&f, vm, 1);
	plat_irq_restore(f.plat, true); /* the request ends here */
	assert_int_equal(blocks - f.i915->heap.blocks_in_use, 0);
	assert_int_equal(next->uses, 0);
	i915_mutex_lock(f.plat, &vm->mutex);
	assert_true(i915_evict_one(vm));
	i915_mutex_unlock(f.plat, &vm->mutex);
	i915_request_put(rq);
	fixture_end(&f);
}

/* An idle context loses its place; its next request brings it back and it goes on. */
static void idle_contexts_are_evicted(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vm *vm = i915_ggtt_vm(f.i915);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);
	struct i915_engine_context *on = &f.ctx[0]->on[GEN9_BCS0];
	uint64_t old = i915_buffer_gma(&on->image);
	struct i915_vma *vma[40], *wedge;

	run_gpu(&f);
	i915_request_put(rq);
	assert_true(is_bound(on->image.vma));
	fill(&f, vm, vma, 40, 256);
	/* Image and ring are least recently pinned, and the hole that they leave is not enough. */
	assert_int_equal(try_bind(&f, vm, 256, NULL, &wedge), 0);
	assert_false(is_bound(on->image.vma));
	assert_false(is_bound(on->ring_buffer.vma));
	wedge = fixture_bind_at(f.i915, vm, PAGES(1), old);
	for (unsigned i = 0; i < 2; i++) {
		rq = fixture_submit(&f, 0, GEN9_BCS0);
		assert_int_not_equal(i915_buffer_gma(&on->image), old);
		assert_int_equal(i915_context_state(f.ctx[0], GEN9_BCS0)[CTX_RING_START + 1],
				 (uint32_t)i915_buffer_gma(&on->ring_buffer));
		assert_int_equal((uint32_t)f.plat->gpu.submissions[1 + i].desc[0] & ~0xfffu,
				 (uint32_t)i915_buffer_gma(&on->image));
		run_gpu(&f);
		assert_true(i915_request_completed(rq));
		i915_request_put(rq);
	}
	fixture_end(&f);
}

/* Room for the ring, none for the image: neither is pinned then. */
static void context_without_room(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vm *vm = i915_ggtt_vm(f.i915);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);
	struct i915_engine_context *on = &f.ctx[0]->on[GEN9_BCS0];
	struct i915_vma *rest[40], *hole;
	unsigned count;

	run_gpu(&f);
	i915_request_put(rq);
	hole = fixture_bind(f.i915, vm, PAGES(4));
	i915_mutex_lock(f.plat, &vm->mutex);
	while (i915_evict_one(vm))
		;
	i915_mutex_unlock(f.plat, &vm->mutex);
	for (uint64_t pages = 2048; pages; pages /= 2) {
		count = fill(&f, vm, rest, 40, pages);
		for (unsigned i = 0; i < count; i++)
			assert_int_equal(i915_vma_pin(rest[i]), 0);
	}
	fixture_drop(hole);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
			i915_request_create(f.ctx[0], GEN9_BCS0, f.batch, I915_MISUSE_NONE, &rq),
			-I915_ENOMEM);
		assert_int_equal(on->ring_buffer.vma->pins, 0);
		assert_int_equal(on->image.vma->pins, 0);
	}
	fixture_end(&f);
}

static void busy_contexts_are_not_evicted(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vm *vm = i915_ggtt_vm(f.i915);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);
	struct i915_vma *vma[40];

	fill(&f, vm, vma, 40, 128);
	i915_mutex_lock(f.plat, &vm->mutex);
	while (i915_evict_one(vm))
		;
	i915_mutex_unlock(f.plat, &vm->mutex);
	assert_true(is_bound(f.ctx[0]->on[GEN9_BCS0].image.vma));
	assert_true(is_bound(f.ctx[0]->on[GEN9_BCS0].ring_buffer.vma));
	run_gpu(&f);
	assert_true(i915_request_completed(rq));
	i915_request_put(rq);
	fixture_end(&f);
}

/* More contexts than fit: each takes the place of the one that was idle longest. */
static void more_contexts_than_room(void **state)
{
	enum { CONTEXTS = 150 }; /* of 26 pages each, in 3072 */
	struct fixture f = fixture_vgpu(0);
	struct i915_context *ctx[CONTEXTS];

	f.plat->gpu.automatic = true;
	for (unsigned i = 0; i < CONTEXTS; i++) {
		ctx[i] = i915_context_create(f.i915);
		assert_non_null(ctx[i]);
	}
	for (unsigned i = 0; i < 2 * CONTEXTS; i++) {
		struct i915_request *rq;

		assert_int_equal(i915_request_create(ctx[i % CONTEXTS], GEN9_RCS0, f.batch,
						     I915_MISUSE_NONE, &rq),
				 0);
		i915_request_add(rq);
		assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
		i915_request_put(rq);
	}
	assert_int_equal(i915_wait_idle(f.i915, PLAT_NEVER), 0);
	for (unsigned i = 0; i < CONTEXTS; i++)
		i915_context_destroy(ctx[i]);
	fixture_end(&f);
}

/* ---- eviction: memory for tables ---- */

/* No page is left for anybody. */
static struct i915_object *take_all_memory(struct fixture *f, struct i915_object **objects,
					   unsigned limit)
{
	uint64_t pages = FAKE_RAM_PAGES;

	for (unsigned i = 0; i < limit; i++)
		objects[i] = NULL;
	for (unsigned i = 0; i < limit && pages;) {
		objects[i] = i915_object_create(f->i915, PAGES(pages));
		if (objects[i])
			i++;
		else
			pages /= 2;
	}
	assert_int_equal(pages, 0);
	return objects[0];
}

static void lack_of_memory_evicts(void **state)
{
	/* Whose tables go: the space's own first, then another's, else there is an error. */
	for (unsigned idle = 0; idle < 4; idle++) {
		struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, idle ? PVMMIO_PPGTT_UPDATE : 0);
		struct i915_vm *vm = i915_context_vm(f.ctx[0]);
		struct i915_vm *other = i915_context_vm(f.ctx[1]);
		struct i915_vma *mine = fixture_bind(f.i915, vm, PAGES(1)), *vma = NULL;
		struct i915_vma *theirs = fixture_bind(f.i915, other, PAGES(1));
		struct i915_object *obj = i915_object_create(f.i915, PAGES(1)), *rest[64];
		const struct i915_bind how = { .fixed_gma = 5 * GIB, .flags = I915_BIND_FIXED };
		struct space space = { .plat = f.plat };
		int err;

		if (idle & 1)
			i915_vma_unpin(mine);
		if (idle & 2)
			i915_vma_unpin(theirs);
		take_all_memory(&f, rest, 64);
		err = i915_vma_bind(vm, obj, &how, &vma);
		assert_int_equal(err, idle ? 0 : -I915_ENOMEM);
		assert_int_equal(is_bound(mine), !(idle & 1));
		assert_int_equal(is_bound(theirs), idle != 2);
		i915_ppgtt_roots(vm, space.roots);
		if (!err)
			assert_int_equal(fake_ppgtt_walk(f.plat, space.roots, 4, 5 * GIB).gpa,
					 obj->pages.gpa);
		/* Each bind is one operation, what it evicted in between another. */
		assert_int_equal(f.plat->op_count[PLAT_OP_PPGTT_ALLOC], 3);
		assert_int_equal(f.plat->op_count[PLAT_OP_PPGTT_CLEAR], idle ? 1 : 0);
		fixture_end(&f);
	}
}

/* Whoever edits another space's tables is not waited for, nor disturbed. */
static void spaces_in_use_are_not_evicted_from(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vm *other = i915_context_vm(f.ctx[1]);
	struct i915_vma *theirs = bind_unpinned(&f, other, 1), *vma;
	struct i915_object *obj = i915_object_create(f.i915, PAGES(1)), *rest[64];

	take_all_memory(&f, rest, 64);
	i915_mutex_lock(f.plat, &other->mutex);
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, NULL, &vma), -I915_ENOMEM);
	i915_mutex_unlock(f.plat, &other->mutex);
	assert_true(is_bound(theirs));
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, NULL, &vma), 0);
	assert_false(is_bound(theirs));
	fixture_end(&f);
}

/* Nor are those whose context is gone: their tables go only with all that is bound. */
static void closed_spaces_are_not_evicted_from(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vma *theirs = bind_unpinned(&f, i915_context_vm(f.ctx[1]), 1), *vma;
	struct i915_object *obj = i915_object_create(f.i915, PAGES(1)), *rest[64];

	i915_context_destroy(f.ctx[1]);
	f.ctx[1] = NULL;
	take_all_memory(&f, rest, 64);
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[0]), obj, NULL, &vma), -I915_ENOMEM);
	assert_true(is_bound(theirs));
	fixture_end(&f);
}

/* So do contexts that nobody owns any more, with all that they have. */
static void dead_contexts_give_memory(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);
	struct i915_object *obj = i915_object_create(f.i915, PAGES(1)), *rest[64];
	struct i915_vma *vma;

	i915_request_put(rq);
	i915_context_destroy(f.ctx[0]);
	f.ctx[0] = NULL;
	take_all_memory(&f, rest, 64);
	run_gpu(&f);
	assert_false(i915_list_empty(&f.i915->dead_contexts));
	assert_int_equal(i915_vma_bind(i915_context_vm(f.ctx[1]), obj, NULL, &vma), 0);
	fixture_end(&f);
}

/* ---- address spaces and their contexts ---- */

/* Bindings keep the space; its entries are not touched any more, and its end is told to the host.
 */
static void space_outlives_its_context(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vma *vma[2];
	size_t notices, mark;

	for (unsigned i = 0; i < 2; i++)
		vma[i] = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(3));
	i915_context_destroy(f.ctx[0]);
	f.ctx[0] = NULL;
	notices = f.plat->host.notice_count;
	mark = f.plat->store_count;
	fixture_drop(vma[0]);
	assert_int_equal(f.plat->host.notice_count, notices);
	fixture_drop(vma[1]);
	assert_int_equal(f.plat->host.notice_count, notices + 1);
	assert_int_equal(f.plat->host.notices[notices].code, G2V_PPGTT_L4_DESTROY);
	assert_int_equal(f.plat->store_count, mark);
	fixture_end(&f);
}

/* A context with a request in flight keeps its space, too. */
static void space_of_a_busy_context(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);
	size_t notices = f.plat->host.notice_count;

	i915_context_destroy(f.ctx[0]);
	f.ctx[0] = NULL;
	i915_request_put(rq);
	assert_int_equal(f.plat->host.notice_count, notices);
	run_gpu(&f);
	assert_int_equal(i915_wait_idle(f.i915, 0), 0);
	assert_int_equal(f.plat->host.notice_count, notices + 1);
	fixture_end(&f);
}

/* The driver goes: no entry is cleared, not even where clearing does something. */
static void removal_clears_nothing(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);
	struct platform *plat = f.plat;

	run_gpu(&f);
	i915_request_put(rq);
	fake_log_clear(plat);
	i915_destroy(f.i915);
	for (size_t i = plat->log_start; i < plat->log_count; i++)
		assert_true(plat->log[i].offset < GEN9_GTT_WINDOW);
	assert_int_equal(plat->pages_in_use, 0);
	fake_destroy(plat);
}

/* A misused address is one of the GGTT, whatever the batch is bound in. */
static void misuse_of_the_batch_address(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vma *batch = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), PAGES(1));
	struct i915_request *rq;
	const uint32_t *cs;

	assert_int_equal(
		i915_request_create(f.ctx[0], GEN9_BCS0, batch, I915_MISUSE_BATCH_ADDRESS, &rq), 0);
	i915_request_add(rq);
	cs = fake_ggtt_cpu(f.plat, state_page(&f, 0)[CTX_RING_START + 1]);
	assert_int_equal(cs[5], MI_BATCH_BUFFER_START);
	assert_int_equal(cs[6], FAKE_LOW_BASE + FAKE_LOW_BYTES);
	i915_request_put(rq);
	i915_destroy(f.i915);
	fake_destroy(f.plat);
}

/* ---- lack of memory, everywhere ---- */

static int whole_life(struct platform *plat, const struct i915_params *params)
{
	struct i915_context *ctx[2] = { NULL };
	struct i915_object *obj[4] = { NULL };
	struct i915_vma *vma[4];
	struct i915_request *rq;
	struct i915 *i915;
	int err = i915_create(&i915, plat, params);

	if (err)
		return err;
	err = -I915_ENOMEM;
	for (unsigned i = 0; i < 2; i++) {
		ctx[i] = i915_context_create(i915);
		if (!ctx[i])
			goto out;
	}
	for (unsigned i = 0; i < 4; i++) {
		obj[i] = i915_object_create(i915, PAGES(i == 3 ? 1100 : 1));
		if (!obj[i])
			goto out;
	}
	for (unsigned i = 0; i < 4; i++) {
		err = i915_vma_bind(i915_context_vm(ctx[i % 2]), obj[i], NULL, &vma[i]);
		if (err)
			goto out;
	}
	for (unsigned i = 0; i < 4; i++) {
		struct batch b;

		batch_begin(&b, vma[i % 2]);
		batch_store_dword(&b, i915_vma_gma(vma[2 + i % 2]), 5);
		batch_end(&b);
		err = i915_request_create(ctx[i % 2], GEN9_RCS0 + i / 2, vma[i % 2],
					  I915_MISUSE_NONE, &rq);
		if (err)
			goto out;
		err = i915_request_use(rq, vma[2 + i % 2]);
		if (!err) {
			i915_request_add(rq);
			assert_int_equal(i915_request_wait(rq, PLAT_NEVER), 0);
		}
		i915_request_put(rq);
		if (err)
			goto out;
	}
	assert_int_equal(i915_wait_idle(i915, PLAT_NEVER), 0);
out:
	for (unsigned i = 0; i < 4; i++)
		i915_object_destroy(obj[i]);
	for (unsigned i = 0; i < 2; i++)
		i915_context_destroy(ctx[i]);
	i915_destroy(i915);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	struct i915_params params[5] = { 0 };

	params[1].ppgtt = I915_PPGTT_32BIT;
	params[2].ppgtt = I915_PPGTT_NONE;
	params[3].pvmmio_levels = PVMMIO_ALL;
	params[4].huge_pages = true;
	for (unsigned i = 0; i < 5; i++) {
		unsigned n = 1;
		bool failed;

		do {
			struct platform *plat = fake_create_vgpu();
			int err;

			fake_set_pvinfo(plat, PVINFO_VGT_CAPS,
					VGT_CAPS_FULL_48BIT_PPGTT | VGT_CAPS_HWSP_EMULATION |
						VGT_CAPS_HUGE_GTT);
			plat->fail_allocation = n++;
			plat->gpu.automatic = true;
			err = whole_life(plat, &params[i]);
			failed = plat->allocation_count >= plat->fail_allocation;
			/* An aligned allocation has an alternative. */
			assert_true(err == (failed ? -I915_ENOMEM : 0) ||
				    (params[i].huge_pages && err == 0));
			assert_int_equal(plat->pages_in_use, 0);
			assert_int_equal(plat->gpu.violations, 0);
			assert_int_equal(plat->op_depth, 0);
			fake_destroy(plat);
		} while (failed);
		assert_true(n > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bind_checks_what_is_asked_for),
		cmocka_unit_test(fixed_addresses_of_the_ggtt),
		cmocka_unit_test(object_in_several_spaces),
		cmocka_unit_test(batches_run_in_their_contexts_space),
		cmocka_unit_test(contexts_without_ppgtt_share_the_ggtt),
		cmocka_unit_test(roots_are_in_the_context_image),
		cmocka_unit_test(roots_of_three_levels_are_refreshed),
		cmocka_unit_test(requests_need_a_batch_they_can_see),
		cmocka_unit_test(least_recently_pinned_goes_first),
		cmocka_unit_test(eviction_ends_with_what_is_idle),
		cmocka_unit_test(fixed_address_evicts_what_overlaps),
		cmocka_unit_test(refused_eviction),
		cmocka_unit_test(requests_keep_what_they_use),
		cmocka_unit_test(eviction_notices_what_has_ended),
		cmocka_unit_test(cancelled_requests_use_nothing),
		cmocka_unit_test(batch_goes_before_its_request_has_ended),
		cmocka_unit_test(idle_contexts_are_evicted),
		cmocka_unit_test(context_without_room),
		cmocka_unit_test(busy_contexts_are_not_evicted),
		cmocka_unit_test(more_contexts_than_room),
		cmocka_unit_test(lack_of_memory_evicts),
		cmocka_unit_test(spaces_in_use_are_not_evicted_from),
		cmocka_unit_test(closed_spaces_are_not_evicted_from),
		cmocka_unit_test(dead_contexts_give_memory),
		cmocka_unit_test(space_outlives_its_context),
		cmocka_unit_test(space_of_a_busy_context),
		cmocka_unit_test(removal_clears_nothing),
		cmocka_unit_test(misuse_of_the_batch_address),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("guest: address spaces", tests, NULL, NULL);
}
