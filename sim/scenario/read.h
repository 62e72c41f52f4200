/* SPDX-License-Identifier: MIT */
/*
 * Reading mappings by the schema: YAML nodes into the fields that the rows name.
 *
 * Errors go to diag, at the place of the node they concern; reading goes on with what is left, so
 * that one pass finds all of them. A field whose value is wrong keeps what it had.
 */
#ifndef PVMMIO_SIM_SCENARIO_READ_H
#define PVMMIO_SIM_SCENARIO_READ_H

#include "sim/scenario/diag.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/yaml.h"

/*
 * Read map as section into base: defaults, then what is given. Unknown and missing keys are
 * errors. VALUE_OTHER rows without a field are only checked for being allowed: the caller reads
 * them. false when map is no mapping (an error, then nothing was read but defaults).
 */
bool read_section(struct diag *diag, enum schema_section section, const struct yaml_node *map,
		  void *base);

/* The same for what stands behind a step's word, which takes only some of its section's keys. */
bool read_step(struct diag *diag, const struct step_info *info, const struct yaml_node *map,
	       void *base);

/* Read one value as row says. false after an error. */
bool read_value(struct diag *diag, const struct schema_row *row, const struct yaml_node *node,
		void *base);

/* Read a name: letters, digits, _ and -, not only digits. false after an error. */
bool read_name(struct diag *diag, const char *key, const struct yaml_node *node,
	       char out[CONFIG_NAME_BYTES]);

/* node is a list; else an error that says what key needs. An empty one is an error, too. */
bool read_list(struct diag *diag, const char *key, const struct yaml_node *node);

#endif
