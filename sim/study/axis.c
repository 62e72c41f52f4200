// SPDX-License-Identifier: MIT
#include "sim/study/axis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An axis while its values are gathered. */
struct reader {
	struct study_axis *axis;
	size_t room;
	bool any; /* the axis' unit is that of a value */
	char *why;
};

static int add_value(struct reader *r, char *value, enum study_unit unit, uint64_t number)
{
	struct study_axis *axis = r->axis;

	if (!value)
		return -ENOMEM;
	if (axis->count == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		char **values = reallocarray(axis->values, room, sizeof(*values));
		uint64_t *numbers;

		if (values)
			axis->values = values;
		numbers = reallocarray(axis->numbers, room, sizeof(*numbers));
		if (numbers)
			axis->numbers = numbers;
		if (!values || !numbers) {
			free(value);
			return -ENOMEM;
		}
		r->room = room;
	}
	if (r->any && axis->unit != unit)
		axis->unit = STUDY_UNIT_TEXT;
	else
		axis->unit = unit;
	r->any = true;
	axis->values[axis->count] = value;
	axis->numbers[axis->count++] = number;
	if (axis->count <= STUDY_AXIS_VALUE_LIMIT)
		return 0;
	snprintf(r->why, STUDY_WHY_BYTES, "more than %u values", STUDY_AXIS_VALUE_LIMIT);
	return -EINVAL;
}

static int add_range(struct reader *r, const struct study_range *range)
{
	char text[STUDY_NUMBER_TEXT_BYTES];
	int ret = 0;

	if (range->count > STUDY_AXIS_VALUE_LIMIT) {
		snprintf(r->why, STUDY_WHY_BYTES, "more than %u values", STUDY_AXIS_VALUE_LIMIT);
		return -EINVAL;
	}
	for (uint64_t i = 0; i < range->count && ret == 0; i++) {
		uint64_t value = study_range_value(range, i);

		if (i > 0 && value == study_range_value(range, i - 1))
			continue;
		ret = add_value(r, strdup(study_number_format(range->unit, value, text)),
				range->unit, value);
	}
	return ret;
}

/* One item of the list. */
static int add_item(struct reader *r, const char *text, size_t len)
{
	enum study_unit unit = STUDY_UNIT_TEXT;
	struct study_range range;
	uint64_t number = 0;
	char *item;
	int ret;

	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len == 0) {
		snprintf(r->why, STUDY_WHY_BYTES, "a value is missing");
		return -EINVAL;
	}
	item = strndup(text, len);
	if (!item)
		return -ENOMEM;
	ret = study_range_read(&range, item, r->why);
	if (ret != -ENOENT) {
		free(item);
		return ret ? ret : add_range(r, &range);
	}
	ret = study_number_read(item, &unit, &number, r->why);
	if (ret == -EINVAL) {
		free(item);
		return ret;
	}
	return add_value(r, item, ret ? STUDY_UNIT_TEXT : unit, number);
}

/* Length of text up to the next comma that separates. */
static size_t item_length(const char *text)
{
	unsigned depth = 0;
	char quote = '\0';
	size_t i;

	for (i = 0; text[i]; i++) {
		char c = text[i];

		if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '\'' || c == '"') {
			quote = c;
		} else if (c == '[' || c == '{') {
			depth++;
		} else if (c == ']' || c == '}') {
			depth -= depth > 0;
		} else if (c == ',' && depth == 0) {
			break;
		}
	}
	return i;
}

static int read_values(struct reader *r, const char *text)
{
	for (;;) {
		size_t len = item_length(text);
		int ret = add_item(r, text, len);

		if (ret || text[len] == '\0')
			return ret;
		text += len + 1;
	}
}

/* KEY=VALUE for every key and value; names of keys are checked when a scenario is loaded. */
static int make_settings(struct study_axis *axis)
{
	size_t used = 0;

	axis->settings = calloc(axis->count * axis->key_count, sizeof(*axis->settings));
	if (!axis->settings)
		return -ENOMEM;
	for (size_t i = 0; i < axis->count; i++) {
		const char *key = axis->name;

		for (size_t j = 0; j < axis->key_count; j++) {
			size_t len = strcspn(key, ",");

			if (asprintf(&axis->settings[used], "%.*s=%s", (int)len, key,
				     axis->values[i]) < 0) {
				axis->settings[used] = NULL;
				return -ENOMEM;
			}
			used++;
			key += len + 1;
		}
	}
	return 0;
}

static int read_keys(struct study_axis *axis, const char *text, const char *equals, char *why)
{
	const char *key;

	axis->name = strndup(text, (size_t)(equals - text));
	if (!axis->name)
		return -ENOMEM;
	for (key = axis->name;; key += strcspn(key, ",") + 1) {
		size_t len = strcspn(key, ",");

		if (len == 0) {
			snprintf(why, STUDY_WHY_BYTES, "'%.60s': a key is missing", text);
			return -EINVAL;
		}
		axis->key_count++;
		if (key[len] == '\0')
			return 0;
	}
}

int study_axis_read(struct study_axis *axis, const char *text, char *why)
{
	struct reader r = { .axis = axis, .why = why };
	const char *equals = strchr(text, '=');
	int ret;

	*axis = (struct study_axis){ 0 };
	if (!equals || equals == text) {
		snprintf(why, STUDY_WHY_BYTES, "'%.60s': expected KEY=VALUES", text);
		return -EINVAL;
	}
	axis->text = strdup(text);
	if (!axis->text)
		return -ENOMEM;
	ret = read_keys(axis, text, equals, why);
	if (ret == 0)
		ret = read_values(&r, equals + 1);
	if (ret == 0)
		ret = make_settings(axis);
	return ret;
}

void study_axis_free(struct study_axis *axis)
{
	for (size_t i = 0; axis->settings && i < axis->count * axis->key_count; i++)
		free(axis->settings[i]);
	for (size_t i = 0; i < axis->count; i++)
		free(axis->values[i]);
	free(axis->settings);
	free(axis->values);
	free(axis->numbers);
	free(axis->name);
	free(axis->text);
	*axis = (struct study_axis){ 0 };
}
