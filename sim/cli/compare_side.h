/* SPDX-License-Identifier: MIT */
/*
 * A side of a comparison: FILE or FILE:VARIANT, where FILE is a report or a scenario, which is run.
 */
#ifndef PVMMIO_SIM_CLI_COMPARE_SIDE_H
#define PVMMIO_SIM_CLI_COMPARE_SIDE_H

#include <jansson.h>

struct compare_side {
	const char *argument; /* the caller's */
	char *path;
	char *variant;  /* NULL: none was named */
	json_t *report; /* checked by compare_check_report() */
};

/*
 * Load argument, with its reports' shape checked as far as the names of variants go. A scenario is
 * run, all its variants. An exit status; not CLI_OK after a message. End
 * *side with compare_side_free() in every case.
 */
int compare_side_load(struct compare_side *side, const char *argument);
void compare_side_free(struct compare_side *side);

/* The variant called name, NULL when there is none. Borrowed. */
json_t *compare_side_variant(const struct compare_side *side, const char *name);

#endif
