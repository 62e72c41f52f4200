/* SPDX-License-Identifier: MIT */
/*
 * Which names are valid in a report whether or not they occur in it. name has len bytes and need
 * not be terminated. Internal to sim/report.
 */
#ifndef PVMMIO_SIM_REPORT_NAMES_H
#define PVMMIO_SIM_REPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Is name, of len bytes, the string known? */
bool names_equal(const char *known, const char *name, size_t len);

bool names_operation(const char *name, size_t len);
bool names_reason(const char *name, size_t len);
bool names_work_kind(const char *name, size_t len);

/* A register of the hardware's tables: "MASTER_IRQ", "RCS0_ELSP". */
bool names_register(const char *name, size_t len);

#endif
