// SPDX-License-Identifier: MIT
#include "sim/cli/compare_side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/common.h"
#include "sim/report/compare.h"
#include "sim/scenario/file.h"
#include "sim/scenario/nearest.h"
#include "sim/study/run.h"

#define FILE_BYTES_LIMIT (1u << 30)

/* A file whose name has a colon is a file; else what follows the last colon is a variant. */
static int split(struct compare_side *side, const char *argument)
{
	const char *colon = strrchr(argument, ':');

	side->argument = argument;
	if (!colon || access(argument, F_OK) == 0) {
		side->path = strdup(argument);
	} else {
		side->path = strndup(argument, (size_t)(colon - argument));
		side->variant = strdup(colon + 1);
		if (!side->variant)
			return CLI_NO_MEANS;
	}
	return side->path ? CLI_OK : CLI_NO_MEANS;
}

/* ---- reports ---- */

static bool is_called_json(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

/* Reports are objects or lists of them; a scenario may be an object, but has no schema. */
static bool looks_like_report(const json_t *tree, const char *path)
{
	return json_is_array(tree) || json_object_get(tree, "schema") || is_called_json(path);
}

/* Take report, or the only one of a list. */
static int take_report(struct compare_side *side, json_t *tree)
{
	char why[COMPARE_WHY_BYTES];

	if (json_is_array(tree) && json_array_size(tree) != 1) {
		cli_complain("'%s' holds %zu reports; compare one with one", side->path,
			     json_array_size(tree));
		return CLI_MISUSED;
	}
	side->report = json_incref(json_is_array(tree) ? json_array_get(tree, 0) : tree);
	if (compare_check_report(side->report, why) == 0)
		return CLI_OK;
	cli_complain("'%s' %s", side->path, why);
	return CLI_MISUSED;
}

/* ---- scenarios ---- */

/* All of it: some figures of a variant are shares of those of the native one. */
static int run_scenario(struct compare_side *side)
{
	const struct study_subject subject = { .path = side->path };
	struct study_run run;
	int ret = study_run(&run, &subject, NULL, 0);
	int status = ret ? CLI_NO_MEANS : CLI_OK;

	if (ret)
		cli_complain("'%s': %s", side->path, strerror(-ret));
	for (size_t i = 0; status == CLI_OK && i < run.scenario->variant_count; i++) {
		if (!run.errors[i])
			continue;
		cli_complain("%s: variant %s: %s", side->path, run.scenario->variants[i].name,
			     run.errors[i]);
		status = CLI_MISUSED;
	}
	if (status == CLI_OK)
		side->report = json_incref(run.report);
	study_run_free(&run);
	return status;
}

static int no_such_variant(const struct compare_side *side, const struct nearest *nearest)
{
	char hint[NEAREST_HINT_BYTES];

	cli_complain("'%s' has no variant '%s'%s", side->path, side->variant,
		     nearest_hint(nearest, hint, sizeof(hint)));
	return CLI_MISUSED;
}

/* Is there what was asked for, before anything runs? */
static int check_scenario(const struct compare_side *side)
{
	const struct study_subject subject = { .path = side->path };
	struct scenario *scenario;
	struct nearest nearest;
	int ret = study_load(&scenario, &subject, NULL, 0, stderr);
	bool found = !side->variant;

	if (ret == -ENOMEM)
		return CLI_NO_MEANS;
	if (ret) {
		if (ret != -EINVAL)
			cli_complain("cannot read '%s': %s", side->path, strerror(-ret));
		return CLI_MISUSED;
	}
	nearest_begin(&nearest, side->variant ? side->variant : "");
	for (size_t i = 0; i < scenario->variant_count && !found; i++) {
		found = strcmp(scenario->variants[i].name, side->variant) == 0;
		nearest_offer(&nearest, scenario->variants[i].name);
	}
	ret = found ? CLI_OK : no_such_variant(side, &nearest);
	scenario_free(scenario);
	return ret;
}

/* ---- both ---- */

static int check_variant(const struct compare_side *side)
{
	struct nearest nearest;
	json_t *variant;
	size_t i;

	if (!side->variant || compare_side_variant(side, side->variant))
		return CLI_OK;
	nearest_begin(&nearest, side->variant);
	json_array_foreach(json_object_get(side->report, "variants"), i, variant)
		nearest_offer(&nearest, json_string_value(json_object_get(variant, "name")));
	return no_such_variant(side, &nearest);
}

static int load(struct compare_side *side, const char *text, size_t len)
{
	json_error_t error;
	json_t *tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int status;

	if (!tree && is_called_json(side->path)) {
		cli_complain("%s:%d:%d: no JSON: %s", side->path, error.line, error.column,
			     error.text);
		return CLI_MISUSED;
	}
	if (tree && looks_like_report(tree, side->path)) {
		status = take_report(side, tree);
	} else {
		status = check_scenario(side);
		if (status == CLI_OK)
			status = run_scenario(side);
	}
	json_decref(tree);
	return status == CLI_OK ? check_variant(side) : status;
}

int compare_side_load(struct compare_side *side, const char *argument)
{
	char *text;
	size_t len;
	int status, ret;

	*side = (struct compare_side){ 0 };
	status = split(side, argument);
	if (status)
		return status;
	ret = file_read(side->path, FILE_BYTES_LIMIT, &text, &len);
	if (ret) {
		cli_complain("cannot read '%s': %s", side->path, strerror(-ret));
		return ret == -ENOMEM ? CLI_NO_MEANS : CLI_MISUSED;
	}
	if (len > FILE_BYTES_LIMIT) {
		cli_complain("'%s' is too large", side->path);
		status = CLI_MISUSED;
	} else {
		status = load(side, text, len);
	}
	free(text);
	return status;
}

void compare_side_free(struct compare_side *side)
{
	free(side->path);
	free(side->variant);
	json_decref(side->report);
}

json_t *compare_side_variant(const struct compare_side *side, const char *name)
{
	json_t *variant;
	size_t i;

	json_array_foreach(json_object_get(side->report, "variants"), i, variant)
	{
		if (strcmp(json_string_value(json_object_get(variant, "name")), name) == 0)
			return variant;
	}
	return NULL;
}
