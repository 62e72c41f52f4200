// SPDX-License-Identifier: MIT
#include "sim/scenario/nearest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_LIMIT 64u /* longer names are not worth guessing at */

static unsigned min_unsigned(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance, three rows of the table at a time. */
unsigned nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_LIMIT + 1];
	size_t alen = strlen(a), blen = strlen(b);

	if (alen > NAME_LIMIT || blen > NAME_LIMIT)
		return UINT_MAX;
	for (size_t j = 0; j <= blen; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= alen; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *last = rows[(i + 2) % 3];
		const unsigned *before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= blen; j++) {
			unsigned replace = last[j - 1] + (a[i - 1] != b[j - 1]);

			now[j] = min_unsigned(min_unsigned(last[j], now[j - 1]) + 1, replace);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min_unsigned(now[j], before[j - 2] + 1);
		}
	}
	return rows[alen % 3][blen];
}

void nearest_begin(struct nearest *nearest, const char *wanted)
{
	*nearest = (struct nearest){ .wanted = wanted, .distance = UINT_MAX };
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	unsigned distance =
		strcasecmp(nearest->wanted, name) ? nearest_distance(nearest->wanted, name) : 0;
	unsigned near_enough = (unsigned)(strlen(name) / 3);

	if (near_enough == 0)
		near_enough = 1;
	if (distance <= near_enough && distance < nearest->distance) {
		nearest->best = name;
		nearest->distance = distance;
	}
}

const char *nearest_hint(const struct nearest *nearest, char *buf, size_t len)
{
	buf[0] = '\0';
	if (nearest->best)
		snprintf(buf, len, "; did you mean '%s'?", nearest->best);
	return buf;
}
