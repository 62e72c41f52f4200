// SPDX-License-Identifier: MIT
#include "sim/scenario/yaml.h"

#include <string.h>

void yaml_append(struct yaml_node *parent, struct yaml_node *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

void yaml_replace(struct yaml_node *parent, struct yaml_node *old, struct yaml_node *replacement)
{
	struct yaml_node **link = &parent->first;

	while (*link != old)
		link = &(*link)->next;
	*link = replacement;
	replacement->next = old->next;
	replacement->key = old->key;
	replacement->key_pos = old->key_pos;
	if (parent->last == old)
		parent->last = replacement;
}

struct yaml_node *yaml_clone(struct arena *arena, const struct yaml_node *node)
{
	struct yaml_node *copy = arena_alloc(arena, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *node;
	copy->next = copy->first = copy->last = NULL;
	copy->count = 0;
	if (node->text)
		copy->text = arena_strndup(arena, node->text, strlen(node->text));
	if (node->key)
		copy->key = arena_strndup(arena, node->key, strlen(node->key));
	if ((node->text && !copy->text) || (node->key && !copy->key))
		return NULL;
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		struct yaml_node *child_copy = yaml_clone(arena, child);

		if (!child_copy)
			return NULL;
		yaml_append(copy, child_copy);
	}
	return copy;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (struct yaml_node *child = map->first; child; child = child->next) {
		if (!strcmp(child->key, key))
			return child;
	}
	return NULL;
}

bool yaml_is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->plain && !*node->text;
}

const char *yaml_kind_name(const struct yaml_node *node)
{
	static const char *const names[] = { "a single value", "a list", "a mapping" };

	return yaml_is_empty(node) ? "nothing" : names[node->kind];
}
