// SPDX-License-Identifier: MIT
/*
 * Display, hangs and resets with the real parties: the GPU model alone, and behind the mediator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest/i915_batch.h"
#include "guest/i915_display.h"
#include "guest/i915_errno.h"
#include "hw-model/regs/gen9_commands.h"
#include "sim/abi/pvmmio.h"
#include "sim/machine/platform_impl.h"
#include "tests/guest/real.h"

#define GUEST_BAR0 UINT64_C(0x100000000)
#define FLIPS      6u
#define FRAME_NS   UINT64_C(16666667)
#define SECOND_NS  UINT64_C(1000000000)
#define WAIT_NS    (100 * SECOND_NS)
#define PERIOD_NS  UINT64_C(1000000)

struct mode {
	bool gvt;
	uint32_t levels;
};

static const struct mode modes[] = {
	{.gvt = false, 0					   },
	{ .gvt = true, 0					   },
	{ .gvt = true, PVMMIO_PLANE_UPDATE | PVMMIO_PLANE_WATERMARK},
	{ .gvt = true, PVMMIO_READ_PASSTHROUGH | PVMMIO_MASTER_IRQ },
	{ .gvt = true, PVMMIO_ALL & ~PVMMIO_PV_SUBMISSION          },
	{ .gvt = true, PVMMIO_ALL				  },
};

#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

struct job {
	struct real real;
	struct i915 *i915;
	struct i915_params params;
	void (*run)(struct job *job);
	bool done;
};

static void vcpu_main(void *arg)
{
	struct job *job = arg;
	struct i915_stats stats;

	plat_irq_restore(job->real.plat, true);
	assert_int_equal(i915_create(&job->i915, job->real.plat, &job->params), 0);
	i915_get_stats(job->i915, &stats);
	assert_int_equal(stats.pvmmio_levels, job->params.pvmmio_levels);
	job->run(job);
	assert_int_equal(i915_wait_idle(job->i915, WAIT_NS), 0);
	i915_destroy(job->i915);
	job->done = true;
}

static void run(const struct mode *mode, const struct i915_params *params,
		void (*fn)(struct job *job))
{
	const struct real_options options = { .gvt = mode->gvt,
					      .levels = PVMMIO_ALL,
					      .vcpu_count = 1 };
	struct job job = { .params = *params, .run = fn };

	job.params.pvmmio_levels = mode->levels;
	real_create(&job.real, &options);
	assert_int_equal(vcpu_start(job.real.vm, 0, 0, vcpu_main, &job), 0);
	executor_run(job.real.m->ex);
	assert_true(job.done);
	assert_int_equal(platform_pages_in_use(job.real.plat), 0);
	real_destroy(&job.real);
}

static struct i915_vma *bind_in(struct job *job, struct i915_vm *vm, unsigned pages)
{
	struct i915_object *obj = i915_object_create(job->i915, (size_t)pages * PLAT_PAGE_SIZE);
	struct i915_vma *vma = NULL;

	assert_non_null(obj);
	assert_int_equal(i915_vma_bind(vm, obj, NULL, &vma), 0);
	return vma;
}

static struct i915_vma *bind(struct job *job, unsigned pages)
{
	return bind_in(job, i915_ggtt_vm(job->i915), pages);
}

static void drop(struct i915_vma *vma)
{
	struct i915_object *obj = i915_vma_object(vma);

	i915_vma_unbind(vma);
	i915_object_destroy(obj);
}

/* ---- display ---- */

static uint32_t surface_shown(const struct job *job, unsigned plane)
{
	return plat_read32(job->real.plat, GUEST_BAR0 + PLANE_SURFLIVE(0, plane));
}

/* One flip for each frame, and each shows what it says. */
static void show_frames(struct job *job, struct i915_vma *const fb[2])
{
	for (unsigned i = 0; i < FLIPS; i++) {
		const struct i915_watermarks watermarks = { .max_level = 7, .buffer_end = 160 };
		const struct i915_plane_update update = { .plane = 1,
							  .fb = fb[i % 2],
							  .format = PLANE_CTL_FORMAT_8888,
							  .stride_bytes = 256,
							  .width = 64,
							  .height = 32,
							  .watermarks = i ? NULL : &watermarks };
		struct i915_flip *flip;

		assert_int_equal(i915_flip(job->i915, 0, &update, 1, &flip), 0);
		assert_int_equal(i915_flip(job->i915, 0, &update, 1, NULL), -I915_EBUSY);
		assert_int_equal(i915_flip_wait(flip, SECOND_NS), 0);
		assert_int_equal(surface_shown(job, 1), i915_vma_gma(fb[i % 2]));
		i915_flip_put(flip);
	}
}

static void display_job(struct job *job)
{
	const struct i915_mode mode = { 1920, 1080, 2200, 1125, 148500 };
	struct i915_vma *const fb[2] = { bind(job, 2), bind(job, 2) };
	struct i915_display_stats stats;
	uint64_t begin_ns, frames;

	assert_int_equal(i915_display_enable(job->i915, 0, &mode), 0);
	assert_int_equal(i915_vblank_wait(job->i915, 0, 1, SECOND_NS), 0);
	begin_ns = plat_time_ns(job->real.plat);
	frames = i915_vblank_count(job->i915, 0);
	show_frames(job, fb);
	assert_in_range(plat_time_ns(job->real.plat) - begin_ns, FLIPS * FRAME_NS - FRAME_NS / 2,
			FLIPS * FRAME_NS + FRAME_NS / 2);
	assert_int_equal(i915_vblank_count(job->i915, 0) - frames, FLIPS);
	i915_display_get_stats(job->i915, &stats);
	assert_int_equal(stats.flips_done, FLIPS);
	assert_int_equal(stats.flips_torn, 0);
	assert_int_equal(stats.records_refused, 0);
	assert_int_equal(i915_display_disable(job->i915, 0), 0);
	drop(fb[0]);
	drop(fb[1]);
}

static void frames_are_shown(void **state)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_48BIT };

	for (unsigned i = 0; i < MODE_COUNT; i++)
		run(&modes[i], &params, display_job);
}

/* ---- hangs ---- */

static struct i915_request *submit(struct job *job, struct i915_context *ctx,
				   struct i915_vma *batch)
{
	struct i915_request *rq;

	assert_int_equal(i915_request_create(ctx, GEN9_RCS0, batch, I915_MISUSE_NONE, &rq), 0);
	i915_request_add(rq);
	return rq;
}

static void expect(struct i915_request *rq, int result)
{
	assert_int_equal(i915_request_wait(rq, WAIT_NS), result);
	i915_request_put(rq);
}

/* A batch that waits for a dword which nobody stores, or that stores value. */
static void fill(struct i915_vma *vma, uint64_t gma, uint32_t value, bool waits)
{
	struct batch batch;

	batch_begin(&batch, vma);
	if (waits)
		assert_int_equal(batch_await_dword(&batch, gma), 0);
	else
		assert_int_equal(batch_store_dword(&batch, gma, value), 0);
	assert_int_equal(batch_end(&batch), 0);
}

static void hang_job(struct job *job)
{

	struct i915_context *ctx[2] = { i915_context_create(job->i915),
					i915_context_create(job->i915) };
	/* Out of reach of the mediator's audit, which forbids it. */
	struct i915_vma *hang = bind_in(job, i915_context_vm(ctx[0]), 1);
	struct i915_vma *data = bind(job, 1), *batch[3];
	const uint32_t *words = i915_object_cpu(i915_vma_object(data));
	struct i915_request *rq[4];
	struct i915_stats stats;

	fill(hang, i915_vma_gma(hang) + 0x100, 0, true);
	for (unsigned i = 0; i < 3; i++) {
		batch[i] = bind(job, 1);
		fill(batch[i], i915_vma_gma(data) + 4 * i, 100 + i, false);
	}
	rq[0] = submit(job, ctx[0], batch[0]);
	rq[1] = submit(job, ctx[0], hang);
	rq[2] = submit(job, ctx[0], batch[1]);
	rq[3] = submit(job, ctx[1], batch[2]);
	expect(rq[0], 0);
	expect(rq[1], -I915_EIO);
	expect(rq[2], 0);
	expect(rq[3], 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(words[i], 100 + i);
	i915_get_stats(job->i915, &stats);
	assert_int_equal(stats.requests_failed, 1);
	assert_int_equal(stats.requests_completed, 4);
	assert_int_equal(stats.csb_errors, 0);
	for (unsigned i = 0; i < 3; i++)
		drop(batch[i]);
	drop(hang);
	drop(data);
	i915_context_destroy(ctx[0]);
	i915_context_destroy(ctx[1]);
}

/* Copies the dword at from_gma to to_gma. */
static void fill_copy(struct i915_vma *vma, uint64_t to_gma, uint64_t from_gma)
{
	struct batch batch;

	batch_begin(&batch, vma);
	assert_int_equal(batch_copy_dword(&batch, to_gma, from_gma), 0);
	assert_int_equal(batch_end(&batch), 0);
}

/*
 * Copies from dword to dword, one on each engine, which await each other behind one that hangs, and
 * a reset on the way: the value arrives, and the last one of the context that hung has its order.
 */
static void chain_job(struct job *job)
{
	struct i915_context *ctx[2] = { i915_context_create(job->i915),
					i915_context_create(job->i915) };
	struct i915_vm *vm = i915_context_vm(ctx[1]); /* out of reach of the audit, too */
	struct i915_vma *hang = bind_in(job, i915_context_vm(ctx[0]), 1);
	struct i915_vma *data = bind_in(job, vm, 1), *batch[GEN9_ENGINE_COUNT];
	uint32_t *words = i915_object_cpu(i915_vma_object(data));
	struct i915_request *rq[GEN9_ENGINE_COUNT], *hung, *other = NULL;
	struct i915_stats stats;

	words[0] = 77;
	fill(hang, i915_vma_gma(hang) + 0x100, 0, true);
	hung = submit(job, ctx[0], hang);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		uint64_t from_gma = i915_vma_gma(data) + 4 * i;

		batch[i] = bind_in(job, vm, 1);
		fill_copy(batch[i], from_gma + 4, from_gma);
		i915_context_set_priority(ctx[1], (int)i);
		assert_int_equal(i915_request_create(ctx[1], GEN9_ENGINE_COUNT - 1 - i, batch[i],
						     I915_MISUSE_NONE, &rq[i]),
				 0);
		assert_int_equal(
			i915_request_await(rq[i], i ? rq[i - 1] : hung, I915_AWAIT_COMPLETED), 0);
		i915_request_add(rq[i]);
	}
	assert_int_equal(i915_request_create(ctx[1], GEN9_VCS0, batch[0], I915_MISUSE_NONE, &other),
			 0);
	assert_int_equal(i915_request_await(other, rq[GEN9_ENGINE_COUNT - 1], I915_AWAIT_SUBMITTED),
			 0);
	i915_request_add(other);
	assert_int_equal(i915_request_wait(rq[1], WAIT_NS), 0);
	assert_int_equal(i915_reset(job->i915), 0);
	expect(other, 0);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		expect(rq[i], 0);
		assert_int_equal(words[i + 1], 77);
		drop(batch[i]);
	}
	expect(hung, -I915_EIO);
	i915_get_stats(job->i915, &stats);
	assert_int_equal(stats.requests_failed, 1);
	assert_int_equal(stats.requests_completed, GEN9_ENGINE_COUNT + 2);
	drop(hang);
	drop(data);
	i915_context_destroy(ctx[0]);
	i915_context_destroy(ctx[1]);
}

static void reset_job(struct job *job)
{
	struct i915_context *ctx = i915_context_create(job->i915);
	struct i915_vma *data = bind(job, 1), *batch[4];
	const uint32_t *words = i915_object_cpu(i915_vma_object(data));
	struct i915_request *rq[4];

	for (unsigned i = 0; i < 4; i++) {
		batch[i] = bind(job, 1);
		fill(batch[i], i915_vma_gma(data) + 4 * i, 100 + i, false);
	}
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 4; i++)
			rq[i] = submit(job, ctx, batch[i]);
		plat_delay_ns(job->real.plat, round * 700);
		assert_int_equal(i915_reset(job->i915), 0);
		for (unsigned i = 0; i < 4; i++) {
			expect(rq[i], 0);
			assert_int_equal(words[i], 100 + i);
		}
	}
	for (unsigned i = 0; i < 4; i++)
		drop(batch[i]);
	drop(data);
	i915_context_destroy(ctx);
}

static void hangs_are_found_and_mended(void **state)
{
	const struct i915_params params = { .hangcheck_ns = PERIOD_NS };

	for (unsigned i = 0; i < MODE_COUNT; i++)
		run(&modes[i], &params, hang_job);
}

static void chains_outlast_hangs_and_resets(void **state)
{
	const struct i915_params params = { .hangcheck_ns = PERIOD_NS };

	for (unsigned i = 0; i < MODE_COUNT; i++)
		run(&modes[i], &params, chain_job);
}

static void resets_lose_nothing(void **state)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_48BIT };

	for (unsigned i = 0; i < MODE_COUNT; i++)
		run(&modes[i], &params, reset_job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_shown),
		cmocka_unit_test(hangs_are_found_and_mended),
		cmocka_unit_test(chains_outlast_hangs_and_resets),
		cmocka_unit_test(resets_lose_nothing),
	};

	return cmocka_run_group_tests_name("guest: on the machine", tests, NULL, NULL);
}
