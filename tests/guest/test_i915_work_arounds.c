// SPDX-License-Identifier: MIT
/* The indirect batch of the render engine's contexts, and what a misused request has in its ring.
 */
#include <string.h>

#include "tests/guest/fixture.h"

static struct fixture start(bool work_arounds)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_NONE,
					    .work_arounds = work_arounds };

	return fixture_with(fake_create_vgpu(), &params);
}

static const uint32_t *state_of(const struct fixture *f, size_t submission)
{
	uint32_t lrca = (uint32_t)f->plat->gpu.submissions[submission].desc[0] & CTX_DESC_LRCA_MASK;

	return fake_ggtt_cpu(f->plat, lrca + LRC_STATE_PAGE * PLAT_PAGE_SIZE);
}

static void run_gpu(struct fixture *f)
{
	fake_poll_interrupts(f->plat);
	while (fake_gpu_step_all(f->plat))
		fake_poll_interrupts(f->plat);
}

/* Linux 4.19 intel_lrc.c, gen8_emit_flush_coherentl3_wa(), between arbitration off and on. */
static void check_batch(const struct fixture *f, uint32_t pointer)
{
	const uint32_t *cs = fake_ggtt_cpu(f->plat, pointer & ~CTX_INDIRECT_LINES_MASK);
	uint32_t saved = cs[3];

	assert_int_equal(pointer & (PLAT_PAGE_SIZE - 1), 2); /* lines, from a page's start */
	assert_int_equal(cs[0], MI_ARB_ON_OFF);
	assert_int_equal(cs[1], MI_STORE_REGISTER_MEM | MI_USE_GGTT);
	assert_int_equal(cs[2], 0xb118);
	assert_non_null(fake_ggtt_cpu(f->plat, saved));
	assert_int_equal(cs[5], MI_LOAD_REGISTER_IMM(1));
	assert_int_equal(cs[6], 0xb118);
	assert_int_equal(cs[7], 0x40600000);
	assert_int_equal(cs[8], PIPE_CONTROL);
	assert_int_equal(cs[9], PIPE_CONTROL_CS_STALL | PIPE_CONTROL_DC_FLUSH);
	assert_int_equal(cs[14], MI_LOAD_REGISTER_MEM | MI_USE_GGTT);
	assert_int_equal(cs[15], 0xb118);
	assert_int_equal(cs[16], saved);
	assert_int_equal(cs[18], MI_ARB_ON_OFF | MI_ARB_ENABLE);
	for (unsigned i = 19; i < 32; i++)
		assert_int_equal(cs[i], MI_NOOP);
}

static void contexts_have_their_batch(void **state)
{
	for (unsigned with = 0; with < 2; with++) {
		for (unsigned engine = 0; engine < GEN9_ENGINE_COUNT; engine++) {
			struct fixture f = start(with);
			struct i915_request *rq = fixture_submit(&f, 0, engine);
			const uint32_t *image = state_of(&f, 0);

			if (with && engine == GEN9_RCS0) {
				check_batch(&f, image[CTX_INDIRECT_CTX + 1]);
				assert_int_equal(image[CTX_INDIRECT_CTX_OFFSET + 1], 0x26 << 6);
			} else {
				assert_int_equal(image[CTX_INDIRECT_CTX + 1], 0);
				assert_int_equal(image[CTX_INDIRECT_CTX_OFFSET + 1], 0);
			}
			assert_int_equal(image[CTX_BB_PER_CTX_PTR + 1], 0);
			run_gpu(&f);
			i915_request_put(rq);
			fixture_end(&f);
		}
	}
}

/* The context of a request that hung starts again from a fresh image, which is no poorer. */
static void images_after_a_hang_have_theirs(void **state)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_NONE,
					    .work_arounds = true,
					    .hangcheck_ns = 1000000 };
	struct fixture f = fixture_with(fake_create_vgpu(), &params);
	uint32_t *cs = i915_object_cpu(i915_vma_object(f.batch));
	struct i915_request *rq;
	const uint32_t *image;

	cs[0] = FAKE_HANG;
	f.plat->gpu.automatic = true;
	rq = fixture_submit(&f, 0, GEN9_RCS0);
	assert_int_equal(i915_request_wait(rq, UINT64_MAX), -I915_EIO);
	image = state_of(&f, f.plat->gpu.submission_count - 1);
	check_batch(&f, image[CTX_INDIRECT_CTX + 1]);
	assert_int_equal(image[CTX_INDIRECT_CTX_OFFSET + 1], 0x26 << 6);
	i915_request_put(rq);
	assert_int_equal(i915_wait_idle(f.i915, UINT64_MAX), 0);
	fixture_end(&f);
}

static bool is_foreign(uint32_t gma)
{
	return gma - FAKE_LOW_BASE >= FAKE_LOW_BYTES && gma - FAKE_HIGH_BASE >= FAKE_HIGH_BYTES;
}

/* The misused command, its operand outside of what the guest has, and no batch. */
static void misuse_is_in_the_ring(void **state)
{
	static const struct {
		enum i915_misuse misuse;
		uint32_t header;
		unsigned operand;
	} rows[] = {
		{I915_MISUSE_COMMAND,        MI_UPDATE_GTT,                   1},
		{ I915_MISUSE_REGISTER,      MI_LOAD_REGISTER_IMM(1),         2},
		{ I915_MISUSE_STORE_ADDRESS, MI_STORE_DATA_IMM | MI_USE_GGTT, 1},
		{ I915_MISUSE_BATCH_ADDRESS, MI_BATCH_BUFFER_START,           1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = start(false);
		const uint32_t *ring;
		unsigned found = 0;

		i915_request_put(fixture_submit_misuse(&f, 0, GEN9_BCS0, rows[i].misuse));
		ring = fake_ggtt_cpu(f.plat, state_of(&f, 0)[CTX_RING_START + 1]);
		for (unsigned at = 0; at < 22; at++) {
			if (ring[at] != rows[i].header)
				continue;
			found++;
			assert_true(is_foreign(ring[at + rows[i].operand]));
		}
		assert_int_equal(found, 1);
		/* The GPU of this test would execute it. */
		fake_destroy(f.plat);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_have_their_batch),
		cmocka_unit_test(images_after_a_hang_have_theirs),
		cmocka_unit_test(misuse_is_in_the_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
