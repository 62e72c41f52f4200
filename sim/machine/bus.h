/* SPDX-License-Identifier: MIT */
/*
 * Bus: one physical address space (a VM's, or the host's), with an attribute for every page.
 *
 *   attribute          load                       store
 *   BUS_NONE           all ones, counted          dropped, counted
 *   BUS_RAM            memory                     memory
 *   BUS_RAM_READONLY   memory, free               exit (write_protect); ops->write decides
 *   BUS_RAM_TRACKED    memory, free               exit (write_protect): stored, then ops->write
 *   BUS_TRAP           exit (mmio_read)           exit (mmio_write)
 *   BUS_READ_DIRECT    backing, device latency    exit (mmio_write)
 *   BUS_PASSTHROUGH    ops->read, device latency  ops->write, device latency
 *
 * One store of 1, 2, 4 or 8 bytes is one exit. How a transport hands an 8-byte store on is the
 * business of the region's owner. An access that crosses a page is refused like BUS_NONE, and so is
 * one beyond BUS_ADDRESS_LIMIT.
 *
 * Every access is an interleaving point of the executor, before its effect. Accesses act on the
 * executor's current context; a trapping one needs a vCPU of this bus there (see vm.h). Exits do
 * not nest.
 *
 * Around a region's handler lie layers, each removable, none known to the others. From outside:
 *
 *   book       where exits are counted: one account per kind of exit    ledger.h
 *   wrappers   code that may do anything before and after what is       trace_layer.h
 *              inside: trace, fault injection, recording
 *   prices     what an exit costs whatever the handler does             cost.h
 *
 * Book and prices are data that the bus itself applies, so that an exit that is like an earlier one
 * (same address, direction, size, operation) takes a short way: handler, price and account are
 * remembered, and booking it is one comparison and one increment. Any wrapper closes that way.
 */
#ifndef PVMMIO_SIM_MACHINE_BUS_H
#define PVMMIO_SIM_MACHINE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/machine/executor.h"
#include "sim/machine/exit.h"
#include "sim/machine/physmem.h"

/* Addresses are below this: 512 GiB, as many as a Gen9 GPU can name. */
#define BUS_ADDRESS_LIMIT (UINT64_C(1) << 39)

/* Size up to which a region's offsets can be booked each apart (see one_ledger_key). */
#define BUS_REGISTER_SPAN (UINT64_C(1) << 32)

struct bus;
struct vcpu;

enum bus_attr {
	BUS_NONE,
	BUS_RAM,
	BUS_RAM_READONLY,
	BUS_RAM_TRACKED,
	BUS_TRAP,
	BUS_READ_DIRECT,
	BUS_PASSTHROUGH,
};

/*
 * What stands behind a region. Handlers run on the context that made the access and may wait. size
 * is 1, 2, 4 or 8. The return value, 0 or a negative errno, is for traces and tests: a guest never
 * sees it; a failed read gives 0.
 */
struct bus_region_ops {
	int (*read)(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value);
	int (*write)(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value);
	/*
	 * Is the hypervisor itself told of this store, and hands on no more than an event (KVM:
	 * ioeventfd)? Then its price has no forwarding. Other stores to the same address make it
	 * be taken for one of them. NULL: never.
	 */
	bool (*is_event)(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value);
	/* Name of the register at offset into buf, for reports; "" when it has none. NULL: unnamed.
	 */
	void (*register_name)(void *opaque, uint64_t offset, char *buf, size_t len);
};

/* A range of the address space with one owner. The owner keeps it alive while it is mapped. */
struct bus_region {
	const char *name; /* in reports, for what has no register name: "GGTT window" */
	uint64_t base;    /* page aligned */
	uint64_t size_bytes;
	const struct bus_region_ops *ops; /* NULL for plain RAM */
	void *opaque;
	bool one_ledger_key; /* book all offsets together (tables), not each apart (registers) */
	uint16_t id;         /* 0, or set by bus_map() or bus_set_attr(): unique on its bus */
	/*
	 * BUS_READ_DIRECT only: what loads find, size_bytes of it from base on. Whoever changes it
	 * does so in whole aligned words, and what the owner's ops->read gives is its own business.
	 */
	const void *backing;
	uint64_t load_latency_ps;  /* BUS_PASSTHROUGH, BUS_READ_DIRECT */
	uint64_t store_latency_ps; /* BUS_PASSTHROUGH */
};

/*
 * Where the exits of one kind are booked. Whoever spends time inside of an exit names its part by
 * adding to part_ps through the vCPU's open_exit (party.h); what nobody names, and the price does
 * not, is emulation. Prices are not in part_ps: the book adds them by count.
 */
struct exit_account {
	uint64_t part_ps[EXIT_PART_COUNT];
	uint64_t run_count; /* the last so many exits took run_ps each; the book has yet to add them
			     */
	uint64_t run_ps;
};

/* What an exit of one reason costs by itself: transition, dispatch, forwarding; then re-entry. */
struct exit_price {
	uint64_t part_ps[EXIT_PART_COUNT];
	uint64_t before_ps; /* sum of the parts before the handler; EXIT_PART_REENTRY comes after */
};

/* One exit on its way through the layers. */
struct bus_access {
	uint64_t start_ps;   /* when the exit began */
	struct executor *ex; /* whose clock the exit spends */
	struct vcpu *vcpu;
	const struct bus_region
		*region; /* NULL for exits that are no access: interrupt, eoi, hypercall */
	uint64_t addr;   /* on the bus; 0 without a region */
	uint64_t offset; /* addr, counted from the region's base */
	uint64_t value;  /* stored, or loaded */
	const struct exit_price *price;
	enum exit_reason reason;
	uint8_t size_bytes;
	bool is_write;
	int error; /* what the handler returned */
};

/* Books exits. Embed it in the book's own object. */
struct exit_book {
	/* The account for exits like access, at this price. It stays while the book is in use. */
	struct exit_account *(*account)(struct exit_book *book, const struct bus_access *access,
					const struct exit_price *price);
	/* An exit took duration_ps, not account->run_ps: add the run, begin one with this exit. */
	void (*settle)(struct exit_book *book, struct exit_account *account, uint64_t duration_ps);
};

/*
 * A wrapper does its part and calls bus_layer_next(). Embed it in the wrapper's own object. They
 * are called in reverse order of bus_push_layer(): the last pushed is the outermost.
 */
struct bus_layer {
	const char *name;
	void (*exit)(struct bus_layer *layer, struct bus_access *access);
	struct bus_layer *next;
};

static inline void bus_layer_next(struct bus_layer *layer, struct bus_access *access)
{
	layer->next->exit(layer->next, access);
}

/*
 * Create an empty bus that orders accesses by ex. ram is the memory behind BUS_RAM* pages, NULL for
 * a bus of devices only (the host's). 0, -ENOMEM.
 */
int bus_create(struct bus **out, struct executor *ex, struct guest_ram *ram);
void bus_destroy(struct bus *bus);

/*
 * Put region on the bus, all its pages with attr. 0, -EINVAL (alignment, size, attr), -EEXIST
 * (overlap), -ENOMEM (memory, or the 65535 ids of a bus are used up). Ids are never used again, so
 * that accounts of a region that is gone stay apart from those of later ones.
 */
int bus_map(struct bus *bus, struct bus_region *region, enum bus_attr attr);

/*
 * Take region off the bus: its pages become BUS_NONE, and where it was a handler, it no longer is;
 * pages that were loaded from its backing trap.
 */
void bus_unmap(struct bus *bus, struct bus_region *region);

/*
 * Change pages [first_pfn, first_pfn + page_count) to attr. handler, not NULL, becomes the region
 * whose ops see their trapped accesses (offset counts from its base, which may be 0) until another
 * one does; NULL leaves the one that is there. At run time, from any context. All or nothing: 0,
 * -EINVAL (page not on the bus, not memory, without ops to trap to or backing to load from, below
 * handler's base or more than BUS_REGISTER_SPAN above it; attr BUS_NONE), -ENOMEM (no id left for
 * handler).
 */
int bus_set_attr(struct bus *bus, uint64_t first_pfn, uint64_t page_count, enum bus_attr attr,
		 struct bus_region *handler);
enum bus_attr bus_attr_of(const struct bus *bus, uint64_t pfn);

/*
 * Layers can come and go at any time at which no exit is open. Put a wrapper around all that are
 * there, or take it out wherever it is; a wrapper sits on one bus. Prices are copied, one for each
 * reason; NULL: exits are free. A book may serve several buses; NULL: exits are not booked.
 */
void bus_push_layer(struct bus *bus, struct bus_layer *layer);
void bus_remove_layer(struct bus *bus, struct bus_layer *layer);
void bus_set_prices(struct bus *bus, const struct exit_price prices[EXIT_REASON_COUNT]);
void bus_set_book(struct bus *bus, struct exit_book *book);

/* Loads and stores by the current context. size_bytes is 1, 2, 4 or 8. */
uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned size_bytes);
void bus_write(struct bus *bus, uint64_t addr, unsigned size_bytes, uint64_t value);

/*
 * What a load would give where it does not exit; all ones elsewhere. It takes no
 * time, lets nobody in and is counted nowhere: for checks, of registers whose reading changes
 * nothing.
 */
uint64_t bus_peek(const struct bus *bus, uint64_t addr, unsigned size_bytes);

/*
 * Run an exit that is no memory access (interrupt, eoi, hypercall) through the layers. Not an
 * interleaving point.
 */
void bus_exit(struct bus *bus, struct vcpu *vcpu, enum exit_reason reason);

/* Accesses that met BUS_NONE or crossed a page. */
uint64_t bus_unclaimed_count(const struct bus *bus);

/* Region by the id in ledger keys; NULL when there is none. */
const struct bus_region *bus_region_by_id(const struct bus *bus, uint16_t id);

/* What reports call the register at offset: its name, the region's, or "region+0x10". */
void bus_register_name(const struct bus_region *region, uint64_t offset, char *buf, size_t len);

#endif
