// SPDX-License-Identifier: MIT
#include "sim/simulation/workload.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "guest/i915.h"
#include "guest/i915_batch.h"
#include "sim/simulation/surface.h"

#define BATCH_BYTES           4096u
#define BATCH_BYTES_PER_STORE 16u /* MI_STORE_DATA_IMM */

/* Memory bound where its submission's context runs. */
struct buffer {
	struct i915_object *object; /* NULL: none */
	struct i915_vma *vma;
};

/* One submission of the steps: its buffers and, while it is in flight, its request. */
struct submission {
	const struct step_config *step;
	struct buffer batch;
	struct buffer target; /* what the GPU writes; none when it writes nothing */
	struct buffer source;
	struct surface target_surface;
	struct surface source_surface;
	uint64_t key; /* of the contents expected now */
	struct i915_request *request;
};

struct workload {
	const struct assembly_vm *avm;
	const struct hw_profile *hardware;
	struct vm_result *result;
	struct platform *plat;
	struct i915 *i915;
	struct i915_context *contexts[CONFIG_CONTEXT_LIMIT];
	struct submission *submissions; /* in the order of the steps, lists flattened */
	size_t submission_count;
	uint64_t serial; /* submissions so far: makes every key new */
	bool abandoned;  /* some buffers were left to a request that got lost */
};

static const enum i915_misuse misuses[MISUSE_COUNT] = {
	[MISUSE_NONE] = I915_MISUSE_NONE,
	[MISUSE_BATCH_ADDRESS] = I915_MISUSE_BATCH_ADDRESS,
	[MISUSE_DESCRIPTOR_INVALID] = I915_MISUSE_DESCRIPTOR_INVALID,
	[MISUSE_RING_TAIL] = I915_MISUSE_RING_TAIL,
};

/* ---- the submissions of a list of steps ---- */

static bool is_submission(const struct step_config *step)
{
	return step->kind < STEP_TOGETHER;
}

static size_t count_submissions(const struct step_config *steps, size_t step_count)
{
	size_t count = 0;

	for (size_t i = 0; i < step_count; i++) {
		if (is_submission(&steps[i]))
			count++;
		else if (steps[i].kind == STEP_TOGETHER)
			count += count_submissions(steps[i].steps, steps[i].step_count);
	}
	return count;
}

/* Returns the next free one. */
static struct submission *assign_steps(struct submission *next, const struct step_config *steps,
				       size_t step_count)
{
	for (size_t i = 0; i < step_count; i++) {
		if (is_submission(&steps[i]))
			(next++)->step = &steps[i];
		else if (steps[i].kind == STEP_TOGETHER)
			next = assign_steps(next, steps[i].steps, steps[i].step_count);
	}
	return next;
}

int workload_create(struct workload **out, const struct assembly_vm *avm,
		    const struct hw_profile *hardware, struct vm_result *result)
{
	const struct workload_config *config = &avm->config->workload;
	struct workload *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->avm = avm;
	w->hardware = hardware;
	w->result = result;
	w->plat = avm->plat;
	w->submission_count = count_submissions(config->steps, config->step_count);
	w->submissions = calloc(w->submission_count + 1, sizeof(*w->submissions));
	if (!w->submissions) {
		free(w);
		return -ENOMEM;
	}
	assign_steps(w->submissions, config->steps, config->step_count);
	*out = w;
	return 0;
}

void workload_destroy(struct workload *workload)
{
	if (!workload)
		return;
	free(workload->submissions);
	free(workload);
}

/* ---- buffers ---- */

static bool is_copy(const struct submission *s)
{
	return s->step->kind == STEP_COPY || s->step->kind == STEP_FAST_COPY;
}

/* A fill makes one word of the whole rectangle. */
static bool is_flat(const struct submission *s)
{
	return s->step->kind == STEP_FILL;
}

static bool writes_memory(const struct submission *s)
{
	return s->step->kind != STEP_DRAW && s->step->kind != STEP_DISPATCH;
}

static size_t batch_bytes(const struct submission *s)
{
	if (s->step->kind == STEP_STORE)
		return BATCH_BYTES + (size_t)s->step->count * BATCH_BYTES_PER_STORE;
	return BATCH_BYTES;
}

/* Source and target are laid out differently: exchanging their coordinates shows. */
static void layout_surfaces(struct submission *s)
{
	if (s->step->kind == STEP_STORE)
		surface_layout(&s->target_surface, s->step->count, 1);
	else
		surface_layout(&s->target_surface, s->step->width, s->step->height);
	s->source_surface = s->target_surface;
	s->source_surface.x = 0;
	s->source_surface.y = 0;
}

/* No effect on a buffer that is there already. */
static int make_buffer(const struct workload *w, const struct submission *s, struct buffer *buffer,
		       size_t size_bytes)
{
	struct i915_vm *vm = i915_context_vm(w->contexts[s->step->context]);
	int ret;

	if (buffer->object)
		return 0;
	buffer->object = i915_object_create(w->i915, size_bytes);
	if (!buffer->object)
		return -ENOMEM;
	ret = i915_vma_bind(vm, buffer->object, NULL, &buffer->vma);
	if (ret) {
		i915_object_destroy(buffer->object);
		buffer->object = NULL;
	}
	return ret == -ENOSPC ? -ENOMEM : ret;
}

static int make_buffers(struct workload *w, struct submission *s)
{
	int ret = make_buffer(w, s, &s->batch, batch_bytes(s));

	if (ret || !writes_memory(s))
		return ret;
	layout_surfaces(s);
	ret = make_buffer(w, s, &s->target, surface_size_bytes(&s->target_surface));
	if (ret == 0 && is_copy(s))
		ret = make_buffer(w, s, &s->source, surface_size_bytes(&s->source_surface));
	return ret;
}

static void drop_buffers(struct submission *s)
{
	i915_object_destroy(s->source.object);
	i915_object_destroy(s->target.object);
	i915_object_destroy(s->batch.object);
	s->source = (struct buffer){ 0 };
	s->target = (struct buffer){ 0 };
	s->batch = (struct buffer){ 0 };
}

/* Give every use of every VM's submissions contents of its own. */
static void renew_contents(struct workload *w, struct submission *s)
{
	s->key = ((uint64_t)w->avm->vm->id << 56) + ++w->serial;
	if (!writes_memory(s))
		return;
	surface_poison(&s->target_surface, i915_object_cpu(s->target.object), s->key, is_flat(s));
	if (is_copy(s))
		surface_draw(&s->source_surface, i915_object_cpu(s->source.object), s->key);
}

static void verify_contents(struct workload *w, const struct submission *s)
{
	struct workload_result *result = &w->result->workload;
	struct surface_verdict verdict;

	if (!writes_memory(s))
		return;
	verdict = surface_verify(&s->target_surface, i915_object_cpu(s->target.object), s->key,
				 is_flat(s));
	result->bytes_verified += verdict.bytes_right;
	result->bytes_wrong += verdict.bytes_wrong;
	if (!is_copy(s))
		return;
	/* The source must have stayed as it was. */
	verdict = surface_verify(&s->source_surface, i915_object_cpu(s->source.object), s->key,
				 false);
	result->bytes_wrong += verdict.bytes_wrong;
}

/* ---- batches ---- */

static struct blt_surface blt_surface(const struct buffer *buffer, const struct surface *surface)
{
	return (struct blt_surface){
		.gma = i915_vma_gma(buffer->vma),
		.pitch_bytes = surface->pitch_words * (uint32_t)sizeof(uint32_t),
		.x = (uint16_t)surface->x,
		.y = (uint16_t)surface->y,
	};
}

static int emit_blit(struct batch *batch, const struct submission *s)
{
	struct blt_surface target = blt_surface(&s->target, &s->target_surface);
	struct blt_surface source;
	uint16_t width = (uint16_t)s->step->width;
	uint16_t height = (uint16_t)s->step->height;

	if (s->step->kind == STEP_FILL)
		return batch_fill(batch, &target, width, height, surface_word(s->key, 0));
	source = blt_surface(&s->source, &s->source_surface);
	if (s->step->kind == STEP_COPY)
		return batch_copy(batch, &target, &source, width, height);
	return batch_fast_copy(batch, &target, &source, width, height);
}

static int emit_stores(struct batch *batch, const struct submission *s)
{
	const struct surface *surface = &s->target_surface;
	uint64_t gma = i915_vma_gma(s->target.vma) +
		       ((uint64_t)surface->y * surface->pitch_words + surface->x) *
			       sizeof(uint32_t);
	int ret = 0;

	for (uint32_t i = 0; i < s->step->count && ret == 0; i++)
		ret = batch_store_dword(batch, gma + i * sizeof(uint32_t), surface_word(s->key, i));
	return ret;
}

/* How many units of work of a given price take the step's duration: at least one. */
static uint32_t units_of_work(const struct workload *w, const struct submission *s,
			      enum hw_param price)
{
	uint64_t unit_ps = w->hardware->value_ps[price];
	uint64_t units = unit_ps ? (s->step->duration_ps + unit_ps - 1) / unit_ps : 1;

	if (units == 0)
		return 1;
	return units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

static int build_batch(const struct workload *w, const struct submission *s)
{
	struct batch batch;
	int ret;

	batch_begin(&batch, s->batch.vma);
	switch (s->step->kind) {
	case STEP_FILL:
	case STEP_COPY:
	case STEP_FAST_COPY:
		ret = emit_blit(&batch, s);
		break;
	case STEP_STORE:
		ret = emit_stores(&batch, s);
		break;
	case STEP_DRAW:
		ret = batch_draw(&batch, units_of_work(w, s, HW_3DPRIMITIVE_VERTEX), 1);
		break;
	case STEP_DISPATCH:
		ret = batch_dispatch(&batch, units_of_work(w, s, HW_GPGPU_GROUP), 1, 1);
		break;
	default:
		ret = -EINVAL;
		break;
	}
	return ret ? ret : batch_end(&batch);
}

/* ---- requests ---- */

static uint64_t deadline_of_wait(const struct workload *w)
{
	return plat_time_ns(w->plat) + w->avm->config->workload.timeout_ps / PS_PER_NS;
}

/* Wait for the submission's request, if it has one, and see what came of it. */
static void finish(struct workload *w, struct submission *s, uint64_t deadline_ns)
{
	uint64_t now_ns = plat_time_ns(w->plat);

	if (!s->request)
		return;
	if (i915_request_wait(s->request, now_ns < deadline_ns ? deadline_ns - now_ns : 0) == 0) {
		w->result->workload.completed++;
		verify_contents(w, s);
	} else {
		w->result->workload.lost++;
		w->abandoned = true;
		s->batch = (struct buffer){ 0 };
		s->target = (struct buffer){ 0 };
		s->source = (struct buffer){ 0 };
	}
	i915_request_put(s->request);
	s->request = NULL;
}

static void finish_all(struct workload *w)
{
	uint64_t deadline_ns = deadline_of_wait(w);

	for (size_t i = 0; i < w->submission_count; i++)
		finish(w, &w->submissions[i], deadline_ns);
}

/* may_wait: room in the driver may be made by waiting for what is in flight. */
static int submit(struct workload *w, struct submission *s, bool may_wait)
{
	struct i915_context *context = w->contexts[s->step->context];
	int ret;

	finish(w, s, deadline_of_wait(w));
	ret = make_buffers(w, s);
	if (ret)
		return ret;
	renew_contents(w, s);
	ret = build_batch(w, s);
	if (ret)
		return ret;
	ret = i915_request_create(context, s->step->engine, s->batch.vma, misuses[s->step->misuse],
				  &s->request);
	if (ret == -ENOMEM && may_wait) {
		finish_all(w);
		ret = i915_request_create(context, s->step->engine, s->batch.vma,
					  misuses[s->step->misuse], &s->request);
	}
	if (ret) {
		s->request = NULL;
		return ret;
	}
	w->result->workload.requests++;
	i915_request_add(s->request);
	return 0;
}

/* ---- steps ---- */

/* All submissions of a list leave for the ports at once. */
static int submit_together(struct workload *w, struct submission *first, size_t count)
{
	int ret = 0;

	/* Nothing to wait for may be left: while submission is held, nothing completes. */
	for (size_t i = 0; i < count; i++)
		finish(w, &first[i], deadline_of_wait(w));
	i915_submission_hold(w->i915);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = submit(w, &first[i], false);
	i915_submission_release(w->i915);
	return ret;
}

static int run_steps(struct workload *w)
{
	const struct workload_config *config = &w->avm->config->workload;
	struct submission *next = w->submissions;
	int ret = 0;

	for (size_t i = 0; i < config->step_count && ret == 0; i++) {
		const struct step_config *step = &config->steps[i];
		size_t count;

		switch (step->kind) {
		case STEP_WAIT:
			finish_all(w);
			break;
		case STEP_SLEEP:
			plat_delay_ns(w->plat, step->duration_ps / PS_PER_NS);
			break;
		case STEP_TOGETHER:
			count = count_submissions(step->steps, step->step_count);
			ret = submit_together(w, next, count);
			next += count;
			break;
		default:
			ret = submit(w, next++, true);
			break;
		}
	}
	return ret;
}

/* ---- the whole ---- */

static int create_contexts(struct workload *w)
{
	for (unsigned i = 0; i < w->avm->config->workload.context_count; i++) {
		w->contexts[i] = i915_context_create(w->i915);
		if (!w->contexts[i])
			return -ENOMEM;
	}
	return 0;
}

static void run_repeatedly(struct workload *w)
{
	const struct workload_config *config = &w->avm->config->workload;
	struct executor *ex = w->avm->vm->m->ex;
	uint64_t start_ps = exec_now(ex);
	int ret = 0;

	for (uint32_t i = 0; i < config->repeat && ret == 0; i++)
		ret = run_steps(w);
	finish_all(w);
	w->result->workload.error = ret;
	w->result->workload.duration_ps = exec_now(ex) - start_ps;
}

/*
 * Give everything back. A driver whose engines do not become idle is left as it is: its memory
 * belongs to the GPU for good.
 */
static void stop_driver(struct workload *w)
{
	if (i915_wait_idle(w->i915, w->avm->config->workload.timeout_ps / PS_PER_NS) ||
	    w->abandoned)
		return;
	for (size_t i = 0; i < w->submission_count; i++)
		drop_buffers(&w->submissions[i]);
	for (unsigned i = 0; i < CONFIG_CONTEXT_LIMIT; i++) {
		if (w->contexts[i])
			i915_context_destroy(w->contexts[i]);
	}
	i915_destroy(w->i915);
	w->i915 = NULL;
	assert(platform_pages_in_use(w->plat) == 0 && "the driver gave all pages back");
}

void workload_run(struct workload *workload)
{
	struct workload *w = workload;
	const struct i915_params params = {
		.pvmmio_levels = w->avm->config->pvmmio_levels,
		.skip_pvinfo = w->avm->config->skip_pvinfo,
		.ppgtt = I915_PPGTT_NONE,
	};
	int ret;

	/* The firmware leaves interrupts off; the guest's kernel switches them on. */
	plat_irq_restore(w->plat, true);
	ret = i915_create(&w->i915, w->plat, &params);
	if (ret) {
		w->result->init_error = ret;
		return;
	}
	ret = create_contexts(w);
	if (ret)
		w->result->workload.error = ret;
	else
		run_repeatedly(w);
	stop_driver(w);
}
