/* SPDX-License-Identifier: MIT */
/*
 * The driver's own structures and the doors between its files.
 *
 * Locks, outermost first; each also disables interrupts on its vCPU:
 *
 *   i915->hangcheck.mutex the looks at engines, and resets; outermost; interrupts may be taken
 *   vm->mutex             addresses, tables and entries of an address space, pins of its VMAs; the
 *                         only one under which interrupts may be taken, never taken in a handler
 *   engine->lock          queue, ports, timeline, rings and state pages of that engine's contexts,
 *                         interrupt mask, and the fields of struct i915_engine
 *   i915->shared.*lock    from the first store into a record of the shared page until the host has
 *                         answered
 *   pipe->mutex           mode and planes of a display pipe; interrupts may be taken under it
 *   pipe->lock            its vblank state, and its group's interrupt mask
 *   i915->root_lock       the PDP registers of PVINFO until the notification that is about them
 *   i915->lock            lists of contexts, objects and address spaces, context ids, reference
 *                         counts, uses of VMAs by requests
 *   i915->fence_lock      see i915_fence.h
 *   heap.lock             inside its own functions
 *
 * i915->shared.reg_lock is the innermost of those under which registers are accessed: every read of
 * a register may take it.
 *
 * One vm->mutex is taken inside another only if it is free at once. No register is accessed under
 * i915->lock and below. Memory goes back to the platform only outside of interrupt handlers and
 * spin locks.
 */
#ifndef PVMMIO_GUEST_I915_INTERNAL_H
#define PVMMIO_GUEST_I915_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/i915.h"
#include "guest/i915_bug.h"
#include "guest/i915_errno.h"
#include "guest/i915_fence.h"
#include "guest/i915_ggtt.h"
#include "guest/i915_hangcheck.h"
#include "guest/i915_heap.h"
#include "guest/i915_list.h"
#include "guest/i915_pages.h"
#include "guest/i915_pipe.h"
#include "guest/i915_ppgtt.h"
#include "guest/i915_pvmmio.h"
#include "guest/i915_ring.h"
#include "guest/i915_vm.h"
#include "hw-model/regs/gen9_context.h"
#include "hw-model/regs/gen9_regs.h"
#include "sim/abi/pvmmio.h"
#include "sim/platform.h"

#define I915_PORT_COUNT 2u
#define I915_RING_PAGES 4u

/* Engine status page (HWSP), dword indices. Source: Linux 4.19 intel_ringbuffer.h. */
#define HWSP_SEQNO_DWORD  0x30u
#define HWSP_SCRATCH_BYTE 0x100u

/* An object of the driver's own, bound into the GGTT. */
struct i915_buffer {
	void *cpu; /* NULL: no buffer */
	struct i915_vma *vma;
};

struct i915_object {
	struct i915 *i915;
	struct i915_list link; /* i915->objects */
	struct i915_list vmas;
	struct i915_pages pages;
};

/*
 * A context on one engine: image and ring, made on first use. Between requests they are not pinned
 * and may lose their place in the GGTT.
 */
struct i915_engine_context {
	struct i915_buffer image;
	struct i915_buffer ring_buffer;
	struct i915_ring ring;
	struct i915_request *last; /* added and not retired; NULL: none. engine->lock */
};

struct i915_context {
	struct i915 *i915;
	struct i915_list link; /* i915->contexts, by id; i915->dead_contexts once unreferenced */
	uint32_t id;           /* 1 .. 2^21 - 1: upper dword of its descriptors */
	uint32_t refs;         /* the caller's, and one for each request that has not ended */
	int priority;          /* of requests to come */
	unsigned hangs;        /* i915->lock */
	bool banned;           /* likewise */
	struct i915_vm *vm;    /* its PPGTT, or the GGTT */
	struct i915_engine_context on[GEN9_ENGINE_COUNT];
};

struct i915_request {
	struct i915_context *ctx;
	struct i915_engine *engine;
	struct i915_list timeline_link; /* engine->timeline, from the port to retiring */
	struct i915_list queue_link;    /* engine->queue, from being ready to the port */
	struct i915_list ready_link;    /* i915->ready, until it is queued */
	struct i915_signal has_queued;  /* what the next one of its context awaits */
	struct i915_signal has_submitted;
	struct i915_signal has_completed;
	struct i915_await_link *awaits; /* allocated; i915->fence_lock */
	struct i915_await_link order;   /* its context's previous request is not queued yet */
	uint32_t held_back;             /* awaited signals, and 1 until added; i915->fence_lock */
	bool interrupt_armed;           /* for those that await its completion */
	bool leads;                     /* others of its engine await that it is submitted */
	int priority;
	struct i915_vma *batch;
	struct i915_request_use *uses; /* what else must not be evicted; i915->lock */
	uint64_t batch_gma;
	bool batch_in_ppgtt;
	enum i915_misuse misuse;
	uint32_t seqno;       /* what its breadcrumb stores; 0 until submitted */
	uint32_t *seqno_slot; /* where that is in the ring */
	uint32_t head;        /* ring offset of its first command */
	uint32_t tail;        /* ring offset behind its last command */
	uint32_t idle_tail;   /* the same with the two dwords that a lite restore needs */
	uint32_t refs;        /* the caller's, and the timeline's */
	int error;            /* its commands were skipped */
	bool added;
	bool in_port; /* the last request of what a port holds */
};

struct i915_port {
	struct i915_request *rq; /* NULL: empty */
	unsigned count;          /* ELSP submissions that the engine has not answered */
	uint32_t context_id;
};

/* Beside the ports, where requests are not submitted by execlists: i915_pv_submit.c. */
struct i915_pv_ports {
	bool pending;         /* the host has not answered the last submission */
	bool refused;         /* it has refused it: what the ports hold must go out again */
	bool hung;            /* the host has given up what the ports hold */
	bool stopped;         /* refused twice: nothing goes out any more */
	unsigned submitted;   /* ports in the last submission */
	unsigned outstanding; /* ports that the host has taken and that have not ended */
	uint32_t ended;       /* as read last */
};

struct i915_engine {
	struct i915 *i915;
	enum gen9_engine_id id;
	const struct gen9_engine_info *info;
	bool started; /* its status page is set up: interrupts may be processed */

	struct plat_lock lock;
	struct i915_buffer hwsp;
	uint32_t last_seqno; /* given to a submitted request */
	uint32_t seen_seqno; /* read from the status page */
	uint32_t hold_count;
	uint32_t waiter_count;      /* for a user interrupt */
	uint32_t idle_waiter_count; /* for the ports to become empty */
	uint32_t busy;              /* 1: queue or ports are not empty; accessed atomically */

	struct i915_list timeline; /* submitted, not retired, in order */
	struct i915_list queue;    /* ready, not in a port, in the order to be submitted */
	uint32_t unready_count;    /* added, not in the queue yet */
	struct i915_port ports[I915_PORT_COUNT];
	struct i915_pv_ports pv;
	bool hw_ack;       /* the engine has answered the last submission */
	bool resetting;    /* nothing is submitted, no event is listened to */
	unsigned csb_head; /* last status entry processed */

	uint64_t requests_added;
	uint64_t requests_completed;
	uint64_t submissions;
	uint64_t csb_events;
	uint64_t csb_errors;
	uint64_t hangs;
	uint64_t requests_failed;
	uint64_t requests_replayed;
	uint64_t user_interrupts;
	struct i915_engine_hangcheck hangcheck;
};

/* How requests reach an engine and come back. */
struct i915_submission_ops {
	/* Hand over a pair of descriptors; an empty element is 0. */
	void (*submit)(struct i915 *i915, const struct i915_engine *engine,
		       const uint64_t desc[I915_PORT_COUNT]);
	/* engine->lock held: see what has ended, retire it, submit what may be submitted. */
	void (*run)(struct i915_engine *engine);
	/* engine->lock held: the engine was reset, its ports are empty. NULL: nothing to do. */
	void (*reset)(struct i915_engine *engine);
	uint32_t interrupts; /* GT_*_INTERRUPT, always unmasked, that call for run() */
};

extern const struct i915_submission_ops i915_submission_elsp;   /* four writes */
extern const struct i915_submission_ops i915_submission_pvmmio; /* three shared words and a write */
extern const struct i915_submission_ops i915_submission_pv;     /* no execlists: i915_pv_submit.c */

/* How the handler disables interrupts of the device, and enables them again. */
struct i915_irq_gate_ops {
	void (*disable)(struct i915 *i915);
	void (*enable)(struct i915 *i915, bool posting_read);
};

/* How a register is read. */
struct i915_read_ops {
	uint32_t (*read)(struct i915 *i915, uint32_t offset);
};

struct i915 {
	struct platform *plat;
	uint64_t bar0;
	bool vgpu_active;
	bool irq_installed;
	bool huge_pages;
	enum i915_ppgtt_mode ppgtt_mode;
	unsigned fence_count;
	uint32_t pvmmio_levels;
	struct i915_shared shared;
	struct plat_lock root_lock;
	const struct i915_read_ops *read_ops;
	const struct i915_submission_ops *submission_ops;
	const struct i915_plane_ops *plane_ops;
	const struct i915_watermark_ops *watermark_ops;
	const struct i915_irq_gate_ops *irq_gate_ops;
	enum i915_irq_handler irq_handler;
	uint32_t disorders;
	const struct i915_vm_ops *ppgtt_ops;

	struct i915_heap heap;
	struct i915_ggtt ggtt;
	struct i915_buffer work_arounds;
	uint32_t work_around_lines; /* of the batch in it; 0: none */
	struct i915_buffer scratch; /* where flushes store what nobody reads */

	struct i915_hangcheck hangcheck;
	bool wedged; /* no reset has succeeded: nothing is submitted any more */
	uint64_t engine_resets;
	uint64_t resets;

	struct plat_lock fence_lock;
	struct i915_list ready; /* requests that are to be queued */

	struct plat_lock lock;
	struct i915_list contexts;
	struct i915_list dead_contexts;
	struct i915_list objects;
	struct i915_list ppgtts;

	uint64_t interrupts;
	uint64_t spurious_interrupts;
	struct i915_engine engines[GEN9_ENGINE_COUNT];
	struct i915_pipe pipes[GEN9_PIPE_COUNT];
};

/* ---- registers; i915_mmio.c ---- */
extern const struct i915_read_ops i915_read_plain;
const struct i915_read_ops *i915_choose_read_ops(uint32_t levels, uint32_t disorders);

static inline uint32_t i915_read(struct i915 *i915, uint32_t offset)
{
	return i915->read_ops->read(i915, offset);
}

static inline void i915_write(const struct i915 *i915, uint32_t offset, uint32_t value)
{
	plat_write32(i915->plat, i915->bar0 + offset, value);
}

static inline uint64_t i915_deadline_after(struct platform *plat, uint64_t timeout_ns)
{
	uint64_t now_ns = plat_time_ns(plat);

	return timeout_ns > PLAT_NEVER - now_ns ? PLAT_NEVER : now_ns + timeout_ns;
}

/* ---- i915_object.c ---- */

/* Pinned once. 0, -ENOMEM (pages or GGTT space), -EIO; then buffer is as zeroed. */
int i915_buffer_init(struct i915 *i915, struct i915_buffer *buffer, size_t page_count);
void i915_buffer_fini(struct i915_buffer *buffer);

static inline uint64_t i915_buffer_gma(const struct i915_buffer *buffer)
{
	return i915_vma_gma(buffer->vma);
}

void i915_objects_free(struct i915 *i915);

/* ---- i915_vgpu.c: PVINFO ---- */

/* Sets vgpu_active, negotiates pvmmio, withdraws what the host does not offer. 0, -ENODEV (host too
 * old), -ENOMEM, -EIO. */
int i915_vgpu_detect(struct i915 *i915, const struct i915_params *params);
unsigned i915_vgpu_fence_count(struct i915 *i915);
void i915_vgpu_share(struct i915 *i915, struct i915_slice *mappable, struct i915_slice *hidden);
void i915_vgpu_notify_roots(struct i915 *i915, const struct i915_vm *vm, bool create);
void i915_vgpu_display_ready(const struct i915 *i915);

/* ---- i915_irq.c ---- */
const struct i915_irq_gate_ops *i915_irq_gate(uint32_t levels, uint32_t disorders);
void i915_irq_handler(void *opaque);

/* ---- i915_irq_setup.c ---- */

void i915_irq_install(struct i915 *i915);
void i915_irq_uninstall(struct i915 *i915);

/* ---- i915_engine.c, i915_mocs.c ---- */
extern const struct gen9_engine_info i915_engine_info[GEN9_ENGINE_COUNT];

int i915_engine_init(struct i915 *i915, enum gen9_engine_id id);
void i915_engine_start(struct i915_engine *engine);
void i915_engine_fini(struct i915_engine *engine);
void i915_engine_arm_user_interrupt(struct i915_engine *engine);    /* engine->lock held */
void i915_engine_disarm_user_interrupt(struct i915_engine *engine); /* engine->lock held */

/* Release engine->lock, and queue what has become ready under it. */
static inline void i915_engine_unlock(struct i915_engine *engine, bool irq)
{
	struct i915 *i915 = engine->i915;

	plat_unlock(i915->plat, &engine->lock, irq);
	i915_ready_submit(i915);
}

static inline uint32_t *i915_engine_hwsp(const struct i915_engine *engine)
{
	return engine->hwsp.cpu;
}

/* What a reset of all engines takes with it, besides theirs. */
void i915_gt_init(struct i915 *i915);

void i915_mocs_init_l3(const struct i915 *i915);
void i915_mocs_init_engine(const struct i915_engine *engine);

/* ---- i915_context.c ---- */

/* Pin ctx's image and ring on engine, made if not there yet. 0, -ENOMEM, -EIO. */
int i915_context_pin(struct i915_context *ctx, const struct i915_engine *engine);
void i915_context_unpin(struct i915_context *ctx, const struct i915_engine *engine);
uint64_t i915_context_descriptor(const struct i915_context *ctx, enum gen9_engine_id engine);
uint32_t *i915_context_state(const struct i915_context *ctx, enum gen9_engine_id engine);
void i915_context_ref(struct i915_context *ctx);
void i915_context_unref(struct i915_context *ctx);
/* As it was before its first use, but for the ring's offsets. engine->lock held. */
void i915_context_restore_image(struct i915_context *ctx, enum gen9_engine_id engine);
/* Before each submission: what of the state page the driver writes anew. */
void i915_context_update_roots(const struct i915_context *ctx, enum gen9_engine_id engine);

/* Free the dead ones; outside of handlers and locks. false: there was none. */
bool i915_contexts_reap(struct i915 *i915);
void i915_contexts_free(struct i915 *i915); /* all */

/* ---- i915_work_arounds.c ---- */
int i915_work_arounds_init(struct i915 *i915); /* needs scratch. 0, -ENOMEM, -EIO */
void i915_work_arounds_apply(const struct i915 *i915, uint32_t *state);

/* ---- i915_emit.c: a request's commands ---- */
size_t i915_request_dwords(enum gen9_engine_id engine);

/* All but the seqno of the breadcrumb; where that belongs. */
uint32_t *i915_request_emit(const struct i915_request *rq, uint32_t *cs);

/* Let a submitted request do nothing but pass its breadcrumb. */
void i915_request_skip(const struct i915_request *rq);

/* ---- i915_request.c ---- */

/* engine->lock held: end what the GPU has passed and no port holds. */
void i915_requests_retire(struct i915_engine *engine);
void i915_requests_note_progress(struct i915_engine *engine);

/* engine->lock held, rq leaves the queue for a port: its breadcrumb gets a seqno. */
void i915_request_submitted(struct i915_request *rq);

/* engine->lock held: back from the ports, ahead of what is as urgent, and of what awaited it. */
void i915_request_requeue(struct i915_request *rq);

/* engine->lock held: rq, whose commands are not executed yet, is to do nothing but complete. */
void i915_request_fail(struct i915_request *rq);

/* rq, added, awaits nothing any more. No engine's lock is held. */
void i915_request_queue(struct i915_request *rq);

/* ---- i915_execlists.c; engine->lock held ---- */
struct i915_request *i915_queue_first(const struct i915_engine *engine); /* NULL: none */

/* Misuse that concerns the submission itself gets one of its own. */
bool i915_request_submits_alone(const struct i915_request *rq);

/* rq leaves the queue for the port, and takes the place of one of its context there. */
void i915_port_assign(struct i915_port *port, struct i915_request *rq);

/* Bring the context image up to date; what the port's element is to be. */
uint64_t i915_port_descriptor(struct i915_engine *engine, struct i915_port *port);
void i915_engine_update_busy(struct i915_engine *engine);

/* The GPU is given up: fail all that is in ports or queued. */
void i915_engine_fail_all(struct i915_engine *engine);

static inline void i915_engine_run(struct i915_engine *engine)
{
	if (engine->i915->wedged)
		i915_engine_fail_all(engine);
	else
		engine->i915->submission_ops->run(engine);
}

void i915_execlists_process_csb(struct i915_engine *engine);
void i915_execlists_dequeue(struct i915_engine *engine);
void i915_execlists_run(struct i915_engine *engine); /* both, and retire */

/* ---- i915_recovery.c; engine->lock held ---- */

/* The first submitted request that has not completed, or NULL. */
struct i915_request *i915_first_incomplete(struct i915_engine *engine);

/* The engine has been reset: empty its ports and queue again what was in them. */
void i915_engine_unwind(struct i915_engine *engine, struct i915_request *guilty);

#endif
