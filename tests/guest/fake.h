/* SPDX-License-Identifier: MIT */
/*
 * A platform for the guest driver's tests: one vCPU (and a second one on request), memory, a
 * register file that records every access, and a GPU small enough to be obviously right.
 *
 * The GPU executes what is in the rings, through the GGTT entries that the driver wrote, and keeps
 * an account of rules that a driver must not break. It acts only when told to: by
 * fake_gpu_step(), or by itself while the driver sleeps (gpu.automatic).
 *
 * Every platform call that may let others in calls `hook` first and then delivers a pending
 * interrupt, if interrupts are enabled: a test can make anything happen at any such point.
 */
#ifndef PVMMIO_TESTS_GUEST_FAKE_H
#define PVMMIO_TESTS_GUEST_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/i915.h"
#include "hw-model/regs/gen9_display.h"
#include "sim/abi/pvmmio.h"
#include "sim/platform.h"

#define FAKE_BAR0             0x140000000ull
#define FAKE_RAM_GPA          0x20000000ull
#define FAKE_RAM_PAGES        8192u
#define FAKE_LOG_LIMIT        65536u
#define FAKE_OP_DEPTH         8u
#define FAKE_SUBMISSION_LIMIT 4096u
#define FAKE_STORE_LIMIT      65536u
#define FAKE_NOTICE_LIMIT     1024u
#define FAKE_RECORD_LIMIT     64u
#define FAKE_PV_LIMIT         4u
#define FAKE_HANG             0x00000bad /* a command that never ends */

struct fake_access {
	bool write;
	unsigned size;
	uint32_t offset; /* in BAR0 */
	uint64_t value;
};

/* A 64-bit store to memory other than the shared page: into a page table. */
struct fake_store {
	uint64_t gpa;
	uint64_t value;
	enum plat_op op; /* the innermost one */
};

/* A write of PVINFO_G2V_NOTIFY, and what the host found then. */
struct fake_notice {
	uint32_t code;
	uint64_t roots[4];
	struct pvmmio_ppgtt_record ppgtt;
	struct pvmmio_ggtt_record ggtt;
	size_t store_count; /* 64-bit stores before it */
	bool locked;
};

/* What the engine saw in one submission. */
struct fake_submission {
	enum gen9_engine_id engine;
	uint64_t desc[2];
	uint32_t tail[2]; /* from the context images at that time */
};

struct fake_execlist {
	bool valid;
	uint64_t desc[2];
	uint32_t tail[2];
};

/* A display record that the host took. */
struct fake_record {
	uint32_t doorbell; /* register */
	uint32_t value;
	bool is_watermark;
	bool locked;
	struct pvmmio_plane_record plane;
	struct pvmmio_watermark_record watermark;
};

struct fake_workload {
	uint64_t desc;
	uint32_t tail;
};

struct fake_engine {
	uint32_t elsp[4];
	unsigned elsp_count;
	struct fake_execlist running, pending;
	unsigned element; /* of running */
	unsigned csb_write;
	struct fake_workload pv[FAKE_PV_LIMIT]; /* level pv_submission: taken, not ended */
	unsigned pv_count;
	bool pv_rung; /* deferred doorbell */
	bool stuck;   /* executes FAKE_HANG, until it is reset */
	unsigned resets;
};

struct platform {
	uint32_t *regs; /* GEN9_MMIO_SIZE_BYTES */
	uint64_t *ggtt; /* GEN9_GGTT_ENTRIES */
	uint32_t pci[64];

	struct fake_access *log;
	size_t log_count;
	size_t log_start; /* fake_log_clear() */

	struct fake_store *stores;
	size_t store_count;
	void (*store_hook)(const struct fake_store *store, void *arg); /* when it has happened */
	void *store_hook_arg;

	uint8_t *ram;
	bool page_used[FAKE_RAM_PAGES];
	size_t allocation_pages[FAKE_RAM_PAGES]; /* at an allocation's first page */
	size_t pages_in_use;
	size_t allocation_count;
	size_t fail_allocation; /* the n-th from 1 fails; 0: none */

	void (*irq_handler)(void *opaque);
	void *irq_opaque;
	bool irq_enabled, irq_pending, irq_in_handler, woken;
	bool on_other_vcpu;
	unsigned interrupts_taken, locks_held, halts;
	uint64_t last_deadline_ns; /* of plat_halt() */
	uint64_t time_ns;

	enum plat_op ops[FAKE_OP_DEPTH];
	unsigned op_depth;
	unsigned op_count[PLAT_OP_RESET + 1];
	unsigned op_accesses[PLAT_OP_RESET + 1]; /* while it is the innermost one */
	unsigned work_count[PLAT_WORK_INTERRUPT + 1];
	unsigned log_messages;

	uint64_t points; /* calls that may let others in */
	void (*hook)(struct platform *plat, void *arg);
	void *hook_arg;
	bool in_hook;

	/* The host of a vGPU. */
	struct {
		uint32_t offered; /* pvmmio levels */
		uint32_t extra;   /* accepted without being wanted */
		uint32_t page_version;
		uint32_t page_size_bytes;
		bool refuses_page_lo, refuses_page_hi;
		bool frozen;        /* levels cannot be taken back */
		bool ignores_check; /* PVINFO_CHECK_PENDING_IRQ does nothing */
		uint32_t levels;
		enum pvmmio_status answers[16]; /* by notification code */
		bool silent;                    /* gives no answers at all */
		bool defers_doorbell;
		unsigned refuse; /* so many submissions of level pv_submission to come */
		unsigned hang;   /* so many workloads of it to come, and all behind them */
		struct fake_notice notices[FAKE_NOTICE_LIMIT];
		size_t notice_count;
	} host;

	struct {
		bool automatic;        /* step while the driver sleeps */
		bool step_at_deadline; /* one step when plat_halt() gives up */
		bool never_stops, never_ready, never_resets; /* as asked for a reset */
		unsigned resets;                             /* of all engines */
		struct fake_engine engines[GEN9_ENGINE_COUNT];
		struct fake_submission submissions[FAKE_SUBMISSION_LIMIT];
		size_t submission_count;
		unsigned violations; /* rules broken by the driver */
		const char *violation;
	} gpu;

	struct {
		bool automatic; /* a vblank of every enabled pipe whenever the driver sleeps */
		bool stuck;     /* pipes do not stop */
		uint32_t line[GEN9_PIPE_COUNT]; /* what PIPEDSL shows */
		struct fake_record records[FAKE_RECORD_LIMIT];
		size_t record_count;
		enum pvmmio_status answer;
	} display;
};

struct platform *fake_create(void);      /* native */
struct platform *fake_create_vgpu(void); /* the host offers every level */
void fake_destroy(struct platform *plat);

/* PVINFO of a vGPU, and the GGTT share that it has. */
#define FAKE_LOW_BASE   0x04000000u
#define FAKE_LOW_BYTES  0x00400000u
#define FAKE_HIGH_BASE  0x20000000u
#define FAKE_HIGH_BYTES 0x00800000u
#define FAKE_FENCES     4u
void fake_set_pvinfo(struct platform *plat, uint32_t offset, uint32_t value);

/* The access log since the last clear, and a reader of it that fails the test on a difference. */
void fake_log_clear(struct platform *plat);
size_t fake_log_length(const struct platform *plat);
size_t fake_log_count(const struct platform *plat, bool write, uint32_t offset);

struct fake_cursor {
	const struct platform *plat;
	size_t at;
};
struct fake_cursor fake_cursor(const struct platform *plat);
void next_write(struct fake_cursor *cursor, uint32_t offset, uint64_t value);
void next_read(struct fake_cursor *cursor, uint32_t offset);
void next_end(const struct fake_cursor *cursor);

/* Guest memory behind a guest physical address or a GGTT address, or NULL. */
void *fake_cpu(const struct platform *plat, uint64_t gpa);
void *fake_ggtt_cpu(const struct platform *plat, uint64_t gma);

/*
 * A walk of page tables of 3 or 4 levels: guest physical address, and the entry that maps it. 0: an
 * entry is missing on the way, or names no memory that is in use.
 */
struct fake_mapping {
	uint64_t gpa;
	uint64_t entry;
	uint64_t page_bytes;
};
struct fake_mapping fake_ppgtt_walk(const struct platform *plat, const uint64_t roots[4],
				    unsigned levels, uint64_t gma);

/* ---- the GPU ---- */

/* Execute the current element of an engine. false: it is idle. */
bool fake_gpu_step(struct platform *plat, enum gen9_engine_id engine);
bool fake_gpu_step_all(struct platform *plat); /* one on each engine; false: all idle */

/* Pieces of it, to compose other behaviour from. */
void fake_gpu_elsp_write(struct platform *plat, enum gen9_engine_id engine, uint32_t value);
void fake_gpu_csb(struct platform *plat, enum gen9_engine_id engine, uint32_t status,
		  uint32_t context_id);
void fake_gpu_seqno(struct platform *plat, enum gen9_engine_id engine, uint32_t seqno);
void fake_gpu_event(struct platform *plat, enum gen9_engine_id engine, uint32_t bits);
uint32_t *fake_gpu_hwsp(const struct platform *plat, enum gen9_engine_id engine);

/* For the register file: as those of the display. */
bool fake_gpu_write(struct platform *plat, uint32_t offset, uint32_t value);
bool fake_gpu_read(const struct platform *plat, uint32_t offset, uint32_t *value);

/* ---- display; fake_display.c ---- */

/* What the interrupt groups of the display show in the master register. */
uint32_t fake_display_sources(const struct platform *plat);
void fake_display_event(struct platform *plat, uint32_t isr, uint32_t bits);
void fake_vblank(struct platform *plat, unsigned pipe); /* a frame later */

/* For the register file: true if the register is one of the display's, then it is done. */
bool fake_display_write(struct platform *plat, uint32_t offset, uint32_t value);
bool fake_display_read(const struct platform *plat, uint32_t offset, uint32_t *value);

struct pvmmio_page *fake_shared_page(const struct platform *plat);
void fake_update_interrupt(struct platform *plat);

/* Take a pending interrupt now, if that is possible. */
void fake_poll_interrupts(struct platform *plat);

/*
 * Run fn on a second vCPU at this point; not while a lock is held. It takes no interrupts: while it
 * sleeps the first one does, and only plat_wake() ends the sleep.
 */
void fake_on_other_vcpu(struct platform *plat, void (*fn)(void *arg), void *arg);

extern const struct gen9_engine_info fake_engine_info[GEN9_ENGINE_COUNT];

#endif
