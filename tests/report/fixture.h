/* SPDX-License-Identifier: MIT */
/*
 * A hand-made scenario with hand-made results: three variants of one VM, three submissions each.
 *
 *   variant    exits                                                  completed
 *   native     none                                                   3
 *   baseline   12 writes of BCS0_ELSP, 1 read of MASTER_IRQ in init   3
 *   pvmmio     4 writes of BCS0_ELSP (4/3 a submission)               2, 1 lost, an incident
 */
#ifndef PVMMIO_SIM_TESTS_REPORT_FIXTURE_H
#define PVMMIO_SIM_TESTS_REPORT_FIXTURE_H

#include "sim/report/result.h"
#include "sim/scenario/scenario.h"

#define FIXTURE_VARIANTS 12
#define FIXTURE_EXPECTS  8

enum { FIXTURE_NATIVE, FIXTURE_BASELINE, FIXTURE_PVMMIO };

struct fixture {
	struct scenario scenario;
	struct scenario_variant variants[FIXTURE_VARIANTS];
	struct vm_config vms[FIXTURE_VARIANTS];
	struct scenario_expect expects[FIXTURE_EXPECTS];
	struct sim_result *results[FIXTURE_VARIANTS];
};

/* Three variants and no expectation. */
struct fixture *fixture_create(void);
void fixture_destroy(struct fixture *f);

/* One more variant, a copy of baseline under another name. */
void fixture_add_variant(struct fixture *f, const char *name);

/* left op right, right an integer. Returns it, for changes. Strings must outlive the fixture. */
struct scenario_expect *fixture_expect(struct fixture *f, const char *left, enum expect_op op,
				       int64_t right);

#endif
