/* SPDX-License-Identifier: MIT */
/*
 * Whose registers an engine holds: a vGPU's, or the host's.
 *
 * Registers that commands or a driver may change and that no context image saves change hands with
 * the engine, lazily: when somebody else's context is submitted. Each is read into the old owner's
 * virtual register, or the host's copy, and written from the new one's; of the engines' MOCS tables
 * only entries that differ are written. Each access takes what the device takes, and costs
 * WORK_SWITCH_REGISTER.
 *
 * Where a virtual register says what a guest may not decide, the host's part stays: run list mode
 * and the stop bit, and registers opened to user batches that commands may not write.
 *
 * All calls need nobody's lock but, where a vGPU is named, that vGPU's; wait for each other;
 * interleave; touch the device.
 *
 * Source: gvt/mmio_context.c of Linux 5.10, the Gen9 list: 51 rows of RCS0, of which 24 are in the
 * context image. It names 0x2248 twice; here it is there once.
 */
#ifndef PVMMIO_HOST_ENGINE_OWNER_H
#define PVMMIO_HOST_ENGINE_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

struct gvt;
struct sched_engine;
struct vgpu;

#define ENGINE_SWITCH_LIMIT 40u /* registers of one engine */
#define ENGINE_MOCS_COUNT   64u

/* Row of the table of registers that change hands. */
struct switch_row {
	uint32_t offset; /* in BAR0 */
	uint16_t mask;   /* of a masked register: the bits that change hands; 0: not masked */
};

/* The rows of engine: *count of them. */
const struct switch_row *engine_switch_rows(enum gen9_engine_id engine, size_t *count);

/* Let owner have the engine; NULL: the host. Nothing to do for who has it already. */
void engine_take(struct sched_engine *engine, struct vgpu *owner);

/* The engine was reset: it holds what a reset leaves, which the host starts from. */
void engine_forget_owner(struct sched_engine *engine);

/* Give the host what vgpu has: vgpu will not run again before it is started anew. */
void engines_release(struct vgpu *vgpu);

#endif
