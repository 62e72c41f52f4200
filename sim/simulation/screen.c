// SPDX-License-Identifier: MIT
#include "sim/simulation/screen.h"

#include <errno.h>

#include "hw-model/gen9_display.h"
#include "sim/simulation/workload_impl.h"

#define BYTES_PER_PIXEL 4u
#define NS_PER_S        UINT64_C(1000000000)

/* Gen9's display buffer: 896 blocks, less 4 for the bypass path (Linux 4.19 intel_pm.c). */
#define BUFFER_BLOCKS 892u

static const struct display_config *config_of(const struct workload *w)
{
	return &w->avm->config->display;
}

static struct display_result *result_of(struct workload *w)
{
	return &w->result->display;
}

static uint64_t timeout_ns(const struct workload *w)
{
	return w->avm->config->workload.timeout_ps / PS_PER_NS;
}

static void note_error(struct workload *w, int error)
{
	result_of(w)->errors++;
	result_of(w)->error = error;
}

/* ---- on and off ---- */

/* Surfaces are as large as the plane is when it is not scaled. */
static uint32_t plane_width(const struct workload *w, unsigned plane)
{
	return config_of(w)->mode.width / (plane == 0 ? 1 : 2);
}

static uint32_t plane_height(const struct workload *w, unsigned plane)
{
	return config_of(w)->mode.height / (plane == 0 ? 1 : 2);
}

/* 64 bytes are the unit of PLANE_STRIDE for linear surfaces. */
static uint32_t plane_stride_bytes(const struct workload *w, unsigned plane)
{
	return (plane_width(w, plane) * BYTES_PER_PIXEL + 63) & ~63u;
}

/* Memory in the GGTT. */
static int make_buffer(struct workload *w, size_t size_bytes, struct i915_object **object,
		       struct i915_vma **vma)
{
	int ret;

	*object = i915_object_create(w->i915, size_bytes);
	if (!*object)
		return -ENOMEM;
	ret = i915_vma_bind(i915_ggtt_vm(w->i915), *object, NULL, vma);
	if (ret) {
		i915_object_destroy(*object);
		*object = NULL;
	}
	return ret;
}

static int make_surface(struct workload *w, struct screen_surface *surface, unsigned plane)
{
	size_t size_bytes = (size_t)plane_stride_bytes(w, plane) * plane_height(w, plane);

	return make_buffer(w, size_bytes, &surface->object, &surface->vma);
}

/* What draws: a context, and a batch for the pictures of all planes. */
static int make_painter(struct workload *w)
{
	struct screen_state *screen = &w->screen;

	screen->context = i915_context_create(w->i915);
	if (!screen->context)
		return -ENOMEM;
	return make_buffer(w, CONFIG_PLANE_LIMIT * PICTURE_BATCH_BYTES, &screen->batch,
			   &screen->batch_vma);
}

static int make_surfaces(struct workload *w)
{
	const struct workload_config *workload = &w->avm->config->workload;
	struct screen_state *screen = &w->screen;
	bool drawn = false;
	int ret = 0;

	for (size_t i = 0; i < workload->step_count; i++) {
		const struct step_config *step = &workload->steps[i];

		if (step->kind != STEP_FLIP)
			continue;
		drawn |= step->drawn;
		if (step->planes > screen->plane_count)
			screen->plane_count = step->planes;
	}
	for (unsigned plane = 0; plane < screen->plane_count && ret == 0; plane++) {
		for (unsigned i = 0; i < 2 && ret == 0; i++)
			ret = make_surface(w, &screen->surfaces[plane][i], plane);
	}
	return drawn && ret == 0 ? make_painter(w) : ret;
}

int screen_start(struct workload *w)
{
	const struct display_config *config = config_of(w);
	struct mode_timings timings;
	struct i915_mode mode;
	int ret;

	if (!config->on)
		return 0;
	ret = make_surfaces(w);
	if (ret)
		return ret;
	mode_timings(&config->mode, &timings);
	mode = (struct i915_mode){
		.hdisplay = (uint16_t)config->mode.width,
		.vdisplay = (uint16_t)config->mode.height,
		.htotal = (uint16_t)timings.htotal,
		.vtotal = (uint16_t)timings.vtotal,
		.clock_khz = timings.clock_khz,
	};
	return i915_display_enable(w->i915, config->pipe, &mode);
}

/*
 * A flip that is asked for shortly before a vblank has the one after it; and the handler takes its
 * time. What takes longer than that has missed a vblank, or an interrupt was.
 */
static bool is_late(const struct workload *w, const struct i915_flip_times *times)
{
	uint64_t frame_ns = NS_PER_S / config_of(w)->mode.refresh_hz;

	return times->done_ns - times->begin_ns > frame_ns + frame_ns / 2;
}

static void book_flip(struct workload *w, const struct i915_flip_times *times)
{
	struct display_result *result = result_of(w);
	uint64_t latency_ps = (times->done_ns - times->begin_ns) * PS_PER_NS;

	if (!result->flips_done || latency_ps < result->latency_min_ps)
		result->latency_min_ps = latency_ps;
	if (latency_ps > result->latency_max_ps)
		result->latency_max_ps = latency_ps;
	result->latency_ps += latency_ps;
	result->flips_done++;
	result->flips_late += is_late(w, times);
	result->flips_torn += times->torn;
}

/* What the plane shows, now that nothing is armed. */
static void look(const struct workload *w, unsigned plane, struct gen9_latch *out)
{
	const unsigned pipe = config_of(w)->pipe;
	struct vgpu_plane shown;

	if (!w->avm->vgpu) {
		gen9_gpu_last_latch(w->avm->gpu, pipe, plane + 1, out);
		return;
	}
	vgpu_get_plane(w->avm->vgpu, pipe, plane + 1, &shown);
	*out = (struct gen9_latch){
		.pipe = pipe,
		.plane = plane + 1,
		.enabled = shown.enabled,
		.surface = shown.surface,
		.ctl = shown.ctl,
		.stride = shown.stride,
		.offset = shown.offset,
		.size = shown.size,
	};
	gen9_surface_fetch(w->avm->gpu, out);
}

/* A scaled plane shows a quarter of its surface. */
static unsigned shrink_of(const struct step_config *step, unsigned plane)
{
	return step->scaler && plane == 0 ? 2 : 1;
}

/* The flip is done: does its screen show what was drawn? */
static void verify_planes(struct workload *w)
{
	const struct screen_state *screen = &w->screen;

	for (unsigned plane = 0; plane < screen->step->planes; plane++) {
		const unsigned shrink = shrink_of(screen->step, plane);
		const struct screen_surface *surface =
			&screen->surfaces[plane][screen->next[plane] ^ 1];
		struct gen9_latch shown;

		look(w, plane, &shown);
		if (shown.enabled && shown.surface == i915_vma_gma(surface->vma) &&
		    shown.digest == picture_digest(&surface->picture,
						   plane_width(w, plane) / shrink,
						   plane_height(w, plane) / shrink))
			result_of(w)->planes_right++;
		else
			result_of(w)->planes_wrong++;
	}
}

/* Wait for the flip that is pending, if there is one. */
static void finish_flip(struct workload *w)
{
	struct screen_state *screen = &w->screen;
	struct i915_flip_times times;
	int ret;

	if (!screen->flip)
		return;
	ret = i915_flip_wait(screen->flip, timeout_ns(w));
	i915_flip_times(screen->flip, &times);
	if (ret == -ETIME) {
		result_of(w)->flips_lost++;
	} else {
		book_flip(w, &times);
		if (ret)
			note_error(w, ret);
		if (screen->step->drawn)
			verify_planes(w);
	}
	i915_flip_put(screen->flip);
	screen->flip = NULL;
}

void screen_finish(struct workload *w)
{
	struct i915_display_stats stats;

	if (!config_of(w)->on)
		return;
	finish_flip(w);
	i915_display_get_stats(w->i915, &stats);
	result_of(w)->frames = i915_vblank_count(w->i915, config_of(w)->pipe);
	result_of(w)->vblank_interrupts = stats.vblank_interrupts;
	result_of(w)->evasions = stats.evasions;
}

void screen_stop(struct workload *w)
{
	if (config_of(w)->on)
		i915_display_disable(w->i915, config_of(w)->pipe);
}

void screen_drop(struct workload *w)
{
	for (unsigned plane = 0; plane < w->screen.plane_count; plane++) {
		for (unsigned i = 0; i < 2; i++) {
			i915_object_destroy(w->screen.surfaces[plane][i].object);
			w->screen.surfaces[plane][i] = (struct screen_surface){ 0 };
		}
	}
	i915_object_destroy(w->screen.batch);
	w->screen.batch = NULL;
	if (w->screen.context)
		i915_context_destroy(w->screen.context);
	w->screen.context = NULL;
}

/* ---- steps ---- */

static struct i915_plane_update plane_update(const struct workload *w, unsigned plane,
					     const struct step_config *step,
					     const struct i915_color_key *key)
{
	const struct screen_state *screen = &w->screen;
	const unsigned shrink = shrink_of(step, plane);
	const bool scaled = shrink > 1;

	return (struct i915_plane_update){
		.plane = plane + 1, /* the hardware counts from 1 */
		.fb = screen->surfaces[plane][screen->next[plane]].vma,
		.format = PLANE_CTL_FORMAT_8888 | PLANE_CTL_TILED_LINEAR,
		.stride_bytes = plane_stride_bytes(w, plane),
		.width = (uint16_t)(plane_width(w, plane) / shrink),
		.height = (uint16_t)(plane_height(w, plane) / shrink),
		.x = (uint16_t)(plane == 2 ? plane_width(w, plane) : 0),
		.dst_width = (uint16_t)(scaled ? plane_width(w, plane) : 0),
		.dst_height = (uint16_t)(scaled ? plane_height(w, plane) : 0),
		.key = step->key ? key : NULL,
	};
}

static int emit_pictures(struct workload *w, unsigned planes)
{
	struct screen_state *screen = &w->screen;
	struct batch batch;
	int ret = 0;

	batch_begin(&batch, screen->batch_vma);
	for (unsigned plane = 0; plane < planes && ret == 0; plane++) {
		struct screen_surface *surface = &screen->surfaces[plane][screen->next[plane]];

		surface->picture = (struct picture){
			.width = plane_width(w, plane),
			.height = plane_height(w, plane),
			.stride_bytes = plane_stride_bytes(w, plane),
			.key = ((uint64_t)w->avm->vm->id << 56) + ++w->serial,
		};
		ret = picture_emit(&surface->picture, &batch, i915_vma_gma(surface->vma));
	}
	return ret ? ret : batch_end(&batch);
}

/* Draw what the next flip shows, and wait for it. A request that does not end is lost for good. */
static int draw(struct workload *w, unsigned planes)
{
	struct workload_result *result = &w->result->workload;
	struct i915_request *request;
	int ret = emit_pictures(w, planes);

	if (ret == 0)
		ret = i915_request_create(w->screen.context, GEN9_BCS0, w->screen.batch_vma,
					  I915_MISUSE_NONE, &request);
	if (ret)
		return ret;
	result->requests++;
	i915_request_add(request);
	ret = i915_request_wait(request, timeout_ns(w));
	if (ret == -ETIME) {
		result->lost++;
		w->abandoned = true;
	} else {
		ret = i915_request_status(request);
		result->failed += ret != 0;
		result->completed += ret == 0;
	}
	i915_request_put(request);
	return ret;
}

void screen_flip(struct workload *w, const struct step_config *step)
{
	static const struct i915_color_key key = { .value = 0xff00ff,
						   .max = 0xff00ff,
						   .mask = 0xffffff };
	struct i915_plane_update updates[CONFIG_PLANE_LIMIT];
	struct screen_state *screen = &w->screen;
	int ret;

	finish_flip(w);
	ret = step->drawn ? draw(w, step->planes) : 0;
	if (ret) {
		note_error(w, ret);
		return;
	}
	for (unsigned plane = 0; plane < step->planes; plane++)
		updates[plane] = plane_update(w, plane, step, &key);
	result_of(w)->flips++;
	ret = i915_flip(w->i915, config_of(w)->pipe, updates, step->planes, &screen->flip);
	if (ret) {
		screen->flip = NULL;
		note_error(w, ret);
		return;
	}
	screen->step = step;
	for (unsigned plane = 0; plane < step->planes; plane++)
		screen->next[plane] ^= 1;
	if (step->wait)
		finish_flip(w);
}

/* Watermarks that differ from those before; the buffer in equal parts. */
static struct i915_watermarks watermarks(uint32_t serial, unsigned plane, unsigned planes)
{
	const unsigned part = BUFFER_BLOCKS / planes;
	struct i915_watermarks result = {
		.max_level = GEN9_WM_LEVELS - 1,
		.buffer_start = (uint16_t)(plane * part),
		.buffer_end = (uint16_t)((plane + 1) * part),
	};

	for (unsigned level = 0; level < GEN9_WM_LEVELS; level++)
		result.level[level] = PLANE_WM_ENABLE | (level + 1) << PLANE_WM_LINES_SHIFT |
				      (8 * (level + 1) + serial % 8);
	result.transition = PLANE_WM_ENABLE | (8 + serial % 8);
	return result;
}

void screen_watermarks(struct workload *w, const struct step_config *step)
{
	w->screen.watermark_serial++;
	for (unsigned plane = 0; plane < step->planes; plane++) {
		const struct i915_watermarks values =
			watermarks(w->screen.watermark_serial, plane, step->planes);
		int ret = i915_watermarks_update(w->i915, config_of(w)->pipe, plane + 1, &values);

		if (ret)
			note_error(w, ret);
		else
			result_of(w)->watermark_updates++;
	}
}

void screen_vblank(struct workload *w, const struct step_config *step)
{
	const unsigned pipe = config_of(w)->pipe;
	uint64_t frames_ns = step->count * (NS_PER_S / config_of(w)->mode.refresh_hz);
	int ret = i915_vblank_get(w->i915, pipe);

	if (ret == 0) {
		ret = i915_vblank_wait(w->i915, pipe, step->count, frames_ns + timeout_ns(w));
		i915_vblank_put(w->i915, pipe);
	}
	if (ret == -ETIME)
		result_of(w)->vblanks_lost++;
	else if (ret)
		note_error(w, ret);
	else
		result_of(w)->vblanks_waited += step->count;
}
