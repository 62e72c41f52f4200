/* SPDX-License-Identifier: MIT */
/*
 * Times of frames, one after the other: whatever a workload repeats. Internal to sim/simulation;
 * the numbers are read from struct frame_times.
 */
#ifndef PVMMIO_SIM_SIMULATION_FRAMES_H
#define PVMMIO_SIM_SIMULATION_FRAMES_H

#include "sim/report/result.h"

/* 0, -ENOMEM. */
int frame_times_add(struct frame_times *frames, uint64_t ps);

#endif
