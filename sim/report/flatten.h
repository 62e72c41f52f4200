/* SPDX-License-Identifier: MIT */
/*
 * Flatten: a tree as a list of its values, ordered by path. Trees may come from files that anybody
 * has written: what no report looks like is an error, not a promise. Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_FLATTEN_H
#define PVMMIO_SIM_REPORT_FLATTEN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define FLATTEN_PATH_BYTES 512
#define FLATTEN_WHY_BYTES  (FLATTEN_PATH_BYTES + 128)

struct flat_leaf {
	char *path;
	json_t *value; /* owned, as path is */

	/*
	 * Path of the outermost group around it that holds only what occurred, such as operations
	 * or exit reasons; NULL: it is in none. The group itself is in the list, too.
	 */
	const char *group;
	bool is_group;
	bool is_register; /* several of one name and reason become one, their sum */
};

struct flat_list {
	struct flat_leaf *items;
	size_t count, limit;
};

/*
 * The values of one variant of a report, under paths as expectations have them behind the variant's
 * name; its name and its configuration are left out. 0; -EINVAL with a sentence in why, of
 * FLATTEN_WHY_BYTES; -ENOMEM. End *list with flat_free() in every case.
 */
int flat_variant(struct flat_list *list, const json_t *variant, char *why);

/* The values of its configuration: "platform.costs", "vms.vm0.memory". Errors as above. */
int flat_config(struct flat_list *list, const json_t *variant, char *why);

void flat_free(struct flat_list *list);

/* The leaf at the first len bytes of path; NULL: there is none. */
const struct flat_leaf *flat_find(const struct flat_list *list, const char *path, size_t len);

/* Is there a leaf at, or below, the first len bytes of path? */
bool flat_has_below(const struct flat_list *list, const char *path, size_t len);

#endif
