// SPDX-License-Identifier: MIT
/* Workload files: used, overridden, their figures' sources. */
#include "tests/scenario/fixture.h"

#include <errno.h>
#include <stdio.h>

#define MS      UINT64_C(1000000000)
#define SOURCES "sources: {steps: illustrative}\n"
#define DRAW(t) "steps: [{draw: {duration: " t "}}, {wait: all}]\n"

static const char tiny[] = "workload: tiny\ntitle: Tiny\nrepeat: 7\n" DRAW("2ms") SOURCES;
static const char other[] = "workload: other\n"
			    "steps: [{sleep: 1ms}, {draw: {duration: 3ms}}]\n" SOURCES;
static const char uses_tiny[] = "vms: [{name: vm0, workload: {use: tiny}}]\n";

static void write_files(const char *folder)
{
	fixture_write(folder, "workloads/tiny.yaml", tiny);
	fixture_write(folder, "workloads/other.yaml", other);
}

static const struct workload_config *workload_of(const struct scenario *s, size_t variant)
{
	return &s->variants[variant].config.vms[0].workload;
}

static void a_scenario_uses_a_file(void **state)
{
	struct scenario *s;

	write_files(*state);
	s = fixture_load_good(*state, uses_tiny, NULL);
	assert_int_equal(workload_of(s, 0)->repeat, 7);
	assert_int_equal(workload_of(s, 0)->step_count, 2);
	assert_int_equal(workload_of(s, 0)->steps[0].duration_ps, 2 * MS);
	scenario_free(s);
}

static void its_own_keys_replace_the_files(void **state)
{
	struct scenario *s;

	write_files(*state);
	s = fixture_load_good(*state,
			      "vms: [{name: vm0, workload: {repeat: 3, use: tiny, timeout: 5ms, "
			      "steps: [{sleep: 4ms}]}}]\n",
			      NULL);
	assert_int_equal(workload_of(s, 0)->repeat, 3);
	assert_int_equal(workload_of(s, 0)->timeout_ps, 5 * MS);
	assert_int_equal(workload_of(s, 0)->step_count, 1);
	assert_int_equal(workload_of(s, 0)->steps[0].kind, STEP_SLEEP);
	scenario_free(s);
}

/* Whatever is said first, `use` decides which file the other paths lead into. */
static void paths_lead_into_the_file(void **state)
{
	const char *const overrides[] = { "vms.vm0.workload.repeat=9", NULL };
	struct scenario *s;

	write_files(*state);
	s = fixture_load_good(*state,
			      "vms: [{name: vm0, workload: {use: tiny}}]\nvariants:\n"
			      "  - {name: a, set: {vms.vm0.workload.steps.0.draw.duration: 1ms}}\n"
			      "  - {name: b, set: {vms.0.workload.steps.1.draw.duration: 4ms, "
			      "vms.vm0.workload.use: other}}\n",
			      overrides);
	assert_int_equal(workload_of(s, 0)->steps[0].duration_ps, MS);
	assert_int_equal(workload_of(s, 0)->repeat, 9);
	assert_int_equal(workload_of(s, 1)->steps[0].kind, STEP_SLEEP);
	assert_int_equal(workload_of(s, 1)->steps[1].duration_ps, 4 * MS);
	assert_int_equal(workload_of(s, 1)->repeat, 9);
	scenario_free(s);
}

static void the_command_line_chooses_the_file(void **state)
{
	const char *const overrides[] = { "vms.vm0.workload.use=other", NULL };
	struct scenario *s;

	write_files(*state);
	s = fixture_load_good(*state,
			      "vms: [{name: vm0, workload: {use: tiny}}]\nvariants:\n"
			      "  - {name: a, set: {vms.vm0.workload.repeat: 2}}\n",
			      overrides);
	assert_int_equal(workload_of(s, 0)->steps[0].kind, STEP_SLEEP);
	assert_int_equal(workload_of(s, 0)->repeat, 2);
	scenario_free(s);
}

/* The command line comes last: what it replaces altogether is gone, and so are paths into it. */
static void a_whole_workload_replaces_what_was_set_in_it(void **state)
{
	const char *const overrides[] = { "vms.vm0.workload={use: other}", NULL };
	const char *const changes[] = { "vms.vm0.workload={use: tiny, repeat: 5}",
					"vms.vm0.workload.repeat=6", NULL };
	static const char text[] = "vms: [{name: vm0, workload: {use: tiny}}]\nvariants:\n"
				   "  - {name: a, set: {vms.vm0.workload.repeat: 2}}\n";
	struct scenario *s;

	write_files(*state);
	s = fixture_load_good(*state, text, overrides);
	assert_int_equal(workload_of(s, 0)->steps[0].kind, STEP_SLEEP);
	assert_int_equal(workload_of(s, 0)->repeat, 1);
	scenario_free(s);
	s = fixture_load_good(*state, text, changes);
	assert_int_equal(workload_of(s, 0)->repeat, 6);
	scenario_free(s);
}

static void a_file_may_name_a_descriptor_beside_it(void **state)
{
	struct scenario *s;

	fixture_write(*state, "elsewhere/media.wsim", "1.RCS.500.0.1\n");
	fixture_write(*state, "elsewhere/media.yaml",
		      "workload: media\nwsim: media.wsim\nsources: {wsim: illustrative}\n");
	s = fixture_load_good(*state, "vms: [{name: vm0, workload: {use: elsewhere/media.yaml}}]\n",
			      NULL);
	assert_non_null(workload_of(s, 0)->wsim);
	scenario_free(s);
}

/* The effective configuration stands for itself. */
static void the_configuration_has_the_whole_workload(void **state)
{
	struct scenario *s, *again;
	json_t *config;
	char *text;

	write_files(*state);
	s = fixture_load_good(*state, uses_tiny, NULL);
	config = scenario_config_json(&s->variants[0].config);
	text = json_dumps(config, 0);
	assert_null(strstr(text, "\"use\""));
	again = fixture_load_good(*state, text, NULL);
	assert_int_equal(workload_of(again, 0)->steps[0].duration_ps, 2 * MS);
	scenario_free(again);
	free(text);
	json_decref(config);
	scenario_free(s);
}

static const struct row {
	const char *file, *messages;
} file_rows[] = {
	{"steps: [{wait: all}]\n",
         "workloads/bad.yaml:1:1: key 'workload' is missing in a workload file\n"                                                            },
	{ "workload: good\nsteps: [{wait: all}]\n",
         "workloads/bad.yaml:1:11: 'workload' is 'good' in a file called 'bad.yaml'\n"                                                       },
	{ "workload: bad\nuse: tiny\nstep: []\n",
         "workloads/bad.yaml:2:1: unknown key 'use' in a workload file\n"
	  "workloads/bad.yaml:3:1: unknown key 'step' in a workload file\n"                                                                  },
	{ "[1]\n",
         "workloads/bad.yaml:1:1: a workload file is a list; expected a mapping of keys\n"                                                   },
	{ "workload: bad\nrepeat: 5\ntimeout: 1s\n" DRAW("1ms"),
         "workloads/bad.yaml:4:27: 'steps.0.draw.duration' has no source; expected "
	  "'steps.0.draw.duration' in 'sources', a publication or 'illustrative'\n"                                                          },
	{ "workload: bad\nsteps:\n- together: [{draw: {duration: 1ms, context: a}}]\n- sleep: 1ms\n"
	  "- bind: {object: o, pages: 4}\n- bind: {object: p, size: 8KiB}\n"
	  "sources: {steps.1: x, steps.2.bind: y}\n",				    "workloads/bad.yaml:3:32: 'steps.0.together.0.draw.duration' has no source; expected "
	  "'steps.0.together.0.draw.duration' in 'sources', a publication or 'illustrative'\n"
	  "workloads/bad.yaml:6:27: 'steps.3.bind.size' has no source; expected "
	  "'steps.3.bind.size' in 'sources', a publication or 'illustrative'\n"},
	{ "workload: bad\nwsim_text: 1.RCS.500.0.1\n",
         "workloads/bad.yaml:2:12: 'wsim_text' has no source; expected 'wsim_text' in 'sources', "
	  "a "
	  "publication or 'illustrative'\n"												  },
	{ "workload: bad\n" DRAW("1ms") "sources: {steps: a, steps.1: b, steps.0.draw.dur: c}\n",
         "workloads/bad.yaml:3:21: no figure at 'steps.1'; expected a path in the workload, such "
	  "as "
	  "steps.0.draw.duration, or the beginning of one\n"
	  "workloads/bad.yaml:3:33: no figure at 'steps.0.draw.dur'; expected a path in the "
	  "workload, such as steps.0.draw.duration, or the beginning of one\n"                                                               },
	{ "workload: bad\n" DRAW("1ms") "sources: {steps: [a]}\n",
         "workloads/bad.yaml:3:18: source of 'steps' is a list; expected a publication or "
	  "'illustrative'\n"														 },
	{ "workload: bad\n" DRAW("1ms") "sources: all\n",
         "workloads/bad.yaml:3:10: 'sources' is a single value; expected a mapping\n"                                                        },
 /* the steps' own check, at the file's line, once for two variants */
	{ "workload: bad\n" DRAW("2s") SOURCES,
         "workloads/bad.yaml:2:27: 'duration' is 2s; expected 1ns to 1s\n"                                                                   },
	{ "workload: [\n",									"workloads/bad.yaml:1:12: not YAML: flow sequence without a closing "
			   "bracket\n"									     },
};

static void wrong_files_are_refused(void **state)
{
	struct scenario *s;
	char *messages;

	fixture_write(
		*state, "s.yaml",
		"vms: [{name: vm0, workload: {use: bad}}, {name: vm1, workload: {use: bad}}]\n"
		"variants: [{name: a}, {name: b}]\n");
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++) {
		fixture_write(*state, "workloads/bad.yaml", file_rows[i].file);
		assert_int_equal(fixture_load(*state, "s.yaml", NULL, &s, &messages), -EINVAL);
		assert_string_equal(fixture_brief(*state, messages), file_rows[i].messages);
		free(messages);
	}
}

static void check_use(const char *folder, const char *use, const char *expected)
{
	char text[256], *messages;
	struct scenario *s;

	snprintf(text, sizeof(text), "vms: [{name: vm0, workload: {use: %s}}]\n", use);
	fixture_write(folder, "s.yaml", text);
	assert_int_equal(fixture_load(folder, "s.yaml", NULL, &s, &messages), -EINVAL);
	fixture_brief(folder, messages);
	if (strncmp(messages, expected, strlen(expected)) != 0)
		fail_msg("%s", messages);
	free(messages);
}

static void unknown_workloads_are_refused(void **state)
{
	write_files(*state);
	check_use(*state, "gears", "s.yaml:1:35: no workload is called 'gears'; expected one of ");
	check_use(*state, "x.yaml", "s.yaml:1:35: no workload at 'x.yaml'\n");
	check_use(*state, "[tiny]",
		  "s.yaml:1:35: 'use' is a list; expected the name of a workload\n");
	check_use(*state, "../tiny",
		  "s.yaml:1:35: 'use' is '../tiny'; expected a name of at most ");
	fixture_write(*state, "workloads/folder.yaml/x", "");
	check_use(*state, "folder", "workloads/folder.yaml: cannot read: Is a directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scenario_uses_a_file),
		cmocka_unit_test(its_own_keys_replace_the_files),
		cmocka_unit_test(paths_lead_into_the_file),
		cmocka_unit_test(the_command_line_chooses_the_file),
		cmocka_unit_test(a_whole_workload_replaces_what_was_set_in_it),
		cmocka_unit_test(a_file_may_name_a_descriptor_beside_it),
		cmocka_unit_test(the_configuration_has_the_whole_workload),
		cmocka_unit_test(wrong_files_are_refused),
		cmocka_unit_test(unknown_workloads_are_refused),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
