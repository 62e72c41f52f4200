/* SPDX-License-Identifier: MIT */
/*
 * Display modes: "1920x1080@60Hz", and the blanking around what is shown.
 */
#ifndef PVMMIO_SIM_SCENARIO_MODE_H
#define PVMMIO_SIM_SCENARIO_MODE_H

#include <stdint.h>

struct display_mode {
	uint32_t width, height; /* pixels, lines shown */
	uint32_t refresh_hz;
};

/*
 * Totals with blanking, as VESA's CVT 1.2 has them with reduced blanking, version 1: 160 pixels
 * beside the picture, at least 460 us of lines below it. The clock gives the rate asked for as
 * closely as whole kHz do, where CVT takes steps of 250 kHz.
 */
struct mode_timings {
	uint32_t htotal, vtotal;
	uint32_t clock_khz;
};

#define MODE_TEXT_BYTES 48
#define MODE_WHY_BYTES  192

/* What a mode may be: "WIDTHxHEIGHT@RATE: ...", for manuals and messages. */
extern const char mode_form[];

/* 0, or -EINVAL and in why, of MODE_WHY_BYTES, what is wrong and what was expected. */
int mode_parse(const char *text, struct display_mode *mode, char *why);

/* mode as one would write it, into buf of MODE_TEXT_BYTES. Returns buf. */
const char *mode_format(const struct display_mode *mode, char *buf);

void mode_timings(const struct display_mode *mode, struct mode_timings *out);

#endif
