/* SPDX-License-Identifier: MIT */
/*
 * The mediator's half of pvmmio: negotiation, and the records in the shared page: read once each,
 * answered once each. Protocol: sim/abi/pvmmio.h.
 *
 * What happens to the state of pvmmio on a reset of the device by its driver (GDRST), engine or
 * full: nothing. Levels and page stay, and so do host-owned page tables and GGTT entries in effect:
 * a Linux 4.19 guest does not negotiate again, and does not insert again. They go when the VMM
 * resets the device (reset.h).
 */
#ifndef PVMMIO_HOST_PVMMIO_H
#define PVMMIO_HOST_PVMMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/abi/pvmmio.h"

struct vgpu;

/* Records that say whether they are filled: see PVMMIO_RECORD_FILLED. */
enum pvmmio_record {
	PVMMIO_RECORD_PLANE,
	PVMMIO_RECORD_WATERMARK,
};

/* Levels that this mediator knows how to serve. */
#define PVMMIO_IMPLEMENTED (PVMMIO_ALL | PVMMIO_PV_SUBMISSION)

/* A write to one of the pvmmio registers of PVINFO. 0, -EINVAL when refused. */
int pvmmio_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);

/*
 * Copy the submission record, dwords 0..2, each read once. The copy is the caller's to check. The
 * level must have been negotiated. 0, -EFAULT.
 */
int pvmmio_read_elsp(struct vgpu *vgpu, uint32_t dwords[3]);

/*
 * Does disable_irq hold interrupts back? To be asked after the cause has been recorded: a full
 * fence comes first. The level must have been negotiated.
 */
bool pvmmio_irq_disabled(struct vgpu *vgpu);

/*
 * Copy a record, each word read once, and leave its first word 0. Answer it. The level must have
 * been negotiated.
 */
void pvmmio_take(struct vgpu *vgpu, enum pvmmio_record which, uint32_t words[]);
void pvmmio_answer(struct vgpu *vgpu, enum pvmmio_record which, enum pvmmio_status status);

/*
 * The redirected read port: the register that reg_addr names, as a trapped read of it gives it. 0
 * without the level, and with an incident noted for what is no register: misaligned, out of the
 * register space, or in the PVINFO page, which has the port itself in it.
 */
uint32_t pvmmio_read_port(struct vgpu *vgpu);

/* Reads of registers trap again. For whoever takes the levels away. */
void pvmmio_stop_direct_reads(struct vgpu *vgpu);

/*
 * Notifications G2V_PPGTT_L4_ALLOC to G2V_GGTT_CLEAR: copy the record, each field read once, do
 * what it says, store the status. 0; -EINVAL with an incident noted and nothing changed.
 */
int pvmmio_notify(struct vgpu *vgpu, uint32_t code);

/* Reset of the device by the VMM: no level is negotiated, no page known. No space is left. */
void pvmmio_reset(struct vgpu *vgpu);

#endif
