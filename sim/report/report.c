// SPDX-License-Identifier: MIT
#include "sim/report/report.h"

#include "sim/report/expect.h"
#include "sim/report/tree.h"

static json_t *build_variants(const struct scenario *scenario, struct sim_result *const *results)
{
	json_t *array = json_array();

	for (size_t i = 0; i < scenario->variant_count; i++) {
		if (results[i] && json_array_append_new(array, tree_variant(&scenario->variants[i],
									    results[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *build_expectations(const struct expect_scope *scope)
{
	json_t *array = json_array();

	for (size_t i = 0; i < scope->scenario->expect_count; i++) {
		if (json_array_append_new(array,
					  expect_evaluate(scope, &scope->scenario->expects[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* They are the same for all variants. */
static const char *const *incident_names(const struct scenario *scenario,
					 struct sim_result *const *results)
{
	for (size_t i = 0; i < scenario->variant_count; i++) {
		if (results[i])
			return results[i]->incident_names;
	}
	return NULL;
}

static bool all_hold(const json_t *expectations)
{
	json_t *expectation;
	size_t i;

	json_array_foreach(expectations, i, expectation)
	{
		if (json_is_false(json_object_get(expectation, "ok")))
			return false;
	}
	return true;
}

json_t *report_build(const struct scenario *scenario, struct sim_result *const *results)
{
	json_t *variants = build_variants(scenario, results);
	bool complete = variants && !tree_add_native(variants);
	struct expect_scope scope = {
		.variants = variants,
		.scenario = scenario,
		.incident_names = incident_names(scenario, results),
	};
	json_t *expectations = complete ? build_expectations(&scope) : NULL;

	/* json_pack() takes over both, also when it fails. */
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:o, s:o}", "schema", REPORT_SCHEMA,
			 "version", report_version, "scenario", scenario->name, "title",
			 scenario->title, "seed", (json_int_t)scenario->seed, "ok",
			 all_hold(expectations), "variants", variants, "expectations",
			 expectations);
}

bool report_ok(const json_t *report)
{
	return json_is_true(json_object_get(report, "ok"));
}
