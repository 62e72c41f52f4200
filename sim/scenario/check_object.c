// SPDX-License-Identifier: MIT
/*
 * Named objects: every `bind` makes a name, which is bound until its `unbind`.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/scenario/check_steps.h"
#include "sim/scenario/read.h"

#define PAGE_BYTES      UINT64_C(4096)
#define DWORDS_PER_PAGE (PAGE_BYTES / 4)
#define ALL_PAGES_LIMIT (UINT64_C(1) << 20) /* of all objects of one name: 4 GiB */

static const struct object_config *object_of(const struct step_reader *r,
					     const struct step_config *step)
{
	return &r->workload->objects[step->object];
}

/* The index of name, or CONFIG_NO_OBJECT. */
static uint32_t find_object(const struct step_reader *r, const char *name)
{
	for (uint32_t i = 0; i < r->workload->object_count; i++) {
		if (!strcmp(r->workload->objects[i].name, name))
			return i;
	}
	return CONFIG_NO_OBJECT;
}

/* ---- bind ---- */

/* `size`, if it is given, in place of `pages`. */
static void check_size(const struct step_reader *r, const struct yaml_node *map,
		       struct object_config *object)
{
	static const struct schema_row row = { SECTION_BIND,
					       "size",
					       VALUE_BYTES,
					       .min = PAGE_BYTES,
					       .max = ALL_PAGES_LIMIT * PAGE_BYTES,
					       .multiple = PAGE_BYTES,
					       .size = sizeof(uint64_t) };
	const struct yaml_node *size = yaml_get(map, "size");
	uint64_t bytes;

	if (!size)
		return;
	if (yaml_get(map, "pages"))
		diag_error(r->diag, size->key_pos, "both 'size' and 'pages'; expected one of them");
	else if (read_value(r->diag, &row, size, &bytes))
		object->pages = (uint32_t)(bytes / PAGE_BYTES);
}

static void check_values(const struct step_reader *r, const struct yaml_node *map,
			 const struct object_config *object)
{
	const struct yaml_node *align = yaml_get(map, "align");
	const struct yaml_node *count = yaml_get(map, "count");
	uint64_t pages = (uint64_t)object->pages * object->count;

	if (align && (object->align_bytes & (object->align_bytes - 1)))
		diag_error(r->diag, align->pos, "'align' is %.40s; expected a power of two",
			   align->text);
	if (pages > ALL_PAGES_LIMIT)
		diag_error(r->diag, count ? count->pos : map->pos,
			   "'%s' has %" PRIu64 " pages in all; expected at most %" PRIu64,
			   object->name, pages, ALL_PAGES_LIMIT);
}

static void check_space(struct step_reader *r, const struct yaml_node *map,
			struct object_config *object)
{
	const struct yaml_node *context = yaml_get(map, "context");

	if (object->space == BIND_SPACE_PPGTT)
		check_context(r, map, &object->context);
	else if (context)
		diag_error(r->diag, context->key_pos,
			   "'context' with 'space: ggtt'; expected one of them");
}

void check_bind(struct step_reader *r, const struct yaml_node *map, struct step_config *step)
{
	const struct yaml_node *name = yaml_get(map, "object");
	struct workload_config *workload = r->workload;
	struct object_config object = { .name = "" };

	if (!read_step(r->diag, &step_infos[STEP_BIND], map, &object))
		return;
	check_size(r, map, &object);
	check_values(r, map, &object);
	check_space(r, map, &object);
	if (!*object.name)
		return; /* noted already */
	if (find_object(r, object.name) != CONFIG_NO_OBJECT) {
		diag_error(r->diag, name->pos,
			   "two steps bind '%s'; expected a name of its own for each", object.name);
		return;
	}
	if (workload->object_count == CONFIG_OBJECT_LIMIT) {
		diag_error(r->diag, name->pos, "more than %d objects in one VM",
			   CONFIG_OBJECT_LIMIT);
		return;
	}
	step->object = workload->object_count++;
	workload->objects[step->object] = object;
	r->bound[step->object] = true;
	r->bind_pos[step->object] = name->pos;
}

/* ---- use ---- */

static void unknown_object(const struct step_reader *r, const struct yaml_node *node)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, node->text);
	for (unsigned i = 0; i < r->workload->object_count; i++)
		nearest_offer(&nearest, r->workload->objects[i].name);
	diag_error(r->diag, node->pos, "no step before binds '%.40s'%s", node->text,
		   nearest_hint(&nearest, hint, sizeof(hint)));
}

/* The object that node names goes to step. false after an error. */
static bool use_object(struct step_reader *r, const struct yaml_node *node,
		       struct step_config *step)
{
	uint32_t index = find_object(r, node->text);

	if (index == CONFIG_NO_OBJECT) {
		unknown_object(r, node);
		return false;
	}
	if (!r->bound[index]) {
		diag_error(r->diag, node->pos, "'%.40s' is not bound here any more", node->text);
		return false;
	}
	step->object = index;
	return true;
}

void check_unbind(struct step_reader *r, const struct yaml_node *map, struct step_config *step)
{
	struct object_config object = { .name = "" };

	if (!read_step(r->diag, &step_infos[STEP_UNBIND], map, &object) || !*object.name)
		return;
	if (use_object(r, yaml_get(map, "object"), step))
		r->bound[step->object] = false;
}

void check_target(struct step_reader *r, const struct yaml_node *map, struct step_config *step)
{
	const struct yaml_node *node = yaml_get(map, "object");
	const struct object_config *object;
	uint64_t dwords;

	if (!node || !step_info_takes(&step_infos[step->kind], "object"))
		return;
	if (node->kind != YAML_SCALAR || yaml_is_empty(node)) {
		diag_error(r->diag, node->pos, "'object' is %s; expected a name",
			   yaml_kind_name(node));
		return;
	}
	if (!use_object(r, node, step))
		return;
	object = object_of(r, step);
	dwords = DWORDS_PER_PAGE * object->pages * object->count;
	if (object->read_only)
		diag_error(r->diag, node->pos, "'%s' is read-only", object->name);
	if (object->space == BIND_SPACE_PPGTT && object->context != step->context)
		diag_error(r->diag, node->pos,
			   "'%s' is bound in context '%s'; expected the submission's to be the "
			   "same",
			   object->name, r->workload->contexts[object->context]);
	if (step->count > dwords)
		diag_error(r->diag, node->pos, "'%s' has only %" PRIu64 " dwords", object->name,
			   dwords);
}

void check_bound(struct step_reader *r)
{
	for (unsigned i = 0; i < r->workload->object_count && r->workload->repeat > 1; i++) {
		if (r->bound[i])
			diag_error(r->diag, r->bind_pos[i],
				   "'%s' is still bound when the steps begin anew; expected an "
				   "unbind, or repeat: 1",
				   r->workload->objects[i].name);
	}
}
