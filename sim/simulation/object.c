// SPDX-License-Identifier: MIT
/* Named objects: bound and unbound by steps, with an account of what that took. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/simulation/workload_impl.h"

#define PAGE_BYTES UINT64_C(4096)

/* ---- the simulator's side ---- */

int objects_create(struct workload *w)
{
	const struct workload_config *config = &w->avm->config->workload;

	if (config->object_count == 0)
		return 0;
	w->result->objects = calloc(config->object_count, sizeof(*w->result->objects));
	if (!w->result->objects)
		return -ENOMEM;
	w->result->object_count = config->object_count;
	for (unsigned i = 0; i < config->object_count; i++) {
		struct object_state *object = &w->objects[i];

		object->config = &config->objects[i];
		object->result = &w->result->objects[i];
		object->copies = calloc(object->config->count, sizeof(*object->copies));
		object->pieces = calloc(object->config->count, sizeof(*object->pieces));
		if (!object->copies || !object->pieces)
			return -ENOMEM;
	}
	return 0;
}

void objects_destroy(struct workload *w)
{
	for (unsigned i = 0; i < CONFIG_OBJECT_LIMIT; i++) {
		free(w->objects[i].copies);
		free(w->objects[i].pieces);
	}
}

bool object_is_bound(const struct object_state *object)
{
	return object->bound_count == object->config->count;
}

/* ---- the account ---- */

/* Operations that binding and unbinding are made of. */
#define BINDING_OPS                                                                                \
	(1u << GUEST_OP_PPGTT_ALLOC | 1u << GUEST_OP_PPGTT_INSERT | 1u << GUEST_OP_PPGTT_CLEAR |   \
	 1u << GUEST_OP_GGTT_INSERT | 1u << GUEST_OP_GGTT_CLEAR)

/* Exits of the VM so far in those operations, by reason. */
static void count_exits(const struct workload *w, struct object_exits out[EXIT_REASON_COUNT])
{
	struct ledger_sum by_reason[EXIT_REASON_COUNT];

	ledger_exits_by_reason(w->avm->vm->m->ledger, w->avm->vm->id, BINDING_OPS, by_reason);
	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++) {
		out[i].count = by_reason[i].count;
		out[i].time_ps = by_reason[i].time_ps;
	}
}

/* The vCPU's time without the interrupts that it took. */
static uint64_t time_of_steps(const struct workload *w)
{
	const struct vcpu *vcpu = w->avm->vm->vcpus[0];

	return exec_now(vcpu->vm->m->ex) - vcpu->interrupts_ps;
}

static void book(const struct workload *w, struct object_sum *sum,
		 const struct object_exits before[EXIT_REASON_COUNT], uint64_t count,
		 uint64_t time_ps)
{
	struct object_exits after[EXIT_REASON_COUNT];

	count_exits(w, after);
	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++) {
		sum->by_reason[i].count += after[i].count - before[i].count;
		sum->by_reason[i].time_ps += after[i].time_ps - before[i].time_ps;
	}
	sum->count += count;
	sum->time_ps += time_ps;
}

/* ---- steps ---- */

static struct i915_vm *space_of(const struct workload *w, const struct object_config *config)
{
	return config->space == BIND_SPACE_GGTT ? i915_ggtt_vm(w->i915)
						: i915_context_vm(w->contexts[config->context]);
}

/* Adds to *time_ps what binding took, whether or not it succeeded. 0 or the driver's error. */
static int bind_copy(const struct workload *w, struct object_state *object, size_t i,
		     uint64_t *time_ps)
{
	const struct object_config *config = object->config;
	const struct i915_bind how = {
		.align_bytes = config->align_bytes,
		.flags = config->read_only ? I915_BIND_READ_ONLY : 0,
	};
	struct buffer copy = { .object = i915_object_create(w->i915, config->pages * PAGE_BYTES) };
	uint64_t start_ps = time_of_steps(w);
	int ret;

	if (!copy.object)
		return -ENOMEM;
	ret = i915_vma_bind(space_of(w, config), copy.object, &how, &copy.vma);
	*time_ps += time_of_steps(w) - start_ps;
	if (ret) {
		i915_object_destroy(copy.object);
		return ret;
	}
	object->copies[i] = copy;
	object->pieces[i] = i915_object_cpu(copy.object);
	return 0;
}

void object_bind(struct workload *w, uint32_t index)
{
	struct object_state *object = &w->objects[index];
	struct object_exits before[EXIT_REASON_COUNT];
	uint64_t time_ps = 0;

	object->bound_count = 0;
	object->abandoned = false;
	count_exits(w, before);
	for (size_t i = 0; i < object->config->count; i++) {
		int ret;

		object->copies[i] = (struct buffer){ 0 };
		ret = bind_copy(w, object, i, &time_ps);
		if (ret == 0) {
			object->bound_count++;
			continue;
		}
		object->result->bind_errors++;
		w->result->workload.bind_errors++;
		w->result->workload.bind_error = ret;
	}
	book(w, &object->result->bind, before, object->config->count, time_ps);
}

static void drop_copies(struct object_state *object)
{
	for (size_t i = 0; i < object->config->count && !object->abandoned; i++) {
		i915_object_destroy(object->copies[i].object);
		object->copies[i] = (struct buffer){ 0 };
	}
	object->bound_count = 0;
}

/* Requests that write to the object come to their end, or give it up. */
static void finish_users(struct workload *w, uint32_t index)
{
	for (size_t i = 0; i < w->submission_count; i++) {
		if (w->submissions[i].step->object == index)
			submission_finish(w, &w->submissions[i], workload_deadline_ns(w));
	}
}

void object_unbind(struct workload *w, uint32_t index)
{
	struct object_state *object = &w->objects[index];
	struct object_exits before[EXIT_REASON_COUNT];
	uint64_t start_ps, time_ps = 0;

	finish_users(w, index);
	count_exits(w, before);
	for (size_t i = 0; i < object->config->count && !object->abandoned; i++) {
		start_ps = time_of_steps(w);
		i915_vma_unbind(object->copies[i].vma);
		time_ps += time_of_steps(w) - start_ps;
	}
	book(w, &object->result->unbind, before, object->abandoned ? 0 : object->bound_count,
	     time_ps);
	drop_copies(object);
}

void objects_forget(struct workload *w)
{
	for (unsigned i = 0; i < w->avm->config->workload.object_count; i++) {
		struct object_state *object = &w->objects[i];

		memset(object->copies, 0, object->config->count * sizeof(*object->copies));
		object->bound_count = 0;
		object->abandoned = false;
	}
}

void objects_drop(struct workload *w)
{
	for (unsigned i = 0; i < w->avm->config->workload.object_count; i++)
		drop_copies(&w->objects[i]);
}
