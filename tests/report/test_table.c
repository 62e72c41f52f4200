// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report/table.h"

static char *rendered(const struct table *table, bool colour)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(table_write(table, out, colour), 0);
	fclose(out);
	return text;
}

static void fill_row(struct table *table, unsigned indent, const char *label, const char *cell)
{
	struct table_row *row = table_add_row(table, indent, label);

	assert_non_null(row);
	for (size_t i = 0; i < table->column_count; i++)
		snprintf(row->cells[i], TABLE_CELL_BYTES, "%.*s", TABLE_CELL_BYTES - 1, cell);
}

static void test_alignment(void **state)
{
	struct table table;
	char *text;

	table_init(&table, 2);
	fill_row(&table, 0, "name", "x");
	fill_row(&table, 1, "wide label", "123456789012");
	table.rows[1].strong = true;
	table.rows[1].gap_before = true;
	table_add_row(&table, 2, "no cells");
	text = rendered(&table, false);
	assert_string_equal(text, "name                     x             x\n"
				  "\n"
				  "  wide label  123456789012  123456789012\n"
				  "    no cells\n");
	free(text);
	text = rendered(&table, true);
	assert_non_null(strstr(text, "\033[1m  wide label  123456789012  123456789012\033[0m\n"));
	free(text);
	table_free(&table);
}

/* No line is too long, whatever the number of columns; every column is there once. */
static void test_blocks_fit(void **state)
{
	for (size_t columns = 1; columns <= 12; columns++) {
		struct table table;
		size_t cells = 0;
		char *text, *line;

		table_init(&table, columns);
		fill_row(&table, 1, "a label of thirty-six bytes in all..", "0123456789.12");
		text = rendered(&table, false);
		for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			assert_in_range(strlen(line), 1, TABLE_WIDTH);
			assert_non_null(strstr(line, "a label"));
			for (const char *p = line; (p = strstr(p, "0123456789.12")); p++)
				cells++;
		}
		assert_int_equal(cells, columns);
		free(text);
		table_free(&table);
	}
}

static void test_long_words_are_cut(void **state)
{
	char label[200], cell[200];
	struct table table;
	char *text;

	memset(label, 'l', sizeof(label));
	label[sizeof(label) - 1] = '\0';
	memset(cell, 'c', sizeof(cell));
	cell[sizeof(cell) - 1] = '\0';
	table_init(&table, 1);
	fill_row(&table, 2, label, cell);
	text = rendered(&table, false);
	assert_in_range(strcspn(text, "\n"), 1, TABLE_WIDTH);
	free(text);
	table_free(&table);
}

static void test_drop_row(void **state)
{
	struct table table;
	char *text;

	table_init(&table, 1);
	fill_row(&table, 0, "kept", "1");
	fill_row(&table, 0, "dropped", "2");
	table_drop_row(&table);
	text = rendered(&table, false);
	assert_non_null(strstr(text, "kept"));
	assert_null(strstr(text, "dropped"));
	free(text);
	table_free(&table);
}

static void test_write_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct table table;

	if (!full)
		skip();
	setvbuf(full, NULL, _IONBF, 0);
	table_init(&table, 1);
	fill_row(&table, 0, "label", "1");
	assert_true(table_write(&table, full, false) < 0);
	table_free(&table);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment),          cmocka_unit_test(test_blocks_fit),
		cmocka_unit_test(test_long_words_are_cut), cmocka_unit_test(test_drop_row),
		cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
