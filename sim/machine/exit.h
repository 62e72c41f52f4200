/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of exits: why a guest access leaves the guest, what an exit's cost is made of,
 * which driver operation it belongs to. Names are those of reports.
 */
#ifndef PVMMIO_SIM_MACHINE_EXIT_H
#define PVMMIO_SIM_MACHINE_EXIT_H

/* Why, as `perf kvm stat` would tell them apart. */
enum exit_reason {
	EXIT_MMIO_WRITE,
	EXIT_MMIO_READ,
	EXIT_WRITE_PROTECT, /* store to a write-tracked or read-only page */
	EXIT_HYPERCALL,
	EXIT_INTERRUPT, /* the host takes the vCPU out of the guest to inject an interrupt */
	EXIT_EOI,       /* end of interrupt, where the interrupt controller is emulated */
	EXIT_REASON_COUNT,
};

/* The named parts of an exit's cost. They add up to the exit's duration. */
enum exit_part {
	EXIT_PART_TRANSITION,   /* hardware: guest to host */
	EXIT_PART_DISPATCH,     /* hypervisor: find out why, decode the instruction */
	EXIT_PART_FORWARDING,   /* to the mediator and back: in the kernel or through a device model
				 */
	EXIT_PART_EMULATION,    /* the mediator's handler */
	EXIT_PART_GUEST_MEMORY, /* the mediator's accesses to guest memory */
	EXIT_PART_LOCK_WAIT,    /* waiting for a lock somebody else holds */
	EXIT_PART_REENTRY,      /* hardware: host to guest */
	EXIT_PART_CPU_WAIT,     /* waiting for a CPU, where there are too few */
	EXIT_PART_COUNT,
};

/* What the guest driver was doing. It marks its operations through the platform, at no cost. */
enum guest_op {
	GUEST_OP_NONE, /* outside of every marked operation */
	GUEST_OP_INIT,
	GUEST_OP_SUBMIT,
	GUEST_OP_INTERRUPT,
	GUEST_OP_PPGTT_ALLOC,
	GUEST_OP_PPGTT_INSERT,
	GUEST_OP_PPGTT_CLEAR,
	GUEST_OP_GGTT_INSERT,
	GUEST_OP_GGTT_CLEAR,
	GUEST_OP_FLIP,
	GUEST_OP_WATERMARK,
	GUEST_OP_RESET,
	GUEST_OP_COUNT,
};

/* Report names: "mmio_write", "transition", "submit"; GUEST_OP_NONE is "none". Never NULL. */
const char *exit_reason_name(enum exit_reason reason);
const char *exit_part_name(enum exit_part part);
const char *guest_op_name(enum guest_op op);

#endif
