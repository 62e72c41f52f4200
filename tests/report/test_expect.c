// SPDX-License-Identifier: MIT
/* Expectations: what paths lead to, what holds, what is said when a path leads nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report/report.h"
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

/* Build the report, return expectation i of it as a new reference. */
static json_t *evaluated(struct fixture *f, size_t i)
{
	json_t *report = report_build(&f->scenario, f->results);
	json_t *expectation;

	assert_non_null(report);
	expectation = json_incref(json_array_get(json_object_get(report, "expectations"), i));
	assert_non_null(expectation);
	json_decref(report);
	return expectation;
}

static const char *message_of(const json_t *expectation)
{
	const char *message = json_string_value(json_object_get(expectation, "message"));

	return message ? message : "";
}

/* left leads to a value that equals right. */
static void assert_leads_to(struct fixture *f, const char *left, int64_t right)
{
	json_t *expectation;

	f->scenario.expect_count = 0;
	fixture_expect(f, left, EXPECT_EQ, right);
	expectation = evaluated(f, 0);
	if (!json_is_true(json_object_get(expectation, "ok")))
		fail_msg("%s: %s", left, json_dumps(expectation, 0));
	json_decref(expectation);
}

/* left leads nowhere, and what is said about it contains these words. */
static void assert_leads_nowhere(struct fixture *f, const char *left, const char *words)
{
	json_t *expectation;

	f->scenario.expect_count = 0;
	fixture_expect(f, left, EXPECT_EQ, 0);
	expectation = evaluated(f, 0);
	assert_true(json_is_false(json_object_get(expectation, "ok")));
	if (!strstr(message_of(expectation), words))
		fail_msg("%s: '%s' does not say '%s'", left, message_of(expectation), words);
	json_decref(expectation);
}

static void test_paths(void **state)
{
	struct fixture *f = *state;

	assert_leads_to(f, "baseline.virtual_time_ps", 5000000);
	assert_leads_to(f, "baseline.vm0.submit.exits_per_op", 4);
	assert_leads_to(f, "baseline.vm0.operations.submit.exits_per_op", 4);
	assert_leads_to(f, "native.vm0.submit.exits_per_op", 0);
	assert_leads_to(f, "native.vm0.submit.count", 3);
	assert_leads_to(f, "baseline.vm0.submit.by_part.emulation", 3600);
	assert_leads_to(f, "baseline.vm0.submit.mediator_work.by_kind.scan_dword.count", 30);
	assert_leads_to(f, "baseline.vm0.exits.count", 13);
	assert_leads_to(f, "baseline.vm0.exits.by_reason.mmio_read.count", 1);
	assert_leads_to(f, "baseline.vm0.objects.tile.bind.by_reason.write_protect.count", 7);
	assert_leads_to(f, "baseline.vm0.objects.tile.bind.by_reason.mmio_write.count", 0);
	assert_leads_to(f, "baseline.vm0.ppgtt_insert.exit_work.by_kind.pte_read.count", 7);
	assert_leads_to(f, "baseline.vm0.ppgtt_insert.exit_work.by_kind.pte_shadow.count", 0);
	assert_leads_to(f, "pvmmio.vm0.objects.tile.bind.exits_per_op", 2);
	assert_leads_to(f, "baseline.vm0.exits.by_register.BCS0_ELSP.count", 12);
	assert_leads_to(f, "baseline.vm0.exits.by_register.BCS0_ELSP:mmio_write.time_ps", 12000);
	assert_leads_to(f, "baseline.vm0.submit.by_register.BCS0_ELSP.count", 12);
	assert_leads_to(f, "baseline.engines.BCS0.elsp_submissions", 3);
	assert_leads_to(f, "pvmmio.vm0.incidents.ring_range.count", 1);
	assert_leads_to(f, "pvmmio.vm0.workload.lost", 1);
	assert_leads_to(f, "baseline.vm0.interrupts.merged", 1);
}

/* Valid names of what did not happen are zero. */
static void test_zeroes(void **state)
{
	struct fixture *f = *state;

	assert_leads_to(f, "native.vm0.flip.exits", 0);
	assert_leads_to(f, "native.vm0.operations.reset.by_reason.mmio_write.count", 0);
	assert_leads_to(f, "native.vm0.exits.by_reason.hypercall.count", 0);
	assert_leads_to(f, "native.vm0.exits.by_register.BCS0_ELSP.count", 0);
	assert_leads_to(f, "native.vm0.exits.by_register.MASTER_IRQ:mmio_write.count", 0);
	assert_leads_to(f, "baseline.vm0.exits.by_register.BCS0_ELSP:mmio_read.count", 0);
	assert_leads_to(f, "native.vm0.submit.mediator_work.by_kind.guest_read.count", 0);
	assert_leads_to(f, "native.vm0.incidents.failsafe.count", 0);
}

static void test_wrong_paths(void **state)
{
	struct fixture *f = *state;

	assert_leads_nowhere(f, "baselin.vm0.submit.exits", "did you mean 'baseline'?");
	assert_leads_nowhere(f, "baseline.vm1.submit.exits", "no VM 'vm1' in 'baseline'");
	assert_leads_nowhere(f, "baseline.vm0.submt.exits", "did you mean 'submit'?");
	assert_leads_nowhere(f, "baseline.vm0.submit.exist", "did you mean 'exits'?");
	assert_leads_nowhere(f, "baseline.vm0.submit.exist", "(there is: count, exits,");
	assert_leads_nowhere(f, "baseline.vm0.exits.by_reason.mmio.count", "no exit reason 'mmio'");
	assert_leads_nowhere(f, "baseline.vm0.objects.tiles.bind.exits",
			     "no key 'tiles' in 'baseline.vm0.objects'; did you mean 'tile'?");
	assert_leads_nowhere(f, "baseline.vm0.exits.by_register.BCS0_ELPS.count",
			     "did you mean 'BCS0_ELSP'?");
	assert_leads_nowhere(f, "native.vm0.exits.by_register.XCS0_ELSP.count", "no register");
	assert_leads_nowhere(f, "baseline.vm0.exits.by_register.BCS0_ELSP:eio.count",
			     "no exit reason 'eio'");
	assert_leads_nowhere(f, "native.vm0.incidents.ring_rage.count", "no incident 'ring_rage'");
	assert_leads_nowhere(f, "native.vm0.exits.count.more", "nothing lies below");
	assert_leads_nowhere(f, "native.vm0.exits", "a group of values");
	assert_leads_nowhere(f, "native", "a group of values");
	assert_leads_nowhere(f, "native.", "a group of values");
	assert_leads_nowhere(f, "", "no variant ''");
}

static void test_operators(void **state)
{
	static const struct {
		enum expect_op op;
		bool when_less, when_equal, when_greater;
	} rows[] = {
		{EXPECT_EQ,  false, true,  false},
                { EXPECT_NE, true,  false, true },
		{ EXPECT_LT, true,  false, false},
                { EXPECT_LE, true,  true,  false},
		{ EXPECT_GT, false, false, true },
                { EXPECT_GE, false, true,  true },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool want[3] = { rows[i].when_less, rows[i].when_equal,
				       rows[i].when_greater };

		for (int j = 0; j < 3; j++) {
			json_t *expectation;

			/* measured 13 against 14, 13, 12 */
			f->scenario.expect_count = 0;
			fixture_expect(f, "baseline.vm0.exits.count", rows[i].op, 14 - j);
			expectation = evaluated(f, 0);
			assert_int_equal(json_is_true(json_object_get(expectation, "ok")), want[j]);
			json_decref(expectation);
		}
	}
}

/* The report's ok with this one expectation. */
static bool holds(struct fixture *f)
{
	json_t *report = report_build(&f->scenario, f->results);
	bool ok = report_ok(report);

	json_decref(report);
	f->scenario.expect_count = 0;
	return ok;
}

static void test_right_sides(void **state)
{
	struct fixture *f = *state;
	struct scenario_expect *e;

	e = fixture_expect(f, "pvmmio.vm0.submit.exits_per_op", EXPECT_EQ, 0);
	e->right_kind = EXPECT_RIGHT_REAL;
	e->real = 4.0 / 3.0; /* compared in millionths */
	assert_true(holds(f));
	e = fixture_expect(f, "pvmmio.vm0.submit.exits_per_op", EXPECT_GT, 1);
	assert_true(holds(f));
	e = fixture_expect(f, "pvmmio.vm0.failsafe", EXPECT_EQ, 0);
	e->right_kind = EXPECT_RIGHT_BOOL;
	assert_true(holds(f));
	e = fixture_expect(f, "pvmmio.vm0.mode", EXPECT_EQ, 0);
	e->right_kind = EXPECT_RIGHT_STRING;
	e->right = (char *)"gvt";
	assert_true(holds(f));
	e = fixture_expect(f, "pvmmio.vm0.pvmmio", EXPECT_EQ, 0);
	e->right_kind = EXPECT_RIGHT_STRING;
	e->right = (char *)"elsp_submit";
	assert_true(holds(f));
	e = fixture_expect(f, "baseline.vm0.pvmmio", EXPECT_EQ, 0);
	e->right_kind = EXPECT_RIGHT_STRING;
	e->right = (char *)"none";
	assert_true(holds(f));
	e = fixture_expect(f, "baseline.vm0.submit.time_ps", EXPECT_GT, 0);
	e->right_kind = EXPECT_RIGHT_PATH;
	e->right = (char *)"pvmmio.vm0.submit.time_ps";
	assert_true(holds(f));
	e = fixture_expect(f, "baseline.vm0.submit.time_ps", EXPECT_LT, 0);
	e->right_kind = EXPECT_RIGHT_PATH;
	e->right = (char *)"pvmmio.vm0.submit.time_ps";
	assert_false(holds(f));
}

static void test_types_that_do_not_compare(void **state)
{
	struct fixture *f = *state;
	struct scenario_expect *e;

	fixture_expect(f, "pvmmio.vm0.mode", EXPECT_EQ, 1);
	assert_false(holds(f));
	e = fixture_expect(f, "pvmmio.vm0.mode", EXPECT_LT, 0);
	e->right_kind = EXPECT_RIGHT_STRING;
	e->right = (char *)"zzz";
	assert_false(holds(f));
	e = fixture_expect(f, "pvmmio.vm0.exits.count", EXPECT_EQ, 0);
	e->right_kind = EXPECT_RIGHT_PATH;
	e->right = (char *)"pvmmio.vm0.exits.cuont";
	assert_false(holds(f));
}

/* An expectation on a variant that was not run is neither met nor failed, on either side. */
static void test_skipped(void **state)
{
	struct fixture *f = *state;
	struct scenario_expect *e;
	json_t *report, *expectations;

	sim_result_free(f->results[FIXTURE_NATIVE]);
	f->results[FIXTURE_NATIVE] = NULL;
	fixture_expect(f, "native.vm0.submit.exits", EXPECT_EQ, 99);
	e = fixture_expect(f, "baseline.vm0.submit.exits", EXPECT_GT, 0);
	e->right_kind = EXPECT_RIGHT_PATH;
	e->right = (char *)"native.vm0.submit.exits";
	fixture_expect(f, "baseline.vm0.submit.exits", EXPECT_EQ, 12);
	report = report_build(&f->scenario, f->results);
	assert_true(report_ok(report));
	expectations = json_object_get(report, "expectations");
	assert_true(json_is_null(json_object_get(json_array_get(expectations, 0), "ok")));
	assert_true(json_is_null(json_object_get(json_array_get(expectations, 1), "ok")));
	assert_true(json_is_true(json_object_get(json_array_get(expectations, 2), "ok")));
	assert_int_equal(json_array_size(json_object_get(report, "variants")), 2);
	json_decref(report);
}

static void test_failures_are_a_diff(void **state)
{
	struct fixture *f = *state;
	json_t *report;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fixture_expect(f, "baseline.vm0.submit.exits_per_op", EXPECT_EQ, 5)->text =
		(char *)"baseline.vm0.submit.exits_per_op == 5";
	fixture_expect(f, "baseline.vm0.submit.exits", EXPECT_EQ, 12);
	report = report_build(&f->scenario, f->results);
	report_write_failures(report, out, false);
	fclose(out);
	assert_string_equal(text, "line 40: expectation failed: "
				  "baseline.vm0.submit.exits_per_op == 5\n"
				  "-expected == 5\n"
				  "+measured    4\n");
	free(text);
	json_decref(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zeroes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_operators, setup, teardown),
		cmocka_unit_test_setup_teardown(test_right_sides, setup, teardown),
		cmocka_unit_test_setup_teardown(test_types_that_do_not_compare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures_are_a_diff, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
