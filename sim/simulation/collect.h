/* SPDX-License-Identifier: MIT */
/*
 * Collect: what the parts of a machine counted, gathered into a result. Internal to sim/simulation.
 */
#ifndef PVMMIO_SIM_SIMULATION_COLLECT_H
#define PVMMIO_SIM_SIMULATION_COLLECT_H

#include "sim/report/result.h"
#include "sim/simulation/assembly.h"

/*
 * Fill in result, whose VMs have their workload's measurements already. All of assembly must still
 * be there: names come from those who own the registers. 0, -ENOMEM.
 */
int collect_result(const struct assembly *assembly, struct sim_result *result);

#endif
