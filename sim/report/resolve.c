// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/report/expect.h"
#include "sim/report/names.h"
#include "sim/report/tree.h"
#include "sim/scenario/nearest.h"

/* Groups whose keys are open: a valid name that is missing in one stands for zero. */
enum group {
	GROUP_PLAIN,
	GROUP_OPERATIONS,
	GROUP_BY_REASON,
	GROUP_BY_KIND,
	GROUP_INCIDENTS,
	GROUP_BY_REGISTER,
	GROUP_COUNT,
};

static const char *const group_keys[GROUP_COUNT] = {
	[GROUP_PLAIN] = "",
	[GROUP_OPERATIONS] = "operations",
	[GROUP_BY_REASON] = "by_reason",
	[GROUP_BY_KIND] = "by_kind",
	[GROUP_INCIDENTS] = "incidents",
	[GROUP_BY_REGISTER] = "by_register",
};

/* Where a walk along a path is. */
struct walk {
	const struct expect_scope *scope;
	const char *path;
	const char *rest; /* of the path: what is still to be found in node */
	json_t *node;     /* owned: parts of the tree and made-up zeroes are treated alike */
	enum group group; /* what node is */
	struct expect_value *out;
};

/* Length of name if rest starts with it as a whole component, else 0. */
static size_t component_length(const char *rest, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(rest, name, len) == 0 && (rest[len] == '.' || rest[len] == '\0'))
		return len;
	return 0;
}

static enum group group_of(const char *key)
{
	for (unsigned i = GROUP_PLAIN + 1; i < GROUP_COUNT; i++) {
		if (strcmp(group_keys[i], key) == 0)
			return i;
	}
	return GROUP_PLAIN;
}

/* Go on in child, which the walk takes over, past len bytes of the path and the dot. */
static int descend(struct walk *w, json_t *child, enum group group, size_t len)
{
	if (!child)
		return -ENOMEM;
	json_decref(w->node);
	w->node = child;
	w->group = group;
	w->rest += len;
	if (*w->rest == '.')
		w->rest++;
	return 0;
}

/* ---- what to say when a name is not there ---- */

static void __attribute__((format(printf, 2, 3)))
say(struct expect_value *out, const char *format, ...)
{
	size_t used = strlen(out->message);
	va_list args;

	va_start(args, format);
	vsnprintf(out->message + used, sizeof(out->message) - used, format, args);
	va_end(args);
}

/* How an element of an array of the tree is called. */
static const char *element_name(const json_t *element)
{
	const char *name = json_string_value(json_object_get(element, "name"));

	return name ? name : json_string_value(json_object_get(element, "register"));
}

/* No what is called as the next len bytes of the path say: say so, what is near, what there is. */
static int missing(struct walk *w, const char *what, size_t len, const json_t *present)
{
	char wanted[64], hint[NEAREST_HINT_BYTES];
	struct nearest nearest;
	struct expect_value list = { 0 };
	json_t *element;
	const char *key;
	size_t i;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)len, w->rest);
	nearest_begin(&nearest, wanted);
	/* Behind a VM, operations are as good as keys. */
	json_object_foreach(json_object_get(present, group_keys[GROUP_OPERATIONS]), key, element)
		nearest_offer(&nearest, key);
	json_object_foreach((json_t *)present, key, element)
	{
		nearest_offer(&nearest, key);
		say(&list, "%s%s", list.message[0] ? ", " : "", key);
	}
	json_array_foreach(present, i, element)
	{
		nearest_offer(&nearest, element_name(element));
		say(&list, "%s%s", list.message[0] ? ", " : "", element_name(element));
	}
	say(w->out, "no %s '%s'", what, wanted);
	if (w->rest > w->path)
		say(w->out, " in '%.*s'", (int)(w->rest - 1 - w->path), w->path);
	say(w->out, "%s (there is: %s)", nearest_hint(&nearest, hint, sizeof(hint)),
	    list.message[0] ? list.message : "nothing");
	return -ENOENT;
}

/* ---- one component of the path ---- */

/* The element whose name the path goes on with, the longest if several; its length in *len. */
static json_t *named_element(const json_t *array, const char *rest, size_t *len)
{
	json_t *found = NULL;
	json_t *element;
	size_t i;

	*len = 0;
	json_array_foreach(array, i, element)
	{
		size_t l = component_length(rest, element_name(element));

		if (l > *len) {
			*len = l;
			found = element;
		}
	}
	return found;
}

/* Does any VM of any variant exit there? Then it is a register, whoever's table it is from. */
static bool register_in_report(const struct expect_scope *scope, const char *name, size_t len)
{
	json_t *variant, *vm, *entry, *exits;
	size_t i, j, k;

	json_array_foreach(scope->variants, i, variant)
	{
		json_array_foreach(json_object_get(variant, "vms"), j, vm)
		{
			exits = json_object_get(vm, "exits");
			json_array_foreach(json_object_get(exits, "by_register"), k, entry)
			{
				if (names_equal(element_name(entry), name, len))
					return true;
			}
		}
	}
	return false;
}

/* NAME sums the entries of all reasons, NAME:REASON takes one. */
static int step_register(struct walk *w)
{
	size_t len = strcspn(w->rest, ".");
	size_t name_len = strcspn(w->rest, ".:");
	const char *reason = name_len < len ? w->rest + name_len + 1 : NULL;
	json_int_t count = 0, time_ps = 0;
	bool found = false;
	json_t *entry;
	size_t i;

	if (reason && !names_reason(reason, len - name_len - 1)) {
		say(w->out, "no exit reason '%.*s'", (int)(len - name_len - 1), reason);
		return -ENOENT;
	}
	json_array_foreach(w->node, i, entry)
	{
		const char *its = json_string_value(json_object_get(entry, "reason"));

		if (!names_equal(element_name(entry), w->rest, name_len) ||
		    (reason && component_length(reason, its) == 0))
			continue;
		found = true;
		count += json_integer_value(json_object_get(entry, "count"));
		time_ps += json_integer_value(json_object_get(entry, "time_ps"));
	}
	if (!found && !names_register(w->rest, name_len) &&
	    !register_in_report(w->scope, w->rest, name_len))
		return missing(w, "register", name_len, w->node);
	return descend(w, json_pack("{s:I, s:I}", "count", count, "time_ps", time_ps), GROUP_PLAIN,
		       len);
}

static bool incident_known(const struct expect_scope *scope, const char *name, size_t len)
{
	for (const char *const *known = scope->incident_names; known && *known; known++) {
		if (names_equal(*known, name, len))
			return true;
	}
	return false;
}

/* A name that is not in the node: zero if the group has such names, else an error. */
static int step_absent(struct walk *w)
{
	size_t len = strcspn(w->rest, ".");

	switch (w->group) {
	case GROUP_OPERATIONS:
		if (names_operation(w->rest, len))
			return descend(w, tree_zero_operation(), GROUP_PLAIN, len);
		return missing(w, "operation", len, w->node);
	case GROUP_BY_REASON:
		if (names_reason(w->rest, len))
			return descend(w, tree_zero_sum(), GROUP_PLAIN, len);
		return missing(w, "exit reason", len, w->node);
	case GROUP_BY_KIND:
		if (names_work_kind(w->rest, len))
			return descend(w, tree_zero_sum(), GROUP_PLAIN, len);
		return missing(w, "kind of work", len, w->node);
	case GROUP_INCIDENTS:
		if (incident_known(w->scope, w->rest, len))
			return descend(w, tree_zero_incident(), GROUP_PLAIN, len);
		return missing(w, "incident", len, w->node);
	default:
		return missing(w, "key", len, w->node);
	}
}

static int step(struct walk *w)
{
	json_t *child = NULL;
	const char *child_key = "";
	const char *key;
	json_t *value;

	if (w->group == GROUP_BY_REGISTER)
		return step_register(w);
	if (!json_is_object(w->node)) {
		say(w->out, "nothing lies below '%.*s'", (int)(w->rest - 1 - w->path), w->path);
		return -ENOENT;
	}
	json_object_foreach(w->node, key, value)
	{
		if (component_length(w->rest, key) > strlen(child_key)) {
			child = value;
			child_key = key;
		}
	}
	if (!child)
		return step_absent(w);
	return descend(w, json_incref(child), group_of(child_key), strlen(child_key));
}

/* ---- the first components: variant, VM, operation ---- */

/* Does the path name a variant of the scenario that is not in the report? */
static bool names_variant_not_run(const struct walk *w)
{
	for (size_t i = 0; i < w->scope->scenario->variant_count; i++) {
		if (component_length(w->path, w->scope->scenario->variants[i].name))
			return true;
	}
	return false;
}

static int enter_variant(struct walk *w)
{
	size_t len;
	json_t *variant = named_element(w->scope->variants, w->rest, &len);

	if (variant)
		return descend(w, json_incref(variant), GROUP_PLAIN, len);
	if (!names_variant_not_run(w))
		return missing(w, "variant", strcspn(w->rest, "."), w->scope->variants);
	w->out->skipped = true;
	return -ENOENT;
}

/* Behind a variant: one of its VMs, or one of its keys, which step() finds. */
static int enter_vm(struct walk *w)
{
	json_t *vms = json_object_get(w->node, "vms");
	size_t len;
	json_t *vm = named_element(vms, w->rest, &len);
	size_t next = strcspn(w->rest, ".");
	char key[CONFIG_NAME_BYTES * 2];
	json_t *operations;

	if (!vm) {
		snprintf(key, sizeof(key), "%.*s", (int)next, w->rest);
		return json_object_get(w->node, key) ? 0 : missing(w, "VM", next, vms);
	}
	descend(w, json_incref(vm), GROUP_PLAIN, len);
	next = strcspn(w->rest, ".");
	operations = json_object_get(vm, "operations");
	if (names_operation(w->rest, next))
		return descend(w, json_incref(operations), GROUP_OPERATIONS, 0);
	return 0;
}

int expect_resolve(const struct expect_scope *scope, const char *path, struct expect_value *out)
{
	struct walk w = { .scope = scope, .path = path, .rest = path, .out = out };
	int ret;

	*out = (struct expect_value){ 0 };
	ret = enter_variant(&w);
	if (ret == 0 && *w.rest)
		ret = enter_vm(&w);
	while (ret == 0 && *w.rest)
		ret = step(&w);
	if (ret) {
		json_decref(w.node);
		return ret;
	}
	out->value = w.node;
	return 0;
}
