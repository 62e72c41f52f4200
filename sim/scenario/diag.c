// SPDX-License-Identifier: MIT
#include "sim/scenario/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 160u /* of a source line */

const struct source *diag_add_source(struct diag *diag, const char *label, char *text, size_t len,
				     bool is_option)
{
	struct source *source = calloc(1, sizeof(*source));
	struct source **grown;

	if (!source)
		goto fail_text;
	source->label = strdup(label);
	if (!source->label)
		goto fail_source;
	grown = realloc(diag->sources, (diag->source_count + 1) * sizeof(*grown));
	if (!grown)
		goto fail_label;
	source->text = text;
	source->len = len;
	source->is_option = is_option;
	source->index = (unsigned)diag->source_count;
	diag->sources = grown;
	diag->sources[diag->source_count++] = source;
	return source;

fail_label:
	free(source->label);
fail_source:
	free(source);
fail_text:
	free(text);
	diag->out_of_memory = true;
	return NULL;
}

/* Nothing from a file may steer a terminal: C0, DEL and the UTF-8 form of C1 become '?'. */
static void make_printable(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++) {
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			p[0] = p[1] = '?';
	}
}

static bool same_place(const struct text_pos *a, const struct text_pos *b)
{
	return a->source == b->source && a->line == b->line && a->column == b->column;
}

static bool already_noted(const struct diag *diag, struct text_pos pos, const char *text)
{
	for (size_t i = 0; i < diag->message_count; i++) {
		const struct diag_message *m = &diag->messages[i];

		if (same_place(&m->pos, &pos) && !strcmp(m->text, text))
			return true;
	}
	return false;
}

static void note(struct diag *diag, struct text_pos pos, bool is_warning, const char *format,
		 va_list args)
{
	char text[DIAG_MESSAGE_BYTES];
	struct diag_message *grown;

	vsnprintf(text, sizeof(text), format, args);
	make_printable(text);
	if (already_noted(diag, pos, text))
		return;
	if (!is_warning)
		diag->error_count++;
	if (diag->message_count == DIAG_MESSAGE_LIMIT) {
		diag->dropped++;
		return;
	}
	grown = realloc(diag->messages, (diag->message_count + 1) * sizeof(*grown));
	if (!grown) {
		diag->out_of_memory = true;
		return;
	}
	diag->messages = grown;
	grown += diag->message_count;
	*grown = (struct diag_message){ .pos = pos,
					.is_warning = is_warning,
					.order = diag->message_count };
	grown->text = strdup(text);
	if (grown->text)
		diag->message_count++;
	else
		diag->out_of_memory = true;
}

void diag_error(struct diag *diag, struct text_pos pos, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(diag, pos, false, format, args);
	va_end(args);
}

void diag_warning(struct diag *diag, struct text_pos pos, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(diag, pos, true, format, args);
	va_end(args);
}

size_t diag_error_count(const struct diag *diag)
{
	return diag->error_count;
}

bool diag_failed(const struct diag *diag)
{
	return diag->error_count > 0 || diag->out_of_memory;
}

static int compare_unsigned(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_messages(const void *pa, const void *pb)
{
	const struct diag_message *a = *(const struct diag_message *const *)pa;
	const struct diag_message *b = *(const struct diag_message *const *)pb;
	int order = compare_unsigned(a->pos.source->index, b->pos.source->index);

	if (!order)
		order = compare_unsigned(a->pos.line, b->pos.line);
	if (!order)
		order = compare_unsigned(a->pos.column, b->pos.column);
	return order ? order : compare_unsigned(a->order, b->order);
}

/* The text of a line, without its end; NULL when there is no such line. */
static const char *find_line(const struct source *source, unsigned line, size_t *len)
{
	const char *p = source->text;
	const char *end = p + source->len;
	const char *eol;

	for (; line > 1; line--) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return NULL;
		p++;
	}
	if (p == end)
		return NULL;
	eol = memchr(p, '\n', (size_t)(end - p));
	if (!eol)
		eol = end;
	if (eol > p && eol[-1] == '\r')
		eol--;
	*len = (size_t)(eol - p);
	return p;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Byte offset of a column, which counts characters, in a line of len bytes. */
static size_t column_offset(const char *line, size_t len, unsigned column)
{
	size_t at = 0;

	for (unsigned left = column - 1; left > 0 && at < len; left--) {
		at++;
		while (at < len && is_continuation(line[at]))
			at++;
	}
	return at;
}

static void print_excerpt(FILE *out, const struct text_pos *pos)
{
	char shown[SHOWN_BYTES + 1];
	size_t len, at, from = 0;
	const char *line = find_line(pos->source, pos->line, &len);

	if (!line || pos->column == 0)
		return;
	at = column_offset(line, len, pos->column);
	if (at > SHOWN_BYTES - 40) {
		from = at - 40;
		while (from < len && is_continuation(line[from]))
			from++;
	}
	len -= from;
	at -= from;
	if (len > SHOWN_BYTES) {
		len = SHOWN_BYTES;
		while (len > 0 && is_continuation(line[from + len]))
			len--;
	}
	for (size_t i = 0; i < len; i++)
		shown[i] = line[from + i] ? line[from + i] : '?';
	shown[len] = '\0';
	make_printable(shown);
	fprintf(out, "%5u | %s\n      | ", pos->line, shown);
	for (size_t i = 0; i < at && i < len; i++) {
		if (!is_continuation(shown[i]))
			fputc(shown[i] == '\t' ? '\t' : ' ', out);
	}
	fputs("^\n", out);
}

static void print_message(FILE *out, const struct diag_message *m)
{
	const struct source *source = m->pos.source;
	const char *kind = m->is_warning ? "warning" : "error";

	if (source->is_option || m->pos.line == 0) {
		fprintf(out, "%s: %s: %s\n", source->label, kind, m->text);
		return;
	}
	fprintf(out, "%s:%u:%u: %s: %s\n", source->label, m->pos.line, m->pos.column, kind,
		m->text);
	print_excerpt(out, &m->pos);
}

void diag_print(const struct diag *diag, FILE *out)
{
	const struct diag_message *order[DIAG_MESSAGE_LIMIT];

	if (!out)
		return;
	for (size_t i = 0; i < diag->message_count; i++)
		order[i] = &diag->messages[i];
	if (diag->message_count > 1)
		qsort(order, diag->message_count, sizeof(order[0]), compare_messages);
	for (size_t i = 0; i < diag->message_count; i++)
		print_message(out, order[i]);
	if (diag->dropped)
		fprintf(out, "%s: error: %zu more messages are not shown\n",
			order[diag->message_count - 1]->pos.source->label, diag->dropped);
}

void diag_free(struct diag *diag)
{
	for (size_t i = 0; i < diag->message_count; i++)
		free(diag->messages[i].text);
	free(diag->messages);
	for (size_t i = 0; i < diag->source_count; i++) {
		free(diag->sources[i]->label);
		free(diag->sources[i]->text);
		free(diag->sources[i]);
	}
	free(diag->sources);
	*diag = (struct diag){ 0 };
}
