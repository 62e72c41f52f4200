// SPDX-License-Identifier: MIT
#include "sim/report/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/report.h"

#define MILLION 1000000

const char *const compare_unit_names[COMPARE_UNIT_COUNT] = {
	[COMPARE_TIME] = "ps",
	[COMPARE_COUNT] = "",
	[COMPARE_BYTES] = "bytes",
};

/* ---- is it a report? ---- */

int compare_check_report(const json_t *report, char *why)
{
	const char *schema = json_string_value(json_object_get(report, "schema"));
	const json_t *variants = json_object_get(report, "variants");
	json_t *variant;
	size_t i;

	if (!schema || strncmp(schema, "pvmmio-sim/report/", strlen("pvmmio-sim/report/")) != 0) {
		snprintf(why, COMPARE_WHY_BYTES, "is no report: its schema is %.40s, not %s",
			 schema ? schema : "missing", REPORT_SCHEMA);
		return -EINVAL;
	}
	if (strcmp(schema, REPORT_SCHEMA) != 0) {
		snprintf(why, COMPARE_WHY_BYTES,
			 "is a report of another version, %.40s; this program compares %s", schema,
			 REPORT_SCHEMA);
		return -EINVAL;
	}
	if (json_array_size(variants) == 0) {
		snprintf(why, COMPARE_WHY_BYTES, "has no variants");
		return -EINVAL;
	}
	json_array_foreach(variants, i, variant)
	{
		if (json_string_value(json_object_get(variant, "name")))
			continue;
		snprintf(why, COMPARE_WHY_BYTES, "has a variant without name");
		return -EINVAL;
	}
	return 0;
}

/* ---- numbers ---- */

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len >= end_len && strcmp(path + len - end_len, end) == 0;
}

static enum compare_unit unit_of(const char *path)
{
	const char *key = strrchr(path, '.');

	key = key ? key + 1 : path;
	if (ends_with(key, "_ps") || strstr(path, ".by_part."))
		return COMPARE_TIME;
	return strncmp(key, "bytes_", 6) == 0 ? COMPARE_BYTES : COMPARE_COUNT;
}

static compare_millionths number_of(const json_t *value)
{
	if (json_is_integer(value))
		return (compare_millionths)json_integer_value(value) * MILLION;
	return llround(json_real_value(value) * MILLION);
}

static compare_millionths magnitude(compare_millionths value)
{
	return value < 0 ? -value : value;
}

bool compare_ratio(const struct compare_number *number, compare_millionths *ratio)
{
	compare_millionths a = magnitude(number->a), b = magnitude(number->b);

	if (a == 0)
		return false;
	*ratio = (2 * b * MILLION + a) / (2 * a);
	if ((number->a < 0) != (number->b < 0))
		*ratio = -*ratio;
	return true;
}

bool compare_within(const struct compare_number *number, uint64_t tolerance_millionths)
{
	return magnitude(number->b - number->a) * MILLION <=
	       magnitude(number->a) * (compare_millionths)tolerance_millionths;
}

static int by_effect(const void *a, const void *b)
{
	const struct compare_number *l = a, *r = b;
	compare_millionths dl = magnitude(l->b - l->a), dr = magnitude(r->b - r->a);

	if (l->unit != r->unit)
		return l->unit < r->unit ? -1 : 1;
	if (dl != dr)
		return dl > dr ? -1 : 1;
	return strcmp(l->path, r->path);
}

/* ---- pairing ---- */

static void add_number(struct compare *compare, const char *path, const json_t *a, const json_t *b)
{
	struct compare_number *number = &compare->numbers[compare->number_count++];

	*number = (struct compare_number){
		.path = path,
		.unit = unit_of(path),
		.a = a ? number_of(a) : 0,
		.b = b ? number_of(b) : 0,
	};
	compare->equal += number->a == number->b;
}

static void add_pair(struct compare *compare, const struct flat_leaf *a, const struct flat_leaf *b)
{
	if (a->is_group && b->is_group)
		return;
	if (json_is_number(a->value) && json_is_number(b->value))
		add_number(compare, a->path, a->value, b->value);
	else if (!json_equal(a->value, b->value))
		compare->others[compare->other_count++] =
			(struct compare_other){ a->path, a->value, b->value };
}

/* The longest time that names what is not there, but not what is: "vm1", not "vm1.exits.count". */
static int add_missing(struct compare *compare, const char *path, bool in_b)
{
	const struct flat_list *other = in_b ? &compare->a : &compare->b;
	size_t len = strcspn(path, ".");
	struct compare_missing *last = NULL;

	while (path[len] && flat_has_below(other, path, len))
		len += 1 + strcspn(path + len + 1, ".");
	if (compare->missing_count)
		last = &compare->missing[compare->missing_count - 1];
	if (last && last->in_b == in_b && strlen(last->path) == len &&
	    strncmp(last->path, path, len) == 0)
		return 0;
	compare->missing[compare->missing_count] =
		(struct compare_missing){ strndup(path, len), in_b };
	return compare->missing[compare->missing_count++].path ? 0 : -ENOMEM;
}

/* What only one side has: zero on the other if there such things are left out, else missing. */
static int add_single(struct compare *compare, const struct flat_leaf *leaf, bool in_b)
{
	const struct flat_list *other = in_b ? &compare->a : &compare->b;
	bool left_out = leaf->group && flat_find(other, leaf->group, strlen(leaf->group));

	if (leaf->is_group && flat_has_below(other, leaf->path, strlen(leaf->path)))
		return 0;
	if (!left_out)
		return add_missing(compare, leaf->path, in_b);
	/* When it happened, and what came of it, says nothing where it did not. */
	if (json_is_number(leaf->value) && !ends_with(leaf->path, ".first_ps"))
		add_number(compare, leaf->path, in_b ? NULL : leaf->value,
			   in_b ? leaf->value : NULL);
	return 0;
}

static int pair_values(struct compare *compare)
{
	const struct flat_list *a = &compare->a, *b = &compare->b;
	size_t i = 0, j = 0;
	int ret = 0;

	while (ret == 0 && (i < a->count || j < b->count)) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : strcmp(a->items[i].path, b->items[j].path);

		if (order == 0)
			add_pair(compare, &a->items[i++], &b->items[j++]);
		else if (order < 0)
			ret = add_single(compare, &a->items[i++], false);
		else
			ret = add_single(compare, &b->items[j++], true);
	}
	if (ret == 0 && compare->number_count)
		qsort(compare->numbers, compare->number_count, sizeof(*compare->numbers),
		      by_effect);
	return ret;
}

static void pair_config(struct compare *compare)
{
	const struct flat_list *a = &compare->config_a, *b = &compare->config_b;
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : strcmp(a->items[i].path, b->items[j].path);
		const struct flat_leaf *left = order <= 0 ? &a->items[i++] : NULL;
		const struct flat_leaf *right = order >= 0 ? &b->items[j++] : NULL;

		if (left && right && json_equal(left->value, right->value))
			continue;
		compare->config[compare->config_count++] = (struct compare_other){
			left ? left->path : right->path,
			left ? left->value : NULL,
			right ? right->value : NULL,
		};
	}
}

static int flatten(struct compare *compare, const json_t *a, const json_t *b, char *why)
{
	char reason[FLATTEN_WHY_BYTES];
	const struct {
		int (*flat)(struct flat_list *list, const json_t *variant, char *why);
		struct flat_list *list;
		const json_t *variant;
	} jobs[] = {
		{flat_variant,  &compare->a,        a},
		{ flat_variant, &compare->b,        b},
		{ flat_config,  &compare->config_a, a},
		{ flat_config,  &compare->config_b, b},
	};

	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		int ret = jobs[i].flat(jobs[i].list, jobs[i].variant, reason);

		if (ret == -EINVAL)
			snprintf(why, COMPARE_WHY_BYTES, "variant %.80s is damaged: %s",
				 json_string_value(json_object_get(jobs[i].variant, "name")),
				 reason);
		if (ret)
			return ret;
	}
	return 0;
}

int compare_variants(struct compare *compare, const json_t *a, const json_t *b, char *why)
{
	size_t leaves, configs;
	int ret;

	*compare = (struct compare){ 0 };
	ret = flatten(compare, a, b, why);
	if (ret)
		return ret;
	leaves = compare->a.count + compare->b.count + 1;
	configs = compare->config_a.count + compare->config_b.count + 1;
	compare->numbers = calloc(leaves, sizeof(*compare->numbers));
	compare->others = calloc(leaves, sizeof(*compare->others));
	compare->missing = calloc(leaves, sizeof(*compare->missing));
	compare->config = calloc(configs, sizeof(*compare->config));
	if (!compare->numbers || !compare->others || !compare->missing || !compare->config)
		return -ENOMEM;
	pair_config(compare);
	return pair_values(compare);
}

void compare_free(struct compare *compare)
{
	for (size_t i = 0; i < compare->missing_count; i++)
		free(compare->missing[i].path);
	free(compare->missing);
	free(compare->numbers);
	free(compare->others);
	free(compare->config);
	flat_free(&compare->a);
	flat_free(&compare->b);
	flat_free(&compare->config_a);
	flat_free(&compare->config_b);
	*compare = (struct compare){ 0 };
}

bool compare_same(const struct compare *compare, uint64_t tolerance_millionths)
{
	if (compare->other_count || compare->missing_count)
		return false;
	for (size_t i = 0; i < compare->number_count; i++) {
		if (!compare_within(&compare->numbers[i], tolerance_millionths))
			return false;
	}
	return true;
}
