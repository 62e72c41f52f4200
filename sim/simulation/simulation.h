/* SPDX-License-Identifier: MIT */
/*
 * Simulation: wires machine, hardware, mediator and guests together as a configuration says, runs
 * it, and gives what was measured. The library's front door for unit tests; the only place where
 * all parties meet.
 *
 *	struct scenario *scenario;
 *	struct sim_result *result;
 *	scenario_load(&scenario, "submission.yaml", &options);
 *	simulation_run(&result, &scenario->variants[0].config, NULL);
 */
#ifndef PVMMIO_SIM_SIMULATION_SIMULATION_H
#define PVMMIO_SIM_SIMULATION_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/machine/trace.h"
#include "sim/report/result.h"
#include "sim/scenario/config.h"

struct simulation_options {
	struct trace_sink *trace; /* NULL: none */
};

/*
 * Run config from power-on until every VM's workload has ended. A guest that fails is a result, not
 * an error. 0 and the result, to be ended with sim_result_free(); -EINVAL when the VMs do not fit
 * the hardware (GGTT shares, fences, more than one native VM); -ENOMEM.
 */
int simulation_run(struct sim_result **out, const struct sim_config *config,
		   const struct simulation_options *options);

#define SIMULATION_WHY_BYTES 256

/*
 * Would simulation_run() start? Puts the machine together and takes it apart again, without running
 * it. 0, or the error that simulation_run() would give and one sentence about it in why.
 */
int simulation_check(const struct sim_config *config, char *why, size_t len);

/*
 * Do a and b ask for the same room on the machine and the GPU, VM by VM? Then what
 * simulation_check() says of one it says of the other.
 */
bool simulation_same_room(const struct sim_config *a, const struct sim_config *b);

/* Names that incidents can have, as in every result: static strings, NULL after the last. */
void simulation_incident_names(const char *names[RESULT_INCIDENT_NAME_LIMIT + 1]);

#endif
