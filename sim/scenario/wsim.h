/* SPDX-License-Identifier: MIT */
/*
 * Workload descriptors of IGT's gem_wsim, as they are: one step a line, or separated by commas.
 *
 * Reading checks all that can be known without running: fields, what relative steps point at, that
 * working sets and their objects exist, that an endless batch is ended. What is read but not
 * honoured by the model is a warning with its line, kept in the descriptor; nothing is skipped
 * silently.
 *
 * VCS1 and VCS2 of a descriptor are the engines VCS0 and VCS1 here. Durations and delays are in
 * microseconds there and in picoseconds here.
 *
 * Source: igt-gpu-tools, benchmarks/wsim/README and gem_wsim.c.
 */
#ifndef PVMMIO_SIM_SCENARIO_WSIM_H
#define PVMMIO_SIM_SCENARIO_WSIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/scenario/diag.h"

#define WSIM_BYTES_LIMIT   (64u << 10) /* of a descriptor */
#define WSIM_STEP_LIMIT    4096u
#define WSIM_CONTEXT_LIMIT 32u
#define WSIM_NEED_LIMIT    64u   /* dependencies of one batch */
#define WSIM_OBJECT_LIMIT  1024u /* of one working set */
#define WSIM_SET_LIMIT     32u
#define WSIM_TIME_LIMIT_US UINT64_C(1000000000)
#define WSIM_SIZE_LIMIT    (UINT64_C(1) << 30) /* of one object */

enum wsim_kind {
	WSIM_BATCH,
	WSIM_DELAY,       /* d: value is the time */
	WSIM_PERIOD,      /* p: value is the time since the iteration began */
	WSIM_SYNC,        /* s: for the batch `target` */
	WSIM_THROTTLE,    /* t: value is a number of batches; 0: off */
	WSIM_QUEUE_DEPTH, /* q: likewise, of one engine */
	WSIM_FENCE,       /* f: a fence of software */
	WSIM_SIGNAL,      /* a: signals the fence made by `target` */
	WSIM_TERMINATE,   /* T: ends the endless batch `target` */
	WSIM_PRIORITY,    /* P: of `context` */
	WSIM_PREEMPTION,  /* X: value is the time between points of preemption of `context` */
	WSIM_SLICES,      /* S: value is a mask */
	WSIM_ENGINE_MAP,  /* M: `engines` of `context` */
	WSIM_BALANCE,     /* B: over the map of `context` */
	WSIM_BOND,        /* b: `context` runs on one of `engines` if the master is on `master` */
	WSIM_WORKING_SET, /* w, W: makes `set` */
	WSIM_KIND_COUNT,
};

enum wsim_need_kind {
	WSIM_NEED_DATA,      /* of what batch `target` writes */
	WSIM_NEED_COMPLETED, /* batch `target`, or the fence that it is */
	WSIM_NEED_SUBMITTED,
	WSIM_NEED_READ, /* objects first .. last of `set` */
	WSIM_NEED_WRITE,
};

struct wsim_need {
	enum wsim_need_kind kind;
	uint32_t target; /* index of a step before this one */
	uint32_t set;    /* index into wsim->sets */
	uint32_t first, last;
};

struct wsim_step {
	enum wsim_kind kind;
	unsigned line;
	uint32_t context;        /* index into wsim->contexts */
	uint32_t engines;        /* bits of enum gen9_engine_id; of a batch: what to choose from */
	bool endless;            /* batches: until a WSIM_TERMINATE */
	bool wait;               /* batches: the client waits for it */
	uint64_t min_ps, max_ps; /* batches: duration */
	struct wsim_need *needs;
	uint32_t need_count;
	uint32_t target; /* a step before this one */
	uint32_t set;
	uint32_t master; /* enum gen9_engine_id */
	int64_t value;
};

/* Maps, load balancing and bonds hold for a context from the start, wherever they are written. */
struct wsim_context {
	uint32_t id;
	uint32_t map; /* bits of enum gen9_engine_id; 0: no map */
	bool balanced;
};

/* Memory that batches refer to. The size of an object is drawn from its range. */
struct wsim_set {
	uint32_t id;
	bool shared; /* by all clients */
	struct wsim_size {
		uint64_t min_bytes, max_bytes;
	} * objects;
	uint32_t object_count;
};

struct wsim_warning {
	unsigned line;
	const char *why; /* static */
};

struct wsim {
	char *text; /* the descriptor */
	struct wsim_step *steps;
	uint32_t step_count;
	uint32_t batch_count;
	struct wsim_context contexts[WSIM_CONTEXT_LIMIT];
	uint32_t context_count;
	struct wsim_set sets[WSIM_SET_LIMIT];
	uint32_t set_count;
	struct wsim_warning *warnings;
	uint32_t warning_count;
};

/*
 * Read source. 0 and the descriptor, to be ended with wsim_free(), with warnings in diag; -EINVAL
 * with errors there; -ENOMEM.
 */
int wsim_parse(struct wsim **out, const struct source *source, struct diag *diag);
void wsim_free(struct wsim *wsim); /* NULL is allowed */

#endif
