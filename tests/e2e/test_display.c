// SPDX-License-Identifier: MIT
/*
 * Exits of every operation on the display, one row for each, on the whole machine: driver,
 * mediator, hardware. A row's act() does it once; what made the vCPU leave the guest meanwhile is
 * read from the ledger.
 *
 *   W   trapped register writes
 *   R   trapped register reads
 *
 * The columns are levels of pvmmio: plane_update takes a plane's registers from the shared page,
 * plane_wm_update its watermarks; with mmio_read_passthrough only the scan line is still asked for;
 * master_irq, among all levels, saves one write in each interrupt.
 *
 * Source: Linux 4.19 skl_update_plane(), skl_write_plane_wm(), intel_pipe_update_start(), _end(),
 * drm_vblank.c, i915_irq.c. One write more than the eleven registers of a plane's watermarks: 4.19
 * writes BUF_CFG twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/i915_display.h"
#include "hw-model/gen9_display.h"
#include "sim/abi/pvmmio.h"
#include "sim/scenario/scenario.h"
#include "sim/simulation/assembly.h"

#define ANY_SCENARIO SCENARIO_DIR "/flip.yaml"
#define SECOND_NS    1000000000u
#define WIDTH        640u
#define HEIGHT       480u
#define STRIDE_BYTES (WIDTH * 4)
#define PIPE         0u
#define ALL_OPS      UINT32_MAX
#define OP(op)       (1u << GUEST_OP_##op)

enum variant { NATIVE, TRAPPED, PLANES, WATERMARKS, READS, ALL, VARIANT_COUNT };

static const struct {
	const char *name;
	uint32_t levels;
} variants[VARIANT_COUNT] = {
	[NATIVE] = {"native",                 0                      },
	[TRAPPED] = { "trapped",               0                      },
	[PLANES] = { "plane_update",          PVMMIO_PLANE_UPDATE    },
	[WATERMARKS] = { "plane_wm_update",       PVMMIO_PLANE_WATERMARK },
	[READS] = { "mmio_read_passthrough", PVMMIO_READ_PASSTHROUGH},
	[ALL] = { "all",                   PVMMIO_ALL             },
};

struct counts {
	uint64_t w, r;
};

struct bed;

struct row {
	const char *name;
	void (*prepare)(struct bed *bed);
	void (*act)(struct bed *bed);
	uint32_t ops; /* whose exits count, of OP() */
	struct counts want[VARIANT_COUNT];
};

struct bed {
	const struct row *row;
	struct assembly assembly;
	struct platform *plat;
	struct i915 *i915;
	struct i915_vma *surfaces[GEN9_PLANE_COUNT];
	struct i915_plane_update updates[GEN9_PLANE_COUNT]; /* of planes 1 to 3 */
	struct counts got;
	struct gen9_latch shown; /* native: what plane 1 took last */
	uint64_t digest;         /* of what it was to show */
	char failed[128];        /* "": nothing */
};

/* On the vCPU, where cmocka cannot jump from. */
#define must(bed, what)                                                                            \
	do {                                                                                       \
		if (!(what) && !(bed)->failed[0])                                                  \
			snprintf((bed)->failed, sizeof((bed)->failed), "line %d: %s", __LINE__,    \
				 #what);                                                           \
	} while (0)

static const struct i915_mode mode = { WIDTH, HEIGHT, WIDTH + 160, HEIGHT + 20, 24000 };
static const struct i915_color_key key = { .value = 1, .max = 2, .mask = 3 };
static const struct i915_watermarks watermarks = {
	.max_level = GEN9_WM_LEVELS - 1,
	.level = { PLANE_WM_ENABLE | 1u << PLANE_WM_LINES_SHIFT | 8 },
	.buffer_end = 160,
};

/* ---- preparations ---- */

/* Vblank interrupts are off, and the next vblank is far. */
static void quiet(struct bed *bed)
{
	plat_delay_ns(bed->plat, SECOND_NS / 10);
	must(bed, i915_vblank_get(bed->i915, PIPE) == 0);
	must(bed, i915_vblank_wait(bed->i915, PIPE, 1, SECOND_NS) == 0);
	i915_vblank_put(bed->i915, PIPE);
	must(bed, i915_vblank_count(bed->i915, PIPE) > 0);
	/* the vblank that switches them off, and half a frame more */
	plat_delay_ns(bed->plat, SECOND_NS / 60 * 3 / 2);
}

/* They stay on, and one has just been. */
static void with_vblanks(struct bed *bed)
{
	must(bed, i915_vblank_get(bed->i915, PIPE) == 0);
	must(bed, i915_vblank_wait(bed->i915, PIPE, 2, SECOND_NS) == 0);
	plat_delay_ns(bed->plat, SECOND_NS / 60 / 2);
}

static void with_key(struct bed *bed)
{
	with_vblanks(bed);
	bed->updates[0].key = &key;
}

static void with_scaler(struct bed *bed)
{
	with_vblanks(bed);
	bed->updates[0].dst_width = WIDTH / 2;
	bed->updates[0].dst_height = HEIGHT / 2;
}

static void with_watermarks(struct bed *bed)
{
	with_vblanks(bed);
	bed->updates[0].watermarks = &watermarks;
}

static void to_be_off(struct bed *bed)
{
	with_vblanks(bed);
	bed->updates[0].fb = NULL;
}

static void with_cursor(struct bed *bed)
{
	const struct i915_cursor cursor = { .image = bed->surfaces[1], .mode = CUR_MODE_64_ARGB };

	with_vblanks(bed);
	must(bed, i915_cursor_update(bed->i915, PIPE, &cursor) == 0);
	plat_delay_ns(bed->plat, SECOND_NS / 60);
}

/* ---- what is counted ---- */

static void flip(struct bed *bed, unsigned planes)
{
	struct i915_flip *flip = NULL;

	must(bed, i915_flip(bed->i915, PIPE, bed->updates, planes, &flip) == 0);
	must(bed, flip && i915_flip_wait(flip, SECOND_NS) == 0);
	i915_flip_put(flip);
}

static void flip_one(struct bed *bed)
{
	flip(bed, 1);
}

static void flip_three(struct bed *bed)
{
	flip(bed, 3);
}

/* And the frame after it, which switches vblank interrupts off. */
static void flip_alone(struct bed *bed)
{
	flip(bed, 1);
	plat_delay_ns(bed->plat, SECOND_NS / 60 * 3 / 2);
}

static void update_watermarks(struct bed *bed)
{
	must(bed, i915_watermarks_update(bed->i915, PIPE, 1, &watermarks) == 0);
}

static void set_cursor(struct bed *bed)
{
	const struct i915_cursor cursor = { .image = bed->surfaces[1], .mode = CUR_MODE_64_ARGB };

	must(bed, i915_cursor_update(bed->i915, PIPE, &cursor) == 0);
}

static void move_cursor(struct bed *bed)
{
	const struct i915_cursor cursor = {
		.image = bed->surfaces[1], .mode = CUR_MODE_64_ARGB, .x = 5, .y = -5
	};

	must(bed, i915_cursor_update(bed->i915, PIPE, &cursor) == 0);
}

static void await_vblank(struct bed *bed)
{
	must(bed, i915_vblank_wait(bed->i915, PIPE, 1, SECOND_NS) == 0);
}

static void first_user(struct bed *bed)
{
	must(bed, i915_vblank_get(bed->i915, PIPE) == 0);
}

/* ---- rows ---- */

/* clang-format off */
#define NONE     { 0, 0 }
#define WR(w, r) { (w), (r) }

static const struct row rows[] = {
	/* planes; what stands around them is the same in all */
	{ "plane", with_vblanks, flip_one, OP(FLIP),
	  { NONE, WR(8, 1), WR(1, 0), WR(8, 1), WR(8, 0), WR(1, 0) } },
	{ "plane with a colour key", with_key, flip_one, OP(FLIP),
	  { NONE, WR(11, 1), WR(1, 0), WR(11, 1), WR(11, 0), WR(1, 0) } },
	{ "plane with a scaler", with_scaler, flip_one, OP(FLIP),
	  { NONE, WR(14, 1), WR(1, 0), WR(14, 1), WR(14, 0), WR(1, 0) } },
	{ "three planes", with_vblanks, flip_three, OP(FLIP),
	  { NONE, WR(24, 3), WR(3, 0), WR(24, 3), WR(24, 0), WR(3, 0) } },
	{ "plane off", to_be_off, flip_one, OP(FLIP),
	  { NONE, WR(2, 1), WR(2, 1), WR(2, 1), WR(2, 0), WR(2, 0) } },

	/* watermarks */
	{ "watermarks of a plane", with_vblanks, update_watermarks, ALL_OPS,
	  { NONE, WR(12, 0), WR(12, 0), WR(1, 0), WR(12, 0), WR(1, 0) } },
	{ "plane with watermarks", with_watermarks, flip_one, OP(FLIP) | OP(WATERMARK),
	  { NONE, WR(20, 1), WR(13, 0), WR(9, 1), WR(20, 0), WR(2, 0) } },

	/* the cursor, which no level serves */
	{ "cursor", with_vblanks, set_cursor, ALL_OPS,
	  { NONE, WR(4, 1), WR(4, 1), WR(4, 1), WR(4, 0), WR(4, 0) } },
	{ "cursor moves", with_cursor, move_cursor, ALL_OPS,
	  { NONE, WR(2, 1), WR(2, 1), WR(2, 1), WR(2, 0), WR(2, 0) } },

	/* vblanks; with reads passed, the scan line is what is left of them */
	{ "vblank", with_vblanks, await_vblank, ALL_OPS,
	  { NONE, WR(3, 5), WR(3, 5), WR(3, 5), WR(3, 1), WR(2, 1) } },
	{ "first user of vblanks", quiet, first_user, ALL_OPS,
	  { NONE, WR(1, 7), WR(1, 7), WR(1, 7), WR(1, 2), WR(1, 2) } },

	/* all that belongs to a flip: scalers not in use, evasion, event, vblank */
	{ "steady flip", with_vblanks, flip_one, ALL_OPS,
	  { NONE, WR(17, 13), WR(10, 12), WR(17, 13), WR(17, 4), WR(9, 4) } },
	{ "flip on its own", quiet, flip_alone, ALL_OPS,
	  { NONE, WR(22, 29), WR(15, 28), WR(22, 29), WR(22, 8), WR(13, 8) } },
	{ "steady flip with watermarks", with_watermarks, flip_one, ALL_OPS,
	  { NONE, WR(30, 13), WR(23, 12), WR(19, 13), WR(30, 4), WR(11, 4) } },
};
/* clang-format on */

/* ---- running them ---- */

static struct counts count_exits(const struct bed *bed)
{
	const struct vm *vm = bed->assembly.vms[0].vm;
	struct ledger_sum sums[EXIT_REASON_COUNT];

	ledger_exits_by_reason(vm->m->ledger, vm->id, bed->row->ops, sums);
	return (struct counts){ sums[EXIT_MMIO_WRITE].count, sums[EXIT_MMIO_READ].count };
}

/* Each plane has a surface of its own, with other bytes. */
static void make_surfaces(struct bed *bed)
{
	for (unsigned i = 0; i < GEN9_PLANE_COUNT; i++) {
		struct i915_object *object = i915_object_create(bed->i915, STRIDE_BYTES * HEIGHT);

		must(bed, object && i915_vma_bind(i915_ggtt_vm(bed->i915), object, NULL,
						  &bed->surfaces[i]) == 0);
		if (bed->failed[0])
			return;
		memset(i915_object_cpu(object), (int)i + 1, STRIDE_BYTES * HEIGHT);
		bed->updates[i] = (struct i915_plane_update){
			.plane = i + 1,
			.fb = bed->surfaces[i],
			.format = PLANE_CTL_FORMAT_8888 | PLANE_CTL_TILED_LINEAR,
			.stride_bytes = STRIDE_BYTES,
			.width = WIDTH,
			.height = HEIGHT,
		};
	}
	bed->digest = gen9_digest_bytes(i915_object_cpu(i915_vma_object(bed->surfaces[0])),
					STRIDE_BYTES * HEIGHT);
}

static void program(void *arg)
{
	struct bed *bed = arg;
	const struct i915_params params = {
		.pvmmio_levels = bed->assembly.config->vms[0].pvmmio_levels,
	};
	struct counts before;

	plat_irq_restore(bed->plat, true);
	must(bed, i915_create(&bed->i915, bed->plat, &params) == 0);
	if (bed->i915)
		make_surfaces(bed);
	if (!bed->failed[0])
		must(bed, i915_display_enable(bed->i915, PIPE, &mode) == 0);
	if (!bed->failed[0]) {
		bed->row->prepare(bed);
		before = count_exits(bed);
		bed->row->act(bed);
		bed->got = count_exits(bed);
		bed->got.w -= before.w;
		bed->got.r -= before.r;
	}
	gen9_gpu_last_latch(bed->assembly.gpu, PIPE, 1, &bed->shown);
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

static void test_every_operation(void **state)
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
			print_error("%s, %s: expected %lu W %lu R, got %lu W %lu R %s\n",
				    rows[i].name, variants[v].name, want->w, want->r, bed->got.w,
				    bed->got.r, bed->failed);
			wrong++;
		}
	}
	scenario_free(scenario);
	free(bed);
	assert_int_equal(wrong, 0);
}

/* Pixels, not registers: what a plane of the hardware took is what the guest had painted. */
static void test_what_is_shown(void **state)
{
	static const struct row row = { "shown", with_vblanks, flip_one, ALL_OPS, { NONE } };
	const struct scenario_options options = { .errors = stderr };
	struct bed *bed = malloc(sizeof(*bed));
	struct scenario *scenario;

	assert_non_null(bed);
	assert_int_equal(scenario_load(&scenario, ANY_SCENARIO, &options), 0);
	run_row(bed, &row, &scenario->variants[0].config, NATIVE);
	assert_string_equal(bed->failed, "");
	assert_true(bed->shown.enabled);
	assert_int_equal(bed->shown.unmapped_pages, 0);
	assert_int_equal(bed->shown.bytes, STRIDE_BYTES * HEIGHT);
	assert_int_equal(bed->shown.digest, bed->digest);
	scenario_free(scenario);
	free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operation),
		cmocka_unit_test(test_what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
