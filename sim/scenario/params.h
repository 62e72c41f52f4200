/* SPDX-License-Identifier: MIT */
/*
 * The parameters of both kinds of profile under one roof: the tables themselves belong to
 * sim/machine (costs) and hw-model (hardware).
 */
#ifndef PVMMIO_SIM_SCENARIO_PARAMS_H
#define PVMMIO_SIM_SCENARIO_PARAMS_H

#include "sim/scenario/diag.h"
#include "sim/scenario/nearest.h"
#include "sim/scenario/yaml.h"

#include "hw-model/gen9_gpu.h"
#include "sim/machine/cost.h"

enum profile_kind {
	PROFILE_HARDWARE,
	PROFILE_COSTS,
	PROFILE_KIND_COUNT,
};

#define PARAM_LIMIT                                                                                \
	((int)COST_PARAM_COUNT > (int)HW_PARAM_COUNT ? (int)COST_PARAM_COUNT : (int)HW_PARAM_COUNT)
#define PARAM_TIME_MAX_PS      UINT64_C(1000000000000) /* 1 s: nothing that is priced takes longer */
#define PARAM_COUNT_MAX        UINT64_C(0xffffffff)
#define PARAM_FREQUENCY_MAX_HZ UINT64_C(1000000000000)

struct param_ref {
	enum profile_kind kind;
	unsigned index;
};

const char *param_kind_name(enum profile_kind kind); /* "hardware", "costs" */
unsigned param_count(enum profile_kind kind);
const char *param_name(struct param_ref ref);
const char *param_doc(struct param_ref ref);
enum cost_unit param_unit(struct param_ref ref);

/* The parameter of kind called name: 0 or -ENOENT. */
int param_find(enum profile_kind kind, const char *name, struct param_ref *out);

/*
 * The parameter that a key of platform.set names: NAME, or costs.NAME or hardware.NAME. 0;
 * -ENOENT; -EEXIST when both kinds have one of that name and the key does not say which.
 */
int param_resolve(const char *key, struct param_ref *out);

/* Offer all parameters of kind. */
void param_offer(struct nearest *nearest, enum profile_kind kind);

/*
 * Read a value: a time, a number or a truth value, as the parameter's unit asks. cpu_hz is the
 * clock that cycles count, 0 when none is known. 0, or -EINVAL with a message in diag.
 */
int param_read(struct diag *diag, struct param_ref ref, const struct yaml_node *node,
	       uint64_t cpu_hz, uint64_t *out);

/* The value as a scenario would write it. buf of UNITS_TEXT_BYTES; returns it. */
const char *param_format(struct param_ref ref, uint64_t value, char *buf);

#endif
