/* SPDX-License-Identifier: MIT */
/*
 * Ledger: the account of every exit, operation and piece of mediator work. Everything that a report
 * says of counts and times was booked here when it happened.
 *
 * Exits are booked to (VM, vCPU, reason, register, operation) by the bus; operations when the guest
 * ends them; work when the mediator spends it outside of exits. An exit that is open when the
 * ledger is read counts as if it ended at that time, or where its vCPU's clock already is.
 *
 * Percentiles come from a histogram with 32 steps per power of two (error below 1/32), the rest is
 * exact.
 */
#ifndef PVMMIO_SIM_MACHINE_LEDGER_H
#define PVMMIO_SIM_MACHINE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "sim/machine/bus.h"
#include "sim/machine/exit.h"
#include "sim/machine/work.h"

struct ledger;

/* Sums of one kind of exit. */
struct ledger_sum {
	uint64_t count;
	uint64_t time_ps;
	uint64_t part_ps[EXIT_PART_COUNT];
	uint64_t min_ps; /* 0 when count is 0 */
	uint64_t max_ps;
};

/* Add the sums of other exits to *to. */
void ledger_sum_add(struct ledger_sum *to, const struct ledger_sum *from);

/* One account: all exits with the same key. */
struct ledger_account {
	uint16_t vm_id;
	uint16_t vcpu_id;
	uint16_t region_id; /* 0 for exits that are no access */
	enum exit_reason reason;
	enum guest_op op;
	uint64_t offset; /* register offset in the region; 0 for regions booked as one */
	struct ledger_sum sum;
};

/* What one VM spent in one kind of operation. */
struct ledger_op {
	uint64_t count;   /* operations ended */
	uint64_t self_ps; /* vCPU time between begin and end, nested operations not counted */
	struct ledger_sum exits;
	struct ledger_sum by_reason[EXIT_REASON_COUNT];
	uint64_t work_ps; /* mediator's work outside of exits on behalf of it */
	uint64_t work_count[WORK_KIND_COUNT];
	uint64_t work_kind_ps[WORK_KIND_COUNT];
	struct work_sum exit_work[WORK_KIND_COUNT]; /* the same inside of exits: in exits.part_ps */
};

/* 0, -ENOMEM. Later bookings that find no memory stop the program: a ledger never loses one. */
int ledger_create(struct ledger **out);
void ledger_destroy(struct ledger *ledger);

/* The book to be given to bus_set_book(). The ledger owns it; buses must let go of it before. */
struct exit_book *ledger_book(struct ledger *ledger);

/*
 * What a vCPU is doing, in the form in which the ledger keys accounts. The vCPU layer keeps it in
 * party.exit_origin, so that booking an exit need not put it together. Never 0.
 */
uint64_t ledger_origin(unsigned vm_id, unsigned vcpu_id, enum guest_op op);

/*
 * By kind: where the mediator's work in exits of that VM and operation is summed up. The vCPU layer
 * keeps it in party.exit_work. Lives as long as the ledger.
 */
struct work_sum *ledger_exit_work(struct ledger *ledger, unsigned vm_id, enum guest_op op);

/* Called by the vCPU layer and the work meter. Origin's vm_id -1: nobody's, LEDGER_NOBODY here. */
#define LEDGER_NOBODY UINT32_MAX

void ledger_book_operation(struct ledger *ledger, unsigned vm_id, enum guest_op op,
			   uint64_t self_ps);
void ledger_book_work(struct ledger *ledger, struct work_origin origin, enum work_kind kind,
		      uint64_t count, uint64_t ps);

/* Totals of one VM and operation; zeroes when nothing was booked. */
void ledger_op_totals(const struct ledger *ledger, unsigned vm_id, enum guest_op op,
		      struct ledger_op *out);

/*
 * The VM's exits so far in any operation of op_mask, of 1 << enum guest_op, by reason. One pass
 * over the accounts: cheap enough to be read before and after something.
 */
void ledger_exits_by_reason(const struct ledger *ledger, unsigned vm_id, uint32_t op_mask,
			    struct ledger_sum out[EXIT_REASON_COUNT]);

/*
 * All accounts in a fixed order (VM, vCPU, region, offset, reason, operation), whatever the order
 * of booking. *out is malloc()ed, the caller frees it. 0, -ENOMEM.
 */
int ledger_accounts(const struct ledger *ledger, struct ledger_account **out, size_t *count);

/*
 * The duration that permille/1000 of the VM's exits with reason and op do not exceed. reason or op
 * at their _COUNT mean all of them. 0 when there were none.
 */
uint64_t ledger_percentile_ps(const struct ledger *ledger, unsigned vm_id, enum guest_op op,
			      enum exit_reason reason, unsigned permille);

#endif
