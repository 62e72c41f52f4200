// SPDX-License-Identifier: MIT
#include "tests/hw-model/ppgtt.h"

void ppgtt_set_entry(struct rig *rig, uint32_t table, uint32_t index, uint64_t entry)
{
	rig_put(rig, table + index * 8u, (uint32_t)entry, (uint32_t)(entry >> 32));
}

void ppgtt_set_level(struct rig *rig, const struct ppgtt_tables *t, uint64_t gma, unsigned level,
		     uint64_t entry)
{
	ppgtt_set_entry(rig, t->table[level], PPGTT_INDEX(gma, level), entry);
}

uint64_t ppgtt_entry(const struct rig *rig, uint32_t page)
{
	return rig_mfn(rig, page) << 12 | PTE_RW;
}

void ppgtt_set_root(struct rig_context *ctx, unsigned n, uint32_t table)
{
	uint64_t mfn = rig_mfn(ctx->rig, table);

	rig_set_image(ctx, CTX_PDP0_UDW - 4u * n, (uint32_t)(mfn >> 20));
	rig_set_image(ctx, CTX_PDP0_LDW - 4u * n, (uint32_t)(mfn << 12));
}

struct ppgtt_tables ppgtt_map(struct rig_context *ctx, uint64_t gma, uint32_t pages, unsigned count)
{
	struct rig *rig = ctx->rig;
	struct ppgtt_tables t;

	for (unsigned level = 0; level < 4; level++)
		t.table[level] = rig_alloc(rig, 1);
	for (unsigned level = 1; level < 4; level++)
		ppgtt_set_level(rig, &t, gma, level, ppgtt_entry(rig, t.table[level - 1u]));
	for (unsigned i = 0; i < count; i++)
		ppgtt_set_entry(rig, t.table[0], PPGTT_INDEX(gma, 0) + i,
				ppgtt_entry(rig, pages + i * 4096u));
	ppgtt_set_root(ctx, 0, t.table[3]);
	return t;
}

void ppgtt_start(struct rig_context *ctx, uint64_t gma)
{
	rig_emit(ctx, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, (uint32_t)gma, (uint32_t)(gma >> 32));
}

void ppgtt_submit(struct rig_context *ctx, unsigned mode, uint32_t bits)
{
	uint64_t descriptor = (rig_descriptor(ctx) & ~(uint64_t)CTX_DESC_MODE_MASK) |
			      mode << CTX_DESC_MODE_SHIFT | bits;

	if (ctx->tail % 8u)
		rig_emit(ctx, MI_NOOP);
	rig_set_image(ctx, CTX_RING_TAIL, ctx->tail);
	rig_write_elsp(ctx->rig, ctx->engine, descriptor, 0);
}
