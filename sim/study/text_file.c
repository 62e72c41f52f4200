// SPDX-License-Identifier: MIT
#include "sim/study/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int text_file_map(struct text_file *file, int fd)
{
	struct stat st;
	void *text;

	*file = (struct text_file){ 0 };
	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (st.st_size == 0)
		return 0;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	*file = (struct text_file){ text, (size_t)st.st_size };
	return 0;
}

int text_file_open(struct text_file *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	*file = (struct text_file){ 0 };
	if (fd < 0)
		return -errno;
	ret = text_file_map(file, fd);
	close(fd);
	return ret;
}

void text_file_close(struct text_file *file)
{
	if (file->text)
		munmap((void *)file->text, file->len);
	*file = (struct text_file){ 0 };
}

bool text_file_line(const struct text_file *file, size_t *offset, const char **line, size_t *len)
{
	const char *end;

	if (*offset >= file->len)
		return false;
	end = memchr(file->text + *offset, '\n', file->len - *offset);
	if (!end)
		return false;
	*line = file->text + *offset;
	*len = (size_t)(end - *line);
	*offset += *len + 1;
	return true;
}

bool text_begins(const char *line, size_t len, const char *prefix)
{
	size_t prefix_len = strlen(prefix);

	return len >= prefix_len && memcmp(line, prefix, prefix_len) == 0;
}
