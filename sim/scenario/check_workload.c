// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/check.h"
#include "sim/scenario/read.h"
#include "sim/scenario/units.h"

static int check_steps(const struct check *check, const struct yaml_node *list, bool inside,
		       struct workload_config *workload, struct step_config **steps, size_t *count);

/* Index of the context called name, new or known. -ENOSPC when there are too many. */
static int context_index(struct workload_config *workload, const char *name)
{
	for (unsigned i = 0; i < workload->context_count; i++) {
		if (!strcmp(workload->contexts[i], name))
			return (int)i;
	}
	if (workload->context_count == CONFIG_CONTEXT_LIMIT)
		return -ENOSPC;
	strcpy(workload->contexts[workload->context_count], name);
	return (int)workload->context_count++;
}

static void check_context(const struct check *check, const struct yaml_node *map,
			  struct workload_config *workload, struct step_config *step)
{
	const struct yaml_node *node = yaml_get(map, "context");
	char name[CONFIG_NAME_BYTES];
	int index;

	if (!node) {
		node = map;
		strcpy(name, schema_find(SECTION_SUBMISSION, "context")->default_text);
	} else if (node->kind != YAML_SCALAR || yaml_is_empty(node)) {
		diag_error(check->diag, node->pos, "'context' is %s; expected a name",
			   yaml_kind_name(node));
		return;
	} else if (!read_name(check->diag, "context", node, name)) {
		return;
	}
	index = context_index(workload, name);
	if (index < 0)
		diag_error(check->diag, node->pos, "more than %d contexts in one VM",
			   CONFIG_CONTEXT_LIMIT);
	else
		step->context = (unsigned)index;
}

static void check_engine(const struct check *check, const struct step_info *info,
			 const struct yaml_node *map, struct step_config *step)
{
	const struct yaml_node *node = yaml_get(map, "engine");
	const char *name;

	if (!node && !info->engine) {
		diag_error(check->diag, map->pos,
			   "key 'engine' is missing in '%s', which any engine can do; expected one "
			   "of RCS0, BCS0, VCS0, VCS1, VECS0",
			   info->name);
		return;
	}
	for (unsigned i = 0; !node && (name = engine_name(i)); i++) {
		if (!strcmp(name, info->engine))
			step->engine = (enum gen9_engine_id)i;
	}
	if (node && !(info->engines >> step->engine & 1))
		diag_error(check->diag, node->pos, "'%s' cannot run on %s; expected %s", info->name,
			   engine_name(step->engine), info->engine);
}

static void check_submission(const struct check *check, const struct step_info *info,
			     const struct yaml_node *map, struct workload_config *workload,
			     struct step_config *step)
{
	/* an engine that could not be read must not complain a second time */
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (info->engines >> i & 1)
			step->engine = (enum gen9_engine_id)i;
	}
	if (!read_submission(check->diag, info, map, step))
		return;
	check_engine(check, info, map, step);
	check_context(check, map, workload, step);
}

static void check_sleep(const struct check *check, const struct yaml_node *node,
			struct step_config *step)
{
	const struct schema_row *row = schema_find(SECTION_SUBMISSION, "duration");
	struct schema_row sleep = *row;

	sleep.key = "sleep";
	sleep.multiple = row->min; /* a guest's clock counts nanoseconds */
	read_value(check->diag, &sleep, node, step);
}

/* The step's word and what stands behind it, wherever that is in the file. */
static int check_step_value(const struct check *check, const struct step_info *info,
			    const struct yaml_node *value, bool inside,
			    struct workload_config *workload, struct step_config *step)
{
	step->kind = info->kind;
	step->line = value->key_pos.line;
	if (inside && info->form != STEP_FORM_SUBMISSION) {
		diag_error(check->diag, value->key_pos,
			   "'%s' inside of 'together'; expected submissions only", info->name);
		return 0;
	}
	switch (info->form) {
	case STEP_FORM_SUBMISSION:
		check_submission(check, info, value, workload, step);
		break;
	case STEP_FORM_LIST:
		return check_steps(check, value, true, workload, &step->steps, &step->step_count);
	case STEP_FORM_ALL:
		if (value->kind != YAML_SCALAR || strcmp(value->text, "all") != 0)
			diag_error(check->diag, value->pos,
				   "'wait' is not 'all'; expected wait: all");
		break;
	case STEP_FORM_TIME:
		check_sleep(check, value, step);
		break;
	}
	return 0;
}

static void unknown_step(const struct check *check, const char *word, struct text_pos pos)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, word);
	for (size_t i = 0; i < STEP_KIND_COUNT; i++)
		nearest_offer(&nearest, step_infos[i].name);
	diag_error(check->diag, pos,
		   "unknown step '%.40s'; expected one of fill, copy, fast_copy, store, draw, "
		   "dispatch, together, wait, sleep%s",
		   word, nearest_hint(&nearest, hint, sizeof(hint)));
}

static int check_step(const struct check *check, const struct yaml_node *node, bool inside,
		      struct workload_config *workload, struct step_config *step)
{
	const struct step_info *info;

	if (node->kind != YAML_MAP) {
		diag_error(check->diag, node->pos,
			   "a step is %s; expected one key and its value, such as wait: all",
			   yaml_kind_name(node));
		return 0;
	}
	if (node->count != 1) {
		diag_error(check->diag, node->count ? node->first->next->key_pos : node->pos,
			   "a step has %zu keys; expected one, such as wait: all", node->count);
		return 0;
	}
	info = step_info_find(node->first->key);
	if (!info) {
		unknown_step(check, node->first->key, node->first->key_pos);
		return 0;
	}
	return check_step_value(check, info, node->first, inside, workload, step);
}

/* inside: of `together`. */
static int check_steps(const struct check *check, const struct yaml_node *list, bool inside,
		       struct workload_config *workload, struct step_config **steps, size_t *count)
{
	const struct yaml_node *item;
	int err = 0;

	if (!read_list(check->diag, inside ? "together" : "steps", list))
		return 0;
	if (list->count > CHECK_STEP_LIMIT) {
		diag_error(check->diag, list->pos, "%zu steps; expected at most %d", list->count,
			   CHECK_STEP_LIMIT);
		return 0;
	}
	*steps = calloc(list->count, sizeof(**steps));
	if (!*steps)
		return -ENOMEM;
	*count = list->count;
	item = list->first;
	for (size_t i = 0; i < *count && !err; i++, item = item->next)
		err = check_step(check, item, inside, workload, &(*steps)[i]);
	return err;
}

int check_workload(const struct check *check, const struct yaml_node *node,
		   struct workload_config *workload)
{
	const struct yaml_node *steps = yaml_get(node, "steps");

	if (!read_section(check->diag, SECTION_WORKLOAD, node, workload) || !steps)
		return 0;
	return check_steps(check, steps, false, workload, &workload->steps, &workload->step_count);
}
