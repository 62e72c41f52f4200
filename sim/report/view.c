// SPDX-License-Identifier: MIT
#include "sim/report/view.h"

#include <string.h>

#include "sim/report/table.h"

const json_t *view_dig(const json_t *node, const char *path)
{
	char key[64];

	while (node && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		node = json_object_get(node, key);
		path += len + (path[len] == '.');
	}
	return node;
}

bool view_is_common(const json_t *variants, const char *path)
{
	const json_t *first = view_dig(json_array_get(variants, 0), path);
	json_t *variant;
	size_t i;

	json_array_foreach(variants, i, variant)
	{
		if (!json_equal(view_dig(variant, path), first))
			return false;
	}
	return true;
}

const json_t *view_vm(const json_t *variants, size_t column, const char *name)
{
	const json_t *vms = json_object_get(json_array_get(variants, column), "vms");
	json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm)
	{
		if (strcmp(json_string_value(json_object_get(vm, "name")), name) == 0)
			return vm;
	}
	return NULL;
}

/* Columns that a word takes: UTF-8 continuation bytes take none. */
static int columns_of(const char *word, size_t len)
{
	int columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)word[i] & 0xc0) != 0x80;
	return columns;
}

void view_write_wrapped(const char *text, int indent, FILE *out)
{
	int column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");
		int columns = columns_of(text, len);

		if (column > 0 && column + 1 + columns > TABLE_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%*s%.*s", column ? 1 : indent, "", (int)len, text);
		column += columns + (column ? 1 : indent);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
