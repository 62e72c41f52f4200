/* SPDX-License-Identifier: MIT */
/*
 * The text of a workload descriptor: entries, their fields, numbers, engines and sizes. Internal to
 * wsim.c and wsim_text.c.
 *
 * Entries stand on lines of their own or are separated by commas; blanks around them do not count,
 * nor does what follows a '#'. Fields are separated by dots. What is wrong goes to diag, at its
 * place.
 */
#ifndef PVMMIO_SIM_SCENARIO_WSIM_TEXT_H
#define PVMMIO_SIM_SCENARIO_WSIM_TEXT_H

#include "hw-model/regs/gen9_regs.h"
#include "sim/scenario/wsim.h"

#define WSIM_FIELD_LIMIT     6u
#define WSIM_DEFAULT_ENGINES (1u << GEN9_RCS0)

struct wsim_text {
	const struct source *source;
	struct diag *diag;
	const char *at; /* the rest */
	size_t len;
};

/* A piece of the text; at is NULL for none. */
struct wsim_slice {
	const char *at;
	size_t len;
};

struct wsim_fields {
	struct wsim_slice whole;
	struct wsim_slice field[WSIM_FIELD_LIMIT]; /* those beyond count are none */
	unsigned count;                            /* also beyond the limit */
};

struct text_pos wsim_pos(const struct wsim_text *text, struct wsim_slice slice);
void wsim_error(const struct wsim_text *text, struct wsim_slice slice, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The next entry; false at the end. */
bool wsim_next_entry(struct wsim_text *text, struct wsim_fields *fields);

bool wsim_is(struct wsim_slice slice, const char *word);

/* Take c off slice's front, if it is there. */
bool wsim_skip(struct wsim_slice *slice, char c);

/* What is before the first c; slice is what is behind it, or none. */
struct wsim_slice wsim_cut(struct wsim_slice *slice, char c);

/* A whole decimal number. what: for the message; NULL: no message. */
bool wsim_read_number(const struct wsim_text *text, struct wsim_slice slice, const char *what,
		      uint64_t min, uint64_t max, uint64_t *out);

/*
 * Engines joined by '|', as bits. of_batch: one name, of which DEFAULT stands for none. VCS stands
 * for both video engines. false after an error.
 */
bool wsim_read_engines(const struct wsim_text *text, struct wsim_slice slice, bool of_batch,
		       uint32_t *engines);

/* Sizes joined by '/', each [COUNTn]SIZE or [COUNTn]SIZE-SIZE; set has room for all. */
void wsim_read_sizes(const struct wsim_text *text, struct wsim_slice slice, struct wsim_set *set);

#endif
