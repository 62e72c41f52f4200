/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts: event -> IIR unless masked in IMR -> master -> MSI while the master is on.
 *
 * An event that IMR masks is lost, not latched. With the master off it stays in IIR, and every
 * write to IMR, IER or the master while something is pending injects again. RING_IMR masks nothing.
 * Messages are edges: those that arrive while the vCPU has not taken the first are one interrupt.
 *
 * With pvmmio level master_irq the word disable_irq of the shared page takes the place of the
 * master's enable bit, and a write to PVINFO_CHECK_PENDING_IRQ that of the write that sets it.
 *
 * Cause and check are under vgpu->lock, as are the guest's writes: the check that a guest asks for
 * sees every cause recorded before it.
 *
 * Source: gvt/interrupt.c of Linux 5.0: the map of events in gen8_init_irq, the groups in
 * irq_map. It has GSE at bit 0 of the misc group, where no driver looks; here it is at bit 27.
 */
#ifndef PVMMIO_HOST_INTERRUPT_H
#define PVMMIO_HOST_INTERRUPT_H

#include <stdint.h>

#include "hw-model/regs/gen9_display.h"
#include "hw-model/regs/gen9_regs.h"

struct vgpu;

/* What can happen in a virtual device. Where that shows is the generation's business. */
enum gvt_event {
	/* in the order of enum gen9_engine_id, three for each */
	GVT_EVENT_RCS0_USER,
	GVT_EVENT_RCS0_FLUSH_NOTIFY,
	GVT_EVENT_RCS0_CONTEXT_SWITCH,
	GVT_EVENT_BCS0_USER,
	GVT_EVENT_BCS0_FLUSH_NOTIFY,
	GVT_EVENT_BCS0_CONTEXT_SWITCH,
	GVT_EVENT_VCS0_USER,
	GVT_EVENT_VCS0_FLUSH_NOTIFY,
	GVT_EVENT_VCS0_CONTEXT_SWITCH,
	GVT_EVENT_VCS1_USER,
	GVT_EVENT_VCS1_FLUSH_NOTIFY,
	GVT_EVENT_VCS1_CONTEXT_SWITCH,
	GVT_EVENT_VECS0_USER,
	GVT_EVENT_VECS0_FLUSH_NOTIFY,
	GVT_EVENT_VECS0_CONTEXT_SWITCH,
	/* by pipe */
	GVT_EVENT_PIPE_A_VBLANK,
	GVT_EVENT_PIPE_B_VBLANK,
	GVT_EVENT_PIPE_C_VBLANK,
	/* by pipe, three planes for each */
	GVT_EVENT_PIPE_A_FLIP_DONE,
	GVT_EVENT_PIPE_B_FLIP_DONE = GVT_EVENT_PIPE_A_FLIP_DONE + GEN9_PLANE_COUNT,
	GVT_EVENT_PIPE_C_FLIP_DONE = GVT_EVENT_PIPE_B_FLIP_DONE + GEN9_PLANE_COUNT,
	GVT_EVENT_AUX_A = GVT_EVENT_PIPE_C_FLIP_DONE + GEN9_PLANE_COUNT,
	GVT_EVENT_AUX_B,
	GVT_EVENT_AUX_C,
	GVT_EVENT_AUX_D,
	GVT_EVENT_GSE,
	GVT_EVENT_GMBUS,
	GVT_EVENT_HOTPLUG_B,
	GVT_EVENT_HOTPLUG_C,
	GVT_EVENT_HOTPLUG_D,
	GVT_EVENT_THERMAL,
	GVT_EVENT_PCODE,
	GVT_EVENT_COUNT,
};

#define GVT_EVENT_VBLANK(pipe) ((enum gvt_event)(GVT_EVENT_PIPE_A_VBLANK + (pipe)))
/* plane: 1 to 3. */
#define GVT_EVENT_FLIP_DONE(pipe, plane)                                                           \
	((enum gvt_event)(GVT_EVENT_PIPE_A_FLIP_DONE + GEN9_PLANE_COUNT * (pipe) + (plane)-1u))

/* Raise one event. At most one MSI. */
void interrupt_raise_event(struct vgpu *vgpu, enum gvt_event event);

/*
 * Raise events of an engine: of GT_USER_, GT_FLUSH_NOTIFY_ and GT_CONTEXT_SWITCH_INTERRUPT; the
 * device has no others. At most one MSI for all of them.
 */
void interrupt_raise(struct vgpu *vgpu, enum gen9_engine_id engine, uint32_t gt_bits);

/* Inject an MSI if interrupts are not held back and anything is pending. */
void interrupt_check_pending(struct vgpu *vgpu);

/* Handlers of the register table. */
int interrupt_master_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int interrupt_imr_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int interrupt_iir_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);
int interrupt_ier_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);

#endif
