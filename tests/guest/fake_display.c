// SPDX-License-Identifier: MIT
/* The fake display: interrupt groups, frames, and the host's half of the display records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/abi/pvinfo.h"
#include "sim/abi/pvmmio_reads.h"
#include "tests/guest/fake.h"

static const struct {
	uint32_t isr;
	uint32_t master;
} groups[] = {
	{DE_PIPE_ISR(0u),  MASTER_DE_PIPE(0)},
	{ DE_PIPE_ISR(1u), MASTER_DE_PIPE(1)},
	{ DE_PIPE_ISR(2u), MASTER_DE_PIPE(2)},
	{ DE_PORT_ISR,     MASTER_DE_PORT   },
	{ DE_MISC_ISR,     MASTER_DE_MISC   },
	{ PCU_ISR,         MASTER_PCU       },
	{ SDE_ISR,         MASTER_PCH       },
};

#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static uint32_t *reg(struct platform *plat, uint32_t offset)
{
	return &plat->regs[offset / 4];
}

uint32_t fake_display_sources(const struct platform *plat)
{
	uint32_t sources = 0;

	for (unsigned i = 0; i < GROUP_COUNT; i++) {
		const uint32_t *group = &plat->regs[groups[i].isr / 4];

		if (group[IRQ_IIR / 4] & group[IRQ_IER / 4])
			sources |= groups[i].master;
	}
	return sources;
}

void fake_display_event(struct platform *plat, uint32_t isr, uint32_t bits)
{
	*reg(plat, isr + IRQ_IIR) |= bits & ~*reg(plat, isr + IRQ_IMR);
	fake_update_interrupt(plat);
}

void fake_vblank(struct platform *plat, unsigned pipe)
{
	if (!(*reg(plat, PIPECONF(pipe)) & PIPECONF_ENABLE))
		return;
	++*reg(plat, PIPE_FRMCOUNT(pipe));
	fake_display_event(plat, DE_PIPE_ISR(pipe), DE_PIPE_VBLANK);
}

/* ---- records ---- */

/* The plane whose register is at offset from its block, or 0. */
static unsigned plane_at(uint32_t offset, uint32_t first)
{
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		for (unsigned plane = 1; plane <= GEN9_PLANE_COUNT; plane++) {
			if (offset == GEN9_PLANE(pipe, plane, first))
				return plane;
		}
	}
	return 0;
}

static enum pvmmio_status take(struct platform *plat, uint32_t *first_word)
{
	if (plat->display.answer != PVMMIO_STATUS_OK)
		return plat->display.answer;
	if (!(*first_word & PVMMIO_RECORD_FILLED))
		return PVMMIO_STATUS_EMPTY;
	*first_word = 0;
	return PVMMIO_STATUS_OK;
}

static void take_record(struct platform *plat, uint32_t offset, uint32_t value, bool watermark)
{
	struct fake_record *record = &plat->display.records[plat->display.record_count++];
	struct pvmmio_page *page = fake_shared_page(plat);

	assert_true(plat->display.record_count < FAKE_RECORD_LIMIT);
	*record = (struct fake_record){ .doorbell = offset,
					.value = value,
					.is_watermark = watermark,
					.locked = plat->locks_held > 0,
					.plane = page->plane,
					.watermark = page->watermark };
	if (watermark)
		page->watermark_status = take(plat, &page->watermark.max_level);
	else
		page->plane_status = take(plat, &page->plane.flags);
}

/* ---- registers ---- */

static bool is_iir(uint32_t offset)
{
	for (unsigned i = 0; i < GROUP_COUNT; i++) {
		if (offset == groups[i].isr + IRQ_IIR)
			return true;
	}
	return offset == EDP_PSR_IIR;
}

bool fake_display_write(struct platform *plat, uint32_t offset, uint32_t value)
{
	if (is_iir(offset)) {
		*reg(plat, offset) &= ~value;
		return true;
	}
	if ((plat->host.levels & PVMMIO_PLANE_UPDATE) && value && plane_at(offset, 0x7019c))
		take_record(plat, offset, value, false);
	if ((plat->host.levels & PVMMIO_PLANE_WATERMARK) && plane_at(offset, 0x70278))
		take_record(plat, offset, value, true);
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		bool active = value & PIPECONF_ENABLE || plat->display.stuck;

		if (offset != PIPECONF(pipe))
			continue;
		*reg(plat, offset) = (value & ~PIPECONF_ACTIVE) | (active ? PIPECONF_ACTIVE : 0);
		return true;
	}
	return false;
}

static uint32_t display_value(const struct platform *plat, uint32_t offset)
{
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		if (offset == PIPEDSL(pipe))
			return plat->display.line[pipe];
	}
	return plat->regs[offset / 4];
}

/* With reads let through to memory, what memory cannot answer comes through the port only. */
bool fake_display_read(const struct platform *plat, uint32_t offset, uint32_t *value)
{
	bool direct = plat->host.levels & PVMMIO_READ_PASSTHROUGH;

	if (offset == PVINFO_BASE + PVINFO_PV_MMIO) {
		assert_true(direct);
		*value = display_value(plat, fake_shared_page(plat)->reg_addr);
		return true;
	}
	assert_false(direct && pvmmio_read_traps(offset));
	for (unsigned pipe = 0; pipe < GEN9_PIPE_COUNT; pipe++) {
		if (offset == PIPEDSL(pipe)) {
			*value = plat->display.line[pipe];
			return true;
		}
	}
	return false;
}
