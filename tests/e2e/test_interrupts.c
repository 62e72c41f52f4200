// SPDX-License-Identifier: MIT
/*
 * Exits of one pass of the interrupt handler, one row for each form and cause, on the whole
 * machine: driver, mediator, hardware. A row's act() makes the vCPU take exactly one interrupt;
 * what its handler made the vCPU leave the guest for is read from the ledger.
 *
 * Rules behind the numbers, with g groups of sources that the handler finds something in; W trapped
 * register writes, R trapped reads:
 *
 *   handler                  trapped            master_irq       reads passed   both
 *   4.14 (reads once more)   2 + g W, 2 + g R   1 + g W, 1 + g R  2 + g W        1 + g W
 *   4.19                     2 + g W, 1 + g R   1 + g W, 1 + g R  2 + g W        1 + g W
 *   5.0                      2 + g W, 1 + g R   1 + g W, 1 + g R  2 + g W        1 + g W
 *   spurious, 4.14, 4.19     1 R                1 R               0              0
 *   spurious, 5.0            2 W, 1 R           1 W, 1 R          2 W            1 W
 *
 * Source: i915_irq.c of these Linux versions; level master_irq and read pass-through as in the host
 * of ACRN's 4.14 tree.
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

#define ANY_SCENARIO SCENARIO_DIR "/interrupt.yaml"
#define WHILE_NS     1000000u /* in which an empty batch surely ends */

enum variant { NATIVE, TRAPPED, PV_MASTER, PV_READS, PV_BOTH, VARIANT_COUNT };

static const struct {
	const char *name;
	uint32_t levels;
} variants[VARIANT_COUNT] = {
	[NATIVE] = {"native",        0					  },
	[TRAPPED] = { "trapped",      0					  },
	[PV_MASTER] = { "master_irq",   PVMMIO_MASTER_IRQ                          },
	[PV_READS] = { "reads passed", PVMMIO_READ_PASSTHROUGH                    },
	[PV_BOTH] = { "both",         PVMMIO_MASTER_IRQ | PVMMIO_READ_PASSTHROUGH},
};

struct counts {
	uint64_t passes, w, r;
};

struct bed;

struct row {
	const char *name;
	enum i915_irq_handler form;
	void (*act)(struct bed *bed);
	struct counts want[VARIANT_COUNT]; /* passes are 1 */
};

struct bed {
	const struct row *row;
	struct assembly assembly;
	struct platform *plat;
	struct i915 *i915;
	struct i915_context *context;
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

static struct i915_request *submit(struct bed *bed, enum gen9_engine_id engine)
{
	struct i915_object *object = i915_object_create(bed->i915, PLAT_PAGE_SIZE);
	struct i915_request *request = NULL;
	struct i915_vma *vma = NULL;
	struct batch batch;

	must(bed, object && i915_vma_bind(i915_ggtt_vm(bed->i915), object, NULL, &vma) == 0);
	batch_begin(&batch, vma);
	must(bed, batch_end(&batch) == 0);
	must(bed, i915_request_create(bed->context, engine, vma, I915_MISUSE_NONE, &request) == 0);
	i915_request_add(request);
	return request;
}

/* ---- what makes an interrupt ---- */

/* The engines' events come while the vCPU has interrupts disabled: it takes them as one. */
static void end_together(struct bed *bed, const enum gen9_engine_id *engines, unsigned count)
{
	struct i915_request *requests[2];
	bool irq = plat_irq_save(bed->plat);

	for (unsigned i = 0; i < count; i++)
		requests[i] = submit(bed, engines[i]);
	plat_delay_ns(bed->plat, WHILE_NS);
	plat_irq_restore(bed->plat, irq);
	for (unsigned i = 0; i < count; i++) {
		must(bed, i915_request_completed(requests[i]));
		i915_request_put(requests[i]);
	}
}

static void one_group(struct bed *bed)
{
	static const enum gen9_engine_id engines[] = { GEN9_BCS0 };

	end_together(bed, engines, 1);
}

/* Two engines of one group: RCS0 has its other half. */
static void one_group_two_engines(struct bed *bed)
{
	static const enum gen9_engine_id engines[] = { GEN9_BCS0, GEN9_RCS0 };

	end_together(bed, engines, 2);
}

static void two_groups(struct bed *bed)
{
	static const enum gen9_engine_id engines[] = { GEN9_BCS0, GEN9_VCS0 };

	end_together(bed, engines, 2);
}

/* A message that nothing is behind any more. */
static void spurious(struct bed *bed)
{
	struct vm *vm = bed->assembly.vms[0].vm;

	vcpu_post_interrupt(vm->vcpus[0], exec_now(vm->m->ex));
	plat_delay_ns(bed->plat, 1);
}

/* ---- rows ---- */

/* clang-format off */
#define NONE       { 1, 0, 0 }
#define WR(w, r)   { 1, (w), (r) }
/* In the order of the variants; H1: 4.19, which reads first. */
#define FORM_4_14(g) { NONE, WR(2 + (g), 2 + (g)), WR(1 + (g), 1 + (g)), WR(2 + (g), 0), WR(1 + (g), 0) }
#define FORM_LATER(g) { NONE, WR(2 + (g), 1 + (g)), WR(1 + (g), 1 + (g)), WR(2 + (g), 0), WR(1 + (g), 0) }
#define SPURIOUS_H1 { NONE, WR(0, 1), WR(0, 1), WR(0, 0), WR(0, 0) }
#define SPURIOUS_H2 { NONE, WR(2, 1), WR(1, 1), WR(2, 0), WR(1, 0) }

static const struct row rows[] = {
	{ "4.14, one group", I915_IRQ_4_14, one_group, FORM_4_14(1) },
	{ "4.14, one group, two engines", I915_IRQ_4_14, one_group_two_engines, FORM_4_14(1) },
	{ "4.14, two groups", I915_IRQ_4_14, two_groups, FORM_4_14(2) },
	{ "4.14, spurious", I915_IRQ_4_14, spurious, SPURIOUS_H1 },
	{ "4.19, one group", I915_IRQ_4_19, one_group, FORM_LATER(1) },
	{ "4.19, one group, two engines", I915_IRQ_4_19, one_group_two_engines, FORM_LATER(1) },
	{ "4.19, two groups", I915_IRQ_4_19, two_groups, FORM_LATER(2) },
	{ "4.19, spurious", I915_IRQ_4_19, spurious, SPURIOUS_H1 },
	{ "5.0, one group", I915_IRQ_5_0, one_group, FORM_LATER(1) },
	{ "5.0, one group, two engines", I915_IRQ_5_0, one_group_two_engines, FORM_LATER(1) },
	{ "5.0, two groups", I915_IRQ_5_0, two_groups, FORM_LATER(2) },
	{ "5.0, spurious", I915_IRQ_5_0, spurious, SPURIOUS_H2 },
};
/* clang-format on */

/* ---- running them ---- */

static struct counts count_exits(const struct bed *bed)
{
	const struct vm *vm = bed->assembly.vms[0].vm;
	struct ledger_op totals;

	ledger_op_totals(vm->m->ledger, vm->id, GUEST_OP_INTERRUPT, &totals);
	return (struct counts){
		.passes = totals.count,
		.w = totals.by_reason[EXIT_MMIO_WRITE].count,
		.r = totals.by_reason[EXIT_MMIO_READ].count,
	};
}

static void program(void *arg)
{
	struct bed *bed = arg;
	const struct i915_params params = {
		.pvmmio_levels = bed->assembly.config->vms[0].pvmmio_levels,
		.irq_handler = bed->row->form,
	};
	struct counts before;

	plat_irq_restore(bed->plat, true);
	must(bed, i915_create(&bed->i915, bed->plat, &params) == 0);
	if (bed->i915)
		bed->context = i915_context_create(bed->i915);
	must(bed, bed->context);
	if (bed->context) {
		must(bed, i915_wait_idle(bed->i915, WHILE_NS) == 0);
		before = count_exits(bed);
		bed->row->act(bed);
		bed->got = count_exits(bed);
		bed->got.passes -= before.passes;
		bed->got.w -= before.w;
		bed->got.r -= before.r;
	}
	executor_stop(bed->assembly.m->ex);
}

static void run_row(struct bed *bed, const struct row *row, const struct sim_config *any,
		    enum variant variant)
{
	struct sim_config config = *any;
	struct vm_config vm = any->vms[0];

	vm.mode = variant == NATIVE ? VM_MODE_NATIVE : VM_MODE_GVT;
	vm.pvmmio_levels = variants[variant].levels;
	config.vms = &vm;
	config.vm_count = 1;
	*bed = (struct bed){ .row = row };
	assert_int_equal(assembly_create(&bed->assembly, &config, NULL), 0);
	bed->plat = bed->assembly.vms[0].plat;
	assert_int_equal(vcpu_start(bed->assembly.vms[0].vm, 0, 0, program, bed), 0);
	executor_run(bed->assembly.m->ex);
	assembly_destroy(&bed->assembly);
}

static void test_every_pass(void **state)
{
	const struct scenario_options options = { .errors = stderr };
	struct scenario *scenario;
	struct bed *bed = malloc(sizeof(*bed));
	unsigned wrong = 0;

	assert_non_null(bed);
	assert_int_equal(scenario_load(&scenario, ANY_SCENARIO, &options), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned v = 0; v < VARIANT_COUNT; v++) {
			const struct counts *want = &rows[i].want[v];

			run_row(bed, &rows[i], &scenario->variants[0].config, v);
			if (!bed->failed[0] && !memcmp(&bed->got, want, sizeof(*want)))
				continue;
			print_error("%s, %s: expected %lu passes %lu W %lu R, got %lu passes %lu W "
				    "%lu R %s\n",
				    rows[i].name, variants[v].name, want->passes, want->w, want->r,
				    bed->got.passes, bed->got.w, bed->got.r, bed->failed);
			wrong++;
		}
	}
	scenario_free(scenario);
	free(bed);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
