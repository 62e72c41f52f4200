// SPDX-License-Identifier: MIT
#include "sim/scenario/params.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/scenario/units.h"

static const char *const kind_names[PROFILE_KIND_COUNT] = {
	[PROFILE_HARDWARE] = "hardware",
	[PROFILE_COSTS] = "costs",
};

const char *param_kind_name(enum profile_kind kind)
{
	return kind_names[kind];
}

unsigned param_count(enum profile_kind kind)
{
	return kind == PROFILE_COSTS ? (unsigned)COST_PARAM_COUNT : (unsigned)HW_PARAM_COUNT;
}

const char *param_name(struct param_ref ref)
{
	return ref.kind == PROFILE_COSTS ? cost_params[ref.index].name : hw_params[ref.index].name;
}

const char *param_doc(struct param_ref ref)
{
	return ref.kind == PROFILE_COSTS ? cost_params[ref.index].doc : hw_params[ref.index].doc;
}

enum cost_unit param_unit(struct param_ref ref)
{
	return ref.kind == PROFILE_COSTS ? cost_params[ref.index].unit : hw_params[ref.index].unit;
}

int param_find(enum profile_kind kind, const char *name, struct param_ref *out)
{
	struct param_ref ref = { kind, 0 };

	for (; ref.index < param_count(kind); ref.index++) {
		if (!strcmp(param_name(ref), name)) {
			*out = ref;
			return 0;
		}
	}
	return -ENOENT;
}

int param_resolve(const char *key, struct param_ref *out)
{
	struct param_ref found;
	int matches = 0;

	for (unsigned kind = 0; kind < PROFILE_KIND_COUNT; kind++) {
		size_t len = strlen(kind_names[kind]);

		if (!strncmp(key, kind_names[kind], len) && key[len] == '.')
			return param_find(kind, key + len + 1, out);
		if (!param_find(kind, key, &found)) {
			*out = found;
			matches++;
		}
	}
	if (matches == 0)
		return -ENOENT;
	return matches == 1 ? 0 : -EEXIST;
}

void param_offer(struct nearest *nearest, enum profile_kind kind)
{
	struct param_ref ref = { kind, 0 };

	for (; ref.index < param_count(kind); ref.index++)
		nearest_offer(nearest, param_name(ref));
}

static int read_time(struct diag *diag, const char *name, const struct yaml_node *node,
		     uint64_t cpu_hz, uint64_t *out)
{
	char why[UNITS_WHY_BYTES];
	uint64_t value;

	if (units_parse_cycles(node->text, cpu_hz, &value, why)) {
		diag_error(diag, node->pos, "'%s': %s", name, why);
		return -EINVAL;
	}
	if (value > PARAM_TIME_MAX_PS) {
		diag_error(diag, node->pos, "'%s' is %.40s; expected at most 1s", name, node->text);
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static int read_frequency(struct diag *diag, const char *name, const struct yaml_node *node,
			  uint64_t *out)
{
	char why[UNITS_WHY_BYTES];
	uint64_t value;

	if (units_parse(node->text, QUANTITY_FREQUENCY, &value, why)) {
		diag_error(diag, node->pos, "'%s': %s", name, why);
		return -EINVAL;
	}
	if (value == 0 || value > PARAM_FREQUENCY_MAX_HZ) {
		diag_error(diag, node->pos, "'%s' is %.40s; expected 1Hz to 1000GHz", name,
			   node->text);
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static int read_count(struct diag *diag, const char *name, const struct yaml_node *node,
		      uint64_t *out)
{
	uint64_t value;

	if (!node->plain || units_parse_integer(node->text, &value) || value > PARAM_COUNT_MAX) {
		diag_error(diag, node->pos,
			   "'%s' is '%.40s'; expected a whole number from 0 to %" PRIu64, name,
			   node->text, PARAM_COUNT_MAX);
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static int read_bool(struct diag *diag, const char *name, const struct yaml_node *node,
		     uint64_t *out)
{
	*out = !strcmp(node->text, "true");
	if (node->plain && (*out || !strcmp(node->text, "false")))
		return 0;
	diag_error(diag, node->pos, "'%s' is '%.40s'; expected true or false", name, node->text);
	return -EINVAL;
}

int param_read(struct diag *diag, struct param_ref ref, const struct yaml_node *node,
	       uint64_t cpu_hz, uint64_t *out)
{
	const char *name = param_name(ref);

	if (node->kind != YAML_SCALAR || yaml_is_empty(node)) {
		diag_error(diag, node->pos, "'%s' is %s; expected a single value", name,
			   yaml_kind_name(node));
		return -EINVAL;
	}
	switch (param_unit(ref)) {
	case COST_UNIT_PS:
		return read_time(diag, name, node, cpu_hz, out);
	case COST_UNIT_COUNT:
		return read_count(diag, name, node, out);
	case COST_UNIT_HZ:
		return read_frequency(diag, name, node, out);
	case COST_UNIT_BOOL:
		break;
	}
	return read_bool(diag, name, node, out);
}

const char *param_format(struct param_ref ref, uint64_t value, char *buf)
{
	switch (param_unit(ref)) {
	case COST_UNIT_PS:
		return units_format(value, QUANTITY_TIME, buf);
	case COST_UNIT_COUNT:
		snprintf(buf, UNITS_TEXT_BYTES, "%" PRIu64, value);
		return buf;
	case COST_UNIT_HZ:
		return units_format(value, QUANTITY_FREQUENCY, buf);
	case COST_UNIT_BOOL:
		break;
	}
	snprintf(buf, UNITS_TEXT_BYTES, "%s", value ? "true" : "false");
	return buf;
}
