/* SPDX-License-Identifier: MIT */
/*
 * Virtual display: what the pipes of a vGPU do without a screen.
 *
 * Registers are storage, but for these:
 *
 *   PIPECONF        the enable bit starts and stops the pipe at once; the active bit follows it
 *   PIPEDSL         computed at the read, from the time since the last vblank
 *   PIPE_FRMCOUNT   vblanks; written when a vblank is emulated
 *   PLANE_SURF      arms a flip. It shows in SURFLIVE with the next vblank, or at once when it is
 *                   asynchronous or the pipe is off; then FLIPCOUNT and flip done
 *   CURBASE         likewise with CURSURFLIVE; no event
 *   PS_CTRL         refused for a plane that does not exist
 *   power wells, DBUF, LCPLL, DPLL_STATUS: what was requested is there at once
 *
 * A host thread emulates vblanks as long as any pipe of any vGPU is on, and sleeps otherwise. For
 * each vblank: flip done of every flip that was armed, then the frame count, then the vblank event,
 * each event with a check of its own for what is pending. A vblank that the thread is late for is
 * one event, of as many frames as have passed.
 *
 * Period: from the virtual mode, as of Linux 5.13, where a vGPU has a timer of its own: htotal *
 * vtotal pixels at link symbol clock * M / N, exactly, without drift. Where the mode says nothing
 * (M or N is 0) or nothing believable (see GVT_INCIDENT_PIPE_MODE) it is 60 Hz. Before 5.13: 16 ms,
 * that is 62.5 Hz, for all modes.
 *
 * Before 5.13 and after, upstream's SURFLIVE and FLIPCOUNT change when PLANE_SURF is written, and
 * PIPEDSL is a constant. A driver that looks there sees a flip done that is not, and a line that
 * does not move; here they are as the hardware's.
 *
 * Everything is under vgpu->lock.
 *
 * Source: gvt/display.c and gvt/handlers.c of Linux 4.19 and 5.13.
 */
#ifndef PVMMIO_HOST_DISPLAY_H
#define PVMMIO_HOST_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "hw-model/regs/gen9_display.h"
#include "sim/machine/executor.h"

struct gvt;
struct vgpu;

/* The longest and the shortest frame of a mode that is believed. */
#define DISPLAY_FRAME_MAX_PS PS_PER_S
#define DISPLAY_FRAME_MIN_PS PS_PER_MS

/* Time from frame to frame: whole_ps + rest / divisor. */
struct display_period {
	uint64_t whole_ps;
	uint64_t rest;
	uint64_t divisor;
};

struct vgpu_pipe {
	bool on;
	uint8_t armed; /* bit n: plane n has a flip to come; bit 0: the cursor */
	struct display_period period;
	uint64_t carry;   /* below period.divisor: what next_ps leaves out */
	uint64_t next_ps; /* the next vblank */
	uint32_t lines;   /* of a frame, and of its visible part */
	uint32_t visible_lines;
};

struct vgpu_display {
	struct vgpu_pipe pipes[GEN9_PIPE_COUNT];
	bool listed; /* a pipe is on */
	struct vgpu *next;
};

/* The thread, and the vGPUs with a pipe that is on. */
struct gvt_display {
	bool started;
	uint64_t fixed_ps;        /* period of all pipes; 0: from their modes */
	uint64_t symbol_clock_hz; /* of a virtual link */
	struct vgpu *first;
	struct vgpu *serving; /* NULL: the thread looks at none */
	struct exec_waitq waiters;
	struct exec_waitq idle_waiters;
};

/*
 * All pipes off, as after a reset of the whole device: armed flips are forgotten, registers are the
 * caller's business. Does not wait.
 */
void vgpu_display_reset(struct vgpu *vgpu);

/* The same, for good: inside of a context, wait until the thread has left the vGPU alone. */
void vgpu_display_stop(struct vgpu *vgpu);

/* Scalers: may value be written to PS_CTRL of the pipe? */
bool vgpu_display_scaler_is_valid(uint32_t ps_ctrl);

/* Handlers of the register table. */
int vgpu_display_pipeconf_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_scan_line_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value);
int vgpu_display_surf_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_nv12_buf_cfg_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_curbase_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_ps_ctrl_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_power_well_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_request_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int vgpu_display_dpll_status_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value);

/* PLANE_SURF has been written: arm the flip, or show it. */
void vgpu_display_flip(struct vgpu *vgpu, unsigned pipe, unsigned plane);

#endif
