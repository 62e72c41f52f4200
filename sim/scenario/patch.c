// SPDX-License-Identifier: MIT
#include "sim/scenario/patch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/nearest.h"
#include "sim/scenario/params.h"
#include "sim/scenario/units.h"

#define INDEX_BYTES 24 /* of a list's entry, written as a number */

struct patch {
	struct diag *diag;
	struct arena *arena;
	const char *path;
	struct text_pos pos; /* of the path's start */
	const struct yaml_node *value;
};

/* Keys that describe the file as a whole, not a configuration. */
static const char *const fixed_keys[] = { "scenario", "title", "variants", "expect" };

/* Where part, a piece of the path, is written. Paths are ASCII wherever they are right. */
static struct text_pos part_pos(const struct patch *p, size_t offset)
{
	struct text_pos pos = p->pos;

	pos.column += (unsigned)offset;
	return pos;
}

static char *part_dup(const struct patch *p, size_t offset, size_t *next)
{
	size_t len = strcspn(p->path + offset, ".");

	*next = offset + len + (p->path[offset + len] == '.');
	return arena_strndup(p->arena, p->path + offset, len);
}

static struct yaml_node *element_by_index(struct yaml_node *list, const char *text, size_t len)
{
	struct yaml_node *item = list->first;
	char digits[INDEX_BYTES];
	uint64_t index;

	if (len >= sizeof(digits))
		return NULL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (digits[0] < '0' || digits[0] > '9' || units_parse_integer(digits, &index))
		return NULL;
	while (item && index-- > 0)
		item = item->next;
	return item;
}

static const char *element_name(const struct yaml_node *item)
{
	const struct yaml_node *name = yaml_get(item, "name");

	return name && name->kind == YAML_SCALAR ? name->text : NULL;
}

/* The element of list that part names; an error when there is none. */
static struct yaml_node *find_element(struct patch *p, struct yaml_node *list, const char *part,
				      size_t offset)
{
	char hint[NEAREST_HINT_BYTES];
	struct yaml_node *by_index;
	struct nearest nearest;
	bool named = false;

	nearest_begin(&nearest, part);
	for (struct yaml_node *item = list->first; item; item = item->next) {
		const char *name = element_name(item);

		if (!name)
			continue;
		if (!strcmp(name, part))
			return item;
		named = true;
		nearest_offer(&nearest, name);
	}
	by_index = element_by_index(list, part, strlen(part));
	if (by_index)
		return by_index;
	if (list->count == 0)
		diag_error(p->diag, part_pos(p, offset),
			   "the list has no entry '%.40s': it is empty", part);
	else if (named)
		diag_error(p->diag, part_pos(p, offset), "no %s is called '%.40s'%s",
			   list->key && !strcmp(list->key, "vms") ? "VM" : "entry", part,
			   nearest_hint(&nearest, hint, sizeof(hint)));
	else
		diag_error(p->diag, part_pos(p, offset),
			   "the list has no entry '%.40s'; expected a number from 0 to %zu", part,
			   list->count - 1);
	return NULL;
}

/* Put the value at map's key, over what may be there. */
static int set_key(struct patch *p, struct yaml_node *map, const char *key, struct text_pos key_pos)
{
	struct yaml_node *old = yaml_get(map, key);
	struct yaml_node *copy = yaml_clone(p->arena, p->value);

	if (!copy)
		return -ENOMEM;
	copy->key = key;
	if (old)
		yaml_replace(map, old, copy);
	else
		yaml_append(map, copy);
	copy->key_pos = key_pos;
	return 0;
}

/* The mapping at map's key, made when it is not there. NULL when out of memory. */
static struct yaml_node *enter_key(struct patch *p, struct yaml_node *map, const char *key,
				   struct text_pos pos)
{
	struct yaml_node *child = yaml_get(map, key);

	if (child)
		return child;
	child = arena_alloc(p->arena, sizeof(*child));
	if (!child)
		return NULL;
	*child = (struct yaml_node){ .kind = YAML_MAP, .pos = pos, .key = key, .key_pos = pos };
	yaml_append(map, child);
	return child;
}

/*
 * platform.KIND.PARAMETER: names of parameters contain dots, so what follows is one key of
 * platform.set, under whatever form of its name it is there already.
 */
static int set_parameter(struct patch *p, struct yaml_node *root, size_t offset, bool prefixed)
{
	struct text_pos platform_pos = part_pos(p, 0);
	struct text_pos pos = part_pos(p, offset);
	struct yaml_node *platform = enter_key(p, root, "platform", platform_pos);
	struct yaml_node *set = NULL;
	const char *key = p->path + (prefixed ? strlen("platform.") : offset);
	struct param_ref wanted, present;

	if (platform && platform->kind == YAML_MAP)
		set = enter_key(p, platform, "set", pos);
	if (!platform || (platform->kind == YAML_MAP && !set))
		return -ENOMEM;
	if (!set || set->kind != YAML_MAP)
		return 0; /* the check of the document says what is wrong */
	for (const struct yaml_node *item = set->first; item; item = item->next) {
		if (!param_resolve(key, &wanted) && !param_resolve(item->key, &present) &&
		    wanted.kind == present.kind && wanted.index == present.index)
			key = item->key;
	}
	key = arena_strndup(p->arena, key, strlen(key));
	return key ? set_key(p, set, key, pos) : -ENOMEM;
}

/* Walk to the value's place. */
static int set_path(struct patch *p, struct yaml_node *root)
{
	struct yaml_node *node = root;
	size_t offset = 0, next = 0;

	for (;; offset = next) {
		char *part = part_dup(p, offset, &next);
		bool last = p->path[next] == '\0';
		struct yaml_node *child = NULL;

		if (!part)
			return -ENOMEM;
		if (node->kind == YAML_SCALAR) {
			diag_error(p->diag, part_pos(p, offset),
				   "'%.*s' is a single value and has no '%.40s'",
				   (int)(offset ? offset - 1 : 0), p->path, part);
			return -EINVAL;
		}
		if (node->kind == YAML_MAP && last)
			return set_key(p, node, part, part_pos(p, offset));
		if (node->kind == YAML_MAP) {
			child = enter_key(p, node, part, part_pos(p, offset));
			if (!child)
				return -ENOMEM;
		} else {
			child = find_element(p, node, part, offset);
			if (!child)
				return -EINVAL;
		}
		if (last) {
			struct yaml_node *copy = yaml_clone(p->arena, p->value);

			if (!copy)
				return -ENOMEM;
			yaml_replace(node, child, copy);
			return 0;
		}
		node = child;
	}
}

static int check_path(struct patch *p)
{
	size_t len = strlen(p->path);

	if (len == 0 || p->path[0] == '.' || p->path[len - 1] == '.' || strstr(p->path, "..")) {
		diag_error(p->diag, p->pos,
			   "'%.40s' is no path; expected names with dots between them, such as "
			   "vms.vm0.mode",
			   p->path);
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(fixed_keys) / sizeof(fixed_keys[0]); i++) {
		size_t key_len = strlen(fixed_keys[i]);

		if (strncmp(p->path, fixed_keys[i], key_len) ||
		    (p->path[key_len] && p->path[key_len] != '.'))
			continue;
		diag_error(p->diag, p->pos, "'%s' belongs to the whole file and cannot be set",
			   fixed_keys[i]);
		return -EINVAL;
	}
	return 0;
}

int patch_apply(struct diag *diag, struct arena *arena, struct yaml_node *root, const char *path,
		struct text_pos key_pos, const struct yaml_node *value)
{
	/* Paths that name parameters: prefix, and whether the parameter's key keeps its kind. */
	static const struct {
		const char *prefix;
		bool keeps_kind;
	} parameter_paths[] = {
		{"platform.set.",       false},
		{ "platform.costs.",    true },
		{ "platform.hardware.", true },
	};
	struct patch p = { diag, arena, path, key_pos, value };
	int err = check_path(&p);

	if (err || root->kind != YAML_MAP)
		return err;
	for (size_t i = 0; i < sizeof(parameter_paths) / sizeof(parameter_paths[0]); i++) {
		size_t len = strlen(parameter_paths[i].prefix);

		if (!strncmp(path, parameter_paths[i].prefix, len))
			return set_parameter(&p, root, len, parameter_paths[i].keeps_kind);
	}
	return set_path(&p, root);
}

struct yaml_node *patch_workload(struct yaml_node *root, const char *path)
{
	struct yaml_node *vms = yaml_get(root, "vms"), *vm = NULL, *workload;
	const char *name = path + strlen("vms.");
	size_t len;

	if (strncmp(path, "vms.", strlen("vms.")) || !vms || vms->kind != YAML_LIST)
		return NULL;
	len = strcspn(name, ".");
	if (strncmp(name + len, ".workload.", strlen(".workload.")) ||
	    !strcmp(name + len, ".workload.use"))
		return NULL;
	for (struct yaml_node *item = vms->first; item && !vm; item = item->next) {
		const char *own = element_name(item);

		if (own && strlen(own) == len && !strncmp(own, name, len))
			vm = item;
	}
	if (!vm)
		vm = element_by_index(vms, name, len);
	workload = yaml_get(vm, "workload");
	return workload && workload->kind == YAML_MAP ? workload : NULL;
}
