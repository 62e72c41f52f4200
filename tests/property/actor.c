// SPDX-License-Identifier: MIT
#include "tests/property/actor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest/i915_errno.h"
#include "tests/property/peek.h"
#include "tests/property/world.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)

/* Slots that are left are for batches. */
#define OBJECTS_WANTED  12u
#define BINDINGS_WANTED 44u

/* ---- messages ---- */

static void print_place(const struct actor *actor)
{
	const struct world_options *options = actor->vm->world->options;

	fprintf(stderr, "%s seed %llu %s: VM %u vCPU %u step %u %s: ", options->profile->name,
		(unsigned long long)options->seed, options->mode->name, actor->vm->index,
		actor->vcpu, actor->step, op_name(actor->op.kind));
}

/* What the parties have said of this VM. */
static void print_complaints(const struct actor *actor)
{
	const struct incident_list *incidents = &actor->vm->avm->vm->incidents;
	uint64_t value;
	const char *log = platform_last_log(actor->vm->avm->plat, &value);

	for (size_t i = 0; i < incidents->count; i++)
		fprintf(stderr, "  incident %s, %llu times, first value %#llx\n",
			incidents->items[i].name, (unsigned long long)incidents->items[i].count,
			(unsigned long long)incidents->items[i].first_value);
	if (log)
		fprintf(stderr, "  the driver's last message: %s %#llx\n", log,
			(unsigned long long)value);
}

void actor_fail(const struct actor *actor, const char *format, ...)
{
	va_list args;

	fputs("FAILED: ", stderr);
	print_place(actor);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	print_complaints(actor);
	_Exit(EXIT_FAILURE);
}

void actor_log(const struct actor *actor, const char *format, ...)
{
	va_list args;

	if (!actor->vm->world->options->log)
		return;
	print_place(actor);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void actor_digest(struct actor *actor, uint64_t value)
{
	actor->digest = (actor->digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	actor->digest ^= actor->digest >> 32;
}

void actor_expect_shortage(const struct actor *actor, int err)
{
	if (actor->vm->world->options->profile->is_ample)
		actor_fail(actor, "the driver answers %d and nothing is short", err);
	if (err != -I915_ENOMEM && err != -I915_ENOSPC)
		actor_fail(actor, "the driver answers %d", err);
}

/* ---- contexts and objects ---- */

static void context_create(struct actor *actor)
{
	struct model *model = &actor->model;
	uint32_t context = model_free_context(model);
	enum vm_ppgtt ppgtt = actor->vm->world->options->profile->ppgtt;
	struct i915_context *handle;
	uint32_t space;

	if (context == MODEL_NONE)
		return;
	handle = i915_context_create(actor->vm->i915);
	actor_log(actor, "context %u: %s", context, handle ? "made" : "no memory");
	actor_digest(actor, handle != NULL);
	if (!handle) {
		actor_expect_shortage(actor, -I915_ENOMEM);
		return;
	}
	space = ppgtt == VM_PPGTT_NONE ? MODEL_GGTT : context;
	model->contexts[context] = (struct model_context){ handle, space };
	if (space != MODEL_GGTT)
		model->spaces[space] = (struct model_space){
			.handle = i915_context_vm(handle),
			.end = UINT64_C(1) << (ppgtt == VM_PPGTT_48BIT ? 48 : 32),
		};
}

/* With whatever is bound there, and whatever runs there. */
static void context_destroy(struct actor *actor)
{
	uint32_t context = model_pick_context(&actor->model, op_value(&actor->op, MODEL_CONTEXTS));

	if (context == MODEL_NONE)
		return;
	actor_log(actor, "context %u", context);
	i915_context_destroy(actor->model.contexts[context].handle);
	model_remove_context(&actor->model, context);
}

static size_t draw_pages(struct actor *actor)
{
	bool huge = actor->vm->world->options->profile->huge_pages;
	uint64_t kind = op_value(&actor->op, 32);

	if (kind < 18)
		return 1 + op_value(&actor->op, 4);
	if (kind < 24)
		return 5 + op_value(&actor->op, 16);
	if (kind < 30)
		return 16 * (1 + op_value(&actor->op, 4));
	if (huge)
		return 512 + 8 * op_value(&actor->op, 80);
	return kind == 31 ? 512 + op_value(&actor->op, 40) : 80;
}

static void fill_object(const struct actor *actor, uint32_t object)
{
	const struct model_object *o = &actor->model.objects[object];
	uint32_t *cpu = i915_object_cpu(o->handle);

	for (size_t i = 0; i < o->pages * PAGE_SIZE / sizeof(*cpu); i++)
		cpu[i] = o->words[i];
}

static void object_create(struct actor *actor)
{
	uint32_t object = model_free_object(&actor->model);
	size_t pages = draw_pages(actor);
	struct i915_object *handle;

	if (model_object_count(&actor->model) >= OBJECTS_WANTED)
		return;
	handle = i915_object_create(actor->vm->i915, pages * PAGE_SIZE);
	actor_log(actor, "object %u: %zu pages%s%s", object, pages, handle ? "" : ": no memory",
		  handle && peek_object_gpa(handle) % (2 * MIB) == 0 ? " at 2 MiB" : "");
	actor_digest(actor, handle != NULL);
	if (!handle) {
		actor_expect_shortage(actor, -I915_ENOMEM);
		return;
	}
	if (!model_add_object(&actor->model, object, handle, pages, op_value(&actor->op, GIB)))
		actor_fail(actor, "out of memory");
	fill_object(actor, object);
}

static void object_destroy(struct actor *actor)
{
	uint32_t object = model_pick_object(&actor->model, op_value(&actor->op, MODEL_OBJECTS));

	if (object == MODEL_NONE)
		return;
	actor_log(actor, "object %u", object);
	actor_wait_for_object(actor, object);
	i915_object_destroy(actor->model.objects[object].handle);
	model_remove_object(&actor->model, object);
}

static void cpu_write(struct actor *actor)
{
	uint32_t object = model_pick_object(&actor->model, op_value(&actor->op, MODEL_OBJECTS));
	struct model_object *o = &actor->model.objects[object];
	uint32_t seed = (uint32_t)op_value(&actor->op, GIB);
	uint64_t first, count;
	uint32_t *cpu;

	if (object == MODEL_NONE)
		return;
	actor_wait_for_object(actor, object);
	cpu = i915_object_cpu(o->handle);
	first = op_value(&actor->op, o->pages * PAGE_SIZE / sizeof(*cpu));
	count = 1 + op_value(&actor->op, o->pages * PAGE_SIZE / sizeof(*cpu) - first);
	actor_log(actor, "object %u: %llu words", object, (unsigned long long)count);
	for (uint64_t i = first; i < first + count; i++)
		cpu[i] = o->words[i] = seed + (uint32_t)i;
}

/* ---- bindings ---- */

/* The reference knows nothing of what is not pinned; the driver must have made room there. */
static void check_place(const struct actor *actor, uint32_t binding)
{
	const struct model *model = &actor->model;
	const struct model_binding *b = &model->bindings[binding];
	uint64_t end = b->gma + model_binding_bytes(model, binding);

	if (end > model->spaces[b->space].end)
		actor_fail(actor, "bound at %#llx, beyond the space", (unsigned long long)b->gma);
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++) {
		const struct model_binding *other = &model->bindings[i];
		uint64_t start, bytes;

		if (i == binding || !other->handle || other->space != b->space)
			continue;
		if (peek_vma_range(other->handle, &start, &bytes) && start < end &&
		    b->gma < start + bytes)
			actor_fail(actor, "bound at %#llx, where %#llx is taken",
				   (unsigned long long)b->gma, (unsigned long long)start);
	}
}

/* A store that meant an address where nothing was bound must not meet what is bound there now. */
static void wait_for_holes(struct actor *actor, uint32_t space)
{
	const struct touched holes = { .holes = 1u << space };

	if (space < MODEL_SPACES)
		actor_wait_for(actor, &holes);
}

/*
 * Whether what is idle can be evicted depends on how far the GPU is; here it is always far enough.
 */
static void settle_unpinned(struct actor *actor, uint32_t space, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++) {
		const struct model_binding *b = &actor->model.bindings[i];
		uint64_t at, bytes;

		if (!b->handle || b->is_pinned || b->space != space ||
		    !peek_vma_range(b->handle, &at, &bytes) || at >= end || start >= at + bytes)
			continue;
		actor_drain(actor);
		if (i915_wait_idle(actor->vm->i915, PLAT_NEVER))
			actor_fail(actor, "the GPU does not become idle");
		return;
	}
}

/* Is an error of binding at an address what it should be? */
static void judge_fixed(const struct actor *actor, uint32_t space, const struct i915_bind *how,
			uint64_t bytes, int err)
{
	uint64_t end = how->fixed_gma + bytes;
	bool is_taken = model_overlaps(&actor->model, space, how->fixed_gma, end);

	if (space != MODEL_GGTT && end > actor->model.spaces[space].end) {
		if (err != -I915_EINVAL)
			actor_fail(actor, "bound beyond the space: %d", err);
	} else if (is_taken && err != -I915_ENOSPC) {
		actor_fail(actor, "bound where another is: %d", err);
	} else if (err && !is_taken && err != -I915_ENOSPC) {
		actor_expect_shortage(actor, err);
	}
}

int actor_bind(struct actor *actor, uint32_t space, uint32_t object, const struct i915_bind *how,
	       uint32_t *binding)
{
	struct model *model = &actor->model;
	uint64_t bytes = model->objects[object].pages * PAGE_SIZE;
	uint32_t slot = model_free_binding(model);
	bool is_fixed = how->flags & I915_BIND_FIXED;
	struct i915_vma *vma;
	int err;

	if (slot == MODEL_NONE)
		return -I915_ENOMEM;
	wait_for_holes(actor, space);
	if (is_fixed)
		settle_unpinned(actor, space, how->fixed_gma, how->fixed_gma + bytes);
	err = i915_vma_bind(model->spaces[space].handle, model->objects[object].handle, how, &vma);
	if (is_fixed)
		judge_fixed(actor, space, how, bytes, err);
	else if (err)
		actor_expect_shortage(actor, err);
	actor_digest(actor, (uint64_t)-err);
	if (err)
		return err;
	model->bindings[slot] = (struct model_binding){
		.handle = vma,
		.space = space,
		.object = object,
		.gma = i915_vma_gma(vma),
		.read_only = space != MODEL_GGTT && how->flags & I915_BIND_READ_ONLY,
		.is_pinned = true,
	};
	if (space != MODEL_GGTT)
		actor_digest(actor, i915_vma_gma(vma));
	if (how->align_bytes && i915_vma_gma(vma) % how->align_bytes)
		actor_fail(actor, "%#llx is not aligned", (unsigned long long)i915_vma_gma(vma));
	check_place(actor, slot);
	*binding = slot;
	return 0;
}

int actor_pin(struct actor *actor, uint32_t binding)
{
	struct model_binding *b = &actor->model.bindings[binding];
	uint64_t start, bytes;
	int err;

	if (b->is_pinned)
		return 0;
	wait_for_holes(actor, b->space);
	if (!peek_vma_range(b->handle, &start, &bytes))
		settle_unpinned(actor, b->space, 0, UINT64_MAX);
	err = i915_vma_pin(b->handle);
	actor_digest(actor, (uint64_t)-err);
	if (err)
		return err;
	b->is_pinned = true;
	b->gma = i915_vma_gma(b->handle);
	if (b->space != MODEL_GGTT)
		actor_digest(actor, b->gma);
	check_place(actor, binding);
	return 0;
}

/*
 * Few addresses, so that bindings meet: beside the borders of what a table of each level covers,
 * and at the ends of the space.
 */
static uint64_t draw_address(struct actor *actor, uint32_t space, bool is_large)
{
	static const uint64_t below_4g[] = { PAGE_SIZE, 64 * KIB, 2 * MIB,          6 * MIB,
					     1 * GIB,   3 * GIB,  4 * GIB - 2 * MIB };
	static const uint64_t above[] = { 4 * GIB, 512 * GIB, UINT64_C(1) << 47,
					  (UINT64_C(1) << 48) - 2 * MIB };
	uint64_t end = actor->model.spaces[space].end;
	uint64_t count = 7 + (end > 4 * GIB ? 4 : 0);
	uint64_t at = op_value(&actor->op, count);
	uint64_t base = at < 7 ? below_4g[at] : above[at - 7];
	uint64_t pages = op_value(&actor->op, 6);

	if (is_large && op_value(&actor->op, 3))
		return base + (pages % 3) * 2 * MIB;
	if (base > 2 * MIB && op_value(&actor->op, 2))
		return base - pages * PAGE_SIZE;
	if (base == 4 * GIB - 2 * MIB || base == (UINT64_C(1) << 48) - 2 * MIB)
		return base + 2 * MIB - (1 + 3 * pages) * PAGE_SIZE;
	return base + pages * PAGE_SIZE;
}

static uint32_t pick_space(struct actor *actor)
{
	uint32_t context = model_pick_context(&actor->model, op_value(&actor->op, MODEL_CONTEXTS));

	if (context == MODEL_NONE || op_value(&actor->op, 8) == 0)
		return MODEL_GGTT;
	return actor->model.contexts[context].space;
}

static void log_binding(const struct actor *actor, uint32_t object, uint32_t space, int err,
			uint32_t binding, const struct i915_bind *how)
{
	bool is_bound = err == 0;

	actor_log(actor, "object %u in %s%u, %s%s%s: %d, binding %d at %#llx", object,
		  space == MODEL_GGTT ? "GGTT " : "space ", space,
		  how->flags & I915_BIND_FIXED ? "fixed " : "",
		  how->flags & I915_BIND_READ_ONLY ? "read-only " : "",
		  how->flags & I915_BIND_4K ? "4K" : "", err, is_bound ? (int)binding : -1,
		  (unsigned long long)(is_bound ? actor->model.bindings[binding].gma
						: how->fixed_gma));
}

static void bind(struct actor *actor)
{
	static const uint64_t alignments[] = { 0, 0, 0, PAGE_SIZE, 64 * KIB, 2 * MIB };
	uint32_t object = model_pick_object(&actor->model, op_value(&actor->op, MODEL_OBJECTS));
	uint32_t space = pick_space(actor);
	uint32_t binding = MODEL_NONE;
	struct i915_bind how = { 0 };
	bool is_large;
	int err;

	if (object == MODEL_NONE || model_binding_count(&actor->model) >= BINDINGS_WANTED)
		return;
	is_large = actor->vm->world->options->profile->huge_pages &&
		   actor->model.objects[object].pages >= 16;
	if (op_value(&actor->op, 4) == 0)
		how.flags |= I915_BIND_READ_ONLY;
	if (op_value(&actor->op, 4) == 0)
		how.flags |= I915_BIND_4K;
	if (space != MODEL_GGTT && op_value(&actor->op, 2)) {
		how.flags |= I915_BIND_FIXED;
		how.fixed_gma = draw_address(actor, space, is_large);
	} else {
		how.align_bytes = alignments[op_value(&actor->op, 6)];
	}
	err = actor_bind(actor, space, object, &how, &binding);
	log_binding(actor, object, space, err, binding, &how);
}

static void unbind_slot(struct actor *actor, uint32_t binding)
{
	struct model_binding *b = &actor->model.bindings[binding];

	actor_wait_for_binding(actor, binding);
	i915_vma_unbind(b->handle);
	b->handle = NULL;
}

static void unbind(struct actor *actor)
{
	uint32_t binding = model_pick_binding(&actor->model, op_value(&actor->op, MODEL_BINDINGS));

	if (binding == MODEL_NONE)
		return;
	actor_log(actor, "binding %u at %#llx", binding,
		  (unsigned long long)actor->model.bindings[binding].gma);
	unbind_slot(actor, binding);
}

/* The same address leads elsewhere, at once, on the engine that has just used it. */
static void remap(struct actor *actor)
{
	struct model *model = &actor->model;
	uint32_t old = model_pick_binding(model, op_value(&actor->op, MODEL_BINDINGS));
	uint32_t object = model_pick_object(model, op_value(&actor->op, MODEL_OBJECTS));
	enum gen9_engine_id engine = op_value(&actor->op, GEN9_ENGINE_COUNT);
	struct i915_bind how = { .flags = I915_BIND_FIXED };
	uint32_t binding = MODEL_NONE;
	uint32_t space;
	int err;

	if (old == MODEL_NONE || model->bindings[old].space == MODEL_ORPHAN ||
	    !model->bindings[old].is_pinned)
		return;
	space = model->bindings[old].space;
	// What else lies in the GGTT is not the same in all modes.
	if (space == MODEL_GGTT &&
	    (actor->vm->world->options->profile->vcpus > 1 ||
	     model->objects[object].pages * PAGE_SIZE > model_binding_bytes(model, old)))
		return;
	how.fixed_gma = model->bindings[old].gma;
	if (op_value(&actor->op, 4) == 0)
		how.flags |= I915_BIND_READ_ONLY;
	actor_store_to(actor, old, engine);
	if (!model->bindings[old].handle)
		return;
	unbind_slot(actor, old);
	err = actor_bind(actor, space, object, &how, &binding);
	log_binding(actor, object, space, err, binding, &how);
	if (!err)
		actor_store_to(actor, binding, engine);
}

static void pin_or_unpin(struct actor *actor)
{
	uint32_t binding = model_pick_binding(&actor->model, op_value(&actor->op, MODEL_BINDINGS));
	struct model_binding *b;
	int err;

	if (binding == MODEL_NONE)
		return;
	b = &actor->model.bindings[binding];
	if (b->space == MODEL_ORPHAN)
		return;
	if (b->is_pinned) {
		actor_log(actor, "unpin binding %u", binding);
		i915_vma_unpin(b->handle);
		b->is_pinned = false;
		return;
	}
	err = actor_pin(actor, binding);
	actor_log(actor, "pin binding %u: %d, at %#llx", binding, err, (unsigned long long)b->gma);
}

/* ---- life ---- */

static void wait_for_some(struct actor *actor)
{
	uint32_t binding = model_pick_binding(&actor->model, op_value(&actor->op, MODEL_BINDINGS));

	if (op_value(&actor->op, 2) || binding == MODEL_NONE)
		actor_drain(actor);
	else
		actor_wait_for_binding(actor, binding);
}

/* ---- shortage ---- */

static void give_ballast(struct actor *actor)
{
	while (actor->ballast_count) {
		unsigned i = --actor->ballast_count;

		plat_free_pages(actor->vm->avm->plat, actor->ballast[i].pages,
				actor->ballast[i].count);
	}
}

static void take_ballast(struct actor *actor, uint64_t pages_left)
{
	struct platform *plat = actor->vm->avm->plat;
	uint64_t total = (actor->vm->world->options->profile->memory_mib - 1) * MIB / PAGE_SIZE;

	for (size_t count = 1024; count && actor->ballast_count < BALLAST_LIMIT;) {
		uint64_t unused, left = total - platform_pages_in_use(plat);
		void *pages = NULL;

		if (left >= pages_left + count)
			pages = plat_alloc_pages(plat, count, &unused);
		if (!pages) {
			count /= 2;
			continue;
		}
		actor->ballast[actor->ballast_count].pages = pages;
		actor->ballast[actor->ballast_count++].count = count;
	}
}

static void squeeze(struct actor *actor)
{
	uint64_t pages_left = op_value(&actor->op, 24);

	if (!actor->vm->world->options->profile->squeezes)
		return;
	actor_log(actor, "%s, %llu", actor->ballast_count ? "end" : "begin",
		  (unsigned long long)pages_left);
	if (actor->ballast_count)
		give_ballast(actor);
	else
		take_ballast(actor, pages_left);
}

static void (*const carry_out[OP_KIND_COUNT])(struct actor *actor) = {
	[OP_CONTEXT_CREATE] = context_create,
	[OP_CONTEXT_DESTROY] = context_destroy,
	[OP_OBJECT_CREATE] = object_create,
	[OP_OBJECT_DESTROY] = object_destroy,
	[OP_BIND] = bind,
	[OP_REMAP] = remap,
	[OP_UNBIND] = unbind,
	[OP_PIN] = pin_or_unpin,
	[OP_CPU_WRITE] = cpu_write,
	[OP_FILL] = actor_fill,
	[OP_COPY] = actor_copy,
	[OP_STORE] = actor_store,
	[OP_BURST] = actor_burst,
	[OP_WAIT] = wait_for_some,
	[OP_SQUEEZE] = squeeze,
	[OP_CHECKPOINT] = actor_checkpoint,
};

/* Something to begin with. */
static const enum op_kind first_ops[] = {
	OP_CONTEXT_CREATE, OP_CONTEXT_CREATE, OP_CONTEXT_CREATE, OP_OBJECT_CREATE, OP_OBJECT_CREATE,
	OP_OBJECT_CREATE,  OP_OBJECT_CREATE,  OP_BIND,           OP_BIND,
};

void actor_init(struct actor *actor, struct vm_run *vm, unsigned vcpu)
{
	*actor = (struct actor){ .vm = vm, .vcpu = vcpu };
	// What follows depends on nothing else: it is the same in all modes.
	rng_seed(&actor->rng, vm->world->options->seed * 8 + vm->index * 2 + vcpu);
}

/* In any order: what the driver has left bound, used and pinned goes with its owner. */
static void take_down(struct actor *actor)
{
	struct model *model = &actor->model;

	actor_drain(actor);
	while (true) {
		bool objects_first = op_value(&actor->op, 2);
		uint32_t object = model_pick_object(model, op_value(&actor->op, MODEL_OBJECTS));
		uint32_t context = model_pick_context(model, op_value(&actor->op, MODEL_CONTEXTS));

		if (object == MODEL_NONE && context == MODEL_NONE)
			return;
		if (object != MODEL_NONE && (objects_first || context == MODEL_NONE)) {
			i915_object_destroy(model->objects[object].handle);
			model_remove_object(model, object);
		} else {
			i915_context_destroy(model->contexts[context].handle);
			model_remove_context(model, context);
		}
		actor_check_invariants(actor);
	}
}

void actor_run(struct actor *actor)
{
	const struct world_options *options = actor->vm->world->options;

	actor->model.spaces[MODEL_GGTT] = (struct model_space){
		.handle = i915_ggtt_vm(actor->vm->i915),
		.end = UINT64_C(1) << 32,
	};
	for (actor->step = 0; actor->step < options->op_count; actor->step++) {
		op_draw(&actor->op, &actor->rng);
		if (actor->step < sizeof(first_ops) / sizeof(first_ops[0]))
			actor->op.kind = first_ops[actor->step];
		carry_out[actor->op.kind](actor);
		actor_check_invariants(actor);
	}
	actor->op.kind = OP_CHECKPOINT;
	give_ballast(actor);
	actor_checkpoint(actor);
	take_down(actor);
	actor->ended = true;
}

void actor_fini(struct actor *actor)
{
	model_fini(&actor->model);
}
