// SPDX-License-Identifier: MIT
/*
 * The effective configuration is itself a scenario: JSON is YAML, every key is a schema key, and
 * every parameter of the profiles is in platform.set. Loading it gives the same configuration.
 */
#include <assert.h>
#include <string.h>

#include "sim/scenario/params.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/units.h"
#include "sim/scenario/wsim.h"

static uint64_t load_integer(const struct schema_row *row, const void *base)
{
	const char *field = (const char *)base + row->offset;
	uint32_t narrow;
	uint64_t value;

	if (row->size == sizeof(narrow)) {
		memcpy(&narrow, field, sizeof(narrow));
		return narrow;
	}
	assert(row->size == sizeof(value));
	memcpy(&value, field, sizeof(value));
	return value;
}

static json_t *quantity_json(uint64_t value, enum quantity quantity)
{
	char text[UNITS_TEXT_BYTES];

	return json_string(units_format(value, quantity, text));
}

static json_t *mode_json(const struct display_mode *mode)
{
	char text[MODE_TEXT_BYTES];

	return json_string(mode_format(mode, text));
}

static json_t *levels_json(uint64_t levels)
{
	json_t *list = json_array();
	const char *name;

	for (unsigned bit = 0; list && (name = schema_level_name(bit)); bit++) {
		if ((levels >> bit & 1) && json_array_append_new(list, json_string(name))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *flags_json(const void *base)
{
	json_t *list = json_array();
	const struct misbehaviour *flag;

	for (unsigned i = 0; list && (flag = schema_misbehaviour(i)); i++) {
		bool set = *(const bool *)((const char *)base + flag->offset);

		if (set && json_array_append_new(list, json_string(flag->name))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *value_json(const struct schema_row *row, const void *base)
{
	switch (row->type) {
	case VALUE_NAME:
	case VALUE_TEXT:
		return json_string((const char *)base + row->offset);
	case VALUE_INTEGER:
		return json_integer((json_int_t)load_integer(row, base));
	case VALUE_BYTES:
		return quantity_json(load_integer(row, base), QUANTITY_BYTES);
	case VALUE_TIME:
		return quantity_json(load_integer(row, base), QUANTITY_TIME);
	case VALUE_FREQUENCY:
		return quantity_json(load_integer(row, base), QUANTITY_FREQUENCY);
	case VALUE_BOOL:
		return json_boolean(*(const bool *)((const char *)base + row->offset));
	case VALUE_CHOICE:
		return json_string(row->choice((unsigned)load_integer(row, base)));
	case VALUE_MODE:
		return mode_json((const void *)((const char *)base + row->offset));
	case VALUE_LEVELS:
		return levels_json(load_integer(row, base));
	case VALUE_FLAGS:
		return flags_json(base);
	case VALUE_OTHER:
		break;
	}
	assert(0 && "a row that code of its own must show");
	return NULL;
}

/* All keys of section that have a value of their own. info: of a step, else NULL. */
static json_t *section_json(enum schema_section section, const struct step_info *info,
			    const void *base)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < schema_row_count; i++) {
		const struct schema_row *row = &schema_rows[i];

		if (row->section != section || (!row->size && row->type != VALUE_FLAGS) ||
		    (info && !step_info_takes(info, row->key)))
			continue;
		if (json_object_set_new(object, row->key, value_json(row, base))) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

static json_t *steps_json(const struct workload_config *workload, const struct step_config *steps,
			  size_t count);

static int set_string(json_t *object, const char *key, const char *value)
{
	return object ? json_object_set_new(object, key, json_string(value)) : -1;
}

static json_t *submission_json(const struct workload_config *workload,
			       const struct step_config *step)
{
	json_t *value = section_json(SECTION_SUBMISSION, &step_infos[step->kind], step);

	if (set_string(value, "context", workload->contexts[step->context]) ||
	    (step->object != CONFIG_NO_OBJECT &&
	     set_string(value, "object", workload->objects[step->object].name))) {
		json_decref(value);
		return NULL;
	}
	return value;
}

static json_t *bind_json(const struct workload_config *workload, const struct step_config *step)
{
	const struct object_config *object = &workload->objects[step->object];
	json_t *value = section_json(SECTION_BIND, &step_infos[step->kind], object);

	if (step->kind == STEP_BIND && object->space == BIND_SPACE_PPGTT &&
	    set_string(value, "context", workload->contexts[object->context])) {
		json_decref(value);
		return NULL;
	}
	return value;
}

static json_t *step_value_json(const struct workload_config *workload,
			       const struct step_config *step)
{
	switch (step_infos[step->kind].form) {
	case STEP_FORM_LIST:
		return steps_json(workload, step->steps, step->step_count);
	case STEP_FORM_ALL:
		return json_string(step_infos[step->kind].engine);
	case STEP_FORM_TIME:
		return quantity_json(step->duration_ps, QUANTITY_TIME);
	case STEP_FORM_BIND:
	case STEP_FORM_UNBIND:
		return bind_json(workload, step);
	case STEP_FORM_SCREEN:
		return section_json(SECTION_SCREEN, &step_infos[step->kind], step);
	case STEP_FORM_SUBMISSION:
		break;
	}
	return submission_json(workload, step);
}

static json_t *steps_json(const struct workload_config *workload, const struct step_config *steps,
			  size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		json_t *step = json_pack("{s:o?}", step_infos[steps[i].kind].name,
					 step_value_json(workload, &steps[i]));

		if (!step || json_array_append_new(list, step)) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* The descriptor of gem_wsim goes in as it is. */
static json_t *workload_json(const struct workload_config *workload)
{
	json_t *work = section_json(SECTION_WORKLOAD, NULL, workload);
	int err;

	if (!work)
		return NULL;
	if (workload->wsim) {
		json_object_del(work, "period");
		json_object_del(work, "depth");
		err = set_string(work, "wsim_text", workload->wsim->text);
	} else {
		json_object_del(work, "clients");
		err = json_object_set_new(
			work, "steps", steps_json(workload, workload->steps, workload->step_count));
	}
	if (!err)
		return work;
	json_decref(work);
	return NULL;
}

static json_t *vm_json(const struct vm_config *vm)
{
	const struct workload_config *workload = &vm->workload;
	json_t *object = section_json(SECTION_VM, NULL, vm);
	json_t *work;

	if (object && vm->display.on &&
	    json_object_set_new(object, "display",
				section_json(SECTION_DISPLAY, NULL, &vm->display))) {
		json_decref(object);
		return NULL;
	}
	if (!object || (workload->step_count == 0 && !workload->wsim))
		return object;
	work = workload_json(workload);
	if (json_object_set_new(object, "workload", work)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *param_json(struct param_ref ref, uint64_t value)
{
	char text[UNITS_TEXT_BYTES];

	switch (param_unit(ref)) {
	case COST_UNIT_PS:
	case COST_UNIT_HZ:
		break;
	case COST_UNIT_COUNT:
		return json_integer((json_int_t)value);
	case COST_UNIT_BOOL:
		return json_boolean(value);
	}
	return json_string(param_format(ref, value, text));
}

/* Parameters under their full names, "costs.exit.transition": names of both kinds may be equal. */
static int add_params(json_t *set, enum profile_kind kind, const uint64_t *values)
{
	struct param_ref ref = { kind, 0 };
	char key[128];

	for (; ref.index < param_count(kind); ref.index++) {
		snprintf(key, sizeof(key), "%s.%s", param_kind_name(kind), param_name(ref));
		if (json_object_set_new(set, key, param_json(ref, values[ref.index])))
			return -1;
	}
	return 0;
}

static json_t *platform_json(const struct sim_config *config)
{
	const struct host_config *host = &config->host;
	json_t *set = json_object();

	if (!set || add_params(set, PROFILE_HARDWARE, config->hardware.value) ||
	    add_params(set, PROFILE_COSTS, config->costs.value)) {
		json_decref(set);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "hardware", config->hardware_name, "costs", config->costs_name, "oos_pool",
			 (json_int_t)config->oos_pool_pages, "vblank",
			 schema_find(SECTION_PLATFORM, "vblank")->choice(config->vblank), "cpus",
			 (json_int_t)host->cpus, "cpu_slice",
			 quantity_json(host->cpu_slice_ps, QUANTITY_TIME), "sched_tick",
			 quantity_json(host->sched_tick_ps, QUANTITY_TIME), "sched_period",
			 quantity_json(host->sched_period_ps, QUANTITY_TIME), "sched_boost",
			 quantity_json(host->sched_boost_ps, QUANTITY_TIME), "hang_period",
			 quantity_json(config->hang.period_ps, QUANTITY_TIME), "hang_engine_dead",
			 quantity_json(config->hang.engine_dead_ps, QUANTITY_TIME),
			 "hang_request_dead",
			 quantity_json(config->hang.request_dead_ps, QUANTITY_TIME), "set", set);
}

static json_t *vms_json(const struct sim_config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < config->vm_count; i++) {
		if (json_array_append_new(list, vm_json(&config->vms[i]))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *scenario_config_json(const struct sim_config *config)
{
	json_t *platform = platform_json(config);
	json_t *vms = vms_json(config);

	if (!platform || !vms) {
		json_decref(platform);
		json_decref(vms);
		return NULL;
	}
	return json_pack("{s:I, s:o, s:o}", "seed", (json_int_t)config->seed, "platform", platform,
			 "vms", vms);
}
