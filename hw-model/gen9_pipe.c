// SPDX-License-Identifier: MIT
/*
 * Pipes: running, counting, and the interrupts of vertical blanks.
 *
 * A pipe starts when PIPECONF is enabled, with the totals of its transcoder and the clock of its
 * link as they are then, at the first active line; a mode that cannot be displayed leaves it off.
 * It stops at the vertical blank after PIPECONF is disabled. The mode of a running pipe does not
 * change. PLLs, ports, power wells and the display's own clock are taken to be as a driver needs
 * them.
 *
 * The frame counter counts vertical blanks begun. The scan line register is one behind the line:
 * the first active line reads as vtotal - 1, and the vertical blank begins when it reads vactive -
 * 1 (Linux 4.19 intel_display.c, update_scanline_offset()). Interlaced modes are not modelled; of
 * the events of a pipe only vertical blank, flip done and faults occur.
 *
 * ISR shows the vertical blank for as long as it lasts (Linux 3.13 i915_irq.c,
 * ilk_pipe_in_vblank_locked()).
 *
 * Source: Linux 4.19 i915_reg.h, intel_display.c, i915_irq.c.
 */
#include <errno.h>
#include <stdio.h>

#include "hw-model/gen9_private.h"

static uint64_t pipe_now(const struct gen9_pipe *pipe)
{
	return exec_now(gen9_executor(pipe->gpu));
}

static uint64_t raster_now(const struct gen9_pipe *pipe)
{
	return pipe_now(pipe) - pipe->start_ps;
}

uint32_t gen9_pipe_frame(const struct gen9_pipe *pipe)
{
	uint64_t vblanks = pipe->active ? gen9_raster_vblanks(&pipe->raster, raster_now(pipe)) : 0;

	return pipe->frames_before + (uint32_t)vblanks;
}

/* ---- vertical blanks ---- */

/* Does anything depend on the next vertical blank? */
static bool is_awaited(const struct gen9_pipe *pipe)
{
	if (!pipe->active)
		return false;
	return pipe->stopping || gen9_plane_pending(pipe) ||
	       gen9_irq_takes(pipe->gpu, GEN9_IRQ_PIPE(pipe->id), DE_PIPE_VBLANK);
}

/* Number of the first vertical blank from now on, this instant included, not yet dealt with. */
static uint64_t next_vblank(const struct gen9_pipe *pipe)
{
	uint64_t begun = gen9_raster_vblanks(&pipe->raster, raster_now(pipe));

	if (begun &&
	    pipe->start_ps + gen9_raster_vblank_ps(&pipe->raster, begun - 1u) == pipe_now(pipe))
		begun--;
	return begun > pipe->next_vblank ? begun : pipe->next_vblank;
}

static uint64_t vblank_ps(const struct gen9_pipe *pipe, uint64_t vblank)
{
	uint64_t after_ps = gen9_raster_vblank_ps(&pipe->raster, vblank);

	return after_ps < EXEC_NEVER - pipe->start_ps ? pipe->start_ps + after_ps : EXEC_NEVER;
}

static void stop(struct gen9_pipe *pipe)
{
	pipe->frames_before = gen9_pipe_frame(pipe);
	pipe->stats.vblanks += pipe->next_vblank;
	pipe->active = false;
	pipe->stopping = false;
	trace_emit(pipe->gpu->m, TRACE_PIPE_OFF, pipe->id, pipe->frames_before);
}

static void vblank(struct gen9_pipe *pipe, uint64_t number)
{
	unsigned group = GEN9_IRQ_PIPE(pipe->id);
	uint32_t events = gen9_plane_latch_all(pipe) | DE_PIPE_VBLANK;

	pipe->next_vblank = number + 1u;
	pipe->stats.vblank_events += gen9_irq_takes(pipe->gpu, group, DE_PIPE_VBLANK);
	trace_emit(pipe->gpu->m, TRACE_VBLANK, pipe->id, gen9_pipe_frame(pipe), events);
	if (pipe->stopping)
		stop(pipe);
	gen9_irq_raise(pipe->gpu, group, events);
}

static void pipe_main(void *arg)
{
	struct gen9_pipe *pipe = arg;

	for (;;) {
		bool awaited = is_awaited(pipe);
		uint64_t number = awaited ? next_vblank(pipe) : 0;
		uint64_t at_ps = awaited ? vblank_ps(pipe, number) : EXEC_NEVER;

		if (exec_wait(gen9_executor(pipe->gpu), &pipe->wake, at_ps) == -ETIMEDOUT)
			vblank(pipe, number);
	}
}

void gen9_pipe_wake(struct gen9_pipe *pipe)
{
	exec_wake_all(gen9_executor(pipe->gpu), &pipe->wake, pipe_now(pipe));
}

int gen9_pipes_init(struct gen9_gpu *gpu)
{
	char name[32];
	int rc = 0;

	for (unsigned id = 0; id < GEN9_PIPE_COUNT && !rc; id++) {
		struct gen9_pipe *pipe = &gpu->pipes[id];

		pipe->gpu = gpu;
		pipe->id = id;
		snprintf(name, sizeof(name), "gpu pipe %c", 'A' + (int)id);
		rc = executor_spawn(gen9_executor(gpu), name, 0, pipe_main, pipe, &pipe->context);
	}
	return rc;
}

/* ---- registers ---- */

static void start(struct gen9_pipe *pipe)
{
	struct gen9_gpu *gpu = pipe->gpu;
	uint32_t vertical = *gen9_reg(gpu, TRANS_VTOTAL(pipe->id));
	uint32_t horizontal = *gen9_reg(gpu, TRANS_HTOTAL(pipe->id));

	if (gen9_raster_init(&pipe->raster, TRANS_TIMING_HIGH(horizontal),
			     TRANS_TIMING_HIGH(vertical), TRANS_TIMING_LOW(vertical),
			     gpu->profile.value[HW_SYMBOL_CLOCK],
			     *gen9_reg(gpu, PIPE_LINK_M1(pipe->id)) & PIPE_LINK_MASK,
			     *gen9_reg(gpu, PIPE_LINK_N1(pipe->id)) & PIPE_LINK_MASK))
		return;
	pipe->active = true;
	pipe->start_ps = pipe_now(pipe);
	pipe->next_vblank = 0;
	trace_emit(gpu->m, TRACE_PIPE_ON, pipe->id, pipe->frames_before,
		   gen9_raster_frame_ps(&pipe->raster));
	gen9_irq_raise(gpu, GEN9_IRQ_PIPE(pipe->id), gen9_plane_show_all(pipe));
}

void gen9_pipeconf_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	struct gen9_pipe *pipe = &gpu->pipes[(offset - PIPECONF(0u)) / GEN9_PIPE_STRIDE];

	*gen9_reg(gpu, offset) = value & ~PIPECONF_ACTIVE;
	pipe->stopping = pipe->active && !(value & PIPECONF_ENABLE);
	if (!pipe->active && (value & PIPECONF_ENABLE))
		start(pipe);
	gen9_pipe_wake(pipe);
}

static bool in_vblank(const struct gen9_pipe *pipe)
{
	return pipe->active &&
	       gen9_raster_line(&pipe->raster, raster_now(pipe)) % pipe->raster.vtotal >=
		       pipe->raster.vactive;
}

static uint32_t scan_line(const struct gen9_pipe *pipe)
{
	uint64_t line;

	if (!pipe->active)
		return 0;
	line = gen9_raster_line(&pipe->raster, raster_now(pipe));
	return (uint32_t)((line + pipe->raster.vtotal - 1u) % pipe->raster.vtotal);
}

uint32_t gen9_pipe_read(struct gen9_gpu *gpu, uint32_t offset)
{
	for (unsigned id = 0; id < GEN9_PIPE_COUNT; id++) {
		const struct gen9_pipe *pipe = &gpu->pipes[id];

		if (offset == PIPEDSL(id))
			return scan_line(pipe);
		if (offset == PIPE_FRMCOUNT(id))
			return gen9_pipe_frame(pipe);
		if (offset == DE_PIPE_ISR(id))
			return in_vblank(pipe) ? DE_PIPE_VBLANK : 0;
		if (offset == PIPECONF(id))
			return *gen9_reg(gpu, offset) | (pipe->active ? PIPECONF_ACTIVE : 0);
	}
	return 0;
}

/* ---- what was shown ---- */

void gen9_gpu_pipe_stats(const struct gen9_gpu *gpu, unsigned pipe, struct gen9_pipe_stats *out)
{
	const struct gen9_pipe *p = &gpu->pipes[pipe];

	*out = p->stats;
	if (p->active)
		out->vblanks += gen9_raster_vblanks(&p->raster, raster_now(p));
}

void gen9_gpu_last_latch(const struct gen9_gpu *gpu, unsigned pipe, unsigned plane,
			 struct gen9_latch *out)
{
	*out = gpu->pipes[pipe].last[plane];
}

void gen9_gpu_watch_latches(struct gen9_gpu *gpu, gen9_latch_fn fn, void *opaque)
{
	gpu->latch_fn = fn;
	gpu->latch_opaque = opaque;
}
