// SPDX-License-Identifier: MIT

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/container.h"
#include "sim/machine/vm_impl.h"

static struct executor *executor_of(const struct vcpu *vcpu)
{
	return vcpu->vm->m->ex;
}

static uint64_t price_of(const struct vcpu *vcpu, enum cost_param param)
{
	return vcpu->vm->m->costs.value[param];
}

static uint64_t min_ps(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void update_origin(struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;

	vcpu->party.exit_origin = ledger_origin(vm->id, vcpu->id, vcpu_op(vcpu));
	vcpu->party.exit_work = ledger_exit_work(vm->m->ledger, vm->id, vcpu_op(vcpu));
}

int vcpu_create(struct vcpu **out, struct vm *vm, unsigned id)
{
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		return -ENOMEM;
	vcpu->party.kind = PARTY_VCPU;
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->irq_at_ps[0] = EXEC_NEVER;
	vcpu->wake_at_ps = EXEC_NEVER;
	update_origin(vcpu);
	*out = vcpu;
	return 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
	free(vcpu);
}

static void run_guest(void *arg)
{
	struct vcpu *vcpu = arg;

	vcpu->entry(vcpu->entry_arg);
	assert(vcpu->op_depth == 0 && "the guest's software ended inside an operation");
}

int vcpu_start(struct vm *vm, unsigned id, uint64_t start_ps, exec_entry_fn entry, void *arg)
{
	struct vcpu *vcpu;
	char name[sizeof(vm->name) + 16];
	int ret;

	if (id >= vm->vcpu_count)
		return -EINVAL;
	vcpu = vm->vcpus[id];
	if (vcpu->context)
		return -EBUSY;
	vcpu->entry = entry;
	vcpu->entry_arg = arg;
	snprintf(name, sizeof(name), "%s/vcpu%u", vm->name, id);
	ret = executor_spawn(vm->m->ex, name, start_ps, run_guest, vcpu, &vcpu->context);
	if (ret)
		return ret;
	exec_context_set_local(vcpu->context, &vcpu->party);
	exec_context_use_cpu(vcpu->context, EXEC_CPU_THREAD);
	return 0;
}

struct vcpu *vcpu_current(const struct machine *m)
{
	struct party *party = party_current(m->ex);

	return party && party->kind == PARTY_VCPU ? container_of(party, struct vcpu, party) : NULL;
}

static uint64_t max_ps(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

// Keep the queue of arrivals sorted. When it is full, the two latest become one, at the later time:
// the guest's handler then runs after both.
static void queue_arrival(struct vcpu *vcpu, uint64_t at_ps)
{
	uint64_t *queue = vcpu->irq_at_ps;
	const unsigned last = VCPU_IRQ_QUEUE - 1;
	unsigned i;

	if (vcpu->irq_count <= last) {
		i = vcpu->irq_count++;
	} else {
		vcpu->interrupts_merged++;
		if (at_ps >= queue[last - 1]) {
			queue[last] = max_ps(queue[last], at_ps);
			return;
		}
		i = last - 1;
	}
	for (; i > 0 && queue[i - 1] > at_ps; i--)
		queue[i] = queue[i - 1];
	queue[i] = at_ps;
}

void vcpu_reset_interrupts(struct vcpu *vcpu)
{
	assert(!vcpu->irq_in_service);
	vcpu->irq_enabled = false;
	vcpu->irq_count = 0;
	vcpu->irq_at_ps[0] = EXEC_NEVER;
}

// The CPU accepts one interrupt: everything that has arrived by now is in it.
static void accept_arrivals(struct vcpu *vcpu, uint64_t now_ps)
{
	unsigned arrived = 0;

	while (arrived < vcpu->irq_count && vcpu->irq_at_ps[arrived] <= now_ps)
		arrived++;
	assert(arrived > 0);
	vcpu->irq_count -= arrived;
	memmove(vcpu->irq_at_ps, vcpu->irq_at_ps + arrived,
		vcpu->irq_count * sizeof(vcpu->irq_at_ps[0]));
	if (vcpu->irq_count == 0)
		vcpu->irq_at_ps[0] = EXEC_NEVER;
	vcpu->interrupts_taken++;
	vcpu->interrupts_merged += arrived - 1;
	trace_emit(vcpu->vm->m, TRACE_INTERRUPT, vcpu->vm->id, vcpu->id, arrived);
}

// Let a sleeping vCPU look again. It is woken at the caller's time and not at the event's, so that
// an earlier event can still come.
static void reconsider(struct vcpu *vcpu)
{
	struct executor *ex = executor_of(vcpu);

	exec_wake_all(ex, &vcpu->waiting, ex->current ? exec_now(ex) : executor_time_ps(ex));
}

void vcpu_post_interrupt(struct vcpu *vcpu, uint64_t at_ps)
{
	trace_emit(vcpu->vm->m, TRACE_MSI, vcpu->vm->id, vcpu->id, at_ps);
	queue_arrival(vcpu, at_ps);
	reconsider(vcpu);
}

static void deliver_msi(void *opaque, uint64_t at_ps)
{
	struct vcpu *vcpu = opaque;

	vcpu_post_interrupt(vcpu, at_ps);
}

struct msi_target vcpu_msi_target(struct vcpu *vcpu)
{
	return (struct msi_target){ .deliver = deliver_msi, .opaque = vcpu };
}

static bool can_take(const struct vcpu *vcpu)
{
	return vcpu->irq_enabled && !vcpu->irq_in_service &&
	       vcpu->irq_at_ps[0] <= exec_now(executor_of(vcpu));
}

// Interrupts are on or off from now on: an exit that ended before has delivered none of those to
// come.
static void set_irq_enabled(struct vcpu *vcpu, bool enabled)
{
	vcpu->irq_enabled = enabled;
	vcpu->party.reentry_ps = 0;
}

// Did the first arrival find the vCPU in the hypervisor, which delivered it on the way back?
static bool arrived_in_exit(const struct vcpu *vcpu)
{
	return vcpu->irq_at_ps[0] <= vcpu->party.reentry_ps;
}

// Delivery, handler and end of one interrupt. See the table in vm.h.
static void take_interrupt(struct vcpu *vcpu, bool was_halted)
{
	bool exits = vcpu->vm->virtualized && !price_of(vcpu, COST_INTERRUPT_POSTED);
	struct executor *ex = executor_of(vcpu);
	struct vm *vm = vcpu->vm;
	bool in_guest = !was_halted && !arrived_in_exit(vcpu);
	uint64_t start_ps = exec_now(ex);

	vcpu->irq_in_service = true;
	set_irq_enabled(vcpu, false);
	vcpu_op_begin(vcpu, GUEST_OP_INTERRUPT);
	if (exits && in_guest)
		bus_exit(vm->bus, vcpu, EXIT_INTERRUPT);
	exec_sync(ex);
	accept_arrivals(vcpu, exec_now(ex));
	exec_advance(ex, price_of(vcpu, COST_INTERRUPT_DELIVERY));
	if (vm->irq_handler)
		vm->irq_handler(vm->irq_opaque);
	if (exits)
		bus_exit(vm->bus, vcpu, EXIT_EOI);
	vcpu_op_end(vcpu, GUEST_OP_INTERRUPT);
	vcpu->interrupts_ps += exec_now(ex) - start_ps;
	vcpu->irq_in_service = false;
	set_irq_enabled(vcpu, true);
}

void vcpu_poll_interrupts(struct vcpu *vcpu)
{
	while (can_take(vcpu)) {
		take_interrupt(vcpu, false);
		exec_sync(executor_of(vcpu));
	}
}

bool vcpu_set_irq_enabled(struct vcpu *vcpu, bool enabled)
{
	bool was_enabled = vcpu->irq_enabled;

	// From here on, a wake-up may fall between a test and the sleep that follows it.
	if (was_enabled && !enabled)
		vcpu->wake_at_ps = EXEC_NEVER;
	if (was_enabled != enabled)
		set_irq_enabled(vcpu, enabled);
	if (enabled) {
		exec_sync(executor_of(vcpu));
		vcpu_poll_interrupts(vcpu);
	}
	return was_enabled;
}

void vcpu_delay(struct vcpu *vcpu, uint64_t ps)
{
	struct executor *ex = executor_of(vcpu);
	uint64_t now_ps = exec_now(ex);
	uint64_t end_ps = ps < EXEC_NEVER - now_ps ? now_ps + ps : EXEC_NEVER;

	exec_sync(ex);
	vcpu_poll_interrupts(vcpu);
	while ((now_ps = exec_now(ex)) < end_ps) {
		if (vcpu->irq_enabled && !vcpu->irq_in_service)
			exec_wait(ex, &vcpu->waiting, min_ps(end_ps, vcpu->irq_at_ps[0]));
		else
			exec_sleep_until(ex, end_ps);
		vcpu->idle_ps += exec_now(ex) - now_ps;
		vcpu_poll_interrupts(vcpu);
	}
}

void vcpu_compute(struct vcpu *vcpu, uint64_t ps)
{
	struct executor *ex = executor_of(vcpu);

	while (ps > 0) {
		uint64_t stretch_ps = min_ps(ps, PS_PER_US);

		exec_sleep_until(ex, exec_now(ex) + stretch_ps);
		ps -= stretch_ps;
		vcpu_poll_interrupts(vcpu);
	}
}

// Why a halted vCPU goes on.
enum halt_end {
	HALT_INTERRUPT,
	HALT_WOKEN,
	HALT_DEADLINE,
};

static enum halt_end halt_wait(struct vcpu *vcpu, uint64_t deadline_ps, bool *slept)
{
	struct executor *ex = executor_of(vcpu);

	for (;;) {
		uint64_t now_ps = exec_now(ex);

		if (vcpu->irq_at_ps[0] <= now_ps)
			return HALT_INTERRUPT;
		if (vcpu->wake_at_ps <= now_ps)
			return HALT_WOKEN;
		if (deadline_ps <= now_ps)
			return HALT_DEADLINE;
		*slept = true;
		exec_wait(ex, &vcpu->waiting,
			  min_ps(min_ps(vcpu->irq_at_ps[0], vcpu->wake_at_ps), deadline_ps));
		vcpu->idle_ps += exec_now(ex) - now_ps;
	}
}

int vcpu_halt(struct vcpu *vcpu, uint64_t deadline_ps)
{
	struct executor *ex = executor_of(vcpu);
	bool was_enabled = vcpu->irq_enabled;
	bool slept = false;
	enum halt_end end;

	assert(!vcpu->irq_in_service && "an interrupt handler must not sleep");
	set_irq_enabled(vcpu, true);
	vcpu->halted = true;
	exec_sync(ex);
	end = halt_wait(vcpu, deadline_ps, &slept);
	vcpu->halted = false;
	if (slept && vcpu->vm->virtualized)
		exec_advance(ex, price_of(vcpu, COST_VCPU_WAKE));
	if (end == HALT_INTERRUPT)
		take_interrupt(vcpu, slept);
	set_irq_enabled(vcpu, was_enabled);
	// The caller tests again now: whatever woke it so far has had its effect.
	vcpu->wake_at_ps = EXEC_NEVER;
	return end == HALT_DEADLINE ? -ETIMEDOUT : 0;
}

void vcpu_wake(struct vcpu *vcpu, uint64_t at_ps)
{
	if (!vcpu->halted && vcpu->irq_enabled)
		return;
	vcpu->wake_at_ps = min_ps(vcpu->wake_at_ps, at_ps);
	if (vcpu->halted)
		reconsider(vcpu);
}

void vcpu_op_begin(struct vcpu *vcpu, enum guest_op op)
{
	assert(vcpu->op_depth < VCPU_OP_DEPTH && "operations are nested too deep");
	vcpu->ops[vcpu->op_depth].op = op;
	vcpu->ops[vcpu->op_depth].start_ps = exec_now(executor_of(vcpu));
	vcpu->ops[vcpu->op_depth].nested_ps = 0;
	vcpu->op_depth++;
	update_origin(vcpu);
	trace_emit(vcpu->vm->m, TRACE_OPERATION_BEGIN, vcpu->vm->id, op);
}

void vcpu_op_end(struct vcpu *vcpu, enum guest_op op)
{
	struct machine *m = vcpu->vm->m;
	uint64_t duration_ps;
	unsigned top;

	assert(vcpu->op_depth > 0 && vcpu->ops[vcpu->op_depth - 1].op == op &&
	       "an operation ends that is not the innermost one");
	top = --vcpu->op_depth;
	duration_ps = exec_now(m->ex) - vcpu->ops[top].start_ps;
	if (top > 0)
		vcpu->ops[top - 1].nested_ps += duration_ps;
	update_origin(vcpu);
	ledger_book_operation(m->ledger, vcpu->vm->id, op, duration_ps - vcpu->ops[top].nested_ps);
	trace_emit(m, TRACE_OPERATION, vcpu->vm->id, op, duration_ps);
}

enum guest_op vcpu_op(const struct vcpu *vcpu)
{
	return vcpu->op_depth ? vcpu->ops[vcpu->op_depth - 1].op : GUEST_OP_NONE;
}
