// SPDX-License-Identifier: MIT
/*
 * The workload of an application on the host (mode: host): the same steps, one after the other,
 * through host i915 and without a VM. Each submission is waited for and verified at once.
 */
#include <errno.h>
#include <stdlib.h>

#include "host/host_client.h"
#include "sim/simulation/contents.h"
#include "sim/simulation/gpu_work.h"
#include "sim/simulation/workload_impl.h"

#define BATCH_BYTES           4096u
#define BATCH_BYTES_PER_STORE 16u /* MI_STORE_DATA_IMM */

/* What one step of the list uses, made when it is done first. */
struct host_step {
	const struct step_config *config;
	struct host_buffer *batch;
	struct host_buffer *target; /* NULL: it writes nothing */
	struct host_buffer *source;
	struct surface target_surface;
	struct surface source_surface;
	uint64_t key;
};

static bool has_target(const struct step_config *step)
{
	return step->kind == STEP_FILL || step->kind == STEP_COPY || step->kind == STEP_FAST_COPY ||
	       step->kind == STEP_STORE;
}

static bool is_copy(const struct step_config *step)
{
	return step->kind == STEP_COPY || step->kind == STEP_FAST_COPY;
}

static int make_buffers(struct host_client *client, struct host_step *s)
{
	const struct step_config *step = s->config;

	if (s->batch)
		return 0;
	if (has_target(step)) {
		surface_layout(&s->target_surface,
			       step->kind == STEP_STORE ? step->count : step->width,
			       step->kind == STEP_STORE ? 1 : step->height);
		s->source_surface = s->target_surface;
		s->target = host_buffer_create(client, surface_size_bytes(&s->target_surface));
		if (!s->target)
			return -ENOMEM;
	}
	if (is_copy(step)) {
		s->source_surface.x = 0;
		s->source_surface.y = 0;
		s->source = host_buffer_create(client, surface_size_bytes(&s->source_surface));
		if (!s->source)
			return -ENOMEM;
	}
	s->batch = host_buffer_create(client,
				      BATCH_BYTES + (size_t)step->count * BATCH_BYTES_PER_STORE);
	return s->batch ? 0 : -ENOMEM;
}

static struct blt_surface blt_surface(const struct host_buffer *buffer,
				      const struct surface *surface)
{
	return (struct blt_surface){
		.gma = host_buffer_gma(buffer),
		.pitch_bytes = surface->pitch_words * (uint32_t)sizeof(uint32_t),
		.x = (uint16_t)surface->x,
		.y = (uint16_t)surface->y,
	};
}

static int emit_blit(struct batch *batch, const struct host_step *s)
{
	const struct blt_surface target = blt_surface(s->target, &s->target_surface);
	uint16_t width = (uint16_t)s->config->width;
	uint16_t height = (uint16_t)s->config->height;
	struct blt_surface source;

	if (s->config->kind == STEP_FILL)
		return batch_fill(batch, &target, width, height, surface_word(s->key, 0));
	source = blt_surface(s->source, &s->source_surface);
	return s->config->kind == STEP_COPY
		       ? batch_copy(batch, &target, &source, width, height)
		       : batch_fast_copy(batch, &target, &source, width, height);
}

static int emit_stores(struct batch *batch, const struct host_step *s)
{
	const struct surface *surface = &s->target_surface;
	uint64_t gma = host_buffer_gma(s->target) +
		       ((uint64_t)surface->y * surface->pitch_words + surface->x) *
			       sizeof(uint32_t);
	int ret = 0;

	for (uint32_t i = 0; i < s->config->count && ret == 0; i++)
		ret = batch_store_dword(batch, gma + i * sizeof(uint32_t), surface_word(s->key, i));
	return ret;
}

static int build_batch(const struct workload *w, const struct host_step *s)
{
	struct batch batch = {
		.dwords = host_buffer_cpu(s->batch),
		.limit = (BATCH_BYTES + (size_t)s->config->count * BATCH_BYTES_PER_STORE) / 4,
		.ggtt = true,
	};
	int ret;

	if (s->config->kind == STEP_STORE)
		ret = emit_stores(&batch, s);
	else if (has_target(s->config))
		ret = emit_blit(&batch, s);
	else
		ret = gpu_work_emit(&batch, w->hardware, gpu_work_of(s->config->kind),
				    s->config->duration_ps);
	return ret ? ret : batch_end(&batch);
}

/* New contents each time, so that nothing is right before the GPU has written it. */
static void renew_contents(struct workload *w, struct host_step *s)
{
	s->key = ((uint64_t)w->avm->vm->id << 56) + ++w->serial;
	if (s->target)
		surface_poison(&s->target_surface, host_buffer_cpu(s->target), s->key,
			       s->config->kind == STEP_FILL);
	if (s->source)
		surface_draw(&s->source_surface, host_buffer_cpu(s->source), s->key);
}

static void verify_contents(struct workload *w, const struct host_step *s)
{
	struct workload_result *result = &w->result->workload;
	struct surface_verdict verdict;

	if (!s->target)
		return;
	w->result->contents[0].count++;
	contents_add(&w->result->contents[0], host_buffer_cpu(s->target),
		     surface_size_bytes(&s->target_surface));
	verdict = surface_verify(&s->target_surface, host_buffer_cpu(s->target), s->key,
				 s->config->kind == STEP_FILL);
	result->bytes_verified += verdict.bytes_right;
	result->bytes_wrong += verdict.bytes_wrong;
	if (!s->source)
		return;
	verdict = surface_verify(&s->source_surface, host_buffer_cpu(s->source), s->key, false);
	result->bytes_wrong += verdict.bytes_wrong;
}

/* The driver's own time is that of a guest's driver; nothing of it is a trap. */
static int submit(struct workload *w, struct host_step *s)
{
	struct workload_result *result = &w->result->workload;
	int ret = make_buffers(w->avm->client, s);

	if (ret)
		return ret;
	renew_contents(w, s);
	ret = build_batch(w, s);
	if (ret)
		return ret;
	result->requests++;
	plat_work(w->plat, PLAT_WORK_REQUEST);
	plat_op_begin(w->plat, PLAT_OP_SUBMIT);
	plat_work(w->plat, PLAT_WORK_SUBMIT);
	plat_op_end(w->plat, PLAT_OP_SUBMIT);
	ret = host_client_run(w->avm->client, s->config->engine, s->batch);
	if (ret) {
		result->lost++;
		return ret;
	}
	result->completed++;
	verify_contents(w, s);
	return 0;
}

static int run_steps(struct workload *w, struct host_step *steps)
{
	const struct workload_config *config = &w->avm->config->workload;
	int ret = 0;

	for (size_t i = 0; i < config->step_count && ret == 0; i++) {
		if (config->steps[i].kind == STEP_SLEEP)
			plat_delay_ns(w->plat, config->steps[i].duration_ps / PS_PER_NS);
		else if (config->steps[i].kind != STEP_WAIT)
			ret = submit(w, &steps[i]);
	}
	return ret;
}

void host_workload_run(struct workload *w)
{
	const struct workload_config *config = &w->avm->config->workload;
	struct executor *ex = w->avm->vm->m->ex;
	struct host_step *steps = calloc(config->step_count + 1, sizeof(*steps));
	uint64_t start_ps = exec_now(ex);
	uint64_t end_ps = config->duration_ps ? start_ps + config->duration_ps : EXEC_NEVER;
	int ret = steps ? 0 : -ENOMEM;

	plat_irq_restore(w->plat, true); /* a delay sleeps */
	for (size_t i = 0; steps && i < config->step_count; i++)
		steps[i].config = &config->steps[i];
	for (uint32_t i = 0; i < config->repeat && ret == 0 && exec_now(ex) < end_ps; i++)
		ret = run_steps(w, steps);
	w->result->workload.error = ret;
	w->result->workload.duration_ps = exec_now(ex) - start_ps;
	free(steps);
}
