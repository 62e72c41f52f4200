// SPDX-License-Identifier: MIT
#include "sim/simulation/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- exits ---- */

/* A register's offset in BAR0; for a page of RAM its guest physical address. */
static uint64_t report_offset(const struct bus_region *region, uint64_t offset)
{
	uint64_t addr = region->base + offset;

	return addr >= ASSEMBLY_GUEST_BAR0 ? addr - ASSEMBLY_GUEST_BAR0 : addr;
}

/* The entry of this register and reason, made if there is none. There is room for all. */
static struct register_result *register_entry(struct vm_result *vm, const struct bus_region *region,
					      const struct ledger_account *account)
{
	uint64_t offset = report_offset(region, account->offset);
	struct register_result *reg;

	for (size_t i = 0; i < vm->register_count; i++) {
		reg = &vm->registers[i];
		if (reg->offset == offset && reg->reason == account->reason)
			return reg;
	}
	reg = &vm->registers[vm->register_count++];
	reg->offset = offset;
	reg->reason = account->reason;
	bus_register_name(region, account->offset, reg->name, sizeof(reg->name));
	return reg;
}

static void book_account(const struct assembly_vm *avm, struct vm_result *vm,
			 const struct ledger_account *account)
{
	const struct bus_region *region = bus_region_by_id(avm->vm->bus, account->region_id);
	struct register_result *reg;

	ledger_sum_add(&vm->exits, &account->sum);
	ledger_sum_add(&vm->by_reason[account->reason], &account->sum);
	if (!region)
		return;
	reg = register_entry(vm, region, account);
	ledger_sum_add(&reg->sum, &account->sum);
	reg->op_count[account->op] += account->sum.count;
	reg->op_time_ps[account->op] += account->sum.time_ps;
}

static int compare_registers(const void *a, const void *b)
{
	const struct register_result *l = a, *r = b;

	if (l->offset != r->offset)
		return l->offset < r->offset ? -1 : 1;
	return (l->reason > r->reason) - (l->reason < r->reason);
}

static int collect_exits(const struct assembly_vm *avm, struct vm_result *vm,
			 const struct ledger_account *accounts, size_t count)
{
	vm->registers = calloc(count + 1, sizeof(*vm->registers));
	if (!vm->registers)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (accounts[i].vm_id == avm->vm->id)
			book_account(avm, vm, &accounts[i]);
	}
	qsort(vm->registers, vm->register_count, sizeof(*vm->registers), compare_registers);
	return 0;
}

/* ---- the rest of a VM ---- */

static void collect_operations(const struct assembly_vm *avm, struct vm_result *vm)
{
	const struct ledger *ledger = avm->vm->m->ledger;

	for (unsigned op = 0; op < GUEST_OP_COUNT; op++) {
		ledger_op_totals(ledger, avm->vm->id, op, &vm->ops[op]);
		vm->op_exit_p50_ps[op] =
			ledger_percentile_ps(ledger, avm->vm->id, op, EXIT_REASON_COUNT, 500);
		vm->op_exit_p99_ps[op] =
			ledger_percentile_ps(ledger, avm->vm->id, op, EXIT_REASON_COUNT, 990);
	}
}

_Static_assert(GVT_WORKLOAD_END_COUNT <= RESULT_END_LIMIT, "a place for each way to end");

static void collect_vgpu(struct vgpu_result *vgpu, const struct vgpu_stats *stats)
{
	vgpu->accepted = stats->workloads_accepted;
	vgpu->refused = stats->workloads_refused;
	for (unsigned how = 0; how < GVT_WORKLOAD_END_COUNT; how++)
		vgpu->ended[how] = stats->workloads_ended[how];
	if (stats->failsafe)
		vgpu->failsafe_cause = gvt_failsafe_causes[stats->failsafe_cause].name;
}

static void collect_vm(const struct assembly_vm *avm, struct vm_result *vm)
{
	struct vgpu_stats stats;

	collect_operations(avm, vm);
	for (unsigned i = 0; i < avm->vm->vcpu_count; i++) {
		vm->interrupts_taken += avm->vm->vcpus[i]->interrupts_taken;
		vm->interrupts_merged += avm->vm->vcpus[i]->interrupts_merged;
	}
	vm->incidents = avm->vm->incidents;
	if (avm->vgpu) {
		vgpu_get_stats(avm->vgpu, &stats);
		vm->pvmmio_levels = stats.pvmmio_levels;
		vm->failsafe = stats.failsafe;
		collect_vgpu(&vm->vgpu, &stats);
		vm->scheduling = (struct scheduling_result){
			.weight = avm->config->weight,
			.owned_ps = stats.owned_ps,
			.turns = stats.turns,
		};
	}
}

/* ---- CPUs ---- */

static void collect_cpu(struct cpu_result *out, const struct exec_context *context)
{
	struct exec_cpu_times times;
	const char *name = exec_context_name(context);
	const char *slash = strchr(name, '/'); /* of "vm0/vcpu0" */

	snprintf(out->name, sizeof(out->name), "%s", slash ? slash + 1 : name);
	exec_context_cpu_times(context, &times);
	out->run_ps = times.run_ps;
	out->wait_ps = times.wait_ps;
	out->preemptions = times.taken_count;
}

static int collect_vcpus(const struct vm *vm, struct vm_result *result)
{
	result->vcpus = calloc(vm->vcpu_count, sizeof(*result->vcpus));
	if (!result->vcpus)
		return -ENOMEM;
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i]->context)
			collect_cpu(&result->vcpus[result->vcpu_count++], vm->vcpus[i]->context);
	return 0;
}

static int collect_cpus(const struct assembly *assembly, struct sim_result *result)
{
	const struct host_thread *thread;
	size_t count = 0;
	int ret = 0;

	if (!assembly->config->host.cpus)
		return 0;
	for (thread = assembly->m->threads; thread; thread = thread->next)
		count++;
	result->threads = calloc(count + 1, sizeof(*result->threads));
	if (!result->threads)
		return -ENOMEM;
	result->thread_count = count;
	for (thread = assembly->m->threads; thread; thread = thread->next)
		collect_cpu(&result->threads[--count], thread->context);
	for (size_t i = 0; i < result->vm_count && ret == 0; i++)
		ret = collect_vcpus(assembly->vms[i].vm, &result->vms[i]);
	return ret;
}

int collect_result(const struct assembly *assembly, struct sim_result *result)
{
	struct ledger_account *accounts;
	size_t count;
	int ret;

	result->virtual_time_ps = executor_time_ps(assembly->m->ex);
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		gen9_gpu_engine_stats(assembly->gpu, i, &result->engines[i]);
	for (unsigned op = 0; op < GUEST_OP_COUNT; op++) {
		struct ledger_op totals;

		ledger_op_totals(assembly->m->ledger, LEDGER_NOBODY, op, &totals);
		result->host_work_ps += totals.work_ps;
		for (unsigned kind = 0; kind < WORK_KIND_COUNT; kind++) {
			result->host_work_count[kind] += totals.work_count[kind];
			result->host_work_kind_ps[kind] += totals.work_kind_ps[kind];
		}
	}
	ret = ledger_accounts(assembly->m->ledger, &accounts, &count);
	if (ret)
		return ret;
	for (size_t i = 0; i < result->vm_count && ret == 0; i++) {
		collect_vm(&assembly->vms[i], &result->vms[i]);
		ret = collect_exits(&assembly->vms[i], &result->vms[i], accounts, count);
	}
	free(accounts);
	return ret ? ret : collect_cpus(assembly, result);
}
