/* SPDX-License-Identifier: MIT */
/*
 * What a running descriptor is made of. Internal to wsim*.c.
 */
#ifndef PVMMIO_SIM_SIMULATION_WSIM_IMPL_H
#define PVMMIO_SIM_SIMULATION_WSIM_IMPL_H

#include "sim/machine/rng.h"
#include "sim/scenario/wsim.h"
#include "sim/simulation/wsim.h"

#define WSIM_BATCHES_PER_STEP 4u
#define WSIM_OUTPUT_BYTES     4096u

/* Dwords of an output: the serial of its last writer, copies, the word that ends an endless batch.
 */
#define WSIM_OUTPUT_SERIAL 0u
#define WSIM_OUTPUT_COPIES 1u
#define WSIM_OUTPUT_END    1023u
#define WSIM_COPY_LIMIT    (WSIM_OUTPUT_END - WSIM_OUTPUT_COPIES)

/* A submitted batch. Whoever may still have to wait for it holds a reference. */
struct wsim_job {
	struct i915_request *request;
	enum gen9_engine_id engine;
	unsigned refs;
};

struct wsim_jobs {
	struct wsim_job **items;
	size_t count, capacity;
};

/* Memory that the GPU reads and writes, with the order in which it does. */
struct wsim_memory {
	struct i915_object *object;
	struct i915_vma **vmas;   /* by client and context; NULL: not bound there */
	struct wsim_job *writer;  /* the last one; NULL: nobody yet */
	struct wsim_jobs readers; /* since then */
	uint32_t serial;          /* what the last writer stores */
};

struct wsim_set_state {
	struct wsim_memory *objects;
	uint32_t object_count;
};

/* A step of one client. */
struct wsim_step_state {
	struct wsim_memory output;
	struct wsim_job *job; /* the last one */
	struct {
		struct buffer buffer;
		struct wsim_job *job; /* that uses it; NULL: free */
	} batches[WSIM_BATCHES_PER_STEP];
	unsigned next_batch;
	uint32_t *copies; /* serials that the last job's copies must have */
	uint32_t copy_count;
	struct i915_fence *fence; /* WSIM_FENCE: the last one made */
};

struct wsim_context_state {
	struct i915_context *context;
	uint64_t preemption_ps; /* 0: none */
};

struct wsim_client {
	struct wsim_run *run;
	unsigned index;
	struct rng rng;
	struct wsim_step_state *steps;
	struct wsim_context_state contexts[WSIM_CONTEXT_LIMIT];
	struct wsim_set_state sets[WSIM_SET_LIMIT];    /* shared ones: see set_of() */
	struct wsim_jobs in_flight[GEN9_ENGINE_COUNT]; /* in the order of submission */
	uint64_t throttle;
	uint64_t queue_depth;
	struct client_result *result;
	int error;
	bool ended;
};

struct wsim_run {
	struct workload *w;
	const struct wsim *wsim;
	struct wsim_client *clients;
	unsigned client_count;
	struct wsim_set_state shared_sets[WSIM_SET_LIMIT];
	bool has_shared_sets;   /* used by more than one client */
	struct plat_lock lock;  /* from reading of shared sets who used them to adding a request */
	struct buffer *scratch; /* what blits write, by client and context */
	uint32_t serial;        /* the last one given */
};

/* ---- wsim_memory.c ---- */

/* Room for every context of every client. */
size_t wsim_space_count(const struct wsim_run *run);
size_t wsim_space_index(const struct wsim_client *client, uint32_t context);

/* Memory of size_bytes, bound nowhere. 0, -ENOMEM. */
int wsim_memory_create(struct wsim_run *run, struct wsim_memory *memory, uint64_t size_bytes);
void wsim_memory_destroy(struct wsim_memory *memory);

/* Its address in the space of the client's context, bound there on first use. 0, -ENOMEM, -ENOSPC.
 */
int wsim_memory_bind(struct wsim_client *client, uint32_t context, struct wsim_memory *memory,
		     uint64_t *gma);

/* Let request await what a reader, or a writer, of memory has to. */
int wsim_memory_order(struct wsim_memory *memory, struct i915_request *request, bool writes);

/* job, which is submitted, is a reader, or the last writer. 0, -ENOMEM. */
int wsim_memory_used(struct wsim_memory *memory, struct wsim_job *job, bool writes);

struct wsim_set_state *wsim_set_of(struct wsim_client *client, uint32_t set);

struct wsim_job *wsim_job_ref(struct wsim_job *job);
void wsim_job_put(struct wsim_job *job);                         /* NULL is allowed */
int wsim_jobs_add(struct wsim_jobs *jobs, struct wsim_job *job); /* takes a reference */
void wsim_jobs_drop(struct wsim_jobs *jobs, size_t index);
void wsim_jobs_free(struct wsim_jobs *jobs);

/* ---- wsim_batch.c ---- */

/* Bind what the batch of step i refers to. */
int wsim_batch_bind(struct wsim_client *client, uint32_t i, enum gen9_engine_id engine);

/* Write it into vma, once all of that is bound. 0; -ENOSPC: it has no room. */
int wsim_batch_build(struct wsim_client *client, uint32_t i, enum gen9_engine_id engine,
		     uint64_t duration_ps, uint32_t serial, struct i915_vma *vma);

/* Room that it needs. */
size_t wsim_batch_bytes(const struct wsim_client *client, uint32_t i, enum gen9_engine_id engine,
			uint64_t duration_ps);

/* ---- wsim_client.c ---- */

/* All iterations of a client, on its vCPU; then waits for what it submitted. */
void wsim_client_run(struct wsim_client *client);

/* ---- wsim_submit.c ---- */

/* Submit the batch step i; what cannot be submitted yet waits for what is in flight. */
int wsim_submit(struct wsim_client *client, uint32_t i);

/* Wait for job. 0, -ETIME. */
int wsim_wait(struct wsim_client *client, struct wsim_job *job);

/* Wait for the oldest job in flight on engine, and forget it. */
int wsim_wait_oldest(struct wsim_client *client, enum gen9_engine_id engine);

#endif
