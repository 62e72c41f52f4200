// SPDX-License-Identifier: MIT
/*
 * Memory object control state: what each of 62 cacheability indices of surface states means.
 *
 * Three indices are defined, the others mean uncached. Source: Linux 4.19 intel_mocs.c (Skylake
 * table and its programming).
 */
#include "guest/i915_internal.h"

#define MOCS_ENTRY_COUNT 62u
#define LNCFCMOCS(i)     (0xb020u + 4u * (i)) /* L3 control of entries 2i and 2i + 1 */

struct mocs_entry {
	uint32_t control;
	uint16_t l3_control;
};

static const struct mocs_entry mocs_entries[] = {
	{0x09,  0x10}, /* uncached */
	{ 0x38, 0x30}, /* as the page table says */
	{ 0x3b, 0x30}, /* write back */
};

static const uint32_t mocs_base[GEN9_ENGINE_COUNT] = {
	[GEN9_RCS0] = 0xc800,  [GEN9_VCS0] = 0xc900, [GEN9_VCS1] = 0xca00,
	[GEN9_VECS0] = 0xcb00, [GEN9_BCS0] = 0xcc00,
};

static const struct mocs_entry *entry(unsigned i)
{
	return &mocs_entries[i < sizeof(mocs_entries) / sizeof(mocs_entries[0]) ? i : 0];
}

void i915_mocs_init_l3(const struct i915 *i915)
{
	for (unsigned i = 0; i < MOCS_ENTRY_COUNT / 2; i++)
		i915_write(i915, LNCFCMOCS(i),
			   (uint32_t)entry(2 * i + 1)->l3_control << 16 | entry(2 * i)->l3_control);
}

void i915_mocs_init_engine(const struct i915_engine *engine)
{
	for (unsigned i = 0; i < MOCS_ENTRY_COUNT; i++)
		i915_write(engine->i915, mocs_base[engine->id] + 4 * i, entry(i)->control);
}
