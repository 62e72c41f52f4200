/* SPDX-License-Identifier: MIT */
/* The ledger's insides: keys, accounts and books, for the files that write and read them. */
#ifndef PVMMIO_SIM_MACHINE_LEDGER_IMPL_H
#define PVMMIO_SIM_MACHINE_LEDGER_IMPL_H

#include <assert.h>

#include "sim/machine/histogram.h"
#include "sim/machine/ledger.h"
#include "sim/machine/machine.h"
#include "sim/machine/vm.h"

/* An account's key in one word; ordered by its value, accounts are in the order of reports. */
#define KEY_OP_SHIFT     0
#define KEY_REASON_SHIFT 4
#define KEY_OFFSET_SHIFT 7
#define KEY_REGION_SHIFT 37
#define KEY_VCPU_SHIFT   53
#define KEY_VM_SHIFT     57
#define KEY_USED         (UINT64_C(1) << 63)

#define REGISTER_SHIFT 2 /* registers are booked by dword */

_Static_assert(GUEST_OP_COUNT <= 1 << (KEY_REASON_SHIFT - KEY_OP_SHIFT), "key bits");
_Static_assert(EXIT_REASON_COUNT <= 1 << (KEY_OFFSET_SHIFT - KEY_REASON_SHIFT), "key bits");
_Static_assert(BUS_REGISTER_SPAN >> REGISTER_SHIFT <= 1 << (KEY_REGION_SHIFT - KEY_OFFSET_SHIFT),
	       "key bits");
_Static_assert(UINT16_MAX < 1 << (KEY_VCPU_SHIFT - KEY_REGION_SHIFT), "key bits");
_Static_assert(VM_VCPU_LIMIT <= 1 << (KEY_VM_SHIFT - KEY_VCPU_SHIFT), "key bits");
_Static_assert(MACHINE_VM_LIMIT <= 1 << (63 - KEY_VM_SHIFT), "key bits");

#define ACCOUNTS_PER_CHUNK 64

/* Exits with the same key. */
struct account {
	struct exit_account exit; /* what the bus counts in */
	uint64_t key;
	const struct vcpu *vcpu;
	struct histogram *histogram; /* of all accounts with the same VM, operation and reason */
	uint64_t price_ps[EXIT_PART_COUNT];   /* of exits since it came into force */
	uint64_t priced_count;                /* exits booked before */
	uint64_t earlier_ps[EXIT_PART_COUNT]; /* their prices */
	uint64_t count;                       /* of exits in runs that have ended */
	uint64_t time_ps;
	uint64_t min_ps;
	uint64_t max_ps;
} __attribute__((aligned(64)));

/* Of the hash table by key; key 0: free. */
struct slot {
	uint64_t key;
	struct account *account;
};

/* Accounts never move: the bus holds pointers to them. */
struct chunk {
	struct account accounts[ACCOUNTS_PER_CHUNK];
	struct chunk *next;
};

/* What a VM did in one kind of operation, besides its accounts. */
struct op_book {
	uint64_t count;
	uint64_t self_ps;
	uint64_t work_count[WORK_KIND_COUNT];
	uint64_t work_ps[WORK_KIND_COUNT];
	struct work_sum exit_work[WORK_KIND_COUNT];
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
	struct vm_book *books[MACHINE_VM_LIMIT + 1]; /* the last is nobody's */
};

static inline unsigned key_field(uint64_t key, unsigned shift, unsigned end)
{
	return (unsigned)(key >> shift & ((UINT64_C(1) << (end - shift)) - 1));
}

static inline unsigned key_vm(uint64_t key)
{
	return key_field(key, KEY_VM_SHIFT, 63);
}

static inline enum guest_op key_op(uint64_t key)
{
	return key_field(key, KEY_OP_SHIFT, KEY_REASON_SHIFT);
}

static inline enum exit_reason key_reason(uint64_t key)
{
	return key_field(key, KEY_REASON_SHIFT, KEY_OFFSET_SHIFT);
}

static inline struct vm_book *book_of(const struct ledger *ledger, unsigned vm_id)
{
	assert(vm_id < MACHINE_VM_LIMIT || vm_id == LEDGER_NOBODY);
	return ledger->books[vm_id == LEDGER_NOBODY ? MACHINE_VM_LIMIT : vm_id];
}

/* Add count exits of ps each. */
static inline void add_exits(struct account *account, uint64_t count, uint64_t ps)
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

/* Is an exit of this account being handled? *so_far_ps is how long by now. */
bool ledger_exit_is_open(const struct account *account, uint64_t *so_far_ps);

/* All exits of account: the runs that have ended, the one that has not, an open exit. */
struct ledger_sum ledger_account_sum(const struct account *account);

#endif
