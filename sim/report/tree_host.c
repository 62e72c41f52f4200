// SPDX-License-Identifier: MIT
/* What the host's schedulers gave: the GPU to VMs, CPUs to vCPUs and threads. */
#include "sim/report/tree.h"

#define MILLION 1000000u

/* Percent of 64-bit picoseconds, in millionths, take more than 64 bits on the way. */
__extension__ typedef unsigned __int128 uint128;

json_t *tree_percent(uint64_t part, uint64_t whole)
{
	uint128 hundredfold = (uint128)part * 100;

	if (whole == 0)
		return json_null();
	if (hundredfold % whole == 0)
		return json_integer((json_int_t)(hundredfold / whole));
	return json_real((double)(uint64_t)((hundredfold * MILLION + whole / 2) / whole) / MILLION);
}

json_t *tree_scheduling(const struct scheduling_result *scheduling, uint64_t owned_ps)
{
	return json_pack("{s:I, s:I, s:I, s:o}", "weight", (json_int_t)scheduling->weight,
			 "owned_ps", (json_int_t)scheduling->owned_ps, "turns",
			 (json_int_t)scheduling->turns, "gpu_percent",
			 owned_ps ? tree_percent(scheduling->owned_ps, owned_ps) : json_integer(0));
}

static json_t *tree_cpu(const struct cpu_result *cpu, uint64_t time_ps)
{
	return json_pack("{s:I, s:I, s:I, s:o, s:o}", "run_ps", (json_int_t)cpu->run_ps, "wait_ps",
			 (json_int_t)cpu->wait_ps, "preemptions", (json_int_t)cpu->preemptions,
			 "cpu_percent", tree_percent(cpu->run_ps, time_ps), "wait_percent",
			 tree_percent(cpu->wait_ps, time_ps));
}

json_t *tree_cpus(const struct cpu_result *cpus, size_t count, uint64_t time_ps)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++) {
		if (json_object_set_new(object, cpus[i].name, tree_cpu(&cpus[i], time_ps))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}
