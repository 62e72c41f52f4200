/* SPDX-License-Identifier: MIT */
/* What the machine, the VM and its vCPUs share of each other's insides. */
#ifndef PVMMIO_SIM_MACHINE_VM_IMPL_H
#define PVMMIO_SIM_MACHINE_VM_IMPL_H

#include "sim/machine/vm.h"

/* Destroys the vCPUs, the bus and the RAM as well. NULL is allowed. */
void vm_destroy(struct vm *vm);

/* A stopped vCPU of vm. 0, -ENOMEM. */
int vcpu_create(struct vcpu **out, struct vm *vm, unsigned id);
void vcpu_destroy(struct vcpu *vcpu);

#endif
