// SPDX-License-Identifier: MIT

#include <assert.h>

#include "sim/machine/container.h"
#include "sim/machine/machine.h"
#include "sim/machine/party.h"
#include "sim/machine/vm.h"
#include "sim/machine/work.h"

// clang-format off
const struct work_kind_info work_kinds[WORK_KIND_COUNT] = {
	[WORK_HANDLER] = { "handler", EXIT_PART_EMULATION, COST_WORK_HANDLER },
	[WORK_LOCK] = { "lock", EXIT_PART_EMULATION, COST_WORK_LOCK },
	[WORK_GUEST_READ] = { "guest_read", EXIT_PART_GUEST_MEMORY, COST_WORK_GUEST_READ },
	[WORK_GUEST_WRITE] = { "guest_write", EXIT_PART_GUEST_MEMORY, COST_WORK_GUEST_WRITE },
	[WORK_GUEST_COPY_PAGE] = { "guest_copy_page", EXIT_PART_GUEST_MEMORY,
				   COST_WORK_GUEST_COPY_PAGE },
	[WORK_SCAN_DWORD] = { "scan_dword", EXIT_PART_EMULATION, COST_WORK_SCAN_DWORD },
	[WORK_GGTT_ENTRY] = { "ggtt_entry", EXIT_PART_EMULATION, COST_WORK_GGTT_ENTRY },
	[WORK_WORKLOAD_CREATE] = { "workload_create", EXIT_PART_EMULATION,
				   COST_WORK_WORKLOAD_CREATE },
	[WORK_WORKLOAD_DISPATCH] = { "workload_dispatch", EXIT_PART_EMULATION,
				     COST_WORK_WORKLOAD_DISPATCH },
	[WORK_WORKLOAD_COMPLETE] = { "workload_complete", EXIT_PART_EMULATION,
				     COST_WORK_WORKLOAD_COMPLETE },
	[WORK_CSB_EVENT] = { "csb_event", EXIT_PART_EMULATION, COST_WORK_CSB_EVENT },
	[WORK_INTERRUPT_INJECT] = { "interrupt_inject", EXIT_PART_EMULATION,
				    COST_WORK_INTERRUPT_INJECT },
	[WORK_HOST_INTERRUPT] = { "host_interrupt", EXIT_PART_EMULATION,
				  COST_WORK_HOST_INTERRUPT },
	[WORK_THREAD_WAKE] = { "thread_wake", EXIT_PART_EMULATION, COST_WORK_THREAD_WAKE },
	[WORK_OWNER_SWITCH] = { "owner_switch", EXIT_PART_EMULATION, COST_WORK_OWNER_SWITCH },
	[WORK_SWITCH_REGISTER] = { "switch_register", EXIT_PART_EMULATION,
				   COST_WORK_SWITCH_REGISTER },
	[WORK_TRACK_LOOKUP] = { "track_lookup", EXIT_PART_EMULATION,
		COST_WORK_TRACK_LOOKUP },
	[WORK_SHADOW_LOOKUP] = { "shadow_lookup", EXIT_PART_EMULATION,
		COST_WORK_SHADOW_LOOKUP },
	[WORK_SHADOW_TABLE] = { "shadow_table", EXIT_PART_EMULATION,
		COST_WORK_SHADOW_TABLE },
	[WORK_TABLE_PROTECT] = { "table_protect", EXIT_PART_EMULATION,
		COST_WORK_TABLE_PROTECT },
	[WORK_PTE_READ] = { "pte_read", EXIT_PART_GUEST_MEMORY,
		COST_WORK_PTE_READ },
	[WORK_PTE_SHADOW] = { "pte_shadow", EXIT_PART_EMULATION,
		COST_WORK_PTE_SHADOW },
	[WORK_OOS_COMPARE] = { "oos_compare", EXIT_PART_EMULATION,
		COST_WORK_OOS_COMPARE },
	[WORK_PPGTT_LOOKUP] = { "ppgtt_lookup", EXIT_PART_EMULATION,
		COST_WORK_PPGTT_LOOKUP },
	[WORK_PV_WALK_ENTRY] = { "pv_walk_entry", EXIT_PART_GUEST_MEMORY,
		COST_WORK_PV_WALK_ENTRY },
	[WORK_PV_MAP_ENTRY] = { "pv_map_entry", EXIT_PART_EMULATION,
		COST_WORK_PV_MAP_ENTRY },
};
// clang-format on

_Static_assert(COST_WORK_PV_MAP_ENTRY - COST_WORK_HANDLER == WORK_PV_MAP_ENTRY - WORK_HANDLER &&
		       COST_PARAM_COUNT - COST_WORK_HANDLER == WORK_KIND_COUNT,
	       "one parameter per kind of work, in its order");

static const struct work_origin nobody = { .vm_id = -1, .op = GUEST_OP_NONE };

static struct work_origin party_origin(const struct party *party)
{
	const struct vcpu *vcpu;

	if (!party)
		return nobody;
	if (party->kind == PARTY_HOST_THREAD)
		return container_of(party, struct host_thread, party)->origin;
	vcpu = container_of(party, struct vcpu, party);
	return (struct work_origin){ .vm_id = (int)vcpu->vm->id, .op = vcpu_op(vcpu) };
}

void work_book(struct machine *m, enum work_kind kind, uint64_t count, uint64_t ps)
{
	struct work_origin origin = party_origin(party_current(m->ex));

	ledger_book_work(m->ledger, origin, kind, count, ps);
	trace_emit(m, TRACE_WORK, (uint64_t)origin.vm_id, origin.op, kind, count, ps);
}

struct work_origin work_origin(struct machine *m)
{
	return party_origin(party_current(m->ex));
}

void work_set_origin(struct machine *m, struct work_origin origin)
{
	struct party *party = party_current(m->ex);

	assert(party && party->kind == PARTY_HOST_THREAD && "only host threads have an origin");
	assert(origin.vm_id >= -1 && origin.vm_id < (int)m->vm_count);
	container_of(party, struct host_thread, party)->origin = origin;
}
