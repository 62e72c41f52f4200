/* SPDX-License-Identifier: MIT */
/*
 * Text file: a whole file as lines, mapped and not copied. Internal to sim/study.
 */
#ifndef PVMMIO_SIM_STUDY_TEXT_FILE_H
#define PVMMIO_SIM_STUDY_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct text_file {
	const char *text; /* not terminated; NULL when empty */
	size_t len;
};

/* 0 or the error of opening, reading or mapping. fd stays the caller's. */
int text_file_map(struct text_file *file, int fd);
int text_file_open(struct text_file *file, const char *path);
void text_file_close(struct text_file *file);

/*
 * The line that begins at *offset, without its end, and *offset behind it. false at the end of the
 * file, and for a last line that has no end: it was not written to its end.
 */
bool text_file_line(const struct text_file *file, size_t *offset, const char **line, size_t *len);

/* Does line begin with prefix? */
bool text_begins(const char *line, size_t len, const char *prefix);

#endif
