// SPDX-License-Identifier: MIT
#include "sim/report/human.h"

#include <inttypes.h>
#include <stdio.h>

#include "sim/machine/executor.h"

static const struct {
	const char *name;
	uint64_t ps;
} time_units[] = {
	{"ns",  PS_PER_NS},
	{ "us", PS_PER_US},
	{ "ms", PS_PER_MS},
	{ "s",  PS_PER_S },
};

#define TIME_UNIT_COUNT (sizeof(time_units) / sizeof(time_units[0]))

void human_time(char *buf, size_t len, uint64_t ps)
{
	if (ps == 0) {
		snprintf(buf, len, "0");
		return;
	}
	if (ps < PS_PER_NS) {
		snprintf(buf, len, "%" PRIu64 " ps", ps);
		return;
	}
	for (size_t i = 0; i < TIME_UNIT_COUNT; i++) {
		/* Round before choosing the unit: 999.996 ns is 1.00 us, not 1000.00 ns. */
		uint64_t hundredths = human_divide(ps, time_units[i].ps / 100);

		if (hundredths < 100000 || i + 1 == TIME_UNIT_COUNT) {
			snprintf(buf, len, "%" PRIu64 ".%02" PRIu64 " %s", hundredths / 100,
				 hundredths % 100, time_units[i].name);
			return;
		}
	}
}

void human_millionths(char *buf, size_t len, uint64_t millionths)
{
	uint64_t hundredths = human_divide(millionths, 10000);

	if (hundredths % 100)
		snprintf(buf, len, "%" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
	else
		snprintf(buf, len, "%" PRIu64, hundredths / 100);
}

uint64_t human_divide(uint64_t numerator, uint64_t denominator)
{
	uint64_t quotient = numerator / denominator;
	uint64_t rest = numerator % denominator;

	return quotient + (rest >= denominator - rest);
}

uint64_t human_ratio_millionths(uint64_t numerator, uint64_t denominator)
{
	return numerator / denominator * 1000000 +
	       human_divide(numerator % denominator * 1000000, denominator);
}
