// SPDX-License-Identifier: MIT
// The ledger's books: accounts of exits by key, and per VM and operation what is no exit.

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/container.h"
#include "sim/machine/histogram.h"
#include "sim/machine/ledger.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"

// An account's key in one word; ordered by its value, accounts are in the order of reports.
#define KEY_OP_SHIFT     0
#define KEY_REASON_SHIFT 4
#define KEY_OFFSET_SHIFT 7
#define KEY_REGION_SHIFT 37
#define KEY_VCPU_SHIFT   53
#define KEY_VM_SHIFT     57
#define KEY_USED         (UINT64_C(1) << 63)

#define REGISTER_SHIFT 2 // registers are booked by dword

_Static_assert(GUEST_OP_COUNT <= 1 << (KEY_REASON_SHIFT - KEY_OP_SHIFT), "key bits");
_Static_assert(EXIT_REASON_COUNT <= 1 << (KEY_OFFSET_SHIFT - KEY_REASON_SHIFT), "key bits");
_Static_assert(BUS_REGISTER_SPAN >> REGISTER_SHIFT <= 1 << (KEY_REGION_SHIFT - KEY_OFFSET_SHIFT),
	       "key bits");
_Static_assert(UINT16_MAX < 1 << (KEY_VCPU_SHIFT - KEY_REGION_SHIFT), "key bits");
_Static_assert(VM_VCPU_LIMIT <= 1 << (KEY_VM_SHIFT - KEY_VCPU_SHIFT), "key bits");
_Static_assert(MACHINE_VM_LIMIT <= 1 << (63 - KEY_VM_SHIFT), "key bits");

#define ACCOUNTS_PER_CHUNK 64
#define FIRST_SLOT_BITS    9

struct account {
	struct exit_account exit; // what the bus counts in
	uint64_t key;
	const struct vcpu *vcpu;
	struct histogram *histogram; // of all accounts with the same VM, operation and reason
	uint64_t price_ps[EXIT_PART_COUNT];   // of exits since it came into force
	uint64_t priced_count;                // exits booked before
	uint64_t earlier_ps[EXIT_PART_COUNT]; // their prices
	uint64_t count;                       // of exits in runs that have ended
	uint64_t time_ps;
	uint64_t min_ps;
	uint64_t max_ps;
} __attribute__((aligned(64)));

struct slot {
	uint64_t key;
	struct account *account;
};

struct chunk {
	struct account accounts[ACCOUNTS_PER_CHUNK];
	struct chunk *next;
};

struct op_book {
	uint64_t count;
	uint64_t self_ps;
	uint64_t work_count[WORK_KIND_COUNT];
	uint64_t work_ps[WORK_KIND_COUNT];
	struct histogram *histogram[EXIT_REASON_COUNT];
};

struct vm_book {
	struct op_book ops[GUEST_OP_COUNT];
};

struct ledger {
	struct exit_book book;
	struct slot *slots;
	unsigned slot_bits;
	size_t account_count;
	struct chunk *chunks;
	struct vm_book *books[MACHINE_VM_LIMIT + 1]; // the last is nobody's
};

static struct exit_account *account_of(struct exit_book *book, const struct bus_access *access,
				       const struct exit_price *price);
static void settle(struct exit_book *book, struct exit_account *exit, uint64_t duration_ps);

static void *must_calloc(size_t count, size_t size, size_t alignment)
{
	void *p = aligned_alloc(alignment, (count * size + alignment - 1) / alignment * alignment);

	if (!p) {
		fprintf(stderr, "pvmmio-sim: out of memory for the ledger\n");
		abort();
	}
	memset(p, 0, count * size);
	return p;
}

int ledger_create(struct ledger **out)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return -ENOMEM;
	ledger->book = (struct exit_book){ .account = account_of, .settle = settle };
	ledger->slot_bits = FIRST_SLOT_BITS;
	ledger->slots = calloc((size_t)1 << ledger->slot_bits, sizeof(*ledger->slots));
	if (!ledger->slots) {
		free(ledger);
		return -ENOMEM;
	}
	*out = ledger;
	return 0;
}

static void book_free(struct vm_book *book)
{
	if (!book)
		return;
	for (int op = 0; op < GUEST_OP_COUNT; op++)
		for (int reason = 0; reason < EXIT_REASON_COUNT; reason++)
			free(book->ops[op].histogram[reason]);
	free(book);
}

void ledger_destroy(struct ledger *ledger)
{
	struct chunk *chunk;

	if (!ledger)
		return;
	while ((chunk = ledger->chunks)) {
		ledger->chunks = chunk->next;
		free(chunk);
	}
	for (size_t i = 0; i < MACHINE_VM_LIMIT + 1; i++)
		book_free(ledger->books[i]);
	free(ledger->slots);
	free(ledger);
}

uint64_t ledger_origin(unsigned vm_id, unsigned vcpu_id, enum guest_op op)
{
	return KEY_USED | (uint64_t)vm_id << KEY_VM_SHIFT | (uint64_t)vcpu_id << KEY_VCPU_SHIFT |
	       (uint64_t)op << KEY_OP_SHIFT;
}

static unsigned key_field(uint64_t key, unsigned shift, unsigned end)
{
	return (unsigned)(key >> shift & ((UINT64_C(1) << (end - shift)) - 1));
}

static unsigned key_vm(uint64_t key)
{
	return key_field(key, KEY_VM_SHIFT, 63);
}

static enum guest_op key_op(uint64_t key)
{
	return key_field(key, KEY_OP_SHIFT, KEY_REASON_SHIFT);
}

static enum exit_reason key_reason(uint64_t key)
{
	return key_field(key, KEY_REASON_SHIFT, KEY_OFFSET_SHIFT);
}

static inline uint64_t access_key(const struct bus_access *access)
{
	const struct bus_region *region = access->region;
	uint64_t key = access->vcpu->party.exit_origin | (uint64_t)access->reason
								 << KEY_REASON_SHIFT;

	if (!region)
		return key;
	key |= (uint64_t)region->id << KEY_REGION_SHIFT;
	if (!region->one_ledger_key)
		key |= access->offset >> REGISTER_SHIFT << KEY_OFFSET_SHIFT;
	return key;
}

static inline size_t slot_of(const struct ledger *ledger, uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - ledger->slot_bits);
}

static inline size_t slot_next(const struct ledger *ledger, size_t slot)
{
	return (slot + 1) & (((size_t)1 << ledger->slot_bits) - 1);
}

static struct vm_book *book_of(const struct ledger *ledger, unsigned vm_id)
{
	assert(vm_id < MACHINE_VM_LIMIT || vm_id == LEDGER_NOBODY);
	return ledger->books[vm_id == LEDGER_NOBODY ? MACHINE_VM_LIMIT : vm_id];
}

static struct vm_book *book_open(struct ledger *ledger, unsigned vm_id)
{
	struct vm_book *book = book_of(ledger, vm_id);

	if (!book) {
		book = must_calloc(1, sizeof(*book), _Alignof(struct vm_book));
		ledger->books[vm_id == LEDGER_NOBODY ? MACHINE_VM_LIMIT : vm_id] = book;
	}
	return book;
}

static void slot_insert(struct ledger *ledger, struct account *account)
{
	size_t i = slot_of(ledger, account->key);

	while (ledger->slots[i].key)
		i = slot_next(ledger, i);
	ledger->slots[i] = (struct slot){ .key = account->key, .account = account };
}

static void slots_grow(struct ledger *ledger)
{
	size_t old_count = (size_t)1 << ledger->slot_bits;
	struct slot *old = ledger->slots;

	ledger->slot_bits++;
	ledger->slots = must_calloc(2 * old_count, sizeof(*old), _Alignof(struct slot));
	for (size_t i = 0; i < old_count; i++)
		if (old[i].key)
			slot_insert(ledger, old[i].account);
	free(old);
}

static struct account *account_new(struct ledger *ledger)
{
	size_t index = ledger->account_count % ACCOUNTS_PER_CHUNK;
	struct chunk *chunk;

	if (index == 0) {
		chunk = must_calloc(1, sizeof(*chunk), _Alignof(struct chunk));
		chunk->next = ledger->chunks;
		ledger->chunks = chunk;
	}
	ledger->account_count++;
	return &ledger->chunks->accounts[index];
}

static struct account *account_open(struct ledger *ledger, uint64_t key)
{
	struct op_book *op = &book_open(ledger, key_vm(key))->ops[key_op(key)];
	struct histogram **histogram = &op->histogram[key_reason(key)];
	struct account *account;

	if (!*histogram)
		*histogram = must_calloc(1, sizeof(**histogram), _Alignof(struct histogram));
	account = account_new(ledger);
	account->key = key;
	account->histogram = *histogram;
	if (2 * ledger->account_count > (size_t)1 << ledger->slot_bits)
		slots_grow(ledger);
	slot_insert(ledger, account);
	return account;
}

static struct account *account_find(struct ledger *ledger, uint64_t key)
{
	size_t i = slot_of(ledger, key);

	while (ledger->slots[i].key != key) {
		if (!ledger->slots[i].key)
			return account_open(ledger, key);
		i = slot_next(ledger, i);
	}
	return ledger->slots[i].account;
}

// Another price from now on: exits so far had the old one.
static void change_price(struct account *account, const uint64_t *price_ps)
{
	uint64_t count = account->count + account->exit.run_count - account->priced_count;

	for (int i = 0; i < EXIT_PART_COUNT; i++)
		account->earlier_ps[i] += count * account->price_ps[i];
	account->priced_count += count;
	memcpy(account->price_ps, price_ps, sizeof(account->price_ps));
}

static struct exit_account *account_of(struct exit_book *book, const struct bus_access *access,
				       const struct exit_price *price)
{
	struct ledger *ledger = container_of(book, struct ledger, book);
	struct account *account = account_find(ledger, access_key(access));

	account->vcpu = access->vcpu;
	if (memcmp(account->price_ps, price->part_ps, sizeof(account->price_ps)) != 0)
		change_price(account, price->part_ps);
	return &account->exit;
}

// Add count exits of ps each.
static void add_exits(struct account *account, uint64_t count, uint64_t ps)
{
	if (!count)
		return;
	if (!account->count || ps < account->min_ps)
		account->min_ps = ps;
	if (ps > account->max_ps)
		account->max_ps = ps;
	account->count += count;
	account->time_ps += count * ps;
}

static void settle(struct exit_book *book, struct exit_account *exit, uint64_t duration_ps)
{
	struct account *account = container_of(exit, struct account, exit);

	account->histogram->count[histogram_bucket(exit->run_ps)] += exit->run_count;
	add_exits(account, exit->run_count, exit->run_ps);
	exit->run_ps = duration_ps;
	exit->run_count = 1;
}

struct exit_book *ledger_book(struct ledger *ledger)
{
	return &ledger->book;
}

// Is an exit of this account being handled? *so_far_ps is how long by now.
static bool exit_is_open(const struct account *account, uint64_t *so_far_ps)
{
	const struct vcpu *vcpu = account->vcpu;

	if (vcpu->party.open_exit != &account->exit)
		return false;
	*so_far_ps = executor_time_ps(vcpu->vm->m->ex) - vcpu->party.exit_start_ps;
	return true;
}

// The parts of count exits that took time_ps in all. What nobody has named is emulation.
static void sum_parts(const struct account *account, struct ledger_sum *sum, bool open)
{
	uint64_t named_ps = 0;

	for (int i = 0; i < EXIT_PART_COUNT; i++) {
		uint64_t priced = sum->count - account->priced_count;

		// An open exit has not come back to the guest.
		if (open && i == EXIT_PART_REENTRY)
			priced--;
		sum->part_ps[i] = account->exit.part_ps[i] + account->earlier_ps[i] +
				  priced * account->price_ps[i];
		named_ps += sum->part_ps[i];
	}
	assert(named_ps <= sum->time_ps && "the parts of exits exceed their durations");
	sum->part_ps[EXIT_PART_EMULATION] += sum->time_ps - named_ps;
}

// All exits of account: the runs that have ended, the one that has not, an open exit.
static struct ledger_sum account_sum(const struct account *account)
{
	struct account all = *account;
	struct ledger_sum sum = { .count = 0 };
	uint64_t so_far_ps;
	bool open = exit_is_open(account, &so_far_ps);

	add_exits(&all, account->exit.run_count, account->exit.run_ps);
	if (open)
		add_exits(&all, 1, so_far_ps);
	sum.count = all.count;
	sum.time_ps = all.time_ps;
	sum.min_ps = all.min_ps;
	sum.max_ps = all.max_ps;
	sum_parts(account, &sum, open);
	return sum;
}

void ledger_book_operation(struct ledger *ledger, unsigned vm_id, enum guest_op op,
			   uint64_t self_ps)
{
	struct op_book *book = &book_open(ledger, vm_id)->ops[op];

	book->count++;
	book->self_ps += self_ps;
}

void ledger_book_work(struct ledger *ledger, struct work_origin origin, enum work_kind kind,
		      uint64_t count, uint64_t ps)
{
	struct op_book *book = &book_open(ledger, (unsigned)origin.vm_id)->ops[origin.op];

	book->work_count[kind] += count;
	book->work_ps[kind] += ps;
}

static void sum_add(struct ledger_sum *to, const struct ledger_sum *from)
{
	if (!from->count)
		return;
	if (!to->count || from->min_ps < to->min_ps)
		to->min_ps = from->min_ps;
	if (from->max_ps > to->max_ps)
		to->max_ps = from->max_ps;
	to->count += from->count;
	to->time_ps += from->time_ps;
	for (int i = 0; i < EXIT_PART_COUNT; i++)
		to->part_ps[i] += from->part_ps[i];
}

void ledger_op_totals(const struct ledger *ledger, unsigned vm_id, enum guest_op op,
		      struct ledger_op *out)
{
	const struct vm_book *book = book_of(ledger, vm_id);

	*out = (struct ledger_op){ .count = 0 };
	if (!book)
		return;
	out->count = book->ops[op].count;
	out->self_ps = book->ops[op].self_ps;
	for (int kind = 0; kind < WORK_KIND_COUNT; kind++) {
		out->work_count[kind] = book->ops[op].work_count[kind];
		out->work_kind_ps[kind] = book->ops[op].work_ps[kind];
		out->work_ps += book->ops[op].work_ps[kind];
	}
	for (size_t i = 0; i < (size_t)1 << ledger->slot_bits; i++) {
		const struct slot *slot = &ledger->slots[i];
		struct ledger_sum sum;

		if (!slot->key || key_vm(slot->key) != vm_id || key_op(slot->key) != op)
			continue;
		sum = account_sum(slot->account);
		sum_add(&out->exits, &sum);
		sum_add(&out->by_reason[key_reason(slot->key)], &sum);
	}
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct slot *)a)->key;
	uint64_t y = ((const struct slot *)b)->key;

	return (x > y) - (x < y);
}

static struct ledger_account account_view(const struct slot *slot)
{
	uint64_t key = slot->key;

	return (struct ledger_account){
		.vm_id = (uint16_t)key_vm(key),
		.vcpu_id = (uint16_t)key_field(key, KEY_VCPU_SHIFT, KEY_VM_SHIFT),
		.region_id = (uint16_t)key_field(key, KEY_REGION_SHIFT, KEY_VCPU_SHIFT),
		.reason = key_reason(key),
		.op = key_op(key),
		.offset = (uint64_t)key_field(key, KEY_OFFSET_SHIFT, KEY_REGION_SHIFT)
			  << REGISTER_SHIFT,
		.sum = account_sum(slot->account),
	};
}

int ledger_accounts(const struct ledger *ledger, struct ledger_account **out, size_t *count)
{
	// One more than needed: nothing booked is no error.
	struct slot *used = calloc(ledger->account_count + 1, sizeof(*used));
	struct ledger_account *accounts = calloc(ledger->account_count + 1, sizeof(*accounts));
	size_t n = 0;

	if (!used || !accounts) {
		free(used);
		free(accounts);
		return -ENOMEM;
	}
	for (size_t i = 0; i < (size_t)1 << ledger->slot_bits; i++)
		if (ledger->slots[i].key)
			used[n++] = ledger->slots[i];
	assert(n == ledger->account_count);
	qsort(used, n, sizeof(*used), by_key);
	for (size_t i = 0; i < n; i++)
		accounts[i] = account_view(&used[i]);
	free(used);
	*out = accounts;
	*count = n;
	return 0;
}

// Durations and their extremes of all exits that a percentile is asked of.
struct spread {
	struct histogram histogram;
	uint64_t count;
	uint64_t min_ps;
	uint64_t max_ps;
};

static bool selected(uint64_t key, unsigned vm_id, enum guest_op op, enum exit_reason reason)
{
	return key && key_vm(key) == vm_id && (op == GUEST_OP_COUNT || key_op(key) == op) &&
	       (reason == EXIT_REASON_COUNT || key_reason(key) == reason);
}

static void spread_add_histogram(struct spread *spread, const struct histogram *histogram)
{
	if (!histogram)
		return;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		spread->histogram.count[i] += histogram->count[i];
}

// What is not in its histogram yet.
static void spread_add_account(struct spread *spread, const struct account *account)
{
	uint64_t so_far_ps;

	spread->histogram.count[histogram_bucket(account->exit.run_ps)] += account->exit.run_count;
	if (exit_is_open(account, &so_far_ps))
		spread->histogram.count[histogram_bucket(so_far_ps)]++;
}

static void spread_collect(struct spread *spread, const struct ledger *ledger, unsigned vm_id,
			   enum guest_op op, enum exit_reason reason)
{
	const struct vm_book *book = book_of(ledger, vm_id);
	struct ledger_sum all = { .count = 0 };

	for (int o = 0; book && o < GUEST_OP_COUNT; o++)
		for (int r = 0; r < EXIT_REASON_COUNT; r++)
			if ((op == GUEST_OP_COUNT || (int)op == o) &&
			    (reason == EXIT_REASON_COUNT || (int)reason == r))
				spread_add_histogram(spread, book->ops[o].histogram[r]);
	for (size_t i = 0; i < (size_t)1 << ledger->slot_bits; i++) {
		const struct slot *slot = &ledger->slots[i];
		struct ledger_sum sum;

		if (!selected(slot->key, vm_id, op, reason))
			continue;
		sum = account_sum(slot->account);
		sum_add(&all, &sum);
		spread_add_account(spread, slot->account);
	}
	spread->count = all.count;
	spread->min_ps = all.min_ps;
	spread->max_ps = all.max_ps;
}

static uint64_t spread_percentile(const struct spread *spread, unsigned permille)
{
	uint64_t rank = spread->count / 1000 * permille +
			(spread->count % 1000 * permille + 999) / 1000;
	uint64_t seen = 0;
	uint64_t value = 0;

	if (rank == 0)
		rank = 1;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS && seen < rank; i++) {
		seen += spread->histogram.count[i];
		value = histogram_bucket_max(i);
	}
	assert(seen >= rank && "the histogram has lost an exit");
	if (value < spread->min_ps)
		return spread->min_ps;
	return value > spread->max_ps ? spread->max_ps : value;
}

uint64_t ledger_percentile_ps(const struct ledger *ledger, unsigned vm_id, enum guest_op op,
			      enum exit_reason reason, unsigned permille)
{
	struct spread spread = { .count = 0 };

	assert(permille <= 1000);
	spread_collect(&spread, ledger, vm_id, op, reason);
	return spread.count ? spread_percentile(&spread, permille) : 0;
}
