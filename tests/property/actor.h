/* SPDX-License-Identifier: MIT */
/*
 * An actor: one guest program on one vCPU, which carries out random operations on the driver's
 * interface, keeps the reference model in step, and checks.
 *
 *   actor.c        its life; contexts, objects, bindings
 *   gpu.c          stores and blits: chosen so that every mode must give the same result
 *   request.c      batches and requests on their way
 *   checkpoint.c   comparison of memory and translations with the reference
 */
#ifndef PVMMIO_TESTS_PROPERTY_ACTOR_H
#define PVMMIO_TESTS_PROPERTY_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/i915.h"
#include "guest/i915_batch.h"
#include "tests/property/model.h"
#include "tests/property/script.h"

#define FLIGHT_LIMIT  8u
#define DIGEST_LIMIT  64u
#define BALLAST_LIMIT 48u

struct vm_run;

/* What a request may touch: bit by bit the slots of the model. */
struct touched {
	uint64_t bindings;
	uint32_t reads;  /* objects */
	uint32_t writes; /* objects */
	uint32_t holes;  /* spaces: it writes where nothing is bound */
};

struct flight {
	struct i915_request *rq; /* NULL: none */
	enum gen9_engine_id engine;
	uint32_t batch; /* its object; MODEL_NONE: somebody else frees it */
	struct touched touched;
};

struct actor {
	struct vm_run *vm;
	unsigned vcpu;
	struct rng rng;
	struct op op; /* that is being carried out */
	unsigned step;
	struct model model;
	struct flight flights[FLIGHT_LIMIT]; /* in order of adding; gaps at the end */
	unsigned flight_count;
	bool holds_submission;
	struct {
		void *pages;
		size_t count;
	} ballast[BALLAST_LIMIT]; /* taken from the driver */
	unsigned ballast_count;
	bool ended;

	/* What has happened so far, as a number, at each checkpoint. */
	uint64_t digest;
	uint64_t digests[DIGEST_LIMIT];
	unsigned digest_count;
};

void actor_init(struct actor *actor, struct vm_run *vm, unsigned vcpu);
void actor_run(struct actor *actor);
void actor_fini(struct actor *actor);

/* Say what is wrong and where, and end the process. */
void __attribute__((noreturn, format(printf, 2, 3)))
actor_fail(const struct actor *actor, const char *format, ...);

/* A line of the log, if there is to be one. */
void __attribute__((format(printf, 2, 3)))
actor_log(const struct actor *actor, const char *format, ...);

void actor_digest(struct actor *actor, uint64_t value);

/* A driver's answer that is an error: fine only where something can be short. */
void actor_expect_shortage(const struct actor *actor, int err);

/* ---- bindings ---- */

/* Bind object into space: 0 and *binding, or the driver's error. Waits for what may be in the way.
 */
int actor_bind(struct actor *actor, uint32_t space, uint32_t object, const struct i915_bind *how,
	       uint32_t *binding);

/* Make sure that the address is good. 0 or the driver's error. */
int actor_pin(struct actor *actor, uint32_t binding);

/* Is any of these addresses one of what is not pinned and may be mapped all the same? */
bool actor_meets_unpinned(const struct actor *actor, uint32_t space, uint64_t start, uint64_t end);

/* ---- request.c ---- */

/* Wait for those requests that touch any of this. */
void actor_wait_for(struct actor *actor, const struct touched *touched);
void actor_wait_for_binding(struct actor *actor, uint32_t binding);
void actor_wait_for_object(struct actor *actor, uint32_t object);
void actor_drain(struct actor *actor); /* for all; batches are freed */

/* A batch on its way: the object is one of the model's, bound into space. */
struct program {
	uint32_t context;
	uint32_t space; /* MODEL_GGTT, or the context's */
	enum gen9_engine_id engine;
	uint32_t object;
	uint32_t binding;
	struct batch batch;
	struct touched touched;
};

/* 0 or the driver's error; then nothing is left of it. */
int program_begin(struct actor *actor, struct program *program, uint32_t context, uint32_t space,
		  enum gen9_engine_id engine, bool read_only);
void program_cancel(struct actor *actor, struct program *program);

/*
 * Submit it. 0, and the batch is freed once it has been waited for, if not keep; or the driver's
 * error, and nothing is left of it.
 */
int program_submit(struct actor *actor, struct program *program, bool keep);

/* Free a kept batch after it has been waited for. */
void program_free(struct actor *actor, struct program *program);

/* ---- gpu.c ---- */
void actor_fill(struct actor *actor);
void actor_copy(struct actor *actor);
void actor_store(struct actor *actor);
void actor_store_to(struct actor *actor, uint32_t binding, enum gen9_engine_id engine);
void actor_burst(struct actor *actor);

/* ---- checkpoint.c ---- */
void actor_checkpoint(struct actor *actor);
void actor_check_invariants(struct actor *actor);

#endif
