/* SPDX-License-Identifier: MIT */
/*
 * What reading one workload's steps carries along. Internal to check_workload.c and check_object.c.
 */
#ifndef PVMMIO_SIM_SCENARIO_CHECK_STEPS_H
#define PVMMIO_SIM_SCENARIO_CHECK_STEPS_H

#include "sim/scenario/check.h"

/* Steps are read in the order in which they are done. */
struct step_reader {
	struct diag *diag;
	struct workload_config *workload;
	bool has_display;
	bool is_native;
	bool bound[CONFIG_OBJECT_LIMIT]; /* where reading is now */
	struct text_pos bind_pos[CONFIG_OBJECT_LIMIT];
};

/* Read `context` of map, or its default. false after an error. */
bool check_context(struct step_reader *r, const struct yaml_node *map, unsigned *out);

void check_bind(struct step_reader *r, const struct yaml_node *map, struct step_config *step);
void check_unbind(struct step_reader *r, const struct yaml_node *map, struct step_config *step);

/* A submission that names an object: is it bound where the submission sees it? */
void check_target(struct step_reader *r, const struct yaml_node *map, struct step_config *step);

/* The descriptor of a workload that has one. Errors in it go to diag. 0, -ENOMEM. */
int check_wsim(const struct check *check, const struct yaml_node *workload, struct wsim **out);

/* At the end of the steps: what is still bound must not be in the way of the next turn. */
void check_bound(struct step_reader *r);

#endif
