/* SPDX-License-Identifier: MIT */
/*
 * What a workload is made of. Internal to workload.c, submission.c and object.c.
 */
#ifndef PVMMIO_SIM_SIMULATION_WORKLOAD_IMPL_H
#define PVMMIO_SIM_SIMULATION_WORKLOAD_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/i915.h"
#include "sim/simulation/screen.h"
#include "sim/simulation/spread.h"
#include "sim/simulation/surface.h"
#include "sim/simulation/workload.h"

/* Memory with its binding. */
struct buffer {
	struct i915_object *object; /* NULL: none */
	struct i915_vma *vma;
};

/* One submission of the steps: its buffers and, while it is in flight, its request. */
struct submission {
	const struct step_config *step;
	struct buffer batch;
	struct buffer target; /* what the GPU writes; none when it writes nothing of its own */
	struct buffer source;
	struct surface target_surface;
	struct surface source_surface;
	uint64_t key;                     /* of the contents expected now */
	struct contents_result *contents; /* what was found, of this step */
	struct i915_request *request;
};

/* What one `bind` step made. */
struct object_state {
	const struct object_config *config;
	struct object_result *result;
	struct buffer *copies; /* config->count; those that could not be bound are empty */
	uint32_t **pieces;     /* their memory, in the same order */
	size_t bound_count;
	bool abandoned; /* a request that got lost may still write to them */
};

struct workload {
	const struct assembly_vm *avm;
	const struct hw_profile *hardware;
	struct vm_result *result;
	struct platform *plat;
	struct i915 *i915;
	struct i915_context *contexts[CONFIG_CONTEXT_LIMIT];
	struct object_state objects[CONFIG_OBJECT_LIMIT];
	struct screen_state screen;
	struct submission
		*submissions;     /* in the order of the steps, lists flattened, `depth` times */
	size_t submission_count;  /* of all frames that may be in flight */
	size_t frame_submissions; /* of one */
	uint64_t serial;          /* submissions so far: makes every key new */
	bool abandoned;           /* some buffers were left to a request that got lost */
};

/* ---- host_workload.c ---- */

/* workload_run() for an application on the host. */
void host_workload_run(struct workload *w);

/* ---- workload.c ---- */

/* vcpu has run the workload, or one client of it, from start_ps, when it had idled so long, to now.
 */
void workload_add_busy(struct workload *w, const struct vcpu *vcpu, uint64_t start_ps,
		       uint64_t start_idle_ps);

/* ---- submission.c ---- */

/*
 * Make what the step needs and hand it to the driver, after waiting for what it submitted the last
 * time. may_wait: room in the driver may be made by waiting for what is in flight. A step whose
 * object is not bound does nothing. 0, or the driver's error.
 */
int submission_submit(struct workload *w, struct submission *s, bool may_wait);

/* Wait for its request, if it has one, and see what came of it. */
void submission_finish(struct workload *w, struct submission *s, uint64_t deadline_ns);
void submission_finish_all(struct workload *w);

void submission_drop_buffers(struct submission *s);

/* When a wait that begins now ends. */
uint64_t workload_deadline_ns(const struct workload *w);

/* Forget the request and the buffers: their memory is gone. A request in flight counts as lost. */
void submission_forget(struct workload *w, struct submission *s);

/* ---- object.c ---- */

/* Forget all copies of all objects: their memory is gone. */
void objects_forget(struct workload *w);

/* The simulator's side of all objects, and their results. 0, -ENOMEM. */
int objects_create(struct workload *w);
void objects_destroy(struct workload *w);

/* The steps. What fails is counted. Unbinding waits for submissions that use the object. */
void object_bind(struct workload *w, uint32_t index);
void object_unbind(struct workload *w, uint32_t index);

/* Unbind what is still bound, uncounted: at the end. */
void objects_drop(struct workload *w);

/* Are all copies bound? */
bool object_is_bound(const struct object_state *object);

#endif
