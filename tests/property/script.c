// SPDX-License-Identifier: MIT
#include "tests/property/script.h"

static const struct {
	const char *name;
	unsigned weight;
} kinds[OP_KIND_COUNT] = {
	[OP_CONTEXT_CREATE] = {"context-create",   4 },
	[OP_CONTEXT_DESTROY] = { "context-destroy", 2 },
	[OP_OBJECT_CREATE] = { "object-create",   8 },
	[OP_OBJECT_DESTROY] = { "object-destroy",  4 },
	[OP_BIND] = { "bind",            20},
	[OP_REMAP] = { "remap",           10},
	[OP_UNBIND] = { "unbind",          8 },
	[OP_PIN] = { "pin",             6 },
	[OP_CPU_WRITE] = { "cpu-write",       3 },
	[OP_FILL] = { "fill",            10},
	[OP_COPY] = { "copy",            10},
	[OP_STORE] = { "store",           16},
	[OP_BURST] = { "burst",           5 },
	[OP_WAIT] = { "wait",            4 },
	[OP_SQUEEZE] = { "squeeze",         6 },
	[OP_CHECKPOINT] = { "checkpoint",      8 },
};

void op_draw(struct op *op, struct rng *rng)
{
	uint64_t total = 0;
	uint64_t point;

	for (unsigned i = 0; i < OP_KIND_COUNT; i++)
		total += kinds[i].weight;
	point = rng_below(rng, total);
	op->kind = 0;
	while (point >= kinds[op->kind].weight)
		point -= kinds[op->kind++].weight;
	for (unsigned i = 0; i < OP_VALUES; i++)
		op->value[i] = rng_next(rng);
	op->used = 0;
}

uint64_t op_value(struct op *op, uint64_t bound)
{
	unsigned at = op->used++;
	// More than there are: the same again, stirred.
	uint64_t value = op->value[at % OP_VALUES] + at / OP_VALUES * UINT64_C(0x9e3779b97f4a7c15);

	return (value >> 16) % bound;
}

const char *op_name(enum op_kind kind)
{
	return kinds[kind].name;
}
