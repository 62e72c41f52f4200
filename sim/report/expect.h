/* SPDX-License-Identifier: MIT */
/*
 * Expectations, evaluated on the report's tree. Internal to sim/report.
 *
 * A path starts with a variant's name and goes on with names of keys, separated by dots:
 *
 *	baseline.virtual_time_ps
 *	baseline.vm0.submit.exits_per_op           an operation, right behind the VM
 *	baseline.vm0.exits.by_register.RCS0_ELSP.count
 *	baseline.vm0.exits.by_register.RCS0_ELSP:mmio_write.time_ps
 *
 * VMs and registers are chosen by name; a register without a reason is the sum over its reasons.
 * Names may contain dots themselves: the longest key that fits is taken. Operations, reasons, kinds
 * of work, incidents and registers that are valid but did not occur are zero; any other name that
 * is not there is an error.
 */
#ifndef PVMMIO_SIM_REPORT_EXPECT_H
#define PVMMIO_SIM_REPORT_EXPECT_H

#include <stdbool.h>

#include <jansson.h>

#include "sim/scenario/scenario.h"

#define EXPECT_MESSAGE_BYTES 512

struct expect_scope {
	const json_t *variants; /* array of the report's variants */
	const struct scenario *scenario;
	const char *const *incident_names; /* NULL-terminated; NULL: none */
};

struct expect_value {
	json_t *value; /* owned by whoever resolved it; NULL when there is none */
	bool skipped;  /* the path names a variant that was not run */
	char message[EXPECT_MESSAGE_BYTES]; /* why there is none */
};

/* Find what path names. 0, or -ENOENT with skipped or message set, or -ENOMEM. */
int expect_resolve(const struct expect_scope *scope, const char *path, struct expect_value *out);

/*
 * One expectation's object of the report: text, line, ok, measured, expected, message. New
 * reference, NULL when out of memory.
 */
json_t *expect_evaluate(const struct expect_scope *scope, const struct scenario_expect *expect);

#endif
