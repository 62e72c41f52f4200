// SPDX-License-Identifier: MIT
/*
 * No interrupt is ever lost: random events against a guest that is anywhere, with the driver's own
 * handler and the mediator's own injection, in all forms and with all levels that concern them.
 *
 * A thread of the host raises events of engines and of a pipe at random times, as engine threads
 * and the vblank thread do; the guest meanwhile computes, or has its interrupts disabled, for
 * random times. Now and then everybody comes to rest. Whatever is unmasked, enabled and pending
 * then, and stays so, is an event that nobody tells the guest of.
 *
 * The wrong orders of the guest's half of master_irq must lose some: else this would prove nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guest/i915_display.h"
#include "host/interrupt.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"
#include "sim/machine/rng.h"
#include "sim/scenario/scenario.h"
#include "sim/simulation/assembly.h"

#define ANY_SCENARIO     SCENARIO_DIR "/interrupt.yaml"
#define EVENTS           120000u /* of each run */
#define EVENTS_AT_A_TIME 32u     /* between two rests */
#define GAP_NS           30000u  /* between two events, at most */
#define BUSY_NS          20000u  /* that the guest computes, or disables interrupts, at most */
#define REST_NS          200000u /* in which every handler surely ends */
#define PIPE             0u

struct run {
	const char *name;
	enum i915_irq_handler form;
	uint32_t levels;
	uint32_t disorders;
};

struct bed {
	const struct run *run;
	struct assembly assembly;
	struct platform *plat;
	struct i915 *i915;
	struct rng rng;
	bool guest_ready, ended;
	uint64_t raised, lost;
	uint64_t handled; /* passes of the handler, spurious ones included */
};

/* ---- the host's side ---- */

static void sleep_ns(struct bed *bed, uint64_t ns)
{
	struct executor *ex = bed->assembly.m->ex;

	exec_sleep_until(ex, exec_now(ex) + ns * PS_PER_NS);
}

static void raise_any(struct bed *bed)
{
	static const enum gvt_event events[] = {
		GVT_EVENT_RCS0_USER, GVT_EVENT_RCS0_CONTEXT_SWITCH,  GVT_EVENT_BCS0_USER,
		GVT_EVENT_VCS0_USER, GVT_EVENT_VECS0_CONTEXT_SWITCH, GVT_EVENT_VBLANK(PIPE),
		GVT_EVENT_VCS1_USER,
	};
	struct vgpu *vgpu = bed->assembly.vms[0].vgpu;

	sim_mutex_lock(vgpu->m, &vgpu->lock);
	interrupt_raise_event(vgpu, events[rng_below(&bed->rng, sizeof(events) / sizeof(*events))]);
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
	bed->raised++;
}

/* Is there anything that the guest wants to know and has not asked for? */
static bool is_pending(const struct vgpu *vgpu)
{
	uint32_t pending = vreg_read(vgpu, DE_PIPE_IIR(PIPE)) & vreg_read(vgpu, DE_PIPE_IER(PIPE));

	for (unsigned n = 0; n < 4; n++)
		pending |= vreg_read(vgpu, GT_IIR(n)) & vreg_read(vgpu, GT_IER(n));
	return pending;
}

/* A vblank of the pipe itself may come at any time: what is pending twice is not that. */
static void check_at_rest(struct bed *bed)
{
	const struct vgpu *vgpu = bed->assembly.vms[0].vgpu;

	for (unsigned look = 0; look < 2; look++) {
		sleep_ns(bed, REST_NS);
		if (!is_pending(vgpu))
			return;
	}
	bed->lost++;
}

static void raise_events(void *arg)
{
	struct bed *bed = arg;

	while (!bed->guest_ready)
		sleep_ns(bed, REST_NS);
	while (bed->raised < EVENTS) {
		for (unsigned i = 0; i < EVENTS_AT_A_TIME; i++) {
			sleep_ns(bed, rng_below(&bed->rng, GAP_NS));
			raise_any(bed);
		}
		check_at_rest(bed);
	}
	bed->ended = true;
}

/* ---- the guest's side ---- */

static void be_anywhere(struct bed *bed)
{
	uint64_t ns = rng_below(&bed->rng, BUSY_NS);
	bool irq;

	if (rng_below(&bed->rng, 4)) {
		plat_delay_ns(bed->plat, ns);
		return;
	}
	irq = plat_irq_save(bed->plat);
	plat_delay_ns(bed->plat, ns);
	plat_irq_restore(bed->plat, irq);
}

static void program(void *arg)
{
	static const struct i915_mode mode = { 640, 480, 800, 500, 24000 };
	struct bed *bed = arg;
	const struct i915_params params = {
		.pvmmio_levels = bed->run->levels,
		.irq_handler = bed->run->form,
		.disorders = bed->run->disorders,
	};
	struct i915_stats stats;

	plat_irq_restore(bed->plat, true);
	if (i915_create(&bed->i915, bed->plat, &params) == 0 &&
	    i915_display_enable(bed->i915, PIPE, &mode) == 0 &&
	    i915_vblank_get(bed->i915, PIPE) == 0)
		bed->guest_ready = true;
	while (bed->guest_ready && !bed->ended)
		be_anywhere(bed);
	if (bed->guest_ready) {
		i915_get_stats(bed->i915, &stats);
		bed->handled = stats.interrupts;
	}
	executor_stop(bed->assembly.m->ex);
}

/* ---- runs ---- */

static void run_one(struct bed *bed, const struct run *run, const struct sim_config *any)
{
	struct sim_config config = *any;
	struct vm_config vm = any->vms[0];

	vm.mode = VM_MODE_GVT;
	vm.pvmmio_levels = run->levels;
	config.vms = &vm;
	config.vm_count = 1;
	*bed = (struct bed){ .run = run };
	rng_seed(&bed->rng, 1);
	assert_int_equal(assembly_create(&bed->assembly, &config, NULL), 0);
	bed->plat = bed->assembly.vms[0].plat;
	assert_int_equal(
		machine_spawn_thread(bed->assembly.m, "events", 0, raise_events, bed, NULL), 0);
	assert_int_equal(vcpu_start(bed->assembly.vms[0].vm, 0, 0, program, bed), 0);
	executor_run(bed->assembly.m->ex);
	assembly_destroy(&bed->assembly);
	assert_true(bed->ended);
	assert_true(bed->raised >= EVENTS);
	assert_in_range(bed->handled, bed->raised / 8, 4 * bed->raised);
}

static void run_all(const struct run *runs, size_t count, bool loses)
{
	const struct scenario_options options = { .errors = stderr };
	struct bed *bed = malloc(sizeof(*bed));
	struct scenario *scenario;
	unsigned wrong = 0;

	assert_non_null(bed);
	assert_int_equal(scenario_load(&scenario, ANY_SCENARIO, &options), 0);
	for (size_t i = 0; i < count; i++) {
		run_one(bed, &runs[i], &scenario->variants[0].config);
		if (loses == (bed->lost > 0))
			continue;
		print_error("%s: %lu lost at %lu rests\n", runs[i].name, bed->lost,
			    bed->raised / EVENTS_AT_A_TIME);
		wrong++;
	}
	scenario_free(scenario);
	free(bed);
	assert_int_equal(wrong, 0);
}

#define BOTH (PVMMIO_MASTER_IRQ | PVMMIO_READ_PASSTHROUGH)

static void test_none_is_lost(void **state)
{
	static const struct run runs[] = {
		{"4.14, trapped",              I915_IRQ_4_14, 0,                       0},
		{ "4.14, master_irq",          I915_IRQ_4_14, PVMMIO_MASTER_IRQ,       0},
		{ "4.14, reads passed",        I915_IRQ_4_14, PVMMIO_READ_PASSTHROUGH, 0},
		{ "4.14, both",                I915_IRQ_4_14, BOTH,                    0},
		{ "4.19, trapped",             I915_IRQ_4_19, 0,                       0},
		{ "4.19, master_irq",          I915_IRQ_4_19, PVMMIO_MASTER_IRQ,       0},
		{ "4.19, reads passed",        I915_IRQ_4_19, PVMMIO_READ_PASSTHROUGH, 0},
		{ "4.19, both",                I915_IRQ_4_19, BOTH,                    0},
		{ "5.0, trapped",              I915_IRQ_5_0,  0,                       0},
		{ "5.0, master_irq",           I915_IRQ_5_0,  PVMMIO_MASTER_IRQ,       0},
		{ "5.0, reads passed",         I915_IRQ_5_0,  PVMMIO_READ_PASSTHROUGH, 0},
		{ "5.0, both",                 I915_IRQ_5_0,  BOTH,                    0},
 /* disorders of a level that is not in force */
		{ "4.19, trapped, disorderly", I915_IRQ_4_19, 0,
                 I915_DISORDER_IRQ_NO_CHECK | I915_DISORDER_IRQ_CHECK_FIRST             },
	};

	run_all(runs, sizeof(runs) / sizeof(runs[0]), false);
}

static void test_wrong_orders_lose_some(void **state)
{
	static const struct run runs[] = {
		{"4.14, no check",     I915_IRQ_4_14, PVMMIO_MASTER_IRQ, I915_DISORDER_IRQ_NO_CHECK},
		{ "4.19, no check",    I915_IRQ_4_19, PVMMIO_MASTER_IRQ, I915_DISORDER_IRQ_NO_CHECK},
		{ "5.0, no check",     I915_IRQ_5_0,  PVMMIO_MASTER_IRQ, I915_DISORDER_IRQ_NO_CHECK},
		{ "both, no check",    I915_IRQ_4_19, BOTH,              I915_DISORDER_IRQ_NO_CHECK},
		{ "4.19, check first", I915_IRQ_4_19, PVMMIO_MASTER_IRQ,
                 I915_DISORDER_IRQ_CHECK_FIRST						     },
		{ "5.0, check first",  I915_IRQ_5_0,  PVMMIO_MASTER_IRQ,
                 I915_DISORDER_IRQ_CHECK_FIRST						     },
	};

	run_all(runs, sizeof(runs) / sizeof(runs[0]), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_is_lost),
		cmocka_unit_test(test_wrong_orders_lose_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
