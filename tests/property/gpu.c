// SPDX-License-Identifier: MIT
//
// What batches do. Every store goes where its effect is defined: to what is bound and pinned, or to
// where nothing is bound (then it has none). Batches are left alone, and what is not pinned, as it
// may move meanwhile.

#include "sim/machine/physmem.h"
#include "tests/property/actor.h"
#include "tests/property/peek.h"
#include "tests/property/world.h"

#define TASK_LIMIT  4u
#define STORE_LIMIT 6u
#define PITCH_LIMIT 32764u
#define WORD_BYTES  4u

/* A rectangle of words: row n begins at start + n * pitch. */
struct rectangle {
	uint64_t start;
	uint32_t pitch_bytes;
	uint32_t width;
	uint32_t height;
};

enum task_kind {
	TASK_STORE,
	TASK_FILL,
	TASK_COPY,
};

/* One command. */
struct task {
	enum task_kind kind;
	struct rectangle to;
	struct rectangle from; /* TASK_COPY */
	uint32_t value;
};

struct plan {
	struct task tasks[TASK_LIMIT * STORE_LIMIT];
	unsigned count;
};

/* ---- where a row may go ---- */

/*
 * What else lies in the GGTT is not the same in all modes: there only a page of the binding that is
 * meant is usable.
 */
static bool is_usable(const struct actor *actor, uint32_t meant, uint64_t page, bool is_write)
{
	const struct model *model = &actor->model;
	uint32_t space = model->bindings[meant].space;
	uint32_t binding = model_at(model, space, page);

	if (space == MODEL_GGTT)
		return binding == meant;
	if (binding != MODEL_NONE)
		return !model->objects[model->bindings[binding].object].is_batch;
	return is_write && page < model->spaces[space].end;
}

bool actor_meets_unpinned(const struct actor *actor, uint32_t space, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++) {
		const struct model_binding *b = &actor->model.bindings[i];
		uint64_t at, bytes;

		if (b->handle && !b->is_pinned && b->space == space &&
		    peek_vma_range(b->handle, &at, &bytes) && at < end && start < at + bytes)
			return true;
	}
	return false;
}

static bool row_is_usable(const struct actor *actor, uint32_t meant, uint64_t start, uint64_t bytes,
			  bool is_write)
{
	uint32_t space = actor->model.bindings[meant].space;
	uint64_t last = start + bytes - 1;

	if (last < start || actor_meets_unpinned(actor, space, start, last + 1))
		return false;
	for (uint64_t page = start & ~PAGE_MASK; page <= last; page += PAGE_SIZE)
		if (!is_usable(actor, meant, page, is_write))
			return false;
	return true;
}

static uint64_t row_start(const struct rectangle *r, uint32_t row)
{
	return r->start + (uint64_t)row * r->pitch_bytes;
}

/* How many of the rectangle's rows are usable, from the first on. */
static uint32_t usable_rows(const struct actor *actor, uint32_t meant, const struct rectangle *r,
			    bool is_write)
{
	uint32_t rows = 0;

	while (rows < r->height && row_is_usable(actor, meant, row_start(r, rows),
						 (uint64_t)r->width * WORD_BYTES, is_write))
		rows++;
	return rows;
}

static void touch_rectangle(const struct actor *actor, uint32_t space, const struct rectangle *r,
			    bool is_write, struct touched *touched)
{
	for (uint32_t row = 0; row < r->height; row++) {
		uint64_t start = row_start(r, row);
		uint64_t last = start + (uint64_t)r->width * WORD_BYTES - 1;

		for (uint64_t page = start & ~PAGE_MASK; page <= last; page += PAGE_SIZE) {
			uint32_t binding = model_at(&actor->model, space, page);

			if (binding == MODEL_NONE) {
				touched->holes |= 1u << space;
				continue;
			}
			touched->bindings |= UINT64_C(1) << binding;
			*(is_write ? &touched->writes : &touched->reads) |=
				1u << actor->model.bindings[binding].object;
		}
	}
}

/* ---- drawing rectangles ---- */

/* Around a binding's memory; in a PPGTT now and then before its start or beyond its end. */
static struct rectangle draw_rectangle(struct actor *actor, uint32_t binding)
{
	const struct model_binding *b = &actor->model.bindings[binding];
	uint64_t words = model_binding_bytes(&actor->model, binding) / WORD_BYTES;
	struct rectangle r;
	uint64_t pitch;

	r.start = b->gma + op_value(&actor->op, words) * WORD_BYTES;
	if (b->space != MODEL_GGTT && b->gma >= 2 * PAGE_SIZE && op_value(&actor->op, 4) == 0)
		r.start = b->gma - op_value(&actor->op, PAGE_SIZE / WORD_BYTES) * WORD_BYTES;
	r.width = 1 + (uint32_t)op_value(&actor->op, op_value(&actor->op, 2) ? 64 : 2048);
	r.height = 1 + (uint32_t)op_value(&actor->op, 24);
	pitch = (r.width + op_value(&actor->op, 1024)) * WORD_BYTES;
	r.pitch_bytes = pitch < PITCH_LIMIT ? (uint32_t)pitch : PITCH_LIMIT;
	if (r.width * WORD_BYTES > r.pitch_bytes)
		r.width = r.pitch_bytes / WORD_BYTES;
	return r;
}

/* A rectangle, cut to what is usable; false: nothing is. */
static bool cut(const struct actor *actor, uint32_t meant, struct rectangle *r, bool is_write)
{
	while (r->width > 1 &&
	       !row_is_usable(actor, meant, r->start, (uint64_t)r->width * WORD_BYTES, is_write))
		r->width /= 2;
	r->height = usable_rows(actor, meant, r, is_write);
	return r->height;
}

/* ---- plans ---- */

static bool plan_fill(struct actor *actor, uint32_t binding, struct plan *plan)
{
	struct task *task = &plan->tasks[plan->count];

	*task = (struct task){
		.kind = TASK_FILL,
		.to = draw_rectangle(actor, binding),
		.value = (uint32_t)op_value(&actor->op, UINT32_MAX),
	};
	if (!cut(actor, binding, &task->to, true))
		return false;
	plan->count++;
	return true;
}

/* The same memory at both ends would make the order within the command show. */
static bool plan_copy(struct actor *actor, uint32_t from, uint32_t to, struct plan *plan)
{
	uint32_t space = actor->model.bindings[to].space;
	struct task *task = &plan->tasks[plan->count];
	struct touched touched = { 0 };

	*task = (struct task){
		.kind = TASK_COPY,
		.from = draw_rectangle(actor, from),
		.to = draw_rectangle(actor, to),
	};
	if (!cut(actor, from, &task->from, false))
		return false;
	task->to.width = task->from.width;
	task->to.height = task->from.height;
	if (task->to.pitch_bytes < task->to.width * WORD_BYTES)
		task->to.pitch_bytes = task->to.width * WORD_BYTES;
	if (!cut(actor, to, &task->to, true))
		return false;
	task->from.width = task->to.width;
	task->from.height = task->to.height;
	touch_rectangle(actor, space, &task->from, false, &touched);
	touch_rectangle(actor, space, &task->to, true, &touched);
	if (touched.reads & touched.writes)
		return false;
	plan->count++;
	return true;
}

static bool plan_stores(struct actor *actor, uint32_t binding, struct plan *plan)
{
	unsigned count = 1 + (unsigned)op_value(&actor->op, STORE_LIMIT);
	unsigned before = plan->count;

	for (unsigned i = 0; i < count; i++) {
		struct task *task = &plan->tasks[plan->count];

		*task = (struct task){
			.kind = TASK_STORE,
			.to = draw_rectangle(actor, binding),
			.value = (uint32_t)op_value(&actor->op, UINT32_MAX),
		};
		task->to.width = 1;
		task->to.height = 1;
		if (cut(actor, binding, &task->to, true))
			plan->count++;
	}
	return plan->count > before;
}

static void touch_plan(const struct actor *actor, uint32_t space, const struct plan *plan,
		       struct touched *touched)
{
	for (unsigned i = 0; i < plan->count; i++) {
		const struct task *task = &plan->tasks[i];

		if (task->kind == TASK_COPY)
			touch_rectangle(actor, space, &task->from, false, touched);
		touch_rectangle(actor, space, &task->to, true, touched);
	}
}

static struct blt_surface surface_of(const struct rectangle *r)
{
	return (struct blt_surface){ .gma = r->start, .pitch_bytes = r->pitch_bytes };
}

static void emit_task(const struct actor *actor, const struct task *task, struct batch *batch)
{
	struct blt_surface to = surface_of(&task->to);
	struct blt_surface from = surface_of(&task->from);
	uint16_t width = (uint16_t)task->to.width;
	uint16_t height = (uint16_t)task->to.height;
	int err = 0;

	switch (task->kind) {
	case TASK_STORE:
		err = batch_store_dword(batch, task->to.start, task->value);
		break;
	case TASK_FILL:
		err = batch_fill(batch, &to, width, height, task->value);
		break;
	case TASK_COPY:
		err = batch_copy(batch, &to, &from, width, height);
		break;
	}
	if (err)
		actor_fail(actor, "a command cannot be built: %d", err);
}

static void apply_task(struct model *model, uint32_t space, const struct task *task)
{
	for (uint32_t y = 0; y < task->to.height; y++) {
		for (uint32_t x = 0; x < task->to.width; x++) {
			uint64_t offset = (uint64_t)x * WORD_BYTES;
			uint32_t word = task->value;

			if (task->kind == TASK_COPY)
				word = model_read(model, space, row_start(&task->from, y) + offset);
			model_write(model, space, row_start(&task->to, y) + offset, word);
		}
	}
}

static void log_task(const struct actor *actor, const struct program *program,
		     const struct task *task)
{
	static const char *const names[] = { "store", "fill", "copy" };

	actor_log(actor, "%s on %s in context %u, space %u: %ux%u to %#llx pitch %u from %#llx",
		  names[task->kind], gen9_engines[program->engine].name, program->context,
		  program->space, task->to.width, task->to.height,
		  (unsigned long long)task->to.start, task->to.pitch_bytes,
		  (unsigned long long)task->from.start);
}

/* Submit the plan, and carry it out in the reference. */
static void run_plan(struct actor *actor, struct program *program, const struct plan *plan)
{
	uint32_t space = program->space;

	for (unsigned i = 0; i < plan->count; i++)
		emit_task(actor, &plan->tasks[i], &program->batch);
	touch_plan(actor, space, plan, &program->touched);
	if (program_submit(actor, program, false))
		return;
	for (unsigned i = 0; i < plan->count; i++) {
		log_task(actor, program, &plan->tasks[i]);
		apply_task(&actor->model, space, &plan->tasks[i]);
	}
}

/* ---- operations ---- */

/* A context in which the binding's addresses mean something, or MODEL_NONE. */
static uint32_t context_for(struct actor *actor, uint32_t binding)
{
	uint32_t space = actor->model.bindings[binding].space;

	if (space == MODEL_ORPHAN)
		return MODEL_NONE;
	if (space == MODEL_GGTT)
		return model_pick_context(&actor->model, op_value(&actor->op, MODEL_CONTEXTS));
	return space;
}

static bool begin(struct actor *actor, uint32_t binding, enum gen9_engine_id engine,
		  struct program *program)
{
	uint32_t context = context_for(actor, binding);
	uint32_t space = actor->model.bindings[binding].space;
	bool read_only = op_value(&actor->op, 2);

	if (context == MODEL_NONE)
		return false;
	if (actor_pin(actor, binding))
		return false;
	return !program_begin(actor, program, context, space, engine, read_only);
}

static uint32_t pick_binding(struct actor *actor)
{
	return model_pick_binding(&actor->model, op_value(&actor->op, MODEL_BINDINGS));
}

void actor_fill(struct actor *actor)
{
	uint32_t binding = pick_binding(actor);
	struct plan plan = { 0 };
	struct program program;

	if (binding == MODEL_NONE || !begin(actor, binding, GEN9_BCS0, &program))
		return;
	for (uint64_t i = 1 + op_value(&actor->op, 2); i; i--)
		plan_fill(actor, binding, &plan);
	if (plan.count)
		run_plan(actor, &program, &plan);
	else
		program_cancel(actor, &program);
}

void actor_copy(struct actor *actor)
{
	uint32_t to = pick_binding(actor);
	uint32_t from = pick_binding(actor);
	struct plan plan = { 0 };
	struct program program;

	if (to == MODEL_NONE ||
	    actor->model.bindings[to].space != actor->model.bindings[from].space)
		return;
	if (actor->model.bindings[to].space == MODEL_ORPHAN || actor_pin(actor, from) ||
	    !begin(actor, to, GEN9_BCS0, &program))
		return;
	plan_copy(actor, from, to, &plan);
	if (op_value(&actor->op, 2))
		plan_fill(actor, to, &plan);
	if (plan.count)
		run_plan(actor, &program, &plan);
	else
		program_cancel(actor, &program);
}

void actor_store_to(struct actor *actor, uint32_t binding, enum gen9_engine_id engine)
{
	struct plan plan = { 0 };
	struct program program;

	if (!begin(actor, binding, engine, &program))
		return;
	if (plan_stores(actor, binding, &plan))
		run_plan(actor, &program, &plan);
	else
		program_cancel(actor, &program);
}

void actor_store(struct actor *actor)
{
	uint32_t binding = pick_binding(actor);
	enum gen9_engine_id engine = op_value(&actor->op, GEN9_ENGINE_COUNT);

	if (binding != MODEL_NONE)
		actor_store_to(actor, binding, engine);
}

/* What is submitted in one go, several contexts to one engine among it. */
void actor_burst(struct actor *actor)
{
	uint64_t count = 2 + op_value(&actor->op, 4);

	if (model_pick_binding(&actor->model, 0) == MODEL_NONE)
		return;
	actor->holds_submission = true;
	i915_submission_hold(actor->vm->i915);
	while (count--)
		actor_store(actor);
	if (!actor->holds_submission)
		return;
	actor->holds_submission = false;
	i915_submission_release(actor->vm->i915);
}
