// SPDX-License-Identifier: MIT
/*
 * Where order and resets meet: whoever awaits a request is released, whatever becomes of it; and
 * what was in order stays so.
 */
#include "tests/guest/fixture.h"

#define PERIOD_NS  1500000000ull
#define TIMEOUT_NS 1000000000000ull

#define RCS_IMR     (0x2000u + RING_IMR)
#define RCS_MI_MODE (0x2000u + RING_MI_MODE)

struct rig {
	struct fixture f;
	struct i915_vma *hang; /* a batch that never ends */
};

static struct rig rig(uint32_t pvmmio_levels, uint64_t hangcheck_ns)
{
	const struct i915_params params = { .pvmmio_levels = pvmmio_levels,
					    .ppgtt = I915_PPGTT_NONE,
					    .hangcheck_ns = hangcheck_ns };
	struct platform *plat = fake_create_vgpu();
	struct rig rig;
	uint32_t *cs;

	plat->host.offered |= PVMMIO_PV_SUBMISSION;
	rig.f = fixture_with(plat, &params);
	assert_int_equal(fixture_stats(&rig.f).pvmmio_levels, pvmmio_levels);
	rig.hang = fixture_bind(rig.f.i915, i915_ggtt_vm(rig.f.i915), PLAT_PAGE_SIZE);
	cs = i915_object_cpu(i915_vma_object(rig.hang));
	cs[0] = FAKE_HANG;
	rig.f.plat->gpu.automatic = true;
	return rig;
}

static struct i915_stats rig_end(struct rig *rig)
{
	struct i915_stats stats;

	assert_int_equal(i915_wait_idle(rig->f.i915, TIMEOUT_NS), 0);
	stats = fixture_stats(&rig->f);
	fixture_drop(rig->hang);
	fixture_end(&rig->f);
	return stats;
}

static struct i915_request *create(struct rig *rig, unsigned ctx, enum gen9_engine_id engine)
{
	struct i915_request *rq;

	assert_int_equal(
		i915_request_create(rig->f.ctx[ctx], engine, rig->f.batch, I915_MISUSE_NONE, &rq),
		0);
	return rq;
}

static struct i915_request *submit(struct rig *rig, unsigned ctx, enum gen9_engine_id engine)
{
	return fixture_submit(&rig->f, ctx, engine);
}

static struct i915_request *submit_hang(struct rig *rig, unsigned ctx, enum gen9_engine_id engine)
{
	struct i915_request *rq;

	assert_int_equal(
		i915_request_create(rig->f.ctx[ctx], engine, rig->hang, I915_MISUSE_NONE, &rq), 0);
	i915_request_add(rq);
	return rq;
}

static struct i915_request *submit_after(struct rig *rig, unsigned ctx, enum gen9_engine_id engine,
					 struct i915_request *other, enum i915_await what)
{
	struct i915_request *rq = create(rig, ctx, engine);

	assert_int_equal(i915_request_await(rq, other, what), 0);
	i915_request_add(rq);
	return rq;
}

static void expect_status(struct i915_request *rq, int status)
{
	assert_int_equal(i915_request_status(rq), status);
	i915_request_put(rq);
}

static void expect_end(struct rig *rig, struct i915_request *rq, int status)
{
	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), status);
	expect_status(rq, status);
}

/* ---- who awaits a request that fails ---- */

static void a_hang_releases(void **state)
{
	struct rig r = rig(0, PERIOD_NS);
	struct i915_request *hung = submit_hang(&r, 0, GEN9_RCS0);
	struct i915_request *rq[3];
	struct i915_stats stats;

	rq[0] = submit_after(&r, 1, GEN9_BCS0, hung, I915_AWAIT_COMPLETED);
	rq[1] = submit_after(&r, 2, GEN9_VCS0, rq[0], I915_AWAIT_COMPLETED);
	rq[2] = submit_after(&r, 3, GEN9_RCS0, rq[1], I915_AWAIT_COMPLETED);
	assert_int_equal(r.f.plat->regs[RCS_IMR / 4], ~0x101u);
	expect_end(&r, rq[2], 0);
	expect_status(rq[1], 0);
	expect_status(rq[0], 0);
	expect_status(hung, -I915_EIO);
	/* Nobody awaits an interrupt of it any more. */
	assert_int_equal(r.f.plat->regs[RCS_IMR / 4], ~0x100u);
	stats = rig_end(&r);
	assert_int_equal(stats.hangs, 1);
	assert_int_equal(stats.requests_failed, 1);
}

static void a_ban_releases(void **state)
{
	struct rig r = rig(0, PERIOD_NS);
	struct i915_request *hung[4], *banned, *rq;

	for (unsigned i = 0; i < 4; i++)
		hung[i] = submit_hang(&r, 0, GEN9_RCS0);
	banned = submit_after(&r, 0, GEN9_VCS1, hung[3], I915_AWAIT_COMPLETED);
	rq = submit_after(&r, 1, GEN9_BCS0, banned, I915_AWAIT_COMPLETED);
	expect_end(&r, rq, 0);
	expect_status(banned, -I915_EIO);
	for (unsigned i = 0; i < 4; i++)
		expect_status(hung[i], -I915_EIO);
	assert_int_equal(rig_end(&r).requests_failed, 5);
}

/* Failing the first engine's requests lets others go on to engines that are not done with yet. */
static void giving_up_fails_everything(void **state)
{
	struct rig r = rig(0, PERIOD_NS);
	struct i915_fence *fence = i915_fence_create(r.f.i915);
	struct i915_request *rq[4], *held = create(&r, 3, GEN9_VCS0);
	struct i915_stats stats;

	r.f.plat->gpu.never_resets = true;
	rq[0] = submit_hang(&r, 0, GEN9_RCS0);
	rq[1] = submit_hang(&r, 1, GEN9_BCS0);
	rq[2] = submit_after(&r, 2, GEN9_BCS0, rq[0], I915_AWAIT_COMPLETED);
	rq[3] = submit_after(&r, 2, GEN9_RCS0, rq[1], I915_AWAIT_COMPLETED);
	assert_int_equal(i915_request_await_fence(held, fence), 0);
	i915_request_add(held);
	assert_int_equal(i915_request_wait(rq[3], TIMEOUT_NS), -I915_EIO);
	for (unsigned i = 0; i < 4; i++)
		expect_status(rq[i], -I915_EIO);
	assert_int_equal(i915_request_status(held), -I915_EINPROGRESS);
	assert_int_equal(i915_wait_idle(r.f.i915, PERIOD_NS), -I915_ETIME);
	i915_fence_signal(fence);
	expect_status(held, -I915_EIO);
	i915_fence_put(fence);
	stats = rig_end(&r);
	assert_int_equal(stats.requests_failed, 5);
	assert_int_equal(stats.requests_completed, 5);
	assert_int_equal(stats.requests_replayed, 0);
}

/* The GPU that was given up comes back to life, and stores what it had left. */
static void completed_stays_completed(void **state)
{
	struct rig r = rig(0, PERIOD_NS);
	struct i915_request *rq[2];

	r.f.plat->gpu.never_resets = true;
	rq[0] = submit_hang(&r, 0, GEN9_RCS0);
	rq[1] = submit(&r, 1, GEN9_RCS0);
	assert_int_equal(i915_request_wait(rq[1], TIMEOUT_NS), -I915_EIO);
	fake_gpu_seqno(r.f.plat, GEN9_RCS0, 1);
	for (unsigned i = 0; i < 2; i++)
		expect_end(&r, rq[i], -I915_EIO);
	rig_end(&r);
}

/* With level pv_submission it is the host that gives requests up, or refuses them. */
static void the_host_gives_up(void **state)
{
	for (unsigned refused = 0; refused < 2; refused++) {
		struct rig r = rig(PVMMIO_PV_SUBMISSION, 0);
		struct i915_request *rq[4], *failed;

		r.f.plat->host.refuse = refused;
		r.f.plat->host.hang = !refused;
		failed = submit(&r, 0, GEN9_RCS0);
		for (unsigned i = 0; i < 4; i++)
			rq[i] = submit_after(&r, i, GEN9_BCS0 + i, i ? rq[i - 1] : failed,
					     I915_AWAIT_COMPLETED);
		assert_int_equal(i915_request_wait(rq[3], TIMEOUT_NS), 0);
		for (unsigned i = 0; i < 4; i++)
			expect_status(rq[i], 0);
		expect_status(failed, -I915_EIO);
		assert_int_equal(rig_end(&r).requests_failed, 1);
	}
}

/* ---- order over resets ---- */

static void expect_context(const struct rig *r, size_t submission, unsigned element, unsigned ctx)
{
	const struct fake_submission *s = &r->f.plat->gpu.submissions[submission];

	assert_int_equal(s->desc[element] >> 32, ctx + 1);
}

/* On one engine submission is what is awaited; a reset takes it back. */
static void replays_lead_what_awaited_them(void **state)
{
	static const enum i915_await whats[] = { I915_AWAIT_SUBMITTED, I915_AWAIT_COMPLETED };

	for (unsigned what = 0; what < 2; what++) {
		struct rig r = rig(0, 0);
		struct i915_request *rq[4];
		size_t first;

		rq[0] = submit(&r, 0, GEN9_RCS0);
		i915_context_set_priority(r.f.ctx[1], 5);
		rq[1] = submit_after(&r, 1, GEN9_RCS0, rq[0], whats[what]);
		i915_context_set_priority(r.f.ctx[2], 9);
		rq[2] = submit_after(&r, 2, GEN9_RCS0, rq[1], whats[what]);
		fake_poll_interrupts(r.f.plat);
		i915_submission_hold(r.f.i915);
		assert_int_equal(i915_reset(r.f.i915), 0);
		/* Lifts the one before it in its context, yet not over what that awaits. */
		i915_context_set_priority(r.f.ctx[1], 20);
		rq[3] = submit(&r, 1, GEN9_RCS0);
		first = r.f.plat->gpu.submission_count;
		i915_submission_release(r.f.i915);
		expect_context(&r, first, 0, 0);
		expect_context(&r, first, 1, 1);
		for (unsigned i = 0; i < 4; i++)
			expect_end(&r, rq[i], 0);
		expect_context(&r, r.f.plat->gpu.submission_count - 1, 1, 2);
		rig_end(&r);
	}
}

/* A context's order, where one waits for a fence, over a reset of what was before it. */
static void fences_outlast_resets(void **state)
{
	struct rig r = rig(0, 0);
	struct i915_fence *fence = i915_fence_create(r.f.i915);
	struct i915_request *rq[4];

	rq[0] = submit(&r, 0, GEN9_VCS0);
	rq[1] = create(&r, 0, GEN9_VCS0);
	assert_int_equal(i915_request_await_fence(rq[1], fence), 0);
	i915_request_add(rq[1]);
	rq[2] = submit(&r, 0, GEN9_VCS0);
	rq[3] = submit_after(&r, 1, GEN9_RCS0, rq[2], I915_AWAIT_COMPLETED);
	assert_int_equal(i915_reset(r.f.i915), 0);
	expect_end(&r, rq[0], 0);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(i915_request_status(rq[i]), -I915_EINPROGRESS);
	assert_int_equal(i915_wait_idle(r.f.i915, PERIOD_NS), -I915_ETIME);
	assert_int_equal(i915_engine_depth(r.f.i915, GEN9_VCS0), 2);
	assert_int_equal(i915_reset(r.f.i915), 0);
	i915_fence_signal(fence);
	for (unsigned i = 1; i < 4; i++)
		expect_end(&r, rq[i], 0);
	i915_fence_put(fence);
	assert_int_equal(rig_end(&r).requests_replayed, 1);
}

/* Who awaits completion still does when the request is executed once more, with its interrupt. */
static void awaits_outlast_resets(void **state)
{
	struct rig r = rig(0, 0);
	struct i915_request *rq[2];

	r.f.plat->gpu.automatic = false;
	rq[0] = submit(&r, 0, GEN9_RCS0);
	rq[1] = submit_after(&r, 1, GEN9_BCS0, rq[0], I915_AWAIT_COMPLETED);
	assert_int_equal(i915_reset(r.f.i915), 0);
	assert_int_equal(r.f.plat->regs[RCS_IMR / 4], ~0x101u);
	fake_gpu_step(r.f.plat, GEN9_RCS0);
	fake_poll_interrupts(r.f.plat);
	assert_int_equal(r.f.plat->regs[RCS_IMR / 4], ~0x100u);
	assert_true(fake_gpu_step(r.f.plat, GEN9_BCS0));
	fake_poll_interrupts(r.f.plat);
	for (unsigned i = 0; i < 2; i++)
		expect_status(rq[i], 0);
	rig_end(&r);
}

/* ---- who is to blame ---- */

/*
 * The blitter cannot be reset by itself. Meanwhile the render engine, which could, goes on to its
 * next request.
 */
static void refuse_the_blitter(struct platform *plat, void *arg)
{
	size_t tries = fake_log_count(plat, true, GDRST);
	unsigned *steps = arg;

	plat->gpu.never_resets = tries >= 1 && tries < 4;
	if (tries == 2 && (*steps)++ == 0)
		fake_gpu_step(plat, GEN9_RCS0);
}

static void one_hang_blames_one_request(void **state)
{
	struct rig r = rig(0, PERIOD_NS);
	struct i915_request *hung[2], *behind[2];
	struct i915_stats stats;
	unsigned steps = 0;

	hung[0] = submit_hang(&r, 0, GEN9_RCS0);
	behind[0] = submit(&r, 1, GEN9_RCS0);
	hung[1] = submit_hang(&r, 2, GEN9_BCS0);
	behind[1] = submit(&r, 3, GEN9_BCS0);
	fake_log_clear(r.f.plat);
	r.f.plat->hook_arg = &steps;
	r.f.plat->hook = refuse_the_blitter;
	assert_int_equal(i915_request_wait(behind[1], TIMEOUT_NS), 0);
	r.f.plat->hook = NULL;
	for (unsigned i = 0; i < 2; i++) {
		expect_end(&r, hung[i], -I915_EIO);
		expect_end(&r, behind[i], 0);
	}
	stats = rig_end(&r);
	assert_int_equal(stats.engine_resets, 1);
	assert_int_equal(stats.resets, 1);
	assert_int_equal(stats.requests_failed, 2);
}

/* It ends while the engine is being stopped. */
static void end_late(struct platform *plat, void *arg)
{
	if (fake_log_count(plat, true, RCS_MI_MODE) == 0)
		return;
	plat->hook = NULL;
	fake_gpu_seqno(plat, GEN9_RCS0, 1);
}

static void who_ends_late_is_not_to_blame(void **state)
{
	struct rig r = rig(0, PERIOD_NS);
	struct i915_request *rq[2];
	struct i915_stats stats;

	rq[0] = submit_hang(&r, 0, GEN9_RCS0);
	rq[1] = submit(&r, 1, GEN9_RCS0);
	fake_log_clear(r.f.plat);
	r.f.plat->hook = end_late;
	assert_int_equal(i915_request_wait(rq[1], TIMEOUT_NS), 0);
	assert_null(r.f.plat->hook);
	for (unsigned i = 0; i < 2; i++)
		expect_status(rq[i], 0);
	stats = rig_end(&r);
	assert_int_equal(stats.hangs, 1);
	assert_int_equal(stats.requests_failed, 0);
	assert_int_equal(stats.requests_replayed, 1);
}

/* ---- several vCPUs, and the end ---- */

static void reset_now(void *arg)
{
	assert_int_equal(i915_reset(arg), 0);
	i915_submission_release(arg);
}

static void reset_on_other_vcpu(struct platform *plat, void *arg)
{
	plat->hook = NULL;
	fake_on_other_vcpu(plat, reset_now, arg);
	fake_gpu_step(plat, GEN9_RCS0);
}

/* While one vCPU looks at a request's seqno a reset on another gives it to a more urgent request.
 */
static void a_seqno_given_away_is_no_completion(void **state)
{
	struct rig r = rig(0, 0);
	struct i915_request *rq[2];

	rq[0] = submit(&r, 0, GEN9_RCS0);
	i915_submission_hold(r.f.i915);
	i915_context_set_priority(r.f.ctx[1], 1);
	rq[1] = submit(&r, 1, GEN9_RCS0);
	r.f.plat->hook_arg = r.f.i915;
	r.f.plat->hook = reset_on_other_vcpu;
	assert_false(i915_request_completed(rq[0]));
	assert_null(r.f.plat->hook);
	assert_true(i915_request_completed(rq[1]));
	for (unsigned i = 0; i < 2; i++)
		expect_end(&r, rq[i], 0);
	rig_end(&r);
}

static void destroyed_while_requests_wait(void **state)
{
	struct rig r = rig(0, 0);
	struct i915_fence *fence = i915_fence_create(r.f.i915);
	struct i915_request *rq = create(&r, 0, GEN9_RCS0);

	assert_int_equal(i915_request_await_fence(rq, fence), 0);
	i915_request_add(rq);
	i915_request_put(submit_after(&r, 1, GEN9_BCS0, rq, I915_AWAIT_COMPLETED));
	i915_request_put(submit_after(&r, 0, GEN9_RCS0, rq, I915_AWAIT_SUBMITTED));
	i915_request_put(rq);
	fixture_end(&r.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hang_releases),
		cmocka_unit_test(a_ban_releases),
		cmocka_unit_test(giving_up_fails_everything),
		cmocka_unit_test(completed_stays_completed),
		cmocka_unit_test(the_host_gives_up),
		cmocka_unit_test(replays_lead_what_awaited_them),
		cmocka_unit_test(fences_outlast_resets),
		cmocka_unit_test(awaits_outlast_resets),
		cmocka_unit_test(one_hang_blames_one_request),
		cmocka_unit_test(who_ends_late_is_not_to_blame),
		cmocka_unit_test(a_seqno_given_away_is_no_completion),
		cmocka_unit_test(destroyed_while_requests_wait),
	};

	return cmocka_run_group_tests_name("guest: order over resets", tests, NULL, NULL);
}
