// SPDX-License-Identifier: MIT
#include "sim/study/sheet.h"

#include <string.h>

#include <jansson.h>

enum study_format study_format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".jsonl") == 0 || strcmp(dot, ".ndjson") == 0)
		       ? STUDY_FORMAT_JSONL
		       : STUDY_FORMAT_CSV;
}

static int put_json(const char *buffer, size_t size, void *out)
{
	return fwrite(buffer, 1, size, out) == size ? 0 : -1;
}

static void write_json_text(const char *text, FILE *out)
{
	json_t *string = json_string(text);

	/* What is no UTF-8 is no string of JSON: only a file's name could be that. */
	if (!string || json_dump_callback(string, put_json, out, JSON_ENCODE_ANY))
		fputs("null", out);
	json_decref(string);
}

static void write_csv_text(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"#\r\n") && text[0] != ' ') {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text == '\n' || *text == '\r' ? ' ' : *text, out);
	}
	fputc('"', out);
}

void study_sheet_write_head(const struct study_sheet *sheet, const char *head, FILE *out)
{
	if (sheet->format == STUDY_FORMAT_JSONL) {
		fprintf(out, "%s\n", head);
		return;
	}
	fprintf(out, "# %s\n", head);
	for (size_t i = 0; i < sheet->column_count; i++) {
		if (i)
			fputc(',', out);
		write_csv_text(sheet->columns[i], out);
	}
	fputc('\n', out);
}

static void write_csv(const struct study_sheet *sheet, const struct study_value *cells, FILE *out)
{
	char number[STUDY_VALUE_TEXT_BYTES];

	for (size_t i = 0; i < sheet->column_count; i++) {
		if (i)
			fputc(',', out);
		if (cells[i].kind == STUDY_VALUE_TEXT)
			write_csv_text(cells[i].text, out);
		else
			fputs(study_value_format(&cells[i], number), out);
	}
	fputc('\n', out);
}

static void write_json(const struct study_sheet *sheet, const struct study_value *cells, FILE *out)
{
	char number[STUDY_VALUE_TEXT_BYTES];

	for (size_t i = 0; i < sheet->column_count; i++) {
		fputs(i ? "," : "{", out);
		write_json_text(sheet->columns[i], out);
		fputc(':', out);
		if (cells[i].kind == STUDY_VALUE_TEXT)
			write_json_text(cells[i].text, out);
		else if (cells[i].kind == STUDY_VALUE_NONE)
			fputs("null", out);
		else
			fputs(study_value_format(&cells[i], number), out);
	}
	fputs("}\n", out);
}

void study_sheet_write_row(const struct study_sheet *sheet, const struct study_value *cells,
			   FILE *out)
{
	if (sheet->format == STUDY_FORMAT_JSONL)
		write_json(sheet, cells, out);
	else
		write_csv(sheet, cells, out);
}
