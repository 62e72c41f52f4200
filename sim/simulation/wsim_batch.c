// SPDX-License-Identifier: MIT
/* What a descriptor's batches contain. */
#include <errno.h>

#include "sim/simulation/gpu_work.h"
#include "sim/simulation/wsim_impl.h"

/* A scratch surface of so few pages that the engine's TLB holds them all. */
#define SCRATCH_PITCH_BYTES 4096u
#define SCRATCH_WIDTH       1024u
#define SCRATCH_HEIGHT      32u
#define SCRATCH_BYTES       (SCRATCH_PITCH_BYTES * SCRATCH_HEIGHT)

#define PIECE_LIMIT       256u /* between points of preemption */
#define BYTES_PER_PIECE   128u /* of work; the longest single command has 80 */
#define BYTES_PER_BLIT    28u
#define BYTES_PER_ACCESS  20u
#define BYTES_FOR_THE_END 64u

static const enum gpu_work works[GEN9_ENGINE_COUNT] = {
	[GEN9_RCS0] = GPU_WORK_DRAW,
	[GEN9_VCS0] = GPU_WORK_DECODE,
	[GEN9_VCS1] = GPU_WORK_DECODE,
	[GEN9_VECS0] = GPU_WORK_ENHANCE,
};

/* ---- blits, the work of BCS0 ---- */

static uint64_t blit_lines_ps(const struct hw_profile *hardware, uint32_t lines)
{
	return hardware->value[HW_BLT_SETUP] +
	       hardware->value[HW_BLT_PS_PER_KIB] * lines * (SCRATCH_PITCH_BYTES / 1024);
}

static uint64_t full_blits(const struct hw_profile *hardware, uint64_t duration_ps)
{
	uint64_t full_ps = blit_lines_ps(hardware, SCRATCH_HEIGHT);

	return full_ps ? duration_ps / full_ps : 0;
}

static int scratch_gma(struct wsim_client *client, uint32_t context, uint64_t *gma)
{
	struct workload *w = client->run->w;
	struct buffer *scratch = &client->run->scratch[wsim_space_index(client, context)];
	int ret;

	if (!scratch->object) {
		scratch->object = i915_object_create(w->i915, SCRATCH_BYTES);
		if (!scratch->object)
			return -ENOMEM;
		ret = i915_vma_bind(i915_context_vm(client->contexts[context].context),
				    scratch->object, NULL, &scratch->vma);
		if (ret)
			return ret;
	}
	*gma = i915_vma_gma(scratch->vma);
	return 0;
}

/* As many whole surfaces as fit, then as many lines as come nearest from below, at least one. */
static int emit_blits(struct wsim_client *client, uint32_t context, struct batch *batch,
		      uint64_t duration_ps)
{
	const struct hw_profile *hardware = client->run->w->hardware;
	struct blt_surface surface = { .pitch_bytes = SCRATCH_PITCH_BYTES };
	uint64_t full = full_blits(hardware, duration_ps);
	uint64_t rest_ps = duration_ps - full * blit_lines_ps(hardware, SCRATCH_HEIGHT);
	uint32_t lines = 1;
	int ret = scratch_gma(client, context, &surface.gma);

	while (full-- && ret == 0)
		ret = batch_fill(batch, &surface, SCRATCH_WIDTH, SCRATCH_HEIGHT, 0);
	while (lines < SCRATCH_HEIGHT && blit_lines_ps(hardware, lines + 1) <= rest_ps)
		lines++;
	return ret ? ret : batch_fill(batch, &surface, SCRATCH_WIDTH, (uint16_t)lines, 0);
}

/* ---- work ---- */

static int emit_piece(struct wsim_client *client, uint32_t context, struct batch *batch,
		      enum gen9_engine_id engine, uint64_t duration_ps)
{
	if (engine == GEN9_BCS0)
		return emit_blits(client, context, batch, duration_ps);
	return gpu_work_emit(batch, client->run->w->hardware, works[engine], duration_ps);
}

static uint64_t piece_count(const struct wsim_client *client, uint32_t context,
			    uint64_t duration_ps)
{
	uint64_t piece_ps = client->contexts[context].preemption_ps;
	uint64_t count = piece_ps ? (duration_ps + piece_ps - 1) / piece_ps : 1;

	return count < PIECE_LIMIT ? count : PIECE_LIMIT;
}

static int emit_work(struct wsim_client *client, uint32_t context, struct batch *batch,
		     enum gen9_engine_id engine, uint64_t duration_ps)
{
	uint64_t count = piece_count(client, context, duration_ps);
	int ret = 0;

	for (uint64_t i = 0; i < count && ret == 0; i++) {
		uint64_t until_ps = duration_ps / count * (i + 1);

		if (i)
			ret = batch_arbitrate(batch);
		if (i == count - 1)
			until_ps = duration_ps;
		if (ret == 0)
			ret = emit_piece(client, context, batch, engine,
					 until_ps - duration_ps / count * i);
	}
	return ret;
}

/* ---- what it reads and writes ---- */

struct accesses {
	struct wsim_client *client;
	uint32_t context;
	struct batch *batch;
	uint64_t output_gma;
	uint32_t serial;
	struct wsim_step_state *step;
};

static int emit_copy(struct accesses *a, struct wsim_memory *from)
{
	uint32_t dword = WSIM_OUTPUT_COPIES + a->step->copy_count;
	uint64_t gma;
	int ret = wsim_memory_bind(a->client, a->context, from, &gma);

	if (ret || a->step->copy_count == WSIM_COPY_LIMIT)
		return ret;
	a->step->copies[a->step->copy_count++] = from->serial;
	return batch_copy_dword(a->batch, a->output_gma + dword * sizeof(uint32_t), gma);
}

static int emit_serial(struct accesses *a, struct wsim_memory *to)
{
	uint64_t gma;
	int ret = wsim_memory_bind(a->client, a->context, to, &gma);

	return ret ? ret : batch_store_dword(a->batch, gma, a->serial);
}

static int emit_need(struct accesses *a, const struct wsim_need *need, bool writes)
{
	struct wsim_set_state *set;
	int ret = 0;

	if (need->kind == WSIM_NEED_DATA && !writes)
		return emit_copy(a, &a->client->steps[need->target].output);
	if (need->kind != (writes ? WSIM_NEED_WRITE : WSIM_NEED_READ))
		return 0;
	set = wsim_set_of(a->client, need->set);
	for (uint32_t i = need->first; i <= need->last && ret == 0; i++)
		ret = writes ? emit_serial(a, &set->objects[i]) : emit_copy(a, &set->objects[i]);
	return ret;
}

static int emit_accesses(struct accesses *a, const struct wsim_step *config, bool writes)
{
	int ret = 0;

	for (uint32_t i = 0; i < config->need_count && ret == 0; i++)
		ret = emit_need(a, &config->needs[i], writes);
	return ret;
}

/* ---- the whole ---- */

static int bind_need(struct wsim_client *client, uint32_t context, const struct wsim_need *need)
{
	struct wsim_set_state *set;
	uint64_t gma;
	int ret = 0;

	if (need->kind == WSIM_NEED_DATA)
		return wsim_memory_bind(client, context, &client->steps[need->target].output, &gma);
	if (need->kind != WSIM_NEED_READ && need->kind != WSIM_NEED_WRITE)
		return 0;
	set = wsim_set_of(client, need->set);
	for (uint32_t i = need->first; i <= need->last && ret == 0; i++)
		ret = wsim_memory_bind(client, context, &set->objects[i], &gma);
	return ret;
}

int wsim_batch_bind(struct wsim_client *client, uint32_t i, enum gen9_engine_id engine)
{
	const struct wsim_step *config = &client->run->wsim->steps[i];
	uint64_t gma;
	int ret = wsim_memory_bind(client, config->context, &client->steps[i].output, &gma);

	if (ret == 0 && engine == GEN9_BCS0)
		ret = scratch_gma(client, config->context, &gma);
	for (uint32_t n = 0; n < config->need_count && ret == 0; n++)
		ret = bind_need(client, config->context, &config->needs[n]);
	return ret;
}

int wsim_batch_build(struct wsim_client *client, uint32_t i, enum gen9_engine_id engine,
		     uint64_t duration_ps, uint32_t serial, struct i915_vma *vma)
{
	const struct wsim_step *config = &client->run->wsim->steps[i];
	struct wsim_step_state *step = &client->steps[i];
	struct batch batch;
	struct accesses a = { client, config->context, &batch, 0, serial, step };
	int ret = wsim_memory_bind(client, config->context, &step->output, &a.output_gma);

	if (ret)
		return ret;
	batch_begin(&batch, vma);
	step->copy_count = 0;
	if (config->endless)
		ret = batch_await_dword(&batch, a.output_gma + WSIM_OUTPUT_END * sizeof(uint32_t));
	else
		ret = emit_work(client, config->context, &batch, engine, duration_ps);
	if (ret == 0)
		ret = emit_accesses(&a, config, false);
	if (ret == 0)
		ret = emit_accesses(&a, config, true);
	if (ret == 0)
		ret = batch_store_dword(&batch, a.output_gma, serial);
	return ret ? ret : batch_end(&batch);
}

size_t wsim_batch_bytes(const struct wsim_client *client, uint32_t i, enum gen9_engine_id engine,
			uint64_t duration_ps)
{
	const struct wsim_step *config = &client->run->wsim->steps[i];
	const struct hw_profile *hardware = client->run->w->hardware;
	size_t bytes = BYTES_FOR_THE_END + BYTES_PER_ACCESS;
	uint64_t work = piece_count(client, config->context, duration_ps) * BYTES_PER_PIECE;

	if (engine == GEN9_BCS0)
		work += full_blits(hardware, duration_ps) * BYTES_PER_BLIT;
	if (engine == GEN9_VECS0 && hardware->value[HW_VEBOX_COLUMN])
		work += duration_ps / hardware->value[HW_VEBOX_COLUMN] / BATCH_ENHANCE_COLUMNS *
			BYTES_PER_PIECE;
	for (uint32_t n = 0; n < config->need_count; n++)
		bytes += (config->needs[n].last - config->needs[n].first + 1) * BYTES_PER_ACCESS;
	return bytes + work;
}
