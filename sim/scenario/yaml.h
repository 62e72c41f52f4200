/* SPDX-License-Identifier: MIT */
/*
 * YAML documents as small trees whose every node knows where it was written.
 *
 * libfyaml scans and parses; this module turns its events into nodes, resolves anchors by copying,
 * and refuses what a scenario has no use for: tags, several documents, keys that are not plain
 * names, duplicate keys, and sizes that only an attack has.
 */
#ifndef PVMMIO_SIM_SCENARIO_YAML_H
#define PVMMIO_SIM_SCENARIO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario/arena.h"
#include "sim/scenario/diag.h"

#define YAML_FILE_BYTES_LIMIT (1u << 20)
#define YAML_DEPTH_LIMIT      32u
#define YAML_NODE_LIMIT       20000u /* after copying what aliases name */
#define YAML_KEY_LIMIT        512u   /* of one mapping */
#define YAML_ANCHOR_LIMIT     64u

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool plain; /* scalar without quotes */
	struct text_pos pos;
	const char *text;        /* scalar; "" also for nothing at all, then plain is set */
	const char *key;         /* in a mapping: this entry's key, else NULL */
	struct text_pos key_pos; /* and where it is */
	struct yaml_node *next;  /* in the same list or mapping */
	struct yaml_node *first; /* children, in the order of the text */
	struct yaml_node *last;
	size_t count;
};

/*
 * Parse source into *out, a tree in arena. 0; -EINVAL, with messages in diag; -ENOMEM.
 */
int yaml_parse(struct yaml_node **out, struct arena *arena, const struct source *source,
	       struct diag *diag);

/* Deep copy into arena, key included. NULL when out of memory. */
struct yaml_node *yaml_clone(struct arena *arena, const struct yaml_node *node);

/* Put child at the end of a list or mapping. */
void yaml_append(struct yaml_node *parent, struct yaml_node *child);

/* Put replacement where old is among parent's children; takes over old's key. */
void yaml_replace(struct yaml_node *parent, struct yaml_node *old, struct yaml_node *replacement);

/* The value of key in a mapping; NULL when there is none or map is no mapping. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* Was nothing written, as in "key:"? */
bool yaml_is_empty(const struct yaml_node *node);

/* "a list", for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
