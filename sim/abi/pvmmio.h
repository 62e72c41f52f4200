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
 * Order, levels PVMMIO_PLANE_UPDATE and PVMMIO_PLANE_WATERMARK: as ELSP_SUBMIT, with the record's
 * first word (PVMMIO_RECORD_FILLED) stored last. A second vCPU that writes to the record before the
 * doorbell returns makes it a mixture; the host's copy is checked as a whole all the same.
 *
 * Order, level PVMMIO_PV_SUBMISSION: see struct pvmmio_submission.
 *
 * Order, PVMMIO_READ_PASSTHROUGH: once negotiated, the guest's loads of registers are loads of the
 * host's memory, without an exit; stores exit as ever, and so does everything in the PVINFO page.
 * Registers of pvmmio_reads.h: store the register's offset to reg_addr, then read PVINFO_PV_MMIO:
 * the one exit. A vCPU that stores another offset in between gets the first one the wrong register,
 * so that from store to load is one critical section.
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
/* In the product line any level switches this on. What it does not serve: pvmmio_reads.h. */
#define PVMMIO_READ_PASSTHROUGH 0x40u
#define PVMMIO_ALL              0x7fu
/*
 * Submission without execlists, another kind than ELSP_SUBMIT and not one of PVMMIO_ALL: variant B
 * of the protocol (the series of 2019, v8 to v10). Where both are wanted the host accepts this one.
 */
#define PVMMIO_PV_SUBMISSION 0x80u

#define PVMMIO_PAGE_VERSION 5u

/* What the host answers in a record's status word. Anything but OK: nothing was done. */
enum pvmmio_status {
	PVMMIO_STATUS_OK = 0,
	PVMMIO_STATUS_REFUSED = 1,       /* the level was not negotiated */
	PVMMIO_STATUS_UNKNOWN_ROOT = 2,  /* no paravirtual address space has this root */
	PVMMIO_STATUS_RANGE = 3,         /* not page aligned, empty, or outside of the space */
	PVMMIO_STATUS_NOT_ALLOCATED = 4, /* insert where nothing was allocated */
	PVMMIO_STATUS_UNBACKED = 5,      /* an entry or a table is missing or names no guest RAM */
	PVMMIO_STATUS_NO_MEMORY = 6,     /* the host is short of memory */
	PVMMIO_STATUS_EMPTY = 7,    /* doorbell without a record: not filled, or taken already */
	PVMMIO_STATUS_VALUE = 8,    /* a word of the record is not what its field can hold */
	PVMMIO_STATUS_WORKLOAD = 9, /* a context, its ring or what that holds is refused */
	PVMMIO_STATUS_FULL = 10,    /* the engine's queue is full */
};

/*
 * Set in the first word of a plane or watermark record when the guest has filled it. The host
 * exchanges that word for 0 when it takes the record, so that none takes effect twice.
 */
#define PVMMIO_RECORD_FILLED (1u << 31)

/* Plane record, flags beside PVMMIO_RECORD_FILLED: which optional registers it holds. */
#define PVMMIO_PLANE_COLOR_CTL (1u << 0) /* color_ctl: Gemini Lake and later, refused on Gen9 */
#define PVMMIO_PLANE_KEY       (1u << 1) /* keyval, keymax, keymsk */
#define PVMMIO_PLANE_SCALER    (1u << 2) /* the four ps_ words */
/* Bits 9:8, with PVMMIO_PLANE_SCALER: which scaler of the pipe, from 0. Not in the product line. */
#define PVMMIO_PLANE_SCALER_ID_SHIFT 8
#define PVMMIO_PLANE_SCALER_ID_MASK  (3u << PVMMIO_PLANE_SCALER_ID_SHIFT)

/*
 * Plane update. The guest fills the record, then writes PLANE_SURF of the plane, not 0: the one
 * exit. The host applies the registers in the order of a driver that writes them one by one, then
 * PLANE_SURF. PLANE_SURF = 0 switches a plane off as ever and takes no record.
 *
 * The words are those of Linux 4.19 on ACRN, in its order. It has none for the scaler's phases,
 * which a driver of 4.19 writes as well: they keep what they hold.
 */
struct pvmmio_plane_record {
	uint32_t flags;
	uint32_t color_ctl;
	uint32_t keyval;
	uint32_t keymax;
	uint32_t keymsk;
	uint32_t offset;
	uint32_t stride;
	uint32_t size;
	uint32_t aux_dist;
	uint32_t aux_offset;
	uint32_t ps_ctrl; /* bits 27:25 must name this plane */
	uint32_t ps_pwr_gate;
	uint32_t ps_win_pos;
	uint32_t ps_win_sz;
	uint32_t pos;
	uint32_t ctl;
};

/*
 * Watermarks of one plane. The guest fills the record, then writes PLANE_NV12_BUF_CFG of the plane:
 * the one exit. Levels above max_level keep what they hold.
 */
struct pvmmio_watermark_record {
	uint32_t max_level; /* with PVMMIO_RECORD_FILLED; 0..7 */
	uint32_t level[8];
	uint32_t trans;
	uint32_t buf_cfg;
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

/* With level PVMMIO_PV_SUBMISSION: what a write of ELSP must say; everything else is refused. */
#define PVMMIO_SUBMISSION_DOORBELL 4u

/*
 * Submission of one or two contexts to one engine. No status buffer is written and no context
 * switch interrupt raised; contexts are new ones each time, and nothing is preempted.
 *
 *   guest: wait until submitted is 0; store the descriptors; submitted = 1 (release); write
 *          PVMMIO_SUBMISSION_DOORBELL to the engine's ELSP: the one exit;
 *   host:  load submitted (acquire), copy the descriptors once, queue both or none; store status,
 *          then submitted = 0 (release). In the exit, or later (deferred doorbell): then the
 *          engine's user interrupt follows if status is not 0;
 *   guest: load submitted; once it is 0 (acquire) load status;
 *   host:  a context is done and its image is written back: if it failed count it in failed; count
 *          it in ended (release); raise the user interrupt if the context asked for it or failed.
 *
 * Contexts end in the order of submission. The counters wrap; they are kept over resets that the
 * guest asks for, which fail what they drop and answer what was pending.
 *
 * The published forms have one byte for submitted and status, so that a refused submission was
 * taken for a good one or never answered at all, and a kernel's spin lock behind it; they index the
 * engines by numbers of the kernel's own or by hw_id. Nothing told the guest of a context that
 * hung.
 */
struct pvmmio_submission {
	uint64_t descriptor[2]; /* element 1 may be 0 */
	uint32_t submitted;
	uint32_t status; /* enum pvmmio_status */
	uint32_t ended;
	uint32_t failed; /* of those */
};

#define PVMMIO_SUBMISSION_SLOTS 5u /* by gen9_engine_info.hw_id: RCS, VCS0, BCS, VECS, VCS1 */

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
	uint32_t reg_addr;    /* PVMMIO_READ_PASSTHROUGH: what PVINFO_PV_MMIO is to read */
	uint32_t disable_irq; /* level PVMMIO_MASTER_IRQ; not 0: inject nothing */
	uint32_t reserved1[6];
	struct pvmmio_plane_record plane;
	struct pvmmio_ppgtt_record ppgtt;
	struct pvmmio_ggtt_record ggtt;
	uint32_t plane_status; /* as the status words above */
	uint32_t watermark_status;
	struct pvmmio_watermark_record watermark;
	uint32_t reserved2[69];
	struct pvmmio_submission submission[PVMMIO_SUBMISSION_SLOTS];
	uint32_t reserved3[856];
};

static_assert(offsetof(struct pvmmio_page, elsp_data) == 0x10, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, reg_addr) == 0x20, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, disable_irq) == 0x24, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, plane) == 0x40, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, ppgtt) == 0x80, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, ggtt) == 0xa0, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, plane_status) == 0xb8, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, watermark) == 0xc0, "fixed by the protocol");
static_assert(sizeof(struct pvmmio_submission) == 32, "fixed by the protocol");
static_assert(offsetof(struct pvmmio_page, submission) == 0x200, "fixed by the protocol");
static_assert(sizeof(struct pvmmio_page) == 4096, "one page");

#endif
