// SPDX-License-Identifier: MIT
#include "tests/property/model.h"

#include <stdlib.h>

#include "sim/machine/physmem.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(uint32_t))

void model_fini(struct model *model)
{
	for (uint32_t i = 0; i < MODEL_OBJECTS; i++)
		free(model->objects[i].words);
}

/* ---- slots ---- */

uint32_t model_free_object(const struct model *model)
{
	for (uint32_t i = 0; i < MODEL_OBJECTS; i++)
		if (!model->objects[i].handle)
			return i;
	return MODEL_NONE;
}

uint32_t model_free_binding(const struct model *model)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++)
		if (!model->bindings[i].handle)
			return i;
	return MODEL_NONE;
}

uint32_t model_free_context(const struct model *model)
{
	for (uint32_t i = 0; i < MODEL_CONTEXTS; i++)
		if (!model->contexts[i].handle)
			return i;
	return MODEL_NONE;
}

static bool object_counts(const struct model *model, uint32_t i)
{
	return model->objects[i].handle && !model->objects[i].is_batch;
}

static bool binding_counts(const struct model *model, uint32_t i)
{
	return model->bindings[i].handle && object_counts(model, model->bindings[i].object);
}

static bool context_counts(const struct model *model, uint32_t i)
{
	return model->contexts[i].handle;
}

unsigned model_object_count(const struct model *model)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < MODEL_OBJECTS; i++)
		count += object_counts(model, i);
	return count;
}

unsigned model_binding_count(const struct model *model)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < MODEL_BINDINGS; i++)
		count += binding_counts(model, i);
	return count;
}

static uint32_t pick(const struct model *model, uint32_t slots, uint64_t choice,
		     bool (*counts)(const struct model *model, uint32_t i))
{
	uint64_t there = 0;

	for (uint32_t i = 0; i < slots; i++)
		there += counts(model, i);
	if (!there)
		return MODEL_NONE;
	choice %= there;
	for (uint32_t i = 0;; i++)
		if (counts(model, i) && choice-- == 0)
			return i;
}

uint32_t model_pick_object(const struct model *model, uint64_t choice)
{
	return pick(model, MODEL_OBJECTS, choice, object_counts);
}

uint32_t model_pick_binding(const struct model *model, uint64_t choice)
{
	return pick(model, MODEL_BINDINGS, choice, binding_counts);
}

uint32_t model_pick_context(const struct model *model, uint64_t choice)
{
	return pick(model, MODEL_CONTEXTS, choice, context_counts);
}

/* ---- what is there ---- */

bool model_add_object(struct model *model, uint32_t object, struct i915_object *handle,
		      size_t pages, uint64_t key)
{
	struct model_object *o = &model->objects[object];

	*o = (struct model_object){ .handle = handle, .pages = pages };
	o->words = malloc(pages * PAGE_SIZE);
	for (size_t i = 0; o->words && i < pages * WORDS_PER_PAGE; i++)
		o->words[i] = (uint32_t)((key + i) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	return o->words;
}

void model_remove_object(struct model *model, uint32_t object)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++)
		if (model->bindings[i].object == object)
			model->bindings[i].handle = NULL;
	free(model->objects[object].words);
	model->objects[object] = (struct model_object){ 0 };
}

void model_remove_context(struct model *model, uint32_t context)
{
	struct model_context *ctx = &model->contexts[context];

	ctx->handle = NULL;
	if (ctx->space == MODEL_GGTT)
		return;
	model->spaces[ctx->space].handle = NULL;
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++)
		if (model->bindings[i].handle && model->bindings[i].space == ctx->space)
			model->bindings[i].space = MODEL_ORPHAN;
}

uint64_t model_binding_bytes(const struct model *model, uint32_t binding)
{
	return model->objects[model->bindings[binding].object].pages * PAGE_SIZE;
}

/* ---- addresses ---- */

uint32_t model_at(const struct model *model, uint32_t space, uint64_t address)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++) {
		const struct model_binding *b = &model->bindings[i];

		if (b->handle && b->is_pinned && b->space == space && address >= b->gma &&
		    address - b->gma < model_binding_bytes(model, i))
			return i;
	}
	return MODEL_NONE;
}

bool model_overlaps(const struct model *model, uint32_t space, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < MODEL_BINDINGS; i++) {
		const struct model_binding *b = &model->bindings[i];

		if (b->handle && b->is_pinned && b->space == space && b->gma < end &&
		    start < b->gma + model_binding_bytes(model, i))
			return true;
	}
	return false;
}

static uint32_t *word_at(const struct model *model, uint32_t space, uint64_t address, bool is_write)
{
	uint32_t binding = model_at(model, space, address);
	const struct model_binding *b;

	if (binding == MODEL_NONE)
		return NULL;
	b = &model->bindings[binding];
	if (is_write && b->read_only)
		return NULL;
	return &model->objects[b->object].words[(address - b->gma) / sizeof(uint32_t)];
}

void model_write(struct model *model, uint32_t space, uint64_t address, uint32_t word)
{
	uint32_t *at = word_at(model, space, address, true);

	if (at)
		*at = word;
}

uint32_t model_read(const struct model *model, uint32_t space, uint64_t address)
{
	const uint32_t *at = word_at(model, space, address, false);

	return at ? *at : 0;
}
