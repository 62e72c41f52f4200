// SPDX-License-Identifier: MIT
#include "tests/scenario/fixture.h"

#include <errno.h>
#include <stdio.h>

#include "sim/scenario/params.h"
#include "sim/scenario/profile.h"

#define TEXT_BYTES 8192

/* A profile of costs in which every time is 1ns, but one parameter, which reads `line`. */
static void make_profile(char *text, const char *head, const char *name, const char *line)
{
	struct param_ref ref = { PROFILE_COSTS, 0 };

	sprintf(text, "%sparameters:\n", head);
	for (; ref.index < param_count(PROFILE_COSTS); ref.index++) {
		if (name && !strcmp(param_name(ref), name))
			sprintf(text + strlen(text), "%s", line);
		else
			sprintf(text + strlen(text), "  %s: {value: %s, source: assumed}\n",
				param_name(ref),
				param_unit(ref) == COST_UNIT_BOOL ? "true" : "1ns");
	}
}

#define HEAD "profile: mine\nkind: costs\n"

static void reads_a_profile_beside_the_scenario(void **state)
{
	char text[TEXT_BYTES];
	struct scenario *s;

	make_profile(text,
		     "profile: mine\nkind: costs\ntitle: Mine\n"
		     "cpu_frequency: {value: 2GHz, source: assumed}\n",
		     "exit.transition",
		     "  exit.transition: {value: 800cycles, range: [700cycles, 1us], source: a "
		     "paper}\n");
	fixture_write(*state, "profiles/costs/mine.yaml", text);
	s = fixture_load_good(*state, "platform: {costs: mine}\n" FIXTURE_VMS, NULL);
	assert_string_equal(s->variants[0].config.costs_name, "mine");
	assert_int_equal(s->variants[0].config.costs.value[COST_EXIT_TRANSITION], 400000);
	assert_int_equal(s->variants[0].config.costs.value[COST_EXIT_REENTRY], 1000);
	assert_int_equal(s->variants[0].config.costs.value[COST_INTERRUPT_POSTED], 1);
	scenario_free(s);
}

static void reads_a_profile_by_its_path(void **state)
{
	char text[TEXT_BYTES];
	struct scenario *s;

	make_profile(text, "profile: near\nkind: costs\n", NULL, NULL);
	fixture_write(*state, "sub/near.yaml", text);
	s = fixture_load_good(*state, "platform: {costs: sub/near.yaml}\n" FIXTURE_VMS, NULL);
	assert_string_equal(s->variants[0].config.costs_name, "near");
	scenario_free(s);
}

/* The options' folder is searched first, then the one beside the scenario. */
static void searches_folders_in_order(void **state)
{
	char text[TEXT_BYTES], scenario[FIXTURE_PATH_BYTES], folder[FIXTURE_PATH_BYTES];
	struct scenario_options options = { .profile_dir = fixture_path(*state, "first", folder) };
	struct scenario *s;

	make_profile(text, "profile: zero\nkind: costs\n", "exit.reentry",
		     "  exit.reentry: {value: 5ns, source: assumed}\n");
	fixture_write(*state, "second/profiles/costs/zero.yaml", text);
	fixture_write(*state, "second/s.yaml", "platform: {costs: zero}\n" FIXTURE_VMS);
	fixture_path(*state, "second/s.yaml", scenario);
	assert_int_equal(scenario_load(&s, scenario, &options), 0);
	assert_int_equal(s->variants[0].config.costs.value[COST_EXIT_REENTRY], 5000);
	scenario_free(s);

	make_profile(text, "profile: zero\nkind: costs\n", "exit.reentry",
		     "  exit.reentry: {value: 6ns, source: assumed}\n");
	fixture_write(*state, "first/costs/zero.yaml", text);
	assert_int_equal(scenario_load(&s, scenario, &options), 0);
	assert_int_equal(s->variants[0].config.costs.value[COST_EXIT_REENTRY], 6000);
	scenario_free(s);
}

static void keeps_ranges_and_sources(void **state)
{
	char text[TEXT_BYTES], path[FIXTURE_PATH_BYTES];
	struct profile_store store = { 0 };
	const struct profile *profile, *again;
	struct diag diag = { 0 };

	make_profile(text, HEAD, "exit.reentry",
		     "  exit.reentry: {value: 3ns, range: [1ns, 4ns], source: a paper}\n");
	fixture_write(*state, "range/mine.yaml", text);
	fixture_path(*state, "range/mine.yaml", path);
	assert_int_equal(profile_load(&store, &diag, PROFILE_COSTS, path, &profile), 0);
	assert_int_equal(profile->params[COST_EXIT_REENTRY].value, 3000);
	assert_int_equal(profile->params[COST_EXIT_REENTRY].low, 1000);
	assert_int_equal(profile->params[COST_EXIT_REENTRY].high, 4000);
	assert_string_equal(profile->params[COST_EXIT_REENTRY].source, "a paper");
	assert_int_equal(profile->params[COST_EXIT_TRANSITION].low, 1000);
	assert_int_equal(profile->params[COST_EXIT_TRANSITION].high, 1000);
	assert_int_equal(profile->cpu_hz, 0);
	/* one load reads a file once */
	assert_int_equal(profile_load(&store, &diag, PROFILE_COSTS, path, &again), 0);
	assert_ptr_equal(profile, again);
	profile_store_free(&store);
	diag_free(&diag);
}

/* ---- wrong profiles ---- */

struct row {
	const char *head;
	const char *name; /* parameter that is replaced by line */
	const char *line;
	const char *messages; /* each behind "profiles/costs/mine.yaml:" */
};

static const struct row rows[] = {
	{HEAD,					     "exit.reentry",     "",							     "4:3: parameter 'exit.reentry' is missing\n"  },
	{ HEAD,					    "exit.reentry",     "  exit.reentyr: {value: 1ns, source: assumed}\n",
         "4:3: parameter 'exit.reentry' is missing\n"
	  "5:3: unknown parameter 'exit.reentyr' in a profile of costs; did you mean "
	  "'exit.reentry'?\n"																				},
	{ HEAD,					    "exit.reentry",     "  exit.reentry: 1ns\n",
         "5:17: a parameter is a single value; expected a mapping of keys\n"														 },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 1ns}\n",
         "5:17: key 'source' is missing in a parameter\n"																    },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {source: assumed}\n",
         "5:17: key 'value' is missing in a parameter\n"																     },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 1ns, source: }\n",
         "5:30: source of 'exit.reentry' is nothing; expected a publication or 'assumed'\n"												  },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 1ns, source: x, sorce: y}\n",
         "5:41: unknown key 'sorce' in a parameter; did you mean 'source'?\n"														},
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 10, source: x}\n",
         "5:25: 'exit.reentry': '10' has no unit; expected one of ps, ns, us, ms, s\n"												       },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 10cycles, source: x}\n",
         "5:25: 'exit.reentry': '10cycles' is in cycles of an unknown clock; expected one of ps, "
	  "ns, us, ms, s\n"																				  },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 1ns, range: 5ns, source: x}\n",
         "5:37: range of 'exit.reentry' is a single value; expected [lowest, highest]\n"												     },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 1ns, range: [1ns], source: x}\n",
         "5:37: range of 'exit.reentry' is no pair; expected [lowest, highest]\n"													    },
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 1ns, range: [2ns, 3ns], source: x}\n",
         "5:37: range of 'exit.reentry' does not contain its value\n"															},
	{ HEAD,					    "exit.reentry",     "  exit.reentry: {value: 3ns, range: [3ns, 2ns], source: x}\n",
         "5:37: range of 'exit.reentry' does not contain its value\n"															},
	{ HEAD,					    "interrupt.posted", "  interrupt.posted: {value: 1, source: x}\n",
         "14:29: 'interrupt.posted' is '1'; expected true or false\n"															},
	{ "profile: mine\nkind: hardware\n",               NULL,               NULL,
         "2:7: a profile of hardware; expected one of costs\n"															       },
	{ "profile: other\nkind: costs\n",                 NULL,               NULL,
         "1:10: 'profile' is 'other' in a file called 'mine.yaml'\n"															 },
	{ "kind: costs\n",				 NULL,               NULL,							   "1:1: key 'profile' is missing in a profile\n"},
	{ HEAD "cpu_frequncy: 5\n",                        NULL,               NULL,
         "3:1: unknown key 'cpu_frequncy' in a profile; did you mean 'cpu_frequency'?\n"												     },
	{ HEAD "cpu_frequency: 5GHz\n",                    NULL,               NULL,
         "3:16: a parameter is a single value; expected a mapping of keys\n"														 },
	{ HEAD "cpu_frequency: {value: 5, source: x}\n",   NULL,               NULL,
         "3:24: 'cpu_frequency': '5' has no unit; expected one of Hz, kHz, MHz, GHz\n"												       },
	{ HEAD "cpu_frequency: {value: 0Hz, source: x}\n", NULL,               NULL,
         "3:24: 'cpu_frequency' is 0Hz; expected 1Hz to 1000GHz\n"															   },
	{ HEAD "cpu_frequency: {value: [5GHz]}\n",         NULL,               NULL,
         "3:16: key 'source' is missing in a parameter\n"
	  "3:24: 'cpu_frequency' is a list; expected a single value\n"														       },
};

/* Put "profiles/costs/mine.yaml:" in front of every line. */
static void add_file(const char *lines, char *out)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n") + 1;

		out = stpcpy(out, "profiles/costs/mine.yaml:");
		out = mempcpy(out, lines, len);
		lines += len;
	}
	*out = '\0';
}

static void refuses_wrong_profiles(void **state)
{
	char text[TEXT_BYTES], expected[TEXT_BYTES];
	size_t wrong = 0;

	fixture_write(*state, "uses.yaml",
		      "platform: {costs: mine}\n" FIXTURE_VMS "variants: [{name: a}, {name: b}]\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scenario *s;
		char *messages;

		make_profile(text, rows[i].head, rows[i].name, rows[i].line);
		fixture_write(*state, "profiles/costs/mine.yaml", text);
		assert_int_equal(fixture_load(*state, "uses.yaml", NULL, &s, &messages), -EINVAL);
		add_file(rows[i].messages, expected);
		if (strcmp(fixture_brief(*state, messages), expected) != 0) {
			print_error("--- %s%s--- expected\n%s--- got\n%s", rows[i].head,
				    rows[i].line ? rows[i].line : "", expected, messages);
			wrong++;
		}
		free(messages);
	}
	assert_int_equal(wrong, 0);
}

static void check_names(const char *folder, const char *platform, const char *expected)
{
	char text[TEXT_BYTES];
	struct scenario *s;
	char *messages;

	snprintf(text, sizeof(text), "platform: {%s}\n" FIXTURE_VMS, platform);
	fixture_write(folder, "names/s.yaml", text);
	assert_int_equal(fixture_load(folder, "names/s.yaml", NULL, &s, &messages), -EINVAL);
	assert_string_equal(fixture_brief(folder, messages), expected);
	free(messages);
}

static void refuses_unknown_names(void **state)
{
	check_names(*state, "hardware: skylake-gt3",
		    "names/s.yaml:1:22: no hardware profile is called 'skylake-gt3'; expected one "
		    "of skylake-gt2; did you mean 'skylake-gt2'?\n");
	check_names(*state, "costs: xen",
		    "names/s.yaml:1:19: no cost profile is called 'xen'; expected one of "
		    "acrn-kernel, kvm-kernel, kvm-nested, kvm-userspace-2024, "
		    "kvm-userspace-nehalem, kvm-userspace-sandybridge, kvm-userspace, zero\n");
	check_names(*state, "costs: ../costs/zero",
		    "names/s.yaml:1:19: 'costs' is '../costs/zero'; expected a name of at most 31 "
		    "letters, digits, '_' and '-', not only digits\n");
	check_names(*state, "costs: absent.yaml",
		    "names/s.yaml:1:19: no cost profile at 'names/absent.yaml'\n");
	check_names(*state, "costs: [zero]",
		    "names/s.yaml:1:19: 'costs' is a list; expected a single value\n");
	check_names(*state, "costs: \"\"",
		    "names/s.yaml:1:19: 'costs' is ''; expected a name of at most 31 letters, "
		    "digits, '_' and '-', not only digits\n");
}

static void refuses_wrong_yaml(void **state)
{
	struct scenario *s;
	char *messages;

	fixture_write(*state, "names/profiles/costs/broken.yaml", "profile: [\n");
	fixture_write(*state, "names/s.yaml", "platform: {costs: broken}\n" FIXTURE_VMS);
	assert_int_equal(fixture_load(*state, "names/s.yaml", NULL, &s, &messages), -EINVAL);
	assert_string_equal(fixture_brief(*state, messages),
			    "names/profiles/costs/broken.yaml:1:11: not YAML: flow sequence "
			    "without a closing bracket\n");
	free(messages);
}

/* A folder of a profile's name, say: named, not a crash. */
static void refuses_what_cannot_be_read(void **state)
{
	struct scenario *s;
	char *messages;

	fixture_write(*state, "names/profiles/costs/folder.yaml/x", "");
	fixture_write(*state, "names/s.yaml", "platform: {costs: folder}\n" FIXTURE_VMS);
	assert_int_equal(fixture_load(*state, "names/s.yaml", NULL, &s, &messages), -EINVAL);
	assert_string_equal(fixture_brief(*state, messages),
			    "names/profiles/costs/folder.yaml: cannot read: Is a directory\n");
	free(messages);
}

static void names_of_parameters_are_found(void **state)
{
	struct param_ref ref;

	assert_int_equal(param_resolve("exit.reentry", &ref), 0);
	assert_int_equal(ref.kind, PROFILE_COSTS);
	assert_int_equal(ref.index, COST_EXIT_REENTRY);
	assert_int_equal(param_resolve("costs.exit.reentry", &ref), 0);
	assert_int_equal(param_resolve("hardware.context.load", &ref), 0);
	assert_int_equal(ref.kind, PROFILE_HARDWARE);
	assert_int_equal(ref.index, HW_CONTEXT_LOAD);
	assert_int_equal(param_resolve("hardware.exit.reentry", &ref), -ENOENT);
	assert_int_equal(param_resolve("exit", &ref), -ENOENT);
	assert_int_equal(param_resolve("costs.", &ref), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_profile_beside_the_scenario),
		cmocka_unit_test(reads_a_profile_by_its_path),
		cmocka_unit_test(searches_folders_in_order),
		cmocka_unit_test(keeps_ranges_and_sources),
		cmocka_unit_test(refuses_wrong_profiles),
		cmocka_unit_test(refuses_unknown_names),
		cmocka_unit_test(refuses_wrong_yaml),
		cmocka_unit_test(refuses_what_cannot_be_read),
		cmocka_unit_test(names_of_parameters_are_found),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
