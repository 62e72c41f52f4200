// SPDX-License-Identifier: MIT

#include <string.h>

#include "sim/machine/bus_impl.h"
#include "sim/machine/container.h"
#include "sim/machine/machine.h"
#include "sim/machine/trace_layer.h"
#include "sim/machine/vm.h"

// What account was given since it was as before says, with the price. The rest is emulation.
static void take_parts(uint64_t part_ps[EXIT_PART_COUNT], const struct exit_account *account,
		       const struct exit_account *before, const struct exit_price *price,
		       uint64_t duration_ps)
{
	uint64_t named_ps = 0;

	for (int i = 0; i < EXIT_PART_COUNT; i++) {
		part_ps[i] = account->part_ps[i] - before->part_ps[i] + price->part_ps[i];
		named_ps += part_ps[i];
	}
	part_ps[EXIT_PART_EMULATION] += duration_ps - named_ps;
}

static void trace_exit(struct bus_layer *layer, struct bus_access *access)
{
	struct machine *m = container_of(layer, struct trace_layer, layer)->m;
	const struct vcpu *vcpu = access->vcpu;
	const struct vm *vm = vcpu->vm;
	const struct exit_account *account = vcpu->party.open_exit;
	const struct exit_account before = *account;
	const uint64_t region_id = access->region ? access->region->id : 0;
	uint64_t duration_ps;
	uint64_t part[EXIT_PART_COUNT];

	trace_emit(m, TRACE_EXIT_BEGIN, vm->id, access->reason, region_id, access->addr);
	bus_layer_next(layer, access);
	duration_ps = exec_now(access->ex) - access->start_ps;
	take_parts(part, account, &before, access->price, duration_ps);
	trace_emit(m, TRACE_EXIT, vm->id, access->reason, region_id, access->addr, access->value,
		   access->size_bytes, vcpu_op(vcpu), duration_ps, part[EXIT_PART_TRANSITION],
		   part[EXIT_PART_DISPATCH], part[EXIT_PART_FORWARDING], part[EXIT_PART_EMULATION],
		   part[EXIT_PART_GUEST_MEMORY], part[EXIT_PART_LOCK_WAIT], part[EXIT_PART_REENTRY],
		   part[EXIT_PART_CPU_WAIT]);
}

void trace_layer_init(struct trace_layer *trace, struct machine *m)
{
	*trace = (struct trace_layer){
		.layer = {.name = "trace", .exit = trace_exit},
		.m = m,
	};
}
