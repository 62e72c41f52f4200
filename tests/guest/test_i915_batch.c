// SPDX-License-Identifier: MIT
/* The batch builders: encodings, and what happens when the batch is full. */
#include <string.h>

#include "tests/guest/fixture.h"

static const struct blt_surface dst = { 0x123456000, 256, 3, 5 };
static const struct blt_surface src = { 0x0aabbc000, 512, 7, 11 };

static struct batch begin(struct fixture *f)
{
	struct i915_object *obj = i915_vma_object(f->batch);
	struct batch batch;

	memset(i915_object_cpu(obj), 0xee, i915_object_size(obj));
	batch_begin(&batch, f->batch);
	return batch;
}

static void check(const struct batch *batch, const uint32_t *expected, size_t dwords)
{
	assert_int_equal(batch->used, dwords);
	assert_memory_equal(batch->dwords, expected, dwords * 4);
}

static void store_and_end(void **state)
{
	const uint32_t expected[] = { 0x10400002, 0x89abcdec, 0x1, 0xcafe, 0x05000000, 0 };
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);

	assert_int_equal(batch_store_dword(&batch, 0x189abcdec, 0xcafe), 0);
	assert_int_equal(batch_end(&batch), 0);
	check(&batch, expected, 6);
	fixture_end(&f);
}

static void fill(void **state)
{
	const uint32_t expected[] = { 0x54300005, 0x03f00100, 0x00050003, 0x00250043,
				      0x23456000, 0x1,        0x11223344, 0x05000000 };
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);

	assert_int_equal(batch_fill(&batch, &dst, 64, 32, 0x11223344), 0);
	check(&batch, expected, 7);
	assert_int_equal(batch_end(&batch), 0); /* on a qword: no filling */
	check(&batch, expected, 8);
	fixture_end(&f);
}

static void copies(void **state)
{
	uint32_t expected[] = { 0x54f00008, 0x03cc0100, 0x00050003, 0x00250043, 0x23456000,
				0x1,        0x000b0007, 512,        0xaabbc000, 0 };
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);

	assert_int_equal(batch_copy(&batch, &dst, &src, 64, 32), 0);
	check(&batch, expected, 10);
	batch = begin(&f);
	assert_int_equal(batch_fast_copy(&batch, &dst, &src, 64, 32), 0);
	expected[0] = 0x50800008;
	expected[1] = 0x03000100;
	check(&batch, expected, 10);
	fixture_end(&f);
}

static void draw_and_dispatch(void **state)
{
	const uint32_t primitive[] = { 0x7b000005, 4, 300, 0, 7, 0, 0 };
	uint32_t walker[15] = {
		[0] = 0x7105000d, [7] = 2, [10] = 3, [12] = 4, [13] = ~0u, [14] = ~0u
	};
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);

	assert_int_equal(batch_draw(&batch, 300, 7), 0);
	check(&batch, primitive, 7);
	batch = begin(&f);
	assert_int_equal(batch_dispatch(&batch, 2, 3, 4), 0);
	check(&batch, walker, 15);
	fixture_end(&f);
}

static void dwords_in_memory(void **state)
{
	struct fixture f = fixture_ppgtt(I915_PPGTT_48BIT, 0);
	struct i915_vma *vma = fixture_bind(f.i915, i915_context_vm(f.ctx[0]), 4096);
	uint32_t copy[] = { 0x17000003, 0x2004, 1, 0x3008, 2 };
	uint32_t await[] = { 0x0e00d002, 0, 0x4000, 3 };
	const uint32_t arbitrate[] = { 0x02800000 };
	struct batch batch;

	batch_begin(&batch, vma);
	assert_int_equal(batch_copy_dword(&batch, 0x100002004, 0x200003008), 0);
	check(&batch, copy, 5);
	batch_begin(&batch, vma);
	assert_int_equal(batch_await_dword(&batch, 0x300004000), 0);
	check(&batch, await, 4);
	batch_begin(&batch, vma);
	assert_int_equal(batch_arbitrate(&batch), 0);
	check(&batch, arbitrate, 1);
	fixture_drop(vma);
	fixture_end(&f);

	f = fixture_native();
	batch = begin(&f);
	copy[0] = 0x17600003;
	assert_int_equal(batch_copy_dword(&batch, 0x100002004, 0x200003008), 0);
	check(&batch, copy, 5);
	batch = begin(&f);
	await[0] = 0x0e40d002;
	assert_int_equal(batch_await_dword(&batch, 0x300004000), 0);
	check(&batch, await, 4);
	fixture_end(&f);
}

static void decode_and_enhance(void **state)
{
	const uint32_t slice[] = { 0x71280004, 4321, 0, 0, 0, 0 };
	const uint32_t columns[20] = { 0x74030012, 1919 };
	const uint32_t all[20] = { 0x74030012, 0x3fff };
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);

	assert_int_equal(batch_decode(&batch, 4321), 0);
	check(&batch, slice, 6);
	batch = begin(&f);
	assert_int_equal(batch_enhance(&batch, 1920), 0);
	check(&batch, columns, 20);
	batch = begin(&f);
	assert_int_equal(batch_enhance(&batch, 16384), 0);
	check(&batch, all, 20);
	batch = begin(&f);
	assert_int_equal(batch_enhance(&batch, 0), -I915_EINVAL);
	assert_int_equal(batch_enhance(&batch, 16385), -I915_EINVAL);
	assert_int_equal(batch.used, 0);
	fixture_end(&f);
}

static void surfaces_are_checked(void **state)
{
	struct blt_surface bad[] = { dst, dst, dst, dst };
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);

	bad[0].pitch_bytes = 258;
	bad[1].pitch_bytes = 32768;
	bad[2].x = 32767 - 63;
	bad[3].y = 65535;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(batch_fill(&batch, &bad[i], 64, 32, 0), -I915_EINVAL);
		assert_int_equal(batch_copy(&batch, &bad[i], &src, 64, 32), -I915_EINVAL);
		assert_int_equal(batch_copy(&batch, &dst, &bad[i], 64, 32), -I915_EINVAL);
		assert_int_equal(batch_fast_copy(&batch, &dst, &bad[i], 64, 32), -I915_EINVAL);
	}
	assert_int_equal(batch.used, 0);
	bad[1].pitch_bytes = 32764;
	bad[2].x = 32767 - 64;
	assert_int_equal(batch_fill(&batch, &bad[1], 64, 32, 0), 0);
	assert_int_equal(batch_fill(&batch, &bad[2], 64, 32, 0), 0);
	fixture_end(&f);
}

/* A full batch is left as it is, and can still be ended. */
static void full_batch(void **state)
{
	struct fixture f = fixture_native();
	struct batch batch = begin(&f);
	size_t used;

	while (batch_store_dword(&batch, 0x1000, 1) == 0)
		;
	used = batch.used;
	assert_int_equal(used, 1020);
	assert_int_equal(batch_store_dword(&batch, 0x1000, 1), -I915_ENOSPC);
	assert_int_equal(batch_fill(&batch, &dst, 1, 1, 0), -I915_ENOSPC);
	assert_int_equal(batch_copy(&batch, &dst, &src, 1, 1), -I915_ENOSPC);
	assert_int_equal(batch_fast_copy(&batch, &dst, &src, 1, 1), -I915_ENOSPC);
	assert_int_equal(batch_draw(&batch, 1, 1), -I915_ENOSPC);
	assert_int_equal(batch_dispatch(&batch, 1, 1, 1), -I915_ENOSPC);
	assert_int_equal(batch_decode(&batch, 1), -I915_ENOSPC);
	assert_int_equal(batch_enhance(&batch, 1), -I915_ENOSPC);
	assert_int_equal(batch.used, used);
	assert_int_equal(batch.dwords[used], 0xeeeeeeee);
	assert_int_equal(batch_end(&batch), 0);
	assert_int_equal(batch_end(&batch), 0); /* room for two dwords more */
	assert_int_equal(batch_end(&batch), -I915_ENOSPC);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_and_end),
		cmocka_unit_test(fill),
		cmocka_unit_test(copies),
		cmocka_unit_test(draw_and_dispatch),
		cmocka_unit_test(dwords_in_memory),
		cmocka_unit_test(decode_and_enhance),
		cmocka_unit_test(surfaces_are_checked),
		cmocka_unit_test(full_batch),
	};

	return cmocka_run_group_tests_name("guest: batch", tests, NULL, NULL);
}
