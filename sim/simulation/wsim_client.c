// SPDX-License-Identifier: MIT
/* One client: the steps of an iteration, one after the other. */
#include <errno.h>

#include "sim/simulation/frames.h"
#include "sim/simulation/wsim_impl.h"

/* The nearest batch at or before step `index`, counted backwards around the end. */
static uint32_t batch_before(const struct wsim *wsim, int64_t index)
{
	if (index < 0)
		index += wsim->step_count;
	if (index < 0)
		index = 0;
	while (wsim->steps[index].kind != WSIM_BATCH)
		index = index ? index - 1 : (int64_t)wsim->step_count - 1;
	return (uint32_t)index;
}

static int do_batch(struct wsim_client *client, uint32_t i)
{
	const struct wsim *wsim = client->run->wsim;
	int ret = 0;

	if (client->throttle) {
		uint32_t target = batch_before(wsim, (int64_t)i - (int64_t)client->throttle);

		ret = wsim_wait(client, client->steps[target].job);
	}
	if (ret == 0)
		ret = wsim_submit(client, i);
	if (ret == 0 && wsim->steps[i].wait)
		ret = wsim_wait(client, client->steps[i].job);
	if (ret == 0 && client->queue_depth) {
		enum gen9_engine_id engine = client->steps[i].job->engine;

		while (client->in_flight[engine].count > client->queue_depth && ret == 0)
			ret = wsim_wait_oldest(client, engine);
	}
	return ret;
}

static void do_period(struct wsim_client *client, uint64_t start_ns, uint64_t period_ns)
{
	uint64_t passed_ns = plat_time_ns(client->run->w->plat) - start_ns;

	if (passed_ns > period_ns)
		client->result->frames.late = ++client->result->late_periods;
	else
		plat_delay_ns(client->run->w->plat, period_ns - passed_ns);
}

static int do_fence(struct wsim_client *client, struct wsim_step_state *step)
{
	struct i915_fence *fence = i915_fence_create(client->run->w->i915);

	if (!fence)
		return -ENOMEM;
	/* What still awaited the one before is released, as by closing a timeline. */
	if (step->fence) {
		i915_fence_signal(step->fence);
		i915_fence_put(step->fence);
	}
	step->fence = fence;
	return 0;
}

static void do_terminate(struct wsim_client *client, uint32_t target)
{
	uint32_t *output = i915_object_cpu(client->steps[target].output.object);

	plat_store32(client->run->w->plat, &output[WSIM_OUTPUT_END], 1);
}

static int do_step(struct wsim_client *client, uint32_t i, uint64_t start_ns)
{
	const struct wsim_step *config = &client->run->wsim->steps[i];
	struct wsim_context_state *context = &client->contexts[config->context];

	switch (config->kind) {
	case WSIM_BATCH:
		return do_batch(client, i);
	case WSIM_DELAY:
		plat_delay_ns(client->run->w->plat, (uint64_t)config->value / PS_PER_NS);
		return 0;
	case WSIM_PERIOD:
		do_period(client, start_ns, (uint64_t)config->value / PS_PER_NS);
		return 0;
	case WSIM_SYNC:
		return wsim_wait(client, client->steps[config->target].job);
	case WSIM_THROTTLE:
		client->throttle = (uint64_t)config->value;
		return 0;
	case WSIM_QUEUE_DEPTH:
		client->queue_depth = (uint64_t)config->value;
		return 0;
	case WSIM_FENCE:
		return do_fence(client, &client->steps[i]);
	case WSIM_SIGNAL:
		i915_fence_signal(client->steps[config->target].fence);
		return 0;
	case WSIM_TERMINATE:
		do_terminate(client, config->target);
		return 0;
	case WSIM_PRIORITY:
		i915_context_set_priority(context->context, (int)config->value);
		return 0;
	case WSIM_PREEMPTION:
		context->preemption_ps = (uint64_t)config->value;
		return 0;
	case WSIM_SLICES:
	case WSIM_ENGINE_MAP:
	case WSIM_BALANCE:
	case WSIM_BOND:
	case WSIM_WORKING_SET:
	case WSIM_KIND_COUNT:
		break;
	}
	return 0; /* in force from the start, or, as a warning says, without effect */
}

static int do_iteration(struct wsim_client *client)
{
	uint64_t start_ns = plat_time_ns(client->run->w->plat);
	int ret = 0;

	for (uint32_t i = 0; i < client->run->wsim->step_count && ret == 0; i++)
		ret = do_step(client, i, start_ns);
	if (ret == 0)
		ret = frame_times_add(&client->result->frames,
				      (plat_time_ns(client->run->w->plat) - start_ns) * PS_PER_NS);
	return ret;
}

/* What nobody has signalled is signalled at the end, as by closing a timeline. */
static void signal_fences(struct wsim_client *client)
{
	for (uint32_t i = 0; i < client->run->wsim->step_count; i++) {
		if (client->steps[i].fence)
			i915_fence_signal(client->steps[i].fence);
	}
}

static int wait_for_all(struct wsim_client *client)
{
	int ret = 0;

	for (unsigned i = 0; i < GEN9_ENGINE_COUNT; i++) {
		while (client->in_flight[i].count && ret == 0)
			ret = wsim_wait_oldest(client, (enum gen9_engine_id)i);
	}
	return ret;
}

void wsim_client_run(struct wsim_client *client)
{
	const struct workload_config *config = &client->run->w->avm->config->workload;
	struct executor *ex = client->run->w->avm->vm->m->ex;
	const struct vcpu *vcpu = client->run->w->avm->vm->vcpus[client->index];
	uint64_t start_ps = exec_now(ex);
	uint64_t start_idle_ps = vcpu->idle_ps;
	int ret = 0;

	for (uint32_t i = 0; i < config->repeat && ret == 0; i++)
		ret = do_iteration(client);
	signal_fences(client);
	if (ret == 0)
		ret = wait_for_all(client);
	client->result->duration_ps = exec_now(ex) - start_ps;
	workload_add_busy(client->run->w, vcpu, start_ps, start_idle_ps);
	client->error = ret;
}
