/* SPDX-License-Identifier: MIT */
/*
 * Runs a workload descriptor of gem_wsim in a guest: clients, each a thread on a vCPU of its own,
 * do the steps in order, and again as often as the workload repeats. Internal to sim/simulation.
 *
 * What a step becomes:
 *
 *   duration       work of the engine's own kind: draws, blits of a scratch surface, slices of a
 *                  video, columns of pixels; in pieces between points of preemption, if it has any
 *   endless        the batch polls a word that the terminating step stores
 *   what it reads  copied to the step's own output by the GPU, behind the work
 *   what it writes a serial number in the first word of its output and of each object
 *   dependencies   as i915 orders buffers: a reader awaits the last writer, a writer the last
 *                  writer and all readers; fences and submit fences as such
 *   load balancing the engine with the fewest requests when the batch is submitted, where i915
 *                  decides when an engine runs out of work
 *   VCS            the first video engine for even clients, the second for odd ones
 *
 * Each batch buffer is used again once its request has completed; a step has up to four. In the end
 * every output and object must hold the serial of who wrote it last, and every copy that of what it
 * was made of.
 *
 * Source: igt-gpu-tools benchmarks/gem_wsim.c for the order of things in an iteration, and for
 * throttling.
 */
#ifndef PVMMIO_SIM_SIMULATION_WSIM_H
#define PVMMIO_SIM_SIMULATION_WSIM_H

#include "sim/simulation/workload_impl.h"

/*
 * On the VM's vCPU 0, which is the first client; starts the others, and waits for them. Fills in
 * the clients of w->result. 0, or the negative errno that ended a client early.
 */
int wsim_run(struct workload *w);

#endif
