// SPDX-License-Identifier: MIT
#include "sim/scenario/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int read_stream(FILE *in, size_t limit, char **out, size_t *len)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room + 1);

	while (text) {
		char *grown;

		size += fread(text + size, 1, room - size, in);
		if (size < room || size > limit)
			break;
		room = room * 2 > limit + 1 ? limit + 1 : room * 2;
		grown = realloc(text, room + 1);
		if (!grown)
			free(text);
		text = grown;
	}
	if (!text)
		return -ENOMEM;
	if (ferror(in)) {
		free(text);
		return errno ? -errno : -EIO;
	}
	text[size] = '\0';
	*out = text;
	*len = size;
	return 0;
}

int file_read(const char *path, size_t limit, char **out, size_t *len)
{
	FILE *in = fopen(path, "re");
	struct stat st;
	int err;

	if (!in)
		return -errno;
	if (!fstat(fileno(in), &st) && S_ISDIR(st.st_mode))
		err = -EISDIR;
	else
		err = read_stream(in, limit, out, len);
	fclose(in);
	return err;
}

char *file_beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash && name[0] != '/' ? (size_t)(slash - path) + 1 : 0;
	char *joined = malloc(folder + strlen(name) + 1);

	if (!joined)
		return NULL;
	memcpy(joined, path, folder);
	strcpy(joined + folder, name);
	return joined;
}

char *file_base_name(const char *path, const char *suffix)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	size_t len, cut = strlen(suffix);

	if (!name)
		return NULL;
	len = strlen(name);
	if (len > cut && !strcmp(name + len - cut, suffix))
		name[len - cut] = '\0';
	return name;
}
