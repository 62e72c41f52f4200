/* SPDX-License-Identifier: MIT */
/*
 * The objects of the mediator: struct gvt, struct vgpu and what they are made of. Private to host/.
 *
 * Locks and their order, as in gvt/ of Linux 5.1:
 *
 *   vgpu->lock     everything a trap touches: registers, GGTT view, execlists, workload queues;
 *                  also dispatch and completion of workloads
 *   sched->lock    who owns the GPU, what runs on each engine; inside vgpu->lock
 *   ppgtt_lru, oos_pool
 *                  lists across vGPUs; inside vgpu->lock, and while one is held another vGPU's lock
 *                  is taken only if it is free
 *
 * vgpu->failsafe is read before the lock is taken.
 */
#ifndef PVMMIO_HOST_VGPU_H
#define PVMMIO_HOST_VGPU_H

#include <stdbool.h>
#include <stdint.h>

#include "host/display.h"
#include "host/dma_map.h"
#include "host/engine_owner.h"
#include "host/gvt.h"
#include "host/hw.h"
#include "host/mmio.h"
#include "host/oos.h"
#include "host/page_track.h"
#include "host/ppgtt.h"
#include "host/shadow_page.h"
#include "hw-model/regs/gen9_regs.h"
#include "sim/machine/lock.h"

struct pv_table;
struct pv_walk;
struct workload;

/* ---- GGTT share ---- */

struct ggtt_slice {
	uint64_t base; /* guest GMA is host GMA: no offset anywhere */
	uint64_t bytes;
};

/* What is known of one entry beside its guest view. */
#define GGTT_LOW_HALF_ONLY  (1u << 0) /* the guest has written one half of a new entry */
#define GGTT_HIGH_HALF_ONLY (1u << 1)
#define GGTT_HOST_WRITTEN   (1u << 2) /* the hardware's entry is not what power-on left */

/* An entry on its way to the hardware. */
struct gtt_entry {
	uint64_t host;   /* for the hardware */
	uint32_t mapped; /* gfn + 1 behind it, with a pin that the entry owns; 0: none */
};

struct vgpu_ggtt {
	struct ggtt_slice low;     /* mappable */
	struct ggtt_slice high;    /* hidden */
	uint64_t *view;            /* guest's entries: those of low, then those of high */
	uint32_t *mapped;          /* gfn + 1 that the hardware's entry leads to, pinned; 0: none */
	uint8_t *state;            /* GGTT_* of each */
	uint64_t scratch_mfn;      /* behind present entries that name no guest RAM */
	struct gtt_entry trapped;  /* what a trapped store makes */
	struct gtt_entry *entries; /* on their way to the hardware, as struct pv_walk below */
	uint64_t entry_count;
};

/* ---- virtual execlists ---- */

struct execlist_slot {
	uint64_t context[2]; /* descriptors */
	unsigned index;      /* 0 or 1 */
};

struct vgpu_execlist {
	uint32_t elsp[4]; /* write k is at 3 - k */
	unsigned elsp_count;
	struct execlist_slot slots[2];
	struct execlist_slot *running;
	struct execlist_slot *pending;
	unsigned running_element;
};

/* One engine of one vGPU. */
struct vgpu_engine {
	struct vgpu_execlist execlist;
	struct workload *first; /* queue, the running one at its head */
	struct workload *last;
	uint64_t hws_pga; /* guest's status page; 0: none */
	bool resetting;
	bool rung; /* deferred doorbell of level pv_submission */
	struct work_origin rung_by;
	uint32_t pv_ended; /* as the slot in the shared page says, or is about to */
	uint32_t pv_failed;
	struct hw_pages shadow_context;
	struct hw_pages shadow_ring;
};

struct vgpu {
	struct gvt *gvt;
	struct machine *m;
	struct vm *vm;
	uint64_t bar0;
	unsigned id; /* 1 .. GVT_VGPU_LIMIT */
	struct sim_mutex lock;

	struct bus_region registers;
	struct bus_region hole;
	struct bus_region gtt_window;
	struct bus_region gtt_view; /* over the window's own part with level ggtt_update */

	uint32_t *vreg; /* one dword per register */
	enum gvt_failsafe_cause failsafe;
	bool pv_notified; /* the guest has read PVINFO */

	uint32_t pvmmio_offered; /* offered, allowed and implemented */
	uint32_t pvmmio_levels;  /* negotiated; 0: none */
	uint64_t pvmmio_gfn;
	bool deferred_doorbell;

	struct dma_map dma;
	struct vgpu_ggtt ggtt;
	unsigned fence_base; /* guest fence i is host fence fence_base + i */
	unsigned fence_count;
	bool fences_written;

	/* address spaces */
	enum vgpu_shadow shadow_mode;
	struct page_track track;
	struct shadow_pages shadow;
	struct ppgtt_mm *spaces;
	unsigned space_count;
	uint64_t pv_tables;                        /* host-owned ones, of all PPGTT_PV spaces */
	struct pv_table *pv_spares[SHADOW_LEVELS]; /* by level: made, to be linked */
	struct pv_walk *walk; /* that is under way, or was when its context was discarded */

	struct vgpu_engine engines[GEN9_ENGINE_COUNT];
	struct workload *workloads; /* all there are, in a queue or not */

	struct vgpu_display display;

	/* scheduling, under sched->lock */
	bool scheduled; /* in the run queue */
	struct vgpu *sched_next;
	unsigned sched_weight;
	int64_t sched_left_ps; /* of its allotment; below zero: a debt */
	uint64_t sched_boost_end_ps;
	unsigned running_count; /* workloads that engines work on */
	struct exec_waitq idle_waiters;

	uint64_t g2v_notifications;
	struct vgpu_stats stats;
};

/* ---- scheduler ---- */

struct sched_engine {
	struct gvt *gvt;
	struct hw_engine *hw;
	struct workload *current;
	struct vgpu *owner; /* whose registers the engine holds; NULL: the host's */
	uint32_t host_value[ENGINE_SWITCH_LIMIT]; /* of engine_switch_rows(), while it is not */
	uint32_t host_mocs[ENGINE_MOCS_COUNT];
	uint32_t mocs[ENGINE_MOCS_COUNT]; /* what the engine has, if mocs_known */
	bool mocs_known;
	bool changing_hands; /* registers are being exchanged */
	struct exec_waitq change_waiters;
	bool kicked;
	struct exec_waitq waiters;
};

struct scheduler {
	struct sim_mutex lock;
	uint64_t tick_ps;
	uint64_t period_ps; /* from one balance to the next */
	uint64_t boost_ps;
	struct vgpu *run_queue; /* least recently chosen first */
	struct vgpu *current;   /* owns the GPU; NULL: nobody */
	struct vgpu *next;      /* if switching: who gets it once current's workloads are done */
	bool switching;
	uint64_t charged_ps; /* until when current's time is charged */
	uint64_t balance_at_ps;
	unsigned stage; /* 0: the next balance forgets */
	uint64_t tick_at_ps;
	bool event;
	struct work_origin event_origin;
	struct exec_waitq service_waiters;
	struct sched_engine engines[GEN9_ENGINE_COUNT];
};

/* Deferred doorbells of level pv_submission, pv_submission.c. */
struct gvt_doorbell {
	bool started;
	unsigned last;        /* vGPU id and engine served last */
	struct vgpu *serving; /* NULL: the thread looks at none */
	struct exec_waitq waiters;
	struct exec_waitq idle_waiters;
};

struct gvt {
	struct machine *m;
	struct hw hw;
	uint32_t pvmmio_offered;
	struct mmio_table mmio;
	struct scheduler sched;
	struct gvt_doorbell doorbell;
	struct gvt_display display;
	struct ppgtt_lru ppgtt_lru;
	struct oos_pool oos_pool;
	struct vgpu *vgpus[GVT_VGPU_LIMIT + 1]; /* by id; 0 is never used */
};

/* ---- across files ---- */

/* Count incident in the VM's list. */
void vgpu_incident(struct vgpu *vgpu, enum gvt_incident incident, uint64_t value);

/* Failsafe mode, unless the vGPU is in it. */
void vgpu_enter_failsafe(struct vgpu *vgpu, enum gvt_failsafe_cause cause);

/* Does an error of a workload put the vGPU in failsafe mode? Others only lose the workload. */
bool vgpu_error_is_fatal(int error);

/*
 * Parts of resets, for reset.c. The registers in [begin, end) get their reset values, the words of
 * PVINFO excepted; configuration space what the VM's firmware leaves; the hardware's fences are
 * free.
 */
void vgpu_reset_registers(struct vgpu *vgpu, uint32_t begin, uint32_t end);
void vgpu_reset_pci(struct vgpu *vgpu);
void vgpu_clear_fences(struct vgpu *vgpu);

/* work_spend() that costs nothing outside of contexts, where a vGPU is taken apart in the end. */
static inline void host_work(struct machine *m, enum work_kind kind, uint64_t count)
{
	if (m->ex->current)
		work_spend(m, kind, count);
}

static inline void host_spend(const struct vgpu *vgpu, enum work_kind kind, uint64_t count)
{
	host_work(vgpu->m, kind, count);
}

static inline uint32_t vreg_read(const struct vgpu *vgpu, uint32_t offset)
{
	return vgpu->vreg[offset / 4];
}

static inline void vreg_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vgpu->vreg[offset / 4] = value;
}

/* Store a value whose upper half says which bits of its lower half count. */
static inline void vreg_write_masked(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	uint32_t mask = value >> 16;

	vreg_write(vgpu, offset, (vreg_read(vgpu, offset) & ~mask) | (value & mask));
}

/* A register of an engine, by its offset from the engine's base. */
static inline uint32_t engine_reg(enum gen9_engine_id engine, uint32_t reg)
{
	return gen9_engines[engine].mmio_base + reg;
}

#endif
