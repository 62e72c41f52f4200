// SPDX-License-Identifier: MIT
/* Percent of native: a comparison across the variants of a finished tree. */
#include <errno.h>
#include <string.h>

#include "sim/report/tree.h"
#include "sim/report/view.h"

/* The workload that the VM's configuration says, by the VM's name. */
static const json_t *configured_workload(const json_t *variant, const char *name)
{
	const json_t *vms = view_dig(variant, "config.vms");
	json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm)
	{
		if (strcmp(json_string_value(json_object_get(vm, "name")), name) == 0)
			return json_object_get(vm, "workload");
	}
	return NULL;
}

/* As much was done: everything that was asked for, and the same. */
static bool does_the_same(const json_t *a, const json_t *variant_a, const json_t *b,
			  const json_t *variant_b)
{
	const char *name = json_string_value(json_object_get(a, "name"));
	const json_t *workload = configured_workload(variant_a, name);

	return workload && json_equal(workload, configured_workload(variant_b, name)) &&
	       json_equal(view_dig(a, "workload.completed"), view_dig(b, "workload.completed"));
}

/* vm's like in the first variant where it is native and does the same, or NULL. */
static const json_t *find_native(const json_t *variants, const json_t *vm, const json_t *of)
{
	const char *name = json_string_value(json_object_get(vm, "name"));
	json_t *variant;
	size_t i;

	json_array_foreach(variants, i, variant)
	{
		const json_t *other = view_vm(variants, i, name);

		if (other &&
		    strcmp(json_string_value(json_object_get(other, "mode")), "native") == 0 &&
		    does_the_same(vm, of, other, variant))
			return other;
	}
	return NULL;
}

static uint64_t duration_ps(const json_t *vm)
{
	return (uint64_t)json_integer_value(view_dig(vm, "workload.duration_ps"));
}

static int add(const json_t *variants, const json_t *variant, json_t *vm)
{
	const json_t *native = find_native(variants, vm, variant);
	json_t *percent = native ? tree_percent(duration_ps(native), duration_ps(vm)) : json_null();

	return json_object_set_new(vm, "percent_of_native", percent) ? -ENOMEM : 0;
}

int tree_add_native(json_t *variants)
{
	json_t *variant, *vm;
	size_t i, j;

	json_array_foreach(variants, i, variant)
	{
		json_array_foreach(json_object_get(variant, "vms"), j, vm)
		{
			if (add(variants, variant, vm))
				return -ENOMEM;
		}
	}
	return 0;
}
