// SPDX-License-Identifier: MIT

#include "host/engine_owner.h"

#include <assert.h>

#include "host/vgpu.h"

#define ALL_BITS 0xffffu

#define ENGINE_COMMON(base)                                                                        \
	{ (base) + RING_NOPID, 0 },                                                                \
	{                                                                                          \
		(base) + RING_INSTPM, ALL_BITS                                                     \
	}

// clang-format off
#define RCS_BASE  0x02000u
#define BCS_BASE  0x22000u
#define VCS0_BASE 0x12000u
#define VCS1_BASE 0x1c000u
#define VECS_BASE 0x1a000u
#define NONPRIV(i) { RCS_BASE + RING_FORCE_TO_NONPRIV(i), 0 }

static const struct switch_row rcs_rows[] = {
	{ RCS_BASE + RING_MODE, ALL_BITS & ~RING_MODE_RUN_LIST },
	{ RCS_BASE + 0x248, 0 },          // CTX_PREEMPT
	{ RCS_BASE + RING_HWSTAM, 0 },
	NONPRIV(0), NONPRIV(1), NONPRIV(2), NONPRIV(3), NONPRIV(4), NONPRIV(5),
	NONPRIV(6), NONPRIV(7), NONPRIV(8), NONPRIV(9), NONPRIV(10), NONPRIV(11),
	{ PAT_LO, 0 },
	{ PAT_HI, 0 },
	{ RCS_BASE + 0xec, ALL_BITS },    // CS_DEBUG_MODE1
	{ 0x0b118, 0 },                   // L3SQCREG4
	{ 0x0940c, 0 },                   // UCGCTL4
	{ 0x04ab8, 0 },                   // GAMT_CHKN_BIT
	{ 0x04ab0, 0 },                   // GAMT_ECO_REG_RW_IA
	{ RCS_BASE + 0xd4, ALL_BITS },    // CSFE_CHICKEN1
	{ 0x0b004, 0 },                   // GARBCNTL
	{ RCS_BASE + 0xa0, 0 },           // FF_THREAD_MODE
	{ RCS_BASE + 0xe4, ALL_BITS },    // FF_SLICE_CS_CHICKEN2
	{ RCS_BASE + RING_NOPID, 0 },     // not upstream's: commands may write it
};

static const struct switch_row bcs_rows[] = {
	{ BCS_BASE + RING_MODE, ALL_BITS & ~RING_MODE_RUN_LIST },
	{ BCS_BASE + RING_MI_MODE, ALL_BITS & ~(MI_MODE_STOP_RING | MI_MODE_IDLE) },
	{ BCS_BASE + RING_HWSTAM, 0 },
	{ BCS_BASE + RING_EXCC, ALL_BITS },
	ENGINE_COMMON(BCS_BASE),
};

static const struct switch_row vcs0_rows[] = {
	ENGINE_COMMON(VCS0_BASE),
};

static const struct switch_row vcs1_rows[] = {
	{ VCS1_BASE + RING_EXCC, ALL_BITS },
	ENGINE_COMMON(VCS1_BASE),
};

static const struct switch_row vecs_rows[] = {
	{ VECS_BASE + RING_EXCC, ALL_BITS },
	ENGINE_COMMON(VECS_BASE),
};

#define ROWS(table) { (table), sizeof(table) / sizeof((table)[0]) }

static const struct {
	const struct switch_row *rows;
	size_t count;
} switch_table[GEN9_ENGINE_COUNT] = {
	[GEN9_RCS0] = ROWS(rcs_rows),
	[GEN9_BCS0] = ROWS(bcs_rows),
	[GEN9_VCS0] = ROWS(vcs0_rows),
	[GEN9_VCS1] = ROWS(vcs1_rows),
	[GEN9_VECS0] = ROWS(vecs_rows),
};
// clang-format on

_Static_assert(sizeof(rcs_rows) / sizeof(rcs_rows[0]) <= ENGINE_SWITCH_LIMIT, "room in the copy");

// RCS0's MOCS table is in the context image (Linux 5.10, switch_mocs()).
static const uint32_t mocs_base[GEN9_ENGINE_COUNT] = {
	[GEN9_VCS0] = 0xc900,
	[GEN9_VCS1] = 0xca00,
	[GEN9_VECS0] = 0xcb00,
	[GEN9_BCS0] = 0xcc00,
};

const struct switch_row *engine_switch_rows(enum gen9_engine_id engine, size_t *count)
{
	*count = switch_table[engine].count;
	return switch_table[engine].rows;
}

static uint32_t read_register(struct hw *hw, uint32_t offset)
{
	host_work(hw->m, WORK_SWITCH_REGISTER, 1);
	return hw_read32(hw, offset);
}

static void write_register(struct hw *hw, uint32_t offset, uint32_t value)
{
	host_work(hw->m, WORK_SWITCH_REGISTER, 1);
	hw_write32(hw, offset, value);
}

static bool is_nonpriv(uint32_t offset)
{
	return offset >= RCS_BASE + RING_FORCE_TO_NONPRIV(0) &&
	       offset <= RCS_BASE + RING_FORCE_TO_NONPRIV(11);
}

/*
 * A slot opens a register to batches that nobody audits. Only what audited commands of this engine
 * may write is opened, for another engine may hold another guest's registers; else the slot names
 * NOPID, as an empty one does (Linux 4.19 intel_workarounds.c).
 */
static uint32_t permitted_slot(struct gvt *gvt, uint32_t value)
{
	const uint32_t offset = value & 0x3fffffcu;
	const struct mmio_row *row = offset < GEN9_MMIO_SIZE_BYTES ? mmio_row_at(&gvt->mmio, offset)
								   : NULL;
	int engine = gen9_engine_at(offset);

	if (row && row->flags & MMIO_CMD_WRITE && (engine < 0 || engine == GEN9_RCS0))
		return value;
	return RCS_BASE + RING_NOPID;
}

static uint32_t value_of(struct sched_engine *engine, const struct vgpu *vgpu, size_t i,
			 const struct switch_row *row)
{
	uint32_t value = vgpu ? vreg_read(vgpu, row->offset) : engine->host_value[i];

	if (vgpu && is_nonpriv(row->offset))
		value = permitted_slot(engine->gvt, value);
	return row->mask ? (uint32_t)row->mask << 16 | (value & row->mask) : value;
}

// What of the register belongs to its owner; slots of a guest hold what it wants, not what it got.
static void keep(struct sched_engine *engine, size_t i, const struct switch_row *row,
		 uint32_t value)
{
	struct vgpu *vgpu = engine->owner;

	if (!vgpu)
		engine->host_value[i] = value;
	else if (row->mask)
		vreg_write_masked(vgpu, row->offset, (uint32_t)row->mask << 16 | (value & 0xffff));
	else if (!is_nonpriv(row->offset))
		vreg_write(vgpu, row->offset, value);
}

static void exchange_rows(struct sched_engine *engine, const struct vgpu *next)
{
	struct hw *hw = engine->hw->hw;
	size_t count;
	const struct switch_row *rows = engine_switch_rows(engine->hw->id, &count);

	for (size_t i = 0; i < count; i++) {
		keep(engine, i, &rows[i], read_register(hw, rows[i].offset));
		write_register(hw, rows[i].offset, value_of(engine, next, i, &rows[i]));
	}
}

static uint32_t mocs_of(const struct sched_engine *engine, const struct vgpu *vgpu, unsigned i)
{
	return vgpu ? vreg_read(vgpu, mocs_base[engine->hw->id] + 4 * i) : engine->host_mocs[i];
}

// Guests change their tables in virtual registers only: the hardware holds what was written last.
static void exchange_mocs(struct sched_engine *engine, const struct vgpu *next)
{
	const uint32_t base = mocs_base[engine->hw->id];
	struct hw *hw = engine->hw->hw;

	if (!base)
		return;
	for (unsigned i = 0; i < ENGINE_MOCS_COUNT && !engine->mocs_known; i++) {
		engine->host_mocs[i] = read_register(hw, base + 4 * i);
		engine->mocs[i] = engine->host_mocs[i];
	}
	engine->mocs_known = true;
	for (unsigned i = 0; i < ENGINE_MOCS_COUNT; i++) {
		uint32_t value = mocs_of(engine, next, i);

		if (value == engine->mocs[i])
			continue;
		write_register(hw, base + 4 * i, value);
		engine->mocs[i] = value;
	}
}

/*
 * One at a time: an old owner that is being destroyed must not go while a new one's thread still
 * reads registers into it.
 */
void engine_take(struct sched_engine *engine, struct vgpu *owner)
{
	struct machine *m = engine->gvt->m;

	while (engine->changing_hands && m->ex->current)
		exec_wait(m->ex, &engine->change_waiters, EXEC_NEVER);
	if (engine->owner == owner)
		return;
	engine->changing_hands = true;
	host_work(m, WORK_OWNER_SWITCH, 1);
	exchange_mocs(engine, owner);
	exchange_rows(engine, owner);
	engine->owner = owner;
	engine->changing_hands = false;
	if (m->ex->current)
		exec_wake_all(m->ex, &engine->change_waiters, exec_now(m->ex));
}

void engine_forget_owner(struct sched_engine *engine)
{
	engine->owner = NULL;
}

void engines_release(struct vgpu *vgpu)
{
	for (unsigned id = 0; id < GEN9_ENGINE_COUNT; id++) {
		struct sched_engine *engine = &vgpu->gvt->sched.engines[id];

		// Who has it next may be about to take it.
		while (engine->changing_hands && vgpu->m->ex->current)
			exec_wait(vgpu->m->ex, &engine->change_waiters, EXEC_NEVER);
		if (engine->owner == vgpu)
			engine_take(engine, NULL);
	}
}
