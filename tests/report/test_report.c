// SPDX-License-Identifier: MIT
/* The whole report of hand-made results: the JSON to the byte, the table's contents and width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report/report.h"
#include "sim/report/table.h"
#include "tests/report/fixture.h"

static int setup(void **state)
{
	*state = fixture_create();
	return 0;
}

static int teardown(void **state)
{
	fixture_destroy(*state);
	return 0;
}

/* The effective configuration is the scenario's business: there, but not compared here. */
static void take_config_out(json_t *report)
{
	json_t *variant;
	size_t i;

	json_array_foreach(json_object_get(report, "variants"), i, variant)
	{
		assert_true(json_object_size(json_object_get(variant, "config")) > 0);
		json_object_del(variant, "config");
	}
}

/* *text is malloc()ed. */
static void json_text(const json_t *report, char **text)
{
	size_t len;
	FILE *out = open_memstream(text, &len);

	assert_non_null(out);
	assert_int_equal(report_write_json(report, out), 0);
	fclose(out);
}

static void table_text(const json_t *report, bool colour, char **text)
{
	size_t len;
	FILE *out = open_memstream(text, &len);

	assert_non_null(out);
	assert_int_equal(report_write_text(report, out, colour), 0);
	fclose(out);
}

static char *file_text(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text;
	long len;

	assert_non_null(in);
	assert_int_equal(fseek(in, 0, SEEK_END), 0);
	len = ftell(in);
	rewind(in);
	text = calloc(1, (size_t)len + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)len, in), (size_t)len);
	fclose(in);
	return text;
}

/* With UPDATE_GOLDEN set, what is got becomes what is wanted. */
static void assert_same_text(const char *got, const char *path)
{
	char *want;

	if (getenv("UPDATE_GOLDEN")) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fputs(got, out);
		fclose(out);
	}
	want = file_text(path);

	if (strcmp(got, want) != 0)
		fail_msg("differs from %s:\n%s", path, got);
	free(want);
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	json_t *report;
	char *text;

	fixture_expect(f, "baseline.vm0.submit.exits_per_op", EXPECT_EQ, 4);
	fixture_expect(f, "pvmmio.vm0.workload.bytes_wrong", EXPECT_EQ, 0);
	fixture_expect(f, "pvmmio.vm0.workload.bytes_worng", EXPECT_EQ, 0);
	report = report_build(&f->scenario, f->results);
	assert_false(report_ok(report));
	take_config_out(report);
	/* The version has a test of its own. */
	json_object_set_new(report, "version", json_string("VERSION"));
	json_text(report, &text);
	assert_same_text(text, GOLDEN_DIR "/hand.json");
	free(text);
	json_decref(report);
}

static void test_version(void **state)
{
	struct fixture *f = *state;
	json_t *report = report_build(&f->scenario, f->results);

	assert_string_equal(json_string_value(json_object_get(report, "version")), PROJECT_VERSION);
	assert_string_equal(report_version, PROJECT_VERSION);
	json_decref(report);
}

static void assert_exits_per_op(struct fixture *f, uint64_t exits, uint64_t count, const char *want)
{
	struct ledger_op *op = &f->results[FIXTURE_BASELINE]->vms[0].ops[GUEST_OP_SUBMIT];
	char wanted[64];
	json_t *report;
	char *text;

	op->exits.count = exits;
	op->count = count;
	report = report_build(&f->scenario, f->results);
	json_text(json_array_get(json_object_get(report, "variants"), FIXTURE_BASELINE), &text);
	snprintf(wanted, sizeof(wanted), "\"exits_per_op\": %s,", want);
	if (!strstr(strstr(text, "\"submit\""), wanted))
		fail_msg("%llu/%llu is not %s", (unsigned long long)exits,
			 (unsigned long long)count, want);
	free(text);
	json_decref(report);
}

static void test_exits_per_op(void **state)
{
	struct fixture *f = *state;

	assert_exits_per_op(f, 0, 3, "0");
	assert_exits_per_op(f, 12, 3, "4");
	assert_exits_per_op(f, 4, 3, "1.333333");
	assert_exits_per_op(f, 5, 3, "1.666667");
	assert_exits_per_op(f, 1, 3, "0.333333");
	assert_exits_per_op(f, 1, 2, "0.5");
	assert_exits_per_op(f, 1000001, 1000000, "1.000001");
	assert_exits_per_op(f, 2999999999u, 3, "999999999.666667");
	assert_exits_per_op(f, 5, 0, "null");
}

/* An operation appears once something is known of it, and then with its zeroes. */
static void test_operations_present(void **state)
{
	struct fixture *f = *state;
	json_t *report = report_build(&f->scenario, f->results);
	const json_t *vm = json_array_get(
		json_object_get(json_array_get(json_object_get(report, "variants"), FIXTURE_NATIVE),
				"vms"),
		0);
	const json_t *operations = json_object_get(vm, "operations");

	assert_int_equal(json_object_size(operations), 1);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(operations, "submit"), "exits")),
		0);
	json_decref(report);
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");

		longest = len > longest ? len : longest;
		text += len + (text[len] == '\n');
	}
	return longest;
}

static void test_table(void **state)
{
	struct fixture *f = *state;
	json_t *report;
	char *text;

	fixture_expect(f, "baseline.vm0.submit.exits_per_op", EXPECT_EQ, 4);
	fixture_expect(f, "pvmmio.vm0.workload.bytes_wrong", EXPECT_EQ, 0);
	report = report_build(&f->scenario, f->results);
	json_object_set_new(report, "version", json_string("VERSION"));
	table_text(report, false, &text);
	assert_same_text(text, GOLDEN_DIR "/hand.txt");
	assert_null(strchr(text, '\033'));
	free(text);
	table_text(report, true, &text);
	assert_non_null(strchr(text, '\033'));
	free(text);
	json_decref(report);
}

static void test_table_width(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 3; i < FIXTURE_VARIANTS; i++) {
		char name[CONFIG_NAME_BYTES];
		json_t *report;
		char *text;

		snprintf(name, sizeof(name), "a-name-of-thirty-one-bytes-%04u", i);
		fixture_add_variant(f, name);
		report = report_build(&f->scenario, f->results);
		table_text(report, false, &text);
		assert_in_range(longest_line(text), 1, TABLE_WIDTH);
		assert_non_null(strstr(text, name));
		free(text);
		json_decref(report);
	}
}

static void test_table_of_two_vms(void **state)
{
	struct fixture *f = *state;
	struct sim_result *result = f->results[FIXTURE_BASELINE];
	struct vm_config vms[2] = {
		{.name = "vm0",  .mode = VM_MODE_GVT},
                { .name = "vm1", .mode = VM_MODE_GVT}
	};
	json_t *report;
	char *text;

	result->vms = realloc(result->vms, 2 * sizeof(*result->vms));
	assert_non_null(result->vms);
	memset(&result->vms[1], 0, sizeof(result->vms[1]));
	result->vms[1].init_error = -19;
	result->vm_count = 2;
	f->variants[FIXTURE_BASELINE].config.vms = vms;
	f->variants[FIXTURE_BASELINE].config.vm_count = 2;
	report = report_build(&f->scenario, f->results);
	table_text(report, false, &text);
	assert_non_null(strstr(text, "\nvm0 "));
	assert_non_null(strstr(text, "\nvm1 "));
	assert_non_null(strstr(text, "ENODEV"));
	free(text);
	json_decref(report);
}

static void test_unwritable(void **state)
{
	struct fixture *f = *state;
	json_t *report = report_build(&f->scenario, f->results);
	FILE *full = fopen("/dev/full", "w");

	if (!full)
		skip();
	assert_true(report_write_json(report, full) < 0);
	fclose(full);
	full = fopen("/dev/full", "w");
	assert_true(report_write_text(report, full, false) < 0);
	fclose(full);
	json_decref(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exits_per_op, setup, teardown),
		cmocka_unit_test_setup_teardown(test_operations_present, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_width, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_of_two_vms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unwritable, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
