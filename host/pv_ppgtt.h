/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of kind PPGTT_PV: host-owned tables, changed on the guest's notifications.
 *
 * Weak, so that the mediator links without: the level that makes such spaces cannot be negotiated
 * then.
 */
#ifndef PVMMIO_HOST_PV_PPGTT_H
#define PVMMIO_HOST_PV_PPGTT_H

struct ppgtt_mm;

/* Fill mm->hw_root with tables that map nothing. 0, -ENOMEM. */
int pv_ppgtt_create(struct ppgtt_mm *mm) __attribute__((weak));
void pv_ppgtt_destroy(struct ppgtt_mm *mm) __attribute__((weak));

#endif
