/* SPDX-License-Identifier: MIT */
/*
 * What a PPGTT ought to contain, and a check of every entry in it: what is bound is mapped with the
 * right bits, everything else leads to scratch at its own level, and no table is empty.
 */
#ifndef PVMMIO_TESTS_GUEST_SPACE_H
#define PVMMIO_TESTS_GUEST_SPACE_H

#include "guest/i915_internal.h"
#include "tests/guest/fixture.h"

#define SPACE_LIMIT 64u

struct space {
	struct platform *plat;
	const struct i915_vm *vm;
	unsigned levels;
	uint64_t roots[4];
	uint64_t scratch[4]; /* the entry of each level that maps nothing */
	struct {
		uint64_t gma, gpa, length_bytes;
		bool read_only;
		const struct i915_vma *vma;
	} bound[SPACE_LIMIT];
	size_t bound_count;

	/* As the last check found them. */
	size_t pages;     /* mapped, in units of 4 KiB */
	size_t tables[4]; /* linked ones by level, without roots; a 2 MiB page hides one */
	size_t pages_2m, tables_64k;
};

void space_open(struct space *space, struct platform *plat, struct i915_context *ctx);
void space_expect(struct space *space, const struct i915_vma *vma);
void space_forget(struct space *space, const struct i915_vma *vma);
void space_check(struct space *space);

/* 64-bit stores since mark, of all and of one operation. */
size_t space_stores(const struct platform *plat, size_t mark, enum plat_op op);

#endif
