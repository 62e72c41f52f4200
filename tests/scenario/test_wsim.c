// SPDX-License-Identifier: MIT
/* Workload descriptors of gem_wsim: what is read from them, and what is said about wrong ones. */
#include <errno.h>
#include <stdio.h>

#include "sim/machine/executor.h"
#include "sim/scenario/wsim.h"
#include "tests/scenario/fixture.h"

#define RCS  (1u << GEN9_RCS0)
#define BCS  (1u << GEN9_BCS0)
#define VCS1 (1u << GEN9_VCS0)
#define VCS2 (1u << GEN9_VCS1)
#define VECS (1u << GEN9_VECS0)

/* messages: all of them, to be freed. */
static int parse(const char *text, struct wsim **out, char **messages)
{
	struct diag diag = { 0 };
	const struct source *source =
		diag_add_source(&diag, "f", strdup(text), strlen(text), false);
	size_t len;
	FILE *stream = open_memstream(messages, &len);
	int err = wsim_parse(out, source, &diag);

	diag_print(&diag, stream);
	fclose(stream);
	diag_free(&diag);
	return err;
}

static struct wsim *good(const char *text)
{
	struct wsim *wsim;
	char *messages;
	int err = parse(text, &wsim, &messages);

	if (err)
		fail_msg("%s", messages);
	assert_null(strstr(messages, "error"));
	free(messages);
	return wsim;
}

/* The first message must be this, without its lines of source. */
static void bad(const char *text, const char *expected)
{
	struct wsim *wsim = (struct wsim *)1;
	char *messages, *end;

	assert_int_equal(parse(text, &wsim, &messages), -EINVAL);
	assert_null(wsim);
	end = strchr(messages, '\n');
	if (end)
		*end = '\0';
	assert_string_equal(messages, expected);
	free(messages);
}

/* The example of the format's own manual. */
static const char example[] = "# media\n"
			      "1.VCS1.3000.0.1\n"
			      "1.RCS.500-1000.-1.0\n"
			      "1.RCS.3700.0.0\n"
			      "1.RCS.1000.-2.0\n"
			      "1.VCS2.2300.-2.0\n"
			      "1.RCS.4700.-1.0\n"
			      "\n"
			      "1.VCS2.600.-1.1 # and wait\n"
			      "p.16000\n";

static void batches(void **state)
{
	struct wsim *wsim = good(example);
	const struct wsim_step *step = wsim->steps;

	assert_int_equal(wsim->step_count, 8);
	assert_int_equal(wsim->batch_count, 7);
	assert_int_equal(wsim->context_count, 1);
	assert_int_equal(wsim->contexts[0].id, 1);
	assert_int_equal(step[0].kind, WSIM_BATCH);
	assert_int_equal(step[0].engines, VCS1);
	assert_int_equal(step[0].min_ps, 3 * PS_PER_MS);
	assert_int_equal(step[0].max_ps, 3 * PS_PER_MS);
	assert_true(step[0].wait);
	assert_int_equal(step[0].need_count, 0);
	assert_int_equal(step[0].line, 2);
	assert_int_equal(step[1].min_ps, 500 * PS_PER_US);
	assert_int_equal(step[1].max_ps, PS_PER_MS);
	assert_false(step[1].wait);
	assert_int_equal(step[1].need_count, 1);
	assert_int_equal(step[1].needs[0].kind, WSIM_NEED_DATA);
	assert_int_equal(step[1].needs[0].target, 0);
	assert_int_equal(step[3].needs[0].target, 1);
	assert_int_equal(step[4].engines, VCS2);
	assert_int_equal(step[6].line, 9);
	assert_int_equal(step[7].kind, WSIM_PERIOD);
	assert_int_equal(step[7].value, 16 * PS_PER_MS);
	assert_int_equal(wsim->warning_count, 0);
	assert_string_equal(wsim->text, example);
	wsim_free(wsim);
}

static void commas_are_lines(void **state)
{
	struct wsim *wsim = good(" 0.DEFAULT.1.0.0 ,\t7.VECS.2.-1/f-1/s-1.1,,\r\n8.BCS.3.0/-1.0");

	assert_int_equal(wsim->step_count, 3);
	assert_int_equal(wsim->context_count, 3);
	assert_int_equal(wsim->contexts[1].id, 7);
	assert_int_equal(wsim->steps[0].engines, RCS);
	assert_int_equal(wsim->steps[1].need_count, 3);
	assert_int_equal(wsim->steps[1].needs[1].kind, WSIM_NEED_COMPLETED);
	assert_int_equal(wsim->steps[1].needs[2].kind, WSIM_NEED_SUBMITTED);
	assert_int_equal(wsim->steps[2].need_count, 1);
	assert_int_equal(wsim->steps[2].needs[0].target, 1);
	assert_int_equal(wsim->steps[2].context, 2);
	wsim_free(wsim);
}

static void every_other_step(void **state)
{
	struct wsim *wsim = good("d.10\nt.4\nq.5\nf\n1.RCS.*.f-1.0\ns.-1\na.-3\nT.-3\nP.2.-7\n"
				 "X.2.0\nX.2.500\nS.1.-1\nq.0\n");
	const struct wsim_step *step = wsim->steps;
	static const enum wsim_kind kinds[] = {
		WSIM_DELAY,      WSIM_THROTTLE, WSIM_QUEUE_DEPTH, WSIM_FENCE,    WSIM_BATCH,
		WSIM_SYNC,       WSIM_SIGNAL,   WSIM_TERMINATE,   WSIM_PRIORITY, WSIM_PREEMPTION,
		WSIM_PREEMPTION, WSIM_SLICES,   WSIM_QUEUE_DEPTH,
	};

	assert_int_equal(wsim->step_count, 13);
	for (unsigned i = 0; i < 13; i++)
		assert_int_equal(step[i].kind, kinds[i]);
	assert_int_equal(step[0].value, 10 * PS_PER_US);
	assert_int_equal(step[1].value, 4);
	assert_int_equal(step[2].value, 5);
	assert_true(step[4].endless);
	assert_int_equal(step[4].needs[0].target, 3);
	assert_int_equal(step[5].target, 4);
	assert_int_equal(step[6].target, 3);
	assert_int_equal(step[7].target, 4);
	assert_int_equal(step[8].value, -7);
	assert_int_equal(step[8].context, 1);
	assert_int_equal(step[10].value, 500 * PS_PER_US);
	assert_int_equal(step[11].value, -1);
	assert_int_equal(step[12].value, 0);
	/* What has no effect is said, with its line. */
	assert_int_equal(wsim->warning_count, 3);
	assert_int_equal(wsim->warnings[0].line, 9);
	assert_int_equal(wsim->warnings[1].line, 11);
	assert_int_equal(wsim->warnings[2].line, 12);
	wsim_free(wsim);
}

static void warnings_are_said(void **state)
{
	struct wsim *wsim;
	char *messages;

	assert_int_equal(parse("X.1.0\n1.RCS.5.0.0\n  S.1.1", &wsim, &messages), 0);
	assert_string_equal(messages, "f:3:3: warning: no effect: slices are not modelled\n"
				      "    3 |   S.1.1\n"
				      "      |   ^\n");
	free(messages);
	wsim_free(wsim);
}

static void maps_and_bonds(void **state)
{
	struct wsim *wsim = good("1.DEFAULT.1000.0.0\n2.DEFAULT.1000.s-1.0\n2.VCS1.5.0.0\n"
				 "M.1.RCS|VECS\nB.1\nM.2.VCS\nB.2\nb.2.VCS1.RCS\nb.2.VCS2.VECS\n"
				 "3.VCS.5.0.0\nM.4.VCS2|BCS\n4.VCS.5.0.0\n");
	const struct wsim_step *step = wsim->steps;

	/* A map holds for batches in front of it, too. */
	assert_int_equal(step[0].engines, RCS | VECS);
	assert_int_equal(step[1].engines, VCS1 | VCS2);
	assert_int_equal(step[2].engines, VCS1);
	assert_true(wsim->contexts[0].balanced);
	assert_int_equal(step[7].engines, VCS1);
	assert_int_equal(step[7].master, GEN9_RCS0);
	assert_int_equal(step[8].engines, VCS2);
	assert_int_equal(step[8].master, GEN9_VECS0);
	assert_int_equal(step[9].engines, VCS1 | VCS2);
	assert_int_equal(step[11].engines, VCS2);
	assert_false(wsim->contexts[3].balanced);
	wsim_free(wsim);
}

static void working_sets(void **state)
{
	struct wsim *wsim = good("w.1.4k\nW.2.2M/32768\nw.3.10n4k/2n20000\nw.4.4n4K-1g\n"
				 "1.RCS.1000.r1-0/w2-1.0\n1.BCS.10.r3-2-11.0\n");
	const struct wsim_step *step = wsim->steps;

	assert_int_equal(wsim->set_count, 4);
	assert_false(wsim->sets[0].shared);
	assert_true(wsim->sets[1].shared);
	assert_int_equal(wsim->sets[1].object_count, 2);
	assert_int_equal(wsim->sets[1].objects[0].min_bytes, 2u << 20);
	assert_int_equal(wsim->sets[1].objects[1].max_bytes, 32768);
	assert_int_equal(wsim->sets[2].object_count, 12);
	assert_int_equal(wsim->sets[2].objects[9].min_bytes, 4096);
	assert_int_equal(wsim->sets[2].objects[10].min_bytes, 20000);
	assert_int_equal(wsim->sets[3].objects[3].min_bytes, 4096);
	assert_int_equal(wsim->sets[3].objects[3].max_bytes, 1u << 30);
	assert_int_equal(step[4].needs[0].kind, WSIM_NEED_READ);
	assert_int_equal(step[4].needs[1].kind, WSIM_NEED_WRITE);
	assert_int_equal(step[4].needs[1].set, 1);
	assert_int_equal(step[4].needs[1].first, 1);
	assert_int_equal(step[4].needs[1].last, 1);
	assert_int_equal(step[5].needs[0].first, 2);
	assert_int_equal(step[5].needs[0].last, 11);
	wsim_free(wsim);
}

#define BATCH "1.RCS.1.0.0\n"

static void wrong_ones(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"",				   "f:1:1: error: a workload without a batch"                         },
		{ "# nothing\n",                       "f:1:1: error: a workload without a batch"                         },
		{ "1.RCS.1000.0",
                 "f:1:1: error: a batch of 4 fields; expected "
		  "context.engine.duration.dependencies.wait, or a step that begins "
		  "with one of d p s t q f a T P X S M B b w W"                                                           },
		{ BATCH "z.1",                         "f:2:1: error: a batch of 2 fields; expected "
			       "context.engine.duration.dependencies.wait, or a step that begins "
			       "with one of d p s t q f a T P X S M B b w W"                },
		{ "1.RCS.1.0.0.0.0.0",
                 "f:1:1: error: a batch of 8 fields; expected "
		  "context.engine.duration.dependencies.wait, or a step that begins with one of d "
		  "p s t q f a T P X S M B b w W"									 },
		{ "x.RCS.1.0.0",
                 "f:1:1: error: context 'x'; expected a whole number, 0 to 4294967295"                                    },
		{ "1.XCS.1.0.0",                       "f:1:3: error: no engine 'XCS'; expected DEFAULT, RCS, BCS, VCS, "
				 "VCS1, VCS2 or VECS"                                     },
		{ "1.RCS|BCS.1.0.0",
                 "f:1:3: error: no engine 'RCS|BCS'; expected DEFAULT, RCS, BCS, "
		  "VCS, VCS1, VCS2 or VECS"									       },
		{ "1.RCS.0.0.0",
                 "f:1:7: error: duration '0'; expected a whole number, 1 to 1000000000"                                   },
		{ "1.RCS.5-4.0.0",                     "f:1:9: error: a longest duration below the shortest"              },
		{ "1.RCS.99999999999999999999999.0.0",
                 "f:1:7: error: duration '99999999999999999999999'; expected a whole number, 1 to "
		  "1000000000"											    },
		{ "1.RCS.1.0.2",                       "f:1:11: error: '2' says nothing; expected 0 or 1"                 },
		{ "1.RCS.1.-1.0",                      "f:1:9: error: '-1' points at a step before the first"             },
		{ BATCH "1.RCS.1.-2.0",                "f:2:9: error: '-2' does not point at a step before this "
					"one; expected -1 to -1"                   },
		{ BATCH "1.RCS.1.1.0",
                 "f:2:9: error: '1' does not point at a step before this one; "
		  "expected -1 to -1"										     },
		{ BATCH "d.5\n1.RCS.1.-1.0",           "f:3:9: error: step 2, on line 2, is no batch"                     },
		{ BATCH "d.5\n1.RCS.1.f-1.0",
                 "f:3:9: error: step 2, on line 2, is no batch and no fence"                                              },
		{ "f\n1.RCS.1.-1.0",                   "f:2:9: error: step 1, on line 1, is no batch"                     },
		{ "1.RCS.1.r1-0.0",                    "f:1:10: error: no working set 1 before this step"                 },
		{ "w.1.4k\n1.RCS.1.r1-1.0",
                 "f:2:10: error: working set 1 has 1 objects, counted from 0"                                             },
		{ "w.1.2n4k\n1.RCS.1.r1-1-0.0",
                 "f:2:14: error: last object '0'; expected a whole number, 1 to 1024"                                     },
		{ "w.1.0",			     "f:1:5: error: size '0'; expected 1 to 1073741824, or with k, m or g "
			   "behind it"							  },
		{ "w.1.2g",			    "f:1:5: error: size '2g'; expected 1 to 1073741824, or with k, m or g "
			    "behind it"							},
		{ "w.1.k",			     "f:1:5: error: size 'k'; expected 1 to 1073741824, or with k, m or g "
			   "behind it"							  },
		{ "w.1.8k-4k",                         "f:1:8: error: a largest size below the smallest"                  },
		{ "w.1.1000n4k/25n4k",                 "f:1:13: error: more than 1024 objects in a working set"           },
		{ "w.1.4k\nW.1.4k",                    "f:2:3: error: a second working set 1"                             },
		{ "p.-5",			      "f:1:3: error: time '-5'; expected a whole number, 1 to 1000000000"},
		{ "d.1.2",			     "f:1:1: error: a step of 3 fields; expected d.MICROSECONDS"        },
		{ "f.1",			       "f:1:1: error: a step of 2 fields; expected f"                     },
		{ BATCH "a.-1",                        "f:2:3: error: step 1, on line 1, is no fence"                     },
		{ BATCH "T.-1",                        "f:2:3: error: the batch on line 1 ends by itself"                 },
		{ "1.RCS.*.0.0",
                 "f:1:1: error: an endless batch that nothing ends; expected T.-STEPS after it"                           },
		{ "1.RCS.*.0.1\nT.-1",
                 "f:1:1: error: the client would wait for ever for an endless batch"                                      },
		{ "M.1.RCS|DEFAULT\n" BATCH,
                 "f:1:9: error: no engine 'DEFAULT'; expected RCS, BCS, VCS, VCS1, VCS2 or VECS"                          },
		{ "M.1.BCS\n" BATCH,
                 "f:2:1: error: an engine that is not in the engine map of its context"                                   },
		{ "M.1.BCS\n1.DEFAULT.1.0.0",
                 "f:2:1: error: DEFAULT in a context with an engine map and no load balancing; "
		  "expected an engine of the map"									 },
		{ "B.1\n" BATCH,
                 "f:1:1: error: load balancing of a context without an engine map"                                        },
		{ "M.1.RCS\nb.1.RCS.BCS\n" BATCH,
                 "f:2:1: error: a bond of a context without load balancing"                                               },
		{ "b.1.RCS.VCS\n" BATCH,
                 "f:1:9: error: more than one master; expected one engine"                                                },
		{ "P.1.1x\n" BATCH,
                 "f:1:5: error: value '1x'; expected a whole number, 0 to 2147483647"                                     },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad(rows[i].text, rows[i].message);
}

static void limits(void **state)
{
	char *text = calloc(1, WSIM_BYTES_LIMIT + 2), *p = text;

	assert_non_null(text);
	for (unsigned i = 0; i <= WSIM_STEP_LIMIT; i++)
		p += sprintf(p, "1.RCS.1.0.0\n");
	bad(text, "f:4097:1: error: more than 4096 steps");
	memset(text, '#', WSIM_BYTES_LIMIT + 1);
	bad(text, "f: error: a workload of more than 64 KiB");
	p = text;
	memset(text, 0, WSIM_BYTES_LIMIT);
	for (unsigned i = 0; i <= WSIM_CONTEXT_LIMIT; i++)
		p += sprintf(p, "%u.RCS.1.0.0\n", i);
	bad(text, "f:33:1: error: more than 32 contexts");
	p = text + sprintf(text, "1.RCS.1.0.0\n1.RCS.1.-1");
	for (unsigned i = 0; i < WSIM_NEED_LIMIT; i++)
		p += sprintf(p, "/-1");
	sprintf(p, ".0");
	bad(text, "f:2:201: error: more than 64 dependencies");
	p = text;
	for (unsigned i = 0; i <= WSIM_SET_LIMIT; i++)
		p += sprintf(p, "w.%u.4k\n", i);
	bad(text, "f:33:1: error: more than 32 working sets");
	free(text);
}

/* Any one byte of it changed: read or refused, never anything else. */
static void damaged(void **state)
{
	static const char text[] =
		"w.1.2n4k-1m\nM.2.VCS1|VCS2\nB.2\nf\n1.RCS.*.f-1/r1-0-1.0\n"
		"2.DEFAULT.5-9.-1/s-1.0\nT.-2\na.-4\nb.2.VCS1.RCS\nP.1.-3\np.9\n";
	static const char bytes[] = "0-.*,/|#nwx\n\x80";

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		for (size_t b = 0; b < sizeof(bytes); b++) {
			char copy[sizeof(text)];
			struct wsim *wsim;
			char *messages;
			int err;

			memcpy(copy, text, sizeof(text));
			copy[i] = bytes[b];
			err = parse(copy, &wsim, &messages);
			assert_true(err == 0 || err == -EINVAL);
			assert_int_equal(err != 0, strstr(messages, ": error: ") != NULL);
			wsim_free(wsim);
			free(messages);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches),          cmocka_unit_test(commas_are_lines),
		cmocka_unit_test(every_other_step), cmocka_unit_test(warnings_are_said),
		cmocka_unit_test(maps_and_bonds),   cmocka_unit_test(working_sets),
		cmocka_unit_test(wrong_ones),       cmocka_unit_test(limits),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
