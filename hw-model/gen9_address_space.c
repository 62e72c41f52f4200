// SPDX-License-Identifier: MIT
/*
 * Memory as engines see it: the GGTT, a context's PPGTT, and the pages behind them.
 *
 * Every access of an engine is translated here and nowhere else, page by page: by the engine's TLB
 * if it has the page, else by a walk, which takes time for each entry read. Translations stay until
 * they are invalidated:
 *
 *   PPGTT, of one engine   PIPE_CONTROL and MI_FLUSH_DW with their TLB bit, the engine's TLB
 * control register, a context load with other roots or a forced restore of them GGTT, of all
 * engines   GFX_FLSH_CNTL; a store to the GTT window does not (assumed: and no other of the above
 * does either) both, of one engine    its reset
 *
 * A mapping that is not there, an address beyond the space, or an entry that names no memory is a
 * fault: it goes to FAULT_REG (the first one stays until cleared) and hangs the engine.
 *
 * A write to a page that is read-only in the PPGTT is no fault. It is dropped, whichever command or
 * unit it comes from, and counted: Linux builds read-only objects on that (its i915 self-test
 * igt_ctx_readonly() checks that such writes are without effect and nothing hangs).
 *
 * Source: Linux 4.19 i915_gem_gtt.c, i915_reg.h; IGT intel_error_decode.c (fault registers).
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_context.h"

static uint64_t pdp(struct gen9_engine *engine, unsigned n)
{
	return (uint64_t)*gen9_engine_reg(engine, RING_PDP_UDW(n)) << 32 |
	       *gen9_engine_reg(engine, RING_PDP_LDW(n));
}

/* Four levels from PDP0, or two from the PDP that bits 31:30 of the address select. */
static struct gen9_root ppgtt_root(struct gen9_engine *engine, uint64_t gma)
{
	bool legacy_64b = (engine->descriptor & CTX_DESC_MODE_MASK) >> CTX_DESC_MODE_SHIFT ==
			  CTX_DESC_MODE_LEGACY_64B;
	unsigned n = legacy_64b ? 0 : (unsigned)(gma >> 30) & 3u;

	return (struct gen9_root){
		.table = pdp(engine, n) & GEN8_PTE_ADDR_MASK,
		.levels = legacy_64b ? GEN9_LEVELS_48BIT : GEN9_LEVELS_32BIT,
	};
}

/* An older fault, of whichever engine, stays. The source id is 0: Gen9's are not published. */
static void note_fault(struct gen9_engine *engine, enum gen9_space space, unsigned level,
		       uint64_t gma)
{
	uint32_t *fault = gen9_reg(engine->gpu, FAULT_REG);
	bool ggtt = space == GEN9_SPACE_GGTT;

	if (*fault & FAULT_VALID)
		return;
	*fault = FAULT_VALID | FAULT_TYPE(level) | (ggtt ? FAULT_GGTT : 0) |
		 (uint32_t)engine->info->fault_id << FAULT_ENGINE_SHIFT;
	*gen9_reg(engine->gpu, FAULT_TLB_DATA0) = (uint32_t)(gma >> PAGE_SHIFT);
	*gen9_reg(engine->gpu, FAULT_TLB_DATA1) = (uint32_t)(gma >> 44 & 0xfu) |
						  (ggtt ? 1u << 4 : 0);
}

/* 0, -ECANCELED, or -EFAULT after noting the fault. */
static int walk(struct gen9_engine *engine, enum gen9_space space, const struct gen9_root *root,
		uint64_t gma, struct gen9_mapping *mapping)
{
	struct gen9_walk walk;
	int fault = gen9_walk(engine->gpu, root, gma, &walk);
	uint64_t ps = walk.reads * gen9_param(engine, HW_TLB_WALK);
	int rc = 0;

	engine->stats.tlb_misses++;
	engine->stats.walk_reads += walk.reads;
	/* At once: an invalidation while the time passes is for this one, too. */
	if (!fault)
		gen9_tlb_insert(&engine->tlb, root, gma, &walk.mapping);
	if (ps)
		rc = gen9_engine_spend(engine, ps);
	if (ps && !rc)
		rc = gen9_engine_sync(engine);
	if (rc)
		return rc;
	if (fault)
		note_fault(engine, space, walk.fault_level, gma);
	*mapping = walk.mapping;
	return fault;
}

/*
 * *at: host view of gma, good to the end of its 4 KiB, or NULL for a write to be dropped. 0,
 * -ECANCELED, or -EFAULT after noting the fault.
 */
static int translate(struct gen9_engine *engine, enum gen9_space space, uint64_t gma, bool write,
		     uint8_t **at)
{
	struct gen9_root root = { 0 };
	struct gen9_mapping mapping;
	uint8_t *page;
	int rc = 0;

	/* A context without the privilege bit has no page tables of its own. */
	if (space == GEN9_SPACE_PPGTT && !(engine->descriptor & CTX_DESC_PRIVILEGE))
		space = GEN9_SPACE_GGTT;
	if (space == GEN9_SPACE_PPGTT)
		root = ppgtt_root(engine, gma);
	*at = NULL;
	if (gen9_tlb_lookup(&engine->tlb, &root, gma, &mapping))
		engine->stats.tlb_hits++;
	else
		rc = walk(engine, space, &root, gma, &mapping);
	if (rc)
		return rc;
	if (write && !mapping.writable) {
		engine->stats.readonly_drops++;
		return 0;
	}
	page = dma_page(&engine->gpu->dma, gen9_mapping_frame(&mapping, gma));
	/* Memory comes in units of 2 MiB, so all of a large page is there if a part of it is. */
	assert(page);
	*at = page + (gma & PAGE_MASK);
	return 0;
}

int gen9_status_page_at(struct gen9_engine *engine, uint64_t gma, void **at)
{
	uint8_t *found = NULL;
	int rc = translate(engine, GEN9_SPACE_GGTT, gma, true, &found);

	*at = found;
	return rc == -EFAULT ? 0 : rc;
}

static size_t piece(uint64_t gma, size_t len)
{
	size_t to_page_end = (size_t)(PAGE_SIZE - (gma & PAGE_MASK));

	return len < to_page_end ? len : to_page_end;
}

int gen9_engine_read(struct gen9_engine *engine, enum gen9_space space, uint64_t gma, void *buf,
		     size_t len)
{
	uint8_t *to = buf;
	uint8_t *at;

	for (size_t now; len; to += now, gma += now, len -= now) {
		int rc = translate(engine, space, gma, false, &at);

		if (rc)
			return rc == -EFAULT ? gen9_engine_hang(engine, gma) : rc;
		now = piece(gma, len);
		memcpy(to, at, now);
	}
	return 0;
}

/* from[i] to at[i] but for the bytes to keep; phase: of from[0] among the four. How many. */
static size_t put_bytes(uint8_t *at, const uint8_t *from, size_t len, unsigned keep, size_t phase)
{
	size_t written = 0;

	if (!keep) {
		memcpy(at, from, len);
		return len;
	}
	for (size_t i = 0; i < len; i++) {
		if (keep >> (phase + i) % 4u & 1u)
			continue;
		at[i] = from[i];
		written++;
	}
	return written;
}

/* *written: how many bytes got there. */
static int write_bytes(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		       const uint8_t *from, size_t len, unsigned keep, uint64_t *written)
{
	uint8_t *at;

	for (size_t done = 0, now; done < len; done += now) {
		int rc = translate(engine, space, gma + done, true, &at);

		if (rc)
			return rc == -EFAULT ? gen9_engine_hang(engine, gma + done) : rc;
		now = piece(gma + done, len - done);
		if (at)
			*written += put_bytes(at, from + done, now, keep, done);
	}
	return 0;
}

int gen9_engine_write(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		      const void *buf, size_t len)
{
	uint64_t written = 0;

	return write_bytes(engine, space, gma, buf, len, 0, &written);
}

int gen9_command_write(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		       const void *buf, size_t len, unsigned keep)
{
	return write_bytes(engine, space, gma, buf, len, keep, &engine->stats.bytes_written);
}

int gen9_engine_store(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		      uint64_t value, unsigned size_bytes)
{
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_MEMORY_WRITE));

	if (!rc)
		rc = gen9_engine_sync(engine);
	if (!rc)
		rc = gen9_command_write(engine, space, gma, &value, size_bytes, 0);
	return rc;
}

/* ---- invalidation ---- */

void gen9_tlb_ctl_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++)
		if (gen9_engines[id].tlb_ctl == offset && (value & TLB_CTL_INVALIDATE))
			gen9_tlb_invalidate(&gpu->engines[id].tlb, GEN9_SPACE_PPGTT);
}

void gen9_flsh_cntl_write(struct gen9_gpu *gpu, uint32_t offset, uint32_t value)
{
	for (unsigned id = 0; (value & GFX_FLSH_CNTL_EN) && id < GEN9_ENGINE_COUNT; id++)
		gen9_tlb_invalidate(&gpu->engines[id].tlb, GEN9_SPACE_GGTT);
}

/* ---- the GTT window of BAR0 ---- */

static int window_read(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
	struct gen9_gpu *gpu = opaque;

	if (offset % size_bytes || offset + size_bytes > GEN9_GTT_WINDOW_BYTES)
		return -EINVAL;
	*value = 0;
	memcpy(value, (const uint8_t *)gpu->ggtt + offset, size_bytes);
	return 0;
}

static int window_write(void *opaque, uint64_t offset, unsigned size_bytes, uint64_t value)
{
	struct gen9_gpu *gpu = opaque;

	if (offset % size_bytes || offset + size_bytes > GEN9_GTT_WINDOW_BYTES)
		return -EINVAL;
	memcpy((uint8_t *)gpu->ggtt + offset, &value, size_bytes);
	return 0;
}

const struct bus_region_ops gen9_gtt_window_ops = {
	.read = window_read,
	.write = window_write,
};
