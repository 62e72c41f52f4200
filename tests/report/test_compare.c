// SPDX-License-Identifier: MIT
/* Comparisons: what is paired with what, in which order, what only one side has; budgets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report/budget.h"
#include "sim/report/compare.h"
#include "sim/report/equivalent.h"
#include "sim/report/report.h"
#include "tests/report/fixture.h"

struct state {
	struct fixture *fixture;
	json_t *report;
	struct compare compare;
	char why[COMPARE_WHY_BYTES];
};

static int setup(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	s->fixture = fixture_create();
	s->report = report_build(&s->fixture->scenario, s->fixture->results);
	*state = s;
	return s->report ? 0 : -1;
}

static int teardown(void **state)
{
	struct state *s = *state;

	compare_free(&s->compare);
	json_decref(s->report);
	fixture_destroy(s->fixture);
	free(s);
	return 0;
}

static json_t *variant(const struct state *s, size_t i)
{
	return json_array_get(json_object_get(s->report, "variants"), i);
}

static json_t *vm_of(const struct state *s, size_t i)
{
	return json_array_get(json_object_get(variant(s, i), "vms"), 0);
}

/* Compare anew; the result must be ret. */
static void compare(struct state *s, size_t a, size_t b, int ret)
{
	compare_free(&s->compare);
	assert_int_equal(compare_variants(&s->compare, variant(s, a), variant(s, b), s->why), ret);
}

static const struct compare_number *number(const struct state *s, const char *path)
{
	for (size_t i = 0; i < s->compare.number_count; i++) {
		if (strcmp(s->compare.numbers[i].path, path) == 0)
			return &s->compare.numbers[i];
	}
	fail_msg("no number %s", path);
	return NULL;
}

static void assert_numbers(const struct state *s, const char *path, double a, double b)
{
	const struct compare_number *n = number(s, path);

	assert_true(n->a == (compare_millionths)(a * 1e6));
	assert_true(n->b == (compare_millionths)(b * 1e6));
}

/* Does only one side have it, or something below it? */
static bool is_missing(const struct state *s, const char *path)
{
	for (size_t i = 0; i < s->compare.missing_count; i++) {
		if (strncmp(s->compare.missing[i].path, path, strlen(path)) == 0)
			return true;
	}
	return false;
}

/* ---- pairing ---- */

static void test_itself(void **state)
{
	struct state *s = *state;

	compare(s, FIXTURE_PVMMIO, FIXTURE_PVMMIO, 0);
	assert_true(s->compare.number_count > 50);
	assert_int_equal(s->compare.equal, s->compare.number_count);
	assert_int_equal(s->compare.other_count, 0);
	assert_int_equal(s->compare.missing_count, 0);
	assert_int_equal(s->compare.config_count, 0);
	assert_true(compare_same(&s->compare, 0));
}

static void test_values(void **state)
{
	struct state *s = *state;

	compare(s, FIXTURE_BASELINE, FIXTURE_PVMMIO, 0);
	assert_numbers(s, "vm0.submit.exits", 12, 4);
	assert_numbers(s, "vm0.workload.completed", 3, 2);
	assert_numbers(s, "vm0.submit.exits_per_op", 4, 1.333333);
	assert_numbers(s, "vm0.exits.by_register.BCS0_ELSP:mmio_write.count", 12, 4);
	assert_int_equal(number(s, "vm0.submit.time_ps")->unit, COMPARE_TIME);
	assert_int_equal(number(s, "vm0.submit.by_part.dispatch")->unit, COMPARE_TIME);
	assert_int_equal(number(s, "vm0.submit.exits")->unit, COMPARE_COUNT);
	assert_int_equal(number(s, "vm0.workload.bytes_wrong")->unit, COMPARE_BYTES);
	assert_false(compare_same(&s->compare, 0));
}

/* What did not occur is zero, wherever it could have. */
static void test_left_out(void **state)
{
	struct state *s = *state;

	compare(s, FIXTURE_NATIVE, FIXTURE_BASELINE, 0);
	assert_numbers(s, "vm0.init.by_register.MASTER_IRQ:mmio_read.count", 0, 1);
	assert_numbers(s, "vm0.exits.by_reason.mmio_write.count", 0, 12);
	/* A named object is none of these: the scenario names it. */
	assert_true(is_missing(s, "vm0.objects.tile"));
	assert_false(is_missing(s, "vm0.init"));
	assert_false(is_missing(s, "vm0.exits"));
	json_object_del(json_object_get(vm_of(s, FIXTURE_NATIVE), "operations"), "submit");
	compare(s, FIXTURE_BASELINE, FIXTURE_NATIVE, 0);
	assert_numbers(s, "vm0.submit.exits", 12, 0);
	assert_false(is_missing(s, "vm0.submit"));
}

static void test_incidents(void **state)
{
	struct state *s = *state;
	const json_t *incidents = json_object_get(vm_of(s, FIXTURE_PVMMIO), "incidents");
	const char *name = json_object_iter_key(json_object_iter((json_t *)incidents));
	char path[128];

	assert_non_null(name);
	compare(s, FIXTURE_BASELINE, FIXTURE_PVMMIO, 0);
	snprintf(path, sizeof(path), "vm0.incidents.%s.count", name);
	assert_true(number(s, path)->a == 0 && number(s, path)->b > 0);
	for (size_t i = 0; i < s->compare.number_count; i++)
		assert_null(strstr(s->compare.numbers[i].path, "first_ps"));
}

/* The same register name at two offsets is one register here. */
static void test_registers_of_one_name(void **state)
{
	struct state *s = *state;
	json_t *exits = json_object_get(vm_of(s, FIXTURE_BASELINE), "exits");
	json_t *registers = json_object_get(exits, "by_register");
	json_t *more = json_deep_copy(json_array_get(registers, 0));
	const char *name = json_string_value(json_object_get(more, "register"));
	char path[128];
	compare_millionths before;

	compare(s, FIXTURE_BASELINE, FIXTURE_BASELINE, 0);
	snprintf(path, sizeof(path), "vm0.exits.by_register.%s:%s.count", name,
		 json_string_value(json_object_get(more, "reason")));
	before = number(s, path)->a;
	json_object_set_new(more, "count", json_integer(5));
	json_array_append_new(registers, more);
	compare(s, FIXTURE_BASELINE, FIXTURE_BASELINE, 0);
	assert_true(number(s, path)->a == before + 5 * 1000000);
}

static void test_largest_first(void **state)
{
	struct state *s = *state;

	compare(s, FIXTURE_BASELINE, FIXTURE_PVMMIO, 0);
	for (size_t i = 1; i < s->compare.number_count; i++) {
		const struct compare_number *l = &s->compare.numbers[i - 1];
		const struct compare_number *r = &s->compare.numbers[i];
		compare_millionths dl = l->b > l->a ? l->b - l->a : l->a - l->b;
		compare_millionths dr = r->b > r->a ? r->b - r->a : r->a - r->b;

		assert_true(l->unit < r->unit || (l->unit == r->unit && dl >= dr));
		if (l->unit == r->unit && dl == dr)
			assert_true(strcmp(l->path, r->path) < 0);
	}
}

static void test_only_one_side(void **state)
{
	struct state *s = *state;

	json_object_set_new(vm_of(s, FIXTURE_BASELINE), "name", json_string("other"));
	json_object_set_new(variant(s, FIXTURE_PVMMIO), "more", json_pack("{s:i}", "x", 1));
	compare(s, FIXTURE_BASELINE, FIXTURE_PVMMIO, 0);
	assert_int_equal(s->compare.missing_count, 3);
	assert_string_equal(s->compare.missing[0].path, "more");
	assert_true(s->compare.missing[0].in_b);
	assert_string_equal(s->compare.missing[1].path, "other");
	assert_false(s->compare.missing[1].in_b);
	assert_string_equal(s->compare.missing[2].path, "vm0");
	assert_true(s->compare.missing[2].in_b);
	assert_false(compare_same(&s->compare, 1000000000));
}

static void test_others_and_configuration(void **state)
{
	struct state *s = *state;

	compare(s, FIXTURE_NATIVE, FIXTURE_BASELINE, 0);
	for (size_t i = 0; i < s->compare.other_count; i++) {
		if (strcmp(s->compare.others[i].path, "vm0.mode") != 0)
			continue;
		assert_string_equal(json_string_value(s->compare.others[i].a), "native");
		assert_string_equal(json_string_value(s->compare.others[i].b), "gvt");
		break;
	}
	assert_true(s->compare.other_count > 0);
	assert_string_equal(s->compare.config[0].path, "platform.costs");
	assert_string_equal(s->compare.config[s->compare.config_count - 1].path, "vms.vm0.mode");
}

/* ---- ratio and tolerance ---- */

static void test_ratio(void **state)
{
	const struct compare_number third = { .a = 3000000, .b = 1000000 };
	const struct compare_number huge = { .a = 1, .b = (compare_millionths)INT64_MAX * 1000000 };
	const struct compare_number none = { .a = 0, .b = 7 };
	compare_millionths ratio;

	assert_true(compare_ratio(&third, &ratio));
	assert_true(ratio == 333333);
	assert_true(compare_ratio(&huge, &ratio));
	assert_true(ratio == huge.b * 1000000);
	assert_false(compare_ratio(&none, &ratio));
}

static void test_tolerance(void **state)
{
	const struct compare_number up = { .a = 200, .b = 202 };
	const struct compare_number down = { .a = 200, .b = 198 };
	const struct compare_number from_zero = { .a = 0, .b = 1 };
	const struct compare_number same = { .a = 7, .b = 7 };

	assert_true(compare_within(&up, 10000));
	assert_false(compare_within(&up, 9999));
	assert_true(compare_within(&down, 10000));
	assert_false(compare_within(&down, 9999));
	assert_false(compare_within(&from_zero, 1000000000));
	assert_true(compare_within(&same, 0));
}

/* ---- damaged reports ---- */

static void test_not_a_report(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"{}",							"no report"      },
		{ "[]",						       "no report"      },
		{ "{\"schema\": 1}",					  "no report"      },
		{ "{\"schema\": \"pvmmio-sim/compare/1\"}",                   "no report"      },
		{ "{\"schema\": \"pvmmio-sim/report/2\"}",                    "another version"},
		{ "{\"schema\": \"pvmmio-sim/report/1\"}",                    "no variants"    },
		{ "{\"schema\": \"pvmmio-sim/report/1\", \"variants\": [1]}", "without name"   },
	};
	char why[COMPARE_WHY_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *tree = json_loads(rows[i].text, 0, NULL);

		assert_non_null(tree);
		assert_int_equal(compare_check_report(tree, why), -EINVAL);
		if (!strstr(why, rows[i].says))
			fail_msg("'%s' does not say '%s'", why, rows[i].says);
		json_decref(tree);
	}
}

static void test_report(void **state)
{
	struct state *s = *state;

	assert_int_equal(compare_check_report(s->report, s->why), 0);
}

/* Replace what is at key of the VM by value, compare, see what is said. */
static void assert_damaged(struct state *s, const char *key, json_t *value, const char *says)
{
	json_t *vm = vm_of(s, FIXTURE_BASELINE);
	json_t *before = json_incref(json_object_get(vm, key));

	json_object_set_new(vm, key, value);
	compare(s, FIXTURE_PVMMIO, FIXTURE_BASELINE, -EINVAL);
	if (!strstr(s->why, says))
		fail_msg("'%s' does not say '%s'", s->why, says);
	json_object_set_new(vm, key, before);
}

static void test_damaged_variant(void **state)
{
	struct state *s = *state;
	json_t *deep = json_object();
	char name[FLATTEN_PATH_BYTES + 1];

	for (unsigned i = 0; i < 100; i++)
		deep = json_pack("{s:o}", "x", deep);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_damaged(s, "operations", json_integer(1), "no group of values");
	assert_damaged(s, "exits", json_null(), "has no exits");
	assert_damaged(s, "exits", json_pack("{s:[i]}", "by_register", 1), "no register");
	assert_damaged(s, "exits", json_pack("{s:i}", "by_register", 1), "no list of registers");
	assert_damaged(s, "name", json_integer(1), "VM without name");
	assert_damaged(s, "workload", deep, "too deep");
	assert_damaged(s, "workload", json_pack("{s:i}", name, 1), "too long");
	assert_damaged(s, "workload", json_pack("{s:i}", "a\033[2J", 1), "control characters");
	assert_damaged(s, "workload", json_pack("{s:f}", "x", 1e300), "too large");
	json_array_append(json_object_get(variant(s, FIXTURE_BASELINE), "vms"),
			  vm_of(s, FIXTURE_BASELINE));
	compare(s, FIXTURE_PVMMIO, FIXTURE_BASELINE, -EINVAL);
	assert_non_null(strstr(s->why, "there twice"));
	json_object_del(variant(s, FIXTURE_BASELINE), "vms");
	compare(s, FIXTURE_PVMMIO, FIXTURE_BASELINE, -EINVAL);
	assert_non_null(strstr(s->why, "no list of VMs"));
}

/* ---- output ---- */

static char *text_of(const struct state *s, const struct compare_view *view)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(compare_write_text(&s->compare, view, out), 0);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	struct state *s = *state;
	struct compare_view view = { .a = "left", .b = "right", .limit = 3 };
	char *text;

	compare(s, FIXTURE_BASELINE, FIXTURE_PVMMIO, 0);
	text = text_of(s, &view);
	assert_non_null(strstr(text, "left -> right\n"));
	assert_non_null(strstr(text, "more (--top 0 shows all)"));
	free(text);
	view.limit = 0;
	text = text_of(s, &view);
	assert_null(strstr(text, "more (--top"));
	assert_non_null(strstr(text, "  vm0.submit.exits                                  "
				     "          12           4          -8       0.33x\n"));
	assert_null(strstr(text, "vm0.workload.requests "));
	free(text);
	view.equal = true;
	text = text_of(s, &view);
	assert_non_null(strstr(text, "vm0.workload.requests "));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 100);
	free(text);
}

static void test_json(void **state)
{
	struct state *s = *state;
	json_t *tree, *numbers, *row = NULL, *each;
	size_t i;

	compare(s, FIXTURE_BASELINE, FIXTURE_PVMMIO, 0);
	tree = compare_json(&s->compare);
	assert_non_null(tree);
	numbers = json_object_get(tree, "numbers");
	assert_int_equal(json_array_size(numbers), s->compare.number_count);
	json_array_foreach(numbers, i, each)
	{
		if (strcmp(json_string_value(json_object_get(each, "path")), "vm0.submit.exits") ==
		    0)
			row = each;
	}
	assert_int_equal(json_integer_value(json_object_get(row, "a")), 12);
	assert_int_equal(json_integer_value(json_object_get(row, "b")), 4);
	assert_int_equal(json_integer_value(json_object_get(row, "difference")), -8);
	assert_true(json_real_value(json_object_get(row, "ratio")) == 0.333333);
	assert_string_equal(json_string_value(json_object_get(row, "unit")), "");
	json_decref(tree);
}

/* ---- state ---- */

/* The state of baseline and of a changed native one; what is said must contain says. */
static void assert_state(struct state *s, bool same, const char *says)
{
	char what[EQUIVALENT_WHAT_BYTES] = "";
	size_t compared;

	compare(s, FIXTURE_BASELINE, FIXTURE_NATIVE, 0);
	assert_int_equal(equivalent_state(&s->compare.a, &s->compare.b, &compared, what), same);
	if (!strstr(what, says))
		fail_msg("'%s' does not say '%s'", what, says);
	if (same)
		assert_true(compared > 5);
}

static void test_state(void **state)
{
	struct state *s = *state;
	json_t *vm = vm_of(s, FIXTURE_NATIVE);
	json_t *seen = json_object_get(vm, "state");
	json_t *contents = json_object_get(json_object_get(seen, "contents"), "submission0");

	/* Named objects are the baseline's alone. */
	assert_state(s, false, "only A has vm0.objects.tile.bind.count");
	json_object_set_new(vm, "objects",
			    json_deep_copy(json_object_get(vm_of(s, FIXTURE_BASELINE), "objects")));
	/* Exits, times and how many interrupts there were are nobody's business. */
	assert_state(s, true, "");
	json_object_set_new(seen, "user_interrupts", json_integer(1));
	assert_state(s, true, "");
	json_object_set_new(seen, "user_interrupts", json_integer(0));
	assert_state(s, false, "vm0.state.user_interrupts: 3 -> 0");
	json_object_set_new(seen, "user_interrupts", json_integer(3));
	json_object_set_new(contents, "digest", json_string("fedcba9876543211"));
	assert_state(s, false, "submission0.digest: fedcba9876543210 -> fedcba9876543211");
	json_object_set_new(contents, "digest", json_string("fedcba9876543210"));
	json_object_set_new(json_object_get(vm, "workload"), "error", json_string("EIO"));
	assert_state(s, false, "vm0.workload.error: none -> EIO");
	json_object_set_new(json_object_get(vm, "workload"), "error", json_null());
	json_object_set(json_object_get(seen, "contents"), "submission1", contents);
	assert_state(s, false, "only B has vm0.state.contents.submission1.count");
	json_object_del(vm, "state");
	assert_state(s, false, "B is a report without state");
}

/* ---- budgets ---- */

/* "true", "false" or what is wrong with it. */
static void assert_budget(const struct state *s, const char *text, const char *expected)
{
	static const char *const incidents[] = { "an_incident", NULL };
	struct budget budget;
	char why[BUDGET_WHY_BYTES];
	json_t *verdict;
	const char *message;

	if (budget_read(&budget, text, why)) {
		if (!strstr(why, expected))
			fail_msg("%s: '%s' does not say '%s'", text, why, expected);
		return;
	}
	verdict = budget_evaluate(&budget, variant(s, FIXTURE_PVMMIO), incidents);
	assert_non_null(verdict);
	assert_string_equal(json_string_value(json_object_get(verdict, "text")), text);
	message = json_string_value(json_object_get(verdict, "message"));
	if (!message)
		message = json_is_true(json_object_get(verdict, "ok")) ? "true" : "false";
	if (!strstr(message, expected))
		fail_msg("%s: '%s', not '%s'", text, message, expected);
	json_decref(verdict);
	budget_free(&budget);
}

static void test_budgets(void **state)
{
	const struct state *s = *state;

	assert_budget(s, "vm0.submit.exits=4", "true");
	assert_budget(s, "vm0.submit.exits==4", "true");
	assert_budget(s, "vm0.submit.exits = 4", "true");
	assert_budget(s, "vm0.submit.exits=5", "false");
	assert_budget(s, "vm0.submit.exits<=4", "true");
	assert_budget(s, "vm0.submit.exits<=3", "false");
	assert_budget(s, "vm0.submit.exits<4", "false");
	assert_budget(s, "vm0.submit.exits>=4", "true");
	assert_budget(s, "vm0.submit.exits!=4", "false");
	assert_budget(s, "vm0.submit.exits_per_op=1.333333", "true");
	assert_budget(s, "vm0.exits.time_ps<1s", "true");
	assert_budget(s, "vm0.exits.time_ps<1ps", "false");
	assert_budget(s, "vm0.mode='gvt'", "true");
	assert_budget(s, "vm0.hung=false", "true");
	assert_budget(s, "vm0.flip.exits=0", "true");
	assert_budget(s, "vm0.incidents.an_incident.count=0", "true");
	assert_budget(s, "vm0.incidents.no_incident.count=0", "no incident");
	assert_budget(s, "vm1.submit.exits=4", "no VM 'vm1'");
	assert_budget(s, "vm0.sumbit.exits=4", "submit");
	assert_budget(s, "vm0=4", "group of values");
	assert_budget(s, "vm0.submit.exits", "expected one of");
	assert_budget(s, "=4", "expected PATH=VALUE");
	assert_budget(s, "vm0..x=4", "is no path");
	assert_budget(s, "vm0.submit.exits=", "expected PATH=VALUE");
	assert_budget(s, "", "expected PATH=VALUE");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_itself),
		TEST(test_values),
		TEST(test_left_out),
		TEST(test_incidents),
		TEST(test_registers_of_one_name),
		TEST(test_largest_first),
		TEST(test_only_one_side),
		TEST(test_others_and_configuration),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_tolerance),
		cmocka_unit_test(test_not_a_report),
		TEST(test_report),
		TEST(test_damaged_variant),
		TEST(test_text),
		TEST(test_json),
		TEST(test_state),
		TEST(test_budgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
