// SPDX-License-Identifier: MIT
#include "sim/scenario/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/read.h"
#include "sim/scenario/units.h"
#include "sim/scenario/wsim.h"

/*
 * What the host keeps of the GGTT and of the fences for itself (gvt-g, Linux 5.1 gvt/gvt.h:
 * HOST_LOW_GM_SIZE, HOST_HIGH_GM_SIZE, HOST_FENCE).
 */
#define HOST_APERTURE_BYTES (UINT64_C(128) << 20)
#define HOST_HIDDEN_BYTES   (UINT64_C(384) << 20)
#define HOST_FENCES         4u
#define GGTT_BYTES          ((uint64_t)GEN9_GGTT_ENTRIES << 12)

const char *check_reserved_name(unsigned index)
{
	static const char *const names[] = { "name",    "virtual_time_ps", "vms",
					     "engines", "mediator_work",   "config" };

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

/* ---- platform ---- */

static void set_parameter(struct sim_config *config, struct param_ref ref, uint64_t value,
			  struct config_range range)
{
	if (ref.kind == PROFILE_COSTS) {
		config->costs.value[ref.index] = value;
		config->cost_ranges[ref.index] = range;
	} else {
		config->hardware.value[ref.index] = value;
		config->hardware_ranges[ref.index] = range;
	}
}

/* Fill in the profile that key names. 0 also after an error that diag has. */
static int check_profile(const struct check *check, const struct yaml_node *platform,
			 enum profile_kind kind, const char *given, struct sim_config *config,
			 uint64_t *cpu_hz)
{
	const struct yaml_node *node = yaml_get(platform, param_kind_name(kind));
	struct yaml_node fallback = { .kind = YAML_SCALAR, .text = given };
	const struct profile *profile;
	struct param_ref ref = { kind, 0 };
	int err;

	if (node && (node->kind != YAML_SCALAR || yaml_is_empty(node)))
		return 0; /* not a name: noted already */
	fallback.pos = platform->pos;
	err = profile_get(check->profiles, check->diag, kind, node ? node : &fallback,
			  check->scenario_path, check->profile_dir, &profile);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (; ref.index < param_count(kind); ref.index++) {
		const struct profile_param *param = &profile->params[ref.index];

		set_parameter(config, ref, param->value,
			      (struct config_range){ param->low, param->high });
	}
	snprintf(kind == PROFILE_COSTS ? config->costs_name : config->hardware_name,
		 CONFIG_NAME_BYTES, "%s", profile->head.name);
	if (kind == PROFILE_COSTS)
		*cpu_hz = profile->cpu_hz;
	return 0;
}

static void unknown_parameter(const struct check *check, const struct yaml_node *entry, int err)
{
	char hint[NEAREST_HINT_BYTES];
	struct nearest nearest;

	if (err == -EEXIST) {
		diag_error(check->diag, entry->key_pos,
			   "both profiles have '%s'; expected costs.%s or hardware.%s", entry->key,
			   entry->key, entry->key);
		return;
	}
	nearest_begin(&nearest, entry->key);
	if (!strncmp(entry->key, "costs.", 6)) {
		nearest.wanted += 6;
		param_offer(&nearest, PROFILE_COSTS);
	} else if (!strncmp(entry->key, "hardware.", 9)) {
		nearest.wanted += 9;
		param_offer(&nearest, PROFILE_HARDWARE);
	} else {
		param_offer(&nearest, PROFILE_COSTS);
		param_offer(&nearest, PROFILE_HARDWARE);
	}
	diag_error(check->diag, entry->key_pos, "unknown parameter '%.40s'%s", entry->key,
		   nearest_hint(&nearest, hint, sizeof(hint)));
}

/* Was the parameter given before entry, under another form of its name? */
static bool given_before(const struct yaml_node *set, const struct yaml_node *entry,
			 struct param_ref ref)
{
	struct param_ref other;

	for (const struct yaml_node *e = set->first; e != entry; e = e->next) {
		if (!param_resolve(e->key, &other) && other.kind == ref.kind &&
		    other.index == ref.index)
			return true;
	}
	return false;
}

static void check_set(const struct check *check, const struct yaml_node *set, uint64_t cpu_hz,
		      struct sim_config *config)
{
	if (set->kind != YAML_MAP) {
		diag_error(check->diag, set->pos, "'set' is %s; expected a mapping of parameters",
			   yaml_kind_name(set));
		return;
	}
	for (const struct yaml_node *entry = set->first; entry; entry = entry->next) {
		struct param_ref ref;
		uint64_t value;
		int err = param_resolve(entry->key, &ref);

		if (err)
			unknown_parameter(check, entry, err);
		else if (given_before(set, entry, ref))
			diag_error(check->diag, entry->key_pos, "parameter '%s' is given twice",
				   param_name(ref));
		else if (!param_read(check->diag, ref, entry, cpu_hz, &value))
			set_parameter(config, ref, value, (struct config_range){ value, value });
	}
}

static int check_platform(const struct check *check, const struct yaml_node *root,
			  struct sim_config *config)
{
	const struct yaml_node nothing = { .kind = YAML_MAP, .pos = root->pos };
	const struct yaml_node *given = yaml_get(root, "platform");
	const struct yaml_node *platform = given ? given : &nothing;
	const struct yaml_node *set = yaml_get(platform, "set");
	struct platform_head head = { 0 };
	uint64_t cpu_hz = 0;
	int err;

	if (!read_section(check->diag, SECTION_PLATFORM, platform, &head))
		return 0;
	config->oos_pool_pages = head.oos_pool_pages;
	config->vblank = head.vblank;
	config->hang = head.hang;
	config->host = head.host;
	err = check_profile(check, platform, PROFILE_HARDWARE, head.hardware, config, &cpu_hz);
	if (!err)
		err = check_profile(check, platform, PROFILE_COSTS, head.costs, config, &cpu_hz);
	if (!err && set)
		check_set(check, set, cpu_hz, config);
	return err;
}

/* ---- VMs ---- */

static void check_vm_name(const struct check *check, const struct yaml_node *vms,
			  const struct yaml_node *node, const struct sim_config *config,
			  size_t index)
{
	const struct yaml_node *name = yaml_get(node, "name");
	const char *reserved;

	for (unsigned i = 0; name && (reserved = check_reserved_name(i)); i++) {
		if (!strcmp(config->vms[index].name, reserved))
			diag_error(check->diag, name->pos,
				   "no VM can be called '%s': reports have a key of that name",
				   reserved);
	}
	for (size_t i = 0; i < index && name; i++) {
		if (*config->vms[i].name && !strcmp(config->vms[i].name, config->vms[index].name))
			diag_error(check->diag, name->pos, "two VMs are called '%s'",
				   config->vms[i].name);
	}
}

/* A native VM has the GPU to itself. */
static void check_native(const struct check *check, const struct yaml_node *vms,
			 const struct sim_config *config)
{
	const struct yaml_node *node = vms->first;
	size_t natives = 0;

	for (size_t i = 0; i < config->vm_count; i++, node = node->next) {
		const struct yaml_node *mode = yaml_get(node, "mode");

		if (config->vms[i].mode != VM_MODE_NATIVE || !mode)
			continue;
		natives++;
		if (natives > 1)
			diag_error(check->diag, mode->pos,
				   "a second native VM; expected one, which has the GPU to itself");
		else if (config->vm_count > 1)
			diag_error(check->diag, mode->pos,
				   "a native VM beside others; expected it alone, as it has the "
				   "GPU to itself");
	}
}

/*
 * An application on the host does one submission after the other, to buffers of its own; it is no
 * VM that could misuse or share anything.
 */
static void check_host_client(const struct check *check, const struct yaml_node *node,
			      const struct vm_config *vm)
{
	if (vm->mode == VM_MODE_HOST && (vm->workload.period_ps || vm->workload.depth > 1))
		diag_error(
			check->diag, node->pos,
			"'%s' has a workload with 'period' or 'depth', and `mode: host`; expected "
			"neither",
			vm->name);
	for (size_t i = 0; vm->mode == VM_MODE_HOST && i < vm->workload.step_count; i++) {
		const struct step_config *step = &vm->workload.steps[i];
		bool submits = step->kind < STEP_TOGETHER && step->misuse == MISUSE_NONE &&
			       step->object == CONFIG_NO_OBJECT;

		if (submits || step->kind == STEP_WAIT || step->kind == STEP_SLEEP)
			continue;
		diag_error(check->diag, node->pos,
			   "'%s' cannot do step %zu, '%s', with `mode: host`; expected a plain "
			   "submission, 'wait' or 'sleep'",
			   vm->name, i, step_infos[step->kind].name);
	}
}

struct share {
	const char *key;
	uint64_t limit;
	enum quantity quantity;
	bool is_count;
};

static uint64_t share_of(const struct vm_config *vm, unsigned what)
{
	const uint64_t shares[] = { vm->memory_bytes, vm->aperture_bytes, vm->hidden_bytes,
				    vm->fences };

	return shares[what];
}

/* All VMs together must fit the machine: memory, GGTT, fences. */
static void check_shares(const struct check *check, const struct yaml_node *vms,
			 const struct sim_config *config)
{
	static const struct share shares[] = {
		{"memory",    CHECK_MEMORY_LIMIT_BYTES,                             QUANTITY_BYTES, false},
		{ "aperture", GEN9_APERTURE_BYTES - HOST_APERTURE_BYTES,            QUANTITY_BYTES, false},
		{ "hidden",   GGTT_BYTES - GEN9_APERTURE_BYTES - HOST_HIDDEN_BYTES, QUANTITY_BYTES,
                 false										   },
		{ "fences",   GEN9_FENCE_COUNT - HOST_FENCES,                       QUANTITY_BYTES, true },
	};
	char total[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];

	for (unsigned s = 0; s < sizeof(shares) / sizeof(shares[0]); s++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < config->vm_count; i++)
			sum += config->vms[i].mode == VM_MODE_GVT || s == 0
				       ? share_of(&config->vms[i], s)
				       : 0;
		if (sum <= shares[s].limit)
			continue;
		if (shares[s].is_count)
			diag_error(check->diag, vms->pos,
				   "the VMs' %s add up to %" PRIu64 "; expected at most %" PRIu64,
				   shares[s].key, sum, shares[s].limit);
		else
			diag_error(check->diag, vms->pos,
				   "the VMs' %s adds up to %s; expected at most %s", shares[s].key,
				   units_format(sum, QUANTITY_BYTES, total),
				   units_format(shares[s].limit, QUANTITY_BYTES, limit));
	}
}

/* Each client of a descriptor has a vCPU, and contexts with address spaces of their own. */
static void check_clients(const struct check *check, const struct yaml_node *node,
			  const struct yaml_node *workload, struct vm_config *vm)
{
	const struct yaml_node *clients = yaml_get(workload, "clients");
	const struct yaml_node *ppgtt = yaml_get(node, "ppgtt");

	if (!yaml_get(node, "vcpus"))
		vm->vcpus = vm->workload.clients;
	if (vm->workload.clients > vm->vcpus && clients)
		diag_error(check->diag, clients->pos,
			   "%u clients on %u vCPUs; expected a vCPU for each, or no 'vcpus'",
			   vm->workload.clients, vm->vcpus);
	if (vm->ppgtt == VM_PPGTT_NONE && ppgtt)
		diag_error(check->diag, ppgtt->pos,
			   "'ppgtt' is none with a workload of gem_wsim; expected 48bit or 32bit");
}

/* What the VM does not say itself, its type says. */
static void apply_type(const struct yaml_node *node, struct vm_config *vm)
{
	const struct vgpu_type *type = vgpu_type(vm->type);

	if (!yaml_get(node, "aperture"))
		vm->aperture_bytes = type->aperture_bytes;
	if (!yaml_get(node, "hidden"))
		vm->hidden_bytes = type->hidden_bytes;
	if (!yaml_get(node, "fences"))
		vm->fences = type->fences;
	if (!yaml_get(node, "weight"))
		vm->weight = type->weight;
}

static int check_vm(const struct check *check, const struct yaml_node *node, struct vm_config *vm)
{
	const struct yaml_node *workload = yaml_get(node, "workload");
	const struct yaml_node *display = yaml_get(node, "display");
	struct yaml_node nothing = { .kind = YAML_MAP, .pos = node->pos };
	struct yaml_node steps = { .kind = YAML_LIST, .key = "steps" };

	if (!read_section(check->diag, SECTION_VM, node, vm))
		return 0;
	if (display)
		vm->display.on = read_section(check->diag, SECTION_DISPLAY, display, &vm->display);
	apply_type(node, vm);
	if (workload) {
		int err = check_workload(check, workload, vm);

		if (!err && vm->workload.wsim)
			check_clients(check, node, workload, vm);
		return err;
	}
	yaml_append(&nothing, &steps); /* defaults, and nothing to do */
	read_section(check->diag, SECTION_WORKLOAD, &nothing, &vm->workload);
	return 0;
}

static int check_vms(const struct check *check, const struct yaml_node *vms,
		     struct sim_config *config)
{
	const struct yaml_node *node;
	int err = 0;

	if (!read_list(check->diag, "vms", vms))
		return 0;
	if (vms->count > CHECK_VM_LIMIT) {
		diag_error(check->diag, vms->pos, "%zu VMs; expected at most %d", vms->count,
			   CHECK_VM_LIMIT);
		return 0;
	}
	config->vms = calloc(vms->count, sizeof(*config->vms));
	if (!config->vms)
		return -ENOMEM;
	config->vm_count = vms->count;
	node = vms->first;
	for (size_t i = 0; i < vms->count && !err; i++, node = node->next) {
		err = check_vm(check, node, &config->vms[i]);
		check_vm_name(check, vms, node, config, i);
		check_host_client(check, node, &config->vms[i]);
	}
	if (err)
		return err;
	check_native(check, vms, config);
	check_shares(check, vms, config);
	return 0;
}

int check_scenario(const struct check *check, const struct yaml_node *root,
		   struct scenario_head *head, struct sim_config *config)
{
	const struct yaml_node *vms = yaml_get(root, "vms");
	int err;

	*head = (struct scenario_head){ 0 };
	*config = (struct sim_config){ 0 };
	if (!read_section(check->diag, SECTION_SCENARIO, root, head))
		return 0;
	config->seed = head->seed;
	err = check_platform(check, root, config);
	if (!err && vms)
		err = check_vms(check, vms, config);
	return err;
}

static void steps_free(struct step_config *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(steps[i].steps);
	free(steps);
}

static void workload_free(struct workload_config *workload)
{
	steps_free(workload->steps, workload->step_count);
	wsim_free(workload->wsim);
}

void config_free(struct sim_config *config)
{
	for (size_t i = 0; i < config->vm_count; i++)
		workload_free(&config->vms[i].workload);
	free(config->vms);
	*config = (struct sim_config){ 0 };
}
