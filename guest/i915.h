/* SPDX-License-Identifier: MIT */
/*
 * The guest's i915 driver, as a GPU client in the guest uses it.
 *
 * Freestanding C behind sim/platform.h: no libc but mem*, no knowledge of a simulator. What it does
 * follows Linux 4.19: vGPU detection and ballooning through PVINFO, GGTT binding, logical ring
 * contexts, requests with breadcrumb seqnos, execlists submission over two ports with status-buffer
 * processing, the gen8 interrupt handler.
 *
 * How a submission reaches the device (four ELSP writes, or the shared page and one), and how page
 * tables and GGTT entries are updated, is chosen once, at probe, by operations tables.
 *
 * Errors are negative errno values. All functions but i915_get_stats() must be called on a vCPU,
 * outside interrupt handlers; several vCPUs may call them at once, for different contexts, objects
 * and VMAs, the latter also in the same address space. The vCPU that takes the GPU's interrupt
 * should have interrupts enabled, as under an operating system; otherwise it takes them only where
 * this driver sleeps.
 */
#ifndef PVMMIO_GUEST_I915_H
#define PVMMIO_GUEST_I915_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"
#include "sim/platform.h"

struct i915;
struct i915_context;
struct i915_fence; /* of software: signalled by who made it */
struct i915_object;
struct i915_request;
struct i915_vm;  /* an address space: the global GTT, or a context's PPGTT */
struct i915_vma; /* an object bound into one */

/* Ways in which a guest may misbehave, for tests of what the mediator does then. */
enum i915_misuse {
	I915_MISUSE_NONE,
	I915_MISUSE_BATCH_ADDRESS, /* MI_BATCH_BUFFER_START points outside of the guest's GGTT share
				    */
	I915_MISUSE_DESCRIPTOR_INVALID, /* element 0 without the valid bit */
	I915_MISUSE_RING_TAIL,          /* tail in the context image beyond the ring's size */
	I915_MISUSE_COMMAND,            /* MI_UPDATE_GTT in the ring */
	I915_MISUSE_REGISTER,      /* MI_LOAD_REGISTER_IMM of the engine's status page address */
	I915_MISUSE_STORE_ADDRESS, /* MI_STORE_DATA_IMM outside of the guest's GGTT share */
	I915_MISUSE_COUNT,
};

/* Where a context's batches run. */
enum i915_ppgtt_mode {
	I915_PPGTT_48BIT, /* an address space of four levels for each context */
	I915_PPGTT_32BIT, /* one of three levels */
	I915_PPGTT_NONE,  /* none of its own: the global GTT */
};

/* Forms of the interrupt handler, by the Linux version that they come from. */
enum i915_irq_handler {
	I915_IRQ_4_19, /* reads the sources, then disables */
	I915_IRQ_4_14, /* the same, and reads the master register once more at the end */
	I915_IRQ_5_0,  /* disables, then reads the sources */
	I915_IRQ_HANDLER_COUNT,
};

/*
 * Wrong orders and missing locks of the driver's half of pvmmio, each a race that loses or mixes up
 * something. None of them by default.
 */
#define I915_DISORDER_REG_ADDR_UNLOCKED (1u << 0) /* a redirected read is no critical section */
#define I915_DISORDER_IRQ_NO_CHECK      (1u << 1) /* enables interrupts without the doorbell */
#define I915_DISORDER_IRQ_CHECK_FIRST   (1u << 2) /* rings the doorbell, then clears disable_irq */
#define I915_DISORDER_PLANE_UNLOCKED    (1u << 3) /* plane and watermark records are no such */

/*
 * What the host cannot serve is not used: PPGTT of 48 bits if it does not offer them (then there is
 * none), large pages likewise. Level ppgtt_update is for 48 bits only, and without large pages.
 */
struct i915_params {
	uint32_t pvmmio_levels; /* wanted; 0 does not negotiate at all */
	bool skip_pvinfo;       /* misbehave: enable execlists without ever reading PVINFO */
	enum i915_ppgtt_mode ppgtt;
	bool huge_pages; /* PPGTT pages of 64 KiB and 2 MiB; with 48 bits */
	enum i915_irq_handler irq_handler;
	bool work_arounds;     /* contexts of RCS0 come with an indirect batch, as in Linux */
	uint32_t disorders;    /* I915_DISORDER_ */
	uint64_t hangcheck_ns; /* period of the hang check; 0: none. Linux: 1500 ms */
};

/* What the driver counted. */
struct i915_stats {
	uint64_t requests_added;
	uint64_t requests_completed;
	uint64_t submissions;         /* each of one or two contexts */
	uint64_t interrupts;          /* handler calls, spurious ones among them */
	uint64_t spurious_interrupts; /* the master register showed no source */
	uint64_t csb_events;
	uint64_t csb_errors;      /* status events that contradict what was submitted */
	uint64_t hangs;           /* engines that the hang check found stuck */
	uint64_t engine_resets;   /* of one engine */
	uint64_t resets;          /* of all engines */
	uint64_t requests_failed; /* of those completed */
	uint64_t requests_replayed;
	uint64_t user_interrupts; /* handled: one or several requests each */
	uint32_t pvmmio_levels;   /* negotiated */
	bool vgpu_active;
};

/*
 * Probe and start the device: the `init` operation. On success the caller owns *out and ends with
 * i915_destroy().
 *
 * -ENODEV: no such device, or a host without status buffer emulation. -ENOMEM. -EIO: PVINFO names
 * an impossible GGTT share, or the host has enabled pvmmio levels that this driver cannot use and
 * does not take them back. Any other refusal of pvmmio means running without it.
 */
int i915_create(struct i915 **out, struct platform *plat, const struct i915_params *params);

/*
 * Disable interrupts and return all memory, that of remaining contexts, objects and requests
 * included: handles to them are void. When the GPU is idle, or has stopped for good on a misused
 * request. pvmmio levels stay as negotiated: they are frozen until the device is reset.
 */
void i915_destroy(struct i915 *i915);

/* Counts so far. May be called anywhere while no function of this driver runs. */
void i915_get_stats(const struct i915 *i915, struct i915_stats *out);

/*
 * A logical context: one image and ring per engine, made on first use there. NULL: no memory.
 * Destroying gives up the caller's handle; memory is kept until its last request has ended.
 */
struct i915_context *i915_context_create(struct i915 *i915);
void i915_context_destroy(struct i915_context *ctx);

/*
 * Priority of the requests created on ctx from now on; 0 at first. Among those that are ready, an
 * engine takes higher ones first, equal ones in order; those of one context stay in order, and lift
 * what is in front of them. What is in a port is not taken out again.
 */
void i915_context_set_priority(struct i915_context *ctx, int priority);

/*
 * Memory of size_bytes (rounded up to pages), bound nowhere. NULL: no memory.
 *
 * Destroying it unbinds it everywhere, so only when the GPU no longer uses it.
 */
struct i915_object *i915_object_create(struct i915 *i915, size_t size_bytes);
void i915_object_destroy(struct i915_object *obj);
void *i915_object_cpu(const struct i915_object *obj); /* the guest CPU's view */
size_t i915_object_size(const struct i915_object *obj);

struct i915_vm *i915_ggtt_vm(struct i915 *i915);

/*
 * ctx's own address space; the global GTT with I915_PPGTT_NONE. It is there as long as ctx, or
 * longer, until nothing is bound in it any more.
 */
struct i915_vm *i915_context_vm(struct i915_context *ctx);

#define I915_BIND_FIXED     (1u << 0) /* at fixed_gma */
#define I915_BIND_READ_ONLY (1u << 1) /* for the GPU; Gen9's GGTT does not know it */
#define I915_BIND_4K        (1u << 2) /* no larger pages */

struct i915_bind {
	uint64_t align_bytes; /* a power of two; 0: a page */
	uint64_t fixed_gma;   /* with I915_BIND_FIXED */
	unsigned flags;       /* I915_BIND_ */
};

/*
 * Let the GPU see obj in vm, at the lowest free address; in the GGTT that is the mappable part,
 * then the rest. how may be NULL for the defaults.
 *
 * The binding is the caller's and pinned once: until i915_vma_unpin() it stays where it is.
 * Unpinned, and used by no request that has not ended, it may be evicted when space or memory for
 * tables is short; i915_vma_pin() binds it again, perhaps elsewhere.
 *
 * -EINVAL: misaligned or outside of the space. -ENOSPC: no room. -ENOMEM: no memory for tables.
 * -EIO: the host refused. Nothing is bound then.
 */
int i915_vma_bind(struct i915_vm *vm, struct i915_object *obj, const struct i915_bind *how,
		  struct i915_vma **out);

/* When the GPU no longer uses it. What is left bound of an object ends with the object. */
void i915_vma_unbind(struct i915_vma *vma);

int i915_vma_pin(struct i915_vma *vma); /* errors as i915_vma_bind() */
void i915_vma_unpin(struct i915_vma *vma);

/* The GPU's view of the object, while pinned. */
uint64_t i915_vma_gma(const struct i915_vma *vma);
struct i915_object *i915_vma_object(const struct i915_vma *vma);
bool i915_vma_is_ggtt(const struct i915_vma *vma);

/*
 * A request on ctx and engine that executes batch, which is pinned, from its start. Takes effect
 * with i915_request_add(); the request is the caller's until i915_request_put(), which may come
 * before it has completed, and without adding cancels it. -ENODEV: no such engine. -EINVAL: batch
 * is bound neither in ctx's address space nor in the GGTT. -EIO: ctx is banned, or the GPU could
 * not be reset and is given up. -ENOMEM: no memory, no GGTT space, or the ring is full; requests
 * that end make room.
 *
 * After a request with misuse its engine may never answer again: later ones there time out, unless
 * there is a hang check.
 */
int i915_request_create(struct i915_context *ctx, enum gen9_engine_id engine,
			struct i915_vma *batch, enum i915_misuse misuse, struct i915_request **out);

/*
 * The request also uses vma, which is pinned: it is not evicted before the request has ended, as
 * the batch is not. Before adding. 0, -ENOMEM, -EINVAL: its context cannot see vma.
 */
int i915_request_use(struct i915_request *rq, struct i915_vma *vma);

/* What one request may await of another. */
enum i915_await {
	I915_AWAIT_COMPLETED,
	I915_AWAIT_SUBMITTED, /* it is in a port, or was */
};

/*
 * rq, which is not added yet, is not submitted before that has happened to other, which is added.
 * Requests of one context on one engine need no such call: they keep their order. On one engine,
 * submission of the other is enough for either, because ports are executed in order. 0, -ENOMEM.
 */
int i915_request_await(struct i915_request *rq, struct i915_request *other, enum i915_await what);

/* Fences of software. NULL: no memory. Signalling twice is allowed; putting does not signal. */
struct i915_fence *i915_fence_create(struct i915 *i915);
void i915_fence_signal(struct i915_fence *fence);
void i915_fence_put(struct i915_fence *fence); /* when no request awaits it any more */
int i915_request_await_fence(struct i915_request *rq, struct i915_fence *fence); /* 0, -ENOMEM */

/* Requests added on the engine, of all contexts, that have not completed yet. */
uint64_t i915_engine_depth(struct i915 *i915, enum gen9_engine_id engine);

/*
 * Queue for execution, once everything awaited has happened, in order of adding; submits if a port
 * is free and submission is not held.
 */
void i915_request_add(struct i915_request *rq);

/* Has the GPU passed its breadcrumb? */
bool i915_request_completed(const struct i915_request *rq);

/*
 * Sleep until it has, or until timeout_ns passed: 0 or -ETIME. -EIO: it has, but the host would not
 * run it or gave it up (level pv_submission only, where the host says so): its batch did not run.
 */
int i915_request_wait(struct i915_request *rq, uint64_t timeout_ns);
void i915_request_put(struct i915_request *rq);

/*
 * 0: completed. -EINPROGRESS: not yet. -EIO: failed, which counts as completed everywhere else; the
 * batch was not executed, or not to its end.
 */
int i915_request_status(const struct i915_request *rq);

/* Hold back submission to the ports so that several requests go out together; then let go. */
void i915_submission_hold(struct i915 *i915);
void i915_submission_release(struct i915 *i915);

/*
 * ---- hangs ----
 *
 * While requests are on an engine, whoever sleeps in this driver looks at it once a period: a
 * driver without threads of its own has nobody else. An engine without progress is reset (the
 * `reset` operation, which see i915_reset.c), or all of them if that fails. The request that hung
 * fails, the others of its engine are submitted again. A context with four hangs is banned: its
 * other requests fail too, and it gets no new ones. If no reset succeeds, all requests fail.
 */

/*
 * Reset all engines, whatever they do; incomplete requests are submitted again. 0, or -EIO: the
 * device does not answer, everything was failed.
 */
int i915_reset(struct i915 *i915);
bool i915_context_banned(const struct i915_context *ctx);

/* Sleep until every port is empty and all status events are processed: 0 or -ETIME. */
int i915_wait_idle(struct i915 *i915, uint64_t timeout_ns);

#endif
