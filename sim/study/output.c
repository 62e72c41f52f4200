// SPDX-License-Identifier: MIT
#include "sim/study/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "sim/study/sweep_impl.h"
#include "sim/study/text_file.h"

static int differs(char *why, size_t line)
{
	snprintf(why, STUDY_WHY_BYTES,
		 "line %zu is not what this sweep would have written: it is of another scenario, "
		 "grid or version",
		 line);
	return -EINVAL;
}

/* Does the file begin with the head, line by line? *offset goes behind it. */
static int check_head(const struct study_sweep *sweep, const struct text_file *file, size_t *offset,
		      char *why)
{
	char *head = NULL;
	size_t head_len, line_number = 0;
	FILE *out = open_memstream(&head, &head_len);
	int ret = 0;

	if (!out)
		return -ENOMEM;
	study_sheet_write_head(&sweep->sheet, sweep->head, out);
	if (fclose(out)) {
		free(head);
		return -ENOMEM;
	}
	for (size_t at = 0; at < head_len && ret == 0;) {
		size_t len = strcspn(head + at, "\n");
		const char *line;
		size_t line_len;

		line_number++;
		if (!text_file_line(file, offset, &line, &line_len)) {
			/* Killed while it wrote the head: nothing is lost. */
			bool part = *offset + len >= file->len &&
				    !memcmp(file->text + *offset, head + at, file->len - *offset);

			ret = part ? -ENODATA : differs(why, line_number);
		} else if (line_len != len || memcmp(line, head + at, len) != 0) {
			ret = differs(why, line_number);
		}
		at += len + 1;
	}
	free(head);
	return ret;
}

/* Does one of the rows of point come next? 0, -ENODATA: there is no whole line, -EINVAL. */
static int check_row(const struct study_sweep *sweep, const struct text_file *file, size_t *offset,
		     uint64_t point, size_t variant)
{
	const char *line;
	size_t len;
	char *prefix;
	bool right;

	if (!text_file_line(file, offset, &line, &len))
		return -ENODATA;
	prefix = study_row_prefix(sweep, point, sweep->variants[variant]);
	if (!prefix)
		return -ENOMEM;
	right = text_begins(line, len, prefix);
	free(prefix);
	return right ? 0 : -EINVAL;
}

/* Count the whole points of the file: *first, and *end where they end. */
static int count_points(const struct study_sweep *sweep, const struct text_file *file,
			uint64_t *first, size_t *end, char *why)
{
	size_t offset = 0;
	size_t line = sweep->sheet.format == STUDY_FORMAT_CSV ? 2 : 1;
	int ret = check_head(sweep, file, &offset, why);

	*first = 0;
	*end = 0;
	if (ret)
		return ret == -ENODATA ? 0 : ret;
	*end = offset;
	for (; *first < study_sweep_size(sweep); ++*first) {
		uint64_t point = study_shard_point(&sweep->shard, *first);

		for (size_t i = 0; i < sweep->variant_count; i++) {
			line++;
			ret = check_row(sweep, file, &offset, point, i);
			if (ret)
				return ret == -ENODATA  ? 0
				       : ret == -EINVAL ? differs(why, line)
							: ret;
		}
		*end = offset;
	}
	return offset == file->len ? 0 : differs(why, line + 1);
}

static int resume(struct study_output *output, const struct study_sweep *sweep, int fd, char *why)
{
	struct text_file file;
	size_t end = 0;
	int ret = text_file_map(&file, fd);

	if (ret)
		return ret;
	if (file.len > 0)
		ret = count_points(sweep, &file, &output->first, &end, why);
	text_file_close(&file);
	if (ret)
		return ret;
	/* A head without a point is written anew with the first. */
	if (output->first == 0)
		end = 0;
	if (ftruncate(fd, (off_t)end) || lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	return 0;
}

static int take(struct study_output *output, const struct study_sweep *sweep, int fd,
		enum study_output_mode mode, char *why)
{
	off_t size;

	if (flock(fd, LOCK_EX | LOCK_NB)) {
		snprintf(why, STUDY_WHY_BYTES, "another sweep is writing it");
		return -EINVAL;
	}
	size = lseek(fd, 0, SEEK_END);
	output->was_empty = size <= 0;
	if (mode == STUDY_OUTPUT_RESUME && size > 0)
		return resume(output, sweep, fd, why);
	if (mode == STUDY_OUTPUT_NEW && size > 0) {
		snprintf(why, STUDY_WHY_BYTES,
			 "it exists; --resume goes on with it, --force overwrites it");
		return -EINVAL;
	}
	/* Devices and pipes have no length to cut. */
	return size > 0 && ftruncate(fd, 0) ? -errno : 0;
}

int study_output_open(struct study_output *output, const struct study_sweep *sweep,
		      const char *path, enum study_output_mode mode, char *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	int ret;

	*output = (struct study_output){ 0 };
	if (fd < 0)
		return -errno;
	ret = take(output, sweep, fd, mode, why);
	if (ret == 0) {
		output->file = fdopen(fd, "a");
		ret = output->file ? 0 : -errno;
	}
	if (ret)
		close(fd);
	return ret;
}

int study_output_close(struct study_output *output)
{
	int failed = output->file ? ferror(output->file) : 0;
	int ret = output->file && fclose(output->file) ? -errno : 0;

	output->file = NULL;
	return ret ? ret : failed ? -EIO : 0;
}
