// SPDX-License-Identifier: MIT

#include <errno.h>
#include <stdlib.h>

#include "sim/machine/bus_impl.h"

static bool attr_is_ram(enum bus_attr attr)
{
	return attr >= BUS_RAM && attr <= BUS_RAM_TRACKED;
}

// A store to a protected page. The page is looked up again: a layer may have waited meanwhile.
static bool store_reaches_memory(struct bus *bus, const struct bus_access *access)
{
	const struct bus_page *page = bus_page_at(bus, access->addr >> PAGE_SHIFT);

	return page && (page->attr == BUS_RAM || page->attr == BUS_RAM_TRACKED);
}

// Innermost layer: what happens once the exit has reached the owner of the region.
static void device_exit(struct bus_layer *layer, struct bus_access *access)
{
	const struct bus_region *region = access->region;
	struct bus *bus;

	if (access->reason == EXIT_WRITE_PROTECT) {
		bus = container_of(layer, struct bus, device);
		if (store_reaches_memory(bus, access))
			bus_ram_store(bus, access->addr, access->size_bytes, access->value,
				      __ATOMIC_RELEASE);
	}
	if (!region || !region->ops)
		return;
	if (access->is_write)
		access->error = region->ops->write(region->opaque, access->offset,
						   access->size_bytes, access->value);
	else
		access->error = region->ops->read(region->opaque, access->offset,
						  access->size_bytes, &access->value);
}

int bus_create(struct bus **out, struct executor *ex, struct guest_ram *ram)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return -ENOMEM;
	bus->ex = ex;
	if (ram) {
		bus->ram = guest_ram_guest_view(ram);
		bus->ram_bytes = guest_ram_size_bytes(ram);
	}
	bus->region_count = 1;
	bus->device = (struct bus_layer){ .name = "device", .exit = device_exit };
	bus->outermost = &bus->device;
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

// Give region an id on this bus. Ids count up and are never given twice.
static int region_register(struct bus *bus, struct bus_region *region)
{
	struct bus_region **grown;
	unsigned capacity;

	if (region->id && region->id < bus->region_count && bus->regions[region->id] == region)
		return 0;
	if (bus->region_count > UINT16_MAX)
		return -ENOMEM;
	if (bus->region_count >= bus->region_capacity) {
		capacity = bus->region_capacity ? 2 * bus->region_capacity : 16;
		grown = realloc(bus->regions, capacity * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		grown[0] = NULL;
		bus->regions = grown;
		bus->region_capacity = capacity;
	}
	region->id = (uint16_t)bus->region_count++;
	bus->regions[region->id] = region;
	return 0;
}

static int region_check(const struct bus *bus, const struct bus_region *region, enum bus_attr attr)
{
	if ((region->base | region->size_bytes) & PAGE_MASK || region->size_bytes == 0)
		return -EINVAL;
	if (region->base >= BUS_ADDRESS_LIMIT ||
	    region->size_bytes > BUS_ADDRESS_LIMIT - region->base)
		return -EINVAL;
	if (attr <= BUS_NONE || attr > BUS_PASSTHROUGH)
		return -EINVAL;
	if (attr_is_ram(attr))
		return region->base + region->size_bytes <= bus->ram_bytes ? 0 : -EINVAL;
	if (!region->ops)
		return -EINVAL;
	return region->one_ledger_key || region->size_bytes <= BUS_REGISTER_SPAN ? 0 : -EINVAL;
}

static int leaves_reserve(struct bus *bus, uint64_t first_pfn, uint64_t last_pfn)
{
	for (uint64_t i = first_pfn >> BUS_LEAF_SHIFT; i <= last_pfn >> BUS_LEAF_SHIFT; i++) {
		if (bus->leaves[i])
			continue;
		bus->leaves[i] = calloc(BUS_LEAF_PAGES, sizeof(struct bus_page));
		if (!bus->leaves[i])
			return -ENOMEM;
	}
	return 0;
}

int bus_map(struct bus *bus, struct bus_region *region, enum bus_attr attr)
{
	uint64_t first_pfn = region->base >> PAGE_SHIFT;
	uint64_t end_pfn = first_pfn + (region->size_bytes >> PAGE_SHIFT);
	int ret;

	ret = region_check(bus, region, attr);
	if (ret)
		return ret;
	ret = leaves_reserve(bus, first_pfn, end_pfn - 1);
	if (ret)
		return ret;
	for (uint64_t pfn = first_pfn; pfn < end_pfn; pfn++)
		if (bus_page_at(bus, pfn)->owner)
			return -EEXIST;
	ret = region_register(bus, region);
	if (ret)
		return ret;
	for (uint64_t pfn = first_pfn; pfn < end_pfn; pfn++)
		*bus_page_at(bus, pfn) = (struct bus_page){
			.region = region->id,
			.owner = region->id,
			.attr = (uint8_t)attr,
		};
	return 0;
}

void bus_unmap(struct bus *bus, struct bus_region *region)
{
	uint16_t id = region->id;

	assert(id && id < bus->region_count && bus->regions[id] == region);
	for (size_t i = 0; i < BUS_LEAF_COUNT; i++) {
		struct bus_page *leaf = bus->leaves[i];

		if (!leaf)
			continue;
		for (unsigned j = 0; j < BUS_LEAF_PAGES; j++) {
			if (leaf[j].owner == id)
				leaf[j] = (struct bus_page){ .attr = BUS_NONE };
			else if (leaf[j].region == id)
				leaf[j].region = leaf[j].owner;
		}
	}
	bus->regions[id] = NULL;
	region->id = 0;
}

// Whether pages can get attr: all on the bus, memory where memory is asked for, else with ops.
static bool can_set_attr(const struct bus *bus, uint64_t first_pfn, uint64_t page_count,
			 enum bus_attr attr, const struct bus_region *handler)
{
	uint64_t limit = attr_is_ram(attr) ? bus->ram_bytes : BUS_ADDRESS_LIMIT;
	const struct bus_page *page;

	if (attr <= BUS_NONE || attr > BUS_PASSTHROUGH)
		return false;
	if (first_pfn > limit >> PAGE_SHIFT || page_count > (limit >> PAGE_SHIFT) - first_pfn)
		return false;
	for (uint64_t pfn = first_pfn; pfn < first_pfn + page_count; pfn++) {
		page = bus_page_at(bus, pfn);
		if (!page || !page->owner)
			return false;
		if (!attr_is_ram(attr) && !handler && !bus->regions[page->region]->ops)
			return false;
	}
	if (!handler)
		return true;
	if (!handler->ops && !attr_is_ram(attr))
		return false;
	if (first_pfn < handler->base >> PAGE_SHIFT)
		return false;
	return handler->one_ledger_key ||
	       ((first_pfn + page_count) << PAGE_SHIFT) - handler->base <= BUS_REGISTER_SPAN;
}

int bus_set_attr(struct bus *bus, uint64_t first_pfn, uint64_t page_count, enum bus_attr attr,
		 struct bus_region *handler)
{
	struct bus_page *page;
	int ret;

	if (!can_set_attr(bus, first_pfn, page_count, attr, handler))
		return -EINVAL;
	if (handler) {
		ret = region_register(bus, handler);
		if (ret)
			return ret;
	}
	for (uint64_t pfn = first_pfn; pfn < first_pfn + page_count; pfn++) {
		page = bus_page_at(bus, pfn);
		page->attr = (uint8_t)attr;
		if (handler)
			page->region = handler->id;
	}
	return 0;
}

enum bus_attr bus_attr_of(const struct bus *bus, uint64_t pfn)
{
	const struct bus_page *page;

	if (pfn >= BUS_ADDRESS_LIMIT >> PAGE_SHIFT)
		return BUS_NONE;
	page = bus_page_at(bus, pfn);
	return page ? page->attr : BUS_NONE;
}

void bus_push_layer(struct bus *bus, struct bus_layer *layer)
{
	layer->next = bus->outermost;
	bus->outermost = layer;
}

void bus_remove_layer(struct bus *bus, struct bus_layer *layer)
{
	struct bus_layer **link = &bus->outermost;

	while (*link && *link != layer)
		link = &(*link)->next;
	assert(*link && "the layer is not on this bus");
	*link = layer->next;
}

// What every exit has in common. Field by field: a compound literal would clear all of it first.
static inline void access_begin(struct bus_access *access, const struct bus *bus, struct vcpu *vcpu,
				enum exit_reason reason)
{
	memset(access->part_ps, 0, sizeof(access->part_ps));
	access->start_ps = exec_now(bus->ex);
	access->ex = bus->ex;
	access->vcpu = vcpu;
	access->reason = reason;
	access->error = 0;
}

static inline void run_layers(struct bus *bus, struct bus_access *access)
{
	struct vcpu *vcpu = access->vcpu;
	struct bus_access *outer = vcpu->open_exit;

	vcpu->open_exit = access;
	bus->outermost->exit(bus->outermost, access);
	vcpu->open_exit = outer;
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

uint64_t bus_device_read(struct bus *bus, const struct bus_page *page, uint64_t addr,
			 unsigned size_bytes)
{
	const struct bus_region *region;
	struct bus_access access;

	if (!page || page->attr == BUS_NONE) {
		bus->unclaimed_count++;
		return bus_value_mask(size_bytes);
	}
	if (page->attr == BUS_PASSTHROUGH)
		return passthrough_read(bus, page_region(bus, page), addr, size_bytes);
	region = page_region(bus, page);
	access_begin(&access, bus, bus_current_vcpu(bus), EXIT_MMIO_READ);
	access.region = region;
	access.addr = addr;
	access.offset = addr - region->base;
	access.value = 0;
	access.size_bytes = (uint8_t)size_bytes;
	access.is_write = false;
	run_layers(bus, &access);
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
	access_begin(&access, bus, bus_current_vcpu(bus),
		     page->attr == BUS_TRAP ? EXIT_MMIO_WRITE : EXIT_WRITE_PROTECT);
	access.region = region;
	access.addr = addr;
	access.offset = addr - region->base;
	access.value = value;
	access.size_bytes = (uint8_t)size_bytes;
	access.is_write = true;
	run_layers(bus, &access);
}

uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned size_bytes)
{
	return bus_read_ordered(bus, addr, size_bytes, __ATOMIC_RELAXED);
}

void bus_write(struct bus *bus, uint64_t addr, unsigned size_bytes, uint64_t value)
{
	bus_write_ordered(bus, addr, size_bytes, value, __ATOMIC_RELAXED);
}

void bus_exit(struct bus *bus, struct vcpu *vcpu, enum exit_reason reason)
{
	struct bus_access access = { .region = NULL };

	access_begin(&access, bus, vcpu, reason);
	run_layers(bus, &access);
}

uint64_t bus_unclaimed_count(const struct bus *bus)
{
	return bus->unclaimed_count;
}

const struct bus_region *bus_region_by_id(const struct bus *bus, uint16_t id)
{
	return id < bus->region_count && bus->regions ? bus->regions[id] : NULL;
}
