/* SPDX-License-Identifier: MIT */
/*
 * The platform of sim/platform.h on the simulated machine: one per VM.
 *
 * The guest's RAM is handed out page by page from the top of guest memory down; the first MiB is
 * never handed out, so that a zero gpa is always a mistake.
 */
#ifndef PVMMIO_SIM_MACHINE_PLATFORM_IMPL_H
#define PVMMIO_SIM_MACHINE_PLATFORM_IMPL_H

#include <stdint.h>

#include "sim/machine/vm.h"
#include "sim/platform.h"

/* 0, -ENOMEM. The VM must outlive it. */
int platform_create(struct platform **out, struct vm *vm);
void platform_destroy(struct platform *plat);

/*
 * The VM boots anew: no page is handed out, nobody handles interrupts, which are disabled, and none
 * is on its way. Memory keeps its content, handed out again it is zeroed. On a vCPU of the VM, the
 * only one that runs, outside of interrupt handlers; what the driver had is void.
 */
void platform_reboot(struct platform *plat);

/* Pages handed out and not freed: a leak check for the driver's tests. */
uint64_t platform_pages_in_use(const struct platform *plat);

/* Messages of the driver so far. The last one and its value; NULL when there was none. */
uint64_t platform_log_count(const struct platform *plat);
const char *platform_last_log(const struct platform *plat, uint64_t *value);

#endif
