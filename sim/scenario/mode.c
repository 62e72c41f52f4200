// SPDX-License-Identifier: MIT
#include "sim/scenario/mode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_MULTIPLE  16u /* a line of 32-bit pixels is whole units of PLANE_STRIDE, 64 bytes */
#define H_BLANK         160u
#define V_BLANK_MIN_US  460u
#define V_FRONT_PORCH   3u
#define V_BACK_PORCH    6u
#define CLOCK_LIMIT_KHZ 540000u /* PIPE_LINK_M1 / N1 is below 2, of a link at 270 MHz */

const char mode_form[] = "`WIDTHxHEIGHT@RATE`, 64x64 to 4096x4096, 24Hz to 240Hz";

/* A decimal number at *text, up to what is not a digit. */
static bool take_number(const char **text, uint32_t *out)
{
	char *end;
	unsigned long value;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	value = strtoul(*text, &end, 10);
	*text = end;
	*out = (uint32_t)value;
	return !errno && value <= UINT16_MAX;
}

static bool take_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

static int refuse(char *why, const char *text, const char *expected)
{
	snprintf(why, MODE_WHY_BYTES, "'%.40s' is no mode; expected %s", text, expected);
	return -EINVAL;
}

/* Lines of the vertical sync pulse: tell the picture's shape. */
static uint32_t sync_lines(const struct display_mode *mode)
{
	static const struct {
		uint32_t x, y, lines;
	} shapes[] = {
		{4,   3,  4},
                { 16, 9,  5},
                { 16, 10, 6},
                { 5,  4,  7},
                { 15, 9,  7},
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (mode->width * shapes[i].y == mode->height * shapes[i].x)
			return shapes[i].lines;
	}
	return 10;
}

void mode_timings(const struct display_mode *mode, struct mode_timings *out)
{
	uint32_t least = V_FRONT_PORCH + sync_lines(mode) + V_BACK_PORCH;
	uint64_t shown_us = 1000000u / mode->refresh_hz - V_BLANK_MIN_US;
	uint32_t blank = (uint32_t)(V_BLANK_MIN_US * (uint64_t)mode->height / shown_us) + 1;

	out->htotal = mode->width + H_BLANK;
	out->vtotal = mode->height + (blank > least ? blank : least);
	out->clock_khz =
		(uint32_t)(((uint64_t)out->htotal * out->vtotal * mode->refresh_hz + 500) / 1000);
}

int mode_parse(const char *text, struct display_mode *mode, char *why)
{
	const char *rest = text;
	struct mode_timings timings;
	struct display_mode m;

	if (!take_number(&rest, &m.width) || !take_word(&rest, "x") ||
	    !take_number(&rest, &m.height) || !take_word(&rest, "@") ||
	    !take_number(&rest, &m.refresh_hz) || !take_word(&rest, "Hz") || *rest)
		return refuse(why, text, "width, height and rate, such as 1920x1080@60Hz");
	if (m.width < 64 || m.width > 4096 || m.height < 64 || m.height > 4096)
		return refuse(why, text, "64x64 to 4096x4096");
	if (m.width % WIDTH_MULTIPLE)
		return refuse(why, text, "a width that is a multiple of 16");
	if (m.refresh_hz < 24 || m.refresh_hz > 240)
		return refuse(why, text, "24Hz to 240Hz");
	mode_timings(&m, &timings);
	if (timings.clock_khz >= CLOCK_LIMIT_KHZ)
		return refuse(why, text,
			      "a mode with a pixel clock below 540 MHz, blanking included");
	*mode = m;
	return 0;
}

const char *mode_format(const struct display_mode *mode, char *buf)
{
	snprintf(buf, MODE_TEXT_BYTES, "%" PRIu32 "x%" PRIu32 "@%" PRIu32 "Hz", mode->width,
		 mode->height, mode->refresh_hz);
	return buf;
}
