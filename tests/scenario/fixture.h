/* SPDX-License-Identifier: MIT */
/*
 * What the scenario tests share: a folder of their own, texts in files, messages as text.
 */
#ifndef PVMMIO_TESTS_SCENARIO_FIXTURE_H
#define PVMMIO_TESTS_SCENARIO_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "sim/scenario/scenario.h"

#define FIXTURE_PATH_BYTES 256

/* The shortest good scenario: what a test adds stands in front of or behind it. */
#define FIXTURE_VMS "vms:\n  - name: vm0\n    workload: {steps: [{fill: {}}]}\n"

/* A folder that is there for one test program. Group set-up and tear-down. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Write text to name, a path below the folder, making folders as needed. */
void fixture_write(const char *folder, const char *name, const char *text);
void fixture_write_bytes(const char *folder, const char *name, const void *bytes, size_t len);

/* The path of name below folder, in buf of FIXTURE_PATH_BYTES. Returns buf. */
char *fixture_path(const char *folder, const char *name, char *buf);

/*
 * Load folder/name. *messages is all that was written, to be freed; may be NULL. Overrides end with
 * NULL; may be NULL.
 */
int fixture_load(const char *folder, const char *name, const char *const *overrides,
		 struct scenario **out, char **messages);

/* The same for a text. A wrong one fails the test and prints its messages. */
struct scenario *fixture_load_good(const char *folder, const char *text,
				   const char *const *overrides);

/*
 * Messages without source lines, each "LINE:COLUMN: what" (or "what" where there is no line), the
 * folder's name taken out: what tests compare. Changes messages in place; returns it.
 */
char *fixture_brief(const char *folder, char *messages);

#endif
