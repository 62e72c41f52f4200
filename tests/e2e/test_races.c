// SPDX-License-Identifier: MIT
/*
 * Two vCPUs and one shared page: what the guest's locks around its records are for.
 *
 *   reads     both read registers through the one port, each its own: reg_addr and the load are
 *             one critical section
 *   records   both write watermarks, each to its own pipe: from the first word to the return of
 *             the doorbell is one
 *
 * With the driver's locks neither ever gets the other's; with the same accesses and no lock they
 * do. Whatever a guest does to itself there, the mediator takes a whole record, which it checks,
 * or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guest/i915_display.h"
#include "guest/i915_internal.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"
#include "sim/machine/rng.h"
#include "sim/scenario/scenario.h"
#include "sim/simulation/assembly.h"

#define ANY_SCENARIO SCENARIO_DIR "/interrupt.yaml"
#define ROUNDS       2000u
#define PAUSE_NS     5000u /* between two rounds, at most */
#define POLL_NS      100000u
#define DPLL_STATUS  0x6c060u /* read through the port; does not change */
#define CPUS         2u
#define BLOCKS(cpu)  (100u * ((cpu) + 1u))
#define BUF_CFG(cpu) ((BLOCKS(cpu) - 1u) << 16)

struct bed;

struct vcpu_state {
	struct bed *bed;
	unsigned id;
	struct rng rng;
	bool ended;
	uint64_t wrong;
};

struct bed {
	struct assembly assembly;
	struct platform *plat;
	struct i915 *i915;
	uint32_t levels, disorders;
	void (*round)(struct vcpu_state *cpu);
	bool ready;
	uint32_t dpll_status;
	struct vcpu_state cpus[CPUS];
};

/* ---- what each vCPU does, again and again ---- */

static void read_register(struct vcpu_state *cpu)
{
	struct i915 *i915 = cpu->bed->i915;

	if (cpu->id == 0)
		cpu->wrong += i915_read(i915, DPLL_STATUS) != cpu->bed->dpll_status;
	else
		i915_read(i915, PIPEDSL(0));
}

static void write_watermarks(struct vcpu_state *cpu)
{
	const struct vgpu *vgpu = cpu->bed->assembly.vms[0].vgpu;
	const struct i915_watermarks watermarks = {
		.max_level = GEN9_WM_LEVELS - 1,
		.buffer_end = (uint16_t)BLOCKS(cpu->id),
	};
	int err = i915_watermarks_update(cpu->bed->i915, cpu->id, 1, &watermarks);

	cpu->wrong += err || vreg_read(vgpu, PLANE_BUF_CFG(cpu->id, 1)) != BUF_CFG(cpu->id);
}

/* ---- the machine ---- */

static bool start_driver(struct bed *bed)
{
	static const struct i915_mode mode = { 640, 480, 800, 500, 24000 };
	const struct i915_params params = {
		.pvmmio_levels = bed->levels,
		.disorders = bed->disorders,
	};

	if (i915_create(&bed->i915, bed->plat, &params))
		return false;
	for (unsigned pipe = 0; pipe < CPUS; pipe++) {
		if (i915_display_enable(bed->i915, pipe, &mode))
			return false;
	}
	bed->dpll_status = i915_read(bed->i915, DPLL_STATUS);
	return true;
}

static void program(void *arg)
{
	struct vcpu_state *cpu = arg;
	struct bed *bed = cpu->bed;

	plat_irq_restore(bed->plat, true);
	if (cpu->id == 0)
		bed->ready = start_driver(bed);
	for (unsigned i = 0; i < ROUNDS && !bed->ready && cpu->id; i++)
		plat_delay_ns(bed->plat, POLL_NS);
	for (unsigned i = 0; i < ROUNDS && bed->ready; i++) {
		bed->round(cpu);
		plat_delay_ns(bed->plat, rng_below(&cpu->rng, PAUSE_NS));
	}
	cpu->ended = true;
	if (bed->cpus[0].ended && bed->cpus[1].ended)
		executor_stop(bed->assembly.m->ex);
}

static uint64_t run(uint32_t levels, uint32_t disorders, void (*round)(struct vcpu_state *cpu))
{
	const struct scenario_options options = { .errors = stderr };
	struct bed *bed = calloc(1, sizeof(*bed));
	struct scenario *scenario;
	struct sim_config config;
	struct vm_config vm;
	uint64_t wrong;

	assert_non_null(bed);
	assert_int_equal(scenario_load(&scenario, ANY_SCENARIO, &options), 0);
	config = scenario->variants[0].config;
	vm = config.vms[0];
	vm.mode = VM_MODE_GVT;
	vm.vcpus = CPUS;
	vm.pvmmio_levels = levels;
	config.vms = &vm;
	bed->levels = levels;
	bed->disorders = disorders;
	bed->round = round;
	assert_int_equal(assembly_create(&bed->assembly, &config, NULL), 0);
	bed->plat = bed->assembly.vms[0].plat;
	for (unsigned i = 0; i < CPUS; i++) {
		bed->cpus[i].bed = bed;
		bed->cpus[i].id = i;
		rng_seed(&bed->cpus[i].rng, i + 1);
		assert_int_equal(vcpu_start(bed->assembly.vms[0].vm, i, 0, program, &bed->cpus[i]),
				 0);
	}
	executor_run(bed->assembly.m->ex);
	assert_true(bed->ready && bed->cpus[0].ended && bed->cpus[1].ended);
	wrong = bed->cpus[0].wrong + bed->cpus[1].wrong;
	assembly_destroy(&bed->assembly);
	scenario_free(scenario);
	free(bed);
	return wrong;
}

static void test_reads(void **state)
{
	const uint32_t level = PVMMIO_READ_PASSTHROUGH;

	assert_int_equal(run(level, 0, read_register), 0);
	assert_true(run(level, I915_DISORDER_REG_ADDR_UNLOCKED, read_register) > 0);
	/* without the level each read names its register itself */
	assert_int_equal(run(0, I915_DISORDER_REG_ADDR_UNLOCKED, read_register), 0);
}

static void test_records(void **state)
{
	const uint32_t level = PVMMIO_PLANE_WATERMARK;

	assert_int_equal(run(level, 0, write_watermarks), 0);
	assert_true(run(level, I915_DISORDER_PLANE_UNLOCKED, write_watermarks) > 0);
	assert_int_equal(run(0, I915_DISORDER_PLANE_UNLOCKED, write_watermarks), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
