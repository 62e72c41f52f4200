// SPDX-License-Identifier: MIT
/*
 * Reads of registers.
 *
 * With level mmio_read_passthrough the host lets a read through to the memory in which it keeps the
 * register. What memory cannot answer, by the table of sim/abi/pvmmio_reads.h, goes through one
 * port: the register's offset in the shared page, then a read of PVINFO_PV_MMIO. Word and port are
 * one for all vCPUs.
 *
 * Source: sim/abi/pvmmio.h.
 */
#include "guest/i915_internal.h"
#include "sim/abi/pvmmio_reads.h"

static uint32_t read_plain(struct i915 *i915, uint32_t offset)
{
	return plat_read32(i915->plat, i915->bar0 + offset);
}

static uint32_t read_port(struct i915 *i915, uint32_t offset)
{
	plat_store32(i915->plat, &i915->shared.page->reg_addr, offset);
	plat_mb(i915->plat); /* the port is read after it */
	return read_plain(i915, PVINFO_BASE + PVINFO_PV_MMIO);
}

static uint32_t read_passthrough(struct i915 *i915, uint32_t offset)
{
	uint32_t value;
	bool irq;

	if (!pvmmio_read_traps(offset))
		return read_plain(i915, offset);
	irq = plat_lock(i915->plat, &i915->shared.reg_lock);
	value = read_port(i915, offset);
	plat_unlock(i915->plat, &i915->shared.reg_lock, irq);
	return value;
}

/* Wrong: another vCPU, or an interrupt handler, may store its own offset in between. */
static uint32_t read_unlocked(struct i915 *i915, uint32_t offset)
{
	return pvmmio_read_traps(offset) ? read_port(i915, offset) : read_plain(i915, offset);
}

const struct i915_read_ops i915_read_plain = { .read = read_plain };
static const struct i915_read_ops ops_passthrough = { .read = read_passthrough };
static const struct i915_read_ops ops_unlocked = { .read = read_unlocked };

const struct i915_read_ops *i915_choose_read_ops(uint32_t levels, uint32_t disorders)
{
	if (!(levels & PVMMIO_READ_PASSTHROUGH))
		return &i915_read_plain;
	return disorders & I915_DISORDER_REG_ADDR_UNLOCKED ? &ops_unlocked : &ops_passthrough;
}
