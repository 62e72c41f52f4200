// SPDX-License-Identifier: MIT
/*
 * Several vCPUs drive one GPU at once, on the real machine, the GPU model and the mediator: every
 * request completes, the bytes are right, and the status buffer never contradicts the ports.
 *
 * Each binds and unbinds what its requests write to, in a space of its own, in the GGTT that all
 * share, and in a PPGTT that all share. Bytes that arrive show that no record of one vCPU got mixed
 * up with another's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest/i915_batch.h"
#include "host/check.h"
#include "sim/abi/pvmmio.h"
#include "sim/machine/platform_impl.h"
#include "tests/guest/real.h"

#define VCPUS     4u
#define ROUNDS    40u
#define IN_FLIGHT 3u
#define CROWD     50u /* bindings of each vCPU in the shared space, one right after the other */
#define MAX_PAGES 40u
#define SHARED    3u /* bindings of each vCPU in the shared space */
#define MIB       UINT64_C(0x100000)
#define GIB       UINT64_C(0x40000000)

/* Longer than a whole run: who sleeps for that long has missed a wake-up. */
#define WAIT_NS UINT64_C(10000000000)

#define LEVELS (PVMMIO_ELSP_SUBMIT | PVMMIO_PPGTT_UPDATE | PVMMIO_GGTT_UPDATE)

struct mode {
	bool gvt;
	uint32_t levels;
	enum vgpu_shadow shadow;
	enum i915_ppgtt_mode ppgtt;
	bool huge_pages;
};

struct world {
	struct mode mode;
	struct machine *m;
	struct platform *plat;
	struct real real;

	struct i915 *i915;
	struct i915_context *shared;
	struct i915_vma *in_shared[VCPUS][SHARED];
	unsigned started, finished;
	struct i915_stats stats;
	struct vcpu_work {
		struct world *world;
		uint32_t seed;
		unsigned id;
	} work[VCPUS];
};

/* ---- the guest's software ---- */

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % limit;
}

static struct i915_request *submit_store(struct vcpu_work *work, struct i915_context *ctx,
					 struct i915_vma *batch_vma, uint64_t gma, uint32_t value)
{
	struct i915_request *rq;
	struct batch batch;

	batch_begin(&batch, batch_vma);
	assert_int_equal(batch_store_dword(&batch, gma, value), 0);
	assert_int_equal(batch_end(&batch), 0);
	assert_int_equal(i915_request_create(ctx, random_below(&work->seed, GEN9_ENGINE_COUNT),
					     batch_vma, I915_MISUSE_NONE, &rq),
			 0);
	i915_request_add(rq);
	return rq;
}

static struct i915_vma *bind_as(struct world *w, struct i915_vm *vm, unsigned pages,
				const struct i915_bind *how)
{
	struct i915_object *obj = i915_object_create(w->i915, (size_t)pages * PLAT_PAGE_SIZE);
	struct i915_vma *vma = NULL;

	assert_non_null(obj);
	assert_int_equal(i915_vma_bind(vm, obj, how, &vma), 0);
	return vma;
}

static struct i915_vma *bind(struct world *w, struct i915_vm *vm, unsigned pages)
{
	return bind_as(w, vm, pages, NULL);
}

static void drop(struct i915_vma *vma)
{
	struct i915_object *obj = i915_vma_object(vma);

	i915_vma_unbind(vma);
	i915_object_destroy(obj);
}

/* Bound for one round only, or from the round before. */
static void renew(struct vcpu_work *work, struct i915_vm *vm, struct i915_vma **vma)
{
	if (*vma && random_below(&work->seed, 3) == 0)
		return;
	if (*vma)
		drop(*vma);
	*vma = bind(work->world, vm, 1 + random_below(&work->seed, MAX_PAGES));
}

/*
 * Bind something else in the space that all share, at an address where the others bind as well:
 * tables and directories come and go.
 */
static void renew_shared(struct vcpu_work *work)
{
	struct world *w = work->world;
	unsigned i = random_below(&work->seed, SHARED);
	struct i915_vma **vma = &w->in_shared[work->id][i];
	uint64_t at = (work->id * SHARED + i + 1) * MAX_PAGES * (uint64_t)PLAT_PAGE_SIZE;
	const struct i915_bind how = {
		.fixed_gma = random_below(&work->seed, 4) * GIB +
			     random_below(&work->seed, 2) * 2 * MIB + at,
		.flags = I915_BIND_FIXED,
	};

	if (w->mode.ppgtt == I915_PPGTT_NONE) {
		renew(work, i915_context_vm(w->shared), vma);
		return;
	}
	if (*vma)
		drop(*vma);
	*vma = bind_as(w, i915_context_vm(w->shared), 1 + random_below(&work->seed, MAX_PAGES),
		       &how);
}

/* One of several requests that are in flight at once. */
struct flight {
	struct i915_vma *batch[2]; /* in the context's space, in the GGTT */
	struct i915_vma *target[2];
	struct i915_request *rq;
	const uint32_t *word;
	uint32_t value;
};

static void start(struct vcpu_work *work, struct i915_context *ctx, struct flight *flight,
		  uint32_t value)
{
	unsigned space = random_below(&work->seed, 3) == 0;
	struct i915_vma **target = &flight->target[space];
	uint64_t offset;

	renew(work, space ? i915_ggtt_vm(work->world->i915) : i915_context_vm(ctx), target);
	offset = i915_object_size(i915_vma_object(*target)) / PLAT_PAGE_SIZE;
	offset = random_below(&work->seed, (uint32_t)offset) * (uint64_t)PLAT_PAGE_SIZE;
	flight->word = (uint32_t *)i915_object_cpu(i915_vma_object(*target)) + offset / 4;
	flight->value = value;
	flight->rq = submit_store(work, ctx, flight->batch[space], i915_vma_gma(*target) + offset,
				  value);
}

static void run_rounds(struct vcpu_work *work)
{
	struct world *w = work->world;
	struct i915_context *ctx = i915_context_create(w->i915);
	struct flight flights[IN_FLIGHT] = { 0 };

	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		flights[i].batch[0] = bind(w, i915_context_vm(ctx), 1);
		flights[i].batch[1] = bind(w, i915_ggtt_vm(w->i915), 1);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned count = 1 + random_below(&work->seed, IN_FLIGHT);

		for (unsigned i = 0; i < count; i++)
			start(work, ctx, &flights[i], round << 8 | work->id << 4 | i);
		renew_shared(work);
		if (random_below(&work->seed, 3) == 0)
			plat_delay_ns(w->plat, random_below(&work->seed, 5000));
		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(i915_request_wait(flights[i].rq, WAIT_NS), 0);
			assert_int_equal(*flights[i].word, flights[i].value);
			i915_request_put(flights[i].rq);
		}
		if (random_below(&work->seed, 8) == 0)
			assert_int_equal(i915_wait_idle(w->i915, WAIT_NS), 0);
	}
	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		for (unsigned space = 0; space < 2; space++) {
			drop(flights[i].batch[space]);
			if (flights[i].target[space])
				drop(flights[i].target[space]);
		}
	}
	i915_context_destroy(ctx);
}

/* What all have bound in one space: the GPU finds each page of it. */
static void check_shared(struct vcpu_work *work)
{
	struct world *w = work->world;
	struct i915_vma *batch = bind(w, i915_context_vm(w->shared), 1);

	for (unsigned i = 0; i < VCPUS * SHARED; i++) {
		struct i915_vma *vma = w->in_shared[i / SHARED][i % SHARED];
		const uint32_t *words;

		if (!vma)
			continue;
		words = i915_object_cpu(i915_vma_object(vma));
		for (size_t at = 0; at < i915_object_size(i915_vma_object(vma));
		     at += PLAT_PAGE_SIZE) {
			struct i915_request *rq =
				submit_store(work, w->shared, batch, i915_vma_gma(vma) + at, i + 1);

			assert_int_equal(i915_request_wait(rq, WAIT_NS), 0);
			i915_request_put(rq);
			assert_int_equal(words[at / 4], i + 1);
		}
		drop(vma);
	}
	drop(batch);
	i915_context_destroy(w->shared);
}

static void vcpu_main(void *arg)
{
	struct vcpu_work *work = arg;
	struct world *w = work->world;
	struct i915_params params = {
		.pvmmio_levels = w->mode.levels,
		.ppgtt = w->mode.ppgtt,
		.huge_pages = w->mode.huge_pages,
	};

	plat_irq_restore(w->plat, true);
	if (work->id == 0) {
		assert_int_equal(i915_create(&w->i915, w->plat, &params), 0);
		w->shared = i915_context_create(w->i915);
	}
	while (!w->shared)
		plat_delay_ns(w->plat, 1000);
	w->started++;
	for (unsigned i = 0; i < CROWD; i++)
		renew_shared(work);
	run_rounds(work);
	w->finished++;
	if (work->id)
		return;
	while (w->finished < VCPUS)
		plat_delay_ns(w->plat, 1000);
	check_shared(work);
	assert_int_equal(i915_wait_idle(w->i915, WAIT_NS), 0);
	i915_get_stats(w->i915, &w->stats);
	i915_destroy(w->i915);
}

static void run(const struct mode *mode, uint32_t seed)
{
	const struct real_options options = {
		.gvt = mode->gvt, .levels = LEVELS, .shadow = mode->shadow, .vcpu_count = VCPUS
	};
	struct world w = { .mode = *mode };
	char why[200] = "";

	real_create(&w.real, &options);
	w.m = w.real.m;
	w.plat = w.real.plat;
	for (unsigned i = 0; i < VCPUS; i++) {
		w.work[i] = (struct vcpu_work){ &w, seed * VCPUS + i, i };
		assert_int_equal(vcpu_start(w.real.vm, i, 0, vcpu_main, &w.work[i]), 0);
	}
	executor_run(w.m->ex);
	assert_int_equal(w.finished, VCPUS);
	assert_true(w.stats.requests_added >= VCPUS * ROUNDS);
	assert_int_equal(w.stats.requests_completed, w.stats.requests_added);
	assert_true(executor_time_ps(w.m->ex) < WAIT_NS * PS_PER_NS);
	assert_int_equal(w.stats.csb_errors, 0);
	assert_int_equal(w.stats.vgpu_active, mode->gvt);
	assert_int_equal(w.stats.pvmmio_levels, mode->levels);
	assert_int_equal(platform_pages_in_use(w.plat), 0);
	if (w.real.gvt && gvt_check(w.real.gvt, why, sizeof(why)))
		fail_msg("%s", why);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		struct gen9_engine_stats stats;

		gen9_gpu_engine_stats(w.real.gpu, i, &stats);
		assert_int_equal(stats.elsp_overruns, 0);
		assert_int_equal(stats.hangs, 0);
	}
	real_destroy(&w.real);
}

static void vcpus_at_once_native(void **state)
{
	static const struct mode modes[] = {
		{ .ppgtt = I915_PPGTT_NONE },
		{ .ppgtt = I915_PPGTT_32BIT },
		{ .ppgtt = I915_PPGTT_48BIT },
		{ .huge_pages = true },
	};

	for (uint32_t seed = 1; seed <= 12; seed++)
		run(&modes[seed % 4], seed);
}

static void vcpus_at_once_shadowed(void **state)
{
	static const struct mode modes[] = {
		{.gvt = true,  .ppgtt = I915_PPGTT_NONE    },
		{ .gvt = true, .ppgtt = I915_PPGTT_32BIT   },
		{ .gvt = true, .ppgtt = I915_PPGTT_48BIT   },
		{ .gvt = true, .huge_pages = true          },
		{ .gvt = true, .shadow = VGPU_SHADOW_OOS   },
		{ .gvt = true, .levels = PVMMIO_ELSP_SUBMIT},
	};

	for (uint32_t seed = 1; seed <= 12; seed++)
		run(&modes[seed % 6], seed);
}

static void vcpus_at_once_paravirtual(void **state)
{
	static const struct mode modes[] = {
		{.gvt = true,  .levels = PVMMIO_PPGTT_UPDATE},
		{ .gvt = true, .levels = PVMMIO_GGTT_UPDATE },
		{ .gvt = true, .levels = LEVELS             },
	};

	for (uint32_t seed = 1; seed <= 12; seed++)
		run(&modes[seed % 3], seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vcpus_at_once_native),
		cmocka_unit_test(vcpus_at_once_shadowed),
		cmocka_unit_test(vcpus_at_once_paravirtual),
	};

	return cmocka_run_group_tests_name("guest: several vCPUs", tests, NULL, NULL);
}
