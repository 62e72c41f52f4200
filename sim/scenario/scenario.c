// SPDX-License-Identifier: MIT
#include "sim/scenario/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario/check.h"
#include "sim/scenario/expect.h"
#include "sim/scenario/file.h"
#include "sim/scenario/patch.h"
#include "sim/scenario/read.h"
#include "sim/scenario/workload_file.h"
#include "sim/scenario/yaml.h"

#define VARIANT_LIMIT 256

/* One override, read: KEY=VALUE of the command line. */
struct override {
	const char *key;
	struct text_pos pos;
	struct yaml_node *value; /* NULL: it was wrong */
};

/* A value to put at a path. */
struct patch_entry {
	const char *path;
	struct text_pos pos;
	const struct yaml_node *value;
	struct yaml_node *workload; /* that the path leads into; NULL: none */
};

struct loader {
	struct diag diag;
	struct profile_store profiles;
	struct workload_store workloads;
	struct arena arena; /* the document and the overrides */
	struct check check;
	struct yaml_node *root;
	struct override *overrides;
	size_t override_count;
	struct scenario *scenario;
};

/* ---- overrides ---- */

static int read_override(struct loader *loader, const char *text, struct override *out)
{
	const char *equals = strchr(text, '=');
	const struct source *source;
	char label[256];
	char *copy;
	int err;

	*out = (struct override){ 0 };
	copy = strdup(equals ? equals + 1 : "");
	if (!copy)
		return -ENOMEM;
	snprintf(label, sizeof(label), "--set %s", text);
	source = diag_add_source(&loader->diag, label, copy, strlen(copy), true);
	if (!source)
		return -ENOMEM;
	out->pos = (struct text_pos){ source, 1, 1 };
	if (!equals || equals == text || !equals[1]) {
		diag_error(&loader->diag, out->pos, "no %s; expected KEY=VALUE",
			   !equals          ? "'='"
			   : equals == text ? "key"
					    : "value");
		return 0;
	}
	out->key = arena_strndup(&loader->arena, text, (size_t)(equals - text));
	if (!out->key)
		return -ENOMEM;
	err = yaml_parse(&out->value, &loader->arena, source, &loader->diag);
	return err == -ENOMEM ? err : 0;
}

static int read_overrides(struct loader *loader, const struct scenario_options *options)
{
	int err = 0;

	if (!options->override_count)
		return 0;
	loader->overrides = calloc(options->override_count, sizeof(*loader->overrides));
	if (!loader->overrides)
		return -ENOMEM;
	loader->override_count = options->override_count;
	for (size_t i = 0; i < options->override_count && !err; i++)
		err = read_override(loader, options->overrides[i], &loader->overrides[i]);
	return err;
}

/* ---- variants ---- */

/* The entries of `set`, NULL for none, and then the overrides. NULL when out of memory. */
static struct patch_entry *collect_patches(const struct loader *loader, const struct yaml_node *set,
					   size_t *count)
{
	const struct yaml_node *entry = set && set->kind == YAML_MAP ? set->first : NULL;
	size_t limit = (entry ? set->count : 0) + loader->override_count;
	struct patch_entry *patches = calloc(limit + 1, sizeof(*patches));

	*count = 0;
	if (!patches)
		return NULL;
	for (; entry; entry = entry->next)
		patches[(*count)++] =
			(struct patch_entry){ entry->key, entry->key_pos, entry, NULL };
	for (size_t i = 0; i < loader->override_count; i++) {
		const struct override *o = &loader->overrides[i];

		if (o->value)
			patches[(*count)++] =
				(struct patch_entry){ o->key, o->pos, o->value, NULL };
	}
	return patches;
}

/*
 * Patches into a workload wait until it is whole: the last `use` decides which file it comes from.
 * What a later patch has replaced altogether by then stays replaced. 0 or -ENOMEM.
 */
static int apply_patches(struct loader *loader, struct arena *arena, struct yaml_node *root,
			 const struct yaml_node *set)
{
	struct diag *diag = &loader->diag;
	size_t count;
	struct patch_entry *patches = collect_patches(loader, set, &count);
	int err = patches ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && err != -ENOMEM; i++) {
		struct patch_entry *p = &patches[i];

		p->workload = patch_workload(root, p->path);
		if (!p->workload)
			err = patch_apply(diag, arena, root, p->path, p->pos, p->value);
	}
	if (err != -ENOMEM)
		err = workload_expand(&loader->workloads, diag, arena, loader->check.scenario_path,
				      root);
	for (size_t i = 0; i < count && err != -ENOMEM; i++) {
		const struct patch_entry *p = &patches[i];

		if (p->workload && patch_workload(root, p->path) == p->workload)
			err = patch_apply(diag, arena, root, p->path, p->pos, p->value);
	}
	free(patches);
	return err == -ENOMEM ? err : 0;
}

/* The configuration of one variant; set NULL is the file without its variants. 0 or -ENOMEM. */
static int build_config(struct loader *loader, const struct yaml_node *set,
			struct scenario_head *head, struct sim_config *config)
{
	struct arena arena = { 0 };
	struct yaml_node *root = yaml_clone(&arena, loader->root);
	int err = root ? apply_patches(loader, &arena, root, set) : -ENOMEM;

	if (!err)
		err = check_scenario(&loader->check, root, head, config);
	arena_free(&arena);
	return err;
}

static int build_variant(struct loader *loader, const struct yaml_node *node,
			 struct scenario_variant *variant)
{
	const struct yaml_node *set = yaml_get(node, "set");
	const struct yaml_node *name = yaml_get(node, "name");
	struct scenario_head head;
	struct variant_head variant_head = { 0 };

	if (!read_section(&loader->diag, SECTION_VARIANT, node, &variant_head))
		return 0;
	strcpy(variant->name, variant_head.name);
	for (const struct scenario_variant *v = loader->scenario->variants; v != variant; v++) {
		if (*v->name && name && !strcmp(v->name, variant->name))
			diag_error(&loader->diag, name->pos, "two variants are called '%s'",
				   v->name);
	}
	if (set && set->kind != YAML_MAP)
		diag_error(&loader->diag, set->pos,
			   "'set' is %s; expected a mapping, such as {vms.vm0.mode: native}",
			   yaml_kind_name(set));
	return build_config(loader, set, &head, &variant->config);
}

static int build_variants(struct loader *loader, const struct yaml_node *list)
{
	struct scenario *scenario = loader->scenario;
	const struct yaml_node *node = list->first;
	int err = 0;

	if (list->count > VARIANT_LIMIT) {
		diag_error(&loader->diag, list->pos, "%zu variants; expected at most %d",
			   list->count, VARIANT_LIMIT);
		return 0;
	}
	scenario->variants = calloc(list->count, sizeof(*scenario->variants));
	if (!scenario->variants)
		return -ENOMEM;
	for (; node && !err; node = node->next)
		err = build_variant(loader, node, &scenario->variants[scenario->variant_count++]);
	return err;
}

/* A file without variants has one. Takes over config. */
static int default_variant(struct loader *loader, struct sim_config *config)
{
	struct scenario *scenario = loader->scenario;

	scenario->variants = calloc(1, sizeof(*scenario->variants));
	if (!scenario->variants)
		return -ENOMEM;
	scenario->variant_count = 1;
	strcpy(scenario->variants[0].name, "default");
	scenario->variants[0].config = *config;
	*config = (struct sim_config){ 0 };
	return 0;
}

/* ---- the whole file ---- */

static int build_expects(struct loader *loader)
{
	const struct yaml_node *list = yaml_get(loader->root, "expect");
	struct scenario *scenario = loader->scenario;
	const struct yaml_node *node;
	int err = 0;

	if (!list || !read_list(&loader->diag, "expect", list) || !scenario->variant_count)
		return 0;
	scenario->expects = calloc(list->count, sizeof(*scenario->expects));
	if (!scenario->expects)
		return -ENOMEM;
	for (node = list->first; node && err != -ENOMEM; node = node->next)
		err = expect_read(&loader->diag, node, scenario,
				  &scenario->expects[scenario->expect_count++]);
	return err == -ENOMEM ? err : 0;
}

/* What a descriptor of gem_wsim by itself stands for. */
static const char wsim_scenario[] = "title: workload of gem_wsim\n"
				    "vms:\n"
				    "  - name: vm0\n"
				    "    memory: 1GiB\n"
				    "    workload: {wsim: %s, repeat: 10}\n"
				    "variants:\n"
				    "  - name: native\n"
				    "    set: {vms.vm0.mode: native}\n"
				    "  - name: baseline\n"
				    "  - name: pvmmio\n"
				    "    set: {vms.vm0.pvmmio: all}\n";

static bool is_wsim(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && !strcmp(path + len - 5, ".wsim");
}

static int read_text(const char *path, char **text, size_t *len)
{
	char *name, *quoted;
	json_t *json;
	int ret;

	if (!is_wsim(path))
		return file_read(path, YAML_FILE_BYTES_LIMIT, text, len);
	if (access(path, R_OK))
		return -errno;
	name = file_base_name(path, "");
	json = name ? json_string(name) : NULL;
	quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
	ret = quoted ? asprintf(text, wsim_scenario, quoted) : -1;
	free(quoted);
	json_decref(json);
	free(name);
	if (ret < 0)
		return -ENOMEM;
	*len = (size_t)ret;
	return 0;
}

static int set_names(struct scenario *scenario, const struct scenario_head *head)
{
	scenario->name = *head->name ? strdup(head->name)
				     : file_base_name(scenario->path,
						      is_wsim(scenario->path) ? ".wsim" : ".yaml");
	scenario->title = strdup(head->title);
	scenario->seed = head->seed;
	return scenario->name && scenario->title ? 0 : -ENOMEM;
}

static int build_scenario(struct loader *loader)
{
	const struct yaml_node *variants = yaml_get(loader->root, "variants");
	struct sim_config config = { 0 };
	struct scenario_head head;
	int err = build_config(loader, NULL, &head, &config);

	if (!err)
		err = set_names(loader->scenario, &head);
	if (!err && variants) {
		if (read_list(&loader->diag, "variants", variants))
			err = build_variants(loader, variants);
	} else if (!err) {
		err = default_variant(loader, &config);
	}
	config_free(&config);
	return err ? err : build_expects(loader);
}

static int read_file(struct loader *loader, const char *path)
{
	const struct source *source;
	char *text = NULL;
	size_t len = 0;
	int err = read_text(path, &text, &len);

	if (err)
		return err;
	source = diag_add_source(&loader->diag, path, text, len, false);
	if (!source)
		return -ENOMEM;
	return yaml_parse(&loader->root, &loader->arena, source, &loader->diag);
}

static int load(struct loader *loader, const char *path, const struct scenario_options *options)
{
	int err;

	loader->scenario = calloc(1, sizeof(*loader->scenario));
	if (!loader->scenario)
		return -ENOMEM;
	loader->scenario->path = strdup(path);
	if (!loader->scenario->path)
		return -ENOMEM;
	loader->check =
		(struct check){ &loader->diag, &loader->profiles, path, options->profile_dir };
	err = read_file(loader, path);
	if (!err)
		err = read_overrides(loader, options);
	if (!err)
		err = build_scenario(loader);
	if (!err && diag_failed(&loader->diag))
		err = -EINVAL;
	return loader->diag.out_of_memory ? -ENOMEM : err;
}

int scenario_load(struct scenario **out, const char *path, const struct scenario_options *options)
{
	static const struct scenario_options defaults = { 0 };
	struct loader loader = { 0 };
	int err;

	if (!options)
		options = &defaults;
	err = load(&loader, path, options);
	diag_print(&loader.diag, options->errors);
	if (err) {
		scenario_free(loader.scenario);
		loader.scenario = NULL;
	}
	*out = loader.scenario;
	free(loader.overrides);
	arena_free(&loader.arena);
	workload_store_free(&loader.workloads);
	profile_store_free(&loader.profiles);
	diag_free(&loader.diag);
	return err;
}

void scenario_free(struct scenario *scenario)
{
	if (!scenario)
		return;
	for (size_t i = 0; i < scenario->variant_count; i++)
		config_free(&scenario->variants[i].config);
	for (size_t i = 0; i < scenario->expect_count; i++)
		expect_free(&scenario->expects[i]);
	free(scenario->variants);
	free(scenario->expects);
	free(scenario->path);
	free(scenario->name);
	free(scenario->title);
	free(scenario);
}
