// SPDX-License-Identifier: MIT
// The bus's pages: regions put on it and taken off, attributes that change.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/machine/bus_impl.h"

// Has region all that accesses to its pages [first_pfn, end_pfn) need when these are of attr?
static bool region_serves(const struct bus_region *region, enum bus_attr attr, uint64_t first_pfn,
			  uint64_t end_pfn)
{
	if (bus_attr_is_ram(attr))
		return true;
	if (attr != BUS_READ_DIRECT)
		return region->ops;
	return region->ops && region->backing && first_pfn >= region->base >> PAGE_SHIFT &&
	       end_pfn <= (region->base + region->size_bytes) >> PAGE_SHIFT;
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
	if (bus_attr_is_ram(attr))
		return region->base + region->size_bytes <= bus->ram_bytes ? 0 : -EINVAL;
	if (!region->ops || (attr == BUS_READ_DIRECT && !region->backing))
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

// What was loaded from is gone with it; the owner need not have the like.
static void lose_handler(struct bus_page *page)
{
	page->region = page->owner;
	if (page->attr == BUS_READ_DIRECT)
		page->attr = BUS_TRAP;
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
				lose_handler(&leaf[j]);
		}
	}
	bus->regions[id] = NULL;
	region->id = 0;
	bus_forget_shortcuts(bus, 0, BUS_ADDRESS_LIMIT >> PAGE_SHIFT);
}

// Whether pages can get attr: all on the bus, memory where memory is asked for, else with ops.
static bool can_set_attr(const struct bus *bus, uint64_t first_pfn, uint64_t page_count,
			 enum bus_attr attr, const struct bus_region *handler)
{
	uint64_t limit = bus_attr_is_ram(attr) ? bus->ram_bytes : BUS_ADDRESS_LIMIT;
	const struct bus_page *page;

	if (attr <= BUS_NONE || attr > BUS_PASSTHROUGH)
		return false;
	if (first_pfn > limit >> PAGE_SHIFT || page_count > (limit >> PAGE_SHIFT) - first_pfn)
		return false;
	for (uint64_t pfn = first_pfn; pfn < first_pfn + page_count; pfn++) {
		page = bus_page_at(bus, pfn);
		if (!page || !page->owner)
			return false;
		if (!handler && !region_serves(bus->regions[page->region], attr, pfn, pfn + 1))
			return false;
	}
	if (!handler)
		return true;
	if (!region_serves(handler, attr, first_pfn, first_pfn + page_count))
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
	bus_forget_shortcuts(bus, first_pfn, page_count);
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

const struct bus_region *bus_region_by_id(const struct bus *bus, uint16_t id)
{
	return id < bus->region_count && bus->regions ? bus->regions[id] : NULL;
}

void bus_register_name(const struct bus_region *region, uint64_t offset, char *buf, size_t len)
{
	buf[0] = '\0';
	if (region->ops && region->ops->register_name)
		region->ops->register_name(region->opaque, offset, buf, len);
	if (buf[0] == '\0' && region->one_ledger_key)
		snprintf(buf, len, "%s", region->name);
	if (buf[0] == '\0')
		snprintf(buf, len, "%s+0x%llx", region->name, (unsigned long long)offset);
}
