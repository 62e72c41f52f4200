/* SPDX-License-Identifier: MIT */
/*
 * The report's tree, one builder per object of docs/report.md. All return a new reference, NULL
 * when out of memory. Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_TREE_H
#define PVMMIO_SIM_REPORT_TREE_H

#include <jansson.h>

#include "sim/report/result.h"
#include "sim/scenario/scenario.h"

/* One variant: what was configured and what was measured. */
json_t *tree_variant(const struct scenario_variant *variant, const struct sim_result *result);

/* part of whole: a whole number of percent, or rounded to six decimals; null of nothing. */
json_t *tree_percent(uint64_t part, uint64_t whole);

/* A VM's turns at the GPU; owned_ps: what all VMs had it for. (tree_host.c) */
json_t *tree_scheduling(const struct scheduling_result *scheduling, uint64_t owned_ps);

/* vCPUs or threads by name, with their share of a CPU over time_ps. (tree_host.c) */
json_t *tree_cpus(const struct cpu_result *cpus, size_t count, uint64_t time_ps);

/*
 * Add `percent_of_native` to every VM of the report's variants: how its workload's duration
 * compares with that of the VM of the same name in the first variant where it is native and does
 * the same; null where there is none. 0, -ENOMEM. (tree_native.c)
 */
int tree_add_native(json_t *variants);

/*
 * What an operation, a sum, an incident looks like that never happened: all zero. Expectations see
 * these in place of valid names that are not in the tree.
 */
json_t *tree_zero_operation(void);
json_t *tree_zero_sum(void);
json_t *tree_zero_incident(void);

#endif
