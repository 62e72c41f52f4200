/* SPDX-License-Identifier: MIT */
/*
 * Scenarios: YAML in, a checked description out.
 *
 * A scenario is a base configuration, variants that override any of its keys, and expectations. The
 * keys are rows of a schema table (schema.h): type, unit, range, default, one line of
 * documentation. docs/scenario.md is the manual.
 *
 * Loading checks everything before anything runs. Errors are collected, not just the first, and
 * each names file, line and column, shows the line, and suggests the nearest valid name.
 */
#ifndef PVMMIO_SIM_SCENARIO_SCENARIO_H
#define PVMMIO_SIM_SCENARIO_SCENARIO_H

#include <stdio.h>

#include <jansson.h>

#include "sim/scenario/config.h"

struct scenario_variant {
	char name[CONFIG_NAME_BYTES];
	struct sim_config config;
};

enum expect_op { EXPECT_EQ, EXPECT_NE, EXPECT_LT, EXPECT_LE, EXPECT_GT, EXPECT_GE };

/* `left op right`, right a number (durations in picoseconds), a boolean, a string or a path. */
struct scenario_expect {
	char *text; /* as written */
	unsigned line;
	char *left; /* path into the report: VARIANT.VM.KEY... ; see docs/scenario.md */
	enum expect_op op;
	enum {
		EXPECT_RIGHT_INTEGER,
		EXPECT_RIGHT_REAL,
		EXPECT_RIGHT_BOOL,
		EXPECT_RIGHT_STRING,
		EXPECT_RIGHT_PATH
	} right_kind;
	int64_t integer; /* INTEGER, BOOL */
	double real;
	char *right; /* STRING, PATH */
};

struct scenario {
	char *path;  /* as given */
	char *name;  /* key `scenario`, or the file's base name */
	char *title; /* key `title`, or "" */
	uint64_t seed;
	struct scenario_variant *variants; /* at least one; a file without variants has "default" */
	size_t variant_count;
	struct scenario_expect *expects;
	size_t expect_count;
};

struct scenario_options {
	const char *profile_dir;      /* folder with hardware/ and costs/, searched before profiles/
					 beside the scenario and the built-in ones; may be NULL */
	const char *const *overrides; /* "KEY=VALUE", applied to every variant after its own */
	size_t override_count;
	FILE *errors; /* where messages go; NULL: nowhere */
};

/*
 * Read and check path. 0; -EINVAL when the file or an override is wrong (messages were written);
 * -ENOMEM, or the error of reading the file, without a message. The caller ends *out with
 * scenario_free(); it is NULL after an error. options may be NULL.
 */
int scenario_load(struct scenario **out, const char *path, const struct scenario_options *options);
void scenario_free(struct scenario *scenario);

/*
 * The effective configuration of one variant, defaults included, as the report carries it: every
 * schema key, the profiles' parameters with their values under platform.set. It is a scenario
 * itself: loading it gives the same configuration. New reference, NULL when out of memory.
 */
json_t *scenario_config_json(const struct sim_config *config);

#endif
