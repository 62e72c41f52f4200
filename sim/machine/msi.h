/* SPDX-License-Identifier: MIT */
/*
 * MSI: the wire from a device to whoever handles its interrupts. Edge triggered: one send, one
 * delivery, unless a delivery is still pending at the receiver, which then sees one.
 */
#ifndef PVMMIO_SIM_MACHINE_MSI_H
#define PVMMIO_SIM_MACHINE_MSI_H

#include <stdint.h>

struct msi_target {
	/* Called on the sender's context. Must not wait. at_ps: when the message arrives. */
	void (*deliver)(void *opaque, uint64_t at_ps);
	void *opaque;
};

/* NULL deliver: no trigger installed, the message is dropped. */
static inline void msi_send(const struct msi_target *target, uint64_t at_ps)
{
	if (target->deliver)
		target->deliver(target->opaque, at_ps);
}

#endif
