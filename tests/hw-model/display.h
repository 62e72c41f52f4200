/* SPDX-License-Identifier: MIT */
/*
 * A display on the bench: a mode of round numbers, and its pipes as a driver sets them up.
 *
 * The mode: 100 lines of 10 us, 80 of them active; a frame is a millisecond, and the vertical blank
 * begins 800 us into it. 60 x 80 pixels; 27 MHz.
 */
#ifndef PVMMIO_TESTS_HW_MODEL_DISPLAY_H
#define PVMMIO_TESTS_HW_MODEL_DISPLAY_H

#include "hw-model/gen9_display.h"
#include "hw-model/regs/gen9_display.h"
#include "tests/hw-model/rig.h"

#define MODE_WIDTH     60u
#define MODE_HEIGHT    80u
#define MODE_VTOTAL    100u
#define MODE_HTOTAL    270u
#define MODE_LINE_PS   (10u * PS_PER_US)
#define MODE_FRAME_PS  (1u * PS_PER_MS)
#define MODE_ACTIVE_PS (800u * PS_PER_US)

/* Timings, clock, PIPECONF; the time at which the pipe started. */
uint64_t display_start(struct rig *rig, unsigned pipe);

/* Let only the events of bits through, to IIR and to the MSI. */
void display_unmask(struct rig *rig, unsigned pipe, uint32_t bits);

/* Sleep until ps after at_ps, or a register access before, which is what comes first. */
void display_sleep_until(struct rig *rig, uint64_t ps);

/* A linear XRGB surface of the mode's size, each pixel different by seed. */
uint32_t display_surface(struct rig *rig, uint32_t seed);
#define DISPLAY_SURFACE_BYTES (MODE_WIDTH * 4u * MODE_HEIGHT)
#define DISPLAY_STRIDE_BYTES  256u

/* Digest of what display_surface() drew. */
uint64_t display_digest(uint32_t seed);

/* Write the plane's registers but for PLANE_SURF: enabled, full screen. */
void display_plane(struct rig *rig, unsigned pipe, unsigned plane);

struct gen9_pipe_stats display_stats(const struct rig *rig, unsigned pipe);
struct gen9_latch display_latch(const struct rig *rig, unsigned pipe, unsigned plane);

#endif
