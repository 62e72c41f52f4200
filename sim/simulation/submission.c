// SPDX-License-Identifier: MIT
/* One submission: its buffers, its batch, its request, and what the GPU made of it. */
#include <errno.h>

#include "guest/i915_batch.h"
#include "sim/simulation/contents.h"
#include "sim/simulation/gpu_work.h"
#include "sim/simulation/workload_impl.h"

#define BATCH_BYTES           4096u
#define BATCH_BYTES_PER_STORE 16u /* MI_STORE_DATA_IMM */
#define PAGE_DWORDS           UINT64_C(1024)
#define UNKNOWN_COMMAND       (0x7fu << 23)

static const enum i915_misuse misuses[MISUSE_COUNT] = {
	[MISUSE_NONE] = I915_MISUSE_NONE,
	[MISUSE_BATCH_ADDRESS] = I915_MISUSE_BATCH_ADDRESS,
	[MISUSE_DESCRIPTOR_INVALID] = I915_MISUSE_DESCRIPTOR_INVALID,
	[MISUSE_RING_TAIL] = I915_MISUSE_RING_TAIL,
	[MISUSE_COMMAND] = I915_MISUSE_COMMAND,
	[MISUSE_REGISTER] = I915_MISUSE_REGISTER,
	[MISUSE_STORE_ADDRESS] = I915_MISUSE_STORE_ADDRESS,
	[MISUSE_HANG] = I915_MISUSE_NONE, /* it is the batch that is wrong */
};

/* The object that it writes to; NULL: a buffer of its own. */
static struct object_state *object_of(struct workload *w, const struct submission *s)
{
	return s->step->object == CONFIG_NO_OBJECT ? NULL : &w->objects[s->step->object];
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

/* Work of stated duration, which writes nothing. */
static bool is_timed(const struct submission *s)
{
	return s->step->kind >= STEP_DRAW && s->step->kind <= STEP_ENHANCE;
}

/* To a buffer of its own? */
static bool has_target(const struct submission *s)
{
	return !is_timed(s) && s->step->object == CONFIG_NO_OBJECT;
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

/* Where its addresses are: a batch in the GGTT knows the GGTT's only. */
static struct i915_vm *space_of(struct workload *w, const struct submission *s)
{
	const struct object_state *object = object_of(w, s);

	return object && object->config->space == BIND_SPACE_GGTT
		       ? i915_ggtt_vm(w->i915)
		       : i915_context_vm(w->contexts[s->step->context]);
}

/* No effect on a buffer that is there already. */
static int make_buffer(struct workload *w, const struct submission *s, struct buffer *buffer,
		       size_t size_bytes)
{
	struct i915_vm *vm = space_of(w, s);
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

	if (ret || !has_target(s))
		return ret;
	layout_surfaces(s);
	ret = make_buffer(w, s, &s->target, surface_size_bytes(&s->target_surface));
	if (ret == 0 && is_copy(s))
		ret = make_buffer(w, s, &s->source, surface_size_bytes(&s->source_surface));
	return ret;
}

void submission_drop_buffers(struct submission *s)
{
	i915_object_destroy(s->source.object);
	i915_object_destroy(s->target.object);
	i915_object_destroy(s->batch.object);
	s->source = (struct buffer){ 0 };
	s->target = (struct buffer){ 0 };
	s->batch = (struct buffer){ 0 };
}

static struct spread spread_of(const struct object_state *object, const struct submission *s)
{
	return (struct spread){
		.pieces = object->pieces,
		.piece_count = object->config->count,
		.piece_dwords = object->config->pages * PAGE_DWORDS,
		.count = s->step->count,
	};
}

/* Give every use of every VM's submissions contents of its own. */
static void renew_contents(struct workload *w, struct submission *s)
{
	const struct object_state *object = object_of(w, s);

	s->key = ((uint64_t)w->avm->vm->id << 56) + ++w->serial;
	if (object) {
		const struct spread spread = spread_of(object, s);

		spread_poison(&spread, s->key);
	}
	if (!has_target(s))
		return;
	surface_poison(&s->target_surface, i915_object_cpu(s->target.object), s->key, is_flat(s));
	if (is_copy(s))
		surface_draw(&s->source_surface, i915_object_cpu(s->source.object), s->key);
}

static struct surface_verdict verdict_of(struct workload *w, const struct submission *s)
{
	const struct object_state *object = object_of(w, s);
	struct surface_verdict verdict, source;

	if (object) {
		const struct spread spread = spread_of(object, s);

		return spread_verify(&spread, s->key);
	}
	verdict = surface_verify(&s->target_surface, i915_object_cpu(s->target.object), s->key,
				 is_flat(s));
	if (is_copy(s)) {
		/* The source must have stayed as it was. */
		source = surface_verify(&s->source_surface, i915_object_cpu(s->source.object),
					s->key, false);
		verdict.bytes_wrong += source.bytes_wrong;
	}
	return verdict;
}

static void add_page(void *opaque, const void *bytes, size_t len)
{
	contents_add(opaque, bytes, len);
}

/* What is there, right or wrong. */
static void note_contents(struct workload *w, const struct submission *s)
{
	const struct object_state *object = object_of(w, s);

	s->contents->count++;
	if (object) {
		const struct spread spread = spread_of(object, s);

		spread_each_page(&spread, add_page, s->contents);
		return;
	}
	contents_add(s->contents, i915_object_cpu(s->target.object),
		     surface_size_bytes(&s->target_surface));
	if (is_copy(s))
		contents_add(s->contents, i915_object_cpu(s->source.object),
			     surface_size_bytes(&s->source_surface));
}

static void verify_contents(struct workload *w, const struct submission *s)
{
	struct surface_verdict verdict;

	if (!has_target(s) && !object_of(w, s))
		return;
	note_contents(w, s);
	verdict = verdict_of(w, s);
	w->result->workload.bytes_verified += verdict.bytes_right;
	w->result->workload.bytes_wrong += verdict.bytes_wrong;
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

/* The GPU's address of dword i. */
static uint64_t store_gma(struct workload *w, const struct submission *s, uint32_t i)
{
	const struct object_state *object = object_of(w, s);
	const struct surface *surface = &s->target_surface;

	if (object) {
		const struct spread spread = spread_of(object, s);
		struct spread_place place = spread_place(&spread, i);

		return i915_vma_gma(object->copies[place.piece].vma) +
		       place.index * sizeof(uint32_t);
	}
	return i915_vma_gma(s->target.vma) +
	       ((uint64_t)surface->y * surface->pitch_words + surface->x + i) * sizeof(uint32_t);
}

static int emit_stores(struct workload *w, struct batch *batch, const struct submission *s)
{
	int ret = 0;

	for (uint32_t i = 0; i < s->step->count && ret == 0; i++)
		ret = batch_store_dword(batch, store_gma(w, s, i), surface_word(s->key, i));
	return ret;
}

/* A command that no engine has. In the context's own space nobody audits it. */
static void spoil(const struct submission *s)
{
	uint32_t *batch = i915_object_cpu(s->batch.object);

	batch[0] = UNKNOWN_COMMAND;
}

static int build_batch(struct workload *w, const struct submission *s)
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
		ret = emit_stores(w, &batch, s);
		break;
	default:
		ret = gpu_work_emit(&batch, w->hardware, gpu_work_of(s->step->kind),
				    s->step->duration_ps);
		break;
	}
	if (ret == 0)
		ret = batch_end(&batch);
	if (ret == 0 && s->step->misuse == MISUSE_HANG)
		spoil(s);
	return ret;
}

/* ---- requests ---- */

uint64_t workload_deadline_ns(const struct workload *w)
{
	return plat_time_ns(w->plat) + w->avm->config->workload.timeout_ps / PS_PER_NS;
}

/* The GPU may still write: what the request used is its own from now on. */
static void abandon(struct workload *w, struct submission *s)
{
	struct object_state *object = object_of(w, s);

	w->abandoned = true;
	if (object)
		object->abandoned = true;
	s->batch = (struct buffer){ 0 };
	s->target = (struct buffer){ 0 };
	s->source = (struct buffer){ 0 };
}

/* The wait is over. A request that was given up has left its buffers as they were, or half done. */
static void note_end(struct workload *w, struct submission *s)
{
	if (i915_request_status(s->request)) {
		w->result->workload.failed++;
		return;
	}
	w->result->workload.completed++;
	verify_contents(w, s);
}

void submission_finish(struct workload *w, struct submission *s, uint64_t deadline_ns)
{
	uint64_t now_ns = plat_time_ns(w->plat);

	if (!s->request)
		return;
	if (i915_request_wait(s->request, now_ns < deadline_ns ? deadline_ns - now_ns : 0) !=
	    -ETIME) {
		/* It was seen at last because the driver looks once more at the end of a wait. */
		if (now_ns < deadline_ns && plat_time_ns(w->plat) >= deadline_ns)
			w->result->workload.interrupts_missed++;
		note_end(w, s);
	} else {
		w->result->workload.lost++;
		abandon(w, s);
	}
	i915_request_put(s->request);
	s->request = NULL;
}

void submission_forget(struct workload *w, struct submission *s)
{
	w->result->workload.lost += s->request != NULL;
	s->request = NULL;
	s->batch = (struct buffer){ 0 };
	s->target = (struct buffer){ 0 };
	s->source = (struct buffer){ 0 };
}

void submission_finish_all(struct workload *w)
{
	uint64_t deadline_ns = workload_deadline_ns(w);

	for (size_t i = 0; i < w->submission_count; i++)
		submission_finish(w, &w->submissions[i], deadline_ns);
}

int submission_submit(struct workload *w, struct submission *s, bool may_wait)
{
	struct i915_context *context = w->contexts[s->step->context];
	struct object_state *object = object_of(w, s);
	int ret;

	submission_finish(w, s, workload_deadline_ns(w));
	if (object && !object_is_bound(object))
		return 0;
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
		submission_finish_all(w);
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
