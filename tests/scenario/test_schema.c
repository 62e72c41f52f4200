// SPDX-License-Identifier: MIT
/*
 * The schema table itself, and that the manuals say what it says.
 */
#include "tests/scenario/fixture.h"

#include <stdio.h>

#include "sim/scenario/file.h"
#include "sim/scenario/read.h"
#include "sim/scenario/units.h"
#include "tests/scenario/shipped.h"

static void keys_are_unique(void **state)
{
	for (size_t i = 0; i < schema_row_count; i++)
		assert_ptr_equal(schema_find(schema_rows[i].section, schema_rows[i].key),
				 &schema_rows[i]);
	assert_null(schema_find(SECTION_VM, "workloads"));
	assert_null(schema_find(SECTION_VM, "repeat")); /* a workload's */
}

static void rows_are_complete(void **state)
{
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];

		assert_true(strlen(row->doc) > 0 && strlen(row->doc) < 80);
		if (row->type == VALUE_CHOICE)
			assert_non_null(row->choice);
		if (row->type == VALUE_OTHER)
			assert_non_null(row->form);
		if (row->type == VALUE_INTEGER || row->type == VALUE_BYTES ||
		    row->type == VALUE_TIME)
			assert_true(row->max > row->min);
		/* a key has a default or must be given, if code reads it into a field */
		if (row->size && !row->required && !row->default_text &&
		    strcmp(row->key, "scenario") != 0 && strcmp(row->key, "engine") != 0)
			fail_msg("%s has no default", row->key);
	}
}

/* Every default passes its own row's checks: reading nothing fills in all of them. */
static void defaults_are_good(void **state)
{
	static const struct yaml_node nothing = { .kind = YAML_MAP };
	struct vm_config vm;
	struct diag diag = { 0 };

	memset(&vm, 0xee, sizeof(vm));
	assert_true(read_section(&diag, SECTION_VM, &nothing, &vm));
	assert_int_equal(vm.memory_bytes, 64 << 20);
	assert_int_equal(vm.mode, VM_MODE_GVT);
	assert_int_equal(diag.message_count, 1); /* the name, which must be given */
	diag_free(&diag);
}

static void ranges_read_well(void **state)
{
	char buf[128];

	assert_string_equal(schema_range(schema_find(SECTION_VM, "memory"), buf, sizeof(buf)),
			    "16MiB to 16GiB, a multiple of 2MiB");
	assert_string_equal(schema_range(schema_find(SECTION_WORKLOAD, "repeat"), buf, sizeof(buf)),
			    "1 to 1000000");
	assert_string_equal(schema_range(schema_find(SECTION_VM, "mode"), buf, sizeof(buf)), "");
}

static void steps_take_their_keys(void **state)
{
	for (unsigned i = 0; i < STEP_KIND_COUNT; i++) {
		const struct step_info *info = &step_infos[i];

		assert_int_equal(info->kind, i);
		assert_ptr_equal(step_info_find(info->name), info);
		for (size_t k = 0; k < STEP_KEY_LIMIT && info->keys[k]; k++)
			assert_non_null(schema_find(step_info_section(info), info->keys[k]));
	}
	assert_true(step_info_takes(&step_infos[STEP_FILL], "width"));
	assert_false(step_info_takes(&step_infos[STEP_FILL], "count"));
	assert_false(step_info_takes(&step_infos[STEP_WAIT], "engine"));
	assert_null(step_info_find("wiat"));
}

/* ---- the manuals ---- */

static char *capture(void (*write)(FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	write(out);
	fclose(out);
	return text;
}

/* What stands between the two markers in a document. */
static void check_document(const char *path, void (*write)(FILE *))
{
	char *expected = capture(write), *text, *begin, *end;
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	begin = strstr(text, "<!-- schema: begin -->\n");
	assert_non_null(begin);
	begin += strlen("<!-- schema: begin -->\n");
	end = strstr(begin, "<!-- schema: end -->\n");
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(begin, expected);
	free(expected);
	free(text);
}

static void manual_of_scenarios_is_current(void **state)
{
	check_document(PVMMIO_SIM_ROOT "/docs/scenario.md", schema_write_scenario_markdown);
}

static void manual_of_profiles_is_current(void **state)
{
	check_document(PVMMIO_SIM_ROOT "/docs/profiles.md", schema_write_profile_markdown);
}

static void text_fits_a_terminal_and_names_all(void **state)
{
	char *text = capture(schema_write_text);

	for (char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > 100)
			fail_msg("too wide: %.120s", line);
	for (size_t i = 0; i < schema_row_count; i++)
		assert_non_null(strstr(text, schema_rows[i].key));
	for (int i = 0; i < COST_PARAM_COUNT; i++)
		assert_non_null(strstr(text, cost_params[i].name));
	assert_null(strchr(text, '`'));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_unique),
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(defaults_are_good),
		cmocka_unit_test(ranges_read_well),
		cmocka_unit_test(steps_take_their_keys),
		cmocka_unit_test(manual_of_scenarios_is_current),
		cmocka_unit_test(manual_of_profiles_is_current),
		cmocka_unit_test(text_fits_a_terminal_and_names_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
