// SPDX-License-Identifier: MIT
// The platform's interrupts, sleeping, and locks between vCPUs.

#include <assert.h>

#include "sim/machine/platform_object.h"

void plat_irq_register(struct platform *plat, void (*handler)(void *opaque), void *opaque)
{
	plat->vm->irq_handler = handler;
	plat->vm->irq_opaque = opaque;
}

bool plat_irq_save(struct platform *plat)
{
	return vcpu_set_irq_enabled(platform_vcpu(plat), false);
}

void plat_irq_restore(struct platform *plat, bool enabled)
{
	vcpu_set_irq_enabled(platform_vcpu(plat), enabled);
}

bool plat_halt(struct platform *plat, uint64_t deadline_ns)
{
	struct vcpu *vcpu = platform_vcpu(plat);

	assert(!vcpu->irq_enabled &&
	       "test and sleep with interrupts disabled, or wake-ups get lost");
	return vcpu_halt(vcpu, platform_ps(deadline_ns)) == 0;
}

void plat_wake(struct platform *plat)
{
	uint64_t now_ps = exec_now(plat->ex);

	for (unsigned i = 0; i < plat->vm->vcpu_count; i++)
		vcpu_wake(plat->vm->vcpus[i], now_ps);
}

// A spinning vCPU does nothing else that anybody could see, so it may as well wait.
bool plat_lock(struct platform *plat, struct plat_lock *lock)
{
	struct executor *ex = plat->ex;
	struct vcpu *vcpu = platform_vcpu(plat);
	bool irq_state = vcpu_set_irq_enabled(vcpu, false);

	assert(lock->word != vcpu->id + 1 && "a plat_lock is not recursive");
	exec_sync(ex);
	while (lock->word)
		exec_wait(ex, &plat->lock_waiters, EXEC_NEVER);
	lock->word = vcpu->id + 1;
	return irq_state;
}

void plat_unlock(struct platform *plat, struct plat_lock *lock, bool irq_state)
{
	struct executor *ex = plat->ex;
	struct vcpu *vcpu = platform_vcpu(plat);

	assert(lock->word == vcpu->id + 1 && "only the vCPU that has taken a lock gives it back");
	// Whoever asked before now has to be among the waiters.
	exec_sync(ex);
	lock->word = 0;
	exec_wake_all(ex, &plat->lock_waiters, exec_now(ex));
	vcpu_set_irq_enabled(vcpu, irq_state);
}
