/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts: event -> IIR unless masked in IMR -> master -> MSI while the master is on.
 *
 * An event that IMR masks is lost, not latched. With the master off it stays in IIR, and every
 * write to IMR, IER or the master while something is pending injects again. RING_IMR masks nothing.
 *
 * With pvmmio level master_irq the word disable_irq of the shared page takes the place of the
 * master's enable bit, and a write to PVINFO_CHECK_PENDING_IRQ that of the write that sets it.
 *
 * Cause and check are under vgpu->lock, as are the guest's writes: the check that a guest asks for
 * sees every cause recorded before it.
 *
 * Source: gvt/interrupt.c of Linux 5.0, gvt-defined event map in irq_init.
 */
#ifndef PVMMIO_HOST_INTERRUPT_H
#define PVMMIO_HOST_INTERRUPT_H

#include <stdint.h>

#include "hw-model/regs/gen9_regs.h"

struct vgpu;

/* Raise events of an engine: GT_*_INTERRUPT bits of its half word. At most one MSI. */
void interrupt_raise(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t gt_bits);

/* Inject an MSI if interrupts are not held back and anything is pending. */
void interrupt_check_pending(struct vgpu *vgpu);

/* Handlers of the register table. */
int interrupt_master_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int interrupt_imr_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int interrupt_iir_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int interrupt_ier_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);

#endif
