// SPDX-License-Identifier: MIT
#include "sim/report/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/report/human.h"
#include "sim/report/tree_object.h"
#include "sim/scenario/schema.h"

/* A negative errno by its name, null for none. */
static void put_error(struct object *obj, const char *key, int error)
{
	put(obj, key, error ? json_string(strerrorname_np(-error)) : json_null());
}

static json_t *tree_sum(uint64_t count, uint64_t time_ps)
{
	struct object obj = object_begin();

	put_uint(&obj, "count", count);
	put_uint(&obj, "time_ps", time_ps);
	return obj.json;
}

json_t *tree_zero_sum(void)
{
	return tree_sum(0, 0);
}

static json_t *tree_by_reason(const struct ledger_sum sums[EXIT_REASON_COUNT])
{
	struct object obj = object_begin();

	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++) {
		if (sums[i].count)
			put(&obj, exit_reason_name(i), tree_sum(sums[i].count, sums[i].time_ps));
	}
	return obj.json;
}

static json_t *tree_by_part(const struct ledger_sum *sum)
{
	struct object obj = object_begin();

	for (unsigned i = 0; i < EXIT_PART_COUNT; i++) {
		if (i != EXIT_PART_CPU_WAIT || sum->part_ps[i])
			put_uint(&obj, exit_part_name(i), sum->part_ps[i]);
	}
	return obj.json;
}

static json_t *tree_register(const struct register_result *reg, uint64_t count, uint64_t time_ps)
{
	struct object obj = object_begin();

	put_string(&obj, "register", reg->name);
	put_uint(&obj, "offset", reg->offset);
	put_string(&obj, "reason", exit_reason_name(reg->reason));
	put_uint(&obj, "count", count);
	put_uint(&obj, "time_ps", time_ps);
	return obj.json;
}

/* The registers' exits in operation op, or in all of them when op is GUEST_OP_COUNT. */
static json_t *tree_by_register(const struct vm_result *vm, enum guest_op op)
{
	json_t *array = json_array();

	for (size_t i = 0; vm && i < vm->register_count; i++) {
		const struct register_result *reg = &vm->registers[i];
		uint64_t count = op == GUEST_OP_COUNT ? reg->sum.count : reg->op_count[op];
		uint64_t time_ps = op == GUEST_OP_COUNT ? reg->sum.time_ps : reg->op_time_ps[op];

		if (count && json_array_append_new(array, tree_register(reg, count, time_ps))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* The mediator's work inside of exits: a closer look at their parts. */
static json_t *tree_exit_work(const struct work_sum sums[WORK_KIND_COUNT])
{
	struct object obj = object_begin();
	struct object kinds = object_begin();
	uint64_t time_ps = 0;

	for (unsigned i = 0; i < WORK_KIND_COUNT; i++) {
		time_ps += sums[i].time_ps;
		if (sums[i].count)
			put(&kinds, work_kinds[i].name, tree_sum(sums[i].count, sums[i].time_ps));
	}
	put_uint(&obj, "time_ps", time_ps);
	put(&obj, "by_kind", kinds.json);
	return obj.json;
}

static json_t *tree_mediator_work(uint64_t time_ps, const uint64_t kind_count[WORK_KIND_COUNT],
				  const uint64_t kind_ps[WORK_KIND_COUNT])
{
	struct object obj = object_begin();
	struct object kinds = object_begin();

	for (unsigned i = 0; i < WORK_KIND_COUNT; i++) {
		if (kind_count[i])
			put(&kinds, work_kinds[i].name, tree_sum(kind_count[i], kind_ps[i]));
	}
	put_uint(&obj, "time_ps", time_ps);
	put(&obj, "by_kind", kinds.json);
	return obj.json;
}

/* Integer where exact, else rounded to millionths; null for exits of what never came to its end. */
static json_t *tree_exits_per_op(uint64_t exits, uint64_t count)
{
	if (count == 0)
		return exits ? json_null() : json_integer(0);
	if (exits % count == 0)
		return json_integer((json_int_t)(exits / count));
	return json_real((double)human_ratio_millionths(exits, count) / 1e6);
}

/* From 0 to 1, rounded to millionths; null of nothing. */
static json_t *tree_share(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return json_null();
	if (part == 0 || part == whole)
		return json_integer(part != 0);
	return json_real((double)human_ratio_millionths(part, whole) / 1e6);
}

/* How much of what the operation cost beside the guest's own code was not spent in exits. */
static json_t *tree_outside_exits(uint64_t exit_ps, uint64_t work_ps)
{
	return tree_share(work_ps, exit_ps + work_ps);
}

/* vm is NULL for an operation that never happened. */
static json_t *tree_operation(const struct vm_result *vm, enum guest_op op)
{
	static const struct ledger_op nothing;
	const struct ledger_op *sums = vm ? &vm->ops[op] : &nothing;
	struct object obj = object_begin();

	put_uint(&obj, "count", sums->count);
	put_uint(&obj, "exits", sums->exits.count);
	put(&obj, "exits_per_op", tree_exits_per_op(sums->exits.count, sums->count));
	put_uint(&obj, "time_ps", sums->self_ps);
	put_uint(&obj, "exit_time_ps", sums->exits.time_ps);
	put_uint(&obj, "exit_p50_ps", vm ? vm->op_exit_p50_ps[op] : 0);
	put_uint(&obj, "exit_p99_ps", vm ? vm->op_exit_p99_ps[op] : 0);
	put(&obj, "by_reason", tree_by_reason(sums->by_reason));
	put(&obj, "by_part", tree_by_part(&sums->exits));
	put(&obj, "by_register", tree_by_register(vm, op));
	put(&obj, "exit_work", tree_exit_work(sums->exit_work));
	put(&obj, "mediator_work",
	    tree_mediator_work(sums->work_ps, sums->work_count, sums->work_kind_ps));
	put(&obj, "outside_exits_share", tree_outside_exits(sums->exits.time_ps, sums->work_ps));
	return obj.json;
}

json_t *tree_zero_operation(void)
{
	return tree_operation(NULL, GUEST_OP_NONE);
}

static json_t *tree_operations(const struct vm_result *vm)
{
	struct object obj = object_begin();

	for (unsigned op = GUEST_OP_NONE + 1; op < GUEST_OP_COUNT; op++) {
		if (vm->ops[op].count || vm->ops[op].exits.count)
			put(&obj, guest_op_name(op), tree_operation(vm, op));
	}
	return obj.json;
}

/* What is not part of any operation has no count and so no mean. */
static json_t *tree_outside(const struct vm_result *vm)
{
	const struct ledger_op *sums = &vm->ops[GUEST_OP_NONE];
	struct object obj = object_begin();

	put_uint(&obj, "exits", sums->exits.count);
	put_uint(&obj, "exit_time_ps", sums->exits.time_ps);
	put_uint(&obj, "exit_p50_ps", vm->op_exit_p50_ps[GUEST_OP_NONE]);
	put_uint(&obj, "exit_p99_ps", vm->op_exit_p99_ps[GUEST_OP_NONE]);
	put(&obj, "by_reason", tree_by_reason(sums->by_reason));
	put(&obj, "by_part", tree_by_part(&sums->exits));
	put(&obj, "by_register", tree_by_register(vm, GUEST_OP_NONE));
	put(&obj, "exit_work", tree_exit_work(sums->exit_work));
	put(&obj, "mediator_work",
	    tree_mediator_work(sums->work_ps, sums->work_count, sums->work_kind_ps));
	return obj.json;
}

/* available_ps: of all vCPUs. */
static json_t *tree_exits(const struct vm_result *vm, uint64_t available_ps)
{
	struct object obj = object_begin();

	put_uint(&obj, "count", vm->exits.count);
	put_uint(&obj, "time_ps", vm->exits.time_ps);
	put(&obj, "share", tree_share(vm->exits.time_ps, available_ps));
	put(&obj, "by_reason", tree_by_reason(vm->by_reason));
	put(&obj, "by_part", tree_by_part(&vm->exits));
	put(&obj, "by_register", tree_by_register(vm, GUEST_OP_COUNT));
	return obj.json;
}

static json_t *tree_interrupts(const struct vm_result *vm)
{
	struct object obj = object_begin();

	put_uint(&obj, "taken", vm->interrupts_taken);
	put_uint(&obj, "merged", vm->interrupts_merged);
	return obj.json;
}

static json_t *tree_incident(const struct incident *incident)
{
	struct object obj = object_begin();
	char value[HUMAN_TEXT_BYTES];

	/* As text: it is a guest's 64 bits, which a JSON integer need not hold. */
	snprintf(value, sizeof(value), "0x%" PRIx64, incident->first_value);
	put_uint(&obj, "count", incident->count);
	put_uint(&obj, "first_ps", incident->first_ps);
	put_string(&obj, "first_value", value);
	put_string(&obj, "effect", incident->effect);
	return obj.json;
}

json_t *tree_zero_incident(void)
{
	return tree_incident(&(const struct incident){ .effect = "" });
}

static json_t *tree_incidents(const struct incident_list *list)
{
	struct object obj = object_begin();

	for (size_t i = 0; i < list->count; i++)
		put(&obj, list->items[i].name, tree_incident(&list->items[i]));
	return obj.json;
}

static json_t *tree_workload(const struct workload_result *workload)
{
	struct object obj = object_begin();

	put_uint(&obj, "requests", workload->requests);
	put_uint(&obj, "completed", workload->completed);
	put_uint(&obj, "lost", workload->lost);
	put_uint(&obj, "failed", workload->failed);
	put_uint(&obj, "replayed", workload->replayed);
	put_uint(&obj, "hangs", workload->hangs);
	put_uint(&obj, "engine_resets", workload->engine_resets);
	put_uint(&obj, "resets", workload->resets);
	put_uint(&obj, "reboots", workload->reboots);
	put_uint(&obj, "interrupts_missed", workload->interrupts_missed);
	put_uint(&obj, "bytes_verified", workload->bytes_verified);
	put_uint(&obj, "bytes_wrong", workload->bytes_wrong);
	put_uint(&obj, "duration_ps", workload->duration_ps);
	put_uint(&obj, "busy_ps", workload->busy_ps);
	put(&obj, "busy_share", tree_share(workload->busy_ps, workload->vcpu_ps));
	put_uint(&obj, "bind_errors", workload->bind_errors);
	put_error(&obj, "bind_error", workload->bind_error);
	put_error(&obj, "error", workload->error);
	return obj.json;
}

static json_t *tree_latency(const struct display_result *display)
{
	struct object obj = object_begin();

	put_uint(&obj, "count", display->flips_done);
	put_uint(&obj, "time_ps", display->latency_ps);
	put_uint(&obj, "min_ps", display->latency_min_ps);
	put_uint(&obj, "max_ps", display->latency_max_ps);
	return obj.json;
}

static json_t *tree_display(const struct display_result *display)
{
	struct object obj = object_begin();

	put_uint(&obj, "flips", display->flips);
	put_uint(&obj, "flips_done", display->flips_done);
	put_uint(&obj, "flips_late", display->flips_late);
	put_uint(&obj, "flips_torn", display->flips_torn);
	put_uint(&obj, "flips_lost", display->flips_lost);
	put(&obj, "flip_latency", tree_latency(display));
	put_uint(&obj, "planes_right", display->planes_right);
	put_uint(&obj, "planes_wrong", display->planes_wrong);
	put_uint(&obj, "frames", display->frames);
	put_uint(&obj, "vblank_interrupts", display->vblank_interrupts);
	put_uint(&obj, "evasions", display->evasions);
	put_uint(&obj, "vblanks_waited", display->vblanks_waited);
	put_uint(&obj, "vblanks_lost", display->vblanks_lost);
	put_uint(&obj, "watermark_updates", display->watermark_updates);
	put_uint(&obj, "errors", display->errors);
	put_error(&obj, "error", display->error);
	return obj.json;
}

static json_t *tree_object_sum(const struct object_sum *sum)
{
	struct object reasons = object_begin(), obj = object_begin();
	uint64_t exits = 0, exit_ps = 0;

	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++) {
		const struct object_exits *of = &sum->by_reason[i];

		exits += of->count;
		exit_ps += of->time_ps;
		if (of->count)
			put(&reasons, exit_reason_name(i), tree_sum(of->count, of->time_ps));
	}
	put_uint(&obj, "count", sum->count);
	put_uint(&obj, "exits", exits);
	put(&obj, "exits_per_op", tree_exits_per_op(exits, sum->count));
	put_uint(&obj, "time_ps", sum->time_ps);
	put_uint(&obj, "exit_time_ps", exit_ps);
	put(&obj, "by_reason", reasons.json);
	return obj.json;
}

static json_t *tree_objects(const struct workload_config *workload, const struct vm_result *vm)
{
	struct object all = object_begin();

	for (size_t i = 0; i < vm->object_count; i++) {
		const struct object_result *result = &vm->objects[i];
		struct object obj = object_begin();

		put_uint(&obj, "pages", workload->objects[i].pages);
		put(&obj, "bind", tree_object_sum(&result->bind));
		put_uint(&obj, "bind_errors", result->bind_errors);
		put(&obj, "unbind", tree_object_sum(&result->unbind));
		put(&all, workload->objects[i].name, obj.json);
	}
	return all.json;
}

/* A digest as text: JSON has no unsigned integers of 64 bits. */
static json_t *tree_contents(const struct contents_result *contents)
{
	struct object obj = object_begin();
	char digest[HUMAN_TEXT_BYTES];

	snprintf(digest, sizeof(digest), "%016" PRIx64, contents->digest);
	put_uint(&obj, "count", contents->count);
	put_string(&obj, "digest", digest);
	return obj.json;
}

static json_t *tree_state(const struct vm_result *vm)
{
	struct object obj = object_begin(), contents = object_begin();
	char name[HUMAN_TEXT_BYTES];

	for (size_t i = 0; i < vm->content_count; i++) {
		snprintf(name, sizeof(name), "submission%zu", i);
		put(&contents, name, tree_contents(&vm->contents[i]));
	}
	put(&obj, "contents", contents.json);
	put_uint(&obj, "user_interrupts", vm->user_interrupts);
	return obj.json;
}

static json_t *tree_levels(uint32_t levels)
{
	json_t *array = json_array();

	for (unsigned bit = 0; schema_level_name(bit); bit++) {
		if ((levels & (1u << bit)) &&
		    json_array_append_new(array, json_string(schema_level_name(bit)))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *tree_vgpu(const struct sim_result *result, const struct vgpu_result *vgpu)
{
	struct object obj = object_begin();

	put_uint(&obj, "accepted", vgpu->accepted);
	put_uint(&obj, "refused", vgpu->refused);
	for (unsigned how = 0; result->end_names[how]; how++)
		put_uint(&obj, result->end_names[how], vgpu->ended[how]);
	put(&obj, "failsafe_cause",
	    vgpu->failsafe_cause ? json_string(vgpu->failsafe_cause) : json_null());
	return obj.json;
}

/* owned_ps: of all VMs together. */
static json_t *tree_vm(const struct sim_result *result, const struct vm_config *config,
		       const struct vm_result *vm, uint64_t owned_ps)
{
	struct object obj = object_begin();

	put_string(&obj, "name", config->name);
	put_string(&obj, "mode", vm_mode_name(config->mode));
	put(&obj, "pvmmio", tree_levels(vm->pvmmio_levels));
	put_bool(&obj, "failsafe", vm->failsafe);
	put(&obj, "scheduling", tree_scheduling(&vm->scheduling, owned_ps));
	put_error(&obj, "init_error", vm->init_error);
	put_bool(&obj, "hung", vm->hung);
	put(&obj, "operations", tree_operations(vm));
	put(&obj, "outside_operations", tree_outside(vm));
	put(&obj, "exits", tree_exits(vm, result->virtual_time_ps * config->vcpus));
	put(&obj, "interrupts", tree_interrupts(vm));
	if (vm->vcpu_count)
		put(&obj, "vcpus", tree_cpus(vm->vcpus, vm->vcpu_count, result->virtual_time_ps));
	put(&obj, "incidents", tree_incidents(&vm->incidents));
	if (config->mode == VM_MODE_GVT)
		put(&obj, "mediator", tree_vgpu(result, &vm->vgpu));
	put(&obj, "workload", tree_workload(&vm->workload));
	put(&obj, "frames", tree_frames(&vm->frames, vm->workload.duration_ps));
	put(&obj, "clients", tree_clients(vm));
	put(&obj, "objects", tree_objects(&config->workload, vm));
	put(&obj, "state", tree_state(vm));
	if (config->display.on)
		put(&obj, "display", tree_display(&vm->display));
	return obj.json;
}

static json_t *tree_vms(const struct sim_config *config, const struct sim_result *result)
{
	json_t *array = json_array();
	uint64_t owned_ps = 0;

	for (size_t i = 0; i < result->vm_count; i++)
		owned_ps += result->vms[i].scheduling.owned_ps;
	for (size_t i = 0; i < result->vm_count; i++) {
		json_t *vm = tree_vm(result, &config->vms[i], &result->vms[i], owned_ps);

		if (json_array_append_new(array, vm)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *tree_engine(const struct gen9_engine_stats *stats, uint64_t virtual_time_ps)
{
	struct object obj = object_begin();

	put_uint(&obj, "elsp_submissions", stats->elsp_submissions);
	put_uint(&obj, "contexts_run", stats->contexts_run);
	put_uint(&obj, "commands", stats->commands);
	put_uint(&obj, "bytes_written", stats->bytes_written);
	put_uint(&obj, "busy_ps", stats->busy_ps);
	put(&obj, "busy_share", tree_share(stats->busy_ps, virtual_time_ps));
	put_uint(&obj, "hangs", stats->hangs);
	put_uint(&obj, "elsp_overruns", stats->elsp_overruns);
	put_uint(&obj, "tlb_hits", stats->tlb_hits);
	put_uint(&obj, "tlb_misses", stats->tlb_misses);
	put_uint(&obj, "walk_reads", stats->walk_reads);
	put_uint(&obj, "readonly_drops", stats->readonly_drops);
	return obj.json;
}

static json_t *tree_engines(const struct sim_result *result)
{
	struct object obj = object_begin();

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		put(&obj, gen9_engines[i].name,
		    tree_engine(&result->engines[i], result->virtual_time_ps));
	return obj.json;
}

json_t *tree_variant(const struct scenario_variant *variant, const struct sim_result *result)
{
	struct object obj = object_begin();

	put_string(&obj, "name", variant->name);
	put_uint(&obj, "virtual_time_ps", result->virtual_time_ps);
	put(&obj, "vms", tree_vms(&variant->config, result));
	put(&obj, "mediator_work",
	    tree_mediator_work(result->host_work_ps, result->host_work_count,
			       result->host_work_kind_ps));
	put(&obj, "engines", tree_engines(result));
	if (result->thread_count)
		put(&obj, "host_threads",
		    tree_cpus(result->threads, result->thread_count, result->virtual_time_ps));
	put(&obj, "config", scenario_config_json(&variant->config));
	return obj.json;
}
