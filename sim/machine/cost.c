// SPDX-License-Identifier: MIT

#include <errno.h>
#include <string.h>

#include "sim/machine/cost.h"

#define PS(key, text)                                                                              \
	{                                                                                          \
		key, COST_UNIT_PS, text                                                            \
	}
#define FLAG(key, text)                                                                            \
	{                                                                                          \
		key, COST_UNIT_BOOL, text                                                          \
	}

// clang-format off
const struct cost_param_info cost_params[COST_PARAM_COUNT] = {
	[COST_EXIT_TRANSITION] = PS("exit.transition", "hardware leaves the guest"),
	[COST_EXIT_REENTRY] = PS("exit.reentry", "hardware enters the guest again"),
	[COST_DISPATCH_MMIO] = PS("dispatch.mmio",
		"hypervisor finds the cause of an MMIO exit and decodes the instruction"),
	[COST_DISPATCH_WRITE_PROTECT] = PS("dispatch.write_protect",
		"hypervisor handles the fault of a protected page and emulates the store"),
	[COST_DISPATCH_HYPERCALL] = PS("dispatch.hypercall", "hypervisor dispatches a hypercall"),
	[COST_DISPATCH_INTERRUPT] = PS("dispatch.interrupt",
		"hypervisor injects an interrupt into a vCPU that it took out of the guest"),
	[COST_DISPATCH_EOI] = PS("dispatch.eoi", "hypervisor emulates the end of an interrupt"),
	[COST_FORWARD_MMIO] = PS("forward.mmio", "an MMIO exit reaches the mediator and returns"),
	[COST_FORWARD_WRITE_PROTECT] = PS("forward.write_protect",
		"a store to a tracked page reaches the mediator and returns"),
	[COST_FORWARD_HYPERCALL] = PS("forward.hypercall",
		"a hypercall reaches the mediator and returns"),
	[COST_INTERRUPT_POSTED] = FLAG("interrupt.posted",
		"interrupts are delivered and ended without exits"),
	[COST_INTERRUPT_DELIVERY] = PS("interrupt.delivery",
		"the CPU vectors through the guest's IDT, and returns"),
	[COST_VCPU_WAKE] = PS("vcpu.wake", "a halted vCPU of a virtualized VM starts to run again"),
	[COST_GUEST_REQUEST] = PS("guest.request", "the driver builds one request"),
	[COST_GUEST_SUBMIT] = PS("guest.submit",
		"the driver chooses requests for the ports and updates their context images"),
	[COST_GUEST_INTERRUPT] = PS("guest.interrupt",
		"the driver's interrupt handler and bottom half, without register accesses"),
	[COST_WORK_HANDLER] = PS("work.handler", "look a register up and run its handler"),
	[COST_WORK_LOCK] = PS("work.lock", "take and release a lock that is free"),
	[COST_WORK_GUEST_READ] = PS("work.guest_read",
		"one read of guest memory of less than a page"),
	[COST_WORK_GUEST_WRITE] = PS("work.guest_write",
		"one write of guest memory of less than a page"),
	[COST_WORK_GUEST_COPY_PAGE] = PS("work.guest_copy_page",
		"one whole page in or out of guest memory"),
	[COST_WORK_SCAN_DWORD] = PS("work.scan_dword", "audit one dword of commands"),
	[COST_WORK_GGTT_ENTRY] = PS("work.ggtt_entry",
		"translate, map and write one GGTT entry, with its flush"),
	[COST_WORK_WORKLOAD_CREATE] = PS("work.workload_create",
		"set up one workload from a submission"),
	[COST_WORK_WORKLOAD_DISPATCH] = PS("work.workload_dispatch",
		"hand one workload to the hardware, without its memory accesses"),
	[COST_WORK_WORKLOAD_COMPLETE] = PS("work.workload_complete",
		"finish one workload, without its memory accesses"),
	[COST_WORK_CSB_EVENT] = PS("work.csb_event", "emulate one context status event"),
	[COST_WORK_INTERRUPT_INJECT] = PS("work.interrupt_inject", "inject one MSI"),
	[COST_WORK_HOST_INTERRUPT] = PS("work.host_interrupt",
		"the host's own interrupt handler and bottom half"),
	[COST_WORK_THREAD_WAKE] = PS("work.thread_wake", "a sleeping worker thread starts to run"),
	[COST_WORK_OWNER_SWITCH] = PS("work.owner_switch",
		"an engine gets another owner, without exchanging its registers"),
	[COST_WORK_SWITCH_REGISTER] = PS("work.switch_register",
		"save or restore one register of an engine, beside the device's time"),
	[COST_WORK_TRACK_LOOKUP] = PS("work.track_lookup",
		"find who watches a protected page, once for each store that faults"),
	[COST_WORK_SHADOW_LOOKUP] = PS("work.shadow_lookup",
		"find a shadow table by its guest's or the host's frame"),
	[COST_WORK_SHADOW_TABLE] = PS("work.shadow_table",
		"allocate or free one shadow table"),
	[COST_WORK_TABLE_PROTECT] = PS("work.table_protect",
		"change the write protection of one guest page"),
	[COST_WORK_PTE_READ] = PS("work.pte_read",
		"read one entry of a guest's page table by itself"),
	[COST_WORK_PTE_SHADOW] = PS("work.pte_shadow",
		"translate, pin and write one leaf of a shadow table, or give it up"),
	[COST_WORK_OOS_COMPARE] = PS("work.oos_compare",
		"read one entry of an out-of-sync page and compare it with its copy"),
	[COST_WORK_PPGTT_LOOKUP] = PS("work.ppgtt_lookup",
		"find an address space by its root"),
	[COST_WORK_PV_WALK_ENTRY] = PS("work.pv_walk_entry",
		"read one entry of a guest's page table, in bulk with others"),
	[COST_WORK_PV_MAP_ENTRY] = PS("work.pv_map_entry",
		"translate, pin and write one leaf, or give it up, in bulk with others"),
};

// Which parameters make up the two parts of an exit's price that depend on its reason.
static const struct {
	enum cost_param dispatch;
	enum cost_param forwarding; // COST_PARAM_COUNT: stays in the hypervisor
} reason_price[EXIT_REASON_COUNT] = {
	[EXIT_MMIO_WRITE] = { COST_DISPATCH_MMIO, COST_FORWARD_MMIO },
	[EXIT_MMIO_READ] = { COST_DISPATCH_MMIO, COST_FORWARD_MMIO },
	[EXIT_WRITE_PROTECT] = { COST_DISPATCH_WRITE_PROTECT, COST_FORWARD_WRITE_PROTECT },
	[EXIT_HYPERCALL] = { COST_DISPATCH_HYPERCALL, COST_FORWARD_HYPERCALL },
	[EXIT_INTERRUPT] = { COST_DISPATCH_INTERRUPT, COST_PARAM_COUNT },
	[EXIT_EOI] = { COST_DISPATCH_EOI, COST_PARAM_COUNT },
};
// clang-format on

int cost_param_find(const char *name)
{
	for (int i = 0; i < COST_PARAM_COUNT; i++)
		if (strcmp(cost_params[i].name, name) == 0)
			return i;
	return -ENOENT;
}

static struct exit_price price_of(const struct cost_profile *profile, enum exit_reason reason)
{
	enum cost_param forwarding = reason_price[reason].forwarding;
	struct exit_price price = { .before_ps = 0 };

	price.part_ps[EXIT_PART_TRANSITION] = profile->value[COST_EXIT_TRANSITION];
	price.part_ps[EXIT_PART_DISPATCH] = profile->value[reason_price[reason].dispatch];
	if (forwarding != COST_PARAM_COUNT)
		price.part_ps[EXIT_PART_FORWARDING] = profile->value[forwarding];
	price.part_ps[EXIT_PART_REENTRY] = profile->value[COST_EXIT_REENTRY];
	price.before_ps = price.part_ps[EXIT_PART_TRANSITION] + price.part_ps[EXIT_PART_DISPATCH] +
			  price.part_ps[EXIT_PART_FORWARDING];
	return price;
}

void cost_exit_prices(const struct cost_profile *profile,
		      struct exit_price prices[EXIT_REASON_COUNT])
{
	for (int reason = 0; reason < EXIT_REASON_COUNT; reason++)
		prices[reason] = price_of(profile, reason);
}
