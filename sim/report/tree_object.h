/* SPDX-License-Identifier: MIT */
/*
 * Objects of the report's tree under construction. Internal to tree*.c.
 */
#ifndef PVMMIO_SIM_REPORT_TREE_OBJECT_H
#define PVMMIO_SIM_REPORT_TREE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "sim/report/result.h"

/*
 * An object under construction. Keys keep the order in which they are put. The first failure drops
 * the object; later calls then do nothing, so that it is checked once, at the end.
 */
struct object {
	json_t *json;
};

static inline struct object object_begin(void)
{
	return (struct object){ json_object() };
}

static inline void put(struct object *obj, const char *key, json_t *value)
{
	if (obj->json && json_object_set_new(obj->json, key, value) == 0)
		return;
	if (!obj->json)
		json_decref(value);
	json_decref(obj->json);
	obj->json = NULL;
}

static inline void put_uint(struct object *obj, const char *key, uint64_t value)
{
	put(obj, key, json_integer((json_int_t)value));
}

static inline void put_bool(struct object *obj, const char *key, bool value)
{
	put(obj, key, json_boolean(value));
}

static inline void put_string(struct object *obj, const char *key, const char *value)
{
	put(obj, key, json_string(value));
}

/* ---- tree_frames.c ---- */

/* How often something was repeated within duration_ps, and how long each took. */
json_t *tree_frames(const struct frame_times *frames, uint64_t duration_ps);

/* The clients of a workload descriptor, by number; empty without one. */
json_t *tree_clients(const struct vm_result *vm);

#endif
