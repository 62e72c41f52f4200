/* SPDX-License-Identifier: MIT */
/*
 * Profiles: hardware and costs as data. A profile file gives every parameter of its kind a value, a
 * source and, where known, a range; docs/profiles.md is the manual.
 *
 * A name is looked for as KIND/NAME.yaml in: the folder of the options, profiles/ beside the
 * scenario, the project's scenarios/profiles, the installed one.
 */
#ifndef PVMMIO_SIM_SCENARIO_PROFILE_H
#define PVMMIO_SIM_SCENARIO_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/diag.h"
#include "sim/scenario/params.h"
#include "sim/scenario/schema.h"

struct profile_param {
	uint64_t value;
	uint64_t low, high; /* range; both value when the file gives none */
	char *source;
};

struct profile {
	struct profile_head head;
	uint64_t cpu_hz; /* 0: not given */
	struct profile_param params[PARAM_LIMIT];
};

/* Profiles of one load, each read once. Zero-initialise; end with profile_store_free(). */
struct profile_store {
	struct profile_entry *entries;
};

/*
 * The profile that name, written at node, means in a scenario at scenario_path. profile_dir may be
 * NULL. 0; -EINVAL with messages in diag; -ENOMEM. The store owns *out.
 */
int profile_get(struct profile_store *store, struct diag *diag, enum profile_kind kind,
		const struct yaml_node *node, const char *scenario_path, const char *profile_dir,
		const struct profile **out);

/* The same for a profile in a file of its own. */
int profile_load(struct profile_store *store, struct diag *diag, enum profile_kind kind,
		 const char *path, const struct profile **out);

/* The profile that name means on a command line, given by option. As profile_get(). */
int profile_find(struct profile_store *store, struct diag *diag, enum profile_kind kind,
		 const char *option, const char *name, const struct profile **out);

void profile_store_free(struct profile_store *store);

#endif
