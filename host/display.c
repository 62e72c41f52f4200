// SPDX-License-Identifier: MIT

#include "host/display.h"

#include <errno.h>

#include "host/interrupt.h"
#include "host/pv_display.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"

__extension__ typedef unsigned __int128 u128;

#define CURSOR_ARMED  1u /* in vgpu_pipe.armed; plane n has bit n */
#define DEFAULT_HZ    60u
#define OFFSET_LO(r)  ((r)&0xfffu)
#define PLANE_OF(reg) ((OFFSET_LO(reg) - 0x180u) / GEN9_PLANE_STRIDE + 1u)

#define PWR_WELL_REQUESTS                                                                          \
	0xa00002aau /* bits 31, 29, 9, 7, 5, 3, 1; the state bit is below each                     \
		     */
#define REQUEST (1u << 31)
#define GRANTED (1u << 30)

static const uint32_t dpll_controls[] = { 0x46010, 0x46014, 0x46040, 0x46060 };

// Of a register at 0x70000 + 0x1000 * pipe.
static unsigned pipe_of(uint32_t offset)
{
	return offset / GEN9_PIPE_STRIDE & 3u;
}

/* ---- time ---- */

static struct display_period fixed_period(uint64_t whole_ps)
{
	return (struct display_period){ .whole_ps = whole_ps, .divisor = 1 };
}

static struct display_period default_period(void)
{
	return (struct display_period){
		.whole_ps = PS_PER_S / DEFAULT_HZ,
		.rest = PS_PER_S % DEFAULT_HZ,
		.divisor = DEFAULT_HZ,
	};
}

static struct display_period mode_period(struct vgpu *vgpu, unsigned pipe)
{
	uint64_t pixels = (uint64_t)TRANS_TIMING_HIGH(vreg_read(vgpu, TRANS_HTOTAL(pipe))) *
			  TRANS_TIMING_HIGH(vreg_read(vgpu, TRANS_VTOTAL(pipe)));
	uint64_t m = vreg_read(vgpu, PIPE_LINK_M1(pipe)) & PIPE_LINK_MASK;
	uint64_t n = vreg_read(vgpu, PIPE_LINK_N1(pipe)) & PIPE_LINK_MASK;
	uint64_t divisor = vgpu->gvt->display.symbol_clock_hz * m;
	u128 ps;

	if (!divisor || !n)
		return default_period();
	ps = (u128)(pixels * n) * PS_PER_S;
	if (ps < (u128)divisor * DISPLAY_FRAME_MIN_PS ||
	    ps > (u128)divisor * DISPLAY_FRAME_MAX_PS) {
		vgpu_incident(vgpu, GVT_INCIDENT_PIPE_MODE, PIPECONF(pipe));
		return default_period();
	}
	return (struct display_period){
		.whole_ps = (uint64_t)(ps / divisor),
		.rest = (uint64_t)(ps % divisor),
		.divisor = divisor,
	};
}

// To the next vblank; what the division leaves over is carried on.
static void advance(struct vgpu_pipe *pipe)
{
	const struct display_period *period = &pipe->period;

	pipe->next_ps += period->whole_ps;
	if (period->rest >= period->divisor - pipe->carry) {
		pipe->carry -= period->divisor - period->rest;
		pipe->next_ps++;
	} else {
		pipe->carry += period->rest;
	}
}

// The line that is scanned now. The first line of the vertical blank begins with the vblank.
static uint32_t scan_line(const struct vgpu_pipe *pipe, uint64_t now_ps)
{
	uint64_t frame_ps = pipe->period.whole_ps;
	uint64_t lines;

	if (now_ps >= pipe->next_ps) {
		lines = (now_ps - pipe->next_ps) % frame_ps * pipe->lines / frame_ps;
		return (uint32_t)((pipe->visible_lines + lines) % pipe->lines);
	}
	lines = ((pipe->next_ps - now_ps) * pipe->lines + frame_ps - 1) / frame_ps;
	return (uint32_t)((pipe->visible_lines + pipe->lines - lines % pipe->lines) % pipe->lines);
}

/* ---- flips ---- */

static void show(struct vgpu *vgpu, unsigned pipe, unsigned plane)
{
	uint32_t surface = vreg_read(vgpu, PLANE_SURF(pipe, plane));

	vreg_write(vgpu, PLANE_SURFLIVE(pipe, plane), surface);
	vreg_write(vgpu, PIPE_FLIPCOUNT(pipe), vreg_read(vgpu, PIPE_FLIPCOUNT(pipe)) + 1);
	vgpu->stats.flips++;
	trace_emit(vgpu->m, TRACE_PIPE_FLIP, vgpu->vm->id, pipe, plane, surface);
}

void vgpu_get_plane(const struct vgpu *vgpu, unsigned pipe, unsigned plane, struct vgpu_plane *out)
{
	uint32_t ctl = vreg_read(vgpu, PLANE_CTL(pipe, plane));

	*out = (struct vgpu_plane){
		.enabled = vgpu->display.pipes[pipe].on && (ctl & PLANE_CTL_ENABLE),
		.surface = vreg_read(vgpu, PLANE_SURFLIVE(pipe, plane)),
		.ctl = ctl,
		.stride = vreg_read(vgpu, PLANE_STRIDE(pipe, plane)),
		.offset = vreg_read(vgpu, PLANE_OFFSET(pipe, plane)),
		.size = vreg_read(vgpu, PLANE_SIZE(pipe, plane)),
	};
}

static void show_cursor(struct vgpu *vgpu, unsigned pipe)
{
	vreg_write(vgpu, CURSURFLIVE(pipe), vreg_read(vgpu, CURBASE(pipe)));
}

void vgpu_display_flip(struct vgpu *vgpu, unsigned pipe, unsigned plane)
{
	struct vgpu_pipe *p = &vgpu->display.pipes[pipe];

	if (p->on && !(vreg_read(vgpu, PLANE_CTL(pipe, plane)) & PLANE_CTL_ASYNC_FLIP)) {
		p->armed |= 1u << plane;
		return;
	}
	p->armed &= ~(1u << plane);
	show(vgpu, pipe, plane);
	if (p->on)
		interrupt_raise_event(vgpu, GVT_EVENT_FLIP_DONE(pipe, plane));
}

// What was armed shows; the events are for a pipe that goes on.
static void show_armed(struct vgpu *vgpu, unsigned pipe, bool events)
{
	struct vgpu_pipe *p = &vgpu->display.pipes[pipe];

	for (unsigned plane = 1; plane <= GEN9_PLANE_COUNT; plane++) {
		if (!(p->armed >> plane & 1))
			continue;
		show(vgpu, pipe, plane);
		if (events)
			interrupt_raise_event(vgpu, GVT_EVENT_FLIP_DONE(pipe, plane));
	}
	if (p->armed & CURSOR_ARMED)
		show_cursor(vgpu, pipe);
	p->armed = 0;
}

/* ---- vblanks ---- */

static void emulate_vblank(struct vgpu *vgpu, unsigned pipe)
{
	struct vgpu_pipe *p = &vgpu->display.pipes[pipe];
	uint32_t frame = vreg_read(vgpu, PIPE_FRMCOUNT(pipe));

	while (p->next_ps <= exec_now(vgpu->m->ex)) {
		advance(p);
		frame++;
	}
	show_armed(vgpu, pipe, true);
	vreg_write(vgpu, PIPE_FRMCOUNT(pipe), frame);
	vgpu->stats.vblanks++;
	trace_emit(vgpu->m, TRACE_PIPE_VBLANK, vgpu->vm->id, pipe, frame);
	interrupt_raise_event(vgpu, GVT_EVENT_VBLANK(pipe));
}

static uint64_t next_of(const struct vgpu *vgpu)
{
	uint64_t next_ps = EXEC_NEVER;

	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		const struct vgpu_pipe *p = &vgpu->display.pipes[pipe];

		if (p->on && p->next_ps < next_ps)
			next_ps = p->next_ps;
	}
	return next_ps;
}

static struct vgpu *next_vgpu(const struct gvt *gvt, uint64_t *next_ps)
{
	struct vgpu *next = NULL;

	*next_ps = EXEC_NEVER;
	for (struct vgpu *vgpu = gvt->display.first; vgpu; vgpu = vgpu->display.next) {
		if (next_of(vgpu) >= *next_ps)
			continue;
		*next_ps = next_of(vgpu);
		next = vgpu;
	}
	return next;
}

// A device that is mere storage has no vblanks.
static void serve(struct vgpu *vgpu)
{
	sim_mutex_lock(vgpu->m, &vgpu->lock);
	if (vgpu->failsafe)
		vgpu_display_reset(vgpu);
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		const struct vgpu_pipe *p = &vgpu->display.pipes[pipe];

		if (p->on && p->next_ps <= exec_now(vgpu->m->ex))
			emulate_vblank(vgpu, pipe);
	}
	sim_mutex_unlock(vgpu->m, &vgpu->lock);
}

static void vblank_thread(void *arg)
{
	struct gvt *gvt = arg;
	struct gvt_display *display = &gvt->display;

	for (;;) {
		uint64_t next_ps;
		struct vgpu *vgpu = next_vgpu(gvt, &next_ps);

		if (next_ps > exec_now(gvt->m->ex)) {
			exec_wait(gvt->m->ex, &display->waiters, next_ps);
			continue;
		}
		work_set_origin(gvt->m, (struct work_origin){ .vm_id = vgpu->vm->id });
		display->serving = vgpu;
		work_spend(gvt->m, WORK_THREAD_WAKE, 1);
		serve(vgpu);
		display->serving = NULL;
		exec_wake_all(gvt->m->ex, &display->idle_waiters, exec_now(gvt->m->ex));
	}
}

/* ---- pipes on and off ---- */

static void list(struct vgpu *vgpu)
{
	struct gvt_display *display = &vgpu->gvt->display;

	if (!vgpu->display.listed) {
		vgpu->display.next = display->first;
		display->first = vgpu;
		vgpu->display.listed = true;
	}
	exec_wake_all(vgpu->m->ex, &display->waiters, exec_now(vgpu->m->ex));
}

static void unlist_if_dark(struct vgpu *vgpu)
{
	struct vgpu **link = &vgpu->gvt->display.first;

	if (!vgpu->display.listed || next_of(vgpu) != EXEC_NEVER)
		return;
	while (*link != vgpu)
		link = &(*link)->display.next;
	*link = vgpu->display.next;
	vgpu->display.listed = false;
}

static int start_thread(struct gvt *gvt)
{
	int ret;

	if (gvt->display.started)
		return 0;
	ret = machine_spawn_thread(gvt->m, "gvt-vblank", exec_now(gvt->m->ex), vblank_thread, gvt,
				   NULL);
	gvt->display.started = !ret;
	return ret;
}

// A pipe starts with the first line; the first vblank comes behind the last visible one.
static void switch_on(struct vgpu *vgpu, unsigned pipe)
{
	struct vgpu_pipe *p = &vgpu->display.pipes[pipe];
	uint32_t timing = vreg_read(vgpu, TRANS_VTOTAL(pipe));
	uint64_t fixed_ps = vgpu->gvt->display.fixed_ps;

	*p = (struct vgpu_pipe){ .on = true };
	p->period = fixed_ps ? fixed_period(fixed_ps) : mode_period(vgpu, pipe);
	p->lines = TRANS_TIMING_HIGH(timing);
	p->visible_lines = TRANS_TIMING_LOW(timing);
	if (p->visible_lines > p->lines)
		p->visible_lines = p->lines;
	p->next_ps = exec_now(vgpu->m->ex) + p->period.whole_ps * p->visible_lines / p->lines;
	list(vgpu);
}

static void switch_off(struct vgpu *vgpu, unsigned pipe)
{
	show_armed(vgpu, pipe, false);
	vgpu->display.pipes[pipe].on = false;
	unlist_if_dark(vgpu);
}

int vgpu_display_pipeconf_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	unsigned pipe = pipe_of(offset);
	bool on = value & PIPECONF_ENABLE;
	int ret;

	if (on != vgpu->display.pipes[pipe].on) {
		ret = start_thread(vgpu->gvt);
		if (ret)
			return ret;
		if (on)
			switch_on(vgpu, pipe);
		else
			switch_off(vgpu, pipe);
	}
	vreg_write(vgpu, offset, (value & ~PIPECONF_ACTIVE) | (on ? PIPECONF_ACTIVE : 0));
	return 0;
}

void vgpu_display_reset(struct vgpu *vgpu)
{
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		vgpu->display.pipes[pipe].on = false;
		vgpu->display.pipes[pipe].armed = 0;
	}
	unlist_if_dark(vgpu);
}

void vgpu_display_stop(struct vgpu *vgpu)
{
	struct gvt *gvt = vgpu->gvt;

	vgpu_display_reset(vgpu);
	while (gvt->m->ex->current && gvt->display.serving == vgpu)
		exec_wait(gvt->m->ex, &gvt->display.idle_waiters, EXEC_NEVER);
}

/* ---- registers ---- */

// One less than the line, as the counter's first increment comes with the second line.
int vgpu_display_scan_line_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	const struct vgpu_pipe *p = &vgpu->display.pipes[pipe_of(offset)];

	*value = 0;
	if (p->on)
		*value = (scan_line(p, exec_now(vgpu->m->ex)) + p->lines - 1) % p->lines;
	return 0;
}

int vgpu_display_surf_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	unsigned pipe = pipe_of(offset);
	unsigned plane = PLANE_OF(offset);

	if (value && vgpu->pvmmio_levels & PVMMIO_PLANE_UPDATE) {
		int ret = pv_display_plane(vgpu, pipe, plane);

		if (ret)
			return ret;
	}
	vreg_write(vgpu, offset, value);
	vgpu_display_flip(vgpu, pipe, plane);
	return 0;
}

int vgpu_display_nv12_buf_cfg_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	if (vgpu->pvmmio_levels & PVMMIO_PLANE_WATERMARK) {
		int ret = pv_display_watermark(vgpu, pipe_of(offset), PLANE_OF(offset));

		if (ret)
			return ret;
	}
	vreg_write(vgpu, offset, value);
	return 0;
}

int vgpu_display_curbase_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	unsigned pipe = pipe_of(offset);

	vreg_write(vgpu, offset, value);
	if (vgpu->display.pipes[pipe].on)
		vgpu->display.pipes[pipe].armed |= CURSOR_ARMED;
	else
		show_cursor(vgpu, pipe);
	return 0;
}

bool vgpu_display_scaler_is_valid(uint32_t ps_ctrl)
{
	return (ps_ctrl & PS_CTRL_PLANE_MASK) <= PS_CTRL_PLANE(GEN9_PLANE_COUNT);
}

int vgpu_display_ps_ctrl_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	if (!vgpu_display_scaler_is_valid(value)) {
		vgpu_incident(vgpu, GVT_INCIDENT_REGISTER_ACCESS, offset);
		return -EINVAL;
	}
	vreg_write(vgpu, offset, value);
	return 0;
}

int vgpu_display_power_well_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	value &= PWR_WELL_REQUESTS;
	vreg_write(vgpu, offset, value | value >> 1);
	return 0;
}

int vgpu_display_request_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write(vgpu, offset, (value & ~GRANTED) | (value & REQUEST ? GRANTED : 0));
	return 0;
}

int vgpu_display_dpll_status_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < sizeof(dpll_controls) / sizeof(dpll_controls[0]); i++)
		if (vreg_read(vgpu, dpll_controls[i]) & REQUEST)
			*value |= 1u << 8 * i;
	return 0;
}
