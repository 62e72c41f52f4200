/* SPDX-License-Identifier: MIT */
/*
 * A workload's display: its mode, two surfaces for each plane that flips show in turn, the flip
 * that is pending, and what was measured. Internal to sim/simulation.
 *
 * All surfaces are in the GGTT from the start, as a compositor's framebuffers are, so that a flip
 * binds nothing. The first plane fills the screen, or is half as wide and high where it is scaled;
 * the others are overlays of half the screen's width and height.
 *
 * A flip with `drawn` lets the blitter draw its surfaces first, all in one request, and waits for
 * that. When it is done, what each plane shows is compared with what was drawn: natively what the
 * hardware latched, on a vGPU the live surface, read through the GGTT as the hardware has it. No
 * time passes meanwhile.
 */
#ifndef PVMMIO_SIM_SIMULATION_SCREEN_H
#define PVMMIO_SIM_SIMULATION_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/i915_display.h"
#include "sim/scenario/config.h"
#include "sim/simulation/picture.h"

struct workload;

struct screen_state {
	struct screen_surface {
		struct i915_object *object; /* NULL: none */
		struct i915_vma *vma;
		struct picture picture; /* what was drawn last */
	} surfaces[CONFIG_PLANE_LIMIT][2];
	unsigned plane_count;              /* planes with surfaces: as many as any flip shows */
	unsigned next[CONFIG_PLANE_LIMIT]; /* surface that the next flip shows */
	struct i915_flip *flip;            /* not known to be done; NULL: none */
	const struct step_config *step;    /* of that flip */
	struct i915_context *context;      /* that draws; NULL: no flip is drawn */
	struct i915_object *batch;
	struct i915_vma *batch_vma;
	uint32_t watermark_serial; /* so that every update changes something */
};

/* Turn the display on, if the VM has one. 0, or the driver's error. */
int screen_start(struct workload *w);

/* Let the last flip come to its end and note the frames. */
void screen_finish(struct workload *w);

/* Turn the display off, after screen_finish(): takes until the end of a frame. */
void screen_stop(struct workload *w);

/* Give the surfaces back: after screen_stop(). */
void screen_drop(struct workload *w);

/* The steps. What fails is counted. */
void screen_flip(struct workload *w, const struct step_config *step);
void screen_watermarks(struct workload *w, const struct step_config *step);
void screen_vblank(struct workload *w, const struct step_config *step);

#endif
