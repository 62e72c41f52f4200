// SPDX-License-Identifier: MIT

#include "host/interrupt.h"

#include <assert.h>
#include <stddef.h>

#include "host/pvmmio.h"
#include "host/vgpu.h"
#include "sim/abi/pvmmio.h"

// A bank of ISR, IMR, IIR, IER at base + 0, 4, 8, 12, and the master bits that its parts show in.
struct irq_bank {
	uint32_t base;
	struct {
		uint32_t mask;
		uint8_t master_bit;
	} parts[2];
};

#define BANK_IMR 4u
#define BANK_IIR 8u
#define BANK_IER 12u

#define LOW_HALF  0x0000ffffu
#define HIGH_HALF 0xffff0000u
#define ALL_BITS  0xffffffffu

static const struct irq_bank banks[] = {
	{GT_ISR(0),  { { LOW_HALF, 0 }, { HIGH_HALF, 1 } }}, // RCS, BCS
	{ GT_ISR(1), { { LOW_HALF, 2 }, { HIGH_HALF, 3 } }}, // VCS, VCS2
	{ GT_ISR(2), { { ALL_BITS, 4 }, { 0, 0 } }        }, // power management
	{ GT_ISR(3), { { LOW_HALF, 6 }, { 0, 0 } }        }, // VECS
	{ 0x44400,   { { ALL_BITS, 16 }, { 0, 0 } }       }, // pipe A
	{ 0x44410,   { { ALL_BITS, 17 }, { 0, 0 } }       }, // pipe B
	{ 0x44420,   { { ALL_BITS, 18 }, { 0, 0 } }       }, // pipe C
	{ 0x44440,   { { ALL_BITS, 20 }, { 0, 0 } }       }, // port
	{ 0x44460,   { { ALL_BITS, 22 }, { 0, 0 } }       }, // misc
	{ 0x444e0,   { { ALL_BITS, 30 }, { 0, 0 } }       }, // PCU
	{ 0xc4000,   { { ALL_BITS, 23 }, { 0, 0 } }       }, // south display
};

#define BANK_COUNT (sizeof(banks) / sizeof(banks[0]))

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
	return vreg_read(vgpu, bank->base + BANK_IIR) & vreg_read(vgpu, bank->base + BANK_IER);
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

void interrupt_raise(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t gt_bits)
{
	const struct gen9_engine_info *info = &gen9_engines[engine];
	uint32_t iir = GT_IIR(info->gt_group);
	uint32_t bits = gt_bits << info->gt_shift & ~vreg_read(vgpu, GT_IMR(info->gt_group));

	if (!bits)
		return;
	vreg_write(vgpu, iir, vreg_read(vgpu, iir) | bits);
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
