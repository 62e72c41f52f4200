// SPDX-License-Identifier: MIT
// Percentiles of exits, from the histograms of one or several kinds of them.

#include "sim/machine/ledger_impl.h"

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
	if (ledger_exit_is_open(account, &so_far_ps))
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
		sum = ledger_account_sum(slot->account);
		ledger_sum_add(&all, &sum);
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
