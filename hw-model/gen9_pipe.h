/* SPDX-License-Identifier: MIT */
/*
 * Display pipes and their planes. Not for other folders.
 *
 *   gen9_raster.h, .c   where a pipe is, as a function of time
 *   gen9_pipe.c         start and stop, counters, vertical blanks and their interrupts
 *   gen9_plane.c        double-buffered registers of planes, cursor and scalers
 *   gen9_surface.c      what a plane fetches (gen9_display.h)
 *   gen9_digest.c       what is kept of it
 *
 * Each pipe has a context, which sleeps until the next vertical blank that anything depends on: an
 * armed update to latch, an event that the interrupt registers would take, the pipe's own end. With
 * none of those it waits without a deadline, so that a running display keeps no machine alive and
 * costs no time; counters are computed when they are read.
 */
#ifndef PVMMIO_HW_MODEL_GEN9_PIPE_H
#define PVMMIO_HW_MODEL_GEN9_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw-model/gen9_display.h"
#include "hw-model/gen9_raster.h"
#include "hw-model/regs/gen9_display.h"
#include "sim/machine/executor.h"

#define GEN9_BLOCK_DWORDS 64u /* registers of a plane or scaler: 0x100 bytes */
#define GEN9_PIPE_PLANES  (1u + GEN9_PLANE_COUNT)

/* A block of registers that one of them arms. */
struct gen9_buffered {
	bool armed;
	uint32_t live[GEN9_BLOCK_DWORDS]; /* what was latched last */
};

struct gen9_pipe {
	struct gen9_gpu *gpu;
	unsigned id;
	struct exec_context *context;
	struct exec_waitq wake; /* the context: something that it sleeps for has changed */

	bool active;
	bool stopping;             /* until the next vertical blank */
	struct gen9_raster raster; /* the mode it was started with */
	uint64_t start_ps;
	uint64_t next_vblank;   /* of the raster: the first that has not been dealt with */
	uint32_t frames_before; /* of the frame counter, from before it was started */

	struct gen9_buffered planes[GEN9_PIPE_PLANES]; /* [0] is the cursor */
	struct gen9_buffered scalers[GEN9_SCALER_COUNT];
	struct gen9_latch last[GEN9_PIPE_PLANES];
	struct gen9_pipe_stats stats;
};

/* Create the pipes' contexts. 0, -ENOMEM. */
int gen9_pipes_init(struct gen9_gpu *gpu);

/* Something that the pipe's context sleeps for may have changed. */
void gen9_pipe_wake(struct gen9_pipe *pipe);

/* The frame counter now. */
uint32_t gen9_pipe_frame(const struct gen9_pipe *pipe);

/* Registers that are computed: scan line, frame counter, ISR; and the pipe's configuration. */
uint32_t gen9_pipe_read(struct gen9_gpu *gpu, uint32_t offset);
void gen9_pipeconf_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);

/* ---- gen9_plane.c ---- */

/* Is the register one of a plane's, the cursor's or a scaler's? */
bool gen9_plane_has(uint32_t offset);
void gen9_plane_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value);

/* Is an update armed? */
bool gen9_plane_pending(const struct gen9_pipe *pipe);

/* Latch all that is armed. Returns the events of that, as bits of the pipe's interrupts. */
uint32_t gen9_plane_latch_all(struct gen9_pipe *pipe);

/* The pipe begins: what its planes hold is shown. Returns events as above. */
uint32_t gen9_plane_show_all(struct gen9_pipe *pipe);

#endif
