// SPDX-License-Identifier: MIT
// Accesses on the bus, and what an exit goes through.

#include <errno.h>
#include <stdlib.h>

#include "sim/machine/bus_impl.h"

// A store to a protected page. The page is looked up again: a wrapper may have waited meanwhile.
static bool store_reaches_memory(struct bus *bus, const struct bus_access *access)
{
	const struct bus_page *page = bus_page_at(bus, access->addr >> PAGE_SHIFT);

	return page && (page->attr == BUS_RAM || page->attr == BUS_RAM_TRACKED);
}

static void call_handler(struct bus *bus, struct bus_access *access)
{
	const struct bus_region *region = access->region;

	if (access->reason == EXIT_WRITE_PROTECT && store_reaches_memory(bus, access))
		bus_ram_store(bus, access->addr, access->size_bytes, access->value,
			      __ATOMIC_RELEASE);
	if (!region || !region->ops)
		return;
	if (access->is_write)
		access->error = region->ops->write(region->opaque, access->offset,
						   access->size_bytes, access->value);
	else
		access->error = region->ops->read(region->opaque, access->offset,
						  access->size_bytes, &access->value);
}

static void device_exit(struct bus_layer *layer, struct bus_access *access)
{
	struct bus *bus = container_of(layer, struct bus, device);

	exec_advance(bus->ex, access->price->before_ps);
	call_handler(bus, access);
	exec_advance(bus->ex, access->price->part_ps[EXIT_PART_REENTRY]);
}

static struct exit_account *no_account(struct exit_book *book, const struct bus_access *access,
				       const struct exit_price *price)
{
	return &container_of(book, struct bus, no_book)->unbooked;
}

static void no_settle(struct exit_book *book, struct exit_account *account, uint64_t duration_ps)
{
}

int bus_create(struct bus **out, struct executor *ex, struct guest_ram *ram)
{
	// A shortcut is one cache line, and shall lie in one.
	struct bus *bus = aligned_alloc(_Alignof(struct bus), sizeof(*bus));

	if (!bus)
		return -ENOMEM;
	memset(bus, 0, sizeof(*bus));
	bus->ex = ex;
	if (ram) {
		bus->ram = guest_ram_guest_view(ram);
		bus->ram_bytes = guest_ram_size_bytes(ram);
	}
	bus->region_count = 1;
	bus->device = (struct bus_layer){ .name = "device", .exit = device_exit };
	bus->outermost = &bus->device;
	bus->no_book = (struct exit_book){ .account = no_account, .settle = no_settle };
	bus->book = &bus->no_book;
	*out = bus;
	return 0;
}

void bus_destroy(struct bus *bus)
{
	if (!bus)
		return;
	for (size_t i = 0; i < BUS_LEAF_COUNT; i++)
		free(bus->leaves[i]);
	free(bus->regions);
	free(bus);
}

void bus_forget_shortcuts(struct bus *bus, uint64_t first_pfn, uint64_t page_count)
{
	for (unsigned i = 0; i < BUS_SHORTCUTS; i++) {
		if ((bus->loads[i].addr >> PAGE_SHIFT) - first_pfn < page_count)
			bus->loads[i].size_bytes = 0;
		if ((bus->stores[i].addr >> PAGE_SHIFT) - first_pfn < page_count)
			bus->stores[i].size_bytes = 0;
	}
	bus->epoch++;
}

static void forget_all_shortcuts(struct bus *bus)
{
	bus_forget_shortcuts(bus, 0, BUS_ADDRESS_LIMIT >> PAGE_SHIFT);
}

void bus_push_layer(struct bus *bus, struct bus_layer *layer)
{
	layer->next = bus->outermost;
	bus->outermost = layer;
	forget_all_shortcuts(bus);
}

void bus_remove_layer(struct bus *bus, struct bus_layer *layer)
{
	struct bus_layer **link = &bus->outermost;

	while (*link && *link != layer)
		link = &(*link)->next;
	assert(*link && "the layer is not on this bus");
	*link = layer->next;
	forget_all_shortcuts(bus);
}

void bus_set_prices(struct bus *bus, const struct exit_price prices[EXIT_REASON_COUNT])
{
	if (prices)
		memcpy(bus->prices, prices, sizeof(bus->prices));
	else
		memset(bus->prices, 0, sizeof(bus->prices));
	bus->event_price = bus->prices[EXIT_MMIO_WRITE];
	bus->event_price.before_ps -= bus->event_price.part_ps[EXIT_PART_FORWARDING];
	bus->event_price.part_ps[EXIT_PART_FORWARDING] = 0;
	forget_all_shortcuts(bus);
}

void bus_set_book(struct bus *bus, struct exit_book *book)
{
	bus->book = book ? book : &bus->no_book;
	forget_all_shortcuts(bus);
}

// epoch is that of when the exit began: what its handler has changed since must not be remembered.
static void shortcut_keep(struct bus *bus, const struct bus_access *access,
			  struct exit_account *account, uint64_t epoch)
{
	const struct bus_region *region = access->region;
	struct bus_shortcut *shortcut;

	// Shortcuts know one price.
	if (access->price != &bus->prices[access->reason])
		return;
	// A wrapper has to see every exit, and a protected store is more than its handler.
	if (bus->outermost != &bus->device || bus->epoch != epoch)
		return;
	if (access->reason != EXIT_MMIO_READ && access->reason != EXIT_MMIO_WRITE)
		return;
	shortcut = &(access->is_write ? bus->stores : bus->loads)[bus_shortcut_slot(access->addr)];
	*shortcut = (struct bus_shortcut){
		.addr = access->addr,
		.origin = access->vcpu->party.exit_origin,
		.account = account,
		.opaque = region->opaque,
		.offset = access->offset,
		.size_bytes = access->size_bytes,
	};
	if (access->is_write)
		shortcut->write = region->ops->write;
	else
		shortcut->read = region->ops->read;
}

void bus_settle(struct bus *bus, struct exit_account *account, uint64_t duration_ps)
{
	bus->book->settle(bus->book, account, duration_ps);
}

static const struct exit_price *price_of(const struct bus *bus, const struct bus_access *access)
{
	const struct bus_region *region = access->region;

	if (access->reason == EXIT_MMIO_WRITE && region->ops && region->ops->is_event &&
	    region->ops->is_event(region->opaque, access->offset, access->size_bytes,
				  access->value))
		return &bus->event_price;
	return &bus->prices[access->reason];
}

// The general way of an exit, through all layers.
static void run_exit(struct bus *bus, struct bus_access *access)
{
	struct party *party = &access->vcpu->party;
	struct exit_account *account;
	uint64_t epoch = bus->epoch;
	uint64_t duration_ps;

	assert(!party->open_exit && "an exit inside of an exit");
	access->start_ps = exec_now(bus->ex);
	access->ex = bus->ex;
	access->price = price_of(bus, access);
	account = bus->book->account(bus->book, access, access->price);
	party->open_exit = account;
	party->exit_start_ps = access->start_ps;
	bus->outermost->exit(bus->outermost, access);
	party->open_exit = NULL;
	party->reentry_ps = exec_now(bus->ex);
	duration_ps = party->reentry_ps - access->start_ps;
	if (duration_ps == account->run_ps)
		account->run_count++;
	else
		bus_settle(bus, account, duration_ps);
	shortcut_keep(bus, access, account, epoch);
}

static inline struct bus_region *page_region(const struct bus *bus, const struct bus_page *page)
{
	return bus->regions[page->region];
}

static uint64_t passthrough_read(struct bus *bus, const struct bus_region *region, uint64_t addr,
				 unsigned size_bytes)
{
	uint64_t value = 0;
	int ret;

	ret = region->ops->read(region->opaque, addr - region->base, size_bytes, &value);
	exec_advance(bus->ex, region->load_latency_ps);
	return ret ? 0 : value & bus_value_mask(size_bytes);
}

static uint64_t backing_load(const struct bus_region *region, uint64_t addr, unsigned size_bytes)
{
	return bus_memory_load((const uint8_t *)region->backing + (addr - region->base), size_bytes,
			       __ATOMIC_ACQUIRE);
}

uint64_t bus_device_read(struct bus *bus, const struct bus_page *page, uint64_t addr,
			 unsigned size_bytes)
{
	const struct bus_region *region;
	struct bus_access access;

	if (!page || page->attr == BUS_NONE) {
		bus->unclaimed_count++;
		return bus_value_mask(size_bytes);
	}
	region = page_region(bus, page);
	if (page->attr == BUS_PASSTHROUGH)
		return passthrough_read(bus, region, addr, size_bytes);
	if (page->attr == BUS_READ_DIRECT) {
		uint64_t value = backing_load(region, addr, size_bytes);

		exec_advance(bus->ex, region->load_latency_ps);
		return value;
	}
	access = (struct bus_access){
		.vcpu = bus_current_vcpu(bus),
		.region = region,
		.addr = addr,
		.offset = addr - region->base,
		.reason = EXIT_MMIO_READ,
		.size_bytes = (uint8_t)size_bytes,
	};
	run_exit(bus, &access);
	return access.error ? 0 : access.value & bus_value_mask(size_bytes);
}

void bus_device_write(struct bus *bus, const struct bus_page *page, uint64_t addr,
		      unsigned size_bytes, uint64_t value)
{
	const struct bus_region *region;
	struct bus_access access;

	if (!page || page->attr == BUS_NONE) {
		bus->unclaimed_count++;
		return;
	}
	region = page_region(bus, page);
	value &= bus_value_mask(size_bytes);
	if (page->attr == BUS_PASSTHROUGH) {
		region->ops->write(region->opaque, addr - region->base, size_bytes, value);
		exec_advance(bus->ex, region->store_latency_ps);
		return;
	}
	access = (struct bus_access){
		.vcpu = bus_current_vcpu(bus),
		.region = region,
		.addr = addr,
		.offset = addr - region->base,
		.value = value,
		.reason = bus_attr_is_ram(page->attr) ? EXIT_WRITE_PROTECT : EXIT_MMIO_WRITE,
		.size_bytes = (uint8_t)size_bytes,
		.is_write = true,
	};
	run_exit(bus, &access);
}

static void check_size(unsigned size_bytes)
{
	assert(size_bytes == 1 || size_bytes == 2 || size_bytes == 4 || size_bytes == 8);
}

// When others had to go first, the short way may be open afterwards.
static __attribute__((noinline)) uint64_t read_generally(struct bus *bus, uint64_t addr,
							 unsigned size_bytes)
{
	const struct bus_shortcut *shortcut;

	check_size(size_bytes);
	exec_sync(bus->ex);
	shortcut = bus_shortcut_find(bus, bus->loads, addr, size_bytes);
	if (shortcut)
		return bus_short_read(bus, shortcut, size_bytes);
	return bus_load(bus, addr, size_bytes, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void write_generally(struct bus *bus, uint64_t addr,
						      unsigned size_bytes, uint64_t value)
{
	const struct bus_shortcut *shortcut;

	check_size(size_bytes);
	exec_sync(bus->ex);
	shortcut = bus_shortcut_find(bus, bus->stores, addr, size_bytes);
	if (shortcut)
		bus_short_write(bus, shortcut, size_bytes, value);
	else
		bus_store(bus, addr, size_bytes, value, __ATOMIC_RELAXED);
}

uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned size_bytes)
{
	const struct bus_shortcut *shortcut = bus_shortcut_find(bus, bus->loads, addr, size_bytes);

	if (!shortcut)
		return read_generally(bus, addr, size_bytes);
	return bus_short_read(bus, shortcut, size_bytes);
}

void bus_write(struct bus *bus, uint64_t addr, unsigned size_bytes, uint64_t value)
{
	const struct bus_shortcut *shortcut = bus_shortcut_find(bus, bus->stores, addr, size_bytes);

	if (shortcut)
		bus_short_write(bus, shortcut, size_bytes, value);
	else
		write_generally(bus, addr, size_bytes, value);
}

uint64_t bus_peek(const struct bus *bus, uint64_t addr, unsigned size_bytes)
{
	const struct bus_page *page = bus_page_of_access(bus, addr, size_bytes);
	const struct bus_region *region;
	uint64_t value = 0;

	if (!page || page->attr == BUS_NONE || page->attr == BUS_TRAP)
		return bus_value_mask(size_bytes);
	if (bus_attr_is_ram(page->attr))
		return bus_ram_load(bus, addr, size_bytes, __ATOMIC_RELAXED);
	region = page_region(bus, page);
	if (page->attr == BUS_READ_DIRECT)
		return backing_load(region, addr, size_bytes);
	if (region->ops->read(region->opaque, addr - region->base, size_bytes, &value))
		return 0;
	return value & bus_value_mask(size_bytes);
}

void bus_exit(struct bus *bus, struct vcpu *vcpu, enum exit_reason reason)
{
	struct bus_access access = { .vcpu = vcpu, .reason = reason };

	run_exit(bus, &access);
}

uint64_t bus_unclaimed_count(const struct bus *bus)
{
	return bus->unclaimed_count;
}
