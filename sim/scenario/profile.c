// SPDX-License-Identifier: MIT
#include "sim/scenario/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/file.h"
#include "sim/scenario/read.h"
#include "sim/scenario/units.h"

struct profile_entry {
	struct profile_entry *next;
	char *path;
	struct profile profile;
	int err; /* of loading it; its messages were given then */
};

/* The text of a parameter's `source`; an error when there is none. */
static int read_source(struct diag *diag, const char *name, const struct yaml_node *param,
		       char **out)
{
	const struct yaml_node *source = yaml_get(param, "source");

	if (!source)
		return 0; /* read_section() has said so */
	if (source->kind != YAML_SCALAR || !*source->text) {
		diag_error(diag, source->pos,
			   "source of '%s' is %s; expected a publication or 'assumed'", name,
			   yaml_kind_name(source));
		return -EINVAL;
	}
	if (!out)
		return 0;
	*out = strdup(source->text);
	return *out ? 0 : -ENOMEM;
}

static int read_range(struct diag *diag, struct param_ref ref, const struct yaml_node *range,
		      uint64_t cpu_hz, struct profile_param *param)
{
	if (range->kind != YAML_LIST || range->count != 2) {
		diag_error(diag, range->pos, "range of '%s' is %s; expected [lowest, highest]",
			   param_name(ref),
			   range->kind == YAML_LIST ? "no pair" : yaml_kind_name(range));
		return -EINVAL;
	}
	if (param_read(diag, ref, range->first, cpu_hz, &param->low) ||
	    param_read(diag, ref, range->last, cpu_hz, &param->high))
		return -EINVAL;
	if (param->low <= param->value && param->value <= param->high)
		return 0;
	diag_error(diag, range->pos, "range of '%s' does not contain its value", param_name(ref));
	return -EINVAL;
}

static int read_parameter(struct diag *diag, struct param_ref ref, const struct yaml_node *node,
			  uint64_t cpu_hz, struct profile_param *param)
{
	const struct yaml_node *value = yaml_get(node, "value");
	const struct yaml_node *range = yaml_get(node, "range");
	int err;

	if (!read_section(diag, SECTION_PARAMETER, node, NULL))
		return -EINVAL;
	err = read_source(diag, param_name(ref), node, &param->source);
	if (err == -ENOMEM || !value)
		return err;
	if (param_read(diag, ref, value, cpu_hz, &param->value))
		return -EINVAL;
	param->low = param->high = param->value;
	return range ? read_range(diag, ref, range, cpu_hz, param) : 0;
}

static void read_cpu_frequency(struct diag *diag, const struct yaml_node *node,
			       struct profile *profile)
{
	const struct yaml_node *value = yaml_get(node, "value");
	char why[UNITS_WHY_BYTES];

	if (!read_section(diag, SECTION_PARAMETER, node, NULL))
		return;
	read_source(diag, "cpu_frequency", node, NULL);
	if (!value)
		return;
	if (value->kind != YAML_SCALAR) {
		diag_error(diag, value->pos, "'cpu_frequency' is %s; expected a single value",
			   yaml_kind_name(value));
		return;
	}
	if (units_parse(value->text, QUANTITY_FREQUENCY, &profile->cpu_hz, why)) {
		diag_error(diag, value->pos, "'cpu_frequency': %s", why);
	} else if (profile->cpu_hz == 0 || profile->cpu_hz > UINT64_C(1000000000000)) {
		diag_error(diag, value->pos, "'cpu_frequency' is %.40s; expected 1Hz to 1000GHz",
			   value->text);
		profile->cpu_hz = 0;
	}
}

static void unknown_parameter(struct diag *diag, enum profile_kind kind,
			      const struct yaml_node *entry)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, entry->key);
	param_offer(&nearest, kind);
	diag_error(diag, entry->key_pos, "unknown parameter '%.40s' in a profile of %s%s",
		   entry->key, param_kind_name(kind), nearest_hint(&nearest, hint, sizeof(hint)));
}

static int read_parameters(struct diag *diag, enum profile_kind kind, const struct yaml_node *map,
			   struct profile *profile)
{
	struct param_ref ref;

	if (map->kind != YAML_MAP) {
		diag_error(diag, map->pos, "'parameters' is %s; expected a mapping",
			   yaml_kind_name(map));
		return -EINVAL;
	}
	for (const struct yaml_node *entry = map->first; entry; entry = entry->next) {
		if (param_find(kind, entry->key, &ref))
			unknown_parameter(diag, kind, entry);
		else if (!profile->params[ref.index].source &&
			 read_parameter(diag, ref, entry, profile->cpu_hz,
					&profile->params[ref.index]) == -ENOMEM)
			return -ENOMEM;
	}
	ref.kind = kind;
	for (ref.index = 0; ref.index < param_count(kind); ref.index++) {
		if (!yaml_get(map, param_name(ref)))
			diag_error(diag, map->pos, "parameter '%s' is missing", param_name(ref));
	}
	return 0;
}

/* A profile's name is its file's: then the name in a report is the one to write in a scenario. */
static int check_head(struct diag *diag, enum profile_kind kind, const char *path,
		      const struct yaml_node *root, const struct profile *profile)
{
	char *base = file_base_name(path, ".yaml");
	const struct yaml_node *name = yaml_get(root, "profile");
	const struct yaml_node *kind_node = yaml_get(root, "kind");

	if (!base)
		return -ENOMEM;
	if (name && *profile->head.name && strcmp(base, profile->head.name))
		diag_error(diag, name->pos, "'profile' is '%s' in a file called '%.40s.yaml'",
			   profile->head.name, base);
	if (kind_node && profile->head.kind != kind)
		diag_error(diag, kind_node->pos, "a profile of %s; expected one of %s",
			   param_kind_name(profile->head.kind), param_kind_name(kind));
	free(base);
	return 0;
}

static int read_profile(struct diag *diag, enum profile_kind kind, const char *path,
			const struct yaml_node *root, struct profile *profile)
{
	const struct yaml_node *cpu = yaml_get(root, "cpu_frequency");
	const struct yaml_node *parameters = yaml_get(root, "parameters");
	int err;

	profile->head.kind = kind;
	if (!read_section(diag, SECTION_PROFILE, root, &profile->head))
		return -EINVAL;
	err = check_head(diag, kind, path, root, profile);
	if (err || profile->head.kind != kind)
		return err ? err : -EINVAL;
	if (cpu)
		read_cpu_frequency(diag, cpu, profile);
	return parameters ? read_parameters(diag, kind, parameters, profile) : 0;
}

static int load_file(struct diag *diag, enum profile_kind kind, const char *path,
		     struct profile *profile)
{
	size_t errors = diag_error_count(diag);
	const struct source *source;
	struct arena arena = { 0 };
	struct yaml_node *root;
	size_t len = 0;
	char *text = NULL;
	int err = file_read(path, YAML_FILE_BYTES_LIMIT, &text, &len);
	int open_err = err == -ENOMEM ? 0 : err;

	if (open_err)
		text = strdup("");
	if (!text)
		return -ENOMEM;
	source = diag_add_source(diag, path, text, len, false);
	if (!source)
		return -ENOMEM;
	if (open_err) {
		diag_error(diag, (struct text_pos){ source, 0, 0 }, "cannot read: %s",
			   strerror(-open_err));
		return -EINVAL;
	}
	err = yaml_parse(&root, &arena, source, diag);
	if (!err)
		err = read_profile(diag, kind, path, root, profile);
	arena_free(&arena);
	if (!err && diag_error_count(diag) != errors)
		err = -EINVAL;
	return err;
}

int profile_load(struct profile_store *store, struct diag *diag, enum profile_kind kind,
		 const char *path, const struct profile **out)
{
	struct profile_entry *entry = store->entries;

	while (entry && strcmp(entry->path, path))
		entry = entry->next;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->path = strdup(path);
		if (!entry->path) {
			free(entry);
			return -ENOMEM;
		}
		entry->next = store->entries;
		store->entries = entry;
		entry->err = load_file(diag, kind, path, &entry->profile);
	}
	*out = &entry->profile;
	return entry->err;
}

void profile_store_free(struct profile_store *store)
{
	while (store->entries) {
		struct profile_entry *entry = store->entries;

		store->entries = entry->next;
		for (int i = 0; i < PARAM_LIMIT; i++)
			free(entry->profile.params[i].source);
		free(entry->path);
		free(entry);
	}
}
