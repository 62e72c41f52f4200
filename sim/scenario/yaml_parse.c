// SPDX-License-Identifier: MIT
#include "sim/scenario/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

#include "sim/scenario/yaml_text.h"

struct anchor {
	const char *name;
	const struct yaml_node *node;
};

struct builder {
	struct fy_parser *fyp;
	struct fy_diag *fyd;
	struct arena *arena;
	struct diag *diag;
	const struct source *source;
	struct anchor anchors[YAML_ANCHOR_LIMIT];
	size_t anchor_count;
	size_t node_count;
};

static struct text_pos token_pos(const struct builder *b, struct fy_token *token,
				 struct text_pos fallback)
{
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

	if (!mark || mark->line < 0 || mark->column < 0)
		return fallback;
	return (struct text_pos){ b->source, (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
}

/* The mark of a quoted text or an alias is behind its first character. */
static struct text_pos before(struct text_pos pos)
{
	if (pos.column > 1)
		pos.column--;
	return pos;
}

static const char *token_text(struct builder *b, struct fy_token *token)
{
	size_t len = 0;
	const char *text = token ? fy_token_get_text(token, &len) : "";

	return text ? arena_strndup(b->arena, text, len) : NULL;
}

/* One more node; refuses texts that grow out of hand. */
static int count_nodes(struct builder *b, size_t more, struct text_pos pos)
{
	b->node_count += more;
	if (b->node_count <= YAML_NODE_LIMIT)
		return 0;
	diag_error(b->diag, pos, "more than %u values; no scenario is that large", YAML_NODE_LIMIT);
	return -EINVAL;
}

static size_t tree_size(const struct yaml_node *node)
{
	size_t size = 1;

	for (const struct yaml_node *child = node->first; child; child = child->next)
		size += tree_size(child);
	return size;
}

static struct yaml_node *node_create(struct builder *b, enum yaml_kind kind, struct text_pos pos)
{
	struct yaml_node *node = arena_alloc(b->arena, sizeof(*node));

	if (!node)
		return NULL;
	node->kind = kind;
	node->pos = pos;
	return node;
}

/* ---- places ---- */

/* Places behind the last line become the place behind the last character. */
static struct text_pos clamp_pos(struct text_pos pos)
{
	const struct source *source = pos.source;
	size_t end = source->len;
	struct text_pos last;

	while (end > 0 && strchr(" \t\r\n", source->text[end - 1]))
		end--;
	last = yaml_offset_pos(source, end);
	return pos.line > last.line ? last : pos;
}

/* libfyaml reports what it could not parse through its diagnostics object. */
static void take_parser_errors(struct builder *b, struct text_pos last)
{
	struct fy_diag_error *error;
	void *iterator = NULL;
	bool any = false;

	while ((error = fy_diag_errors_iterate(b->fyd, &iterator))) {
		struct text_pos pos = last;

		if (error->line > 0 && error->column > 0) {
			pos.line = (unsigned)error->line;
			pos.column = (unsigned)error->column;
		}
		diag_error(b->diag, clamp_pos(pos), "not YAML: %s",
			   error->msg ? error->msg : "syntax error");
		any = true;
	}
	if (!any)
		diag_error(b->diag, last, "not YAML: syntax error after this");
}

/* The next event; NULL after an error, which was noted. */
static struct fy_event *next_event(struct builder *b, struct text_pos last)
{
	struct fy_event *event = fy_parser_parse(b->fyp);

	if (!event)
		take_parser_errors(b, last);
	return event;
}

static int build_node(struct builder *b, struct fy_event *event, struct text_pos fallback,
		      unsigned depth, struct yaml_node **out);

static int remember_anchor(struct builder *b, struct fy_token *token, const struct yaml_node *node)
{
	struct anchor *anchor;

	if (!token)
		return 0;
	if (b->anchor_count == YAML_ANCHOR_LIMIT) {
		diag_error(b->diag, node->pos, "more than %u anchors", YAML_ANCHOR_LIMIT);
		return -EINVAL;
	}
	anchor = &b->anchors[b->anchor_count++];
	anchor->name = token_text(b, token);
	anchor->node = node;
	return anchor->name ? 0 : -ENOMEM;
}

static int build_alias(struct builder *b, struct fy_event *event, struct text_pos fallback,
		       struct yaml_node **out)
{
	struct text_pos pos = before(token_pos(b, event->alias.anchor, fallback));
	const char *name = token_text(b, event->alias.anchor);
	const struct yaml_node *target = NULL;
	int err;

	if (!name)
		return -ENOMEM;
	for (size_t i = b->anchor_count; i > 0 && !target; i--) {
		if (!strcmp(b->anchors[i - 1].name, name))
			target = b->anchors[i - 1].node;
	}
	if (!target) {
		diag_error(b->diag, pos, "alias '*%.40s' has no anchor '&%.40s' before it", name,
			   name);
		return -EINVAL;
	}
	err = count_nodes(b, tree_size(target), pos);
	if (err)
		return err;
	*out = yaml_clone(b->arena, target);
	return *out ? 0 : -ENOMEM;
}

static int build_scalar(struct builder *b, struct fy_event *event, struct text_pos fallback,
			struct yaml_node **out)
{
	struct fy_token *value = event->scalar.value;
	enum fy_scalar_style style = value ? fy_token_scalar_style(value) : FYSS_PLAIN;
	struct text_pos pos = token_pos(b, value, fallback);
	struct yaml_node *node;
	size_t len = 0;
	const char *text = value ? fy_token_get_text(value, &len) : "";

	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		pos = before(pos);
	node = node_create(b, YAML_SCALAR, pos);
	if (!node)
		return -ENOMEM;
	node->plain = style == FYSS_PLAIN;
	if (!text)
		text = "";
	if (memchr(text, '\0', len)) {
		diag_error(b->diag, pos, "a value contains a NUL character");
		return -EINVAL;
	}
	node->text = arena_strndup(b->arena, text, len);
	*out = node;
	if (!node->text)
		return -ENOMEM;
	return remember_anchor(b, event->scalar.anchor, node);
}

static int build_list(struct builder *b, struct fy_event *event, struct text_pos fallback,
		      unsigned depth, struct yaml_node **out)
{
	struct text_pos pos = token_pos(b, event->sequence_start.sequence_start, fallback);
	struct yaml_node *node = node_create(b, YAML_LIST, pos);
	struct text_pos last = pos;

	if (!node)
		return -ENOMEM;
	for (;;) {
		struct fy_event *item = next_event(b, last);
		struct yaml_node *child = NULL;
		int err;

		if (!item)
			return -EINVAL;
		if (item->type == FYET_SEQUENCE_END) {
			fy_parser_event_free(b->fyp, item);
			break;
		}
		err = build_node(b, item, last, depth + 1, &child);
		fy_parser_event_free(b->fyp, item);
		if (err)
			return err;
		yaml_append(node, child);
		last = child->pos;
	}
	*out = node;
	return remember_anchor(b, event->sequence_start.anchor, node);
}

/* A key must be a scalar; text and place go to *key. */
static int read_key(struct builder *b, struct fy_event *event, struct text_pos fallback,
		    struct yaml_node *key)
{
	struct yaml_node *scalar = NULL;
	int err;

	if (event->type != FYET_SCALAR) {
		diag_error(b->diag, token_pos(b, fy_event_get_token(event), fallback),
			   "a key must be a plain name");
		return -EINVAL;
	}
	err = build_scalar(b, event, fallback, &scalar);
	if (!err)
		*key = *scalar;
	return err;
}

static void check_duplicate(struct builder *b, const struct yaml_node *map,
			    const struct yaml_node *key)
{
	const struct yaml_node *first = yaml_get(map, key->text);

	if (!strcmp(key->text, "<<"))
		diag_error(b->diag, key->pos, "merge keys ('<<') are not supported");
	else if (first)
		diag_error(b->diag, key->pos, "key '%.40s' is given twice; first in line %u",
			   key->text, first->key_pos.line);
}

/* KEY: VALUE into map. The key's event is the caller's. */
static int build_entry(struct builder *b, struct fy_event *key_event, struct text_pos fallback,
		       unsigned depth, struct yaml_node *map)
{
	struct yaml_node key = { 0 };
	struct yaml_node *child = NULL;
	struct fy_event *value;
	int err = read_key(b, key_event, fallback, &key);

	if (err)
		return err;
	if (map->count == YAML_KEY_LIMIT) {
		diag_error(b->diag, key.pos, "more than %u keys in one mapping", YAML_KEY_LIMIT);
		return -EINVAL;
	}
	value = next_event(b, key.pos);
	if (!value)
		return -EINVAL;
	err = build_node(b, value, key.pos, depth + 1, &child);
	fy_parser_event_free(b->fyp, value);
	if (err)
		return err;
	check_duplicate(b, map, &key);
	child->key = key.text;
	child->key_pos = key.pos;
	yaml_append(map, child);
	return 0;
}

static int build_map(struct builder *b, struct fy_event *event, struct text_pos fallback,
		     unsigned depth, struct yaml_node **out)
{
	struct text_pos pos = token_pos(b, event->mapping_start.mapping_start, fallback);
	struct yaml_node *node = node_create(b, YAML_MAP, pos);

	if (!node)
		return -ENOMEM;
	for (;;) {
		struct text_pos last = node->last ? node->last->pos : pos;
		struct fy_event *key = next_event(b, last);
		bool end;
		int err = 0;

		if (!key)
			return -EINVAL;
		end = key->type == FYET_MAPPING_END;
		if (!end)
			err = build_entry(b, key, last, depth, node);
		fy_parser_event_free(b->fyp, key);
		if (err)
			return err;
		if (end)
			break;
	}
	*out = node;
	return remember_anchor(b, event->mapping_start.anchor, node);
}

static struct fy_token *event_tag(const struct fy_event *event)
{
	switch (event->type) {
	case FYET_SCALAR:
		return event->scalar.tag;
	case FYET_SEQUENCE_START:
		return event->sequence_start.tag;
	case FYET_MAPPING_START:
		return event->mapping_start.tag;
	default:
		return NULL;
	}
}

/* The tree that starts with event, which stays the caller's. */
static int build_node(struct builder *b, struct fy_event *event, struct text_pos fallback,
		      unsigned depth, struct yaml_node **out)
{
	struct fy_token *tag = event_tag(event);
	int err = count_nodes(b, 1, fallback);

	if (err)
		return err;
	if (tag)
		diag_error(b->diag, token_pos(b, tag, fallback), "tags ('!...') are not supported");
	if (depth > YAML_DEPTH_LIMIT) {
		diag_error(b->diag, token_pos(b, fy_event_get_token(event), fallback),
			   "nested deeper than %u levels", YAML_DEPTH_LIMIT);
		return -EINVAL;
	}
	switch (event->type) {
	case FYET_ALIAS:
		return build_alias(b, event, fallback, out);
	case FYET_SCALAR:
		return build_scalar(b, event, fallback, out);
	case FYET_SEQUENCE_START:
		return build_list(b, event, fallback, depth, out);
	case FYET_MAPPING_START:
		return build_map(b, event, fallback, depth, out);
	default:
		diag_error(b->diag, fallback, "not YAML: a value was expected after this");
		return -EINVAL;
	}
}

/* The whole stream: exactly one document. */
static int build_stream(struct builder *b, struct yaml_node **out)
{
	struct text_pos pos = { b->source, 1, 1 };
	bool done = false;
	int err = 0;

	while (!done && !err) {
		struct fy_event *event = next_event(b, pos);

		if (!event)
			return -EINVAL;
		switch (event->type) {
		case FYET_STREAM_END:
			done = true;
			break;
		case FYET_STREAM_START:
		case FYET_DOCUMENT_END:
			break;
		case FYET_DOCUMENT_START:
			if (*out) {
				diag_error(b->diag,
					   token_pos(b, fy_event_get_token(event), (*out)->pos),
					   "a second document; expected one");
				err = -EINVAL;
			}
			break;
		default:
			err = build_node(b, event, pos, 1, out);
		}
		fy_parser_event_free(b->fyp, event);
	}
	if (!err && !*out) {
		diag_error(b->diag, pos, "there is nothing in it");
		err = -EINVAL;
	}
	return err;
}

/* ---- the parser ---- */

static int create_parser(struct builder *b)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG };
	struct fy_diag_cfg diag_cfg;

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL; /* nothing goes to standard error */
	diag_cfg.level = FYET_ERROR;
	diag_cfg.colorize = false;
	b->fyd = fy_diag_create(&diag_cfg);
	if (!b->fyd)
		return -ENOMEM;
	fy_diag_set_collect_errors(b->fyd, true);
	cfg.diag = b->fyd;
	b->fyp = fy_parser_create(&cfg);
	if (!b->fyp || fy_parser_set_string(b->fyp, b->source->text, b->source->len))
		return -ENOMEM;
	return 0;
}

/* What was collected refers to the parser's input, and is not freed with either of them. */
static void destroy_parser(struct builder *b)
{
	if (b->fyd)
		fy_diag_reset_error(b->fyd);
	if (b->fyp)
		fy_parser_destroy(b->fyp);
	if (b->fyd)
		fy_diag_unref(b->fyd);
}

int yaml_parse(struct yaml_node **out, struct arena *arena, const struct source *source,
	       struct diag *diag)
{
	struct builder *b;
	int err = yaml_check_text(source, diag);

	*out = NULL;
	if (err)
		return err;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	*b = (struct builder){ .arena = arena, .diag = diag, .source = source };
	err = create_parser(b);
	if (!err)
		err = build_stream(b, out);
	destroy_parser(b);
	free(b);
	return err;
}
