/* SPDX-License-Identifier: MIT */
/* What the parts of a search for a break-even share. Internal to sim/study. */
#ifndef PVMMIO_SIM_STUDY_BREAK_EVEN_IMPL_H
#define PVMMIO_SIM_STUDY_BREAK_EVEN_IMPL_H

#include "sim/study/break_even.h"

/*
 * Places of a range in the order of their values: numbers of its list, or, where it has all values
 * between its ends, the values themselves.
 */
struct places {
	const struct study_range *range;
	bool listed;
	bool falling;
};

struct finder {
	struct study_break_even *search;
	struct places places;
	char **settings[2]; /* of the VMs' levels: without, with */
	size_t setting_count;
};

/* Indices of both sides of a comparison. */
enum { WITHOUT, WITH };

/*
 * Read the scenario, find variant and VMs, make the settings of both sides. 0 or what
 * study_break_even_run() returns. End with break_even_end() in every case.
 */
int break_even_begin(struct finder *f, FILE *errors);
void break_even_end(struct finder *f);

/* Compare at comparisons[i].number, all at once. 0 or an error of study_trials_run(). */
int break_even_compare(const struct finder *f, struct study_comparison *comparisons, size_t count);
void break_even_free_comparison(struct study_comparison *c);

#endif
