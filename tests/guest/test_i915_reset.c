// SPDX-License-Identifier: MIT
/*
 * Hang check and reset: when an engine counts as stuck, what the device is told, and what becomes
 * of each request.
 */
#include <string.h>

#include "tests/guest/fixture.h"

#define PERIOD_NS  1500000000ull
#define TIMEOUT_NS 1000000000000ull
#define RCS        0x2000u

struct rig {
	struct fixture f;
	struct i915_vma *hang; /* a batch that never ends */
	struct i915_vma *data; /* what the others store to */
};

static struct rig rig_params(const struct i915_params *params)
{
	struct rig rig = { .f = fixture_with(fake_create_vgpu(), params) };
	uint32_t *cs;

	rig.hang = fixture_bind(rig.f.i915, i915_ggtt_vm(rig.f.i915), PLAT_PAGE_SIZE);
	rig.data = fixture_bind(rig.f.i915, i915_ggtt_vm(rig.f.i915), PLAT_PAGE_SIZE);
	cs = i915_object_cpu(i915_vma_object(rig.hang));
	cs[0] = FAKE_HANG;
	rig.f.plat->gpu.automatic = true;
	fake_log_clear(rig.f.plat);
	return rig;
}

static struct rig rig(uint64_t hangcheck_ns)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_NONE,
					    .hangcheck_ns = hangcheck_ns };

	return rig_params(&params);
}

static struct i915_stats rig_end(struct rig *rig)
{
	struct i915_stats stats;

	assert_int_equal(i915_wait_idle(rig->f.i915, TIMEOUT_NS), 0);
	stats = fixture_stats(&rig->f);
	fixture_drop(rig->hang);
	fixture_drop(rig->data);
	fixture_end(&rig->f);
	return stats;
}

static uint32_t *data(const struct rig *rig)
{
	return i915_object_cpu(i915_vma_object(rig->data));
}

static struct i915_request *submit(struct rig *rig, unsigned ctx, struct i915_vma *batch)
{
	struct i915_request *rq;

	assert_int_equal(
		i915_request_create(rig->f.ctx[ctx], GEN9_RCS0, batch, I915_MISUSE_NONE, &rq), 0);
	i915_request_add(rq);
	return rq;
}

/* A batch that stores value at dword i of the data. */
static struct i915_vma *storing(struct rig *rig, unsigned i, uint32_t value)
{
	struct i915_vma *vma = fixture_bind(rig->f.i915, i915_ggtt_vm(rig->f.i915), PLAT_PAGE_SIZE);
	struct batch batch;

	batch_begin(&batch, vma);
	assert_int_equal(batch_store_dword(&batch, i915_vma_gma(rig->data) + 4 * i, value), 0);
	assert_int_equal(batch_end(&batch), 0);
	return vma;
}

static void expect_status(struct i915_request *rq, int status)
{
	assert_int_equal(i915_request_status(rq), status);
	assert_int_equal(i915_request_completed(rq), status != -I915_EINPROGRESS);
	i915_request_put(rq);
}

/* ---- looks ---- */

static void expect_head(struct fake_cursor *cursor)
{
	next_read(cursor, RCS + RING_ACTHD_UDW);
	next_read(cursor, RCS + RING_ACTHD);
	next_read(cursor, RCS + RING_ACTHD_UDW);
}

static void expect_stop(struct fake_cursor *cursor, uint32_t base)
{
	next_write(cursor, base + RING_MI_MODE, 0x01000100);
	next_read(cursor, base + RING_MI_MODE);
	next_read(cursor, base + RING_TAIL);
	next_write(cursor, base + RING_HEAD, 0);
	next_write(cursor, base + RING_HEAD, 0);
	next_write(cursor, base + RING_TAIL, 0);
	next_write(cursor, base + RING_CTL, 0);
	next_read(cursor, base + RING_HEAD);
}

static void expect_request(struct fake_cursor *cursor, uint32_t base)
{
	next_write(cursor, base + RING_RESET_CTL, 0x00010001);
	next_read(cursor, base + RING_RESET_CTL);
}

static void expect_gdrst(struct fake_cursor *cursor, uint32_t bits)
{
	next_write(cursor, GDRST, bits);
	next_read(cursor, GDRST);
}

static void expect_recovery(struct fake_cursor *cursor, enum gen9_engine_id id)
{
	static const uint32_t mocs[GEN9_ENGINE_COUNT] = { 0xc800, 0xcc00, 0xc900, 0xca00, 0xcb00 };
	const struct gen9_engine_info *info = &fake_engine_info[id];
	uint32_t base = info->mmio_base;

	for (unsigned i = 0; i < 2; i++) {
		next_write(cursor, GT_IIR(info->gt_group), 0x101u << info->gt_shift);
		next_read(cursor, GT_IIR(info->gt_group));
	}
	for (unsigned n = 0; n < 62; n++) {
		const struct fake_access *access = &cursor->plat->log[cursor->at];

		next_write(cursor, mocs[id] + 4 * n, access->value);
	}
	assert_int_equal(cursor->plat->log[cursor->at].offset, base + RING_IMR);
	next_write(cursor, base + RING_IMR, cursor->plat->log[cursor->at].value);
	next_write(cursor, base + RING_HWSTAM, ~0u);
	next_write(cursor, base + RING_MODE, 0x80008000);
	next_write(cursor, base + RING_MI_MODE, 0x01000000);
	next_write(cursor, base + RING_HWS_PGA, cursor->plat->log[cursor->at].value);
	next_read(cursor, base + RING_HWS_PGA);
}

/* Looks after one, two and three periods; after 8/3 of them it is dead. */
static void dead_engine(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *rq = submit(&r, 0, r.hang);
	struct fake_cursor cursor;
	uint64_t begin_ns = r.f.plat->time_ns;

	fake_gpu_step(r.f.plat, GEN9_RCS0);
	fake_poll_interrupts(r.f.plat);
	fake_log_clear(r.f.plat);
	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), -I915_EIO);
	assert_in_range(r.f.plat->time_ns - begin_ns, 3 * PERIOD_NS, 3 * PERIOD_NS + 1000);
	cursor = fake_cursor(r.f.plat);
	next_write(&cursor, RCS + RING_IMR, ~0x101u); /* the waiter's */
	next_read(&cursor, RCS + RING_IMR);
	for (unsigned i = 0; i < 3; i++) {
		expect_head(&cursor);
		next_read(&cursor, RCS + RING_INSTDONE);
		next_read(&cursor, RCS + RING_CTL);
	}
	expect_stop(&cursor, RCS);
	expect_request(&cursor, RCS);
	expect_gdrst(&cursor, 1u << 1);
	next_write(&cursor, RCS + RING_RESET_CTL, 0x00010000);
	expect_recovery(&cursor, GEN9_RCS0);
	/* The waiter's interrupt is still on, and the failed request is submitted once more. */
	assert_int_equal(r.f.plat->regs[(RCS + RING_MODE) / 4], 0x80008000);
	next_write(&cursor, RCS + RING_ELSP, 0);
	assert_int_equal(r.f.plat->op_count[PLAT_OP_RESET], 1);
	assert_int_equal(r.f.plat->gpu.engines[GEN9_RCS0].resets, 1);
	expect_status(rq, -I915_EIO);
	{
		struct i915_stats stats = rig_end(&r);

		assert_int_equal(stats.hangs, 1);
		assert_int_equal(stats.engine_resets, 1);
		assert_int_equal(stats.resets, 0);
		assert_int_equal(stats.requests_failed, 1);
		assert_int_equal(stats.requests_replayed, 0);
		assert_int_equal(stats.requests_completed, 1);
	}
}

static void move_head(struct platform *plat, void *arg)
{
	plat->regs[(RCS + RING_ACTHD) / 4] = (uint32_t)plat->time_ns;
}

/* The head moves from look to look: it gets eight periods. */
static void active_engine(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *rq = submit(&r, 0, r.hang);
	uint64_t begin_ns = r.f.plat->time_ns;

	r.f.plat->hook = move_head;
	assert_int_equal(i915_request_wait(rq, 8 * PERIOD_NS + PERIOD_NS / 2), -I915_ETIME);
	assert_int_equal(fake_log_count(r.f.plat, false, RCS + RING_ACTHD), 8);
	assert_int_equal(fake_log_count(r.f.plat, false, RCS + RING_INSTDONE), 0);
	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), -I915_EIO);
	r.f.plat->hook = NULL;
	assert_in_range(r.f.plat->time_ns - begin_ns, 9 * PERIOD_NS, 9 * PERIOD_NS + 1000);
	expect_status(rq, -I915_EIO);
	assert_int_equal(rig_end(&r).hangs, 1);
}

static void move_units(struct platform *plat, void *arg)
{
	plat->regs[(RCS + RING_INSTDONE) / 4] = 1u << (plat->time_ns / PERIOD_NS);
}

static void active_units(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *rq = submit(&r, 0, r.hang);

	r.f.plat->hook = move_units;
	assert_int_equal(i915_request_wait(rq, 8 * PERIOD_NS + PERIOD_NS / 2), -I915_ETIME);
	r.f.plat->hook = NULL;
	assert_int_equal(fake_log_count(r.f.plat, false, RCS + RING_INSTDONE), 8);
	assert_int_equal(fixture_stats(&r.f).hangs, 0);
	i915_request_put(rq);
	assert_int_equal(rig_end(&r).requests_failed, 1);
}

/* Each new breadcrumb starts the clock again: two submissions, each for less than 8/3 periods. */
static void progress_is_life(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *first = submit(&r, 0, r.f.batch);
	struct i915_request *second = submit(&r, 1, r.f.batch);

	r.f.plat->gpu.automatic = false;
	assert_int_equal(i915_request_wait(second, 2 * PERIOD_NS + 100), -I915_ETIME);
	fake_gpu_step(r.f.plat, GEN9_RCS0);
	assert_int_equal(i915_request_wait(second, 2 * PERIOD_NS), -I915_ETIME);
	fake_gpu_step(r.f.plat, GEN9_RCS0);
	fake_poll_interrupts(r.f.plat);
	expect_status(first, 0);
	expect_status(second, 0);
	r.f.plat->gpu.automatic = true;
	assert_int_equal(rig_end(&r).hangs, 0);
}

static void nobody_looks_at_idle_engines(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *rq = submit(&r, 0, r.f.batch);

	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), 0);
	expect_status(rq, 0);
	fake_log_clear(r.f.plat);
	r.f.plat->irq_enabled = false;
	assert_int_equal(i915_wait_idle(r.f.i915, 10 * PERIOD_NS), 0);
	r.f.plat->irq_enabled = true;
	assert_int_equal(fake_log_count(r.f.plat, false, RCS + RING_ACTHD), 0);
	rig_end(&r);
}

static void without_hang_check(void **state)
{
	struct rig r = rig(0);
	struct i915_request *rq = submit(&r, 0, r.hang);

	assert_int_equal(i915_request_wait(rq, 100 * PERIOD_NS), -I915_ETIME);
	assert_int_equal(fake_log_count(r.f.plat, false, RCS + RING_ACTHD), 0);
	assert_int_equal(i915_request_status(rq), -I915_EINPROGRESS);
	/* A reset alone blames nobody: what hung hangs again. */
	assert_int_equal(i915_reset(r.f.i915), 0);
	assert_int_equal(i915_request_wait(rq, PERIOD_NS), -I915_ETIME);
	memset(i915_object_cpu(i915_vma_object(r.hang)), 0, 4);
	*(uint32_t *)i915_object_cpu(i915_vma_object(r.hang)) = MI_BATCH_BUFFER_END;
	assert_int_equal(i915_reset(r.f.i915), 0);
	assert_int_equal(i915_request_wait(rq, PERIOD_NS), 0);
	expect_status(rq, 0);
	assert_int_equal(rig_end(&r).requests_replayed, 2);
}

/* Reads of the head go through the port if memory is read otherwise. */
static void looks_through_the_port(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ALL & ~PVMMIO_PV_SUBMISSION,
					    .ppgtt = I915_PPGTT_NONE,
					    .hangcheck_ns = PERIOD_NS };
	struct rig r = rig_params(&params);
	struct i915_request *rq = submit(&r, 0, r.hang);

	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), -I915_EIO);
	assert_int_equal(fake_log_count(r.f.plat, false, PVINFO_BASE + PVINFO_PV_MMIO), 3 * 4);
	expect_status(rq, -I915_EIO);
	rig_end(&r);
}

/* ---- what becomes of requests ---- */

/*
 * Of context 0: done, hanging, behind it; of context 1: behind that; of context 2, queued. Whatever
 * had completed is not executed again, whatever had not is, once, in order.
 */
static void others_are_replayed(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_vma *batches[4];
	struct i915_request *rq[5];
	struct i915_stats stats;

	for (unsigned i = 0; i < 4; i++)
		batches[i] = storing(&r, i, 100 + i);
	i915_submission_hold(r.f.i915);
	rq[0] = submit(&r, 0, batches[0]);
	rq[1] = submit(&r, 0, r.hang);
	rq[2] = submit(&r, 0, batches[1]);
	rq[3] = submit(&r, 1, batches[2]);
	rq[4] = submit(&r, 2, batches[3]);
	i915_submission_release(r.f.i915);
	fake_gpu_step(r.f.plat, GEN9_RCS0);
	assert_int_equal(data(&r)[0], 100);
	data(&r)[0] = 0;
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(i915_request_wait(rq[i], TIMEOUT_NS), i == 1 ? -I915_EIO : 0);
	assert_int_equal(data(&r)[0], 0);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(data(&r)[i], 100 + i);
	for (unsigned i = 0; i < 5; i++)
		expect_status(rq[i], i == 1 ? -I915_EIO : 0);
	assert_false(i915_context_banned(r.f.ctx[0]));
	for (unsigned i = 0; i < 4; i++)
		fixture_drop(batches[i]);
	stats = rig_end(&r);
	assert_int_equal(stats.requests_completed, 5);
	assert_int_equal(stats.requests_failed, 1);
	assert_int_equal(stats.requests_replayed, 2); /* the queued one was not out yet */
}

/* A context that had completed, but that the engine had not saved, does not start over. */
static void completed_context_in_a_port(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_vma *first = storing(&r, 0, 1), *second = storing(&r, 1, 2);
	struct i915_request *rq = submit(&r, 0, first);
	uint32_t *hwsp = fake_gpu_hwsp(r.f.plat, GEN9_RCS0);

	data(&r)[0] = 77;
	hwsp[0x30]++; /* its breadcrumb, and no more */
	assert_true(i915_request_completed(rq));
	assert_int_equal(i915_reset(r.f.i915), 0);
	expect_status(rq, 0);
	rq = submit(&r, 0, second);
	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), 0);
	expect_status(rq, 0);
	assert_int_equal(data(&r)[0], 77);
	assert_int_equal(data(&r)[1], 2);
	fixture_drop(first);
	fixture_drop(second);
	assert_int_equal(rig_end(&r).requests_replayed, 0);
}

static void four_hangs_ban_a_context(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_vma *batch = storing(&r, 0, 1), *other = storing(&r, 1, 1);
	struct i915_request *rq[6], *unused;
	struct i915_stats stats;

	for (unsigned i = 0; i < 4; i++)
		rq[i] = submit(&r, 0, r.hang);
	rq[4] = submit(&r, 0, batch);
	rq[5] = submit(&r, 1, other);
	assert_int_equal(i915_request_wait(rq[5], TIMEOUT_NS), 0);
	for (unsigned i = 0; i < 5; i++)
		expect_status(rq[i], -I915_EIO);
	expect_status(rq[5], 0);
	assert_int_equal(data(&r)[0], 0);
	assert_int_equal(data(&r)[1], 1);
	assert_true(i915_context_banned(r.f.ctx[0]));
	assert_false(i915_context_banned(r.f.ctx[1]));
	assert_int_equal(
		i915_request_create(r.f.ctx[0], GEN9_RCS0, r.f.batch, I915_MISUSE_NONE, &unused),
		-I915_EIO);
	fixture_drop(batch);
	fixture_drop(other);
	stats = rig_end(&r);
	assert_int_equal(stats.engine_resets, 4);
	assert_int_equal(stats.requests_failed, 5);
}

/* Replayed requests keep their place among those of other priorities. */
static void replays_keep_their_order(void **state)
{
	struct rig r = rig(0);
	struct i915_request *rq[4];
	struct platform *plat = r.f.plat;
	size_t first, last;

	rq[0] = submit(&r, 0, r.f.batch);
	rq[1] = submit(&r, 1, r.f.batch);
	i915_context_set_priority(r.f.ctx[2], 5);
	rq[2] = submit(&r, 2, r.f.batch);
	rq[3] = submit(&r, 3, r.f.batch);
	i915_submission_hold(r.f.i915);
	assert_int_equal(i915_reset(r.f.i915), 0);
	first = plat->gpu.submission_count;
	i915_submission_release(r.f.i915);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(i915_request_wait(rq[i], TIMEOUT_NS), 0);
	assert_int_equal(plat->gpu.submissions[first].desc[0] >> 32, 3);
	assert_int_equal(plat->gpu.submissions[first].desc[1] >> 32, 1);
	last = plat->gpu.submission_count - 1;
	assert_int_equal(plat->gpu.submissions[last].desc[0] >> 32, 2);
	assert_int_equal(plat->gpu.submissions[last].desc[1] >> 32, 4);
	for (unsigned i = 0; i < 4; i++)
		expect_status(rq[i], 0);
	rig_end(&r);
}

/* A lite restore has run the tail on to its last two dwords; after a reset it is as it was. */
static void tails_of_lite_restores(void **state)
{
	struct rig r = rig(0);
	struct i915_request *rq[2];
	uint32_t tail;

	rq[0] = submit(&r, 0, r.f.batch);
	fake_poll_interrupts(r.f.plat);
	tail = r.f.plat->gpu.submissions[0].tail[0];
	rq[1] = submit(&r, 0, r.f.batch);
	assert_int_equal(i915_reset(r.f.i915), 0);
	assert_true(r.f.plat->gpu.submissions[r.f.plat->gpu.submission_count - 1].tail[0] > tail);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(i915_request_wait(rq[i], TIMEOUT_NS), 0);
		expect_status(rq[i], 0);
	}
	rig_end(&r);
}

/* Every engine, all with work under way, at any moment of it. */
static void reset_at_any_moment(void **state)
{
	for (unsigned steps = 0; steps < 5; steps++) {
		struct rig r = rig(0);
		struct i915_request *rq[GEN9_ENGINE_COUNT][3];
		struct fake_cursor cursor;

		for (unsigned e = 0; e < GEN9_ENGINE_COUNT; e++) {
			for (unsigned i = 0; i < 3; i++)
				rq[e][i] = fixture_submit(&r.f, i, e);
		}
		for (unsigned i = 0; i < steps; i++) {
			fake_gpu_step_all(r.f.plat);
			if (i % 2)
				fake_poll_interrupts(r.f.plat);
		}
		fake_poll_interrupts(r.f.plat);
		fake_log_clear(r.f.plat);
		assert_int_equal(i915_reset(r.f.i915), 0);
		cursor = fake_cursor(r.f.plat);
		for (unsigned e = 0; e < GEN9_ENGINE_COUNT; e++)
			expect_stop(&cursor, fake_engine_info[e].mmio_base);
		for (unsigned e = 0; e < GEN9_ENGINE_COUNT; e++)
			expect_request(&cursor, fake_engine_info[e].mmio_base);
		expect_gdrst(&cursor, 1);
		for (unsigned e = 0; e < GEN9_ENGINE_COUNT; e++)
			next_write(&cursor, fake_engine_info[e].mmio_base + RING_RESET_CTL,
				   0x00010000);
		for (unsigned i = 0; i < 31; i++)
			next_write(&cursor, 0xb020 + 4 * i, r.f.plat->log[cursor.at].value);
		expect_recovery(&cursor, GEN9_RCS0);
		for (unsigned e = 0; e < GEN9_ENGINE_COUNT; e++) {
			for (unsigned i = 0; i < 3; i++) {
				assert_int_equal(i915_request_wait(rq[e][i], TIMEOUT_NS), 0);
				expect_status(rq[e][i], 0);
			}
		}
		assert_int_equal(rig_end(&r).resets, 1);
	}
}

/* ---- devices that do not answer ---- */

static void engine_that_does_not_stop(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *rq = submit(&r, 0, r.hang);

	r.f.plat->gpu.never_stops = true;
	assert_int_equal(i915_request_wait(rq, TIMEOUT_NS), -I915_EIO);
	assert_int_equal(fake_log_count(r.f.plat, false, RCS + RING_MI_MODE), 1000);
	expect_status(rq, -I915_EIO);
	assert_int_equal(rig_end(&r).engine_resets, 1);
}

static void give_up(struct rig *r)
{
	struct i915_request *rq[3], *unused, *created;
	struct i915_stats stats;

	assert_int_equal(
		i915_request_create(r->f.ctx[1], GEN9_BCS0, r->f.batch, I915_MISUSE_NONE, &created),
		0);
	rq[0] = submit(r, 0, r->hang);
	rq[1] = submit(r, 1, r->f.batch);
	rq[2] = submit(r, 2, r->f.batch);
	assert_int_equal(i915_request_wait(rq[2], TIMEOUT_NS), -I915_EIO);
	for (unsigned i = 0; i < 3; i++)
		expect_status(rq[i], -I915_EIO);
	/* What was created before completes as well, what is new is refused. */
	i915_request_add(created);
	assert_int_equal(i915_request_wait(created, 0), -I915_EIO);
	expect_status(created, -I915_EIO);
	assert_int_equal(
		i915_request_create(r->f.ctx[1], GEN9_RCS0, r->f.batch, I915_MISUSE_NONE, &unused),
		-I915_EIO);
	assert_int_equal(i915_reset(r->f.i915), -I915_EIO);
	stats = rig_end(r);
	assert_int_equal(stats.engine_resets, 0);
	assert_int_equal(stats.resets, 0);
	assert_int_equal(stats.requests_failed, 4);
	assert_int_equal(stats.requests_completed, 4);
}

/* Three tries for the engine, three for all of them. */
static void device_that_does_not_reset(void **state)
{
	struct rig r = rig(PERIOD_NS);

	r.f.plat->gpu.never_resets = true;
	give_up(&r);
	r = rig(PERIOD_NS);
	r.f.plat->gpu.never_ready = true;
	give_up(&r);
}

static void stop_refusing(struct platform *plat, void *arg)
{
	if (fake_log_count(plat, true, GDRST) == 3)
		plat->gpu.never_resets = false;
}

/* The engine cannot be reset, all of them can. */
static void engine_reset_fails(void **state)
{
	struct rig r = rig(PERIOD_NS);
	struct i915_request *hung = submit(&r, 0, r.hang), *other = submit(&r, 1, r.f.batch);
	struct i915_stats stats;

	r.f.plat->gpu.never_resets = true;
	r.f.plat->hook = stop_refusing;
	assert_int_equal(i915_request_wait(other, TIMEOUT_NS), 0);
	r.f.plat->hook = NULL;
	expect_status(hung, -I915_EIO);
	expect_status(other, 0);
	assert_int_equal(r.f.plat->gpu.resets, 1);
	stats = rig_end(&r);
	assert_int_equal(stats.engine_resets, 0);
	assert_int_equal(stats.resets, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_engine),
		cmocka_unit_test(active_engine),
		cmocka_unit_test(active_units),
		cmocka_unit_test(progress_is_life),
		cmocka_unit_test(nobody_looks_at_idle_engines),
		cmocka_unit_test(without_hang_check),
		cmocka_unit_test(looks_through_the_port),
		cmocka_unit_test(others_are_replayed),
		cmocka_unit_test(completed_context_in_a_port),
		cmocka_unit_test(four_hangs_ban_a_context),
		cmocka_unit_test(replays_keep_their_order),
		cmocka_unit_test(tails_of_lite_restores),
		cmocka_unit_test(reset_at_any_moment),
		cmocka_unit_test(engine_that_does_not_stop),
		cmocka_unit_test(device_that_does_not_reset),
		cmocka_unit_test(engine_reset_fails),
	};

	return cmocka_run_group_tests_name("guest: hang check and reset", tests, NULL, NULL);
}
