/* SPDX-License-Identifier: MIT */
/*
 * VM and vCPU.
 *
 * A VM is guest RAM, a bus on which it sits from address 0, vCPUs, one PCI device as its driver
 * sees it, and a list of incidents. What stands behind the device's BARs is mapped on the VM's bus
 * by its owner: the mediator (trapping) or the hardware model itself (native).
 *
 * A vCPU is a context of the executor. It takes interrupts at interleaving points while they are
 * enabled: delivery, the guest's handler and the EOI run on the vCPU's context, marked as operation
 * `interrupt`.
 *
 *   what it costs              to a running vCPU        to a halted vCPU
 *   native VM                  delivery                 delivery
 *   virtualized, posted        delivery                 wake, delivery
 *   virtualized, not posted    EXIT_INTERRUPT,          wake, delivery, EXIT_EOI
 *                              delivery, EXIT_EOI
 *
 * What arrives during an exit is delivered by the re-entry that ends it, without EXIT_INTERRUPT,
 * unless interrupts are disabled then: that takes an exit when they are enabled again.
 *
 * Interrupts that arrive while one is pending merge with it, as edges do in an interrupt request
 * register; one that arrives while one is in service is taken after it.
 */
#ifndef PVMMIO_SIM_MACHINE_VM_H
#define PVMMIO_SIM_MACHINE_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine/bus.h"
#include "sim/machine/incident.h"
#include "sim/machine/machine.h"
#include "sim/machine/msi.h"
#include "sim/machine/party.h"

#define VM_VCPU_LIMIT       16
#define VM_PCI_CONFIG_BYTES 256
#define VCPU_OP_DEPTH       8
#define VCPU_IRQ_QUEUE      16 /* interrupts on their way to one vCPU, told apart */

struct vcpu;

struct vm_options {
	const char *name;      /* copied */
	uint64_t memory_bytes; /* multiple of GUEST_RAM_GRANULE */
	unsigned vcpu_count;   /* 1 .. VM_VCPU_LIMIT */
	bool virtualized;      /* false: native, its accesses never exit */
};

struct vm {
	struct machine *m;
	unsigned id; /* index in m->vms */
	char name[32];
	bool virtualized;
	struct guest_ram *ram;
	struct bus *bus;
	struct dma_domain dma; /* a passed-through device's view of this VM */
	struct vcpu *vcpus[VM_VCPU_LIMIT];
	unsigned vcpu_count;
	uint8_t pci_config[VM_PCI_CONFIG_BYTES]; /* the GPU's, read by the guest; its owner fills it
						  */
	struct incident_list incidents;
	/* For the platform: the guest's interrupt handler, called on the vCPU that got it. */
	void (*irq_handler)(void *opaque);
	void *irq_opaque;
};

struct vcpu {
	struct party party; /* what its context's local pointer shows to */
	struct vm *vm;
	unsigned id;
	struct exec_context *context; /* NULL until vcpu_start() */
	exec_entry_fn entry;
	void *entry_arg;
	bool irq_enabled;
	bool irq_in_service;
	bool halted;
	/* Arrival times of interrupts not taken yet, ascending; [0] is EXEC_NEVER when none. */
	uint64_t irq_at_ps[VCPU_IRQ_QUEUE];
	unsigned irq_count;
	uint64_t wake_at_ps;       /* vcpu_wake() came for this time, or EXEC_NEVER */
	struct exec_waitq waiting; /* the vCPU itself, when it is halted or in a delay */
	unsigned op_depth;
	struct {
		enum guest_op op;
		uint64_t start_ps;
		uint64_t nested_ps; /* spent in operations nested in this one */
	} ops[VCPU_OP_DEPTH];
	uint64_t interrupts_taken;
	uint64_t interrupts_ps;     /* spent in them: delivery, handler, end */
	uint64_t interrupts_merged; /* arrived while one was pending */
	uint64_t idle_ps;           /* halted, or in a delay and not in a handler */
};

/*
 * Add a VM to m: its RAM on its bus, the bus with the prices and the ledger of m. 0, -EINVAL,
 * -ENOSPC, -ENOMEM.
 */
int vm_create(struct vm **out, struct machine *m, const struct vm_options *options);

/* Only machine_destroy() destroys VMs. */

/*
 * Let vCPU id run entry(arg) from time start_ps: the guest's software. Interrupts start disabled.
 * 0, -EINVAL, -EBUSY (started already), -ENOMEM.
 */
int vcpu_start(struct vm *vm, unsigned id, uint64_t start_ps, exec_entry_fn entry, void *arg);

/* The vCPU whose context runs now; NULL on any other context. */
struct vcpu *vcpu_current(const struct machine *m);

/*
 * Post an interrupt that arrives at at_ps, now or later. From any context. A vCPU that sleeps or
 * delays takes it at that time.
 */
void vcpu_post_interrupt(struct vcpu *vcpu, uint64_t at_ps);

/* An msi_target that posts to vcpu. */
struct msi_target vcpu_msi_target(struct vcpu *vcpu);

/* Take a pending interrupt if there is one and it may be taken. The platform calls this. */
void vcpu_poll_interrupts(struct vcpu *vcpu);

/* Enable or disable interrupts; enabling takes what is pending. Returns the previous state. */
bool vcpu_set_irq_enabled(struct vcpu *vcpu, bool enabled);

/* Interrupts disabled, and none of those on their way will arrive: the VM is reset. */
void vcpu_reset_interrupts(struct vcpu *vcpu);

/* Pass ps of time, or until open interrupts and their handlers are done if that is later. */
void vcpu_delay(struct vcpu *vcpu, uint64_t ps);

/*
 * Use the CPU for ps, without the time of interrupts meanwhile; each is taken at the end of the
 * microsecond in which it came.
 */
void vcpu_compute(struct vcpu *vcpu, uint64_t ps);

/*
 * Enable interrupts, sleep until one was taken, until woken by vcpu_wake(), or until deadline_ps,
 * then restore the interrupt flag. An interrupt already pending is taken without sleeping. 0, or
 * -ETIMEDOUT at the deadline.
 */
int vcpu_halt(struct vcpu *vcpu, uint64_t deadline_ps);

/*
 * Make the vCPU return from vcpu_halt(), no earlier than at_ps. While it is not halted but has its
 * interrupts disabled, its next vcpu_halt() returns at once: the wake-up fell between its last test
 * and the sleep. From any context.
 */
void vcpu_wake(struct vcpu *vcpu, uint64_t at_ps);

/* Begin and end a marked operation. They nest; ends must match begins. */
void vcpu_op_begin(struct vcpu *vcpu, enum guest_op op);
void vcpu_op_end(struct vcpu *vcpu, enum guest_op op);
enum guest_op vcpu_op(const struct vcpu *vcpu);

#endif
