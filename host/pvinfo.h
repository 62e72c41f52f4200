/* SPDX-License-Identifier: MIT */
/*
 * The PVINFO page of a vGPU: what it reads as, what writes to it do. Layout: sim/abi/pvinfo.h.
 *
 * Source: gvt/handlers.c and gvt/vgpu.c of Linux 5.3 (writes to unknown fields are dropped).
 */
#ifndef PVMMIO_HOST_PVINFO_H
#define PVMMIO_HOST_PVINFO_H

#include <stdint.h>

struct vgpu;

/* Fill the page's fields; also after a full reset. Negotiated pvmmio state shows as it is. */
void pvinfo_populate(struct vgpu *vgpu);

/* Handlers of the register table. A read of any field makes the guest known as GVT-aware. */
int pvinfo_read(struct vgpu *vgpu, uint32_t offset, uint32_t *value);
int pvinfo_write(struct vgpu *vgpu, uint32_t offset, uint32_t value);

/* Report name of the field at an offset in BAR0, or NULL outside of the page's fields. */
const char *pvinfo_register_name(uint32_t offset);

#endif
