// SPDX-License-Identifier: MIT
#include "guest/i915_mutex.h"

#include "guest/i915_bug.h"

/* Interrupts stay disabled between each test and the sleep, so no wake-up is lost. */
void i915_mutex_lock(struct platform *plat, struct i915_mutex *mutex)
{
	bool irq = plat_irq_save(plat);
	bool inner = plat_lock(plat, &mutex->lock);

	while (mutex->held) {
		mutex->waiters++;
		plat_unlock(plat, &mutex->lock, inner);
		plat_halt(plat, PLAT_NEVER);
		inner = plat_lock(plat, &mutex->lock);
		mutex->waiters--;
	}
	mutex->held = true;
	plat_unlock(plat, &mutex->lock, inner);
	plat_irq_restore(plat, irq);
}

bool i915_mutex_trylock(struct platform *plat, struct i915_mutex *mutex)
{
	bool irq = plat_lock(plat, &mutex->lock);
	bool taken = !mutex->held;

	mutex->held = true;
	plat_unlock(plat, &mutex->lock, irq);
	return taken;
}

void i915_mutex_unlock(struct platform *plat, struct i915_mutex *mutex)
{
	bool irq = plat_lock(plat, &mutex->lock);
	bool wake = mutex->waiters > 0;

	I915_BUG_ON(plat, !mutex->held);
	mutex->held = false;
	plat_unlock(plat, &mutex->lock, irq);
	if (wake)
		plat_wake(plat);
}
