/* SPDX-License-Identifier: MIT */
/*
 * Random operations of a guest, as kinds and plain numbers. What a number selects (the third of
 * the contexts that are there ...) is decided when the operation is carried out, so that any first
 * part of a sequence is a sequence.
 */
#ifndef PVMMIO_TESTS_PROPERTY_SCRIPT_H
#define PVMMIO_TESTS_PROPERTY_SCRIPT_H

#include <stdint.h>

#include "sim/machine/rng.h"

enum op_kind {
	OP_CONTEXT_CREATE,
	OP_CONTEXT_DESTROY,
	OP_OBJECT_CREATE,
	OP_OBJECT_DESTROY,
	OP_BIND,
	OP_REMAP, /* unbind, bind another object at the same address */
	OP_UNBIND,
	OP_PIN, /* or unpin */
	OP_CPU_WRITE,
	OP_FILL,
	OP_COPY,
	OP_STORE,
	OP_BURST, /* several contexts submit at once */
	OP_WAIT,
	OP_SQUEEZE, /* leave the driver next to no memory, or give it back */
	OP_CHECKPOINT,
	OP_KIND_COUNT,
};

#define OP_VALUES 24u

struct op {
	enum op_kind kind;
	uint64_t value[OP_VALUES];
	unsigned used; /* values taken by op_value() */
};

void op_draw(struct op *op, struct rng *rng);

/* The next of the operation's numbers, below bound. */
uint64_t op_value(struct op *op, uint64_t bound);

const char *op_name(enum op_kind kind);

#endif
