// SPDX-License-Identifier: MIT
#include "sim/scenario/lookup.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario/file.h"
#include "sim/scenario/read.h"

#define NAMES_BYTES 256

int lookup_add(struct lookup *lookup, char *folder)
{
	if (!folder)
		return -ENOMEM;
	lookup->folders[lookup->count++] = folder;
	return 0;
}

void lookup_free(struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->count; i++)
		free(lookup->folders[i]);
	lookup->count = 0;
}

/* 0 and the path of an existing file, -ENOENT, -ENOMEM. */
static int find_file(const struct lookup *lookup, const char *name, char **out)
{
	for (size_t i = 0; i < lookup->count; i++) {
		char *path;

		if (asprintf(&path, "%s/%s.yaml", lookup->folders[i], name) < 0)
			return -ENOMEM;
		if (!access(path, F_OK)) {
			*out = path;
			return 0;
		}
		free(path);
	}
	return -ENOENT;
}

static int is_named_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && len < CONFIG_NAME_BYTES + 5 && entry->d_name[0] != '.' &&
	       !strcmp(entry->d_name + len - 5, ".yaml");
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool listed(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = names; (p = strstr(p, name)); p += len) {
		if ((p == names || p[-1] == ' ') && (p[len] == ',' || !p[len]))
			return true;
	}
	return false;
}

/* Names that there are: to names, separated by commas, and to the search for the nearest. */
static void collect_names(const struct lookup *lookup, char *names, const char *wanted,
			  char nearest_name[CONFIG_NAME_BYTES])
{
	struct nearest nearest;

	nearest_begin(&nearest, wanted);
	for (size_t i = 0; i < lookup->count; i++) {
		struct dirent **entries = NULL;
		int count = scandir(lookup->folders[i], &entries, is_named_file, compare_entries);

		for (int e = 0; e < count; e++) {
			char *name = entries[e]->d_name;
			size_t used = strlen(names);

			name[strlen(name) - 5] = '\0';
			if (!listed(names, name) && used + strlen(name) + 3 < NAMES_BYTES)
				strcat(used ? strcat(names, ", ") : names, name);
			if (strlen(name) < CONFIG_NAME_BYTES)
				nearest_offer(&nearest, name);
			if (nearest.best == name)
				nearest.best = strcpy(nearest_name, name); /* name goes now */
			free(entries[e]);
		}
		free(entries);
	}
}

static void no_such_file(const struct lookup *lookup, struct diag *diag,
			 const struct yaml_node *node)
{
	char nearest_name[CONFIG_NAME_BYTES] = "", hint[NEAREST_HINT_BYTES] = "";
	char names[NAMES_BYTES] = "";

	collect_names(lookup, names, node->text, nearest_name);
	if (*nearest_name)
		snprintf(hint, sizeof(hint), "; did you mean '%s'?", nearest_name);
	diag_error(diag, node->pos, "no %s is called '%.40s'; expected %s%s%s", lookup->what,
		   node->text, *names ? "one of " : "a path", names, hint);
}

static bool is_path(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && !strcmp(name + len - 5, ".yaml");
}

int lookup_find(const struct lookup *lookup, struct diag *diag, const struct yaml_node *node,
		const char *scenario_path, char **out)
{
	char name[CONFIG_NAME_BYTES];
	int err;

	if (is_path(node->text)) {
		*out = file_beside(scenario_path, node->text);
		if (*out && access(*out, F_OK)) {
			diag_error(diag, node->pos, "no %s at '%.200s'", lookup->what, *out);
			free(*out);
			*out = NULL;
			return -EINVAL;
		}
		return *out ? 0 : -ENOMEM;
	}
	if (!read_name(diag, lookup->key, node, name))
		return -EINVAL;
	err = find_file(lookup, name, out);
	if (err == -ENOENT) {
		no_such_file(lookup, diag, node);
		err = -EINVAL;
	}
	return err;
}
