// SPDX-License-Identifier: MIT
#include "sim/scenario/read.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/abi/pvmmio.h"
#include "sim/scenario/units.h"

#define NAMES_BYTES 256

/* ---- single values ---- */

static void store_integer(const struct schema_row *row, void *base, uint64_t value)
{
	char *field = (char *)base + row->offset;

	if (row->size == sizeof(uint32_t)) {
		uint32_t narrow = (uint32_t)value;

		memcpy(field, &narrow, sizeof(narrow));
		return;
	}
	assert(row->size == sizeof(value));
	memcpy(field, &value, sizeof(value));
}

static bool read_integer(struct diag *diag, const struct schema_row *row,
			 const struct yaml_node *node, uint64_t *out)
{
	char range[NAMES_BYTES];
	int err = node->plain ? units_parse_integer(node->text, out) : -EINVAL;

	if (!err)
		return true;
	diag_error(diag, node->pos, "'%s' is '%.40s'; expected a whole number, %s", row->key,
		   node->text, schema_range(row, range, sizeof(range)));
	return false;
}

static bool read_quantity(struct diag *diag, const struct schema_row *row,
			  const struct yaml_node *node, enum quantity quantity, uint64_t *out)
{
	char why[UNITS_WHY_BYTES];

	if (!units_parse(node->text, quantity, out, why))
		return true;
	diag_error(diag, node->pos, "'%s': %s", row->key, why);
	return false;
}

static bool in_range(struct diag *diag, const struct schema_row *row, const struct yaml_node *node,
		     uint64_t value)
{
	char range[NAMES_BYTES];

	if (value >= row->min && value <= row->max &&
	    (!row->multiple || value % row->multiple == 0))
		return true;
	diag_error(diag, node->pos, "'%s' is %.40s; expected %s", row->key, node->text,
		   schema_range(row, range, sizeof(range)));
	return false;
}

static bool read_number(struct diag *diag, const struct schema_row *row,
			const struct yaml_node *node, void *base)
{
	uint64_t value = 0;
	bool ok;

	if (row->type == VALUE_BYTES)
		ok = read_quantity(diag, row, node, QUANTITY_BYTES, &value);
	else if (row->type == VALUE_TIME)
		ok = read_quantity(diag, row, node, QUANTITY_TIME, &value);
	else if (row->type == VALUE_FREQUENCY)
		ok = read_quantity(diag, row, node, QUANTITY_FREQUENCY, &value);
	else
		ok = read_integer(diag, row, node, &value);
	if (!ok || !in_range(diag, row, node, value))
		return false;
	store_integer(row, base, value);
	return true;
}

static bool is_name(const char *text)
{
	bool only_digits = true;

	if (!*text || strlen(text) >= CONFIG_NAME_BYTES)
		return false;
	for (; *text; text++) {
		bool digit = *text >= '0' && *text <= '9';
		bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

		if (!digit && !letter && *text != '_' && *text != '-')
			return false;
		only_digits = only_digits && digit;
	}
	return !only_digits;
}

bool read_name(struct diag *diag, const char *key, const struct yaml_node *node,
	       char out[CONFIG_NAME_BYTES])
{
	if (!is_name(node->text)) {
		diag_error(diag, node->pos,
			   "'%s' is '%.40s'; expected a name of at most %d letters, digits, '_' "
			   "and '-', not only digits",
			   key, node->text, CONFIG_NAME_BYTES - 1);
		return false;
	}
	snprintf(out, CONFIG_NAME_BYTES, "%s", node->text);
	return true;
}

static bool read_text(struct diag *diag, const struct schema_row *row, const struct yaml_node *node,
		      void *base)
{
	size_t len = strlen(node->text);

	if (len >= row->size || strchr(node->text, '\n')) {
		diag_error(diag, node->pos,
			   "'%s' is too long; expected one line of at most %zu bytes", row->key,
			   row->size - 1);
		return false;
	}
	memcpy((char *)base + row->offset, node->text, len + 1);
	return true;
}

static bool read_bool(struct diag *diag, const struct schema_row *row, const struct yaml_node *node,
		      void *base)
{
	bool value = !strcmp(node->text, "true");

	assert(row->size == sizeof(value));
	if (!node->plain || (!value && strcmp(node->text, "false") != 0)) {
		diag_error(diag, node->pos, "'%s' is '%.40s'; expected true or false", row->key,
			   node->text);
		return false;
	}
	memcpy((char *)base + row->offset, &value, sizeof(value));
	return true;
}

/* "native, gvt" */
static const char *list_choices(const struct schema_row *row, char *buf, size_t len)
{
	size_t used = 0;
	const char *name;

	buf[0] = '\0';
	for (unsigned i = 0; (name = row->choice(i)) && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? ", " : "", name);
	return buf;
}

static bool read_choice(struct diag *diag, const struct schema_row *row,
			const struct yaml_node *node, void *base)
{
	char names[NAMES_BYTES], hint[NEAREST_HINT_BYTES];
	struct nearest nearest;
	const char *name;

	assert(row->size == sizeof(unsigned));
	nearest_begin(&nearest, node->text);
	for (unsigned i = 0; (name = row->choice(i)); i++) {
		nearest_offer(&nearest, name);
		if (!strcmp(name, node->text)) {
			memcpy((char *)base + row->offset, &i, sizeof(i));
			return true;
		}
	}
	diag_error(diag, node->pos, "'%s' is '%.40s'; expected one of %s%s", row->key, node->text,
		   list_choices(row, names, sizeof(names)),
		   nearest_hint(&nearest, hint, sizeof(hint)));
	return false;
}

static bool read_mode(struct diag *diag, const struct schema_row *row, const struct yaml_node *node,
		      void *base)
{
	struct display_mode mode;
	char why[MODE_WHY_BYTES];

	assert(row->size == sizeof(mode));
	if (mode_parse(node->text, &mode, why)) {
		diag_error(diag, node->pos, "'%s': %s", row->key, why);
		return false;
	}
	memcpy((char *)base + row->offset, &mode, sizeof(mode));
	return true;
}

/* ---- pvmmio levels and ways to misbehave ---- */

/* Refuse levels that exist in the protocol and not in this version. */
static bool check_levels(struct diag *diag, const struct yaml_node *node, uint64_t levels)
{
	uint64_t missing = levels & ~(uint64_t)schema_levels_implemented();
	const char *name = NULL;
	char names[NAMES_BYTES];

	if (!missing)
		return true;
	for (unsigned bit = 0; schema_level_name(bit) && !name; bit++) {
		if (missing >> bit & 1)
			name = schema_level_name(bit);
	}
	if (name)
		diag_error(diag, node->pos,
			   "level '%s' is not implemented in this version; expected one of %s",
			   name, schema_list_levels(names, sizeof(names)));
	else
		diag_error(diag, node->pos, "'%.40s' has bits that are no level; expected 0x%x",
			   node->text, schema_levels_implemented());
	return false;
}

static bool read_level_name(struct diag *diag, const struct yaml_node *node, uint64_t *levels)
{
	char hint[NEAREST_HINT_BYTES], names[NAMES_BYTES];
	struct nearest nearest;
	const char *name;

	if (node->kind != YAML_SCALAR) {
		diag_error(diag, node->pos, "a level is %s; expected a name", yaml_kind_name(node));
		return false;
	}
	nearest_begin(&nearest, node->text);
	for (unsigned bit = 0; (name = schema_level_name(bit)); bit++) {
		nearest_offer(&nearest, name);
		if (!strcmp(name, node->text)) {
			*levels |= UINT64_C(1) << bit;
			return check_levels(diag, node, UINT64_C(1) << bit);
		}
	}
	diag_error(diag, node->pos, "no level '%.40s'; expected one of %s%s", node->text,
		   schema_list_levels(names, sizeof(names)),
		   nearest_hint(&nearest, hint, sizeof(hint)));
	return false;
}

static bool read_level_word(struct diag *diag, const struct yaml_node *node, uint64_t *levels)
{
	if (!strcmp(node->text, "none")) {
		*levels = 0;
		return true;
	}
	if (!strcmp(node->text, "all")) {
		*levels = schema_levels_implemented() & PVMMIO_ALL;
		return true;
	}
	if (node->plain && node->text[0] >= '0' && node->text[0] <= '9') {
		if (!units_parse_integer(node->text, levels))
			return check_levels(diag, node, *levels);
		diag_error(diag, node->pos, "'%.40s' is no number of levels; expected 0x%x",
			   node->text, schema_levels_implemented());
		return false;
	}
	diag_error(diag, node->pos,
		   "'pvmmio' is '%.40s'; expected none, all, a list such as [elsp_submit], or a "
		   "number such as 0x1",
		   node->text);
	return false;
}

static bool read_levels(struct diag *diag, const struct schema_row *row,
			const struct yaml_node *node, void *base)
{
	uint64_t levels = 0;
	bool ok = true;

	if (node->kind == YAML_SCALAR)
		ok = read_level_word(diag, node, &levels);
	for (const struct yaml_node *item = node->first; item; item = item->next)
		ok = read_level_name(diag, item, &levels) && ok;
	if (ok)
		store_integer(row, base, levels);
	return ok;
}

static bool read_flag(struct diag *diag, const struct yaml_node *node, void *base)
{
	char hint[NEAREST_HINT_BYTES];
	const struct misbehaviour *flag;
	struct nearest nearest;

	if (node->kind != YAML_SCALAR) {
		diag_error(diag, node->pos, "a way to misbehave is %s; expected a name",
			   yaml_kind_name(node));
		return false;
	}
	nearest_begin(&nearest, node->text);
	for (unsigned i = 0; (flag = schema_misbehaviour(i)); i++) {
		nearest_offer(&nearest, flag->name);
		if (!strcmp(flag->name, node->text)) {
			*((bool *)((char *)base + flag->offset)) = true;
			return true;
		}
	}
	diag_error(diag, node->pos, "no way to misbehave is called '%.40s'%s", node->text,
		   nearest_hint(&nearest, hint, sizeof(hint)));
	return false;
}

static bool read_flags(struct diag *diag, const struct yaml_node *node, void *base)
{
	bool ok = true;

	if (node->kind == YAML_SCALAR) {
		diag_error(diag, node->pos,
			   "'misbehave' is '%.40s'; expected a list such as [never_reads_pvinfo]",
			   node->text);
		return false;
	}
	for (const struct yaml_node *item = node->first; item; item = item->next)
		ok = read_flag(diag, item, base) && ok;
	return ok;
}

/* ---- any value ---- */

static bool takes_list(const struct schema_row *row)
{
	return row->type == VALUE_LEVELS || row->type == VALUE_FLAGS;
}

bool read_value(struct diag *diag, const struct schema_row *row, const struct yaml_node *node,
		void *base)
{
	if (!row->size && row->type != VALUE_FLAGS)
		return true;
	if (yaml_is_empty(node) || node->kind == YAML_MAP ||
	    (node->kind == YAML_LIST && !takes_list(row))) {
		diag_error(diag, node->pos, "'%s' is %s; expected %s", row->key,
			   yaml_kind_name(node),
			   takes_list(row) ? "a value or a list" : "a single value");
		return false;
	}
	switch (row->type) {
	case VALUE_NAME:
		return read_name(diag, row->key, node, (char *)base + row->offset);
	case VALUE_TEXT:
		return read_text(diag, row, node, base);
	case VALUE_INTEGER:
	case VALUE_BYTES:
	case VALUE_TIME:
	case VALUE_FREQUENCY:
		return read_number(diag, row, node, base);
	case VALUE_BOOL:
		return read_bool(diag, row, node, base);
	case VALUE_CHOICE:
		return read_choice(diag, row, node, base);
	case VALUE_MODE:
		return read_mode(diag, row, node, base);
	case VALUE_LEVELS:
		return read_levels(diag, row, node, base);
	case VALUE_FLAGS:
		return read_flags(diag, node, base);
	case VALUE_OTHER:
		break;
	}
	return true;
}
