// SPDX-License-Identifier: MIT
/*
 * A workload that is a descriptor of gem_wsim: the text itself, or a file beside the one that names
 * it, be that the scenario or a workload file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/check_steps.h"
#include "sim/scenario/file.h"
#include "sim/scenario/wsim.h"

/* The same text under the same name is one source, so that each message appears once. */
static const struct source *known_source(const struct diag *diag, const char *label,
					 const char *text, size_t len)
{
	for (size_t i = 0; i < diag->source_count; i++) {
		const struct source *source = diag->sources[i];

		if (!strcmp(source->label, label) && source->len == len &&
		    !memcmp(source->text, text, len))
			return source;
	}
	return NULL;
}

/* Takes over text. */
static int parse(struct diag *diag, const char *label, char *text, size_t len, struct wsim **out)
{
	const struct source *source = known_source(diag, label, text, len);

	if (source)
		free(text);
	else
		source = diag_add_source(diag, label, text, len, false);
	return source ? wsim_parse(out, source, diag) : -ENOMEM;
}

static int read_descriptor(const struct check *check, const struct yaml_node *node,
			   struct wsim **out)
{
	const struct source *named_in = node->pos.source;
	char *path = file_beside(named_in->is_option ? check->scenario_path : named_in->label,
				 node->text);
	char *text = NULL;
	size_t len;
	int err = path ? file_read(path, WSIM_BYTES_LIMIT, &text, &len) : -ENOMEM;

	if (!err)
		err = parse(check->diag, path, text, len, out);
	else if (err != -ENOMEM)
		diag_error(check->diag, node->pos, "cannot read '%.200s': %s", path,
			   strerror(-err));
	free(path);
	return err == -ENOMEM ? err : 0;
}

int check_wsim(const struct check *check, const struct yaml_node *workload, struct wsim **out)
{
	const struct yaml_node *file = yaml_get(workload, "wsim");
	const struct yaml_node *inlined = yaml_get(workload, "wsim_text");
	const struct yaml_node *node = file ? file : inlined;
	char *text;
	int err;

	if (node->kind != YAML_SCALAR || yaml_is_empty(node)) {
		diag_error(check->diag, node->pos, "'%s' is %s; expected %s", node->key,
			   yaml_is_empty(node) ? "empty" : yaml_kind_name(node),
			   file ? "a path" : "steps");
		return 0;
	}
	if (file)
		return read_descriptor(check, file, out);
	text = strdup(inlined->text);
	if (!text)
		return -ENOMEM;
	err = parse(check->diag, "wsim_text", text, strlen(text), out);
	return err == -ENOMEM ? err : 0;
}
