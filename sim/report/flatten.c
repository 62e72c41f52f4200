// SPDX-License-Identifier: MIT
#include "sim/report/flatten.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_LIMIT 32u
#define REAL_LIMIT  9e12 /* of a mean: its millionths are an integer of 64 bits */

/* A walk through a tree. path is where it is, "" at the root. */
struct walk {
	struct flat_list *list;
	char path[FLATTEN_PATH_BYTES];
	const char *group;
	unsigned depth;
	char *why;
};

static int refuse(struct walk *w, const char *what)
{
	snprintf(w->why, FLATTEN_WHY_BYTES, "'%s' %s", w->path, what);
	return -EINVAL;
}

static int add(struct walk *w, const json_t *value, bool is_group)
{
	struct flat_list *list = w->list;
	struct flat_leaf *leaf;

	if (list->count == list->limit) {
		size_t limit = list->limit ? list->limit * 2 : 256;
		struct flat_leaf *items = reallocarray(list->items, limit, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->limit = limit;
	}
	leaf = &list->items[list->count];
	*leaf = (struct flat_leaf){
		.path = strdup(w->path),
		.value = json_incref((json_t *)value),
		.group = w->group,
		.is_group = is_group,
	};
	list->count++;
	return leaf->path ? 0 : -ENOMEM;
}

typedef int (*visit_fn)(struct walk *w, const json_t *value);

/* Visit value as name below where the walk is. */
static int enter(struct walk *w, const char *name, const json_t *value, visit_fn visit)
{
	size_t here = strlen(w->path);
	int written, ret;

	if (++w->depth > DEPTH_LIMIT)
		return refuse(w, "is too deep a tree");
	for (const char *c = name; *c; c++) {
		if (iscntrl((unsigned char)*c))
			return refuse(w, "has a name with control characters");
	}
	written = snprintf(w->path + here, sizeof(w->path) - here, "%s%s", here ? "." : "", name);
	if ((size_t)written >= sizeof(w->path) - here)
		ret = refuse(w, "is too long a name");
	else
		ret = visit(w, value);
	w->path[here] = '\0';
	w->depth--;
	return ret;
}

/* ---- values ---- */

/* A number that the report can hold, or anything that is no number. */
static int visit_value(struct walk *w, const json_t *value)
{
	double real = json_real_value(value);

	if (json_is_real(value) && !(real > -REAL_LIMIT && real < REAL_LIMIT))
		return refuse(w, "is too large a number");
	return add(w, value, false);
}

static int visit_any(struct walk *w, const json_t *value);

static bool is_open_group(const char *key)
{
	static const char *const keys[] = { "by_reason", "by_kind", "by_register", "incidents" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

/* A group without values is in the list for itself, as groups of what occurred are anyway. */
static int visit_empty(struct walk *w, const json_t *object)
{
	const struct flat_list *list = w->list;
	const struct flat_leaf *last = list->count ? &list->items[list->count - 1] : NULL;

	return last && last->is_group && last->value == object ? 0 : add(w, object, true);
}

static int visit_entries(struct walk *w, const json_t *object)
{
	const char *key;
	json_t *value;
	int ret = 0;

	if (!json_is_object(object))
		return refuse(w, "is no group of values");
	if (json_object_size(object) == 0)
		return visit_empty(w, object);
	json_object_foreach((json_t *)object, key, value)
	{
		ret = enter(w, key, value, visit_any);
		if (ret)
			return ret;
	}
	return 0;
}

static int visit_register_sum(struct walk *w, const json_t *value)
{
	int ret = add(w, value, false);

	if (ret == 0)
		w->list->items[w->list->count - 1].is_register = true;
	return ret;
}

/* Registers are told apart by name and reason. Their offset is an address, and no measure. */
static int visit_registers(struct walk *w, const json_t *array)
{
	static const char *const keys[] = { "count", "time_ps" };
	json_t *entry;
	size_t i;

	if (!json_is_array(array))
		return refuse(w, "is no list of registers");
	json_array_foreach(array, i, entry)
	{
		const char *name = json_string_value(json_object_get(entry, "register"));
		const char *reason = json_string_value(json_object_get(entry, "reason"));
		char path[FLATTEN_PATH_BYTES];

		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++) {
			const json_t *sum = json_object_get(entry, keys[j]);
			int ret;

			if (!name || !reason || !json_is_integer(sum))
				return refuse(w, "has an entry that is no register");
			snprintf(path, sizeof(path), "%s:%s.%s", name, reason, keys[j]);
			ret = enter(w, path, sum, visit_register_sum);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* A group that holds only what occurred, and what is in it. */
static int visit_group(struct walk *w, const json_t *value)
{
	const char *outer = w->group;
	size_t len = strlen(w->path);
	bool registers = len >= 11 && strcmp(w->path + len - 11, "by_register") == 0;
	int ret = add(w, value, true);

	if (ret)
		return ret;
	if (!outer)
		w->group = w->list->items[w->list->count - 1].path;
	ret = registers ? visit_registers(w, value) : visit_entries(w, value);
	w->group = outer;
	return ret;
}

/* Lists of names, such as a VM's levels, are values. */
static int visit_any(struct walk *w, const json_t *value)
{
	const char *key = strrchr(w->path, '.');

	if (is_open_group(key ? key + 1 : w->path))
		return visit_group(w, value);
	if (json_is_object(value))
		return visit_entries(w, value);
	return visit_value(w, value);
}

/* ---- a variant ---- */

static int add_group(struct walk *w, const json_t *value)
{
	return add(w, value, true);
}

/* Operations stand right behind the VM; the group stands where the report has it. */
static int visit_operations(struct walk *w, const json_t *operations)
{
	int ret = enter(w, "operations", operations, add_group);

	if (ret)
		return ret;
	w->group = w->list->items[w->list->count - 1].path;
	ret = visit_entries(w, operations);
	w->group = NULL;
	return ret;
}

static int visit_vm(struct walk *w, const json_t *vm)
{
	const char *key;
	json_t *value;
	int ret;

	ret = visit_operations(w, json_object_get(vm, "operations"));
	if (ret)
		return ret;
	if (!json_is_object(json_object_get(vm, "exits")))
		return refuse(w, "has no exits");
	json_object_foreach((json_t *)vm, key, value)
	{
		if (strcmp(key, "name") == 0 || strcmp(key, "operations") == 0)
			continue;
		ret = enter(w, key, value, visit_any);
		if (ret)
			return ret;
	}
	return 0;
}

static int visit_vms(struct walk *w, const json_t *vms)
{
	json_t *vm;
	size_t i;

	if (!json_is_array(vms))
		return refuse(w, "has no list of VMs");
	json_array_foreach(vms, i, vm)
	{
		const char *name = json_string_value(json_object_get(vm, "name"));
		int ret = name ? enter(w, name, vm, visit_vm) : refuse(w, "has a VM without name");

		if (ret)
			return ret;
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct flat_leaf *)a)->path, ((const struct flat_leaf *)b)->path);
}

/* Add leaf to the one before, which goes by the same name. */
static int merge(struct walk *w, struct flat_leaf *before, const struct flat_leaf *leaf)
{
	json_int_t sum;
	json_t *value;

	snprintf(w->path, sizeof(w->path), "%s", leaf->path);
	if (!leaf->is_register || !before->is_register)
		return refuse(w, "is there twice");
	if (__builtin_add_overflow(json_integer_value(before->value),
				   json_integer_value(leaf->value), &sum))
		return refuse(w, "is too large a sum");
	value = json_integer(sum);
	if (!value)
		return -ENOMEM;
	json_decref(before->value);
	before->value = value;
	return 0;
}

static void free_leaf(struct flat_leaf *leaf)
{
	free(leaf->path);
	json_decref(leaf->value);
}

/* Bring the list into order, and what goes by one name together. */
static int finish(struct walk *w)
{
	struct flat_list *list = w->list;
	size_t kept = 0;
	int ret = 0;

	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_path);
	for (size_t i = 0; i < list->count; i++) {
		struct flat_leaf *leaf = &list->items[i];
		struct flat_leaf *before = kept ? &list->items[kept - 1] : NULL;

		if (!before || strcmp(before->path, leaf->path) != 0) {
			list->items[kept++] = *leaf;
			continue;
		}
		if (ret == 0)
			ret = merge(w, before, leaf);
		free_leaf(leaf);
	}
	list->count = kept;
	return ret;
}

int flat_variant(struct flat_list *list, const json_t *variant, char *why)
{
	struct walk w = { .list = list, .why = why };
	const char *key;
	json_t *value;
	int ret;

	*list = (struct flat_list){ 0 };
	ret = visit_vms(&w, json_object_get(variant, "vms"));
	if (ret)
		return ret;
	json_object_foreach((json_t *)variant, key, value)
	{
		if (strcmp(key, "name") == 0 || strcmp(key, "vms") == 0 ||
		    strcmp(key, "config") == 0)
			continue;
		ret = enter(&w, key, value, visit_any);
		if (ret)
			return ret;
	}
	return finish(&w);
}

/* ---- its configuration ---- */

static bool holds_plain_values(const json_t *array)
{
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
	{
		if (json_is_object(element) || json_is_array(element))
			return false;
	}
	return true;
}

/* Lists of names are values. Elements of others go by their name, or else by their number. */
static int visit_config(struct walk *w, const json_t *value)
{
	const char *key;
	json_t *element;
	size_t i;
	int ret = 0;

	if (!json_is_object(value) && holds_plain_values(value))
		return add(w, value, false);
	json_object_foreach((json_t *)value, key, element)
	{
		ret = enter(w, key, element, visit_config);
		if (ret)
			return ret;
	}
	json_array_foreach(value, i, element)
	{
		const char *name = json_string_value(json_object_get(element, "name"));
		char number[24];

		snprintf(number, sizeof(number), "%zu", i);
		ret = enter(w, name ? name : number, element, visit_config);
		if (ret)
			return ret;
	}
	return 0;
}

int flat_config(struct flat_list *list, const json_t *variant, char *why)
{
	struct walk w = { .list = list, .why = why };
	int ret;

	*list = (struct flat_list){ 0 };
	ret = visit_config(&w, json_object_get(variant, "config"));
	return ret ? ret : finish(&w);
}

/* ---- looking things up ---- */

void flat_free(struct flat_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_leaf(&list->items[i]);
	free(list->items);
	*list = (struct flat_list){ 0 };
}

/* The first leaf that does not come before the first len bytes of path. */
static size_t lower_bound(const struct flat_list *list, const char *path, size_t len)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(list->items[middle].path, path, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct flat_leaf *flat_find(const struct flat_list *list, const char *path, size_t len)
{
	size_t i = lower_bound(list, path, len);

	if (i < list->count && strncmp(list->items[i].path, path, len) == 0 &&
	    list->items[i].path[len] == '\0')
		return &list->items[i];
	return NULL;
}

bool flat_has_below(const struct flat_list *list, const char *path, size_t len)
{
	for (size_t i = lower_bound(list, path, len);
	     i < list->count && strncmp(list->items[i].path, path, len) == 0; i++) {
		if (list->items[i].path[len] == '\0' || list->items[i].path[len] == '.')
			return true;
	}
	return false;
}
