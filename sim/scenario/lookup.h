/* SPDX-License-Identifier: MIT */
/*
 * Files that scenarios name: NAME stands for NAME.yaml in the first of several folders that has it,
 * and a name that ends in .yaml for that path, beside the scenario.
 */
#ifndef PVMMIO_SIM_SCENARIO_LOOKUP_H
#define PVMMIO_SIM_SCENARIO_LOOKUP_H

#include "sim/scenario/diag.h"
#include "sim/scenario/yaml.h"

#define LOOKUP_FOLDER_LIMIT 4

/* Folders in the order in which they are searched. Zero-initialise; end with lookup_free(). */
struct lookup {
	const char *what; /* "cost profile", for messages */
	const char *key;  /* that has the name, for messages */
	char *folders[LOOKUP_FOLDER_LIMIT];
	size_t count;
};

/* Takes over folder, which is malloc()ed. 0; -ENOMEM when it is NULL. */
int lookup_add(struct lookup *lookup, char *folder);
void lookup_free(struct lookup *lookup);

/*
 * The file that node, a scalar in the scenario at scenario_path, names. 0 and a malloc()ed path;
 * -EINVAL with a message that lists the names there are; -ENOMEM.
 */
int lookup_find(const struct lookup *lookup, struct diag *diag, const struct yaml_node *node,
		const char *scenario_path, char **out);

#endif
