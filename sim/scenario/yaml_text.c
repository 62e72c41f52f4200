// SPDX-License-Identifier: MIT
#include "sim/scenario/yaml_text.h"

#include <errno.h>
#include <string.h>

#include "sim/scenario/yaml.h"

struct text_pos yaml_offset_pos(const struct source *source, size_t offset)
{
	struct text_pos pos = { source, 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		unsigned char c = (unsigned char)source->text[i];

		if (c == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((c & 0xc0) != 0x80) {
			pos.column++;
		}
	}
	return pos;
}

/* Length of the UTF-8 sequence at p, 0 for none: overlong forms and surrogates are none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned min = 0x80, code;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		len = 2;
		code = p[0] & 0x1fu;
	} else if ((p[0] & 0xf0) == 0xe0) {
		len = 3;
		min = 0x800;
		code = p[0] & 0x0fu;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		len = 4;
		min = 0x10000;
		code = p[0] & 0x07u;
	} else {
		return 0;
	}
	if (left < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	return code < min || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : len;
}

int yaml_check_text(const struct source *source, struct diag *diag)
{
	const unsigned char *text = (const unsigned char *)source->text;
	size_t step;

	if (source->len > YAML_FILE_BYTES_LIMIT) {
		diag_error(diag, (struct text_pos){ source, 0, 0 }, "larger than %u KiB",
			   YAML_FILE_BYTES_LIMIT >> 10);
		return -EINVAL;
	}
	for (size_t i = 0; i < source->len; i += step) {
		step = utf8_length(text + i, source->len - i);
		if (text[i] != '\0' && step)
			continue;
		diag_error(diag, yaml_offset_pos(source, i),
			   step ? "a NUL byte; expected text"
				: "a byte that is not UTF-8; expected text");
		return -EINVAL;
	}
	return 0;
}
