// SPDX-License-Identifier: MIT
#include "sim/simulation/workload.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/simulation/frames.h"
#include "sim/simulation/workload_impl.h"
#include "sim/simulation/wsim.h"

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

/* A descriptor and an application of the host have one for all that they submit. */
static int create_contents(struct workload *w)
{
	struct vm_result *result = w->result;

	result->content_count = w->submission_count ? w->submission_count : 1;
	result->contents = calloc(result->content_count, sizeof(*result->contents));
	if (!result->contents)
		return -ENOMEM;
	for (size_t i = 0; i < w->submission_count; i++)
		w->submissions[i].contents = &result->contents[i];
	return 0;
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
	w->frame_submissions = count_submissions(config->steps, config->step_count);
	w->submission_count = w->frame_submissions * config->depth;
	w->submissions = calloc(w->submission_count + 1, sizeof(*w->submissions));
	if (!w->submissions || create_contents(w) || objects_create(w)) {
		workload_destroy(w);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < config->depth; i++)
		assign_steps(&w->submissions[i * w->frame_submissions], config->steps,
			     config->step_count);
	*out = w;
	return 0;
}

void workload_destroy(struct workload *workload)
{
	if (!workload)
		return;
	objects_destroy(workload);
	free(workload->submissions);
	free(workload);
}

/* ---- the driver's life ---- */

static const enum i915_ppgtt_mode ppgtt_modes[] = {
	[VM_PPGTT_48BIT] = I915_PPGTT_48BIT,
	[VM_PPGTT_32BIT] = I915_PPGTT_32BIT,
	[VM_PPGTT_NONE] = I915_PPGTT_NONE,
};

static const enum i915_irq_handler irq_handlers[] = {
	[VM_IRQ_4_14] = I915_IRQ_4_14,
	[VM_IRQ_4_19] = I915_IRQ_4_19,
	[VM_IRQ_5_0] = I915_IRQ_5_0,
};

/* Wrong orders that the scenario asks for. */
static uint32_t disorders(const struct vm_config *vm)
{
	return (vm->reg_addr_unlocked ? I915_DISORDER_REG_ADDR_UNLOCKED : 0) |
	       (vm->irq_no_check ? I915_DISORDER_IRQ_NO_CHECK : 0) |
	       (vm->irq_check_first ? I915_DISORDER_IRQ_CHECK_FIRST : 0) |
	       (vm->plane_unlocked ? I915_DISORDER_PLANE_UNLOCKED : 0);
}

static int create_contexts(struct workload *w)
{
	for (unsigned i = 0; i < w->avm->config->workload.context_count; i++) {
		w->contexts[i] = i915_context_create(w->i915);
		if (!w->contexts[i])
			return -ENOMEM;
	}
	return 0;
}

/* Probe, then all that the steps take for granted. *init: it is the probe that failed. */
static int start_driver(struct workload *w, bool *init)
{
	const struct vm_config *vm = w->avm->config;
	const struct i915_params params = {
		.pvmmio_levels = vm->pvmmio_levels,
		.skip_pvinfo = vm->skip_pvinfo,
		.ppgtt = ppgtt_modes[vm->ppgtt],
		.huge_pages = vm->huge_pages,
		.work_arounds = vm->work_arounds,
		.irq_handler = irq_handlers[vm->irq_handler],
		.disorders = disorders(vm),
		.hangcheck_ns = vm->hangcheck_ps / PS_PER_NS,
	};
	int ret;

	/* The firmware leaves interrupts off; the guest's kernel switches them on. */
	plat_irq_restore(w->plat, true);
	ret = i915_create(&w->i915, w->plat, &params);
	*init = ret != 0;
	if (ret == 0)
		ret = create_contexts(w);
	return ret ? ret : screen_start(w);
}

/* What the driver has seen of hangs goes with it. */
static void add_recovery(struct workload *w)
{
	struct workload_result *result = &w->result->workload;
	struct i915_stats stats;

	i915_get_stats(w->i915, &stats);
	w->result->user_interrupts += stats.user_interrupts;
	result->hangs += stats.hangs;
	result->engine_resets += stats.engine_resets;
	result->resets += stats.resets;
	result->replayed += stats.requests_replayed;
}

/*
 * As by the reset button: nobody tells the driver, its memory is nobody's any more. The VMM resets
 * the vGPU, which waits for what runs on the engines; then the VM boots.
 */
static int reboot(struct workload *w)
{
	bool init;

	add_recovery(w);
	w->result->workload.reboots++;
	vgpu_device_reset(w->avm->vgpu, false);
	for (size_t i = 0; i < w->submission_count; i++)
		submission_forget(w, &w->submissions[i]);
	objects_forget(w);
	memset(w->contexts, 0, sizeof(w->contexts));
	memset(&w->screen, 0, sizeof(w->screen));
	w->abandoned = false;
	w->i915 = NULL;
	platform_reboot(w->plat);
	return start_driver(w, &init);
}

/* ---- steps ---- */

/* All submissions of a list leave for the ports at once. */
static int submit_together(struct workload *w, struct submission *first, size_t count)
{
	int ret = 0;

	/* Nothing to wait for may be left: while submission is held, nothing completes. */
	for (size_t i = 0; i < count; i++)
		submission_finish(w, &first[i], workload_deadline_ns(w));
	i915_submission_hold(w->i915);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = submission_submit(w, &first[i], false);
	i915_submission_release(w->i915);
	return ret;
}

/* With the buffers of the frame before the last `depth`, whose submissions are waited for. */
static int run_steps(struct workload *w, uint32_t frame)
{
	const struct workload_config *config = &w->avm->config->workload;
	struct submission *next = &w->submissions[frame % config->depth * w->frame_submissions];
	int ret = 0;

	for (size_t i = 0; i < config->step_count && ret == 0; i++) {
		const struct step_config *step = &config->steps[i];
		size_t count;

		switch (step->kind) {
		case STEP_WAIT:
			submission_finish_all(w);
			break;
		case STEP_SLEEP:
			plat_delay_ns(w->plat, step->duration_ps / PS_PER_NS);
			break;
		case STEP_COMPUTE:
			vcpu_compute(vcpu_current(w->avm->vm->m), step->duration_ps);
			break;
		case STEP_TOGETHER:
			count = count_submissions(step->steps, step->step_count);
			ret = submit_together(w, next, count);
			next += count;
			break;
		case STEP_BIND:
			object_bind(w, step->object);
			break;
		case STEP_UNBIND:
			object_unbind(w, step->object);
			break;
		case STEP_FLIP:
			screen_flip(w, step);
			break;
		case STEP_WATERMARK:
			screen_watermarks(w, step);
			break;
		case STEP_VBLANK:
			screen_vblank(w, step);
			break;
		case STEP_RESET:
			ret = i915_reset(w->i915);
			break;
		case STEP_REBOOT:
			ret = reboot(w);
			break;
		default:
			ret = submission_submit(w, next++, true);
			break;
		}
	}
	return ret;
}

/* ---- the whole ---- */

/* Let the frame's time come. Where frames have a period, what it is late counts in its time. */
static uint64_t await_frame(struct workload *w, uint32_t frame, uint64_t first_ps)
{
	const struct workload_config *config = &w->avm->config->workload;
	struct executor *ex = w->avm->vm->m->ex;
	uint64_t due_ps = first_ps + frame * config->period_ps;
	uint64_t now_ps = exec_now(ex);

	if (!config->period_ps)
		return now_ps;
	if (now_ps > due_ps)
		w->result->frames.late++;
	else
		vcpu_delay(vcpu_current(w->avm->vm->m), due_ps - now_ps);
	return due_ps;
}

static int run_frame(struct workload *w, uint32_t frame, uint64_t first_ps)
{
	struct executor *ex = w->avm->vm->m->ex;
	uint64_t start_ps = await_frame(w, frame, first_ps);
	int ret = run_steps(w, frame);

	return ret ? ret : frame_times_add(&w->result->frames, exec_now(ex) - start_ps);
}

void workload_add_busy(struct workload *w, const struct vcpu *vcpu, uint64_t start_ps,
		       uint64_t start_idle_ps)
{
	uint64_t passed_ps = exec_now(w->avm->vm->m->ex) - start_ps;

	w->result->workload.vcpu_ps += passed_ps;
	w->result->workload.busy_ps += passed_ps - (vcpu->idle_ps - start_idle_ps);
}

static void run_repeatedly(struct workload *w)
{
	const struct workload_config *config = &w->avm->config->workload;
	struct executor *ex = w->avm->vm->m->ex;
	uint64_t start_ps = exec_now(ex);
	uint64_t start_idle_ps = w->avm->vm->vcpus[0]->idle_ps;
	uint64_t end_ps = config->duration_ps ? start_ps + config->duration_ps : EXEC_NEVER;
	int ret = 0;

	if (config->wsim)
		ret = wsim_run(w);
	for (uint32_t i = 0;
	     !config->wsim && i < config->repeat && ret == 0 && exec_now(ex) < end_ps; i++)
		ret = run_frame(w, i, start_ps);
	submission_finish_all(w);
	screen_finish(w);
	w->result->workload.error = ret;
	w->result->workload.duration_ps = exec_now(ex) - start_ps;
	if (!config->wsim)
		workload_add_busy(w, w->avm->vm->vcpus[0], start_ps, start_idle_ps);
	screen_stop(w);
}

/*
 * Give everything back. A driver whose engines do not become idle is left as it is: its memory
 * belongs to the GPU for good.
 */
static void stop_driver(struct workload *w)
{
	add_recovery(w);
	if (i915_wait_idle(w->i915, w->avm->config->workload.timeout_ps / PS_PER_NS) ||
	    w->abandoned)
		return;
	for (size_t i = 0; i < w->submission_count; i++)
		submission_drop_buffers(&w->submissions[i]);
	objects_drop(w);
	screen_drop(w);
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
	bool init;
	int ret;

	if (w->avm->client) {
		host_workload_run(w);
		return;
	}
	ret = start_driver(w, &init);
	if (init) {
		w->result->init_error = ret;
		return;
	}
	if (ret)
		w->result->workload.error = ret;
	else
		run_repeatedly(w);
	if (w->i915)
		stop_driver(w);
}
