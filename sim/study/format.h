/* SPDX-License-Identifier: MIT */
/*
 * Values of studies as people read them, and as JSON. Internal to sim/study.
 */
#ifndef PVMMIO_SIM_STUDY_FORMAT_H
#define PVMMIO_SIM_STUDY_FORMAT_H

#include <jansson.h>

#include "sim/study/measure.h"

#define STUDY_FORMAT_BYTES 48

/* "1.23 us" for times in picoseconds, else the number; "-" for none. Returns buf. */
const char *study_format_value(const struct study_value *value, bool is_time, char *buf);

/* From one to the other in percent: "-9.74 %", "+0.10 %"; "-" where that makes no sense. */
const char *study_format_change(const struct study_value *from, const struct study_value *to,
				char *buf);

/* Millionths as percent with two decimals and a sign if signed_: "12.35 %". */
const char *study_format_percent(int64_t millionths, bool signed_, char *buf);

/* An integer, a real of six decimals, or null. NULL when out of memory. */
json_t *study_value_json(const struct study_value *value);

#endif
