/* SPDX-License-Identifier: MIT */
/*
 * Expectations: `path op value` as text into struct scenario_expect. Evaluating them is the
 * report's business; here the form is checked, and that variants and VMs exist.
 */
#ifndef PVMMIO_SIM_SCENARIO_EXPECT_H
#define PVMMIO_SIM_SCENARIO_EXPECT_H

#include "sim/scenario/diag.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml.h"

/*
 * Read node, an entry of `expect`, into *out, whose strings the caller frees in every case. 0;
 * -EINVAL with a message in diag; -ENOMEM.
 */
int expect_read(struct diag *diag, const struct yaml_node *node, const struct scenario *scenario,
		struct scenario_expect *out);

void expect_free(struct scenario_expect *expect);

#endif
