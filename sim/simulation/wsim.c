// SPDX-License-Identifier: MIT
#include "sim/simulation/wsim.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/simulation/contents.h"
#include "sim/simulation/frames.h"
#include "sim/simulation/wsim_impl.h"

#define WORD_BYTES sizeof(uint32_t)

/* ---- putting it together ---- */

static uint64_t draw_size(struct rng *rng, const struct wsim_size *size)
{
	return size->min_bytes + rng_below(rng, size->max_bytes - size->min_bytes + 1);
}

static int create_set(struct wsim_run *run, struct rng *rng, const struct wsim_set *config,
		      struct wsim_set_state *set)
{
	int ret = 0;

	set->objects = calloc(config->object_count, sizeof(*set->objects));
	if (!set->objects)
		return -ENOMEM;
	set->object_count = config->object_count;
	for (uint32_t i = 0; i < set->object_count && ret == 0; i++)
		ret = wsim_memory_create(run, &set->objects[i],
					 draw_size(rng, &config->objects[i]));
	return ret;
}

static void destroy_set(struct wsim_set_state *set)
{
	for (uint32_t i = 0; i < set->object_count; i++)
		wsim_memory_destroy(&set->objects[i]);
	free(set->objects);
}

/* Shared ones, or those of one client. */
static int create_sets(struct wsim_run *run, struct rng *rng, bool shared,
		       struct wsim_set_state *sets)
{
	int ret = 0;

	for (uint32_t i = 0; i < run->wsim->set_count && ret == 0; i++) {
		if (run->wsim->sets[i].shared == shared)
			ret = create_set(run, rng, &run->wsim->sets[i], &sets[i]);
	}
	return ret;
}

static int create_step(struct wsim_run *run, const struct wsim_step *config,
		       struct wsim_step_state *step)
{
	if (config->kind != WSIM_BATCH)
		return 0;
	step->copies = calloc(WSIM_COPY_LIMIT, sizeof(*step->copies));
	if (!step->copies)
		return -ENOMEM;
	return wsim_memory_create(run, &step->output, WSIM_OUTPUT_BYTES);
}

static int create_client(struct wsim_run *run, unsigned index)
{
	struct wsim_client *client = &run->clients[index];
	const struct wsim *wsim = run->wsim;
	int ret = 0;

	client->run = run;
	client->index = index;
	client->result = &run->w->result->clients[index];
	rng_seed(&client->rng, run->w->avm->vm->m->seed + ((uint64_t)run->w->avm->vm->id << 32) +
				       ((uint64_t)index << 16));
	client->steps = calloc(wsim->step_count, sizeof(*client->steps));
	if (!client->steps)
		return -ENOMEM;
	for (uint32_t i = 0; i < wsim->context_count; i++) {
		client->contexts[i].context = i915_context_create(run->w->i915);
		if (!client->contexts[i].context)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < wsim->step_count && ret == 0; i++)
		ret = create_step(run, &wsim->steps[i], &client->steps[i]);
	return ret ? ret : create_sets(run, &client->rng, false, client->sets);
}

static void destroy_step(struct wsim_step_state *step)
{
	wsim_job_put(step->job);
	for (unsigned i = 0; i < WSIM_BATCHES_PER_STEP; i++) {
		wsim_job_put(step->batches[i].job);
		if (step->batches[i].buffer.object)
			i915_object_destroy(step->batches[i].buffer.object);
	}
	wsim_memory_destroy(&step->output);
	if (step->fence)
		i915_fence_put(step->fence);
	free(step->copies);
}

static void destroy_client(struct wsim_run *run, struct wsim_client *client)
{
	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++)
		wsim_jobs_free(&client->in_flight[i]);
	for (uint32_t i = 0; client->steps && i < run->wsim->step_count; i++)
		destroy_step(&client->steps[i]);
	for (uint32_t i = 0; i < WSIM_SET_LIMIT; i++)
		destroy_set(&client->sets[i]);
	for (uint32_t i = 0; i < WSIM_CONTEXT_LIMIT; i++) {
		if (client->contexts[i].context)
			i915_context_destroy(client->contexts[i].context);
	}
	free(client->steps);
}

static int create_run(struct wsim_run *run)
{
	struct rng rng;
	int ret = 0;

	run->clients = calloc(run->client_count, sizeof(*run->clients));
	run->scratch = calloc(wsim_space_count(run), sizeof(*run->scratch));
	if (!run->clients || !run->scratch)
		return -ENOMEM;
	for (uint32_t i = 0; i < run->wsim->set_count; i++)
		run->has_shared_sets |= run->wsim->sets[i].shared && run->client_count > 1;
	rng_seed(&rng, run->w->avm->vm->m->seed);
	ret = create_sets(run, &rng, true, run->shared_sets);
	for (unsigned i = 0; i < run->client_count && ret == 0; i++)
		ret = create_client(run, i);
	return ret;
}

static void leave_sets(struct wsim_set_state *sets)
{
	for (uint32_t i = 0; i < WSIM_SET_LIMIT; i++) {
		for (uint32_t o = 0; o < sets[i].object_count; o++)
			sets[i].objects[o].object = NULL;
	}
}

static void leave_client(const struct wsim_run *run, struct wsim_client *client)
{
	for (uint32_t i = 0; client->steps && i < run->wsim->step_count; i++) {
		client->steps[i].output.object = NULL;
		for (unsigned b = 0; b < WSIM_BATCHES_PER_STEP; b++)
			client->steps[i].batches[b].buffer.object = NULL;
	}
	leave_sets(client->sets);
}

/* The GPU may still use memory of the guest: it is left to it. */
static void leave_memory(struct wsim_run *run)
{
	for (unsigned i = 0; run->clients && i < run->client_count; i++)
		leave_client(run, &run->clients[i]);
	leave_sets(run->shared_sets);
	for (size_t i = 0; run->scratch && i < wsim_space_count(run); i++)
		run->scratch[i].object = NULL;
}

static void destroy_run(struct wsim_run *run)
{
	for (unsigned i = 0; run->clients && i < run->client_count; i++)
		destroy_client(run, &run->clients[i]);
	for (uint32_t i = 0; i < WSIM_SET_LIMIT; i++)
		destroy_set(&run->shared_sets[i]);
	for (size_t i = 0; run->scratch && i < wsim_space_count(run); i++) {
		if (run->scratch[i].object)
			i915_object_destroy(run->scratch[i].object);
	}
	free(run->scratch);
	free(run->clients);
}

/* ---- what the GPU wrote ---- */

static void check_word(struct vm_result *vm, uint32_t found, uint32_t expected)
{
	struct workload_result *result = &vm->workload;

	vm->contents[0].count++;
	contents_add(&vm->contents[0], &found, sizeof(found));
	if (found == expected)
		result->bytes_verified += WORD_BYTES;
	else
		result->bytes_wrong += WORD_BYTES;
}

static void verify_memory(struct vm_result *vm, const struct wsim_memory *memory)
{
	const uint32_t *words;

	if (!memory->writer || i915_request_status(memory->writer->request))
		return;
	words = i915_object_cpu(memory->object);
	check_word(vm, words[WSIM_OUTPUT_SERIAL], memory->serial);
}

/* What was copied is known only if none of those failed that should have written it. */
static void verify_step(struct vm_result *vm, const struct wsim_step_state *step)
{
	const uint32_t *words;

	if (!step->job)
		return;
	words = i915_object_cpu(step->output.object);
	verify_memory(vm, &step->output);
	if (vm->workload.failed)
		return;
	for (uint32_t i = 0; i < step->copy_count; i++)
		check_word(vm, words[WSIM_OUTPUT_COPIES + i], step->copies[i]);
}

static void verify_set(struct vm_result *vm, const struct wsim_set_state *set)
{
	for (uint32_t i = 0; i < set->object_count; i++)
		verify_memory(vm, &set->objects[i]);
}

static void verify_run(const struct wsim_run *run)
{
	struct vm_result *vm = run->w->result;

	for (unsigned c = 0; c < run->client_count; c++) {
		for (uint32_t i = 0; i < run->wsim->step_count; i++)
			verify_step(vm, &run->clients[c].steps[i]);
		for (uint32_t i = 0; i < WSIM_SET_LIMIT; i++)
			verify_set(vm, &run->clients[c].sets[i]);
	}
	for (uint32_t i = 0; i < WSIM_SET_LIMIT; i++)
		verify_set(vm, &run->shared_sets[i]);
}

/* ---- the clients ---- */

static void client_main(void *arg)
{
	struct wsim_client *client = arg;
	struct platform *plat = client->run->w->plat;

	plat_irq_restore(plat, true);
	wsim_client_run(client);
	plat_irq_save(plat);
	client->ended = true;
	plat_wake(plat);
}

static bool all_ended(const struct wsim_run *run)
{
	for (unsigned i = 1; i < run->client_count; i++) {
		if (!run->clients[i].ended)
			return false;
	}
	return true;
}

static int start_clients(struct wsim_run *run)
{
	struct vm *vm = run->w->avm->vm;
	int ret = 0;

	for (unsigned i = 1; i < run->client_count; i++) {
		if (ret == 0)
			ret = vcpu_start(vm, i, exec_now(vm->m->ex), client_main, &run->clients[i]);
		run->clients[i].ended = ret != 0;
	}
	return ret;
}

static void join_clients(struct wsim_run *run)
{
	struct platform *plat = run->w->plat;
	bool irq = plat_irq_save(plat);

	while (!all_ended(run))
		plat_halt(plat, PLAT_NEVER);
	plat_irq_restore(plat, irq);
}

static int collect_frames(const struct wsim_run *run)
{
	int ret = 0;

	for (unsigned i = 0; i < run->client_count; i++) {
		const struct frame_times *frames = &run->w->result->clients[i].frames;

		run->w->result->frames.late += frames->late;

		for (size_t f = 0; f < frames->count && ret == 0; f++)
			ret = frame_times_add(&run->w->result->frames, frames->ps[f]);
	}
	return ret;
}

static int first_error(const struct wsim_run *run)
{
	for (unsigned i = 0; i < run->client_count; i++) {
		if (run->clients[i].error)
			return run->clients[i].error;
	}
	return 0;
}

/* What the driver has counted. false: the GPU may still be at work for what got lost. */
static bool finish(struct wsim_run *run)
{
	struct workload_result *result = &run->w->result->workload;
	uint64_t timeout_ns = run->w->avm->config->workload.timeout_ps / PS_PER_NS;
	bool idle = i915_wait_idle(run->w->i915, timeout_ns) == 0;
	struct i915_stats stats;

	i915_get_stats(run->w->i915, &stats);
	result->lost = stats.requests_added - stats.requests_completed;
	result->failed = stats.requests_failed;
	result->completed = result->requests - result->lost - result->failed;
	if (idle)
		verify_run(run);
	run->w->abandoned = !idle;
	return idle;
}

int wsim_run(struct workload *w)
{
	struct wsim_run run = {
		.w = w,
		.wsim = w->avm->config->workload.wsim,
		.client_count = w->avm->config->workload.clients,
	};
	int ret;

	w->result->clients = calloc(run.client_count, sizeof(*w->result->clients));
	if (!w->result->clients)
		return -ENOMEM;
	w->result->client_count = run.client_count;
	ret = create_run(&run);
	if (ret == 0) {
		ret = start_clients(&run);
		if (ret == 0)
			wsim_client_run(&run.clients[0]);
		join_clients(&run);
	}
	if (ret == 0)
		ret = first_error(&run);
	if (ret == 0)
		ret = collect_frames(&run);
	if (!finish(&run))
		leave_memory(&run);
	destroy_run(&run);
	return ret;
}
