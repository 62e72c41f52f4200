// SPDX-License-Identifier: MIT
// The ledger's books: accounts of exits by key, and per VM and operation what is no exit.
//
// Most exits of one register and operation take equally long for the same reasons. An account
// therefore counts runs of equal exits and adds a run to its sums when it ends: booking one more of
// the same is a comparison and an increment, and everything stays exact.

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
	// A run of equal exits that is not in sum and histogram yet.
	uint64_t run_part_ps[EXIT_PART_COUNT];
	uint64_t run_duration_ps;
	uint64_t run_count;
	struct histogram *histogram; // of all accounts with the same VM, operation and reason
	uint64_t key;
	struct ledger_sum sum;
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

struct ledger_layer {
	struct bus_layer layer;
	struct ledger *ledger;
	struct ledger_layer *next;
};

struct ledger {
	struct slot *slots;
	unsigned slot_bits;
	size_t account_count;
	struct chunk *chunks;
	struct ledger_layer *layers;
	struct vm_book *books[MACHINE_VM_LIMIT + 1]; // the last is nobody's
};

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
	struct ledger_layer *layer;
	struct chunk *chunk;

	if (!ledger)
		return;
	while ((chunk = ledger->chunks)) {
		ledger->chunks = chunk->next;
		free(chunk);
	}
	while ((layer = ledger->layers)) {
		ledger->layers = layer->next;
		free(layer);
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
	uint64_t key = access->vcpu->ledger_origin | (uint64_t)access->reason << KEY_REASON_SHIFT;

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

static __attribute__((noinline)) struct account *account_open(struct ledger *ledger, uint64_t key)
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

static inline struct account *account_find(struct ledger *ledger, uint64_t key)
{
	size_t i = slot_of(ledger, key);

	while (__builtin_expect(ledger->slots[i].key != key, 0)) {
		if (!ledger->slots[i].key)
			return account_open(ledger, key);
		i = slot_next(ledger, i);
	}
	return ledger->slots[i].account;
}

// The sums of account with its unfinished run.
static struct ledger_sum settled_sum(const struct account *account)
{
	struct ledger_sum sum = account->sum;

	if (!account->run_count)
		return sum;
	if (!sum.count || account->run_duration_ps < sum.min_ps)
		sum.min_ps = account->run_duration_ps;
	if (account->run_duration_ps > sum.max_ps)
		sum.max_ps = account->run_duration_ps;
	sum.count += account->run_count;
	sum.time_ps += account->run_count * account->run_duration_ps;
	for (int i = 0; i < EXIT_PART_COUNT; i++)
		sum.part_ps[i] += account->run_count * account->run_part_ps[i];
	return sum;
}

static __attribute__((noinline)) void run_start(struct account *account, const uint64_t *part_ps,
						uint64_t duration_ps)
{
	account->histogram->count[histogram_bucket(account->run_duration_ps)] += account->run_count;
	account->sum = settled_sum(account);
	memcpy(account->run_part_ps, part_ps, sizeof(account->run_part_ps));
	account->run_duration_ps = duration_ps;
	account->run_count = 1;
}

// Compared word by word: parts were written word by word a moment ago, and a wider load would have
// to wait until those stores have left the CPU's store buffer.
static inline bool same_parts(const uint64_t *a, const uint64_t *b)
{
	_Static_assert(EXIT_PART_COUNT == 7, "compares every part");
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] &&
	       a[5] == b[5] && a[6] == b[6];
}

static void ledger_exit(struct bus_layer *layer, struct bus_access *access)
{
	struct account *account;
	uint64_t duration_ps;

	bus_layer_next(layer, access);
	duration_ps = exec_now(access->ex) - access->start_ps;
	account = account_find(container_of(layer, struct ledger_layer, layer)->ledger,
			       access_key(access));
	if (__builtin_expect(account->run_duration_ps == duration_ps &&
				     same_parts(account->run_part_ps, access->part_ps),
			     1))
		account->run_count++;
	else
		run_start(account, access->part_ps, duration_ps);
}

struct bus_layer *ledger_layer(struct ledger *ledger)
{
	struct ledger_layer *layer = calloc(1, sizeof(*layer));

	if (!layer)
		return NULL;
	layer->layer = (struct bus_layer){ .name = "ledger", .exit = ledger_exit };
	layer->ledger = ledger;
	layer->next = ledger->layers;
	ledger->layers = layer;
	return &layer->layer;
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
		sum = settled_sum(slot->account);
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
		.sum = settled_sum(slot->account),
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
		sum = settled_sum(slot->account);
		sum_add(&all, &sum);
		spread->histogram.count[histogram_bucket(slot->account->run_duration_ps)] +=
			slot->account->run_count;
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
