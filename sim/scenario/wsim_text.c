// SPDX-License-Identifier: MIT
#include "sim/scenario/wsim_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text_pos wsim_pos(const struct wsim_text *text, struct wsim_slice slice)
{
	struct text_pos pos = { text->source, 1, 1 };

	for (const char *c = text->source->text; c < slice.at; c++) {
		pos.column++;
		if (*c == '\n') {
			pos.line++;
			pos.column = 1;
		}
	}
	return pos;
}

void wsim_error(const struct wsim_text *text, struct wsim_slice slice, const char *format, ...)
{
	char message[DIAG_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diag_error(text->diag, wsim_pos(text, slice), "%s", message);
}

bool wsim_is(struct wsim_slice slice, const char *word)
{
	return slice.len == strlen(word) && !memcmp(slice.at, word, slice.len);
}

bool wsim_skip(struct wsim_slice *slice, char c)
{
	if (!slice->len || *slice->at != c)
		return false;
	slice->at++;
	slice->len--;
	return true;
}

struct wsim_slice wsim_cut(struct wsim_slice *slice, char c)
{
	const char *found = slice->len ? memchr(slice->at, c, slice->len) : NULL;
	struct wsim_slice front = *slice;

	if (!found) {
		*slice = (struct wsim_slice){ 0 };
		return front;
	}
	front.len = (size_t)(found - slice->at);
	slice->at += front.len + 1;
	slice->len -= front.len + 1;
	return front;
}

/* ---- entries ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_entry(char c)
{
	return c == '\n' || c == ',' || c == '#';
}

static void skip_comment(struct wsim_text *text)
{
	while (text->len && *text->at != '\n') {
		text->at++;
		text->len--;
	}
}

/* Up to the next separator, without blanks around it; may be empty. */
static struct wsim_slice next_piece(struct wsim_text *text)
{
	struct wsim_slice piece;

	while (text->len && (is_blank(*text->at) || *text->at == '\n' || *text->at == ',')) {
		text->at++;
		text->len--;
	}
	piece = (struct wsim_slice){ text->at, 0 };
	while (text->len && !ends_entry(*text->at)) {
		piece.len++;
		text->at++;
		text->len--;
	}
	if (text->len && *text->at == '#')
		skip_comment(text);
	while (piece.len && is_blank(piece.at[piece.len - 1]))
		piece.len--;
	return piece;
}

bool wsim_next_entry(struct wsim_text *text, struct wsim_fields *fields)
{
	struct wsim_slice rest = { 0 };

	while (text->len && !rest.len)
		rest = next_piece(text);
	if (!rest.len)
		return false;
	*fields = (struct wsim_fields){ .whole = rest };
	while (rest.at) {
		struct wsim_slice field = wsim_cut(&rest, '.');

		if (fields->count < WSIM_FIELD_LIMIT)
			fields->field[fields->count] = field;
		fields->count++;
	}
	return true;
}

/* ---- values ---- */

/* All digits, and not beyond what fits. */
static bool parse_number(struct wsim_slice slice, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < slice.len; i++) {
		if (slice.at[i] < '0' || slice.at[i] > '9' ||
		    __builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(slice.at[i] - '0'), out))
			return false;
	}
	return slice.len > 0;
}

bool wsim_read_number(const struct wsim_text *text, struct wsim_slice slice, const char *what,
		      uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value;

	if (parse_number(slice, &value) && value >= min && value <= max) {
		*out = value;
		return true;
	}
	if (what)
		wsim_error(text, slice,
			   "%s '%.*s'; expected a whole number, %" PRIu64 " to %" PRIu64, what,
			   (int)slice.len, slice.at ? slice.at : "", min, max);
	return false;
}

static const struct {
	const char *name;
	uint32_t engines; /* 0: whatever the context's map says */
} engine_names[] = {
	{"DEFAULT", 0				},
	{ "RCS",    1u << GEN9_RCS0                  },
	{ "BCS",    1u << GEN9_BCS0                  },
	{ "VCS",    1u << GEN9_VCS0 | 1u << GEN9_VCS1},
	{ "VCS1",   1u << GEN9_VCS0                  },
	{ "VCS2",   1u << GEN9_VCS1                  },
	{ "VECS",   1u << GEN9_VECS0                 },
};

static bool read_engine(const struct wsim_text *text, struct wsim_slice slice, bool of_batch,
			uint32_t *engines)
{
	for (size_t i = 0; i < sizeof(engine_names) / sizeof(engine_names[0]); i++) {
		if (!wsim_is(slice, engine_names[i].name) || (!of_batch && i == 0))
			continue;
		*engines |= engine_names[i].engines;
		return true;
	}
	wsim_error(text, slice, "no engine '%.*s'; expected %sRCS, BCS, VCS, VCS1, VCS2 or VECS",
		   (int)slice.len, slice.at ? slice.at : "", of_batch ? "DEFAULT, " : "");
	return false;
}

bool wsim_read_engines(const struct wsim_text *text, struct wsim_slice slice, bool of_batch,
		       uint32_t *engines)
{
	bool ok = true;

	*engines = 0;
	if (of_batch)
		return read_engine(text, slice, true, engines);
	do {
		ok = read_engine(text, wsim_cut(&slice, '|'), false, engines) && ok;
	} while (slice.at);
	return ok;
}

static bool read_size(const struct wsim_text *text, struct wsim_slice slice, uint64_t *bytes)
{
	static const char suffixes[] = "kmg";
	struct wsim_slice number = slice;
	const char *suffix;
	unsigned shift = 0;
	uint64_t value;

	if (slice.len) {
		suffix = strchr(suffixes, slice.at[slice.len - 1] | 0x20);
		if (suffix && *suffix) {
			shift = 10 * (unsigned)(suffix - suffixes + 1);
			number.len--;
		}
	}
	if (parse_number(number, &value) && value && value <= WSIM_SIZE_LIMIT >> shift) {
		*bytes = value << shift;
		return true;
	}
	wsim_error(text, slice,
		   "size '%.*s'; expected 1 to %" PRIu64 ", or with k, m or g behind it",
		   (int)slice.len, slice.at ? slice.at : "", WSIM_SIZE_LIMIT);
	return false;
}

/* [COUNTn]SIZE[-SIZE] */
static void read_objects(const struct wsim_text *text, struct wsim_slice slice,
			 struct wsim_set *set)
{
	struct wsim_slice rest = slice;
	struct wsim_slice front = wsim_cut(&rest, 'n');
	struct wsim_size size;
	uint64_t count = 1;

	if (rest.at) {
		if (!wsim_read_number(text, front, "number of objects", 1, WSIM_OBJECT_LIMIT,
				      &count))
			return;
		front = rest;
	}
	rest = front;
	front = wsim_cut(&rest, '-');
	if (!read_size(text, front, &size.min_bytes))
		return;
	size.max_bytes = size.min_bytes;
	if (rest.at && !read_size(text, rest, &size.max_bytes))
		return;
	if (size.max_bytes < size.min_bytes) {
		wsim_error(text, rest, "a largest size below the smallest");
		return;
	}
	if (set->object_count + count > WSIM_OBJECT_LIMIT) {
		wsim_error(text, slice, "more than %u objects in a working set", WSIM_OBJECT_LIMIT);
		return;
	}
	while (count--)
		set->objects[set->object_count++] = size;
}

void wsim_read_sizes(const struct wsim_text *text, struct wsim_slice slice, struct wsim_set *set)
{
	do
		read_objects(text, wsim_cut(&slice, '/'), set);
	while (slice.at);
}
