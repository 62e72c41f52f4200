/* SPDX-License-Identifier: MIT */
/*
 * The reference: what one guest program has made of memory and address spaces, in plain C arrays.
 * A store by the GPU is a store into the words of the object that is bound at its address, or into
 * nothing.
 */
#ifndef PVMMIO_TESTS_PROPERTY_MODEL_H
#define PVMMIO_TESTS_PROPERTY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_CONTEXTS 8u
#define MODEL_GGTT     MODEL_CONTEXTS /* its space; those below are the contexts' own */
#define MODEL_SPACES   (MODEL_CONTEXTS + 1u)
#define MODEL_ORPHAN   UINT32_MAX /* space of what is bound in a context that is gone */
#define MODEL_OBJECTS  32u
#define MODEL_BINDINGS 64u
#define MODEL_NONE     UINT32_MAX

struct i915_context;
struct i915_object;
struct i915_vm;
struct i915_vma;

struct model_object {
	struct i915_object *handle; /* NULL: there is none */
	uint32_t *words;            /* as they should be */
	size_t pages;
	bool is_batch;
};

struct model_binding {
	struct i915_vma *handle; /* NULL: there is none */
	uint32_t space;
	uint32_t object;
	uint64_t gma;
	bool read_only;
	bool is_pinned; /* else the driver may have moved it elsewhere or nowhere */
};

struct model_context {
	struct i915_context *handle; /* NULL: there is none */
	uint32_t space;
};

struct model_space {
	struct i915_vm *handle; /* NULL: there is none */
	uint64_t end;           /* first address beyond */
};

struct model {
	struct model_object objects[MODEL_OBJECTS];
	struct model_binding bindings[MODEL_BINDINGS];
	struct model_context contexts[MODEL_CONTEXTS];
	struct model_space spaces[MODEL_SPACES];
};

void model_fini(struct model *model);

/* A free slot, or MODEL_NONE. */
uint32_t model_free_object(const struct model *model);
uint32_t model_free_binding(const struct model *model);
uint32_t model_free_context(const struct model *model);

/* How many there are, without batches. */
unsigned model_object_count(const struct model *model);
unsigned model_binding_count(const struct model *model);

/* Number `choice` of those that are there, counted round; MODEL_NONE: there is none. No batches. */
uint32_t model_pick_object(const struct model *model, uint64_t choice);
uint32_t model_pick_binding(const struct model *model, uint64_t choice);
uint32_t model_pick_context(const struct model *model, uint64_t choice);

/* An object with its first contents, which follow from key. false: no memory. */
bool model_add_object(struct model *model, uint32_t object, struct i915_object *handle,
		      size_t pages, uint64_t key);
void model_remove_object(struct model *model, uint32_t object); /* and its bindings */
void model_remove_context(struct model *model, uint32_t context);

uint64_t model_binding_bytes(const struct model *model, uint32_t binding);

/* The pinned binding that covers address, or MODEL_NONE. */
uint32_t model_at(const struct model *model, uint32_t space, uint64_t address);

/* Does a pinned binding lie in [start, end) of space? */
bool model_overlaps(const struct model *model, uint32_t space, uint64_t start, uint64_t end);

/* The GPU's store or load of a word: dropped where nothing is bound or it is read-only; 0 there. */
void model_write(struct model *model, uint32_t space, uint64_t address, uint32_t word);
uint32_t model_read(const struct model *model, uint32_t space, uint64_t address);

#endif
