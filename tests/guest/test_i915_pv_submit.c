// SPDX-License-Identifier: MIT
/* Submission without execlists: slots, answers, ends, and what goes wrong. */
#include <stdlib.h>
#include <string.h>

#include "tests/guest/fixture.h"

#define ENGINE GEN9_BCS0

static struct fixture f;

static int setup(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_PV_SUBMISSION,
					    .ppgtt = I915_PPGTT_NONE };
	struct platform *plat = fake_create_vgpu();

	plat->host.offered |= PVMMIO_PV_SUBMISSION;
	f = fixture_with(plat, &params);
	return 0;
}

static int teardown(void **state)
{
	fixture_end(&f);
	return 0;
}

static const struct fake_submission *submission(size_t n)
{
	assert_true(n < f.plat->gpu.submission_count);
	return &f.plat->gpu.submissions[n];
}

static size_t submission_count(void)
{
	return f.plat->gpu.submission_count;
}

static void run_gpu(void)
{
	fake_poll_interrupts(f.plat);
	while (fake_gpu_step_all(f.plat))
		fake_poll_interrupts(f.plat);
}

static void step(void)
{
	fake_gpu_step(f.plat, ENGINE);
	fake_poll_interrupts(f.plat);
}

static uint32_t id(uint64_t desc)
{
	return (uint32_t)(desc >> CTX_DESC_ID_SHIFT);
}

/* ---- what a submission is ---- */

static void one_write(void **state)
{
	struct i915_request *rq = fixture_submit(&f, 0, ENGINE);
	struct fake_cursor cursor;

	run_gpu();
	i915_request_put(rq);
	fake_log_clear(f.plat);
	f.plat->irq_enabled = false;
	rq = fixture_submit(&f, 0, ENGINE);
	f.plat->irq_enabled = true;
	cursor = fake_cursor(f.plat);
	next_write(&cursor, fixture_elsp(ENGINE), PVMMIO_SUBMISSION_DOORBELL);
	next_end(&cursor);
	assert_int_equal(id(submission(1)->desc[0]), 1);
	assert_int_equal(submission(1)->desc[1], 0);
	assert_int_equal(f.plat->op_accesses[PLAT_OP_SUBMIT], 2);
	run_gpu();
	assert_true(i915_request_completed(rq));
	assert_int_equal(i915_wait_idle(f.i915, 0), 0);
	assert_int_equal(fixture_stats(&f).csb_events, 0);
	i915_request_put(rq);
}

/* The breadcrumb's interrupt is always on: waiting does not touch the mask. */
static void waiting_costs_no_access(void **state)
{
	uint32_t imr = f.plat->regs[(fake_engine_info[ENGINE].mmio_base + RING_IMR) / 4];
	struct i915_request *rq = fixture_submit(&f, 0, ENGINE);

	assert_int_equal(~imr, GT_USER_INTERRUPT << fake_engine_info[ENGINE].gt_shift);
	f.plat->gpu.automatic = true;
	assert_int_equal(i915_request_wait(rq, 1000), 0);
	assert_int_equal(
		fake_log_count(f.plat, true, fake_engine_info[ENGINE].mmio_base + RING_IMR), 0);
	i915_request_put(rq);
	run_gpu();
}

/* New elements only, two at most: the third waits for a port. */
static void ports(void **state)
{
	struct i915_request *rq[5];

	i915_submission_hold(f.i915);
	rq[0] = fixture_submit(&f, 0, ENGINE);
	rq[1] = fixture_submit(&f, 0, ENGINE);
	rq[2] = fixture_submit(&f, 1, ENGINE);
	rq[3] = fixture_submit(&f, 2, ENGINE);
	i915_submission_release(f.i915);
	assert_int_equal(submission_count(), 1);
	assert_int_equal(id(submission(0)->desc[0]), 1);
	assert_int_equal(id(submission(0)->desc[1]), 2);
	step();
	assert_true(i915_request_completed(rq[1]));
	assert_int_equal(submission_count(), 2);
	assert_int_equal(id(submission(1)->desc[0]), 3);
	assert_int_equal(submission(1)->desc[1], 0);
	/* The context that runs last may follow itself. */
	step();
	rq[4] = fixture_submit(&f, 2, ENGINE);
	assert_int_equal(submission_count(), 3);
	assert_int_equal(id(submission(2)->desc[0]), 3);
	run_gpu();
	for (unsigned i = 0; i < 5; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
}

/* Until its image is written back a context is not done, whatever the seqno says. */
static void a_breadcrumb_is_not_the_end(void **state)
{
	struct i915_request *rq = fixture_submit(&f, 0, ENGINE);

	fake_gpu_seqno(f.plat, ENGINE, 1);
	fake_gpu_event(f.plat, ENGINE, GT_USER_INTERRUPT);
	fake_poll_interrupts(f.plat);
	assert_true(i915_request_completed(rq));
	assert_int_equal(i915_wait_idle(f.i915, 0), -I915_ETIME);
	run_gpu();
	assert_int_equal(i915_wait_idle(f.i915, 0), 0);
	i915_request_put(rq);
}

static void engines_have_slots_of_their_own(void **state)
{
	struct i915_request *rq[GEN9_ENGINE_COUNT];

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		rq[i] = fixture_submit(&f, 0, i);
	assert_int_equal(submission_count(), GEN9_ENGINE_COUNT);
	run_gpu();
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
}

/* ---- the deferred doorbell ---- */

/* R9, R12: neither overwritten nor given up before the host has looked. */
static void the_slot_is_left_alone_while_pending(void **state)
{
	struct i915_request *rq[2];

	f.plat->host.defers_doorbell = true;
	rq[0] = fixture_submit(&f, 0, ENGINE);
	rq[1] = fixture_submit(&f, 1, ENGINE);
	assert_int_equal(submission_count(), 0);
	assert_int_equal(fake_log_count(f.plat, true, fixture_elsp(ENGINE)), 1);
	step();
	assert_int_equal(submission_count(), 1);
	assert_int_equal(submission(0)->desc[1], 0);
	run_gpu();
	assert_int_equal(submission_count(), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(i915_request_wait(rq[i], 0), 0);
		i915_request_put(rq[i]);
	}
}

/* ---- failures ---- */

static struct i915_vma *storing_batch(uint64_t gma)
{
	struct i915_vma *vma = fixture_bind(f.i915, i915_ggtt_vm(f.i915), PLAT_PAGE_SIZE);
	struct batch batch;

	batch_begin(&batch, vma);
	assert_int_equal(batch_store_dword(&batch, gma, 0xcafe), 0);
	assert_int_equal(batch_end(&batch), 0);
	return vma;
}

static struct i915_request *submit_batch(unsigned ctx, struct i915_vma *batch)
{
	struct i915_request *rq;

	assert_int_equal(i915_request_create(f.ctx[ctx], ENGINE, batch, I915_MISUSE_NONE, &rq), 0);
	i915_request_add(rq);
	return rq;
}

/* E5: a refused request fails, its batch never runs; what follows is unharmed. */
static void check_failure(bool defers, unsigned refuse, unsigned hang)
{
	struct i915_vma *word = fixture_bind(f.i915, i915_ggtt_vm(f.i915), PLAT_PAGE_SIZE);
	struct i915_vma *bad = storing_batch(i915_vma_gma(word));
	struct i915_vma *good = storing_batch(i915_vma_gma(word) + 4);
	uint32_t *seen = i915_object_cpu(i915_vma_object(word));
	struct i915_request *rq[3];

	f.plat->host.defers_doorbell = defers;
	f.plat->host.refuse = refuse;
	f.plat->host.hang = hang;
	rq[0] = submit_batch(0, bad);
	rq[1] = submit_batch(1, good);
	rq[2] = submit_batch(0, good);
	run_gpu();
	assert_int_equal(i915_request_wait(rq[0], 0), -I915_EIO);
	assert_int_equal(i915_request_wait(rq[1], 0), 0);
	assert_int_equal(i915_request_wait(rq[2], 0), 0);
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1], 0xcafe);
	assert_int_equal(i915_wait_idle(f.i915, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		i915_request_put(rq[i]);
	fixture_drop(good);
	fixture_drop(bad);
	fixture_drop(word);
}

static void refused_at_once(void **state)
{
	check_failure(false, 1, 0);
}

static void refused_later(void **state)
{
	check_failure(true, 1, 0);
}

static void given_up_by_the_host(void **state)
{
	check_failure(false, 0, 1);
}

static void given_up_with_a_deferred_doorbell(void **state)
{
	check_failure(true, 0, 1);
}

/* Element 1 is refused while element 0 runs and then hangs: both fail, each once. */
static void refused_behind_one_that_hangs(void **state)
{
	struct i915_request *rq[3];

	rq[0] = fixture_submit(&f, 0, ENGINE);
	f.plat->host.refuse = 1;
	f.plat->host.hang = 1;
	rq[1] = fixture_submit(&f, 1, ENGINE);
	rq[2] = fixture_submit(&f, 2, ENGINE);
	run_gpu();
	assert_int_equal(i915_request_wait(rq[0], 0), -I915_EIO);
	assert_int_equal(i915_request_wait(rq[1], 0), -I915_EIO);
	assert_int_equal(i915_request_wait(rq[2], 0), 0);
	for (unsigned i = 0; i < 3; i++)
		i915_request_put(rq[i]);
}

/* E4: the driver's own mistakes, by which the host refuses. */
static void misuse_fails_its_request_only(void **state)
{
	static const enum i915_misuse misuses[] = { I915_MISUSE_DESCRIPTOR_INVALID,
						    I915_MISUSE_RING_TAIL };

	for (unsigned i = 0; i < 2; i++) {
		struct i915_request *bad = fixture_submit_misuse(&f, 0, ENGINE, misuses[i]);
		struct i915_request *good = fixture_submit(&f, 0, ENGINE);

		run_gpu();
		assert_int_equal(i915_request_wait(bad, 0), -I915_EIO);
		assert_int_equal(i915_request_wait(good, 0), 0);
		i915_request_put(bad);
		i915_request_put(good);
	}
}

/* A host that takes nothing: no endless loop of doorbells, waiters time out. */
static void refused_for_good(void **state)
{
	struct i915_request *rq;

	f.plat->host.refuse = 2;
	rq = fixture_submit(&f, 0, ENGINE);
	assert_int_equal(submission_count(), 2);
	run_gpu();
	assert_int_equal(i915_request_wait(rq, 0), -I915_ETIME);
	assert_int_equal(i915_wait_idle(f.i915, 0), -I915_ETIME);
	i915_request_put(rq);
}

/* ---- at random ---- */

#define REQUESTS 400u

struct fate {
	struct i915_request *rq;
	unsigned ctx;
};

static void random_run(unsigned seed)
{
	struct fate fates[REQUESTS];
	unsigned failed = 0, good = 0, first = 0;

	srand(seed);
	f.plat->host.defers_doorbell = seed & 1;
	for (unsigned i = 0; i < REQUESTS; i++) {
		fates[i].ctx = (unsigned)rand() % 4;
		fates[i].rq = fixture_submit(&f, fates[i].ctx, ENGINE);
		if (seed & 2 && rand() % 16 == 0)
			f.plat->host.refuse = 1;
		if (seed & 4 && rand() % 16 == 0)
			f.plat->host.hang = 1;
		for (unsigned steps = (unsigned)rand() % 4; steps--;)
			step();
		/* Not more in flight than rings hold. */
		for (; i - first >= 16; first++)
			run_gpu();
	}
	run_gpu();
	f.plat->host.refuse = 0;
	f.plat->host.hang = 0;
	for (unsigned i = 0; i < REQUESTS; i++) {
		int ret = i915_request_wait(fates[i].rq, 0);

		assert_true(ret == 0 || ret == -I915_EIO);
		good += ret == 0;
		failed += ret != 0;
		i915_request_put(fates[i].rq);
	}
	assert_int_equal(good + failed, REQUESTS);
	assert_int_equal(failed > 0, (seed & 6) > 0);
	assert_int_equal(i915_wait_idle(f.i915, 0), 0);
	assert_int_equal(fixture_stats(&f).requests_completed, REQUESTS);
}

static void each_request_ends_once(void **state)
{
	for (unsigned seed = 0; seed < 32; seed++) {
		setup(NULL);
		random_run(seed);
		teardown(NULL);
	}
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_write),
		TEST(waiting_costs_no_access),
		TEST(ports),
		TEST(a_breadcrumb_is_not_the_end),
		TEST(engines_have_slots_of_their_own),
		TEST(the_slot_is_left_alone_while_pending),
		TEST(refused_at_once),
		TEST(refused_later),
		TEST(given_up_by_the_host),
		TEST(given_up_with_a_deferred_doorbell),
		TEST(refused_behind_one_that_hangs),
		TEST(misuse_fails_its_request_only),
		TEST(refused_for_good),
		cmocka_unit_test(each_request_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
