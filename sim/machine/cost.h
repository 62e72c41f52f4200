/* SPDX-License-Identifier: MIT */
/*
 * What things cost: the parameters of a cost profile, and the prices of exits made of them.
 *
 * A profile is data. It arrives from YAML (sim/scenario) as one value per parameter of the table
 * below; this module knows names, units and ranges, not files. Times are in picoseconds.
 *
 * Three rules: an exit is not one number (parts are separate parameters); the mediator's work
 * beside the exit is priced too (see work.h); a small read of guest memory by the host is not free.
 */
#ifndef PVMMIO_SIM_MACHINE_COST_H
#define PVMMIO_SIM_MACHINE_COST_H

#include <stdint.h>

#include "sim/machine/bus.h"

enum cost_unit {
	COST_UNIT_PS,    /* a duration */
	COST_UNIT_COUNT, /* a plain number */
	COST_UNIT_BOOL,
	COST_UNIT_HZ, /* a clock */
};

enum cost_param {
	/* exits */
	COST_EXIT_TRANSITION,
	COST_EXIT_REENTRY,
	COST_DISPATCH_MMIO,
	COST_DISPATCH_WRITE_PROTECT,
	COST_DISPATCH_HYPERCALL,
	COST_DISPATCH_INTERRUPT,
	COST_DISPATCH_EOI,
	COST_FORWARD_MMIO,
	COST_FORWARD_WRITE_PROTECT,
	COST_FORWARD_HYPERCALL,
	/* interrupts */
	COST_INTERRUPT_POSTED,   /* bool: delivery and EOI without exits */
	COST_INTERRUPT_DELIVERY, /* vector through the guest's IDT */
	COST_VCPU_WAKE,          /* a halted vCPU starts to run again */
	/* guest driver's own CPU time */
	COST_GUEST_REQUEST,   /* build one request and its batch */
	COST_GUEST_SUBMIT,    /* pick requests for the ports, update context images */
	COST_GUEST_INTERRUPT, /* handler and bottom half, without register accesses */
	/* mediator's work, one parameter per kind of enum work_kind, in its order */
	COST_WORK_HANDLER,
	COST_WORK_LOCK,
	COST_WORK_GUEST_READ,
	COST_WORK_GUEST_WRITE,
	COST_WORK_GUEST_COPY_PAGE,
	COST_WORK_SCAN_DWORD,
	COST_WORK_GGTT_ENTRY,
	COST_WORK_WORKLOAD_CREATE,
	COST_WORK_WORKLOAD_DISPATCH,
	COST_WORK_WORKLOAD_COMPLETE,
	COST_WORK_CSB_EVENT,
	COST_WORK_INTERRUPT_INJECT,
	COST_WORK_HOST_INTERRUPT,
	COST_WORK_THREAD_WAKE,
	COST_WORK_OWNER_SWITCH,
	COST_WORK_SWITCH_REGISTER,
	COST_WORK_TRACK_LOOKUP,
	COST_WORK_SHADOW_LOOKUP,
	COST_WORK_SHADOW_TABLE,
	COST_WORK_TABLE_PROTECT,
	COST_WORK_PTE_READ,
	COST_WORK_PTE_SHADOW,
	COST_WORK_OOS_COMPARE,
	COST_WORK_PPGTT_LOOKUP,
	COST_WORK_PV_WALK_ENTRY,
	COST_WORK_PV_MAP_ENTRY,
	COST_PARAM_COUNT,
};

/* Row of the parameter table. */
struct cost_param_info {
	const char *name; /* "exit.transition": the key in YAML and reports */
	enum cost_unit unit;
	const char *doc; /* one line */
};

extern const struct cost_param_info cost_params[COST_PARAM_COUNT];

/* A checked profile. Zero is a machine where nothing costs anything. */
struct cost_profile {
	uint64_t value[COST_PARAM_COUNT];
};

/* Index of the parameter called name, or -ENOENT. */
int cost_param_find(const char *name);

/* The prices of exits by reason, for bus_set_prices(). */
void cost_exit_prices(const struct cost_profile *profile,
		      struct exit_price prices[EXIT_REASON_COUNT]);

#endif
