// SPDX-License-Identifier: MIT
// The bus: what each page attribute does, changes at run time, layers, order of accesses.

#include <errno.h>
#include <string.h>

#include "sim/machine/bus_impl.h"
#include "tests/machine/vm_bed.h"

static const unsigned sizes[] = { 1, 2, 4, 8 };

#define PATTERN UINT64_C(0x8877665544332211)

static int setup(void **state)
{
	static struct vm_bed bed;
	struct cost_profile costs = bed_costs();

	bed_create(&bed, &(struct bed_options){ .costs = &costs, .vcpu_count = BED_VCPUS });
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	bed_destroy(*state);
	return 0;
}

static uint64_t low_bytes(uint64_t value, unsigned size_bytes)
{
	uint64_t low = 0;

	memcpy(&low, &value, size_bytes);
	return low;
}

static void use_ram(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	uint64_t direct;

	for (size_t i = 0; i < 4; i++)
		for (uint64_t addr = 0x2000; addr < 0x2008; addr++) {
			bus_write(bus, addr, 8, ~UINT64_C(0));
			bus_write(bus, addr, sizes[i], PATTERN);
			assert_int_equal(bus_read(bus, addr, sizes[i]),
					 low_bytes(PATTERN, sizes[i]));
			assert_int_equal(guest_ram_read(bed->vm->ram, addr, &direct, 8), 0);
			assert_int_equal(low_bytes(direct, sizes[i]), low_bytes(PATTERN, sizes[i]));
			if (sizes[i] < 8)
				assert_int_equal(direct >> (8 * sizes[i]),
						 ~UINT64_C(0) >> (8 * sizes[i]));
		}
}

static void test_ram_is_the_guests_memory(void **state)
{
	struct vm_bed *bed = *state;

	bed_run(bed, use_ram);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 0);
	assert_int_equal(executor_time_ps(bed->m->ex), 0);
}

static void use_nothing(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	const uint64_t nowhere[] = {
		guest_ram_size_bytes(bed->vm->ram),    // after RAM
		BED_DEVICE_BASE + BED_DEVICE_BYTES,    // after the device
		BED_DEVICE_BASE - 8,                   // before it
		BUS_ADDRESS_LIMIT - 8,                 // the last there is
		BUS_ADDRESS_LIMIT + BED_DEVICE_BASE,   // beyond
		UINT64_MAX - 7,                        //
		(UINT64_C(4) << 48) + BED_DEVICE_BASE, //
	};

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		for (size_t s = 0; s < 4; s++) {
			assert_int_equal(bus_read(bus, nowhere[i], sizes[s]),
					 low_bytes(UINT64_MAX, sizes[s]));
			bus_write(bus, nowhere[i], sizes[s], PATTERN);
		}
}

static void test_nothing_reads_as_ones_and_is_counted(void **state)
{
	struct vm_bed *bed = *state;

	bed_run(bed, use_nothing);
	assert_int_equal(bus_unclaimed_count(bed->vm->bus), 7 * 4 * 2);
	assert_int_equal(bed->device.reads + bed->device.writes, 0);
}

static void cross_pages(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	const uint64_t ends[] = { 0x3000, BED_DEVICE_BASE + PAGE_SIZE };

	for (size_t i = 0; i < 2; i++)
		for (size_t s = 1; s < 4; s++)
			for (uint64_t addr = ends[i] - sizes[s] + 1; addr < ends[i]; addr++) {
				bus_write(bus, addr, sizes[s], PATTERN);
				assert_int_equal(bus_read(bus, addr, sizes[s]),
						 low_bytes(UINT64_MAX, sizes[s]));
			}
	assert_int_equal(bus_read(bus, 0x2ff8, 8), 0);
	assert_int_equal(bus_read(bus, 0x3000, 8), 0);
	// the last bytes of a page are still in it
	for (size_t s = 0; s < 4; s++)
		bus_write(bus, ends[1] - sizes[s], sizes[s], PATTERN);
}

static void test_crossing_a_page_is_refused(void **state)
{
	struct vm_bed *bed = *state;

	bed_run(bed, cross_pages);
	assert_int_equal(bus_unclaimed_count(bed->vm->bus), 2 * 2 * (1 + 3 + 7));
	assert_int_equal(bed->device.writes, 4);
	assert_int_equal(bed->device.reads, 0);
}

static void use_device(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;

	// three times: the first exit goes the general way, the others a short one
	for (int round = 0; round < 3; round++)
		for (size_t s = 0; s < 4; s++) {
			uint64_t offset = 0x1008 + 8 * s;

			bus_write(bus, BED_DEVICE_BASE + offset, sizes[s], PATTERN);
			assert_int_equal(bed->device.offset, offset);
			assert_int_equal(bed->device.size_bytes, sizes[s]);
			assert_int_equal(bed->device.value, low_bytes(PATTERN, sizes[s]));
			bed->device.value = ~PATTERN;
			assert_int_equal(bus_read(bus, BED_DEVICE_BASE + offset, sizes[s]),
					 low_bytes(~PATTERN, sizes[s]));
			assert_int_equal(bed->device.offset, offset);
			assert_int_equal(bed->device.size_bytes, sizes[s]);
			bed->device.error = -EIO;
			assert_int_equal(bus_read(bus, BED_DEVICE_BASE + offset, sizes[s]), 0);
			bed->device.error = 0;
		}
}

static void test_trapped_accesses_reach_the_handler(void **state)
{
	struct vm_bed *bed = *state;
	struct ledger_op totals;

	bed_run(bed, use_device);
	totals = bed_totals(bed, GUEST_OP_NONE);
	assert_int_equal(bed->device.writes, 12);
	assert_int_equal(bed->device.reads, 24);
	assert_int_equal(totals.by_reason[EXIT_MMIO_WRITE].count, 12);
	assert_int_equal(totals.by_reason[EXIT_MMIO_READ].count, 24);
	assert_int_equal(totals.exits.count, 36);
	assert_int_equal(totals.exits.time_ps, executor_time_ps(bed->m->ex));
}

// One address in several sizes, many addresses that may share a place in a table.
static void use_many_addresses(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;

	for (int round = 0; round < 2; round++)
		for (uint64_t offset = 0; offset < BED_DEVICE_BYTES; offset += 8)
			for (size_t s = 0; s < 4; s++) {
				bus_write(bus, BED_DEVICE_BASE + offset, sizes[s], PATTERN);
				assert_int_equal(bed->device.offset, offset);
				assert_int_equal(bed->device.size_bytes, sizes[s]);
				assert_int_equal(bed->device.value, low_bytes(PATTERN, sizes[s]));
			}
}

static void test_no_access_is_taken_for_another(void **state)
{
	struct vm_bed *bed = *state;

	bed_run(bed, use_many_addresses);
	assert_int_equal(bed->device.writes, BED_DEVICE_BYTES / 8 * 8);
}

static void use_passthrough(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	uint64_t start_ps = exec_now(bed->m->ex);

	bus_write(bus, BED_DEVICE_BASE + 4, 4, PATTERN);
	assert_int_equal(exec_now(bed->m->ex) - start_ps, 30);
	assert_int_equal(bed->device.value, low_bytes(PATTERN, 4));
	assert_int_equal(bus_read(bus, BED_DEVICE_BASE + 4, 2), low_bytes(PATTERN, 2));
	assert_int_equal(exec_now(bed->m->ex) - start_ps, 100);
	bed->device.error = -EIO;
	assert_int_equal(bus_read(bus, BED_DEVICE_BASE + 4, 4), 0);
	bed->device.error = 0;
}

static void test_passthrough_costs_latency_and_no_exit(void **state)
{
	struct vm_bed *bed = *state;

	assert_int_equal(
		bus_set_attr(bed->vm->bus, BED_DEVICE_BASE >> PAGE_SHIFT, 1, BUS_PASSTHROUGH, NULL),
		0);
	bed_run(bed, use_passthrough);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 0);
}

static void use_direct(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	uint64_t *backing = bed->extra;
	uint64_t start_ps;

	bed->device.value = 1; // what its handler would give
	for (int round = 0; round < 3; round++) {
		start_ps = exec_now(bed->m->ex);
		backing[1] = PATTERN + (unsigned)round;
		for (size_t s = 0; s < 4; s++)
			assert_int_equal(bus_read(bus, BED_DEVICE_BASE + 8, sizes[s]),
					 low_bytes(backing[1], sizes[s]));
		assert_int_equal(bus_read(bus, BED_DEVICE_BASE + 9, 2), 0x3322);
		assert_int_equal(exec_now(bed->m->ex) - start_ps, 5 * 70);
		assert_int_equal(bus_peek(bus, BED_DEVICE_BASE + 8, 8), backing[1]);
		// a store exits, and changes nothing but what its handler does
		bus_write(bus, BED_DEVICE_BASE + 8, 4, 7);
		assert_int_equal(backing[1], PATTERN + (unsigned)round);
		// the last bytes of the page; the next page traps
		assert_int_equal(bus_read(bus, BED_DEVICE_BASE + PAGE_SIZE - 8, 8), 0);
		assert_int_equal(bus_read(bus, BED_DEVICE_BASE + PAGE_SIZE, 4), 7);
		bed->device.value = 1;
	}
}

static void test_direct_loads_are_memory_and_stores_exit(void **state)
{
	static uint64_t backing[BED_DEVICE_BYTES / 8];
	struct vm_bed *bed = *state;
	uint64_t pfn = BED_DEVICE_BASE >> PAGE_SHIFT;
	struct ledger_op totals;

	memset(backing, 0, sizeof(backing));
	bed->extra = backing;
	assert_int_equal(bus_set_attr(bed->vm->bus, pfn, 1, BUS_READ_DIRECT, NULL), -EINVAL);
	bed->region.backing = backing;
	assert_int_equal(bus_set_attr(bed->vm->bus, pfn, 1, BUS_READ_DIRECT, NULL), 0);
	bed_run(bed, use_direct);
	totals = bed_totals(bed, GUEST_OP_NONE);
	assert_int_equal(totals.by_reason[EXIT_MMIO_READ].count, 3);
	assert_int_equal(totals.by_reason[EXIT_MMIO_WRITE].count, 3);
	assert_int_equal(totals.exits.count, 6);
	assert_int_equal(bed->device.writes, 3);
}

static void read_around_change(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	uint64_t pfn = BED_DEVICE_BASE >> PAGE_SHIFT;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			assert_int_equal(bus_read(bus, BED_DEVICE_BASE, 4), 1);
		assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_READ_DIRECT, NULL), 0);
		assert_int_equal(bus_read(bus, BED_DEVICE_BASE, 4), 2);
		assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_TRAP, NULL), 0);
	}
}

static void test_known_loads_do_not_outlive_their_attribute(void **state)
{
	struct vm_bed *bed = *state;
	uint32_t backing[BED_DEVICE_BYTES / 4] = { 2 };

	bed->region.backing = backing;
	bed->device.value = 1;
	bed_run(bed, read_around_change);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 9);
}

static void read_around_unmapping(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;

	bed->device.value = 1;
	assert_int_equal(bus_read(bus, BED_DEVICE_BASE, 4), 2);
	bus_unmap(bus, bed->extra);
	assert_int_equal(bus_read(bus, BED_DEVICE_BASE, 4), 1);
}

// A handler's memory is for the pages that it covers, and goes with it.
static void test_backing_belongs_to_its_region(void **state)
{
	struct vm_bed *bed = *state;
	struct bus *bus = bed->vm->bus;
	uint64_t pfn = BED_DEVICE_BASE >> PAGE_SHIFT;
	uint32_t backing[PAGE_SIZE / 4] = { 2 };
	struct bus_region one_page = bed->region;

	one_page.id = 0;
	one_page.size_bytes = PAGE_SIZE;
	one_page.backing = backing;
	assert_int_equal(bus_set_attr(bus, pfn, 2, BUS_READ_DIRECT, &one_page), -EINVAL);
	assert_int_equal(bus_set_attr(bus, pfn + 1, 1, BUS_TRAP, &one_page), 0);
	assert_int_equal(bus_set_attr(bus, pfn + 1, 1, BUS_READ_DIRECT, NULL), -EINVAL);
	assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_READ_DIRECT, &one_page), 0);
	bed->extra = &one_page;
	bed_run(bed, read_around_unmapping);
	assert_int_equal(bus_attr_of(bus, pfn), BUS_TRAP);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 1);
}

// What memory held when a protected store's handler ran.
static void note_memory(struct vm_bed *bed)
{
	guest_ram_read(bed->vm->ram, bed->device.offset, bed->extra, 8);
}

static void store_protected(void *arg)
{
	struct vm_bed *bed = arg;

	bus_write(bed->vm->bus, 0x5010, 4, 0x1234);
	assert_int_equal(bus_read(bed->vm->bus, 0x5010, 4),
			 bus_attr_of(bed->vm->bus, 5) == BUS_RAM_TRACKED ? 0x1234 : 0);
}

static void check_protected(struct vm_bed *bed, enum bus_attr attr, uint64_t seen_by_handler)
{
	struct bus_region tracker = {
		.name = "tracker", .ops = &bed_device_ops, .opaque = bed, .one_ledger_key = true
	};
	uint64_t seen = 1;
	struct ledger_op totals;

	bed->extra = &seen;
	bed->device.hook = note_memory;
	assert_int_equal(bus_set_attr(bed->vm->bus, 5, 1, attr, &tracker), 0);
	assert_int_equal(bus_attr_of(bed->vm->bus, 4), BUS_RAM);
	assert_int_equal(bus_attr_of(bed->vm->bus, 5), attr);
	assert_int_equal(bus_attr_of(bed->vm->bus, 6), BUS_RAM);
	bed_run(bed, store_protected);
	totals = bed_totals(bed, GUEST_OP_NONE);
	assert_int_equal(bed->device.writes, 1);
	assert_int_equal(bed->device.reads, 0);
	assert_int_equal(bed->device.offset, 0x5010);
	assert_int_equal(bed->device.value, 0x1234);
	assert_int_equal(seen, seen_by_handler);
	assert_int_equal(totals.by_reason[EXIT_WRITE_PROTECT].count, 1);
	assert_int_equal(totals.exits.count, 1);
	bus_unmap(bed->vm->bus, &tracker);
}

static void test_tracked_store_is_done_before_its_handler(void **state)
{
	check_protected(*state, BUS_RAM_TRACKED, 0x1234);
}

static void test_readonly_store_is_left_to_its_handler(void **state)
{
	check_protected(*state, BUS_RAM_READONLY, 0);
}

static void change_at_run_time(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus *bus = bed->vm->bus;
	uint64_t pfn = BED_DEVICE_BASE >> PAGE_SHIFT;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			bus_write(bus, BED_DEVICE_BASE, 4, 1);
		assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_PASSTHROUGH, NULL), 0);
		bus_write(bus, BED_DEVICE_BASE, 4, 1);
		bus_write(bus, BED_DEVICE_BASE + PAGE_SIZE, 4, 1); // the next page still traps
		assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_TRAP, NULL), 0);
	}
}

static void test_attributes_change_at_run_time(void **state)
{
	struct vm_bed *bed = *state;

	bed_run(bed, change_at_run_time);
	assert_int_equal(bed->device.writes, 15);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 12);
}

static void stop_trapping(struct vm_bed *bed)
{
	bus_set_attr(bed->vm->bus, BED_DEVICE_BASE >> PAGE_SHIFT, 1, BUS_PASSTHROUGH, NULL);
}

static void write_thrice(void *arg)
{
	struct vm_bed *bed = arg;

	for (int i = 0; i < 3; i++)
		bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 1);
}

static void test_a_handler_may_change_its_own_page(void **state)
{
	struct vm_bed *bed = *state;

	bed->device.hook = stop_trapping;
	bed_run(bed, write_thrice);
	assert_int_equal(bed->device.writes, 3);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 1);
}

static void write_around_unmapping(void *arg)
{
	struct vm_bed *bed = arg;
	struct bus_region *other = bed->extra;
	struct bus *bus = bed->vm->bus;

	write_thrice(bed);
	bus_write(bus, BED_DEVICE_BASE + PAGE_SIZE, 4, 1);
	bus_unmap(bus, other);
	bus_write(bus, BED_DEVICE_BASE + PAGE_SIZE, 4, 1); // the device's again
	assert_int_equal(bed->device.offset, PAGE_SIZE);
	assert_int_equal(bed->device.writes, 5);
	bus_unmap(bus, &bed->region);
	write_thrice(bed);
	bus_write(bus, BED_DEVICE_BASE + PAGE_SIZE, 4, 1);
	assert_int_equal(bus_unclaimed_count(bus), 4);
}

static void test_unmap_takes_pages_and_handlers_away(void **state)
{
	struct vm_bed *bed = *state;
	struct bus *bus = bed->vm->bus;
	struct bus_region other = bed->region;
	uint64_t pfn = BED_DEVICE_BASE >> PAGE_SHIFT;
	uint16_t id;

	other.name = "other";
	other.id = 0;
	assert_int_equal(bus_set_attr(bus, pfn + 1, 1, BUS_TRAP, &other), 0);
	id = other.id;
	assert_ptr_equal(bus_region_by_id(bus, id), &other);
	assert_int_not_equal(id, bed->region.id);
	bed->extra = &other;
	bed_run(bed, write_around_unmapping);
	assert_null(bus_region_by_id(bus, id));
	assert_int_equal(bus_attr_of(bus, pfn), BUS_NONE);
	assert_int_equal(bus_attr_of(bus, pfn + 3), BUS_NONE);
	// what comes later has another id
	assert_int_equal(bus_map(bus, &other, BUS_TRAP), 0);
	assert_int_not_equal(other.id, id);
	assert_null(bus_region_by_id(bus, id));
	assert_null(bus_region_by_id(bus, 0));
	assert_null(bus_region_by_id(bus, UINT16_MAX));
	assert_int_equal(vcpu_start(bed->vm, 1, executor_time_ps(bed->m->ex), write_thrice, bed),
			 0);
	executor_run(bed->m->ex);
	assert_int_equal(bed->device.writes, 8);
}

static void test_wrong_mappings_are_refused(void **state)
{
	struct vm_bed *bed = *state;
	struct bus *bus = bed->vm->bus;
	const struct {
		uint64_t base, size_bytes;
		bool no_ops, one_key;
		enum bus_attr attr;
		int ret;
	} rows[] = {
		{0x200000800,                      PAGE_SIZE,         false, false, BUS_TRAP,            -EINVAL},
		{ 0x200000000,                     PAGE_SIZE + 1,     false, false, BUS_TRAP,            -EINVAL},
		{ 0x200000000,                     0,                 false, false, BUS_TRAP,            -EINVAL},
		{ 0x200000000,                     PAGE_SIZE,         true,  false, BUS_TRAP,            -EINVAL},
		{ 0x200000000,                     PAGE_SIZE,         false, false, BUS_NONE,            -EINVAL},
		{ 0x200000000,                     PAGE_SIZE,         false, false, BUS_PASSTHROUGH + 1, -EINVAL},
		{ 0x200000000,                     PAGE_SIZE,         false, false, BUS_RAM,             -EINVAL},
		{ BUS_ADDRESS_LIMIT,               PAGE_SIZE,         false, false, BUS_TRAP,            -EINVAL},
		{ BUS_ADDRESS_LIMIT - PAGE_SIZE,   2 * PAGE_SIZE,     false, false, BUS_TRAP,            -EINVAL},
		{ UINT64_C(1) << 34,               UINT64_C(1) << 33, false, false, BUS_TRAP,            -EINVAL},
		{ BED_DEVICE_BASE - PAGE_SIZE,     2 * PAGE_SIZE,     false, false, BUS_TRAP,            -EEXIST},
		{ BED_DEVICE_BASE + 3 * PAGE_SIZE, PAGE_SIZE,         false, false, BUS_TRAP,            -EEXIST},
		{ 0,			       PAGE_SIZE,         false, false, BUS_TRAP,            -EEXIST},
		{ BUS_ADDRESS_LIMIT - PAGE_SIZE,   PAGE_SIZE,         false, false, BUS_TRAP,            0      },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bus_region region = {
			.base = rows[i].base,
			.size_bytes = rows[i].size_bytes,
			.ops = rows[i].no_ops ? NULL : &bed_device_ops,
			.one_ledger_key = rows[i].one_key,
		};

		assert_int_equal(bus_map(bus, &region, rows[i].attr), rows[i].ret);
		assert_int_equal(region.id != 0, rows[i].ret == 0);
	}
	assert_int_equal(bus_attr_of(bus, (BED_DEVICE_BASE >> PAGE_SHIFT) - 1), BUS_NONE);
	assert_int_equal(bus_attr_of(bus, UINT64_MAX), BUS_NONE);
}

static void test_wrong_changes_are_refused(void **state)
{
	struct vm_bed *bed = *state;
	struct bus *bus = bed->vm->bus;
	struct bus_region high = { .base = 8 * PAGE_SIZE, .ops = &bed_device_ops };
	struct bus_region silent = { .ops = NULL };
	uint64_t pfn = BED_DEVICE_BASE >> PAGE_SHIFT;
	uint64_t ram_end = guest_ram_size_bytes(bed->vm->ram) >> PAGE_SHIFT;

	assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_NONE, NULL), -EINVAL);
	assert_int_equal(bus_set_attr(bus, pfn, 5, BUS_PASSTHROUGH, NULL), -EINVAL);
	assert_int_equal(bus_attr_of(bus, pfn), BUS_TRAP); // all or nothing
	assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_RAM, NULL), -EINVAL);
	assert_int_equal(bus_set_attr(bus, ram_end - 1, 2, BUS_RAM_TRACKED, NULL), -EINVAL);
	assert_int_equal(bus_set_attr(bus, 0, UINT64_MAX, BUS_RAM, NULL), -EINVAL);
	assert_int_equal(bus_set_attr(bus, 0, 1, BUS_TRAP, NULL), -EINVAL); // RAM has no ops
	assert_int_equal(bus_set_attr(bus, 0, 1, BUS_TRAP, &silent), -EINVAL);
	assert_int_equal(bus_set_attr(bus, 7, 1, BUS_RAM_TRACKED, &high), -EINVAL);
	assert_int_equal(bus_set_attr(bus, 8, 1, BUS_RAM_TRACKED, &high), 0);
	high.base = 0;
	assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_TRAP, &high), -EINVAL); // 4 GiB away
	high.one_ledger_key = true;
	assert_int_equal(bus_set_attr(bus, pfn, 1, BUS_TRAP, &high), 0);
	assert_int_equal(bus_set_attr(bus, ram_end - 1, 1, BUS_RAM_TRACKED, NULL), 0);
}

// A wrapper that writes its name down, before and after, and spends time on both sides.
struct scribe {
	struct bus_layer layer;
	char *log;
	char name;
};

static void scribe_exit(struct bus_layer *layer, struct bus_access *access)
{
	struct scribe *scribe = container_of(layer, struct scribe, layer);
	size_t used = strlen(scribe->log);

	scribe->log[used] = scribe->name;
	exec_advance(access->ex, 5);
	bus_layer_next(layer, access);
	exec_advance(access->ex, 5);
	used = strlen(scribe->log);
	scribe->log[used] = scribe->name;
}

static void write_twice(void *arg)
{
	struct vm_bed *bed = arg;

	bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 1);
	bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 1);
}

static void change_layers(void *arg)
{
	struct vm_bed *bed = arg;
	struct scribe *scribes = bed->extra;
	struct bus *bus = bed->vm->bus;

	write_twice(bed); // takes the short way from here on, if nothing stops it
	for (int i = 0; i < 3; i++)
		bus_push_layer(bus, &scribes[i].layer);
	write_twice(bed);
	bus_remove_layer(bus, &scribes[1].layer);
	write_twice(bed);
	bus_remove_layer(bus, &scribes[2].layer);
	write_twice(bed);
	bus_remove_layer(bus, &scribes[0].layer);
	write_twice(bed);
}

static void test_wrappers_nest_and_leave_in_any_order(void **state)
{
	struct vm_bed *bed = *state;
	char log[64] = "";
	struct scribe scribes[3];
	uint64_t plain_ps;
	struct ledger_op totals;

	for (int i = 0; i < 3; i++)
		scribes[i] = (struct scribe){
			{"scribe", scribe_exit, NULL},
                        log, "abc"[i]
		};
	bed->extra = scribes;
	bed_run(bed, change_layers);
	assert_string_equal(log, "cbaabc"
				 "cbaabc"
				 "caac"
				 "caac"
				 "aa"
				 "aa");
	totals = bed_totals(bed, GUEST_OP_NONE);
	assert_int_equal(totals.exits.count, 10);
	plain_ps = totals.exits.min_ps;
	assert_int_equal(totals.exits.max_ps, plain_ps + 30);
	assert_int_equal(totals.exits.time_ps, 10 * plain_ps + 2 * (30 + 20 + 10));
	// the wrappers did not say on what
	assert_int_equal(totals.exits.part_ps[EXIT_PART_EMULATION], 2 * (30 + 20 + 10));
}

static void remove_what_is_not_there(struct vm_bed *bed)
{
	struct scribe scribe = {
		{"scribe", scribe_exit, NULL},
                NULL, 'x'
	};

	bus_remove_layer(bed->vm->bus, &scribe.layer);
}

static void without_layers(void *arg)
{
	struct vm_bed *bed = arg;

	write_twice(bed);
	bus_set_book(bed->vm->bus, NULL);
	write_twice(bed);
	bus_set_prices(bed->vm->bus, NULL);
	write_twice(bed);
}

static void test_bus_works_without_any_layer(void **state)
{
	struct vm_bed *bed = *state;
	uint64_t exit_ps;

	bed_run(bed, without_layers);
	exit_ps = bed_totals(bed, GUEST_OP_NONE).exits.min_ps;
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 2);
	assert_int_equal(bed->device.writes, 6);
	assert_int_equal(executor_time_ps(bed->m->ex), 4 * exit_ps);
}

static bool is_event(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	return offset == 8 && size_bytes == 4 && value == 4;
}

// One after the other, each often enough for the short way.
static void ring_and_write(void *arg)
{
	struct vm_bed *bed = arg;

	for (unsigned i = 0; i < 4; i++) {
		bus_write(bed->vm->bus, BED_DEVICE_BASE + 8, 4, 4);
		bus_write(bed->vm->bus, BED_DEVICE_BASE + 16, 4, 4);
	}
	bus_write(bed->vm->bus, BED_DEVICE_BASE + 24, 4, 5);
	bus_read(bed->vm->bus, BED_DEVICE_BASE + 8, 4);
}

static void test_an_event_is_not_forwarded(void **state)
{
	const struct cost_profile costs = bed_costs();
	uint64_t forwarding_ps = costs.value[COST_FORWARD_MMIO];
	struct vm_bed *bed = *state;
	struct ledger_op totals;
	struct bus_region_ops ops = bed_device_ops;

	ops.is_event = is_event;
	bed->region.ops = &ops;
	bed_run(bed, ring_and_write);
	totals = bed_totals(bed, GUEST_OP_NONE);
	assert_int_equal(totals.exits.count, 10);
	assert_int_equal(bed->device.writes, 9);
	assert_int_equal(totals.by_reason[EXIT_MMIO_WRITE].count, 9);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_FORWARDING], 6 * forwarding_ps);
	assert_int_equal(totals.exits.max_ps - totals.exits.min_ps, forwarding_ps);
}

static void access_from_hardware(void *arg)
{
	struct vm_bed *bed = arg;

	bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 1);
}

static void trap_outside_of_a_vcpu(struct vm_bed *bed)
{
	executor_spawn(bed->m->ex, "hardware", 0, access_from_hardware, bed, NULL);
	executor_run(bed->m->ex);
}

static void trap_in_a_host_thread(struct vm_bed *bed)
{
	machine_spawn_thread(bed->m, "host", 0, access_from_hardware, bed, NULL);
	executor_run(bed->m->ex);
}

static void exit_again(struct vm_bed *bed)
{
	bus_write(bed->vm->bus, BED_DEVICE_BASE + PAGE_SIZE, 4, 1);
}

static void exit_in_an_exit(struct vm_bed *bed)
{
	bed->device.hook = exit_again;
	bed_run(bed, write_twice);
}

static void know_then_nest(void *arg)
{
	struct vm_bed *bed = arg;

	exit_again(bed); // from now on there is a short way
	bed->device.hook = exit_again;
	write_twice(bed);
}

static void known_exit_in_an_exit(struct vm_bed *bed)
{
	bed_run(bed, know_then_nest);
}

static void test_broken_promises_stop_the_program(void **state)
{
	struct vm_bed *bed = *state;

	assert_true(bed_stops(bed, remove_what_is_not_there));
	assert_true(bed_stops(bed, trap_outside_of_a_vcpu));
	assert_true(bed_stops(bed, trap_in_a_host_thread));
	assert_true(bed_stops(bed, exit_in_an_exit));
	assert_true(bed_stops(bed, known_exit_in_an_exit));
}

static void note_time(struct vm_bed *bed)
{
	uint64_t *last_ps = bed->extra;

	// handlers run in the order of virtual time, whoever calls
	assert_true(exec_now(bed->m->ex) >= *last_ps);
	*last_ps = exec_now(bed->m->ex);
}

static void write_at_odds(void *arg)
{
	struct vm_bed *bed = arg;

	for (int i = 0; i < 50; i++) {
		exec_advance(bed->m->ex, 100 + 977 * (exec_context_id(bed->m->ex->current) + 1));
		bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 1);
	}
}

static void test_accesses_interleave_in_time_order(void **state)
{
	struct vm_bed *bed = *state;
	uint64_t last_ps = 0;

	bed->extra = &last_ps;
	bed->device.hook = note_time;
	for (unsigned i = 0; i < BED_VCPUS; i++)
		assert_int_equal(vcpu_start(bed->vm, i, 0, write_at_odds, bed), 0);
	executor_run(bed->m->ex);
	assert_int_equal(bed->device.writes, 50 * BED_VCPUS);
	assert_int_equal(bed_totals(bed, GUEST_OP_NONE).exits.count, 50 * BED_VCPUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ram_is_the_guests_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_reads_as_ones_and_is_counted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_crossing_a_page_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trapped_accesses_reach_the_handler, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_access_is_taken_for_another, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_passthrough_costs_latency_and_no_exit, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_direct_loads_are_memory_and_stores_exit, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_known_loads_do_not_outlive_their_attribute,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_backing_belongs_to_its_region, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_tracked_store_is_done_before_its_handler,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_readonly_store_is_left_to_its_handler, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_attributes_change_at_run_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_handler_may_change_its_own_page, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_unmap_takes_pages_and_handlers_away, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_wrong_mappings_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_changes_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrappers_nest_and_leave_in_any_order, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bus_works_without_any_layer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_event_is_not_forwarded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_promises_stop_the_program, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_accesses_interleave_in_time_order, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
