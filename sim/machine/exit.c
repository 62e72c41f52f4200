// SPDX-License-Identifier: MIT

#include <stddef.h>

#include "sim/machine/exit.h"

static const char *const exit_reason_names[EXIT_REASON_COUNT] = {
	[EXIT_MMIO_WRITE] = "mmio_write",       [EXIT_MMIO_READ] = "mmio_read",
	[EXIT_WRITE_PROTECT] = "write_protect", [EXIT_HYPERCALL] = "hypercall",
	[EXIT_INTERRUPT] = "interrupt",         [EXIT_EOI] = "eoi",
};

static const char *const exit_part_names[EXIT_PART_COUNT] = {
	[EXIT_PART_TRANSITION] = "transition",     [EXIT_PART_DISPATCH] = "dispatch",
	[EXIT_PART_FORWARDING] = "forwarding",     [EXIT_PART_EMULATION] = "emulation",
	[EXIT_PART_GUEST_MEMORY] = "guest_memory", [EXIT_PART_LOCK_WAIT] = "lock_wait",
	[EXIT_PART_REENTRY] = "reentry",           [EXIT_PART_CPU_WAIT] = "cpu_wait",
};

static const char *const guest_op_names[GUEST_OP_COUNT] = {
	[GUEST_OP_NONE] = "none",
	[GUEST_OP_INIT] = "init",
	[GUEST_OP_SUBMIT] = "submit",
	[GUEST_OP_INTERRUPT] = "interrupt",
	[GUEST_OP_PPGTT_ALLOC] = "ppgtt_alloc",
	[GUEST_OP_PPGTT_INSERT] = "ppgtt_insert",
	[GUEST_OP_PPGTT_CLEAR] = "ppgtt_clear",
	[GUEST_OP_GGTT_INSERT] = "ggtt_insert",
	[GUEST_OP_GGTT_CLEAR] = "ggtt_clear",
	[GUEST_OP_FLIP] = "flip",
	[GUEST_OP_WATERMARK] = "watermark",
	[GUEST_OP_RESET] = "reset",
};

static const char *name_of(const char *const *names, size_t count, size_t index)
{
	return index < count && names[index] ? names[index] : "unknown";
}

const char *exit_reason_name(enum exit_reason reason)
{
	return name_of(exit_reason_names, EXIT_REASON_COUNT, (size_t)reason);
}

const char *exit_part_name(enum exit_part part)
{
	return name_of(exit_part_names, EXIT_PART_COUNT, (size_t)part);
}

const char *guest_op_name(enum guest_op op)
{
	return name_of(guest_op_names, GUEST_OP_COUNT, (size_t)op);
}
