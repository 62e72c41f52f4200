/* SPDX-License-Identifier: MIT */
/* What most tests of the driver start from: a fake machine and a driver on it. */
#ifndef PVMMIO_TESTS_GUEST_FIXTURE_H
#define PVMMIO_TESTS_GUEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guest/i915_batch.h"
#include "guest/i915_errno.h"
#include "hw-model/regs/gen9_commands.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvinfo.h"
#include "tests/guest/fake.h"

struct fixture {
	struct platform *plat;
	struct i915 *i915;
	struct i915_vma *batch; /* empty: ends at once */
	struct i915_context *ctx[4];
};

/* A driver on a vGPU with these pvmmio levels wanted; the access log is empty afterwards. */
struct fixture fixture_vgpu(uint32_t pvmmio_levels);
struct fixture fixture_native(void);
struct fixture fixture_with(struct platform *plat, const struct i915_params *params);

/* A vGPU whose contexts have address spaces of their own. */
struct fixture fixture_ppgtt(enum i915_ppgtt_mode mode, uint32_t pvmmio_levels);

/* A new object bound into vm, by defaults or at gma. */
struct i915_vma *fixture_bind(struct i915 *i915, struct i915_vm *vm, size_t size_bytes);
struct i915_vma *fixture_bind_at(struct i915 *i915, struct i915_vm *vm, size_t size_bytes,
				 uint64_t gma);

/* Unbind it and destroy its object. */
void fixture_drop(struct i915_vma *vma);

/* Destroy all of it; fails the test on a leak or on a rule that the driver broke. */
void fixture_end(struct fixture *f);

/* Create and add a request; the caller puts it. */
struct i915_request *fixture_submit(struct fixture *f, unsigned ctx, enum gen9_engine_id engine);
struct i915_request *fixture_submit_misuse(struct fixture *f, unsigned ctx,
					   enum gen9_engine_id engine, enum i915_misuse misuse);

/* Interrupts that the GPU has raised are taken; the others' handlers have nothing to do. */
uint32_t fixture_elsp(enum gen9_engine_id engine);
struct i915_stats fixture_stats(const struct fixture *f);

#endif
