/* SPDX-License-Identifier: MIT */
/*
 * Transport: how a trapped access of the guest reaches the mediator, as a VFIO mediated device on
 * KVM hands it on. One access of the guest is one exit; the transport may make several calls of it.
 */
#ifndef PVMMIO_HOST_TRANSPORT_H
#define PVMMIO_HOST_TRANSPORT_H

#include "sim/machine/bus.h"

struct vgpu;

/*
 * Fill in the vGPU's three regions for a BAR0 at bar0: registers, the hole behind them, the GTT
 * window. The caller maps them BUS_TRAP.
 */
void transport_regions(struct vgpu *vgpu, uint64_t bar0);

#endif
