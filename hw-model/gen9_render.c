// SPDX-License-Identifier: MIT
/*
 * Client 3: PIPE_CONTROL, and render, compute and media work as time.
 *
 * A draw takes a time per vertex of each instance, a dispatch one per thread group, decoding a
 * slice one per byte of its bitstream, video enhancement one per column of pixels; the counts come
 * from the command. Everything else of client 3 is stepped over.
 *
 * PIPE_CONTROL's TLB invalidation, post-sync operation and interrupt are real; its other flushes
 * and invalidations have nothing to act on, because there are no caches. The pixel depth count is
 * 0.
 *
 * Source: Linux 4.19 intel_gpu_commands.h, intel media-driver mhw_render_hwcmd_g9_X.h.
 */
#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_commands.h"

#define POST_SYNC_TO_REGISTER (1u << 23)
#define REGISTER_MASK         0x7ffffcu

static int store_post_sync(struct gen9_engine *engine, const uint32_t *dw, uint64_t value)
{
	bool ggtt = dw[1] & PIPE_CONTROL_GGTT;
	uint64_t gma = gen9_address(dw[2], dw[3], 8);
	enum gen9_space space;

	if (!gen9_operand_space(engine, ggtt, &space))
		return 0;
	if (dw[1] & PIPE_CONTROL_STORE_INDEX) {
		gma = gen9_status_page_address(engine, ggtt, (uint32_t)gma);
		space = GEN9_SPACE_GGTT;
	}
	return gen9_engine_store(engine, space, gma, value, 8);
}

static int pipe_control(struct gen9_engine *engine, const uint32_t *dw)
{
	int rc = 0;

	if (dw[1] & POST_SYNC_TO_REGISTER)
		return gen9_engine_hang(engine, engine->command_address); /* not modelled */
	if (dw[1] & PIPE_CONTROL_TLB_INVALIDATE)
		gen9_tlb_invalidate(&engine->tlb, GEN9_SPACE_PPGTT);
	switch (POST_SYNC_OP(dw[1])) {
	case POST_SYNC_IMMEDIATE:
		rc = store_post_sync(engine, dw, (uint64_t)dw[5] << 32 | dw[4]);
		break;
	case POST_SYNC_DEPTH_COUNT:
		rc = store_post_sync(engine, dw, 0);
		break;
	case POST_SYNC_TIMESTAMP:
		rc = store_post_sync(engine, dw, gen9_timestamp(engine->gpu));
		break;
	default:
		break;
	}
	if (!rc)
		rc = gen9_engine_sync(engine);
	if (!rc && (dw[1] & PIPE_CONTROL_NOTIFY))
		gen9_engine_interrupt(engine, GT_FLUSH_NOTIFY_INTERRUPT);
	return rc;
}

/* a * b, as far as 64 bits go. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static int primitive(struct gen9_engine *engine, const uint32_t *dw)
{
	uint64_t vertices = multiply(dw[2], dw[4]);

	return gen9_engine_spend(engine,
				 multiply(vertices, gen9_param(engine, HW_3DPRIMITIVE_VERTEX)));
}

static int gpgpu_walker(struct gen9_engine *engine, const uint32_t *dw)
{
	uint64_t groups = multiply(multiply(dw[7], dw[10]), dw[12]);

	return gen9_engine_spend(engine, multiply(groups, gen9_param(engine, HW_GPGPU_GROUP)));
}

static int decode_slice(struct gen9_engine *engine, const uint32_t *dw)
{
	return gen9_engine_spend(engine, multiply(dw[1], gen9_param(engine, HW_BITSTREAM_BYTE)));
}

static int enhance(struct gen9_engine *engine, const uint32_t *dw)
{
	uint32_t first = dw[1] >> VEB_FIRST_SHIFT & VEB_COLUMN_MASK;
	uint32_t last = dw[1] & VEB_COLUMN_MASK;

	if (last < first)
		return 0;
	return gen9_engine_spend(engine,
				 multiply(last - first + 1, gen9_param(engine, HW_VEBOX_COLUMN)));
}

#define SKIPPED(name, engines)                                                                     \
	{                                                                                          \
		name, engines, 1, 1, NULL                                                          \
	}

/* clang-format off */
const struct gen9_render_command gen9_render_commands[] = {
	{ 0xffff0000, 0x7a000000, { "PIPE_CONTROL", ON_RCS, 6, 6, pipe_control } },
	{ 0xffff0000, 0x7b000000, { "3DPRIMITIVE", ON_RCS, 7, 7, primitive } },
	{ 0xffff0000, 0x71050000, { "GPGPU_WALKER", ON_RCS, 15, 15, gpgpu_walker } },
	{ 0xf8000000, 0x60000000, SKIPPED("common state", ON_RCS) },
	{ 0xf8000000, 0x68000000, SKIPPED("single-dword state", ON_RCS | ON_VCS) },
	{ 0xfe000000, 0x70000000, SKIPPED("media state", ON_RCS) },
	{ 0xfe000000, 0x78000000, SKIPPED("3D state", ON_RCS) },
	{ 0xffff0000, 0x71280000, { "MFD_AVC_BSD_OBJECT", ON_VCS, 6, 6, decode_slice } },
	{ 0xffff0000, 0x74030000, { "VEB_DI_IECP", ON_VECS, 20, 20, enhance } },
	{ 0xf8000000, 0x70000000, SKIPPED("MFX", ON_VCS) },
	{ 0xff000000, 0x74000000, SKIPPED("VEBOX", ON_VECS) },
};
/* clang-format on */

const size_t gen9_render_command_count = sizeof(gen9_render_commands) /
					 sizeof(gen9_render_commands[0]);
