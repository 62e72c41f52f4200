/* SPDX-License-Identifier: MIT */
/*
 * How the numbers of trace events are shown, by the names of the arguments (trace_events[]).
 * Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_EVENT_ARGUMENT_H
#define PVMMIO_SIM_REPORT_EVENT_ARGUMENT_H

#include <stdbool.h>
#include <stdint.h>

/* The word that value stands for, such as a reason's; NULL when it is only a number. */
const char *event_argument_word(const char *name, uint64_t value);

/* Addresses, descriptors, register values: what people read in hexadecimal. */
bool event_argument_is_hexadecimal(const char *name);

#endif
