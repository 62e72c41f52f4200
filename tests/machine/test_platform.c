// SPDX-License-Identifier: MIT
// The guest's door to the machine: memory and its allocator, shared words, locks, time, PCI.

#include <stdlib.h>
#include <string.h>

#include "sim/machine/page_pool.h"
#include "tests/machine/vm_bed.h"

#define NS PS_PER_NS

static struct vm_bed bed;

static int setup(void **state)
{
	struct cost_profile costs = bed_costs();

	bed_create(&bed, &(struct bed_options){ .costs = &costs, .vcpu_count = BED_VCPUS });
	return 0;
}

static int teardown(void **state)
{
	bed_destroy(&bed);
	return 0;
}

static uint64_t ram_bytes(void)
{
	return guest_ram_size_bytes(bed.vm->ram);
}

static void test_pages_come_from_the_top_and_are_reused(void **state)
{
	uint64_t gpa[4];
	uint8_t *pages[4];

	for (int i = 0; i < 4; i++) {
		pages[i] = plat_alloc_pages(bed.plat, 2, &gpa[i]);
		assert_non_null(pages[i]);
		assert_int_equal(gpa[i], ram_bytes() - (uint64_t)(i + 1) * 2 * PAGE_SIZE);
		memset(pages[i], 0x5a, 2 * PAGE_SIZE);
	}
	assert_int_equal(platform_pages_in_use(bed.plat), 8);
	plat_free_pages(bed.plat, pages[1], 2);
	plat_free_pages(bed.plat, pages[2], 2);
	assert_int_equal(platform_pages_in_use(bed.plat), 4);
	// three pages fit into the hole of four, from its top; zeroed again
	pages[1] = plat_alloc_pages(bed.plat, 3, &gpa[1]);
	assert_int_equal(gpa[1], gpa[0] - 3 * PAGE_SIZE);
	for (uint64_t i = 0; i < 3 * PAGE_SIZE; i++)
		assert_int_equal(pages[1][i], 0);
	// two do not fit into what is left of it
	pages[2] = plat_alloc_pages(bed.plat, 2, &gpa[2]);
	assert_int_equal(gpa[2], gpa[3] - 2 * PAGE_SIZE);
	// part of an allocation may go
	plat_free_pages(bed.plat, pages[1] + PAGE_SIZE, 1);
	plat_alloc_pages(bed.plat, 1, &gpa[1]);
	assert_int_equal(gpa[1], gpa[0] - 2 * PAGE_SIZE);
	assert_int_equal(platform_pages_in_use(bed.plat), 9);
}

// After a boot no page is in use and no interrupt comes; pages of before are zeroed again.
static void test_reboot(void **state)
{
	uint64_t gpa[2];
	uint8_t *pages = plat_alloc_pages(bed.plat, 3, &gpa[0]);

	memset(pages, 0x5a, 3 * PAGE_SIZE);
	plat_alloc_pages(bed.plat, 2, &gpa[1]);
	plat_free_pages(bed.plat, pages + PAGE_SIZE, 1);
	bed.vm->irq_opaque = &bed;
	vcpu_post_interrupt(bed.vm->vcpus[0], 5 * NS);
	platform_reboot(bed.plat);
	assert_int_equal(platform_pages_in_use(bed.plat), 0);
	assert_null(bed.vm->irq_handler);
	assert_null(bed.vm->irq_opaque);
	assert_int_equal(bed.vm->vcpus[0]->irq_count, 0);
	assert_true(bed.vm->vcpus[0]->irq_at_ps[0] == EXEC_NEVER);
	assert_false(bed.vm->vcpus[0]->irq_enabled);
	pages = plat_alloc_pages(bed.plat, 6, &gpa[1]);
	assert_int_equal(gpa[1], ram_bytes() - 6 * PAGE_SIZE);
	for (uint64_t i = 0; i < 6 * PAGE_SIZE; i++)
		assert_int_equal(pages[i], 0);
}

// Pages that were never handed out are zero by themselves, the others are cleared.
static void test_old_and_new_pages_are_zero(void **state)
{
	uint64_t gpa[3];
	uint8_t *pages[3];

	pages[0] = plat_alloc_pages(bed.plat, 2, &gpa[0]);
	pages[1] = plat_alloc_pages(bed.plat, 3, &gpa[1]);
	memset(pages[0], 0x5a, 2 * PAGE_SIZE);
	memset(pages[1], 0x5a, 3 * PAGE_SIZE);
	plat_free_pages(bed.plat, pages[1], 3);
	pages[2] = plat_alloc_pages(bed.plat, 5, &gpa[2]);
	assert_int_equal(gpa[2], gpa[1] - 2 * PAGE_SIZE);
	for (uint64_t i = 0; i < 5 * PAGE_SIZE; i++)
		assert_int_equal(pages[2][i], 0);
}

static void test_the_first_mib_is_never_handed_out(void **state)
{
	uint64_t pages = (ram_bytes() - (UINT64_C(1) << 20)) / PAGE_SIZE;
	uint64_t gpa;
	void *all;

	assert_null(plat_alloc_pages(bed.plat, 0, &gpa));
	assert_null(plat_alloc_pages(bed.plat, pages + 1, &gpa));
	assert_null(plat_alloc_pages(bed.plat, SIZE_MAX, &gpa));
	all = plat_alloc_pages(bed.plat, pages, &gpa);
	assert_non_null(all);
	assert_int_equal(gpa, 1 << 20);
	assert_null(plat_alloc_pages(bed.plat, 1, &gpa));
	plat_free_pages(bed.plat, all, pages);
	assert_int_equal(platform_pages_in_use(bed.plat), 0);
	assert_non_null(plat_alloc_pages(bed.plat, pages, &gpa));
}

// The allocator against the simplest one that could be right.
static void test_random_allocations(void **state)
{
	enum { PAGES = 150, RUNS = 60 };
	bool used[PAGES] = { false };
	uint64_t run_pfn[RUNS], run_pages[RUNS] = { 0 };
	struct page_pool pool;
	struct rng rng;

	rng_seed(&rng, 5);
	assert_int_equal(page_pool_init(&pool, 7, 7 + PAGES), 0);
	for (int step = 0; step < 20000; step++) {
		size_t r = rng_below(&rng, RUNS);
		uint64_t want = 1 + rng_below(&rng, 9), pfn = 0, free_run = 0;

		if (run_pages[r]) {
			page_pool_free(&pool, run_pfn[r], run_pages[r]);
			memset(&used[run_pfn[r] - 7], 0, run_pages[r]);
			run_pages[r] = 0;
			continue;
		}
		for (pfn = PAGES; pfn > 0 && free_run < want; pfn--)
			free_run = used[pfn - 1] ? 0 : free_run + 1;
		assert_int_equal(page_pool_alloc(&pool, want, &run_pfn[r]) == 0, free_run == want);
		if (free_run < want)
			continue;
		assert_int_equal(run_pfn[r], pfn + 7);
		memset(&used[pfn], 1, want);
		run_pages[r] = want;
	}
	page_pool_fini(&pool);
}

static void free_twice(struct vm_bed *b)
{
	uint64_t gpa;
	void *page = plat_alloc_pages(b->plat, 1, &gpa);

	plat_free_pages(b->plat, page, 1);
	plat_free_pages(b->plat, page, 1);
}

static void free_too_much(struct vm_bed *b)
{
	uint64_t gpa;

	plat_free_pages(b->plat, plat_alloc_pages(b->plat, 1, &gpa), 2);
}

static void test_wrong_frees_stop_the_program(void **state)
{
	assert_true(bed_stops(&bed, free_twice));
	assert_true(bed_stops(&bed, free_too_much));
}

static void use_shared_words(void *arg)
{
	uint64_t gpa, seen;
	uint32_t *p = plat_alloc_pages(bed.plat, 1, &gpa);
	uint64_t start_ps = exec_now(bed.m->ex);

	plat_store32(bed.plat, p, 0x11223344);
	plat_store_release32(bed.plat, p + 1, 0x55667788);
	assert_int_equal(guest_ram_read(bed.vm->ram, gpa, &seen, 8), 0);
	assert_int_equal(seen, UINT64_C(0x5566778811223344));
	assert_int_equal(plat_load32(bed.plat, p), 0x11223344);
	assert_int_equal(plat_load_acquire32(bed.plat, p + 1), 0x55667788);
	plat_store64(bed.plat, p + 2, UINT64_C(0x8899aabbccddeeff));
	assert_int_equal(plat_load64(bed.plat, p + 2), UINT64_C(0x8899aabbccddeeff));
	assert_int_equal(p[2], 0xccddeeff);
	plat_mb(bed.plat);
	plat_wmb(bed.plat);
	assert_int_equal(exec_now(bed.m->ex), start_ps);
	// what the host writes is there
	seen = 99;
	assert_int_equal(guest_ram_write(bed.vm->ram, gpa + 24, &seen, 8), 0);
	assert_int_equal(plat_load64(bed.plat, p + 6), 99);
	// a protected page makes stores exit, loads not
	assert_int_equal(
		bus_set_attr(bed.vm->bus, gpa >> PAGE_SHIFT, 1, BUS_RAM_TRACKED, bed.extra), 0);
	plat_store_release32(bed.plat, p + 3, 7);
	plat_store64(bed.plat, p + 4, 8);
	assert_int_equal(plat_load32(bed.plat, p + 3), 7);
	assert_int_equal(plat_load64(bed.plat, p + 4), 8);
	assert_int_equal(bed.device.offset, gpa + 16);
	assert_int_equal(bed.device.size_bytes, 8);
}

static void test_shared_words(void **state)
{
	struct bus_region tracker = {
		.name = "tracker", .ops = &bed_device_ops, .opaque = &bed, .one_ledger_key = true
	};

	bed.extra = &tracker;
	bed_run(&bed, use_shared_words);
	assert_int_equal(bed_totals(&bed, GUEST_OP_NONE).exits.count, 2);
	assert_int_equal(bed_totals(&bed, GUEST_OP_NONE).by_reason[EXIT_WRITE_PROTECT].count, 2);
	bus_unmap(bed.vm->bus, &tracker);
}

static void store_misaligned(void *arg)
{
	uint64_t gpa;
	uint8_t *p = plat_alloc_pages(bed.plat, 1, &gpa);

	plat_store32(bed.plat, p + 2, 1);
}

static void store_elsewhere(void *arg)
{
	static uint32_t own;

	plat_store32(bed.plat, &own, 1);
}

static void run_store_misaligned(struct vm_bed *b)
{
	bed_run(b, store_misaligned);
}

static void run_store_elsewhere(struct vm_bed *b)
{
	bed_run(b, store_elsewhere);
}

static void test_words_must_be_the_guests_and_aligned(void **state)
{
	assert_true(bed_stops(&bed, run_store_misaligned));
	assert_true(bed_stops(&bed, run_store_elsewhere));
}

static void use_every_register_size(void *arg)
{
	uint64_t at = BED_DEVICE_BASE + 0x40;

	plat_write8(bed.plat, at, 0x11);
	assert_int_equal(bed.device.size_bytes, 1);
	plat_write16(bed.plat, at, 0x1122);
	assert_int_equal(bed.device.size_bytes, 2);
	plat_write32(bed.plat, at, 0x11223344);
	assert_int_equal(bed.device.size_bytes, 4);
	plat_write64(bed.plat, at, UINT64_C(0x1122334455667788));
	assert_int_equal(bed.device.size_bytes, 8);
	assert_int_equal(plat_read8(bed.plat, at), 0x88);
	assert_int_equal(bed.device.size_bytes, 1);
	assert_int_equal(plat_read16(bed.plat, at), 0x7788);
	assert_int_equal(bed.device.size_bytes, 2);
	assert_int_equal(plat_read32(bed.plat, at), 0x55667788);
	assert_int_equal(bed.device.size_bytes, 4);
	assert_int_equal(plat_read64(bed.plat, at), UINT64_C(0x1122334455667788));
	assert_int_equal(bed.device.size_bytes, 8);
}

static void test_registers_of_every_size(void **state)
{
	bed_run(&bed, use_every_register_size);
	assert_int_equal(bed_totals(&bed, GUEST_OP_NONE).by_reason[EXIT_MMIO_WRITE].count, 4);
	assert_int_equal(bed_totals(&bed, GUEST_OP_NONE).by_reason[EXIT_MMIO_READ].count, 4);
}

static void test_pci_configuration(void **state)
{
	for (unsigned i = 0; i < VM_PCI_CONFIG_BYTES; i++)
		bed.vm->pci_config[i] = (uint8_t)i;
	assert_int_equal(plat_pci_read32(bed.plat, 0), 0x03020100);
	assert_int_equal(plat_pci_read32(bed.plat, 0xfc), 0xfffefdfc);
	assert_int_equal(plat_pci_read32(bed.plat, 2), UINT32_MAX);
	assert_int_equal(plat_pci_read32(bed.plat, 0x100), UINT32_MAX);
	assert_int_equal(plat_pci_read32(bed.plat, UINT32_MAX - 3), UINT32_MAX);
}

// A counter that only a lock protects: read, let time pass, write.
static struct {
	struct plat_lock lock;
	unsigned counter;
	unsigned inside;
	uint64_t held_ps;
} shared;

static void count_under_lock(void *arg)
{
	for (int i = 0; i < 20; i++) {
		bool irq_state = plat_lock(bed.plat, &shared.lock);
		unsigned seen = shared.counter;

		assert_int_equal(shared.inside++, 0);
		assert_false(vcpu_current(bed.m)->irq_enabled);
		exec_sleep_until(bed.m->ex, exec_now(bed.m->ex) + shared.held_ps);
		shared.counter = seen + 1;
		shared.inside--;
		plat_unlock(bed.plat, &shared.lock, irq_state);
	}
}

static void test_locks_exclude_vcpus(void **state)
{
	memset(&shared, 0, sizeof(shared));
	shared.held_ps = 100;
	for (unsigned i = 0; i < BED_VCPUS; i++)
		assert_int_equal(vcpu_start(bed.vm, i, i, count_under_lock, NULL), 0);
	assert_int_equal(executor_run(bed.m->ex), 0);
	assert_int_equal(shared.counter, 20 * BED_VCPUS);
	assert_int_equal(shared.lock.word, 0);
	// always taken by somebody, without gaps
	assert_int_equal(executor_time_ps(bed.m->ex), 20 * BED_VCPUS * 100);
}

static void interrupted(void *opaque)
{
	assert_int_equal(shared.lock.word, 0);
	shared.inside++;
}

static void lock_and_be_interrupted(void *arg)
{
	bool irq_state;

	plat_irq_register(bed.plat, interrupted, NULL);
	plat_irq_restore(bed.plat, true);
	irq_state = plat_lock(bed.plat, &shared.lock);
	assert_true(irq_state);
	vcpu_post_interrupt(bed.vm->vcpus[0], exec_now(bed.m->ex));
	plat_read32(bed.plat, BED_DEVICE_BASE);
	assert_int_equal(shared.inside, 0);
	plat_unlock(bed.plat, &shared.lock, irq_state);
	assert_int_equal(shared.inside, 1);
	assert_true(bed.vm->vcpus[0]->irq_enabled);
}

static void test_locks_keep_interrupts_out(void **state)
{
	memset(&shared, 0, sizeof(shared));
	bed_run(&bed, lock_and_be_interrupted);
	assert_int_equal(shared.inside, 1);
}

static void lock_twice(void *arg)
{
	struct plat_lock lock = { 0 };

	plat_lock(bed.plat, &lock);
	plat_lock(bed.plat, &lock);
}

static void unlock_free_lock(void *arg)
{
	struct plat_lock lock = { 0 };

	plat_unlock(bed.plat, &lock, false);
}

static void run_lock_twice(struct vm_bed *b)
{
	bed_run(b, lock_twice);
}

static void run_unlock_free_lock(struct vm_bed *b)
{
	bed_run(b, unlock_free_lock);
}

static void test_wrong_locking_stops_the_program(void **state)
{
	assert_true(bed_stops(&bed, run_lock_twice));
	assert_true(bed_stops(&bed, run_unlock_free_lock));
}

static void sleep_then_note(void *arg)
{
	uint64_t *woken_ps = arg;

	plat_irq_save(bed.plat);
	assert_true(plat_halt(bed.plat, PLAT_NEVER));
	*woken_ps = exec_now(bed.m->ex);
}

static void wake_all(void *arg)
{
	plat_delay_ns(bed.plat, 500);
	plat_wake(bed.plat);
}

static void test_wake_reaches_every_sleeper(void **state)
{
	uint64_t woken_ps[BED_VCPUS] = { 0 };

	for (unsigned i = 1; i < BED_VCPUS; i++)
		assert_int_equal(vcpu_start(bed.vm, i, 0, sleep_then_note, &woken_ps[i]), 0);
	assert_int_equal(vcpu_start(bed.vm, 0, 0, wake_all, NULL), 0);
	assert_int_equal(executor_run(bed.m->ex), 0);
	for (unsigned i = 1; i < BED_VCPUS; i++)
		assert_int_equal(woken_ps[i], 500 * NS + bed.m->costs.value[COST_VCPU_WAKE]);
}

static void pass_time(void *arg)
{
	const uint64_t *value = bed.m->costs.value;
	uint64_t before_ps;

	exec_advance(bed.m->ex, 1999);
	assert_int_equal(plat_time_ns(bed.plat), 1);
	plat_delay_ns(bed.plat, 3);
	assert_int_equal(exec_now(bed.m->ex), 4999);
	before_ps = exec_now(bed.m->ex);
	plat_work(bed.plat, PLAT_WORK_REQUEST);
	plat_work(bed.plat, PLAT_WORK_SUBMIT);
	plat_work(bed.plat, PLAT_WORK_INTERRUPT);
	assert_int_equal(exec_now(bed.m->ex) - before_ps, value[COST_GUEST_REQUEST] +
								  value[COST_GUEST_SUBMIT] +
								  value[COST_GUEST_INTERRUPT]);
}

static void test_time_and_work(void **state)
{
	bed_run(&bed, pass_time);
	assert_int_equal(bed_totals(&bed, GUEST_OP_NONE).work_ps, 0); // not the mediator's
}

static void mark_everything(void *arg)
{
	for (enum plat_op op = PLAT_OP_INIT; op <= PLAT_OP_RESET; op++) {
		plat_op_begin(bed.plat, op);
		plat_op_end(bed.plat, op);
	}
}

static void test_every_mark_is_one_operation(void **state)
{
	bed_run(&bed, mark_everything);
	for (enum guest_op op = 0; op < GUEST_OP_COUNT; op++)
		assert_int_equal(bed_totals(&bed, op).count,
				 op != GUEST_OP_NONE && op != GUEST_OP_INTERRUPT);
	assert_int_equal(executor_time_ps(bed.m->ex), 0);
}

static void test_messages_are_kept(void **state)
{
	uint64_t value;

	assert_int_equal(platform_log_count(bed.plat), 0);
	assert_null(platform_last_log(bed.plat, &value));
	plat_log(bed.plat, "first", 1);
	plat_log(bed.plat, "render hang, head", 0x1230);
	assert_int_equal(platform_log_count(bed.plat), 2);
	assert_string_equal(platform_last_log(bed.plat, &value), "render hang, head");
	assert_int_equal(value, 0x1230);
}

#define BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED(test_pages_come_from_the_top_and_are_reused),
		BED(test_reboot),
		BED(test_old_and_new_pages_are_zero),
		BED(test_the_first_mib_is_never_handed_out),
		cmocka_unit_test(test_random_allocations),
		BED(test_wrong_frees_stop_the_program),
		BED(test_shared_words),
		BED(test_words_must_be_the_guests_and_aligned),
		BED(test_registers_of_every_size),
		BED(test_pci_configuration),
		BED(test_locks_exclude_vcpus),
		BED(test_locks_keep_interrupts_out),
		BED(test_wrong_locking_stops_the_program),
		BED(test_wake_reaches_every_sleeper),
		BED(test_time_and_work),
		BED(test_every_mark_is_one_operation),
		BED(test_messages_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
