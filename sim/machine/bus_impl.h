/* SPDX-License-Identifier: MIT */
/*
 * The inside of the bus, for bus.c and for the platform, which makes the same accesses with a
 * stated memory order. Everybody else goes through bus.h.
 *
 * Pages are looked up in two steps: a table of leaves, each of the 4096 pages of 16 MiB (one GPU
 * BAR0). A page's whole state is one 8-byte word, so that a look-up is two loads.
 */
#ifndef PVMMIO_SIM_MACHINE_BUS_IMPL_H
#define PVMMIO_SIM_MACHINE_BUS_IMPL_H

#include <assert.h>
#include <string.h>

#include "sim/machine/bus.h"
#include "sim/machine/container.h"
#include "sim/machine/party.h"
#include "sim/machine/vm.h"

#define BUS_LEAF_SHIFT 12
#define BUS_LEAF_PAGES (1u << BUS_LEAF_SHIFT)
#define BUS_LEAF_COUNT (BUS_ADDRESS_LIMIT >> (PAGE_SHIFT + BUS_LEAF_SHIFT))

struct bus_page {
	uint16_t region; /* whose ops see accesses: owner, or the handler set later */
	uint16_t owner;  /* the region mapped here; 0: nothing, and attr is BUS_NONE */
	uint8_t attr;
	uint8_t unused[3];
};

_Static_assert(sizeof(struct bus_page) == 8, "a page's state is one load");

/*
 * What is remembered of an MMIO exit, so that the next one like it takes the short way. Loads and
 * stores have their own slots.
 */
struct bus_shortcut {
	uint64_t addr;
	uint64_t origin; /* exit_origin of the vCPU's party */
	struct exit_account *account;
	union {
		int (*read)(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value);
		int (*write)(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value);
	};
	void *opaque;
	uint64_t offset;
	unsigned size_bytes; /* 0: empty */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct bus_shortcut) == 64, "one cache line");

#define BUS_SHORTCUTS 256

struct bus {
	struct bus_shortcut loads[BUS_SHORTCUTS];
	struct bus_shortcut stores[BUS_SHORTCUTS];
	struct executor *ex;
	struct bus_layer *outermost;
	struct exit_book *book;
	struct bus_region **regions; /* by id; [0] is NULL */
	uint8_t *ram;                /* guest view */
	uint64_t ram_bytes;
	uint64_t unclaimed_count;
	unsigned region_count; /* ids given, with 0 */
	unsigned region_capacity;
	struct bus_layer device; /* innermost: charges the price, calls the region's handler */
	struct exit_price prices[EXIT_REASON_COUNT];
	struct exit_price event_price; /* EXIT_MMIO_WRITE without forwarding */
	struct exit_book no_book;      /* in use when nobody books */
	struct exit_account unbooked;
	uint64_t epoch; /* counts the times that shortcuts were forgotten */
	struct bus_page *leaves[BUS_LEAF_COUNT];
};

static inline bool bus_attr_is_ram(enum bus_attr attr)
{
	return attr >= BUS_RAM && attr <= BUS_RAM_TRACKED;
}

static inline struct bus_page *bus_page_at(const struct bus *bus, uint64_t pfn)
{
	struct bus_page *leaf = bus->leaves[pfn >> BUS_LEAF_SHIFT];

	return leaf ? &leaf[pfn & (BUS_LEAF_PAGES - 1)] : NULL;
}

/* The page of an access; NULL when it crosses a page or nothing is there. */
static inline const struct bus_page *bus_page_of_access(const struct bus *bus, uint64_t addr,
							unsigned size_bytes)
{
	if (__builtin_expect(addr >= BUS_ADDRESS_LIMIT, 0) ||
	    __builtin_expect((addr & PAGE_MASK) > PAGE_SIZE - size_bytes, 0))
		return NULL;
	return bus_page_at(bus, addr >> PAGE_SHIFT);
}

/* All ones in the low size_bytes bytes. */
static inline uint64_t bus_value_mask(unsigned size_bytes)
{
	return ~UINT64_C(0) >> (64 - 8 * size_bytes);
}

/* Memory at p: really atomic where aligned, in the given __ATOMIC_* order. */
static inline uint64_t bus_memory_load(const void *p, unsigned size_bytes, int order)
{
	uint64_t value = 0;

	if ((uintptr_t)p & (size_bytes - 1)) {
		memcpy(&value, p, size_bytes);
		return value;
	}
	switch (size_bytes) {
	case 1:
		return __atomic_load_n((const uint8_t *)p, order);
	case 2:
		return __atomic_load_n((const uint16_t *)p, order);
	case 4:
		return __atomic_load_n((const uint32_t *)p, order);
	default:
		return __atomic_load_n((const uint64_t *)p, order);
	}
}

/* Memory behind the bus, likewise. */
static inline uint64_t bus_ram_load(const struct bus *bus, uint64_t addr, unsigned size_bytes,
				    int order)
{
	return bus_memory_load(bus->ram + addr, size_bytes, order);
}

static inline void bus_ram_store(const struct bus *bus, uint64_t addr, unsigned size_bytes,
				 uint64_t value, int order)
{
	void *p = bus->ram + addr;

	if (addr & (size_bytes - 1)) {
		memcpy(p, &value, size_bytes);
		return;
	}
	switch (size_bytes) {
	case 1:
		__atomic_store_n((uint8_t *)p, (uint8_t)value, order);
		break;
	case 2:
		__atomic_store_n((uint16_t *)p, (uint16_t)value, order);
		break;
	case 4:
		__atomic_store_n((uint32_t *)p, (uint32_t)value, order);
		break;
	default:
		__atomic_store_n((uint64_t *)p, value, order);
		break;
	}
}

/* The accesses that are not plain memory; the page is that of the access, or NULL. */
uint64_t bus_device_read(struct bus *bus, const struct bus_page *page, uint64_t addr,
			 unsigned size_bytes);
void bus_device_write(struct bus *bus, const struct bus_page *page, uint64_t addr,
		      unsigned size_bytes, uint64_t value);

/* bus_read() and bus_write() of what is mostly memory, with a memory order for that. */
static inline uint64_t bus_load(struct bus *bus, uint64_t addr, unsigned size_bytes, int order)
{
	const struct bus_page *page;

	exec_sync(bus->ex);
	page = bus_page_of_access(bus, addr, size_bytes);
	if (page && bus_attr_is_ram(page->attr))
		return bus_ram_load(bus, addr, size_bytes, order);
	return bus_device_read(bus, page, addr, size_bytes);
}

static inline void bus_store(struct bus *bus, uint64_t addr, unsigned size_bytes, uint64_t value,
			     int order)
{
	const struct bus_page *page;

	exec_sync(bus->ex);
	page = bus_page_of_access(bus, addr, size_bytes);
	if (page && page->attr == BUS_RAM)
		bus_ram_store(bus, addr, size_bytes, value, order);
	else
		bus_device_write(bus, page, addr, size_bytes, value);
}

/* Registers of the same name in different engines differ in upper bits of their offset only. */
static inline size_t bus_shortcut_slot(uint64_t addr)
{
	return (addr >> 2 ^ addr >> PAGE_SHIFT) & (BUS_SHORTCUTS - 1);
}

/*
 * The short way, in three steps: a shortcut from bus->loads or bus->stores that fits the access, if
 * the current context is one that may go on; then the exit itself.
 *
 * What these cost is, on current CPUs, mostly the number of stores to memory, those that save
 * registers around calls included. Hence: whatever does not fit is left to a call at the end, and
 * little is kept across the handler.
 */
static inline const struct bus_shortcut *bus_shortcut_find(const struct bus *bus,
							   const struct bus_shortcut *slots,
							   uint64_t addr, unsigned size_bytes)
{
	const struct bus_shortcut *shortcut = &slots[bus_shortcut_slot(addr)];
	const struct executor *ex = bus->ex;
	const struct party *party = party_current(ex);
	bool fits = shortcut->addr == addr && shortcut->size_bytes == size_bytes && party &&
		    party->exit_origin == shortcut->origin && !party->open_exit &&
		    exec_now(ex) < ex->horizon_ps;

	return __builtin_expect(fits, 1) ? shortcut : NULL;
}

/* What is remembered of pages [first_pfn, first_pfn + page_count) does not hold any more. */
void bus_forget_shortcuts(struct bus *bus, uint64_t first_pfn, uint64_t page_count);

/* An exit took another time than the account's run. */
void bus_settle(struct bus *bus, struct exit_account *account, uint64_t duration_ps);

static inline uint64_t bus_exit_open(struct bus *bus, const struct bus_shortcut *shortcut,
				     enum exit_reason reason)
{
	uint64_t start_ps = exec_now(bus->ex);
	struct party *party = party_current(bus->ex);

	party->open_exit = shortcut->account;
	party->exit_start_ps = start_ps;
	bus->ex->now_ps = start_ps + bus->prices[reason].before_ps;
	return start_ps;
}

static inline void bus_exit_close(struct bus *bus, uint64_t start_ps, enum exit_reason reason)
{
	struct executor *ex = bus->ex;
	struct party *party = party_current(ex);
	struct exit_account *account = party->open_exit;
	uint64_t duration_ps = exec_now(ex) - start_ps +
			       bus->prices[reason].part_ps[EXIT_PART_REENTRY];

	party->open_exit = NULL;
	party->reentry_ps = start_ps + duration_ps;
	ex->now_ps = start_ps + duration_ps;
	if (__builtin_expect(duration_ps == account->run_ps, 1))
		account->run_count++;
	else
		bus_settle(bus, account, duration_ps);
}

static inline uint64_t bus_short_read(struct bus *bus, const struct bus_shortcut *shortcut,
				      unsigned size_bytes)
{
	uint64_t start_ps = bus_exit_open(bus, shortcut, EXIT_MMIO_READ);
	uint64_t value = 0;
	int ret;

	ret = shortcut->read(shortcut->opaque, shortcut->offset, size_bytes, &value);
	bus_exit_close(bus, start_ps, EXIT_MMIO_READ);
	return ret ? 0 : value & bus_value_mask(size_bytes);
}

static inline void bus_short_write(struct bus *bus, const struct bus_shortcut *shortcut,
				   unsigned size_bytes, uint64_t value)
{
	uint64_t start_ps = bus_exit_open(bus, shortcut, EXIT_MMIO_WRITE);

	shortcut->write(shortcut->opaque, shortcut->offset, size_bytes,
			value & bus_value_mask(size_bytes));
	bus_exit_close(bus, start_ps, EXIT_MMIO_WRITE);
}

/* The vCPU on whose context this is called; asserts that there is one, and that it sits here. */
static inline struct vcpu *bus_current_vcpu(const struct bus *bus)
{
	struct party *party = party_current(bus->ex);
	struct vcpu *vcpu;

	assert(party && party->kind == PARTY_VCPU && "outside of a vCPU's context");
	vcpu = container_of(party, struct vcpu, party);
	assert(vcpu->vm->bus == bus && "a vCPU of another VM");
	return vcpu;
}

#endif
