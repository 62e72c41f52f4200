/* SPDX-License-Identifier: MIT */
/*
 * Order between requests beyond that of a context: what must happen before one may be submitted.
 *
 * A signal is an event that happens once: a request was submitted, a request has completed, a
 * fence of software was signalled. A request counts the signals that it still awaits; with the last
 * of them it is ready, and is queued on its engine as soon as nobody holds an engine's lock.
 *
 * A request's signals are guarded by its engine's lock, which the caller holds; who awaits what, by
 * i915->fence_lock, which is taken inside of that and which nothing is taken in.
 */
#ifndef PVMMIO_GUEST_I915_FENCE_H
#define PVMMIO_GUEST_I915_FENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_list.h"

struct i915;
struct i915_request;

struct i915_signal {
	bool happened;
	struct i915_list waiters; /* of struct i915_await */
};

/* That a request awaits a signal. */
struct i915_await_link {
	struct i915_list link; /* signal->waiters, until it happens */
	struct i915_request *rq;
	struct i915_await_link *next; /* rq->awaits */
};

void i915_signal_init(struct i915_signal *signal);

/* Make rq, not yet added, await the signal. 1: it does; 0: it has happened; -I915_ENOMEM. */
int i915_signal_await(struct i915 *i915, struct i915_signal *signal, struct i915_request *rq);

/* The same for a signal that has not happened, with the link that is part of rq. */
void i915_signal_await_order(struct i915 *i915, struct i915_signal *signal,
			     struct i915_request *rq);

/*
 * It happens now. Requests that become ready are collected for i915_ready_submit(). No effect if it
 * has happened.
 */
void i915_signal_set(struct i915 *i915, struct i915_signal *signal);

/* rq awaits nothing any more: everything has happened, or it is given up. */
void i915_awaits_drop(struct i915_request *rq);

/* One reason less to hold rq back. true: it is ready. The caller queues it. */
bool i915_request_release(struct i915_request *rq);

/* Queue what has become ready. No engine's lock is held. */
void i915_ready_submit(struct i915 *i915);

#endif
