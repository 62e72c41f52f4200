/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics: what is wrong with a scenario, a profile or an override, collected and then printed
 * in one go, in the order of the text.
 *
 *	FILE:LINE:COLUMN: error: what, and what was expected
 *	   LINE | the line itself
 *	        | ^
 *
 * An override of the command line has no lines: "--set KEY=VALUE: error: ...".
 *
 * Texts come from files that anybody may have written: control characters in them are shown as '?',
 * long lines are cut, and the number of messages is bounded.
 */
#ifndef PVMMIO_SIM_SCENARIO_DIAG_H
#define PVMMIO_SIM_SCENARIO_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIAG_MESSAGE_LIMIT 100 /* more than these are counted, not shown */
#define DIAG_MESSAGE_BYTES 512 /* longer messages are cut */

/* A text that messages point into. */
struct source {
	char *label; /* path as given, or "--set KEY=VALUE" */
	char *text;  /* len bytes and a terminator */
	size_t len;
	bool is_option; /* has no lines worth naming */
	unsigned index; /* in order of adding */
};

/* Line and column from 1, the column in characters. Line 0: the text as a whole. */
struct text_pos {
	const struct source *source;
	unsigned line;
	unsigned column;
};

struct diag_message {
	struct text_pos pos;
	char *text;
	bool is_warning;
	size_t order;
};

/* Zero-initialise; end with diag_free(). */
struct diag {
	struct source **sources;
	size_t source_count;
	struct diag_message *messages;
	size_t message_count;
	size_t error_count; /* the rest are warnings */
	size_t dropped;     /* beyond DIAG_MESSAGE_LIMIT */
	bool out_of_memory; /* a message was lost: the caller must fail with -ENOMEM */
};

/*
 * Add a text. Takes over text, which is malloc()ed, in every case. The source lives until
 * diag_free(). NULL when out of memory.
 */
const struct source *diag_add_source(struct diag *diag, const char *label, char *text, size_t len,
				     bool is_option);

/* Note an error at pos. The same message at the same place is noted once. */
void diag_error(struct diag *diag, struct text_pos pos, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for what is no error. */
void diag_warning(struct diag *diag, struct text_pos pos, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Errors, those not shown among them. */
size_t diag_error_count(const struct diag *diag);
bool diag_failed(const struct diag *diag);

/* Print all messages, ordered by source, line and column. out may be NULL. */
void diag_print(const struct diag *diag, FILE *out);

void diag_free(struct diag *diag);

#endif
