// SPDX-License-Identifier: MIT
/* Which parameters are not known well, and how badly. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/nearest.h"
#include "sim/study/sensitivity.h"

static uint64_t value_of(const struct sim_config *config, struct param_ref ref)
{
	return ref.kind == PROFILE_COSTS ? config->costs.value[ref.index]
					 : config->hardware.value[ref.index];
}

static struct config_range range_of(const struct sim_config *config, struct param_ref ref)
{
	return ref.kind == PROFILE_COSTS ? config->cost_ranges[ref.index]
					 : config->hardware_ranges[ref.index];
}

static int wrong_range(const char *text, const char *why, FILE *errors)
{
	fprintf(errors, "--range %s: %s\n", text, why);
	return -EINVAL;
}

static int unknown_parameter(const char *text, const char *name, FILE *errors)
{
	char hint[NEAREST_HINT_BYTES], why[STUDY_WHY_BYTES];
	struct nearest nearest;

	nearest_begin(&nearest, name);
	param_offer(&nearest, PROFILE_COSTS);
	param_offer(&nearest, PROFILE_HARDWARE);
	snprintf(why, sizeof(why), "no parameter of a profile is called '%.60s'%s", name,
		 nearest_hint(&nearest, hint, sizeof(hint)));
	return wrong_range(text, why, errors);
}

static enum study_unit unit_of(struct param_ref ref)
{
	switch (param_unit(ref)) {
	case COST_UNIT_PS:
		return STUDY_UNIT_PS;
	case COST_UNIT_HZ:
		return STUDY_UNIT_HZ;
	default:
		return STUDY_UNIT_COUNT;
	}
}

/* "PARAMETER=LOW..HIGH" into *factor, whose value is config's. 0 or -EINVAL after a message. */
static int read_range(const char *text, const struct sim_config *config,
		      struct study_factor *factor, FILE *errors)
{
	size_t len = strcspn(text, "=");
	enum study_unit units[2];
	char name[128], low[64], why[STUDY_WHY_BYTES];
	const char *dots = strstr(text, "..");

	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	if (text[len] != '=' || !dots || (size_t)(dots - text) < len ||
	    (size_t)(dots - text) - len > sizeof(low))
		return wrong_range(text, "expected PARAMETER=LOW..HIGH", errors);
	if (param_resolve(name, &factor->param) == -EEXIST)
		return wrong_range(text,
				   "both profiles have it; expected costs.NAME or hardware.NAME",
				   errors);
	if (param_resolve(name, &factor->param))
		return unknown_parameter(text, name, errors);
	snprintf(low, sizeof(low), "%.*s", (int)(dots - text - (ptrdiff_t)len - 1), text + len + 1);
	snprintf(why, sizeof(why), "expected two values of its unit");
	if (study_number_read(low, &units[0], &factor->low, why) ||
	    study_number_read(dots + 2, &units[1], &factor->high, why))
		return wrong_range(text, why, errors);
	if (units[0] != unit_of(factor->param) || units[1] != units[0])
		return wrong_range(text, "expected two values of its unit", errors);
	factor->value = value_of(config, factor->param);
	if (factor->low < factor->high && factor->low <= factor->value &&
	    factor->value <= factor->high)
		return 0;
	return wrong_range(text, "expected a range, lower end first, that holds the value", errors);
}

/* Is a range given for it on the command line? */
static bool is_given(const struct study_sensitivity *study, size_t given, struct param_ref ref)
{
	for (size_t i = 0; i < given; i++) {
		if (study->factors[i].param.kind == ref.kind &&
		    study->factors[i].param.index == ref.index)
			return true;
	}
	return false;
}

static void add_profile(struct study_sensitivity *study, size_t given,
			const struct sim_config *config, enum profile_kind kind)
{
	struct param_ref ref = { kind, 0 };

	for (; ref.index < param_count(kind); ref.index++) {
		struct config_range range = range_of(config, ref);

		if (range.low == range.high || is_given(study, given, ref))
			continue;
		study->factors[study->factor_count++] = (struct study_factor){
			.param = ref,
			.value = value_of(config, ref),
			.low = range.low,
			.high = range.high,
		};
	}
}

int study_factors_find(struct study_sensitivity *study, const struct sim_config *config,
		       FILE *errors)
{
	size_t limit = (size_t)HW_PARAM_COUNT + COST_PARAM_COUNT + study->range_count;
	int ret = 0;

	study->factors = calloc(limit, sizeof(*study->factors));
	if (!study->factors)
		return -ENOMEM;
	for (size_t i = 0; i < study->range_count && ret == 0; i++) {
		struct study_factor *factor = &study->factors[study->factor_count];

		ret = read_range(study->ranges[i], config, factor, errors);
		if (ret == 0 && is_given(study, study->factor_count, factor->param))
			ret = wrong_range(study->ranges[i], "given twice", errors);
		study->factor_count += ret == 0;
	}
	if (ret)
		return ret;
	add_profile(study, study->range_count, config, PROFILE_COSTS);
	add_profile(study, study->range_count, config, PROFILE_HARDWARE);
	if (study->factor_count > 0)
		return 0;
	fprintf(errors, "no parameter has a range: profile %s has none, or all are set\n",
		config->costs_name);
	return -EINVAL;
}
