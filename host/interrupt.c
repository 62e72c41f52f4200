// SPDX-License-Identifier: MIT

#include "host/interrupt.h"

#include <assert.h>
#include <stddef.h>

#include "host/pvmmio.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"

enum irq_bank_id {
	BANK_GT0,
	BANK_GT1,
	BANK_GT2,
	BANK_GT3,
	BANK_PIPE_A,
	BANK_PIPE_B,
	BANK_PIPE_C,
	BANK_PORT,
	BANK_MISC,
	BANK_PCU,
	BANK_SOUTH,
	BANK_COUNT,
};

// ISR, IMR, IIR, IER from base on, and the master bits that the bank's parts show in.
struct irq_bank {
	uint32_t base;
	struct {
		uint32_t mask;
		uint8_t master_bit;
	} parts[2];
};

#define LOW_HALF  0x0000ffffu
#define HIGH_HALF 0xffff0000u
#define ALL_BITS  0xffffffffu

// clang-format off
static const struct irq_bank banks[BANK_COUNT] = {
	[BANK_GT0]    = { GT_ISR(0),       { { LOW_HALF, 0 }, { HIGH_HALF, 1 } } }, // RCS, BCS
	[BANK_GT1]    = { GT_ISR(1),       { { LOW_HALF, 2 }, { HIGH_HALF, 3 } } }, // VCS, VCS2
	[BANK_GT2]    = { GT_ISR(2),       { { ALL_BITS, 4 } } }, // power management
	[BANK_GT3]    = { GT_ISR(3),       { { LOW_HALF, 6 } } }, // VECS
	[BANK_PIPE_A] = { DE_PIPE_ISR(0u), { { ALL_BITS, 16 } } },
	[BANK_PIPE_B] = { DE_PIPE_ISR(1u), { { ALL_BITS, 17 } } },
	[BANK_PIPE_C] = { DE_PIPE_ISR(2u), { { ALL_BITS, 18 } } },
	[BANK_PORT]   = { DE_PORT_ISR,     { { ALL_BITS, 20 } } },
	[BANK_MISC]   = { DE_MISC_ISR,     { { ALL_BITS, 22 } } },
	[BANK_PCU]    = { PCU_ISR,         { { ALL_BITS, 30 } } },
	[BANK_SOUTH]  = { SDE_ISR,         { { ALL_BITS, 23 } } },
};

// Where events show. This is Gen9's; another generation is another table, over the same banks.
struct irq_place {
	uint8_t bank;
	uint8_t bit;
};

#define ENGINE_EVENTS(name, bank, shift)                         \
	[GVT_EVENT_##name##_USER]           = { (bank), (shift) },     \
	[GVT_EVENT_##name##_FLUSH_NOTIFY]   = { (bank), (shift) + 4 }, \
	[GVT_EVENT_##name##_CONTEXT_SWITCH] = { (bank), (shift) + 8 }

#define PIPE_EVENTS(name, bank)                            \
	[GVT_EVENT_PIPE_##name##_VBLANK]        = { (bank), 0 }, \
	[GVT_EVENT_PIPE_##name##_FLIP_DONE]     = { (bank), 3 }, \
	[GVT_EVENT_PIPE_##name##_FLIP_DONE + 1] = { (bank), 4 }, \
	[GVT_EVENT_PIPE_##name##_FLIP_DONE + 2] = { (bank), 5 }

static const struct irq_place gen9_places[GVT_EVENT_COUNT] = {
	ENGINE_EVENTS(RCS0, BANK_GT0, 0),
	ENGINE_EVENTS(BCS0, BANK_GT0, 16),
	ENGINE_EVENTS(VCS0, BANK_GT1, 0),
	ENGINE_EVENTS(VCS1, BANK_GT1, 16),
	ENGINE_EVENTS(VECS0, BANK_GT3, 0),
	PIPE_EVENTS(A, BANK_PIPE_A),
	PIPE_EVENTS(B, BANK_PIPE_B),
	PIPE_EVENTS(C, BANK_PIPE_C),
	[GVT_EVENT_AUX_A]     = { BANK_PORT, 0 },
	[GVT_EVENT_AUX_B]     = { BANK_PORT, 25 },
	[GVT_EVENT_AUX_C]     = { BANK_PORT, 26 },
	[GVT_EVENT_AUX_D]     = { BANK_PORT, 27 },
	[GVT_EVENT_GSE]       = { BANK_MISC, 27 },
	[GVT_EVENT_GMBUS]     = { BANK_SOUTH, 17 },
	[GVT_EVENT_HOTPLUG_B] = { BANK_SOUTH, 21 },
	[GVT_EVENT_HOTPLUG_C] = { BANK_SOUTH, 22 },
	[GVT_EVENT_HOTPLUG_D] = { BANK_SOUTH, 23 },
	[GVT_EVENT_THERMAL]   = { BANK_PCU, 24 },
	[GVT_EVENT_PCODE]     = { BANK_PCU, 25 },
};
// clang-format on

static const struct irq_bank *bank_at(uint32_t offset)
{
	for (size_t i = 0; i < BANK_COUNT; i++)
		if (offset - banks[i].base < 16)
			return &banks[i];
	assert(!"register of no bank");
	return NULL;
}

static uint32_t bank_pending(const struct vgpu *vgpu, const struct irq_bank *bank)
{
	return vreg_read(vgpu, bank->base + IRQ_IIR) & vreg_read(vgpu, bank->base + IRQ_IER);
}

static void update_master(struct vgpu *vgpu, const struct irq_bank *bank)
{
	uint32_t pending = bank_pending(vgpu, bank);
	uint32_t master = vreg_read(vgpu, MASTER_IRQ);

	for (size_t i = 0; i < 2; i++) {
		uint32_t bit = 1u << bank->parts[i].master_bit;

		if (!bank->parts[i].mask)
			continue;
		if (pending & bank->parts[i].mask)
			master |= bit;
		else
			master &= ~bit;
	}
	vreg_write(vgpu, MASTER_IRQ, master);
}

/*
 * The message goes to vCPU 0, where the guest's driver has its vector. MSI is on from the start:
 * the virtual configuration space is read only here, see vgpu_create().
 */
static void inject(struct vgpu *vgpu)
{
	struct machine *m = vgpu->m;

	work_spend(m, WORK_INTERRUPT_INJECT, 1);
	vgpu->stats.msi_injected++;
	vcpu_post_interrupt(vgpu->vm->vcpus[0], exec_now(m->ex));
}

// Where the guest says that it wants none now.
static bool guest_takes_interrupts(struct vgpu *vgpu)
{
	if (vgpu->pvmmio_levels & PVMMIO_MASTER_IRQ)
		return !pvmmio_irq_disabled(vgpu);
	return vreg_read(vgpu, MASTER_IRQ) & MASTER_IRQ_ENABLE;
}

void interrupt_check_pending(struct vgpu *vgpu)
{
	if (!guest_takes_interrupts(vgpu))
		return;
	for (size_t i = 0; i < BANK_COUNT; i++)
		if (bank_pending(vgpu, &banks[i]))
			update_master(vgpu, &banks[i]);
	if (vreg_read(vgpu, MASTER_IRQ) & ~MASTER_IRQ_ENABLE)
		inject(vgpu);
}

// Does the event get through its mask? A masked one is gone.
static bool latch(struct vgpu *vgpu, enum gvt_event event)
{
	const struct irq_place *place = &gen9_places[event];
	uint32_t base = banks[place->bank].base;
	uint32_t bit = 1u << place->bit;

	if (vreg_read(vgpu, base + IRQ_IMR) & bit)
		return false;
	vreg_write(vgpu, base + IRQ_IIR, vreg_read(vgpu, base + IRQ_IIR) | bit);
	return true;
}

void interrupt_raise_event(struct vgpu *vgpu, enum gvt_event event)
{
	if (latch(vgpu, event))
		interrupt_check_pending(vgpu);
}

void interrupt_raise(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t gt_bits)
{
	static const uint32_t kinds[] = { GT_USER_INTERRUPT, GT_FLUSH_NOTIFY_INTERRUPT,
					  GT_CONTEXT_SWITCH_INTERRUPT };
	const unsigned count = sizeof(kinds) / sizeof(kinds[0]);
	bool latched = false;

	for (unsigned i = 0; i < count; i++) {
		if (gt_bits & kinds[i])
			latched |= latch(
				vgpu, (enum gvt_event)(GVT_EVENT_RCS0_USER + count * engine + i));
		gt_bits &= ~kinds[i];
	}
	assert(!gt_bits && "events that the device does not have");
	if (latched)
		interrupt_check_pending(vgpu);
}

int interrupt_master_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	uint32_t others = vreg_read(vgpu, offset) & ~MASTER_IRQ_ENABLE;

	vreg_write(vgpu, offset, others | (value & MASTER_IRQ_ENABLE));
	interrupt_check_pending(vgpu);
	return 0;
}

int interrupt_imr_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write(vgpu, offset, value);
	interrupt_check_pending(vgpu);
	return 0;
}

int interrupt_iir_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write(vgpu, offset, vreg_read(vgpu, offset) & ~value);
	update_master(vgpu, bank_at(offset));
	return 0;
}

int interrupt_ier_write(struct vgpu *vgpu, uint32_t offset, uint32_t value)
{
	vreg_write(vgpu, offset, value);
	update_master(vgpu, bank_at(offset));
	interrupt_check_pending(vgpu);
	return 0;
}
