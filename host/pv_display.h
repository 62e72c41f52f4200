/* SPDX-License-Identifier: MIT */
/*
 * pvmmio levels plane_update and plane_watermark: registers of a plane taken from a record in the
 * shared page, in the exit of the one that the guest still writes.
 *
 * The record is copied once, each word read once, and taken: its first word becomes 0. The copy is
 * checked; then all of it is applied, by the handlers of the registers and in the order of a driver
 * that writes them one by one, or nothing. The status word says which.
 *
 * Source of the order: skl_update_plane() and skl_write_plane_wm() of Linux 4.19.
 */
#ifndef PVMMIO_HOST_PV_DISPLAY_H
#define PVMMIO_HOST_PV_DISPLAY_H

struct vgpu;

/*
 * Apply the record to a plane (1 to 3) of a pipe: everything but PLANE_SURF, or but
 * PLANE_NV12_BUF_CFG. The level must have been negotiated. 0; -EINVAL with an incident noted and
 * nothing changed: then the register whose write brought this must not change either.
 */
int pv_display_plane(struct vgpu *vgpu, unsigned pipe, unsigned plane);
int pv_display_watermark(struct vgpu *vgpu, unsigned pipe, unsigned plane);

#endif
