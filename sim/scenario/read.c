// SPDX-License-Identifier: MIT
#include "sim/scenario/read.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define OWNER_BYTES 32

static void set_default(const struct schema_row *row, void *base)
{
	struct yaml_node node = { .kind = YAML_SCALAR, .plain = true, .text = row->default_text };
	struct diag diag = { 0 };
	bool ok;

	if (!row->default_text || !row->size || !strcmp(row->default_text, ""))
		return;
	ok = read_value(&diag, row, &node, base);
	assert(ok); /* the table's own values are good */
	(void)ok;
}

static bool takes(const struct step_info *info, const char *key)
{
	return !info || step_info_takes(info, key);
}

/* Whose keys are read, for messages. */
static const char *owner_name(enum schema_section section, const struct step_info *info,
			      char buf[OWNER_BYTES])
{
	if (!info)
		return schema_section_name(section);
	snprintf(buf, OWNER_BYTES, "'%s'", info->name);
	return buf;
}

static void unknown_key(struct diag *diag, enum schema_section section,
			const struct step_info *info, const struct yaml_node *entry)
{
	char hint[NEAREST_HINT_BYTES], owner[OWNER_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, entry->key);
	for (size_t i = 0; i < schema_row_count; i++) {
		if (schema_rows[i].section == section && takes(info, schema_rows[i].key))
			nearest_offer(&nearest, schema_rows[i].key);
	}
	diag_error(diag, entry->key_pos, "unknown key '%.40s' in %s%s", entry->key,
		   owner_name(section, info, owner), nearest_hint(&nearest, hint, sizeof(hint)));
}

/* info: NULL, or the step whose keys are allowed. */
static bool read_rows(struct diag *diag, enum schema_section section, const struct step_info *info,
		      const struct yaml_node *map, void *base)
{
	char owner[OWNER_BYTES];

	for (size_t i = 0; i < schema_row_count; i++) {
		if (schema_rows[i].section == section && takes(info, schema_rows[i].key))
			set_default(&schema_rows[i], base);
	}
	if (map->kind != YAML_MAP) {
		diag_error(diag, map->pos, "%s is %s; expected a mapping of keys",
			   owner_name(section, info, owner), yaml_kind_name(map));
		return false;
	}
	for (const struct yaml_node *entry = map->first; entry; entry = entry->next) {
		const struct schema_row *row = schema_find(section, entry->key);

		if (!row || !takes(info, entry->key))
			unknown_key(diag, section, info, entry);
		else
			read_value(diag, row, entry, base);
	}
	for (size_t i = 0; i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];

		if (row->section == section && takes(info, row->key) && row->required &&
		    !yaml_get(map, row->key))
			diag_error(diag, map->pos, "key '%s' is missing in %s", row->key,
				   owner_name(section, info, owner));
	}
	return true;
}

bool read_section(struct diag *diag, enum schema_section section, const struct yaml_node *map,
		  void *base)
{
	return read_rows(diag, section, NULL, map, base);
}

bool read_step(struct diag *diag, const struct step_info *info, const struct yaml_node *map,
	       void *base)
{
	return read_rows(diag, step_info_section(info), info, map, base);
}

bool read_list(struct diag *diag, const char *key, const struct yaml_node *node)
{
	if (node->kind != YAML_LIST) {
		diag_error(diag, node->pos, "'%s' is %s; expected a list", key,
			   yaml_kind_name(node));
		return false;
	}
	if (node->count == 0) {
		diag_error(diag, node->pos, "'%s' is empty; expected at least one entry", key);
		return false;
	}
	return true;
}
