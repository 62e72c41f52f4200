/* SPDX-License-Identifier: MIT */
/*
 * Command parser: audits what a guest wants an engine to execute with the host's privileges.
 *
 * It works on copies and patches them: rings, and batches that run from the GGTT (MI_BATCH_PPGTT
 * clear), which are copied into host pages; batches in the guest's own address space pass unseen.
 * What runs is what was audited.
 *
 *   -EBADRQC   unknown or forbidden command, or a register that commands may not touch
 *   -EFAULT    wrong length, a command across the end of its buffer, an address out of the share
 *   -EINVAL    a limit of this mediator (size, number of batches)
 *   -ENOMEM
 *
 * The first two put the vGPU in failsafe mode, the others only lose the workload. Every error but
 * -ENOMEM is noted as an incident here. Charges WORK_SCAN_DWORD for what it looked at.
 *
 * Source: gvt/cmd_parser.c of Linux 5.1. Deliberately stricter: a command that straddles the end of
 * its buffer, all post-sync operations of PIPE_CONTROL, the five-dword MI_FLUSH_DW, page directory
 * registers, registers of other engines, memory operands without a GGTT bit, blits.
 */
#ifndef PVMMIO_HOST_CMD_PARSER_H
#define PVMMIO_HOST_CMD_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/hw.h"
#include "hw-model/regs/gen9_regs.h"

struct cmd_info;
struct vgpu;
struct workload;

enum cmd_buffer {
	CMD_RING,
	CMD_INDIRECT, /* of a context: no batches from it, no end but its size */
	CMD_BATCH,
	CMD_BATCH_SECOND_LEVEL,
};

/* One buffer on its way through the parser. */
struct cmd_scan {
	struct vgpu *vgpu;
	struct workload *workload;
	enum gen9_engine_id engine;
	enum cmd_buffer buffer;
	uint32_t *dwords; /* the copy */
	size_t count;
	size_t pos;
	bool ended;      /* a batch's last command was seen */
	uint32_t *chain; /* the first-level MI_BATCH_BUFFER_START that ended it, still to be
			    followed */
};

/* A privileged batch's copy, which the engine executes in its place. */
struct shadow_batch {
	struct hw_pages pages;
	struct shadow_batch *next;
};

/*
 * Largest privileged batch; how many one start in a ring may lead to, by chaining (which could go
 * round for ever) and on the second level; how much memory a workload's copies may take in pages,
 * and those of all workloads of a vGPU that no engine works on yet: they are in the host's part of
 * the GGTT, which others need as well. What is more than that is audited when its turn comes.
 * The number of starts in a ring is bounded by the ring: a driver that had nothing else to do can
 * have all its requests in one workload. Upstream bounds none of this.
 */
#define CMD_BATCH_LIMIT_BYTES   (4u << 20)
#define CMD_BATCH_LIMIT         64u
#define CMD_BATCHES_LIMIT_BYTES (32u << 20)
#define CMD_AHEAD_LIMIT_BYTES   (16u << 20)

/*
 * Audit the copy of a ring's new part and all privileged batches that it starts. -EDQUOT: the vGPU
 * has too many copies of what does not run; so do the others that copy.
 */
int cmd_scan_ring(struct workload *workload, uint32_t *dwords, size_t count);

/*
 * Copy and audit what the engine is to execute when it loads the context. Afterwards
 * workload->indirect and ->per_context are what to point at. Upstream appends a start of the
 * per-context batch to the copy of the indirect one and audits both as a ring, so that one without
 * the other passes unseen; and an indirect batch may start others.
 */
int cmd_scan_work_arounds(struct workload *workload);

/* Is reg a register that commands on engine may write, or read? 0, or -EFAULT, -EBADRQC. */
int cmd_audit_register(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t reg, bool write);

/*
 * Audit one command of the copy, whose length is valid, as its row says, and patch it
 * (cmd_audit.c).
 */
int cmd_audit(struct cmd_scan *scan, const struct cmd_info *info, uint32_t *cmd, unsigned dwords);

/* MI_BATCH_BUFFER_START and MI_BATCH_BUFFER_END in scan's buffer, for cmd_audit(). */
int cmd_batch_start(struct cmd_scan *scan, uint32_t *cmd);
int cmd_batch_end(struct cmd_scan *scan, const uint32_t *cmd);

#endif
