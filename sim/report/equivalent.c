// SPDX-License-Identifier: MIT
#include "sim/report/equivalent.h"

#include <stdio.h>
#include <string.h>

/* What guests can tell, behind the name of a VM. A star is one name. */
static const struct {
	const char *path;
	bool seen; /* whether it is zero counts, not how much it is */
} visible[] = {
	{"hung",		       false},
	{ "init_error",                false},
	{ "workload.requests",         false},
	{ "workload.completed",        false},
	{ "workload.lost",             false},
	{ "workload.failed",           false},
	{ "workload.bytes_wrong",      false},
	{ "workload.bind_errors",      false},
	{ "workload.bind_error",       false},
	{ "workload.error",            false},
	{ "objects.*.bind.count",      false},
	{ "objects.*.bind_errors",     false},
	{ "objects.*.unbind.count",    false},
	{ "state.contents.*.count",    false},
	{ "state.contents.*.digest",   false},
	{ "state.user_interrupts",     true },
	{ "display.vblank_interrupts", true },
	{ "display.flips",             false},
	{ "display.flips_done",        false},
	{ "display.flips_lost",        false},
	{ "display.vblanks_waited",    false},
	{ "display.vblanks_lost",      false},
	{ "display.watermark_updates", false},
	{ "display.errors",            false},
	{ "display.error",             false},
};

/* Does path match pattern, which may have a star for a name? */
static bool matches(const char *path, const char *pattern)
{
	while (*path && *pattern) {
		if (*pattern == '*') {
			path += strcspn(path, ".");
			pattern++;
		} else if (*path++ != *pattern++) {
			return false;
		}
	}
	return *path == *pattern;
}

/* The row that path, of a VM, is; -1: it is nothing that guests see. */
static int row_of(const char *path)
{
	const char *key = strchr(path, '.');

	for (size_t i = 0; key && i < sizeof(visible) / sizeof(visible[0]); i++) {
		if (matches(key + 1, visible[i].path))
			return (int)i;
	}
	return -1;
}

static void format(char *buf, size_t len, const json_t *value)
{
	if (json_is_string(value))
		snprintf(buf, len, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(buf, len, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(buf, len, "%s",
			 json_is_true(value)    ? "true"
			 : json_is_false(value) ? "false"
						: "none");
}

static bool is_alike(const json_t *a, const json_t *b, bool seen)
{
	if (seen && json_is_integer(a) && json_is_integer(b))
		return (json_integer_value(a) > 0) == (json_integer_value(b) > 0);
	return json_equal(a, b);
}

/* Compare leaf with its like in other. */
static bool check(const struct flat_leaf *leaf, const struct flat_list *other, bool seen,
		  const char *side, char *what)
{
	const struct flat_leaf *like = flat_find(other, leaf->path, strlen(leaf->path));
	char left[96], right[96];

	if (!like) {
		snprintf(what, EQUIVALENT_WHAT_BYTES, "only %s has %s", side, leaf->path);
		return false;
	}
	if (is_alike(leaf->value, like->value, seen))
		return true;
	format(left, sizeof(left), leaf->value);
	format(right, sizeof(right), like->value);
	snprintf(what, EQUIVALENT_WHAT_BYTES, "%s: %s -> %s", leaf->path, left, right);
	return false;
}

/* Memory of no VM was looked at: nothing is proved. */
static bool has_state(const struct flat_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strstr(list->items[i].path, ".state.user_interrupts"))
			return true;
	}
	return false;
}

bool equivalent_state(const struct flat_list *a, const struct flat_list *b, size_t *compared,
		      char *what)
{
	*compared = 0;
	if (!has_state(a) || !has_state(b)) {
		snprintf(what, EQUIVALENT_WHAT_BYTES,
			 "%s is a report without state, of an older program",
			 has_state(a) ? "B" : "A");
		return false;
	}
	for (size_t i = 0; i < a->count; i++) {
		int row = row_of(a->items[i].path);

		if (row < 0)
			continue;
		if (!check(&a->items[i], b, visible[row].seen, "A", what))
			return false;
		++*compared;
	}
	for (size_t i = 0; i < b->count; i++) {
		if (row_of(b->items[i].path) >= 0 &&
		    !flat_find(a, b->items[i].path, strlen(b->items[i].path)))
			return check(&b->items[i], a, false, "B", what);
	}
	return true;
}
