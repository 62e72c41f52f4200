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

/*
 * What an operation, a sum, an incident looks like that never happened: all zero. Expectations see
 * these in place of valid names that are not in the tree.
 */
json_t *tree_zero_operation(void);
json_t *tree_zero_sum(void);
json_t *tree_zero_incident(void);

#endif
