// SPDX-License-Identifier: MIT
#include "sim/study/break_even_impl.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/schema.h"

#define FIRST_ROUND_LIMIT 17    /* values of a range that does not say how many */
#define PRECISION         10000 /* crossings are told to one part in so many */

/* ---- what is asked for ---- */

int study_break_even_set_range(struct study_break_even *search, char *text, char *why)
{
	char *equals = strchr(text, '=');
	int ret;

	if (!equals || equals == text) {
		snprintf(why, STUDY_WHY_BYTES, "'%.60s': expected KEY=RANGE", text);
		return -EINVAL;
	}
	ret = study_range_read(&search->range, equals + 1, why);
	if (ret == -ENOENT) {
		snprintf(why, STUDY_WHY_BYTES,
			 "'%.60s' is no range; expected FIRST..LAST, FIRST..LAST/COUNT or "
			 "FIRST..LAST*COUNT",
			 equals + 1);
		return -EINVAL;
	}
	if (ret == 0 && search->range.first == search->range.last) {
		snprintf(why, STUDY_WHY_BYTES, "'%.60s' has one value only", equals + 1);
		return -EINVAL;
	}
	*equals = '\0';
	search->key = text;
	return ret;
}

static bool add_level(uint32_t *levels, const char *name, size_t len)
{
	const char *known;

	for (unsigned bit = 0; (known = schema_level_name(bit)); bit++) {
		if (strlen(known) == len && strncmp(known, name, len) == 0 &&
		    (schema_levels_implemented() >> bit & 1)) {
			*levels |= 1u << bit;
			return true;
		}
	}
	return false;
}

int study_break_even_set_levels(struct study_break_even *search, const char *names, char *why)
{
	char list[256];

	search->levels = 0;
	for (;;) {
		size_t len = strcspn(names, ",");

		if (!add_level(&search->levels, names, len)) {
			snprintf(why, STUDY_WHY_BYTES, "no level is called '%.*s'; there is: %s",
				 (int)(len < 40 ? len : 40), names,
				 schema_list_levels(list, sizeof(list)));
			return -EINVAL;
		}
		if (!names[len])
			return 0;
		names += len + 1;
	}
}

/* ---- searching ---- */

static void set_places(struct places *places, const struct study_range *range)
{
	*places = (struct places){
		.range = range,
		.listed = range->form == STUDY_RANGE_EACH || range->form == STUDY_RANGE_STEP,
		.falling = range->first > range->last,
	};
}

/* The value at a place, which counts from the lowest value up. */
static uint64_t place_value(const struct places *places, uint64_t place)
{
	const struct study_range *range = places->range;

	if (!places->listed)
		return place;
	return study_range_value(range, places->falling ? range->count - 1 - place : place);
}

/* Places of the first round, from the lowest up, without equal ones. Returns how many. */
static size_t first_round(const struct places *places, uint64_t *out, size_t limit)
{
	const struct study_range *range = places->range;
	uint64_t count = range->count < limit ? range->count : limit;
	size_t used = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t place;

		if (places->listed)
			place = study_linear(0, range->count - 1, i, count);
		else
			place = study_range_value(range, places->falling ? count - 1 - i : i);
		if (used == 0 || out[used - 1] != place)
			out[used++] = place;
	}
	return used;
}

static int add_crossing(struct study_break_even *search, const struct study_comparison *below,
			const struct study_comparison *above)
{
	struct study_crossing *crossings =
		reallocarray(search->crossings, search->crossing_count + 1, sizeof(*crossings));

	if (!crossings)
		return -ENOMEM;
	search->crossings = crossings;
	crossings[search->crossing_count++] = (struct study_crossing){ *below, *above };
	return 0;
}

/* Are both near enough to say where it changes? */
static bool is_narrow(const struct places *places, uint64_t below, uint64_t above)
{
	return above - below <= 1 || (!places->listed && (above - below) <= above / PRECISION);
}

/*
 * The first change between below and above, whose verdicts differ. *next is the comparison above
 * it, at *next_place: there may be more changes from there on. Takes over below.
 */
static int narrow(struct finder *f, struct study_comparison below, uint64_t below_place,
		  struct study_comparison *next, uint64_t *next_place)
{
	struct study_comparison above = *next;
	int ret = 0;

	while (!is_narrow(&f->places, below_place, *next_place) && ret == 0) {
		uint64_t middle = below_place + (*next_place - below_place) / 2;
		struct study_comparison c = { .number = place_value(&f->places, middle) };

		ret = break_even_compare(f, &c, 1);
		if (ret == 0 && c.verdict == below.verdict) {
			break_even_free_comparison(&below);
			below = c;
			below_place = middle;
		} else {
			break_even_free_comparison(&above);
			above = c;
			*next_place = middle;
		}
	}
	if (ret == 0)
		ret = add_crossing(f->search, &below, &above);
	if (ret) {
		break_even_free_comparison(&below);
		break_even_free_comparison(&above);
	}
	*next = above;
	return ret;
}

/* A copy without the texts, for a place that is looked at twice. */
static struct study_comparison copy_of(const struct study_comparison *c)
{
	return (struct study_comparison){
		.number = c->number,
		.without = {.kind = c->without.kind, .number = c->without.number},
		.with = { .kind = c->with.kind,   .number = c->with.number   },
		.verdict = c->verdict,
	};
}

/* All changes between neighbours of the first round. */
static int search_between(struct finder *f, const struct study_comparison *left,
			  uint64_t left_place, const struct study_comparison *right,
			  uint64_t right_place)
{
	struct study_comparison from = copy_of(left);

	if (left->verdict == STUDY_UNKNOWN || right->verdict == STUDY_UNKNOWN)
		return 0;
	while (from.verdict != right->verdict) {
		struct study_comparison next = copy_of(right);
		uint64_t next_place = right_place;
		int ret = narrow(f, from, left_place, &next, &next_place);

		if (ret || next.verdict == STUDY_UNKNOWN)
			return ret;
		from = copy_of(&next);
		left_place = next_place;
	}
	return 0;
}

static int search_all(struct finder *f, const uint64_t *places)
{
	struct study_break_even *search = f->search;
	int ret = 0;

	for (size_t i = 0; i + 1 < search->point_count && ret == 0; i++)
		ret = search_between(f, &search->points[i], places[i], &search->points[i + 1],
				     places[i + 1]);
	return ret;
}

static int begin_first_round(struct finder *f, uint64_t **places)
{
	struct study_break_even *search = f->search;
	size_t limit = FIRST_ROUND_LIMIT;

	set_places(&f->places, &search->range);
	if (!f->places.listed)
		limit = (size_t)search->range.count;
	*places = calloc(limit, sizeof(**places));
	search->points = calloc(limit, sizeof(*search->points));
	if (!*places || !search->points)
		return -ENOMEM;
	search->point_count = first_round(&f->places, *places, limit);
	for (size_t i = 0; i < search->point_count; i++)
		search->points[i].number = place_value(&f->places, (*places)[i]);
	return 0;
}

/* A key or a measure that is wrong is wrong everywhere: one message is enough. */
static int check_first_round(const struct study_break_even *search, FILE *errors)
{
	for (size_t i = 0; i < search->point_count; i++) {
		if (search->points[i].verdict != STUDY_UNKNOWN)
			return 0;
	}
	fprintf(errors, "nothing to compare at any value: %s\n",
		search->points[0].error ? search->points[0].error : "no number");
	return -EINVAL;
}

int study_break_even_run(struct study_break_even *search, FILE *errors)
{
	struct finder f = { .search = search };
	uint64_t *places = NULL;
	int ret = 0;

	assert(search->key && search->levels && search->workers);
	if (search->range.count > STUDY_AXIS_VALUE_LIMIT &&
	    (search->range.form == STUDY_RANGE_LINEAR || search->range.form == STUDY_RANGE_LOG)) {
		fprintf(errors, "more than %u values\n", STUDY_AXIS_VALUE_LIMIT);
		ret = -EINVAL;
	}
	if (ret == 0)
		ret = break_even_begin(&f, errors);
	if (ret == 0)
		ret = begin_first_round(&f, &places);
	if (ret == 0)
		ret = break_even_compare(&f, search->points, search->point_count);
	if (ret == 0)
		ret = check_first_round(search, errors);
	if (ret == 0)
		ret = search_all(&f, places);
	break_even_end(&f);
	free(places);
	return ret;
}

void study_break_even_free(struct study_break_even *search)
{
	for (size_t i = 0; i < search->point_count; i++)
		break_even_free_comparison(&search->points[i]);
	for (size_t i = 0; i < search->crossing_count; i++) {
		break_even_free_comparison(&search->crossings[i].below);
		break_even_free_comparison(&search->crossings[i].above);
	}
	free(search->points);
	free(search->crossings);
	free(search->scenario);
	free(search->variant);
	free(search->vms);
	study_measure_free(&search->measure);
}
