// SPDX-License-Identifier: MIT
#include "sim/scenario/workload_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/file.h"
#include "sim/scenario/lookup.h"
#include "sim/scenario/read.h"

struct workload_entry {
	struct workload_entry *next;
	char *path;
	struct arena arena;
	struct yaml_node body; /* mapping of the workload's own keys */
	int err;               /* of loading it; its messages were given then */
};

/* ---- a file ---- */

/* Is it a key of the file rather than of the workload? Unknown ones are complained of there. */
static bool is_head_key(const char *key)
{
	return schema_find(SECTION_WORKLOAD_FILE, key) || !strcmp(key, "use") ||
	       !schema_find(SECTION_WORKLOAD, key);
}

/* A name is that of the file: the one to write in a scenario. */
static int check_name(struct diag *diag, const char *path, const struct yaml_node *root,
		      const struct workload_head *head)
{
	const struct yaml_node *name = yaml_get(root, "workload");
	char *base = file_base_name(path, ".yaml");

	if (!base)
		return -ENOMEM;
	if (name && *head->name && strcmp(base, head->name))
		diag_error(diag, name->pos, "'workload' is '%s' in a file called '%.40s.yaml'",
			   head->name, base);
	free(base);
	return 0;
}

/* Move the children of root to the head's mapping or to the workload's. */
static void split(struct yaml_node *root, struct yaml_node *head, struct yaml_node *body)
{
	struct yaml_node *next;

	*head = *body = (struct yaml_node){ .kind = YAML_MAP, .pos = root->pos };
	for (struct yaml_node *child = root->first; child; child = next) {
		next = child->next;
		yaml_append(is_head_key(child->key) ? head : body, child);
	}
}

static int read_workload(struct diag *diag, const char *path, struct yaml_node *root,
			 struct workload_entry *entry)
{
	struct workload_head head = { 0 };
	struct yaml_node head_map;

	if (root->kind != YAML_MAP) {
		diag_error(diag, root->pos, "a workload file is %s; expected a mapping of keys",
			   yaml_kind_name(root));
		return 0;
	}
	split(root, &head_map, &entry->body);
	read_section(diag, SECTION_WORKLOAD_FILE, &head_map, &head);
	workload_check_sources(diag, &entry->body, yaml_get(&head_map, "sources"));
	return check_name(diag, path, &head_map, &head);
}

static int load_file(struct diag *diag, const char *path, struct workload_entry *entry)
{
	size_t errors = diag_error_count(diag);
	const struct source *source;
	struct yaml_node *root;
	char *text = NULL;
	size_t len = 0;
	int err = file_read(path, YAML_FILE_BYTES_LIMIT, &text, &len);
	int open_err = err == -ENOMEM ? 0 : err;

	if (open_err)
		text = strdup("");
	if (!text)
		return -ENOMEM;
	source = diag_add_source(diag, path, text, len, false);
	if (!source)
		return -ENOMEM;
	if (open_err) {
		diag_error(diag, (struct text_pos){ source, 0, 0 }, "cannot read: %s",
			   strerror(-open_err));
		return -EINVAL;
	}
	err = yaml_parse(&root, &entry->arena, source, diag);
	if (!err)
		err = read_workload(diag, path, root, entry);
	if (!err && diag_error_count(diag) != errors)
		err = -EINVAL;
	return err;
}

static int load(struct workload_store *store, struct diag *diag, const char *path,
		struct workload_entry **out)
{
	struct workload_entry *entry = store->entries;

	while (entry && strcmp(entry->path, path))
		entry = entry->next;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->path = strdup(path);
		if (!entry->path) {
			free(entry);
			return -ENOMEM;
		}
		entry->next = store->entries;
		store->entries = entry;
		entry->err = load_file(diag, path, entry);
	}
	*out = entry;
	return entry->err;
}

void workload_store_free(struct workload_store *store)
{
	while (store->entries) {
		struct workload_entry *entry = store->entries;

		store->entries = entry->next;
		arena_free(&entry->arena);
		free(entry->path);
		free(entry);
	}
}

/* ---- use ---- */

static int locate(struct diag *diag, const struct yaml_node *use, const char *scenario_path,
		  char **out)
{
	struct lookup lookup = { .what = "workload", .key = "use" };
	int err;

	if (use->kind != YAML_SCALAR || yaml_is_empty(use)) {
		diag_error(diag, use->pos, "'use' is %s; expected the name of a workload",
			   yaml_kind_name(use));
		return -EINVAL;
	}
	err = lookup_add(&lookup, file_beside(scenario_path, "workloads"));
	if (!err)
		err = lookup_add(&lookup, strdup(PVMMIO_SIM_WORKLOAD_DIR));
	if (!err)
		err = lookup_add(&lookup, strdup(PVMMIO_SIM_WORKLOAD_DIR_INSTALLED));
	if (!err)
		err = lookup_find(&lookup, diag, use, scenario_path, out);
	lookup_free(&lookup);
	return err;
}

/* The file's keys first, in its order, then those that only the scenario has. */
static int merge(struct arena *arena, struct yaml_node *workload, const struct yaml_node *body)
{
	struct yaml_node *base = yaml_clone(arena, body);
	struct yaml_node *next;

	if (!base)
		return -ENOMEM;
	for (struct yaml_node *own = workload->first; own; own = next) {
		struct yaml_node *old = yaml_get(base, own->key);

		next = own->next;
		if (!strcmp(own->key, "use"))
			continue;
		if (old) {
			struct text_pos key_pos = own->key_pos;

			yaml_replace(base, old, own);
			own->key_pos = key_pos;
		} else {
			yaml_append(base, own);
		}
	}
	workload->first = base->first;
	workload->last = base->last;
	workload->count = base->count;
	return 0;
}

static int expand(struct workload_store *store, struct diag *diag, struct arena *arena,
		  const char *scenario_path, struct yaml_node *workload)
{
	const struct yaml_node *use = yaml_get(workload, "use");
	struct workload_entry *entry = NULL;
	char *path = NULL;
	int err;

	if (!use)
		return 0;
	err = locate(diag, use, scenario_path, &path);
	if (!err)
		err = load(store, diag, path, &entry);
	if (!err)
		err = merge(arena, workload, &entry->body);
	free(path);
	return err == -ENOMEM ? err : 0;
}

int workload_expand(struct workload_store *store, struct diag *diag, struct arena *arena,
		    const char *scenario_path, struct yaml_node *root)
{
	const struct yaml_node *vms = yaml_get(root, "vms");
	int err = 0;

	if (!vms || vms->kind != YAML_LIST)
		return 0;
	for (struct yaml_node *vm = vms->first; vm && !err; vm = vm->next)
		err = expand(store, diag, arena, scenario_path, yaml_get(vm, "workload"));
	return err;
}
