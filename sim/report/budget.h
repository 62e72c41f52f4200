/* SPDX-License-Identifier: MIT */
/*
 * Budgets: expectations that come from a command line and hold for one variant of a report.
 *
 *	vm0.submit.exits_per_op=1
 *	vm0.exits.time_ps <= 3ms
 *
 * The path leads from the variant (docs/report.md); operators are those of expectations, and `=`
 * for `==`.
 */
#ifndef PVMMIO_SIM_REPORT_BUDGET_H
#define PVMMIO_SIM_REPORT_BUDGET_H

#include <jansson.h>

#include "sim/scenario/scenario.h"

#define BUDGET_WHY_BYTES 512

struct budget {
	const char *text; /* as given; the caller's */
	struct scenario_expect expect;
};

/* Read text. 0; -EINVAL with a sentence in why, of BUDGET_WHY_BYTES; -ENOMEM. */
int budget_read(struct budget *budget, const char *text, char *why);
void budget_free(struct budget *budget);

/*
 * Is it kept by variant? As expectations are in a report: text, ok, op, measured, expected,
 * message; incident_names as in a result. The variant must have the shape of one: see
 * compare_variants(). New reference; NULL when out of memory.
 */
json_t *budget_evaluate(const struct budget *budget, const json_t *variant,
			const char *const *incident_names);

#endif
