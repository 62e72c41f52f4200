// SPDX-License-Identifier: MIT
// The virtual display: when vblanks come, what flips show, where the scan line is.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "host/interrupt.h"
#include "rig.h"

__extension__ typedef unsigned __int128 u128;

#define SYMBOL_HZ UINT64_C(270000000)
#define SURFACE   0x10000000u

struct mode {
	uint32_t hactive, htotal;
	uint32_t vactive, vtotal;
	uint32_t m, n; // pixel clock: 270 MHz * m / n
};

static const struct mode hd60 = { 1920, 2200, 1080, 1125, 11, 20 };         // 148.5 MHz
static const struct mode vga = { 640, 800, 480, 525, 25175, 270000 };       // 59.94 Hz
static const struct mode qhd144 = { 2560, 2720, 1440, 1525, 59731, 27000 }; // 144 Hz

static struct rig rig;
static struct rig_guest *guest;

static int setup(void **state)
{
	rig_create(&rig, &(struct rig_options){ .vm_count = 2 });
	guest = &rig.guests[0];
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(&rig);
	return 0;
}

/* ---- a driver's part ---- */

static void set_mode(struct rig_guest *g, unsigned pipe, const struct mode *mode)
{
	rig_write32(g, TRANS_HTOTAL(pipe), TRANS_TIMING(mode->hactive, mode->htotal));
	rig_write32(g, TRANS_VTOTAL(pipe), TRANS_TIMING(mode->vactive, mode->vtotal));
	rig_write32(g, PIPE_LINK_M1(pipe), mode->m);
	rig_write32(g, PIPE_LINK_N1(pipe), mode->n);
}

static void switch_on(struct rig_guest *g, unsigned pipe)
{
	rig_write32(g, PIPECONF(pipe), PIPECONF_ENABLE);
	assert_int_equal(rig_read32(g, PIPECONF(pipe)), PIPECONF_ENABLE | PIPECONF_ACTIVE);
}

static void switch_off(struct rig_guest *g, unsigned pipe)
{
	rig_write32(g, PIPECONF(pipe), 0);
	assert_int_equal(rig_read32(g, PIPECONF(pipe)), 0);
}

static void let_in(struct rig_guest *g, unsigned pipe, uint32_t bits)
{
	rig_write32(g, DE_PIPE_IMR(pipe), ~bits);
	rig_write32(g, DE_PIPE_IER(pipe), bits);
	rig_write32(g, MASTER_IRQ, MASTER_IRQ_ENABLE);
}

static void sleep_until(struct rig_guest *g, void *arg)
{
	uint64_t until_ps = *(const uint64_t *)arg;

	exec_sleep_until(g->rig->m->ex, until_ps);
	while (vcpu_halt(g->vm->vcpus[0], until_ps) == 0)
		;
}

static void wait_until(struct rig_guest *g, uint64_t until_ps)
{
	rig_run(g, sleep_until, &until_ps);
}

static uint64_t now_ps(void)
{
	return executor_time_ps(rig.m->ex);
}

static uint32_t frames(struct rig_guest *g, unsigned pipe)
{
	return vreg_read(g->vgpu, PIPE_FRMCOUNT(pipe));
}

/* ---- time ---- */

// k frames of the mode, exactly.
static uint64_t frames_ps(const struct mode *mode, uint64_t k)
{
	u128 ps = (u128)k * mode->htotal * mode->vtotal * mode->n * PS_PER_S;

	return (uint64_t)(ps / ((u128)SYMBOL_HZ * mode->m));
}

static void check_mode(const struct mode *mode, unsigned pipe, uint64_t count)
{
	const struct vgpu_pipe *p = &guest->vgpu->display.pipes[pipe];
	uint64_t first_ps;
	uint32_t before = frames(guest, pipe);

	set_mode(guest, pipe, mode);
	switch_on(guest, pipe);
	// nothing costs anything, so that all of it has taken no time
	first_ps = now_ps() + frames_ps(mode, 1) * mode->vactive / mode->vtotal;
	assert_int_equal(p->next_ps, first_ps);
	wait_until(guest, first_ps + frames_ps(mode, count) - 1);
	assert_int_equal(frames(guest, pipe) - before, count);
	wait_until(guest, first_ps + frames_ps(mode, count) + 1);
	assert_int_equal(frames(guest, pipe) - before, count + 1);
	assert_int_equal(p->next_ps, first_ps + frames_ps(mode, count + 1));
	switch_off(guest, pipe);
}

// Not a picosecond is lost in a minute.
static void vblanks_follow_the_mode(void **state)
{
	check_mode(&hd60, 0, 3600);
	check_mode(&vga, 1, 3597);
	check_mode(&qhd144, 2, 8640);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PIPE_MODE), 0);
	assert_int_equal(rig_stats(guest).vblanks, 3601 + 3598 + 8641);
}

static void pipes_run_side_by_side(void **state)
{
	struct rig_guest *other = &rig.guests[1];

	set_mode(guest, 0, &hd60);
	set_mode(guest, 2, &qhd144);
	set_mode(other, 0, &vga);
	switch_on(guest, 0);
	switch_on(guest, 2);
	switch_on(other, 0);
	wait_until(guest, now_ps() + PS_PER_S);
	assert_in_range(frames(guest, 0), 60, 61);
	assert_in_range(frames(guest, 2), 144, 145);
	assert_in_range(frames(other, 0), 59, 60);
	assert_int_equal(frames(guest, 1) + frames(other, 1) + frames(other, 2), 0);
	switch_off(guest, 0);
	wait_until(guest, now_ps() + PS_PER_S);
	assert_in_range(frames(guest, 0), 60, 61);
	assert_in_range(frames(guest, 2), 288, 289);
	assert_in_range(frames(other, 0), 119, 120);
	switch_off(guest, 2);
	switch_off(other, 0);
}

// Then the machine stands still, which rig_settle() checks.
static void no_pipe_no_timer(void **state)
{
	uint64_t stood_ps;

	switch_on(guest, 0);
	switch_on(guest, 1);
	switch_off(guest, 0);
	wait_until(guest, now_ps() + PS_PER_S);
	switch_off(guest, 1);
	rig_settle(&rig);
	stood_ps = now_ps();
	rig_settle(&rig);
	assert_int_equal(now_ps(), stood_ps);
	// on again: goes on counting
	assert_in_range(frames(guest, 1), 59, 60);
	switch_on(guest, 1);
	wait_until(guest, now_ps() + PS_PER_S);
	assert_in_range(frames(guest, 1), 119, 120);
	switch_off(guest, 1);
}

static void odd_modes_have_60_hz(void **state)
{
	static const struct {
		struct mode mode;
		unsigned incidents;
	} odd[] = {
		{{ 1920, 2200, 1080, 1125, 0, 20 },        0},
		{ { 1920, 2200, 1080, 1125, 11, 0 },       0},
		{ { 1, 1, 1, 1, 0xffffff, 1 },             1}, // no time at all
		{ { 1, 27, 1, 9999, 1, 1 },                1}, // not a millisecond
		{ { 8192, 8192, 8192, 8192, 1, 0xffffff }, 1}, // 48 days
		{ { 1920, 8000, 1080, 4000, 1, 16 },       1}, // some seconds
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		uint64_t incidents = rig_incidents(guest, GVT_INCIDENT_PIPE_MODE);
		uint32_t before = frames(guest, 0);

		set_mode(guest, 0, &odd[i].mode);
		switch_on(guest, 0);
		assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PIPE_MODE) - incidents,
				 odd[i].incidents);
		wait_until(guest, now_ps() + 2 * PS_PER_S);
		assert_in_range(frames(guest, 0) - before, 119, 121);
		switch_off(guest, 0);
	}
}

// The shortest and the longest frame that are believed.
static void slow_and_fast_modes_are_believed(void **state)
{
	static const struct mode fast = { 200, 270, 900, 1000, 1, 1 };     // 1 ms
	static const struct mode slow = { 8000, 8100, 7500, 8000, 6, 25 }; // 1 s
	uint32_t before;

	set_mode(guest, 0, &fast);
	switch_on(guest, 0);
	wait_until(guest, now_ps() + PS_PER_S);
	assert_in_range(frames(guest, 0), 1000, 1001);
	switch_off(guest, 0);
	before = frames(guest, 0);
	set_mode(guest, 0, &slow);
	switch_on(guest, 0);
	wait_until(guest, now_ps() + 4 * PS_PER_S);
	assert_int_equal(frames(guest, 0) - before, 4);
	switch_off(guest, 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_PIPE_MODE), 0);
}

static void old_kernels_tick_every_16_ms(void **state)
{
	rig_destroy(&rig);
	rig_create(&rig, &(struct rig_options){ .vblank = GVT_VBLANK_16MS });
	set_mode(guest, 0, &hd60);
	switch_on(guest, 0);
	wait_until(guest, now_ps() + 10 * PS_PER_S + 1);
	assert_int_equal(frames(guest, 0), 625);
	switch_off(guest, 0);
}

/* ---- vblank interrupts ---- */

static void vblanks_interrupt_while_unmasked(void **state)
{
	let_in(guest, 0, DE_PIPE_VBLANK);
	set_mode(guest, 0, &hd60);
	switch_on(guest, 0);
	wait_until(guest, now_ps() + frames_ps(&hd60, 1));
	assert_int_equal(frames(guest, 0), 1);
	assert_int_equal(vreg_read(guest->vgpu, DE_PIPE_IIR(0)), DE_PIPE_VBLANK);
	assert_int_equal(vreg_read(guest->vgpu, MASTER_IRQ), MASTER_IRQ_ENABLE | MASTER_DE_PIPE(0));
	assert_int_equal(rig_stats(guest).msi_injected, 1);
	assert_int_equal(guest->interrupts, 1);
	rig_write32(guest, DE_PIPE_IMR(0), UINT32_MAX);
	rig_write32(guest, DE_PIPE_IIR(0), UINT32_MAX);
	wait_until(guest, now_ps() + frames_ps(&hd60, 10));
	assert_int_equal(frames(guest, 0), 11);
	assert_int_equal(vreg_read(guest->vgpu, DE_PIPE_IIR(0)), 0);
	switch_off(guest, 0);
}

/* ---- flips ---- */

static uint32_t live(unsigned pipe, unsigned plane)
{
	return rig_read32(guest, PLANE_SURFLIVE(pipe, plane));
}

static void flips_show_with_the_next_vblank(void **state)
{
	uint32_t all = DE_PIPE_FLIP_DONE(1) | DE_PIPE_FLIP_DONE(2) | DE_PIPE_FLIP_DONE(3);

	let_in(guest, 1, all);
	set_mode(guest, 1, &hd60);
	switch_on(guest, 1);
	for (unsigned plane = 1; plane <= 3; plane++)
		rig_write32(guest, PLANE_SURF(1, plane), SURFACE * plane);
	rig_write32(guest, CURBASE(1), SURFACE + 0x1000);
	for (unsigned plane = 1; plane <= 3; plane++)
		assert_int_equal(live(1, plane), 0);
	assert_int_equal(rig_stats(guest).flips, 0);
	wait_until(guest, now_ps() + frames_ps(&hd60, 1));
	for (unsigned plane = 1; plane <= 3; plane++)
		assert_int_equal(live(1, plane), SURFACE * plane);
	assert_int_equal(rig_read32(guest, CURSURFLIVE(1)), SURFACE + 0x1000);
	assert_int_equal(rig_read32(guest, PIPE_FLIPCOUNT(1)), 3);
	assert_int_equal(vreg_read(guest->vgpu, DE_PIPE_IIR(1)), all);
	assert_int_equal(rig_stats(guest).flips, 3);
	// each event was injected by itself
	assert_int_equal(rig_stats(guest).msi_injected, 3);
	rig_write32(guest, DE_PIPE_IIR(1), UINT32_MAX);
	// once
	wait_until(guest, now_ps() + frames_ps(&hd60, 1));
	assert_int_equal(vreg_read(guest->vgpu, DE_PIPE_IIR(1)), 0);
	assert_int_equal(rig_stats(guest).flips, 3);
	// twice before a vblank: the last one shows, and it is one
	rig_write32(guest, PLANE_SURF(1, 2), 0x1000);
	rig_write32(guest, PLANE_SURF(1, 2), 0);
	wait_until(guest, now_ps() + frames_ps(&hd60, 1));
	assert_int_equal(live(1, 2), 0);
	assert_int_equal(rig_stats(guest).flips, 4);
	switch_off(guest, 1);
}

static void whoever_shows_the_screen_finds_the_live_surface(void **state)
{
	struct vgpu_plane shown;

	set_mode(guest, 1, &hd60);
	switch_on(guest, 1);
	rig_write32(guest, PLANE_STRIDE(1, 2), 20);
	rig_write32(guest, PLANE_SIZE(1, 2), 0x3ff04ff);
	rig_write32(guest, PLANE_OFFSET(1, 2), 0x20001);
	rig_write32(guest, PLANE_CTL(1, 2), PLANE_CTL_ENABLE);
	rig_write32(guest, PLANE_SURF(1, 2), SURFACE);
	vgpu_get_plane(guest->vgpu, 1, 2, &shown);
	assert_int_equal(shown.surface, 0); // armed
	wait_until(guest, now_ps() + frames_ps(&hd60, 1));
	vgpu_get_plane(guest->vgpu, 1, 2, &shown);
	assert_true(shown.enabled);
	assert_int_equal(shown.surface, SURFACE);
	assert_int_equal(shown.ctl, PLANE_CTL_ENABLE);
	assert_int_equal(shown.stride, 20);
	assert_int_equal(shown.size, 0x3ff04ff);
	assert_int_equal(shown.offset, 0x20001);
	vgpu_get_plane(guest->vgpu, 1, 1, &shown);
	assert_false(shown.enabled);
	switch_off(guest, 1);
	vgpu_get_plane(guest->vgpu, 1, 2, &shown);
	assert_false(shown.enabled);
}

static void asynchronous_flips_show_at_once(void **state)
{
	let_in(guest, 0, DE_PIPE_FLIP_DONE(1));
	switch_on(guest, 0);
	rig_write32(guest, PLANE_SURF(0, 1), 0x1000);
	rig_write32(guest, PLANE_CTL(0, 1), PLANE_CTL_ENABLE | PLANE_CTL_ASYNC_FLIP);
	rig_write32(guest, PLANE_SURF(0, 1), 0x2000);
	assert_int_equal(live(0, 1), 0x2000);
	assert_int_equal(vreg_read(guest->vgpu, DE_PIPE_IIR(0)), DE_PIPE_FLIP_DONE(1));
	rig_write32(guest, DE_PIPE_IIR(0), UINT32_MAX);
	// it has taken the place of the one that was armed
	wait_until(guest, now_ps() + PS_PER_S / 50);
	assert_int_equal(vreg_read(guest->vgpu, DE_PIPE_IIR(0)), 0);
	assert_int_equal(rig_read32(guest, PIPE_FLIPCOUNT(0)), 1);
	switch_off(guest, 0);
}

static void without_a_pipe_nothing_is_armed(void **state)
{
	let_in(guest, 0, UINT32_MAX);
	rig_write32(guest, PLANE_SURF(0, 1), 0x1000);
	rig_write32(guest, CURBASE(0), 0x2000);
	assert_int_equal(live(0, 1), 0x1000);
	assert_int_equal(rig_read32(guest, CURSURFLIVE(0)), 0x2000);
	switch_on(guest, 0);
	rig_write32(guest, PLANE_SURF(0, 1), 0x3000);
	rig_write32(guest, CURBASE(0), 0x4000);
	assert_int_equal(live(0, 1), 0x1000);
	switch_off(guest, 0);
	assert_int_equal(live(0, 1), 0x3000);
	assert_int_equal(rig_read32(guest, CURSURFLIVE(0)), 0x4000);
	// and nobody is told
	assert_int_equal(rig_stats(guest).msi_injected, 0);
}

/* ---- scan line ---- */

static void scan_line_moves_with_time(void **state)
{
	uint64_t line_ps = frames_ps(&hd60, 1) / hd60.vtotal;
	uint64_t start_ps;

	assert_int_equal(rig_read32(guest, PIPEDSL(0)), 0);
	set_mode(guest, 0, &hd60);
	switch_on(guest, 0);
	start_ps = now_ps();
	for (uint32_t line = 0; line < 3 * hd60.vtotal; line += 7) {
		wait_until(guest, start_ps + line * line_ps + line_ps / 2 + line / 3);
		assert_int_equal(rig_read32(guest, PIPEDSL(0)),
				 (line + hd60.vtotal - 1) % hd60.vtotal);
	}
	switch_off(guest, 0);
	assert_int_equal(rig_read32(guest, PIPEDSL(0)), 0);
}

// The counter says a line less than the one that begins: vactive - 1 at the vblank.
static void vblank_begins_behind_the_last_visible_line(void **state)
{
	set_mode(guest, 0, &hd60);
	switch_on(guest, 0);
	wait_until(guest, guest->vgpu->display.pipes[0].next_ps - 1);
	assert_int_equal(rig_read32(guest, PIPEDSL(0)), hd60.vactive - 2);
	wait_until(guest, now_ps() + 2);
	assert_int_equal(frames(guest, 0), 1);
	assert_int_equal(rig_read32(guest, PIPEDSL(0)), hd60.vactive - 1);
	switch_off(guest, 0);
}

/* ---- registers ---- */

static void read_only_registers_stay(void **state)
{
	static const uint32_t fixed[] = { PIPEDSL(0u), PIPE_FRMCOUNT(0u), PIPE_FLIPCOUNT(0u),
					  PLANE_SURFLIVE(0u, 1u), CURSURFLIVE(0u) };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		rig_write32(guest, fixed[i], UINT32_MAX);
		assert_int_equal(rig_read32(guest, fixed[i]), 0);
	}
	rig_write(guest, PLANE_SURF(0, 1), 2, 0x1000); // half an address
	assert_int_equal(rig_read32(guest, PLANE_SURF(0, 1)), 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_REGISTER_ACCESS), 1);
	rig_write32(guest, PS_CTRL(2, 0), PS_CTRL_ENABLE | PS_CTRL_PLANE(4));
	assert_int_equal(rig_read32(guest, PS_CTRL(2, 0)), 0);
	assert_int_equal(rig_incidents(guest, GVT_INCIDENT_REGISTER_ACCESS), 2);
	rig_write32(guest, PS_CTRL(1, 1), PS_CTRL_ENABLE | PS_CTRL_PLANE(3));
	assert_int_equal(rig_read32(guest, PS_CTRL(1, 1)), PS_CTRL_ENABLE | PS_CTRL_PLANE(3));
}

static void what_is_requested_is_granted(void **state)
{
	rig_write32(guest, 0x45404, 0xffffffff);
	assert_int_equal(rig_read32(guest, 0x45404), 0xf00003ff);
	rig_write32(guest, 0x45404, 0x20000000);
	assert_int_equal(rig_read32(guest, 0x45404), 0x30000000);
	rig_write32(guest, 0x45008, 0x80000000);
	assert_int_equal(rig_read32(guest, 0x45008), 0xc0000000);
	rig_write32(guest, 0x45008, 0x40000000);
	assert_int_equal(rig_read32(guest, 0x45008), 0);
	rig_write32(guest, 0x46010, 0);
	assert_int_equal(rig_read32(guest, 0x6c060), 0);
	rig_write32(guest, 0x46014, 0x80000001);
	assert_int_equal(rig_read32(guest, 0x46014), 0xc0000001);
	rig_write32(guest, 0x46060, 0x80000000);
	assert_int_equal(rig_read32(guest, 0x6c060), 0x01000100);
}

/* ---- the thread and others ---- */

static void hold_lock(void *arg)
{
	struct executor *ex = rig.m->ex;
	struct vgpu *vgpu = guest->vgpu;

	sim_mutex_lock(rig.m, &vgpu->lock);
	exec_sleep_until(ex, exec_now(ex) + frames_ps(&hd60, 5));
	sim_mutex_unlock(rig.m, &vgpu->lock);
}

// What it could not do in time is one vblank, of all the frames that have passed.
static void late_vblanks_are_one(void **state)
{
	uint64_t start_ps;

	let_in(guest, 0, DE_PIPE_VBLANK);
	set_mode(guest, 0, &hd60);
	switch_on(guest, 0);
	start_ps = now_ps();
	assert_int_equal(machine_spawn_thread(rig.m, "holder", start_ps, hold_lock, NULL, NULL), 0);
	wait_until(guest, start_ps + frames_ps(&hd60, 5) - 1);
	assert_int_equal(frames(guest, 0), 0);
	wait_until(guest, start_ps + frames_ps(&hd60, 5) + 1);
	assert_int_equal(frames(guest, 0), 5);
	assert_int_equal(rig_stats(guest).vblanks, 1);
	assert_int_equal(rig_stats(guest).msi_injected, 1);
	wait_until(guest, start_ps + frames_ps(&hd60, 6));
	assert_int_equal(frames(guest, 0), 6);
	switch_off(guest, 0);
}

static void destroy(void *arg)
{
	struct vgpu *vgpu = guest->vgpu;

	assert_ptr_equal(rig.gvt->display.serving, vgpu);
	guest->vgpu = NULL;
	vgpu_destroy(vgpu);
	assert_null(rig.gvt->display.serving);
	assert_null(rig.gvt->display.first);
}

// Taken apart while the thread waits for its lock.
static void a_vgpu_waits_for_its_vblank(void **state)
{
	uint64_t start_ps;

	set_mode(guest, 0, &hd60);
	switch_on(guest, 0);
	start_ps = now_ps();
	assert_int_equal(machine_spawn_thread(rig.m, "holder", start_ps, hold_lock, NULL, NULL), 0);
	assert_int_equal(machine_spawn_thread(rig.m, "destroyer", start_ps + frames_ps(&hd60, 2),
					      destroy, NULL, NULL),
			 0);
	rig_run(guest, sleep_until, &(uint64_t){ start_ps });
	rig_settle(&rig);
	assert_null(guest->vgpu);
}

static void storage_has_no_vblanks(void **state)
{
	switch_on(guest, 0);
	wait_until(guest, now_ps() + PS_PER_S);
	assert_in_range(frames(guest, 0), 59, 60);
	rig_write32(guest, PVINFO_BASE + PVINFO_RSV5, 1);
	assert_true(rig_stats(guest).failsafe);
	rig_settle(&rig);
	assert_in_range(frames(guest, 0), 59, 60);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(vblanks_follow_the_mode),
		TEST(pipes_run_side_by_side),
		TEST(no_pipe_no_timer),
		TEST(odd_modes_have_60_hz),
		TEST(slow_and_fast_modes_are_believed),
		TEST(old_kernels_tick_every_16_ms),
		TEST(vblanks_interrupt_while_unmasked),
		TEST(flips_show_with_the_next_vblank),
		TEST(whoever_shows_the_screen_finds_the_live_surface),
		TEST(asynchronous_flips_show_at_once),
		TEST(without_a_pipe_nothing_is_armed),
		TEST(scan_line_moves_with_time),
		TEST(vblank_begins_behind_the_last_visible_line),
		TEST(read_only_registers_stay),
		TEST(what_is_requested_is_granted),
		TEST(late_vblanks_are_one),
		TEST(a_vgpu_waits_for_its_vblank),
		TEST(storage_has_no_vblanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
