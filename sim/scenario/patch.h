/* SPDX-License-Identifier: MIT */
/*
 * Patches: one value put at a dotted path of a scenario's document, as a variant's `set` and the
 * command line's --set do.
 *
 *	seed
 *	platform.hardware                          a profile's name
 *	platform.costs.exit.transition             a parameter; the same as
 *	platform.set.exit.transition
 *	vms.vm0.pvmmio                             VMs by name or index from 0
 *	vms.vm0.workload.steps.0.fill.width        other lists by index
 *
 * A patch only changes the document: whether key and value are right is checked afterwards, like
 * everything else, with the place of the patch in messages.
 */
#ifndef PVMMIO_SIM_SCENARIO_PATCH_H
#define PVMMIO_SIM_SCENARIO_PATCH_H

#include "sim/scenario/diag.h"
#include "sim/scenario/yaml.h"

/*
 * Put a copy of value at path in the tree root of arena. key_pos is where path is written; its
 * dots count as columns from there if exact. 0; -EINVAL with a message; -ENOMEM.
 */
int patch_apply(struct diag *diag, struct arena *arena, struct yaml_node *root, const char *path,
		struct text_pos key_pos, const struct yaml_node *value);

/*
 * The workload that path leads into, a mapping of root, when it goes on to something other than
 * `use` there; else NULL.
 */
struct yaml_node *patch_workload(struct yaml_node *root, const char *path);

#endif
