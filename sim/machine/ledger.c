// SPDX-License-Identifier: MIT
// Writing the ledger: accounts of exits by key, and per VM and operation what is no exit.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/container.h"
#include "sim/machine/ledger_impl.h"

#define FIRST_SLOT_BITS 9

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

void ledger_book_operation(struct ledger *ledger, unsigned vm_id, enum guest_op op,
			   uint64_t self_ps)
{
	struct op_book *book = &book_open(ledger, vm_id)->ops[op];

	book->count++;
	book->self_ps += self_ps;
}

struct work_sum *ledger_exit_work(struct ledger *ledger, unsigned vm_id, enum guest_op op)
{
	return book_open(ledger, vm_id)->ops[op].exit_work;
}

void ledger_book_work(struct ledger *ledger, struct work_origin origin, enum work_kind kind,
		      uint64_t count, uint64_t ps)
{
	struct op_book *book = &book_open(ledger, (unsigned)origin.vm_id)->ops[origin.op];

	book->work_count[kind] += count;
	book->work_ps[kind] += ps;
}
