// SPDX-License-Identifier: MIT
/* One batch of a descriptor: where it runs, what it awaits, its request. */
#include <errno.h>
#include <stdlib.h>

#include "sim/simulation/wsim_impl.h"

/* ---- waiting ---- */

int wsim_wait(struct wsim_client *client, struct wsim_job *job)
{
	struct workload *w = client->run->w;
	uint64_t start_ns = plat_time_ns(w->plat);
	int ret;

	if (!job)
		return 0;
	ret = i915_request_wait(job->request, w->avm->config->workload.timeout_ps / PS_PER_NS);
	client->result->wait_ps += (plat_time_ns(w->plat) - start_ns) * PS_PER_NS;
	return ret;
}

int wsim_wait_oldest(struct wsim_client *client, enum gen9_engine_id engine)
{
	struct wsim_jobs *jobs = &client->in_flight[engine];
	int ret = wsim_wait(client, jobs->items[0]);

	wsim_jobs_drop(jobs, 0);
	return ret;
}

static void forget_completed(struct wsim_client *client, enum gen9_engine_id engine)
{
	struct wsim_jobs *jobs = &client->in_flight[engine];

	while (jobs->count && i915_request_completed(jobs->items[0]->request))
		wsim_jobs_drop(jobs, 0);
}

/* ---- the engine ---- */

/* Of those that may follow a batch on the master's engine, if there is a bond for that. */
static uint32_t bonded_engines(const struct wsim_client *client, const struct wsim_step *config,
			       enum gen9_engine_id master)
{
	const struct wsim *wsim = client->run->wsim;
	uint32_t engines = config->engines;

	for (uint32_t i = 0; i < wsim->step_count; i++) {
		const struct wsim_step *bond = &wsim->steps[i];

		if (bond->kind == WSIM_BOND && bond->context == config->context &&
		    bond->master == master && (engines & bond->engines))
			engines &= bond->engines;
	}
	return engines;
}

static enum gen9_engine_id least_loaded(struct wsim_client *client, uint32_t engines)
{
	uint64_t least = UINT64_MAX;
	enum gen9_engine_id best = GEN9_RCS0;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		uint64_t depth;

		if (!(engines >> i & 1))
			continue;
		depth = i915_engine_depth(client->run->w->i915, (enum gen9_engine_id)i);
		if (depth < least) {
			least = depth;
			best = (enum gen9_engine_id)i;
		}
	}
	return best;
}

static enum gen9_engine_id choose_engine(struct wsim_client *client, const struct wsim_step *config)
{
	uint32_t engines = config->engines;

	for (uint32_t i = 0; i < config->need_count; i++) {
		const struct wsim_need *need = &config->needs[i];

		if (need->kind == WSIM_NEED_SUBMITTED && client->steps[need->target].job)
			engines &= bonded_engines(client, config,
						  client->steps[need->target].job->engine);
	}
	if (!engines)
		engines = config->engines;
	if (!(engines & (engines - 1)))
		return (enum gen9_engine_id)__builtin_ctz(engines);
	if (client->run->wsim->contexts[config->context].balanced)
		return least_loaded(client, engines);
	/* As i915 does for VCS: each client keeps to one of them. */
	return (enum gen9_engine_id)(__builtin_ctz(engines) + client->index % 2);
}

/* ---- the batch buffer ---- */

static uint64_t draw_duration(struct wsim_client *client, const struct wsim_step *config)
{
	/* In whole microseconds, as they are written. */
	uint64_t choices = (config->max_ps - config->min_ps) / PS_PER_US + 1;

	return config->min_ps + (choices > 1 ? rng_below(&client->rng, choices) : 0) * PS_PER_US;
}

/* A free batch buffer of at least size_bytes, in the batch's context. */
static int take_buffer(struct wsim_client *client, uint32_t i, size_t size_bytes, unsigned *slot)
{
	struct wsim_step_state *step = &client->steps[i];
	uint32_t context = client->run->wsim->steps[i].context;
	struct buffer *buffer;
	int ret;

	*slot = step->next_batch++ % WSIM_BATCHES_PER_STEP;
	buffer = &step->batches[*slot].buffer;
	ret = wsim_wait(client, step->batches[*slot].job);
	wsim_job_put(step->batches[*slot].job);
	step->batches[*slot].job = NULL;
	if (ret || (buffer->object && i915_object_size(buffer->object) >= size_bytes))
		return ret;
	if (buffer->object)
		i915_object_destroy(buffer->object);
	buffer->object = i915_object_create(client->run->w->i915, size_bytes);
	if (!buffer->object)
		return -ENOMEM;
	ret = i915_vma_bind(i915_context_vm(client->contexts[context].context), buffer->object,
			    NULL, &buffer->vma);
	if (ret) {
		i915_object_destroy(buffer->object);
		buffer->object = NULL;
	}
	return ret;
}

/* ---- order ---- */

/* What a batch does with memory, and with other batches, one after the other. */
struct visit {
	struct wsim_client *client;
	struct i915_request *request; /* which is to await what it needs; else: */
	struct wsim_job *job;         /* which uses it now */
};

static int visit_memory(const struct visit *v, struct wsim_memory *memory, bool writes)
{
	if (v->request)
		return wsim_memory_order(memory, v->request, writes);
	return wsim_memory_used(memory, v->job, writes);
}

static int visit_objects(const struct visit *v, const struct wsim_need *need, bool writes)
{
	struct wsim_set_state *set = wsim_set_of(v->client, need->set);
	int ret = 0;

	for (uint32_t i = need->first; i <= need->last && ret == 0; i++)
		ret = visit_memory(v, &set->objects[i], writes);
	return ret;
}

static int visit_step(const struct visit *v, const struct wsim_need *need)
{
	const struct wsim_step_state *target = &v->client->steps[need->target];
	enum i915_await what = need->kind == WSIM_NEED_SUBMITTED ? I915_AWAIT_SUBMITTED
								 : I915_AWAIT_COMPLETED;

	if (!v->request)
		return 0;
	if (target->fence)
		return i915_request_await_fence(v->request, target->fence);
	return target->job ? i915_request_await(v->request, target->job->request, what) : 0;
}

static int visit_needs(const struct visit *v, uint32_t i)
{
	const struct wsim_step *config = &v->client->run->wsim->steps[i];
	int ret = 0;

	for (uint32_t n = 0; n < config->need_count && ret == 0; n++) {
		const struct wsim_need *need = &config->needs[n];

		switch (need->kind) {
		case WSIM_NEED_DATA:
			ret = visit_memory(v, &v->client->steps[need->target].output, false);
			break;
		case WSIM_NEED_READ:
		case WSIM_NEED_WRITE:
			ret = visit_objects(v, need, need->kind == WSIM_NEED_WRITE);
			break;
		case WSIM_NEED_COMPLETED:
		case WSIM_NEED_SUBMITTED:
			ret = visit_step(v, need);
			break;
		}
	}
	return ret ? ret : visit_memory(v, &v->client->steps[i].output, true);
}

/* The serial that memory will have is known once nobody can come in between any more. */
static void note_serial(struct wsim_client *client, uint32_t i, uint32_t serial)
{
	const struct wsim_step *config = &client->run->wsim->steps[i];

	client->steps[i].output.serial = serial;
	for (uint32_t n = 0; n < config->need_count; n++) {
		const struct wsim_need *need = &config->needs[n];

		if (need->kind != WSIM_NEED_WRITE)
			continue;
		for (uint32_t o = need->first; o <= need->last; o++)
			wsim_set_of(client, need->set)->objects[o].serial = serial;
	}
}

/* ---- submission ---- */

static int create_request(struct wsim_client *client, uint32_t i, enum gen9_engine_id engine,
			  struct i915_vma *vma, struct i915_request **out)
{
	struct i915_context *context =
		client->contexts[client->run->wsim->steps[i].context].context;
	int ret;

	/* The ring may be full: what ends makes room. */
	while ((ret = i915_request_create(context, engine, vma, I915_MISUSE_NONE, out)) ==
		       -ENOMEM &&
	       client->in_flight[engine].count) {
		ret = wsim_wait_oldest(client, engine);
		if (ret)
			break;
	}
	return ret;
}

static int add_job(struct wsim_client *client, uint32_t i, unsigned slot, struct wsim_job *job)
{
	struct wsim_step_state *step = &client->steps[i];
	const struct visit use = { .client = client, .job = job };
	int ret = visit_needs(&use, i);

	wsim_job_put(step->job);
	step->job = wsim_job_ref(job);
	step->batches[slot].job = wsim_job_ref(job);
	forget_completed(client, job->engine);
	return ret ? ret : wsim_jobs_add(&client->in_flight[job->engine], job);
}

static int order_and_add(struct wsim_client *client, uint32_t i, unsigned slot,
			 uint64_t duration_ps, struct wsim_job *job)
{
	struct wsim_run *run = client->run;
	const struct visit wait = { .client = client, .request = job->request };
	uint32_t serial = ++run->serial;
	int ret = wsim_batch_build(client, i, job->engine, duration_ps, serial,
				   client->steps[i].batches[slot].buffer.vma);

	if (ret == 0)
		ret = visit_needs(&wait, i);
	if (ret)
		return ret;
	note_serial(client, i, serial);
	i915_request_add(job->request);
	run->w->result->workload.requests++;
	client->result->batches++;
	return add_job(client, i, slot, job);
}

/* Nobody may come in between who uses the same shared memory, as with the kernel's reservations. */
static int order_and_add_locked(struct wsim_client *client, uint32_t i, unsigned slot,
				uint64_t duration_ps, struct wsim_job *job)
{
	struct wsim_run *run = client->run;
	bool irq;
	int ret;

	if (!run->has_shared_sets)
		return order_and_add(client, i, slot, duration_ps, job);
	irq = plat_lock(run->w->plat, &run->lock);
	ret = order_and_add(client, i, slot, duration_ps, job);
	plat_unlock(run->w->plat, &run->lock, irq);
	return ret;
}

/* The word that an endless batch polls belongs to one job at a time. */
static int begin_endless(struct wsim_client *client, uint32_t i)
{
	struct wsim_step_state *step = &client->steps[i];
	uint32_t *output = i915_object_cpu(step->output.object);
	int ret = wsim_wait(client, step->job);

	if (ret == 0)
		plat_store32(client->run->w->plat, &output[WSIM_OUTPUT_END], 0);
	return ret;
}

static int make_job(struct wsim_client *client, uint32_t i, unsigned slot,
		    enum gen9_engine_id engine, struct wsim_job **out)
{
	struct wsim_job *job = calloc(1, sizeof(*job));
	int ret;

	if (!job)
		return -ENOMEM;
	job->refs = 1;
	job->engine = engine;
	ret = create_request(client, i, engine, client->steps[i].batches[slot].buffer.vma,
			     &job->request);
	if (ret)
		free(job);
	else
		*out = job;
	return ret;
}

int wsim_submit(struct wsim_client *client, uint32_t i)
{
	const struct wsim_step *config = &client->run->wsim->steps[i];
	enum gen9_engine_id engine = choose_engine(client, config);
	uint64_t duration_ps = draw_duration(client, config);
	struct wsim_job *job;
	unsigned slot;
	int ret = config->endless ? begin_endless(client, i) : 0;

	if (ret == 0)
		ret = wsim_batch_bind(client, i, engine);
	if (ret == 0)
		ret = take_buffer(client, i, wsim_batch_bytes(client, i, engine, duration_ps),
				  &slot);
	if (ret == 0)
		ret = make_job(client, i, slot, engine, &job);
	if (ret)
		return ret;
	ret = order_and_add_locked(client, i, slot, duration_ps, job);
	wsim_job_put(job);
	return ret;
}
