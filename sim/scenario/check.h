/* SPDX-License-Identifier: MIT */
/*
 * From a document to a configuration: every check that a scenario must pass, on one document that
 * variants and overrides were already applied to.
 */
#ifndef PVMMIO_SIM_SCENARIO_CHECK_H
#define PVMMIO_SIM_SCENARIO_CHECK_H

#include "sim/scenario/config.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/profile.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/yaml.h"

#define CHECK_VM_LIMIT           64   /* as many as a machine takes; GVT-g has 7 vGPUs */
#define CHECK_STEP_LIMIT         1000 /* in one list */
#define CHECK_MEMORY_LIMIT_BYTES (UINT64_C(32) << 30) /* all VMs together */

struct check {
	struct diag *diag;
	struct profile_store *profiles;
	const char *scenario_path;
	const char *profile_dir; /* may be NULL */
};

/*
 * Check root and fill in *head and *config. Errors go to diag, where the caller looks for them;
 * what could be read is in *config, to be ended with config_free() in every case. 0 or -ENOMEM.
 */
int check_scenario(const struct check *check, const struct yaml_node *root,
		   struct scenario_head *head, struct sim_config *config);

/* Part of it: the workload of vm, of which the rest was read. 0 or -ENOMEM. */
int check_workload(const struct check *check, const struct yaml_node *node, struct vm_config *vm);

/* Free what config points to, not config. */
void config_free(struct sim_config *config);

/* Keys beside VMs that a variant has in a report: names that no VM may have. NULL ends the list. */
const char *check_reserved_name(unsigned index);

#endif
