// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/sweep_impl.h"

/*
 * Columns: point, variant, a column for each axis, for each measure, note, error. CELL_* count from
 * the front, or, with the columns' number, from the end.
 */
enum { CELL_POINT, CELL_VARIANT, CELL_AXES };
#define CELL_NOTE(sheet)  ((sheet)->column_count - 2)
#define CELL_ERROR(sheet) ((sheet)->column_count - 1)

static int set_text(struct study_value *cell, const char *text)
{
	cell->text = strdup(text);
	if (!cell->text)
		return -ENOMEM;
	cell->kind = STUDY_VALUE_TEXT;
	return 0;
}

static int set_place(const struct study_sweep *sweep, struct study_value *cells, uint64_t point,
		     const char *variant)
{
	int ret = set_text(&cells[CELL_VARIANT], variant);

	cells[CELL_POINT] =
		(struct study_value){ .kind = STUDY_VALUE_INTEGER, .number = (int64_t)point };
	for (size_t i = 0; i < sweep->grid.axis_count && ret == 0; i++) {
		const struct study_axis *axis = &sweep->grid.axes[i];
		size_t index = study_grid_index(&sweep->grid, point, i);

		if (axis->unit == STUDY_UNIT_TEXT)
			ret = set_text(&cells[CELL_AXES + i], axis->values[index]);
		else
			cells[CELL_AXES + i] =
				(struct study_value){ .kind = STUDY_VALUE_INTEGER,
						      .number = (int64_t)axis->numbers[index] };
	}
	return ret;
}

/* Take all measures; those without a value are empty, and the first of them is in why. */
static int set_measures(const struct study_sweep *sweep, struct study_value *cells,
			const struct study_run *run, const char *variant, bool *taken, char **why)
{
	for (size_t i = 0; i < sweep->measure_count; i++) {
		struct study_value *cell = &cells[CELL_AXES + sweep->grid.axis_count + i];
		char message[STUDY_WHY_BYTES];
		int ret = study_measure_take(&sweep->measures[i], run, variant, cell, message);

		if (ret == -ENOMEM)
			return ret;
		taken[i] |= ret == 0;
		if (ret && !*why && asprintf(why, "%s: %s", sweep->measures[i].text, message) < 0) {
			*why = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

/* What guests did and what could not be measured, as one text. */
static int set_note(struct study_value *cell, const struct study_run *run, size_t variant,
		    const char *why)
{
	char *note = study_run_note(run, variant);
	char *both = NULL;
	int ret;

	if (!note)
		return -ENOMEM;
	if (asprintf(&both, "%s%s%s", note, *note && why ? "; " : "", why ? why : "") < 0)
		both = NULL;
	ret = both ? 0 : -ENOMEM;
	if (both && *both)
		ret = set_text(cell, both);
	free(both);
	free(note);
	return ret;
}

/* The reason why variant was not run at this point; NULL: it was. *index: its number. */
static const char *reason_of(const struct study_run *run, const char *variant, size_t *index)
{
	if (run->error)
		return run->error;
	/* No setting of an axis changes the list of variants. */
	while (strcmp(run->scenario->variants[*index].name, variant) != 0)
		++*index;
	return run->errors[*index];
}

static int fill_row(const struct study_sweep *sweep, struct study_value *cells, uint64_t point,
		    const char *variant, const struct study_run *run, bool *taken,
		    struct study_rows *rows)
{
	const struct study_sheet *sheet = &sweep->sheet;
	size_t index = 0;
	const char *reason = reason_of(run, variant, &index);
	int ret = set_place(sweep, cells, point, variant);
	char *why = NULL;

	if (ret == 0 && reason) {
		rows->error_rows++;
		return set_text(&cells[CELL_ERROR(sheet)], reason);
	}
	if (ret == 0)
		ret = set_measures(sweep, cells, run, variant, taken, &why);
	if (ret == 0)
		ret = set_note(&cells[CELL_NOTE(sheet)], run, index, why);
	rows->note_rows += cells[CELL_NOTE(sheet)].kind == STUDY_VALUE_TEXT;
	if (why && !rows->missing)
		rows->missing = why;
	else
		free(why);
	return ret;
}

static int write_rows(const struct study_sweep *sweep, uint64_t point, const struct study_run *run,
		      struct study_rows *rows, FILE *out)
{
	size_t count = sweep->sheet.column_count;
	struct study_value *cells = calloc(count, sizeof(*cells));
	bool *taken = calloc(sweep->measure_count + 1, sizeof(*taken));
	bool all_taken = true;
	int ret = cells && taken ? 0 : -ENOMEM;

	for (size_t i = 0; i < sweep->variant_count && ret == 0; i++) {
		ret = fill_row(sweep, cells, point, sweep->variants[i], run, taken, rows);
		if (ret == 0)
			study_sheet_write_row(&sweep->sheet, cells, out);
		for (size_t j = 0; j < count; j++)
			study_value_free(&cells[j]);
	}
	for (size_t i = 0; i < sweep->measure_count && ret == 0; i++)
		all_taken &= taken[i];
	if (all_taken) {
		free(rows->missing);
		rows->missing = NULL;
	}
	free(cells);
	free(taken);
	return ret;
}

static int make(const struct study_sweep *sweep, uint64_t point, struct study_rows *rows)
{
	size_t count = study_grid_setting_count(&sweep->grid);
	const char **settings = calloc(count + 1, sizeof(*settings));
	FILE *out = open_memstream(&rows->text, &rows->len);
	struct study_run run = { 0 };
	int ret = settings && out ? 0 : -ENOMEM;

	if (ret == 0) {
		study_grid_settings(&sweep->grid, point, settings);
		ret = study_run(&run, &sweep->subject, settings, count);
		if (ret == 0)
			ret = write_rows(sweep, point, &run, rows, out);
		study_run_free(&run);
	}
	if (out && fclose(out) && ret == 0)
		ret = -ENOMEM;
	free(settings);
	return ret;
}

struct study_rows *study_rows_make(const struct study_sweep *sweep, uint64_t point)
{
	struct study_rows *rows = calloc(1, sizeof(*rows));

	if (rows && make(sweep, point, rows)) {
		study_rows_free(rows);
		return NULL;
	}
	return rows;
}

void study_rows_free(struct study_rows *rows)
{
	if (!rows)
		return;
	free(rows->text);
	free(rows->missing);
	free(rows);
}

char *study_row_prefix(const struct study_sweep *sweep, uint64_t point, const char *variant)
{
	const char *format = sweep->sheet.format == STUDY_FORMAT_CSV ? "%" PRIu64 ",%s,"
								     : "{\"point\":%" PRIu64
								       ",\"variant\":\"%s\",";
	char *prefix;

	return asprintf(&prefix, format, point, variant) < 0 ? NULL : prefix;
}
