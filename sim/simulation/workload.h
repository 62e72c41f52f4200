/* SPDX-License-Identifier: MIT */
/*
 * Workload: the guest's application, a client of its i915 driver. Internal to sim/simulation.
 *
 * It runs on vCPU 0; further vCPUs of the VM stay idle. Steps are done in order, and again as often
 * as the configuration repeats them. A step owns its batch and its buffers, for each frame that may
 * be in flight; it waits for the submission that used them last before it uses them again, whether
 * or not the steps say so.
 *
 * Everything that the GPU is told to write is verified by the guest's CPU. Before a submission the
 * destination is filled with what must not be found there, and the expected contents, different
 * each time, are computed anew when the request has completed. Around the destination lies a margin
 * that must stay as it is.
 *
 * Named objects belong to a `bind` step from then until their `unbind`; submissions may write to
 * them, and what binding and unbinding took is in the result.
 *
 * A request that does not complete within the workload's timeout is lost: its buffers are left
 * alone from then on, since the GPU may still write to them.
 */
#ifndef PVMMIO_SIM_SIMULATION_WORKLOAD_H
#define PVMMIO_SIM_SIMULATION_WORKLOAD_H

#include "hw-model/gen9_gpu.h"
#include "sim/report/result.h"
#include "sim/scenario/config.h"
#include "sim/simulation/assembly.h"

struct workload;

/*
 * Prepare the workload of avm, whose measurements go to out as they are made. avm, hardware and out
 * must outlive it. 0, -ENOMEM.
 */
int workload_create(struct workload **out, const struct assembly_vm *avm,
		    const struct hw_profile *hardware, struct vm_result *result);

/* Start the driver, do all steps, stop the driver. On the VM's vCPU 0; waits. */
void workload_run(struct workload *workload);

/* Frees what the simulator holds; what the guest holds goes with its memory. NULL is allowed. */
void workload_destroy(struct workload *workload);

#endif
