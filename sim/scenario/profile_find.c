// SPDX-License-Identifier: MIT
#include "sim/scenario/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/file.h"
#include "sim/scenario/lookup.h"

/* Add the folder of kind below folder, which is malloc()ed and taken over. */
static int add_kind(struct lookup *lookup, char *folder, enum profile_kind kind)
{
	char *path = NULL;

	if (folder && asprintf(&path, "%s/%s", folder, param_kind_name(kind)) < 0)
		path = NULL;
	free(folder);
	return lookup_add(lookup, path);
}

/* Where the profile is: 0 and a malloc()ed path, -EINVAL with a message, -ENOMEM. */
static int locate(struct diag *diag, enum profile_kind kind, const struct yaml_node *node,
		  const char *scenario_path, const char *profile_dir, char **out)
{
	struct lookup lookup = {
		.what = kind == PROFILE_COSTS ? "cost profile" : "hardware profile",
		.key = param_kind_name(kind),
	};
	int err = profile_dir ? add_kind(&lookup, strdup(profile_dir), kind) : 0;

	if (!err)
		err = add_kind(&lookup, file_beside(scenario_path, "profiles"), kind);
	if (!err)
		err = add_kind(&lookup, strdup(PVMMIO_SIM_PROFILE_DIR), kind);
	if (!err)
		err = add_kind(&lookup, strdup(PVMMIO_SIM_PROFILE_DIR_INSTALLED), kind);
	if (!err)
		err = lookup_find(&lookup, diag, node, scenario_path, out);
	lookup_free(&lookup);
	return err;
}

int profile_get(struct profile_store *store, struct diag *diag, enum profile_kind kind,
		const struct yaml_node *node, const char *scenario_path, const char *profile_dir,
		const struct profile **out)
{
	char *path = NULL;
	int err = locate(diag, kind, node, scenario_path, profile_dir, &path);

	if (err)
		return err;
	err = profile_load(store, diag, kind, path, out);
	free(path);
	return err;
}

int profile_find(struct profile_store *store, struct diag *diag, enum profile_kind kind,
		 const char *option, const char *name, const struct profile **out)
{
	struct yaml_node node = { .kind = YAML_SCALAR, .text = name };
	const struct source *source;
	char *label;
	int err;

	if (asprintf(&label, "%s %s", option, name) < 0)
		return -ENOMEM;
	source = diag_add_source(diag, label, strdup(name), strlen(name), true);
	free(label);
	if (!source)
		return -ENOMEM;
	node.pos = (struct text_pos){ .source = source };
	err = profile_get(store, diag, kind, &node, "", NULL, out);
	return diag->out_of_memory ? -ENOMEM : err;
}
