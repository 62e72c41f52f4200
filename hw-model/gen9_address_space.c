// SPDX-License-Identifier: MIT
/*
 * Memory as engines see it: the GGTT, a context's PPGTT, and the pages behind them.
 *
 * Every access translates page by page, here and nowhere else; there is no TLB. A missing or
 * read-only mapping, an address beyond the space, or an entry that names no memory is a fault: it
 * goes to FAULT_REG (the first one stays until cleared) and hangs the engine.
 *
 * Tables are walked down to 4 KiB pages; an entry for a larger page is taken as a fault.
 *
 * Source: Linux 4.19 i915_gem_gtt.c, i915_gem_gtt.h (formats), i915_reg.h (fault registers).
 */
#include <errno.h>
#include <string.h>

#include "hw-model/gen9_private.h"
#include "hw-model/regs/gen9_context.h"

#define TABLE_INDEX(gma, level) (((gma) >> (PAGE_SHIFT + 9u * (level))) & 0x1ffu)
#define PDE_PAGE_SIZE_2M        (UINT64_C(1) << 7)
#define PDE_HOLDS_64K           (UINT64_C(1) << 11)
#define ADDRESS_BITS_LEGACY_64B 48u
#define ADDRESS_BITS_LEGACY_32B 32u

static void *entry_page(struct gen9_gpu *gpu, uint64_t entry)
{
	return dma_page(&gpu->dma, (entry & GEN8_PTE_ADDR_MASK) >> PAGE_SHIFT);
}

void *gen9_ggtt_at(struct gen9_gpu *gpu, uint64_t gma)
{
	uint64_t index = gma >> PAGE_SHIFT;
	uint8_t *page;

	if (index >= GEN9_GGTT_ENTRIES || !(gpu->ggtt[index] & GEN8_PTE_PRESENT))
		return NULL;
	page = entry_page(gpu, gpu->ggtt[index]);
	return page ? page + (gma & PAGE_MASK) : NULL;
}

static uint64_t pdp(struct gen9_engine *engine, unsigned n)
{
	return (uint64_t)*gen9_engine_reg(engine, RING_PDP_UDW(n)) << 32 |
	       *gen9_engine_reg(engine, RING_PDP_LDW(n));
}

/* The page that entry number index of the table at address names, or NULL. */
static void *next_level(struct gen9_gpu *gpu, const uint64_t *table, unsigned index, unsigned level,
			bool write)
{
	uint64_t entry = table[index];

	if (!(entry & GEN8_PTE_PRESENT) || (write && !(entry & GEN8_PTE_WRITABLE)))
		return NULL;
	if (level == 1 && (entry & (PDE_PAGE_SIZE_2M | PDE_HOLDS_64K)))
		return NULL;
	return entry_page(gpu, entry);
}

/*
 * Four levels from PDP0, or three from one of the four PDPs. The roots hold an address only:
 * Linux leaves their present bit clear.
 */
static void *ppgtt_at(struct gen9_engine *engine, uint64_t gma, bool write)
{
	bool legacy_64b = (engine->descriptor & CTX_DESC_MODE_MASK) >> CTX_DESC_MODE_SHIFT ==
			  CTX_DESC_MODE_LEGACY_64B;
	unsigned bits = legacy_64b ? ADDRESS_BITS_LEGACY_64B : ADDRESS_BITS_LEGACY_32B;
	unsigned root = legacy_64b ? 0 : (unsigned)(gma >> 30) & 3u;
	int level = legacy_64b ? 3 : 1;
	uint8_t *page;

	if (gma >> bits)
		return NULL;
	for (page = entry_page(engine->gpu, pdp(engine, root)); page && level >= 0; level--)
		page = next_level(engine->gpu, (const uint64_t *)(const void *)page,
				  TABLE_INDEX(gma, (unsigned)level), (unsigned)level, write);
	return page ? page + (gma & PAGE_MASK) : NULL;
}

void gen9_note_fault(struct gen9_engine *engine, enum gen9_space space, uint64_t gma)
{
	uint32_t *fault = gen9_reg(engine->gpu, FAULT_REG);
	bool ggtt = space == GEN9_SPACE_GGTT;

	if (*fault & FAULT_VALID)
		return;
	*fault = FAULT_VALID | (ggtt ? FAULT_GGTT : 0) | (uint32_t)engine->info->hw_id << 12;
	*gen9_reg(engine->gpu, FAULT_TLB_DATA0) = (uint32_t)(gma >> PAGE_SHIFT);
	*gen9_reg(engine->gpu, FAULT_TLB_DATA1) = (uint32_t)(gma >> 44 & 0xfu) |
						  (ggtt ? 1u << 4 : 0);
}

/* Host view of gma, good to the end of its page; NULL after noting the fault. */
static void *translate(struct gen9_engine *engine, enum gen9_space space, uint64_t gma, bool write)
{
	void *at;

	/* A context without the privilege bit has no page tables of its own. */
	if (space == GEN9_SPACE_PPGTT && !(engine->descriptor & CTX_DESC_PRIVILEGE))
		space = GEN9_SPACE_GGTT;
	at = space == GEN9_SPACE_GGTT ? gen9_ggtt_at(engine->gpu, gma)
				      : ppgtt_at(engine, gma, write);
	if (!at)
		gen9_note_fault(engine, space, gma);
	return at;
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

	for (size_t now; len; to += now, gma += now, len -= now) {
		const void *from = translate(engine, space, gma, false);

		if (!from)
			return gen9_engine_hang(engine, gma);
		now = piece(gma, len);
		memcpy(to, from, now);
	}
	return 0;
}

int gen9_engine_write(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		      const void *buf, size_t len)
{
	const uint8_t *from = buf;

	for (size_t now; len; from += now, gma += now, len -= now) {
		void *to = translate(engine, space, gma, true);

		if (!to)
			return gen9_engine_hang(engine, gma);
		now = piece(gma, len);
		memcpy(to, from, now);
	}
	return 0;
}

int gen9_engine_store(struct gen9_engine *engine, enum gen9_space space, uint64_t gma,
		      uint64_t value, unsigned size_bytes)
{
	int rc = gen9_engine_spend(engine, gen9_param(engine, HW_MEMORY_WRITE));

	if (!rc)
		rc = gen9_engine_sync(engine);
	if (!rc)
		rc = gen9_engine_write(engine, space, gma, &value, size_bytes);
	if (!rc)
		engine->stats.bytes_written += size_bytes;
	return rc;
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
