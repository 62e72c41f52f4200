// SPDX-License-Identifier: MIT
/* Memory of a descriptor's batches, who uses it, and in which order. */
#include <errno.h>
#include <stdlib.h>

#include "sim/simulation/wsim_impl.h"

/* ---- jobs ---- */

struct wsim_job *wsim_job_ref(struct wsim_job *job)
{
	job->refs++;
	return job;
}

void wsim_job_put(struct wsim_job *job)
{
	if (!job || --job->refs)
		return;
	i915_request_put(job->request);
	free(job);
}

int wsim_jobs_add(struct wsim_jobs *jobs, struct wsim_job *job)
{
	if (jobs->count == jobs->capacity) {
		size_t capacity = jobs->capacity ? 2 * jobs->capacity : 8;
		struct wsim_job **grown = realloc(jobs->items, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		jobs->items = grown;
		jobs->capacity = capacity;
	}
	jobs->items[jobs->count++] = wsim_job_ref(job);
	return 0;
}

void wsim_jobs_drop(struct wsim_jobs *jobs, size_t index)
{
	wsim_job_put(jobs->items[index]);
	jobs->count--;
	for (size_t i = index; i < jobs->count; i++)
		jobs->items[i] = jobs->items[i + 1];
}

void wsim_jobs_free(struct wsim_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		wsim_job_put(jobs->items[i]);
	free(jobs->items);
	*jobs = (struct wsim_jobs){ 0 };
}

/* ---- memory ---- */

size_t wsim_space_count(const struct wsim_run *run)
{
	return (size_t)run->client_count * run->wsim->context_count;
}

size_t wsim_space_index(const struct wsim_client *client, uint32_t context)
{
	return (size_t)client->index * client->run->wsim->context_count + context;
}

int wsim_memory_create(struct wsim_run *run, struct wsim_memory *memory, uint64_t size_bytes)
{
	memory->vmas = calloc(wsim_space_count(run), sizeof(*memory->vmas));
	memory->object = i915_object_create(run->w->i915, size_bytes);
	return memory->vmas && memory->object ? 0 : -ENOMEM;
}

/* With the object goes everything that is bound of it. */
void wsim_memory_destroy(struct wsim_memory *memory)
{
	wsim_job_put(memory->writer);
	wsim_jobs_free(&memory->readers);
	if (memory->object)
		i915_object_destroy(memory->object);
	free(memory->vmas);
	*memory = (struct wsim_memory){ 0 };
}

int wsim_memory_bind(struct wsim_client *client, uint32_t context, struct wsim_memory *memory,
		     uint64_t *gma)
{
	struct i915_vma **vma = &memory->vmas[wsim_space_index(client, context)];
	int ret = 0;

	if (!*vma)
		ret = i915_vma_bind(i915_context_vm(client->contexts[context].context),
				    memory->object, NULL, vma);
	if (ret == 0)
		*gma = i915_vma_gma(*vma);
	return ret;
}

int wsim_memory_order(struct wsim_memory *memory, struct i915_request *request, bool writes)
{
	int ret = 0;

	if (memory->writer)
		ret = i915_request_await(request, memory->writer->request, I915_AWAIT_COMPLETED);
	for (size_t i = 0; writes && i < memory->readers.count && ret == 0; i++)
		ret = i915_request_await(request, memory->readers.items[i]->request,
					 I915_AWAIT_COMPLETED);
	return ret;
}

static void forget_completed_readers(struct wsim_memory *memory)
{
	for (size_t i = memory->readers.count; i-- > 0;) {
		if (i915_request_completed(memory->readers.items[i]->request))
			wsim_jobs_drop(&memory->readers, i);
	}
}

int wsim_memory_used(struct wsim_memory *memory, struct wsim_job *job, bool writes)
{
	forget_completed_readers(memory);
	if (!writes)
		return wsim_jobs_add(&memory->readers, job);
	wsim_jobs_free(&memory->readers);
	wsim_job_put(memory->writer);
	memory->writer = wsim_job_ref(job);
	return 0;
}

struct wsim_set_state *wsim_set_of(struct wsim_client *client, uint32_t set)
{
	return client->run->wsim->sets[set].shared ? &client->run->shared_sets[set]
						   : &client->sets[set];
}
