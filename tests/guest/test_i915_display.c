// SPDX-License-Identifier: MIT
/*
 * Display: modes, flips, watermarks and vblanks, access by access, plain and with each level; and
 * waiting for vblanks against every possible moment.
 */
#include "guest/i915_display.h"
#include "tests/guest/fixture.h"

#define LINE        100u /* harmless: neither near the vblank nor 0 */
#define SECOND_NS   1000000000u
#define PIPE_A_VBLS DE_PIPE_VBLANK

static const struct i915_mode hd60 = { 1920, 1080, 2200, 1125, 148500 };

static const struct i915_watermarks watermarks = {
	.max_level = 7,
	.level = {0x80004010, 0x80008020, 0x8000c030, 4, 5, 6, 7, 8},
	.transition = 0x9,
	.buffer_start = 8,
	.buffer_end = 160,
};

struct screen {
	struct fixture f;
	struct i915_vma *fb;
	uint32_t surf;
};

static struct screen screen_params(const struct i915_params *params, unsigned pipe)
{
	struct screen s = { .f = fixture_with(fake_create_vgpu(), params) };

	s.fb = fixture_bind(s.f.i915, i915_ggtt_vm(s.f.i915), 4 * PLAT_PAGE_SIZE);
	s.surf = (uint32_t)i915_vma_gma(s.fb);
	for (unsigned i = 0; i < GEN9_PIPE_COUNT; i++)
		s.f.plat->display.line[i] = LINE;
	assert_int_equal(i915_display_enable(s.f.i915, pipe, &hd60), 0);
	fake_log_clear(s.f.plat);
	return s;
}

static struct screen screen_levels(uint32_t levels)
{
	const struct i915_params params = { .pvmmio_levels = levels, .ppgtt = I915_PPGTT_NONE };

	return screen_params(&params, 0);
}

static struct i915_display_stats screen_end(struct screen *s)
{
	struct i915_display_stats stats;

	fixture_drop(s->fb);
	i915_display_get_stats(s->f.i915, &stats);
	fixture_end(&s->f);
	return stats;
}

static struct i915_plane_update show(const struct screen *s, unsigned plane)
{
	return (struct i915_plane_update){ .plane = plane,
					   .fb = s->fb,
					   .format = PLANE_CTL_FORMAT_8888,
					   .stride_bytes = 1920 * 4,
					   .src_x = 3,
					   .src_y = 5,
					   .width = 640,
					   .height = 480,
					   .x = 70,
					   .y = 90 };
}

static struct i915_flip *flip(const struct screen *s, const struct i915_plane_update *update)
{
	struct i915_flip *flip = NULL;

	assert_int_equal(i915_flip(s->f.i915, 0, update, 1, &flip), 0);
	return flip;
}

static void vblank(const struct screen *s)
{
	fake_vblank(s->f.plat, 0);
	fake_poll_interrupts(s->f.plat);
}

static void count(const struct fixture *f, size_t *writes, size_t *reads)
{
	const struct platform *plat = f->plat;

	*writes = *reads = 0;
	for (size_t i = plat->log_start; i < plat->log_count; i++)
		++*(plat->log[i].write ? writes : reads);
}

static void expect_counts(const struct fixture *f, size_t writes, size_t reads)
{
	size_t w, r;

	count(f, &w, &r);
	assert_int_equal(w, writes);
	assert_int_equal(r, reads);
}

/* ---- pieces of sequences, pipe A ---- */

static void expect_query(struct fake_cursor *cursor)
{
	next_read(cursor, 0x70040);
	next_read(cursor, 0x70000);
	next_read(cursor, 0x70040);
}

static void expect_vblank_on(struct fake_cursor *cursor)
{
	next_write(cursor, 0x44404, ~0x10000f81u);
	next_read(cursor, 0x44404);
	expect_query(cursor);
	expect_query(cursor);
}

static void expect_scalers_off(struct fake_cursor *cursor)
{
	for (unsigned i = 0; i < 2; i++) {
		next_write(cursor, 0x68180 + 0x100 * i, 0);
		next_write(cursor, 0x68170 + 0x100 * i, 0);
		next_write(cursor, 0x68174 + 0x100 * i, 0);
	}
}

static void expect_plane_head(struct fake_cursor *cursor)
{
	next_write(cursor, 0x701a4, 5 << 16 | 3);
	next_write(cursor, 0x70188, 120);
	next_write(cursor, 0x70190, 479 << 16 | 639);
	next_write(cursor, 0x701c0, 0);
	next_write(cursor, 0x701c4, 0);
}

static void expect_plane_tail(struct fake_cursor *cursor, uint32_t pos, uint32_t ctl, uint32_t surf)
{
	next_write(cursor, 0x7018c, pos);
	next_write(cursor, 0x70180, ctl);
	next_write(cursor, 0x7019c, surf);
	next_read(cursor, 0x7019c);
}

static void expect_update_begin(struct fake_cursor *cursor)
{
	next_read(cursor, 0x70000);
	next_read(cursor, 0x70040);
}

static void expect_update_end(struct fake_cursor *cursor)
{
	next_read(cursor, 0x70000);
	next_read(cursor, 0x70040);
	expect_query(cursor);
}

static void expect_vblank_interrupt(struct fake_cursor *cursor, bool last)
{
	next_read(cursor, MASTER_IRQ);
	next_write(cursor, MASTER_IRQ, 0);
	next_read(cursor, 0x44408);
	next_write(cursor, 0x44408, 1);
	expect_query(cursor);
	if (last) {
		expect_query(cursor);
		next_write(cursor, 0x44404, ~0x10000f80u);
		next_read(cursor, 0x44404);
	}
	next_write(cursor, MASTER_IRQ, MASTER_IRQ_ENABLE);
}

#define CTL 0xc4002000u /* enabled, pipe gamma, 8888, no plane gamma */

/* ---- modes ---- */

static void mode_set(void **state)
{
	struct screen s = screen_levels(0);
	struct fake_cursor cursor;

	assert_int_equal(i915_display_disable(s.f.i915, 0), 0);
	cursor = fake_cursor(s.f.plat);
	next_read(&cursor, 0x70008);
	next_write(&cursor, 0x70008, 0x40000000);
	next_read(&cursor, 0x70008);
	next_end(&cursor);

	fake_log_clear(s.f.plat);
	assert_int_equal(i915_display_enable(s.f.i915, 0, &hd60), 0);
	cursor = fake_cursor(s.f.plat);
	next_write(&cursor, 0x60040, 148500);
	next_write(&cursor, 0x60044, 270000);
	next_write(&cursor, 0x60028, 0);
	next_write(&cursor, 0x60000, 2199u << 16 | 1919);
	next_write(&cursor, 0x60004, 2199u << 16 | 1919);
	next_write(&cursor, 0x60008, 2107u << 16 | 2013);
	next_write(&cursor, 0x6000c, 1124u << 16 | 1079);
	next_write(&cursor, 0x60010, 1124u << 16 | 1079);
	next_write(&cursor, 0x60014, 1109u << 16 | 1094);
	next_write(&cursor, 0x6001c, 1919u << 16 | 1079);
	next_write(&cursor, 0x70008, 0);
	next_read(&cursor, 0x70008);
	next_write(&cursor, 0x70030, 0);
	next_write(&cursor, 0x45270, 119); /* 14.81 us in eighths, rounded up */
	next_read(&cursor, 0x70008);
	next_write(&cursor, 0x70008, 0x80000000);
	next_read(&cursor, 0x70008);
	expect_query(&cursor);
	next_end(&cursor);
	screen_end(&s);
}

static void mode_set_switches_off_first(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 2);

	i915_flip_put(flip(&s, &update));
	fake_log_clear(s.f.plat);
	assert_int_equal(i915_display_enable(s.f.i915, 0, &hd60), 0);
	/* The plane that was on, before the pipe. */
	assert_int_equal(s.f.plat->log[s.f.plat->log_start].offset, PLANE_CTL(0, 2));
	assert_int_equal(s.f.plat->regs[PLANE_CTL(0, 2) / 4], 0);
	assert_int_equal(fake_log_count(s.f.plat, true, PIPECONF(0)), 3);
	assert_int_equal(screen_end(&s).flips_done, 1);
}

static void impossible_modes(void **state)
{
	static const struct i915_mode modes[] = {
		{0,     1080, 2200, 1125, 148500   },
                { 1920, 0,    2200, 1125, 148500   },
		{ 1920, 1080, 1920, 1125, 148500   },
                { 1920, 1080, 2200, 1080, 148500   },
		{ 1920, 1080, 8193, 1125, 148500   },
                { 1920, 1080, 2200, 8193, 148500   },
		{ 1920, 1080, 2200, 1125, 0        },
                { 1920, 1080, 2200, 1125, 0x1000000},
	};
	struct screen s = screen_levels(0);

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		assert_int_equal(i915_display_enable(s.f.i915, 1, &modes[i]), -I915_EINVAL);
	assert_int_equal(i915_display_enable(s.f.i915, 3, &hd60), -I915_EINVAL);
	assert_int_equal(i915_display_disable(s.f.i915, 1), -I915_EINVAL);
	assert_int_equal(i915_display_disable(s.f.i915, 3), -I915_EINVAL);
	assert_int_equal(fake_log_length(s.f.plat), 0);
	screen_end(&s);
}

static void pipe_that_does_not_stop(void **state)
{
	struct screen s = screen_levels(0);
	uint64_t begin_ns = s.f.plat->time_ns;

	s.f.plat->display.stuck = true;
	assert_int_equal(i915_display_disable(s.f.i915, 0), 0);
	assert_in_range(s.f.plat->time_ns - begin_ns, 100000000, 102000000);
	assert_int_equal(s.f.plat->log_messages, 1);
	screen_end(&s);
}

/* ---- flips ---- */

static void isolated_flip(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *done = flip(&s, &update);
	struct fake_cursor cursor = fake_cursor(s.f.plat);

	assert_false(i915_flip_done(done));
	vblank(&s);
	assert_true(i915_flip_done(done));
	vblank(&s);
	vblank(&s); /* masked by now */
	i915_flip_put(done);

	expect_vblank_on(&cursor);
	expect_update_begin(&cursor);
	expect_scalers_off(&cursor);
	expect_plane_head(&cursor);
	expect_plane_tail(&cursor, 90 << 16 | 70, CTL, s.surf);
	expect_update_end(&cursor);
	expect_vblank_interrupt(&cursor, false);
	expect_vblank_interrupt(&cursor, true);
	next_end(&cursor);
	expect_counts(&s.f, 22, 29);
	assert_int_equal(s.f.plat->op_count[PLAT_OP_FLIP], 1);
	assert_int_equal(s.f.plat->op_accesses[PLAT_OP_FLIP], 9);
	screen_end(&s);
}

static void steady_flips(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	struct i915_display_stats stats;

	i915_flip_put(flip(&s, &update));
	vblank(&s);
	for (unsigned i = 0; i < 5; i++) {
		fake_log_clear(s.f.plat);
		i915_flip_put(flip(&s, &update));
		vblank(&s);
		expect_counts(&s.f, 17, 13);
	}
	stats = screen_end(&s);
	assert_int_equal(stats.flips, 6);
	assert_int_equal(stats.flips_done, 6);
	assert_int_equal(stats.flips_torn, 0);
	assert_int_equal(stats.vblank_interrupts, 6);
}

static void scaled_and_keyed(void **state)
{
	const struct i915_color_key key = { 0x112233, 0x445566, 0x7ffffff, .destination = true };
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	struct fake_cursor cursor;

	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	fake_log_clear(s.f.plat);
	update.key = &key;
	update.dst_width = 1280;
	update.dst_height = 960;
	i915_flip_put(flip(&s, &update));
	cursor = fake_cursor(s.f.plat);
	expect_update_begin(&cursor);
	next_write(&cursor, 0x68280, 0); /* the other scaler */
	next_write(&cursor, 0x68270, 0);
	next_write(&cursor, 0x68274, 0);
	next_write(&cursor, 0x70194, 0x112233);
	next_write(&cursor, 0x701a0, 0x445566);
	next_write(&cursor, 0x70198, 0x7ffffff);
	expect_plane_head(&cursor);
	next_write(&cursor, 0x68180, 0x80000000 | 1u << 25);
	next_write(&cursor, 0x68160, 0);
	next_write(&cursor, 0x68188, 0x2000);
	next_write(&cursor, 0x68194, 0x2000);
	next_write(&cursor, 0x68170, 70 << 16 | 90);
	next_write(&cursor, 0x68174, 1280 << 16 | 960);
	expect_plane_tail(&cursor, 0, CTL | 2u << 21, s.surf);
	expect_update_end(&cursor);
	next_end(&cursor);
	assert_int_equal(s.f.plat->op_accesses[PLAT_OP_FLIP], 9 + 3 + 6);
	i915_vblank_put(s.f.i915, 0);
	screen_end(&s);
}

static void plane_off(void **state)
{
	struct screen s = screen_levels(PVMMIO_PLANE_UPDATE); /* not by record */
	struct i915_plane_update update = show(&s, 1);
	struct fake_cursor cursor;

	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	update.dst_width = update.dst_height = 100;
	i915_flip_put(flip(&s, &update));
	vblank(&s);
	fake_log_clear(s.f.plat);
	update.fb = NULL;
	i915_flip_put(flip(&s, &update));
	cursor = fake_cursor(s.f.plat);
	expect_update_begin(&cursor);
	expect_scalers_off(&cursor); /* its own is free again */
	next_write(&cursor, 0x70180, 0);
	next_write(&cursor, 0x7019c, 0);
	next_read(&cursor, 0x7019c);
	expect_update_end(&cursor);
	next_end(&cursor);
	i915_vblank_put(s.f.i915, 0);
	screen_end(&s);
}

static void scalers_are_few(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update updates[3];

	for (unsigned i = 0; i < 3; i++) {
		updates[i] = show(&s, i + 1);
		updates[i].dst_width = updates[i].dst_height = 64;
	}
	assert_int_equal(i915_flip(s.f.i915, 0, updates, 3, NULL), -I915_EINVAL);
	assert_int_equal(i915_flip(s.f.i915, 0, updates, 2, NULL), 0);
	assert_int_equal(s.f.plat->regs[PS_CTRL(0, 0) / 4] & PS_CTRL_PLANE_MASK, PS_CTRL_PLANE(1));
	assert_int_equal(s.f.plat->regs[PS_CTRL(0, 1) / 4] & PS_CTRL_PLANE_MASK, PS_CTRL_PLANE(2));
	vblank(&s);
	/* A third needs one that another gives back, be it in the same flip. */
	assert_int_equal(i915_flip(s.f.i915, 0, &updates[2], 1, NULL), -I915_EINVAL);
	updates[1].dst_width = updates[1].dst_height = 0;
	assert_int_equal(i915_flip(s.f.i915, 0, updates + 1, 2, NULL), 0);
	assert_int_equal(s.f.plat->regs[PS_CTRL(0, 1) / 4] & PS_CTRL_PLANE_MASK, PS_CTRL_PLANE(3));
	/* Pipe C has one. */
	assert_int_equal(i915_display_enable(s.f.i915, 2, &hd60), 0);
	updates[1].dst_width = updates[1].dst_height = 64;
	assert_int_equal(i915_flip(s.f.i915, 2, updates, 2, NULL), -I915_EINVAL);
	fake_log_clear(s.f.plat);
	assert_int_equal(i915_flip(s.f.i915, 2, updates, 1, NULL), 0);
	assert_int_equal(fake_log_count(s.f.plat, true, PS_CTRL(2, 0)), 1);
	assert_int_equal(fake_log_count(s.f.plat, true, PS_CTRL(2, 1)), 0);
	screen_end(&s);
}

static void impossible_updates(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_context *ctx;
	struct i915_plane_update good = show(&s, 1), bad[12];
	struct i915_plane_update twice[2] = { good, good };
	const struct i915_watermarks no_blocks = { .buffer_start = 5, .buffer_end = 5 };
	unsigned n = 0;

	for (unsigned i = 0; i < 12; i++)
		bad[i] = good;
	bad[n++].plane = 0;
	bad[n++].plane = 4;
	bad[n++].format = PLANE_CTL_FORMAT_8888 | PLANE_CTL_TILED_YF;
	bad[n++].format = PLANE_CTL_ENABLE;
	bad[n++].stride_bytes = 0;
	bad[n++].stride_bytes = 100;
	bad[n++].stride_bytes = 64 * 1024;
	bad[n++].width = 0;
	bad[n++].src_y = 8000;
	bad[n++].x = 8000;
	bad[n].dst_width = 100; /* without a height */
	bad[n++].dst_height = 0;
	bad[n++].watermarks = &no_blocks;
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(i915_flip(s.f.i915, 0, &bad[i], 1, NULL), -I915_EINVAL);
	assert_int_equal(i915_flip(s.f.i915, 0, twice, 2, NULL), -I915_EINVAL);
	assert_int_equal(i915_flip(s.f.i915, 0, &good, 0, NULL), -I915_EINVAL);
	assert_int_equal(i915_flip(s.f.i915, 1, &good, 1, NULL), -I915_EINVAL); /* is off */
	assert_int_equal(i915_flip(s.f.i915, 3, &good, 1, NULL), -I915_EINVAL);
	assert_int_equal(fake_log_length(s.f.plat), 0);
	ctx = s.f.ctx[0];
	assert_true(i915_context_vm(ctx) == i915_ggtt_vm(s.f.i915));
	screen_end(&s);
}

static void surface_in_a_ppgtt(void **state)
{
	const struct i915_params params = { .ppgtt = I915_PPGTT_48BIT };
	struct screen s = screen_params(&params, 0);
	struct i915_plane_update update = show(&s, 1);
	struct i915_vma *vma =
		fixture_bind(s.f.i915, i915_context_vm(s.f.ctx[0]), 4 * PLAT_PAGE_SIZE);
	const struct i915_cursor cursor = { .image = vma, .mode = CUR_MODE_64_ARGB };

	update.fb = vma;
	assert_int_equal(i915_flip(s.f.i915, 0, &update, 1, NULL), -I915_EINVAL);
	assert_int_equal(i915_cursor_update(s.f.i915, 0, &cursor), -I915_EINVAL);
	fixture_drop(vma);
	screen_end(&s);
}

static void tiled_strides(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);

	update.format |= PLANE_CTL_TILED_X;
	update.stride_bytes = 15 * 512;
	i915_flip_put(flip(&s, &update));
	assert_int_equal(s.f.plat->regs[PLANE_STRIDE(0, 1) / 4], 15);
	vblank(&s);
	update.format = PLANE_CTL_FORMAT_8888 | PLANE_CTL_TILED_Y;
	update.stride_bytes = 60 * 128;
	i915_flip_put(flip(&s, &update));
	assert_int_equal(s.f.plat->regs[PLANE_STRIDE(0, 1) / 4], 60);
	vblank(&s);
	update.stride_bytes = 64;
	assert_int_equal(i915_flip(s.f.i915, 0, &update, 1, NULL), -I915_EINVAL);
	screen_end(&s);
}

static void one_flip_at_a_time(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *first = flip(&s, &update);
	struct i915_flip_times times;
	size_t accesses = fake_log_length(s.f.plat);

	assert_int_equal(i915_flip(s.f.i915, 0, &update, 1, NULL), -I915_EBUSY);
	assert_int_equal(fake_log_length(s.f.plat), accesses);
	assert_int_equal(i915_flip_wait(first, 1000), -I915_ETIME);
	i915_flip_times(first, &times);
	assert_int_equal(times.done_ns, 0);
	s.f.plat->display.automatic = true;
	assert_int_equal(i915_flip_wait(first, SECOND_NS), 0);
	i915_flip_times(first, &times);
	assert_true(times.armed_ns >= times.begin_ns && times.done_ns > times.armed_ns);
	assert_int_equal(times.frame, i915_vblank_count(s.f.i915, 0));
	assert_false(times.torn);
	assert_int_equal(i915_flip_wait(first, 0), 0);
	assert_int_equal(i915_flip(s.f.i915, 0, &update, 1, NULL), 0);
	i915_flip_put(first);
	screen_end(&s);
}

static void no_memory_for_a_flip(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *flips[256];
	unsigned n = 0;
	int err = 0;

	s.f.plat->fail_allocation = s.f.plat->allocation_count + 1;
	while (n < 256 && !(err = i915_flip(s.f.i915, 0, &update, 1, &flips[n]))) {
		vblank(&s);
		n++;
	}
	assert_int_equal(err, -I915_ENOMEM);
	while (n--)
		i915_flip_put(flips[n]);
	screen_end(&s);
}

static void turning_off_ends_flips(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *pending = flip(&s, &update);

	assert_int_equal(i915_display_disable(s.f.i915, 0), 0);
	assert_true(i915_flip_done(pending));
	assert_int_equal(i915_flip_wait(pending, 0), 0);
	assert_int_equal(s.f.plat->regs[DE_PIPE_IMR(0) / 4], ~0x10000f80u);
	i915_flip_put(pending);
	screen_end(&s);
}

/* A vblank between the first and the last plane. */
static void tear(struct platform *plat, void *arg)
{
	if (plat->regs[PLANE_SURF(0, 1) / 4] && !*(bool *)arg) {
		*(bool *)arg = true;
		fake_vblank(plat, 0);
	}
}

static void torn_flip(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update updates[2] = { show(&s, 1), show(&s, 2) };
	struct i915_flip_times times;
	struct i915_flip *torn;
	bool done = false;

	s.f.plat->hook = tear;
	s.f.plat->hook_arg = &done;
	assert_int_equal(i915_flip(s.f.i915, 0, updates, 2, &torn), 0);
	s.f.plat->hook = NULL;
	assert_true(done);
	i915_flip_times(torn, &times);
	assert_true(times.torn);
	/* That vblank's interrupt, pending since, is not the flip's. */
	assert_false(i915_flip_done(torn));
	vblank(&s);
	assert_true(i915_flip_done(torn));
	i915_flip_put(torn);
	assert_int_equal(screen_end(&s).flips_torn, 1);
}

/* ---- evasion ---- */

/* 100 us are 6.75 lines; the register shows one line less than is meant. */
static void near_vblanks_are_let_by(void **state)
{
	static const struct {
		uint32_t line;
		bool waits;
	} cases[] = {
		{1071,  false},
		{ 1072, true },
		{ 1078, true },
		{ 1079, false},
	};

	for (unsigned i = 0; i < 4; i++) {
		struct screen s = screen_levels(0);
		struct i915_plane_update update = show(&s, 1);
		uint64_t begin_ns = s.f.plat->time_ns;

		s.f.plat->display.line[0] = cases[i].line;
		i915_flip_put(flip(&s, &update));
		/* The line does not move here: it gives up after a millisecond. */
		assert_int_equal(s.f.plat->time_ns - begin_ns, cases[i].waits ? 1000000 : 0);
		assert_int_equal(screen_end(&s).evasions, cases[i].waits);
	}
}

static void move_line(struct platform *plat, void *arg)
{
	if (plat->halts)
		plat->display.line[0] = LINE;
}

/* A vblank wakes it, and then it looks again. */
static void evasion_ends_with_the_vblank(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update update = show(&s, 1);
	uint64_t begin_ns = s.f.plat->time_ns;

	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	fake_log_clear(s.f.plat);
	s.f.plat->display.line[0] = 1075;
	s.f.plat->hook = move_line;
	s.f.plat->irq_enabled = false;
	fake_vblank(s.f.plat, 0); /* is taken as soon as it sleeps */
	i915_flip_put(flip(&s, &update));
	s.f.plat->hook = NULL;
	s.f.plat->irq_enabled = true;
	assert_int_equal(s.f.plat->halts, 1);
	assert_int_equal(s.f.plat->time_ns, begin_ns);
	assert_int_equal(s.f.plat->display.line[0], LINE);
	i915_vblank_put(s.f.i915, 0);
	assert_int_equal(screen_end(&s).evasions, 1);
}

/* ---- queries ---- */

static void line_zero_is_read_again(void **state)
{
	struct screen s = screen_levels(0);

	s.f.plat->display.line[0] = 0;
	fake_log_clear(s.f.plat);
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	/* Two queries, each three times, since one takes longer than 20 us. */
	assert_int_equal(fake_log_count(s.f.plat, false, PIPEDSL(0)), 2 * 3 * 101);
	assert_int_equal(fake_log_count(s.f.plat, false, PIPE_FRMCOUNT(0)), 4);
	i915_vblank_put(s.f.i915, 0);
	screen_end(&s);
}

/* The frame counter moves whenever the line is read, and leaves off after a while. */
struct moving {
	size_t seen;
	unsigned left;
};

static void move_frame(struct platform *plat, void *arg)
{
	struct moving *moving = arg;
	size_t reads = fake_log_count(plat, false, PIPEDSL(0));

	if (reads == moving->seen || !moving->left)
		return;
	moving->seen = reads;
	moving->left--;
	plat->regs[PIPE_FRMCOUNT(0) / 4]++;
}

static void moving_counter_is_read_again(void **state)
{
	static const unsigned reads[] = { 3, 6, 9, 9 };

	for (unsigned moves = 0; moves < 4; moves++) {
		struct screen s = screen_levels(0);
		struct moving moving = { .left = moves };
		uint64_t frame;

		assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
		frame = i915_vblank_count(s.f.i915, 0);
		fake_log_clear(s.f.plat);
		s.f.plat->hook = move_frame;
		s.f.plat->hook_arg = &moving;
		vblank(&s);
		s.f.plat->hook = NULL;
		expect_counts(&s.f, 3, 2 + reads[moves]);
		/* The last try's first value is what counts. */
		assert_int_equal(i915_vblank_count(s.f.i915, 0) - frame,
				 1 + (moves > 2 ? 2 : moves));
		i915_vblank_put(s.f.i915, 0);
		screen_end(&s);
	}
}

/* ---- vblanks ---- */

static void interrupt_is_off_a_frame_later(void **state)
{
	struct screen s = screen_levels(0);
	const uint32_t *imr = &s.f.plat->regs[DE_PIPE_IMR(0) / 4];

	assert_true(*imr & DE_PIPE_VBLANK);
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	expect_counts(&s.f, 1, 7); /* for the first user only */
	i915_vblank_put(s.f.i915, 0);
	vblank(&s);
	assert_false(*imr & DE_PIPE_VBLANK);
	i915_vblank_put(s.f.i915, 0);
	assert_false(*imr & DE_PIPE_VBLANK);
	fake_log_clear(s.f.plat);
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0); /* still on */
	assert_int_equal(fake_log_length(s.f.plat), 0);
	i915_vblank_put(s.f.i915, 0);
	vblank(&s);
	assert_true(*imr & DE_PIPE_VBLANK);
	fake_log_clear(s.f.plat);
	vblank(&s);
	assert_int_equal(fake_log_length(s.f.plat), 0);
	assert_int_equal(screen_end(&s).vblank_interrupts, 2);
}

/* What passes while the interrupt is off is counted by time, as if the counter had stopped. */
static void frames_without_interrupts(void **state)
{
	struct screen s = screen_levels(0);
	uint64_t before = i915_vblank_count(s.f.i915, 0);

	s.f.plat->time_ns += 5 * 16666667ull;
	s.f.plat->regs[PIPE_FRMCOUNT(0) / 4] += 5;
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	assert_int_equal(i915_vblank_count(s.f.i915, 0) - before, 5);
	vblank(&s);
	assert_int_equal(i915_vblank_count(s.f.i915, 0) - before, 6);
	i915_vblank_put(s.f.i915, 0);
	vblank(&s);
	before = i915_vblank_count(s.f.i915, 0);
	s.f.plat->time_ns += 3 * 16666667ull; /* the counter stands still */
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	assert_int_equal(i915_vblank_count(s.f.i915, 0) - before, 3);
	i915_vblank_put(s.f.i915, 0);
	screen_end(&s);
}

static void waiting(void **state)
{
	struct screen s = screen_levels(0);
	uint64_t begin_ns = s.f.plat->time_ns;

	assert_int_equal(i915_vblank_wait(s.f.i915, 0, 1, 1000), -I915_ETIME);
	s.f.plat->display.automatic = true;
	assert_int_equal(i915_vblank_wait(s.f.i915, 0, 3, SECOND_NS), 0);
	assert_in_range(s.f.plat->time_ns - begin_ns, 3 * 16666667ull, 3 * 16666667ull + 2000);
	assert_int_equal(i915_vblank_wait(s.f.i915, 0, 0, 0), 0);
	assert_int_equal(i915_vblank_wait(s.f.i915, 0, 100, SECOND_NS), -I915_ETIME);
	assert_int_equal(i915_vblank_wait(s.f.i915, 1, 1, 0), -I915_EINVAL);
	assert_int_equal(i915_vblank_wait(s.f.i915, 3, 1, 0), -I915_EINVAL);
	assert_int_equal(i915_vblank_get(s.f.i915, 1), -I915_EINVAL);
	assert_int_equal(i915_vblank_get(s.f.i915, 3), -I915_EINVAL);
	assert_int_equal(i915_vblank_count(s.f.i915, 1), 0);
	assert_int_equal(i915_vblank_count(s.f.i915, 3), 0);
	i915_vblank_put(s.f.i915, 3);
	assert_true(s.f.plat->irq_enabled);
	screen_end(&s);
}

/* A user outlives a mode set: the new mode's vblanks interrupt from the start. */
static void users_survive_a_mode_set(void **state)
{
	struct screen s = screen_levels(0);

	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	assert_int_equal(i915_display_enable(s.f.i915, 0, &hd60), 0);
	assert_false(s.f.plat->regs[DE_PIPE_IMR(0) / 4] & DE_PIPE_VBLANK);
	assert_int_equal(i915_display_disable(s.f.i915, 0), 0);
	assert_true(s.f.plat->regs[DE_PIPE_IMR(0) / 4] & DE_PIPE_VBLANK);
	i915_vblank_put(s.f.i915, 0);
	screen_end(&s);
}

struct disabling {
	struct i915 *i915;
	bool done;
};

static void disable_pipe(void *arg)
{
	assert_int_equal(i915_display_disable(arg, 0), 0);
}

static void disable_while_asleep(struct platform *plat, void *arg)
{
	struct disabling *disabling = arg;

	if (disabling->done || plat->locks_held || plat->regs[DE_PIPE_IMR(0) / 4] & DE_PIPE_VBLANK)
		return;
	disabling->done = true;
	fake_on_other_vcpu(plat, disable_pipe, disabling->i915);
}

static void waiters_of_a_pipe_that_stops(void **state)
{
	struct screen s = screen_levels(0);
	struct disabling disabling = { .i915 = s.f.i915 };

	s.f.plat->hook = disable_while_asleep;
	s.f.plat->hook_arg = &disabling;
	assert_int_equal(i915_vblank_wait(s.f.i915, 0, 1, PLAT_NEVER - 1), -I915_EINVAL);
	s.f.plat->hook = NULL;
	assert_true(disabling.done);
	screen_end(&s);
}

/* A vblank at the n-th point of a wait: it is never slept through. */
struct late {
	uint64_t at;
	bool done;
	bool slept; /* before */
};

static void late_vblank(struct platform *plat, void *arg)
{
	struct late *late = arg;

	if (late->done || plat->points < late->at)
		return;
	late->done = true;
	late->slept = plat->halts > 0;
	fake_vblank(plat, 0);
}

static bool flip_wait_with_vblank_at(uint64_t n, uint32_t levels)
{
	struct screen s = screen_levels(levels);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *waited = flip(&s, &update);
	struct late late = { .at = s.f.plat->points + n };

	s.f.plat->hook = late_vblank;
	s.f.plat->hook_arg = &late;
	/* After the deadline it may come too late, but then it must not be lost. */
	if (i915_flip_wait(waited, 1000000) == -I915_ETIME)
		assert_true(late.slept || !late.done);
	s.f.plat->hook = NULL;
	assert_int_equal(i915_flip_done(waited), late.done);
	i915_flip_put(waited);
	screen_end(&s);
	return late.done;
}

static void no_vblank_is_slept_through(void **state)
{
	static const uint32_t levels[] = { 0, PVMMIO_MASTER_IRQ, PVMMIO_ALL };

	for (unsigned i = 0; i < 3; i++) {
		uint64_t n = 0;

		while (flip_wait_with_vblank_at(n, levels[i]))
			n++;
		assert_true(n > 3);
	}
}

/* ---- watermarks ---- */

static void expect_watermarks(struct fake_cursor *cursor)
{
	for (unsigned i = 0; i < 8; i++)
		next_write(cursor, 0x70340 + 4 * i, watermarks.level[i]);
	next_write(cursor, 0x70368, 9);
	next_write(cursor, 0x7037c, 159 << 16 | 8);
	next_write(cursor, 0x7037c, 159 << 16 | 8);
	next_write(cursor, 0x70378, 0);
}

static void watermarks_alone(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_watermarks few = watermarks;
	struct fake_cursor cursor;

	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 2, &watermarks), 0);
	cursor = fake_cursor(s.f.plat);
	expect_watermarks(&cursor);
	next_end(&cursor);
	assert_int_equal(s.f.plat->op_accesses[PLAT_OP_WATERMARK], 12);
	few.max_level = 2;
	fake_log_clear(s.f.plat);
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 2, &few), 0);
	assert_int_equal(fake_log_length(s.f.plat), 3 + 4);

	fake_log_clear(s.f.plat);
	assert_int_equal(i915_watermarks_update(s.f.i915, 1, 1, &watermarks), -I915_EINVAL);
	assert_int_equal(i915_watermarks_update(s.f.i915, 3, 1, &watermarks), -I915_EINVAL);
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 0, &watermarks), -I915_EINVAL);
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 4, &watermarks), -I915_EINVAL);
	few.max_level = 8;
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 1, &few), -I915_EINVAL);
	few = watermarks;
	few.buffer_end = 897;
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 1, &few), -I915_EINVAL);
	assert_int_equal(fake_log_length(s.f.plat), 0);
	assert_int_equal(screen_end(&s).watermark_updates, 2);
}

/* All watermarks of a flip come before its planes. */
static void watermarks_of_a_flip(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_plane_update updates[2] = { show(&s, 1), show(&s, 2) };
	struct fake_cursor cursor;

	updates[1].watermarks = &watermarks;
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	fake_log_clear(s.f.plat);
	assert_int_equal(i915_flip(s.f.i915, 0, updates, 2, NULL), 0);
	cursor = fake_cursor(s.f.plat);
	expect_update_begin(&cursor);
	expect_scalers_off(&cursor);
	next_write(&cursor, 0x45270, 119);
	expect_watermarks(&cursor);
	expect_plane_head(&cursor);
	expect_plane_tail(&cursor, 90 << 16 | 70, CTL, s.surf);
	next_write(&cursor, 0x702a4, 5 << 16 | 3); /* the second plane follows */
	assert_int_equal(s.f.plat->op_count[PLAT_OP_FLIP], 2);
	i915_vblank_put(s.f.i915, 0);
	screen_end(&s);
}

/* ---- levels plane_update and plane_wm_update ---- */

static void plane_record(void **state)
{
	const struct i915_color_key key = { 0x112233, 0x445566, 0x7ffffff, .destination = false };
	struct screen s = screen_levels(PVMMIO_PLANE_UPDATE);
	struct i915_plane_update update = show(&s, 1);
	const struct fake_record *record = s.f.plat->display.records;
	struct i915_flip *done;

	update.key = &key;
	update.dst_width = 1280;
	update.dst_height = 960;
	done = flip(&s, &update);
	assert_int_equal(s.f.plat->op_accesses[PLAT_OP_FLIP], 1);
	assert_int_equal(s.f.plat->display.record_count, 1);
	assert_int_equal(record->doorbell, PLANE_SURF(0, 1));
	assert_int_equal(record->value, s.surf);
	assert_true(record->locked);
	assert_int_equal(record->plane.flags,
			 PVMMIO_RECORD_FILLED | PVMMIO_PLANE_KEY | PVMMIO_PLANE_SCALER);
	assert_int_equal(record->plane.keyval, 0x112233);
	assert_int_equal(record->plane.keymax, 0x445566);
	assert_int_equal(record->plane.keymsk, 0x7ffffff);
	assert_int_equal(record->plane.offset, 5 << 16 | 3);
	assert_int_equal(record->plane.stride, 120);
	assert_int_equal(record->plane.size, 479 << 16 | 639);
	assert_int_equal(record->plane.ps_ctrl, 0x80000000 | 1u << 25);
	assert_int_equal(record->plane.ps_win_pos, 70 << 16 | 90);
	assert_int_equal(record->plane.ps_win_sz, 1280 << 16 | 960);
	assert_int_equal(record->plane.pos, 0);
	assert_int_equal(record->plane.ctl, CTL | 1u << 21);
	vblank(&s);
	assert_int_equal(i915_flip_wait(done, 0), 0);
	i915_flip_put(done);
	screen_end(&s);
}

static void second_scaler_in_a_record(void **state)
{
	struct screen s = screen_levels(PVMMIO_PLANE_UPDATE);
	struct i915_plane_update updates[2] = { show(&s, 1), show(&s, 3) };

	for (unsigned i = 0; i < 2; i++)
		updates[i].dst_width = updates[i].dst_height = 64;
	assert_int_equal(i915_flip(s.f.i915, 0, updates, 2, NULL), 0);
	assert_int_equal(s.f.plat->display.records[0].plane.flags >> 8 & 3, 0);
	assert_int_equal(s.f.plat->display.records[1].plane.flags >> 8 & 3, 1);
	assert_int_equal(s.f.plat->display.records[1].plane.ps_ctrl, 0x80000000 | 3u << 25);
	screen_end(&s);
}

static void watermark_record(void **state)
{
	struct screen s = screen_levels(PVMMIO_PLANE_WATERMARK);
	const struct fake_record *record = s.f.plat->display.records;

	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 2, &watermarks), 0);
	assert_int_equal(s.f.plat->op_accesses[PLAT_OP_WATERMARK], 1);
	assert_int_equal(fake_log_length(s.f.plat), 1);
	assert_true(record->is_watermark && record->locked);
	assert_int_equal(record->doorbell, PLANE_NV12_BUF_CFG(0, 2));
	assert_int_equal(record->value, 0);
	assert_int_equal(record->watermark.max_level, PVMMIO_RECORD_FILLED | 7);
	assert_memory_equal(record->watermark.level, watermarks.level, sizeof(watermarks.level));
	assert_int_equal(record->watermark.trans, 9);
	assert_int_equal(record->watermark.buf_cfg, 159 << 16 | 8);
	screen_end(&s);
}

static void refused_records(void **state)
{
	struct screen s = screen_levels(PVMMIO_PLANE_UPDATE | PVMMIO_PLANE_WATERMARK);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *refused;

	s.f.plat->display.answer = PVMMIO_STATUS_VALUE;
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 1, &watermarks), -I915_EIO);
	refused = flip(&s, &update);
	vblank(&s);
	assert_int_equal(i915_flip_wait(refused, 0), -I915_EIO);
	i915_flip_put(refused);
	s.f.plat->display.answer = PVMMIO_STATUS_OK;
	refused = flip(&s, &update);
	vblank(&s);
	assert_int_equal(i915_flip_wait(refused, 0), 0);
	i915_flip_put(refused);
	assert_int_equal(screen_end(&s).records_refused, 2);
}

static void unlocked_records(void **state)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_ALL,
					    .ppgtt = I915_PPGTT_NONE,
					    .disorders = I915_DISORDER_PLANE_UNLOCKED };
	struct screen s = screen_params(&params, 0);
	struct i915_plane_update update = show(&s, 1);

	i915_flip_put(flip(&s, &update));
	assert_int_equal(i915_watermarks_update(s.f.i915, 0, 1, &watermarks), 0);
	assert_int_equal(s.f.plat->display.record_count, 2);
	assert_false(s.f.plat->display.records[0].locked);
	assert_false(s.f.plat->display.records[1].locked);
	screen_end(&s);
}

/* ---- level mmio_read_passthrough ---- */

/* The fake refuses plain reads of registers that memory cannot answer. */
static void reads_through_the_port(void **state)
{
	struct screen s = screen_levels(PVMMIO_READ_PASSTHROUGH);
	struct i915_plane_update update = show(&s, 1);
	struct i915_flip *done = flip(&s, &update);
	size_t lines = fake_log_count(s.f.plat, false, PVINFO_BASE + PVINFO_PV_MMIO);

	assert_int_equal(lines, 2 + 1 + 1 + 1); /* on, begin, end, arm */
	assert_int_equal(fake_log_count(s.f.plat, false, PIPEDSL(0)), 0);
	assert_int_equal(fake_log_count(s.f.plat, false, PIPE_FRMCOUNT(0)), 2 * 2 + 1 + 1 + 2);
	vblank(&s);
	assert_int_equal(i915_flip_wait(done, 0), 0);
	i915_flip_put(done);
	screen_end(&s);
}

/* Another vCPU reads another pipe's line between this one's store and its load. */
struct meddler {
	struct i915 *i915;
	bool done;
};

static void read_other_line(void *arg)
{
	assert_int_equal(i915_vblank_get(arg, 1), 0);
	i915_vblank_put(arg, 1);
}

static void meddle(struct platform *plat, void *arg)
{
	struct meddler *meddler = arg;
	const struct pvmmio_page *page = fake_shared_page(plat);

	if (meddler->done || plat->locks_held || page->reg_addr != PIPEDSL(0))
		return;
	meddler->done = true;
	fake_on_other_vcpu(plat, read_other_line, meddler->i915);
}

/* The evasion's look at the line is outside of all other locks. */
static uint64_t evasions_with_meddler(uint32_t disorders, bool *meddled)
{
	const struct i915_params params = { .pvmmio_levels = PVMMIO_READ_PASSTHROUGH,
					    .ppgtt = I915_PPGTT_NONE,
					    .disorders = disorders };
	struct screen s = screen_params(&params, 0);
	struct meddler meddler = { .i915 = s.f.i915 };
	struct i915_plane_update update = show(&s, 1);

	assert_int_equal(i915_display_enable(s.f.i915, 1, &hd60), 0);
	s.f.plat->display.line[1] = 1075; /* near the vblank, if it were pipe A's */
	fake_shared_page(s.f.plat)->reg_addr = 0;
	assert_int_equal(i915_vblank_get(s.f.i915, 0), 0);
	fake_shared_page(s.f.plat)->reg_addr = 0;
	s.f.plat->hook = meddle;
	s.f.plat->hook_arg = &meddler;
	i915_flip_put(flip(&s, &update));
	s.f.plat->hook = NULL;
	i915_vblank_put(s.f.i915, 0);
	*meddled = meddler.done;
	return screen_end(&s).evasions;
}

static void redirected_reads_are_critical_sections(void **state)
{
	bool meddled;

	assert_int_equal(evasions_with_meddler(0, &meddled), 0);
	assert_true(meddled); /* behind the read, where it does no harm */
	assert_int_equal(evasions_with_meddler(I915_DISORDER_REG_ADDR_UNLOCKED, &meddled), 1);
	assert_true(meddled);
}

/* ---- cursor ---- */

static void cursor_updates(void **state)
{
	struct screen s = screen_levels(0);
	struct i915_cursor image = { .image = s.fb, .mode = CUR_MODE_64_ARGB, .x = 10, .y = -3 };
	struct fake_cursor cursor;

	assert_int_equal(i915_cursor_update(s.f.i915, 0, &image), 0);
	image.x = -1;
	assert_int_equal(i915_cursor_update(s.f.i915, 0, &image), 0);
	image.image = NULL;
	assert_int_equal(i915_cursor_update(s.f.i915, 0, &image), 0);
	assert_int_equal(i915_cursor_update(s.f.i915, 0, &image), 0); /* is off */
	cursor = fake_cursor(s.f.plat);
	next_write(&cursor, 0x70080, 0x27);
	next_write(&cursor, 0x700a0, 0);
	next_write(&cursor, 0x70088, 0x8003u << 16 | 10);
	next_write(&cursor, 0x70084, s.surf);
	next_read(&cursor, 0x70084);
	next_write(&cursor, 0x70088, 0x8003u << 16 | 0x8001);
	next_write(&cursor, 0x70084, s.surf);
	next_read(&cursor, 0x70084);
	next_write(&cursor, 0x70080, 0);
	next_write(&cursor, 0x700a0, 0);
	next_write(&cursor, 0x70088, 0);
	next_write(&cursor, 0x70084, 0);
	next_read(&cursor, 0x70084);
	next_end(&cursor);
	assert_int_equal(i915_cursor_update(s.f.i915, 1, &image), -I915_EINVAL);
	assert_int_equal(i915_cursor_update(s.f.i915, 3, &image), -I915_EINVAL);
	image = (struct i915_cursor){ .image = s.fb };
	assert_int_equal(i915_cursor_update(s.f.i915, 0, &image), -I915_EINVAL);
	screen_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_set),
		cmocka_unit_test(mode_set_switches_off_first),
		cmocka_unit_test(impossible_modes),
		cmocka_unit_test(pipe_that_does_not_stop),
		cmocka_unit_test(isolated_flip),
		cmocka_unit_test(steady_flips),
		cmocka_unit_test(scaled_and_keyed),
		cmocka_unit_test(plane_off),
		cmocka_unit_test(scalers_are_few),
		cmocka_unit_test(impossible_updates),
		cmocka_unit_test(surface_in_a_ppgtt),
		cmocka_unit_test(tiled_strides),
		cmocka_unit_test(one_flip_at_a_time),
		cmocka_unit_test(no_memory_for_a_flip),
		cmocka_unit_test(turning_off_ends_flips),
		cmocka_unit_test(torn_flip),
		cmocka_unit_test(near_vblanks_are_let_by),
		cmocka_unit_test(evasion_ends_with_the_vblank),
		cmocka_unit_test(line_zero_is_read_again),
		cmocka_unit_test(moving_counter_is_read_again),
		cmocka_unit_test(interrupt_is_off_a_frame_later),
		cmocka_unit_test(frames_without_interrupts),
		cmocka_unit_test(waiting),
		cmocka_unit_test(users_survive_a_mode_set),
		cmocka_unit_test(waiters_of_a_pipe_that_stops),
		cmocka_unit_test(no_vblank_is_slept_through),
		cmocka_unit_test(watermarks_alone),
		cmocka_unit_test(watermarks_of_a_flip),
		cmocka_unit_test(plane_record),
		cmocka_unit_test(second_scaler_in_a_record),
		cmocka_unit_test(watermark_record),
		cmocka_unit_test(refused_records),
		cmocka_unit_test(unlocked_records),
		cmocka_unit_test(reads_through_the_port),
		cmocka_unit_test(redirected_reads_are_critical_sections),
		cmocka_unit_test(cursor_updates),
	};

	return cmocka_run_group_tests_name("guest: display", tests, NULL, NULL);
}
