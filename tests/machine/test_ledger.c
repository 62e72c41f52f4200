// SPDX-License-Identifier: MIT
// The ledger against an independent recount: every exit of random streams is written down by the
// test itself, with what the clock said, and summed up the plain way.

#include <stdlib.h>
#include <string.h>

#include "sim/machine/histogram.h"
#include "tests/machine/vm_bed.h"

// One exit, as the test saw it.
struct record {
	unsigned vcpu_id;
	uint64_t offset;
	enum exit_reason reason;
	enum guest_op op;
	uint64_t duration_ps;
	uint64_t part_ps[EXIT_PART_COUNT];
};

#define RECORD_LIMIT 20000

struct recount {
	struct rng rng;
	struct record records[RECORD_LIMIT];
	size_t count;
	struct record *open[BED_VCPUS]; // by vCPU: what its handler adds to
	struct bus_region table;        // booked as one
	unsigned steps;                 // per vCPU
};

#define TABLE_BASE (BED_DEVICE_BASE + (UINT64_C(1) << 24))

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
	struct vm_bed *bed = *state;

	bed_destroy(bed);
	free(bed->extra);
	return 0;
}

static struct recount *recount_new(struct vm_bed *bed, unsigned steps)
{
	struct recount *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	rng_seed(&r->rng, 7);
	r->steps = steps;
	r->table = (struct bus_region){
		.name = "table",
		.base = TABLE_BASE,
		.size_bytes = 16 * PAGE_SIZE,
		.ops = &bed_device_ops,
		.opaque = bed,
		.one_ledger_key = true,
	};
	assert_int_equal(bus_map(bed->vm->bus, &r->table, BUS_TRAP), 0);
	bed->extra = r;
	return r;
}

// Handlers: often the same work, sometimes another, sometimes time that nobody names.
static void spend_at_random(struct vm_bed *bed)
{
	struct recount *r = bed->extra;
	const struct cost_profile *costs = &bed->m->costs;
	struct record *record = r->open[vcpu_current(bed->m)->id];
	enum work_kind kind = rng_below(&r->rng, 4) ? WORK_HANDLER
						    : rng_below(&r->rng, WORK_KIND_COUNT);
	uint64_t count = rng_below(&r->rng, 8) ? 1 : rng_below(&r->rng, 100);

	work_spend(bed->m, kind, count);
	record->part_ps[work_kinds[kind].part] += count * costs->value[work_kinds[kind].price];
	if (rng_below(&r->rng, 8) == 0) {
		uint64_t ps = rng_next(&r->rng) >> rng_below(&r->rng, 40) >> 24;

		exec_advance(bed->m->ex, ps);
		record->part_ps[EXIT_PART_EMULATION] += ps;
	}
}

static void add_price(struct record *record, const struct cost_profile *costs)
{
	record->part_ps[EXIT_PART_TRANSITION] += costs->value[COST_EXIT_TRANSITION];
	record->part_ps[EXIT_PART_REENTRY] += costs->value[COST_EXIT_REENTRY];
	switch (record->reason) {
	case EXIT_MMIO_READ:
	case EXIT_MMIO_WRITE:
		record->part_ps[EXIT_PART_DISPATCH] += costs->value[COST_DISPATCH_MMIO];
		record->part_ps[EXIT_PART_FORWARDING] += costs->value[COST_FORWARD_MMIO];
		break;
	case EXIT_WRITE_PROTECT:
		record->part_ps[EXIT_PART_DISPATCH] += costs->value[COST_DISPATCH_WRITE_PROTECT];
		record->part_ps[EXIT_PART_FORWARDING] += costs->value[COST_FORWARD_WRITE_PROTECT];
		break;
	case EXIT_HYPERCALL:
		record->part_ps[EXIT_PART_DISPATCH] += costs->value[COST_DISPATCH_HYPERCALL];
		record->part_ps[EXIT_PART_FORWARDING] += costs->value[COST_FORWARD_HYPERCALL];
		break;
	case EXIT_INTERRUPT:
		record->part_ps[EXIT_PART_DISPATCH] += costs->value[COST_DISPATCH_INTERRUPT];
		break;
	default:
		record->part_ps[EXIT_PART_DISPATCH] += costs->value[COST_DISPATCH_EOI];
		break;
	}
}

static void access_at_random(struct vm_bed *bed, struct recount *r, struct record *record)
{
	struct bus *bus = bed->vm->bus;
	uint64_t offset = rng_below(&r->rng, 40) * 2;
	bool is_write = rng_below(&r->rng, 3) != 0;

	record->reason = is_write ? EXIT_MMIO_WRITE : EXIT_MMIO_READ;
	record->offset = offset & ~UINT64_C(3);
	if (rng_below(&r->rng, 3) == 0) {
		record->offset = 0;
		offset += TABLE_BASE + rng_below(&r->rng, 16) * PAGE_SIZE;
		record->vcpu_id |= 0x100; // tells the table's records from the device's
	} else {
		offset += BED_DEVICE_BASE;
	}
	if (is_write)
		bus_write(bus, offset, 2, 0);
	else
		bus_read(bus, offset, 2);
}

static void live_at_random(void *arg)
{
	struct vm_bed *bed = arg;
	struct recount *r = bed->extra;
	struct vcpu *vcpu = vcpu_current(bed->m);

	for (unsigned i = 0; i < r->steps; i++) {
		struct record *record = &r->records[r->count++];
		enum guest_op op = rng_below(&r->rng, 4);
		uint64_t start_ps;

		// Interleave here, so that nobody comes between the two looks at the clock.
		exec_sync(bed->m->ex);
		*record = (struct record){ .vcpu_id = vcpu->id, .op = op };
		r->open[vcpu->id] = record;
		if (op)
			vcpu_op_begin(vcpu, op);
		start_ps = exec_now(bed->m->ex);
		if (rng_below(&r->rng, 10)) {
			access_at_random(bed, r, record);
		} else {
			record->reason = EXIT_HYPERCALL + rng_below(&r->rng, 3);
			bus_exit(bed->vm->bus, vcpu, record->reason);
		}
		record->duration_ps = exec_now(bed->m->ex) - start_ps;
		add_price(record, &bed->m->costs);
		if (op)
			vcpu_op_end(vcpu, op);
	}
}

static void sum_add(struct ledger_sum *sum, const struct record *record)
{
	if (!sum->count || record->duration_ps < sum->min_ps)
		sum->min_ps = record->duration_ps;
	if (record->duration_ps > sum->max_ps)
		sum->max_ps = record->duration_ps;
	sum->count++;
	sum->time_ps += record->duration_ps;
	for (int i = 0; i < EXIT_PART_COUNT; i++)
		sum->part_ps[i] += record->part_ps[i];
}

static void assert_sums_equal(const struct ledger_sum *a, const struct ledger_sum *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->time_ps, b->time_ps);
	assert_int_equal(a->min_ps, b->min_ps);
	assert_int_equal(a->max_ps, b->max_ps);
	for (int i = 0; i < EXIT_PART_COUNT; i++)
		assert_int_equal(a->part_ps[i], b->part_ps[i]);
}

static void assert_parts_add_up(const struct ledger_sum *sum)
{
	uint64_t total_ps = 0;

	for (int i = 0; i < EXIT_PART_COUNT; i++)
		total_ps += sum->part_ps[i];
	assert_int_equal(total_ps, sum->time_ps);
}

static bool same_account(const struct vm_bed *bed, const struct ledger_account *account,
			 const struct record *record)
{
	const struct recount *r = bed->extra;
	uint16_t region_id = record->reason >= EXIT_HYPERCALL ? 0
			     : record->vcpu_id & 0x100        ? r->table.id
							      : bed->region.id;

	return account->vcpu_id == (record->vcpu_id & 0xff) && account->region_id == region_id &&
	       account->offset == record->offset && account->reason == record->reason &&
	       account->op == record->op;
}

static int compare_accounts(const struct ledger_account *a, const struct ledger_account *b)
{
	const uint64_t x[] = { a->vm_id, a->vcpu_id, a->region_id, a->offset, a->reason, a->op };
	const uint64_t y[] = { b->vm_id, b->vcpu_id, b->region_id, b->offset, b->reason, b->op };

	for (int i = 0; i < 6; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static void check_accounts(struct vm_bed *bed)
{
	struct recount *r = bed->extra;
	struct ledger_account *accounts;
	size_t count, seen = 0;

	assert_int_equal(ledger_accounts(bed->m->ledger, &accounts, &count), 0);
	for (size_t i = 0; i < count; i++) {
		struct ledger_sum sum = { .count = 0 };

		assert_int_equal(accounts[i].vm_id, bed->vm->id);
		if (i)
			assert_true(compare_accounts(&accounts[i - 1], &accounts[i]) < 0);
		for (size_t j = 0; j < r->count; j++)
			if (same_account(bed, &accounts[i], &r->records[j]))
				sum_add(&sum, &r->records[j]);
		assert_true(sum.count > 0);
		assert_sums_equal(&accounts[i].sum, &sum);
		assert_parts_add_up(&accounts[i].sum);
		seen += sum.count;
	}
	assert_int_equal(seen, r->count);
	free(accounts);
}

static void check_totals(struct vm_bed *bed)
{
	struct recount *r = bed->extra;

	for (enum guest_op op = 0; op < GUEST_OP_COUNT; op++) {
		struct ledger_op totals = bed_totals(bed, op);
		struct ledger_op expected = { .count = 0 };

		for (size_t j = 0; j < r->count; j++)
			if (r->records[j].op == op) {
				sum_add(&expected.exits, &r->records[j]);
				sum_add(&expected.by_reason[r->records[j].reason], &r->records[j]);
			}
		assert_sums_equal(&totals.exits, &expected.exits);
		for (int reason = 0; reason < EXIT_REASON_COUNT; reason++)
			assert_sums_equal(&totals.by_reason[reason], &expected.by_reason[reason]);
		assert_int_equal(totals.count, op ? expected.exits.count : 0);
		assert_int_equal(totals.self_ps, op ? expected.exits.time_ps : 0);
		assert_int_equal(totals.work_ps, 0); // all of it was inside of exits
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void check_percentiles(struct vm_bed *bed, enum guest_op op, enum exit_reason reason)
{
	static const unsigned permilles[] = { 0, 1, 10, 500, 501, 900, 990, 999, 1000 };
	static uint64_t durations[RECORD_LIMIT];
	struct recount *r = bed->extra;
	size_t n = 0;

	for (size_t j = 0; j < r->count; j++)
		if ((op == GUEST_OP_COUNT || r->records[j].op == op) &&
		    (reason == EXIT_REASON_COUNT || r->records[j].reason == reason))
			durations[n++] = r->records[j].duration_ps;
	qsort(durations, n, sizeof(durations[0]), by_value);
	for (size_t i = 0; i < sizeof(permilles) / sizeof(permilles[0]); i++) {
		uint64_t got =
			ledger_percentile_ps(bed->m->ledger, bed->vm->id, op, reason, permilles[i]);
		size_t rank = (n * permilles[i] + 999) / 1000;
		uint64_t exact = n ? durations[rank ? rank - 1 : 0] : 0;

		assert_true(got >= exact);
		assert_true((got - exact) * 32 <= exact);
	}
}

static void test_random_streams_equal_a_recount(void **state)
{
	struct vm_bed *bed = *state;

	recount_new(bed, RECORD_LIMIT / BED_VCPUS);
	bed->device.hook = spend_at_random;
	for (unsigned i = 0; i < BED_VCPUS; i++)
		assert_int_equal(vcpu_start(bed->vm, i, 0, live_at_random, bed), 0);
	executor_run(bed->m->ex);
	check_accounts(bed);
	check_totals(bed);
	for (enum guest_op op = 0; op <= GUEST_OP_COUNT; op++)
		for (enum exit_reason reason = 0; reason <= EXIT_REASON_COUNT; reason++)
			check_percentiles(bed, op, reason);
}

static void touch_every_register(void *arg)
{
	struct vm_bed *bed = arg;

	for (int round = 0; round < 3; round++)
		for (uint64_t offset = 0; offset < BED_DEVICE_BYTES; offset += 4)
			bus_write(bed->vm->bus, BED_DEVICE_BASE + offset, 4, 0);
}

static void test_thousands_of_accounts(void **state)
{
	struct vm_bed *bed = *state;
	struct ledger_account *accounts;
	size_t count;

	bed_run(bed, touch_every_register);
	assert_int_equal(ledger_accounts(bed->m->ledger, &accounts, &count), 0);
	assert_int_equal(count, BED_DEVICE_BYTES / 4);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(accounts[i].offset, 4 * i);
		assert_int_equal(accounts[i].sum.count, 3);
	}
	free(accounts);
}

static void test_an_empty_ledger_is_all_zero(void **state)
{
	struct vm_bed *bed = *state;
	struct ledger_account *accounts;
	struct ledger_op totals, zero;
	size_t count;

	memset(&zero, 0, sizeof(zero));
	assert_int_equal(ledger_accounts(bed->m->ledger, &accounts, &count), 0);
	assert_int_equal(count, 0);
	free(accounts);
	totals = bed_totals(bed, GUEST_OP_SUBMIT);
	assert_memory_equal(&totals, &zero, sizeof(zero));
	assert_int_equal(
		ledger_percentile_ps(bed->m->ledger, 0, GUEST_OP_COUNT, EXIT_REASON_COUNT, 500), 0);
}

static void write_with_two_prices(void *arg)
{
	struct vm_bed *bed = arg;
	struct exit_price prices[EXIT_REASON_COUNT];
	struct cost_profile dear = bed->m->costs;

	for (int i = 0; i < 3; i++)
		bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 0);
	dear.value[COST_FORWARD_MMIO] += 50000;
	cost_exit_prices(&dear, prices);
	bus_set_prices(bed->vm->bus, prices);
	for (int i = 0; i < 2; i++)
		bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 0);
	bus_set_prices(bed->vm->bus, NULL);
	bus_write(bed->vm->bus, BED_DEVICE_BASE, 4, 0);
}

static void test_prices_may_change(void **state)
{
	struct vm_bed *bed = *state;
	const uint64_t *value = bed->m->costs.value;
	struct ledger_op totals;

	bed_run(bed, write_with_two_prices);
	totals = bed_totals(bed, GUEST_OP_NONE);
	assert_int_equal(totals.exits.count, 6);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_TRANSITION],
			 5 * value[COST_EXIT_TRANSITION]);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_FORWARDING],
			 5 * value[COST_FORWARD_MMIO] + 2 * 50000);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_EMULATION], 0);
	assert_int_equal(totals.exits.min_ps, 0);
	assert_parts_add_up(&totals.exits);
	assert_int_equal(totals.exits.time_ps, executor_time_ps(bed->m->ex));
}

static void get_stuck(struct vm_bed *bed)
{
	struct exec_waitq q = { .first = NULL };

	work_spend(bed->m, WORK_GUEST_READ, 2);
	exec_advance(bed->m->ex, 333);
	if (bed->device.writes == 3)
		exec_wait(bed->m->ex, &q, EXEC_NEVER);
}

static void write_until_stuck(void *arg)
{
	touch_every_register(arg);
}

static void hold_time(void *arg)
{
	struct vm_bed *bed = arg;

	exec_sleep_until(bed->m->ex, 40 * PS_PER_US);
}

static void test_an_open_exit_counts_until_now(void **state)
{
	struct vm_bed *bed = *state;
	const uint64_t *value = bed->m->costs.value;
	struct ledger_op totals;
	uint64_t whole_ps, start_ps;

	bed->device.hook = get_stuck;
	assert_int_equal(executor_spawn(bed->m->ex, "clock", 0, hold_time, bed, NULL), 0);
	bed_run(bed, write_until_stuck);
	assert_int_equal(bed->device.writes, 3);
	totals = bed_totals(bed, GUEST_OP_NONE);
	whole_ps = totals.exits.min_ps;
	start_ps = 2 * whole_ps;
	assert_int_equal(totals.exits.count, 3);
	assert_int_equal(totals.exits.max_ps, 40 * PS_PER_US - start_ps);
	assert_int_equal(totals.exits.time_ps, 40 * PS_PER_US);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_REENTRY], 2 * value[COST_EXIT_REENTRY]);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_TRANSITION],
			 3 * value[COST_EXIT_TRANSITION]);
	assert_int_equal(totals.exits.part_ps[EXIT_PART_GUEST_MEMORY],
			 3 * 2 * value[COST_WORK_GUEST_READ]);
	assert_parts_add_up(&totals.exits);
	assert_int_equal(
		ledger_percentile_ps(bed->m->ledger, 0, GUEST_OP_NONE, EXIT_MMIO_WRITE, 1000),
		totals.exits.max_ps);
}

struct reader {
	struct vm_bed *bed;
	struct ledger_op totals;
};

static void let_others_in(struct vm_bed *bed)
{
	work_spend(bed->m, WORK_GUEST_READ, 1);
	exec_sync(bed->m->ex);
}

static void read_ledger(void *arg)
{
	struct reader *reader = arg;

	reader->totals = bed_totals(reader->bed, GUEST_OP_NONE);
}

/* Read by somebody whose clock is behind: what the vCPU has paid counts, the way back does not. */
static void test_an_open_exit_ahead_of_its_reader(void **state)
{
	struct vm_bed *bed = *state;
	const uint64_t *value = bed->m->costs.value;
	struct reader reader = { .bed = bed };
	const struct ledger_sum *exits = &reader.totals.exits;

	bed->device.hook = let_others_in;
	assert_int_equal(executor_spawn(bed->m->ex, "reader", 1, read_ledger, &reader, NULL), 0);
	bed_run(bed, touch_every_register);
	assert_int_equal(exits->count, 1);
	assert_int_equal(exits->part_ps[EXIT_PART_TRANSITION], value[COST_EXIT_TRANSITION]);
	assert_int_equal(exits->part_ps[EXIT_PART_GUEST_MEMORY], value[COST_WORK_GUEST_READ]);
	assert_int_equal(exits->part_ps[EXIT_PART_REENTRY], 0);
	assert_int_equal(exits->time_ps, value[COST_EXIT_TRANSITION] + value[COST_DISPATCH_MMIO] +
						 value[COST_FORWARD_MMIO] +
						 value[COST_WORK_GUEST_READ]);
	assert_parts_add_up(exits);
}

static void test_histogram_is_exact_to_one_part_in_32(void **state)
{
	struct rng rng;
	size_t last = 0;

	rng_seed(&rng, 3);
	for (uint64_t value = 0; value < 100000; value++) {
		size_t bucket = histogram_bucket(value);

		assert_true(bucket == last || bucket == last + 1);
		assert_true(histogram_bucket_max(bucket) >= value);
		assert_true((histogram_bucket_max(bucket) - value) * 32 <= value);
		last = bucket;
	}
	for (int i = 0; i < 100000; i++) {
		uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);
		size_t bucket = histogram_bucket(value);

		assert_true(bucket < HISTOGRAM_BUCKETS);
		assert_true(histogram_bucket_max(bucket) >= value);
		assert_true(histogram_bucket_max(bucket) - value <= value / 32);
		assert_int_equal(histogram_bucket(histogram_bucket_max(bucket)), bucket);
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket_max(HISTOGRAM_BUCKETS - 1), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_streams_equal_a_recount, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_thousands_of_accounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_empty_ledger_is_all_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prices_may_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_open_exit_ahead_of_its_reader, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_an_open_exit_counts_until_now, setup,
						teardown),
		cmocka_unit_test(test_histogram_is_exact_to_one_part_in_32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
