// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/schema.h"
#include "sim/scenario/workload_file.h"

#define PATH_BYTES 160

/* A walk over the figures of a workload. */
struct walk {
	struct diag *diag;
	const struct yaml_node *sources; /* a mapping, or NULL */
	const char *prefix;              /* not NULL: count the figures at and below it */
	size_t found;
};

/* Paths of known keys fit: one that does not belongs to a step that its check refuses. */
__attribute__((format(printf, 2, 3))) static bool path_join(char buf[PATH_BYTES],
							    const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, PATH_BYTES, format, args);
	va_end(args);
	return len > 0 && len < PATH_BYTES;
}

/* Is path at prefix, or below it? */
static bool is_below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(path, prefix, len) && (path[len] == '\0' || path[len] == '.');
}

static bool has_source(const struct walk *walk, const char *path)
{
	const struct yaml_node *source = walk->sources ? walk->sources->first : NULL;

	for (; source; source = source->next) {
		if (is_below(path, source->key))
			return true;
	}
	return false;
}

static void visit(struct walk *walk, const char *path, const struct yaml_node *node)
{
	if (walk->prefix)
		walk->found += is_below(path, walk->prefix);
	else if (!has_source(walk, path))
		diag_error(walk->diag, node->pos,
			   "'%s' has no source; expected '%s' in 'sources', a publication or "
			   "'illustrative'",
			   path, path);
}

static bool is_number(enum schema_section section, const char *key)
{
	const struct schema_row *row = schema_find(section, key);

	return row && (row->type == VALUE_INTEGER || row->type == VALUE_BYTES ||
		       row->type == VALUE_TIME || !strcmp(key, "size"));
}

static void walk_values(struct walk *walk, const char *path, enum schema_section section,
			const struct yaml_node *map)
{
	char below[PATH_BYTES];

	for (const struct yaml_node *value = map->first; value; value = value->next) {
		if (is_number(section, value->key) && path_join(below, "%s.%s", path, value->key))
			visit(walk, below, value);
	}
}

static void walk_steps(struct walk *walk, const char *path, const struct yaml_node *steps);

/* What stands behind a step's word. Wrong ones are for the check of the steps. */
static void walk_step(struct walk *walk, const char *path, const struct yaml_node *step)
{
	const struct step_info *info = step_info_find(step->key);

	if (!info)
		return;
	if (info->form == STEP_FORM_LIST)
		walk_steps(walk, path, step);
	else if (info->form == STEP_FORM_TIME)
		visit(walk, path, step);
	else if (step->kind == YAML_MAP)
		walk_values(walk, path, step_info_section(info), step);
}

static void walk_steps(struct walk *walk, const char *path, const struct yaml_node *steps)
{
	const struct yaml_node *item = steps->kind == YAML_LIST ? steps->first : NULL;
	char below[PATH_BYTES];

	for (size_t i = 0; item; i++, item = item->next) {
		if (item->kind != YAML_MAP || item->count != 1)
			continue;
		if (path_join(below, "%s.%zu.%s", path, i, item->first->key))
			walk_step(walk, below, item->first);
	}
}

/* Is measured, rather than what. */
static bool says_how_long(const char *key)
{
	return !strcmp(key, "repeat") || !strcmp(key, "duration") || !strcmp(key, "timeout");
}

static void walk_figures(struct walk *walk, const struct yaml_node *body)
{
	for (const struct yaml_node *value = body->first; value; value = value->next) {
		if (says_how_long(value->key))
			continue;
		if (!strcmp(value->key, "steps"))
			walk_steps(walk, "steps", value);
		else if (is_number(SECTION_WORKLOAD, value->key) || !strcmp(value->key, "wsim") ||
			 !strcmp(value->key, "wsim_text"))
			visit(walk, value->key, value);
	}
}

static void check_source(struct diag *diag, const struct yaml_node *body,
			 const struct yaml_node *source)
{
	struct walk walk = { .diag = diag, .prefix = source->key };

	if (source->kind != YAML_SCALAR || !*source->text)
		diag_error(diag, source->pos,
			   "source of '%.40s' is %s; expected a publication or 'illustrative'",
			   source->key, yaml_kind_name(source));
	walk_figures(&walk, body);
	if (!walk.found)
		diag_error(diag, source->key_pos,
			   "no figure at '%.60s'; expected a path in the workload, such as "
			   "steps.0.draw.duration, or the beginning of one",
			   source->key);
}

void workload_check_sources(struct diag *diag, const struct yaml_node *body,
			    const struct yaml_node *sources)
{
	struct walk walk = { .diag = diag, .sources = sources };

	if (sources && sources->kind != YAML_MAP) {
		diag_error(diag, sources->pos, "'sources' is %s; expected a mapping",
			   yaml_kind_name(sources));
		return;
	}
	walk_figures(&walk, body);
	for (const struct yaml_node *s = sources ? sources->first : NULL; s; s = s->next)
		check_source(diag, body, s);
}
