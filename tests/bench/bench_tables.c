// SPDX-License-Identifier: MIT
// How fast address spaces are simulated: what a host gets done of each in a second of its own time.
//
// A program on the vCPU of an assembled machine does the same work in every round; medians of the
// rounds are printed. Each program also says how many faults, syncs, entries or bytes it should
// have made, and what was counted is compared with that: a fast benchmark that did not do its work
// would be a wrong one.

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest/i915.h"
#include "guest/i915_batch.h"
#include "sim/abi/pvmmio.h"
#include "sim/scenario/scenario.h"
#include "sim/simulation/assembly.h"

#define ROUND_LIMIT 101
#define MIB         (UINT64_C(1) << 20)
#define PAGE_BYTES  UINT64_C(4096)
#define LEAF_BYTES  (2 * MIB)

#define FAULT_TURNS  40u
#define FAULT_PAGES  510u // of one leaf table; page 0 is nobody's, the last one keeps the table
#define SYNC_LEAVES  512u
#define INSERT_PAGES 65536u
#define BLIT_PIXELS  1024u /* squared, of 4 bytes */
#define BLIT_TURNS   32u

struct bed;

struct work {
	const char *what; // a second
	enum vm_shadow shadow;
	uint32_t levels;
	uint64_t units; // done in a round
	void (*prepare)(struct bed *bed);
	void (*run)(struct bed *bed);             // timed
	uint64_t (*count)(const struct bed *bed); // units so far, as counted where they happen
};

struct bed {
	const struct work *work;
	struct assembly assembly;
	struct i915 *i915;
	struct i915_context *context;
	struct i915_vma *vma[2];
	double seconds;
	uint64_t counted;
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void must(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "bench_tables: %s: error %d\n", what, ret);
	exit(1);
}

static struct i915_vma *bind_at(struct bed *bed, uint64_t gma, uint64_t pages)
{
	const struct i915_bind how = { .fixed_gma = gma, .flags = I915_BIND_FIXED };
	struct i915_object *object = i915_object_create(bed->i915, pages * PAGE_BYTES);
	struct i915_vma *vma = NULL;

	must(!object, "object");
	must(i915_vma_bind(i915_context_vm(bed->context), object, &how, &vma), "bind");
	return vma;
}

static void submit(struct bed *bed, struct i915_vma *batch)
{
	struct i915_request *request;

	must(i915_request_create(bed->context, GEN9_BCS0, batch, I915_MISUSE_NONE, &request),
	     "request");
	i915_request_add(request);
	must(i915_request_wait(request, 1000000000), "wait");
	i915_request_put(request);
}

// ---- strict: faults ----

static void prepare_leaf(struct bed *bed)
{
	struct i915_object *object = i915_object_create(bed->i915, FAULT_PAGES * PAGE_BYTES);

	bed->vma[0] = bind_at(bed, (FAULT_PAGES + 1) * PAGE_BYTES, 1);
	must(!object, "object");
	must(i915_vma_bind(i915_context_vm(bed->context), object, NULL, &bed->vma[1]), "bind");
}

// Bound and unbound, entry by entry, while another page keeps the table.
static void fault(struct bed *bed)
{
	struct i915_object *object = i915_vma_object(bed->vma[1]);

	i915_vma_unbind(bed->vma[1]);
	for (unsigned i = 0; i < FAULT_TURNS; i++) {
		must(i915_vma_bind(i915_context_vm(bed->context), object, NULL, &bed->vma[1]),
		     "bind");
		i915_vma_unbind(bed->vma[1]);
	}
}

static uint64_t count_faults(const struct bed *bed)
{
	const struct vm *vm = bed->assembly.vms[0].vm;
	struct ledger_sum sums[EXIT_REASON_COUNT];

	ledger_exits_by_reason(vm->m->ledger, vm->id, UINT32_MAX, sums);
	return sums[EXIT_WRITE_PROTECT].count;
}

// ---- oos: syncs ----

static void prepare_out_of_sync(struct bed *bed)
{
	struct batch batch;

	bed->vma[0] = bind_at(bed, SYNC_LEAVES * LEAF_BYTES, 1);
	batch_begin(&batch, bed->vma[0]);
	must(batch_end(&batch), "batch");
	for (unsigned i = 0; i < SYNC_LEAVES; i++)
		bind_at(bed, i * LEAF_BYTES + 16 * PAGE_BYTES, 3);
}

static void sync_all(struct bed *bed)
{
	submit(bed, bed->vma[0]);
}

static uint64_t count_syncs(const struct bed *bed)
{
	const struct vm *vm = bed->assembly.vms[0].vm;
	struct ledger_op totals;

	ledger_op_totals(vm->m->ledger, vm->id, GUEST_OP_SUBMIT, &totals);
	return totals.work_count[WORK_OOS_COMPARE] / 512;
}

// ---- pv: inserts ----

static void nothing(struct bed *bed)
{
}

static void insert(struct bed *bed)
{
	bind_at(bed, LEAF_BYTES, INSERT_PAGES);
}

static uint64_t count_inserts(const struct bed *bed)
{
	const struct vm *vm = bed->assembly.vms[0].vm;
	struct ledger_op totals;

	ledger_op_totals(vm->m->ledger, vm->id, GUEST_OP_PPGTT_INSERT, &totals);
	return totals.exit_work[WORK_PV_MAP_ENTRY].count;
}

// ---- blits ----

static void prepare_blit(struct bed *bed)
{
	const uint64_t pages = BLIT_PIXELS * BLIT_PIXELS * 4 / PAGE_BYTES;
	struct i915_vma *source = bind_at(bed, 16 * MIB, pages);
	struct i915_vma *target = bind_at(bed, 32 * MIB, pages);
	const struct blt_surface from = { i915_vma_gma(source), BLIT_PIXELS * 4, 0, 0 };
	const struct blt_surface to = { i915_vma_gma(target), BLIT_PIXELS * 4, 0, 0 };
	struct batch batch;

	bed->vma[0] = bind_at(bed, MIB, 1);
	batch_begin(&batch, bed->vma[0]);
	must(batch_copy(&batch, &to, &from, BLIT_PIXELS, BLIT_PIXELS), "copy");
	must(batch_end(&batch), "batch");
}

static void blit(struct bed *bed)
{
	for (unsigned i = 0; i < BLIT_TURNS; i++)
		submit(bed, bed->vma[0]);
}

// Seqnos and status are written besides: whole blits count.
static uint64_t count_bytes(const struct bed *bed)
{
	const uint64_t blit_bytes = BLIT_PIXELS * BLIT_PIXELS * 4;
	struct gen9_engine_stats stats;

	gen9_gpu_engine_stats(bed->assembly.gpu, GEN9_BCS0, &stats);
	return stats.bytes_written / blit_bytes * blit_bytes;
}

// ---- all of them ----

// clang-format off
static const struct work works[] = {
	{ .what = "faults, strict", .units = (2 * FAULT_TURNS + 1) * FAULT_PAGES,
	  .prepare = prepare_leaf, .run = fault, .count = count_faults },
	{ .what = "tables synced, oos", .shadow = VM_SHADOW_OOS, .units = SYNC_LEAVES,
	  .prepare = prepare_out_of_sync, .run = sync_all, .count = count_syncs },
	{ .what = "entries inserted, pv", .levels = PVMMIO_PPGTT_UPDATE, .units = INSERT_PAGES,
	  .prepare = nothing, .run = insert, .count = count_inserts },
	{ .what = "bytes blitted, strict",
	  .units = (uint64_t)BLIT_TURNS * BLIT_PIXELS * BLIT_PIXELS * 4,
	  .prepare = prepare_blit, .run = blit, .count = count_bytes },
};
// clang-format on

#define WORKS (sizeof(works) / sizeof(works[0]))

static void program(void *arg)
{
	struct bed *bed = arg;
	struct platform *plat = bed->assembly.vms[0].plat;
	const struct i915_params params = { .pvmmio_levels = bed->work->levels };
	double start_s;

	plat_irq_restore(plat, true);
	must(i915_create(&bed->i915, plat, &params), "driver");
	bed->context = i915_context_create(bed->i915);
	must(!bed->context, "context");
	bed->work->prepare(bed);
	bed->counted = bed->work->count(bed);
	start_s = now_s();
	bed->work->run(bed);
	bed->seconds = now_s() - start_s;
	bed->counted = bed->work->count(bed) - bed->counted;
	executor_stop(bed->assembly.m->ex);
}

// Units a second.
static double run_round(const struct work *work, const struct sim_config *any)
{
	struct sim_config config = *any;
	struct vm_config vm = any->vms[0];
	struct bed bed = { .work = work };
	double rate;

	vm.memory_bytes = 512 * MIB;
	vm.shadow = work->shadow;
	vm.pvmmio_levels = work->levels;
	config.vms = &vm;
	config.vm_count = 1;
	must(assembly_create(&bed.assembly, &config, NULL), bed.assembly.why);
	must(vcpu_start(bed.assembly.vms[0].vm, 0, 0, program, &bed), "vCPU");
	executor_run(bed.assembly.m->ex);
	if (bed.counted != work->units)
		fprintf(stderr, "bench_tables: %s: %" PRIu64 " done, not %" PRIu64 "\n", work->what,
			bed.counted, work->units);
	rate = bed.counted == work->units ? (double)work->units / bed.seconds : -1;
	assembly_destroy(&bed.assembly);
	return rate;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool measure(const struct sim_config *config, unsigned rounds)
{
	double rates[WORKS][ROUND_LIMIT];
	bool ok = true;

	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < WORKS; i++) {
			rates[i][round] = run_round(&works[i], config);
			ok = ok && rates[i][round] >= 0;
		}
	}
	printf("address spaces, %u interleaved rounds; medians\n\n%-28s %16s %16s\n", rounds, "",
	       "a second", "(best)");
	for (size_t i = 0; i < WORKS; i++) {
		qsort(rates[i], rounds, sizeof(rates[i][0]), by_value);
		printf("%-28s %16.0f %16.0f\n", works[i].what, rates[i][rounds / 2],
		       rates[i][rounds - 1]);
	}
	return ok;
}

int main(int argc, char **argv)
{
	const struct scenario_options options = { .errors = stderr };
	struct scenario *scenario;
	long rounds = 11;
	bool ok;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--rounds") == 0)
			rounds = strtol(argv[i + 1], NULL, 10);
	}
	if (rounds < 1 || rounds > ROUND_LIMIT)
		return 2;
	must(scenario_load(&scenario, SCENARIO_DIR "/small-binds.yaml", &options), "scenario");
	ok = measure(&scenario->variants[0].config, (unsigned)rounds);
	scenario_free(scenario);
	return ok ? 0 : 1;
}
