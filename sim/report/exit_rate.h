/* SPDX-License-Identifier: MIT */
/*
 * Exit rate: how many exits begin in each window of virtual time, in the order of the windows.
 *
 * Events of one VM come nearly in the order of their times: a context's clock may run ahead of
 * others only between two interleaving points. So a window is given out when one begins that is
 * EXIT_RATE_WINDOWS later; an exit that comes later than that counts in the oldest that is left.
 */
#ifndef PVMMIO_SIM_REPORT_EXIT_RATE_H
#define PVMMIO_SIM_REPORT_EXIT_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine/executor.h"

#define EXIT_RATE_WINDOW_PS (100 * PS_PER_US)
#define EXIT_RATE_WINDOWS   64

struct exit_rate {
	uint64_t first; /* number of the oldest window that is kept */
	uint32_t count[EXIT_RATE_WINDOWS];
	uint64_t shown; /* rate that was given out last */
};

/* exits_per_second holds from at_ps on. Called when the rate changes. */
typedef void (*exit_rate_fn)(void *opaque, uint64_t at_ps, uint64_t exits_per_second);

/* An exit begins at time_ps. */
void exit_rate_add(struct exit_rate *rate, uint64_t time_ps, exit_rate_fn change, void *opaque);

/* Give out what is kept. The rate begins anew. */
void exit_rate_flush(struct exit_rate *rate, exit_rate_fn change, void *opaque);

#endif
