// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/check_steps.h"
#include "sim/scenario/read.h"
#include "sim/scenario/units.h"

#define NAMES_BYTES 192 /* of all kinds of steps */

static int check_steps(struct step_reader *r, const struct yaml_node *list, bool inside,
		       struct step_config **steps, size_t *count);

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

bool check_context(struct step_reader *r, const struct yaml_node *map, unsigned *out)
{
	const struct yaml_node *node = yaml_get(map, "context");
	char name[CONFIG_NAME_BYTES];
	int index;

	if (!node) {
		node = map;
		strcpy(name, schema_find(SECTION_SUBMISSION, "context")->default_text);
	} else if (node->kind != YAML_SCALAR || yaml_is_empty(node)) {
		diag_error(r->diag, node->pos, "'context' is %s; expected a name",
			   yaml_kind_name(node));
		return false;
	} else if (!read_name(r->diag, "context", node, name)) {
		return false;
	}
	index = context_index(r->workload, name);
	if (index < 0) {
		diag_error(r->diag, node->pos, "more than %d contexts in one VM",
			   CONFIG_CONTEXT_LIMIT);
		return false;
	}
	*out = (unsigned)index;
	return true;
}

static void check_engine(struct step_reader *r, const struct step_info *info,
			 const struct yaml_node *map, struct step_config *step)
{
	const struct yaml_node *node = yaml_get(map, "engine");
	const char *name;

	if (!node && !info->engine) {
		diag_error(r->diag, map->pos,
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
		diag_error(r->diag, node->pos, "'%s' cannot run on %s; expected %s", info->name,
			   engine_name(step->engine), info->engine);
}

static void check_submission(struct step_reader *r, const struct step_info *info,
			     const struct yaml_node *map, struct step_config *step)
{
	/* an engine that could not be read must not complain a second time */
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		if (info->engines >> i & 1)
			step->engine = (enum gen9_engine_id)i;
	}
	if (!read_step(r->diag, info, map, step))
		return;
	check_engine(r, info, map, step);
	if (check_context(r, map, &step->context))
		check_target(r, map, step);
}

static void check_time(struct step_reader *r, const struct step_info *info,
		       const struct yaml_node *node, struct step_config *step)
{
	const struct schema_row *row = schema_find(SECTION_SUBMISSION, "duration");
	struct schema_row time = *row;

	time.key = info->name;
	time.multiple = row->min; /* a guest's clock counts nanoseconds */
	read_value(r->diag, &time, node, step);
}

static void check_screen(struct step_reader *r, const struct step_info *info,
			 const struct yaml_node *map, struct step_config *step)
{
	if (!r->has_display)
		diag_error(r->diag, map->key_pos,
			   "'%s' in a VM without a display; expected the VM to have the key "
			   "'display'",
			   info->name);
	read_step(r->diag, info, map, step);
}

/* The one word that can stand behind the step. */
static void check_word(struct step_reader *r, const struct step_info *info,
		       const struct yaml_node *value)
{
	if (value->kind != YAML_SCALAR || strcmp(value->text, info->engine) != 0)
		diag_error(r->diag, value->pos, "'%s' is not '%s'; expected %s: %s", info->name,
			   info->engine, info->name, info->engine);
	if (info->kind != STEP_REBOOT)
		return;
	if (r->is_native)
		diag_error(r->diag, value->key_pos,
			   "'reboot' in a native VM; expected mode: gvt, where the VMM resets the "
			   "vGPU");
	memset(r->bound, 0, sizeof(r->bound));
}

/* The step's word and what stands behind it, wherever that is in the file. */
static int check_step_value(struct step_reader *r, const struct step_info *info,
			    const struct yaml_node *value, bool inside, struct step_config *step)
{
	step->kind = info->kind;
	step->object = CONFIG_NO_OBJECT;
	step->line = value->key_pos.line;
	if (inside && info->form != STEP_FORM_SUBMISSION) {
		diag_error(r->diag, value->key_pos,
			   "'%s' inside of 'together'; expected submissions only", info->name);
		return 0;
	}
	switch (info->form) {
	case STEP_FORM_SUBMISSION:
		check_submission(r, info, value, step);
		break;
	case STEP_FORM_LIST:
		return check_steps(r, value, true, &step->steps, &step->step_count);
	case STEP_FORM_ALL:
		check_word(r, info, value);
		break;
	case STEP_FORM_TIME:
		check_time(r, info, value, step);
		break;
	case STEP_FORM_BIND:
		check_bind(r, value, step);
		break;
	case STEP_FORM_UNBIND:
		check_unbind(r, value, step);
		break;
	case STEP_FORM_SCREEN:
		check_screen(r, info, value, step);
		break;
	}
	return 0;
}

static void unknown_step(struct step_reader *r, const char *word, struct text_pos pos)
{
	char hint[NEAREST_HINT_BYTES], names[NAMES_BYTES];
	struct nearest nearest;
	size_t used = 0;

	nearest_begin(&nearest, word);
	for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
		nearest_offer(&nearest, step_infos[i].name);
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 step_infos[i].name);
	}
	diag_error(r->diag, pos, "unknown step '%.40s'; expected one of %s%s", word, names,
		   nearest_hint(&nearest, hint, sizeof(hint)));
}

static int check_step(struct step_reader *r, const struct yaml_node *node, bool inside,
		      struct step_config *step)
{
	const struct step_info *info;

	if (node->kind != YAML_MAP) {
		diag_error(r->diag, node->pos,
			   "a step is %s; expected one key and its value, such as wait: all",
			   yaml_kind_name(node));
		return 0;
	}
	if (node->count != 1) {
		diag_error(r->diag, node->count ? node->first->next->key_pos : node->pos,
			   "a step has %zu keys; expected one, such as wait: all", node->count);
		return 0;
	}
	info = step_info_find(node->first->key);
	if (!info) {
		unknown_step(r, node->first->key, node->first->key_pos);
		return 0;
	}
	return check_step_value(r, info, node->first, inside, step);
}

/* inside: of `together`. */
static int check_steps(struct step_reader *r, const struct yaml_node *list, bool inside,
		       struct step_config **steps, size_t *count)
{
	const struct yaml_node *item;
	int err = 0;

	if (!read_list(r->diag, inside ? "together" : "steps", list))
		return 0;
	if (list->count > CHECK_STEP_LIMIT) {
		diag_error(r->diag, list->pos, "%zu steps; expected at most %d", list->count,
			   CHECK_STEP_LIMIT);
		return 0;
	}
	*steps = calloc(list->count, sizeof(**steps));
	if (!*steps)
		return -ENOMEM;
	*count = list->count;
	item = list->first;
	for (size_t i = 0; i < *count && !err; i++, item = item->next)
		err = check_step(r, item, inside, &(*steps)[i]);
	return err;
}

/* A key that this kind of workload has no use for. */
static void refuse_key(const struct check *check, const struct yaml_node *node, const char *key,
		       const char *wanted)
{
	const struct yaml_node *given = yaml_get(node, key);

	if (given)
		diag_error(check->diag, given->pos, "'%s' of a workload with '%s'; expected %s",
			   key, yaml_get(node, "steps") ? "steps" : "wsim", wanted);
}

int check_workload(const struct check *check, const struct yaml_node *node, struct vm_config *vm)
{
	struct workload_config *workload = &vm->workload;
	struct step_reader reader = {
		.diag = check->diag,
		.workload = workload,
		.has_display = vm->display.on,
		.is_native = vm->mode == VM_MODE_NATIVE,
	};
	const struct yaml_node *steps = yaml_get(node, "steps");
	unsigned kinds = !!steps + !!yaml_get(node, "wsim") + !!yaml_get(node, "wsim_text");
	int err;

	if (!read_section(check->diag, SECTION_WORKLOAD, node, workload))
		return 0;
	if (yaml_get(node, "use"))
		return 0; /* a file that could not be read: noted already */
	if (kinds != 1) {
		diag_error(check->diag, node->pos,
			   "%s of 'steps', 'wsim' and 'wsim_text' in a workload; expected one",
			   kinds ? "more than one" : "none");
		return 0;
	}
	if (!steps) {
		refuse_key(check, node, "period", "the step 'p' in the descriptor");
		refuse_key(check, node, "depth", "the step 'q' in the descriptor");
		return check_wsim(check, node, &workload->wsim);
	}
	refuse_key(check, node, "clients", "'wsim'");
	err = check_steps(&reader, steps, false, &workload->steps, &workload->step_count);
	check_bound(&reader);
	return err;
}
