// SPDX-License-Identifier: MIT
#include <string.h>

#include "host/check.h"
#include "host/vgpu.h"
#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_context.h"
#include "sim/abi/pvmmio.h"
#include "tests/property/actor.h"
#include "tests/property/peek.h"
#include "tests/property/translation.h"
#include "tests/property/world.h"

#define TOKEN_BYTE      0x800u /* in a batch: where it stores a word */
#define SAMPLES         24u    /* of a binding's pages, and of what is not bound */
#define INVARIANT_BYTES 256u

static const struct vgpu *vgpu_of(const struct actor *actor)
{
	return actor->vm->avm->vgpu;
}

static struct assembly *assembly_of(const struct actor *actor)
{
	return &actor->vm->world->assembly;
}

/* ---- invariants ---- */

void actor_check_invariants(struct actor *actor)
{
	const struct vgpu *vgpu = vgpu_of(actor);
	char why[INVARIANT_BYTES];

	// With the lock held somebody else is in the middle of an operation.
	if (vgpu && !vgpu->lock.owner && gvt_check_vgpu(vgpu, why, sizeof(why)))
		actor_fail(actor, "%s", why);
}

static void check_all_invariants(struct actor *actor)
{
	const struct gvt *gvt = assembly_of(actor)->gvt;
	char why[INVARIANT_BYTES];

	for (unsigned id = 1; gvt && id <= GVT_VGPU_LIMIT; id++)
		if (gvt->vgpus[id] && gvt->vgpus[id]->lock.owner)
			return;
	if (gvt && gvt_check(gvt, why, sizeof(why)))
		actor_fail(actor, "%s", why);
}

/* ---- memory ---- */

static void check_object(const struct actor *actor, uint32_t object)
{
	const struct model_object *o = &actor->model.objects[object];
	const uint32_t *cpu = i915_object_cpu(o->handle);
	uint64_t gfn = peek_object_gpa(o->handle) >> PAGE_SHIFT;

	for (size_t i = 0; i < o->pages * PAGE_SIZE / sizeof(*cpu); i++)
		if (cpu[i] != o->words[i])
			actor_fail(actor, "object %u: word %#zx is %#x, should be %#x", object, i,
				   cpu[i], o->words[i]);
	for (size_t i = 0; i < o->pages; i++)
		if (bus_attr_of(actor->vm->avm->vm->bus, gfn + i) != BUS_RAM)
			actor_fail(actor, "object %u: page %zu is protected and is no table",
				   object, i);
}

static void check_memory(struct actor *actor)
{
	for (uint32_t i = 0; i < MODEL_OBJECTS; i++) {
		const struct model_object *o = &actor->model.objects[i];

		if (!o->handle || o->is_batch)
			continue;
		check_object(actor, i);
		for (size_t w = 0; w < o->pages * PAGE_SIZE / sizeof(*o->words); w += 7)
			actor_digest(actor, o->words[w]);
	}
}

/* ---- what the hardware walks ---- */

static struct gen9_root root_for(unsigned levels, const uint64_t *roots, uint64_t gma)
{
	if (levels == 4)
		return (struct gen9_root){ .table = roots[0], .levels = GEN9_LEVELS_48BIT };
	return (struct gen9_root){ .table = roots[gma >> 30 & 3], .levels = GEN9_LEVELS_32BIT };
}

/* The frame that the hardware should find behind a page of an object. */
static uint64_t frame_of(const struct actor *actor, const struct i915_object *handle,
			 uint64_t offset)
{
	uint64_t gfn = (peek_object_gpa(handle) + offset) >> PAGE_SHIFT;
	uint64_t mfn;

	if (vm_is_native(actor->vm))
		return gfn;
	if (guest_ram_translate(actor->vm->avm->vm->ram, gfn, &mfn))
		actor_fail(actor, "an object is no RAM");
	return mfn;
}

static void check_page(const struct actor *actor, const struct gen9_root *root, uint32_t binding,
		       uint64_t offset)
{
	const struct model_binding *b = &actor->model.bindings[binding];
	uint64_t frame = frame_of(actor, actor->model.objects[b->object].handle, offset);
	struct gen9_walk walk;
	int err = gen9_walk(assembly_of(actor)->gpu, root, b->gma + offset, &walk);

	if (err)
		actor_fail(actor, "binding %u: nothing at %#llx", binding,
			   (unsigned long long)(b->gma + offset));
	if (gen9_mapping_frame(&walk.mapping, b->gma + offset) != frame)
		actor_fail(actor, "binding %u: address %#llx leads to frame %#llx, not %#llx",
			   binding, (unsigned long long)(b->gma + offset),
			   (unsigned long long)gen9_mapping_frame(&walk.mapping, b->gma + offset),
			   (unsigned long long)frame);
	if (root->levels && walk.mapping.writable == b->read_only)
		actor_fail(actor, "binding %u: address %#llx is %s", binding,
			   (unsigned long long)(b->gma + offset),
			   b->read_only ? "writable" : "read-only");
}

static void check_bindings(struct actor *actor, uint32_t space, unsigned levels,
			   const uint64_t *roots)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++) {
		const struct model_binding *b = &actor->model.bindings[i];
		uint64_t pages, step;

		if (!b->handle || b->space != space || !b->is_pinned)
			continue;
		pages = model_binding_bytes(&actor->model, i) >> PAGE_SHIFT;
		step = pages <= SAMPLES ? 1 : pages / SAMPLES;
		for (uint64_t page = 0; page < pages; page += step) {
			uint64_t offset = (page + step > pages ? pages - 1 : page) << PAGE_SHIFT;
			struct gen9_root root = { 0 };

			if (levels)
				root = root_for(levels, roots, b->gma + offset);
			check_page(actor, &root, i, offset);
		}
	}
}

static const struct ppgtt_mm *find_space(const struct actor *actor, unsigned levels,
					 const uint64_t *roots)
{
	const struct ppgtt_mm *mm = vgpu_of(actor)->spaces;
	unsigned count = levels == 4 ? 1 : 4;

	while (mm && (mm->levels != levels || memcmp(mm->guest_root, roots, 8 * count)))
		mm = mm->next;
	return mm;
}

/* The roots of the hardware's tables; false: there are none at present, and it is right so. */
static bool hardware_roots(const struct actor *actor, unsigned levels, const uint64_t *guest_roots,
			   uint64_t roots[4])
{
	const struct ppgtt_mm *mm;

	if (vm_is_native(actor->vm)) {
		memcpy(roots, guest_roots, 4 * sizeof(*roots));
		return true;
	}
	mm = find_space(actor, levels, guest_roots);
	if (!mm)
		actor_fail(actor, "the mediator does not know the root %#llx",
			   (unsigned long long)guest_roots[0]);
	if (mm->kind == PPGTT_SHADOW && !mm->shadowed) {
		if (!actor->vm->world->options->profile->host_spare_pages)
			actor_fail(actor, "the mediator has given up the space of root %#llx",
				   (unsigned long long)guest_roots[0]);
		return false;
	}
	memcpy(roots, mm->hw_root, 4 * sizeof(*roots));
	return true;
}

static void compare_tables(struct actor *actor, uint32_t context, unsigned levels,
			   const uint64_t *guest_roots, const uint64_t *roots)
{
	const struct model_context *ctx = &actor->model.contexts[context];
	const struct world_options *options = actor->vm->world->options;
	const struct vgpu *vgpu = vgpu_of(actor);
	struct translation t = {
		.ram = actor->vm->avm->vm->ram,
		.pm = vgpu ? assembly_of(actor)->m->pm : NULL,
		.holds_64k_pages =
			mode_uses_huge_pages(options->mode, options->profile, actor->vm->index),
	};
	uint64_t gpa =
		peek_scratch_gpa(actor->model.spaces[ctx->space].handle, &t.guest_scratch_pages);

	t.guest_scratch_gfn = gpa >> PAGE_SHIFT;
	if (vgpu && vgpu->pvmmio_levels & PVMMIO_PPGTT_UPDATE)
		t.host_scratch_mfn = vgpu->shadow.scratch_mfn[SHADOW_PT];
	if (translation_compare(&t, levels, guest_roots, roots))
		actor_fail(actor, "context %u: %s", context, t.why);
	if (options->profile->is_ample)
		actor_digest(actor, t.pages);
}

/* What is not bound leads to scratch and nowhere else: a few addresses by the hardware's walker. */
static void check_unbound(struct actor *actor, uint32_t space, unsigned levels,
			  const uint64_t *roots)
{
	const struct vgpu *vgpu = vgpu_of(actor);
	uint64_t pages, gpa = peek_scratch_gpa(actor->model.spaces[space].handle, &pages);

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t gma = op_value(&actor->op, actor->model.spaces[space].end) & ~PAGE_MASK;
		struct gen9_root root = root_for(levels, roots, gma);
		uint64_t frame, gfn;
		struct gen9_walk walk;

		if (i % 2)
			gma &= UINT64_C(0xffffff);
		root = root_for(levels, roots, gma);
		if (model_at(&actor->model, space, gma) != MODEL_NONE)
			continue;
		if (gen9_walk(assembly_of(actor)->gpu, &root, gma, &walk))
			actor_fail(actor, "space %u: address %#llx is not there", space,
				   (unsigned long long)gma);
		frame = gen9_mapping_frame(&walk.mapping, gma);
		if (vgpu && frame == vgpu->shadow.scratch_mfn[SHADOW_PT])
			continue;
		gfn = frame;
		if (vgpu && guest_ram_gfn_of(actor->vm->avm->vm->ram, frame, &gfn))
			gfn = 0;
		if (gfn - (gpa >> PAGE_SHIFT) < pages ||
		    actor_meets_unpinned(actor, space, gma, gma + 1))
			continue;
		actor_fail(actor, "space %u: address %#llx, not bound, leads to frame %#llx", space,
			   (unsigned long long)gma, (unsigned long long)frame);
	}
}

static void check_context(struct actor *actor, uint32_t context, bool is_synced)
{
	const struct model_context *ctx = &actor->model.contexts[context];
	uint64_t guest_roots[4] = { 0 }, roots[4] = { 0 };
	unsigned count = peek_roots(ctx->handle, guest_roots);
	unsigned levels = count == 1 ? 4 : 3;

	if (!count || !hardware_roots(actor, levels, guest_roots, roots))
		return;
	if (!is_synced && vgpu_of(actor) && !(vgpu_of(actor)->pvmmio_levels & PVMMIO_PPGTT_UPDATE))
		return;
	check_bindings(actor, ctx->space, levels, roots);
	check_unbound(actor, ctx->space, levels, roots);
	compare_tables(actor, context, levels, guest_roots, roots);
}

/* ---- what the hardware was given ---- */

/* The roots in the image that the engine has loaded last for this VM. */
static void check_image(struct actor *actor, uint32_t context, enum gen9_engine_id engine)
{
	const struct i915_context *ctx = actor->model.contexts[context].handle;
	uint64_t guest_roots[4] = { 0 }, image[4] = { 0 }, roots[4] = { 0 };
	unsigned count = peek_roots(ctx, guest_roots);
	const uint32_t *state;

	if (!count)
		return;
	if (!peek_image_roots(ctx, engine, image) || memcmp(image, guest_roots, 8 * count))
		actor_fail(actor, "context %u: its image on %s names other roots", context,
			   gen9_engines[engine].name);
	if (vm_is_native(actor->vm) || actor->vm->world->options->profile->vcpus > 1 ||
	    !hardware_roots(actor, count == 1 ? 4 : 3, guest_roots, roots))
		return;
	state = (const void *)(vgpu_of(actor)->engines[engine].shadow_context.cpu +
			       LRC_STATE_PAGE * PAGE_SIZE);
	for (unsigned i = 0; i < count; i++) {
		unsigned udw = CTX_PDP0_UDW - 4 * i;
		uint64_t given = (uint64_t)state[udw + 1] << 32 | state[udw + 3];

		if (given != roots[i])
			actor_fail(actor, "context %u: %s was given root %#llx, not %#llx", context,
				   gen9_engines[engine].name, (unsigned long long)given,
				   (unsigned long long)roots[i]);
	}
}

/* ---- the checkpoint ---- */

/* A batch that stores a word behind its own end. */
static bool prepare_probe(struct actor *actor, uint32_t context, struct program *program)
{
	enum gen9_engine_id engine = op_value(&actor->op, GEN9_ENGINE_COUNT);
	uint64_t gma;

	if (!actor->model.contexts[context].handle ||
	    program_begin(actor, program, context, actor->model.contexts[context].space, engine,
			  false))
		return false;
	gma = actor->model.bindings[program->binding].gma;
	if (batch_store_dword(&program->batch, gma + TOKEN_BYTE, actor->step + 1))
		actor_fail(actor, "the batch is too short");
	return true;
}

static void check_probe(struct actor *actor, const struct program *program)
{
	const uint32_t *cpu = i915_object_cpu(actor->model.objects[program->object].handle);

	if (cpu[TOKEN_BYTE / 4] != actor->step + 1)
		actor_fail(actor, "context %u on %s: its batch stored %#x, not %#x",
			   program->context, gen9_engines[program->engine].name,
			   cpu[TOKEN_BYTE / 4], actor->step + 1);
}

/*
 * Every context runs once more, so that the mediator has seen all tables: what a submission brings
 * into line is compared while it is.
 */
void actor_checkpoint(struct actor *actor)
{
	struct program probes[MODEL_CONTEXTS];
	bool runs[MODEL_CONTEXTS] = { false };
	bool is_synced = false;

	actor_drain(actor);
	actor_log(actor, "digest %#llx", (unsigned long long)actor->digest);
	for (uint32_t i = 0; i < MODEL_CONTEXTS; i++)
		runs[i] = prepare_probe(actor, i, &probes[i]);
	for (uint32_t i = 0; i < MODEL_CONTEXTS; i++) {
		if (!runs[i])
			continue;
		runs[i] = !program_submit(actor, &probes[i], true);
		is_synced |= runs[i];
		actor_drain(actor);
		if (runs[i])
			check_image(actor, i, probes[i].engine);
	}
	for (uint32_t i = 0; i < MODEL_CONTEXTS; i++) {
		if (runs[i])
			check_probe(actor, &probes[i]);
		if (actor->model.contexts[i].handle)
			check_context(actor, i, is_synced);
	}
	check_bindings(actor, MODEL_GGTT, 0, NULL);
	for (uint32_t i = 0; i < MODEL_CONTEXTS; i++)
		if (runs[i])
			program_free(actor, &probes[i]);
	check_memory(actor);
	// It reads all of the GGTT.
	if (actor->digest_count % 4 == 0)
		check_all_invariants(actor);
	if (actor->digest_count < DIGEST_LIMIT)
		actor->digests[actor->digest_count++] = actor->digest;
}
