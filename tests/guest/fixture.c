// SPDX-License-Identifier: MIT
#include "tests/guest/fixture.h"

struct i915_vma *fixture_bind(struct i915 *i915, struct i915_vm *vm, size_t size_bytes)
{
	struct i915_object *obj = i915_object_create(i915, size_bytes);
	struct i915_vma *vma = NULL;

	assert_non_null(obj);
	assert_int_equal(i915_vma_bind(vm, obj, NULL, &vma), 0);
	return vma;
}

struct i915_vma *fixture_bind_at(struct i915 *i915, struct i915_vm *vm, size_t size_bytes,
				 uint64_t gma)
{
	const struct i915_bind how = { .fixed_gma = gma, .flags = I915_BIND_FIXED };
	struct i915_object *obj = i915_object_create(i915, size_bytes);
	struct i915_vma *vma = NULL;

	assert_non_null(obj);
	assert_int_equal(i915_vma_bind(vm, obj, &how, &vma), 0);
	assert_int_equal(i915_vma_gma(vma), gma);
	return vma;
}

void fixture_drop(struct i915_vma *vma)
{
	struct i915_object *obj = i915_vma_object(vma);

	i915_vma_unbind(vma);
	i915_object_destroy(obj);
}

struct fixture fixture_with(struct platform *plat, const struct i915_params *params)
{
	struct fixture f = { .plat = plat };
	struct batch batch;

	assert_int_equal(i915_create(&f.i915, plat, params), 0);
	f.batch = fixture_bind(f.i915, i915_ggtt_vm(f.i915), PLAT_PAGE_SIZE);
	batch_begin(&batch, f.batch);
	assert_int_equal(batch_end(&batch), 0);
	for (unsigned i = 0; i < 4; i++) {
		f.ctx[i] = i915_context_create(f.i915);
		assert_non_null(f.ctx[i]);
	}
	fake_log_clear(plat);
	return f;
}

struct fixture fixture_vgpu(uint32_t pvmmio_levels)
{
	const struct i915_params params = { .pvmmio_levels = pvmmio_levels,
					    .ppgtt = I915_PPGTT_NONE };

	return fixture_with(fake_create_vgpu(), &params);
}

struct fixture fixture_native(void)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_NONE };

	return fixture_with(fake_create(), &params);
}

struct fixture fixture_ppgtt(enum i915_ppgtt_mode mode, uint32_t pvmmio_levels)
{
	const struct i915_params params = { .pvmmio_levels = pvmmio_levels, .ppgtt = mode };

	return fixture_with(fake_create_vgpu(), &params);
}

void fixture_end(struct fixture *f)
{
	struct platform *plat = f->plat;
	uint64_t csb_errors = fixture_stats(f).csb_errors;

	for (unsigned i = 0; i < 4; i++)
		i915_context_destroy(f->ctx[i]);
	i915_object_destroy(i915_vma_object(f->batch));
	i915_destroy(f->i915);
	assert_int_equal(plat->pages_in_use, 0);
	assert_int_equal(plat->gpu.violations, 0);
	assert_int_equal(plat->op_depth, 0);
	assert_int_equal(csb_errors, 0);
	fake_destroy(plat);
}

struct i915_request *fixture_submit_misuse(struct fixture *f, unsigned ctx,
					   enum gen9_engine_id engine, enum i915_misuse misuse)
{
	struct i915_request *rq;

	assert_int_equal(i915_request_create(f->ctx[ctx], engine, f->batch, misuse, &rq), 0);
	i915_request_add(rq);
	return rq;
}

struct i915_request *fixture_submit(struct fixture *f, unsigned ctx, enum gen9_engine_id engine)
{
	return fixture_submit_misuse(f, ctx, engine, I915_MISUSE_NONE);
}

uint32_t fixture_elsp(enum gen9_engine_id engine)
{
	return fake_engine_info[engine].mmio_base + RING_ELSP;
}

struct i915_stats fixture_stats(const struct fixture *f)
{
	struct i915_stats stats;

	i915_get_stats(f->i915, &stats);
	return stats;
}
