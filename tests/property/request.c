// SPDX-License-Identifier: MIT
#include "guest/i915_errno.h"
#include "sim/machine/executor.h"
#include "tests/property/actor.h"
#include "tests/property/world.h"

#define WAIT_NS UINT64_C(10000000000) /* far longer than anything here takes */

/* ---- what is on its way ---- */

static void release_submission(struct actor *actor)
{
	if (!actor->holds_submission)
		return;
	actor->holds_submission = false;
	i915_submission_release(actor->vm->i915);
}

static void free_batch(struct actor *actor, uint32_t object)
{
	if (object == MODEL_NONE)
		return;
	i915_object_destroy(actor->model.objects[object].handle);
	model_remove_object(&actor->model, object);
}

static void wait_for_flight(struct actor *actor, unsigned i)
{
	struct flight flight = actor->flights[i];
	int err;

	release_submission(actor);
	err = i915_request_wait(flight.rq, WAIT_NS);
	if (err)
		actor_fail(actor, "a request on %s does not complete: %d",
			   gen9_engines[flight.engine].name, err);
	i915_request_put(flight.rq);
	actor->flight_count--;
	for (unsigned j = i; j < actor->flight_count; j++)
		actor->flights[j] = actor->flights[j + 1];
	free_batch(actor, flight.batch);
}

static bool meets(const struct touched *a, const struct touched *b)
{
	return a->bindings & b->bindings || a->holes & b->holes ||
	       a->writes & (b->reads | b->writes) || a->reads & b->writes;
}

void actor_wait_for(struct actor *actor, const struct touched *touched)
{
	for (unsigned i = 0; i < actor->flight_count;) {
		if (meets(&actor->flights[i].touched, touched))
			wait_for_flight(actor, i);
		else
			i++;
	}
}

void actor_wait_for_binding(struct actor *actor, uint32_t binding)
{
	const struct touched touched = { .bindings = UINT64_C(1) << binding };

	actor_wait_for(actor, &touched);
}

void actor_wait_for_object(struct actor *actor, uint32_t object)
{
	const struct touched touched = { .reads = 1u << object, .writes = 1u << object };

	actor_wait_for(actor, &touched);
}

void actor_drain(struct actor *actor)
{
	release_submission(actor);
	while (actor->flight_count)
		wait_for_flight(actor, 0);
}

/*
 * Requests of one engine are carried out in their order; those of others wait here for what they
 * have in common. Bindings are only ever used in common.
 */
static void wait_for_hazards(struct actor *actor, const struct program *program)
{
	struct touched touched = program->touched;

	touched.bindings = 0;
	touched.holes = 0;
	for (unsigned i = 0; i < actor->flight_count;) {
		if (actor->flights[i].engine != program->engine &&
		    meets(&actor->flights[i].touched, &touched))
			wait_for_flight(actor, i);
		else
			i++;
	}
	while (actor->flight_count >= actor->vm->world->options->profile->flight_limit)
		wait_for_flight(actor, 0);
}

/* ---- batches ---- */

static int make_batch(struct actor *actor, struct program *program, bool read_only)
{
	const struct i915_bind how = { .flags = read_only ? I915_BIND_READ_ONLY : 0 };
	struct model *model = &actor->model;
	uint32_t object = model_free_object(model);
	struct i915_object *handle;
	int err;

	if (object == MODEL_NONE)
		return -I915_ENOMEM;
	handle = i915_object_create(actor->vm->i915, PAGE_SIZE);
	if (!handle)
		return -I915_ENOMEM;
	if (!model_add_object(model, object, handle, 1, 0))
		actor_fail(actor, "out of memory");
	model->objects[object].is_batch = true;
	err = actor_bind(actor, program->space, object, &how, &program->binding);
	if (err)
		free_batch(actor, object);
	program->object = object;
	return err;
}

int program_begin(struct actor *actor, struct program *program, uint32_t context, uint32_t space,
		  enum gen9_engine_id engine, bool read_only)
{
	int err;

	*program = (struct program){ .context = context, .space = space, .engine = engine };
	err = make_batch(actor, program, read_only);
	if (err) {
		actor_drain(actor);
		err = make_batch(actor, program, read_only);
	}
	if (err) {
		actor_expect_shortage(actor, err);
		return err;
	}
	batch_begin(&program->batch, actor->model.bindings[program->binding].handle);
	return 0;
}

void program_cancel(struct actor *actor, struct program *program)
{
	free_batch(actor, program->object);
}

void program_free(struct actor *actor, struct program *program)
{
	free_batch(actor, program->object);
}

static int use_all(struct actor *actor, struct i915_request *rq, uint64_t bindings)
{
	int err = 0;

	for (uint32_t i = 0; i < MODEL_BINDINGS && !err; i++)
		if (bindings >> i & 1)
			err = i915_request_use(rq, actor->model.bindings[i].handle);
	return err;
}

static int create_request(struct actor *actor, const struct program *program,
			  struct i915_request **out)
{
	struct i915_context *ctx = actor->model.contexts[program->context].handle;
	struct i915_vma *batch = actor->model.bindings[program->binding].handle;
	int err;

	err = i915_request_create(ctx, program->engine, batch, I915_MISUSE_NONE, out);
	if (err == -I915_ENOMEM) {
		actor_drain(actor);
		if (i915_wait_idle(actor->vm->i915, WAIT_NS))
			actor_fail(actor, "the GPU does not become idle");
		err = i915_request_create(ctx, program->engine, batch, I915_MISUSE_NONE, out);
	}
	if (err)
		return err;
	err = use_all(actor, *out, program->touched.bindings);
	if (err)
		i915_request_put(*out);
	return err;
}

int program_submit(struct actor *actor, struct program *program, bool keep)
{
	struct i915_request *rq;
	int err;

	if (batch_end(&program->batch))
		actor_fail(actor, "the batch is too short");
	wait_for_hazards(actor, program);
	err = create_request(actor, program, &rq);
	actor_digest(actor, (uint64_t)-err);
	if (err) {
		actor_expect_shortage(actor, err);
		program_cancel(actor, program);
		return err;
	}
	program->touched.bindings |= UINT64_C(1) << program->binding;
	i915_request_add(rq);
	actor->flights[actor->flight_count++] = (struct flight){
		.rq = rq,
		.engine = program->engine,
		.batch = keep ? MODEL_NONE : program->object,
		.touched = program->touched,
	};
	return 0;
}
