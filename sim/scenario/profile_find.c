// SPDX-License-Identifier: MIT
#include "sim/scenario/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario/file.h"
#include "sim/scenario/read.h"

#define FOLDER_LIMIT 4
#define NAMES_BYTES  256

/* Folders that may hold hardware/ and costs/, in the order in which they are searched. */
struct folders {
	char *path[FOLDER_LIMIT];
	size_t count;
};

static bool folders_add(struct folders *folders, char *path)
{
	if (path)
		folders->path[folders->count++] = path;
	return path != NULL;
}

static void folders_free(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->path[i]);
}

static int folders_collect(struct folders *folders, const char *scenario_path,
			   const char *profile_dir)
{
	*folders = (struct folders){ 0 };
	if (profile_dir && !folders_add(folders, strdup(profile_dir)))
		return -ENOMEM;
	if (!folders_add(folders, file_beside(scenario_path, "profiles")) ||
	    !folders_add(folders, strdup(PVMMIO_SIM_PROFILE_DIR)) ||
	    !folders_add(folders, strdup(PVMMIO_SIM_PROFILE_DIR_INSTALLED))) {
		folders_free(folders);
		return -ENOMEM;
	}
	return 0;
}

static char *folder_path(const char *folder, enum profile_kind kind, const char *name,
			 const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s/%s/%s%s", folder, param_kind_name(kind), name, suffix) < 0)
		return NULL;
	return path;
}

/* 0 and the path of an existing file, -ENOENT, -ENOMEM. */
static int find_file(const struct folders *folders, enum profile_kind kind, const char *name,
		     char **out)
{
	for (size_t i = 0; i < folders->count; i++) {
		char *path = folder_path(folders->path[i], kind, name, ".yaml");

		if (!path)
			return -ENOMEM;
		if (!access(path, F_OK)) {
			*out = path;
			return 0;
		}
		free(path);
	}
	return -ENOENT;
}

static int is_profile_file(const struct dirent *entry)
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
static void collect_names(const struct folders *folders, enum profile_kind kind, char *names,
			  const char *wanted, char nearest_name[CONFIG_NAME_BYTES])
{
	struct nearest nearest;

	nearest_begin(&nearest, wanted);
	for (size_t i = 0; i < folders->count; i++) {
		char *path = folder_path(folders->path[i], kind, "", "");
		struct dirent **entries = NULL;
		int count = path ? scandir(path, &entries, is_profile_file, compare_entries) : -1;

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
		free(path);
	}
}

static void no_such_profile(struct diag *diag, const struct folders *folders,
			    enum profile_kind kind, const struct yaml_node *node)
{
	char nearest_name[CONFIG_NAME_BYTES] = "", hint[NEAREST_HINT_BYTES] = "";
	char names[NAMES_BYTES] = "";

	collect_names(folders, kind, names, node->text, nearest_name);
	if (*nearest_name)
		snprintf(hint, sizeof(hint), "; did you mean '%s'?", nearest_name);
	diag_error(diag, node->pos, "no %s profile is called '%.40s'; expected %s%s%s",
		   kind == PROFILE_COSTS ? "cost" : "hardware", node->text,
		   *names ? "one of " : "a path", names, hint);
}

static bool is_path(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && !strcmp(name + len - 5, ".yaml");
}

/* Where the profile is: 0 and a malloc()ed path, -EINVAL with a message, -ENOMEM. */
static int locate(struct diag *diag, enum profile_kind kind, const struct yaml_node *node,
		  const char *scenario_path, const char *profile_dir, char **out)
{
	char name[CONFIG_NAME_BYTES];
	struct folders folders;
	int err;

	if (is_path(node->text)) {
		*out = file_beside(scenario_path, node->text);
		if (*out && access(*out, F_OK)) {
			diag_error(diag, node->pos, "no profile at '%.200s'", *out);
			free(*out);
			return -EINVAL;
		}
		return *out ? 0 : -ENOMEM;
	}
	if (!read_name(diag, param_kind_name(kind), node, name))
		return -EINVAL;
	err = folders_collect(&folders, scenario_path, profile_dir);
	if (err)
		return err;
	err = find_file(&folders, kind, name, out);
	if (err == -ENOENT) {
		no_such_profile(diag, &folders, kind, node);
		err = -EINVAL;
	}
	folders_free(&folders);
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
