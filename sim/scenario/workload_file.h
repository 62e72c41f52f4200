/* SPDX-License-Identifier: MIT */
/*
 * Workload files: a workload with a name, which scenarios use and override.
 *
 *	vms: [{name: vm0, workload: {use: glxgears, repeat: 10}}]
 *
 * A file has the keys of a workload, its own name, a title, and `sources`: for every figure of the
 * workload the publication it comes from, or `illustrative`. docs/workloads.md is the manual.
 *
 * A name is looked for as NAME.yaml in: workloads/ beside the scenario, the project's
 * scenarios/workloads, the installed one.
 */
#ifndef PVMMIO_SIM_SCENARIO_WORKLOAD_FILE_H
#define PVMMIO_SIM_SCENARIO_WORKLOAD_FILE_H

#include "sim/scenario/diag.h"
#include "sim/scenario/yaml.h"

/* Files of one load, each read once. Zero-initialise; end with workload_store_free(). */
struct workload_store {
	struct workload_entry *entries;
};

/*
 * In every workload of the scenario root, put the file that `use` names in the place of `use`: its
 * keys, but those that the workload gives itself. Workloads keep their nodes; what is new belongs
 * to arena. Where a file cannot be used `use` stays, with messages in diag. 0 or -ENOMEM.
 */
int workload_expand(struct workload_store *store, struct diag *diag, struct arena *arena,
		    const char *scenario_path, struct yaml_node *root);

void workload_store_free(struct workload_store *store);

/*
 * Has every figure of a workload a source, and every source a figure? Figures are numbers, sizes
 * and times, but for `repeat`, `duration` and `timeout`, which say how long is measured; and
 * descriptors of gem_wsim as a whole. sources may be NULL. Messages go to diag.
 */
void workload_check_sources(struct diag *diag, const struct yaml_node *body,
			    const struct yaml_node *sources);

#endif
