// SPDX-License-Identifier: MIT
/* Contexts, requests and the ports: what reaches the engine, in which order. */
#include <string.h>

#include "tests/guest/fixture.h"

/* Bytes of a request in the ring, without and with the two dwords of a lite restore. */
#define RCS_TAIL   128u
#define RCS_STRIDE 136u
#define BCS_TAIL   80u
#define BCS_STRIDE 88u

static const struct fake_submission *submission(const struct fixture *f, size_t n)
{
	assert_true(n < f->plat->gpu.submission_count);
	return &f->plat->gpu.submissions[n];
}

/* Let the GPU do everything it has, with its interrupts. */
static void run_gpu(struct fixture *f)
{
	fake_poll_interrupts(f->plat);
	while (fake_gpu_step_all(f->plat))
		fake_poll_interrupts(f->plat);
}

/* ---- what one submission is ---- */

static void elsp_is_four_writes_in_order(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq;
	struct fake_cursor cursor;
	uint64_t desc;

	/* First use binds ring and image; the second request is the submission alone. */
	rq = fixture_submit(&f, 0, GEN9_BCS0);
	run_gpu(&f);
	i915_request_put(rq);
	fake_log_clear(f.plat);
	f.plat->irq_enabled = false;
	rq = fixture_submit(&f, 0, GEN9_BCS0);
	f.plat->irq_enabled = true;
	desc = submission(&f, 1)->desc[0];
	cursor = fake_cursor(f.plat);
	next_write(&cursor, fixture_elsp(GEN9_BCS0), 0);
	next_write(&cursor, fixture_elsp(GEN9_BCS0), 0);
	next_write(&cursor, fixture_elsp(GEN9_BCS0), desc >> 32);
	next_write(&cursor, fixture_elsp(GEN9_BCS0), (uint32_t)desc);
	next_end(&cursor);
	assert_int_equal(f.plat->op_count[PLAT_OP_SUBMIT], 2);
	assert_int_equal(f.plat->op_accesses[PLAT_OP_SUBMIT], 8);
	assert_int_equal(f.plat->work_count[PLAT_WORK_SUBMIT], 2);
	assert_int_equal(f.plat->work_count[PLAT_WORK_REQUEST], 2);
	run_gpu(&f);
	i915_request_put(rq);
	fixture_end(&f);
}

static void pvmmio_is_one_write(void **state)
{
	struct fixture f = fixture_vgpu(PVMMIO_ELSP_SUBMIT);
	struct i915_request *rq[2];
	struct fake_cursor cursor;
	const struct fake_submission *seen;

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			i915_request_create(f.ctx[i], GEN9_RCS0, f.batch, I915_MISUSE_NONE, &rq[i]),
			0);
	i915_submission_hold(f.i915);
	i915_request_add(rq[0]);
	i915_request_add(rq[1]);
	fake_log_clear(f.plat);
	f.plat->irq_enabled = false;
	i915_submission_release(f.i915);
	f.plat->irq_enabled = true;
	seen = submission(&f, 0);
	cursor = fake_cursor(f.plat);
	next_write(&cursor, fixture_elsp(GEN9_RCS0), (uint32_t)seen->desc[0]);
	next_end(&cursor);
	assert_int_equal(seen->desc[0] >> 32, 1);
	assert_int_equal(seen->desc[1] >> 32, 2);
	assert_int_equal(f.plat->op_accesses[PLAT_OP_SUBMIT], 1);
	run_gpu(&f);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	fixture_end(&f);
}

static void descriptor_and_image(void **state)
{
	for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
		const struct gen9_engine_info *info = &fake_engine_info[engine];
		bool rcs = engine == GEN9_RCS0;
		struct fixture f = fixture_native();
		struct i915_request *rq = fixture_submit(&f, 2, engine);
		uint64_t desc = submission(&f, 0)->desc[0];
		uint32_t lrca = (uint32_t)desc & 0xfffff000;
		const uint32_t *image;

		assert_int_equal(desc & 0xfff, 0x119);
		assert_int_equal(desc >> 32, 3); /* the third context */
		for (unsigned page = 0; page < info->context_pages; page++)
			assert_non_null(fake_ggtt_cpu(f.plat, lrca + page * 4096));
		assert_int_equal(info->context_pages, rcs ? 22 : 2);
		image = fake_ggtt_cpu(f.plat, lrca + 4096);
		assert_int_equal(image[0x01], rcs ? 0x1100101b : 0x11001015);
		assert_int_equal(image[0x02], info->mmio_base + 0x244);
		assert_int_equal(image[0x03], 0x000f000b);
		assert_int_equal(image[0x04], info->mmio_base + 0x34);
		assert_int_equal(image[0x05], 0);
		assert_int_equal(image[0x06], info->mmio_base + 0x30);
		assert_int_equal(image[0x07], rcs ? RCS_TAIL : BCS_TAIL);
		assert_int_equal(image[0x08], info->mmio_base + 0x38);
		assert_non_null(fake_ggtt_cpu(f.plat, image[0x09] + 0x3fff));
		assert_int_equal(image[0x0a], info->mmio_base + 0x3c);
		assert_int_equal(image[0x0b], 0x3001);
		assert_int_equal(image[0x0c], info->mmio_base + 0x168);
		assert_int_equal(image[0x0e], info->mmio_base + 0x140);
		assert_int_equal(image[0x10], info->mmio_base + 0x110);
		assert_int_equal(image[0x11], 0x20);
		assert_int_equal(image[0x12], info->mmio_base + 0x11c);
		assert_int_equal(image[0x14], info->mmio_base + 0x114);
		assert_int_equal(image[0x16], info->mmio_base + 0x118);
		assert_int_equal(image[0x18], rcs ? info->mmio_base + 0x1c0 : 0);
		assert_int_equal(image[0x1c], rcs ? info->mmio_base + 0x1c8 : 0);
		assert_int_equal(image[0x21], 0x11001011);
		assert_int_equal(image[0x22], info->mmio_base + 0x3a8);
		for (unsigned n = 0; n < 4; n++) {
			assert_int_equal(image[0x30 - 4 * n], info->mmio_base + 0x274 + 8 * n);
			assert_int_equal(image[0x32 - 4 * n], info->mmio_base + 0x270 + 8 * n);
			assert_int_equal(image[0x31 - 4 * n], 0);
		}
		assert_int_equal(image[0x41], rcs ? 0x11000001 : 0);
		assert_int_equal(image[0x42], rcs ? 0x20c8 : 0);
		run_gpu(&f);
		assert_true(i915_request_completed(rq));
		i915_request_put(rq);
		fixture_end(&f);
	}
}

static const uint32_t *ring_of(const struct fixture *f, uint64_t desc)
{
	const uint32_t *image = fake_ggtt_cpu(f->plat, ((uint32_t)desc & 0xfffff000) + 4096);

	return fake_ggtt_cpu(f->plat, image[CTX_RING_START + 1]);
}

static void request_on_rcs(void **state)
{
	struct fixture f = fixture_native();
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_RCS0);
	const uint32_t *cs = ring_of(&f, submission(&f, 0)->desc[0]);
	uint32_t hwsp = f.plat->regs[(0x2000 + RING_HWS_PGA) / 4];
	const uint32_t expected[] = {
		0x7a000004, 0,           0,          0,          0,
		0,          0x7a000004,  0x01144c1c, cs[8],      0,
		0,          0,           0x04000001, 0x18800001, (uint32_t)i915_vma_gma(f.batch),
		0,          0x04000000,  0,          0x7a000004, 0x001010a1,
		cs[20],     0,           0,          0,          0x7a000004,
		0x01104000, hwsp + 0xc0, 0,          1,          0,
		0x01000000, 0x04000001,  0x02800000, 0,
	};

	assert_memory_equal(cs, expected, sizeof(expected));
	assert_non_null(fake_ggtt_cpu(f.plat, cs[8]));
	run_gpu(&f);
	i915_request_put(rq);
	fixture_end(&f);
}

static void request_on_other_engines(void **state)
{
	for (unsigned engine = GEN9_BCS0; engine < GEN9_ENGINE_COUNT; engine++) {
		struct fixture f = fixture_native();
		struct i915_request *rq = fixture_submit(&f, 0, engine);
		const uint32_t *cs = ring_of(&f, submission(&f, 0)->desc[0]);
		uint32_t base = fake_engine_info[engine].mmio_base;
		bool video = engine == GEN9_VCS0 || engine == GEN9_VCS1;
		const uint32_t expected[] = {
			0x13244002 | (video ? 0x80 : 0),
			0x104,
			0,
			0,
			0x04000001,
			0x18800001,
			(uint32_t)i915_vma_gma(f.batch),
			0,
			0x04000000,
			0,
			0x13204002,
			0x104,
			0,
			0,
			0x13004002,
			f.plat->regs[(base + RING_HWS_PGA) / 4] + 0xc4,
			0,
			1,
			0x01000000,
			0x04000001,
			0x02800000,
			0,
		};

		assert_memory_equal(cs, expected, sizeof(expected));
		run_gpu(&f);
		i915_request_put(rq);
		fixture_end(&f);
	}
}

/* ---- the ports ---- */

static void two_contexts_in_one_submission(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *a, *b;
	struct fake_cursor cursor;
	uint64_t desc[2];

	i915_submission_hold(f.i915);
	a = fixture_submit(&f, 0, GEN9_VECS0);
	b = fixture_submit(&f, 1, GEN9_VECS0);
	assert_int_equal(f.plat->gpu.submission_count, 0);
	fake_log_clear(f.plat);
	i915_submission_release(f.i915);
	assert_int_equal(f.plat->gpu.submission_count, 1);
	desc[0] = submission(&f, 0)->desc[0];
	desc[1] = submission(&f, 0)->desc[1];
	assert_int_equal(desc[0] >> 32, 1);
	assert_int_equal(desc[1] >> 32, 2);
	cursor = fake_cursor(f.plat);
	next_write(&cursor, fixture_elsp(GEN9_VECS0), desc[1] >> 32);
	next_write(&cursor, fixture_elsp(GEN9_VECS0), (uint32_t)desc[1]);
	next_write(&cursor, fixture_elsp(GEN9_VECS0), desc[0] >> 32);
	next_write(&cursor, fixture_elsp(GEN9_VECS0), (uint32_t)desc[0]);
	fake_gpu_step(f.plat, GEN9_VECS0);
	fake_poll_interrupts(f.plat);
	assert_true(i915_request_completed(a));
	assert_false(i915_request_completed(b));
	run_gpu(&f);
	assert_true(i915_request_completed(b));
	assert_int_equal(fixture_stats(&f).submissions, 1);
	assert_int_equal(fixture_stats(&f).csb_events, 3);
	i915_request_put(a);
	i915_request_put(b);
	fixture_end(&f);
}

/* Requests of one context go out with the last one's tail; a context is never in both ports. */
static void requests_of_one_context_merge(void **state)
{
	static const unsigned order[] = { 0, 0, 0, 1, 1, 0, 2 };
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[7];
	const struct fake_submission *seen;

	i915_submission_hold(f.i915);
	for (unsigned i = 0; i < 7; i++)
		rq[i] = fixture_submit(&f, order[i], GEN9_RCS0);
	i915_submission_release(f.i915);
	seen = submission(&f, 0);
	assert_int_equal(seen->desc[0] >> 32, 1);
	assert_int_equal(seen->tail[0], 2 * RCS_STRIDE + RCS_TAIL);
	assert_int_equal(seen->desc[1] >> 32, 2);
	assert_int_equal(seen->tail[1], RCS_STRIDE + RCS_TAIL);
	run_gpu(&f);
	/* The rest went as soon as port 1's context had moved to port 0: lite restore plus one. */
	seen = submission(&f, 1);
	assert_int_equal(seen->desc[0] >> 32, 2);
	assert_int_equal(seen->tail[0], 2 * RCS_STRIDE);
	assert_int_equal(seen->desc[1] >> 32, 1);
	assert_int_equal(seen->tail[1], 3 * RCS_STRIDE + RCS_TAIL);
	for (unsigned i = 0; i < 7; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	assert_int_equal(fixture_stats(&f).requests_completed, 7);
	fixture_end(&f);
}

static void nothing_is_written_before_the_ack(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[3];

	f.plat->irq_enabled = false;
	rq[0] = fixture_submit(&f, 0, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 1);
	/* Take the answer away: the engine has not got that far yet. */
	fake_gpu_hwsp(f.plat, GEN9_BCS0)[GEN9_HWSP_CSB_WRITE_DWORD] = 5;
	rq[1] = fixture_submit(&f, 1, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 1);
	fake_gpu_hwsp(f.plat, GEN9_BCS0)[GEN9_HWSP_CSB_WRITE_DWORD] = 0;
	rq[2] = fixture_submit(&f, 2, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	assert_int_equal(submission(&f, 1)->desc[0] >> 32, 1);
	assert_int_equal(submission(&f, 1)->desc[1] >> 32, 2);
	f.plat->irq_enabled = true;
	run_gpu(&f);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	fixture_end(&f);
}

/* Each submission waits for its own answer, not for an earlier one's. */
static void every_submission_needs_an_ack(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[3];

	rq[0] = fixture_submit(&f, 0, GEN9_BCS0);
	fake_poll_interrupts(f.plat);
	f.plat->irq_enabled = false;
	rq[1] = fixture_submit(&f, 0, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	fake_gpu_hwsp(f.plat, GEN9_BCS0)[GEN9_HWSP_CSB_WRITE_DWORD] = 0;
	rq[2] = fixture_submit(&f, 0, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	fake_gpu_hwsp(f.plat, GEN9_BCS0)[GEN9_HWSP_CSB_WRITE_DWORD] = 1;
	f.plat->irq_enabled = true;
	run_gpu(&f);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	fixture_end(&f);
}

static void lite_restore_moves_the_tail(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	rq[0] = fixture_submit(&f, 0, GEN9_BCS0);
	fake_poll_interrupts(f.plat);
	rq[1] = fixture_submit(&f, 0, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	assert_int_equal(submission(&f, 0)->tail[0], BCS_TAIL);
	assert_int_equal(submission(&f, 1)->tail[0], BCS_STRIDE + BCS_TAIL);
	assert_int_equal(submission(&f, 1)->desc[1], 0);
	run_gpu(&f);
	for (unsigned i = 0; i < 2; i++)
		i915_request_put(rq[i]);
	assert_int_equal(fixture_stats(&f).csb_events, 3); /* active, lite restore, complete */
	fixture_end(&f);
}

/* The tail of a resubmitted, still running context includes its two spare dwords. */
static void resubmission_never_finds_head_at_tail(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[2];

	rq[0] = fixture_submit(&f, 0, GEN9_BCS0);
	fake_poll_interrupts(f.plat);
	rq[1] = fixture_submit(&f, 1, GEN9_BCS0);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	assert_int_equal(submission(&f, 1)->tail[0], BCS_STRIDE);
	assert_int_equal(submission(&f, 1)->tail[1], BCS_TAIL);
	run_gpu(&f);
	for (unsigned i = 0; i < 2; i++)
		i915_request_put(rq[i]);
	fixture_end(&f);
}

static void port_1_full_means_wait(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[4];

	i915_submission_hold(f.i915);
	rq[0] = fixture_submit(&f, 0, GEN9_BCS0);
	rq[1] = fixture_submit(&f, 1, GEN9_BCS0);
	i915_submission_release(f.i915);
	fake_poll_interrupts(f.plat);
	rq[2] = fixture_submit(&f, 1, GEN9_BCS0);
	rq[3] = fixture_submit(&f, 2, GEN9_BCS0);
	fake_poll_interrupts(f.plat);
	assert_int_equal(f.plat->gpu.submission_count, 1);
	fake_gpu_step(f.plat, GEN9_BCS0);
	fake_poll_interrupts(f.plat);
	assert_int_equal(f.plat->gpu.submission_count, 2);
	run_gpu(&f);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	fixture_end(&f);
}

/* Ninety events through six entries, several at a time. */
static void status_buffer_wraps(void **state)
{
	struct fixture f = fixture_vgpu(0);

	for (unsigned i = 0; i < 30; i++) {
		struct i915_request *rq[2];

		i915_submission_hold(f.i915);
		rq[0] = fixture_submit(&f, i % 2, GEN9_VCS1);
		rq[1] = fixture_submit(&f, 2 + i % 2, GEN9_VCS1);
		f.plat->irq_enabled = i % 3 == 0;
		i915_submission_release(f.i915);
		while (fake_gpu_step(f.plat, GEN9_VCS1))
			;
		f.plat->irq_enabled = true;
		fake_poll_interrupts(f.plat);
		for (unsigned n = 0; n < 2; n++) {
			assert_true(i915_request_completed(rq[n]));
			i915_request_put(rq[n]);
		}
		assert_int_equal(fixture_stats(&f).csb_events, 3 * (i + 1));
	}
	fixture_end(&f);
}

static void engines_do_not_wait_for_each_other(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[GEN9_ENGINE_COUNT];

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		rq[i] = fixture_submit(&f, 0, i); /* one context on all of them */
	assert_int_equal(f.plat->gpu.submission_count, GEN9_ENGINE_COUNT);
	for (unsigned i = GEN9_ENGINE_COUNT; i--;) {
		fake_gpu_step(f.plat, i);
		assert_true(i915_request_completed(rq[i]));
	}
	run_gpu(&f);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		i915_request_put(rq[i]);
	fixture_end(&f);
}

/* ---- what a wrong device says ---- */

static void status_errors_are_counted(void **state)
{
	static const struct {
		uint32_t status, id;
		unsigned errors;
	} cases[] = {
		{CSB_IDLE_TO_ACTIVE,					 77, 0},
		{ CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE,                 1,  1}, /* breadcrumb missing */
		{ CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE,                 2,  2}, /* and another context */
		{ CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH,                 1,  2}, /* and port 1 is empty */
		{ CSB_CONTEXT_COMPLETE | CSB_PREEMPTED | CSB_ACTIVE_TO_IDLE, 1,  2},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = fixture_vgpu(0);
		struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);

		fake_poll_interrupts(f.plat);
		fake_gpu_csb(f.plat, GEN9_BCS0, cases[i].status, cases[i].id);
		fake_poll_interrupts(f.plat);
		assert_int_equal(fixture_stats(&f).csb_errors, cases[i].errors);
		i915_request_put(rq);
		i915_destroy(f.i915);
		assert_int_equal(f.plat->pages_in_use, 0);
		fake_destroy(f.plat);
	}
}

static void status_of_an_idle_engine_is_an_error(void **state)
{
	struct fixture f = fixture_vgpu(0);

	fake_gpu_csb(f.plat, GEN9_RCS0, CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, 1);
	fake_poll_interrupts(f.plat);
	assert_int_equal(fixture_stats(&f).csb_errors, 1);
	fake_gpu_hwsp(f.plat, GEN9_RCS0)[GEN9_HWSP_CSB_WRITE_DWORD] = 6;
	fake_gpu_event(f.plat, GEN9_RCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	fake_poll_interrupts(f.plat);
	assert_int_equal(fixture_stats(&f).csb_errors, 2);
	i915_destroy(f.i915);
	fake_destroy(f.plat);
}

/* A seqno from the future completes nothing that is still queued. */
static void seqno_out_of_range_is_not_progress(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_BCS0);

	fake_gpu_seqno(f.plat, GEN9_BCS0, 1000);
	fake_gpu_event(f.plat, GEN9_BCS0, GT_CONTEXT_SWITCH_INTERRUPT);
	fake_poll_interrupts(f.plat);
	assert_int_equal(fixture_stats(&f).requests_completed, 0);
	run_gpu(&f);
	assert_int_equal(fixture_stats(&f).requests_completed, 1);
	i915_request_put(rq);
	fixture_end(&f);
}

/* ---- requests and their memory ---- */

static void ring_fills_up_and_wraps(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[200], *extra;
	unsigned count = 0, total = 0;

	for (unsigned round = 0; round < 7; round++) {
		f.plat->irq_enabled = false;
		while (i915_request_create(f.ctx[0], GEN9_RCS0, f.batch, I915_MISUSE_NONE,
					   &rq[count]) == 0)
			i915_request_add(rq[count++]);
		assert_in_range(count, 117, 120); /* 16 KiB of 136 bytes, less guard and padding */
		assert_int_equal(
			i915_request_create(f.ctx[0], GEN9_RCS0, f.batch, I915_MISUSE_NONE, &extra),
			-I915_ENOMEM);
		f.plat->irq_enabled = true;
		run_gpu(&f);
		total += count;
		while (count--) {
			assert_true(i915_request_completed(rq[count]));
			i915_request_put(rq[count]);
		}
		count = 0;
	}
	assert_int_equal(fixture_stats(&f).requests_completed, total);
	fixture_end(&f);
}

static void cancelled_requests_leave_no_trace(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq[200];
	unsigned count = 0;

	for (unsigned round = 0; round < 3; round++) {
		while (i915_request_create(f.ctx[0], GEN9_BCS0, f.batch, I915_MISUSE_NONE,
					   &rq[count]) == 0)
			count++;
		assert_int_equal(count, 185);
		while (count) {
			assert_false(i915_request_completed(rq[count - 1]));
			i915_request_put(rq[--count]);
		}
	}
	assert_int_equal(f.plat->gpu.submission_count, 0);
	assert_int_equal(fixture_stats(&f).requests_added, 0);
	fixture_end(&f);
}

/* The order of adding decides, not that of creation. */
static void requests_run_in_the_order_of_adding(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vma *target = fixture_bind(f.i915, i915_ggtt_vm(f.i915), PLAT_PAGE_SIZE);
	struct i915_vma *store[2];
	struct i915_request *rq[2];

	for (unsigned i = 0; i < 2; i++) {
		struct batch batch;

		store[i] = fixture_bind(f.i915, i915_ggtt_vm(f.i915), PLAT_PAGE_SIZE);
		batch_begin(&batch, store[i]);
		batch_store_dword(&batch, i915_vma_gma(target), 100 + i);
		batch_end(&batch);
		assert_int_equal(i915_request_create(f.ctx[0], GEN9_VCS0, store[i],
						     I915_MISUSE_NONE, &rq[i]),
				 0);
	}
	i915_request_add(rq[1]);
	i915_request_add(rq[0]);
	run_gpu(&f);
	assert_int_equal(*(uint32_t *)i915_object_cpu(i915_vma_object(target)), 100);
	for (unsigned i = 0; i < 2; i++) {
		i915_request_put(rq[i]);
		i915_object_destroy(i915_vma_object(store[i]));
	}
	i915_object_destroy(i915_vma_object(target));
	fixture_end(&f);
}

/* A context given up by its owner is kept until the engine has saved it. */
static void context_outlives_its_handle(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_RCS0);
	size_t pages = f.plat->pages_in_use;

	i915_context_destroy(f.ctx[0]);
	f.ctx[0] = NULL;
	i915_request_put(rq);
	assert_int_equal(f.plat->pages_in_use, pages);
	run_gpu(&f);
	assert_int_equal(i915_wait_idle(f.i915, 0), 0);
	assert_int_equal(f.plat->pages_in_use, pages - 22 - 4);
	fixture_end(&f);
}

/* Its last request ends in the interrupt handler, and then the driver goes. */
static void removal_frees_dead_contexts(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq = fixture_submit(&f, 0, GEN9_RCS0);

	i915_request_put(rq);
	i915_context_destroy(f.ctx[0]);
	f.ctx[0] = NULL;
	run_gpu(&f);
	i915_destroy(f.i915);
	assert_int_equal(f.plat->pages_in_use, 0);
	fake_destroy(f.plat);
}

/* What was made for a context before memory ran out is not kept twice. */
static void first_use_can_be_repeated(void **state)
{
	for (unsigned n = 1; n <= 2; n++) {
		struct fixture f = fixture_vgpu(0);
		size_t pages = f.plat->pages_in_use;
		struct i915_request *rq;

		f.plat->fail_allocation = f.plat->allocation_count + n; /* ring, image */
		assert_int_equal(
			i915_request_create(f.ctx[0], GEN9_BCS0, f.batch, I915_MISUSE_NONE, &rq),
			-I915_ENOMEM);
		assert_int_equal(f.plat->pages_in_use, pages);
		rq = fixture_submit(&f, 0, GEN9_BCS0);
		run_gpu(&f);
		assert_true(i915_request_completed(rq));
		i915_request_put(rq);
		fixture_end(&f);
	}
}

static void context_ids_are_the_smallest_free(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq;

	i915_context_destroy(f.ctx[1]);
	f.ctx[1] = i915_context_create(f.i915);
	rq = fixture_submit(&f, 1, GEN9_BCS0);
	assert_int_equal(submission(&f, 0)->desc[0] >> 32, 2);
	run_gpu(&f);
	i915_request_put(rq);
	fixture_end(&f);
}

static void objects(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_vma *vma = fixture_bind(f.i915, i915_ggtt_vm(f.i915), 4097);
	struct i915_object *obj = i915_vma_object(vma);
	size_t pages;

	assert_int_equal(i915_object_size(obj), 8192);
	assert_ptr_equal(i915_object_cpu(obj), fake_ggtt_cpu(f.plat, i915_vma_gma(vma)));
	assert_in_range(i915_vma_gma(vma), FAKE_LOW_BASE, FAKE_LOW_BASE + FAKE_LOW_BYTES);
	i915_object_destroy(obj);
	i915_object_destroy(NULL);
	pages = f.plat->pages_in_use;
	assert_null(i915_object_create(f.i915, 0));
	assert_null(i915_object_create(f.i915, SIZE_MAX));
	obj = i915_object_create(f.i915, FAKE_HIGH_BYTES);
	assert_non_null(obj);
	assert_int_equal(i915_vma_bind(i915_ggtt_vm(f.i915), obj, NULL, &vma), -I915_ENOSPC);
	i915_object_destroy(obj);
	assert_int_equal(f.plat->pages_in_use, pages);
	fixture_end(&f);
}

static void unknown_engine(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq;

	assert_int_equal(
		i915_request_create(f.ctx[0], GEN9_ENGINE_COUNT, f.batch, I915_MISUSE_NONE, &rq),
		-I915_ENODEV);
	fixture_end(&f);
}

/* ---- misuse ---- */

static void misuse_batch_address(void **state)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *rq =
		fixture_submit_misuse(&f, 0, GEN9_BCS0, I915_MISUSE_BATCH_ADDRESS);
	const uint32_t *cs = ring_of(&f, submission(&f, 0)->desc[0]);

	assert_int_equal(cs[5], 0x18800001);
	assert_int_equal(cs[6], FAKE_LOW_BASE + FAKE_LOW_BYTES);
	assert_int_equal(cs[7], 0);
	assert_int_equal(i915_request_wait(rq, 1000), -I915_ETIME);
	i915_request_put(rq);
	fixture_end(&f);
}

static void check_stuck(enum i915_misuse misuse, uint32_t tail, uint64_t valid)
{
	struct fixture f = fixture_vgpu(0);
	struct i915_request *good = fixture_submit(&f, 0, GEN9_BCS0);
	struct i915_request *bad = fixture_submit_misuse(&f, 0, GEN9_BCS0, misuse);
	struct i915_request *later = fixture_submit(&f, 0, GEN9_BCS0);
	struct i915_request *other = fixture_submit(&f, 0, GEN9_RCS0);

	run_gpu(&f);
	assert_true(i915_request_completed(good));
	assert_true(i915_request_completed(other));
	/* It went alone, after the good one. */
	assert_int_equal(f.plat->gpu.submission_count, 3);
	assert_int_equal(submission(&f, 2)->desc[0] & CTX_DESC_VALID, valid);
	assert_int_equal(submission(&f, 2)->desc[0] >> 32, 1);
	assert_int_equal(submission(&f, 2)->desc[1], 0);
	if (valid)
		assert_int_equal(submission(&f, 2)->tail[0], tail);
	assert_int_equal(i915_request_wait(bad, 1000), -I915_ETIME);
	assert_int_equal(i915_request_wait(later, 1000), -I915_ETIME);
	assert_int_equal(i915_wait_idle(f.i915, 1000), -I915_ETIME);
	i915_request_put(good);
	i915_request_put(bad);
	i915_request_put(later);
	i915_request_put(other);
	fixture_end(&f);
}

static void misuse_descriptor_invalid(void **state)
{
	check_stuck(I915_MISUSE_DESCRIPTOR_INVALID, 0, 0);
}

static void misuse_ring_tail(void **state)
{
	check_stuck(I915_MISUSE_RING_TAIL, 0x4100, CTX_DESC_VALID);
	assert_int_equal(0x4100 & RING_TAIL_MASK, 0x4100);
}

/* ---- everything at once ---- */

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % limit;
}

/* The GPU makes a step now and then, at any point at which it could. */
static void sometimes_step(struct platform *plat, void *arg)
{
	uint32_t *seed = arg;

	if (random_below(seed, 20) == 0)
		fake_gpu_step(plat, random_below(seed, GEN9_ENGINE_COUNT));
}

static void random_life(uint32_t seed)
{
	enum { SLOTS = 40 };
	struct fixture f = fixture_vgpu(seed % 2 ? PVMMIO_ELSP_SUBMIT : 0);
	struct i915_request *rq[SLOTS] = { 0 };
	uint32_t gpu_seed = seed;
	unsigned holds = 0;

	f.plat->gpu.automatic = true;
	f.plat->hook = sometimes_step;
	f.plat->hook_arg = &gpu_seed;
	for (unsigned round = 0; round < 300; round++) {
		struct i915_request **slot = &rq[random_below(&seed, SLOTS)];
		uint32_t what = random_below(&seed, 10);

		if (what == 0 && holds < 2) {
			i915_submission_hold(f.i915);
			holds++;
		} else if (what == 1 && holds) {
			i915_submission_release(f.i915);
			holds--;
		} else if (*slot) {
			if (!holds)
				assert_int_equal(i915_request_wait(*slot, PLAT_NEVER), 0);
			i915_request_put(*slot);
			*slot = NULL;
		} else {
			*slot = fixture_submit(&f, random_below(&seed, 4),
					       random_below(&seed, GEN9_ENGINE_COUNT));
		}
	}
	while (holds--)
		i915_submission_release(f.i915);
	assert_int_equal(i915_wait_idle(f.i915, PLAT_NEVER), 0);
	for (unsigned i = 0; i < SLOTS; i++) {
		assert_true(!rq[i] || i915_request_completed(rq[i]));
		i915_request_put(rq[i]);
	}
	assert_int_equal(fixture_stats(&f).requests_completed, fixture_stats(&f).requests_added);
	f.plat->hook = NULL;
	fixture_end(&f);
}

static void random_lives(void **state)
{
	for (uint32_t seed = 1; seed <= 60; seed++)
		random_life(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elsp_is_four_writes_in_order),
		cmocka_unit_test(pvmmio_is_one_write),
		cmocka_unit_test(descriptor_and_image),
		cmocka_unit_test(request_on_rcs),
		cmocka_unit_test(request_on_other_engines),
		cmocka_unit_test(two_contexts_in_one_submission),
		cmocka_unit_test(requests_of_one_context_merge),
		cmocka_unit_test(nothing_is_written_before_the_ack),
		cmocka_unit_test(every_submission_needs_an_ack),
		cmocka_unit_test(lite_restore_moves_the_tail),
		cmocka_unit_test(resubmission_never_finds_head_at_tail),
		cmocka_unit_test(port_1_full_means_wait),
		cmocka_unit_test(status_buffer_wraps),
		cmocka_unit_test(engines_do_not_wait_for_each_other),
		cmocka_unit_test(status_errors_are_counted),
		cmocka_unit_test(status_of_an_idle_engine_is_an_error),
		cmocka_unit_test(seqno_out_of_range_is_not_progress),
		cmocka_unit_test(ring_fills_up_and_wraps),
		cmocka_unit_test(cancelled_requests_leave_no_trace),
		cmocka_unit_test(requests_run_in_the_order_of_adding),
		cmocka_unit_test(context_outlives_its_handle),
		cmocka_unit_test(removal_frees_dead_contexts),
		cmocka_unit_test(first_use_can_be_repeated),
		cmocka_unit_test(context_ids_are_the_smallest_free),
		cmocka_unit_test(objects),
		cmocka_unit_test(unknown_engine),
		cmocka_unit_test(misuse_batch_address),
		cmocka_unit_test(misuse_descriptor_invalid),
		cmocka_unit_test(misuse_ring_tail),
		cmocka_unit_test(random_lives),
	};

	return cmocka_run_group_tests_name("guest: execlists", tests, NULL, NULL);
}
