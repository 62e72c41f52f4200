/* SPDX-License-Identifier: MIT */
/*
 * A client of the host's own driver: an application beside the VMs that uses the GPU through host
 * i915, without a trap, a copy or an audit.
 *
 * It has one context of its own on each engine, in the host's share of the GGTT, and buffers there.
 * It does one request after the other: host_client_run() waits for its turn on the engine, makes
 * the engine the host's (host/engine_owner.h), submits and waits. Turns on an engine are first come
 * first served between it and the mediator's thread; which vGPU owns the GPU does not matter to
 * it, as host work does not take part in the mediator's scheduling.
 *
 * What is left out: address spaces of its own, several requests in flight, priorities.
 */
#ifndef PVMMIO_HOST_HOST_CLIENT_H
#define PVMMIO_HOST_HOST_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

struct gvt;
struct host_client;
struct host_buffer;

/* id tells its contexts from those of other clients. 0, -ENOMEM. */
int host_client_create(struct host_client **out, struct gvt *gvt, unsigned id);

/* With all of its buffers. Nothing of it may be on an engine any more. NULL is allowed. */
void host_client_destroy(struct host_client *client);

/*
 * Zeroed memory, bound in the GGTT: interleaves. NULL: no memory, or no room in the host's share.
 * The client owns it.
 */
struct host_buffer *host_buffer_create(struct host_client *client, size_t size_bytes);
void *host_buffer_cpu(const struct host_buffer *buffer);
uint64_t host_buffer_gma(const struct host_buffer *buffer);

/*
 * Run the commands in batch, with an end among them, on engine, and wait for them. In a context
 * that is a thread or a vCPU. 0, -ENOMEM, -EIO (the engine hung and was reset).
 */
int host_client_run(struct host_client *client, enum gen9_engine_id engine,
		    const struct host_buffer *batch);

#endif
