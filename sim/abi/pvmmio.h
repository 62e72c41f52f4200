/* SPDX-License-Identifier: MIT */
/*
 * pvmmio: the paravirtual levels and the page that guest and mediator share.
 *
 * Variant A0 of the protocol (the 2018 RFC: the guest allocates the page and publishes its guest
 * physical address through PVINFO) with the level bits of the product line (ACRN, 4.19).
 *
 * Negotiation, in this order:
 *   1. guest: write the page's address to PVINFO_SHARED_PAGE_GPA_LO, _HI, read both back;
 *   2. guest: write the levels it wants to PVINFO_ENABLE_PVMMIO;
 *   3. host: accept wanted AND offered, provided that the address is page aligned and plain guest
 *      RAM; write the layout's version and size to the page, then make the register read as what
 *      was accepted; 0 when anything is wrong;
 *   4. guest: read PVINFO_ENABLE_PVMMIO back, check the version word; use those levels only.
 * The levels are frozen once any was accepted: later writes are refused until the device is reset.
 *
 * Ownership: the guest owns the page. The host never keeps pointers into what it has read: it
 * copies a record once, checks the copy, uses the copy.
 *
 * Order, level PVMMIO_ELSP_SUBMIT: the guest stores the record's dwords 0..2, then writes element
 * 0's lower dword to the engine's ELSP register: the one exit. The host reads the record inside it.
 * Mutual exclusion among vCPUs, from the first store to the return of the doorbell, is the guest's.
 *
 * Order, level PVMMIO_MASTER_IRQ: disable_irq stands for the enable bit of the master interrupt
 * register. The host may look at it at any time, so that here the exit alone orders nothing:
 *   guest: store 0, full fence, write PVINFO_CHECK_PENDING_IRQ (the one exit);
 *   host:  record the cause, full fence, load the flag; and look again in that exit.
 * Whichever comes first, one of the two sees the other. Without the write, or without looking again
 * in it, what came while the flag was set is lost until some other event.
 *
 * The original layout had no version word and silently disagreed between commits; this one has it.
 */
#ifndef PVMMIO_SIM_ABI_PVMMIO_H
#define PVMMIO_SIM_ABI_PVMMIO_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Level bits of PVINFO_ENABLE_PVMMIO. */
#define PVMMIO_ELSP_SUBMIT     0x01u /* context submission: 4 exits become 1 */
#define PVMMIO_PLANE_UPDATE    0x02u
#define PVMMIO_PLANE_WATERMARK 0x04u
#define PVMMIO_MASTER_IRQ      0x08u
#define PVMMIO_PPGTT_UPDATE    0x10u
#define PVMMIO_GGTT_UPDATE     0x20u
#define PVMMIO_ALL             0x3fu

#define PVMMIO_PAGE_VERSION 3u

/* What the host answers in a record's status word. Anything but OK: nothing was done. */
enum pvmmio_status {
	PVMMIO_STATUS_OK = 0,
	PVMMIO_STATUS_REFUSED = 1,       /* the level was not negotiated */
	PVMMIO_STATUS_UNKNOWN_ROOT = 2,  /* no paravirtual address space has this root */
	PVMMIO_STATUS_RANGE = 3,         /* not page aligned, empty, or outside of the space */
	PVMMIO_STATUS_NOT_ALLOCATED = 4, /* insert where nothing was allocated */
	PVMMIO_STATUS_UNBACKED = 5,      /* an entry or a table is missing or names no guest RAM */
	PVMMIO_STATUS_NO_MEMORY = 6,     /* the host is short of memory */
};

/*
 * Page table update. The guest edits its tables in its own memory, fills the record, rings
 * G2V_PPGTT_L4_ALLOC, _CLEAR or _INSERT.
 */
struct pvmmio_ppgtt_record {
	uint64_t pdp; /* guest physical address of the 4-level root */
	uint64_t start;
	uint64_t length_bytes;
	uint32_t cache_level;
	uint32_t status; /* enum pvmmio_status; the host stores it (release) before the doorbell
			    returns */
};

/*
 * GGTT update, G2V_GGTT_INSERT or _CLEAR. The original counts entries for one and bytes for the
 * other; here both are bytes.
 */
struct pvmmio_ggtt_record {
	uint64_t start;
	uint64_t length_bytes;
	uint32_t cache_level;
	uint32_t status; /* as above */
};

/* The shared page. Little endian; every field is a naturally aligned atomic word. */
struct pvmmio_page {
	uint32_t version;    /* PVMMIO_PAGE_VERSION; host stores it at negotiation */
	uint32_t size_bytes; /* sizeof(struct pvmmio_page) of the host; as above */
	uint32_t reserved0[2];
	/*
	 * Guest stores; host reads in the ELSP exit. [0] element 1 upper, [1] element 1 lower,
	 * [2] element 0 upper; [3] is never used: that dword is the doorbell itself.
	 */
	uint32_t elsp_data[4];
	uint32_t reserved1;
	uint32_t disable_irq; /* level PVMMIO_MASTER_IRQ; not 0: inject nothing */
	uint32_t reserved2[22];
	struct pvmmio_ppgtt_record ppgtt;
	struct pvmmio_ggtt_record ggtt;
	uint32_t reserved3[978];
};

static_assert(offsetof(struct pvmmio_page, elsp_data) == 0x10, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, disable_irq) == 0x24, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, ppgtt) == 0x80, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, ggtt) == 0xa0, "fixed by the protocol");
static_assert(sizeof(struct pvmmio_page) == 4096, "one page");

#endif
