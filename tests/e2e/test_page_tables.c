// SPDX-License-Identifier: MIT
/*
 * Exits of every operation on page tables, one row for each, on the whole machine: driver,
 * mediator, hardware. A row's program runs on the VM's vCPU; what its act() made the vCPU leave the
 * guest for is read from the ledger.
 *
 *   P   write-protection faults          strict, oos
 *   W   trapped register writes          all
 *   R   trapped register reads           all
 *
 * Rules behind the numbers, with N pages, n of them in one leaf table, K new leaf tables, D new
 * directories, Q new directory-pointer pages:
 *
 *   allocate          strict, oos: (Q + D + K) P                  ppgtt_update: 1 W, always
 *   insert            strict: N P; oos: the sum of min(2, n) P    1 W
 *   clear             as many P as an insert where the table      1 W
 *                     stays in use; 1 P for each table that
 *                     becomes empty, for its entry in its parent
 *   GGTT insert       N W and 1 W for the flush; 2 N W by halves  ggtt_update: 1 W
 *
 * Source: gvt/gtt.c of Linux 4.19 (page tables), out-of-sync pages of the product kernel, pvmmio of
 * ACRN's 4.19.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/i915.h"
#include "guest/i915_batch.h"
#include "sim/abi/pvmmio.h"
#include "sim/scenario/scenario.h"
#include "sim/simulation/assembly.h"

#define ANY_SCENARIO SCENARIO_DIR "/small-binds.yaml"

#define MIB      (UINT64_C(1) << 20)
#define GIB      (UINT64_C(1) << 30)
#define LEAF(n)  ((n)*2 * MIB) /* what the leaf tables of a directory cover */
#define DIR(n)   ((n)*GIB)     /* directories of a directory-pointer page */
#define PAGES(n) ((n)*UINT64_C(4096))
#define TIB_HALF (512 * GIB) /* a directory-pointer page of its own */

#define ALL_OPS GUEST_OP_COUNT

enum variant { STRICT, OOS, PV, VARIANT_COUNT };

static const char *const variant_names[] = { "strict", "oos", "pv" };

struct counts {
	uint64_t p, w, r;
};

struct bed;

struct row {
	const char *name;
	void (*prepare)(struct bed *bed);
	void (*act)(struct bed *bed);
	uint64_t pages;          /* parameter of both */
	enum guest_op op;        /* whose exits count; ALL_OPS */
	enum vm_ppgtt ppgtt;     /* 0: 48 bits */
	uint32_t oos_pool_pages; /* 0: plenty */
	struct counts want[VARIANT_COUNT];
};

struct bed {
	const struct row *row;
	struct assembly assembly;
	struct platform *plat;
	struct i915 *i915;
	struct i915_context *context;
	struct i915_vma *vma; /* what act() is about */
	struct counts got;
	char failed[128]; /* "": nothing */
};

/* On the vCPU, where cmocka cannot jump from. */
#define must(bed, what)                                                                            \
	do {                                                                                       \
		if (!(what) && !(bed)->failed[0])                                                  \
			snprintf((bed)->failed, sizeof((bed)->failed), "line %d: %s", __LINE__,    \
				 #what);                                                           \
	} while (0)

/* ---- pieces of programs ---- */

static struct i915_vma *bind(struct bed *bed, struct i915_vm *vm, uint64_t pages,
			     const struct i915_bind *how)
{
	struct i915_object *object = i915_object_create(bed->i915, PAGES(pages));
	struct i915_vma *vma = NULL;

	must(bed, object);
	must(bed, object && i915_vma_bind(vm, object, how, &vma) == 0);
	return vma;
}

static struct i915_vma *bind_at(struct bed *bed, uint64_t gma, uint64_t pages)
{
	const struct i915_bind how = { .fixed_gma = gma, .flags = I915_BIND_FIXED };

	return bind(bed, i915_context_vm(bed->context), pages, &how);
}

/* All tables are in sync when a submission has been dispatched; the batch is in the GGTT. */
static void submit(struct bed *bed)
{
	struct i915_vma *vma = bind(bed, i915_ggtt_vm(bed->i915), 1, NULL);
	struct i915_request *request = NULL;
	struct batch batch;

	batch_begin(&batch, vma);
	must(bed, batch_end(&batch) == 0);
	must(bed,
	     i915_request_create(bed->context, GEN9_BCS0, vma, I915_MISUSE_NONE, &request) == 0);
	i915_request_add(request);
	must(bed, i915_request_wait(request, 1000000000) == 0);
	i915_request_put(request);
	must(bed, i915_wait_idle(bed->i915, 1000000000) == 0);
}

/* ---- preparations ---- */

static void nothing(struct bed *bed)
{
}

/* The upper levels are there, and in them the first leaf with one page. */
static void with_directory(struct bed *bed)
{
	bind_at(bed, LEAF(0) + PAGES(1), 1);
}

/* Leaf 1 is there, and in sync. */
static void with_leaf(struct bed *bed)
{
	with_directory(bed);
	bind_at(bed, LEAF(1) + PAGES(511), 1);
	submit(bed);
}

/* Leaf 1 has had two stores: where tables go out of sync, it is. */
static void with_used_leaf(struct bed *bed)
{
	with_directory(bed);
	bind_at(bed, LEAF(1) + PAGES(510), 2);
}

/* Leaf 1 had the only page of the pool, leaf 2 has it now. */
static void with_leaf_robbed(struct bed *bed)
{
	with_used_leaf(bed);
	bind_at(bed, LEAF(2) + PAGES(510), 2);
}

/* To be cleared: the object has leaf 1 for itself. */
static void bound_alone(struct bed *bed)
{
	with_directory(bed);
	bed->vma = bind_at(bed, LEAF(1), bed->row->pages);
	submit(bed);
}

/* The object shares leaf 1, which is in sync. */
static void bound_in_company(struct bed *bed)
{
	with_leaf(bed);
	bed->vma = bind_at(bed, LEAF(1), bed->row->pages);
	submit(bed);
}

static void bound_out_of_sync(struct bed *bed)
{
	with_used_leaf(bed);
	bed->vma = bind_at(bed, LEAF(1), bed->row->pages);
}

static void bound_with_directory(struct bed *bed)
{
	with_directory(bed);
	bed->vma = bind_at(bed, DIR(1), bed->row->pages);
	submit(bed);
}

static void bound_with_pointers(struct bed *bed)
{
	with_directory(bed);
	bed->vma = bind_at(bed, TIB_HALF, bed->row->pages);
	submit(bed);
}

static void bound_in_ggtt(struct bed *bed)
{
	bed->vma = bind(bed, i915_ggtt_vm(bed->i915), bed->row->pages, NULL);
}

/* ---- what is counted ---- */

static void create_context(struct bed *bed)
{
	must(bed, i915_context_create(bed->i915));
}

static void destroy_context(struct bed *bed)
{
	i915_context_destroy(bed->context);
}

static void bind_in_first_leaf(struct bed *bed)
{
	bind_at(bed, LEAF(0) + PAGES(2), bed->row->pages);
}

static void bind_in_leaf(struct bed *bed)
{
	bind_at(bed, LEAF(1), bed->row->pages);
}

/* The last page of leaf 1 is the object's first. */
static void bind_across_leaves(struct bed *bed)
{
	bind_at(bed, LEAF(2) - PAGES(1), bed->row->pages);
}

static void bind_in_directory(struct bed *bed)
{
	bind_at(bed, DIR(1), bed->row->pages);
}

static void bind_across_directories(struct bed *bed)
{
	bind_at(bed, DIR(1) - PAGES(1), bed->row->pages);
}

static void bind_under_pointers(struct bed *bed)
{
	bind_at(bed, TIB_HALF, bed->row->pages);
}

static void unbind(struct bed *bed)
{
	i915_vma_unbind(bed->vma);
}

static uint64_t ggtt_entry(const struct bed *bed, uint64_t page)
{
	return ASSEMBLY_GUEST_BAR0 + GEN9_GTT_WINDOW +
	       (i915_vma_gma(bed->vma) / PAGES(1) + page) * 8;
}

static uint64_t ggtt_value(uint64_t page)
{
	return (PAGES(0x200) + PAGES(page)) | 3;
}

/*
 * As guests do that store halves: all lower ones, then all upper ones, the last one first. The
 * entries read as what was stored.
 */
static void store_ggtt_halves(struct bed *bed)
{
	uint64_t pages = bed->row->pages;

	for (uint64_t i = 0; i < pages; i++)
		plat_write32(bed->plat, ggtt_entry(bed, i), (uint32_t)ggtt_value(i));
	for (uint64_t i = pages; i-- > 0;)
		plat_write32(bed->plat, ggtt_entry(bed, i) + 4, (uint32_t)(ggtt_value(i) >> 32));
	plat_write32(bed->plat, ASSEMBLY_GUEST_BAR0 + GFX_FLSH_CNTL, 1);
}

static void stored_ggtt_halves(struct bed *bed)
{
	bound_in_ggtt(bed);
	store_ggtt_halves(bed);
}

static void read_ggtt(struct bed *bed)
{
	for (uint64_t i = 0; i < bed->row->pages; i++)
		must(bed, plat_read64(bed->plat, ggtt_entry(bed, i)) == ggtt_value(i));
}

static void read_ggtt_halves(struct bed *bed)
{
	for (uint64_t i = 0; i < bed->row->pages; i++) {
		uint64_t low = plat_read32(bed->plat, ggtt_entry(bed, i));
		uint64_t high = plat_read32(bed->plat, ggtt_entry(bed, i) + 4);

		must(bed, (high << 32 | low) == ggtt_value(i));
	}
}

/* ---- rows ---- */

#define ALLOC  GUEST_OP_PPGTT_ALLOC
#define INSERT GUEST_OP_PPGTT_INSERT
#define CLEAR  GUEST_OP_PPGTT_CLEAR
/* clang-format off */
#define P(n) { .p = (n) }
#define W(n) { .w = (n) }
#define R(n) { .r = (n) }
#define NONE { 0 }

static const struct row ppgtt_rows[] = {
	/* roots; with three levels ppgtt_update is not used */
	{ "create root, 4 levels", nothing, create_context, 0, ALL_OPS, 0, 0, { W(3), W(3), W(3) } },
	{ "destroy root, 4 levels", nothing, destroy_context, 0, ALL_OPS, 0, 0,
	  { W(3), W(3), W(3) } },
	{ "create root, 3 levels", nothing, create_context, 0, ALL_OPS, VM_PPGTT_32BIT, 0,
	  { W(9), W(9), W(9) } },
	{ "destroy root, 3 levels", nothing, destroy_context, 0, ALL_OPS, VM_PPGTT_32BIT, 0,
	  { W(9), W(9), W(9) } },

	/* allocate: (Q + D + K) P */
	{ "allocate, all there", with_directory, bind_in_first_leaf, 7, ALLOC, 0, 0,
	  { NONE, NONE, W(1) } },
	{ "allocate, K 1", with_directory, bind_in_leaf, 1, ALLOC, 0, 0, { P(1), P(1), W(1) } },
	{ "allocate, K 2", with_directory, bind_across_leaves, 2, ALLOC, 0, 0,
	  { P(2), P(2), W(1) } },
	{ "allocate, K 4", with_directory, bind_in_leaf, 2048, ALLOC, 0, 0,
	  { P(4), P(4), W(1) } },
	{ "allocate, D 1, K 1", with_directory, bind_in_directory, 1, ALLOC, 0, 0,
	  { P(2), P(2), W(1) } },
	{ "allocate, D 1, K 2", with_directory, bind_across_directories, 2, ALLOC, 0, 0,
	  { P(3), P(3), W(1) } },
	{ "allocate, Q 1, D 1, K 1", with_directory, bind_under_pointers, 1, ALLOC, 0, 0,
	  { P(3), P(3), W(1) } },
	{ "allocate, 3 levels, K 1", with_directory, bind_in_leaf, 1, ALLOC, VM_PPGTT_32BIT, 0,
	  { P(1), P(1), P(1) } },

	/* insert: the sum of min(2, n) P where tables go out of sync, else N P */
	{ "insert 1, new leaf", with_directory, bind_in_leaf, 1, INSERT, 0, 0,
	  { P(1), P(1), W(1) } },
	{ "insert 2, new leaf", with_directory, bind_in_leaf, 2, INSERT, 0, 0,
	  { P(2), P(2), W(1) } },
	{ "insert 3, new leaf", with_directory, bind_in_leaf, 3, INSERT, 0, 0,
	  { P(3), P(2), W(1) } },
	{ "insert 512, new leaf", with_directory, bind_in_leaf, 512, INSERT, 0, 0,
	  { P(512), P(2), W(1) } },
	{ "insert 1 + 3, two leaves", with_directory, bind_across_leaves, 4, INSERT, 0, 0,
	  { P(4), P(3), W(1) } },
	{ "insert 5, leaf in sync", with_leaf, bind_in_leaf, 5, INSERT, 0, 0,
	  { P(5), P(2), W(1) } },
	{ "insert 100, leaf out of sync", with_used_leaf, bind_in_leaf, 100, INSERT, 0, 0,
	  { P(100), NONE, W(1) } },
	{ "insert 100, pool exhausted", with_used_leaf, bind_in_directory, 100, INSERT, 0, 1,
	  { P(100), P(2), W(1) } },
	{ "insert 100, into the leaf that lost its page", with_leaf_robbed, bind_in_leaf, 100,
	  INSERT, 0, 1, { P(100), P(2), W(1) } },
	{ "insert 1, into the leaf that lost its page", with_leaf_robbed, bind_in_leaf, 1,
	  INSERT, 0, 1, { P(1), P(1), W(1) } },
	{ "insert 100, 3 levels", with_directory, bind_in_leaf, 100, INSERT, VM_PPGTT_32BIT, 0,
	  { P(100), P(2), P(100) } },

	/* clear */
	{ "clear 1, leaf empty", bound_alone, unbind, 1, CLEAR, 0, 0, { P(1), P(1), W(1) } },
	{ "clear 512, leaf empty", bound_alone, unbind, 512, CLEAR, 0, 0, { P(1), P(1), W(1) } },
	{ "clear 2048, 4 leaves empty", bound_alone, unbind, 2048, CLEAR, 0, 0,
	  { P(4), P(4), W(1) } },
	{ "clear 1, leaf in use", bound_in_company, unbind, 1, CLEAR, 0, 0,
	  { P(1), P(1), W(1) } },
	{ "clear 100, leaf in use", bound_in_company, unbind, 100, CLEAR, 0, 0,
	  { P(100), P(2), W(1) } },
	{ "clear 100, leaf out of sync", bound_out_of_sync, unbind, 100, CLEAR, 0, 0,
	  { P(100), NONE, W(1) } },
	{ "clear 100, directory empty", bound_with_directory, unbind, 100, CLEAR, 0, 0,
	  { P(2), P(2), W(1) } },
	{ "clear 100, pointers empty", bound_with_pointers, unbind, 100, CLEAR, 0, 0,
	  { P(3), P(3), W(1) } },

	/* allocate and insert in an existing directory */
	{ "1 page, leaf in sync", with_leaf, bind_in_leaf, 1, ALL_OPS, 0, 0,
	  { P(1), P(1), W(2) } },
	{ "1 page, leaf out of sync", with_used_leaf, bind_in_leaf, 1, ALL_OPS, 0, 0,
	  { P(1), NONE, W(2) } },
	{ "1 page", with_directory, bind_in_leaf, 1, ALL_OPS, 0, 0, { P(2), P(2), W(2) } },
	{ "16 pages", with_directory, bind_in_leaf, 16, ALL_OPS, 0, 0, { P(17), P(3), W(2) } },
	{ "512 pages", with_directory, bind_in_leaf, 512, ALL_OPS, 0, 0, { P(513), P(3), W(2) } },
	{ "2048 pages", with_directory, bind_in_leaf, 2048, ALL_OPS, 0, 0,
	  { P(2052), P(12), W(2) } },
	{ "4096 pages", with_directory, bind_in_leaf, 4096, ALL_OPS, 0, 0,
	  { P(4104), P(24), W(2) } },
	{ "65536 pages", with_directory, bind_in_leaf, 65536, ALL_OPS, 0, 0,
	  { P(65664), P(384), W(2) } },
};

static void bind_in_ggtt(struct bed *bed)
{
	bound_in_ggtt(bed);
}

/* The columns strict and oos have nothing to do with the GGTT: it is trapped in both. */
static const struct row ggtt_rows[] = {
	{ "insert 1", nothing, bind_in_ggtt, 1, ALL_OPS, 0, 0, { W(2), W(2), W(1) } },
	{ "insert 16", nothing, bind_in_ggtt, 16, ALL_OPS, 0, 0, { W(17), W(17), W(1) } },
	{ "insert 512", nothing, bind_in_ggtt, 512, ALL_OPS, 0, 0, { W(513), W(513), W(1) } },
	{ "insert 16 by halves", bound_in_ggtt, store_ggtt_halves, 16, ALL_OPS, 0, 0,
	  { W(33), W(33), W(1) } },
	{ "clear 16, with full PPGTT", bound_in_ggtt, unbind, 16, ALL_OPS, 0, 0,
	  { NONE, NONE, NONE } },
	{ "clear 16, without", bound_in_ggtt, unbind, 16, ALL_OPS, VM_PPGTT_NONE, 0,
	  { W(16), W(16), W(1) } },
	{ "read 16", stored_ggtt_halves, read_ggtt, 16, ALL_OPS, 0, 0, { R(16), R(16), NONE } },
	{ "read 16 by halves", stored_ggtt_halves, read_ggtt_halves, 16, ALL_OPS, 0, 0,
	  { R(32), R(32), NONE } },
};
/* clang-format on */

/* ---- running them ---- */

static struct counts count_exits(const struct bed *bed)
{
	const struct vm *vm = bed->assembly.vms[0].vm;
	uint32_t ops = bed->row->op == ALL_OPS ? UINT32_MAX : 1u << bed->row->op;
	struct ledger_sum sums[EXIT_REASON_COUNT];

	ledger_exits_by_reason(vm->m->ledger, vm->id, ops, sums);
	return (struct counts){ sums[EXIT_WRITE_PROTECT].count, sums[EXIT_MMIO_WRITE].count,
				sums[EXIT_MMIO_READ].count };
}

static void program(void *arg)
{
	static const enum i915_ppgtt_mode modes[] = {
		[VM_PPGTT_48BIT] = I915_PPGTT_48BIT,
		[VM_PPGTT_32BIT] = I915_PPGTT_32BIT,
		[VM_PPGTT_NONE] = I915_PPGTT_NONE,
	};
	struct bed *bed = arg;
	const struct i915_params params = {
		.pvmmio_levels = bed->assembly.config->vms[0].pvmmio_levels,
		.ppgtt = modes[bed->row->ppgtt],
	};
	struct counts before;

	plat_irq_restore(bed->plat, true);
	must(bed, i915_create(&bed->i915, bed->plat, &params) == 0);
	if (bed->i915)
		bed->context = i915_context_create(bed->i915);
	must(bed, bed->context);
	if (bed->context) {
		bed->row->prepare(bed);
		before = count_exits(bed);
		bed->row->act(bed);
		bed->got = count_exits(bed);
		bed->got.p -= before.p;
		bed->got.w -= before.w;
		bed->got.r -= before.r;
	}
	executor_stop(bed->assembly.m->ex);
}

static void run_row(struct bed *bed, const struct row *row, const struct sim_config *any,
		    enum variant variant, uint32_t level)
{
	struct sim_config config = *any;
	struct vm_config vm = any->vms[0];

	vm.memory_bytes = 512 * MIB;
	vm.ppgtt = row->ppgtt;
	vm.shadow = variant == OOS ? VM_SHADOW_OOS : VM_SHADOW_STRICT;
	vm.pvmmio_levels = variant == PV ? level : 0;
	config.vms = &vm;
	config.vm_count = 1;
	if (row->oos_pool_pages)
		config.oos_pool_pages = row->oos_pool_pages;
	*bed = (struct bed){ .row = row };
	assert_int_equal(assembly_create(&bed->assembly, &config, NULL), 0);
	bed->plat = bed->assembly.vms[0].plat;
	assert_int_equal(vcpu_start(bed->assembly.vms[0].vm, 0, 0, program, bed), 0);
	executor_run(bed->assembly.m->ex);
	assembly_destroy(&bed->assembly);
}

static unsigned check_row(const struct row *row, const struct sim_config *any, uint32_t level)
{
	unsigned wrong = 0;

	for (unsigned v = 0; v < VARIANT_COUNT; v++) {
		struct bed *bed = malloc(sizeof(*bed));
		const struct counts *want = &row->want[v];

		assert_non_null(bed);
		run_row(bed, row, any, v, level);
		if (bed->failed[0] || memcmp(&bed->got, want, sizeof(*want)) != 0) {
			print_error(
				"%s, %s: expected %lu P %lu W %lu R, got %lu P %lu W %lu R %s\n",
				row->name, variant_names[v], want->p, want->w, want->r, bed->got.p,
				bed->got.w, bed->got.r, bed->failed);
			wrong++;
		}
		free(bed);
	}
	return wrong;
}

static void check_rows(const struct row *rows, size_t count, uint32_t level)
{
	const struct scenario_options options = { .errors = stderr };
	struct scenario *scenario;
	unsigned wrong = 0;

	assert_int_equal(scenario_load(&scenario, ANY_SCENARIO, &options), 0);
	for (size_t i = 0; i < count; i++)
		wrong += check_row(&rows[i], &scenario->variants[0].config, level);
	scenario_free(scenario);
	assert_int_equal(wrong, 0);
}

static void test_ppgtt(void **state)
{
	check_rows(ppgtt_rows, sizeof(ppgtt_rows) / sizeof(ppgtt_rows[0]), PVMMIO_PPGTT_UPDATE);
}

static void test_ggtt(void **state)
{
	check_rows(ggtt_rows, sizeof(ggtt_rows) / sizeof(ggtt_rows[0]), PVMMIO_GGTT_UPDATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ppgtt),
		cmocka_unit_test(test_ggtt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
