// SPDX-License-Identifier: MIT
#include "sim/report/exit_rate.h"

static void give_first(struct exit_rate *rate, exit_rate_fn change, void *opaque)
{
	uint32_t *count = &rate->count[rate->first % EXIT_RATE_WINDOWS];
	uint64_t per_second = *count * (PS_PER_S / EXIT_RATE_WINDOW_PS);

	if (per_second != rate->shown)
		change(opaque, rate->first * EXIT_RATE_WINDOW_PS, per_second);
	rate->shown = per_second;
	*count = 0;
	rate->first++;
}

void exit_rate_add(struct exit_rate *rate, uint64_t time_ps, exit_rate_fn change, void *opaque)
{
	uint64_t window = time_ps / EXIT_RATE_WINDOW_PS;
	unsigned given = 0;

	while (window >= rate->first + EXIT_RATE_WINDOWS) {
		/* After as many as are kept, all of them are empty and the rate is 0. */
		if (given++ > EXIT_RATE_WINDOWS)
			rate->first = window - EXIT_RATE_WINDOWS + 1;
		else
			give_first(rate, change, opaque);
	}
	if (window < rate->first)
		window = rate->first;
	rate->count[window % EXIT_RATE_WINDOWS]++;
}

void exit_rate_flush(struct exit_rate *rate, exit_rate_fn change, void *opaque)
{
	for (unsigned i = 0; i <= EXIT_RATE_WINDOWS; i++)
		give_first(rate, change, opaque);
	*rate = (struct exit_rate){ 0 };
}
