// SPDX-License-Identifier: MIT
/* What is submitted when: priorities, and what requests await. */
#include "tests/guest/fixture.h"

/* Let the GPU do everything it has, with its interrupts. */
static void run_gpu(struct fixture *f)
{
	fake_poll_interrupts(f->plat);
	while (fake_gpu_step_all(f->plat))
		fake_poll_interrupts(f->plat);
}

static struct i915_request *create(struct fixture *f, unsigned ctx, enum gen9_engine_id engine)
{
	struct i915_request *rq;

	assert_int_equal(i915_request_create(f->ctx[ctx], engine, f->batch, I915_MISUSE_NONE, &rq),
			 0);
	return rq;
}

static struct i915_request *create_after(struct fixture *f, unsigned ctx,
					 enum gen9_engine_id engine, struct i915_request *other,
					 enum i915_await what)
{
	struct i915_request *rq = create(f, ctx, engine);

	assert_int_equal(i915_request_await(rq, other, what), 0);
	return rq;
}

static size_t submissions(const struct fixture *f)
{
	return f->plat->gpu.submission_count;
}

/* The context in element n of submission i; 0: an empty element. */
static unsigned context_of(const struct fixture *f, size_t i, unsigned n)
{
	return (unsigned)(f->plat->gpu.submissions[i].desc[n] >> 32);
}

static void finish(struct fixture *f, struct i915_request **rq, size_t count)
{
	run_gpu(f);
	for (size_t i = 0; i < count; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	assert_int_equal(i915_wait_idle(f->i915, 0), 0);
	fixture_end(f);
}

/* ---- priorities ---- */

static void higher_priorities_first(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[4];

	i915_context_set_priority(f.ctx[1], -5);
	i915_context_set_priority(f.ctx[2], 7);
	i915_submission_hold(f.i915);
	for (unsigned i = 0; i < 4; i++) {
		rq[i] = create(&f, i, GEN9_BCS0);
		i915_request_add(rq[i]);
	}
	i915_submission_release(f.i915);
	run_gpu(&f);
	/* Each later submission begins with what the port before it has not ended yet. */
	assert_int_equal(submissions(&f), 3);
	assert_int_equal(context_of(&f, 0, 0), 3);
	assert_int_equal(context_of(&f, 0, 1), 1);
	assert_int_equal(context_of(&f, 1, 1), 4);
	assert_int_equal(context_of(&f, 2, 1), 2);
	finish(&f, rq, 4);
}

/* The later request of a context lifts the earlier ones and does not pass them. */
static void a_context_keeps_its_order(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[5];
	static const unsigned contexts[5] = { 0, 1, 1, 2, 1 };
	uint32_t first_tail;

	i915_submission_hold(f.i915);
	for (unsigned i = 0; i < 5; i++) {
		if (i == 4)
			i915_context_set_priority(f.ctx[1], 1);
		rq[i] = create(&f, contexts[i], GEN9_BCS0);
		i915_request_add(rq[i]);
	}
	i915_submission_release(f.i915);
	run_gpu(&f);
	/* All three of context 2 as one, with the last one's tail, then the others. */
	assert_int_equal(context_of(&f, 0, 0), 2);
	assert_int_equal(context_of(&f, 0, 1), 1);
	assert_int_equal(context_of(&f, 1, 1), 3);
	first_tail = f.plat->gpu.submissions[0].tail[1];
	assert_int_equal(f.plat->gpu.submissions[0].tail[0], 2 * (first_tail + 8) + first_tail);
	finish(&f, rq, 5);
}

/* A priority set later is for requests created later. */
static void priority_is_taken_at_creation(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	i915_submission_hold(f.i915);
	for (unsigned i = 0; i < 2; i++)
		rq[i] = create(&f, i, GEN9_BCS0);
	i915_context_set_priority(f.ctx[1], 9);
	for (unsigned i = 0; i < 2; i++)
		i915_request_add(rq[i]);
	i915_submission_release(f.i915);
	assert_int_equal(context_of(&f, 0, 0), 1);
	finish(&f, rq, 2);
}

/* ---- awaiting requests ---- */

static void completion_is_awaited_across_engines(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	rq[1] = create_after(&f, 1, GEN9_BCS0, rq[0], I915_AWAIT_COMPLETED);
	i915_request_add(rq[1]);
	assert_int_equal(submissions(&f), 1);
	assert_int_equal(i915_wait_idle(f.i915, 0), -I915_ETIME);
	assert_true(fake_gpu_step(f.plat, GEN9_RCS0));
	fake_poll_interrupts(f.plat);
	assert_true(i915_request_completed(rq[0]));
	assert_int_equal(submissions(&f), 2);
	assert_int_equal(f.plat->gpu.submissions[1].engine, GEN9_BCS0);
	finish(&f, rq, 2);
}

/* The interrupt that tells of it is on only as long as somebody awaits it. */
static void awaiting_arms_the_interrupt(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[3];
	uint32_t imr = fake_engine_info[GEN9_VCS0].mmio_base + 0xa8;

	rq[0] = fixture_submit(&f, 0, GEN9_VCS0);
	fake_log_clear(f.plat);
	for (unsigned i = 1; i < 3; i++) {
		rq[i] = create_after(&f, i, GEN9_VECS0, rq[0], I915_AWAIT_COMPLETED);
		i915_request_add(rq[i]);
	}
	assert_int_equal(fake_log_count(f.plat, true, imr), 1);
	run_gpu(&f);
	assert_int_equal(fake_log_count(f.plat, true, imr), 2);
	finish(&f, rq, 3);
}

static void submission_is_awaited(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	i915_submission_hold(f.i915);
	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	rq[1] = create_after(&f, 1, GEN9_VCS0, rq[0], I915_AWAIT_SUBMITTED);
	i915_request_add(rq[1]);
	/* Both engines are free now, and the awaited one has not completed. */
	i915_submission_release(f.i915);
	assert_int_equal(submissions(&f), 2);
	assert_false(i915_request_completed(rq[0]));
	assert_int_equal(f.plat->gpu.submissions[0].engine, GEN9_RCS0);
	assert_int_equal(f.plat->gpu.submissions[1].engine, GEN9_VCS0);
	finish(&f, rq, 2);
}

static void what_has_happened_is_not_awaited(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	run_gpu(&f);
	rq[1] = create_after(&f, 1, GEN9_BCS0, rq[0], I915_AWAIT_COMPLETED);
	assert_int_equal(i915_request_await(rq[1], rq[0], I915_AWAIT_SUBMITTED), 0);
	i915_request_add(rq[1]);
	assert_int_equal(submissions(&f), 2);
	finish(&f, rq, 2);
}

/* The GPU passes the breadcrumb while nobody has asked for an interrupt yet. */
static void completion_unnoticed_is_found(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	rq[1] = create(&f, 1, GEN9_BCS0);
	fake_gpu_seqno(f.plat, GEN9_RCS0, 1);
	assert_int_equal(i915_request_await(rq[1], rq[0], I915_AWAIT_COMPLETED), 0);
	i915_request_add(rq[1]);
	assert_int_equal(submissions(&f), 2);
	finish(&f, rq, 2);
}

/* Later requests of a context do not pass one that awaits something. */
static void held_back_requests_hold_their_context(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[4];

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	rq[1] = create_after(&f, 1, GEN9_BCS0, rq[0], I915_AWAIT_COMPLETED);
	i915_request_add(rq[1]);
	rq[2] = fixture_submit(&f, 1, GEN9_BCS0);
	assert_int_equal(submissions(&f), 1);
	rq[3] = fixture_submit(&f, 2, GEN9_BCS0);
	assert_int_equal(submissions(&f), 2);
	assert_int_equal(context_of(&f, 1, 0), 3);
	finish(&f, rq, 4);
}

/* A chain over all engines runs down by itself. */
static void chains(void **state)
{
	struct fixture f = fixture_vgpu(PVMMIO_ELSP_SUBMIT);
	struct i915_request *rq[3 * GEN9_ENGINE_COUNT];
	size_t count = sizeof(rq) / sizeof(rq[0]);

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	for (unsigned i = 1; i < count; i++) {
		rq[i] = create_after(&f, i % 4, (enum gen9_engine_id)(i % GEN9_ENGINE_COUNT),
				     rq[i - 1], I915_AWAIT_COMPLETED);
		i915_request_add(rq[i]);
	}
	assert_int_equal(submissions(&f), 1);
	run_gpu(&f);
	assert_int_equal(submissions(&f), count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(f.plat->gpu.submissions[i].engine, i % GEN9_ENGINE_COUNT);
	finish(&f, rq, count);
}

/* No interrupt is needed, nor does the port run empty between them. */
static void on_one_engine_submission_is_enough(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];
	uint32_t imr = fake_engine_info[GEN9_RCS0].mmio_base + 0xa8;

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	rq[1] = create_after(&f, 1, GEN9_RCS0, rq[0], I915_AWAIT_COMPLETED);
	fake_log_clear(f.plat);
	i915_request_add(rq[1]);
	assert_int_equal(fake_log_count(f.plat, true, imr), 0);
	assert_int_equal(i915_engine_depth(f.i915, GEN9_RCS0), 2);
	assert_int_equal(submissions(&f), 2);
	assert_true(fake_gpu_step(f.plat, GEN9_RCS0));
	assert_int_equal(i915_engine_depth(f.i915, GEN9_RCS0), 1);
	assert_int_equal(i915_engine_depth(f.i915, GEN9_BCS0), 0);
	finish(&f, rq, 2);
}

static void a_request_given_up_awaits_nothing(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_RCS0);

	struct i915_request *next;

	i915_request_put(create_after(&f, 1, GEN9_BCS0, rq, I915_AWAIT_COMPLETED));
	/* Most likely at the same place in memory. */
	next = create(&f, 1, GEN9_BCS0);
	run_gpu(&f);
	assert_int_equal(submissions(&f), 1);
	i915_request_put(next);
	finish(&f, &rq, 1);
}

/* ---- fences of software ---- */

static void fences_hold_back(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_fence *fence = i915_fence_create(f.i915);
	struct i915_request *rq[2];

	assert_non_null(fence);
	for (unsigned i = 0; i < 2; i++) {
		rq[i] = create(&f, i, GEN9_RCS0);
		assert_int_equal(i915_request_await_fence(rq[i], fence), 0);
		i915_request_add(rq[i]);
	}
	assert_int_equal(submissions(&f), 0);
	assert_int_equal(i915_wait_idle(f.i915, 0), -I915_ETIME);
	i915_fence_signal(fence);
	assert_int_equal(submissions(&f), 2);
	i915_fence_signal(fence);
	assert_int_equal(submissions(&f), 2);
	i915_fence_put(fence);
	finish(&f, rq, 2);
}

/* Every one of several must happen. */
static void the_last_signal_releases(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_fence *fence = i915_fence_create(f.i915);
	struct i915_request *rq[2];

	rq[0] = fixture_submit(&f, 0, GEN9_VCS1);
	rq[1] = create_after(&f, 1, GEN9_RCS0, rq[0], I915_AWAIT_COMPLETED);
	assert_int_equal(i915_request_await_fence(rq[1], fence), 0);
	i915_request_add(rq[1]);
	i915_fence_signal(fence);
	assert_int_equal(submissions(&f), 1);
	run_gpu(&f);
	assert_int_equal(submissions(&f), 2);
	i915_fence_put(fence);
	finish(&f, rq, 2);
}

/* One allocation after the other fails: an error, and nothing is left behind. */
static void short_of_memory(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];
	struct i915_fence *fences[4096];
	size_t count = 0;
	int err = 0;

	rq[0] = fixture_submit(&f, 0, GEN9_RCS0);
	rq[1] = create(&f, 1, GEN9_BCS0);
	f.plat->fail_allocation = f.plat->allocation_count + 1;
	while (err == 0)
		err = i915_request_await(rq[1], rq[0], I915_AWAIT_COMPLETED);
	assert_int_equal(err, -I915_ENOMEM);
	f.plat->fail_allocation = f.plat->allocation_count + 1;
	while (count < 4096 && (fences[count] = i915_fence_create(f.i915)))
		count++;
	assert_true(count < 4096);
	while (count)
		i915_fence_put(fences[--count]);
	i915_request_add(rq[1]);
	finish(&f, rq, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(higher_priorities_first),
		cmocka_unit_test(a_context_keeps_its_order),
		cmocka_unit_test(priority_is_taken_at_creation),
		cmocka_unit_test(completion_is_awaited_across_engines),
		cmocka_unit_test(awaiting_arms_the_interrupt),
		cmocka_unit_test(submission_is_awaited),
		cmocka_unit_test(what_has_happened_is_not_awaited),
		cmocka_unit_test(completion_unnoticed_is_found),
		cmocka_unit_test(held_back_requests_hold_their_context),
		cmocka_unit_test(chains),
		cmocka_unit_test(on_one_engine_submission_is_enough),
		cmocka_unit_test(a_request_given_up_awaits_nothing),
		cmocka_unit_test(fences_hold_back),
		cmocka_unit_test(the_last_signal_releases),
		cmocka_unit_test(short_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
