// SPDX-License-Identifier: MIT
#include "sim/study/merge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sim/study/grid.h"
#include "sim/study/sweep.h"
#include "sim/study/text_file.h"

/* One file of a sweep. */
struct part {
	const char *path;
	struct text_file file;
	json_t *head;
	struct study_shard shard;
	bool csv;
	size_t rows; /* offset of the first */
};

struct study_merge {
	struct part *parts; /* by shard, once they are checked */
	size_t part_count;
	uint64_t points;
	size_t variant_count;
	FILE *errors;
};

static const char *text_of(const struct part *part, const char *key)
{
	const char *text = json_string_value(json_object_get(part->head, key));

	return text ? text : "";
}

static int refuse(const struct study_merge *merge, const struct part *part, const char *why)
{
	fprintf(merge->errors, "%s: %s\n", part->path, why);
	return -EINVAL;
}

/* ---- one file ---- */

static int read_head(const struct study_merge *merge, struct part *part)
{
	char why[STUDY_WHY_BYTES];
	const char *line;
	size_t len;

	if (!text_file_line(&part->file, &part->rows, &line, &len))
		return refuse(merge, part, "no sweep's output, or not a line of it yet");
	part->csv = text_begins(line, len, "# ");
	if (part->csv) {
		line += 2;
		len -= 2;
	}
	part->head = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (strcmp(text_of(part, "schema"), STUDY_SWEEP_SCHEMA) != 0)
		return refuse(merge, part,
			      "no output of `sweep', or of a version too far from this");
	if (study_shard_read(&part->shard, text_of(part, "shard"), why) ||
	    !json_is_integer(json_object_get(part->head, "points")) ||
	    json_integer_value(json_object_get(part->head, "points")) < 1 ||
	    json_array_size(json_object_get(part->head, "variants")) == 0)
		return refuse(merge, part, "its first line is damaged");
	if (part->csv && !text_file_line(&part->file, &part->rows, &line, &len))
		return refuse(merge, part, "the line with the columns' names is missing");
	return 0;
}

static int open_part(const struct study_merge *merge, struct part *part, const char *path)
{
	int ret;

	part->path = path;
	ret = text_file_open(&part->file, path);
	if (ret == -ENOMEM)
		return ret;
	return ret ? refuse(merge, part, strerror(-ret)) : read_head(merge, part);
}

/* Which point and variant a row is of. */
static bool row_is_of(const struct part *part, const char *line, size_t len, uint64_t point,
		      const char *variant)
{
	char prefix[128];

	snprintf(prefix, sizeof(prefix),
		 part->csv ? "%" PRIu64 ",%s," : "{\"point\":%" PRIu64 ",\"variant\":\"%s\",",
		 point, variant);
	return text_begins(line, len, prefix);
}

static int count_rows(const struct study_merge *merge, const struct part *part)
{
	const json_t *variants = json_object_get(part->head, "variants");
	uint64_t size = study_shard_size(&part->shard, merge->points);
	char why[STUDY_WHY_BYTES];
	size_t offset = part->rows;
	const char *line;
	size_t len;

	for (uint64_t i = 0; i < size; i++) {
		uint64_t point = study_shard_point(&part->shard, i);

		for (size_t j = 0; j < merge->variant_count; j++) {
			const char *variant = json_string_value(json_array_get(variants, j));

			if (!text_file_line(&part->file, &offset, &line, &len)) {
				snprintf(why, sizeof(why),
					 "%" PRIu64 " of %" PRIu64
					 " points; go on with `sweep --resume'",
					 i, size);
				return refuse(merge, part, why);
			}
			if (variant && row_is_of(part, line, len, point, variant))
				continue;
			snprintf(why, sizeof(why), "no row of point %" PRIu64 " where it belongs",
				 point);
			return refuse(merge, part, why);
		}
	}
	return offset == part->file.len ? 0 : refuse(merge, part, "more rows than points");
}

/* ---- all of them ---- */

static bool same_columns(const struct part *a, const struct part *b)
{
	size_t at_a = 0, at_b = 0, len_a = 0, len_b = 0;
	const char *line_a = "", *line_b = "";

	if (a->csv != b->csv || !a->csv)
		return a->csv == b->csv;
	for (int i = 0; i < 2; i++) {
		text_file_line(&a->file, &at_a, &line_a, &len_a);
		text_file_line(&b->file, &at_b, &line_b, &len_b);
	}
	return len_a == len_b && memcmp(line_a, line_b, len_a) == 0;
}

/* Are both of one sweep? If not, say what tells them apart. */
static int check_alike(const struct study_merge *merge, const struct part *first,
		       const struct part *part)
{
	static const char *const keys[] = { "version", "scenario", "points", "variants",
					    "vary",    "set",      "digest" };
	char why[STUDY_WHY_BYTES];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (json_equal(json_object_get(part->head, keys[i]),
			       json_object_get(first->head, keys[i])))
			continue;
		snprintf(why, sizeof(why), "of another sweep than %.200s: its '%s' differs",
			 first->path, keys[i]);
		return refuse(merge, part, why);
	}
	if (part->shard.count != first->shard.count) {
		snprintf(why, sizeof(why), "part of %" PRIu64 ", while %.200s is part of %" PRIu64,
			 part->shard.count, first->path, first->shard.count);
		return refuse(merge, part, why);
	}
	if (same_columns(first, part))
		return 0;
	snprintf(why, sizeof(why), "its form or columns are not those of %.200s", first->path);
	return refuse(merge, part, why);
}

static int by_shard(const void *a, const void *b)
{
	const struct part *left = a, *right = b;

	return (left->shard.index > right->shard.index) - (left->shard.index < right->shard.index);
}

/* Each shard once. */
static int check_whole(struct study_merge *merge)
{
	uint64_t wanted = merge->parts[0].shard.count;
	int ret = 0;
	uint64_t next = 1;

	qsort(merge->parts, merge->part_count, sizeof(*merge->parts), by_shard);
	for (size_t i = 0; i < merge->part_count; i++) {
		const struct part *part = &merge->parts[i];

		if (part->shard.index < next) {
			ret = refuse(merge, part, "its shard is given twice");
			continue;
		}
		for (; next < part->shard.index; next++)
			fprintf(merge->errors, "shard %" PRIu64 "/%" PRIu64 " is missing\n", next,
				wanted);
		next = part->shard.index + 1;
	}
	for (; next <= wanted; next++)
		fprintf(merge->errors, "shard %" PRIu64 "/%" PRIu64 " is missing\n", next, wanted);
	return merge->part_count == wanted ? ret : -EINVAL;
}

static int check(struct study_merge *merge)
{
	const struct part *first = &merge->parts[0];
	int ret = 0;

	merge->points = (uint64_t)json_integer_value(json_object_get(first->head, "points"));
	merge->variant_count = json_array_size(json_object_get(first->head, "variants"));
	for (size_t i = 1; i < merge->part_count; i++) {
		if (check_alike(merge, first, &merge->parts[i]))
			ret = -EINVAL;
	}
	if (ret == 0)
		ret = check_whole(merge);
	for (size_t i = 0; i < merge->part_count && ret != -ENOMEM; i++) {
		if (ret == 0 || merge->parts[i].shard.count == first->shard.count)
			ret = count_rows(merge, &merge->parts[i]) ? -EINVAL : ret;
	}
	return ret;
}

int study_merge_open(struct study_merge **out, const char *const *paths, size_t count, FILE *errors)
{
	struct study_merge *merge = calloc(1, sizeof(*merge));
	int ret = 0;

	*out = NULL;
	if (!merge)
		return -ENOMEM;
	merge->errors = errors;
	merge->parts = calloc(count, sizeof(*merge->parts));
	if (!merge->parts)
		ret = -ENOMEM;
	/* Show what is wrong with all of them. */
	for (size_t i = 0; i < count && ret != -ENOMEM; i++) {
		int one = open_part(merge, &merge->parts[merge->part_count++], paths[i]);

		ret = one ? one : ret;
	}
	if (ret == 0)
		ret = check(merge);
	if (ret)
		study_merge_close(merge);
	else
		*out = merge;
	return ret;
}

void study_merge_close(struct study_merge *merge)
{
	if (!merge)
		return;
	for (size_t i = 0; i < merge->part_count; i++) {
		json_decref(merge->parts[i].head);
		text_file_close(&merge->parts[i].file);
	}
	free(merge->parts);
	free(merge);
}

/* ---- writing ---- */

/* Does the row's last cell, `error`, say something? */
static bool has_error(const struct part *part, const char *line, size_t len)
{
	static const char none[] = "\"error\":null}";
	size_t none_len = sizeof(none) - 1;

	if (part->csv)
		return len > 0 && line[len - 1] != ',';
	return len < none_len || memcmp(line + len - none_len, none, none_len) != 0;
}

static void write_head(const struct study_merge *merge, size_t *offset, FILE *out)
{
	const struct part *first = &merge->parts[0];
	json_t *head = json_copy(first->head);
	char *text = NULL;
	const char *line;
	size_t len;

	if (head && json_object_set_new(head, "shard", json_string("1/1")) == 0)
		text = json_dumps(head, JSON_COMPACT);
	json_decref(head);
	fprintf(out, "%s%s\n", first->csv ? "# " : "", text ? text : "");
	free(text);
	text_file_line(&first->file, offset, &line, &len);
	if (first->csv && text_file_line(&first->file, offset, &line, &len))
		fprintf(out, "%.*s\n", (int)len, line);
}

int study_merge_write(const struct study_merge *merge, FILE *out, uint64_t *error_rows)
{
	size_t *offsets = calloc(merge->part_count, sizeof(*offsets));
	size_t skipped = 0;

	*error_rows = 0;
	if (!offsets)
		return -ENOMEM;
	for (size_t i = 0; i < merge->part_count; i++)
		offsets[i] = merge->parts[i].rows;
	write_head(merge, &skipped, out);
	/* Shard i has the points i, i + N, i + 2 N ...: one of each in turn. */
	for (uint64_t point = 0; point < merge->points; point++) {
		size_t i = (size_t)(point % merge->part_count);
		const struct part *part = &merge->parts[i];

		for (size_t j = 0; j < merge->variant_count; j++) {
			const char *line;
			size_t len;

			if (!text_file_line(&part->file, &offsets[i], &line, &len))
				break;
			*error_rows += has_error(part, line, len);
			fwrite(line, 1, len + 1, out);
		}
	}
	free(offsets);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
