/* SPDX-License-Identifier: MIT */
/*
 * Reading whole text files, and paths beside them.
 */
#ifndef PVMMIO_SIM_SCENARIO_FILE_H
#define PVMMIO_SIM_SCENARIO_FILE_H

#include <stddef.h>

/*
 * Read at most limit + 1 bytes of path: more than limit tells the caller that it is too large. *out
 * is malloc()ed and terminated. 0, -ENOMEM, or the error of opening or reading.
 */
int file_read(const char *path, size_t limit, char **out, size_t *len);

/* FOLDER-OF(path) "/" name; name itself when it is absolute. malloc()ed; NULL: out of memory. */
char *file_beside(const char *path, const char *name);

/* Copy of path's last part, without suffix if it ends so. malloc()ed; NULL: out of memory. */
char *file_base_name(const char *path, const char *suffix);

#endif
