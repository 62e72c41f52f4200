/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the GPU: what host i915 does beneath the mediator.
 *
 * Registers and GGTT entries through the host's bus, pages bound into the host's share of the GGTT,
 * the engines in execlists mode with one status page each, the interrupt handler that processes
 * their context status buffers, hang detection and engine reset.
 *
 * One submission runs on an engine at a time (single port): upstream marks the mediator's contexts
 * so. An engine belongs to whoever called hw_engine_acquire() until hw_engine_release().
 *
 *   call                                       interleaves   touches the device
 *   hw_read32, hw_write32, hw_write_pte        yes           yes
 *   hw_pages_alloc                             no            no
 *   hw_pages_bind                              yes           yes
 *   hw_pages_free                              yes           when bound
 *   hw_engine_submit                           yes           yes
 *   hw_engine_wait                             waits         on a hang
 *
 * Source of the register sequences: Linux 4.19 i915_irq.c, intel_lrc.c, i915_gem_gtt.c.
 */
#ifndef PVMMIO_HOST_HW_H
#define PVMMIO_HOST_HW_H

#include <stdbool.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/machine.h"
#include "sim/machine/msi.h"

#define MIB UINT64_C(0x100000)

/* The GGTT: mappable part first. The host keeps the bottom of each part (gvt/aperture_gm.c). */
#define GGTT_BYTES           ((uint64_t)GEN9_GGTT_ENTRIES << PAGE_SHIFT)
#define GGTT_MAPPABLE_BYTES  ((uint64_t)GEN9_APERTURE_BYTES)
#define GGTT_HOST_LOW_BYTES  (128 * MIB)
#define GGTT_HOST_HIGH_BYTES (384 * MIB)
#define GGTT_HOST_HIGH_BASE  GGTT_MAPPABLE_BYTES
#define HOST_FENCE_COUNT     4u

/* Contiguous host pages with a place in the host's share of the GGTT. */
struct hw_pages {
	uint64_t mfn;
	uint64_t page_count; /* 0: not allocated */
	uint64_t gma;
	uint8_t *cpu; /* host view */
	bool bound;
	struct hw_pages *next; /* in struct hw, sorted by gma */
};

struct hw_engine {
	struct hw *hw;
	const struct gen9_engine_info *info;
	enum gen9_engine_id id;
	struct hw_pages hwsp;
	unsigned csb_head;   /* status entry processed last */
	uint32_t running_id; /* context id of the submission that runs */
	bool running;
	bool completed;
	bool failed;               /* the command streamer reported an error */
	struct work_origin origin; /* of the submission that ran last */
	struct exec_waitq waiters;
	struct exec_context *taker; /* who has acquired it */
	struct exec_waitq takers;
};

/* The hang check: from look to look; how long an engine may stand still, a request take. */
struct hw_hang {
	uint64_t period_ps;
	uint64_t engine_dead_ps;
	uint64_t request_dead_ps;
};

struct hw {
	struct machine *m;
	struct hw_hang hang;
	uint64_t bar0;
	struct hw_pages *bound_pages; /* the host's share, sorted by gma */
	uint64_t empty_mfn; /* zeroes: an empty page table. Nothing that is present leads there */
	struct hw_engine engines[GEN9_ENGINE_COUNT];
	bool ready; /* hw_interrupt_thread() has set the device up */
	struct exec_waitq ready_waiters;
	uint64_t irq_at_ps; /* arrival of the earliest unhandled MSI, or EXEC_NEVER */
	struct exec_waitq irq_waiters;
};

/* Memory only; the device is not touched before hw_interrupt_thread() runs. 0, -ENOMEM. */
int hw_init(struct hw *hw, struct machine *m, uint64_t bar0);
void hw_fini(struct hw *hw); /* all pages but its own must have been freed */

/* Thread: sets the device up, then serves its interrupts for ever. arg is the struct hw. */
void hw_interrupt_thread(void *arg);
struct msi_target hw_msi_target(struct hw *hw);

/* Wait until the device is set up. */
void hw_wait_ready(struct hw *hw);

uint32_t hw_read32(struct hw *hw, uint32_t offset);
void hw_write32(struct hw *hw, uint32_t offset, uint32_t value);

/* Write GGTT entry index. hw_flush_ggtt() makes the device see entries written before it. */
void hw_write_pte(struct hw *hw, uint64_t index, uint64_t pte);
void hw_flush_ggtt(struct hw *hw);

/* An entry that is not present. */
uint64_t hw_absent_pte(const struct hw *hw);

/* Allocate zeroed pages and a place for them. 0, -ENOMEM (pages), -ENOSPC (no place). */
int hw_pages_alloc(struct hw *hw, struct hw_pages *pages, uint64_t page_count);

/* Write their entries, unless they are there already; charges WORK_GGTT_ENTRY for each. */
void hw_pages_bind(struct hw *hw, struct hw_pages *pages);

/* Take the entries back and free the pages. Nothing for what was never allocated. */
void hw_pages_free(struct hw *hw, struct hw_pages *pages);

/*
 * Wait for a turn on the engine, first come first served. Interleaves and may wait; _try_ does not
 * wait, and fails where that would be needed.
 */
void hw_engine_acquire(struct hw_engine *engine);
bool hw_engine_try_acquire(struct hw_engine *engine);
void hw_engine_release(struct hw_engine *engine);

/* Hand one context to the engine, which was acquired: four ELSP writes, port 1 empty. */
void hw_engine_submit(struct hw_engine *engine, uint64_t descriptor);

/*
 * Wait until the context submitted last has been switched out: 0. -EIO when the engine hung on it:
 * reset it then with hw_engine_reset().
 */
int hw_engine_wait(struct hw_engine *engine);
void hw_engine_reset(struct hw_engine *engine);

#endif
