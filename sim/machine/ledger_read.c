// SPDX-License-Identifier: MIT
// Reading the ledger: sums of accounts and operations.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/ledger_impl.h"

bool ledger_exit_is_open(const struct account *account, uint64_t *so_far_ps)
{
	const struct vcpu *vcpu = account->vcpu;
	uint64_t now_ps;

	if (vcpu->party.open_exit != &account->exit)
		return false;
	now_ps = executor_time_ps(vcpu->vm->m->ex);
	// A context may be ahead of the others: its prices are paid on its own clock.
	if (exec_context_time_ps(vcpu->context) > now_ps)
		now_ps = exec_context_time_ps(vcpu->context);
	*so_far_ps = now_ps - vcpu->party.exit_start_ps;
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

struct ledger_sum ledger_account_sum(const struct account *account)
{
	struct account all = *account;
	struct ledger_sum sum = { .count = 0 };
	uint64_t so_far_ps;
	bool open = ledger_exit_is_open(account, &so_far_ps);

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

void ledger_sum_add(struct ledger_sum *to, const struct ledger_sum *from)
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

void ledger_exits_by_reason(const struct ledger *ledger, unsigned vm_id, uint32_t op_mask,
			    struct ledger_sum out[EXIT_REASON_COUNT])
{
	for (int reason = 0; reason < EXIT_REASON_COUNT; reason++)
		out[reason] = (struct ledger_sum){ .count = 0 };
	for (size_t i = 0; i < (size_t)1 << ledger->slot_bits; i++) {
		const struct slot *slot = &ledger->slots[i];
		struct ledger_sum sum;

		if (!slot->key || key_vm(slot->key) != vm_id || !(op_mask >> key_op(slot->key) & 1))
			continue;
		sum = ledger_account_sum(slot->account);
		ledger_sum_add(&out[key_reason(slot->key)], &sum);
	}
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
	memcpy(out->exit_work, book->ops[op].exit_work, sizeof(out->exit_work));
	ledger_exits_by_reason(ledger, vm_id, 1u << op, out->by_reason);
	for (int reason = 0; reason < EXIT_REASON_COUNT; reason++)
		ledger_sum_add(&out->exits, &out->by_reason[reason]);
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
		.sum = ledger_account_sum(slot->account),
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
