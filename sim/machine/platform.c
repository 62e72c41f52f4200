// SPDX-License-Identifier: MIT
// The guest's door to the simulated machine: registers, memory words, time, work, marks.

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/bus_impl.h"
#include "sim/machine/platform_object.h"

static inline bool interrupt_arrived(const struct executor *ex, const struct vcpu *vcpu)
{
	return __builtin_expect(vcpu->irq_at_ps[0] <= exec_now(ex), 0);
}

// Before anything that others can see: let earlier events happen, then take what has come of them.
static inline void interleave(struct platform *plat)
{
	struct vcpu *vcpu = platform_vcpu(plat);

	exec_sync(plat->ex);
	if (interrupt_arrived(plat->ex, vcpu))
		vcpu_poll_interrupts(vcpu);
}

static __attribute__((noinline)) uint64_t read_generally(struct platform *plat, uint64_t addr,
							 unsigned size_bytes)
{
	interleave(plat);
	return bus_read(plat->bus, addr, size_bytes);
}

static __attribute__((noinline)) void write_generally(struct platform *plat, uint64_t addr,
						      unsigned size_bytes, uint64_t value)
{
	interleave(plat);
	bus_write(plat->bus, addr, size_bytes, value);
}

// May an access go the short way? Only contexts of vCPUs have shortcuts.
static inline bool is_short(const struct platform *plat, const struct bus_shortcut *shortcut)
{
	const struct executor *ex = plat->ex;

	return shortcut &&
	       !interrupt_arrived(ex, container_of(party_current(ex), struct vcpu, party));
}

static inline uint64_t read_register(struct platform *plat, uint64_t addr, unsigned size_bytes)
{
	struct bus *bus = plat->bus;
	const struct bus_shortcut *shortcut = bus_shortcut_find(bus, bus->loads, addr, size_bytes);

	if (!is_short(plat, shortcut))
		return read_generally(plat, addr, size_bytes);
	return bus_short_read(bus, shortcut, size_bytes);
}

static inline void write_register(struct platform *plat, uint64_t addr, unsigned size_bytes,
				  uint64_t value)
{
	struct bus *bus = plat->bus;
	const struct bus_shortcut *shortcut = bus_shortcut_find(bus, bus->stores, addr, size_bytes);

	if (is_short(plat, shortcut))
		bus_short_write(bus, shortcut, size_bytes, value);
	else
		write_generally(plat, addr, size_bytes, value);
}

uint8_t plat_read8(struct platform *plat, uint64_t addr)
{
	return (uint8_t)read_register(plat, addr, 1);
}

uint16_t plat_read16(struct platform *plat, uint64_t addr)
{
	return (uint16_t)read_register(plat, addr, 2);
}

uint32_t plat_read32(struct platform *plat, uint64_t addr)
{
	return (uint32_t)read_register(plat, addr, 4);
}

uint64_t plat_read64(struct platform *plat, uint64_t addr)
{
	return read_register(plat, addr, 8);
}

void plat_write8(struct platform *plat, uint64_t addr, uint8_t value)
{
	write_register(plat, addr, 1, value);
}

void plat_write16(struct platform *plat, uint64_t addr, uint16_t value)
{
	write_register(plat, addr, 2, value);
}

void plat_write32(struct platform *plat, uint64_t addr, uint32_t value)
{
	write_register(plat, addr, 4, value);
}

void plat_write64(struct platform *plat, uint64_t addr, uint64_t value)
{
	write_register(plat, addr, 8, value);
}

uint32_t plat_pci_read32(struct platform *plat, unsigned offset)
{
	uint32_t value;

	if (offset % sizeof(value) || offset > VM_PCI_CONFIG_BYTES - sizeof(value))
		return UINT32_MAX;
	memcpy(&value, plat->vm->pci_config + offset, sizeof(value));
	return value;
}

// The gpa behind a pointer into the guest's RAM.
static inline uint64_t gpa_of(const struct platform *plat, const void *p, size_t size_bytes)
{
	uint64_t gpa = (uint64_t)((const uint8_t *)p - plat->ram);

	assert(gpa < plat->ram_bytes && gpa % size_bytes == 0 &&
	       "shared words are aligned and in the guest's own memory");
	return gpa;
}

static inline uint64_t load_word(struct platform *plat, const void *p, unsigned size_bytes,
				 int order)
{
	uint64_t gpa = gpa_of(plat, p, size_bytes);

	interleave(plat);
	return bus_load(plat->bus, gpa, size_bytes, order);
}

static inline void store_word(struct platform *plat, void *p, unsigned size_bytes, uint64_t value,
			      int order)
{
	uint64_t gpa = gpa_of(plat, p, size_bytes);

	interleave(plat);
	bus_store(plat->bus, gpa, size_bytes, value, order);
}

uint32_t plat_load32(struct platform *plat, const void *p)
{
	return (uint32_t)load_word(plat, p, 4, __ATOMIC_RELAXED);
}

uint32_t plat_load_acquire32(struct platform *plat, const void *p)
{
	return (uint32_t)load_word(plat, p, 4, __ATOMIC_ACQUIRE);
}

uint64_t plat_load64(struct platform *plat, const void *p)
{
	return load_word(plat, p, 8, __ATOMIC_RELAXED);
}

void plat_store32(struct platform *plat, void *p, uint32_t value)
{
	store_word(plat, p, 4, value, __ATOMIC_RELAXED);
}

void plat_store_release32(struct platform *plat, void *p, uint32_t value)
{
	store_word(plat, p, 4, value, __ATOMIC_RELEASE);
}

void plat_store64(struct platform *plat, void *p, uint64_t value)
{
	store_word(plat, p, 8, value, __ATOMIC_RELAXED);
}

void plat_mb(struct platform *plat)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void plat_wmb(struct platform *plat)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

uint64_t plat_time_ns(struct platform *plat)
{
	return exec_now(plat->ex) / PS_PER_NS;
}

void plat_delay_ns(struct platform *plat, uint64_t ns)
{
	vcpu_delay(platform_vcpu(plat), platform_ps(ns));
}

void plat_work(struct platform *plat, enum plat_work work)
{
	static const enum cost_param price[] = {
		[PLAT_WORK_REQUEST] = COST_GUEST_REQUEST,
		[PLAT_WORK_SUBMIT] = COST_GUEST_SUBMIT,
		[PLAT_WORK_INTERRUPT] = COST_GUEST_INTERRUPT,
	};
	struct machine *m = plat->vm->m;

	assert((size_t)work < sizeof(price) / sizeof(price[0]));
	exec_advance(m->ex, m->costs.value[price[work]]);
}

static enum guest_op guest_op_of(enum plat_op op)
{
	static const enum guest_op guest_op[] = {
		[PLAT_OP_INIT] = GUEST_OP_INIT,
		[PLAT_OP_SUBMIT] = GUEST_OP_SUBMIT,
		[PLAT_OP_PPGTT_ALLOC] = GUEST_OP_PPGTT_ALLOC,
		[PLAT_OP_PPGTT_INSERT] = GUEST_OP_PPGTT_INSERT,
		[PLAT_OP_PPGTT_CLEAR] = GUEST_OP_PPGTT_CLEAR,
		[PLAT_OP_GGTT_INSERT] = GUEST_OP_GGTT_INSERT,
		[PLAT_OP_GGTT_CLEAR] = GUEST_OP_GGTT_CLEAR,
		[PLAT_OP_FLIP] = GUEST_OP_FLIP,
		[PLAT_OP_WATERMARK] = GUEST_OP_WATERMARK,
		[PLAT_OP_RESET] = GUEST_OP_RESET,
	};

	assert((size_t)op < sizeof(guest_op) / sizeof(guest_op[0]));
	return guest_op[op];
}

void plat_op_begin(struct platform *plat, enum plat_op op)
{
	vcpu_op_begin(platform_vcpu(plat), guest_op_of(op));
}

void plat_op_end(struct platform *plat, enum plat_op op)
{
	vcpu_op_end(platform_vcpu(plat), guest_op_of(op));
}

void plat_log(struct platform *plat, const char *message, uint64_t value)
{
	plat->log_count++;
	plat->last_log = message;
	plat->last_log_value = value;
}

uint64_t platform_log_count(const struct platform *plat)
{
	return plat->log_count;
}

const char *platform_last_log(const struct platform *plat, uint64_t *value)
{
	*value = plat->last_log_value;
	return plat->last_log;
}
