// SPDX-License-Identifier: MIT
#include "tests/scenario/fixture.h"

#include <errno.h>

#define HEAD                                                                                       \
	"vms: [{name: vm0}]\n"                                                                     \
	"variants: [{name: base}, {name: 2-way, set: {vms: [{name: x}]}}]\n"                       \
	"expect:\n"

struct good {
	const char *text;
	const char *left;
	enum expect_op op;
	int kind;
	int64_t integer;
	double real;
	const char *right;
};

static const struct good good[] = {
	{"base.vm0.a == 4",					     "base.vm0.a",                  EXPECT_EQ, EXPECT_RIGHT_INTEGER, 4,         0,      NULL },
	{ "base.vm0.a != -4",					   "base.vm0.a",                  EXPECT_NE, EXPECT_RIGHT_INTEGER, -4,        0,      NULL },
	{ "base.vm0.a<0x10",					    "base.vm0.a",                  EXPECT_LT, EXPECT_RIGHT_INTEGER, 16,        0,      NULL },
	{ "base.vm0.a <= 1.2us",					"base.vm0.a",                  EXPECT_LE, EXPECT_RIGHT_INTEGER, 1200000,   0,      NULL },
	{ "base.vm0.a  >  4KiB",					"base.vm0.a",                  EXPECT_GT, EXPECT_RIGHT_INTEGER, 4096,      0,      NULL },
	{ "base.vm0.a >= 0.5",					  "base.vm0.a",                  EXPECT_GE, EXPECT_RIGHT_REAL,    0,         0.5,    NULL },
	{ "base.vm0.a >= -12.25",				       "base.vm0.a",                  EXPECT_GE, EXPECT_RIGHT_REAL,    0,         -12.25, NULL },
	{ "base.vm0.a == true",					 "base.vm0.a",                  EXPECT_EQ, EXPECT_RIGHT_BOOL,    1,         0,      NULL },
	{ "base.vm0.a == false",					"base.vm0.a",                  EXPECT_EQ, EXPECT_RIGHT_BOOL,    0,         0,      NULL },
	{ "base.vm0.mode == \"gvt\"",                                   "base.vm0.mode",               EXPECT_EQ, EXPECT_RIGHT_STRING,  0,         0,
         "gvt"																		  },
	{ "base.vm0.mode == 'a b'",				     "base.vm0.mode",               EXPECT_EQ, EXPECT_RIGHT_STRING,  0,         0,      "a b"},
	{ "base.vm0.mode == ''",					"base.vm0.mode",               EXPECT_EQ, EXPECT_RIGHT_STRING,  0,         0,      ""   },
	{ "base.vm0.a == 2-way.x.a",                                    "base.vm0.a",                  EXPECT_EQ, EXPECT_RIGHT_PATH,    0,         0,
         "2-way.x.a"																	    },
	{ "base.virtual_time_ps < 9223372036854775807",                 "base.virtual_time_ps",        EXPECT_LT,
         EXPECT_RIGHT_INTEGER,													  INT64_MAX, 0,      NULL },
	{ "2-way.engines.BCS0.commands == 1",                           "2-way.engines.BCS0.commands", EXPECT_EQ,
         EXPECT_RIGHT_INTEGER,													  1,         0,      NULL },
	{ "base.vm0.exits.by_register.BCS0_ELSP:mmio_write.count == 1",
         "base.vm0.exits.by_register.BCS0_ELSP:mmio_write.count",                                      EXPECT_EQ, EXPECT_RIGHT_INTEGER,
         1,																	0,      NULL },
};

static void reads_expectations(void **state)
{
	char text[512];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct scenario_expect *e;
		struct scenario *s;

		snprintf(text, sizeof(text), HEAD "  - %s\n", good[i].text);
		s = fixture_load_good(*state, text, NULL);
		assert_int_equal(s->expect_count, 1);
		e = &s->expects[0];
		assert_string_equal(e->text, good[i].text);
		assert_int_equal(e->line, 4);
		assert_string_equal(e->left, good[i].left);
		assert_int_equal(e->op, good[i].op);
		assert_int_equal(e->right_kind, good[i].kind);
		assert_true(e->integer == good[i].integer);
		assert_true(e->real == good[i].real);
		if (good[i].right)
			assert_string_equal(e->right, good[i].right);
		else
			assert_null(e->right);
		scenario_free(s);
	}
}

struct bad {
	const char *text;
	const char *message; /* behind "bad.yaml:4:" */
};

static const struct bad bad[] = {
	{"hello",				 "10: ''; expected one of ==, !=, <, <=, >, >=\n"                    },
	{ "base.vm0.a = 1",                       "16: '= 1'; expected one of ==, !=, <, <=, >, >=\n"                 },
	{ "base.vm0.a ==",                        "18: ''; expected a number, true, false, a quoted text, or a path\n"},
	{ "== 1",				 "5: '' is no path; expected VARIANT.VM.KEY, such as "
		  "base.vm0.submit.exits_per_op\n"						   },
	{ "base == 1",			    "5: 'base' is no path; expected VARIANT.VM.KEY, such as "
		       "base.vm0.submit.exits_per_op\n"                                         },
	{ "base..a == 1",                         "5: 'base..a' is no path; expected VARIANT.VM.KEY, such as "
			  "base.vm0.submit.exits_per_op\n"                                   },
	{ "base.vm0. == 1",                       "5: 'base.vm0.' is no path; expected VARIANT.VM.KEY, such as "
			    "base.vm0.submit.exits_per_op\n"                               },
	{ "bose.vm0.a == 1",                      "5: no variant is called 'bose'; did you mean 'base'?\n"            },
	{ "base.vm7.a == 1",                      "10: variant 'base' has no VM 'vm7'; did you mean 'vm0'?\n"         },
	{ "2-way.vm0.a == 1",                     "11: variant '2-way' has no VM 'vm0'\n"                             },
	{ "base.vm0.a == base.vm1.a",             "24: variant 'base' has no VM 'vm1'; did you mean 'vm0'?\n"         },
	{ "base.vm0.a == yes",
         "19: 'yes'; expected a number, true, false, a quoted text, or a path\n"                                      },
	{ "base.vm0.a == 1 2",
         "19: '1 2'; expected a number, true, false, a quoted text, or a path\n"                                      },
	{ "base.vm0.a == 10mm",
         "19: '10mm'; expected a number, true, false, a quoted text, or a path\n"                                     },
	{ "base.vm0.a == --1",
         "19: '--1'; expected a number, true, false, a quoted text, or a path\n"                                      },
	{ "base.vm0.a == 0.5ps",                  "19: '0.5ps' is not a whole number of picoseconds\n"                },
	{ "base.vm0.a == -5us",                   "19: '-5us' is negative; expected a time such as 10us\n"            },
	{ "base.vm0.a == 18446744073709551615ps", "19: '18446744073709551615ps' is too large\n"                       },
	{ "base.vm0.a == \"open",                 "19: a text without an end; expected \"...\"\n"                     },
	{ "base.vm0.a == \"a\"b\"",               "19: a text without an end; expected \"...\"\n"                     },
	{ "[base.vm0.a]",                         "5: an expectation is a list; expected a text such as "
			  "base.vm0.submit.exits_per_op == 4\n"                              },
	{ "{a: 1}",			       "5: an expectation is a mapping; expected a text such as "
		    "base.vm0.submit.exits_per_op == 4\n"                                          },
};

static void refuses_wrong_ones(void **state)
{
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scenario *s;
		char *messages;

		snprintf(text, sizeof(text), HEAD "  - %s\n", bad[i].text);
		fixture_write(*state, "bad.yaml", text);
		assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
		snprintf(text, sizeof(text), "bad.yaml:4:%s", bad[i].message);
		assert_string_equal(fixture_brief(*state, messages), text);
		free(messages);
	}
}

static void checks_all_of_them(void **state)
{
	struct scenario *s;
	char *messages;

	fixture_write(*state, "bad.yaml", HEAD "  - a\n  - base.vm0.x == 1\n  - b\n");
	assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
	assert_string_equal(fixture_brief(*state, messages),
			    "bad.yaml:4:6: ''; expected one of ==, !=, <, <=, >, >=\n"
			    "bad.yaml:6:6: ''; expected one of ==, !=, <, <=, >, >=\n");
	free(messages);
}

/* What is wrong with the VMs is said once, not again by every expectation. */
static void wrong_vms_have_no_echo(void **state)
{
	struct scenario *s;
	char *messages;

	fixture_write(*state, "bad.yaml", "vms: 5\nexpect: [default.vm0.x == 1]\n");
	assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
	assert_string_equal(fixture_brief(*state, messages),
			    "bad.yaml:1:6: 'vms' is a single value; expected a list\n");
	free(messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_expectations),
		cmocka_unit_test(refuses_wrong_ones),
		cmocka_unit_test(checks_all_of_them),
		cmocka_unit_test(wrong_vms_have_no_echo),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
